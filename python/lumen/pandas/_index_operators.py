"""Operators, ufuncs and reductions of an index. Values are the engine's; labels pair by position."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _numpy_arguments, _time_arithmetic
from lumen.pandas._ufunc_guard import refuse_logic_of_times

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


def _operator(kind: str, op: str, reflected: bool = False) -> Any:
    def operate(self: Any, other: Any) -> Any:
        return self._operate(kind, op, other, reflected)

    operate.__name__ = f"__{'r' if reflected else ''}{op}__"
    return operate


class Operators:
    """What operators and reductions give for an index."""

    __slots__ = ()

    def _operate(self, kind: str, op: str, other: Any, reflected: bool = False) -> Any:
        if isinstance(other, (_engine.Series, _engine.DataFrame)):
            return NotImplemented
        if kind == "comparison":
            return self._compared(op, other)
        name = self._name
        if isinstance(other, _engine.Index):
            if other.nlevels > 1:
                return NotImplemented
            if not isinstance(other, type(self)) and _rank(other) > _rank(self):
                return NotImplemented
            from lumen.pandas._index_sets import same_name

            name = name if same_name(name, other._name) else None
        made = _index_of(self._arithmetic(kind, op, other, reflected), name)
        return self._with_result_step(made, op, other, reflected)

    def _arithmetic(self, kind: str, op: str, other: Any, reflected: bool) -> Any:
        """The column that an operator of numbers or of logic gives."""
        side = self._side(other)
        if kind == "arithmetic" and op in ("add", "sub") and isinstance(side, _engine.Column):
            if _time_arithmetic.is_time(side.dtype):
                return _time_arithmetic.shifted(op, side, self._values, not reflected)
        return getattr(self._values, kind)(op, side, reflected)

    def _with_result_step(self, made: Any, op: str, other: Any, reflected: bool) -> Any:
        return made

    def _side(self, other: Any) -> Any:
        """The other operand: a value, or a column as long as the index."""
        if isinstance(other, np.ndarray) and other.ndim == 0:
            return other.item() if other.dtype.kind not in "mM" else other[()]
        if _convert.is_list_like(other) and not isinstance(other, (tuple,)):
            if isinstance(other, np.ndarray) and other.ndim > 1:
                raise ValueError("Data must be 1-dimensional")
            column = _convert.column_of(other)
            if len(column) != len(self):
                if len(column) == 1 and isinstance(other, np.ndarray):
                    return column.take([0] * len(self))
                raise ValueError(
                    f"operands could not be broadcast together with shapes ({len(self)},) ({len(column)},) "
                )
            return column
        return other

    def _compared(self, op: str, other: Any) -> Any:
        if self.is_(other) and op in ("eq", "le", "ge", "ne") and self.nlevels == 1:
            same = np.ones(len(self), dtype=bool)
            missing = self.isna()
            if op == "ne":
                return missing if str(self.dtype) != "object" else missing
            if missing.any():
                same[missing] = False
            return same
        listlike = isinstance(other, (np.ndarray, _engine.Index, list)) or hasattr(other, "_column")
        if listlike and not (isinstance(other, np.ndarray) and other.ndim == 0) and len(other) != len(self):
            raise ValueError("Lengths must match to compare", (len(self),), (len(other),))
        if self.nlevels > 1 or isinstance(other, _engine.Index) and other.nlevels > 1:
            return self._compared_objects(op, other)
        other = self._compare_operand(other)
        side = self._side(other)
        return _plain_array(self._values.compare(op, side))

    def _compare_operand(self, other: Any) -> Any:
        return other

    def _compared_objects(self, op: str, other: Any) -> np.ndarray:
        import operator

        function = getattr(operator, op)
        held = self.tolist()
        others = (
            list(other)
            if _convert.is_list_like(other) and not isinstance(other, tuple)
            else [other] * len(held)
        )
        return np.array([bool(function(a, b)) for a, b in zip(held, others)], dtype=bool)

    __eq__ = _operator("comparison", "eq")
    __ne__ = _operator("comparison", "ne")
    __lt__ = _operator("comparison", "lt")
    __le__ = _operator("comparison", "le")
    __gt__ = _operator("comparison", "gt")
    __ge__ = _operator("comparison", "ge")
    __add__ = _operator("arithmetic", "add")
    __radd__ = _operator("arithmetic", "add", True)
    __sub__ = _operator("arithmetic", "sub")
    __rsub__ = _operator("arithmetic", "sub", True)
    __mul__ = _operator("arithmetic", "mul")
    __rmul__ = _operator("arithmetic", "mul", True)
    __truediv__ = _operator("arithmetic", "truediv")
    __rtruediv__ = _operator("arithmetic", "truediv", True)
    __floordiv__ = _operator("arithmetic", "floordiv")
    __rfloordiv__ = _operator("arithmetic", "floordiv", True)
    __mod__ = _operator("arithmetic", "mod")
    __rmod__ = _operator("arithmetic", "mod", True)
    __pow__ = _operator("arithmetic", "pow")
    __rpow__ = _operator("arithmetic", "pow", True)
    __and__ = _operator("logic", "and")
    __rand__ = _operator("logic", "and", True)
    __or__ = _operator("logic", "or")
    __ror__ = _operator("logic", "or", True)
    __xor__ = _operator("logic", "xor")
    __rxor__ = _operator("logic", "xor", True)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __neg__(self) -> Any:
        return self._through_series("__neg__")

    def __pos__(self) -> Any:
        return self._through_series("__pos__")

    def __invert__(self) -> Any:
        return self._through_series("__invert__")

    def __abs__(self) -> Any:
        return self._through_series("__abs__")

    def _series(self) -> Any:
        from lumen.pandas._index import default_index, series_of

        return series_of(self._values, default_index(len(self)))

    def _through_series(self, name: str, *args: Any, **kwargs: Any) -> Any:
        found = getattr(self._series(), name)(*args, **kwargs)
        return _index_of(found._values, self._name)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(item, (_engine.Series, _engine.DataFrame)) for item in inputs):
            return NotImplemented
        refuse_logic_of_times(ufunc, inputs)
        found = _UFUNCS.get(ufunc.__name__)
        if method == "__call__" and found is not None and len(inputs) == 2 and not kwargs:
            kind, op = found
            left, right = inputs
            if isinstance(left, Operators):
                return left._operate(kind, op, right, False)
            if kind == "comparison":
                return right._operate(kind, _MIRRORED.get(op, op), left, False)
            return right._operate(kind, op, left, True)
        if method == "__call__" and ufunc.__name__ == "divmod" and not kwargs:
            left, right = inputs
            return left.__divmod__(right) if isinstance(left, Operators) else right.__rdivmod__(left)
        if method == "reduce":
            name = {
                "add": "sum",
                "maximum": "max",
                "minimum": "min",
                "logical_and": "all",
                "logical_or": "any",
            }
            if ufunc.__name__ in ("maximum", "minimum", "logical_and", "logical_or"):
                return getattr(self, name[ufunc.__name__])()
        plain = [np.asarray(item) if isinstance(item, Operators) else item for item in inputs]
        result = getattr(ufunc, method)(*plain, **kwargs)
        if isinstance(result, tuple):
            return tuple(self._wrapped(item) for item in result)
        return self._wrapped(result) if method == "__call__" else result

    def _wrapped(self, result: Any) -> Any:
        if not isinstance(result, np.ndarray) or result.ndim != 1:
            return result
        from lumen.pandas._index import Index

        return Index(result, name=self.name)

    def __array_wrap__(self, result: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return self._wrapped(result)

    # Reductions.

    def _check_reduction(self, axis: Any) -> None:
        if axis is not None and not -self.ndim <= axis < self.ndim:
            raise ValueError(f"`axis` must be fewer than the number of dimensions ({self.ndim})")

    def min(self, axis: Any = None, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        """The smallest label."""
        skipna = _numpy_arguments.check_skipna("min", skipna, args, kwargs)
        return self._extreme("min", axis, skipna)

    def max(self, axis: Any = None, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        """The greatest label."""
        skipna = _numpy_arguments.check_skipna("max", skipna, args, kwargs)
        return self._extreme("max", axis, skipna)

    def _extreme(self, how: str, axis: Any, skipna: bool) -> Any:
        self._check_reduction(axis)
        if len(self) == 0:
            return self._missing_label()
        if self.nlevels > 1:
            ordered = self.sort_values()
            return ordered[0 if how == "min" else -1]
        if not skipna and self.hasnans:
            return self._missing_label()
        return self._values.reduce(how)

    def argmin(self, axis: Any = None, skipna: bool = True, *args: Any, **kwargs: Any) -> int:
        """The row of the smallest label."""
        skipna = _numpy_arguments.check_skipna("argmin", skipna, args, kwargs)
        return self._extreme_row("argmin", axis, skipna)

    def argmax(self, axis: Any = None, skipna: bool = True, *args: Any, **kwargs: Any) -> int:
        """The row of the greatest label."""
        skipna = _numpy_arguments.check_skipna("argmax", skipna, args, kwargs)
        return self._extreme_row("argmax", axis, skipna)

    def _extreme_row(self, name: str, axis: Any, skipna: bool) -> int:
        self._check_reduction(axis)
        if len(self) == 0:
            raise ValueError(f"attempt to get {name} of an empty sequence")
        missing = self.isna()
        if missing.any():
            if not skipna:
                raise ValueError("Encountered an NA value with skipna=False")
            if missing.all():
                raise ValueError("Encountered all NA values")
        rising = self._argsort(name == "argmin", False)
        return int(np.asarray(rising)[0]) if len(self) else -1

    def all(self, *args: Any, **kwargs: Any) -> Any:
        """Whether every label is true."""
        _numpy_arguments.check("all", args, kwargs, of_index=True)
        return self._logical("all")

    def any(self, *args: Any, **kwargs: Any) -> Any:
        """Whether a label is true."""
        _numpy_arguments.check("any", args, kwargs, of_index=True)
        return self._logical("any")

    def _logical(self, name: str) -> Any:
        kind = self._dtype
        if (
            kind.startswith(("datetime64", "timedelta64"))
            or kind.startswith(("category", "interval"))
            or self.nlevels > 1
        ):
            self._refuse_logical(name)
        array = _convert.numpy_of(self._values)
        if array.dtype == object:
            return (all if name == "all" else any)(bool(item) for item in array)
        return getattr(np, name)(array)

    def _refuse_logical(self, name: str) -> None:
        kind = self._dtype
        if kind.startswith("interval"):
            raise TypeError(f"'IntervalArray' with dtype {kind} does not support operation '{name}'")
        if kind.startswith("datetime64"):
            word = kind.split("[")[0]
            raise TypeError(
                f"'{name}' with {word} dtypes is not supported. Use (obj != pd.Timestamp(0)).{name}() instead."
            )
        raise TypeError(f"cannot perform {name} with this index type: {type(self).__name__}")


def _rank(index: Any) -> int:
    """Times decide over numbers and texts."""
    return 1 if type(index).__name__ in ("DatetimeIndex", "TimedeltaIndex") else 0


def _index_of(column: Any, name: Any) -> Any:
    return _engine.Index._of_column(column, name)


def _plain_array(column: Any) -> Any:
    """A column of booleans as numpy's array, or as an extension array where a value can be missing."""
    if column.dtype == "bool":
        return np.frombuffer(column.bits(), dtype=bool).copy()
    from lumen.pandas._arrays import array_of

    return array_of(column)
