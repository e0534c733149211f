"""A network and an n-gram of its text as one model: what it learns from, its figures, and runs that are broken off."""

import numpy as np
import pytest

import charrnn
from charrnn.models.folder import MODEL, open_model
from charrnn.models.kept_text import kept_text
from charrnn.models.mixture import Mixture
from charrnn.models.recurrent import RecurrentModel
from charrnn.scoring.log_probs import text_sequences, text_tally
from charrnn.text.corpus import read_corpus, with_fitting_part
from charrnn.training.options import TrainOptions
from charrnn.training.start import resume, start
from tests.conftest import SMALL, arrays_of, assert_one_clear_line, small_text, steps_of

LEARNING = {"hidden": 32, "embedding": 8, "window": 24, "batch_size": 8, "evaluate_every": 20}


@pytest.fixture(scope="module")
def hybrid_folder(tmp_path_factory, corpus_file):
    folder = tmp_path_factory.mktemp("models") / "hybrid"
    charrnn.train(corpus_file, folder, steps=60, hybrid=True, keep_text=True, **LEARNING)
    return folder


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize(("characters", "share"), [(1000, 0.1), (50_000, 0.045), (2_000_000, 0.0111)])
def test_the_part_to_fit_on_is_small_and_spread(tmp_path, characters, share, lines):
    text = "".join(f"word {k}\n" for k in range(characters // 8))[:characters]
    (tmp_path / "text").write_text(text)
    whole = read_corpus([str(tmp_path / "text")], by_lines=lines)
    cut = with_fitting_part(whole, by_lines=lines)
    assert len(cut.fitting) / len(whole.training) == pytest.approx(share, abs=0.02)
    assert len(cut.fitting) + len(cut.training) == len(whole.training)
    np.testing.assert_array_equal(cut.held_out, whole.held_out)
    np.testing.assert_array_equal(cut.training[-10:], whole.training[-10:])
    numbers = [int(word) for word in "".join(map(chr, cut.fitting)).split()[1:-1] if word.isdecimal()]
    spread = (max(numbers) - min(numbers)) / text.count("\n")
    assert spread > 0.4 if lines or characters > 20_000 else spread < 0.2
    assert cut.digest != whole.digest


def test_the_whole_is_as_good_as_its_parts_and_its_figure_is_that_of_score(hybrid_folder, corpus_file):
    hybrid = charrnn.load(hybrid_folder)
    assert isinstance(hybrid, Mixture)
    network, counts = hybrid.models
    corpus = with_fitting_part(read_corpus([str(corpus_file)]), by_lines=False)
    figures = []
    for model in (network, counts, hybrid):
        tally = text_tally(model, text_sequences(model.vocabulary, corpus.held_out, lines=False))
        figures.append(model.summary["held_out"]["nats_per_character"])
        assert figures[-1] == pytest.approx(tally.nats_per_character, abs=1e-5)
    assert figures[2] < min(figures[:2]) + 1e-6
    assert charrnn.info(hybrid_folder)["nats_per_character"] == figures[2]
    np.testing.assert_array_equal(kept_text(hybrid_folder), corpus.training)
    assert counts.summary["corpus"]["training_characters"] == len(corpus.training)


@pytest.mark.parametrize(
    ("characters", "seed", "options"),
    [(300, 1, {}), (3000, 2, {"level": "byte"})],
)
def test_it_is_no_worse_than_the_better_part_in_small_texts_either(tmp_path, characters, seed, options):
    (tmp_path / "text").write_text(small_text(characters, seed))
    hybrid = charrnn.train(tmp_path / "text", tmp_path / "m", steps=10, hybrid=True, hidden=16, **options)
    whole, *parts = (model.summary["held_out"]["nats_per_character"] for model in (hybrid, *hybrid.models))
    assert whole < min(parts) + 0.01


def test_it_serves_every_command(run, tmp_path, hybrid_folder):
    code, out, _ = run("info", "-m", hybrid_folder)
    assert code == 0
    assert "characters of the text that neither learnt from" in out
    assert out.count("held-out") == 3
    (tmp_path / "lists").write_text("1\t-2\tthe cat\n1\t-1\tteh cat\n")
    for command in (
        ["sample", "--length", 30, "--seed", 1, "--report"],
        ["sample", "--length", 30, "--seed", 1, "--novel", 12],
        ["score", "--text", "the cat sees a dog."],
        ["fill", "--text", "the c_t"],
        ["rescore", tmp_path / "lists", "--best"],
    ):
        code, out, error = run(*command, "-m", hybrid_folder)
        assert (code, out != "") == (0, True), error


def test_an_interrupted_run_is_a_network_and_resumed_it_becomes_the_same_hybrid(run, tmp_path, corpus_file):
    options = TrainOptions(steps=8, hybrid=True, **SMALL)
    whole = start([str(corpus_file)], tmp_path / "whole", options)
    steps_of(whole)
    assert isinstance(open_model(tmp_path / "whole"), RecurrentModel)  # until it is joined
    whole.join()
    steps_of(start([str(corpus_file)], tmp_path / "m", options), stop_at=3)
    assert isinstance(open_model(tmp_path / "m"), RecurrentModel)
    code, _, error = run("train", "--resume", "-m", tmp_path / "m")
    assert code == 0
    assert "both, weights" in error
    ours, theirs = (arrays_of(tmp_path / name, MODEL) for name in ("m", "whole"))
    assert set(ours) == set(theirs)
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_a_run_that_ended_without_being_joined_is_joined_by_resuming(tmp_path, corpus_file):
    steps_of(start([str(corpus_file)], tmp_path / "m", TrainOptions(steps=3, hybrid=True, **SMALL)))
    session = resume(tmp_path / "m", [], TrainOptions())
    assert steps_of(session) == []
    assert isinstance(session.join(), Mixture)
    with pytest.raises(charrnn.CharrnnError, match="this run is finished, at step 3"):
        resume(tmp_path / "m", [], TrainOptions())


def test_a_hybrid_takes_a_larger_budget_and_starts_another_run(tmp_path, corpus_file):
    first = charrnn.train(corpus_file, tmp_path / "m", steps=4, hybrid=True, **SMALL)
    session = resume(tmp_path / "m", [], TrainOptions(steps=6))
    assert isinstance(open_model(tmp_path / "m"), Mixture)  # until a step is taken
    steps_of(session)
    assert isinstance(open_model(tmp_path / "m"), RecurrentModel)
    assert isinstance(session.join(), Mixture)
    second = charrnn.load(tmp_path / "m")
    assert second.models[0].summary["steps"] == 6
    assert (first.models[0].parameters["output"]["bias"] != second.models[0].parameters["output"]["bias"]).any()
    third = charrnn.train(corpus_file, tmp_path / "n", steps=2, init_from=str(tmp_path / "m"))
    assert third.config.hidden == SMALL["hidden"]
    replaced = charrnn.train(corpus_file, tmp_path / "m", steps=2, overwrite=True, **SMALL)
    assert isinstance(replaced, RecurrentModel)


def test_a_mixture_of_two_networks_starts_no_run(run, tmp_path, corpus_file, model_folder):
    charrnn.mix([model_folder, model_folder], tmp_path / "two")
    result = run("train", corpus_file, "-m", tmp_path / "m", "--init-from", tmp_path / "two", "--steps", 2)
    assert_one_clear_line(result, "is no recurrent network, nor a mixture with one")


def test_a_text_too_short_to_fit_on_leaves_the_network_alone(run, tmp_path):
    (tmp_path / "text").write_text("abcabca")
    code, _, error = run("train", tmp_path / "text", "-m", tmp_path / "m", "--hybrid", "--steps", 2, "--hidden", 8)
    assert code == 0
    assert "too short to fit weights" in error
    assert isinstance(open_model(tmp_path / "m"), RecurrentModel)
