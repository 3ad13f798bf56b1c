"""``pandas.tseries.frequencies``: `to_offset`."""

from lumen.pandas._offset_names import to_offset

__all__ = ["to_offset"]
