"""Examples of labels a character: Chinese words, English spaces, noun phrases, bits of sums."""

import math
import re
from functools import cache
from itertools import product

import pytest

from charrnn.corpora import grammar_en, grammar_zh, to_tag, words_zh
from charrnn.corpora.generated import generate
from charrnn.text.examples import parse_tagged


@cache
def clauses():
    """Every clause of grammar-zh, with the punctuation behind it."""
    grammar = grammar_zh.build()
    known = {}

    def of(symbol):
        if symbol not in known:
            known[symbol] = [
                "".join(texts)
                for choice in grammar.choices[symbol]
                for texts in product(*(of(part.text) if part.kind == "symbol" else [part.text] for part in choice.parts))
            ]
        return known[symbol]

    return sorted({clause for sentence in of("sentence") for clause in re.findall("[^，。]+[，。]", sentence)})


def fewest_words(clause):
    """How many words a clause has at least, and in how many ways so few are possible."""
    fewest = [(0, 1)]  # of the clause up to each place
    for end in range(1, len(clause) + 1):
        before = [fewest[k] for k in range(max(0, end - words_zh.LONGEST), end) if clause[k:end] in words_zh.WORDS]
        count = min((count for count, _ in before), default=1000)
        fewest.append((count + 1, sum(ways for one, ways in before if one == count)))
    return fewest[-1]


def from_the_end(clause):
    """The words of a clause, the longest one at each place from its end."""
    words = []
    while clause:
        words.append(next(clause[k:] for k in range(max(0, len(clause) - words_zh.LONGEST), len(clause))
                          if clause[k:] in words_zh.WORDS))  # fmt: skip
        clause = clause.removesuffix(words[-1])
    return words[::-1]


def test_every_clause_of_the_chinese_grammar_has_its_words_and_no_others():
    used = set()
    assert len(clauses()) > 20_000
    for clause in clauses():
        words = words_zh.segmented(clause)
        used.update(words)
        assert fewest_words(clause) == (len(words), 1), (clause, words)
        assert from_the_end(clause) == words
    assert used == words_zh.WORDS


@pytest.mark.parametrize(
    "words",
    [
        "我 的 手机 坏 了 ， 我 打算 买 一 部 新 手机 。",
        "邻居们 现在 正在 河边 钓 鱼 。",
        "弟弟 病 了 ， 他 想 去 医院 看 医生 。",
        "小王 的 狗 脏 了 ， 他 要 给 它 洗澡 。",
        "他们 没 钱 了 ， 他们 决定 去 城 里 取 钱 。",
        "妈妈 每天 在 医院 给 人 看病 。",
        "老师 昨天 买 的 那 双 鞋子 很 便宜 。",
        "她 吃 完 饭 以后 再 去 图书馆 写 作业 。",
    ],
)
def test_chinese_words_are_those_of_a_dictionary(words):
    assert words_zh.segmented(words.replace(" ", "")) == words.split()


def test_labels_say_where_chinese_words_begin():
    assert words_zh.tagged("他打算买一部新手机。") == "他打算买一部新手机。\tBBIBBBBBIB"
    grammar = grammar_zh.build()
    for line in generate("words-zh", 300).splitlines():
        text, labels = line.split("\t")
        assert grammar.log_probability(text) > -math.inf
        assert [len(word) for word in words_zh.segmented(text)] == [len(word) for word in re.findall("BI*", labels)]
        assert set(labels) <= {"B", "I"}


def test_spaces_and_capitals_can_be_put_back():
    assert to_tag.squeezed("Anna is ill, so I go.") == "annaisill,soigo.\tC..s.s...s.sD..."
    grammar = grammar_en.build()
    for line in generate("spaces-en", 300).splitlines():
        text, labels = line.split("\t")
        assert text == text.lower()
        back = "".join(
            (one.upper() if label in "CD" else one) + " " * (label in "sD") for one, label in zip(text, labels, strict=True)
        )
        assert grammar.log_probability(back) > -math.inf, back


def test_labels_are_the_bits_of_the_sum():
    assert to_tag.addition_in_steps(3, 1) == "310000000\t001000000"
    seen = set()
    for line in generate("adder-steps", 2000).splitlines():
        steps, labels = line.split("\t")
        a = sum(int(step) % 2 << k for k, step in enumerate(steps))
        b = sum(int(step) // 2 << k for k, step in enumerate(steps))
        assert a + b == sum(int(label) << k for k, label in enumerate(labels))
        assert len(steps) == len(labels) == 9
        assert max(a, b) < 256
        seen.add((a, b))
    assert len(seen) == 2000


@pytest.mark.parametrize(
    ("sentence", "spans"),
    [
        ("My phone is broken, I am going to buy a new one.", "0-8:THING"),
        ("Anna's red hat is lost, she wants to look for it.", "0-4:PERSON 7-14:THING"),
        ("My parents' shoes are dirty, they want to clean them.", "0-10:PERSON 12-17:THING"),
        ("She is bored, so she is going to watch a film.", "39-45:THING"),
        ("His watch is lost, he wants to look for it.", "0-9:THING"),
        ("The girls who feed the horse live near the river.", "0-9:PERSON 19-28:ANIMAL 39-48:PLACE"),
        ("He is thirsty, so he wants to drink a glass of water.", "36-52:THING"),
        ("The letter from the doctors near the rivers is lost.", "0-10:THING 16-27:PERSON 33-43:PLACE"),
        ("I am tired, so I want to sit down.", ""),
    ],
)
def test_spans_are_the_noun_phrases(sentence, spans):
    assert grammar_en.build().log_probability(sentence) > -math.inf
    assert to_tag.entities(sentence) == f"{sentence}\t{spans}"


# all words of grammar-en that are outside of every span
_OUTSIDE = """
a about afternoon am and another are around at away bake bakes be beautiful because black blue bored borrow borrowed
bought broken brown buy catch chess clean cleaned closed cold cook day decided difficult dirty down drink drive drives
eat evening every feed feeds football for from gave give go goes going grow grows has have he help helps him home hungry
i ill in is it lies light like likes live lives long look looked lost meet mend mended morning narrow near new next of
old on one ones open order ordered others own owns paint painted pair plan plans play put read run rusty see sell sew
sewed she sing sings sit sleep sleeps small so sold some stay sundays teach teaches the them they thirsty this threw
throw tired to tomorrow too torn walk walks want wants was wash washed watch we week were who work works write writes
"""
OUTSIDE = _OUTSIDE.split()


def test_every_word_of_the_english_grammar_is_inside_a_span_or_known_to_be_outside():
    for line in generate("entities-en", 3000).splitlines():
        text = parse_tagged(line)
        rest = "".join(one if label == "O" else " " for one, label in zip(text.text, text.labels, strict=True))
        words = {word.removesuffix("'s").strip("'").lower() for word in re.findall(r"[A-Za-z']+", rest)} - {"s", ""}
        assert words <= set(OUTSIDE), line
        assert not re.search(r"\b(a|an|the|his|her|their|our|my) (?!new|afternoon|evening)", rest), line
