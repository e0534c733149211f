"""What a run is said to have been held back by."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from charrnn.training.journal import Evaluation, Journal
from charrnn.training.limits import advice
from charrnn.training.options import TrainOptions
from charrnn.training.schedules import Schedule

RUN = SimpleNamespace(options=TrainOptions(steps=100, hidden=64, dropout=0.0))
JOURNAL = Journal(Schedule("cosine", 0.1, 100), 10, step=100)
LAST = Evaluation(
    step=100, epoch=2.0, predictions=1000, seconds=1.0, learning_rate=0.1, training=1.0, held_out=1.2, skipped=0
)


@pytest.mark.parametrize(
    ("epoch", "held_out", "best_step", "said"),
    [
        (2.0, 1.3, 100, "limited by the text: held-out is 30% above training after 2 epochs"),
        (2.0, 1.0, 50, "limited by the text: held-out was best long ago"),
        (2.0, 1.0, 100, "limited by time: 2 epochs and no large gap between training and held-out; --steps 200"),
        (20.0, 1.0, 100, "limited by size: no large gap after 20 epochs; --hidden 96"),
        # nothing was seen twice, so nothing was learnt by heart: the held-out part is just harder
        (0.5, 1.3, 100, "limited by time: 0.5 epochs, not yet the whole text; --steps 200"),
        (0.5, 1.0, 50, "limited by time: 0.5 epochs, not yet the whole text; --steps 200"),
    ],
)
def test_time_is_short_until_the_text_was_read_once_then_text_time_or_size(epoch, held_out, best_step, said):
    history = (replace(LAST, epoch=epoch, held_out=held_out),)
    journal = replace(JOURNAL, best_step=best_step, history=history)
    assert advice(RUN, journal).startswith(said)


def test_without_a_held_out_figure_nothing_is_said():
    assert advice(RUN, JOURNAL) is None
    assert advice(RUN, replace(JOURNAL, history=(replace(LAST, held_out=None),))) is None
