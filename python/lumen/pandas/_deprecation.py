"""Keywords that pandas 4 takes away: `copy`, and `inplace` where it only hides a copy."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._inference import no_default

_UNSET: Any = no_default
_COPY = (
    "The copy keyword is deprecated and will be removed in a future version. Copy-on-Write is active in pandas since 3.0 "
    "which utilizes a lazy copy mechanism that defers copies until necessary. Use .copy() to make an eager copy if "
    "necessary."
)


def check_copy(copy: Any) -> None:
    """The keyword has no effect any more; pandas warns of it."""
    if copy is not _UNSET:
        warnings.warn(_COPY, Pandas4Warning, stacklevel=3)


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
