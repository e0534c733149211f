import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from charrnn.errors import CharrnnError
from charrnn.models.archive import read_archive, write_archive
from charrnn.trees import flatten, unflatten

ARRAYS = {
    "layers.0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "step": np.array(7, np.int32),
    "none": np.zeros((0, 4), np.float64),
}
DESCRIPTION = {"cell": "lstm", "symbols": "\n好é\u001f\\", "size": 3}


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "model.safetensors"
    write_archive(path, ARRAYS, DESCRIPTION)
    return path


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def test_what_is_read_is_what_was_written(archive):
    arrays, description = read_archive(archive)
    assert description == DESCRIPTION
    assert arrays.keys() == ARRAYS.keys()
    assert all(same(arrays[name], ARRAYS[name]) for name in ARRAYS)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int32, np.uint32, np.uint8]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False) | st.lists(st.integers())),
)
def test_any_array_and_description_come_back(tmp_path_factory, array, description):
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    transposed = array.T  # not contiguous
    write_archive(path, {"a": array, "b": transposed}, description)
    arrays, read = read_archive(path)
    assert same(arrays["a"], array)
    assert same(arrays["b"], transposed)
    assert read == description


def test_the_same_content_gives_the_same_file(archive, tmp_path):
    write_archive(tmp_path / "again", dict(reversed(ARRAYS.items())), dict(reversed(DESCRIPTION.items())))
    assert (tmp_path / "again").read_bytes() == archive.read_bytes()


def test_any_flipped_bit_is_noticed(archive):
    whole = archive.read_bytes()
    for place in range(len(whole)):
        for bit in {place % 8, 5}:  # the fifth turns a space into NUL and a capital into a small letter
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            archive.write_bytes(damaged)
            with pytest.raises(CharrnnError):
                read_archive(archive)


def test_any_truncation_is_noticed(archive):
    whole = archive.read_bytes()
    for length in range(len(whole)):
        archive.write_bytes(whole[:length])
        with pytest.raises(CharrnnError, match=r"model.safetensors: .*(damaged|checksum)"):
            read_archive(archive)
    archive.write_bytes(whole + b"\0")
    with pytest.raises(CharrnnError):
        read_archive(archive)


def test_errors_say_what_is_wrong(archive, tmp_path):
    from safetensors.numpy import save

    with pytest.raises(CharrnnError, match="absent: no such file; the model folder is not complete"):
        read_archive(tmp_path / "absent")
    with pytest.raises(CharrnnError, match="cannot be read"):
        read_archive(tmp_path)
    (tmp_path / "text").write_text("Call me Ishmael.")
    with pytest.raises(CharrnnError, match="text: the file is damaged or cut short"):
        read_archive(tmp_path / "text")
    (tmp_path / "foreign").write_bytes(save({"a": np.zeros(2)}))
    with pytest.raises(CharrnnError, match="foreign: a safetensors file, but not one that charrnn wrote"):
        read_archive(tmp_path / "foreign")
    (tmp_path / "future").write_bytes(save({"a": np.zeros(2)}, {"charrnn_format": "9"}))
    with pytest.raises(CharrnnError, match="has format 9, newer than this charrnn, which reads 1"):
        read_archive(tmp_path / "future")
    contents = archive.read_bytes()
    archive.write_bytes(contents.replace(b"lstm", b"elma"))
    with pytest.raises(CharrnnError, match="the checksum does not match its contents"):
        read_archive(archive)


def test_flatten_names_leaves_by_their_place():
    named = flatten({"layers": [{"bias": 1.0}, {"bias": 2.0}], "empty": {}, "pair": (3, [4])})
    assert {name: array.item() for name, array in named.items()} == {
        "layers.0.bias": 1.0,
        "layers.1.bias": 2.0,
        "pair.0": 3,
        "pair.1.0": 4,
    }
    assert list(flatten(np.zeros(3))) == [""]


def test_fill_inverts_flatten_and_keeps_named_tuples(tmp_path):
    from charrnn.text.batches import Batch

    tree = {"batch": Batch(np.ones(2), np.zeros((3, 4)), np.arange(5), np.array(True)), "list": [np.float32(2)]}
    filled = unflatten(tree, flatten(tree), tmp_path)
    assert isinstance(filled["batch"], Batch)
    assert isinstance(filled["list"], list)
    assert same(filled["batch"].targets_BT, tree["batch"].targets_BT)
    assert json.dumps(filled["batch"].mask_BT.tolist()) == "[0, 1, 2, 3, 4]"


def test_fill_says_what_does_not_fit(tmp_path):
    path = tmp_path / "model"
    template = {"cell": [np.zeros((2, 3), np.float32)]}
    with pytest.raises(CharrnnError, match=r"model: holds no array 'cell\.0'"):
        unflatten(template, {}, path)
    with pytest.raises(CharrnnError, match=r"cell\.0 is float32\[3, 2\] where float32\[2, 3\] is needed"):
        unflatten(template, {"cell.0": np.zeros((3, 2), np.float32)}, path)
    with pytest.raises(CharrnnError, match=r"cell\.0 is float64\[2, 3\] where float32\[2, 3\] is needed"):
        unflatten(template, {"cell.0": np.zeros((2, 3))}, path)
