// Opens one HTML file in Chromium without a network and holds it to what a reader may expect.
//
// usage: node check.mjs PLAYWRIGHT_FOLDER CHROMIUM FILE OUT
//
// Checked at 400 and 1200 pixels, light and dark: no console error, no request but the file's own, no horizontal
// overflow of the page, some text to read; and once more with scripts switched off. Screenshots go to OUT.
// Exit status: 0 all hold, 1 one does not.

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [playwright, executablePath, file, out] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(playwright);
const address = pathToFileURL(file).href;
const faults = [];

const browser = await chromium.launch({
  executablePath,
  // Without a resolver and behind a proxy that nobody listens on, a request that slips past the checks still fails.
  args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--disable-gpu"],
});

async function visit(name, options) {
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  const fault = (text) => faults.push(`${name}: ${text}`);
  page.on("console", (message) => {
    if (message.type() === "error") fault(`console error: ${message.text()}`);
  });
  page.on("pageerror", (error) => fault(`uncaught error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    // A data: address is part of the file itself.
    if (url.split("#")[0] !== address && !url.startsWith("data:")) fault(`request to ${url.slice(0, 200)}`);
  });
  await page.goto(address, { waitUntil: "load" });
  const text = (await page.locator("body").innerText()).trim();
  if (text.length === 0) fault("the page shows no text");
  await page.screenshot({ path: path.join(out, `${name}.png`), fullPage: true });
  const measured = { text: text.length };
  if (options.javaScriptEnabled !== false) {
    Object.assign(measured, await page.evaluate(() => ({
      width: document.documentElement.clientWidth,
      content: document.documentElement.scrollWidth,
      anchors: document.querySelectorAll('a[href^="#"]').length,
      dead: [...document.querySelectorAll('a[href^="#"]')]
        .map((link) => decodeURIComponent(link.getAttribute("href").slice(1)))
        .filter((id) => id !== "" && document.getElementById(id) === null),
    })));
    if (measured.content > measured.width) {
      fault(`the page is ${measured.content} px wide in a window of ${measured.width} px`);
    }
    for (const id of measured.dead.slice(0, 5)) fault(`link to #${id}, which does not exist`);
  }
  await context.close();
  return measured;
}

try {
  for (const width of [400, 1200]) {
    for (const colorScheme of ["light", "dark"]) {
      const measured = await visit(`${width}-${colorScheme}`, { colorScheme, viewport: { width, height: 900 } });
      console.log(`${width} px ${colorScheme}: ${measured.text} characters, ${measured.anchors} links inside`);
    }
  }
  const plain = await visit("1200-without-scripts", {
    javaScriptEnabled: false,
    viewport: { width: 1200, height: 900 },
  });
  console.log(`1200 px without scripts: ${plain.text} characters`);
} finally {
  await browser.close();
}

for (const fault of faults) console.error(`FAULT ${fault}`);
console.log(faults.length === 0 ? `report holds; screenshots in ${out}` : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
