"""Trees in brackets: parsed, written, and what is no tree."""

import pytest

from charrnn.errors import CharrnnError
from charrnn.text.bracketed import Bracketed, parse_bracketed, unlabelled, written_bracketed
from charrnn.text.examples import parsed


def test_a_line_becomes_its_nodes_in_the_order_of_their_brackets():
    tree = parse_bracketed("(3 (2 (_ It) (2 's)) (4 lovely))")
    assert tree.labels == ("3", "2", "_", "2", "4")
    assert tree.words == (None, None, "It", "'s", "lovely")
    assert tree.children == ((1, 4), (2, 3), (), (), ())
    assert tree.levels == (2, 1, 0, 0, 0)
    assert unlabelled(tree) == "(_ (_ (_ It) (_ 's)) (_ lovely))"
    assert written_bracketed(tree, "abcde") == "(a (b (c It) (d 's)) (e lovely))"


@pytest.mark.parametrize("line", ["(a b)", "(a (b c))", "(a (b c) (d (e f)) (g h))", "(好 (_ 两个) (_ 大学))"])
def test_what_is_written_is_what_was_parsed(line):
    assert written_bracketed(parse_bracketed(line)) == line
    spread = line.replace("(", " ( ").replace(")", " )\t")
    assert parse_bracketed(spread) == parse_bracketed(line)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "is empty"),
        ("word", "begins with no bracket, at character 1"),
        ("  )", "begins with no bracket, at character 3"),
        ("(a (b c)", "has a bracket that is not closed, at character 1"),
        ("(a (b c", "has a bracket that is not closed, at character 4"),
        ("(a b))", "has text after the tree's end, at character 6"),
        ("(a b) (c d)", "has text after the tree's end, at character 7"),
        ("(a)", "has a node with neither a word nor a node in it, at character 1"),
        ("(a (b) (c d))", "has a node with neither a word nor a node in it, at character 4"),
        ("(a (b c) d)", "has a node with a word beside a node in it, at character 1"),
        ("(a (b c d))", "has a node with two words, at character 4"),
        ("()", "has a node without a label, at character 2"),
        ("((a b))", "has a node without a label, at character 2"),
    ],
)
def test_what_is_no_tree_is_said_with_its_place(line, why):
    with pytest.raises(ValueError) as raised:  # noqa: PT011  (all of the message is compared)
        parse_bracketed(line)
    assert str(raised.value) == why


def test_a_file_with_a_bad_line():
    lines = [("trees.txt", 1, "(a b)"), ("trees.txt", 2, "(a (b c)"), ("trees.txt", 5, "a")]
    with pytest.raises(
        CharrnnError, match=r"trees.txt, line 2: has a bracket that is not closed, at character 1; a line is"
    ):
        list(parsed(lines, parse_bracketed, Bracketed.form))


def test_depth_is_bounded_by_memory_alone():
    levels = 20_000
    line = "(a " * levels + "(b c)" + ")" * levels
    tree = parse_bracketed(line)
    assert tree.levels[0] == levels
    assert written_bracketed(tree) == line
    assert repr(tree).count("'a'") == levels  # as a file's fingerprint is made
    with pytest.raises(ValueError, match=f"not closed, at character {3 * levels + 1}$"):
        parse_bracketed(line.rstrip(")"))
