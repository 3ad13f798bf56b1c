local text = ""
for i = 1, 200000 do text = text .. "x" end
print(#text)
