"""Tensors in and out of other programs' memory, by DLPack."""

import enum

from lumen import _engine

from .. import _values

_torch = _engine.torch


class DLDeviceType(enum.IntEnum):
    """Where memory lies, as DLPack numbers it."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17


def to_dlpack(tensor):
    """A capsule without a version, as older programs take it."""
    return tensor.__dlpack__()


def from_dlpack(ext_tensor, *, device=None, copy=None):
    """A tensor over the memory of another program's, or of a capsule, which is then used up."""
    if device is not None:
        _values.device(device)
    if not hasattr(ext_tensor, "__dlpack__"):
        made, copied = _torch.from_dlpack(ext_tensor, copy is not False)
        return made.clone() if copy and not copied else made
    if hasattr(ext_tensor, "__dlpack_device__"):
        kind = ext_tensor.__dlpack_device__()[0]
        if kind != DLDeviceType.kDLCPU:
            raise RuntimeError(
                f"DeviceUnavailable: the tensor lies on a device of DLPack's type {int(kind)}, "
                "and this build computes on the CPU alone"
            )
    options = {"max_version": (1, 0)} | ({} if copy is None else {"copy": copy})
    try:
        capsule = ext_tensor.__dlpack__(**options)
        handled = True
    except TypeError:
        # A producer of before DLPack 1.0 knows neither.
        capsule = ext_tensor.__dlpack__()
        handled = False
    made, copied = _torch.from_dlpack(capsule, copy is not False)
    return made.clone() if copy and not (handled or copied) else made


def exported(tensor, stream, max_version, dl_device, copy, read_only):
    """What `Tensor.__dlpack__` gives."""
    if tensor.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if stream is not None and type(stream) is not int:
        raise TypeError("stream must be ``int`` or ``none``")
    if stream not in (None, -1):
        raise AssertionError("stream should be None on cpu.")
    if dl_device is not None and tuple(dl_device) != (DLDeviceType.kDLCPU, 0):
        kind, number = dl_device
        raise BufferError(
            f"DeviceUnavailable: a capsule on device ({int(kind)}, {int(number)}), and this build computes on the CPU alone"
        )
    versioned = max_version is not None and max_version[0] >= 1
    if read_only and not versioned:
        raise BufferError(
            "read_only export requires the versioned DLPack protocol; pass max_version=(1, 0) or higher"
        )
    is_bool = tensor.dtype == _values.bool_
    if copy or (is_bool and copy is None):
        return _torch.to_dlpack(tensor.clone(), versioned, True, read_only)
    return _torch.to_dlpack(tensor, versioned, False, read_only)
