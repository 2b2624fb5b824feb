// Reads a Credio chain and submits a request by a light client.
//
//     npm ci
//     node light.mjs SPECIFICATION                               the newest final block
//     node light.mjs SPECIFICATION grant GRANT_ID                a grant, proven to be there or not to be there
//     node light.mjs SPECIFICATION receipt ORGANIZATION KEY      prints the receipt of a request
//     node light.mjs SPECIFICATION create-stream NAME --secret-file FILE [--key KEY]
//
//     --secret-file FILE   sr25519 secret of a member: 32 bytes in hex, or //Name for the development accounts
//     --key KEY            key of the request; the same again is the same request
//     --database FILE      keeps which block was verified, so that nobody leads back behind it
//     --limit SECONDS      how long to wait for a final block: 120
//     --verbose            prints what smoldot warns of
//
// Prints one line of JSON, and ends with 8 if no recent block is proven to be final, with 2 if the arguments are wrong, and
// with 1 after any other error.

import { sr25519CreateDerive } from '@polkadot-labs/hdkd';
import { DEV_MINI_SECRET, ss58Address } from '@polkadot-labs/hdkd-helpers';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Binary } from 'polkadot-api';
import { getPolkadotSigner } from 'polkadot-api/signer';
import { follow, newKey, NotFinalYet } from './client.mjs';

const COMMANDS = { head: 0, grant: 1, receipt: 2, 'create-stream': 1 };

class UsageError extends Error {}

function commandLine() {
	const string = { type: 'string' };
	try {
		const options = { 'secret-file': string, key: string, database: string, limit: string, verbose: { type: 'boolean' } };
		const { values, positionals } = parseArgs({ options, allowPositionals: true });
		const [specification, command = 'head', ...rest] = positionals;
		if (!specification || COMMANDS[command] !== rest.length) throw new UsageError('see the beginning of light.mjs');
		if (command === 'create-stream' && !values['secret-file']) throw new UsageError('--secret-file is missing');
		const limit = values.limit === undefined ? undefined : 1000 * whole(values.limit);
		if (values.key) hash(values.key);
		if (command === 'grant') hash(rest[0]);
		if (command === 'receipt') [whole(rest[0]), hash(rest[1])];
		return { ...values, specification, command, rest, limit };
	} catch (error) {
		throw new UsageError(error.message);
	}
}

function whole(text) {
	if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${text} is not a whole number`);
	return Number(text);
}

function hash(text) {
	if (!/^0x[0-9a-f]{64}$/.test(text)) throw new UsageError(`${text} is not 0x and 64 digits`);
	return text;
}

/** An sr25519 key pair from the first line of a file. */
function keyPair(file) {
	const secret = readFileSync(file, 'utf8').split('\n')[0].trim();
	if (secret.startsWith('//')) return sr25519CreateDerive(DEV_MINI_SECRET)(secret);
	if (!/^0x[0-9a-f]{64}$/.test(secret)) throw new UsageError(`${file} does not begin with 0x and 64 digits, or //Name`);
	return sr25519CreateDerive(Binary.fromHex(secret))('');
}

async function run(light, { command, rest, key = newKey(), 'secret-file': secretFile }) {
	switch (command) {
		case 'grant': return light.grant(rest[0]);
		case 'receipt': return light.receipt(Number(rest[0]), rest[1]);
		case 'create-stream': {
			const { publicKey, sign } = keyPair(secretFile);
			const account = ss58Address(publicKey);
			const member = await light.member(account);
			if (!member) throw new Error(`${account} is not a member of any organization`);
			const { organization } = member;
			process.stderr.write(`request ${key} of organization ${organization}\n`);
			const calls = [light.createStream(rest[0])];
			const signer = getPolkadotSigner(publicKey, 'Sr25519', sign);
			return { organization, key, ...await light.submit({ organization, key, calls, signer }) };
		}
		default: return { block: await light.finalized() };
	}
}

/** As the other tools print it: bytes and ids in hex, and numbers beyond JavaScript's as text. */
function plain(_name, value) {
	if (typeof value === 'bigint') return value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
	return value instanceof Uint8Array ? Binary.toHex(value) : value;
}

try {
	const options = commandLine();
	const specification = readFileSync(options.specification, 'utf8');
	const { database, limit } = options;
	const log = options.verbose ? (line) => process.stderr.write(`${line}\n`) : undefined;
	const light = await follow(specification, { database, limit, log });
	try {
		console.log(JSON.stringify({ genesis: await light.genesis(), ...await run(light, options) }, plain));
	} finally {
		await light.close();
	}
	process.exitCode = 0;
} catch (error) {
	process.stderr.write(`${error.message ?? error}\n`);
	process.exitCode = error instanceof UsageError ? 2 : error instanceof NotFinalYet ? 8 : 1;
}
process.exit();
