"""Runs interrupted by the version before go on: on 2 devices then, 5 rows padded to 6, at step 7 of 14."""

import json
import shutil
from pathlib import Path

import pytest

import charrnn
from charrnn.models.archive import read_archive
from charrnn.models.folder import LOG, MODEL, RESUME
from charrnn.training.options import TrainOptions
from charrnn.training.start import resume
from tests.conftest import steps_of

DATA = Path(__file__).parent.parent / "data" / "first_storey"


@pytest.mark.parametrize("name", ["stream", "lines", "attention"])
@pytest.mark.parametrize("devices", [1, 2, 4])
def test_a_run_of_the_version_before_ends_as_it_would_have_then(tmp_path, monkeypatch, name, devices):
    monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: devices)
    folder = tmp_path / name
    shutil.copytree(DATA / name, folder)
    assert len(read_archive(folder / RESUME)[0]["carry.0.0"]) == 6
    session = resume(folder, [str(DATA / "words.txt")], TrainOptions())
    assert session.run.mesh.size == devices
    steps_of(session)
    found, wanted = (
        [json.loads(line) for line in path.read_text().splitlines()] for path in (folder / LOG, DATA / f"{name}-whole" / LOG)
    )
    added = {"samples", "gradient_norm", "clipped"}
    assert [line.keys() - added for line in found] == [line.keys() for line in wanted]
    for line, then in zip(found, wanted, strict=True):
        assert (line["step"], line["characters"]) == (then["step"], then["characters"])
        for figure in ("training_nats_per_character", "held_out_nats_per_character"):
            assert line[figure] == pytest.approx(then[figure], rel=1e-5)
    held_out = charrnn.load(folder).summary["held_out"]["nats_per_character"]
    assert held_out == min(line["held_out_nats_per_character"] for line in found)
    assert len(read_archive(folder / RESUME)[0]["carry.0.0"]) == 5


def test_it_can_be_stopped_again_and_belongs_to_no_other_run(tmp_path):
    """What had no name goes on without, so that the model of a run that has one is told from it."""
    for name in ("stream", "lines"):
        shutil.copytree(DATA / name, tmp_path / name)
        steps_of(resume(tmp_path / name, [str(DATA / "words.txt")], TrainOptions()), stop_at=2)
    assert resume(tmp_path / "stream", [], TrainOptions()).journal.step == 9
    charrnn.train(DATA / "words.txt", tmp_path / "new", steps=2, hidden=8)
    shutil.copy(tmp_path / "new" / MODEL, tmp_path / "lines" / MODEL)
    with pytest.raises(charrnn.CharrnnError, match=f"{MODEL} is of another run than {RESUME}"):
        resume(tmp_path / "lines", [], TrainOptions())
