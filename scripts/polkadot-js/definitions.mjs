// Makes `docs/polkadot-js/credio.json`, the definitions of our JSON-RPC methods for @polkadot/api, from the OpenRPC
// document of the node:
//
//     npm ci && node definitions.mjs
//
// The tests compare the file with the output of this script and with a running node.

import { Struct } from '@polkadot/types';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
export const OPENRPC = here('../../rpc/openrpc.json');
export const DEFINITIONS = here('../../docs/polkadot-js/credio.json');

const SECTION = 'credio_v1';
const upperFirst = (text) => text[0].toUpperCase() + text.slice(1);
const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The parts of an OpenRPC document as @polkadot/api's types. */
class Types {
	made = {};

	constructor(schemas) {
		this.schemas = schemas;
	}

	/** Returns the name of a type for `schema`; a new one gets `name`. */
	of(schema, name) {
		if (schema.$ref) {
			const component = schema.$ref.split('/').at(-1);
			return this.of(this.schemas[component], `Credio${component}`);
		}
		const kinds = [schema.type ?? []].flat();
		const nullable = schema.oneOf?.find(({ type }) => type === 'null');
		if (nullable && schema.oneOf.length === 2) {
			return `Option<${this.of(schema.oneOf.find((one) => one !== nullable), name)}>`;
		}
		if (String(kinds) === 'null') return 'Null';
		if (kinds.includes('null')) {
			return `Option<${this.of({ ...schema, type: kinds.find((kind) => kind !== 'null') }, name)}>`;
		}
		switch (kinds[0]) {
			case 'integer': return 'u64';
			case 'boolean': return 'bool';
			case 'array': return `Vec<${this.of(schema.items, `${name}Item`)}>`;
			case 'string': return this.string(schema, name);
			case 'object': return this.object(schema, name);
			default: return this.oneOf(schema, name);
		}
	}

	string(schema, name) {
		if (schema.enum) return this.make(name, { _enum: schema.enum.filter((value) => value !== null) });
		if (schema.pattern?.includes('{64}')) return 'H256';
		if (schema.pattern) return 'Bytes';
		return schema.format === 'ss58' ? 'AccountId' : 'Text';
	}

	object({ properties }, name) {
		// JavaScript holds no whole numbers above 2^53, as weights can be, and `u64` would refuse them.
		if (!properties || properties.refTime) return 'Json';
		// A struct has methods of its own, which would hide these fields.
		const alias = Object.fromEntries(
			Object.keys(properties).filter((key) => key in Struct.prototype).map((key) => [`${key}_`, key]),
		);
		const fields = Object.entries(properties).map(([key, field]) => [
			key in Struct.prototype ? `${key}_` : key,
			this.of(field, name + upperFirst(key)),
		]);
		return this.make(name, {
			...(Object.keys(alias).length ? { _alias: alias } : {}),
			...Object.fromEntries(fields),
		});
	}

	/** A choice is an enum if each case is one field, and plain JSON if a field names the case. */
	oneOf({ oneOf }, name) {
		const cases = oneOf.map(({ properties }) => Object.entries(properties));
		if (cases.some((fields) => fields.length !== 1 || fields[0][1].enum)) return 'Json';
		return this.make(name, {
			_enum: Object.fromEntries(cases.map(([[key, field]]) => [key, this.of(field, name + upperFirst(key))])),
		});
	}

	make(name, type) {
		const text = JSON.stringify(type);
		const same = Object.keys(this.made).find((one) => JSON.stringify(this.made[one]) === text);
		if (same) return same;
		if (this.made[name]) throw new Error(`two types have the name ${name}`);
		this.made[name] = type;
		return name;
	}
}

/** Returns the definitions for @polkadot/api of the methods of an OpenRPC document. */
export function definitions(document) {
	const types = new Types(document.components.schemas);
	for (const component of Object.keys(types.schemas)) types.of({ $ref: component });
	const rpc = { [SECTION]: {}, rpc: {} };
	const ends = new Map(document.methods
		.filter(({ params }) => params.length === 1 && params[0].name === 'subscription')
		.map(({ name }) => [name.split('_').at(-1), name]));
	for (const method of document.methods) {
		const name = method.name.split(/[_.]/).at(-1);
		if (ends.has(name)) continue;
		const notification = method['x-notification'];
		const schema = notification?.schema ?? method.result.schema;
		const definition = {
			description: method.summary,
			params: method.params.map((param) => ({
				name: param.name,
				type: param.name === 'extrinsic' ? 'Extrinsic' : types.of(param.schema, `Credio${upperFirst(param.name)}`),
				...(param.required ? {} : { isOptional: true }),
			})),
			type: types.of(schema, `Credio${upperFirst(name)}${notification ? 'Event' : 'Answer'}`),
		};
		if (notification) {
			// `subscribeX` is ended by `unsubscribeX`; what `xAndWatch` began, by `unwatchX`.
			const end = [`un${name}`, `unwatch${upperFirst(name.replace(/AndWatch$/, ''))}`].find((one) => ends.has(one));
			definition.pubsub = [notification.method.split('_').at(-1), name, end];
		}
		if (method.name.startsWith(`${SECTION}_`)) rpc[SECTION][name] = definition;
		else rpc.rpc[name] = { endpoint: method.name, ...definition };
	}
	return {
		types: sorted(types.made),
		rpc,
		// It adds nothing to a transaction; unnamed, @polkadot/api warns of it.
		signedExtensions: { CheckQuota: { extrinsic: {}, payload: {} } },
	};
}

/** Returns the definitions in the documentation. */
export const documented = () => JSON.parse(readFileSync(DEFINITIONS, 'utf8'));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const made = definitions(JSON.parse(readFileSync(OPENRPC, 'utf8')));
	writeFileSync(DEFINITIONS, `${JSON.stringify(made, null, '\t')}\n`);
}
