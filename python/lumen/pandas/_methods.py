"""Methods of series and frames that belong to no larger family."""

from __future__ import annotations

from typing import Any

from lumen.pandas import _convert
from lumen.pandas._dtype_names import pandas_dtype


class SeriesMethods:
    """Methods of a series."""

    def isna(self) -> Any:
        """Where values are missing."""
        return self._plain("isna")

    isnull = isna

    def notna(self) -> Any:
        """Where values are not missing."""
        return self._plain("notna")

    notnull = notna

    def astype(self, dtype: Any, copy: Any = None, errors: str = "raise") -> Any:
        """The values in another dtype."""
        if errors not in ("raise", "ignore"):
            raise ValueError(
                "Expected value of kwarg 'errors' to be one of ['raise', 'ignore']. Supplied value is"
                f" '{errors}'"
            )
        if isinstance(dtype, dict):
            if len(dtype) > 1 or self.name not in dtype:
                raise KeyError("Only the Series name can be used for the key in Series dtype mappings.")
            dtype = dtype[self.name]
        try:
            column = _convert.cast(self._values, pandas_dtype(dtype))
        except (TypeError, ValueError):
            if errors == "ignore":
                return self.copy()
            raise
        made = self.copy()
        made._values = column
        return made


class FrameMethods:
    """Methods of a frame."""

    def isna(self) -> Any:
        """Where cells are missing."""
        return self._mapped("isna")

    isnull = isna

    def notna(self) -> Any:
        """Where cells are not missing."""
        return self._mapped("notna")

    notnull = notna
