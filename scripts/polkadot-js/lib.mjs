// What the scripts here share.

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { u8aConcat, u8aToHex } from '@polkadot/util';
import { blake2AsU8a, randomAsHex } from '@polkadot/util-crypto';
import { EventEmitter } from 'node:events';

/** Credio's own pallets. */
export const OWN = ['Organizations', 'Anchor', 'Records', 'Grants', 'Idempotency', 'Bundles', 'Governance', 'Validators'];

/** Remembers the last answer of each method and the notifications of each subscription, as the node sent them. */
export class RecordingProvider extends WsProvider {
	answers = new Map();
	notifications = new Map();
	unsubscribed = new EventEmitter();

	async send(method, params, isCacheable, subscription) {
		const answer = await super.send(method, params, isCacheable, subscription);
		this.answers.set(method, answer);
		return answer;
	}

	subscribe(type, method, params, callback) {
		return super.subscribe(type, method, params, (error, result) => {
			if (!error) this.notifications.set(method, [...(this.notifications.get(method) ?? []), result]);
			callback(error, result);
		});
	}

	async unsubscribe(type, method, id) {
		const answer = await super.unsubscribe(type, method, id);
		this.unsubscribed.emit(method, answer);
		return answer;
	}
}

/** Connects to the node whose address is the first argument. */
export function connect(options = {}, Provider = WsProvider) {
	const provider = new Provider(process.argv[2] ?? 'ws://127.0.0.1:9944');
	return ApiPromise.create({ provider, noInitWarn: true, throwOnConnect: true, ...options });
}

const keyring = new Keyring({ type: 'sr25519' });
export const account = (uri) => keyring.addFromUri(uri);
export const randomAccount = () => keyring.addFromSeed(Buffer.from(randomAsHex(32).slice(2), 'hex'));

/** New session keys, with the proof that `owner` holds them: each of them signs for its account. */
export function sessionKeys(owner) {
	const statement = u8aConcat(Buffer.from('POP_'), owner.publicKey);
	const [aura, grandpa] = ['sr25519', 'ed25519'].map((type) => new Keyring({ type }).addFromUri(randomAsHex(32)));
	const proof = u8aToHex(u8aConcat(aura.sign(statement), grandpa.sign(statement)));
	return { keys: { aura: aura.publicKey, grandpa: grandpa.publicKey }, proof };
}

/** What an account does. */
export class Member {
	constructor(api, pair) {
		this.api = api;
		this.pair = pair;
	}

	/** The organization that it is a member of. */
	async organization() {
		const member = await this.api.query.organizations.members(this.pair.address);
		return member.unwrap().organization.toNumber();
	}

	/**
	 * Signs a request for `calls`. Its transaction uses no nonce, so any will do; and it is immortal, since the request has
	 * an expiry of its own, until which it may have to wait in its lane.
	 */
	async sign(calls, { key = randomAsHex(32), lane = null } = {}) {
		const organization = await this.organization();
		const { number } = await this.api.rpc.chain.getHeader();
		const request = { organization, key, expiresAt: number.toNumber() + 600, lane };
		return this.api.tx.idempotency.submit(request, calls).signAsync(this.pair, { nonce: 0, era: 0 });
	}

	/** Submits a request, and returns its events and its outcome once it is in a block. */
	async request(calls, options) {
		const events = await settle(this.api, await this.sign(calls, options));
		const outcome = events.find(({ section }) => section === 'idempotency')?.method;
		return { events, outcome };
	}

	/** Submits a request that has to be applied, and returns its events. */
	async apply(...calls) {
		const { events, outcome } = await this.request(calls);
		if (outcome !== 'Applied') throw new Error(`not applied: ${events.map(String).join('\n')}`);
		return events;
	}

	/** Makes a call outside of any request, under the account's nonce. */
	async call(call) {
		return settle(this.api, await call.signAsync(this.pair));
	}

	/** Signs for a read that is answered to members only; `parameters` are those before the token, encoded, as hex. */
	token(method, parameters, expiresAt) {
		const text = (value) => this.api.createType('Text', value).toU8a();
		const digest = blake2AsU8a(u8aConcat(
			Buffer.from('credio/access-token/v1'),
			this.api.genesisHash,
			text(method),
			this.api.createType('Bytes', parameters).toU8a(),
			this.api.createType('u32', expiresAt).toU8a(),
		));
		return { account: this.pair.address, expiresAt, signature: u8aToHex(this.pair.sign(digest, { withType: true })) };
	}
}

/** Sends a transaction, and returns its events once it is in a block. */
function settle(api, transaction) {
	return new Promise((resolve, reject) => {
		let stop;
		const end = (settled) => { settled(); stop?.(); };
		transaction.send(({ status, events, dispatchError, isError }) => {
			if (dispatchError) {
				const { isModule, asModule } = dispatchError;
				const name = isModule ? api.registry.findMetaError(asModule).name : dispatchError.toString();
				end(() => reject(new Error(`${transaction.method.section}.${transaction.method.method}: ${name}`)));
			} else if (isError) {
				end(() => reject(new Error(`the pool no longer holds it: ${status}`)));
			} else if (status.isInBlock) {
				end(() => resolve(events.map(({ event }) => event)));
			}
		}).then((unsubscribe) => { stop = unsubscribe; }, reject);
	});
}

/** The value of a field of the one event of that name. */
export function field(events, name, of) {
	const event = events.find(({ section, method }) => `${section}.${method}` === name);
	if (!event) throw new Error(`no event ${name} among ${events.map(({ section, method }) => `${section}.${method}`)}`);
	return event.data[of];
}

/** Waits until the present best block is final, and returns its number. */
export async function finality(api) {
	const best = (await api.rpc.chain.getHeader()).number.toNumber();
	return new Promise((resolve, reject) => {
		let stop;
		api.rpc.chain.subscribeFinalizedHeads(({ number }) => {
			if (number.toNumber() < best) return;
			stop?.();
			resolve(number.toNumber());
		}).then((unsubscribe) => { stop = unsubscribe; }, reject);
	});
}

/** Runs `main`, prints its result as one line of JSON, and ends the process. */
export async function run(main) {
	try {
		console.log(JSON.stringify(await main()));
		process.exit(0);
	} catch (error) {
		console.error(error);
		process.exit(1);
	}
}
