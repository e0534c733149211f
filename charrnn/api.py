"""The Python API: what the command line calls, and what `import charrnn` offers."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charrnn.errors import CharrnnError
from charrnn.machine import prepared

if TYPE_CHECKING:
    import numpy as np

    from charrnn.models.language_model import LanguageModel
    from charrnn.models.mixture import Mixture
    from charrnn.scoring.score import SentenceScore
    from charrnn.training.start import Session

DEFAULT_MODEL = "charrnn-model"
UNKNOWN_WAYS = ("error", "skip", "symbol")


@prepared(all_processors=True)
def train(
    corpus: str | Path | Sequence[str | Path],
    model: str | Path = DEFAULT_MODEL,
    *,
    overwrite: bool = False,
    init_from: str | Path | None = None,
    on_progress: Callable[[Any], None] = lambda progress: None,
    **options: Any,
) -> "LanguageModel":
    """Train a network on text files into the folder `model` and return it with its best weights.

    options: the fields of training.options.TrainOptions, which are those of `charrnn train`. on_progress gets a
    training.trainer.Progress after each step. Raises CharrnnError for all that a user can mend.
    """
    from charrnn.training.options import TrainOptions
    from charrnn.training.start import start

    before = Path(init_from) if init_from else None
    session = start(_names(corpus), Path(model), TrainOptions(**options), overwrite=overwrite, init_from=before)
    return _trained(session, model, on_progress)


@prepared(all_processors=True)
def resume(
    model: str | Path = DEFAULT_MODEL,
    corpus: str | Path | Sequence[str | Path] = (),
    *,
    valid: str | Path | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    on_progress: Callable[[Any], None] = lambda progress: None,
) -> "LanguageModel":
    """Continue the run in the folder `model` as if it had not stopped, and return the model with its best weights.

    A finished run needs a larger budget. corpus and valid: where the texts are now, if they have moved. Raises
    CharrnnError for all that a user can mend.
    """
    from charrnn.training.options import TrainOptions
    from charrnn.training.start import resume as resume_run

    options = TrainOptions(valid=None if valid is None else str(valid), epochs=epochs, steps=steps, minutes=minutes)
    return _trained(resume_run(Path(model), _names(corpus), options), model, on_progress)


@prepared()
def load(model: str | Path = DEFAULT_MODEL, *, compiled: bool = False) -> "LanguageModel":
    """The model in a folder. compiled: whether a network runs on JAX (faster for long work) or numpy (ready at once)."""
    from charrnn.models.folder import load_model

    return load_model(Path(model), compiled=compiled)


@prepared()
def mix(
    models: "Sequence[LanguageModel]",
    *,
    weights: Sequence[float] = (),
    way: str = "log-linear",
    fit_on: str | Path | Sequence[str | Path] = (),
    encoding: str = "utf-8",
) -> "Mixture":
    """Several models as one (see models.mixture): with weights given, all alike, or fitted on the text files `fit_on`.

    way: "linear" or "log-linear". Raises CharrnnError for weights that cannot be and vocabularies that do not meet.
    """
    from charrnn.models.mixture import Mixture, common_vocabulary

    if not fit_on:
        return Mixture(models, weights, way)
    from charrnn.scoring.fit_mixture import fit
    from charrnn.scoring.score import text_sequences
    from charrnn.text.corpus import read_units

    vocabulary = common_vocabulary(models)
    units = read_units(_names(fit_on), level=vocabulary.level, encoding=encoding)
    sequences = text_sequences(vocabulary, units, lines=all(map(reads_lines, models)))
    return fit(models, sequences, way)


@prepared()
def sample(
    model: "LanguageModel",
    *,
    prime: str = "",
    length: int = 500,
    count: int | None = None,
    stop: str | Sequence[str] = (),
    seed: int = 0,
    unknown: str = "error",
    **steering: Any,
) -> Any:
    """Text written by the model after `prime`: one string, or with `count` a list of them.

    steering: temperature, top_k, pattern, must, ... (see inference.steering.drawing_for). Of stop, must and ban_text, one
    string is one text. Raises CharrnnError for numbers out of range, an empty stop, conditions that no text meets and,
    where `unknown` is "error", characters of the primer that the model does not know.
    """
    import numpy as np

    from charrnn.writing.sample import write
    from charrnn.writing.steering import as_texts, drawing_for

    rows = 1 if count is None else count
    texts: list[list[np.ndarray]] = [[] for _ in range(rows)]
    ids = encode_prime(model, prime, unknown)
    stops = as_texts("--stop", stop)
    drawing = drawing_for(model, length, stop=stops, lines=reads_lines(model), **steering)
    pieces = write(
        model, prime=ids, length=length, count=rows, drawing=drawing, stops=stops,
        end_at_boundary=reads_lines(model), seed=seed,
    )  # fmt: skip
    for row, piece in pieces:
        texts[row].append(piece)
    written = [prime + model.vocabulary.decode(np.concatenate(parts)) for parts in texts]
    return written[0] if count is None else written


@prepared()
def score(model: "LanguageModel", sentences: str | Iterable[str]) -> "list[SentenceScore]":
    """The score of each sentence: `.tally` has nats, bits_per_character and perplexity, `.log_probs` each character.

    One string is one sentence; there is then one score in the list.
    """
    from charrnn.scoring.score import score_sentences

    return score_sentences(model, [sentences] if isinstance(sentences, str) else list(sentences))


def _names(paths: str | Path | Iterable[str | Path]) -> list[str]:
    return [str(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


def _trained(session: "Session", model: str | Path, on_progress: Callable[[Any], None]) -> "LanguageModel":
    for progress in session.train():
        on_progress(progress)
    return load(model)


def reads_lines(model: "LanguageModel") -> bool:
    """Whether the model was trained on lines, each a text of its own."""
    return getattr(model, "summary", {}).get("reading") == "lines"


def encode_prime(model: "LanguageModel", prime: str, unknown: str = "error") -> "np.ndarray":
    """The ids of a primer. Its unknown characters are an error that names them, left out ("skip") or kept as the unknown
    symbol ("symbol")."""
    if unknown not in UNKNOWN_WAYS:
        raise CharrnnError(f"--unknown {unknown}: choose one of {', '.join(UNKNOWN_WAYS)}")
    missing = model.vocabulary.unknown_in(prime)
    if missing and unknown == "error":
        named = " ".join(map(repr, missing[:10])) + (" …" if len(missing) > 10 else "")
        raise CharrnnError(f"the primer has characters that the model does not know: {named}; try --unknown skip")
    ids = model.vocabulary.encode(prime)
    return ids[ids != 0] if unknown == "skip" else ids
