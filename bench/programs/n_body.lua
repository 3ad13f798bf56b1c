local x = {0.0, 4.841431442464721, 8.34336671824458, 12.894369562139131, 15.379697114850917}
local y = {0.0, -1.1603200440274284, 4.124798564124305, -15.111151401698631, -25.919314609987964}
local z = {0.0, -0.10362204447112311, -0.4035234171143214, -0.22330757889265573, 0.17925877295037118}
local vx = {-0.000387663407199214, 0.606326392995832, -1.0107743461771437, 1.0827910064415354, 0.979090732243898}
local vy = {-0.0032753590371765707, 2.81198684491626, 1.8256623712304119, 0.8687130181696082, 0.5946989986476762}
local vz = {2.3935734080003e-05, -0.02521836165988763, 0.008415761376584154, -0.010832637401363636, -0.034755955504078104}
local mass = {39.47841760435743, 0.03769367487038949, 0.011286326131968767, 0.0017237240570597112, 0.0020336868699246304}

local function energy()
  local e = 0.0
  for i = 1, 5 do
    e = e + 0.5 * mass[i] * (vx[i] * vx[i] + vy[i] * vy[i] + vz[i] * vz[i])
    for j = i + 1, 5 do
      local dx, dy, dz = x[i] - x[j], y[i] - y[j], z[i] - z[j]
      e = e - mass[i] * mass[j] / math.sqrt(dx * dx + dy * dy + dz * dz)
    end
  end
  return e
end

local function advance(steps, dt)
  for _ = 1, steps do
    for i = 1, 5 do
      for j = i + 1, 5 do
        local dx, dy, dz = x[i] - x[j], y[i] - y[j], z[i] - z[j]
        local d2 = dx * dx + dy * dy + dz * dz
        local mag = dt / (d2 * math.sqrt(d2))
        local a, b = mass[j] * mag, mass[i] * mag
        vx[i] = vx[i] - dx * a
        vy[i] = vy[i] - dy * a
        vz[i] = vz[i] - dz * a
        vx[j] = vx[j] + dx * b
        vy[j] = vy[j] + dy * b
        vz[j] = vz[j] + dz * b
      end
    end
    for i = 1, 5 do
      x[i] = x[i] + dt * vx[i]
      y[i] = y[i] + dt * vy[i]
      z[i] = z[i] + dt * vz[i]
    end
  end
end

print(string.format("%.9f", energy()))
advance(500000, 0.01)
print(string.format("%.9f", energy()))
