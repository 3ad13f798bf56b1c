"""What pandas prints for an index: labels in lines, then the attributes. Values and dtypes are the engine's."""

from __future__ import annotations

from typing import Any

from lumen.pandas import _convert, _options

_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def shown(value: Any) -> str:
    """One label: texts in quotes, tuples and lists by their items."""
    if isinstance(value, str):
        for plain, escaped in _ESCAPES.items():
            value = value.replace(plain, escaped)
        return f"'{value}'"
    if isinstance(value, tuple):
        inner = ", ".join(shown(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return f"[{', '.join(shown(item) for item in value)}]"
    return str(value)


def label_texts(column: Any, items: list[Any], clock: bool) -> list[str]:
    """Labels as texts; `clock` where a date among all of them has a time of day."""
    name = column.dtype
    if name.startswith("datetime64"):
        return [f"'{item if clock or item_is_missing(item) else str(item)[:10]}'" for item in items]
    if name.startswith("timedelta64"):
        return [_duration(item, clock) for item in items]
    if name.lower().startswith("float"):
        return [
            str(item) if item_is_missing(item) else "nan" if item != item else str(float(item))
            for item in items
        ]
    return [shown(item) for item in items]


def item_is_missing(item: Any) -> bool:
    """NaT and NA."""
    return type(item).__name__ in ("NaTType", "NAType")


def _duration(item: Any, clock: bool) -> str:
    if item_is_missing(item):
        return "NaT"
    text = str(item)
    return f"'{text if clock else text.split(' days')[0] + ' days'}'"


def has_clock(column: Any) -> bool:
    """Whether a date or duration has a part below the day."""
    if column.dtype.startswith("datetime64") and "," in column.dtype:
        return True
    if not column.dtype.startswith(("datetime64", "timedelta64")):
        return False
    ticks = _convert.numpy_of(column)
    held = ticks[~_convert.mask_of(column)]
    return bool((held != held.astype(held.dtype.str[:2] + "8[D]")).any())


def _summary(items: list[str], cut: int | None, name: str, each_line: bool, justified: bool) -> str:
    """The labels in brackets, broken into lines; `cut` is where dots stand."""
    width = int(_options.value("display.width") or 80)
    one, two = "\n" + " " * (len(name) + 1), "\n" + " " * (len(name) + 2)
    separator = "," + two if each_line else ","
    if not items:
        return "[], "
    if len(items) == 1:
        return f"[{items[0]}], " if not each_line else f"[{items[0]}],{one}"
    if justified:
        joined = len(", ".join(items))
        if cut is not None or joined >= width:
            widest = max(len(item) for item in items)
            items = [item.rjust(widest) for item in items]
    head, tail = (items[:cut], items[cut:]) if cut is not None else ([], items)
    text, line = "", two

    def extend(text: str, line: str, word: str, room: int) -> tuple[str, str]:
        if len(line.rstrip()) + len(word.rstrip()) >= room:
            text += line.rstrip()
            line = two
        return text, line + word

    if each_line:
        body = separator.join(head) + (f",{two}...{two}" if head else "") + separator.join(tail)
        return f"[{body}],{one}"
    for item in head:
        text, line = extend(text, line, item + separator + " ", width)
    if head:
        text += line.rstrip() + two + "..."
        line = two
    for item in tail[:-1]:
        text, line = extend(text, line, item + separator + " ", width)
    text, line = extend(text, line, tail[-1], width - 2)
    text += line
    text += "],"
    text += one if len(text) > width else " "
    return "[" + text[len(two) :]


def _joined(name: str, data: str, attributes: list[str]) -> str:
    width = int(_options.value("display.width") or 80)
    indent = " " * (len(name) + 1)
    text = f"{name}({data}"
    if not attributes:
        return f"{text})"
    for place, attribute in enumerate(attributes):
        line = text.rsplit("\n", 1)[-1]
        if place or line.strip():
            comma = 1 if place + 1 < len(attributes) else 0
            if len(line) + len(attribute) + comma > width and line.strip():
                text = text.rstrip(" ") + "\n" + indent
        text += attribute + (", " if place + 1 < len(attributes) else "")
    return f"{text})"


def _cut(length: int) -> int | None:
    most = _options.value("display.max_seq_items") or length
    return min(most // 2, 10) if length > most else None


def index_repr(index: Any) -> str:
    """pandas' repr."""
    name = type(index).__name__
    attributes = []
    bounds = index._range
    named = "" if index.nlevels > 1 or index.name is None else f"name={shown(index.name)}"
    if bounds is not None and name == "RangeIndex":
        parts = [f"start={bounds[0]}", f"stop={bounds[1]}", f"step={bounds[2]}"]
        return f"{name}({', '.join(parts + ([named] if named else []))})"
    cut = _cut(len(index))
    rows = list(range(len(index))) if cut is None else [*range(cut), *range(len(index) - cut, len(index))]
    part = index if cut is None else index._take(rows)
    if index.nlevels > 1:
        return _multi_repr(index, part, cut)
    column = part._values
    texts = label_texts(column, part.tolist(), has_clock(index._values))
    plain = column.dtype in ("str", "string", "category") or column.dtype.startswith(
        ("datetime64", "timedelta64")
    )
    data = _summary(texts, cut, name, False, not plain)
    if column.dtype == "category":
        attributes.append(f"categories={_categories(index.categories)}")
        attributes.append(f"ordered={index._values.ordered}")
        attributes.append("dtype='category'")
    else:
        attributes.append(f"dtype='{index.dtype}'")
    if named:
        attributes.append(named)
    if hasattr(index, "freqstr"):
        freq = index.freqstr
        attributes.append("freq=None" if freq is None else f"freq='{freq}'")
    if cut is not None:
        attributes.append(f"length={len(index)}")
    return _joined(name, data, attributes)


def _categories(categories: Any) -> str:
    most = int(_options.value("display.max_categories") or 8)
    texts = label_texts(categories._values, categories.tolist(), has_clock(categories._values))
    if len(texts) > most:
        half = most // 2
        texts = [*texts[:half], "...", *texts[-half:]]
    return f"[{', '.join(texts)}]"


def _multi_repr(index: Any, part: Any, cut: int | None) -> str:
    columns = []
    for level in range(index.nlevels):
        column = part._level(level)
        texts = label_texts(column, column.tolist(), has_clock(index._level(level)))
        widest = max((len(text) for text in texts), default=0)
        columns.append([text.rjust(widest) for text in texts])
    rows = [f"({', '.join(cells)}{',' if len(cells) == 1 else ''})" for cells in zip(*columns)]
    attributes = []
    names = list(index.names)
    if any(name is not None for name in names):
        attributes.append(f"names=[{', '.join(shown(name) for name in names)}]")
    if cut is not None:
        attributes.append(f"length={len(index)}")
    return _joined("MultiIndex", _summary(rows, cut, "MultiIndex", True, False), attributes)
