"""Writes the tables of the frame measurements: a million rows on the left, a hundred thousand on the right.

The generator is fixed, so everybody reads equal bytes on every machine. usage: tables.py LEFT RIGHT
"""

import random
import sys


def main(left, right):
    draw = random.Random(20)
    keys, groups = 100_000, [f"group {n:03}" for n in range(500)]
    with open(left, "w", newline="\n") as out:
        out.write("key,group,count,value\n")
        for _ in range(1_000_000):
            value = "" if draw.random() < 0.05 else f"{draw.random() * 1000:.4f}"
            out.write(f"{draw.randrange(2 * keys)},{draw.choice(groups)},{draw.randrange(1000)},{value}\n")
    order = list(range(keys))
    draw.shuffle(order)
    with open(right, "w", newline="\n") as out:
        out.write("key,weight\n")
        for key in order:
            out.write(f"{key},{draw.random():.6f}\n")


main(*sys.argv[1:])
