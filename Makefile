# commonwatt. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run study test lint format types contract check bench docs clean web webtest shots

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
CITY ?= simbench:1-LV-rural1--2-sw
START ?= 2016-06-13
DAYS ?= 1
OUT ?= out/run
HOMES ?= 300
SPEED ?= 60
PORT ?= 8765
STATE ?= out/up
JOBS ?= 2

PIP_FLAGS := --quiet --disable-pip-version-check -c constraints.txt -e
INSTALL = if $(BIN)/python -m pip --version >/dev/null 2>&1; \
	then $(BIN)/python -m pip install $(PIP_FLAGS) '.[$(EXTRAS)]'; \
	else $(PYTHON) -m pip --python $(BIN)/python install $(PIP_FLAGS) '.[$(EXTRAS)]'; fi

# A change of the page's sources makes the installed page stale.
WEB := hatch_build.py $(shell find web -path web/node_modules -prune -o -type f \
	! -name '*.test.ts' ! -name 'schema.d.ts' ! -path '*/__pycache__/*' ! -path 'web/browser/*' -print)
NPM = $(BIN)/python web/build.py

help: ## List the targets.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  \033[1m%-9s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  Variables: HOMES=%s SPEED=%s PORT=%s STATE=%s\n' '$(HOMES)' '$(SPEED)' '$(PORT)' '$(STATE)'
	@printf '             CITY=%s START=%s DAYS=%s OUT=%s JOBS=%s\n' '$(CITY)' '$(START)' '$(DAYS)' '$(OUT)' '$(JOBS)'

run: $(VENV)/.run ## Set up, run a generated district before your eyes, print its address.
	$(BIN)/commonwatt up --demo --homes $(HOMES) --speed $(SPEED) --port $(PORT) --state '$(STATE)'

study: $(VENV)/.run ## Set up, study one day of a real grid, serve the report and print its address.
	$(BIN)/commonwatt study '$(CITY)' --start $(START) --days $(DAYS) --seeds 1 --jobs $(JOBS) --out '$(OUT)'
	$(BIN)/commonwatt serve '$(OUT)'

test: lint webtest check ## Set up and pass everything: lint, types, contracts, house, unit, property, doctests.

lint: $(VENV)/.dev ## Style, format, types and the import contract.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check: $(VENV)/.dev ## Only the tests, in parallel, doctests included.
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

web: $(VENV)/.dev ## Build the page anew if its sources have changed.
	$(NPM)

webtest: $(VENV)/.dev ## The page's types against the server's interface, and its unit tests.
	@mkdir -p out
	$(BIN)/python -m commonwatt.server.interface > out/openapi.json
	$(NPM) run --silent types
	$(NPM) run --silent check
	$(NPM) run --silent test

shots: $(VENV)/.dev ## Every page in both themes and widths, as pictures in out/shots/.
	$(BIN)/python web/browser/shots.py

format: $(VENV)/.dev ## Let ruff put the code in order.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench ## Measure: every script in benchmarks/, in its quick form.
	@for script in benchmarks/*.py; do \
		echo "== $$script"; $(BIN)/python "$$script" --quick; done

docs: $(VENV)/.dev ## Build the documentation site into site/, strictly.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir site

clean: ## Remove what was built; the environment stays.
	rm -rf site dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'commonwatt needs Python 3.11 or newer on the PATH.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'commonwatt needs Python 3.11 or newer; $(PYTHON) is older.' >&2; exit 1; }
	@echo 'Creating $(VENV)'
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV)

$(VENV)/.run: EXTRAS := simbench
$(VENV)/.run: pyproject.toml constraints.txt $(WEB) | $(BIN)/python
	@echo 'Installing commonwatt into $(VENV): about a minute, once'
	@$(INSTALL)
	@touch $@

$(VENV)/.dev: EXTRAS := simbench,dev
$(VENV)/.dev: pyproject.toml constraints.txt $(WEB) | $(BIN)/python
	@echo 'Installing commonwatt and its tools into $(VENV): about a minute, once'
	@$(INSTALL)
	@touch $@ $(VENV)/.run

$(VENV)/.bench: EXTRAS := simbench,dev,bench
$(VENV)/.bench: pyproject.toml constraints.txt $(WEB) | $(BIN)/python
	@echo 'Installing commonwatt with what its benchmarks need into $(VENV): about a minute, once'
	@$(INSTALL)
	@touch $@ $(VENV)/.dev $(VENV)/.run
