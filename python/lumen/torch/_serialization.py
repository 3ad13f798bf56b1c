"""`save` and `load` of PyTorch's zip files. Loading builds tensors, numbers, texts and containers; it runs no code."""

import io
import os
import pickle
import zipfile
from collections import OrderedDict

from lumen import _engine

from . import _values
from ._tensor import Tensor, _call
from .nn.parameter import Parameter

_torch = _engine.torch
_STORAGES = {
    "BoolStorage": "bool", "ByteStorage": "uint8", "CharStorage": "int8", "ShortStorage": "int16",
    "IntStorage": "int32", "LongStorage": "int64", "FloatStorage": "float32", "DoubleStorage": "float64",
}  # fmt: skip
_STORAGE_OF = {dtype: storage for storage, dtype in _STORAGES.items()}


class _Name:
    """A name of PyTorch's as it stands in a pickle; what it names is not imported."""

    def __init__(self, module, name):
        self.module, self.name = module, name

    def __call__(self, *args):
        raise TypeError(f"{self.module}.{self.name} is only a name here")


_REBUILD = _Name("torch._utils", "_rebuild_tensor_v2")
_PARAMETER = _Name("torch._utils", "_rebuild_parameter")


class _Stored:
    """A tensor's elements in the archive."""

    def __init__(self, tensor):
        self.tensor = tensor


class _Pickler(pickle._Pickler):
    """Writes tensors as PyTorch does, without PyTorch."""

    dispatch = dict(pickle._Pickler.dispatch)

    def __init__(self, file):
        super().__init__(file, protocol=2)
        self.stored = []

    def _save_name(self, value):
        self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        self.memoize(value)

    dispatch[_Name] = _save_name

    def _save_dtype(self, value):
        self._save_name(_Name("torch", value.name))

    dispatch[_values.dtype] = _save_dtype

    def persistent_id(self, value):
        if not isinstance(value, _Stored):
            return None
        tensor = value.tensor
        self.stored.append(tensor)
        kind = _Name("torch", _STORAGE_OF[tensor.dtype.name])
        return "storage", kind, str(len(self.stored) - 1), "cpu", tensor.numel()

    def reducer_override(self, value):
        if isinstance(value, Parameter):
            return _PARAMETER, (value.detach(), value.requires_grad, OrderedDict())
        if isinstance(value, Tensor):
            sizes = tuple(value.shape)
            strides, step = [], 1
            for size in reversed(sizes):
                strides.insert(0, step)
                step *= max(size, 1)
            described = (_Stored(value), 0, sizes, tuple(strides), value.requires_grad, OrderedDict())
            return _REBUILD, described
        if isinstance(value, _values.Size):
            return _Name("torch", "Size"), (tuple(value),)
        if isinstance(value, _values.device):
            return _Name("torch", "device"), (str(value),)
        return NotImplemented


def save(obj, f, pickle_module=None, pickle_protocol=2, _use_new_zipfile_serialization=True):
    """Writes an object with its tensors to a path or file. Each tensor is written row by row, with a storage of its
    own: views that share one are read back apart.
    """
    if pickle_module is not None or pickle_protocol != 2 or not _use_new_zipfile_serialization:
        raise NotImplementedError("lumen.torch: save() writes zip files with a pickle of protocol 2")
    text = io.BytesIO()
    pickler = _Pickler(text)
    pickler.dump(obj)
    if isinstance(f, (str, os.PathLike)):
        path = os.fspath(f)
        # Whole or not at all: the name is given to a file that is on disk.
        part = f"{path}.{os.getpid()}.part"
        try:
            with open(part, "wb") as file:
                _write(
                    file,
                    os.path.splitext(os.path.basename(path))[0] or "archive",
                    text.getvalue(),
                    pickler.stored,
                )
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            if os.path.exists(part):
                os.unlink(part)
        return
    _write(f, "archive", text.getvalue(), pickler.stored)


def _write(file, root, text, stored):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:

        def put(name, data):
            # One date, so that the same object gives the same bytes.
            archive.writestr(zipfile.ZipInfo(f"{root}/{name}", (1980, 1, 1, 0, 0, 0)), data)

        put("data.pkl", text)
        put("byteorder", b"little")
        for k, tensor in enumerate(stored):
            put(f"data/{k}", tensor._bytes())
        put("version", b"3\n")


class _Unpickler(pickle._Unpickler):
    """Builds what `save` writes, and refuses any other name."""

    dispatch = dict(pickle._Unpickler.dispatch)

    def __init__(self, file, archive, root):
        super().__init__(file, encoding="utf-8")
        self._archive, self._root, self._held = archive, root, {}
        self._names = {
            ("torch._utils", "_rebuild_tensor_v2"): self._tensor,
            ("torch._utils", "_rebuild_parameter"): self._parameter,
            ("torch", "Size"): lambda sizes=(): _values.Size(sizes),
            ("torch", "device"): _values.device,
            ("collections", "OrderedDict"): OrderedDict,
        }
        for storage, dtype in _STORAGES.items():
            self._names["torch", storage] = _Name("torch", storage)
            self._names["torch", dtype] = _values.dtype(dtype)

    def find_class(self, module, name):
        found = self._names.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(
                f"Weights only load failed: {module}.{name} is no tensor, number, text or container, and load() runs no "
                "code of a file"
            )
        return found

    def load_build(self):
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is not OrderedDict or type(state) is not dict or set(state) - {"_metadata"}:
            raise pickle.UnpicklingError(
                f"Weights only load failed: a state for an object of {type(target).__name__}"
            )
        target.__dict__.update(state)

    dispatch[pickle.BUILD[0]] = load_build

    def get_extension(self, code):
        raise pickle.UnpicklingError(f"Weights only load failed: extension code {code}")

    def persistent_load(self, pid):
        if not (
            isinstance(pid, tuple) and len(pid) == 5 and pid[0] == "storage" and isinstance(pid[1], _Name)
        ):
            raise pickle.UnpicklingError(
                f"Weights only load failed: an unknown persistent id {str(pid)[:80]}"
            )
        _, kind, key, _, count = pid
        if key not in self._held:
            name = f"{self._root}/data/{key}"
            try:
                entry = self._archive.getinfo(name)
            except KeyError:
                raise RuntimeError(
                    f"PytorchStreamReader failed locating file data/{key}: file not found"
                ) from None
            dtype = _values.dtype(_STORAGES[kind.name])
            if not isinstance(count, int) or entry.file_size != count * dtype.itemsize:
                raise RuntimeError(
                    f"storage {key} has {entry.file_size} bytes, its description says {count} elements of {dtype}"
                )
            if entry.compress_type != zipfile.ZIP_STORED:
                raise RuntimeError(f"storage {key} is compressed, which no file of PyTorch's is")
            self._held[key] = _torch.from_buffer(self._archive.read(entry), dtype, [count])
        return self._held[key]

    def _tensor(self, storage, offset, sizes, strides, requires_grad=False, hooks=None, metadata=None):
        if not isinstance(storage, Tensor) or hooks or metadata:
            raise pickle.UnpicklingError("Weights only load failed: a tensor with hooks or without a storage")
        sizes, strides = list(sizes), list(strides)
        numbers = [offset, *sizes, *strides]
        if len(sizes) != len(strides) or any(type(one) is not int or one < 0 for one in numbers):
            raise RuntimeError("a tensor's sizes, strides and offset are no numbers from zero up")
        end = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True)) + 1
        if 0 not in sizes and end > storage.numel():
            raise RuntimeError(f"a tensor reaches to element {end} of a storage of {storage.numel()}")
        made = _call("as_strided", (storage, sizes, strides, offset), {})
        if requires_grad:
            made = made.detach().requires_grad_(True)
        return made

    def _parameter(self, data, requires_grad, hooks):
        if not isinstance(data, Tensor) or hooks:
            raise pickle.UnpicklingError(
                "Weights only load failed: a parameter with hooks or without a tensor"
            )
        return Parameter(data, bool(requires_grad))


def load(f, map_location=None, pickle_module=None, *, weights_only=None, mmap=None, **pickle_load_args):
    """Reads what `save` or PyTorch's wrote, as PyTorch does with `weights_only=True`.

    Raises `UnpicklingError` for a file with anything but tensors, numbers, texts and containers, `RuntimeError` for a
    damaged one.
    """
    if weights_only is False:
        raise NotImplementedError("lumen.torch: load(weights_only=False), which would run the file's code")
    if pickle_module is not None or mmap or pickle_load_args:
        raise NotImplementedError("lumen.torch: load() with pickle_module, mmap or arguments of a pickle")
    if map_location is not None:
        _values.device(map_location)
    try:
        archive = zipfile.ZipFile(f)
    except zipfile.BadZipFile as fault:
        raise RuntimeError(f"PytorchStreamReader failed reading zip archive: {fault}") from None
    with archive:
        found = [name for name in archive.namelist() if name.endswith("/data.pkl") and name.count("/") == 1]
        if len(found) != 1:
            raise RuntimeError("PytorchStreamReader failed locating file data.pkl: file not found")
        root = found[0].removesuffix("/data.pkl")
        if f"{root}/byteorder" in archive.namelist() and archive.read(f"{root}/byteorder") != b"little":
            raise NotImplementedError("lumen.torch: load() of a file with bytes in big-endian order")
        try:
            return _Unpickler(io.BytesIO(archive.read(found[0])), archive, root).load()
        except zipfile.BadZipFile as fault:
            raise RuntimeError(f"PytorchStreamReader failed reading zip archive: {fault}") from None
        except (EOFError, IndexError, KeyError, AttributeError, ValueError, TypeError) as fault:
            raise pickle.UnpicklingError(f"Weights only load failed: a damaged pickle ({fault})") from None
