"""What of a Python value can cross to the host, and how it is shown."""

from lumen_frames import clean

DEPTH_MAX = 64
PREVIEW_CHARACTERS = 200
I64 = (-(1 << 63), (1 << 63) - 1)


class Unfit(Exception):
    """A value that JSON cannot carry unchanged, with the pointer to it."""

    def __init__(self, pointer, kind, expected, got):
        super().__init__(f"{pointer or 'the value'}: expected {expected}, got {got}")
        self.pointer, self.kind, self.expected, self.got = pointer, kind, expected, got


def _step(pointer, key):
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def plain(value, pointer="", depth=0):
    """The value as JSON's own types; `Unfit` where that would change it. A tuple becomes an array."""
    if value is None or value is True or value is False:
        return value
    if depth > DEPTH_MAX:
        raise Unfit(pointer, "too_large", f"at most {DEPTH_MAX} levels", "more")
    if isinstance(value, str):
        text = str.__str__(value)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise Unfit(pointer, "type_mismatch", "Unicode text", "a lone surrogate") from None
        return text
    if isinstance(value, int):
        number = int.__int__(value)
        if not I64[0] <= number <= I64[1]:
            raise Unfit(
                pointer, "out_of_range", "an integer of 64 bits", f"one of {number.bit_length()} bits"
            )
        return number
    if isinstance(value, float):
        number = float.__float__(value)
        if number != number or number in (float("inf"), float("-inf")):
            raise Unfit(pointer, "not_finite", "a finite number", repr(number))
        return number
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{pointer}/{at}", depth + 1) for at, item in enumerate(value)]
    if isinstance(value, dict):
        fields = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise Unfit(pointer, "type_mismatch", "text as key", type(key).__name__)
            fields[plain(key, pointer, depth + 1)] = plain(item, _step(pointer, key), depth + 1)
        return fields
    raise Unfit(pointer, "type_mismatch", "a JSON value", type(value).__name__)


def preview(value, characters=PREVIEW_CHARACTERS):
    """`repr` of the value, cut; never an exception, whatever the value's own methods do."""
    try:
        if type(value) in (str, bytes, bytearray) and len(value) > characters:
            value = value[:characters]
        text = repr(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return clean(text[:characters])


def size(value):
    """The length, where the value is of a built-in type that has one."""
    known = (str, bytes, bytearray, list, tuple, dict, set, frozenset, range, memoryview)
    return len(value) if type(value) in known else None


def describe(value):
    """Type, size and preview of a value, and the value itself where JSON carries it unchanged."""
    shown = {"type": type(value).__name__, "preview": preview(value)}
    length = size(value)
    if length is not None:
        shown["size"] = length
    try:
        shown["json"] = plain(value)
    except Unfit as error:
        shown["unfit"] = clean(str(error))
    except Exception as error:
        shown["unfit"] = f"{type(error).__name__} while it was read"
    return shown
