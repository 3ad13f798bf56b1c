const parts = [];
for (let i = 0; i < 1000000; i++) parts.push(String(i));
console.log(parts.join(",").length);
