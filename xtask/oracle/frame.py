"""Records and re-checks the frame cases against live pandas.

    python frame.py record DIR   fill every `expect` in DIR/*.json from the installed pandas
    python frame.py check DIR    recompute; exit 1 and name each case that differs

An adapter translates a case into one pandas call and the result back into text. It computes nothing itself.
A parameter that a case leaves out is written into the case with pandas' default by `record`; a parameter or an
operation this file does not list is an error.
"""

import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")

UNITS = ("s", "ms", "us", "ns")

# --- values as text -----------------------------------------------------------------------------------------------


def load_cell(cell):
    if isinstance(cell, list):
        return [load_cell(item) for item in cell]
    if not isinstance(cell, dict):
        return cell
    (tag, value), = cell.items()
    match tag:
        case "$":
            return {"None": None, "NaN": float("nan"), "NA": pd.NA, "NaT": pd.NaT,
                    "inf": float("inf"), "-inf": float("-inf"), "-0.0": -0.0}[value]
        case "$int":
            return int(value)
        case "$datetime":
            return pd.Timestamp(value)
        case "$timedelta":
            return pd.Timedelta(value, unit="us")
        case "$tuple":
            return tuple(load_cell(item) for item in value)
    raise KeyError(f"unknown cell tag {tag}")


def dump_cell(value):
    """One scalar; the tag keeps apart what JSON cannot."""
    if value is None:
        return {"$": "None"}
    if value is pd.NA:
        return {"$": "NA"}
    if value is pd.NaT:
        return {"$": "NaT"}
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        value = int(value)
        return value if abs(value) < 2**53 else {"$int": str(value)}
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if np.isnan(value):
            return {"$": "NaN"}
        if np.isinf(value):
            return {"$": "inf" if value > 0 else "-inf"}
        return {"$": "-0.0"} if value == 0 and np.signbit(value) else value
    if isinstance(value, str):
        return value
    if isinstance(value, pd.Timestamp):
        return {"$datetime": value.isoformat()}
    if isinstance(value, pd.Timedelta):
        return {"$timedelta": int(value.as_unit("us")._value)}
    if isinstance(value, list):
        return [dump_cell(item) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [dump_cell(item) for item in value]}
    raise TypeError(f"no text for a {type(value).__name__}: {value!r}")


def load_column(spec):
    dtype = spec["dtype"]
    if dtype == "category":
        categories = load_index_values(spec["categories"])
        return pd.Categorical.from_codes(spec["codes"], categories=categories, ordered=spec["ordered"])
    cells = [None if cell is None else load_cell(cell) for cell in spec["data"]]
    if dtype.startswith("datetime64") or dtype.startswith("timedelta64"):
        unit = dtype[dtype.index("[") + 1:-1]
        kind = "M8" if dtype.startswith("datetime64") else "m8"
        if kind == "M8":
            return np.array([np.datetime64("NaT") if c is None else np.datetime64(c, unit) for c in cells],
                            dtype=f"{kind}[{unit}]")
        return np.array([np.timedelta64("NaT") if c is None else np.timedelta64(c, unit) for c in cells],
                        dtype=f"{kind}[{unit}]")
    if dtype == "object":
        array = np.empty(len(cells), dtype=object)
        for place, cell in enumerate(cells):
            array[place] = cell
        return array
    if dtype.startswith("float"):
        return np.array([np.nan if c is None else c for c in cells], dtype=dtype)
    if dtype == "bool" or dtype.startswith(("int", "uint")):
        return np.array(cells, dtype=dtype)
    return pd.array([pd.NA if c is None else c for c in cells], dtype=dtype)


def dump_column(values):
    series = pd.Series(values)
    dtype = str(series.dtype)
    if dtype == "category":
        return {"dtype": dtype, "categories": dump_column(series.cat.categories), "ordered": bool(series.cat.ordered),
                "codes": [int(code) for code in series.cat.codes]}
    if dtype == "object":
        return {"dtype": dtype, "data": [dump_cell(value) for value in series.array]}
    missing = series.isna()
    data = []
    for value, absent in zip(series.array, missing):
        if absent:
            data.append(None)
        elif isinstance(value, pd.Timestamp):
            data.append(value.isoformat())
        elif isinstance(value, pd.Timedelta):
            unit = dtype[dtype.index("[") + 1:-1]
            data.append(int(value.as_unit(unit)._value))
        else:
            data.append(dump_cell(value))
    return {"dtype": dtype, "data": data}


def load_index_values(spec, name=None):
    return pd.Index(load_column(spec), dtype=None if spec["dtype"] != "object" else object, name=name)


def load_index(spec):
    name = load_cell(spec.get("name"))
    match spec["type"]:
        case "RangeIndex":
            return pd.RangeIndex(spec["start"], spec["stop"], spec["step"], name=name)
        case "MultiIndex":
            arrays = [load_index_values(array) for array in spec["arrays"]]
            return pd.MultiIndex.from_arrays(arrays, names=[load_cell(n) for n in spec["names"]])
        case _:
            return load_index_values(spec["values"], name)


def dump_name(name):
    return None if name is None else dump_cell(name)


def dump_index(index):
    kind = type(index).__name__
    if isinstance(index, pd.RangeIndex):
        return {"type": kind, "start": index.start, "stop": index.stop, "step": index.step, "name": dump_name(index.name)}
    if isinstance(index, pd.MultiIndex):
        return {"type": kind, "names": [dump_name(n) for n in index.names],
                "arrays": [dump_column(index.get_level_values(level)) for level in range(index.nlevels)]}
    return {"type": kind, "name": dump_name(index.name), "values": dump_column(index)}


def load_value(spec):
    match spec["kind"]:
        case "frame":
            index = load_index(spec["index"])
            parts = [pd.Series(load_column(column), index=index) for column in spec["data"]]
            columns = load_index(spec["columns"])
            frame = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=index)
            frame.index = index
            frame.columns = columns
            return frame
        case "series":
            return pd.Series(load_column(spec["values"]), index=load_index(spec["index"]),
                             name=load_cell(spec.get("name")))
        case "index":
            return load_index(spec["index"])
        case "scalar":
            return load_cell(spec["value"])
        case "list":
            return [load_value(item) for item in spec["items"]]
    raise KeyError(f"unknown kind of input {spec['kind']}")


def dump_value(value):
    if isinstance(value, pd.DataFrame):
        return {"kind": "frame", "columns": dump_index(value.columns), "index": dump_index(value.index),
                "data": [dump_column(value.iloc[:, place]) for place in range(value.shape[1])]}
    if isinstance(value, pd.Series):
        return {"kind": "series", "name": dump_name(value.name), "index": dump_index(value.index),
                "values": dump_column(value)}
    if isinstance(value, pd.Index):
        return {"kind": "index", "index": dump_index(value)}
    if isinstance(value, (np.ndarray, pd.api.extensions.ExtensionArray)):
        return {"kind": "column", "values": dump_column(value)}
    if isinstance(value, list):
        return {"kind": "list", "items": [dump_value(item) for item in value]}
    return {"kind": "scalar", "value": dump_cell(value)}


# --- operations ---------------------------------------------------------------------------------------------------


REQUIRED = object()


def method(name, **defaults):
    """`self.name(**params)` of a frame or a series."""
    def call(inputs, params):
        return getattr(inputs["self"], name)(**params)
    return call, ("self",), defaults


def values_of(params):
    """Parameters as pandas takes them: a list stays a list, a tagged cell becomes the scalar."""
    def value(item):
        if isinstance(item, dict) and len(item) == 1 and next(iter(item)).startswith("$"):
            return load_cell(item)
        if isinstance(item, dict):
            return {key: value(inner) for key, inner in item.items()}
        if isinstance(item, list):
            return [value(inner) for inner in item]
        return item
    return {key: value(item) for key, item in params.items()}


def binary(name, **defaults):
    """`left.name(other)`: `other` is an input."""
    def call(inputs, params):
        return getattr(inputs["self"], name)(inputs["other"], **params)
    return call, ("self", "other"), defaults


def operator(symbol):
    import operator as python
    function = {"+": python.add, "-": python.sub, "*": python.mul, "/": python.truediv, "//": python.floordiv,
                "%": python.mod, "**": python.pow, "==": python.eq, "!=": python.ne, "<": python.lt, "<=": python.le,
                ">": python.gt, ">=": python.ge, "&": python.and_, "|": python.or_, "^": python.xor}[symbol]
    return lambda inputs, params: function(inputs["self"], inputs["other"]), ("self", "other"), {}


def unary(symbol):
    import operator as python
    function = {"-": python.neg, "~": python.invert, "abs": abs}[symbol]
    return lambda inputs, params: function(inputs["self"]), ("self",), {}


def label_of(item):
    """A selector of `loc`/`iloc`: a label, a list, or {"slice": [start, stop, step]}."""
    if isinstance(item, dict) and "slice" in item:
        return slice(*[label_of(part) for part in item["slice"]])
    if isinstance(item, list):
        return [label_of(part) for part in item]
    return item


def getitem(inputs, params):
    return inputs["self"][label_of(params["key"])]


def getitem_mask(inputs, params):
    return inputs["self"][inputs["mask"]]


def indexer(name):
    def call(inputs, params):
        rows, columns = label_of(params["rows"]), label_of(params["columns"])
        target = getattr(inputs["self"], name)
        return target[rows] if columns is None else target[rows, columns]
    return call, ("self",), {"rows": REQUIRED, "columns": None}


def loc_mask(inputs, params):
    columns = label_of(params["columns"])
    target = inputs["self"].loc
    return target[inputs["mask"]] if columns is None else target[inputs["mask"], columns]


def assign(inputs, params):
    return inputs["self"].assign(**{params["name"]: inputs["value"]})


def fillna(inputs, params):
    return inputs["self"].fillna(inputs["value"] if "value" in inputs else params["value"])


GROUPING = {"by": REQUIRED, "as_index": True, "sort": True, "dropna": True, "observed": True}


def grouped(inputs, params):
    by = inputs["by"] if "by" in inputs else params["by"]
    group = inputs["self"].groupby(by, as_index=params["as_index"], sort=params["sort"], dropna=params["dropna"],
                                   observed=params["observed"])
    select = params.get("select")
    return group if select is None else group[select]


def group_method(name, **defaults):
    def call(inputs, params):
        own = {key: params[key] for key in defaults}
        return getattr(grouped(inputs, params), name)(**own)
    return call, ("self",), {**GROUPING, "select": None, **defaults}


def group_agg(inputs, params):
    return grouped(inputs, params).agg(params["func"])


def group_named(inputs, params):
    named = {out: tuple(pair) for out, pair in params["named"].items()}
    return grouped(inputs, params).agg(**named)


def group_keys(inputs, params):
    return [key for key, _ in grouped(inputs, params)]


def group_transform(inputs, params):
    return grouped(inputs, params).transform(params["func"])


def series_groupby(inputs, params):
    group = inputs["self"].groupby(inputs["by"], sort=params["sort"], dropna=params["dropna"],
                                   observed=params["observed"])
    return group.agg(params["func"])


def rolling(inputs, params):
    window = inputs["self"].rolling(params["window"], min_periods=params["min_periods"], center=params["center"])
    return getattr(window, params["func"])()


def merge(inputs, params):
    params = dict(params)
    params["suffixes"] = tuple(params["suffixes"])
    return pd.merge(inputs["left"], inputs["right"], **params)


def concat(inputs, params):
    return pd.concat(inputs["objs"], **params)


def new_series(inputs, params):
    return pd.Series(params["data"], index=params["index"], dtype=params["dtype"], name=params["name"])


def new_frame(inputs, params):
    return pd.DataFrame(params["data"], index=params["index"], columns=params["columns"])


def accessor(space, name, **defaults):
    def call(inputs, params):
        member = getattr(getattr(inputs["self"], space), name)
        return member(**params) if callable(member) else member
    return call, ("self",), defaults


def top(name, **defaults):
    def call(inputs, params):
        return getattr(pd, name)(inputs["self"], **params)
    return call, ("self",), defaults


def text(inputs, params):
    # Without a limit of columns pandas asks the terminal for its width.
    os.environ["COLUMNS"] = str(params["width"])
    with pd.option_context("display.max_rows", params["max_rows"], "display.min_rows", params["min_rows"],
                           "display.max_columns", params["max_columns"], "display.width", params["width"]):
        return repr(inputs["self"])


def combined(name):
    """`left.name(right)` of two indexes."""
    def call(inputs, params):
        return getattr(inputs["self"], name)(inputs["other"], **params)
    return call, ("self", "other"), {"sort": None if name != "intersection" else False}


OPS = {
    "series.new": (new_series, (), {"data": REQUIRED, "index": None, "dtype": None, "name": None}),
    "frame.new": (new_frame, (), {"data": REQUIRED, "index": None, "columns": None}),
    "getitem": (getitem, ("self",), {"key": REQUIRED}),
    "getitem_mask": (getitem_mask, ("self", "mask"), {}),
    "loc": indexer("loc"),
    "iloc": indexer("iloc"),
    "loc_mask": (loc_mask, ("self", "mask"), {"columns": None}),
    "head": method("head", n=5),
    "tail": method("tail", n=5),
    "assign": (assign, ("self", "value"), {"name": REQUIRED}),
    "drop": method("drop", labels=None, axis=0, index=None, columns=None, errors="raise"),
    "rename": method("rename", columns=None, index=None, errors="ignore"),
    "set_index": method("set_index", keys=REQUIRED, drop=True, append=False, verify_integrity=False),
    "reset_index": method("reset_index", level=None, drop=False),
    "reindex": method("reindex", index=None, fill_value={"$": "NaN"}),
    "sort_values": method("sort_values", by=REQUIRED, ascending=True, kind="stable", na_position="last",
                          ignore_index=False),
    "series.sort_values": method("sort_values", ascending=True, kind="stable", na_position="last",
                                 ignore_index=False),
    "sort_index": method("sort_index", axis=0, ascending=True, kind="stable", na_position="last", ignore_index=False),
    "isna": method("isna"),
    "notna": method("notna"),
    "fillna": (fillna, ("self",), {"value": None}),
    "fillna_with": (fillna, ("self", "value"), {}),
    "dropna": method("dropna", axis=0, how="any", subset=None, ignore_index=False),
    "series.dropna": method("dropna", ignore_index=False),
    "ffill": method("ffill", limit=None),
    "bfill": method("bfill", limit=None),
    "astype": method("astype", dtype=REQUIRED),
    "unary.-": unary("-"), "unary.~": unary("~"), "unary.abs": unary("abs"),
    "sum": method("sum", axis=0, skipna=True, numeric_only=False, min_count=0),
    "prod": method("prod", axis=0, skipna=True, numeric_only=False, min_count=0),
    "mean": method("mean", axis=0, skipna=True, numeric_only=False),
    "median": method("median", axis=0, skipna=True, numeric_only=False),
    "min": method("min", axis=0, skipna=True, numeric_only=False),
    "max": method("max", axis=0, skipna=True, numeric_only=False),
    "var": method("var", axis=0, skipna=True, ddof=1, numeric_only=False),
    "std": method("std", axis=0, skipna=True, ddof=1, numeric_only=False),
    "count": method("count", axis=0, numeric_only=False),
    "series.count": method("count"),
    "any": method("any", axis=0, skipna=True),
    "all": method("all", axis=0, skipna=True),
    "nunique": method("nunique", axis=0, dropna=True),
    "series.nunique": method("nunique", dropna=True),
    "idxmin": method("idxmin", axis=0, skipna=True),
    "idxmax": method("idxmax", axis=0, skipna=True),
    "quantile": method("quantile", q=0.5, axis=0, numeric_only=False, interpolation="linear"),
    "series.quantile": method("quantile", q=0.5, interpolation="linear"),
    "describe": method("describe"),
    "value_counts": method("value_counts", normalize=False, sort=True, ascending=False, dropna=True),
    "frame.value_counts": method("value_counts", subset=None, normalize=False, sort=True, ascending=False, dropna=True),
    "unique": method("unique"),
    "mode": method("mode", dropna=True),
    "isin": method("isin", values=REQUIRED),
    "between": method("between", left=REQUIRED, right=REQUIRED, inclusive="both"),
    "clip": method("clip", lower=None, upper=None),
    "where": (lambda i, p: i["self"].where(i["cond"], p["other"]), ("self", "cond"), {"other": {"$": "NaN"}}),
    "where_with": (lambda i, p: i["self"].where(i["cond"], i["other"]), ("self", "cond", "other"), {}),
    "mask": (lambda i, p: i["self"].mask(i["cond"], p["other"]), ("self", "cond"), {"other": {"$": "NaN"}}),
    "replace": (lambda i, p: i["self"].replace(pairs(p["to_replace"]), **({} if p["value"] == "no value" else {"value": p["value"]})),
                ("self",), {"to_replace": REQUIRED, "value": "no value"}),
    "map": (lambda i, p: i["self"].map(pairs(p["arg"])), ("self",), {"arg": REQUIRED}),
    "cut": top("cut", bins=REQUIRED, right=True, labels=None, include_lowest=False, duplicates="raise", ordered=True),
    "qcut": top("qcut", q=REQUIRED, labels=None, duplicates="raise"),
    "to_datetime": top("to_datetime", errors="raise", format=None),
    "to_numeric": top("to_numeric", errors="raise"),
    "groupby.agg": (group_agg, ("self",), {**GROUPING, "select": None, "func": REQUIRED}),
    "groupby.named": (group_named, ("self",), {**GROUPING, "select": None, "named": REQUIRED}),
    "groupby.transform": (group_transform, ("self",), {**GROUPING, "select": None, "func": REQUIRED}),
    "groupby.keys": (group_keys, ("self",), {**GROUPING, "select": None}),
    "groupby.size": group_method("size"),
    "groupby.cumcount": group_method("cumcount", ascending=True),
    "groupby.cumsum": group_method("cumsum"),
    "groupby.rank": group_method("rank", method="average", ascending=True, na_option="keep", pct=False),
    "groupby.quantile": group_method("quantile", q=0.5),
    "groupby.head": group_method("head", n=5),
    "series.groupby": (series_groupby, ("self", "by"), {"sort": True, "dropna": True, "observed": True, "func": REQUIRED}),
    "merge": (merge, ("left", "right"), {"how": "inner", "on": None, "left_on": None, "right_on": None,
                                         "left_index": False, "right_index": False, "sort": False,
                                         "suffixes": ["_x", "_y"], "indicator": False, "validate": None}),
    "join": binary("join", on=None, how="left", lsuffix="", rsuffix="", sort=False),
    "concat": (concat, ("objs",), {"axis": 0, "join": "outer", "ignore_index": False, "keys": None, "names": None,
                                   "verify_integrity": False, "sort": False}),
    "melt": method("melt", id_vars=None, value_vars=None, var_name=None, value_name="value", ignore_index=True),
    "pivot": method("pivot", index=REQUIRED, columns=REQUIRED, values=REQUIRED),
    "pivot_table": method("pivot_table", index=REQUIRED, columns=None, values=None, aggfunc="mean", fill_value=None,
                          dropna=True, observed=True, sort=True),
    "crosstab": (lambda i, p: pd.crosstab(i["index"], i["columns"], **p), ("index", "columns"),
                 {"normalize": False, "dropna": True, "margins": False}),
    "get_dummies": top("get_dummies", prefix=None, prefix_sep="_", dummy_na=False, columns=None, drop_first=False,
                       dtype=None),
    "stack": method("stack"),
    "unstack": method("unstack", level=-1, fill_value=None),
    "explode": method("explode", column=REQUIRED, ignore_index=False),
    "transpose": method("transpose"),
    "drop_duplicates": method("drop_duplicates", subset=None, keep="first", ignore_index=False),
    "series.drop_duplicates": method("drop_duplicates", keep="first", ignore_index=False),
    "duplicated": method("duplicated", subset=None, keep="first"),
    "series.duplicated": method("duplicated", keep="first"),
    "nlargest": method("nlargest", n=5, columns=REQUIRED, keep="first"),
    "nsmallest": method("nsmallest", n=5, columns=REQUIRED, keep="first"),
    "series.nlargest": method("nlargest", n=5, keep="first"),
    "series.nsmallest": method("nsmallest", n=5, keep="first"),
    "rank": method("rank", method="average", ascending=True, na_option="keep", pct=False),
    "corr": method("corr", method="pearson", min_periods=1, numeric_only=False),
    "cumsum": method("cumsum", skipna=True),
    "cumprod": method("cumprod", skipna=True),
    "cummax": method("cummax", skipna=True),
    "cummin": method("cummin", skipna=True),
    "diff": method("diff", periods=1),
    "shift": method("shift", periods=1),
    "pct_change": method("pct_change", periods=1),
    "round": method("round", decimals=0),
    "rolling": (rolling, ("self",), {"window": REQUIRED, "min_periods": None, "center": False, "func": REQUIRED}),
    "sample": method("sample", n=None, frac=None, replace=False, random_state=REQUIRED, ignore_index=False),
    "query": method("query", expr=REQUIRED),
    "repr": (text, ("self",), {"max_rows": 60, "min_rows": 10, "max_columns": 0, "width": 80}),
    "index.union": combined("union"),
    "index.intersection": combined("intersection"),
    "index.duplicated": method("duplicated", keep="first"),
    "index.is_unique": (lambda i, p: bool(i["self"].is_unique), ("self",), {}),
    "index.has_duplicates": (lambda i, p: bool(i["self"].has_duplicates), ("self",), {}),
    "index.is_monotonic_increasing": (lambda i, p: bool(i["self"].is_monotonic_increasing), ("self",), {}),
    "index.get_indexer": (lambda i, p: i["self"].get_indexer(i["target"]), ("self", "target"), {}),
    "str.lower": accessor("str", "lower"), "str.upper": accessor("str", "upper"), "str.len": accessor("str", "len"),
    "str.strip": accessor("str", "strip", to_strip=None), "str.title": accessor("str", "title"),
    "str.capitalize": accessor("str", "capitalize"),
    "str.contains": accessor("str", "contains", pat=REQUIRED, case=True, regex=True),
    "str.startswith": accessor("str", "startswith", pat=REQUIRED),
    "str.endswith": accessor("str", "endswith", pat=REQUIRED),
    "str.replace": accessor("str", "replace", pat=REQUIRED, repl=REQUIRED, n=-1, case=None, regex=False),
    "str.slice": accessor("str", "slice", start=None, stop=None, step=None),
    "str.zfill": accessor("str", "zfill", width=REQUIRED),
    **{f"dt.{name}": accessor("dt", name) for name in
       ("year", "month", "day", "hour", "minute", "second", "dayofweek", "quarter", "day_name", "month_name", "dayofyear")},
    "dt.floor": accessor("dt", "floor", freq=REQUIRED),
    **{f"op.{symbol}": operator(symbol) for symbol in
       ("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "&", "|", "^")},
    **{f"arith.{name}": binary(name, fill_value=None) for name in ("add", "sub", "mul", "div")},
}


def pairs(value):
    """A dictionary with keys that are not text is written as {"$map": [[key, value], ...]}."""
    return dict(value["$map"]) if isinstance(value, dict) and "$map" in value else value


def run(case):
    """The case's `expect`, computed by pandas; fills the parameters' defaults into the case."""
    call, names, defaults = OPS[case["op"]]
    params = case.setdefault("params", {})
    unknown = [name for name in params if name not in defaults]
    unknown += [name for name in case["inputs"] if name not in names and name != "by"]
    if unknown:
        raise KeyError(f"{case['id']}: {case['op']} takes no {', '.join(unknown)}")
    for name, default in defaults.items():
        if name not in params:
            if default is REQUIRED:
                raise KeyError(f"{case['id']}: {case['op']} needs {name}")
            params[name] = default
    inputs = {name: load_value(spec) for name, spec in case["inputs"].items()}
    arguments = {}
    for name, item in params.items():
        if isinstance(item, dict) and "$map" in item:
            arguments[name] = {"$map": [[load_cell(k), load_cell(v)] for k, v in item["$map"]]}
        else:
            arguments[name] = values_of({name: item})[name]
    try:
        value = call(inputs, arguments)
    except Exception as error:  # noqa: BLE001  the class is the expectation
        message = error.args[0] if isinstance(error, KeyError) and error.args else str(error)
        return {"error": {"class": type(error).__name__, "message": str(message)}}
    return {"value": dump_value(value)}


# --- files --------------------------------------------------------------------------------------------------------


def write(path, packet):
    """One case a line: a changed expectation is one changed line."""
    head = {key: packet[key] for key in packet if key != "cases"}
    lines = [json.dumps(case, ensure_ascii=False, allow_nan=False) for case in packet["cases"]]
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    path.write_text(opening + ', "cases": [\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("record", "check"):
        sys.exit(__doc__)
    passed, failed = 0, 0
    for path in sorted(Path(sys.argv[2]).glob("*.json")):
        packet = json.loads(path.read_text(encoding="utf-8"))
        for case in packet["cases"]:
            found = json.loads(json.dumps(run(case), allow_nan=False))
            if sys.argv[1] == "record":
                case.pop("expect", None), case.pop("source", None)
                case["expect"], case["source"] = found, "oracle"
                passed += 1
            elif found == case.get("expect") and json.dumps(found) == json.dumps(case.get("expect")):
                passed += 1
            else:
                failed += 1
                print(f"{path.name}: {case['id']}: recorded {case.get('expect')}, live {found}")
        if sys.argv[1] == "record":
            write(path, packet)
    if passed + failed == 0:
        print("no cases found")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
