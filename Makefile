# Two commands for a newcomer: `make site` builds the report, `make test` proves it.
# Each does all of its own set-up in .venv; nothing is installed elsewhere but a browser.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# A fixed date makes two builds of one commit equal byte for byte.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1767225600)
export PYTHONHASHSEED := 0

.PHONY: help site test explore check bench pdf refresh lint types unit data notebooks browser linkcheck lock clean

help: ## say what each target does
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) scripts/check_python.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

site: $(STAMP) ## environment, data check, notebooks, site
	$(BIN)/computebook data check
	$(BIN)/computebook refresh
	$(BIN)/computebook build

pdf: $(STAMP) browser ## the site as one PDF
	$(BIN)/computebook build --pdf

refresh: $(STAMP) ## execute the chapters and write their outputs
	$(BIN)/computebook refresh

browser: $(STAMP) ## find or install a browser
	@$(BIN)/python scripts/ensure_browser.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

data: $(STAMP) ## check every table, its sources and its prices
	$(BIN)/computebook data check

check: lint types data ## what to run before a commit
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not slow and not browser"

notebooks: $(STAMP) ## compare the committed outputs with a fresh run of every notebook
	$(BIN)/pytest -q -n 2 --dist loadscope -o addopts= -W default --nbval --nbval-current-env \
	  --nbval-cell-timeout 600 index.ipynb chapters

test: lint types data browser ## prove everything (about a quarter of an hour)
	$(BIN)/computebook build
	$(BIN)/pytest -q -n 2 --dist loadfile
	$(MAKE) notebooks

explore: $(STAMP) ## try the properties on new random examples
	HYPOTHESIS_PROFILE=explore $(BIN)/pytest -q -n 2 --dist loadfile -m "not browser and not slow" tests

bench: $(STAMP) ## speed of the models
	$(BIN)/pytest -q -s -o addopts= -o 'python_files=bench_*.py' bench

linkcheck: $(STAMP) ## ask every external address whether it still answers
	$(BIN)/python scripts/check_links.py

lock: ## resolve the lock file anew (needs uv)
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --fork-strategy fewest --generate-hashes --no-header --no-annotate -q -o requirements.lock

clean: ## remove what the build made
	rm -rf _build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
