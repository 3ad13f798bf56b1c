"""`stack`, `unstack`, `pivot`, `melt`, `explode`, `get_dummies` and `wide_to_long`."""

from __future__ import annotations

import re
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._group_keys import _multi_level
from lumen.pandas._index import Index, default_index
from lumen.pandas._inference import no_default
from lumen.pandas._generic import built

_UNSET: Any = no_default


def _level(index: Any, level: Any) -> int:
    """The number of a level, by number or name."""
    if index.nlevels == 1:
        if isinstance(level, (int, np.integer)) and not isinstance(level, bool):
            if level in (0, -1):
                return 0
            if level == index.name:
                return 0
            raise IndexError(
                f"Too many levels: Index has only 1 level, {level} is not a valid level number"
                if level < 0
                else f"Too many levels: Index has only 1 level, not {level + 1}"
            )
        if level != index.name:
            raise KeyError(f"Requested level ({level}) does not match index name ({index.name})")
        return 0
    return _multi_level(index, level)


def _levels(index: Any, level: Any) -> list[int]:
    return [_level(index, one) for one in (level if isinstance(level, (list, tuple)) else [level])]


def _whole(frame: Any, column: Any, index: Any, name: Hashable = None) -> Any:
    made = frame._constructor_sliced if frame.ndim == 2 else frame._constructor
    series = built(made, column, index, name)
    return series


def unstack(obj: Any, level: Any = -1, fill_value: Any = None, sort: bool = True) -> Any:
    """Levels of the row labels as levels of the column labels."""
    index = obj.index
    if index.nlevels == 1:
        _levels(index, level)
        if obj.ndim == 1:
            raise ValueError(f"index must be a MultiIndex to unstack, {type(index)} was passed")
        return _unstacked_plain(obj)
    fill = () if fill_value is None else (fill_value,)
    if isinstance(level, (list, tuple)) and len(level) == 0:
        return obj
    levels = _levels(index, level)
    if obj.ndim == 1:
        frame = obj.to_frame(name=0)
        found = _engine.unstack(frame, levels, *(fill or (None,)), bool(sort))
        columns = [found._columns._level(number) for number in range(1, found._columns.nlevels)]
        names = list(found._columns._names)[1:]
        if len(columns) == 1:
            axis = _engine.Index._of_column(columns[0], names[0])
        else:
            axis = _engine.Index._of_columns(columns, names)
        made = obj._constructor_expanddim
        frame = built(made, [found._column(place) for place in range(found.shape[1])], axis, found._index)
        if len(levels) == index.nlevels:
            return frame.iloc[0] if len(frame) else frame
        return frame
    found = _engine.unstack(obj, levels, *(fill or (None,)), bool(sort))
    if len(levels) == index.nlevels:
        return stack(found.T, list(range(found.T.columns.nlevels)))
    return obj._constructor._from_plain(found)


def _unstacked_plain(frame: Any) -> Any:
    """A frame without a second level of rows: the columns below each other."""
    height = len(frame)
    columns = [frame._column(place) for place in range(frame.shape[1])]
    joined = _engine.Column.concat(columns) if columns else _engine.Column.empty("object")
    labels = frame._columns
    outer = [
        labels._level(level).take([p for p in range(len(columns)) for _ in range(height)])
        for level in range(labels.nlevels)
    ]
    inner = [frame._index._level(0).take(list(range(height)) * len(columns))]
    index = _engine.Index._of_columns(outer + inner, list(labels._names) + list(frame._index._names))
    return _whole(frame, joined, index)


def stack(
    frame: Any, level: Any = -1, dropna: Any = _UNSET, sort: Any = _UNSET, future_stack: bool = True
) -> Any:
    """Levels of the column labels as levels of the row labels."""
    if not future_stack:
        from lumen.pandas import _stack_previous

        return _stack_previous.stack(
            frame, level, True if dropna is _UNSET else dropna, True if sort is _UNSET else sort
        )
    if dropna is not _UNSET:
        raise ValueError(
            "dropna must be unspecified as the new implementation does not introduce rows of NA values. This argument"
            " will be removed in a future version of pandas."
        )
    if sort is not _UNSET:
        raise ValueError(
            "Cannot specify sort, this argument will be removed in a future version of pandas. Sort the result using"
            " .sort_index instead."
        )
    if (
        isinstance(level, (tuple, list))
        and not all(one in frame.columns.names for one in level)
        and not all(isinstance(one, int) for one in level)
    ):
        raise ValueError(
            "level should contain all level names or all level numbers, not a mixture of the two."
        )
    levels = _levels(frame.columns, level)
    if not frame.columns.is_unique:
        raise ValueError("Columns with duplicate values are not supported in stack")
    found = _engine.stack(frame, levels)
    if len(levels) == frame.columns.nlevels:
        column = found._column(0) if found.shape[1] else _engine.Column.empty("object")
        return _whole(frame, column, found._index)
    return frame._constructor._from_plain(found)


def explode_series(series: Any, ignore_index: bool = False) -> Any:
    """Each list of a series over rows of its own."""
    rows, items = _exploded(series._values)
    index = default_index(len(rows)) if ignore_index else series._index._take(rows)
    if series._values.dtype != "object":
        items = series._values.take(rows)
    made = series._constructor
    found = built(made, items, index, series.name)
    return found


def _exploded(column: Any) -> tuple[list[int], Any]:
    """The source row of each item, and the items."""
    if column.dtype != "object":
        return list(range(len(column))), column
    rows: list[int] = []
    items: list[Any] = []
    for row, cell in enumerate(column.tolist()):
        if _convert.is_list_like(cell) and not isinstance(cell, dict):
            held = list(cell)
            rows.extend([row] * max(len(held), 1))
            items.extend(held if held else [np.nan])
        else:
            rows.append(row)
            items.append(cell)
    # As constructors do, objects that are all texts or times become such.
    return rows, _engine.Column.from_items(items, infer=False).plain()


def explode(frame: Any, column: Any, ignore_index: bool = False) -> Any:
    """Each list in some columns over rows of its own, the other cells repeated."""
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()].tolist()
        raise ValueError(f"DataFrame columns must be unique. Duplicate columns: {repeated}")
    if _convert.is_scalar(column) or isinstance(column, tuple):
        wanted = [column]
    elif isinstance(column, list) and all(
        _convert.is_scalar(one) or isinstance(one, tuple) for one in column
    ):
        if not column:
            raise ValueError("column must be nonempty")
        if len(column) > len(set(column)):
            raise ValueError("column must be unique")
        wanted = column
    else:
        raise ValueError("column must be a scalar, tuple, or list thereof")
    labels = list(frame.columns)
    for label in wanted:
        if label not in labels:
            raise KeyError(label)
    found = [_exploded(frame._column(labels.index(label))) for label in wanted]
    if any(rows != found[0][0] for rows, _ in found[1:]):
        raise ValueError("columns must have matching element counts")
    rows = found[0][0]
    data = []
    for place, label in enumerate(labels):
        if label in wanted and frame._column(place).dtype == "object":
            data.append(found[wanted.index(label)][1])
        else:
            data.append(frame._column(place).take(rows))
    made = frame._constructor
    result = built(
        made, data, frame._columns, default_index(len(rows)) if ignore_index else frame._index._take(rows)
    )
    return result.__finalize__(frame)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if _convert.is_list_like(value) and not isinstance(value, tuple):
        return list(value)
    return [value]


def melt(
    frame: Any,
    id_vars: Any = None,
    value_vars: Any = None,
    var_name: Any = None,
    value_name: Hashable = "value",
    col_level: Any = None,
    ignore_index: bool = True,
) -> Any:
    """Columns as rows of a label and a value."""
    if value_name in frame.columns:
        raise ValueError(f"value_name ({value_name}) cannot match an element in the DataFrame columns.")
    for given, name in ((id_vars, "id_vars"), (value_vars, "value_vars")):
        if given is not None and frame.columns.nlevels > 1 and not isinstance(given, list):
            raise ValueError(f"{name} must be a list of tuples when columns are a MultiIndex")
    ids = _listed(id_vars) if not isinstance(id_vars, tuple) or frame.columns.nlevels > 1 else list(id_vars)
    if isinstance(id_vars, tuple) and frame.columns.nlevels == 1:
        ids = list(id_vars)
    columns = frame.columns
    if col_level is not None:
        columns = columns.get_level_values(col_level)
    labels = list(columns)
    given = (
        None
        if value_vars is None
        else (
            list(value_vars)
            if isinstance(value_vars, tuple) and columns.nlevels == 1
            else _listed(value_vars)
        )
    )
    absent = [label for label in ids + (given or []) if label not in labels]
    if absent:
        raise KeyError(f"The following id_vars or value_vars are not present in the DataFrame: {absent}")
    where: dict[Any, list[int]] = {}
    for place, label in enumerate(labels):
        where.setdefault(label, []).append(place)
    id_places = [place for label in ids for place in where[label]]
    if given is not None:
        places = [place for label in given for place in where[label]]
    else:
        places = [place for place in range(len(labels)) if place not in set(id_places)]
    length, count = len(frame), len(places)
    if var_name is None:
        if columns.nlevels > 1:
            names = list(columns.names)
            if len(set(names)) == len(names):
                var_names = names
            else:
                var_names = [f"variable_{place}" for place in range(len(names))]
        else:
            var_names = [columns.name if columns.name is not None else "variable"]
    elif _convert.is_list_like(var_name):
        if columns.nlevels == 1:
            raise ValueError(f"{var_name=} must be a scalar.")
        var_names = list(var_name)
        if len(var_names) > columns.nlevels:
            raise ValueError(
                f"{var_name=} has {len(var_names)} items, but the dataframe columns only have {columns.nlevels} levels."
            )
    else:
        var_names = [var_name]
    made_labels = [labels[place] for place in id_places] + var_names + [value_name]
    repeated = [label for place, label in enumerate(made_labels) if label in made_labels[:place]]
    if repeated and len(set(ids)) == len(id_places):
        raise ValueError(f"melt output columns cannot contain duplicate names: {repeated}")
    again = list(range(length)) * count
    data = [frame._column(place).take(again) for place in id_places]
    spread = [place for place in places for _ in range(length)]
    for level in range(len(var_names)):
        data.append(columns._level(level).take(spread))
    if places:
        data.append(_engine.Column.concat([frame._column(place) for place in places]))
    else:
        data.append(_engine.Column.empty("object"))
    made = frame._constructor
    found = made.__new__(made)
    rows = default_index(len(again)) if ignore_index else frame._index._take(again)
    found._fill(data, Index(made_labels, tupleize_cols=False), rows)
    return found.__finalize__(frame)


def pivot(data: Any, *, columns: Any, index: Any = _UNSET, values: Any = _UNSET) -> Any:
    """The values spread over the labels of two columns."""
    column_keys = _labels(columns)

    def of(label: Any) -> Any:
        if label not in data.columns:
            raise KeyError(label)
        return data[label]._values

    if values is _UNSET:
        keys = column_keys if index is _UNSET else _labels(index) + column_keys
        for key in keys:
            if key not in data.columns:
                raise KeyError(key)
        held = data.index if index is _UNSET else None
        outer = [held._level(level) for level in range(held.nlevels)] if held is not None else []
        names = list(held.names) if held is not None else []
        rows = _engine.Index._of_columns(outer + [of(key) for key in keys], names + keys)
        rest = [place for place, label in enumerate(data.columns) if label not in keys]
        made = data._constructor
        indexed = built(made, [data._column(place) for place in rest], data._columns._take(rest), rows)
        width = rows.nlevels
        return unstack(indexed, list(range(width - len(column_keys), width)))
    if index is _UNSET:
        held = data.index
        outer = [held._level(level) for level in range(held.nlevels)]
        names = list(held.names)
    else:
        outer = [of(label) for label in _labels(index)]
        names = _labels(index)
    inner = [of(label) for label in column_keys]
    rows = _engine.Index._of_columns(outer + inner, names + column_keys)
    numbers = list(range(len(outer), len(outer) + len(inner)))
    if _convert.is_list_like(values) and not isinstance(values, tuple):
        frame = data[list(values)]
        made = data._constructor
        indexed = made.__new__(made)
        cells = [frame._column(place) for place in range(frame.shape[1])]
        kinds = {cell.dtype for cell in cells}
        if len(kinds) > 1:
            # The cells are read as one array, which has one dtype.
            shared = _engine.Column.concat([cell.slice(0, 0) for cell in cells]).dtype
            cells = [cell if cell.dtype == shared else cell.cast(shared) for cell in cells]
        indexed._fill(cells, frame._columns, rows)
        return unstack(indexed, numbers)
    series = _whole(data, of(values), rows)
    found = unstack(series, numbers)
    return found


def _labels(keys: Any) -> list[Any]:
    """One label or several, as a list."""
    if _convert.is_list_like(keys) and not isinstance(keys, tuple):
        return list(keys)
    return [keys]


def get_dummies(
    data: Any,
    prefix: Any = None,
    prefix_sep: Any = "_",
    dummy_na: bool = False,
    columns: Any = None,
    sparse: bool = False,
    drop_first: bool = False,
    dtype: Any = None,
) -> Any:
    """A column for each value, true where it stands."""
    from lumen.pandas._concat import concat
    from lumen.pandas._dtype_names import pandas_dtype

    if sparse:
        raise NotImplementedError("lumen.pandas: get_dummies(sparse=True)")
    kind = np.dtype(bool) if dtype is None else pandas_dtype(dtype)
    name = _convert.engine_name(kind)
    if name == "object":
        raise ValueError("dtype=object is not a valid dtype for get_dummies")
    if not isinstance(data, _engine.DataFrame):
        series = data if isinstance(data, _engine.Series) else _series(data)
        shown = None if prefix is None else str(prefix)
        return _engine.dummies(series, shown, str(prefix_sep), bool(dummy_na), bool(drop_first), name)
    if columns is None:
        encoded = [
            place
            for place in range(data.shape[1])
            if data._column(place).dtype in ("object", "str", "string", "category")
        ]
    elif not _convert.is_list_like(columns):
        raise TypeError("Input must be a list-like for parameter `columns`")
    else:
        labels = list(data.columns)
        for label in columns:
            if label not in labels:
                raise KeyError(f"{[label]} not in index")
        encoded = [place for label in columns for place, held in enumerate(labels) if held == label]
    count = len(encoded)
    prefixes = _per_column(prefix, data, encoded, "prefix", count)
    separators = _per_column(prefix_sep, data, encoded, "prefix_sep", count)
    kept = [place for place in range(data.shape[1]) if place not in set(encoded)]
    parts = [data._take_columns(kept)]
    for place, before, separator in zip(encoded, prefixes, separators):
        parts.append(
            _engine.dummies(
                data._series(place), str(before), str(separator), bool(dummy_na), bool(drop_first), name
            )
        )
    if not kept and len(parts) > 1:
        parts = parts[1:]
    return concat(parts, axis=1)


def _series(data: Any) -> Any:
    from lumen.pandas._series import Series

    return Series(data)


def _per_column(given: Any, data: Any, encoded: list[int], name: str, count: int) -> list[Any]:
    labels = [data.columns[place] for place in encoded]
    if given is None:
        return labels
    if isinstance(given, str):
        return [given] * count
    if isinstance(given, dict):
        return [given[label] for label in labels]
    if _convert.is_list_like(given):
        held = list(given)
        if len(held) != count:
            raise ValueError(
                f"Length of '{name}' ({len(held)}) did not match the length of the columns being encoded ({count})."
            )
        return held
    return [given] * count


def wide_to_long(df: Any, stubnames: Any, i: Any, j: Any, sep: str = "", suffix: str = r"\d+") -> Any:
    """Columns of one stub and many suffixes as rows."""
    from lumen.pandas._concat import concat

    stubs = list(stubnames) if _convert.is_list_like(stubnames) else [stubnames]
    if any(stub in df.columns for stub in stubs):
        raise ValueError("stubname can't be identical to a column name")
    ids = list(i) if _convert.is_list_like(i) else [i]
    if df[ids].duplicated().any():
        raise ValueError("the id variables need to uniquely identify each row")
    parts, used = [], []
    for stub in stubs:
        pattern = re.compile(rf"^{re.escape(stub)}{re.escape(sep)}{suffix}$")
        columns = [label for label in df.columns if isinstance(label, str) and pattern.match(label)]
        used.extend(columns)
        part = melt(df, id_vars=ids, value_vars=columns, value_name=stub.rstrip(sep), var_name=j)
        texts = [text.replace(stub + sep, "") if isinstance(text, str) else text for text in part[j].tolist()]
        part[j] = texts
        try:
            part[j] = part[j].astype("int64")
        except (TypeError, ValueError):
            try:
                part[j] = part[j].astype("float64")
            except (TypeError, ValueError):
                pass
        parts.append(part.set_index([*ids, j]))
    melted = concat(parts, axis=1).reset_index()
    rest = [label for label in df.columns if label not in used]
    if len(ids) > 1:
        return df[rest].merge(melted, on=ids).set_index([*ids, j])
    # The rows stand as the suffixes do, not as the table did.
    found = melted.merge(df[rest], on=ids)
    order = rest + [label for label in melted.columns if label not in rest]
    return found[order].set_index([*ids, j])
