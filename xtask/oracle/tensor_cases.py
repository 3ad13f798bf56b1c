"""Writes the inputs of the tensor cases: python tensor_cases.py DIR, then python tensor.py record DIR."""

import json
import pathlib
import re
import sys

F32, F64, I64, I32, I16, I8, U8, BOOL = (
    f"torch.{name}" for name in "float32 float64 int64 int32 int16 int8 uint8 bool".split())
SPECIAL = [float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1e-40, 1e30, -2.5, 0.5, 1.5, 20.5]


def flat(values):
    return [x for v in values for x in flat(v)] if isinstance(values, list) else [values]


def shape(values):
    return [len(values)] + (shape(values[0]) if values else []) if isinstance(values, list) else []


def t(values, dtype=F32, sizes=None, strides=None, offset=0):
    data = flat(values)
    if dtype in (F32, F64):
        data = [repr(float(v)) for v in data]
    spec = {"dtype": dtype, "sizes": shape(values) if sizes is None else sizes}
    if strides is not None:
        spec |= {"strides": strides, "offset": offset}
    return spec | {"data": data}


def ramp(*sizes, dtype=F32, start=3, low=-1.7, step=0.37):
    count = 1
    for s in sizes:
        count *= s
    if dtype in (F32, F64):
        values = [round(((i * 7 + start) % 11) * step + low + i * 0.013, 4) for i in range(count)]
    elif dtype == BOOL:
        values = [(i * 7 + start) % 3 == 0 for i in range(count)]
    else:
        values = [(i * 7 + start) % 11 - (0 if dtype == U8 else 5) for i in range(count)]
    return t(values, dtype, list(sizes))


def fl(value):
    return {"float": repr(float(value))}


class Packet:
    def __init__(self, name, title, tolerance=None):
        self.name, self.title, self.tolerance, self.cases, self.seen = name, title, tolerance or {}, [], {}

    def add(self, op, inputs, params=None, kind="happy", **flags):
        stem = re.sub(r"[^a-z0-9]+", "_", op.lower())
        self.seen[stem] = self.seen.get(stem, 0) + 1
        case = {"id": f"{stem}_{self.seen[stem]}", "op": op, "class": kind, "inputs": inputs, "params": params or {}}
        self.cases.append(case | flags)

    def write(self, folder):
        packet = {"packet": f"tensor/{self.name}", "title": self.title, "tolerance": self.tolerance}
        (folder / f"{self.name}.json").write_text(json.dumps(packet | {"cases": self.cases}))


ELEMENTARY = {"torch.float32": [3e-7, 1e-37], "torch.float64": [1e-14, 1e-300]}
SUMS = {"torch.float32": [1e-6, 1e-7], "torch.float64": [1e-14, 1e-15]}
LOSSES = {"torch.float32": [2e-6, 1e-6], "torch.float64": [1e-13, 1e-14]}


def unary():
    names = ("abs neg exp log log2 log10 log1p expm1 sqrt rsqrt square reciprocal sigmoid tanh relu silu erf sin cos tan "
             "floor ceil round trunc sign isnan isinf isfinite logical_not log_sigmoid gelu leaky_relu softplus "
             "elu").split()
    exact = "abs neg sqrt square reciprocal relu floor ceil round trunc sign".split()
    loose = {n: LOSSES for n in names if n not in exact and not n.startswith(("is", "logical"))}
    loose["sqrt"] = {"torch.float64": [3e-16, 0]}
    loose |= {f"{n} gradient": ELEMENTARY for n in ("sqrt", "reciprocal", "square")}
    p = Packet("unary", "Elementwise operators of one operand", loose)
    for n in names:
        op = n
        differentiable = not n.startswith(("is", "logical"))
        domain = ramp(2, 3, low=0.2) if n in ("log", "log2", "log10", "sqrt", "rsqrt") else ramp(2, 3)
        p.add(op, {"self": domain}, grad=differentiable)
        p.add(op, {"self": t([0.25, 1.0, 0.875, 2.0, 0.0625], F64)}, grad=differentiable)
        # PyTorch's vector loop gives nan for gelu(inf), its scalar loop inf.
        p.add(op, {"self": t([v for v in SPECIAL if n != "gelu" or v != float("inf")])}, kind="edge")
        p.add(op, {"self": t([3, -1, 0, 7], I64)}, kind="edge")
        p.add(op, {"self": t([3, 250], U8)}, kind="edge")
        p.add(op, {"self": t([True, False], BOOL)}, kind="adversarial")
        p.add(op, {"self": t([], F32, [0, 3])}, kind="edge")
        p.add(op, {"self": t([0.5], F32, [])}, kind="edge", grad=differentiable)
        p.add(op, {"self": t(ramp(6)["data"], F32, [3, 2], [1, 3])}, kind="edge", layout=True)
        p.add(op, {"self": t(ramp(9)["data"], F32, [2, 2], [4, 2], 1)}, kind="edge", layout=True)
    p.add("gelu", {"self": ramp(2, 3)}, {"approximate": "tanh"}, grad=True)
    p.add("gelu", {"self": ramp(2)}, {"approximate": "exact"}, kind="adversarial")
    p.add("leaky_relu", {"self": ramp(2, 3)}, {"negative_slope": fl(0.2)}, grad=True)
    p.add("softplus", {"self": t([-30.0, -1.0, 9.0, 11.0])}, {"beta": fl(2), "threshold": fl(20)}, grad=True)
    for low, high in [(-0.5, 0.5), (None, 0.3), (0.1, None), (2.0, 1.0), (None, None), (float("nan"), None)]:
        bounds = {"min": low if low is None else fl(low), "max": high if high is None else fl(high)}
        p.add("clamp", {"self": t([-1.0, -0.5, 0.2, 0.5, 1.0, float("nan")])}, bounds, grad=low == -0.5,
              kind="happy" if low == -0.5 else "edge")
    kinks = t([-0.5, 0.5, 0.0, 1.0])
    p.add("clamp_min", {"self": kinks}, {"min": fl(-0.5)}, grad=True, kind="edge")
    p.add("clamp_max", {"self": kinks}, {"max": fl(0.5)}, grad=True, kind="edge")
    p.add("clamp", {"self": kinks}, {"min": None, "max": fl(0.5)}, grad=True, kind="edge")
    p.add("clamp", {"self": t([1, 5, 9], I64)}, {"min": 2, "max": 7})
    p.add("clamp", {"self": t([1, 5, 9], I64)}, {"min": fl(2.5)}, kind="edge")
    for source in (F32, F64, I64, I32, U8, BOOL):
        for target in (F32, F64, I64, I32, I16, I8, U8, BOOL):
            values = [0, 1, 1] if source == BOOL else [0, 1, 200] if source == U8 else [0, -1, 300, 70000]
            if source == BOOL:
                values = [bool(v) for v in values]
            if source in (F32, F64):
                values = [0.0, -1.5, 300.7, 3e9, float("nan")] if target in (F32, F64, BOOL) else [0.0, -1.5, 127.7]
            p.add("to.dtype", {"self": t(values, source)}, {"dtype": target})
    p.add("to.dtype", {"self": ramp(2, 2)}, {"dtype": F64}, grad=True)
    return p


def binary():
    arithmetic = "add sub mul div remainder fmod".split()
    compare = "eq ne lt le gt ge".split()
    names = [f"{n}.Tensor" for n in arithmetic + compare] + [
        "maximum", "minimum", "floor_divide", "pow.Tensor_Tensor", "logical_and", "logical_or", "logical_xor"]
    p = Packet("binary", "Elementwise operators of two operands, promotion and broadcasting", {
        "pow.Tensor_Tensor": LOSSES, "pow.Tensor_Scalar": LOSSES, "pow.Scalar": LOSSES, "div.Tensor": ELEMENTARY,
        "remainder.Tensor": ELEMENTARY, "fmod.Tensor": ELEMENTARY} | {
        f"{n} gradient": SUMS for n in ("add.Tensor", "sub.Tensor", "mul.Tensor", "div.Tensor", "maximum", "minimum",
                                        "where.self")})
    other = {"pow.Tensor_Tensor": "exponent"}
    for n in names:
        key = other.get(n, "other")
        differentiable = n.split(".")[0] not in compare + ["logical_and", "logical_or", "logical_xor", "floor_divide"]
        base = dict(low=0.2) if n.startswith("pow") else {}
        p.add(n, {"self": ramp(2, 3, **base), key: ramp(2, 3, start=5, low=-1.3)}, grad=differentiable)
        p.add(n, {"self": ramp(2, 1, 3, **base), key: ramp(4, 1, start=5, low=-1.3)}, grad=differentiable)
        p.add(n, {"self": ramp(3, dtype=F64, **base), key: t(1.5, F64, [])}, grad=differentiable)
        p.add(n, {"self": t([float("nan"), float("inf"), 1.0, -0.0, -7.0, 7.0]),
                  key: t([1.0, float("inf"), 0.0, 0.0, 2.0, -3.0])}, kind="edge")
        p.add(n, {"self": t([-7, 7, 4, -8], I64), key: t([2, -2, 3, 3], I64)}, kind="edge")
        p.add(n, {"self": t([1, 200], U8), key: t([100, 100], U8)}, kind="edge")
        p.add(n, {"self": t([True, False], BOOL), key: t([True, True], BOOL)}, kind="edge")
        p.add(n, {"self": t([1, 2], I32), key: t([1.5, 2.5], F32)}, kind="edge")
        p.add(n, {"self": t([1, 2], U8), key: t([-1, 3], I8)}, kind="edge")
        p.add(n, {"self": t([1.0, 2.0], F32), key: t(3.0, F64, [])}, kind="edge")
        p.add(n, {"self": t([1, 2], I64), key: t(2.5, F32, [])}, kind="edge")
        p.add(n, {"self": ramp(2, 3), key: ramp(2, 4)}, kind="adversarial")
        p.add(n, {"self": ramp(0, 3), key: ramp(3)}, kind="edge")
        p.add(n, {"self": t(ramp(6, **base)["data"], F32, [2, 3], [1, 2]),
                  key: t(ramp(6, start=4, **base)["data"], F32, [2, 3], [1, 2])}, kind="edge", layout=True)
        p.add(n, {"self": t(ramp(6, **base)["data"], F32, [2, 3], [1, 2]), key: ramp(3, low=0.3)}, kind="edge",
              layout=True)
    for n in "floor_divide remainder.Tensor fmod.Tensor div.Tensor".split():
        p.add(n, {"self": t([1, 2], I64), "other": t([1, 0], I64)}, kind="adversarial")
    for mode in ("floor", "trunc", None, "round"):
        p.add("div.Tensor_mode", {"self": t([-7.0, 7.0, 5.5]), "other": t([2.0, 2.0, -2.0])}, {"rounding_mode": mode},
              grad=mode is None, kind="adversarial" if mode == "round" else "happy")
        p.add("div.Scalar_mode", {"self": t([-7, 7, 5], I64)}, {"other": 2, "rounding_mode": mode},
              kind="adversarial" if mode == "round" else "happy")
    for n in "add sub mul div remainder fmod floor_divide rsub".split() + compare:
        op = f"{n}.Scalar"
        differentiable = n in "add sub mul div remainder fmod rsub".split()
        p.add(op, {"self": ramp(2, 3)}, {"other": fl(1.5)}, grad=differentiable)
        p.add(op, {"self": t([1, -2, 3], I64)}, {"other": 2})
        p.add(op, {"self": t([1, 2, 3], I64)}, {"other": fl(2.5)}, kind="edge")
        p.add(op, {"self": t([1, 200], U8)}, {"other": 300}, kind="edge")
        p.add(op, {"self": t([True, False], BOOL)}, {"other": 1}, kind="edge")
        p.add(op, {"self": t([True, False], BOOL)}, {"other": True}, kind="edge")
    for n in ("add", "sub"):
        p.add(f"{n}.Tensor", {"self": ramp(3), "other": ramp(3, start=1)}, {"alpha": fl(0.5)}, grad=True)
        p.add(f"{n}.Tensor", {"self": t([1], I64), "other": t([2], I64)}, {"alpha": fl(0.5)}, kind="adversarial")
        p.add(f"{n}.Tensor", {"self": t([1], I64), "other": t([2], I64)}, {"alpha": True}, kind="adversarial")
    for e in (0, 1, 2, 3, -1, -2, fl(0.5), fl(-0.5), fl(2.5), fl(0), fl(1.7)):
        p.add("pow.Tensor_Scalar", {"self": ramp(2, 3, low=0.3)}, {"exponent": e}, grad=True)
    p.add("pow.Tensor_Scalar", {"self": t([2, 1, -1], I64)}, {"exponent": -1}, kind="adversarial")
    p.add("pow.Tensor_Scalar", {"self": t([2, 1, -1], I64)}, {"exponent": 3})
    p.add("pow.Tensor_Scalar", {"self": t([0.0, -0.0, -2.0])}, {"exponent": fl(0.5)}, kind="edge")
    p.add("pow.Tensor_Tensor", {"self": t([2, 1, -1], I64), "exponent": t([-1, -3, -3], I64)}, kind="edge")
    p.add("pow.Tensor_Tensor", {"self": t([0.0, 0.0, 2.0]), "exponent": t([0.0, 2.0, 0.0])}, kind="edge", grad=True)
    p.add("pow.Scalar", {"exponent": ramp(3)}, {"self": fl(2)}, grad=True)
    p.add("pow.Scalar", {"exponent": t([0.0, 1.0, 2.0])}, {"self": 0}, grad=True, kind="edge")
    p.add("maximum", {"self": t([1.0, 2.0, float("nan")]), "other": t([1.0, 3.0, 0.0])}, grad=True, kind="edge")
    p.add("minimum", {"self": t([1.0, 2.0, float("nan")]), "other": t([1.0, 3.0, 0.0])}, grad=True, kind="edge")
    mask = t([True, False, True], BOOL)
    p.add("where.self", {"condition": mask, "self": ramp(3), "other": ramp(2, 1, start=7)}, grad=True)
    p.add("where.self", {"condition": mask, "self": t([1, 2, 3], I64), "other": ramp(3)})
    p.add("where.self", {"condition": t([1, 0, 1], U8), "self": ramp(3), "other": ramp(3, start=1)}, kind="edge")
    p.add("where.self", {"condition": t([1, 0, 1], I64), "self": ramp(3), "other": ramp(3)}, kind="adversarial")
    p.add("where.ScalarOther", {"condition": mask, "self": ramp(3)}, {"other": fl(2)}, grad=True)
    p.add("where.ScalarOther", {"condition": mask, "self": t([1, 2, 3], I32)}, {"other": fl(2.5)}, kind="edge")
    p.add("where.ScalarSelf", {"condition": mask, "other": ramp(3)}, {"self": 0}, grad=True)
    p.add("where.Scalar", {"condition": mask}, {"self": 1, "other": fl(2.5)}, kind="edge")
    p.add("masked_fill.Scalar", {"self": ramp(2, 3), "mask": mask}, {"value": fl(9)}, grad=True)
    p.add("masked_fill.Scalar", {"self": ramp(3), "mask": t([1, 0, 1], I64)}, {"value": 0}, kind="adversarial")
    p.add("masked_fill.Scalar", {"self": t([1, 2, 3], I64), "mask": mask}, {"value": fl(1.5)}, kind="adversarial")
    for op, key in [("add_.Tensor", "other"), ("sub_.Tensor", "other"), ("mul_.Tensor", "other"),
                    ("div_.Tensor", "other"), ("copy_", "src")]:
        p.add(op, {"self": ramp(2, 3), key: ramp(3, start=6)})
        p.add(op, {"self": t(ramp(9)["data"], F32, [2, 2], [4, 2], 1), key: t([[1.0, 2.0], [3.0, 4.0]])}, kind="edge")
        p.add(op, {"self": t([1, 2], I64), key: t([1.5, 2.5])}, kind="adversarial")
        p.add(op, {"self": ramp(3), key: ramp(2, 3)}, kind="adversarial")
        p.add(op, {"self": t([1.0], F32, [3], [0]), key: ramp(3)}, kind="adversarial")
    p.add("fill_.Scalar", {"self": ramp(2, 3)}, {"value": fl(2.5)})
    p.add("zero_", {"self": ramp(2, 3)})
    return p


def views():
    p = Packet("views", "Views, copies and their strides")

    def both(op, source, params, kind="happy", grad=True):
        p.add(op, {"self": source}, params, kind, layout=True, grad=grad)

    a = ramp(2, 3, 4)
    transposed = t(ramp(6)["data"], F32, [3, 2], [1, 3])
    for sizes in ([6, 4], [-1, 2], [24], [2, 3, 2, 2], [1, 2, 3, 4]):
        both("view", a, {"size": sizes})
        both("reshape", a, {"shape": sizes})
    for sizes, kind in (([5, 5], "adversarial"), ([-1, -1], "adversarial"), ([-1, 5], "adversarial"),
                        ([-2, 12], "adversarial")):
        both("view", a, {"size": sizes}, kind, grad=False)
        both("reshape", a, {"shape": sizes}, kind, grad=False)
    both("view", transposed, {"size": [6]}, "adversarial", grad=False)
    both("view", transposed, {"size": [3, 1, 2]})
    both("reshape", transposed, {"shape": [6]})
    both("view", t([], F32, [0, 3]), {"size": [3, 0]}, "edge")
    both("reshape", t([], F32, [0, 3]), {"shape": [-1, 0]}, "adversarial", grad=False)
    both("view", t([1.5], F32, []), {"size": [1, 1]}, "edge")
    both("permute", a, {"dims": [2, 0, 1]})
    both("permute", a, {"dims": [-1, 0, 1]})
    both("permute", a, {"dims": [0, 1]}, "adversarial", grad=False)
    both("permute", a, {"dims": [0, 0, 1]}, "adversarial", grad=False)
    both("permute", a, {"dims": [0, 1, 3]}, "adversarial", grad=False)
    both("transpose.int", a, {"dim0": 0, "dim1": -1})
    both("transpose.int", a, {"dim0": 0, "dim1": 3}, "adversarial", grad=False)
    both("t", ramp(2, 3), {})
    both("t", ramp(3), {}, "edge")
    both("t", a, {}, "adversarial", grad=False)
    both("narrow", a, {"dim": 1, "start": 1, "length": 2})
    both("narrow", a, {"dim": 1, "start": -1, "length": 1})
    for bad in ({"dim": 1, "start": 2, "length": 2}, {"dim": 3, "start": 0, "length": 1},
                {"dim": 1, "start": 4, "length": 0}, {"dim": 1, "start": 0, "length": -1}):
        both("narrow", a, bad, "adversarial", grad=False)
    both("select.int", a, {"dim": 1, "index": -1})
    both("select.int", a, {"dim": 0, "index": 2}, "adversarial", grad=False)
    both("select.int", t([1.0], F32, []), {"dim": 0, "index": 0}, "adversarial", grad=False)
    both("slice.Tensor", a, {"dim": 2, "start": 1, "end": 4, "step": 2})
    both("slice.Tensor", a, {"dim": 2, "start": -3, "end": 100})
    both("slice.Tensor", a, {"dim": 2, "start": 3, "end": 1}, "edge")
    both("slice.Tensor", a, {"dim": 2, "step": 0}, "adversarial", grad=False)
    both("slice.Tensor", a, {"dim": 2, "step": -1}, "adversarial", grad=False)
    b = ramp(1, 3, 1, 2)
    both("squeeze", b, {})
    both("squeeze.dim", b, {"dim": 0})
    both("squeeze.dim", b, {"dim": 1}, "edge")
    both("squeeze.dim", b, {"dim": 4}, "adversarial", grad=False)
    both("squeeze.dims", b, {"dim": [0, 2]})
    for dim in (0, 1, 3, -1, -4):
        both("unsqueeze", a, {"dim": dim})
    both("unsqueeze", a, {"dim": 4}, "adversarial", grad=False)
    both("expand", ramp(2, 1, 3), {"size": [4, 2, 5, 3]})
    both("expand", ramp(2, 1, 3), {"size": [2, -1, -1]})
    both("expand", ramp(2, 3), {"size": [2, 4]}, "adversarial", grad=False)
    both("expand", ramp(2, 3), {"size": [3]}, "adversarial", grad=False)
    both("expand", ramp(2, 3), {"size": [-1, 2, 3]}, "adversarial", grad=False)
    both("flatten.using_ints", a, {})
    both("flatten.using_ints", a, {"start_dim": 1})
    both("flatten.using_ints", t([1.0], F32, []), {}, "edge")
    both("flatten.using_ints", a, {"start_dim": 2, "end_dim": 0}, "adversarial", grad=False)
    both("split.Tensor", ramp(5, 2), {"split_size": 2})
    both("split.Tensor", ramp(2, 5), {"split_size": 3, "dim": 1})
    both("split.Tensor", ramp(2, 5), {"split_size": 0}, "adversarial", grad=False)
    both("split.Tensor", ramp(2, 5), {"split_size": -1}, "adversarial", grad=False)
    both("split_with_sizes", ramp(5, 2), {"split_sizes": [1, 4]})
    both("split_with_sizes", ramp(5, 2), {"split_sizes": [1, 3]}, "adversarial", grad=False)
    both("split_with_sizes", ramp(5, 2), {"split_sizes": [6, -1]}, "adversarial", grad=False)
    both("chunk", ramp(5), {"chunks": 4})
    both("chunk", ramp(7, 2), {"chunks": 3})
    both("chunk", ramp(7, 2), {"chunks": 0}, "adversarial", grad=False)
    both("unbind.int", ramp(2, 3), {"dim": 1})
    both("unbind.int", t([1.0], F32, []), {}, "adversarial", grad=False)
    both("clone", transposed, {})
    both("contiguous", transposed, {})
    return p


def reductions():
    loose = "sum sum.dim_IntList mean mean.dim var.correction std.correction prod prod.dim_int logsumexp " \
            "linalg_vector_norm softmax.int log_softmax.int cumsum amax amin max min".split()
    p = Packet("reductions", "Reductions, scans and softmax", {n: LOSSES for n in loose})
    a, b = ramp(2, 3), ramp(2, 3, 4)
    long = ramp(3, 67)
    nan = t([1.0, float("nan"), 3.0, float("nan")])
    ints, bools, bytes_ = ramp(2, 3, dtype=I64), ramp(2, 3, dtype=BOOL), ramp(2, 3, dtype=U8)
    for op in "sum mean prod max min any all argmax argmin".split():
        grad = op not in ("any", "all", "argmax", "argmin")
        p.add(op, {"self": a}, grad=grad)
        p.add(op, {"self": ramp(3, dtype=F64)}, grad=grad)
        for source in (nan, t([], F32, [0]), t([2.5], F32, []), t([float("-inf"), float("inf")]), ints, bools, bytes_,
                       t([1.0, 3.0, 3.0]), t([0.0, 2.0, 3.0]), t([0.0, 2.0, 0.0])):
            p.add(op, {"self": source}, kind="edge", grad=grad and source["dtype"] == F32 and "nan" not in source["data"]
                  and not (source["sizes"] == [0]))
        if op != "prod":
            p.add(op, {"self": t(long["data"], F32, [67, 3], [1, 67])}, kind="edge")
    for op in ("sum.dim_IntList", "mean.dim", "amax", "amin", "logsumexp"):
        for dims, keep in (([0], False), ([1], True), ([0, 2], False), ([-1], False), ([2, 0, 1], True)):
            p.add(op, {"self": b}, {"dim": dims, "keepdim": keep}, grad=True)
        p.add(op, {"self": b}, {"dim": []}, kind="edge", grad=op != "logsumexp")
        p.add(op, {"self": b}, {"dim": [0, 0]}, kind="adversarial")
        p.add(op, {"self": b}, {"dim": [3]}, kind="adversarial")
        p.add(op, {"self": t([], F32, [0, 3])}, {"dim": [1]}, kind="edge")
        p.add(op, {"self": t([], F32, [0, 3])}, {"dim": [0]}, kind="edge")
        p.add(op, {"self": t([1.5], F32, [])}, {"dim": [0]}, kind="edge")
        p.add(op, {"self": t([1.5], F32, [])}, {"dim": [1]}, kind="adversarial")
        p.add(op, {"self": ints}, {"dim": [0]}, kind="edge")
        p.add(op, {"self": long}, {"dim": [0]}, kind="edge")
        p.add(op, {"self": long}, {"dim": [1]}, kind="edge")
    p.add("logsumexp", {"self": t([float("-inf"), float("-inf")])}, {"dim": [0]}, kind="edge")
    p.add("logsumexp", {"self": t([1000.0, 1000.0])}, {"dim": [0]}, kind="edge", grad=True)
    p.add("sum", {"self": ints}, {"dtype": F64})
    p.add("mean", {"self": ints}, {"dtype": F32})
    p.add("mean", {"self": ints}, {"dtype": I64}, kind="adversarial")
    for op in ("var.correction", "std.correction"):
        for params in ({}, {"dim": [1]}, {"dim": [0], "correction": 0}, {"dim": [0, 1], "keepdim": True},
                       {"dim": [1], "correction": fl(1.5)}):
            p.add(op, {"self": a}, params, grad=True)
        p.add(op, {"self": t([3.0])}, kind="edge")
        p.add(op, {"self": t([], F32, [0])}, kind="edge")
        p.add(op, {"self": ints}, kind="adversarial")
        p.add(op, {"self": t([2.0, 2.0, 2.0])}, kind="edge", grad=True)
    for op in ("prod.dim_int", "max.dim", "min.dim", "any.dim", "all.dim", "argmax", "argmin"):
        grad = op in ("prod.dim_int", "max.dim", "min.dim")
        for dim, keep in ((0, False), (1, True), (-1, False)):
            p.add(op, {"self": b}, {"dim": dim, "keepdim": keep}, grad=grad)
        p.add(op, {"self": t([[1.0, 3.0, 3.0], [float("nan"), 1.0, 2.0]])}, {"dim": 1}, kind="edge")
        p.add(op, {"self": t([], F32, [0, 3])}, {"dim": 0}, kind="edge")
        p.add(op, {"self": t([], F32, [0, 3])}, {"dim": 1}, kind="edge")
        p.add(op, {"self": t([2.5], F32, [])}, {"dim": 0}, kind="edge", grad=grad)
        p.add(op, {"self": b}, {"dim": 3}, kind="adversarial")
        p.add(op, {"self": ints}, {"dim": 0}, kind="edge")
        p.add(op, {"self": bools}, {"dim": 0}, kind="edge")
    for order in (2, 1, 0, fl("inf"), fl("-inf"), 3, fl(0.5)):
        p.add("linalg_vector_norm", {"self": a}, {"ord": order}, grad=True)
        p.add("linalg_vector_norm", {"self": a}, {"ord": order, "dim": [1], "keepdim": True}, grad=True)
    p.add("linalg_vector_norm", {"self": t([0.0, 0.0])}, kind="edge", grad=True)
    p.add("linalg_vector_norm", {"self": ints}, kind="adversarial")
    for op in ("softmax.int", "log_softmax.int"):
        for dim in (0, 1, -1):
            p.add(op, {"self": b}, {"dim": dim}, grad=True)
        p.add(op, {"self": t([float("-inf"), float("-inf")])}, {"dim": 0}, kind="edge")
        p.add(op, {"self": t([1000.0, 0.0, float("-inf")])}, {"dim": 0}, kind="edge", grad=True)
        p.add(op, {"self": t([float("nan"), 0.0])}, {"dim": 0}, kind="edge")
        p.add(op, {"self": t([1.5], F32, [])}, {"dim": 0}, kind="edge")
        p.add(op, {"self": t([], F32, [0, 3])}, {"dim": 1}, kind="edge")
        p.add(op, {"self": ints}, {"dim": 1}, kind="adversarial")
        p.add(op, {"self": ints}, {"dim": 0}, kind="adversarial")
        p.add(op, {"self": ints}, {"dim": 0, "dtype": F64}, kind="edge")
        p.add(op, {"self": a}, {"dim": 2}, kind="adversarial")
    for source in (b, ints, bools, t([1.5], F32, []), t([], F32, [0, 3])):
        for dim in (0, -1):
            p.add("cumsum", {"self": source}, {"dim": dim}, grad=source is b)
    p.add("cumsum", {"self": a}, {"dim": 2}, kind="adversarial")
    return p


def products():
    names = "matmul mm bmm addmm linear dot mv".split()
    p = Packet("products", "Matrix products", {n: LOSSES for n in names})
    pairs = [([2, 3], [3, 4]), ([17, 33], [33, 9]), ([1, 5], [5, 1]), ([0, 3], [3, 2]), ([2, 0], [0, 2])]
    for a, b in pairs:
        p.add("mm", {"self": ramp(*a), "mat2": ramp(*b, start=5)}, grad=True)
        p.add("matmul", {"self": ramp(*a), "other": ramp(*b, start=5)}, grad=True)
    p.add("mm", {"self": t(ramp(6)["data"], F32, [2, 3], [1, 2]), "mat2": t(ramp(12)["data"], F32, [3, 4], [1, 3])},
          layout=True)
    p.add("mm", {"self": ramp(2, 3, dtype=I64), "mat2": ramp(3, 2, dtype=I64)})
    p.add("mm", {"self": ramp(2, 3, dtype=F64), "mat2": ramp(3, 2, dtype=F64)}, grad=True)
    p.add("mm", {"self": ramp(2, 600), "mat2": ramp(600, 3)})
    for a, b in (([2, 3], [2, 3]), ([3], [3, 2]), ([2, 3], [3])):
        p.add("mm", {"self": ramp(*a), "mat2": ramp(*b)}, kind="adversarial")
    p.add("mm", {"self": ramp(2, 3), "mat2": ramp(3, 2, dtype=F64)}, kind="adversarial")
    p.add("mm", {"self": ramp(2, 3, dtype=BOOL), "mat2": ramp(3, 2, dtype=BOOL)}, kind="adversarial")
    for a, b in (([3], [3]), ([3], [3, 2]), ([2, 3], [3]), ([2, 2, 3], [3, 4]), ([2, 2, 3], [3]), ([3], [2, 3, 2]),
                 ([2, 1, 2, 3], [3, 3, 2]), ([2, 3, 4], [2, 4, 2])):
        p.add("matmul", {"self": ramp(*a), "other": ramp(*b, start=6)}, grad=True)
    for a, b in (([3], [4]), ([2, 3], [4]), ([2, 2, 3], [4, 3]), ([], [3]), ([2, 2, 3], [3, 3, 2]), ([2, 3], [2, 3])):
        p.add("matmul", {"self": ramp(*a), "other": ramp(*b)}, kind="adversarial")
    p.add("bmm", {"self": ramp(2, 2, 3), "mat2": ramp(2, 3, 2, start=6)}, grad=True)
    for a, b in (([2, 3], [2, 3, 2]), ([2, 2, 3], [2, 3]), ([2, 2, 3], [3, 3, 2]), ([2, 2, 3], [2, 2, 2])):
        p.add("bmm", {"self": ramp(*a), "mat2": ramp(*b)}, kind="adversarial")
    one = {"self": ramp(3), "mat1": ramp(2, 4), "mat2": ramp(4, 3, start=6)}
    p.add("addmm", one, grad=True)
    p.add("addmm", one, {"beta": fl(0.5), "alpha": fl(2)}, grad=True)
    p.add("addmm", one | {"self": t([float("nan")] * 3)}, {"beta": 0}, kind="edge")
    p.add("addmm", one | {"mat2": ramp(5, 3)}, kind="adversarial")
    p.add("addmm", one | {"self": ramp(4)}, kind="adversarial")
    p.add("addmm", one | {"self": ramp(3, dtype=F64)}, kind="adversarial")
    for x in ([3], [2, 3], [2, 2, 3]):
        p.add("linear", {"input": ramp(*x), "weight": ramp(4, 3, start=6), "bias": ramp(4)}, grad=True)
        p.add("linear", {"input": ramp(*x), "weight": ramp(4, 3, start=6)}, {"bias": None}, grad=True)
    p.add("linear", {"input": ramp(2, 4), "weight": ramp(4, 3), "bias": ramp(4)}, kind="adversarial")
    p.add("dot", {"self": ramp(5), "tensor": ramp(5, start=6)}, grad=True)
    p.add("dot", {"self": ramp(5), "tensor": ramp(4)}, kind="adversarial")
    p.add("dot", {"self": ramp(5), "tensor": ramp(1, 5)}, kind="adversarial")
    p.add("dot", {"self": ramp(5), "tensor": ramp(5, dtype=F64)}, kind="adversarial")
    p.add("mv", {"self": ramp(2, 3), "vec": ramp(3, start=6)}, grad=True)
    p.add("mv", {"self": ramp(2, 3), "vec": ramp(2)}, kind="adversarial")
    return p


def indexing():
    p = Packet("indexing", "Joining, indexing and sorting")
    p.add("cat", {"tensors": [ramp(2, 3), ramp(1, 3, start=6)]}, grad=True)
    p.add("cat", {"tensors": [ramp(2, 3), ramp(2, 1, start=6)]}, {"dim": -1}, grad=True)
    p.add("cat", {"tensors": [ramp(2), ramp(2, dtype=I64)]}, kind="edge")
    p.add("cat", {"tensors": [t([], F32, [0]), ramp(2, 3)]}, {"dim": 1}, kind="edge", grad=True)
    p.add("cat", {"tensors": [t([], F32, [0]), t([], F32, [0])]}, kind="edge")
    for bad in ([], [ramp(2, 3), ramp(3, 2)], [ramp(2), ramp(2, 1)], [t([1.0], F32, []), ramp(1)]):
        p.add("cat", {"tensors": bad}, kind="adversarial")
    p.add("cat", {"tensors": [ramp(2)]}, {"dim": 1}, kind="adversarial")
    p.add("stack", {"tensors": [ramp(2, 3), ramp(2, 3, start=6)]}, grad=True)
    p.add("stack", {"tensors": [ramp(2), ramp(2, start=6)]}, {"dim": -1}, grad=True)
    p.add("stack", {"tensors": []}, kind="adversarial")
    p.add("stack", {"tensors": [ramp(2), ramp(3)]}, kind="adversarial")
    p.add("stack", {"tensors": [ramp(2), ramp(2)]}, {"dim": 2}, kind="adversarial")
    a, b = ramp(3, 4), ramp(2, 3, 4)
    ix = t([0, 2, 2], I64)
    p.add("index_select", {"self": a, "index": ix}, {"dim": 0}, grad=True)
    p.add("index_select", {"self": b, "index": t([1, 0], I32)}, {"dim": -1}, grad=True)
    p.add("index_select", {"self": a, "index": t([], I64, [0])}, {"dim": 0}, kind="edge")
    for index in (t([3], I64), t([-1], I64), t([[0]], I64), t([0.0])):
        p.add("index_select", {"self": a, "index": index}, {"dim": 0}, kind="adversarial")
    p.add("gather", {"self": a, "index": t([[0, 2, 1], [1, 1, 0]], I64)}, {"dim": 0}, grad=True)
    p.add("gather", {"self": a, "index": t([[0, 3], [1, 1], [2, 0]], I64)}, {"dim": 1}, grad=True)
    for index in (t([[4]], I64), t([[-1]], I64), t([0], I64), t([[0]], F32), t([[0], [0], [0], [0]], I64)):
        p.add("gather", {"self": a, "index": index}, {"dim": 1}, kind="adversarial")
    p.add("scatter_add", {"self": a, "index": t([[0, 0], [1, 3]], I64), "src": ramp(2, 2, start=6)}, {"dim": 1},
          grad=True)
    p.add("gather", {"self": a, "index": t([[0], [3]], I32)}, {"dim": 1}, kind="edge", grad=True)
    p.add("scatter_add", {"self": a, "index": t([[0.0]]), "src": ramp(1, 1)}, {"dim": 1}, kind="adversarial")
    p.add("scatter_add", {"self": a, "index": t([[4]], I64), "src": ramp(1, 1)}, {"dim": 1}, kind="adversarial")
    mask = t([[True, False, True, False]] * 3, BOOL)
    p.add("masked_select", {"self": a, "mask": mask}, grad=True)
    p.add("masked_select", {"self": a, "mask": t([True, False, False, True], BOOL)}, grad=True)
    p.add("masked_select", {"self": a, "mask": t([1, 0, 0, 1], U8)}, kind="adversarial")
    p.add("masked_select", {"self": a, "mask": t([True, False], BOOL)}, kind="adversarial")
    for indices in ([ix], [None, ix], [ix, ix], [t([[0], [1]], I64), t([0, 2], I64)], [t([-1, 0], I64)],
                    [t([True, False, True], BOOL)], [mask], [None, t([True, False, False, True], BOOL)],
                    [t([1, 0, 1], U8)], [t([], I64, [0])], [t(1, I64, [])]):
        p.add("index.Tensor", {"self": a, "indices": indices}, grad=True)
    for indices in ([t([0, 1], I64), None, t([1, 3], I64)], [None, t([0, 2], I64)], [None, t([0, 1], I64), t([3, 0], I64)]):
        p.add("index.Tensor", {"self": b, "indices": indices}, grad=True)
    for indices in ([t([3], I64)], [t([-4], I64)], [t([0.5])], [t([0, 1], I64), t([0, 1, 2], I64)],
                    [t([True, False], BOOL)], [ix, ix, ix]):
        p.add("index.Tensor", {"self": a, "indices": indices}, kind="adversarial")
    for source in (a, mask, t([0, 3, 0], I64), t([0.0, float("nan")]), t([], F32, [0, 2])):
        p.add("nonzero", {"self": source})
    p.add("embedding", {"weight": a, "indices": t([[0, 2], [2, 1]], I64)}, grad=True)
    p.add("embedding", {"weight": a, "indices": t([0, 2, 1], I64)}, {"padding_idx": 2}, grad=True)
    p.add("embedding", {"weight": a, "indices": t([3], I64)}, kind="adversarial")
    p.add("embedding", {"weight": a, "indices": t([1.0])}, kind="adversarial")
    p.add("embedding", {"weight": ramp(3), "indices": t([1], I64)}, kind="adversarial")
    p.add("one_hot", {"self": t([0, 2, 1], I64)})
    p.add("one_hot", {"self": t([[0], [1]], I64)}, {"num_classes": 3})
    for source, classes in ((t([-1], I64), -1), (t([3], I64), 3), (t([0], I32), -1), (t([], I64, [0]), -1),
                            (t([0], I64), 0)):
        p.add("one_hot", {"self": source}, {"num_classes": classes}, kind="adversarial")
    nan = t([2.0, float("nan"), -1.0, float("inf"), 0.5])
    for descending in (False, True):
        p.add("sort", {"self": a}, {"descending": descending}, grad=True)
        p.add("sort", {"self": b}, {"dim": 1, "descending": descending}, grad=True)
        p.add("sort", {"self": nan}, {"descending": descending}, kind="edge")
        p.add("argsort", {"self": nan}, {"descending": descending}, kind="edge")
        p.add("topk", {"self": a}, {"k": 2, "largest": descending}, grad=True)
        p.add("topk", {"self": nan}, {"k": 3, "largest": descending}, kind="edge")
    p.add("sort", {"self": t([2, 1, 2, 1], I64)}, kind="edge")
    p.add("sort", {"self": t([True, False, True], BOOL)}, kind="edge")
    p.add("sort", {"self": t([1.5], F32, [])}, kind="edge")
    p.add("sort", {"self": t([], F32, [0, 2])}, kind="edge")
    p.add("sort", {"self": a}, {"dim": 2}, kind="adversarial")
    p.add("topk", {"self": a}, {"k": 5}, kind="adversarial")
    p.add("topk", {"self": a}, {"k": -1}, kind="adversarial")
    p.add("topk", {"self": a}, {"k": 0}, kind="edge")
    p.add("topk", {"self": b}, {"k": 1, "dim": 0}, grad=True)
    return p


def creation():
    p = Packet("creation", "Creation and random streams", {
        "linspace": ELEMENTARY, "randn.generator": {"torch.float64": [1e-14, 1e-16], "torch.float32": [3e-7, 1e-7]}})
    p.add("arange", {}, {"end": 5})
    p.add("arange", {}, {"end": fl(2.5)})
    p.add("arange", {}, {"end": 0}, kind="edge")
    p.add("arange", {}, {"end": -1}, kind="adversarial")
    p.add("arange.start", {}, {"start": 2, "end": 5, "dtype": F64})
    for start, end, step in ((0, 10, 3), (5, 0, -2), (fl(0), fl(1), fl(0.1)), (fl(1), fl(2), fl(0.3)), (0, 1, 0),
                             (0, 5, -1), (0, fl("inf"), 1)):
        p.add("arange.start_step", {}, {"start": start, "end": end, "step": step})
    for steps in (0, 1, 2, 5, 11):
        p.add("linspace", {}, {"start": fl(-1), "end": fl(2), "steps": steps})
    p.add("linspace", {}, {"start": 0, "end": 10, "steps": 5, "dtype": F64})
    p.add("linspace", {}, {"start": 0, "end": 1, "steps": -1}, kind="adversarial")
    for op in ("zeros", "ones"):
        p.add(op, {}, {"size": [2, 3]})
        p.add(op, {}, {"size": [], "dtype": I64})
        p.add(op, {}, {"size": [0, 2], "dtype": BOOL})
        p.add(op, {}, {"size": [-1]}, kind="adversarial")
    p.add("full", {}, {"size": [2], "fill_value": 1})
    p.add("full", {}, {"size": [2], "fill_value": fl(1.5)})
    p.add("full", {}, {"size": [2], "fill_value": True})
    p.add("full", {}, {"size": [2], "fill_value": 300, "dtype": U8}, kind="edge")
    for value, dtype in ((-3, U8), (fl(1.5), I64), (fl(1e40), F32), (2**40, I32), (fl("inf"), F32), (fl("nan"), I64)):
        p.add("full", {}, {"size": [1], "fill_value": value, "dtype": dtype}, kind="adversarial")
    p.add("eye", {}, {"n": 3})
    p.add("eye.m", {}, {"n": 2, "m": 3, "dtype": I64})
    p.add("eye", {}, {"n": -1}, kind="adversarial")
    for seed in (0, 42, 2**33 + 5):
        g = {"seed": seed}
        for dtype in (F32, F64):
            p.add("rand.generator", {}, {"size": [7], "generator": g, "dtype": dtype})
            for size in ([3], [16], [5, 5], [40]):
                p.add("randn.generator", {}, {"size": size, "generator": g, "dtype": dtype})
            p.add("uniform", {}, {"size": [9], "from": -0.3, "to": 0.7, "seed": seed, "dtype": dtype})
        p.add("randint.generator", {}, {"high": 10, "size": [6], "generator": g})
        for low, high in ((-5, 5), (0, 2**25 + 3), (0, 2**28), (0, 2**28 - 1), (0, 2**32), (0, 2**40), (-2**40, 7)):
            p.add("randint.low_generator", {}, {"low": low, "high": high, "size": [5], "generator": g})
        for n in (0, 1, 8, 40):
            p.add("randperm.generator", {}, {"n": n, "generator": g})
        p.add("bernoulli", {"self": t([0.3, 0.5, 0.9, 0.0, 1.0])}, {"generator": g})
        p.add("generator_state", {}, {"seed": seed, "draws": 5, "normals": 0})
        p.add("generator_state", {}, {"seed": seed, "draws": 700, "normals": 3})
    p.add("randint.low_generator", {}, {"low": 5, "high": 5, "size": [2], "generator": {"seed": 0}}, kind="adversarial")
    p.add("randperm.generator", {}, {"n": -1, "generator": {"seed": 0}}, kind="adversarial")
    p.add("bernoulli", {"self": t([1.5])}, {"generator": {"seed": 0}}, kind="adversarial")
    p.add("randn.generator", {}, {"size": [2], "generator": {"seed": 0}, "dtype": I64}, kind="adversarial")
    return p


def types():
    p = Packet("types", "Promotion, schemas and printing")
    dtypes = [BOOL, U8, I8, I16, I32, I64, F32, F64]
    for x in dtypes:
        for y in dtypes:
            p.add("promote_types", {}, {"a": x, "b": y})
    value = {BOOL: True, F32: 1.5, F64: 1.5}
    for x in dtypes:
        for y in (BOOL, U8, I64, F32, F64):
            p.add("result_type", {"a": t([value.get(x, 1)], x), "b": t(value.get(y, 1), y, [])})
            p.add("result_type", {"a": t(value.get(x, 1), x, []), "b": t([value.get(y, 1)], y)})
        for number in (True, 3, fl(1.5)):
            p.add("result_type", {"a": t([value.get(x, 1)], x)}, {"b": number})
    prints = [
        t([1.0, 2.0, 3.0]), t([1.5, -2.25]), t([0.1, 1000.5]), t([1e-5, 1.0]), t([1e9, 1.0]), t([1e8, 2.0]),
        t([float("nan"), 1.0, float("inf")]), t([float("inf"), 10.0]), t([], F32, [0]), t([], F32, [0, 3]), t([], I64, [0]),
        t(2.5, F32, []), t(3, I64, []), t(True, BOOL, []), t([True, False], BOOL), t([1, 20, -300], I64), t([1, 2], I32),
        t([1.5], F64), t([[1.0, 2.0], [3.0, 4.0]]), ramp(2, 2, 2), ramp(2, 2, 2, dtype=I64), ramp(40), ramp(3, 30),
        ramp(1001, dtype=I64), ramp(40, 30), ramp(10, 11, 12, dtype=U8), t([0.0, -0.0]), t([1e-40, 0.0]), t([123456.0, 1.0]),
        t([99999.5, 1.0]), t([0.00012, 0.5]), t([1e-4, 1e-1]), t([[], []], F32, [2, 0]), ramp(30, dtype=F64),
        t([2**53 + 1, 1], I64),
    ]
    for source in prints:
        p.add("repr", {"self": source}, kind="edge")
    return p


def schemas(names):
    p = Packet("schemas", "The operators' schema texts")
    for name in names:
        p.add("schema", {}, {"name": name})
    return p


def losses():
    names = ("mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy binary_cross_entropy_with_logits "
             "nll_loss_nd cross_entropy_loss layer_norm batch_norm").split()
    p = Packet("losses", "Losses and normalisation", {n: LOSSES for n in names})
    x, y = ramp(4, 3), ramp(4, 3, start=6)
    for op in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
        for reduction in (0, 1, 2):
            p.add(op, {"self": x, "target": y}, {"reduction": reduction}, grad=True)
        p.add(op, {"self": x, "target": ramp(4, 2)}, kind="adversarial")
        p.add(op, {"self": x, "target": x}, kind="edge", grad=True)
    p.add("smooth_l1_loss", {"self": x, "target": y}, {"beta": fl(0.3)}, grad=True)
    p.add("smooth_l1_loss", {"self": x, "target": y}, {"beta": fl(0)}, kind="edge")
    p.add("smooth_l1_loss", {"self": x, "target": y}, {"beta": fl(-1)}, kind="adversarial")
    p.add("huber_loss", {"self": x, "target": y}, {"delta": fl(0.3)}, grad=True)
    p.add("huber_loss", {"self": x, "target": y}, {"delta": fl(0)}, kind="adversarial")
    probability = t([0.1, 0.5, 0.9, 0.3])
    target = t([0.0, 1.0, 1.0, 0.25])
    weight = t([1.0, 2.0, 0.5, 0.0])
    for reduction in (0, 1, 2):
        p.add("binary_cross_entropy", {"self": probability, "target": target}, {"weight": None, "reduction": reduction},
              grad=True)
        p.add("binary_cross_entropy", {"self": probability, "target": target, "weight": weight},
              {"reduction": reduction}, grad=["self", "target"])
        p.add("binary_cross_entropy_with_logits", {"self": ramp(4), "target": target},
              {"weight": None, "pos_weight": None, "reduction": reduction}, grad=True)
    p.add("binary_cross_entropy", {"self": t([0.0, 1.0, 0.0, 1.0]), "target": t([0.0, 1.0, 1.0, 0.0])}, kind="edge",
          grad=True)
    p.add("binary_cross_entropy", {"self": t([1.5]), "target": t([1.0])}, kind="adversarial")
    p.add("binary_cross_entropy", {"self": t([0.5]), "target": t([1.0, 0.0])}, kind="adversarial")
    p.add("binary_cross_entropy", {"self": t([0.5]), "target": t([1], I64)}, kind="adversarial")
    p.add("binary_cross_entropy_with_logits", {"self": ramp(4), "target": target, "weight": weight,
                                              "pos_weight": t([3.0], F32)},
          grad=["self", "target"])
    p.add("binary_cross_entropy_with_logits", {"self": t([100.0, -100.0, 0.0]), "target": t([0.0, 1.0, 0.5])},
          kind="edge", grad=True)
    p.add("binary_cross_entropy_with_logits", {"self": ramp(3), "target": ramp(4)}, kind="adversarial")
    classes = t([0, 2, 1, 2], I64)
    w = t([1.0, 0.5, 2.0])
    logp = ramp(4, 3, low=-3.9, step=0.3)
    for reduction in (0, 1, 2):
        p.add("nll_loss_nd", {"self": logp, "target": classes}, {"weight": None, "reduction": reduction}, grad=True)
        p.add("nll_loss_nd", {"self": logp, "target": classes, "weight": w}, {"reduction": reduction, "ignore_index": 1},
              grad=["self"])
        for smoothing in (0.0, 0.1):
            p.add("cross_entropy_loss", {"self": x, "target": classes},
                  {"weight": None, "reduction": reduction, "label_smoothing": fl(smoothing)}, grad=True)
            p.add("cross_entropy_loss", {"self": x, "target": classes, "weight": w},
                  {"reduction": reduction, "ignore_index": 1, "label_smoothing": fl(smoothing)}, grad=["self"])
            p.add("cross_entropy_loss", {"self": x, "target": ramp(4, 3, low=0.1, step=0.05), "weight": w},
                  {"reduction": reduction, "label_smoothing": fl(smoothing)}, grad=["self", "target"])
    p.add("nll_loss_nd", {"self": logp, "target": classes, "weight": w}, kind="adversarial", grad=True)
    p.add("binary_cross_entropy", {"self": probability, "target": target, "weight": weight}, kind="adversarial", grad=True)
    p.add("cross_entropy_loss", {"self": x, "target": t([0, 1, 2, 0], U8)}, kind="edge")
    p.add("cross_entropy_loss", {"self": ramp(3), "target": t(1, I64, [])}, grad=True)
    p.add("cross_entropy_loss", {"self": ramp(2, 3, 2), "target": t([[0, 2], [1, 1]], I64)}, grad=True)
    p.add("cross_entropy_loss", {"self": x, "target": t([1, 1, 1, 1], I64)}, {"ignore_index": 1}, kind="edge")
    for bad in (t([0, 3, 1, 2], I64), t([0, -1, 1, 2], I64), t([0, 1], I64), t([0, 1, 2, 0], I32),
                t([0.0, 1.0, 2.0, 0.0])):
        p.add("cross_entropy_loss", {"self": x, "target": bad}, kind="adversarial")
    p.add("cross_entropy_loss", {"self": x, "target": classes}, {"label_smoothing": fl(1.5)}, kind="adversarial")
    p.add("cross_entropy_loss", {"self": x, "target": classes, "weight": ramp(2)}, kind="adversarial")
    p.add("layer_norm", {"input": x, "weight": w, "bias": ramp(3)}, {"normalized_shape": [3]}, grad=True)
    p.add("layer_norm", {"input": ramp(2, 3, 4)}, {"normalized_shape": [3, 4]}, grad=True)
    p.add("layer_norm", {"input": x}, {"normalized_shape": [4]}, kind="adversarial")
    p.add("layer_norm", {"input": x}, {"normalized_shape": []}, kind="adversarial")
    norm = {"input": x, "weight": w, "bias": ramp(3)}
    running = {"running_mean": ramp(3, start=2), "running_var": ramp(3, low=0.5)}
    common = {"momentum": fl(0.1), "eps": fl(1e-5), "cudnn_enabled": True}
    for training in (True, False):
        p.add("batch_norm", norm | running, common | {"training": training}, grad=False)
        p.add("batch_norm", {"input": ramp(2, 3, 4)} | running, common | {"training": training, "weight": None,
                                                                           "bias": None})
    p.add("batch_norm", norm, common | {"training": True, "running_mean": None, "running_var": None}, grad=True)
    p.add("batch_norm", norm | running | {"input": ramp(1, 3)}, common | {"training": True}, kind="adversarial")
    return p


def networks():
    p = Packet("networks", "Networks, training runs, optimizers, schedules and data loading", {
        n: {"torch.float32": [3e-6, 1e-6], "torch.float64": [1e-12, 1e-15]}
        for n in "network training update learning_rates clip_grad_norm_".split()})

    def layer(kind, **options):
        return {"layer": kind, "options": options}

    linear = lambda i, o, **k: layer("Linear", in_features=i, out_features=o, **k)
    stacks = [
        [linear(3, 4), layer("ReLU"), linear(4, 2)],
        [linear(3, 20), layer("GELU"), linear(20, 2, bias=False), layer("LogSoftmax", dim=1)],
        [linear(3, 4), layer("Tanh"), layer("LayerNorm", normalized_shape=4), linear(4, 1), layer("Sigmoid")],
        [linear(3, 4), layer("BatchNorm1d", num_features=4), layer("LeakyReLU", negative_slope=0.2), layer("Identity")],
        [layer("Flatten"), linear(3, 17), layer("Softmax", dim=-1)],
    ]
    x = ramp(5, 3)
    for stack in stacks:
        for training in (True, False):
            p.add("network", {"x": x}, {"seed": 3, "layers": stack, "training": training})
    p.add("network", {"x": t([[0, 2], [4, 1]], I64)}, {
        "seed": 7, "layers": [layer("Embedding", num_embeddings=5, embedding_dim=4, padding_idx=2), linear(4, 2)],
        "training": True})
    grads = [ramp(3, start=s, low=-0.9, step=0.17) for s in range(8)]
    optimizers = [
        ("SGD", dict(lr=0.1)), ("SGD", dict(lr=0.1, momentum=0.9)),
        ("SGD", dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.05)),
        ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True)), ("SGD", dict(lr=0.1, momentum=0.0, nesterov=True)),
        ("SGD", dict(lr=-0.1)), ("Adam", dict(lr=0.1)), ("Adam", dict(lr=0.1, weight_decay=0.1, betas=[0.8, 0.9])),
        ("Adam", dict(lr=0.1, betas=[1.0, 0.9])), ("Adam", dict(lr=0.1, eps=-1.0)), ("AdamW", dict(lr=0.1, weight_decay=0.01)),
        ("RMSprop", dict(lr=0.1)), ("RMSprop", dict(lr=0.1, momentum=0.9, weight_decay=0.1)),
        ("Adagrad", dict(lr=0.1)), ("Adagrad", dict(lr=0.1, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.3)),
    ]
    for name, options in optimizers:
        p.add("update", {"parameter": ramp(3), "grads": grads}, {"optimizer": name, "options": options})
    p.add("update", {"parameter": t([1.0, 2.0]), "grads": [t([0.5, -1.0]), t([0.1, 0.3])]},
          {"optimizer": "Adam", "options": dict(lr=0.1)})
    p.add("update", {"parameter": ramp(3, dtype=F64), "grads": [ramp(3, dtype=F64, start=s) for s in range(4)]},
          {"optimizer": "Adam", "options": dict(lr=0.1)})
    for name, options in (("StepLR", dict(step_size=3, gamma=0.5)), ("ExponentialLR", dict(gamma=0.9)),
                          ("CosineAnnealingLR", dict(T_max=5, eta_min=0.01))):
        p.add("learning_rates", {}, {"name": name, "options": options, "lr": 0.1, "epochs": 13})
    p.add("clip_grad_norm_", {"grads": [ramp(3), ramp(2, 2)]}, {"max_norm": 1.0, "norm_type": 2.0})
    p.add("clip_grad_norm_", {"grads": [ramp(3), ramp(2, 2)]}, {"max_norm": 100.0, "norm_type": 2.0})
    p.add("clip_grad_norm_", {"grads": [ramp(3)]}, {"max_norm": 0.5, "norm_type": 1.0})
    for seed in (0, 9):
        for shuffle in (True, False):
            for drop in (True, False):
                p.add("loader", {}, {"seed": seed, "size": 10, "batch_size": 4, "shuffle": shuffle, "drop_last": drop,
                                     "epochs": 2})
        p.add("random_split", {}, {"seed": seed, "size": 10, "lengths": [7, 3]})
    p.add("random_split", {}, {"seed": 0, "size": 10, "lengths": [7, 4]}, kind="adversarial")
    inputs = {"x": ramp(8, 3), "y": ramp(8, 1, start=5)}
    schedule = {"name": "StepLR", "options": dict(step_size=4, gamma=0.5)}
    for name, options in (("SGD", dict(lr=0.05, momentum=0.9)), ("Adam", dict(lr=0.02)), ("AdamW", dict(lr=0.02)),
                          ("RMSprop", dict(lr=0.01)), ("Adagrad", dict(lr=0.05))):
        stack = [linear(3, 8), layer("ReLU"), linear(8, 1)]
        p.add("training", inputs, {"seed": 1, "layers": stack, "optimizer": name, "options": options, "loss": "MSELoss",
                                   "steps": 10, "schedule": schedule, "clip": 1.0})
    target = {"x": ramp(8, 3), "y": t([[float((i * 3) % 4 == 0)] for i in range(8)])}
    p.add("training", target, {"seed": 1, "layers": [linear(3, 8), layer("Tanh"), linear(8, 1)], "optimizer": "Adam",
                               "options": dict(lr=0.02), "loss": "BCEWithLogitsLoss", "steps": 10, "schedule": None,
                               "clip": None})
    target = {"x": ramp(8, 3), "y": t([i % 3 for i in range(8)], I64)}
    p.add("training", target, {"seed": 2, "layers": [linear(3, 8), layer("ReLU"), linear(8, 3)], "optimizer": "SGD",
                               "options": dict(lr=0.1), "loss": "CrossEntropyLoss", "steps": 10, "schedule": None,
                               "clip": None})
    return p


def operator_names(source):
    """Names in our operator tables, so that each schema text is compared with PyTorch's."""
    text = "".join(path.read_text() for path in sorted(source.glob("*.rs")))
    return re.findall(r'Row\(\s*"([a-z_0-9A-Z.]+)\(', text)


def main():
    folder = pathlib.Path(sys.argv[1])
    root = pathlib.Path(__file__).resolve().parents[2]
    names = operator_names(root / "crates" / "tensor" / "src" / "operators")
    for packet in (unary(), binary(), views(), reductions(), products(), indexing(), creation(), types(),
                   schemas(names), losses(), networks()):
        packet.write(folder)


if __name__ == "__main__":
    main()
