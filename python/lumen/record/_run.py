"""Runs a script statement by statement and tells what each gave."""

from __future__ import annotations

import __future__

import ast
import os
import sys
import traceback
from types import ModuleType
from typing import Any

from lumen import _files
from lumen.record import _outside, _talk, _values
from lumen.record._calls import Calls
from lumen.record._talk import Talk


def script(talk: Talk, arguments: list[str]) -> None:
    """Runs the script that the arguments begin with, and ends as it did."""
    import numpy

    from lumen import _engine
    from lumen.pandas import _finder

    path = arguments[0]
    version = ".".join(map(str, sys.version_info[:3]))
    interpreter = f"Python {version}, numpy {numpy.__version__}, lumen {_engine.__version__}"
    text = talk.ask("hello", interpreter=interpreter)
    sys.stdout, sys.stderr = _talk.stream(talk, False), _talk.stream(talk, True)
    sys.argv = list(arguments)
    sys.path[0] = os.path.dirname(os.path.abspath(path))
    _finder.install(packages=("pandas", "torch"))
    _Run(talk, path, text).whole()


class _Run:
    def __init__(self, talk: Talk, path: str, text: bytes) -> None:
        self._talk, self._path, self._text = talk, path, text
        self._calls = Calls(path, self._called)
        self._count = 0
        # Of each name that holds data: the digest, and the node that bound it last.
        self._bound: dict[str, tuple[str, str]] = {}
        # The names that each function of the script binds outside of itself, and those that it reads.
        self._functions: dict[str, tuple[set[str], set[str]]] = {}
        # Every node that a binding was given.
        self._nodes: set[str] = set()
        # Of the statement that runs: the calls, and the nodes behind the names that it reads.
        self._made: list[str] = []
        self._read: list[str] = []

    def whole(self) -> None:
        """Runs everything and tells the end."""
        module = ModuleType("__main__")
        module.__file__ = self._path
        sys.modules["__main__"] = module
        _files.disk = _talk.Files(self._talk, self._calls.line)
        exit_, raised = None, None
        try:
            tree = ast.parse(self._text, self._path)
            _outside.listen(self._talk, self._path)
            self._talk.has_said()
            flags = 0
            for statement in tree.body:
                flags |= _future(statement)
                self._statement(statement, module.__dict__, flags)
        except SystemExit as end:
            exit_ = end.code if isinstance(end.code, int) else int(end.code is not None)
            if exit_ and not isinstance(end.code, int):
                print(end.code, file=sys.stderr)
        except BaseException as error:
            raised = self._raised(error)
        _outside.modules(self._talk)
        sys.stdout.flush()
        sys.stderr.flush()
        self._talk.say("end", exit=exit_, raised=raised)

    def _statement(self, statement: ast.stmt, names: dict[str, Any], flags: int) -> None:
        code = compile(ast.Module([statement], []), self._path, "exec", flags, dont_inherit=True)
        stored, loaded = _names(statement)
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self._functions[statement.name] = (_globals(statement), loaded)
        written = self._through_functions(loaded)
        self._made = []
        self._read = [self._bound[name][1] for name in sorted(loaded) if name in self._bound]
        lines = (statement.lineno, statement.end_lineno or statement.lineno)
        try:
            self._calls.start()
            exec(code, names)
        except BaseException:
            # What it printed and asked for is told all the same.
            self._calls.stop()
            self._tell(f"line {lines[0]}", "", lines, [], [])
            raise
        self._calls.stop()
        self._done(stored | loaded | written, stored | written, names, lines)

    def _through_functions(self, loaded: set[str]) -> set[str]:
        """Adds what the functions among the names read, and theirs; gives the names that they bind."""
        written: set[str] = set()
        seen: set[str] = set()
        while found := loaded & self._functions.keys() - seen:
            seen |= found
            for function in found:
                binds, reads = self._functions[function]
                written |= binds
                loaded |= reads
        return written

    def _done(
        self, touched: set[str], stored: set[str], names: dict[str, Any], lines: tuple[int, int]
    ) -> None:
        values = []
        for name in sorted(touched, key=lambda name: (name not in stored, name)):
            value = names.get(name)
            if name.startswith("__") or not (name in names and _values.is_result(value)):
                continue
            digest = _values.digest(value)
            known = self._bound.get(name)
            if name not in stored and (known is None or known[0] == digest):
                continue
            node = f"{name}@{lines[0]}"
            if node in self._nodes:
                # Bound again on one line.
                self._count += 1
                node = f"{node}.{self._count}"
            self._nodes.add(node)
            self._bound[name] = (digest, node)
            values.append((node, value, digest))
        if not values and not self._made and not self._talk.has_said():
            return
        told = [_values.told(node, value, digest) for node, value, digest in values]
        # What was read before and is bound anew is read as it was.
        reads = [read for read in [*self._made, *self._read] if read not in {node for node, _, _ in values}]
        self._tell(values[0][0] if values else f"line {lines[0]}", "", lines, reads, told)
        for node, value, _ in values:
            self._calls.note(value, [node])

    def _called(self, name: str, line: int, sources: list[str], is_open: bool, result: Any) -> str:
        self._count += 1
        node = f"{name}@{line}#{self._count}"
        reads = list(sources)
        if is_open:
            # An input of unknown origin came from what the statement reads, or from one of its calls.
            reads += [read for read in [*self._made, *self._read] if read not in reads]
        self._made.append(node)
        self._tell(node, name, (line, line), reads, [_values.told(node, result)])
        return node

    def _tell(
        self, name: str, call: str, lines: tuple[int, int], reads: list[str], values: list[dict[str, str]]
    ) -> None:
        self._talk.say("node", name=name, call=call, lines=lines, reads=reads, values=values)

    def _raised(self, error: BaseException) -> dict[str, Any]:
        frames = traceback.extract_tb(error.__traceback__)
        own = [index for index, frame in enumerate(frames) if frame.filename == self._path]
        line = frames[own[-1]].lineno if own else getattr(error, "lineno", None)
        ours = os.path.dirname(os.path.abspath(__file__)) + os.sep
        shown = [frame for frame in frames[own[0] :] if not frame.filename.startswith(ours)] if own else []
        print("Traceback (most recent call last):", file=sys.stderr)
        print("".join(traceback.format_list(shown)), end="", file=sys.stderr)
        print("".join(traceback.format_exception_only(error)), end="", file=sys.stderr)
        return {"class": type(error).__name__, "message": str(error), "line": line or 0}


def _future(statement: ast.stmt) -> int:
    """The compiler's flags that a statement sets for those behind it."""
    if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
        return 0
    flags = 0
    for name in statement.names:
        flags |= getattr(__future__, name.name).compiler_flag
    return flags


def _globals(statement: ast.stmt) -> set[str]:
    """The script's names that a function binds."""
    return {name for node in ast.walk(statement) if isinstance(node, ast.Global) for name in node.names}


def _names(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """The names that a statement binds at the script's level, and those that it reads."""
    stored: set[str] = set()
    loaded: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            # What `+=` binds it has read before.
            loaded.add(node.target.id)
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return set(), loaded
    return stored, loaded
