local function entry(i, j)
  local ij = i + j
  return 1.0 / (ij * (ij + 1) / 2 + i + 1)
end

local function times(v)
  local out, n = {}, #v
  for i = 0, n - 1 do
    local total = 0.0
    for j = 0, n - 1 do total = total + entry(i, j) * v[j + 1] end
    out[i + 1] = total
  end
  return out
end

local function times_transposed(v)
  local out, n = {}, #v
  for i = 0, n - 1 do
    local total = 0.0
    for j = 0, n - 1 do total = total + entry(j, i) * v[j + 1] end
    out[i + 1] = total
  end
  return out
end

local n = 300
local u, v = {}, {}
for i = 1, n do u[i] = 1.0 end
for _ = 1, 10 do
  v = times_transposed(times(u))
  u = times_transposed(times(v))
end
local uv, vv = 0.0, 0.0
for i = 1, n do
  uv = uv + u[i] * v[i]
  vv = vv + v[i] * v[i]
end
print(string.format("%.9f", math.sqrt(uv / vv)))
