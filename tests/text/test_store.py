"""Texts that are read from a file are the texts that would be in memory."""

import io
import os
import sys
import tempfile
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import CharrnnError
from charrnn.text import store
from charrnn.text.batches import LineBatches, StreamBatches
from charrnn.text.corpus import read_corpus, read_units, with_fitting_part
from charrnn.text.long_array import (
    BLOCK,
    CodesFile,
    OpenFile,
    StoredArray,
    blocks,
    line_lengths,
    line_starts,
    open_checked,
    read_note,
    value_counts,
)
from charrnn.text.store import read_long
from charrnn.text.symbols import BOUNDARY
from charrnn.text.vocabulary import NEWLINE, Vocabulary
from charrnn.text.words import WordVocabulary

TEXTS = {
    "ascii": "the cat sees a dog.\nthe dog runs\n\nend" * 40,
    "chinese": "床前明月光,\r\n疑是地上霜。\n" * 30 + "x",
    "many": "".join(map(chr, range(0x4E00, 0x4E00 + 300))) + "\n" + "ab\n" * 50,
}


@pytest.fixture(params=sorted(TEXTS))
def text(request, tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXTS[request.param] * 3, encoding="utf-8", newline="")
    return str(path)


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "store")


@pytest.mark.parametrize("level", ["char", "byte"])
def test_a_stored_text_is_the_text(text, folder, level):
    stored, units = read_long([text], level=level, store=folder), read_units([text], level=level)
    assert isinstance(stored, StoredArray)
    assert stored.dtype == units.dtype
    assert len(stored) == len(units)
    assert stored[:].tolist() == units.tolist()
    for start, stop in ((0, 1), (5, 40), (len(units) - 3, None), (-7, -2), (9, 9)):
        assert stored[start:stop].tolist() == units[start:stop].tolist()
    assert all(np.array_equal(*both) for both in zip(value_counts(stored), value_counts(units), strict=True))


@pytest.mark.parametrize("by_lines", [False, True])
def test_a_stored_corpus_has_the_same_parts(text, folder, by_lines):
    kept, stored = (read_corpus([text], by_lines=by_lines, store=where) for where in (None, folder))
    kept, stored = (with_fitting_part(corpus, by_lines=by_lines) for corpus in (kept, stored))
    for part in ("training", "held_out", "fitting"):
        assert getattr(stored, part)[:].tolist() == getattr(kept, part).tolist()
    assert len(stored.fitting)
    counts = [value_counts(corpus.training) for corpus in (kept, stored)]
    assert all(np.array_equal(*both) for both in zip(*counts, strict=True))


@pytest.mark.parametrize("words", [False, True])
def test_batches_of_a_stored_text_are_those_of_the_text(text, folder, words):
    kept, stored = (read_corpus([text], by_lines=True, store=where).training for where in (None, folder))
    vocabulary = WordVocabulary.of(kept) if words else Vocabulary.build(kept)
    assert (WordVocabulary.of(stored) if words else Vocabulary.build(stored)) == vocabulary
    ids = [vocabulary.encode(units) for units in (kept, stored)]
    assert ids[1].dtype == np.min_scalar_type(vocabulary.size)
    pairs = [[StreamBatches(one, 3, 7, 1) for one in ids]]
    pairs += [[LineBatches(units, vocabulary, 4, 1, longest=longest) for units in (kept, stored)] for longest in (5, 1024)]
    for one, other in pairs:
        for step in range(2 * one.steps_per_epoch):
            assert all(np.array_equal(*both) for both in zip(one(step), other(step), strict=True))


def test_lines_of_a_stored_text(text, folder):
    kept, stored = (line_starts(read_long([text], store=where), NEWLINE) for where in (None, folder))
    assert stored[:].tolist() == kept.tolist()
    assert line_lengths(stored, 10**6).tolist() == (np.diff(kept) - 1).tolist()
    assert line_lengths(stored, 10).tolist() == (np.diff(kept) - 1)[:: -(-(len(kept) - 1) // 10)].tolist()


def only(array, starts, stops):
    """These parts of it: what is left without the others."""
    return array.without(np.append(0, stops), np.append(starts, len(array)))[0]


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(0, 60), st.integers(0, 60))
def test_parts_of_parts(cuts, start, stop):
    whole = np.arange(60, dtype=np.uint8)
    codes = StoredArray.of(CodesFile(_file_of(whole), whole.dtype, 60, "digest"), whole * 3, np.ones(60, np.int64))
    starts, stops = np.array(sorted(cuts)[: len(cuts) // 2 * 2], np.int64).reshape(-1, 2).T
    part = only(codes, starts, stops)
    wanted = np.concatenate([np.zeros(0, np.uint8), *(whole[a:b] * 3 for a, b in zip(starts, stops, strict=True))])
    assert part[:].tolist() == wanted.tolist()
    assert part[start:stop].tolist() == wanted[start:stop].tolist()
    if len(part) >= 2:
        assert only(part, np.array([2]), np.array([max(2, min(5, len(part)))]))[:].tolist() == wanted[2:5].tolist()
    assert np.concatenate([[], *blocks(part, 7)]).tolist() == wanted.tolist()
    left, out = codes.without(starts, stops)
    assert left[:].tolist() == sorted({*range(0, 180, 3)} - set(wanted.tolist()))
    assert out.tolist() == wanted.tolist()
    values, counts = value_counts(part)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == {v: wanted.tolist().count(v) for v in wanted.tolist()}


def _file_of(array):
    with tempfile.TemporaryFile() as file:
        file.write(array.tobytes())
        file.flush()
        return OpenFile.nameless(file)


def test_more_symbols_widen_what_was_written(tmp_path, folder):
    head = "ascii alone, more of it than is worked on at a time\n" * (BLOCK // 50)
    path = tmp_path / "text"
    path.write_text(head + "".join(map(chr, range(0x4E00, 0x4E00 + 400))), encoding="utf-8")
    stored = read_long([str(path)], store=folder)
    assert stored.codes.dtype == np.uint16
    assert np.array_equal(stored[:], read_units([str(path)]))
    assert read_long([str(path)], store=folder).codes.digest == stored.codes.digest  # which is that of the file


def test_long_texts_are_stored_by_themselves(text, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert isinstance(read_long([text]), np.ndarray)
    monkeypatch.setattr(store, "LARGE", 1000)
    stored = read_long([text])
    assert isinstance(stored, StoredArray)
    assert stored.codes.folder.parent == tmp_path / "cache" / "charrnn" / "texts"
    assert stored[:].tolist() == read_units([text]).tolist()


def test_standard_input_is_stored_while_it_is_read(monkeypatch, tmp_path, text):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(store, "LARGE", 1000)
    with open(text, "rb") as file:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(file.read())))
    stored = read_long(["-"])
    assert isinstance(stored, StoredArray)
    assert stored[:].tolist() == read_units([text]).tolist()
    assert line_starts(stored, NEWLINE)[:].tolist() == line_starts(read_units([text]), NEWLINE).tolist()
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_text_is_found_again_and_encoded_anew_when_it_has_changed(text, folder, monkeypatch):
    first = read_long([text], store=folder)
    line_starts(first, NEWLINE)
    with monkeypatch.context() as patch:
        patch.setattr(store, "pieces", None)  # it is not read
        assert read_long([text], store=folder).digest == first.digest
    with open(text, "a") as file:
        file.write("more")
    again = read_long([text], store=folder)
    assert again[:].tolist() == read_units([text]).tolist()
    assert again.digest != first.digest
    assert first[:5].tolist() == again[:5].tolist()  # who has it open reads on
    assert sorted(path.name.partition("-")[0] for path in again.codes.folder.iterdir()) == ["codes", "lock", "text.json"]


def test_what_is_damaged_is_made_again(text, folder):
    stored = read_long([text], store=folder)
    starts, place = line_starts(stored, NEWLINE), stored.codes.folder
    (lines,) = place.glob("lines-*[0-9a-f]")
    for path, damage in ((place / f"codes-{stored.codes.digest}", 1), (lines, 8), (place / "text.json", 3)):
        data = path.read_bytes()
        for bad in (data[:-damage], data[:-damage] + b"x" * damage, b""):
            path.write_bytes(bad)
            again = read_long([text], store=folder)
            assert again[:].tolist() == read_units([text]).tolist()
            assert line_starts(again, NEWLINE)[:].tolist() == starts[:].tolist()
    path = place / f"codes-{stored.codes.digest}"
    os.utime(path, (1, 1))  # touched, but what it was
    assert open_checked(path, read_note(place / "text")) is not None


def test_a_text_that_changes_while_it_is_read_is_refused(text, folder, monkeypatch):
    def pieces(paths, **how):
        yield "some text\n"
        with open(text, "a") as file:
            file.write("more")

    monkeypatch.setattr(store, "pieces", pieces)
    with pytest.raises(CharrnnError, match=r"text\.txt: has changed while it was read; start again"):
        read_long([text], store=folder)
    (place,) = os.scandir(folder)
    assert os.listdir(place) == ["lock"]


def test_an_interruption_leaves_nothing_half(text, folder, monkeypatch):
    def pieces(paths, **how):
        yield "some text\n"
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "pieces", pieces)
        with pytest.raises(KeyboardInterrupt):
            read_long([text], store=folder)
    (place,) = os.scandir(folder)
    assert os.listdir(place) == ["lock"]
    with open(os.path.join(place, ".charrnn-codes"), "w") as left:  # by one that was killed
        left.write("half")
    assert read_long([text], store=folder)[:].tolist() == read_units([text]).tolist()
    assert ".charrnn-codes" not in os.listdir(place)


def test_two_at_once_encode_it_once(text, folder, monkeypatch):
    begun, encoded = threading.Barrier(2), []
    read = store._Encoder.read

    def slowly(self, coming, place):
        encoded.append(place)
        return read(self, coming, place)

    monkeypatch.setattr(store._Encoder, "read", slowly)
    found = []

    def reader():
        begun.wait()
        found.append(read_long([text], store=folder)[:].tolist())

    threads = [threading.Thread(target=reader) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [read_units([text]).tolist()] * 2
    assert len(encoded) == 1


def test_no_place_for_a_store(text, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CharrnnError, match="cannot be written"):
        read_long([text], store=str(tmp_path / "file"))


def test_shares_of_many_lines_are_read_each_once(monkeypatch):
    monkeypatch.setattr("charrnn.text.batches.SHARE", 7)
    lines = [f"{k:02}" + "x" * (k % 5) for k in range(40)]
    units = np.array([ord(c) for c in "\n".join(lines)], np.uint32)
    vocabulary = Vocabulary.build(units)
    batches = LineBatches(units, vocabulary, rows=3, seed=1, longest=5)
    for epoch in range(2):
        read = []
        steps = [batches(epoch * batches.steps_per_epoch + step) for step in range(batches.steps_per_epoch)]
        for batch in steps:
            for inputs, mask in zip(batch.inputs_BT, batch.mask_BT, strict=True):
                if mask.any():
                    read.append(vocabulary.decode(inputs[mask == 1]))
        wanted = []
        for line in lines:
            whole = "\n" + line
            wanted += [whole[begin : begin + 5] for begin in range(0, len(whole), 5)]
        assert sorted(read) == sorted(wanted)
        widths = [batch.inputs_BT.shape[1] for batch in steps]
        if not epoch:
            assert sorted(batches.shapes()) == sorted((widths.index(w), widths.count(w)) for w in set(widths))
    assert (batches.lines, batches.predictions) == (len(wanted), sum(map(len, wanted)))
    assert all(batch.targets_BT[batch.mask_BT == 1].max() >= BOUNDARY for batch in steps)
