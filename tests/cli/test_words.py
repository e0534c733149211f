"""Models of words through the commands."""

import json
import math

import numpy as np
import pytest

import charrnn
from charrnn.text.tokens import split_words
from charrnn.text.words import WordVocabulary
from tests.conftest import TINY, assert_one_clear_line, small_text

WORDS = ["--level", "word"]


@pytest.fixture(scope="module")
def text_file(tmp_path_factory):
    """Lines of few words and, here and there, of one that stands nowhere else."""
    lines = small_text(5000, seed=3).splitlines()
    path = tmp_path_factory.mktemp("corpus") / "words.txt"
    path.write_text("\n".join(f"{line} {'abcdefghij'[k % 10]}{k}x" if k % 7 == 0 else line for k, line in enumerate(lines)))
    return path


@pytest.fixture(scope="module")
def counts(tmp_path_factory, text_file):
    folder = tmp_path_factory.mktemp("models") / "counts"
    charrnn.ngram(text_file, folder, level="word", order="3", keep_text=True)
    return folder


@pytest.fixture(scope="module")
def network(tmp_path_factory, text_file):
    folder = tmp_path_factory.mktemp("models") / "network"
    charrnn.train(
        text_file, folder, level="word", steps=40, hidden=16, embedding=8, window=12, batch_size=8, evaluate_every=20
    )
    return folder


def test_ngram_tells_perplexity_unknown_words_and_bits(run, tmp_path, text_file):
    code, _, error = run("ngram", text_file, "-m", tmp_path / "m", *WORDS)
    assert code == 0
    text = text_file.read_text()
    whole = split_words(text[int(len(text) * 0.9) :])
    words, known = whole[1:], charrnn.load(tmp_path / "m").vocabulary.symbols  # the first word is not predicted
    unknown = sum(word not in known for word in words)
    assert 1 < unknown < 10
    assert f"held-out text has unknown words: {sum(word not in known for word in whole)} of {len(whole)} words" in error
    assert f" per word ({unknown} of {len(words)} unknown, " in error
    held_out = charrnn.load(tmp_path / "m").summary["held_out"]
    assert (held_out["unknown"], held_out["words"]) == (unknown, len(words))
    assert held_out["perplexity"] == pytest.approx(math.exp(held_out["nats_per_word"]))
    nats = held_out["nats_per_word"] * held_out["words"] + held_out["spelling_nats"]
    assert held_out["nats_per_character"] == pytest.approx(nats / held_out["characters"])
    assert held_out["characters"] == sum(map(len, words))
    assert f"{held_out['bits_per_character']:.4f} bits per character" in error


def test_score_tells_the_figure_of_training(run, tmp_path, text_file, counts, network):
    text = text_file.read_text()
    (tmp_path / "tail.txt").write_text(text[int(len(text) * 0.9) :])
    for folder in (counts, network):
        wanted = charrnn.load(folder).summary["held_out"]
        (found,) = charrnn.score(folder, files=tmp_path / "tail.txt", stream=True)
        assert found.tally.to_json() == pytest.approx({k: v for k, v in wanted.items() if k != "known"}, rel=1e-4)
        code, out, _ = run("score", "-m", folder, "--stream", tmp_path / "tail.txt")
        assert code == 0
        assert out.split("\n")[1].split()[:2] == ["words", f"{wanted['words']:,}"]


def test_scores_of_lines_in_all_layouts(run, counts):
    lines = b"the cat sees a dog.\nthe zebra sleeps.\n"
    tsv = run("score", "-m", counts, stdin=lines)[1].splitlines()
    records = [
        json.loads(line) for line in run("score", "-m", counts, "--format", "jsonl", "--chars", stdin=lines)[1].splitlines()
    ]
    assert [record["words"] for record in records] == [7, 5]
    assert [record["unknown"] for record in records] == [0, 1]
    assert [record["characters"] for record in records] == [20, 18]
    assert [word for word, _ in records[1]["chars"]] == ["the", " zebra", " sleeps", ".", "\n"]
    for line, record in zip(tsv, records, strict=True):
        assert float(line.split("\t")[0]) == pytest.approx(record["logprob"], abs=1e-6)
        assert -record["logprob"] / record["characters"] * math.log2(10) == pytest.approx(record["bits_per_character"])
    assert records[1]["spelling_nats"] > 5
    kenlm = run("score", "-m", counts, "--format", "kenlm", stdin=lines)[1].splitlines()
    assert kenlm[0].startswith("the=")
    assert "▁zebra=0 3 " in kenlm[1]
    assert kenlm[1].endswith("OOV: 1")
    known = sum(value for word, value in records[1]["chars"] if word != " zebra")
    srilm = run("score", "-m", counts, "--format", "srilm", stdin=lines)[1].splitlines()
    assert srilm[5:7] == [
        "1 sentences, 4 words, 1 OOVs",
        f"0 zeroprobs, logprob= {known:.6g} ppl= {10 ** (-known / 4):.6g} ppl1= {10 ** (-known / 3):.6g}",
    ]


def test_info_and_the_log_speak_of_words(run, network):
    out = run("info", "-m", network)[1]
    assert "words and the unknown symbol" in out
    assert "characters learnt from" in out
    assert "held-out    perplexity " in out
    assert "bits per word" in out  # the baseline
    last = json.loads((network / "log.jsonl").read_text().splitlines()[-1])
    held_out = charrnn.load(network).summary["held_out"]
    assert last["held_out_nats_per_word"] == pytest.approx(held_out["nats_per_word"])
    assert json.loads(run("info", "-m", network, "--json")[1])["words_seen"] == last["words"]
    assert run("info", "-m", network, "--html", network / "page.html")[0] == 0


def test_texts_are_written_word_by_word(run, tmp_path, counts, network):
    for folder in (counts, network):
        assert isinstance(charrnn.load(folder).vocabulary, WordVocabulary)
        text = charrnn.sample(folder, prime="the cat", length=30, seed=4, echo=False)
        assert text == charrnn.sample(folder, prime="the cat", length=30, seed=4, echo=False)
        assert "\N{REPLACEMENT CHARACTER}" not in text
        record = json.loads(run("sample", "-m", folder, "--length", 30, "--seed", 4, "--format", "jsonl")[1])
        assert record["characters"] == len(record["text"])
        assert -record["logprob"] * math.log2(10) / record["characters"] == pytest.approx(record["bits_per_character"])
    assert charrnn.sample(counts, stop="\n", length=50, seed=1).count("\n") == 0
    code, _, error = run("sample", "-m", counts, "--novel", 4, "--report", "--seed", 5, "--length", 20)
    assert code == 0
    assert "longest copied span 3 of 20 words" in error


def test_compiled_and_stepwise_writing_agree(network):
    model = charrnn.load(network)
    before = charrnn.sample(model, length=40, seed=7)
    model.prepare(math.inf)
    assert charrnn.sample(model, length=40, seed=7) == before


def test_an_unknown_word_in_a_primer(run, counts):
    result = run("sample", "-m", counts, "--prime", "the zebra")
    assert_one_clear_line(result, "words that the model does not know: ' zebra'; try --unknown skip")
    assert run("sample", "-m", counts, "--prime", "the zebra", "--unknown", "skip", "--length", 3)[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [["--pattern", "[a-z]+"], ["--template", "a__"], ["--acrostic", "abc"], ["--must", "cat"], ["--ban-text", "cat"],
     ["--min-length", 5], ["--ban", "c"], ["--allow", "abc"], ["--stop", "cat"], ["--html", "page.html"]],
    ids=lambda arguments: arguments[0],
)  # fmt: skip
def test_what_is_of_characters_is_refused_in_sample(run, tmp_path, monkeypatch, counts, arguments):
    monkeypatch.chdir(tmp_path)
    code, _, error = run("sample", "-m", counts, "--length", 5, *arguments)
    assert code == 1
    assert (
        error.strip()
        .splitlines()[-1]
        .endswith("works on characters, and this model is of words; use one trained with --level char")
    )


@pytest.mark.parametrize(
    "arguments",
    [["score", "--format", "table", "--unit", "char"], ["score", "--spans"], ["score", "--labels", "a,b"],
     ["score", "--pseudo"], ["score", "--html", "page.html"], ["fill"]],
    ids=" ".join,
)  # fmt: skip
def test_what_is_of_characters_is_refused_elsewhere(run, tmp_path, monkeypatch, counts, arguments):
    monkeypatch.chdir(tmp_path)
    code, out, error = run(*arguments, "-m", counts, stdin=b"the c_t\n")
    assert (code, out) == (1, "")
    assert "works on characters, and this model is of words" in error.strip().splitlines()[-1]


def test_compare_and_inspect_are_refused(run, counts, network):
    lines = b"the cat\n"
    assert_one_clear_line(run("compare", "-m", counts, "-m", network, stdin=lines), "a comparison works on characters")
    assert_one_clear_line(run("inspect", "--gradients", "-m", network, stdin=lines), "inspect works on characters")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--direction", "both", *WORDS], "--direction both is for characters and bytes"),
        (["--tokens", r"\w+"], "--tokens is for words; add --level word"),
        (["--vocabulary-size", "9"], "--vocabulary-size is for words; add --level word"),
        ([*WORDS, "--min-count", "100000"], "--min-count 100000: no word is seen so often"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_trainings_that_cannot_be(run, tmp_path, text_file, arguments, what):
    assert_one_clear_line(run("train", text_file, "-m", tmp_path / "m", *TINY, *arguments), what)


def test_options_that_do_not_go_together(run, tmp_path, text_file):
    cases = ((["--tokens", "(a)"], "write groups as (?:...)"), (["--task", "classify"], "--level is for language models"))
    for arguments, what in cases:
        code, out, error = run("train", text_file, "-m", tmp_path / "m", *WORDS, *arguments)
        assert (code, out) == (2, "")
        assert what in error.splitlines()[-1]


def test_models_of_words_and_of_characters_are_not_mixed(run, counts, model_folder):
    result = run("score", "-m", counts, "-m", model_folder, stdin=b"the\n")
    assert_one_clear_line(result, "models of words and of chars cannot be mixed")


def test_a_network_and_counts_as_one(run, tmp_path, text_file, counts, network):
    (tmp_path / "tail.txt").write_text(text_file.read_text()[-500:])
    code, _, error = run("mix", network, counts, "-o", tmp_path / "mixed", "--fit-on", tmp_path / "tail.txt")
    assert code == 0, error
    figures = [charrnn.score(folder, files=tmp_path / "tail.txt", stream=True)[0].tally.perplexity
               for folder in (network, counts, tmp_path / "mixed")]  # fmt: skip
    assert figures[2] <= min(figures[:2]) + 1e-3


def test_other_ways_to_cut_are_not_mixed(run, tmp_path, text_file, counts):
    charrnn.ngram(text_file, tmp_path / "m", level="word", order="2", tokens=r" ?\S+")
    result = run("score", "-m", counts, "-m", tmp_path / "m", stdin=b"the\n")
    assert_one_clear_line(result, "cut texts into words in different ways")


def test_hybrid_resume_and_init_from(run, tmp_path, text_file):
    folder = tmp_path / "m"
    arguments = ["--hidden", 8, "--embedding", 4, "--batch-size", 4, "--window", 8, *WORDS]
    assert run("train", text_file, "-m", folder, "--hybrid", "--steps", 3, *arguments)[0] == 0
    hybrid = charrnn.load(folder)
    assert hybrid.kind == "mixture"
    assert hybrid.summary["held_out"]["words"] > 100
    code, _, error = run("train", "--resume", "-m", folder, "--steps", 5)
    assert code == 0, error
    assert "both, weights" in error
    other = tmp_path / "other.txt"
    other.write_text("the yak sees the yak and the gnu sees the gnu .\n" * 20)
    code, _, error = run(
        "train", other, "-m", tmp_path / "n", "--init-from", folder, "--steps", 2, "--batch-size", 4, "--window", 8
    )
    assert code == 0, error
    assert "with 3 new words" in error
    grown, before = charrnn.load(tmp_path / "n").vocabulary, hybrid.vocabulary
    assert grown.symbols[: len(before.symbols)] == before.symbols
    assert grown.encode(" yak").tolist()[0] > before.size - 1


def test_lines_of_words(run, tmp_path, text_file):
    folder = tmp_path / "m"
    code, _, error = run("train", text_file, "-m", folder, "--lines", "--steps", 5, "--hidden", 8, "--embedding", 4, *WORDS)
    assert code == 0, error
    model = charrnn.load(folder)
    assert model.lines
    held_out = model.summary["held_out"]
    lines = len(text_file.read_text().split("\n"))
    assert held_out["words"] < held_out["characters"] / 3
    assert charrnn.sample(model, count=2, seed=1, length=20)[0].count("\n") == 0
    assert lines > 100


def test_rescoring_counts_the_spelling_of_unknown_words(tmp_path, counts):
    (tmp_path / "list.tsv").write_text("u\t0\tthe cat sees\nu\t0\tthe zebra sees\n")
    known, unknown = charrnn.rescore(counts, tmp_path / "list.tsv")
    tallies = [one.tally for one in charrnn.score(counts, ["the cat sees", "the zebra sees"])]
    assert [known.language, unknown.language] == pytest.approx([-t.spelt_nats / math.log(10) for t in tallies])
    assert unknown.language < known.language - 3


def test_dynamic_evaluation_of_words(network):
    (score,) = charrnn.score(network, "the cat sees the cat sees the cat", adapt=0.01)
    assert score.tally.characters == 9
    assert np.isfinite(score.tally.nats)


def test_the_units_are_the_models_words_and_sum_to_the_line(run, counts):
    text = "the zebra sees,  a dog."
    (score,) = charrnn.score(counts, text, unit="word", entropy=True)
    assert [(one.text, one.start, one.end, one.unknown) for one in score.units] == [
        ("the", 1, 3, 0), ("zebra", 5, 9, 1), ("sees", 11, 14, 0), (",", 15, 15, 1), (" ", 16, 16, 1), ("a", 18, 18, 0),
        ("dog", 20, 22, 0), (".", 23, 23, 0), ("\n", 24, 24, 0),
    ]  # fmt: skip
    whole = charrnn.score(counts, text)[0].tally.spelt_nats
    assert sum(one.nats for one in score.units) == pytest.approx(whole)
    assert all(one.rank >= 1 and one.entropy > 0 for one in score.units)
    (line,) = charrnn.score(counts, text, unit="line")[0].units
    assert (line.start, line.end, line.unknown) == (1, 23, 3)
    assert line.nats == pytest.approx(whole)
    rows = run("score", "-m", counts, "--format", "table", "--unit", "word", stdin=text.encode())[1].splitlines()
    assert len(rows) == 10
