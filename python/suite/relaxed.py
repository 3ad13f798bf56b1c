"""The relaxed reading of a test: what `match=` and warnings demand is ignored, everything else holds."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import pytest


@contextlib.contextmanager
def _quiet(*args: Any, **kwargs: Any) -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def install() -> None:
    """Replaces what asserts on messages and warnings. Call before a test module is imported."""
    raises = pytest.raises

    def relaxed_raises(*args: Any, **kwargs: Any) -> Any:
        kwargs.pop("match", None)
        return raises(*args, **kwargs)

    pytest.raises = relaxed_raises  # type: ignore[assignment]
    pytest.warns = _quiet  # type: ignore[assignment]

    import pandas._testing as tm

    for name in ("assert_produces_warning", "maybe_produces_warning", "raises_chained_assignment_error"):
        setattr(tm, name, _quiet)
    original = tm.external_error_raised
    tm.external_error_raised = lambda expected: original(expected)
