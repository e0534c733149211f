"""Answers to lines, and how they are held against the right ones: what each kind of model is asked, and what it is given."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from charrnn.errors import CharrnnError
from charrnn.models.labeller import Classifier, Tagger
from charrnn.models.predictor import Answer, Predictor
from charrnn.models.rewriter import Rewriter
from charrnn.models.tree_labeller import TreeLabeller
from charrnn.scoring import measures
from charrnn.scoring.options import PredictOptions
from charrnn.text.bracketed import Bracketed, parse_bracketed, unlabelled, written_bracketed
from charrnn.text.examples import Labelled, Pair, Tagged, lines_of, parse_labelled, parse_pair, parse_tagged, parsed
from charrnn.text.lines import line_groups

Example = Any  # of text.examples


@dataclass(frozen=True)
class Question:
    """What a kind of model is asked. form: of a line of examples; parse: it, see text.examples; text: what is given to the
    model; gold: the right answer, as that model writes it; measured: how good answers are; whole: what is given to the model
    has the form of an example too."""

    form: str
    parse: Callable[[str], Example]
    text: Callable[[Example], str]
    gold: Callable[[Example, Any], str]
    measured: Callable[[Sequence[Example], Sequence[Answer], Any], dict[str, Any]]
    whole: bool = False


QUESTIONS: dict[str, Question] = {
    Classifier.kind: Question(
        Labelled.form, parse_labelled, lambda one: one.text, lambda one, model: one.label, measures.of_labels
    ),
    Tagger.kind: Question(
        Tagged.form, parse_tagged, lambda one: one.text, lambda one, model: model.written(one.labels), measures.of_tags
    ),
    Rewriter.kind: Question(
        Pair.form, parse_pair, lambda one: one.source, lambda one, model: one.target, measures.of_rewrites
    ),
    TreeLabeller.kind: Question(
        Bracketed.form, parse_bracketed, unlabelled, lambda one, model: written_bracketed(one), measures.of_trees, whole=True
    ),
}


@dataclass(frozen=True)
class Predicted:
    """A text and its answers, the most probable first; of --gold, with the right one."""

    text: str
    answers: list[Answer]
    gold: str | None = None


def predict(
    model: Predictor, texts: Sequence[str], files: Iterable[str], options: PredictOptions
) -> Iterator[list[Predicted]]:
    """The answers to the texts, then to the lines of the files, in groups as they come."""
    if texts:
        yield _answered(model, texts, options)
    for name in files:
        number = 0
        for lines in line_groups(name, encoding=options.encoding):
            if QUESTIONS[model.kind].whole:
                given = ((name, number + k, line) for k, line in enumerate(lines, 1) if line.strip())
                deque(parsed(given, QUESTIONS[model.kind].parse, QUESTIONS[model.kind].form), maxlen=0)
            number += len(lines)
            yield _answered(model, lines, options)


def _answered(model: Predictor, texts: Sequence[str], options: PredictOptions) -> list[Predicted]:
    return [Predicted(text, answers) for text, answers in zip(texts, _answers(model, texts, options), strict=True)]


def _answers(model: Predictor, texts: Sequence[str], options: PredictOptions) -> list[list[Answer]]:
    if options.beam is None:
        return model.predict(texts, options.count)
    if not isinstance(model, Rewriter):
        raise CharrnnError(f"--beam is for models of --task rewrite, and this is a {model.kind}; leave it out")
    return model.predict(texts, options.count, options.beam)


def predict_gold(model: Predictor, options: PredictOptions) -> tuple[list[Predicted], dict[str, Any]]:
    """The answers to the examples of options.gold, and their measures. Raises CharrnnError where lines are no examples."""
    assert options.gold is not None
    question = QUESTIONS[model.kind]
    examples = list(parsed(lines_of([options.gold], options.encoding), question.parse, question.form))
    if not examples:
        raise CharrnnError(f"{options.gold}: holds no examples; a line is {question.form}")
    found = _answers(model, [question.text(one) for one in examples], options)
    predicted = [
        Predicted(question.text(one), answers, question.gold(one, model))
        for one, answers in zip(examples, found, strict=True)
    ]
    return predicted, question.measured(examples, [one.answers[0] for one in predicted], model)
