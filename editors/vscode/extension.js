// Starts `lumen lsp --stdio` for the files of both languages, and ends it with the editor.
"use strict";

const { workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

exports.activate = async () => {
  const command = workspace.getConfiguration("lumen").get("path", "lumen");
  const server = { command, args: ["lsp"], transport: TransportKind.stdio };
  const files = ["lumen", "lumen-document"].map((language) => ({ scheme: "file", language }));
  client = new LanguageClient("lumen", "Lumen", server, { documentSelector: files });
  await client.start();
};

exports.deactivate = () => client?.stop();
