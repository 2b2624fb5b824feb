// Requests in the types of the chain. `submit.mjs` generates the descriptors.

import { sr25519CreateDerive } from '@polkadot-labs/hdkd';
import { DEV_MINI_SECRET, ss58Address } from '@polkadot-labs/hdkd-helpers';
import { Binary, createClient } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { getWsProvider } from 'polkadot-api/ws';
import { credio } from './.papi/descriptors/dist/index.js';

const bob = sr25519CreateDerive(DEV_MINI_SECRET)('//Bob'); // of the example organization channel-one
const signer = getPolkadotSigner(bob.publicKey, 'Sr25519', bob.sign);

/** @param {unknown} fact @param {string} what @returns {asserts fact} */
function assert(fact, what) {
	if (!fact) throw new Error(what);
}

/** Has one request applied, is refused its replay, and has one rejected. @param {string} url */
export async function submitRequests(url) {
	const client = createClient(getWsProvider(url));
	const api = client.getTypedApi(credio);
	const member = await api.query.Organizations.Members.getValue(ss58Address(bob.publicKey));
	assert(member, 'Bob is no member');
	const { organization } = member;
	const lifetime = Math.min(600, await api.constants.Idempotency.MaxRequestLifetime());

	const key = Binary.toHex(crypto.getRandomValues(new Uint8Array(32)));
	const name = Binary.fromText(`by PAPI ${key}`.slice(0, 64));
	/** Signs, with the account's nonce, as PAPI always does; the chain ignores it for requests. @param {string} key */
	const sign = async (key) => {
		const { number } = await client.getFinalizedBlock();
		const request = { organization, key, expires_at: number + lifetime, lane: undefined };
		const create = api.tx.Anchor.create_stream({ name });
		return api.tx.Idempotency.submit({ request, calls: [create.decodedCall] }).sign(signer);
	};
	const streams = await api.query.Anchor.StreamCounts.getValue(organization);

	const transaction = await sign(key);
	const { ok, events, block } = await client.submit(transaction);
	assert(ok, 'the transaction failed');
	const [applied] = api.event.Idempotency.Applied.filter(events);
	assert(applied?.payload.key === key && applied.payload.organization === organization, 'not applied');
	const [created] = api.event.Anchor.StreamCreated.filter(events);
	assert(created && Binary.toHex(created.payload.name) === Binary.toHex(name), 'no stream was created');

	const { stream } = created.payload;
	const stored = await api.query.Anchor.Streams.getValue(stream);
	assert(stored?.owner === organization && stored.status.type === 'Open' && stored.next_sequence === 0n, 'no stream');
	assert(await api.query.Anchor.StreamCounts.getValue(organization) === streams + 1, 'streams of the organization');
	const receipt = await api.query.Idempotency.Receipts.getValue(organization, key);
	assert(receipt?.outcome.type === 'Applied' && receipt.block === block.number, 'there is no receipt');

	const refusal = await client.submit(transaction).then(() => null, ({ error }) => error);
	assert(refusal, 'a replay was taken');

	const again = await client.submit(await sign(Binary.toHex(crypto.getRandomValues(new Uint8Array(32)))));
	const [rejected] = api.event.Idempotency.Rejected.filter(again.events);
	assert(rejected, 'a stream was created twice');
	const { error } = rejected.payload;
	assert(error.type === 'Module' && error.value.type === 'Anchor', 'another error');
	assert(error.value.value.type === 'AlreadyExists', 'another error of the pallet');

	client.destroy();
	return { key, applied: true, block: receipt.block, stream, refusal, rejected: error.value.value.type };
}
