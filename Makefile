# Everything here works from a fresh clone on a machine that has Python 3.11 or later.
# Real Kafka also needs Java 17 and Maven: used when present, demanded when CI=true.

PYTHON ?= $(shell command -v python3.13 || command -v python3.12 || command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO ?=

.DEFAULT_GOAL := help
.PHONY: help run test check setup format kafka clean

help: ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(READY) ## Run the demo on the embedded broker (DEMO="--seconds 20" for its options)
	@$(BIN)/baton demo $(DEMO)

test: check $(READY) ## Check and test everything
	$(BIN)/pytest

check: $(READY) ## Format, lint, types and import floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: $(READY) ## Make the virtual environment and install what is needed

format: $(READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

kafka: ## Start a real Kafka; `deploy/kafka/stop` ends it
	deploy/kafka/start

clean: ## Remove what was made
	rm -rf $(VENV) deploy/kafka/target .mypy_cache .ruff_cache .pytest_cache

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Baton needs Python 3.11 or later; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
