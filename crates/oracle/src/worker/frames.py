"""pandas: values to and from it, and adapters for the operations of columns, frames and files.

An operation named like a function of pandas needs no adapter of its own (`adapter`); the tables hold the others.

An adapter translates names and calls; whatever it returns is what pandas gave it.
"""

import base64
import io
import math
import os

import numpy as np
import pandas as pd

from lumen_oracle.worker import WHOLE, Request, dump_number

SPECIAL = {"no default": pd.api.extensions.no_default, "None": None, "NaN": math.nan, "NA": pd.NA, "NaT": pd.NaT, "inf": math.inf, "-inf": -math.inf, "-0.0": -0.0}


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
        value = dump_number(float(value))
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
        return [None if tick == np.iinfo("int64").min else dump_number(tick) for tick in ticks]
    if dtype.startswith("float"):
        return [None if value != value else dump_number(value) for value in series.tolist()]
    if dtype in ("str", "string"):
        return [None if value is pd.NA or value != value else value for value in series.tolist()]
    return [None if value is pd.NA else dump_plain(value) for value in series.tolist()]


def dump_plain(value):
    return value if isinstance(value, str) else dump_number(value if isinstance(value, (bool, float)) else int(value))


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
        return scalar(f"timedelta64[{value.unit}]", dump_number(int(value._value)))
    if isinstance(value, (bool, int, float, str)):
        return scalar(type(value).__name__, dump_plain(value))
    if value is None:
        return scalar("NoneType", None)
    return scalar("object", dump_cell(value))


class Text(str):
    """A result that is a document, not a cell."""


def load(spec, shared=None):
    match spec["kind"]:
        case "frame":
            index = load_index(spec["index"])
            columns = (pd.Series(load_column(column), index=index, dtype=exact(column)) for column in spec["data"])
            frame = pd.DataFrame(dict(enumerate(columns)), index=index, copy=False)
            frame.columns = load_index(spec["columns"])
            return frame
        case "series":
            values = load_column(spec["values"])
            index, dtype = load_index(spec["index"]), exact(spec["values"])
            return pd.Series(values, index=index, name=load_name(spec["name"]), dtype=dtype, copy=False)
        case "column":
            return pd.Series(load_column(spec), dtype=exact(spec))
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


def seed():
    np.random.seed(0)


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
    """An adapter with the inputs and parameters it takes. Anything else is refused, and so is one that is left out, but
    for those that are `optional`: a parameter that pandas would default must be written in the case."""

    def __init__(self, call, inputs=("self",), parameters=(), optional=()):
        self.run, self.inputs, self.parameters, self.optional = call, set(inputs), set(parameters), set(optional)

    def __call__(self, ref, inputs, params):
        given = inputs.keys() | params.keys()
        if not self.inputs | self.parameters <= given <= self.inputs | self.parameters | self.optional:
            expected = sorted(self.inputs | self.parameters)
            raise Request(f"expected {expected} and perhaps {sorted(self.optional)}, found {sorted(given)}")
        return self.run(ref, inputs, {name: argument(value) for name, value in params.items()})


def indexer(name):
    def call(ref, i, p):
        rows = i["rows"] if "rows" in i else p["rows"]
        target = ref.get(i["self"], name)
        return ref.item(target, rows if p["columns"] is None else (rows, p["columns"]))
    return Operation(call, ("self",), ("columns",), ("rows",))


def assign(ref, i, p):
    return ref.method(i["self"], "assign", **{p["name"]: i["value"]})


GROUPING = ("as_index", "sort", "dropna", "observed")


def grouped(ref, i, by):
    """`by` is `groupby`'s parameters and the columns in brackets behind it; the key may be an input."""
    keys = i["by"] if "by" in i else by["keys"]
    group = ref.method(i["self"], "groupby", keys, **{name: by[name] for name in GROUPING})
    return group if by["select"] is None else ref.item(group, by["select"])


def group_operation(call, *parameters):
    return Operation(lambda ref, i, p: call(ref, grouped(ref, i, p["by"]), p), ("self",), ("by", *parameters), ("by",))


def group_method(name, *parameters):
    def call(ref, group, p):
        return ref.method(group, name, **{key: p[key] for key in parameters})
    return group_operation(call, *parameters)


def group_named(ref, group, p):
    return ref.method(group, "agg", **{out: tuple(pair) for out, pair in p["named"].items()})


def group_keys(ref, group, p):
    return [key for key, _ in ref.call(list, group)]


WINDOW = ("window", "min_periods", "center", "win_type", "on", "closed", "step", "method")


def rolling(name):
    def call(ref, i, p):
        return ref.method(ref.method(i["self"], "rolling", **{key: p[key] for key in WINDOW}), name)
    return Operation(call, ("self",), WINDOW)


def merge(ref, i, p):
    return ref.method(pd, "merge", i["left"], i["right"], **p | {"suffixes": tuple(p["suffixes"])})


def chain(ref, i, p):
    merged = ref.method(pd, "merge", i["left"], i["right"], on=p["on"], how=p["how"])
    groups = ref.item(ref.method(merged, "groupby", p["by"], as_index=False, sort=p["sort"]), p["values"])
    return ref.method(ref.method(groups, "sum"), "sort_values", p["order"], ascending=p["ascending"], kind="stable")


def text(ref, i, p):
    # Without a limit of columns pandas asks the terminal for its width.
    os.environ["COLUMNS"] = str(p["width"])
    with pd.option_context("display.max_rows", p["max_rows"], "display.min_rows", p["min_rows"],
                           "display.max_columns", p["max_columns"], "display.width", p["width"]):
        return Text(ref.call(repr, i["self"]))


def ufunc(name):
    return Operation(lambda ref, i, p: ref.method(np, name, i["x"]), ("x",))


def read_csv(ref, inputs, params):
    given = inputs["filepath_or_buffer"]
    data = io.BytesIO(given if isinstance(given, bytes) else given.encode())
    return ref.method(pd, "read_csv", data, **{name: argument(value) for name, value in params.items()})


def to_csv(ref, inputs, params):
    return Text(ref.method(inputs["self"], "to_csv", **{name: argument(value) for name, value in params.items()}))


DISPLAY = ("max_rows", "min_rows", "max_columns", "width")
RANK = ("method", "ascending", "na_option", "pct")
MERGE = ("how", "on", "left_on", "right_on", "left_index", "right_index", "sort", "suffixes", "copy", "indicator",
         "validate")

OPS = {
    **{f"{kind}.{name}": indexer(name) for kind in ("frame", "series") for name in ("loc", "iloc")},
    **{f"{kind}.__repr__": Operation(text, ("self",), DISPLAY) for kind in ("frame", "series")},
    **{f"{kind}.rolling.{name}": rolling(name) for kind in ("frame", "series")
       for name in ("sum", "mean", "median", "min", "max", "var", "std", "count")},
    **{f"numpy.{name}": ufunc(name) for name in ("sqrt", "log", "exp", "floor", "ceil")},
    "frame.assign": Operation(assign, ("self", "value"), ("name",)),
    "pandas.merge": Operation(merge, ("left", "right"), MERGE),
    "chain.join_group_sort": Operation(chain, ("left", "right"),
                                       ("on", "how", "by", "sort", "values", "order", "ascending")),
    "pandas.read_csv": read_csv,
    "frame.to_csv": to_csv,
    "frame_groupby.agg": group_method("agg", "func"),
    "frame_groupby.transform": group_method("transform", "func"),
    "frame_groupby.named": group_operation(group_named, "named"),
    "frame_groupby.keys": group_operation(group_keys),
    "frame_groupby.size": group_method("size"),
    "frame_groupby.cumcount": group_method("cumcount", "ascending"),
    "frame_groupby.head": group_method("head", "n"),
    "series_groupby.agg": group_method("agg", "func"),
    "series_groupby.transform": group_method("transform", "func"),
    "series_groupby.cumsum": group_method("cumsum"),
    "series_groupby.rank": group_method("rank", *RANK),
    "series_groupby.quantile": group_method("quantile", "q"),
}


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
