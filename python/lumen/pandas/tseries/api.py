"""``pandas.tseries.api``: offsets and what guesses times."""

from __future__ import annotations

from typing import Any

from lumen.pandas.tseries import offsets


def infer_freq(index: Any) -> Any:
    """Not offered."""
    raise NotImplementedError("lumen.pandas: infer_freq")


def guess_datetime_format(dt_str: str, dayfirst: bool = False) -> Any:
    """Not offered."""
    raise NotImplementedError("lumen.pandas: tseries.api.guess_datetime_format")


__all__ = ["guess_datetime_format", "infer_freq", "offsets"]
