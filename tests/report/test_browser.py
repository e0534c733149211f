"""Pages in a real browser: what a person sees, points at and prints."""

import json
import re
from contextlib import contextmanager

import pytest

import charrnn
from tests.browser import CHROMIUM, Browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

TEXT = "the cat sees a dog.\n<script>document.title = 'gone'</script> & old trees\nthe red house\n" * 3


@contextmanager
def shown(path, **how):
    """The page in a browser, which must not complain or ask for anything."""
    with Browser(**how) as browser:
        browser.open(path)
        yield browser
        assert browser.errors == []
        assert browser.requests == [path.as_uri()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "text.txt").write_text(TEXT)
    return folder


@pytest.fixture(scope="module")
def network(tmp_path_factory, folder):
    (folder / "corpus.txt").write_text("the cat sees a dog. an old tree & <red> house / 'd'.\n" * 60)
    options = {
        "steps": 40,
        "hidden": 24,
        "attention": "dot",
        "attention_window": 4,
        "evaluate_every": 20,
        "sample_every": 20,
    }
    charrnn.train(folder / "corpus.txt", folder / "net", keep_text=True, **options)
    return folder / "net"


@pytest.fixture
def surprise(run, folder, network):
    """The page of surprise, and its JSON."""
    page, data = folder / "surprise.html", folder / "surprise.json"
    code, out, error = run("score", "-m", network, "--html", page, "--json", data, folder / "text.txt")
    assert code == 0, error
    assert "bits per character" in out
    return page, json.loads(data.read_text())


def rows_of(browser):
    return browser.run("[...document.querySelectorAll('.point .likeliest tr')].map((row) => row.children[0].textContent)")


def test_pointer_and_keys_show_the_likeliest_that_score_gives(surprise):
    page, data = surprise
    (model,) = data["models"]
    signs = {"\n": "⏎", " ": "␣"}

    def expected(k):
        return [signs.get(model["symbols"][one], model["symbols"][one]) for one in model["likeliest"][k]]

    with shown(page) as browser:
        browser.move(".unit[data-k='6']")
        assert rows_of(browser) == expected(6)
        assert f"{model['surprise'][6]:.2f} bits" in browser.run("document.querySelector('.point').textContent")
        browser.run("document.querySelector('.text').focus()")
        for key, place in (
            ("ArrowRight", 7),
            ("ArrowDown", 27),
            ("Home", 20),
            ("End", 72),
            ("ArrowLeft", 71),
            ("ArrowUp", 19),
        ):
            browser.press(key)
            assert browser.run("document.querySelector('.here').dataset.k") == str(place)
            assert rows_of(browser) == expected(place)


def test_what_looks_like_a_script_is_text_and_can_be_selected(surprise):
    page, _ = surprise
    with shown(page) as browser:
        assert browser.run("document.title").endswith("net")
        assert browser.run("document.querySelector('.text').textContent.includes(\"<script>document.title\")")
        assert (
            browser.run("getSelection().selectAllChildren(document.querySelector('.block')), getSelection().toString()")
            == TEXT.rstrip()
        )


def test_colours_can_be_chosen_and_their_classes_are_named_on_paper_too(surprise):
    page, data = surprise
    with shown(page) as browser:
        classes = "unit.className.match(/[sd]\\d/)?.[0] ?? ''"
        by_surprise = browser.units(classes)
        browser.choose(2)
        ranks = data["models"][0]["rank"]
        assert browser.units(classes) == [
            {1: "s0"}.get(rank, "s2" if rank < 4 else "s4" if rank < 11 else "s6") for rank in ranks
        ]
        assert browser.units(classes) != by_surprise
        browser.call("Emulation.setEmulatedMedia", media="print")
        style = "getComputedStyle(document.querySelector('.unit.s4, .unit.s6'))"
        assert browser.run(f"{style}.printColorAdjust") == "exact"
        assert browser.run("document.querySelector('.legend').getBoundingClientRect().height") > 0
        assert browser.run("document.querySelector('.legend').innerText").endswith("rank of what stands there")
        assert browser.printed().startswith(b"%PDF")


@pytest.mark.parametrize("dark", [False, True])
def test_no_page_is_wider_than_a_telephone(run, folder, network, surprise, dark):
    pages = [surprise[0]]
    for name, command in {
        "neurons": ["inspect", "-m", network, "--neurons", folder / "text.txt"],
        "gradients": ["inspect", "-m", network, "--gradients", folder / "text.txt", "--back", "20"],
        "attention": ["inspect", "-m", network, "--attention", folder / "text.txt"],
        "info": ["info", network, network],
        "written": ["sample", "-m", network, "--length", "60", "--count", "2", "--report"],
    }.items():
        pages.append(folder / f"{name}.html")
        code, _, error = run(*command, "--html", pages[-1])
        assert code == 0, error
    for page in pages:
        with shown(page, width=400, height=800, dark=dark) as browser:
            if browser.run("document.querySelectorAll('.unit').length"):
                browser.move(".unit[data-k='3']")
            assert browser.run("document.documentElement.scrollWidth") <= 400, page
            assert len(browser.run("document.body.innerText")) > 100, page
            background = browser.run("getComputedStyle(document.body).backgroundColor")
            assert background == ("rgb(20, 23, 27)" if dark else "rgb(255, 255, 255)")


def test_a_unit_can_be_picked_and_a_span_marked(run, folder, network):
    page = folder / "neurons.html"
    run("inspect", "-m", network, "--neurons", folder / "text.txt", "--html", page)
    with shown(page) as browser:
        classes = "unit.className"
        before = browser.units(classes)
        browser.choose(3)
        assert browser.units(classes) != before
        browser.run("document.querySelector('.text').focus()")
        browser.press("ArrowRight")
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight", code="ArrowRight", modifiers=8)
        assert "units are on throughout" in browser.run("document.body.innerText")
        ends = "[5, 8].flatMap((k) => [document.querySelector(`[data-k='${k}']`).firstChild, 1])"
        browser.run(f"getSelection().setBaseAndExtent(...{ends})")
        browser.run("new Promise((done) => setTimeout(done, 400))")
        marked = browser.run("[...document.querySelectorAll('.symbol.passage')].map((one) => one.textContent)")
        assert marked == [TEXT[6:9]]


def test_what_a_prediction_rests_on_is_coloured_where_it_is_pointed_at(run, folder, network):
    page, data = folder / "attention.html", folder / "attention.json"
    run("inspect", "-m", network, "--attention", folder / "text.txt", "--html", page, "--json", data)
    weights = json.loads(data.read_text())["weights"][8]
    with shown(page) as browser:
        browser.move(".unit[data-k='8']")
        classes = enumerate(browser.units("unit.className"))
        coloured = {k for k, name in classes if re.search("s[1-6]", name)}
        sure, perhaps = ({8 - k for k, weight in enumerate(weights) if weight >= least} for least in (0.012, 0.008))
        assert sure
        assert sure <= coloured <= perhaps  # the weights are rounded in the page


def test_a_text_of_a_megabyte_opens_at_once_and_little_of_it_is_drawn(run, folder, tmp_path):
    (tmp_path / "long.txt").write_text(TEXT * 4200)
    charrnn.ngram(folder / "corpus.txt", tmp_path / "counts", order="3")
    code, _, error = run(
        "score", "-m", tmp_path / "counts", "--stream", "--html", tmp_path / "p.html", tmp_path / "long.txt"
    )
    assert code == 0, error
    with shown(tmp_path / "p.html") as browser:
        assert browser.run("document.querySelectorAll('.unit').length") < 30_000
        browser.run("scrollTo(0, document.documentElement.scrollHeight / 2)")
        browser.run("new Promise((done) => setTimeout(done, 300))")
        middle = browser.run("Number(document.elementFromPoint(20, 300).closest('.block').firstChild.dataset.k)")
        assert 300_000 < middle < 700_000
        assert browser.run("document.querySelectorAll('.unit').length") < 30_000
