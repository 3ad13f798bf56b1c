"""`pivot_table` and `crosstab`: groups spread over rows and columns."""

from __future__ import annotations

from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._index import Index
from lumen.pandas._reshape import unstack
from lumen.pandas._generic import built


def _keys(given: Any) -> list[Any]:
    if given is None:
        return []
    if (
        _convert.is_scalar(given)
        or isinstance(given, (np.ndarray, _engine.Index, _engine.Series, tuple))
        or callable(given)
        or type(given).__name__.endswith("Grouper")
    ):
        return [given]
    return list(given)


def pivot_table(
    data: Any,
    values: Any = None,
    index: Any = None,
    columns: Any = None,
    aggfunc: Any = "mean",
    fill_value: Any = None,
    margins: bool = False,
    dropna: bool = True,
    margins_name: Hashable = "All",
    observed: bool = True,
    sort: bool = True,
    **kwargs: Any,
) -> Any:
    """Values aggregated over the groups of rows and columns."""
    from lumen.pandas._concat import concat

    rows, across = _keys(index), _keys(columns)
    if isinstance(aggfunc, list):
        parts, names = [], []
        for func in aggfunc:
            parts.append(
                _one(
                    data,
                    values,
                    rows,
                    across,
                    func,
                    fill_value,
                    margins,
                    dropna,
                    margins_name,
                    observed,
                    sort,
                    kwargs,
                )
            )
            names.append(getattr(func, "__name__", func))
        return concat(parts, keys=names, axis=1)
    return _one(
        data, values, rows, across, aggfunc, fill_value, margins, dropna, margins_name, observed, sort, kwargs
    )


def _one(
    data: Any,
    values: Any,
    rows: list[Any],
    across: list[Any],
    aggfunc: Any,
    fill_value: Any,
    margins: bool,
    dropna: bool,
    margins_name: Hashable,
    observed: bool,
    sort: bool,
    kwargs: dict[str, Any],
) -> Any:
    keys = rows + across
    given = values is not None
    multi = False
    if given:
        multi = _convert.is_list_like(values) and not isinstance(values, tuple)
        wanted = list(values) if multi else [values]
        for label in wanted:
            if label not in data.columns:
                raise KeyError(label)
        used = list(wanted)
        for key in keys:
            if _convert.is_scalar(key) or isinstance(key, tuple):
                if key in data.columns and key not in used:
                    used.append(key)
            elif type(key).__name__.endswith("Grouper") and key.key is not None and key.key not in used:
                used.append(key.key)
        if len(used) < len(data.columns):
            data = data[used]
    else:
        wanted = list(data.columns)
        for key in keys:
            label = getattr(key, "key", key) if type(key).__name__.endswith("Grouper") else key
            wanted = [one for one in wanted if not (_is_same(one, label))]
    if not keys:
        raise ValueError("No group keys passed!")
    grouped = data.groupby(keys, observed=observed, sort=sort, dropna=dropna)
    if wanted:
        grouped = grouped[wanted]
    found = grouped.agg(aggfunc, **kwargs)
    if dropna and isinstance(found, _engine.DataFrame) and len(found.columns):
        found = found.dropna(how="all")
    table = found
    if table.index.nlevels > 1 and across and len(table):
        moved = list(range(len(rows), len(keys)))
        table = unstack(table, moved, fill_value=None)
    elif table.index.nlevels > 1 and across:
        table = unstack(table, list(range(len(rows), len(keys))))
    if sort and isinstance(table, _engine.DataFrame):
        table = table.sort_index(axis=1)
        levels = range(table.index.nlevels)
        if not dropna and any(_convert.mask_of(table.index._level(level)).any() for level in levels):
            # A missing key is the last label of its group, which a level of labels has in front.
            table = table.sort_index()
    if fill_value is not None:
        table = table.fillna(fill_value)
        if isinstance(fill_value, (int, np.integer)) and not isinstance(fill_value, bool):
            table = _as_integers(table, found)
    if margins:
        if dropna:
            data = data.dropna()
        table = _with_margins(
            table,
            data,
            wanted,
            rows,
            across,
            aggfunc,
            margins_name,
            observed,
            dropna,
            kwargs,
        )
    if given and not multi and table.columns.nlevels > 1:
        columns = table._columns
        levels = [columns._level(level) for level in range(1, columns.nlevels)]
        names = list(columns._names)[1:]
        table._columns = (
            _engine.Index._of_column(levels[0], names[0])
            if len(levels) == 1
            else _engine.Index._of_columns(levels, names)
        )
    if not rows and across:
        table = table.T
    if isinstance(table, _engine.DataFrame) and dropna:
        table = table.dropna(how="all", axis=1)
    return table


def _is_same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other) if _convert.is_scalar(other) or isinstance(other, tuple) else False
    except (TypeError, ValueError):
        return False


def _as_integers(table: Any, source: Any) -> Any:
    """Columns that were whole before cells were missing are whole again."""
    kinds = {source._column(place).dtype for place in range(source.shape[1])}
    if not all(kind.startswith(_convert.WHOLE) for kind in kinds):
        return table
    made = table._constructor
    frame = made.__new__(made)
    data = []
    for place in range(table.shape[1]):
        column = table._column(place)
        data.append(column.cast("int64") if column.dtype == "float64" else column)
    frame._fill(data, table._columns, table._index)
    return frame


def _with_margins(
    table: Any,
    data: Any,
    wanted: list[Any],
    rows: list[Any],
    across: list[Any],
    aggfunc: Any,
    name: Hashable,
    observed: bool,
    dropna: bool,
    kwargs: dict[str, Any],
) -> Any:
    """The table with the totals of rows and columns."""
    if not isinstance(name, str):
        raise ValueError("margins_name argument must be a string")
    message = f'Conflicting name "{name}" in margins'
    for level in range(table.index.nlevels):
        if name in table.index._level(level).tolist():
            raise ValueError(message)
    for level in range(1, table.columns.nlevels):
        if name in table.columns._level(level).tolist():
            raise ValueError(message)

    def total(frame: Any, label: Any) -> Any:
        func = aggfunc.get(label, "mean") if isinstance(aggfunc, dict) else aggfunc
        series = frame[label]
        return getattr(series, func)(**kwargs) if isinstance(func, str) else func(series, **kwargs)

    grand = {
        label: total(data, label) for label in wanted if _reduces(lambda label=label: total(data, label))
    }
    width = table.index.nlevels
    key = name if width == 1 else (name,) + ("",) * (width - 1)
    if not across:
        cells = [
            grand.get(label[0] if isinstance(label, tuple) else label, np.nan) for label in table.columns
        ]
        return _below(table, cells, key)
    deep = table.columns.nlevels > 1
    below: list[Any] = []
    by_column = data.groupby(across, observed=observed, dropna=dropna)[wanted].agg(aggfunc, **kwargs)
    for label in table.columns:
        value, rest = (label[0], label[1:]) if deep else (wanted[0], (label,))
        try:
            below.append(by_column.loc[rest if len(across) > 1 else rest[0], value])
        except KeyError:
            below.append(np.nan)
    if rows:
        by_row = data.groupby(rows, observed=observed, dropna=dropna)[wanted].agg(aggfunc, **kwargs)
        by_row = by_row.reindex(table.index)
    columns, labels, totals = [], [], []
    held = list(table.columns)
    # The table's own order counts: it may be sorted already.
    for value in dict.fromkeys(label[0] for label in held) if deep else wanted:
        own = [place for place, label in enumerate(held) if (label[0] if deep else value) == value]
        for place in own:
            columns.append(table._column(place))
            labels.append(held[place])
            totals.append(below[place])
        if rows:
            columns.append(by_row[value]._values)
            labels.append((value, name) + ("",) * (table.columns.nlevels - 2) if deep else name)
            totals.append(grand.get(value, np.nan))
    made = table._constructor
    wide = made.__new__(made)
    axis = Index(labels)
    axis._set_names(list(table._columns._names))
    wide._fill(columns, axis, table._index)
    return _below(wide, totals, key)


def _reduces(work: Any) -> bool:
    try:
        work()
    except TypeError:
        return False
    return True


def _below(table: Any, cells: list[Any], key: Any) -> Any:
    """One more row at the end."""
    data = []
    for place, cell in enumerate(cells):
        column = table._column(place)
        last = _convert.column_of([cell])
        if column.dtype.startswith(_convert.WHOLE) and last.dtype == "float64" and float(cell).is_integer():
            last = last.cast("int64")
        data.append(_engine.Column.concat([column, last]))
    index = Index([*list(table.index), key], tupleize_cols=True)
    index._set_names(list(table._index._names))
    made = table._constructor
    frame = built(made, data, table._columns, index)
    return frame


def crosstab(
    index: Any,
    columns: Any,
    values: Any = None,
    rownames: Any = None,
    colnames: Any = None,
    aggfunc: Any = None,
    margins: bool = False,
    margins_name: Hashable = "All",
    dropna: bool = True,
    normalize: Any = False,
) -> Any:
    """How often each combination of values stands."""
    from lumen.pandas._frame import DataFrame

    if values is None and aggfunc is not None:
        raise ValueError("aggfunc cannot be used without values.")
    if values is not None and aggfunc is None:
        raise ValueError("values cannot be used without an aggfunc.")
    rows, across = _arrays(index), _arrays(columns)
    row_names = _names(rows, rownames, "row")
    column_names = _names(across, colnames, "col")
    common = None
    for array in rows + across:
        if isinstance(array, _engine.Series):
            common = array.index if common is None else common.intersection(array.index, sort=False)
    unique_rows = [f"row_{place}" for place in range(len(rows))]
    unique_columns = [f"col_{place}" for place in range(len(across))]
    held: dict[str, Any] = dict(zip(unique_rows + unique_columns, rows + across))
    frame = DataFrame(held, index=common)
    if values is None:
        frame["__dummy__"] = 0
        options: dict[str, Any] = {"aggfunc": len, "fill_value": 0}
        options["aggfunc"] = "count"
    else:
        frame["__dummy__"] = values
        options = {"aggfunc": aggfunc}
    table = pivot_table(
        frame,
        "__dummy__",
        index=unique_rows,
        columns=unique_columns,
        margins=margins,
        margins_name=margins_name,
        dropna=dropna,
        observed=dropna,
        **options,
    )
    if normalize is not False:
        table = _normalized(table, normalize, margins, margins_name)
    table.index.names = row_names
    table.columns.names = column_names
    return table


def _arrays(given: Any) -> list[Any]:
    if (
        isinstance(given, (list, tuple))
        and given
        and all(
            isinstance(one, (list, tuple, np.ndarray, _engine.Series, _engine.Index))
            or hasattr(one, "_column")
            for one in given
        )
    ):
        return list(given)
    return [given]


def _names(arrays: list[Any], names: Any, prefix: str) -> list[Any]:
    if names is None:
        return [
            array.name
            if isinstance(array, _engine.Series) and array.name is not None
            else f"{prefix}_{place}"
            for place, array in enumerate(arrays)
        ]
    if len(names) != len(arrays):
        raise AssertionError("arrays and names must have the same length")
    return list(names)


def _normalized(table: Any, normalize: Any, margins: bool, name: Hashable) -> Any:
    if not isinstance(normalize, (bool, str)):
        words = {0: "index", 1: "columns"}
        if normalize not in words:
            raise ValueError("Not a valid normalize argument")
        normalize = words[normalize]
    if not margins:
        if normalize == "index":
            found = table.div(table.sum(axis=1), axis=0)
        elif normalize == "columns":
            found = table / table.sum()
        elif normalize in ("all", True):
            found = table / table.sum(axis=1).sum(axis=0)
        else:
            raise ValueError("Not a valid normalize argument")
        return found.fillna(0)
    if normalize not in ("index", "columns", "all", True):
        raise ValueError("Not a valid normalize argument")
    body = table.iloc[:-1, :-1]
    right, below = table.iloc[:-1, -1], table.iloc[-1, :-1]
    found = _normalized(body, normalize, False, name)
    from lumen.pandas._concat import concat

    if normalize == "columns":
        right = (right / right.sum()).fillna(0)
        right.name = name
        return concat([found, right], axis=1).fillna(0)
    if normalize == "index":
        below = (below / below.sum()).fillna(0)
        below.name = name
        found = concat([found, below.to_frame().T]).fillna(0)
        return found
    right = right / right.sum()
    below = below / below.sum()
    right.name, below.name = name, name
    found = concat([found, right], axis=1)
    last = concat([below, type(below)([1.0], index=[name])])
    last.name = name
    return concat([found, last.to_frame().T]).fillna(0)
