class Node:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right


def make(depth):
    return Node(None, None) if depth == 0 else Node(make(depth - 1), make(depth - 1))


def nodes(node):
    return 1 if node.left is None else 1 + nodes(node.left) + nodes(node.right)


deepest = 14
kept = make(deepest)
for depth in range(4, deepest + 1, 2):
    trees = 2 ** (deepest - depth + 4)
    total = 0
    for _ in range(trees):
        total += nodes(make(depth))
    print(f"{trees} trees of depth {depth}: {total}")
print(f"kept: {nodes(kept)}")
