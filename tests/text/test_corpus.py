import gzip
import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import CharrnnError
from charrnn.models import folder
from charrnn.text.corpus import Corpus, line_bounds, read_corpus, read_units, split
from charrnn.text.sources import MODEL_FILES, decode, read_bytes
from charrnn.text.vocabulary import to_units


def text_of(units):
    return "".join(map(chr, units.tolist()))


@pytest.fixture
def write(tmp_path):
    def write(name, data):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    return write


@pytest.mark.skipif(sys.platform == "win32", reason="has no such devices")
def test_a_device_without_end_is_not_read():
    for name in ("/dev/zero", "/dev/full", "/dev/urandom"):
        with pytest.raises(CharrnnError, match=f"{name}: cannot be read .it is a device, and no file"):
            read_bytes(name)
    assert read_bytes("/dev/null") == b""


def test_line_ends_become_newlines_and_the_byte_order_mark_goes():
    assert decode(b"\xef\xbb\xbfa\r\nb\rc\r\r\nd\n", "f") == "a\nb\nc\n\nd\n"
    assert decode("\ufeffa\r\n".encode("utf-16"), "f", "utf-16") == "a\n"
    assert decode("a\ufeffb".encode(), "f") == "a\ufeffb"  # elsewhere it is a character
    assert decode("好".encode("gb18030"), "f", "gb18030") == "好"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0\ufeff")))
def test_any_other_text_is_kept_as_it_is(text):
    assert decode(text.encode(), "f") == text


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_error_names_file_and_byte(mark):
    data = mark + "好\n".encode() + b"caf\xe9"
    place = data.index(b"\xe9", 7 if not mark else 10)
    with pytest.raises(CharrnnError) as error:
        decode(data, "story.txt")
    wanted = f"story.txt: byte {place} is not UTF-8; try --encoding latin-1 or gb18030, or --level byte"
    assert str(error.value) == wanted


def test_other_encodings_have_errors_too():
    with pytest.raises(CharrnnError, match="f: byte 1 is not ASCII; try --encoding utf-8"):
        decode("aé".encode(), "f", "ascii")
    with pytest.raises(CharrnnError, match="--encoding klingon: Python knows no such encoding; try utf-8"):
        decode(b"a", "f", "klingon")
    with pytest.raises(CharrnnError, match="--encoding hex: Python knows no such encoding"):
        decode(b"61", "f", "hex")


def test_utf16_is_recognised_by_its_mark():
    for encoding in ("utf-16-le", "utf-16-be"):
        data = "\ufeffa line\n".encode(encoding)
        with pytest.raises(CharrnnError, match=r"f: looks like UTF-16, .*; try --encoding utf-16"):
            decode(data, "f")
        assert decode(data, "f", "utf-16") == "a line\n"


def test_binary_files_are_refused_unless_read_as_bytes(write):
    for data in (b"\x7fELF\0\0\xff", b"plain\0text"):
        name = write("program", data)
        with pytest.raises(CharrnnError, match="binary file; --level byte reads any bytes"):
            read_units([name])
        assert read_units([name], level="byte").tobytes() == data


def test_files_are_read_in_turn_with_a_newline_between_where_one_is_missing(write):
    names = [write("1", "one"), write("2", "two\n"), write("3", ""), write("4", "three")]
    assert text_of(read_units(names)) == "one\ntwo\nthree"
    assert read_units(names, level="byte").tobytes() == b"onetwo\nthree"


def test_folders_are_read_in_sorted_order_without_hidden_files(write, tmp_path):
    for name, text in {"b.txt": "2", "a/z.txt": "1", "c": "3", ".git/x": "no", "a/.hidden": "no"}.items():
        write("folder/" + name, text)
    assert text_of(read_units([str(tmp_path / "folder")])) == "1\n2\n3"
    (tmp_path / "empty").mkdir()
    with pytest.raises(CharrnnError, match="empty: the folder holds no texts"):
        read_units([str(tmp_path / "empty")])


def test_gzip_is_unpacked(write):
    packed = gzip.compress(b"packed\n")
    assert text_of(read_units([write("a.gz", packed)])) == "packed\n"
    for data in (b"not gzip", packed[:-3], packed[:9], packed[:12] + b"\xff" + packed[13:], packed + b"more"):
        with pytest.raises(CharrnnError, match=r"b\.gz: not a whole gzip file"):
            read_units([write("b.gz", data)])


def test_standard_input_is_a_dash(monkeypatch, write):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO("好\r\n".encode())))
    assert text_of(read_units([write("a", "first"), "-"])) == "first\n好\n"


def test_what_cannot_be_read_is_one_clear_line(tmp_path, write):
    with pytest.raises(CharrnnError, match=r"absent\.txt: no such file; check the name"):
        read_units([str(tmp_path / "absent.txt")])
    with pytest.raises(CharrnnError, match="cannot be read"):
        read_units([write("file", "x") + "/inside"])
    with pytest.raises(CharrnnError, match="empty: there is no text in it"):
        read_units([write("empty", "")])
    with pytest.raises(CharrnnError, match="mark: there is no text in it"):
        read_units([write("mark", b"\xef\xbb\xbf")])


@given(st.text("ab\n"))
def test_line_bounds_cut_where_python_does(text):
    starts, ends = line_bounds(to_units(text))
    assert [text[a:b] for a, b in zip(starts, ends, strict=True)] == text.split("\n")[
        : None if text[-1:] not in ("", "\n") else -1
    ]
    assert starts.dtype == ends.dtype == np.int64


@given(st.text("ab\n", max_size=60), st.floats(0, 1))
def test_splitting_a_text_loses_nothing(text, fraction):
    training, held_out = split(to_units(text), fraction)
    assert text_of(training) + text_of(held_out) == text


@given(st.lists(st.text("ab", max_size=5), max_size=30), st.floats(0, 1), st.booleans())
def test_splitting_lines_keeps_each_whole_and_their_order(lines, fraction, closed):
    text = "\n".join(lines) + ("\n" if closed and lines else "")
    parts = split(to_units(text), fraction, by_lines=True)
    training, held_out = (text_of(part).split("\n") for part in parts)
    whole = text.split("\n")
    assert sorted(filter(None, training + held_out)) == sorted(filter(None, whole))
    remaining = iter(whole)
    assert all(line in remaining for line in training if line)  # in order
    count = text.count("\n") + (not text.endswith("\n") and text != "")
    assert abs(text_of(parts[1]).count("\n") + 0.5 - count * fraction) <= 1.5


def test_the_last_tenth_of_a_text_and_every_tenth_line_are_held_out():
    training, held_out = split(to_units("0123456789"), 0.1)
    assert (text_of(training), text_of(held_out)) == ("012345678", "9")
    lines = "".join(f"line {k}\n" for k in range(20))
    assert text_of(split(to_units(lines), 0.1, by_lines=True)[1]) == "line 4\nline 14\n"


def test_a_file_of_its_own_may_be_held_out(write):
    corpus = read_corpus([write("a", "training")], valid=write("b", "held out"))
    assert (text_of(corpus.training), text_of(corpus.held_out)) == ("training", "held out")


def test_too_little_or_too_uniform_text_is_refused(write):
    with pytest.raises(CharrnnError, match="a: 1 character is too little"):
        read_corpus([write("a", "x")])
    with pytest.raises(CharrnnError, match="a: 2 characters are too little"):
        read_corpus([write("a", "xy")])
    with pytest.raises(CharrnnError, match=r"one distinct character \('x'\); there is nothing to learn"):
        read_corpus([write("a", "x" * 50)])
    with pytest.raises(CharrnnError, match=r"one distinct character \('byte 120'\)"):
        read_corpus([write("a", "x" * 50)], level="byte")
    assert len(read_corpus([write("a", "x\nx\nx\n")], by_lines=True).training) == 6


def test_the_digest_tells_corpora_apart():
    def digest(training, held_out, kind=np.uint32):
        return Corpus(np.array(training, kind), np.array(held_out, kind), ("f",)).digest

    digests = [digest([1, 2], [3]), digest([1], [2, 3]), digest([1, 2, 3], []), digest([1, 2], [3], np.uint8)]
    assert len(set(digests)) == 4
    assert digest([1, 2], [3]) == digests[0]


def test_the_files_of_models_are_no_texts(write, tmp_path):
    assert set(MODEL_FILES) == {folder.LOCK, folder.MODEL, folder.RESUME, folder.TEXT, folder.LOG, folder.CURVE}
    for name in ("a.txt", "log.jsonl", "m/b.txt", *(f"m/{name}" for name in MODEL_FILES)):
        write(f"folder/{name}", name)
    assert text_of(read_units([str(tmp_path / "folder")])) == "a.txt\nlog.jsonl\nm/b.txt"
    assert text_of(read_units([str(tmp_path / "folder" / "m" / "log.jsonl")])) == "m/log.jsonl"  # where it is named
