"""`read_csv`, `read_table` and their arguments; the text itself is read by the engine.

A callable (`usecols`, `skiprows`, `converters`) runs here. A separator of several characters is a regular expression, by
which the lines are split before the engine reads them, as pandas' own Python parser does.
"""

from __future__ import annotations

import csv
import re
import warnings
from collections import abc
from typing import Any, Callable, Hashable

from lumen import _engine
from lumen.pandas import _convert, _errors
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._inference import no_default
from lumen.pandas._io_csv_checks import check
from lumen.pandas._io_handles import missing, read_bytes, utf8

_SPLIT = "\x1f"
# The texts that pandas takes for a missing value.
_MISSING_WORDS = (
    "",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
)


def read_csv(
    filepath_or_buffer: Any,
    *,
    sep: Any = no_default,
    delimiter: Any = no_default,
    header: Any = "infer",
    names: Any = no_default,
    index_col: Any = None,
    usecols: Any = None,
    dtype: Any = None,
    engine: Any = None,
    converters: Any = None,
    true_values: Any = None,
    false_values: Any = None,
    skipinitialspace: bool = False,
    skiprows: Any = None,
    skipfooter: int = 0,
    nrows: Any = None,
    na_values: Any = None,
    keep_default_na: bool = True,
    na_filter: bool = True,
    skip_blank_lines: bool = True,
    parse_dates: Any = None,
    date_format: Any = None,
    dayfirst: bool = False,
    cache_dates: bool = True,
    iterator: bool = False,
    chunksize: Any = None,
    compression: Any = "infer",
    thousands: Any = None,
    decimal: str = ".",
    lineterminator: Any = None,
    quotechar: str = '"',
    quoting: int = 0,
    doublequote: bool = True,
    escapechar: Any = None,
    comment: Any = None,
    encoding: Any = None,
    encoding_errors: Any = "strict",
    dialect: Any = None,
    on_bad_lines: Any = "error",
    low_memory: bool = True,
    memory_map: bool = False,
    float_precision: Any = None,
    storage_options: Any = None,
    dtype_backend: Any = no_default,
) -> Any:
    """A frame of the rows of a CSV file."""
    return _read("read_csv", ",", dict(locals()))


def read_table(filepath_or_buffer: Any, **given: Any) -> Any:
    """A frame of the rows of a file whose fields are divided by tabs."""
    _known(given, "read_table")
    arguments = {**_DEFAULTS, **given, "filepath_or_buffer": filepath_or_buffer}
    return _read("read_table", "\t", arguments)


_DEFAULTS: dict[str, Any] = dict(read_csv.__kwdefaults__ or {})


def _known(given: dict[str, Any], function: str) -> None:
    for name in given:
        if name not in _DEFAULTS:
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")


def _read(function: str, default_sep: str, given: dict[str, Any]) -> Any:
    plan = _Plan(function, default_sep, given)
    if given["iterator"] or given["chunksize"] is not None:
        return TextFileReader(plan, given["chunksize"], given["nrows"])
    return plan.frame(plan.rows(given["nrows"]))[0]


class _Plan:
    """The arguments of one call, checked and put into what the engine takes."""

    def __init__(self, function: str, default_sep: str, given: dict[str, Any]) -> None:
        self.function = function
        self.given = given
        check(function, given)
        dialect = _dialect(given["dialect"])
        sep = given["sep"] if given["delimiter"] is no_default else given["delimiter"]
        if given["sep"] is not no_default and given["delimiter"] is not no_default:
            raise ValueError("Specified a sep and a delimiter; you can only specify one.")
        sep = default_sep if sep is no_default else sep
        if dialect is not None:
            sep = dialect.delimiter
        data = read_bytes(
            given["filepath_or_buffer"], function, given["compression"], given["storage_options"]
        )
        data = utf8(data, given["encoding"], given["encoding_errors"])
        if data.startswith(b"\xef\xbb\xbf"):
            data = data[3:]
        self.data = self.without_footer(data, int(given["skipfooter"]))
        quoting = dialect.quoting if dialect else given["quoting"]
        if quoting == 2:
            raise missing(f"{function}(quoting=QUOTE_NONNUMERIC)")
        quote = dialect.quotechar if dialect else given["quotechar"]
        self.options: dict[str, Any] = {
            "quotechar": None if quoting == 3 else quote,
            "doublequote": dialect.doublequote if dialect else given["doublequote"],
            "escapechar": dialect.escapechar if dialect else given["escapechar"],
            "skipinitialspace": dialect.skipinitialspace if dialect else given["skipinitialspace"],
            "lineterminator": given["lineterminator"],
            "comment": given["comment"],
            "thousands": given["thousands"],
            "decimal": given["decimal"],
            "na_filter": given["na_filter"],
            "keep_default_na": given["keep_default_na"],
            "skip_blank_lines": given["skip_blank_lines"],
            "skip_bad_lines": given["on_bad_lines"] in ("skip", "warn"),
            "true_values": _words(given["true_values"]),
            "false_values": _words(given["false_values"]),
            "header": _header(given["header"]),
            "skiprows": self.skipped(given["skiprows"]),
        }
        self.separate(sep)
        self.name_columns(given["names"])
        self.select(given)
        self.missing_words(given["na_values"])
        self.type_columns(given)
        self.dates(given)

    def without_footer(self, data: bytes, count: int) -> bytes:
        if count <= 0:
            return data
        lines = data.rstrip(b"\r\n").splitlines(keepends=True)
        return b"".join(lines[: max(len(lines) - count, 0)])

    def skipped(self, skiprows: Any) -> Any:
        if skiprows is None or isinstance(skiprows, int):
            return skiprows
        if callable(skiprows):
            return [line for line in range(self.data.count(b"\n") + 1) if skiprows(line)]
        return sorted(int(line) for line in skiprows)

    def separate(self, sep: Any) -> None:
        """One byte, blanks, or a regular expression by which the lines are split here."""
        if sep is None:
            if self.given["engine"] != "python":
                warnings.warn(
                    "Falling back to the 'python' engine because the 'c' engine does not support sep=None; you can avoid"
                    " this warning by specifying engine='python'.",
                    _errors.ParserWarning,
                    stacklevel=4,
                )
            sample = self.data[: 1 << 16].decode("utf-8", "replace")
            sep = csv.Sniffer().sniff(sample.split("\n", 1)[0]).delimiter
        if sep == r"\s+":
            self.options["whitespace"] = True
        elif len(sep.encode("utf-8")) == 1:
            if sep in ("\n", "\r"):
                raise ValueError(
                    f"Specified {sep!r} as separator or delimiter, but a line terminator cannot be used as a separator."
                    f" To parse {sep!r} as a separator, pass a lineterminator other than {sep!r} (engine='c' only)."
                )
            self.options["sep"] = sep
        else:
            if self.given["engine"] != "python":
                warnings.warn(
                    "Falling back to the 'python' engine because the 'c' engine does not support regex separators"
                    " (separators > 1 char and different from '\\s+' are interpreted as regex); you can avoid this"
                    " warning by specifying engine='python'.",
                    _errors.ParserWarning,
                    stacklevel=4,
                )
            pattern = re.compile(sep)
            text = self.data.decode("utf-8")
            if _SPLIT in text:
                raise missing(f"{self.function}(sep={sep!r}) of text with U+001F")
            lines = (
                _SPLIT.join(part or "" for part in pattern.split(line.strip())) for line in text.splitlines()
            )
            self.data = "\n".join(lines).encode("utf-8")
            self.options.update(sep=_SPLIT, quotechar=None)

    def name_columns(self, names: Any) -> None:
        """The engine names columns by texts; other labels take their places when the frame is made."""
        self.labels: list[Hashable] | None = None
        if names is no_default or names is None:
            return
        if isinstance(names, (set, abc.Set)) or not _convert.is_list_like(names):
            raise ValueError("Names should be an ordered collection.")
        self.labels = list(names)
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("Duplicate names are not allowed.")
        self.options["names"] = [str(label) for label in self.labels]
        if len(set(self.options["names"])) < len(self.labels):
            self.options["names"] = [f"{label!r}:{place}" for place, label in enumerate(self.labels)]

    def reference(self, label: Any) -> Any:
        """A column as the engine names it."""
        if self.labels is not None and label in self.labels:
            return self.options["names"][self.labels.index(label)]
        return label

    def select(self, given: dict[str, Any]) -> None:
        index_col = given["index_col"]
        if index_col is True:
            raise ValueError("The value of index_col couldn't be 'True'")
        if index_col is not None and index_col is not False:
            listed = index_col if isinstance(index_col, (list, tuple)) else [index_col]
            index_col = [self.reference(label) for label in listed]
        self.options["index_col"] = index_col
        usecols = given["usecols"]
        if callable(usecols):
            labels = _engine._csv_labels(self.data, {**self.options, "index_col": False})
            usecols = [place for place, label in enumerate(labels) if usecols(label)]
        elif usecols is not None:
            if isinstance(usecols, str) or not _convert.is_list_like(usecols):
                raise ValueError(
                    "'usecols' must either be list-like of all strings, all unicode, all integers or a callable."
                )
            usecols = [self.reference(label) for label in usecols]
            if len({isinstance(label, str) for label in usecols}) > 1:
                raise ValueError(
                    "'usecols' must either be list-like of all strings, all unicode, all integers or a callable."
                )
        self.options["usecols"] = usecols

    def missing_words(self, na_values: Any) -> None:
        if isinstance(na_values, abc.Mapping):
            pairs = [(str(self.reference(label)), _words(words)) for label, words in na_values.items()]
            self.options["na_values_by_column"] = pairs
        else:
            self.options["na_values"] = _words(na_values)
        self.words: set[str] = set()
        if self.given["na_filter"]:
            self.words.update(self.options.get("na_values", []))
            if self.given["keep_default_na"]:
                self.words.update(_MISSING_WORDS)

    def type_columns(self, given: dict[str, Any]) -> None:
        """Dtypes that the engine reads as such, those cast afterwards, and columns that functions convert."""
        self.casts: dict[Any, Any] = {}
        dtype = given["dtype"]
        pairs: list[tuple[str, str]] = []
        if isinstance(dtype, abc.Mapping):
            default = getattr(dtype, "default_factory", None)
            if default is not None:
                self.options["dtype_default"] = _convert.engine_name(pandas_dtype(default()))
            for label, wanted in dtype.items():
                name = self.reads_as(label, pandas_dtype(wanted))
                pairs.append((str(self.reference(self.label_at(label))), name))
        elif dtype is not None:
            self.options["dtype_default"] = self.reads_as(None, pandas_dtype(dtype))
        self.options["dtype"] = pairs
        self.converters: dict[Any, Callable[[str], Any]] = dict(given["converters"] or {})
        self.options["raw"] = [self.reference(label) for label in self.converters]

    def label_at(self, label: Any) -> Any:
        """The label of a column that is named by its place."""
        if isinstance(label, int) and (self.labels is None or label not in self.labels):
            labels = _engine._csv_labels(self.data, {**self.options, "index_col": False, "usecols": None})
            return labels[label] if 0 <= label < len(labels) else label
        return label

    def reads_as(self, label: Any, dtype: Any) -> str:
        categories = getattr(dtype, "categories", None)
        if categories is not None:
            self.casts[label] = dtype
            return "category"
        return _convert.engine_name(dtype)

    def dates(self, given: dict[str, Any]) -> None:
        parse_dates = given["parse_dates"]
        if parse_dates is None or parse_dates is False:
            return
        if parse_dates is True:
            index_col = self.options["index_col"]
            self.options["parse_dates"] = index_col if isinstance(index_col, list) else []
        elif isinstance(parse_dates, (str, bytes, dict)) or not _convert.is_list_like(parse_dates):
            raise TypeError("Only booleans and lists are accepted for the 'parse_dates' parameter")
        else:
            self.options["parse_dates"] = [self.reference(label) for label in parse_dates]
        self.options["date_format"] = given["date_format"]

    def rows(self, nrows: Any, resume: Any = None) -> dict[str, Any]:
        return {**self.options, "nrows": None if nrows is None else int(nrows), "resume": resume}

    def frame(self, options: dict[str, Any]) -> tuple[Any, tuple[int, int]]:
        """The frame of some rows, and where the text goes on."""
        frame, skipped, width, self.counted, following = _engine._read_csv(self.data, options)
        if skipped and self.given["on_bad_lines"] == "warn":
            lines = (
                f"Skipping line {line}: expected {width} fields, saw {found}\n" for line, found in skipped
            )
            warnings.warn("".join(lines), _errors.ParserWarning, stacklevel=5)
        if self.labels is not None:
            kept = {name: label for name, label in zip(self.options["names"], self.labels)}
            if any(name != label for name, label in kept.items()):
                frame.columns = [kept.get(name, name) for name in frame.columns]
                frame.index.names = [kept.get(name, name) for name in frame.index.names]
        for label, convert in self.converters.items():
            place = self.place(frame, label)
            if place is not None:
                values = [self.present(convert(text)) for text in frame._series(place)]
                frame._set_column(place, _engine.Column.from_items(values))
        for label, dtype in self.casts.items():
            places = range(frame.shape[1]) if label is None else [self.place(frame, label)]
            for place in places:
                if place is not None:
                    texts = _convert.cast(frame._column(place), pandas_dtype("str"))
                    frame._set_column(place, _categorized(texts, dtype))
        return frame, following

    def present(self, value: Any) -> Any:
        """What a converter gave; a word for a missing value is one."""
        return float("nan") if isinstance(value, str) and value in self.words else value

    def place(self, frame: Any, label: Any) -> int | None:
        labels = list(frame.columns)
        if label in labels:
            return labels.index(label)
        return label if isinstance(label, int) and label < len(labels) else None


def _categorized(texts: Any, dtype: Any) -> Any:
    """Texts as categories; where those are numbers, the texts are read as such first."""
    categories = dtype.categories
    if getattr(categories, "dtype", None) is not None and str(categories.dtype) not in (
        "str",
        "object",
        "string",
    ):
        texts = _convert.cast(texts, pandas_dtype(categories.dtype))
    return _convert.cast(texts, dtype)


def _header(header: Any) -> Any:
    """One row, or several; a list of one row is that row."""
    if header is None or isinstance(header, (int, str)):
        return header
    rows = [int(row) for row in header] if _convert.is_list_like(header) else [int(header)]
    return rows[0] if len(rows) == 1 else rows


def _dialect(dialect: Any) -> Any:
    if dialect is None:
        return None
    found = csv.get_dialect(dialect) if isinstance(dialect, str) else dialect
    for name in ("delimiter", "doublequote", "escapechar", "skipinitialspace", "quotechar", "quoting"):
        if not hasattr(found, name):
            raise ValueError(f"Invalid dialect {dialect} provided")
    return found


def _words(words: Any) -> list[str]:
    """Texts that stand for a value; a number also stands for its other spellings."""
    if words is None:
        return []
    if isinstance(words, str) or not _convert.is_list_like(words):
        words = [words]
    spelled: list[str] = []
    for word in words:
        spelled.append(str(word))
        if isinstance(word, (int, float)) and not isinstance(word, bool) and word == word:
            spelled.append(str(float(word)))
            if word == int(word):
                spelled.append(str(int(word)))
    return list(dict.fromkeys(spelled))


class TextFileReader(abc.Iterator):
    """A CSV in parts: iterate over it, or ask for so many rows."""

    def __init__(self, plan: _Plan, chunksize: Any, nrows: Any) -> None:
        self._plan = plan
        self.chunksize = None if chunksize is None else int(chunksize)
        self._left = nrows
        self._resume: tuple[int, int] | None = None
        self._row = 0
        self._done = False

    def __next__(self) -> Any:
        return self.get_chunk()

    def read(self, nrows: Any = None) -> Any:
        """The next rows, all that are left where no number is given."""
        return self._part(nrows)

    def get_chunk(self, size: Any = None) -> Any:
        """The next part; `StopIteration` behind the last."""
        size = self.chunksize if size is None else size
        frame = self._part(size, stop=True)
        return frame

    def _part(self, size: Any, stop: bool = False) -> Any:
        if self._left is not None:
            size = self._left if size is None else min(size, self._left)
        if self._done or (stop and self._left is not None and size == 0):
            raise StopIteration
        first = self._resume is None
        frame, self._resume = self._plan.frame(self._plan.rows(size, self._resume))
        if len(frame) == 0 and not first and stop:
            self._done = True
            raise StopIteration
        if self._left is not None:
            self._left -= len(frame)
        if self._plan.counted:
            index = _engine.Index._of_range(self._row, self._row + len(frame), 1, frame.index.name)
            frame.index = index
        self._row += len(frame)
        if size is None:
            self._done = True
        return frame

    def close(self) -> None:
        """Nothing is held open."""
        self._done = True

    def __enter__(self) -> TextFileReader:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()


def write_csv(frame: Any, path_or_buf: Any, given: dict[str, Any]) -> str | None:
    """`to_csv` of a series or frame."""
    from lumen.pandas._io_handles import as_path, write_bytes

    if given["columns"] is not None:
        frame = frame[list(given["columns"])]
    header = given["header"]
    aliases = None
    if not isinstance(header, bool):
        aliases, header = [str(label) for label in header], True
    sep, float_format, index_label = given["sep"], given["float_format"], given["index_label"]
    for name, value in (
        ("delimiter", sep),
        ("quotechar", given["quotechar"]),
        ("escapechar", given["escapechar"]),
    ):
        if value is not None and (not isinstance(value, str) or len(value) != 1):
            raise TypeError(f'"{name}" must be a 1-character string')
    if float_format is not None and not isinstance(float_format, str):
        frame, float_format = _formatted(frame, float_format), None
    elif float_format is not None and re.search(r"%[^%]", float_format) is None:
        text = float_format
        frame, float_format = _formatted(frame, lambda value: text % () if "%" in text else text), None
    if index_label is not None and index_label is not False:
        if isinstance(index_label, str) or not _convert.is_list_like(index_label):
            index_label = [index_label]
        index_label = ["" if label is None else str(label) for label in index_label]
    options = {
        "delimiter": sep,
        "na_rep": given["na_rep"],
        "float_format": float_format,
        "header": header,
        "aliases": aliases,
        "index": bool(given["index"]),
        "index_label": index_label,
        "quoting": given["quoting"],
        "quotechar": given["quotechar"],
        "lineterminator": given["lineterminator"],
        "date_format": given["date_format"],
        "doublequote": given["doublequote"],
        "escapechar": given["escapechar"],
        "decimal": given["decimal"],
    }
    text = _engine._to_csv(frame, options)
    if path_or_buf is None:
        return text
    as_path(path_or_buf, "to_csv")
    write_bytes(
        text,
        path_or_buf,
        "to_csv",
        mode=given["mode"],
        encoding=given["encoding"],
        errors=given["errors"],
        compression=given["compression"],
        storage_options=given["storage_options"],
    )
    return None


def _formatted(frame: Any, form: Callable[[float], str]) -> Any:
    """The same frame with its floats as the texts that a function makes of them."""

    def texts(column: Any) -> Any:
        values = [None if value != value else form(value) for value in _convert.numpy_of(column).tolist()]
        return _engine.Column.from_items(values)

    made = frame.copy()
    if isinstance(made, _engine.Series):
        if made._values.dtype in ("float64", "float32"):
            made._values = texts(made._values)
        return made
    for place in range(made.shape[1]):
        if made._column(place).dtype in ("float64", "float32"):
            made._set_column(place, texts(made._column(place)))
    return made
