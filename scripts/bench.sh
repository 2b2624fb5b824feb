#!/usr/bin/env bash
# Measures a development node: what it takes of each kind, beside remarks and PostgreSQL on the same machine, from many
# organizations at once, as its chain grows, and when it is given twice what it can take. docs/performance.md has figures.
#
#   scripts/bench.sh [SIZE] [PART...] [-o DIR]
#
#   SIZE   small (by default): some minutes, to see that it works; full: hours, for figures to rely on
#   PART   profiles, compare, mix, growth, overload; all of them by default
#   -o     folder for the measurements, as JSON, and their charts; by default a new one in the folder for
#          temporary files
#
# Every part has a fresh chain. Load goes to 127.0.0.1 only.

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/node.sh
. "$scripts/lib/node.sh"
# shellcheck source=scripts/lib/postgres.sh
. "$scripts/lib/postgres.sh"

SIZE=small PARTS=() OUTPUT=''
while (($#)); do
	case $1 in
	small | full) SIZE=$1 ;;
	profiles | compare | mix | growth | overload) PARTS+=("$1") ;;
	-o)
		[[ -n ${2:-} ]] || die "-o takes a folder"
		OUTPUT=$2
		shift
		;;
	*) die "$1 is neither small nor full, nor one of profiles, compare, mix, growth, overload, nor -o DIR" ;;
	esac
	shift
done
((${#PARTS[@]})) || PARTS=(profiles compare mix growth overload)

# How much of each.
set_size() {
	case $SIZE in
	small)
		COUNT=1000 READS=1000 ANCHORS=20
		COMPARED=1024 ROUNDS=1
		ORGANIZATIONS=20 MIX_SECONDS=20
		UNTIL=2000,5000 GRANTS=(10 1000) SAMPLES=20
		OVERLOAD_SECONDS=30
		;;
	full)
		COUNT=20000 READS=20000 ANCHORS=500
		COMPARED=20000 ROUNDS=5
		ORGANIZATIONS=20 MIX_SECONDS=300
		UNTIL=10000,100000,1000000 GRANTS=(10 10000) SAMPLES=200
		OVERLOAD_SECONDS=600
		;;
	esac
}

clean_up() {
	stop_node
	stop_postgres
	rm -rf -- "$FOLDER"
}

# Starts a fresh chain, and sets WATCHED to what the load generator has to know of its node.
fresh_chain() {
	stop_node
	rm -rf -- "$FOLDER/node"
	mkdir "$FOLDER/node"
	# The load comes from one address, which is to meet the chain's bounds and not the node's.
	start_node "$FOLDER/node" 0 --rpc-rate-limit 4000000000
	await_node "$FOLDER/node" credio stream list
	WATCHED=(--node "$CREDIO_NODE" --node-pid "$NODE_PID" --database "$FOLDER/node/chain")
}

# measure NAME ARGUMENTS...: runs the load generator on the chain, and keeps what it prints as NAME.json.
measure() {
	local name=$1 started
	shift
	started=$(now_ms)
	say "$*"
	credio-bench "$@" "${WATCHED[@]}" --json >"$OUTPUT/$name.json"
	say "  $(human_time $(($(now_ms) - started)))"
}

# figure NAME FIELD: prints a measured number without its decimals.
figure() {
	sed -n -E "s/.*\"$2\":([0-9]+).*/\1/p" "$OUTPUT/$1.json"
}

profiles() {
	local profile
	fresh_chain
	for profile in record:64 record:1024 record:8192 remark:1024 grants; do
		measure "load-${profile/:/-}" load --profile "$profile" --count "$COUNT" --sign-ahead
	done
	measure load-record-65536 load --profile record:65536 --count $((COUNT / 20)) --in-flight 256 --sign-ahead
	for profile in records:64x64 remarks:64x64; do
		measure "load-${profile/:/-}" load --profile "$profile" --count $((COUNT / 8)) --in-flight 512 --sign-ahead
	done
	measure load-merkle-1000 load --profile merkle:1000 --count "$ANCHORS"
	measure load-merkle-100000 load --profile merkle:100000 --count $((ANCHORS / 10))
	for profile in fetch:1024 query; do
		measure "load-${profile/:/-}" load --profile "$profile" --count "$READS"
	done
}

compare() {
	fresh_chain
	start_postgres "$FOLDER"
	measure compare compare --postgres "$POSTGRES" --rounds "$ROUNDS" --count "$COMPARED"
	stop_postgres
	rm -rf -- "$FOLDER/postgres"
}

mix() {
	fresh_chain
	measure mix mix --organizations "$ORGANIZATIONS" --seconds "$MIX_SECONDS"
}

growth() {
	local organizations grants
	for organizations in 1 20; do
		for grants in "${GRANTS[@]}"; do
			fresh_chain
			measure "growth-$organizations-$grants" growth --until "$UNTIL" --organizations "$organizations" \
				--grants "$grants" --samples "$SAMPLES"
		done
	done
}

# Twice the rate that a closed loop reaches, without lanes and with them.
overload() {
	local rate
	fresh_chain
	measure sustained load --profile record:1024 --count "$COUNT"
	rate=$(($(figure sustained perSecond) * 2))
	measure overload load --profile record:1024 --rate "$rate" --seconds "$OVERLOAD_SECONDS" --connections 4
	fresh_chain
	measure overload-lanes load --profile record:1024 --rate "$rate" --seconds "$OVERLOAD_SECONDS" --connections 4 \
		--lanes 64
}

main() {
	local part files
	set_size
	"$scripts/setup.sh" --tests
	# shellcheck source=scripts/env.sh
	. "$scripts/env.sh"
	cd "$CREDIO_ROOT"
	build_workspace
	FOLDER=$(mktemp -d)
	trap clean_up EXIT
	[[ -n $OUTPUT ]] || OUTPUT=$(mktemp -d "${TMPDIR:-/tmp}/credio-bench-XXXXXX")
	mkdir -p "$OUTPUT"
	use_example channel-one "$FOLDER"
	for part in "${PARTS[@]}"; do
		headline "$part"
		"$part"
	done
	headline "Pictures"
	files=("$OUTPUT"/*.json)
	credio-bench plot "${files[@]}" -o "$OUTPUT"
	say "All figures are in $OUTPUT"
}

main
