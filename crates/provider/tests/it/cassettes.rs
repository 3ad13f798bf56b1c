//! Replies on file: the same bytes again, no call where none may be, and no key.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use provider::scripted::{Act, Asked, Server};
use provider::{
    Batch, Blocking, Cancel, Cassette, Error, ErrorKind, Family, Http, HttpOptions, Message, Mode, Redactor,
    Reply, Request, canonical,
};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{Heard, ask, http, options, request, serve};

struct Tape {
    _directory: TempDir,
    path: PathBuf,
}

fn tape() -> Tape {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tape.jsonl");
    Tape { _directory: directory, path }
}

fn open(server: &Server, family: Family, path: &Path, mode: Mode) -> Result<Cassette, Error> {
    Cassette::open(Arc::new(http(server, family)), path, mode, Redactor::default())
}

fn heard(cassette: &Cassette, request: &Request) -> (Reply, String) {
    let mut heard = Heard::default();
    let reply = Blocking::new().unwrap().complete(cassette, request, &mut heard, &Cancel::new()).unwrap();
    (reply, heard.0)
}

fn echo(asked: &Asked) -> Act {
    Act { piece_bytes: 5, ..Act::say(format!("you said {} 😀", asked.prompt())) }
}

/// Records one call and returns the file's lines.
fn recorded(tape: &Tape) -> Vec<String> {
    let server = serve(echo);
    ask(&open(&server, Family::Chat, &tape.path, Mode::Record).unwrap(), &request("a")).unwrap();
    fs::read_to_string(&tape.path).unwrap().lines().map(str::to_string).collect()
}

#[test]
fn a_replay_gives_the_reply_again_without_a_server() {
    for family in Family::ALL {
        for stream in [false, true] {
            let (tape, server) = (tape(), serve(echo));
            let request = Request { stream, ..request("something é") };
            let (live, said) = heard(&open(&server, family, &tape.path, Mode::Record).unwrap(), &request);
            let cassette = open(&server, family, &tape.path, Mode::Replay).unwrap();
            drop(server);
            let (replayed, again) = heard(&cassette, &request);
            assert_eq!(Reply { attempts: live.attempts.clone(), ..replayed.clone() }, live, "{family:?}");
            assert_eq!(again, said);
            assert!(replayed.attempts.is_empty(), "a replayed call costs nothing");
        }
    }
}

/// Each reply is the key of its call, so that equal questions have replies of their own.
fn named(asked: &Asked) -> Act {
    Act::say(asked.idempotency_key.clone())
}

fn equal_calls(names: &[&str]) -> Vec<Request> {
    names.iter().map(|name| Request { idempotency_key: name.to_string(), ..request("the same") }).collect()
}

#[test]
fn equal_questions_have_their_replies_in_the_order_of_the_calls() {
    let (tape, server) = (tape(), serve(named));
    let texts = |mode, requests: Vec<Request>, in_flight| -> Vec<String> {
        let cassette = Arc::new(open(&server, Family::Chat, &tape.path, mode).unwrap());
        let results =
            Blocking::new().unwrap().complete_all(&Batch::new(cassette, in_flight), requests).unwrap();
        results.into_iter().map(|result| result.unwrap().text).collect()
    };
    let names = ["a", "b", "c", "d", "e"];
    assert_eq!(texts(Mode::Record, equal_calls(&names), 5), names);
    // Other calls of another run: what counts is which of the equal ones each is.
    assert_eq!(texts(Mode::Replay, equal_calls(&["v", "w", "x", "y", "z"]), 1), names);
    // The caller may number them itself, whatever their order.
    let mut backwards = equal_calls(&["1", "2", "3", "4", "5"]);
    for (lane, request) in backwards.iter_mut().rev().enumerate() {
        request.lane = Some(lane as u64);
    }
    assert_eq!(texts(Mode::Replay, backwards, 5), ["e", "d", "c", "b", "a"]);
    let cassette = open(&server, Family::Chat, &tape.path, Mode::Replay).unwrap();
    let sixth = Request { lane: Some(5), ..request("the same") };
    let error = ask(&cassette, &sixth).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CassetteMiss);
    assert!(error.message().contains("5 replies"), "{error}");
}

#[test]
fn a_miss_names_the_nearest_question_and_the_fields_that_differ() {
    let (tape, server) = (tape(), serve(echo));
    let cassette = open(&server, Family::Chat, &tape.path, Mode::Record).unwrap();
    ask(&cassette, &request("count to two")).unwrap();
    ask(&cassette, &request("count to ten, slowly")).unwrap();
    let before = server.asked().len();
    let cassette = open(&server, Family::Chat, &tape.path, Mode::Replay).unwrap();
    let mut near = request("count to twö");
    near.parameters.temperature = Some(0.5);
    let error = ask(&cassette, &near).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CassetteMiss);
    for expected in [
        "in line 2,",
        "/messages/0/content: recorded \"count to two\", asked \"count to twö\"",
        "/parameters/temperature: recorded absent, asked 0.5",
    ] {
        assert!(error.message().contains(expected), "{expected} in {error}");
    }
    assert_eq!(server.asked().len(), before, "a miss is never a live call");
    assert!(!ErrorKind::CassetteMiss.is_retried());
}

#[test]
fn a_cache_asks_for_what_is_absent_alone() {
    let (tape, server) = (tape(), serve(echo));
    for (prompts, asked) in [(["a", "b"], 2), (["b", "c"], 3), (["c", "a"], 3)] {
        let cassette = open(&server, Family::Responses, &tape.path, Mode::Cache).unwrap();
        for prompt in prompts {
            let reply = ask(&cassette, &request(prompt)).unwrap();
            assert_eq!(reply.text, format!("you said {prompt} 😀"));
        }
        assert_eq!(server.asked().len(), asked, "{prompts:?}");
    }
}

#[test]
fn without_a_mode_no_file_is_touched() {
    let (tape, server) = (tape(), serve(echo));
    ask(&open(&server, Family::Chat, &tape.path, Mode::Off).unwrap(), &request("a")).unwrap();
    assert!(!tape.path.exists());
    assert_eq!(Mode::from_name("replay"), Some(Mode::Replay));
    assert_eq!(Mode::from_name("Replay"), None);
}

#[test]
fn a_failed_call_is_not_written() {
    let (tape, server) = (tape(), serve(|_| Act::status(500)));
    ask(&open(&server, Family::Chat, &tape.path, Mode::Record).unwrap(), &request("a")).unwrap_err();
    assert_eq!(fs::read_to_string(&tape.path).unwrap().lines().count(), 1);
}

/// The server repeats the prompt, which holds the key, and sends it in pieces of five bytes.
#[test]
fn no_key_is_ever_written() {
    const CANARY: &str = "canary/0123456789+abcdef";
    for family in Family::ALL {
        for stream in [false, true] {
            let (tape, server) = (
                tape(),
                serve(|asked: &Asked| Act {
                    piece_bytes: 5,
                    ..Act::say(format!("{} and {}", asked.authorization, asked.prompt()))
                }),
            );
            let key = || SecretString::from(CANARY);
            let http = Http::new(HttpOptions { key: Some(key()), ..options(&server, family) }).unwrap();
            let redactor = Redactor::new([key()]);
            let cassette =
                Cassette::open(Arc::new(http), &tape.path, Mode::Record, redactor.clone()).unwrap();
            let mut request = request("x");
            request.messages = vec![
                Message::system(format!("use {CANARY}")),
                Message::user(format!("my key is {CANARY}, or sk-abcdefghijklmnopqr42")),
            ];
            request.stream = stream;
            let reply = ask(&cassette, &request).unwrap();
            assert!(reply.text.contains(CANARY), "the caller has the reply as it is");
            let written = fs::read_to_string(&tape.path).unwrap();
            assert!(!written.contains("canary") && !written.contains("0123456789"), "{written}");
            assert!(!written.contains("abcdefghijkl"), "{written}");
            assert!(written.contains("[redacted]"));
            // What is left can be read, and its question is found.
            let cassette = open(&server, family, &tape.path, Mode::Replay).unwrap();
            let again = ask(&cassette, &request).unwrap().text;
            assert!(again.contains("and my key is [redacted], or [redacted]"), "{again}");
        }
    }
}

#[test]
fn no_part_of_a_key_is_shown_by_a_miss() {
    let (tape, server) = (tape(), serve(echo));
    recorded(&tape);
    let key = "canary/".repeat(20);
    let redactor = Redactor::new([SecretString::from(key.as_str())]);
    let inner = Arc::new(http(&server, Family::Chat));
    let cassette = Cassette::open(inner, &tape.path, Mode::Replay, redactor).unwrap();
    let error = ask(&cassette, &request(&format!("use {key}"))).unwrap_err();
    assert!(error.message().contains("use [redacted]") && !error.message().contains("canary"), "{error}");
}

/// The script sends a word an event, so the two words of a header come apart.
#[test]
fn a_key_that_comes_apart_in_a_stream_keeps_the_reply_out_of_the_file() {
    let server = serve(|_| Act::say("Authorization: Bearer abcdefghijklmnopqr42"));
    for family in Family::ALL {
        let tape = tape();
        let cassette = open(&server, family, &tape.path, Mode::Record).unwrap();
        let error = ask(&cassette, &Request { stream: true, ..request("x") }).unwrap_err();
        assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Cassette, 1), "{family:?}: {error}");
        assert!(error.usage().is_some(), "it was paid for");
        assert_eq!(fs::read_to_string(&tape.path).unwrap().lines().count(), 1);
        ask(&cassette, &request("x")).unwrap();
        let written = fs::read_to_string(&tape.path).unwrap();
        assert!(
            written.contains("Authorization: Bearer [redacted]") && !written.contains("abcdefgh"),
            "{written}"
        );
    }
}

#[test]
fn an_existing_file_is_not_recorded_over() {
    let (tape, server) = (tape(), serve(echo));
    let lines = recorded(&tape);
    let error = open(&server, Family::Chat, &tape.path, Mode::Record).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Cassette);
    assert_eq!(fs::read_to_string(&tape.path).unwrap().lines().collect::<Vec<_>>(), lines);
}

#[test]
fn a_damaged_line_is_named() {
    let (tape, server) = (tape(), serve(echo));
    let lines = recorded(&tape);
    let error = |text: String| {
        fs::write(&tape.path, &text).unwrap();
        let found =
            [Mode::Replay, Mode::Cache].map(|mode| open(&server, Family::Chat, &tape.path, mode).err());
        assert_eq!(fs::read_to_string(&tape.path).unwrap(), text, "a file that is refused stays as it is");
        let [Some(error), Some(same)] = found else { panic!("opened: {text}") };
        assert_eq!((error.kind(), error.message()), (ErrorKind::Cassette, same.message()));
        error.message().to_string()
    };
    let (header, line) = (&lines[0], &lines[1]);
    let whole = |line: &str| format!("{header}\n{line}\n");
    assert!(error(whole(&line.replace("you", "You"))).contains("line 2: the line is not what was written"));
    assert!(error(whole(&line.replace("\"lane\":0", "\"lane\":1"))).contains("line 2"));
    assert!(error(whole("{}")).contains("line 2: `digest` is absent"));
    assert!(error(format!("{header}\n{line}\n{line}")).contains("line 3: the line was cut"));
    assert!(error(format!("{header}\n{line}\n{line}\n")).contains("line 3: lane 0"));
    assert!(error(format!("{header}\n{}", &line[..40])).contains("line 2: the line was cut"));
    assert!(error(whole(line).replace("\"version\":1", "\"version\":2")).contains("version 2"));
    assert!(error(format!("{line}\n")).contains("line 1"));
    assert!(error(String::new()).contains("line 1"));
    for at in (0..line.len()).step_by(7).filter(|at| line.is_char_boundary(*at)) {
        let spoilt = format!("{}\u{1}{}", &line[..at], &line[at..]);
        assert!(error(whole(&spoilt)).contains("line 2"), "at {at}");
    }
}

/// `docs/formats/cassette.md`, read by hand.
#[test]
fn a_line_is_what_the_format_page_says() {
    let lines = recorded(&tape());
    assert_eq!(lines[0], r#"{"format":"lumen.cassette","version":1}"#);
    let mut line: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
    let hex = |value: &serde_json::Value| -> String {
        let digest = Sha256::digest(canonical(value).unwrap().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let question = serde_json::json!({
        "family": "openai.chat", "model": "m", "messages": [{"role": "user", "content": "a"}],
        "parameters": {"max_tokens": 100}, "schema": null,
    });
    assert_eq!(line["question"], question);
    assert_eq!(line["key"], hex(&question));
    let digest = line.as_object_mut().unwrap().remove("digest").unwrap();
    assert_eq!(digest, hex(&line));
    assert_eq!((&line["lane"], &line["reply"]["status"]), (&0.into(), &200.into()));
    assert_eq!(line["reply"]["family"], "openai.chat");
    let chunks = line["reply"]["chunks"].as_array().unwrap();
    let body: Vec<u8> = chunks
        .iter()
        .flat_map(|chunk| match chunk.as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => {
                let digits = chunk["hex"].as_str().unwrap();
                (0..digits.len() / 2)
                    .map(|n| u8::from_str_radix(&digits[2 * n..][..2], 16).unwrap())
                    .collect()
            }
        })
        .collect();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["choices"][0]["message"]["content"], "you said a 😀");
}

#[test]
fn a_file_has_one_writer() {
    let (tape, server) = (tape(), serve(echo));
    let first = open(&server, Family::Chat, &tape.path, Mode::Record).unwrap();
    ask(&first, &request("a")).unwrap();
    let error = open(&server, Family::Chat, &tape.path, Mode::Cache).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Cassette);
    assert!(error.message().contains("is written by another cassette"), "{error}");
    // Whole lines may be read meanwhile.
    ask(&open(&server, Family::Chat, &tape.path, Mode::Replay).unwrap(), &request("a")).unwrap();
    let before = fs::read(&tape.path).unwrap();
    drop(first);
    let second = open(&server, Family::Chat, &tape.path, Mode::Cache).unwrap();
    assert!(open(&server, Family::Chat, &tape.path, Mode::Cache).is_err());
    ask(&second, &request("b")).unwrap();
    assert!(fs::read(&tape.path).unwrap().starts_with(&before), "nothing of the first is gone");
}

#[test]
fn a_child_in_its_start_does_not_keep_the_writers_lock() {
    let (tape, server) = (tape(), serve(echo));
    let first = open(&server, Family::Chat, &tape.path, Mode::Record).unwrap();
    ask(&first, &request("a")).unwrap();
    let _child = testkit::open_files::held_by_a_child(&tape.path);
    drop(first);
    open(&server, Family::Chat, &tape.path, Mode::Cache).unwrap();
}

/// Runs only as a child of the test below.
#[test]
fn another_process_opens_it() {
    let Some(path) = std::env::var_os("LUMEN_CASSETTE_HELD") else { return };
    let server = serve(echo);
    for mode in [Mode::Cache, Mode::Record] {
        let error = open(&server, Family::Chat, Path::new(&path), mode).err().unwrap();
        println!("refused: {}", error.message());
    }
}

#[test]
fn two_processes_do_not_write_one_file() {
    let (tape, server) = (tape(), serve(echo));
    let held = open(&server, Family::Chat, &tape.path, Mode::Record).unwrap();
    ask(&held, &request("a")).unwrap();
    let before = fs::read(&tape.path).unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["cassettes::another_process_opens_it", "--exact", "--nocapture"])
        .env("LUMEN_CASSETTE_HELD", &tape.path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("refused: ") && said.contains("is written by another cassette"), "{said}");
    assert_eq!(said.matches("refused: ").count(), 2, "{said}");
    assert_eq!(fs::read(&tape.path).unwrap(), before);
}
