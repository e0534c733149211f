"""Regular expressions, held against Python's own, and the automata made of conditions."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.conditions import constraint
from charrnn.conditions.automaton import START, UNREACHABLE
from charrnn.conditions.constraint import Conditions, make_constraint
from charrnn.conditions.pattern import parse
from charrnn.errors import CharrnnError
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary

LETTERS = Vocabulary("\nabc1 ")
BYTES = Vocabulary("\n" + "".join(chr(byte) for byte in range(256) if byte != 10), "byte")
atoms = st.sampled_from(
    ["a", "b", "c", ".", r"\d", r"\w", r"\s", r"\D", "[ab]", "[^a]", r"[^\w]", "[a-c1]", r"[\s1]", r"\n", "()"]
)
repeats = st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{,2}", "{0}", "{1,3}"])
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, repeats).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    ),
    max_leaves=6,
)  # fmt: skip
texts = st.text("\nabc1 ", max_size=6)


def automaton(**conditions):
    """The tables, whether or not any text meets the conditions."""
    return constraint._made(LETTERS, Conditions(**conditions))[0]._automaton


def state_after(table, text, vocabulary=LETTERS):
    state = START
    for symbol in vocabulary.encode(text):
        state = table.next_SC[state, table.class_V[symbol]]
    return state


def accepts(table, text, vocabulary=LETTERS):
    return table.least_S[state_after(table, text, vocabulary)] == 0


@settings(max_examples=300, deadline=None)
@given(expressions, st.lists(texts, max_size=20))
def test_the_same_texts_match_as_in_python(pattern, candidates):
    table = automaton(pattern=pattern)
    for text in ("", "a", "ab", "aab", *candidates):
        assert accepts(table, text) == bool(re.fullmatch(pattern, text)), (pattern, text)


@settings(max_examples=50, deadline=None)
@given(expressions)
def test_the_number_of_characters_still_needed_is_that_of_the_shortest_match(pattern):
    table = automaton(pattern=pattern)
    least = table.least_S[START]
    for length in range(4):
        found = any(re.fullmatch(pattern, "".join(text)) for text in itertools.product("\nabc1 ", repeat=length))
        assert found == (least == length) or length > least
        if found:
            return
    assert least > 3


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("ab", min_size=1, max_size=3), max_size=2),
    st.lists(st.text("ab", min_size=1, max_size=3), max_size=2),
    st.lists(st.text("ab", min_size=1, max_size=3), max_size=2),
    st.lists(st.text("abc", max_size=9), min_size=5, max_size=20),
)
def test_strings_that_must_may_not_and_end_a_text(must, ban_text, stop, candidates):
    table = automaton(must=tuple(must), ban_text=tuple(ban_text), stop=tuple(stop))
    for text in candidates:
        written, whole = text, True
        for end in range(len(text) + 1):  # what is written ends where a stop string is complete
            if found := [s for s in stop if text[:end].endswith(s)]:
                written, whole = text[: end - max(map(len, found))], end == len(text)
                break
        wanted = all(part in written for part in must) and not any(part in written for part in ban_text)
        assert accepts(table, text) == (wanted and whole), (text, written)


def test_banned_symbols_and_the_unknown_one_lead_nowhere():
    table = automaton(pattern=".*", banned=(3,))
    assert table.next_SC[START, table.class_V[3]] == table.next_SC[START, table.class_V[UNKNOWN]] == 0
    assert table.next_SC[START, table.class_V[2]] != 0
    assert table.next_SC[START, table.class_V[BOUNDARY]] == 0  # . is no newline


def test_thousands_of_symbols_need_few_classes():
    vocabulary = Vocabulary("\n，。" + "".join(map(chr, range(0x4E00, 0x4E00 + 6000))))
    made = make_constraint(vocabulary, Conditions(template="{7}，{7}。", acrostic="一"), 500)
    assert made._automaton.next_SC.shape == (18, 6)  # dead, and 17 places; never, newline, two stops, 一, others


def test_bytes_are_spoken_of_as_bytes():
    def matches(pattern, text):
        made = make_constraint(BYTES, Conditions(pattern=pattern), 99)
        return accepts(made._automaton, text, BYTES)

    assert matches("春+花", "春春花")
    assert matches("...", "春")
    assert matches(r"\w\W{3}[^a]{3}", "a春春")
    assert not matches(r"\w{3}", "春")
    assert matches("\udce6\udc98\udca5", "春")  # what Python makes of bytes in arguments
    with pytest.raises(CharrnnError, match="not UTF-8"):
        matches(r"\ud800", "")
    with pytest.raises(CharrnnError, match="takes only ASCII"):
        make_constraint(BYTES, Conditions(pattern="[春花]"), 99)


@pytest.mark.parametrize(
    ("pattern", "place", "what"),
    [
        ("a(b", 2, "never closed"),
        ("ab)", 3, r"no \( to this"),
        ("a[b", 2, "never closed"),
        ("*a", 1, "nothing before it"),
        ("a**", 3, "repeat after a repeat"),
        ("a+?", 3, "repeat after a repeat"),
        ("a{x}", 2, "a repeat is"),
        ("a{", 2, "a repeat is"),
        ("a{3,2}", 2, "is empty"),
        (r"a\b", 2, "not understood"),
        (r"(a)\1", 4, "not understood"),
        ("a\\", 2, "not understood"),
        (r"\xz1", 1, "hexadecimal"),
        (r"\x+1", 1, "hexadecimal"),
        (r"\U00110000", 1, "hexadecimal"),
        ("a{5001}", 2, "up to 5,000"),
        pytest.param("a{1," + "9" * 5000 + "}", 2, "up to 5,000", id="more digits than int() reads"),
        ("a{0x}", 2, "a repeat is"),
        ("(" * 99 + ")" * 99, 51, "inside each other"),
        ("a^", 2, "for the two ends"),
        ("$a", 1, "for the two ends"),
        ("(?=a)", 1, r"only \(\?: is"),
        ("[b-a]", 1, "range goes"),
        (r"[a-\d]", 1, "range goes"),
        ("a]", 2, "nothing before it"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(pattern, place, what):
    with pytest.raises(CharrnnError, match=f"at its character {place}: .*{what}"):
        parse(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["^ab$", "[]a]", "[^]a]", "[a-]", r"[\]\-b]", r"\[\x61\u0062", r"a\$", "|a", "(a|)", "[ab-]", "(){99}a", "a{00,002}"],
)
def test_rarer_forms_match_as_in_python(pattern):
    vocabulary = Vocabulary("\nab-]^[$")
    table = make_constraint(vocabulary, Conditions(pattern=pattern), 99)._automaton
    for text in ("", "a", "b", "ab", "-", "]", "^", "[ab", "a$", "$"):
        assert accepts(table, text, vocabulary) == bool(re.fullmatch(pattern, text)), text


@pytest.mark.parametrize(
    ("conditions", "length", "message"),
    [
        ({"pattern": "a日"}, 9, "--pattern: no text .*does not know: '日'"),
        ({"pattern": "a", "banned": (2,)}, 9, "--ban and --allow leave no text"),
        ({"pattern": "[ab]*", "must": ("c",)}, 9, "--must: no text"),
        ({"pattern": "[ab]*", "must": ("c",), "banned": (3,)}, 9, "--must: no text"),
        ({"pattern": "(a|b)*a(a|b){20}", "must": ("b",), "banned": (3,)}, 99, "--ban and --allow leave no text"),
        ({"pattern": "(a|\\n)*a(a|\\n){20}", "must": ("b",), "lines": True}, 99, "no single line matches"),
        ({"must": ("日",)}, 9, "--must: .*'日'"),
        ({"pattern": "a+b", "ban_text": ("ab",)}, 9, "--ban-text leaves no text"),
        ({"pattern": "b[ab]*ab", "stop": ("b",)}, 9, "--stop ends every text"),
        ({"pattern": "a\\nb", "lines": True}, 9, "no single line matches"),
        ({"template": "{2}，"}, 9, "--template: .*'，'"),
        ({"acrostic": "ax"}, 9, "--acrostic: .*'x'"),
        ({"acrostic": "aba", "pattern": "([ab]+\n){2}"}, 99, "has 3 characters, one a line, and .* --pattern have 2 lines"),
        ({"acrostic": "aba", "pattern": "[ab]+"}, 99, "has 3 characters, one a line, and .* --pattern have 1 line$"),
        ({"acrostic": "a", "pattern": "([ab]+\n){2,4}"}, 99, "has 1 characters, one a line, and .* --pattern have 2 lines"),
        ({"acrostic": "ab", "pattern": "a+\na+"}, 9, "--acrostic: no text of this model's characters has these first"),
        ({"pattern": "[ab]*", "template": "{2}c"}, 9, "--template: no text"),
        ({"pattern": "a{5}"}, 4, "--length 4: the shortest text that meets the conditions has 5"),
        ({"template": "abc", "acrostic": "a"}, 9, "has no blanks"),
        ({"pattern": "(a{100}){100}"}, 9, "more than 5,000 characters"),
        ({"pattern": "(a|b)*a(a|b){20}"}, 99, "more than 20,000 states"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(conditions, length, message):
    with pytest.raises(CharrnnError, match=message):
        make_constraint(LETTERS, Conditions(**conditions), length)


@pytest.mark.parametrize(
    ("vocabulary", "conditions", "unknown"),
    [
        (Vocabulary("\nab"), {"pattern": r"\d{3}"}, []),
        (Vocabulary("\nab"), {"pattern": r"(?:x|a\.\x7a){2}[cd][^e]\n"}, ["x", ".", "z"]),
        (Vocabulary("\nab"), {"template": "{1-4}, ____.", "acrostic": "ac"}, [",", " ", "c", "."]),
        (Vocabulary("\nab"), {"acrostic": "xay"}, ["x", "y"]),
        (Vocabulary("\nab"), {"pattern": r"\w+x", "must": ("yx", "a")}, ["x", "y"]),
        (Vocabulary("\na", "byte"), {"pattern": r"é\w", "must": ("ü",)}, [r"\xc3", r"\xa9", r"\xbc"]),
    ],
)
def test_characters_that_the_model_does_not_know_are_named_and_signs_of_the_syntax_are_not(vocabulary, conditions, unknown):
    with pytest.raises(CharrnnError) as error:
        make_constraint(vocabulary, Conditions(**conditions), 99)
    named = f" (characters that the model does not know: {' '.join(map(repr, unknown))})"
    assert str(error.value).partition(" (")[2] == (named[2:] if unknown else "")


@pytest.mark.parametrize("length", [2**30, 2**30 + 2, 3_000_000_000])
def test_a_length_without_bounds_allows_no_more(length):
    guide = make_constraint(LETTERS, Conditions(pattern="ab"), length)
    memory = guide.follow(guide.start(1, np.zeros(0, np.int32), length), LETTERS.encode("a"))
    allowed = np.flatnonzero(guide.guide(memory, np.zeros((1, LETTERS.size)))[0] > -np.inf)
    np.testing.assert_array_equal(allowed, LETTERS.encode("b"))
    assert guide.ended(guide.follow(memory, LETTERS.encode("b")))


def test_a_text_may_begin_in_many_ways_but_unreachable_states_are_known():
    table = automaton(pattern="a(b|c1{3}日)")
    assert table.least_S[state_after(table, "ac")] == UNREACHABLE
    assert table.least_S[state_after(table, "a")] == 1
    assert np.array_equal(table.next_SC[0], np.zeros_like(table.next_SC[0]))
