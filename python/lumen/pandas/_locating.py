"""From what stands in brackets to positions along one axis: by label (`loc`), by position (`iloc`), by mask.

Where labels stand is the index's answer; here are the forms of keys and pandas' errors for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._errors import IndexingError

UNALIGNABLE = (
    "Unalignable boolean Series provided as indexer (index of the boolean Series and of the indexed object do not "
    "match)."
)


class Found(NamedTuple):
    """Positions: an integer, a slice or an array; and the labels there, where they lose levels."""

    rows: Any
    index: Any = None

    @property
    def is_one(self) -> bool:
        """Whether the dimension goes away."""
        return isinstance(self.rows, int)


def is_integer(value: Any) -> bool:
    """A position."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


def is_mask(key: Any) -> bool:
    """Booleans by position, or by label in a series."""
    if isinstance(key, (_engine.Series, _engine.Index)):
        name = key._dtype
        if name == "object" and key.__len__():
            return _objects_are_bits(key._values.tolist())
        return name in ("bool", "boolean")
    held = getattr(key, "_column", None)
    if isinstance(held, _engine.Column):
        return held.dtype in ("bool", "boolean")
    if isinstance(key, np.ndarray):
        if key.dtype == object and key.size and key.ndim == 1:
            return _objects_are_bits(key.tolist())
        return key.dtype == bool
    return isinstance(key, list) and bool(key) and _objects_are_bits(key)


def _objects_are_bits(items: list[Any]) -> bool:
    from lumen.pandas._missing import NA

    found = False
    for item in items:
        if isinstance(item, (bool, np.bool_)):
            found = True
        elif not (item is NA or item is None or isinstance(item, float) and item != item):
            return False
    return found


def mask_bits(key: Any, index: Any) -> np.ndarray:
    """A mask as numpy's booleans over the rows of an index; what is missing in a nullable one is false."""
    if isinstance(key, _engine.Series):
        if not key.index.equals(index):
            rows = key.index.get_indexer_for(index)
            if len(rows) != len(index) or (rows < 0).any():
                raise IndexingError(UNALIGNABLE)
            column = key._values.take(rows.tolist())
        else:
            column = key._values
    else:
        column = (
            _convert.column_of(key)
            if not isinstance(key, list)
            else _engine.Column.from_items(key, infer=False)
        )
    if column.dtype == "object":
        items = column.tolist()
        from lumen.pandas._missing import NA

        if any(item is None or isinstance(item, float) for item in items) or (
            not isinstance(key, list) and any(item is NA for item in items)
        ):
            raise ValueError("Cannot mask with non-boolean array containing NA / NaN values")
        bits = np.array(
            [item is True or isinstance(item, np.bool_) and bool(item) for item in items], dtype=bool
        )
    elif column.dtype == "boolean":
        held = zip(column.tolist(), column.isna())
        bits = np.array([not gone and bool(item) for item, gone in held], dtype=bool)
    else:
        bits = _convert.numpy_of(column)
    if len(bits) != len(index):
        raise IndexError(f"Boolean index has wrong length: {len(bits)} instead of {len(index)}")
    return bits


def check_indexer(key: Any) -> None:
    """Sets and dictionaries stand in no brackets."""
    for kind in (set, dict):
        if isinstance(key, kind) or isinstance(key, tuple) and any(isinstance(part, kind) for part in key):
            word = kind.__name__
            raise TypeError(f"Passing a {word} as an indexer is not supported. Use a list instead.")


def located_list(index: Any, key: Any, axis: str) -> np.ndarray:
    """The rows of a list of labels; `KeyError` for labels that are not there."""
    from lumen.pandas._index import ensure_index

    if isinstance(key, (range, Iterator)):
        key = list(key)
    if isinstance(key, list) and index.nlevels > 1 and key and not isinstance(key[0], tuple):
        return index.get_locs([key])
    labels = ensure_index(key)
    if len(labels) == 0:
        return np.array([], dtype=np.intp)
    labels = index._as_target(labels)
    rows, missing = (
        index.get_indexer_non_unique(labels)
        if not index._index_as_unique
        else (index.get_indexer(labels), None)
    )
    if missing is None:
        missing = np.flatnonzero(rows < 0)
    if len(missing) == 0:
        return rows
    named = ensure_index(key)
    if len(missing) == len(labels):
        raise KeyError(f"None of [{named!r}] are in the [{axis}]")
    absent = list(dict.fromkeys(named[int(place)] for place in missing))
    raise KeyError(f"{_listed(absent)} not in index")


def _listed(labels: list[Any]) -> str:
    return repr([label.item() if isinstance(label, np.generic) else label for label in labels])


def by_label(index: Any, key: Any, axis: str, drop: bool = True) -> Found:
    """What `loc` means by a key along one axis."""
    if isinstance(key, slice):
        return Found(label_slice(index, key))
    if is_mask(key):
        return Found(np.flatnonzero(mask_bits(key, index)))
    if index.nlevels > 1 and isinstance(key, tuple):
        return _by_key_of_levels(index, key, drop)
    if _convert.is_list_like(key) and not isinstance(key, tuple):
        if isinstance(key, np.ndarray) and key.ndim > 1:
            raise ValueError("Cannot index with multidimensional key")
        if isinstance(key, _engine.DataFrame):
            raise ValueError("Cannot index with multidimensional key")
        return Found(located_list(index, key, axis))
    if isinstance(key, (bool, np.bool_)) and not _holds_bits(index):
        if index.nlevels == 1 or index._level_labels(0).dtype not in ("bool", "boolean"):
            raise KeyError(f"{key}: boolean label can not be used without a boolean index")
    found = index.get_loc(key)
    if index.nlevels > 1:
        return _of_levels(index, found, 1, drop)
    if isinstance(found, np.ndarray) and found.dtype == bool:
        return Found(np.flatnonzero(found))
    return Found(int(found) if is_integer(found) else found)


def _holds_bits(index: Any) -> bool:
    """Whether a boolean can be a label."""
    if index._dtype == "object":
        return any(item is True or item is False for item in index)
    return index._dtype in ("bool", "boolean")


def label_slice(index: Any, key: slice) -> Any:
    """The rows of a slice of labels."""
    if key.start is None and key.stop is None and key.step is None:
        return slice(None)
    if key.step is not None and not is_integer(key.step):
        raise TypeError("slice indices must be integers or None or have an __index__ method")
    if any(isinstance(end, (bool, np.bool_)) for end in (key.start, key.stop)):
        raise TypeError(f"{key}: boolean values can not be used in a slice")
    return index.slice_indexer(key.start, key.stop, key.step)


def _by_key_of_levels(index: Any, key: tuple[Any, ...], drop: bool) -> Found:
    nested = any(
        isinstance(part, slice)
        or part is Ellipsis
        or (_convert.is_list_like(part) and not isinstance(part, tuple))
        for part in key
    )
    if nested:
        rows = index.get_locs(key)
        return Found(rows)
    found = index.get_loc(key)
    return _of_levels(index, found, len(key), drop)


def _of_levels(index: Any, found: Any, depth: int, drop: bool) -> Found:
    if is_integer(found):
        return Found(int(found))
    if isinstance(found, np.ndarray) and found.dtype == bool:
        found = np.flatnonzero(found)
    labels = index[found]
    if drop and depth < index.nlevels:
        labels = labels.droplevel(list(range(depth)))
    elif depth < index.nlevels or depth == index.nlevels:
        labels = None
    return Found(found, labels)


def by_position(index: Any, key: Any, single: bool = True) -> Found:
    """What `iloc` means by a key along one axis."""
    length = len(index)
    if isinstance(key, slice):
        for end in (key.start, key.stop, key.step):
            if end is not None and not is_integer(end):
                raise TypeError(
                    f"cannot do positional indexing on {type(index).__name__} with these indexers [{end}] of type "
                    f"{type(end).__name__}"
                )
        return Found(key)
    if is_integer(key):
        row = int(key)
        if not -length <= row < length:
            if single:
                raise IndexError("single positional indexer is out-of-bounds")
            raise IndexError(f"index {row} is out of bounds for axis 0 with size {length}")
        return Found(row + length if row < 0 else row)
    if isinstance(key, Iterator):
        key = list(key)
    if is_mask(key):
        if isinstance(key, _engine.Series) and not key.index.equals(index):
            raise IndexingError(UNALIGNABLE)
        return Found(np.flatnonzero(mask_bits(key, index)))
    if _convert.is_list_like(key) and not isinstance(key, tuple):
        if isinstance(key, np.ndarray) and key.ndim > 1:
            raise ValueError("Cannot index with multidimensional key")
        rows = np.asarray(key if not isinstance(key, (_engine.Series, _engine.Index)) else key._values)
        if rows.size == 0:
            return Found(np.array([], dtype=np.intp))
        whole = rows.dtype.kind == "f" and not (rows % 1).any()
        if whole or rows.dtype == object and all(is_integer(row) for row in rows):
            rows = rows.astype(np.intp)
        if rows.dtype.kind not in "iu":
            raise IndexError(f".iloc requires numeric indexers, got {key}")
        if (rows >= length).any() or (rows < -length).any():
            raise IndexError("positional indexers are out-of-bounds")
        return Found(np.where(rows < 0, rows + length, rows).astype(np.intp))
    if isinstance(key, tuple):
        raise IndexingError("Too many indexers")
    raise TypeError("Cannot index by location index with a non-integer key")


def as_array(rows: Any, length: int) -> np.ndarray:
    """Positions of any form as an array."""
    if isinstance(rows, int):
        return np.array([rows], dtype=np.intp)
    if isinstance(rows, slice):
        return np.arange(*rows.indices(length), dtype=np.intp)
    return np.asarray(rows, dtype=np.intp)
