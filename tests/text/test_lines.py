"""Lines as they come: their ends, where bytes are wrong, files that cannot be read."""

import gzip
import io
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from charrnn.errors import CharrnnError
from charrnn.models.folder import save_model
from charrnn.models.ngram.model import NgramModel
from charrnn.text.lines import line_groups
from charrnn.text.vocabulary import Vocabulary, to_units


class Trickle(io.BytesIO):
    """A pipe that gives one byte a read."""

    def read1(self, size=-1):
        return super().read1(1)


def lines_of(data, monkeypatch, encoding="utf-8"):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Trickle(data)))
    return [line for group in line_groups("-", encoding=encoding) for line in group]


def test_lines_come_whole_however_the_bytes_come(monkeypatch):
    assert lines_of("\ufeff好\r\n\n\ufeffb\rc".encode(), monkeypatch) == ["好", "", "\ufeffb\rc"]


@pytest.mark.parametrize("data", [b"ab\n\xe5\xa5", b"ab\n\xe5\xa5c\n", b"ab\n\xe5\n"])
def test_the_error_names_the_byte_wherever_the_reads_are_cut(monkeypatch, data):
    with pytest.raises(CharrnnError, match=r"standard input: byte 3 is not UTF-8; try --encoding latin-1 or gb18030$"):
        lines_of(data, monkeypatch)


def test_encodings_that_do_not_fit(monkeypatch):
    with pytest.raises(CharrnnError, match="is not UTF-16; try --encoding"):
        lines_of(b"ab\n", monkeypatch, "utf-16")
    with pytest.raises(CharrnnError, match="--encoding rot13: Python knows no such encoding"):
        lines_of(b"ab\n", monkeypatch, "rot13")


def test_a_gzip_file_that_is_not_whole(tmp_path):
    packed = gzip.compress(b"a line\n" * 100)
    for data in (packed[:-3], packed[:12] + b"\xff" + packed[13:], b"not gzip"):
        (tmp_path / "x.gz").write_bytes(data)
        with pytest.raises(CharrnnError, match=r"x\.gz: not a whole gzip file"):
            list(line_groups(str(tmp_path / "x.gz")))


def test_standard_input_may_be_named_twice(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a\n")))
    assert [list(line_groups("-")), list(line_groups("-"))] == [[["a"]], []]


@pytest.fixture(scope="module")
def byte_folder(tmp_path_factory):
    """An n-gram model of lines of bytes that are not UTF-8."""
    folder = tmp_path_factory.mktemp("models") / "bytes"
    text = "\ufeffdéjà vu\r\n".encode() + "déjà vu\r\n".encode("latin-1") * 50
    vocabulary = Vocabulary.build(to_units(text, "byte"), "byte")
    ids = vocabulary.encode(text)
    save_model(NgramModel.train(ids, vocabulary, order=3, lines=True), folder)
    return folder


def test_a_model_of_bytes_scores_any_bytes_and_drops_none(run, byte_folder):
    data = "\ufeffdéjà\r\n".encode() + b"\xe9\n"
    for layout in ("tsv", "jsonl"):
        assert run("score", "-m", byte_folder, "--format", layout, stdin=data)[0] == 0
    one, two = (
        json.loads(line)
        for line in run("score", "-m", byte_folder, "--format", "jsonl", "--chars", stdin=data)[1].splitlines()
    )
    assert one["characters"] == len("\ufeffdéjà\r\n".encode())
    assert (two["characters"], two["text"], two["chars"][0][0]) == (2, "\udce9", "\\xe9")


def test_a_model_of_bytes_goes_on_from_any_bytes(tmp_path, byte_folder):
    (tmp_path / "primer").write_bytes("dé".encode("latin-1"))
    arguments = [sys.executable, "-m", "charrnn", "sample", "-m", str(byte_folder), "--greedy"]
    for prime in (["--prime-file", str(tmp_path / "primer")], ["--prime", "dé".encode("latin-1")]):
        out = subprocess.run([*arguments, *prime], capture_output=True, check=True).stdout
        assert out == "déjà vu\r\n".encode("latin-1")


def test_a_closed_standard_input(model_folder):
    command = f"{sys.executable} -m charrnn score -m {model_folder}"
    for more, code, part in (("", 2, "Missing argument"), (" -", 1, "standard input is closed")):
        result = subprocess.run(["bash", "-c", f"{command}{more} <&-"], capture_output=True, text=True)
        assert result.returncode == code
        assert part in result.stderr
        assert "Traceback" not in result.stderr
