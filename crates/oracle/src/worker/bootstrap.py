import importlib.abc
import importlib.util
import json
import os
import sys

os.dup2(0, 3, inheritable=False)
nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(nothing, 0)
os.close(nothing)


def exactly(count):
    parts = bytearray()
    while len(parts) < count:
        part = os.read(3, count - len(parts))
        if not part:
            sys.exit("the socket was closed before the worker's text was whole")
        parts += part
    return bytes(parts)


TEXTS = dict(json.loads(exactly(int.from_bytes(exactly(8)[:4], "little")))["modules"])


class Embedded(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """Imports `lumen_oracle.NAME` from the texts, so that tracebacks have their lines."""

    def find_spec(self, name, path=None, target=None):
        package, _, module = name.partition(".")
        if package == "lumen_oracle" and (not module or module in TEXTS):
            return importlib.util.spec_from_loader(name, self, origin=name, is_package=not module)

    def get_filename(self, name):
        return name

    def get_source(self, name):
        return TEXTS.get(name.partition(".")[2], "")


sys.meta_path.insert(0, Embedded())
importlib.import_module("lumen_oracle.worker").main(TEXTS)
