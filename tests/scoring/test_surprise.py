"""What models expected at each character of texts, as the pages of surprise show it."""

import numpy as np
import pytest

import charrnn
from charrnn.corpora.grammar import Grammar
from charrnn.errors import CharrnnError
from charrnn.scoring.log_probs import score_sentences, stream_log_probs
from charrnn.scoring.options import ScoreOptions
from charrnn.scoring.surprise import (
    Texts,
    expected_by,
    expected_by_source,
    expected_of_written,
    is_source,
    read_texts,
    stretches,
    surprising,
)

LINES = ["the cat sees", "", "a small red tree."]
TEXTS = Texts("".join(f"{line}\n" for line in LINES), [("", 0)], stream=False)


def test_of_lines_it_is_what_score_gives_and_the_likeliest_come_first(model):
    found = expected_by(model, "m", TEXTS)
    scores = score_sentences(model, LINES)
    np.testing.assert_allclose(found.log_probs, np.concatenate([score.log_probs for score in scores]), atol=1e-6)
    assert found.tally.nats == pytest.approx(sum(score.tally.nats for score in scores), rel=1e-6)
    assert len(found.log_probs) == len(TEXTS.text)
    assert found.likeliest_TK.shape == (len(TEXTS.text), 5)
    assert (np.diff(found.likeliest_log_probs_TK, axis=1) <= 0).all()
    is_first = found.ranks == 1
    np.testing.assert_allclose(found.likeliest_log_probs_TK[is_first, 0], found.log_probs[is_first], atol=1e-6)
    symbols = np.array(found.symbols)
    assert (symbols[found.likeliest_TK[is_first, 0]] == np.array(list(TEXTS.text))[is_first]).all()


def test_a_context_is_read_before_each_line(model):
    after = expected_by(model, "m", TEXTS, context="the old dog and ")
    assert abs(after.log_probs[0] - expected_by(model, "m", TEXTS).log_probs[0]) > 1e-3


def test_of_a_stream_all_but_the_first_character_of_each_file_is_predicted(model, tmp_path):
    for name, text in (("a", "the cat"), ("b", "old dogs")):
        (tmp_path / name).write_text(text)
    texts = read_texts((), [str(tmp_path / "a"), str(tmp_path / "b")], ScoreOptions(stream=True), "char")
    found = expected_by(model, "m", texts)
    assert np.flatnonzero(np.isnan(found.log_probs)).tolist() == [0, 7]
    np.testing.assert_allclose(found.log_probs[8:], stream_log_probs(model, model.vocabulary.encode("old dogs")), atol=1e-6)
    assert found.tally.characters == 6 + 7


def test_of_a_model_of_bytes_a_character_has_the_sum_of_its_bytes(tmp_path):
    (tmp_path / "text").write_text("caf\u00e9 na\u00efve \u8336\n" * 40)
    model = charrnn.train(tmp_path / "text", tmp_path / "m", level="byte", steps=3, hidden=8, baseline=False)
    texts = Texts("\u8336\u00e9x\n", [("", 0)], stream=False)
    found = expected_by(model, "m", texts)
    (score,) = score_sentences(model, ["\u8336\u00e9x"])
    sums = [score.log_probs[:3].sum(), score.log_probs[3:5].sum(), score.log_probs[5], score.log_probs[6]]
    np.testing.assert_allclose(found.log_probs, sums, rtol=1e-5)
    assert {"c", "\\xe8"} < set(model.vocabulary.names)
    stream = expected_by(model, "m", Texts("\u8336\u00e9x", [("", 0)], stream=True))
    assert np.isnan(stream.log_probs).tolist() == [True, False, False]


def test_given_both_sides_the_end_of_a_line_is_not_predicted(both_folder):
    model = charrnn.load(both_folder)
    found = expected_by(model, "m", TEXTS, pseudo=True)
    assert np.flatnonzero(np.isnan(found.log_probs)).tolist() == [k for k, one in enumerate(TEXTS.text) if one == "\n"]
    assert found.entropies is None
    assert (found.likeliest_log_probs_TK[:, 0] >= found.log_probs - 1e-6)[~np.isnan(found.log_probs)].all()


def test_a_source_gives_each_character_its_exact_probability():
    grammar = Grammar({"sentence": {"{who} runs": 1.0, "{who} ran": 3.0}, "who": {"he": 1.0, "her dog": 1.0}})
    log_probs = grammar.character_log_probs("he ran")
    expected = [1, 1, 0.5, 1, 0.75, 1, 1]
    np.testing.assert_allclose(np.exp(log_probs), expected)
    assert sum(log_probs) == pytest.approx(grammar.log_probability("he ran"))
    impossible = grammar.character_log_probs("he sat")
    assert impossible[3] == -np.inf
    assert np.isnan(impossible[4:]).all()


@pytest.mark.parametrize("name", ["grammar-en", "grammar-zh"])
def test_the_sources_of_the_grammar_corpora_add_up(name):
    from charrnn.corpora.generated import GENERATED, generate, log_probability

    for line in generate(name, 20, seed=3).splitlines():
        assert sum(GENERATED[name].character_log_probs(line)) == pytest.approx(log_probability(name, line))


def test_a_source_is_named_where_there_is_no_such_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_source("grammar-en")
    (tmp_path / "grammar-en").mkdir()
    assert not is_source("grammar-en")
    assert not is_source("words")
    with pytest.raises(CharrnnError, match="--against pydoc"):
        expected_by_source("pydoc", TEXTS)


def test_the_most_surprising_stretches_come_first(model):
    texts = Texts("the cat sees a dog.\nthe cXYZt sees a dog.\n", [("", 0)], stream=False)
    first, *_ = surprising(expected_by(model, "m", texts), texts)
    assert "XYZ" in texts.text[first.start : first.end] or "X" in texts.text[first.start : first.end]
    assert stretches(np.array([0.0, 2.0, 1.0, -5.0, 4.0, 0.0]), Texts("ab\ncd\n", [], False))[0].nats == 4.0


def test_of_what_was_written_the_primer_is_not_predicted(model, lines_folder):
    prime, written = model.vocabulary.encode("the "), [model.vocabulary.encode("cat"), model.vocabulary.encode("old tree")]
    texts, found = expected_of_written(model, "m", prime, written)
    assert texts.text == "the cat\nthe old tree\n"
    assert texts.sections == [("text 1", 0), ("text 2", 8)]
    assert np.isnan(found.log_probs[:4]).all()
    assert np.isfinite(found.log_probs[4:7]).all()
    assert found.tally.characters == 3 + 8
    lines = charrnn.load(lines_folder)
    texts, found = expected_of_written(lines, "m", lines.vocabulary.encode("the "), [lines.vocabulary.encode("cat")])
    assert np.isfinite(found.log_probs[4:]).all()
    assert found.tally.characters == 4


def test_no_text_is_an_error(tmp_path):
    (tmp_path / "empty").write_text("")
    with pytest.raises(CharrnnError, match="holds no text"):
        read_texts((), [str(tmp_path / "empty")], ScoreOptions(), "char")
