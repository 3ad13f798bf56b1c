let text = "";
for (let i = 0; i < 200000; i++) text += "x";
console.log(text.length);
