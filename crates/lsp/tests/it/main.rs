//! The server against a client in the same process: what it says after any edits is what a first look says.

use ide::Analysis;
use lsp::{Compile, Connection, serve};
use lsp_server::{Message, Notification, Request, Response};
use serde_json::{Value, json};
use syntax::ast::NodeIds;
use syntax::{FileId, Source};

const URI: &str = "file:///a.lm";
const DOCUMENT: &str = "file:///a.lm.md";

/// Checks a single source; counts how often.
#[derive(Default)]
struct Checker {
    count: usize,
}

impl Compile for Checker {
    fn analyse(&mut self, path: &str, open: &dyn Fn(&str) -> Option<String>) -> Result<Analysis, String> {
        self.count += 1;
        let text = open(path).ok_or_else(|| format!("`{path}` is not there"))?;
        Ok(cold(path, &text))
    }

    fn files(&mut self, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn text(&mut self, _: &str) -> Option<String> {
        None
    }
}

/// What a first look at a text finds.
fn cold(path: &str, text: &str) -> Analysis {
    let mut ids = NodeIds::default();
    let (module, mut diagnostics, document) = match path.ends_with(".md") {
        true => {
            let mut document = syntax::parse_document(FileId(0), text, false, &mut ids);
            let found = std::mem::take(&mut document.diagnostics);
            (document.module.clone(), found, Some(document))
        }
        false => {
            let parsed = syntax::parse(FileId(0), text, &mut ids);
            (parsed.module, parsed.diagnostics, None)
        }
    };
    let modules = vec![module];
    let mut program = checker::Program::new(&modules, ids.len());
    program.bindings = document.as_ref().map_or(&[][..], |document| &document.bindings);
    let mut checked = checker::check(&program);
    diagnostics.append(&mut checked.diagnostics);
    Analysis::new(vec![Source::new(path, text)], modules, document, checked, diagnostics)
}

/// Code and place of what is wrong.
fn found(uri: &str, text: &str) -> Vec<(String, u64, u64)> {
    let place = |offset: u32| {
        let before = &text[..offset as usize];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() as u64, before[line_start..].encode_utf16().count() as u64)
    };
    cold(uri.trim_start_matches("file://"), text)
        .diagnostics
        .iter()
        .map(|found| {
            let (line, column) = place(found.span.start);
            (found.code.to_string(), line, column)
        })
        .collect()
}

/// Runs a client beside a server; both end with the client.
fn with_server(client: impl FnOnce(&Connection) + Send + 'static) -> Checker {
    let (ours, theirs) = Connection::memory();
    let thread = std::thread::spawn(move || {
        send(&theirs, Request::new(0.into(), "initialize".to_string(), json!({"capabilities": {}})).into());
        let Ok(Message::Response(answer)) = theirs.receiver.recv() else {
            panic!("no answer to `initialize`")
        };
        assert!(outcome(answer).is_ok());
        send(&theirs, Notification::new("initialized".to_string(), json!({})).into());
        client(&theirs);
        send(&theirs, Notification::new("exit".to_string(), Value::Null).into());
        // Who leaves while the server still speaks breaks the connection.
        while theirs.receiver.recv().is_ok() {}
    });
    let mut checker = Checker::default();
    serve(&ours, &mut checker).expect("the server ends well");
    drop(ours);
    thread.join().expect("the client is content");
    checker
}

/// What an answer carries, as it stands on the wire.
fn outcome(response: Response) -> Result<Value, Value> {
    let message = serde_json::to_value(response).expect("JSON");
    match message.get("error") {
        Some(error) => Err(error.clone()),
        None => Ok(message["result"].clone()),
    }
}

fn send(connection: &Connection, message: Message) {
    connection.sender.send(message).expect("the server listens");
}

fn tell(connection: &Connection, method: &str, params: Value) {
    send(connection, Notification::new(method.to_string(), params).into());
}

fn open(connection: &Connection, uri: &str, text: &str) {
    let document = json!({"uri": uri, "languageId": "lumen", "version": 1, "text": text});
    tell(connection, "textDocument/didOpen", json!({"textDocument": document}));
}

fn change(connection: &Connection, uri: &str, changes: Vec<Value>) {
    tell(
        connection,
        "textDocument/didChange",
        json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": changes}),
    );
}

/// The next diagnostics.
fn said(connection: &Connection) -> Vec<(String, u64, u64)> {
    loop {
        if let Ok(Message::Notification(message)) = connection.receiver.recv()
            && message.method == "textDocument/publishDiagnostics"
        {
            let list = message.params["diagnostics"].as_array().expect("a list").clone();
            let place = |found: &Value| {
                let start = &found["range"]["start"];
                let number = |name: &str| start[name].as_u64().expect("a number");
                (found["code"].as_str().unwrap_or_default().to_string(), number("line"), number("character"))
            };
            return list.iter().map(place).collect();
        }
    }
}

struct Generator(u64);

impl Generator {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

const PIECES: [&str; 16] = [
    "let a = 1\n",
    "x",
    "(",
    ")",
    "end\n",
    "é",
    "😀",
    "\"",
    "cell f(a: Int) -> Int = a\n",
    "\n",
    " + 1",
    "if true\n",
    "a.b",
    "[",
    "record R(x: Int)\n",
    "# note\n",
];

/// What a document's edits are made of: names that cells take from each other, and the marks of fences.
const PARTS: [&str; 18] = [
    "base",
    "total",
    "double(",
    "Point",
    "Point(1)",
    "let total = base + 1\n",
    "cell double(n: Int) -> Int = n * 2\n",
    "cell double(n: String) -> String = n\n",
    "record Point(x: Int)\n",
    ".x",
    ")",
    "\n```\n",
    "\n```lumen\n",
    "`{lumen} total` ",
    "let base = 2\n",
    "let base = \"two\"\n",
    "end\n",
    "é",
];

const CELLS: &str =
    "# Cells\n\n```lumen\nrecord Point(x: Int)\nlet base = 1\ncell double(n: Int) -> Int = n * 2\n```\n
Text.\n\n```lumen\nlet total = double(base) + Point(base).x\n```\n
The total is `{lumen} total`.\n\n```lumen\nprint(total, double(total))\n```\n";

/// Makes so many random edits; what the server says behind each is what a first look says.
fn edits_leave_what_a_first_look_finds(
    uri: &'static str,
    start: &'static str,
    pieces: &'static [&'static str],
) {
    let checker = with_server(move |connection| {
        let mut generator = Generator(7);
        let mut text = start.to_string();
        open(connection, uri, &text);
        assert_eq!(said(connection), found(uri, &text));
        let mut faulty = 0;
        for _ in 0..1_000 {
            // The text does not grow for ever.
            let room = if text.len() > 2_000 { 400 } else { 6 };
            let boundary = |mut at: usize, text: &str| {
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let start = boundary(generator.below(text.len() + 1), &text);
            let end = boundary((start + generator.below(room)).min(text.len()), &text);
            let piece = pieces[generator.below(pieces.len())];
            let position = |at: usize| {
                let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
                let column = text[line_start..at].encode_utf16().count();
                json!({"line": text[..at].matches('\n').count(), "character": column})
            };
            let range = json!({"start": position(start), "end": position(end)});
            change(connection, uri, vec![json!({"range": range, "text": piece})]);
            text.replace_range(start..end, piece);
            let expected = found(uri, &text);
            faulty += usize::from(!expected.is_empty());
            assert_eq!(said(connection), expected, "{text}");
        }
        assert!(faulty > 500, "{faulty}");
    });
    assert_eq!(checker.count, 1_001);
}

#[test]
fn a_thousand_edits_leave_what_a_first_look_finds() {
    let start = "record P(x: Int)\nlet p = P(1)\nprint(p.x)\n";
    edits_leave_what_a_first_look_finds(URI, start, &PIECES);
}

#[test]
fn a_thousand_edits_of_cells_that_use_each_other_leave_what_a_first_look_finds() {
    edits_leave_what_a_first_look_finds(DOCUMENT, CELLS, &PARTS);
}

#[test]
fn only_the_last_of_waiting_texts_is_checked_and_stale_questions_are_not_answered() {
    let checker = with_server(|connection| {
        // All of this waits in the queue before the server looks, but for what it takes first.
        open(connection, URI, "let a = 1\n");
        let ask = |id: i32, method: &str| {
            let params = json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": 4}});
            send(connection, Request::new(id.into(), method.to_string(), params).into());
        };
        for at in 0..200 {
            ask(2 * at + 1, "textDocument/hover");
            change(connection, URI, vec![json!({"text": format!("let a = {at}\n")})]);
        }
        ask(2_000, "textDocument/hover");
        let (mut stale, mut answered) = (0, 0);
        loop {
            let Ok(Message::Response(response)) = connection.receiver.recv() else { continue };
            match outcome(response) {
                Err(error) => {
                    assert_eq!(error["code"], -32801, "content modified");
                    stale += 1;
                }
                Ok(result) => {
                    answered += 1;
                    assert_eq!(result["contents"]["value"], "```lumen\nlet a: Int\n```");
                }
            }
            if stale + answered == 201 {
                break;
            }
        }
        assert!(answered >= 1, "the last question has nothing behind it");
    });
    // How many texts were seen depends on who was faster; each of the 201 was checked once at most.
    assert!(checker.count <= 201, "{}", checker.count);
}

#[test]
fn a_client_that_breaks_the_protocol_is_an_error() {
    let (ours, theirs) = Connection::memory();
    send(&theirs, Notification::new("hello".to_string(), Value::Null).into());
    drop(theirs);
    let broken = serve(&ours, &mut Checker::default()).unwrap_err().to_string();
    assert!(broken.contains("the connection to the editor broke"), "{broken}");
}
