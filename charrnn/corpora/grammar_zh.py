"""A small grammar of Chinese sentences.

What stands far apart agrees: the pronoun with the subject, the measure word with the noun, and the purpose with what
went before (a phone that is broken is mended or a new one bought; a lost one is looked for), so that the verb of a
purpose often follows only from both sides. The verb of each purpose is a blank.
"""

from functools import cache

from charrnn.corpora.grammar import Grammar, Templates

# subject → the pronouns that take it up again → weight
PEOPLE: dict[str, dict[str, float]] = {
    "我": {"我": 6},
    "他": {"他": 4},
    "她": {"她": 4},
    "我们": {"我们": 3},
    "他们": {"他们": 2},
    "老师": {"他": 1, "她": 1},
    "爸爸": {"他": 2},
    "妈妈": {"她": 2},
    "哥哥": {"他": 1},
    "姐姐": {"她": 1},
    "弟弟": {"他": 1},
    "妹妹": {"她": 1},
    "小王": {"他": 1},
    "小李": {"她": 1},
    "邻居们": {"他们": 1},
}
PRONOUNS = ("我", "他", "她", "我们", "他们")

# thing → its measure word, its kind, what may be done to get to know it, what it may be like
THINGS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "手机": ("部", "machine", "买借修", ("便宜", "好用", "漂亮")),
    "电脑": ("台", "machine", "买借修", ("便宜", "好用", "轻")),
    "相机": ("台", "machine", "买借修", ("便宜", "好用", "轻")),
    "手表": ("块", "machine", "买借修", ("便宜", "漂亮", "结实")),
    "自行车": ("辆", "vehicle", "买借修洗", ("便宜", "漂亮", "轻")),
    "汽车": ("辆", "vehicle", "买借修洗", ("便宜", "舒服", "漂亮")),
    "衣服": ("件", "clothes", "买洗", ("便宜", "漂亮", "舒服")),
    "裤子": ("条", "clothes", "买洗", ("便宜", "结实", "舒服")),
    "帽子": ("顶", "clothes", "买洗", ("便宜", "漂亮", "轻")),
    "鞋子": ("双", "clothes", "买洗", ("便宜", "结实", "舒服")),
    "书": ("本", "book", "买借看", ("便宜", "有趣", "漂亮")),
    "词典": ("本", "book", "买借看", ("便宜", "好用", "有趣")),
    "椅子": ("把", "furniture", "买借修", ("便宜", "结实", "舒服")),
    "桌子": ("张", "furniture", "买借修", ("便宜", "结实", "漂亮")),
    "灯": ("盏", "furniture", "买借修", ("便宜", "漂亮", "亮")),
    "伞": ("把", "umbrella", "买借修", ("便宜", "结实", "轻")),
    "钥匙": ("把", "key", "配借", ("结实", "轻")),
    "狗": ("条", "animal", "买洗", ("漂亮", "有趣")),
    "猫": ("只", "animal", "买洗", ("漂亮", "有趣")),
}

# kind → state → purpose → weight; NEW and ONE stand for 一部新手机 and 一部手机
PLANS: dict[str, dict[str, dict[str, float]]] = {
    "machine": {
        "坏了": {"[买]NEW": 5, "[换]NEW": 2, "把它[修]好": 3, "去店里[修]它": 2, "向朋友[借]ONE": 1, "把它[扔]掉": 1},
        "丢了": {"[买]NEW": 4, "向朋友[借]ONE": 1, "回去[找]它": 3},
        "旧了": {"[换]NEW": 4, "[买]NEW": 1, "把它[卖]掉": 2, "把它[送]给朋友": 1, "把它[扔]掉": 1},
        "脏了": {"把它[擦]干净": 3},
        "没电了": {"给它[充]电": 4, "向朋友[借]ONE": 1},
    },
    "vehicle": {
        "坏了": {"[买]NEW": 2, "[换]NEW": 1, "把它[修]好": 4, "去店里[修]它": 2, "向朋友[借]ONE": 1},
        "丢了": {"[买]NEW": 3, "向朋友[借]ONE": 2, "回去[找]它": 2},
        "旧了": {"[换]NEW": 3, "[买]NEW": 1, "把它[卖]掉": 3, "把它[送]给朋友": 1},
        "脏了": {"把它[洗]干净": 4, "去店里[洗]它": 2},
    },
    "clothes": {
        "破了": {"[买]NEW": 3, "[换]ONE": 2, "把它[补]好": 3, "把它[扔]掉": 1},
        "丢了": {"[买]NEW": 3, "回去[找]它": 2},
        "旧了": {"[买]NEW": 3, "把它[扔]掉": 2, "把它[送]给朋友": 1},
        "脏了": {"[换]ONE": 3, "把它[洗]干净": 5},
        "小了": {"[买]NEW": 3, "把它[送]给朋友": 3, "把它[卖]掉": 1},
    },
    "book": {
        "破了": {"[买]NEW": 2, "把它[补]好": 3},
        "丢了": {"[买]NEW": 3, "去图书馆[借]ONE": 2, "回去[找]它": 2},
        "旧了": {"[买]NEW": 2, "把它[卖]掉": 2, "把它[送]给朋友": 2},
    },
    "furniture": {
        "坏了": {"[买]NEW": 4, "[换]NEW": 2, "把它[修]好": 4, "把它[扔]掉": 1},
        "旧了": {"[换]NEW": 3, "把它[卖]掉": 2, "把它[扔]掉": 2},
        "脏了": {"把它[擦]干净": 3},
    },
    "umbrella": {
        "坏了": {"[买]NEW": 4, "把它[修]好": 2, "把它[扔]掉": 2, "向朋友[借]ONE": 1},
        "丢了": {"[买]NEW": 3, "向朋友[借]ONE": 2, "回去[找]它": 2},
    },
    "key": {"丢了": {"[配]NEW": 3, "向邻居[借]ONE": 1, "回去[找]它": 4}},
    "animal": {
        "病了": {"带它去[看]医生": 4},
        "丢了": {"出去[找]它": 4},
        "饿了": {"[喂]它": 3, "给它[买]鱼": 1},
        "脏了": {"给它[洗]澡": 4},
    },
}
# states over which nobody is sad
PLAIN = {"旧了", "脏了", "小了", "没电了", "饿了"}
FEELINGS = {"着急": 3, "难过": 2, "生气": 2, "伤心": 1, "担心": 1}
WHEN = {"": 6, "明天": 2, "今天": 1, "下午": 1}
WISHES = {"打算": 4, "想": 3, "准备": 2, "决定": 1}

NEEDS: dict[str, dict[str, float]] = {
    "饿了": {"去饭店[吃]面条": 3, "[吃]一碗米饭": 3, "回家[做]饭": 2, "[买]一个面包": 2},
    "渴了": {"[喝]一杯水": 3, "[喝]一杯茶": 2, "[买]一瓶牛奶": 1},
    "累了": {"回家[睡]觉": 3, "回家[休]息": 2, "在椅子上[坐]一下": 1},
    "病了": {"去医院[看]医生": 4, "在家[休]息": 2, "去医院[买]药": 1},
    "很冷": {"[穿]一件大衣": 3, "[喝]一杯热茶": 2, "[关]上窗户": 1},
    "没钱了": {"去城里[取]钱": 3, "向朋友[借]钱": 2, "把旧书[卖]掉": 1},
}
SKIES: dict[str, dict[str, float]] = {
    "下雨了": {"[带]一把伞": 4, "[关]上窗户": 2},
    "下雪了": {"[穿]一件大衣": 3, "出去[看]雪": 1},
    "天黑了": {"[点]一盏灯": 2, "[回]家": 3, "[关]上门": 1},
    "天晴了": {"去公园[放]风筝": 2, "去河边[洗]衣服": 1, "去山上[种]树": 1},
}
PLACES: dict[str, dict[str, float]] = {
    "图书馆": {"看书": 4, "借书": 2, "写作业": 2},
    "公园": {"跑步": 3, "散步": 3, "看花": 1, "放风筝": 1},
    "教室": {"上课": 3, "写字": 1, "做作业": 2},
    "饭店": {"吃面条": 2, "喝茶": 1},
    "河边": {"钓鱼": 2, "洗衣服": 1, "看书": 1},
    "商店": {"买东西": 3, "买鞋子": 1},
    "山上": {"种树": 2, "看雪": 1},
}
# "{go}" is a place and what is done there
DAYS = {
    "每天都在{go}。": 3,
    "现在正在{go}。": 2,
    "明天要在{go}。": 2,
    "昨天在{go}了。": 2,
    "今天有事，不能去{go}。": 2,
    "每天{travel}去{go}。": 2,
    "{chore}以后再去{go}。": 2,
}
TRAVELS = {"坐车": 3, "走路": 2, "骑车": 2}
CHORES = {"吃完饭": 3, "写完作业": 2, "洗完衣服": 1, "看完报纸": 1, "下了课": 1}
JOBS = {
    "老师": "学校教书",
    "医生": "医院给人看病",
    "学生": "学校学习",
    "工人": "工厂做机器",
    "农民": "田里种菜",
    "司机": "城里开车",
    "店员": "商店卖东西",
}


# toneless pinyin, and the characters of this grammar that are read so in its words
READINGS = """
ba 把爸  bao 报包  bei 杯备  ben 本  bian 边  biao 表  bing 病  bu 部步补不  ca 擦  cai 菜  cha 茶  chang 厂  che 车
cheng 城  chi 吃  chong 充  chu 出  chuan 穿  chuang 窗  ci 词  da 打大  dai 带  dan 担  de 的  deng 灯  di 弟
dian 店电典点  diao 掉钓  ding 定顶  diu 丢  dong 东  dou 都  e 饿  fan 饭  fang 放  feng 风  fu 服  gan 干  ge 哥个
gei 给  gong 公工  gou 狗  guan 馆关  guo 过  hao 好  he 喝河  hei 黑  hen 很  hou 后  hu 户  hua 花  huai 坏  huan 换
hui 回  ji 机急  jia 家  jian 件  jiao 教觉  jie 借姐结  jin 今  jing 净  jiu 旧  ju 居  jue 决  kai 开  kan 看
ke 课渴  ku 裤  kuai 块  lao 老  le 了  lei 累  leng 冷  li 里李  liang 辆亮  lin 邻  lu 路  ma 妈  mai 买卖  mao 帽猫
mei 妹没每  men 们门  mi 米  mian 面  min 民  ming 明  na 那  nai 奶  nan 难  nao 脑  neng 能  niu 牛  nong 农  pao 跑
pei 配  peng 朋  pian 便  piao 漂  ping 瓶  po 破  qi 汽骑器气  qian 钱  qing 轻晴  qu 去取趣  re 热  ren 人  reng 扔
san 散伞  shan 山  shang 上伤商  sheng 生  shi 是事室师匙实  shou 手  shu 书树舒  shuang 双  shui 睡水  si 司  song 送
suan 算  suo 所  ta 他她它  tai 台  tian 天田  tiao 条  tu 图  wan 完碗  wang 王  wei 为喂  wo 我  wu 午  xi 洗习息西
xia 下  xian 现  xiang 想相向  xiao 小校  xie 鞋写  xin 新心  xing 行  xiu 修休  xue 学雪  yao 要药钥  ye 业
yi 一衣椅医宜以  yin 因  yong 用  you 有又友  yu 雨鱼  yuan 园院员  zai 在再  zang 脏  zao 澡  zhan 盏  zhang 张
zhao 找着  zheng 正筝  zhi 只纸  zhong 种  zhun 准  zhuo 桌  zi 自子字  zou 走  zuo 坐做作昨
"""
_fields = READINGS.split()
PINYIN = {
    character: pinyin for pinyin, characters in zip(_fields[::2], _fields[1::2], strict=True) for character in characters
}
HOMOPHONES = {
    pinyin: characters for pinyin, characters in zip(_fields[::2], _fields[1::2], strict=True) if len(characters) > 1
}


def _thing(name: str, plan: str) -> str:
    measure = THINGS[name][0]
    return plan.replace("NEW", f"一{measure}新{name}").replace("ONE", f"一{measure}{name}")


def _done(plan: str) -> str:
    """A purpose as something that was done: 买了一部新手机, 把它修好了."""
    return plan.replace("]", "]了") if plan.endswith(("NEW", "ONE")) else plan + "了"


def _thing_rules() -> dict[str, Templates]:
    """What is told of each thing: state and purpose, in three orders; what it is like; what one looks for."""
    rules: dict[str, Templates] = {}
    bought: dict[str, float] = {}
    wanted: dict[str, float] = {}
    for name, (measure, kind, verbs, qualities) in THINGS.items():
        for state, plans in PLANS[kind].items():
            rules[f"plan:{name}:{state}"] = {_thing(name, plan): weight for plan, weight in plans.items()}
            rules[f"done:{name}:{state}"] = {_thing(name, _done(plan)): weight for plan, weight in plans.items()}
        rules[f"verb:{name}"] = dict.fromkeys(verbs, 1)
        rules[f"quality:{name}"] = dict.fromkeys(qualities, 1)
        bought[f"昨天{{verb:{name}}}的那{measure}{name}很{{quality:{name}}}。"] = 1
        pairs = [f"又{a}又{b}" for a in qualities for b in qualities if a != b]
        rules[f"qualities:{name}"] = dict.fromkeys(pairs, 1)
        wanted[f"[{verbs[0]}]一{measure}{{qualities:{name}}}的{name}。"] = 1
    return rules | {"bought": bought, "wanted": wanted}


def _pronoun_rules(pronoun: str) -> dict[str, Templates]:
    """How a sentence goes on behind a subject that this pronoun takes up again."""
    story: dict[str, float] = {}
    because: dict[str, float] = {}
    reverse: dict[str, float] = {}
    for name, (_, kind, _, _) in THINGS.items():
        for state in PLANS[kind]:
            turn = pronoun if state in PLAIN else f"{{turn:{pronoun}}}"
            key = f"{name}:{state}"
            story[f"{name}{state}，{turn}{{when}}{{wish}}{{plan:{key}}}。"] = 1
            because[f"{name}{state}，所以{pronoun}{{done:{key}}}。"] = 1
            reverse[f"{{plan:{key}}}，因为{pronoun}的{name}{state}。"] = 1
    needs = {f"{state}，{pronoun}{{wish}}{{need:{state}}}。": 1.0 for state in NEEDS}
    plural = "都" if pronoun.endswith("们") else ""
    return {
        f"turn:{pronoun}": {pronoun: 3, f"{pronoun}很{{feeling}}，": 1},
        f"story:{pronoun}": story,
        f"because:{pronoun}": because,
        f"reverse:{pronoun}": reverse,
        f"of:{pronoun}": {
            f"的{{story:{pronoun}}}": 40,
            f"{{wish}}{{reverse:{pronoun}}}": 10,
        }
        | {need: 20 * weight / len(needs) for need, weight in needs.items()},
        f"job:{pronoun}": {f"{plural}是{job}，{pronoun}每天在{work}。": 1 for job, work in JOBS.items()},
    }


@cache
def build() -> Grammar:
    """The grammar of grammar-zh."""
    sentence: dict[str, float] = {}
    rules: dict[str, Templates] = {"sentence": sentence}
    for person, pronouns in PEOPLE.items():
        for pronoun, weight in pronouns.items():
            sentence[f"{person}{{of:{pronoun}}}"] = 50 * weight
            sentence[f"因为{person}的{{because:{pronoun}}}"] = 10 * weight
            if person != "老师":
                sentence[f"{person}{{job:{pronoun}}}"] = 5 * weight
        weight = sum(pronouns.values())
        sentence[f"{person}{{free}}"] = 28 * weight
        for sky in SKIES:
            sentence[f"{sky}，{person}要{{sky:{sky}}}。"] = 7 * weight / len(SKIES)
    for pronoun in PRONOUNS:
        rules |= _pronoun_rules(pronoun)
    rules |= _thing_rules()
    rules |= {f"need:{state}": plans for state, plans in NEEDS.items()}
    rules |= {f"sky:{sky}": plans for sky, plans in SKIES.items()}
    rules["free"] = {"{day}": 14, "{bought}": 8, "{wish}{wanted}": 6}  # sentences without a pronoun
    rules |= {"when": WHEN, "wish": WISHES, "feeling": FEELINGS, "day": DAYS, "travel": TRAVELS, "chore": CHORES}
    rules["go"] = {place + act: weight for place, acts in PLACES.items() for act, weight in acts.items()}
    return Grammar(rules)
