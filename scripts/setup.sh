#!/usr/bin/env bash
# Installs what building and running Credio takes, after saying so. Quick when there is nothing to do.
#
#   scripts/setup.sh [--tests]
#
# --tests                          also installs what only the tests need: Node.js, npm, curl, PostgreSQL and Python
#
# CREDIO_TOOLCHAIN=rustup|debian   forces one of the two ways to a Rust toolchain (scripts/lib/toolchain.sh)
# CREDIO_INSTALL_NEXTEST=1         also builds cargo-nextest, which takes some minutes; without it the tests run
#                                  under `cargo test`

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/packages.sh
. "$scripts/lib/packages.sh"
# shellcheck source=scripts/lib/toolchain.sh
. "$scripts/lib/toolchain.sh"

install_nextest() {
	[[ ${CREDIO_INSTALL_NEXTEST:-} == 1 ]] || return 0
	cargo nextest --version >/dev/null 2>&1 && return
	say "set-up: about to build and install cargo-nextest"
	cargo install --locked cargo-nextest
}

main() {
	case ${1:-} in
	'') ;;
	--tests) install_test_tools ;;
	*) die "unknown argument $1: there is only --tests" ;;
	esac
	install_build_tools
	choose_toolchain
	# shellcheck source=scripts/env.sh
	. "$scripts/env.sh"
	install_nextest
	say "set-up: $(rustc --version | cut -d' ' -f1,2), target directory $CARGO_TARGET_DIR; nothing left to install"
}

main "$@"
