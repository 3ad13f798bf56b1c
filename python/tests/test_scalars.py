"""Scalars, offsets and dtypes beside pandas' own: the same expression must show the same in both."""

from __future__ import annotations

import pytest

pytest.importorskip("pandas._libs", reason="needs an environment that has pandas itself")

import differential  # noqa: E402
import scalar_cases  # noqa: E402

GROUPS = ["arithmetic", "fields", "construction", "zones", "offsets", "dtypes"]


@pytest.mark.parametrize("group", GROUPS)
def test_shows_what_pandas_shows(group: str) -> None:
    expressions = getattr(scalar_cases, group)()
    assert len(expressions) > 50
    found = differential.differences(expressions)
    assert not found, f"{len(found)} of {len(expressions)}:\n" + "\n".join(found[:40])


def test_a_planted_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from lumen.pandas._timedelta import Timedelta

    monkeypatch.setattr(Timedelta, "__repr__", lambda self: "Timedelta('0 days 00:00:00')")
    assert differential.differences(["TD(1)", "TD(0)"])[0].startswith("TD(1)\n")
