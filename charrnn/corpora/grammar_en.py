"""A small grammar of English sentences.

What stands far apart agrees: the verb with its subject over nouns of the other number, pronouns with the person and the
thing, and the purpose with what went before (a phone that is broken is mended or a new one bought; a lost one is looked
for).
"""

from functools import cache
from typing import NamedTuple

from charrnn.corpora.grammar import Grammar, Templates

# person → (possessive, pronoun, weight); the person's number is the pronoun's
PEOPLE: dict[str, tuple[str, str, float]] = {
    "I": ("my", "I", 6),
    "he": ("his", "he", 4),
    "she": ("her", "she", 4),
    "we": ("our", "we", 3),
    "they": ("their", "they", 3),
    "my brother": ("my brother's", "he", 1),
    "my sister": ("my sister's", "she", 1),
    "my parents": ("my parents'", "they", 1),
    "Anna": ("Anna's", "she", 2),
    "Peter": ("Peter's", "he", 2),
    "the children": ("the children's", "they", 2),
    "our neighbours": ("our neighbours'", "they", 1),
}
POSSESSIVE = {"I": "my", "he": "his", "she": "her", "we": "our", "they": "their"}


class Number(NamedTuple):
    """The forms that go with a thing of one number: {be}, {was}, {it} and, for a purpose, {new} and {other}."""

    be: str
    was: str
    it: str
    new: str
    other: str


ONE = Number("is", "was", "it", "a new one", "another one")
MANY = Number("are", "were", "them", "new ones", "some others")
PAIR = Number("are", "were", "them", "a new pair", "another pair")

THINGS: dict[str, tuple[str, Number]] = {
    "phone": ("machine", ONE),
    "laptop": ("machine", ONE),
    "watch": ("machine", ONE),
    "bicycle": ("machine", ONE),
    "umbrella": ("machine", ONE),
    "coat": ("clothes", ONE),
    "hat": ("clothes", ONE),
    "shoes": ("clothes", PAIR),
    "gloves": ("clothes", PAIR),
    "glasses": ("glasses", PAIR),
    "book": ("book", ONE),
    "books": ("book", MANY),
    "chair": ("furniture", ONE),
    "chairs": ("furniture", MANY),
    "lamp": ("furniture", ONE),
    "key": ("key", ONE),
    "keys": ("key", MANY),
}

# kind → state → purpose, as infinitive and as past → weight
PLANS: dict[str, dict[str, dict[tuple[str, str], float]]] = {
    "machine": {
        "broken": {
            ("buy {new}", "bought {new}"): 4,
            ("mend {it}", "mended {it}"): 3,
            ("borrow {other}", "borrowed {other}"): 1,
            ("throw {it} away", "threw {it} away"): 1,
        },
        "lost": {
            ("buy {new}", "bought {new}"): 2,
            ("look for {it}", "looked for {it}"): 3,
            ("borrow {other}", "borrowed {other}"): 1,
        },
        "too old": {
            ("buy {new}", "bought {new}"): 3,
            ("sell {it}", "sold {it}"): 2,
            ("give {it} away", "gave {it} away"): 1,
        },
        "dirty": {("clean {it}", "cleaned {it}"): 3},
    },
    "clothes": {
        "torn": {("sew {it}", "sewed {it}"): 3, ("buy {new}", "bought {new}"): 2},
        "too small": {("buy {new}", "bought {new}"): 3, ("give {it} away", "gave {it} away"): 2},
        "dirty": {("wash {it}", "washed {it}"): 4, ("clean {it}", "cleaned {it}"): 1},
        "lost": {("buy {new}", "bought {new}"): 1, ("look for {it}", "looked for {it}"): 3},
    },
    "glasses": {
        "broken": {("buy {new}", "bought {new}"): 3, ("mend {it}", "mended {it}"): 1},
        "lost": {("buy {new}", "bought {new}"): 1, ("look for {it}", "looked for {it}"): 3},
        "dirty": {("clean {it}", "cleaned {it}"): 3},
    },
    "book": {
        "lost": {("look for {it}", "looked for {it}"): 3, ("buy {new}", "bought {new}"): 1},
        "torn": {("mend {it}", "mended {it}"): 2, ("buy {new}", "bought {new}"): 1},
        "too difficult": {("give {it} away", "gave {it} away"): 2, ("borrow {other}", "borrowed {other}"): 2},
    },
    "furniture": {
        "broken": {("mend {it}", "mended {it}"): 3, ("buy {new}", "bought {new}"): 2},
        "too old": {("sell {it}", "sold {it}"): 2, ("paint {it}", "painted {it}"): 1},
        "dirty": {("clean {it}", "cleaned {it}"): 2},
    },
    "key": {"lost": {("look for {it}", "looked for {it}"): 4, ("order {new}", "ordered {new}"): 1}},
}

NEEDS: dict[str, dict[str, float]] = {
    "hungry": {"eat some bread": 2, "eat a bowl of soup": 2, "cook dinner": 2, "buy an apple": 1},
    "thirsty": {"drink a glass of water": 3, "drink a cup of tea": 2, "buy some milk": 1},
    "tired": {"go to bed": 3, "go home": 2, "sit down": 1},
    "ill": {"see a doctor": 3, "stay in bed": 2},
    "cold": {"put on a coat": 2, "light a fire": 1, "drink a cup of tea": 1},
    "bored": {"watch a film": 2, "read a book": 2, "play chess": 1},
}
COLOURS = {"": 6, "red ": 1, "blue ": 1, "black ": 1, "brown ": 1}
WHEN = {"": 5, " tomorrow": 2, " this afternoon": 1, " next week": 1}
# where one goes and what for
ERRANDS: dict[str, dict[str, float]] = {
    "library": {"borrow a book": 2, "read the newspaper": 1},
    "park": {"feed the ducks": 2, "run around the lake": 1, "play football": 1},
    "market": {"buy some bread": 2, "sell apples": 1, "buy fish": 1},
    "station": {"catch a train": 2, "meet a friend": 2},
    "kitchen": {"cook dinner": 2, "wash the dishes": 2},
}
TIMES = {"every day": 3, "every morning": 2, "on Sundays": 1, "in the evening": 1}
# work → plural of the person, place, what is done there (base form)
JOBS: dict[str, tuple[str, str, str, str]] = {
    "a teacher": ("teachers", "in a school", "teach", "children"),
    "a doctor": ("doctors", "in a hospital", "help", "people who are ill"),
    "a farmer": ("farmers", "in the fields", "grow", "wheat"),
    "a baker": ("bakers", "in a shop", "bake", "bread"),
    "a driver": ("drivers", "in the city", "drive", "a bus"),
    "a writer": ("writers", "at home", "write", "books"),
}
# head (one, many) → phrases behind it whose nouns come in both numbers, and what it may be like
HEADS: dict[tuple[str, str], tuple[tuple[tuple[str, str], ...], tuple[str, ...]]] = {
    ("key", "keys"): (
        (("to the house", "to the houses"), ("for the box", "for the boxes")),
        ("lost", "rusty", "small"),
    ),
    ("door", "doors"): ((("of the house", "of the houses"), ("to the garden", "to the gardens")), ("open", "closed")),
    ("road", "roads"): ((("to the village", "to the villages"),), ("long", "narrow", "closed")),
    ("picture", "pictures"): (
        (("of the king", "of the kings"), ("of the ship", "of the ships")),
        ("beautiful", "small"),
    ),
    ("letter", "letters"): (
        (("from the doctor", "from the doctors"), ("about the ship", "about the ships")),
        ("long", "lost"),
    ),
    ("window", "windows"): ((("of the tower", "of the towers"),), ("open", "closed", "dirty")),
}
# behind such a phrase, perhaps one more
FURTHER = {"near the river": 2, "near the rivers": 1, "on the hill": 2, "on the hills": 1}
WHO = (("girl", "girls"), ("boy", "boys"), ("woman", "women"), ("man", "men"), ("farmer", "farmers"))
ACTS = {"feed": 2, "like": 2, "own": 1}
ANIMALS = {"the dog": 2, "the dogs": 2, "the horse": 1, "the horses": 1, "the ducks": 1}
LIVES = {"live": "near the river", "work": "in the city", "sing": "in the garden", "sleep": "in the tower"}


def _verb(base: str, third: bool) -> str:
    if not third:
        return base
    if base in ("go", "teach", "watch"):
        return base + "es"
    return {"have": "has"}.get(base, base + "s")


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _pronoun_rules(pronoun: str) -> dict[str, Templates]:
    """How a sentence goes on behind a person whom this pronoun takes up again."""
    third = pronoun in ("he", "she")
    be = {"I": "am", "he": "is", "she": "is"}.get(pronoun, "are")
    story: dict[str, float] = {}
    because: dict[str, float] = {}
    reverse: dict[str, float] = {}
    for thing, (kind, number) in THINGS.items():
        for state in PLANS[kind]:
            key = f"{thing}:{state}"
            wish = f"{pronoun} {{wish:{pronoun}}} {{plan:{key}}}"
            story[f"{{colour}}{thing} {number.be} {state}{{then}}{wish}{{when}}."] = 1
            because[f"{{colour}}{thing} {number.was} {state}, {pronoun} {{done:{key}}}."] = 1
            reverse[f"{{plan:{key}}}, because {POSSESSIVE[pronoun]} {{colour}}{thing} {number.be} {state}."] = 1
    jobs = {}
    for work, (works, place, act, what) in JOBS.items():
        what_they_are = work if pronoun in ("I", "he", "she") else works
        tells = f"{pronoun} {_verb('work', third)} {place} and {_verb(act, third)} {what}"
        jobs[f"{be} {what_they_are}, {tells}."] = 1.0
    go = {f"{_verb(go, third)} to the {{errand}} {{time}}.": 1.0 for go in ("go", "walk")}
    return {
        f"story:{pronoun}": story,
        f"because:{pronoun}": because,
        f"reverse:{pronoun}": reverse,
        f"wish:{pronoun}": {
            f"{be} going to": 4,
            f"{_verb('want', third)} to": 3,
            f"{_verb('plan', third)} to": 1,
            f"{_verb('have', third)} decided to": 1,
        },
        f"of:{pronoun}": {f"{{wish:{pronoun}}} {{reverse:{pronoun}}}": 10.0}
        | {f"{be} {need}, so {pronoun} {{wish:{pronoun}}} {{need:{need}}}.": 12 / len(NEEDS) for need in NEEDS}
        | {job: 8 / len(jobs) for job in jobs}
        | {phrase: 10 / len(go) for phrase in go},
    }


def _agreement_rules() -> dict[str, Templates]:
    """Sentences whose verb stands behind nouns of either number and agrees with the first."""
    rules: dict[str, Templates] = {"further": FURTHER, "animal": ANIMALS}
    far: dict[str, float] = {}
    who: dict[str, float] = {}
    for heads, (phrases, qualities) in HEADS.items():
        phrase, quality = f"phrase:{heads[0]}", f"quality:{heads[0]}"
        rules[phrase] = {noun: 1 for both in phrases for noun in both}
        rules[quality] = dict.fromkeys(qualities, 1)
        for head, be in zip(heads, ("is", "are"), strict=True):
            far[f"{head} {{{phrase}}} {be} {{{quality}}}."] = 2
            far[f"{head} {{{phrase}}} {{further}} {be} {{{quality}}}."] = 1
    for persons in WHO:
        for person, third in zip(persons, (True, False), strict=True):
            number = "one" if third else "many"
            who[f"{person} who {{act:{number}}} {{animal}} {{life:{number}}}."] = 1
    for number, third in (("one", True), ("many", False)):
        rules[f"act:{number}"] = {_verb(act, third): weight for act, weight in ACTS.items()}
        rules[f"life:{number}"] = {f"{_verb(life, third)} {place}": 1 for life, place in LIVES.items()}
    return rules | {"far": far, "who": who}


@cache
def build() -> Grammar:
    """The grammar of grammar-en."""
    sentence: dict[str, float] = {}
    rules: dict[str, Templates] = {"sentence": sentence}
    for person, (possessive, pronoun, weight) in PEOPLE.items():
        sentence[f"{_capital(possessive)} {{story:{pronoun}}}"] = 35 * weight
        sentence[f"{_capital(person)} {{of:{pronoun}}}"] = 40 * weight
        sentence[f"Because {possessive} {{because:{pronoun}}}"] = 10 * weight
    total = sum(weight for _, _, weight in PEOPLE.values())
    sentence |= {"The {far}": 10 * total, "The {who}": 5 * total}
    for pronoun in POSSESSIVE:
        rules |= _pronoun_rules(pronoun)
    for thing, (kind, number) in THINGS.items():
        for state, plans in PLANS[kind].items():
            forms = number._asdict()
            rules[f"plan:{thing}:{state}"] = {plan.format(**forms): weight for (plan, _), weight in plans.items()}
            rules[f"done:{thing}:{state}"] = {done.format(**forms): weight for (_, done), weight in plans.items()}
    rules |= {f"need:{need}": plans for need, plans in NEEDS.items()}
    rules["errand"] = {f"{place} to {what}": weight for place, whats in ERRANDS.items() for what, weight in whats.items()}
    rules |= {"colour": COLOURS, "when": WHEN, "time": TIMES, "then": {", ": 3, ", so ": 2}}
    return Grammar(rules | _agreement_rules())
