# A development node for as long as a script runs. To be sourced by bash after common.sh.
#
# shellcheck shell=bash

readonly NODE_START_SECONDS=120

NODE_PID=''
NODE_PORT=''

# Whether nobody listens on this port of the loopback interface.
port_is_free() {
	! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Starts a development chain in folder $1, on RPC port $2; empty takes 9944, or any if that is in use. What follows is
# passed to the node.
start_node() {
	local folder=$1 port=$2
	shift 2
	if [[ -z $port ]]; then
		port=9944
		port_is_free "$port" || port=0
	elif ! port_is_free "$port"; then
		die "port $port is in use: --port takes another, and 0 any that is free"
	fi
	# The caller reads it as soon as the node starts.
	: >"$folder/node.log"
	credio-node --dev --base-path "$folder/chain" --rpc-port "$port" --port 0 \
		--no-prometheus --no-telemetry --no-mdns "$@" >"$folder/node.log" 2>&1 </dev/null &
	NODE_PID=$!
}

# await_node FOLDER COMMAND...: waits until the node in the folder accepts the command, and sets NODE_PORT and
# CREDIO_NODE.
await_node() {
	local folder=$1 deadline=$((SECONDS + NODE_START_SECONDS))
	shift
	while ((SECONDS < deadline)); do
		kill -0 "$NODE_PID" 2>/dev/null || break
		NODE_PORT=$(sed -n 's/.*Running JSON-RPC server: addr=127\.0\.0\.1:\([0-9]*\).*/\1/p' "$folder/node.log")
		if [[ -n $NODE_PORT ]]; then
			export CREDIO_NODE=ws://127.0.0.1:$NODE_PORT
			"$@" >/dev/null 2>&1 && return
		fi
		sleep 0.2
	done
	tail -n 20 "$folder/node.log" >&2
	die "the node does not answer; its log is above"
}

# use_example NAME FOLDER: commands act for an example organization from now on, with a vault in the folder and without a
# configuration of the caller's own, which would get in the way.
use_example() {
	credio dev-vaults "$2/vaults" >/dev/null
	export CREDIO_VAULT=$2/vaults/$1.vault CREDIO_VAULT_PASSWORD_FILE=$2/vaults/password CREDIO_CONFIG=$2/none.toml
}

stop_node() {
	[[ -n $NODE_PID ]] || return 0
	kill "$NODE_PID" 2>/dev/null || true
	wait "$NODE_PID" 2>/dev/null || true
	NODE_PID=''
}
