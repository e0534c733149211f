"""Lines of examples: what they may look like, and how those that are none are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import charrnn
from charrnn.text.examples import (
    Pair,
    Tagged,
    parse_labelled,
    parse_pair,
    parse_tagged,
    read_examples,
    spans_of,
    written_labels,
)


@pytest.mark.parametrize(
    ("line", "why"),
    [("glad", "has no tab"), ("\tI am", "has no label"), ("glad\t ", "has a label and no text"), ("glad\t", "has a label")],
)
def test_a_line_without_label_or_text(line, why):
    with pytest.raises(ValueError, match=why):
        parse_labelled(line)


def test_a_text_may_hold_tabs_and_keeps_its_blanks():
    assert parse_labelled(" glad \t I\tam ").label == "glad"
    assert parse_labelled("glad\t I\tam ").text == " I\tam "


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("abc\tBIO", "B I O"),
        ("abc\tB-X I-X O", "B-X I-X O"),
        ("abc\t0-2:X", "B-X I-X O"),
        ("abc\t2-3:Y 0-1:X", "B-X O B-Y"),
        ("abc\t", "O O O"),
        ("ab cd\t.s..s", ". s . . s"),
    ],
)
def test_labels_as_characters_names_or_spans(line, labels):
    assert parse_tagged(line) == Tagged(line.partition("\t")[0], tuple(labels.split()))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("abc", "has no tab"),
        ("abc\tBI", "has 3 characters and 2 labels"),
        ("abc\tB I", "has 3 characters and 2 labels"),
        ("\tBI", "has labels and no text"),
        ("abc\tBIO\tx", "has 3 columns"),
        ("abc\t0-4:X", "has a span 0-4:X outside its 3 characters"),
        ("abc\t1-1:X", "has a span 1-1:X outside"),
        ("abc\t0-2:X 1-3:Y", "has a span 1-3:Y that overlaps another"),
    ],
)
def test_labels_that_do_not_fit_their_text(line, why):
    with pytest.raises(ValueError, match=why):
        parse_tagged(line)


def test_pairs():
    assert parse_pair("a b\tc") == Pair("a b", "c")
    assert parse_pair("a\t") == Pair("a", "")
    for line, why in (("a", "has no tab"), ("a\tb\tc", "has 3 columns")):
        with pytest.raises(ValueError, match=why):
            parse_pair(line)


@pytest.mark.parametrize(
    ("labels", "names", "spans"),
    [
        ("B I O B B", "B I O", [(0, 2, ""), (3, 4, ""), (4, 5, "")]),
        ("B M E S S", "B M E S", [(0, 3, ""), (3, 4, ""), (4, 5, "")]),
        ("B-X I-X I-Y O", "B-X I-X I-Y O", [(0, 2, "X"), (2, 3, "Y")]),
        ("I-X I-X B-X", "B-X I-X", [(0, 2, "X"), (2, 3, "X")]),
        ("C . s s", "C . s", [(0, 1, "C"), (2, 4, "s")]),
        ("B B", "B x", [(0, 2, "B")]),
    ],
)
def test_spans_of_labels(labels, names, spans):
    assert spans_of(labels.split(), names.split()) == spans


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["X", "Y", ""])), min_size=1, max_size=8))
def test_spans_come_back_as_they_went(parts):
    """Of lengths and names in turn, "" being outside."""
    spans, at = [], 0
    for length, name in parts:
        if name:
            spans.append((at, at + length, name))
        at += length
    line = " ".join(f"{begin}-{end}:{name}" for begin, end, name in spans)
    labels = parse_tagged("a" * at + "\t" + line).labels
    names = ["O", "B-X", "I-X", "B-Y", "I-Y"]
    assert spans_of(labels, names) == spans
    assert written_labels(labels, names) == line


def read(paths, **more):
    return read_examples(paths, parse_labelled, form="label, tab, text", **({"valid_fraction": 0.25} | more))


def test_all_bad_lines_are_counted_and_the_first_is_explained(tmp_path):
    path, other = tmp_path / "a.tsv", tmp_path / "b.tsv"
    path.write_text("x\ta\n\nfoo\ny\tb\n\tc\n")
    other.write_text("x\n")
    with pytest.raises(charrnn.CharrnnError) as caught:
        read([str(path), str(other)])
    wanted = f"{path}, line 3: has no tab; a line is label, tab, text (3 bad lines, the others 5, {other} 1)"
    assert str(caught.value) == wanted
    path.write_text("x\ta\nfoo\n")
    with pytest.raises(charrnn.CharrnnError, match=r"line 2: has no tab; a line is label, tab, text$"):
        read([str(path)])


def test_held_out_examples_are_drawn_or_of_a_file_of_their_own(tmp_path):
    path, other = tmp_path / "a.tsv", tmp_path / "b.tsv"
    path.write_text("".join(f"x\t{k}\n" for k in range(8)))
    other.write_text("y\tz")
    found = read([str(path)])
    assert (len(found.held_out), found) == (2, read([str(path)]))
    assert [one.text for one in found.training] == [
        str(k) for k in range(8) if str(k) not in {o.text for o in found.held_out}
    ]
    apart = read([str(path)], valid=str(other), valid_fraction=None)
    assert ([one.text for one in apart.held_out], len(apart.training)) == (["z"], 8)
    assert len({found.digest, apart.digest, read([str(path), str(other)]).digest}) == 3


def test_of_labels_that_come_in_turns_some_of_each_are_held_out(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("".join(f"{k % 10}\t{k}\n" for k in range(1000)))
    found = read([str(path)], valid_fraction=0.1)
    assert len(found.held_out) == 100
    assert {one.label for one in found.held_out} == {one.label for one in found.training} == set("0123456789")


def test_one_example_is_too_few(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("x\ta\n")
    with pytest.raises(charrnn.CharrnnError, match="1 example to learn from; give two or more"):
        read([str(path)])
