# Environments of Python, with packages of versions that are pinned. To be sourced by bash after common.sh.
#
# shellcheck shell=bash

# use_python NAME: makes an environment with scripts/NAME/requirements.txt, unless it is there, and sets PYTHON to its
# interpreter.
use_python() {
	local requirements=$CREDIO_ROOT/scripts/$1/requirements.txt folder=$CREDIO_CACHE/python/$1
	# shellcheck disable=SC2034  # used by the caller
	PYTHON=$folder/bin/python
	cmp -s "$requirements" "$folder/requirements.txt" && return
	say "about to install the packages of scripts/$1/requirements.txt into $folder"
	rm -rf "$folder"
	python3 -m venv "$folder" || die "python3 cannot make an environment: scripts/setup.sh --tests installs what it needs"
	"$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
	cp "$requirements" "$folder"
}
