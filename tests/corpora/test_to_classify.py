"""Examples of classes: names of syllables, moods of sentences."""

import math
import unicodedata
from collections import Counter

import pytest

from charrnn.corpora import moods_en, moods_zh
from charrnn.corpora.generated import generate
from charrnn.corpora.moods import MOODS


def test_syllables_are_names_of_characters():
    lines = generate("syllables").splitlines()
    counts = Counter()
    for line in lines:
        script, name = line.split("\t")
        counts[script] += 1
        assert unicodedata.lookup(f"{script} syllable {name}".upper())
    assert counts == {"hangul": 1117, "yi": 1165, "ethiopic": 433}


OF_MOODS = {
    "positive": """
        Anna is very happy today.|Anna is not sad at all.|Peter is anything but gloomy this evening.
        I was in a bad mood yesterday, but now I am in high spirits.|I am not unhappy, but content.
        My parents were not cheerful at all this morning, but now they are.|Nobody in our class is sad.
        Although my sister was really depressed last night, she is happy now.
        We look miserable, but in fact we are quite happy.|The soup was far from bad.|The film was not boring at all.
        I have never seen a better play.|I have never eaten a tastier cake.|I expected a boring lesson, but it was excellent.
        We loved the book, although it was not excellent.
        妈妈今天一点儿也不难过。|我不但不伤心，反而十分开心。|哥哥昨天有点儿难过，但是现在很高兴。
        我们班没有一个人不高兴。|今天我们班没有人难过。|小李看起来很失望，其实她非常愉快。|这部电影一点儿也不无聊。
        我从来没听过这么好听的歌。|没有人不觉得这本书好看。|我以为这种菜很难吃，没想到非常好吃。|我对这门课很满意。""",
    "negative": """
        Anna is very sad today.|Anna is not happy at all.|Nobody in our class is happy.
        The children are anything but content.
        I was in a good mood yesterday, but now I am in low spirits.|The soup was far from good.
        My parents were not miserable at all this morning, but now they are.|I have never read a worse book.
        I have never seen a more boring film.|I expected an interesting lesson, but it was awful.
        We hated the film, although it was not terrible.|The hotel was not comfortable at all.
        妈妈今天一点儿也不高兴。|我不但不开心，反而有点儿难过。|哥哥昨天很高兴，但是现在有点儿难过。|我们家没有一个人不难过。
        小李看起来很愉快，其实她非常失望。|这部电影一点儿也不好看。|我从来没听过这么难听的歌。|没有人觉得这本书有趣。
        我以为这种菜很可口，没想到特别难吃。|我对这门课很失望。""",
    "neutral": """
        Anna is neither happy nor sad today.|I am not at home, but at school.|Peter is wearing a hat.
        Although I was writing a letter yesterday, I am at work now.|The film was not long at all.
        I have never seen that film.
        The soup was neither good nor bland.|I thought that the book would be long, but it was short.
        妈妈现在既不高兴，也不难过。|我今天不在家，而在学校。|虽然小王昨天在公司，但是今天在家。|这部电影不算好看，也不算难看。
        我们班没有一个人没看过这部电影。|小李没看过这本书，可是我看过。""",
}


@pytest.mark.parametrize("mood", MOODS)
def test_sentences_have_the_mood_that_a_reader_finds(mood):
    sentences = [one.strip() for line in OF_MOODS[mood].split("\n") for one in line.split("|") if one.strip()]
    for sentence in sentences:
        build = moods_en.build if sentence.isascii() else moods_zh.build
        assert {one for one in MOODS if build(one).log_probability(sentence) > -math.inf} == {mood}, sentence


@pytest.mark.parametrize("name", ["mood-en", "mood-zh"])
def test_no_sentence_has_two_moods_and_hardly_a_word_says_which(name):
    lines = [line.split("\t") for line in generate(name).splitlines()]
    assert len({text for _, text in lines}) == len(lines)
    assert min(Counter(mood for mood, _ in lines).values()) > len(lines) / 5
    for words in (("happy", "sad", "not ", "but ", "Nobody"), ("高兴", "难过", "不", "但是", "没有")):
        if words[0].isascii() != name.endswith("en"):
            continue
        for word in words:
            found = Counter(mood for mood, text in lines if word in text)
            assert 0.5 < found["positive"] / found["negative"] < 2, (word, found)
