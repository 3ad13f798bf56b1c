"""`DataFrame.select`: columns by label and computed ones; and `filter` by a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._col import Expression
from lumen.pandas._warn import warn


def select(frame: Any, args: tuple[Any, ...], computed: dict[str, Any]) -> Any:
    """The frame of `DataFrame.select(*args, **computed)`."""
    choice = _Choice(frame)
    for item in _items(args):
        if isinstance(item, Expression):
            choice.settle()
            choice.evaluate(item)
        else:
            choice.label(item)
    choice.settle()
    for name, value in computed.items():
        if choice.levels > 1:
            raise TypeError(
                f"cannot create column {name!r} from a keyword argument: the DataFrame's columns have {choice.levels} "
                f"levels, so new column names must be tuples of length {choice.levels}; pass a positional expression with "
                ".rename(...) instead"
            )
        if isinstance(value, Expression):
            value = value._eval_expression(choice.frame)
        choice.set(name, value(choice.frame) if callable(value) else value)
    return choice.result()


def _items(args: tuple[Any, ...]) -> list[Any]:
    lists = [_is_sequence(arg) for arg in args]
    if lists == [True]:
        return list(args[0])
    if any(lists):
        raise TypeError(
            "`select` supports individual columns `df.select('col1', 'col2', ...)` or a single list "
            "`df.select(['col1', 'col2', ...])`, but not both. You can unpack the list if you have a mix: "
            "`df.select(*['col1', 'col2'], 'col3')`."
        )
    return list(args)


def _is_sequence(arg: Any) -> bool:
    if isinstance(arg, (set, frozenset)):
        raise TypeError(
            "`select` does not support sets, as the resulting column order would be undefined; pass a list instead"
        )
    return not isinstance(arg, (tuple, Expression)) and _convert.is_list_like(arg)


class _Choice:
    """The columns chosen so far, of a frame that computed ones are written into by name."""

    def __init__(self, frame: Any) -> None:
        self._source = frame
        self.frame = frame.copy(deep=False)
        self.levels = frame.columns.nlevels
        self._waiting: list[Any] = []
        self._columns: list[Any] = []
        self._places: list[int] = []

    def label(self, item: Any) -> None:
        """A label; those in a row are looked up together, single ones apart from tuples."""
        mixed = self._waiting and isinstance(item, tuple) != isinstance(self._waiting[-1], tuple)
        if self.levels > 1 and mixed:
            self.settle()
        self._waiting.append(item)

    def settle(self) -> None:
        """Looks up the labels that wait."""
        if not self._waiting:
            return
        # A frame of places, chosen by label, says where the columns stand and raises as a selection does.
        places = self.frame._constructor(
            np.arange(self.frame.shape[1]).reshape(1, -1), columns=self.frame.columns
        )
        for place in places[self._waiting].to_numpy().ravel().tolist():
            self._take(int(place))
        self._waiting.clear()

    def _take(self, place: int) -> None:
        self._columns.append(self.frame._column(place))
        self._places.append(place)

    def set(self, name: Any, value: Any) -> None:
        """A computed column, which replaces one of its name for what follows."""
        found = [place for place, one in enumerate((self.frame.columns == name).tolist()) if one]
        if len(found) > 1:
            for place in found:
                self.frame.isetitem(place, value)
            self._take(found[0])
            return
        self.frame[name] = value
        self._take(found[0] if found else self.frame.shape[1] - 1)

    def evaluate(self, item: Any) -> None:
        """A computed item in its place among the labels."""
        found = item._eval_expression(self.frame)
        if isinstance(found, _engine.DataFrame):
            if found.columns.nlevels != self.levels:
                raise TypeError(
                    f"expression {item!r} evaluated to a DataFrame whose columns have {found.columns.nlevels} levels, but "
                    f"the DataFrame's columns have {self.levels} levels"
                )
            for place, name in enumerate(found.columns):
                self.set(name, found.iloc[:, place])
            return
        if not isinstance(found, _engine.Series):
            raise TypeError(
                f"expression {item!r} evaluated to an object of type {type(found).__name__}, expected a Series or "
                "DataFrame; pass it as a keyword argument instead"
            )
        if found.name is None:
            raise TypeError(
                f"expression {item!r} evaluated to an unnamed Series; use .rename(...) to name it or pass it as a keyword "
                "argument"
            )
        if self.levels > 1 and (not isinstance(found.name, tuple) or len(found.name) != self.levels):
            raise TypeError(
                f"expression {item!r} evaluated to a Series named {found.name!r}, but the DataFrame's columns have "
                f"{self.levels} levels; use .rename(...) with a tuple of length {self.levels}"
            )
        self.set(found.name, found)

    def result(self) -> Any:
        """The chosen columns."""
        if not self._columns:
            return self._source.iloc[:, :0]
        from lumen.pandas._generic import built

        labels = self.frame.columns.take(self._places)
        made = built(self._source._constructor, self._columns, labels, self.frame._index)
        return made.__finalize__(self._source)


def is_mask(key: Any) -> bool:
    """Whether this is one dimension of booleans, some of which may be missing."""
    if isinstance(key, list):
        values: Any = np.array(key + [None], dtype=object)[:-1]
    else:
        dtype = getattr(key, "dtype", None)
        if dtype is None or getattr(key, "nlevels", 1) > 1:
            return False
        if str(dtype) in ("bool", "boolean", "bool[pyarrow]"):
            return True
        if dtype != object:
            return False
        values = np.asarray(key, dtype=object)
    if values.ndim != 1:
        return False
    from lumen.pandas._missing import is_missing

    held = [value for value in values.tolist() if not (_convert.is_scalar(value) and is_missing(value))]
    return bool(held) and all(isinstance(value, (bool, np.bool_)) for value in held)


def filtered(obj: Any, cond: Any, axis: Any, na: Any) -> Any:
    """The rows, or columns, where a mask holds."""
    name = type(obj).__name__
    number = 0 if axis is None else obj._get_axis_number(axis)
    if isinstance(cond, Expression):
        if obj.ndim != 2:
            raise TypeError("Expressions such as pd.col(...) are only supported by DataFrame.filter")
        if number != 0:
            raise ValueError(
                f"Expressions such as pd.col(...) are only supported by {name}.filter with axis=0, since they evaluate to a "
                "mask aligned with the index"
            )
    if callable(cond):
        kind = "expression" if isinstance(cond, Expression) else "callable"
        mask = cond._eval_expression(obj) if kind == "expression" else cond(obj)
        if not is_mask(mask):
            raise TypeError(
                f"The {kind} passed to {name}.filter must evaluate to a one-dimensional boolean mask"
            )
    elif is_mask(cond):
        mask = cond
    else:
        raise TypeError(f"cond passed to {name}.filter must be a one-dimensional boolean mask")
    if getattr(mask, "ndim", 1) != 1:
        raise ValueError(f"The mask passed to {name}.filter must be one-dimensional")
    column = _convert.column_of(mask, "boolean")
    missing = _convert.mask_of(column)
    if missing.any() and na == "raise" and na is not True:
        raise ValueError("The mask contains missing values")
    bits = np.array(
        [bool(na) if gap else bool(bit) for bit, gap in zip(column.tolist(), missing)], dtype=bool
    )
    if isinstance(mask, _engine.Series):
        bits = mask._constructor(bits, index=mask.index)
    return obj.loc(axis=number)[bits]


def warn_of_booleans(obj: Any) -> None:
    """Says that booleans in the first place are labels."""
    warn(
        f"A list-like of booleans passed positionally to {type(obj).__name__}.filter selects labels. Pass cond=... to filter "
        "with a boolean mask, or items=... to select labels without this warning."
    )
