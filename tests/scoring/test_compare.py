"""Models compared on the same text."""

import json
import math

import numpy as np
import pytest

import charrnn
from charrnn.scoring.compare import BLOCK
from tests.conftest import assert_one_clear_line, small_text


@pytest.fixture(scope="module")
def counts(tmp_path_factory, corpus_file):
    folder = tmp_path_factory.mktemp("models") / "counts"
    charrnn.ngram(corpus_file, folder, order=4)
    return folder


@pytest.fixture
def text_file(tmp_path):
    path = tmp_path / "text"
    path.write_text(small_text(2500, seed=8))
    return path


def test_figures_are_those_of_score_and_the_error_is_over_lines(model_folder, counts, text_file):
    (found,) = charrnn.compare([model_folder, counts], text_file, count=2)
    scores = [charrnn.score(model, files=text_file) for model in (model_folder, counts)]
    nats = np.array([[one.tally.nats for one in of_model] for of_model in scores])
    sizes = np.array([one.tally.characters for one in scores[0]])
    first, second = found.models
    assert (found.observations, found.characters, found.left_out) == (len(sizes), sizes.sum(), 0)
    assert (first.model, second.model) == (str(model_folder), str(counts))
    for one, of_model in zip(found.models, nats, strict=True):
        assert one.nats_per_character == pytest.approx(of_model.sum() / sizes.sum(), rel=1e-5)
        assert one.nats_per_byte == pytest.approx(one.nats_per_character)
    gaps = nats[1] - nats[0]
    assert second.difference == pytest.approx(gaps.sum() / sizes.sum(), rel=1e-3)
    # the jackknife over lines, which needs no formula
    without = (gaps.sum() - gaps) / (sizes.sum() - sizes)
    count = len(gaps)
    jackknife = math.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    assert second.standard_error == pytest.approx(jackknife, rel=0.05)
    order = np.argsort(-np.abs(gaps))[:2]
    assert [part.number for part in second.most] == (order + 1).tolist()
    assert (first.difference, first.standard_error, first.most) == (None, None, ())


def test_a_stream_is_compared_in_blocks(model_folder, counts, text_file):
    (found,) = charrnn.compare([model_folder, counts], text_file, stream=True)
    for one, model in zip(found.models, (model_folder, counts), strict=True):
        (score,) = charrnn.score(model, files=text_file, stream=True)
        assert (one.nats, one.characters) == (pytest.approx(score.tally.nats, rel=1e-5), score.tally.characters)
    assert (found.observed, found.observations) == ("block", math.ceil((len(text_file.read_text()) - 1) / BLOCK))


@pytest.mark.parametrize("stream", [False, True])
def test_what_one_does_not_know_is_left_out_for_all(tmp_path, counts, stream):
    text = small_text(1500, seed=9)
    (tmp_path / "learnt").write_text(text.replace("cat", "cät"))
    (tmp_path / "text").write_text("the cät\nthe cat sees a dog.\n")
    knows = charrnn.ngram(tmp_path / "learnt", tmp_path / "knows", order=3)
    (found,) = charrnn.compare([counts, knows], tmp_path / "text", stream=stream)
    assert [one.unknown for one in found.models] == [1, 0]
    assert (found.left_out, found.models[0].characters) == (1, found.characters - 1)
    assert found.models[1].model == "model 2"


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_of_bytes_compares_with_one_of_characters(tmp_path, stream):
    """Both are counts of order 2; a character of two bytes has the sum of what both get."""
    text = "ää ü\nää ää\n" * 9
    (tmp_path / "text").write_text(text)
    models = [charrnn.ngram(tmp_path / "text", tmp_path / level, order=2, level=level) for level in ("char", "byte")]
    for pair in (models, models[::-1]):
        (found,) = charrnn.compare(pair, tmp_path / "text", stream=stream)
        assert found.characters == found.models[0].characters == len(text) - stream
        for one, model in zip(found.models, pair, strict=True):
            assert one.bytes == len(text.encode()) - 2 * stream
            if not stream:  # there, score predicts the second byte of the first character, which is left out here
                nats = sum(score.tally.nats for score in charrnn.score(model, files=tmp_path / "text"))
                assert one.nats == pytest.approx(nats, rel=1e-5)


def test_it_is_printed_for_people_and_programs(run, model_folder, counts, text_file):
    code, out, error = run("compare", "-m", counts, "-m", model_folder, "-n", 2, text_file)
    assert (code, error) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith(f"{text_file}: ")
    assert lines[2].endswith(f"  {counts}")
    assert lines[3].endswith(f"  {model_folder}")
    assert len(lines) == 4 + 1 + 2 + 2
    (record,) = map(
        json.loads, run("compare", "-m", counts, "-m", model_folder, "--format", "jsonl", text_file)[1].splitlines()
    )
    assert record["file"] == str(text_file)
    first, second = record["models"]
    assert second["difference"] == pytest.approx(second["bits_per_character"] - first["bits_per_character"])
    assert (second["against"], len(second["most"])) == (str(counts), 5)
    assert f"{second['difference']:+.4f}" in lines[3]
    assert f"{second['standard_error']:.4f}" in lines[3]
    same = run("compare", "-m", counts, "-m", counts, text_file)[1]
    assert "differs most" not in same
    twice = run("compare", "-m", counts, "-m", model_folder, "-n", 0, text_file, text_file)[1].splitlines()
    assert twice == [*lines[:4], "", *lines[:4]]


def test_what_cannot_be_compared(run, model_folder, counts, tmp_path, corpus_file):
    assert run("compare", "-m", counts, "x")[0] == 2
    assert run("compare", "x")[0] == 2
    both = ["compare", "-m", counts, "-m", model_folder]
    (tmp_path / "empty").write_text("")
    (tmp_path / "other").write_text("春花\n秋月\n")
    assert_one_clear_line(run(*both, tmp_path / "empty"), "empty: has no text")
    assert_one_clear_line(run(*both, "--stream", tmp_path / "empty"), "there is no text in it")
    for more in ([], ["--stream"]):
        assert_one_clear_line(run(*both, tmp_path / "other", *more), "no character that all the models know")
    assert_one_clear_line(run(*both, "nofile"), "no such file")
    assert_one_clear_line(run("compare", "-m", counts, "-m", tmp_path / "none", corpus_file), "there is no model here")
    with pytest.raises(charrnn.CharrnnError, match="two models or more"):
        charrnn.compare([counts], corpus_file)
    with pytest.raises(charrnn.CharrnnError, match="two models or more"):
        charrnn.compare(counts, corpus_file)


def test_one_line_has_no_standard_error(model_folder, counts, tmp_path):
    (tmp_path / "one").write_text("the cat\n")
    (found,) = charrnn.compare([model_folder, counts], tmp_path / "one")
    assert found.models[1].standard_error is None
