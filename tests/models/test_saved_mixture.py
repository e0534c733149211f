"""Mixtures in model folders: whole, alone, and clear about what is damaged.

Sizes: 3 rows, 5 steps, 16 symbols and more; mixtures of 2 models, one of them a mixture of 2.
"""

import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.models.archive import read_archive, write_archive
from charrnn.models.folder import MODEL, open_model, save_model
from charrnn.models.language_model import describe
from charrnn.models.mixture import WAYS, Mixture
from tests.conftest import small_text
from tests.models.test_mixture import ngram_of


@pytest.fixture(scope="module")
def parts(model_folder):
    """A network, a mixture of two n-grams of lines, one of which has other symbols, and an n-gram."""
    text = small_text(2000, seed=3)
    of_lines = [ngram_of(text, 3, lines=True), ngram_of(text.replace("c", "X"), 4, lines=True)]
    return charrnn.load(model_folder), Mixture(of_lines, (0.25, 0.75), "linear"), ngram_of(text, 2)


@pytest.fixture
def mixture(parts):
    return Mixture(parts[:2], (0.3, 0.9), summary={"fitted_on": ["a"]})


@pytest.mark.parametrize("way", WAYS)
def test_opened_again_it_is_the_same_to_the_last_bit(tmp_path, parts, way):
    mixture = Mixture(parts, (0.1, 0.2, 0.7), way, {"fitted_on": ["a"]})
    save_model(mixture, tmp_path)
    again = open_model(tmp_path)
    assert (again.vocabulary, again.way, again.summary) == (mixture.vocabulary, way, {"fitted_on": ["a"]})
    assert again.weights_M.tolist() == [0.1, 0.2, 0.7]
    assert [type(part) for part in again.models] == [type(part) for part in parts]
    assert describe(again) == describe(mixture)
    ids_BT = np.random.default_rng(1).integers(0, mixture.vocabulary.size, (3, 5)).astype(np.int32)
    _, wanted = mixture.advance(mixture.start(3), ids_BT)
    np.testing.assert_array_equal(again.advance(again.start(3), ids_BT)[1], wanted)


def test_saved_twice_it_is_the_same_file(tmp_path, mixture):
    save_model(mixture, tmp_path / "a")
    save_model(open_model(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a" / MODEL).read_bytes() == (tmp_path / "b" / MODEL).read_bytes()


def test_texts_are_lines_where_those_of_all_parts_are(tmp_path, parts):
    network, inner, stream = parts
    assert [part.lines for part in parts] == [False, True, False]
    of_lines = Mixture([inner, inner.models[0]])
    assert (of_lines.lines, Mixture([inner, stream]).lines, Mixture([network, stream]).lines) == (True, False, False)
    save_model(of_lines, tmp_path)
    assert open_model(tmp_path).lines
    assert len(charrnn.sample(open_model(tmp_path), count=4, seed=1)) == 4
    assert not any("\n" in text for text in charrnn.sample(open_model(tmp_path), count=4, seed=1))


def test_compiled_means_all_parts(tmp_path, mixture):
    save_model(mixture, tmp_path)
    for way in (False, True):
        network, _ = open_model(tmp_path, compiled=way).models
        assert network.compiled == way


def test_facts_hold_all_that_is_known_of_the_parts(mixture, parts):
    facts = describe(mixture)
    assert (facts["kind"], facts["mix"], facts["fitted_on"]) == ("mixture", "log-linear", ["a"])
    network, inner = facts["parts"]
    assert network == {"weight": 0.3} | describe(parts[0])
    assert network["bits_per_character"] == parts[0].summary["held_out"]["bits_per_character"]
    assert [part["order"] for part in inner["parts"]] == [3, 4]
    assert [part["weight"] for part in inner["parts"]] == [0.25, 0.75]


def renamed(description, *path, **changes):
    """A copy of the description with changes to what the path leads to."""
    if not path:
        return description | changes
    first, *rest = path
    inner = renamed(description[first], *rest, **changes)
    if isinstance(description, list):
        return [inner if k == first else part for k, part in enumerate(description)]
    return description | {first: inner}


@pytest.mark.parametrize(
    ("path", "changes", "part"),
    [
        ((), {"weights": [0.3]}, f"{MODEL}: its contents do not fit together (--weight 0.3: 1 for 2 models"),
        ((), {"mix": "geometric"}, f"{MODEL}: its contents do not fit together (--mix geometric"),
        ((), {"weights": ["a", "b"]}, f"{MODEL}: its contents do not fit together"),
        ((), {"parts": []}, f"{MODEL}: its contents do not fit together (a mixture is of two models or more"),
        ((), {"parts": [None, None]}, f"{MODEL}/parts.0: holds a model of kind None"),
        ((), {"parts": None}, f"{MODEL}: its contents do not fit together"),
        (("parts", 0), {"kind": "transformer"}, f"{MODEL}/parts.0: holds a model of kind 'transformer'"),
        (("parts", 0), {"kind": "ngram"}, f"{MODEL}/parts.0: its contents do not fit together"),
        (("parts", 1), {"kind": "recurrent"}, f"{MODEL}/parts.1: its contents do not fit together"),
        (("parts", 1, "parts", 0), {"order": 4}, f"{MODEL}/parts.1/parts.0: its contents do not fit together"),
    ],
)
def test_descriptions_that_do_not_fit(tmp_path, mixture, path, changes, part):
    arrays, description = mixture.to_archive()
    write_archive(tmp_path / MODEL, arrays, renamed(description, *path, **changes))
    with pytest.raises(CharrnnError) as error:
        open_model(tmp_path)
    assert str(error.value).startswith(f"{tmp_path}/{part}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("parts.0.output.bias", "/parts.0: holds no array 'output.bias'"),
        ("parts.1.parts.1.symbols_N", "/parts.1/parts.1: its contents do not fit together"),
    ],
)
def test_arrays_that_are_missing(tmp_path, mixture, name, part):
    save_model(mixture, tmp_path)
    arrays, description = read_archive(tmp_path / MODEL)
    del arrays[name]
    write_archive(tmp_path / MODEL, arrays, description)
    with pytest.raises(CharrnnError) as error:
        open_model(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / MODEL}{part}")


def test_a_file_cut_short_is_noticed(tmp_path, mixture):
    save_model(mixture, tmp_path)
    whole = (tmp_path / MODEL).read_bytes()
    (tmp_path / MODEL).write_bytes(whole[:-5])
    with pytest.raises(CharrnnError, match="damaged or cut short"):
        open_model(tmp_path)
