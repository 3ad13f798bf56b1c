local places, size, x = {}, 0, 1
for i = 0, 999999 do
  x = x * 48271 % 2147483647
  if places[x] == nil then size = size + 1 end
  places[x] = i
end
local total = 0
x = 1
for _ = 1, 1000000 do
  x = x * 48271 % 2147483647
  total = total + places[x]
end
print(string.format("%d %d", size, total))
