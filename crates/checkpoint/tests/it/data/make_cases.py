"""Writes the cases of FT-P2C-006 about files: `python make_cases.py FOLDER`, with PyTorch 2.15.0 and safetensors 0.8.0.

Files of ours are put together from `docs/formats/checkpoint.md` here, hash function included, without the crate that the
cases judge. What a case expects of PyTorch's files is recorded afterwards by `lumen conformance accept`.
"""

import base64
import copy
import io
import json
import os
import pickle
import struct
import sys
import zipfile

import safetensors.torch
import torch

MASK = 0xFFFFFFFF
IV = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
ORDER = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]


def compress(chain, block, counter, length, flags):
    v = chain + IV[:4] + [counter & MASK, counter >> 32, length, flags]
    words = list(struct.unpack("<16I", block.ljust(64, b"\0")))

    def mix(a, b, c, d, x, y):
        for add, first, second in ((x, 16, 12), (y, 8, 7)):
            v[a] = (v[a] + v[b] + add) & MASK
            v[d] ^= v[a]
            v[d] = (v[d] >> first | v[d] << 32 - first) & MASK
            v[c] = (v[c] + v[d]) & MASK
            v[b] ^= v[c]
            v[b] = (v[b] >> second | v[b] << 32 - second) & MASK

    for _ in range(7):
        for column in range(4):
            mix(column, 4 + column, 8 + column, 12 + column, words[2 * column], words[2 * column + 1])
        for n, (a, b, c, d) in enumerate(((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))):
            mix(a, b, c, d, words[8 + 2 * n], words[9 + 2 * n])
        words = [words[place] for place in ORDER]
    return [v[n] ^ v[n + 8] for n in range(8)]


def blake3(data):
    """Hexadecimal digits, by the paper's section 2."""
    def last(data, counter):
        chain, blocks = IV, [data[at:at + 64] for at in range(0, len(data), 64)] or [b""]
        for n, block in enumerate(blocks[:-1]):
            chain = compress(chain, block, counter, 64, 1 if n == 0 else 0)
        return chain, blocks[-1], counter, len(blocks[-1]), (1 if len(blocks) == 1 else 0) | 2

    def node(data, counter):
        if len(data) <= 1024:
            return last(data, counter)
        left = 1024
        while 2 * left < len(data):
            left *= 2
        parts = [compress(*node(data[:left], counter)), compress(*node(data[left:], counter + left // 1024))]
        return IV, struct.pack("<16I", *parts[0], *parts[1]), 0, 64, 4

    *rest, flags = node(data, 0)
    return struct.pack("<8I", *compress(*rest, flags | 8)).hex()


assert blake3(b"") == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def lmt(entries, storages, state, mode="strict", *, magic=b"LUMENTN1", format=1, flags=0, size=None, header=None,
        digest=None, text=None, spoil=lambda fields: None):
    """A file by the page. `storages` are bytes; everything else may be made wrong."""
    data, listed = b"", []
    for held in storages:
        data += b"\0" * (-len(data) % 64)
        listed.append({"blake3": blake3(held), "offset": len(data), "size_bytes": len(held)})
        data += held
    fields = copy.deepcopy({"entries": entries, "mode": mode, "state": state, "storages": listed})
    spoil(fields)
    text = canonical(fields) if text is None else text(fields)
    start = -(-(64 + len(text)) // 64) * 64
    out = magic + struct.pack("<IIQQ", format, flags, start + len(data) if size is None else size,
                              len(text) if header is None else header)
    out += bytes.fromhex(digest or blake3(text)) + text
    return out + b"\0" * (start - len(out)) + data


def entry(name, sizes, strides, storage, dtype="float32", offset=0, requires_grad=False):
    return {"dtype": dtype, "name": name, "offset": offset, "requires_grad": requires_grad, "sizes": sizes,
            "storage": storage, "strides": strides}


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


# --- values of cases ----------------------------------------------------------------------------------------------


def file(data):
    return {"kind": "bytes", "base64": base64.b64encode(data).decode()}


def tensor(dtype, values, sizes, strides, offset=0, storage=None, requires_grad=False):
    out = {"kind": "tensor", "dtype": f"torch.{dtype}", "shape": sizes, "strides": strides, "offset": offset,
           "requires_grad": requires_grad}
    return out | ({"values": values} if storage is None else {"storage": storage})


def entries_of(**items):
    return {"kind": "tree", "entries": [[key, value] for key, value in items.items()]}


def items_of(*items):
    return {"kind": "tree", "items": list(items)}


def text(value):
    return {"kind": "text", "value": value}


def scalar(dtype, value):
    return {"kind": "scalar", "dtype": dtype, "value": value}


class Cases:
    def __init__(self):
        self.cases = []

    def add(self, id, op, kind, inputs, expect, source, params=None):
        self.cases.append({"id": id, "op": op, "class": kind, "inputs": inputs, "params": params or {},
                           "expect": expect, "source": source})

    def write(self, path):
        lines = [json.dumps(case, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for case in self.cases]
        data = '{"packet":"FT-P2C-006","cases":[\n' + ",\n".join(lines) + "\n]}\n"
        assert len(data) < 256 << 10, (path, len(data))
        with open(path, "w") as out:
            out.write(data)


# --- .lmt ---------------------------------------------------------------------------------------------------------

PAGE = {"spec": ".lmt, byte by byte"}
GATES = {"spec": ".lmt, byte by byte: gates"}


def refusal(first, more="*"):
    """Strict mode stops at the first fault, hardened mode lists those behind it; none is behind where `more` is empty."""
    return {"error": {"class": "RuntimeError", "pattern": first.replace("*", "\\*") + more}} if more else {
        "error": {"class": "RuntimeError", "message": first}}


WEIGHT, BIAS = floats(1.5, -2.0, 0.25, float("inf"), float("-inf"), -0.0), floats(1e-45, 3.4028234663852886e38)
TWO = [entry("weight", [2, 3], [3, 1], 0), entry("bias", [2], [1], 1, requires_grad=True)]
NET = {"map": [["weight", {"tensor": 0}], ["bias", {"tensor": 1}]]}
SHOWN = entries_of(weight=tensor("float32", [1.5, -2, 0.25, "inf", "-inf", "-0.0"], [2, 3], [3, 1]),
                   bias=tensor("float32", [1.401298464324817e-45, 3.4028234663852886e38], [2], [1], requires_grad=True))


def good(**wrong):
    return lmt(TWO, [WEIGHT, BIAS], NET, **wrong)


def nan_file():
    held = struct.pack("<Iff", 0x7FC00001, 0.5, float("nan"))
    return lmt([entry("nan", [3], [1], 0)], [held], {"map": [["nan", {"tensor": 0}]]})


def lmt_cases():
    out = Cases()

    def loads(id, data, value, kind="happy"):
        out.add(id, "tensor.load_lmt", kind, {"file": file(data)}, {"value": value}, PAGE)

    def refused(id, data, first, more="", kind="adversarial"):
        out.add(id, "tensor.load_lmt", kind, {"file": file(data)}, refusal(first, more), GATES)

    loads("lmt-two", good(), SHOWN)
    loads("lmt-hardened-writer", good(mode="hardened"), SHOWN)
    loads("lmt-nan", nan_file(), entries_of(nan=tensor("float32", ["NaN", 0.5, "NaN"], [3], [1])), "edge")
    base = struct.pack("<12f", *range(12))
    shared = lmt([entry("base", [3, 4], [4, 1], 0), entry("view", [3, 3], [1, 4], 0, offset=1)], [base],
                 {"map": [["base", {"tensor": 0}], ["view", {"tensor": 1}]]})
    loads("lmt-shared", shared, entries_of(
        base=tensor("float32", None, [3, 4], [4, 1], storage="s0"),
        view=tensor("float32", None, [3, 3], [1, 4], 1, storage="s0"))
        | {"storages": {"s0": {"dtype": "torch.float32", "values": list(range(12))}}})
    kinds = [("bool", "?", [True, False]), ("uint8", "B", [0, 255]), ("int8", "b", [-128, 127]),
             ("int16", "h", [-32768, 32767]), ("int32", "i", [-2**31, 2**31 - 1]),
             ("int64", "q", [-2**53 + 1, 2**53 - 1]), ("float64", "d", [5e-324, -1.7976931348623157e308])]
    every = lmt([entry(name, [2], [1], n, dtype=name) for n, (name, _, _) in enumerate(kinds)],
                [struct.pack(f"<2{code}", *values) for _, code, values in kinds],
                {"map": [[name, {"tensor": n}] for n, (name, _, _) in enumerate(kinds)]})
    loads("lmt-dtypes", every, entries_of(**{name: tensor(name, values, [2], [1]) for name, _, values in kinds}))
    empty = lmt([entry("empty", [0, 3], [3, 1], 0), entry("scalar", [], [], 1)], [b"", floats(7)],
                {"map": [["empty", {"tensor": 0}], ["scalar", {"tensor": 1}]]})
    loads("lmt-empty-and-0d", empty, entries_of(empty=tensor("float32", [], [0, 3], [3, 1]),
                                               scalar=tensor("float32", [7], [], [])), "edge")
    plain = {"map": [["none", None], ["flag", True], ["count", 9007199254740991], ["greater", {"int": "-9007199254740993"}],
                     ["rate", {"float": "0.1"}], ["inf", {"float": "-inf"}], ["nan", {"float": "nan:7ff8000000000000"}],
                     ["text", "ä😀"], ["list", [1, [2]]], ["tuple", {"tuple": ["a"]}], ["bytes", {"bytes": "00ff"}],
                     ["size", {"size": [2, 3]}], ["dtype", {"dtype": "float64"}]]}
    values = entries_of(none=scalar("NoneType", None), flag=scalar("bool", True), count=scalar("int", 9007199254740991),
                        greater=scalar("int", "-9007199254740993"), rate=scalar("float", 0.1),
                        inf=scalar("float", "-inf"), nan=scalar("float", "NaN"), text=text("ä😀"),
                        list=items_of(scalar("int", 1), items_of(scalar("int", 2))), tuple=items_of(text("a")),
                        bytes=file(b"\0\xff"), size=items_of(scalar("int", 2), scalar("int", 3)),
                        dtype=text("torch.float64"))
    loads("lmt-state", lmt([], [], plain), values)
    parameter = lmt([entry("w", [1], [1], 0)], [floats(2.5)],
                    {"metadata": None, "ordered": [["w", {"parameter": 0, "requires_grad": True}]]})
    loads("lmt-parameter", parameter, entries_of(w=tensor("float32", [2.5], [1], [1], requires_grad=True)))
    loads("lmt-nothing", lmt([], [], None), scalar("NoneType", None), "edge")

    whole = good()
    size, header = len(whole), struct.unpack_from("<Q", whole, 24)[0]
    start = -(-(64 + header) // 64) * 64
    # magic
    refused("lmt-no-bytes", b"", "NotACheckpoint: magic: expected LUMENTN1, found  at byte 0", kind="edge")
    refused("lmt-another-file", b"PK\x03\x04" + whole[4:], "NotACheckpoint: magic: expected LUMENTN1, found "
            "PK\\u{3}\\u{4}NTN1 at byte 0")
    refused("lmt-older-magic", good(magic=b"LUMENTN0"), "NotACheckpoint: magic: expected LUMENTN1, found LUMENTN0 at byte 0")
    # version
    for version in (0, 2, 2**32 - 1):
        refused(f"lmt-format-{version}", good(format=version),
                f"UnsupportedFormat: format: expected 1, found {version} at byte 8")
    refused("lmt-flag", good(flags=1), "UnsupportedFormat: flags: expected 0, found 1 at byte 12")
    # exact size
    for cut in (1, 8, size - start):
        refused(f"lmt-cut-{cut}", whole[:-cut], f"SizeMismatch: file: expected {size} bytes, found {size - cut} at byte 16",
                kind="edge")
    refused("lmt-cut-in-prologue", whole[:40], "SizeMismatch: file: expected at least 64 bytes, found 40 at byte 40", kind="edge")
    refused("lmt-cut-in-header", whole[:100], f"SizeMismatch: file: expected {size} bytes, found 100 at byte 16", "*", kind="edge")
    for more in (1, 64):
        refused(f"lmt-longer-{more}", whole + b"\0" * more,
                f"SizeMismatch: file: expected {size} bytes, found {size + more} at byte 16", kind="edge")
    refused("lmt-longer-and-said", good(size=size + 64) + b"\0" * 64, "SizeMismatch: storages: expected 72 bytes, "
            f"found 136 bytes at byte {start}")
    refused("lmt-header-huge", good(header=2**63), f"SizeMismatch: header: expected at most {size - 64} bytes, found {2**63} at byte 24")
    refused("lmt-header-over-limit", good(header=(64 << 20) + 1),
            f"SizeMismatch: header: expected at most {size - 64} bytes, found {(64 << 20) + 1} at byte 24")
    # checksums
    found = lambda data: blake3(data[64:64 + header])
    altered = whole[:80] + bytes([whole[80] ^ 1]) + whole[81:]
    refused("lmt-header-altered", altered, f"ChecksumMismatch: header: expected {found(whole)}, found {found(altered)} at byte 64")
    refused("lmt-digest-altered", good(digest="00" * 32),
            f"ChecksumMismatch: header: expected {'00' * 32}, found {found(whole)} at byte 64")
    for name, at, held, number in (("first", start, WEIGHT, 0), ("last", size - 1, BIAS, 1)):
        spoilt = whole[:at] + bytes([whole[at] ^ 0x80]) + whole[at + 1:]
        where = start + 64 * number
        refused(f"lmt-{name}-byte-altered", spoilt, f"ChecksumMismatch: storage {number}: expected {blake3(held)}, "
                f"found {blake3(spoilt[where:where + len(held)])} at byte {where}")
    for name, at in (("header", 64 + header), ("storages", start + 24)):
        spoilt = whole[:at] + b"\x07" + whole[at + 1:]
        refused(f"lmt-gap-behind-{name}", spoilt, f"Malformed: padding: expected 0, found 7 at byte {at}")
    # fields
    known = "expected one of entries, mode, state, storages"
    refused("lmt-unknown-field", good(spoil=lambda f: f.update(owner=1)), f"UnknownField: header: {known}, found `owner` at byte 64")
    refused("lmt-unknown-field-of-entry", good(spoil=lambda f: f["entries"][0].update(device="cpu")),
            "UnknownField: entry 0: expected one of dtype, name, offset, requires_grad, sizes, storage, strides, "
            "found `device` at byte 64")
    refused("lmt-unknown-field-of-storage", good(spoil=lambda f: f["storages"][1].update(md5="0")),
            "UnknownField: storage 1: expected one of blake3, offset, size_bytes, found `md5` at byte 64")
    refused("lmt-missing-field", good(spoil=lambda f: f.pop("mode")), "UnknownField: header: expected `mode`, found nothing at byte 64", "*")
    refused("lmt-unknown-mode", good(spoil=lambda f: f.update(mode="lax")), 'Malformed: mode: expected strict or hardened, found "lax" at byte 64')
    refused("lmt-unknown-dtype", good(spoil=lambda f: f["entries"][0].update(dtype="float8")),
            "Malformed: entry 0: expected a tensor's description, found ", "* at byte 64")
    refused("lmt-negative-size", good(spoil=lambda f: f["entries"][0].update(sizes=[-2, 3])),
            "Malformed: entry 0: expected a tensor's description, found ", "* at byte 64")
    form = "Malformed: header: expected JSON in the form of RFC 8785, found another form of it at byte 64"
    refused("lmt-doubled-key", good(text=lambda f: canonical(f)[:-1] + b',"mode":"strict"}'), form)
    refused("lmt-spaces", good(text=lambda f: json.dumps(f, sort_keys=True).encode()), form)
    refused("lmt-unsorted", good(text=lambda f: json.dumps(dict(reversed(sorted(f.items()))), separators=(",", ":")).encode()), form)
    refused("lmt-no-json", good(text=lambda f: b"\xff" * 40), "Malformed: header: expected JSON in the form of RFC 8785, found ", "*")
    refused("lmt-deep-json", good(text=lambda f: b"[" * 4000), "Malformed: header: expected JSON in the form of RFC 8785, found ", "*")
    refused("lmt-header-is-a-list", good(text=lambda f: b"[]"), "Malformed: header: expected an object, found [] at byte 64")
    # ranges
    refused("lmt-storage-beyond-file", good(spoil=lambda f: f["storages"][1].update(size_bytes=9)),
            f"EntryOutOfStorage: storage 1: expected 72 bytes, found 9 bytes at 64 at byte {start}", kind="edge")
    refused("lmt-storage-huge", good(spoil=lambda f: f["storages"][1].update(size_bytes=2**53 - 1)),
            f"EntryOutOfStorage: storage 1: expected 72 bytes, found {2**53 - 1} bytes at 64 at byte {start}")
    refused("lmt-storages-overlap", good(spoil=lambda f: f["storages"][1].update(offset=0)),
            f"EntryOutOfStorage: storage 1: expected 64, found 0 at byte {start + 24}", "*")
    refused("lmt-storages-unaligned", good(spoil=lambda f: f["storages"][1].update(offset=65, size_bytes=7)),
            f"EntryOutOfStorage: storage 1: expected 64, found 65 at byte {start + 24}", "*")
    refused("lmt-entry-beyond-storage", good(spoil=lambda f: f["entries"][0].update(sizes=[2, 4])),
            "EntryOutOfStorage: weight: expected a layout inside 6 elements, found ", f"* at byte {start}", kind="edge")
    refused("lmt-entry-offset-beyond", good(spoil=lambda f: f["entries"][0].update(offset=1)),
            "EntryOutOfStorage: weight: expected a layout inside 6 elements, found ", f"* at byte {start}", kind="edge")
    refused("lmt-entry-overflow", good(spoil=lambda f: f["entries"][0].update(sizes=[2**52, 2**52], strides=[2**52, 1])),
            "EntryOutOfStorage: weight: expected a layout inside 6 elements, found ", f"* at byte {start}")
    refused("lmt-entry-of-no-storage", good(spoil=lambda f: f["entries"][0].update(storage=2)),
            "EntryOutOfStorage: weight: expected one of 2 storages, found 2 at byte 64")
    refused("lmt-two-dtypes-of-a-storage", good(spoil=lambda f: f["entries"][1].update(storage=0, dtype="int32")),
            f"Malformed: bias: expected float32, found int32 at byte {start}")
    refused("lmt-bool-of-two", lmt([entry("flag", [1], [1], 0, dtype="bool")], [b"\x02"], {"tensor": 0}),
            "Malformed: flag: expected elements of bool, found ", "*")
    # state
    state = "Malformed: state: expected a value as this release writes it, found "
    refused("lmt-state-unknown-form", lmt([], [], {"module": 1}), state, "* at byte 64")
    refused("lmt-state-float-long", lmt([], [], {"float": "0.10"}), state, "* at byte 64")
    refused("lmt-state-no-entry", good(spoil=lambda f: f.update(state={"tensor": 9})), state, "* at byte 64")
    refused("lmt-state-entry-unnamed", good(spoil=lambda f: f.update(state={"tensor": 0})),
            "Malformed: state: expected a place in the state for every entry, found none for 1 at byte 64")

    # What each mode lists.
    def lists(id, data, mode, problems, unlisted=0, kind="adversarial"):
        out.add(id, "tensor.lmt_problems", kind, {"file": file(data)},
                {"value": entries_of(problems=items_of(*map(text, problems)), unlisted=scalar("int", unlisted))},
                GATES, {"mode": mode})

    lists("problems-none", whole, "hardened", [], kind="edge")
    both = good(flags=4) + b"\0"
    two = ["UnsupportedFormat: flags: expected 0, found 4 at byte 12",
           f"SizeMismatch: file: expected {size} bytes, found {size + 1} at byte 16"]
    lists("problems-two-strict", both, "strict", two[:1])
    lists("problems-two-hardened", both, "hardened", two)
    many = [floats(n + 0.5) for n in range(35)]
    entries = [entry(f"t{n:02}", [1], [1], n) for n in range(35)]
    names = {"map": [[f"t{n:02}", {"tensor": n}] for n in range(35)]}
    text_of = lmt(entries, many, names)
    begin = len(text_of) - 64 * 34 - 4
    wrong = bytearray(text_of)
    for n in range(35):
        wrong[begin + 64 * n] ^= 1
    words = [f"ChecksumMismatch: storage {n}: expected {blake3(many[n])}, "
             f"found {blake3(bytes(wrong[begin + 64 * n:begin + 64 * n + 4]))} at byte {begin + 64 * n}" for n in range(35)]
    lists("problems-35-strict", bytes(wrong), "strict", words[:1])
    lists("problems-35-hardened", bytes(wrong), "hardened", words[:32], 3)
    wrong = good(spoil=lambda f: (f.update(a=1, b=2), f["entries"][0].update(sizes="2")))
    unknown = [f"UnknownField: header: {known}, found `{name}` at byte 64" for name in "ab"]
    lists("problems-fields-strict", wrong, "strict", unknown[:1])

    # What is written.
    def writes(id, state, data, mode="strict", kind="happy"):
        out.add(id, "tensor.save_lmt", kind, {"state": state}, {"value": file(data)}, PAGE, {"mode": mode})

    writes("write-two", SHOWN, whole)
    writes("write-two-hardened", SHOWN, good(mode="hardened"), "hardened")
    writes("write-dtypes", entries_of(**{name: tensor(name, values, [2], [1]) for name, _, values in kinds}), every)
    writes("write-empty-and-0d", entries_of(empty=tensor("float32", [], [0, 3], [3, 1]),
                                           scalar=tensor("float32", [7], [], [])), empty, kind="edge")
    writes("write-shared", entries_of(base=tensor("float32", None, [3, 4], [4, 1], storage="s0"),
                                      view=tensor("float32", None, [3, 3], [1, 4], 1, storage="s0"))
           | {"storages": {"s0": {"dtype": "torch.float32", "values": list(range(12))}}}, shared)
    alone = lmt([entry("view", [2], [1], 0)], [floats(1, 3)], {"map": [["view", {"tensor": 0}]]})
    writes("write-view-alone", entries_of(view=tensor("float32", [0, 1, 2, 3], [2], [2], 1)), alone, kind="edge")
    slash = lmt([entry("a~1b~0c/0", [1], [1], 0)], [floats(1)], {"map": [["a/b~c", [{"tensor": 0}]]]})
    writes("write-names-escaped", {"kind": "tree", "entries": [["a/b~c", items_of(tensor("float32", [1], [1], [1]))]]},
           slash, kind="edge")

    # What a sidecar gives back.
    big = lmt([entry("ramp", [600], [1], 0)], [struct.pack("<600f", *range(600))], {"map": [["ramp", {"tensor": 0}]]})
    ramp = entries_of(ramp=tensor("float32", list(range(600)), [600], [1]))
    beside = {"spec": "the sidecar, byte by byte"}

    def mends(id, status, lost, kind="adversarial", **damage):
        params = {"overhead": 25, "flips": [], "cut": 0, "sidecar_flips": []} | damage
        lost = items_of(*[items_of(scalar("int", a), scalar("int", b)) for a, b in lost])
        out.add(id, "tensor.mend_lmt", kind, {"file": file(big)}, {"value": entries_of(
            state=ramp, status=text(status), lost=lost, recovered=text(blake3(big)))}, beside, params)

    length = len(big)
    mends("mend-whole", "NotAttempted", [], kind="edge")
    mends("mend-magic", "Recovered", [(0, 256)], flips=[0])
    mends("mend-one-symbol-twice", "Recovered", [(256, 512)], flips=[256, 511])
    mends("mend-two-symbols", "Recovered", [(0, 256), (512, 768)], flips=[70, 600])
    mends("mend-cut", "Recovered", [(length // 256 * 256, length)], kind="edge", cut=1)
    mends("mend-sidecar-too", "Recovered", [(512, 768)], flips=[700], sidecar_flips=[3])
    out.add("mend-beyond-budget", "tensor.mend_lmt", "adversarial", {"file": file(big)},
            {"error": {"class": "RuntimeError", "pattern": "*block 0*"}}, beside,
            {"overhead": 1, "flips": [256 * n for n in range(9)], "cut": 0, "sidecar_flips": []})
    return out


# --- safetensors --------------------------------------------------------------------------------------------------

FORMAT = {"spec": "safetensors: format"}


def st(header, data, length=None):
    header = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def described(shape, begin, end, dtype="F32", **more):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end], **more}


def safetensors_cases():
    out = Cases()

    def loads(id, data, tensors, metadata=None, kind="happy"):
        safetensors.torch.load(data)
        value = entries_of(tensors=tensors, metadata=entries_of(**{k: text(v) for k, v in (metadata or {}).items()}))
        out.add(id, "tensor.load_safetensors", kind, {"file": file(data)}, {"value": value}, FORMAT)

    def refused(id, data, words, kind="adversarial", is_read=False):
        """The library refuses it too, but for what its specification alone forbids."""
        try:
            safetensors.torch.load(data)
        except (safetensors.SafetensorError, KeyError, TypeError) as error:
            assert not is_read, error
        else:
            assert is_read, id
        out.add(id, "tensor.load_safetensors", kind, {"file": file(data)},
                {"error": {"class": "RuntimeError", "pattern": f"Error while deserializing header: {words}"}}, FORMAT)

    kinds = {"bool": [True, False], "uint8": [0, 255], "int8": [-128, 127], "int16": [-32768, 32767],
             "int32": [-2**31, 2**31 - 1], "int64": [-2**53 + 1, 2**53 - 1], "float32": [0.5, "-inf"],
             "float64": [5e-324, "-0.0"]}
    python = {name: torch.tensor([float(v) if isinstance(v, str) else v for v in values], dtype=getattr(torch, name))
              for name, values in kinds.items()}
    every = safetensors.torch.save(python, metadata={"made": 'by "hand"'})
    # In the order of the bytes: greatest elements first, then by name, as the library writes.
    order = sorted(kinds, key=lambda name: every.index(f'"{name}":'.encode()))
    shown = entries_of(**{name: tensor(name, kinds[name], [2], [1]) for name in order})
    loads("st-dtypes", every, shown, {"made": 'by "hand"'})
    out.add("st-write-dtypes", "tensor.save_safetensors", "happy",
            {"tensors": entries_of(**{name: tensor(name, kinds[name], [2], [1]) for name in kinds})},
            {"value": file(every)}, FORMAT, {"metadata": [["made", 'by "hand"']]})
    square = torch.arange(6.0).reshape(2, 3)
    transposed = {"base": square.t().contiguous(), "zero": torch.zeros(0, 4), "one": torch.tensor(2.5)}
    out.add("st-write-strided", "tensor.save_safetensors", "edge",
            {"tensors": entries_of(base=tensor("float32", [0, 1, 2, 3, 4, 5], [3, 2], [1, 3]),
                                   zero=tensor("float32", [], [0, 4], [4, 1]), one=tensor("float32", [2.5], [], []))},
            {"value": file(safetensors.torch.save(transposed))}, FORMAT, {"metadata": []})
    out.add("st-write-shared", "tensor.save_safetensors", "adversarial",
            {"tensors": entries_of(a=tensor("float32", None, [3], [1], storage="s0"), b=tensor("float32", None, [2], [1], 1, storage="s0"))
             | {"storages": {"s0": {"dtype": "torch.float32", "values": [1, 2, 3]}}}},
            {"error": {"class": "RuntimeError", "pattern": "*Some tensors share memory*'a', 'b'*"}}, FORMAT, {"metadata": []})
    loads("st-nothing", st(b"{}", b""), entries_of(), kind="edge")
    loads("st-spaces-behind", st(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}      ', b"\x05"),
          entries_of(a=tensor("uint8", [5], [1], [1])), kind="edge")
    one = {"a": described([2], 0, 8)}
    eight = floats(1, 2)
    refused("st-no-bytes", b"", "header too small", "edge")
    refused("st-7-bytes", b"\0" * 7, "header too small", "edge")
    refused("st-header-cut", st(one, b"")[:20], "invalid header length*", "edge")
    refused("st-header-huge", st(one, eight, 2**63), "header too large")
    refused("st-header-over-limit", st(one, eight, 100_000_001), "header too large")
    refused("st-data-cut", st(one, eight[:-1]), "*ends at byte 8, the file has 7 for tensors", "edge")
    refused("st-data-longer", st(one, eight + b"\0"), "*file not fully covered: 8 of 9 bytes", "edge")
    refused("st-no-json", st(b"{nonsense}", b""), "invalid JSON in header*")
    refused("st-no-utf8", st(b'{"\xff":1}', b""), "invalid UTF-8 in header")
    refused("st-begins-with-space", st(b" {}", b""), "invalid JSON in header*", is_read=True)
    refused("st-a-list", st(b"[]", b""), "invalid JSON in header*")
    refused("st-deep", st(b'{"a":' + b"[" * 5000, b""), "invalid JSON in header*")
    refused("st-overlap", st({"a": described([2], 0, 8), "b": described([1], 4, 8)}, eight), "invalid offset for tensor `b`*")
    refused("st-gap", st({"a": described([1], 0, 4), "b": described([1], 8, 12)}, floats(1, 2, 3)), "invalid offset for tensor `b`*")
    refused("st-backwards", st({"a": described([2], 8, 0)}, eight), "invalid offset for tensor `a`*")
    refused("st-shape-too-great", st({"a": described([3], 0, 8)}, eight), "tensor `a`: shape [[]3[]]*does not fill 8 bytes".replace("[[]", "[").replace("[]]", "]"), "edge")
    refused("st-shape-overflows", st({"a": described([2**62, 2**62], 0, 8)}, eight), "tensor `a`: shape * does not fill 8 bytes")
    refused("st-negative-shape", st({"a": described([-2], 0, 8)}, eight), "invalid JSON in header*")
    refused("st-unknown-dtype", st({"a": described([2], 0, 8, dtype="F33")}, eight), "tensor `a`: `F33` is no dtype")
    refused("st-missing-field", st({"a": {"dtype": "F32", "shape": [2]}}, eight), "invalid JSON in header*")
    refused("st-offsets-of-three", st({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8, 8]}}, eight), "invalid JSON in header*")
    refused("st-end-beyond-64-bits", st(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551616]}}', eight), "invalid JSON in header*")
    return out


# --- PyTorch's files ----------------------------------------------------------------------------------------------

ORACLE = {"oracle": {"command": "accept FT-P2C-006", "name": "torch 2.15.0"}}


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def archive(text, storages=(), root="archive", version=b"3\n", **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(zipfile.ZipInfo(f"{root}/data.pkl"), text)
        made.writestr(zipfile.ZipInfo(f"{root}/byteorder"), b"little")
        for n, data in enumerate(storages):
            made.writestr(zipfile.ZipInfo(f"{root}/data/{n}"), data)
        made.writestr(zipfile.ZipInfo(f"{root}/version"), version)
    return out.getvalue()


def tensor_text(numel=4, offset=0, sizes=(4,), strides=(1,), storage="FloatStorage", location="cpu"):
    """The pickle of a tensor over storage 0, by protocol 2."""
    def number(value):
        if 0 <= value < 256:
            return b"K" + bytes([value])
        if -2**31 <= value < 2**31:
            return b"J" + struct.pack("<i", value)
        data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(data)]) + data

    def words(value):
        data = value.encode()
        return b"X" + struct.pack("<I", len(data)) + data

    def numbers(values):
        return b"(" + b"".join(map(number, values)) + b"t"

    return (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((" + words("storage") + b"ctorch\n" + storage.encode() + b"\n"
            + words("0") + words(location) + number(numel) + b"tQ" + number(offset) + numbers(sizes) + numbers(strides)
            + b"\x89ccollections\nOrderedDict\n)RtR.")


def pt_cases():
    out = Cases()
    def loads(id, data, kind="happy"):
        out.add(id, "tensor.load_pt", kind, {"file": file(data)}, {"value": text("recorded by accept")}, ORACLE)

    def refused(id, data, ours, kind="adversarial"):
        """Words are our reader's own; the class is PyTorch's, but where that is none of a damaged file's (a KeyError, an
        EOFError), or where PyTorch reads on."""
        try:
            torch.load(io.BytesIO(data), weights_only=True)
            found = "reads it"
        except Exception as error:
            found = f"{type(error).__module__}.{type(error).__name__}: {str(error)[:300]!r}"
        wanted, words = ours
        same = found.startswith({"RuntimeError": "builtins.RuntimeError", "_pickle.UnpicklingError": "_pickle.UnpicklingError"}[wanted])
        source = {"hand": "damaged: refused as such, where PyTorch's reader "
                  + ("reads it" if found == "reads it" else "ends with " + found.partition(":")[0].removeprefix("builtins."))}
        if same and "protocol 4" in words:
            # PyTorch warns first, which no reader of ours does.
            source = {"spec": f"torch.load(weights_only=True) refuses with {wanted}"}
        elif same:
            source = {"spec": f"torch.load(weights_only=True) refuses with {wanted}"}
            out.add(f"{id}-class", "tensor.refusal_pt", kind, {"file": file(data)}, {"value": text(wanted)}, ORACLE)
        out.add(id, "tensor.load_pt", kind, {"file": file(data)}, {"error": {"class": wanted, "pattern": words}}, source)

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    base = torch.arange(12.0).view(3, 4)
    loads("pt-state-dict", saved(net.state_dict()))
    net(torch.ones(4, 3) * torch.arange(4.0)[:, None]).sum().backward()
    optimizer.step()
    state = {"step": 1, "rate": 0.01, "net": net.state_dict(), "done": None, "flag": True, "words": ["alpha", "beta"]}
    loads("pt-checkpoint", saved(state))
    loads("pt-optimizer-groups", saved(optimizer.state_dict()["param_groups"]))
    loads("pt-shared", saved({"base": base, "view": base.t()[1:]}))
    loads("pt-parameter", saved({"w": torch.nn.Parameter(torch.full((2,), 2.5)), "leaf": torch.ones(1, requires_grad=True)}))
    loads("pt-dtypes", saved({name: torch.tensor(values, dtype=getattr(torch, name)) for name, values in {
        "bool": [True, False], "uint8": [0, 255], "int8": [-128, 127], "int16": [-32768, 32767], "int32": [-2**31, 2**31 - 1],
        "int64": [-2**62, 2**62], "float32": [float("nan"), float("-inf"), -0.0, 1e-45], "float64": [5e-324]}.items()}))
    loads("pt-tensor-alone", saved(torch.arange(3)))
    loads("pt-empty-and-0d", saved([torch.zeros(0, 3), torch.tensor(7, dtype=torch.int8)]), "edge")
    loads("pt-strides-0", saved(torch.ones(1).expand(3, 2)), "edge")
    loads("pt-dtype-and-size", saved({"dtype": torch.float64, "size": torch.Size([2, 3]), "tuple": (1, (2.5,))}))
    loads("pt-integers", saved([0, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63)]), "edge")
    loads("pt-floats", saved([0.1, float("inf"), float("-inf"), -0.0, 5e-324, 1.7976931348623157e308]), "edge")
    loads("pt-texts", saved(["", "ä", "😀", "a\u0000b"]), "edge")
    loads("pt-nothing", saved(None), "edge")
    loads("pt-legacy-state-dict", saved(net.state_dict(), _use_new_zipfile_serialization=False))
    loads("pt-legacy-shared", saved([base, base[1]], _use_new_zipfile_serialization=False), "edge")
    loads("pt-legacy-numbers", saved({"epoch": 3, "loss": 0.25}, _use_new_zipfile_serialization=False))

    def writes(id, state, kind="happy"):
        out.add(id, "tensor.save_pt", kind, {"state": state}, {"value": text("recorded by accept")}, ORACLE)

    writes("pt-write-state", SHOWN)
    writes("pt-write-numbers", entries_of(step=scalar("int", 70000), rate=scalar("float", 0.1), flag=scalar("bool", False),
                                          nothing=scalar("NoneType", None), words=items_of(text("first"), text("second")),
                                          raw=file(b"\0\xff")))
    writes("pt-write-shared", entries_of(base=tensor("float32", None, [3, 4], [4, 1], storage="s0"),
                                         view=tensor("float32", None, [3, 3], [1, 4], 1, storage="s0"))
           | {"storages": {"s0": {"dtype": "torch.float32", "values": list(range(12))}}})
    writes("pt-write-dtypes", entries_of(
        flags=tensor("bool", [True, False], [2], [1]), bytes=tensor("uint8", [0, 255], [2], [1]),
        wide=tensor("int64", [-9007199254740991, 1], [2], [1]), double=tensor("float64", [0.1, "NaN"], [2], [1])))
    writes("pt-write-view", tensor("float32", [0, 1, 2, 3, 4, 5], [3], [2], 1), "edge")
    writes("pt-write-empty", items_of(tensor("float32", [], [0, 3], [3, 1]), items_of()), "edge")

    four = floats(1, 2, 3, 4)
    pickling, runtime = "_pickle.UnpicklingError", "RuntimeError"
    whole = saved(base)
    for cut in (1, 22, 100, len(whole) // 2, len(whole) - 4):
        refused(f"pt-cut-{cut}", whole[:-cut], (runtime, "PytorchStreamReader failed reading zip archive: *"), "edge")
    place = whole.index(base.numpy().tobytes())
    refused("pt-altered-tensor", whole[:place] + b"\x01" + whole[place + 1:], (runtime, "*the checksum of archive/data/0 is *"))
    place = whole.index(b"_rebuild_tensor_v2")
    refused("pt-altered-pickle", whole[:place] + b"X" + whole[place + 1:], (runtime, "*the checksum of archive/data.pkl is *"))
    refused("pt-other-file", b"\x7fELF" + whole, (pickling, "*Unsupported operand 127 *"))
    refused("pt-no-bytes", b"", (pickling, "*it ends early*"), "edge")
    legacy = saved(base, _use_new_zipfile_serialization=False)
    refused("pt-legacy-short", legacy[:-4], (runtime, "unexpected EOF*"), "edge")
    refused("pt-legacy-half", legacy[:len(legacy) // 2], (pickling, "*it ends early*"), "edge")
    refused("pt-legacy-magic", legacy.replace(bytes.fromhex("6cfc9c46f9206aa85019"), bytes.fromhex("6cfc9c46f9206aa85018")), (runtime, "Invalid magic number; corrupt file?"))
    count = legacy.rindex(struct.pack("<q", 12))
    refused("pt-legacy-count", legacy[:count] + struct.pack("<q", 2**62) + legacy[count + 8:], (runtime, "*has 4611686018427387904 elements, its description says 12"))

    def code(id, text, words="*"):
        refused(id, archive(text, [four]), (pickling, words))

    code("pickle-os-system", b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.", "*GLOBAL posix.system*")
    code("pickle-eval", b"\x80\x02c__builtin__\neval\nX\x01\0\0\x001\x85R.", "*GLOBAL __builtin__.eval*")
    code("pickle-subprocess", b"\x80\x02csubprocess\nPopen\n]X\x04\0\0\0truea\x85R.", "*GLOBAL subprocess.Popen*")
    code("pickle-torch-load", b"\x80\x02ctorch\nload\nX\x01\0\0\0f\x85R.", "*GLOBAL torch.load*")
    code("pickle-getattr", b"\x80\x02c__builtin__\ngetattr\nX\x01\0\0\0fX\x01\0\0\0g\x86R.", "*GLOBAL __builtin__.getattr*")
    code("pickle-stack-global", b"\x80\x04\x8c\x05posix\x8c\x06system\x93.", "*a pickle of protocol 4, where PyTorch writes 2*")
    code("pickle-inst", b"\x80\x02(X\x04\0\0\0trueiposix\nsystem\n.", "*Unsupported operand 105 *")
    code("pickle-obj", b"\x80\x02(cposix\nsystem\nX\x04\0\0\0trueo.", "*GLOBAL posix.system*")
    code("pickle-extension", b"\x80\x02\x82\x01.", "*130*")
    code("pickle-newobj", b"\x80\x02cposix\nsystem\n)\x81.", "*GLOBAL posix.system*")
    code("pickle-build", b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\0\0\0clearK\x01sb.", "*a state for an object, where only an OrderedDict has one, its _metadata*")
    code("pickle-reduce-dict", b"\x80\x02}X\x01\0\0\0a\x85R.", "*call reduce for unrecognized function*")
    code("pickle-persistent-text", b"\x80\x02X\x01\0\0\0aQ.", "*persistent id*")
    code("pickle-empty", b"", "*it ends early*")
    code("pickle-no-stop", b"\x80\x02N", "*it ends early*")
    code("pickle-stack-empty", b"\x80\x02.", "*nothing is there to take*")
    code("pickle-memo-absent", b"\x80\x02h\x05.", "*nothing is remembered as 5*")
    code("pickle-no-mark", b"\x80\x02t.", "*there is no mark*")
    code("pickle-text-cut", b"\x80\x02X\xff\xff\xff\x7fa.", "*it ends early*")
    code("pickle-list-as-key", b"\x80\x02}]K\x01s.", "*a key that can change*")

    def lies(id, text, words="*", storages=(four,)):
        refused(id, archive(text, list(storages)), (runtime, words))

    loads("pt-by-hand", archive(tensor_text(), [four]))
    lies("tensor-beyond-storage", tensor_text(sizes=(5,)), "*outside its storage*")
    lies("tensor-offset-beyond", tensor_text(offset=1), "*outside its storage*")
    lies("tensor-negative-offset", tensor_text(offset=-1), "*no numbers from zero up")
    lies("tensor-stride-beyond", tensor_text(sizes=(2, 2), strides=(4, 1)), "*outside its storage*")
    lies("tensor-negative-size", tensor_text(sizes=(-1,)), "*no numbers from zero up")
    lies("tensor-negative-stride", tensor_text(sizes=(2,), strides=(-1,)), "*no numbers from zero up")
    lies("tensor-sizes-overflow", tensor_text(sizes=(2**62, 2**62), strides=(1, 1)), "*outside its storage*")
    lies("tensor-strides-short", tensor_text(sizes=(2, 2), strides=(1,)), "*expected 2 strides, found 1")
    lies("storage-more-than-there", tensor_text(numel=5), "*16 bytes, its description says 5*")
    lies("storage-huge", tensor_text(numel=2**62), "*16 bytes, its description says*")
    lies("storage-absent", tensor_text(), "*failed locating file data/0: file not found", storages=())
    good_one = archive(tensor_text(), [four])
    central = good_one.index(b"PK\x01\x02")
    refused("zip-size-lies", good_one[:central + 20] + b"\xfe" * 4 + b"\xfe" * 4 + good_one[central + 28:], (runtime, "*archive/data.pkl is said to have 4278124286 bytes, the file is shorter"))
    end = len(good_one) - 22
    refused("zip-count-lies", good_one[:end + 8] + b"\xfe\x7f" * 2 + good_one[end + 12:], (runtime, "*32766 entries in a directory of *"))
    refused("zip-directory-beyond", good_one[:end + 16] + b"\xfe\xfe\xfe\x7f" + good_one[end + 20:], (runtime, "*the directory is said to be * bytes at 2147417854*"))
    return out


if __name__ == "__main__":
    folder = sys.argv[1]
    lmt_cases().write(os.path.join(folder, "lmt.json"))
    safetensors_cases().write(os.path.join(folder, "safetensors.json"))
    pt_cases().write(os.path.join(folder, "pt.json"))
