// Makes every call of Credio's own pallets at least once, on a development chain.

import { u8aConcat } from '@polkadot/util';
import { blake2AsHex, randomAsHex, randomAsU8a } from '@polkadot/util-crypto';
import { account, field, Member, randomAccount, sessionKeys } from './lib.mjs';

const allRoles = { admin: true, submitter: true, grantor: true };
/** Of the length of a wrapped key. It opens to nothing: only members could tell. */
const wrapped = () => ({ keyVersion: 0, sealed: randomAsHex(80) });
const terms = (purpose, more = {}) => ({ purpose, expiresAt: null, delegable: false, fromEpoch: 0, keys: [wrapped()], ...more });

/** The council, which is one account on a development chain, decides. */
const decide = (api, alice, call) => alice.call(api.tx.council.propose(1, call, call.method.encodedLength));

/** The council governs. */
async function govern(api, alice) {
	const motion = (call) => decide(api, alice, call);
	const admin = new Member(api, randomAccount());
	const name = `by polkadot.js ${randomAsHex(8)}`;
	const { organizations } = api.tx;
	const admitted = await motion(organizations.admit(name, admin.pair.address, randomAsHex(32), null));
	const id = field(admitted, 'organizations.Admitted', 'organization');
	await motion(organizations.setQuota(id, { bytes: 100_000_000, refTime: 100_000_000_000_000 }));
	await motion(organizations.suspend(id));
	await motion(organizations.reinstate(id));
	await motion(api.tx.governance.dispatchAsRoot(api.tx.system.remark('by the council')));
	return admin;
}

/** The council makes a member a validator and ends that at once: nobody makes its blocks. There is none to reinstate, and finality goes on. */
async function validate(api, alice, bob) {
	const { utility, validators } = api.tx;
	const { keys, proof } = sessionKeys(bob.pair);
	await bob.call(validators.setKeys(keys, proof));
	const { address } = bob.pair;
	const changes = [validators.addValidator(address), validators.removeValidator(address)];
	const changed = await decide(api, alice, utility.batchAll(changes));
	for (const name of ['ValidatorAdded', 'ValidatorRemoved']) field(changed, `validators.${name}`, 'validator');
	for (const [call, reason] of [
		[validators.reinstateValidator(address), 'NotDisabled'],
		[validators.resumeFinality([address], 2 ** 32 - 1, 0), 'FutureBlock'],
	]) {
		const refused = await decide(api, alice, call);
		const error = api.registry.findMetaError(field(refused, 'council.Executed', 'result').asErr.asModule);
		if (error.name !== reason) throw new Error(`another error: ${error.name}`);
	}
}

/** An admin manages the members and keys of its organization. */
async function manage(api, admin) {
	const { organizations } = api.tx;
	const { address } = randomAccount();
	await admin.apply(
		organizations.addMember(address, allRoles),
		organizations.setRoles(address, { ...allRoles, admin: false }),
		organizations.removeMember(address),
		organizations.rotateKey(randomAsHex(32)),
	);
}

/** Streams with an entry of each kind in one of them, and another one, sealed, with an object that is erased. */
async function write(api, bob) {
	const { anchor, grants, organizations, records } = api.tx;
	const create = () => bob.apply(anchor.createStream(`by polkadot.js ${randomAsHex(8)}`));
	const stream = field(await create(), 'anchor.StreamCreated', 'stream').toHex();
	const commitments = [randomAsU8a(), randomAsU8a()];
	const leaves = commitments.map((one) => blake2AsHex(u8aConcat(Buffer.from('credio/merkle-leaf/v1'), one)));
	const root = blake2AsHex(u8aConcat(Buffer.from('credio/merkle-node/v1'), ...leaves));
	const payload = `0x01${randomAsHex(200).slice(2)}`;
	const entries = await bob.apply(
		// A key for a grant that is not there is left out.
		grants.openEpoch(stream, 0, randomAsHex(32), wrapped(), [{ grant: randomAsHex(32), key: wrapped() }]),
		anchor.anchorDigest(stream, randomAsHex(32), randomAsHex(32)),
		anchor.anchorMerkle(stream, randomAsHex(32), root, 2),
		records.append(stream, randomAsHex(32), 0, randomAsHex(32), payload, null),
	);
	const [, merkle, record] = entries.filter(({ method }) => method === 'EntryAppended').map(({ data }) => data.recordId.toHex());
	const sealed = field(await create(), 'anchor.StreamCreated', 'stream').toHex();
	const [appended] = (await bob.apply(
		grants.openEpoch(sealed, 0, randomAsHex(32), wrapped(), []),
		records.demandObjects(sealed),
		records.appendObject(sealed, randomAsHex(32), 0, randomAsHex(32), randomAsHex(32), 100_000, null),
		organizations.setEndpoints(['https://objects.example']),
	)).filter(({ method }) => method === 'EntryAppended');
	const object = appended.data.recordId.toHex();
	await bob.apply(records.erase(object), records.acknowledgeErasure(object), anchor.sealStream(sealed));
	const inclusion = [merkle, 1, commitments[1], [leaves[0]]];
	return { stream, sealed, record, object, inclusion };
}

/** Access is asked for, approved, denied, given, given on, given up, and revoked. */
async function share(api, { bob, charlie, dave }, { stream, record }) {
	const { grants } = api.tx;
	const ask = async () => field(
		await dave.apply(grants.requestAccess(randomAsHex(32), { Stream: stream }, 'Read', 'to assess a credit line')),
		'grants.AccessRequested',
		'accessRequest',
	);
	const [first, second] = [await ask(), await ask()];
	const approved = await bob.apply(
		grants.approve(first, randomAsHex(32), terms('to assess a credit line')),
		grants.deny(second, 'asked twice'),
	);
	await bob.apply(grants.addKeys(field(approved, 'grants.Granted', 'grant'), [[0, wrapped()]]));
	const given = await bob.apply(
		grants.grant(randomAsHex(32), { Record: record }, 2, 'Read', terms('to check one invoice', { delegable: true })),
	);
	const grant = field(given, 'grants.Granted', 'grant');
	const giveOn = () => charlie.apply(grants.delegate(grant, randomAsHex(32), 3, terms('to check it for us')));
	const delegated = await giveOn();
	await dave.apply(grants.renounce(field(delegated, 'grants.Granted', 'grant')));
	await giveOn();
	await bob.apply(grants.revoke(grant));
}

/** A bundle that executes, one that is aborted, and one that stays open. */
async function bundle(api, { bob, dave }, { sealed }) {
	const { anchor, bundles } = api.tx;
	const create = (organization) => ({ organization, calls: [anchor.createStream(`by a bundle ${randomAsHex(8)}`)] });
	const propose = async (...legs) => {
		const deadline = (await api.query.timestamp.now()).toNumber() + 3_600_000;
		const events = await bob.apply(bundles.propose(randomAsHex(32), deadline, legs));
		return ['bundle', 'digest'].map((name) => field(events, 'bundles.Proposed', name).toHex());
	};
	const weight = { refTime: 100_000_000_000n, proofSize: 10_000_000n };
	const consent = async (member, [id, digest]) => member.apply(bundles.consent(id, digest, weight));
	const executed = await propose(create(1), create(3));
	await consent(bob, executed);
	await bob.apply(bundles.withdraw(executed[0]));
	await consent(bob, executed);
	field(await consent(dave, executed), 'bundles.Executed', 'bundle');
	const aborted = await propose({ organization: 1, calls: [anchor.sealStream(sealed)] });
	field(await consent(bob, aborted), 'bundles.Aborted', 'error');
	const [open] = await propose(create(1), create(3));
	return open;
}

/** Two requests that answer in their own ways: one takes a position of a lane, the other is rejected. */
async function answer(api, bob, { sealed }) {
	const lane = 1_023;
	const sequence = await api.query.idempotency.nextPositions(1, lane);
	const keys = [randomAsHex(32), randomAsHex(32)];
	const create = api.tx.anchor.createStream(`in a lane ${randomAsHex(8)}`);
	const inLane = await bob.request([create], { key: keys[0], lane: { lane, sequence } });
	const refused = await bob.request([api.tx.anchor.sealStream(sealed)], { key: keys[1] });
	if (inLane.outcome !== 'Applied' || refused.outcome !== 'Rejected') throw new Error('other outcomes');
	return { lane, keys };
}

/** Does all of it, and returns the arguments for trying the reads of the chain. */
export async function doBusiness(api) {
	const [alice, bob, charlie, dave] = ['//Alice', '//Bob', '//Charlie', '//Dave'].map((uri) => new Member(api, account(uri)));
	await manage(api, await govern(api, alice));
	await validate(api, alice, bob);
	const written = await write(api, bob);
	await share(api, { bob, charlie, dave }, written);
	const openBundle = await bundle(api, { bob, dave }, written);
	const answered = await answer(api, bob, written);
	return { bob, dave, ...written, openBundle, ...answered };
}
