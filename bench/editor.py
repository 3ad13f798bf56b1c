"""What somebody who writes code waits for: from one keystroke to what is wrong, over standard input and output of
`lumen lsp`, and for `lumen check` of a whole file.

The files are generated: records, cells that call each other, matches and loops. A fifth of the edits leave an error.
"""

import json
import os
import statistics
import subprocess
import time


def source(lines):
    """A program of about so many lines."""
    parts = ["record Point(x: Int, y: Int = 0)", "enum Shape", "  Round(Int)", "  Flat", "end", ""]
    number = 0
    while len(parts) < lines:
        before = f"cell_{number - 1}(n)" if number else "n"
        parts += [
            f"cell cell_{number}(n: Int) -> Int",
            f"  let point = Point(n, y: {number})",
            "  let mut total = 0",
            "  for step in 0..3",
            "    total += point.x * step + point.y",
            "  end",
            "  match if total > 10 then Round(total) else Flat end",
            f"    Round(r) -> r + {before}",
            "    Flat -> total",
            "  end",
            "end",
            "",
        ]
        number += 1
    return "\n".join([*parts, f"print(cell_{number - 1}(1))", ""])


class Server:
    """One `lumen lsp` and what it says of one file."""

    def __init__(self, binary, uri):
        self.uri, self.version = uri, 0
        self.process = subprocess.Popen([binary, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.send({"id": 0, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}})
        while self.receive().get("id") != 0:
            pass
        self.send({"method": "initialized", "params": {}})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline().strip()) != b"":
            name, value = line.split(b": ")
            if name == b"Content-Length":
                length = int(value)
        return json.loads(self.process.stdout.read(length))

    def said(self):
        """The next diagnostics of the file."""
        while True:
            message = self.receive()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == self.uri:
                return message["params"]["diagnostics"]

    def open(self, text):
        document = {"uri": self.uri, "languageId": "lumen", "version": 0, "text": text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return self.said()

    def edit(self, line, start, end, text):
        self.version += 1
        span = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
        params = {
            "textDocument": {"uri": self.uri, "version": self.version},
            "contentChanges": [{"range": span, "text": text}],
        }
        self.send({"method": "textDocument/didChange", "params": params})
        return self.said()

    def peak_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))

    def end(self):
        self.send({"id": 1, "method": "shutdown", "params": None})
        while self.receive().get("id") != 1:
            pass
        self.send({"method": "exit", "params": None})
        if self.process.wait() != 0:
            raise SystemExit(f"the server ended with {self.process.returncode}")


def row(name, waits, peak_bytes):
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    return {
        "name": name,
        "median_seconds": cuts[49],
        "p95_seconds": cuts[94],
        "p99_seconds": cuts[98],
        "peak_bytes": peak_bytes,
    }


def result(task, row, bounds):
    """A task of the table; `bounds` are the most seconds of some figures."""
    missed = [
        f"{figure.split('_')[0]} {row[figure] * 1e3:.1f} ms, at most {bound * 1e3:.1f}"
        for figure, bound in bounds.items()
        if row[figure] > bound
    ]
    verdict = f"target missed: {', '.join(missed)}" if missed else "measured"
    return {"task": task, "rounds": 1, "rows": [row], "verdict": verdict, "absent": []}


def check(binary, folder, lines, lines_per_second):
    """Whole processes of `lumen check`."""
    path = folder / f"check-{lines}.lm"
    text = source(lines)
    path.write_text(text)
    waits, peak_bytes = [], 0
    for _ in range(9):
        began = time.perf_counter()
        process = subprocess.Popen([binary, "check", path], stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        waits.append(time.perf_counter() - began)
        peak_bytes = max(peak_bytes, used.ru_maxrss * 1024)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"`lumen check {path}` ended with {process.returncode}")
    bound = text.count("\n") / lines_per_second
    return result(f"check, {lines:,} lines", row("lumen", waits, peak_bytes), {"median_seconds": bound})


def edits(binary, folder, lines, count, bounds):
    """One row of the table: the waits of so many edits at places all over a file of so many lines."""
    path = folder / f"editor-{lines}.lm"
    text = source(lines)
    path.write_text(text)
    server = Server(binary, f"file://{path}")
    if found := server.open(text):
        raise SystemExit(f"the generated source has faults: {found[0]}")
    places = [at for at, line in enumerate(text.split("\n")) if line == "  let mut total = 0"]
    waits = []
    for number in range(count):
        line = places[number * 7919 % len(places)]
        # A digit more and one less, and now and then a name that is not there.
        for written, removed, faulty in [("1", 0, False), ("", 1, False)] if number % 5 else [("q", 0, True), ("", 1, False)]:
            began = time.perf_counter()
            found = server.edit(line, 18, 18 + removed, written)
            waits.append(time.perf_counter() - began)
            if bool(found) != faulty:
                raise SystemExit(f"edit {number} in line {line} gave {found}")
    peak_bytes = server.peak_bytes()
    server.end()
    return result(f"edit to diagnostics, {lines:,} lines", row(f"lumen, {len(waits)} edits", waits, peak_bytes), bounds)
