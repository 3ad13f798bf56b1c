"""``pandas.api.extensions``: the base of dtypes, registers, and the marker of arguments not given."""

from lumen.pandas._extension_dtype import ExtensionDtype, register_extension_dtype
from lumen.pandas._extension import (
    ExtensionArray,
    ExtensionScalarOpsMixin,
    register_dataframe_accessor,
    register_index_accessor,
    register_series_accessor,
    take,
)
from lumen.pandas._inference import no_default

__all__ = [
    "ExtensionArray",
    "ExtensionDtype",
    "ExtensionScalarOpsMixin",
    "no_default",
    "register_dataframe_accessor",
    "register_extension_dtype",
    "register_index_accessor",
    "register_series_accessor",
    "take",
]
