"""Text that does not copy, checked without the index, by plain search in the corpus."""

import numpy as np
import pytest

import charrnn
from charrnn.inference.novel import Novel, longest_copy
from charrnn.models.folder import save_model
from charrnn.models.ngram import NgramModel
from charrnn.text.vocabulary import Vocabulary
from tests.conftest import small_text


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
    assert run("sample", "--novel", 10)[0] == 2
    assert run(*how)[0] == 2
