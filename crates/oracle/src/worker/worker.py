"""The protocol's side of Python: takes questions from descriptor 3, lets an adapter call the reference, answers.

A module of adapters has

    OPS         adapters by operation, or
    adapter     a function from an operation's name to its adapter, or None
    load, dump  between the protocol's values and the reference's (`dump_number` below for numbers); what `load` finds shared between the inputs of one
                question it keeps in its second argument

An adapter is called as `adapter(ref, inputs, params)`. It reaches the reference only through `ref`, so that an
exception has one origin: raised inside `ref` it is the reference's, anywhere else it is ours.
"""

import contextlib
import hashlib
import importlib
import importlib.metadata
import inspect
import json
import math
import os
import platform
import random
import sys
import warnings

PROTOCOL = 1
LONGEST = 64 << 20
BLOB_BYTES = 64 << 10
WHOLE = 2**53
PACKAGES = ("pandas", "numpy", "pyarrow", "torch")


class Request(Exception):
    """The question is malformed."""


class Adapter(Exception):
    """An adapter did something it must not."""


class Raised(Exception):
    """Carries what the reference raised past the adapter."""

    def __init__(self, error):
        super().__init__(repr(error))
        self.error = error


class Poisoned(Exception):
    """Raised in the place of a reference function."""


class Reference:
    """The only way to the reference. Counts the calls: an answer without one is the adapter's own."""

    def __init__(self):
        self.calls = 0

    def call(self, function, /, *args, **kwargs):
        self.calls += 1
        try:
            return function(*args, **kwargs)
        except Exception as error:
            raise Raised(error) from error

    def get(self, owner, name):
        """The attribute, which may be computed."""
        return self.call(getattr, owner, name)

    def method(self, owner, name, /, *args, **kwargs):
        return self.call(self.get(owner, name), *args, **kwargs)

    def item(self, owner, key):
        return self.call(lambda: owner[key])


# --- frames on the socket -----------------------------------------------------------------------------------------


def exactly(count):
    parts = []
    while count:
        part = os.read(3, min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive():
    header = exactly(8)
    length = int.from_bytes(header[:4], "little")
    if length > LONGEST or header[4] not in (1, 2) or any(header[5:]):
        raise ValueError(f"expected a frame header, found {header!r}")
    return header[4], exactly(length)


def framed(kind, body):
    return len(body).to_bytes(4, "little") + bytes([kind, 0, 0, 0]) + body


def frames_of(message):
    """The message's frames as bytes; raises what has no form on the socket."""
    blobs = []
    body = json.dumps(message, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    if len(body) > BLOB_BYTES:
        # Only now can there be a text that long.
        message = taken(message, blobs)
        if blobs:
            message["blobs"] = len(blobs)
            body = json.dumps(message, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    parts = [framed(1, body.encode())] + [framed(2, blob) for blob in blobs]
    if any(len(part) > LONGEST + 8 for part in parts):
        raise OverflowError(f"an answer is longer than {LONGEST} bytes")
    return b"".join(parts)


def send(data):
    data = memoryview(data)
    while data:
        data = data[os.write(3, data):]


def taken(value, blobs):
    if isinstance(value, str):
        if len(value) <= BLOB_BYTES // 4:
            return value
        data = value.encode()
        if len(data) <= BLOB_BYTES:
            return value
        blobs.append(data)
        return {"$blob": len(blobs) - 1}
    if isinstance(value, list):
        return [taken(item, blobs) for item in value]
    if isinstance(value, dict):
        return {name: taken(item, blobs) for name, item in value.items()}
    return value


def restored(value, blobs):
    if isinstance(value, list):
        return [restored(item, blobs) for item in value]
    if isinstance(value, dict):
        if len(value) == 1 and "$blob" in value:
            return blobs[value["$blob"]].decode()
        return {name: restored(item, blobs) for name, item in value.items()}
    return value


# --- errors -------------------------------------------------------------------------------------------------------


def class_of(error):
    """The class with its module; builtins stand alone, as in a traceback. NumPy shows some by their parent's name."""
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def message_of(error):
    """What a traceback shows, but a missing key's own message instead of its repr."""
    if isinstance(error, KeyError) and len(error.args) == 1 and isinstance(error.args[0], str):
        return error.args[0]
    return str(error)


def error_answer(origin, error):
    if origin != "oracle":
        # Kept by the host, for whoever has to mend the adapter.
        import traceback
        traceback.print_exception(error, file=sys.stderr)
    message = message_of(error).encode(errors="backslashreplace").decode()
    return {"error": {"error_origin": origin, "class": class_of(error), "message": message}}


# --- poison -------------------------------------------------------------------------------------------------------


def owner_of(path):
    """The object that holds the last name of a dotted path: the longest importable prefix, then attributes."""
    *names, last = path.split(".")
    for split in range(len(names), 0, -1):
        try:
            owner = importlib.import_module(".".join(names[:split]))
        except ImportError:
            continue
        for name in names[split:]:
            owner = getattr(owner, name)
        getattr(owner, last)
        return owner, last
    raise AttributeError(f"no module in {path}")


class Raiser:
    """Stands where the function stood; calling it or looking into it raises."""

    def __init__(self, path):
        self.path = path

    def __call__(self, /, *args, **kwargs):
        raise Poisoned(self.path)

    def __getattr__(self, name):
        raise Poisoned(self.path)


def below(kind):
    """The class and every class below it."""
    return [kind] + [deeper for child in type.__subclasses__(kind) for deeper in below(child)]


@contextlib.contextmanager
def poison(path):
    """For the time of one call the named function raises, however it is reached; so does a subclass's own."""
    try:
        owner, name = owner_of(path)
    except AttributeError as error:
        raise Request(f"cannot poison {path}: {error}") from error
    owners = [owner]
    if isinstance(owner, type):
        owners += [kind for kind in below(owner)[1:] if name in vars(kind)]
    with contextlib.ExitStack() as stack:
        for owner in dict.fromkeys(owners):
            stack.enter_context(poisoned(owner, name, path))
        yield


@contextlib.contextmanager
def poisoned(owner, name, path):
    raiser = Raiser(path)
    own = vars(owner).get(name, Reference) if hasattr(owner, "__dict__") else getattr(owner, name)
    static = inspect.getattr_static(owner, name)
    # A property or an accessor raises when it is looked at, not when it is called.
    computed = isinstance(owner, type) and not callable(static) and not isinstance(static, classmethod)
    try:
        setattr(owner, name, property(raiser) if computed else raiser)
    except (AttributeError, TypeError) as error:
        home = importlib.import_module(owner.__module__) if isinstance(owner, type) else None
        if home is None or getattr(home, owner.__name__, None) is not owner:
            raise Request(f"cannot poison {path}: {error}") from error
        # A type written in C keeps its methods: a subtype stands in for it where its module names it.
        setattr(home, owner.__name__, type(owner.__name__, (owner,), {name: raiser}))
        try:
            yield
        finally:
            setattr(home, owner.__name__, owner)
        return
    try:
        yield
    finally:
        # An inherited function was only covered.
        if own is Reference:
            delattr(owner, name)
        else:
            setattr(owner, name, own)


# --- numbers ------------------------------------------------------------------------------------------------------


def dump_number(value):
    """A number of Python as the protocol's cell: text where JSON has none, or where a reader of JSON would round."""
    if not isinstance(value, float):
        return value if value is None or isinstance(value, bool) or abs(value) <= WHOLE else str(value)
    if value != value:
        return "NaN"
    if value in (math.inf, -math.inf):
        return "inf" if value > 0 else "-inf"
    return "-0.0" if value == 0 and math.copysign(1, value) < 0 else value


# --- questions ----------------------------------------------------------------------------------------------------


class Adapters:
    """The loaded modules of adapters."""

    def __init__(self, names):
        self.modules = [importlib.import_module(f"lumen_oracle.{name}") for name in names]
        self.found = {}

    def of(self, op):
        """The operation's module and adapter, or None."""
        if op not in self.found:
            found = [(module, adapter) for module in self.modules if (adapter := self.in_module(module, op))]
            if len(found) > 1:
                raise Adapter(f"{op} has adapters in {' and '.join(module.__name__ for module, _ in found)}")
            self.found[op] = found[0] if found else None
        return self.found[op]

    @staticmethod
    def in_module(module, op):
        return module.OPS.get(op) or (module.adapter(op) if hasattr(module, "adapter") else None)

    def seed(self):
        """Every question starts from the same random state."""
        random.seed(0)
        for module in self.modules:
            if hasattr(module, "seed"):
                module.seed()


def ask(adapters, message, blobs):
    found = adapters.of(message["op"])
    if found is None:
        raise Request(f"no adapter for the operation {message['op']}")
    module, adapter = found
    try:
        given = restored(message["inputs"], blobs) if blobs else message["inputs"]
        shared = {}
        inputs = {name: module.load(value, shared) for name, value in given.items()}
    except Exception as error:
        raise Request(f"an input is malformed: {class_of(error)}: {error}") from error
    adapters.seed()
    return module, lambda ref: adapter(ref, inputs, message["params"])


def answer(adapters, message, blobs):
    ref, outcome = Reference(), None
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        try:
            module, call = ask(adapters, message, blobs)
            with contextlib.ExitStack() as poisons:
                for path in message.get("poison", ()):
                    poisons.enter_context(poison(path))
                result = call(ref)
            if not ref.calls:
                raise Adapter("the adapter answered without calling the reference")
        except Raised as raised:
            outcome = error_answer("oracle", raised.error)
        except Request as error:
            outcome = error_answer("request", error)
        except Exception as error:
            outcome = error_answer("adapter", error)
    if outcome is None:
        try:
            outcome = {"value": module.dump(result)}
        except Exception as error:
            outcome = error_answer("unexpected", error)
    outcome["warnings"] = [{"class": class_of(w.message), "message": str(w.message)} for w in issued]
    return outcome


def ready(texts, adapters, hello):
    return {
        "message": "ready", "protocol": PROTOCOL, "registry": hello["registry"],
        "implementation": platform.python_implementation(), "python": platform.python_version(),
        "executable": sys.executable, "packages": {name: version for name in PACKAGES if (version := installed(name))},
        "cpu_vendor": cpu_vendor(), "cpu_capability": cpu_capability(), "worker_digest": digest(texts),
        "missing": [op for op in hello["ops"] if adapters.of(op) is None],
    }


def installed(package):
    # The version of what is imported; its metadata only where nothing is.
    if package in sys.modules:
        return sys.modules[package].__version__.partition("+")[0]
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def cpu_vendor():
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("vendor_id"):
                return line.partition(":")[2].strip()
    return platform.machine()


def cpu_capability():
    torch = sys.modules.get("torch")
    return torch.backends.cpu.get_cpu_capability() if torch else ""


def digest(texts):
    whole = hashlib.sha256()
    for name, text in texts.items():
        data = text.encode()
        whole.update(f"{name}\0{len(data)}\0".encode() + data)
    return whole.hexdigest()


def main(texts):
    _, body = receive()
    hello = json.loads(body)
    adapters = Adapters(hello["adapters"])
    send(frames_of(ready(texts, adapters, hello)))
    while True:
        try:
            _, body = receive()
        except EOFError:
            return
        message = json.loads(body)
        if message["message"] == "bye":
            return
        blobs = [receive()[1] for _ in range(message.get("blobs", 0))]
        head = {"message": "answer", "id": message["id"]}
        outcome = answer(adapters, message, blobs)
        try:
            data = frames_of(head | outcome)
        except Exception as error:
            data = frames_of(head | error_answer("unexpected", error) | {"warnings": []})
        send(data)
