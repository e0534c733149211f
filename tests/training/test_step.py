"""The compiled step: rows read in parts, memory taken over, nothing sent that need not be, compiled once."""

import re

import jax
import numpy as np
import pytest

import charrnn
from charrnn.training.options import TrainOptions
from charrnn.training.start import resume, start
from tests.conftest import SMALL, arrays_of, steps_of


def started(corpus_file, folder, **options):
    return start([str(corpus_file)], folder, TrainOptions(**({"steps": 6} | SMALL | options)))


def bytes_of(tree):
    return sum(leaf.nbytes for leaf in jax.tree.leaves(tree))


def analysed(session):
    """What XLA says of the memory of the session's compiled step."""
    run = session.run
    return run.step.compiled.lower(session.state, *run.step.arguments(run.batch(0), 0.01)).compile().memory_analysis()


@pytest.mark.parametrize(("devices", "lines"), [(1, False), (2, True)])
def test_a_step_in_parts_is_the_same_step(tmp_path, corpus_file, monkeypatch, devices, lines):
    """To float32 rounding; 5 rows in three parts are padded to 6, on two devices too. Dropout and carry go by rows."""
    monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: devices)
    for name, parts in (("whole", 1), ("parts", 3)):
        steps_of(started(corpus_file, tmp_path / name, lines=lines, line_lengths=1, accumulate=parts))
    whole, parts = arrays_of(tmp_path / "whole"), arrays_of(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    for name in whole:
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-4, atol=1e-6, err_msg=name)


def test_parts_need_the_memory_of_a_part(tmp_path, corpus_file, monkeypatch):
    monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: 1)
    large = {"batch_size": 64, "window": 40, "hidden": 32}
    whole, parts = (
        analysed(started(corpus_file, tmp_path / f"{n}", accumulate=n, **large)).temp_size_in_bytes for n in (1, 8)
    )
    assert parts < whole / 3


def test_a_run_goes_on_in_other_parts(tmp_path, corpus_file):
    steps_of(started(corpus_file, tmp_path / "whole"))
    steps_of(started(corpus_file, tmp_path / "parts"), stop_at=3)
    session = resume(tmp_path / "parts", [], TrainOptions(accumulate=2))
    assert (session.run.parts, session.run.options.accumulate) == (2, 2)
    steps_of(session)
    for name, array in arrays_of(tmp_path / "whole").items():
        np.testing.assert_allclose(arrays_of(tmp_path / "parts")[name], array, rtol=1e-4, atol=1e-6, err_msg=name)


def test_trees_are_not_read_in_parts():
    with pytest.raises(charrnn.CharrnnError, match="--accumulate: --task tree reads each word"):
        TrainOptions(task="tree", accumulate=2)


def test_a_step_takes_over_the_memory_of_the_state(tmp_path, corpus_file, monkeypatch):
    monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: 1)
    session = started(corpus_file, tmp_path / "m")
    assert analysed(session).alias_size_in_bytes >= bytes_of(session.state)
    after, _ = session.run.step(session.state, session.run.batch(0), 0.01)
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(session.state.parameters))
    assert not any(leaf.is_deleted() for leaf in jax.tree.leaves(after))


def test_nothing_is_sent_to_devices_but_the_batch_and_nothing_fetched_but_the_report(tmp_path, corpus_file, monkeypatch):
    """JAX refuses what is not sent or fetched by name: batch and rate in Step.arguments(), the report in the trainer."""
    session = started(corpus_file, tmp_path / "m", evaluate_every=6, sample_every=0)
    taken = []
    with jax.transfer_guard("disallow"):
        for progress in session.train():
            taken.append(progress.journal.step)
            if len(taken) == 5:
                break
    assert taken[-1] == 4  # of the fifth, which is under way, nothing is known yet
    with jax.transfer_guard("disallow"), pytest.raises(Exception, match="Disallowed host-to-device transfer"):
        jax.jit(lambda array: array + 1)(np.ones(3))


def test_a_step_is_compiled_once_for_each_shape_and_for_any_number_of_steps(tmp_path, corpus_file, caplog):
    lengths = {"lines": True, "line_lengths": 2, "window": 60, "weight_decay": 0.05, "evaluate_every": 30}
    session = started(corpus_file, tmp_path / "m", steps=30, **lengths)
    shapes = {session.run.batch(step).inputs_BT.shape for step in range(30)}
    with jax.log_compiles():
        steps_of(session)
    assert sum("Finished XLA compilation of jit(step)" in record.message for record in caplog.records) == len(shapes) == 2
    programs = []
    for steps in (6, 60_000):
        session = started(corpus_file, tmp_path / f"{steps}", steps=steps, **lengths)
        programs.append(
            session.run.step.compiled.lower(session.state, *session.run.step.arguments(session.run.batch(0), 0.01))
        )
    assert programs[0].as_text() == programs[1].as_text()


def test_a_batch_that_does_not_fit_into_memory_is_one_line_that_says_what_to_do(tmp_path, corpus_file, monkeypatch):
    session = started(corpus_file, tmp_path / "m")

    def full(self, *arguments):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 99 bytes.")

    monkeypatch.setattr(type(session.run.step), "__call__", full)
    with pytest.raises(charrnn.CharrnnError, match=re.escape("--batch-size 5: not enough memory") + ".*--accumulate 2"):
        steps_of(session)


def test_devices_send_each_other_the_gradient_once_and_the_matrices_that_they_share(tmp_path, corpus_file, monkeypatch):
    """As docs/scale.md reckons."""
    monkeypatch.setattr("charrnn.training.run.devices_for", lambda rows, hidden: 2)
    monkeypatch.setattr("charrnn.training.step.SHARED_SIZE", large := 700)
    session = started(corpus_file, tmp_path / "m")
    step = session.run.step
    program = step.compiled.lower(session.state, *step.arguments(session.run.batch(0), 0.01)).compile().as_text()
    sent = re.findall(r"= f32\[([\d,]+)\]\S* (all-\w+|reduce-scatter|collective-\w+)\(", program)
    parameters = jax.tree.leaves(session.state.parameters)
    reported = 4  # the sum of what is reported, the count of predictions, whether to stop, and to save
    shared = [array.shape for array in parameters if array.size >= large and len(array) % 2 == 0]
    assert shared
    assert sorted(sent) == sorted(
        [(str(sum(array.size for array in parameters) + reported), "all-reduce")]
        + [(",".join(map(str, shape)), "all-gather") for shape in shared]
    )
