"""Writes the files beside this one. Run with PyTorch 2.15.0 and safetensors 0.8.0: `python make.py`."""

import os
from collections import OrderedDict

import safetensors.torch
import torch

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.BatchNorm1d(2))
optimizer = torch.optim.Adam(net.parameters())
net(torch.ones(4, 3) * torch.arange(4.0)[:, None]).sum().backward()
optimizer.step()
base = torch.arange(12.0).view(3, 4)
state = {
    "net": net.state_dict(),
    "optimizer": optimizer.state_dict(),
    "base": base,
    "view": base.t()[1:],
    "empty": torch.zeros(0, 2),
    "bools": torch.tensor([True, False]),
    "doubles": torch.tensor([float("nan"), float("-inf"), -0.0, 5e-324], dtype=torch.float64),
    "int8": torch.tensor([-128, 127], dtype=torch.int8),
    "int16": torch.tensor([-32768], dtype=torch.int16),
    "int32": torch.tensor(7, dtype=torch.int32),
    "uint8": torch.tensor([0, 255], dtype=torch.uint8),
    "leaf": torch.ones(2, requires_grad=True),
    "parameter": torch.nn.Parameter(torch.full((2,), 2.5)),
    "integers": [0, 255, 256, 65535, 65536, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63), 2**70],
    "floats": (0.1, float("inf")),
    "texts": ["", "ä", "😀"],
    "bytes": b"\x00\xff",
    "nothing": None,
    "none": [],
    "pairs": {1: True, (2, "two"): False},
    "set": {7},
    "size": torch.Size([2, 3]),
    "device": torch.device("cpu"),
    "dtype": torch.float64,
    "complex": 1.5 - 2j,
    "many": list(range(2001)),
    "keys": OrderedDict((f"key {k}", k) for k in range(1000)),
}
state["again"] = state["none"]
torch.save(state, os.path.join(here, "state.pt"))
torch.save(net.state_dict(), os.path.join(here, "legacy.pt"), _use_new_zipfile_serialization=False)
tensors = {name: value.contiguous() for name, value in state.items() if isinstance(value, torch.Tensor)}
tensors["view"] = tensors["view"].clone()
tensors["parameter"] = tensors["parameter"].detach()
tensors['quote " and ä'] = torch.arange(3)
safetensors.torch.save_file(tensors, os.path.join(here, "state.safetensors"), metadata={"made": 'by "hand"'})
