"""A thousand training steps in PyTorch; prints the seconds of the steps and the loss at the first and last.

Weights and data are formulas, so that both sides start from equal numbers: entry n of a parameter is
0.1 * sin(n + 1), entry n of the inputs cos(0.01 * n), the class of row r is 1 where the row's sum is above 0.
"""

import json
import math
import time

import torch

ROWS, WIDTH, HIDDEN, STEPS, BATCH = 4096, 16, 64, 1000, 256


def filled(shape, formula):
    count = math.prod(shape)
    return torch.tensor([formula(n) for n in range(count)], dtype=torch.float32).reshape(shape)


def main():
    torch.set_num_threads(1)
    net = torch.nn.Sequential(
        torch.nn.Linear(WIDTH, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.ReLU(),
        torch.nn.Linear(HIDDEN, 2),
    )
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(filled(parameter.shape, lambda n: 0.1 * math.sin(n + 1)))
    x = filled((ROWS, WIDTH), lambda n: math.cos(0.01 * n))
    rows = (sum(math.cos(0.01 * (row * WIDTH + column)) for column in range(WIDTH)) for row in range(ROWS))
    y = torch.tensor([int(total > 0) for total in rows])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    losses = []
    start = time.perf_counter()
    for step in range(STEPS):
        at = step * BATCH % ROWS
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x[at : at + BATCH]), y[at : at + BATCH])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "checksum": [losses[0], losses[-1]]}))


main()
