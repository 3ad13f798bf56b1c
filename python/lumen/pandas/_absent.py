"""Public names of pandas that are not built: each is there, and raises `NotImplementedError` naming itself.

A name leaves this table when it is built; nothing here may hide a name that exists.
"""

from __future__ import annotations

from typing import Any

TOP = (
    "ExcelFile", "ExcelWriter", "HDFStore", "NamedFunc", "infer_freq", "json_normalize",
    "lreshape", "read_clipboard", "read_excel", "read_fwf", "read_hdf", "read_html", "read_iceberg", "read_orc",
    "read_pickle", "read_sas", "read_spss", "read_sql", "read_sql_query", "read_sql_table", "read_stata", "read_xml",
    "set_eng_float_format", "show_versions", "test", "to_pickle",
)  # fmt: skip
SERIES = (
    "asof", "hist", "to_clipboard", "to_excel", "to_hdf", "to_latex", "to_markdown", "to_pickle",
    "to_sql", "to_xarray",
)  # fmt: skip
FRAME = (
    "asof", "boxplot", "hist", "to_clipboard", "to_excel", "to_hdf", "to_html", "to_iceberg", "to_latex",
    "to_markdown", "to_orc", "to_pickle", "to_sql", "to_stata", "to_xarray", "to_xml",
)  # fmt: skip
SERIES_ACCESSORS = ("list", "plot", "sparse", "struct")
FRAME_ACCESSORS = ("plot", "sparse", "style")
GROUPBY = ("boxplot", "hist", "plot")


def refusal(name: str) -> Any:
    """A function that raises `NotImplementedError` naming itself."""

    def absent(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"lumen.pandas: {name}")

    absent.__name__ = absent.__qualname__ = name.rpartition(".")[2]
    absent.__doc__ = "Not built: raises `NotImplementedError`."
    return absent


def _accessor(name: str) -> Any:
    return property(refusal(name), doc="Not built: raises `NotImplementedError`.")


def define(owner: type, names: tuple[str, ...], accessors: tuple[str, ...] = ()) -> None:
    """Puts the refusals of a class in their places.

    AttributeError where one of the names is built already.
    """
    for name in (*names, *accessors):
        if name in dir(owner):
            raise AttributeError(f"{owner.__name__}.{name} is built: take it out of the table")
        full = f"{owner.__name__}.{name}"
        setattr(owner, name, _accessor(full) if name in accessors else refusal(full))
