"""Two accounts in a store, and a transfer that takes nobody below zero, from Python with nothing but ctypes.

Shows: the structs and the calls of the C interface, errors as exceptions, a refusal that stays on record.

    python3 examples/ledger.py FOLDER_OF_THE_LIBRARY FOLDER_OF_THE_STORE
"""

import ctypes
import os
import sys

COMMITTED, REFUSED = 1, 2
PAGE, NEW_PAGE = 0, 1
ADD, SUB, GE = 16, 17, 29
I64LE = 24


class Error(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("number", ctypes.c_int32),
        ("category", ctypes.c_uint32),
        ("malformation", ctypes.c_uint32),
        ("present", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("page", ctypes.c_uint64),
        ("seq", ctypes.c_uint64),
        ("offset", ctypes.c_uint64),
        ("segment", ctypes.c_uint64),
        ("message", ctypes.c_char * 256),
        ("expected", ctypes.c_char * 96),
        ("found", ctypes.c_char * 96),
        ("file", ctypes.c_char * 96),
    ]


class Options(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("create", ctypes.c_uint32),
        ("durability", ctypes.c_uint32),
        ("compress_checkpoints", ctypes.c_uint32),
        ("sync_after_ms", ctypes.c_uint64),
        ("snapshot_age_ms_max", ctypes.c_uint64),
        ("snapshot_held_bytes_max", ctypes.c_uint64),
        ("checkpoint_tail_bytes_max", ctypes.c_uint64),
        ("memory_bytes_max", ctypes.c_uint64),
        ("retention_since_seq", ctypes.c_uint64),
        ("retention_bytes", ctypes.c_uint64),
        ("entropy", ctypes.c_uint8 * 16),
    ]


class Outcome(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("status", ctypes.c_uint32),
        ("repeated", ctypes.c_uint32),
        ("cause", ctypes.c_uint32),
        ("seq", ctypes.c_uint64),
        ("created_first", ctypes.c_uint64),
        ("created_count", ctypes.c_uint64),
        ("page", ctypes.c_uint64),
        ("detail", ctypes.c_char * 256),
    ]


class Page(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("size_bytes", ctypes.c_uint32),
        ("version", ctypes.c_uint64),
        ("bytes", ctypes.c_void_p),
        ("name", ctypes.c_void_p),
        ("name_len", ctypes.c_size_t),
        ("metadata", ctypes.c_void_p),
        ("metadata_len", ctypes.c_size_t),
    ]


class Kind(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("number", ctypes.c_uint32),
        ("version", ctypes.c_uint32),
        ("must_understand", ctypes.c_uint32),
        ("name", ctypes.c_char_p),
        ("name_len", ctypes.c_size_t),
    ]


class GraphEdit(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("page", ctypes.c_uint64),
        ("function", ctypes.c_char_p),
        ("function_len", ctypes.c_size_t),
        ("parents", ctypes.POINTER(ctypes.c_uint64)),
        ("parent_count", ctypes.c_size_t),
        ("stale", ctypes.POINTER(ctypes.c_uint64)),
        ("stale_count", ctypes.c_size_t),
    ]


class Row(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("seq", ctypes.c_uint64),
        ("time_ns", ctypes.c_uint64),
        ("has_intent", ctypes.c_uint32),
        ("cause", ctypes.c_uint32),
        ("page", ctypes.c_uint64),
        ("detail", ctypes.c_void_p),
        ("detail_len", ctypes.c_size_t),
        ("plan", ctypes.c_uint8 * 16),
        ("change_count", ctypes.c_size_t),
        ("client_count", ctypes.c_size_t),
        ("blob_count", ctypes.c_size_t),
        ("entries", ctypes.POINTER(ctypes.c_uint64)),
        ("entry_count", ctypes.c_size_t),
    ]


class Intent(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("schema_version", ctypes.c_uint32),
        ("id_low", ctypes.c_uint64),
        ("id_high", ctypes.c_uint64),
        ("parent_low", ctypes.c_uint64),
        ("parent_high", ctypes.c_uint64),
        ("author", ctypes.c_void_p),
        ("author_len", ctypes.c_size_t),
        ("schema", ctypes.c_void_p),
        ("schema_len", ctypes.c_size_t),
        ("body", ctypes.c_void_p),
        ("body_len", ctypes.c_size_t),
    ]


class Change(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("page", ctypes.c_uint64),
        ("base", ctypes.c_uint64),
        ("delta", ctypes.c_void_p),
        ("delta_len", ctypes.c_size_t),
        ("function", ctypes.c_void_p),
        ("function_len", ctypes.c_size_t),
    ]


class Client(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("client_namespace", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("version", ctypes.c_uint32),
        ("id_low", ctypes.c_uint64),
        ("id_high", ctypes.c_uint64),
        ("parent_low", ctypes.c_uint64),
        ("parent_high", ctypes.c_uint64),
        ("body", ctypes.c_void_p),
        ("body_len", ctypes.c_size_t),
    ]


class Blob(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("hash", ctypes.c_uint8 * 32),
        ("size_bytes", ctypes.c_uint64),
        ("role", ctypes.c_void_p),
        ("role_len", ctypes.c_size_t),
    ]


class Dangling(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("present", ctypes.c_uint32),
        ("seq", ctypes.c_uint64),
        ("intent_low", ctypes.c_uint64),
        ("intent_high", ctypes.c_uint64),
        ("page", ctypes.c_uint64),
        ("expected", ctypes.c_uint64),
        ("found", ctypes.c_uint64),
    ]


class Audited(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("reserved", ctypes.c_uint32)] + [
        (name, ctypes.c_uint64) for name in ("committed", "refused", "guards", "reads")
    ]


class Verified(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("torn", ctypes.c_uint32)] + [
        (name, ctypes.c_uint64)
        for name in ("last_seq", "segment_count", "log_bytes", "record_count", "blob_count", "size_bytes")
    ]


class StoreError(Exception):
    """A call that failed; `error` has the details."""

    def __init__(self, error):
        super().__init__(error.message.decode("utf-8", "replace"))
        self.error = error


# Types of arguments by letter: a 64-bit number, a signed one, a 32-bit one, a double, a pointer, a length.
LETTERS = {
    "q": ctypes.c_uint64,
    "i": ctypes.c_int64,
    "u": ctypes.c_uint32,
    "d": ctypes.c_double,
    "p": ctypes.c_void_p,
    "n": ctypes.c_size_t,
}

# Every function without the pointer to the error, which all have last.
FUNCTIONS = {
    "open": "pnpp",
    "close": "q",
    "submit": "qpnp",
    "last_seq": "qp",
    "durable_seq": "qp",
    "wait_durable": "qq",
    "snapshot": "qqp",
    "replay": "pnqp",
    "snapshot_free": "q",
    "snapshot_seq": "qp",
    "snapshot_hash": "qpp",
    "snapshot_page": "qqp",
    "snapshot_find": "qpnp",
    "snapshot_pages": "qqpnp",
    "plan_validate": "pn",
    "plan_hash": "pnp",
    "plan_new": "qqqqpnpnupnp",
    "plan_free": "q",
    "plan_encode": "qpnp",
    "plan_select_page": "qq",
    "plan_select_range": "qqq",
    "plan_select_name": "qpn",
    "plan_select_metadata": "qpn",
    "plan_read_version": "qqq",
    "plan_read_range": "qqupn",
    "plan_push_i64": "qi",
    "plan_push_u64": "qq",
    "plan_push_truth": "qu",
    "plan_push_bytes": "qpn",
    "plan_push_field": "qquuu",
    "plan_push_version": "qq",
    "plan_push_exists": "qq",
    "plan_push_length": "qq",
    "plan_push_hash": "qq",
    "plan_operate": "qu",
    "plan_guard": "q",
    "plan_write": "ququuu",
    "plan_create": "quupnpn",
    "plan_delete": "qq",
    "plan_set_metadata": "qqpn",
    "plan_client": "quuuqqqqpn",
    "mutation_new": "p",
    "mutation_free": "q",
    "mutation_write": "ququpn",
    "mutation_create": "quupnpn",
    "mutation_delete": "qq",
    "mutation_set_metadata": "qqpn",
    "mutation_client": "quuuqqqqpn",
    "mutation_blob": "qpqpn",
    "commit": "qqp",
    "register": "qpnpnp",
    "find": "qqqp",
    "blob_put": "qpnp",
    "blob_get": "qpp",
    "bytes_read": "qpp",
    "bytes_free": "q",
    "derive": "qqpnpnp",
    "release": "qqp",
    "graph_edit": "qpnp",
    "refresh": "qqp",
    "filter_new": "p",
    "filter_free": "q",
    "filter_intent": "qqq",
    "filter_author": "qpn",
    "filter_schema": "qpn",
    "filter_seqs": "qqq",
    "filter_times": "qqq",
    "filter_page": "qq",
    "filter_namespace": "qu",
    "filter_refused": "qu",
    "filter_inverted": "qu",
    "past": "qp",
    "past_open": "pnp",
    "past_free": "q",
    "past_last_seq": "qp",
    "past_oldest_seq": "qp",
    "past_replay": "qqp",
    "past_snapshot_at": "qqp",
    "past_replay_only": "qqqppp",
    "past_audit": "qp",
    "past_history": "qqp",
    "past_history_since": "qqqp",
    "past_blame": "qquqp",
    "past_intents": "qqp",
    "past_record": "qqqp",
    "past_blob": "qpp",
    "past_heat": "qqqup",
    "past_trace": "qqp",
    "rows_count": "qpp",
    "rows_free": "q",
    "rows_row": "qnp",
    "rows_intent": "qnp",
    "rows_change": "qnnp",
    "rows_client": "qnnp",
    "rows_blob": "qnnp",
    "rows_dangling": "qnp",
    "metrics": "qp",
    "checkpoint": "qp",
    "verify": "pnp",
    "subscribe": "qqqp",
    "subscription_poll": "qnp",
    "subscription_cursor": "qp",
    "subscription_eventfd": "qp",
    "subscription_free": "q",
    "field_from_i64": "uipnp",
    "field_from_u64": "uqpnp",
    "field_from_f64": "udpnp",
    "field_from_text": "upnpnp",
    "field_to_i64": "upnp",
    "field_to_u64": "upnp",
    "field_to_f64": "upnp",
    "field_to_text": "pnp",
}


class Library:
    """Calls by their name without `lumen_store_`; a failure is a StoreError."""

    def __init__(self, folder):
        self.library = ctypes.CDLL(os.path.join(folder, "liblumen_store.so"))
        for name, letters in FUNCTIONS.items():
            function = getattr(self.library, "lumen_store_" + name)
            function.argtypes = [LETTERS[letter] for letter in letters] + [ctypes.c_void_p]
            function.restype = ctypes.c_int32

    def call(self, name, *arguments):
        error = Error(struct_size=ctypes.sizeof(Error))
        arguments = [
            ctypes.cast(ctypes.pointer(each), ctypes.c_void_p) if isinstance(each, ctypes._SimpleCData) else each
            for each in arguments
        ]
        arguments = [ctypes.addressof(each) if isinstance(each, ctypes.Structure) else each for each in arguments]
        number = getattr(self.library, "lumen_store_" + name)(*arguments, ctypes.addressof(error))
        if number != 0:
            raise StoreError(error)

    def number(self, name, *arguments, of=ctypes.c_uint64):
        """A call whose last pointer gets a number."""
        out = of()
        self.call(name, *arguments, out)
        return out.value

    def open(self, path, create=1, durability=0, sync_after_ms=0):
        options = Options(
            struct_size=ctypes.sizeof(Options),
            create=create,
            durability=durability,
            sync_after_ms=sync_after_ms,
            entropy=(ctypes.c_uint8 * 16)(*os.urandom(16)),
        )
        path = path.encode()
        return self.number("open", path, len(path), options)

    def plan(self, id, schema, body=b'{"why": "the example"}', author=b"teller"):
        low, high = id & (2**64 - 1), id >> 64
        arguments = (author, len(author), schema, len(schema), 1, body, len(body))
        return self.number("plan_new", low, high, 0, 0, *arguments)

    def encoded(self, plan):
        buffer, length = ctypes.create_string_buffer(1 << 16), ctypes.c_size_t()
        self.call("plan_encode", plan, ctypes.addressof(buffer), len(buffer), length)
        self.call("plan_free", plan)
        return buffer.raw[: length.value]

    def submit(self, store, plan):
        outcome = Outcome(struct_size=ctypes.sizeof(Outcome))
        self.call("submit", store, plan, len(plan), outcome)
        return outcome

    def page(self, snapshot, page):
        found = Page(struct_size=ctypes.sizeof(Page))
        self.call("snapshot_page", snapshot, page, found)
        return found

    def page_bytes(self, snapshot, page):
        found = self.page(snapshot, page)
        return ctypes.string_at(found.bytes, found.size_bytes)

    def struct(self, of, name, *arguments):
        """A call whose last pointer gets a struct."""
        out = of(struct_size=ctypes.sizeof(of))
        self.call(name, *arguments, out)
        return out

    def row_count(self, rows):
        count, dangling = ctypes.c_size_t(), ctypes.c_size_t()
        self.call("rows_count", rows, count, dangling)
        return count.value, dangling.value

    def taken(self, bytes):
        """The bytes behind a handle, which is freed."""
        start, length = ctypes.c_void_p(), ctypes.c_size_t()
        self.call("bytes_read", bytes, start, length)
        copy = ctypes.string_at(start.value, length.value)
        self.call("bytes_free", bytes)
        return copy

    def i64(self, field):
        return self.number("field_to_i64", I64LE, field, len(field), of=ctypes.c_int64)


def open_account(lumen, store, id, name, cents):
    plan = lumen.plan(id, b"open-account")
    lumen.call("plan_select_name", plan, name, len(name))
    lumen.call("plan_create", plan, 0, 8, name, len(name), None, 0)
    lumen.call("plan_push_i64", plan, cents)
    lumen.call("plan_write", plan, NEW_PAGE, 0, 0, I64LE, 0)
    return lumen.submit(store, lumen.encoded(plan)).created_first


def transfer(lumen, id, giver, taker, cents):
    """The bytes of a plan that moves cents if the giver has them."""
    plan = lumen.plan(id, b"transfer")
    lumen.call("plan_select_page", plan, giver)
    lumen.call("plan_select_page", plan, taker)
    lumen.call("plan_push_field", plan, giver, 0, I64LE, 0)
    lumen.call("plan_push_i64", plan, cents)
    lumen.call("plan_operate", plan, GE)
    lumen.call("plan_guard", plan)
    for page, operation in (giver, SUB), (taker, ADD):
        lumen.call("plan_push_field", plan, page, 0, I64LE, 0)
        lumen.call("plan_push_i64", plan, cents)
        lumen.call("plan_operate", plan, operation)
        lumen.call("plan_write", plan, PAGE, page, 0, I64LE, 0)
    return lumen.encoded(plan)


def main(library, folder):
    lumen = Library(library)
    store = lumen.open(folder, create=2)
    alice = open_account(lumen, store, 1, b"alice", 100)
    bob = open_account(lumen, store, 2, b"bob", 0)
    for id, cents in (3, 40), (4, 70):
        outcome = lumen.submit(store, transfer(lumen, id, alice, bob, cents))
        answer = "committed" if outcome.status == COMMITTED else "refused"
        print(f"transfer of {cents}: {answer} at seq {outcome.seq} {outcome.detail.decode()}".rstrip())
    snapshot = lumen.number("snapshot", store, 0)
    cents = [lumen.i64(lumen.page_bytes(snapshot, account)) for account in (alice, bob)]
    print(f"alice has {cents[0]} cents, bob has {cents[1]}")
    lumen.call("snapshot_free", snapshot)
    lumen.call("close", store)


if __name__ == "__main__":
    main(*sys.argv[1:])
