"""The cache of compiled programs is private or not used."""

import jax
import jaxlib
import pytest

from charrnn.machine.compilation_cache import use_compilation_cache


@pytest.fixture
def no_cache(monkeypatch, tmp_path):
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    yield tmp_path / "charrnn"
    jax.config.update("jax_compilation_cache_dir", before)


def test_the_folder_is_private_and_named_by_version_and_processor(no_cache):
    use_compilation_cache()
    (folder,) = no_cache.iterdir()
    assert jax.config.jax_compilation_cache_dir == str(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert jaxlib.__version__ in folder.name


def test_a_folder_that_others_can_write_is_not_used(no_cache):
    use_compilation_cache()
    (folder,) = no_cache.iterdir()
    folder.chmod(0o770)
    jax.config.update("jax_compilation_cache_dir", None)
    use_compilation_cache()
    assert jax.config.jax_compilation_cache_dir is None


def test_a_cache_that_the_user_has_set_stays(no_cache, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "mine"))
    use_compilation_cache()
    assert jax.config.jax_compilation_cache_dir == str(tmp_path / "mine")
