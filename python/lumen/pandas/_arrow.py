"""Tables and columns in and out by Arrow's PyCapsule interface, without a library between.

What holds the protocol's methods is read, whoever made it; a schema that a consumer asks for is refused.
"""

from __future__ import annotations

from typing import Any

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._index import default_index


def is_arrow(data: Any) -> bool:
    """Whether an object speaks the protocol."""
    return hasattr(data, "__arrow_c_array__") or hasattr(data, "__arrow_c_stream__")


def column_of_arrow(data: Any) -> _engine.Column:
    """An array or a stream of arrays as one column."""
    if hasattr(data, "__arrow_c_stream__"):
        return _engine.arrow_import_column(data.__arrow_c_stream__())
    return _engine.arrow_import_array(*data.__arrow_c_array__())


def _check(data: Any, kind: str) -> None:
    if not is_arrow(data):
        raise TypeError(
            f"Expected an Arrow-compatible {kind} object (i.e. having an '_arrow_c_array__' or '__arrow_c_stream__' "
            f"method), got '{type(data).__name__}' instead."
        )


def _refuse_schema(schema: Any, name: str) -> None:
    if schema is not None:
        raise NotImplementedError(f"lumen.pandas: {name}.__arrow_c_stream__(requested_schema=)")


class SeriesArrow:
    """The family of `Series`."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        _refuse_schema(requested_schema, "Series")
        name = "" if self.name is None else str(self.name)
        return _engine.arrow_export_column(name, self._values)

    @classmethod
    def from_arrow(cls, data: Any) -> Any:
        """A series of an Arrow array, under a new default index."""
        _check(data, "array-like")
        return cls(column_of_arrow(data))


class FrameArrow:
    """The family of `DataFrame`."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        _refuse_schema(requested_schema, "DataFrame")
        names = [str(label) for label in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"Duplicate column names found: {names}")
        columns = [self._column(place) for place in range(len(names))]
        if type(self.index).__name__ != "RangeIndex":
            for level, label in enumerate(self.index.names):
                names.append(f"__index_level_{level}__" if label is None else str(label))
                columns.append(_convert.column_of(self.index.get_level_values(level)))
        return _engine.arrow_export(names, columns)

    @classmethod
    def from_arrow(cls, data: Any) -> Any:
        """A frame of an Arrow table or record batch, under a new default index."""
        _check(data, "tabular")
        if isinstance(data, _engine.DataFrame):
            return data.copy()
        if not hasattr(data, "__arrow_c_stream__"):
            raise NotImplementedError(
                "lumen.pandas: DataFrame.from_arrow of an object without __arrow_c_stream__"
            )
        pairs = _engine.arrow_import(data.__arrow_c_stream__())
        length = len(pairs[0][1]) if pairs else 0
        made = cls()
        made._fill([column for _, column in pairs], _labels(pairs), default_index(length))
        return made


def _labels(pairs: list[tuple[str, _engine.Column]]) -> Any:
    from lumen.pandas._index import ensure_index

    return ensure_index([name for name, _ in pairs])
