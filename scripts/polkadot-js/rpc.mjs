// Calls every custom JSON-RPC method through the definitions, and compares what they decode with what the
// node sent.

import { randomAsHex } from '@polkadot/util-crypto';
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { definitions, documented, OPENRPC } from './definitions.mjs';

const methodOf = (section, name, { endpoint }) => endpoint ?? `${section}_${name}`;

/** Compares the documented definitions with the OpenRPC document and the served methods. */
export async function checkDefinitions(api) {
	const document = JSON.parse(readFileSync(OPENRPC, 'utf8'));
	const written = documented();
	assert.deepEqual(written, definitions(document), 'docs/polkadot-js/credio.json: run `node definitions.mjs`');
	assert.deepEqual((await api.rpc.rpc.discover()).toJSON(), document, 'the node serves another OpenRPC document');

	const defined = Object.entries(written.rpc).flatMap(([section, methods]) =>
		Object.entries(methods).map(([name, method]) => [methodOf(section, name, method), section, method]));
	const names = defined.flatMap(([name, section, { pubsub }]) => (pubsub ? [name, `${section}_${pubsub[2]}`] : [name])).sort();
	const served = (await api.rpc.rpc.methods()).methods.map(String);
	const ours = served.filter((name) => name.startsWith('credio_') || name === 'rpc.discover').sort();
	assert.deepEqual(names, ours, 'methods that the node serves');
	assert.deepEqual(names, document.methods.map(({ name }) => name).sort(), 'methods of the OpenRPC document');
	const params = (list, isRequired) => list.map((param) => [param.name, isRequired(param)]);
	for (const [name, section, { params: own, pubsub }] of defined) {
		const method = document.methods.find((one) => one.name === name);
		const expected = params(method.params, ({ required }) => required === true);
		assert.deepEqual(params(own, ({ isOptional }) => !isOptional), expected, `parameters of ${name}`);
		const notification = method['x-notification']?.method;
		assert.equal(pubsub && `${section}_${pubsub[0]}`, notification, `notifications of ${name}`);
	}
	const inMetadata = new Set(api.runtimeMetadata.asLatest.lookup.types.map(({ id }) => api.registry.lookup.getTypeDef(id).lookupName));
	for (const name of Object.keys(written.types)) assert(!inMetadata.has(name), `the metadata has a type ${name} too`);
	return names;
}

/** Returns the values of a subscription until they are enough, and the function that ends it. */
async function subscribed(subscribe, enough) {
	const values = [];
	let reached;
	const complete = new Promise((resolve) => { reached = resolve; });
	const stop = await subscribe((value) => {
		values.push(value);
		if (enough(values)) reached([...values]);
	});
	return [await complete, stop];
}

/** Calls every method. `done` is the result of `doBusiness`. */
export async function checkMethods(api, provider, done) {
	const { bob, dave, stream, record, object, inclusion, openBundle, lane, keys } = done;
	const called = new Set();
	const rpc = api.rpc.credio_v1;
	const same = (method, answer) => {
		assert.deepEqual(answer.toJSON(), provider.answers.get(method), method);
		called.add(method);
		return answer;
	};
	const call = async (name, ...params) => same(`credio_v1_${name}`, await rpc[name](...params));
	const soon = (await api.rpc.chain.getHeader()).number.toNumber() + 100;

	const header = await call('record', record);
	assert.equal(header.stream.toHex(), stream);
	const { payload, secretCommitment, wrappedKeys } = await call('fetch', record, dave.token('credio_v1_fetch', record, soon));
	assert.equal(payload.length, 201);
	assert.equal(wrappedKeys.length, 1);
	assert(wrappedKeys[0].secret.isStreamSecret);
	assert.equal(secretCommitment.length, 32);
	const page = await call('query', { stream }, { limit: 2 });
	assert.equal(page.items.length, 2);
	assert.equal((await call('query', { stream }, { limit: 2, cursor: page.next.unwrap() })).items.length, 1);
	assert((await call('query', {})).items.length >= 3);
	await assert.rejects(rpc.record(randomAsHex(32)), /9404/);

	assert((await call('status', 1, keys[0])).receipt.unwrap().lane.isSome);
	assert.equal((await call('status', 1, keys[1])).receipt.unwrap().error.unwrap().name.toString(), 'Anchor.AlreadySealed');
	assert((await call('status', 1, randomAsHex(32), 1)).status.isExpired);
	assert((await call('lane', 1, lane)).next.toNumber() > 0);
	const [grant] = (await call('grants', { stream, active: true })).items;
	assert((await call('grant', grant.grantId)).grantId.eq(grant.grantId));
	await assert.rejects(rpc.grant(randomAsHex(32)), /9404/);
	const requests = (await call('accessRequests', { owner: 1, requester: 3 })).items;
	assert(requests.length >= 2);
	const { accessRequestId } = requests[0];
	assert((await call('accessRequest', accessRequestId)).accessRequestId.eq(accessRequestId));
	assert.equal((await call('accessRequests', { owner: 1, pending: true }, { limit: 5 })).items.length, 0);
	const epochs = await call('streamKeys', stream, 0, bob.token('credio_v1_streamKeys', `${stream}00000000`, soon));
	assert.equal(epochs.items.length, 1);
	// Sequence 0, a limit of 1, and no word on entries that are not final.
	const parameters = `${stream}0000000000000000` + '0101000000' + '00';
	const part = await call('fetchStream', stream, 0, bob.token('credio_v1_fetchStream', parameters, soon), 1);
	assert.equal(part.items.length, 1);
	assert.equal((await call('organization', 1)).name.toString(), 'channel-one');
	assert((await call('organizations')).items.length >= 6);
	assert.equal((await call('organizations', 3, 1)).items[0].name.toString(), 'funder-one');
	assert((await call('member', bob.pair.address)).member.isSome);
	assert((await call('encryptionKey', 3, 0)).encryptionKey.since.isZero());
	assert((await call('quota', 1)).windowLength.toNumber() > 0);
	assert.equal((await call('endpoints', 1)).endpoints[0].toString(), 'https://objects.example');
	const { erasure } = await call('erasure', object);
	assert.equal(erasure.unwrap().recordId.toHex(), object);
	assert((await call('erasures', erasure.unwrap().number, 10)).items[0].recordId.eq(object));
	assert((await call('erasure', record)).erasure.isNone);
	assert.equal((await call('stream', stream)).entries_.toNumber(), 3);
	assert((await call('streams', 1, { limit: 10 })).items.length > 2);
	assert((await call('streams')).items.length > 2);
	assert((await call('verifyInclusion', ...inclusion)).included.isTrue);
	assert.equal((await call('bundle', openBundle)).legs.length, 2);
	for (const status of ['open', 'executed', 'aborted']) {
		assert((await call('bundles', { organization: 1, status })).items.length > 0, status);
	}
	assert((await call('validators')).items.every(({ active, offence }) => active.isTrue && offence.isNone));
	const evidence = await call('evidence', record, { grants: [] });
	assert.equal(evidence.subject.recordId.toHex(), record);
	assert(evidence.storage.length > 0 && evidence.finality.length > 0);
	const finality = await call('finality', evidence.at.hash_);
	assert(finality.from.hash_.eq(evidence.at.hash_) && finality.more.isFalse);
	assert((await call('pool', { organization: 1 }, { limit: 5 })).items.length <= 5);
	assert((await call('limits')).maxBundleWeight.has('proofSize'));
	same('rpc.discover', await api.rpc.rpc.discover());

	const endings = [];
	const subscribe = async (name, params, enough) => {
		const [all, stop] = await subscribed((callback) => rpc[name](...params, callback), enough);
		const sent = provider.notifications.get(`credio_v1_${name}`);
		assert.deepEqual(all.map((one) => one.toJSON()), sent.slice(0, all.length), name);
		provider.notifications.delete(`credio_v1_${name}`);
		called.add(`credio_v1_${name}`);
		const end = `credio_v1_${documented().rpc.credio_v1[name].pubsub[2]}`;
		endings.push(once(provider.unsubscribed, end).then(([answer]) => {
			assert.equal(typeof answer, 'boolean', end);
			called.add(end);
		}));
		stop();
		return all;
	};
	const entries = await subscribe('subscribeStream', [stream, 0], (all) => all.length === 3);
	assert.deepEqual(entries.map(({ sequence }) => sequence.toNumber()), [0, 1, 2]);
	assert.equal((await subscribe('subscribeStream', [stream, 1, true], (all) => all.length === 2)).length, 2);

	const create = () => bob.sign([api.tx.anchor.createStream(`by an upload ${randomAsHex(8)}`)]);
	const transaction = await create();
	assert.equal((await call('upload', transaction)).transactionHash.toHex(), transaction.hash.toHex());
	const events = await subscribe('uploadAndWatch', [await create()], (all) => all.at(-1).get('event') === 'finalized');
	assert.deepEqual([...new Set(events.map((event) => event.get('event')))], ['accepted', 'inBlock', 'finalized']);
	assert((await call('upload', transaction)).status.isApplied);
	await Promise.all(endings);
	return [...called].sort();
}
