# Steps that are printed as they happen, with outcome and time. To be sourced by bash after common.sh.
#
# shellcheck shell=bash

readonly STEP_WIDTH=72

STEPS_HELD=0
STEPS_FAILED=0
STEP_NOTE=''

# step TITLE COMMAND...: runs a command, which has succeeded if the step holds. It may say more in STEP_NOTE. What it
# prints is shown only if it fails. After a step that failed, the others are not tried.
step() {
	local title=$1 started output outcome=0
	shift
	if ((STEPS_FAILED)); then
		step_line "$title" "${DIM}not tried$PLAIN" ''
		STEPS_FAILED=$((STEPS_FAILED + 1))
		return
	fi
	[[ ! -t 1 ]] || printf '%3d  %s ...' $((STEPS_HELD + 1)) "$title"
	output=$(mktemp)
	STEP_NOTE=''
	started=$(now_ms)
	"$@" >"$output" 2>&1 || outcome=$?
	[[ ! -t 1 ]] || printf '\r\e[K'
	if ((outcome == 0)); then
		step_line "$title" "${GREEN}ok$PLAIN" "$(human_time $(($(now_ms) - started)))"
		STEPS_HELD=$((STEPS_HELD + 1))
	else
		step_line "$title" "${RED}FAILED$PLAIN" "$(human_time $(($(now_ms) - started)))"
		STEPS_FAILED=1
		sed 's/^/       /' "$output"
	fi
	[[ -z $STEP_NOTE ]] || printf '     %s%s%s\n' "$DIM" "$STEP_NOTE" "$PLAIN"
	rm -f "$output"
}

step_line() {
	printf '%3d  %-*s %s%s%s\n' $((STEPS_HELD + STEPS_FAILED + 1)) "$STEP_WIDTH" "$1" "$2" "${3:+  }" "$3"
}

# fails_with CODE COMMAND...: succeeds if the command ends with this exit code.
fails_with() {
	local expected=$1 code=0
	shift
	"$@" || code=$?
	((code == expected)) && return
	say "exit code $code, where $expected was expected: $*"
	return 1
}

# json_field NAME: the value of a field of one JSON object a line on standard input, text or number.
json_field() {
	sed -n -E "s/.*\"$1\": ?\"?([^\",}]*).*/\1/p"
}
