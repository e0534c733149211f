import hashlib
import io
import json
import os
import threading
import zipfile
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from charrnn.cli.corpus import corpus
from charrnn.corpora import catalogue
from charrnn.corpora import get as corpora_get
from charrnn.corpora.catalogue import Entry, fetch, find, read_catalogue
from charrnn.corpora.generated import GENERATED, generate
from charrnn.errors import CharrnnError
from charrnn.report.progress import bytes_progress

TEXT = b"".join(b"line %d of the corpus\n" % k for k in range(9000))  # more than two blocks


class Handler(BaseHTTPRequestHandler):
    """Serves server.body as server.manner says, and keeps the Range headers it was asked with."""

    def do_GET(self):
        body, manner = self.server.body, self.server.manner
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        if manner == "missing":
            self.send_error(404)
            return
        begin = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and manner != "no ranges" else 0
        if begin >= len(body):
            self.send_error(416)
            return
        if manner.startswith("file:"):
            self.send_response(302)
            self.send_header("Location", manner)
            self.end_headers()
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        if manner != "no length":
            self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        self.wfile.write(body[begin : begin + 70_000] if manner in ("cut", "stalls") else body[begin:])
        if manner == "stalls":
            self.wfile.flush()
            self.server.stalled.wait(20)
        with suppress(OSError):
            while manner == "no length" and self.server.endless:
                self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.body, server.manner, server.asked = TEXT, "whole", []
    server.stalled, server.endless = threading.Event(), False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def entry_of(server, body=TEXT, **more):
    address = f"http://127.0.0.1:{server.server_port}/corpus"
    sha256 = hashlib.sha256(body).hexdigest()
    return Entry("toy", "a toy", "MIT", address=address, sha256=sha256, bytes=len(body), **more)


def part_of(entry, target):
    return target.with_name(f"{target.name}.{entry.sha256[:8]}.part")


def test_a_download_is_verified_and_nothing_is_left_beside_it(server, tmp_path):
    target, done = tmp_path / "toy.txt", []
    fetch(entry_of(server), target, progress=done.append)
    assert target.read_bytes() == TEXT
    assert os.listdir(target.parent) == ["toy.txt"]
    assert done[0] == 0
    assert done[-1] == len(TEXT)
    assert done == sorted(done)
    assert len(done) > 2


def test_a_download_that_was_cut_off_goes_on(server, tmp_path):
    entry, target, done = entry_of(server), tmp_path / "toy.txt", []
    server.manner = "cut"
    with pytest.raises(CharrnnError, match=r"cut off after 70,000 of [\d,]+ bytes; run the command again to go on"):
        fetch(entry, target)
    assert os.listdir(tmp_path) == [part_of(entry, target).name]
    with pytest.raises(CharrnnError, match="cut off after 140,000"):
        fetch(entry, target)
    server.manner = "whole"
    fetch(entry, target, progress=done.append)
    assert server.asked == [None, "bytes=70000-", "bytes=140000-"]
    assert done[0] == 140_000
    assert target.read_bytes() == TEXT
    assert os.listdir(tmp_path) == ["toy.txt"]


def test_a_server_that_knows_no_ranges_starts_anew(server, tmp_path):
    entry, target = entry_of(server), tmp_path / "toy.txt"
    part_of(entry, target).write_bytes(TEXT[:1000])
    server.manner = "no ranges"
    fetch(entry, target)
    assert server.asked == ["bytes=1000-"]
    assert target.read_bytes() == TEXT


def test_what_is_all_there_is_not_fetched_again(server, tmp_path):
    entry, target = entry_of(server), tmp_path / "toy.txt"
    part_of(entry, target).write_bytes(TEXT)
    fetch(entry, target)
    assert server.asked == []
    assert target.read_bytes() == TEXT
    part_of(entry, target).write_bytes(TEXT + b"and more than there should be")
    fetch(entry, target, overwrite=True)
    assert server.asked == [None]
    assert target.read_bytes() == TEXT


@pytest.mark.parametrize("before", [b"", b"not how it starts"])
def test_a_wrong_checksum_leaves_nothing(server, tmp_path, before):
    target = tmp_path / "toy.txt"
    entry = entry_of(server)
    if before:
        part_of(entry, target).write_bytes(before)
    else:
        server.body = TEXT.replace(b"line 7 ", b"line 8 ")
    with pytest.raises(CharrnnError, match=r"not the file in the catalogue \(its SHA-256 is [0-9a-f]{64}, not "):
        fetch(entry, target)
    assert os.listdir(tmp_path) == []


def test_a_file_of_another_size_is_refused(server, tmp_path):
    entry, target = entry_of(server), tmp_path / "toy.txt"
    server.body = TEXT + b"!"
    with pytest.raises(CharrnnError, match=r"the server offers [\d,]+ bytes, not [\d,]+\)"):
        fetch(entry, target)
    server.manner = "no length"
    with pytest.raises(CharrnnError, match="the server sends more than"):
        fetch(entry, target)
    assert os.listdir(tmp_path) == []
    part_of(entry, target).write_bytes(TEXT[:-3])
    server.body = TEXT[:100]
    with pytest.raises(CharrnnError, match="the file there is shorter"):
        fetch(entry, target)
    assert os.listdir(tmp_path) == []


def test_what_the_network_refuses_is_one_clear_line(server, tmp_path):
    server.manner = "missing"
    with pytest.raises(CharrnnError, match=r"http://127.*: the server answers 404 Not Found; try again later"):
        fetch(entry_of(server), tmp_path / "toy.txt")
    nowhere = replace(entry_of(server), address="http://127.0.0.1:9/corpus")
    with pytest.raises(CharrnnError, match=r"127.0.0.1:9/corpus: cannot be reached \(.*\); check the network") as error:
        fetch(nowhere, tmp_path / "toy.txt")
    assert "\n" not in str(error.value)
    assert os.listdir(tmp_path) == []


def test_a_redirection_to_a_file_of_this_computer_is_not_followed(server, tmp_path):
    (tmp_path / "secret").write_bytes(TEXT)
    server.manner = f"file://{tmp_path}/secret"
    with pytest.raises(CharrnnError, match="http://127"):
        fetch(entry_of(server), tmp_path / "toy.txt")
    assert os.listdir(tmp_path) == ["secret"]


def test_a_body_without_end_is_given_up(server, tmp_path):
    server.manner, server.endless = "no length", True
    with pytest.raises(CharrnnError, match=r"the server sends more than [\d,]+ bytes"):
        fetch(entry_of(server), tmp_path / "toy.txt")
    assert os.listdir(tmp_path) == []


def test_a_connection_that_stalls_is_given_up_and_gone_on_with(server, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "TIMEOUT_SECONDS", 0.3)
    server.manner, entry = "stalls", entry_of(server)
    with pytest.raises(CharrnnError, match="cut off after"):
        fetch(entry, tmp_path / "toy.txt")
    server.stalled.set()
    server.manner = "whole"
    fetch(entry, tmp_path / "toy.txt")
    assert (tmp_path / "toy.txt").read_bytes() == TEXT


@pytest.mark.parametrize("name", ["../toy", "/etc/passwd", "toy/../../x", "nul\0"])
def test_names_that_are_paths_are_no_corpora(name):
    with pytest.raises(CharrnnError, match="no such corpus"):
        find(name)


def test_an_existing_file_is_replaced_only_when_told(server, tmp_path):
    target = tmp_path / "toy.txt"
    target.write_text("mine")
    with pytest.raises(CharrnnError, match=r"toy\.txt: exists already; add --overwrite, or name another file with -o"):
        fetch(entry_of(server), target)
    server.manner = "cut"
    with pytest.raises(CharrnnError, match="cut off"):
        fetch(entry_of(server), target, overwrite=True)
    assert target.read_text() == "mine"
    server.manner = "whole"
    fetch(entry_of(server), target, overwrite=True)
    assert target.read_bytes() == TEXT
    with pytest.raises(CharrnnError, match="is a folder; name a file with -o"):
        fetch(entry_of(server), tmp_path, overwrite=True)
    with pytest.raises(CharrnnError, match="there is no folder"):
        fetch(entry_of(server), target / "inside")
    assert server.asked == [None, "bytes=70000-"]


def test_a_member_of_an_archive_is_unpacked(server, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/other", b"something else")
        archive.writestr("folder/text", TEXT)
    server.body = packed.getvalue()
    fetch(entry_of(server, server.body, member="folder/text"), tmp_path / "toy.txt")
    assert (tmp_path / "toy.txt").read_bytes() == TEXT
    assert os.listdir(tmp_path) == ["toy.txt"]


def test_the_catalogue_is_complete_and_well_formed():
    entries = read_catalogue()
    assert set(GENERATED) == {name for name, entry in entries.items() if entry.generated}
    for entry in entries.values():
        assert entry.title
        assert entry.licence
        if not entry.generated:
            assert entry.address.startswith("https://")
            assert len(bytes.fromhex(entry.sha256)) == 32
            assert entry.bytes > 0
            assert bool(entry.member) == entry.address.endswith(".zip")
        for result in entry.results:
            assert 0 < result.figure < 8
            assert result.unit in ("bits per character", "bits per byte", "nats per character")
            assert result.model
            assert result.source
    assert find("tiny-shakespeare").bytes == 1_115_394
    with pytest.raises(CharrnnError, match="moby-dick: no such corpus; there are tiny-shakespeare, "):
        find("moby-dick")


def test_progress_is_silent_where_there_is_no_terminal(capsys):
    with bytes_progress("toy", 10) as progress:
        progress(4)
        progress(10)
    assert capsys.readouterr() == ("", "")


def test_progress_is_shown_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with bytes_progress("toy", 2_000_000) as progress:
        progress(500_000)
        progress(2_000_000)
    assert "toy: 100%" in terminal.getvalue()
    assert "2.00M/2.00M" in terminal.getvalue()


def run(*arguments):
    return CliRunner().invoke(corpus, arguments)


def test_list_names_every_corpus(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    result = run("list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == len(read_catalogue()) + 1
    assert lines[1].split()[:2] == ["tiny-shakespeare", "1,115,394"]
    assert next(line for line in lines if line.startswith("adder")).split()[1] == "generated"
    listed = json.loads(run("list", "--json").stdout)
    assert [entry["name"] for entry in listed] == list(read_catalogue())
    assert listed[0]["results"][0]["figure"] == 1.4697


def test_get_makes_a_corpus_and_states_its_entropy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("get", "grammar-zh", "--count", "20", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert Path("grammar-zh.txt").read_text("utf-8") == generate("grammar-zh", 20, 3)
    assert result.stdout == ""
    nats = GENERATED["grammar-zh"].entropy_nats_per_character
    assert f"exact entropy {nats:.6f} nats" in result.stderr
    again = run("get", "grammar-zh", "--count", "20")
    assert isinstance(again.exception, CharrnnError)
    assert "grammar-zh.txt: exists already; add --overwrite" in str(again.exception)
    assert run("get", "grammar-zh", "--count", "1", "--overwrite").exit_code == 0
    assert Path("grammar-zh.txt").read_text("utf-8") == generate("grammar-zh", 1)


def test_get_writes_to_standard_output():
    result = run("get", "adder", "--count", "5", "-o", "-")
    assert result.stdout == generate("adder", 5)
    left_out = generate("adder", 1).strip()
    assert left_out not in run("get", "adder", "--count", "5", "-o", "-", "--without", left_out).stdout


def test_get_fetches(server, monkeypatch, tmp_path):
    for module in (catalogue, corpora_get):
        monkeypatch.setattr(module, "find", lambda name: entry_of(server))
    target = tmp_path / "toy"
    assert run("get", "toy", "-o", str(target)).exit_code == 0
    assert target.read_bytes() == TEXT
    assert run("get", "toy", "-o", "-").stdout_bytes == TEXT
    assert os.listdir(target.parent) == ["toy"]


def test_get_refuses_options_that_make_no_sense():
    result = run("get", "text8", "--count", "3")
    assert result.exit_code == 2
    assert "--count, --seed and --without are for generated corpora, and text8 is fetched" in result.stderr
    assert run("get", "adder", "--count", "0").exit_code == 2
    assert isinstance(run("get", "novel").exception, CharrnnError)


def test_help_imports_nothing_heavy():
    import subprocess
    import sys

    program = "import sys, charrnn.cli.corpus; print(sorted({'numpy', 'tqdm', 'urllib.request', 'jax'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"
