# Daily commands. Each calls what is there: see CONTRIBUTING.md.

set shell := ["bash", "-euo", "pipefail", "-c"]

env := ". scripts/env.sh"

# Lists the commands
default:
	@just --list

# Installs what building and testing take
setup:
	./scripts/setup.sh --tests

# Builds the workspace, with the runtime's wasm
build:
	{{env}} && cargo build --release --workspace --locked

# Runs every test, as CI does
test:
	./scripts/test.sh

# Tests one pallet: just test-pallet records
test-pallet NAME *ARGS:
	{{env}} && SKIP_WASM_BUILD=1 cargo nextest run --release -p pallet-{{NAME}} {{ARGS}}

# Tests one crate: just test-crate credio-outbox lease
test-crate CRATE *ARGS:
	{{env}} && SKIP_WASM_BUILD=1 cargo nextest run --release -p {{CRATE}} {{ARGS}}

# Checks the types of the workspace, without generating code
check *ARGS:
	{{env}} && SKIP_WASM_BUILD=1 cargo check --release --workspace --all-targets {{ARGS}}

# Formats the workspace
fmt:
	{{env}} && cargo fmt --all

# Runs the lints that the tests demand
lint:
	{{env}} && SKIP_WASM_BUILD=1 cargo clippy --release --workspace --all-targets --locked -- -D warnings

# Runs the main job on documents, and keeps the node
run *ARGS:
	./scripts/run.sh {{ARGS}}

# Starts a local network of several nodes
network *ARGS:
	./scripts/network.sh {{ARGS}}

# Measures a development node: just bench small profiles
bench *ARGS:
	./scripts/bench.sh {{ARGS}}

# Builds the documentation of the crates
docs:
	{{env}} && SKIP_WASM_BUILD=1 cargo doc --release --workspace --no-deps
