"""What both group-bys share: the groups, walking over them, and putting results under their labels.

Reductions and transforms by name are the engine's; functions of the user's stand in `_groupby_apply`.
"""

from __future__ import annotations

from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._group_keys import GroupKey, resolve
from lumen.pandas._index import Index, default_index
from lumen.pandas._inference import no_default
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._warn import warn
from lumen.pandas._generic import built

UNSET: Any = no_default
REDUCTIONS = frozenset(
    "sum prod mean median var std sem skew kurt min max first last count size nunique any all idxmin idxmax quantile".split()
)
TRANSFORMS = frozenset(
    "cumsum cumprod cummin cummax cumcount ngroup rank shift diff pct_change ffill bfill fillna".split()
)


def no_numba(engine: Any, engine_kwargs: Any = None) -> None:
    """Other engines than the own one are refused."""
    if engine not in (None, "cython"):
        raise NotImplementedError(f"lumen.pandas: groupby(engine={engine!r})")


class GroupByBase:
    """Base of `DataFrameGroupBy` and `SeriesGroupBy`."""

    def __init__(
        self,
        obj: Any,
        keys: list[GroupKey],
        listed: bool,
        by: Any = None,
        level: Any = None,
        *,
        as_index: bool = True,
        sort: bool = True,
        group_keys: bool = True,
        observed: bool = True,
        dropna: bool = True,
        groups: Any = None,
        selection: Any = None,
    ) -> None:
        self.obj = obj
        self.keys = by
        self.level = level
        self.as_index = as_index
        self.sort = sort
        self.group_keys = group_keys
        self.observed = observed
        self.dropna = dropna
        self._keys = keys
        self._listed = listed
        self._selection = selection
        if groups is None:
            columns = [key.column for key in keys]
            names = [key.name for key in keys]
            binned = [key for key in keys if key.grouper is not None]
            if binned and len(keys) == 1:
                groups = keys[0].grouper
            else:
                groups = _engine.Groups(columns, names, len(obj), sort, dropna, observed)
        self._groups = groups
        self._rows_held: Any = None

    def _like(self, obj: Any, selection: Any, kind: Any = None) -> Any:
        """The same groups over other values."""
        return (kind or type(self))(
            obj,
            self._keys,
            self._listed,
            self.keys,
            self.level,
            as_index=self.as_index,
            sort=self.sort,
            group_keys=self.group_keys,
            observed=self.observed,
            dropna=self.dropna,
            groups=self._groups,
            selection=selection,
        )

    # The groups themselves.

    @property
    def _rows(self) -> list[list[int]]:
        if self._rows_held is None:
            self._rows_held = self._groups.rows()
        return self._rows_held

    @property
    def _labels(self) -> Any:
        """The labels of the groups as an index."""
        if len(self._keys) == 1 and self._keys[0].labels is not None:
            return self._keys[0].labels
        return self._groups.index()

    def __len__(self) -> int:
        return self.ngroups

    @property
    def ngroups(self) -> int:
        return len(self._groups)

    @property
    def ndim(self) -> int:
        return self.obj.ndim

    @property
    def groups(self) -> dict[Hashable, Any]:
        """Group labels and the row labels of each group."""
        index = self.obj.index
        if len(self._keys) == 1 and self._listed:
            key = self._keys[0].name
            warn(
                f"In a future version, the keys of `groups` will be a tuple with a single element, e.g. ({key},) , instead "
                f"of a scalar, e.g. {key}, when grouping by a list with a single element. Use "
                "``df.groupby(by='a').groups`` instead of ``df.groupby(by=['a']).groups`` to avoid this warning",
                Pandas4Warning,
            )
        found = {}
        for label, rows in zip(self._labels, self._rows):
            if rows or self._holds_empty():
                found[label] = index._take(rows)
        return PrettyDict(found)

    def _holds_empty(self) -> bool:
        return len(self._keys) == 1 and self._keys[0].column.dtype == "category" and not self.observed

    @property
    def indices(self) -> dict[Hashable, np.ndarray]:
        """Group labels and the row numbers of each group."""
        return {label: np.array(rows, dtype=np.intp) for label, rows in zip(self._labels, self._rows) if rows}

    def __iter__(self) -> Any:
        single = len(self._keys) == 1 and self._listed
        obj = self._selected_obj
        skips = not (len(self._keys) == 1)
        for label, rows in zip(self._labels, self._rows):
            if not rows and skips:
                continue
            yield ((label,) if single else label), obj._take(rows)

    def get_group(self, name: Any) -> Any:
        """The rows of one group."""
        if self._listed and len(self._keys) == 1:
            if isinstance(name, tuple) and len(name) == 1:
                name = name[0]
            else:
                raise KeyError(name)
        if len(self._keys) > 1 and not isinstance(name, tuple):
            raise ValueError("must supply a tuple to get_group with multiple grouping keys")
        if len(self._keys) > 1 and len(name) != len(self._keys):
            raise ValueError("must supply a same-length tuple to get_group with multiple grouping keys")
        for label, rows in zip(self._labels, self._rows):
            if rows and _same_label(label, name):
                return self._selected_obj._take(rows)
        raise KeyError(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        if isinstance(self.obj, _engine.DataFrame) and name in self.obj.columns:
            return self[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __repr__(self) -> str:
        return object.__repr__(self)

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(func, tuple):
            func, target = func
            if target in kwargs:
                raise ValueError(f"{target} is both the pipe target and a keyword argument")
            kwargs[target] = self
            return func(*args, **kwargs)
        return func(self, *args, **kwargs)

    # Rows by their place.

    def _row_frame(self) -> Any:
        """What whole rows are taken from."""
        return self._selected_obj

    def head(self, n: int = 5) -> Any:
        """The first rows of each group."""
        bounds = (None, n, 1)
        return self._row_frame()._take(self._groups.nth_rows([], [bounds]))

    def tail(self, n: int = 5) -> Any:
        """The last rows of each group."""
        if n == 0:
            return self._row_frame()._take([])
        return self._row_frame()._take(self._groups.nth_rows([], [(-n, None, 1)]))

    @property
    def nth(self) -> Any:
        return Nth(self)

    def _nth(self, n: Any, dropna: Any) -> Any:
        places, slices = _places(n)
        if not dropna:
            return self._row_frame()._take(self._groups.nth_rows(places, slices))
        if slices or len(places) != 1 or isinstance(n, (list, tuple)):
            raise ValueError("dropna option only supported for an integer argument")
        if dropna not in ("any", "all"):
            raise ValueError(
                "For a DataFrame or Series groupby.nth, dropna must be either None, 'any' or 'all',"
                f" (was passed {dropna})."
            )
        frame = self._selected_obj
        columns = [frame._values] if frame.ndim == 1 else [frame._column(i) for i in range(frame.shape[1])]
        masks = [_convert.mask_of(column) for column in columns]
        gone = np.any(masks, axis=0) if dropna == "any" else np.all(masks, axis=0)
        kept = np.flatnonzero(~gone).tolist() if masks else list(range(len(frame)))
        codes = self._groups.codes.take(kept).tolist()
        inner = _engine.Groups.of_codes(codes, self._groups.keys(), [key.name for key in self._keys])
        return self._row_frame()._take([kept[row] for row in inner.nth_rows(places, [])])

    def _numbered(self, column: Any) -> Any:
        made = self.obj._constructor if self.obj.ndim == 1 else self.obj._constructor_sliced
        series = built(made, column, self.obj._index, None)
        return series

    def ngroup(self, ascending: bool = True) -> Any:
        """The number of each row's group."""
        return self._numbered(self._groups.numbers(bool(ascending)))

    def cumcount(self, ascending: bool = True) -> Any:
        """The number of each row in its group."""
        return self._numbered(self._groups.cumcount(bool(ascending)))

    # Results under the labels of the groups.

    def _with_keys(self, labels: list[Hashable], columns: list[Any], axis: Any) -> tuple[list[Any], Any]:
        """Columns with the keys in front, for `as_index=False`."""
        kept_labels: list[Hashable] = []
        kept: list[Any] = []
        held = set()
        for label in labels:
            try:
                held.add(label)
            except TypeError:
                pass
        for place, (key, values) in enumerate(zip(self._keys, self._groups.keys())):
            name = key.name
            if name is None:
                name = "index" if len(self._keys) == 1 and not held & {"index"} else f"level_{place}"
            if name in held:
                continue
            kept_labels.append(name if axis.nlevels == 1 else (name,) + ("",) * (axis.nlevels - 1))
            kept.append(values)
        if not kept_labels:
            return columns, axis
        joined = Index(kept_labels + list(axis))
        joined._set_names(list(axis._names) if joined.nlevels == axis.nlevels else [None] * joined.nlevels)
        return kept + columns, joined

    def _frame(self, columns: list[Any], axis: Any) -> Any:
        """A frame with a row a group."""
        made = self.obj._constructor if self.obj.ndim == 2 else self.obj._constructor_expanddim
        if self.as_index:
            return built(made, columns, axis, self._labels).__finalize__(self.obj)
        columns, axis = self._with_keys(list(axis), columns, axis)
        return built(made, columns, axis, default_index(self.ngroups)).__finalize__(self.obj)

    def size(self) -> Any:
        """Number of rows of each group."""
        sizes = self._groups.reduce([self._groups.codes], "size")[0]
        if self.obj.ndim == 1 and self.obj._values.dtype in _MASKED:
            sizes = sizes.cast("Int64")
        if not self.as_index:
            return self._frame([sizes], Index(["size"]))
        made = self.obj._constructor if self.obj.ndim == 1 else self.obj._constructor_sliced
        series = built(made, sizes, self._labels, self.obj.name if self.obj.ndim == 1 else None)
        return series

    # Reductions by name.

    def all(self, skipna: bool = True) -> Any:
        return self._by_name("all", skipna=skipna)

    def any(self, skipna: bool = True) -> Any:
        return self._by_name("any", skipna=skipna)

    def count(self) -> Any:
        return self._by_name("count")

    def first(self, numeric_only: bool = False, min_count: int = -1, skipna: bool = True) -> Any:
        return self._by_name("first", numeric_only, min_count=min_count, skipna=skipna)

    def last(self, numeric_only: bool = False, min_count: int = -1, skipna: bool = True) -> Any:
        return self._by_name("last", numeric_only, min_count=min_count, skipna=skipna)

    def max(
        self,
        numeric_only: bool = False,
        min_count: int = -1,
        skipna: bool = True,
        engine: Any = None,
        engine_kwargs: Any = None,
    ) -> Any:
        no_numba(engine)
        return self._by_name("max", numeric_only, min_count=min_count, skipna=skipna)

    def min(
        self,
        numeric_only: bool = False,
        min_count: int = -1,
        skipna: bool = True,
        engine: Any = None,
        engine_kwargs: Any = None,
    ) -> Any:
        no_numba(engine)
        return self._by_name("min", numeric_only, min_count=min_count, skipna=skipna)

    def mean(
        self, numeric_only: bool = False, skipna: bool = True, engine: Any = None, engine_kwargs: Any = None
    ) -> Any:
        no_numba(engine)
        return self._by_name("mean", numeric_only, skipna=skipna)

    def median(self, numeric_only: bool = False, skipna: bool = True) -> Any:
        return self._by_name("median", numeric_only, skipna=skipna)

    def prod(self, numeric_only: bool = False, min_count: int = 0, skipna: bool = True) -> Any:
        return self._by_name("prod", numeric_only, min_count=min_count, skipna=skipna)

    def sum(
        self,
        numeric_only: bool = False,
        min_count: int = 0,
        skipna: bool = True,
        engine: Any = None,
        engine_kwargs: Any = None,
    ) -> Any:
        no_numba(engine)
        return self._by_name("sum", numeric_only, min_count=min_count, skipna=skipna)

    def std(
        self,
        ddof: int = 1,
        engine: Any = None,
        engine_kwargs: Any = None,
        numeric_only: bool = False,
        skipna: bool = True,
    ) -> Any:
        no_numba(engine)
        return self._by_name("std", numeric_only, ddof=ddof, skipna=skipna)

    def var(
        self,
        ddof: int = 1,
        engine: Any = None,
        engine_kwargs: Any = None,
        numeric_only: bool = False,
        skipna: bool = True,
    ) -> Any:
        no_numba(engine)
        return self._by_name("var", numeric_only, ddof=ddof, skipna=skipna)

    def sem(self, ddof: int = 1, numeric_only: bool = False, skipna: bool = True) -> Any:
        return self._by_name("sem", numeric_only, ddof=ddof, skipna=skipna)

    def skew(self, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        _further(self, "skew", kwargs)
        for key in kwargs:
            raise TypeError(f"group_skew() got an unexpected keyword argument '{key}'")
        return self._by_name("skew", numeric_only, skipna=skipna)

    def kurt(self, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        for key in kwargs:
            raise TypeError(f"group_kurt() got an unexpected keyword argument '{key}'")
        return self._by_name("kurt", numeric_only, skipna=skipna)

    def nunique(self, dropna: bool = True) -> Any:
        return self._by_name("nunique", dropna=dropna)

    # Transforms by name.

    def cumsum(self, numeric_only: bool = False, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        _no_numpy("cumsum", args, kwargs)
        return self._each(
            "cumsum", lambda column: self._groups.cumulative(column, "cumsum", skipna), numeric_only
        )

    def cumprod(self, numeric_only: bool = False, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        _no_numpy("cumprod", args, kwargs)
        return self._each(
            "cumprod", lambda column: self._groups.cumulative(column, "cumprod", skipna), numeric_only
        )

    def cummin(self, numeric_only: bool = False, skipna: bool = True, **kwargs: Any) -> Any:
        _further(None, "cummin", kwargs)
        return self._each(
            "cummin", lambda column: self._groups.cumulative(column, "cummin", skipna), numeric_only
        )

    def cummax(self, numeric_only: bool = False, skipna: bool = True, **kwargs: Any) -> Any:
        _further(None, "cummax", kwargs)
        return self._each(
            "cummax", lambda column: self._groups.cumulative(column, "cummax", skipna), numeric_only
        )

    def ffill(self, limit: int | None = None) -> Any:
        return self._each("ffill", lambda column: self._groups.fill(column, True, limit))

    def bfill(self, limit: int | None = None) -> Any:
        return self._each("bfill", lambda column: self._groups.fill(column, False, limit))

    def rank(
        self, method: str = "average", ascending: bool = True, na_option: str = "keep", pct: bool = False
    ) -> Any:
        if na_option not in ("keep", "top", "bottom"):
            raise ValueError("na_option must be one of 'keep', 'top', or 'bottom'")
        return self._each("rank", lambda column: self._groups.rank(column, method, ascending, na_option, pct))

    def diff(self, periods: int = 1) -> Any:
        _check_whole(periods)
        return self._each("diff", lambda column: self._groups.diff(column, periods))

    def pct_change(self, periods: int = 1, fill_method: None = None, freq: Any = None) -> Any:
        if fill_method is not None:
            raise ValueError(f"fill_method must be None; got {fill_method=}.")
        if freq is not None:
            return self.apply(lambda group: group.pct_change(periods=periods, freq=freq))
        return self._each("pct_change", lambda column: self._groups.pct_change(column, periods))

    def shift(
        self, periods: Any = 1, freq: Any = None, fill_value: Any = UNSET, suffix: str | None = None
    ) -> Any:
        several = _convert.is_list_like(periods)
        if several:
            return self._shifts(list(periods), freq, fill_value, suffix)
        if suffix is not None:
            raise ValueError("Cannot specify `suffix` if `periods` is an int.")
        if not isinstance(periods, (int, np.integer)) or isinstance(periods, bool):
            raise TypeError(f"Periods must be integer, but {periods} is {type(periods)}.")
        if freq is not None:
            if fill_value is not UNSET:
                raise ValueError("Passing a 'freq' together with a 'fill_value' is not allowed.")
            return self.apply(lambda group: group.shift(periods, freq))
        fill = () if fill_value is UNSET else (fill_value,)
        return self._each("shift", lambda column: self._groups.shift(column, int(periods), *fill))

    def _shifts(self, periods: list[Any], freq: Any, fill_value: Any, suffix: str | None) -> Any:
        from lumen.pandas._concat import concat

        if len(periods) == 0:
            raise ValueError("If `periods` is an iterable, it cannot be empty.")
        parts = []
        for period in periods:
            if not isinstance(period, (int, np.integer)) or isinstance(period, bool):
                raise TypeError(f"Periods must be integer, but {period} is {type(period)}.")
            part = self.shift(int(period), freq, fill_value)
            if part.ndim == 1:
                part = part.to_frame()
            parts.append(part.add_suffix(f"{suffix}_{period}" if suffix else f"_{period}"))
        return concat(parts, axis=1)


_MASKED = frozenset(
    [
        "boolean",
        "string",
        *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)),
        "Float32",
        "Float64",
    ]
)


def _further(owner: Any, name: str, kwargs: dict[str, Any]) -> None:
    """pandas warns of arguments that it takes and does not use."""
    if kwargs:
        from lumen.pandas._errors import Pandas4Warning
        from lumen.pandas._warn import warn

        shown = "GroupBy" if owner is None else type(owner).__name__
        warn(
            f"Passing additional arguments to {shown}.{name} is deprecated and will be removed in a future version of"
            " pandas.",
            Pandas4Warning,
        )


def _no_numpy(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """numpy's own arguments are taken only where they ask for nothing."""
    for key in kwargs:
        if key not in ("axis", "dtype", "out"):
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
    if args or any(value is not None for value in kwargs.values()):
        from lumen.pandas._errors import UnsupportedFunctionCall

        raise UnsupportedFunctionCall(
            f"numpy operations are not valid with groupby. Use .groupby(...).{name}() instead"
        )


def _check_whole(periods: Any) -> None:
    if not isinstance(periods, (int, np.integer)) or isinstance(periods, bool):
        raise TypeError(f"periods must be an integer, got {type(periods).__name__}")


def _same_label(held: Any, wanted: Any) -> bool:
    if isinstance(held, tuple) and isinstance(wanted, tuple):
        return len(held) == len(wanted) and all(_same_label(a, b) for a, b in zip(held, wanted))
    try:
        if held is wanted or held == wanted:
            return True
    except (TypeError, ValueError):
        return False
    if isinstance(wanted, str) and not isinstance(held, str) and hasattr(held, "_value"):
        try:
            return bool(type(held)(wanted) == held)
        except (TypeError, ValueError):
            return False
    return isinstance(held, float) and isinstance(wanted, float) and held != held and wanted != wanted


def _places(n: Any) -> tuple[list[int], list[tuple[Any, Any, int]]]:
    """The places and slices that `nth` is asked for."""
    places: list[int] = []
    slices: list[tuple[Any, Any, int]] = []
    for one in list(n) if isinstance(n, (list, tuple, range, np.ndarray, set)) else [n]:
        if isinstance(one, slice):
            if one.step is not None and one.step < 0:
                raise ValueError(f"Invalid step {one.step}. Must be non-negative")
            slices.append((one.start, one.stop, one.step or 1))
        elif isinstance(one, (int, np.integer)) and not isinstance(one, bool):
            places.append(int(one))
        elif isinstance(n, (list, tuple)):
            raise TypeError(f"Invalid index {type(n)}. Must be iterable or a list-like of integers or slices")
        else:
            raise TypeError(
                f"Invalid index {type(one)}. Must be integer, list-like, slice or a tuple of integers and slices"
            )
    return places, slices


class Nth:
    """`groupby.nth`, called or indexed."""

    def __init__(self, grouped: Any) -> None:
        self._grouped = grouped

    def __call__(self, n: Any, dropna: Any = None) -> Any:
        return self._grouped._nth(n, dropna)

    def __getitem__(self, n: Any) -> Any:
        warn(
            "GroupBy.nth[...] is deprecated and will be removed in a future version of pandas. Use GroupBy.nth(...) "
            "instead.",
            Pandas4Warning,
        )
        return self._grouped._nth(n, None)


class PrettyDict(dict):
    """Group labels and row labels, shown as far as `display.max_seq_items` goes."""

    def __repr__(self) -> str:
        from lumen.pandas._options import get_option

        most = get_option("display.max_seq_items") or len(self)
        shown = [f"{label!r}: {_listed(rows, most)}" for label, rows in list(self.items())[:most]]
        return "{" + ", ".join(shown) + (", ...}" if len(self) > most else "}")


def _listed(rows: Any, most: int) -> str:
    items = [repr(item) for item in rows[:most].tolist()]
    return "[" + ", ".join(items) + (", ...]" if len(rows) > most else "]")


def grouped(
    obj: Any,
    by: Any,
    level: Any,
    as_index: bool,
    sort: bool,
    group_keys: bool,
    observed: bool,
    dropna: bool,
) -> Any:
    """`obj.groupby(…)`."""
    from lumen.pandas._groupby import DataFrameGroupBy, SeriesGroupBy

    if level is None and by is None:
        raise TypeError("You have to supply one of 'by' and 'level'")
    if obj.ndim == 1 and not as_index:
        raise TypeError("as_index=False only valid with DataFrame")
    keys, listed = resolve(obj, by, level)
    kind = DataFrameGroupBy if obj.ndim == 2 else SeriesGroupBy
    return kind(
        obj,
        keys,
        listed,
        by,
        level,
        as_index=as_index,
        sort=sort,
        group_keys=group_keys,
        observed=observed,
        dropna=dropna,
    )
