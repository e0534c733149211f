"""Examples of rewriting: dates, words from their end, numbers, pinyin, verbs."""

import re
from datetime import datetime

import numpy as np
import pytest

from charrnn.corpora import grammar_zh, numbers, verbs
from charrnn.corpora.generated import generate
from charrnn.text.examples import parse_pair


def pairs(name, count=None):
    return [(pair.source, pair.target) for pair in map(parse_pair, generate(name, count).splitlines())]


def test_dates_are_what_the_calendar_says():
    found = pairs("dates", 2000)
    forms = {r"\d+ [A-Z]\w+ \d{4}": "%d %B %Y", r"[A-Z]\w+ \d+, \d{4}": "%B %d, %Y", r"\d+\.\d+\.\d{4}": "%d.%m.%Y",
             r"\d+/\d+/\d{4}": "%m/%d/%Y"}  # fmt: skip
    counts = dict.fromkeys(forms, 0)
    for source, target in found:
        (form,) = (form for form in forms if re.fullmatch(form, source))
        counts[form] += 1
        assert datetime.strptime(source, forms[form]).date().isoformat() == target
        assert not re.search(r"\b0", source)
    assert min(counts.values()) > 400
    assert len({target for _, target in found}) == 2000
    years = [int(target[:4]) for _, target in found]
    assert (min(years) // 10, max(years) // 10) == (180, 219)


def test_words_are_turned_round():
    found = pairs("reversal", 2000)
    assert all(source == "".join(reversed(target)) for source, target in found)
    assert {len(source) for source, _ in found} == {3, 4, 5, 6, 7, 8}


UP_TO_TWENTY = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen"""
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
SMALL = {word: k for k, word in enumerate(UP_TO_TWENTY.split())} | {word: 10 * k for k, word in enumerate(TENS.split(), 2)}


def read_english(words):
    """The number of its words, added and multiplied from left to right."""
    total = group = 0
    for word in words.replace("-", " ").split():
        if word == "thousand":
            total, group = 1000 * group, 0
        elif word == "hundred":
            group *= 100
        elif word != "and":
            group += SMALL[word]
    return total + group


def read_chinese(numerals):
    """The number of its numerals, added and multiplied from left to right."""
    total = group = 0
    digit = None
    for one in numerals:
        if one == "万":
            total, group, digit = 10_000 * (group + (digit or 0)), 0, None
        elif one in "十百千":
            group += (1 if digit is None else digit) * {"十": 10, "百": 100, "千": 1000}[one]
            digit = None
        else:
            digit = "零一二三四五六七八九".index(one)
    return total + group + (digit or 0)


def chinese_by_striking_out(number):
    """The numerals by another way: every digit with its unit, then zeros struck out as the rules say."""
    levels = []
    for level in (number // 10_000, number % 10_000):
        levels.append("".join("零一二三四五六七八九"[level // 10**k % 10] + "千百十"[3 - k : 4 - k] for k in (3, 2, 1, 0)))
    upper, lower = (re.sub("零+", "零", re.sub("零[千百十]", "零", level)) for level in levels)
    written = upper.strip("零") + "万" + lower.rstrip("零") if upper.strip("零") else lower.strip("零")
    return re.sub("^一十", "十", written) or "零"


ALL_AND_SOME = [*range(10_000), *np.random.default_rng(0).integers(10_000, 10**6, 3000).tolist()]
ROUND = [a * 10**k + b for k in range(7) for a in (1, 9, 10, 12, 20, 90) for b in (0, 1, 3, 10, 12, 20, 100, 500, 5000)]
SOME_MORE = [*np.random.default_rng(0).integers(10_000, 10**8, 3000).tolist(), *(n for n in ROUND if n < 10**8)]


def test_english_numbers_can_be_read_back():
    numbers_read = [*ALL_AND_SOME, *(n for n in ROUND if n < 10**6)]
    assert all(read_english(numbers.in_english(number)) == number for number in numbers_read)


def test_chinese_numbers_can_be_read_back_and_are_written_by_the_rules():
    for number in ALL_AND_SOME + SOME_MORE:
        written = numbers.in_chinese(number)
        assert read_chinese(written) == number
        assert written == chinese_by_striking_out(number)
        assert "零零" not in written
        assert number == 0 or not written.startswith("零")
        assert number == 0 or not written.endswith("零")


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [
        (0, "zero", "零"), (10, "ten", "十"), (15, "fifteen", "十五"), (20, "twenty", "二十"), (42, "forty-two", "四十二"),
        (100, "one hundred", "一百"), (102, "one hundred and two", "一百零二"), (110, "one hundred and ten", "一百一十"),
        (115, "one hundred and fifteen", "一百一十五"), (1000, "one thousand", "一千"),
        (1003, "one thousand and three", "一千零三"), (1010, "one thousand and ten", "一千零一十"),
        (1203, "one thousand two hundred and three", "一千二百零三"), (12003, "twelve thousand and three", "一万二千零三"),
        (20300, "twenty thousand three hundred", "二万零三百"), (100500, "one hundred thousand five hundred", "十万零五百"),
        (205000, "two hundred and five thousand", "二十万五千"), (110000, "one hundred and ten thousand", "十一万"),
        (999999, "nine hundred and ninety-nine thousand nine hundred and ninety-nine", "九十九万九千九百九十九"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_one_says_them(number, english, chinese):
    assert numbers.in_english(number) == english
    assert numbers.in_chinese(number) == chinese


def test_large_chinese_numbers():
    assert numbers.in_chinese(10_000_000) == "一千万"
    assert numbers.in_chinese(10_010_000) == "一千零一万"
    assert numbers.in_chinese(10_000_010) == "一千万零一十"
    assert numbers.in_chinese(99_999_999) == "九千九百九十九万九千九百九十九"


@pytest.mark.parametrize(
    ("there", "back", "read", "digits"),
    [("numbers-en", "digits-en", read_english, 6), ("numerals-zh", "digits-zh", read_chinese, 8)],
)
def test_numbers_come_in_all_lengths_and_both_ways(there, back, read, digits):
    found = pairs(there, 3000)
    assert all(str(read(target)) == source for source, target in found)
    assert all(str(read(source)) == target for source, target in pairs(back, 3000))
    assert {len(source) for source, _ in found} == set(range(1, digits + 1))
    assert sorted(int(source) for source, _ in found if len(source) == 1) == list(range(10))


def test_pinyin_is_that_of_the_characters_and_comes_once():
    found = pairs("pinyin-zh", 2000)
    assert len({source for source, _ in found}) == 2000
    grammar = grammar_zh.build()
    for source, target in found:
        syllables = source.split(" ")
        assert len(syllables) == len(target)
        for syllable, character in zip(syllables, target, strict=True):
            assert syllable == character in "，。" or grammar_zh.PINYIN[character] == syllable
    assert all(grammar.log_probability(target) > -20 for _, target in found[:100])


PAST = """
go went  stop stopped  carry carried  play played  bake baked  agree agreed  panic panicked  visit visited  prefer preferred
offer offered  open opened  fix fixed  flow flowed  occur occurred  develop developed  tie tied  equip equipped  put put
read read  buy bought  bring brought  fly flew  teach taught  reach reached  lay laid  stay stayed  pay paid  pray prayed
enjoy enjoyed  cry cried  drag dragged  need needed  begin began  cut cut  wait waited  regret regretted
"""


def test_past_tenses_are_spelt_right():
    past = dict(pairs("past-tense"))
    known = PAST.split()
    assert all(past[verb] == form for verb, form in zip(known[::2], known[1::2], strict=True))
    assert (len(verbs.irregular()), len(verbs.regular())) == (163, 606)
    assert not set(verbs.irregular()) & set(verbs.regular())
    for verb, form in verbs.regular().items():
        # one syllable of consonants, one vowel, one consonant: it is doubled
        short = re.fullmatch(r"(?:[^aeiou]|(?<=q)u)+[aeiou][bdfgklmnprtvz]", verb.replace("qui", "qi"))
        assert form.endswith("ed")
        assert not short or form == verb + verb[-1] + "ed", verb
        if re.search(r"[^aeiouy]y$", verb):
            assert form == verb[:-1] + "ied"
        if re.search(r"([aeiou]{2}|[^aeiou])[^aeiouy]$|[aeiou]y$|[wx]$", verb) and "qui" not in verb and verb[-1] != "c":
            assert form == verb + "ed", verb
    assert all(form != verbs.by_rule(verb) for verb, form in verbs.irregular().items())
