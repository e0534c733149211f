"""The adaptive softmax: against the plain reference and finite differences, in blocks, in models of every kind of use."""

import itertools

import jax
import numpy as np
import pytest

import charrnn
from charrnn.errors import CharrnnError
from charrnn.inspection.gradients import reach
from charrnn.models.recurrent import RecurrentModel
from charrnn.network.config import NetworkConfig
from charrnn.network.forward import apply, zero_state
from charrnn.network.loss import LEAST_BLOCK, pick_targets, target_log_probs
from charrnn.network.output import log_softmax, logits_of
from charrnn.network.parameters import init_parameters
from charrnn.network.precision import bfloat16_product
from charrnn.text.vocabulary import MANY, Vocabulary, to_units
from charrnn.training.clusters import best_cutoffs, scores_a_character
from charrnn.training.options import TrainOptions
from charrnn.training.plan import make_plan
from charrnn.training.start import start
from charrnn.trees import map_tree
from tests import reference
from tests.conftest import SMALL
from tests.gradients import assert_gradient_of_nats

ROWS, TIME, SYMBOLS, HIDDEN, CUTOFFS = 3, 5, 19, 33, (4, 9)


def network(**more):
    config = NetworkConfig(SYMBOLS, "gru", 1, HIDDEN, 6, cutoffs=CUTOFFS, **more)
    random = np.random.default_rng(5)
    return config, map_tree(lambda a: a + random.normal(0, 0.3, a.shape).astype(np.float32), init_parameters(config, 1))


def draw_ids(seed=0, time=TIME):
    return np.random.default_rng(seed).integers(0, SYMBOLS, (time, ROWS)).astype(np.int32)


def test_its_probabilities_are_those_of_the_plain_reference():
    config, parameters = network()
    wanted = reference.logits(map_tree(np.float64, parameters), config, draw_ids())
    np.testing.assert_allclose(np.exp(wanted).sum(-1), 1)
    for compiled in (False, True):
        _, logits = apply(parameters, config, draw_ids(), zero_state(config, ROWS), compiled=compiled)
        np.testing.assert_allclose(log_softmax(logits, 0.0), wanted, rtol=1e-4, atol=1e-5)


def test_the_gradient_equals_central_differences():
    """The compiled float32 gradient against differences of the reference in float64, ε = 1e-6."""
    config, parameters = network()
    assert_gradient_of_nats(config, parameters, draw_ids(), draw_ids(1), 1e-6, abs=3e-6)


def outputs_and_targets(low=0, high=SYMBOLS):
    """Outputs of more places than a block has, and their targets, which are from `low` to below `high`."""
    random = np.random.default_rng(2)
    outputs_TBH = random.normal(size=(LEAST_BLOCK, ROWS, HIDDEN)).astype(np.float32)
    return outputs_TBH, random.integers(low, high, (LEAST_BLOCK, ROWS)).astype(np.int32)


@pytest.mark.parametrize("unknown", [0.0, 0.01])
def test_targets_are_picked_from_the_whole_distribution_and_so_is_their_gradient(unknown):
    """The blocks, and their gradient written out, against all scores and autodiff: of targets in the head alone, in one
    cluster alone, and anywhere."""
    softmax = network()[1]["output"]
    weights_TB = np.random.default_rng(3).normal(size=(LEAST_BLOCK, ROWS))

    def from_all(softmax, outputs_TBH, targets_TB):
        log_probs_TB = pick_targets(logits_of(softmax, outputs_TBH), targets_TB, unknown)
        return (log_probs_TB * weights_TB).sum(), log_probs_TB

    def from_clusters(softmax, outputs_TBH, targets_TB):
        log_probs_TB = target_log_probs(softmax, outputs_TBH, targets_TB, unknown)
        return (log_probs_TB * weights_TB).sum(), log_probs_TB

    one, other = (jax.jit(jax.grad(way, argnums=(0, 1), has_aux=True)) for way in (from_clusters, from_all))
    for low, high in ((0, CUTOFFS[0]), (CUTOFFS[1], SYMBOLS), (0, SYMBOLS)):
        outputs_TBH, targets_TB = outputs_and_targets(low, high)
        all_TBV = log_softmax(logits_of(softmax, outputs_TBH), unknown)
        np.testing.assert_allclose(np.exp(all_TBV).sum(-1), 1, rtol=1e-5)
        gradient, log_probs_TB = one(softmax, outputs_TBH, targets_TB)
        wanted_TB = np.take_along_axis(all_TBV, targets_TB[..., None], -1)[..., 0]
        np.testing.assert_allclose(log_probs_TB, wanted_TB, rtol=1e-5, atol=1e-5)
        wanted, _ = other(softmax, outputs_TBH, targets_TB)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), gradient, wanted)


def test_products_in_bfloat16_are_near_those_in_float32():
    """bfloat16 has 8 bits of mantissa: what is of size 1 is off by some hundredths after a product of rounded ones."""
    softmax = network()[1]["output"]
    outputs_TBH, targets_TB = outputs_and_targets()

    def nats(softmax, outputs_TBH, **how):
        return -target_log_probs(softmax, outputs_TBH, targets_TB, 0.0, **how).mean()

    exact, rounded = (
        jax.jit(jax.value_and_grad(lambda *read, how=how: nats(*read, **how), argnums=(0, 1)))(softmax, outputs_TBH)
        for how in ({}, {"product": bfloat16_product})
    )
    assert rounded[0] != exact[0]
    assert float(rounded[0]) == pytest.approx(float(exact[0]), abs=0.01)
    for a, b in zip(jax.tree.leaves(rounded[1]), jax.tree.leaves(exact[1]), strict=True):
        assert np.abs(a - b).max() < 0.05 * np.abs(b).max()


def test_rows_do_not_feel_each_other():
    softmax = network()[1]["output"]
    outputs_TBH, targets_TB = outputs_and_targets()
    changed_TB = targets_TB.copy()
    changed_TB[:, 1] = 9
    pick = jax.jit(lambda targets_TB: target_log_probs(softmax, outputs_TBH, targets_TB, 0.0))
    one, other = pick(targets_TB), pick(changed_TB)
    np.testing.assert_allclose(one[:, [0, 2]], other[:, [0, 2]], rtol=1e-6)
    assert (one[:, 1] != other[:, 1])[changed_TB[:, 1] != targets_TB[:, 1]].all()


def test_it_first_predicts_symbols_as_often_as_they_occur():
    counts_V = np.arange(SYMBOLS)[::-1] * 1000
    parameters = init_parameters(NetworkConfig(SYMBOLS, hidden=HIDDEN, cutoffs=CUTOFFS), 1, counts_V)
    logits_V = logits_of(parameters["output"], np.zeros(HIDDEN, np.float32))
    np.testing.assert_allclose(np.exp(log_softmax(logits_V, 0.0)), counts_V / counts_V.sum(), atol=1e-4)


def test_numpy_and_jax_write_and_score_alike():
    config, parameters = network()
    vocabulary = Vocabulary("\nabcdefghijklmnopq", unknown_probability=0.01)
    models = [RecurrentModel(config, vocabulary, parameters, compiled=way) for way in (False, True)]
    assert charrnn.sample(models[0], length=90, seed=2) == charrnn.sample(models[1], length=90, seed=2)
    one, other = (charrnn.score(model, ["abcdjkq?" * 20])[0].log_probs for model in models)
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cutoffs", [(1, 5), (5, 5), (7, 5), (5, SYMBOLS)])
def test_cutoffs_that_cannot_be_are_refused(cutoffs):
    with pytest.raises(CharrnnError, match=r"^cutoffs \[.*\]: must rise, above 1 and below 19$"):
        NetworkConfig(SYMBOLS, cutoffs=cutoffs)


def test_the_cutoffs_chosen_are_those_with_which_fewest_scores_are_computed():
    counts_V = np.array([0, 9, 40, 30, 12, 8, 8, 4, 3, 3, 2, 2, 1, 1, 1])
    possible = itertools.combinations(range(2, len(counts_V)), 2)
    assert best_cutoffs(counts_V) == min(possible, key=lambda cutoffs: scores_a_character(counts_V, cutoffs))
    assert scores_a_character(counts_V) == 15
    # 91 of 124 characters in the head of 5, 20 in the first cluster of 3, 13 in the second of 7
    assert scores_a_character(counts_V, (5, 8)) == pytest.approx(5 + 2 + 3 * 20 / 124 + 7 * 13 / 124)


def test_it_is_chosen_for_many_symbols():
    def plan(symbols=8000, **said):
        options = TrainOptions(steps=1000, hidden=64, **said)
        counts_V = 1_000_000 // np.arange(1, symbols + 1)
        return make_plan(options, characters=1_000_000, symbols=symbols, gigaflops={}.__getitem__, counts_V=counts_V)

    assert plan().network.softmax == "adaptive"
    assert "score" in plan().reasons[0]
    assert {made.network.softmax for made in (plan(65), plan(direction="both"), plan(softmax="full"))} == {"full"}
    assert plan(65, softmax="adaptive").network.softmax == "adaptive"
    assert plan(direction="both", softmax="adaptive").network.softmax == "adaptive"
    with pytest.raises(CharrnnError, match=r"^--softmax adaptive: 3 symbols are too few for clusters; leave it out$"):
        plan(3, softmax="adaptive")


def test_a_faster_softmax_leaves_time_for_a_larger_network():
    def hidden(softmax):
        options = TrainOptions(minutes=5, softmax=softmax)
        counts_V = 1_000_000 // np.arange(1, 8001)
        how = {"characters": 10_000_000, "symbols": 8000, "gigaflops": lambda precision: 300.0, "counts_V": counts_V}
        return make_plan(options, **how).network.hidden

    assert hidden("adaptive") > hidden("full")


def test_of_many_symbols_the_most_frequent_come_first():
    text = "".join(chr(0x4E00 + k) * (3 if k == 700 else 1) for k in range(MANY)) + "\n"
    vocabulary = Vocabulary.build(to_units(text))
    assert vocabulary.symbols[:4] == "\n" + "".join(map(chr, (0x4E00 + 700, 0x4E00, 0x4E01)))
    assert Vocabulary.build(to_units("cbb\n")).symbols == "\nbc"


@pytest.fixture(scope="module")
def adaptive_folder(tmp_path_factory, corpus_file):
    folder = tmp_path_factory.mktemp("models") / "adaptive"
    charrnn.train(corpus_file, folder, steps=40, softmax="adaptive", precision="float32", baseline=False, **SMALL)
    return folder


def test_it_is_trained_saved_and_opened(adaptive_folder, run):
    model = charrnn.load(adaptive_folder)
    assert model.config.softmax == "adaptive"
    counts_V = np.array(model.summary["symbol_counts"])
    shares = counts_V[counts_V > 0] / counts_V.sum()
    assert model.summary["held_out"]["nats_per_character"] < -np.log(shares) @ shares  # what the frequencies alone give
    assert "adaptive: over" in run("info", "-m", adaptive_folder)[1]


def test_the_weights_follow_a_text(adaptive_folder):
    text = "the cat sees the dog. " * 15
    scored, adapted = (charrnn.score(adaptive_folder, [text], adapt=rate)[0] for rate in (None, 0.001))
    assert np.isfinite(adapted.log_probs).all()
    assert adapted.log_probs.sum() > scored.log_probs.sum()


def test_gradients_reach_back_through_it(adaptive_folder, corpus_file):
    model = charrnn.load(adaptive_folder)
    reached = reach(model, model.vocabulary.encode(corpus_file.read_text()), back=5, places=8)
    assert (reached.median_K > 0).all()


def test_a_network_of_two_directions_fills_with_it():
    config, parameters = network(direction="both")
    model = RecurrentModel(config, Vocabulary("\nabcdefghijklmnopq"), parameters)
    [filled] = charrnn.fill(model, "abc_d", count=1)
    assert len(filled.fillings[0].text) == 5


def test_its_vocabulary_grows_in_the_last_cluster(adaptive_folder, tmp_path):
    (tmp_path / "text").write_text("the cat sees Ünïcödé. " * 30)
    before = charrnn.load(adaptive_folder)
    session = start([str(tmp_path / "text")], tmp_path / "m", TrainOptions(steps=1, init_from=str(adaptive_folder)))
    task = session.run.task
    assert task.network.cutoffs == before.config.cutoffs
    parameters = task.parameters()
    tails, grown = before.parameters["output"]["tails"], parameters["output"]["tails"]
    assert [tail["bias"].size for tail in grown] == [tails[0]["bias"].size, tails[1]["bias"].size + 4]
    np.testing.assert_array_equal(grown[1]["weight"][:, :-4], tails[1]["weight"])
    with pytest.raises(CharrnnError, match=r"^--softmax full: the model of --init-from has adaptive; leave it out$"):
        start([], tmp_path / "n", TrainOptions(steps=1, init_from=str(adaptive_folder), softmax="full"))


def test_bench_measures_it():
    figures = charrnn.bench(hidden=8, batch_size=2, window=4, symbols=90, seconds=0.01, softmax="adaptive", only="training")
    assert figures["training"]["characters_per_second"] > 0
