//! Requests to servers, which are threads of the tests.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::{Project, code, text};

/// What a server was asked, and where it is.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request with what `answer` says of it; nothing is an answer that never comes.
    fn start(answer: fn(&str) -> String) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let request = whole(&mut stream);
                heard.lock().expect("no test broke it").push(request.clone());
                let said = answer(&request);
                if said.is_empty() {
                    silent.push(stream);
                } else {
                    let _ = stream.write_all(said.as_bytes());
                }
            }
        });
        Server { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test broke it").clone()
    }

    fn project(&self, program: &str) -> Project {
        Project::with("a.lm", &program.replace("URL", &format!("http://127.0.0.1:{}", self.port)))
    }
}

/// A request with its body.
fn whole(stream: &mut impl Read) -> String {
    let (mut read, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let text = String::from_utf8_lossy(&read).to_string();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut piece) {
            Ok(count @ 1..) => read.extend_from_slice(&piece[..count]),
            _ => return text,
        }
    }
}

fn said(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

fn echo(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    let line = head.lines().next().expect("a line").replace(" HTTP/1.1", "");
    said("200 OK", "", &format!("{line} [{body}]"))
}

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).to_string()
}

#[test]
fn each_method_is_asked_recorded_and_replayed_without_its_server() {
    let server = Server::start(echo);
    let project = server.project(
        "grant http domain \"127.0.0.1\" max_calls 4\n\
         let got = http_get(\"URL/@a?b=c\", headers: {\"X-Token\": \"t\"})\n\
         let posted = http_post(\"URL/p\", \"one\")\n\
         let put = http_put(\"URL\", \"two\")\n\
         let gone = http_delete(\"URL/d/\")\n\
         print(got, posted, put, gone)\n",
    );
    let output = project.lumen(&["run", "a.lm"]);
    assert_eq!(
        stdout(&output),
        "GET /@a?b=c [] POST /p [one] PUT / [two] DELETE /d/ []\n",
        "{}",
        text(&output)
    );
    let asked = server.asked();
    assert_eq!(asked.len(), 4);
    let first = asked[0].to_lowercase();
    assert!(
        first.contains("x-token: t\r\n") && first.contains(&format!("host: 127.0.0.1:{}\r\n", server.port))
    );
    let verified = project.lumen(&["verify"]);
    assert_eq!(code(&verified), 0, "{}", text(&verified));
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn a_grant_says_which_servers_and_methods() {
    let server = Server::start(echo);
    for (grant, call, part) in [
        ("domain \"example.org\"", "http_get(\"URL\")", "is not about `127.0.0.1`"),
        ("domain \"127.0.0.1\" methods [\"GET\"]", "http_post(\"URL\", \"x\")", "does not allow POST"),
        (
            "allowed_domains [\"a.org\", \"*.b.org\"]",
            "http_get(\"http://c.b.org.evil/\")",
            "is not about `c.b.org.evil`",
        ),
    ] {
        let project = server.project(&format!("grant http {grant}\nlet a = {call}\nprint(a)\n"));
        let output = project.lumen(&["run", "a.lm"]);
        assert_eq!(code(&output), 7, "{}", text(&output));
        assert!(text(&output).contains("R0106") && text(&output).contains(part), "{}", text(&output));
    }
    assert!(server.asked().is_empty());
    let ungranted = server.project("print(http_get(\"URL\"))\n");
    let said = text(&ungranted.lumen(&["check", "a.lm"]));
    assert!(said.contains("error[E0106]") && said.contains("grant http domain"), "{said}");
    let allowed = server
        .project("grant http allowed_domains [\"127.0.0.*\"] methods [\"get\"]\nprint(http_get(\"URL/\"))\n");
    assert_eq!(stdout(&allowed.lumen(&["run", "a.lm"])), "GET / []\n");
}

#[test]
fn what_does_not_go_well_is_a_failure() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/moved") => said("302 Found", "Location: http://elsewhere.example/\r\n", ""),
        Some("/none") => said("404 Not Found", "", "there is nothing\nhere"),
        Some("/flood") => said("200 OK", "", &"a".repeat((16 << 20) + 1)),
        Some("/cut") => "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none".to_string(),
        _ => said("200 OK", "Content-Encoding: gzip\r\n", "x"),
    });
    for (path, part) in [
        (
            "moved",
            "R0701 GET `URL/moved` failed: the server answered 302, which leads to http://elsewhere.example/",
        ),
        ("none", "R0701 GET `URL/none` failed: the server answered 404: there is nothing"),
        ("flood", "R0705 GET `URL/flood` failed: the answer is longer than 16777216 bytes"),
        ("cut", "R0701 GET `URL/cut` failed: the answer was cut"),
        ("packed", "encoded as gzip"),
    ] {
        let program = format!(
            "grant http domain \"127.0.0.1\"\nmatch http_get.try(\"URL/{path}\")\n  ok(text) -> print(\"came\", text.len())\n  err(why) -> print(why.code, why.message)\nend\n"
        );
        let output = server.project(&program).lumen(&["run", "a.lm"]);
        let expected = part.replace("URL", &format!("http://127.0.0.1:{}", server.port));
        assert!(stdout(&output).contains(&expected), "{path}: {}", text(&output));
    }
    let odd = server.project("grant http\nprint(http_get(\"http://user@127.0.0.1/\"))\n");
    let output = odd.lumen(&["run", "a.lm"]);
    assert!(code(&output) == 6 && text(&output).contains("no URL here"), "{}", text(&output));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test holds a bound")]
fn a_server_that_never_answers_is_given_up() {
    let server = Server::start(|_| String::new());
    let project = server.project(
        "grant http domain \"127.0.0.1\" timeout_ms 300 retries 1\n\
         let failed = http_get.try(\"URL\")\nprint(failed)\n\
         let late = is_err(timeout(50, http_get(\"URL\")))\nprint(late)\n",
    );
    let from = Instant::now();
    let output = project.lumen(&["run", "a.lm"]);
    assert!(from.elapsed() < Duration::from_secs(60), "a silent server holds nothing up");
    assert!(stdout(&output).contains("R0702") && stdout(&output).ends_with("true\n"), "{}", text(&output));
    // The first request was made twice.
    assert_eq!(server.asked().len(), 3);
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}
