// Whether the metadata explains Credio's own pallets to whoever meets them in a tool such as polkadot.js Apps, which
// shows these texts and nothing else: every pallet, call, argument, event, field, error, storage item, constant, view
// function and runtime API has one. Rust has no texts of arguments by themselves, so the text of a call names each of
// its arguments, as `argument`, and does so in its first paragraph, since Apps shows no more.
//
//     npm ci && node explain.mjs ws://127.0.0.1:9944

import { connect, OWN, run } from './lib.mjs';

const OWN_APIS = [
	'OrganizationsApi', 'StreamsApi', 'RecordsApi', 'GrantsApi', 'RequestsApi', 'BundlesApi', 'MonitoringApi', 'ValidatorsApi',
];

await run(async () => {
	const api = await connect();
	const { pallets, apis } = api.runtimeMetadata.asLatest;
	const unexplained = [];
	const count = {};
	const firstParagraph = (docs) => docs.join('\n').trim().split(/\n\s*\n/)[0];
	const check = (kind, name, isExplained) => {
		count[kind] = (count[kind] ?? 0) + 1;
		if (!isExplained) unexplained.push(`${kind} ${name}`);
	};
	const checkDocs = (kind, name, docs) => check(kind, name, firstParagraph(docs) !== '');
	const variants = (part) => (part.isSome ? api.registry.lookup.getSiType(part.unwrap().type).def.asVariant.variants : []);

	for (const pallet of OWN.map((own) => pallets.find(({ name }) => name.eq(own)))) {
		const named = (name) => `${pallet.name}.${name}`;
		checkDocs('pallet', pallet.name, pallet.docs);
		for (const { name, docs, fields } of variants(pallet.calls)) {
			checkDocs('call', named(name), docs);
			for (const { name: argument } of fields) {
				check('argument', `${named(name)}: ${argument}`, firstParagraph(docs).includes(`\`${argument}\``));
			}
		}
		for (const { name, docs, fields } of variants(pallet.events)) {
			checkDocs('event', named(name), docs);
			for (const { name: field, docs: own } of fields) checkDocs('field', `${named(name)}: ${field}`, own);
		}
		for (const { name, docs } of variants(pallet.errors)) checkDocs('error', named(name), docs);
		for (const { name, docs } of pallet.storage.isSome ? pallet.storage.unwrap().items : []) checkDocs('storage item', named(name), docs);
		for (const { name, docs } of pallet.constants) checkDocs('constant', named(name), docs);
		for (const { name, docs } of pallet.viewFunctions) checkDocs('view function', named(name), docs);
	}
	for (const own of OWN_APIS) {
		const { name, docs, methods } = apis.find(({ name }) => name.eq(own));
		checkDocs('runtime API', name, docs);
		for (const method of methods) checkDocs('function', `${name}.${method.name}`, method.docs);
	}
	if (unexplained.length > 0) throw new Error(`the metadata does not explain\n${unexplained.join('\n')}`);
	return count;
});
