#!/usr/bin/env bash
# Kills, parts, fills and misleads the validators of a network of four while uploads go through an outbox, and compares
# outbox and chains.
#
#   scripts/faults.sh [ROUNDS] [FORKS]     each fault 5 times, and 20 forks, by default; scripts/test.sh makes each fault
#                                          once, and 3 forks
#
# Needs to be root, or to be allowed user namespaces.

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
"$scripts/setup.sh" --tests
# shellcheck source=scripts/env.sh
. "$scripts/env.sh"
cd "$CREDIO_ROOT"
build_workspace
CREDIO_FAULT_ROUNDS=${1:-5} CREDIO_FORKS=${2:-20} \
	cargo test --release --workspace --locked --test e2e -- --nocapture --test-threads 1 faults::
