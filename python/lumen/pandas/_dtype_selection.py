"""Which columns `select_dtypes` takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen.pandas import _convert
from lumen.pandas._dtype_names import pandas_dtype
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._warn import warn

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
    _warn_of_text(frame, wanted, refused)
    places = []
    for place, dtype in enumerate(frame.dtypes):
        if wanted and not any(_matches(dtype, item) for item in wanted):
            continue
        if any(_matches(dtype, item) for item in refused):
            continue
        places.append(place)
    return places


def _warn_of_text(frame: Any, wanted: list[Any], refused: list[Any]) -> None:
    """`object` means text too, for which pandas warns where text is not named."""

    def named(items: list[Any], names: tuple[str, ...]) -> bool:
        return any(str(getattr(item, "__name__", item)) in names for item in items)

    objects = ("object", "O", "object_")
    if not any(_convert.engine_name(dtype) == "str" for dtype in frame.dtypes):
        return
    if named(wanted + refused, ("str", "string")) or not named(wanted + refused, objects):
        return
    included = named(wanted, objects)
    verb = "included" if included else "excluded"
    first, other = (
        ("include` to select", "exclude` to remove")
        if included
        else ("exclude` to remove", "include` to keep")
    )
    to_keep = f"Explicitly pass 'str' to `{first} them, or to `{other} them"
    warn(
        f"For backward compatibility, 'str' dtypes are {verb} by select_dtypes when 'object' dtype is specified. This "
        f"behavior is deprecated and will be removed in a future version. {to_keep} and silence this warning.\nSee "
        "https://pandas.pydata.org/docs/dev/user_guide/migration.html#string-migration-select-dtypes for details on how "
        "to write code that works with pandas 2 and 3.",
        Pandas4Warning,
    )
