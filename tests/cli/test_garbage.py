"""Whatever text can hold, a line of it has a score."""

import json
import os
import random
import unicodedata

import pytest

import charrnn

LONG = int(os.environ.get("CHARRNN_LONG_LINE", "1000000"))  # characters; make torture: 100,000,000
ODD = ["\0", "\x1b[2J", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\ufeff", "\u202e", "\u0301" * 50,
       "\U0010ffff", "\ufffe", "👩‍👩‍👧‍👦", "שלום", "中文", "\t", '"', "\\", "{", "", "é" * 200, "e\u0301" * 9]  # fmt: skip


@pytest.fixture(scope="module")
def counts(tmp_path_factory, corpus_file):
    folder = tmp_path_factory.mktemp("counts") / "m"
    charrnn.ngram(corpus_file, folder, order=3, min_counts="1")
    return folder


def any_character(rng):
    while True:
        character = chr(rng.choice([rng.randrange(0x110000), rng.randrange(0x3000), rng.randrange(0x80)]))
        if character != "\n" and unicodedata.category(character) != "Cs":
            return character


@pytest.mark.parametrize("kind", ["network", "ngram"])
@pytest.mark.parametrize("form", ["tsv", "jsonl"])
def test_ten_thousand_lines_of_garbage_have_ten_thousand_scores(run, model_folder, counts, kind, form):
    rng = random.Random(0)
    lines = ["".join(rng.choice(ODD) if rng.random() < 0.2 else any_character(rng) for _ in range(rng.randrange(12)))
             for _ in range(10_000)]  # fmt: skip
    folder = model_folder if kind == "network" else counts
    code, out, error = run("score", "-m", folder, "--format", form, stdin="\n".join(lines).encode())  # no newline at the end
    assert code == 0, error
    found = out.removesuffix("\n").split("\n")
    assert len(found) == len(lines)
    if form == "jsonl":
        assert [json.loads(line, parse_constant=pytest.fail)["text"] for line in found] == [
            line.removesuffix("\r") for line in lines
        ]


def test_a_line_without_end(run, counts, tmp_path):
    path = tmp_path / "line"
    path.write_bytes(b"the cat " * (LONG // 8))
    code, out, error = run("score", "-m", counts, path)
    assert code == 0, error
    assert len(out) > LONG


def test_words_from_a_pipe_that_ends_in_the_middle_of_a_character(run, counts):
    code, _, error = run("score", "-m", counts, stdin="the é".encode()[:-1])
    assert code == 1
    assert "byte 4 is not UTF-8" in error
