//! A program that has the agent card, and nothing else to go by: it writes a document with a mistake, mends it by the
//! diagnostic, runs it, reads the number and asks where that comes from.

use std::path::Path;

use serde_json::{Value, json};

use crate::serve::Client;
use crate::{Project, code, lumen, mcp, text};

const DOCUMENT: &str = "# Sales\n\n```lumen\nrecord Sale(city: String, amount: Float)\nlet sales = read_csv[Sale](\"data/sales.csv\")\nlet total = sales[sales.amount > 10.0].amount.sum()\n```\n\nLarge sales come to `{lumen} total`.\n";

/// The ways in which an agent reaches Lumen.
trait Link {
    fn check(&mut self, file: &str) -> Value;
    /// How the run ended.
    fn run(&mut self, file: &str) -> Value;
    fn why(&mut self, name: &str) -> Value;
}

struct Stdio(Client);

impl Link for Stdio {
    fn check(&mut self, file: &str) -> Value {
        self.0.result("check", json!({"files": [file]}))
    }

    fn run(&mut self, file: &str) -> Value {
        self.0.result("run.start", json!({"document": file}));
        self.0.until("finished")
    }

    fn why(&mut self, name: &str) -> Value {
        self.0.result("why", json!({"name": name}))
    }
}

struct Mcp(Client);

impl Link for Mcp {
    fn check(&mut self, file: &str) -> Value {
        mcp::call(&mut self.0, "lumen_check", json!({"files": [file]}))["structuredContent"].clone()
    }

    fn run(&mut self, file: &str) -> Value {
        mcp::call(&mut self.0, "lumen_run", json!({"document": file}))["structuredContent"].clone()
    }

    fn why(&mut self, name: &str) -> Value {
        mcp::call(&mut self.0, "lumen_why", json!({"name": name}))["structuredContent"].clone()
    }
}

/// Applies the first fix of the first diagnostic: its edits have byte offsets.
fn mend(text: &str, diagnostics: &Value) -> String {
    let edits = diagnostics[0]["fixes"][0]["edits"].as_array().expect("the diagnostic brings a fix");
    let mut text = text.to_string();
    for edit in edits.iter().rev() {
        let offset = |end: &str| edit["range"][end]["offset"].as_u64().expect("an offset") as usize;
        text.replace_range(offset("start")..offset("end"), edit["text"].as_str().expect("a text"));
    }
    text
}

fn follow(folder: &Path, link: &mut dyn Link) {
    std::fs::create_dir(folder.join("data")).expect("a folder");
    let write = |text: &str| std::fs::write(folder.join("sales.lm.md"), text).expect("written");
    std::fs::write(folder.join("data/sales.csv"), "city,amount\nBern,10.5\nRome,2.25\nOslo,30.25\n")
        .expect("written");
    write(DOCUMENT);
    let found = link.check("sales.lm.md");
    assert_eq!(found["diagnostics"][0]["code"], "E0106", "{found}");
    write(&mend(DOCUMENT, &found["diagnostics"]));
    let found = link.check("sales.lm.md");
    assert_eq!(found["errors"], 0, "{found}");
    let ended = link.run("sales.lm.md");
    // 10.5 + 30.25
    let numbers =
        json!([{"id": "n1", "text": "40.75", "expression": "total", "line": 10, "results": ["total"]}]);
    assert_eq!((&ended["exit_code"], &ended["numbers"]), (&json!(0), &numbers), "{ended}");
    let why = link.why("40.75");
    assert_eq!(why["number"]["id"], "n1", "{why}");
    assert_eq!(why["inputs"][0]["path"], "data/sales.csv");
    // `sha256sum` of the four lines.
    let digest = "e28f6f3b25dcc15ca8afe4c47a4892f21f0f8d3d89fe59820b18f1e8be6ea6c0";
    assert_eq!(why["inputs"][0]["sha256"], digest);
}

#[test]
fn the_card_names_what_the_agent_needs() {
    let card = lumen(Path::new("."), &["agent-card"]);
    assert_eq!(code(&card), 0);
    for part in ["```lumen", "read_csv[Row]", "E0106", "check --json", "serve --mcp", "serve --stdio"] {
        assert!(text(&card).contains(part), "the card lacks {part}");
    }
}

#[test]
fn an_agent_mends_its_document_over_standard_input_and_output() {
    let project = Project::with("none.txt", "");
    let mut link = Stdio(Client::ready(&project.folder));
    follow(&project.folder, &mut link);
}

#[test]
fn an_agent_mends_its_document_over_mcp() {
    let project = Project::with("none.txt", "");
    let mut client = Client::start(&project.folder, "--mcp");
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}});
    // An agent that has no shell gets the card here.
    let instructions = client.result("initialize", params)["instructions"].clone();
    let card = lumen(Path::new("."), &["agent-card"]);
    assert_eq!(instructions, String::from_utf8_lossy(&card.stdout).as_ref());
    follow(&project.folder, &mut Mcp(client));
}
