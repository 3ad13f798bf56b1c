local xs, x = {}, 1
for i = 1, 1000000 do
  x = x * 48271 % 2147483647
  xs[i] = x
end
table.sort(xs)
print(string.format("%d %d %d %d", xs[1], xs[250001], xs[500001], xs[1000000]))
