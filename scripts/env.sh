# Puts the toolchain and the built `credio-node` and `credio` on PATH. To be sourced, by sh or bash, from anywhere:
#
#     . scripts/env.sh
#
# CARGO_TARGET_DIR   where cargo builds; by default in the user's cache, so that a fresh clone builds warm
# CREDIO_TOOLCHAIN   `rustup` (the toolchain of the PATH) or `debian`; by default what scripts/setup.sh chose
#
# shellcheck shell=sh

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/credio/target}"

_credio_choice="${XDG_CACHE_HOME:-$HOME/.cache}/credio/toolchain"
_credio_toolchain="${CREDIO_TOOLCHAIN:-}"
if [ -z "$_credio_toolchain" ] && [ -r "$_credio_choice" ]; then
	read -r _credio_toolchain <"$_credio_choice" || :
fi

_credio_path="$CARGO_TARGET_DIR/release:"
if [ "$_credio_toolchain" = debian ]; then
	_credio_path="$_credio_path/usr/bin:"
elif [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
	_credio_path="$_credio_path${CARGO_HOME:-$HOME/.cargo}/bin:"
fi
case "$PATH" in
"$_credio_path"*) ;;
*) export PATH="$_credio_path$PATH" ;;
esac

unset _credio_choice _credio_toolchain _credio_path
