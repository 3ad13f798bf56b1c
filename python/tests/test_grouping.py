"""Groups, joins, windows, bins of time and shapes through the Python front.

Every expected text is what pandas 3.1.1 prints for the same call.
"""

import lumen.pandas as pd
import pytest

TABLE = pd.DataFrame(
    {"A": ["x", "x", "y", "y"], "B": ["p", "q", "p", "p"], "C": [1, 2, 3, 4], "D": [1.0, 2, 3, 4]}
)
TIMES = pd.Series([1, 2, 3, 4.0], index=pd.date_range("2020-01-01", periods=4, freq="12h"), name="x")

CASES = {
    "sums of two columns": (
        lambda: TABLE.groupby("A")[["C", "D"]].sum(),
        "   C    D\nA        \nx  3  3.0\ny  7  7.0",
    ),
    "lists by column": (
        lambda: TABLE.groupby("A").agg({"C": "sum", "D": ["min", "max"]}),
        "    C    D     \n  sum  min  max\nA              \nx   3  1.0  2.0\ny   7  3.0  4.0",
    ),
    "a merge by label": (
        lambda: TABLE.merge(
            TABLE.groupby("A")[["C"]].sum(), left_on="A", right_index=True, suffixes=("", "_sum")
        )["C_sum"],
        "0    3\n1    3\n2    7\n3    7\nName: C_sum, dtype: int64",
    ),
    "a pivot table with totals": (
        lambda: TABLE.pivot_table(index="A", columns="B", values="C", aggfunc="sum", margins=True),
        "B      p    q  All\nA                 \nx    1.0  2.0    3\ny    7.0  NaN    7\nAll  8.0  2.0   10",
    ),
    "a cross table": (lambda: pd.crosstab(TABLE.A, TABLE.B), "B  p  q\nA      \nx  1  1\ny  2  0"),
    "bins of days": (
        lambda: TIMES.resample("D").agg(["sum", "mean"]),
        "            sum  mean\n2020-01-01  3.0   1.5\n2020-01-02  7.0   3.5",
    ),
    "a finer step": (
        lambda: TIMES.resample("6h").ffill().tolist(),
        "[1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0]",
    ),
    "windows": (lambda: TIMES.rolling("1D").sum().tolist(), "[1.0, 3.0, 5.0, 7.0]"),
    "weights": (lambda: TIMES.ewm(com=1).mean().iloc[1], "1.6666666666666667"),
}


@pytest.mark.parametrize("name", CASES)
def test_results_print_as_pandas_prints_them(name: str) -> None:
    work, expected = CASES[name]
    assert str(work()) == expected
