#!/usr/bin/env bash
# Kills client and node with SIGKILL at random moments during uploads through an outbox, and compares outbox and chain.
#
#   scripts/kills.sh [KILLS] [UPLOADS]     200 kills of the client, and a quarter of that of the node, during 5000 uploads
#                                          by default; scripts/test.sh does 10 during 400

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
"$scripts/setup.sh" --tests
# shellcheck source=scripts/env.sh
. "$scripts/env.sh"
cd "$CREDIO_ROOT"
build_workspace
CREDIO_KILLS=${1:-200} CREDIO_UPLOADS=${2:-5000} \
	cargo test --release --workspace --locked --test e2e -- --nocapture outbox::killed
