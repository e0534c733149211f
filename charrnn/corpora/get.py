"""Getting a ready-made corpus, fetched or made here, into a file."""

from pathlib import Path

from charrnn.corpora.catalogue import Progress, fetch, find
from charrnn.corpora.options import CorpusOptions
from charrnn.errors import CharrnnError
from charrnn.files import check_output, write_bytes


def get_corpus(name: str, options: CorpusOptions, progress: Progress = lambda done: None) -> Path:
    """The file that the corpus was put into. progress is told the bytes of a download.

    Raises CharrnnError where there is no such corpus, the file exists or cannot be written, or the download fails.
    """
    entry = find(name)
    options.check_for(name, entry.generated)
    if options.output == "-":
        raise CharrnnError("--output -: a file is needed here; name one")
    options = options.filled(output=f"{name}.txt")
    target = Path(str(options.output))
    check_output(target, options.overwrite)
    if entry.generated:
        from charrnn.corpora.generated import generate  # brings numpy

        write_bytes(target, generate(name, options.count, int(options.seed or 0), options.without).encode())
    else:
        fetch(entry, target, overwrite=options.overwrite, progress=progress)
    return target
