"""Trainings that are killed again and again, at any moment, and resumed: nothing that was acknowledged is lost, and the run
ends bit for bit as one that was left alone.

CHARRNN_KILLS: how many there are in all, by default 6, of two kinds of runs.
"""

import multiprocessing
import os
import random
import time
from collections import Counter

import pytest

from charrnn.errors import CharrnnError
from charrnn.models.folder import MODEL, RESUME, open_any
from charrnn.training.checkpoint import load_checkpoint
from tests.conftest import assert_same_run

KILLS = int(os.environ.get("CHARRNN_KILLS", "6"))
TINY = {"steps": 16, "evaluate_every": 6, "hidden": 12, "embedding": 6, "window": 10, "batch_size": 6, "dropout": 0.2}
RUNS = {
    "elman": {"cell": "elman"},
    "lstm of two layers, lines": {"cell": "lstm", "layers": 2, "lines": True, "line_lengths": 2},
    "gru, averaged momentum": {"cell": "gru", "optimizer": "momentum", "learning_rate": 0.1},
    "cifg, two devices": {"cell": "cifg", "devices": 2},
    "mingru, deep": {"cell": "mingru", "output": "deep"},
    "both directions, attention": {"direction": "both", "lines": True, "attention": "dot"},
    "hybrid": {"hybrid": True},
    "words, text kept": {"level": "word", "keep_text": True},
}

if KILLS < 100:
    RUNS = dict(list(RUNS.items())[1:3])

forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload(["charrnn.training.start", "charrnn.training.trainer"])


def child(corpus, folder, options, told):
    """Train, or go on; what is saved is told as it is."""
    options = dict(options)
    os.environ["JAX_NUM_CPU_DEVICES"] = str(options.pop("devices", 1))
    import jax

    import charrnn
    from charrnn.training.keeper import Keeper

    jax.config.update("jax_compilation_cache_dir", str(folder.parent.parent / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)

    save = Keeper.save

    def and_tell(keeper, state, journal, best=None):
        save(keeper, state, journal, best)
        told.send(journal.step)

    Keeper.save = and_tell
    Keeper.due = property(lambda keeper: int(time.monotonic() * 1000) % 3 == 0)
    if (folder / RESUME).exists():
        try:
            charrnn.resume(folder, on_progress=lambda progress: told.send(0))
        except CharrnnError as error:
            if "this run is finished" not in str(error):  # it was killed after its last save
                raise
    else:
        charrnn.train(corpus, folder, overwrite=True, on_progress=lambda progress: told.send(0), **options)
    told.send(None)


def killed_after(seconds, corpus, folder, options):
    """Let a child work for some seconds after its first step; the last step it said to be saved, and whether it ended."""
    here, there = forked.Pipe(duplex=False)
    process = forked.Process(target=child, args=(corpus, folder, options, there))
    process.start()
    there.close()
    acknowledged, until = 0, None
    try:
        while until is None or (left := until - time.monotonic()) > 0:
            if not here.poll(None if until is None else left):
                break
            step = here.recv()
            if step is None:
                process.join()
                return acknowledged, process.exitcode == 0
            acknowledged = max(acknowledged, step)
            until = until or time.monotonic() + seconds
    except EOFError:  # it was about to end
        process.join()
        assert process.exitcode == 0
        return acknowledged, True
    process.kill()
    process.join()
    while here.poll():
        try:
            acknowledged = max(acknowledged, here.recv() or 0)
        except EOFError:
            break
    return acknowledged, False


def check(folder, acknowledged):
    """What is in the folder opens, and is not older than what was acknowledged."""
    if acknowledged or (folder / MODEL).exists():
        open_any(folder)
    if acknowledged or (folder / RESUME).exists():
        assert load_checkpoint(folder).journal.step >= acknowledged


@pytest.mark.parametrize("name", RUNS)
def test_killed_at_any_moment(name, tmp_path, corpus_file):
    rng, options, counts = random.Random(name), TINY | RUNS[name], Counter()
    whole = tmp_path / "whole"
    assert killed_after(1000, corpus_file, whole, options)[1]
    while counts["kills"] < max(1, KILLS // len(RUNS)):
        folder = tmp_path / f"m{counts['runs']}"
        acknowledged, ended = 0, False
        while not ended:
            saved, ended = killed_after(rng.uniform(0, 0.12), corpus_file, folder, options)
            acknowledged = max(acknowledged, saved)
            check(folder, acknowledged)
            counts["kills"] += not ended
        counts["runs"] += 1
        assert_same_run(whole, folder)
    print(f"\n{name}: {counts['kills']} kills in {counts['runs']} runs, nothing lost, the same bits")
