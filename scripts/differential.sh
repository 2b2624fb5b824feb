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

readonly READERS=$scripts/differential
readonly REQUIREMENTS=$READERS/requirements.txt
readonly PYTHON_FOLDER=$CREDIO_CACHE/readers

# Makes an environment of Python with the other readers, unless it is there.
install_readers() {
	cmp -s "$REQUIREMENTS" "$PYTHON_FOLDER/requirements.txt" && return
	say "about to install the other readers into $PYTHON_FOLDER"
	rm -rf "$PYTHON_FOLDER"
	python3 -m venv "$PYTHON_FOLDER" ||
		die "python3 cannot make an environment: scripts/setup.sh --tests installs what it needs"
	"$PYTHON_FOLDER/bin/pip" install --quiet --disable-pip-version-check -r "$REQUIREMENTS"
	cp "$REQUIREMENTS" "$PYTHON_FOLDER"
}

main() {
	local documents=${1:-10000} seed=${2:-$RANDOM$RANDOM}
	install_readers
	cd "$CREDIO_ROOT"
	# Of the whole workspace, so that features are those of its tests and nothing is compiled twice.
	cargo build --release --locked --quiet --workspace --example rows
	say "seed $seed"
	PYTHONDONTWRITEBYTECODE=1 "$PYTHON_FOLDER/bin/python" "$READERS/differential.py" \
		"$CARGO_TARGET_DIR/release/examples/rows" "$documents" "$seed" "${@:3}"
}

main "$@"
