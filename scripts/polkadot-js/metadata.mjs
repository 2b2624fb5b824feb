// Whether @polkadot/api understands everything that a chain's metadata describes.

import { hexToU8a, stringCamelCase, u8aConcat, u8aEq, u8aToHex } from '@polkadot/util';
import { xxhashAsHex } from '@polkadot/util-crypto';
import { strict as assert } from 'node:assert';

/** Keys of the state that belong to no pallet. */
const WELL_KNOWN = [':code', ':heappages', ':extrinsic_index', ':intrablock_entropy'].map((key) => u8aToHex(Buffer.from(key)));

/** Bytes of the smallest value of a type. A blank event gets its fields only when it is decoded, so that comes between. */
function blank(api, type) {
	const name = api.registry.createLookupType(type);
	return api.registry.createType(name, api.registry.createType(name).toU8a()).toU8a();
}

/** Bytes of a variant of an enum, with the smallest value of each field. */
const blankVariant = (api, { index, fields }) =>
	u8aConcat(new Uint8Array([index.toNumber()]), ...fields.map(({ type }) => blank(api, type)));

/** Decodes bytes as a type, encodes that again, and compares. */
function decode(api, type, bytes, what) {
	const value = api.registry.createType(type, bytes);
	assert.equal(u8aToHex(value.toU8a()), u8aToHex(bytes), what);
	return value;
}

/** Makes, encodes and decodes a value of every type, and of every variant of every enum. */
export function checkTypes(api) {
	// Of `MultiAddress`, this chain uses `Id`: accounts have no numbers, so that `Index` holds a compact nothing. The
	// other cases, at their shortest, are no addresses, and @polkadot/api reads all of these as numbers.
	const isCompactNothing = (id) => api.registry.lookup.getTypeDef(id).type === 'Compact<Null>';
	// An era's first byte holds its period and part of its phase; the chain refuses these too.
	const isNoEra = (byte) => byte > 0 && (byte % 16 === 0 || (byte >> 4) * Math.max((2 << byte % 16) >> 12, 1) >= 2 << byte % 16);
	let variants = 0;
	for (const { id, type } of api.runtimeMetadata.asLatest.lookup.types) {
		const name = api.registry.createLookupType(id);
		const what = `type ${id}, ${type.path.join('::')}`;
		if (isCompactNothing(id)) continue;
		if (!type.def.isVariant) {
			decode(api, name, blank(api, id), what);
			continue;
		}
		for (const variant of type.def.asVariant.variants) {
			const enumeration = type.path.at(-1)?.toString();
			if (enumeration === 'MultiAddress' && !variant.name.eq('Id')) continue;
			if (enumeration === 'Era' && isNoEra(variant.index.toNumber())) continue;
			decode(api, name, blankVariant(api, variant), `${what}, ${variant.name}`);
			variants += 1;
		}
	}
	return { types: api.runtimeMetadata.asLatest.lookup.types.length, variants };
}

const variantsOf = (api, part) =>
	part.isSome ? api.registry.lookup.getSiType(part.unwrap().type).def.asVariant.variants : [];

/** Makes every call from its arguments; decodes every call, event and error by its name; reads every constant. */
export function checkPallets(api) {
	const count = { calls: 0, events: 0, errors: 0, constants: 0 };
	for (const pallet of api.runtimeMetadata.asLatest.pallets) {
		const section = stringCamelCase(pallet.name);
		for (const variant of variantsOf(api, pallet.calls)) {
			const what = `call ${section}.${variant.name}`;
			const creator = api.tx[section]?.[stringCamelCase(variant.name)];
			assert(creator, what);
			const values = variant.fields.map(({ type }) => api.registry.createType(api.registry.createLookupType(type)));
			const call = creator(...values).method;
			const again = decode(api, 'Call', call.toU8a(), what);
			assert.deepEqual([again.section, again.method], [section, stringCamelCase(variant.name)], what);
			assert.deepEqual(again.argsEntries.map(([name]) => name), variant.fields.map(({ name }) => name.toString()), what);
			count.calls += 1;
		}
		for (const variant of variantsOf(api, pallet.events)) {
			const what = `event ${section}.${variant.name}`;
			const bytes = u8aConcat(new Uint8Array([pallet.index.toNumber()]), blankVariant(api, variant));
			const event = decode(api, 'Event', bytes, what);
			assert.deepEqual([event.section, event.method], [section, variant.name.toString()], what);
			assert.equal(event.data.length, variant.fields.length, what);
			assert(api.events[section][variant.name].is(event), what);
			count.events += 1;
		}
		for (const variant of variantsOf(api, pallet.errors)) {
			const index = { index: pallet.index, error: new Uint8Array([variant.index.toNumber(), 0, 0, 0]) };
			const error = api.registry.findMetaError(index);
			assert.deepEqual([error.section, error.name], [section, variant.name.toString()]);
			assert(api.errors[section][variant.name].is(api.registry.createType('DispatchErrorModule', index)));
			count.errors += 1;
		}
		for (const constant of pallet.constants) {
			const what = `constant ${section}.${constant.name}`;
			const value = api.consts[section]?.[stringCamelCase(constant.name)];
			assert(value && u8aEq(value.toU8a(), constant.value.toU8a(true)), what);
			count.constants += 1;
		}
	}
	return count;
}

/** Looks for every function of the runtime APIs. */
export function checkApis(api) {
	const methods = api.runtimeMetadata.asLatest.apis.flatMap(({ name, methods }) =>
		methods.map((method) => [stringCamelCase(name), stringCamelCase(method.name)]));
	for (const [name, method] of methods) assert(api.call[name]?.[method], `runtime API ${name}.${method}`);
	return { apis: methods.length };
}

/** All keys of the state at a block. */
async function* keysOf(api, at) {
	let last;
	do {
		const page = await api.rpc.state.getKeysPaged.raw('0x', 500, last, at);
		yield* page;
		last = page.at(-1);
	} while (last);
}

/** Reads every storage item as applications do, and holds all of the state at a block against what they read. */
export async function checkStorage(api, at) {
	const then = await api.at(at);
	const read = new Map();
	let items = 0;
	for (const { name, storage } of api.runtimeMetadata.asLatest.pallets) {
		for (const { name: item, type } of storage.isSome ? storage.unwrap().items : []) {
			const what = `storage ${name}.${item}`;
			const query = then.query[stringCamelCase(name)]?.[stringCamelCase(item)];
			assert(query, what);
			items += 1;
			if (type.isPlain) {
				read.set(query.key(), { value: await query(), what });
				continue;
			}
			for (const [key, value] of await query.entries()) {
				assert.equal(query.key(...key.args), key.toHex(), `${what}: its keys`);
				read.set(key.toHex(), { value, what });
			}
		}
		const version = u8aToHex(u8aConcat(xxhashAsHex(name.toString(), 128), xxhashAsHex(':__STORAGE_VERSION__:', 128)));
		const stored = await api.rpc.state.getStorage.raw(version, at);
		if (stored) read.set(version, { value: api.registry.createType('u16', hexToU8a(stored)), what: `version of ${name}` });
	}
	let keys = 0;
	for await (const key of keysOf(api, at)) {
		keys += 1;
		if (WELL_KNOWN.includes(key)) continue;
		const found = read.get(key);
		assert(found, `no storage item of the metadata is at ${key}`);
		const bytes = hexToU8a(await api.rpc.state.getStorage.raw(key, at));
		const { value, what } = found;
		const encoded = value.toRawType().startsWith('Option<') ? value.unwrap().toU8a() : value.toU8a();
		assert.equal(u8aToHex(encoded), u8aToHex(bytes), what);
	}
	return { items, keys };
}

/** All calls in a call, itself included. */
export function* callsIn(value) {
	if (value?.section && value.method && value.args) yield value;
	const parts = value?.args ?? (Array.isArray(value) || value instanceof Map ? [...value.values()] : []);
	for (const part of parts) yield* callsIn(part);
}

/** Decodes all transactions and events of the blocks up to one, and returns the calls and events in them. */
export async function checkBlocks(api, last) {
	const calls = new Set();
	const events = new Set();
	for (let number = 1; number <= last; number += 1) {
		const hash = await api.rpc.chain.getBlockHash(number);
		const then = await api.at(hash);
		const [{ block }, raw] = await Promise.all([api.rpc.chain.getBlock(hash), api.rpc.chain.getBlock.raw(hash)]);
		assert.deepEqual(block.extrinsics.map((one) => one.toHex()), raw.block.extrinsics, `transactions of block ${number}`);
		for (const { method } of block.extrinsics) {
			for (const call of callsIn(method)) calls.add(`${call.section}.${call.method}`);
		}
		const records = await then.query.system.events();
		const bytes = await api.rpc.state.getStorage.raw(then.query.system.events.key(), hash);
		assert.equal(records.toHex(), bytes, `events of block ${number}`);
		for (const { event } of records) events.add(`${event.section}.${event.method}`);
	}
	return { blocks: last, calls, events };
}
