PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test quick lint benchmark sizes kills fuzz clean

KILLS ?= 50
SECONDS ?= 600

# Colour the example pages into examples/out/.
demo: $(VENV)/installed
	$(BIN)/mangacolor colorize examples/pages -o examples/out --overwrite
	@echo "Look at examples/out/."

# Lint, types and tests.
test: lint
	$(BIN)/python -m pytest

# The tests that are not marked slow.
quick: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Seconds and memory; not part of the tests.
benchmark: $(VENV)/installed-dev
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only -o addopts= -o timeout=1800 \
		--benchmark-json=tests/benchmarks/results.json
	$(BIN)/python tests/benchmarks/table.py tests/benchmarks/results.json

# How much larger coloured files are than grey ones.
sizes: $(VENV)/installed
	$(BIN)/python examples/file_sizes.py

# Kill a run that often, at moments spread over it, and see that the next one completes it.
kills: $(VENV)/installed-dev
	KILLS=$(KILLS) $(BIN)/python -m pytest tests/test_kill.py -s

# Look for bytes that the readers of pictures and books cannot take.
fuzz: $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet atheris
	$(BIN)/python tests/fuzz/run.py picture --seconds $(SECONDS)
	$(BIN)/python tests/fuzz/run.py book --seconds $(SECONDS)

$(VENV)/installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) examples/out
