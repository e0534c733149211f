import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import CharrnnError
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary, to_units

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def vocabulary(text, level="char", **more):
    return Vocabulary.build(to_units(text, level), level, **more)


def test_units_are_code_points_or_bytes():
    assert to_units("a好😀").tolist() == [0x61, 0x597D, 0x1F600]
    assert to_units("a好", "byte").tolist() == [0x61, 0xE5, 0xA5, 0xBD]
    assert to_units("a好").dtype == np.uint32
    assert to_units(b"\xff\x00", "byte").dtype == np.uint8
    assert to_units("é".encode()).tolist() == [0xE9]


def test_bytes_that_are_no_text():
    with pytest.raises(CharrnnError, match=r"bytes that are not UTF-8 \(at 2\), which only models of bytes know"):
        to_units(b"ab\xff")
    # an argument of a command whose bytes are not UTF-8 reaches Python with surrogate escapes
    argument = b"ab\xff".decode("utf-8", "surrogateescape")
    with pytest.raises(CharrnnError, match=r"\(at 2\), which only models of bytes"):
        to_units(argument)
    assert to_units(argument, "byte").tolist() == [0x61, 0x62, 0xFF]
    with pytest.raises(CharrnnError):
        to_units("\ud800", "byte")


def test_build_sorts_symbols_behind_the_newline():
    built = vocabulary("banana\nband")
    assert built.symbols == "\nabdn"
    assert built.size == 6
    assert built.encode("\nban").tolist() == [BOUNDARY, 3, 2, 5]
    assert vocabulary("好").symbols == "\n好"  # the boundary is there, whether the text has it or not


def test_unknown_probability_is_laplace_unless_rare_symbols_taught_it():
    assert vocabulary("banana").unknown_probability == 1 / 7
    rare = vocabulary("banana", min_count=2)
    assert rare.symbols == "\nan"
    assert rare.unknown_probability == 0
    assert vocabulary("aabb\n", min_count=2).unknown_probability == 1 / 6  # a single newline is not rare


@given(texts, texts)
def test_known_text_comes_back_and_the_rest_is_unknown(known, other):
    built = vocabulary(known)
    assert built.decode(built.encode(known)) == known
    assert built.encode(known).dtype == np.int32
    missing = [c for c in other if c not in known and c != "\n"]
    assert (built.encode(other) == UNKNOWN).sum() == len(missing)
    assert built.unknown_in(other) == list(dict.fromkeys(missing))
    assert built.decode(built.encode(other)) == "".join("\N{REPLACEMENT CHARACTER}" if c in missing else c for c in other)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_bytes_come_back(known, other):
    built = vocabulary(known, "byte")
    assert built.decode_bytes(built.encode(known)) == known
    expected = bytes(b if b in known or b == 10 else ord("?") for b in other)
    assert built.decode_bytes(built.encode(other)) == expected


def test_every_byte_has_its_id():
    built = vocabulary(bytes(range(256)), "byte")
    assert built.size == 257
    assert sorted(built.encode(bytes(range(256))).tolist()) == list(range(1, 257))
    assert built.unknown_in("é") == []
    assert vocabulary(b"ab", "byte").unknown_in("aé") == ["\\xc3", "\\xa9"]


def test_half_a_character_decodes_to_a_replacement():
    built = vocabulary("é".encode(), "byte")
    assert built.decode(built.encode(b"\xc3")) == "\N{REPLACEMENT CHARACTER}"


def test_characters_beyond_the_largest_known_are_unknown():
    assert vocabulary("abc").encode("d😀\U0010ffff").tolist() == [0, 0, 0]


@given(texts, texts)
def test_growing_keeps_every_old_id(old, new):
    built = vocabulary(old)
    grown = built.grown(to_units(new))
    assert grown.symbols.startswith(built.symbols)
    assert (grown.encode(old) == built.encode(old)).all()
    assert set(grown.symbols) == set(old) | set(new) | {"\n"}
    assert not grown.unknown_in(new)


def test_json_holds_everything():
    built = vocabulary("a好\x1f")
    assert Vocabulary(**built.to_json()) == built
