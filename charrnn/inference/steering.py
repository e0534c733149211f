"""From what a user says to how characters are drawn."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from charrnn.errors import CharrnnError
from charrnn.inference.choice import Choice, Drawing, Guide, banned_symbols
from charrnn.inference.constraint import Conditions, make_constraint
from charrnn.inference.lead import lead_to
from charrnn.inference.repetition import RepetitionPenalty
from charrnn.models.language_model import LanguageModel

CHOICE = {field.name for field in fields(Choice)} - {"banned"}
TEXTS = {"must", "ban_text"}
CONDITIONS = {"pattern", "template", "acrostic", *TEXTS}


def drawing_for(
    model: LanguageModel,
    length: int,
    *,
    ban: str = "",
    allow: str | None = None,
    stop: Sequence[str] = (),
    lines: bool = False,
    repetition_penalty: float = 1.0,
    **steering: Any,
) -> Drawing:
    """How the characters of texts of up to `length` are drawn; steering: fields of Choice and of Conditions.

    Raises CharrnnError for numbers out of range, and conditions that no text meets; TypeError for other names.
    """
    if unknown := set(steering) - CHOICE - CONDITIONS:
        raise TypeError(f"sample() has no option {', '.join(sorted(unknown))}")
    banned = banned_symbols(model.vocabulary, ban, allow)
    choice = Choice(**{name: steering[name] for name in CHOICE & set(steering)}, banned=banned)
    asked = {name: steering[name] for name in CONDITIONS & set(steering)}
    asked |= {name: tuple(asked[name]) for name in TEXTS & set(asked)}
    for name, texts in {**asked, "stop": stop}.items():
        if name in {*TEXTS, "stop"} and "" in texts:
            raise CharrnnError(f"--{name.replace('_', '-')} is empty; name the text that is meant")
    conditions = Conditions(**asked, banned=banned, stop=tuple(stop), lines=lines)
    guides: list[Guide] = [RepetitionPenalty(repetition_penalty)] if repetition_penalty != 1 else []
    if conditions.asked:
        guides.append(make_constraint(model.vocabulary, conditions, length))
        guides += [lead_to(model, text) for text in conditions.must]
    return Drawing(choice, tuple(guides))
