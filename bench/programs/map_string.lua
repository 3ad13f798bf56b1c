local counts, size = {}, 0
for i = 0, 999999 do
  counts["key " .. i] = i
  size = size + 1
end
local total = 0
for i = 0, 999999 do total = total + counts["key " .. i] end
print(string.format("%d %d", size, total))
