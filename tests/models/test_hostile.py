"""Files that are wrong though their checksum is right: somebody made them, by mistake or on purpose."""

import copy
import io
import json
import math
import os
import random
import warnings
from contextlib import redirect_stdout
from shutil import copytree

import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.models import archive
from charrnn.models.archive import read_archive, write_archive
from charrnn.models.folder import MODEL, RESUME, open_any, save_model
from charrnn.report.info import print_info
from charrnn.training.options import TrainOptions
from charrnn.training.start import resume
from tests.conftest import TINY, assert_one_clear_line

CASES = int(os.environ.get("CHARRNN_HOSTILE", "80"))  # of each model; make torture: 12,500
WILD = [None, True, 0, -1, 1, 2, 3.5, 10**7, 2**31, 10**30, -(10**30), math.nan, math.inf, -math.inf, 1e308, "",
        "x", "lstm", "char", "byte", "word",
        "\ud800", "a" * 5000, [], [[]], [1, 2], ["\n", "\n"], {}, {"a": {}}, "both", "deep"]  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory, corpus_file, model_folder, both_folder):
    """Folders with a model of each kind, as small as can be."""
    base = tmp_path_factory.mktemp("hostile")
    charrnn.ngram(corpus_file, base / "ngram", order=3, min_counts="1")
    charrnn.ngram(corpus_file, base / "words", order=2, min_counts="1", level="word")
    charrnn.mix([model_folder, base / "ngram"], base / "mixture")
    examples = base / "examples.tsv"
    examples.write_text("".join(f"{'ab'[k % 2]}\tthe {k}\n" for k in range(40)))
    tiny = {"steps": 2, "hidden": 8, "embedding": 4, "batch_size": 4}
    charrnn.train(examples, base / "classifier", task="classify", **tiny)
    examples.write_text("".join(f"the {k}\t{k} the\n" for k in range(40)))
    charrnn.train(examples, base / "rewriter", task="rewrite", **tiny)
    examples.write_text("".join(f"(a (b x{k}) (a (b y) (a z)))\n" for k in range(40)))
    charrnn.train(examples, base / "tree", task="tree", **tiny)
    named = ("ngram", "words", "mixture", "classifier", "rewriter", "tree")
    return {"network": model_folder, "both": both_folder} | {name: base / name for name in named}


KINDS = ("network", "both", "ngram", "words", "mixture", "classifier", "rewriter", "tree")


def write(path, arrays, description):
    """As write_archive, but with anything that JSON can be made to say."""
    text = json.dumps(description)
    metadata = {"charrnn_format": "1", "description": text, "sha256": archive._checksum(arrays, text)}
    contents = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays.values())
    path.write_bytes(archive._header(arrays, metadata) + contents)


def places(data, path=()):
    """Where something stands in a description; of long lists the first few."""
    if path:
        yield path
    items = data.items() if isinstance(data, dict) else enumerate(data[:3]) if isinstance(data, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def changed(rng, description):
    """The description with one to three things in it replaced, left out, added or doubled."""
    description = copy.deepcopy(description)
    for _ in range(rng.randint(1, 3)):
        *before, last = rng.choice(list(places(description)) or [("kind",)])
        where = description
        for key in before:
            where = where[key]
        way = rng.randrange(5)
        if way == 0 and isinstance(where, dict):
            del where[last]
        elif way == 1 and isinstance(where, dict):
            where[rng.choice(["kind", "network", "layers", "symbols", "summary", "x"])] = copy.deepcopy(rng.choice(WILD))
        elif way == 2 and isinstance(where[last], int | float) and not isinstance(where[last], bool):
            where[last] = where[last] * rng.choice([-1, 2, 10, 0.5]) + rng.choice([0, 1, -1])
        else:
            where[last] = copy.deepcopy(rng.choice(WILD))
    return description


def unlike(given, description):
    """What differs."""
    if not (isinstance(given, dict) and isinstance(description, dict)):
        return given
    names = [name for name in {*given, *description} if given.get(name) is not description.get(name)]
    return {
        name: unlike(given.get(name), description.get(name)) for name in names if given.get(name) != description.get(name)
    }


def altered(rng, arrays):
    """The arrays with one of them of another shape, type or contents, or gone."""
    arrays, name = dict(arrays), rng.choice(sorted(arrays))
    array = arrays[name]
    way = rng.randrange(6)
    if way == 0:
        del arrays[name]
    elif way == 1:
        arrays[name] = array.reshape(-1)[: rng.randrange(array.size + 1)]
    elif way == 2:
        arrays[name] = array.astype(rng.choice([np.float64, np.int64, np.uint8, np.float16, np.float32, np.bool_]))
    elif way == 3 and array.size:
        wild = array.copy()
        wild.reshape(-1)[rng.randrange(array.size)] = rng.choice([0, 1, 255, 77])
        arrays[name] = wild
    elif way == 4 and array.size and array.dtype.kind == "f":
        wild = array.copy()
        wild.reshape(-1)[rng.randrange(array.size)] = rng.choice([np.nan, np.inf, -np.inf, -1, 2, 1e6])
        arrays[name] = wild
    else:
        arrays[name] = array[None]
    return arrays


def use(folder):
    """Open a model and use it; a figure must be a number."""
    model = open_any(folder)
    with redirect_stdout(io.StringIO()):
        print_info(model, "model")
    if not hasattr(model, "advance"):
        for answers in model.predict(["the 3", "", "(a (b x1) (a z))"][: 1 + (model.kind != "tree labeller")]):
            assert all(0 <= answer.probability <= 1 + 1e-6 for answer in answers)
        return
    (found,) = charrnn.score(model, "the cat")
    assert not math.isnan(found.tally.nats)
    text = charrnn.sample(model, length=3, seed=1) if not hasattr(model, "fill_only") else ""
    assert len(text) <= 3 or model.vocabulary.level == "word"


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_with_any_description_and_arrays_opens_or_is_one_error(models, tmp_path, kind):
    arrays, description = read_archive(models[kind] / MODEL)
    rng, refused = random.Random(kind), 0
    for case in range(CASES):
        given = changed(rng, description) if case % 3 else description
        contents = altered(rng, arrays) if not case % 3 else arrays
        write(tmp_path / MODEL, contents, given)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                use(tmp_path)
        except CharrnnError:
            refused += 1
        except Exception as error:
            raise AssertionError(f"case {case}: {unlike(given, description) if case % 3 else sorted(contents)}") from error
    assert refused > CASES / 10
    print(f"\n{kind}: {CASES} wrong archives, {refused} refused, the others usable")


def test_a_run_with_any_description_is_resumed_or_is_one_error(tmp_path, corpus_file, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where stores are made that it names
    charrnn.train(corpus_file, tmp_path / "m", steps=2, hidden=8, embedding=4, batch_size=4, window=8)
    arrays, description = read_archive(tmp_path / "m" / RESUME)
    rng, refused = random.Random(0), 0
    for case in range(CASES):
        given = changed(rng, description)
        write(tmp_path / "m" / RESUME, arrays, given)
        try:
            session = resume(tmp_path / "m", [], TrainOptions(steps=3))
            if case % 8 == 0:
                next(iter(session.train()))
        except CharrnnError:
            refused += 1
        except Exception as error:
            raise AssertionError(f"case {case}: {unlike(given, description)}") from error
    assert refused > CASES / 10
    print(f"\nruns: {CASES} wrong archives, {refused} refused, the others resumed")


@pytest.mark.parametrize(("name", "value"), [("layers", 10**7), ("hidden", 10**30), ("hidden", 6000), ("hidden", 1 << 20)])
def test_a_run_that_is_said_to_be_huge_is_refused_at_once(models, tmp_path, run, name, value):
    arrays, description = read_archive(models["network"] / RESUME)
    copytree(models["network"], tmp_path, dirs_exist_ok=True)
    description["described"]["network"][name] = value
    write_archive(tmp_path / RESUME, arrays, description)
    code, _, error = run("train", "--resume", "-m", tmp_path, "--steps", 1000)
    assert (code, f"{RESUME}: " in error) == (1, True)


def test_a_run_whose_text_came_through_a_pipe_does_not_wait_for_one(models, tmp_path):
    arrays, description = read_archive(models["network"] / RESUME)
    copytree(models["network"], tmp_path, dirs_exist_ok=True)
    os.mkfifo(tmp_path / "pipe")
    write_archive(tmp_path / RESUME, arrays, description | {"paths": [str(tmp_path / "pipe")]})
    with pytest.raises(CharrnnError, match="pipe: no such file; name the corpus"):
        resume(tmp_path, [], TrainOptions(steps=1000))


def test_weights_of_an_n_gram_that_are_no_shares(models, run, tmp_path):
    arrays, description = read_archive(models["ngram"] / MODEL)
    write_archive(tmp_path / MODEL, dict(arrays) | {"backoff_C": arrays["backoff_C"] * 0 + 1e6}, description)
    assert_one_clear_line(run("score", "-m", tmp_path, "--text", "the"), "do not fit")


def test_an_answer_without_end_has_one(models, tmp_path):
    arrays, description = read_archive(models["rewriter"] / MODEL)
    write_archive(tmp_path / MODEL, arrays, description | {"longest": [10, 10**7]})
    assert open_any(tmp_path).most_symbols(5) == 5000


@pytest.mark.parametrize("temperature", [1e-308, 1e300, -1, 0, math.nan])
def test_a_temperature_that_is_none(models, run, tmp_path, temperature):
    arrays, description = read_archive(models["classifier"] / MODEL)
    write(tmp_path / MODEL, arrays, description | {"temperature": temperature})
    assert_one_clear_line(run("predict", "-m", tmp_path, "--text", "the"), str(tmp_path))


@pytest.mark.parametrize("kind", ["network", "ngram", "mixture"])
@pytest.mark.parametrize("unknown", [math.nan, -1, 2, 1.0])
def test_a_probability_that_is_none(models, run, tmp_path, kind, unknown):
    arrays, description = read_archive(models[kind] / MODEL)
    text = json.dumps(description)
    for part in [description, *description.get("parts", [])]:
        if "vocabulary" in part:
            part["vocabulary"]["unknown_probability"] = unknown
    assert json.dumps(description) != text
    write_archive(tmp_path / MODEL, arrays, description)
    assert_one_clear_line(run("score", "-m", tmp_path, "--text", "the"), str(tmp_path))


@pytest.mark.parametrize(("name", "value"), [("layers", 10**7), ("hidden", 10**30), ("vocabulary_size", 2**62)])
def test_a_network_that_is_said_to_be_huge_is_refused_at_once(models, run, tmp_path, name, value):
    arrays, description = read_archive(models["network"] / MODEL)
    description["network"][name] = value
    write_archive(tmp_path / MODEL, arrays, description)
    assert_one_clear_line(run("info", "-m", tmp_path), "do not fit together")


@pytest.mark.parametrize("kind", ["classifier", "rewriter", "tree"])
@pytest.mark.parametrize(("name", "value"), [("layers", 10**7), ("hidden", 10**30)])
def test_a_reader_that_is_said_to_be_huge_is_refused_at_once(models, run, tmp_path, kind, name, value):
    arrays, description = read_archive(models[kind] / MODEL)
    description["network"]["reader"][name] = value
    write_archive(tmp_path / MODEL, arrays, description)
    assert_one_clear_line(run("info", "-m", tmp_path), "do not fit together")


def test_nested_too_deep(models, run, tmp_path):
    arrays, description = read_archive(models["mixture"] / MODEL)
    nested = "[" * 100_000 + "]" * 100_000
    path = tmp_path / MODEL
    write_archive(path, arrays, description | {"summary": 0})
    whole = path.read_bytes()
    assert b"{" in whole
    write_archive(path, arrays, description | {"parts": []})
    for _ in range(200):
        description = {"kind": "mixture", "mix": "linear", "weights": [1.0], "parts": [description], "summary": {}}
    write_archive(path, arrays, description)
    assert_one_clear_line(run("info", "-m", tmp_path), str(path))
    size = 8 + len(header := ('{"__metadata__":{"charrnn_format":"1"},"a":' + nested + "}").encode())
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert path.stat().st_size == size
    assert_one_clear_line(run("info", "-m", tmp_path), "damaged or cut short")


def test_what_is_no_file(run, tmp_path, corpus_file, models):
    os.mkfifo(tmp_path / MODEL)
    assert_one_clear_line(run("info", "-m", tmp_path), f"{MODEL}: cannot be read (it is no file)")
    (tmp_path / MODEL).unlink()
    (tmp_path / MODEL).symlink_to(tmp_path / "nowhere")
    assert_one_clear_line(run("info", "-m", tmp_path), "there is no model here")
    result = run("train", corpus_file, "-m", tmp_path, "--no-baseline", *TINY)
    assert_one_clear_line(result, "is a link or no file, and is not replaced")
    assert (tmp_path / MODEL).is_symlink()
    (tmp_path / MODEL).unlink()
    (tmp_path / MODEL).symlink_to(models["ngram"] / MODEL)
    assert run("info", "-m", tmp_path)[0] == 0  # reading through a link is as ever
    with pytest.raises(CharrnnError, match="is a link or no file"):
        save_model(open_any(tmp_path), tmp_path)


@pytest.mark.parametrize(("found", "part"), [("9", "newer than this charrnn"), ("0", "use the version that wrote it")])
def test_other_formats(run, tmp_path, monkeypatch, found, part):
    with monkeypatch.context() as patch:
        patch.setattr("charrnn.models.archive.FORMAT", found)
        write_archive(tmp_path / MODEL, {"a": np.zeros(2)}, {})
    assert_one_clear_line(run("info", "-m", tmp_path), f"has format {found}", part)
