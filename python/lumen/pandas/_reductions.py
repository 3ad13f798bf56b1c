"""Reductions: a series to a value, a frame to a series. The values are the engine's."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen.pandas import _numpy_arguments, _row_reductions
from lumen.pandas._inference import no_default

_UNSET: Any = no_default


def check_skipna(skipna: Any) -> None:
    """ValueError for what is no boolean, None included."""
    if not isinstance(skipna, (bool, np.bool_)) and not (isinstance(skipna, int) and skipna in (0, 1)):
        raise ValueError(f'For argument "skipna" expected type bool, received type {type(skipna).__name__}.')


class Reductions:
    """The reductions that series and frames share; `_reduced` is theirs."""

    def sum(
        self,
        axis: Any = None,
        skipna: bool = True,
        numeric_only: bool = False,
        min_count: int = 0,
        **kwargs: Any,
    ) -> Any:
        _numpy_arguments.check("sum", (), kwargs)
        return self._reduced("sum", axis, skipna, numeric_only, min_count=min_count)

    def prod(
        self,
        axis: Any = None,
        skipna: bool = True,
        numeric_only: bool = False,
        min_count: int = 0,
        **kwargs: Any,
    ) -> Any:
        _numpy_arguments.check("prod", (), kwargs)
        return self._reduced("prod", axis, skipna, numeric_only, min_count=min_count)

    product = prod

    def mean(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        _numpy_arguments.check("mean", (), kwargs)
        return self._reduced("mean", axis, skipna, numeric_only)

    def median(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        _numpy_arguments.check("median", (), kwargs)
        return self._reduced("median", axis, skipna, numeric_only)

    def min(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        _numpy_arguments.check("min", (), kwargs)
        return self._reduced("min", axis, skipna, numeric_only)

    def max(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        _numpy_arguments.check("max", (), kwargs)
        return self._reduced("max", axis, skipna, numeric_only)

    def var(
        self, axis: Any = None, skipna: bool = True, ddof: int = 1, numeric_only: bool = False, **kwargs: Any
    ) -> Any:
        _numpy_arguments.check("var", (), kwargs)
        return self._reduced("var", axis, skipna, numeric_only, ddof=ddof)

    def std(
        self, axis: Any = None, skipna: bool = True, ddof: int = 1, numeric_only: bool = False, **kwargs: Any
    ) -> Any:
        _numpy_arguments.check("std", (), kwargs)
        return self._reduced("std", axis, skipna, numeric_only, ddof=ddof)

    def sem(
        self, axis: Any = None, skipna: bool = True, ddof: int = 1, numeric_only: bool = False, **kwargs: Any
    ) -> Any:
        _numpy_arguments.check("sem", (), kwargs)
        spread = self._reduced("std", axis, skipna, numeric_only, ddof=ddof)
        return spread / np.sqrt(self._counted(axis, numeric_only))

    def any(self, *, axis: Any = 0, bool_only: bool = False, skipna: bool = True, **kwargs: Any) -> Any:
        _numpy_arguments.check("any", (), kwargs)
        return self._tested("any", axis, bool_only, skipna)

    def all(self, *, axis: Any = 0, bool_only: bool = False, skipna: bool = True, **kwargs: Any) -> Any:
        _numpy_arguments.check("all", (), kwargs)
        return self._tested("all", axis, bool_only, skipna)


class SeriesReductions(Reductions):
    """Reductions of a series."""

    def _check(self, how: str, axis: Any, numeric_only: bool) -> None:
        if axis is not None:
            self._get_axis_number(axis)
        if numeric_only and not (
            self.dtype.kind in "iufb" if isinstance(self.dtype, np.dtype) else self.dtype._is_numeric
        ):
            raise TypeError(
                f"Series.{how} does not allow numeric_only={numeric_only} with non-numeric dtypes."
            )

    def _reduced(
        self, how: str, axis: Any, skipna: bool, numeric_only: bool, min_count: int = 0, ddof: int = 1
    ) -> Any:
        check_skipna(skipna)
        self._check(how, axis, numeric_only)
        return self._as_numpy_types(how, self._reduce(how, bool(skipna), max(min_count, 0), ddof))

    def _as_numpy_types(self, how: str, value: Any) -> Any:
        """A reduced number in the type that numpy gives it."""
        if isinstance(value, np.integer):
            own = self.dtype if isinstance(self.dtype, np.dtype) else getattr(self.dtype, "numpy_dtype", None)
            if own is not None and own.kind in "iu" and how in ("min", "max"):
                return own.type(value)
            if own is not None and own.kind == "u" and how in ("sum", "prod"):
                return np.uint64(int(value) % 2**64)
        if isinstance(value, np.float64) and not len(self) and how in ("mean", "median", "min", "max"):
            return float(value)
        return value

    def _counted(self, axis: Any, numeric_only: bool) -> Any:
        return self.count()

    def _tested(self, how: str, axis: Any, bool_only: bool, skipna: bool) -> Any:
        self._check(how, axis, bool_only)
        found = self._reduce(how, True)
        if skipna or not self.hasnans:
            return found
        if self._dtype[0].isupper() or self._dtype in ("boolean", "string"):
            from lumen.pandas._missing import NA

            return found if bool(found) is (how == "any") else NA
        # NaN counts as true.
        return np.bool_(True) if how == "any" else found

    def _truths(self, neutral: bool, skipna: bool) -> np.ndarray:
        """Each value as a truth; a missing one as `neutral`, or as true where it is not passed over."""
        from lumen.pandas import _convert

        array = _convert.numpy_of(self._values)
        if array.dtype == object:
            bits = np.array([bool(item) for item in array.tolist()], dtype=bool)
        else:
            bits = array.astype(bool)
        missing = _convert.mask_of(self._values)
        return np.where(missing, neutral if skipna else True, bits) if missing.any() else bits

    def count(self) -> np.int64:
        """Number of values that are not missing."""
        return np.int64(self._reduce("count"))


class FrameReductions(Reductions):
    """Reductions of a frame: one value a column, or a row for `axis=1`."""

    def _reduced(
        self, how: str, axis: Any, skipna: bool, numeric_only: bool, min_count: int = 0, ddof: int = 1
    ) -> Any:
        check_skipna(skipna)
        if axis is None:
            if how in ("sum", "prod", "var", "std"):
                axis = 0
            else:
                column = self._reduce(how, 0, bool(skipna), max(min_count, 0), ddof, bool(numeric_only))
                return (
                    column._reduced(how, 0, skipna, False)
                    if how in ("min", "max")
                    else self._flat(how, skipna)
                )
        number = self._get_axis_number(axis)
        if number == 1:
            frame = self.select_dtypes(["number", "bool", "boolean"]) if numeric_only else self
            return _row_reductions.reduced(frame, how, bool(skipna), max(min_count, 0), ddof)
        frame = self.select_dtypes(["number", "bool", "boolean"]) if numeric_only else self
        found = frame._reduce(how, 0, bool(skipna), max(min_count, 0), ddof, False)
        # A column of objects makes objects of its neighbours' results too.
        return found.astype(object) if "object" in frame._dtypes else found

    def _flat(self, how: str, skipna: bool) -> Any:
        """All cells reduced to one value."""
        series = self._constructor_sliced(self.to_numpy().ravel())
        return series._reduced(how, 0, skipna, False)

    def _counted(self, axis: Any, numeric_only: bool) -> Any:
        return self.count(axis=0 if axis is None else axis, numeric_only=numeric_only)

    def _tested(self, how: str, axis: Any, bool_only: bool, skipna: bool) -> Any:
        frame = self.select_dtypes(["bool", "boolean"]) if bool_only else self
        if axis is None:
            return frame._tested(how, 0, False, skipna)._reduce(how)
        masked = _row_reductions.tested(frame, how, skipna) if frame._get_axis_number(axis) == 1 else None
        if masked is not None:
            return masked
        series = [frame._series(place) for place in range(frame.shape[1])]
        if frame._get_axis_number(axis) == 0:
            found = [one._tested(how, 0, False, skipna) for one in series]
            masked = [one._dtype[0].isupper() or one._dtype == "boolean" for one in series]
            if any(masked):
                return self._constructor_sliced(found, index=frame.columns, dtype="boolean")
            return self._constructor_sliced([bool(one) for one in found], index=frame.columns, dtype=bool)
        join, neutral = (np.logical_or, False) if how == "any" else (np.logical_and, True)
        rows = np.full(len(frame), neutral)
        for one in series:
            rows = join(rows, one._truths(neutral, skipna))
        return self._constructor_sliced(rows, index=frame.index)

    def count(self, axis: Any = 0, numeric_only: bool = False) -> Any:
        """Number of values that are not missing, a column or row."""
        number = self._get_axis_number(axis)
        if number == 1 and not numeric_only and self.shape[1]:
            return self.notna().sum(axis=1)
        return self._reduce("count", number, True, 0, 1, bool(numeric_only))
