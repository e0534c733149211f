"""Writing an n-gram model in the ARPA format that kenlm, SRILM and decoders read, with its symbols for words.

Base-10 logarithms: of the probability of each n-gram, interpolated in full, and of its back-off weight where anything
may follow it. Read by the back-off rule that is our model exactly, with one exception: where the vocabulary gives the
unknown symbol a fixed probability, <unk> has it before back-off weights only, as no back-off model can hold a constant.

How characters are written, by arpa_words(): as they are, if they can be printed; a space as <space>; others (tabs,
other spaces, controls) as <U+00A0>; at level "byte", bytes that are not printable ASCII as <0xFF>; the unknown symbol
as <unk>. A word of a model of words is written likewise, but a space that it begins with as ▁, as in SentencePiece, and
others as <U+0020>. A model of lines has the boundary as <s> and </s>, so that a line is a sentence. A model of a stream
has it as the ordinary word <newline>; its <s> and </s> are there for form, without probability: score its texts without
them, after a <newline>.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from charrnn.files import replacing
from charrnn.models.ngram.model import NgramModel
from charrnn.models.ngram.trie import FIRST_SYMBOL, Trie
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary

BLOCK = 1 << 16  # n-grams turned to text at a time
MARKERS = ("<unk>", "<s>", "</s>", "<newline>")
NEVER = "-99"  # the format's usual logarithm of nothing


def arpa_words(vocabulary: Vocabulary, *, lines: bool) -> list[str]:
    """The word that stands for each id; for the boundary, what it is at the end of a line."""
    boundary = "</s>" if lines else "<newline>"
    return ["<unk>", *(boundary if s == "\n" else arpa_word(s, vocabulary.level) for s in vocabulary.symbols)]


def arpa_word(symbol: str, level: str) -> str:
    """The word that stands for a character or byte."""
    if level == "word":
        return _written_word(symbol)
    if symbol == " ":
        return "<space>"
    if level == "byte":
        return symbol if symbol.isascii() and symbol.isprintable() else f"<0x{ord(symbol):02X}>"
    return symbol if symbol.isprintable() else f"<U+{ord(symbol):04X}>"


def _written_word(word: str) -> str:
    """A word without spaces and controls, and not one of the format's own."""
    first = "▁" if word[:1] == " " else ""
    rest = word.removeprefix(" ")
    written = "".join(one if one.isprintable() and one not in " ▁" else f"<U+{ord(one):04X}>" for one in rest)
    return written.replace("<", "<U+003C>", 1) if first + written in MARKERS else first + written


def write_arpa_file(model: NgramModel, path: Path) -> None:
    """Put the model at `path` as ARPA text, whole or not at all. Raises CharrnnError where that cannot be written."""
    with replacing(path) as file:
        text = io.TextIOWrapper(file, "utf-8")
        write_arpa(model, text)
        text.detach()  # flushed, and left open for the one who opened it


def write_arpa(model: NgramModel, file: TextIO) -> None:
    """Write the model to a file opened for text in UTF-8, n-gram after n-gram."""
    markers = 1 if model.lines else 2
    numbers = [model.ngrams[0] + markers, *model.ngrams[1:]]
    file.write("\\data\\\n")
    file.writelines(f"ngram {order}={number}\n" for order, number in enumerate(numbers, 1))
    for order in range(1, model.order + 1):
        file.write(f"\n\\{order}-grams:\n")
        if order == 1:
            file.writelines(_sentence_markers(model))
        file.writelines(_entries(model, order))
    file.write("\n\\end\\\n")


def _sentence_markers(model: NgramModel) -> Iterator[str]:
    """<s>, which is never predicted (in a model of lines, their first context); </s>, where nothing else is it."""
    if model.lines:
        backoff = np.log10(model.trie.backoff_C[FIRST_SYMBOL + BOUNDARY])
        yield f"{NEVER}\t<s>\t{backoff:.7g}\n"
    else:
        yield f"{NEVER}\t<s>\n"
        yield f"{NEVER}\t</s>\n"


def _entries(model: NgramModel, order: int) -> Iterator[str]:
    """The lines of all n-grams of an order: its logarithm, its words and, for a context, its back-off weight's."""
    trie, lines = model.trie, model.lines
    words = arpa_words(model.vocabulary, lines=lines)
    log_known, unknown = np.log10(1 - model.vocabulary.unknown_probability), model.vocabulary.unknown_probability
    for start in range(trie.levels[order], trie.levels[order + 1], BLOCK):
        nodes = np.arange(start, min(start + BLOCK, trie.levels[order + 1]))
        ids_QK = _ngrams(trie, nodes, order)
        with np.errstate(divide="ignore"):  # the unknown symbol with a probability of its own
            log_probs = np.log10(trie.probability_N[nodes].astype(np.float64)) + log_known
        if order == 1 and unknown:
            log_probs[nodes == FIRST_SYMBOL + UNKNOWN] = np.log10(unknown)
        for ids, log_prob, backoff in zip(ids_QK.tolist(), log_probs.tolist(), _backoffs(trie, nodes, order), strict=True):
            ngram = [words[symbol] for symbol in ids]
            if lines and ids[0] == BOUNDARY:
                if order == 1:
                    backoff = ""  # it stands with <s>
                else:
                    ngram[0] = "<s>"
            yield f"{log_prob:.7g}\t{' '.join(ngram)}{backoff}\n"


def _backoffs(trie: Trie, nodes: np.ndarray, order: int) -> list[str]:
    """What follows each n-gram in its line: nothing for those that nothing follows."""
    if order == trie.order:
        return [""] * len(nodes)
    followed = trie.starts_C[nodes] < trie.starts_C[nodes + 1]
    logarithms = np.log10(trie.backoff_C[nodes].astype(np.float64))
    return [f"\t{log:.7g}" if is_context else "" for log, is_context in zip(logarithms, followed, strict=True)]


def _ngrams(trie: Trie, nodes: np.ndarray, order: int) -> np.ndarray:
    """The ids of the nodes' n-grams, [nodes, order], read from the last symbol back."""
    ids_QK = np.empty((len(nodes), order), trie.symbols_N.dtype)
    for place in reversed(range(order)):
        ids_QK[:, place] = trie.symbols_N[nodes]
        nodes = np.searchsorted(trie.starts_C, nodes.astype(trie.starts_C.dtype), side="right") - 1  # their contexts
    return ids_QK
