"""Processes that train together: the same weights as one process with as many devices; what is told when they differ.

More of it, and what happens when one of them dies, is in tests/torture/test_group.py.
"""

import json

import numpy as np
import pytest

import charrnn
from charrnn.machine.group import GroupOptions
from charrnn.models.folder import LOG, MODEL
from charrnn.training.options import TrainOptions
from charrnn.training.start import start
from tests.conftest import arrays_of, steps_of
from tests.group import SMALL, ended, flags, group


def test_two_processes_train_as_two_devices_of_one(tmp_path, corpus_file, monkeypatch):
    """To float32 rounding. Process 0 alone writes and speaks."""
    monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: 2)
    options = SMALL | {"steps": 20, "evaluate_every": 10}
    with group(2, corpus_file, *flags(options), each=lambda rank: ["-m", tmp_path / f"{rank}"]) as two:
        session = start([str(corpus_file)], tmp_path / "alone", TrainOptions(**options))
        assert session.run.mesh.size == 2
        steps_of(session)
        (code, out, said), (other, *silent) = ended(two)
    assert (code, out, other, silent) == (0, "", 0, ["", ""]), said
    assert "step 20 of 20, 100%: training" in said
    assert not (tmp_path / "1").exists()
    alone = arrays_of(tmp_path / "alone", MODEL)
    for name, array in arrays_of(tmp_path / "0", MODEL).items():
        np.testing.assert_allclose(array, alone[name], rtol=0, atol=1e-5, err_msg=name)
    figures = [[json.loads(line)["held_out_nats_per_character"] for line in (tmp_path / name / LOG).read_text().splitlines()]
               for name in ("0", "alone")]  # fmt: skip
    assert len(figures[0]) == 2
    np.testing.assert_allclose(*figures, rtol=1e-5)


def test_processes_with_other_options_are_told(tmp_path, corpus_file):
    """In both the line that names the option; JAX says nothing."""
    with group(2, corpus_file, "-m", tmp_path / "m", *flags(SMALL), each=lambda rank: ["--steps", 5 + rank]) as two:
        for code, _, said in ended(two):
            assert code == 1
            assert said.splitlines()[-1] == "charrnn: process 1 of 2 has --steps 6, process 0 has 5; give all the same"
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"processes": 2}, "--processes and --process-id go with --coordinator"),
        ({"coordinator": "auto", "process_id": 0}, "--processes and --process-id go with --coordinator"),
        ({"coordinator": "here"}, "--coordinator here: must be HOST:PORT"),
        ({"coordinator": "here:0"}, "--coordinator here:0: must be HOST:PORT"),
        ({"coordinator": "here:99999"}, "must be HOST:PORT"),
        ({"coordinator": "here:99", "processes": 2}, "needs --processes and --process-id"),
        ({"coordinator": "here:99", "processes": 2, "process_id": 2}, "--process-id 2: must be below --processes 2"),
    ],
)
def test_what_does_not_name_a_group_is_refused(said, message):
    for kind in (GroupOptions, TrainOptions):
        with pytest.raises(charrnn.CharrnnError, match=message):
            kind(**said)


def test_a_group_joined_too_late_or_nowhere_is_one_clear_line(corpus_file, tmp_path):
    """JAX has computed in the tests' process already, and no cluster is known here."""
    with pytest.raises(charrnn.CharrnnError, match="JAX has computed in this program already; join before all else"):
        charrnn.train(corpus_file, tmp_path / "m", coordinator="localhost:1", processes=1, process_id=0)
