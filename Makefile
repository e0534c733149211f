# Each target makes the environment it needs, in .venv, when there is none.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo demo-tasks test torture lint format reference pictures bench growth clean

.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "charrnn needs Python 3.11 or newer; name one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

# Without a network, the text is Python's own documentation.
demo: .venv/installed
	mkdir -p demo
	echo 'ROMEO:' > demo/prime.txt
	$(BIN)/charrnn corpus get tiny-shakespeare -o demo/corpus.txt --overwrite \
		|| { $(BIN)/charrnn corpus get pydoc -o demo/corpus.txt --overwrite && echo 'The function ' > demo/prime.txt; }
	$(BIN)/charrnn train demo/corpus.txt --minutes 1 -m demo/model --overwrite
	$(BIN)/charrnn sample -m demo/model --prime-file demo/prime.txt --length 175 --temperature 0.6 --seed 3
	$(BIN)/charrnn score -m demo/model --text 'I pray you, tell me the truth.' --text 'truth the me tell you, I pray.'

# each corpus of examples, by its task: learnt in under a minute, and how good the answers to held-out examples are
TASKS := syllables:classify mood-en:classify mood-zh:classify \
	words-zh:tag spaces-en:tag entities-en:tag adder-steps:tag \
	dates:rewrite reversal:rewrite numbers-en:rewrite digits-en:rewrite numerals-zh:rewrite digits-zh:rewrite \
	pinyin-zh:rewrite past-tense:rewrite \
	arithmetic:tree logic:tree negation:tree readings-en:tree readings-zh:tree

demo-tasks: .venv/installed
	mkdir -p demo
	for pair in $(TASKS); do \
		name=$${pair%:*}; \
		$(BIN)/charrnn corpus get $$name -o demo/$$name.tsv --overwrite || exit 1; \
		$(BIN)/charrnn train demo/$$name.tsv --task $${pair#*:} --minutes 0.9 -m demo/$$name --overwrite || exit 1; \
	done

test: lint
	$(BIN)/python -m pytest

# docs/safety.md: what `make test` tries too, but thousands of times, and trainings that are stopped and starved, alone and
# together; about an hour. CHARRNN_TORTURE=long stops them for longer
TRIED = tests/training/test_kills.py tests/training/test_faults.py tests/models/test_hostile.py tests/cli/test_wild.py \
	tests/cli/test_garbage.py tests/models/test_archive.py
torture: .venv/installed
	CHARRNN_KILLS=$(or $(KILLS),1000) CHARRNN_HOSTILE=12500 CHARRNN_WILD=1 CHARRNN_LONG_LINE=100000000 \
		$(BIN)/python -m pytest -rP --dist load $(TRIED) tests/torture

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

reference: .venv/installed
	$(BIN)/python docs/reference.py

# of docs/seeing.md; needs Chromium. OTHERS: more texts, such as OTHERS="tang.txt demo/pydoc.txt"
OTHERS := demo/pydoc.txt
pictures: .venv/installed
	mkdir -p demo
	test -e demo/tiny.txt || $(BIN)/charrnn corpus get tiny-shakespeare -o demo/tiny.txt
	test -e demo/pydoc.txt || $(BIN)/charrnn corpus get pydoc -o demo/pydoc.txt
	$(BIN)/python -m docs.pictures demo/pictures demo/tiny.txt $(OTHERS)

bench: .venv/installed
	$(BIN)/python -m tests.benchmarks

# how time and memory grow: docs/scale.md
growth: .venv/installed
	$(BIN)/python -m tests.benchmarks.growth

clean:
	rm -rf .venv demo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
