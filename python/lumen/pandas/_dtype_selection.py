"""Which columns `select_dtypes` takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen.pandas import _convert
from lumen.pandas._dtype_names import pandas_dtype

_FAMILIES = {
    "number": "iufc", "integer": "iu", "signedinteger": "i", "unsignedinteger": "u", "floating": "f", "inexact": "fc",
    "datetime": "M", "datetime64": "M", "timedelta": "m", "timedelta64": "m", "bool": "b",
}  # fmt: skip


def _matches(dtype: Any, wanted: Any) -> bool:
    name = getattr(wanted, "__name__", wanted) if not isinstance(wanted, np.dtype) else wanted.name
    kind = dtype.kind if hasattr(dtype, "kind") else "O"
    engine = _convert.engine_name(dtype)
    if name in ("datetimetz", "datetime64tz"):
        return engine.startswith("datetime64") and "," in engine
    if name == "interval":
        return engine.startswith("interval")
    if name == "category":
        return engine == "category"
    if name in ("object", "O", "object_"):
        return engine in ("object", "str")
    if name in ("str", "string"):
        return engine == name or (name == "string" and engine in ("str", "string"))
    if name in _FAMILIES:
        if name.startswith("datetime"):
            return engine.startswith("datetime64[") and "," not in engine
        if name == "bool":
            return engine in ("bool", "boolean") if wanted is not np.bool_ else engine in ("bool", "boolean")
        if name == "number" and engine.startswith("timedelta64"):
            return True
        return (
            kind in _FAMILIES[name]
            and not engine.startswith(("datetime64", "timedelta64"))
            or (name.startswith("timedelta") and engine.startswith("timedelta64"))
        )
    if name == "int":
        name = "int64"
    if name == "float":
        name = "float64"
    return engine == _convert.engine_name(pandas_dtype(name if isinstance(name, str) else wanted))


def selected_places(frame: Any, include: Any, exclude: Any) -> list[int]:
    """The positions of the columns that are asked for."""

    def listed(value: Any) -> list[Any]:
        if value is None:
            return []
        return list(value) if _convert.is_list_like(value) else [value]

    wanted, refused = listed(include), listed(exclude)
    if not wanted and not refused:
        raise ValueError("at least one of include or exclude must be nonempty")
    both = {str(item) for item in wanted} & {str(item) for item in refused}
    if both:
        raise ValueError(f"include and exclude overlap on {frozenset(both)}")
    places = []
    for place, dtype in enumerate(frame.dtypes):
        if wanted and not any(_matches(dtype, item) for item in wanted):
            continue
        if any(_matches(dtype, item) for item in refused):
            continue
        places.append(place)
    return places
