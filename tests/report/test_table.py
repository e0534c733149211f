"""Tables and columns as statistics programs read them, by rules written out here."""

import csv
import io

import pytest

from tests.conftest import assert_one_clear_line

LINES = '"\n"the cat" \'sees\'\na\t"dog\n\nNA # null 5" é\n'
HEAD = ["sentence_id", "token_id", "token", "surprisal", "entropy", "rank", "start", "end", "oov"]


def as_pandas(text):
    """pandas.read_csv(sep="\\t", keep_default_na=False, na_values=[""]): quotes count at the beginning of a field."""
    rows = csv.reader(io.StringIO(text), delimiter="\t", strict=True)
    return [[cell or None for cell in row] for row in rows]


def as_r(text):
    """R's read.delim(na.strings = ""): quotes count anywhere in a field, doubled ones inside stand for one; no comments."""
    rows, row, cell, quoted, k = [], [], "", False, 0
    while k < len(text):
        here = text[k]
        if quoted and here == '"' and text[k + 1 : k + 2] == '"':
            cell, k = cell + '"', k + 1
        elif here == '"':
            quoted = not quoted
        elif quoted or here not in "\t\n":
            cell += here
        else:
            row, cell = [*row, cell or None], ""
            if here == "\n":
                rows, row = [*rows, row], []
        k += 1
    assert not quoted
    return rows


def as_r_without_quotes(text):
    """R's read.delim(quote = ""), and pandas' quoting=3: no field swallows another."""
    return [line.split("\t") for line in text.split("\n")[:-1]]


@pytest.mark.parametrize("unit", ["char", "word", "line"])
@pytest.mark.parametrize("more", [[], ["--entropy"]])
def test_the_table_reads_back(run, model_folder, unit, more):
    code, out, error = run("score", "-m", model_folder, "--format", "table", "--unit", unit, *more, stdin=LINES.encode())
    assert (code, error) == (0, "")
    head, *rows = as_pandas(out)
    assert head == HEAD
    assert as_r(out) == [head, *rows]
    assert [len(row) for row in as_r_without_quotes(out)] == [9] * (1 + len(rows))
    tokens = [row[2] for row in rows]
    if unit == "word":
        assert tokens == ['"', '"the', 'cat"', "'sees'", "a", '"dog', "\\n", "NA", "#", "null", '5"', "é"]
        assert [row[8] for row in rows][-4:] == ["1", "0", "2", "1"]
    elif unit == "line":
        assert tokens == ['"', "\"the cat\" 'sees'", 'a "dog', "\\n", 'NA # null 5" é']
    else:
        assert "".join({"\\n": "\n", "\\t": "\t"}.get(token, token) for token in tokens) == LINES
    assert {row[4] is None for row in rows} == {not more}
    assert {row[5] is None for row in rows} == {not (more and unit == "char")}
    ids = [(int(row[0]), int(row[1])) for row in rows]
    assert ids == sorted(set(ids))
    assert ids[0] == (1, 1)
    scores = run("score", "-m", model_folder, "--base", "2", stdin=LINES.encode())[1].splitlines()
    for number, score in enumerate(scores, 1):
        surprisal = sum(float(row[3]) for row in rows if row[0] == str(number))
        assert surprisal == pytest.approx(-float(score.split("\t")[0]), abs=1e-4)


def test_the_header_names_another_base(run, model_folder):
    table = ["score", "-m", model_folder, "--format", "table", "--unit", "line", "--text", "the cat"]
    bits, nats = (as_pandas(run(*table, *more)[1]) for more in ([], ["--base", "e"]))
    assert nats[0][3:5] == ["surprisal_base_e", "entropy_base_e"]
    assert float(nats[1][3]) == pytest.approx(float(bits[1][3]) * 0.6931472, rel=1e-5)
    assert run("score", "-m", model_folder, "--format", "table", "--unit", "word", stdin=b"")[1] == "\t".join(HEAD) + "\n"


@pytest.mark.parametrize("more", [[], ["--chars"], ["--adapt", "0.1"], ["--rank", "--spans", "--chars"]])
def test_columns_are_named_and_read_back(run, model_folder, more):
    out = run("score", "-m", model_folder, "--header", *more, stdin=LINES.encode())[1]
    head, *rows = as_pandas(out)
    assert as_r(out) == [head, *rows]
    assert {len(row) for row in rows} == {len(head)}
    assert "logprob_base_10" in head
    texts = {row[head.index("text")] for row in rows}
    assert texts == {line.replace("\t", " ") or None for line in LINES.split("\n")[:-1]}
    for name in more:
        if name.startswith("--") and name != "--rank":
            assert name.removeprefix("--").replace("adapt", "dynamic_evaluation").replace("spans", "span") in head


def test_what_a_table_cannot_show_is_refused(run, model_folder):
    for wrong in (["--unit", "word"], ["--format", "table"], ["--format", "table", "--unit", "word", "--rank"],
                  ["--format", "table", "--unit", "word", "--adapt", "1"], ["--format", "jsonl", "--header"],
                  ["--summary", "--header"], ["--format", "table", "--unit", "word", "--summary"]):  # fmt: skip
        assert run("score", *wrong, "file")[0] == 2, wrong
    assert_one_clear_line(run("score", "-m", model_folder, "--format", "table", "--unit", "word", "nofile"), "no such file")


def test_a_context_that_is_not_known_is_named(run, model_folder):
    code, _, error = run("score", "-m", model_folder, "--context", "é the ü", "--text", "cat")
    assert (code, error.count("\n")) == (0, 1)
    assert "'é' 'ü'" in error


def test_surprises_everywhere_are_told_and_not_listed(run, model_folder, both_folder):
    strange = "xzé" * 9
    for folder, *asked in ((model_folder, "--spans"), (both_folder, "--pseudo", "--typos")):
        _, out, error = run("score", "-m", folder, *asked, "--text", strange, "--text", "the cat sees a dog.")
        first, second = out.splitlines()
        assert first.endswith(f"of {len(strange) + ('--spans' in asked)} characters")
        assert "characters" not in second
        assert "unknown characters: " in error
        assert "in 1 of 2 lines most of the characters are surprises" in error


def test_a_primer_without_its_unknown_characters_says_so(run, model_folder):
    code, out, error = run(
        "sample", "-m", model_folder, "--prime", "thé", "--unknown", "skip", "--length", "3", "--seed", "1"
    )
    assert (code, len(out)) == (0, 6)
    assert error == "primer: left out, for the model does not know them: 'é'\n"
