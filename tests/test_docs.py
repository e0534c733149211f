"""What users read is complete and true: every command and option has its help and its place in the docs."""

import importlib.util
import re
from pathlib import Path

import click
import pytest

from charrnn.cli.main import cli

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


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
