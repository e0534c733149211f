"""The Python API: every command as a function, with the options of the command by the same names.

Nothing is imported before it is used, so that `charrnn --help` answers at once.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charrnn.corpora.options import CorpusOptions
from charrnn.errors import CharrnnError
from charrnn.inspection.options import EmbedOptions, InspectOptions
from charrnn.machine import prepared
from charrnn.machine.group import first, joined
from charrnn.models.options import MixOptions, MixtureOptions
from charrnn.options import speaking_python, takes
from charrnn.scoring.options import CompareOptions, PredictOptions, RescoreOptions, ScoreOptions
from charrnn.training.options import BenchOptions, NgramOptions, TrainOptions
from charrnn.writing.options import FillOptions, SampleOptions

if TYPE_CHECKING:
    import numpy as np

    from charrnn.inspection.gradients import Reach
    from charrnn.inspection.neurons import Neurons
    from charrnn.inspection.vectors import Alike
    from charrnn.models.language_model import LanguageModel
    from charrnn.models.mixture import Mixture
    from charrnn.models.ngram.model import NgramModel
    from charrnn.models.predictor import Predictor
    from charrnn.scoring.compare import Comparison
    from charrnn.scoring.predict import Predicted
    from charrnn.scoring.rescore import Rescored
    from charrnn.scoring.score import Score
    from charrnn.training.start import Session
    from charrnn.writing.fill import Filled
    from charrnn.writing.sample import Copied

    Model = LanguageModel | str | Path
    Models = Model | Sequence[Model]

Names = str | Path | Iterable[str | Path]
DEFAULT_MODEL = "charrnn-model"


@takes(TrainOptions)
@prepared(all_processors=True)
def train(
    corpus: Names,
    model: str | Path = DEFAULT_MODEL,
    *,
    on_progress: Callable[[Any], None] = lambda progress: None,
    options: TrainOptions,
) -> "LanguageModel":
    """Train a network on text files into the folder `model` and return it with its best weights.

    on_progress gets a training.trainer.Progress after each step. With `coordinator` this process is one of a group, once in
    its life and before JAX has computed anything; process 0 returns the model, the others None. Raises CharrnnError for all
    that a user can mend.
    """
    from charrnn.models.lock import locked
    from charrnn.text.sources import check_there
    from charrnn.training.start import start

    with joined(options):
        check_there(_names(corpus))
        with locked(Path(model)):
            return _trained(start(_names(corpus), Path(model), options), model, on_progress)


@speaking_python()
@prepared(all_processors=True)
def resume(
    model: str | Path = DEFAULT_MODEL,
    corpus: Names = (),
    *,
    valid: str | Path | None = None,
    store: str | Path | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    baseline: bool | None = None,
    accumulate: int | None = None,
    save_every: float | None = None,
    coordinator: str | None = None,
    processes: int | None = None,
    process_id: int | None = None,
    on_progress: Callable[[Any], None] = lambda progress: None,
) -> "LanguageModel":
    """Continue the run in the folder `model` as if it had not stopped, and return the model with its best weights.

    A finished run needs a larger budget. corpus and valid: where the texts are now, if they have moved. Raises
    CharrnnError for all that a user can mend.
    """
    from charrnn.models.lock import locked
    from charrnn.training.start import resume as resume_run

    options = TrainOptions(
        valid=None if valid is None else str(valid),
        store=None if store is None else str(store),
        epochs=epochs,
        steps=steps,
        minutes=minutes,
        baseline=baseline,
        accumulate=accumulate,
        save_every=save_every,
        coordinator=coordinator,
        processes=processes,
        process_id=process_id,
    )
    with joined(options), locked(Path(model)):
        return _trained(resume_run(Path(model), _names(corpus), options), model, on_progress)


@takes(NgramOptions)
def ngram(corpus: Names, model: str | Path = DEFAULT_MODEL, *, options: NgramOptions) -> "NgramModel":
    """Count an n-gram model of text files into the folder `model` and return it."""
    from charrnn.models.ngram.arpa import write_arpa_file
    from charrnn.text.sources import check_there
    from charrnn.training.ngram import train_ngram

    check_there(_names(corpus))
    counted = train_ngram(_names(corpus), Path(model), options)[0]
    if options.arpa:
        write_arpa_file(counted, Path(options.arpa))
    return counted


@prepared()
def load(model: str | Path = DEFAULT_MODEL, *, compiled: bool = False) -> Any:
    """The model in a folder, of any kind. compiled: whether a language model's network runs on JAX (faster for long work) or
    numpy (ready at once)."""
    from charrnn.models.folder import open_any, open_model

    return open_model(Path(model), compiled=True) if compiled else open_any(Path(model))


@takes(SampleOptions)
@prepared()
def sample(model: "Models", *, options: SampleOptions) -> "str | list[str]":
    """Text written by the model: one string, or with `count` a list of them.

    With `report` each is a Written, a string that knows what it copies. Raises CharrnnError for what cannot be, also where
    there are fewer texts than asked for.
    """
    from charrnn.writing.sample import as_read, copied, joined, learnt_from, with_prime
    from charrnn.writing.sample import sample as write

    opened = open_models(model, options)
    options = as_read(opened, with_prime(opened, options))
    corpus = learnt_from(opened, options)
    ids = list(joined(write(opened, options, corpus)))
    prime = options.prime if options.echo else ""
    texts = [prime + opened.vocabulary.decode(each) for each in ids]
    if options.report and corpus is not None:
        texts = [Written(text, copied(opened, each, corpus)) for text, each in zip(texts, ids, strict=True)]
    return texts[0] if options.count is None else texts


class Written(str):
    """A text that was written, with its longest span that stands in the text learnt from."""

    copied: "Copied"

    def __new__(cls, text: str, copied: "Copied") -> "Written":
        written = super().__new__(cls, text)
        written.copied = copied
        return written


@takes(ScoreOptions)
@prepared()
def score(model: "Models", text: str | Iterable[str] = (), *, files: Names = (), options: ScoreOptions) -> "list[Score]":
    """The score of each text, then of each line of the files: `.tally` has nats, bits_per_character and perplexity,
    `.log_probs` each character.

    One string is one text. With `stream` each file has one score, with `labels` a text has the probabilities of its labels,
    with `unit` a score has `.units`, and with `pairs` each minimal pair of that file has one score.
    """
    from charrnn.scoring.score import score as score_texts

    opened = open_models(model, options)
    groups = score_texts(opened, [text] if isinstance(text, str) else list(text), _names(files), options)
    return [one for group in groups for one in group]


@takes(MixOptions)
@prepared()
def mix(models: "Sequence[Model]", output: str | Path | None = None, *, options: MixOptions) -> "Mixture":
    """Several models as one, saved in the folder `output` where one is named. Raises CharrnnError for what cannot be."""
    from charrnn.training.mixture import make_mixture

    options.check_for(len(models))
    return make_mixture(list(map(_opened, models)), None if output is None else Path(output), options)


@takes(CompareOptions)
@prepared()
def compare(models: "Sequence[Model]", files: Names, *, options: CompareOptions) -> "list[Comparison]":
    """The models held against the first of them, on each file. Raises CharrnnError where there is nothing to compare."""
    from charrnn.scoring.compare import compare as compare_models

    several: Any = models if isinstance(models, list | tuple) else [models]
    opened = list(map(_opened, several))
    names = [str(given if isinstance(given, str | Path) else getattr(given, "folder", None) or f"model {k}")
             for k, given in enumerate(several, 1)]  # fmt: skip
    return list(compare_models(opened, names, _names(files), options))


@takes(FillOptions)
@prepared()
def fill(model: "Model", text: str | Iterable[str] = (), *, files: Names = (), options: FillOptions) -> "list[Filled]":
    """The best ways to fill the blanks of each text, then of each line of the files; `.fillings`, best first."""
    from charrnn.writing.fill import fill_texts

    texts = [text] if isinstance(text, str) else list(text)
    return list(fill_texts(open_models(model, MixtureOptions()), texts, _names(files), options))


@takes(PredictOptions)
@prepared()
def predict(
    model: "Predictor | str | Path" = DEFAULT_MODEL,
    text: str | Iterable[str] = (),
    *,
    files: Names = (),
    options: PredictOptions,
) -> "list[Predicted] | dict[str, Any]":
    """The answers of a model that was trained with `task` to each text, then to each line of the files: `.answers`, the most
    probable first, each with `.text` and `.probability`. With `gold`, how good they are.
    """
    from charrnn.models.folder import open_predictor, predictor
    from charrnn.scoring.predict import predict as answer
    from charrnn.scoring.predict import predict_gold

    opened = open_predictor(Path(model)) if isinstance(model, str | Path) else predictor(model)
    if options.gold is not None and (text or files):
        raise CharrnnError("--gold names the file to read; leave out other files and texts")
    if options.gold is not None:
        return predict_gold(opened, options)[1]
    groups = answer(opened, [text] if isinstance(text, str) else list(text), _names(files), options)
    return [one for group in groups for one in group]


@takes(RescoreOptions)
@prepared()
def rescore(model: "Models", lists: Names, *, options: RescoreOptions) -> "list[Rescored]":
    """The hypotheses of lists (files), in their order, with the model's base-10 logarithm and their totals."""
    from charrnn.scoring.rescore import rescore as rescore_lists

    return rescore_lists(open_models(model, options), _names(lists), options)[0]


@takes(EmbedOptions)
@prepared()
def embed(
    model: "Predictor | Model", text: str | Iterable[str] = (), *, files: Names = (), options: EmbedOptions
) -> "np.ndarray | list[list[Alike]] | list[Alike]":
    """A vector for each text, then for each line of the files, as the rows of an array; with `nearest` the lines most like
    each, with `similar` all of them, those most like that text first, each with `.likeness` and `.text`.
    """
    from charrnn.inspection.vectors import nearest, read_lines, similar, vectors

    opened = load(model) if isinstance(model, str | Path) else model
    texts = [*([text] if isinstance(text, str) else text), *read_lines(_names(files), options.encoding)]
    if options.nearest is not None:
        return nearest(opened, texts, options)
    if options.similar is not None:
        return similar(opened, texts, options)
    return vectors(opened, texts, last=options.last)


@takes(InspectOptions)
@prepared()
def inspect(model: "Model", files: Names, *, options: InspectOptions) -> "Neurons | Reach | np.ndarray":
    """What a network does as it reads files: with `neurons` what its units follow, with `gradients` how far back gradients
    reach, with `attention` its weights, of every character those of the states 0, 1, … characters before.

    Raises CharrnnError where the model is no network, or has no attention.
    """
    from charrnn.inspection.look import look, read_files
    from charrnn.inspection.states import network_in

    network = network_in(_opened(model), str(model))
    (read,) = read_files([network.vocabulary], _names(files), options.encoding)
    return look(network, read, options)


def info(model: "Predictor | Model") -> dict[str, Any]:
    """Everything known of a model, JSON-able: what it is made of, its text, its training and its held-out figures."""
    from charrnn.models.language_model import describe

    return describe(load(model) if isinstance(model, str | Path) else model)  # type: ignore[arg-type]


@takes(BenchOptions)
@prepared(all_processors=True, cache=False)
def bench(*, options: BenchOptions) -> dict[str, Any]:
    """Measured speeds of training, sampling and scoring on this machine, JSON-able."""
    from charrnn.speed import measure

    return measure(options)


@takes(CorpusOptions)
def corpus(name: str, *, options: CorpusOptions) -> Path:
    """Fetch or make a ready-made corpus; the file that it is in. Raises CharrnnError where there is no such corpus."""
    from charrnn.corpora.get import get_corpus

    return get_corpus(name, options)


def open_models(model: "Models", options: MixtureOptions) -> "LanguageModel":
    """The one model that is given (opened already, or as a folder), or the mixture of several."""
    given: Any = model if isinstance(model, list | tuple) else [model]
    options.check_for(len(given))
    opened = list(map(_opened, given))
    if len(opened) == 1:
        return opened[0]
    from charrnn.scoring.fit_mixture import mixture_of

    return mixture_of(opened, options)


def _opened(model: "Model") -> "LanguageModel":
    from charrnn.models.folder import language_model, open_model

    return open_model(Path(model)) if isinstance(model, str | Path) else language_model(model)


def _names(paths: Names) -> list[str]:
    return [str(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


def _trained(session: "Session", model: str | Path, on_progress: Callable[[Any], None]) -> Any:
    before = session.also_before()
    for progress in session.compared().train():
        on_progress(progress)
    session.join()
    if before is not None:
        session.also_after(before)
    return load(model) if first() else None
