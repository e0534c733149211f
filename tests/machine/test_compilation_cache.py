"""The cache of compiled programs is private or not used."""

import os
from pathlib import Path

import jaxlib
import pytest

from charrnn.machine.compilation_cache import cache_folder


@pytest.fixture
def caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "charrnn"


def test_the_folder_is_private_and_named_by_version_and_processor(caches):
    folder = cache_folder()
    assert [folder] == list(caches.iterdir())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert f"jaxlib-{jaxlib.__version__}-" in folder.name


def test_a_folder_that_others_can_write_is_not_used(caches, monkeypatch):
    folder = cache_folder()
    folder.chmod(0o770)
    assert cache_folder() is None
    monkeypatch.delattr(os, "getuid")  # as on Windows, where the mode tells nothing
    assert cache_folder() == folder


def test_a_folder_of_somebody_else_is_not_used(caches, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert cache_folder() is None


def test_there_is_no_cache_where_there_is_no_home(monkeypatch):
    def nobody():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    assert cache_folder() is None
