"""What a rewriter looks at: the weights of the source's characters, as the page of attention has them."""

import numpy as np

from charrnn.inspection.attention import attention_of_pairs
from charrnn.models.folder import save_model
from charrnn.text.examples import Pair
from tests.models.test_rewriter import model


def test_each_character_of_a_target_and_its_end_looks_at_its_source():
    one, pairs = model(), [Pair("abc", "ca"), Pair("b", "")]
    text, shares_TK = attention_of_pairs(one, pairs)
    assert text == "abc\tca\nb\t\n"
    first, second = shares_TK[:7], shares_TK[7:]
    for t, shares_S in enumerate(one.shares("abc", "ca")):
        place = 3 + t  # after the tab and each character of the target
        np.testing.assert_array_equal(first[place, place - np.arange(3)], shares_S)
        assert np.isnan(first[place]).sum() == shares_TK.shape[1] - 3
        np.testing.assert_allclose(np.nansum(first[place]), 1, rtol=1e-5)
    assert np.isnan(first[[0, 1, 2, 6]]).all()
    assert np.flatnonzero(~np.isnan(second).all(1)).tolist() == [1]


def test_the_page_shows_pairs_or_the_models_own_answers(run, tmp_path):
    save_model(model(), tmp_path / "m")
    (tmp_path / "pairs").write_text("abc\tca\n\nba\n")
    arguments = ("inspect", "-m", tmp_path / "m", "--attention", tmp_path / "pairs")
    code, out, _ = run(*arguments, "--html", tmp_path / "page.html")
    assert (code, out.splitlines()[0].split()) == (0, ["characters", "before", "mean", "weight"])
    assert "abc\\tca\\nba\\t" in (tmp_path / "page.html").read_text()
    (tmp_path / "pairs").write_text("\n")
    code, _, error = run(*arguments)
    assert (code, "holds no sources" in error) == (1, True)
