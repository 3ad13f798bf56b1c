"""Lookup of labels: `get_loc`, `get_indexer`, slices of labels. Refuses nothing; what a label means is the engine's."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from ._errors import InvalidIndexError

METHODS = {
    None: None,
    "pad": "pad",
    "ffill": "pad",
    "backfill": "backfill",
    "bfill": "backfill",
    "nearest": "nearest",
}


def as_bits(raw: bytes) -> np.ndarray:
    """A byte a row as numpy's booleans."""
    return np.frombuffer(raw, dtype=bool).copy()


def as_positions(column: Any) -> np.ndarray:
    """The engine's positions as numpy's integers."""
    return np.array(column, dtype=np.intp)


def fill_method(method: Any) -> str | None:
    """pandas' name of a fill method, or its error."""
    name = method.lower() if isinstance(method, str) else method
    try:
        return METHODS[name]
    except (KeyError, TypeError):
        expected = "pad (ffill), backfill (bfill) or nearest"
        raise ValueError(f"Invalid fill method. Expecting {expected}. Got {method}") from None


class Lookup:
    """What an index answers about where labels stand."""

    __slots__ = ()

    def _check_key(self, key: Any) -> None:
        """A key that cannot be a label raises before it is looked for."""
        if isinstance(key, slice) or (
            isinstance(key, Iterable) and not isinstance(key, (str, bytes, tuple, Hashable))
        ):
            raise InvalidIndexError(key)
        try:
            hash(key)
        except TypeError:
            if isinstance(key, tuple) and not any(isinstance(part, slice) for part in key):
                raise
            raise InvalidIndexError(key) from None

    def get_loc(self, key: Any) -> Any:
        """The row of a label, a slice of rows of sorted labels, or a mask."""
        self._check_key(key)
        return self._located(self._get_loc(self._as_label(key)), key)

    def _located(self, found: Any, key: Any = None) -> Any:
        if isinstance(found, bytes):
            return as_bits(found)
        if isinstance(found, slice):
            return slice(found.start, found.stop, None)
        return found

    def _as_label(self, key: Any) -> Any:
        """The label that a key means: dates may be written."""
        return key

    def _as_target(self, target: Any) -> Any:
        """The labels that a lookup is asked for."""
        from ._index import ensure_index

        return ensure_index(target)

    def get_indexer(
        self, target: Any, method: Any = None, limit: int | None = None, tolerance: Any = None
    ) -> np.ndarray:
        """For each label of the target its row, −1 where it has none."""
        name = fill_method(method)
        target = self._as_target(target)
        if not self.is_unique:
            raise InvalidIndexError("Reindexing only valid with uniquely valued Index objects")
        if len(target) == 0:
            return np.array([], dtype=np.intp)
        if name is not None and tolerance is not None:
            tolerance = self._as_tolerance(tolerance, target)
        elif tolerance is not None:
            tolerance = [tolerance]
        return as_positions(self._get_indexer(target, name, limit, tolerance))

    def _as_tolerance(self, tolerance: Any, target: Any) -> list[Any]:
        listlike = isinstance(tolerance, (list, tuple, np.ndarray)) or hasattr(tolerance, "_values")
        values = np.asarray(tolerance) if listlike else tolerance
        if listlike and values.ndim and values.size != len(target):
            raise ValueError("list-like tolerance size must match target index size")
        if self._numeric_labels():
            kind = np.asarray(values).dtype.kind
            if kind not in "iuf":
                name = type(self).__name__
                if listlike:
                    raise ValueError(
                        f"tolerance argument for {name} with dtype {self.dtype} must contain numeric elements if it "
                        "is list type"
                    )
                raise ValueError(
                    f"tolerance argument for {name} with dtype {self.dtype} must be numeric if it is a scalar: "
                    f"{tolerance!r}"
                )
        if not listlike:
            return [tolerance]
        return list(values.tolist()) if values.ndim else [values.item()]

    def _numeric_labels(self) -> bool:
        return getattr(self.dtype, "kind", "O") in "iuf"

    def get_indexer_for(self, target: Any) -> np.ndarray:
        """`get_indexer`, for labels that stand several times too."""
        if self.is_unique:
            return self.get_indexer(target)
        return self.get_indexer_non_unique(target)[0]

    def get_indexer_non_unique(self, target: Any) -> tuple[np.ndarray, np.ndarray]:
        """All rows of each label of the target, and the places of the target that have none."""
        found, missing = self._get_indexer_non_unique(self._as_target(target))
        return as_positions(found), as_positions(missing)

    def get_slice_bound(self, label: Any, side: str) -> int:
        """The row at which a slice from or to a label starts or ends."""
        if side not in ("left", "right"):
            raise ValueError(f"Invalid value for side kwarg, must be either 'left' or 'right': {side}")
        return self._get_slice_bound(self._slice_label(label, side), side)

    def _slice_label(self, label: Any, side: str) -> Any:
        """The label of a slice, or pandas' error for one that the labels cannot be compared with."""
        kind = getattr(self.dtype, "kind", "O")
        is_number = isinstance(label, (int, float, np.integer, np.floating)) and not isinstance(label, bool)
        if (
            kind in "iuf"
            and not is_number
            or kind == "O"
            and str(self.dtype) in ("str", "string")
            and is_number
        ):
            if not self._is_label(label):
                self._refuse_slice(label)
        return label

    def _is_label(self, label: Any) -> bool:
        return isinstance(label, Hashable) and label in self

    def _refuse_slice(self, label: Any) -> None:
        raise TypeError(
            f"cannot do slice indexing on {type(self).__name__} with these indexers [{label}] of type "
            f"{type(label).__name__}"
        )

    def slice_locs(self, start: Any = None, end: Any = None, step: int | None = None) -> tuple[int, int]:
        """The rows between two labels, both included."""
        rising = step is None or step >= 0
        if not rising:
            start, end = end, start
        self._check_zones(start, end)
        low = 0 if start is None else self.get_slice_bound(start, "left")
        high = len(self) if end is None else self.get_slice_bound(end, "right")
        if not rising:
            low, high = high - 1, low - 1
            if high == -1:
                high -= len(self)
            if low == -1:
                low -= len(self)
        return low, high

    def _check_zones(self, start: Any, end: Any) -> None:
        import datetime

        if isinstance(start, (str, datetime.datetime)) and isinstance(end, (str, datetime.datetime)):
            zones = [getattr(bound, "tzinfo", None) for bound in (start, end)]
            both = all(isinstance(bound, datetime.datetime) for bound in (start, end))
            if both and (zones[0] is None) != (zones[1] is None):
                raise ValueError("Both dates must have the same UTC offset")

    def slice_indexer(self, start: Any = None, end: Any = None, step: int | None = None) -> slice:
        """The slice of rows between two labels, both included."""
        low, high = self.slice_locs(start, end, step)
        return slice(low, high, step)

    def isin(self, values: Any, level: Any = None) -> np.ndarray:
        """For each label whether it is one of `values`."""
        from ._index import ensure_index

        if level is not None:
            self._validate_level(level)
        if not isinstance(values, Iterable) or isinstance(values, (str, bytes)):
            raise TypeError(
                "only list-like objects are allowed to be passed to isin(), you passed a "
                f"`{type(values).__name__}`"
            )
        values = ensure_index(list(values) if isinstance(values, (set, frozenset, dict)) else values)
        return as_bits(self._isin(values))

    def _validate_level(self, level: Any) -> None:
        if isinstance(level, (int, np.integer)) and not isinstance(level, bool):
            if level < 0 and level != -1:
                raise IndexError(
                    f"Too many levels: Index has only 1 level, {level} is not a valid level number"
                )
            if level > 0:
                raise IndexError(f"Too many levels: Index has only 1 level, not {level + 1}")
        elif level != self.name:
            raise KeyError(f"Requested level ({level}) does not match index name ({self.name})")

    def asof(self, label: Any) -> Any:
        """The last label that is not behind this one."""
        try:
            found = self.get_loc(label)
        except (KeyError, TypeError):
            from ._index import ensure_index

            before = self.get_indexer(ensure_index([self._as_label(label)]), method="pad")[0]
            return self._missing_label() if before == -1 else self[int(before)]
        if isinstance(found, slice):
            found = list(range(*found.indices(len(self))))[-1]
        return self[found]

    def reindex(
        self,
        target: Any,
        method: Any = None,
        level: Any = None,
        limit: int | None = None,
        tolerance: Any = None,
    ) -> tuple[Any, np.ndarray | None]:
        """The target as an index of this one's kind, and where its labels stand here; None where they are the same."""
        from ._index import Index, ensure_index

        keeps_names = not hasattr(target, "name") and not isinstance(target, Index)
        if not isinstance(target, Index) and isinstance(target, Iterable) and not hasattr(target, "dtype"):
            target = list(target)
        if not isinstance(target, Index) and len(target) == 0:
            target = self[:0] if level is None else self.get_level_values(level)[:0]
        else:
            target = ensure_index(target)
        if level is not None and (self.nlevels > 1 or target.nlevels > 1):
            if method is not None:
                raise TypeError("Fill method not supported if level passed")
            joined, rows, _ = self._join_level(
                target, level, how="right", return_indexers=True, keep_order=False
            )
            return self._with_own_names(joined, target, keeps_names), rows
        if self.equals(target):
            rows = None
        elif self.is_unique:
            rows = self.get_indexer(target, method=method, limit=limit, tolerance=tolerance)
        elif self.nlevels > 1:
            raise ValueError("cannot handle a non-unique multi-index!")
        else:
            raise ValueError("cannot reindex on an axis with duplicate labels")
        if rows is not None and self._class == "RangeIndex":
            # A range passes its shape on to labels that are equally spaced.
            target = as_range(target)
        return self._with_own_names(target, target, keeps_names), rows

    def _with_own_names(self, result: Any, target: Any, keeps: bool) -> Any:
        if keeps and result.nlevels == self.nlevels and list(result.names) != list(self.names):
            result = result._view()
            result.names = self.names
        return result


def as_range(labels: Any) -> Any:
    """Equally spaced integers as a range, other labels as they are."""
    from ._index import RangeIndex

    if labels.nlevels > 1 or labels._class == "RangeIndex" or labels._dtype != "int64" or len(labels) < 2:
        return labels
    values = labels.to_numpy()
    step = int(values[1]) - int(values[0])
    if step == 0 or (np.diff(values) != step).any():
        return labels
    return RangeIndex(int(values[0]), int(values[-1]) + step, step, name=labels.name)
