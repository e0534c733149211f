"""Resuming: an interrupted run ends as one that was not; what may change in between, and what may not."""

import contextlib
import itertools
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.files import NotWritten
from charrnn.models.archive import read_archive
from charrnn.models.folder import LOG, MODEL, RESUME
from charrnn.models.language_model import Tally
from charrnn.training import keeper
from charrnn.training.checkpoint import load_checkpoint
from charrnn.training.keeper import Keeper
from charrnn.training.language_modelling import LanguageModelling
from charrnn.training.options import TrainOptions
from charrnn.training.run import Run
from charrnn.training.start import resume, start
from tests.conftest import SMALL, arrays_of, assert_one_clear_line, assert_same_run, small_text, steps_of


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


@pytest.mark.parametrize("reading", [{}, {"lines": True}, {"level": "word"}, {"hybrid": True}])
def test_a_stored_text_is_learnt_from_as_if_it_were_in_memory(tmp_path, corpus_file, reading):
    options = TrainOptions(steps=9, evaluate_every=4, **(SMALL | reading))
    steps_of(start([str(corpus_file)], tmp_path / "kept", options))
    stored = replace(options, store=str(tmp_path / "store"))
    steps_of(start([str(corpus_file)], tmp_path / "stored", stored), stop_at=5)
    steps_of(resume(tmp_path / "stored", [], TrainOptions()))
    assert_same_run(tmp_path / "kept", tmp_path / "stored")
    text = tmp_path / "changed"
    text.write_text(corpus_file.read_text() + "more\n")
    with pytest.raises(CharrnnError, match="changed: differs from the text that"):
        resume(tmp_path / "stored", [str(text)], TrainOptions(steps=12))


@pytest.mark.parametrize("reading", [{}, {"lines": True}, {"direction": "both", "lines": True, "attention": "dot"}])
def test_samples_of_what_it_writes_change_nothing_else(tmp_path, reading):
    text = tmp_path / "text"
    text.write_text(small_text(2000).replace("house", "春花秋月"))
    how = SMALL | reading
    steps_of(start([str(text)], tmp_path / "none", TrainOptions(steps=9, sample_every=0, **how)))
    steps_of(start([str(text)], tmp_path / "some", TrainOptions(steps=9, **how)), stop_at=4)
    shown = [
        (p.journal.step, p.sample) for p in steps_of(resume(tmp_path / "some", [], TrainOptions())) if p.sample is not None
    ]
    for name in (RESUME, MODEL):
        none, some = arrays_of(tmp_path / "none", name), arrays_of(tmp_path / "some", name)
        for key in none:
            np.testing.assert_array_equal(none[key], some[key], err_msg=key)
    logs = [[json.loads(line) for line in (tmp_path / name / LOG).read_text().splitlines()] for name in ("none", "some")]
    assert not any("samples" in line for line in logs[0])
    samples = [sample for line in logs[1] for sample in line.get("samples", [])]
    assert [sample["step"] for sample in samples] == [3, 6, 9]
    assert [(sample["step"], sample["text"]) for sample in samples[1:]] == shown
    assert all(len(sample["text"]) <= 80 for sample in samples)


def test_an_interruption_keeps_the_best_weights_that_were_measured(tmp_path, corpus_file):
    options = TrainOptions(steps=14, evaluate_every=6, **SMALL)
    steps_of(start([str(corpus_file)], tmp_path / "m", options), stop_at=3)
    unmeasured = charrnn.load(tmp_path / "m").summary
    assert (unmeasured["steps"], unmeasured["held_out"]) == (3, None)
    steps_of(resume(tmp_path / "m", [], TrainOptions()), stop_at=2)
    assert charrnn.load(tmp_path / "m").summary["steps"] == 5  # while none is measured, the last
    steps_of(resume(tmp_path / "m", [], TrainOptions()), stop_at=4)
    measured = charrnn.load(tmp_path / "m").summary
    assert measured["steps"] == 6
    assert measured["held_out"]["nats_per_character"] > 0


def test_where_nothing_is_held_out_an_interruption_keeps_the_last_weights(tmp_path, corpus_file, monkeypatch):
    monkeypatch.setattr(LanguageModelling, "held_out_tally", lambda self, model: None)
    options = TrainOptions(steps=14, evaluate_every=3, **SMALL)
    steps_of(start([str(corpus_file)], tmp_path / "m", options), stop_at=5)
    assert charrnn.load(tmp_path / "m").summary["steps"] == 5


@pytest.mark.parametrize("stop_at", [6, 14])
def test_an_evaluation_that_an_interruption_left_out_is_made_first(tmp_path, corpus_file, stop_at):
    options = TrainOptions(steps=14, evaluate_every=6, **SMALL)
    steps_of(start([str(corpus_file)], tmp_path / "whole", options))
    steps_of(start([str(corpus_file)], tmp_path / "parts", options), stop_at=stop_at)
    session = resume(tmp_path / "parts", [], TrainOptions())
    assert not session.run.ended(session.journal)
    assert session.journal.step == stop_at
    steps_of(session)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.parametrize("said", [{}, {"sample_every": 2}])
def test_a_sample_that_an_interruption_left_out_is_written_first(tmp_path, corpus_file, said):
    options = TrainOptions(steps=6, evaluate_every=6, **said, **SMALL)
    steps_of(start([str(corpus_file)], tmp_path / "whole", options))
    assert steps_of(start([str(corpus_file)], tmp_path / "parts", options), stop_at=2)[-1].sample is None
    progress = steps_of(resume(tmp_path / "parts", [], TrainOptions()), stop_at=1)
    assert [(each.journal.step, bool(each.sample)) for each in progress] == [(2, True), (3, False)]
    assert len(steps_of(resume(tmp_path / "parts", [], TrainOptions()))) == 3
    samples = [load_checkpoint(tmp_path / name).journal.history[-1].samples for name in ("whole", "parts")]
    assert samples[0] == samples[1]
    assert [sample["step"] for sample in samples[0]] == [2, 4, 6]


def test_what_could_not_be_saved_is_not_said_to_be(tmp_path, corpus_file, monkeypatch):
    """Once a save has failed, nothing ends the program but the stop that saves."""
    said, write, saves = [], Keeper._write, itertools.count(1)

    def losing_nothing(saved):
        said.append(saved and saved.step)
        return contextlib.nullcontext()

    def full(*arguments):
        if next(saves) > 1:
            raise NotWritten("no room")
        write(*arguments)

    monkeypatch.setattr(Keeper, "_write", full)
    options = TrainOptions(steps=8, evaluate_every=2, sample_every=0, **SMALL)
    with pytest.raises(NotWritten):
        list(start([str(corpus_file)], tmp_path / "m", options).train(losing_nothing=losing_nothing))
    assert said == [None, None, 2]  # compiling, the first two evaluations


def test_in_a_group_process_0_decides_when_to_save(tmp_path, corpus_file, monkeypatch):
    keeping = Keeper(start([str(corpus_file)], tmp_path / "m", TrainOptions(steps=2, **SMALL)).run)
    keeping._when = -1e6
    assert keeping.due
    monkeypatch.setattr(keeper.group, "first", lambda: False)
    assert not keeping.due


def test_a_run_is_saved_between_evaluations(tmp_path, corpus_file, monkeypatch):
    """As often as was said, and not so often that it takes more than a hundredth of the time."""
    options = TrainOptions(steps=12, evaluate_every=12, save_every=1, sample_every=0, **SMALL)
    steps_of(start([str(corpus_file)], tmp_path / "whole", options))
    now, saved = [0.0], []

    def clock():
        return now[0]

    def whole(run, state, took):
        now[0] += took
        return real(run, state)

    real = Run.whole
    for took, expected in ((0.0, [4, 7, 10, 12]), (1.5, [4, 11, 12])):
        folder = tmp_path / f"{took}"
        monkeypatch.setattr(keeper.time, "monotonic", clock)
        monkeypatch.setattr(Run, "whole", lambda run, state, took=took: whole(run, state, took))
        saved.clear()
        course = start([str(corpus_file)], folder, options).train()
        for _ in course:
            step = read_archive(folder / RESUME)[1]["journal"]["step"] if (folder / RESUME).exists() else 0
            saved += [step] if step and step not in saved else []
            now[0] += 25.0
        assert saved == expected
        assert_same_run(tmp_path / "whole", folder)


def test_a_run_that_is_killed_goes_on_from_what_was_saved_between_evaluations(tmp_path, corpus_file, monkeypatch):
    options = TrainOptions(steps=12, evaluate_every=6, **SMALL)
    steps_of(start([str(corpus_file)], tmp_path / "whole", options))
    monkeypatch.setattr(Keeper, "due", True)
    for progress in start([str(corpus_file)], tmp_path / "parts", options).train():
        if progress.journal.step == 4:
            break
    monkeypatch.undo()
    session = resume(tmp_path / "parts", [], TrainOptions())
    assert session.journal.step == 4
    steps_of(session)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_a_disk_that_is_full_for_a_while_ends_nothing(run, tmp_path, corpus_file, monkeypatch):
    """The save at step 6 fails with the best model of all; at the next save it is written."""
    figures = iter([2.0, 1.0, 1.5, 1.6])
    monkeypatch.setattr(LanguageModelling, "held_out_tally", lambda self, model: Tally(next(figures), 1))
    fsync, full = os.fsync, [False]

    def sync(descriptor):
        if full[0]:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    options = TrainOptions(steps=12, evaluate_every=3, **SMALL)
    told = []
    for progress in start([str(corpus_file)], tmp_path / "m", options).train():
        told += [(progress.journal.step, str(progress.failed))] if progress.failed else []
        full[0] = progress.journal.step in (4, 5)
    ((step, why),) = told
    assert step == 6
    assert "cannot be written (No space left on device)" in why
    assert charrnn.load(tmp_path / "m").summary["steps"] == 6
    assert read_archive(tmp_path / "m" / RESUME)[1]["journal"]["step"] == 12


def test_a_disk_that_is_full_at_the_end_is_an_error(tmp_path, corpus_file, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
    course = start([str(corpus_file)], tmp_path / "m", TrainOptions(steps=3, **SMALL)).train()
    steps = []
    with pytest.raises(CharrnnError, match="cannot be written \\(Read-only file system\\)"):
        steps.extend(progress.journal.step for progress in course)
    assert steps == [1, 2, 3]
    assert list((tmp_path / "m").iterdir()) == []


@pytest.mark.parametrize("devices", [(2, 1), (2, 3), (1, 4), (4, 2)])
@pytest.mark.parametrize("lines", [False, True])
def test_a_run_goes_on_on_another_number_of_devices(tmp_path, corpus_file, monkeypatch, devices, lines):
    """5 rows are padded to 6 on 2 and 3 devices, to 8 on 4; figures are the same to float32 rounding."""
    figures = []
    options = TrainOptions(steps=8, evaluate_every=4, lines=lines, **SMALL)
    for name, number in zip(("whole", "parts"), (devices[0], devices[0]), strict=True):
        monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden, number=number: number)
        session = start([str(corpus_file)], tmp_path / name, options)
        if name == "parts":
            steps_of(session, stop_at=3)
            assert len(arrays_of(tmp_path / name)["carry.0.0"]) == 5
            monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: devices[1])
            session = resume(tmp_path / name, [], TrainOptions())
            assert session.run.mesh.size == devices[1]
        history = steps_of(session)[-1].journal.history
        figures.append([(line.training, line.held_out) for line in history])
    np.testing.assert_allclose(*figures, rtol=2e-6)


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_kill_between_two_writes_leaves_the_old_run_or_the_new_one_or_one_clear_line(
    tmp_path, corpus_file, monkeypatch, interrupted
):
    """Every file that an overwriting run writes or removes up to its first checkpoint is, in turn, the last."""
    steps_of(start([str(corpus_file)], tmp_path / "old", TrainOptions(steps=4, keep_text=True, **SMALL)), stop_at=2)
    old = arrays_of(tmp_path / "old", MODEL)
    options = TrainOptions(steps=6, evaluate_every=3, overwrite=True, seed=2, **SMALL)
    found = []
    for allowed in range(20):
        folder = tmp_path / f"{allowed}"
        shutil.copytree(tmp_path / "old", folder)
        session = start([str(corpus_file)], folder, options)
        with monkeypatch.context() as patch:
            left = iter([True] * allowed)
            killed = die_when_nothing_is_left(patch, left)
            with contextlib.suppress(Killed):
                steps_of(session, stop_at=2 if interrupted else 4)
        model_is_old = all(np.array_equal(array, old[name]) for name, array in arrays_of(folder, MODEL).items())
        try:
            resumed = resume(folder, [], TrainOptions())
        except charrnn.CharrnnError as error:
            found.append("another run" if "is of another run than" in str(error) else str(error).partition(": ")[2])
            assert not model_is_old
        else:
            found.append("old" if resumed.run.options.seed == 1 else "new")
            assert model_is_old == (found[-1] == "old")
            steps_of(resumed)
        if not killed:
            break
    found = [name for name, _ in itertools.groupby(found)]
    assert found == ["old", "another run", "there is no run here to resume; start one without --resume", "new"]


class Killed(BaseException):
    pass


def die_when_nothing_is_left(patch, left):
    """Files are put in their place, or removed, while `left` gives something; the list returned tells when it did not."""
    killed = []

    def unless_dead(function):
        def call(*arguments, **how):
            if killed or next(left, None) is None:
                killed.append(True)
                raise Killed
            return function(*arguments, **how)

        return call

    patch.setattr(os, "replace", unless_dead(os.replace))
    patch.setattr(Path, "unlink", unless_dead(Path.unlink))
    return killed


def test_a_model_of_another_run_is_not_resumed(run, tmp_path, corpus_file):
    for name in ("a", "b"):
        steps_of(start([str(corpus_file)], tmp_path / name, TrainOptions(steps=6, **SMALL)), stop_at=2)
    shutil.copy(tmp_path / "a" / MODEL, tmp_path / "b" / MODEL)
    result = run("train", "--resume", "-m", tmp_path / "b")
    assert_one_clear_line(result, f"{MODEL} is of another run than {RESUME}", "--overwrite", f"delete {RESUME}")
    (tmp_path / "alone").mkdir()
    shutil.copy(tmp_path / "a" / MODEL, tmp_path / "alone" / MODEL)
    assert charrnn.load(tmp_path / "alone").summary == charrnn.load(tmp_path / "a").summary
    run("ngram", corpus_file, "-m", tmp_path / "counts", "--order", 2)
    shutil.copy(tmp_path / "counts" / MODEL, tmp_path / "a" / MODEL)
    assert_one_clear_line(run("train", "--resume", "-m", tmp_path / "a"), f"{MODEL} is of another run than {RESUME}")
    (tmp_path / "a" / MODEL).unlink()
    assert resume(tmp_path / "a", [], TrainOptions()).journal.step == 2


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
    last = steps_of(resume(tmp_path / "m", [], TrainOptions(minutes=0.02)))[-1].journal
    assert last.step == last.schedule.steps == last.history[-1].step > 7


@pytest.fixture
def moved(tmp_path, monkeypatch):
    """A run on texts named from one folder, interrupted in step 4, which is to be resumed from another."""
    for name in ("there", "here"):
        (tmp_path / name).mkdir()
    (tmp_path / "there" / "text").write_text(small_text(2000))
    (tmp_path / "there" / "valid").write_text(small_text(500, seed=1))
    monkeypatch.chdir(tmp_path / "there")
    steps_of(start(["text"], tmp_path / "m", TrainOptions(steps=9, valid="valid", **SMALL)), stop_at=4)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def test_a_run_is_resumed_from_any_folder(moved):
    assert steps_of(resume(moved / "m", [], TrainOptions()))[-1].journal.step == 9
    assert charrnn.load(moved / "m").summary["corpus"]["sources"] == ["text"]


def test_texts_that_have_moved_are_named_again(moved):
    for name in ("text", "valid"):
        (moved / "there" / name).rename(moved / name)
    for paths, valid in ([], None), (["../text"], None), ([], "../valid"):
        with pytest.raises(charrnn.CharrnnError, match="no such file; name the corpus, and with --valid the held-out file"):
            resume(moved / "m", paths, TrainOptions(valid=valid))
    with pytest.raises(charrnn.CharrnnError, match=r"\.\./text, \.\./text: differs from the text .* \(and --valid\)"):
        resume(moved / "m", ["../text"], TrainOptions(valid="../text"))
    steps_of(resume(moved / "m", ["../text"], TrainOptions(valid="../valid")), stop_at=2)
    assert steps_of(resume(moved / "m", [], TrainOptions()))[-1].journal.step == 9  # from where they were named last


def test_the_command_takes_what_is_said_and_not_what_the_environment_says(run, moved, monkeypatch):
    for name in ("text", "valid"):
        (moved / "there" / name).rename(moved / name)
    for name, value in {"HIDDEN": "99", "STEPS": "1000", "VALID": "nowhere", "OVERWRITE": "1"}.items():
        monkeypatch.setenv(f"CHARRNN_TRAIN_{name}", value)
    arguments = ["train", "../text", "-m", moved / "m", "--resume", "--valid", "../valid", "--no-baseline"]
    assert run(*arguments, "--hidden", 16)[0] == 2
    code, _, error = run(*arguments)
    assert code == 0, error
    assert "at step 4 of 9" in error


def test_the_python_api_resumes(moved):
    steps = []
    model = charrnn.resume(moved / "m", steps=7, on_progress=lambda progress: steps.append(progress.journal.step))
    assert (steps[0], steps[-1], model.summary["corpus"]["sources"]) == (4, 7, ["text"])  # the evaluation of step 4 is first
    texts = moved / "there"
    assert charrnn.resume(moved / "m", texts / "text", valid=texts / "valid", steps=8).vocabulary == model.vocabulary
    with pytest.raises(charrnn.CharrnnError, match="epochs and steps both say"):
        charrnn.resume(moved / "m", steps=9, epochs=9)


def test_a_run_ended_by_patience_is_finished_until_it_gets_a_new_budget(run, tmp_path, corpus_file):
    folder = tmp_path / "m"
    options = {"patience": 2, "evaluate_every": 2, "learning_rate": 1e-12}
    last = steps_of(start([str(corpus_file)], folder, TrainOptions(steps=50, **options, **SMALL)))[-1].journal
    assert last.without_gain == 2
    before = (folder / RESUME).read_bytes()
    result = run("train", "--resume", "-m", folder)
    ended = f"finished, at step {last.step}: evaluations without gain in a row: 2, as --patience says"
    assert_one_clear_line(result, ended, "add time with --minutes, or give a larger total of --steps or --epochs")
    assert (folder / RESUME).read_bytes() == before
    code, _, error = run("train", "--resume", "-m", folder, "--steps", 50, "--no-baseline")
    assert code == 0
    assert f"ended at step {last.step + 4} of 50: evaluations without gain in a row: 2" in error


def test_a_run_ended_by_halving_is_not_prolonged(tmp_path, corpus_file, monkeypatch):
    tallies = iter([Tally(each, 1) for each in (2.0, 2.0, 2.0)])
    monkeypatch.setattr(LanguageModelling, "held_out_tally", lambda self, model: next(tallies))
    options = TrainOptions(epochs=50, schedule="halving", **(SMALL | {"batch_size": 50}))
    last = steps_of(start([str(corpus_file)], tmp_path / "m", options))[-1].journal
    assert last.schedule.over
    for budget in TrainOptions(), TrainOptions(steps=10**6):
        with pytest.raises(
            charrnn.CharrnnError, match=r"halving the learning rate no longer helps; a larger budget .* --init"
        ):
            resume(tmp_path / "m", [], budget)
