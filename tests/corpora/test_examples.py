"""Corpora of examples: their form, which holds for all of them, and drawing without repetition."""

import re
from functools import cache
from itertools import cycle
from pathlib import Path

import pytest
from click.testing import CliRunner

from charrnn.cli.corpus import corpus
from charrnn.corpora.catalogue import find
from charrnn.corpora.drawing import distinct, lines_from
from charrnn.corpora.generated import EXAMPLES, GENERATED, generate, log_probability
from charrnn.errors import CharrnnError
from charrnn.text.examples import parse_labelled, parse_pair, parse_tagged
from tests.corpora.trees import read_tree

PARSERS = {"classify": parse_labelled, "tag": parse_tagged, "rewrite": parse_pair, "tree": read_tree}
NAMES = [corpus.name for corpus in EXAMPLES]


@cache
def made(name):
    return generate(name).splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_every_line_is_an_example_of_its_task_and_comes_once(name):
    task = find(name).title.partition(":")[0]
    assert len(made(name)) == len(set(made(name))) == GENERATED[name].default_count
    for line in made(name):
        PARSERS[task](line)


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_the_same_for_a_seed_and_may_be_left_out(name):
    lines = generate(name, 50, 3).splitlines()
    assert len(set(lines)) == 50
    assert lines == generate(name, 50, 3).splitlines() != generate(name, 50, 4).splitlines()
    unwanted = [lines[0], lines[10] + "\n"]
    others = generate(name, 50, 3, unwanted).splitlines()
    assert len(set(others)) == 50
    assert not {lines[0], lines[10]} & set(others)


def test_nothing_is_known_of_the_entropy_of_examples():
    assert GENERATED["dates"].entropy_nats_per_character is None
    with pytest.raises(CharrnnError, match="dates: no probabilities are known"):
        log_probability("dates", "x")


def test_what_is_used_up_is_one_clear_error():
    lines = distinct("toy", lambda random: cycle(["a", "b", "c"]))
    assert sorted(lines(3, 0, ())) == ["a", "b", "c"]
    assert sorted(lines(2, 0, ("b\n",))) == ["a", "c"]
    with pytest.raises(CharrnnError, match="toy: there are 3 different lines, not 4; ask for fewer"):
        lines(4, 0, ())
    with pytest.raises(CharrnnError, match="toy: there are 1 different lines, not 2"):
        distinct("toy", lambda random: iter("a"))(2, 0, ())
    with pytest.raises(CharrnnError, match="toy: there are 1 different lines, not 2"):
        lines_from("toy", lambda: ["a", "b"])(2, 0, ("a",))


@pytest.mark.parametrize("name", ["syllables", "past-tense", "adder-steps"])
def test_small_corpora_have_every_line_and_no_more(name):
    there = {"syllables": 2715, "past-tense": 769, "adder-steps": 65_536}[name]
    assert len(set(generate(name, there).splitlines())) == there
    with pytest.raises(CharrnnError, match=rf"{name}: there are {there} different lines, not {there + 1}; ask for fewer"):
        generate(name, there + 1)


def test_the_page_shows_true_lines():
    page = (Path(__file__).parents[2] / "docs" / "corpora.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\S+)` \| (\w+) \| (.+) \| ([\d,]+) \|$", page, re.MULTILINE)
    assert [name for name, *_ in rows] == NAMES
    for name, task, line, count in rows:
        assert find(name).title.startswith(f"{task}: ")
        assert int(count.replace(",", "")) == GENERATED[name].default_count
        assert line == "as above, deeper" if name.endswith("-deep") else line.strip("`").replace(" ⇥ ", "\t") in made(name)
    shown = re.search(r"dates --count 4\n(.*\n)\$ cat dates.tsv\n((?:.*\n){4})```", page.replace("-o dates.tsv ", ""))
    assert shown[2] == generate("dates", 4)
    assert shown[1] == f"dates: {len(shown[2])} bytes in dates.tsv\n"


def test_examples_come_from_the_command(tmp_path):
    target = tmp_path / "dates.tsv"
    result = CliRunner().invoke(corpus, ["get", "dates", "-o", str(target), "--count", "20", "--seed", "2"])
    assert result.exit_code == 0, result.output
    assert target.read_text("utf-8") == generate("dates", 20, 2)
    assert "entropy" not in result.stderr
