"""One workload on tensors through the Python API of PyTorch or of ours, in a process of its own.

usage: tensors.py torch|lumen WORKLOAD THREADS

Both run the same text: `lumen.torch` has PyTorch's names, and equal seeds give equal draws. Prints the median seconds of
as many runs as fit into half a second, three at least, and numbers that both must agree on. What one of them lacks ends
with 4.
"""

import io
import json
import os
import statistics
import sys
import tempfile
import time

RUNS = 3
LONG = 0.5


class Workloads:
    """Each gives what is run, and what of its result is compared."""

    def __init__(self, torch):
        self.torch, self.F, self.nn = torch, torch.nn.functional, torch.nn
        torch.manual_seed(0)

    def one(self, run):
        return run, lambda made: [float(made.float().abs().mean())]

    def gemm(self, n, dtype=None):
        a, b = self.torch.randn(n, n, dtype=dtype), self.torch.randn(n, n, dtype=dtype)
        return self.one(lambda: a @ b)

    def sgemm_256(self):
        return self.gemm(256)

    def sgemm_1024(self):
        return self.gemm(1024)

    def sgemm_2048(self):
        return self.gemm(2048)

    def dgemm_1024(self):
        return self.gemm(1024, self.torch.float64)

    def linear(self):
        x, w, b = self.torch.randn(32, 512), self.torch.randn(2048, 512), self.torch.randn(2048)
        return self.one(lambda: self.F.linear(x, w, b))

    def gemv_4096(self):
        a, x = self.torch.randn(4096, 4096), self.torch.randn(4096)
        return self.one(lambda: a @ x)

    def bmm(self):
        a, b = self.torch.randn(32, 128, 128), self.torch.randn(32, 128, 128)
        return self.one(lambda: self.torch.bmm(a, b))

    def conv_3x3(self):
        x, w = self.torch.randn(8, 64, 56, 56), self.torch.randn(64, 64, 3, 3)
        return self.one(lambda: self.F.conv2d(x, w, padding=1))

    def conv_stem(self):
        x, w = self.torch.randn(8, 3, 224, 224), self.torch.randn(64, 3, 7, 7)
        return self.one(lambda: self.F.conv2d(x, w, stride=2, padding=3))

    def conv_depthwise(self):
        x, w = self.torch.randn(8, 64, 56, 56), self.torch.randn(64, 1, 3, 3)
        return self.one(lambda: self.F.conv2d(x, w, padding=1, groups=64))

    def conv_1x1(self):
        x, w = self.torch.randn(8, 64, 56, 56), self.torch.randn(512, 64, 1, 1)
        return self.one(lambda: self.F.conv2d(x, w))

    def each(self, run, count=1 << 20):
        x = self.torch.randn(count)
        return self.one(lambda: run(x))

    def add_1m(self):
        y = self.torch.randn(1 << 20)
        return self.each(lambda x: x + y)

    def gelu_1m(self):
        return self.each(self.F.gelu)

    def exp_1m(self):
        return self.each(self.torch.exp)

    def erf_1m(self):
        return self.each(self.torch.erf)

    def tanh_1m(self):
        return self.each(self.torch.tanh)

    def add_16m(self):
        y = self.torch.randn(1 << 24)
        return self.each(lambda x: x + y, 1 << 24)

    def chain_16m(self):
        y = self.torch.randn(1 << 24)
        return self.each(lambda x: x * self.torch.sigmoid(x) + 2 * y, 1 << 24)

    def sum_16m(self):
        return self.each(lambda x: x.sum(), 1 << 24)

    def sum_dim1(self):
        x = self.torch.randn(4096, 4096)
        return self.one(lambda: x.sum(1))

    def sum_dim0(self):
        x = self.torch.randn(4096, 4096)
        return self.one(lambda: x.sum(0))

    def transpose(self):
        x = self.torch.randn(4096, 4096)
        return self.one(lambda: x.t().contiguous())

    def svd_256(self):
        x = self.torch.randn(256, 256)
        return lambda: self.torch.linalg.svd(x), lambda made: [float(made[1].sum())]

    def solve_512(self):
        a, b = self.torch.randn(512, 512), self.torch.randn(512, 16)
        return lambda: self.torch.linalg.solve(a, b), lambda made: [float((a @ made - b).abs().max() < 0.1)]

    def fft_1m(self):
        x = self.torch.randn(1 << 20)
        return lambda: self.torch.fft.fft(x), lambda made: [float(made.abs().mean())]

    def layer_norm(self):
        x, w, b = self.torch.randn(16384, 768), self.torch.randn(768), self.torch.randn(768)
        return self.one(lambda: self.F.layer_norm(x, (768,), w, b))

    def softmax(self):
        x = self.torch.randn(4096, 1024)
        return self.one(lambda: self.F.softmax(x, -1))

    def batch_norm(self):
        x = self.torch.randn(32, 64, 56, 56)
        layer = self.nn.BatchNorm2d(64)
        return self.one(lambda: layer(x).detach())

    def max_pool(self):
        x = self.torch.randn(32, 64, 56, 56)
        return self.one(lambda: self.F.max_pool2d(x, 3, 2))

    def attention(self):
        q, k, v = (self.torch.randn(4, 12, 512, 64) for _ in range(3))
        return self.one(lambda: self.F.scaled_dot_product_attention(q, k, v, is_causal=True))

    def sort_1m(self):
        x = self.torch.randn(1_000_000)
        return lambda: self.torch.sort(x), lambda made: [float(made[0][0]), float(made[0][-1])]

    def topk_50(self):
        x = self.torch.randn(1_000_000)
        return lambda: self.torch.topk(x, 50), lambda made: [float(made[0].sum())]

    def cumsum_1m(self):
        x = self.torch.rand(1_000_000)
        return lambda: self.torch.cumsum(x, 0), lambda made: [float(made[-1])]

    def embedding(self):
        w, at = self.torch.randn(16384, 256), self.torch.randint(0, 16384, (16384,))
        return self.one(lambda: self.F.embedding(at, w))

    def randn_1m(self):
        return self.one(lambda: self.torch.randn(1_000_000))

    def step(self, net, loss, optimizer):
        def run():
            optimizer.zero_grad()
            made = loss()
            made.backward()
            optimizer.step()
            return made.detach()

        # Each run trains on: the first loss is compared.
        first = []

        def kept():
            made = run()
            first.append(float(made))
            return made

        return kept, lambda made: first[:1]

    def mlp_adam(self):
        nn = self.nn
        net = nn.Sequential(
            nn.Linear(512, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10)
        )
        x, y = self.torch.randn(64, 512), self.torch.randint(0, 10, (64,))
        optimizer = self.torch.optim.Adam(net.parameters())
        return self.step(net, lambda: self.F.cross_entropy(net(x), y), optimizer)

    def lstm(self):
        net, x = self.nn.LSTM(256, 256, num_layers=2), self.torch.randn(64, 16, 256)
        return lambda: net(x)[0].detach(), lambda made: [float(made.abs().mean())]

    def adam_10m(self):
        weights = [self.torch.randn(1024, 1024, requires_grad=True) for _ in range(10)]
        for w in weights:
            w.grad = self.torch.randn(1024, 1024)
        optimizer = self.torch.optim.Adam(weights)
        return lambda: optimizer.step(), lambda _: [float(sum(w.detach().abs().mean() for w in weights))]

    def gpt(self, width=256, layers=4, heads=8, length=256, vocabulary=4096):
        torch, nn, F = self.torch, self.nn, self.F

        class Block(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.LayerNorm(width), nn.LayerNorm(width)
                self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
                self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

            def forward(self, x):
                rows, positions, _ = x.shape
                q, k, v = self.qkv(self.a(x)).split(width, dim=2)
                q, k, v = (t.view(rows, positions, heads, width // heads).transpose(1, 2) for t in (q, k, v))
                seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
                x = x + self.out(seen.transpose(1, 2).reshape(rows, positions, width))
                return x + self.down(F.gelu(self.up(self.b(x))))

        class Gpt(nn.Module):
            def __init__(self):
                super().__init__()
                self.words, self.places = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
                self.blocks = nn.ModuleList([Block() for _ in range(layers)])
                self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)

            def forward(self, at):
                x = self.words(at) + self.places(torch.arange(at.shape[1]))
                for block in self.blocks:
                    x = block(x)
                return self.head(self.norm(x))

        return Gpt(), torch.randint(0, vocabulary, (8, length))

    def gpt_train(self):
        net, at = self.gpt()
        optimizer = self.torch.optim.AdamW(net.parameters())

        def loss():
            return self.F.cross_entropy(net(at).view(-1, 4096), at.view(-1))

        return self.step(net, loss, optimizer)

    def gpt_infer(self):
        net, at = self.gpt()

        def run():
            with self.torch.no_grad():
                return net(at[:1])

        return self.one(run)

    def save_128mb(self):
        x = self.torch.randn(1 << 25)

        def run():
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "x.pt")
                self.torch.save({"x": x}, path)
                return os.path.getsize(path) >> 20

        return run, lambda made: [float(made)]

    def load_128mb(self):
        kept = io.BytesIO()
        self.torch.save({"x": self.torch.randn(1 << 25)}, kept)
        data = kept.getvalue()
        return lambda: self.torch.load(io.BytesIO(data)), lambda made: [float(made["x"][0])]


def main():
    _, name, workload, threads = sys.argv
    if name == "lumen":
        import lumen.torch as torch
    else:
        import torch
    torch.set_num_threads(int(threads))
    run, check = getattr(Workloads(torch), workload)()
    numbers = check(run())
    seconds, spent = [], 0.0
    while len(seconds) < RUNS or spent < LONG:
        start = time.perf_counter()
        made = run()
        seconds.append(time.perf_counter() - start)
        spent += seconds[-1]
        del made
    print(json.dumps({"seconds": statistics.median(seconds), "checksum": numbers}))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotImplementedError as error:
        print(error, file=sys.stderr)
        sys.exit(4)
