"""What tables are made of, changed or shown: columns assigned and picked, equality, samples, ways to plain Python."""

from __future__ import annotations

import sys
from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _chained, _convert
from lumen.pandas._col import resolved
from lumen.pandas._deprecation import check_copy, check_inplace
from lumen.pandas._inference import no_default
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._warn import warn

_UNSET: Any = no_default


def _seed(random_state: Any) -> int:
    """The seed of a draw: a draw without one is an effect that this library does not hide."""
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        if not 0 <= int(random_state) < 2**32:
            raise ValueError("Seed must be between 0 and 2**32 - 1")
        return int(random_state)
    if random_state is None:
        return int(np.random.randint(0, 2**32, dtype="uint64"))
    raise NotImplementedError(f"lumen.pandas: sample(random_state={type(random_state).__name__})")


class Structure:
    """What series and frames share."""

    def equals(self, other: Any) -> bool:
        """Same shape, labels and values; missing ones are equal."""
        if not isinstance(other, type(self)) and not isinstance(self, type(other)):
            return False
        if self.shape != other.shape or not self.index.equals(other.index):
            return False
        if self.ndim == 1:
            return self._values.equals(other._values)
        if not self.columns.equals(other.columns):
            return False
        return all(self._column(place).equals(other._column(place)) for place in range(self.shape[1]))

    def take(self, indices: Any, axis: Any = 0, **kwargs: Any) -> Any:
        """Rows (or columns) at positions."""
        for key in kwargs:
            raise TypeError(f"take() got an unexpected keyword argument '{key}'")
        axis = self._get_axis_number(axis)
        if isinstance(indices, slice):
            raise TypeError(f"{type(self).__name__}.take requires a sequence of integers, not slice.")
        length = self.shape[axis]
        places = []
        for index in np.asarray(indices, dtype="int64").tolist():
            place = index + length if index < 0 else index
            if not 0 <= place < length:
                raise IndexError("indices are out-of-bounds")
            places.append(place)
        return self._take(places) if axis == 0 else self._take_columns(places)

    def sample(
        self,
        n: Any = None,
        frac: Any = None,
        replace: bool = False,
        weights: Any = None,
        random_state: Any = None,
        axis: Any = None,
        ignore_index: bool = False,
    ) -> Any:
        """Rows drawn by chance."""
        if weights is not None or isinstance(random_state, (np.random.Generator, np.random.RandomState)):
            return self._drawn(n, frac, replace, weights, random_state, axis, ignore_index)
        if n is not None and n % 1 != 0:
            raise ValueError("Only integers accepted as `n` values")
        axis = 0 if axis is None else self._get_axis_number(axis)
        if axis == 1:
            return self.T._sample(n, frac, replace, _seed(random_state), ignore_index).T
        return self._sample(None if n is None else int(n), frac, replace, _seed(random_state), ignore_index)

    def _drawn(
        self, n: Any, frac: Any, replace: bool, weights: Any, random_state: Any, axis: Any, ignore_index: bool
    ) -> Any:
        """Rows drawn with weights, or by a generator of numpy's, which draws itself."""
        axis = 0 if axis is None else self._get_axis_number(axis)
        length = self.shape[axis]
        if n is not None and frac is not None:
            raise ValueError("Please enter a value for `frac` OR `n`, not both")
        if frac is not None and frac > 1 and not replace:
            raise ValueError("Replace has to be set to `True` when upsampling the population `frac` > 1.")
        for value, name in ((n, "n"), (frac, "frac")):
            if value is not None and value < 0:
                raise ValueError(f"A negative number of rows requested. Please provide `{name}` >= 0")
        if n is not None and n % 1 != 0:
            raise ValueError("Only integers accepted as `n` values")
        size = 1 if n is None and frac is None else int(n) if n is not None else round(frac * length)
        state = random_state
        if not isinstance(state, (np.random.Generator, np.random.RandomState)):
            state = np.random.RandomState(_seed(random_state))
        shares = None if weights is None else self._shares(weights, axis, length)
        rows = state.choice(length, size=size, replace=replace, p=shares).tolist()
        if axis == 1:
            found = self._take_columns(rows)
            return found.set_axis(range(len(rows)), axis=1) if ignore_index else found
        found = self._take(rows)
        return found.reset_index(drop=True) if ignore_index else found

    def _shares(self, weights: Any, axis: int, length: int) -> np.ndarray:
        """Weights as shares of one."""
        if isinstance(weights, str):
            if self.ndim == 1:
                raise ValueError("Strings cannot be passed as weights when sampling from a Series.")
            if axis == 1:
                raise ValueError(
                    "Strings can only be passed to weights when sampling from rows on a DataFrame"
                )
            try:
                weights = self[weights]
            except KeyError as error:
                raise KeyError("String passed to weights not a valid column") from error
        if hasattr(weights, "reindex"):
            weights = weights.reindex(self.axes[axis])
        shares = np.asarray(weights, dtype="float64")
        if len(shares) != length:
            raise ValueError("Weights and axis to be sampled must be of same length")
        if np.isinf(shares).any():
            raise ValueError("weight vector may not include `inf` values")
        if (shares < 0).any():
            raise ValueError("weight vector many not include negative values")
        shares = np.where(np.isnan(shares), 0.0, shares)
        total = shares.sum()
        if total == 0:
            raise ValueError("Invalid weights: weights sum to zero")
        return shares / total

    def add_prefix(self, prefix: str, axis: Any = None) -> Any:
        return self._relabelled(lambda label: f"{prefix}{label}", axis)

    def add_suffix(self, suffix: str, axis: Any = None) -> Any:
        return self._relabelled(lambda label: f"{label}{suffix}", axis)

    def _relabelled(self, function: Any, axis: Any) -> Any:
        axis = self.ndim - 1 if axis is None else self._get_axis_number(axis)
        made = self.copy()
        labels = (self.index if axis == 0 else self.columns).map(function)
        if axis == 0:
            made.index = labels
        else:
            made.columns = labels
        return made

    def squeeze(self, axis: Any = None) -> Any:
        """Axes of one label taken away."""
        axes = range(self.ndim) if axis is None else (self._get_axis_number(axis),)
        key = tuple(
            0 if number in axes and self.shape[number] == 1 else slice(None) for number in range(self.ndim)
        )
        return self.iloc[key if self.ndim == 2 else key[0]]

    def item(self) -> Any:
        """The one value."""
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self.tolist()[0] if self.ndim == 1 else self._column(0).tolist()[0]

    def get(self, key: Any, default: Any = None) -> Any:
        try:
            return self[key]
        except (KeyError, ValueError, IndexError):
            return default

    def set_flags(self, *, copy: Any = _UNSET, allows_duplicate_labels: bool | None = None) -> Any:
        check_copy(copy)
        made = self.copy()
        if allows_duplicate_labels is not None:
            made.flags["allows_duplicate_labels"] = allows_duplicate_labels
        return made


class SeriesStructure(Structure):
    """Structure of a series."""

    def memory_usage(self, index: bool = True, deep: bool = False) -> int:
        used = _convert.bytes_of(self._values)
        return used + (int(self.index.memory_usage(deep=deep)) if index else 0)

    def info(
        self,
        verbose: Any = None,
        buf: Any = None,
        max_cols: Any = None,
        memory_usage: Any = None,
        show_counts: Any = None,
    ) -> None:
        """What the series holds, printed."""
        from lumen.pandas._info import print_info

        if max_cols is not None:
            raise ValueError("Argument `max_cols` can only be passed in DataFrame.info, not Series.info")
        print_info(self, verbose, buf, None, memory_usage, show_counts)

    def __len__(self) -> int:
        return len(self._values)

    def combine(self, other: Any, func: Any, fill_value: Any = None) -> Any:
        """A function of the pairs of values under the same label."""
        fill = np.nan if fill_value is None else fill_value
        if isinstance(other, _engine.Series):
            labels = self.index.union(other.index)
            pairs = [(self.get(label, fill), other.get(label, fill)) for label in labels]
            name = self.name if self.name == other.name else None
            return self._constructor([func(a, b) for a, b in pairs], index=labels, name=name)
        return self._constructor(
            [func(value, other) for value in self.tolist()], index=self.index, name=self.name
        )

    def combine_first(self, other: Any) -> Any:
        """Missing values from another series; labels of both."""
        labels = self.index.union(other.index)
        left, right = self.reindex(labels), other.reindex(labels)
        made = left.where(left.notna(), right)
        if self._dtype == other._dtype:
            made = made.astype(self.dtype) if not made.hasnans else made
        return made

    def update(self, other: Any) -> None:
        """Values of another series in place of these, where they are not missing."""
        if sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_update()
        other = other if isinstance(other, _engine.Series) else self._constructor(other)
        moved = other.reindex(self.index)
        rows = np.flatnonzero(moved.notna().to_numpy()).tolist()
        self._values = self._values.set(rows, moved.take(rows)._values)

    def case_when(self, caselist: Any) -> Any:
        """The value of the first condition that holds."""
        if not isinstance(caselist, list):
            raise TypeError(f"The caselist argument should be a list; instead got {type(caselist)}")
        if not caselist:
            raise ValueError("provide at least one boolean condition, with a corresponding replacement.")
        made = self
        for number, entry in list(enumerate(caselist))[::-1]:
            if not isinstance(entry, tuple):
                raise TypeError(f"Argument {number} must be a tuple; instead got {type(entry)}.")
            if len(entry) != 2:
                raise ValueError(
                    f"Argument {number} must have length 2; a condition and replacement; instead got length {len(entry)}."
                )
            condition, replacement = entry
            condition = resolved(condition, self)
            replacement = resolved(replacement, self)
            made = made.mask(condition, replacement)
        return made

    def compare(
        self,
        other: Any,
        align_axis: Any = 1,
        keep_shape: bool = False,
        keep_equal: bool = False,
        result_names: Any = ("self", "other"),
    ) -> Any:
        """Where two series differ."""
        if not isinstance(other, _engine.Series):
            raise TypeError(f"can only compare 'Series' (not '{type(other).__name__}') with 'Series'")
        different = ~((self == other) | (self.isna() & other.isna()))
        left, right = self, other
        if not keep_equal:
            left, right = left.where(different), right.where(different)
        if not keep_shape:
            left, right = left[different], right[different]
        from lumen.pandas._concat import concat

        if align_axis in (0, "index"):
            made = concat([left, right], keys=list(result_names))
            return made.swaplevel().sort_index() if len(made) else made
        return concat([left, right], keys=list(result_names), axis=1)


class FrameStructure(Structure):
    """Structure of a frame."""

    def assign(self, **kwargs: Any) -> Any:
        """New columns in a copy."""
        made = self.copy()
        for name, value in kwargs.items():
            made[name] = resolved(value, made)
        return made

    def select_dtypes(self, include: Any = None, exclude: Any = None) -> Any:
        """The columns of some dtypes."""
        from lumen.pandas._dtype_selection import selected_places

        return self._take_columns(selected_places(self, include, exclude))

    def memory_usage(self, index: bool = True, deep: bool = False) -> Any:
        used = [_convert.bytes_of(self._column(place)) for place in range(self.shape[1])]
        made = self._constructor_sliced(used, index=self.columns, dtype="int64")
        if index:
            from lumen.pandas._concat import concat

            head = self._constructor_sliced([int(self.index.memory_usage(deep=deep))], index=["Index"])
            made = concat([head, made])
        return made

    @classmethod
    def from_dict(cls, data: Any, orient: str = "columns", dtype: Any = None, columns: Any = None) -> Any:
        """A frame of a dictionary of columns, rows, or a tight one."""
        if not isinstance(data, dict):
            warn(
                f"Passing a {type(data).__name__} to DataFrame.from_dict is deprecated. Use the DataFrame constructor "
                "instead.",
                Pandas4Warning,
            )
        orient = orient.lower()
        if orient == "index":
            if not data:
                return cls(columns=columns, dtype=dtype)
            first = next(iter(data.values()))
            if isinstance(first, (_engine.Series, abc.Mapping)):
                rows = [dict(row.items()) for row in data.values()]
                made = cls(rows, index=list(data), columns=columns, dtype=dtype)
                return made
            rows = [list(row) if _convert.is_list_like(row) else [row] for row in data.values()]
            return cls(rows, index=list(data), columns=columns, dtype=dtype)
        if orient in ("columns", "tight"):
            if columns is not None:
                raise ValueError(f"cannot use columns parameter with orient='{orient}'")
            if orient == "tight":
                from lumen.pandas._index import Index, MultiIndex

                def axis(labels: Any, names: Any) -> Any:
                    return (
                        MultiIndex.from_tuples(labels, names=names)
                        if len(names) > 1
                        else Index(labels, name=names[0])
                    )

                return cls(
                    data["data"],
                    index=axis(data["index"], data["index_names"]),
                    columns=axis(data["columns"], data["column_names"]),
                    dtype=dtype,
                )
            return cls(data, dtype=dtype)
        raise ValueError(
            f"Expected 'index', 'columns' or 'tight' for orient parameter. Got '{orient}' instead"
        )

    @classmethod
    def from_records(
        cls,
        data: Any,
        index: Any = None,
        exclude: Any = None,
        columns: Any = None,
        coerce_float: bool = False,
        nrows: Any = None,
    ) -> Any:
        """A frame of rows."""
        if isinstance(data, dict):
            warn(
                "Passing a dict to DataFrame.from_records is deprecated. Use the DataFrame constructor or "
                "DataFrame.from_dict instead.",
                Pandas4Warning,
            )
        if isinstance(data, abc.Iterator):
            data = [row for _, row in zip(range(nrows), data)] if nrows is not None else list(data)
        if isinstance(data, np.ndarray) and data.dtype.names:
            made = cls(data)
            made = made if columns is None else made[list(columns)]
        else:
            made = cls(data, columns=columns)
        if coerce_float:
            raise NotImplementedError("lumen.pandas: DataFrame.from_records(coerce_float=True)")
        gone = set(exclude or ())
        if index is not None:
            if isinstance(index, str) or (isinstance(index, abc.Hashable) and index in made.columns):
                made = made.set_index(index)
            elif all(isinstance(label, abc.Hashable) and label in made.columns for label in index):
                made = made.set_index(list(index))
            else:
                made.index = index
        return made.drop(columns=list(gone)) if gone else made

    def to_dict(self, orient: str = "dict", *, into: Any = dict, index: bool = True) -> Any:
        """The table as plain Python."""
        orient = orient.lower()
        if not self.columns.is_unique and orient not in ("split", "tight"):
            import warnings

            warnings.warn(
                "DataFrame columns are not unique, some columns will be omitted.", UserWarning, stacklevel=2
            )
        if not index and orient not in ("split", "tight"):
            raise ValueError("'index=False' is only valid when 'orient' is 'split' or 'tight'")
        labels, rows = self.columns.tolist(), self.index.tolist()
        lists = [self._column(place).tolist() for place in range(self.shape[1])]
        made = into if isinstance(into, type) else type(into)
        if not isinstance(into, type) and hasattr(into, "default_factory"):
            factory = into.default_factory
            made = lambda pairs=(): into.__class__(factory, pairs)  # noqa: E731
        if orient == "dict":
            return made((label, made(zip(rows, column))) for label, column in zip(labels, lists))
        if orient == "list":
            return made(zip(labels, lists))
        if orient == "series":
            return made((label, self._series(place)) for place, label in enumerate(labels))
        if orient == "records":
            return [made(zip(labels, row)) for row in zip(*lists)] if lists else [made() for _ in rows]
        if orient == "index":
            if not self.index.is_unique:
                raise ValueError("DataFrame index must be unique for orient='index'.")
            return made((label, dict(zip(labels, row))) for label, row in zip(rows, zip(*lists)))
        if orient in ("split", "tight"):
            table = [list(row) for row in zip(*lists)] if lists else [[] for _ in rows]
            pairs: list[tuple[str, Any]] = [("index", rows)] if index else []
            pairs += [("columns", labels), ("data", table)]
            if orient == "tight":
                pairs += [("index_names", list(self.index.names))] if index else []
                pairs += [("column_names", list(self.columns.names))]
            return made(pairs)
        raise ValueError(f"orient '{orient}' not understood")

    def to_records(
        self, index: bool = True, column_dtypes: Any = None, index_dtypes: Any = None
    ) -> np.ndarray:
        """The rows as numpy's records."""
        if column_dtypes is not None or index_dtypes is not None:
            raise NotImplementedError("lumen.pandas: DataFrame.to_records(column_dtypes=)")
        arrays, names = [], []
        if index:
            for level, name in enumerate(self.index.names):
                arrays.append(_convert.numpy_of(self.index._level(level)))
                default = "index" if self.index.nlevels == 1 else f"level_{level}"
                names.append(default if name is None else str(name))
        for place, label in enumerate(self.columns):
            arrays.append(_convert.numpy_of(self._column(place)))
            names.append(str(label))
        return np.rec.fromarrays(arrays, dtype={"names": names, "formats": [array.dtype for array in arrays]})

    def combine_first(self, other: Any) -> Any:
        """Missing cells from another frame; labels of both."""
        labels = self.columns.union(other.columns, sort=None)
        rows = self.index.union(other.index)
        made = {}
        for label in labels:
            if label not in other.columns:
                made[label] = self[label].reindex(rows)
            elif label not in self.columns:
                made[label] = other[label].reindex(rows)
            else:
                made[label] = self[label].combine_first(other[label]).reindex(rows)
        result = self._constructor(made, index=rows, columns=labels)
        return result

    def combine(self, other: Any, func: Any, fill_value: Any = None, overwrite: bool = True) -> Any:
        """A function of the pairs of columns."""
        left, right = self.align(other)
        if fill_value is not None:
            left, right = left.fillna(fill_value), right.fillna(fill_value)
        made = {}
        for label in left.columns:
            if not overwrite and label not in other.columns:
                made[label] = left[label]
                continue
            made[label] = func(left[label], right[label])
        return self._constructor(made, index=left.index, columns=left.columns)

    def update(
        self,
        other: Any,
        join: str = "left",
        overwrite: bool = True,
        filter_func: Any = None,
        errors: str = "ignore",
    ) -> None:
        """Cells of another frame in place of these, where they are not missing."""
        if sys.getrefcount(self) <= _chained.METHOD:
            _chained.warn_of_update()
        if join != "left":
            raise NotImplementedError("Only left join is supported")
        if errors not in ("ignore", "raise"):
            raise ValueError("The parameter errors must be either 'ignore' or 'raise'")
        other = other if isinstance(other, _engine.DataFrame) else self._constructor(other)
        if not other.index.is_unique:
            raise ValueError("Update not allowed with duplicate indexes on other.")
        if len(other.index.intersection(self.index)) == 0 and len(other):
            if errors == "raise":
                raise ValueError(
                    "Update not allowed when the index on `other` has no intersection with this dataframe."
                )
        moved = other.reindex(self.index)
        for place, label in enumerate(self.columns):
            if label not in moved.columns:
                continue
            this, that = self._series(place), moved[label]
            if filter_func is not None:
                change = np.asarray(filter_func(this.to_numpy())) & that.notna().to_numpy()
            else:
                if errors == "raise" and (this.notna() & that.notna()).any():
                    raise ValueError("Data overlaps.")
                change = that.notna().to_numpy() & (True if overwrite else this.isna().to_numpy())
            rows = np.flatnonzero(change).tolist()
            if rows:
                self._set_column(place, this._values.set(rows, that.take(rows)._values))

    def compare(
        self,
        other: Any,
        align_axis: Any = 1,
        keep_shape: bool = False,
        keep_equal: bool = False,
        result_names: Any = ("self", "other"),
    ) -> Any:
        """Where two frames differ."""
        if not isinstance(other, _engine.DataFrame):
            raise TypeError(f"can only compare 'DataFrame' (not '{type(other).__name__}') with 'DataFrame'")
        different = ~((self == other) | (self.isna() & other.isna()))
        left, right = self, other
        if not keep_equal:
            left, right = left.where(different), right.where(different)
        if not keep_shape:
            rows, columns = different.any(axis=1), different.any()
            left, right = left.loc[rows, columns], right.loc[rows, columns]
        from lumen.pandas._concat import concat

        axis = self._get_axis_number(align_axis)
        made = concat([left, right], axis=axis, keys=list(result_names))
        if axis == 1:
            made = made.swaplevel(axis=1)
            order = [place for label in range(left.shape[1]) for place in (label, label + left.shape[1])]
            return made._take_columns(order)
        return made.swaplevel()._take([place for row in range(len(left)) for place in (row, row + len(left))])

    def isetitem(self, loc: Any, value: Any) -> None:
        """A column at a position exchanged."""
        if _convert.is_list_like(loc) and isinstance(value, _engine.DataFrame):
            for number, place in enumerate(loc):
                self.isetitem(place, value._series(number))
            return
        from lumen.pandas._frame import _aligned

        self._set_column(loc, _aligned(value, self._index, None))

    def info(
        self,
        verbose: Any = None,
        buf: Any = None,
        max_cols: Any = None,
        memory_usage: Any = None,
        show_counts: Any = None,
    ) -> None:
        """What the frame holds, printed."""
        from lumen.pandas._info import print_info

        print_info(self, verbose, buf, max_cols, memory_usage, show_counts)

    def eval(self, expr: str, *, inplace: Any = _UNSET, **kwargs: Any) -> Any:
        """An expression over the columns."""
        from lumen.pandas._expressions import evaluate

        return evaluate(self, expr, check_inplace(self, "eval", inplace), kwargs)

    def query(self, expr: str, *, parser: Any = _UNSET, engine: Any = None, local_dict: Any = None, global_dict: Any = None,
              resolvers: Any = None, level: int = 0, inplace: Any = _UNSET) -> Any:  # fmt: skip
        """The rows where an expression holds."""
        from lumen.pandas._expressions import check_engine, query

        check_engine(engine, parser)
        if resolvers is not None:
            raise NotImplementedError("lumen.pandas: DataFrame.query(resolvers=)")
        return query(self, expr, local_dict, global_dict, level + 1, check_inplace(self, "query", inplace))

    def __len__(self) -> int:
        return self.shape[0]
