# Everything happens in .venv: nothing is installed outside this folder.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: run test check bench fuzz lock audit sbom screenshots clean

run: .venv/installed
	@$(BIN)/broadsheet --sample

# One worker more than most machines have cores: a third of the time a test waits for a process or for the network.
test: check
	$(BIN)/python -m pytest -n 3

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# A quarter of an hour of inputs that nobody would write; `EXAMPLES=100000 make fuzz` for a release.
EXAMPLES ?= 5000
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz --examples $(EXAMPLES)

bench: $(READY)
	$(BIN)/python -m tests.bench

screenshots: $(READY)
	$(BIN)/python tools/screenshots.py

# The versions that were tested together, for every system and Python, with the hashes of their files.
LOCK := requirements-dev.lock
lock: | .venv/bin/pip
	$(BIN)/pip install --quiet 'uv>=0.9,<1'
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile pyproject.toml --group dev --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--quiet --upgrade --output-file $(LOCK)

# Asks the public database of known holes about everything in the lock file; what cannot be asked about is a failure.
audit: | .venv/bin/pip
	$(BIN)/pip install --quiet 'pip-audit>=2.9,<3'
	$(BIN)/pip-audit --requirement $(LOCK) --require-hashes --disable-pip --strict

# What a release is made of (CycloneDX), from an environment that holds it and nothing else.
sbom: | .venv/bin/pip
	rm -rf dist/sbom-env && $(PYTHON) -m venv dist/sbom-env
	dist/sbom-env/bin/pip install --quiet .
	dist/sbom-env/bin/python tools/sbom.py > dist/broadsheet.cdx.json
	rm -rf dist/sbom-env

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache dist build

# pip 23 fails on extras of some packages, hence the newest first.
.venv/bin/pip:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip

.venv/installed: pyproject.toml | .venv/bin/pip
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(READY): .venv/installed
	$(BIN)/pip install --quiet --group dev
	@touch $@
