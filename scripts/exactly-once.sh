#!/usr/bin/env bash
# The tests of "exactly once" and "in order" at full size, and what they measured.
#
#   scripts/exactly-once.sh [UPLOADS]     8000 by default; scripts/test.sh runs them with 1000

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
"$scripts/setup.sh"
# shellcheck source=scripts/env.sh
. "$scripts/env.sh"
cd "$CREDIO_ROOT"
build_workspace
CREDIO_UPLOADS=${1:-8000} cargo test --release --workspace --locked --test e2e -- --test-threads 1 --nocapture exactly_once::
