# Every target uses the virtual environment in $(VENV); `make install` makes it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP_ARGS ?=
SAMPLE := corpora/heronsund
WORKSPACE ?= voc-workspace
WORKERS ?= 2

.PHONY: install run test test-long lint types contract gate floors check audit lock sbom wheel clean
.DEFAULT_GOAL := help

help:
	@echo "make install    .venv with voc in it, editable"
	@echo "make run        this week's report on the sample company"
	@echo "make test       the fast tests;  make test-long  the seeded long ones"
	@echo "make check      lint, types, import contract, quality gate"
	@echo "make floors     set the bounds of the quality gate from what is measured now"
	@echo "make audit      known weaknesses of the pinned packages (pip-audit), and bandit;  STRICT=1 for a release"
	@echo "make lock       requirements.lock: a release's packages with their hashes"
	@echo "make sbom       dist/sbom.cdx.json (CycloneDX) and docs/licences.md"
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
	@mkdir -p -m 700 $(WORKSPACE)
	@[ -e $(WORKSPACE)/voc.toml ] || cp $(SAMPLE)/voc.toml $(WORKSPACE)/
	$(BIN)/voc run $(SAMPLE)/feedback -w $(WORKSPACE)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS)

# With Ray, for the tests of the cluster engine.
$(VENV)/.installed-ray: $(VENV)/.installed-dev
	$(BIN)/python -m pip install -q --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e ".[ray]"
	@touch $@

test-long: $(VENV)/.installed-ray
	$(BIN)/python -m pytest -m long

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

contract: $(VENV)/.installed-dev
	$(BIN)/lint-imports

# The gate runs on labelled feedback that is not part of the project, where it is there ($VOC_GOLD, or ../shared/gold),
# and on the project's own sample always. `make floors` sets the bounds after a change of model; LOWER="why" lowers them.
GOLD := $(wildcard $(or $(VOC_GOLD),../shared/gold)/dev.jsonl)
GATE = $(BIN)/voc evaluate $(1) --gate tests/quality.toml -q $(2)

gate: install
	$(call GATE,corpora/harbourline)
	$(if $(GOLD),$(call GATE,$(GOLD)),@echo "no dev.jsonl in $${VOC_GOLD:-../shared/gold}: the gate ran on corpora/harbourline alone")

floors: install
	$(call GATE,corpora/harbourline,--set-floors $(if $(LOWER),--lower "$(LOWER)"))
	$(if $(GOLD),$(call GATE,$(GOLD),--set-floors $(if $(LOWER),--lower "$(LOWER)")))

check: lint types contract gate

# Their tools have an environment of their own: a bill of materials must not list what writes it.
TOOLS := $(VENV)/tools
$(TOOLS)/.installed: constraints.txt | $(BIN)/python
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install -q --disable-pip-version-check $(PIP_ARGS) -c constraints.txt \
		bandit cyclonedx-bom pip-audit uv
	@touch $@

audit: $(TOOLS)/.installed
	$(TOOLS)/bin/bandit -q -c pyproject.toml -r voc scripts
	$(TOOLS)/bin/python scripts/audit_packages.py --tool $(TOOLS)/bin/pip-audit $(if $(STRICT),--strict) \
		requirements.lock constraints.txt

# For Linux on x86-64 and CPython 3.11, as constraints.txt. UV_ARGS names another index, such as that of torch's CPU builds.
lock: $(TOOLS)/.installed
	$(TOOLS)/bin/uv pip compile pyproject.toml -c constraints.txt --generate-hashes --no-annotate -q $(UV_ARGS) \
		--python-version 3.11 --python-platform x86_64-unknown-linux-gnu \
		--custom-compile-command "make lock" -o requirements.lock

sbom: $(TOOLS)/.installed install
	$(BIN)/python scripts/sbom.py --licences --tool $(TOOLS)/bin/cyclonedx-py -o dist/sbom.cdx.json

wheel: $(VENV)/.installed-dev
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
