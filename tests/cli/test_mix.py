"""`charrnn mix`, and mixtures in folders where other commands take a model."""

import json
import shutil

import numpy as np
import pytest

import charrnn
from charrnn.models.folder import CURVE, LOG, MODEL, RESUME, TEXT, save_model
from charrnn.models.kept_text import keep_text, kept_text
from charrnn.models.mixture import Mixture
from tests.conftest import TINY, assert_one_clear_line, small_text
from tests.models.test_mixture import ngram_of


@pytest.fixture(scope="module")
def counts_folder(tmp_path_factory):
    """An n-gram of labelled lines."""
    folder = tmp_path_factory.mktemp("models") / "counts"
    text = "".join(f"{'ab'[k % 2]}\t{line}\n" for k, line in enumerate(small_text(3000, seed=3).splitlines()))
    save_model(ngram_of(text, 5), folder)
    return folder


@pytest.fixture(scope="module")
def apart(model_folder, counts_folder):
    return ["-m", model_folder, "-m", counts_folder, "--weight", 0.4, "--weight", 0.7]


@pytest.fixture(scope="module")
def mixed_folder(tmp_path_factory, model_folder, counts_folder):
    """The two as one, their own folders gone."""
    root = tmp_path_factory.mktemp("mixed")
    for name, folder in (("network", model_folder), ("counts", counts_folder)):
        shutil.copytree(folder, root / name)
    charrnn.mix([root / "network", str(root / "counts")], root / "m", weight=(0.4, 0.7))
    shutil.rmtree(root / "network")
    shutil.rmtree(root / "counts")
    return root / "m"


@pytest.mark.parametrize(
    "command",
    [
        ["score", "--text", "the cat sees a dog", "--text", ""],
        ["score", "--text", "the cat", "--chars", "--format", "jsonl"],
        ["score", "--text", "the cat sees a qqqqq dog.", "--spans"],
        ["score", "--text", "the cat sees a dog.", "--adapt", "0.01"],
        ["score", "--text", "the cat sees a dog.", "--text", "a tree", "--labels", "a,b"],
        ["score", "--text", "the cat", "--format", "srilm"],
        ["sample", "--length", "70", "--seed", "1", "--count", "2"],
        ["sample", "--length", "30", "--beam", "3"],
        ["sample", "--length", "30", "--pattern", "the .*", "--seed", "1"],
    ],
    ids=" ".join,
)
def test_the_folder_serves_as_its_models_did_together(run, mixed_folder, apart, command):
    code, out, _ = run(*command, "-m", mixed_folder)
    assert code == 0
    assert out == run(*command, *apart)[1] != ""


def test_streams_and_lists_too(run, tmp_path, mixed_folder, apart):
    (tmp_path / "text").write_text(small_text(1500, seed=4))
    (tmp_path / "lists").write_text("1\t-2\tthe cat\n1\t-1\tteh cat\n2\t0\ta dog\n")
    for command in (
        ["score", tmp_path / "text", "--stream", "--format", "jsonl"],
        ["rescore", tmp_path / "lists", "--best"],
    ):
        code, out, error = run(*command, "-m", mixed_folder)
        assert (code, error) == (0, "")
        assert out == run(*command, *apart)[1]


def test_blanks_are_filled_from_the_left(run, mixed_folder):
    code, out, error = run("fill", "-m", mixed_folder, "--text", "the {3} sees a dog.", "-n", 3)
    assert code == 0
    assert "reads from left to right only" in error
    fillings = [line.split("\t")[2] for line in out.splitlines()]
    assert len(set(fillings)) == 3
    nats = [charrnn.score(charrnn.load(mixed_folder), f"the {each} sees a dog.")[0].tally.nats for each in fillings]
    assert nats == sorted(nats)


def test_info_lists_the_parts(run, mixed_folder, model_folder):
    code, out, error = run("info", "-m", mixed_folder)
    assert (code, error) == (0, "")
    network, counts = [line for line in out.splitlines() if line.strip().startswith("weight ")]
    bits = charrnn.load(model_folder).summary["held_out"]["bits_per_character"]
    assert "weight 0.4000: network, 1 × 32 LSTM" in network
    assert f"{bits:.4f} bits per character" in network
    assert "weight 0.7000: n-gram, order 5" in counts
    facts = json.loads(run("info", "-m", mixed_folder, "--json")[1])
    assert (facts["kind"], facts["mix"], facts["reading"]) == ("mixture", "log-linear", "stream")
    assert [(part["kind"], part["weight"]) for part in facts["parts"]] == [("recurrent", 0.4), ("ngram", 0.7)]
    assert facts["parts"][0] == {"weight": 0.4} | json.loads(run("info", "-m", model_folder, "--json")[1])


def test_a_mixture_is_a_part_like_any_other(run, tmp_path, mixed_folder, counts_folder):
    both = ["-m", mixed_folder, "-m", counts_folder, "--mix", "linear", "--weight", 0.3, "--weight", 0.7]
    wanted = charrnn.score(charrnn.mix([mixed_folder, counts_folder], mix="linear", weight=(0.3, 0.7)), "the cat")[0].tally
    record = json.loads(run("score", *both, "--text", "the cat", "--format", "jsonl")[1])
    assert -record["logprob"] * np.log(10) == pytest.approx(wanted.nats, rel=1e-6)
    made = run("mix", mixed_folder, counts_folder, "-o", tmp_path / "m", *both[4:])
    assert made[0] == 0, made
    assert json.loads(run("score", "-m", tmp_path / "m", "--text", "the cat", "--format", "jsonl")[1]) == record
    assert "weight 0.3000: mixture, log-linear, 2 models" in run("info", "-m", tmp_path / "m")[1]
    assert run("score", "-m", tmp_path / "m", "--adapt", 0.01, "--text", "the cat")[0] == 0  # a network inside the inner one
    charrnn.mix([counts_folder, counts_folder], tmp_path / "n")
    assert_one_clear_line(run("score", "-m", tmp_path / "n", "--adapt", 0.01, "--text", "a"), "no weights to update")


def test_what_is_made_is_said(run, tmp_path, model_folder, counts_folder):
    (tmp_path / "fit").write_bytes((small_text(1000, seed=9) + "café\n").encode("latin-1"))
    how = [model_folder, counts_folder, "--fit-on", tmp_path / "fit", "--encoding", "latin-1", "--mix", "linear"]
    code, out, error = run("mix", *how, "-o", tmp_path / "m")
    assert (code, out) == (0, "")
    weights, where = error.splitlines()
    fitted = charrnn.load(tmp_path / "m")
    assert weights == f"weights fitted on {tmp_path / 'fit'}: --mix linear " + " ".join(
        f"--weight {weight:.4f}" for weight in fitted.weights_M
    )
    assert where == f"model: {tmp_path / 'm' / MODEL}; score with: charrnn score -m {tmp_path / 'm'}"
    assert 0 < fitted.weights_M[0] < 1
    assert fitted.summary["fitted_on"] == [str(tmp_path / "fit")]
    scored = run("score", "-m", model_folder, "-m", counts_folder, *how[2:], "--text", "a")[2]
    assert scored == weights + "\n"
    assert f"fitted on {tmp_path / 'fit'}" in run("info", "-m", tmp_path / "m")[1]
    code, _, error = run("mix", model_folder, counts_folder, "-o", tmp_path / "n")
    assert error.splitlines()[0] == "mixture: --mix log-linear --weight 0.5000 --weight 0.5000"


def test_an_existing_model_is_spared_unless_said_and_nothing_of_it_is_left(run, tmp_path, corpus_file, counts_folder):
    folder = tmp_path / "m"
    assert run("train", corpus_file, "-m", folder, "--no-baseline", "--keep-text", *TINY)[0] == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {MODEL, RESUME, LOG, CURVE, TEXT} <= before.keys()
    mix = ["mix", counts_folder, folder, "-o", folder]
    assert_one_clear_line(run(*mix), "holds a model already; --overwrite it, or name another with -o")
    assert_one_clear_line(run(*mix, "--overwrite", "--fit-on", tmp_path / "no"), "no: no such file")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert run(*mix, "--overwrite")[0] == 0
    assert [path.name for path in folder.iterdir()] == [MODEL]  # the n-gram's folder keeps no text
    assert [part.kind for part in charrnn.load(folder).models] == ["ngram", "recurrent"]


def test_models_that_cannot_be_mixed_leave_no_folder(run, tmp_path, model_folder):
    save_model(ngram_of("日本\n日本\n", 2), tmp_path / "other")
    assert_one_clear_line(run("mix", model_folder, tmp_path / "other", "-o", tmp_path / "m"), "no character in common")
    assert_one_clear_line(run("mix", model_folder, tmp_path / "none", "-o", tmp_path / "m"), "there is no model here")
    linear = ["--mix", "linear", "--weight", 1, "--weight", 1]
    assert_one_clear_line(run("mix", model_folder, model_folder, "-o", tmp_path / "m", *linear), "sum to 2")
    assert not (tmp_path / "m").exists()
    (tmp_path / "file").write_text("")
    mix = ["mix", model_folder, model_folder, "-o", tmp_path / "file"]
    assert_one_clear_line(run(*mix), "cannot be written", "-o")


def test_a_python_caller_is_told_the_same(tmp_path, model, counts_folder):
    mixture = charrnn.mix([model, counts_folder], tmp_path / "m", weight=(0.4, 0.7))
    assert mixture.models[0] is model
    assert charrnn.load(tmp_path / "m").weights_M.tolist() == [0.4, 0.7]
    with pytest.raises(charrnn.CharrnnError, match="holds a model already"):
        charrnn.mix([model, counts_folder], tmp_path / "m")
    with pytest.raises(charrnn.CharrnnError, match="a mixture is of two models or more"):
        charrnn.mix([model])
    with pytest.raises(charrnn.CharrnnError, match=r"^weight gives the weights and fit_on finds them"):
        charrnn.mix([model, model], weight=(1, 1), fit_on="x")
    with pytest.raises(charrnn.CharrnnError, match="choose one of linear, log-linear"):
        charrnn.mix([model, model], mix="both")


@pytest.mark.parametrize(
    "arguments",
    [[], ["a", "b"], ["a", "-o", "m"], ["a", "b", "-o", "m", "--weight", 1], ["a", "b", "-o", "m", "--mix", "both"],
     ["a", "b", "-o", "m", "--weight", 1, "--weight", 2, "--fit-on", "x"]],
)  # fmt: skip
def test_wrong_usage(run, arguments):
    code, out, error = run("mix", *arguments)
    assert (code, out) == (2, "")
    assert "Error:" in error


def test_the_folder_keeps_the_texts_where_all_of_its_models_do(run, tmp_path):
    texts = [small_text(1200, seed=k) for k in (1, 2)]
    units = [np.array([ord(c) for c in text], np.uint32) for text in texts]
    folders = [tmp_path / name for name in "abcd"]
    for folder, text, each in zip(folders, (texts[0], texts[1], texts[0], texts[1]), (*units, units[0], None), strict=True):
        save_model(ngram_of(text, 9), folder)
        if each is not None:
            keep_text(folder, each)
    charrnn.mix(folders[:3], tmp_path / "m")
    np.testing.assert_array_equal(kept_text(tmp_path / "m"), np.concatenate(units))  # the third's is the first's
    out = run("sample", "-m", tmp_path / "m", "--novel", 12, "--length", 300, "--seed", 1, "--report")[1]
    assert not any(out[k : k + 12] in text for text in texts for k in range(len(out) - 12))
    plain = run("sample", "-m", tmp_path / "m", "--length", 300, "--seed", 1)[1]
    assert any(plain[k : k + 12] in text for text in texts for k in range(len(plain) - 12))
    charrnn.mix(folders, tmp_path / "m", overwrite=True)
    assert kept_text(tmp_path / "m") is None
    assert_one_clear_line(run("sample", "-m", tmp_path / "m", "--novel", 12), str(tmp_path / "m"), "--corpus FILE")
    charrnn.mix([charrnn.load(folders[0]), folders[1]], tmp_path / "n")  # an opened model knows its folder
    np.testing.assert_array_equal(kept_text(tmp_path / "n"), np.concatenate(units))


def test_what_is_mixed_in_python_is_what_is_saved(tmp_path, model, counts_folder):
    mixture = charrnn.mix([model, counts_folder], tmp_path / "m")
    assert isinstance(mixture, Mixture)
    one, other = (charrnn.score(each, "the cat")[0].tally for each in (mixture, charrnn.load(tmp_path / "m")))
    assert one == other
