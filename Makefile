# The one door to everything that can be done here. CI calls the same targets.

.DEFAULT_GOAL := help
.PHONY: help run test check lint fmt fmt-check doc bench bench-peers peers chaos browser schemathesis prometheus config-docs deny toolchain servers

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: toolchain ## Build and serve on http://127.0.0.1:8000; nothing has to be configured
	cargo run --locked --package tessera-server

test: toolchain servers ## Run all tests; on Debian and Ubuntu, root gets the servers that they need
	TMPDIR="$$(sh tests/servers/scratch.sh)" cargo test --workspace --locked

check: fmt-check lint doc test ## Everything that a change has to pass

lint: toolchain ## Look for mistakes
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	cargo clippy --workspace --test faults --test prometheus --all-features --locked -- -D warnings

fmt: toolchain ## Format the code
	cargo fmt --all

fmt-check: toolchain
	cargo fmt --all --check

doc: toolchain ## Build the documentation of the code
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

bench: toolchain servers ## Measure beside the floors; writes docs/bench
	cargo bench --package tessera-tests --locked --bench bench -- $(SCENARIOS)

bench-peers: toolchain servers peers ## Measure beside a Django and a FastAPI service, from PyPI
	cargo bench --package tessera-tests --locked --bench bench -- peers

chaos: toolchain ## Kill the service and its database again and again, and look for what was lost
	@sh tests/servers/install.sh pgbouncer
	KILL_ROUNDS=100 cargo test --package tessera-tests --locked --test durability
	RACE_ROUNDS=500 cargo test --package tessera-tests --locked --test races
	cargo test --package tessera-repositories-postgres --locked --test faults
	cargo test --package tessera-repositories-redis --locked --test faults

browser: toolchain ## Try the docs and the console in a real Chromium; on Debian and Ubuntu, root gets what that needs
	@sh tests/browser/install.sh
	cargo build --locked --package tessera-server
	node --test tests/browser/*.test.mjs

schemathesis: toolchain ## Look for answers that the API document does not tell of, with a tool from PyPI
	cargo build --locked --package tessera-server
	python3 -m venv target/schemathesis
	target/schemathesis/bin/pip install --quiet --requirement tests/schemathesis/requirements.txt
	target/schemathesis/bin/python tests/schemathesis/run.py

prometheus: toolchain ## Show the metrics, the dashboard and the alerts to a real Prometheus
	@sh tests/servers/install.sh prometheus
	cargo test --package tessera-tests --locked --test prometheus

config-docs: toolchain ## Write docs/configuration.md and .env.example from the definition of the settings
	cargo run --quiet --locked --package tessera-server -- config docs > docs/configuration.md.new
	mv docs/configuration.md.new docs/configuration.md
	cargo run --quiet --locked --package tessera-server -- config example > .env.example.new
	mv .env.example.new .env.example

deny: ## Check the licenses and sources of all dependencies (needs cargo-deny)
	cargo deny --locked check bans licenses sources

toolchain:
	@command -v cargo > /dev/null || { \
		echo "cargo was not found. Install Rust as https://rustup.rs says, then try again." >&2; exit 1; }
	@command -v cc > /dev/null || command -v gcc > /dev/null || command -v clang > /dev/null || { \
		echo "No C compiler was found; SQLite and the cryptography need one." >&2; \
		echo "On Debian and Ubuntu: apt-get install build-essential. On macOS: xcode-select --install." >&2; exit 1; }

# The tests start private servers of their own; here is only seen to it that the programs are there.
servers:
	@sh tests/servers/install.sh

# The peers of the benchmark, each with its pinned requirements in an environment of its own.
peers:
	@command -v python3 > /dev/null || { \
		echo "python3 was not found. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@for peer in django fastapi; do \
		python3 -m venv target/peers/$$peer && target/peers/$$peer/bin/pip install --quiet \
			--disable-pip-version-check --requirement tests/benches/peers/$$peer/requirements.txt || exit 1; \
	done
