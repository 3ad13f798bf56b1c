class Node {
  constructor(left, right) {
    this.left = left;
    this.right = right;
  }
}

function make(depth) {
  return depth === 0 ? new Node(null, null) : new Node(make(depth - 1), make(depth - 1));
}

function nodes(node) {
  return node.left === null ? 1 : 1 + nodes(node.left) + nodes(node.right);
}

const deepest = 14;
const kept = make(deepest);
for (let depth = 4; depth <= deepest; depth += 2) {
  const trees = 2 ** (deepest - depth + 4);
  let total = 0;
  for (let i = 0; i < trees; i++) total += nodes(make(depth));
  console.log(`${trees} trees of depth ${depth}: ${total}`);
}
console.log(`kept: ${nodes(kept)}`);
