#!/usr/bin/env bash
# Tries what an upgrade to the runtime of this source would make of a chain's state: the migrations with their own
# checks, their weight, what has to hold of every pallet afterwards. Nothing is changed.
#
#   scripts/check-upgrade.sh CHAIN BASE_PATH     on the database of a stopped node, or a copy of one
#   scripts/check-upgrade.sh STATE.json          on a state that `credio-node export-state` has written
#   scripts/check-upgrade.sh                     on the genesis of the local network

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"

main() {
	local state=''
	"$scripts/setup.sh"
	# shellcheck source=scripts/env.sh
	. "$scripts/env.sh"
	case $# in
	0) ;;
	1) state=$(realpath "$1") ;;
	2)
		state=$(mktemp -t credio-state-XXXXXX.json)
		trap 'rm -f "$state"' EXIT
		credio-node export-state --chain "$1" --base-path "$2" >"$state" ||
			die "the state cannot be read: is the node still running?"
		;;
	*) die "give a chain and a base path, or a file with a state" ;;
	esac
	cd "$CREDIO_ROOT"
	headline 'Upgrade'
	# shellcheck disable=SC2030,SC2031
	(
		[[ -z $state ]] || export CREDIO_STATE=$state
		cargo test --release --locked -p credio-runtime --features try-runtime --lib -- --nocapture upgrade
	)
	say "the upgrade holds on this state"
}

main "$@"
