"""`charrnn info`, for people and for programs."""

import json

import numpy as np
import pytest

from charrnn.report import info
from tests.conftest import TINY


def test_info_for_people_and_for_programs(run, model_folder):
    code, out, _ = run("info", "-m", model_folder)
    assert code == 0
    assert "1 × 32 LSTM" in out
    facts = json.loads(run("info", "-m", model_folder, "--json")[1])
    assert facts["network"]["hidden"] == 32
    assert facts["steps"] == 60
    assert facts["bits_per_character"] == pytest.approx(facts["nats_per_character"] / np.log(2))
    assert {"corpus", "characters_seen", "seconds", "versions"} <= facts.keys()


def test_info_says_that_a_network_reads_both_ways_and_looks_back(run, tmp_path, corpus_file):
    how = ["--direction", "both", "--attention", "dot", "--attention-window", "7", "--no-baseline"]
    assert run("train", corpus_file, "-m", tmp_path / "m", *TINY, *how)[0] == 0
    out = run("info", "-m", tmp_path / "m")[1]
    assert "direction   both" in out
    assert "attention   dot, over 7 past states" in out
    assert "output      deep" not in out
    run("train", corpus_file, "-m", tmp_path / "d", *TINY, "--no-baseline")
    assert "output      deep: a tanh layer over the last two states" in run("info", "-m", tmp_path / "d")[1]


def test_a_kind_without_a_layout_of_its_own_is_shown_too(run, monkeypatch, model_folder):
    monkeypatch.delitem(info.LAYOUTS, "recurrent")
    shown = run("info", "-m", model_folder)[1].splitlines()
    assert shown[1] == "kind        recurrent"
    assert {"vocabulary", "corpus", "held-out", "made with"} <= {line[:12].strip() for line in shown}
