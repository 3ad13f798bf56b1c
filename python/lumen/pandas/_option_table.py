"""The table of options: full name, default, check and meaning of each; data only.

A check raises ValueError with pandas' text. Options of features that are not offered are kept, so that scripts that
set them run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Option(NamedTuple):
    """One row: default, check of a new value (None accepts anything), one line for `describe_option`."""

    default: Any
    check: Callable[[Any], None] | None
    meaning: str


def _exactly(kind: type) -> Callable[[Any], None]:
    def check(new: Any) -> None:
        if type(new) is not kind:
            raise ValueError(f"Value must have type '{kind}'")

    return check


def _instance(*kinds: type) -> Callable[[Any], None]:
    def check(new: Any) -> None:
        if not isinstance(new, kinds):
            raise ValueError(f"Value must be an instance of {'|'.join(map(str, kinds))}")

    return check


def _one_of(*legal: Any) -> Callable[[Any], None]:
    def check(new: Any) -> None:
        if new not in legal:
            raise ValueError(f"Value must be one of {'|'.join(map(str, legal))}")

    return check


def _count(new: Any) -> None:
    if new is not None and not (isinstance(new, int) and new >= 0):
        raise ValueError("Value must be a nonnegative integer or None")


def _threads(new: Any) -> None:
    if new is not None and (isinstance(new, bool) or not isinstance(new, int) or new <= 0):
        raise ValueError("Value must be a positive integer or None")


def _callable_or_none(new: Any) -> None:
    if new is not None and not callable(new):
        raise ValueError("Value must be a callable")


def _storage(new: Any) -> None:
    if new not in ("auto", "python", "pyarrow"):
        raise ValueError("Value must be one of python|pyarrow")


def _backend(new: Any) -> None:
    if new != "matplotlib":
        raise ValueError(
            f"Could not find plotting backend '{new}'. Ensure that you've installed the package providing the"
            f" '{new}' entrypoint, or that the package has a top-level `.plot` method."
        )


_bool, _int, _text = _exactly(bool), _exactly(int), _instance(str, bytes)
_width = _instance(type(None), int)
_text_or_none = _instance(type(None), str)

_ROWS: tuple[tuple[str, Any, Callable[[Any], None] | None, str], ...] = (
    ("compute.use_bottleneck", True, _bool, ": bool\n    Kept for scripts; no such library is used."),
    ("compute.use_numba", False, _bool, ": bool\n    Kept for scripts; no such library is used."),
    ("compute.use_numexpr", True, _bool, ": bool\n    Kept for scripts; no such library is used."),
    ("display.chop_threshold", None, None, ": float or None\n    Floats smaller than this print as 0."),
    (
        "display.colheader_justify",
        "right",
        _text,
        ": 'left'/'right'\n    Side on which column headers stand.",
    ),
    ("display.date_dayfirst", False, _bool, ": boolean\n    Read 20/01/2005 with the day first."),
    ("display.date_yearfirst", False, _bool, ": boolean\n    Read 05/01/20 with the year first."),
    ("display.encoding", "utf-8", _text, ": str/unicode\n    Encoding of printed text."),
    (
        "display.expand_frame_repr",
        True,
        None,
        ": boolean\n    Wrap a wide frame over several blocks of lines.",
    ),
    ("display.float_format", None, _callable_or_none, ": callable\n    Turns a float into its text."),
    ("display.html.border", 1, _int, ": int\n    The border attribute of an HTML table."),
    ("display.html.table_schema", False, _bool, ": boolean\n    Offer frontends a table schema."),
    (
        "display.html.use_mathjax",
        True,
        _bool,
        ": boolean\n    Let a notebook render formulas between dollars.",
    ),
    (
        "display.large_repr",
        "truncate",
        _one_of("truncate", "info"),
        ": 'truncate'/'info'\n    What a frame too large to print shows.",
    ),
    ("display.max_categories", 8, _int, ": int\n    Categories printed of a categorical."),
    ("display.max_columns", 0, _count, ": int\n    Columns printed; 0 fits the terminal, None prints all."),
    ("display.max_colwidth", 50, _count, ": int or None\n    Characters printed of a cell."),
    ("display.max_dir_items", 100, _count, ": int\n    Column names that dir() lists."),
    ("display.max_info_columns", 100, _int, ": int\n    Columns up to which info() goes into detail."),
    ("display.max_info_rows", 1690785, _int, ": int\n    Rows up to which info() counts missing values."),
    ("display.max_rows", 60, _count, ": int\n    Rows printed; 0 fits the terminal, None prints all."),
    ("display.max_seq_items", 100, None, ": int or None\n    Items printed of a long sequence."),
    (
        "display.memory_usage",
        True,
        _one_of(None, True, False, "deep"),
        ": bool, string or None\n    Whether info() measures memory.",
    ),
    ("display.min_rows", 10, _width, ": int\n    Rows printed of a frame that is cut."),
    (
        "display.multi_sparse",
        True,
        _bool,
        ": boolean\n    Leave repeated outer labels of a MultiIndex blank.",
    ),
    ("display.notebook_repr_html", True, _bool, ": boolean\n    Notebooks show frames as HTML."),
    ("display.pprint_nest_depth", 3, _int, ": int\n    Levels of nested containers printed."),
    ("display.precision", 6, _count, ": int\n    Digits after the decimal point."),
    (
        "display.show_dimensions",
        "truncate",
        _one_of(True, False, "truncate"),
        ": boolean or 'truncate'\n    Whether the shape is printed below a frame.",
    ),
    (
        "display.unicode.ambiguous_as_wide",
        False,
        _bool,
        ": boolean\n    Count ambiguous characters as two wide.",
    ),
    ("display.unicode.east_asian_width", False, _bool, ": boolean\n    Count wide characters as two."),
    ("display.width", 80, _width, ": int\n    Characters a line; None asks the terminal."),
    (
        "future.distinguish_nan_and_na",
        False,
        _one_of(True, False),
        ": bool\n    Keep NaN and NA apart in nullable float dtypes.",
    ),
    (
        "future.infer_freq_returns_offset",
        None,
        _one_of(True, False, None),
        ": bool or None\n    Inferred frequencies are offsets, not text.",
    ),
    ("future.infer_string", True, _one_of(True, False), ": bool\n    Text becomes `str`, not object."),
    ("future.no_silent_downcasting", False, _one_of(True, False), ": bool\n    Without effect."),
    ("future.python_scalars", False, _one_of(True, False), ": bool\n    Give Python scalars, not numpy's."),
    (
        "io.excel.ods.reader",
        "auto",
        _one_of("odf", "calamine", "auto"),
        ": string\n    Engine that reads ods.",
    ),
    ("io.excel.ods.writer", "auto", str, ": string\n    Engine that writes ods."),
    (
        "io.excel.xls.reader",
        "auto",
        _one_of("xlrd", "calamine", "auto"),
        ": string\n    Engine that reads xls.",
    ),
    (
        "io.excel.xlsb.reader",
        "auto",
        _one_of("pyxlsb", "calamine", "auto"),
        ": string\n    Engine that reads xlsb.",
    ),
    (
        "io.excel.xlsm.reader",
        "auto",
        _one_of("xlrd", "openpyxl", "calamine", "auto"),
        ": string\n    Engine that reads xlsm.",
    ),
    ("io.excel.xlsm.writer", "auto", str, ": string\n    Engine that writes xlsm."),
    (
        "io.excel.xlsx.reader",
        "auto",
        _one_of("xlrd", "openpyxl", "calamine", "auto"),
        ": string\n    Engine that reads xlsx.",
    ),
    ("io.excel.xlsx.writer", "auto", str, ": string\n    Engine that writes xlsx."),
    (
        "io.hdf.default_format",
        None,
        _one_of("fixed", "table", None),
        ": format\n    Kept for scripts; HDF5 is not offered.",
    ),
    ("io.hdf.dropna_table", False, _bool, ": boolean\n    Kept for scripts; HDF5 is not offered."),
    (
        "io.parquet.engine",
        "auto",
        _one_of("auto", "pyarrow", "fastparquet"),
        ": string\n    Kept for scripts; there is one engine.",
    ),
    (
        "io.sql.engine",
        "auto",
        _one_of("auto", "sqlalchemy"),
        ": string\n    Kept for scripts; there is one engine.",
    ),
    ("mode.chained_assignment", "warn", _one_of(None, "warn", "raise"), ": string\n    Without effect."),
    ("mode.copy_on_write", True, _one_of(True, False, "warn"), ": bool\n    Without effect: always on."),
    (
        "mode.max_threads",
        None,
        _threads,
        ": int or None\n    Threads an operation may use; None uses all cores.",
    ),
    ("mode.performance_warnings", True, _bool, ": boolean\n    Whether PerformanceWarning is raised."),
    ("mode.sim_interactive", False, None, ": boolean\n    Behave as in an interactive session."),
    ("mode.string_storage", "auto", _storage, ": string\n    Storage of new string dtypes."),
    ("plotting.backend", "matplotlib", _backend, ": str\n    Library that draws."),
    (
        "plotting.matplotlib.register_converters",
        "auto",
        _one_of("auto", True, False),
        ": bool or 'auto'.\n    Teach the library our dates.",
    ),
    ("styler.format.decimal", ".", _instance(str), ": str\n    Decimal separator of a Styler."),
    (
        "styler.format.escape",
        None,
        _one_of(None, "html", "latex", "latex-math"),
        ": str, optional\n    What a Styler escapes.",
    ),
    (
        "styler.format.formatter",
        None,
        _instance(type(None), dict, Callable, str),
        ": str, callable, dict, optional\n    Formatter of a Styler.",
    ),
    ("styler.format.na_rep", None, _text_or_none, ": str, optional\n    Text of a missing value."),
    ("styler.format.precision", 6, _count, ": int\n    Digits after the decimal point."),
    ("styler.format.thousands", None, _text_or_none, ": str, optional\n    Thousands separator."),
    ("styler.html.mathjax", True, _bool, ": bool\n    Let a notebook render formulas."),
    ("styler.latex.environment", None, _text_or_none, ": str\n    LaTeX environment of a table."),
    ("styler.latex.hrules", False, _bool, ": bool\n    Draw rules above, below and under the head."),
    (
        "styler.latex.multicol_align",
        "r",
        _one_of("r", "|r|", "|r", "r|", "c", "|c|", "|c", "c|", "l", "|l|", "|l", "l|", "naive-l", "naive-r"),
        ": str\n    Alignment of merged columns.",
    ),
    (
        "styler.latex.multirow_align",
        "c",
        _one_of("c", "t", "b", "naive"),
        ": str\n    Alignment of merged rows.",
    ),
    ("styler.render.encoding", "utf-8", _instance(str), ": str\n    Encoding of written HTML and LaTeX."),
    ("styler.render.max_columns", None, _count, ": int, optional\n    Columns rendered."),
    ("styler.render.max_elements", 262144, _count, ": int\n    Cells rendered."),
    ("styler.render.max_rows", None, _count, ": int, optional\n    Rows rendered."),
    ("styler.render.repr", "html", _one_of("html", "latex"), ": str\n    What a notebook shows of a Styler."),
    ("styler.sparse.columns", True, _bool, ": bool\n    Leave repeated column labels blank."),
    ("styler.sparse.index", True, _bool, ": bool\n    Leave repeated row labels blank."),
)

OPTIONS: dict[str, Option] = {name: Option(default, check, text) for name, default, check, text in _ROWS}

_GONE = "This option will be removed in pandas 4.0."
DEPRECATED: dict[str, str] = {
    "future.infer_string": "The 'future.infer_string' option is deprecated and will be removed in pandas 4.0."
    " Inferring str dtype for string data has been the default since pandas 3.0, and it will no longer be possible"
    " to disable it.",
    "future.no_silent_downcasting": "'future.no_silent_downcasting' is deprecated, please refrain from using it.",
    "io.hdf.dropna_table": "io.hdf.dropna_table option is deprecated. Use DataFrame.dropna before writing instead.",
    "mode.chained_assignment": "The 'mode.chained_assignment' option is deprecated. It has had no effect since"
    " pandas 3.0, which removed the SettingWithCopyWarning it controlled. Chained assignment now emits a"
    " ChainedAssignmentError warning instead; use warnings.filterwarnings with category=ChainedAssignmentError to"
    f" silence or escalate it. {_GONE}",
    "mode.copy_on_write": "The 'mode.copy_on_write' option is deprecated. Copy-on-Write can no longer be disabled"
    f" (it is always enabled with pandas >= 3.0), and setting the option has no impact. {_GONE}",
}
