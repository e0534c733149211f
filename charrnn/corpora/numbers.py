"""Numbers in English and in Chinese words, as lines for `--task rewrite`: source, tab, target."""

from collections.abc import Callable, Iterator

import numpy as np

ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ENGLISH_DIGITS, CHINESE_DIGITS = 6, 8  # numbers have so many at most

HAN_DIGITS = "零一二三四五六七八九"
HAN_UNITS = ("", "十", "百", "千")


def in_english(number: int) -> str:
    """A number from 0 to 999,999 in British English: 1203 is one thousand two hundred and three."""
    assert 0 <= number < 10**ENGLISH_DIGITS
    if number < 20:
        return ONES[number]
    if number < 100:
        ten, one = divmod(number, 10)
        return TENS[ten] + (f"-{ONES[one]}" if one else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{ONES[hundreds]} hundred" + (f" and {in_english(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    joint = " and " if rest < 100 else " "
    return f"{in_english(thousands)} thousand" + (joint + in_english(rest) if rest else "")


def _four_digits(number: int) -> str:
    """A number from 1 to 9999 in Chinese, one 零 for zeros between other digits, none for those at the end."""
    written, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            written += ("零" if gap and written else "") + HAN_DIGITS[digit] + HAN_UNITS[place]
        gap = not digit
    return written


def in_chinese(number: int) -> str:
    """A number from 0 to 99,999,999 in Chinese numerals: 12003 is 一万二千零三.

    二 is written everywhere (二百, not 两百), and 十 for 一十 where a number begins with it. Four digits are one level
    each; where the lower level begins with zeros, one 零 stands for them (十万零五百), and zeros at the end of the upper
    level are not read (二十万五千).
    """
    assert 0 <= number < 10**CHINESE_DIGITS
    if not number:
        return HAN_DIGITS[0]
    upper, lower = divmod(number, 10_000)
    written = f"{_four_digits(upper)}万" if upper else ""
    if lower:
        written += ("零" if upper and lower < 1000 else "") + _four_digits(lower)
    return written.removeprefix("一") if written.startswith("一十") else written


def _numbers(digits: int, random: np.random.Generator) -> Iterator[int]:
    """Numbers without end of up to so many digits, each length as often; those of several digits end in zeros or have
    zeros inside more often than by chance, as their words are where the rules lie."""
    while True:
        length = int(random.integers(1, digits + 1))
        first, *rest = random.integers(0, 10, length).tolist()
        if length > 1:
            first = first or 1 + int(random.integers(9))
            rest = [0 if random.random() < 0.25 else digit for digit in rest]
        yield int("".join(map(str, (first, *rest))))


def lines_of(
    digits: int, words: Callable[[int], str], *, back: bool = False
) -> Callable[[np.random.Generator], Iterator[str]]:
    """A source of lines with a number of up to so many digits, a tab and its words; or `back`, the words first."""

    def draws(random: np.random.Generator) -> Iterator[str]:
        for number in _numbers(digits, random):
            yield f"{words(number)}\t{number}" if back else f"{number}\t{words(number)}"

    return draws
