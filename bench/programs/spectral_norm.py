import math


def entry(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def times(v):
    out = []
    for i in range(len(v)):
        total = 0.0
        for j in range(len(v)):
            total += entry(i, j) * v[j]
        out.append(total)
    return out


def times_transposed(v):
    out = []
    for i in range(len(v)):
        total = 0.0
        for j in range(len(v)):
            total += entry(j, i) * v[j]
        out.append(total)
    return out


n = 300
u = [1.0] * n
for _ in range(10):
    v = times_transposed(times(u))
    u = times_transposed(times(v))
uv = vv = 0.0
for i in range(n):
    uv += u[i] * v[i]
    vv += v[i] * v[i]
print("%.9f" % math.sqrt(uv / vv))
