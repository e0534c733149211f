import fcntl
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from charrnn import files
from charrnn.errors import CharrnnError
from charrnn.files import NotWritten, check_output, make_folder, move_into_place, replacing, write_bytes

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems are stood in for on Linux")


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


def test_the_umask_of_the_process_stays_untouched(tmp_path, monkeypatch):
    def touched(mask):
        raise AssertionError("another thread's files would get the wrong rights")

    monkeypatch.setattr(os, "umask", touched)
    write_bytes(tmp_path / "file", b"")


def test_a_long_name_is_no_longer_while_the_file_is_written(tmp_path):
    path = tmp_path / ("n" * 255)
    write_bytes(path, b"text")
    assert path.read_bytes() == b"text"


@pytest.fixture
def synced(monkeypatch):
    """What is synced, and how it was opened: (name, access mode)."""
    done = []

    def fsync(descriptor):
        mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
        done.append((Path(os.readlink(f"/proc/self/fd/{descriptor}")).name, mode))

    monkeypatch.setattr(os, "fsync", fsync)
    return done


@linux
def test_a_file_and_the_name_it_gets_are_on_the_disk(tmp_path, synced):
    (tmp_path / "part").write_bytes(b"text")
    move_into_place(tmp_path / "part", tmp_path / "file")
    assert synced == [("part", os.O_RDONLY), (tmp_path.name, os.O_RDONLY)]


@linux
def test_the_names_of_folders_that_are_made_are_on_the_disk(tmp_path, synced):
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert [name for name, _ in synced] == [tmp_path.name, "a"]


@linux
def test_windows_syncs_what_it_may_write_and_no_folder(tmp_path, synced, monkeypatch):
    (tmp_path / "part").write_bytes(b"text")
    monkeypatch.setattr(files, "WINDOWS", True)
    move_into_place(tmp_path / "part", tmp_path / "file")
    assert synced == [("part", os.O_RDWR)]


@linux
@pytest.mark.parametrize("refused", [False, True])
def test_macos_is_asked_to_empty_the_disks_own_memory(tmp_path, synced, monkeypatch, refused):
    asked = []

    class Fcntl:
        F_FULLFSYNC = 51

        @staticmethod
        def fcntl(descriptor, command):
            asked.append(command)
            if refused:
                raise OSError("the file system does not know it")

    monkeypatch.setattr(files, "fcntl", Fcntl)
    (tmp_path / "part").write_bytes(b"text")
    move_into_place(tmp_path / "part", tmp_path / "file")
    assert asked == [51, 51]
    assert len(synced) == (2 if refused else 0)


def test_refusals_of_the_system_become_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CharrnnError, match=r"file/inside: cannot be written \(.+\); make room there or name another"):
        write_bytes(tmp_path / "file" / "inside", b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CharrnnError, match="folder: cannot be written"):
        write_bytes(tmp_path / "folder", b"")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_links_devices_and_pipes_are_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "done").write_bytes(b"")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/null"), Path("/dev/stdout")):
        before = path.lstat()
        for write in (lambda path: write_bytes(path, b"a"), lambda path: move_into_place(tmp_path / "done", path)):
            with pytest.raises(NotWritten, match="is a link or no file, and is not replaced"):
                write(path)
        with pytest.raises(NotWritten, match="is a link or no file"):
            check_output(path, overwrite=True)
        assert path.lstat() == before


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path):
    path, stop, seen = tmp_path / "file", threading.Event(), []
    texts = [bytes([letter]) * (1 << 22) for letter in b"ab"]
    write_bytes(path, texts[1])

    def read():
        while not stop.is_set():
            seen.append(path.read_bytes() in texts)

    reader = threading.Thread(target=read)
    reader.start()
    for text in texts * 3:
        write_bytes(path, text)
    stop.set()
    reader.join()
    assert seen
    assert all(seen)


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
