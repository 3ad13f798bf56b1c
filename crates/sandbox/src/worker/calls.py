"""The functions that a cell sees; each asks the host and waits for its answer."""

import warnings
from dataclasses import dataclass

import lumen_errors
import lumen_frames
import lumen_replay
import lumen_signature
import lumen_table
import lumen_values

_next_id = 0
_alias_warned = False
signatures = {}

# Set by `lumen_serve`: an interrupt waits until a frame is whole.
shielded = None


class Submitted(BaseException):
    """Ends a cell after `SUBMIT`, whatever the host said to it."""

    def __init__(self, result):
        super().__init__(result.get("status"))
        self.result = result


@dataclass(frozen=True)
class Ok:
    """A result of a batch."""

    value: object


@dataclass(frozen=True)
class Err:
    """A failure in a batch."""

    kind: str
    message: str
    data: object = None


@dataclass(frozen=True)
class Match:
    """A place in the context: bytes from `start` to `end`, the line counted from 1, the text matched."""

    start: int
    end: int
    line: int
    text: str


class BatchError(lumen_errors.LumenError):
    """Some calls of a batch failed; `results` holds `Ok` or `Err` for each, in the order of the input."""

    def __init__(self, results):
        failed = [at for at, result in enumerate(results) if isinstance(result, Err)]
        first = results[failed[0]]
        super().__init__(
            f"{len(failed)} of {len(results)} calls failed, first [{failed[0]}]: "
            f"{first.kind}: {first.message}"
        )
        self.results = results


def ask(method, params):
    """The host's result; an error of the host is raised as its class."""
    global _next_id
    _next_id += 1
    number = f"w{_next_id}"
    with shielded:
        lumen_frames.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        answer, descriptors = lumen_frames.receive()
    if "now_ns" in answer:
        lumen_replay.advance(answer["now_ns"])
    if "error" in answer:
        error = answer["error"]
        raise lumen_errors.of(error["code"], error["message"], error.get("data"))
    if descriptors:
        return lumen_frames.read_sealed(descriptors[0])
    return answer["result"]


def _params(**named):
    sent = {}
    for name, value in named.items():
        if value is None:
            continue
        try:
            sent[name] = lumen_values.plain(value)
        except lumen_values.Unfit as error:
            raise TypeError(f"{name}{error.pointer}: expected {error.expected}, got {error.got}") from None
    return sent


def _text(name, value):
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    return value


def _context(value):
    if isinstance(value, Slice):
        return {"start": value.start, "end": value.end}
    return value


def llm_query(prompt, *, context=None, schema=None, model=None, max_tokens=None):
    """Asks the sub-model; returns text, or a value of the schema."""
    _text("prompt", prompt)
    return ask("llm_query", _params(prompt=prompt, context=_context(context), schema=schema, model=model,
                                    max_tokens=max_tokens))["value"]  # fmt: skip


def _batch(method, prompts, errors, **named):
    if errors not in ("raise", "return"):
        raise ValueError(f'errors must be "raise" or "return", not {errors!r}')
    if isinstance(prompts, (str, bytes)):
        raise TypeError(f"prompts must be a list of str, not {type(prompts).__name__}")
    prompts = [_text(f"prompts[{at}]", prompt) for at, prompt in enumerate(prompts)]
    answers = ask(method, _params(prompts=prompts, **named))["results"]
    results = []
    for answer in answers:
        error = answer.get("error")
        if error is None:
            results.append(Ok(answer["value"]))
        else:
            results.append(Err(error["kind"], error["message"], error.get("data")))
    if errors == "return":
        return results
    if any(isinstance(result, Err) for result in results):
        raise BatchError(results)
    return [result.value for result in results]


def llm_batch(prompts, *, schema=None, model=None, errors="raise"):
    """Asks the sub-model for each prompt; the answers come in the order of the prompts."""
    return _batch("llm_batch", prompts, errors, schema=schema, model=model)


def llm_query_batched(prompts, *, schema=None, model=None, errors="raise"):
    """`llm_batch` under its old name."""
    global _alias_warned
    if not _alias_warned:
        _alias_warned = True
        warnings.warn_explicit(
            "llm_query_batched is llm_batch", DeprecationWarning, "<cell>", 1, "__main__", {}
        )
    return llm_batch(prompts, schema=schema, model=model, errors=errors)


def rlm_query(prompt, *, context=None, schema=None):
    """Asks a child call with a REPL of its own over the context."""
    _text("prompt", prompt)
    return ask("rlm_query", _params(prompt=prompt, context=_context(context), schema=schema))["value"]


def rlm_batch(prompts, *, contexts=None, schema=None, errors="raise"):
    """Asks a child call for each prompt, each over its context."""
    contexts = None if contexts is None else [_context(one) for one in contexts]
    return _batch("rlm_batch", prompts, errors, contexts=contexts, schema=schema)


def search(pattern, *, limit=100, start=0):
    """The matches of a pattern in Rust's syntax in the context, by bytes."""
    _text("pattern", pattern)
    try:
        found = ask("search", _params(pattern=pattern, limit=limit, start=start))["matches"]
    except lumen_errors.InvalidParams as error:
        raise ValueError(str(error)) from None
    return [Match(*one) for one in found]


def budget():
    """What is left, by dimension."""
    return ask("budget", {})


def tool(name, **arguments):
    """The value of a granted tool."""
    return ask("tool", {"name": _text("name", name), "arguments": _params(**arguments)})["value"]


def SUBMIT(outputs=None, /, **fields):
    """Hands the outputs to the host and ends the cell."""
    if outputs is not None and fields:
        raise TypeError("SUBMIT takes one dict or fields by name, not both")
    outputs = fields if outputs is None else outputs
    if not isinstance(outputs, dict):
        raise TypeError(f"SUBMIT takes a dict, not {type(outputs).__name__}")
    if not signatures:
        errors = [{"kind": "no_signature", "pointer": "", "expected": "a registered signature", "got": "none",
                   "preview": lumen_values.preview(outputs, 100)}]  # fmt: skip
        raise Submitted({"status": "not_submitted", "reason": "no_signature", "errors": errors})
    ((name, schema),) = signatures.items()
    values, errors = lumen_signature.checked(outputs, schema)
    if errors:
        shown = lumen_values.preview(outputs, 1000)
        raise Submitted(
            {"status": "validation_error", "errors": errors, "original": values, "preview": shown}
        )
    raise Submitted(ask("submit", {"signature": name, "outputs": values}))


class Slice:
    """A part of the context by bytes; as `context=` it travels as its range."""

    def __init__(self, view, start, end):
        self.start, self.end, self._view = start, end, view

    def __len__(self):
        return self.end - self.start

    def __bytes__(self):
        return bytes(self._view[self.start : self.end])

    def __str__(self):
        return bytes(self).decode("utf-8", "replace")

    def __repr__(self):
        return f"Slice({self.start}, {self.end})"


class Context:
    """The context as bytes that are mapped, not copied."""

    def __init__(self, view):
        self._view = view

    def __len__(self):
        return len(self._view)

    def __getitem__(self, key):
        return self._view[key]

    def search(self, pattern, *, limit=100, start=0):
        """`search` over the whole context."""
        return search(pattern, limit=limit, start=start)

    def slice(self, start, end):
        """The bytes from `start` to `end`."""
        start, end, _ = slice(start, end).indices(len(self._view))
        return Slice(self._view, start, max(start, end))

    def count(self, needle):
        """How often the bytes or the text occur, without overlaps."""
        needle = needle.encode("utf-8") if isinstance(needle, str) else bytes(needle)
        if not needle:
            raise ValueError("an empty needle occurs everywhere")
        found, at = 0, self._view.find(needle)
        while at >= 0:
            found, at = found + 1, self._view.find(needle, at + len(needle))
        return found

    def lines(self):
        """The lines as slices without their ends, one after the other."""
        at, end = 0, len(self._view)
        while at < end:
            stop = self._view.find(b"\n", at)
            stop = end if stop < 0 else stop
            yield Slice(self._view, at, stop)
            at = stop + 1

    def chunks(self, size):
        """Slices of at most `size` bytes that end at a character's end."""
        if size < 4:
            raise ValueError("a chunk holds at least 4 bytes, the longest character")
        at, end = 0, len(self._view)
        while at < end:
            stop = min(at + size, end)
            while at < stop < end and self._view[stop] & 0xC0 == 0x80:
                stop -= 1
            # Bytes that are no UTF-8 have no character's end.
            stop = stop if stop > at else min(at + size, end)
            yield Slice(self._view, at, stop)
            at = stop

    def __repr__(self):
        return f"<context of {len(self._view)} bytes>"


FUNCTIONS = {
    "llm_query": llm_query, "llm_batch": llm_batch, "llm_query_batched": llm_query_batched,
    "rlm_query": rlm_query, "rlm_batch": rlm_batch, "search": search, "budget": budget, "tool": tool,
    "SUBMIT": SUBMIT, "Ok": Ok, "Err": Err, "Match": Match, "BatchError": BatchError,
    "Table": lumen_table.Table,
}  # fmt: skip
FUNCTIONS.update(lumen_errors.CLASSES)
