"""`Series.str`: methods of text, value by value, with missing values passed over.

The dtype of an answer follows the column's: `str` stays `str` and counts missing as False, `string` answers in
nullable dtypes, objects answer in objects. Patterns are Python's `re`.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._generic import built
from lumen.pandas._inference import infer_dtype, is_list_like, no_default
from lumen.pandas._missing import NA, is_missing
from lumen.pandas._index import default_index
from lumen.pandas._warn import warn

_OBJECT = np.dtype(object)
_ALLOWED = ("string", "empty", "bytes", "mixed", "mixed-integer")
_TEXT_ONLY = "Cannot use .str.{} with values of inferred dtype '{}'."


class StringMethods:
    """The methods of text of one series."""

    def __init__(self, data: Any) -> None:
        self._inferred = _checked(data)
        self._data = data

    # Plumbing.

    @property
    def _dtype(self) -> str:
        name = self._data._values.dtype
        return "str" if name == "category" else name

    def _items(self) -> list[Any]:
        column = self._data._values
        return self._data.astype("object").tolist() if column.dtype == "category" else column.tolist()

    def _missing(self, item: Any) -> Any:
        """What stands for a value that is no text."""
        if self._dtype == "string":
            return NA
        return item if is_missing(item) and self._dtype == "object" else np.nan

    def _back(self, values: list[Any], dtype: Any) -> Any:
        from lumen.pandas import Series

        column = (
            _convert.column_of(values, dtype) if dtype is not None else _convert.column_of(values, _OBJECT)
        )
        return Series(column, index=self._data.index, name=self._data.name)

    def _each(self, function: Callable[[str], Any]) -> list[Any]:
        kinds = (str, bytes) if self._inferred == "bytes" else str
        return [function(item) if isinstance(item, kinds) else self._missing(item) for item in self._items()]

    def _guard(self, name: str, bytes_too: bool = False) -> None:
        if self._inferred == "bytes" and not bytes_too:
            raise TypeError(_TEXT_ONLY.format(name, "bytes"))

    def _text(self, name: str, function: Callable[[str], Any]) -> Any:
        self._guard(name)
        return self._back(
            self._each(function),
            None
            if self._dtype == "object"
            else self._data.dtype
            if self._data._values.dtype != "category"
            else "object",
        )

    def _count(self, name: str, function: Callable[[Any], int], bytes_too: bool = False) -> Any:
        self._guard(name, bytes_too)
        found = self._each(function)
        if self._dtype == "string":
            return self._back(found, "Int64")
        gaps = any(is_missing(item) for item in found)
        return self._back([np.nan if is_missing(v) else v for v in found], "float64" if gaps else "int64")

    def _kernel(self) -> Any:
        """The column, where the engine's methods of text take it."""
        column = self._data._values
        return column if column.dtype in ("str", "string") else None

    def _wrapped(self, column: Any) -> Any:
        from lumen.pandas import Series

        return Series(column, index=self._data.index, name=self._data.name)

    def _truth(
        self, name: str, function: Callable[[str], bool], na: Any = no_default, kernel: Any = None
    ) -> Any:
        """Whether something holds for each text, by the engine's `kernel` where it has one."""
        self._guard(name)
        if na is not no_default and not (isinstance(na, bool) or is_missing(na)):
            raise ValueError(f"na must be None, pd.NA, np.nan, True, or False; got {na}")
        column = self._kernel()
        if kernel is not None and column is not None:
            return self._wrapped(kernel(column, na if isinstance(na, bool) else None))
        found = self._each(lambda item: bool(function(item)))
        given = na is not no_default and not is_missing(na)
        if given:
            found = [na if is_missing(v) else v for v in found]
        if self._dtype == "string":
            return self._back(found, "boolean")
        if self._dtype == "str":
            return self._back([False if is_missing(v) else v for v in found], "bool")
        if na is not no_default and not given:
            found = [na if is_missing(v) else v for v in found]
        return self._back(found, None if any(is_missing(v) for v in found) else "bool")

    def _objects(self, name: str, function: Callable[[Any], Any], bytes_too: bool = False) -> Any:
        self._guard(name, bytes_too)
        return self._back(self._each(function), None)

    def _table(self, rows: list[Any], columns: Any = None, index: Any = None) -> Any:
        """Columns of lists, the short ones filled up; under the labels of the texts, or under `index`."""
        from lumen.pandas import DataFrame

        width = (
            len(columns)
            if columns is not None
            else max((len(r) for r in rows if isinstance(r, (list, tuple))), default=min(len(rows), 1))
        )
        gap = NA if self._dtype == "string" else None if self._dtype == "object" else np.nan
        blank = NA if self._dtype == "string" else np.nan
        filled = [
            [*row, *[gap] * (width - len(row))]
            if isinstance(row, (list, tuple))
            else [row if self._dtype == "object" else blank] * width
            for row in rows
        ]
        dtype = _OBJECT if self._dtype == "object" else self._data.dtype if self._dtype == "string" else "str"
        labels = list(range(width)) if columns is None else columns
        from lumen.pandas import Series

        index = self._data.index if index is None else index
        made = {
            position: Series(_convert.column_of([row[position] for row in filled], dtype), index=index)
            for position in range(width)
        }
        frame = DataFrame(made, index=index)
        if columns is not None and columns != list(range(width)):
            frame.columns = labels
        else:
            frame.columns = default_index(width)
        return frame

    def _columns(self, columns: list[Any]) -> Any:
        """Columns under the labels of the texts; at least one where there is a text."""
        from lumen.pandas import DataFrame

        length = len(self._data)
        if length and not columns:
            columns = [_engine.Column.missing(self._dtype, length)]
        return built(DataFrame, columns, default_index(len(columns)), self._data.index)

    def __getitem__(self, key: Any) -> Any:
        return self.slice(key.start, key.stop, key.step) if isinstance(key, slice) else self.get(key)

    def __iter__(self) -> Any:
        raise TypeError(f"'{type(self).__name__}' object is not iterable")

    # Shape of text.

    def len(self) -> Any:
        """How many characters, or items of a list."""
        if self._dtype == "object":
            if self._data._values.holds_lists:
                return self._wrapped(self._data._values.list_len())
            found = [len(v) if hasattr(v, "__len__") else self._missing(v) for v in self._items()]
            gaps = any(is_missing(v) for v in found)
            return self._back([np.nan if is_missing(v) else v for v in found], "float64" if gaps else "int64")
        column = self._kernel()
        return self._count("len", len) if column is None else self._wrapped(column.text_len())

    def get(self, i: Any) -> Any:
        """The character or item at a position; missing beyond the end."""

        def pick(item: Any) -> Any:
            if isinstance(item, dict):
                return item.get(i)
            try:
                return item[i]
            except IndexError:
                return self._missing(None) if self._dtype != "object" else np.nan

        if self._dtype == "object":
            found = [pick(v) if hasattr(v, "__getitem__") else self._missing(v) for v in self._items()]
            empty = found and all(isinstance(v, float) and v != v for v in found)
            return self._back(found, "float64" if empty else None)
        return self._text("get", pick)

    def slice(self, start: Any = None, stop: Any = None, step: Any = None) -> Any:
        """A part of each text."""
        column = self._kernel()
        if column is not None and all(end is None or isinstance(end, int) for end in (start, stop, step)):
            return self._wrapped(column.text_slice(start, stop, 1 if step is None else step))
        return self._text("slice", lambda v: v[start:stop:step])

    def slice_replace(self, start: Any = None, stop: Any = None, repl: Any = None) -> Any:
        """Each text with a part replaced."""
        new = "" if repl is None else repl

        def change(item: str) -> str:
            begin = 0 if start is None else start
            local = stop
            if item[begin:local] == "":
                local = begin
            return (item[:begin] if start is not None else "") + new + ("" if local is None else item[local:])

        return self._text("slice_replace", change)

    def pad(self, width: int, side: str = "left", fillchar: str = " ") -> Any:
        """Each text filled up to a width."""
        if not isinstance(fillchar, str):
            raise TypeError(f"fillchar must be a character, not {type(fillchar).__name__}")
        if len(fillchar) != 1:
            raise TypeError("fillchar must be a character, not str")
        if isinstance(width, bool) or not isinstance(width, (int, np.integer)):
            raise TypeError(f"width must be of integer type, not {type(width).__name__}")
        fill = {"left": str.rjust, "right": str.ljust, "both": str.center}.get(side)
        if fill is None:
            raise ValueError("Invalid side")
        return self._text("pad", lambda v: fill(v, width, fillchar))

    def center(self, width: int, fillchar: str = " ") -> Any:
        """Each text filled up on both sides."""
        return self.pad(width, "both", fillchar)

    def ljust(self, width: int, fillchar: str = " ") -> Any:
        """Each text filled up on the right."""
        return self.pad(width, "right", fillchar)

    def rjust(self, width: int, fillchar: str = " ") -> Any:
        """Each text filled up on the left."""
        return self.pad(width, "left", fillchar)

    def zfill(self, width: int) -> Any:
        """Each text filled up with zeros behind its sign."""
        if isinstance(width, bool) or not isinstance(width, (int, np.integer)):
            raise TypeError(f"width must be of integer type, not {type(width).__name__}")
        return self._text("zfill", lambda v: v.zfill(width))

    def wrap(
        self,
        width: int,
        expand_tabs: bool = True,
        tabsize: int = 8,
        replace_whitespace: bool = True,
        drop_whitespace: bool = True,
        initial_indent: str = "",
        subsequent_indent: str = "",
        fix_sentence_endings: bool = False,
        break_long_words: bool = True,
        break_on_hyphens: bool = True,
        max_lines: int | None = None,
        placeholder: str = " [...]",
    ) -> Any:
        """Each text broken into lines of a width."""
        wrapper = textwrap.TextWrapper(
            width=width,
            expand_tabs=expand_tabs,
            tabsize=tabsize,
            replace_whitespace=replace_whitespace,
            drop_whitespace=drop_whitespace,
            initial_indent=initial_indent,
            subsequent_indent=subsequent_indent,
            fix_sentence_endings=fix_sentence_endings,
            break_long_words=break_long_words,
            break_on_hyphens=break_on_hyphens,
            max_lines=max_lines,
            placeholder=placeholder,
        )
        return self._text("wrap", lambda v: "\n".join(wrapper.wrap(v)))

    def _stripped(self, name: str, characters: Any) -> Any:
        column = self._kernel()
        if column is not None and (characters is None or isinstance(characters, str)):
            return self._wrapped(column.text_strip(name, characters))
        return self._text(name, lambda v: getattr(v, name)(characters))

    def strip(self, to_strip: Any = None) -> Any:
        """Each text without characters at both ends."""
        return self._stripped("strip", to_strip)

    def lstrip(self, to_strip: Any = None) -> Any:
        """Each text without characters at its beginning."""
        return self._stripped("lstrip", to_strip)

    def rstrip(self, to_strip: Any = None) -> Any:
        """Each text without characters at its end."""
        return self._stripped("rstrip", to_strip)

    def removeprefix(self, prefix: str) -> Any:
        """Each text without a beginning."""
        return self._text("removeprefix", lambda v: v.removeprefix(prefix))

    def removesuffix(self, suffix: str) -> Any:
        """Each text without an end."""
        return self._text("removesuffix", lambda v: v.removesuffix(suffix))

    def repeat(self, repeats: Any) -> Any:
        """Each text so many times, one count for all or one each."""
        if is_list_like(repeats):
            counts = list(repeats)
            if len(counts) != len(self._data):
                raise ValueError("operands could not be broadcast together")
            items = [
                v * n if isinstance(v, str) and not is_missing(n) else self._missing(np.nan)
                for v, n in zip(self._items(), counts, strict=True)
            ]
            return self._back(items, None if self._dtype == "object" else self._data.dtype)
        return self._text("repeat", lambda v: v * repeats)

    def normalize(self, form: str) -> Any:
        """Each text in a Unicode normal form."""
        return self._text("normalize", lambda v: unicodedata.normalize(form, v))

    def translate(self, table: Any) -> Any:
        """Each text with characters mapped by a table."""
        return self._text("translate", lambda v: v.translate(table))

    def join(self, sep: str) -> Any:
        """The items of each list joined; a list that holds no text is missing."""

        def joined(item: Any) -> Any:
            try:
                return sep.join(item)
            except TypeError:
                return np.nan

        if self._dtype == "object":
            found = [joined(v) if hasattr(v, "__iter__") else self._missing(v) for v in self._items()]
            return self._back(found, None)
        return self._text("join", joined)

    def encode(self, encoding: str, errors: str = "strict") -> Any:
        """Each text as bytes."""
        return self._objects("encode", lambda v: v.encode(encoding, errors))

    def decode(self, encoding: str, errors: str = "strict", dtype: Any = None) -> Any:
        """Each bytes as text."""
        found = [v.decode(encoding, errors) if isinstance(v, bytes) else np.nan for v in self._items()]
        return self._back(found, "str" if dtype is None else dtype)

    # Looking for text.

    def _pattern(self, pat: Any, case: bool, flags: int) -> re.Pattern[str]:
        if isinstance(pat, re.Pattern):
            return pat
        return re.compile(pat, flags if case else flags | re.IGNORECASE)

    def contains(
        self, pat: Any, case: bool = True, flags: int = 0, na: Any = no_default, regex: bool = True
    ) -> Any:
        """Whether a pattern, or a text when `regex` is False, occurs."""
        if not regex:
            if case:
                return self._truth(
                    "contains", lambda v: pat in v, na, lambda column, na: column.text_contains(pat, na)
                )
            upper = pat.upper()
            return self._truth("contains", lambda v: upper in v.upper(), na)
        if case and not flags and isinstance(pat, str) and pat == re.escape(pat):
            return self.contains(pat, na=na, regex=False)
        pattern = self._pattern(pat, case, flags)
        if pattern.groups:
            warn(
                "This pattern is interpreted as a regular expression, and has match groups. To actually get the groups,"
                " use str.extract.",
                UserWarning,
            )
        return self._truth("contains", lambda v: pattern.search(v) is not None, na)

    def match(self, pat: Any, case: Any = no_default, flags: Any = no_default, na: Any = no_default) -> Any:
        """Whether a pattern matches at the beginning."""
        pattern = self._pattern(pat, case is no_default or bool(case), 0 if flags is no_default else flags)
        return self._truth("match", lambda v: pattern.match(v) is not None, na)

    def fullmatch(self, pat: Any, case: bool = True, flags: int = 0, na: Any = no_default) -> Any:
        """Whether a pattern matches the whole text."""
        pattern = self._pattern(pat, case, flags)
        return self._truth("fullmatch", lambda v: pattern.fullmatch(v) is not None, na)

    def startswith(self, pat: Any, na: Any = no_default) -> Any:
        """Whether each text begins with a text, or one of several."""
        if not isinstance(pat, (str, tuple)):
            raise TypeError(f"expected a string or tuple, not {type(pat).__name__}")
        parts = [pat] if isinstance(pat, str) else list(pat)
        return self._truth(
            "startswith", lambda v: v.startswith(pat), na, lambda column, na: column.text_starts(parts, na)
        )

    def endswith(self, pat: Any, na: Any = no_default) -> Any:
        """Whether each text ends with a text, or one of several."""
        if not isinstance(pat, (str, tuple)):
            raise TypeError(f"expected a string or tuple, not {type(pat).__name__}")
        parts = [pat] if isinstance(pat, str) else list(pat)
        return self._truth(
            "endswith", lambda v: v.endswith(pat), na, lambda column, na: column.text_ends(parts, na)
        )

    def count(self, pat: Any, flags: int = 0) -> Any:
        """How often a pattern occurs."""
        pattern = re.compile(pat, flags)
        return self._count("count", lambda v: len(pattern.findall(v)))

    def _position(self, name: str, sub: Any, start: int, end: Any) -> Any:
        if not isinstance(sub, str):
            raise TypeError(f"expected a string object, not {type(sub).__name__}")
        method = getattr(str, name)
        return self._count(name, lambda v: method(v, sub, start, end))

    def find(self, sub: str, start: int = 0, end: Any = None) -> Any:
        """The first place of a text, -1 where there is none."""
        return self._position("find", sub, start, end)

    def rfind(self, sub: str, start: int = 0, end: Any = None) -> Any:
        """The last place of a text, -1 where there is none."""
        return self._position("rfind", sub, start, end)

    def index(self, sub: str, start: int = 0, end: Any = None) -> Any:
        """The first place of a text; ValueError where there is none."""
        return self._position("index", sub, start, end)

    def rindex(self, sub: str, start: int = 0, end: Any = None) -> Any:
        """The last place of a text; ValueError where there is none."""
        return self._position("rindex", sub, start, end)

    def findall(self, pat: Any, flags: int = 0) -> Any:
        """All matches of a pattern, as lists."""
        pattern = re.compile(pat, flags)
        return self._objects("findall", pattern.findall)

    # Changing and taking apart.

    def replace(
        self,
        pat: Any,
        repl: Any = None,
        n: int = -1,
        case: bool | None = None,
        flags: int = 0,
        regex: bool = False,
    ) -> Any:
        """Each text with occurrences of a text or pattern replaced, at most `n` of them."""
        if isinstance(pat, dict):
            if repl is not None:
                raise ValueError("repl cannot be used when pat is a dictionary")
            found = self._data
            for key, value in pat.items():
                found = StringMethods(found).replace(key, value, n, case, flags, regex)
            return found
        if not (isinstance(repl, str) or callable(repl)):
            raise TypeError("repl must be a string or callable")
        compiled = isinstance(pat, re.Pattern)
        if compiled and (case is not None or flags != 0):
            raise ValueError("case and flags cannot be set when pat is a compiled regex")
        if not regex and compiled:
            raise ValueError("Cannot use a compiled regex as replacement pattern with regex=False")
        if not regex and callable(repl):
            raise ValueError("Cannot use a callable replacement when regex=False")
        if regex or case is False or flags:
            pattern = (
                pat
                if compiled
                else re.compile(
                    pat if regex else re.escape(pat), flags | (re.IGNORECASE if case is False else 0)
                )
            )
            times = max(n, 0)
            new = repl if callable(repl) or regex else (lambda _: repl)
            return self._text("replace", lambda v: pattern.sub(new, v, count=times) if n else v)
        return self._text("replace", lambda v: v.replace(pat, repl, n))

    def split(self, pat: Any = None, *, n: Any = -1, expand: bool = False, regex: bool | None = None) -> Any:
        """Each text in pieces, as lists or as columns."""
        if regex is False and isinstance(pat, re.Pattern):
            raise ValueError("Cannot use a compiled regex as replacement pattern with regex=False")
        if regex is None:
            regex = isinstance(pat, re.Pattern) or (pat is not None and len(pat) != 1)
        limit = -1 if n is None or n == 0 else n
        if pat is None or pat == "":
            cut: Callable[[str], list[str]] = lambda v: v.split(None, limit)  # noqa: E731
        elif regex:
            pattern = re.compile(pat)
            cut = lambda v: pattern.split(v, maxsplit=max(limit, 0))  # noqa: E731
        else:
            column = self._kernel()
            if column is not None and isinstance(expand, bool) and type(pat) is str and type(limit) is int:
                most = limit if limit > 0 else None
                if expand:
                    return self._columns(column.text_split_columns(pat, most))
                return self._wrapped(column.text_split(pat, most))
            cut = lambda v: v.split(pat, limit)  # noqa: E731
        return self._pieces("split", cut, expand)

    def rsplit(self, pat: Any = None, *, n: Any = -1, expand: bool = False) -> Any:
        """Each text in pieces from the end, as lists or as columns."""
        limit = -1 if n is None or n == 0 else n
        return self._pieces("rsplit", lambda v: v.rsplit(pat or None, limit), expand)

    def _pieces(self, name: str, cut: Callable[[str], Any], expand: bool) -> Any:
        if not isinstance(expand, bool):
            raise ValueError("expand must be True or False")
        self._guard(name)
        found = self._each(cut)
        return self._table(found) if expand else self._back(found, None)

    def partition(self, sep: str = " ", expand: bool = True) -> Any:
        """What is before the first separator, itself, and what is after."""
        return self._pieces("partition", lambda v: v.partition(sep), expand)

    def rpartition(self, sep: str = " ", expand: bool = True) -> Any:
        """What is before the last separator, itself, and what is after."""
        return self._pieces("rpartition", lambda v: v.rpartition(sep), expand)

    def extract(self, pat: str, flags: int = 0, expand: bool = True) -> Any:
        """The groups of the first match, as columns; as a series when there is one and `expand` is False."""
        if not isinstance(expand, bool):
            raise ValueError("expand must be True or False")
        pattern = re.compile(pat, flags)
        if pattern.groups == 0:
            raise ValueError("pattern contains no capture groups")
        self._guard("extract")
        blank = NA if self._dtype == "string" else np.nan

        def groups(item: str) -> list[Any]:
            match = pattern.search(item)
            return (
                [blank] * pattern.groups
                if match is None
                else [blank if g is None else g for g in match.groups()]
            )

        rows = [groups(v) if isinstance(v, str) else [blank] * pattern.groups for v in self._items()]
        names = {position - 1: name for name, position in pattern.groupindex.items()}
        if not expand and pattern.groups == 1:
            found = self._back(
                [row[0] for row in rows], None if self._dtype == "object" else self._data.dtype
            )
            return found.rename(names.get(0, self._data.name) if names else self._data.name)
        return self._table(rows, [names.get(i, i) for i in range(pattern.groups)])

    def extractall(self, pat: str, flags: int = 0) -> Any:
        """The groups of every match, a row a match; the last level of the labels counts the matches of a text."""
        from lumen.pandas._index import MultiIndex

        pattern = re.compile(pat, flags)
        if pattern.groups == 0:
            raise ValueError("pattern contains no capture groups")
        self._guard("extractall")
        blank = NA if self._dtype == "string" else np.nan
        source = self._data if hasattr(self._data, "index") else self._data.to_series().reset_index(drop=True)
        rows, labels = [], []
        for label, item in zip(source.index, self._items()):
            if not isinstance(item, str):
                continue
            for number, match in enumerate(pattern.finditer(item)):
                rows.append([blank if group in (None, "") else group for group in match.groups()])
                labels.append((*label, number) if isinstance(label, tuple) else (label, number))
        names = {position - 1: name for name, position in pattern.groupindex.items()}
        index = MultiIndex.from_tuples(labels, names=[*source.index.names, "match"])
        return self._table(rows, [names.get(place, place) for place in range(pattern.groups)], index)

    def get_dummies(self, sep: str = "|", dtype: Any = None) -> Any:
        """A column for each piece between separators, 1 where a text has it."""
        from lumen.pandas import DataFrame

        self._guard("get_dummies")
        nothing = {""} if self._dtype == "object" else set()
        pieces = [set(v.split(sep)) - nothing if isinstance(v, str) else set() for v in self._items()]
        labels = sorted(set().union(*pieces)) if pieces else []
        kind = "int64" if dtype is None else dtype
        columns = {
            label: _convert.column_of(np.array([label in p for p in pieces])).cast(
                _convert.engine_name(_named(kind))
            )
            for label in labels
        }
        from lumen.pandas import Series

        return DataFrame(
            {k: Series(c, index=self._data.index) for k, c in columns.items()}, index=self._data.index
        )

    def cat(self, others: Any = None, sep: str | None = None, na_rep: Any = None, join: str = "left") -> Any:
        """All texts joined to one, or each with the text of other series beside it."""
        if isinstance(others, str):
            raise ValueError("Did you mean to supply a `sep` keyword?")
        between = "" if sep is None else sep
        if others is None:
            items = [na_rep if is_missing(v) else v for v in self._items()]
            return between.join(v for v in items if v is not None)
        if join not in ("left", "right", "inner", "outer"):
            raise ValueError("If `join` is given it must be one of 'left', 'right', 'inner', 'outer'")
        columns = [self._data, *self._others(others)]
        index = self._data.index
        for other in columns[1:]:
            if not index.equals(other.index):
                index = StringMethods._joined(index, other.index, join)
        columns = [c if c.index.equals(index) else c.reindex(index) for c in columns]
        found = []
        for row in zip(*(c.tolist() for c in columns), strict=True):
            parts = [na_rep if is_missing(v) else v for v in row]
            if any(p is None for p in parts):
                found.append(self._missing(np.nan))
                continue
            if not all(isinstance(p, str) for p in parts):
                raise TypeError(
                    "Concatenation requires list-likes containing only strings (or missing values)."
                )
            found.append(between.join(parts))
        made = self._back([""] * len(self._data), None if self._dtype == "object" else self._data.dtype)
        from lumen.pandas import Series

        return Series(_convert.column_of(found, made.dtype), index=index, name=self._data.name)

    @staticmethod
    def _joined(mine: Any, theirs: Any, join: str) -> Any:
        if join == "left":
            return mine
        if join == "right":
            return theirs
        return mine.union(theirs) if join == "outer" else mine.intersection(theirs)

    def _others(self, others: Any) -> list[Any]:
        from lumen.pandas import DataFrame, Index, Series

        if isinstance(others, Series):
            return [others]
        if isinstance(others, DataFrame):
            return [others[label] for label in others.columns]
        if isinstance(others, Index):
            return [Series(others._values, index=self._data.index)]
        values = list(others)
        if values and all(is_list_like(v) for v in values):
            return [series for v in values for series in self._others(v)]
        if len(values) != len(self._data):
            raise ValueError(
                "If `others` contains arrays or lists (or other list-likes without an index), these must all be of the"
                " same length as the calling Series/Index."
            )
        return [Series(values, index=self._data.index)]


def _named(dtype: Any) -> Any:
    from lumen.pandas._dtype_names import pandas_dtype

    return pandas_dtype(dtype)


def _cased(name: str) -> Callable[[StringMethods], Any]:
    function = getattr(str, name)

    def method(self: StringMethods) -> Any:
        column = self._kernel()
        if column is not None and name != "casefold":
            return self._wrapped(column.text_case(name))
        return self._text(name, function)

    method.__name__ = name
    method.__doc__ = f"Each text by `str.{name}`."
    return method


def _asked(name: str) -> Callable[[StringMethods], Any]:
    function = getattr(str, name)

    def method(self: StringMethods) -> Any:
        return self._truth(name, function)

    method.__name__ = name
    method.__doc__ = f"Whether `str.{name}` holds for each text."
    return method


for _name in ("capitalize", "casefold", "lower", "swapcase", "title", "upper"):
    setattr(StringMethods, _name, _cased(_name))
for _name in (
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
):
    setattr(StringMethods, _name, _asked(_name))
del _name
StringMethods.__module__ = "pandas.core.strings.accessor"


def _checked(data: Any) -> str:
    """The kind of the values; AttributeError unless they can be text."""
    name = data._values.dtype
    if name in ("str", "string"):
        return "string"
    column = data._values.categories if name == "category" else data._values
    if column.dtype in ("str", "string"):
        return "string"
    if column.dtype == "object" and column.holds_lists:
        return "mixed"
    kind = (
        infer_dtype(_convert.objects_of(column))
        if column.dtype == "object"
        else {"b": "boolean", "f": "floating", "M": "datetime64", "m": "timedelta64"}.get(
            getattr(_convert.dtype_object(column), "kind", "O"),
            "integer" if column.interval_ends is None else "interval",
        )
    )
    if kind not in _ALLOWED:
        raise AttributeError(f"Can only use .str accessor with string values, not {kind}")
    return kind
