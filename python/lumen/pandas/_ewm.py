"""`ExponentialMovingWindow`: weights that fall from row to row."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._window import BaseWindow, no_numba


class ExponentialMovingWindow(BaseWindow):
    """Weighted means, sums, variances and covariances of the rows so far."""

    _attributes = (
        "com",
        "span",
        "halflife",
        "alpha",
        "min_periods",
        "adjust",
        "ignore_na",
        "times",
        "method",
    )
    on = None
    step = None

    def _validate(self) -> None:
        self.min_periods = max(int(self.min_periods), 1) if self.min_periods is not None else 1
        if self.method not in ("single", "table"):
            raise ValueError("method must be 'table' or 'single")
        if self.method == "table":
            raise NotImplementedError("lumen.pandas: ewm(method='table')")
        self._deltas = None
        if self.times is not None:
            self._read_times()
            given = [one for one in (self.com, self.span, self.alpha) if one is not None]
            if given and not self.adjust:
                raise NotImplementedError(
                    "None of com, span, or alpha can be specified if times is provided and adjust=False"
                )
            self._com = _engine.center_of_mass(self.com, self.span, None, self.alpha) if given else 1.0
            return
        halflife = self.halflife
        if halflife is not None and not isinstance(halflife, (int, float, np.number)):
            raise ValueError("halflife can only be a timedelta convertible argument if times is not None.")
        numbers = [None if one is None else float(one) for one in (self.com, self.span, halflife, self.alpha)]
        self._com = _engine.center_of_mass(*numbers)

    def _read_times(self) -> None:
        from lumen.pandas._timedelta import Timedelta

        column = _convert.column_of(self.times)
        if not column.dtype.startswith("datetime64"):
            raise ValueError("times must be datetime64 dtype.")
        if len(column) != len(self.obj):
            raise ValueError("times must be the same length as the object.")
        if (
            isinstance(self.halflife, (int, float))
            and not isinstance(self.halflife, bool)
            or self.halflife is None
        ):
            raise ValueError("halflife must be a timedelta convertible object")
        if _convert.mask_of(column).any():
            raise ValueError("Cannot convert NaT values to integer")
        unit = column.dtype[column.dtype.index("[") + 1 :].split("]")[0].split(",")[0]
        per = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}[unit]
        halflife = Timedelta(self.halflife)
        nanos = halflife.as_unit("ns")._value
        ticks = np.frombuffer(column, dtype="i8") if len(column) else np.empty(0, "i8")
        self._deltas = (np.diff(ticks).astype("float64") * per / nanos).tolist()

    def _weighted(self, how: str, column: Any, other: Any = None) -> Any:
        return _engine.weighted(
            how,
            column,
            column if other is None else other,
            self._com,
            self.min_periods,
            bool(self.adjust),
            bool(self.ignore_na),
            self._deltas,
        )

    def mean(self, numeric_only: bool = False, engine: Any = None, engine_kwargs: Any = None) -> Any:
        no_numba(engine)
        return self._mapped("mean", lambda column: self._weighted("mean", column), numeric_only)

    def sum(self, numeric_only: bool = False, engine: Any = None, engine_kwargs: Any = None) -> Any:
        no_numba(engine)
        if not self.adjust:
            raise NotImplementedError("sum is not implemented with adjust=False")
        if self._deltas is not None:
            raise NotImplementedError("sum is not implemented with times")
        return self._mapped("sum", lambda column: self._weighted("sum", column), numeric_only)

    def var(self, bias: bool = False, numeric_only: bool = False) -> Any:
        how = "biased_cov" if bias else "cov"
        if self._deltas is not None:
            raise NotImplementedError("var is not implemented with times")
        return self._mapped("var", lambda column: self._weighted(how, column), numeric_only)

    def std(self, bias: bool = False, numeric_only: bool = False) -> Any:
        if self._deltas is not None:
            raise NotImplementedError("std is not implemented with times")
        how = "biased_cov" if bias else "cov"

        def root(column: Any) -> Any:
            spread = np.array(_convert.numpy_of(self._weighted(how, column)))
            spread[spread < 0] = 0
            return _convert.column_of(np.sqrt(spread))

        return self._mapped("std", root, numeric_only)

    def cov(
        self, other: Any = None, pairwise: bool | None = None, bias: bool = False, numeric_only: bool = False
    ) -> Any:
        from lumen.pandas._pairwise import paired

        if self._deltas is not None:
            raise NotImplementedError("cov is not implemented with times")
        return paired(self, "biased_cov" if bias else "cov", other, pairwise, 0, numeric_only)

    def corr(self, other: Any = None, pairwise: bool | None = None, numeric_only: bool = False) -> Any:
        from lumen.pandas._pairwise import paired

        if self._deltas is not None:
            raise NotImplementedError("corr is not implemented with times")
        return paired(self, "corr", other, pairwise, 0, numeric_only)

    def _pair(self, how: str, x: np.ndarray, y: np.ndarray, ddof: int) -> np.ndarray:
        with np.errstate(all="ignore"):
            return _convert.numpy_of(self._weighted(how, _convert.column_of(x), _convert.column_of(y)))

    def apply(self, *args: Any, **kwargs: Any) -> Any:
        raise AttributeError("'ExponentialMovingWindow' object has no attribute 'apply'")

    def online(self, engine: str = "numba", engine_kwargs: Any = None) -> Any:
        raise NotImplementedError("lumen.pandas: ExponentialMovingWindow.online")
