# `make` or `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Compiled code is kept, whatever the shell says: a run of the tests starts hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
BIN := .venv/bin
CODE := bot config sandbox $(wildcard tools)
WORKERS ?= 4

.PHONY: help install demo test pairs check format generate bench fuzz clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.installed ## make .venv and install everything in its exact version

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "relaydesk needs Python 3.11 or newer; name yours: make $(or $(firstword $(MAKECMDGOALS)),install) PYTHON=python3.12" >&2; exit 1; }
	@echo "Installing into .venv; this takes a minute or two."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: install ## try it on this machine, with no account anywhere
	@$(BIN)/python -m bot demo

test: check ## check, then run every test
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(ARGS)

pairs: check ## the same, each scenario from each desk on each engine; takes half as long again
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --every-pair $(ARGS)

check: install ## ruff, mypy, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports --no-logo

format: install ## let ruff set the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: install ## write the files that are made from the code: Slack manifest, docs/capabilities.md, docs/words.md, bot/languages
	@$(BIN)/python -m tools.slack_manifest
	@$(BIN)/python -m tools.capabilities
	@$(BIN)/python -m tools.words
	@$(BIN)/python -m tools.languages

bench: install ## measure; the figures are in docs/performance.md
	@$(BIN)/python -m tests.bench $(ARGS)

fuzz: install ## property tests with 100,000 examples each
	@$(BIN)/python -m pytest -q -m fuzz --hypothesis-profile=fuzz -n $(WORKERS) $(ARGS)

clean: ## remove .venv, caches and the demo's data
	@rm -rf .venv .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage* *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
