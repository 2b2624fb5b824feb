# PostgreSQL of Debian's package for as long as a script runs, on a socket of its own, with the settings that it comes
# with. To be sourced by bash after common.sh.
#
# shellcheck shell=bash

POSTGRES_PROGRAMS=''
POSTGRES_FOLDER=''
POSTGRES_AS=()

# Starts a server in folder $1, which has to be there, and sets POSTGRES to the address of its database.
start_postgres() {
	local programs=(/usr/lib/postgresql/*/bin)
	POSTGRES_FOLDER=$1/postgres
	mkdir "$POSTGRES_FOLDER"
	if ((EUID == 0)); then
		# The server does not run as root.
		POSTGRES_AS=(runuser -u postgres --)
		chmod 711 "$1"
		chown postgres "$POSTGRES_FOLDER"
	fi
	POSTGRES_PROGRAMS=${programs[-1]}
	(
		cd /
		"${POSTGRES_AS[@]}" "$POSTGRES_PROGRAMS/initdb" --auth=trust --username=credio \
			-D "$POSTGRES_FOLDER/data" >/dev/null
		"${POSTGRES_AS[@]}" "$POSTGRES_PROGRAMS/pg_ctl" start -w -s \
			-o "-c listen_addresses= -k $POSTGRES_FOLDER" -l "$POSTGRES_FOLDER/log" -D "$POSTGRES_FOLDER/data"
	)
	# shellcheck disable=SC2034  # used by those who source this
	POSTGRES=postgres://credio@${POSTGRES_FOLDER//\//%2F}/postgres
}

# run_psql ARGUMENTS...: runs psql on that database.
run_psql() {
	(cd / && "${POSTGRES_AS[@]}" "$POSTGRES_PROGRAMS/psql" -q -h "$POSTGRES_FOLDER" -U credio postgres "$@")
}

stop_postgres() {
	[[ -n $POSTGRES_PROGRAMS ]] || return 0
	(cd / && "${POSTGRES_AS[@]}" "$POSTGRES_PROGRAMS/pg_ctl" stop -s -m immediate -D "$POSTGRES_FOLDER/data") || true
	POSTGRES_PROGRAMS=''
}
