"""Noun phrases that can be read in two ways, with the tree of each, as lines for `--task tree`.

The root's label says what the words in front (or behind) describe: `first` is the first noun, `last` the last one, `both`
are the two of them. The words are the same in both readings, so only the tree tells them apart.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import permutations, product
from typing import TypeVar

import numpy as np

from charrnn.corpora.drawing import Lines, bare, too_few
from charrnn.errors import CharrnnError

Item = TypeVar("Item")
Readings = tuple[str, str]  # the two trees of a phrase


def _tree(label: str, *children: str) -> str:
    """A node, whose children are words or nodes in brackets."""
    return f"({label} {' '.join(child if child.startswith('(') else f'(_ {child})' for child in children)})"


MANNERS = ("old", "young", "rich", "poor", "happy", "tired", "famous", "foreign", "hungry", "brave", "clever", "kind")
PLURALS = ("men", "women", "boys", "girls", "doctors", "teachers", "farmers", "workers", "students", "nurses", "singers",
           "writers")  # fmt: skip
ORIGINS = ("old", "foreign", "strange", "German", "French", "English", "Italian", "Spanish", "Russian", "Japanese",
           "American", "Chinese")  # fmt: skip
WARES = ("car", "book", "clock", "carpet", "stamp", "coin", "wine", "toy", "furniture", "art", "doll", "piano")
TRADERS = ("dealer", "collector", "seller", "lover", "expert", "dealers", "collectors", "sellers", "lovers", "experts")
WORKS = ("pictures of", "photographs of", "paintings of", "stories about", "films about", "songs about", "books about")
SUBJECTS = ("children", "women", "soldiers", "farmers", "singers", "dancers", "fishermen", "students")
COUNTRIES = ("Spain", "France", "Italy", "Poland", "Norway", "India", "Japan", "Mexico")


@cache
def in_english() -> list[Readings]:
    """Phrases of three kinds: old men and women; an old car dealer, without the article; pictures of children from Spain."""
    found = []
    for manner, (one, other) in product(MANNERS, permutations(PLURALS, 2)):
        joined = _tree("_", one, "and", other)
        found.append((_tree("first", _tree("_", manner, one), "and", other), _tree("both", manner, joined)))
    for origin, ware, trader in product(ORIGINS, WARES, TRADERS):
        found.append((_tree("first", _tree("_", origin, ware), trader), _tree("last", origin, _tree("_", ware, trader))))
    for work, subject, country in product(WORKS, SUBJECTS, COUNTRIES):
        origin = _tree("_", "from", country)
        of_what, about = work.split()
        found.append(
            (
                _tree("first", _tree("_", of_what, _tree("_", about, subject)), origin),
                _tree("last", of_what, _tree("_", about, _tree("_", subject, origin))),
            )
        )
    return found


COUNTS = ("两个", "三个", "四个", "五个", "六个", "七个", "八个", "九个", "十个", "几个")
# what can be counted with 个 and has people, and people of it
BODIES = ("大学", "学校", "公司", "工厂", "城市", "俱乐部", "村子", "部门", "小组", "单位")
MEMBERS = ("老师", "学生", "工人", "医生", "司机", "代表", "朋友", "客人", "领导", "年轻人")
OWNERS = ("老师", "学生", "医生", "校长", "经理", "司机", "演员", "作家", "邻居", "同学")
RELATED = ("孩子", "朋友", "弟弟", "妹妹", "客人", "同事", "助手", "对手")
TRAITS = ("聪明", "年轻", "善良", "勤奋", "热情", "有名", "勇敢", "幽默")
MEN = ("老师", "学生", "医生", "工人", "演员", "作家", "记者", "司机", "律师", "护士")


@cache
def in_chinese() -> list[Readings]:
    """Phrases of three kinds: 两个大学的老师 (and 两个老师的孩子); 聪明的老师的孩子; 年轻的老师和学生."""
    found = []
    for count, (owner, owned) in product(COUNTS, (*product(BODIES, MEMBERS), *product(OWNERS, RELATED))):
        owners, whole = _tree("_", count, owner), _tree("_", owner, "的", owned)
        found.append((_tree("first", owners, "的", owned), _tree("last", count, whole)))
    for trait, (owner, owned) in product(TRAITS, product(OWNERS, RELATED)):
        owners, whole = _tree("_", trait, "的", owner), _tree("_", owner, "的", owned)
        found.append((_tree("first", owners, "的", owned), _tree("last", trait, "的", whole)))
    for trait, (one, other) in product(TRAITS, permutations(MEN, 2)):
        described, joined = _tree("_", trait, "的", one), _tree("_", one, "和", other)
        found.append((_tree("first", described, "和", other), _tree("both", trait, "的", joined)))
    return found


def _shuffled(random: np.random.Generator, items: Sequence[Item]) -> list[Item]:
    return [items[k] for k in random.permutation(len(items)).tolist()]


def lines_of(name: str, phrases: Callable[[], Sequence[Readings]]) -> Lines:
    """A maker of lines: phrases in random order, each in both its readings, one below the other, either first.

    It raises CharrnnError where the count is odd, and where there are fewer lines. A phrase of which one reading is to be
    left out is left out.
    """

    def lines(count: int, seed: int, without: Sequence[str]) -> list[str]:
        if count % 2:
            raise CharrnnError(f"{name}: each phrase comes in both its readings, so --count {count} cannot be; make it even")
        random = np.random.default_rng(seed)
        unwanted = bare(without)
        there = [readings for readings in phrases() if not unwanted & {*readings}]
        if 2 * len(there) < count:
            raise too_few(name, 2 * len(there), count)
        return [line for readings in _shuffled(random, there)[: count // 2] for line in _shuffled(random, readings)]

    return lines
