# Debian packages. To be sourced by bash after common.sh.
#
# shellcheck shell=bash

# Runs a command as root.
as_root() {
	if ((EUID == 0)); then
		"$@"
	elif have sudo; then
		sudo -- "$@"
	else
		die "not root, and there is no sudo; as root, run: $*"
	fi
}

# Which of these Debian packages are not installed, one a line.
missing_packages() {
	local package
	for package in "$@"; do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
			printf '%s\n' "$package"
	done
}

# Installs Debian packages, after saying which.
install_packages() {
	(($#)) || return 0
	have apt-get || die "this needs the programs of Debian's packages $*: install them, and run this again"
	say "set-up: about to install Debian packages: $*"
	if ((EUID != 0)) && ! have sudo; then
		die "not root, and there is no sudo; as root, run: apt-get update && apt-get install $*"
	fi
	as_root apt-get update -q
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" ||
		die "the packages could not be installed"
}

# Installs what the tests need beside that: they try the chain with the tools that people use, which are in JavaScript.
install_test_tools() {
	local packages=()
	have node || packages+=(nodejs)
	have npm || packages+=(npm)
	# The gateway is called with it.
	have curl || packages+=(curl)
	# Outboxes are tried in PostgreSQL too.
	[[ -d /usr/lib/postgresql ]] || packages+=(postgresql)
	# Documents are read by readers in Python, too.
	have python3 || packages+=(python3)
	python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
	# Faults of a network are made in network namespaces, and with clocks that are off.
	have ip || packages+=(iproute2)
	compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || packages+=(libfaketime)
	install_packages "${packages[@]}"
}

# Installs what the build needs beside Rust.
install_build_tools() {
	local packages=()
	have cc && have make || packages+=(build-essential pkg-config)
	have git || packages+=(git)
	have protoc || [[ -n ${PROTOC:-} ]] || packages+=(protobuf-compiler)
	# Without them cargo can fetch nothing.
	[[ -e /etc/ssl/certs/ca-certificates.crt ]] || packages+=(ca-certificates)
	install_packages "${packages[@]}"
}
