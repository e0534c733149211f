"""ARPA files against a plain back-off reader of our own, and against kenlm where it is installed."""

import io
import math

import numpy as np
import pytest

from charrnn.models.ngram import arpa
from charrnn.models.ngram.arpa import arpa_words, write_arpa
from charrnn.models.ngram.model import NgramModel
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.tokens import TOKENS
from charrnn.text.vocabulary import Vocabulary
from charrnn.text.words import WordVocabulary

TEXT = (
    "the cat sat on the mat\nthe rat sat on the cat\n\na fat cat ate the rat\tthat sat\u3000on a mat\n"
    "at that the bat sat\nthe bat ate a rat and a cat\n"
)
UNSEEN = "the rat ate\na mat\tthat\n\ncan the cat\n"


def read_arpa(text):
    """{n-gram: (log10 probability, log10 back-off)}, and the numbers of n-grams that the head announces."""
    head, *sections = text.removesuffix("\n\\end\\\n").split("\n\\")
    announced = [int(line.split("=")[1]) for line in head.splitlines() if line.startswith("ngram ")]
    entries = {}
    for order, section in enumerate(sections, 1):
        title, *lines = section.rstrip("\n").split("\n")
        assert title == f"{order}-grams:"
        assert len(lines) == announced[order - 1]
        for line in lines:
            log_prob, ngram, *backoff = line.split("\t")
            assert len(ngram.split(" ")) == order
            entries[tuple(ngram.split(" "))] = (float(log_prob), float(backoff[0]) if backoff else 0.0)
    return entries, announced


def log10(entries, context, word):
    """The back-off rule."""
    if (*context, word) in entries:
        return entries[(*context, word)][0]
    return entries.get(context, (0, 0.0))[1] + log10(entries, context[1:], word)


def trained(*, lines, rare, order, text=TEXT, min_counts=None):
    vocabulary = Vocabulary.build(np.frombuffer(text.encode("utf-32-le"), np.uint32), min_count=rare)
    return NgramModel.train(vocabulary.encode(text), vocabulary, order=order, lines=lines, min_counts=min_counts)


def written(model):
    file = io.StringIO()
    write_arpa(model, file)
    return file.getvalue()


def scores(model, text):
    """The ids of a text after a boundary, and the log10 of each one's probability."""
    ids = np.concatenate([[BOUNDARY], model.vocabulary.encode(text)])[None]
    _, log_probs = model.target_log_probs(model.start(1), ids[:, :-1], ids[:, 1:])
    return ids[0], log_probs[0] / math.log(10)


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("rare", [1, 5])
@pytest.mark.parametrize(("order", "min_counts"), [(2, None), (3, None), (6, None), (5, (1, 1, 2))])
def test_the_back_off_rule_gives_the_models_probabilities(lines, rare, order, min_counts):
    model = trained(lines=lines, rare=rare, order=order, min_counts=min_counts)
    entries, announced = read_arpa(written(model))
    assert announced[1:] == model.ngrams[1:]
    words = arpa_words(model.vocabulary, lines=lines)
    ids, expected = scores(model, UNSEEN)
    history = ["<s>" if lines else "<newline>"]
    for symbol, log_prob in zip(ids[1:], expected, strict=True):
        found = log10(entries, tuple(history[-(order - 1) :]), words[symbol])
        if symbol != UNKNOWN or rare > 1:
            assert found == pytest.approx(log_prob, abs=2e-6)  # float32 probabilities, seven digits in the file
        history = ["<s>"] if lines and symbol == BOUNDARY else [*history, words[symbol]]
    if rare == 1:
        assert entries[("<unk>",)][0] == pytest.approx(math.log10(model.vocabulary.unknown_probability))


def test_written_in_blocks_it_is_the_same(monkeypatch):
    model = trained(lines=True, rare=1, order=5)
    expected = written(model)
    monkeypatch.setattr(arpa, "BLOCK", 7)
    assert written(model) == expected


def test_a_small_file_in_full():
    """Text "ab", order 2; the figures of test_two_characters_by_hand, unknown 1/3 and all else times 2/3."""
    log = [math.log10(2 / 3 * p) for p in (0.5 / 3, 0.25 + 0.5 / 3, 0.5 + 0.5 * (0.25 + 0.5 / 3))]
    half = math.log10(0.5)
    entries, announced = read_arpa(written(trained(lines=False, rare=1, order=2, text="ab")))
    assert announced == [6, 2]
    expected = {
        ("<s>",): (-99, 0),
        ("</s>",): (-99, 0),
        ("<unk>",): (math.log10(1 / 3), 0),
        ("<newline>",): (log[0], half),
        ("a",): (log[1], half),
        ("b",): (log[1], 0),
        ("<newline>", "a"): (log[2], 0),
        ("a", "b"): (log[2], 0),
    }
    assert entries.keys() == expected.keys()
    for ngram, values in expected.items():
        assert entries[ngram] == pytest.approx(values, abs=1e-6)


def test_no_character_breaks_the_format():
    characters = "\n a<\t\u00a0\u3000\u2028\x1f\u200bé中"
    words = arpa_words(Vocabulary(characters), lines=True)
    assert words == ["<unk>", "</s>", "<space>", "a", "<", "<U+0009>", "<U+00A0>", "<U+3000>", "<U+2028>", "<U+001F>",
                     "<U+200B>", "é", "中"]  # fmt: skip
    words = arpa_words(Vocabulary("\n \xe9\x00a", "byte"), lines=False)
    assert words == ["<unk>", "<newline>", "<space>", "<0xE9>", "<0x00>", "a"]


@pytest.mark.parametrize("rare", [1, 5])
@pytest.mark.parametrize("lines", [False, True])
def test_kenlm_reads_the_same_probabilities(lines, rare, tmp_path):
    kenlm = pytest.importorskip("kenlm", reason="kenlm is not installed, so its reading is not compared")
    model = trained(lines=lines, rare=rare, order=5)
    path = tmp_path / "model.arpa"
    path.write_text(written(model), encoding="utf-8")
    other = kenlm.Model(str(path))
    words = arpa_words(model.vocabulary, lines=lines)
    ids, expected = scores(model, UNSEEN)
    state, next_state = kenlm.State(), kenlm.State()
    if lines:
        other.BeginSentenceWrite(state)
    else:
        other.NullContextWrite(next_state)
        other.BaseScore(next_state, "<newline>", state)
    for symbol, log_prob in zip(ids[1:], expected, strict=True):
        found = other.BaseScore(state, words[symbol], next_state)
        if symbol != UNKNOWN or rare > 1:
            assert found == pytest.approx(log_prob, abs=1e-4)
        state, next_state = next_state, state
        if lines and symbol == BOUNDARY:
            other.BeginSentenceWrite(state)


@pytest.mark.parametrize("lines", [True, False])
@pytest.mark.parametrize("order", [2, 4])
def test_words_come_back_from_the_arpa_text(lines, order):
    text = TEXT + "a <unk> and  two,\t▁ <s> tabs\n"
    vocabulary = WordVocabulary.of(text, min_count=2, tokens=r" ?<\w+>|" + TOKENS)
    model = NgramModel.train(vocabulary.encode(text), vocabulary, order=order, lines=lines)
    entries, announced = read_arpa(written(model))
    assert announced[0] == vocabulary.size + (1 if lines else 2)
    words = arpa_words(vocabulary, lines=lines)
    assert len(set(words)) == len(words)
    assert "▁the" in words
    assert not any(character.isspace() for word in words for character in word)
    ids, wanted = scores(model, UNSEEN)
    begin, end = ("<s>", "</s>") if lines else ("<newline>", "<newline>")
    context = (begin,)
    for number, value in zip(ids[1:], wanted, strict=True):
        word = end if number == BOUNDARY else words[number]
        assert log10(entries, context[-order + 1 :], word) == pytest.approx(value, abs=1e-4)
        context = (begin,) if lines and number == BOUNDARY else (*context, word)


def test_words_that_look_like_the_formats_own():
    assert [arpa.arpa_word(word, "word") for word in ("<s>", " <s>", "▁", "  \t", "<a>", "a b")] == [
        "<U+003C>s>", "▁<s>", "<U+2581>", "▁<U+0020><U+0009>", "<a>", "a<U+0020>b",
    ]  # fmt: skip
