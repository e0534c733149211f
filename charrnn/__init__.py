"""charrnn: character-level text generation and scoring with recurrent networks.

import charrnn
model = charrnn.train("corpus.txt", "my-model", minutes=1)   # or charrnn.load("my-model")
print(charrnn.sample(model, prime="Once", length=200))
for score in charrnn.score(model, ["To be or not to be"]):
    print(score.tally.bits_per_character, score.text)
"""

from charrnn.api import (
    bench,
    compare,
    corpus,
    embed,
    fill,
    info,
    inspect,
    load,
    mix,
    ngram,
    predict,
    rescore,
    resume,
    sample,
    score,
    train,
)
from charrnn.errors import CharrnnError

__all__ = [
    "CharrnnError",
    "bench",
    "compare",
    "corpus",
    "embed",
    "fill",
    "info",
    "inspect",
    "load",
    "mix",
    "ngram",
    "predict",
]
__all__ += ["rescore", "resume", "sample", "score", "train"]
