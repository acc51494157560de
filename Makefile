# Every target uses the virtual environment in $(VENV); `make install` makes it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP_ARGS ?=
SAMPLE := corpora/harbourline/feedback.jsonl corpora/harbourline/reviews.csv
WORKSPACE ?= voc-workspace
WORKERS ?= 2

.PHONY: install run test test-long lint types contract gate check wheel clean
.DEFAULT_GOAL := help

help:
	@echo "make install    .venv with voc in it, editable"
	@echo "make run        this week's report on the sample corpus"
	@echo "make test       the fast tests;  make test-long  the seeded long ones"
	@echo "make check      lint, types, import contract, quality gate"
	@echo "make wheel      dist/voc_drivers-*.whl with the default model inside"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# torch first and alone: with the tested version present nothing else pulls another build of it.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check $(PIP_ARGS) -c constraints.txt torch
	$(BIN)/python -m pip install -q --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install -q --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e ".[dev]"
	@touch $@

install: $(VENV)/.installed

run: install
	$(BIN)/voc run $(SAMPLE) -w $(WORKSPACE)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS)

test-long: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m long

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

contract: $(VENV)/.installed-dev
	$(BIN)/lint-imports

gate: install
	$(BIN)/python scripts/evaluate.py --gold corpora/harbourline --gate tests/quality.toml

check: lint types contract gate

wheel: $(VENV)/.installed-dev
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
