# Everything here works from a fresh clone on a machine that has Python 3.11 or later.
# Real Kafka also needs Java 17 and Maven: used when present, demanded when CI=true.

PYTHON ?= python3.12 python3.11 python3.13 python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO ?=
QUICK ?=
ONLY ?=
FILE ?= deploy/demo/conversations.jsonl

.DEFAULT_GOAL := help
.PHONY: help run test check whole-way chaos setup format docs kafka clean

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(READY) ## Run the demo on the embedded broker (DEMO="--seconds 20" for its options)
	@$(BIN)/baton demo $(DEMO)

test: check $(READY) ## Check and test everything
	$(BIN)/pytest

whole-way: $(READY) ## Play FILE through a worker on a real Kafka and compare it with its replay
	@$(BIN)/python -m tests.integration.whole_way $(FILE)

chaos: $(READY) ## Kill, stop, starve workers and broker, and verify (QUICK=1; ONLY="kills all")
	@$(BIN)/python -m tests.chaos $(if $(QUICK),--quick) $(ONLY)

check: $(READY) ## Format, lint, types and import floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: $(READY) ## Make the virtual environment and install what is needed

format: $(READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY) ## Write the reference pages anew
	$(BIN)/python -m streams.reference docs README.md

kafka: ## Start a real Kafka; `deploy/kafka/stop` ends it
	deploy/kafka/start

clean: ## Remove what was made
	rm -rf $(VENV) deploy/kafka/target dist .hypothesis .*_cache

# The first of $(PYTHON) that runs and is new enough makes the environment; one that is there stays.
$(BIN)/pip:
	@for python in $(PYTHON); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "making $(VENV) with $$python ..."; \
		exec "$$python" -m venv $(VENV); \
	done; \
	echo "Baton needs Python 3.11 or later; say make PYTHON=/path/to/python3.11" >&2; exit 1

$(READY): pyproject.toml | $(BIN)/pip
	@echo "installing into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
