"""`Rolling`, `Expanding` and `Window`: reductions of the rows that a window holds."""

from __future__ import annotations

import datetime as dt
from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._errors import DataError
from lumen.pandas._groupby import is_numeric
from lumen.pandas._index import Index
from lumen.pandas._generic import built

_CLOSED = ("right", "both", "left", "neither")


def _integer(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


def no_numba(engine: Any) -> None:
    """Other engines than the own one are refused."""
    if engine not in (None, "cython"):
        raise NotImplementedError(f"lumen.pandas: rolling(engine={engine!r})")


class BaseWindow:
    """What all windows share: the object, its columns, and putting results under its labels."""

    _attributes: tuple[str, ...] = ()
    __module__ = "pandas.api.typing"

    def __init__(self, obj: Any, selection: Any = None, **options: Any) -> None:
        self.obj = obj
        self._options = options
        self._selection = selection
        for name, value in options.items():
            setattr(self, name, value)
        self._validate()

    def _validate(self) -> None:
        """Checks the arguments as pandas does."""

    @property
    def ndim(self) -> int:
        return self.obj.ndim

    @property
    def exclusions(self) -> frozenset[Any]:
        return frozenset()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and isinstance(self.obj, _engine.DataFrame) and name in self.obj.columns:
            return self[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __getitem__(self, key: Any) -> Any:
        if self.obj.ndim == 1:
            raise KeyError(f"Column not found: {key}")
        if self._selection is not None:
            raise IndexError(f"Column(s) {self._selection} already selected")
        if isinstance(key, (list, _engine.Index, _engine.Series, np.ndarray)):
            absent = [label for label in key if label not in self.obj.columns]
            if absent:
                raise KeyError(f"Columns not found: {str(absent)[1:-1]}")
            return self._over(self.obj[list(key)], list(key))
        if key not in self.obj.columns:
            raise KeyError(f"Column not found: {key}")
        return self._over(self.obj[key], key)

    def __dir__(self) -> list[str]:
        labels = list(self.obj.columns) if self.obj.ndim == 2 else []
        names = [label for label in labels if isinstance(label, str) and label.isidentifier()]
        return sorted(set(super().__dir__()) | set(names))

    def _over(self, obj: Any, selection: Any) -> Any:
        """The same windows over other values."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.obj = obj
        made._selection = selection
        return made

    def __repr__(self) -> str:
        held = [(name, getattr(self, name, None)) for name in self._attributes]
        shown = ",".join(f"{name}={value}" for name, value in held if value is not None)
        return f"{type(self).__name__} [{shown}]"

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(func, tuple):
            func, target = func
            if target in kwargs:
                raise ValueError(f"{target} is both the pipe target and a keyword argument")
            kwargs[target] = self
            return func(*args, **kwargs)
        return func(self, *args, **kwargs)

    # Columns in, columns out.

    def _left_out(self) -> list[Any]:
        """Labels of columns that are not reduced: the column of times."""
        return []

    def _labels_kept(self) -> Any:
        """The row labels of results."""
        return self.obj._index

    def _stepped(self, column: Any) -> Any:
        """A column that is not reduced, at the rows that have a window."""
        return column

    def _mapped(self, how: str, reduce: Any, numeric_only: bool, counts: bool = False) -> Any:
        """Every column reduced."""
        obj = self.obj
        if obj.ndim == 1:
            if numeric_only and not is_numeric(obj._values):
                raise NotImplementedError(f"{type(self).__name__}.{how} does not implement numeric_only")
            column = obj._values
            if not counts:
                column = _numbers(column, "No numeric types to aggregate")
            made = obj._constructor
            series = built(made, reduce(column), self._labels_kept(), obj.name)
            return series.__finalize__(obj)
        held = self._left_out()
        places, data = [], []
        for place, label in enumerate(obj.columns):
            column = obj._column(place)
            if any(label is one or label == one for one in held):
                places.append(place)
                data.append(None)
                continue
            if numeric_only and not is_numeric(column):
                continue
            if not counts:
                column = _numbers(column, f"Cannot aggregate non-numeric type: {column.dtype}")
            places.append(place)
            data.append(reduce(column))
        data = [
            self._stepped(obj._column(place)) if column is None else column
            for place, column in zip(places, data)
        ]
        made = obj._constructor
        frame = built(made, data, obj._columns._take(places), self._labels_kept())
        return frame.__finalize__(obj)

    # Aggregation by name, function, list and column.

    def aggregate(self, func: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Reductions by name, function, list or column."""
        if func is None and not kwargs:
            raise TypeError("Must provide 'func' or tuples of '(column, aggfunc).")
        if func is None:
            return self._renamed(kwargs)
        if isinstance(func, str):
            found = getattr(type(self), func, None)
            if found is None or func.startswith("_"):
                raise AttributeError(f"'{func}' is not a valid function for '{type(self).__name__}' object")
            return getattr(self, func)(*args, **kwargs)
        if isinstance(func, abc.Mapping):
            return self._by_column(func, args, kwargs)
        if isinstance(func, abc.Iterable) and not callable(func):
            return self._by_list(list(func), args, kwargs)
        return self._by_function(func, args, kwargs)

    agg = aggregate

    def _by_function(self, func: Any, args: Any, kwargs: Any) -> Any:
        known = {
            np.sum: "sum",
            np.mean: "mean",
            np.std: "std",
            np.var: "var",
            np.min: "min",
            np.max: "max",
            np.median: "median",
            sum: "sum",
            min: "min",
            max: "max",
        }
        name = known.get(func) if isinstance(func, abc.Hashable) else None
        if name is not None and not args and not kwargs:
            return getattr(self, name)()
        return self.apply(func, raw=False, args=args, kwargs=kwargs)

    def _renamed(self, pairs: dict[str, Any]) -> Any:
        from lumen.pandas._concat import concat

        parts = []
        for name, pair in pairs.items():
            if self.obj.ndim == 1:
                parts.append(self.aggregate(pair).rename(name))
            else:
                parts.append(self[pair[0]].aggregate(pair[1]).rename(name))
        return concat(parts, axis=1)

    def _by_list(self, funcs: list[Any], args: Any, kwargs: Any) -> Any:
        from lumen.pandas._concat import concat
        from lumen.pandas._groupby_agg import name_of

        names = [name_of(one) for one in funcs]
        if self.obj.ndim == 1:
            parts = [self.aggregate(one, *args, **kwargs) for one in funcs]
            if any(isinstance(part, _engine.DataFrame) for part in parts):
                return concat(parts, axis=1, keys=names)
            found = concat(parts, axis=1)
            found._columns = Index(names)
            return found
        held = self._left_out()
        labels = [label for label in self.obj.columns if label not in held]
        parts = [self._over(self.obj[label], label)._by_list(funcs, args, kwargs) for label in labels]
        return concat(parts, axis=1, keys=labels)

    def _by_column(self, funcs: Any, args: Any, kwargs: Any) -> Any:
        from lumen.pandas._concat import concat
        from lumen.pandas._errors import SpecificationError

        if any(isinstance(one, abc.Mapping) for one in funcs.values()):
            raise SpecificationError("nested renamer is not supported")
        if self.obj.ndim == 1:
            parts = [self.aggregate(one, *args, **kwargs) for one in funcs.values()]
            return concat(parts, axis=1, keys=list(funcs))
        absent = [label for label in funcs if label not in self.obj.columns]
        if absent:
            raise KeyError(f"Label(s) {absent} do not exist")
        parts = [
            self._over(self.obj[label], label).aggregate(one, *args, **kwargs) for label, one in funcs.items()
        ]
        if any(isinstance(one, (list, tuple)) for one in funcs.values()):
            parts = [
                part if part.ndim == 2 else part.to_frame(name_of_one(one))
                for part, one in zip(parts, funcs.values())
            ]
        return concat(parts, axis=1, keys=list(funcs))


def name_of_one(func: Any) -> Any:
    """The label of a function."""
    from lumen.pandas._groupby_agg import name_of

    return name_of(func)


def _numbers(column: Any, message: str) -> Any:
    """A column that a window can reduce."""
    if is_numeric(column):
        return column
    if column.dtype == "category" and is_numeric(column.categories):
        return _convert.column_of(_convert.numpy_of(column).astype("float64"))
    if column.dtype == "object":
        try:
            return column.cast("float64")
        except (TypeError, ValueError):
            pass
    raise DataError(message)


class RollingAndExpanding(BaseWindow):
    """Reductions of windows that count all their rows alike."""

    def _windows(self, length: int) -> Any:
        raise NotImplementedError

    def _needed(self) -> int:
        raise NotImplementedError

    def _reduce(self, how: str, numeric_only: bool, needed: int | None = None, **options: Any) -> Any:
        windows = self._windows(len(self.obj))
        needed = self._needed() if needed is None else needed
        return self._mapped(how, lambda column: windows.reduce(column, needed, how, **options), numeric_only)

    def count(self, numeric_only: bool = False) -> Any:
        """Number of values that are not missing; every row is an observation."""
        windows = self._windows(len(self.obj))
        needed = self._needed()

        def ones(column: Any) -> Any:
            present = np.where(_convert.mask_of(column), 0.0, 1.0)
            return windows.reduce(_convert.column_of(present), needed, "sum")

        return self._mapped("count", ones, numeric_only, counts=True)

    def sum(self, numeric_only: bool = False, engine: Any = None, engine_kwargs: Any = None) -> Any:
        no_numba(engine)
        return self._reduce("sum", numeric_only)

    def mean(self, numeric_only: bool = False, engine: Any = None, engine_kwargs: Any = None) -> Any:
        no_numba(engine)
        return self._reduce("mean", numeric_only)

    def median(self, numeric_only: bool = False, engine: Any = None, engine_kwargs: Any = None) -> Any:
        no_numba(engine)
        return self._reduce("median", numeric_only)

    def min(self, numeric_only: bool = False, engine: Any = None, engine_kwargs: Any = None) -> Any:
        no_numba(engine)
        return self._reduce("min", numeric_only)

    def max(self, numeric_only: bool = False, engine: Any = None, engine_kwargs: Any = None) -> Any:
        no_numba(engine)
        return self._reduce("max", numeric_only)

    def std(
        self, ddof: int = 1, numeric_only: bool = False, engine: Any = None, engine_kwargs: Any = None
    ) -> Any:
        no_numba(engine)
        return self._reduce("std", numeric_only, ddof=ddof)

    def var(
        self, ddof: int = 1, numeric_only: bool = False, engine: Any = None, engine_kwargs: Any = None
    ) -> Any:
        no_numba(engine)
        return self._reduce("var", numeric_only, ddof=ddof)

    def sem(self, ddof: int = 1, numeric_only: bool = False) -> Any:
        return self._reduce("sem", numeric_only, ddof=ddof)

    def skew(self, numeric_only: bool = False) -> Any:
        return self._reduce("skew", numeric_only)

    def kurt(self, numeric_only: bool = False) -> Any:
        return self._reduce("kurt", numeric_only)

    def first(self, numeric_only: bool = False) -> Any:
        return self._reduce("first", numeric_only)

    def last(self, numeric_only: bool = False) -> Any:
        return self._reduce("last", numeric_only)

    def nunique(self, numeric_only: bool = False) -> Any:
        return self._reduce("nunique", numeric_only)

    def quantile(self, q: float, interpolation: str = "linear", numeric_only: bool = False) -> Any:
        if not 0.0 <= q <= 1.0:
            raise ValueError(f"quantile value {float(q)} not in [0, 1]")
        if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
            raise ValueError(f"Interpolation '{interpolation}' is not supported")
        if q == 0.0:
            return self._reduce("min", numeric_only)
        if q == 1.0:
            return self._reduce("max", numeric_only)
        return self._reduce("quantile", numeric_only, q=float(q), between=interpolation)

    def rank(
        self, method: str = "average", ascending: bool = True, pct: bool = False, numeric_only: bool = False
    ) -> Any:
        if method not in ("average", "min", "max"):
            raise KeyError(method)
        return self._reduce("rank", numeric_only, method=method, ascending=bool(ascending), pct=bool(pct))

    def apply(
        self,
        func: Any,
        raw: bool = False,
        engine: Any = None,
        engine_kwargs: Any = None,
        args: Any = None,
        kwargs: Any = None,
    ) -> Any:
        """What a function makes of each window."""
        if engine == "cython" and engine_kwargs is not None:
            raise ValueError("cython engine does not accept engine_kwargs")
        if engine not in (None, "cython", "numba"):
            raise ValueError("engine must be either 'numba' or 'cython'")
        no_numba(engine)
        if raw not in (True, False):
            raise ValueError("raw parameter must be `True` or `False`")
        args, kwargs = args or (), kwargs or {}
        bounds = self._windows(len(self.obj)).bounds()
        needed = self._needed()
        index = self.obj._index
        made = self.obj._constructor if self.obj.ndim == 1 else self.obj._constructor_sliced

        def each(column: Any) -> Any:
            values = np.array(_convert.numpy_of(column.cast("float64")))
            values[np.isinf(values)] = np.nan
            present = np.concatenate([[0], np.cumsum(~np.isnan(values))])
            found = np.full(len(bounds), np.nan)
            source = _convert.column_of(values)
            for place, (start, end) in enumerate(bounds):
                if present[end] - present[start] < needed:
                    continue
                if end <= start and needed > 0:
                    continue
                if raw:
                    window: Any = values[start:end]
                else:
                    window = built(made, source.slice(start, end), index._slice(start, end), None)
                found[place] = func(window, *args, **kwargs)
            return _convert.column_of(found)

        return self._mapped("apply", each, False)

    # Two columns.

    def cov(
        self, other: Any = None, pairwise: bool | None = None, ddof: int = 1, numeric_only: bool = False
    ) -> Any:
        from lumen.pandas._pairwise import paired

        return paired(self, "cov", other, pairwise, ddof, numeric_only)

    def corr(
        self, other: Any = None, pairwise: bool | None = None, ddof: int = 1, numeric_only: bool = False
    ) -> Any:
        from lumen.pandas._pairwise import paired

        return paired(self, "corr", other, pairwise, ddof, numeric_only)

    def _pair(self, how: str, x: np.ndarray, y: np.ndarray, ddof: int) -> np.ndarray:
        """Covariances or correlations of two arrays without infinities, window by window."""
        windows = self._windows(len(x))
        needed = self._needed()
        gone = np.isnan(x) | np.isnan(y)
        x, y = np.where(gone, np.nan, x), np.where(gone, np.nan, y)

        def reduced(values: np.ndarray, name: str, **options: Any) -> np.ndarray:
            return _convert.numpy_of(windows.reduce(_convert.column_of(values), needed, name, **options))

        count = _convert.numpy_of(windows.reduce(_convert.column_of(np.where(gone, 0.0, 1.0)), 0, "sum"))
        with np.errstate(all="ignore"):
            mean_xy, mean_x, mean_y = reduced(x * y, "mean"), reduced(x, "mean"), reduced(y, "mean")
            if how == "cov":
                return (mean_xy - mean_x * mean_y) * (count / (count - ddof))
            spread = reduced(x, "var", ddof=ddof) * reduced(y, "var", ddof=ddof)
            return (mean_xy - mean_x * mean_y) * (count / (count - ddof)) / spread**0.5


class Rolling(RollingAndExpanding):
    """Windows of so many rows, or of so much time."""

    _attributes = ("window", "min_periods", "center", "win_type", "on", "closed", "step", "method")

    def _validate(self) -> None:
        if not isinstance(self.center, (bool, np.bool_)):
            raise ValueError("center must be a boolean")
        if self.min_periods is not None:
            if not _integer(self.min_periods):
                raise ValueError("min_periods must be an integer")
            if self.min_periods < 0:
                raise ValueError("min_periods must be >= 0")
            if _integer(self.window) and self.min_periods > self.window:
                raise ValueError(f"min_periods {self.min_periods} must be <= window {self.window}")
        if self.closed is not None and self.closed not in _CLOSED:
            raise ValueError("closed must be 'right', 'left', 'both' or 'neither'")
        if self.method not in ("table", "single"):
            raise ValueError("method must be 'table' or 'single")
        if self.method == "table":
            raise NotImplementedError("lumen.pandas: rolling(method='table')")
        if self.step is not None:
            if not _integer(self.step):
                raise ValueError("step must be an integer")
            if self.step < 0:
                raise ValueError("step must be >= 0")
        self._ticks = None
        self._width = None
        times = self._times()
        if hasattr(self.window, "get_window_bounds"):
            return
        is_span = isinstance(self.window, (str, dt.timedelta, np.timedelta64)) or hasattr(
            self.window, "freqstr"
        )
        if is_span and times is not None:
            self._validate_span(times)
            return
        if not _integer(self.window) or self.window < 0:
            raise ValueError("window must be an integer 0 or greater")

    def _times(self) -> Any:
        """The column of times that windows of time are read from."""
        obj = self.obj
        if self.on is None:
            column = obj._index._values if obj._index.nlevels == 1 else None
        elif isinstance(self.on, _engine.Index):
            column = self.on._values
        elif obj.ndim == 2 and self.on in obj.columns:
            column = obj[self.on]._values
        else:
            raise ValueError(
                f"invalid on specified as {self.on}, must be a column (of DataFrame), an Index or None"
            )
        if column is None or not column.dtype.startswith(("datetime64", "timedelta64")):
            return None
        return column

    def _validate_span(self, times: Any) -> None:
        from lumen.pandas._offsets import to_offset

        if _convert.mask_of(times).any():
            raise ValueError(f"{'index' if self.on is None else self.on} values must not have NaT")
        values = np.frombuffer(times, dtype="i8") if len(times) else np.empty(0, "i8")
        rises, falls = bool((np.diff(values) >= 0).all()), bool((np.diff(values) <= 0).all())
        if not (rises or falls):
            raise ValueError(f"{'index' if self.on is None else self.on} must be monotonic")
        window = self.window
        try:
            offset = to_offset(window)
            nanos = offset.nanos
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"passed window {window} is not compatible with a datetimelike index") from error
        unit = times.dtype[times.dtype.index("[") + 1 :].split("]")[0].split(",")[0]
        per = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}[unit]
        self._width = int(nanos) // per
        self._ticks = times

    def _left_out(self) -> list[Any]:
        return [self.on] if isinstance(self.on, (str, int, tuple)) and self.obj.ndim == 2 else []

    def _labels_kept(self) -> Any:
        index = self.obj._index
        if self.step is None or self.step <= 1:
            return index
        return index._take(list(range(0, len(index), self.step)))

    def _stepped(self, column: Any) -> Any:
        if self.step is None or self.step <= 1:
            return column
        return column.take(list(range(0, len(column), self.step)))

    def _windows(self, length: int) -> Any:
        step = self.step or 1
        if hasattr(self.window, "get_window_bounds"):
            start, end = self.window.get_window_bounds(
                num_values=length,
                min_periods=self.min_periods,
                center=self.center,
                closed=self.closed,
                step=self.step,
            )
            if len(start) != len(end):
                raise ValueError(f"start ({len(start)}) and end ({len(end)}) bounds must be the same length")
            return _engine.Windows.custom([int(one) for one in start], [int(one) for one in end], length)
        closed = self.closed or "right"
        if self._ticks is not None:
            return _engine.Windows.timed(self._ticks, self._width, bool(self.center), closed, step)
        return _engine.Windows.fixed(length, int(self.window), bool(self.center), closed, step)

    def _needed(self) -> int:
        if self.min_periods is not None:
            return int(self.min_periods)
        if self._ticks is not None or hasattr(self.window, "get_window_bounds"):
            return 1 if self._ticks is not None else int(getattr(self.window, "window_size", 0))
        return int(self.window)

    def __iter__(self) -> Any:
        obj = self.obj
        for start, end in self._windows(len(obj)).bounds():
            yield obj._slice(start, max(start, end))


class Expanding(RollingAndExpanding):
    """Windows of all rows so far."""

    _attributes = ("min_periods", "method")
    step = None

    def _validate(self) -> None:
        if self.min_periods is not None:
            if not _integer(self.min_periods):
                raise ValueError("min_periods must be an integer")
            if self.min_periods < 0:
                raise ValueError("min_periods must be >= 0")
        if self.method not in ("table", "single"):
            raise ValueError("method must be 'table' or 'single")
        if self.method == "table":
            raise NotImplementedError("lumen.pandas: expanding(method='table')")

    def _windows(self, length: int) -> Any:
        return _engine.Windows.expanding(length)

    def _needed(self) -> int:
        return 1 if self.min_periods is None else int(self.min_periods)

    def __iter__(self) -> Any:
        for end in range(1, len(self.obj) + 1):
            yield self.obj._slice(0, end)


class Window(BaseWindow):
    """Weighted windows, which need scipy's weights."""

    def _validate(self) -> None:
        if not isinstance(self.win_type, str):
            raise ValueError(f"Invalid win_type {self.win_type}")
        raise ImportError(
            "`Import scipy.signal.windows` failed. Scipy is required to generate window weight. Use pip, conda, or your"
            " preferred package management tool to install the scipy.signal.windows package."
        )
