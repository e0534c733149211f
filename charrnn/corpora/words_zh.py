"""The words of grammar-zh, by which its sentences are segmented.

What stands apart: nouns, verbs, adjectives, measure words, numerals, particles, places and what is in or on them (店 里), a
verb and its complement (修 好), a verb and its object (看 书). A verb and its object are one word where dictionaries have
them so (睡觉, 洗澡, 跑步, 开车). Persons and their 们 are one word (邻居们).

Segmentation takes the longest word at each place. In this grammar that is the only way to use as few words: the test of it
goes over all clauses, and from the other end as well.
"""

from functools import cache

_WORDS = """
我 他 她 它 我们 他们 老师 爸爸 妈妈 哥哥 姐姐 弟弟 妹妹 小王 小李 邻居们 邻居 朋友 人 医生 学生 工人 农民 司机 店员
手机 电脑 相机 手表 自行车 汽车 衣服 裤子 帽子 鞋子 书 词典 椅子 桌子 灯 伞 钥匙 狗 猫 鱼 面条 米饭 面包 水 茶 牛奶 药
大衣 窗户 钱 雪 门 风筝 树 花 字 作业 东西 机器 菜 报纸 饭 课 车 事 电 天 雨
图书馆 公园 教室 饭店 河边 商店 山 店 城 家 医院 学校 工厂 田 里 上
一 部 台 块 辆 件 条 顶 双 本 把 张 盏 只 碗 个 杯 瓶
买 借 修 洗 看 配 换 扔 卖 送 擦 充电 补 喂 洗澡 找 吃 做 喝 睡觉 休息 坐 穿 关 取 带 点 回家 放 种 写 跑步 散步 上课 钓
教书 看病 学习 开车 走路 骑 下 是 在 去 回去 出去 有 能 要 想 打算 准备 决定 给 向 完 掉 好 干净 一下
便宜 好用 漂亮 轻 结实 舒服 有趣 亮 新 旧 热 坏 丢 脏 破 小 病 饿 渴 累 冷 黑 晴 着急 难过 生气 伤心 担心
明天 今天 昨天 下午 每天 现在 正在 以后 再 又 很 都 不 没 的 了 那 因为 所以 ， 。
"""
WORDS = frozenset(_WORDS.split())
LONGEST = max(map(len, WORDS))


@cache
def _clause(clause: str) -> tuple[str, ...]:
    words, place = [], 0
    while place < len(clause):
        word = next(clause[place : place + n] for n in range(LONGEST, 0, -1) if clause[place : place + n] in WORDS)
        words.append(word)
        place += len(word)
    return tuple(words)


def segmented(sentence: str) -> list[str]:
    """The words of a sentence of grammar-zh, and its punctuation."""
    clauses = sentence.replace("，", "，\n").split("\n")
    return [word for clause in clauses for word in _clause(clause)]


def tagged(sentence: str) -> str:
    """The sentence, a tab, and a label a character: B where a word begins, I where it goes on."""
    return sentence + "\t" + "".join("B" + "I" * (len(word) - 1) for word in segmented(sentence))
