"""Models made by version 0.1.0 still open, and say what they said then.

They are small networks after seven steps and a 3-gram model, of 3,000 characters of small_text. The figures were measured
with the version that made them; 1e-4 leaves room for another order of float32 sums.
"""

import json
from pathlib import Path

import pytest

import charrnn
from charrnn.models.archive import write_archive
from charrnn.models.folder import MODEL, open_model, save_model
from charrnn.models.mixture import Mixture

FOLDERS = Path(__file__).parents[1] / "data" / "first_storey"
NATS = {
    "stream": 57.51529145240784,
    "lines": 57.049479246139526,
    "attention": 54.865747928619385,
    "counts": 20.134728289941272,
}


def nats_of(model):
    return charrnn.score(model, "the cat sees a dog.")[0].tally.nats


@pytest.mark.parametrize("name", NATS)
def test_it_opens_and_scores_as_it_did(name):
    model = open_model(FOLDERS / name)
    assert model.lines == (name == "lines")
    assert nats_of(model) == pytest.approx(NATS[name], abs=1e-4)


@pytest.mark.parametrize("name", NATS)
def test_saved_again_it_is_the_same(tmp_path, name):
    model = open_model(FOLDERS / name)
    save_model(model, tmp_path)
    again = open_model(tmp_path)
    assert again.lines == model.lines
    assert again.summary == model.summary
    assert nats_of(again) == nats_of(model)


@pytest.mark.parametrize("name", NATS)
def test_whether_it_reads_lines_does_not_hang_on_what_its_summary_says(tmp_path, name):
    model = open_model(FOLDERS / name)
    arrays, description = model.to_archive()
    write_archive(tmp_path / MODEL, arrays, description | {"summary": {}})
    assert open_model(tmp_path).lines == model.lines


def test_it_may_be_a_part_of_a_mixture(tmp_path):
    save_model(Mixture([open_model(FOLDERS / name) for name in NATS]), tmp_path)
    mixture = open_model(tmp_path)
    assert [part.lines for part in mixture.models] == [False, True, False, False]
    assert not mixture.lines


def test_info_says_what_it_said(run):
    assert "2 × 8 GRU, 2,355 parameters" in run("info", "-m", FOLDERS / "lines")[1]
    facts = json.loads(run("info", "-m", FOLDERS / "counts", "--json")[1])
    assert (facts["kind"], facts["order"], facts["reading"]) == ("ngram", 3, "stream")
    assert facts["nats_per_character"] == pytest.approx(0.7972828157471855, rel=1e-12)
