#!/usr/bin/env bash
# Makes documents at random, and compares the rows that views make of them with what other readers make of them: lxml,
# Python's csv and json, a library of JSONPath, pydifact, mt-940, pyx12, ofxparse, asn1crypto and pypdf.
#
#   scripts/differential.sh [DOCUMENTS [SEED [FORMAT...]]]
#
# DOCUMENTS is the number of documents of each format, by default 10000. The same seed makes the same documents. FORMAT is
# csv, json, jsonl, xml, edifact, mt940, x12, ofx, p7m or pdf; all of them by default. A document has the same rows in
# both, or fits in neither, for the same reason: how often that was is printed.

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/env.sh
. "$scripts/env.sh"
# shellcheck source=scripts/lib/python.sh
. "$scripts/lib/python.sh"

main() {
	local documents=${1:-10000} seed=${2:-$RANDOM$RANDOM}
	use_python differential
	cd "$CREDIO_ROOT"
	# Of the whole workspace, so that features are those of its tests and nothing is compiled twice.
	cargo build --release --locked --quiet --workspace --example rows
	say "seed $seed"
	PYTHONDONTWRITEBYTECODE=1 "$PYTHON" "$scripts/differential/differential.py" \
		"$CARGO_TARGET_DIR/release/examples/rows" "$documents" "$seed" "${@:3}"
}

main "$@"
