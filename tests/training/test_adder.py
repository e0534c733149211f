"""The classic test of a recurrent network: 16 sigmoid units learn to add binary numbers, carry and all."""

import numpy as np

import charrnn
from charrnn.corpora.generated import generate


def test_an_elman_network_of_16_sigmoid_units_adds(tmp_path):
    """Every sum bit of 1,000 pairs that training has not seen is the likeliest character at its place."""
    lines = generate("adder", 5000, seed=1).splitlines()
    corpus, held_out = tmp_path / "sums.txt", lines[4000:]
    corpus.write_text("\n".join(lines[:4000]) + "\n")
    model = charrnn.train(
        corpus, tmp_path / "adder", lines=True, epochs=40, cell="elman-sigmoid", output="plain", hidden=16, embedding=0,
        dropout=0.0, batch_size=32, learning_rate=0.05, weight_decay=0.0,
    )  # fmt: skip
    ids = np.stack([model.vocabulary.encode("\n" + line) for line in held_out])
    _, log_probs = model.advance(model.start(len(ids)), ids[:, :-1])
    sums = slice(2, 27, 3)  # a₀ b₀ s₀ a₁ b₁ s₁ …
    assert ids.shape == (1000, 28)
    np.testing.assert_array_equal(log_probs.argmax(-1)[:, sums], ids[:, 1:][:, sums])
