"""What pandas 4 takes away: the keyword `copy`, `inplace` where it only hides a copy, operators with odd sequences."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._inference import is_list_like, no_default
from lumen.pandas._warn import warn

_UNSET: Any = no_default
_CASTABLE = ("__array__", "__array_interface__", "__arrow_c_array__", "__arrow_c_stream__")
_COPY = (
    "The copy keyword is deprecated and will be removed in a future version. Copy-on-Write is active in pandas since 3.0 "
    "which utilizes a lazy copy mechanism that defers copies until necessary. Use .copy() to make an eager copy if "
    "necessary."
)


def check_copy(copy: Any) -> None:
    """The keyword has no effect any more; pandas warns of it."""
    if copy is not _UNSET:
        warnings.warn(_COPY, Pandas4Warning, stacklevel=3)


def check_sequence(other: Any) -> None:
    """Warns of an operand that is several values but neither a list, an array nor an object of ours."""
    if not is_list_like(other) or isinstance(other, (list, np.ndarray)) or hasattr(other, "_column"):
        return
    if isinstance(other, (_engine.Index, _engine.Series, _engine.DataFrame, _engine.Column)):
        return
    if any(hasattr(other, name) for name in _CASTABLE):
        return
    warn(
        f"Operation with {type(other).__name__} is deprecated. In a future version these will be treated as scalar-like. "
        "To retain the old behavior, explicitly wrap in a Series instead.",
        Pandas4Warning,
    )


def check_inplace(obj: Any, method: str, inplace: Any) -> bool:
    """Whether the object itself is to be changed; pandas warns of the keyword."""
    if inplace is _UNSET:
        return False
    if not isinstance(inplace, (bool, np.bool_)):
        raise ValueError(
            f'For argument "inplace" expected type bool, received type {type(inplace).__name__}.'
        )
    owner = "Series" if obj.ndim == 1 else "DataFrame"
    warnings.warn(
        f"The inplace keyword in {owner}.{method} is deprecated and will be removed in a future version (PDEP-8).\n"
        "See https://pandas.pydata.org/docs/dev/whatsnew/v3.1.0.html#deprecation-inplace for more details.",
        Pandas4Warning,
        stacklevel=3,
    )
    return bool(inplace)
