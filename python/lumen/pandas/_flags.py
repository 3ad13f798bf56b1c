"""`Flags`: what an object refuses to become."""

from __future__ import annotations

import weakref
from typing import Any

from lumen.pandas._errors import DuplicateLabelError


class Flags:
    """The flags of one object; `allows_duplicate_labels` is the only one."""

    __module__ = "pandas"
    _keys = {"allows_duplicate_labels"}

    def __init__(self, obj: Any, *, allows_duplicate_labels: bool) -> None:
        self._allows_duplicate_labels = allows_duplicate_labels
        self._obj = weakref.ref(obj)

    @property
    def allows_duplicate_labels(self) -> bool:
        return self._allows_duplicate_labels

    @allows_duplicate_labels.setter
    def allows_duplicate_labels(self, value: Any) -> None:
        value = bool(value)
        obj = self._obj()
        if obj is None:
            raise ValueError("This flag's object has been deleted.")
        if not value:
            check_duplicates(obj)
        self._allows_duplicate_labels = value
        obj.__dict__["_allows_duplicates"] = value

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in self._keys:
            raise ValueError(f"Unknown flag {key}. Must be one of {self._keys}")
        setattr(self, key, value)

    def __repr__(self) -> str:
        return f"<Flags(allows_duplicate_labels={self.allows_duplicate_labels})>"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, type(self)) and self._allows_duplicate_labels == other._allows_duplicate_labels
        )

    __hash__ = None  # type: ignore[assignment]


def check_duplicates(obj: Any) -> None:
    """DuplicateLabelError where an axis has a label twice."""
    for labels in obj.axes:
        if not labels.is_unique:
            twice = labels[labels.duplicated(keep=False)]
            places: dict[Any, list[int]] = {}
            for place, label in enumerate(labels.tolist()):
                places.setdefault(label, []).append(place)
            from lumen.pandas._frame import DataFrame
            from lumen.pandas._index import Index

            rows = [(label, at) for label, at in places.items() if len(at) > 1]
            table = DataFrame(
                {"positions": [at for _, at in rows]}, index=Index([label for label, _ in rows], name="label")
            )
            raise DuplicateLabelError(
                f"Index has duplicates.\n{table}" if len(twice) else "Index has duplicates."
            )
