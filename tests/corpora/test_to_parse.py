"""Examples of trees: what is at their nodes is true, and readings come in pairs."""

from collections import Counter
from itertools import pairwise

import pytest

from charrnn.corpora import readings
from charrnn.corpora.generated import generate
from charrnn.errors import CharrnnError
from tests.corpora.trees import read_tree

DEPTHS = {"arithmetic": (1, 4, 5, 8), "logic": (1, 5, 6, 9), "negation": (1, 6, 7, 12)}


def trees(name, count):
    return [read_tree(line) for line in generate(name, count).splitlines()]


def value(tree):
    """The value modulo 10 of an arithmetic tree, from its words alone."""
    if tree.word is not None:
        return int(tree.word)
    left, sign, right = tree.children
    a, b = value(left), value(right)
    return {"+": a + b, "-": a - b, "×": a * b}[sign.word] % 10


def truth(tree):
    if tree.word is not None:
        return {"true": True, "false": False}[tree.word]
    if len(tree.children) == 2:
        assert tree.children[0].word == "not"
        return not truth(tree.children[1])
    left, sign, right = tree.children
    a, b = truth(left), truth(right)
    return {"and": a and b, "or": a or b}[sign.word]


def mood(tree):
    """Good or bad, turned round by every word that turns round."""
    turning = sum(word in ("not", "nobody", "doubts", "doubt", "denies", "deny") for word in tree.words)
    bad = tree.words[-1] in ("bad", "boring", "useless", "unpleasant", "stupid", "ugly")
    return "-" if (turning + bad) % 2 else "+"


TRUE_LABEL = {"arithmetic": lambda tree: str(value(tree)), "logic": lambda tree: "ft"[truth(tree)], "negation": mood}


@pytest.mark.parametrize("deep", ["", "-deep"])
@pytest.mark.parametrize("name", DEPTHS)
def test_every_node_has_its_value(name, deep):
    depths = Counter()
    for tree in trees(name + deep, 600):
        depths[tree.depth] += 1
        for node in tree.nodes():
            # words without a value have no label
            valued = node.word is None or node.word.isdigit() or node.word in ("true", "false")
            if valued or (name == "negation" and node.label != "_"):
                assert node.label == TRUE_LABEL[name](node)
            else:
                assert node.label == "_"
    least, most = DEPTHS[name][2:] if deep else DEPTHS[name][:2]
    assert set(depths) == set(range(least, most + 1))
    # few trees of logic are as small as one sign
    assert all(depths[depth] > 300 / (most - least + 1) for depth in range(least + (name == "logic"), most + 1))


def test_a_sentence_of_negations_reads_well():
    for tree in trees("negation", 600):
        words = tree.words
        assert not {("not", "not"), ("nobody", "does"), ("everyone", "does")} & set(pairwise(words)), words
        for one, other in pairwise(words):
            assert one != "not" or other not in ("believes", "thinks", "says", "doubts", "denies"), words
        assert words[-2] in ("is", "not", "very", "really", "so")


@pytest.mark.parametrize(("name", "phrases"), [("readings-en", readings.in_english), ("readings-zh", readings.in_chinese)])
def test_each_phrase_comes_in_both_readings(name, phrases):
    assert len(phrases()) > 3000
    assert len({tuple(read_tree(one).words) for one, _ in phrases()}) == len(phrases())
    lines = generate(name, 1000).splitlines()
    labels = Counter()
    for one, other in zip(lines[::2], lines[1::2], strict=True):
        a, b = read_tree(one), read_tree(other)
        assert a.words == b.words
        assert {one, other} in ({one, other}, {other, one})
        assert "first" in (a.label, b.label)
        assert {a.label, b.label} & {"last", "both"}
        assert ("both" in (a.label, b.label)) == bool({"and", "和"} & set(a.words))
        labels[a.label] += 1
        assert all(node.label == "_" for tree in (a, b) for child in tree.children for node in child.nodes())
    assert 400 < 2 * labels["first"] < 600  # either comes first
    with pytest.raises(CharrnnError, match=f"{name}: each phrase comes in both its readings, so --count 3 cannot be"):
        generate(name, 3)
    left_out = generate(name, 1000, without=lines[:1]).splitlines()
    assert not {*lines[:2]} & {*left_out}
    everything = 2 * len(phrases())
    assert len(set(generate(name, everything).splitlines())) == everything
    with pytest.raises(CharrnnError, match=f"there are {everything} different lines, not {everything + 2}; ask for fewer"):
        generate(name, everything + 2)


@pytest.mark.parametrize(
    ("find", "tree"),
    [
        (readings.in_english, "(first (_ (_ old) (_ men)) (_ and) (_ women))"),
        (readings.in_english, "(both (_ old) (_ (_ men) (_ and) (_ women)))"),
        (readings.in_english, "(first (_ (_ old) (_ car)) (_ dealer))"),
        (readings.in_english, "(last (_ old) (_ (_ car) (_ dealer)))"),
        (readings.in_english, "(first (_ (_ pictures) (_ (_ of) (_ children))) (_ (_ from) (_ Spain)))"),
        (readings.in_english, "(last (_ pictures) (_ (_ of) (_ (_ children) (_ (_ from) (_ Spain)))))"),
        (readings.in_chinese, "(first (_ (_ 两个) (_ 大学)) (_ 的) (_ 老师))"),
        (readings.in_chinese, "(last (_ 两个) (_ (_ 大学) (_ 的) (_ 老师)))"),
        (readings.in_chinese, "(first (_ (_ 聪明) (_ 的) (_ 老师)) (_ 的) (_ 孩子))"),
        (readings.in_chinese, "(both (_ 年轻) (_ 的) (_ (_ 老师) (_ 和) (_ 学生)))"),
    ],
)
def test_readings_that_a_reader_finds_are_there(find, tree):
    assert tree in {one for pair in find() for one in pair}
