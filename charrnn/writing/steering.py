"""From what a user says to how characters are drawn."""

from charrnn.conditions.constraint import Conditions, make_constraint
from charrnn.conditions.lead import lead_to
from charrnn.models.language_model import LanguageModel
from charrnn.options import flag
from charrnn.text.words import need_characters
from charrnn.writing.choice import Choice, Drawing, Guide, banned_symbols
from charrnn.writing.options import SampleOptions
from charrnn.writing.repetition import RepetitionPenalty


def drawing_for(model: LanguageModel, options: SampleOptions) -> Drawing:
    """How the characters of the texts are drawn. Raises CharrnnError for conditions that no text meets."""
    _need_characters(model, options)
    banned = banned_symbols(model.vocabulary, options.ban, options.allow)
    choice = Choice(
        temperature=options.temperature, top_k=options.top_k, top_p=options.top_p, greedy=options.greedy,
        min_p=options.min_p, typical=options.typical, banned=banned,
    )  # fmt: skip
    conditions = Conditions(
        pattern=options.pattern, template=options.template, acrostic=options.acrostic, must=options.must,
        ban_text=options.ban_text, min_length=options.min_length, banned=banned, stop=options.stop, lines=model.lines,
    )  # fmt: skip
    guides: list[Guide] = [RepetitionPenalty(options.repetition_penalty)] if options.repetition_penalty != 1 else []
    if conditions.asked:
        guides.append(make_constraint(model.vocabulary, conditions, options.length))
        guides += [lead_to(model, text) for text in conditions.must]
    return Drawing(choice, tuple(guides))


def _need_characters(model: LanguageModel, options: SampleOptions) -> None:
    """Raises CharrnnError where a model of words is asked for what is said of characters."""
    for name in ("pattern", "template", "acrostic", "must", "ban_text", "min_length", "ban", "allow"):
        if getattr(options, name):
            need_characters(model.vocabulary, flag(name))
    if any(stop.strip("\n") for stop in options.stop):
        need_characters(model.vocabulary, "--stop, but for newlines,")
