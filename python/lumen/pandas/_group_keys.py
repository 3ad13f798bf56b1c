"""What a group-by groups by: columns, levels, arrays, mappings, functions and `Grouper`, as key columns.

It refuses to aggregate anything.
"""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from typing import Any, Hashable

import numpy as np

from lumen import _engine
from lumen.pandas import _convert


@dataclass
class GroupKey:
    """One key: a value a row, the name it has in results, and the column it was taken from."""

    column: Any
    name: Hashable = None
    label: Any = None
    in_axis: bool = False
    level: int | None = None
    grouper: Any = None
    labels: Any = None


class Grouper:
    """A key by name or level, or a regular step of times."""

    __module__ = "pandas"
    _attributes = ("key", "level", "freq", "sort", "dropna")

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("freq") is not None or (len(args) > 2 and args[2] is not None):
            from lumen.pandas._resample import TimeGrouper

            cls = TimeGrouper
        return super().__new__(cls)

    def __init__(
        self, key: Any = None, level: Any = None, freq: Any = None, sort: bool = False, dropna: bool = True
    ) -> None:
        self.key = key
        self.level = level
        self.freq = freq
        self.sort = sort
        self.dropna = dropna

    def __repr__(self) -> str:
        held = ((name, getattr(self, name)) for name in self._attributes)
        shown = ", ".join(f"{name}={value!r}" for name, value in held if value is not None)
        return f"{type(self).__name__}({shown})"


def _level_number(index: Any, level: Any) -> int:
    """The number of a level; errors are those of `groupby(level=)`."""
    if index.nlevels == 1:
        if isinstance(level, str) and index.name != level:
            raise ValueError(f"level name {level} is not the name of the index")
        if isinstance(level, (int, np.integer)) and not isinstance(level, bool) and level not in (0, -1):
            if level > 0 or level < -1:
                raise ValueError("level > 0 or level < -1 only valid with MultiIndex")
        if not isinstance(level, (str, int, np.integer)) and index.name != level:
            raise ValueError(f"level name {level} is not the name of the index")
        return 0
    return _multi_level(index, level)


def _multi_level(index: Any, level: Any) -> int:
    names = list(index.names)
    if names.count(level) > 1:
        raise ValueError(f"The name {level} occurs multiple times, use a level number")
    if level in names:
        return names.index(level)
    if isinstance(level, (int, np.integer)) and not isinstance(level, bool):
        number = level + len(names) if level < 0 else level
        if number < 0:
            raise IndexError(
                f"Too many levels: Index has only {len(names)} levels, {level} is not a valid level number"
            )
        if number >= len(names):
            raise IndexError(f"Too many levels: Index has only {len(names)} levels, not {level + 1}")
        return int(number)
    raise KeyError(f"Level {level} not found")


def level_key(index: Any, level: Any) -> GroupKey:
    """A level of row labels as a key."""
    number = _level_number(index, level)
    return GroupKey(index._level(number), index.names[number], level=number)


def _mapped(index: Any, mapping: Any) -> Any:
    """What a function makes of each label."""
    return _convert.column_of([mapping(label) for label in index.tolist()])


def _is_label(obj: Any, key: Any) -> bool:
    if _convert.is_list_like(key) and not isinstance(key, tuple):
        return False
    try:
        hash(key)
    except TypeError:
        return False
    return isinstance(obj, _engine.DataFrame) and key in obj.columns


def _is_level_name(obj: Any, key: Any) -> bool:
    if _convert.is_list_like(key) and not isinstance(key, tuple):
        return False
    return key is not None and any(type(name) is type(key) and name == key for name in obj.index.names)


def label_key(obj: Any, label: Any) -> GroupKey:
    """A column, or a level of that name, as a key."""
    if _is_label(obj, label):
        if _is_level_name(obj, label):
            raise ValueError(f"'{label}' is both an index level and a column label, which is ambiguous.")
        found = obj[label]
        if isinstance(found, _engine.DataFrame):
            raise ValueError(f"Grouper for '{label}' not 1-dimensional")
        return GroupKey(found._values, label, label=label, in_axis=True)
    if _is_level_name(obj, label):
        return level_key(obj.index, label)
    raise KeyError(label)


def _is_column_of(obj: Any, key: Any) -> bool:
    """Whether a series is one of the frame's own columns."""
    if not isinstance(obj, _engine.DataFrame) or key.name is None:
        return False
    try:
        if key.name not in obj.columns:
            return False
        own = obj[key.name]
    except (KeyError, TypeError):
        return False
    return (
        isinstance(own, _engine.Series)
        and len(own) == len(key)
        and key._index._equals(obj._index)
        and own._values.equals(key._values)
    )


def _one_key(obj: Any, key: Any, level: Any = None) -> GroupKey:
    index = obj.index
    if isinstance(key, Grouper):
        return _of_grouper(obj, key)
    if isinstance(key, _engine.Series):
        if _is_column_of(obj, key):
            return GroupKey(key._values, key.name, label=key.name, in_axis=True)
        column = key._values if key._index._equals(obj._index) else key.reindex(index)._values
        return GroupKey(column, key.name)
    if isinstance(key, _engine.DataFrame):
        raise ValueError(f"Grouper for '{type(key)}' not 1-dimensional")
    if isinstance(key, abc.Mapping):
        return GroupKey(_mapped(index, lambda label: key.get(label, np.nan)), None)
    if callable(key) and not isinstance(key, type(None)):
        return GroupKey(_mapped(index, key), None)
    if isinstance(key, _engine.Index) and key.nlevels > 1:
        return GroupKey(_engine.Column.from_items(key.tolist(), infer=False), None)
    if _convert.is_list_like(key) and not (isinstance(key, tuple) and _is_label(obj, key)):
        if isinstance(key, np.ndarray) and key.ndim != 1:
            raise ValueError(f"Grouper for '{type(key)}' not 1-dimensional")
        if len(key) != len(index):
            if isinstance(key, tuple):
                raise KeyError(key)
            raise ValueError("Grouper and axis must be same length")
        name = getattr(key, "name", None) if isinstance(key, _engine.Index) else None
        return GroupKey(_convert.column_of(key), name)
    return label_key(obj, key)


def _of_grouper(obj: Any, grouper: Grouper) -> GroupKey:
    if grouper.key is not None and grouper.level is not None:
        raise ValueError("The Grouper cannot specify both a key and a level!")
    if grouper.freq is not None:
        return grouper._key_of(obj)
    if grouper.level is not None:
        return level_key(obj.index, grouper.level)
    if grouper.key is None:
        raise TypeError("Grouper needs a key or a level")
    try:
        return label_key(obj, grouper.key)
    except KeyError:
        raise KeyError(f"The grouper name {grouper.key} is not found") from None


def resolve(obj: Any, by: Any, level: Any) -> tuple[list[GroupKey], bool]:
    """The keys of `obj.groupby(by, level)`, and whether a list was given.

    KeyError, ValueError and TypeError as pandas raises them.
    """
    index = obj.index
    if level is not None:
        if by is None:
            listed = _convert.is_list_like(level)
            if not listed:
                return [level_key(index, level)], False
            levels = list(level)
            if index.nlevels == 1:
                if len(levels) == 0:
                    raise ValueError("No group keys passed!")
                if len(levels) > 1:
                    raise ValueError("multiple levels only valid with MultiIndex")
            return [level_key(index, one) for one in levels], True
        if _convert.is_list_like(level) and not isinstance(level, (str, tuple)):
            raise NotImplementedError("lumen.pandas: groupby(by=, level=[...])")
        number = _level_number(index, level)
        values = index._level(number).tolist()
        if isinstance(by, abc.Mapping):
            mapped = [by.get(value, np.nan) for value in values]
        elif isinstance(by, _engine.Series):
            found = dict(zip(by.index.tolist(), by.tolist()))
            mapped = [found.get(value, np.nan) for value in values]
        elif callable(by):
            mapped = [by(value) for value in values]
        else:
            return [_one_key(obj, by)], False
        return [GroupKey(_convert.column_of(mapped), index.names[number], level=number)], False
    if isinstance(by, list):
        keys, listed = list(by), True
    else:
        keys, listed = [by], False
    if not keys:
        raise ValueError("No group keys passed!")
    arrays = (list, tuple, _engine.Series, _engine.Index, np.ndarray)
    plain = not any(
        callable(key)
        or isinstance(key, (abc.Mapping, Grouper))
        or isinstance(key, arrays)
        or hasattr(key, "_column")
        for key in keys
    )
    if plain and listed and len(keys) == len(index):
        known = all(_is_label(obj, key) or _is_level_name(obj, key) for key in keys)
        if not known:
            return [GroupKey(_convert.column_of(keys), None)], False
    return [_one_key(obj, key) for key in keys], listed
