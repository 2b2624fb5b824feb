// Submits requests by polkadot-api (PAPI) alone, on a development chain: generates descriptors from the metadata of the
// node, has TypeScript hold `request.mjs` against their types, and runs that.
//
//     npm ci && node submit.mjs ws://127.0.0.1:9944

import './globals.mjs';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

const url = process.argv[2] ?? 'ws://127.0.0.1:9944';
const here = new URL('.', import.meta.url);

/** Runs a program of a package here. What it prints is not the line of JSON that this prints. */
const run = (program, ...parameters) => execFileSync(
	process.execPath,
	['--import', './globals.mjs', `node_modules/.bin/${program}`, ...parameters],
	{ cwd: here, stdio: ['ignore', process.stderr, process.stderr] },
);

mkdirSync(new URL('.papi', here), { recursive: true });
writeFileSync(new URL('.papi/polkadot-api.json', here), JSON.stringify({
	version: 0,
	descriptorPath: '.papi/descriptors',
	entries: {},
	// It would be added to `package.json`, and installed.
	options: { noDescriptorsPackage: true },
}));
run('papi', 'add', 'credio', '--wsUrl', url);
run('tsc', '--project', 'jsconfig.json');

const { submitRequests } = await import('./request.mjs');
console.log(JSON.stringify(await submitRequests(url)));
process.exit(0);
