"""Statistics beyond the plain reductions: quantiles, `describe`, correlation, products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert, _numpy_arguments, _row_reductions
from lumen.pandas._errors import Pandas4Warning
from lumen.pandas._reductions import check_skipna
from lumen.pandas._warn import warn


def _check_quantiles(q: Any) -> None:
    array = np.asarray(q, dtype="float64")
    if not np.all((array >= 0) & (array <= 1)):
        raise ValueError("percentiles should all be in the interval [0, 1]")


class _SeriesOfTimes:
    """What `describe` says of dates and durations."""

    def _describe_times(self, shares: list[float]) -> Any:
        found = {"count": self.count(), "mean": self.mean(), "std": self.std(), "min": self.min()}
        if self._dtype.startswith("datetime64"):
            del found["std"]
        found |= dict(zip(_percent(shares), self.quantile(shares).tolist() if shares else []))
        found["max"] = self.max()
        return self._constructor(list(found.values()), index=list(found), name=self.name)


class SeriesStatistics(_SeriesOfTimes):
    """Statistics of a series."""

    def quantile(self, q: Any = 0.5, interpolation: str = "linear") -> Any:
        """The value below which a share of the values lies."""
        _check_quantiles(q)
        if not _convert.is_list_like(q):
            return self._quantile(float(q), interpolation)
        found = [self._quantile(float(share), interpolation) for share in q]
        made = self._constructor(found, index=self._float_index(q), name=self.name)
        return made if len(found) else made.astype("float64")

    @staticmethod
    def _float_index(q: Any) -> Any:
        from lumen.pandas._index import Index

        return Index(np.asarray(q, dtype="float64"))

    def describe(self, percentiles: Any = None, include: Any = None, exclude: Any = None) -> Any:
        """Counts, moments and quantiles, or counts of values where they are no numbers."""
        if include is not None or exclude is not None:
            warn(
                "The 'include' and 'exclude' arguments are deprecated for Series.describe and will be removed in a future "
                "version. These arguments have no effect on Series and will be removed.",
                Pandas4Warning,
            )
        if "64[" in self._dtype:
            return self._describe_times([0.25, 0.5, 0.75] if percentiles is None else _shares(percentiles))
        if percentiles is None:
            return self._describe()
        shares = _shares(percentiles)
        base = self._describe()
        if "mean" not in base.index.tolist():
            return base
        spread = self.quantile(shares)
        head = [label for label in base.index.tolist() if not label.endswith("%") and label != "max"]
        values = [base[label] for label in head] + spread.tolist() + [base["max"]]
        labels = head + _percent(shares) + ["max"]
        return self._constructor(values, index=labels, name=self.name, dtype=base.dtype)

    def corr(self, other: Any, method: Any = "pearson", min_periods: Any = None) -> float:
        """Correlation with another series."""
        left, right = self.align(other, join="inner")
        if len(left) == 0:
            return np.nan
        valid = (left.notna() & right.notna()).to_numpy()
        left, right = left[valid], right[valid]
        if len(left) < (1 if min_periods is None else min_periods) or len(left) == 0:
            return np.nan
        if callable(method):
            return method(left.to_numpy(), right.to_numpy())
        if method == "pearson":
            return np.float64(left.astype("float64")._corr(right.astype("float64")))
        if method == "spearman":
            return np.float64(left.rank()._corr(right.rank()))
        if method == "kendall":
            return _kendall(left.to_numpy(), right.to_numpy())
        raise ValueError(
            f"method must be either 'pearson', 'spearman', 'kendall', or a callable, '{method}' was supplied"
        )

    def cov(self, other: Any, min_periods: Any = None, ddof: int | None = 1) -> float:
        """Covariance with another series."""
        left, right = self.align(other, join="inner")
        valid = (left.notna() & right.notna()).to_numpy()
        a, b = left[valid].to_numpy("float64"), right[valid].to_numpy("float64")
        if len(a) < (1 if min_periods is None else min_periods) or len(a) == 0:
            return np.nan
        return np.cov(a, b, ddof=ddof)[0, 1]

    def autocorr(self, lag: int = 1) -> float:
        return self.corr(self.shift(lag))

    def skew(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        _numpy_arguments.check("skew", (), kwargs)
        return self._moment("skew", axis, skipna, numeric_only)

    def kurt(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        _numpy_arguments.check("kurt", (), kwargs)
        return self._moment("kurt", axis, skipna, numeric_only)

    kurtosis = kurt

    def _moment(self, name: str, axis: Any, skipna: bool, numeric_only: bool) -> Any:
        check_skipna(skipna)
        self._check(name, axis, numeric_only)
        if self._dtype in ("object", "str", "string", "category") or "64[" in self._dtype:
            raise TypeError(
                f"'{type(self.array).__name__}' with dtype {self.dtype} does not support operation '{name}'"
            )
        return self._reduce(name, bool(skipna))

    def dot(self, other: Any) -> Any:
        """The sum of the products with another series, or with the columns of a frame."""
        if isinstance(other, (_engine.Series, _engine.DataFrame)):
            union = self.index.union(other.index)
            if len(union) > len(self) or len(union) > len(other):
                raise ValueError("matrices are not aligned")
            left = self.reindex(index=union).to_numpy()
            right = other.reindex(index=union).to_numpy()
        else:
            left, right = self.to_numpy(), np.asarray(other)
            if left.shape[0] != right.shape[0]:
                raise Exception(f"Dot product shape mismatch, {left.shape} vs {right.shape}")
        if isinstance(other, _engine.DataFrame):
            return self._constructor(np.dot(left, right), index=other.columns)
        return np.dot(left, right)

    def __rmatmul__(self, other: Any) -> Any:
        return self.dot(np.transpose(other))


class FrameStatistics:
    """Statistics of a frame."""

    def quantile(
        self,
        q: Any = 0.5,
        axis: Any = 0,
        numeric_only: bool = False,
        interpolation: str = "linear",
        method: str = "single",
    ) -> Any:
        """The value of each column (or row) below which a share of its values lies."""
        _check_quantiles(q)
        if method not in ("single", "table"):
            raise ValueError(f"Invalid method: {method}. Method must be in {{'single', 'table'}}.")
        if method == "table":
            raise NotImplementedError("lumen.pandas: DataFrame.quantile(method='table')")
        frame = self.select_dtypes(["number", "bool"]) if numeric_only else self
        if self._get_axis_number(axis) == 1:
            frame = frame.T
        shares = list(q) if _convert.is_list_like(q) else [q]
        found = [frame._series(place).quantile(shares, interpolation) for place in range(frame.shape[1])]
        if not _convert.is_list_like(q):
            values = [one._at(0) for one in found]
            return self._constructor_sliced(
                values, index=frame.columns, name=q, dtype=None if values else "float64"
            )
        made = self._constructor(
            {n: one._values for n, one in enumerate(found)}, index=SeriesStatistics._float_index(shares)
        )
        made.columns = frame.columns
        return made

    def describe(self, percentiles: Any = None, include: Any = None, exclude: Any = None) -> Any:
        """Counts, moments and quantiles of each column."""
        if self.ndim == 2 and self.shape[1] == 0:
            raise ValueError("Cannot describe a DataFrame without columns")
        has_times = any("64[" in dtype for dtype in self._dtypes)
        if percentiles is None and include is None and exclude is None and not has_times:
            return self._describe()
        if include == "all":
            if exclude is not None:
                raise ValueError("exclude must be None when include is 'all'")
            frame = self
        elif include is None and exclude is None:
            frame = self.select_dtypes(["number", "datetime", "timedelta"])
            frame = frame if frame.shape[1] else self
        else:
            frame = self.select_dtypes(include=include, exclude=exclude)
        columns = [frame._series(place).describe(percentiles) for place in range(frame.shape[1])]
        order: dict[Any, None] = {}
        for column in sorted(columns, key=len):
            order.update(dict.fromkeys(column.index.tolist()))
        labels = list(order)
        made = self._constructor(
            {n: column.reindex(labels) for n, column in enumerate(columns)}, index=labels
        )
        made.columns = frame.columns
        return made

    def corr(self, method: Any = "pearson", min_periods: int = 1, numeric_only: bool = False) -> Any:
        """Correlations of the columns with each other."""
        frame = self.select_dtypes(["number", "bool"]) if numeric_only else self
        if method == "pearson" and min_periods <= 1:
            return frame._corr()
        if method not in ("pearson", "spearman", "kendall") and not callable(method):
            raise ValueError(
                "method must be either 'pearson', 'spearman', 'kendall', or a callable,"
                f" '{method}' was supplied"
            )
        return frame._pairwise(lambda a, b: a.corr(b, method=method, min_periods=min_periods), method)

    def cov(self, min_periods: Any = None, ddof: int | None = 1, numeric_only: bool = False) -> Any:
        """Covariances of the columns with each other."""
        frame = self.select_dtypes(["number", "bool"]) if numeric_only else self
        return frame._pairwise(lambda a, b: a.cov(b, min_periods=min_periods, ddof=ddof), None)

    def _pairwise(self, function: Any, method: Any) -> Any:
        series = [self._series(place) for place in range(self.shape[1])]
        table = np.empty((len(series), len(series)))
        for row, left in enumerate(series):
            for column, right in enumerate(series[: row + 1]):
                value = 1.0 if callable(method) and row == column else function(left, right)
                table[row, column] = table[column, row] = value
        return self._constructor(table, index=self.columns, columns=self.columns)

    def corrwith(
        self,
        other: Any,
        axis: Any = 0,
        drop: bool = False,
        method: Any = "pearson",
        numeric_only: bool = False,
        min_periods: Any = None,
    ) -> Any:
        """Correlations of the columns with a series, or with the same columns of a frame."""
        axis = self._get_axis_number(axis)
        frame = self.select_dtypes(["number", "bool"]) if numeric_only else self
        if axis == 1:
            frame, other = frame.T, other.T if isinstance(other, _engine.DataFrame) else other
        if isinstance(other, _engine.Series):
            return frame.apply(lambda column: column.corr(other, method=method, min_periods=min_periods))
        if numeric_only:
            other = other.select_dtypes(["number", "bool"])
        shared = [label for label in frame.columns if label in other.columns]
        if method == "pearson":
            found = dict(_products(frame[shared], other[shared]).items())
        else:
            found = {label: frame[label].corr(other[label], method=method) for label in shared}
        if not drop:
            for label in [*frame.columns, *other.columns]:
                found.setdefault(label, np.nan)
        return self._constructor_sliced(found)

    def sem(
        self, axis: Any = 0, skipna: bool = True, ddof: int = 1, numeric_only: bool = False, **kwargs: Any
    ) -> Any:
        _numpy_arguments.check("sem", (), kwargs)
        spread = self.std(axis=axis, skipna=skipna, ddof=ddof, numeric_only=numeric_only)
        return spread / np.sqrt(self.count(axis=axis, numeric_only=numeric_only))

    def skew(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        _numpy_arguments.check("skew", (), kwargs)
        return self._moment("skew", axis, skipna, numeric_only)

    def kurt(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False, **kwargs: Any) -> Any:
        _numpy_arguments.check("kurt", (), kwargs)
        return self._moment("kurt", axis, skipna, numeric_only)

    kurtosis = kurt

    def _moment(self, name: str, axis: Any, skipna: bool, numeric_only: bool) -> Any:
        check_skipna(skipna)
        frame = self.select_dtypes(["number", "bool", "boolean"]) if numeric_only else self
        if axis is None:
            return getattr(self._constructor_sliced(frame.to_numpy().ravel()), name)(skipna=skipna)
        if self._get_axis_number(axis) == 1 and name == "skew":
            return _row_reductions.reduced(frame, name, bool(skipna), 0, 1)
        frame = frame.T if self._get_axis_number(axis) == 1 else frame
        found = [getattr(frame._series(place), name)(skipna=skipna) for place in range(frame.shape[1])]
        if "object" in frame._dtypes:
            return self._constructor_sliced(found, index=frame.columns, dtype=object)
        dtypes = {one for one in frame._dtypes if one[0].isupper() and one != "boolean"}
        if dtypes:
            masked = "Float32" if dtypes == {"Float32"} else "Float64"
            return self._constructor_sliced(found, index=frame.columns, dtype=masked)
        return self._constructor_sliced(found, index=frame.columns, dtype=None if found else "float64")

    def dot(self, other: Any) -> Any:
        """The product of matrices."""
        if isinstance(other, (_engine.Series, _engine.DataFrame)):
            union = self.columns.union(other.index)
            if len(union) > self.shape[1] or len(union) > len(other):
                raise ValueError("matrices are not aligned")
            left, right = self.reindex(columns=union).to_numpy(), other.reindex(index=union).to_numpy()
        else:
            left, right = self.to_numpy(), np.asarray(other)
            if left.shape[1] != right.shape[0]:
                raise ValueError(f"Dot product shape mismatch, {left.shape} vs {right.shape}")
        product = np.dot(left, right)
        if isinstance(other, _engine.DataFrame):
            return self._constructor(product, index=self.index, columns=other.columns)
        if product.ndim == 1:
            return self._constructor_sliced(product, index=self.index)
        return self._constructor(product, index=self.index)

    def __rmatmul__(self, other: Any) -> Any:
        return self.T.dot(np.transpose(other)).T


def _products(left: Any, right: Any) -> Any:
    """Pearson's correlations of the columns of two frames, over the rows where both have a value."""
    left, right = left.align(right, join="inner")
    left = left + right * 0
    right = right + left * 0
    products = ((left - left.mean()) * (right - right.mean())).sum()
    return products / ((left.count() - 1) * left.std() * right.std())


def _shares(percentiles: Any) -> list[float]:
    shares = [float(share) for share in percentiles]
    _check_quantiles(shares)
    if len(set(shares)) != len(shares):
        raise ValueError("percentiles cannot contain duplicates")
    return sorted(shares)


def _percent(shares: list[float]) -> list[str]:
    texts = []
    for share in shares:
        text = f"{share * 100:.10f}".rstrip("0").rstrip(".")
        texts.append(f"{text}%")
    return texts


def _kendall(a: np.ndarray, b: np.ndarray) -> float:
    """Kendall's tau-b, by counting pairs."""
    concordant = discordant = ties_a = ties_b = 0
    for row in range(len(a)):
        left, right = np.sign(a[row + 1 :] - a[row]), np.sign(b[row + 1 :] - b[row])
        product = left * right
        concordant += int((product > 0).sum())
        discordant += int((product < 0).sum())
        ties_a += int(((left == 0) & (right != 0)).sum())
        ties_b += int(((right == 0) & (left != 0)).sum())
    spread = np.sqrt(float(concordant + discordant + ties_a)) * np.sqrt(
        float(concordant + discordant + ties_b)
    )
    return (concordant - discordant) / spread if spread else np.nan
