"""Counting and smoothing against a plain reference written from Chen and Goodman's equations."""

import itertools
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.errors import CharrnnError
from charrnn.models.ngram import counts as ngram_counts
from charrnn.models.ngram.columns import Workspace
from charrnn.models.ngram.kneser_ney import discounts
from charrnn.models.ngram.model import NgramModel
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary

TEXT = (
    "the cat sat on the mat\nthe rat sat on the cat\n\na fat cat ate the rat that sat on a mat\n"
    "at that the bat sat\nthe bat ate a rat and a cat\n"
)
START = "start"  # the reference tells the boundary before a line from the one after it; the model does not


class Reference:
    """Interpolated modified Kneser-Ney with dictionaries of tuples, following Chen and Goodman (1998) word for word."""

    def __init__(self, ids, size, order, *, lines, unknown_probability=0.0, min_count=1):
        self.order, self.lines, self.unknown, self.min_count = order, lines, unknown_probability, min_count
        self.known = [w for w in range(size) if w != UNKNOWN or not unknown_probability]
        sentences = [[BOUNDARY, *ids]]
        if lines:
            text = [*ids] if ids[-1] == BOUNDARY else [*ids, BOUNDARY]
            ends = [k for k, w in enumerate(text) if w == BOUNDARY]
            sentences = [[START, *text[a:b]] for a, b in itertools.pairwise([0, *(end + 1 for end in ends)])]
        self.raw = [Counter(tuple(s[i : i + k]) for s in sentences for i in range(len(s) - k + 1)) for k in range(order + 1)]
        self.counts = [Counter(grams) for grams in self.raw]
        for k in range(1, order):
            before = defaultdict(set)
            for gram in self.raw[k + 1]:
                before[gram[1:]].add(gram[0])
            first = tuple(sentences[0][:k]) if k > 1 and not lines else None
            for gram in self.counts[k]:
                if not (lines and k > 1 and gram[0] == START):
                    self.counts[k][gram] = len(before[gram]) + (gram == first)
        self.counts[1].pop((START,), None)
        self.discounts = [None, *(self.discount(grams.values()) for grams in self.counts[1:])]
        self.successors = [None, *(self.by_context(grams) for grams in self.counts[1:])]

    @staticmethod
    def by_context(grams):
        contexts = defaultdict(dict)
        for gram, count in grams.items():
            if count:
                contexts[gram[:-1]][gram[-1]] = count
        return contexts

    @staticmethod
    def discount(values):
        n = Counter(values)
        if not all(n[k] for k in (1, 2, 3, 4)):
            return [0, 0.5, 1.0, 1.5]
        y = n[1] / (n[1] + 2 * n[2])
        found = [0, 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]
        return found if all(0 < found[k] < k for k in (1, 2, 3)) else [0, 0.5, 1.0, 1.5]

    def probability(self, history, symbol):
        """p(symbol | history), the history beginning with a boundary."""
        if self.unknown and symbol == UNKNOWN:
            return self.unknown
        if self.lines:
            after = [k for k, w in enumerate(history) if w == BOUNDARY]
            history = [START, *history[after[-1] + 1 :]] if after else history
        return self.interpolated(tuple(history[-(self.order - 1) :]), symbol) * (1 - self.unknown)

    def interpolated(self, context, symbol):
        lower = self.interpolated(context[1:], symbol) if context else 1 / len(self.known)
        successors = self.successors[len(context) + 1].get(context)
        if not successors:
            return lower
        discount, total = self.discounts[len(context) + 1], sum(successors.values())
        kept = {
            w: c - discount[min(c, 3)]
            for w, c in successors.items()
            if not context or self.raw[len(context) + 1][(*context, w)] >= self.min_count
        }
        return kept.get(symbol, 0.0) / total + (1 - sum(kept.values()) / total) * lower


def encoded(text=TEXT, min_count=1):
    vocabulary = Vocabulary.build(np.frombuffer(text.encode("utf-32-le"), np.uint32), min_count=min_count)
    return vocabulary, vocabulary.encode(text)


def read(model, ids):
    """The log-probabilities after each id of one row."""
    return model.advance(model.start(1), np.array([ids]))[1][0]


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("rare", [1, 5])
@pytest.mark.parametrize(("order", "min_count"), [(2, 1), (3, 1), (5, 1), (5, 2)])
def test_equals_the_equations(lines, rare, order, min_count):
    vocabulary, ids = encoded(min_count=rare)
    assert (vocabulary.unknown_probability > 0) == (rare == 1)
    min_counts = (1, min_count)
    found = NgramModel.train(ids, vocabulary, order=order, lines=lines, min_counts=min_counts, precision=np.float64)
    options = {"lines": lines, "unknown_probability": vocabulary.unknown_probability, "min_count": min_count}
    reference = Reference(ids.tolist(), vocabulary.size, order, **options)
    history = [BOUNDARY, *vocabulary.encode("the cat xat\nfat\nthat sat on\n\na tea mat").tolist()]
    symbols = range(vocabulary.size)
    expected = [[reference.probability(history[: t + 1], w) for w in symbols] for t in range(len(history))]
    before, after = np.repeat([history[:-1]], 1, 0), np.array([history[1:]])
    _, log_probs = found.target_log_probs(found.start(1), before, after)
    np.testing.assert_allclose(read(found, history), np.log(expected), atol=1e-6)  # float32 out of advance()
    wanted = [expected[t][w] for t, w in enumerate(history[1:])]
    np.testing.assert_allclose(np.exp(log_probs[0]), wanted, atol=1e-9, rtol=1e-9)


def test_two_characters_by_hand():
    """Text "ab": all counts 1, so D = 0.5; γ of the empty context (0.5 + 0.5) / 2, of "a" 0.5 / 1; unknown 1/3."""
    vocabulary, ids = encoded("ab")
    model = NgramModel.train(ids, vocabulary, order=2)
    unigram = {"\n": 0.5 / 3, "a": 0.25 + 0.5 / 3, "b": 0.25 + 0.5 / 3}
    after_a = {s: 0.5 * p + (0.5 if s == "b" else 0) for s, p in unigram.items()}
    expected = [1 / 3, *(2 / 3 * after_a[s] for s in "\nab")]
    np.testing.assert_allclose(np.exp(read(model, [BOUNDARY, vocabulary.encode("a")[0]])[-1]), expected, rtol=1e-6)


def test_discounts_are_chen_and_goodmans():
    counts = np.array([1] * 4 + [2] * 2 + [3, 4, 9, 0])  # Y = 4 / (4 + 4)
    np.testing.assert_allclose(discounts([counts[:4], counts[4:]]), [0, 0.5, 1.25, 1.0])


@pytest.mark.parametrize("counts", [[], [7, 8, 9], [1, 2, 3], [1, 2, 3, 3, 4, 4, 4, 4]])
def test_discounts_fall_back_where_they_cannot_be_estimated(counts):
    assert discounts([np.array(counts, int)]).tolist() == [0, 0.5, 1, 1.5]


def assert_same(found, expected):
    for array, wanted in zip(found.trie, expected.trie, strict=True):
        np.testing.assert_array_equal(array, wanted, strict=True)
    assert found.discounts == expected.discounts


def crowded(ids, vocabulary, folder, memory, **options):
    """The model as it is counted in a workspace that has room for nothing but it, and the number of files that took."""
    with Workspace(memory, folder) as workspace, pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace, "check_fits", lambda size: None)
        model = NgramModel.train(ids, vocabulary, workspace=workspace, **options)
        files = workspace.files
    assert not list(folder.iterdir())
    return model, files


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("min_counts", [(1,), (1, 1, 2)])
@pytest.mark.parametrize(("memory", "order"), [(400, 9), (2000, 20), (5000, 3)])  # pieces of 11, 55, 138 characters
def test_counted_in_pieces_on_disk_it_is_the_same_model(tmp_path, lines, min_counts, memory, order):
    vocabulary, ids = encoded()
    options = {"order": order, "lines": lines, "min_counts": min_counts}
    found, files = crowded(ids, vocabulary, tmp_path, memory, **options)
    assert files > len(ids) * 18 / (memory / 2)  # more than one a piece
    assert_same(found, NgramModel.train(ids, vocabulary, **options))


@given(st.text("ab\n", min_size=1, max_size=60), st.booleans(), st.integers(40, 2000))
@settings(max_examples=40, deadline=None)
def test_any_text_in_any_pieces_is_the_same_model(tmp_path_factory, text, lines, memory):
    vocabulary, ids = encoded(text)
    found, _ = crowded(ids, vocabulary, tmp_path_factory.mktemp("crowded"), memory, order=4, lines=lines)
    assert_same(found, NgramModel.train(ids, vocabulary, order=4, lines=lines))


def test_with_many_symbols_pieces_are_shorter(monkeypatch):
    """A rank, a symbol and a position have to go into one number: here 17 bits for 6 + 5 + 6."""
    vocabulary, ids = encoded()
    expected = NgramModel.train(ids, vocabulary, order=6)
    monkeypatch.setattr(ngram_counts, "KEY_BITS", 17)
    assert_same(NgramModel.train(ids, vocabulary, order=6), expected)


def test_the_text_may_be_read_from_a_file(tmp_path):
    vocabulary, ids = encoded()
    ids.tofile(tmp_path / "ids")

    class File:
        """No more of an array than slices and a length."""

        def __len__(self):
            return len(ids)

        def __getitem__(self, part):
            start, stop, _ = part.indices(len(ids))
            return np.fromfile(tmp_path / "ids", ids.dtype, stop - start, offset=start * ids.itemsize)

    for lines in (False, True):
        expected = NgramModel.train(ids, vocabulary, order=4, lines=lines)
        assert_same(NgramModel.train(File(), vocabulary, order=4, lines=lines), expected)


def test_a_model_without_room_is_refused():
    vocabulary, ids = encoded()
    with pytest.raises(
        CharrnnError, match=r"the n-grams to be kept take .* GB .* give a lower --order, larger --min-counts"
    ):
        NgramModel.train(ids, vocabulary, order=6, workspace=Workspace(4000))


def test_pruning_drops_the_rare_ngrams():
    vocabulary, ids = encoded()
    whole = NgramModel.train(ids, vocabulary, order=5)
    pruned = NgramModel.train(ids, vocabulary, order=5, min_counts=(1, 1, 3))
    text = vocabulary.decode(np.concatenate([[BOUNDARY], ids]))
    expected = [len([n for n in Counter(text[i : i + k] for i in range(len(text) - k + 1)).values() if n >= 3])
                for k in (3, 4, 5)]  # fmt: skip
    assert pruned.ngrams == whole.ngrams[:2] + expected
