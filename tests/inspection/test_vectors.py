"""Texts as vectors: against single steps, alone or beside others, and which are alike."""

import numpy as np
import pytest

import charrnn
from charrnn.inspection.vectors import directions
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.config import NetworkConfig
from charrnn.network.parameters import init_parameters
from charrnn.text.symbols import BOUNDARY
from charrnn.text.vocabulary import Vocabulary

TEXTS = ["the cat sees", "", "a", "zzz the red house and then", "the dog sees"]


@pytest.mark.parametrize("last", [False, True])
def test_a_text_is_the_mean_of_its_outputs_or_the_last(model_folder, last):
    model = charrnn.load(model_folder)
    found = charrnn.embed(model, TEXTS, last=last)
    assert (found.dtype, found.shape) == (np.float32, (5, 32))
    for text, vector in zip(TEXTS, found, strict=True):
        state, outputs = model.start(1), []
        for number in [BOUNDARY, *model.vocabulary.encode(text)]:
            state, output = model.outputs(state, np.array([[number]]))
            outputs.append(output[0, 0])
        np.testing.assert_allclose(vector, outputs[-1] if last else np.mean(outputs, 0), rtol=1e-4, atol=1e-6)


def test_both_directions_are_put_together():
    vocabulary = Vocabulary("\nabc")
    config = NetworkConfig(vocabulary.size, hidden=6, embedding=4, direction="both")
    model = RecurrentModel(config, vocabulary, init_parameters(config, 1))
    found = charrnn.embed(model, ["abca", "b"], last=True)
    assert found.shape == (2, 12)
    backward = model.backward
    _, outputs = backward.outputs(backward.start(1), np.array([[*vocabulary.encode("acba"), BOUNDARY]]))
    np.testing.assert_allclose(found[0, 6:], outputs[0, -1], rtol=1e-5)


def test_lines_of_files_follow_the_texts(model_folder, tmp_path):
    (tmp_path / "lines").write_text("the cat\n\nthe dog\n")
    found = charrnn.embed(model_folder, "the cat", files=tmp_path / "lines")
    assert found.shape == (4, 32)
    np.testing.assert_array_equal(found[0], found[1])
    assert charrnn.embed(model_folder, []).shape[0] == 0


def test_likeness_is_of_what_tells_texts_apart():
    vectors = np.array([[101.0, 0], [99, 0], [100, 1], [100, -1]])
    found = directions(vectors)
    np.testing.assert_allclose(found[0] @ found.T, [1, -1, 0, 0], atol=1e-9)


def test_the_most_alike_come_first(model_folder):
    found = charrnn.embed(model_folder, TEXTS, nearest=2)
    assert found[0][0].text == "the dog sees"
    assert all(len(one) == 2 and one[0].likeness >= one[1].likeness for one in found)
    ordered = charrnn.embed(model_folder, TEXTS, similar="the cat sees")
    assert [one.text for one in ordered][:2] == ["the cat sees", "the dog sees"]
    assert ordered[0].likeness == pytest.approx(1, abs=1e-4)


def test_an_ngram_has_no_vectors(corpus_file, tmp_path):
    charrnn.ngram(corpus_file, tmp_path / "m", order="3")
    with pytest.raises(charrnn.CharrnnError, match="is no recurrent network, and has no states to look at"):
        charrnn.embed(tmp_path / "m", "a")


def test_vectors_as_text_and_as_a_file(run, model_folder, tmp_path):
    code, out, _ = run("embed", "-m", model_folder, "--text", "the cat", "--text", "a")
    rows = np.array([[float(number) for number in line.split("\t")] for line in out.splitlines()])
    assert (code, rows.shape) == (0, (2, 32))
    for name in ("v.npy", "v.tsv"):
        _, out, error = run("embed", "-m", model_folder, "--text", "the cat", "--text", "a", "-o", tmp_path / name)
        assert (out, error) == ("", f"vectors: {tmp_path / name}, 2 texts, 32 numbers each\n")
    np.testing.assert_allclose(np.load(tmp_path / "v.npy"), rows, rtol=1e-5)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "v.tsv"), rows, rtol=1e-5)
    assert run("embed", "-m", model_folder, "--text", "a", "-o", tmp_path / "v.tsv")[0] == 1


def test_alike_lines_as_text(run, model_folder):
    _, out, _ = run("embed", "-m", model_folder, "--nearest", "1", stdin=b"the cat\na red house\nthe dog\n")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["1", "2", "3"]
    assert out.splitlines()[0].split("\t")[2:] == ["the dog", "the cat"]
    _, out, _ = run("embed", "-m", model_folder, "--similar", "the cat", stdin=b"a red house\nthe cat\n")
    assert [line.split("\t")[1] for line in out.splitlines()] == ["the cat", "a red house"]
    code, _, error = run("embed", "-m", model_folder, "--nearest", "1", "--similar", "a", "x")
    assert (code, "leave one out" in error) == (2, True)
