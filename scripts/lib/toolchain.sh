# Finding or making a Rust toolchain that builds the runtime's wasm. To be sourced by bash after common.sh.
#
# Two ways lead to the wasm target `wasm32v1-none`:
#   rustup   the toolchain on PATH is recent enough and has the target, or `rustup target add` gets it;
#   debian   Debian's packaged toolchain; the target's libraries are built once from its sources, for its sysroot.
#
# shellcheck shell=bash

readonly WASM_TARGET=wasm32v1-none
readonly MINIMUM_RUST_MINOR=95
readonly TOOLCHAIN_CHOICE=$CREDIO_CACHE/toolchain
# rust-web-llvm brings rust-lld, by which rustc links wasm.
readonly DEBIAN_TOOLCHAIN=(rustc-web cargo-web rust-web-src rust-web-llvm lld-22 rust-web-clippy rustfmt-web)

# Whether this rustc is 1.95 or later.
is_recent() {
	local version
	version=$("$1" --version 2>/dev/null) || return 1
	[[ $version =~ ^rustc\ ([0-9]+)\.([0-9]+)\. ]] || return 1
	((BASH_REMATCH[1] > 1 || BASH_REMATCH[2] >= MINIMUM_RUST_MINOR))
}

# Whether this rustc makes wasm as the runtime's build does: with alloc, link-time optimization and a linker.
makes_wasm() {
	local folder outcome=0
	folder=$(mktemp -d)
	cat >"$folder/probe.rs" <<-'EOF'
		#![no_std]
		extern crate alloc;
		use core::alloc::{GlobalAlloc, Layout};
		struct Never;
		unsafe impl GlobalAlloc for Never {
			unsafe fn alloc(&self, _: Layout) -> *mut u8 { core::ptr::null_mut() }
			unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
		}
		#[global_allocator]
		static ALLOCATOR: Never = Never;
		#[panic_handler]
		fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
		#[no_mangle]
		pub extern "C" fn sum(n: u32) -> u32 { (0..n).collect::<alloc::vec::Vec<u32>>().iter().sum() }
	EOF
	"$1" --edition 2021 -O -C lto=fat --crate-type cdylib --target "$WASM_TARGET" \
		"$folder/probe.rs" -o "$folder/probe.wasm" >/dev/null 2>&1 || outcome=1
	rm -rf "$folder"
	return "$outcome"
}

# The rustc of the first way: the one on PATH, unless that is Debian's own.
user_rustc() {
	local rustc
	if [[ -x ${CARGO_HOME:-$HOME/.cargo}/bin/rustc ]]; then
		rustc=${CARGO_HOME:-$HOME/.cargo}/bin/rustc
	else
		rustc=$(command -v rustc) || return 1
	fi
	[[ $("$rustc" --print sysroot 2>/dev/null) != /usr ]] || return 1
	printf '%s' "$rustc"
}

# Way 1. Succeeds if it leads to the wasm target.
use_rustup() {
	local rustc
	if ! rustc=$(user_rustc); then
		say "set-up: no Rust toolchain of rustup's"
		return 1
	fi
	if ! is_recent "$rustc"; then
		say "set-up: $("$rustc" --version 2>/dev/null || printf 'rustc') is older than 1.$MINIMUM_RUST_MINOR"
		return 1
	fi
	local PATH="${rustc%/*}:$PATH"
	makes_wasm "$rustc" || add_target || return 1
	makes_wasm "$rustc" || return 1
	add_components
}

add_target() {
	have rustup || return 1
	say "set-up: about to add the target $WASM_TARGET to rustup's toolchain"
	timeout 300 rustup target add "$WASM_TARGET"
}

add_components() {
	local component missing=()
	for component in rustfmt clippy; do
		cargo "${component/rust/}" --version >/dev/null 2>&1 || missing+=("$component")
	done
	((${#missing[@]})) || return 0
	say "set-up: about to add ${missing[*]} to rustup's toolchain"
	timeout 300 rustup component add "${missing[@]}" || say "set-up: without them scripts/test.sh cannot run"
}

# Way 2.
use_debian() {
	local missing
	mapfile -t missing < <(missing_packages "${DEBIAN_TOOLCHAIN[@]}")
	install_packages "${missing[@]}"
	is_recent /usr/bin/rustc || die "Debian's rustc-web is older than 1.$MINIMUM_RUST_MINOR: run apt-get update and upgrade it"
	makes_wasm /usr/bin/rustc || build_target_libraries
	makes_wasm /usr/bin/rustc || die "/usr/bin/rustc cannot make $WASM_TARGET, although its libraries are there"
}

# Builds core and alloc for the wasm target from the packaged sources, and puts them into the sysroot.
build_target_libraries() {
	local folder libraries
	libraries=$(/usr/bin/rustc --print sysroot)/lib/rustlib/$WASM_TARGET/lib
	say "set-up: about to build core and alloc for $WASM_TARGET (a minute) and to put them into $libraries"
	folder=$(mktemp -d)
	mkdir "$folder/src"
	printf '#![no_std]\n' >"$folder/src/lib.rs"
	printf '[package]\nname = "sysroot"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n' >"$folder/Cargo.toml"
	# The runtime is linked with link-time optimization, which needs the libraries' bitcode.
	(cd "$folder" && env PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
		CARGO_TARGET_DIR="$folder/target" \
		cargo build --release -Zbuild-std=core,alloc --target "$WASM_TARGET") ||
		die "the libraries for $WASM_TARGET could not be built"
	as_root mkdir -p "$libraries"
	as_root find "$libraries" -name 'lib*.rlib' -delete
	as_root cp "$folder/target/$WASM_TARGET/release/deps/"lib{core,alloc,compiler_builtins}-*.rlib "$libraries/"
	rm -rf "$folder"
}

# Picks a way, and records it for env.sh. CREDIO_TOOLCHAIN=rustup|debian forces one.
choose_toolchain() {
	local recorded='' choice
	[[ ! -r $TOOLCHAIN_CHOICE ]] || read -r recorded <"$TOOLCHAIN_CHOICE" || true
	case ${CREDIO_TOOLCHAIN:-$recorded} in
	debian)
		use_debian
		choice=debian
		;;
	rustup | '')
		if use_rustup; then
			choice=rustup
		elif [[ -n ${CREDIO_TOOLCHAIN:-} ]]; then
			die "the toolchain on PATH cannot make $WASM_TARGET; CREDIO_TOOLCHAIN=debian takes Debian's instead"
		else
			say "set-up: taking Debian's toolchain, since $WASM_TARGET is not to be had from rustup"
			use_debian
			choice=debian
		fi
		;;
	*) die "CREDIO_TOOLCHAIN is ${CREDIO_TOOLCHAIN:-$recorded}, and has to be rustup or debian" ;;
	esac
	mkdir -p "$CREDIO_CACHE"
	[[ $choice == "$recorded" ]] || printf '%s\n' "$choice" >"$TOOLCHAIN_CHOICE"
}
