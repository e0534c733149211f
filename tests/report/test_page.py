"""Pages as files: what is in them, and what they may not do."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from charrnn.errors import CharrnnError
from charrnn.report.page.info import options_that_differ, read_log
from charrnn.report.page.page import View, check_places, page, to_json, write_view

NODE = shutil.which("node")
VIEW = View(
    "surprise",
    "<b>title</b> {data}",
    {
        "text": "</script><script>alert(1)</script>",
        "values": np.array([0.0, 1.5, np.nan, 3.0]),
        "small": np.array([[1, 255]]),
    },
)


def unpacked(packed):
    """The numbers of a packed array, as the page's script takes them."""
    kind = np.dtype(f"<{packed['type']}")
    raw = np.frombuffer(base64.b64decode(packed["base64"]), kind).reshape(packed["shape"])
    values = packed["low"] + packed["step"] * raw.astype(float)
    return np.where(packed["none"] & (raw == np.iinfo(kind).max), np.nan, values)


def data_of(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_the_text_cannot_leave_its_element_nor_the_title_its_own():
    text = page(VIEW)
    assert text.count("<script") == 2
    assert "<title>&lt;b&gt;title&lt;/b&gt; {data}</title>" in text
    assert data_of(text)["text"] == VIEW.data["text"]


def test_the_policy_allows_this_script_and_style_alone_and_no_request():
    text = page(VIEW)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'")
    for tag, name in (("script>", "script"), ("style>", "style")):
        held = re.search(rf"<{tag}(.*?)</{tag}", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(held.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "http" not in re.sub(r'id="data">.*?</script>', "", text, flags=re.DOTALL).replace(
        "http://www.w3.org/2000/svg", ""
    ).replace("http-equiv", "")


def test_arrays_are_packed_small_and_come_back():
    data = data_of(page(VIEW))
    np.testing.assert_allclose(unpacked(data["values"]), VIEW.data["values"], atol=1e-4)
    assert data["small"]["type"] == "u1"
    assert unpacked(data["small"]).tolist() == [[1, 255]]
    for array in (
        np.zeros(0),
        np.full(3, np.nan),
        np.full(2, 7.0),
        np.array([70_000, 0]),
        np.linspace(-1, 1, 9).astype(np.float16),
    ):
        packed = data_of(page(View("info", "t", {"a": array})))["a"]
        np.testing.assert_allclose(unpacked(packed), array.astype(float), atol=0.005)


def test_json_holds_plain_numbers_and_null_for_none():
    data = json.loads(to_json(VIEW))
    assert data["charrnn"] == "surprise"
    assert data["values"] == [0.0, 1.5, None, 3.0]
    assert data["small"] == [[1, 255]]
    assert json.loads(to_json(View("info", "t", {"tiny": 1.23456789e-9})))["tiny"] == 1.2346e-09


def test_only_pages_and_json_made_here_are_replaced(tmp_path):
    mine, other = tmp_path / "mine.html", tmp_path / "other.html"
    write_view(VIEW, str(mine), str(tmp_path / "mine.json"))
    check_places(str(mine), str(tmp_path / "mine.json"))
    check_places(str(tmp_path / "new.html"), None)
    other.write_text("<html>")
    for html, json_file, what in ((other, None, "is no page"), (None, other, "is no JSON"), (tmp_path, None, "is a folder")):
        with pytest.raises(CharrnnError, match=what):
            check_places(html and str(html), json_file and str(json_file))


def test_options_that_differ_are_those_and_no_others():
    summaries = [{"options": {"cell": "gru", "clip": 1.0, "batch_size": 8}}, {"options": {"cell": "lstm", "clip": 1.0}}, {}]
    assert options_that_differ(summaries[:2]) == [
        {"name": "--cell", "values": ["gru", "lstm"]},
        {"name": "--batch-size", "values": ["8", "–"]},
    ]
    assert options_that_differ(summaries[:1]) == []


@pytest.mark.parametrize(("unit", "figure"), [("characters", "character"), ("labels", "label"), ("words", "word")])
def test_a_log_is_read_whatever_its_task_calls_its_figure(tmp_path, unit, figure):
    line = {"step": 1, unit: 9, f"training_nats_per_{figure}": 2.0, f"held_out_nats_per_{figure}": 1.5, "clipped": 0.5}
    (tmp_path / "log.jsonl").write_text(json.dumps(line) + "\n")
    wanted = {"step": 1, "predictions": 9, "training": 2.0, "held_out": 1.5, "clipped": 0.5, "seen": unit}
    assert read_log(tmp_path) == [wanted]


CHECKS = sorted((Path(__file__).parent / "scripts").glob("*.js"))  # each of the page's script of its name


@pytest.mark.skipif(NODE is None, reason="needs node, which runs the pages' scripts without a browser")
@pytest.mark.parametrize("check", CHECKS, ids=lambda path: path.stem)
def test_the_arithmetic_of_the_scripts(check):
    here = files("charrnn.report.page")
    names = dict.fromkeys(["page.js", "chart.js", check.name])
    scripts = "\n".join((here / name).read_text("utf-8") for name in names)
    same = """const same = (found, wanted) => {
        const [one, other] = [found, wanted].map((value) => JSON.stringify(value));
        if (one !== other) throw new Error(`${one} is not ${other}`);
    };"""
    done = subprocess.run(
        [NODE, "-e", f"{scripts}\n{same}\n{check.read_text()}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
