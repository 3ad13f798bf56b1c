"""pandas: values to and from it, and adapters for the operations of columns, frames and files.

An operation named like a function of pandas needs no adapter of its own (`adapter`); the tables hold the others.

An adapter translates names and calls; whatever it returns is what pandas gave it.
"""

import base64
import io
import math
import operator as python
import os

import numpy as np
import pandas as pd

from lumen_oracle.worker import Request

WHOLE = 2**53
SPECIAL = {"None": None, "NaN": math.nan, "NA": pd.NA, "NaT": pd.NaT, "inf": math.inf, "-inf": -math.inf, "-0.0": -0.0}


# --- cells --------------------------------------------------------------------------------------------------------


def load_cell(cell):
    """A cell of dtype object, a name, or a parameter."""
    if isinstance(cell, list):
        return [load_cell(item) for item in cell]
    if not isinstance(cell, dict):
        return cell
    (tag, value), = cell.items()
    match tag:
        case "$":
            return SPECIAL[value]
        case "$int":
            return int(value)
        case "$float":
            return float(value)
        case "$datetime":
            return pd.Timestamp(value)
        case "$timedelta":
            return pd.Timedelta(value, unit="us")
        case "$tuple":
            return tuple(load_cell(item) for item in value)
    raise KeyError(f"unknown cell tag {tag}")


def dump_cell(value):
    """A cell of dtype object: tagged where JSON cannot tell."""
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        value = int(value)
        return value if abs(value) <= WHOLE else {"$int": str(value)}
    if isinstance(value, (float, np.floating)):
        value = dump_float(float(value))
        return {"$": value} if isinstance(value, str) else {"$float": value} if value == int(value) else value
    if value is None:
        return {"$": "None"}
    if value is pd.NA:
        return {"$": "NA"}
    if value is pd.NaT:
        return {"$": "NaT"}
    if isinstance(value, pd.Timestamp):
        return {"$datetime": value.isoformat()}
    if isinstance(value, pd.Timedelta):
        return {"$timedelta": int(value.as_unit("us")._value)}
    if isinstance(value, tuple):
        return {"$tuple": [dump_cell(item) for item in value]}
    if isinstance(value, list):
        return [dump_cell(item) for item in value]
    raise TypeError(f"no text for a {type(value).__name__}: {value!r}")


def dump_float(value):
    if value != value:
        return "NaN"
    if value in (math.inf, -math.inf):
        return "inf" if value > 0 else "-inf"
    return "-0.0" if value == 0 and math.copysign(1, value) < 0 else value


def dump_integer(value):
    return value if abs(value) <= WHOLE else str(value)


def load_name(name):
    return None if name is None else load_cell(name)


def dump_name(name):
    return None if name is None else dump_cell(name)


# --- columns ------------------------------------------------------------------------------------------------------


def unit_of(dtype):
    return dtype[dtype.index("[") + 1:-1].partition(",")[0]


def load_instants(cells, dtype):
    unit, _, zone = dtype[len("datetime64["):-1].partition(", ")
    if not zone:
        return np.array(["NaT" if cell is None else cell for cell in cells], dtype=f"M8[{unit}]")
    instants = ["NaT" if cell is None else cell.removesuffix("+00:00") for cell in cells]
    return pd.DatetimeIndex(np.array(instants, dtype=f"M8[{unit}]")).tz_localize("UTC").tz_convert(zone).array


def load_column(spec):
    """The array under a column: numpy's where the dtype is numpy's."""
    dtype, cells = spec["dtype"], spec["values"]
    if dtype == "category":
        categories = pd.Index(load_column(spec["categories"]), dtype=exact(spec["categories"]))
        codes = [-1 if code is None else code for code in cells]
        return pd.Categorical.from_codes(codes, categories=categories, ordered=spec["ordered"])
    if dtype == "object":
        array = np.empty(len(cells), dtype=object)
        for place, cell in enumerate(cells):
            array[place] = load_cell(cell)
        return array
    if dtype.startswith("datetime64"):
        return load_instants(cells, dtype)
    if dtype.startswith("timedelta64"):
        ticks = [np.iinfo("int64").min if cell is None else int(cell) for cell in cells]
        return np.array(ticks, dtype="int64").view(f"m8[{unit_of(dtype)}]")
    if dtype.startswith("float"):
        return np.array([math.nan if cell is None else float(cell) for cell in cells], dtype=dtype)
    if dtype == "bool":
        return np.array(cells, dtype=bool)
    if dtype.startswith(("int", "uint")):
        return np.array([int(cell) for cell in cells], dtype=dtype)
    if dtype.startswith("Float"):
        # By parts: pandas reads a list's NaN as missing.
        missing = np.array([cell is None for cell in cells], dtype=bool)
        values = np.array([1.0 if cell is None else float(cell) for cell in cells], dtype=dtype.lower())
        return pd.arrays.FloatingArray(values, missing)
    if dtype.startswith(("Int", "UInt")):
        return pd.array([pd.NA if cell is None else int(cell) for cell in cells], dtype=dtype)
    return pd.array([pd.NA if cell is None else cell for cell in cells], dtype=dtype)


def exact(spec):
    return object if spec["dtype"] == "object" else None


def dump_column(values):
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    dtype = str(series.dtype)
    column = {"kind": "column", "dtype": dtype}
    if dtype == "category":
        codes = [None if code < 0 else code for code in series.cat.codes.tolist()]
        categories = dump_column(series.cat.categories)
        return column | {"values": codes, "categories": categories, "ordered": bool(series.cat.ordered)}
    if dtype == "bool[pyarrow]":
        # A label over the same buffers as `boolean`.
        column["dtype"] = dtype = "boolean"
    return column | {"values": dump_values(series, dtype)}


def dump_values(series, dtype):
    if dtype == "object":
        return [dump_cell(value) for value in series.array]
    if dtype.startswith("datetime64"):
        unit, _, zone = dtype[len("datetime64["):-1].partition(", ")
        if zone:
            series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        texts = np.datetime_as_string(series.to_numpy(), unit=unit).tolist()
        return [None if text == "NaT" else text + "+00:00" if zone else text for text in texts]
    if dtype.startswith("timedelta64"):
        ticks = series.to_numpy().view("int64").tolist()
        return [None if tick == np.iinfo("int64").min else dump_integer(tick) for tick in ticks]
    if dtype.startswith("float"):
        return [None if value != value else dump_float(value) for value in series.tolist()]
    if dtype in ("str", "string"):
        return [None if value is pd.NA or value != value else value for value in series.tolist()]
    return [None if value is pd.NA else dump_plain(value) for value in series.tolist()]


def dump_plain(value):
    if isinstance(value, float):
        return dump_float(value)
    return value if isinstance(value, (bool, str)) else dump_integer(int(value))


# --- values -------------------------------------------------------------------------------------------------------


def load_index(spec):
    kind, name = spec["type"], load_name(spec.get("name"))
    if kind == "RangeIndex":
        return pd.RangeIndex(spec["start"], spec["stop"], spec["step"], name=name)
    if kind == "MultiIndex":
        arrays = [pd.Index(load_column(array), dtype=exact(array)) for array in spec["arrays"]]
        return pd.MultiIndex.from_arrays(arrays, names=[load_name(name) for name in spec["names"]])
    index = pd.Index(load_column(spec["values"]), dtype=exact(spec["values"]), name=name)
    if spec.get("freq") is not None:
        index.freq = spec["freq"]
    if type(index).__name__ != kind:
        raise ValueError(f"expected a {kind}, found that pandas makes a {type(index).__name__} of these labels")
    return index


def dump_index(index):
    kind = type(index).__name__
    if isinstance(index, pd.RangeIndex):
        return {"kind": "index", "type": kind, "start": index.start, "stop": index.stop, "step": index.step,
                "name": dump_name(index.name)}
    if isinstance(index, pd.MultiIndex):
        return {"kind": "index", "type": kind, "names": [dump_name(name) for name in index.names],
                "arrays": [dump_column(index.get_level_values(level)) for level in range(index.nlevels)]}
    freq = getattr(index, "freqstr", None)
    return {"kind": "index", "type": kind, "values": dump_column(index), "name": dump_name(index.name),
            **({} if freq is None else {"freq": freq})}


def load_scalar(spec):
    dtype, value = spec["dtype"], spec["value"]
    match dtype:
        case "object" | "str" | "bool" | "NoneType":
            return load_cell(value)
        case "int":
            return int(value)
        case "float":
            return float(value)
    column = load_column({"dtype": dtype, "values": [value]})
    # A point in time or a duration is pandas' own scalar, not numpy's.
    return pd.Series(column)[0] if dtype.startswith(("datetime64", "timedelta64")) else column[0]


def dump_scalar(value):
    def scalar(dtype, cell):
        return {"kind": "scalar", "dtype": dtype, "value": cell}

    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        dtype, plain = str(value.dtype), value.item()
        return scalar(dtype, None if plain != plain else dump_plain(plain))
    if isinstance(value, pd.Timestamp):
        return scalar(str(pd.Series([value]).dtype), dump_values(pd.Series([value]), str(pd.Series([value]).dtype))[0])
    if isinstance(value, pd.Timedelta):
        return scalar(f"timedelta64[{value.unit}]", dump_integer(int(value._value)))
    if isinstance(value, (bool, int, float, str)):
        return scalar(type(value).__name__, dump_plain(value))
    if value is None:
        return scalar("NoneType", None)
    return scalar("object", dump_cell(value))


class Unlabelled:
    """A result whose labels the operation does not speak of."""

    def __init__(self, value):
        self.value = value


class Text(str):
    """A result that is a document, not a cell."""


def load(spec, shared=None):
    match spec["kind"]:
        case "frame":
            index = load_index(spec["index"])
            frame = pd.DataFrame(dict(enumerate(map(load_column, spec["data"]))), index=index, copy=False)
            frame.columns = load_index(spec["columns"])
            return frame
        case "series":
            values = load_column(spec["values"])
            return pd.Series(values, index=load_index(spec["index"]), name=load_name(spec["name"]), copy=False)
        case "column":
            return pd.Series(load_column(spec))
        case "index":
            return load_index(spec)
        case "scalar":
            return load_scalar(spec)
        case "text":
            return spec["value"]
        case "bytes":
            return base64.b64decode(spec["base64"], validate=True)
        case "tree" if "entries" in spec:
            return {load_cell(key): load(item) for key, item in spec["entries"]}
        case "tree":
            return [load(item) for item in spec["items"]]
    raise KeyError(f"unknown kind of value {spec['kind']}")


def dump(value):
    if isinstance(value, Text):
        return {"kind": "text", "value": str(value)}
    if isinstance(value, Unlabelled):
        return dump_unlabelled(value.value)
    if isinstance(value, pd.DataFrame):
        data = [dump_column(column) for _, column in value.items()]
        return {"kind": "frame", "columns": dump_index(value.columns), "index": dump_index(value.index), "data": data}
    if isinstance(value, pd.Series):
        return {"kind": "series", "name": dump_name(value.name), "index": dump_index(value.index),
                "values": dump_column(value)}
    if isinstance(value, pd.Index):
        return dump_index(value)
    if isinstance(value, (np.ndarray, pd.api.extensions.ExtensionArray)):
        return dump_column(value)
    if isinstance(value, (list, tuple)):
        return {"kind": "tree", "items": [dump(item) for item in value]}
    if isinstance(value, dict):
        return {"kind": "tree", "entries": [[dump_cell(key), dump(item)] for key, item in value.items()]}
    return dump_scalar(value)


def dump_unlabelled(value):
    if isinstance(value, pd.DataFrame):
        return {"kind": "tree", "entries": [[dump_cell(name), dump_column(column)] for name, column in value.items()]}
    if isinstance(value, (pd.Series, pd.Index)):
        return dump_column(value)
    if isinstance(value, tuple):
        return {"kind": "tree", "items": [dump_unlabelled(item) for item in value]}
    return dump(value)


def seed():
    np.random.seed(0)


def reset():
    # Not "all": the options of plotting want its library.
    for area in ("compute.", "display.", "future.", "mode."):
        pd.reset_option(area)


# --- adapters -----------------------------------------------------------------------------------------------------


def argument(item):
    """A parameter as pandas takes it. Beside the tags of cells: `$map` for a dictionary whose keys are no texts,
    `$slice` for a slice."""
    if isinstance(item, list):
        return [argument(part) for part in item]
    if not isinstance(item, dict):
        return item
    if "$map" in item:
        return {load_cell(key): argument(value) for key, value in item["$map"]}
    if "$slice" in item:
        return slice(*[argument(part) for part in item["$slice"]])
    if "$tuple" in item:
        return tuple(argument(part) for part in item["$tuple"])
    if len(item) == 1 and next(iter(item)).startswith("$"):
        return load_cell(item)
    return {key: argument(value) for key, value in item.items()}


class Operation:
    """An adapter with the inputs and parameters it takes. Anything else, and any of them left out, is refused: a
    parameter that pandas would default must be written in the case."""

    def __init__(self, call, inputs=("self",), parameters=(), optional=()):
        self.run, self.inputs, self.parameters, self.optional = call, set(inputs), set(parameters), set(optional)

    def __call__(self, ref, inputs, params):
        if params.keys() != self.parameters:
            raise Request(f"expected the parameters {sorted(self.parameters)}, found {sorted(params)}")
        if not self.inputs <= inputs.keys() <= self.inputs | self.optional:
            raise Request(f"expected the inputs {sorted(self.inputs)}, found {sorted(inputs)}")
        return self.run(ref, inputs, {name: argument(value) for name, value in params.items()})


def method(name, *parameters):
    """`self.name(**params)` of a frame, a series or an index."""
    return Operation(lambda ref, i, p: ref.method(i["self"], name, **p), ("self",), parameters)


def binary(name, *parameters):
    """`self.name(other, **params)`."""
    return Operation(lambda ref, i, p: ref.method(i["self"], name, i["other"], **p), ("self", "other"), parameters)


def attribute(name):
    return Operation(lambda ref, i, p: ref.get(i["self"], name))


def top(name, *parameters):
    """`pandas.name(self, **params)`."""
    return Operation(lambda ref, i, p: ref.method(pd, name, i["self"], **p), ("self",), parameters)


def accessor(space, name, *parameters):
    def call(ref, i, p):
        member = ref.get(ref.get(i["self"], space), name)
        return ref.call(member, **p) if callable(member) else member
    return Operation(call, ("self",), parameters)


OPERATORS = {
    "+": python.add, "-": python.sub, "*": python.mul, "/": python.truediv, "//": python.floordiv, "%": python.mod,
    "**": python.pow, "==": python.eq, "!=": python.ne, "<": python.lt, "<=": python.le, ">": python.gt,
    ">=": python.ge, "&": python.and_, "|": python.or_, "^": python.xor,
}
UNARY = {"-": python.neg, "~": python.invert, "abs": abs}


def infix(symbol):
    return Operation(lambda ref, i, p: ref.call(OPERATORS[symbol], i["self"], i["other"]), ("self", "other"))


def prefix(symbol):
    return Operation(lambda ref, i, p: ref.call(UNARY[symbol], i["self"]))


def indexer(name):
    def call(ref, i, p):
        rows = p["rows"] if "rows" in p else i["mask"]
        target = ref.get(i["self"], name)
        return ref.item(target, rows if p["columns"] is None else (rows, p["columns"]))
    return call


GROUPING = ("by", "as_index", "sort", "dropna", "observed", "select")


def grouped(ref, i, p):
    options = {name: p[name] for name in ("as_index", "sort", "dropna", "observed")}
    group = ref.method(i["self"], "groupby", i["by"] if "by" in i else p["by"], **options)
    return group if p["select"] is None else ref.item(group, p["select"])


def group_operation(call, *parameters):
    return Operation(lambda ref, i, p: call(ref, grouped(ref, i, p), p), ("self",), (*GROUPING, *parameters), ("by",))


def group_method(name, *parameters):
    def call(ref, group, p):
        return ref.method(group, name, **{key: p[key] for key in parameters})
    return group_operation(call, *parameters)


def group_named(ref, group, p):
    return ref.method(group, "agg", **{out: tuple(pair) for out, pair in p["named"].items()})


def group_keys(ref, group, p):
    return [key for key, _ in ref.call(list, group)]


def series_groupby(ref, i, p):
    group = ref.method(i["self"], "groupby", i["by"], sort=p["sort"], dropna=p["dropna"], observed=p["observed"])
    return ref.method(group, "agg", p["func"])


def rolling(ref, i, p):
    window = ref.method(i["self"], "rolling", p["window"], min_periods=p["min_periods"], center=p["center"])
    return ref.method(window, p["func"])


def merge(ref, i, p):
    return ref.method(pd, "merge", i["left"], i["right"], **p | {"suffixes": tuple(p["suffixes"])})


def replace(ref, i, p):
    value = {} if p["value"] == "no value" else {"value": p["value"]}
    return ref.method(i["self"], "replace", p["to_replace"], **value)


def text(ref, i, p):
    # Without a limit of columns pandas asks the terminal for its width.
    os.environ["COLUMNS"] = str(p["width"])
    with pd.option_context("display.max_rows", p["max_rows"], "display.min_rows", p["min_rows"],
                           "display.max_columns", p["max_columns"], "display.width", p["width"]):
        return Text(ref.call(repr, i["self"]))


AXIS = ("axis", "skipna", "numeric_only")
SORT = ("ascending", "kind", "na_position", "ignore_index")
RANK = ("method", "ascending", "na_option", "pct")
MERGE = ("how", "on", "left_on", "right_on", "left_index", "right_index", "sort", "suffixes", "indicator", "validate")

OPS = {
    "series.new": Operation(lambda ref, i, p: ref.method(pd, "Series", **p), (), ("data", "index", "dtype", "name")),
    "frame.new": Operation(lambda ref, i, p: ref.method(pd, "DataFrame", **p), (), ("data", "index", "columns")),
    "getitem": Operation(lambda ref, i, p: ref.item(i["self"], p["key"]), ("self",), ("key",)),
    "getitem_mask": Operation(lambda ref, i, p: ref.item(i["self"], i["mask"]), ("self", "mask")),
    "loc": Operation(indexer("loc"), ("self",), ("rows", "columns")),
    "iloc": Operation(indexer("iloc"), ("self",), ("rows", "columns")),
    "loc_mask": Operation(indexer("loc"), ("self", "mask"), ("columns",)),
    "head": method("head", "n"),
    "tail": method("tail", "n"),
    "assign": Operation(lambda ref, i, p: ref.method(i["self"], "assign", **{p["name"]: i["value"]}),
                        ("self", "value"), ("name",)),
    "drop": method("drop", "labels", "axis", "index", "columns", "errors"),
    "rename": method("rename", "columns", "index", "errors"),
    "set_index": method("set_index", "keys", "drop", "append", "verify_integrity"),
    "reset_index": method("reset_index", "level", "drop"),
    "reindex": method("reindex", "index", "fill_value"),
    "sort_values": method("sort_values", "by", *SORT),
    "series.sort_values": method("sort_values", *SORT),
    "sort_index": method("sort_index", "axis", *SORT),
    "isna": method("isna"),
    "notna": method("notna"),
    "fillna": method("fillna", "value"),
    "fillna_with": Operation(lambda ref, i, p: ref.method(i["self"], "fillna", i["value"]), ("self", "value")),
    "dropna": method("dropna", "axis", "how", "subset", "ignore_index"),
    "series.dropna": method("dropna", "ignore_index"),
    "ffill": method("ffill", "limit"),
    "bfill": method("bfill", "limit"),
    "astype": method("astype", "dtype"),
    **{f"unary.{symbol}": prefix(symbol) for symbol in UNARY},
    **{f"op.{symbol}": infix(symbol) for symbol in OPERATORS},
    **{f"arith.{name}": binary(name, "fill_value") for name in ("add", "sub", "mul", "div")},
    "sum": method("sum", *AXIS, "min_count"),
    "prod": method("prod", *AXIS, "min_count"),
    **{name: method(name, *AXIS) for name in ("mean", "median", "min", "max")},
    "var": method("var", *AXIS, "ddof"),
    "std": method("std", *AXIS, "ddof"),
    "count": method("count", "axis", "numeric_only"),
    "series.count": method("count"),
    "any": method("any", "axis", "skipna"),
    "all": method("all", "axis", "skipna"),
    "nunique": method("nunique", "axis", "dropna"),
    "series.nunique": method("nunique", "dropna"),
    "idxmin": method("idxmin", "axis", "skipna"),
    "idxmax": method("idxmax", "axis", "skipna"),
    "quantile": method("quantile", "q", "axis", "numeric_only", "interpolation"),
    "series.quantile": method("quantile", "q", "interpolation"),
    "describe": method("describe"),
    "value_counts": method("value_counts", "normalize", "sort", "ascending", "dropna"),
    "frame.value_counts": method("value_counts", "subset", "normalize", "sort", "ascending", "dropna"),
    "unique": method("unique"),
    "mode": method("mode", "dropna"),
    "isin": method("isin", "values"),
    "between": method("between", "left", "right", "inclusive"),
    "clip": method("clip", "lower", "upper"),
    "where": Operation(lambda ref, i, p: ref.method(i["self"], "where", i["cond"], p["other"]),
                       ("self", "cond"), ("other",)),
    "where_with": Operation(lambda ref, i, p: ref.method(i["self"], "where", i["cond"], i["other"]),
                            ("self", "cond", "other")),
    "mask": Operation(lambda ref, i, p: ref.method(i["self"], "mask", i["cond"], p["other"]),
                      ("self", "cond"), ("other",)),
    "replace": Operation(replace, ("self",), ("to_replace", "value")),
    "map": method("map", "arg"),
    "cut": top("cut", "bins", "right", "labels", "include_lowest", "duplicates", "ordered"),
    "qcut": top("qcut", "q", "labels", "duplicates"),
    "to_datetime": top("to_datetime", "errors", "format"),
    "to_numeric": top("to_numeric", "errors"),
    "groupby.agg": group_operation(lambda ref, group, p: ref.method(group, "agg", p["func"]), "func"),
    "groupby.named": group_operation(group_named, "named"),
    "groupby.transform": group_operation(lambda ref, group, p: ref.method(group, "transform", p["func"]), "func"),
    "groupby.keys": group_operation(group_keys),
    "groupby.size": group_method("size"),
    "groupby.cumcount": group_method("cumcount", "ascending"),
    "groupby.cumsum": group_method("cumsum"),
    "groupby.rank": group_method("rank", *RANK),
    "groupby.quantile": group_method("quantile", "q"),
    "groupby.head": group_method("head", "n"),
    "series.groupby": Operation(series_groupby, ("self", "by"), ("sort", "dropna", "observed", "func")),
    "merge": Operation(merge, ("left", "right"), MERGE),
    "join": binary("join", "on", "how", "lsuffix", "rsuffix", "sort"),
    "concat": Operation(lambda ref, i, p: ref.method(pd, "concat", i["objs"], **p), ("objs",),
                        ("axis", "join", "ignore_index", "keys", "names", "verify_integrity", "sort")),
    "melt": method("melt", "id_vars", "value_vars", "var_name", "value_name", "ignore_index"),
    "pivot": method("pivot", "index", "columns", "values"),
    "pivot_table": method("pivot_table", "index", "columns", "values", "aggfunc", "fill_value", "dropna", "observed",
                          "sort"),
    "crosstab": Operation(lambda ref, i, p: ref.method(pd, "crosstab", i["index"], i["columns"], **p),
                          ("index", "columns"), ("normalize", "dropna", "margins")),
    "get_dummies": top("get_dummies", "prefix", "prefix_sep", "dummy_na", "columns", "drop_first", "dtype"),
    "stack": method("stack"),
    "unstack": method("unstack", "level", "fill_value"),
    "explode": method("explode", "column", "ignore_index"),
    "transpose": method("transpose"),
    "drop_duplicates": method("drop_duplicates", "subset", "keep", "ignore_index"),
    "series.drop_duplicates": method("drop_duplicates", "keep", "ignore_index"),
    "duplicated": method("duplicated", "subset", "keep"),
    "series.duplicated": method("duplicated", "keep"),
    "nlargest": method("nlargest", "n", "columns", "keep"),
    "nsmallest": method("nsmallest", "n", "columns", "keep"),
    "series.nlargest": method("nlargest", "n", "keep"),
    "series.nsmallest": method("nsmallest", "n", "keep"),
    "rank": method("rank", *RANK),
    "corr": method("corr", "method", "min_periods", "numeric_only"),
    **{name: method(name, "skipna") for name in ("cumsum", "cumprod", "cummax", "cummin")},
    "diff": method("diff", "periods"),
    "shift": method("shift", "periods"),
    "pct_change": method("pct_change", "periods"),
    "round": method("round", "decimals"),
    "rolling": Operation(rolling, ("self",), ("window", "min_periods", "center", "func")),
    "sample": method("sample", "n", "frac", "replace", "random_state", "ignore_index"),
    "query": method("query", "expr"),
    "repr": Operation(text, ("self",), ("max_rows", "min_rows", "max_columns", "width")),
    "index.union": binary("union", "sort"),
    "index.intersection": binary("intersection", "sort"),
    "index.duplicated": method("duplicated", "keep"),
    **{f"index.{name}": attribute(name) for name in ("is_unique", "has_duplicates", "is_monotonic_increasing")},
    "index.get_indexer": Operation(lambda ref, i, p: ref.method(i["self"], "get_indexer", i["target"]),
                                   ("self", "target")),
    **{f"str.{name}": accessor("str", name) for name in ("lower", "upper", "len", "title", "capitalize")},
    "str.strip": accessor("str", "strip", "to_strip"),
    "str.contains": accessor("str", "contains", "pat", "case", "regex"),
    "str.startswith": accessor("str", "startswith", "pat"),
    "str.endswith": accessor("str", "endswith", "pat"),
    "str.replace": accessor("str", "replace", "pat", "repl", "n", "case", "regex"),
    "str.slice": accessor("str", "slice", "start", "stop", "step"),
    "str.zfill": accessor("str", "zfill", "width"),
    **{f"dt.{name}": accessor("dt", name) for name in
       ("year", "month", "day", "hour", "minute", "second", "dayofweek", "quarter", "day_name", "month_name",
        "dayofyear")},
    "dt.floor": accessor("dt", "floor", "freq"),
}


# --- columns without labels ---------------------------------------------------------------------------------------


def unlabelled(call):
    """Columns come as series with the plainest labels; what comes back is said without them."""
    def adapter(ref, inputs, params):
        return Unlabelled(call(ref, inputs, {name: argument(value) for name, value in params.items()}))
    return adapter


def named(call):
    """The parameter `name` chooses the member to call."""
    def adapter(ref, inputs, params):
        rest = {name: value for name, value in params.items() if name != "name"}
        others = {name: value for name, value in inputs.items() if name != "column"}
        return call(ref, inputs["column"], params["name"], others | rest)
    return unlabelled(adapter)


def member(space):
    def call(ref, column, name, options):
        found = ref.get(ref.get(column, space), name)
        return ref.call(found, **options) if callable(found) else found
    return named(call)


def argsort(ref, i, p):
    # `sort_values` of a frame, since a series has no order of missing values to choose.
    frame = pd.DataFrame({"key": i["column"]})
    return ref.method(frame, "sort_values", "key", kind="stable", **p).index.to_numpy()


OPS |= {
    "column.binary": unlabelled(lambda ref, i, p: ref.call(OPERATORS[p["operator"]], i["left"], i["right"])),
    "column.unary": unlabelled(lambda ref, i, p: ref.call(UNARY[p["operator"]], i["column"])),
    "column.reduce": named(lambda ref, column, name, options: ref.method(column, name, **options)),
    "column.method": named(lambda ref, column, name, options: ref.method(column, name, **options)),
    "column.str": member("str"),
    "column.dt": member("dt"),
    "column.argsort": unlabelled(argsort),
    "column.factorize": unlabelled(lambda ref, i, p: ref.method(pd, "factorize", i["column"], **p)),
    "column.concat": unlabelled(lambda ref, i, p: ref.method(pd, "concat", [i["left"], i["right"]], **p)),
    "column.searchsorted": unlabelled(
        lambda ref, i, p: np.asarray(ref.method(i["column"], "searchsorted", i["values"], **p))),
    "column.to_datetime": unlabelled(lambda ref, i, p: ref.method(pd, "to_datetime", i["column"], **p)),
    "column.numpy": named(lambda ref, column, name, options: ref.method(np, name, column, **options)),
}


# --- files --------------------------------------------------------------------------------------------------------


def read_csv(ref, inputs, params):
    given = inputs["text"]
    data = io.BytesIO(given if isinstance(given, bytes) else given.encode())
    return ref.method(pd, "read_csv", data, **{name: argument(value) for name, value in params.items()})


def to_csv(ref, inputs, params):
    return Text(ref.method(inputs["self"], "to_csv", **{name: argument(value) for name, value in params.items()}))


OPS |= {"files.read_csv": read_csv, "files.to_csv": to_csv}


# --- the rest of pandas by its own names --------------------------------------------------------------------------

OWNERS = {"series": pd.Series, "frame": pd.DataFrame, "index": pd.Index, "pandas": pd}


def adapter(op):
    """`series.str.lower` is `pandas.Series.str.lower`, `pandas.merge` is itself: the input `self` is its object, other
    inputs and the parameters are its keywords."""
    kind, *path = op.split(".")
    owner = found = OWNERS.get(kind)
    for name in path:
        found = getattr(found, name, None)
    if found is None or not path:
        return None

    def call(ref, inputs, params):
        keywords = inputs | {name: argument(value) for name, value in params.items()}
        target = pd if owner is pd else keywords.pop("self", None)
        if owner is not pd and not isinstance(target, owner):
            raise Request(f"expected the input self, a {owner.__name__}, found a {type(target).__name__}")
        for name in path:
            target = ref.get(target, name)
        if callable(target):
            return ref.call(target, **keywords)
        if keywords:
            raise Request(f"{op} takes no {', '.join(keywords)}")
        return target
    return call


READERS = {
    form: lambda ref, data, options, name=name: ref.method(pd, name, io.BytesIO(data), **argument(options))
    for form, name in (("csv", "read_csv"), ("parquet", "read_parquet"), ("arrow", "read_feather"))
}
