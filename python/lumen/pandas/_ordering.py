"""Order and counting: sort, rank, largest, duplicates, unique values and their counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _numpy_arguments, _row_reductions
from lumen.pandas._deprecation import check_inplace
from lumen.pandas._generic import validate_bool
from lumen.pandas._inference import no_default


def _direction(ascending: Any) -> bool:
    """One direction, true for ascending."""
    if _convert.is_list_like(ascending):
        ascending = list(ascending)
        if len(ascending) != 1:
            raise ValueError(f"Length of ascending ({len(ascending)}) must be 1 for Series")
        ascending = ascending[0]
    if not isinstance(ascending, (bool, int, np.bool_)):
        raise ValueError(
            f'For argument "ascending" expected type bool, received type {type(ascending).__name__}.'
        )
    return bool(ascending)


def _check_kind(kind: str) -> None:
    if kind not in ("quicksort", "mergesort", "heapsort", "stable"):
        raise ValueError(
            f"sort kind must be one of {{'quicksort', 'mergesort', 'heapsort', 'stable'}} (got {kind!r})"
        )


def _keep(keep: Any) -> Any:
    if keep is False:
        return None
    if keep not in ("first", "last"):
        raise ValueError('keep must be either "first", "last" or False')
    return keep


class SeriesOrdering:
    """Order and counting of a series."""

    def sort_values(
        self,
        *,
        axis: Any = 0,
        ascending: Any = True,
        inplace: Any = no_default,
        kind: str = "quicksort",
        na_position: str = "last",
        ignore_index: bool = False,
        key: Any = None,
    ) -> Any:
        """Rows in order of their values; equal ones stay as they are."""
        inplace = check_inplace(self, "sort_values", inplace)
        self._get_axis_number(axis)
        ascending = _direction(ascending)
        if na_position not in ("first", "last"):
            raise ValueError(f"invalid na_position: {na_position}")
        _check_kind(kind)
        if key is None:
            made = self._sort_values(ascending, na_position, bool(ignore_index))
        else:
            keyed = key(self)
            if not isinstance(keyed, _engine.Series):
                keyed = self._constructor(keyed)
            if len(keyed) != len(self):
                raise ValueError("User-provided `key` function must not change the shape of the array.")
            made = self._take(keyed._values.argsort(ascending, na_position))
            if ignore_index:
                made = made._plain("drop_index")
        return self._adopt(made) if inplace else made

    def argsort(self, axis: Any = 0, kind: str = "quicksort", order: None = None, stable: None = None) -> Any:
        """The rows in order of their values."""
        if axis != -1:
            self._get_axis_number(axis)
        if kind is not None:
            _check_kind(kind)
        for value, word in ((order, "order"), (stable, "stable")):
            if value is not None:
                raise NotImplementedError(f"lumen.pandas: Series.argsort({word}=)")
        return self._with_column(_convert.column_of(np.array(self._values.argsort(), dtype="int64")))

    def nlargest(self, n: int = 5, keep: str = "first") -> Any:
        return self._extremes(n, keep, False)

    def nsmallest(self, n: int = 5, keep: str = "first") -> Any:
        return self._extremes(n, keep, True)

    def _extremes(self, n: int, keep: str, smallest: bool) -> Any:
        name = "nsmallest" if smallest else "nlargest"
        if keep not in ("first", "last", "all"):
            raise ValueError('keep must be either "first", "last" or "all"')
        if self._dtype in ("object", "str", "string", "category") and not (
            self._dtype == "category" and self._values.ordered
        ):
            raise TypeError(f"Cannot use method '{name}' with dtype {self.dtype}")
        if n <= 0:
            return self._take([])
        if keep == "first":
            return self._nlargest(min(int(n), len(self)), smallest)
        present = self.dropna()
        if keep == "last":
            reverse = present._take(list(range(len(present)))[::-1])
            return reverse._nlargest(min(int(n), len(self)), smallest)
        top = present._nlargest(min(int(n), len(self)), smallest)
        if len(top) == 0:
            return top
        edge = top.iloc[-1]
        kept = present <= edge if smallest else present >= edge
        chosen = present[kept]
        return chosen._nlargest(len(chosen), smallest)

    def rank(
        self,
        axis: Any = 0,
        method: str = "average",
        numeric_only: bool = False,
        na_option: str = "keep",
        ascending: bool = True,
        pct: bool = False,
    ) -> Any:
        """The place of each value in their order."""
        self._get_axis_number(axis)
        if na_option not in ("keep", "top", "bottom"):
            raise ValueError("na_option must be one of 'keep', 'top', or 'bottom'")
        if method not in ("average", "min", "max", "first", "dense"):
            raise KeyError(method)
        if numeric_only and self._dtype in ("object", "str", "string"):
            raise TypeError("Series.rank does not allow numeric_only=True with non-numeric dtype.")
        if self._dtype == "category" and not self.cat.ordered:
            # Categories without an order rank as what they are.
            return self.astype(self.cat.categories.dtype)._ranked(
                method, bool(ascending), bool(pct), na_option
            )
        return self._ranked(method, bool(ascending), bool(pct), na_option)

    def value_counts(
        self,
        normalize: bool = False,
        sort: bool = True,
        ascending: bool = False,
        bins: Any = None,
        dropna: bool = True,
    ) -> Any:
        """How often each value stands."""
        if bins is not None:
            return self._binned_counts(bins, normalize, sort, ascending, dropna)
        if self._masked and not dropna and self.hasnans:
            # Missing values are counted behind the others, so that they stand last among equal counts.
            counts = self._value_counts(bool(normalize), False, False, False)
            place = int(np.flatnonzero(counts.index.isna())[0])
            counts = counts.iloc[[row for row in range(len(counts)) if row != place] + [place]]
            return counts.sort_values(ascending=bool(ascending), kind="stable") if sort else counts
        return self._value_counts(bool(normalize), bool(sort), bool(ascending), bool(dropna))

    def _binned_counts(self, bins: Any, normalize: bool, sort: bool, ascending: bool, dropna: bool) -> Any:
        """How many values lie in each bin, under the intervals."""
        from lumen.pandas._cutting import cut

        try:
            binned = cut(self, bins, include_lowest=True)
        except TypeError as error:
            raise TypeError("bins argument only works with numeric data.") from error
        counts = binned._value_counts(False, False, False, bool(dropna))
        counts = counts[counts.index.notna()]
        counts = counts.set_axis(counts.index.astype("interval")).sort_index()
        if dropna and (counts == 0).all():
            counts = counts.iloc[:0]
        if sort:
            counts = counts.sort_values(ascending=ascending, kind="stable")
        if normalize:
            counts = (counts / len(binned)).rename("proportion")
        return counts

    def unique(self) -> Any:
        """The different values in order of appearance, as an array."""
        from lumen.pandas._arrays import values_of

        return values_of(self._values.unique())

    def nunique(self, dropna: bool = True) -> int:
        return self._values.nunique(bool(dropna))

    @property
    def is_unique(self) -> bool:
        return self._values.nunique(False) == len(self)

    @property
    def is_monotonic_increasing(self) -> bool:
        from lumen.pandas._index import Index

        return Index._from_column(self._values).is_monotonic_increasing

    @property
    def is_monotonic_decreasing(self) -> bool:
        from lumen.pandas._index import Index

        return Index._from_column(self._values).is_monotonic_decreasing

    def mode(self, dropna: bool = True) -> Any:
        """The most frequent values."""
        return self._mode(bool(dropna))

    def factorize(self, sort: bool = False, use_na_sentinel: bool = True) -> tuple[np.ndarray, Any]:
        """Numbers of the different values by row, and the values as an index."""
        from lumen.pandas._index import Index

        codes, uniques = self._values.factorize(not use_na_sentinel)
        codes = np.array(codes, dtype="int64")
        if sort:
            order = np.array(uniques.argsort(), dtype="int64")
            place = np.empty(len(order), dtype="int64")
            place[order] = np.arange(len(order))
            codes = np.where(codes < 0, -1, place[codes]) if len(order) else codes
            uniques = uniques.take(order.tolist())
        return codes, Index._from_column(uniques)

    def duplicated(self, keep: Any = "first") -> Any:
        """Where a value stood before."""
        return self._duplicated(_keep(keep))

    def drop_duplicates(
        self, *, keep: Any = "first", inplace: Any = no_default, ignore_index: bool = False
    ) -> Any:
        """One row of each value."""
        inplace = check_inplace(self, "drop_duplicates", inplace)
        made = self._drop_duplicates(_keep(keep), bool(ignore_index))
        return self._adopt(made) if inplace else made

    def searchsorted(self, value: Any, side: str = "left", sorter: Any = None) -> Any:
        """Where values would be inserted to keep the order."""
        values = self._values if sorter is None else self._values.take([int(row) for row in sorter])
        scalar = not _convert.is_list_like(value)
        wanted = _convert.column_of([value] if scalar else value)
        if (
            wanted.dtype != values.dtype
            and values.dtype.startswith("datetime64")
            and wanted.dtype != "object"
        ):
            wanted = wanted.cast(values.dtype)
        found = np.array(values.searchsorted(wanted, side == "right"), dtype="int64")
        return found[0] if scalar else found

    def argmin(self, axis: Any = None, skipna: bool = True, *args: Any, **kwargs: Any) -> int:
        return self._arg("argmin", True, self._checked("argmin", axis, skipna, args, kwargs))

    def argmax(self, axis: Any = None, skipna: bool = True, *args: Any, **kwargs: Any) -> int:
        return self._arg("argmax", False, self._checked("argmax", axis, skipna, args, kwargs))

    def _checked(self, name: str, axis: Any, skipna: Any, args: Any, kwargs: Any) -> bool:
        if axis is not None and not -1 <= axis < 1:
            raise ValueError("`axis` must be fewer than the number of dimensions (1)")
        return _numpy_arguments.check_skipna(name, skipna, args, kwargs)

    def _arg(self, name: str, smallest: bool, skipna: bool) -> int:
        if len(self) == 0:
            raise ValueError(f"attempt to get {name} of an empty sequence")
        if not skipna and self.hasnans:
            raise ValueError("Encountered an NA value with skipna=False")
        row = self._arg_extreme(smallest)
        if row is None:
            raise ValueError("Encountered all NA values")
        return np.int64(row)

    def idxmin(self, axis: Any = 0, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        axis = self._get_axis_number(axis)
        # pandas checks numpy's arguments by those of `argmax` here too.
        return self.index[self._arg("argmin", True, self._checked("argmax", axis, skipna, args, kwargs))]

    def idxmax(self, axis: Any = 0, skipna: bool = True, *args: Any, **kwargs: Any) -> Any:
        axis = self._get_axis_number(axis)
        return self.index[self._arg("argmax", False, self._checked("argmax", axis, skipna, args, kwargs))]


class FrameOrdering:
    """Order and counting of a frame."""

    def sort_values(
        self,
        by: Any,
        *,
        axis: Any = 0,
        ascending: Any = True,
        inplace: Any = no_default,
        kind: str = "quicksort",
        na_position: str = "last",
        ignore_index: bool = False,
        key: Any = None,
    ) -> Any:
        """Rows in order of columns; equal ones stay as they are."""
        inplace = check_inplace(self, "sort_values", inplace)
        axis = self._get_axis_number(axis)
        _check_kind(kind)
        if na_position not in ("first", "last"):
            raise ValueError(f"invalid na_position: {na_position}")
        by = list(by) if isinstance(by, (list, np.ndarray, _engine.Index)) else [by]
        directions = list(ascending) if _convert.is_list_like(ascending) else [ascending] * len(by)
        for direction in directions:
            validate_bool(direction, "ascending") if not isinstance(direction, (int, np.integer)) else None
        if len(directions) != len(by):
            raise ValueError(f"Length of ascending ({len(directions)}) != length of by ({len(by)})")
        directions = [bool(direction) for direction in directions]
        if axis == 1:
            turned = self.T.sort_values(
                by,
                ascending=directions,
                kind=kind,
                na_position=na_position,
                ignore_index=ignore_index,
                key=key,
            ).T
            return self._adopt(turned) if inplace else turned
        if not by:
            made = self.copy()
        elif len(by) == 1 and key is None and _is_absent(by[0], self):
            raise KeyError(by[0])
        elif key is None:
            made = self._sort_values(by, directions, na_position, bool(ignore_index))
        else:
            keys = {}
            for number, label in enumerate(by):
                keyed = key(self._key_column(label))
                keys[number] = keyed if isinstance(keyed, _engine.Series) else self._constructor_sliced(keyed)
                if len(keyed) != len(self):
                    raise ValueError("User-provided `key` function must not change the shape of the array.")
            table = self._constructor({number: column._values for number, column in keys.items()})
            order = table._sort_values(list(range(len(by))), directions, na_position, False)
            made = self._take(order.index.tolist())
            if ignore_index:
                made = made.reset_index(drop=True)
        return self._adopt(made) if inplace else made

    def _key_column(self, label: Any) -> Any:
        """A column, or a level of the row labels, under its name."""
        if label in self.columns:
            return self[label]
        if label in self.index.names:
            return self._constructor_sliced(self.index.get_level_values(label), name=label)
        raise KeyError(label)

    def nlargest(self, n: int, columns: Any, keep: str = "first") -> Any:
        return self._extremes(n, columns, keep, False)

    def nsmallest(self, n: int, columns: Any, keep: str = "first") -> Any:
        return self._extremes(n, columns, keep, True)

    def _extremes(self, n: int, columns: Any, keep: str, smallest: bool) -> Any:
        name = "nsmallest" if smallest else "nlargest"
        if keep not in ("first", "last", "all"):
            raise ValueError('keep must be either "first", "last" or "all"')
        labels = (
            list(columns) if _convert.is_list_like(columns) and not isinstance(columns, tuple) else [columns]
        )
        for label in labels:
            kind = self[label]._dtype
            if kind in ("object", "str", "string", "category"):
                raise TypeError(
                    f"Column {label!r} has dtype {self[label].dtype}, cannot use method {name!r} with this dtype"
                )
        if n <= 0:
            return self._take([])
        if keep == "first":
            return self._nlargest(min(int(n), len(self)), labels, smallest)
        if keep == "last":
            reverse = self._take(list(range(len(self)))[::-1])
            return reverse._nlargest(min(int(n), len(self)), labels, smallest)
        raise NotImplementedError(f"lumen.pandas: DataFrame.{name}(keep='all')")

    def rank(
        self,
        axis: Any = 0,
        method: str = "average",
        numeric_only: bool = False,
        na_option: str = "keep",
        ascending: bool = True,
        pct: bool = False,
    ) -> Any:
        """The place of each cell in its column (or row)."""
        axis = self._get_axis_number(axis)
        if na_option not in ("keep", "top", "bottom"):
            raise ValueError("na_option must be one of 'keep', 'top', or 'bottom'")
        frame = self.select_dtypes(["number", "bool"]) if numeric_only else self
        options = {"method": method, "na_option": na_option, "ascending": ascending, "pct": pct}
        if axis == 1:
            return frame.T._mapped("rank", **options).T
        return frame._mapped("rank", **options)

    def value_counts(
        self,
        subset: Any = None,
        normalize: bool = False,
        sort: bool = True,
        ascending: bool = False,
        dropna: bool = True,
    ) -> Any:
        """How often each row stands."""
        labels = None if subset is None else (list(subset) if _convert.is_list_like(subset) else [subset])
        counts = self._value_counts(labels, bool(normalize), bool(sort), bool(ascending), bool(dropna))
        if subset is not None and not _convert.is_list_like(subset):
            counts.index = counts.index.get_level_values(0)
        return counts

    def nunique(self, axis: Any = 0, dropna: bool = True) -> Any:
        return (
            self.apply(lambda series: series.nunique(dropna=dropna), axis=axis)
            if self.shape[1]
            else (self._constructor_sliced([], index=self.columns, dtype="int64"))
        )

    def mode(self, axis: Any = 0, numeric_only: bool = False, dropna: bool = True) -> Any:
        """The most frequent values of each column."""
        frame = self.select_dtypes(["number", "bool"]) if numeric_only else self
        if self._get_axis_number(axis) == 1:
            return frame.T.mode(dropna=dropna).T
        modes = [frame._series(place).mode(dropna=dropna) for place in range(frame.shape[1])]
        rows = max((len(mode) for mode in modes), default=0)
        columns = [
            mode._values.reindex([row if row < len(mode) else -1 for row in range(rows)])
            if len(mode) < rows
            else mode._values
            for mode in modes
        ]
        made = type(self).__new__(type(self))
        from lumen.pandas._index import default_index

        made._fill(columns, frame._columns, default_index(rows))
        return made

    def _subset(self, subset: Any) -> Any:
        if subset is None:
            return None
        labels = list(subset) if _convert.is_list_like(subset) and not isinstance(subset, tuple) else [subset]
        absent = [label for label in labels if label not in self.columns]
        if absent:
            from lumen.pandas._index import Index

            raise KeyError(Index(absent))
        return labels

    def duplicated(self, subset: Any = None, keep: Any = "first") -> Any:
        """Where a row stood before."""
        if self.empty:
            return self._constructor_sliced(dtype=bool)
        return self._duplicated(self._subset(subset), _keep(keep))

    def drop_duplicates(
        self,
        subset: Any = None,
        *,
        keep: Any = "first",
        inplace: Any = no_default,
        ignore_index: bool = False,
    ) -> Any:
        """One row of each kind."""
        inplace = check_inplace(self, "drop_duplicates", inplace)
        validate_bool(ignore_index, "ignore_index")
        if self.empty:
            return self.copy()
        made = self._drop_duplicates(self._subset(subset), _keep(keep), ignore_index)
        return self._adopt(made) if inplace else made

    def idxmin(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False) -> Any:
        return self._labels_of("idxmin", axis, skipna, numeric_only)

    def idxmax(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False) -> Any:
        return self._labels_of("idxmax", axis, skipna, numeric_only)

    def _labels_of(self, name: str, axis: Any, skipna: bool, numeric_only: bool) -> Any:
        axis = self._get_axis_number(axis)
        frame = self.select_dtypes(["number", "bool"]) if numeric_only else self
        if axis == 1:
            _row_reductions.check_extreme(frame, name, skipna)
            frame = frame.T
        if frame.empty and len(frame) == 0 and frame.shape[1]:
            raise ValueError(f"attempt to get {name.replace('idx', 'arg')} of an empty sequence")
        found = [getattr(frame._series(place), name)(skipna=skipna) for place in range(frame.shape[1])]
        labels = frame.index
        own = labels.dtype if labels.nlevels == 1 and not found else None
        return self._constructor_sliced(found, index=frame.columns, dtype=own)


def _is_absent(label: Any, frame: Any) -> bool:
    """Whether neither a column nor a level of the row labels is called so."""
    return _convert.is_scalar(label) and label not in frame.columns and label not in frame.index.names
