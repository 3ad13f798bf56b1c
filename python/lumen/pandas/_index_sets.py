"""Set operations and joins of indexes. Refuses operands that are no lists of labels, as pandas does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ._index_lookup import as_positions


def check_sort(sort: Any) -> bool | None:
    """pandas' `sort` of a set operation, or its error."""
    if sort not in (None, True, False):
        raise ValueError(
            f"The 'sort' keyword only takes the values of None, True, or False; {sort} was passed."
        )
    return None if sort is None else bool(sort)


def same_name(a: Any, b: Any) -> bool:
    """Whether two names are one; NA and NaN are equal to themselves."""
    if a is b:
        return True
    try:
        return bool(a == b)
    except (TypeError, ValueError):
        return False


class SetOperations:
    """Union, intersection, differences and joins."""

    __slots__ = ()

    def _other_labels(self, other: Any) -> tuple[Any, Any]:
        """The other operand as an index, and the name of the result."""
        from ._index import Index, ensure_index

        if isinstance(other, Index):
            return other, self.name if same_name(self.name, other.name) else None
        if not isinstance(other, Iterable) or isinstance(other, (str, bytes)):
            raise TypeError("Input must be Index or array-like")
        if not hasattr(other, "__len__"):
            other = list(other)
        other = ensure_index(Index(other, name=self.name) if not hasattr(other, "name") else other)
        return other, self.name if same_name(self.name, other.name) else None

    def _set_operation(self, name: str, other: Any, sort: Any) -> Any:
        sort = check_sort(sort)
        other, _ = self._other_labels(other)
        left, other = self._for_sets(other)
        return getattr(left, name)(other, sort)

    def _for_sets(self, other: Any) -> tuple[Any, Any]:
        """Both operands as the engine is to see them: categories of one side alone are plain labels."""
        if (
            self.nlevels == 1
            and other.nlevels == 1
            and (self._dtype == "category") != (other._dtype == "category")
        ):
            return _without_categories(self), _without_categories(other)
        return self, other

    def union(self, other: Any, sort: bool | None = None) -> Any:
        """The labels of both."""
        return self._set_operation("_union", other, sort)

    def intersection(self, other: Any, sort: bool = False) -> Any:
        """The labels that both have."""
        return self._set_operation("_intersection", other, sort)

    def difference(self, other: Any, sort: bool | None = None) -> Any:
        """The labels that only this index has."""
        return self._set_operation("_difference", other, sort)

    def symmetric_difference(self, other: Any, result_name: Any = None, sort: bool | None = None) -> Any:
        """The labels that only one of both has."""
        result = self._set_operation("_symmetric_difference", other, sort)
        return result if result_name is None else result.rename(result_name)

    def append(self, other: Any) -> Any:
        """The labels of this index, then those of others."""
        from ._index import Index

        others = list(other) if isinstance(other, (list, tuple)) else [other]
        for item in others:
            if not isinstance(item, Index):
                raise TypeError("all inputs must be Index")
        return self._append_parts(others)

    def _append_parts(self, others: list[Any]) -> Any:
        result = self._append(others)
        if result.name is not None and not all(same_name(self.name, item.name) for item in others):
            result = result.rename(None)
        return result

    def join(
        self,
        other: Any,
        *,
        how: str = "left",
        level: Any = None,
        return_indexers: bool = False,
        sort: bool = False,
    ) -> Any:
        """Both indexes joined by their labels."""
        from ._index import ensure_index

        if how not in ("left", "right", "inner", "outer"):
            raise ValueError(f"do not recognize join method {how}")
        other = ensure_index(other)
        if level is None and (self.nlevels > 1 or other.nlevels > 1) and self.nlevels != other.nlevels:
            return self._join_multi(other, how, return_indexers)
        if level is not None and (self.nlevels > 1 or other.nlevels > 1):
            joined = self._join_level(other, level, how=how, return_indexers=True)
            return joined if return_indexers else joined[0]
        index, left, right = self._join(other, how, bool(sort))
        if not return_indexers:
            return index
        return (
            index,
            None if left is None else as_positions(left),
            None if right is None else as_positions(right),
        )

    def _join_multi(self, other: Any, how: str, return_indexers: bool) -> Any:
        """A join with a MultiIndex by the level that both name."""
        own = [name for name in self.names if name is not None]
        theirs = [name for name in other.names if name is not None]
        shared = [name for name in own if name in theirs]
        if not shared:
            raise ValueError("cannot join with no overlapping index names")
        if self.nlevels > 1 and other.nlevels > 1:
            raise NotImplementedError("lumen.pandas: Index.join of two MultiIndexes with different levels")
        flip = self.nlevels == 1
        if flip:
            how = {"left": "right", "right": "left"}.get(how, how)
            joined, right, left = other._join_level(self, shared[0], how=how, return_indexers=True)
        else:
            joined, left, right = self._join_level(other, shared[0], how=how, return_indexers=True)
        return (joined, left, right) if return_indexers else joined

    def _join_level(
        self,
        other: Any,
        level: Any,
        how: str = "left",
        return_indexers: bool = False,
        keep_order: bool = True,
    ) -> Any:
        """A join of a MultiIndex with an index of one level, by one of its levels."""
        if self.nlevels > 1 and other.nlevels > 1:
            raise TypeError("Join on level between two MultiIndex objects is ambiguous")
        flip = self.nlevels == 1
        left, right = (other, self) if flip else (self, other)
        if flip:
            how = {"left": "right", "right": "left"}.get(how, how)
        if not right.is_unique:
            raise NotImplementedError("Index._join_level on non-unique index is not implemented")
        number = left._get_level_number(level)
        values = left.get_level_values(number)
        rows = right.get_indexer(values)
        if how in ("left", "outer"):
            joined, left_rows, right_rows = left, None, rows
        else:
            kept = np.flatnonzero(rows >= 0)
            if not keep_order:
                kept = kept[np.argsort(rows[kept], kind="stable")]
            joined, left_rows, right_rows = left.take(kept), kept, rows[kept]
        if flip:
            left_rows, right_rows = right_rows, left_rows
        return (joined, left_rows, right_rows) if return_indexers else joined


def _without_categories(index: Any) -> Any:
    """The labels of categories by themselves."""
    if index._dtype != "category":
        return index
    from ._index import Index

    column = index._values
    return Index._from_column(column.categories.reindex(column.codes.tolist()), index._name)
