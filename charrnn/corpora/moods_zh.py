"""Chinese sentences and their mood: how people feel, what things were like. How moods are told is in `moods.py`."""

from collections.abc import Iterator
from functools import cache
from itertools import permutations

import numpy as np

from charrnn.corpora.grammar import Grammar, Templates
from charrnn.corpora.moods import draws, reachable, turned

# person → the pronoun that takes it up again
PEOPLE = {
    "我": "我", "我们": "我们", "爸爸": "他", "妈妈": "她", "哥哥": "他", "姐姐": "她", "弟弟": "他", "妹妹": "她",
    "小王": "他", "小李": "她", "孩子们": "他们", "邻居们": "他们", "同学们": "他们",
}  # fmt: skip
NOW = ("今天", "现在")
BEFORE = ("昨天", "前天", "上个星期", "上个月")
GROUPS = ("我们班", "我们家", "我们村", "我们学校", "办公室里", "教室里")
MUCH = ("很", "非常", "特别", "十分")

ADJECTIVES = {"+": ("高兴", "开心", "快乐", "愉快"), "-": ("难过", "伤心", "失望", "郁闷", "痛苦")}
# what is said of a person who is {adjective+}
OF_PEOPLE = (
    "{person}{{now}}{{feeling+}}。",
    "{person}{{feeling+}}。",
    "{person}{{now}}一点儿也不{{adjective-}}。",
    "{person}{{now}}并不{{adjective-}}，反而{{feeling+}}。",
    "{person}不但不{{adjective-}}，反而{{feeling+}}。",
    "{person}{{before}}{{feeling-}}，但是{{now}}{{feeling+}}。",
    "{person}{{before}}一点儿也不{{adjective+}}，可是{it}{{now}}{{feeling+}}。",
    "虽然{person}{{before}}{{feeling-}}，但是{it}{{now}}{{feeling+}}。",
    "{person}{{now}}{{feeling+}}，虽然{it}{{before}}{{feeling-}}。",
    "{person}看起来{{feeling-}}，其实{it}{{feeling+}}。",
    "{person}看起来{{feeling-}}，其实{it}一点儿也不{{adjective-}}。",
)
OF_GROUPS = (
    "{group}人人都{{feeling+}}。",
    "{group}没有一个人{{adjective-}}。",
    "{{now}}{group}没有人{{adjective-}}。",
    "{{now}}{group}没有人不{{adjective+}}。",
    "{group}没有一个人不{{adjective+}}。",
)
PLACES = ("在家", "在学校", "在公司", "在图书馆", "在城里", "在公园里", "在商店里")
ACTS = ("在看报纸", "在写信", "在喝茶", "在等车", "在做饭", "在洗衣服")
NEUTRAL_OF_PEOPLE = (
    "{person}{{now}}{{place}}。",
    "{person}现在{{act}}。",
    "{person}{{now}}{{not-but}}。",
    "{person}{{before}}{{was-now}}。",
    "{person}{{before}}不{{place}}，可是{it}{{now}}{{place}}。",
    "虽然{person}{{before}}{{was-now}}。",
    "{person}{{now}}既不{{adjective+}}，也不{{adjective-}}。",
    "{person}{{now}}既不{{adjective-}}，也不{{adjective+}}。",
)
NEUTRAL_OF_GROUPS = ("{group}没有人{{quiet}}。", "{group}人人都{{quiet}}。", "现在{group}没有一个人{{quiet}}。")

# thing → its measure word, what one has done with it, adjectives that praise and that blame it
THINGS = {
    "电影": ("部", "看", ("好看", "精彩", "有趣"), ("难看", "无聊")),
    "电视剧": ("部", "看", ("好看", "精彩", "有趣"), ("难看", "无聊")),
    "书": ("本", "看", ("好看", "有趣"), ("难懂", "无聊")),
    "小说": ("本", "看", ("好看", "精彩", "有趣"), ("难看", "无聊")),
    "歌": ("首", "听", ("好听", "动人"), ("难听", "无聊")),
    "音乐会": ("场", "听", ("好听", "精彩"), ("难听", "无聊")),
    "故事": ("个", "听", ("动人", "精彩", "有趣"), ("无聊",)),
    "课": ("门", "上", ("有趣", "实用"), ("无聊", "难懂")),
    "菜": ("种", "吃", ("好吃", "可口"), ("难吃",)),
    "点心": ("种", "吃", ("好吃", "可口"), ("难吃",)),
}
LIKED = {"+": "满意", "-": "失望"}
# {it} is this one, 这部电影
OF_THINGS = (
    "{it}{{quality:{thing}+}}。",
    "{it}一点儿也不{{plain:{thing}-}}。",
    "{it}不但不{{plain:{thing}-}}，反而{{quality:{thing}+}}。",
    "我从来没{done}过这么{{plain:{thing}+}}的{thing}。",
    "没有比{it}更{{plain:{thing}+}}的{thing}了。",
    "我以为{it}{{quality:{thing}-}}，没想到{{quality:{thing}+}}。",
    "有人说{it}{{quality:{thing}-}}，我却觉得{{quality:{thing}+}}。",
    "我觉得{it}{{quality:{thing}+}}，虽然有人说{{quality:{thing}-}}。",
    "我不觉得{it}{{plain:{thing}-}}，我觉得{{quality:{thing}+}}。",
    "大家都觉得{it}{{quality:{thing}+}}。",
    "我对{it}{{liked+}}。",
    "我对{it}一点儿也不{{content-}}。",
    "没有人对{it}{{content-}}。",
    "没有人觉得{it}{{plain:{thing}-}}。",
    "没有人不觉得{it}{{plain:{thing}+}}。",
)
NEUTRAL_OF_THINGS = (
    "{it}不算{{plain:{thing}+}}，也不算{{plain:{thing}-}}。",
    "{it}不算{{plain:{thing}-}}，也不算{{plain:{thing}+}}。",
    "我没{done}过{it}。",
    "我{done}过{it}，但是小王没{done}过。",
    "小李没{done}过{it}，可是我{done}过。",
    "我以为小王{done}过{it}，没想到他没{done}过。",
    "我们班没有人{done}过{it}。",
    "我们班没有一个人没{done}过{it}。",
)


def _words(sign: str, of: str) -> dict[str, Templates]:
    """The rules of {name<sign>}, being the words that are `of` that side in positive sentences."""
    degrees = MUCH if of == "+" else (*MUCH, "有点儿")  # 有点儿 goes with what is bad
    rules: dict[str, Templates] = {
        f"adjective{sign}": dict.fromkeys(ADJECTIVES[of], 1),
        f"feeling{sign}": {much + word: 1 for much in degrees for word in ADJECTIVES[of]},
        f"content{sign}": {LIKED[of]: 1},
        f"liked{sign}": {much + LIKED[of]: 1 for much in degrees},
    }
    for thing, (_, _, praise, blame) in THINGS.items():
        words = praise if of == "+" else blame
        rules[f"plain:{thing}{sign}"] = dict.fromkeys(words, 1)
        rules[f"quality:{thing}{sign}"] = {much + word: 1 for much in degrees for word in words}
    return rules


@cache
def build(mood: str) -> Grammar:
    """The grammar of the sentences of that mood."""
    neutral = mood == "neutral"
    people, groups = (NEUTRAL_OF_PEOPLE, NEUTRAL_OF_GROUPS) if neutral else (OF_PEOPLE, OF_GROUPS)
    things: dict[str, float] = {}
    for thing, (measure, done, _, _) in THINGS.items():
        forms = {"thing": thing, "done": done, "it": f"这{measure}{thing}"}
        things |= {template.format(**forms): 1 for template in (NEUTRAL_OF_THINGS if neutral else OF_THINGS)}
    rules: dict[str, Templates] = {
        "sentence": {"{people}": 6, "{groups}": 1, "{things}": 4},
        "people": {one.format(person=person, it=it): 1 for person, it in PEOPLE.items() for one in people},
        "groups": {template.format(group=group): 1 for template in groups for group in GROUPS},
        "things": things,
        "now": dict.fromkeys(NOW, 1),
        "before": dict.fromkeys(BEFORE, 1),
        "place": dict.fromkeys(PLACES, 1),
        "not-but": {f"不{one}，而{other}": 1 for one, other in permutations(PLACES, 2)},
        "was-now": {f"{one}，但是{{now}}{other}": 1 for one, other in permutations(PLACES, 2)},
        "act": dict.fromkeys(ACTS, 1),
        "quiet": dict.fromkeys(ACTS[:3], 1),
    }
    return Grammar(reachable(rules | turned(_words, mood)))


def draw(random: np.random.Generator) -> Iterator[str]:
    """Lines without end: mood, tab, sentence."""
    return draws(build, random)
