PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test tests quick lint style types benchmark light-size sizes kills soak serve-load serve-read studio-speed studio-picture reader-picture fuzz clean gpu-pack gpu-train gpu-check gpu-join

KILLS ?= 50
BOOKS ?= 2000
SECONDS ?= 600
DATA ?= ../shared/data
MINUTES ?= 10
PACK ?= build/gpu
FROM ?= $(PACK)/out
# On a GPU machine nothing is installed: its own python3 has torch.
GPU_PYTHON ?= $(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON))

# Colour the example pages into examples/out/.
demo: $(VENV)/installed
	$(BIN)/mangacolor colorize examples/pages -o examples/out --overwrite
	@echo "Look at examples/out/."

# Lint, types and tests, a process a core and four at most: each takes up to 2 GB. Types take one core, and are looked at
# while tests run. Each test computes with several threads, as users do; those that have nothing to do sleep, for turning
# idle they take the cores from the other processes.
test: style
	@$(MAKE) --no-print-directory --jobs=2 types tests

tests: $(VENV)/installed-dev
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -n auto --maxprocesses=4 --dist loadfile

# The tests that are not marked slow, each process computing with one thread. Compiled tests are kept for the
# next time, also where PYTHONDONTWRITEBYTECODE is set.
quick: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile --hypothesis-profile=quick

lint: style types

style: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

# Seconds and memory; not part of the tests.
benchmark: $(VENV)/installed-dev
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only -o addopts= -o timeout=1800 \
		--benchmark-json=tests/benchmarks/results.json
	$(BIN)/python tests/benchmarks/table.py tests/benchmarks/results.json

# Disk and cold start of the install without torch, made anew in build/light.
light-size:
	$(PYTHON) tests/benchmarks/light_size.py build/light

# Take the README's picture of the studio anew; needs chromium and chromium-driver.
studio-picture: $(VENV)/installed-dev
	$(BIN)/python tests/studio_picture.py examples/studio.webp

# Take the picture of the library in a browser anew; needs the same.
reader-picture: $(VENV)/installed-dev
	$(BIN)/python tests/reader_picture.py examples/reader.webp

# How much larger coloured files are than grey ones.
sizes: $(VENV)/installed
	$(BIN)/python examples/file_sizes.py

# Kill a run that often, at moments spread over it, and see that the next one completes it.
kills: $(VENV)/installed-dev
	KILLS=$(KILLS) $(BIN)/python -m pytest tests/test_kill.py -s

# Colour a library of small books with every trouble, killed at ten moments and resumed, and see that nothing is lost.
soak: $(VENV)/installed-dev
	BOOKS=$(BOOKS) $(BIN)/python tests/soak.py

# Many pages at once, and an hour of reading; READ="--minutes 2" for less, READ="--faster 10" for an hour in six
# minutes. The painter only waits; READ="--painter real" colours.
serve-load: $(VENV)/installed-dev
	$(BIN)/python tests/benchmarks/serving.py load

serve-read: $(VENV)/installed-dev
	$(BIN)/python tests/benchmarks/serving.py read $(READ)

# How soon the studio answers a click on a page of 1.6 megapixels, and how soon a person sees it in the browser, if there
# is one; tables for docs/measurements.md.
studio-speed: $(VENV)/installed-dev
	$(BIN)/python tests/benchmarks/studio.py
	$(BIN)/python tests/benchmarks/studio_clicks.py

# Look for bytes that the readers of pictures and books cannot take.
fuzz: $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet atheris
	$(BIN)/python tests/fuzz/run.py picture --seconds $(SECONDS)
	$(BIN)/python tests/fuzz/run.py book --seconds $(SECONDS)

# What a GPU machine needs beside this tree, in git-ignored build/gpu/: pictures made smaller, heaviest first.
# FIGURES=DIR of drawings, CHEEKS=FILE and INIT=WEIGHTS of an earlier run, WHEELS=3.12 (that machine's Python).
gpu-pack:
	PYTHONPATH=. $(GPU_PYTHON) tests/gpu/pack.py --data $(DATA) --out $(PACK) \
		$(if $(FIGURES),--figures $(FIGURES)) $(if $(CHEEKS),--cheeks $(CHEEKS)) $(if $(INIT),--init $(INIT)) \
		$(if $(WHEELS),--wheels $(WHEELS)) $(if $(LIMIT_MIB),--limit-mib $(LIMIT_MIB))

# Train there for MINUTES all told, and leave weights and log in pieces of 16 MiB in OUT. DEVICE=cpu rehearses.
gpu-train:
	$(GPU_PYTHON) tests/gpu/train.py --minutes $(MINUTES) --pack $(PACK) $(if $(OUT),--out $(OUT)) \
		$(if $(DEVICE),--device $(DEVICE)) $(if $(RECIPE),--recipe $(RECIPE)) $(if $(JOBS),--jobs $(JOBS))

# Put the pieces of a run together here, checked: FROM is the folder of pieces.
gpu-join:
	$(GPU_PYTHON) tests/gpu/pieces.py join $(FROM) --out $(PACK)/joined

# Compare CUDA with the CPU on the example pages, and run the tests of devices; a table for docs/measurements.md.
gpu-check:
	$(GPU_PYTHON) tests/gpu/check.py --pack $(PACK) $(if $(DEVICE),--device $(DEVICE))

$(VENV)/installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $(VENV)/installed $@

clean:
	rm -rf $(VENV) examples/out
