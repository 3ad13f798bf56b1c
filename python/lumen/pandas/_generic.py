"""What a series and a frame have in common: axes, attributes, copying, and the border to the engine's classes."""

from __future__ import annotations

from typing import Any, Hashable

import numpy as np

from lumen.pandas import _options
from lumen.pandas._io import Writers


def built(made: Any, *parts: Any) -> Any:
    """What a constructor of a frame or series makes of columns or values and their labels.

    A subclass may name a function instead of a class; it is given the plain object.
    """
    if isinstance(made, type):
        obj = made.__new__(made)
        obj._fill(*parts)
        return obj
    from lumen.pandas import DataFrame, Series

    return made(built(DataFrame if isinstance(parts[0], list) else Series, *parts))


class NDFrame(Writers):
    """Base of `Series` and `DataFrame` beside the engine's class."""

    _internal_names: tuple[str, ...] = ()
    _metadata: list[str] = []

    # Subclasses and baggage: what somebody hung on an object goes with its results.

    def _has_baggage(self) -> bool:
        held = self.__dict__
        return bool(held) and ("_attrs" in held or "_allows_duplicates" in held or bool(self._metadata))

    def _derived(self, plain: Any) -> Any:
        """A result of this object's own class, with what hangs on the object."""
        made = (
            self._constructor._from_plain(plain)
            if hasattr(self._constructor, "_from_plain")
            else self._constructor(plain)
        )
        return made.__finalize__(self)

    def _derived_sliced(self, plain: Any) -> Any:
        made = self._constructor_sliced
        made = made._from_plain(plain) if hasattr(made, "_from_plain") else made(plain)
        return made.__finalize__(self)

    @classmethod
    def _from_plain(cls, plain: Any) -> Any:
        if type(plain) is cls:
            return plain
        made = cls.__new__(cls)
        made._adopt(plain)
        return made

    def __finalize__(self, other: Any, method: str | None = None, **kwargs: Any) -> Any:
        """Takes over `attrs`, `flags` and the attributes that `_metadata` names."""
        if isinstance(other, NDFrame):
            held = other.__dict__
            if "_attrs" in held:
                import copy

                self.__dict__["_attrs"] = copy.deepcopy(held["_attrs"])
            if not held.get("_allows_duplicates", True):
                self.flags.allows_duplicate_labels = False
            for name in set(self._metadata) & set(other._metadata):
                object.__setattr__(self, name, getattr(other, name, None))
        return self

    @property
    def attrs(self) -> dict[Hashable, Any]:
        """A dictionary that goes with the object and its results."""
        return self.__dict__.setdefault("_attrs", {})

    @attrs.setter
    def attrs(self, value: Any) -> None:
        self.__dict__["_attrs"] = dict(value)

    @property
    def flags(self) -> Any:
        """What the object refuses to become."""
        from lumen.pandas._flags import Flags

        return Flags(self, allows_duplicate_labels=self.__dict__.get("_allows_duplicates", True))

    # Axes.

    @classmethod
    def _get_axis_number(cls, axis: Any) -> int:
        names = {0: 0, "index": 0, "rows": 0}
        if cls._AXIS_LEN == 2:
            names.update({1: 1, "columns": 1})
        try:
            return names[axis]
        except (KeyError, TypeError):
            raise ValueError(f"No axis named {axis} for object type {cls.__name__}") from None

    @property
    def index(self) -> Any:
        return self._index

    @index.setter
    def index(self, labels: Any) -> None:
        from lumen.pandas._index import ensure_index

        self._index = ensure_index(labels)._view()

    def keys(self) -> Any:
        return self._info_axis

    def copy(self, deep: bool = True) -> Any:
        """The same values in an object of its own; memory is shared until one of them changes."""
        made = type(self).__new__(type(self))
        made._adopt(self)
        return made.__finalize__(self)

    def __copy__(self, deep: bool = True) -> Any:
        return self.copy(deep=deep)

    def __deepcopy__(self, memo: Any = None) -> Any:
        return self.copy(deep=True)

    @property
    def empty(self) -> bool:
        return any(length == 0 for length in self.shape)

    def __bool__(self) -> bool:
        raise ValueError(
            f"The truth value of a {type(self).__name__} is ambiguous. Use a.empty, a.item(), a.any() or"
            " a.all()."
        )

    __hash__ = None  # type: ignore[assignment]

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(func, tuple):
            func, target = func
            if target in kwargs:
                raise ValueError(f"{target} is both the pipe target and a keyword argument")
            kwargs[target] = self
            return func(*args, **kwargs)
        return func(self, *args, **kwargs)

    # Selection by position that needs no more.

    def head(self, n: int = 5) -> Any:
        return self._slice(*_bounds(len(self), slice(None, n)))

    def tail(self, n: int = 5) -> Any:
        if n == 0:
            return self._slice(0, 0)
        return self._slice(*_bounds(len(self), slice(-n, None)))

    def __repr__(self) -> str:
        text = self._repr(_repr_options())
        return text

    __array_priority__ = 1000


def _bounds(length: int, key: slice) -> tuple[int, int]:
    start, stop, _ = key.indices(length)
    return start, max(start, stop)


def _repr_options() -> tuple[int, int, int, int]:
    def number(key: str) -> int:
        return _options.value(key) or 0

    return (
        number("display.max_rows"),
        number("display.min_rows"),
        number("display.max_columns"),
        number("display.width") or 80,
    )


def validate_bool(value: Any, name: str) -> bool:
    """A true or false argument as pandas checks it."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f'For argument "{name}" expected type bool, received type {type(value).__name__}.')
    return bool(value)
