"""The ways of series and frames into files, as methods."""

from __future__ import annotations

from typing import Any


class Writers:
    """What series and frames share."""

    def to_csv(
        self,
        path_or_buf: Any = None,
        *,
        sep: str = ",",
        na_rep: str = "",
        float_format: Any = None,
        columns: Any = None,
        header: Any = True,
        index: bool = True,
        index_label: Any = None,
        mode: str = "w",
        encoding: str | None = None,
        compression: Any = "infer",
        quoting: int | None = None,
        quotechar: str = '"',
        lineterminator: str | None = None,
        chunksize: int | None = None,
        date_format: str | None = None,
        doublequote: bool = True,
        escapechar: str | None = None,
        decimal: str = ".",
        errors: str = "strict",
        storage_options: Any = None,
    ) -> str | None:
        """Comma-separated values: into a file, or as text where no target is given."""
        from lumen.pandas._io_csv import write_csv

        given = dict(locals())
        return write_csv(given.pop("self"), given.pop("path_or_buf"), given)

    def to_json(
        self,
        path_or_buf: Any = None,
        *,
        orient: str | None = None,
        date_format: str | None = None,
        double_precision: int = 10,
        force_ascii: bool = True,
        date_unit: str = "ms",
        default_handler: Any = None,
        lines: bool = False,
        compression: Any = "infer",
        index: bool | None = None,
        indent: int | None = None,
        storage_options: Any = None,
        mode: str = "w",
    ) -> str | None:
        """JSON: into a file, or as text where no target is given."""
        from lumen.pandas._io_json import write_json

        given = dict(locals())
        return write_json(given.pop("self"), given.pop("path_or_buf"), given)
