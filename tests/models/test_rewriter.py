"""The model that rewrites: its search against all answers there are, its sums, its files, what it copies."""

import itertools
import json
import math

import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.models import rewriter
from charrnn.models.archive import write_archive
from charrnn.models.folder import MODEL, open_any, open_model, save_model
from charrnn.models.labeller import Classifier
from charrnn.models.rewriter import Rewriter, first_beam, longer
from charrnn.network.labelling import LabellingConfig
from charrnn.network.parameters import make_parameters
from charrnn.network.reader import ReaderConfig
from charrnn.network.rewriting import RewritingConfig, decode, encode, log_probs_of
from charrnn.text.symbols import BOUNDARY, UNKNOWN
from charrnn.text.vocabulary import Vocabulary
from charrnn.trees import map_tree
from tests.conftest import assert_one_clear_line

SOURCES = ["ab", "a", "bca", "", "cc"]


def model(attention="general", copy=False, longest=(4, 3), seed=3):
    """Of random weights, large enough that answers differ."""
    vocabulary = Vocabulary("\nabc")
    config = RewritingConfig(ReaderConfig(vocabulary.size, hidden=6, embedding=4), attention, copy)
    random = np.random.default_rng(seed)
    parameters = make_parameters(config.weights(), 1)
    return Rewriter(
        config, vocabulary, longest, map_tree(lambda a: a + random.normal(0, 1, a.shape).astype("f4"), parameters)
    )


@pytest.fixture
def short(monkeypatch):
    """Answers of four symbols at most."""
    monkeypatch.setattr(rewriter, "MOST_MORE", 0)


@pytest.mark.parametrize(("attention", "copy"), [("none", False), ("general", True), ("dot", False)])
def test_a_wide_beam_finds_what_looking_at_all_answers_finds(short, attention, copy):
    one = model(attention, copy)
    answers = ["".join(letters) for size in range(5) for letters in itertools.product("abc", repeat=size)]
    for source, found in zip(SOURCES, one.predict(SOURCES, count=5, beam=200), strict=True):
        assert one.most_symbols(len(source)) == 4
        log_probs = {}
        for answer in answers:
            nats, symbols = one.nats([(source, answer)])
            assert symbols == len(answer) + 1
            log_probs[answer] = -nats
        wanted = sorted(answers, key=lambda answer: -log_probs[answer])[:5]
        assert [answer.text for answer in found] == wanted
        for answer in found:
            assert answer.more["log_probability"] == pytest.approx(log_probs[answer.text], rel=1e-5)
            assert answer.probability == math.exp(answer.more["log_probability"])


def greedy(one, source):
    """An answer of the symbol that is the most probable each time, by reading all of it anew for each."""
    ids_S, answer = one.vocabulary.encode(source), []
    while len(answer) < one.most_symbols(len(source)):
        state_of, state = encode(one.parameters, one.config, ids_S[:, None], np.array([len(ids_S)]))
        _, written = decode(one.parameters, one.config, state_of, state, np.array([[BOUNDARY, *answer]]).T)
        log_probs_V = log_probs_of(written, state_of)[-1, 0]
        log_probs_V[UNKNOWN] = -np.inf
        if log_probs_V.argmax() == BOUNDARY:
            break
        answer.append(int(log_probs_V.argmax()))
    return one.vocabulary.decode(np.array(answer, int))


def test_a_beam_of_one_takes_the_most_probable_symbol_each_time():
    for seed in range(3):
        one, sources = model(seed=seed), [source for source in SOURCES if source]
        for source, (answer,) in zip(sources, one.predict(sources, beam=1), strict=True):
            assert answer.text == greedy(one, source)
            assert answer.more["log_probability"] == pytest.approx(-one.nats([(source, answer.text)])[0], rel=1e-5)


def test_answers_do_not_hang_on_what_else_is_asked_or_on_the_order():
    one = model(longest=(2, 2))  # so that some are longer than learnt
    together = one.predict(SOURCES[::-1], count=2, beam=3)[::-1]
    for source, found in zip(SOURCES, together, strict=True):
        (alone,) = one.predict([source], count=2, beam=3)
        assert [answer.text for answer in alone] == [answer.text for answer in found]
        assert [answer.probability for answer in alone] == pytest.approx([answer.probability for answer in found], rel=1e-5)
        assert [answer.more["longer_than_learnt"] for answer in found] == [len(source) > 2] * 2


def test_answers_have_a_length_at_which_they_end():
    one = model(longest=(4, 10))
    assert [one.most_symbols(size) for size in (1, 4, 8)] == [21, 21, 33]  # 1.25 × 10 (× 2) and 8
    one.parameters["output"]["bias"][:] = [0, -50, 20, 0, 0]  # "a" again and again
    (answer,) = one.predict(["ab"])[0]
    assert answer.text == "a" * 21
    assert answer.more["log_probability"] < -50


def test_beams_keep_the_best_of_each_source_and_what_has_ended():
    beam = first_beam(2, 2)
    log_probs_BV = np.log([[0.1, 0.3, 0.6], [1, 1, 1], [0.2, 0.7, 0.1], [1, 1, 1]])  # symbols 0, the end, and 2
    beam, rows_B = longer(beam, log_probs_BV)
    assert rows_B.tolist() == [0, 0, 2, 2]
    assert beam.ids_NKT[..., 0].tolist() == [[2, 1], [1, 0]]
    assert beam.ended_NK.tolist() == [[False, True], [True, False]]
    beam, rows_B = longer(beam, np.log([[0.3, 0.1, 0.6], [0.9, 0.05, 0.05], [0.9, 0.05, 0.05], [0.2, 0.7, 0.1]]))
    assert rows_B.tolist() == [0, 1, 2, 3]
    assert beam.ids_NKT.tolist() == [[[2, 2], [1, 1]], [[1, 1], [0, 1]]]
    np.testing.assert_allclose(np.exp(beam.sums_NK), [[0.36, 0.3], [0.7, 0.14]])
    assert beam.ended_NK.tolist() == [[False, True], [True, True]]


def test_nats_are_sums_over_pairs():
    one = model("additive", copy=True)
    pairs = [("ab", "cab"), ("cabb", ""), ("b", "aaaaaa")]
    nats, symbols = one.nats(pairs)
    assert symbols == 3 + 0 + 6 + 3
    assert nats == pytest.approx(sum(one.nats([pair])[0] for pair in pairs), rel=1e-5)


def test_shares_of_attention_are_those_of_each_symbol_and_the_end():
    shares_TS = model().shares("abca", "cb")
    assert shares_TS.shape == (3, 4)
    np.testing.assert_allclose(shares_TS.sum(1), 1, rtol=1e-5)
    assert shares_TS.std() > 0.01
    with pytest.raises(CharrnnError, match="this model has no attention; train one with --attention"):
        model("none").shares("ab", "c")


def test_characters_that_are_not_known_are_copied_or_left_out():
    one = model("general", copy=True)
    one.parameters["gate"]["bias"][:] = -50  # all is copied
    assert set(one.predict(["X"])[0][0].text) == {"X"}
    two = one.predict(["aXbY"], count=20)[0]
    assert any(set(answer.text) & set("XY") for answer in two)
    assert set("".join(answer.text for answer in two)) <= set("aXbY")
    for answer in model().predict(["X", "aXbY"], count=20)[1]:
        assert set(answer.text) <= set("abc")


@pytest.mark.parametrize(("attention", "copy"), [("none", False), ("dot", False), ("additive", True)])
def test_saved_and_opened_it_is_the_same(tmp_path, attention, copy):
    one = model(attention, copy)
    one.summary = {"seconds": 3}
    save_model(one, tmp_path)
    again = open_any(tmp_path)
    assert (again.config, again.vocabulary, again.longest) == (one.config, one.vocabulary, one.longest)
    assert again.summary == one.summary
    assert again.predict(SOURCES, count=3) == one.predict(SOURCES, count=3)
    facts = charrnn.info(tmp_path)
    assert (facts["kind"], facts["longest"]) == ("rewriter", {"source": 4, "target": 3})
    with pytest.raises(CharrnnError, match="holds a rewriter, no language model; ask it with `charrnn predict"):
        open_model(tmp_path)


def test_files_that_do_not_fit(tmp_path):
    arrays, description = model().to_archive()
    write_archive(tmp_path / MODEL, arrays, description | {"longest": [4]})
    with pytest.raises(CharrnnError, match="its contents do not fit together"):
        open_any(tmp_path)
    del arrays["attention.key"]
    write_archive(tmp_path / MODEL, arrays, description)
    with pytest.raises(CharrnnError, match=r"holds no array 'attention\.key'"):
        open_any(tmp_path)


def test_the_command_answers_and_measures(tmp_path, run):
    one = model()
    save_model(one, tmp_path / "m")
    wanted = one.predict(["ab", "bcabc"], count=2, beam=6)
    code, out, _ = run("predict", "-m", tmp_path / "m", "--text", "ab", "--text", "bcabc", "-n", "2", "--beam", "6")
    assert code == 0
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[1] for row in rows] == [answer.text for found in wanted for answer in found]
    right = wanted[1][0].text
    (tmp_path / "gold.tsv").write_text(f"ab\t{wanted[0][0].text}\nbcabc\t{right}a\n")
    gold = ["predict", "-m", tmp_path / "m", "--gold", tmp_path / "gold.tsv", "--beam", "6"]
    measures = json.loads(run(*gold, "--summary")[1])
    characters = len(wanted[0][0].text + right) + 1
    assert measures == {
        "texts": 2,
        "exact": 0.5,
        "character_error_rate": pytest.approx(1 / characters),
        "longer": {"texts": 1, "exact": 0.0, "character_error_rate": pytest.approx(1 / (len(right) + 1))},
    }
    told = run(*gold)[2]
    assert "right: 1 of 2 texts, 50.0%; character error rate" in told
    assert "longer than any learnt from: 0 of 1 text, 0.0%; character error rate" in told


def test_only_rewriters_have_a_beam(tmp_path, run):
    vocabulary = Vocabulary("\nabc")
    config = LabellingConfig(ReaderConfig(vocabulary.size, hidden=6, embedding=4), 2)
    save_model(Classifier(config, vocabulary, ["one", "two"], make_parameters(config.weights(), 1)), tmp_path / "m")
    asked = run("predict", "-m", tmp_path / "m", "--text", "ab", "--beam", "2")
    assert_one_clear_line(asked, "--beam is for models of --task rewrite, and this is a classifier; leave it out")
