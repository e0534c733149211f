"""Text to text: what lines of source, tab and target teach, by the functions of the example."""

import datetime
import importlib.util
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "text_to_text.py"
SMALL = {
    "cell": "lstm",
    "attention": "general",
    "attention_window": 8,
    "hidden": 48,
    "embedding": 16,
    "dropout": 0.0,
    "batch_size": 32,
}


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("text_to_text", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_words_not_learnt_from_are_reversed(example, tmp_path, run):
    pairs = [(a + b, b + a) for a in "abcdefghijklm" for b in "nopqrstuvwxyz"]
    unseen = pairs[3::9]
    learnt = [pair for pair in pairs if pair not in unseen]
    model = example.learn(learnt, tmp_path, **SMALL, steps=400, learning_rate=0.01, evaluate_every=400, valid_fraction=0.05)
    assert example.exact_share(model, unseen) == 1.0
    assert example.exact_share(model, [("as", "as")]) == 0.0
    ask = ["sample", "-m", tmp_path, "--prime", "dv\t", "--stop", "newline", "--greedy"]
    assert run(*ask)[:2] == (0, "dv\tvd\n")
    assert run(*ask, "--no-echo")[1] == "vd\n"


def test_the_tasks_are_what_they_say(example):
    for source, target in example.reversals(300, 1):
        assert source == target[::-1]
        assert 3 <= len(source) <= 8
    pairs = example.dates(300, 1)
    assert len({target for _, target in pairs}) == 300
    assert all(str(datetime.date.fromisoformat(target).year) in source for source, target in pairs)
    assert any(
        source == f"{date.day} {date:%B} {date.year}"
        for source, date in ((source, datetime.date.fromisoformat(target)) for source, target in pairs)
    )
