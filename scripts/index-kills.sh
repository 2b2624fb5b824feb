#!/usr/bin/env bash
# Kills the process that keeps an index with SIGKILL at random moments, restarts its node and database, and ends and gives
# grants while documents are uploaded; and compares the index with one that is built anew. On SQLite and on PostgreSQL.
#
#   scripts/index-kills.sh [KILLS] [UPLOADS]     100 kills during 5000 uploads by default, on each database;
#                                                scripts/test.sh does 6 during 240

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
"$scripts/setup.sh" --tests
# shellcheck source=scripts/env.sh
. "$scripts/env.sh"
cd "$CREDIO_ROOT"
build_workspace
CREDIO_KILLS=${1:-100} CREDIO_UPLOADS=${2:-5000} \
	cargo test --release --workspace --locked --test e2e -- --nocapture --test-threads 1 index_faults::
