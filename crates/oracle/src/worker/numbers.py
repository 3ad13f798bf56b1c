"""CPython: numbers as text, by `decimal` at the float's exact value."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

FLOATS = {"NaN": "nan", "inf": "inf", "-inf": "-inf", "-0.0": "-0.0"}
DIGITS = {"USD": 2, "JPY": 0, "KWD": 3}


def load(spec, shared=None):
    match spec["kind"], spec.get("dtype"):
        case "scalar", "float64" | "float":
            value = spec["value"]
            return float("nan" if value is None else FLOATS.get(value, value))
        case "scalar", "int64" | "int":
            return int(spec["value"])
        case "text", None:
            return spec["value"]
    raise ValueError(f"expected a scalar of float64 or int64, or a text, found {spec['kind']} {spec.get('dtype')}")


def dump(value):
    if not isinstance(value, str):
        raise TypeError(f"no form for a {type(value).__name__}")
    return {"kind": "text", "value": value}


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


OPS = {"format_number": format_number}
