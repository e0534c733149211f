"""Texts kept to conditions while they are written: by every model, every way of drawing and searching, on numpy and JAX."""

import re

import numpy as np
import pytest

import charrnn
from charrnn.conditions.constraint import Conditions, make_constraint
from charrnn.models.mixture import Mixture
from charrnn.models.ngram.model import NgramModel
from charrnn.writing.beam import beam_search
from charrnn.writing.choice import Choice, Drawing
from charrnn.writing.draw import draw
from tests.conftest import assert_one_clear_line, small_text

VERSE = "[a-z]{3} [a-z]{5}\\.\n" * 2


@pytest.fixture(scope="module", params=["numpy", "compiled", "ngram", "mixture"])
def any_model(request, model_folder):
    network = charrnn.load(model_folder, compiled=request.param == "compiled")
    if request.param in ("numpy", "compiled"):
        return network
    counts = NgramModel.train(network.vocabulary.encode(small_text(2000)), network.vocabulary, order=4)
    return counts if request.param == "ngram" else Mixture([network, counts])


def texts_of(model, conditions, *, choice=Choice(), length=40, count=20, prime="", **how):  # noqa: B008
    guide = make_constraint(model.vocabulary, conditions, length)
    pieces = draw(
        model, prime=model.vocabulary.encode(prime), length=length, count=count, drawing=Drawing(choice, (guide,)),
        stops=conditions.stop, end_at_boundary=conditions.lines, seed=3, **how,
    )  # fmt: skip
    texts = [""] * count
    for row, piece in pieces:
        texts[row] += model.vocabulary.decode(piece)
    return texts


def test_every_text_matches_whatever_writes_it(any_model):
    for choice in (Choice(), Choice(temperature=3.0), Choice(greedy=True), Choice(top_k=1), Choice(top_p=0.2, min_p=0.9)):
        texts = texts_of(any_model, Conditions(pattern=VERSE), choice=choice, prime="the c")
        assert all(re.fullmatch(VERSE, text) for text in texts), texts
    assert all(re.fullmatch(VERSE, text) for text in texts_of(any_model, Conditions(pattern=VERSE), length=22))


@pytest.mark.parametrize(
    ("conditions", "length"),
    [
        (Conditions(pattern="([a-z]+ )*[a-z]+\\."), 17),
        (Conditions(pattern="(the|a) .*(tree|cat)(\n.*)?"), 30),
        (Conditions(must=("zzz", "house"), ban_text=("e ", "th", "a")) , 25),
        (Conditions(must=("dog",), stop=(".", "cat")), 50),
        (Conditions(pattern=".*", must=("tree",), stop=("\n",)), 50),
        (Conditions(template="{3} {1-4}. ____.\n"), 60),
        (Conditions(acrostic="tad"), 60),
        (Conditions(acrostic="tad", pattern="([a-z]{3}\n){2}[a-z]{5}"), 60),
        (Conditions(acrostic="tad", pattern="([a-z]{3}\n){3}", min_length=12), 60),
        (Conditions(pattern="[a-z .]*", banned=tuple(range(2, 9))), 30),
    ],
)  # fmt: skip
def test_conditions_hold_together_in_texts_of_bounded_length(any_model, conditions, length):
    model = any_model
    model.vocabulary.encode("z")
    if unknown := model.vocabulary.unknown_in("".join(conditions.must)):
        with pytest.raises(charrnn.CharrnnError, match=repr(unknown[0])):
            texts_of(model, conditions, length=length)
        return
    banned = [model.vocabulary.decode(np.array([symbol])) for symbol in conditions.banned]
    for text in texts_of(model, conditions, length=length):
        assert len(text) <= length
        assert all(re.fullmatch(pattern, text) for _, pattern in conditions.expressions()), text
        assert all(part in text for part in conditions.must), text
        assert not any(part in text for part in (*conditions.ban_text, *conditions.stop, *banned)), text


def test_a_text_ends_where_nothing_more_matches_and_else_is_as_long_as_asked(model):
    assert {len(text) for text in texts_of(model, Conditions(pattern=".{5}\\.?"))} <= {5, 6}
    assert {len(text) for text in texts_of(model, Conditions(must=("cat",)))} == {40}
    assert {len(text) for text in texts_of(model, Conditions(pattern="([a-z ]{3})*"))} == {39}
    assert {text[-1] for text in texts_of(model, Conditions(pattern="[a-z ]*\\."))} == {"."}


def test_a_line_ends_by_itself_only_where_it_matches(lines_folder):
    model = charrnn.load(lines_folder)
    pattern = r"(the|a) .*[^.]{3}\."
    texts = texts_of(model, Conditions(pattern=pattern, lines=True), length=90, count=50)
    assert all(re.fullmatch(pattern, text) for text in texts)
    assert len({len(text) for text in texts}) > 10


def test_probabilities_are_those_of_the_model_renormalised_over_what_may_come(model):
    vocabulary = model.vocabulary
    guide = make_constraint(vocabulary, Conditions(pattern="(the|tuo|tree) *[acd]"), 99)
    memory = guide.start(1, np.zeros(0, np.int32), 99)
    state, log_probs_BTV = model.advance(model.start(1), np.array([[1]]))
    for text, allowed in (("", "t"), ("t", "hur"), ("h", "e"), ("e", " acd"), (" ", " acd"), ("a", "")):
        if text:
            ids = vocabulary.encode(text)
            memory, (state, log_probs_BTV) = guide.follow(memory, ids), model.advance(state, ids[None])
        guided_V = guide.guide(memory, log_probs_BTV[:, 0])[0]
        assert {vocabulary.decode(np.array([k])) for k in np.flatnonzero(guided_V > -np.inf)} == set(allowed)
        kept = vocabulary.encode(allowed)
        np.testing.assert_array_equal(guided_V[kept], log_probs_BTV[0, 0, kept])
        assert bool(guide.ended(memory)[0]) == (not allowed)


def test_what_is_drawn_is_as_frequent_as_its_probability_among_all_matches(model):
    """Two characters, each of two symbols: four texts, whose chances the masked model gives."""
    ids, prime = model.vocabulary.encode("te"), model.vocabulary.encode("the ")
    texts = texts_of(model, Conditions(pattern="[te][te]"), count=3000, length=2, prime="the ")
    state, log_probs_BTV = model.advance(model.start(1), np.concatenate([[1], prime])[None])
    first = np.exp(log_probs_BTV[0, -1, ids])
    second = [np.exp(model.advance(state, np.array([[symbol]]))[1][0, 0, ids]) for symbol in ids]
    wanted = {
        a + b: first[i] / first.sum() * second[i][j] / second[i].sum()
        for i, a in enumerate("te")
        for j, b in enumerate("te")
    }
    for text, chance in wanted.items():
        spread = float(np.sqrt(chance * (1 - chance) / 3000))  # of the share in 3000 draws
        assert texts.count(text) / 3000 == pytest.approx(float(chance), abs=4 * spread)


def test_numpy_and_jax_draw_the_same_and_the_compiled_loop_is_compiled_once(model_folder):
    from charrnn.models import compiled

    texts = [
        texts_of(charrnn.load(model_folder, compiled=way), Conditions(pattern=VERSE * 3, ban_text=("th",)), length=150)
        for way in (False, True)
    ]
    assert texts[0] == texts[1]
    before = compiled.generate._cache_size()
    texts_of(charrnn.load(model_folder, compiled=True), Conditions(pattern=VERSE * 3, ban_text=("th",)), length=140)
    assert compiled.generate._cache_size() == before


def test_beam_search_finds_the_likeliest_matching_text(any_model):
    vocabulary = any_model.vocabulary
    guide = make_constraint(vocabulary, Conditions(pattern="(cat|dog|tree)[.]?"), 5)
    found = beam_search(any_model, prime=vocabulary.encode("the "), length=5, beam=30, drawing=Drawing(guides=(guide,)))
    texts = {vocabulary.decode(one.ids): one.log_prob for one in found}
    assert set(texts) == {"cat.", "dog.", "tree."}  # a text goes on while more may match
    for text, log_prob in texts.items():
        ids = np.concatenate([[1], vocabulary.encode("the " + text)]).astype(np.int32)
        wanted = any_model.target_log_probs(any_model.start(1), ids[None, :-1], ids[None, 1:])[1][0, 4:].sum()
        assert log_prob == pytest.approx(wanted, abs=1e-3)


def test_on_the_command_line(run, model_folder, lines_folder):
    for how in ([], ["--beam", 4, "--count", 4], ["--best-of", 4], ["--greedy"], ["--top-k", 2]):
        out = run("sample", "-m", model_folder, "--pattern", VERSE, "--seed", 1, "--prime", "the ", "--no-echo", *how)[1]
        assert re.fullmatch(f"({VERSE}\n)+", out), how
    out = run("sample", "-m", lines_folder, "--must", "zoo", "--must", "cat", "--count", 5)
    assert_one_clear_line(out, "--must", "'z'")
    out = run(
        "sample", "-m", lines_folder, "--must", "ted", "--must", "cat", "--ban-text", "the ", "--count", 5, "--length", 50
    )[1]
    assert all("ted" in line and "cat" in line and "the " not in line for line in out.splitlines())
    assert len(out.splitlines()) == 5
    both = ["--must", "old", "--pattern", ".{9}", "--repetition-penalty", 2]
    for how in (["--beam", 4, "--count", 4], ["--count", 4]):
        out = run("sample", "-m", model_folder, *both, *how)[1]
        assert len(out) == 40
        assert out.count("old") >= 4
    found = run("sample", "-m", lines_folder, "--pattern", "(the|a) .*tree\\.", "--length", 30, "--beam", 5, "--count", 5)[1]
    assert all(re.fullmatch("(the|a) .*tree\\.", line) for line in found.splitlines())
    assert len(found.splitlines()) == 5
    template = run("sample", "-m", model_folder, "--template", "{3} {4}\\n", "--acrostic", "tacd")[1]
    assert re.fullmatch(r"t\w\w a\w{3}\nc\w\w d\w{3}\n\n", template)
    assert_one_clear_line(run("sample", "-m", model_folder, "--pattern", "a{600}"), "--length 500", "has 600")
    assert_one_clear_line(run("sample", "-m", model_folder, "--pattern", "a("), "at its character 2")
    for option in ("--must", "--ban-text", "--stop"):
        code, _, error = run("sample", "-m", model_folder, option, "")
        assert (code, f"{option} is empty; name the text" in error) == (2, True)


@pytest.mark.parametrize("count", [1, 3])
def test_from_python(model, count):
    texts = charrnn.sample(model, pattern="[a-z]{4}( [a-z]{2}){2}", must=["at"], prime="the ", count=count, seed=1)
    assert len(texts) == count
    assert all(re.fullmatch("the [a-z]{4}( [a-z]{2}){2}", text) and "at" in text[4:] for text in texts)


def test_one_string_is_one_text_from_python(model):
    how = {"length": 60, "count": 5, "seed": 1}
    for name in ("must", "ban_text", "stop"):
        assert charrnn.sample(model, **{name: "the"}, **how) == charrnn.sample(model, **{name: ["the"]}, **how)
        with pytest.raises(charrnn.CharrnnError, match=f"^{name} is empty"):
            charrnn.sample(model, **{name: ""}, **how)
