-- A mix of Lua's work: tables, closures, strings, integers and floating point.
local function queens(n)
  local found, columns, up, down = 0, {}, {}, {}
  local function place(row)
    if row > n then found = found + 1 return end
    for c = 1, n do
      if not columns[c] and not up[row + c] and not down[row - c] then
        columns[c], up[row + c], down[row - c] = true, true, true
        place(row + 1)
        columns[c], up[row + c], down[row - c] = nil, nil, nil
      end
    end
  end
  place(1)
  return found
end

local words, count = {}, 0
for i = 1, 60000 do
  local key = "k" .. (i * 7919 % 5003)
  if not words[key] then count = count + 1 end
  words[key] = (words[key] or 0) + 1
end
local parts = {}
for i = 1, 40000 do parts[#parts + 1] = string.format("%d:%x", i, i * i) end
local text, hits = table.concat(parts, ","), 0
for a in text:gmatch("%d+:%x*ff") do hits = hits + #a end
local sum = 0.0
for i = 1, 3000000 do sum = sum + 1.0 / (i * i) end
print(queens(8), count, #text, hits, string.format("%.6f", sum))
