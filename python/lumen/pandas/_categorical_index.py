"""`CategoricalIndex`: labels that are categories. Codes and categories are the engine's."""

from __future__ import annotations

from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._dtypes import CategoricalDtype
from lumen.pandas._index import Index, check_name, ensure_index


class CategoricalIndex(Index):
    """Labels out of a fixed list."""

    __module__ = "pandas"
    _typ = "categoricalindex"

    def __new__(
        cls,
        data: Any = None,
        categories: Any = None,
        ordered: Any = None,
        dtype: Any = None,
        copy: bool = False,
        name: Hashable = None,
    ) -> Any:
        name = check_name(name, data, cls.__name__)
        if data is None or not _convert.is_list_like(data):
            raise TypeError(
                f"{cls.__name__}(...) must be called with a collection of some kind, {data!r} was passed"
            )
        if dtype is not None and (categories is not None or ordered is not None):
            raise ValueError("Cannot specify `categories` or `ordered` together with `dtype`.")
        if dtype is None or isinstance(dtype, str):
            if dtype is not None and dtype != "category":
                raise ValueError(f"Unknown dtype {dtype!r}")
            held = _convert.column_of(data)
            if held.dtype == "category" and categories is None:
                ordered = held.ordered if ordered is None else ordered
                dtype = CategoricalDtype(Index._from_column(held.categories), ordered)
            else:
                dtype = CategoricalDtype(categories, bool(ordered))
        return cls._from_column(_convert.cast(_convert.column_of(data), dtype), name)

    @property
    def categories(self) -> Any:
        """The categories."""
        return Index._from_column(self._values.categories)

    @property
    def codes(self) -> np.ndarray:
        """A position in the categories a row, −1 where missing."""
        from lumen.pandas._multi import code_dtype

        codes = np.array(self._values.codes, dtype=code_dtype(len(self._values.categories)))
        codes.flags.writeable = False
        return codes

    @property
    def ordered(self) -> bool:
        """Whether the categories have an order."""
        return self._values.ordered

    def _rebuilt(self, codes: Any, categories: Any, ordered: bool) -> Any:
        column = _engine.Column.category([int(code) for code in codes], categories, bool(ordered))
        return _engine.Index._of_column(column, self._name)

    def as_ordered(self) -> Any:
        """With an order of the categories."""
        return self._rebuilt(self.codes, self._values.categories, True)

    def as_unordered(self) -> Any:
        """Without an order of the categories."""
        return self._rebuilt(self.codes, self._values.categories, False)

    def rename_categories(self, new_categories: Any) -> Any:
        """The same codes over other categories."""
        old = self.categories.tolist()
        if callable(new_categories):
            new = [new_categories(item) for item in old]
        elif isinstance(new_categories, dict) or hasattr(new_categories, "items"):
            table = dict(new_categories.items())
            new = [table.get(item, item) for item in old]
        else:
            new = list(new_categories)
            if len(new) != len(old):
                raise ValueError(
                    "new categories need to have the same number of items as the old categories!"
                )
        return self._rebuilt(self.codes, Index(new, tupleize_cols=False)._values, self.ordered)

    def set_categories(self, new_categories: Any, ordered: Any = None, rename: bool = False) -> Any:
        """Over other categories; labels that are none of them become missing."""
        ordered = self.ordered if ordered is None else ordered
        new = ensure_index(new_categories)
        if rename:
            codes = [code if code < len(new) else -1 for code in self.codes.tolist()]
            return self._rebuilt(codes, new._values, ordered)
        places = new.get_indexer(self.categories) if len(self.categories) else np.array([], dtype=np.intp)
        codes = [-1 if code < 0 else int(places[code]) for code in self.codes.tolist()]
        return self._rebuilt(codes, new._values, ordered)

    def reorder_categories(self, new_categories: Any, ordered: Any = None) -> Any:
        """The same categories in another order."""
        new = list(new_categories)
        old = self.categories.tolist()
        if len(new) != len(old) or set(new) != set(old):
            raise ValueError("items in new_categories are not the same as in old categories")
        return self.set_categories(new, ordered=ordered)

    def add_categories(self, new_categories: Any) -> Any:
        """With more categories, behind the others."""
        new = list(new_categories) if _convert.is_list_like(new_categories) else [new_categories]
        old = self.categories.tolist()
        both = set(new) & set(old)
        if both:
            raise ValueError(f"new categories must not include old categories: {both}")
        return self._rebuilt(self.codes, Index(old + new, tupleize_cols=False)._values, self.ordered)

    def remove_categories(self, removals: Any) -> Any:
        """Without some categories; their labels become missing."""
        gone = list(removals) if _convert.is_list_like(removals) else [removals]
        old = self.categories.tolist()
        absent = {item for item in gone if item not in old and item == item}
        if absent:
            raise ValueError(f"removals must all be in old categories: {absent}")
        return self.set_categories([item for item in old if item not in gone])

    def remove_unused_categories(self) -> Any:
        """Without categories that no label has."""
        used = sorted({code for code in self.codes.tolist() if code >= 0})
        return self.set_categories(self.categories.take(used) if used else self.categories[:0])

    def _as_label(self, key: Any) -> Any:
        """The category that a key means: a value means the interval that holds it."""
        if self._values.categories.interval_ends is None or type(key).__name__ == "Interval":
            return key
        try:
            found = self.categories.get_loc(key)
        except KeyError:
            return key
        return self.categories[found] if isinstance(found, int) else key

    def _as_target(self, target: Any) -> Any:
        """The labels that a lookup is asked for; values mean the intervals that hold them."""
        target = ensure_index(target)
        if self._values.categories.interval_ends is None or target._values.interval_ends is not None:
            return target
        if target._values.dtype == "category":
            return target
        rows = self.categories.get_indexer_for(target)
        return Index._from_column(self._values.categories.reindex(rows.tolist()), target.name)

    def __contains__(self, key: Any) -> bool:
        hash(key)
        return super().__contains__(self._as_label(key))

    def _as_item(self, item: Any) -> Any:
        return item

    def equals(self, other: Any) -> bool:
        if self is other:
            return True
        if not isinstance(other, Index) or len(self) != len(other):
            return False
        if isinstance(other, CategoricalIndex):
            if self.ordered != other.ordered or set(self.categories.tolist()) != set(
                other.categories.tolist()
            ):
                return False
            if self.ordered and not self.categories.equals(other.categories):
                return False
        elif other.nlevels > 1:
            return False
        left, right = self.tolist(), other.tolist()
        return all(a == b or (a != a and b != b) for a, b in zip(left, right))

    def map(self, mapper: Any, na_action: Any = None) -> Any:
        new = self.categories.map(mapper)
        missing = bool((self.codes < 0).any())
        if new.is_unique and not new.hasnans and (not missing or na_action == "ignore"):
            return self._rebuilt(self.codes, new._values, self.ordered)
        if missing and na_action != "ignore":
            return super().map(mapper, na_action)
        held = new.tolist()
        return Index([np.nan if code < 0 else held[code] for code in self.codes], name=self.name)

    def _append_parts(self, others: list[Any]) -> Any:
        try:
            parts = [self._values, *(_convert.cast(item._values, self.dtype) for item in others)]
            lost = any(part.isna() != item._values.isna() for part, item in zip(parts[1:], others))
        except (TypeError, ValueError):
            lost = True
            parts = []
        if not lost:
            names = {item.name for item in [self, *others]}
            return _engine.Index._of_column(
                _engine.Column.concat(parts), self.name if len(names) == 1 else None
            )
        return super()._append_parts(others)

    def _extreme(self, how: str, axis: Any, skipna: bool) -> Any:
        self._check_reduction(axis)
        if not self.ordered:
            raise TypeError(
                f"Categorical is not ordered for operation {how}\n"
                "you can use .as_ordered() to change the Categorical to an ordered one\n"
            )
        codes = self.codes[self.codes >= 0]
        if not len(codes) or (not skipna and len(codes) < len(self)):
            return np.nan
        return self.categories[int(getattr(codes, how)())]
