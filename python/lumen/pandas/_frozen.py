"""`FrozenList`: the names, levels and codes of an index, a list that refuses to change."""

from __future__ import annotations

from typing import Any


class FrozenList(list):
    """A list that cannot be changed, hashable, with set operations in order."""

    __module__ = "pandas.core.indexes.frozen"

    def union(self, other: Any) -> FrozenList:
        """All of this list, then those of the other."""
        return type(self)(list(self) + list(other))

    def difference(self, other: Any) -> FrozenList:
        """Those that the other has not."""
        other = set(other)
        return type(self)([item for item in self if item not in other])

    __add__ = __iadd__ = union  # type: ignore[assignment]

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return type(self)(found) if isinstance(key, slice) else found

    def __radd__(self, other: Any) -> FrozenList:
        return type(self)(list(other) + list(self))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (tuple, set, FrozenList)) or type(other).__name__ == "ndarray":
            other = list(other)  # type: ignore[call-overload]
        return super().__eq__(other)

    def __mul__(self, count: Any) -> FrozenList:
        return type(self)(super().__mul__(count))

    __imul__ = __mul__  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return type(self), (list(self),)

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def _refuse(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError(f"'{type(self).__name__}' does not support mutable operations.")

    def __str__(self) -> str:
        return _shown(list(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self!s})"

    __setitem__ = __setslice__ = __delitem__ = __delslice__ = _refuse  # type: ignore[assignment]
    pop = append = extend = remove = sort = insert = clear = reverse = _refuse  # type: ignore[assignment]


def _shown(items: list[Any]) -> str:
    parts = []
    for item in items:
        if hasattr(item, "tolist"):
            item = item.tolist()
        if isinstance(item, list):
            parts.append(_shown(item))
        else:
            parts.append(f"'{item}'" if isinstance(item, str) else str(item))
    return f"[{', '.join(parts)}]"
