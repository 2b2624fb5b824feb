// Whether @polkadot/api understands all of a development chain: connects to its node with the definitions of
// `docs/polkadot-js`, makes every call of Credio's own pallets, decodes all blocks, events and storage that came of it
// and every type of the metadata, and calls every JSON-RPC method of Credio.
//
//     npm ci && node understand.mjs ws://127.0.0.1:9944

import { stringCamelCase } from '@polkadot/util';
import { strict as assert } from 'node:assert';
import { doBusiness } from './business.mjs';
import { documented } from './definitions.mjs';
import { connect, finality, OWN, RecordingProvider, run } from './lib.mjs';
import { checkApis, checkBlocks, checkPallets, checkStorage, checkTypes } from './metadata.mjs';
import { checkDefinitions, checkMethods } from './rpc.mjs';

/** The node refuses what would be repeated, a bundle expires with time, the only validator commits no offence, and finality goes on. */
const UNSEEN = ['idempotency.Repeated', 'bundles.Expired', 'validators.ValidatorDisabled', 'validators.ValidatorReinstated', 'validators.FinalityResumed'];

/** Holds our extensions against what @polkadot/api takes those for that it has no code for: they sign nothing. */
function checkExtensions(api) {
	const { transactionExtensions } = api.runtimeMetadata.asLatest.extrinsic;
	for (const name of Object.keys(documented().signedExtensions)) {
		const extension = transactionExtensions.find(({ identifier }) => identifier.eq(name));
		assert(extension, `the chain has no extension ${name}`);
		for (const type of [extension.type, extension.implicit]) {
			assert.equal(api.registry.createType(api.registry.createLookupType(type)).encodedLength, 0, name);
		}
	}
	const known = [...api.registry.signedExtensions];
	assert.deepEqual(known, transactionExtensions.map(({ identifier }) => identifier.toString()));
	return known;
}

/** Names of our own calls or events, after the metadata. */
function ownNames(api, part, rename) {
	return api.runtimeMetadata.asLatest.pallets.filter(({ name }) => OWN.includes(name.toString())).flatMap((pallet) =>
		pallet[part].isNone ? [] : api.registry.lookup.getSiType(pallet[part].unwrap().type).def.asVariant.variants
			.map(({ name }) => `${stringCamelCase(pallet.name)}.${rename(name)}`));
}

/** The same definitions as applications bundle them, polkadot.js Apps among them. */
async function checkBundle(api) {
	const { types, ...rest } = documented();
	const name = api.runtimeVersion.specName.toString();
	const bundled = await connect({ typesBundle: { spec: { [name]: { ...rest, types: [{ minmax: [0], types }] } } } });
	assert.deepEqual((await bundled.rpc.credio_v1.limits()).toJSON(), (await api.rpc.credio_v1.limits()).toJSON());
	await bundled.disconnect();
}

await run(async () => {
	const api = await connect(documented(), RecordingProvider);
	const extensions = checkExtensions(api);
	const methods = await checkDefinitions(api);
	const done = await doBusiness(api);
	const last = await finality(api);

	const called = await checkMethods(api, api._rpcCore.provider, done);
	assert.deepEqual(called, methods, 'methods that were not called');
	await checkBundle(api);

	const { calls, events, blocks } = await checkBlocks(api, last);
	assert.deepEqual(ownNames(api, 'calls', stringCamelCase).filter((name) => !calls.has(name)), [], 'calls that were not made');
	assert.deepEqual(ownNames(api, 'events', String).filter((name) => !events.has(name) && !UNSEEN.includes(name)), [], 'events that were not seen');

	const storage = await checkStorage(api, await api.rpc.chain.getBlockHash(last));
	return { extensions, methods: methods.length, blocks, ...checkTypes(api), ...checkPallets(api), ...checkApis(api), ...storage };
});
