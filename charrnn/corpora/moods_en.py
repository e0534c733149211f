"""English sentences and their mood: how people feel, what things were like. How moods are told is in `moods.py`."""

from collections.abc import Iterator
from functools import cache
from itertools import permutations

import numpy as np

from charrnn.corpora.grammar import Grammar, Templates
from charrnn.corpora.moods import draws, reachable, turned

# person → the pronoun that takes it up again
PEOPLE = {
    "I": "I", "we": "we", "Anna": "she", "Peter": "he", "my brother": "he", "my sister": "she", "my father": "he",
    "my mother": "she", "the old man": "he", "the girl next door": "she", "the children": "they", "my parents": "they",
    "our neighbours": "they",
}  # fmt: skip
TIMES = {"": 3, " today": 1, " this evening": 1, " at the moment": 1}
BEFORE = {"yesterday": 1, "this morning": 1, "last night": 1, "an hour ago": 1}
GROUPS = ("our family", "our class", "this village", "the office", "the house next door", "our street")
MUCH = {"": 3, "very ": 2, "really ": 1, "quite ": 1, "extremely ": 1}

ADJECTIVES = {
    "+": ("happy", "cheerful", "content", "joyful"),
    "-": ("sad", "unhappy", "miserable", "gloomy", "depressed"),
}
PHRASES = {
    "+": ("in a good mood", "in a very good mood", "in high spirits"),
    "-": ("in a bad mood", "in a very bad mood", "in low spirits"),
}
# what is said of a person who is {adjective+}; {is}, {was}, {looks} and {it} are the forms that go with the person
OF_PEOPLE = (
    "{Person} {is} {{feeling+}}{{time}}.",
    "{Person} {is} not {{adjective-}} at all{{time}}.",
    "{Person} {is} anything but {{adjective-}}{{time}}.",
    "{Person} {is} by no means {{adjective-}}{{time}}.",
    "{Person} {is} far from {{adjective-}}{{time}}.",
    "{Person} {is} not {{adjective-}}, but {{adjective+}}.",
    "{Person} {is} {{adjective+}}, not {{adjective-}}.",
    "{Person} {was} {{feeling-}} {{before}}, but now {it} {is} {{feeling+}}.",
    "{Person} {was} not {{adjective+}} at all {{before}}, but now {it} {is}.",
    "Although {person} {was} {{feeling-}} {{before}}, {it} {is} {{feeling+}} now.",
    "{Person} {is} {{feeling+}} now, although {it} {was} {{feeling-}} {{before}}.",
    "{Person} {looks} {{adjective-}}, but in fact {it} {is} {{feeling+}}.",
)
OF_GROUPS = ("Everyone in {group} is {{feeling+}}{{time}}.", "Nobody in {group} is {{adjective-}}{{time}}.")

PLACES = ("at home", "at school", "at work", "in the garden", "in town", "in the kitchen", "at the station")
ACTS = ("reading the newspaper", "wearing a hat", "waiting for a train", "writing a letter", "having a cup of tea")
NEUTRAL_OF_PEOPLE = (
    "{Person} {is} {{place}}{{time}}.",
    "{Person} {is} {{act}}{{time}}.",
    "{Person} {is} not {{not-but}}",
    "{Person} {was} {{place}} {{before}}, but now {it} {is} {{act}}.",
    "{Person} {was} not {{place}} {{before}}, but now {it} {is}.",
    "Although {person} {was} {{act}} {{before}}, {it} {is} {{place}} now.",
    "{Person} {is} neither {{adjective+}} nor {{adjective-}}{{time}}.",
    "{Person} {is} neither {{adjective-}} nor {{adjective+}}{{time}}.",
)
NEUTRAL_OF_GROUPS = ("Everyone in {group} is {{act}}{{time}}.", "Nobody in {group} is {{act}}{{time}}.")

# thing → what one has done with it, and adjectives that praise and blame it beside "good" and "bad"
THINGS = {
    "film": ("seen", "interesting", "boring"),
    "play": ("seen", "interesting", "boring"),
    "book": ("read", "interesting", "boring"),
    "story": ("read", "interesting", "boring"),
    "concert": ("been to", "enjoyable", "boring"),
    "lesson": ("been to", "interesting", "boring"),
    "party": ("been to", "enjoyable", "boring"),
    "hotel": ("stayed in", "comfortable", "uncomfortable"),
    "soup": ("eaten", "tasty", "bland"),
    "cake": ("eaten", "tasty", "bland"),
}
LONG = ("film", "play", "book", "story", "concert", "lesson")  # what may be long or short
# a word for all things, its comparative, strong words, verbs
JUDGEMENTS = {
    "+": ("good", "better", ("excellent", "wonderful", "absolutely wonderful", "great"), ("liked", "loved", "enjoyed")),
    "-": ("bad", "worse", ("awful", "terrible", "absolutely terrible", "dreadful"), ("disliked", "hated", "did not like")),
}
COMPARATIVES = {"tasty": "tastier", "bland": "blander"}  # others with "more"
OF_THINGS = (
    "The {thing} was {{quality:{thing}+}}.",
    "The {thing} was not {{plain:{thing}-}} at all.",
    "The {thing} was anything but {{plain:{thing}-}}.",
    "The {thing} was far from {{plain:{thing}-}}.",
    "I have never {done} {{more:{thing}+}} {thing}.",
    "I thought that the {thing} would be {{quality:{thing}-}}, but it was {{quality:{thing}+}}.",
    "I expected {{a:{thing}-}} {thing}, but it was {{quality:{thing}+}}.",
    "Some people say that the {thing} was {{quality:{thing}-}}, but to me it was {{quality:{thing}+}}.",
    "I {{liked+}} the {thing}.",
    "We {{liked+}} the {thing}, although it was not {{quality:{thing}+}}.",
)
NEUTRAL_OF_THINGS = (
    "The {thing} was neither {{plain:{thing}+}} nor {{plain:{thing}-}}.",
    "The {thing} was neither {{plain:{thing}-}} nor {{plain:{thing}+}}.",
    "I have never {done} that {thing}.",
    "I have already {done} that {thing}, but Peter has not.",
)
NEUTRAL_OF_LONG_THINGS = (
    "The {thing} was {{length}}.",
    "The {thing} was not {{length}} at all.",
    "I have never {done} a {{longer}} {thing}.",
    "I thought that the {thing} would be long, but it was short.",
    "I expected a short {thing}, but it was long.",
)


def _a(words: str) -> str:
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _of_person(templates: tuple[str, ...], person: str) -> Templates:
    pronoun = PEOPLE[person]
    third = pronoun in ("he", "she")
    forms = {
        "person": person,
        "Person": person[0].upper() + person[1:],
        "it": pronoun,
        "is": "am" if pronoun == "I" else "is" if third else "are",
        "was": "was" if pronoun == "I" or third else "were",
        "looks": "looks" if third else "look",
    }
    return {template.format(**forms): 1 for template in templates}


def _judgements(sign: str, of: str) -> dict[str, Templates]:
    """The rules of {name<sign>} for things, with the words that praise them (of "+") or blame them (of "-")."""
    word, more, strong, liked = JUDGEMENTS[of]
    rules: dict[str, Templates] = {f"liked{sign}": dict.fromkeys(liked, 1)}
    for thing, (_, praise, blame) in THINGS.items():
        words = (word, praise if of == "+" else blame)
        degrees = [much + one for one in words for much in ("", "very ", "really ")]
        rules |= {
            f"plain:{thing}{sign}": dict.fromkeys(words, 1),
            f"a:{thing}{sign}": dict.fromkeys(map(_a, words), 1),
            f"quality:{thing}{sign}": dict.fromkeys((*degrees, *strong), 1),
            f"more:{thing}{sign}": {f"a {more}": 1, f"a {COMPARATIVES.get(words[1], f'more {words[1]}')}": 1},
        }
    return rules


def _words(sign: str, of: str) -> dict[str, Templates]:
    """The rules of {name<sign>}, being the words that are `of` that side in positive sentences."""
    return _judgements(sign, of) | {
        f"adjective{sign}": dict.fromkeys(ADJECTIVES[of], 1),
        f"feeling{sign}": {f"{{much}}{{adjective{sign}}}": 4} | dict.fromkeys(PHRASES[of], 1),
    }


@cache
def build(mood: str) -> Grammar:
    """The grammar of the sentences of that mood."""
    neutral = mood == "neutral"
    people, groups = (NEUTRAL_OF_PEOPLE, NEUTRAL_OF_GROUPS) if neutral else (OF_PEOPLE, OF_GROUPS)
    things: dict[str, float] = {}
    for thing, (done, _, _) in THINGS.items():
        said = (NEUTRAL_OF_THINGS + NEUTRAL_OF_LONG_THINGS * (thing in LONG)) if neutral else OF_THINGS
        things |= {template.format(thing=thing, done=done): 1 for template in said}
    rules: dict[str, Templates] = {
        "sentence": {"{people}": 6, "{groups}": 1, "{things}": 4},
        "people": {one: weight for person in PEOPLE for one, weight in _of_person(people, person).items()},
        "groups": {template.format(group=group): 1 for template in groups for group in GROUPS},
        "things": things,
        "time": TIMES,
        "before": BEFORE,
        "much": MUCH,
        "place": dict.fromkeys(PLACES, 1),
        "not-but": {f"{one}, but {other}.": 1 for one, other in permutations(PLACES, 2)},
        "act": dict.fromkeys(ACTS, 1),
        "length": dict.fromkeys(("long", "short", "very long", "very short"), 1),
        "longer": {"longer": 1, "shorter": 1},
    }
    return Grammar(reachable(rules | turned(_words, mood)))


def draw(random: np.random.Generator) -> Iterator[str]:
    """Lines without end: mood, tab, sentence."""
    return draws(build, random)
