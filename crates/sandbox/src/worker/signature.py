"""Signatures of `SUBMIT`: a subset of JSON Schema 2020-12, checked fast here, with authority in the host."""

import re

from lumen_values import Unfit, plain, preview

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
KEYWORDS = {
    "type": "text", "properties": "schemas", "required": "names", "additionalProperties": "boolean",
    "items": "schema", "enum": "list", "const": "any", "minimum": "number", "maximum": "number",
    "minLength": "count", "maxLength": "count", "pattern": "text", "minItems": "count", "maxItems": "count",
    "anyOf": "nullable", "$defs": "schemas", "$ref": "text", "description": "text",
}  # fmt: skip
NESTING_MAX = 32


def _fits(kind, value):
    if kind == "text":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "count":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind == "names":
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if kind in ("list", "nullable"):
        return isinstance(value, list) and bool(value)
    if kind in ("schema", "schemas"):
        return isinstance(value, dict)
    return True


def faults(schema, pointer="", root=None, depth=0):
    """What of a schema cannot be registered, by JSON pointer."""
    root = schema if root is None else root
    if not isinstance(schema, dict):
        return {pointer: "expected a schema"}
    if depth > NESTING_MAX:
        return {pointer: f"nested deeper than {NESTING_MAX}"}
    found = {}
    for keyword, value in schema.items():
        here = f"{pointer}/{keyword}"
        kind = KEYWORDS.get(keyword)
        if kind is None:
            found[here] = "unknown keyword"
        elif not _fits(kind, value):
            found[here] = f"expected {kind}, got {type(value).__name__}"
        elif keyword == "type" and value not in TYPES:
            found[here] = f"unknown type {value!r}; known are {', '.join(TYPES)}"
        elif keyword == "pattern":
            try:
                re.compile(value)
            except re.error as error:
                found[here] = f"not a pattern: {error}"
        elif keyword == "$ref":
            if not value.startswith("#/$defs/") or value[8:] not in root.get("$defs", {}):
                found[here] = f"{value!r} is not in $defs"
        elif keyword == "items":
            found.update(faults(value, here, root, depth + 1))
        elif kind == "schemas":
            for name, inner in value.items():
                found.update(faults(inner, f"{here}/{name}", root, depth + 1))
        elif keyword == "anyOf":
            if len(value) != 2 or {"type": "null"} not in value:
                found[here] = "expected one schema and {'type': 'null'}"
            for at, inner in enumerate(value):
                found.update(faults(inner, f"{here}/{at}", root, depth + 1))
    return found


def _error(kind, pointer, expected, value):
    return {"kind": kind, "pointer": pointer, "expected": expected, "got": type(value).__name__,
            "preview": preview(value, 100)}  # fmt: skip


def _is(kind, value):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    known = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    return isinstance(value, known[kind])


def _same(one, other):
    """JSON's equality: `True` is no 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _check(value, schema, root, pointer, depth):
    if depth > NESTING_MAX:
        return [_error("too_large", pointer, f"at most {NESTING_MAX} levels", value)]
    if "$ref" in schema:
        return _check(value, root["$defs"][schema["$ref"][8:]], root, pointer, depth + 1)
    if "anyOf" in schema:
        inner = next((one for one in schema["anyOf"] if one != {"type": "null"}), {"type": "null"})
        return [] if value is None else _check(value, inner, root, pointer, depth + 1)
    kind = schema.get("type")
    if kind is not None and not _is(kind, value):
        return [_error("type_mismatch", pointer, kind, value)]
    errors = []
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        errors.append(_error("enum_invalid", pointer, f"one of {schema['enum']}", value))
    if "const" in schema and not _same(value, schema["const"]):
        errors.append(_error("enum_invalid", pointer, f"{schema['const']!r}", value))
    if isinstance(value, str):
        count, low, high = len(value), "minLength", "maxLength"
        if "pattern" in schema and re.search(schema["pattern"], value) is None:
            errors.append(_error("validation_failed", pointer, f"pattern {schema['pattern']}", value))
    elif isinstance(value, list):
        count, low, high = len(value), "minItems", "maxItems"
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        count, low, high = value, "minimum", "maximum"
    else:
        count, low, high = None, "", ""
    if low in schema and count < schema[low]:
        errors.append(_error("out_of_range", pointer, f"{low} {schema[low]}", value))
    if high in schema and count > schema[high]:
        errors.append(_error("out_of_range", pointer, f"{high} {schema[high]}", value))
    if isinstance(value, list) and "items" in schema:
        for at, item in enumerate(value):
            errors += _check(item, schema["items"], root, f"{pointer}/{at}", depth + 1)
    if isinstance(value, dict):
        errors += _fields(value, schema, root, pointer, depth)
    return errors


def _fields(value, schema, root, pointer, depth):
    errors = []
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            errors.append(_error("missing_field", f"{pointer}/{name}", "a value", None))
    for name, item in value.items():
        if name in properties:
            errors += _check(item, properties[name], root, f"{pointer}/{name}", depth + 1)
        elif schema.get("additionalProperties") is not True:
            errors.append(_error("unknown_field", f"{pointer}/{name}", "no such field", item))
    return errors


def checked(outputs, schema):
    """The outputs as JSON and the list of errors; one of the two is empty."""
    try:
        values = plain(outputs)
    except Unfit as error:
        return None, [{"kind": error.kind, "pointer": error.pointer, "expected": error.expected,
                       "got": error.got, "preview": preview(outputs, 100)}]  # fmt: skip
    return values, _check(values, schema, schema, "", 0)
