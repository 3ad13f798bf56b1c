"""Functions over series and frames: `apply`, `agg`, `transform`."""

from __future__ import annotations

import inspect
from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._errors import SpecificationError
from lumen.pandas._generic import built


def name_of(func: Any) -> Any:
    """What a function is called in labels."""
    while hasattr(func, "func"):
        func = func.func
    return func if isinstance(func, str) else getattr(func, "__name__", type(func).__name__)


def _named(target: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A method or attribute by its name, or numpy's function of the name."""
    found = getattr(target, name, None)
    if found is not None and not name.startswith("_"):
        if callable(found):
            return found(*args, **kwargs)
        return found
    function = getattr(np, name, None)
    if callable(function):
        return function(target, *args, **kwargs)
    raise AttributeError(f"'{name}' is not a valid function for '{type(target).__name__}' object")


_NUMPY_NAMES = {
    np.sum: "sum", np.mean: "mean", np.min: "min", np.max: "max", np.std: "std", np.var: "var", np.median: "median",
    np.prod: "prod", np.cumsum: "cumsum", np.cumprod: "cumprod", np.nansum: "sum", np.nanmean: "mean",
}  # fmt: skip


class SeriesApplying:
    """Functions over a series."""

    def apply(self, func: Any, args: tuple[Any, ...] = (), *, by_row: Any = "compat", **kwargs: Any) -> Any:
        """A function over the values, by name over the series, several over it."""
        if isinstance(func, str):
            return _named(self, func, args, kwargs)
        if isinstance(func, (list, abc.Mapping)) or _convert.is_list_like(func):
            return self.agg(func, 0, *args, **kwargs)
        if not callable(func):
            raise TypeError(f"'{type(func).__name__}' object is not callable")
        if by_row is False:
            return func(self, *args, **kwargs)
        if isinstance(func, np.ufunc):
            return func(self, *args, **kwargs)
        if len(self) == 0:
            return self.copy()
        results = [func(value, *args, **kwargs) for value in self._boxed()]
        if results and isinstance(results[0], _engine.Series):
            return self._constructor_expanddim(results, index=self.index)
        return self._with_column(_convert.column_of(results))

    def agg(self, func: Any = None, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """One or several reductions."""
        self._get_axis_number(axis)
        if func is None:
            if not kwargs:
                raise TypeError("Must provide 'func' or named aggregation **kwargs.")
            func, kwargs = dict(kwargs), {}
        if isinstance(func, str):
            return _named(self, func, args, kwargs)
        if isinstance(func, abc.Mapping):
            if any(_convert.is_list_like(item) for item in func.values()):
                raise SpecificationError("nested renamer is not supported")
            return self._gathered(list(func.values()), list(func.keys()), args, kwargs)
        if _convert.is_list_like(func):
            functions = list(func)
            if not functions:
                raise ValueError("no results")
            names = [name_of(item) for item in functions]
            return self._gathered(functions, names, args, kwargs)
        if func in _NUMPY_NAMES if isinstance(func, abc.Hashable) else False:
            return getattr(self, _NUMPY_NAMES[func])(*args, **kwargs)
        return func(self, *args, **kwargs)

    aggregate = agg

    def _gathered(self, functions: list[Any], names: list[Any], args: Any, kwargs: Any) -> Any:
        results = [self.agg(function, 0, *args, **kwargs) for function in functions]
        if results and all(isinstance(result, _engine.Series) for result in results):
            from lumen.pandas._concat import concat

            return concat(results, keys=names, axis=1)
        return self._constructor(results, index=names, name=self.name)

    def transform(self, func: Any, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """A function that keeps the rows."""
        self._get_axis_number(axis)
        if isinstance(func, abc.Mapping) or (_convert.is_list_like(func) and not isinstance(func, str)):
            pairs = (
                list(func.items())
                if isinstance(func, abc.Mapping)
                else [(name_of(item), item) for item in func]
            )
            if not pairs:
                raise ValueError("No transform functions were provided")
            return self._constructor_expanddim(
                {name: self.transform(item, 0, *args, **kwargs) for name, item in pairs}
            )
        try:
            result = (
                _named(self, func, args, kwargs)
                if isinstance(func, str)
                else self.apply(func, args=args, **kwargs)
            )
        except (TypeError, ValueError, KeyError, AttributeError):
            if isinstance(func, str):
                raise
            result = func(self, *args, **kwargs)
        if not isinstance(result, (_engine.Series, _engine.DataFrame)) or not result.index.equals(self.index):
            raise ValueError("Function did not transform")
        return result


class FrameApplying:
    """Functions over a frame."""

    def apply(
        self,
        func: Any,
        axis: Any = 0,
        raw: bool = False,
        result_type: Any = None,
        args: tuple[Any, ...] = (),
        by_row: Any = "compat",
        engine: Any = None,
        engine_kwargs: Any = None,
        **kwargs: Any,
    ) -> Any:
        """A function over each column (or row)."""
        if engine not in (None, "python"):
            raise NotImplementedError(f"lumen.pandas: DataFrame.apply(engine={engine!r})")
        if engine_kwargs:
            raise NotImplementedError("lumen.pandas: DataFrame.apply(engine_kwargs=)")
        if by_row not in (False, "compat"):
            raise ValueError(f"by_row={by_row} not allowed")
        axis = self._get_axis_number(axis)
        if result_type not in (None, "reduce", "broadcast", "expand"):
            raise ValueError(
                "invalid value for result_type, must be one of {None, 'reduce', 'broadcast', 'expand'}"
            )
        if isinstance(func, str):
            method = getattr(self, func, None)
            if method is None and not hasattr(np, func):
                raise AttributeError(f"'{func}' is not a valid function for 'DataFrame' object")
            if callable(method) and "axis" in inspect.signature(method).parameters:
                kwargs["axis"] = axis
            elif callable(method) and axis == 1 and func in ("corrwith", "skew"):
                raise ValueError(f"Operation {func} does not support axis=1")
            return _named(self, func, args, kwargs)
        if isinstance(func, abc.Mapping) or (_convert.is_list_like(func) and not callable(func)):
            if by_row is False:
                raise NotImplementedError("lumen.pandas: DataFrame.apply(func=list or dict, by_row=False)")
            return self.agg(func, axis, *args, **kwargs)
        if isinstance(func, np.ufunc):
            return func(self, *args, **kwargs)
        along = self if axis == 0 else self.T
        labels, others = along.columns, along.index
        if raw:
            table = self.to_numpy()
            lines = table.T if axis == 0 else table
            results = [func(line, *args, **kwargs) for line in lines]
        else:
            results = [func(self._line(place, axis), *args, **kwargs) for place in range(len(labels))]
        if not results:
            return self._applied_to_nothing(func, args, kwargs, axis, result_type)
        if result_type == "broadcast":
            columns = []
            for result in results:
                if _convert.is_list_like(result):
                    if len(result) != len(others):
                        raise ValueError("cannot broadcast result")
                    columns.append(list(result))
                else:
                    columns.append([result] * len(others))
            made = self._constructor({n: column for n, column in enumerate(columns)}, index=others)
            made.columns = labels
            return made if axis == 0 else made.T
        return self._wrapped(results, labels, others, axis, result_type)

    def _line(self, place: int, axis: int) -> Any:
        return self._series(place) if axis == 0 else self.iloc[place]

    def _applied_to_nothing(self, func: Any, args: Any, kwargs: Any, axis: int, result_type: Any) -> Any:
        if result_type not in (None, "reduce"):
            return self.copy()
        try:
            probe = func(self._constructor_sliced([], dtype=np.float64), *args, **kwargs)
        except Exception:
            return self.copy()
        if isinstance(probe, _engine.Series):
            return self.copy()
        labels = self.columns if axis == 0 else self.index
        return self._constructor_sliced(np.nan if len(labels) else [], index=labels)

    def _wrapped(self, results: list[Any], labels: Any, others: Any, axis: int, result_type: Any) -> Any:
        first = results[0]
        if isinstance(first, _engine.Series) and result_type != "reduce":
            if axis == 0:
                made = self._constructor({n: result for n, result in enumerate(results)})
                made.columns = labels
                return made
            made = self._constructor(list(results))
            made.index = labels
            return made.infer_objects()
        if _convert.is_list_like(first) and not isinstance(first, abc.Mapping) and result_type != "reduce":
            if result_type == "expand" or (
                axis == 0
                and isinstance(first, (np.ndarray, list, tuple))
                and len(first) == len(others)
                and isinstance(first, np.ndarray)
            ):
                if axis == 1:
                    made = self._constructor([list(result) for result in results])
                    made.index = labels
                    return made
                made = self._constructor({n: list(result) for n, result in enumerate(results)})
                made.columns = labels
                if made.shape[0] == len(others):
                    made.index = others
                return made
        if isinstance(first, abc.Mapping) and result_type == "expand":
            made = self._constructor(list(results))
            made.index = labels
            return made
        made = built(self._constructor_sliced, _convert.column_of(results), labels, None)
        return made

    def agg(self, func: Any = None, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """One or several reductions of each column (or row)."""
        axis = self._get_axis_number(axis)
        if func is None:
            return self._named_aggregations(kwargs)
        if isinstance(func, str):
            return self.apply(func, axis=axis, args=args, **kwargs)
        if axis == 1 and (isinstance(func, abc.Mapping) or _convert.is_list_like(func)):
            return self.T.agg(func, 0, *args, **kwargs).T
        if isinstance(func, (abc.Mapping, _engine.Series)):
            return self._by_column(dict(func.items()), args, kwargs)
        if _convert.is_list_like(func):
            functions = list(func)
            if not functions:
                raise ValueError("no results")
            names = [name_of(item) for item in functions]
            results = {}
            for place in range(self.shape[1]):
                series = self._series(place)
                results[place] = series.agg(functions, 0, *args, **kwargs)
            if any(isinstance(result, _engine.DataFrame) for result in results.values()):
                from lumen.pandas._concat import concat

                return concat(list(results.values()), keys=list(self.columns), axis=1)
            made = self._constructor(results, index=names)
            made.columns = self.columns
            return made
        if isinstance(func, abc.Hashable) and func in _NUMPY_NAMES:
            return getattr(self, _NUMPY_NAMES[func])(*args, axis=axis, **kwargs)
        return self.apply(func, axis=axis, args=args, **kwargs)

    aggregate = agg

    def _by_column(self, table: dict[Any, Any], args: Any, kwargs: Any) -> Any:
        absent = [label for label in table if label not in self.columns]
        if absent:
            raise KeyError(f"Label(s) {absent} do not exist")
        if any(isinstance(item, abc.Mapping) for item in table.values()):
            raise SpecificationError("nested renamer is not supported")
        listed = any(_convert.is_list_like(item) for item in table.values())
        if not listed:
            results = {label: self[label].agg(item, 0, *args, **kwargs) for label, item in table.items()}
            if results and all(isinstance(result, _engine.Series) for result in results.values()):
                return self._constructor(results)
            return self._constructor_sliced(list(results.values()), index=list(results))
        order: dict[Any, None] = {}
        columns = {}
        for label, item in table.items():
            functions = list(item) if _convert.is_list_like(item) else [item]
            columns[label] = self[label].agg(functions, 0, *args, **kwargs)
            order.update(dict.fromkeys(columns[label].index))
        made = self._constructor({label: column.reindex(list(order)) for label, column in columns.items()})
        return made

    def _named_aggregations(self, named: dict[str, Any]) -> Any:
        if not named:
            raise TypeError("Must provide 'func' or named aggregation **kwargs.")
        columns: dict[Any, dict[Any, Any]] = {}
        for name, item in named.items():
            if not isinstance(item, tuple) or len(item) != 2:
                raise TypeError("Must provide 'func' or tuples of '(column, aggfunc).")
            columns.setdefault(item[0], {})[name] = self[item[0]].agg(item[1])
        return self._constructor(
            {label: self._constructor_sliced(held) for label, held in columns.items()}, index=list(named)
        )

    def transform(self, func: Any, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """A function that keeps the shape."""
        axis = self._get_axis_number(axis)
        if axis == 1:
            return self.T.transform(func, 0, *args, **kwargs).T
        if isinstance(func, (abc.Mapping, _engine.Series)):
            table = dict(func.items())
            if not table:
                raise ValueError("No transform functions were provided")
            absent = [label for label in table if label not in self.columns]
            if absent:
                raise KeyError(f"Label(s) {absent} do not exist")
            return self._constructor(
                {label: self[label].transform(item, 0, *args, **kwargs) for label, item in table.items()}
            )
        if _convert.is_list_like(func):
            from lumen.pandas._concat import concat

            results = [
                self._series(place).transform(func, 0, *args, **kwargs) for place in range(self.shape[1])
            ]
            if not list(func):
                raise ValueError("No transform functions were provided")
            return concat(results, keys=list(self.columns), axis=1)
        try:
            result = self.apply(func, args=args, **kwargs)
        except (TypeError, ValueError, KeyError, AttributeError):
            if isinstance(func, str):
                raise
            result = func(self, *args, **kwargs)
        if not isinstance(result, (_engine.Series, _engine.DataFrame)) or not result.index.equals(self.index):
            raise ValueError("Function did not transform")
        return result
