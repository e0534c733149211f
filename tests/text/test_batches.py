import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.batches import RESETS, LineBatches, StreamBatches, compact, in_batches
from charrnn.text.symbols import BOUNDARY
from charrnn.text.vocabulary import Vocabulary, to_units


def epoch_of(batches, epoch):
    first = epoch * batches.steps_per_epoch
    return [batches(step) for step in range(first, first + batches.steps_per_epoch)]


@st.composite
def streams(draw):
    rows, window = draw(st.integers(1, 7)), draw(st.integers(1, 9))
    length = draw(st.integers(rows + 1, 200))
    # every id its own, so that a target names its place in the text
    return StreamBatches(np.arange(length), rows, window, draw(st.integers(0, 9)))


@given(streams(), st.integers(0, 3))
def test_every_character_behind_the_offset_is_predicted_once_from_the_one_before(batches, epoch):
    steps = epoch_of(batches, epoch)
    inputs = np.concatenate([b.inputs_BT[b.mask_BT == 1] for b in steps])
    targets = np.concatenate([b.targets_BT[b.mask_BT == 1] for b in steps])
    assert (targets == inputs + 1).all()
    offset = int(inputs.min())
    assert offset < batches.window
    assert sorted(targets.tolist()) == list(range(offset + 1, len(batches.ids)))
    assert all(b.inputs_BT.shape == (batches.rows, batches.window) for b in steps)
    assert all(b.mask_BT.any() for b in steps)


@given(streams(), st.integers(0, 3))
def test_a_row_reads_on_where_it_stopped_until_the_epoch_ends(batches, epoch):
    steps = epoch_of(batches, epoch)
    assert steps[0].fresh_B.all()
    lengths = []
    for row in range(batches.rows):
        read = np.concatenate([b.inputs_BT[row][b.mask_BT[row] == 1] for b in steps])
        assert (np.diff(read) == 1).all()
        lengths.append(len(read))
    assert max(lengths) - min(lengths) <= 1


@given(streams(), st.integers(0, 50))
def test_a_stream_batch_depends_on_seed_and_step_alone(batches, step):
    again = StreamBatches(batches.ids.copy(), batches.rows, batches.window, batches.seed)
    again(step + 1)
    assert all(np.array_equal(a, b) for a, b in zip(batches(step), again(step), strict=True))


def test_now_and_then_a_row_starts_afresh():
    batches = StreamBatches(np.arange(100_001), rows=10, window=10, seed=3)
    fresh_SB = np.stack([batch.fresh_B for batch in epoch_of(batches, 0)[1:]])
    # 9,990 draws: three standard deviations are 0.0037
    assert abs(fresh_SB.mean() - RESETS) < 0.0037
    assert fresh_SB.any(0).all()


def test_epochs_and_seeds_cut_at_different_places():
    def offsets(seed):
        batches = StreamBatches(np.arange(1000), 2, 50, seed)
        return [epoch_of(batches, epoch)[0].inputs_BT[0, 0] for epoch in range(20)]

    assert len(set(offsets(0))) > 5
    assert offsets(0) != offsets(1)


def test_a_stream_batch_by_hand():
    ids = np.array([5, 6, 7, 8, 9, 10, 11], np.uint8)  # six predictions: two rows of three, windows of two, no slack
    batches = StreamBatches(ids, rows=2, window=2, seed=0)
    assert (batches.predictions, batches.steps_per_epoch, batches.shapes()) == (6, 2, [(0, 2)])
    first = batches(0)
    assert first.inputs_BT.dtype == first.targets_BT.dtype == np.int32
    offset = int(first.inputs_BT[0, 0]) - 5
    expected = {0: ([[5, 6], [8, 9]], [[1, 0], [1, 0]]), 1: ([[6, 7], [9, 10]], [[1, 0], [0, 0]])}[offset]
    assert first.inputs_BT.tolist() == expected[0]
    assert first.targets_BT.tolist() == (first.inputs_BT + 1).tolist()
    assert batches(1).mask_BT.tolist() == expected[1]


lines_of_text = st.lists(st.text("abcdé好", max_size=12), min_size=1, max_size=30)


def line_batches(lines, end="\n", **options):
    units = to_units("\n".join(lines) + end)
    vocabulary = Vocabulary.build(units)
    return vocabulary, LineBatches(units, vocabulary, **{"rows": 3, "seed": 1} | options)


def sequences(vocabulary, steps):
    """Inputs and targets of every row that counts, as text."""
    for batch in steps:
        for inputs, targets, mask in zip(batch.inputs_BT, batch.targets_BT, batch.mask_BT, strict=True):
            length = int(mask.sum())
            assert (mask[:length] == 1).all()
            if length:
                yield vocabulary.decode(inputs[:length]), vocabulary.decode(targets[:length])


@given(lines_of_text, st.integers(1, 5), st.integers(0, 2), st.sampled_from(["\n", ""]))
def test_every_line_comes_once_an_epoch_from_boundary_to_boundary(lines, rows, epoch, end):
    if not end and not lines[-1]:
        lines = [*lines, "x"]  # an empty last line without a newline is no line
    vocabulary, batches = line_batches(lines, end, rows=rows)
    steps = epoch_of(batches, epoch)
    read = list(sequences(vocabulary, steps))
    assert sorted(read) == sorted(("\n" + line, line + "\n") for line in lines)
    assert batches.predictions == sum(len(line) + 1 for line in lines)
    assert all(batch.fresh_B.all() and batch.inputs_BT.shape[0] == rows for batch in steps)
    assert all((batch.inputs_BT[:, 0][batch.mask_BT[:, 0] == 1] == BOUNDARY).all() for batch in steps)
    assert batches.cut_lines == 0


@given(lines_of_text, st.integers(1, 6))
def test_long_lines_are_read_in_pieces_and_counted(lines, longest):
    vocabulary, batches = line_batches(lines, longest=longest)
    pieces = []
    for line in lines:
        whole = "\n" + line + "\n"
        for begin in range(0, len(line) + 1, longest):
            end = min(begin + longest, len(line) + 1)
            pieces.append((whole[begin:end], whole[begin + 1 : end + 1]))
    assert sorted(sequences(vocabulary, epoch_of(batches, 0))) == sorted(pieces)
    assert batches.lines == len(pieces)
    assert batches.cut_lines == sum(len(line) + 1 > longest for line in lines)


@given(lines_of_text, st.integers(0, 60))
def test_a_line_batch_depends_on_seed_and_step_alone(lines, step):
    _, batches = line_batches(lines)
    _, again = line_batches(lines)
    again(step + 1)
    assert all(np.array_equal(a, b) for a, b in zip(batches(step), again(step), strict=True))


@given(lines_of_text)
def test_shapes_name_a_step_of_every_window_length_and_how_many_there_are(lines):
    _, batches = line_batches(lines)
    widths = [batch.inputs_BT.shape[1] for batch in epoch_of(batches, 0)]
    assert batches.shapes() == [(widths.index(width), widths.count(width)) for width in sorted(set(widths))]
    assert len(set(widths)) <= 5


def test_lines_are_shuffled_anew_each_epoch_and_for_each_seed():
    lines = [f"{k:03}" for k in range(200)]

    def order(seed, epoch):
        vocabulary, batches = line_batches(lines, seed=seed)
        return [targets for _, targets in sequences(vocabulary, epoch_of(batches, epoch))]

    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


@pytest.mark.parametrize(("size", "kind"), [(200, np.uint8), (60_000, np.uint16), (70_000, np.uint32)])
def test_ids_are_held_in_the_smallest_type_that_fits(size, kind):
    ids = compact(np.array([0, size - 1], np.int32), size)
    assert ids.dtype == kind
    assert ids.tolist() == [0, size - 1]


def test_sequences_are_read_together_by_length_and_never_too_many_cells():
    lengths = [3, 1, 500, 2, 2, 400, 1]
    found = [part.tolist() for part in in_batches(lengths, rows=3, cells=800)]
    assert found == [[1, 6, 3], [4, 0, 5], [2]] or found == [[1, 6, 3], [4, 0], [5], [2]]
    assert list(in_batches([])) == []
