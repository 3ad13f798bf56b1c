local function make(depth)
  if depth == 0 then return { left = nil, right = nil } end
  return { left = make(depth - 1), right = make(depth - 1) }
end

local function nodes(node)
  if node.left == nil then return 1 end
  return 1 + nodes(node.left) + nodes(node.right)
end

local deepest = 14
local kept = make(deepest)
for depth = 4, deepest, 2 do
  local trees = math.floor(2 ^ (deepest - depth + 4))
  local total = 0
  for _ = 1, trees do total = total + nodes(make(depth)) end
  print(string.format("%d trees of depth %d: %d", trees, depth, total))
end
print(string.format("kept: %d", nodes(kept)))
