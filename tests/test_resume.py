"""Resuming: an interrupted run ends as one that was not; what may change in between, and what may not."""

import json

import numpy as np
import pytest

import charrnn
from charrnn.models.folder import LOG, MODEL, RESUME
from charrnn.models.language_model import Tally
from charrnn.training.options import TrainOptions
from charrnn.training.run import Run
from charrnn.training.start import resume, start

from .conftest import SMALL, arrays_of, small_text, steps_of


@pytest.mark.parametrize(
    "reading",
    [{}, {"lines": True}, {"cell": "gru", "layers": 2, "optimizer": "momentum"}, {"direction": "both", "lines": True}],
)
def test_a_resumed_run_is_bit_for_bit_the_uninterrupted_one(tmp_path, corpus_file, reading):
    options = TrainOptions(steps=14, evaluate_every=6, **(SMALL | reading))
    steps_of(start([str(corpus_file)], tmp_path / "whole", options))
    # stopped between two evaluations, and once more right after one
    steps_of(start([str(corpus_file)], tmp_path / "parts", options), stop_at=4)
    steps_of(resume(tmp_path / "parts", [], TrainOptions()), stop_at=2)
    steps_of(resume(tmp_path / "parts", [str(corpus_file)], TrainOptions()))
    for name in (RESUME, MODEL):
        whole, parts = arrays_of(tmp_path / "whole", name), arrays_of(tmp_path / "parts", name)
        assert whole.keys() == parts.keys()
        for key in whole:
            np.testing.assert_array_equal(whole[key], parts[key], err_msg=key)
    steps = [json.loads(line)["step"] for line in (tmp_path / "parts" / LOG).read_text().splitlines()]
    assert steps == [6, 12, 14]


@pytest.mark.parametrize("stops", [[9], [9, 1], [9, 1, 1]])
def test_weights_of_an_interruption_that_are_the_best_are_kept_for_those_who_do_not_resume(
    tmp_path, corpus_file, monkeypatch, stops
):
    """The model of step 9 surpasses that of step 6, which is the best at the steps that the whole run evaluates."""

    def figures(*nats):
        tallies = iter([Tally(each, 1) for each in nats])
        monkeypatch.setattr(Run, "held_out_tally", lambda self, model: next(tallies))

    options = TrainOptions(steps=14, evaluate_every=6, **SMALL)
    figures(2.0, 2.2, 2.1)
    steps_of(start([str(corpus_file)], tmp_path / "whole", options))
    figures(2.0, 1.9, *[1.95] * (len(stops) - 1), 2.2, 2.1)
    session = start([str(corpus_file)], tmp_path / "parts", options)
    for stop_at in stops:
        last = steps_of(session, stop_at)[-1]
        held_out = charrnn.load(tmp_path / "parts").summary
        assert held_out["steps"] == last.journal.step == last.journal.best_step
        session = resume(tmp_path / "parts", [], TrainOptions())
    assert steps_of(session)[-1].journal.best_step == 6
    whole, parts = (charrnn.load(tmp_path / name) for name in ("whole", "parts"))
    assert parts.summary | {"seconds": 0} == whole.summary | {"seconds": 0}
    for name in (RESUME, MODEL):
        wanted, found = arrays_of(tmp_path / "whole", name), arrays_of(tmp_path / "parts", name)
        assert wanted.keys() == found.keys()
        for key in wanted:
            np.testing.assert_array_equal(wanted[key], found[key], err_msg=key)


def test_a_corpus_that_changed_is_not_resumed(tmp_path):
    text = tmp_path / "text"
    text.write_text(small_text(2000))
    steps_of(start([str(text)], tmp_path / "m", TrainOptions(steps=6, **SMALL)), stop_at=2)
    text.write_text(small_text(2000, seed=1))
    with pytest.raises(charrnn.CharrnnError, match=r"differs from the text that .* was trained on"):
        resume(tmp_path / "m", [], TrainOptions())


def test_a_finished_run_takes_a_larger_budget(tmp_path, corpus_file):
    charrnn.train(corpus_file, tmp_path / "m", steps=4, **SMALL)
    with pytest.raises(charrnn.CharrnnError, match="this run is finished, at step 4"):
        resume(tmp_path / "m", [], TrainOptions())
    assert steps_of(resume(tmp_path / "m", [], TrainOptions(steps=7)))[-1].journal.step == 7
