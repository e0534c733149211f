"""What units follow, and what gates do."""

import numpy as np
import pytest

from charrnn.inspection.attention import attention
from charrnn.inspection.features import features
from charrnn.inspection.neurons import neurons
from charrnn.inspection.states import states_at
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.cells import CELLS
from charrnn.network.config import NetworkConfig
from charrnn.network.parameters import init_parameters
from charrnn.text.vocabulary import Vocabulary

TEXT = 'Say "it is 12"\n  (NOW or never)\n\nNo "end\n\nso'
VOCABULARY = Vocabulary("\n" + "".join(sorted(set(TEXT) - {"\n"})))


def network(lines=False, **form):
    config = NetworkConfig(VOCABULARY.size, hidden=6, embedding=4, **form)
    return RecurrentModel(config, VOCABULARY, init_parameters(config, 1), lines=lines)


def test_features_hold_where_they_should():
    found = features(TEXT)

    def where(name):
        return "".join(one if value else "." for one, value in zip(TEXT, found[name], strict=True))

    assert where("inside quotes").replace(".", "") == '"it is 12"end\n'
    assert where("inside brackets").replace(".", "") == "(NOW or never"
    assert where("in capitals").replace(".", "") == "OW"
    assert where("after a capital").replace(".", "") == "SNOWN"
    assert where("after a digit").replace(".", "") == "12"
    assert found["place in the line"][:4].tolist() == [0, 1, 2, 3]
    assert found["place in the line"][TEXT.index("\n") + 1] == 1
    assert found["place in the word"][TEXT.index("never") + 4] == 5
    assert found["indentation"][TEXT.index("NOW")] == 2
    assert "indentation" not in features("no blanks before")


@pytest.mark.parametrize("cell", CELLS)
def test_states_are_those_of_reading_and_correlations_pearsons(cell):
    model, ids = network(cell=cell, layers=2), VOCABULARY.encode(TEXT)
    found = neurons(model, ids, TEXT)
    assert found.states_TU.shape == (len(TEXT), 12)
    state = model.start(1)
    for k, one in enumerate(ids):
        state, _ = model.advance(state, np.array([[one]]))
        np.testing.assert_allclose(found.states_TU[k], np.concatenate([state[0].hidden[0], state[1].hidden[0]]), atol=1e-5)
    for name, values in features(TEXT).items():
        expected = [np.corrcoef(values, unit)[0, 1] for unit in found.states_TU.T]
        np.testing.assert_allclose(found.correlations[name], expected, atol=1e-4)
        best, *_ = found.followers(name, 2)
        assert abs(expected[best]) == pytest.approx(np.abs(expected).max(), abs=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_gates_are_what_the_step_uses(cell):
    """A gate that a bias holds open is open at every character, and nearly closed never."""
    model, ids = network(cell=cell), VOCABULARY.encode(TEXT)
    gates = neurons(model, ids, TEXT).gates[0]
    assert set(gates) == set(CELLS[cell].gates)
    layer = model.parameters["layers"][0]
    for k, name in enumerate(CELLS[cell].gates):
        order = {"lstm": [0, 1, 3], "cifg": [0, 2]}.get(cell, [0, 1, 2])
        held = network(cell=cell)
        bias = np.array(layer["bias"])
        bias[order[k] * 6 : (order[k] + 1) * 6] = 50
        held.parameters["layers"][0]["bias"] = bias
        closed, opened = neurons(held, ids, TEXT).gates[0][name]
        assert (opened == 1).all()
        assert (closed == 0).all()


def test_a_model_of_lines_reads_each_after_a_boundary_from_a_fresh_state():
    model = network(lines=True, attention="dot", attention_window=2)
    found = neurons(model, VOCABULARY.encode("it\nit"), "it\nit").states_TU
    np.testing.assert_allclose(found[:2], found[3:], atol=1e-6)
    shares = attention(model, VOCABULARY.encode("it\nit"))
    np.testing.assert_allclose(shares[:2], shares[3:], atol=1e-6)


def test_a_long_text_is_read_in_pieces(monkeypatch):
    model, ids = network(), VOCABULARY.encode(TEXT)
    whole = neurons(model, ids, TEXT)
    monkeypatch.setattr("charrnn.inspection.states.PIECE", 7)
    pieces = neurons(model, ids, TEXT)
    np.testing.assert_allclose(pieces.states_TU, whole.states_TU, atol=1e-6)
    for name, correlations in whole.correlations.items():
        np.testing.assert_allclose(pieces.correlations[name], correlations, atol=1e-6)
    np.testing.assert_allclose(pieces.gates[0]["forget"], whole.gates[0]["forget"])
    states = states_at(model, ids, np.array([0, 6, 7, 20]))
    np.testing.assert_allclose(states[0].hidden, np.concatenate([np.zeros((1, 6)), whole.states_TU[[5, 6, 19]]]), atol=1e-6)


def test_a_unit_that_never_changes_follows_nothing():
    model = network()
    model.parameters["layers"][0]["bias"] = np.repeat([0, 0, 0, -50.0], 6).astype(np.float32)  # no output gate opens
    assert all(np.isnan(found).all() for found in neurons(model, VOCABULARY.encode(TEXT), TEXT).correlations.values())


@pytest.mark.parametrize("output", ["plain", "deep"])
@pytest.mark.parametrize("kind", ["dot", "general", "additive"])
def test_attentions_weights_sum_to_one_and_make_the_outputs(kind, output):
    model, ids = network(attention=kind, attention_window=3, output=output), VOCABULARY.encode(TEXT)
    shares = attention(model, ids)
    assert shares.shape == (len(TEXT), 4)
    np.testing.assert_allclose(np.nansum(shares, axis=1), 1, rtol=1e-5)
    assert np.isnan(shares[0, 1:]).all()
    hidden = neurons(model, ids, TEXT).states_TU
    if output == "deep":
        deep, before = model.parameters["deep"], np.concatenate([np.zeros((1, 6)), hidden[:-1]])
        hidden = np.tanh(hidden @ deep["hidden"] + before @ deep["before"] + deep["bias"])
    weights, k = model.parameters["attention"], 20
    context = sum(shares[k, j] * hidden[k - j] for j in range(4))
    output = np.tanh(hidden[k] @ weights["hidden"] + context @ weights["context"] + weights["bias"])
    _, outputs = model.outputs(model.start(1), ids[None])
    np.testing.assert_allclose(output, outputs[0, k], atol=1e-5)
