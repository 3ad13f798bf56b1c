function entry(i, j) {
  return 1 / (((i + j) * (i + j + 1)) / 2 + i + 1);
}

function times(v) {
  const out = [];
  for (let i = 0; i < v.length; i++) {
    let total = 0;
    for (let j = 0; j < v.length; j++) total += entry(i, j) * v[j];
    out.push(total);
  }
  return out;
}

function timesTransposed(v) {
  const out = [];
  for (let i = 0; i < v.length; i++) {
    let total = 0;
    for (let j = 0; j < v.length; j++) total += entry(j, i) * v[j];
    out.push(total);
  }
  return out;
}

let u = new Array(300).fill(1), v = [];
for (let i = 0; i < 10; i++) {
  v = timesTransposed(times(u));
  u = timesTransposed(times(v));
}
let uv = 0, vv = 0;
for (let i = 0; i < u.length; i++) {
  uv += u[i] * v[i];
  vv += v[i] * v[i];
}
console.log(Math.sqrt(uv / vv).toFixed(9));
