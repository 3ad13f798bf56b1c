"""``pandas.tseries``: offsets and the names of frequencies."""

from lumen.pandas.tseries import api, frequencies, offsets

__all__ = ["api", "frequencies", "offsets"]
