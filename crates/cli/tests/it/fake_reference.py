"""Stands in the place of a Python with the references: says that it is one, and answers every question with one text.

What it answers is nobody's answer, so that whatever ends up in a case file can only have come from here.
"""

import hashlib
import json
import os

PACKAGES = dict(line.split("==") for line in """@REQUIREMENTS@""".splitlines() if "==" in line)


def exactly(count):
    parts = b""
    while len(parts) < count:
        part = os.read(0, count - len(parts))
        if not part:
            raise SystemExit
        parts += part
    return parts


def receive():
    return json.loads(exactly(int.from_bytes(exactly(8)[:4], "little")))


def send(message):
    body = json.dumps(message).encode()
    data = len(body).to_bytes(4, "little") + bytes([1, 0, 0, 0]) + body
    while data:
        data = data[os.write(0, data):]


digest = hashlib.sha256()
for name, text in receive()["modules"]:
    digest.update(f"{name}\0{len(text.encode())}\0{text}".encode())
hello = receive()
send({
    "message": "ready", "protocol": 1, "registry": hello["registry"], "implementation": "CPython", "python": "3.0.0",
    "executable": "fake", "packages": PACKAGES, "cpu_vendor": "", "cpu_capability": "",
    "worker_digest": digest.hexdigest(), "missing": [],
})
while (message := receive())["message"] != "bye":
    answer = {"kind": "text", "value": "only the reference says this"}
    send({"message": "answer", "id": message["id"], "warnings": [], "value": answer})
