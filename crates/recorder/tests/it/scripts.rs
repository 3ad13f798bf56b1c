//! Scripts, with a process that says what a script's process would: their logs, replays and what is noticed.

use std::collections::BTreeMap;
use std::sync::Arc;

use recorder::error::{Error, ErrorKind};
use recorder::history::History;
use recorder::run::Finished;
use recorder::script::{self, Files, OsError, Script, Talk};
use recorder::verify::{Verdict, verify_with};
use recorder::why::why;
use recorder::world::{Observer, Silent};
use store::{Durability, Reader};
use testkit::disk::FaultyDisk;

use crate::scene::options;

const TEXT: &str =
    "import pandas as pd\ndf = pd.read_csv('in.csv')\ntotal = df.x.sum()\ndf.to_csv('out.csv')\n";
const HELLO: &str = r#"{"say": "hello", "interpreter": "Python 3.11.2"}"#;
const READ: &str = r#"{"say": "read", "path": "in.csv", "line": 2}"#;
const FRAME: &str = r#"{"say": "node", "name": "pd.read_csv@2#1", "call": "read_csv", "lines": [2, 2], "reads": [],
 "values": [{"name": "pd.read_csv@2#1", "type": "DataFrame", "hash": "aa", "summary": "2 rows x 1 column"}]}"#;
const BOUND: &str = r#"{"say": "node", "name": "df@2", "call": "", "lines": [2, 2], "reads": ["pd.read_csv@2#1"],
 "values": [{"name": "df@2", "type": "DataFrame", "hash": "aa", "summary": "2 rows x 1 column"}]}"#;
const TOTAL: &str = r#"{"say": "node", "name": "total@3", "call": "", "lines": [3, 3], "reads": ["df@2"],
 "values": [{"name": "total@3", "type": "int", "hash": "bb", "summary": "3"}]}"#;
const PRINT: &str = r#"{"say": "print", "is_error": false, "text": "3\n"}"#;
const WRITE: &str = r#"{"say": "write", "path": "out.csv", "line": 4, "size_bytes": 4}"#;
const WRITTEN: &str = "x\n3\n";
const WROTE: &str =
    r#"{"say": "node", "name": "line 4", "call": "", "lines": [4, 4], "reads": ["df@2"], "values": []}"#;
const END: &str = r#"{"say": "end", "exit": null, "raised": null}"#;

/// What a process says: a message a line, the bytes of a file behind the one that announces them.
fn said(messages: &[&str]) -> Vec<u8> {
    let mut said = Vec::new();
    for message in messages {
        said.extend_from_slice(message.replace('\n', "").as_bytes());
        said.push(b'\n');
        if message.contains("size_bytes") {
            said.extend_from_slice(WRITTEN.as_bytes());
        }
    }
    said
}

fn whole() -> Vec<u8> {
    said(&[HELLO, READ, FRAME, BOUND, PRINT, TOTAL, WRITE, WROTE, END])
}

#[derive(Default)]
struct Table(BTreeMap<String, Vec<u8>>);

impl Files for Table {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, OsError> {
        let missing = || OsError { errno: 2, message: "No such file or directory".to_string() };
        self.0.get(path).cloned().ok_or_else(missing)
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), OsError> {
        self.0.insert(path.to_string(), bytes.to_vec());
        Ok(())
    }
}

fn table() -> Table {
    Table(BTreeMap::from([("in.csv".to_string(), b"x\n1\n2\n".to_vec())]))
}

/// Records what a process says; gives what it was answered too.
fn record(disk: &FaultyDisk, said: &[u8], files: &mut Table) -> (recorder::Result<Finished>, String) {
    let script = Script { path: "s.py".to_string(), text: TEXT.to_string(), arguments: Vec::new() };
    let (mut from, mut to) = (said, Vec::new());
    let mut talk = Talk::new(&mut from, &mut to);
    let ran_by = talk.hello().unwrap();
    let vfs = Arc::new(disk.clone());
    let ended =
        script::record(&script, &ran_by, &mut talk, vfs, options(Durability::Durable), files, &mut Silent);
    (ended.and_then(recorder::run::Ending::close), String::from_utf8(to).unwrap())
}

fn history(disk: &FaultyDisk) -> History {
    History::read(Reader::open(Arc::new(disk.clone())).unwrap()).unwrap()
}

/// Verifies with a process that says this.
fn verify(disk: &FaultyDisk, said: &[u8]) -> recorder::Result<Verdict> {
    let mut again = |history: &History, observer: &mut dyn Observer| -> Result<Finished, Error> {
        let (mut from, mut to) = (said, Vec::new());
        script::replay(history, &mut Talk::new(&mut from, &mut to), observer)
    };
    verify_with(Arc::new(disk.clone()), None, None, None, None, &mut again, &mut Silent)
}

#[test]
fn a_script_has_the_log_of_a_run() {
    let (disk, mut files) = (FaultyDisk::new(), table());
    let (finished, answered) = record(&disk, &whole(), &mut files);
    assert_eq!(finished.unwrap().end.status, "complete");
    // The text, the file's bytes, and that the other was written.
    let expected = format!("{{\"size_bytes\":{}}}\n{TEXT}{{\"size_bytes\":6}}\nx\n1\n2\n", TEXT.len());
    assert_eq!(answered, format!("{expected}{{\"size_bytes\":0}}\n"));
    assert_eq!(files.0["out.csv"], WRITTEN.as_bytes());

    let history = history(&disk);
    assert_eq!(history.start.script.as_deref(), Some("Python 3.11.2"));
    let asked: Vec<_> = history.effects.iter().map(|effect| effect.intent.reason.as_str()).collect();
    assert_eq!(asked, ["read in.csv", "write out.csv"]);
    // By hand: `printf 'x\n1\n2\n' | sha256sum`.
    let sha256 = history.effects[0].outcome.as_ref().unwrap().sha256.clone().unwrap();
    assert_eq!(sha256, "aea284871ddeeebac4b57b7a8ee7dad070886e690408ce2409306b9b6487beb1");

    let total = why(&history, "total").unwrap();
    assert_eq!((total.code.as_str(), total.line), ("total = df.x.sum()", 3));
    let names: Vec<_> = total.upstream.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["total@3", "df@2", "pd.read_csv@2#1"]);
    assert_eq!(total.inputs[0].path, "in.csv");
    assert!(why(&history, "totl").unwrap_err().next_step().unwrap().contains("`total`"));
}

#[test]
fn a_replay_that_says_the_same_is_verified() {
    let disk = FaultyDisk::new();
    record(&disk, &whole(), &mut table()).0.unwrap();
    let verdict = verify(&disk, &whole()).unwrap();
    assert!(verdict.is_verified(), "{:?}", verdict.differences);
    assert_eq!((verdict.results, verdict.effects), (3, 2));
}

#[test]
fn whatever_a_replay_says_otherwise_is_a_difference() {
    let disk = FaultyDisk::new();
    record(&disk, &whole(), &mut table()).0.unwrap();
    let told = |of: &[&str]| verify(&disk, &said(of)).unwrap().differences.join("; ");
    let other = TOTAL.replace("bb", "cc");
    assert!(told(&[HELLO, READ, FRAME, BOUND, PRINT, &other, WRITE, WROTE, END]).contains("`total@3`"));
    let printed = PRINT.replace('3', "4");
    assert!(told(&[HELLO, READ, FRAME, BOUND, &printed, TOTAL, WRITE, WROTE, END]).contains("prints"));
    let path = READ.replace("in.csv", "other.csv");
    let differs = told(&[HELLO, &path, FRAME, BOUND, PRINT, TOTAL, WRITE, END]);
    assert!(differs.contains("read in.csv at line 2") && differs.contains("read other.csv"), "{differs}");
    assert!(told(&[HELLO, READ, FRAME, BOUND, PRINT, TOTAL, END]).contains("asks for less"));
    assert!(told(&[HELLO, READ, READ, READ, END]).contains("asks for something else"));
    assert!(
        told(&[HELLO, READ, FRAME, BOUND, PRINT, TOTAL, WRITE, WROTE, READ, END]).contains("asks for more")
    );
    let interpreter = HELLO.replace("3.11.2", "3.12.0");
    assert!(told(&[&interpreter]).contains("recorded with Python 3.11.2"));
    let raised =
        END.replace("\"raised\": null", r#""raised": {"class": "KeyError", "message": "'x'", "line": 3}"#);
    assert!(
        told(&[HELLO, READ, FRAME, BOUND, PRINT, TOTAL, WRITE, WROTE, &raised]).contains("KeyError: 'x'")
    );
}

#[test]
fn an_error_of_the_system_is_recorded_and_comes_again() {
    let disk = FaultyDisk::new();
    let raised = END.replace(
        "\"raised\": null",
        r#""raised": {"class": "FileNotFoundError", "message": "in.csv", "line": 2}"#,
    );
    let spoken = said(&[HELLO, READ, &raised]);
    let (finished, answered) = record(&disk, &spoken, &mut Table::default());
    let finished = finished.unwrap();
    assert!(
        answered.contains(r#"{"error":{"errno":2,"message":"No such file or directory"}}"#),
        "{answered}"
    );
    assert_eq!(finished.end.fault.unwrap().message, "FileNotFoundError: in.csv");
    assert_eq!(finished.fault_place.unwrap().place, "s.py:2");
    // The file is there now, and the replay does not look.
    assert!(verify(&disk, &spoken).unwrap().differences.is_empty());
}

#[test]
fn what_the_script_does_itself_is_told_and_not_vouched_for() {
    let disk = FaultyDisk::new();
    let outside = r#"{"say": "outside", "event": "open", "what": "notes.txt", "line": 3}"#;
    let spoken = said(&[HELLO, READ, FRAME, BOUND, outside, TOTAL, END]);
    record(&disk, &spoken, &mut table()).0.unwrap();
    let verdict = verify(&disk, &spoken).unwrap();
    assert_eq!(verdict.unrecorded, ["open notes.txt, by the script itself at line 3"]);
    assert!(verdict.is_verified());
}

#[test]
fn a_process_that_breaks_off_or_babbles_is_no_run() {
    let disk = FaultyDisk::new();
    let (finished, _) = record(&disk, &said(&[HELLO, READ]), &mut table());
    assert!(finished.unwrap().end.fault.unwrap().message.contains("ended before the script did"));
    for babble in ["{\"say\": \"shout\"}", "what?", "{\"say\": \"read\", \"path\": 1, \"line\": 1}"] {
        let error = record(&FaultyDisk::new(), &said(&[HELLO, babble]), &mut table()).0.err().unwrap();
        assert!(error.message().contains("no message of the protocol"), "{error}");
    }
    let (mut from, mut to) = (&b""[..], Vec::new());
    let error = Talk::new(&mut from, &mut to).hello().unwrap_err();
    assert_eq!((error.kind(), error.explained_as()), (ErrorKind::Usage, "R0714"));
    // A file that was announced and did not come whole is not written.
    let mut cut = said(&[HELLO, WRITE]);
    cut.truncate(cut.len() - 2);
    let mut files = table();
    assert!(record(&FaultyDisk::new(), &cut, &mut files).0.is_err());
    assert!(!files.0.contains_key("out.csv"));
}

#[test]
fn a_script_is_not_gone_on_with() {
    let disk = FaultyDisk::new();
    record(&disk, &whole(), &mut table()).0.unwrap();
    let mut scene = crate::scene::Scene::new(&disk);
    let error = crate::scene::resume(&mut scene).err().unwrap();
    assert_eq!(error.explained_as(), "E0704");
}
