//! A stored run as a dashboard, as pages, and over a real socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::{code, lumen, text};

/// A run of one packet in a store of its own; gives its exit status.
pub fn run(folder: &Path) -> i32 {
    let arguments = ["conformance", "FP-P2C-001", "--mode", "strict", "--store", "evidence"];
    let run = lumen(folder, &arguments);
    assert!(text(&run).contains("evidence in"), "{}", text(&run));
    code(&run)
}

#[test]
fn the_dashboard_shows_the_last_run_as_text_and_as_pages() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = root.path();
    let none = lumen(folder, &["conformance", "dash", "--store", "evidence"]);
    assert_eq!(code(&none), 2, "{}", text(&none));
    let status = run(folder);

    let dash = lumen(folder, &["conformance", "dash", "--store", "evidence"]);
    let shown = text(&dash);
    assert_eq!(code(&dash), status, "its exit status is the run's: {shown}");
    assert!(shown.contains("FP-P2C-001") && shown.contains("strict, set by flag"), "{shown}");
    assert!(!shown.contains("earlier runs"), "the first run has none before it: {shown}");
    run(folder);
    let again = text(&lumen(folder, &["conformance", "dash", "--store", "evidence"]));
    assert!(again.contains("0 in earlier runs, oldest first; 0 in this one"), "{again}");

    let pages = lumen(folder, &["conformance", "dash", "--store", "evidence", "--html", "pages"]);
    assert_eq!(code(&pages), status, "{}", text(&pages));
    let page = std::fs::read_to_string(folder.join("pages/conformance.html")).expect("the first page");
    assert!(page.contains("packets/FP-P2C-001.html"), "{page}");
    assert!(folder.join("pages/packets/FP-P2C-001.html").exists());
    let json = std::fs::read(folder.join("pages/api/v1/conformance.json")).expect("the JSON");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["schema"], "lumen.evidence.snapshot");
}

/// Ends with the test.
struct Server {
    child: Child,
    host: String,
}

impl Server {
    fn start(folder: &Path) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lumen"))
            .args(["conformance", "serve", "--port", "0", "--store", "evidence", "--json"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        while !said.ends_with("}\n") && out.read_line(&mut said).expect("a line") > 0 {}
        let said: Value = serde_json::from_str(&said).expect("JSON");
        let url = said["url"].as_str().expect("a URL");
        let host = url.trim_start_matches("http://").trim_end_matches("/conformance").to_string();
        assert!(host.starts_with("127.0.0.1:"), "{host}");
        Server { child, host }
    }

    /// What comes back for these bytes.
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.host).expect("it listens");
        stream.write_all(bytes).expect("sent");
        stream.shutdown(Shutdown::Write).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn get(&self, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host).as_bytes())
    }

    fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        assert!(
            head.starts_with("HTTP/1.1 200 OK") && head.contains("Content-Type: application/json"),
            "{head}"
        );
        serde_json::from_str(body).expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_server_gives_the_runs_pages_to_this_machine_and_nothing_else() {
    let root = tempfile::tempdir().expect("a temporary folder");
    run(root.path());
    let server = Server::start(root.path());

    let snapshot = server.json("/api/v1/conformance");
    assert_eq!(snapshot["schema_version"], 1);
    let case = snapshot["packets"][0]["checks"][0]["case"].as_str().expect("a case").replace('/', "%2F");
    let packet = format!("/packets/FP-P2C-001/cases/{case}");
    for path in ["/", "/conformance", "/ledger", "/sidecars", "/packets/FP-P2C-001", &packet] {
        let answer = server.get(path);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {answer}");
        let policy = "Content-Security-Policy: default-src 'none'; style-src 'sha256-";
        assert!(answer.contains(policy) && answer.contains("frame-ancestors 'none'"), "{path}: {answer}");
        assert!(answer.contains("<!DOCTYPE html>"), "{path}: {answer}");
    }
    assert_eq!(server.json(&format!("/api/v1{packet}"))["schema_version"], 1);

    let host = &server.host;
    let refused = [
        (404, "GET /absent HTTP/1.1\r\nHost: {}\r\n\r\n"),
        (404, "GET /../../../../etc/passwd HTTP/1.1\r\nHost: {}\r\n\r\n"),
        (404, "GET /%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nHost: {}\r\n\r\n"),
        (404, "GET /mismatches/FP-P2C-001/absent/strict HTTP/1.1\r\nHost: {}\r\n\r\n"),
        (405, "POST /conformance HTTP/1.1\r\nHost: {}\r\n\r\n"),
        (405, "HEAD /conformance HTTP/1.1\r\nHost: {}\r\n\r\n"),
        (400, "GET /conformance HTTP/1.1\r\n\r\n"),
        (400, "GET /conformance HTTP/1.1\r\nHost: {}\r\nHost: {}\r\n\r\n"),
        (400, "GET /conformance HTTP/1.1\r\nHost: evidence.example\r\n\r\n"),
        (400, "GET http://evidence.example/ HTTP/1.1\r\nHost: {}\r\n\r\n"),
        (400, "GET /conformance?run=1 HTTP/1.1\r\nHost: {}\r\n\r\n"),
        (400, "GET /conformance HTTP/9\r\nHost: {}\r\n\r\n"),
        (400, "GET /conformance HTTP/1.1\r\nno header\r\n\r\n"),
        (400, "hello"),
        (400, ""),
    ];
    for (status, request) in refused {
        let answer = server.send(request.replace("{}", host).as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
        assert!(answer.contains("Content-Type: text/plain"), "{request:?}: {answer}");
        assert!(!answer.contains("root:"), "{request:?}: {answer}");
    }
    assert!(server.send(b"PUT / HTTP/1.1\r\n\r\n").contains("Allow: GET"));
    let long = format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n", "a".repeat(20_000));
    assert!(server.send(long.as_bytes()).contains("longer than 8192 bytes"));
    assert!(server.send(b"GET /\xff HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "));

    // Clients that say nothing hold up nobody.
    let silent: Vec<TcpStream> = (0..4).map(|_| TcpStream::connect(host).expect("it listens")).collect();
    assert!(server.get("/conformance").starts_with("HTTP/1.1 200 OK"));
    drop(silent);
}

#[test]
fn the_server_shows_the_evidence_as_it_is_when_asked() {
    let root = tempfile::tempdir().expect("a temporary folder");
    run(root.path());
    let server = Server::start(root.path());
    let rows = || server.json("/api/v1/ledger")["part"]["ledger"]["rows"].as_array().map(Vec::len);
    let first = server.json("/api/v1/conformance")["run"]["id"].clone();
    assert_eq!(rows(), Some(1));
    run(root.path());
    assert_ne!(server.json("/api/v1/conformance")["run"]["id"], first, "the last run is another one now");
    assert_eq!(rows(), Some(2));

    let ledger = root.path().join("evidence/ledger.jsonl");
    let text = std::fs::read_to_string(&ledger).expect("a ledger");
    std::fs::write(&ledger, text.replacen("\"failed\":0", "\"failed\":1", 1)).expect("written");
    assert!(server.get("/ledger").contains("1 damaged or broken"), "{}", server.get("/ledger"));
    std::fs::remove_dir_all(root.path().join("evidence/runs")).expect("removed");
    let gone = server.get("/conformance");
    assert!(gone.starts_with("HTTP/1.1 500 ") && gone.contains("no run is stored yet"), "{gone}");
    assert!(!server.send(b"GET / HTTP/1.1\r\nHost: evidence.example\r\n\r\n").contains("stored"));
}
