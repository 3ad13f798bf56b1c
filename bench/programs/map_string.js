const counts = new Map();
for (let i = 0; i < 1000000; i++) counts.set(`key ${i}`, i);
let total = 0;
for (let i = 0; i < 1000000; i++) total += counts.get(`key ${i}`);
console.log(`${counts.size} ${total}`);
