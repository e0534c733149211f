"""The catalogue of ready-made corpora, and fetching one: resumed where it was cut off, verified, whole or not."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from charrnn.errors import CharrnnError
from charrnn.files import check_output, move_into_place, replacing, writing

BLOCK = 1 << 16
TIMEOUT_SECONDS = 30

Progress = Callable[[int], None]  # told the bytes that are there, from now and from before


@dataclass(frozen=True)
class Result:
    """A published figure on the held-out part of a corpus, the unit it is in, the model, and who says so."""

    figure: float
    unit: str
    model: str
    source: str


@dataclass(frozen=True)
class Entry:
    """One corpus of the catalogue.

    A generated one is made here and has no address. Otherwise `bytes` and `sha256` are of the download, and where that
    is a zip archive, `member` names the text in it.
    """

    name: str
    title: str
    licence: str
    results: tuple[Result, ...] = ()
    generated: bool = False
    address: str = ""
    member: str = ""
    sha256: str = ""
    bytes: int = 0


def _data() -> Traversable:
    """The folder of data files: inside the installed package, or at the top of a clone."""
    installed = resources.files("charrnn.corpora") / "data"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "corpora"


@cache
def read_catalogue() -> dict[str, Entry]:
    """Every entry by its name, in the order of the catalogue."""
    fields = json.loads((_data() / "catalogue.json").read_text("utf-8"))["corpora"]
    entries = [Entry(**{**f, "results": tuple(Result(**result) for result in f["results"])}) for f in fields]
    return {entry.name: entry for entry in entries}


def find(name: str) -> Entry:
    """The entry of that name. Raises CharrnnError that lists the names where there is none."""
    catalogue = read_catalogue()
    if name not in catalogue:
        raise CharrnnError(f"{name}: no such corpus; there are {', '.join(catalogue)}")
    return catalogue[name]


def fetch(entry: Entry, target: Path, *, overwrite: bool = False, progress: Progress = lambda done: None) -> None:
    """Download an entry's text to `target`.

    What has arrived waits in a .part file beside the target, from which a later call goes on. The target appears when
    size and SHA-256 are right and, of an archive, the member is unpacked. Raises CharrnnError where the target exists
    or cannot be written, where the server does not answer or is cut off, and where the file is not the one that the
    catalogue knows; of that one nothing is kept.
    """
    assert not entry.generated
    check_output(target, overwrite)
    # the checksum in its name keeps two corpora for one target apart
    part = target.with_name(f"{target.name}.{entry.sha256[:8]}.part")
    _download(entry, part, progress)
    _verify(entry, part)
    if not entry.member:
        move_into_place(part, target)
        return
    with zipfile.ZipFile(part) as archive, archive.open(entry.member) as packed, replacing(target) as file:
        shutil.copyfileobj(packed, file, BLOCK)
    part.unlink()


def _download(entry: Entry, part: Path, progress: Progress) -> None:
    """Fill the .part file up to the entry's size, going on from what it holds."""
    have = part.stat().st_size if part.exists() else 0
    if have == entry.bytes:
        progress(have)
        return
    if have > entry.bytes:
        have = 0
    headers = {"User-Agent": "charrnn"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        with urlopen(Request(entry.address, headers=headers), timeout=TIMEOUT_SECONDS) as answer:
            _receive(entry, part, answer, have, progress)
    except HTTPError as error:
        error.close()
        if error.code == 416:  # the server's file ends before ours
            part.unlink()
            raise _changed(entry, "the file there is shorter") from None
        raise CharrnnError(f"{entry.address}: the server answers {error.code} {error.reason}; try again later") from None
    except (URLError, OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise CharrnnError(
            f"{entry.address}: cannot be reached ({reason}); check the network and run the command again"
        ) from None


def _receive(entry: Entry, part: Path, answer: HTTPResponse, have: int, progress: Progress) -> None:
    """Write the body of an answer behind the `have` bytes of the .part file, or over them where it is the whole."""
    if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        have = 0
    if answer.length is not None and have + answer.length != entry.bytes:
        raise _changed(entry, f"the server offers {have + answer.length:,} bytes, not {entry.bytes:,}")
    with writing(part):
        file = part.open("ab" if have else "wb")
    with file:
        progress(have)
        while block := _read(entry, answer, have):
            have += len(block)
            with writing(part):
                file.write(block)
                file.flush()
            progress(have)
            if have > entry.bytes:
                part.unlink()
                raise _changed(entry, f"the server sends more than {entry.bytes:,} bytes")
    if have < entry.bytes:
        raise _cut_off(entry, have)


def _read(entry: Entry, answer: HTTPResponse, have: int) -> bytes:
    try:
        return answer.read(BLOCK)
    except (OSError, HTTPException):
        raise _cut_off(entry, have) from None


def _verify(entry: Entry, part: Path) -> None:
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != entry.sha256:
        part.unlink()
        raise _changed(entry, f"its SHA-256 is {found}, not {entry.sha256}")


def _cut_off(entry: Entry, have: int) -> CharrnnError:
    return CharrnnError(
        f"{entry.address}: cut off after {have:,} of {entry.bytes:,} bytes; run the command again to go on from there"
    )


def _changed(entry: Entry, how: str) -> CharrnnError:
    return CharrnnError(f"{entry.address}: not the file in the catalogue ({how}); try again later")
