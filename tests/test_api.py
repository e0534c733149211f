"""The Python API: every command as a function, by the same names, with values instead of print."""

import inspect
import json

import pytest

import charrnn
from charrnn.cli.main import cli
from charrnn.models.folder import MODEL
from charrnn.options import flag
from tests.conftest import TINY, small_text

# what only says how a command prints its results, and files that Python names otherwise
PRINTED = {
    "score": {
        "html",
        "json",
        "against",
        "format",
        "header",
        "base",
        "chars",
        "rank",
        "summary",
        "text",
        "sentences",
        "models",
    },
    "compare": {"format", "sentences"},
    "fill": {"format", "text", "sentences"},
    "sample": {"html", "json", "models", "format", "separator", "output", "overwrite"},
    "rescore": {"models"},
    "bench": {"as_json"},
    "inspect": {"html", "json", "characters", "states", "models"},
    "info": {"as_json", "html", "models"},
    "train": {"html", "resume"},  # charrnn.resume
}
COMMANDS = ["train", "ngram", "sample", "score", "compare", "fill", "rescore", "mix", "inspect", "info", "bench"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_function_takes_what_its_command_takes_by_the_same_names(name):
    command = cli.get_command(None, name)
    names = {parameter.name for parameter in command.params} - PRINTED.get(name, set())
    assert names <= set(inspect.signature(getattr(charrnn, name)).parameters)


def test_train_and_ngram_give_models(tmp_path, corpus_file):
    model = charrnn.train(corpus_file, tmp_path / "m", steps=3, hidden=8, batch_size=4, window=8)
    assert model.config.hidden == 8
    assert charrnn.ngram(corpus_file, tmp_path / "n", order=3).order == 3
    assert charrnn.info(tmp_path / "n")["kind"] == "ngram"


def test_sample_searches_chooses_and_compares_as_the_command_does(run, model_folder, corpus_file):
    for options in (
        {"beam": 3, "count": 2, "length": 12},
        {"best_of": 5, "count": 2, "length": 30, "seed": 4},
        {"novel": 6, "corpus": corpus_file, "length": 60, "seed": 4, "count": 1},
        {"prime": "the ", "echo": False, "length": 9, "seed": 1, "count": 1},
    ):
        arguments = []
        for name, value in options.items():
            arguments += [flag(name), value] if value is not False else [f"--no-{name}"]
        texts = charrnn.sample(model_folder, **options)
        printed = run("sample", "-m", model_folder, "--format", "jsonl", *arguments)[1].splitlines()
        assert [json.loads(line)["text"] for line in printed] == texts


def test_what_is_copied_is_told_with_the_text(model_folder, corpus_file):
    text = charrnn.sample(model_folder, report=True, corpus=corpus_file, length=80, seed=3)
    assert text.copied.span in text
    assert text.copied.span in corpus_file.read_text()
    assert (len(text.copied.span), text.copied.characters) == (text.copied.length, 80)


def test_without_a_seed_texts_differ(model):
    assert len({charrnn.sample(model, length=40) for _ in range(5)}) > 1


def test_score_reads_texts_and_files(model_folder, tmp_path):
    text = small_text(300, seed=4)
    (tmp_path / "text").write_text(text)
    by_lines = charrnn.score(model_folder, files=tmp_path / "text")
    assert [one.text for one in by_lines] == text.splitlines()
    texts = charrnn.score(model_folder, text.splitlines())
    assert [one.tally for one in texts] == [one.tally for one in by_lines]
    (whole,) = charrnn.score(model_folder, files=tmp_path / "text", stream=True)
    assert whole.tally.characters == len(text) - 1
    (one,) = charrnn.score(model_folder, "the xxcat.", spans=True)
    assert "x" in one.span.found
    adapted = charrnn.score(model_folder, ["the cat."] * 20, adapt=0.01)
    assert adapted[-1].tally.nats < adapted[0].tally.nats


def test_several_models_are_a_mixture(model_folder, lines_folder):
    one, other, both = (
        charrnn.score(m, "the cat.", **how)[0].tally.nats
        for m, how in (
            (model_folder, {}),
            (lines_folder, {}),
            ([model_folder, charrnn.load(lines_folder)], {"weight": (1, 0)}),
        )
    )
    assert both == pytest.approx(one, rel=1e-5)
    assert one != other
    with pytest.raises(charrnn.CharrnnError, match="for several models"):
        charrnn.score(model_folder, "x", weight=1)


def test_fill_and_rescore_give_values(both_folder, tmp_path):
    (filled,) = charrnn.fill(both_folder, "the {3} sleeps.", count=2)
    assert len(filled.fillings) == 2
    assert filled.fillings[0].probability >= filled.fillings[1].probability
    (tmp_path / "lists").write_text("u\t-1\tthe cat sleeps.\nu\t-1\tzzz qqq xxx.\n")
    (best,) = charrnn.rescore(both_folder, tmp_path / "lists", best=True)
    assert best.hypothesis.text == "the cat sleeps."


def test_a_corpus_is_made_into_a_file(tmp_path):
    path = charrnn.corpus("adder", output=tmp_path / "sums.txt", count=5, seed=1)
    assert len(path.read_text().splitlines()) == 5
    with pytest.raises(charrnn.CharrnnError, match="exists already"):
        charrnn.corpus("adder", output=path, count=5)


def test_bench_measures_what_it_is_asked_for():
    how = {"hidden": 8, "batch_size": 4, "window": 8, "streams": 2, "symbols": 9, "seconds": 0.01}
    figures = charrnn.bench(only="sampling", **how)
    assert figures["sampling"]["one_stream"]["characters_per_second"] > 0
    assert "training" not in figures
    assert charrnn.bench(only="scoring", **how)["scoring"]["characters_per_second"] > 0  # a module of its name hid it once


def test_a_folder_named_by_a_variable_is_one_folder_whatever_it_holds(run, monkeypatch, tmp_path, corpus_file):
    folder = tmp_path / "a:b c"
    monkeypatch.setenv("CHARRNN_MODEL", str(folder))
    assert run("train", corpus_file, *TINY, "--no-baseline")[0] == 0
    assert (folder / MODEL).exists()
    for command in (["sample", "--length", "3"], ["score", "--text", "a"], ["info"], ["fill", "--text", "a"]):
        assert run(*command)[0] == 0, command


def test_what_cannot_be_is_a_charrnn_error(model_folder, tmp_path):
    for call in (
        lambda: charrnn.score(model_folder, "x", stream=True),
        lambda: charrnn.score([], "x"),
        lambda: charrnn.sample(model_folder, length=True),
        lambda: charrnn.corpus("adder", output="-"),
        lambda: charrnn.mix([model_folder], weight=1),
    ):
        with pytest.raises(charrnn.CharrnnError):
            call()


def test_a_text_in_a_variable_is_one_text(run, model_folder, monkeypatch):
    monkeypatch.setenv("CHARRNN_SCORE_TEXT", "the cat sees")
    assert run("score", "-m", model_folder)[1].count("\n") == 1
