const places = new Map();
let x = 1;
for (let i = 0; i < 1000000; i++) {
  x = (x * 48271) % 2147483647;
  places.set(x, i);
}
let total = 0;
x = 1;
for (let i = 0; i < 1000000; i++) {
  x = (x * 48271) % 2147483647;
  total += places.get(x);
}
console.log(`${places.size} ${total}`);
