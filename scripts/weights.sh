#!/usr/bin/env bash
# Measures the weights of all pallets, and what a block and a transaction cost besides, on this machine and the runtime's
# wasm, and writes them to runtime/solo/src/weights. Nothing else should run meanwhile.
#
#   scripts/weights.sh [PALLET...]     all pallets and the overhead; or some pallets, as pallet_records, and no overhead
#
# CREDIO_WEIGHTS_STEPS=N, CREDIO_WEIGHTS_REPEAT=N   samples of each parameter, and repetitions of each: 50 and 20
#
# It takes frame-omni-bencher, which is built and installed if it is not there: half an hour on two cores.

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/packages.sh
. "$scripts/lib/packages.sh"

readonly BENCHER_VERSION=0.28.0
readonly OUTPUT=runtime/solo/src/weights
STEPS=${CREDIO_WEIGHTS_STEPS:-50}
REPEAT=${CREDIO_WEIGHTS_REPEAT:-20}

# It is of the same release as the SDK's crates. Its database, which is not used here, is built with clang.
install_bencher() {
	local missing
	! have frame-omni-bencher || return 0
	mapfile -t missing < <(missing_packages clang libclang-dev)
	install_packages "${missing[@]}"
	say "about to build and install frame-omni-bencher $BENCHER_VERSION"
	cargo install --locked frame-omni-bencher --version "$BENCHER_VERSION"
}

# In a target directory of its own, since both builds of the runtime would write their wasm to the same place.
build_runtime() {
	export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/runtime-benchmarks
	cargo build --release --locked -p credio-runtime --features runtime-benchmarks
	RUNTIME=$CARGO_TARGET_DIR/release/wbuild/credio-runtime/credio_runtime.compact.compressed.wasm
}

# measure_pallets PALLETS: the pallets, with commas between them, or `*`.
measure_pallets() {
	frame-omni-bencher v1 benchmark pallet --runtime "$RUNTIME" --genesis-builder runtime \
		--pallet "$1" --extrinsic '*' --steps "$STEPS" --repeat "$REPEAT" --min-duration 1 \
		--disable-proof-recording --no-storage-info --no-median-slopes --no-min-squares --quiet \
		--output "$OUTPUT/"
}

# The remarks that it measures are Alice's, who is a member on development chains.
measure_overhead() {
	frame-omni-bencher v1 benchmark overhead --runtime "$RUNTIME" --genesis-builder runtime --weight-path "$OUTPUT/"
	# The runtime has these under another name.
	sed -i -e 's/sp_weights::/frame_support::weights::/' -e 's/sp_core::parameter_types/frame_support::parameter_types/' \
		"$OUTPUT/block_weights.rs" "$OUTPUT/extrinsic_weights.rs"
}

# Name and folders of the machine say nothing to others.
tidy() {
	sed -i -E -e '/^\/\/! HOSTNAME: /s/HOSTNAME: `[^`]*`, //' -e "s|$CARGO_TARGET_DIR|target|g" "$OUTPUT"/*.rs
	rustfmt --edition 2021 "$OUTPUT"/*.rs
}

main() {
	"$scripts/setup.sh"
	# shellcheck source=scripts/env.sh
	. "$scripts/env.sh"
	cd "$CREDIO_ROOT"
	install_bencher
	build_runtime
	if (($#)); then
		local IFS=,
		measure_pallets "$*"
	else
		measure_pallets '*'
		measure_overhead
	fi
	tidy
	say "written to $OUTPUT; build and test the runtime with them, and raise its spec_version"
}

main "$@"
