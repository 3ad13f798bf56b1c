"""Drives the interface from Python: typed values by the vectors that Rust is held to, then plans, refusals, replay."""

import ctypes
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples"))
from ledger import COMMITTED, REFUSED, FUNCTIONS, Library, StoreError, open_account, transfer  # noqa: E402

lumen = Library(sys.argv[1])
folder, vectors = sys.argv[2], pathlib.Path(sys.argv[3])

# The number of a type by its name: see `field.rs`.
WIDTHS = {"8": 1, "16": 2, "32": 4, "64": 8}


def number_of(kind):
    name, _, length = kind.partition(":")
    if length:
        return {"bytes": 0, "text": 128}[name], int(length)
    order = 32 if name.endswith("be") else 0
    width = WIDTHS[name[1:].removesuffix("be").removesuffix("le")]
    return width + order + {"u": 0, "i": 16, "f": 64}[name[0]], 0


def field(name, *arguments):
    out, length = ctypes.create_string_buffer(64), ctypes.c_size_t()
    lumen.call(name, *arguments, ctypes.addressof(out), len(out), length)
    return out.raw[: length.value]


def refuses(number, name, *arguments):
    try:
        lumen.call(name, *arguments)
    except StoreError as refused:
        assert refused.error.number == number, (name, refused.error.number, str(refused))
        return refused.error
    raise AssertionError(f"{name}{arguments} is not refused")


def every_vector():
    tried = 0
    for line in vectors.read_text().splitlines():
        if line.startswith("#"):
            continue
        kind, value, hexadecimal = line.split("|")
        (code, length), expected = number_of(kind), bytes.fromhex(hexadecimal)
        if kind.startswith("text"):
            text = value.encode()
            assert field("field_from_text", length, text, len(text)) == expected, line
            size = lumen.number("field_to_text", expected, len(expected), of=ctypes.c_size_t)
            assert expected[:size] == text, line
        elif kind.startswith("f64"):
            # By its bits: Python's own conversion may quiet a signalling NaN.
            double = ctypes.c_double.from_buffer_copy(bytes.fromhex(value)[::-1])
            if double.value == double.value:
                assert field("field_from_f64", code, double.value) == expected, line
            got = ctypes.c_double()
            lumen.call("field_to_f64", code, expected, len(expected), got)
            assert bytes(got) == bytes(double), line
        elif not kind.startswith("bytes"):
            signed = kind.startswith("i")
            made = field("field_from_i64" if signed else "field_from_u64", code, int(value))
            assert made == expected, line
            of = ctypes.c_int64 if signed else ctypes.c_uint64
            name = "field_to_i64" if signed else "field_to_u64"
            assert lumen.number(name, code, expected, len(expected), of=of) == int(value), line
        tried += 1
    assert tried >= 30
    print(f"{tried} vectors")


def a_ledger():
    store = lumen.open(folder, durability=2)
    accounts = [open_account(lumen, store, 1 + at, b"account %d" % at, 100) for at in range(4)]
    refused = 0
    for at in range(200):
        giver, taker = accounts[at % 4], accounts[(at * 7 + 1) % 4]
        if giver == taker:
            continue
        plan = transfer(lumen, (1 << 100) + at, giver, taker, at * 13 % 150)
        if lumen.library.lumen_store_plan_validate(plan, len(plan), None) != 0:
            raise AssertionError("the plan is malformed")
        outcome = lumen.submit(store, plan)
        again = lumen.submit(store, plan)
        assert (again.status, again.seq, again.repeated) == (outcome.status, outcome.seq, 1)
        assert outcome.status in (COMMITTED, REFUSED)
        refused += outcome.status == REFUSED
    snapshot = lumen.number("snapshot", store, 0)
    cents = [lumen.i64(lumen.page_bytes(snapshot, account)) for account in accounts]
    assert sum(cents) == 400 and min(cents) >= 0, cents
    assert refused > 0
    found = lumen.number("snapshot_find", snapshot, b"account 2", 9)
    assert found == accounts[2]

    # Every cut of a good plan is refused, and nothing is logged.
    before = lumen.number("last_seq", store)
    plan = transfer(lumen, 7777, accounts[0], accounts[1], 1)
    for cut in range(len(plan)):
        refuses(1, "plan_validate", plan[:cut], cut)
        try:
            lumen.submit(store, plan[:cut])
        except StoreError as refused_plan:
            assert refused_plan.error.number == 1 and refused_plan.error.malformation > 0
        else:
            raise AssertionError(f"the plan cut at {cut} was taken")
    assert lumen.number("last_seq", store) == before

    lumen.call("close", store)
    assert refuses(6, "close", store).found.decode() == hex(store)
    path = folder.encode()
    replayed = lumen.number("replay", path, len(path), 0)
    refuses(9, "replay", path, len(path), 1 << 40, None)
    # Four accounts were opened first: behind the second there were two.
    early = lumen.number("replay", path, len(path), 2)
    found, count = (ctypes.c_uint64 * 8)(), ctypes.c_size_t()
    lumen.call("snapshot_pages", early, 0, ctypes.addressof(found), 8, count)
    assert list(found[: count.value]) == accounts[:2]
    lumen.call("snapshot_free", early)
    halves = [(ctypes.c_uint64(), ctypes.c_uint64()) for _ in range(2)]
    for handle, (low, high) in zip((snapshot, replayed), halves):
        lumen.call("snapshot_hash", handle, low, high)
    assert [half.value for half in halves[0]] == [half.value for half in halves[1]]
    for handle in snapshot, replayed:
        lumen.call("snapshot_free", handle)
    refuses(6, "snapshot_free", snapshot)
    print(f"{len(plan)} cuts of a plan, {refused} refusals among 200 transfers, {len(FUNCTIONS)} functions bound")


every_vector()
a_ledger()
print("scenario: every check holds")
