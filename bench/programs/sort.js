const xs = [];
let x = 1;
for (let i = 0; i < 1000000; i++) {
  x = (x * 48271) % 2147483647;
  xs.push(x);
}
xs.sort((a, b) => a - b);
console.log(xs[0], xs[250000], xs[500000], xs[999999]);
