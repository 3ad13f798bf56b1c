"""`Categorical`: values out of a fixed list, as codes beside their categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _options
from lumen.pandas._dtypes import CategoricalDtype
from lumen.pandas._extension_arrays import ColumnArray


def _code_dtype(count: int) -> str:
    """The smallest integer that numbers so many categories."""
    return "int8" if count < 2**7 else "int16" if count < 2**15 else "int32"


class Categorical(ColumnArray):
    """Values out of a fixed list of categories, which may have an order."""

    def __init__(
        self,
        values: Any,
        categories: Any = None,
        ordered: bool | None = None,
        dtype: Any = None,
        copy: bool = True,
    ) -> None:
        if (
            dtype is not None
            and not isinstance(dtype, str)
            and (categories is not None or ordered is not None)
        ):
            raise ValueError("Cannot specify `categories` or `ordered` together with `dtype`.")
        if isinstance(dtype, str) and dtype != "category":
            raise ValueError(f"Unknown dtype {dtype!r}")
        if not _convert.is_list_like(values):
            raise TypeError("Categorical input must be list-like")
        held = _convert.column_of(values)
        if not isinstance(dtype, CategoricalDtype):
            if held.dtype == "category" and categories is None:
                from lumen.pandas import Index

                own = Index._from_column(held.categories)
                dtype = CategoricalDtype(own, held.ordered if ordered is None else ordered)
            else:
                dtype = CategoricalDtype(categories, bool(ordered))
        self._column = _convert.categorized(held, dtype)

    @classmethod
    def from_codes(
        cls,
        codes: Any,
        categories: Any = None,
        ordered: bool | None = None,
        dtype: Any = None,
        validate: bool = True,
    ) -> Any:
        """From positions among the categories, -1 being missing."""
        if dtype is None:
            if categories is None:
                raise ValueError(
                    "The categories must be provided in 'categories' or 'dtype'. Both were None."
                )
            dtype = CategoricalDtype(categories, bool(ordered))
        elif isinstance(dtype, str):
            dtype = CategoricalDtype(categories, bool(ordered))
        if dtype.categories is None:
            raise ValueError("The categories must be provided in 'categories' or 'dtype'. Both were None.")
        positions = np.asarray(codes)
        if len(positions) and positions.dtype.kind not in "iu":
            raise ValueError("codes need to be array-like integers")
        if len(positions) and (positions.max() >= len(dtype.categories) or positions.min() < -1):
            raise ValueError("codes need to be between -1 and len(categories)-1")
        column = _engine.Column.category(
            positions.astype("int64").tolist(), _convert.column_of(dtype.categories), bool(dtype.ordered)
        )
        return cls._of(column)

    @property
    def codes(self) -> np.ndarray:
        """Positions among the categories, -1 for missing; read-only."""
        codes = _convert.numpy_of(self._column.codes).astype(_code_dtype(len(self._column.categories)))
        codes.flags.writeable = False
        return codes

    @property
    def categories(self) -> Any:
        """The categories, an Index."""
        return self.dtype.categories

    @property
    def ordered(self) -> bool:
        """Whether the categories have an order."""
        return bool(self._column.ordered)

    def _with_ordered(self, ordered: bool) -> Any:
        return type(self)._of(
            _engine.Column.category(self._column.codes.tolist(), self._column.categories, ordered)
        )

    def as_ordered(self) -> Any:
        """The same with an order."""
        return self._with_ordered(True)

    def as_unordered(self) -> Any:
        """The same without an order."""
        return self._with_ordered(False)

    def set_ordered(self, value: bool) -> Any:
        """The same with or without an order."""
        return self._with_ordered(bool(value))

    def _recoded(self, categories: list[Any], codes: np.ndarray, ordered: bool | None = None) -> Any:
        dtype = CategoricalDtype(categories, self.ordered if ordered is None else ordered)
        return Categorical.from_codes(codes, dtype=dtype)

    def set_categories(self, new_categories: Any, ordered: bool | None = None, rename: bool = False) -> Any:
        """With other categories: values that are none of them become missing; with `rename`, by position."""
        fresh = list(new_categories)
        if rename:
            codes = np.where(self.codes >= len(fresh), -1, self.codes)
            return self._recoded(fresh, codes, ordered)
        place = {label: code for code, label in enumerate(fresh)}
        moved = np.array([place.get(label, -1) for label in self.categories] + [-1], dtype="int64")
        return self._recoded(fresh, moved[self.codes], ordered)

    def rename_categories(self, new_categories: Any) -> Any:
        """With new names for the categories: a list, a dictionary or a function."""
        old = list(self.categories)
        if callable(new_categories):
            fresh = [new_categories(label) for label in old]
        elif hasattr(new_categories, "get"):
            fresh = [new_categories.get(label, label) for label in old]
        else:
            fresh = list(new_categories)
            if len(fresh) != len(old):
                raise ValueError(
                    "new categories need to have the same number of items as the old categories!"
                )
        return self._recoded(fresh, self.codes)

    def reorder_categories(self, new_categories: Any, ordered: bool | None = None) -> Any:
        """With the same categories in another order."""
        fresh = list(new_categories)
        if len(fresh) != len(self.categories) or set(fresh) != set(self.categories):
            raise ValueError("items in new_categories are not the same as in old categories")
        return self.set_categories(fresh, ordered)

    def add_categories(self, new_categories: Any) -> Any:
        """With categories more at the end."""
        more = list(new_categories) if _convert.is_list_like(new_categories) else [new_categories]
        already = set(more) & set(self.categories)
        if already:
            raise ValueError(f"new categories must not include old categories: {already}")
        return self._recoded([*self.categories, *more], self.codes)

    def remove_categories(self, removals: Any) -> Any:
        """Without some categories; their values become missing."""
        gone = list(removals) if _convert.is_list_like(removals) else [removals]
        absent = {label for label in gone if label not in set(self.categories)}
        if absent:
            raise ValueError(f"removals must all be in old categories: {absent}")
        left = [label for label in self.categories if label not in set(gone)]
        if not self.ordered:
            try:
                left = sorted(left)
            except TypeError:
                pass
        return self.set_categories(left)

    def remove_unused_categories(self) -> Any:
        """Without the categories no value has."""
        used = set(self.codes.tolist())
        return self.set_categories([label for code, label in enumerate(self.categories) if code in used])

    def __repr__(self) -> str:
        items = [repr(v) if isinstance(v, str) else "NaN" if v != v else str(v) for v in self.tolist()]
        note = self._column.category_lines(int(_options.value("display.width") or 0))
        if len(items) > 10:
            return f"[{', '.join(items[:5])}, ..., {', '.join(items[-5:])}]\nLength: {len(items)}\n{note}"
        return f"[{', '.join(items)}]\n{note}"


Categorical.__module__ = "pandas"


class CategoricalAccessor:
    """`Series.cat`: what only categories have; methods answer with a series."""

    def __init__(self, data: Any) -> None:
        self._data = data

    @property
    def _array(self) -> Categorical:
        return Categorical._of(self._data._values)

    @property
    def categories(self) -> Any:
        """The categories, an Index."""
        return self._array.categories

    @property
    def ordered(self) -> bool:
        """Whether the categories have an order."""
        return self._array.ordered

    @property
    def codes(self) -> Any:
        """Positions among the categories, -1 for missing."""
        from lumen.pandas import Series

        return Series(self._array.codes, index=self._data.index)

    def __dir__(self) -> list[str]:
        return ["categories", "codes", "ordered", *_METHODS]

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "_data":
            raise AttributeError(f"You cannot add any new attribute '{name}'")
        object.__setattr__(self, name, value)


_METHODS = (
    "add_categories",
    "as_ordered",
    "as_unordered",
    "remove_categories",
    "remove_unused_categories",
    "rename_categories",
    "reorder_categories",
    "set_categories",
)


def _lent(name: str) -> Any:
    def method(self: CategoricalAccessor, *args: Any, **kwargs: Any) -> Any:
        from lumen.pandas import Series

        changed = getattr(self._array, name)(*args, **kwargs)
        return Series(changed, index=self._data.index, name=self._data.name)

    method.__name__ = name
    method.__doc__ = getattr(Categorical, name).__doc__
    return method


for _name in _METHODS:
    setattr(CategoricalAccessor, _name, _lent(_name))
del _name
CategoricalAccessor.__module__ = "pandas.core.arrays.categorical"


def accessor_of(data: Any) -> CategoricalAccessor:
    """The accessor for a series of categories; AttributeError for any other."""
    if data._values.dtype != "category":
        raise AttributeError("Can only use .cat accessor with a 'category' dtype")
    return CategoricalAccessor(data)
