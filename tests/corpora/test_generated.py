import math
import re
from functools import cache
from itertools import product

import numpy as np
import pytest

from charrnn.corpora import adder, grammar_en, grammar_zh
from charrnn.corpora.generated import GENERATED, cloze, generate, log_probability
from charrnn.corpora.grammar import Grammar, parse
from charrnn.errors import CharrnnError

BROKEN = {
    "grammar-zh": "我的手机坏了，我打算买一部新手机。",
    "grammar-en": "My phone is broken, I am going to buy a new one.",
}
GRAMMARS = {"grammar-zh": grammar_zh.build, "grammar-en": grammar_en.build}


@cache
def derivations(name):
    """Every sentence with the probability of each of its derivations, by writing them all out."""
    grammar = GRAMMARS[name]()
    known: dict[str, list[tuple[str, float]]] = {}

    def of(symbol):
        if symbol not in known:
            known[symbol] = [
                ("".join(text for text, _ in pieces), choice.probability * math.prod(p for _, p in pieces))
                for choice in grammar.choices[symbol]
                for pieces in product(*(of(t) if kind == "symbol" else [(t, 1.0)] for kind, t in choice.parts))
            ]
        return known[symbol]

    return of("sentence")


@pytest.mark.parametrize("name", GRAMMARS)
def test_every_sentence_has_one_derivation_and_the_entropy_is_exact(name):
    grammar = GRAMMARS[name]()
    all_of_them = derivations(name)
    sentences, p = [s for s, _ in all_of_them], np.array([p for _, p in all_of_them])
    assert len(set(sentences)) == len(sentences) == grammar.sentences > 100_000
    lengths = np.array([len(s) + 1 for s in sentences])
    assert p.sum() == pytest.approx(1, rel=1e-12)
    assert -(p * np.log(p)).sum() == pytest.approx(grammar.nats_per_sentence, rel=1e-12)
    assert (p * lengths).sum() == pytest.approx(grammar.characters_per_sentence, rel=1e-12)
    entropy = GENERATED[name].entropy_nats_per_character
    assert entropy == pytest.approx(-(p * np.log(p)).sum() / (p * lengths).sum(), rel=1e-12)
    assert set("".join(sentences)) == grammar.vocabulary
    for k in range(0, len(sentences), 997):
        assert log_probability(name, sentences[k]) == pytest.approx(math.log(p[k]), rel=1e-12)


@pytest.mark.parametrize("name", GRAMMARS)
def test_what_is_drawn_knows_its_probability_and_reaches_the_entropy(name):
    grammar, random = GRAMMARS[name](), np.random.default_rng(0)
    drawn = [grammar.draw(random) for _ in range(5000)]
    for derivation in drawn[:300]:
        assert grammar.log_probability(derivation.sentence) == pytest.approx(derivation.log_probability, rel=1e-12)
    nats = -np.array([derivation.log_probability for derivation in drawn])
    assert abs(nats.mean() - grammar.nats_per_sentence) < 5 * nats.std() / math.sqrt(len(nats))


@pytest.mark.parametrize("name", GRAMMARS)
def test_the_sentence_of_the_broken_phone_is_possible_and_may_be_left_out(name):
    sentence = BROKEN[name]
    assert -15 < log_probability(name, sentence) < 0
    assert log_probability(name, sentence + "\n") == log_probability(name, sentence)
    assert log_probability(name, sentence[:-1]) == log_probability(name, "") == -math.inf
    assert sentence not in generate(name, 5000, without=[sentence]).splitlines()


@pytest.mark.parametrize("name", ["adder", *GRAMMARS])
def test_unwanted_lines_are_drawn_again(name):
    lines = generate(name, 500, seed=5).splitlines()
    without = generate(name, 500, seed=5, without=[lines[0], lines[100] + "\n"]).splitlines()
    assert len(without) == 500
    assert not {lines[0], lines[100]} & set(without)
    kept = [line for line in lines if line not in (lines[0], lines[100])]
    assert without[: len(kept)] == kept


@pytest.mark.parametrize("name", ["adder", *GRAMMARS])
def test_a_seed_gives_the_same_text_and_another_seed_another(name):
    assert generate(name, 50, seed=3) == generate(name, 50, seed=3)
    assert generate(name, 50, seed=3) != generate(name, 50, seed=4)
    assert generate(name, 50, seed=3).startswith(generate(name, 20, seed=3))
    assert generate(name, 50).count("\n") == 50
    assert generate(name, 50).endswith("\n")


def test_an_ambiguous_toy_grammar_sums_its_derivations():
    toy = Grammar({"sentence": {"{a}b": 1, "a{b}": 3}, "a": {"a": 1, "c": 1}, "b": {"b": 1, "": 1}})
    assert toy.log_probability("ab") == pytest.approx(math.log(1 / 4 * 1 / 2 + 3 / 4 * 1 / 2))
    assert toy.log_probability("a") == pytest.approx(math.log(3 / 8))
    assert toy.log_probability("cb") == pytest.approx(math.log(1 / 8))
    assert toy.log_probability("c") == -math.inf
    assert toy.sentences == 4
    # ln 2 either way, and half a bit of choice above it
    assert toy.nats_per_sentence == pytest.approx(math.log(2) - 0.25 * math.log(0.25) - 0.75 * math.log(0.75))
    assert toy.characters_per_sentence == pytest.approx(1 + 0.25 * 2 + 0.75 * 1.5)


def test_templates_are_checked():
    assert [tuple(part) for part in parse("去{go}[买]书")] == [
        ("terminal", "去"),
        ("symbol", "go"),
        ("blank", "买"),
        ("terminal", "书"),
    ]
    with pytest.raises(AssertionError, match="stray bracket"):
        parse("{open")
    with pytest.raises(AssertionError, match="leads back to itself"):
        Grammar({"sentence": {"a": 1, "b{sentence}": 1}})
    with pytest.raises(AssertionError, match="no rule leads to"):
        Grammar({"sentence": {"a": 1}, "orphan": {"b": 1}})


def test_chinese_measure_words_and_pronouns_agree():
    measures = {thing: measure for thing, (measure, *_) in grammar_zh.THINGS.items()}
    seen = set()
    for sentence, _ in derivations("grammar-zh")[::7]:
        for measure, thing in re.findall(f"[一那](.)(?:新|又.{{1,5}}的)?({'|'.join(measures)})", sentence):
            assert measures[thing] == measure, sentence
            seen.add(thing)
        owner = re.match("(我们?|他们?|她)的.*?，(我们?|他们?|她)", sentence)
        assert not owner or owner[1] == owner[2], sentence
    assert seen == set(measures)


def test_english_verbs_agree_with_their_subjects():
    wrong = re.compile(
        r"\b(I (is|are|has|wants|plans)|(we|they) (is|am|has|wants|plans)|(he|she) (are|am|have|want|plan))\b"
        r"|^The \w+s (to|for|of|from|about|who) .*\b(is|lives|works|sings|sleeps)\b"
        r"|^The (?!men |women )\w+[^s ] (to|for|of|from|about|who) .*\b(are|live|work|sing|sleep)\b",
        re.IGNORECASE,
    )
    for sentence, _ in derivations("grammar-en")[::7]:
        assert not wrong.search(sentence), sentence


def test_every_chinese_character_has_its_pinyin():
    characters = grammar_zh.build().vocabulary - set("，。")
    assert set(grammar_zh.PINYIN) == characters
    assert all(pinyin.isascii() and pinyin.islower() for pinyin in grammar_zh.PINYIN.values())
    for pinyin, group in {"ta": "他她它", "mai": "买卖", "zai": "在再", "shi": "是事", "shu": "书树"}.items():
        assert set(group) <= set(grammar_zh.HOMOPHONES[pinyin])
    assert len(grammar_zh.HOMOPHONES) > 40
    assert sum(map(len, grammar_zh.READINGS.split()[1::2])) == len(characters)  # none is listed twice


def test_cloze_blanks_the_verb_of_the_purpose():
    train = generate("grammar-zh", 2000, seed=1).splitlines()
    asked = list(cloze(500, seed=2, without=train))
    assert len(asked) == 500
    assert not {sentence for sentence, _ in asked} & set(train)
    blanks = {sentence[index] for sentence, index in asked}
    assert set("买修换扔借卖") <= blanks
    assert len(blanks) < 40
    assert asked == list(cloze(500, seed=2, without=train))
    assert list(cloze(0, seed=2)) == []


def test_the_blank_depends_on_both_sides():
    def verbs(left, right):
        candidates = [d for d, _ in derivations("grammar-zh") if d.startswith(left) and d.endswith(right)]
        return {d[len(left)] for d in candidates if len(d) == len(left) + 1 + len(right)}

    assert verbs("我的手机坏了，我打算", "一部新手机。") == {"买", "换"}
    assert verbs("我的手机丢了，我打算", "一部新手机。") == {"买"}
    assert verbs("我的手机坏了，我打算把它", "好。") == {"修"}
    assert verbs("我的手机坏了，我打算把它", "掉。") == {"扔"}
    assert verbs("我的手机旧了，我打算把它", "掉。") == {"扔", "卖"}
    assert verbs("我的衣服破了，我打算把它", "好。") == {"补"}
    assert verbs("我的手机坏了，我打算回去", "它。") == set()


def test_additions_are_right_and_never_repeated():
    lines = generate("adder", 5000, seed=1).splitlines()
    assert len(set(lines)) == 5000
    assert all(len(line) == 27 for line in lines)
    for line in lines:
        a, b, s = adder.read_addition(line)
        assert a + b == s
        assert max(a, b) < 256
        assert line[-3:-1] == "00"
    assert not set(lines[:4500]) & set(lines[4500:])
    # 3 + 1 = 4: bits of both and of the sum, lowest first
    assert adder.addition(3, 1) == "110100001" + "000" * 6
    assert adder.addition(255, 255).endswith("001")


def test_all_additions_and_no_more():
    everything = generate("adder", 65_536).splitlines()
    assert len(set(everything)) == 65_536
    with pytest.raises(CharrnnError, match="there are 65536 different additions, not 65537; ask for fewer"):
        generate("adder", 65_537)
    assert generate("adder", 65_535, without=everything[:1]).splitlines() == everything[1:]


def test_the_entropy_of_an_addition():
    assert GENERATED["adder"].entropy_nats_per_character == pytest.approx(16 * math.log(2) / 28)
    line = adder.addition(200, 100)
    assert log_probability("adder", line + "\n") == pytest.approx(-16 * math.log(2))
    for wrong in (line[:-1] + "0", line[:-1], line + "0", "2" + line[1:], "1" * 27, ""):
        assert log_probability("adder", wrong) == -math.inf


def test_pydoc_is_one_text_of_python():
    text = generate("pydoc")
    assert text == generate("pydoc")
    assert len(text) > 400_000
    assert text.index("Assignment statements") < text.index("Coroutines") < text.index('The "while" statement')
    assert "\r" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert GENERATED["pydoc"].entropy_nats_per_character is None
    for options in ({"count": 3}, {"seed": 1}, {"without": ["x"]}):
        with pytest.raises(CharrnnError, match="pydoc: is one whole text; leave out --count, --seed and --without"):
            generate("pydoc", **options)


def test_what_cannot_be_made_is_one_clear_line():
    with pytest.raises(CharrnnError, match="novel: not a corpus that is made here; those are pydoc, adder, grammar-en"):
        generate("novel")
    with pytest.raises(CharrnnError, match="adder: --count 0 is too small"):
        generate("adder", 0)
    with pytest.raises(CharrnnError, match="pydoc: no probabilities are known"):
        log_probability("pydoc", "x")
    assert all(corpus.description for corpus in GENERATED.values())
