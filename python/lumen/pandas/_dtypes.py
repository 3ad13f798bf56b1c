"""Dtype classes beside numpy's: nullable numbers, text, categories, zoned times; and those refused by name.

Dtypes that need other parts (categories need an Index) ask for them when used, so that importing stays cheap.
`pandas_dtype` in `_dtype_names` turns every spelling into one of these or into a numpy dtype.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from lumen.pandas import _timezones
from lumen.pandas._extension_dtype import ExtensionDtype, register_extension_dtype
from lumen.pandas._missing import NA


def _restore(name: str, args: tuple[Any, ...]) -> Any:
    """Unpickles by name: the classes say they live in pandas, which is not ours to import."""
    return globals()[name](*args)


def _array_class(name: str) -> Any:
    from lumen.pandas import arrays

    found = getattr(arrays, name, None)
    if found is None:
        raise NotImplementedError(f"lumen.pandas: arrays.{name}")
    return found


class BaseMaskedDtype(ExtensionDtype):
    """A numpy dtype with a mask of missing values; missing reads as ``NA``."""

    _numpy: np.dtype
    _array = ""

    def __repr__(self) -> str:
        return f"{self.name}Dtype()"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (f"{self.name}Dtype" if self.name != "boolean" else "BooleanDtype", ())

    @property
    def na_value(self) -> object:
        """``NA``."""
        return NA

    @property
    def numpy_dtype(self) -> np.dtype:
        """The dtype of the values below the mask."""
        return self._numpy

    @property
    def kind(self) -> str:
        """The kind letter of the values."""
        return self._numpy.kind

    @property
    def itemsize(self) -> int:
        """Bytes an element takes, the mask apart."""
        return self._numpy.itemsize

    @property
    def base(self) -> Any:
        """The dtype stored below, if a view of it is the whole truth: never."""
        return None

    @property
    def type(self) -> type:
        """The numpy scalar type."""
        return self._numpy.type

    @classmethod
    def construct_array_type(cls) -> Any:
        """The array class of the dtype."""
        return _array_class(cls._array)

    @classmethod
    def from_numpy_dtype(cls, dtype: np.dtype) -> BaseMaskedDtype:
        """The nullable dtype over a numpy dtype; NotImplementedError when there is none."""
        found = MASKED.get(_MASKED_NAMES.get(np.dtype(dtype).name, ""))
        if found is None:
            raise NotImplementedError(dtype)
        return found

    @property
    def _is_numeric(self) -> bool:
        return True


class NumericDtype(BaseMaskedDtype):
    """A nullable integer or float dtype."""

    @property
    def is_signed_integer(self) -> bool:
        """Whether the values are signed integers."""
        return self.kind == "i"

    @property
    def is_unsigned_integer(self) -> bool:
        """Whether the values are unsigned integers."""
        return self.kind == "u"


class IntegerDtype(NumericDtype):
    """A nullable integer dtype."""

    _array = "IntegerArray"


class FloatingDtype(NumericDtype):
    """A nullable float dtype."""

    _array = "FloatingArray"


def _masked(base: type, name: str, numpy_name: str) -> type:
    """One nullable class: its name is the dtype's, its values numpy's `numpy_name`."""
    label = f"An ExtensionDtype for {numpy_name} with ``NA`` as the missing value."
    made = type(f"{name}Dtype", (base,), {"name": name, "_numpy": np.dtype(numpy_name), "__doc__": label})
    made.__module__ = "pandas"
    return register_extension_dtype(made)


Int8Dtype = _masked(IntegerDtype, "Int8", "int8")
Int16Dtype = _masked(IntegerDtype, "Int16", "int16")
Int32Dtype = _masked(IntegerDtype, "Int32", "int32")
Int64Dtype = _masked(IntegerDtype, "Int64", "int64")
UInt8Dtype = _masked(IntegerDtype, "UInt8", "uint8")
UInt16Dtype = _masked(IntegerDtype, "UInt16", "uint16")
UInt32Dtype = _masked(IntegerDtype, "UInt32", "uint32")
UInt64Dtype = _masked(IntegerDtype, "UInt64", "uint64")
Float32Dtype = _masked(FloatingDtype, "Float32", "float32")
Float64Dtype = _masked(FloatingDtype, "Float64", "float64")


@register_extension_dtype
class BooleanDtype(BaseMaskedDtype):
    """Booleans with ``NA`` and three-valued logic."""

    name = "boolean"
    _numpy = np.dtype(bool)
    _array = "BooleanArray"

    def __repr__(self) -> str:
        return "BooleanDtype"

    @property
    def _is_boolean(self) -> bool:
        return True


MASKED: dict[str, BaseMaskedDtype] = {
    cls.name: cls()
    for cls in (
        Int8Dtype,
        Int16Dtype,
        Int32Dtype,
        Int64Dtype,
        UInt8Dtype,
        UInt16Dtype,
        UInt32Dtype,
        UInt64Dtype,
        Float32Dtype,
        Float64Dtype,
        BooleanDtype,
    )
}
_MASKED_NAMES = {dtype.numpy_dtype.name: name for name, dtype in MASKED.items()}


def _default_storage() -> str:
    from lumen.pandas import _options

    storage = _options.value("mode.string_storage")
    # The buffers are Arrow's whatever is installed.
    return "pyarrow" if storage == "auto" else storage


@register_extension_dtype
class StringDtype(ExtensionDtype):
    """Text. With ``na_value=nan`` it is `str`, the default of text; with ``NA`` it is `string`.

    `storage` is a label over the same buffers: it takes part in equality and in repr, nowhere else.
    """

    _metadata = ("storage", "_na_is_nan")

    def __init__(self, storage: str | None = None, na_value: object = NA) -> None:
        if storage in (None, "auto"):
            storage = _default_storage()
        if storage not in ("python", "pyarrow"):
            raise ValueError(f"Storage must be 'python' or 'pyarrow'. Got {storage} instead.")
        if isinstance(na_value, float) and na_value != na_value:
            na_value = np.nan
        elif na_value is not NA:
            raise ValueError(f"'na_value' must be np.nan or pd.NA, got {na_value}")
        self.storage = storage
        self._na_value = na_value
        self._na_is_nan = na_value is not NA

    def __repr__(self) -> str:
        storage = "" if self.storage == "pyarrow" else "storage='python', "
        return f"<StringDtype({storage}na_value={self._na_value})>"

    @property
    def name(self) -> str:
        """'str' or 'string'."""
        return "str" if self._na_is_nan else "string"

    @property
    def na_value(self) -> object:
        """NaN or ``NA``."""
        return self._na_value

    @property
    def type(self) -> type:
        """`str`."""
        return str

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            # pandas: every string dtype equals the text 'string'.
            if other in ("string", self.name):
                return True
            try:
                other = self.construct_from_string(other)
            except (TypeError, ImportError):
                return False
        if isinstance(other, StringDtype):
            return self.storage == other.storage and self._na_is_nan == other._na_is_nan
        return False

    def __hash__(self) -> int:
        return hash((self.storage, self._na_is_nan))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, ("StringDtype", (self.storage, self._na_value))

    @classmethod
    def construct_from_string(cls, string: str) -> StringDtype:
        """'string', 'str', 'string[python]' or 'string[pyarrow]'."""
        if not isinstance(string, str):
            raise TypeError(f"'construct_from_string' expects a string, got {type(string)}")
        if string == "string":
            return cls()
        if string == "str":
            return cls(na_value=np.nan)
        if string == "string[python]":
            return cls(storage="python")
        if string == "string[pyarrow]":
            return cls(storage="pyarrow")
        raise TypeError(f"Cannot construct a '{cls.__name__}' from '{string}'")

    def construct_array_type(self) -> Any:
        """The array class, which follows the storage."""
        return _array_class("ArrowStringArray" if self.storage == "pyarrow" else "StringArray")


STR = StringDtype("pyarrow", np.nan)


class CategoricalDtypeType(type):
    """The scalar type of a category: any."""


class PandasExtensionDtype(ExtensionDtype):
    """A dtype that carries parameters and shows some attributes of numpy's dtypes."""

    subdtype = None
    num = 100
    shape: tuple[int, ...] = ()
    itemsize = 8
    base: Any = None
    isbuiltin = 0
    isnative = 0
    str = "|O08"

    def __repr__(self) -> str:  # type: ignore[valid-type]
        return self.name

    @classmethod
    def reset_cache(cls) -> None:
        """Nothing is cached."""


@register_extension_dtype
class CategoricalDtype(PandasExtensionDtype):
    """Values from a fixed set; `categories` is an Index or None, `ordered` a bool or None (as yet unsaid)."""

    name = "category"
    type: type = CategoricalDtypeType
    kind: str = "O"
    _metadata = ("categories", "ordered")

    def __init__(self, categories: Any = None, ordered: bool | None = False) -> None:
        self.validate_ordered(ordered)
        self._categories = None if categories is None else self.validate_categories(categories)
        self._ordered = ordered

    @classmethod
    def _from_index(cls, categories: Any, ordered: bool | None) -> CategoricalDtype:
        """Without validation, for an Index the engine made."""
        made = cls.__new__(cls)
        made._categories, made._ordered = categories, ordered
        return made

    @staticmethod
    def validate_ordered(ordered: bool | None) -> None:
        """TypeError unless `ordered` is a bool or None."""
        if ordered is not None and not isinstance(ordered, (bool, np.bool_)):
            raise TypeError("'ordered' must either be 'True' or 'False'")

    @staticmethod
    def validate_categories(categories: Any, fastpath: bool = False) -> Any:
        """The categories as an Index; TypeError for a scalar, ValueError for missing or repeated ones."""
        from lumen.pandas import Index
        from lumen.pandas.api.types import is_list_like

        if not fastpath and not is_list_like(categories):
            raise TypeError(f"Parameter 'categories' must be list-like, was {categories!r}")
        if not isinstance(categories, Index):
            categories = Index(categories)
        if not fastpath:
            if categories.hasnans:
                raise ValueError("Categorical categories cannot be null")
            if not categories.is_unique:
                raise ValueError("Categorical categories must be unique")
        if isinstance(getattr(categories, "dtype", None), CategoricalDtype):
            categories = categories.categories
        return categories

    @property
    def categories(self) -> Any:
        """The Index of categories, or None while unknown."""
        return self._categories

    @property
    def ordered(self) -> bool | None:
        """Whether the categories have an order."""
        return self._ordered

    @property
    def na_value(self) -> object:
        """The missing value of the categories' dtype."""
        dtype = getattr(self._categories, "dtype", None)
        return dtype.na_value if isinstance(dtype, ExtensionDtype) else np.nan

    def __repr__(self) -> str:  # type: ignore[valid-type]
        if self._categories is None:
            data, dtype = "None", None
        else:
            shown = self._categories
            data = (
                repr(shown)[len("RangeIndex(") : -1].replace("start=", "").replace("stop=", "")
                if type(shown).__name__ == "RangeIndex"
                else "[" + ", ".join(shown._formatter_items()) + "]"
                if hasattr(shown, "_formatter_items")
                else str(list(shown))
            )
            if type(shown).__name__ == "RangeIndex":
                data = f"range({shown.start}, {shown.stop}" + (f", {shown.step})" if shown.step != 1 else ")")
            dtype = shown.dtype
        return f"CategoricalDtype(categories={data}, ordered={self._ordered}, categories_dtype={dtype})"

    def __hash__(self) -> int:
        if self._categories is None:
            return -1 if self._ordered else -2
        labels = tuple(self._categories)
        return hash((labels if self._ordered else frozenset(labels), bool(self._ordered)))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str_type):
            return other == "category"
        if other is self:
            return True
        if not isinstance(other, CategoricalDtype):
            return False
        mine, theirs = self._categories, other._categories
        if self._ordered is None or other._ordered is None:
            return self._ordered == other._ordered and mine is theirs
        if mine is None or theirs is None:
            return mine is theirs and self._ordered == other._ordered
        if bool(self._ordered) != bool(other._ordered):
            return False
        if mine.dtype == theirs.dtype and mine.equals(theirs):
            return True
        if self._ordered or mine.dtype != theirs.dtype or len(mine) != len(theirs):
            return False
        return set(mine) == set(theirs)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, ("CategoricalDtype", (self._categories, self._ordered))

    def update_dtype(self, dtype: Any) -> CategoricalDtype:
        """This dtype with what `dtype` says put over it."""
        if isinstance(dtype, str_type) and dtype == "category":
            return self
        if not isinstance(dtype, CategoricalDtype):
            raise ValueError(f"a CategoricalDtype must be passed to perform an update, got {dtype!r}")
        categories = self._categories if dtype._categories is None else dtype._categories
        ordered = self._ordered if dtype._ordered is None else dtype._ordered
        return CategoricalDtype(categories, ordered)

    @classmethod
    def construct_from_string(cls, string: str_type) -> CategoricalDtype:
        """'category', with categories and order left open."""
        if not isinstance(string, str_type):
            raise TypeError(f"'construct_from_string' expects a string, got {type(string)}")
        if string != cls.name:
            raise TypeError(f"Cannot construct a 'CategoricalDtype' from '{string}'")
        return cls(ordered=None)

    @classmethod
    def construct_array_type(cls) -> Any:
        """`Categorical`."""
        from lumen.pandas import Categorical

        return Categorical

    @property
    def index_class(self) -> Any:
        """`CategoricalIndex`."""
        from lumen.pandas import CategoricalIndex

        return CategoricalIndex

    @property
    def _is_boolean(self) -> bool:
        return getattr(getattr(self._categories, "dtype", None), "kind", "") == "b"


str_type = str
_ZONED = re.compile(r"(?:datetime64|M8)\[(?P<unit>.+), (?P<tz>.+)\]")


@register_extension_dtype
class DatetimeTZDtype(PandasExtensionDtype):
    """Instants counted in `unit` since 1970 UTC, read on the wall clock of `tz`."""

    kind: str_type = "M"
    num = 101
    _metadata = ("unit", "tz")

    def __init__(self, unit: Any = "ns", tz: Any = None) -> None:
        if isinstance(unit, DatetimeTZDtype):
            unit, tz = unit.unit, unit.tz
        if unit not in ("s", "ms", "us", "ns"):
            if isinstance(unit, str_type) and tz is None and _ZONED.match(unit):
                raise ValueError(
                    f"Passing a dtype alias like {unit!r} to DatetimeTZDtype is no longer supported. Use"
                    " 'DatetimeTZDtype.construct_from_string()' instead."
                )
            raise ValueError("DatetimeTZDtype only supports s, ms, us, ns units")
        zone = _timezones.resolve(tz)
        if zone is None:
            raise TypeError("A 'tz' is required.")
        self._unit: str_type = unit
        # Zones of one object an offset (pytz) are kept by their zone.
        self._tz = getattr(zone, "_tzinfos", None) and _pytz_zone(zone) or zone

    @property
    def unit(self) -> str_type:
        """'s', 'ms', 'us' or 'ns'."""
        return self._unit

    @property
    def tz(self) -> Any:
        """The zone, a `tzinfo`."""
        return self._tz

    @property
    def name(self) -> str_type:
        """As in 'datetime64[ns, UTC]'."""
        return f"datetime64[{self._unit}, {self._tz}]"

    @property
    def type(self) -> type:
        """`Timestamp`."""
        from lumen.pandas._timestamp import Timestamp

        return Timestamp

    @property
    def na_value(self) -> object:
        """``NaT``."""
        from lumen.pandas._nat import NaT

        return NaT

    @property
    def base(self) -> np.dtype:
        """The naive numpy dtype of the same unit."""
        return np.dtype(f"M8[{self._unit}]")

    @property
    def str(self) -> str_type:
        """numpy's short spelling, without the zone."""
        return f"|M8[{self._unit}]"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str_type):
            return (
                other.replace("M8[", "datetime64[", 1) == self.name
                if other.startswith("M8[")
                else other == self.name
            )
        return (
            isinstance(other, DatetimeTZDtype)
            and self._unit == other._unit
            and _timezones.same(self._tz, other._tz)
        )

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, ("DatetimeTZDtype", (self._unit, self._tz))

    @classmethod
    def construct_from_string(cls, string: str_type) -> DatetimeTZDtype:
        """'datetime64[unit, zone]'; TypeError for anything else."""
        if not isinstance(string, str_type):
            raise TypeError(f"'construct_from_string' expects a string, got {type(string)}")
        match = _ZONED.fullmatch(string)
        if match:
            try:
                return cls(unit=match["unit"], tz=match["tz"])
            except (KeyError, TypeError, ValueError) as error:
                raise TypeError(f"Cannot construct a 'DatetimeTZDtype' from '{string}'") from error
        raise TypeError(f"Cannot construct a 'DatetimeTZDtype' from '{string}'")

    @classmethod
    def construct_array_type(cls) -> Any:
        """`DatetimeArray`."""
        return _array_class("DatetimeArray")

    @property
    def index_class(self) -> Any:
        """`DatetimeIndex`."""
        from lumen.pandas import DatetimeIndex

        return DatetimeIndex


def _pytz_zone(zone: Any) -> Any:
    import importlib

    return importlib.import_module("pytz").timezone(zone.zone) if getattr(zone, "zone", None) else zone


class ArrowDtype(ExtensionDtype):
    """A dtype named by its Arrow type. Only ``bool[pyarrow]``, the answer of comparing `string`, is offered."""

    _metadata = ("_arrow",)

    def __init__(self, pyarrow_dtype: Any) -> None:
        if str(pyarrow_dtype) != "bool":
            raise NotImplementedError(f"lumen.pandas: ArrowDtype({pyarrow_dtype})")
        self._arrow = str(pyarrow_dtype)

    def __repr__(self) -> str_type:
        return self.name

    @property
    def name(self) -> str_type:
        """As in 'bool[pyarrow]'."""
        return f"{self._arrow}[pyarrow]"

    @property
    def pyarrow_dtype(self) -> Any:
        """The type in pyarrow."""
        import pyarrow

        return pyarrow.bool_()

    @property
    def type(self) -> type:
        """`bool`."""
        return bool

    @property
    def kind(self) -> str_type:
        """'b'."""
        return "b"

    @property
    def numpy_dtype(self) -> np.dtype:
        """numpy's bool."""
        return np.dtype(bool)

    @property
    def itemsize(self) -> int:
        """Bytes an element takes in numpy."""
        return 1

    @property
    def na_value(self) -> object:
        """``NA``."""
        return NA

    @classmethod
    def construct_from_string(cls, string: str_type) -> ArrowDtype:
        """'bool[pyarrow]'; other Arrow types are NotImplementedError."""
        if not isinstance(string, str_type):
            raise TypeError(f"'construct_from_string' expects a string, got {type(string)}")
        if not string.endswith("[pyarrow]") or string == "string[pyarrow]":
            raise TypeError(f"'{string}' must end with '[pyarrow]'")
        return cls(string[: -len("[pyarrow]")])

    @classmethod
    def construct_array_type(cls) -> Any:
        """`ArrowExtensionArray`."""
        return _array_class("ArrowExtensionArray")

    @property
    def _is_numeric(self) -> bool:
        return True

    @property
    def _is_boolean(self) -> bool:
        return True


BOOL_PYARROW = ArrowDtype("bool")


class _Refused(ExtensionDtype):
    """A dtype that cannot be constructed: the error names it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(f"lumen.pandas: {type(self).__name__}")

    @classmethod
    def construct_from_string(cls, string: str_type) -> Any:
        """TypeError for a text of another dtype, NotImplementedError for one of this."""
        if not isinstance(string, str_type):
            raise TypeError(f"'construct_from_string' expects a string, got {type(string)}")
        if cls._spelling.match(string):  # type: ignore[attr-defined]
            raise NotImplementedError(f"lumen.pandas: {cls.__name__}")
        raise TypeError(f"Cannot construct a '{cls.__name__}' from '{string}'")


class PeriodDtype(_Refused):
    """Spans of a frequency; not offered."""

    _spelling = re.compile(r"[Pp]eriod\[")


@register_extension_dtype
class IntervalDtype(PandasExtensionDtype):
    """Intervals between ends of one dtype that are closed on the same side; both may be left open."""

    name = "interval"
    kind: str_type = "O"
    str = "|O08"
    base = np.dtype(object)
    num = 103
    _metadata = ("subtype", "closed")
    _spelling = re.compile(
        r"^[Ii]nterval\[(?P<subtype>[^,]+(\[.+\])?)(, (?P<closed>right|left|both|neither))?\]$"
    )

    def __init__(self, subtype: Any = None, closed: Any = None) -> None:
        if closed is not None and closed not in ("right", "left", "both", "neither"):
            raise ValueError("closed must be one of 'right', 'left', 'both', 'neither'")
        self._subtype: Any = None
        self._closed: Any = closed
        if isinstance(subtype, IntervalDtype):
            if closed is not None and closed != subtype.closed:
                raise ValueError(
                    "dtype.closed and 'closed' do not match. Try IntervalDtype(dtype.subtype, closed) instead."
                )
            self._subtype, self._closed = subtype._subtype, subtype._closed
        elif subtype is not None and not (isinstance(subtype, str_type) and subtype.lower() == "interval"):
            self._subtype = self._read(subtype)

    def _read(self, subtype: Any) -> Any:
        from lumen.pandas._dtype_names import pandas_dtype

        found = self._spelling.match(subtype) if isinstance(subtype, str_type) else None
        if found is not None:
            subtype = found["subtype"]
            if found["closed"] is not None:
                if self._closed is not None and self._closed != found["closed"]:
                    raise ValueError("'closed' keyword does not match value specified in dtype string")
                self._closed = found["closed"]
        try:
            subtype = pandas_dtype(subtype)
        except TypeError as error:
            raise TypeError("could not construct IntervalDtype") from error
        if isinstance(subtype, (CategoricalDtype, StringDtype)) or subtype.kind in "OSU":
            raise TypeError("category, object, and string subtypes are not supported for IntervalDtype")
        return subtype

    @property
    def subtype(self) -> Any:
        """The dtype of the ends, None where it is left open."""
        return self._subtype

    @property
    def closed(self) -> Any:
        """'left', 'right', 'both' or 'neither', None where it is left open."""
        return self._closed

    @property
    def type(self) -> type:
        """`Interval`."""
        from lumen.pandas._interval import Interval

        return Interval

    @classmethod
    def construct_from_string(cls, string: str_type) -> IntervalDtype:
        """'interval', 'interval[int64]' or 'interval[int64, right]'."""
        if not isinstance(string, str_type):
            raise TypeError(f"'construct_from_string' expects a string, got {type(string)}")
        if string.lower() == "interval" or cls._spelling.match(string) is not None:
            return cls(string)
        raise TypeError(
            f"Cannot construct a 'IntervalDtype' from '{string}'.\n\nIncorrectly formatted string passed to constructor."
            " Valid formats include Interval or Interval[dtype] where dtype is numeric, datetime, or timedelta"
        )

    @classmethod
    def is_dtype(cls, dtype: object) -> bool:
        """Whether an object, its `dtype` or a text means this dtype."""
        if isinstance(dtype, str_type):
            try:
                return dtype.lower().startswith("interval") and cls.construct_from_string(dtype) is not None
            except (ValueError, TypeError):
                return False
        return super().is_dtype(dtype)

    def __str__(self) -> str_type:
        if self._subtype is None:
            return "interval"
        return f"interval[{self._subtype}{'' if self._closed is None else f', {self._closed}'}]"

    __repr__ = __str__

    def __hash__(self) -> int:
        return hash(str_type(self))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str_type):
            return other.lower() in (self.name, str_type(self).lower())
        if not isinstance(other, IntervalDtype):
            return False
        if self._subtype is None or other._subtype is None:
            return True
        return self._closed == other._closed and self._subtype == other._subtype

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, ("IntervalDtype", (self._subtype, self._closed))

    @classmethod
    def construct_array_type(cls) -> Any:
        """`IntervalArray`."""
        return _array_class("IntervalArray")

    @property
    def index_class(self) -> Any:
        """`IntervalIndex`."""
        from lumen.pandas import IntervalIndex

        return IntervalIndex

    @property
    def _can_hold_na(self) -> bool:
        if self._subtype is None:
            raise NotImplementedError("_can_hold_na is not defined for partially-initialized IntervalDtype")
        return self._subtype.kind not in "iu"


class SparseDtype(_Refused):
    """Sparse arrays; not offered."""

    _spelling = re.compile(r"Sparse(\[|$)")


for _class in (
    BooleanDtype,
    StringDtype,
    CategoricalDtype,
    DatetimeTZDtype,
    ArrowDtype,
    PeriodDtype,
    IntervalDtype,
    SparseDtype,
):
    _class.__module__ = "pandas"
del _class

__all__ = [
    "ArrowDtype",
    "BooleanDtype",
    "CategoricalDtype",
    "DatetimeTZDtype",
    "Float32Dtype",
    "Float64Dtype",
    "Int16Dtype",
    "Int32Dtype",
    "Int64Dtype",
    "Int8Dtype",
    "IntervalDtype",
    "PeriodDtype",
    "SparseDtype",
    "StringDtype",
    "UInt16Dtype",
    "UInt32Dtype",
    "UInt64Dtype",
    "UInt8Dtype",
]
