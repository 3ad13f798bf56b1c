const x = [0.0, 4.841431442464721, 8.34336671824458, 12.894369562139131, 15.379697114850917];
const y = [0.0, -1.1603200440274284, 4.124798564124305, -15.111151401698631, -25.919314609987964];
const z = [0.0, -0.10362204447112311, -0.4035234171143214, -0.22330757889265573, 0.17925877295037118];
const vx = [-0.000387663407199214, 0.606326392995832, -1.0107743461771437, 1.0827910064415354, 0.979090732243898];
const vy = [-0.0032753590371765707, 2.81198684491626, 1.8256623712304119, 0.8687130181696082, 0.5946989986476762];
const vz = [2.3935734080003e-05, -0.02521836165988763, 0.008415761376584154, -0.010832637401363636, -0.034755955504078104];
const mass = [39.47841760435743, 0.03769367487038949, 0.011286326131968767, 0.0017237240570597112, 0.0020336868699246304];

function energy() {
  let e = 0;
  for (let i = 0; i < 5; i++) {
    e += 0.5 * mass[i] * (vx[i] * vx[i] + vy[i] * vy[i] + vz[i] * vz[i]);
    for (let j = i + 1; j < 5; j++) {
      const dx = x[i] - x[j], dy = y[i] - y[j], dz = z[i] - z[j];
      e -= (mass[i] * mass[j]) / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return e;
}

function advance(steps, dt) {
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < 5; i++) {
      for (let j = i + 1; j < 5; j++) {
        const dx = x[i] - x[j], dy = y[i] - y[j], dz = z[i] - z[j];
        const d2 = dx * dx + dy * dy + dz * dz;
        const mag = dt / (d2 * Math.sqrt(d2));
        const a = mass[j] * mag, b = mass[i] * mag;
        vx[i] -= dx * a;
        vy[i] -= dy * a;
        vz[i] -= dz * a;
        vx[j] += dx * b;
        vy[j] += dy * b;
        vz[j] += dz * b;
      }
    }
    for (let i = 0; i < 5; i++) {
      x[i] += dt * vx[i];
      y[i] += dt * vy[i];
      z[i] += dt * vz[i];
    }
  }
}

console.log(energy().toFixed(9));
advance(500000, 0.01);
console.log(energy().toFixed(9));
