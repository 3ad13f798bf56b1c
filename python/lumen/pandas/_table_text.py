"""`to_string`: tables as text."""

from __future__ import annotations

import os
from typing import Any

from lumen import _files

# What `to_string` refuses by name, with the default that means nothing.
_REFUSED = {
    "col_space": None, "formatters": None, "float_format": None, "sparsify": None, "justify": None, "decimal": ".",
    "encoding": None, "na_rep": "NaN", "index_names": True, "max_colwidth": None,
}  # fmt: skip
_WIDE = 1 << 30


def _written(text: str, buf: Any) -> str | None:
    if buf is None:
        return text
    if hasattr(buf, "write"):
        buf.write(text)
        return None
    _files.disk.write(os.fspath(buf), text.encode())
    return None


def _check(owner: str, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name not in _REFUSED:
            raise TypeError(f"{owner}.to_string() got an unexpected keyword argument '{name}'")
        if value != _REFUSED[name]:
            raise NotImplementedError(f"lumen.pandas: {owner}.to_string({name}=)")


class FrameTexts:
    """A frame as text."""

    def to_string(
        self,
        buf: Any = None,
        *,
        columns: Any = None,
        header: Any = True,
        index: bool = True,
        max_rows: int | None = None,
        max_cols: int | None = None,
        show_dimensions: bool = False,
        min_rows: int | None = None,
        line_width: int | None = None,
        **kwargs: Any,
    ) -> str | None:
        """The whole table as text, or written to `buf`."""
        _check("DataFrame", kwargs)
        frame = self if columns is None else self[list(columns)]
        if header is not True and header is not False:
            if len(header) != frame.shape[1]:
                raise ValueError(f"Writing {frame.shape[1]} cols but got {len(header)} aliases")
            frame = frame.set_axis(list(header), axis=1)
        if header is False:
            raise NotImplementedError("lumen.pandas: DataFrame.to_string(header=False)")
        if not index:
            if max_rows is not None or max_cols is not None:
                raise NotImplementedError("lumen.pandas: DataFrame.to_string(index=False, max_rows=)")
            text = frame._text_without_index()
        else:
            text = frame._repr((max_rows or 0, min_rows or 0, max_cols or 0, line_width or _WIDE))
            if not show_dimensions and max_rows is not None and "\n\n[" in text:
                text = text[: text.rindex("\n\n[")]
        if show_dimensions and "\n\n[" not in text:
            text += f"\n\n[{len(frame)} rows x {frame.shape[1]} columns]"
        return _written(text, buf)


class SeriesTexts:
    """A series as text."""

    def to_string(
        self,
        buf: Any = None,
        *,
        na_rep: str = "NaN",
        float_format: Any = None,
        header: bool = True,
        index: bool = True,
        length: bool = False,
        dtype: bool = False,
        name: bool = False,
        max_rows: int | None = None,
        min_rows: int | None = None,
    ) -> str | None:
        """All values as text, or written to `buf`."""
        _check("Series", {"na_rep": na_rep, "float_format": float_format})
        if len(self) == 0:
            return _written(
                f"Series([], {self._repr((0, 0, 0, 80)).partition('], ')[2].rstrip(')')})"
                if name
                else "Series([], )",
                buf,
            )
        if not index:
            cells = self.to_frame("").to_string(index=False).split("\n")[1:]
            return _written(
                "\n".join(line.rstrip() if self._dtype in ("str", "object") else line for line in cells), buf
            )
        lines = self._repr((max_rows or 0, min_rows or 0, 0, 80)).split("\n")
        keep = 1 + (1 if self._dtype == "category" else 0)
        body = lines[:-keep]
        footer = []
        if name and self.name is not None:
            footer.append(f"Name: {self.name}")
        if length:
            footer.append(f"Length: {len(self)}")
        if dtype:
            footer.append(f"dtype: {self.dtype}")
        if not header and any(label is not None for label in self.index.names):
            body = body[1:]
        return _written("\n".join([*body, *([", ".join(footer)] if footer else [])]), buf)
