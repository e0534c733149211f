"""The plain reference: networks as their equations stand, gate by gate, one row and one time step after the other.

It shares nothing with the code but the names of parameters. Weights are float64; a state is {part: vector}.
"""

import numpy as np


def logistic(x):
    return 1 / (1 + np.exp(-x))


ELMAN = {"elman": np.tanh, "elman-sigmoid": logistic, "elman-relu": lambda z: np.maximum(z, 0)}


def first_state(cell, hidden):
    return {part: np.zeros(hidden) for part in (("hidden", "cell") if cell in ("lstm", "cifg") else ("hidden",))}


def step(cell, weights, x, state):
    """The state after the input vector x."""
    hidden = state["hidden"]

    def gate(name, number):
        return weights[name][..., number * len(hidden) : (number + 1) * len(hidden)]

    def of_input(number):
        return x @ gate("input", number) + gate("bias", number)

    def of_state(number):
        return hidden @ gate("recurrent", number) + (gate("recurrent_bias", number) if "recurrent_bias" in weights else 0)

    if cell == "lstm":
        i, f, g, o = (of_input(number) + of_state(number) for number in range(4))
        memory = logistic(f) * state["cell"] + logistic(i) * np.tanh(g)
        return {"hidden": logistic(o) * np.tanh(memory), "cell": memory}
    if cell == "cifg":
        f, g, o = (of_input(number) + of_state(number) for number in range(3))
        memory = logistic(f) * state["cell"] + (1 - logistic(f)) * np.tanh(g)
        return {"hidden": logistic(o) * np.tanh(memory), "cell": memory}
    if cell == "gru":
        reset, update = (logistic(of_input(number) + of_state(number)) for number in range(2))
        candidate = np.tanh(of_input(2) + reset * of_state(2))
        return {"hidden": (1 - update) * candidate + update * hidden}
    if cell == "mingru":
        update = logistic(of_input(0))
        return {"hidden": (1 - update) * hidden + update * of_input(1)}
    return {"hidden": ELMAN[cell](of_input(0) + of_state(0))}


def attended(kind, window, weights, states):
    """The outputs of attention, one time step and one attended state after the other."""
    score = {
        "additive": lambda query, key: weights["vector"][:, 0] @ np.tanh(query @ weights["query"] + key @ weights["key"]),
        "dot": lambda query, key: query @ key,
        "general": lambda query, key: query @ weights["key"] @ key,
    }[kind]
    outputs = []
    for t, state in enumerate(states):
        seen = range(max(0, t - window), t + 1)
        scores = np.array([score(state, states[s]) + weights["distance"][t - s] for s in seen])
        shares = np.exp(scores) / np.exp(scores).sum()
        context = sum(share * states[s] for share, s in zip(shares, seen, strict=True))
        outputs.append(np.tanh(state @ weights["hidden"] + context @ weights["context"] + weights["bias"]))
    return outputs


def deepened(weights, states):
    """The outputs of the deep layer."""
    befores = [np.zeros_like(states[0]), *states[:-1]]
    pairs = zip(states, befores, strict=True)
    return [np.tanh(h @ weights["hidden"] + before @ weights["before"] + weights["bias"]) for h, before in pairs]


def outputs(weights, config, ids):
    """What the softmax reads after each of a row's ids: one stack, of `weights`, one-hot vectors multiplied out."""
    signals = list(np.eye(config.vocabulary_size)[ids])
    if config.embedding:
        signals = [signal @ weights["embedding"] for signal in signals]
    for layer in weights["layers"]:
        state = first_state(config.cell, config.hidden)
        for t, signal in enumerate(signals):
            state = step(config.cell, layer, signal, state)
            signals[t] = state["hidden"]
    if config.output == "deep":
        signals = deepened(weights["deep"], signals)
    if config.attention != "none":
        signals = attended(config.attention, config.attention_window, weights["attention"], signals)
    return signals


def logits(weights, config, ids_TB):
    """Scores of the character after each, by time and row."""
    rows = [np.array(outputs(weights, config, ids)) for ids in ids_TB.T]
    if config.cutoffs:
        return np.stack([[adaptive_log_probs(weights["output"], output) for output in row] for row in rows], axis=1)
    return np.stack([row @ weights["output"]["weight"] + weights["output"]["bias"] for row in rows], axis=1)


def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum()


def adaptive_log_probs(weights, output):
    """Of all symbols, which are scores too: they are their own logarithms of probabilities."""
    head = softmax(output @ weights["weight"] + weights["bias"])
    frequent, of_clusters = np.split(head, [len(head) - len(weights["tails"])])
    inside = [softmax(output @ tail["down"] @ tail["weight"] + tail["bias"]) for tail in weights["tails"]]
    return np.log(np.concatenate([frequent, *(p * rest for p, rest in zip(of_clusters, inside, strict=True))]))


def nats(scores, target):
    return np.log(np.exp(scores).sum()) - scores[target]


def nats_of_two_directions(weights, config, rows):
    """Forward, backward and joint nats of rows x_0 … x_L."""
    backward_weights = weights["backward"] | {name: weights[name] for name in ("embedding",) if name in weights}
    joint, total = weights["joint"], 0.0
    for row in rows:
        last = len(row) - 1
        forward = dict(enumerate(outputs(weights, config, row[:-1])))  # forward[t] has read x_0 … x_t
        backward = {last - s: h for s, h in enumerate(outputs(backward_weights, config, row[:0:-1]))}  # x_L … x_t
        for t in range(last):
            total += nats(forward[t] @ weights["output"]["weight"] + weights["output"]["bias"], row[t + 1])
            out = weights["backward"]["output"]
            total += nats(backward[t + 1] @ out["weight"] + out["bias"], row[t])
            if t + 2 <= last:
                scores = forward[t] @ joint["forward"] + backward[t + 2] @ joint["backward"] + joint["bias"]
                total += nats(scores, row[t + 1])
    return total
