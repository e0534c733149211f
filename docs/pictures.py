"""Makes the pictures of docs/seeing.md in docs/pictures/, with Chromium: `make pictures`, about ten minutes.

Usage: pictures.py FOLDER CORPUS [OTHER...]. The models and pages go to FOLDER; models that are there are not made again.
All pictures are of a model of CORPUS; of each of the others there are those of surprise and of units, by their names.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.browser import Browser

HERE = Path(__file__).parent.absolute()
CHARRNN = Path(sys.executable).absolute().parent / "charrnn"
CELLS = ("elman", "gru", "lstm")


def charrnn(*arguments: object) -> None:
    subprocess.run([CHARRNN.absolute(), *map(str, arguments)], check=True)


def models(corpus: Path, others: list[Path]) -> None:
    """The models that are not there yet; what they have not learnt from goes to scene.txt, and to a scene of each other."""
    wanted = {"play": ["train", corpus, "--minutes", 1, "--keep-text"], "counts": ["ngram", corpus]}
    for one in [corpus, *others]:
        text = one.read_text()
        Path("scene.txt" if one == corpus else f"{one.stem}-scene.txt").write_text(text[-(len(text) // 10) :][:12_000])
    wanted |= {one.stem: ["train", one, "--minutes", 2] for one in others}
    wanted["additive"] = ["train", corpus, "--attention", "additive", "--hidden", 128, "--steps", 800, "--seed", 1]
    for cell in CELLS:
        wanted[cell] = ["train", corpus, "--cell", cell, "--output", "plain", "--hidden", 128, "--steps", 1000, "--seed", 1]
    for name, command in wanted.items():
        if not Path(name, "model.safetensors").exists():
            charrnn(*command, "-m", name)
    if not Path("pairs", "model.safetensors").exists():
        example = HERE.parent / "examples" / "text_to_text.py"
        task = ["--task", "reverse", "--attention", "additive", "--model", "pairs"]
        subprocess.run([sys.executable, example, *task], check=True)
    if not Path("dates", "model.safetensors").exists():
        charrnn("corpus", "get", "dates", "-o", "dates.tsv", "--overwrite")
        charrnn("train", "dates.tsv", "--task", "rewrite", "--minutes", 0.9, "-m", "dates")
    Path("asked.tsv").write_text("March 28, 1995\n3/28/1995\n12 July 1999\n")
    Path("words.txt").write_text("".join(Path("pairs", "pairs.txt").read_text().splitlines(keepends=True)[:40]))


def pages(others: list[Path]) -> None:
    for name in (one.stem for one in others):
        charrnn("score", "-m", name, "--stream", f"{name}-scene.txt", "--html", f"surprise-{name}.html")
        charrnn("inspect", "-m", name, "--neurons", f"{name}-scene.txt", "--html", f"neurons-{name}.html")
    scene, play = "scene.txt", ["-m", "play"]
    charrnn("score", *play, "--stream", scene, "--html", "surprise.html")
    charrnn("score", *play, "--against", "counts", "--stream", scene, "--html", "difference.html")
    charrnn("sample", *play, "--count", 3, "--length", 300, "--seed", 3, "--report", "--html", "written.html")
    charrnn("inspect", *play, "--neurons", scene, "--html", "neurons.html")
    three = [part for cell in CELLS for part in ("-m", cell)]
    charrnn("inspect", *three, "--gradients", scene, "--html", "gradients.html")
    charrnn("inspect", "-m", "additive", "--attention", scene, "--html", "attention.html")
    charrnn("inspect", "-m", "pairs", "--attention", "words.txt", "--html", "pairs.html")
    charrnn("inspect", "-m", "dates", "--attention", "asked.tsv", "--html", "dates.html")
    charrnn("info", *CELLS, "--html", "models.html")


def pictures(others: list[Path]) -> None:
    """Each page as it is seen, a character pointed at."""
    (HERE / "pictures").mkdir(exist_ok=True)
    seen: list[tuple[str, int | None, bool]] = [
        ("surprise", 150, False), ("difference", 150, False), ("written", 40, True), ("neurons", 150, False),
        ("gradients", 70, False), ("attention", 150, True), ("pairs", 60, False), ("models", None, False),
        ("dates", 18, False),
    ]  # fmt: skip
    seen += [(f"{page}-{one.stem}", 120, False) for one in others for page in ("surprise", "neurons")]
    for name, place, dark in seen:
        with Browser(1200, 780, dark=dark) as browser:
            browser.open(Path(f"{name}.html"))
            if name == "gradients":
                browser.resize(1200, 980)
            if place is not None:
                browser.move(f".unit[data-k='{place}']")
            if name == "written":
                browser.choose(3)
            browser.picture(HERE / "pictures" / f"{name}.png")
            assert not browser.errors, browser.errors


if __name__ == "__main__":
    folder, corpus, *others = (Path(name).absolute() for name in sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)  # so that the models have short names
    models(corpus, others)
    pages(others)
    pictures(others)
