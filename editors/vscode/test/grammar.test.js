// The grammars as the editor reads them, on a text whose every word has the colour that is expected of it.
"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { test } = require("node:test");
const assert = require("node:assert/strict");
const oniguruma = require("vscode-oniguruma");
const { Registry, INITIAL, parseRawGrammar } = require("vscode-textmate");

const read = (name) => readFileSync(join(__dirname, "..", name), "utf8");
const manifest = JSON.parse(read("package.json"));

const registry = (async () => {
  const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  return new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) => {
      const found = manifest.contributes.grammars.find((grammar) => grammar.scopeName === scope);
      return found ? parseRawGrammar(read(found.path), found.path) : null;
    },
  });
})();

// Of each token that is not blank: its text and its innermost scope.
async function scopes(scope, text) {
  const grammar = await (await registry).loadGrammar(scope);
  const found = [];
  let state = INITIAL;
  for (const line of text.split("\n")) {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    for (const { startIndex, endIndex, scopes } of result.tokens) {
      const token = line.slice(startIndex, endIndex).trim();
      if (token) found.push([token, scopes.at(-1)]);
    }
  }
  return found;
}

const has = (found, token, scope) =>
  assert.ok(found.some(([text, of]) => text === token && of === scope), `${token} is no ${scope} in ${JSON.stringify(found)}`);

test("words of a source have the colours of their kinds", async () => {
  const found = await scopes("source.lumen", 'pub cell area(r: Float) -> Float\n  # half\n  let x = 0xFF + 1.5e3\n  if r > 1 and true\n    print("a{r:.2f}b\\n", step.end)\n  end\nend');
  for (const [token, scope] of [
    ["cell", "keyword.declaration.lumen"],
    ["area", "entity.name.function.lumen"],
    ["Float", "entity.name.type.lumen"],
    ["# half", "comment.line.number-sign.lumen"],
    ["0xFF", "constant.numeric.lumen"],
    ["1.5e3", "constant.numeric.lumen"],
    ["if", "keyword.control.lumen"],
    ["and", "keyword.operator.word.lumen"],
    ["true", "constant.language.lumen"],
    ["a", "string.quoted.double.lumen"],
    ["\\n", "constant.character.escape.lumen"],
    [":.2f", "constant.other.placeholder.lumen"],
    ["end", "keyword.control.lumen"],
  ]) has(found, token, scope);
  // After a dot every word is a name.
  assert.equal(found.filter(([text, of]) => text === "end" && of === "keyword.control.lumen").length, 2);
});

test("a documentation block and a text of several lines end where they end", async () => {
  const found = await scopes("source.lumen", '```\nWhat it is.\n```\nlet s = """one\ntwo"""\nlet raw = r"a{b}"\nlet b = 1');
  has(found, "What it is.", "comment.block.documentation.lumen");
  has(found, "two", "string.quoted.triple.lumen");
  has(found, "a{b}", "string.quoted.raw.lumen");
  assert.equal(found.filter(([text]) => text === "let").length, 3);
  assert.ok(found.every(([text, of]) => text !== "let" || of === "keyword.declaration.lumen"));
});

test("code in a document has the colours of a source", async () => {
  const found = await scopes("text.html.markdown.lumen", "# Title\n\n```lumen load\nlet x = 1\n```\n\nIt is `{lumen} x`, let.");
  has(found, "let", "keyword.declaration.lumen");
  has(found, "1", "constant.numeric.lumen");
  assert.equal(found.filter(([text, of]) => text === "let" && of.startsWith("keyword")).length, 1);
});
