"""CPython: its own numbers and texts.

`python.PATH` is the function of that path, such as `python.math.fmod` or `python.str.title`, called with the items of the
input `args` and with the parameters as keywords.
"""

import base64
import builtins
import contextlib
import importlib
import inspect
import math
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from lumen_oracle.worker import dump_number

# Imported before any question: an import looks at signatures itself, and would meet a poisoned `inspect.signature`.
for package in ("pandas", "torch"):
    with contextlib.suppress(ImportError):
        importlib.import_module(package)

DIGITS = {"USD": 2, "JPY": 0, "KWD": 3}


def load(spec, shared=None):
    match spec["kind"], spec.get("dtype"):
        case "scalar", "float64" | "float":
            return math.nan if spec["value"] is None else float(spec["value"])
        case "scalar", "int64" | "int":
            return int(spec["value"])
        case "scalar", "bool" | "str" | "NoneType":
            return spec["value"]
        case "text", None:
            return spec["value"]
        case "bytes", None:
            return base64.b64decode(spec["base64"], validate=True)
        case "tree", None if "items" in spec:
            return [load(item) for item in spec["items"]]
    raise ValueError(f"no form in Python for a {spec['kind']} of dtype {spec.get('dtype')}")


def dump(value):
    if isinstance(value, str):
        return {"kind": "text", "value": value}
    if value is None or isinstance(value, (bool, int, float)):
        return {"kind": "scalar", "dtype": type(value).__name__, "value": dump_number(value)}
    if isinstance(value, bytes):
        return {"kind": "bytes", "base64": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return {"kind": "tree", "items": [dump(item) for item in value]}
    raise TypeError(f"no form for a {type(value).__name__}")


def format_number(ref, inputs, params):
    """One of our formats in the words of `decimal`: half to even at any length."""
    name, _, argument = params["format"].rstrip(")").partition("(")
    exact = Decimal(inputs["value"])
    with localcontext() as context:
        context.prec, context.rounding = 2000, ROUND_HALF_EVEN
        match name:
            case "fixed":
                return ref.call(format, exact, f"z.{int(argument)}f")
            case "percent":
                return ref.call(format, exact * 100, f"z.{int(argument)}f") + "%"
            case "sci":
                # `decimal` gives a zero of n places the exponent n; a report's zero is plain.
                places = int(argument)
                return ref.call(format, exact if exact else Decimal((0, (0,), -places)), f"z.{places}e")
            case "sig":
                digits = int(argument)
                rounded = Context(prec=digits, rounding=ROUND_HALF_EVEN).create_decimal(exact)
                places = max(0, digits - 1 - (rounded.adjusted() if rounded else 0))
                return ref.call(format, rounded.quantize(Decimal(1).scaleb(-places)), "zf")
            case "thousands":
                return ref.call(format, exact.quantize(Decimal(1)), "z,.0f")
            case "money":
                code = argument.strip('"')
                places = Decimal(1).scaleb(-DIGITS[code])
                return f"{code} " + ref.call(format, exact.quantize(places), f"z,.{DIGITS[code]}f")
    raise KeyError(f"no words of decimal for the format {params['format']}")


def signature(ref, inputs, params):
    """Which parameters of a function the given names bind; a foreign name is the signature's own TypeError."""
    first, *names = params["function"].split(".")
    function = importlib.import_module(first)
    for name in names:
        function = ref.get(function, name)
    found = ref.call(ref.get(inspect, "signature"), function)
    return sorted(ref.method(found, "bind_partial", **dict.fromkeys(inputs["names"])).arguments)


OPS = {"format_number": format_number, "builtin.signature": signature}


def adapter(op):
    area, _, path = op.partition(".")
    if area != "python" or not path:
        return None
    module, names = home(path.split("."))
    found = module
    for name in names:
        found = getattr(found, name, None)
    if not callable(found):
        return None

    def call(ref, inputs, params):
        # Looked up now, from the module on: what stands there may have been poisoned.
        target = module
        for name in names:
            target = ref.get(target, name)
        return ref.call(target, *inputs["args"], **params)
    return call


def home(names):
    """The module of a path and the names inside it; a builtin's module is left out."""
    if hasattr(builtins, names[0]):
        return builtins, names
    try:
        return importlib.import_module(names[0]), names[1:]
    except ImportError:
        return None, names
