"""The catalogue in a clone that nobody has installed."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_clone_that_is_not_installed_has_its_catalogue(tmp_path):
    for folder in ("charrnn", "corpora"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    arguments = [sys.executable, "-m", "charrnn", "corpus", "list"]  # the working directory comes first on the path
    result = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert "pydoc" in result.stdout
    assert "text8" in result.stdout
