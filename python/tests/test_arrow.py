"""Arrow's streams in and out, held against pyarrow as the other side; run with an environment that has pyarrow.

Expected dtypes are those of pandas 3.1.1's `from_arrow`.
"""

from __future__ import annotations

import datetime as dt
import decimal
import gc

import numpy as np
import pyarrow as pa
import pytest

import lumen.pandas as pd


def test_tables_come_in_with_the_dtypes_of_from_arrow() -> None:
    table = pa.table(
        {
            "i": pa.array([1, None], pa.int8()),
            "b": pa.array([True, None]),
            "s": pa.array(["a", None]),
            "v": pa.array(["x" * 20, None], pa.string_view()),
            "d": pa.array([dt.date(2024, 1, 1), None]),
            "t": pa.array([dt.time(1, 2, 3, 4), None], pa.time64("us")),
            "m": pa.array([decimal.Decimal("1.50"), None]),
            "z": pa.array([1, None], pa.timestamp("ms", "+01:15")),
            "c": pa.array(["a", None]).dictionary_encode(),
            "l": pa.array([[1, 2], None]),
            "r": pa.array([{"a": 1}, None]),
            "y": pa.array([b"ab", None]),
        }
    )
    frame = pd.DataFrame.from_arrow(table)
    assert [str(dtype) for dtype in frame.dtypes] == [
        "float64",
        "object",
        "str",
        "str",
        "object",
        "object",
        "object",
        "datetime64[ms, UTC+01:15]",
        "category",
        "object",
        "object",
        "object",
    ]
    row = [frame[name].iloc[0] for name in ("d", "t", "m", "r", "y")]
    assert row == [dt.date(2024, 1, 1), dt.time(1, 2, 3, 4), decimal.Decimal("1.50"), {"a": 1}, b"ab"]
    assert np.array_equal(frame["l"].iloc[0], [1, 2])
    assert str(frame["z"].iloc[0]) == "1970-01-01 01:15:00.001000+01:15"


def test_chunks_stand_end_to_end() -> None:
    series = pd.Series.from_arrow(pa.chunked_array([[1, 2], [3]]))
    assert series.tolist() == [1, 2, 3]
    assert pd.Series.from_arrow(pa.array(["a"])).tolist() == ["a"]
    words = pa.chunked_array([pa.array(["a"]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()])
    assert pd.Series.from_arrow(words).tolist() == ["a", "b", "a"]


def test_frames_go_out_and_their_memory_outlives_them() -> None:
    frame = pd.DataFrame({"a": ["x", None], "d": [1.5, np.nan], "i": [1, 2]})
    table = pa.table(frame)
    del frame
    gc.collect()
    assert table.to_pydict() == {"a": ["x", None], "d": [1.5, None], "i": [1, 2]}
    assert [str(field.type) for field in table.schema] == ["large_string", "double", "int64"]
    labelled = pa.table(pd.DataFrame({"a": [1]}, index=["x"]))
    assert labelled.column_names == ["a", "__index_level_0__"]
    assert pa.chunked_array(pd.Series([1, 2])).to_pylist() == [1, 2]


def test_numbers_keep_the_producers_memory() -> None:
    array = pa.array(np.arange(100_000, dtype="int64"))
    held = pa.total_allocated_bytes()
    series = pd.Series.from_arrow(pa.chunked_array([array]))
    assert pa.total_allocated_bytes() - held < array.nbytes // 10
    assert np.asarray(series).__array_interface__["data"][0] == array.buffers()[1].address
    del array
    gc.collect()
    assert series.sum() == 4_999_950_000


def test_what_is_no_arrow_is_refused_in_pandas_words() -> None:
    with pytest.raises(TypeError, match="Expected an Arrow-compatible tabular object .* got 'list' instead."):
        pd.DataFrame.from_arrow([1])
    with pytest.raises(ValueError, match="Duplicate column names found"):
        pd.DataFrame([[1, 2]], columns=["a", "a"]).__arrow_c_stream__()
    stream = pd.DataFrame({"a": [1]}).__arrow_c_stream__()
    reader = pa.RecordBatchReader._import_from_c_capsule(stream)
    assert reader.read_all().num_rows == 1
