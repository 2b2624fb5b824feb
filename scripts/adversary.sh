#!/usr/bin/env bash
# Lets members, a grantee, a council seat and strangers attack a network of four validators while six organizations work
# and a council governs, and checks that the honest ones are served: nothing is lost, doubled or reordered, revocations
# and motions come in time, and the attack does not slow them more than so many times.
#
#   scripts/adversary.sh [SECONDS] [RATE] [RATIO]     600 s, 2 requests a second of each honest organization, and at most
#                                                     twice the time to finality, by default; scripts/test.sh makes it
#                                                     short, and does not measure
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
CREDIO_ADVERSARY_SECONDS=${1:-600} CREDIO_ADVERSARY_RATE=${2:-2} CREDIO_ADVERSARY_RATIO=${3:-2} \
	cargo test --release --workspace --locked --test e2e -- --nocapture adversary::
