//! `lumen lsp`, driven by a client over its standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next_id: i64,
    /// The newest diagnostics of each file.
    diagnostics: std::collections::BTreeMap<String, Vec<Value>>,
}

impl Client {
    fn start(folder: &Path) -> Client {
        Client::start_with(folder, &["lsp"])
    }

    fn start_with(folder: &Path, args: &[&str]) -> Client {
        Client::start_in(folder, args, json!({"processId": null, "rootUri": null, "capabilities": {}}))
    }

    fn start_in(folder: &Path, args: &[&str], initialize: Value) -> Client {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lumen"))
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut client = Client { child, input, output, next_id: 1, diagnostics: Default::default() };
        let answer = client.ask("initialize", initialize);
        assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16");
        client.tell("initialized", json!({}));
        client
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server reads");
        self.input.flush().expect("the server reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn receive(&mut self) -> Value {
        let mut len = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).expect("the server writes") > 0, "the server ended");
            match line.trim().split_once(": ") {
                Some(("Content-Length", number)) => len = number.parse().expect("a length"),
                Some(_) => {}
                None => break,
            }
        }
        let mut bytes = vec![0; len];
        self.output.read_exact(&mut bytes).expect("the whole message");
        let message: Value = serde_json::from_slice(&bytes).expect("JSON");
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().expect("a URI").to_string();
            let found = message["params"]["diagnostics"].as_array().expect("a list").clone();
            self.diagnostics.insert(uri, found);
        }
        message
    }

    /// Sends a request and reads up to its answer.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "lumen", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
        self.published(uri);
    }

    /// Reads until something is said of a file.
    fn published(&mut self, uri: &str) -> Vec<Value> {
        loop {
            let message = self.receive();
            if message["params"]["uri"] == uri {
                return self.diagnostics[uri].clone();
            }
        }
    }

    fn change(&mut self, uri: &str, range: [[u32; 2]; 2], text: &str) {
        let at = |[line, character]: [u32; 2]| json!({"line": line, "character": character});
        let change = json!({"range": {"start": at(range[0]), "end": at(range[1])}, "text": text});
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [change]}),
        );
    }

    /// Asks about a place.
    fn at(&mut self, method: &str, uri: &str, line: u32, character: u32) -> Value {
        let params =
            json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}});
        self.ask(method, params)["result"].clone()
    }

    fn end(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null)["result"], Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.child.wait().expect("the server ends").success());
    }
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("the file is written");
    }
    folder
}

fn uri(folder: &tempfile::TempDir, name: &str) -> String {
    format!("file://{}/{name}", folder.path().display())
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().filter_map(|found| found["code"].as_str()).collect()
}

#[test]
fn a_hover_tells_what_the_documentation_says() {
    let text =
        "```\nDoubles.\n\n~~~\ndouble(2)\n~~~\n```\ncell double(n: Int) -> Int = n * 2\nprint(double(3))\n";
    let folder = folder(&[("a.lm", text)]);
    let root = uri(&folder, "a.lm");
    let mut client = Client::start(folder.path());
    client.open(&root, text);
    let hover = client.at("textDocument/hover", &root, 8, 7);
    let value = hover["contents"]["value"].as_str().expect("a text");
    assert_eq!(value, "```lumen\ncell double(n: Int) -> Int\n```\n\nDoubles.\n\n```\ndouble(2)\n```");
    let builtin = client.at("textDocument/hover", &root, 8, 1);
    let value = builtin["contents"]["value"].as_str().expect("a text");
    assert!(value.contains("Writes its arguments"), "{value}");
    // What is inside has no documentation of its own.
    let parameter = client.at("textDocument/hover", &root, 7, 29);
    assert_eq!(parameter["contents"]["value"], "```lumen\nlet n: Int\n```");
    client.end();
}

#[test]
fn an_editor_may_name_the_only_way_to_talk() {
    let folder = folder(&[]);
    Client::start_with(folder.path(), &["lsp", "--stdio"]).end();
    let other = crate::lumen(folder.path(), &["lsp", "--socket"]);
    assert_eq!(crate::code(&other), 2, "{}", crate::text(&other));
}

const SHAPES: &str = "pub record Point(x: Int, y: Int)\npub cell sum(p: Point) -> Int = p.x + p.y\n";
const ROOT: &str = "import shapes: Point, sum\n\nlet p = Point(1, 2)\nprint(\"é😀\", sum(p))\n";

#[test]
fn an_editor_is_told_what_is_wrong_as_it_types() {
    let folder = folder(&[("shapes.lm", SHAPES), ("a.lm", ROOT)]);
    let root = uri(&folder, "a.lm");
    let mut client = Client::start(folder.path());
    client.open(&root, ROOT);
    assert_eq!(codes(&client.diagnostics[&root]), Vec::<&str>::new());
    // A place behind characters of two and four bytes.
    client.change(&root, [[3, 17], [3, 18]], "q");
    let found = client.published(&root);
    assert_eq!(codes(&found).first().map(|code| &code[..1]), Some("E"), "{found:?}");
    assert_eq!(found[0]["range"]["start"], json!({"line": 3, "character": 17}), "{found:?}");
    client.change(&root, [[3, 17], [3, 18]], "p");
    assert_eq!(codes(&client.published(&root)), Vec::<&str>::new());
    // What the editor says of another open file counts, saved or not.
    let shapes = uri(&folder, "shapes.lm");
    client.open(&shapes, SHAPES);
    client.change(&shapes, [[1, 9], [1, 12]], "total");
    let found = client.published(&root);
    assert!(!found.is_empty(), "the import is gone");
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": shapes}}));
    assert_eq!(codes(&client.published(&root)), Vec::<&str>::new(), "the file on disk has it");
    client.end();
}

#[test]
fn an_editor_asks_what_stands_where() {
    let folder = folder(&[("shapes.lm", SHAPES), ("a.lm", ROOT)]);
    let root = uri(&folder, "a.lm");
    let mut client = Client::start(folder.path());
    client.open(&root, ROOT);
    let hover = client.at("textDocument/hover", &root, 3, 13);
    assert_eq!(hover["contents"]["value"], "```lumen\ncell sum(p: Point) -> Int\n```");
    let definition = client.at("textDocument/definition", &root, 3, 13);
    assert_eq!(definition["uri"], uri(&folder, "shapes.lm"));
    assert_eq!(definition["range"]["start"], json!({"line": 1, "character": 9}));
    let references = client.at("textDocument/references", &root, 2, 4);
    assert_eq!(references.as_array().map(Vec::len), Some(2), "{references}");
    let completions = client.at("textDocument/completion", &root, 3, 16);
    let labels: Vec<&str> =
        completions.as_array().unwrap().iter().filter_map(|item| item["label"].as_str()).collect();
    assert!(labels.contains(&"p") && labels.contains(&"sum"), "{labels:?}");
    let help = client.at("textDocument/signatureHelp", &root, 2, 17);
    assert_eq!(help["signatures"][0]["label"], "Point(x: Int, y: Int) -> Point");
    assert_eq!(help["activeParameter"], 1);
    let document = json!({"textDocument": {"uri": root}});
    let symbols = client.ask("textDocument/documentSymbol", document.clone())["result"].clone();
    assert_eq!(symbols[0]["name"], "p");
    let tokens = client.ask("textDocument/semanticTokens/full", document.clone())["result"].clone();
    assert_eq!(tokens["data"].as_array().map(|data| data.len() % 5), Some(0));
    // The first is the imported file's name.
    assert_eq!(
        tokens["data"].as_array().map(|data| data[..4].to_vec()),
        Some(vec![json!(0), json!(7), json!(6), json!(8)])
    );
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    let hints = client.ask("textDocument/inlayHint", json!({"textDocument": {"uri": root}, "range": whole}));
    assert_eq!(hints["result"][0]["label"], ": Point");
    let unknown = client.ask("textDocument/moniker", document);
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    client.end();
}

#[test]
fn an_editor_finds_declarations_in_all_files_of_its_folder() {
    let folder = folder(&[
        ("shapes.lm", SHAPES),
        ("notes.lm.md", "# Notes\n\n```lumen\nlet sunny = 1\n```\n"),
        ("bad.lm", "cell ("),
        ("data.csv", "sum\n1\n"),
    ]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).expect("a link that leads back");
    let params = json!({"processId": null, "capabilities": {},
        "workspaceFolders": [{"uri": uri(&folder, ""), "name": "all"}]});
    let mut client = Client::start_in(folder.path(), &["lsp"], params);
    let names = |client: &mut Client, query: &str| -> Vec<(String, String)> {
        let found = client.ask("workspace/symbol", json!({"query": query}))["result"].clone();
        let text = |value: &Value| value.as_str().expect("a text").to_string();
        let found = found.as_array().expect("a list").clone();
        found.iter().map(|it| (text(&it["name"]), text(&it["location"]["uri"]))).collect()
    };
    let (shapes, notes) = (uri(&folder, "shapes.lm"), uri(&folder, "notes.lm.md"));
    let one = |name: &str, uri: &str| (name.to_string(), uri.to_string());
    assert_eq!(names(&mut client, "SU"), [one("sunny", &notes), one("sum", &shapes)]);
    assert_eq!(names(&mut client, "pt"), [one("Point", &shapes)]);
    // What the editor holds counts in place of the file.
    client.open(&shapes, "cell summit() = 1\n");
    assert_eq!(names(&mut client, "su"), [one("sunny", &notes), one("summit", &shapes)]);
    client.end();
}

#[test]
fn a_rename_that_would_change_the_program_is_refused() {
    let folder = folder(&[("shapes.lm", SHAPES), ("a.lm", ROOT)]);
    let root = uri(&folder, "a.lm");
    let mut client = Client::start(folder.path());
    client.open(&root, ROOT);
    let mut rename = |line: u32, character: u32, name: &str| {
        let position = json!({"line": line, "character": character});
        client.ask(
            "textDocument/rename",
            json!({"textDocument": {"uri": root}, "position": position, "newName": name}),
        )
    };
    let renamed = rename(3, 13, "add");
    let changes = renamed["result"]["changes"].as_object().expect("edits");
    let counts: Vec<usize> = changes.values().filter_map(|edits| edits.as_array().map(Vec::len)).collect();
    assert_eq!(counts.iter().sum::<usize>(), 3, "import, use and declaration: {renamed}");
    let refused = rename(2, 4, "sum");
    assert!(refused["error"]["message"].as_str().unwrap_or_default().contains("already"), "{refused}");
    let refused = rename(0, 3, "other");
    assert!(refused["error"]["message"].as_str().unwrap_or_default().contains("no name"), "{refused}");
    client.end();
}

#[test]
fn an_editor_gets_fixes_and_formatting() {
    let text = "let   a = [1,2]\nlet b = (1, 2\nprint(a, b)\n";
    let folder = folder(&[("a.lm", text)]);
    let root = uri(&folder, "a.lm");
    let mut client = Client::start(folder.path());
    client.open(&root, text);
    let found = client.diagnostics[&root].clone();
    let range = found[0]["range"].clone();
    let context = json!({"diagnostics": []});
    let actions = client.ask(
        "textDocument/codeAction",
        json!({"textDocument": {"uri": root}, "range": range, "context": context}),
    );
    let edit = actions["result"][0]["edit"]["changes"][&root][0].clone();
    assert_eq!(edit["newText"], ")", "{actions}");
    // An editor that asks for other kinds of actions alone gets none of these.
    let context = json!({"diagnostics": [], "only": ["source.organizeImports"]});
    let others = client.ask(
        "textDocument/codeAction",
        json!({"textDocument": {"uri": root}, "range": range, "context": context}),
    );
    assert_eq!(others["result"], json!([]));
    let place =
        |place: &Value| [place["line"].as_u64().unwrap() as u32, place["character"].as_u64().unwrap() as u32];
    client.change(&root, [place(&edit["range"]["start"]), place(&edit["range"]["end"])], ")");
    assert_eq!(codes(&client.published(&root)), Vec::<&str>::new());
    let options = json!({"tabSize": 2, "insertSpaces": true});
    let formatted =
        client.ask("textDocument/formatting", json!({"textDocument": {"uri": root}, "options": options}));
    assert_eq!(
        formatted["result"][0]["newText"], "let a = [1, 2]\nlet b = (1, 2)\nprint(a, b)\n",
        "{formatted}"
    );
    client.end();
}

#[test]
fn a_document_is_served_in_its_fences_and_its_prose() {
    let text = "---\ntitle: Pears\n---\n\nSome prose.\n\n```lumen\nlet pears = 3\n```\n\nThere are `{lumen} pears` pears.\n";
    let folder = folder(&[("a.lm.md", text)]);
    let root = uri(&folder, "a.lm.md");
    let mut client = Client::start(folder.path());
    client.open(&root, text);
    assert_eq!(codes(&client.diagnostics[&root]), Vec::<&str>::new());
    let definition = client.at("textDocument/definition", &root, 10, 20);
    assert_eq!(definition["range"]["start"], json!({"line": 7, "character": 4}));
    assert_eq!(client.at("textDocument/completion", &root, 4, 3), json!([]));
    client.change(&root, [[10, 19], [10, 24]], "apples");
    let found = client.published(&root);
    assert_eq!(found[0]["range"]["start"]["line"], 10, "{found:?}");
    client.end();
}

#[test]
fn what_the_editor_sends_wrongly_ends_nothing() {
    let folder = folder(&[]);
    let mut client = Client::start(folder.path());
    let absent = uri(&folder, "absent.lm");
    let answer = client.ask(
        "textDocument/hover",
        json!({"textDocument": {"uri": absent}, "position": {"line": 0, "character": 0}}),
    );
    assert!(answer["error"]["message"].as_str().unwrap_or_default().contains("is not there"), "{answer}");
    let answer = client.ask("textDocument/hover", json!({"textDocument": {"uri": "untitled:1"}}));
    assert!(answer["error"]["message"].as_str().unwrap_or_default().contains("untitled:1"), "{answer}");
    client.tell("textDocument/didChange", json!({"nonsense": true}));
    client.open(&absent, "let a = 1\n");
    let answer =
        client.ask("textDocument/hover", json!({"textDocument": {"uri": absent}, "position": "here"}));
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    // Behind the last line and column stands the end.
    assert_eq!(client.at("textDocument/hover", &absent, 99, 99), Value::Null);
    client.change(&absent, [[0, 99], [99, 0]], "\nlet b = a\n");
    assert_eq!(codes(&client.published(&absent)), Vec::<&str>::new());
    client.end();
}
