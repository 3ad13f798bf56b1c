"""The peers of the model runtime: a bare interpreter's start, an echo over a socketpair, calls with aiohttp, re.finditer.

usage: models.py starts COUNT | echo COUNT | calls URL COUNT IN_FLIGHT | finditer FILE PATTERN

Each prints the seconds of its work and numbers that our side must agree on.
"""

import sys


# The modules that a worker's Python side imports.
IMPORTS = (
    "import _socket, ast, builtins, ctypes, dataclasses, errno, json, linecache, mmap, os, platform, random, re, "
    "resource, signal, sys, time, traceback, types, warnings"
)


def starts(count):
    """Bare interpreters with a worker's modules, flags and environment, each until it says that it is ready."""
    import statistics
    import subprocess
    import time

    command = [sys.executable, "-s", "-S", "-P", "-c", f"{IMPORTS}\nprint('ready', flush=True)\nsys.stdin.read()"]
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONHASHSEED": "0"})
        ready = child.stdout.readline()
        taken.append(time.perf_counter() - start)
        child.stdin.close()
        if ready != b"ready\n" or child.wait() != 0:
            sys.exit("a bare interpreter did not start")
    report(statistics.median(taken), [count])


def report(seconds, checksum):
    import json

    print(json.dumps({"seconds": seconds, "checksum": checksum}))


def echo(count):
    """A child that answers each frame with a frame: JSON behind its length, as the worker's protocol has it."""
    import json
    import os
    import socket
    import time

    def send(line, message):
        body = json.dumps(message).encode()
        line.sendall(len(body).to_bytes(4, "little") + b"\1\0\0\0" + body)

    def exactly(line, size):
        found = b""
        while len(found) < size:
            part = line.recv(size - len(found))
            if not part:
                return None
            found += part
        return found

    def receive(line):
        head = exactly(line, 8)
        return None if head is None else json.loads(exactly(line, int.from_bytes(head[:4], "little")))

    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        while (asked := receive(theirs)) is not None:
            value = eval(asked["params"]["code"], {})
            send(theirs, {"jsonrpc": "2.0", "id": asked["id"], "result": {"value": value}})
        os._exit(0)
    theirs.close()
    total, start = 0, time.perf_counter()
    for number in range(count):
        send(ours, {"jsonrpc": "2.0", "id": number, "method": "exec", "params": {"code": f"{number} + 1"}})
        total += receive(ours)["result"]["value"]
    seconds = (time.perf_counter() - start) / count
    ours.close()
    os.wait()
    report(seconds, [count, total])


def calls(url, count, in_flight):
    """Chat completions, so many at a time; the sum of the numbers that the replies repeat."""
    import asyncio
    import time

    import aiohttp

    async def run():
        gate = asyncio.Semaphore(in_flight)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

            async def one(number):
                body = {
                    "model": "m",
                    "messages": [{"role": "user", "content": str(number)}],
                    "max_tokens": 100,
                }
                async with gate, session.post(url, json=body, headers={"Idempotency-Key": str(number)}) as reply:
                    answer = await reply.json()
                    return int(answer["choices"][0]["message"]["content"])

            start = time.perf_counter()
            numbers = await asyncio.gather(*(one(number) for number in range(count)))
            return time.perf_counter() - start, sum(numbers)

    seconds, total = asyncio.run(run())
    report(seconds, [count, total])


def finditer(path, pattern):
    """All matches: how many, and the sum of where they begin."""
    import mmap
    import re
    import time

    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        # Read once, so that both sides search memory.
        sum(text[at] for at in range(0, len(text), mmap.PAGESIZE))
        start = time.perf_counter()
        starts = [found.start() for found in re.finditer(pattern.encode(), text)]
        seconds = time.perf_counter() - start
    report(seconds, [len(starts), sum(starts)])


def main():
    match sys.argv[1:]:
        case ["starts", count]:
            starts(int(count))
        case ["echo", count]:
            echo(int(count))
        case ["calls", url, count, in_flight]:
            calls(url, int(count), int(in_flight))
        case ["finditer", path, pattern]:
            finditer(path, pattern)
        case _:
            sys.exit(__doc__)


main()
