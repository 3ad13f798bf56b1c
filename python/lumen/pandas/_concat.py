"""`concat`: series and frames one below the other, or side by side."""

from __future__ import annotations

from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._deprecation import check_copy
from lumen.pandas._errors import InvalidIndexError
from lumen.pandas._index import Index, default_index, ensure_index
from lumen.pandas._inference import no_default
from lumen.pandas._generic import built

_UNSET: Any = no_default


def concat(
    objs: Any,
    *,
    axis: Any = 0,
    join: str = "outer",
    ignore_index: bool = False,
    keys: Any = None,
    levels: Any = None,
    names: Any = None,
    verify_integrity: bool = False,
    sort: Any = _UNSET,
    copy: Any = no_default,
) -> Any:
    """The objects joined along an axis, the other axis matched by label."""
    check_copy(copy)
    number = _axis(axis)
    if join not in ("inner", "outer"):
        raise ValueError("Only can inner (intersect) or outer (join) the other axis")
    for flag, name in ((ignore_index, "ignore_index"), (verify_integrity, "verify_integrity")):
        if not isinstance(flag, (bool, np.bool_, int)):
            raise ValueError(
                f'For argument "{name}" expected type bool, received type {type(flag).__name__}.'
            )
    if sort is not _UNSET and not isinstance(sort, (bool, np.bool_)):
        raise ValueError(f"The 'sort' keyword only accepts boolean values; {sort} was passed.")
    parts, labels = _parts(objs, keys)
    if labels is not None and keys is not None and len(labels) != len(parts):
        raise ValueError(
            f"The length of the keys ({len(labels)}) must match the length of the objects to concatenate ({len(parts)})"
        )
    parts, labels = _without_none(parts, labels)
    for part in parts:
        if not isinstance(part, (_engine.Series, _engine.DataFrame)):
            raise TypeError(
                f"cannot concatenate object of type '{type(part)}'; only Series and DataFrame objs are valid"
            )
    if isinstance(parts[0], _engine.Series) and all(isinstance(part, _engine.Series) for part in parts):
        if number == 0:
            return _series_below(parts, ignore_index, labels, levels, names, verify_integrity)
        return _series_beside(parts, join, ignore_index, labels, levels, names, verify_integrity, sort)
    frames = _as_frames(parts, number, ignore_index)
    return _frames(frames, parts, number, join, ignore_index, labels, levels, names, verify_integrity, sort)


def _axis(axis: Any) -> int:
    numbers = {0: 0, "index": 0, "rows": 0, 1: 1, "columns": 1}
    try:
        return numbers[axis]
    except (KeyError, TypeError):
        raise ValueError(f"No axis named {axis} for object type DataFrame") from None


def _parts(objs: Any, keys: Any) -> tuple[list[Any], Any]:
    if isinstance(objs, (_engine.Series, _engine.DataFrame, str, bytes)) or not isinstance(
        objs, abc.Iterable
    ):
        raise TypeError(
            "first argument must be an iterable of pandas objects, you passed an object of type"
            f' "{type(objs).__name__}"'
        )
    if isinstance(objs, abc.Mapping):
        labels = list(objs.keys()) if keys is None else list(keys)
        return [objs[label] for label in labels], labels if keys is None else keys
    parts = list(objs)
    if not parts:
        raise ValueError("No objects to concatenate")
    if keys is None:
        return parts, None
    if not isinstance(keys, (_engine.Index, abc.Sized)):
        keys = list(keys)
    return parts, keys


def _without_none(parts: list[Any], labels: Any) -> tuple[list[Any], Any]:
    if not parts:
        raise ValueError("No objects to concatenate")
    kept = [place for place, part in enumerate(parts) if part is not None]
    if not kept:
        raise ValueError("All objects passed were None")
    if len(kept) == len(parts):
        return parts, labels
    if isinstance(labels, _engine.Index):
        labels = labels._take(kept)
    elif labels is not None:
        labels = [list(labels)[place] for place in kept]
    return [parts[place] for place in kept], labels


def _as_frames(parts: list[Any], axis: int, ignore_index: bool) -> list[Any]:
    """Series among frames as frames of one column."""
    frames = []
    number = 0
    for part in parts:
        if isinstance(part, _engine.DataFrame):
            frames.append(part)
            continue
        name: Any = part.name
        if ignore_index or name is None:
            name = number if axis == 1 else 0
            number += 1
        frames.append(part.to_frame(name=name))
    return frames


def _outer(labels: Any, levels: Any, names: Any, lengths: list[int]) -> tuple[list[Any], list[Any]]:
    """The key levels row by row, and their names."""
    if isinstance(labels, _engine.Index):
        found = [labels._level(level) for level in range(labels.nlevels)]
        held = list(labels.names)
    else:
        labels = list(labels)
        if labels and isinstance(labels[0], tuple):
            index = Index(labels)
            found = [index._level(level) for level in range(index.nlevels)]
        else:
            found = [_convert.column_of(labels) if labels else _engine.Column.empty("object")]
        held = [None] * len(found)
    if names is not None:
        given = list(names) if _convert.is_list_like(names) else [names]
        held = given[: len(found)] + held[len(given) :]
    if levels is not None:
        _check_levels(labels, levels)
    again = [place for place, length in enumerate(lengths) for _ in range(length)]
    return [column.take(again) for column in found], held


def _check_levels(labels: Any, levels: Any) -> None:
    first = list(labels)
    tuples = first and isinstance(first[0], tuple)
    for place, level in enumerate(levels):
        known = ensure_index(level)
        if not known.is_unique:
            raise ValueError(f"Level values not unique: {known.tolist()}")
        for label in first:
            one = label[place] if tuples else label
            if one not in known:
                raise ValueError(f"Key {one} not in level {known}")


def _keyed(parts: list[Any], labels: Any, levels: Any, names: Any) -> Any:
    """The labels of the parts below each other, with the keys as outer levels."""
    outer, held = _outer(labels, levels, names, [len(part) for part in parts])
    depth = {part.nlevels for part in parts}
    if len(depth) > 1:
        raise AssertionError("Cannot concat indices that do not have the same number of levels")
    width = depth.pop()
    inner = _inner_levels(parts, width)
    first = list(parts[0].names)
    shared = [
        name if all(list(part.names)[place] == name for part in parts) else None
        for place, name in enumerate(first)
    ]
    given = list(names) if names is not None and _convert.is_list_like(names) else []
    if len(given) == len(outer) + width:
        shared = given[len(outer) :]
    # Keys are a level in their own order, the parts of tuples are sorted.
    outer = [_first_seen(outer[0])] if len(outer) == 1 else _sorted_levels(outer)
    levels = outer + inner
    return _engine.Index._of_codes(
        [level for level, _ in levels], [codes for _, codes in levels], held + shared
    )


def _first_seen(column: Any) -> tuple[Any, list[int]]:
    """A level of a column's labels as they appear, and the code of each row."""
    codes, labels = column.factorize(False)
    return labels, codes


def _sorted_levels(columns: list[Any]) -> list[tuple[Any, list[int]]]:
    """Levels of sorted labels, as those of labels without levels of their own are."""
    made = _engine.Index._of_columns(columns, [None] * len(columns))
    return [(made._level_labels(place), made._level_codes(place).tolist()) for place in range(len(columns))]


def _inner_levels(parts: list[Any], width: int) -> list[tuple[Any, list[int]]]:
    """The levels of labels below each other: as the parts have them where all are alike, else in order."""
    if all(part._equals(parts[0]) for part in parts[1:]):
        if width > 1:
            return [
                (parts[0]._level_labels(level), parts[0]._level_codes(level).tolist() * len(parts))
                for level in range(width)
            ]
        level, codes = _first_seen(parts[0]._level(0))
        return [(level, codes * len(parts))]
    joined = [_engine.Column.concat([part._level(level) for part in parts]) for level in range(width)]
    return _sorted_levels(joined)


def _check_unique(index: Any) -> None:
    if not index.is_unique:
        overlap = index[index.duplicated()].unique()
        raise ValueError(f"Indexes have overlapping values: {overlap}")


def _series_below(
    parts: list[Any], ignore_index: bool, labels: Any, levels: Any, names: Any, verify: bool
) -> Any:
    plain = _engine.concat_series(parts, bool(ignore_index or labels is not None), False)
    if not ignore_index and labels is not None:
        plain._index = _keyed([part.index for part in parts], labels, levels, names)
    if verify and not ignore_index:
        _check_unique(plain.index)
    made = parts[0]._constructor._from_plain(plain)
    return made.__finalize__(parts[0])


def _series_beside(
    parts: list[Any],
    join: str,
    ignore_index: bool,
    labels: Any,
    levels: Any,
    names: Any,
    verify: bool,
    sort: Any,
) -> Any:
    if levels is not None:
        raise NotImplementedError("lumen.pandas: concat(levels=) of series beside one another")
    frames = [part.to_frame(name=0) for part in parts]
    found = _joined(frames, 1, join, True, sort)
    if ignore_index:
        columns = default_index(len(parts))
    elif labels is not None:
        columns = ensure_index(labels)
        if names is not None:
            columns = columns._view()
            columns._set_names(list(names) if _convert.is_list_like(names) else [names])
    elif any(part.name is not None for part in parts):
        number = iter(range(len(parts)))
        columns = Index(
            [next(number) if part.name is None else part.name for part in parts], tupleize_cols=False
        )
    else:
        columns = default_index(len(parts))
    if verify:
        _check_unique(columns)
    made = parts[0]._constructor_expanddim
    frame = built(made, [found._column(place) for place in range(found.shape[1])], columns, found._index)
    return frame


def _joined(frames: list[Any], axis: int, join: str, ignore_index: bool, sort: Any) -> Any:
    sorts = bool(sort) if sort is not _UNSET else _sorts_dates(frames, axis)
    try:
        return _engine.concat_frames(frames, axis, join == "inner", ignore_index, False, sorts)
    except InvalidIndexError as error:
        if axis == 1:
            raise ValueError("cannot reindex on an axis with duplicate labels") from error
        raise


def _sorts_dates(frames: list[Any], axis: int) -> bool:
    """Dates that differ are sorted even where nobody asked for it."""
    if axis == 0:
        return False
    indexes = [frame._index for frame in frames]
    if not all(index._dtype.startswith("datetime64") for index in indexes):
        return False
    return not all(index._equals(indexes[0]) for index in indexes)


def _frames(
    frames: list[Any],
    parts: list[Any],
    axis: int,
    join: str,
    ignore_index: bool,
    labels: Any,
    levels: Any,
    names: Any,
    verify: bool,
    sort: Any,
) -> Any:
    found = _joined(frames, axis, join, ignore_index or labels is not None, sort)
    joined = [frame.index if axis == 0 else frame.columns for frame in frames]
    if labels is not None and not ignore_index:
        unnamed = [axis == 1 and isinstance(part, _engine.Series) for part in parts]
        if axis == 1 and all(unnamed):
            joined = [default_index(1) for _ in joined]
        keyed = _keyed(joined, labels, levels, names)
        if axis == 0:
            found._index = keyed
        else:
            found._columns = keyed
    if verify and not ignore_index:
        _check_unique(found.index if axis == 0 else found.columns)
    first = next((part for part in parts if isinstance(part, _engine.DataFrame)), frames[0])
    made = first._constructor._from_plain(found)
    return made.__finalize__(first)
