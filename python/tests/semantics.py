"""What pandas means, a paragraph at a time: the same lines on `lumen.pandas` and on pandas itself, and all that a user
can see of their results compared: values, dtypes, labels, names, order, warnings, and an exception's class and text.

Run by `cargo xtask python-tests` with an interpreter that reaches both; ends with status 1 where something differs.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as reference

import lumen.pandas as ours

# Names that every line may use, made anew for each of them.
GIVEN = """
s1 = pd.Series([1, 2, 3], index=["b", "a", "c"], name="n")
s2 = pd.Series([10, 20, 30], index=["c", "d", "b"], name="n")
t = pd.Series([1.5, nan, 3.0, nan], index=list("wxyz"), name="t")
i = pd.Series([3, 1, 2], name="i")
n = pd.Series([1, None, 3], dtype="Int64", name="n")
b = pd.Series([True, None, False], dtype="boolean", name="b")
w = pd.Series(["a", None, "ab"], name="w")
df = pd.DataFrame({"k": ["x", "y", "x", None], "v": [1, 2, 3, 4], "u": [0.5, nan, 2.5, 1.0]})
dup = pd.Series([1, 2, 3], index=["a", "b", "a"])
cat = pd.Series(["lo", "hi", "lo"], dtype=pd.CategoricalDtype(["lo", "mid", "hi"]))
times = pd.Series(range(4), index=pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"]))
left = pd.DataFrame({"k": ["b", "a", "b", None], "x": [1, 2, 3, 4]})
right = pd.DataFrame({"k": ["b", None, "c"], "y": [10, 20, 30]})
mi = pd.Series(range(4), index=pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["f", "g"]))
"""

# A paragraph's lines; `;` parts statements from the expression at the end, whose value is compared.
SEMANTICS: dict[str, str] = {
    "alignment: the union of unequal indexes is sorted": """
s1 + s2
s2 + s1
s1 + s1
s1 + s1[["c", "b", "a"]]
s1.add(s2, fill_value=0)
s1 - s2.iloc[:0]
pd.Series([1, 2], index=[2, 1]) * pd.Series([3, 4], index=[1, 3])
s1.index.union(s2.index)
s1.index.union(s2.index, sort=False)
s1.index.intersection(s2.index)
s1.index.difference(s2.index)
s1.index.symmetric_difference(s2.index)
s1.align(s2)
s1.align(s2, join="left")
s1.align(s2, join="inner", fill_value=-1)
df + df.iloc[::-1]
df[["v", "u"]] + df[["u"]]
""",
    "alignment: integers and strings unite without an error": """
pd.Index([1, 2]).union(pd.Index(["a"]))
pd.Series([1, 2], index=[1, "a"]) + pd.Series([1, 2], index=["a", 2])
pd.Index(["b", 3, "a", 1]).union(pd.Index([2]))
pd.Index([2, 1]).union(pd.Index([1.5]))
pd.Index([1]).union(pd.Index([True]))
pd.concat([pd.Series([1], index=[0]), pd.Series([2], index=["a"])], axis=1)
""",
    "alignment: duplicate labels multiply, equal indexes pair": """
dup + dup
dup + pd.Series([10, 20], index=["a", "b"])
dup + pd.Series([10, 20], index=["a", "c"])
dup + pd.Series([1, 2, 3], index=["a", "a", "b"])
dup.reindex(["a"])
dup.index.is_unique, dup.index.has_duplicates, dup.index.duplicated().tolist()
dup.index.get_loc("a")
dup.index.get_indexer(["a"])
dup.index.get_indexer_non_unique(["a", "z"])
dup[~dup.index.duplicated(keep="last")]
""",
    "alignment: what a missing side does to a dtype": """
i.reindex([0, 5])
n.reindex([0, 5])
pd.Series([True, False]).reindex([0, 5])
pd.Series([True, False]).shift()
pd.Series([True, False]).shift(fill_value=True)
i.shift()
i.shift(fill_value=0)
i.shift(-1, fill_value=9)
n.shift()
w.reindex([0, 9])
cat.reindex([0, 9])
times.reindex(times.index[:2].union(pd.to_datetime(["2024-02-01"])))
pd.Series([1, 2], dtype="int8").reindex([0, 7])
pd.Series([1, 2], dtype="int8").reindex([0, 7], fill_value=3)
pd.Series([1, 2], dtype="uint64").shift()
i.reindex([0, 1], fill_value=None)
""",
    "alignment: frames with series go by columns, comparisons do not align": """
df[["v", "u"]] + pd.Series({"v": 10, "z": 1})
df[["v", "u"]].add(pd.Series([1, 2, 3, 4]), axis=0)
df[["v", "u"]] - df[["v", "u"]].iloc[0]
s1 == s2
s1.eq(s2)
s1 == s1[["c", "b", "a"]]
df == df.iloc[:2]
df[["v"]] == df[["u"]]
df.assign(z=pd.Series([9, 8], index=[3, 0]))
x = df.copy(); x["z"] = pd.Series([1, 2], index=[7, 1]); x
x = df.copy(); x["z"] = [1, 2]; x
x = df.copy(); x["z"] = np.arange(3); x
x = df.copy(); x["v"] = dup; x
s1 < s2
""",
    "alignment: names": """
(s1 + s2).name, (s1 + t).name
(i + i.rename("j")).name
pd.Series([1], index=pd.Index([0], name="l")) + pd.Series([1], index=pd.Index([0], name="r"))
pd.Series([1, 2], index=pd.Index([0, 1], name="l")) + pd.Series([1, 2], index=pd.Index([1, 2], name="r"))
pd.Index([0, 1], name="l").union(pd.Index([1, 2], name="r")).name
pd.Index([0, 1], name="l").union(pd.Index([1, 2], name="l")).name
pd.Index([0, 1], name="l").intersection(pd.Index([1, 2])).name
pd.concat([s1, s2]).name, pd.concat([s1, t]).name
""",
    "indexing: labels, both ends, missing labels": """
s1.loc["b":"a"]
s1.loc[["b", "z"]]
s1.loc["z"]
s1["z"]
s1[0]
s1.iloc[0], s1.iloc[-1]
s1.iloc[3]
s1[:2]
pd.Series([1, 2, 3], index=[5, 6, 7])[1:]
pd.Series([1, 2, 3], index=[5, 6, 7]).loc[5:6]
pd.Series([1, 2, 3], index=[5, 6, 7])[5]
pd.Series([1, 2, 3], index=[5, 6, 7])[0]
pd.Series([1, 2, 3], index=[5.0, 6.0, 7.0])[5:6]
i.loc[1:2]
i.loc[5:9]
df.loc[1:2, "v":"u"]
df.loc[0, "v"], df.at[0, "v"], df.iat[0, 1]
df.loc[[0, 9]]
df.loc[:, ["v", "z"]]
df["z"]
df[["v", "z"]]
df.iloc[[0, -1], [1]]
df.iloc[0:10, -1]
df.iloc[[9]]
df.iloc[:, 9]
df.loc[df.v > 2, "k"]
df.loc[lambda x: x.v > 2]
df.get("z"), df.get("v").tolist()
s1.get("z", 5), s1.get("a")
df.at[9, "v"]
df.loc["a":"b"]
s1.iloc["a"]
s1.loc[1.5]
df.xs(1)
""",
    "indexing: duplicates and order": """
dup.loc["a"]
dup["b"]
dup.loc["a":"b"]
dup.sort_index().loc["a":"a"]
pd.Series([1, 2, 3], index=["b", "c", "a"]).loc["a":"c"]
pd.Series([1, 2, 3], index=["a", "c", "d"]).loc["b":"d"]
pd.Series([1, 2, 3], index=["c", "a", "d"]).loc["b":"d"]
dup.loc[["a", "b"]]
dup.loc["z":]
""",
    "indexing: masks": """
i[pd.array([True, None, False], dtype="boolean")]
i[pd.Series([True, None, False], dtype=object)]
i[[True, False]]
i[[True, False, True]]
i[pd.Series([True, False, True], index=[2, 1, 0])]
i[pd.Series([True, False, True], index=[2, 1, 7])]
df[pd.Series([True, False, True, True], index=[3, 2, 1, 0])]
df[[True, False, True]]
df[df[["v"]] > 2]
i.where(i > 1)
i.mask(i > 1, 0)
i.where(i > 1, "a")
df[["v", "u"]].where(df[["v", "u"]] > 1, 0)
i[~(i > 1)]
i[-(i > 1)]
df[(df.v > 1) & (df.u > 1)]
df[df.v > 1 and df.u > 1]
df.query("v > 1 and u > 1")
""",
    "indexing: duplicate columns and odd labels": """
pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"])["a"]
pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]).a
pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]).loc[0, "a"]
pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]).sum()
pd.Index([0, "a"])
pd.Index([0, "a", (1, 2)])
pd.DataFrame({0: [1], "a": [2], (1, 2): [3]}).columns
pd.DataFrame({True: [1], 1.5: [2], None: [3]})
pd.Index([1, 2.5]), pd.Index([1, True]), pd.Index([None, "a"]), pd.Index([None, 1])
x = pd.DataFrame([[1, 2]], columns=["a", "a"]); x["a"] = 5; x
pd.DataFrame({"a": [1]}).rename(columns={"a": "b"}, errors="raise").columns
pd.DataFrame({"a": [1]}).rename(columns={"z": "b"}, errors="raise")
""",
    "indexing: ranges stay ranges": """
i.iloc[::2].index
i.iloc[::-1].index
i.iloc[1:].index
df.index[1:3]
pd.RangeIndex(5) + 1
pd.RangeIndex(5) * 2
pd.RangeIndex(1, 9, 3)
pd.RangeIndex(5).append(pd.RangeIndex(5, 7))
pd.RangeIndex(5)[[1, 2]]
pd.RangeIndex(5).union(pd.RangeIndex(5, 8))
pd.RangeIndex(0).dtype, pd.RangeIndex(5).get_loc(3)
pd.RangeIndex(5).get_loc(7)
df.reset_index(drop=True).index
df.iloc[[0, 2]].index
""",
    "assignment: values that a dtype does not take": """
x = i.copy(); x[0] = 1.5; x
x = i.copy(); x[0] = "x"; x
x = w.copy(); x[0] = 1; x
x = i.copy(); x[0] = True; x
x = pd.Series([1, 2], dtype="uint8"); x[0] = -1; x
x = pd.Series([1, 2], dtype="int8"); x[0] = 1000; x
x = i.copy(); x[0] = 3.0; x
x = i.copy(); x[0] = nan; x
x = i.copy(); x[0] = None; x
x = i.copy(); x[0] = pd.NA; x
x = pd.Series([True, False]); x[0] = nan; x
x = pd.Series([True, False]); x[0] = 1; x
x = n.copy(); x[0] = None; x
x = n.copy(); x[0] = 1.5; x
x = t.copy(); x["w"] = "a"; x
x = i.copy(); x.loc[9] = 3.5; x
x = i.copy(); x.loc[9] = 4; x
x = i.copy(); x.loc["a"] = 4; x
x = i.copy(); x.iloc[9] = 4; x
x = df.copy(); x.loc[9] = ["q", 5, 1.0]; x
x = df.copy(); x.loc[9] = 1; x
x = df.copy(); x.loc[0, "new"] = 1; x
x = df.copy(); x.loc[df.v > 2, "v"] = 0; x
x = df.copy(); x.loc[df.v > 2, ["v", "u"]] = [[1, 2], [3, 4]]; x
x = df.copy(); x.loc[:, "v"] = [1.5, 2, 3, 4]; x
x = df.copy(); x.iloc[0, 0] = "zz"; x
x = df.copy(); x.at[1, "u"] = 7; x
x = df.copy(); x.at[7, "u"] = 7; x
x = df.copy(); x[["v", "u"]] = 0; x
x = df.copy(); x[x["v"] > 2] = None; x
x = df.copy(); x.v = 5; x
x = df.copy(); x.iloc[:, 1] = "a"; x
x = times.copy(); x.iloc[0] = pd.Timestamp("2024"); x
x = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"])); x[0] = "2025-01-01"; x
x = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"])); x[0] = 5; x
x = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"])); x[0] = None; x
""",
    "numbers: overflow and mixed signs": """
pd.Series([127], dtype="int8") + 1
pd.Series([127], dtype="int8") + pd.Series([1], dtype="int8")
pd.Series([1], dtype="int8") + 300
pd.Series([1], dtype="uint8") - 2
pd.Series([1], dtype="uint64") + pd.Series([1])
pd.Series([2**62, 2**62]).sum()
pd.Series([2**62, 2**62, 1]).sum()
pd.Series([2**63 - 1]) + 1
pd.Series([2**63], dtype="uint64").sum()
pd.Series([200, 100], dtype="uint8").sum(), pd.Series([100, 100], dtype="int8").sum()
pd.Series([100, 100], dtype="int8").prod()
pd.Series([100, 100], dtype="int8").cumsum()
pd.Series([2**63])
pd.Series([2**64])
pd.Series([-1, 2**63])
pd.Series([1]) + 2**64
pd.Series([1.5], dtype="float32") + 1
pd.Series([1], dtype="float32") + pd.Series([1], dtype="int64")
pd.Series([1], dtype="int32") + pd.Series([1.5], dtype="float32")
pd.Series([300]).astype("uint8")
pd.Series([1.5]).astype(int)
pd.Series([nan]).astype(int)
pd.Series([math.inf]).astype(int)
pd.Series(["1", "x"]).astype(int)
pd.Series(["1", "2"]).astype(int)
pd.Series([1, None], dtype="Int64").astype(int)
""",
    "numbers: division, powers, booleans": """
i // 0, i % 0
-i // 0
pd.Series([0]) // 0, pd.Series([0]) / 0
i / 0
pd.Series([-7]) % 3, pd.Series([-7]) // 3, pd.Series([7]) % -3
pd.Series([-7.0]) % 3, pd.Series([-7.5]) // 2
i ** -1
i ** 0.5
pd.Series([2]) ** pd.Series([-1])
i.divmod(2)
divmod(i, 2)
i.rfloordiv(7), i.rmod(7), i.rpow(2), i.rtruediv(1), i.rsub(1)
pd.Series([True]) - pd.Series([True])
pd.Series([True, False]) + pd.Series([True, False])
pd.Series([True, False]) * 2
-pd.Series([True, False])
~pd.Series([True, False])
~pd.Series([1, 2])
pd.Series([True, False]) & pd.Series([True, None])
pd.Series([True, False]) | [False, True]
pd.Series([1, 2]) & 3
pd.Series([1.0]) & 3
pd.Series([True, False]) ^ True
pd.Series([True]) / pd.Series([True])
pd.Series([True]) // pd.Series([True])
pd.Series([True]) ** pd.Series([True])
pd.Series(["a"]) + 1
pd.Series(["a"]) + "b", "b" + pd.Series(["a"])
pd.Series(["a"]) * 2
pd.Series(["a"]) - "a"
pd.Series(["a", None]) + pd.Series(["b", "c"])
""",
    "numbers: reductions of few, of none, of missing": """
pd.Series([0.5, 1.5, 2.5]).round()
pd.Series([2.675, -1.005]).round(2)
pd.Series([15, 25]).round(-1)
i.var(), i.std(), i.var(ddof=0), pd.Series([1.0]).std(), pd.Series([1.0]).var(ddof=0)
pd.Series([], dtype=float).sum(), pd.Series([], dtype=float).prod(), pd.Series([], dtype=float).mean()
pd.Series([], dtype=float).max()
pd.Series([], dtype=int).max()
pd.Series([], dtype=float).any(), pd.Series([], dtype=float).all()
pd.Series([])
pd.Series([nan, nan]).any(), pd.Series([nan, nan]).all()
pd.Series([nan, nan]).any(skipna=False)
pd.Series([nan, nan]).idxmax()
pd.Series([nan, nan]).argmax()
pd.Series([], dtype=float).idxmin()
pd.Series([nan, nan]).sum(), pd.Series([nan, nan]).sum(min_count=1), pd.Series([nan]).max()
t.sum(), t.mean(), t.median(), t.sum(skipna=False), t.max(skipna=False), t.count()
t.cumsum(), t.cumprod(), t.cummax(skipna=False)
t.idxmax(), t.idxmin(), t.argmax()
t.sem(), t.skew(), t.kurt(), pd.Series([1, 2, 3, 9.0]).skew(), pd.Series([1, 2, 3, 9.0]).kurt()
n.sum(), n.mean(), n.max(), n.sum(skipna=False), n.std()
b.any(), b.all(), b.any(skipna=False), b.all(skipna=False), b.sum()
w.sum(), w.max(), w.count()
w.mean()
df.sum()
df.sum(numeric_only=True)
df.mean(numeric_only=True)
df.mean()
df.max()
df[["v", "u"]].sum(axis=1)
df[["v", "u"]].agg(["sum", "mean"])
df.agg({"v": ["sum", "max"], "u": "mean"})
df.describe()
df.k.describe()
df.describe(include="all")
i.quantile([0.25, 0.5]), i.quantile(0.3, interpolation="lower")
df[["v", "u"]].corr(), df[["v", "u"]].cov()
i.mode(), pd.Series([2, 1, 2, 1]).mode(), pd.Series([nan, nan, 1]).mode(dropna=False)
df.nunique(), df.count()
""",
    "numbers: reductions along rows": """
pd.DataFrame({"a": [2**60 + 1, 1], "b": [1, 2]}).sum(axis=1)
pd.DataFrame({"a": [2**63, 1], "b": [1, 2]}, dtype="uint64").sum(axis=1)
pd.DataFrame({"a": [100, 1], "b": [100, 2]}, dtype="int8").max(axis=1), pd.DataFrame({"a": [100, 1], "b": [100, 2]}, dtype="int8").sum(axis=1)
df[["v", "u"]].sum(axis=1), df[["v", "u"]].min(axis=1, skipna=False), df[["v", "u"]].mean(axis=1)
df[["v", "u"]].std(axis=1), df[["v", "u"]].var(axis=1, ddof=0), df[["v", "u"]].median(axis=1), df[["v", "u"]].sem(axis=1)
pd.DataFrame({"a": [1.5, nan], "b": [2.5, nan]}, dtype="float32").sum(axis=1, min_count=1)
pd.DataFrame({"a": [True, False], "b": [2, 3]}).sum(axis=1), pd.DataFrame({"a": [True, False], "b": [2, 3]}).median(axis=1)
pd.DataFrame({"a": n, "b": n}).sum(axis=1), pd.DataFrame({"a": n, "b": n}).mean(axis=1), pd.DataFrame({"a": n, "b": i}).max(axis=1)
pd.DataFrame({"a": n, "b": b}).any(axis=1, skipna=False), pd.DataFrame({"a": n}).all(axis=1, skipna=False)
pd.DataFrame({"a": n, "b": n}).idxmax(axis=1, skipna=False)
pd.DataFrame({"a": times.index, "b": times.index[::-1]}).max(axis=1)
pd.DataFrame({"a": w, "b": w}).min(axis=1)
pd.DataFrame({"a": [1, "x"], "b": [2, "y"]}, dtype=object).sum(axis=1)
pd.DataFrame({"a": n, "b": n.astype("Int8")}).sum(), pd.DataFrame({"a": n}).max(), pd.DataFrame({"a": n}).mean()
pd.DataFrame({"a": [1.5, 2.5]}, dtype="float32").mean(), pd.DataFrame({"a": [1, 2]}, dtype="int8").min()
pd.DataFrame({"a": [1, 2], "b": pd.Series([1, 2], dtype=object)}).sum()
df.sum(skipna=None)
pd.DataFrame(columns=["a", "b"], dtype="int8").sum(axis=1)
x = pd.Series([1, 2]); x[[False, False]] = pd.NA; x
""",
    "reshape: the previous way of stacking": """
df[["v", "u"]].stack(future_stack=False)
pd.DataFrame([[1, nan, 3], [nan, nan, 6]], columns=pd.MultiIndex.from_tuples([("a", "y"), ("a", "x"), ("b", "x")])).stack(future_stack=False)
pd.DataFrame([[1, nan, 3]], columns=pd.MultiIndex.from_tuples([("a", "y"), ("a", "x"), ("b", "x")])).stack([0, 1], future_stack=False)
pd.DataFrame([[1, nan, 3]], columns=pd.MultiIndex.from_tuples([("a", "y"), ("a", "x"), ("b", "x")])).stack(0, dropna=False, sort=False, future_stack=False)
df.stack(dropna=pd.api.extensions.no_default)
""",
    "columns: select and filter": """
df.select("v", "k"), df.select(["u"]), df.select("v", w=pd.col("v") * 2, x=lambda d: d["w"] + 1)
df.select("v", ["u"])
df.select({"v"})
df.select("nothing")
df.select(pd.col("v") + pd.col("u"))
df.filter(cond=df["v"] > 1), df.filter(lambda d: d["u"] > 1), df.filter(cond=[True, False, True], axis=1)
df.filter(cond=pd.array([True, None, False, True])), df.filter(cond=pd.array([True, None, False, True]), na=True)
df.filter(cond=pd.array([True, None, False, True]), na="raise")
df.filter(cond="v")
df.filter([True, False])
df.to_timestamp(), df.to_period()
s1.to_period()
""",
    "categories and dummies: there and back": """
pd.from_dummies(pd.get_dummies(cat))
pd.from_dummies(pd.DataFrame({"a_x": [1, 0], "a_y": [0, 0]}), sep="_", default_category="z")
pd.from_dummies(pd.DataFrame({"x": [1, 0], "y": [0, 0]}))
pd.from_dummies(pd.DataFrame({"x": [1, 0], "y": [1, 1]}))
pd.api.types.union_categoricals([pd.Categorical(["b", "c"]), pd.Categorical(["a", None, "b"])])
pd.api.types.union_categoricals([cat, cat], sort_categories=True)
pd.api.types.union_categoricals([pd.Categorical(["b"], ordered=True), pd.Categorical(["a"], ordered=True)], ignore_order=True)
pd.api.types.union_categoricals([pd.Categorical(["b"]), pd.Categorical([1])])
""",
    "times: constructors, truths and what describes them": """
pd.Series(["2024-01-01", "2024-06-01"], dtype="datetime64[ns, US/Eastern]"), pd.Series([1], dtype="datetime64[ns, US/Eastern]")
pd.DatetimeIndex([1, 2], tz="US/Eastern"), pd.Index(np.array(["2024-01-01"], dtype="M8[s]"), dtype="datetime64[s, US/Eastern]")
pd.Series([pd.Timestamp("2024-01-01", tz="UTC")], dtype="datetime64[ns]")
pd.Series([pd.NaT, 1], dtype="Int64")
pd.Series([True, False, True, True], index=times.index) & times.index.to_series()
np.logical_and(times.index.to_series(), True)
np.logical_xor(pd.Series([True]), pd.Timestamp("2024-01-01"))
times.index.to_series().describe(), (times.index - times.index[0]).to_series().describe()
pd.DataFrame({"t": times.index, "x": [1.0, 2.0, 3.0, 4.0]}).describe()
pd.Series([0.0, 1.0, 2.0, 3.0]).ewm(halflife="2 days", times=times.index, adjust=False).mean()
w.str.extractall("(z)"), pd.Index(["a", nan], dtype=object).str.len()
pd.Series([1, 2, 2], dtype="category").rolling(2).sum()
""",
    "deprecations": """
times.index.to_series().dt.dayofweek, times.index.dayofyear, times.index.array.daysinmonth
df.groupby(["k"]).groups
df.groupby(["k"]).indices
df.groupby("k")[["v"]].nth[0]
df.groupby("k")[["v", "u"]].corrwith(df["v"])
s1.describe(include="all")
s1.map(arg=str)
pd.DataFrame.from_records({"a": [1]})
times[dt.date(2024, 1, 2):]
times[pd.Timestamp("2024-01-02", tz="UTC"):]
pd.DatetimeIndex(["02/03/2024"], dayfirst=True)
""",
    "missing: filled values keep the dtype": """
t.fillna(0)
t.fillna(1).dtype
pd.Series([1, None], dtype=object).fillna(2)
pd.Series([1.5, None]).fillna("a")
n.fillna(0)
n.fillna(1.5)
b.fillna(False)
w.fillna("z")
w.fillna(1)
df.fillna({"k": "z", "u": 0})
df.fillna(0)
t.ffill(), t.bfill(), t.ffill(limit=1)
t.interpolate()
t.dropna(), df.dropna(), df.dropna(subset=["k"]), df.dropna(how="all", axis=1), df.dropna(thresh=3)
i.replace(1, 9), i.replace([1, 2], [8, 9]), i.replace({1: 9.5}), i.replace(1, "a")
w.replace("a", "z"), w.replace("^a", "z", regex=True), df.replace({"k": {"x": "q"}})
pd.Series([1, None, "a"]).isna(), pd.isna([1, None]), pd.isna(None), pd.notna(nan)
pd.Series([1, 2], dtype=object).replace(1, 5)
pd.Series([1, 2], dtype=object).infer_objects()
t.combine_first(pd.Series([9.0, 9.0], index=["x", "q"]))
cat.fillna("hi"), cat.fillna("zz")
""",
    "missing: nullable arithmetic": """
pd.Series([0.0, 1.0], dtype="Float64") / 0
(pd.Series([0.0, 1.0], dtype="Float64") / 0).isna()
n + 1, n / 2, n == 1, n > 1, n * 1.5
n + pd.Series([1.5, 2.5, 3.5])
b & True, b | True, b & False, b ^ True, ~b
b & b.iloc[::-1].reset_index(drop=True)
n == None
bool(pd.NA)
pd.NA + 1, pd.NA == pd.NA, pd.NA & False, pd.NA | True, pd.NA ** 0, 1 ** pd.NA
i[b]
n.astype(float), n.astype("float64"), n.to_numpy(), n.to_numpy(dtype=float, na_value=nan)
n.astype(str), n.astype(object)
pd.array([1, None]), pd.array([1.5, None]), pd.array(["a", None]), pd.array([True, None])
pd.Series([1, 2, None]).convert_dtypes()
df.convert_dtypes().dtypes
n.value_counts(), n.value_counts(dropna=False), n.unique()
n ** 0, n // 0, n % 2
""",
    "strings: the dtype of text": """
w
w.dtype, w.dtype == object, w.dtype == "string", w.dtype == "str", str(w.dtype)
w[1], w.isna().tolist(), w.tolist()
pd.Series(["a", 1]).dtype
pd.Series(["a"], dtype=object).dtype
pd.Series(["a", None], dtype="string")
pd.Series(["a", None], dtype="string")[1]
pd.DataFrame({"a": ["x"]}).dtypes
pd.Index(["a", "b"]).dtype, pd.DataFrame({"a": [1]}).columns.dtype
w.astype("category"), w.astype(object)
pd.Series([1, None, 2.5]).astype(str)
pd.Series([True, False]).astype(str)
w.astype("string").dtype
""",
    "strings: comparisons": """
w == "a", w != "a", w < "b"
w == w
w == 1
w < 1
w.astype("string") == "a"
(w.astype("string") == "a").dtype
w.isin(["a", None]), w.isin([nan])
w.between("a", "b")
""",
    "strings: methods over missing": """
w.str.len(), w.astype("string").str.len()
w.str.contains("b"), w.astype("string").str.contains("b"), w.str.contains("b", na=True)
w.str.upper(), w.str.title(), w.str.startswith("a"), w.str.endswith(("b", "c"))
w.str[0], w.str[5], w.str[-1], w.str.get(1), w.str.slice(0, 1)
w.str.split("b"), w.str.split("b", expand=True), w.str.partition("b")
w.str.replace("a", "x"), w.str.replace("[ab]", "x", regex=True), w.str.replace("a", lambda m: "q", regex=True)
w.str.cat(sep="-"), w.str.cat(["1", "2", "3"]), w.str.cat(w, sep="|", na_rep="?")
w.str.extract("(a)(b)?"), w.str.extract("(?P<p>a)"), w.str.extractall("(a|b)"), w.str.findall("a|b")
w.str.pad(4), w.str.zfill(4), w.str.center(5, "*"), w.str.ljust(3, ".")
w.str.count("a"), w.str.find("b"), w.str.isalpha(), w.str.isnumeric(), w.str.isdigit()
w.str.strip("a"), w.str.lstrip(), w.str.removeprefix("a"), w.str.repeat(2), w.str.join("-")
w.str.get_dummies(), w.str.encode("utf-8"), w.str.normalize("NFC"), w.str.casefold()
w.str.index("b")
w.str.contains("(")
i.str.upper()
pd.Series(["ß", "İ", "ǆ"]).str.upper(), pd.Series(["ΑΣ"]).str.lower(), pd.Series(["éa"]).str.len()
pd.Series(["a b", "c"]).str.split(), pd.Series(["a,b,c"]).str.rsplit(",", n=1)
""",
    "strings: values that are no text": """
x = w.copy(); x[0] = 5; x
x = w.copy(); x[0] = None; x
pd.Series(["a", None]).astype(str), pd.Series([None, "a"], dtype=object).astype(str)
pd.Series(["a", 1]).str.upper()
pd.Series(["a", "b"]).astype(float)
pd.to_numeric(pd.Series(["1", "x", None]), errors="coerce")
pd.to_numeric(pd.Series(["1", "x"]))
pd.to_numeric(pd.Series(["1", "2.5"])), pd.to_numeric("7"), pd.to_numeric(["1", "2"], downcast="integer")
""",
    "strings: reductions and selection by dtype": """
w.sum(), w.dropna().sum(), pd.Series(["a", "b"]).sum()
pd.Series(["a", "b"]).mean()
pd.Series(["a", "b"]).prod()
pd.Series(["b", "a"]).min(), w.min(), w.cumsum()
df.columns, df.select_dtypes("object"), df.select_dtypes("str").columns, df.select_dtypes("number").columns
df.select_dtypes(include=["int64"], exclude=["float64"]).columns
df.select_dtypes(exclude="number").columns
df.select_dtypes()
""",
    "copies: a child never changes its parent": """
x = df.copy(); y = x["v"]; y.iloc[0] = 99; x
x = df.copy(); x["v"][0] = 99; x
x = df.copy(); x["u"].fillna(0, inplace=True); x
x = df.copy(); y = x[:2]; y.loc[0, "v"] = 99; x
x = df.copy(); y = x.loc[:, "v":]; y.iloc[0, 0] = 99; x
x = df.copy(); y = x.copy(deep=False); y.iloc[0, 1] = 99; x
x = df.copy(); y = x.rename(columns={"v": "z"}); y.iloc[0, 1] = 99; x
x = i.copy(); x.values[0] = 5
x = df.copy(); x.to_numpy()[0, 0] = 5
a = np.array([1, 2]); x = pd.Series(a); a[0] = 9; x
a = np.array([1, 2]); x = pd.Series(a, copy=False); a[0] = 9; x
a = np.array([[1, 2]]); x = pd.DataFrame(a); a[0, 0] = 9; x
x = df.copy(); x[x.v > 2]["v"] = 0; x
x = df.copy(); x.loc[0]["v"] = 0; x
x = i.copy(); y = x; y[0] = 9; x
x = df.copy(); y = x.pop("v"); (y, x)
x = df.copy(); del x["v"]; x
""",
    "groups: missing keys and order": """
df.groupby("k").v.sum()
df.groupby("k", dropna=False).v.sum()
df.groupby("k").v.transform("sum")
df.groupby("k", sort=False).v.sum()
df.groupby(["k", "v"]).size()
df.groupby("k", as_index=False).v.sum()
df.groupby("k").groups
df.groupby("k", dropna=False).ngroups, len(df.groupby("k"))
df.groupby("k").ngroup(), df.groupby("k").cumcount()
df.groupby("k").get_group("x")
df.groupby("k").get_group("q")
df.groupby("z").sum()
df.groupby(df.v % 2).sum(numeric_only=True)
df.groupby(lambda r: r % 2).v.sum()
df.groupby({0: "a", 1: "b", 2: "a"}).v.sum()
df.groupby(level=0).v.sum()
df.groupby([])
df.groupby("k").sum()
df.groupby("k").mean()
df.groupby("v").mean()
""",
    "groups: counts, first and last": """
df.groupby("k").u.sum(), df.groupby("k").u.sum(min_count=2)
df.groupby("k").count(), df.groupby("k").size()
df.groupby("k").first(), df.groupby("k").last(), df.groupby("k").nth(0), df.groupby("k").head(1), df.groupby("k").tail(1)
df.groupby("k").u.std(), df.groupby("k").u.var(ddof=0), df.groupby("k").u.median(), df.groupby("k").u.quantile(0.5)
df.groupby("k").v.cumsum(), df.groupby("k").v.shift(), df.groupby("k").v.diff(), df.groupby("k").v.rank()
df.groupby("k").nunique(), df.groupby("k").v.max(), df.groupby("k").v.idxmax(), df.groupby("k").u.ffill()
df.groupby("k").v.value_counts(), df.groupby("k").v.unique(), df.groupby("k").v.describe()
df.groupby("k").v.nlargest(1), df.groupby("k").v.pct_change(), df.groupby("k").v.prod(), df.groupby("k").v.sem()
df.groupby("k").any(), df.groupby("k").v.all()
df.groupby("k").sample(1, random_state=1)
""",
    "groups: categorical keys": """
pd.Series([1, 2, 3]).groupby(cat).sum()
pd.Series([1, 2, 3]).groupby(cat, observed=False).sum()
pd.Series([1, 2, 3]).groupby(cat, observed=False).mean()
pd.Series([1, 2, 3]).groupby(cat, observed=True).count()
pd.DataFrame({"c": cat, "v": [1, 2, 3]}).groupby("c", observed=False).size()
pd.DataFrame({"c": cat, "v": [1, 2, 3]}).groupby("c", observed=False, as_index=False).v.max()
pd.DataFrame({"c": cat, "d": [1, 1, 2], "v": [1, 2, 3]}).groupby(["c", "d"], observed=False).v.sum()
""",
    "groups: iteration, apply and kinds of values": """
[(key, part.v.tolist()) for key, part in df.groupby(["k"])]
[(key, part.v.tolist()) for key, part in df.groupby("k")]
df.groupby("k").apply(lambda g: g.v.sum())
df.groupby("k").apply(lambda g: list(g.columns))
df.groupby("k").apply(lambda g: g.iloc[0])
df.groupby("k").apply(lambda g: g)
df.groupby("k", group_keys=False).apply(lambda g: g.head(1))
df.groupby("k").v.apply(lambda x: x.max() - x.min())
df.groupby("k").filter(lambda g: len(g) > 1)
df.groupby("k").v.transform(lambda x: x - x.mean())
df.groupby("k").pipe(lambda g: g.v.sum())
df.assign(f=df.v > 2).groupby("k").f.sum()
pd.DataFrame({"k": ["a", "b"], "v": [1.0, 2.0]}).groupby("k").v.std()
pd.DataFrame({"k": ["a", "a"], "v": ["p", "q"]}).groupby("k").v.sum()
pd.DataFrame({"k": ["a", "a"], "v": ["p", "q"]}).groupby("k").v.mean()
pd.DataFrame({"k": [-0.0, 0.0, nan], "v": [1, 2, 3]}).groupby("k").v.sum()
pd.DataFrame({"k": [1, 1.0, True], "v": [1, 2, 3]}).groupby("k").v.sum()
df.groupby("k").agg(total=("v", "sum"), best=("u", "max"))
df.groupby("k").v.agg(lambda x: x.iloc[0])
df.groupby("k").v.agg("nonsense")
""",
    "groups: several functions and several keys": """
df.groupby("k").agg({"v": ["sum", "mean"]})
df.groupby("k").v.agg(["sum", "mean"])
df.groupby("k").agg({"v": "sum", "u": ["min", "max"]})
df.groupby("k").agg(["sum", "count"])
df.groupby(["k", df.v > 1]).u.mean()
df.groupby(["k", "v"], as_index=False).u.sum()
df.groupby("k").agg({"z": "sum"})
df.groupby("k").v.agg([("a", "sum"), ("b", "max")])
df.groupby("k").agg(x=("v", lambda x: x.sum()))
df.groupby(["k", "v"]).u.sum().unstack()
df.groupby("k")[["v", "u"]].agg("sum")
df.groupby("k")["v", "u"].sum()
df.groupby("k").rolling(2).v.sum()
df.groupby("k").resample("D").sum()
""",
    "merges: order and missing keys": """
left.merge(right)
left.merge(right, how="left"), left.merge(right, how="right"), left.merge(right, how="outer")
left.merge(right, how="cross")
left.merge(right, on="k", indicator=True, how="outer")
left.merge(right, on="z")
left.merge(right.rename(columns={"k": "q"}))
left.merge(right, left_on="k", right_on="k"), left.merge(right.rename(columns={"k": "q"}), left_on="k", right_on="q")
left.merge(right.set_index("k"), left_on="k", right_index=True)
left.set_index("k").join(right.set_index("k")), left.set_index("k").join(right.set_index("k"), how="outer")
left.join(right)
left.join(right, lsuffix="_l"), left.join(right, rsuffix="_r", how="inner")
left.merge(right, how="sideways")
""",
    "merges: suffixes, dtypes, validation": """
left.merge(left, on="k")
left.merge(left, on="k", suffixes=("", "_right"))
left.merge(left.rename(columns={"x": "x_x"}).assign(x=1), on="k")
left.merge(left, on="k", suffixes=("", ""))
left.assign(x_y=1).merge(left, on="k")
pd.DataFrame({"k": [1, 2]}).merge(pd.DataFrame({"k": [1.0, 2.5]}))
pd.DataFrame({"k": [1, 2]}).merge(pd.DataFrame({"k": [1.0, 2.5]}), how="outer")
pd.DataFrame({"k": [1, 2]}).merge(pd.DataFrame({"k": ["1", "2"]}))
pd.DataFrame({"k": [1, 1]}).merge(pd.DataFrame({"k": [1]}), validate="one_to_one")
pd.DataFrame({"k": [1, 1]}).merge(pd.DataFrame({"k": [1]}), validate="many_to_one")
pd.DataFrame({"k": [1]}).merge(pd.DataFrame({"k": [1, 1]}), validate="1:1")
pd.DataFrame({"k": [1]}).merge(pd.DataFrame({"k": [1]}), validate="x")
left.merge(right, how="left_anti"), left.merge(right, how="right_anti")
left.merge(right, how="outer", indicator="side").side.dtype
left.merge(right, left_on="k")
left.merge(right, on="k", left_on="k")
""",
    "merges: missing sides and nearest keys": """
left.merge(right, how="left").y.dtype
left.merge(right.assign(y=right.y.astype("Int64")), how="left").y
left.merge(right.assign(y=right.y > 10), how="left").y
pd.merge_asof(pd.DataFrame({"t": [1, 5, 10], "l": list("abc")}), pd.DataFrame({"t": [1, 2, 6], "r": [1, 2, 3]}), on="t")
pd.merge_asof(pd.DataFrame({"t": [5, 1]}), pd.DataFrame({"t": [1, 2]}), on="t")
pd.merge_asof(pd.DataFrame({"t": [1, 5, 10]}), pd.DataFrame({"t": [1, 2, 6], "r": [1, 2, 3]}), on="t", direction="forward")
pd.merge_asof(pd.DataFrame({"t": [1, 5, 10]}), pd.DataFrame({"t": [1, 2, 6], "r": [1, 2, 3]}), on="t", tolerance=1)
pd.merge_asof(pd.DataFrame({"t": [1, 5, 10]}), pd.DataFrame({"t": [1, 2, 6], "r": [1, 2, 3]}), on="t", direction="nearest")
pd.merge_asof(pd.DataFrame({"t": [1, 5], "k": ["a", "b"]}), pd.DataFrame({"t": [1, 2], "k": ["a", "b"], "r": [1, 2]}), on="t", by="k")
pd.merge_ordered(pd.DataFrame({"t": [1, 3], "a": [1, 2]}), pd.DataFrame({"t": [2, 3], "b": [5, 6]}), fill_method="ffill")
""",
    "concat: columns, dtypes, indexes": """
pd.concat([df, pd.DataFrame({"z": [1], "v": [9]})])
pd.concat([df, pd.DataFrame({"z": [1], "v": [9]})], join="inner", ignore_index=True)
pd.concat([i, pd.Series([1.5])]).dtype, pd.concat([i, n]).dtype, pd.concat([i, w]).dtype, pd.concat([i, i > 1]).dtype
pd.concat([i, pd.Series([], dtype=float)]).dtype, pd.concat([i, pd.Series([], dtype=object)]).dtype
pd.concat([pd.Series([nan]), pd.Series(pd.to_datetime(["2024-01-01"]))])
pd.concat([s1, dup], axis=1)
pd.concat([dup, dup], axis=1)
pd.concat([dup, dup.iloc[::-1]], axis=1)
pd.concat([cat, cat]).dtype, pd.concat([cat, cat.cat.add_categories("x")]).dtype
pd.concat([cat, pd.Series(["zz"], dtype="category")]).dtype
pd.concat([i, i], keys=["a", "b"]), pd.concat([i, i], keys=["a", "b"], names=["p", "q"]), pd.concat({"a": i, "b": i}, axis=1)
pd.concat([i, i], verify_integrity=True)
pd.concat([])
pd.concat([None, None])
pd.concat([i, 1])
pd.concat(i)
pd.concat([df, i])
pd.concat([df.iloc[:1], df.iloc[:0]]).dtypes
pd.concat([pd.Series([1], dtype="int8"), pd.Series([1], dtype="uint8")]).dtype
""",
    "reshape: stack, unstack, dummies, explode, melt": """
df[["v", "u"]].stack()
df[["v", "u"]].iloc[:2].stack().unstack()
mi.unstack(), mi.unstack(0), mi.iloc[:3].unstack(), mi.iloc[:3].unstack(fill_value=-1)
pd.get_dummies(df.k), pd.get_dummies(df, columns=["k"]), pd.get_dummies(df.k, dummy_na=True, dtype=int), pd.get_dummies(df.k, drop_first=True)
pd.Series([[1, 2], [], 3, None]).explode()
pd.DataFrame({"a": [[1, 2], []], "b": [1, 2]}).explode("a", ignore_index=True)
df.melt(id_vars="k"), df.melt(id_vars="k").dtypes, df.melt(value_vars=["v"], var_name="p", value_name="q")
df.pivot(index="v", columns="k", values="u")
pd.DataFrame({"a": [1, 1], "b": [2, 2], "c": [3, 4]}).pivot(index="a", columns="b", values="c")
df.pivot_table(index="k", values="v"), df.pivot_table(index="k", values="v", aggfunc=["sum", "max"], margins=True)
df.pivot_table(index="k", columns="v", values="u", fill_value=0)
pd.crosstab(df.k, df.v), pd.crosstab(df.k, df.v, normalize=True), pd.crosstab(df.k, df.v, margins=True)
df.T, df.set_index("k").T
df.set_index(["k", "v"]), df.set_index("k", append=True), df.set_index("k").reset_index()
df.set_index("z")
df.set_index("v", verify_integrity=True).index
mi.reset_index(), mi.swaplevel().sort_index(), mi.droplevel(0), mi.rename_axis(["p", "q"])
pd.wide_to_long(pd.DataFrame({"id": [1], "a1": [5], "a2": [6]}), ["a"], i="id", j="n")
""",
    "sorting": """
t.sort_values(), t.sort_values(ascending=False), t.sort_values(na_position="first")
df.sort_values("k"), df.sort_values(["k", "v"], ascending=[True, False]), df.sort_values("u", ignore_index=True)
pd.Series([2, 1, 2, 1]).sort_values(kind="stable"), pd.Series([2, 1, 2, 1]).sort_values(kind="stable", ascending=False)
df.sort_values("v", key=lambda x: -x), df.sort_values("z")
df.sort_index(ascending=False), s1.sort_index(), df.sort_index(axis=1), mi.sort_index(level=1)
pd.Series(["b", "A", "a"]).sort_values(), pd.Series(["b", "A", "a"]).sort_values(key=lambda x: x.str.lower())
pd.Series([1, "a"]).sort_values()
cat.sort_values(), cat.sort_values(ascending=False)
i.argsort(), t.argsort(), pd.Index([3, 1, 2]).sort_values(), pd.Index([3, 1, 2]).argsort()
df.nlargest(2, "v"), df.nsmallest(1, "u"), i.is_monotonic_increasing
""",
    "counting": """
pd.Series(["b", "a", "b", None]).value_counts()
pd.Series(["b", "a", "b", None]).value_counts(dropna=False, normalize=True)
pd.Series([2, 1, 3, 1, 2]).value_counts(), pd.Series([2, 1, 3, 1, 2]).value_counts(sort=False)
cat.value_counts(), cat.value_counts(normalize=True)
pd.Series([1.0, 2.0, 5.0]).value_counts(bins=2)
df.value_counts(), df[["k"]].value_counts(dropna=False)
pd.Series([3, 1, 3, nan]).unique(), pd.Series([3, 1, 3, nan]).nunique(), pd.Series([3, nan]).nunique(dropna=False)
pd.factorize(pd.Series(["b", None, "a", "b"])), pd.factorize([2, 1, 2], sort=True), pd.factorize(pd.Series(["b", None]), use_na_sentinel=False)
pd.Series([1, nan, nan, 1]).drop_duplicates(), df.drop_duplicates("k"), df.duplicated("k", keep=False)
pd.Series([1, True, 1.0], dtype=object).unique(), pd.Series([1, True, 1.0], dtype=object).nunique()
pd.Series([3, 1, 3]).mode(), i.isin([1, 9]), df.isin({"v": [1]}), df.isin([1, "x"])
""",
    "ranks and quantiles": """
pd.Series([2, 1, 2, nan]).rank(), pd.Series([2, 1, 2]).rank(method="min"), pd.Series([2, 1, 2]).rank(method="first", ascending=False)
pd.Series([2, 1, 2]).rank(method="dense", pct=True), pd.Series([2, nan]).rank(na_option="top")
pd.Series(["b", "a"]).rank(), cat.rank(), df.rank(numeric_only=True)
pd.Series([1, 3, 3, 2]).nlargest(2), pd.Series([1, 3, 3, 2]).nlargest(1, keep="all"), pd.Series([1, 3, 3]).nsmallest(2, keep="last")
i.quantile(), i.quantile([0, 0.1]), df[["v", "u"]].quantile([0.5]), i.quantile(1.5)
i.clip(1, 2), i.clip(lower=pd.Series([2, 2, 2])), i.abs(), i.pct_change(), i.diff(2)
pd.cut(i, 2), pd.cut(i, [0, 1, 3]), pd.cut(i, 3, labels=["l", "m", "h"]), pd.qcut(i, 2), pd.qcut([1, 1, 1], 2)
""",
    "times: parsing and units": """
pd.to_datetime("2024-01-02").unit, pd.Timestamp("2024-01-02 03:04:05.123456789").unit, pd.Timestamp(0).unit
pd.to_datetime(["2024-01-02"]).dtype, pd.date_range("2024", periods=2).dtype, pd.Series([dt.datetime(2024, 1, 1)]).dtype
pd.to_datetime(["2024-01-02", None, "bad"])
pd.to_datetime(["2024-01-02", None, "bad"], errors="coerce")
pd.to_datetime(["2024-01-02", "2024/01/03"])
pd.to_datetime(["01/02/2024"], dayfirst=True), pd.to_datetime(["13/02/2024"])
pd.to_datetime("2024-02-30")
pd.to_datetime([1, 2], unit="D"), pd.to_datetime([1.5], unit="s"), pd.to_datetime(20240102, format="%Y%m%d")
pd.to_datetime(pd.DataFrame({"year": [2024], "month": [2], "day": [3]}))
pd.Timestamp("1500-01-01"), pd.Timestamp("1500-01-01").as_unit("ns")
pd.Timestamp.min, pd.Timestamp.max, pd.Timestamp("2024") - pd.Timestamp("2023")
pd.Timestamp("2024-01-31") + pd.DateOffset(months=1), pd.Timestamp("2024-01-31") + pd.offsets.MonthEnd(), pd.Timestamp("2024-01-06") + pd.offsets.BDay()
pd.Timedelta("1 day 2 hours"), pd.Timedelta(hours=36), pd.to_timedelta(["1h", "bad"], errors="coerce"), pd.Timedelta("1x")
times.index.dt
times.index.year, times.index.day_name(), times.index.isocalendar(), times.index.to_period
pd.Series(times.index).dt.month, pd.Series(times.index).dt.strftime("%d.%m."), pd.Series(times.index).dt.floor("2D"), pd.Series(times.index).dt.date
pd.Series(times.index).diff(), pd.Series(times.index).max() - pd.Series(times.index).min(), pd.Series(times.index).mean()
i.dt.year
""",
    "times: zones and frequencies": """
pd.date_range("2024-01-01", periods=2, freq="M")
pd.date_range("2024-01-01", periods=2, freq="ME"), pd.date_range("2024-01-01", "2024-03-01", freq="MS"), pd.date_range("2024-01-01", periods=3, freq="B")
pd.date_range("2024-01-01", periods=2, freq="h"), pd.date_range("2024-01-01", "2024-01-02", periods=3)
pd.date_range("2024-01-01", periods=2, freq="H")
pd.date_range("2024-01-01")
pd.offsets.BDay() - times.index
pd.offsets.Hour(2) - times.index.to_series()
pd.offsets.MonthEnd() - times.index.to_frame()
pd.offsets.Day() - times.index.array
np.array([1, 2, 3, 4]) - times.index
[1, 2, 3, 4] - times.index.to_series()
pd.Categorical([1, 2, 3, 4]) - times.index
np.array([1, 2, 3, 4], dtype="m8[D]") - times.index
times.index.values - times.index
pd.Timestamp("2024-03-31 02:30").tz_localize("Europe/Berlin")
pd.Timestamp("2024-10-27 02:30").tz_localize("Europe/Berlin")
pd.Timestamp("2024-03-31 02:30").tz_localize("Europe/Berlin", nonexistent="shift_forward")
times.index.tz_localize("UTC").tz_convert("Asia/Tokyo"), times.index.tz_convert("UTC")
pd.Timestamp("2024") < pd.Timestamp("2024", tz="UTC")
pd.Timestamp("2024") == pd.Timestamp("2024", tz="UTC")
times.tz_localize("UTC") + times
pd.to_datetime(["2024-01-01T00:00+01:00", "2024-01-01T00:00+02:00"])
pd.to_datetime(["2024-01-01T00:00+01:00", "2024-01-01T00:00+02:00"], utc=True)
pd.Timestamp("2024", tz="UTC").tz, pd.Timestamp("2024", tz="Europe/Berlin").tz, pd.Timestamp("2024", tz="+01:00").tz
pd.Timestamp("2024", tz="Nowhere/Else")
times["2024-01-02"], times["2024-01"], times["2024-01-02":"2024-01-04"], times.loc["2023"]
times.resample("2D").sum(), times.resample("D").ffill(), times.resample("ME").mean(), times.resample("2D", label="right", closed="right").count()
times.asfreq("D"), times.between_time("00:00", "01:00"), times.shift(1, freq="D"), times.first_valid_index()
times.resample("D").ohlc(), times.resample("W").agg(["min", "max"])
i.resample("D")
""",
    "times: missing times and windows": """
pd.NaT == pd.NaT, pd.NA == pd.NA, pd.NaT < pd.Timestamp("2024"), pd.NaT + pd.Timedelta(1), pd.isna(pd.NaT)
pd.Series([pd.NaT, pd.Timestamp("2024")]) == pd.NaT
times.rolling("2D").sum(), times.rolling(2).sum(), times.rolling(2, min_periods=1).mean(), times.rolling("2D", closed="left").sum()
times.rolling(3, center=True).max(), times.rolling(2).std(), times.rolling(2).apply(lambda x: x.sum()), times.rolling(2).agg(["sum", "min"])
times.expanding().mean(), times.ewm(span=2).mean(), times.ewm(alpha=0.5, adjust=False).mean(), times.ewm(com=1).std()
t.pct_change(), t.diff(), i.rolling(2).corr(i), i.rolling(0).sum(), i.rolling(-1)
i.rolling("2D")
i.rolling(2).median(), i.rolling(2).quantile(0.5), i.rolling(2).var(ddof=0), i.rolling(2).count()
pd.Series([1e16, 1, 1, 1, 1.0]).rolling(2).std()
pd.Series([1e16, 1.0, 2.0, 4.0]).rolling(2).mean()
""",
    "times: what may be added to them": """
times.index + 1
1 - times.index
times.index.to_series() + np.array([1, 2, 3, 4])
pd.Series([1, 2, 3, 4], index=times.index) - times.index.to_series()
pd.array([1, None, 3, 4]) - times.index.to_series()
pd.Categorical([1, 2, 3, 4]) - times.index.to_series()
times.index.to_series() + np.bool_(True)
times.index + True
1.5 - times.index.to_series()
"x" + times.index
times.index + np.array([0.5, 1, 2, 3])
times.index + pd.Timestamp("2024-01-01")
pd.Timedelta(1, "D") - times.index
times.index - times.index.astype(object)
times.index.astype(object) - times.index.astype(object)
times.index.to_series() + pd.Series([pd.offsets.MonthEnd(), pd.Timedelta(1, "D"), 1, 2], index=times.index)
pd.DataFrame({"a": times.index}) - pd.DataFrame({"a": times.index.astype(object)})
times.index - np.array([pd.Timestamp("2024-01-01")], dtype=object)
times.index.to_series() - np.datetime64("NaT", "ns")
times.index.to_series() - np.timedelta64("NaT", "ms")
times.index.to_series() + pd.NaT
(times.index - times.index[0]) - 2
(times.index - times.index[0]) + np.datetime64("NaT", "us")
pd.Series([pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-01")], dtype=object) + pd.Timedelta(1, "D")
""",
    "times: zones that Python makes": """
times.index.tz_localize(dt.timezone(dt.timedelta(hours=-1), "foo"))
times.index.tz_localize("dateutil/US/Pacific").dtype
from dateutil.tz import tzutc; times.index.tz_localize(tzutc()).to_series().dt.tz_convert("US/Eastern")
from dateutil.tz import tzutc; times.index.tz_localize(tzutc()).dtype
from dateutil.tz import tzoffset; times.index.tz_localize(tzoffset("bar", 3600))[0].isoformat()
""",
    "operators: odd sequences and names": """
s1 + (1, 2, 3)
s1.add((1, 2, 3))
s1 == (1, 2, 3)
s1 + range(3)
from collections import deque; s1 * deque([1, 2, 3])
s1 + pd.Index([1, 2, 3], name="n")
s1 + pd.Index([1, 2, 3], name="m")
s1.radd(pd.Index([1, 2, 3]))
divmod(np.array([1, 0]), pd.Series([0, 2]))
""",
    "files: what read_csv takes for missing, numbers and text": """
pd.read_csv(io.StringIO("a,b\\n1,x\\n,NA\\n3,None\\n"))
pd.read_csv(io.StringIO("a\\n" + "\\n".join(["#N/A", "n/a", "nan", "NULL", "<NA>", "-nan", "1.#IND", "x"])))
pd.read_csv(io.StringIO("a\\n9223372036854775808\\n")).dtypes, pd.read_csv(io.StringIO("a\\n-1\\n9223372036854775808\\n")).dtypes
pd.read_csv(io.StringIO("a\\n18446744073709551616\\n"))
pd.read_csv(io.StringIO("a,a,a\\n1,2,3\\n")), pd.read_csv(io.StringIO("a,,\\n1,2,3\\n"))
pd.read_csv(io.StringIO("a\\n007\\n")), pd.read_csv(io.StringIO("a\\n007\\n"), dtype=str), pd.read_csv(io.StringIO("a\\n1\\nx\\n")).dtypes
pd.read_csv(io.StringIO("a,b\\n1,2\\n3,4,5\\n"))
pd.read_csv(io.StringIO("a,b\\n1,2\\n3,4,5\\n"), on_bad_lines="skip"), pd.read_csv(io.StringIO("a,b\\n1\\n"))
pd.read_csv(io.StringIO("a,b\\n1,2,3\\n4,5,6\\n")), pd.read_csv(io.StringIO("a,b\\n")), pd.read_csv(io.StringIO("a,b\\n")).dtypes
pd.read_csv(io.StringIO(""))
pd.read_csv(io.StringIO('a\\n"x\\n'))
pd.read_csv(io.StringIO("a\\n\\n1\\n")), pd.read_csv(io.StringIO("a\\n\\n1\\n"), skip_blank_lines=False)
pd.read_csv(io.StringIO("a\\n1\\n\\n"), dtype="int64"), pd.read_csv(io.StringIO("a,b\\n1,\\n"), dtype={"b": "int64"})
pd.read_csv(io.StringIO("d,v\\n2024-01-02,1\\n"), parse_dates=["d"]).dtypes, pd.read_csv(io.StringIO("d;v\\n1,5;2\\n"), sep=";", decimal=",")
pd.read_csv(io.StringIO("a,b\\n1,2\\n"), index_col="a"), pd.read_csv(io.StringIO("a,b\\n1,2\\n"), usecols=["b"]), pd.read_csv(io.StringIO("a,b\\n1,2\\n"), usecols=["z"])
pd.read_csv(io.StringIO("1,2\\n"), header=None), pd.read_csv(io.StringIO("1,2\\n"), names=["p", "q"]), pd.read_csv(io.StringIO("#c\\na\\n1\\n"), comment="#"), pd.read_csv(io.StringIO("a\\n1,000\\n"), thousands=",", sep=";")
pd.read_csv(io.StringIO("a\\ntrue\\nFalse\\n")), pd.read_csv(io.StringIO("a\\nyes\\n"), true_values=["yes"]), pd.read_csv(io.StringIO("a\\n1\\n"), na_values=["1"]), pd.read_csv(io.StringIO("a\\nNA\\n"), keep_default_na=False)
pd.read_csv(io.StringIO("a\\n1e400\\n-0.0\\n0x1f\\n1_000\\n")), pd.read_csv(io.StringIO("a\\n 1\\n2 \\n")), pd.read_csv(io.StringIO("a\\n inf\\n")), pd.read_csv("/nowhere/at/all.csv")
df.to_csv(), df.to_csv(index=False, na_rep="-"), df.to_csv(sep=";", float_format="%.1f", columns=["u"]), pd.DataFrame({"a": ['q"', "x,y", None]}).to_csv(index=False)
df.to_json(), df.to_json(orient="records"), df.to_json(orient="split"), pd.read_json(io.StringIO('[{"a":1},{"a":2.5}]'))
""",
    "expressions over columns": """
df.query("v > 1"), df.query("v > 1 & u > 1"), df.query("1 < v < 4"), df.query("k == 'x'"), df.query("k in ['x', 'y']"), df.query("index > 1")
x = 2; df.query("v > @x")
df.query("v >")
df.query("z > 1")
df.rename(columns={"v": "a b"}).query("`a b` > 2")
df.eval("w = v * 2"), df.eval("v + u"), df.eval("v.sum()")
df.assign(z=pd.col("v") * 2), df.loc[pd.col("v") > 2], df[pd.col("v") > 2]
pd.eval("1 + 2")
df.pipe(len), df.v.map({1: "one"}), df.v.map(lambda x: x * 2), df.map(str), df.apply(len), df.apply(lambda r: r["v"], axis=1)
df.v.apply(lambda x: [x]), df[["v", "u"]].apply("sum"), df[["v", "u"]].apply(lambda c: c.max() - c.min()), df.v.case_when([(df.v > 2, 0)])
""",
    "labels of several levels": """
mi.loc["a"], mi.loc[("a", 1)], mi.loc["a", 1], mi.loc[["a"]], mi.loc["a":"b"], mi.xs(1, level="g"), mi["a"]
mi.loc["z"]
mi.loc[("a", 9)]
mi.iloc[[2, 0, 3, 1]].loc["a":"b"]
mi.iloc[[2, 0, 3, 1]].loc[("a", 1):("b", 1)]
mi.groupby("f").sum(), mi.groupby(level=1).sum(), mi.groupby(["f", "g"]).sum()
mi.index.get_level_values("g"), mi.index.names, mi.index.levels, mi.index.nlevels, mi.index.get_loc("a") == slice(0, 2), mi.index.is_unique
mi.loc[pd.IndexSlice[:, 1]], mi.loc[(slice(None), [1, 2])]
mi + mi.iloc[::-1], mi + pd.Series([1, 2], index=pd.Index(["a", "b"], name="f"))
mi.add(pd.Series([1, 2], index=pd.Index(["a", "b"], name="f")), level="f")
pd.MultiIndex.from_tuples([("a", 1), ("b", nan)]), pd.MultiIndex.from_arrays([[1, 2], [3, 4]]).to_frame()
pd.MultiIndex.from_arrays([[1, 2], [3]])
mi.unstack().columns, mi.to_frame("v").unstack(), mi.reset_index(level="g"), mi.reorder_levels(["g", "f"])
pd.cut(pd.Series([1, 5, 10]), 3), pd.cut(pd.Series([1, 5, 10]), [1, 5, 10]), pd.cut(pd.Series([1, 5, 10]), [1, 5, 10], include_lowest=True), pd.cut(pd.Series([0, 1]), [0, 1], right=False)
""",
    "categories": """
cat.max()
cat.cat.as_ordered().max(), cat.cat.as_ordered().min(), cat.cat.codes, cat.cat.categories, cat.cat.ordered
x = cat.copy(); x[0] = "zz"; x
x = cat.copy(); x[0] = "mid"; x
x = cat.copy(); x[0] = None; x
cat.replace("lo", "zz"), cat.replace("lo", "mid"), cat == "lo", cat.cat.as_ordered() > "lo"
cat > "lo"
cat.cat.as_ordered() > "zz"
cat.cat.rename_categories({"lo": "low"}), cat.cat.add_categories("x"), cat.cat.remove_categories("lo"), cat.cat.remove_unused_categories(), cat.cat.set_categories(["hi", "lo"]), cat.cat.reorder_categories(["hi", "mid", "lo"])
cat.cat.rename_categories(["a"])
cat.cat.add_categories("lo")
pd.Categorical(["a", "b", "a"]), pd.Categorical(["a", None], categories=["b"]), pd.Categorical([1, 2], ordered=True), pd.Categorical(["a"], categories=["a", "a"])
cat.astype(str), cat.astype(object), cat.str.upper(), cat.map({"lo": 1, "hi": 2}), cat.describe(), cat.unique(), cat.isin(["lo"])
cat == cat.cat.as_ordered()
cat + cat
cat.sum()
""",
    "samples": """
pd.Series(range(10)).sample(3, random_state=0)
pd.Series(range(10)).sample(frac=0.5, random_state=3), df.sample(2, random_state=1), pd.Series(range(5)).sample(3, random_state=7, replace=True)
pd.Series(range(5)).sample(3, random_state=7, weights=[0, 0, 1, 1, 1]), pd.Series(range(5)).sample(2, random_state=np.random.default_rng(5))
pd.Series(range(3)).sample(5)
pd.Series(range(3)).sample(n=1, frac=0.5)
df.sample(frac=1, random_state=42).index, df.sample(2, random_state=1, axis=1).columns
""",
    "text": """
df
print(df)
df.to_string(), df.to_string(index=False), repr(i), repr(s1 > 1), repr(pd.Series(range(100))), repr(pd.DataFrame({"a": range(100)}))
repr(pd.DataFrame()), repr(pd.Series([], dtype=float)), repr(pd.DataFrame(columns=["a"])), repr(mi), repr(cat), repr(times), repr(n), repr(w)
repr(pd.Series([1e10, 1.5])), repr(pd.Series([1e-10, 1.0])), repr(pd.Series([0.1 + 0.2])), repr(pd.Series([1e300, -1e300])), repr(pd.Series([nan, math.inf]))
repr(pd.DataFrame({"a" * 50: [1], "b" * 50: ["c" * 100]})), df.head(2), df.tail(1), df.shape, df.size, df.ndim, len(df), df.empty
df.info(memory_usage=False)
repr(df.dtypes), repr(df.columns), repr(df.index), repr(times.index), repr(mi.index), repr(pd.Index([1.5, 2])), repr(df.axes)
bool(df)
bool(i)
i in [1]
""",
}


# Lines that still part, each with its reason; one that parts no more is a fault, so that the list stays true.
KNOWN = {
    'df.loc["a":"b"]': "numpy's own message, from the inside of pandas",
    'x = df.copy(); x.loc[:, "v"] = [1.5, 2, 3, 4]; x': "the message shows the list after its numbers became floats",
    "pd.Series([1.0]) & 3": "the message names the operator otherwise",
    'w.astype("string") == "a"': "a comparison of `string` is `boolean`, there is no `bool[pyarrow]`",
    '(w.astype("string") == "a").dtype': "a comparison of `string` is `boolean`, there is no `bool[pyarrow]`",
    'w.str.contains("(")': "the regular expressions are Python's, not Arrow's, and so are their errors",
    "a = np.array([1, 2]); x = pd.Series(a, copy=False); a[0] = 9; x": "columns never share memory that changes",
    'pd.Series([1, "a"]).sort_values()': "which of two values is asked first depends on the sorting algorithm",
    'df.groupby("k").v.value_counts(), df.groupby("k").v.unique(), df.groupby("k").v.describe()': "the levels have only "
    "labels that are counted, and an array in a cell is shown as numpy shows it",
    'df.value_counts(), df[["k"]].value_counts(dropna=False)': "the levels have only labels that are counted",
    'df.groupby("k", group_keys=False).apply(lambda g: g.head(1))': "labels of taken rows are a range again",
    'pd.DataFrame({"k": [1, 1.0, True], "v": [1, 2, 3]}).groupby("k").v.sum()': "keys that are objects stay objects",
    "mi.loc[pd.IndexSlice[:, 1]], mi.loc[(slice(None), [1, 2])]": "a series keeps the level of a scalar behind a slice, and "
    "rows come in the order of the list",
    'pd.MultiIndex.from_tuples([("a", 1), ("b", nan)]), pd.MultiIndex.from_arrays([[1, 2], [3, 4]]).to_frame()': "a level of "
    "integers with a gap has floats",
    "pd.cut(pd.Series([1, 5, 10]), 3), pd.cut(pd.Series([1, 5, 10]), [1, 5, 10]), pd.cut(pd.Series([1, 5, 10]), [1, 5, 10], "
    "include_lowest=True), pd.cut(pd.Series([0, 1]), [0, 1], right=False)": "an interval of integers beside a gap keeps its "
    "integers",
    'df[["v", "u"]].iloc[:2].stack().unstack()': "a level does not remember that it was a range",
}


def _described(value: Any) -> Any:
    """All that a user can see of a value, as plain data that compares."""
    kind = type(value).__name__
    if isinstance(value, (ours.DataFrame, reference.DataFrame)):
        columns = [_described(value.iloc[:, k]) for k in range(value.shape[1])]
        return kind, _described(value.columns), _described(value.index), columns, str(value)
    if isinstance(value, (ours.Series, reference.Series)):
        return kind, str(value.dtype), value.name, _described(value.index), _values(value), str(value)
    if isinstance(value, (ours.MultiIndex, reference.MultiIndex)):
        # A level keeps its labels, not that they were a range.
        levels = [(str(level.dtype), level.name, _values(level)) for level in value.levels]
        return kind, list(value.names), levels, _values(value)
    if isinstance(value, (ours.Index, reference.Index)):
        freq = str(getattr(value, "freq", None))
        return kind, str(value.dtype), value.name, freq, _values(value), repr(value)
    if isinstance(value, np.ndarray):
        return kind, str(value.dtype), value.shape, [_described(each) for each in value.ravel().tolist()]
    if isinstance(value, (list, tuple)):
        return kind, [_described(each) for each in value]
    if isinstance(value, dict):
        return kind, [(_described(key), _described(each)) for key, each in value.items()]
    if hasattr(value, "dtype") and hasattr(value, "__len__"):
        return kind, str(value.dtype), _values(value), repr(value)
    if isinstance(value, float):
        return kind, float(value)
    return kind, repr(value) if not callable(value) else kind


def _values(value: Any) -> list[Any]:
    """Elements: a number of numpy's inside an object is Python's own here, which prints and compares as it does."""
    plain = [each.item() if isinstance(each, (np.number, np.bool_)) else each for each in value]
    return [(type(each).__name__, each if isinstance(each, float) else repr(each)) for each in plain]


def _outcome(line: str, pd: Any) -> tuple[Any, Any]:
    """What a line leaves: its value or its exception, and the warnings on the way."""
    names: dict[str, Any] = {"pd": pd, "np": np, "dt": dt, "io": io, "math": math, "nan": math.nan}
    exec(GIVEN, names)  # noqa: S102
    printed, sys.stdout = sys.stdout, io.StringIO()
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                *statements, last = line.split("; ")
                for statement in statements:
                    exec(statement, names)  # noqa: S102
                try:
                    code = compile(last, "<line>", "eval")
                except SyntaxError:
                    exec(last, names)  # noqa: S102
                    result = None
                else:
                    result = _described(eval(code, names))  # noqa: S307
            except Exception as error:
                result = ("raised", type(error).__name__, str(error).replace("lumen.pandas", "pandas"))
        said = [(each.category.__name__, str(each.message)) for each in warned]
        return (result, sys.stdout.getvalue()), said
    finally:
        sys.stdout = printed


def _differences(place: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """The innermost places where two outcomes part."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)) and len(one) == len(other):
        for k, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(f"{place}/{k}", *pair)
    elif one != other and not (isinstance(one, float) and isinstance(other, float) and _close(one, other)):
        yield place, one, other


def _close(one: float, other: float) -> bool:
    """Sums whose tree pandas leaves to numpy and BLAS may part in the last bits."""
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-14)


def main() -> int:
    differ = count = 0
    wanted = sys.argv[1:]
    for paragraph, lines in SEMANTICS.items():
        if wanted and not any(word in paragraph for word in wanted):
            continue
        for line in lines.strip().splitlines():
            count += 1
            theirs, here = _outcome(line, reference), _outcome(line, ours)
            found = list(_differences("", theirs, here))
            if bool(found) == (line in KNOWN):
                continue
            differ += 1
            if not found:
                print(f"{paragraph}\n  {line}\n    is known to differ, and does not")
            for place, one, other in found:
                print(f"{paragraph}\n  {line}\n    {place}\n      pandas: {one!r}\n      lumen:  {other!r}")
    print(f"{len(SEMANTICS)} paragraphs, {count} lines: {differ} differ, {len(KNOWN)} are known to")
    return 1 if differ or not count else 0


if __name__ == "__main__":
    sys.exit(main())
