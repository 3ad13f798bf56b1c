"""Cases of crates `column` and `files` against live pandas.

    python column.py record DIR   fills every `expect` in DIR/*.json
    python column.py check DIR    recomputes them; exits 1 naming each case that differs

An adapter translates a case into one call of pandas and its result back into JSON. It computes nothing.

A column is {"dtype", "values"}, null for a missing value; `object` values, scalars and floats that JSON
cannot hold are {"$": "nan" | "NA" | "NaT" | "inf" | "-inf" | "-0.0"} or {"$big": digits}; times are
{"$time": ticks, "unit": unit} or {"$delta": ...}, and bare ticks inside a column of their dtype; a
category is {"dtype": "category", "codes", "categories", "ordered"}.
"""

import io
import json
import math
import operator
import pathlib
import sys
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")

SPECIAL = {"nan": np.nan, "NA": pd.NA, "NaT": pd.NaT, "inf": np.inf, "-inf": -np.inf, "-0.0": -0.0}


def scalar_in(value):
    if isinstance(value, dict):
        if "$" in value:
            return SPECIAL[value["$"]]
        if "$big" in value:
            return int(value["$big"])
        if "$time" in value:
            return pd.Timestamp(np.datetime64(value["$time"], value["unit"]))
        if "$delta" in value:
            return pd.Timedelta(np.timedelta64(value["$delta"], value["unit"]))
        if "column" in value:
            return column_in(value["column"])
        raise ValueError(f"unknown scalar {value}")
    if isinstance(value, list):
        return [scalar_in(item) for item in value]
    return value


def column_in(column):
    dtype = column["dtype"]
    if dtype == "category":
        categories = column_in(column["categories"])
        data = pd.Categorical.from_codes(column["codes"], categories=pd.Index(categories), ordered=column["ordered"])
        return pd.Series(data)
    values = [scalar_in(value) for value in column["values"]]
    if dtype.startswith("datetime64") or dtype.startswith("timedelta64"):
        ticks = np.array([np.iinfo("int64").min if v is None else v for v in values], dtype="int64")
        return pd.Series(ticks.view(np.dtype(dtype)))
    if dtype == "object":
        data = np.empty(len(values), dtype=object)
        data[:] = values
        return pd.Series(data, dtype=object)
    return pd.Series(values, dtype=dtype)


def scalar_out(value):
    if value is None or isinstance(value, (str, bool)):
        return value
    if value is pd.NA:
        return {"$": "NA"}
    if value is pd.NaT:
        return {"$": "NaT"}
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, pd.Timestamp):
        return {"$time": int(value.to_datetime64().view("int64")), "unit": value.unit}
    if isinstance(value, pd.Timedelta):
        return {"$delta": int(value.to_timedelta64().view("int64")), "unit": value.unit}
    if isinstance(value, (int, np.integer)):
        value = int(value)
        return value if -(2**63) <= value < 2**64 else {"$big": str(value)}
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if math.isnan(value):
            return {"$": "nan"}
        if math.isinf(value):
            return {"$": "inf" if value > 0 else "-inf"}
        return {"$": "-0.0"} if value == 0 and math.copysign(1, value) < 0 else value
    if isinstance(value, (list, tuple)):
        return [scalar_out(item) for item in value]
    raise ValueError(f"cannot write {type(value)}")


def column_out(series):
    dtype = str(series.dtype)
    if dtype == "category":
        categories = column_out(pd.Series(series.cat.categories))
        codes = [int(code) for code in series.cat.codes]
        return {"dtype": dtype, "codes": codes, "categories": categories, "ordered": bool(series.cat.ordered)}
    # A label over the same buffers as `boolean`.
    dtype = "boolean" if dtype == "bool[pyarrow]" else dtype
    if dtype.startswith("datetime64") or dtype.startswith("timedelta64"):
        ticks = series.to_numpy().view("int64")
        return {"dtype": dtype, "values": [None if t == np.iinfo("int64").min else int(t) for t in ticks]}
    values = [scalar_out(value) for value in series]
    if dtype != "object":
        values = [None if pd.isna(value) else out for value, out in zip(series, values)]
    return {"dtype": dtype, "values": values}


def result_out(result):
    if isinstance(result, pd.DataFrame):
        return {"columns": [[scalar_out(name), column_out(result.iloc[:, i])] for i, name in enumerate(result.columns)]}
    if isinstance(result, pd.Series):
        return {"column": column_out(result)}
    if isinstance(result, (pd.Index, pd.api.extensions.ExtensionArray)):
        return {"column": column_out(pd.Series(result))}
    if isinstance(result, np.ndarray):
        return {"positions": [int(value) for value in result]}
    if isinstance(result, tuple):
        codes, uniques = result
        return {"codes": [int(code) for code in codes], "uniques": column_out(pd.Series(uniques))}
    if isinstance(result, str) and "\n" in result:
        return {"text": result}
    return {"scalar": scalar_out(result)}


OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "&": operator.and_, "|": operator.or_, "^": operator.xor,
}
UNARY = {"-": operator.neg, "~": operator.invert, "abs": abs}
REDUCTIONS = {
    "sum", "prod", "mean", "var", "std", "min", "max", "median", "quantile", "any", "all", "count", "nunique",
}
METHODS = {
    "astype", "fillna", "shift", "diff", "cumsum", "cumprod", "cummax", "cummin", "rank", "isin", "clip", "where",
    "mask", "round", "unique", "ffill", "bfill", "reindex",
}


def case_binary(inputs, params):
    return OPERATORS[params["operator"]](inputs["left"], inputs["right"])


def case_unary(inputs, params):
    return UNARY[params["operator"]](inputs["column"])


def case_reduce(inputs, params):
    params = dict(params)
    name = params.pop("name")
    if name not in REDUCTIONS:
        raise ValueError(name)
    return getattr(inputs["column"], name)(**params)


def case_method(inputs, params):
    params = dict(params)
    name = params.pop("name")
    if name not in METHODS:
        raise ValueError(name)
    arguments = {key: value for key, value in inputs.items() if key != "column"}
    result = getattr(inputs["column"], name)(**arguments, **params)
    return pd.Series(result) if name == "unique" else result


def case_argsort(inputs, params):
    positions = pd.Series(np.arange(len(inputs["column"])))
    frame = pd.DataFrame({"key": inputs["column"], "position": positions})
    return frame.sort_values("key", kind="stable", **params)["position"].to_numpy()


def case_factorize(inputs, params):
    return pd.factorize(inputs["column"], **params)


def case_concat(inputs, params):
    return pd.concat([inputs["left"], inputs["right"]], **params)


def case_searchsorted(inputs, params):
    return np.asarray(inputs["column"].searchsorted(inputs["values"], **params))


def case_str(inputs, params):
    params = dict(params)
    name = params.pop("name")
    arguments = {key: value for key, value in inputs.items() if key != "column"}
    return getattr(inputs["column"].str, name)(**arguments, **params)


def case_dt(inputs, params):
    params = dict(params)
    name = params.pop("name")
    attribute = getattr(inputs["column"].dt, name)
    return attribute(**params) if callable(attribute) else attribute


def case_to_datetime(inputs, params):
    return pd.to_datetime(inputs["column"], **params)


def case_numpy(inputs, params):
    return getattr(np, params["name"])(inputs["column"])


def case_read_csv(inputs, params):
    data = inputs["text"].encode("latin-1") if params.pop("bytes", False) else inputs["text"].encode()
    frame = pd.read_csv(io.BytesIO(data), **params)
    index = frame.index
    # An index column of evenly spaced integers is a RangeIndex too, but starts or steps differently.
    if not (isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None):
        levels = [frame.index.get_level_values(i) for i in range(frame.index.nlevels)]
        index = [[scalar_out(level.name), column_out(pd.Series(level))] for level in levels]
        return {"index": index, **result_out(frame)}
    return frame


def case_to_csv(inputs, params):
    frame = pd.DataFrame({name: column for name, column in inputs.items()})
    return {"text": frame.to_csv(**params)}


def run(case):
    inputs = {
        key: value if key == "text" else column_in(value) if isinstance(value, dict) and "dtype" in value else scalar_in(value)
        for key, value in case["inputs"].items()
    }
    adapter = globals()[f"case_{case['op']}"]
    try:
        result = adapter(inputs, json.loads(json.dumps(case["params"])))
        return {"value": result if isinstance(result, dict) else result_out(result)}
    except Exception as error:  # the oracle's own errors are expectations
        return {"error": {"class": type(error).__name__, "message": str(error)}}


def main(verb, folder):
    passed = failed = 0
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        packet = json.loads(path.read_text())
        for case in packet["cases"]:
            expect = run(case)
            if verb == "check" and expect != case.get("expect"):
                failed += 1
                print(f"{path.name}: {case['id']}: recorded {case.get('expect')}, oracle {expect}")
            else:
                passed += 1
            case["expect"] = expect
        if verb == "record":
            lines = ",\n".join("    " + json.dumps(case, ensure_ascii=False) for case in packet["cases"])
            head = json.dumps({key: packet[key] for key in packet if key != "cases"}, ensure_ascii=False)
            path.write_text(head[:-1] + ', "cases": [\n' + lines + "\n]}\n")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("record", "check"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
