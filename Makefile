# Two commands: `make demo` shows what crossent does, `make test` checks all of it.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
# What an installation is made of besides Python.
SOURCES := pyproject.toml constraints.txt CMakeLists.txt $(wildcard csrc/*)

.PHONY: demo test format clean

demo: .venv/installed
	$(BIN)/crossent demo

test: .venv/developed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyrefly check
	$(BIN)/pytest -n 2 --dist loadfile  # the examples of one page build on one another

format: .venv/developed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python $(SOURCES)
	$(PIP) --editable .
	touch $@

.venv/developed: .venv/bin/python $(SOURCES)
	$(PIP) --editable ".[dev]"
	touch .venv/installed $@
