# Each target makes the environment it needs, in .venv, when there is none.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test torture lint format reference bench clean

.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "charrnn needs Python 3.11 or newer; name one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

demo: .venv/installed
	$(BIN)/charrnn corpus get pydoc -o demo/pydoc.txt --overwrite
	$(BIN)/charrnn train demo/pydoc.txt --minutes 1 -m demo/model --overwrite
	$(BIN)/charrnn sample -m demo/model --prime 'The function ' --length 400 --seed 1
	$(BIN)/charrnn score -m demo/model --text 'The function returns a list of names' --text 'names of list a returns function The'

test: lint
	$(BIN)/python -m pytest

# trainings that are stopped and starved; CHARRNN_TORTURE=long takes about ten minutes
torture: .venv/installed
	$(BIN)/python -m pytest tests/torture

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

reference: .venv/installed
	$(BIN)/python docs/reference.py

bench: .venv/installed
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf .venv demo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
