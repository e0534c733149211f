"""A stand for the disk: it counts what a writer asks of it, remembers that, fails or dies at any of it, loses its power."""

import errno
import itertools
import os
import shutil
from pathlib import Path

ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES)


class Killed(BaseException):
    """The process is no more: nothing that follows is done."""


class Disk:
    """Between the operating system and who writes into a folder, while it is used as a context.

    at: the number of the operation that goes wrong, from 0. how: an errno, with which that one fails, and all that follow
    while `lasting`; None: the process is killed in it, of a write when half is done. done: (operation, name, ...), in order.
    """

    def __init__(self, monkeypatch, folder, at=None, how=None, *, lasting=False):
        self.monkeypatch, self.folder = monkeypatch, Path(folder)
        self.at, self.how, self.lasting = at, how, lasting
        self.done = []

    def __enter__(self):
        self._before = os.fsync, os.replace, Path.unlink, Path.open
        self._patch = self.monkeypatch.context()
        patch = self._patch.__enter__()
        patch.setattr(os, "fsync", self._fsync)
        patch.setattr(os, "replace", self._replace)
        patch.setattr(Path, "unlink", lambda path, missing_ok=False: self._unlink(path, missing_ok))
        patch.setattr(Path, "open", lambda path, mode="r", *more, **how: self._open(path, mode, *more, **how))
        return self

    def __exit__(self, *error):
        return self._patch.__exit__(*error)

    @property
    def killed(self):
        return self.how is None and self.at is not None and len(self.done) > self.at

    def asked(self, *operation, half=lambda: None):
        """An operation is about to be done; where it is the one, it goes wrong."""
        number = len(self.done)
        if self.killed:
            raise Killed
        self.done.append(operation)
        if self.at is None or number < self.at or (number > self.at and not self.lasting):
            return
        if self.how is None:
            half()
            raise Killed
        raise OSError(self.how, os.strerror(self.how))

    def _name(self, path):
        path = Path(path)
        return "." if path == self.folder else path.name if path.parent == self.folder else None

    def _fsync(self, descriptor):
        if name := self._name(os.readlink(f"/proc/self/fd/{descriptor}")):
            self.asked("fsync", name)
        self._before[0](descriptor)

    def _replace(self, source, target):
        if name := self._name(target):
            self.asked("rename", self._name(source), name)
        self._before[1](source, target)

    def _unlink(self, path, missing_ok):
        if (name := self._name(path)) and (path.exists() or self.killed):
            self.asked("unlink", name)
        self._before[2](path, missing_ok)

    def _open(self, path, mode, *more, **how):
        name = self._name(path)
        if name is None or "x" not in mode:
            return self._before[3](path, mode, *more, **how)
        self.asked("create", name)
        return _File(self._before[3](path, "xb", buffering=0), self, name)


class _File:
    """A file that is being written."""

    def __init__(self, file, disk, name):
        self.file, self.disk, self.name = file, disk, name

    def write(self, data):
        data = bytes(data)
        self.disk.asked("write", self.name, data, half=lambda: self.file.write(data[: len(data) // 2]))
        self.file.write(data)

    def fileno(self):
        return self.file.fileno()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()


def states_after_power_loss(before, done):
    """All that a folder may hold after its power went, as {name: contents}: `before` is what it held, `done` what was asked
    of the disk since then.

    The power may go after any operation. What was written to a file is there as far as the file was synced since; else half
    of it, all, or nothing. Names that were made, given or removed are as they were at the folder's last sync, and each of
    those that changed since is so or is not, in any combination; for a name keeps what was last done to it or before.
    """
    seen = set()
    for end in range(len(done) + 1):
        for state in _states(before, done[:end]):
            key = tuple(sorted(state.items()))
            if key not in seen:
                seen.add(key)
                yield state


def _states(before, done):
    durable = {name: Contents(data) for name, data in before.items()}
    volatile = dict(durable)
    changes = []  # of names, since the folder was synced: {name: contents or None}
    for operation, *what in done:
        if operation == "create":
            volatile[what[0]] = Contents(b"")
            changes.append({what[0]: volatile[what[0]]})
        elif operation == "write":
            volatile[what[0]].data += what[1]
        elif operation == "rename":
            volatile[what[1]] = volatile.pop(what[0])
            changes.append({what[0]: None, what[1]: volatile[what[1]]})
        elif operation == "unlink":
            volatile.pop(what[0], None)
            changes.append({what[0]: None})
        elif operation == "fsync" and what[0] == ".":
            durable, changes = dict(volatile), []
        elif operation == "fsync":
            volatile[what[0]].synced = len(volatile[what[0]].data)
    for kept in itertools.product((False, True), repeat=len(changes)):
        names = dict(durable)
        for keep, change in zip(kept, changes, strict=True):
            for name, contents in change.items() if keep else ():
                names[name] = contents
        names = {name: contents for name, contents in names.items() if contents is not None}
        for contents in itertools.product(*(each.versions for each in names.values())):
            yield dict(zip(names, contents, strict=True))


class Contents:
    def __init__(self, data):
        self.data, self.synced = data, len(data)

    @property
    def versions(self):
        """What may be found of it."""
        size = len(self.data)
        return list(dict.fromkeys(self.data[:end] for end in (self.synced, (self.synced + size) // 2, size)))


def contents_of(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def make_folder(folder, contents):
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir()
    for name, data in contents.items():
        (Path(folder) / name).write_bytes(data)
