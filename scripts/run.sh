#!/usr/bin/env bash
# Sets up, builds, starts a development chain, and runs the main job on documents.
#
#   scripts/run.sh [--exit] [--port N] [--node URL] [FILE...]
#
#   FILE...      the documents; by default those in samples/
#   --exit       end the node afterwards; exit code 0 only if every step held
#   --port N     the node's RPC port; by default 9944, or any free one if that is in use
#   --node URL   use a development chain that runs already, and leave it running; given twice, the funder works with
#                the second node

set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/lib/node.sh
. "$scripts/lib/node.sh"
# shellcheck source=scripts/lib/steps.sh
. "$scripts/lib/steps.sh"
# shellcheck source=scripts/lib/main_job.sh
. "$scripts/lib/main_job.sh"

usage() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

parse_arguments() {
	EXIT_AFTERWARDS='' PORT='' NODE='' FUNDER_NODE='' DOCUMENTS=()
	while (($#)); do
		case $1 in
		--exit) EXIT_AFTERWARDS=1 ;;
		--port | --node)
			(($# > 1)) || die "$1 takes a value"
			if [[ $1 == --port ]]; then
				PORT=$2
			elif [[ -z $NODE ]]; then
				NODE=$2
			else
				FUNDER_NODE=$2
			fi
			shift
			;;
		-h | --help)
			usage
			exit
			;;
		--)
			shift
			DOCUMENTS+=("$@")
			break
			;;
		-*) die "unknown option $1; --help lists those there are" ;;
		*) DOCUMENTS+=("$1") ;;
		esac
		shift
	done
	((${#DOCUMENTS[@]})) || DOCUMENTS=("$CREDIO_ROOT"/samples/*.*)
	[[ $PORT =~ ^[0-9]*$ ]] || die "--port takes a number"
	check_documents
}

check_documents() {
	local index
	for index in "${!DOCUMENTS[@]}"; do
		[[ -f ${DOCUMENTS[index]} && -r ${DOCUMENTS[index]} ]] || die "no such file: ${DOCUMENTS[index]}"
		# A name that starts with a dash would be taken for an option.
		[[ ${DOCUMENTS[index]} != -* ]] || DOCUMENTS[index]=./${DOCUMENTS[index]}
	done
}

# Leaves nothing behind, however the script ends.
clean_up() {
	stop_node
	[[ -z ${FOLDER:-} ]] || rm -rf -- "$FOLDER"
}

prepare() {
	headline 'Set-up'
	"$scripts/setup.sh"
	# shellcheck source=scripts/env.sh
	. "$scripts/env.sh"
	headline 'Build'
	(cd "$CREDIO_ROOT" && build_workspace)
	FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/credio.XXXXXX")
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

start_chain() {
	# Configuration of the caller's own would get in the way.
	export CREDIO_CONFIG=$FOLDER/none.toml
	# Of documents over 64 KiB the chain has the root, and this folder the ciphertext.
	export CREDIO_OBJECT_STORE=$FOLDER/objects
	credio dev-vaults "$FOLDER/vaults" >/dev/null
	if [[ -n $NODE ]]; then
		export CREDIO_NODE=$NODE
		as operator org list >/dev/null || die "no development chain can be reached at $NODE"
	else
		start_node "$FOLDER" "$PORT"
		await_node "$FOLDER" as operator org list
	fi
	say "development chain at $CREDIO_NODE"
}

summary() {
	local index name width=8
	headline 'Summary'
	for index in "${!RECORDS[@]}"; do
		name=${DOCUMENTS[index]##*/}
		((${#name} <= width)) || width=${#name}
	done
	printf '%s%-*s  %6s  %8s  %5s  %s%s\n' "$DIM" "$width" document bytes sequence block 'record id' "$PLAIN"
	for index in "${!RECORDS[@]}"; do
		printf '%-*s  %6d  %8s  %5s  %s\n' "$width" "${DOCUMENTS[index]##*/}" \
			"$(wc -c <"${DOCUMENTS[index]}")" "${SEQUENCES[index]}" "${BLOCKS[index]}" "${RECORDS[index]}"
	done
	printf '\n%s of %s steps held, in %s\n' "$STEPS_HELD" $((STEPS_HELD + STEPS_FAILED)) "$(human_time "$1")"
}

# Keeps the node until Ctrl-C.
keep_running() {
	[[ -z $NODE ]] || return 0
	headline 'The node keeps running until Ctrl-C'
	say "polkadot.js Apps:  https://polkadot.js.org/apps/?rpc=$CREDIO_NODE#/explorer"
	say "command line:      . $scripts/env.sh"
	say "                   export CREDIO_NODE=$CREDIO_NODE"
	say "                   export CREDIO_VAULT=$FOLDER/vaults/channel-one.vault"
	say "                   export CREDIO_VAULT_PASSWORD_FILE=$FOLDER/vaults/password"
	say "                   credio query --stream $STREAM_NAME"
	wait "$NODE_PID" || true
	die "the node has ended"
}

main() {
	local started
	parse_arguments "$@"
	prepare
	headline 'Main job'
	started=$(now_ms)
	start_chain
	main_job
	summary $(($(now_ms) - started))
	[[ -n $EXIT_AFTERWARDS ]] || keep_running
	((STEPS_FAILED == 0))
}

main "$@"
