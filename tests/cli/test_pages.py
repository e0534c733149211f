"""Pages from the command line: what makes them, what they hold, and what is refused."""

import json

import numpy as np
import pytest

import charrnn
from charrnn.training.options import TrainOptions
from tests.conftest import TINY, assert_one_clear_line
from tests.report.test_page import data_of, unpacked


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the cat sees a dog.\nthe old tree.\n")
    return path


def test_score_writes_a_page_and_prints_its_totals(run, model_folder, text, tmp_path):
    page, plain = tmp_path / "p.html", tmp_path / "p.json"
    code, out, error = run("score", "-m", model_folder, text, "--html", page, "--json", plain)
    assert (code, out.splitlines()[1].split()) == (0, ["characters", "34", "34"])
    assert f"page: {page}" in error
    found, wanted = data_of(page.read_text())["models"][0], json.loads(plain.read_text())["models"][0]
    for name in ("surprise", "entropy", "rank", "likeliest", "likeliest_surprise"):
        np.testing.assert_allclose(unpacked(found[name]), np.array(wanted[name], float), atol=1e-3)
    scores = charrnn.score(model_folder, files=text)
    bits = -np.concatenate([score.log_probs for score in scores]) / np.log(2)
    np.testing.assert_allclose(wanted["surprise"], bits, atol=1e-3)


def test_two_models_are_held_against_each_other(run, model_folder, lines_folder, text, tmp_path):
    plain = tmp_path / "p.json"
    code, out, _ = run("score", "-m", model_folder, text, "--json", plain, "--against", lines_folder)
    assert code == 0
    assert out.count("bits per character") == 2
    data = json.loads(plain.read_text())
    assert [model["name"] for model in data["models"]] == [str(model_folder), str(lines_folder)]
    assert [len(group["list"]) > 0 for group in data["stretches"]] == [True, True]


def test_a_grammar_is_held_against_its_source(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    charrnn.corpus("grammar-en", count=200)
    charrnn.ngram("grammar-en.txt", "counts", lines=True, order="4")
    code, out, _ = run("score", "-m", "counts", "grammar-en.txt", "--html", "p.html", "--against", "grammar-en")
    assert code == 0
    assert out.index("counts:") < out.index("grammar-en:")
    source = data_of((tmp_path / "p.html").read_text())["models"][1]
    assert 0.2 < source["bits_per_character"] < 0.35
    assert "likeliest" not in source


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (["--chars", "--html", "p.html"], "--html and --json show all at once"),
        (["--against", "other"], "--against is for pages"),
        (["--pseudo", "--html", "p.html", "--against", "other"], "--against cannot be combined with --pseudo"),
    ],
)
def test_what_does_not_go_with_a_page_is_wrong_usage(run, model_folder, text, more, part):
    code, _, error = run("score", "-m", model_folder, text, *more)
    assert code == 2
    assert part in error


def test_another_file_is_never_replaced_by_a_page(run, model_folder, text, tmp_path):
    for command in (["score", text], ["sample", "--length", 5], ["info"], ["inspect", "--neurons", text]):
        assert_one_clear_line(run(*command, "-m", model_folder, "--html", text), "is no page made here")
    assert text.read_text().startswith("the cat")
    assert_one_clear_line(run("train", text, *TINY, "-m", tmp_path / "m", "--html", text), "is no page made here")
    assert not (tmp_path / "m").exists()


def test_what_was_written_is_shown_with_what_it_copies(run, model_folder, corpus_file, tmp_path):
    plain = tmp_path / "p.json"
    copied = corpus_file.read_text()[:40].split("\n")[0]
    command = ["sample", "-m", model_folder, "--prime", copied, "--length", 30, "--count", 2, "--seed", 1]
    code, out, _ = run(*command, "--report", "--corpus", corpus_file, "--json", plain)
    assert code == 0
    data = json.loads(plain.read_text())
    assert data["text"].count(copied) == 2
    assert out.startswith(copied)
    first = data["copies"][0]
    assert (first["start"], first["end"] >= len(copied)) == (0, True)
    assert data["models"][0]["surprise"][: len(copied)] == [None] * len(copied)
    assert data["models"][0]["characters"] == 60


def test_inspect_says_what_units_follow_and_writes_their_states(run, model_folder, text, tmp_path):
    states = tmp_path / "states.npz"
    code, out, error = run("inspect", "-m", model_folder, "--neurons", text, "--states", states)
    assert code == 0, error
    assert out.splitlines()[0].split() == ["what", "is", "followed", "unit", "correlation"]
    assert "forget gate: nearly closed" in out
    with np.load(states, allow_pickle=False) as found:
        assert found["states"].shape == (len(text.read_text()), 32)
        assert len(found["ids"]) == len(found["states"])
    expected = charrnn.inspect(model_folder, text, neurons=True)
    np.testing.assert_array_equal(expected.states_TU, np.load(states)["states"])


def test_inspect_draws_gradients_of_several_models_in_one_table(run, model_folder, lines_folder, text, tmp_path):
    models = ["-m", model_folder, "-m", lines_folder]
    code, out, error = run(
        "inspect", *models, "--gradients", "--back", 8, "--places", 4, text, "--json", tmp_path / "p.json"
    )
    assert code == 0, error
    assert len(out.splitlines()) == 3
    data = json.loads((tmp_path / "p.json").read_text())
    assert [len(model[when]["median"]) for model in data["models"] for when in ("trained", "fresh")] == [8] * 4
    assert_one_clear_line(run("inspect", *models, "--neurons", text), "looks at one model")


def test_a_pipe_is_read_once_for_several_models(run, model_folder, lines_folder, text):
    command = ["inspect", "-m", model_folder, "-m", lines_folder, "--gradients", "--back", 8, "--places", 4]
    assert run(*command, "-", stdin=text.read_bytes())[:2] == run(*command, text)[:2]


def test_inspect_refuses_what_it_cannot_look_at(run, model_folder, text, tmp_path, corpus_file):
    assert run("inspect", "-m", model_folder, text)[0] == 2
    assert run("inspect", "-m", model_folder, "--gradients", "--states", "s.npz", text)[0] == 2
    assert_one_clear_line(run("inspect", "-m", model_folder, "--attention", text), "has no attention to look at")
    charrnn.ngram(corpus_file, tmp_path / "counts", order="3")
    assert_one_clear_line(run("inspect", "-m", tmp_path / "counts", "--neurons", text), "is no recurrent network")
    assert_one_clear_line(run("inspect", "-m", model_folder, "--gradients", text), "202 are needed")


def test_info_describes_several_models(run, model_folder, lines_folder, tmp_path):
    code, out, _ = run("info", model_folder, lines_folder)
    assert code == 0
    assert out.count("vocabulary") == 2
    facts = json.loads(run("info", model_folder, lines_folder, "--json")[1])
    assert [one["network"]["cell"] for one in facts] == [TrainOptions().filled().cell, "gru"]
    code, _, error = run("info", model_folder, lines_folder, "--html", tmp_path / "p.html")
    assert code == 0, error
    data = data_of((tmp_path / "p.html").read_text())
    assert {"name": "--cell", "values": [TrainOptions().filled().cell, "gru"]} in data["options"]
    log = data["models"][0]["log"]
    assert len(log) == 3
    assert 0 <= log[-1]["clipped"] <= 1
    assert log[-1]["gradient_norm"] > 0
    symbols = {one["symbol"]: one["count"] for one in data["models"][0]["symbols"]}
    assert symbols["e"] > symbols["k"] > 0
    assert {one["kind"] for one in data["models"][0]["map"]} >= {"vowel", "consonant", "other"}


def test_a_training_writes_its_page_anew_at_each_evaluation(run, corpus_file, tmp_path):
    page = tmp_path / "run.html"
    code, _, error = run("train", corpus_file, *TINY, "-m", tmp_path / "m", "--html", page, "--evaluate-every", 1)
    assert code == 0, error
    assert len(data_of(page.read_text())["models"][0]["log"]) == 3
    assert run("train", "--resume", "--steps", 5, "-m", tmp_path / "m", "--html", page)[0] == 0
    assert data_of(page.read_text())["models"][0]["log"][-1]["step"] == 5
