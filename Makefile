# One command each. Every target sets itself up: it needs python3 (3.11 or newer) with venv, no more.
#
#   make demo [DATA=dir] [CHECK=1] [SPEED=600|max|1]   a real machine's day becomes an invoice
#   make test                                          everything that CI checks
#   make check                                         format, lint, types, imports, tidiness: < 30 s
#   make soak [ONLY=name] [SEED=n]                     long runs with their full counts
#   make sim SEED=n [ONLY=name]                        the short form of the long runs with one seed
#   make bench [ONLY=name]                             the measured promises
#   make docs                                          reference pages and the site, into site/
#   make clean                                         remove what the targets above made

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test check soak sim bench docs clean

BIN := .venv/bin
PYTHON := $(BIN)/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
# Test and bench processes find the tools of the environment, such as the bus's server.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export NO_MKDOCS_2_WARNING := 1
# Some images set it: each process would compile the product again when it starts.
unexport PYTHONDONTWRITEBYTECODE

help:
	@sed -n 's/^#   //p' Makefile

demo: .venv/product
	@exec $(BIN)/lineshaft demo $(if $(CHECK),--check) $(if $(DATA),--data "$(DATA)") $(if $(SPEED),--speed "$(SPEED)")

# Three processes for two cores, as tests of programs also wait. The session limit
# is a guard against a run that hangs.
test: .venv/tools
	@exec $(PYTHON) -m pytest --numprocesses 3 --dist worksteal --durations 15 --session-timeout 1800 $(ARGS)

check: .venv/tools
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@report=$$($(BIN)/lint-imports --no-logo) || { echo "$$report"; exit 1; }; tail -n 1 <<<"$$report"
	@exec $(PYTHON) -m pytest --quiet tests/house/test_tidy.py

soak: .venv/tools
	@exec $(PYTHON) -m bench.soak $(if $(ONLY),--only "$(ONLY)") $(if $(SEED),--seed "$(SEED)")

sim: .venv/tools
	@exec $(PYTHON) -m bench.soak --slice $(if $(ONLY),--only "$(ONLY)") --seed "$(or $(SEED),$(error say which: make sim SEED=1))"

bench: .venv/tools
	@exec $(PYTHON) -m bench.run $(if $(ONLY),--only "$(ONLY)")

docs: .venv/tools
	@$(PYTHON) docs/generate.py
	@$(BIN)/mkdocs --quiet build --strict
	@echo "site/index.html is built"

clean:
	@rm -rf .venv site build .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: made once, brought up to date when the dependencies change.
.venv/bin/python:
	@.ci/environment

.venv/product: pyproject.toml constraints.txt | .venv/bin/python
	@echo "setting up the environment (once)"
	@$(PIP) --upgrade pip
	@$(PIP) --build-constraint constraints.txt --editable .
	@touch $@

.venv/tools: .venv/product
	@echo "setting up the tools for tests, benches and docs (once)"
	@$(PIP) --group test --group docs
	@touch $@
