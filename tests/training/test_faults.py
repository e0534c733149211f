"""What a save leaves when it is killed, refused or cut off from its power at any of its operations on the disk."""

import os
import shutil
import subprocess
from collections import Counter
from dataclasses import replace

import jax
import numpy as np
import pytest

from charrnn.errors import CharrnnError
from charrnn.models.folder import CURVE, LOG, MODEL, RESUME, TEXT, open_any
from charrnn.models.kept_text import kept_text
from charrnn.models.lock import locked
from charrnn.training.checkpoint import load_checkpoint
from charrnn.training.keeper import Keeper, summary
from charrnn.training.options import TrainOptions
from charrnn.training.start import start
from tests.conftest import SMALL, steps_of
from tests.disk import ERRORS, Disk, Killed, contents_of, make_folder, states_after_power_loss

OLD, NEW = "old", "new"


class Saves:
    """A run that is saved, in a folder that holds another before: its first save, and one at which it has a better model.

    before: what a folder holds before each; save(name, folder): what it does.
    """

    names = ("first", "better")

    def __init__(self, folder, corpus_file):
        old = TrainOptions(steps=2, keep_text=True, **SMALL)
        session = start([str(corpus_file)], folder, old)
        steps_of(session)
        self.old, self.text = contents_of(folder), {OLD: np.asarray(session.run.task.kept)}
        other = folder.parent / "other.txt"
        other.write_text(corpus_file.read_text()[::-1])
        session = start([str(other)], folder, replace(old, seed=2, overwrite=True, hidden=17))
        self.text[NEW] = np.asarray(session.run.task.kept)
        self.run, self.journal = session.run, replace(session.journal, step=1)
        self.states = [session.state, session.state._replace(step=jax.numpy.int32(3))]
        make_folder(folder, self.old)
        self.save("first", folder)
        self.before = {"first": self.old, "better": contents_of(folder)}
        self.runs, self.arrays = {}, {}
        for name, contents in ((NEW, self.before["better"]), (OLD, self.old)):
            make_folder(folder, contents)
            saved = load_checkpoint(folder)
            self.runs[saved.run], self.arrays[name] = name, len(saved.arrays)

    def save(self, name, folder, keeper=None):
        number = self.names.index(name)
        keeper = keeper or Keeper(replace(self.run, folder=folder, fresh=name == "first"))
        journal = replace(self.journal, step=1 + 2 * number)
        if number == 0:
            keeper.save(self.states[0], journal)  # nothing is measured by then
        else:
            model = self.run.task.model(self.states[1].parameters)
            model.summary = summary(self.run, journal, None)
            keeper.save(self.states[1], replace(journal, best=1.0, best_step=3), model)
        return keeper

    def operations(self, monkeypatch, name, folder):
        make_folder(folder, self.before[name])
        with Disk(monkeypatch, folder) as disk:
            assert self.save(name, folder).failed is None
        return disk.done

    def found(self, folder):
        """Whose model a folder holds, and whose run would be resumed; None where none is. Raises what is no CharrnnError."""
        whose, text = {16: OLD, 17: NEW}[open_any(folder).config.hidden], kept_text(folder)
        assert text is None or np.array_equal(text, self.text[whose])
        try:
            saved = load_checkpoint(folder)
        except CharrnnError as error:
            why = str(error)
        else:
            why = ""
        if why:
            assert "no run here to resume" in why or f"{MODEL} is of another run than {RESUME}" in why
            return whose, None
        assert len(saved.arrays) == self.arrays[self.runs[saved.run]]
        return whose, self.runs[saved.run]


@pytest.fixture(scope="module")
def saves(tmp_path_factory, corpus_file):
    return Saves(tmp_path_factory.mktemp("saves") / "m", corpus_file)


# what may be found when a save went wrong: (whose model, whose run)
ALLOWED = {"first": {(OLD, OLD), (NEW, None), (NEW, NEW)}, "better": {(NEW, NEW)}}


@pytest.mark.parametrize("name", Saves.names)
def test_killed_at_any_operation(saves, tmp_path, monkeypatch, name):
    folder, found = tmp_path / "m", Counter()
    operations = saves.operations(monkeypatch, name, folder)
    for at in range(len(operations)):
        make_folder(folder, saves.before[name])
        with Disk(monkeypatch, folder, at), pytest.raises(Killed):
            saves.save(name, folder)
        found[saves.found(folder)] += 1
        with locked(folder):
            assert {path.name for path in folder.iterdir()} <= {MODEL, RESUME, LOG, CURVE, TEXT, "lock.json"}
    assert set(found) == ALLOWED[name]
    print(f"\n{name} save: killed at each of {len(operations)} operations on the disk; found {dict(found)}")


@pytest.mark.parametrize("name", Saves.names)
@pytest.mark.parametrize("lasting", [False, True])
def test_refused_at_any_operation(saves, tmp_path, monkeypatch, name, lasting):
    """The run goes on, and the next save writes all."""
    folder, cases = tmp_path / "m", 0
    operations = saves.operations(monkeypatch, name, folder)
    (renamed,) = (at for at, operation in enumerate(operations) if operation[-1] == LOG and operation[0] == "rename")
    of_log = range(renamed - 3, renamed + 2)  # it may fail: all in it is in the run too
    whole = contents_of(folder)
    for error in ERRORS:
        for at in range(len(operations)):
            make_folder(folder, saves.before[name])
            with Disk(monkeypatch, folder, at, error, lasting=lasting):
                keeper = saves.save(name, folder)
            if at in of_log:
                assert keeper.failed is None
            else:
                assert os.strerror(error) in str(keeper.failed)
            assert saves.found(folder) in ALLOWED[name]
            assert not any(path.name.startswith(".") for path in folder.iterdir()) or lasting
            saves.save(name, folder, keeper)
            assert keeper.failed is None
            with locked(folder):
                pass
            assert contents_of(folder) == whole
            cases += 1
    print(f"\n{name} save: {cases} refusals")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two million bytes of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("there is no mount here")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", place], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no file system may be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("name", Saves.names)
def test_on_a_disk_that_is_filled_to_the_brim(saves, small_disk, name):
    """However much is free: what is there opens, and with room again the next save writes all."""
    folder, brim = small_disk / "m", small_disk / "brim"
    make_folder(folder, saves.before[name])
    saves.save(name, folder)
    whole, page, failed = contents_of(folder), os.statvfs(small_disk).f_bsize, []
    for free in range(0, sum(map(len, whole.values())) + 8 * page, page):
        make_folder(folder, saves.before[name])
        brim.write_bytes(bytes(os.statvfs(small_disk).f_bavail * page - free))
        keeper = saves.save(name, folder)
        failed.append(keeper.failed is not None)
        assert saves.found(folder) in ALLOWED[name]
        brim.unlink()
        saves.save(name, folder, keeper)
        assert keeper.failed is None
        assert contents_of(folder) == whole
    assert failed[0]
    assert not failed[-1]
    print(f"\n{name} save: {len(failed)} sizes of what is free, {sum(failed)} too small")


@pytest.mark.parametrize("name", Saves.names)
def test_power_lost_after_any_operation(saves, tmp_path, monkeypatch, name):
    folder, found, states = tmp_path / "m", Counter(), 0
    operations = saves.operations(monkeypatch, name, folder)
    for state in states_after_power_loss(saves.before[name], operations):
        make_folder(folder, state)
        found[saves.found(folder)] += 1
        states += 1
    assert set(found) <= ALLOWED[name]
    print(f"\n{name} save: {states} states after a loss of power; found {dict(found)}")
