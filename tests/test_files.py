import os
import stat
import threading

import pytest

from charrnn.errors import CharrnnError
from charrnn.files import move_into_place, replacing, write_bytes


def test_writes_replaces_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "new" / "folder" / "file"
    write_bytes(path, b"one")
    write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(path.parent) == ["file"]


def test_a_failure_halfway_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def interrupted():
        with replacing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_obeys_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_refusals_of_the_system_become_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CharrnnError, match=r"file/inside: cannot be written \(.+\); make room there or name another"):
        write_bytes(tmp_path / "file" / "inside", b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CharrnnError, match="folder: cannot be written"):
        write_bytes(tmp_path / "folder", b"")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path):
    path, stop, seen = tmp_path / "file", threading.Event(), set()
    size = 1 << 16
    write_bytes(path, b"a" * size)

    def read():
        while not stop.is_set():
            data = path.read_bytes()
            seen.add((len(data), bytes(set(data))))

    reader = threading.Thread(target=read)
    reader.start()
    for letter in b"abab" * 5:
        write_bytes(path, bytes([letter]) * size)
    stop.set()
    reader.join()
    assert seen <= {(size, b"a"), (size, b"b")}


def test_move_into_place_replaces_and_keeps_the_finished_file_when_it_fails(tmp_path):
    part, path = tmp_path / "file.part", tmp_path / "file"
    part.write_bytes(b"done")
    path.write_bytes(b"old")
    move_into_place(part, path)
    assert path.read_bytes() == b"done"
    assert not part.exists()
    part.write_bytes(b"again")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CharrnnError, match="folder: cannot be written"):
        move_into_place(part, tmp_path / "folder")
    assert part.read_bytes() == b"again"
