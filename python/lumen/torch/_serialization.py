"""`save` and `load` of PyTorch's files. The engine reads and writes them; here its nodes become Python's objects."""

import os
import pickle
from collections import OrderedDict

from lumen import _engine, _files

from . import _values
from ._tensor import Tensor
from .nn.parameter import Parameter

_torch = _engine.torch


class _Nodes:
    """The nodes of an object. One object is one node, however often it stands in others."""

    def __init__(self):
        self.nodes, self._places, self._alive = [], {}, []

    def place(self, value):
        known = self._places.get(id(value))
        if known is not None:
            return known
        place = self._described(value)
        self._places[id(value)] = place
        # An object that is gone would lend its id to another.
        self._alive.append(value)
        return place

    def _add(self, *node):
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _container(self, value, fill):
        # Known before its items, which may hold it.
        at = self._places[id(value)] = self._add()
        self.nodes[at] = fill()
        return at

    def _pairs(self, items):
        return [(self.place(key), self.place(held)) for key, held in items.items()]

    def _described(self, value):
        kind = type(value)
        if value is None:
            return self._add("none")
        if kind is bool:
            return self._add("bool", value)
        if kind is int:
            if -(2**63) <= value < 2**63:
                return self._add("int", value)
            size = value.bit_length() // 8 + 1
            return self._add("long", value.to_bytes(size, "little", signed=True))
        if kind is float:
            return self._add("float", value)
        if kind is complex:
            return self._add("complex", value.real, value.imag)
        if kind is str:
            return self._add("text", value)
        if kind is bytes:
            return self._add("bytes", value)
        if kind is list:
            return self._container(value, lambda: ("list", [self.place(item) for item in value]))
        if kind is dict:
            return self._container(value, lambda: ("dict", self._pairs(value)))
        if kind is OrderedDict:
            state = vars(value)
            if set(state) - {"_metadata"}:
                raise self._refused(value)
            return self._container(
                value,
                lambda: (
                    "ordered",
                    self._pairs(value),
                    self.place(state["_metadata"]) if "_metadata" in state else None,
                ),
            )
        if kind is tuple or kind is set:
            return self._add(kind.__name__, [self.place(item) for item in value])
        if isinstance(value, Parameter):
            return self._add("parameter", self.place(value.detach()), value.requires_grad)
        if isinstance(value, Tensor):
            return self._add("tensor", value, value.requires_grad)
        if isinstance(value, _values.Size):
            return self._add("size", list(value))
        if isinstance(value, _values.device):
            return self._add("device", str(value))
        if isinstance(value, _values.dtype):
            return self._add("dtype", value)
        raise self._refused(value)

    @staticmethod
    def _refused(value):
        return NotImplementedError(
            f"lumen.torch: save() of an object of {type(value).__qualname__}: load() runs no code of a file, so it holds "
            "tensors, numbers, texts and containers"
        )


def save(obj, f, pickle_module=None, pickle_protocol=2, _use_new_zipfile_serialization=True):
    """Writes an object with its tensors to a path or file, as PyTorch does: tensors that share a storage share it in the
    file. A path is written as a whole or not at all.
    """
    if pickle_module is not None or pickle_protocol != 2 or not _use_new_zipfile_serialization:
        raise NotImplementedError("lumen.torch: save() writes zip files with a pickle of protocol 2")
    nodes = _Nodes()
    root = nodes.place(obj)
    if not isinstance(f, (str, os.PathLike)):
        f.write(_torch.write_pt(nodes.nodes, root, "archive"))
        return
    path = os.fspath(f)
    name = os.path.splitext(os.path.basename(path))[0] or "archive"
    data = _torch.write_pt(nodes.nodes, root, name)
    _files.disk.write(path, data)


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **pickle_load_args):
    """Reads what `save` or PyTorch's wrote, as PyTorch does with `weights_only=True`; also files from before PyTorch 1.6.

    Raises `UnpicklingError` for a file with anything but tensors, numbers, texts and containers, `RuntimeError` for a
    damaged one.
    """
    if weights_only is False:
        raise NotImplementedError("lumen.torch: load(weights_only=False), which would run the file's code")
    if pickle_module is not None or mmap or pickle_load_args:
        raise NotImplementedError("lumen.torch: load() with pickle_module, mmap or arguments of a pickle")
    if map_location is not None:
        _values.device(map_location)
    if isinstance(f, (str, os.PathLike)):
        data = _files.disk.read(os.fspath(f))
    else:
        data = f.read()
    nodes, root = _torch.read_pt(data)
    try:
        return _objects(nodes)[root]
    except (TypeError, ValueError) as fault:
        raise pickle.UnpicklingError(f"Weights only load failed: a damaged pickle ({fault})") from None


def _objects(nodes):
    made = []
    for node in nodes:
        match node:
            case "value", value:
                made.append(value)
            case "long", data:
                made.append(int.from_bytes(data, "little", signed=True))
            case "list", _:
                made.append([])
            case "dict", _:
                made.append({})
            case "ordered", _, _:
                made.append(OrderedDict())
            case "tuple", items:
                made.append(tuple(made[item] for item in items))
            case "set", items:
                made.append({made[item] for item in items})
            case "size", sizes:
                made.append(_values.Size(sizes))
            case "device", name:
                made.append(_values.device(name))
            case "tensor", tensor, requires_grad:
                made.append(tensor.requires_grad_(True) if requires_grad else tensor)
            case "parameter", data, requires_grad:
                made.append(Parameter(made[data], requires_grad))
    for node, value in zip(nodes, made, strict=True):
        match node:
            case "list", items:
                value.extend(made[item] for item in items)
            case "dict", items:
                value.update((made[key], made[held]) for key, held in items)
            case "ordered", items, metadata:
                value.update((made[key], made[held]) for key, held in items)
                if metadata is not None:
                    value._metadata = made[metadata]
    return made
