"""Live PyTorch for the cases of the tensor crates.

    python tensor.py record DIR    fills every case's `expect` from PyTorch
    python tensor.py check DIR     computes them again and names each case that differs

An operator is called by its name and overload with the case's inputs and parameters; the few operations that are no
operator have an adapter of their own. Adapters translate and call; they compute nothing.
"""

import json
import pathlib
import sys
import warnings

import numpy
import torch
import torch.nn.functional as F

warnings.simplefilter("ignore")
torch.set_num_threads(1)


def encode_number(value, dtype):
    if dtype.is_floating_point:
        return str(numpy.float32(value)) if dtype == torch.float32 else repr(float(value))
    if dtype == torch.bool or abs(value) <= 2**53:
        return value
    return str(value)


def encode(value, layout=False):
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return [encode(v, layout) for v in value]
    value = value.detach()
    out = {"dtype": str(value.dtype), "sizes": list(value.shape)}
    if layout:
        out["strides"] = list(value.stride())
    out["data"] = [encode_number(v, value.dtype) for v in value.reshape(-1).tolist()]
    return out


def decode_tensor(spec):
    dtype = getattr(torch, spec["dtype"].removeprefix("torch."))
    data = [float(v) if dtype.is_floating_point else (v if dtype == torch.bool else int(v)) for v in spec["data"]]
    if "strides" in spec:
        return torch.tensor(data, dtype=dtype).as_strided(spec["sizes"], spec["strides"], spec.get("offset", 0))
    return torch.tensor(data, dtype=dtype).reshape(spec["sizes"])


def decode(value):
    if isinstance(value, dict) and "sizes" in value:
        return decode_tensor(value)
    if isinstance(value, list):
        return [decode(v) for v in value]
    return value


def decode_param(value):
    if isinstance(value, dict) and "seed" in value:
        return torch.Generator().manual_seed(value["seed"])
    if isinstance(value, dict) and "float" in value:
        return float(value["float"])
    if isinstance(value, str) and value.startswith("torch."):
        return getattr(torch, value.removeprefix("torch."))
    return value


def operator_of(name):
    base, _, overload = name.partition(".")
    return getattr(getattr(torch.ops.aten, base), overload or "default")


# Operations whose checks PyTorch makes in Python, before the operator.
PYTHON = {
    "binary_cross_entropy": lambda self, target, weight, reduction: F.binary_cross_entropy(
        self, target, weight, reduction=REDUCTIONS[reduction]),
    "binary_cross_entropy_with_logits": lambda self, target, weight, pos_weight, reduction:
        F.binary_cross_entropy_with_logits(
            self, target, weight, pos_weight=pos_weight, reduction=REDUCTIONS[reduction]),
    "batch_norm": lambda input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled:
        F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps),
}
REDUCTIONS = ["none", "mean", "sum"]


def layer(spec):
    kind, options = spec["layer"], spec.get("options", {})
    return getattr(torch.nn, kind)(**options)


def network(inputs, params):
    torch.manual_seed(params["seed"])
    net = torch.nn.Sequential(*[layer(s) for s in params["layers"]])
    net.train(params["training"])
    out = net(inputs["x"])
    return [out] + list(net.parameters()) + list(net.buffers())


def training(inputs, params):
    """Losses of each step, then the parameters, of a seeded network under an optimizer and a schedule."""
    torch.manual_seed(params["seed"])
    net = torch.nn.Sequential(*[layer(s) for s in params["layers"]])
    optimizer = getattr(torch.optim, params["optimizer"])(net.parameters(), **params["options"])
    loss = getattr(torch.nn, params["loss"])()
    schedule = params["schedule"]
    scheduler = schedule and getattr(torch.optim.lr_scheduler, schedule["name"])(optimizer, **schedule["options"])
    losses = []
    for _ in range(params["steps"]):
        optimizer.zero_grad()
        value = loss(net(inputs["x"]), inputs["y"])
        value.backward()
        if params["clip"] is not None:
            torch.nn.utils.clip_grad_norm_(net.parameters(), params["clip"])
        optimizer.step()
        if scheduler:
            scheduler.step()
        losses.append(value.detach())
    return [torch.stack(losses)] + list(net.parameters())


def update(inputs, params):
    """Parameters after each of the given gradients."""
    parameter = torch.nn.Parameter(inputs["parameter"])
    optimizer = getattr(torch.optim, params["optimizer"])([parameter], **params["options"])
    seen = []
    for grad in inputs["grads"]:
        parameter.grad = grad
        optimizer.step()
        seen.append(parameter.detach().clone())
    return seen


def learning_rates(inputs, params):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=params["lr"])
    scheduler = getattr(torch.optim.lr_scheduler, params["name"])(optimizer, **params["options"])
    rates = []
    for _ in range(params["epochs"]):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return torch.tensor(rates, dtype=torch.float64)


def loader(inputs, params):
    torch.manual_seed(params["seed"])
    data = torch.utils.data.TensorDataset(torch.arange(params["size"]))
    loader = torch.utils.data.DataLoader(
        data, batch_size=params["batch_size"], shuffle=params["shuffle"], drop_last=params["drop_last"])
    return [batch for _ in range(params["epochs"]) for (batch,) in loader]


def random_split(inputs, params):
    generator = torch.Generator().manual_seed(params["seed"])
    parts = torch.utils.data.random_split(range(params["size"]), params["lengths"], generator)
    return [torch.tensor(list(part.indices), dtype=torch.int64) for part in parts]


def clip_grad_norm(inputs, params):
    parameters = []
    for grad in inputs["grads"]:
        parameter = torch.nn.Parameter(torch.zeros_like(grad))
        parameter.grad = grad.clone()
        parameters.append(parameter)
    total = torch.nn.utils.clip_grad_norm_(parameters, params["max_norm"], params["norm_type"])
    return [total] + [p.grad for p in parameters]


def uniform(inputs, params):
    generator = torch.Generator().manual_seed(params["seed"])
    empty = torch.empty(params["size"], dtype=decode_param(params["dtype"]))
    return empty.uniform_(params["from"], params["to"], generator=generator)


def generator_state(inputs, params):
    generator = torch.Generator().manual_seed(params["seed"])
    torch.rand(params["draws"], generator=generator)
    if params["normals"]:
        torch.randn(params["normals"], generator=generator)
    return generator.get_state()


ADAPTERS = {
    "repr": lambda inputs, params: repr(inputs["self"]),
    "schema": lambda inputs, params: str(operator_of(params["name"])._schema).replace("aten::", ""),
    "result_type": lambda inputs, params: str(
        torch.result_type(inputs["a"], inputs.get("b", decode_param(params.get("b"))))),
    "promote_types": lambda inputs, params: str(
        torch.promote_types(decode_param(params["a"]), decode_param(params["b"]))),
    "network": network,
    "training": training,
    "update": update,
    "learning_rates": learning_rates,
    "loader": loader,
    "random_split": random_split,
    "clip_grad_norm_": clip_grad_norm,
    "uniform": uniform,
    "generator_state": generator_state,
}


def defaults(name, inputs, params):
    """Every parameter the operator has, in the words of its own schema."""
    full = {}
    for argument in operator_of(name)._schema.arguments:
        key = argument.name
        if key in inputs:
            continue
        if key in params:
            full[key] = params[key]
        elif argument.has_default_value() or str(argument.type).startswith("Optional"):
            value = argument.default_value if argument.has_default_value() else None
            if key == "dtype" and isinstance(value, int):
                value = "torch.int64"
            if key == "memory_format":
                continue
            full[key] = {"float": repr(value)} if isinstance(value, float) else value
    unknown = set(params) - set(full)
    if unknown:
        raise SystemExit(f"unknown parameters of {name}: {sorted(unknown)}")
    return full


def cotangent(out):
    """A gradient that is neither constant nor zero."""
    count = out.numel()
    values = [((i * 5 + 1) % 7 - 2.75) / 4 for i in range(count)]
    return torch.tensor(values, dtype=out.dtype).reshape(out.shape)


def wants_grad(case, name):
    wanted = case.get("grad", False)
    return name in wanted if isinstance(wanted, list) else wanted


def run(case):
    inputs = {k: decode(v) for k, v in case["inputs"].items()}
    layout = case.get("layout", False)
    try:
        if case["op"] in ADAPTERS:
            return {"value": encode(ADAPTERS[case["op"]](inputs, case["params"]), layout)}
        kwargs = {k: decode_param(v) for k, v in case["params"].items()}
        leaves = {}
        for key, value in inputs.items():
            for i, t in enumerate(value if isinstance(value, list) else [value]):
                if wants_grad(case, key) and t is not None and t.is_floating_point():
                    t.requires_grad_()
                    leaves[f"{key}.{i}" if isinstance(value, list) else key] = t
        before = {k: v.detach().clone() for k, v in inputs.items() if isinstance(v, torch.Tensor)}
        call = PYTHON.get(case["op"]) or operator_of(case["op"])
        out = call(**inputs, **kwargs)
    except SystemExit:
        raise
    except Exception as error:  # what PyTorch raises is the expectation
        kind = next(k for k in type(error).__mro__ if k.__module__ == "builtins")
        return {"error": {"class": kind.__name__, "message": str(error).split("\n")[0]}}
    expect = {"value": encode(out, layout)}
    written = {k: inputs[k] for k, v in before.items() if encode(v) != encode(inputs[k])}
    if written:
        expect["after"] = {k: encode(v) for k, v in written.items()}
    if case.get("grad"):
        outs = [o for o in (out if isinstance(out, (list, tuple)) else [out]) if o.requires_grad]
        cotangents = [cotangent(o) for o in outs]
        torch.autograd.backward(outs, cotangents)
        expect["cotangents"] = encode(cotangents)
        expect["grads"] = {k: encode(t.grad) for k, t in leaves.items()}
    return expect


def main():
    verb, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    passed, failed = 0, 0
    for path in sorted(folder.glob("*.json")):
        packet = json.loads(path.read_text())
        for case in packet["cases"]:
            if verb == "record" and case["op"] not in ADAPTERS:
                case["params"] = defaults(case["op"], case["inputs"], case["params"])
            expect = run(case)
            if verb == "record":
                case["expect"] = expect
                case["source"] = "oracle"
            if case.get("expect") == expect:
                passed += 1
            else:
                failed += 1
                print(f"{path.name}: {case['id']}: recorded {case.get('expect')}, now {expect}")
        if verb == "record":
            cases = ",\n".join(json.dumps(case) for case in packet.pop("cases"))
            head = json.dumps(packet, indent=1)[:-2]
            path.write_text(f'{head},\n "cases": [\n{cases}\n]}}\n')
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or passed == 0 else 0)


if __name__ == "__main__":
    main()
