"""Adapters of a toy reference, each with another way of being honest or not."""

import decimal
import math
import sys
import warnings


def load(spec, shared):
    if spec["value"] == "unreadable":
        raise ValueError("cannot read this")
    return spec["value"]


def dump(value):
    if not isinstance(value, str):
        raise TypeError(f"no form for a {type(value).__name__}")
    return {"kind": "text", "value": value}


def warn(text):
    warnings.warn(text, RuntimeWarning)
    return text


def loud(text):
    print(text * 1000)
    print(text * 1000, file=sys.stderr)
    return text


def missing(text):
    return {}[text]


OPS = {
    "honest": lambda ref, i, p: ref.call(str.upper, i["text"]),
    "method": lambda ref, i, p: str(ref.method(decimal.Decimal(p["number"]), "sqrt")),
    "answers itself": lambda ref, i, p: i["text"].upper(),
    "breaks": lambda ref, i, p: ref.call(str.upper, i["no such input"]),
    "raises": lambda ref, i, p: ref.call(math.sqrt, -1),
    "raises a key": lambda ref, i, p: ref.call(missing, "the key"),
    "raises another class": lambda ref, i, p: ref.method(decimal.Decimal(-1), "sqrt"),
    "no form": lambda ref, i, p: ref.call(len, i["text"]),
    "half a character": lambda ref, i, p: ref.call(chr, 0xD800),
    "warns": lambda ref, i, p: ref.call(warn, i["text"]),
    "loud": lambda ref, i, p: ref.call(loud, i["text"]),
    "long": lambda ref, i, p: ref.call(str.__mul__, i["text"], p["times"]),
    "random": lambda ref, i, p: str(ref.method(__import__("random"), "random")),
}
