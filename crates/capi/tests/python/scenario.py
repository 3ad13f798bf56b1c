"""Drives the interface from Python: typed values by the vectors that Rust is held to, then plans, refusals, replay."""

import ctypes
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples"))
import ledger  # noqa: E402
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
    refuses(9, "replay", path, len(path), 1 << 40, ctypes.c_uint64())
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


def a_history():
    path = folder + "-history"
    store = lumen.open(path, durability=2)
    mutation = lumen.number("mutation_new")
    for number in range(3):
        lumen.call("mutation_create", mutation, number, 8, None, 0, None, 0)
    outcome = ledger.Outcome(struct_size=ctypes.sizeof(ledger.Outcome))
    lumen.call("commit", store, mutation, outcome)
    lumen.call("mutation_free", mutation)
    assert (outcome.seq, outcome.created_first, outcome.created_count) == (1, 1, 3)
    parents = (ctypes.c_uint64 * 2)(1, 2)
    function = b"max-i64le@1"
    seq = lumen.number("derive", store, 3, function, len(function), ctypes.addressof(parents), 2)
    assert seq == 2
    kind = ledger.Kind(ctypes.sizeof(ledger.Kind), 1, 1, 0, b"note", 4)
    space = lumen.number("register", store, b"notes", 5, ctypes.addressof(kind), 1, of=ctypes.c_uint32)
    digest = ctypes.create_string_buffer(32)
    lumen.call("blob_put", store, b"large", 5, ctypes.addressof(digest))
    assert lumen.taken(lumen.number("blob_get", store, ctypes.addressof(digest))) == b"large"
    mutation = lumen.number("mutation_new")
    lumen.call("mutation_write", mutation, ledger.PAGE, 2, 0, bytes([9]), 1)
    lumen.call("mutation_client", mutation, space, 1, 1, 5, 6, 0, 0, b"{}", 2)
    lumen.call("mutation_blob", mutation, ctypes.addressof(digest), 5, b"table", 5)
    lumen.call("commit", store, mutation, outcome)
    lumen.call("mutation_free", mutation)
    assert outcome.seq == 4 and lumen.number("find", store, 5, 6) == 4
    account = open_account(lumen, store, 77, b"cash", 10)
    lumen.submit(store, transfer(lumen, 78, account, 1, 99))

    past = lumen.number("past", store)
    assert lumen.number("past_oldest_seq", past) == 0
    rows = lumen.number("past_history", past, 3)
    assert lumen.row_count(rows) == (2, 0)
    change = lumen.struct(ledger.Change, "rows_change", rows, 1, 0)
    assert ctypes.string_at(change.function, change.function_len) == function and change.page == 3
    lumen.call("rows_free", rows)
    rows = lumen.number("past_blame", past, 2, 0, 0)
    row = lumen.struct(ledger.Row, "rows_row", rows, 0)
    assert (row.seq, row.entry_count, row.entries[0], row.entries[1]) == (4, 1, 5, 6)
    lumen.call("rows_free", rows)
    rows = lumen.number("past_record", past, 5, 6)
    client = lumen.struct(ledger.Client, "rows_client", rows, 0, 0)
    blob = lumen.struct(ledger.Blob, "rows_blob", rows, 0, 0)
    assert ctypes.string_at(client.body, client.body_len) == b"{}" and bytes(blob.hash) == digest.raw
    lumen.call("rows_free", rows)
    chosen = lumen.number("filter_new")
    lumen.call("filter_refused", chosen, 1)
    lumen.call("filter_schema", chosen, b"transfer", 8)
    rows = lumen.number("past_intents", past, chosen)
    intent = lumen.struct(ledger.Intent, "rows_intent", rows, 0)
    assert lumen.row_count(rows) == (1, 0) and intent.id_low == 78
    assert lumen.struct(ledger.Row, "rows_row", rows, 0).cause == 1
    lumen.call("rows_free", rows)
    lumen.call("filter_free", chosen)

    chosen = lumen.number("filter_new")
    lumen.call("filter_page", chosen, 2)
    lumen.call("filter_seqs", chosen, 2, 9)
    snapshot, applied, rows = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_uint64()
    lumen.call("past_replay_only", past, chosen, 0, snapshot, applied, rows)
    dangling = lumen.struct(ledger.Dangling, "rows_dangling", rows.value, 0)
    assert applied.value == 1 and (dangling.seq, dangling.page, dangling.expected) == (4, 2, 1)
    for name, handle in ("rows", rows.value), ("snapshot", snapshot.value), ("filter", chosen):
        lumen.call(name + "_free", handle)
    early = lumen.number("past_snapshot_at", past, 1)
    assert lumen.page_bytes(early, 2) == bytes(8)
    lumen.call("snapshot_free", early)
    audited = lumen.struct(ledger.Audited, "past_audit", past)
    assert (audited.committed, audited.refused) == (1, 1)
    assert lumen.taken(lumen.number("past_blob", past, ctypes.addressof(digest))) == b"large"
    assert lumen.taken(lumen.number("past_heat", past, 1, 6, 0)).startswith(b"page,changes,bytes\n")
    assert function in lumen.taken(lumen.number("past_trace", past, 4))
    assert b"lumen_store_commits_total 5\n" in lumen.taken(lumen.number("metrics", store))
    assert lumen.number("checkpoint", store) == 6

    subscription = lumen.number("subscribe", store, 0, 0)
    rows = lumen.number("subscription_poll", subscription, 100)
    assert lumen.row_count(rows) == (3, 0) and lumen.number("subscription_cursor", subscription) == 6
    for name, handle in ("rows", rows), ("subscription", subscription), ("past", past):
        lumen.call(name + "_free", handle)
    lumen.call("close", store)
    store = lumen.open(path, create=0, durability=2)
    release = ledger.GraphEdit(ctypes.sizeof(ledger.GraphEdit), 2, 3)
    back = ledger.GraphEdit(ctypes.sizeof(ledger.GraphEdit), 1, 2, b"copy@1", 6, (ctypes.c_uint64 * 1)(3), 1)
    both = (ledger.GraphEdit * 2)(back, release)
    assert lumen.number("graph_edit", store, ctypes.addressof(both), 2) == 7
    lumen.call("close", store)
    name = path.encode()
    assert lumen.struct(ledger.Verified, "verify", name, len(name)).last_seq == 7
    print("a history of 7 seqs")


every_vector()
a_ledger()
a_history()
print("scenario: every check holds")
