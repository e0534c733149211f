"""Cutting texts into words, and vocabularies of words."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import CharrnnError
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.tokens import TOKENS, check_tokens, split_words
from charrnn.text.vocabulary import Vocabulary, to_units
from charrnn.text.words import WordVocabulary, vocabulary_from

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
spaced = st.text(st.sampled_from("ab' \t\n.-好’"), max_size=60)
TEXT = "the cat saw the dog\nthe dog ran\n"


def test_a_word_has_the_blank_before_it_and_its_apostrophes():
    said = "I'll go, o'er there --\n\n   she said:  no…"
    words = ["I'll", " go", ",", " o'er", " there", " --", "\n", "\n", "  ", " she", " said", ":", " ", " no", "…"]
    assert split_words(said) == words
    assert split_words("") == []
    assert split_words(" \n") == [" ", "\n"]


@given(texts | spaced, st.sampled_from([TOKENS, r"\w+", r" ?\S+", r"\s+", r"a*", r"\w"]))
def test_joined_words_are_the_text_and_newlines_stand_alone(text, tokens):
    words = split_words(text, tokens)
    assert "".join(words) == text
    assert all(word == "\n" or (word and "\n" not in word) for word in words)


@given(spaced, spaced)
def test_a_line_is_cut_as_it_is_within_a_text(one, other):
    assert split_words(one + "\n" + other) == [*split_words(one), "\n", *split_words(other)]


def test_expressions_that_cannot_be():
    for tokens, what in (("(a", "is no regular expression"), ("(a|b)", r"write groups as \(\?:...\)")):
        with pytest.raises(CharrnnError, match=what):
            check_tokens(tokens)
    check_tokens("(?:a|b)")


def test_frequent_words_come_first_and_rare_ones_are_unknown():
    built = WordVocabulary.of(TEXT, min_count=2)
    assert built.symbols == ("\n", " dog", "the")
    assert built.rare == (" cat", " ran", " saw", " the")
    assert built.unknown_probability == 0
    assert built.encode(TEXT).tolist() == [3, 0, 0, 0, 2, BOUNDARY, 3, 2, 0, BOUNDARY]
    assert built.encode(to_units("the cow")).tolist() == [3, UNKNOWN]
    assert built.unknown_in("the cow saw the cow") == [" cow", " saw", " the"]
    assert built.decode(built.encode("the cow\n")) == "the\N{REPLACEMENT CHARACTER}\n"


def test_vocabulary_size_keeps_the_most_frequent():
    built = WordVocabulary.of("a b b c c c", tokens=r"\w", size=2)
    assert built.symbols == ("\n", " ", "c")  # the blank between two matches is a word as well
    assert built.rare == ("a", "b")
    assert WordVocabulary.of("a b b c c c", tokens=r"\w", size=9).unknown_probability == 1 / 12


def test_where_nothing_is_left_out_the_unknown_probability_is_laplace():
    built = WordVocabulary.of(TEXT)
    assert built.rare == ()
    assert built.unknown_probability == 1 / 11


@given(spaced, spaced)
def test_known_words_come_back_and_growing_keeps_every_id(old, new):
    built = WordVocabulary.of(old)
    assert built.decode(built.encode(old)) == old
    grown = built.grown(to_units(new))
    assert (grown.encode(old) == built.encode(old)).all()
    assert not grown.unknown_in(new)
    assert grown.decode(grown.encode(new)) == new


def test_json_holds_everything_and_of_characters_what_it_held_before():
    built = WordVocabulary.of(TEXT, min_count=2, tokens=r" ?\w+")
    assert vocabulary_from(json.loads(json.dumps(built.to_json()))) == built
    characters = Vocabulary.build(to_units("a好"))
    assert characters.to_json() == {"symbols": "\na好", "level": "char", "unknown_probability": 1 / 3}
    assert vocabulary_from(characters.to_json()) == characters
    with pytest.raises(TypeError):
        vocabulary_from({"symbols": "\n", "more": 1})


def test_parts_and_ids_of_symbols():
    built = WordVocabulary.of(TEXT)
    assert built.parts("the cow\n") == ["the", " cow", "\n"]
    np.testing.assert_array_equal(built.ids_of(built.parts(TEXT)), built.encode(TEXT))
    assert Vocabulary.build(to_units("aé"), "char").parts("é\n") == ["é", "\n"]
    assert Vocabulary.build(to_units("aé", "byte"), "byte").parts("é") == ["\xc3", "\xa9"]
    assert Vocabulary.build(to_units("ab")).ids_of(["b", "?", "\n"]).tolist() == [3, UNKNOWN, BOUNDARY]
