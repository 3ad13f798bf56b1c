"""Prints what the host must know of this interpreter, as JSON."""

import json
import os
import sys


def _loader(executable):
    """The program interpreter that the executable's ELF header names."""
    with open(executable, "rb") as file:
        header = file.read(64)
        if header[:6] != b"\x7fELF\x02\x01":
            return None
        offset = int.from_bytes(header[32:40], "little")
        size, count = int.from_bytes(header[54:56], "little"), int.from_bytes(header[56:58], "little")
        for at in range(count):
            file.seek(offset + at * size)
            entry = file.read(size)
            if int.from_bytes(entry[:4], "little") == 3:
                file.seek(int.from_bytes(entry[8:16], "little"))
                return file.read(int.from_bytes(entry[32:40], "little")).rstrip(b"\0").decode()
    return None


def _libraries(folders):
    """The files that are mapped once every extension module of the standard library is imported."""
    for folder in folders:
        dynload = os.path.join(folder, "lib-dynload")
        for file in sorted(os.listdir(dynload)) if os.path.isdir(dynload) else ():
            name = file.split(".")[0]
            if name.startswith(("_test", "_tkinter", "_xx", "xx")):
                continue
            try:
                __import__(name)
            except Exception:
                # A module that cannot be imported here needs no library there.
                continue
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as file:
        paths = {line.split(None, 5)[5].rstrip("\n") for line in file if len(line.split(None, 5)) == 6}
    return sorted(path for path in paths if path.startswith("/") and ".so" in path)


def _describe():
    if sys.version_info < (3, 11):
        return {"version": list(sys.version_info[:3])}
    executable = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    # `sysconfig` would read the environment.
    folders = [os.path.realpath(os.path.dirname(os.__file__))]
    platform = os.path.realpath(
        os.path.join(sys.base_exec_prefix, sys.platlibdir, "python%d.%d" % sys.version_info[:2])
    )
    if os.path.isdir(platform) and platform not in folders:
        folders.append(platform)
    return {
        "version": list(sys.version_info[:3]),
        "implementation": sys.implementation.name,
        "executable": executable,
        "folders": folders,
        "loader": _loader(executable) if sys.platform == "linux" else None,
        "libraries": _libraries(folders) if sys.platform == "linux" else [],
    }


print(json.dumps(_describe()))
