# TraderTape. `make run` sets up and starts everything; `make test` sets up and checks everything that a change must
# pass; `make test-all` adds the slow tests.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV       := $(shell scripts/find-uv.sh 2>/dev/null || echo .tools/bin/uv)
NODE_OK  := $(shell node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a==20&&b>=19)?0:1)' 2>/dev/null && echo yes)
export NO_MKDOCS_2_WARNING := 1
# Where it is set, every process of the tests and every start of a server compiles all it imports anew.
unexport PYTHONDONTWRITEBYTECODE
# One folder of compiled code for every test and start of this checkout.
check bench: export NUMBA_CACHE_DIR := $(CURDIR)/.tools/numba
STAMPS   := .tools/stamps
# What a target says comes in one piece, where make can do that; what the tests say, as they go.
WHOLE_OUTPUT := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
AS_IT_GOES   := $(if $(filter output-sync,$(.FEATURES)),--output-sync=none)
PACKAGES := $(wildcard packages/*/pyproject.toml) pyproject.toml uv.lock
WEB_SRC  := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/test-results/*' 2>/dev/null)
SDK_SRC  := $(shell find packages/sdk packages/indicators packages/core packages/brokers packages/agent -type f -not -path '*/__pycache__/*' -not -path '*/tests/*')
HANDED_OUT := indicators worker core brokers agent
DOCS_SRC := mkdocs.yml $(shell find docs -type f) CHANGELOG.md

.PHONY: help run test test-all check check-all fix bench docs api web wheels clean

help: ## Show what the targets do
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

run: $(STAMPS)/python $(STAMPS)/site $(STAMPS)/console $(STAMPS)/wheels ## Set up and start TraderTape on http://localhost:18777
	@exec .venv/bin/tradertape serve --demo

test: ## Set up, then run the checks and the fast tests (12 minutes on 2 cores): every change
	@$(MAKE) --no-print-directory -j4 $(STAMPS)/test-python $(STAMPS)/clients test-deps web-packages
	@$(MAKE) --no-print-directory check

test-all: ## The same with the slow tests: before a release, or when what they cover changes
	@$(MAKE) --no-print-directory -j4 $(STAMPS)/test-python $(STAMPS)/clients test-deps web-packages
	@$(MAKE) --no-print-directory check-all

.PHONY: test-deps web-packages
test-deps:
	@scripts/test-deps.sh
web-packages:
	@scripts/web.sh install

check-all: ## `make test-all` on what is set up
	@$(MAKE) --no-print-directory check PYTEST_OPTIONS='-m "" --hypothesis-profile=all'

check: $(STAMPS)/test-python ## `make test` on what is set up
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	@$(MAKE) --no-print-directory -j4 $(WHOLE_OUTPUT) check-tests check-types check-web check-docs

# Side by side. The tests wait for disks, leases and other programs: what else is checked takes the time they leave,
# and a little more, so that it is through before them. Until the code is compiled nothing waits.
ASIDE := nice -n 5
.PHONY: check-tests pytest check-types check-web check-docs built-web built-docs compiled
check-tests: compiled built-web built-docs
	@$(MAKE) --no-print-directory $(AS_IT_GOES) pytest
pytest:
	scripts/pytest.sh $(if $(MAKE_TERMOUT),--color=yes) $(PYTEST_OPTIONS)
check-types:
	$(ASIDE) .venv/bin/pyright
check-web: built-web | compiled
	$(ASIDE) scripts/web.sh check
	scripts/web.sh test
check-docs: built-docs | compiled
	$(ASIDE) .venv/bin/python scripts/export_openapi.py --check
	$(ASIDE) .venv/bin/python scripts/cli_reference.py --check
built-web:
	scripts/web.sh build
built-docs:
	.venv/bin/mkdocs build --strict --quiet
# Once, before a dozen processes of the tests look for it at the same time and each compiles it.
compiled:
	.venv/bin/python -c 'from tradertape_server.platform.compute.numba_cache import load; load()'

fix: $(STAMPS)/test-python ## Mend what can be mended: format, lint, imports
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	scripts/web.sh fix

.PHONY: soak
soak: export PYTEST_ADDOPTS := -m "" --hypothesis-profile=all
soak: $(STAMPS)/test-python ## Faults in large numbers, for hours: kills, stops, hand-overs, races, cuts, baskets
	TRADERTAPE_SOAK=1 .venv/bin/pytest -s packages/server/tests/execution/loop/test_crashes.py -k 500
	TRADERTAPE_SOAK=1 .venv/bin/pytest -s packages/server/tests/execution/loop/test_handing_over.py -k 200
	TRADERTAPE_SOAK=1 .venv/bin/pytest packages/server/tests/protection/test_exits_across_crashes.py
	TRADERTAPE_SOAK=1 .venv/bin/pytest packages/server/tests/execution/orders/test_place.py -k 64
	TRADERTAPE_SOAK=1 .venv/bin/pytest packages/server/tests/execution/orders/test_random_baskets.py
	TRADERTAPE_SOAK=1 .venv/bin/pytest packages/server/tests/execution/venues/test_random_faults.py
	TRADERTAPE_SOAK=1 .venv/bin/pytest packages/server/tests/workers/monitoring/test_timeline.py -k is_cut
	TRADERTAPE_SOAK=1 .venv/bin/pytest -s packages/agent/tests/test_crashes.py -k every_step
	TRADERTAPE_SOAK=1 .venv/bin/pytest -s tests/flows/test_random_faults.py
	TRADERTAPE_SOAK=1 .venv/bin/pytest -s tests/flows/test_told_to_stop.py tests/flows/test_stopped_worker.py

bench: $(STAMPS)/test-python $(STAMPS)/clients ## Measure ours beside its peers, in one run
	$(UV) sync --quiet --inexact --group bench
	.venv/bin/python bench/run.py
	.venv/bin/python bench/greeks.py
	.venv/bin/python bench/sdk_indicators.py
	.venv/bin/python bench/live_indicators.py
	-.venv/bin/python bench/orders.py
	-.venv/bin/python bench/parallel_writes.py
	-.venv/bin/python bench/attacks.py
	-.venv/bin/python bench/uploads.py
	-.venv/bin/python bench/wealth_book.py
	-.venv/bin/python bench/journal.py
	-.venv/bin/python bench/sdk_orders.py
	-.venv/bin/python bench/resting.py
	-.venv/bin/python bench/venue_lanes.py
	-.venv/bin/python bench/protection.py
	-.venv/bin/python bench/streams.py
	-.venv/bin/python bench/ticker.py
	-.venv/bin/python bench/agent_first_steps.py

docs: $(STAMPS)/test-python ## Build the documentation into site/
	.venv/bin/mkdocs build --strict

api: $(STAMPS)/test-python ## Write the OpenAPI file and the web client made from it
	.venv/bin/python scripts/export_openapi.py
	.venv/bin/python scripts/cli_reference.py
	scripts/web.sh gen

web: $(STAMPS)/console ## Build the web console and the pages of the agent

wheels: $(STAMPS)/wheels ## Build the SDK and the agent that the server hands out at /sdk/simple/

clean: ## Remove everything that was built (not your data)
	rm -rf .tools .venv site web/node_modules web/apps/*/dist

# --- what is set up once, and again only when its inputs change ---------------------------------

.tools/bin/uv:
	@scripts/install-uv.sh

$(STAMPS)/python: $(PACKAGES) | $(UV)
	@echo "Setting up Python packages …"
	@$(UV) sync --quiet --inexact --no-dev --group docs --compile-bytecode
	@mkdir -p $(@D) && touch $@

$(STAMPS)/test-python: $(PACKAGES) | $(UV)
	$(UV) sync --quiet --inexact --group dev --group docs
	@mkdir -p $(@D) && touch $@ $(STAMPS)/python

# The brokers' own Python clients, in an environment of their own: they want older libraries than ours.
$(STAMPS)/clients: $(PACKAGES) | $(UV)
	UV_PROJECT_ENVIRONMENT=.tools/clients $(UV) sync --quiet --only-group clients
	@mkdir -p $(@D) && touch $@

$(STAMPS)/site: $(DOCS_SRC) $(STAMPS)/python
	@echo "Building the documentation …"
	@.venv/bin/mkdocs build --quiet
	@mkdir -p $(@D) && touch $@

# After the pages: the agent's wheel has them in it.
$(STAMPS)/wheels: $(SDK_SRC) $(STAMPS)/console | $(UV)
	@echo "Building the workers' SDK and the agent …"
	@rm -rf .tools/wheels
	@for name in $(HANDED_OUT); do $(UV) build --quiet --wheel --package tradertape-$$name --out-dir .tools/wheels; done
	@mkdir -p $(@D) && touch $@

$(STAMPS)/console: $(WEB_SRC)
ifeq ($(NODE_OK),yes)
	@echo "Building the web console and the agent's pages …"
	@scripts/web.sh build
	@mkdir -p $(@D) && touch $@
else
	@echo "Node 20.19 or newer was not found: the API and the docs start without the web console."
	@echo "Install Node (https://nodejs.org) and run 'make run' again to get it."
endif
