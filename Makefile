# Everything that is done to this project has its name here: `make help`.
# Needed on the machine: Python 3.11 or later, make and git. All else goes into .venv.

PYTHON ?= python3
VENV := .venv
BENCH_VENV := .venv-bench
BIN := $(VENV)/bin
# Three workers on two cores: a third of the time some test waits, for a timeout or a failover.
WORKERS ?= 3
# What pytest gets besides, for example: make test ARGS="-k phone"
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What tests start a hundred times over is compiled once, whatever the machine's own setting.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two installs into one place at a time would tread on each other.
.NOTPARALLEL:
.PHONY: help setup demo test lint format types imports check coverage mutation bench endurance \
	docs constraints lowest clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ── setting up ────────────────────────────────────────────────────────────────────────────────

# A stamp per set of packages; older than the files that say what to install, it is made again.
setup: $(VENV)/made-dev ## make .venv from constraints.txt (again when the project's files changed)

# pip is the last thing that venv puts there: with it, the place is whole.
$(BIN)/pip $(BENCH_VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "smsverify needs Python \
	3.11 or later. Name one: make PYTHON=python3.12 setup")'
	$(PYTHON) -m venv --clear $(patsubst %/bin/pip,%,$@)

# The package alone: a first look takes half the time.
$(VENV)/made-core: pyproject.toml constraints.txt | $(BIN)/pip
	$(call install,$(BIN),.)

$(VENV)/made-dev: pyproject.toml constraints.txt | $(BIN)/pip
	$(call install,$(BIN),.[dev])

$(VENV)/made-%: $(VENV)/made-dev
	$(call install,$(BIN),.[$*])

# The peers get a place of their own: one of them brings phonenumberslite, which overwrites the
# files of phonenumbers. So the whole one is laid over it again, last.
$(BENCH_VENV)/made: pyproject.toml constraints.txt | $(BENCH_VENV)/bin/pip
	$(call install,$(BENCH_VENV)/bin,.[bench] .[test])
	$(BENCH_VENV)/bin/python $(PIP_INSTALL) --force-reinstall --no-deps phonenumbers

# What builds our package is installed first, so that no second, unpinned set is fetched for it.
# Byte code is written when a module is first imported, not for all of them now.
PIP_INSTALL := -m pip install --quiet --no-compile -c constraints.txt
define install
$(1)/python $(PIP_INSTALL) hatchling editables
$(1)/python $(PIP_INSTALL) --no-build-isolation $(patsubst %,--editable '%',$(2))
@touch $@
endef

# ── using ─────────────────────────────────────────────────────────────────────────────────────

demo: $(VENV)/made-core ## set up and run the demo: a verification through its whole life
	@$(BIN)/smsverify demo

# ── checking ──────────────────────────────────────────────────────────────────────────────────

test: setup ## set up and run all tests, unit and integration
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: setup ## ruff: rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: setup ## ruff: mend what can be mended
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: setup ## mypy, strict
	@$(BIN)/mypy

# Its cache remembers an import of a module that was not there yet, and is wrong once it is.
imports: setup ## the import contracts of the layers
	@$(BIN)/lint-imports --no-cache --no-logo

check: lint types imports ## lint, types and imports

coverage: setup ## run all tests and show the lines that none of them reaches
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(WORKERS) $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

mutation: $(VENV)/made-mutation ## change domain and application line by line; do tests notice?
	@SMSVERIFY_HYPOTHESIS_PROFILE=quick $(BIN)/mutmut run $(ARGS)
	@$(BIN)/mutmut results
	@$(BIN)/mutmut export-cicd-stats >/dev/null
	@$(BIN)/python scripts/mutation_score.py

endurance: setup ## the long runs: endurance tests, and every property with many examples
	@SMSVERIFY_HYPOTHESIS_PROFILE=endurance $(BIN)/python -m pytest \
		-m 'endurance or hypothesis' -o timeout=0 $(ARGS)

# ── making ────────────────────────────────────────────────────────────────────────────────────

bench: $(BENCH_VENV)/made ## measure speed beside what a user would pick instead
	@$(BENCH_VENV)/bin/python -m benchmarks $(ARGS)

docs: $(VENV)/made-docs ## build the site from docs/ into site/
	@$(BIN)/zensical build --clean --strict

constraints: ## pin the newest versions that fit into constraints.txt
	@PYTHON='$(PYTHON)' scripts/pin

lowest: ## run the unit tests with the oldest versions that pyproject.toml allows
	@PYTHON='$(PYTHON)' scripts/lowest $(ARGS)

clean: ## remove what can be made again, but for .venv
	@rm -rf build dist site .cache htmlcov mutants .coverage .coverage.* .hypothesis \
		.import_linter_cache .mypy_cache .pytest_cache .ruff_cache $(BENCH_VENV)
	@find src tests examples benchmarks scripts -name __pycache__ -type d -prune \
		-exec rm -rf {} + 2>/dev/null || true
