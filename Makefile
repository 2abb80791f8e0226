# make demo   install, judge a real case, answer a coverage question
# make test   every test that needs only Python
# make test-spark  the judge on a real Spark of several processes
# make test-web  the tests of the web part that need Node, Chromium, Java or a separate store
# make check  lint, types and tests
# Needs Python 3.11 or newer and make; everything else is installed into .venv.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test test-spark test-web assets check lint types format bench bench-serving bench-throughput icd-index build clean
.DEFAULT_GOAL := demo

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "covergraph needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'

$(VENV)/.runtime: pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --editable '.[serve]' --group dev
	@touch $@ $(VENV)/.runtime

demo: $(VENV)/.runtime
	$(BIN)/covergraph check examples/acute-fracture.json
	@echo
	$(BIN)/covergraph query code-lookup --param code=22514

test: $(VENV)/.dev
	$(BIN)/pytest -n auto --dist loadfile

$(VENV)/.spark: pyproject.toml | $(VENV)/.dev
	$(BIN)/pip install --quiet --editable '.[spark]'
	@touch $@

test-spark: $(VENV)/.dev $(VENV)/.spark
	$(BIN)/pytest -m spark tests/test_spark.py

# The editor of the workbench, from npm by the hashes of assets/manifest.json. Without it the plain query form does its work.
assets:
	npm ci --ignore-scripts --no-audit --no-fund --prefix assets
	$(PYTHON) tools/vendor_assets.py

$(VENV)/.web: pyproject.toml tests/web/node/package-lock.json | $(VENV)/.dev
	$(BIN)/pip install --quiet --group web
	npm ci --ignore-scripts --no-audit --no-fund --prefix tests/web/node
	@touch $@

# Debian's Chromium and Virtuoso, where they are not there yet; elsewhere install it by hand.
test-web: $(VENV)/.dev $(VENV)/.web assets
	@{ command -v chromium && command -v virtuoso-t; } >/dev/null || { apt-get update -qq && apt-get install -qq --yes --no-install-recommends chromium virtuoso-opensource-7-bin; }
	$(BIN)/pytest -m web

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

check: lint types test

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Judging speed as ratios within one run; not part of the tests.
bench: $(VENV)/.dev
	$(BIN)/python benchmarks/run.py

# Whether endless queries disturb those who ask ordinary ones; some five minutes.
bench-serving: $(VENV)/.dev
	$(BIN)/python benchmarks/serving.py

# Cases and simple queries a second: in process, through the service, and through `oxigraph serve`.
bench-throughput: $(VENV)/.dev $(VENV)/.web
	$(BIN)/python benchmarks/serving_throughput.py

# The ICD-10-CM index, made again from the code set of simple-icd-10-cm.
icd-index: $(VENV)/.dev
	$(BIN)/python tools/icd10cm_index.py

build: $(VENV)/.dev assets
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
