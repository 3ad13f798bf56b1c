"""`lumen.torch` beside PyTorch: the same expressions, trainings and files, and their results compared.

Run by `cargo xtask python-tests` with the interpreter that has PyTorch; ends with status 1 where something differs.
"""

from __future__ import annotations

import io
import math
import os
import pickle
import sys
import tempfile
import traceback
import warnings
import zipfile
from collections import OrderedDict
from typing import Any

import torch as reference

import lumen.torch as ours

warnings.simplefilter("ignore")

# Expressions over `torch`, and tensors that are the same on both sides. Behind `class:` an exception's text may differ.
EXPRESSIONS = """
x
x.shape
x.size()
x.size(0)
x.size(-1)
x.size(5)
x.stride()
x.T.stride()
x.t().is_contiguous()
x.dtype
x.device
x.layout
x.ndim
x.numel()
len(x)
x.element_size()
x.requires_grad
x.is_leaf
x.grad_fn
w.grad_fn
w.requires_grad
x[0]
x[-1]
x[5]
x[0, 1]
x[0][1].item()
x[:, 1]
x[1:, ::2]
x[::-1]
x[...]
x[..., 0]
x[None]
x[:, None, 1:]
x[True]
x[False]
x[[0, 1]]
x[[0, 1], [1, 0]]
x[torch.tensor([1, 0])]
x[x > 2]
x[x > 2].shape
x[torch.tensor([True, False])]
x[torch.tensor([True, False, True])]
x[1.5]
x['a']
x[0, 0, 0]
x + 1
1 + x
1 - x
2 / x
x ** 2
2 ** x
x // 2
x % 2
-x
abs(-x)
~torch.tensor([True, False])
~i
x @ x.T
(x @ w).detach()
x == 2
x != x
x > 2.5
x < i
i + 1.5
i + i
i / 2
i // 2
i & 1
i | 4
i << 1
i + torch.tensor(True)
x + torch.ones(4)
x + 'a'
x.add(1, alpha=2)
x.add(torch.ones(3), alpha=3)
torch.add(x, 1)
torch.add(input=x, other=1)
class: torch.add(x)
class: torch.add(x, y=1)
x.sum()
x.sum(0)
x.sum(dim=1, keepdim=True)
x.sum(axis=1)
x.sum((0, 1))
x.sum(dtype=torch.float64)
i.sum()
x.sum(7)
x.mean()
x.mean(-1)
torch.bincount(torch.tensor([1, 2, 2]))
torch.bincount(torch.tensor([1, 2, 2]), minlength=5)
torch.bincount(torch.tensor([1, 3]), weights=torch.tensor([0.5, 2.0]))
torch.bincount(torch.tensor([1, 3]), torch.tensor([1, 2]))
torch.bincount(torch.tensor([], dtype=torch.int64), minlength=3)
torch.bincount(torch.tensor([-1, 2]))
torch.bincount(torch.tensor([[1]]))
torch.bincount(torch.tensor([1.0]))
torch.bincount(torch.tensor([1]), torch.ones(2))
torch.bincount(torch.tensor([1]), minlength=-1)
torch.nn.functional.lp_pool1d(torch.arange(12.0).reshape(1, 2, 6), 2, 3, stride=2)
torch.nn.functional.lp_pool1d(torch.arange(12.0).reshape(2, 6), 3.0, 2)
torch.nn.functional.ctc_loss(torch.zeros(4, 2, 3).log_softmax(2), torch.tensor([[1, 2], [2, 1]]), [4, 3], [2, 1])
i.mean()
x.std()
x.std(0)
x.var(1, unbiased=False)
x.var(dim=0, correction=0)
x.prod()
x.max()
x.max(1)
x.max(dim=1).indices
x.max(dim=1).values
x.min(0)[1]
x.argmax()
x.argmax(1)
x.argmin(dim=0, keepdim=True)
x.amax((0, 1))
x.norm()
x.norm(p=1, dim=1)
x.any()
(x > 2).all(dim=0)
x.cumsum(0)
x.cumprod(1)
x.logsumexp(1)
x.softmax(1)
x.log_softmax(-1)
torch.softmax(x, dim=0)
x.exp()
x.log()
x.sqrt()
x.sin()
x.tanh()
x.sigmoid()
x.relu()
x.clamp(1.5, 3)
x.clamp(min=2)
x.clamp()
x.round()
x.floor()
x.abs()
x.neg()
x.reciprocal()
x.pow(3)
x.sort(descending=True)
x.sort(dim=0)[0]
x.argsort()
x.topk(2)
x.flip(0)
x.flip(0, 1)
x.roll(1)
x.roll(1, 0)
x.unique()
torch.unique(i, return_counts=True)
x.view(-1)
x.view(3, 2)
x.view((3, 2))
x.view(4, 2)
x.T.view(-1)
x.reshape(3, -1)
x.reshape((6,))
x.permute(1, 0)
x.permute(0)
x.transpose(0, 1)
x.T
x.mT
x.squeeze()
x.unsqueeze(0).squeeze(0)
x.unsqueeze(-1).shape
x.unsqueeze(9)
x.flatten()
x.expand(2, 2, 3)
x.expand(3, 3)
x.repeat(2, 1)
x.tile(2)
x.split(2, dim=1)
x.chunk(2)
x.unbind()
torch.cat([x, x])
torch.cat((x, x), dim=1)
torch.cat([x, torch.ones(2, 2)])
torch.cat([])
torch.stack([x, x]).shape
torch.where(x > 2, x, 0.)
torch.where(x > 2, x, -x)
torch.where(x > 2)
x.masked_fill(x > 2, 0)
x.gather(1, torch.tensor([[0], [2]]))
x.index_select(1, torch.tensor([2, 0]))
torch.zeros(2, 3).scatter(1, torch.tensor([[0], [2]]), 1.)
x.tril()
x.triu(1)
x.diag()
torch.diag(torch.tensor([1., 2.]))
x.trace()
x.tolist()
i.tolist()
x[0].tolist()
x.item()
x[0, 0].item()
float(x[0, 0])
int(x[0, 1])
bool(x[0, 0])
bool(x)
list(range(5))[i[1]]
[row.tolist() for row in x]
x.numpy().tolist()
w.numpy()
w.detach().numpy().shape
x.double().dtype
x.int()
x.long()
x.bool()
x.to(torch.float64)
x.to('cpu').shape
x.to(dtype=torch.int32)
x.type()
x.type(torch.float64)
x.type_as(i)
x.float() is x
x.to(x.dtype) is x
x.contiguous() is x
x.clone() is x
x.detach().requires_grad
x.is_floating_point()
torch.is_tensor(x)
torch.is_tensor(1)
torch.is_floating_point(i)
torch.numel(x)
torch.zeros(2)
torch.zeros(2, 3)
torch.zeros((2, 3))
torch.zeros(2, dtype=torch.int64)
torch.ones(())
torch.ones(2, requires_grad=True)
torch.full((2,), 7)
torch.full((2,), 7.)
torch.full((2,), True)
torch.empty(0)
torch.eye(3)
torch.eye(2, 3)
torch.arange(5)
torch.arange(1, 5)
torch.arange(0, 1, 0.25)
torch.arange(5.)
torch.arange(1, 5, -1)
torch.linspace(0, 1, 5)
torch.zeros_like(i)
torch.ones_like(x, dtype=torch.int32)
torch.full_like(x, 3)
x.new_zeros(2)
x.new_ones((2, 2))
x.new_full((2,), 1.5)
torch.tensor(3)
torch.tensor(3.)
torch.tensor(True)
torch.tensor([])
torch.tensor([[], []])
torch.tensor([1, 2.5])
torch.tensor([True, 2])
torch.tensor([[1, 2], [3]])
torch.tensor([1, 'a'])
torch.tensor('a')
torch.tensor([1, 2], dtype=torch.float32)
torch.tensor([1.7, -1.7], dtype=torch.int64)
torch.tensor([1., 2.], requires_grad=True)
torch.tensor([1, 2], requires_grad=True)
torch.tensor(numpy.array([[1, 2], [3, 4]], dtype='int32'))
torch.tensor(numpy.float64(2.5))
class: torch.tensor(numpy.array(['a']))
torch.tensor(x)
torch.as_tensor([1, 2])
torch.Tensor([1, 2])
torch.Tensor(2, 3).shape
torch.manual_seed(3) and torch.rand(4)
torch.manual_seed(3) and torch.randn(20)
torch.manual_seed(3) and torch.randn(5)
torch.manual_seed(3) and torch.randint(10, (4,))
torch.manual_seed(3) and torch.randint(5, 10, (2, 2))
torch.manual_seed(3) and torch.randperm(6)
torch.manual_seed(3) and torch.bernoulli(torch.full((4,), 0.5))
torch.manual_seed(3) and torch.empty(3).uniform_(-1, 1)
torch.manual_seed(3) and torch.empty(3).normal_(5, 2)
torch.manual_seed(3) and torch.empty(20).normal_(5, 2)
torch.manual_seed(3) and torch.empty(20, dtype=torch.float64).normal_(5, 2)
torch.manual_seed(3) and torch.empty((), dtype=torch.int64).random_()
torch.manual_seed(3) and torch.empty(4, dtype=torch.int32).random_(10)
torch.manual_seed(3) and torch.initial_seed()
torch.rand(3, generator=torch.Generator().manual_seed(5))
torch.matmul(x, x.T)
torch.mm(x, x)
torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 4, 5)).shape
torch.einsum('ij,kj->ik', x, x)
torch.outer(x[0], x[1])
torch.dot(x[0], x[1])
torch.dot(x, x)
torch.allclose(x, x + 1e-9)
torch.equal(x, x)
torch.isclose(x, x + 1)
torch.isnan(torch.tensor([1., float('nan')]))
torch.maximum(x, x.flip(1))
torch.meshgrid(torch.arange(2), torch.arange(3), indexing='ij')
torch.broadcast_tensors(x, torch.ones(3))[1].shape
torch.cdist(x, x)
torch.histc(x, 3)
torch.linalg.norm(x)
torch.linalg.vector_norm(x, 3)
torch.special.expit(x)
torch.float32
torch.int64.itemsize
torch.finfo(torch.float32).eps
torch.iinfo(torch.int8).min
class: torch.finfo(torch.int8)
torch.device('cpu')
torch.device('cpu', 0)
torch.device('cpu') == torch.device('cpu')
torch.Size([2, 3])
torch.Size([2, 3]).numel()
torch.Size([2, 3])[1:]
torch.Size([2]) + (3,)
torch.get_default_dtype()
torch.is_grad_enabled()
F.relu(-x)
F.gelu(x)
F.silu(x)
F.softmax(x, dim=1)
F.one_hot(torch.tensor([0, 2]), 3)
F.mse_loss(x, x + 1)
F.l1_loss(x, x + 1, reduction='none')
F.cross_entropy(x, torch.tensor([0, 2]))
F.cross_entropy(x, torch.tensor([0, 5]))
F.cross_entropy(x, torch.tensor([0, 2]), reduction='sum', label_smoothing=0.1)
F.nll_loss(x.log_softmax(1), torch.tensor([0, 2]))
F.binary_cross_entropy_with_logits(x, torch.ones(2, 3))
F.linear(x, torch.ones(4, 3), torch.ones(4))
F.linear(x, torch.ones(4, 4))
F.layer_norm(x, (3,))
F.normalize(x)
F.cosine_similarity(x, x + 1)
F.pad(x, (1, 1))
F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3), padding=1)
F.conv1d(torch.ones(1, 2, 5), torch.ones(3, 2, 3))
F.max_pool2d(torch.arange(16.).view(1, 1, 4, 4), 2)
F.avg_pool2d(torch.arange(16.).view(1, 1, 4, 4), 2)
F.adaptive_avg_pool2d(torch.arange(16.).view(1, 1, 4, 4), (2, 2))
F.interpolate(torch.arange(4.).view(1, 1, 2, 2), scale_factor=2)
F.embedding(torch.tensor([0, 1]), x)
F.dropout(x, 0.5, training=False)
nn.Linear(3, 2)
nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Dropout(0.1))
nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1), nn.ReLU()])
nn.ModuleDict({'a': nn.Linear(1, 1)})
nn.Conv2d(1, 2, 3, padding=1, bias=False)
nn.ConvTranspose2d(1, 2, 3, output_padding=0)
nn.BatchNorm2d(3)
nn.LayerNorm((2, 3))
nn.GroupNorm(2, 4)
nn.MaxPool2d(2)
nn.AvgPool2d(2)
nn.AdaptiveAvgPool2d(1)
nn.Embedding(3, 2, padding_idx=0)
nn.GELU()
nn.ELU(inplace=True)
nn.Softplus()
nn.Hardtanh()
nn.PReLU()
nn.Flatten()
nn.Softmax(dim=1)
nn.CrossEntropyLoss()
nn.Dropout(2)
nn.ReflectionPad2d(1)
nn.ConstantPad1d(2, 3.5)
nn.ZeroPad2d((1, 2, 3, 4))
nn.LSTM(3, 4, 2, bidirectional=True)
nn.GRUCell(3, 4)
nn.RNN(3, 4, nonlinearity='relu')
nn.InstanceNorm2d(3)
nn.LPPool2d(2, 3)
nn.Upsample(scale_factor=2)
nn.Unfold(3)
nn.MultiheadAttention(4, 2)
torch.manual_seed(1) and nn.LSTM(3, 4).weight_hh_l0
torch.manual_seed(1) and nn.MultiheadAttention(4, 2).in_proj_weight
torch.optim.LBFGS([w])
nn.Identity(54)
nn.Bilinear(2, 3, 4)
nn.Linear(3, 2)(torch.ones(4, 4))
nn.Module()(1)
torch.manual_seed(1) and nn.Linear(3, 2).weight
torch.manual_seed(1) and nn.Linear(30, 20).bias
torch.manual_seed(1) and nn.Embedding(4, 5).weight
torch.manual_seed(1) and nn.Conv2d(1, 2, 3).weight
torch.manual_seed(1) and nn.Conv2d(1, 2, 3).bias
torch.manual_seed(1) and nn.Bilinear(2, 3, 4).weight
torch.manual_seed(1) and nn.init.xavier_normal_(torch.empty(3, 4))
torch.manual_seed(1) and nn.init.kaiming_normal_(torch.empty(30, 4), nonlinearity='relu')
torch.optim.SGD([w], lr=0.1)
torch.optim.Adam([w], lr=0.1, betas=(0.5, 0.9))
torch.optim.AdamW([w])
torch.optim.NAdam([w])
torch.optim.RMSprop([w])
torch.optim.Adagrad([w])
torch.optim.SGD([w], lr=-1)
torch.optim.SGD([], lr=1)
torch.optim.SGD(w, lr=1)
torch.optim.SGD([w, w], lr=1)
w.backward()
x.sum().backward()
(w * 2).sum().backward(torch.ones(3))
torch.autograd.grad((w ** 2).sum(), w)
torch.autograd.grad((w ** 2).sum(), x)
torch.autograd.grad((w ** 2).sum(), [w, w])
w.add_(1)
w.sum().retain_grad()
x.retain_grad()
i.requires_grad_()
w.detach().add_(0).requires_grad
torch.tensor([1., float('nan'), float('inf'), -float('inf')])
torch.tensor([1e10, 1.])
torch.tensor([1e-10, 1.])
torch.arange(2000)
torch.zeros(0, 3)
torch.tensor([[1.5, 2], [3, 4]], dtype=torch.float64)
torch.ones(2, 2, 2)
torch.tensor(2.5)
x.nosuch
torch.nosuch
f'{x[0, 0]:.2f}'
f'{x}'
x in [1]
2. in x
reversed(x)
hash(x) == hash(x)
x.eq(2).sum().item()
"""

SETTING = """
x = torch.tensor([[1., 2., 3.], [4., 5., 6.]])
i = torch.tensor([[1, 2, 3], [4, 5, 6]])
w = torch.tensor([1., 2., 3.], requires_grad=True)
"""


def _names(torch: Any) -> dict[str, Any]:
    import numpy

    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "numpy": numpy}
    exec(SETTING, names)  # noqa: S102
    return names


def _plain(value: Any) -> Any:
    """A result without the package that made it: tensors as what they hold, others as text."""
    if isinstance(value, (reference.Tensor, ours.Tensor)):
        held = value.detach()
        return "tensor", repr(held.dtype), tuple(held.shape), value.requires_grad, held.tolist(), repr(value)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return repr(value).replace("lumen.torch", "torch")


def _equal(left: Any, right: Any) -> bool:
    """Numbers up to rounding, which the order of a sum decides; everything else as it is."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=2e-6, abs_tol=1e-7) or (
            math.isnan(left) and math.isnan(right)
        )
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        if len(left) == 6 and left[:1] == ("tensor",) and right[:1] == ("tensor",):
            return all(map(_equal, left[1:5], right[1:5])) and (left[4] != right[4] or left[5] == right[5])
        return len(left) == len(right) and all(map(_equal, left, right))
    return left == right


def _outcome(expression: str, torch: Any) -> Any:
    expression, kind_alone = expression.removeprefix("class: "), expression.startswith("class: ")
    try:
        return _plain(eval(expression, _names(torch)))  # noqa: S307
    except Exception as error:
        if kind_alone:
            return type(error).__name__
        text = str(error).replace("lumen.torch", "torch").split("\nException raised from")[0]
        return type(error).__name__, text


def regression(torch: Any) -> Any:
    """A line through points, by hand."""
    torch.manual_seed(0)
    x = torch.randn(64, 3)
    y = x @ torch.tensor([1.0, -2.0, 0.5]) + 0.3
    w = torch.zeros(3, requires_grad=True)
    b = torch.zeros((), requires_grad=True)
    losses = []
    for _ in range(50):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            b -= 0.1 * b.grad
        w.grad = b.grad = None
        losses.append(loss.item())
    return losses, w.tolist(), b.item()


def classifier(torch: Any) -> Any:
    """A network trained on shuffled batches."""
    nn = torch.nn
    torch.manual_seed(1)
    x = torch.randn(100, 4)
    y = (x[:, 0] * x[:, 1] > 0).long()
    data = torch.utils.data.TensorDataset(x, y)
    loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.0), nn.Linear(16, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    loss_of = nn.CrossEntropyLoss()
    seen = []
    for _ in range(4):
        for batch, labels in loader:
            optimizer.zero_grad()
            loss = loss_of(model(batch), labels)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            seen += [loss.item(), norm.item(), *labels.tolist()]
        schedule.step()
        seen += schedule.get_last_lr()
    model.eval()
    with torch.no_grad():
        seen.append((model(x).argmax(1) == y).float().mean().item())
    return seen, {name: value.shape for name, value in model.state_dict().items()}


def images(torch: Any) -> Any:
    """Convolutions, batch norm, pools."""
    nn = torch.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(1, 4, 3, padding=1)
            self.norm = nn.BatchNorm2d(4)
            self.second = nn.Conv2d(4, 8, 3, stride=2)
            self.head = nn.Linear(8 * 3 * 3, 3)

        def forward(self, x):
            x = torch.relu(self.norm(self.first(x)))
            x = nn.functional.max_pool2d(x, 2)
            x = torch.relu(self.second(x))
            return self.head(x.flatten(1))

    torch.manual_seed(2)
    net = Net()
    x = torch.randn(6, 1, 14, 14)
    y = torch.tensor([0, 1, 2, 0, 1, 2])
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    return losses, net(x).tolist(), net.norm.running_mean.tolist(), net.norm.num_batches_tracked.item()


def sequences(torch: Any) -> Any:
    """A small attention model over tokens."""
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.token = nn.Embedding(11, width)
            self.place = nn.Parameter(torch.zeros(8, width))
            self.query, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
            self.norm = nn.LayerNorm(width)
            self.out = nn.Linear(width, 11)
            self.register_buffer("mask", torch.tril(torch.ones(8, 8)) == 0)

        def forward(self, ids):
            x = self.token(ids) + self.place
            q, k, v = self.query(x), self.key(x), self.value(x)
            scores = (q @ k.transpose(-2, -1)) / math.sqrt(q.size(-1))
            scores = scores.masked_fill(self.mask, float("-inf"))
            return self.out(self.norm(x + scores.softmax(-1) @ v))

    torch.manual_seed(4)
    model = Block(16)
    ids = torch.randint(11, (5, 9))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(6):
        optimizer.zero_grad()
        logits = model(ids[:, :-1])
        loss = nn.functional.cross_entropy(logits.reshape(-1, 11), ids[:, 1:].reshape(-1))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, [name for name, _ in model.named_parameters()], list(model.state_dict())


def steps(torch: Any) -> Any:
    """Every optimizer, stopped, described, resumed by another of its kind from a file, and described again."""
    found = []
    for make in (
        lambda w: torch.optim.SGD([w], lr=0.1),
        lambda w: torch.optim.SGD([w], lr=0.1, momentum=0.9, dampening=0.1, weight_decay=0.01),
        lambda w: torch.optim.Adam([w], lr=0.1),
        lambda w: torch.optim.AdamW([w], lr=0.1),
        lambda w: torch.optim.NAdam([w], lr=0.1, weight_decay=0.01),
        lambda w: torch.optim.NAdam([w], lr=0.1, weight_decay=0.01, decoupled_weight_decay=True),
        lambda w: torch.optim.RMSprop([w], lr=0.1, momentum=0.5),
        lambda w: torch.optim.RMSprop([w], lr=0.1, momentum=0.5, centered=True),
        lambda w: torch.optim.Adagrad([w], lr=0.1, lr_decay=0.1),
        lambda w: torch.optim.Adam([w], lr=0.1, amsgrad=True, maximize=True),
        lambda w: torch.optim.Adadelta([w], lr=0.5),
        lambda w: torch.optim.Adamax([w], lr=0.1),
        lambda w: torch.optim.ASGD([w], lr=0.01),
        lambda w: torch.optim.RAdam([w], lr=0.1),
        lambda w: torch.optim.Rprop([w], lr=0.1),
    ):
        w = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
        optimizer = make(w)

        def closure(w=w, optimizer=optimizer):
            optimizer.zero_grad()
            square = (w - 0.5) ** 2
            loss = (square / (1 + square)).sum()
            loss.backward()
            return loss

        for step in range(6):
            loss = optimizer.step(closure)
            if step == 2:
                file = io.BytesIO()
                torch.save(optimizer.state_dict(), file)
                file.seek(0)
                optimizer = make(w)
                optimizer.load_state_dict(torch.load(file))
        state = optimizer.state_dict()
        held = {
            name: _plain(value)[4] if name != "momentum_buffer" or value is not None else None
            for name, value in state["state"].get(0, {}).items()
        }
        found += [
            loss.item(),
            w.tolist(),
            sorted(held),
            [held[name] for name in sorted(held)],
            str(state["param_groups"]),
        ]
    return found


def functions(torch: Any) -> Any:
    """Functions with a backward of their own."""

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, scale):
            ctx.save_for_backward(x)
            ctx.scale = scale
            return x**3 * scale

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 3 * x**2 * ctx.scale, None

    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            raise KeyError("a fault of the user's")

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    Cube.apply(x, 2.0).sum().backward()
    try:
        Broken.apply(x).sum().backward()
        broken = None
    except KeyError as error:
        broken = str(error)
    y = x * 1
    z = Cube.apply(y, 1.0)
    with torch.no_grad():
        y.detach().add_(1)
    try:
        z.sum().backward()
        stale = None
    except RuntimeError as error:
        stale = "modified by an inplace operation" in str(error)
    return x.grad.tolist(), broken, stale


def writes(torch: Any) -> Any:
    """Elements assigned, and what is written in place."""
    x = torch.zeros(3, 4)
    x[0] = 1
    x[1, 2] = 5.5
    x[:, 3] = torch.tensor([7.0, 8.0, 9.0])
    x[x > 7] = -1
    x[[0, 2], [0, 1]] = torch.tensor([3.0, 4.0])
    x[2, 1:3] += 1
    y = x.view(-1)
    y[0] = 42
    x.mul_(2).add_(1)
    x[:, 0].zero_()
    version = x._version > 0
    ints = torch.arange(4)
    ints[ints > 1] = 0
    ints += 1
    faults = []
    for fault in ("x[9] = 1", "x[0, 0, 0] = 1", "ints += 1.5", "x[0] = torch.ones(3)", "x[0] = 'a'"):
        try:
            exec(fault, {"x": x, "ints": ints, "torch": torch})  # noqa: S102
        except Exception as error:
            faults.append(type(error).__name__)
        else:
            faults.append(None)
    return x.tolist(), version, ints.tolist(), faults


def layouts(torch: Any) -> Any:
    """Operators that change a tensor's own layout: what they show, what shares, what they count and refuse."""
    changes = {
        "t_": (),
        "transpose_": (0, 1),
        "swapaxes_": (0, 1),
        "swapdims_": (0, -1),
        "unsqueeze_": (1,),
        "squeeze_": (),
        "as_strided_": ((2, 2), (1, 2), 1),
        "resize_": (3, 1),
        "resize_as_": (torch.ones(4),),
        "set_": (torch.arange(4.0),),
    }
    seen = []
    for name, given in changes.items():
        x = torch.arange(6.0).reshape(2, 3)
        alias, base = x.view(-1), x
        before = x._version
        found = getattr(x, name)(*given)
        shown = (found is x, base is x, x.tolist(), x.shape, x.stride(), x.storage_offset())
        if name != "set_":
            shown += (x._version - before,)
            x.add_(10)
            shown += (alias.tolist(),)
        seen.append((name, shown))
        w = torch.ones(2, 3, requires_grad=True)
        y = w * 2
        z = y * y
        faults = []
        for part in (lambda: getattr(w, name)(*given), lambda: getattr(y, name)(*given)):
            try:
                part()
                faults.append(None)
            except RuntimeError as error:
                faults.append(str(error).splitlines()[0])
        if name not in ("set_", "resize_", "resize_as_"):
            weights = torch.arange(float(y.numel())).reshape(y.shape)
            (y * weights).sum().backward(retain_graph=True)
            try:
                z.sum().backward()
                stale = None
            except RuntimeError as error:
                stale = "modified by an inplace operation" in str(error)
            faults.append((y.is_leaf, w.grad.tolist(), stale))
        elif name == "set_":
            faults.pop()  # PyTorch refuses in the backward what is refused here at once.
        with torch.no_grad():
            if not name.startswith("resize"):
                faults.append((getattr(w, name)(*given) is w, w.shape, w.requires_grad))
        seen.append(faults)
    empty = torch.empty(0)
    empty.resize_(2, 3)
    seen.append((empty.shape, empty.stride()))
    grown = torch.zeros(1, 2, 2, 2)
    grown.resize_((1, 2, 2, 2), memory_format=torch.channels_last)
    seen.append(grown.stride())
    return [repr(one) for one in seen]


def second_orders(torch: Any) -> Any:
    """Gradients of gradients: a penalty on the gradient's norm, products with Hessians, functions with a backward."""
    grad = torch.autograd.grad
    torch.manual_seed(1)
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 8), torch.nn.GELU(), torch.nn.Linear(8, 1)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    x, y = torch.randn(16, 3), torch.randn(16, 1)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        given = x.detach().requires_grad_()
        found = model(given)
        (slope,) = grad(found.sum(), given, create_graph=True)
        penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
        loss = torch.nn.functional.mse_loss(found, y) + 0.5 * penalty
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    image = torch.randn(2, 2, 5, 5, requires_grad=True)
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 3, padding=1), torch.nn.Softplus(), torch.nn.AvgPool2d(2), torch.nn.Flatten()
    )
    (slope,) = grad(layers(image).pow(2).sum(), image, create_graph=True)
    slope.pow(2).sum().backward()
    penalised = [image.grad.sum().item()] + [one.grad.sum().item() for one in layers.parameters()]

    w = torch.tensor([0.3, -0.7, 1.1], requires_grad=True)

    def value(w):
        return (w.exp() * w.roll(1)).sum() + torch.logsumexp(w, 0) + (w**3).prod()

    (slope,) = grad(value(w), w, create_graph=True)
    vector = torch.tensor([1.0, 2.0, -1.0])
    (product,) = grad(slope, w, vector, retain_graph=True)
    rows = [grad(one, w, retain_graph=True)[0].tolist() for one in slope]
    whole = torch.autograd.functional.hessian(value, w.detach())
    jacobian = torch.autograd.functional.jacobian(lambda a, b: (a * b, a.sum()), (w.detach(), vector))
    vjp = torch.autograd.functional.vjp(lambda a: a.exp() * a, w.detach(), vector)
    jvp = torch.autograd.functional.jvp(lambda a: a.exp() * a.sum(), w.detach(), vector)
    hvp = torch.autograd.functional.hvp(value, w.detach(), vector)

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            result = x**3
            ctx.save_for_backward(x, result)
            return result

        @staticmethod
        def backward(ctx, gradient):
            x, result = ctx.saved_tensors
            return gradient * 3 * result / x

    class Once(Cube):
        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, gradient):
            x, _ = ctx.saved_tensors
            return gradient * 3 * x**2

    z = torch.tensor([2.0, -1.5], requires_grad=True)
    orders = [Cube.apply(z).sum()]
    for _ in range(3):
        orders.append(grad(orders[-1].sum(), z, create_graph=True)[0])
    (slope,) = grad(Once.apply(z).sum(), z, create_graph=True)
    try:
        grad(slope.sum(), z)
        refused = None
    except RuntimeError as error:
        refused = str(error)

    leaf = torch.tensor([1.0, 2.0], requires_grad=True)
    (leaf * leaf).sum().backward()
    first = leaf.grad
    (leaf * leaf).sum().backward()
    kept = first is leaf.grad
    (leaf * leaf).sum().backward(create_graph=True)
    replaced = (first is leaf.grad, first.tolist(), leaf.grad.tolist(), leaf.grad.requires_grad)
    leaf.grad = None
    return (
        losses, penalised, product.tolist(), rows, whole.tolist(), [one.tolist() for one in jacobian[0]],
        [one.tolist() for one in jacobian[1]], vjp[1].tolist(), jvp[1].tolist(), hvp[1].tolist(),
        [one.tolist() for one in orders], refused, kept, replaced,
    )  # fmt: skip


def hooks(torch: Any) -> Any:
    """Hooks of tensors, nodes and modules: their order, what they replace, how they leave; anomaly mode."""
    log: list[Any] = []

    def note(name, answer=None):
        def hook(*given):
            log.append((name, [_listed(one) for one in given if not isinstance(one, torch.nn.Module)]))
            return answer(*given) if answer else None

        return hook

    def _listed(value):
        if isinstance(value, tuple):
            return [_listed(one) for one in value]
        return value.tolist() if isinstance(value, torch.Tensor) else value

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    y.register_hook(note("tensor"))
    y.retain_grad()
    y.grad_fn.register_prehook(note("pre"))
    y.register_hook(note("scaled", lambda g: g * 10))
    y.grad_fn.register_hook(note("post", lambda found, _: (found[0] + 1,)))
    x.register_hook(note("leaf", lambda g: g * 3))
    x.register_post_accumulate_grad_hook(lambda leaf: log.append(("after", leaf.grad.tolist(), leaf is x)))
    gone = x.register_hook(note("gone"))
    gone.remove()
    with y.register_hook(note("within")):
        pass
    y.sum().backward()
    log.append((y.retains_grad, y.grad.tolist(), y.grad_fn.name(), y.grad_fn.next_functions[0][0].name()))

    faults = []
    for register in (
        lambda: torch.ones(2).register_hook(note("")),
        lambda: x.exp().register_post_accumulate_grad_hook(note("")),
        lambda: torch.ones(2).retain_grad(),
    ):
        try:
            register()
        except RuntimeError as error:
            faults.append(str(error))
    for answer in (lambda _: torch.ones(3), lambda _: 5):
        leaf = torch.tensor([1.0, 2.0], requires_grad=True)
        leaf.register_hook(answer)
        try:
            (leaf * 2).sum().backward()
        except (RuntimeError, TypeError) as error:
            faults.append((type(error).__name__, str(error)))
    for answer in (lambda *_: 5, lambda *_: (torch.ones(2),) * 3):
        leaf = torch.tensor([1.0, 2.0], requires_grad=True)
        result = leaf.exp()
        result.grad_fn.register_hook(answer)
        try:
            result.sum().backward()
        except (RuntimeError, TypeError) as error:
            faults.append((type(error).__name__, str(error)))

    def fails(_):
        raise KeyError("a fault of the user's")

    leaf = torch.tensor([1.0], requires_grad=True)
    leaf.register_hook(fails)
    try:
        leaf.exp().backward()
    except KeyError as error:
        faults.append(str(error))

    torch.manual_seed(2)
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh())
    inner = model[0]
    model.register_forward_pre_hook(note("forward pre"))
    model.register_forward_hook(note("forward"))
    inner.register_forward_hook(
        lambda module, args, kwargs, result: log.append(("kwargs", kwargs)), with_kwargs=True
    )
    inner.register_full_backward_pre_hook(note("backward pre", lambda module, g: (g[0] * 2,)))
    halved = note("backward", lambda module, found, g: None if found[0] is None else (found[0] * 0.5,))
    inner.register_full_backward_hook(halved)
    model.register_full_backward_hook(note("outer"))
    given = torch.tensor([[0.5, -1.0]], requires_grad=True)
    model(given).sum().backward()
    log.append((given.grad.tolist(), inner.weight.grad.tolist()))
    model(given.detach()).sum().backward()

    def refuse(*_):
        raise ValueError("no")

    called = []
    model.register_forward_hook(lambda *_: called.append("always"), always_call=True)
    model[1].register_forward_pre_hook(refuse)
    try:
        model(given)
    except ValueError:
        called.append("raised")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with torch.autograd.detect_anomaly():
            zero = torch.tensor([0.0], requires_grad=True)
            root = torch.sqrt(zero)
            try:
                (root * 0).sum().backward()
            except RuntimeError as error:
                faults.append(str(error))
    told = [str(one.message) for one in caught if "SqrtBackward0" in str(one.message)]
    faults.append(("Traceback of forward call" in told[0], "root = torch.sqrt(zero)" in told[0]))
    return log, faults, called


TRAININGS = (
    regression,
    classifier,
    images,
    sequences,
    steps,
    functions,
    writes,
    layouts,
    second_orders,
    hooks,
)


def names_are_theirs() -> list[str]:
    """Names that PyTorch does not have."""
    faults = [
        f"Tensor.{name}"
        for name in dir(ours.Tensor)
        if not name.startswith("_") and not hasattr(reference.Tensor, name)
    ]
    for module, theirs in (
        (ours, reference), (ours.nn, reference.nn), (ours.nn.functional, reference.nn.functional),
        (ours.optim, reference.optim), (ours.linalg, reference.linalg), (ours.special, reference.special),
        (ours.optim.lr_scheduler, reference.optim.lr_scheduler), (ours.utils.data, reference.utils.data),
        (ours.nn.init, reference.nn.init),
    ):  # fmt: skip
        faults += [
            f"{module.__name__}.{name}"
            for name in dir(module)
            if not name.startswith("_")
            and not hasattr(theirs, name)
            and getattr(getattr(module, name), "__module__", "") == module.__name__
        ]
    return faults


def files() -> list[str]:
    """Files that each side writes and the other reads, and those that nobody should."""
    faults = []

    def state(torch: Any) -> Any:
        torch.manual_seed(7)
        model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        extra = {
            "epoch": 3,
            "best": 0.5,
            "names": ["a", "ß"],
            "pair": (1, None),
            "ids": torch.arange(5),
            "flag": True,
        }
        base = torch.arange(12.0).view(3, 4)
        return {
            "model": model.state_dict(),
            **extra,
            "part": base.t()[1:],
            "dtype": torch.float64,
            "empty": torch.zeros(0, 2),
        }

    with tempfile.TemporaryDirectory() as folder:
        for writer, reader in ((reference, ours), (ours, reference), (ours, ours)):
            path = os.path.join(folder, "state.pt")
            writer.save(state(writer), path)
            read = reader.load(path, weights_only=True)
            wanted = state(reader)
            if not _equal(sorted(read), sorted(wanted)) or type(read["model"]) is not OrderedDict:
                faults.append(
                    f"{writer.__name__} to {reader.__name__}: {sorted(read)}, {type(read['model'])}"
                )
            for name in wanted["model"]:
                if not reader.equal(read["model"][name], wanted["model"][name]):
                    faults.append(f"{writer.__name__} to {reader.__name__}: {name}")
            for name in set(wanted) - {"model"}:
                if not _equal(_plain(read[name]), _plain(wanted[name])):
                    faults.append(
                        f"{writer.__name__} to {reader.__name__}: {name} {read[name]!r}, {wanted[name]!r}"
                    )
        if os.listdir(folder) != ["state.pt"]:
            faults.append(f"left behind: {os.listdir(folder)}")
    twice = [io.BytesIO(), io.BytesIO()]
    for file in twice:
        ours.save({"a": ours.arange(3)}, file)
    if twice[0].getvalue() != twice[1].getvalue():
        faults.append("the same object gives other bytes")

    class Run:
        def __reduce__(self):
            return os.system, ("true",)

    class Change:
        def __reduce__(self):
            return OrderedDict, (), {"clear": 1}

    whole = twice[0].getvalue()
    bad = {
        "code": _archive(pickle.dumps(Run(), 2)),
        "a state of an object": _archive(pickle.dumps(Change(), 2)),
        "no pickle": _archive(b""),
        "half a pickle": _archive(pickle.dumps({"a": [1, 2, 3]}, 2)[:-4]),
        "half a file": whole[: len(whole) // 2],
        "no file": b"",
        "text": b"hello",
        "a name of builtins": _archive(b"\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R."),
        "an extension": _archive(b"\x80\x02\x82\x01."),
    }
    for name, data in bad.items():
        try:
            ours.load(io.BytesIO(data))
        except (pickle.UnpicklingError, RuntimeError):
            continue
        except Exception as error:
            faults.append(f"load of {name}: {type(error).__name__}: {error}")
        else:
            faults.append(f"load of {name} gave something")
    # A tensor that claims more than its storage.
    changed = io.BytesIO()
    with zipfile.ZipFile(twice[0]) as source, zipfile.ZipFile(changed, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            target.writestr(entry, data[:-8] if "/data/" in entry.filename else data)
    changed.seek(0)
    try:
        ours.load(changed)
        faults.append("load of a short storage gave something")
    except RuntimeError:
        pass
    old = io.BytesIO()
    reference.save({"a": reference.arange(3), "b": [1.5, "x"]}, old, _use_new_zipfile_serialization=False)
    for name, data in (("archive", whole), ("old file", old.getvalue())):
        wanted = _plain(ours.load(io.BytesIO(data))["a"])
        if not _equal(wanted, _plain(reference.arange(3))):
            faults.append(f"load of an {name}: {wanted}")
        for at in range(len(data)):
            for kind, damaged in (
                ("cut", data[:at]),
                ("changed", data[:at] + bytes([data[at] ^ 0x21]) + data[at + 1 :]),
            ):
                try:
                    read = ours.load(io.BytesIO(damaged))
                except (pickle.UnpicklingError, RuntimeError):
                    # NotImplementedError is a RuntimeError.
                    continue
                except Exception as error:
                    faults.append(f"load of an {name} {kind} at {at}: {type(error).__name__}: {error}")
                    continue
                if kind == "cut" or (name == "archive" and not _equal(_plain(read["a"]), wanted)):
                    faults.append(f"load of an {name} {kind} at {at} gave {read}")
    # What PyTorch wrote is written again byte for byte, up to a fingerprint that it takes from a hash table's order.
    theirs, again = io.BytesIO(), io.BytesIO()
    reference.save(state(reference), theirs)
    ours.save(ours.load(io.BytesIO(theirs.getvalue())), again)
    left, right = theirs.getvalue(), again.getvalue()
    end = left.rindex(b"PK\3\4")
    if len(left) != len(right) or left[:end] != right[:end]:
        first = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), None)
        faults.append(
            f"what PyTorch wrote comes out otherwise, from byte {first}: {len(left)}, {len(right)} bytes"
        )
    # Tensors that share a storage share it on the other side.
    for writer, reader in ((reference, ours), (ours, reference)):
        file = io.BytesIO()
        base = writer.zeros(4)
        writer.save({"base": base, "part": base[1:3], "list": [base, base]}, file)
        read = reader.load(io.BytesIO(file.getvalue()))
        read["part"].add_(1)
        if read["base"].tolist() != [0.0, 1.0, 1.0, 0.0] or read["list"][0] is not read["list"][1]:
            faults.append(f"{writer.__name__} to {reader.__name__}: views read back are apart: {read}")

    class Other:
        pass

    try:
        ours.save({"a": Other()}, io.BytesIO())
        faults.append("save of an object gave a file that nobody reads")
    except NotImplementedError:
        pass
    return faults


def _archive(text: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", text)
        archive.writestr("archive/version", b"3\n")
    return file.getvalue()


def main() -> int:
    faults = 0
    expressions = [line for line in EXPRESSIONS.splitlines() if line]
    for expression in expressions:
        found, wanted = _outcome(expression, ours), _outcome(expression, reference)
        if not _equal(found, wanted):
            faults += 1
            print(f"{expression}\n    lumen.torch {str(found)[:400]}\n    torch       {str(wanted)[:400]}")
    for training in TRAININGS:
        try:
            found, wanted = training(ours), training(reference)
        except Exception:
            faults += 1
            print(f"{training.__name__}\n{traceback.format_exc()}")
            continue
        if not _close(found, wanted):
            faults += 1
            print(
                f"{training.__name__}\n    lumen.torch {str(found)[:900]}\n    torch       {str(wanted)[:900]}"
            )
    for fault in [*names_are_theirs(), *files()]:
        faults += 1
        print(fault)
    print(f"{len(expressions)} expressions, {len(TRAININGS)} trainings, names and files: {faults} differ")
    return 1 if faults else 0


def _close(left: Any, right: Any) -> bool:
    """As `_equal` with what rounding becomes over many steps."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=2e-3, abs_tol=2e-5)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(_close, left, right))
    return left == right


if __name__ == "__main__":
    sys.exit(main())
