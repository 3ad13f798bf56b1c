"""Memory shared with numpy and PyTorch by DLPack: both ways, without a copy, given back once, and hostile producers.

Run by `cargo xtask python-tests` with the interpreter that has PyTorch; ends with a traceback where something is wrong.
Hostile capsules are built by hand from DLPack's header (https://dmlc.github.io/dlpack/latest/c_api.html).
"""

from __future__ import annotations

import ctypes
import gc
import threading
import weakref
from typing import Any

import numpy
import torch as reference

import lumen.torch as ours

DTYPES = ["uint8", "int8", "int16", "int32", "int64", "float32", "float64"]


def raises(kind: type[BaseException], part: str, work: Any) -> None:
    try:
        found = work()
    except kind as error:
        assert part in str(error), f"expected {part!r} in {error!r}"
    else:
        raise AssertionError(f"expected {kind.__name__}, found {found!r}")


def address(array: Any) -> int:
    return numpy.from_dlpack(array).__array_interface__["data"][0]


# --- both ways ----------------------------------------------------------------------------------------------------


def test_numpy_shares_both_ways() -> None:
    for dtype in DTYPES:
        tensor = ours.tensor([[1, 2, 3], [4, 5, 6]], dtype=getattr(ours, dtype))
        array = tensor.numpy()
        assert array.dtype == dtype and array.flags.writeable
        array[1, 2] = 60
        tensor[0, 0] = 10
        assert tensor.tolist() == array.tolist() == [[10, 2, 3], [4, 5, 60]], dtype
        back = ours.from_numpy(array)
        back += 1
        assert array.tolist() == tensor.tolist() == [[11, 3, 4], [5, 6, 61]], dtype
        assert address(array) == address(back) == address(tensor)


def test_pytorch_shares_both_ways() -> None:
    for dtype in DTYPES:
        mine = ours.arange(6).to(getattr(ours, dtype)).reshape(2, 3)
        theirs = reference.from_dlpack(mine)
        assert theirs.dtype == getattr(reference, dtype) and theirs.data_ptr() == address(mine)
        theirs[1, 2] = 50
        assert mine[1, 2].item() == 50
        again = ours.from_dlpack(theirs)
        again[0, 0] = 7
        assert mine[0, 0].item() == theirs[0, 0].item() == 7
        assert again.tolist() == mine.tolist() == theirs.tolist()


def test_strides_and_offsets() -> None:
    base = ours.arange(24.0).reshape(2, 3, 4)
    for view in (
        base.transpose(0, 2),
        base[:, 1:],
        base[1, :, ::2],
        base[0, 2, 3],
        base[:, :0],
        base.permute(1, 2, 0),
    ):
        for theirs in (reference.from_dlpack(view), numpy.from_dlpack(view)):
            assert theirs.tolist() == view.tolist()
        assert reference.from_dlpack(view).stride() == view.stride()
        again = ours.from_dlpack(reference.from_dlpack(view))
        assert again.stride() == view.stride() and again.tolist() == view.tolist()
    array = numpy.arange(24.0).reshape(4, 6)
    for view in (array.T, array[1:, ::3], array[2], array[3:3], numpy.broadcast_to(array[0], (3, 6))):
        assert ours.from_dlpack(view).tolist() == view.tolist()
    # A write through a view lands where numpy's would.
    ours.from_numpy(array[1:, ::3])[2, 1] = -1.0
    assert array[3, 3] == -1.0


def test_gradients_do_not_cross() -> None:
    leaf = ours.ones(2, requires_grad=True)
    raises(BufferError, "Can't export tensors that require gradient, use tensor.detach()", leaf.__dlpack__)
    raises(RuntimeError, "Can't call numpy() on Tensor that requires grad", leaf.numpy)
    assert leaf.numpy(force=True).tolist() == [1.0, 1.0]
    raises(BufferError, "require gradient", reference.ones(2, requires_grad=True).__dlpack__)
    taken = ours.from_dlpack(reference.ones(2))
    assert not taken.requires_grad and taken.is_leaf
    taken.requires_grad_(True)
    (taken * 3).sum().backward()
    assert taken.grad.tolist() == [3.0, 3.0]


def test_truth_values_are_copied() -> None:
    tensor = ours.tensor([True, False])
    theirs = reference.from_dlpack(tensor)
    theirs[1] = True
    assert tensor.tolist() == [True, False] and theirs.tolist() == [True, True]
    raises(BufferError, "copy=True", lambda: tensor.__dlpack__(copy=False))
    assert ours.from_dlpack(numpy.array([True, False])).tolist() == [True, False]
    odd = numpy.array([0, 1, 2, 255], dtype=numpy.uint8).view(numpy.bool_)
    assert ours.from_dlpack(odd).tolist() == [False, True, True, True]
    raises(BufferError, "copy=False", lambda: ours.from_dlpack(numpy.array([True]), copy=False))
    raises(NotImplementedError, "truth values", lambda: ours.from_numpy(odd))
    assert tensor.numpy().tolist() == [True, False]


# --- versions, flags, copies --------------------------------------------------------------------------------------


def name_of(capsule: Any) -> bytes:
    return get_name(capsule)


def test_versions() -> None:
    tensor = ours.arange(3)
    assert name_of(tensor.__dlpack__()) == b"dltensor"
    assert name_of(tensor.__dlpack__(max_version=(0, 8))) == b"dltensor"
    for version in ((1, 0), (1, 3), (2, 0)):
        assert name_of(tensor.__dlpack__(max_version=version)) == b"dltensor_versioned"
    for capsule in (tensor.__dlpack__(), tensor.__dlpack__(max_version=(1, 0))):
        taken = ours.from_dlpack(capsule)
        assert taken.tolist() == [0, 1, 2] and name_of(capsule).startswith(b"used_dltensor")
        raises(RuntimeError, "can be consumed only once", lambda: ours.from_dlpack(capsule))
    assert reference.utils.dlpack.from_dlpack(ours.to_dlpack(tensor)).tolist() == [0, 1, 2]
    assert ours.from_dlpack(reference.utils.dlpack.to_dlpack(reference.arange(3))).tolist() == [0, 1, 2]
    assert (
        tuple(tensor.__dlpack_device__())
        == tuple(map(int, reference.arange(3).__dlpack_device__()))
        == (1, 0)
    )


def test_a_producer_of_before_versions() -> None:
    class Old:
        def __dlpack__(self, stream: Any = None) -> Any:
            return reference.arange(3).__dlpack__()

    assert ours.from_dlpack(Old()).tolist() == [0, 1, 2]
    copied = ours.from_dlpack(Old(), copy=True)
    assert copied.tolist() == [0, 1, 2]


def test_read_only() -> None:
    array = numpy.arange(3.0)
    array.flags.writeable = False
    for tensor in (ours.from_numpy(array), ours.from_dlpack(array)):
        for write in (
            tensor.zero_,
            lambda: tensor.add_(1),
            lambda: tensor.__setitem__(0, 5.0),
            lambda: tensor[1:].fill_(2.0),
        ):
            raises(RuntimeError, "ReadOnlyStorage", write)
        assert array.tolist() == tensor.tolist() == [0.0, 1.0, 2.0]
        assert not tensor.numpy().flags.writeable
        raises(BufferError, "read-only", tensor.__dlpack__)
        own = tensor.clone()
        own.zero_()
        assert own.tolist() == [0.0, 0.0, 0.0]
        copied = numpy.from_dlpack(tensor, copy=True)
        copied[0] = 9.0
        assert array[0] == 0.0
    shown = numpy.from_dlpack(Marked(ours.arange(3)))
    assert not shown.flags.writeable


class Marked:
    """Lets others read alone."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def __dlpack__(self, **options: Any) -> Any:
        return self.tensor.__dlpack__(read_only=True, **options)

    def __dlpack_device__(self) -> Any:
        return self.tensor.__dlpack_device__()


def test_copies_and_devices() -> None:
    tensor = ours.arange(3)
    for copied in (ours.from_dlpack(tensor, copy=True), reference.from_dlpack(tensor, copy=True)):
        copied[0] = 9
        assert tensor.tolist() == [0, 1, 2]
    shared = ours.from_dlpack(tensor, copy=False)
    shared[0] = 9
    assert tensor.tolist() == [9, 1, 2]
    raises(BufferError, "DeviceUnavailable", lambda: tensor.__dlpack__(dl_device=(2, 0)))
    for one in (tensor, reference.arange(3)):
        raises(TypeError, "stream must be", lambda: one.__dlpack__(stream="x"))
        raises(AssertionError, "stream should be None on cpu", lambda: one.__dlpack__(stream=1))
        raises(BufferError, "pass max_version=(1, 0) or higher", lambda: one.__dlpack__(read_only=True))
    assert tensor.__dlpack__(dl_device=(1, 0), stream=None) is not None
    raises(RuntimeError, "DeviceUnavailable", lambda: ours.from_dlpack(tensor, device="cuda"))


def test_arrays_that_tensors_cannot_be() -> None:
    raises(
        ValueError,
        "stride in the given numpy array is negative",
        lambda: ours.from_numpy(numpy.arange(3)[::-1]),
    )
    raises(ValueError, "negative stride", lambda: ours.from_dlpack(numpy.arange(3)[::-1]))
    raises(TypeError, "can't convert np.ndarray of type", lambda: ours.from_numpy(numpy.array(["a"])))
    raises(TypeError, "can't convert np.ndarray of type", lambda: ours.from_numpy(numpy.array([1j])))
    raises(ValueError, "byte order", lambda: ours.from_numpy(numpy.arange(3, dtype=">i4")))
    raises(TypeError, "expected np.ndarray (got list)", lambda: ours.from_numpy([1]))
    raises(BufferError, "not built", lambda: ours.from_dlpack(reference.zeros(2, dtype=reference.float16)))
    raises(BufferError, "not built", lambda: ours.from_dlpack(numpy.array([1j])))
    assert ours.as_tensor(numpy.arange(2.0)).numpy().tolist() == [0.0, 1.0]


# --- lifetimes ----------------------------------------------------------------------------------------------------


def test_memory_lives_as_long_as_anybody_sees_it() -> None:
    array = numpy.arange(1000.0)
    gone = weakref.ref(array)
    view = ours.from_numpy(array)[500:]
    del array
    gc.collect()
    assert gone() is not None and view[0].item() == 500.0
    shown = view.numpy()
    del view
    gc.collect()
    assert gone() is not None and shown[1] == 501.0
    del shown
    gc.collect()
    assert gone() is None
    array = ours.arange(1000.0).numpy()
    gc.collect()
    assert array[999] == 999.0
    # A capsule that nobody takes gives back what it holds, and so does one that is taken on another thread.
    array = numpy.arange(3.0)
    gone = weakref.ref(array)
    capsules = [ours.from_numpy(array).__dlpack__(max_version=version) for version in (None, (1, 0))]
    taken = [reference.from_dlpack(capsules.pop())]
    thread = threading.Thread(target=taken.clear)
    thread.start()
    thread.join()
    del array
    assert gone() is not None
    capsules.clear()
    gc.collect()
    assert gone() is None


def test_nothing_leaks() -> None:
    def rounds(count: int) -> None:
        for _ in range(count):
            tensor = ours.zeros(1 << 16)
            ours.from_dlpack(reference.from_dlpack(ours.from_numpy(tensor.numpy())))
            tensor.__dlpack__()
            tensor.__dlpack__(max_version=(1, 0), copy=True)

    rounds(50)
    before = resident()
    # A leak of one of them each round would be 128 MiB.
    rounds(500)
    assert resident() - before < 32 << 20


def resident() -> int:
    with open("/proc/self/statm") as stat:
        return int(stat.read().split()[1]) * 4096


# --- hostile producers --------------------------------------------------------------------------------------------


class Device(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int32), ("id", ctypes.c_int32)]


class DataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", Device),
        ("ndim", ctypes.c_int32),
        ("dtype", DataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


DELETER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Old(ctypes.Structure):
    _fields_ = [("tensor", DLTensor), ("context", ctypes.c_void_p), ("deleter", DELETER)]


class Versioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", DELETER),
        ("flags", ctypes.c_uint64),
        ("tensor", DLTensor),
    ]


new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype, new_capsule.argtypes = (
    ctypes.py_object,
    [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
)
get_name = ctypes.pythonapi.PyCapsule_GetName
get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]


# Capsules made by hand hold nothing alive.
KEPT: list[Any] = []


class Producer:
    """A tensor of four floats, with whatever is to be wrong about it; counts how often it is given back."""

    def __init__(self, versioned: bool = True, **wrong: Any) -> None:
        self.deleted = 0
        self.memory = (ctypes.c_float * 5)(1, 2, 3, 4, 5)
        shape, strides = wrong.pop("shape", [4]), wrong.pop("strides", [1])
        self.shape = shape and (ctypes.c_int64 * len(shape))(*shape)
        self.strides = strides and (ctypes.c_int64 * len(strides))(*strides)
        at = wrong.pop("data", ctypes.addressof(self.memory))
        tensor = DLTensor(
            at,
            Device(wrong.pop("device", 1), 0),
            wrong.pop("ndim", len(shape or [])),
            DataType(*wrong.pop("dtype", (2, 32, 1))),
            ctypes.cast(self.shape, ctypes.POINTER(ctypes.c_int64)) if self.shape else None,
            ctypes.cast(self.strides, ctypes.POINTER(ctypes.c_int64)) if self.strides else None,
            wrong.pop("byte_offset", 0),
        )
        self.deleter = DELETER(self.count) if wrong.pop("deletes", True) else DELETER(0)
        if versioned:
            major, flags = wrong.pop("major", 1), wrong.pop("flags", 0)
            self.managed: Any = Versioned(major, 9, None, self.deleter, flags, tensor)
        else:
            self.managed = Old(tensor, None, self.deleter)
        assert not wrong, wrong
        self.name = b"dltensor_versioned" if versioned else b"dltensor"

        KEPT.append(self)

    def count(self, _: Any) -> None:
        self.deleted += 1

    def capsule(self) -> Any:
        return new_capsule(ctypes.addressof(self.managed), self.name, None)


def test_what_a_producer_says_is_checked() -> None:
    for versioned in (False, True):
        good = Producer(versioned)
        tensor = ours.from_dlpack(good.capsule())
        assert tensor.tolist() == [1.0, 2.0, 3.0, 4.0] and good.deleted == 0
        view = tensor[1:]
        del tensor
        gc.collect()
        assert good.deleted == 0
        del view
        gc.collect()
        assert good.deleted == 1
        for part, kind, wrong in [
            ("device of type 2", BufferError, {"device": 2}),
            ("device of type -1", BufferError, {"device": -1}),
            ("lanes", BufferError, {"dtype": (2, 32, 4)}),
            ("not built", BufferError, {"dtype": (2, 16, 1)}),
            ("not built", BufferError, {"dtype": (5, 64, 1)}),
            ("not built", BufferError, {"dtype": (6, 1, 1)}),
            ("-1 dimensions", BufferError, {"ndim": -1}),
            ("65 dimensions", BufferError, {"ndim": 65}),
            ("null pointer", BufferError, {"data": None}),
            ("null pointer", BufferError, {"shape": None, "ndim": 1}),
            ("negative size", ValueError, {"shape": [-4]}),
            ("negative stride", ValueError, {"strides": [-1]}),
            ("address space", BufferError, {"shape": [2**62, 2**62], "strides": [1, 1]}),
            ("address space", BufferError, {"shape": [2], "strides": [2**63 - 1]}),
            ("address space", BufferError, {"shape": [2**62]}),
            ("address space", BufferError, {"shape": [2**40, 2**40], "strides": None}),
            ("address space", BufferError, {"byte_offset": 2**64 - 1}),
            ("not aligned", BufferError, {"byte_offset": 2}),
        ]:
            producer = Producer(versioned, **wrong)
            raises(kind, part, lambda: ours.from_dlpack(producer.capsule()))
            assert producer.deleted == 1, wrong
    newer = Producer(True, major=2)
    raises(BufferError, "version is 2.9", lambda: ours.from_dlpack(newer.capsule()))
    assert newer.deleted == 1
    forbidding = Producer(True, flags=1)
    raises(RuntimeError, "ReadOnlyStorage", ours.from_dlpack(forbidding.capsule()).zero_)
    assert list(forbidding.memory) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert ours.from_dlpack(Producer(True, deletes=False).capsule()).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert ours.from_dlpack(Producer(True, shape=[0, 3], strides=[3, 1], data=None).capsule()).shape == (0, 3)
    assert ours.from_dlpack(Producer(True, shape=[2, 2], strides=None).capsule()).stride() == (2, 1)
    assert ours.from_dlpack(Producer(True, shape=[3], byte_offset=8).capsule()).tolist() == [3.0, 4.0, 5.0]


def test_what_is_no_capsule() -> None:
    for thing in (5, None, "dltensor", object()):
        raises(RuntimeError, "invalid capsule", lambda: ours.from_dlpack(thing))
        raises(RuntimeError, "invalid capsule", lambda: reference.from_dlpack(thing))
    producer = Producer()
    raises(RuntimeError, "invalid capsule", lambda: ours.from_dlpack(new_capsule(1, b"something", None)))
    raises(RuntimeError, "invalid capsule", lambda: ours.from_dlpack(new_capsule(1, None, None)))

    class Lies:
        def __dlpack__(self, **_: Any) -> Any:
            return "no capsule"

    raises(RuntimeError, "invalid capsule", lambda: ours.from_dlpack(Lies()))

    class Raises:
        def __dlpack__(self, **_: Any) -> Any:
            raise OSError("no memory for you")

    raises(OSError, "no memory", lambda: ours.from_dlpack(Raises()))
    assert producer.deleted == 0


if __name__ == "__main__":
    tests = {name: test for name, test in globals().items() if name.startswith("test_")}
    for name, test in tests.items():
        test()
        print(f"{name[5:].replace('_', ' ')}: ok")
    print(f"{len(tests)} tests of DLPack")
