"""Training: budgets, schedules, what happens to steps that are not finite, starting from another model."""

import json
import math
import os
import xml.dom.minidom
from dataclasses import replace

import jax
import numpy as np
import pytest

import charrnn
from charrnn.machine.processors import processors
from charrnn.models.folder import CURVE, LOG, MODEL
from charrnn.models.language_model import Tally
from charrnn.report.curve import draw_curve
from charrnn.training import budget
from charrnn.training.budget import Pace, TimeBudget
from charrnn.training.language_modelling import LanguageModelling
from charrnn.training.ngram import train_ngram
from charrnn.training.options import NgramOptions, TrainOptions
from charrnn.training.plan import dropout_for, make_plan
from charrnn.training.schedules import SCHEDULES, Schedule
from charrnn.training.start import resume, start
from tests.conftest import SMALL, arrays_of, assert_one_clear_line, small_text, steps_of


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(tmp_path, corpus_file):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        charrnn.train(corpus_file, tmp_path / name, steps=4, seed=seed, **SMALL)
    a, b, c = (arrays_of(tmp_path / name, MODEL)["layers.0.recurrent"] for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_training_learns(model_folder):
    """A model that only knew letter frequencies would need about 2.8 nats a character here; a uniform one 3.1."""
    summary = charrnn.load(model_folder).summary
    assert summary["held_out"]["nats_per_character"] < 2.4
    lines = [json.loads(line) for line in (model_folder / LOG).read_text().splitlines()]
    assert [line["step"] for line in lines] == [20, 40, 60]
    assert lines[-1]["held_out_nats_per_character"] < lines[0]["held_out_nats_per_character"]


def test_every_evaluation_that_is_best_so_far_is_kept(model_folder):
    lines = [json.loads(line) for line in (model_folder / LOG).read_text().splitlines()]
    best = min(lines, key=lambda line: line["held_out_nats_per_character"])
    summary = charrnn.load(model_folder).summary
    assert summary["steps"] == best["step"]
    assert summary["held_out"]["nats_per_character"] == best["held_out_nats_per_character"]


@pytest.mark.parametrize("lines", [False, True])
def test_one_two_and_four_devices_give_the_same_losses(tmp_path, corpus_file, monkeypatch, lines):
    """To float32 rounding; 6 rows on 4 devices do not divide and are padded. Needs the devices that conftest asks for."""
    losses = []
    for devices in (1, 2, 4):
        monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden, devices=devices: devices)
        options = TrainOptions(steps=6, evaluate_every=1, lines=lines, **(SMALL | {"batch_size": 6}))
        session = start([str(corpus_file)], tmp_path / f"{devices}", options)
        assert session.run.mesh.size == devices
        losses.append([p.evaluation.training for p in steps_of(session)])
    np.testing.assert_allclose(losses[1], losses[0], rtol=2e-6)
    np.testing.assert_allclose(losses[2], losses[0], rtol=2e-6)


def test_a_step_that_is_not_finite_changes_nothing_and_is_counted(tmp_path, corpus_file):
    session = start([str(corpus_file)], tmp_path / "m", TrainOptions(steps=4, **SMALL))
    batch = session.run.task.batches(0)
    before = jax.tree.map(np.array, session.state)
    broken = batch._replace(mask_BT=np.full_like(batch.mask_BT, np.nan))
    after, report = session.run.step(session.state, broken, 0.1)
    assert not bool(report.finite)
    for old, new in zip(jax.tree.leaves(before[:3]), jax.tree.leaves(after[:3]), strict=True):
        np.testing.assert_array_equal(old, new)
    assert int(after.step) == 1
    taken, report = session.run.step(after, batch, 0.1)
    assert bool(report.finite)
    assert (np.asarray(taken.parameters["output"]["bias"]) != before.parameters["output"]["bias"]).any()


@pytest.mark.parametrize("broken_at", [0, 3, 7])
def test_a_batch_that_is_not_finite_is_as_if_it_had_been_left_out(tmp_path, corpus_file, monkeypatch, broken_at):
    options = TrainOptions(steps=8, evaluate_every=3, **SMALL)

    def session(name):
        return start([str(corpus_file)], tmp_path / name, options)

    batches, step = type(session("a").run.task.batches), type(session("a").run.step)
    real_batch, real_step = batches.__call__, step.__call__

    def with_nan(self, number):
        batch = real_batch(self, number)
        return batch._replace(mask_BT=batch.mask_BT * np.float32("nan")) if number == broken_at else batch

    def left_out(self, state, batch, rate, asks):
        after, report = real_step(self, state, batch, rate, asks)
        if int(after.step) - 1 != broken_at:
            return after, report
        return kept[-1]._replace(step=after.step), report._replace(finite=np.bool_(False))

    with monkeypatch.context() as patch:
        patch.setattr(batches, "__call__", with_nan)
        steps_of(session("nan"))
    kept = []

    def remembered(self, state, batch, rate, asks):
        kept.append(state._replace(**{name: jax.tree.map(jax.numpy.array, part) for name, part in state._asdict().items()}))
        return left_out(self, state, batch, rate, asks)

    monkeypatch.setattr(step, "__call__", remembered)
    steps_of(session("left out"))
    for key, array in arrays_of(tmp_path / "nan").items():
        np.testing.assert_array_equal(array, arrays_of(tmp_path / "left out")[key], err_msg=key)
    assert charrnn.load(tmp_path / "nan").summary["skipped_steps"] == 1


def test_ten_steps_in_a_row_that_are_not_finite_end_the_run_and_spare_the_model(tmp_path, corpus_file, monkeypatch):
    folder = tmp_path / "m"
    charrnn.train(corpus_file, folder, steps=4, **SMALL)
    before = (folder / MODEL).read_bytes()
    session = start([str(corpus_file)], folder, TrainOptions(steps=40, evaluate_every=20, overwrite=True, **SMALL))
    broken = session.run.task.batches(0)._replace(mask_BT=np.full((5, 10), np.nan, np.float32))
    monkeypatch.setattr(type(session.run.task.batches), "__call__", lambda self, step: broken)
    with pytest.raises(charrnn.CharrnnError, match=r"not finite 10 times in a row; try a lower .* was left as it was"):
        steps_of(session)
    assert (folder / MODEL).read_bytes() == before


@pytest.mark.parametrize("first", [math.nan, math.inf])
def test_a_figure_that_is_not_finite_is_never_the_best(tmp_path, corpus_file, monkeypatch, first):
    session = start([str(corpus_file)], tmp_path / "m", TrainOptions(steps=6, evaluate_every=2, **SMALL))
    tallies = iter([Tally(2.0, 1), Tally(first, 1), Tally(1.9, 1)])
    monkeypatch.setattr(LanguageModelling, "held_out_tally", lambda self, model: next(tallies))
    best = [(p.journal.best, p.journal.best_step, p.journal.without_gain) for p in steps_of(session) if p.evaluation]
    assert best == [(2.0, 2, 0), (2.0, 2, 1), (1.9, 6, 0)]
    schedule = Schedule("halving", 0.1, 100).after_evaluation(2.0).after_evaluation(first)
    assert (schedule.best, schedule.halvings) == (2.0, 1)
    monkeypatch.setattr(LanguageModelling, "held_out_tally", lambda self, model: Tally(first, 1))
    with pytest.raises(charrnn.CharrnnError, match=r"at step 2: the held-out figure is not finite; .* left as it was"):
        steps_of(start([str(corpus_file)], tmp_path / "n", TrainOptions(steps=6, evaluate_every=2, **SMALL)))
    assert not (tmp_path / "n").exists()


def test_the_log_is_strict_json_where_every_step_was_skipped(tmp_path, corpus_file, monkeypatch):
    session = start([str(corpus_file)], tmp_path / "m", TrainOptions(steps=6, evaluate_every=2, **SMALL))
    whole = [session.run.task.batches(step) for step in range(6)]
    broken = whole[0]._replace(mask_BT=np.full((5, 10), np.nan, np.float32))
    monkeypatch.setattr(
        type(session.run.task.batches), "__call__", lambda self, step: broken if step in (2, 3) else whole[step]
    )
    journal = steps_of(session)[-1].journal
    log = (tmp_path / "m" / LOG).read_text().splitlines()
    lines = [json.loads(line, parse_constant=pytest.fail) for line in log]
    assert [line["training_nats_per_character"] is None for line in lines] == [False, True, False]
    draw_curve(journal, tmp_path / CURVE, session.run.task)
    assert "<svg" in (tmp_path / CURVE).read_text()


@pytest.mark.parametrize("valid", [True, False])
def test_weights_that_are_no_longer_finite_end_the_run(tmp_path, corpus_file, valid):
    """The first step makes infinite weights from finite gradients; without held-out text no figure would tell."""
    text = tmp_path / "text"
    text.write_text(corpus_file.read_text() if valid else "abcabcabd\n")
    options = {
        "steps": 6,
        "evaluate_every": 3,
        "optimizer": "sgd",
        "schedule": "constant",
        "warmup": 0.0,
        "learning_rate": 1e38,
        "weight_decay": 1e3,
    }
    with pytest.raises(charrnn.CharrnnError, match="step 3: the weights are no longer finite; try a lower learning_rate"):
        charrnn.train(text, tmp_path / "m", **options, **(SMALL if valid else {"hidden": 8}))
    assert not (tmp_path / "m").exists()


def test_an_absurd_learning_rate_ends_the_run_without_a_warning_of_numpy(tmp_path, corpus_file):
    options = {"steps": 6, "evaluate_every": 1, "learning_rate": 1e20, "warmup": 0.0}
    with pytest.raises(charrnn.CharrnnError, match="finite; try a lower learning_rate"):
        charrnn.train(corpus_file, tmp_path / "m", **options, **SMALL)


def test_the_error_says_what_the_folder_keeps(tmp_path, corpus_file, monkeypatch):
    session = start([str(corpus_file)], tmp_path / "m", TrainOptions(steps=40, evaluate_every=2, **SMALL))
    whole = [session.run.task.batches(step) for step in range(2)]
    broken = whole[0]._replace(mask_BT=np.full((5, 10), np.nan, np.float32))
    monkeypatch.setattr(type(session.run.task.batches), "__call__", lambda self, step: broken if step > 1 else whole[step])
    with pytest.raises(charrnn.CharrnnError) as error:
        steps_of(session)
    summary = charrnn.load(tmp_path / "m").summary
    figure = f"{summary['held_out']['bits_per_character']:.5g} bits per character"
    assert f"keeps the model of step {summary['steps']}, held-out {figure}" in str(error.value)


def test_minutes_become_steps_that_fit(tmp_path, corpus_file):
    session = start([str(corpus_file)], tmp_path / "m", TrainOptions(minutes=0.02, **SMALL))
    last = steps_of(session)[-1].journal
    assert last.step == last.schedule.steps >= 1
    assert last.evaluate_every <= last.schedule.steps
    assert [json.loads(line)["steps"] for line in (tmp_path / "m" / LOG).read_text().splitlines()][-1] == last.step


def test_a_run_of_minutes_is_repeated_bit_for_bit_by_its_steps(tmp_path, corpus_file, monkeypatch):
    """Its number of steps is fixed in the share of the run in which the rate does not depend on it."""
    monkeypatch.setattr(TimeBudget, "_fitting", lambda self, journal, taken: (60 if taken > 3 else 40, 30))
    rates = []
    again = {"minutes": 0.04}
    for name in ("minutes", "steps"):
        said = {"learning_rate": 0.01, "weight_decay": 0.05, **again, **SMALL}
        session = start([str(corpus_file)], tmp_path / name, TrainOptions(**said))
        last = steps_of(session)[-1].journal
        again = {"steps": last.step, "evaluate_every": last.evaluate_every}
        rates.append([last.schedule.rate(step) for step in range(last.step)])
    assert last.step == 60
    assert rates[0] == rates[1]
    whole, parts = (arrays_of(tmp_path / name, MODEL) for name in ("minutes", "steps"))
    for key in whole:
        np.testing.assert_array_equal(whole[key], parts[key], err_msg=key)


def test_a_run_of_minutes_that_is_stopped_before_its_steps_are_fixed_goes_on_measuring(tmp_path, corpus_file):
    session = start([str(corpus_file)], tmp_path / "m", TrainOptions(minutes=0.05, **SMALL))
    assert not steps_of(session, stop_at=2)[-1].journal.schedule.fixed
    session = resume(tmp_path / "m", [], TrainOptions())
    assert session.notes == [f"resuming {tmp_path / 'm'} at step 2"]
    last = steps_of(session)[-1].journal
    assert last.schedule.fixed
    assert last.step == last.schedule.steps > 2


def clock(monkeypatch):
    """A clock that goes only as it is told."""
    time = [0.0]
    monkeypatch.setattr(budget.time, "perf_counter", lambda: time[0])
    return time


class TwoLengths:
    """Batches of two window lengths, the longer one every fourth step."""

    steps_per_epoch = 4

    def __call__(self, step):
        return np.zeros((2, 30 if step % 4 == 3 else 10))

    def shapes(self):
        return [(0, 3), (3, 1)]


def paced(pace, time, steps, seconds):
    """Steps, each of `seconds` for the short window and twice that for the long one; each length compiles for 5 seconds."""
    batches, waited = TwoLengths(), []
    for step in steps:
        batch = batches(step)
        begin = time[0]
        time[0] += 5 if batch.shape not in pace.compiled else 0
        pace.compiled.add(batch.shape)
        pace.sent(budget.shape_of(batch), time[0] - begin)
        waited.append(batch)
        if len(waited) > 1:
            time[0] += seconds * (2 if waited.pop(0).shape[1] == 30 else 1)
            pace.done()


def test_steps_are_timed_by_shape_and_compilation_apart(monkeypatch):
    time = clock(monkeypatch)
    pace = Pace(TwoLengths())
    pace.compiled = set()
    paced(pace, time, range(3), 0.1)
    assert pace.still_to_compile == 5
    assert pace.seconds_a_step == pytest.approx((3 * 0.1 + 0.3) / 4)  # by its size
    pace = Pace(TwoLengths())
    pace.compiled = set()
    paced(pace, time, range(40), 0.1)
    assert pace.still_to_compile == 0
    assert pace.seconds_a_step == pytest.approx((3 * 0.1 + 0.2) / 4)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_a_run_ends_in_time_on_a_machine_that_gets_slower_or_faster(monkeypatch, corpus_file, tmp_path, factor):
    """After a third of the run each step takes `factor` times as long; half a second is kept for the end."""
    run = start([str(corpus_file)], tmp_path, TrainOptions(minutes=1.0, **SMALL)).run
    time = clock(monkeypatch)
    allowed = TimeBudget(60.0, 0.0, run, closing=0.5)
    allowed.evaluation = 1.0
    journal, batch, taken, lengths = run.journal(None), run.task.batches(0), 0, []
    while taken < journal.schedule.steps or not journal.schedule.fixed:
        if allowed.pace.known and not journal.schedule.fixed:
            journal = allowed.fixed(journal, taken)
        allowed.pace.sent(budget.shape_of(batch), 0.0)
        time[0] += 0.1 * (factor if time[0] > 20 else 1)
        allowed.pace.done()
        taken += 1
        journal = replace(journal, step=taken)
        if journal.schedule.fixed:
            due = taken % journal.evaluate_every == 0 or taken == journal.schedule.steps
            journal = allowed.corrected(journal, taken, evaluated=due)
            if due:
                time[0] += 1.0
                allowed.evaluated(1.0)
            lengths.append(journal.schedule.steps)
    assert 0.95 < (time[0] + 0.5) / 60 < 1.01
    assert (len(set(lengths)) > 1) == (factor != 1.0)
    assert taken - len(lengths) < 0.1 * lengths[0]


def test_epochs_become_steps(tmp_path, corpus_file):
    session = start([str(corpus_file)], tmp_path / "m", TrainOptions(epochs=1.5, **SMALL))
    assert session.journal.schedule.steps == math.ceil(1.5 * session.run.task.batches.steps_per_epoch)


def test_patience_ends_a_run_that_no_longer_gains(tmp_path, corpus_file):
    options = TrainOptions(steps=50, evaluate_every=2, patience=2, learning_rate=1e-12, **SMALL)
    events = [p for p in steps_of(start([str(corpus_file)], tmp_path / "m", options)) if p.evaluation]
    assert events[-1].journal.without_gain == 2
    assert events[-1].journal.step < 50


def test_weights_of_another_model_with_new_characters(tmp_path, model_folder):
    text = tmp_path / "text"
    text.write_text(small_text(2000).replace("e", "é"))
    session = start([str(text)], tmp_path / "m", TrainOptions(steps=2, window=10, batch_size=4, init_from=model_folder))
    old, new = charrnn.load(model_folder), session.run.task
    assert new.vocabulary.symbols == old.vocabulary.symbols + "é"
    assert (new.network.hidden, new.network.embedding) == (32, 8)
    parameters = jax.tree.map(np.asarray, session.state.parameters)
    np.testing.assert_array_equal(parameters["layers"][0]["recurrent"], old.parameters["layers"][0]["recurrent"])
    np.testing.assert_array_equal(parameters["embedding"][:-1], old.parameters["embedding"])
    np.testing.assert_array_equal(parameters["output"]["weight"][:, :-1], old.parameters["output"]["weight"])
    with pytest.raises(charrnn.CharrnnError, match="--hidden 64: the model of --init-from has 32"):
        start([str(text)], tmp_path / "n", TrainOptions(steps=2, hidden=64, init_from=model_folder))


@pytest.mark.parametrize(("said", "has"), [({"cell": "lstm"}, "gru"), ({"layers": 1}, 2), ({"embedding": 128}, 6)])
def test_what_is_said_of_another_model_is_refused_even_if_it_is_the_default(tmp_path, corpus_file, run, said, has):
    charrnn.train(corpus_file, tmp_path / "gru", cell="gru", layers=2, steps=2, **SMALL)
    ((name, value),) = said.items()
    with pytest.raises(charrnn.CharrnnError, match=f'^{name}="?{value}"?: the model of init_from has {has}; leave'):
        charrnn.train(corpus_file, tmp_path / "m", init_from=tmp_path / "gru", steps=2, **said)
    result = run("train", corpus_file, "-m", tmp_path / "m", "--init-from", tmp_path / "gru", f"--{name}", value)
    assert_one_clear_line(result, f"the model of --init-from has {has}")
    model = charrnn.train(corpus_file, tmp_path / "m", init_from=tmp_path / "gru", steps=2, cell="gru")
    assert (model.config.cell, model.config.layers) == ("gru", 2)


def test_what_an_n_gram_makes_of_the_text_is_in_the_summary(run, tmp_path, corpus_file):
    model = charrnn.train(corpus_file, tmp_path / "m", steps=3, **SMALL)
    counts, _ = train_ngram([str(corpus_file)], tmp_path / "n", NgramOptions(min_counts="1"))
    held_out = counts.summary["held_out"]
    wanted = {"order": counts.order} | {name: held_out[name] for name in ("nats_per_character", "bits_per_character")}
    assert model.summary["baseline"] == pytest.approx(wanted)
    row = f"baseline    n-gram of order {counts.order}: {held_out['nats_per_character']:.4f} nats, "
    assert row in run("info", "-m", tmp_path / "m")[1]
    assert "baseline" not in charrnn.resume(tmp_path / "m", steps=6, baseline=False).summary
    assert "baseline" not in charrnn.resume(tmp_path / "m", steps=7).summary  # as was said last
    assert charrnn.resume(tmp_path / "m", steps=9, baseline=True).summary["baseline"] == model.summary["baseline"]
    assert "baseline" not in charrnn.train(corpus_file, tmp_path / "k", steps=3, baseline=False, **SMALL).summary
    short = tmp_path / "short"
    short.write_text("abcabcabd")
    assert "baseline" not in charrnn.train(short, tmp_path / "s", steps=2, hidden=8).summary


def test_the_summary_has_the_options_filled_in_and_does_not_say_where_files_lie(model_folder):
    options = charrnn.load(model_folder).summary["options"]
    assert {name: options[name] for name in ("hidden", "cell", "steps", "optimizer", "weight_decay", "attention")} == {
        "hidden": 32, "cell": "cifg", "steps": 60, "optimizer": "adamw", "weight_decay": 0.05, "attention": "none",
    }  # fmt: skip
    assert not {"valid", "init_from"} & options.keys()


def test_rare_characters_train_the_unknown_symbol(tmp_path, corpus_file):
    text = tmp_path / "text"
    text.write_text(corpus_file.read_text() + "q" + corpus_file.read_text())
    model = charrnn.train(text, tmp_path / "m", steps=2, min_count=2, **SMALL)
    assert "q" not in model.vocabulary.symbols
    assert model.vocabulary.unknown_probability == 0


def test_what_a_fine_tuned_model_comes_from_and_what_it_lost(run, tmp_path, model_folder, corpus_file):
    text = tmp_path / "text"
    text.write_text(small_text(2000).replace("e", "o"))
    how = {"steps": 4, "window": 10, "batch_size": 4, "init_from": model_folder, "also": corpus_file}
    model = charrnn.train(text, tmp_path / "m", **how)
    assert model.summary["parent"] == {"model": str(model_folder), "sources": [str(corpus_file)]}
    tally = charrnn.score(model_folder, files=corpus_file, stream=True)[0].tally
    also = model.summary["also"]
    assert also["before"] == pytest.approx(tally.nats_per_character, rel=1e-5)
    assert also["after"] > also["before"]
    shown = run("info", "-m", tmp_path / "m")[1]
    assert f"parent      {model_folder}, which had learnt from {corpus_file}\n" in shown
    assert f"also        {corpus_file}: {also['before'] / math.log(2):.4f} bits per character before" in shown
    assert charrnn.resume(tmp_path / "m", steps=6).summary["parent"] == model.summary["parent"]
    with pytest.raises(charrnn.CharrnnError, match="--also is for --init-from"):
        TrainOptions(also="text")


def never(precision):
    raise AssertionError("measured, though neither time nor the size of the layers asks for it")


def test_large_layers_round_their_products_where_that_is_much_faster():
    def precision(times, **said):
        options = TrainOptions(steps=10, **said)
        plan = make_plan(options, characters=1000, symbols=65, gigaflops={"float32": 1.0, "bfloat16": times}.__getitem__)
        assert plan.options.precision != "bfloat16" or said.get("precision") or "5 times as fast" in plan.reasons[-1]
        return plan.options.precision

    assert precision(5.0, hidden=256) == "bfloat16"
    assert precision(2.0, hidden=256) == precision(5.0, hidden=64) == "float32"
    assert precision(5.0, hidden=256, precision="float32") == "float32"
    assert precision(1.0, hidden=64, precision="bfloat16") == "bfloat16"


def test_hardly_any_steps_are_told_before_the_minutes_are_spent():
    def reasons(minutes, gigaflops, **more):
        options = TrainOptions(minutes=minutes, **more)
        return make_plan(options, characters=1_000_000, symbols=65, gigaflops=lambda precision: gigaflops).reasons

    assert not any("estimate" in line for line in reasons(1.0, 100.0))
    assert reasons(0.1, 100.0)[-1].startswith("0.1 minutes are too few to learn, by an estimate, for 14 seconds")
    assert "estimate, for 14 seconds go into starting; give --minutes" in reasons(0.5, 1.0, hidden=1024)[-1]


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_rises_in_its_warm_up_to_the_peak(name):
    schedule = Schedule(name, 0.5, 100, warmup=0.1)
    rates = [schedule.rate(step) for step in range(100)]
    assert rates[0] < rates[4] < rates[9]
    assert rates[9] == pytest.approx(0.5, rel=0.05 if name != "exponential" else 0.4)
    if name in ("cosine", "exponential"):
        assert rates[99] == pytest.approx(0.005, rel=0.1)
    else:
        assert rates[99] == 0.5


def test_mikolovs_schedule_halves_from_the_first_epoch_without_gain_and_ends_when_that_stops_helping():
    schedule = Schedule("halving", 0.1, 1000)
    seen = []
    for nats in (2.0, 1.8, 1.799, 1.7, 1.65, 1.6499):
        schedule = schedule.after_evaluation(nats)
        seen.append((schedule.rate(500), schedule.over))
    assert seen == [(0.1, False), (0.1, False), (0.05, False), (0.025, False), (0.0125, False), (0.00625, True)]


def test_the_plan_grows_with_the_budget_and_shrinks_with_the_corpus():
    def hidden(characters, minutes):
        plan = make_plan(TrainOptions(minutes=minutes), characters=characters, symbols=65, gigaflops=lambda precision: 400.0)
        return plan.network.hidden

    assert hidden(1_000_000, 1.0) < hidden(1_000_000, 10.0)
    assert hidden(10_000, 10.0) < hidden(1_000_000, 10.0)
    assert hidden(1_000, 1.0) == 64


def test_attention_looks_back_on_few_states_in_a_long_text_and_on_more_in_lines():
    def window(lines=None, **more):
        options = TrainOptions(attention="dot", steps=10, **more)
        plan = make_plan(options, characters=1000, symbols=65, gigaflops=never, lines=lines)
        return plan.network.attention_window

    assert window() < window(lines=np.full(50, 20))
    assert window(attention_window=5) == 5


def test_one_hot_input_is_not_dropped():
    options = TrainOptions(embedding=0, steps=10_000, dropout=0.3)
    assert make_plan(options, characters=1000, symbols=65, gigaflops=never).network.embedding_dropout == 0


def test_dropout_grows_with_the_epochs():
    assert dropout_for(1) == 0
    assert dropout_for(4) < dropout_for(16) < dropout_for(1e6) == 0.6
    assert 0 < dropout_for(8, "deep") < dropout_for(1e6, "deep") == 0.4


def test_what_is_read_several_times_decays():
    def decay(epochs, **said):
        options = TrainOptions(epochs=epochs, hidden=64, **said)
        return make_plan(options, characters=1_000_000, symbols=65, gigaflops=never).options.weight_decay

    assert decay(1.0) == decay(3.0) == 0.05 < decay(6.0) < decay(8.0) == decay(12.0)
    assert decay(12.0, batch_size=8) < decay(12.0, batch_size=16) < decay(12.0, batch_size=64) == 0.3
    assert decay(12.0, weight_decay=0.07) == 0.07
    assert decay(12.0, optimizer="adam") == 0.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steps": 0}, "--steps 0: must be at least 1"),
        ({"learning_rate": -1.0}, "--learning-rate -1.0: must be above 0"),
        ({"valid_fraction": 1.0}, "--valid-fraction 1.0: must be below 1"),
        ({"clip": math.nan}, "--clip nan: must be above 0"),
        ({"optimizer": "adamax2"}, "--optimizer adamax2: choose one of adamw"),
        ({"steps": 3, "epochs": 1.0}, "--epochs and --steps both say how long to train"),
        ({"valid": "file", "valid_fraction": 0.2}, "--valid and --valid-fraction both say what is held out"),
        ({"embedding": 0, "embedding_dropout": 0.1}, "--embedding 0 has no embedding to drop from"),
        ({"schedule": "halving", "evaluate_every": 5}, "--schedule halving evaluates after each epoch"),
        ({"attention_window": 8}, "--attention-window is for --attention"),
        ({"seed": 2**63}, "--seed 9223372036854775808: must be below 9223372036854775808"),
    ],
)
def test_options_out_of_range_are_refused(wrong, message):
    with pytest.raises(charrnn.CharrnnError, match=message):
        TrainOptions(**wrong)


def test_a_text_shorter_than_a_window_is_read_in_smaller_ones(tmp_path):
    text = tmp_path / "text"
    text.write_text("abcabcabd\n")
    session = start([str(text)], tmp_path / "m", TrainOptions(steps=3))
    assert any("the text is short: read in 1 rows and windows of 8 characters" in note for note in session.notes)
    assert steps_of(session)[-1].journal.step == 3
    assert (tmp_path / "m" / MODEL).exists()


def test_the_curve_is_drawn_as_svg(tmp_path, model_folder):
    from charrnn.training.checkpoint import load_checkpoint

    saved = load_checkpoint(model_folder)
    task = LanguageModelling.read(saved.paths, saved.options, saved.described)
    journal = replace(saved.journal, resumed=(100, 2000))
    draw_curve(journal, tmp_path / CURVE, task)
    picture = (tmp_path / CURVE).read_text()
    xml.dom.minidom.parseString(picture)
    last = journal.history[-1]
    for words in ("bits per character", "nats per character", f"held-out {last.held_out / math.log(2):.3f}", "resumed"):
        assert words in picture
    assert f"n-gram {journal.baseline['nats_per_character'] / math.log(2):.3f}" in picture
    draw_curve(replace(journal, history=(replace(last, predictions=500),)), tmp_path / CURVE, task)
    assert ">characters seen<" in (tmp_path / CURVE).read_text()


def test_processors_are_counted_where_the_system_does_not_tell_which_may_be_used(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert processors() == 6


def test_the_speed_that_is_told_leaves_compiling_out(tmp_path, corpus_file):
    options = TrainOptions(steps=6, lines=True, line_lengths=3, hidden=16, embedding=6, batch_size=5)
    session = start([str(corpus_file)], tmp_path / "m", options)
    met, speed = set(), 0.0
    for step, progress in enumerate(session.train()):
        shape = budget.shape_of(session.run.task.batches(step))
        assert shape in met or progress.predictions_per_second == speed
        met, speed = met | {shape}, progress.predictions_per_second
    assert len(met) > 1


def test_a_text_of_also_that_is_not_there_is_told_before_the_corpus_is_read(tmp_path, model_folder, monkeypatch):
    monkeypatch.setattr(LanguageModelling, "read", lambda *_: pytest.fail("was read"))
    with pytest.raises(charrnn.CharrnnError, match=r"nowhere\.txt: no such file"):
        start(["corpus.txt"], tmp_path / "m", TrainOptions(steps=1, init_from=model_folder, also="nowhere.txt"))
