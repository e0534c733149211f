"""What users read is complete and true: every command and option has its help and its place in the docs."""

import importlib.util
import re
import shlex
from pathlib import Path

import click
import pytest

from charrnn.cli.main import cli

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def reference():
    """The script that writes docs/options.md, as a module."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_options_is_what_the_commands_say(reference):
    """`make reference` writes it."""
    assert reference.PAGE.read_text() == reference.page()


def test_every_command_and_option_has_help(reference):
    for words, command in reference.commands(cli):
        assert command.help, words
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, (words, option.name)


def test_the_help_of_every_command_ends_in_two_examples(reference):
    for words, command in reference.commands(cli):
        lines = command.get_help(click.Context(command, terminal_width=80)).splitlines()
        assert lines[-3].strip() == "Examples:"
        for line in lines[-2:]:
            _, *given = shlex.split(line)
            command.make_context(" ".join(words), given[len(words) - 1 :], resilient_parsing=False).close()
            assert shlex.split(line)[: len(words)] == [*words]


def test_every_command_is_explained_on_a_page_of_its_own_or_with_others(reference):
    explained = "\n".join(page.read_text() for page in PAGES if page.name != "options.md")
    for words, _ in reference.commands(cli):
        assert " ".join(words) in explained, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_a_page_names_for_charrnn_is_there(reference, page):
    known = {"--help", "--version"}
    for _, command in reference.commands(cli):
        for option in command.params:
            known |= {*option.opts, *option.secondary_opts}
    for line in page.read_text().splitlines():
        for command in re.findall(r"charrnn [a-z][^`|]*", line):
            assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", command)) <= known, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_and_headings_that_a_page_links_to_are_there(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        name, _, heading = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.is_file(), target
        assert not heading or heading in {anchor(line) for line in linked.read_text().splitlines()}, target


def anchor(line: str) -> str | None:
    """The name by which a heading is linked to; None for other lines."""
    title = re.fullmatch(r"#+ (.+)", line)
    return re.sub(r"[^\w -]", "", title[1].lower()).replace(" ", "-") if title else None


def test_the_index_links_to_every_page():
    index = (ROOT / "docs" / "index.md").read_text()
    for page in PAGES:
        assert page.name == "index.md" or f"{page.name})" in index, page.name


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_bytes()) < 7000


def test_the_examples_in_python_run(tmp_path, monkeypatch, corpus_file):
    """In order, in one folder, on a small corpus; what they print is not shown in the page."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 5
    (tmp_path / "corpus.txt").write_text(corpus_file.read_text())
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)
