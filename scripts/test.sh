#!/usr/bin/env bash
# Sets up and runs every test.
#
#   scripts/test.sh
#
# CREDIO_SKIP_BENCHMARK_TESTS=1   leaves out the benchmark tests of the pallets, for which the pallets and what they
#                                 depend on are compiled once more with the benchmarks in them
# CREDIO_PROPTEST_CASES=N         random sequences of calls that each pallet is tried with: 2000 here, 10000 before a
#                                 change of a pallet lands

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/postgres.sh
. "$scripts/lib/postgres.sh"

# section TITLE COMMAND...
section() {
	local title=$1 started
	shift
	headline "$title"
	started=$(now_ms)
	"$@"
	say "$DIM$title: $(human_time $(($(now_ms) - started)))$PLAIN"
}

check_format() {
	cargo fmt --all --check
}

# Clippy shares nothing with a build but the target directory: it makes metadata of all dependencies, once.
check_lints() {
	cargo clippy --release --workspace --all-targets --locked -- -D warnings
}

# run_tests ARGUMENTS...: under cargo-nextest if it is there.
run_tests() {
	if cargo nextest --version >/dev/null 2>&1; then
		cargo nextest run --release --locked --no-fail-fast "$@"
	else
		say "cargo-nextest is not there: running the tests under cargo test (CREDIO_INSTALL_NEXTEST=1 installs it)"
		cargo test --release --locked --no-fail-fast "$@"
	fi
}

# With a PostgreSQL server for the tests that are to hold on both databases. Two tests per processor: most tests of a node
# wait for its blocks.
test_workspace() {
	local folder status=0
	export NEXTEST_TEST_THREADS=${NEXTEST_TEST_THREADS:-$((2 * $(nproc)))}
	folder=$(mktemp -d)
	start_postgres "$folder"
	CREDIO_TEST_POSTGRES=$POSTGRES run_tests --workspace || status=$?
	stop_postgres
	rm -rf "$folder"
	return "$status"
}

test_documentation() {
	cargo test --release --workspace --locked --doc
}

# Documents that are made at random, beside what other readers make of them: with another seed each time, which is printed.
compare_readers() {
	"$scripts/differential.sh" 300
}

# A large document to a folder and to S3, killed and changed on the way.
try_objects() {
	"$scripts/objects.sh" 40 2
}

# Benchmarks run as tests: each call of each pallet, with the checks that its benchmark makes.
test_benchmarks() {
	if [[ ${CREDIO_SKIP_BENCHMARK_TESTS:-} == 1 ]]; then
		say "left out, as CREDIO_SKIP_BENCHMARK_TESTS asks"
		return
	fi
	local pallet packages=()
	for pallet in pallets/*/src/benchmarking.rs; do
		packages+=(-p "pallet-$(cut -d/ -f2 <<<"$pallet")")
	done
	run_tests --features runtime-benchmarks "${packages[@]}" benchmark
}

# Licences and sources are checked offline; advisories only if their database can be had.
check_dependencies() {
	if ! cargo deny --version >/dev/null 2>&1; then
		say "cargo-deny is not there: left out (cargo install --locked cargo-deny installs it; deny.toml configures it)"
		return
	fi
	cargo deny --locked check --allow parse-error licenses bans sources
	if ! cargo deny fetch db; then
		say "the advisory database cannot be had: advisories are left out"
		return
	fi
	cargo deny --locked check advisories
}

main() {
	local started
	started=$(now_ms)
	section 'Set-up' "$scripts/setup.sh" --tests
	# shellcheck source=scripts/env.sh
	. "$scripts/env.sh"
	cd "$CREDIO_ROOT"
	export CREDIO_PROPTEST_CASES=${CREDIO_PROPTEST_CASES:-2000}
	section 'Format' check_format
	section 'Build' build_workspace
	section 'Tests' test_workspace
	section 'Documentation tests' test_documentation
	section 'Other readers of documents' compare_readers
	section 'Objects' try_objects
	section 'Lints' check_lints
	section 'Benchmark tests' test_benchmarks
	section 'Dependencies' check_dependencies
	headline "Every test passed, in $(human_time $(($(now_ms) - started)))"
}

main "$@"
