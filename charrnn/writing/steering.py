"""From what a user says to how characters are drawn."""

from charrnn.conditions.constraint import Conditions, make_constraint
from charrnn.conditions.lead import lead_to
from charrnn.models.language_model import LanguageModel
from charrnn.writing.choice import Choice, Drawing, Guide, banned_symbols
from charrnn.writing.options import SampleOptions
from charrnn.writing.repetition import RepetitionPenalty


def drawing_for(model: LanguageModel, options: SampleOptions) -> Drawing:
    """How the characters of the texts are drawn. Raises CharrnnError for conditions that no text meets."""
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
