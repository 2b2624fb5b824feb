#!/usr/bin/env bash
# Sets up, builds, and starts a local network of several nodes. It runs until Ctrl-C.
#
#   scripts/network.sh [NETWORK]     a network for zombienet; zombienet/network.toml by default

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"

# Prints the nodes' names and addresses once zombienet has noted them.
print_nodes() {
	node -e '
		const { nodesByName } = JSON.parse(require("fs").readFileSync(process.argv[1]));
		for (const { name, wsUri } of Object.values(nodesByName)) console.log(`  ${name.padEnd(10)} ${wsUri}`);
	' "$1"
}

main() {
	local network=${1:-$CREDIO_ROOT/zombienet/network.toml} folder pid
	[[ -r $network ]] || die "no such network: $network"
	network=$(realpath "$network")
	"$scripts/setup.sh" --tests
	# shellcheck source=scripts/env.sh
	. "$scripts/env.sh"
	cd "$CREDIO_ROOT"
	build_workspace
	(cd zombienet && npm ci --no-audit --no-fund --silent)

	headline "Network $network"
	folder=$(mktemp -d -t credio-network-XXXXXX)
	zombienet/node_modules/.bin/zombienet --provider native --logType silent --dir "$folder/nodes" --force \
		spawn "$network" >"$folder/zombienet.log" 2>&1 &
	pid=$!
	# zombienet stops its nodes when it gets the signal to stop.
	trap 'kill -INT "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; say "stopped; logs are in $folder"' EXIT
	until [[ -e $folder/nodes/zombie.json ]]; do
		kill -0 "$pid" 2>/dev/null || die "the network did not come up: see $folder/zombienet.log"
		sleep 0.2
	done
	print_nodes "$folder/nodes/zombie.json"
	say "databases and logs are in $folder/nodes; Ctrl-C stops it"
	wait "$pid"
}

main "$@"
