"""`merge`, `join`, `merge_asof` and `merge_ordered`: the arguments, checked as pandas checks them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._deprecation import check_copy
from lumen.pandas._errors import MergeError
from lumen.pandas._inference import no_default
from lumen.pandas._warn import warn

_HOWS = ("left", "right", "inner", "outer", "left_anti", "right_anti", "cross", "asof")


def _frame_of(side: Any) -> Any:
    if isinstance(side, _engine.DataFrame):
        return side
    if isinstance(side, _engine.Series):
        if side.name is None:
            raise ValueError("Cannot merge a Series without a name")
        return side.to_frame()
    raise TypeError(f"Can only merge Series or DataFrame objects, a {type(side)} was passed")


def _listed(keys: Any) -> list[Any]:
    if keys is None:
        return []
    if isinstance(keys, list):
        return keys
    if isinstance(keys, (np.ndarray, _engine.Series, _engine.Index)) or hasattr(keys, "_column"):
        return [keys]
    if isinstance(keys, tuple):
        return list(keys)
    return [keys]


def _keys(frame: Any, keys: list[Any]) -> list[Any]:
    """Keys as labels and columns of values."""
    found = []
    for key in keys:
        if isinstance(key, (np.ndarray, list, _engine.Series, _engine.Index)) or hasattr(key, "_column"):
            found.append(_convert.column_of(key))
        else:
            _check_label(frame, key)
            found.append(key)
    return found


def _check_label(frame: Any, key: Any) -> None:
    is_column = key in frame.columns
    is_level = key is not None and key in list(frame.index.names)
    if not is_column and not is_level:
        raise KeyError(key)
    if is_column and is_level:
        raise ValueError(f"'{key}' is both an index level and a column label, which is ambiguous.")
    if is_column and sum(1 for label in frame.columns if label is key or label == key) > 1:
        raise ValueError(f"The column label '{key}' is not unique.")


def sides(
    left: Any, right: Any, on: Any, left_on: Any, right_on: Any, left_index: Any, right_index: Any
) -> tuple[Any, Any]:
    """The keys of both sides, None for row labels."""
    for flag, name in ((left_index, "left_index"), (right_index, "right_index")):
        if not isinstance(flag, (bool, np.bool_)):
            raise ValueError(f"{name} parameter must be of type bool, not {type(flag)}")
    if on is None and left_on is None and right_on is None:
        if left_index and right_index:
            return None, None
        if left_index:
            raise MergeError("Must pass right_on or right_index=True")
        if right_index:
            raise MergeError("Must pass left_on or left_index=True")
        common = left.columns.intersection(right.columns)
        if len(common) == 0:
            raise MergeError(
                "No common columns to perform merge on. Merge options: left_on=None, right_on=None,"
                f" left_index={left_index}, right_index={right_index}"
            )
        if (
            not left.columns.join(common, how="inner").is_unique
            or not right.columns.join(common, how="inner").is_unique
        ):
            raise MergeError(f"Data columns not unique: {common!r}")
        shared = list(common)
        return shared, list(shared)
    if on is not None:
        if left_on is not None or right_on is not None:
            raise MergeError(
                'Can only pass argument "on" OR "left_on" and "right_on", not a combination of both.'
            )
        if left_index or right_index:
            raise MergeError(
                'Can only pass argument "on" OR "left_index" and "right_index", not a combination of both.'
            )
        return _listed(on), _listed(on)
    if left_on is not None:
        if left_index:
            raise MergeError('Can only pass argument "left_on" OR "left_index" not both.')
        if not right_index and right_on is None:
            raise MergeError('Must pass "right_on" OR "right_index".')
        if right_index and right_on is not None:
            raise MergeError('Can only pass argument "right_on" OR "right_index" not both.')
        lefts = _listed(left_on)
        if right_index:
            if len(lefts) != right.index.nlevels:
                raise ValueError('len(left_on) must equal the number of levels in the index of "right"')
            return lefts, None
        rights = _listed(right_on)
        if len(lefts) != len(rights):
            raise ValueError("len(right_on) must equal len(left_on)")
        return lefts, rights
    if right_index:
        raise MergeError('Can only pass argument "right_on" OR "right_index" not both.')
    if not left_index:
        raise MergeError('Must pass "left_on" OR "left_index".')
    rights = _listed(right_on)
    if len(rights) != left.index.nlevels:
        raise ValueError('len(right_on) must equal the number of levels in the index of "left"')
    return None, rights


def _suffixes(suffixes: Any) -> tuple[Any, Any]:
    if not _convert.is_list_like(suffixes) or isinstance(suffixes, (set, dict)):
        raise TypeError(
            f"Passing 'suffixes' as a {type(suffixes)}, is not supported. Provide 'suffixes' as a tuple instead."
        )
    left, right = suffixes
    return (left, right) if left or right else (None, None)


def merge(
    left: Any,
    right: Any,
    how: str = "inner",
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_index: bool = False,
    right_index: bool = False,
    sort: bool = False,
    suffixes: Any = ("_x", "_y"),
    copy: Any = no_default,
    indicator: Any = False,
    validate: str | None = None,
) -> Any:
    """Rows of two frames with equal keys, side by side."""
    check_copy(copy)
    left, right = _frame_of(left), _frame_of(right)
    if left.columns.nlevels != right.columns.nlevels:
        raise MergeError(
            "Not allowed to merge between different levels."
            f" ({left.columns.nlevels} levels on the left, {right.columns.nlevels} on the right)"
        )
    if not isinstance(indicator, (str, bool)):
        raise ValueError("indicator option can only accept boolean or string arguments")
    if not isinstance(how, str) or how not in _HOWS:
        known = ", ".join(("left", "right", "inner", "outer", "left_anti", "right_anti", "cross", "asof"))
        raise ValueError(f"'{how}' is not a valid Merge type: {known}")
    pair = _suffixes(suffixes)
    if how == "cross":
        if left_index or right_index or on is not None or left_on is not None or right_on is not None:
            raise MergeError("Can not pass on, right_on, left_on or set right_index=True or left_index=True")
        keys: tuple[Any, Any] = ([], [])
    else:
        keys = sides(left, right, on, left_on, right_on, left_index, right_index)
    lefts = None if keys[0] is None else _keys(left, keys[0])
    rights = None if keys[1] is None else _keys(right, keys[1])
    for one, other in zip(_key_columns(left, keys[0]), _key_columns(right, keys[1])):
        _warn_of_fractions(one, other)
    found = _engine.merge(left, right, lefts, rights, how, bool(sort), pair, bool(indicator), validate)
    _check_labels(left, right, found)
    if found.shape[1] == 0:
        found._columns = left._columns
    if isinstance(indicator, str):
        if indicator in found.columns[:-1]:
            raise ValueError("Cannot use name of an existing column for indicator column")
        found = found.rename(columns={"_merge": indicator})
    return left._constructor._from_plain(found).__finalize__(left)


def _key_columns(frame: Any, keys: Any) -> list[Any]:
    """The columns of keys that are named by label."""
    labels = keys or []
    return [
        frame._column(frame.columns.get_loc(key))
        for key in labels
        if _convert.is_scalar(key) and key in frame.columns and frame.columns.is_unique
    ]


def _warn_of_fractions(left: Any, right: Any) -> None:
    """Floats that no integer equals find none."""
    kinds = (left.dtype, right.dtype)
    for floats, other in ((left, kinds[1]), (right, kinds[0])):
        if floats.dtype.startswith("float") and other.startswith(_convert.WHOLE):
            values = _convert.numpy_of(floats)
            values = values[~np.isnan(values)]
            if (values != np.trunc(values)).any() or np.isinf(values).any():
                warn(
                    "You are merging on int and float columns where the float values are not equal to their int "
                    "representation."
                )


def _check_labels(left: Any, right: Any, found: Any) -> None:
    """Suffixes must not make a label that stands twice."""
    if found.columns.is_unique or not left.columns.is_unique or not right.columns.is_unique:
        return
    seen, repeated = set(), []
    for label in found.columns:
        if label in seen and label not in repeated:
            repeated.append(label)
        seen.add(label)
    raise MergeError(f"Passing 'suffixes' which cause duplicate columns {set(repeated)} is not allowed.")


def merge_asof(
    left: Any,
    right: Any,
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_index: bool = False,
    right_index: bool = False,
    by: Any = None,
    left_by: Any = None,
    right_by: Any = None,
    suffixes: Any = ("_x", "_y"),
    tolerance: Any = None,
    allow_exact_matches: bool = True,
    direction: str = "backward",
) -> Any:
    """Each left row with the nearest right row."""
    left, right = _frame_of(left), _frame_of(right)
    if by is not None:
        if left_by is not None or right_by is not None:
            raise MergeError("Can only pass by OR left_by and right_by")
        left_by = right_by = by
    if left_by is None and right_by is not None:
        raise MergeError("missing left_by")
    if left_by is not None and right_by is None:
        raise MergeError("missing right_by")
    lefts, rights = sides(left, right, on, left_on, right_on, left_index, right_index)
    if lefts is not None and len(lefts) != 1:
        raise MergeError("can only asof on a key for left")
    if rights is not None and len(rights) != 1:
        raise MergeError("can only asof on a key for right")
    for index, used, side in ((left.index, left_index, "left"), (right.index, right_index, "right")):
        if used and index.nlevels > 1:
            raise MergeError(f"{side} can only have one index")
    if not isinstance(allow_exact_matches, (bool, np.bool_)):
        raise MergeError(f"allow_exact_matches must be boolean, passed {allow_exact_matches}")
    if direction not in ("backward", "forward", "nearest"):
        raise MergeError(f"direction invalid: {direction}")
    left_keys = [left.index] if lefts is None else lefts
    right_keys = [right.index] if rights is None else rights
    groups = (_listed(left_by), _listed(right_by))
    if len(groups[0]) != len(groups[1]):
        raise MergeError("left_by and right_by must be the same length")
    tolerance = _tolerance(tolerance, left, left_keys[-1])
    pair = _suffixes(suffixes)
    if lefts is None and rights is None and not groups[0]:
        found = _engine.merge_asof(
            left, right, None, None, 0, direction, bool(allow_exact_matches), tolerance, pair
        )
    else:
        found = _engine.merge_asof(
            left,
            right,
            _keys(left, groups[0] + left_keys),
            _keys(right, groups[1] + right_keys),
            len(groups[0]),
            direction,
            bool(allow_exact_matches),
            tolerance,
            pair,
        )
        if lefts is None or rights is None:
            found._index = left._index
    return left._constructor._from_plain(found).__finalize__(left)


def _tolerance(tolerance: Any, left: Any, key: Any) -> Any:
    if tolerance is None:
        return None
    if isinstance(key, (_engine.Index, _engine.Series, np.ndarray)):
        column = _convert.column_of(key)
    else:
        column = left[key]._values if key in left.columns else left.index.get_level_values(key)._values
    message = (
        f"incompatible tolerance {tolerance}, must be compat with type {_convert.dtype_object(column)!r}"
    )
    if column.dtype.startswith(("datetime64", "timedelta64")):
        import datetime as dt

        if not isinstance(tolerance, (dt.timedelta, np.timedelta64)):
            raise MergeError(message)
        from lumen.pandas._timedelta import Timedelta

        tolerance = Timedelta(tolerance)
        if tolerance < Timedelta(0):
            raise MergeError("tolerance must be positive")
        return tolerance
    if column.dtype.startswith(_convert.WHOLE):
        if not isinstance(tolerance, (int, np.integer)) or isinstance(tolerance, bool):
            raise MergeError(message)
    elif column.dtype.startswith("float"):
        if not isinstance(tolerance, (int, float, np.number)):
            raise MergeError(message)
    if tolerance < 0:
        raise MergeError("tolerance must be positive")
    return tolerance


def merge_ordered(
    left: Any,
    right: Any,
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_by: Any = None,
    right_by: Any = None,
    fill_method: str | None = None,
    suffixes: Any = ("_x", "_y"),
    how: str = "outer",
) -> Any:
    """A merge of ordered rows, missing values filled from the row before where asked."""
    if fill_method not in (None, "ffill"):
        raise ValueError("fill_method must be 'ffill' or None")
    if left_by is not None and right_by is not None:
        raise ValueError("Can only group either left or right frames")

    def merged(x: Any, y: Any) -> Any:
        if fill_method is None:
            return merge(
                x, y, on=on, left_on=left_on, right_on=right_on, suffixes=suffixes, how=how, sort=True
            )
        # A side without a row has its row before; what is missing in a row stays so.
        numbers = ("\0left", "\0right")
        one, other = x.copy(), y.copy()
        one[numbers[0]], other[numbers[1]] = range(len(x)), range(len(y))
        found = merge(
            one, other, on=on, left_on=left_on, right_on=right_on, suffixes=suffixes, how=how, sort=True
        )
        rows = [found.pop(name).ffill().fillna(-1).astype(int).tolist() for name in numbers]
        kept = set(sides(x, y, on, left_on, right_on, False, False)[0])
        keys_apart = left_on is not None or right_on is not None
        shared = [] if keys_apart else [label for label in y.columns if label in kept]
        sources = [(x, label, rows[0]) for label in x.columns]
        sources += [(y, label, rows[1]) for label in y.columns if label not in shared]
        held = kept | set(sides(x, y, on, left_on, right_on, False, False)[1])
        data = [
            found._column(place)
            if label in held
            else frame._column(frame.columns.get_loc(label)).reindex(taken)
            for place, (frame, label, taken) in enumerate(sources)
        ]
        found._fill(data, found._columns, found._index)
        return found

    if left_by is None and right_by is None:
        return merged(left, right)
    swapped = right_by is not None
    by = _listed(right_by if swapped else left_by)
    this, other = (right, left) if swapped else (left, right)
    absent = set(by).difference(this.columns)
    if absent:
        raise KeyError(f"{absent} not found in {'right' if swapped else 'left'} columns")
    from lumen.pandas._concat import concat

    parts = []
    for key, group in this.groupby(by, sort=False):
        found = merged(other, group) if swapped else merged(group, other)
        for label, value in zip(by, key):
            found[label] = value
        parts.append(found)
    found = concat(parts, ignore_index=True)
    return found[list(parts[0].columns)]


def join(
    left: Any,
    other: Any,
    on: Any = None,
    how: str = "left",
    suffixes: Any = ("", ""),
    sort: bool = False,
    validate: str | None = None,
) -> Any:
    """`DataFrame.join`."""
    if isinstance(other, _engine.Series):
        if other.name is None:
            raise ValueError("Other Series must have a name")
        other = other.to_frame()
    if isinstance(other, _engine.DataFrame):
        if how == "cross":
            return merge(left, other, how=how, on=on, suffixes=suffixes, sort=sort, validate=validate)
        return merge(
            left,
            other,
            left_on=on,
            how=how,
            left_index=on is None,
            right_index=True,
            suffixes=suffixes,
            sort=sort,
            validate=validate,
        )
    if on is not None:
        raise ValueError("Joining multiple DataFrames only supported for joining on index")
    if any(suffixes):
        raise ValueError("Suffixes not supported when joining multiple DataFrames")
    from lumen.pandas._concat import concat

    frames = [left, *other]
    if all(frame.index.is_unique for frame in frames):
        if how == "left":
            found = concat(frames, axis=1, join="outer", verify_integrity=True, sort=sort)
            return found.reindex(left.index)
        return concat(frames, axis=1, join=how, verify_integrity=True, sort=sort or how == "outer")
    found = frames[0]
    for frame in frames[1:]:
        if isinstance(frame, _engine.Series):
            frame = frame.to_frame()
        found = merge(found, frame, how=how, left_index=True, right_index=True, validate=validate)
    return found
