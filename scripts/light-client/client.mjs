// A light client of a Credio chain: smoldot, which runs in this process and verifies what the network sends it, and
// polkadot-api (PAPI) in front of it. It takes a chain specification with boot nodes, and asks no node's JSON-RPC.

import './globals.mjs';
import { blake2b256 } from '@polkadot-labs/hdkd-helpers';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Binary, createClient } from 'polkadot-api';
import { getSmProvider } from 'polkadot-api/sm-provider';
import { start } from 'polkadot-api/smoldot';

/** How old the newest final block may be by the chain's clock, in milliseconds. */
const MAX_AGE = 10 * 60 * 1000;
/** How long it may take until a final block is verified, in milliseconds. */
const START_LIMIT = 120 * 1000;
/** The largest specification, in characters. One with a runtime has about two million. */
const MAX_SPECIFICATION = 32 * 1024 * 1024;
/** The largest database that is kept, in characters. */
const MAX_DATABASE = 1024 * 1024;

/** The most calls of a request. */
const MAX_CALLS = 64;

/** Nothing new enough is proven to be final: nothing can be read, and nothing false has been read. */
export class NotFinalYet extends Error {}

/**
 * Follows a chain from its specification, and resolves when a recent final block is verified.
 *
 * @param {string} specification the chain specification, as JSON, raw, with `bootNodes`
 * @param {object} [options]
 * @param {string} [options.database] file that keeps the last verified block, so that no peer can lead the client back behind it
 * @param {number} [options.limit] how long to wait for a final block, in milliseconds
 * @param {(line: string) => void} [options.log] takes what smoldot warns of
 */
export async function follow(specification, { database, limit = START_LIMIT, log = () => {} } = {}) {
	check(specification);
	const smoldot = start({
		maxLogLevel: 2,
		logCallback: (_level, target, message) => log(`${target}: ${message}`.slice(0, 500)),
	});
	try {
		const chain = await smoldot.addChain({ chainSpec: specification, databaseContent: stored(database) });
		const client = createClient(getSmProvider(() => chain));
		const light = new LightClient(smoldot, client, database);
		await light.untilFinal(limit);
		return light;
	} catch (error) {
		await smoldot.terminate();
		throw error;
	}
}

/** A chain that is followed. */
class LightClient {
	#smoldot;
	#client;
	#api;
	#database;
	#blocks;

	constructor(smoldot, client, database) {
		this.#smoldot = smoldot;
		this.#client = client;
		// Types from the chain's metadata, which smoldot takes from the verified runtime.
		this.#api = client.getUnsafeApi();
		this.#database = database;
		this.#blocks = client.finalizedBlock$.subscribe({ error: () => {} });
	}

	/** Hash of the genesis block. `credio-node new-network` prints it for each consortium. */
	async genesis() {
		return (await this.#client.getChainSpecData()).genesisHash;
	}

	/** The newest final block: its number, its hash, and its time by the chain's clock. Fails if it is old. */
	async finalized() {
		const { number, hash } = await this.#client.getFinalizedBlock();
		const time = Number(await this.#api.query.Timestamp.Now.getValue({ at: hash }));
		const age = Date.now() - time;
		if (age > MAX_AGE) {
			const since = time === 0 ? 'block 0' : `block ${number}, of ${new Date(time).toISOString()}`;
			throw new NotFinalYet(`nothing is proven to be final after ${since}`);
		}
		return { number, hash, time };
	}

	/** The grant of this id at a final block, or `null`, which is proven too. */
	async grant(id) {
		const block = await this.finalized();
		const grant = await this.#api.query.Grants.Grants.getValue(id, { at: block.hash });
		return { block, grant: grant ?? null };
	}

	/** What was decided of a request, or `null` if nothing was, at a final block. */
	async receipt(organization, key) {
		const block = await this.finalized();
		const receipt = await this.#api.query.Idempotency.Receipts.getValue(organization, key, { at: block.hash });
		return { block, receipt: receipt ?? null };
	}

	/** The membership of an account, or `null`. */
	async member(account) {
		const { hash } = await this.finalized();
		return await this.#api.query.Organizations.Members.getValue(account, { at: hash }) ?? null;
	}

	/** A call that creates a stream. */
	createStream(name) {
		return this.#api.tx.Anchor.create_stream({ name: Binary.fromText(name) });
	}

	/**
	 * Submits a request, unless it is decided already, and waits until its receipt is final. A key is applied once, no
	 * matter who submits it how often; with other calls than before it is refused.
	 *
	 * @param {object} request
	 * @param {number} request.organization for which the signer acts
	 * @param {string} request.key 32 bytes in hex, from `newKey`
	 * @param {Array<any>} request.calls of `createStream` and the like
	 * @param {number} [request.lifetime] for how many blocks it can be applied
	 * @param {any} request.signer of PAPI
	 */
	async submit({ organization, key, calls, lifetime = 300, signer }) {
		const digest = await bodyDigest(calls);
		const before = await this.receipt(organization, key);
		if (before.receipt) return ofCalls(before, key, digest);
		const request = { organization, key, expires_at: before.block.number + lifetime, lane: undefined };
		const decoded = calls.map((call) => call.decodedCall);
		let failure;
		try {
			await this.#api.tx.Idempotency.submit({ request, calls: decoded }).signAndSubmit(signer);
		} catch (error) {
			failure = error;
		}
		// Somebody else may have submitted it meanwhile, so the chain is asked whatever became of the transaction.
		const after = await this.receipt(organization, key);
		if (after.receipt) return ofCalls(after, key, digest);
		throw new Error(
			`request ${key} is not decided: ${failure?.message ?? 'its transaction failed'}; `
				+ `it can be applied until block ${request.expires_at}, so ask for its receipt, or submit it again with its key`,
		);
	}

	/** Waits for a final block that is recent. */
	async untilFinal(limit) {
		const end = Date.now() + limit;
		let why = 'nothing is proven to be final';
		for (;;) {
			const rest = end - Date.now();
			if (rest <= 0) break;
			try {
				return await within(rest, this.finalized());
			} catch (error) {
				if (error instanceof NotFinalYet) why = error.message;
				await new Promise((resolve) => setTimeout(resolve, Math.min(500, rest)));
			}
		}
		throw new NotFinalYet(
			`${why}, and nothing newer within ${limit / 1000} s: the boot nodes are of another chain, cannot be reached, or `
				+ 'withhold blocks; ask the operator for the specification and for addresses of gateways',
		);
	}

	/** Keeps the database, if there is one, and ends. */
	async close() {
		try {
			if (this.#database) {
				store(this.#database, await this.#client._request('chainHead_unstable_finalizedDatabase', [MAX_DATABASE]));
			}
		} finally {
			this.#blocks.unsubscribe();
			this.#client.destroy();
			await this.#smoldot.terminate();
		}
	}
}

/** A key for a new request. Keep it before submitting: the outcome of the request is read by it later. */
export function newKey() {
	return `0x${randomBytes(32).toString('hex')}`;
}

/** What a receipt has of the calls: a hash of their encoding as a vector. */
async function bodyDigest(calls) {
	if (calls.length === 0 || calls.length > MAX_CALLS) throw new Error(`a request has 1 to ${MAX_CALLS} calls`);
	const encoded = await Promise.all(calls.map((call) => call.getEncodedData()));
	const { length } = calls;
	const compact = length < 64 ? [length << 2] : [(length << 2 | 1) & 0xff, length >> 6];
	return Binary.toHex(blake2b256(Buffer.concat([Buffer.from(compact), ...encoded])));
}

/** What was decided, if it was decided of these calls. */
function ofCalls(decided, key, digest) {
	if (decided.receipt.body_digest !== digest) {
		throw new Error(`request ${key} was decided with other calls: a new request needs a new key`);
	}
	return decided;
}

/** Rejects a file that is no chain specification to follow. */
function check(specification) {
	if (specification.length > MAX_SPECIFICATION) throw new Error('the chain specification is too large');
	let parsed;
	try {
		parsed = JSON.parse(specification);
	} catch (error) {
		throw new Error(`the chain specification is not JSON: ${error.message}`);
	}
	if (!parsed?.genesis?.raw && !parsed?.genesis?.stateRootHash) {
		throw new Error('the chain specification is not raw: make it with credio-node build-spec --raw --chain FILE');
	}
	if (!Array.isArray(parsed.bootNodes) || parsed.bootNodes.length === 0) {
		throw new Error('the chain specification has no boot nodes: add addresses of gateways to its bootNodes');
	}
}

/** What was kept, if anything was. */
function stored(file) {
	return file && existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Replaces a file whole, or not at all. */
function store(file, content) {
	const next = `${file}.new`;
	writeFileSync(next, content, { mode: 0o600 });
	chmodSync(next, 0o600);
	renameSync(next, file);
}

/** What a promise resolves to, unless that takes longer. */
function within(milliseconds, promise) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error('it takes too long')), milliseconds);
	});
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
