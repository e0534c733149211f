"""Text that does not copy, checked without the index, by plain search in the corpus."""

import re

import numpy as np
import pytest

import charrnn
from charrnn.models.folder import TEXT, save_model
from charrnn.models.kept_text import kept_text
from charrnn.models.ngram.model import NgramModel
from charrnn.text.vocabulary import Vocabulary
from charrnn.writing import dead_ends
from charrnn.writing import draw as draw_module
from charrnn.writing.beam import beam_search
from charrnn.writing.draw import draw
from charrnn.writing.novel import Novel, longest_copy
from charrnn.writing.options import SampleOptions
from charrnn.writing.steering import drawing_for
from tests.conftest import assert_one_clear_line, small_text


@pytest.fixture(scope="module")
def text():
    return small_text(3000, seed=6)


@pytest.fixture(scope="module")
def copier(text):
    """A model that knows its text by heart."""
    vocabulary = Vocabulary.build(np.array([ord(c) for c in text], np.uint32))
    return NgramModel.train(vocabulary.encode(text), vocabulary, order=12)


def copies(written, text, length):
    return [written[k : k + length] for k in range(len(written) - length + 1) if written[k : k + length] in text]


@pytest.mark.parametrize("span", [3, 8, 20])
def test_no_span_is_copied(text, copier, span):
    novel = Novel(copier, copier.vocabulary.encode(text), span)
    plain, kept = (charrnn.sample(model, length=400, seed=2, temperature=0.5) for model in (copier, novel))
    assert copies(plain, text, span)
    assert not copies(kept, text, span)
    primed = charrnn.sample(novel, prime=text[50:80], length=100, seed=3)
    assert not copies(primed[30 - span + 1 :], text, span)  # also none that begins in the primer


def novel_texts(model, count=10, **steering):
    vocabulary, length = model.vocabulary, 40
    drawing = drawing_for(model, SampleOptions(length=length, **steering))
    texts = [""] * count
    for row, piece in draw(model, prime=vocabulary.encode(""), length=length, count=count, drawing=drawing, dead_ends=True):
        texts[row] += vocabulary.decode(piece)
    return texts


@pytest.mark.parametrize(
    ("span", "steering"),
    [
        (8, {"pattern": "(the |a )+(cat|dog|tree)( (sees|likes) .*)?", "temperature": 0.3}),
        (8, {"pattern": "(the |a |red |old )+(cat|dog|tree)( (sees|likes) .*)?", "greedy": True}),
        (10, {"pattern": "((the|a|red|old) )*(cat|dog)\\.", "must": ["red"]}),
    ],
)
def test_a_text_in_a_dead_end_goes_back_and_finds_another_way(monkeypatch, text, copier, span, steering):
    novel = Novel(copier, copier.vocabulary.encode(text), span)
    stuck = []
    monkeypatch.setattr(draw_module, "recovered", lambda *all: stuck.append(all) or dead_ends.recovered(*all))
    for written in novel_texts(novel, **steering):
        assert not copies(written, text, span)
        assert "\N{REPLACEMENT CHARACTER}" not in written
        assert set(written) <= set(steering.get("allow", written)) | {"\n"}
        assert re.fullmatch(steering.get("pattern", "(?s:.*)"), written)
        assert len(written) == 40 or "pattern" in steering
        assert all(part in written for part in steering.get("must", ()))
    assert stuck


@pytest.mark.parametrize("steering", [{"pattern": "the cat sees"}, {"allow": "t", "ban": "\n"}])
def test_where_every_way_on_is_a_copy_that_is_said(copier, steering):
    corpus = copier.vocabulary.encode("the cat sees ttt")
    with pytest.raises(
        charrnn.CharrnnError, match="copies no 3 characters in a row and meets the conditions; raise --novel"
    ):
        novel_texts(Novel(copier, corpus, 3), **steering)
    with pytest.raises(charrnn.CharrnnError, match="--beam 2"):
        beam_search(Novel(copier, corpus, 3), prime=corpus[:0], length=40, beam=2,
                    drawing=drawing_for(copier, SampleOptions(length=40, **steering)))  # fmt: skip


def test_a_dead_end_is_looked_for_once_a_text_and_only_when_it_is_its_turn(monkeypatch, copier):
    looked = []
    monkeypatch.setattr(draw_module, "is_stuck", lambda text, *all: looked.append(len(text.ids)))
    how = {"prime": copier.vocabulary.encode("the"), "length": 5 * draw_module.STEPS, "count": 3, "dead_ends": True}
    assert [row for row, piece in draw(copier, **how) if len(piece)] == [0, 1, 2]
    assert looked == [5 * draw_module.STEPS] * 3

    def no_way_on(*all):
        raise charrnn.CharrnnError("no way on")

    looked.clear()
    monkeypatch.setattr(draw_module, "is_stuck", lambda *all: looked.append(all) or len(looked) > 1)
    monkeypatch.setattr(draw_module, "recovered", no_way_on)
    written = draw(copier, **how)
    assert [(row, len(piece)) for row, piece in (next(written), next(written))] == [(0, 5 * draw_module.STEPS), (0, 0)]
    with pytest.raises(charrnn.CharrnnError, match="no way on"):
        next(written)


def test_nothing_else_is_forbidden(text, copier):
    """A symbol is refused exactly where it would complete a span of the corpus."""
    novel = Novel(copier, copier.vocabulary.encode(text), 4)
    symbols = copier.vocabulary.symbols
    for context in (text[10:13], "xyz", "the", "cat", "ttt"):
        _, log_probs_BTV = novel.advance(novel.start(1), copier.vocabulary.encode(context)[None])
        for k, symbol in enumerate(symbols, 1):
            assert (log_probs_BTV[0, -1, k] == -np.inf) == (context + symbol in text), (context, symbol)


def test_chunks_equal_the_whole(text, copier):
    novel, ids = Novel(copier, copier.vocabulary.encode(text), 4), copier.vocabulary.encode(text[5:17])[None]
    whole = novel.advance(novel.start(1), ids)[1]
    state, first = novel.advance(novel.start(1), ids[:, :5])
    np.testing.assert_array_equal(np.concatenate([first, novel.advance(state, ids[:, 5:])[1]], 1), whole)


@pytest.mark.parametrize(("written", "corpus", "wanted"), [("xxabcyy", "zabcz", (2, 3)), ("abc", "xyz", (0, 0)),
                                                           ("abab", "babab", (0, 4)), ("", "a", (0, 0))])  # fmt: skip
def test_the_longest_copy(written, corpus, wanted):
    vocabulary = Vocabulary("\nabcxyzX")
    assert longest_copy(vocabulary.encode(written), vocabulary.encode(corpus)) == wanted


def test_on_the_command_line(run, tmp_path, text, copier):
    save_model(copier, tmp_path / "m")
    (tmp_path / "text").write_text(text)
    how = ["sample", "-m", tmp_path / "m", "--length", 200, "--count", 2, "--seed", 1, "--temperature", 0.5]
    how += ["--corpus", tmp_path / "text"]
    code, out, error = run(*how, "--report")
    assert code == 0
    told = [int(line.split("span ")[1].split()[0]) for line in error.splitlines()]
    texts = [out[:200], out[201:401]]
    for written, length in zip(texts, told, strict=True):
        assert copies(written, text, length)
        assert not copies(written, text, length + 1)
    code, out, error = run(*how, "--report", "--novel", 10)
    assert code == 0
    assert all(int(line.split("span ")[1].split()[0]) < 10 for line in error.splitlines())
    assert_one_clear_line(run(*how[:-2], "--novel", 10), "m: does not hold the text", "--corpus", "--keep-text")
    assert run(*how)[0] == 2


TINY = ["--steps", "2", "--hidden", "8", "--embedding", "4", "--batch-size", "4", "--window", "8"]


@pytest.mark.parametrize("command", [["train", *TINY], ["ngram", "--order", 9, "--min-counts", 1]], ids=["train", "ngram"])
def test_the_text_learnt_from_can_be_kept_in_the_model_folder(run, tmp_path, text, command):
    (tmp_path / "text").write_text(text)
    model = tmp_path / "m"
    assert run(*command, tmp_path / "text", "-m", model, "--keep-text")[0] == 0
    kept = "".join(map(chr, kept_text(model)))
    assert kept == text[: int(len(text) * 0.9)]  # not what is held out
    assert kept_text(model).dtype == np.uint8
    out, error = run("sample", "-m", model, "--novel", 5, "--report", "--count", 3, "--length", 90, "--seed", 1)[1:]
    assert not copies(out, kept, 5)
    assert all(int(line.split("span ")[1].split()[0]) < 5 for line in error.splitlines())
    named = run(
        "sample", "-m", model, "--novel", 5, "--count", 3, "--length", 90, "--seed", 1, "--corpus", tmp_path / "text"
    )[1]
    assert not copies(named, text, 5)

    damaged = bytearray((model / TEXT).read_bytes())
    damaged[-9] ^= 1
    (model / TEXT).write_bytes(damaged)
    assert_one_clear_line(run("sample", "-m", model, "--novel", 5), "checksum does not match")
    assert run(*command, tmp_path / "text", "-m", model, "--overwrite")[0] == 0
    assert kept_text(model) is None


def test_a_mixture_compares_with_the_texts_of_all_its_models(run, tmp_path):
    for name, words in (("a", "the old red cat sees a tree. "), ("b", "a small dog likes the house. ")):
        (tmp_path / name).write_text(words * 20)
        assert (
            run("ngram", tmp_path / name, "-m", tmp_path / f"m{name}", "--order", 4, "--min-counts", 1, "--keep-text")[0]
            == 0
        )
    mixture = ["sample", "-m", tmp_path / "ma", "-m", tmp_path / "mb", "--novel", 6, "--count", 3, "--seed", 1]
    out = run(*mixture)[1]
    assert len(out) > 1000
    assert not any(copies(out, (tmp_path / name).read_text(), 6) for name in "ab")
    (tmp_path / "mb" / TEXT).unlink()
    assert_one_clear_line(run(*mixture), "mb: does not hold the text")
