"""Operators and their methods (`add`, `radd`, `eq` …) of series and frames.

What the engine's slots do not decide themselves comes here: arrays, lists, scalars that are objects, frames beside
series. Values and labels are the engine's.
"""

from __future__ import annotations

import operator
from collections import deque
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _time_arithmetic
from lumen.pandas._deprecation import check_sequence
from lumen.pandas._index_sets import same_name
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._time_arithmetic import refuse_subtrahend
from lumen.pandas._ufunc_guard import refuse_logic_of_times
from lumen.pandas._warn import warn

_FLEX_ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_UFUNCS = {
    "add": ("arithmetic", "add"),
    "subtract": ("arithmetic", "sub"),
    "multiply": ("arithmetic", "mul"),
    "divide": ("arithmetic", "truediv"),
    "true_divide": ("arithmetic", "truediv"),
    "floor_divide": ("arithmetic", "floordiv"),
    "remainder": ("arithmetic", "mod"),
    "power": ("arithmetic", "pow"),
    "equal": ("comparison", "eq"),
    "not_equal": ("comparison", "ne"),
    "less": ("comparison", "lt"),
    "less_equal": ("comparison", "le"),
    "greater": ("comparison", "gt"),
    "greater_equal": ("comparison", "ge"),
    "bitwise_and": ("logic", "and"),
    "bitwise_or": ("logic", "or"),
    "bitwise_xor": ("logic", "xor"),
}
_MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_PLAIN_UFUNCS = {
    "negative": "neg",
    "absolute": "abs",
    "invert": "invert",
    "sqrt": "sqrt",
    "exp": "exp",
    "log": "log",
    "floor": "floor",
    "ceil": "ceil",
}


class SeriesArithmetic:
    """Operators of a series."""

    def _operate(self, kind: str, op: str, other: Any, reflected: bool) -> Any:
        if isinstance(other, _engine.DataFrame):
            return NotImplemented
        if kind == "arithmetic" or kind == "comparison" and self._dtype != "object":
            check_sequence(other)
        if isinstance(other, (range, deque)) and (kind != "comparison" or self._dtype != "object"):
            other = np.array(other)
        if kind == "arithmetic" and op in ("add", "sub"):
            moved = _time_arithmetic.of_series(self, op, other, reflected)
            if moved is not None:
                return moved
        if isinstance(other, _engine.Series):
            level = _shared_level(self.index, other.index)
            if level is not None and kind != "comparison":
                deep, flat = (self, other) if self.index.nlevels > 1 else (other, self)
                deep, flat = deep.align(flat, level=level)
                left, right = (deep, flat) if self.index.nlevels > 1 else (flat, deep)
                return left._operated(kind, op, right, reflected)
            return self._operated(kind, op, other, reflected)
        if isinstance(other, (_engine.Index, np.ndarray, list, tuple)) or hasattr(other, "_column"):
            if isinstance(other, np.ndarray) and other.ndim == 0:
                return self._operated(kind, op, other.item(), reflected)
            if isinstance(other, np.ndarray) and other.ndim > 1:
                raise ValueError("Data must be 1-dimensional")
            if kind == "logic" and isinstance(other, (list, tuple)):
                raise TypeError(
                    "Logical ops (and, or, xor) between Pandas objects and dtype-less sequences (e.g. list, tuple) are no "
                    "longer supported. Wrap the object in a Series, Index, or np.array before operating instead."
                )
            if kind == "arithmetic" and op == "sub" and reflected:
                refuse_subtrahend(self._dtype, other)
            same = not isinstance(other, _engine.Index) or same_name(self.name, other.name)
            other = _convert.column_of(other)
            if len(other) != len(self):
                if kind == "comparison":
                    raise ValueError(
                        "Lengths must match to compare" if len(other) != 1 else "Lengths must match"
                    )
                raise ValueError(
                    f"operands could not be broadcast together with shapes ({len(self)},) ({len(other)},) "
                )
            if reflected and kind == "comparison":
                op, reflected = _MIRRORED.get(op, op), False
            made = self._operated(kind, op, other, reflected)
            if not same:
                made.name = None
            return made
        if (
            not _convert.is_scalar(other)
            and hasattr(type(other), "__array_ufunc__") is False
            and _is_foreign(other)
        ):
            return NotImplemented
        if op == "sub" and reflected and getattr(other, "_is_offset", False):
            refuse_subtrahend(self._dtype, other)
        made = self._operated(kind, op, other, reflected)
        if getattr(other, "_is_offset", False) and made._dtype == "object":
            # An offset moves each time by itself; what comes out is times again.
            return made._with_column(made._values.inferred())
        return made

    def __neg__(self) -> Any:
        return self._plain("neg")

    def __pos__(self) -> Any:
        return self.copy()

    def __invert__(self) -> Any:
        return self._plain("invert")

    def __abs__(self) -> Any:
        return self._plain("abs")

    def abs(self) -> Any:
        """Absolute values."""
        return self._plain("abs")

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def divmod(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:
        return (
            self.floordiv(other, level=level, fill_value=fill_value, axis=axis),
            self.mod(other, level=level, fill_value=fill_value, axis=axis),
        )

    def rdivmod(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:
        return (
            self.rfloordiv(other, level=level, fill_value=fill_value, axis=axis),
            self.rmod(other, level=level, fill_value=fill_value, axis=axis),
        )

    def __matmul__(self, other: Any) -> Any:
        return self.dot(other)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return apply_ufunc(self, ufunc, method, inputs, kwargs)

    def _flex(
        self, kind: str, op: str, other: Any, level: Any, fill_value: Any, axis: Any, reflected: bool
    ) -> Any:
        if axis is not None:
            self._get_axis_number(axis)
        if level is not None:
            if not isinstance(other, _engine.Series):
                raise NotImplementedError(f"lumen.pandas: Series.{op}(level=) of what is no series")
            left, right = self.align(other, level=level)
            return left._flex(kind, op, right, None, fill_value, axis, reflected)
        if fill_value is not None:
            if not isinstance(other, _engine.Series):
                filled = self.fillna(fill_value)
                if not _convert.is_list_like(other):
                    return filled._flex(kind, op, other, None, None, axis, reflected)
                other = self._constructor(other, index=self.index)
            if kind != "arithmetic":
                left, right = self.align(other, join="outer")
                left, right = left.fillna(fill_value), right.fillna(fill_value)
                return left._flex(kind, op, right, None, None, axis, reflected)
            return other._filled(op, self, fill_value) if reflected else self._filled(op, other, fill_value)
        if isinstance(other, _engine.Series) and kind == "comparison":
            left, right = self.align(other, join="outer")
            return left._operated(kind, op, right, reflected)
        if isinstance(other, tuple):
            name = f"r{op}" if reflected else op
            warn(
                f"Series.{name} with a tuple is deprecated and will be treated as scalar-like in a future version. "
                "Explicitly wrap in a numpy array instead.",
                Pandas4Warning,
            )
            other = list(other)
        if (
            isinstance(other, (list, np.ndarray, _engine.Index))
            and np.ndim(other)
            and len(other) != len(self)
        ):
            raise ValueError("Lengths must be equal")
        return self._operate(kind, op, other, reflected)


def _shared_level(left: Any, right: Any) -> Any:
    """The level by whose name labels of several levels meet those of one."""
    if (left.nlevels > 1) == (right.nlevels > 1):
        return None
    deep, flat = (left, right) if left.nlevels > 1 else (right, left)
    return flat.name if flat.name is not None and flat.name in deep.names else None


class FrameArithmetic:
    """Operators of a frame."""

    def _operate(self, kind: str, op: str, other: Any, reflected: bool) -> Any:
        if getattr(other, "_is_offset", False):
            series = [self._series(place) for place in range(self.shape[1])]
            return self._with_columns([one._operate(kind, op, other, reflected)._values for one in series])
        if kind == "arithmetic" and op in ("add", "sub"):
            moved = _time_arithmetic.of_frame(self, op, other, reflected)
            if moved is not None:
                return moved
        check_sequence(other)
        if reflected and kind == "comparison":
            # The operator was mirrored already.
            reflected = False
        if reflected:
            return self._reflected(kind, op, other)
        if isinstance(other, (np.ndarray, list, tuple, _engine.Index)) or hasattr(other, "_column"):
            return self._operated(kind, op, self._shaped(other))
        return self._operated(kind, op, other)

    def _shaped(self, other: Any) -> Any:
        """An array or list as a frame of this shape or a series over the columns."""
        if isinstance(other, np.ndarray) and other.ndim == 0:
            return other.item()
        if isinstance(other, np.ndarray) and other.ndim == 2:
            rows, columns = other.shape
            if (rows, columns) != self.shape:
                if columns == 1 and rows == len(self):
                    other = np.repeat(other, self.shape[1], axis=1)
                elif rows == 1 and columns == self.shape[1]:
                    other = np.repeat(other, len(self), axis=0)
                else:
                    raise ValueError(
                        f"Unable to coerce to DataFrame, shape must be {self.shape}: given {other.shape}"
                    )
            return self._constructor(other, index=self.index, columns=self.columns)
        if isinstance(other, np.ndarray) and other.ndim > 2:
            raise ValueError(f"Unable to coerce to Series/DataFrame, dimension must be <= 2: {other.shape}")
        if len(other) != self.shape[1]:
            raise ValueError(
                f"Unable to coerce to Series, length must be {self.shape[1]}: given {len(other)}"
            )
        return self._constructor_sliced(other, index=self.columns)

    def _reflected(self, kind: str, op: str, other: Any) -> Any:
        if isinstance(other, (np.ndarray, list, tuple, _engine.Index)):
            other = self._shaped(other)
        if isinstance(other, _engine.DataFrame):
            return other._operated(kind, op, self)
        columns = []
        for place in range(self.shape[1]):
            side = other
            if isinstance(other, _engine.Series):
                side = other._at(place)
            values = self._column(place)
            columns.append(
                values.arithmetic(op, side, True) if kind == "arithmetic" else values.logic(op, side, True)
            )
        return self._with_columns(columns)

    def _with_columns(self, columns: list[Any]) -> Any:
        made = type(self).__new__(type(self))
        made._fill(columns, self._columns, self._index)
        return made.__finalize__(self)

    def _each(self, function: Any) -> Any:
        return self._with_columns([function(self._column(place)) for place in range(self.shape[1])])

    def __neg__(self) -> Any:
        return self._mapped("__neg__")

    def __pos__(self) -> Any:
        return self.copy()

    def __invert__(self) -> Any:
        return self._mapped("__invert__")

    def __abs__(self) -> Any:
        return self._mapped("abs")

    def abs(self) -> Any:
        """Absolute values."""
        return self._mapped("abs")

    def _mapped(self, _method: str, /, *args: Any, **kwargs: Any) -> Any:
        """Each column changed by a method of its series."""
        columns = [
            getattr(self._series(place), _method)(*args, **kwargs)._values for place in range(self.shape[1])
        ]
        return self._with_columns(columns)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __matmul__(self, other: Any) -> Any:
        return self.dot(other)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return apply_ufunc(self, ufunc, method, inputs, kwargs)

    def _flex(
        self, kind: str, op: str, other: Any, axis: Any, level: Any, fill_value: Any, reflected: bool
    ) -> Any:
        axis = 1 if axis is None else self._get_axis_number(axis)
        if level is not None:
            raise NotImplementedError(f"lumen.pandas: DataFrame.{op}(level=)")
        if isinstance(other, (list, tuple, np.ndarray, _engine.Index)):
            if getattr(other, "ndim", 1) == 1 and axis == 0:
                if len(other) != len(self):
                    raise ValueError(
                        f"Unable to coerce to Series, length must be {len(self)}: given {len(other)}"
                    )
                other = self._constructor_sliced(other, index=self.index)
            else:
                other = self._shaped(other)
        if isinstance(other, _engine.Series):
            if fill_value is not None:
                raise NotImplementedError(f"fill_value {fill_value} not supported.")
            if axis == 0:
                return _along_rows(self, kind, op, other, reflected)
            left, right = self.align(other, join="outer", axis=1)
            return _along_columns(left, kind, op, right, reflected)
        if isinstance(other, _engine.DataFrame):
            left, right = self.align(other, join="outer")
            if fill_value is not None:
                blank = left.isna() & right.isna()
                left, right = left.fillna(fill_value), right.fillna(fill_value)
                result = right._operated(kind, op, left) if reflected else left._operated(kind, op, right)
                return result.mask(blank)
            return right._operated(kind, op, left) if reflected else left._operated(kind, op, right)
        frame = self if fill_value is None else self.fillna(fill_value)
        return frame._operate(kind, op, other, reflected)


def _along_columns(frame: Any, kind: str, op: str, row: Any, reflected: bool) -> Any:
    if not reflected:
        return frame._operated(kind, op, row)
    return frame._reflected(kind, op, row)


def _along_rows(frame: Any, kind: str, op: str, column: Any, reflected: bool) -> Any:
    left, right = frame.align(column, join="outer", axis=0)
    columns = []
    for place in range(left.shape[1]):
        series = left._series(place)
        columns.append(series._operated(kind, op, right._values, reflected)._values)
    return left._with_columns(columns)


def _is_foreign(value: Any) -> bool:
    """An object with operators of its own, which get their turn."""
    return not isinstance(value, (str, bytes)) and hasattr(value, "_typ")


def apply_ufunc(self: Any, ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """numpy's functions on series and frames: operators by the engine, the rest value by value through numpy."""
    refuse_logic_of_times(ufunc, inputs)
    if kwargs.get("out") is not None:
        raise NotImplementedError(f"lumen.pandas: {ufunc.__name__}(out=)")
    if method == "reduce" and ufunc.__name__ in (
        "add",
        "multiply",
        "maximum",
        "minimum",
        "logical_and",
        "logical_or",
    ):
        names = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all"}
        return getattr(self, names.get(ufunc.__name__, "any"))(**{"axis": kwargs.get("axis", 0)})
    if method != "__call__":
        raise NotImplementedError(f"lumen.pandas: numpy.{ufunc.__name__}.{method}")
    name = ufunc.__name__
    if not kwargs and len(inputs) == 2 and name in _UFUNCS:
        kind, op = _UFUNCS[name]
        if inputs[0] is self:
            return getattr(operator, {"and": "and_", "or": "or_"}.get(op, op))(self, inputs[1])
        return self._operate(kind, _MIRRORED.get(op, op) if kind == "comparison" else op, inputs[0], True)
    if not kwargs and len(inputs) == 2 and name == "divmod":
        return self.__divmod__(inputs[1]) if inputs[0] is self else self.__rdivmod__(inputs[0])
    if not kwargs and len(inputs) == 1 and name in _PLAIN_UFUNCS and isinstance(self, _engine.Series):
        return self._plain(_PLAIN_UFUNCS[name])
    others = [item for item in inputs if isinstance(item, (_engine.Series, _engine.DataFrame))]
    frames = [item for item in others if isinstance(item, _engine.DataFrame)]
    if len(others) > 1 and not all(item.index.equals(self.index) for item in others):
        first, second = inputs
        first, second = first.align(second, join="outer")
        return getattr(ufunc, method)(first, second, **kwargs)
    labelled_kinds = (_engine.Series, _engine.DataFrame)
    arrays = [np.asarray(item) if isinstance(item, labelled_kinds) else item for item in inputs]
    result = getattr(ufunc, method)(*arrays, **kwargs)
    model = frames[0] if frames else self

    def labelled(array: Any) -> Any:
        if not isinstance(array, np.ndarray) or array.shape != model.shape:
            return array
        if frames:
            return model._constructor(array, index=model.index, columns=model.columns)
        names = {item.name for item in others}
        name = self.name if len(names) == 1 else None
        return model._constructor(array, index=model.index, name=name)

    return tuple(map(labelled, result)) if isinstance(result, tuple) else labelled(result)


def _define_flex() -> None:
    """The methods by name, with pandas' signatures."""
    aliases = {"mul": ("multiply",), "sub": ("subtract",), "truediv": ("div", "divide")}
    for op in (*_FLEX_ARITHMETIC, *_COMPARISONS):
        kind = "arithmetic" if op in _FLEX_ARITHMETIC else "comparison"
        for reflected in (False, True) if kind == "arithmetic" else (False,):

            def of_series(
                self: Any,
                other: Any,
                level: Any = None,
                fill_value: Any = None,
                axis: Any = 0,
                _kind: str = kind,
                _op: str = op,
                _reflected: bool = reflected,
            ) -> Any:
                return self._flex(_kind, _op, other, level, fill_value, axis, _reflected)

            def of_frame(
                self: Any,
                other: Any,
                axis: Any = "columns",
                level: Any = None,
                fill_value: Any = None,
                _kind: str = kind,
                _op: str = op,
                _reflected: bool = reflected,
            ) -> Any:
                return self._flex(_kind, _op, other, axis, level, fill_value, _reflected)

            names = [f"r{op}" if reflected else op]
            names += ["rdiv"] if reflected and op == "truediv" else []
            names += [] if reflected else list(aliases.get(op, ()))
            for name in names:
                for owner, function in ((SeriesArithmetic, of_series), (FrameArithmetic, of_frame)):
                    setattr(owner, name, _named(function, name, owner))


def _named(function: Any, name: str, owner: type) -> Any:
    import functools
    import inspect

    @functools.wraps(function)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    signature = inspect.signature(function)
    shown = [item for key, item in signature.parameters.items() if not key.startswith("_")]
    if name in _COMPARISONS and owner is FrameArithmetic:
        shown = [item for item in shown if item.name != "fill_value"]
    method.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    method.__name__ = name
    method.__qualname__ = f"{owner.__name__}.{name}"
    del method.__wrapped__
    return method


_define_flex()
