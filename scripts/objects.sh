#!/usr/bin/env bash
# Uploads a large document to a folder and to S3, grants and fetches it, and measures time and memory, beside `age` and
# `cp` on the same file. Then kills what writes and what reads, and the server of S3 and that of the owner, at random
# moments, and changes a byte in the store. docs/performance.md has figures.
#
#   scripts/objects.sh [MEGABYTES [KILLS]]     1024 megabytes and 10 kills by default; scripts/test.sh does 40 and 2
#
# S3 is SeaweedFS, of PyPI's package. Nothing else should run when figures are measured.

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/env.sh
. "$scripts/env.sh"
# shellcheck source=scripts/lib/node.sh
. "$scripts/lib/node.sh"
# shellcheck source=scripts/lib/python.sh
. "$scripts/lib/python.sh"

clean_up() {
	stop_node
	rm -rf -- "$FOLDER"
}

main() {
	use_python objects
	cd "$CREDIO_ROOT"
	build_workspace
	FOLDER=$(mktemp -d)
	trap clean_up EXIT
	use_example channel-one "$FOLDER"
	start_node "$FOLDER" 0
	await_node "$FOLDER" credio stream list
	PYTHONDONTWRITEBYTECODE=1 "$PYTHON" "$scripts/objects/objects.py" "$FOLDER" "${1:-1024}" "${2:-10}"
}

main "$@"
