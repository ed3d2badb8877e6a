# make demo | make test : each does all of the set-up on a fresh machine.
PYTHON ?= $(shell command -v python3 || command -v python)
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

.PHONY: demo test check bench setup setup-dev recordings clean
demo: setup
	$(BIN)/twinswing demo

test: setup-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: setup-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m twinswing.stage.shaders --check

# Writes bench.json and prints the table. FULL=1: the 40 swings a rate that the README's figures come from.
bench: setup-dev
	$(BIN)/twinswing bench -o bench.json $(if $(FULL),--full)

# Makes the bundled demonstration sessions again.
recordings: setup-dev
	$(BIN)/python -m twinswing.truth.demo recordings

setup:
	$(PYTHON) app/bootstrap.py

setup-dev:
	$(PYTHON) app/bootstrap.py --dev

clean:
	rm -rf .venv out dist bench.json
