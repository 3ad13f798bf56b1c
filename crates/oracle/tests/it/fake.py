"""A worker that misbehaves on request: at its start as `START` says, later as the question's operation says."""

import hashlib
import json
import os
import sys
import time

START = "@START@"
MEMORY = []


def exactly(count):
    parts = b""
    while len(parts) < count:
        part = os.read(3, count - len(parts))
        if not part:
            sys.exit(0)
        parts += part
    return parts


def receive():
    header = exactly(8)
    return exactly(int.from_bytes(header[:4], "little"))


def frame(body, kind=1):
    return len(body).to_bytes(4, "little") + bytes([kind, 0, 0, 0]) + body


def raw(data):
    while data:
        data = data[os.write(3, data):]


def send(message, **more):
    raw(frame(json.dumps(message | more).encode()))


def text(value):
    return {"kind": "text", "value": value}


def ready(texts, hello):
    if START == "crash":
        print("no module named pandas", file=sys.stderr)
        sys.exit(7)
    if START == "garbage":
        raw(b"Segmentation fault (core dumped)")
    if START == "hang":
        time.sleep(60)
    digest = hashlib.sha256()
    for name, source in texts.items():
        digest.update(f"{name}\0{len(source.encode())}\0{source}".encode())
    send({
        "message": "ready", "protocol": 2 if START == "protocol" else 1, "registry": hello["registry"],
        "implementation": "CPython", "python": "3.0.0", "executable": sys.executable,
        "packages": {"pandas": "3.1.0" if START == "version" else "3.1.1"}, "cpu_vendor": "", "cpu_capability": "",
        "worker_digest": "0" if START == "text" else digest.hexdigest(),
        "missing": [op for op in hello["ops"] if op == "unknown"],
    })


def act(message):
    answer = {"message": "answer", "id": message["id"], "warnings": []}
    match message.get("op", message["message"]):
        case "echo":
            send(answer, value=message["inputs"]["value"])
        case "noise":
            print("x" * 300_000)
            print("\x1b[31mnoise" * 60_000, file=sys.stderr)
            os.write(1, b"\x01\x00\x00\x00\x01\x00\x00\x00")
            send(answer, value=text("noisy"))
        case "pid":
            send(answer, value=text(str(os.getpid())))
        case "hang":
            time.sleep(60)
        case "crash":
            print("giving up on this one", file=sys.stderr)
            sys.stderr.flush()
            os.abort()
        case "crash once":
            try:
                open(message["params"]["mark"], "x").close()
            except FileExistsError:
                send(answer, value=text("survived"))
            else:
                os._exit(3)
        case "cut":
            raw(frame(json.dumps(answer).encode())[:20])
            os._exit(0)
        case "other":
            send(answer | {"id": answer["id"] + 1}, value=text("other"))
        case "twice":
            send(answer, value=text("first"))
            send(answer, value=text("second"))
        case "garbage":
            raw(b"Traceback (most recent call last)")
        case "no json":
            raw(frame(b"{'id': 1}"))
        case "doubled":
            raw(frame(b'{"message": "answer", "id": 2, "id": 2, "warnings": [], "value": {"kind": "text", "value": ""}}'))
        case "stray blob":
            raw(frame(b"abc", kind=2))
        case "huge":
            raw((1 << 31).to_bytes(4, "little") + bytes([1, 0, 0, 0]))
        case "both":
            send(answer, value=text(""), error={"error_origin": "oracle", "class": "E", "message": ""})
        case "neither":
            send(answer)
        case "malformed":
            send(answer, value={"kind": "column"})
        case "origin":
            error = {"error_origin": message["params"]["origin"], "class": "pandas.errors.MergeError", "message": "m"}
            send(answer, error=error)
        case "eat":
            MEMORY.append(b"x" * ((1 << 27) if not MEMORY else 0))
            send(answer, value=text(str(os.getpid())))


def main(texts):
    ready(texts, json.loads(receive()))
    while True:
        message = json.loads(receive())
        if message["message"] == "bye":
            return
        for _ in range(message.get("blobs", 0)):
            receive()
        act(message)
