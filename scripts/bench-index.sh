#!/usr/bin/env bash
# Measures an index: how fast made-up invoices go in, from memory and from a local node's history, and how fast they are
# found; on SQLite and on PostgreSQL. docs/performance.md has figures.
#
#   scripts/bench-index.sh [ROWS] [--without-node]     100000 by default. The node's part takes three times the rest, most
#                                                      of it for filling the chain

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/node.sh
. "$scripts/lib/node.sh"
# shellcheck source=scripts/lib/postgres.sh
. "$scripts/lib/postgres.sh"

ROWS=100000 WITH_NODE=1
for argument in "$@"; do
	case $argument in
	--without-node) WITH_NODE='' ;;
	*[!0-9]* | '') die "the number of rows is a number, and --without-node the only option" ;;
	*) ROWS=$argument ;;
	esac
done

clean_up() {
	stop_node
	stop_postgres
	rm -rf -- "$FOLDER"
}

# sync INDEX: brings an index up to date from the node, and says how fast.
sync() {
	local started spent
	started=$(now_ms)
	credio index sync --index "$1" --views "$FOLDER/views" >/dev/null
	spent=$(($(now_ms) - started))
	say "$ROWS invoices from a local node's history in $(human_time "$spent"): $((ROWS * 1000 / spent)) a second"
}

main() {
	"$scripts/setup.sh" --tests
	# shellcheck source=scripts/env.sh
	. "$scripts/env.sh"
	cd "$CREDIO_ROOT"
	build_workspace
	FOLDER=$(mktemp -d)
	trap clean_up EXIT
	start_postgres "$FOLDER"

	headline "SQLite, $ROWS invoices"
	credio-bench index --rows "$ROWS" --index "$FOLDER/bench.index"
	rm -f "$FOLDER"/bench.index*
	headline "PostgreSQL, $ROWS invoices"
	credio-bench index --rows "$ROWS" --index "$POSTGRES"
	run_psql -Atc "SELECT 'size of the database: ' || pg_size_pretty(pg_database_size('postgres'))" \
		-c 'DROP SCHEMA credio_1 CASCADE' 2>/dev/null

	[[ -n $WITH_NODE ]] || return 0
	headline "A node with $ROWS invoices"
	use_example channel-one "$FOLDER"
	start_node "$FOLDER" 0 --rpc-rate-limit 4000000000
	await_node "$FOLDER" credio stream list
	credio-bench fill --node "$CREDIO_NODE" --records "$ROWS"
	mkdir "$FOLDER/views"
	cp samples/views/invoice-ubl.toml "$FOLDER/views/"
	headline 'SQLite'
	sync "$FOLDER/node.index"
	headline 'PostgreSQL'
	sync "$POSTGRES"
}

main
