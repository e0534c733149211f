"""The house: floors, what may be imported where, and that what users read is complete."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "charrnn"
FLOORS = {
    **{"errors": 0, "files": 0, "trees": 0, "options": 0, "wording": 0, "machine": 1, "corpora": 1, "text": 1, "network": 1},
    **{
        "models": 2,
        "conditions": 3,
        "scoring": 3,
        "writing": 4,
        "inspection": 4,
        "training": 5,
        "speed": 6,
        "report": 6,
        "api": 6,
        "cli": 7,
    },
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports_of(path):
    """Names of modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def room_of(module):
    parts = module.split(".")
    return parts[1] if parts[0] == "charrnn" and len(parts) > 1 else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_imports_from_a_floor_above_its_own(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room in ("__init__", "__main__"):
        return
    above = {name for name in imports_of(path) if FLOORS.get(room_of(name) or "", 0) > FLOORS[room]}
    assert not above


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_click_is_only_in_cli_and_printing_only_in_cli_and_report(path):
    room = path.relative_to(PACKAGE).parts[0]
    if room == "cli":
        return
    assert not any(name.split(".")[0] == "click" for name in imports_of(path))
    if room != "report":
        calls = [node.func.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
                 and isinstance(node.func, ast.Name)]  # fmt: skip
        assert "print" not in calls


def test_no_pickle_and_no_code_from_files():
    for path in MODULES:
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not names & {"eval", "exec", "pickle", "marshal", "shelve"}, path


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["train", "--help"], ["sample", "--help"], ["score", "--help"], ["corpus", "--help"], ["info", "--help"],
     ["fill", "--help"], ["compare", "--help"], ["compare", "-m", "a", "x"], ["score", "--unit", "word", "x"],
     ["ngram", "--help"], ["mix", "--help"], ["mix", "a", "-o", "m"], ["rescore", "--help"], ["ngram"],
     ["rescore", "--lm-weight", "-1"], ["score", "--weight", "1", "x"],
     ["train"], ["train", "--steps", "0", "x"], ["nonsense"], ["sample", "--temperature", "-1"]],
    ids=" ".join,
)  # fmt: skip
def test_help_and_usage_errors_come_without_jax_or_numpy(arguments):
    code = f"import sys; sys.argv = ['charrnn', *{arguments!r}]; from charrnn.cli.main import main\ntry: main()\n"
    code += "finally: print([m for m in ('jax', 'numpy', 'optax') if m in sys.modules], file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == (0 if "--help" in arguments else 2)
    assert result.stderr.splitlines()[-1] == "[]"
    assert "Traceback" not in result.stderr


def test_figures_and_files_that_the_project_promises_are_there():
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "setup.cfg", "Makefile", ".ci/run"):
        assert (ROOT / name).stat().st_size > 0, name
