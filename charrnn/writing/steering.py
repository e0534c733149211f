"""From what a user says to how characters are drawn."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from charrnn.conditions.constraint import Conditions, make_constraint
from charrnn.conditions.lead import lead_to
from charrnn.errors import CharrnnError
from charrnn.models.language_model import LanguageModel
from charrnn.writing.choice import Choice, Drawing, Guide, banned_symbols
from charrnn.writing.repetition import RepetitionPenalty

CHOICE = {field.name for field in fields(Choice)} - {"banned"}
TEXTS = {"must", "ban_text"}
CONDITIONS = {"pattern", "template", "acrostic", *TEXTS}


def as_texts(option: str, texts: str | Sequence[str]) -> tuple[str, ...]:
    """The texts that an option of several is given; one string is one text. Raises CharrnnError for an empty one."""
    texts = (texts,) if isinstance(texts, str) else tuple(texts)
    if "" in texts:
        raise CharrnnError(f"{option} is empty; name the text that is meant")
    return texts


def drawing_for(
    model: LanguageModel,
    length: int,
    *,
    ban: str = "",
    allow: str | None = None,
    stop: str | Sequence[str] = (),
    lines: bool = False,
    repetition_penalty: float = 1.0,
    **steering: Any,
) -> Drawing:
    """How the characters of texts of up to `length` are drawn; steering: fields of Choice and of Conditions.

    Of stop, must and ban_text, one string is one text. Raises CharrnnError for numbers out of range, empty texts and
    conditions that no text meets; TypeError for other names.
    """
    if unknown := set(steering) - CHOICE - CONDITIONS:
        raise TypeError(f"sample() has no option {', '.join(sorted(unknown))}")
    banned = banned_symbols(model.vocabulary, ban, allow)
    choice = Choice(**{name: steering[name] for name in CHOICE & set(steering)}, banned=banned)
    asked = {name: steering[name] for name in CONDITIONS & set(steering)}
    asked |= {name: as_texts(f"--{name.replace('_', '-')}", asked[name]) for name in TEXTS & set(asked)}
    conditions = Conditions(**asked, banned=banned, stop=as_texts("--stop", stop), lines=lines)
    guides: list[Guide] = [RepetitionPenalty(repetition_penalty)] if repetition_penalty != 1 else []
    if conditions.asked:
        guides.append(make_constraint(model.vocabulary, conditions, length))
        guides += [lead_to(model, text) for text in conditions.must]
    return Drawing(choice, tuple(guides))
