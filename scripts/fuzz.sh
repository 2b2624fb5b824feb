#!/usr/bin/env bash
# Fuzzes what reads documents, values, paths, filters and views, guided by coverage (libFuzzer).
#
#   scripts/fuzz.sh [INPUTS [TARGET...]]
#
# INPUTS is the number of inputs for each target, by default 100000. Without targets it takes all of testing/fuzz. A
# panic, an input of more than 10 seconds, and more than 1 GiB of memory are faults: the script names the file with the
# input, and fails. What was learnt is kept in the target directory, so that the next run continues there.
#
# CREDIO_FUZZ_JOBS=N   targets at once, by default one for each processor

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/env.sh
. "$scripts/env.sh"

readonly PLATFORM=x86_64-unknown-linux-gnu
readonly FUZZ=$CREDIO_ROOT/testing/fuzz
readonly TARGET_FOLDER=$CARGO_TARGET_DIR/fuzz
readonly CORPORA=$TARGET_FOLDER/corpora
readonly PROGRAM=$TARGET_FOLDER/$PLATFORM/release/credio-fuzz
# The first ones are for documents and values, the last ones for what people write.
readonly ALL=(xml json json-lines csv edifact encodings values paths filters views words x12 mt940 ofx pdf signed large)
# An input of these is made larger, or is looked at word by word.
readonly SECONDS_OF_ONE=10 MEGABYTES=1024 MEGABYTES_AT_ONCE=256

# The compiler's own coverage instrumentation: the flags of cargo-fuzz, without those that need a nightly compiler.
build() {
	local flags=(-C passes=sancov-module) flag
	for flag in level=4 inline-8bit-counters pc-table trace-compares; do
		flags+=(-C "llvm-args=-sanitizer-coverage-$flag")
	done
	RUSTFLAGS=${flags[*]} cargo build --release --locked --manifest-path "$FUZZ/Cargo.toml" \
		--target "$PLATFORM" --target-dir "$TARGET_FOLDER"
}

# Fills the folder of a target with its seeds: files, and lines of a file.
plant() {
	local target=$1 seeds=$2 documents=$CREDIO_ROOT/indexer/view/tests/documents
	mkdir -p "$seeds"
	case $target in
	xml | signed | pdf | encodings) cp "$documents"/*.xml "$CREDIO_ROOT"/samples/*.xml "$seeds" ;;
	json) cp "$documents"/*.json "$CREDIO_ROOT"/samples/*.json "$seeds" ;;
	json-lines) cp "$documents"/*.json* "$seeds" ;;
	csv) cp "$documents"/*.csv "$CREDIO_ROOT"/samples/*.csv "$seeds" ;;
	edifact) cp "$documents"/*.edi "$CREDIO_ROOT"/samples/*.edi "$seeds" ;;
	x12) cp "$documents"/*.x12 "$CREDIO_ROOT"/samples/*.x12 "$seeds" ;;
	mt940) cp "$documents"/*.sta "$CREDIO_ROOT"/samples/*.sta "$seeds" ;;
	ofx) cp "$documents"/*.ofx "$CREDIO_ROOT"/samples/*.ofx "$seeds" ;;
	views) cp "$FUZZ"/views/*.toml "$CREDIO_ROOT"/samples/views/*.toml "$seeds" ;;
	esac
	[[ ! -d $FUZZ/seeds/$target ]] || cp "$FUZZ/seeds/$target"/* "$seeds"
	[[ ! -e $FUZZ/seeds/$target.txt ]] ||
		awk -v folder="$seeds" '{ file = folder "/line-" NR; printf "%s", $0 >file; close(file) }' "$FUZZ/seeds/$target.txt"
}

# Fuzzes one target, and prints a line about it.
fuzz() {
	local target=$1 inputs=$2 folder=$CORPORA/$1 seeds dictionary=() longest=4096 started status=0 last
	# A large input takes as long as some hundred others.
	[[ $target != large ]] || inputs=$((inputs / 100 + 1))
	[[ $target != words ]] || longest=512
	[[ ! -e $FUZZ/dictionaries/${target%-lines}.dict ]] ||
		dictionary=("-dict=$FUZZ/dictionaries/${target%-lines}.dict")
	mkdir -p "$folder/kept" "$folder/faults"
	seeds=$folder/seeds
	plant "$target" "$seeds"
	started=$(now_ms)
	CREDIO_FUZZ_TARGET=$target nice -n 10 "$PROGRAM" -runs="$inputs" -max_len="$longest" \
		-timeout="$SECONDS_OF_ONE" -rss_limit_mb="$MEGABYTES" -malloc_limit_mb="$MEGABYTES_AT_ONCE" \
		-artifact_prefix="$folder/faults/" -print_final_stats=1 "${dictionary[@]}" "$folder/kept" "$seeds" \
		>"$folder/log" 2>&1 || status=$?
	last=$(sed -n 's/^#[0-9].* cov: \([0-9]*\) .*/\1/p' "$folder/log" | tail -n 1)
	if ((status)); then
		say "$RED$target: FAILED$PLAIN, its log is $folder/log:"
		grep -E -m 3 -A 2 'panicked|ERROR|Test unit written' "$folder/log" || tail -n 3 "$folder/log"
		say "again: CREDIO_FUZZ_TARGET=$target $PROGRAM FILE"
		return 1
	fi
	say "$(printf '%-10s %9d inputs in %s, %s edges, slowest %s s, at most %s MB' "$target" \
		"$(stat_of number_of_executed_units "$folder/log")" "$(human_time $(($(now_ms) - started)))" "$last" \
		"$(stat_of slowest_unit_time_sec "$folder/log")" "$(stat_of peak_rss_mb "$folder/log")")"
}

# stat_of NAME FILE: a figure of libFuzzer's.
stat_of() {
	sed -n "s/^stat::$1: *//p" "$2"
}

main() {
	local inputs=${1:-100000} targets=("${@:2}") target running=0 failed=0
	((${#targets[@]})) || targets=("${ALL[@]}")
	headline 'Build'
	build
	headline "$inputs inputs for each target"
	for target in "${targets[@]}"; do
		if ((running >= ${CREDIO_FUZZ_JOBS:-$(nproc)})); then
			wait -n || failed=1
			running=$((running - 1))
		fi
		fuzz "$target" "$inputs" &
		running=$((running + 1))
	done
	while ((running)); do
		wait -n || failed=1
		running=$((running - 1))
	done
	((!failed)) || die "there are faults"
}

main "$@"
