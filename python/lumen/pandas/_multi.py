"""`MultiIndex`: labels of several levels. Levels, codes and their lookups are the engine's."""

from __future__ import annotations

from collections import abc
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._errors import InvalidIndexError
from lumen.pandas._frozen import FrozenList
from lumen.pandas._index import Index, ensure_index
from lumen.pandas._index_lookup import as_bits, as_positions, as_range
from lumen.pandas._locating import is_mask
from lumen.pandas._numpy_arguments import refuse_named
from lumen.pandas._inference import no_default

_UNSET: Any = no_default


def code_dtype(count: int) -> Any:
    """The narrowest integers that number `count` labels."""
    for name, most in (("int8", 127), ("int16", 32767), ("int32", 2**31 - 1)):
        if count <= most:
            return np.dtype(name)
    return np.dtype("int64")


def _level_column(labels: Any) -> _engine.Column:
    if isinstance(labels, (_engine.Index, _engine.Series)) or hasattr(labels, "_column"):
        return _convert.column_of(labels)
    if isinstance(labels, abc.Iterator) or not isinstance(labels, np.ndarray):
        return ensure_index(Index(list(labels), tupleize_cols=False))._values
    return Index(labels, tupleize_cols=False)._values


def _checked_names(names: Any, count: int, owner: str = "MultiIndex") -> list[Any]:
    if names is None:
        return [None] * count
    if not _convert.is_list_like(names):
        raise TypeError("Names should be list-like for a MultiIndex")
    names = list(names)
    if len(names) != count:
        raise ValueError("Length of names must match number of levels in MultiIndex.")
    for name in names:
        try:
            hash(name)
        except TypeError:
            raise TypeError(f"{owner}.name must be a hashable type") from None
    return names


def _sorted_by(made: Any, sortorder: int | None) -> Any:
    """The index with the number of levels that are sorted, as whoever makes it says."""
    if sortorder is not None:
        made.__dict__["_sortorder"] = sortorder
    return made


def _verified(levels: list[Any], rows: list[list[int]]) -> None:
    """ValueError with pandas' text for codes that stand for nothing and for labels that repeat."""
    lengths = [len(codes) for codes in rows]
    if len(set(lengths)) > 1:
        raise ValueError(f"Unequal code lengths: {lengths}")
    for number, (level, codes) in enumerate(zip(levels, rows)):
        if codes and max(codes) >= len(level):
            raise ValueError(
                f"On level {number}, code max ({max(codes)}) >= length of level ({len(level)}). NOTE: this index is in an"
                " inconsistent state"
            )
        if codes and min(codes) < -1:
            raise ValueError(f"On level {number}, code value ({min(codes)}) < -1")
        if len(level.unique()) != len(level):
            raise ValueError(
                f"Level values must be unique. Duplicate values on level {number}: {level.tolist()}"
            )


class MultiIndex(Index):
    """Labels of several levels: distinct labels a level, and a code a row."""

    __module__ = "pandas"
    _typ = "multiindex"

    def __new__(
        cls,
        levels: Any = None,
        codes: Any = None,
        sortorder: Any = None,
        names: Any = None,
        copy: bool = False,
        name: Any = None,
        verify_integrity: bool = True,
    ) -> Any:
        if name is not None:
            names = name
        if levels is None or codes is None:
            raise TypeError("Must pass both levels and codes")
        if len(levels) != len(codes):
            raise ValueError("Length of levels and codes must be the same.")
        if len(levels) == 0:
            raise ValueError("Must pass non-zero number of levels/codes")
        if names is None:
            names = [getattr(level, "name", None) for level in levels]
        names = _checked_names(names, len(levels))
        columns = [_level_column(level) for level in levels]
        rows = [[int(code) for code in np.asarray(part).tolist()] for part in codes]
        if verify_integrity:
            _verified(columns, rows)
        made = _engine.Index._of_codes(columns, rows, names)
        if verify_integrity and sortorder is not None and sortorder > made._lexsort_depth:
            raise ValueError(
                "Value for sortorder must be inferior or equal to actual lexsort_depth: sortorder"
                f" {sortorder} with lexsort_depth {made._lexsort_depth}"
            )
        return _sorted_by(made, sortorder)

    # Constructors.

    @classmethod
    def from_arrays(cls, arrays: Any, sortorder: Any = None, names: Any = _UNSET) -> Any:
        """One array a level."""
        if isinstance(arrays, abc.Iterator):
            arrays = list(arrays)
        if not _convert.is_list_like(arrays):
            raise TypeError("Input must be a list / sequence of array-likes.")
        for array in arrays:
            if not _convert.is_list_like(array):
                raise TypeError("Input must be a list / sequence of array-likes.")
        arrays = [list(array) if isinstance(array, abc.Iterator) else array for array in arrays]
        if not arrays:
            raise ValueError("Must pass non-zero number of levels/codes")
        if any(len(array) != len(arrays[0]) for array in arrays):
            raise ValueError("all arrays must be same length")
        if names is _UNSET:
            names = [getattr(array, "name", None) for array in arrays]
        names = _checked_names(names, len(arrays))
        made = _engine.Index._of_columns([_level_column(array) for array in arrays], names)
        return _sorted_by(made, sortorder)

    @classmethod
    def from_tuples(cls, tuples: Any, sortorder: Any = None, names: Any = None) -> Any:
        """One tuple a row."""
        if not _convert.is_list_like(tuples):
            raise TypeError("Input must be a list / sequence of tuple-likes.")
        if isinstance(tuples, Index) and tuples.nlevels > 1:
            return _sorted_by(tuples if names is None else tuples.rename(names), sortorder)
        rows = list(tuples)
        if rows and not all(isinstance(row, (tuple, list)) or row is None or row != row for row in rows):
            if not all(_convert.is_list_like(row) or isinstance(row, str) for row in rows):
                raise TypeError("Input must be a list / sequence of tuple-likes.")
        if not rows:
            if names is None:
                raise TypeError("Cannot infer number of levels from empty list")
            return cls.from_arrays([[]] * len(names), sortorder=sortorder, names=names)
        width = max(len(row) if _convert.is_list_like(row) or isinstance(row, str) else 0 for row in rows)
        if names is not None and _convert.is_list_like(names):
            width = max(width, len(list(names)))
        padded = [tuple(row) if _convert.is_list_like(row) or isinstance(row, str) else () for row in rows]
        padded = [row + (np.nan,) * (width - len(row)) for row in padded]
        arrays = [[row[level] for row in padded] for level in range(width)]
        return cls.from_arrays(arrays, sortorder=sortorder, names=names)

    @classmethod
    def from_product(cls, iterables: Any, sortorder: Any = None, names: Any = _UNSET) -> Any:
        """Every combination of labels."""
        if not _convert.is_list_like(iterables):
            raise TypeError("Input must be a list / sequence of iterables.")
        iterables = [list(part) if isinstance(part, abc.Iterator) else part for part in iterables]
        for part in iterables:
            if not _convert.is_list_like(part):
                raise TypeError("Input must be a list / sequence of iterables.")
        if not iterables:
            raise ValueError("Must pass non-zero number of levels/codes")
        if names is _UNSET:
            names = [getattr(part, "name", None) for part in iterables]
        names = _checked_names(names, len(iterables))
        made = _engine.Index._of_product([_level_column(part) for part in iterables], names)
        return _sorted_by(made, sortorder)

    @classmethod
    def from_frame(cls, df: Any, sortorder: Any = None, names: Any = None) -> Any:
        """One column a level."""
        if not isinstance(df, _engine.DataFrame):
            raise TypeError("Input must be a DataFrame")
        columns = [df._column(place) for place in range(df.shape[1])]
        if names is None:
            names = list(df.columns)
        if not _convert.is_list_like(names):
            raise TypeError("Names should be list-like for a MultiIndex")
        if not columns:
            raise ValueError("Must pass non-zero number of levels/codes")
        made = _engine.Index._of_columns(columns, _checked_names(names, len(columns)))
        return _sorted_by(made, sortorder)

    # What it is made of.

    @property
    def levels(self) -> FrozenList:
        """The distinct labels of each level."""
        names = self._names
        return FrozenList(Index._from_column(self._level_labels(n), names[n]) for n in range(self.nlevels))

    @property
    def codes(self) -> FrozenList:
        """A position in its level's labels a row, −1 where missing."""
        made = []
        for number in range(self.nlevels):
            codes = np.array(self._level_codes(number), dtype=code_dtype(len(self._level_labels(number))))
            codes.flags.writeable = False
            made.append(codes)
        return FrozenList(made)

    @property
    def levshape(self) -> tuple[int, ...]:
        """How many distinct labels each level has."""
        return tuple(len(self._level_labels(number)) for number in range(self.nlevels))

    @property
    def sortorder(self) -> int | None:
        """How many levels whoever made the index said are sorted."""
        return self.__dict__.get("_sortorder")

    @property
    def name(self) -> Any:
        return self.__dict__.get("_flat_name")

    @name.setter
    def name(self, value: Any) -> None:
        # pandas keeps a name beside those of the levels, which nothing shows.
        try:
            hash(value)
        except TypeError:
            raise TypeError("MultiIndex.name must be a hashable type") from None
        self.__dict__["_flat_name"] = value

    @property
    def names(self) -> FrozenList:
        return FrozenList(self._names)

    @names.setter
    def names(self, values: Any) -> None:
        if values is None:
            values = [None] * self.nlevels
        if not _convert.is_list_like(values):
            raise ValueError("Names should be list-like for a MultiIndex")
        values = list(values)
        if len(values) != self.nlevels:
            raise ValueError("Length of names must match number of levels in MultiIndex.")
        for value in values:
            try:
                hash(value)
            except TypeError:
                raise TypeError("MultiIndex.name must be a hashable type") from None
        self._set_names(values)

    def _check_names(self, names: list[Any]) -> None:
        pass

    @property
    def dtype(self) -> Any:
        return np.dtype(object)

    @property
    def dtypes(self) -> Any:
        """The dtypes of the levels."""
        from lumen.pandas._series import Series

        names = [f"level_{n}" if name is None else name for n, name in enumerate(self._names)]
        kinds = [_convert.dtype_object(self._level_labels(n)) for n in range(self.nlevels)]
        return Series(kinds, index=Index(names, tupleize_cols=False), dtype=object)

    @property
    def values(self) -> np.ndarray:
        array = np.empty(len(self), dtype=object)
        array[:] = self.tolist()
        array.flags.writeable = False
        return array

    @property
    def array(self) -> Any:
        raise ValueError(
            "MultiIndex has no single backing array. Use 'MultiIndex.to_numpy()' to get a NumPy array of tuples."
        )

    @property
    def inferred_type(self) -> str:
        return "mixed"

    @property
    def nbytes(self) -> int:
        return (
            sum(level.nbytes for level in self.levels)
            + sum(codes.nbytes for codes in self.codes)
            + 24 * self.nlevels
        )

    def memory_usage(self, deep: bool = False) -> int:
        return self.nbytes

    @property
    def hasnans(self) -> bool:
        return False

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        array = np.array(self.values)
        return array if dtype is None else array.astype(dtype)

    def to_numpy(
        self, dtype: Any = None, copy: bool = False, na_value: Any = _UNSET, **kwargs: Any
    ) -> np.ndarray:
        """The rows as an array of tuples, a new one at every call."""
        refuse_named("to_numpy", kwargs)
        if na_value is not _UNSET:
            raise NotImplementedError("isna is not defined for MultiIndex")
        return self.__array__(dtype, copy or None)

    def equal_levels(self, other: Any) -> bool:
        """Whether the levels are the same."""
        if self.nlevels != other.nlevels:
            return False
        return all(a.equals(b) for a, b in zip(self.levels, other.levels))

    def equals(self, other: Any) -> bool:
        if self is other:
            return True
        if not isinstance(other, Index) or len(self) != len(other):
            return False
        if other.nlevels == 1:
            return other.dtype == object and self.tolist() == other.tolist()
        return self._equals(other)

    # Levels.

    def _get_level_number(self, level: Any) -> int:
        names = self._names
        count = names.count(level) if not isinstance(level, (list, np.ndarray)) else 0
        is_int = isinstance(level, (int, np.integer)) and not isinstance(level, bool)
        if count > 1 and not is_int:
            raise ValueError(f"The name {level} occurs multiple times, use a level number")
        if count:
            return names.index(level)
        if not is_int:
            raise KeyError(f"Level {level} not found")
        if level < 0:
            if level + self.nlevels < 0:
                raise IndexError(
                    f"Too many levels: Index has only {self.nlevels} levels, {level} is not a valid level number"
                )
            return int(level) + self.nlevels
        if level >= self.nlevels:
            raise IndexError(f"Too many levels: Index has only {self.nlevels} levels, not {level + 1}")
        return int(level)

    def _validate_level(self, level: Any) -> None:
        self._get_level_number(level)

    def get_level_values(self, level: Any) -> Any:
        """The labels of one level, row by row."""
        number = self._get_level_number(level)
        return Index._from_column(self._level(number), self._names[number])

    def droplevel(self, level: Any = 0) -> Any:
        levels = (
            level
            if isinstance(level, (list, tuple)) and not (isinstance(level, tuple) and level in self._names)
            else [level]
        )
        numbers = [self._get_level_number(item) for item in levels]
        if len(numbers) >= self.nlevels:
            raise ValueError(
                f"Cannot remove {len(numbers)} levels from an index with {self.nlevels} levels: at least one level must "
                "be left."
            )
        return self._droplevel(numbers)

    def swaplevel(self, i: Any = -2, j: Any = -1) -> Any:
        """With two levels exchanged."""
        first, second = self._get_level_number(i), self._get_level_number(j)
        order = list(range(self.nlevels))
        order[first], order[second] = order[second], order[first]
        return self._reorder_levels(order)

    def reorder_levels(self, order: Any) -> Any:
        """The levels in another order."""
        numbers = [self._get_level_number(item) for item in order]
        if len(numbers) != self.nlevels:
            raise AssertionError(
                f"Length of order must be same as number of levels ({self.nlevels}), got {len(numbers)}"
            )
        return self._reorder_levels(numbers)

    def sortlevel(
        self, level: Any = 0, ascending: Any = True, sort_remaining: bool = True, na_position: str = "first"
    ) -> Any:
        """The rows sorted by some levels, and the positions that sort them."""
        if not _convert.is_list_like(level):
            level = [level]
        numbers = [self._get_level_number(item) for item in level]
        if isinstance(ascending, (list, tuple)):
            if len(ascending) != len(numbers):
                raise ValueError("level must have same length as ascending")
            rising = [bool(item) for item in ascending]
            sort_remaining = False if len(numbers) == self.nlevels else sort_remaining
        else:
            rising = [bool(ascending)] * len(numbers)
        rows = as_positions(
            self._sortlevel(list(zip(numbers, rising)), bool(sort_remaining), na_position == "first")
        )
        return self._take(rows.tolist()), rows

    def remove_unused_levels(self) -> Any:
        """Without labels that no row has."""
        return self._remove_unused_levels()

    def set_levels(self, levels: Any, *, level: Any = None, verify_integrity: bool = True) -> Any:
        """The same codes over other labels."""
        if isinstance(levels, abc.Iterator):
            levels = list(levels)
        level, levels = _require_listlike(level, levels, "Levels")
        held = [self._level_labels(number) for number in range(self.nlevels)]
        if level is None:
            if len(levels) != self.nlevels:
                raise ValueError("Length of levels must match number of levels.")
            numbers = list(range(self.nlevels))
        else:
            if len(levels) != len(level):
                raise ValueError("Length of levels must match length of level.")
            numbers = [self._get_level_number(item) for item in level]
        for number, labels in zip(numbers, levels):
            held[number] = _level_column(labels)
        if verify_integrity:
            _verified(held, [self._codes_list(n) for n in range(self.nlevels)])
        return _engine.Index._of_codes(held, [self._codes_list(n) for n in range(self.nlevels)], self._names)

    def set_codes(self, codes: Any, *, level: Any = None, verify_integrity: bool = True) -> Any:
        """Other codes over the same labels."""
        level, codes = _require_listlike(level, codes, "Codes")
        held = [self._codes_list(number) for number in range(self.nlevels)]
        if level is None:
            if len(codes) != self.nlevels:
                raise ValueError("Length of codes must match number of levels")
            numbers = list(range(self.nlevels))
        else:
            if len(codes) != len(level):
                raise ValueError("Length of codes must match length of levels.")
            numbers = [self._get_level_number(item) for item in level]
        for number, part in zip(numbers, codes):
            held[number] = [int(code) for code in np.asarray(part).tolist()]
        labels = [self._level_labels(number) for number in range(self.nlevels)]
        if verify_integrity:
            _verified(labels, held)
        return _engine.Index._of_codes(labels, held, self._names)

    def _codes_list(self, number: int) -> list[int]:
        return self._level_codes(number).tolist()

    # Rows.

    def copy(self, names: Any = None, deep: bool = False, name: Any = None) -> Any:
        made = self._view()
        if names is not None and name is not None:
            raise TypeError("Can only provide one of `names` and `name`")
        given = names if names is not None else name
        if given is not None:
            if not _convert.is_list_like(given):
                raise TypeError("Must pass list-like as `names`.")
            given = list(given)
            if len(given) != self.nlevels:
                raise ValueError(f"Length of new `names` must be {self.nlevels}, got {len(given)}")
            made.names = given
        return made

    def view(self, cls: Any = None) -> Any:
        return super().view(None)

    def rename(self, names: Any, *, inplace: bool = False, level: Any = None) -> Any:
        return self.set_names(names, level=level, inplace=inplace)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        from lumen.pandas._dtype_names import pandas_dtype

        dtype = pandas_dtype(dtype)
        if str(dtype) == "category":
            raise NotImplementedError("> 1 ndim Categorical are not supported at this time")
        if dtype != np.dtype(object):
            raise TypeError("Setting a MultiIndex dtype to anything other than object is not supported")
        return self._view() if copy else self

    def insert(self, loc: int, item: Any) -> Any:
        return self._insert(int(loc), item)

    def drop(self, codes: Any, level: Any = None, errors: str = "raise") -> Any:
        """Without the rows labelled so, in all levels or one."""
        if level is not None:
            return self._drop_in_level(codes, level, errors)
        if isinstance(codes, (Index, np.ndarray)):
            codes = list(codes)
        elif isinstance(codes, (str, tuple)) or not _convert.is_list_like(codes):
            codes = [codes]
        gone: list[int] = []
        for key in codes:
            try:
                found = self.get_loc(key)
            except KeyError:
                if errors != "ignore":
                    raise
                continue
            if isinstance(found, slice):
                gone.extend(range(found.start, found.stop))
            elif isinstance(found, np.ndarray):
                gone.extend(np.flatnonzero(found).tolist())
            else:
                gone.append(found)
        return self._delete(gone)

    def _drop_in_level(self, labels: Any, level: Any, errors: str) -> Any:
        labels = (
            [labels]
            if isinstance(labels, (str, tuple)) or not _convert.is_list_like(labels)
            else list(labels)
        )
        number = self._get_level_number(level)
        column = Index._from_column(self._level(number))
        mask = column.isin(labels)
        absent = [label for label in labels if label not in column]
        if absent and errors != "ignore":
            raise KeyError(f"labels {absent} not found in level")
        return self[~mask]

    def append(self, other: Any) -> Any:
        others = list(other) if isinstance(other, (list, tuple)) else [other]
        if all(isinstance(item, MultiIndex) and item.nlevels >= self.nlevels for item in others):
            if all(item.nlevels == self.nlevels for item in others):
                return self._append(others)
            arrays, names = [], []
            for number in range(self.nlevels):
                parts = [self._level(number), *(item._level(number) for item in others)]
                arrays.append(_engine.Column.concat(parts))
                same = {item._names[number] for item in [self, *others]}
                names.append(self._names[number] if len(same) == 1 else None)
            return _engine.Index._of_columns(arrays, names)
        held = self.tolist()
        for item in others:
            held.extend(list(item))
        try:
            return MultiIndex.from_tuples(held)
        except (TypeError, IndexError):
            return Index(held, tupleize_cols=False)

    def isna(self) -> np.ndarray:
        raise NotImplementedError("isna is not defined for MultiIndex")

    isnull = isna

    def notna(self) -> np.ndarray:
        raise NotImplementedError("isna is not defined for MultiIndex")

    notnull = notna

    def fillna(self, value: Any) -> Any:
        raise NotImplementedError("fillna is not defined for MultiIndex")

    def unique(self, level: Any = None) -> Any:
        if level is None:
            return self._unique()
        return self.get_level_values(level)._unique()

    def nunique(self, dropna: bool = True) -> int:
        """How many rows differ; no row of several levels counts as missing, whatever `dropna` says."""
        return len(self._unique())

    def _can_miss(self) -> bool:
        return True

    def _missing_label(self) -> Any:
        return (np.nan,) * self.nlevels

    def where(self, cond: Any, other: Any = None) -> Any:
        raise NotImplementedError(".where is not supported for MultiIndex operations")

    def putmask(self, mask: Any, value: Any) -> Any:
        mask = np.asarray(mask, dtype=bool)
        if isinstance(value, Index) and value.nlevels == self.nlevels:
            new = value.tolist()
        else:
            new = list(ensure_index(value))
        if len(new) == len(self):
            picked = new
        else:
            picked = [new[0]] * len(self) if new else []
        rows = [new_row if hidden else row for row, new_row, hidden in zip(self.tolist(), picked, mask)]
        return MultiIndex.from_tuples(rows, names=self._names)

    def to_flat_index(self) -> Any:
        """The rows as tuples."""
        return Index(self.tolist(), tupleize_cols=False)

    def to_frame(self, index: bool = True, name: Any = _UNSET, allow_duplicates: bool = False) -> Any:
        """The levels as columns."""
        from lumen.pandas._index import default_index, frame_of

        if name is _UNSET:
            names = [n if label is None else label for n, label in enumerate(self._names)]
        else:
            if not _convert.is_list_like(name):
                raise TypeError("'name' must be a list / sequence of column names.")
            names = list(name)
            if len(names) != self.nlevels:
                raise ValueError("'name' should have same length as number of levels on index.")
        if not allow_duplicates and len(set(names)) != len(names):
            raise ValueError("Cannot create duplicate column labels if allow_duplicates is False")
        rows = self._view() if index else default_index(len(self))
        labels = as_range(Index(names, tupleize_cols=False))
        return frame_of([self._level(n) for n in range(self.nlevels)], labels, rows)

    def _map_name(self) -> Any:
        return None

    def _extreme_row(self, name: str, axis: Any, skipna: bool) -> int:
        self._check_reduction(axis)
        rows = np.asarray(self._argsort(name == "argmin", False))
        return int(rows[0])

    def _operate(self, kind: str, op: str, other: Any, reflected: bool = False) -> Any:
        if kind == "comparison":
            return super()._operate(kind, op, other, reflected)
        names = {"truediv": "truediv", "sub": "sub"}
        word = ("__r" if reflected else "__") + names.get(op, op) + "__"
        raise TypeError(f"cannot perform {word} with this index type: MultiIndex")

    def _as_target(self, target: Any) -> Any:
        if isinstance(target, Index):
            return target if target.nlevels > 1 or len(target) else target
        rows = list(target)
        if rows and all(isinstance(row, tuple) for row in rows):
            try:
                return MultiIndex.from_tuples(rows)
            except TypeError:
                pass
        return Index(rows, tupleize_cols=False)

    def isin(self, values: Any, level: Any = None) -> np.ndarray:
        if level is not None:
            return self.get_level_values(level).isin(values)
        if isinstance(values, abc.Iterator):
            values = list(values)
        if not isinstance(values, Index):
            for place, row in enumerate(values):
                if not _convert.is_list_like(row):
                    raise ValueError(
                        "MultiIndex.isin expects an iterable of tuples of length "
                        f"{self.nlevels} (the number of levels); got a scalar ({row!r}) at position {place}. To match on "
                        "a single level, pass the level= argument."
                    )
            values = list(values)
            if not values:
                return np.zeros(len(self), dtype=bool)
            values = MultiIndex.from_tuples([tuple(row) for row in values])
        return as_bits(self._isin(values))

    # Lookup.

    def _check_key(self, key: Any) -> None:
        try:
            hash(key)
        except TypeError:
            if isinstance(key, tuple):
                raise InvalidIndexError(key) from None
            raise InvalidIndexError(key) from None

    def get_loc(self, key: Any) -> Any:
        self._check_key(key)
        if isinstance(key, tuple):
            if len(key) > self.nlevels:
                raise KeyError(f"Key length ({len(key)}) exceeds index depth ({self.nlevels})")
            parts = tuple(self._level_key(n, part) for n, part in enumerate(key))
            if any(isinstance(part, slice) for part in parts):
                return self._slice_if_even(self.get_locs(parts))
            return self._located(self._by_key(parts, key))
        part = self._level_key(0, key)
        return self._located(self._by_key((part,), key))

    def _by_key(self, parts: tuple[Any, ...], key: Any) -> Any:
        try:
            return self._get_loc(
                parts if len(parts) > 1 else parts[0] if not isinstance(parts[0], tuple) else parts
            )
        except KeyError:
            raise KeyError(key) from None

    def _level_key(self, number: int, part: Any) -> Any:
        """A label as its level holds it: dates may be written."""
        if isinstance(part, str) and self._level_labels(number).dtype.startswith(
            ("datetime64", "timedelta64")
        ):
            level = Index._from_column(self._level_labels(number))
            found = level.get_loc(part)
            if isinstance(found, (int, np.integer)):
                return level[int(found)]
            if isinstance(found, slice):
                return slice(level[found.start], level[found.stop - 1])
        return part

    def _slice_if_even(self, rows: np.ndarray) -> Any:
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
            return slice(int(rows[0]), int(rows[-1]) + 1, None)
        mask = np.zeros(len(self), dtype=bool)
        mask[rows] = True
        return mask

    def get_locs(self, seq: Any) -> np.ndarray:
        """The rows that a key a level asks for: labels, lists, slices, masks."""
        seq = list(seq)
        given = len(seq)
        while len(seq) > self.nlevels and (_takes_all(seq[-1]) or is_mask(seq[-1])):
            seq.pop()
        if len(seq) > self.nlevels:
            raise KeyError(f"Key length ({given}) exceeds index depth ({self.nlevels})")
        keys = []
        for number, part in enumerate(seq):
            keys.append(self._locs_key(number, part))
        try:
            return as_positions(self._get_locs(keys))
        except KeyError as error:
            listed = [
                part for part in seq if _convert.is_list_like(part) and not isinstance(part, (slice, tuple))
            ]
            if listed and type(error) is KeyError:
                raise KeyError(list(listed[0])) from None
            plain = [part for part in seq if not isinstance(part, slice)]
            if type(error) is KeyError and plain:
                raise KeyError(plain[-1] if len(plain) == 1 else error.args[0]) from None
            raise

    def _locs_key(self, number: int, part: Any) -> tuple[str, Any]:
        if part is Ellipsis:
            return ("slice", (None, None))
        if isinstance(part, slice):
            ends = [
                None if end is None else self._level_bound(number, end, side)
                for end, side in ((part.start, 0), (part.stop, 1))
            ]
            return ("slice", (ends[0], ends[1]))
        if _convert.is_list_like(part) and not isinstance(part, tuple):
            array = np.asarray(part)
            if array.dtype == bool:
                if len(array) != len(self):
                    raise ValueError(
                        "cannot index with a boolean indexer that is not the same length as the index"
                    )
                return ("mask", array.tobytes())
            return ("list", [self._level_key(number, item) for item in part])
        part = self._level_key(number, part)
        if isinstance(part, slice):
            return ("slice", (part.start, part.stop))
        return ("one", part)

    def _level_bound(self, number: int, end: Any, side: int) -> Any:
        if isinstance(end, str) and self._level_labels(number).dtype.startswith("datetime64"):
            level = Index._from_column(self._level_labels(number))
            row = level.get_slice_bound(end, "left" if side == 0 else "right")
            if side == 0:
                return level[row] if row < len(level) else level._as_label(end)
            return level[row - 1] if row > 0 else level._as_label(end)
        return end

    def _slice_label(self, label: Any, side: str) -> Any:
        if isinstance(label, tuple):
            return tuple(self._bound_part(n, part, side) for n, part in enumerate(label))
        return (self._bound_part(0, label, side),)

    def _bound_part(self, number: int, part: Any, side: str) -> Any:
        return self._level_bound(number, part, 0 if side == "left" else 1)

    def get_loc_level(self, key: Any, level: Any = 0, drop_level: bool = True) -> Any:
        """Where a label of a level stands, and the labels there without that level."""
        if isinstance(level, (list, tuple)) or isinstance(key, list):
            if isinstance(key, list):
                raise TypeError(f"Expected label or tuple of labels, got {key}")
            numbers = (
                [self._get_level_number(item) for item in level]
                if isinstance(level, (list, tuple))
                else [self._get_level_number(level)]
            )
            keys = list(key) if isinstance(level, (list, tuple)) else [key]
            if len(numbers) != len(keys):
                raise AssertionError("Key for location must have same length as number of levels")
            rows = self._mask_at(list(zip(numbers, keys)), key)
            found = self[rows]
            if drop_level and len(numbers) < self.nlevels:
                found = found.droplevel(numbers)
            return rows, found
        number = self._get_level_number(level)
        if isinstance(key, tuple) and number == 0:
            try:
                return self._loc_of_tuple(key, drop_level)
            except InvalidIndexError:
                raise
        if isinstance(key, slice):
            rows = self.get_locs([slice(None)] * number + [key])
            mask = self._slice_if_even(rows)
            return mask, self[mask]
        if number == 0:
            found = self.get_loc(key)
            if isinstance(found, (int, np.integer)):
                found = slice(int(found), int(found) + 1, None)
            return found, self[found].droplevel(0) if drop_level else self[found]
        mask = self._mask_at([(number, self._level_key(number, key))], key)
        kept = self[mask]
        mask = self._slice_or_mask(mask, number)
        return mask, kept.droplevel(number) if drop_level else kept

    def _slice_or_mask(self, mask: np.ndarray, number: int) -> Any:
        return mask

    def _mask_at(self, keys: list[tuple[int, Any]], key: Any) -> np.ndarray:
        mask = np.ones(len(self), dtype=bool)
        for number, part in keys:
            if isinstance(part, slice):
                rows = self.get_locs([slice(None)] * number + [part])
            else:
                try:
                    rows = as_positions(self._rows_at([(number, part)]))
                except KeyError:
                    raise KeyError(part) from None
            own = np.zeros(len(self), dtype=bool)
            own[rows] = True
            mask &= own
        if not mask.any():
            raise KeyError(key)
        return mask

    def _loc_of_tuple(self, key: tuple[Any, ...], drop_level: bool) -> Any:
        if any(isinstance(part, slice) for part in key) or any(
            _convert.is_list_like(part) and not isinstance(part, tuple) for part in key
        ):
            rows = self.get_locs(key)
            kept = self[rows]
            gone = [
                n
                for n, part in enumerate(key)
                if not isinstance(part, slice) and not _convert.is_list_like(part)
            ]
            if drop_level and gone and len(gone) < self.nlevels:
                kept = kept.droplevel(gone)
            return self._slice_if_even(rows), kept
        found = self.get_loc(key)
        if isinstance(found, (int, np.integer)):
            return int(found), None
        kept = self[found]
        if len(key) == self.nlevels:
            return found, kept
        return found, kept.droplevel(list(range(len(key)))) if drop_level else kept

    def truncate(self, before: Any = None, after: Any = None) -> Any:
        """The rows between two labels of the first level."""
        if after is not None and before is not None and after < before:
            raise ValueError("after < before")
        low, high = self.levels[0].slice_locs(before, after)
        first = np.asarray(self._level_codes(0))
        return self[(first >= low) & (first < high)]

    def reindex(
        self, target: Any, method: Any = None, level: Any = None, limit: Any = None, tolerance: Any = None
    ) -> Any:
        if level is None and not isinstance(target, Index):
            rows = list(target)
            target = (
                MultiIndex.from_tuples(rows, names=self._names)
                if rows and all(isinstance(r, tuple) for r in rows)
                else (self[:0] if not rows else Index(rows, tupleize_cols=False))
            )
        return super().reindex(target, method=method, level=level, limit=limit, tolerance=tolerance)

    def __contains__(self, key: Any) -> bool:
        hash(key)
        try:
            self.get_loc(key)
            return True
        except (LookupError, TypeError, ValueError):
            return False

    def _other_labels(self, other: Any) -> tuple[Any, Any]:
        if not isinstance(other, Index):
            if not _convert.is_list_like(other):
                raise TypeError("Input must be Index or array-like")
            rows = list(other)
            if rows and not all(isinstance(row, tuple) for row in rows):
                raise TypeError("other must be a MultiIndex or a list of tuples")
            other = MultiIndex.from_tuples(rows, names=self._names) if rows else self[:0]
        return other, None

    def _append_parts(self, others: list[Any]) -> Any:
        return self.append(others)


def _takes_all(key: Any) -> bool:
    return isinstance(key, slice) and key == slice(None)


def _require_listlike(level: Any, given: Any, name: str) -> tuple[Any, Any]:
    """Levels and what is given for them, both as lists."""
    if level is not None and not _convert.is_list_like(level):
        if not _convert.is_list_like(given):
            raise TypeError(f"{name} must be list-like")
        if len(given) and _convert.is_list_like(given[0] if not isinstance(given, (set, dict)) else None):
            raise TypeError(f"{name} must be list-like")
        return [level], [given]
    if level is None or _convert.is_list_like(level):
        items = list(given) if _convert.is_list_like(given) else None
        if items is None or not items or not _convert.is_list_like(items[0]):
            raise TypeError(f"{name} must be list of lists-like")
        return level, items
    return level, given
