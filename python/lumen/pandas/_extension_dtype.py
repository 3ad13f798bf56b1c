"""`ExtensionDtype`, the base of every dtype numpy does not have, and the register of dtype classes.

Knows no concrete dtype; `_dtypes` does.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from lumen.pandas._errors import AbstractMethodError


class ExtensionDtype:
    """A dtype numpy does not have: a name, a scalar type and a missing value.

    Two dtypes are equal when their classes and the attributes named in `_metadata` are; a text equals the dtype
    it constructs.
    """

    _metadata: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            try:
                other = self.construct_from_string(other)
            except TypeError:
                return False
        if isinstance(other, type(self)):
            return all(getattr(self, a) == getattr(other, a) for a in self._metadata)
        return False

    def __ne__(self, other: object) -> bool:
        return not self.__eq__(other)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, a) for a in self._metadata))

    @property
    def na_value(self) -> object:
        """The scalar that stands for a missing value."""
        return np.nan

    @property
    def type(self) -> type:
        """The scalar type of the elements."""
        raise AbstractMethodError(self)

    @property
    def kind(self) -> str:
        """The one-letter kind of numpy that is nearest; 'O' unless a dtype says otherwise."""
        return "O"

    @property
    def name(self) -> str:
        """The text shown for the dtype."""
        raise AbstractMethodError(self)

    @property
    def names(self) -> list[str] | None:
        """Field names; always None."""
        return None

    @classmethod
    def construct_array_type(cls) -> Any:
        """The array class that belongs to the dtype."""
        raise AbstractMethodError(cls)

    def empty(self, shape: Any) -> Any:
        """An array of this dtype and shape with arbitrary content."""
        return self.construct_array_type()._empty(shape, dtype=self)

    @classmethod
    def construct_from_string(cls, string: str) -> Any:
        """The dtype a text names; TypeError when it names another."""
        if not isinstance(string, str):
            raise TypeError(f"'construct_from_string' expects a string, got {type(string)}")
        assert isinstance(cls.name, str), (cls, type(cls.name))
        if string != cls.name:
            raise TypeError(f"Cannot construct a '{cls.__name__}' from '{string}'")
        return cls()

    @classmethod
    def is_dtype(cls, dtype: object) -> bool:
        """Whether an object, its `dtype` or a text means this dtype."""
        dtype = getattr(dtype, "dtype", dtype)
        if dtype is None:
            return False
        if isinstance(dtype, cls):
            return True
        if isinstance(dtype, str):
            try:
                return cls.construct_from_string(dtype) is not None
            except (TypeError, NotImplementedError):
                return False
        return False

    @property
    def index_class(self) -> Any:
        """The Index class that holds this dtype."""
        from lumen.pandas import Index

        return Index

    @property
    def _is_numeric(self) -> bool:
        return False

    @property
    def _is_boolean(self) -> bool:
        return False

    @property
    def _is_immutable(self) -> bool:
        return False

    @property
    def _supports_2d(self) -> bool:
        return False

    @property
    def _can_hold_na(self) -> bool:
        return True


ExtensionDtype.__module__ = "pandas.api.extensions"

_Class = TypeVar("_Class", bound=type)
registered: list[type[ExtensionDtype]] = []


def register_extension_dtype(cls: _Class) -> _Class:
    """Class decorator: let `pandas_dtype` ask this class what a text means."""
    if not issubclass(cls, ExtensionDtype):
        raise ValueError("can only register pandas extension dtypes")
    registered.append(cls)
    return cls


register_extension_dtype.__module__ = "pandas.api.extensions"
