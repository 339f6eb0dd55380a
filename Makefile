# Every target works on a fresh machine: what it needs beyond Rust and Python is put into .venv and build/.

PYTHON ?= python3
CARGO ?= cargo
RUSTC ?= rustc

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
STAMPS := .make
comma := ,

# What the extension and the installed package are made from.
SOURCES := Cargo.toml Cargo.lock build.rs pyproject.toml README.md \
           $(shell find src python include -type f ! -name '*.so' ! -name '*.pyd' ! -name '*.pyc' 2>/dev/null)

.DELETE_ON_ERROR:
.PHONY: help demo test bench lint wheels prove pictures hooks clean tools

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z]*\):.*  ## \(.*\)/  make \1   \2/p' Makefile

demo: $(STAMPS)/wheel  ## a storm over 1,000,000 sockets and the replay of a capture, both reports printed
	$(BIN)/wsksim run wsksim.examples.handler:on_disconnect --sockets 1M --abortive 15% --seed 7
	$(BIN)/wsksim replay python/wsksim/examples/mixed_v4.pcap wsksim.examples.handler:on_disconnect

test: $(STAMPS)/wheel $(STAMPS)/history  ## Rust tests, loom models at bound 2, Python tests against the wheel
	$(CARGO) test --locked --profile ci
	$(CARGO) test --locked --profile ci --features history --test stress
	RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=2 CARGO_TARGET_DIR=target/loom \
	  $(CARGO) test --locked --profile ci --test loom -- --test-threads=1
	WSKSIM_HISTORY=$(CURDIR)/build/history $(BIN)/python -m pytest

# ONLY=S2 measures that goal alone; AGAINST=<rev> is what S16 compares with, if not the last revision before the contract
# machine; PYTHONS="python3.11 python3.12" measures with each of these instead of PYTHON.
bench: $(STAMPS)/wheel $(STAMPS)/peers  ## measures the goals S1 to S16, A1 to A9 and A11 to A14, and writes benches/RESULTS.md
	$(if $(ONLY),,$(CARGO) bench --locked --bench core --bench provider)
	$(BIN)/python benches/$(if $(PYTHONS),interpreters.py --pythons $(PYTHONS) --,run.py) \
	  $(if $(ONLY),--only $(ONLY),--operations) $(if $(AGAINST),--against $(AGAINST))

lint: $(STAMPS)/wheel  ## formatters, clippy, ruff, mypy, and the stub against the extension
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	PYO3_PYTHON=$(CURDIR)/$(BIN)/python $(CARGO) clippy --locked --all-targets --features python,history -- -D warnings
	$(BIN)/ruff check --no-cache
	$(BIN)/ruff format --check --no-cache
	$(BIN)/mypy --cache-dir build/mypy
	cd build && ../$(BIN)/python -m mypy.stubtest wsksim._native \
	  --mypy-config-file ../tests/stubtest.ini --allowlist ../tests/stubtest-allowlist.txt

wheels: $(STAMPS)/release  ## manylinux2014 wheels into dist, each audited, installed and smoke-tested on every CPython here
	$(BIN)/python .ci/wheels.py

# FUZZ_SECONDS=1800 fuzzes each target for half an hour, FUZZ_TARGETS="pcap door" only these.
# MINUTES=60 is about how long it may take; more of them is more exits, seeds and inputs.
prove: $(STAMPS)/wheel  ## loom models and their mutants, fuzzers, exits, forks, signals, memory, hostile values, sanitizers, planted faults
	$(BIN)/python tests/ends/prove.py $(if $(MINUTES),--minutes $(MINUTES)) $(STEPS)

# Their times are this machine's, so it should have nothing else to do.
pictures: $(STAMPS)/wheel  ## makes the pictures of docs/reports.md again; needs Chromium
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r docs/pictures/requirements.txt
	$(BIN)/python docs/pictures/make.py

# The only target that touches .git, and only when it is asked for.
hooks:  ## git checks the subject of each commit message from now on, in this clone
	@hook="$$(git rev-parse --git-path hooks)/commit-msg"; \
	if [ -e "$$hook" ] && ! grep -q 'commit-msg hook of wsksim' "$$hook"; then \
	  echo "hooks: asked to install $$hook; found another hook there; move it away, or call .ci/commit-msg from it" >&2; exit 1; \
	fi; \
	mkdir -p "$$(dirname "$$hook")" && cp .ci/commit-msg "$$hook" && chmod +x "$$hook" && echo "installed $$hook"

clean:  ## remove everything that the other targets made
	rm -rf $(VENV) $(STAMPS) build dist target

RUST := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
runs = $(shell $(1) >/dev/null 2>&1 && echo yes)

# One line for the first thing that is missing.
tools:
	$(if $(call runs,command -v $(CARGO)),,$(error $(CARGO) was not found: install Rust $(RUST) or newer, see https://rustup.rs))
	$(if $(call runs,$(RUSTC) --version),,$(error $(RUSTC) was not found: install Rust $(RUST) or newer$(comma) see https://rustup.rs))
	$(if $(call runs,$(RUSTC) --version | awk '{ split($$2$(comma) v$(comma) "."); exit !(v[1] > 1 || v[2] >= $(lastword $(subst ., ,$(RUST)))) }'),,$(error $(shell $(RUSTC) --version) is too old: install Rust $(RUST) or newer$(comma) such as with rustup update))
	$(if $(call runs,command -v $(PYTHON)),,$(error $(PYTHON) was not found: install Python 3.11 or newer, or name one with PYTHON=))
	$(if $(call runs,$(PYTHON) -c 'import tomllib'),,$(error $(PYTHON) is too old: install Python 3.11 or newer, or name one with PYTHON=))
	$(if $(call runs,$(PYTHON) -c 'import ensurepip$(comma) venv'),,$(error $(PYTHON) has no venv module: install it (Debian and Ubuntu: apt install python3-venv)))
	@:

$(STAMPS)/venv: pyproject.toml | tools
	@mkdir -p $(STAMPS) build
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python .ci/requirements.py pyproject.toml > build/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r build/requirements.txt
	@touch $@

$(STAMPS)/wheel: $(STAMPS)/venv $(SOURCES)
	rm -rf build/wheel
	$(BIN)/maturin build --release --locked --interpreter $(BIN)/python --out build/wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps build/wheel/*.whl
	@touch $@

# zig and auditwheel, which only wheels for other machines need.
$(STAMPS)/release: $(STAMPS)/venv
	$(BIN)/python .ci/requirements.py pyproject.toml release > build/release.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r build/release.txt
	@touch $@

# What the benches compare with; one that cannot be installed is skipped with a word.
$(STAMPS)/peers: $(STAMPS)/venv benches/peers.py
	$(BIN)/python benches/peers.py
	@touch $@

# A second extension that records what happens, for the history checker. It is never installed.
$(STAMPS)/history: $(STAMPS)/venv $(SOURCES)
	rm -rf build/history build/history-wheel
	CARGO_TARGET_DIR=target/history CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	  $(BIN)/maturin build --release --locked --features python,history --interpreter $(BIN)/python --out build/history-wheel
	$(BIN)/python -m zipfile -e build/history-wheel/*.whl build/history
	@touch $@
