"""Where a series keeps what only some dtypes have: `.str`, `.dt`, `.cat`."""

from __future__ import annotations

from typing import Any


class Accessor:
    """A descriptor: the accessor's class on the class, a new accessor on an object."""

    def __init__(self, name: str, module: str, factory: str, kind: str) -> None:
        self._name, self._module, self._factory, self._kind = name, module, factory, kind

    def __get__(self, obj: Any, owner: Any) -> Any:
        import importlib

        module = importlib.import_module(f"lumen.pandas.{self._module}")
        if obj is None:
            return getattr(module, self._kind)
        return getattr(module, self._factory)(obj)

    def __set__(self, obj: Any, value: Any) -> None:
        raise AttributeError(
            "can't set attribute"
            if obj is None
            else f"property '{self._name}' of '{type(obj).__name__}' object has no setter"
        )


class SeriesAccessors:
    """A family of the series."""

    str = Accessor("str", "_strings", "StringMethods", "StringMethods")
    dt = Accessor("dt", "_datetimes", "properties_of", "CombinedDatetimelikeProperties")
    cat = Accessor("cat", "_categorical", "accessor_of", "CategoricalAccessor")
