"""`charrnn sample` as a user meets it."""

from tests.conftest import assert_one_clear_line


def test_sample_prints_primer_and_text(run, tmp_path, model_folder):
    code, out, error = run("sample", "-m", model_folder, "--prime", "the ", "--length", "30", "--seed", "1")
    assert (code, error) == (0, "")
    assert out.startswith("the ")
    assert len(out) == 4 + 30 + 1
    (tmp_path / "primer").write_text("the \n")
    again = run("sample", "-m", model_folder, "--prime-file", tmp_path / "primer", "--length", "30", "--seed", "1")
    assert again[1] == out
    bare = run("sample", "-m", model_folder, "--primetext", "the ", "--length", "30", "--seed", "1", "--no-echo")
    assert bare[1] == out[4:]


def test_twenty_lines_of_a_model_of_lines(run, lines_folder):
    code, out, _ = run("sample", "-m", lines_folder, "--count", "20", "--length", "400")
    assert code == 0
    assert len(out.splitlines()) == 20


def test_stop_by_name(run, model_folder):
    code, out, _ = run("sample", "-m", model_folder, "--stop", "newline", "--length", "2000", "--prime", "the")
    assert (code, out.count("\n")) == (0, 1)


def test_a_primer_with_unknown_characters(run, model_folder):
    assert_one_clear_line(run("sample", "-m", model_folder, "--prime", "日本"), "'日' '本'", "--unknown skip")
    how = ["sample", "-m", model_folder, "--length", "3", "--seed", "1"]
    assert run(*how, "--prime", "日the本", "--unknown", "skip")[1] == run(*how, "--prime", "the")[1]


def test_escapes_are_read_in_all_texts_and_the_words_for_them_in_stop_alone(run, model_folder):
    how = ["sample", "-m", model_folder, "--no-echo", "--length", 60, "--seed", 1]
    assert "d\nt" in run(*how, "--must", "d\\nt")[1]
    assert run(*how, "--ban-text", "\\n", "--count", 20)[1].count("\n") == 20  # one after each text
    assert run(*how, "--template", "a {3}\\n")[1].endswith("\n\n")
    assert_one_clear_line(run(*how, "--template", "newline"), "--template", "'w'")
    assert_one_clear_line(run(*how, "--must", "tab"), "--must", "'b'")
    assert run(*how, "--stop", "\\n", "--count", 20) == run(*how, "--stop", "newline", "--count", 20)


def test_a_primer_and_a_corpus_from_a_pipe_are_read_once(run, model_folder, corpus_file, tmp_path):
    (tmp_path / "primer").write_text("the cat")
    named = run("sample", "-m", model_folder, "--prime-file", tmp_path / "primer", "--length", 30, "--seed", 1)[1]
    piped = run("sample", "-m", model_folder, "--prime-file", "-", "--length", 30, "--seed", 1, stdin=b"the cat")[1]
    assert piped == named
    options = ["--novel", 5, "--report", "--length", 30, "--seed", 1]
    piped = run("sample", "-m", model_folder, *options, "--corpus", "-", stdin=corpus_file.read_bytes())
    assert piped == run("sample", "-m", model_folder, *options, "--corpus", corpus_file)
    assert piped[0] == 0
