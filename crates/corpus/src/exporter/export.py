"""Records PyTorch's own samples of its operators: what each call is given, and what it gives back.

    export.py DTYPE FOLDER [OPERATOR...]

One pair of files an operator: `NAME.json` says what the samples are, `NAME.bin` holds the bytes of their storages.
Nothing is computed here that PyTorch does not compute.
"""

import json
import math
import os
import random
import sys
import types
import unittest
import zlib

# PyTorch's test support imports this package for a test case class, which no sample needs.
sys.modules.setdefault("expecttest", types.SimpleNamespace(TestCase=unittest.TestCase))

import warnings  # noqa: E402

warnings.simplefilter("ignore")

import numpy  # noqa: E402
import torch  # noqa: E402
from torch.overrides import TorchFunctionMode, resolve_name  # noqa: E402
from torch.testing._internal import common_device_type  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402
from torch.testing._internal.opinfo.core import SampleInput  # noqa: E402

LARGEST_SAMPLE_BYTES = 1 << 20
RANDOM_SEED = 42

# Their vectors have arbitrary signs; of these PyTorch's own tests take what does not depend on them, by further calls.
GAUGED = {"linalg.eigh", "linalg.svd", "svd"}

torch.set_num_threads(1)


class Undescribed(Exception):
    """A value that the corpus has no words for."""


class Bytes:
    """The bytes of an operator's storages; equal ones are written once."""

    def __init__(self):
        self.data = bytearray()
        self.known = {}

    def place(self, raw):
        at = self.known.get(raw)
        if at is None:
            # Eight bytes are the widest element.
            self.data.extend(b"\0" * (-len(self.data) % 8))
            at = self.known[raw] = len(self.data)
            self.data.extend(raw)
        return at


class Describer:
    """Puts values into words; tensors of one sample that share storage share it in the description too."""

    def __init__(self, blob):
        self.blob = blob
        self.storages = []
        self.tensors = []
        self.seen = {}
        self.keep = []
        self.total = 0

    def storage(self, tensor):
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self.seen:
            size = storage.nbytes()
            self.total += size
            if self.total > LARGEST_SAMPLE_BYTES:
                raise OverflowError(size)
            flat = torch.empty(0, dtype=torch.uint8).set_(storage, 0, (size,), (1,))
            raw = flat.numpy().tobytes()
            self.seen[key] = len(self.storages)
            self.keep.append(storage)
            self.storages.append({"at": self.blob.place(raw), "bytes": size, "dtype": name_of(tensor.dtype)})
        return self.seen[key]

    def tensor(self, tensor):
        if tensor.layout != torch.strided:
            raise Undescribed(f"a tensor of layout {tensor.layout}")
        if tensor.is_quantized or tensor.is_nested or tensor.device.type != "cpu":
            raise Undescribed(f"a tensor of dtype {tensor.dtype} on {tensor.device}")
        wants = tensor.requires_grad
        tensor = tensor.detach()
        words = {
            "storage": self.storage(tensor),
            "dtype": name_of(tensor.dtype),
            "sizes": list(tensor.shape),
            "strides": list(tensor.stride()),
            "offset": tensor.storage_offset(),
        }
        if wants:
            words["requires_grad"] = True
        if tensor.is_conj():
            words["conj"] = True
        if tensor.is_neg():
            words["neg"] = True
        self.tensors.append(words)
        return len(self.tensors) - 1

    def value(self, value):
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, torch.Tensor):
            return {"tensor": self.tensor(value)}
        if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)):
            raise Undescribed("a symbolic number")
        if isinstance(value, (bool, numpy.bool_)):
            return bool(value)
        if isinstance(value, (int, numpy.integer)):
            return int(value)
        if isinstance(value, (float, numpy.floating)):
            value = float(value)
            return value if math.isfinite(value) else {"float": str(value)}
        if isinstance(value, complex):
            return {"complex": [self.value(value.real), self.value(value.imag)]}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, tuple):
            return {"tuple": [self.value(item) for item in value]}
        if isinstance(value, dict):
            return {"dict": [[self.value(key), self.value(item)] for key, item in value.items()]}
        if isinstance(value, torch.dtype):
            return {"dtype": name_of(value)}
        if isinstance(value, torch.device):
            return {"device": str(value)}
        if isinstance(value, torch.memory_format):
            return {"memory_format": name_of(value)}
        if isinstance(value, torch.layout):
            return {"layout": name_of(value)}
        if isinstance(value, slice):
            return {"slice": [self.value(part) for part in (value.start, value.stop, value.step)]}
        if value is Ellipsis:
            return {"ellipsis": True}
        if isinstance(value, torch.Generator):
            return {"generator": value.initial_seed()}
        if isinstance(value, type):
            return {"type": value.__name__}
        raise Undescribed(f"a {type(value).__module__}.{type(value).__qualname__}")


def name_of(thing):
    return str(thing).removeprefix("torch.")


def walk(value):
    """The tensors inside, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from walk(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from walk(item)


def rebuilt(value, memo, wants_gradients):
    """The same value over storages of its own; what shared storage still does."""
    if isinstance(value, torch.Tensor):
        plain = value.detach()
        if plain.layout != torch.strided:
            return plain.clone().requires_grad_(wants_gradients and value.requires_grad)
        key = plain.untyped_storage()._cdata
        if key not in memo:
            memo[key] = (plain.untyped_storage(), plain.untyped_storage().clone())
        copy = torch.empty(0, dtype=plain.dtype)
        copy.set_(memo[key][1], plain.storage_offset(), plain.shape, plain.stride())
        if plain.is_conj():
            copy = copy.conj()
        if plain.is_neg():
            copy = torch._neg_view(copy)
        return copy.requires_grad_(wants_gradients and value.requires_grad)
    if isinstance(value, tuple) and type(value) is not torch.Size:
        return tuple(rebuilt(item, memo, wants_gradients) for item in value)
    if isinstance(value, list):
        return [rebuilt(item, memo, wants_gradients) for item in value]
    if isinstance(value, dict):
        return {key: rebuilt(item, memo, wants_gradients) for key, item in value.items()}
    return value


def fresh(sample, wants_gradients=True):
    memo = {}
    given = (sample.input, tuple(sample.args), dict(sample.kwargs))
    return rebuilt(given, memo, wants_gradients)


class Watch(TorchFunctionMode):
    """Notes the calls that PyTorch's tests make into PyTorch, not those made for them."""

    PASSING_ON = ("torch.overrides", "torch._jit_internal", "torch._tensor")

    def __init__(self):
        super().__init__()
        self.calls = []
        # Set where a function of PyTorch's own Python makes calls: it is no wrapper of the tests that is seen through.
        self.inner = False

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        frame = sys._getframe(1)
        while frame.f_globals is not globals() and not frame.f_globals["__name__"].startswith("torch.testing."):
            own = getattr(function, "__code__", None) is frame.f_code
            self.inner = self.inner or not (own or frame.f_globals["__name__"] in self.PASSING_ON)
            frame = frame.f_back
        result = function(*args, **kwargs)
        self.calls.append((function, args, kwargs, result))
        return result


def public_name(function):
    try:
        name = resolve_name(function)
    except Exception:
        name = None
    name = name or f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', function)}"
    return name.removeprefix("torch.")


class Steps:
    """The calls that a wrapper makes, each over the inputs and over what the earlier ones gave."""

    def __init__(self, inputs, watch, result):
        if watch.inner:
            raise Undescribed("a function of PyTorch's own Python")
        self.places = {id(tensor): {"tensor": k} for k, tensor in enumerate(inputs)}
        self.words = []
        self.answer = None
        for function, args, kwargs, found in watch.calls:
            tensors = list(walk(found))
            # Looking at a tensor is no step, unless what is seen is the result.
            if not tensors and found is not result:
                continue
            k = len(self.words)
            self.words.append(
                {
                    "callable": plain_name(function),
                    "args": [self.value(value) for value in args],
                    "kwargs": {key: self.value(value) for key, value in kwargs.items()},
                }
            )
            for at, tensor in enumerate(tensors):
                self.places.setdefault(id(tensor), {"earlier": [k, at]})
            if found is result:
                self.answer = {"whole": k}
        self.answer = self.answer or {"parts": [self.tensor(tensor) for tensor in walk(result)]}

    def tensor(self, tensor):
        if id(tensor) not in self.places:
            raise Undescribed("a tensor of no known origin")
        return self.places[id(tensor)]

    def value(self, value):
        if isinstance(value, torch.Tensor):
            return self.tensor(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, tuple):
            return {"tuple": [self.value(item) for item in value]}
        return Describer(None).value(value)


def plain_name(function):
    name = public_name(function)
    if "<lambda>" in name:
        raise Undescribed("a function without a name")
    return name.removesuffix(".__get__")


def raised(error):
    return {"class": type(error).__name__, "text": str(error)[:2000]}


def recorded(op, sample, blob, wrapper):
    """One sample in words."""
    words = {}
    given = Describer(blob)
    try:
        words["args"] = [given.value(value) for value in (sample.input, *sample.args)]
        words["kwargs"] = {key: given.value(value) for key, value in sample.kwargs.items()}
    except Undescribed as error:
        return {"undescribed": f"the input holds {error}"}
    words["storages"], words["tensors"] = given.storages, given.tensors

    # The same walk over the copies, so that position k is the k-th tensor of the description.
    target, args, kwargs = fresh(sample)
    copies = [*walk(target), *walk(args), *walk(kwargs)]
    assert len(copies) == len(given.tensors)
    watch = Watch()
    try:
        torch.manual_seed(RANDOM_SEED)
        if wrapper:
            with watch:
                result = op.op(target, *args, **kwargs)
                if op.name in GAUGED:
                    result = sample.output_process_fn_grad(result)
        else:
            result = op.op(target, *args, **kwargs)
    except Exception as error:
        words["raised"] = raised(error)
        return words
    if wrapper:
        try:
            steps = Steps(copies, watch, result)
            words["steps"], words["answer"] = steps.words, steps.answer
        except Undescribed:
            # Then the wrapper stands for the operator of its name.
            pass
    answer = Describer(blob)
    answer.total = given.total
    try:
        words["result"] = answer.value(result)
    except Undescribed as error:
        words["undescribed"] = f"the result holds {error}"
        return words
    outputs = list(walk(result))
    keys = [copy.untyped_storage()._cdata if copy.layout == torch.strided else None for copy in copies]
    words["view_of"] = [
        keys.index(output.untyped_storage()._cdata)
        if output.layout == torch.strided and output.untyped_storage()._cdata in keys
        else None
        for output in outputs
    ]
    gradients(op, words, answer, copies, outputs)
    words["result_storages"], words["result_tensors"] = answer.storages, answer.tensors
    return words


def gradients(op, words, answer, copies, outputs):
    """What flows back to each input from random gradients of the outputs."""
    wanted = [k for k, copy in enumerate(copies) if copy.requires_grad]
    roots = [k for k, output in enumerate(outputs) if output.requires_grad]
    words["roots"] = roots
    if not wanted or not roots:
        return
    generator = torch.Generator().manual_seed(RANDOM_SEED)
    cotangents = [
        torch.randn(outputs[k].shape, generator=generator, dtype=outputs[k].dtype) for k in roots
    ]
    try:
        torch.manual_seed(RANDOM_SEED)
        found = torch.autograd.grad(
            [outputs[k] for k in roots], [copies[k] for k in wanted], cotangents, allow_unused=True
        )
    except Exception as error:
        words["gradient_raised"] = raised(error)
        return
    try:
        words["cotangents"] = [answer.tensor(cotangent) for cotangent in cotangents]
        words["gradients"] = [
            [k, None if gradient is None else answer.tensor(gradient)] for k, gradient in zip(wanted, found)
        ]
    except Undescribed as error:
        words["undescribed"] = f"the gradient holds {error}"


def variant(blob, call):
    """The result of an in-place or `out=` call, or how it was refused."""
    describer = Describer(blob)
    try:
        torch.manual_seed(RANDOM_SEED)
        result = call(describer)
        words = {"result": describer.value(result)}
    except (Undescribed, OverflowError):
        return None
    except Exception as error:
        words = {"raised": raised(error)}
    words["storages"], words["tensors"] = describer.storages, describer.tensors
    return words


def in_place(op, sample, blob):
    def call(describer):
        target, args, kwargs = fresh(sample, wants_gradients=False)
        return op.inplace_variant(target, *args, **kwargs)

    return variant(blob, call)


def into_out(op, sample, blob):
    """The results written into tensors of the right sizes that hold 7 everywhere."""

    def call(describer):
        target, args, kwargs = fresh(sample, wants_gradients=False)
        torch.manual_seed(RANDOM_SEED)
        shapes = op.op(target, *args, **kwargs)
        fill = lambda t: torch.full(t.shape, 7, dtype=t.dtype)
        out = fill(shapes) if isinstance(shapes, torch.Tensor) else tuple(fill(t) for t in shapes)
        target, args, kwargs = fresh(sample, wants_gradients=False)
        torch.manual_seed(RANDOM_SEED)
        return op.op(target, *args, **kwargs, out=out)

    return variant(blob, call)


def tolerance(op, dtype):
    """PyTorch's default for the dtype, or the widest that the operator's own tests on CPU allow."""
    rtol, atol = torch.testing._comparison.default_tolerances(dtype)
    for info in op.decorators or ():
        for decorator in getattr(info, "decorators", [info]):
            if not isinstance(decorator, common_device_type.toleranceOverride):
                continue
            if getattr(info, "device_type", None) not in (None, "cpu"):
                continue
            if getattr(info, "cls_name", None) not in (None, "TestCommon", "TestUnaryUfuncs", "TestBinaryUfuncs"):
                continue
            own = decorator.d.get(dtype)
            if own is not None:
                rtol, atol = max(rtol, own.rtol), max(atol, own.atol)
    return {"rtol": rtol, "atol": atol}


def refused(op, blob):
    """The calls that must be refused: class of the exception and a pattern of its text."""
    found = []
    if op.error_inputs_func is None:
        return found
    for error in op.error_inputs("cpu"):
        describer = Describer(blob)
        sample = error.sample_input
        classes = error.error_type if isinstance(error.error_type, tuple) else (error.error_type,)
        words = {"classes": [c.__name__ for c in classes], "pattern": error.error_regex}
        if not isinstance(sample, SampleInput):
            continue
        try:
            words["args"] = [describer.value(value) for value in (sample.input, *sample.args)]
            words["kwargs"] = {key: describer.value(value) for key, value in sample.kwargs.items()}
        except (Undescribed, OverflowError) as problem:
            words.pop("kwargs", None)
            words["args"] = []
            words["undescribed"] = f"the input holds {problem}"
        words["storages"], words["tensors"] = describer.storages, describer.tensors
        found.append(words)
    return found


def samples_of(op, dtype, differentiable, words):
    try:
        return list(op.sample_inputs("cpu", dtype, requires_grad=differentiable and dtype.is_floating_point))
    except Exception as error:
        words["samples"].append({"undescribed": f"PyTorch could not make the samples: {error!r}"})
        return []


def entry(op, dtype):
    blob = Bytes()
    full = f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name
    seed = zlib.crc32(full.encode())
    torch.manual_seed(seed)
    random.seed(seed)
    numpy.random.seed(seed)
    differentiable = op.supports_autograd and dtype in op.supported_backward_dtypes("cpu")
    real = public_name(op.op)
    # A function of PyTorch's tests around public ones, which the operator's name may not tell.
    wrapper = (getattr(op.op, "__module__", None) or "").startswith("torch.testing.") or op.name in GAUGED
    words = {
        "name": full,
        "operator": op.name,
        "variant": op.variant_test_name,
        "callable": real,
        "dtype": name_of(dtype),
        "differentiable": differentiable,
        "tolerance": tolerance(op, dtype),
        # What an uninitialised tensor holds is nobody's promise.
        "undefined": op.name.startswith(("empty", "new_empty")),
        "left_out": 0,
        "samples": [],
    }
    for sample in samples_of(op, dtype, differentiable, words):
        mark = len(blob.data), dict(blob.known)
        try:
            found = recorded(op, sample, blob, wrapper)
        except OverflowError:
            words["left_out"] += 1
            del blob.data[mark[0] :]
            blob.known = mark[1]
            continue
        if op.inplace_variant is not None and "result" in found and "steps" not in found:
            found["in_place"] = in_place(op, sample, blob)
        if op.supports_out and "result" in found and op.name not in GAUGED:
            found["out"] = into_out(op, sample, blob)
        words["samples"].append(found)
    try:
        words["errors"] = refused(op, blob)
    except Exception as error:
        print(f"{full}: its refused calls cannot be made: {error!r}", file=sys.stderr, flush=True)
        words["errors"] = []
    return words, blob.data


def file_name(full):
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in full)


def main(dtype, folder, only):
    dtype = getattr(torch, dtype)
    os.makedirs(folder, exist_ok=True)
    chosen = [op for op in op_db if dtype in op.supported_dtypes("cpu")]
    for op in chosen:
        full = f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name
        if only and full not in only:
            continue
        words, data = entry(op, dtype)
        # A Jiterator compiles kernels for CUDA alone, and has no result on a CPU.
        if words["samples"] and all("CUDA" in sample.get("raised", {}).get("text", "") for sample in words["samples"]):
            print(f"{full}: left out, it needs CUDA", flush=True)
            continue
        path = os.path.join(folder, file_name(full))
        with open(path + ".bin", "wb") as file:
            file.write(data)
        with open(path + ".json", "w") as file:
            json.dump(words, file, separators=(",", ":"), allow_nan=False)
        print(f"{full}: {len(words['samples'])} samples, {len(words['errors'])} errors", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], set(sys.argv[3:]))
