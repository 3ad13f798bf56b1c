"""``pandas.tseries.api``: offsets and what guesses times."""

from __future__ import annotations

from typing import Any

from lumen.pandas._datetime_format import guess_datetime_format
from lumen.pandas.tseries import offsets


def infer_freq(index: Any) -> Any:
    """Not offered."""
    raise NotImplementedError("lumen.pandas: infer_freq")


__all__ = ["guess_datetime_format", "infer_freq", "offsets"]
