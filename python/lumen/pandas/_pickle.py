"""Series and frames as pickle's state: columns as lists under their dtype."""

from __future__ import annotations

from typing import Any


def _column_state(column: Any) -> tuple[Any, ...]:
    if column.dtype == "category":
        return ("category", column.codes.tolist(), _column_state(column.categories), column.ordered)
    return (column.dtype, column.tolist())


def _column(state: tuple[Any, ...]) -> Any:
    from lumen import _engine

    if state[0] == "category":
        return _engine.Column.category(state[1], _column(state[2]), state[3])
    return _engine.Column.from_items(state[1], infer=False).cast(state[0])


def _index_state(index: Any) -> tuple[Any, ...]:
    if index._range is not None:
        return ("range", index._range, index._names)
    return ("levels", [_column_state(index._level(level)) for level in range(index.nlevels)], index._names)


def _index(state: tuple[Any, ...]) -> Any:
    from lumen import _engine

    kind, held, names = state
    if kind == "range":
        return _engine.Index._of_range(*held, names[0])
    if len(held) == 1:
        return _engine.Index._of_column(_column(held[0]), names[0])
    return _engine.Index._of_columns([_column(level) for level in held], list(names))


def _own(held: Any) -> type | None:
    """The class of a derived object; None for our own, whose module is named as pandas names it."""
    return None if type(held) is _plain(type(held).__name__) else type(held)


def _plain(name: str) -> Any:
    import lumen.pandas

    return getattr(lumen.pandas, name, None)


def series_state(series: Any) -> tuple[Any, ...]:
    """What `Series.__reduce__` gives."""
    return (
        restore_series,
        (_own(series), _column_state(series._values), _index_state(series.index), series.name),
    )


def restore_series(cls: type, column: Any, index: Any, name: Any) -> Any:
    """The series of a state."""
    cls = _plain("Series") if cls is None else cls
    made = cls.__new__(cls)
    made._fill(_column(column), _index(index), name)
    return made


def frame_state(frame: Any) -> tuple[Any, ...]:
    """What `DataFrame.__reduce__` gives."""
    columns = [_column_state(frame._column(place)) for place in range(frame.shape[1])]
    return (restore_frame, (_own(frame), columns, _index_state(frame.columns), _index_state(frame.index)))


def restore_frame(cls: type, columns: Any, labels: Any, index: Any) -> Any:
    """The frame of a state."""
    cls = _plain("DataFrame") if cls is None else cls
    made = cls.__new__(cls)
    made._fill([_column(column) for column in columns], _index(labels), _index(index))
    return made
