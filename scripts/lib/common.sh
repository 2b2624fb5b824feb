# What the scripts share: places, and how they talk. To be sourced by bash.
#
# shellcheck shell=bash
# shellcheck disable=SC2034  # used by those who source this

CREDIO_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CREDIO_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/credio
readonly CREDIO_ROOT CREDIO_CACHE
# The target directory is elsewhere, so the runtime's build would not find the lock file by itself: its wasm is made of
# the same versions as everything else.
export WASM_BUILD_WORKSPACE_HINT=$CREDIO_ROOT

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
	BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
	BOLD='' DIM='' GREEN='' RED='' PLAIN=''
fi
readonly BOLD DIM GREEN RED PLAIN

say() {
	printf '%s\n' "$*"
}

headline() {
	printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN"
}

die() {
	printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
	exit 1
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# Milliseconds since the epoch.
now_ms() {
	local micros=${EPOCHREALTIME//[.,]/}
	printf '%s' "${micros%???}"
}

# Milliseconds as `1.2 s`, from a minute on as `3 min 05 s`.
human_time() {
	local ms=$1
	if ((ms < 60000)); then
		printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
	else
		printf '%d min %02d s' $((ms / 60000)) $((ms / 1000 % 60))
	fi
}

# Builds all binaries: always the whole workspace, so that features are unified as in the tests and nothing is
# compiled twice.
build_workspace() {
	# The node cannot start a chain without the runtime's wasm.
	env -u SKIP_WASM_BUILD cargo build --release --workspace --locked
}
