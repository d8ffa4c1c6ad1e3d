# Exactly two commands on a fresh machine with Python and make: `make demo` and `make test`. `make setup` is their
# first step alone. Stamp files in .venv keep what is done from being done again.
# PYTHON chooses the interpreter (3.11 to 3.14): make setup PYTHON=python3.12. Where .venv is there already, with another
# version, that version gets an environment of its own beside it: make test PYTHON=python3.13 makes .venv-3.13.
# `make test` runs the tests on all cores, but on four at most (a worker takes about 0.6 GB, and its children more);
# those that measure time come afterwards, one at a time.
# torch is not part of this: training wants it, in the build that fits the machine (pip install -e '.[train]').

PYTHON ?= python3
SOURCE ?=
TARGET ?=
VENV := .venv
version = $(shell $(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
ifneq ($(origin PYTHON),file)
ifneq ($(wildcard .venv/bin/python),)
ifneq ($(call version,$(PYTHON)),$(call version,.venv/bin/python))
VENV := .venv-$(call version,$(PYTHON))
endif
endif
endif
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODELS := $(VENV)/.models
# decisions without time, threads or files: every branch of them is run by the tests
PURE := calib/*,engines/backends/batching.py,stream/lanes/reorder.py,stream/lanes/ring.py,stream/live/ladder.py,stream/pipeline/guard.py,stream/jobs/batch.py,stream/route.py,stream/pipeline/spec.py

.PHONY: setup demo test docs-pictures

setup: $(READY)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || \
	  { echo "Understudy wants Python 3.11 to 3.14; choose one: make setup PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(READY): requirements/dev.txt pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip uninstall -qqq --yes understudy  # this distribution's former name, in an older checkout's .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(MODELS): engines/store/catalog.toml $(READY)
	$(BIN)/understudy models pull --quiet
	@touch $@

demo: $(MODELS)
	$(BIN)/understudy demo $(if $(SOURCE),--source "$(SOURCE)") $(if $(TARGET),--target "$(TARGET)")

# the documents' pictures, of portraits in the public domain
docs-pictures: $(MODELS)
	$(BIN)/python -m tools.swap.docs_pictures docs/pictures

test: $(MODELS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal -m "not timing" --cov --cov-report=
	$(BIN)/pytest -m timing --cov --cov-append --cov-report=
	$(BIN)/coverage report --fail-under=92
	$(BIN)/coverage report --fail-under=100 --include='$(PURE)'
