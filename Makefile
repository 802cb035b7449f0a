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
