"""Recorded cases of the report's number formats, held against CPython's `decimal`.

    python report.py record DIR    writes every case file with the expectations of the live interpreter
    python report.py check DIR     recomputes them; exits 1 naming each case that differs

A float is taken at its exact value and rounded half to even (`decimal.ROUND_HALF_EVEN`).
"""

import json
import pathlib
import random
import struct
import sys
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

FLOATS = ["0.145", "0.125", "0.5", "1.5", "2.5", "0.10625", "-0.04", "0.005", "1e-07", "123456.789", "99.95",
          "999.5", "-1234.5", "1e+22", "5e-324", "1.7976931348623157e+308", "0.1", "0.6666666666666666", "-0.0",
          "9.995", "0.045", "1235.0"]
INTS = [0, 1, -1, 12345, -99950, 250, 350, 9223372036854775807, -9223372036854775808]


def reference(value, fmt):
    """The adapter of one format: translates its name and calls `decimal`."""
    name, _, argument = fmt.rstrip(")").partition("(")
    exact = Decimal(float(value["value"])) if value["dtype"] == "float64" else Decimal(int(value["value"]))
    with localcontext() as context:
        context.prec = 2000
        context.rounding = ROUND_HALF_EVEN
        if name == "fixed":
            return format(exact, f"z.{int(argument)}f")
        if name == "percent":
            return format(exact * 100, f"z.{int(argument)}f") + "%"
        if name == "sci":
            # `decimal` gives a zero of n places the exponent n; a report's zero is plain.
            places = int(argument)
            return format(exact if exact else Decimal((0, (0,), -places)), f"z.{places}e")
        if name == "sig":
            digits = int(argument)
            rounded = Context(prec=digits, rounding=ROUND_HALF_EVEN).create_decimal(exact)
            places = max(0, digits - 1 - (rounded.adjusted() if rounded else 0))
            return format(rounded.quantize(Decimal(1).scaleb(-places)), "zf")
        if name == "thousands":
            return format(exact.quantize(Decimal(1)), "z,.0f")
        if name == "money":
            code, places = argument.strip('"'), {"USD": 2, "JPY": 0, "KWD": 3}[argument.strip('"')]
            return f"{code} " + format(exact.quantize(Decimal(1).scaleb(-places)), f"z,.{places}f")
    raise SystemExit(f"no adapter for format {fmt}")


def cases():
    for text in FLOATS:
        value = {"dtype": "float64", "value": text}
        formats = [f"{name}({d})" for name in ("fixed", "percent", "sci") for d in (0, 1, 2)]
        formats += ["sig(1)", "sig(3)", "thousands", 'money("USD")']
        for fmt in formats:
            yield "edge", value, fmt
    for number in INTS:
        value = {"dtype": "int64", "value": str(number)}
        for fmt in ("fixed(0)", "fixed(2)", "percent(1)", "sci(2)", "sig(2)", "thousands", 'money("JPY")',
                    'money("KWD")'):
            yield "happy", value, fmt
    # Random bit patterns, and halves at every place: where a rounding by way of a float would go wrong.
    source = random.Random(7)
    made = 0
    while made < 60:
        number = struct.unpack("<d", struct.pack("<Q", source.getrandbits(64)))[0]
        if made % 2:
            number = round(source.uniform(-1000, 1000), source.randint(0, 4)) + source.choice([0, 0.5, 0.25, 0.125])
        if number != number or abs(number) > 1e60:
            continue
        made += 1
        value = {"dtype": "float64", "value": repr(number)}
        for fmt in (f"fixed({made % 4})", f"sci({made % 4})", f"sig({made % 4 + 1})"):
            yield "adversarial", value, fmt


def packet():
    rows = []
    for n, (kind, value, fmt) in enumerate(cases(), 1):
        rows.append({"id": f"format-{n:03}", "op": "format_number", "class": kind, "inputs": {"value": value},
                     "params": {"format": fmt}, "expect": {"value": reference(value, fmt)}, "source": "oracle"})
    return {"packet": "report-format", "title": "Number formats against CPython's decimal", "cases": rows}


def write(path, content):
    head, rows = dict(content), content["cases"]
    del head["cases"]
    lines = ",\n".join("  " + json.dumps(row, sort_keys=False) for row in rows)
    path.write_text(json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}\n")


def main():
    verb, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    path = directory / "format.json"
    if verb == "record":
        write(path, packet())
        return
    passed = failed = 0
    for case in json.loads(path.read_text())["cases"]:
        found = reference(case["inputs"]["value"], case["params"]["format"])
        if found == case["expect"]["value"]:
            passed += 1
        else:
            failed += 1
            print(f"{case['id']}: recorded {case['expect']['value']!r}, live {found!r}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
