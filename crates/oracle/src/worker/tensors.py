"""PyTorch: values to and from it, and its operators by name.

`tensor.NAME` is the operator `NAME` of ATen, overload included: it is called with the question's inputs and parameters,
and its own schema says which there are. An operation that is no operator has an adapter of its own.

The answer of an operator is a tree: `value`; `after`, the inputs that were written; and, where the question brings
`cotangents`, `grads`, the gradients of the inputs that require one.
"""

import base64
import io
import itertools
import math
import re
import zipfile

import torch
import torch.nn.functional as F
from torch._C import DispatchKey, DispatchKeySet

from lumen_oracle.worker import Poisoned, Raised, Request, class_of, dump_number

torch.set_num_threads(1)

SPECIAL = {"None": None, "NaN": math.nan, "inf": math.inf, "-inf": -math.inf, "-0.0": -0.0}


# --- values -------------------------------------------------------------------------------------------------------


def dtype_of(name):
    dtype = getattr(torch, name.removeprefix("torch."))
    if not isinstance(dtype, torch.dtype):
        raise ValueError(f"expected a dtype of PyTorch, found {name}")
    return dtype


def load_storage(dtype, cells):
    if dtype.is_floating_point:
        cells = [float(cell) for cell in cells]
    elif dtype != torch.bool:
        cells = [int(cell) for cell in cells]
    return torch.tensor(cells, dtype=dtype).untyped_storage()


def load_tensor(spec, shared):
    dtype, name = dtype_of(spec["dtype"]), spec.get("storage")
    if name is None:
        storage = load_storage(dtype, spec["values"])
    else:
        if name not in shared:
            shared[name] = load_storage(dtype, spec["values"])
        storage = shared[name]
    # Set, not viewed: a view would be no leaf of the graph. As data, for setting is a write and the version 0 is due.
    tensor = torch.empty(0, dtype=dtype).set_(storage, spec["offset"], tuple(spec["shape"]), tuple(spec["strides"])).data
    return tensor.requires_grad_(spec["requires_grad"])


def load_scalar(spec):
    match spec["dtype"], spec["value"]:
        case "int" | "bool" | "str" | "NoneType", value:
            return int(value) if spec["dtype"] == "int" else value
        case "float", value:
            return float(value)
    raise ValueError(f"expected a scalar of Python, found one of {spec['dtype']}")


def load(spec, shared):
    match spec["kind"]:
        case "tensor":
            return load_tensor(spec, shared)
        case "scalar":
            return load_scalar(spec)
        case "text":
            return spec["value"]
        case "bytes":
            return base64.b64decode(spec["base64"])
        case "tree":
            for name, storage in spec.get("storages", {}).items():
                shared[name] = load_storage(dtype_of(storage["dtype"]), storage["values"])
            if "entries" in spec:
                return {load_parameter(key): load(item, shared) for key, item in spec["entries"]}
            return [load(item, shared) for item in spec["items"]]
    raise ValueError(f"no form in PyTorch for a {spec['kind']}")


def dump_storage(tensor):
    storage = tensor.untyped_storage()
    count = storage.nbytes() // tensor.element_size()
    whole = torch.empty(0, dtype=tensor.dtype).set_(storage, 0, (count,), (1,))
    return [dump_number(value) for value in whole.tolist()]


def tensors_in(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from tensors_in(item)


def dump(value):
    """Storages that several tensors of the value share are named in the order of their first tensor."""
    places = [tensor.untyped_storage().data_ptr() for tensor in tensors_in(value) if tensor.untyped_storage().nbytes()]
    several = [place for place in dict.fromkeys(places) if places.count(place) > 1]
    names = {place: f"s{number}" for number, place in enumerate(several)}
    storages = {}
    out = dump_part(value, names, storages)
    return out | {"storages": storages} if storages else out


def dump_part(value, names, storages):
    if isinstance(value, torch.Tensor):
        name = names.get(value.untyped_storage().data_ptr())
        plain = value.detach()
        if name is not None and name not in storages:
            storages[name] = {"dtype": str(value.dtype), "values": dump_storage(plain)}
        return {"kind": "tensor", "dtype": str(value.dtype), "shape": list(value.shape),
                "strides": list(value.stride()), "offset": value.storage_offset(),
                "requires_grad": value.requires_grad,
                **({"values": dump_storage(plain)} if name is None else {"storage": name})}
    if isinstance(value, (list, tuple)):
        return {"kind": "tree", "items": [dump_part(item, names, storages) for item in value]}
    if isinstance(value, dict):
        entries = [[key, dump_part(item, names, storages)] for key, item in value.items()]
        return {"kind": "tree", "entries": entries}
    if isinstance(value, str):
        return {"kind": "text", "value": value}
    if isinstance(value, torch.dtype):
        return {"kind": "text", "value": str(value)}
    if isinstance(value, bytes):
        return {"kind": "bytes", "base64": base64.b64encode(value).decode()}
    if value is None:
        return {"kind": "scalar", "dtype": "NoneType", "value": None}
    if isinstance(value, (bool, int, float)):
        return {"kind": "scalar", "dtype": type(value).__name__, "value": dump_number(value)}
    raise TypeError(f"no form for a {type(value).__name__}")


def seed():
    # Not `torch.manual_seed`, which formats a stack for each device that is not there.
    torch.default_generator.manual_seed(0)


# --- adapters -----------------------------------------------------------------------------------------------------


def load_parameter(item):
    """A parameter as PyTorch takes it: `{"$float": x}` where a whole number is a float, `{"$generator": seed}`, and
    the name of a dtype."""
    if isinstance(item, list):
        return [load_parameter(part) for part in item]
    if isinstance(item, str) and item.startswith("torch."):
        return getattr(torch, item.removeprefix("torch."))
    if not isinstance(item, dict):
        return item
    (tag, value), = item.items()
    match tag:
        case "$":
            return SPECIAL[value]
        case "$float":
            return float(value)
        case "$int":
            return int(value)
        case "$generator":
            return torch.Generator().manual_seed(value)
    raise KeyError(f"unknown tag {tag}")


def loaded(params):
    return {name: load_parameter(value) for name, value in params.items()}


def packet_of(name):
    """The packet of an operator's overloads, and the overload's name."""
    base, _, overload = name.partition(".")
    return getattr(torch.ops.aten, base, None), overload or "default"


def checked(schema, names):
    known = {argument.name for argument in schema.arguments}
    unknown = sorted(names - known)
    if unknown:
        raise Request(f"{schema.name} has no argument {', '.join(unknown)}; it has {', '.join(sorted(known))}")


def operator(name):
    packet, overload = packet_of(name)

    schema = getattr(packet, overload)._schema

    def adapter(ref, inputs, params):
        options = loaded(params)
        checked(schema, inputs.keys() - {"cotangents"} | options.keys())
        return observed(ref, lambda i: ref.method(packet, overload, **i, **options), inputs)
    return adapter


def functional(name, *positional):
    """A function of `torch.nn.functional`, whose checks PyTorch makes before the operator."""
    def adapter(ref, inputs, params):
        options = loaded(params)

        def call(i):
            arguments = i | options
            if "reduction" in arguments:
                arguments["reduction"] = REDUCTIONS[arguments["reduction"]]
            first = [arguments.pop(key, None) for key in positional]
            return ref.method(F, name, *first, **{key: arguments[key] for key in arguments.keys() - DROPPED})
        return observed(ref, call, inputs)
    return adapter


# How ATen counts them.
REDUCTIONS = ["none", "mean", "sum"]
# Arguments of operators that the functions do not have.
DROPPED = {"cudnn_enabled"}


def observed(ref, call, inputs):
    """What an operation returned, wrote, and sent back."""
    inputs = dict(inputs)
    cotangents = inputs.pop("cotangents", None)
    given = [(key, tensor) for key, value in inputs.items() for key, tensor in keyed(key, value)]
    before = {key: tensor.detach().clone() for key, tensor in given}
    leaves = [(key, tensor) for key, tensor in given if tensor.requires_grad]
    value = call(inputs)
    seen = {"value": value}
    written = {key: tensor for key, tensor in given if not same(before[key], tensor.detach())}
    if written:
        seen["after"] = written
    if cotangents is not None:
        outs = [out for out in tensors_in(value) if out.requires_grad]
        ref.method(torch.autograd, "backward", outs, cotangents)
        seen["grads"] = {key: tensor.grad for key, tensor in leaves}
    return seen


def keyed(key, value):
    if isinstance(value, torch.Tensor):
        yield key, value
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from keyed(f"{key}.{place}", item)


def same(before, after):
    """Bits may differ where both are NaN."""
    if before.shape != after.shape:
        return False
    return bool(((before == after) | ((before != before) & (after != after))).all())


def layers(ref, specs):
    return ref.method(torch.nn, "Sequential",
                      *[ref.method(torch.nn, spec["layer"], **spec.get("options", {})) for spec in specs])


def network(ref, inputs, params):
    torch.manual_seed(params["seed"])
    net = layers(ref, params["layers"])
    net.train(params["training"])
    return [ref.call(net, inputs["x"])] + list(net.parameters()) + list(net.buffers())


def floats(options):
    """An optimizer's numbers: JSON does not tell 1.0 from 1, PyTorch's messages do."""
    def of(value):
        if isinstance(value, list):
            return tuple(of(item) for item in value)
        return float(value) if type(value) is int else value

    return {name: of(value) for name, value in options.items()}


def training(ref, inputs, params):
    """Losses of each step, then the parameters, of a seeded network under an optimizer and a schedule."""
    torch.manual_seed(params["seed"])
    net = layers(ref, params["layers"])
    optimizer = ref.method(torch.optim, params["optimizer"], net.parameters(), **floats(params["options"]))
    loss = ref.method(torch.nn, params["loss"])
    schedule = params["schedule"]
    scheduler = schedule and ref.method(torch.optim.lr_scheduler, schedule["name"], optimizer, **schedule["options"])
    losses = []
    for _ in range(params["steps"]):
        ref.method(optimizer, "zero_grad")
        value = ref.call(loss, ref.call(net, inputs["x"]), inputs["y"])
        ref.method(value, "backward")
        if params["clip"] is not None:
            ref.method(torch.nn.utils, "clip_grad_norm_", net.parameters(), params["clip"])
        ref.method(optimizer, "step")
        if scheduler:
            ref.method(scheduler, "step")
        losses.append(value.detach())
    return [torch.stack(losses)] + list(net.parameters())


def update(ref, inputs, params):
    """The parameter after each of the given gradients."""
    parameter = torch.nn.Parameter(inputs["parameter"])
    optimizer = ref.method(torch.optim, params["optimizer"], [parameter], **floats(params["options"]))
    seen = []
    for grad in inputs["grads"]:
        parameter.grad = grad
        ref.method(optimizer, "step")
        seen.append(parameter.detach().clone())
    return seen


def learning_rates(ref, inputs, params):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=params["lr"])
    scheduler = ref.method(torch.optim.lr_scheduler, params["name"], optimizer, **params["options"])
    rates = []
    for _ in range(params["epochs"]):
        optimizer.step()
        ref.method(scheduler, "step")
        rates.append(optimizer.param_groups[0]["lr"])
    return torch.tensor(rates, dtype=torch.float64)


def batches(ref, inputs, params):
    torch.manual_seed(params["seed"])
    data = torch.utils.data.TensorDataset(torch.arange(params["size"]))
    loader = ref.method(torch.utils.data, "DataLoader", data, batch_size=params["batch_size"],
                        shuffle=params["shuffle"], drop_last=params["drop_last"])
    return [batch for _ in range(params["epochs"]) for (batch,) in ref.call(list, loader)]


def random_split(ref, inputs, params):
    generator = torch.Generator().manual_seed(params["seed"])
    parts = ref.method(torch.utils.data, "random_split", range(params["size"]), params["lengths"], generator)
    return [torch.tensor(list(part.indices), dtype=torch.int64) for part in parts]


def clip_grad_norm(ref, inputs, params):
    parameters = []
    for grad in inputs["grads"]:
        parameter = torch.nn.Parameter(torch.zeros_like(grad))
        parameter.grad = grad.clone()
        parameters.append(parameter)
    total = ref.method(torch.nn.utils, "clip_grad_norm_", parameters, **loaded(params))
    return [total] + [parameter.grad for parameter in parameters]


def uniform(ref, inputs, params):
    generator = torch.Generator().manual_seed(params["seed"])
    empty = torch.empty(params["size"], dtype=load_parameter(params["dtype"]))
    return ref.method(empty, "uniform_", load_parameter(params["from"]), load_parameter(params["to"]),
                      generator=generator)


def generator_state(ref, inputs, params):
    generator = torch.Generator().manual_seed(params["seed"])
    ref.method(torch, "rand", params["draws"], generator=generator)
    if params["normals"]:
        ref.method(torch, "randn", params["normals"], generator=generator)
    return ref.method(generator, "get_state")


def schema(ref, inputs, params):
    base, _, overload = params["name"].partition(".")
    packet = ref.get(ref.get(torch.ops, "aten"), base)
    return str(ref.get(ref.get(packet, overload or "default"), "_schema")).replace("aten::", "")


def chain(ref, inputs, params):
    """Steps on the same tensors; results join those that later steps name by position."""
    tensors, order = list(inputs["tensors"]), []
    for step in params["steps"]:
        with torch.set_grad_enabled(step["grad"]):
            run_step(ref, step["call"], {key: placed(item, tensors) for key, item in step["with"].items()}, tensors, order)
    node = [tensor.grad_fn and type(tensor.grad_fn).__name__ for tensor in tensors]
    return {"tensors": tensors, "versions": [ref.get(tensor, "_version") for tensor in tensors], "grad_fn": node,
            "grads": [tensor.grad if tensor.is_leaf or tensor.retains_grad else None for tensor in tensors],
            "order": order}


def placed(item, tensors):
    if isinstance(item, list):
        return [placed(part, tensors) for part in item]
    if isinstance(item, dict) and "$t" in item:
        return tensors[item["$t"]]
    return load_parameter(item)


def run_step(ref, call, given, tensors, order):
    match call:
        case "detach":
            tensors.append(ref.method(given["self"], "detach"))
        case "requires_grad_" | "retain_grad":
            ref.method(given.pop("self"), call, **given)
        case "backward":
            root = given.pop("self")
            hooks = [node.register_prehook(lambda _, name=type(node).__name__: order.append(name))
                     for node in nodes_below(root.grad_fn)]
            ref.method(root, "backward", **given)
            for hook in hooks:
                hook.remove()
        case operator:
            packet, overload = packet_of(operator)
            results = ref.method(packet, overload, **given)
            tensors.extend(results if isinstance(results, (list, tuple)) else [results])


def nodes_below(root):
    found = [root] if root is not None else []
    for node in found:
        found.extend(below for below, _ in node.next_functions if below is not None and below not in found)
    return found


def reentrant(ref, inputs, params):
    """A function whose backward finds its own gradient by a pass of its own, and adds 1 at each level."""
    class Nest(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, depth):
            ctx.save_for_backward(x)
            ctx.depth = depth
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            if ctx.depth == 0:
                return grad * 2, None
            with torch.enable_grad():
                leaf = ctx.saved_tensors[0].detach().clone().requires_grad_()
                torch.Tensor.backward(Nest.apply(leaf, ctx.depth - 1).sum())
            return grad * (leaf.grad + 1), None

    x = inputs["x"]
    ref.method(torch.Tensor, "backward", Nest.apply(x, params["depth"]).sum())
    return {"grads": {"x": x.grad}}


def keys_of(names):
    keys = DispatchKeySet(DispatchKey.Undefined)
    for name in names:
        keys = keys | DispatchKeySet(DispatchKey.__members__[name])
    return keys


def keyset(ref, inputs, params):
    keys = keys_of(params["keys"]) | keys_of(params["union"])
    if params["intersection"] is not None:
        keys = keys & keys_of(params["intersection"])
    for name in params["add"]:
        keys = keys.add(DispatchKey.__members__[name])
    for name in params["remove"]:
        keys = keys.remove(DispatchKey.__members__[name])
    return {"bits": ref.method(DispatchKeySet, "raw_repr", keys), "text": str(keys),
            "highest": keys.highestPriorityTypeId().name,
            "has": [int(keys.has(DispatchKey.__members__[name])) for name in params["has"]]}


LIBRARY = torch.library.Library("lumen_oracle", "DEF")
DEFINED = itertools.count()


def dispatch_table(ref, inputs, params):
    """What a new operator's table holds for each key, in the words of PyTorch's dump."""
    name = f"operator_{next(DEFINED)}"
    LIBRARY.define(f"{name}(Tensor x) -> Tensor")
    for key in params["registered"]:
        LIBRARY.impl(name, lambda x: x, key)
    dump = ref.method(torch._C, "_dispatch_dump_table", f"lumen_oracle::{name}")
    entries = dict(re.findall(r"^(\w+): .*\[([^\]]*)\]$", dump, re.MULTILINE))
    return {key: entries.get(key, "missing") for key in params["keys"]}


def load_state_dict(ref, inputs, params):
    torch.manual_seed(params["seed"])
    net = layers(ref, params["layers"])
    state = inputs["state"] or {}
    found = ref.method(torch.nn.Module, "load_state_dict", net, state, strict=params["strict"])
    return {"missing": found.missing_keys, "unexpected": found.unexpected_keys, "state": dict(net.state_dict())}


def refusal_pt(ref, inputs, params):
    """The class of what a file is refused with."""
    try:
        ref.method(torch, "load", io.BytesIO(inputs["file"]), weights_only=True)
    except Raised as raised:
        if isinstance(raised.error, Poisoned):
            raise
        return class_of(raised.error)
    return "nothing"


def save_pt(ref, inputs, params):
    """The archive's entries, without the fingerprint, which is taken from the order of a hash table."""
    out = io.BytesIO()
    ref.method(torch, "save", inputs["state"], out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "archive/.data/serialization_id"}


OPS = {f"tensor.{name}": adapter for name, adapter in {
    "binary_cross_entropy": functional("binary_cross_entropy", "self"),
    "binary_cross_entropy_with_logits": functional("binary_cross_entropy_with_logits", "self"),
    "batch_norm": functional("batch_norm", "input", "running_mean", "running_var"),
    "repr": lambda ref, i, p: ref.call(repr, i["self"]),
    "schema": schema,
    "result_type": lambda ref, i, p: ref.method(
        torch, "result_type", i["a"], i["b"] if "b" in i else load_parameter(p["b"])),
    "promote_types": lambda ref, i, p: ref.method(
        torch, "promote_types", load_parameter(p["a"]), load_parameter(p["b"])),
    "network": network,
    "training": training,
    "update": update,
    "learning_rates": learning_rates,
    "loader": batches,
    "random_split": random_split,
    "clip_grad_norm_": clip_grad_norm,
    "uniform": uniform,
    "generator_state": generator_state,
    "chain": chain,
    "reentrant": reentrant,
    "keyset": keyset,
    "dispatch_table": dispatch_table,
    "load_state_dict": load_state_dict,
    "load_pt": lambda ref, i, p: ref.method(torch, "load", io.BytesIO(i["file"]), weights_only=True),
    "refusal_pt": refusal_pt,
    "save_pt": save_pt,
}.items()}


def adapter(op):
    """The adapter of any operator that ATen has."""
    area, _, name = op.partition(".")
    if area != "tensor":
        return None
    packet, overload = packet_of(name)
    return operator(name) if packet is not None and overload in packet.overloads() else None
