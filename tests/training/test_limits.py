"""What held a run back, by its last evaluation."""

from types import SimpleNamespace

import pytest

from charrnn.training.journal import Evaluation, Journal
from charrnn.training.limits import advice
from charrnn.training.options import TrainOptions
from charrnn.training.schedules import Schedule


def advice_for(*, training, held_out, epoch, best_step=100, **options):
    evaluation = Evaluation(
        step=100,
        epoch=epoch,
        predictions=1000,
        seconds=1.0,
        learning_rate=0.01,
        training=training,
        held_out=held_out,
        skipped=0,
    )
    journal = Journal(Schedule("cosine", 0.01, 100), 10, step=100, best_step=best_step, history=(evaluation,))
    return advice(SimpleNamespace(options=TrainOptions(hidden=128, dropout=0.1, **options)), journal)


@pytest.mark.parametrize(
    ("run", "limit", "option"),
    [
        ({"training": 1.2, "held_out": 1.5, "epoch": 4.0}, "by the text", "--dropout 0.25"),
        ({"training": 1.4, "held_out": 1.5, "epoch": 20.0, "best_step": 50}, "by the text", "--dropout 0.25"),
        ({"training": 1.4, "held_out": 1.5, "epoch": 2.0, "minutes": 1.5}, "by time", "--minutes 3"),
        ({"training": 1.4, "held_out": 1.5, "epoch": 2.0, "steps": 100}, "by time", "--steps 200"),
        ({"training": 1.4, "held_out": 1.5, "epoch": 9.0, "steps": 100}, "by size", "--hidden 192"),
    ],
)
def test_the_limit_and_the_option_that_helps(run, limit, option):
    line = advice_for(**run)
    assert limit in line
    assert option in line


def test_nothing_is_said_where_nothing_is_held_out():
    assert advice_for(training=1.4, held_out=None, epoch=9.0) is None
