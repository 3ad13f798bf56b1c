"""Changes of an index by itself: labels put in, taken out, replaced, sorted, renamed. The labels stay the engine's."""

from __future__ import annotations

import operator
from collections import abc
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _numpy_arguments
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._index_lookup import as_bits, as_positions
from lumen.pandas._missing import NaT
from lumen.pandas._inference import no_default

_UNSET: Any = no_default


class Editing:
    """New indexes made of the labels of one."""

    __slots__ = ()

    # Rows.

    def take(
        self, indices: Any, axis: Any = 0, allow_fill: Any = _UNSET, fill_value: Any = _UNSET, **kwargs: Any
    ) -> Any:
        """The labels at positions; with `fill_value`, a missing one for −1."""
        _numpy_arguments.check("take", (), kwargs)
        self._check_reduction(axis)
        if _convert.is_scalar(indices) or not _convert.is_list_like(indices):
            raise TypeError("Expected indices to be array-like")
        rows = np.asarray(indices)
        rows = rows.astype(np.intp) if rows.size == 0 else _checked_rows(rows)
        allow_fill = True if allow_fill is _UNSET else allow_fill
        fill_value = None if fill_value is _UNSET else fill_value
        if allow_fill and fill_value is not None and self._can_miss():
            if (rows < -1).any():
                raise ValueError("When allow_fill=True and fill_value is not None, all indices must be >= -1")
            if (rows >= len(self)).any():
                raise IndexError("index out of bounds")
            return self._own(self._reindexed(rows.tolist()))
        if allow_fill and fill_value is not None:
            raise ValueError(f"Unable to fill values because {type(self).__name__} cannot contain NA")
        return self._own(self._take(_counted(rows, len(self))))

    def _can_miss(self) -> bool:
        return getattr(self.dtype, "kind", "O") not in "iub" or not isinstance(self.dtype, np.dtype)

    def _own(self, made: Any) -> Any:
        """A result in the class of this index where somebody derived from one."""
        return made

    def delete(self, loc: Any) -> Any:
        """Without the labels at positions."""
        if isinstance(loc, slice):
            rows = list(range(*loc.indices(len(self))))
        else:
            array = np.asarray(loc)
            if array.dtype == bool:
                rows = np.flatnonzero(array).tolist()
            elif array.size and array.dtype.kind not in "iu":
                raise IndexError("arrays used as indices must be of integer (or boolean) type")
            else:
                rows = [int(array)] if array.ndim == 0 else array.tolist()
        return self._delete(rows)

    def insert(self, loc: int, item: Any) -> Any:
        """With one more label in front of a position."""
        try:
            place = operator.index(loc)
        except TypeError:
            raise TypeError("slice indices must be integers or None or have an __index__ method") from None
        return self._insert(place, self._as_item(item))

    def _as_item(self, item: Any) -> Any:
        return item

    def drop(self, labels: Any, errors: str = "raise") -> Any:
        """Without the rows labelled so."""
        from ._index import Index, ensure_index

        if not isinstance(labels, Index):
            if isinstance(labels, (str, bytes, tuple)) or not _convert.is_list_like(labels):
                labels = [labels]
            labels = Index(list(labels), dtype=object if self.dtype == object else None)
        rows = self.get_indexer_for(ensure_index(labels))
        absent = rows == -1
        if absent.any():
            if errors != "ignore":
                raise KeyError(f"{labels[absent].tolist()} not found in axis")
            rows = rows[~absent]
        return self.delete(rows)

    def repeat(self, repeats: Any, axis: None = None) -> Any:
        """Each label as often as its number says."""
        _validate_axis(axis, "repeat")
        counts = np.asarray(repeats)
        if counts.size and counts.dtype.kind not in "iub":
            raise TypeError(
                f"Cannot cast array data from dtype('{counts.dtype}') to dtype('int64') according to the rule 'safe'"
            )
        counts = counts.astype(np.int64)
        if (counts < 0).any():
            raise ValueError(
                "negative dimensions are not allowed" if counts.ndim == 0 else "counts cannot be negative"
            )
        if counts.ndim and counts.size not in (1, len(self)):
            raise ValueError(
                f"operands could not be broadcast together with shape ({len(self)},) ({counts.size},)"
            )
        return self._repeat(counts.reshape(-1).tolist())

    # Labels.

    def putmask(self, mask: Any, value: Any) -> Any:
        """With other labels where the mask is true."""
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != (len(self),):
            raise ValueError("putmask: mask and data must be the same size")
        if not mask.any():
            return self.copy()
        return self._replaced(~mask, value)

    def where(self, cond: Any, other: Any = None) -> Any:
        """The labels where the condition is true, others elsewhere."""
        if self.nlevels > 1:
            raise NotImplementedError(".where is not supported for MultiIndex operations")
        other = self._missing_label() if other is None else other
        return self._replaced(np.asarray(cond, dtype=bool), other)

    def _replaced(self, keep: np.ndarray, value: Any) -> Any:
        if _convert.is_list_like(value) and not isinstance(value, tuple):
            column = _convert.column_of(value)
            if len(column) == 1 != len(self):
                column = column.take([0])
            elif len(column) != len(self):
                column = column.take([row % len(column) for row in range(len(self))])
        else:
            column = _engine.Column.from_items([self._as_item(value)])
        return self._where(keep.astype(bool).tobytes(), column)

    def fillna(self, value: Any) -> Any:
        """With a label in place of missing ones."""
        if _convert.is_list_like(value) or not _convert.is_scalar(value):
            raise TypeError(f"'value' must be a scalar, passed: {type(value).__name__}")
        if self.hasnans:
            return self.putmask(self.isna(), value)
        return self._view()

    def dropna(self, how: str = "any") -> Any:
        """Without missing labels."""
        if how not in ("any", "all"):
            raise ValueError(f"invalid how option: {how}")
        return self._dropna(how == "all")

    def isna(self) -> np.ndarray:
        """Which labels are missing."""
        return as_bits(self._isna())

    isnull = isna

    def notna(self) -> np.ndarray:
        """Which labels are not missing."""
        return ~self.isna()

    notnull = notna

    def _missing_label(self) -> Any:
        kind = getattr(self.dtype, "kind", "O")
        if kind in "mM":
            return NaT
        return getattr(self.dtype, "na_value", np.nan) if not isinstance(self.dtype, np.dtype) else np.nan

    def unique(self, level: Any = None) -> Any:
        """The distinct labels in the order of their first appearance."""
        if level is not None:
            self._validate_level(level)
        return self._unique()

    def drop_duplicates(self, *, keep: Any = "first") -> Any:
        """Without repetitions."""
        return self._drop_duplicates(keep)

    def duplicated(self, keep: Any = "first") -> np.ndarray:
        """Which labels are repetitions."""
        return as_bits(self._duplicated(keep))

    def nunique(self, dropna: bool = True) -> int:
        """How many distinct labels there are."""
        distinct = self._unique()
        return int(len(distinct) - (distinct.isna().sum() if dropna else 0))

    def factorize(self, sort: bool = False, use_na_sentinel: bool = True) -> tuple[np.ndarray, Any]:
        """Codes of the distinct labels, and these."""
        codes, uniques = self._factorize(bool(sort), not use_na_sentinel)
        if self.nlevels > 1:
            uniques = uniques.set_names([None] * self.nlevels)
        return as_positions(codes), uniques

    def value_counts(
        self,
        normalize: bool = False,
        sort: bool = True,
        ascending: bool = False,
        bins: Any = None,
        dropna: bool = True,
    ) -> Any:
        """How often each label stands."""
        counts = self._series().value_counts(
            normalize=normalize, sort=sort, ascending=ascending, bins=bins, dropna=dropna
        )
        counts.index.names = self.names if self.nlevels == counts.index.nlevels else counts.index.names
        return counts

    # Order.

    def argsort(self, *args: Any, **kwargs: Any) -> np.ndarray:
        """Positions that sort the labels."""
        ascending = kwargs.pop("ascending", True)
        missing_first = kwargs.pop("na_position", "last") == "first"
        # Every kind of sorting gives this order; ranges and categories check the name as numpy's argument.
        if not self._dtype.startswith("category") and self._typ != "rangeindex":
            kind = kwargs.pop("kind", None)
            if kind is not None and str(kind)[:1] not in "qhsmQHSM":
                raise ValueError(f"sort kind must be one of 'quick', 'heap', or 'stable' (got '{kind}')")
            kwargs.pop("order", None)
        _numpy_arguments.check("argsort", args, kwargs)
        return as_positions(self._argsort(bool(ascending), missing_first))

    def sort_values(
        self,
        *,
        return_indexer: bool = False,
        ascending: bool = True,
        na_position: str = "last",
        key: Any = None,
    ) -> Any:
        """The labels in order."""
        if na_position not in ("first", "last"):
            raise ValueError(f"invalid na_position: {na_position}")
        by = self
        if key is not None:
            from ._index import ensure_index

            by = ensure_index(key(self))
            if len(by) != len(self):
                raise ValueError("User-provided `key` function must not change the shape of the array.")
        if not isinstance(ascending, (bool, np.bool_)):
            kind = type(ascending).__name__
            raise ValueError(f'For argument "ascending" expected type bool, received type {kind}.')
        rows = as_positions(by._argsort(bool(ascending), na_position == "first"))
        ordered = self._own(self._take(rows.tolist()))
        ordered = self._with_sorted_step(ordered, bool(ascending), rows)
        return (ordered, rows) if return_indexer else ordered

    def _with_sorted_step(self, ordered: Any, ascending: bool, rows: np.ndarray) -> Any:
        return ordered

    def sortlevel(
        self, level: Any = None, ascending: Any = True, sort_remaining: Any = None, na_position: str = "first"
    ) -> Any:
        """The labels in order, and the positions that sort them."""
        if not isinstance(ascending, (list, bool)):
            raise TypeError("ascending must be a single bool value ora list of bool values of length 1")
        if isinstance(ascending, list):
            if len(ascending) != 1:
                raise TypeError("ascending must be a list of bool values of length 1")
            ascending = ascending[0]
        if not isinstance(ascending, bool):
            raise TypeError("ascending must be a bool value")
        return self.sort_values(return_indexer=True, ascending=ascending, na_position=na_position)

    def sort(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("cannot sort an Index object in-place, use sort_values instead")

    def searchsorted(self, value: Any, side: str = "left", sorter: Any = None) -> Any:
        """Where labels would have to be put in to keep the order."""
        return self._series().searchsorted(value, side=side, sorter=sorter)

    # Names.

    def rename(self, name: Any, *, inplace: bool = False) -> Any:
        """The same labels under another name."""
        return self.set_names([name], inplace=inplace)

    def set_names(self, names: Any, *, level: Any = None, inplace: bool = False) -> Any:
        """The same labels under other names."""
        multi = self.nlevels > 1
        if level is not None and not multi:
            raise ValueError("Level must be None for non-MultiIndex")
        if level is not None and not _convert.is_list_like(level) and _convert.is_list_like(names):
            raise TypeError("Names must be a string when a single level is provided.")
        if not _convert.is_list_like(names) and level is None and multi:
            raise TypeError("Must pass list-like as `names`.")
        if isinstance(names, abc.Mapping) and not multi:
            raise TypeError("Can only pass dict-like as `names` for MultiIndex.")
        if isinstance(names, abc.Mapping) and level is not None:
            raise TypeError("Can not pass level for dictlike `names`.")
        if isinstance(names, abc.Mapping):
            pairs = [(place, names[name]) for place, name in enumerate(self.names) if name in names]
            level, names = [place for place, _ in pairs], [name for _, name in pairs]
        if not _convert.is_list_like(names):
            names = [names]
        if level is not None and not _convert.is_list_like(level):
            level = [level]
        names = list(names)
        for name in names:
            if not isinstance(name, Hashable) or isinstance(name, (list, dict, set)):
                raise TypeError(f"{type(self).__name__}.name must be a hashable type")
        if level is None:
            if len(names) != self.nlevels:
                raise ValueError(f"Length of new names must be {self.nlevels}, got {len(names)}")
            held = names
        else:
            held = list(self.names)
            if len(level) != len(names):
                raise ValueError("Length of names must match length of levels")
            for place, name in zip(level, names):
                held[self._get_level_number(place)] = name
        if multi:
            self._check_names(held)
        target = self if inplace else self._view()
        target._set_names(held)
        return None if inplace else target

    def _check_names(self, names: list[Any]) -> None:
        pass

    # Values.

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The same labels in another dtype."""
        from ._index import Index

        dtype = pandas_dtype(dtype) if dtype is not None else np.dtype("float64")
        if dtype == self.dtype:
            return self.copy() if copy else self
        made = Index._from_column(_convert.cast(self._values, dtype), self._name)
        return made

    def map(self, mapper: Any, na_action: Any = None) -> Any:
        """The labels that a function, a dictionary or a series gives for these."""
        from ._index import Index

        if na_action not in (None, "ignore"):
            raise ValueError(f"na_action must either be 'ignore' or None, {na_action} was passed")
        if isinstance(mapper, _engine.Series) and len(self) == 0:
            return Index([], dtype=mapper.dtype, name=self.name)
        new = self._mapped(mapper, na_action)
        if new and isinstance(new[0], tuple) and all(isinstance(item, tuple) for item in new):
            from ._multi import MultiIndex

            names = (
                list(self.names) if self.nlevels > 1 else ([self.name] * len(new[0]) if self.name else None)
            )
            return MultiIndex.from_tuples(new, names=names)
        if not new:
            return Index(new, dtype=self.dtype if self.dtype != object else object, name=self._map_name())
        return Index(new, name=self._map_name(), tupleize_cols=False)

    def _map_name(self) -> Any:
        return self.name

    def _mapped(self, mapper: Any, na_action: Any) -> list[Any]:
        held = list(self)
        if isinstance(mapper, abc.Mapping):
            if hasattr(mapper, "__missing__"):
                function = mapper.__getitem__
            else:
                table = dict(mapper)
                absent = np.nan

                def function(key: Any) -> Any:
                    try:
                        return table[key]
                    except KeyError:
                        return next((v for k, v in table.items() if k != k and key != key), absent)
        elif isinstance(mapper, _engine.Series):
            if not mapper.index.is_unique:
                from ._errors import InvalidIndexError

                raise InvalidIndexError("Reindexing only valid with uniquely valued Index objects")
            table = dict(zip(mapper.index, mapper.tolist()))

            def function(key: Any) -> Any:
                return table.get(key, np.nan)
        else:
            function = mapper
        if na_action == "ignore":
            return [item if missing else function(item) for item, missing in zip(held, self.isna())]
        return [function(item) for item in held]

    def shift(self, periods: int = 1, freq: Any = None) -> Any:
        """Only labels that are times can be moved."""
        raise NotImplementedError(
            "This method is only implemented for DatetimeIndex, PeriodIndex and TimedeltaIndex; Got type "
            f"{type(self).__name__}"
        )

    def diff(self, periods: int = 1) -> Any:
        """The differences between neighbours."""
        from ._index import Index

        return Index(self.to_series().diff(periods), name=self.name)

    def round(self, decimals: int = 0) -> Any:
        """Rounded labels."""
        from ._index import Index

        return Index(self.to_series().round(decimals), name=self.name)

    def replace(self, to_replace: Any = None, value: Any = None, regex: Any = False) -> Any:
        """Labels exchanged."""
        from ._index import Index

        return Index(
            self.to_series(index=range(len(self))).replace(to_replace, value, regex=regex), name=self.name
        )

    def infer_objects(self, copy: bool = True) -> Any:
        """Objects in the dtype that all of them have."""
        from ._index import Index

        if self.nlevels > 1:
            raise NotImplementedError(
                "infer_objects is not implemented for MultiIndex. Use index.to_frame().infer_objects() instead."
            )
        if self.dtype != object:
            return self.copy() if copy else self
        return Index._from_column(self._values.inferred(), self._name)

    def groupby(self, values: Any) -> dict[Any, Any]:
        """The labels by the value that stands beside them."""
        from ._index import ensure_index

        values = ensure_index(values)
        codes, uniques = values._factorize(False, False)
        codes = as_positions(codes)
        order = uniques.argsort()
        return {uniques[int(code)]: self.take(np.flatnonzero(codes == code)) for code in order}


def _validate_axis(axis: Any, name: str) -> None:
    if axis is not None:
        raise ValueError(f"the 'axis' parameter is not supported in the pandas implementation of {name}()")


def _checked_rows(rows: np.ndarray) -> np.ndarray:
    if rows.dtype.kind not in "iub":
        raise TypeError(
            f"Cannot cast array data from dtype('{rows.dtype}') to dtype('int64') according to the rule 'safe'"
        )
    return rows.astype(np.intp).reshape(-1)


def _counted(rows: np.ndarray, length: int) -> list[int]:
    """Positions counted from the front."""
    counted = np.where(rows < 0, rows + length, rows)
    bad = (counted < 0) | (counted >= length)
    if bad.any():
        if length == 0:
            raise IndexError("cannot do a non-empty take from an empty axes.")
        raise IndexError(f"index {int(rows[bad][0])} is out of bounds for axis 0 with size {length}")
    return counted.tolist()
