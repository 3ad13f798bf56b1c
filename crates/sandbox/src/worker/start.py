"""Reads the worker's modules from the host and gives them control.

The interpreter is started with this text alone: no file of ours has to be visible to a confined process.
"""

import os
import sys


def _receive(count):
    received = bytearray()
    while len(received) < count:
        part = os.read(3, count - len(received))
        if not part:
            os._exit(0)
        received += part
    return bytes(received)


def _start():
    length = int.from_bytes(_receive(8)[:4], "little")
    body = _receive(length)
    import json
    import types

    for name, text in json.loads(body):
        module = types.ModuleType(name)
        sys.modules[name] = module
        exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    sys.modules["lumen_serve"].main()


try:
    _start()
except ImportError as error:
    os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
    # The host knows this status as "a module is missing".
    os._exit(40)
