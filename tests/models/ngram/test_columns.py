"""Columns hold the same, in memory and on disk, and leave nothing."""

import gc
from pathlib import Path

import numpy as np
import pytest

from charrnn.errors import CharrnnError
from charrnn.models.ngram.columns import Workspace

BLOCKS = [np.arange(5, dtype=np.int64), np.zeros(0, np.int64), np.arange(90, 97, dtype=np.int64)]


@pytest.mark.parametrize("memory", [np.inf, 300, 0])  # all in memory; the first block and then on disk; nothing in memory
def test_what_is_appended_is_read(tmp_path, memory):
    with Workspace(memory, tmp_path) as workspace:
        column = workspace.column(np.uint16, BLOCKS)
        whole = np.concatenate(BLOCKS).astype(np.uint16)
        assert len(column) == 12
        for part in (slice(None), slice(3, 7), slice(12, 12), slice(10, 99)):
            np.testing.assert_array_equal(column[part], whole[part], strict=True)
        np.testing.assert_array_equal(np.concatenate(list(column.blocks())), whole, strict=True)
        for places in ([7, 0, 7, 11], []):
            np.testing.assert_array_equal(column.take(np.array(places, int)), whole[places], strict=True)
        assert (workspace.files == 1) == (memory == 0)
        assert len(workspace.column(bool)[:]) == 0
    assert not list(tmp_path.iterdir())


def test_a_column_that_outgrows_the_memory_moves_to_disk_and_frees_what_it_had(tmp_path):
    with Workspace(80, tmp_path) as workspace:  # 20 bytes for columns
        first = workspace.column(np.uint16, [np.arange(8)])
        assert workspace.files == 0
        first.append(np.arange(8))
        assert workspace.files == 1
        second = workspace.column(np.uint16, [np.arange(10)])
        assert workspace.files == 1
        np.testing.assert_array_equal(first[:], [*range(8), *range(8)])
        np.testing.assert_array_equal(second[:], range(10))


def test_what_nobody_refers_to_any_more_is_gone(tmp_path):
    with Workspace(80, tmp_path) as workspace:
        held, on_disk = workspace.column(np.uint8, [np.zeros(20)]), workspace.column(np.uint8, [np.zeros(20)])
        (folder,) = tmp_path.iterdir()
        assert len(list(folder.iterdir())) == 1
        del held, on_disk
        gc.collect()
        assert not list(folder.iterdir())
        workspace.column(np.uint8, [np.zeros(20)])
        assert not list(folder.iterdir())


def test_a_column_keeps_no_more_than_its_part(tmp_path):
    whole = np.arange(10)
    column = Workspace().column(whole.dtype, [whole[:5]])
    whole[0] = 7
    assert column[:1] == 0


def test_files_go_when_the_work_is_broken_off(tmp_path):
    def work():
        with Workspace(0, tmp_path) as workspace:
            column = workspace.column(np.uint8, [np.zeros(3)])
            assert list(tmp_path.iterdir())
            raise KeyboardInterrupt(column)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here, which has room for nothing")
def test_a_full_disk_is_one_clear_line(tmp_path, monkeypatch):
    full = tmp_path / "files" / "1"
    full.parent.mkdir()
    full.symlink_to("/dev/full")
    monkeypatch.setattr(Workspace, "new_file", lambda workspace: full)
    with pytest.raises(CharrnnError, match=r"^.*: no room for .*--memory \(No space left on device\); make room there"):
        Workspace(0).column(np.uint8, [np.zeros(3)])
