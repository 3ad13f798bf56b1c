//! What a store's log tells, asked of its folder.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use plan::{DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, Query, UpsertPlan, Value};
use store::{Create, Edit, GraphEdit, Mutation, Options, Retention, Store};

use crate::{code, lumen, text};

fn put(id: u128, author: &str, cents: i128) -> UpsertPlan {
    let field_type = FieldType::Int { width_bytes: 8, signed: true, big_endian: false };
    let constant = |int| Box::new(Expr::Constant(Value::Int(int)));
    let sum = || {
        let field = Expr::Field { page: 1, offset: 0, field_type };
        Expr::Binary(Operator::Add, Box::new(field), constant(cents))
    };
    UpsertPlan {
        intent: Intent {
            id,
            parent: 0,
            author: author.to_owned(),
            schema: "put".to_owned(),
            schema_version: 1,
            body: format!("{{\"cents\":{cents}}}"),
        },
        reads: vec![],
        guard: Some(Expr::Binary(Operator::Ge, Box::new(sum()), constant(0))),
        deltas: vec![DeltaSpec::Write { page: PageRef::Existing(1), offset: 0, field_type, value: sum() }],
        clients: vec![],
        query: Query { pages: vec![1], ..Query::default() },
    }
}

/// Seq 1 creates `cents` and a page that follows it from seq 2 on; 3 and 4 put 100 and 20, 5 is refused, 6 takes 30.
fn made(folder: &Path) -> PathBuf {
    let path = folder.join("state");
    let store = Store::open_dir(&path, Options::new(|| 1, || [7; 16]).create(Create::New)).unwrap();
    store.derive().register("copy@1", |parents| Ok(parents.concat()));
    let edits = vec![Edit::create(0, 8, Some("cents")), Edit::create(1, 8, None)];
    store.mutate().commit(&Mutation { edits, ..Mutation::default() }).unwrap();
    let copy = GraphEdit::derive(2, "copy@1", [1]);
    store.derive().edit(&[copy]).unwrap();
    for (id, author, cents) in
        [(0xa1, "ada", 100), (0xb1, "ben", 20), (0xb2, "ben", -500), (0xa2, "ada", -30)]
    {
        store.upsert().submit(&put(id, author, cents)).unwrap();
    }
    store.close().unwrap();
    path
}

fn ask(folder: &Path, words: &[&str]) -> Output {
    lumen(folder, &[&["store"], words].concat())
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(folder: &Path, words: &[&str]) -> serde_json::Value {
    let output = ask(folder, &[words, &["--json"]].concat());
    serde_json::from_str(&out(&output)).unwrap_or_else(|error| panic!("{error}: {}", text(&output)))
}

#[test]
fn a_byte_leads_to_its_intent_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    let blame = ask(folder.path(), &["blame", "state", "cents"]);
    assert_eq!(code(&blame), 0, "{}", text(&blame));
    let expected = "seq 6      write of page 1\n           put by ada, intent 000000000000000000000000000000a2\n           \
                    {\"cents\":-30}\n";
    assert_eq!(out(&blame), expected);
    let then = json(folder.path(), &["blame", "state", "1", "0", "--at", "4"]);
    assert_eq!(
        (then["change"]["seq"].as_u64(), &then["change"]["intent"]["author"]),
        (Some(4), &"ben".into())
    );
    let absent = ask(folder.path(), &["blame", "state", "cents", "99"]);
    assert_eq!(code(&absent), 1);
    assert!(text(&absent).contains("page 1 has no byte 99 at seq 6"), "{}", text(&absent));
    let unknown = ask(folder.path(), &["blame", "state", "rent"]);
    assert_eq!(code(&unknown), 2);
    assert!(text(&unknown).contains("no page is called `rent`"), "{}", text(&unknown));
    let history = json(folder.path(), &["history", "state", "2"]);
    let seqs: Vec<_> =
        history["changes"].as_array().unwrap().iter().map(|it| it["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [1, 3, 4, 6]);
    assert_eq!(history["changes"][1]["function"], "copy@1");
}

#[test]
fn intents_and_states_are_found_by_what_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    let of_ben = json(folder.path(), &["intents", "state", "--author", "ben", "--refused"]);
    let of_ben = of_ben["intents"].as_array().unwrap();
    assert_eq!((of_ben.len(), &of_ben[1]["refused"]["cause"]), (2, &"guard".into()));
    let shown = ask(folder.path(), &["intents", "state", "--intent", "a1"]);
    assert_eq!(out(&shown), "seq 3      put by ada: committed\n           {\"cents\":100}\n");
    let few = ask(folder.path(), &["replay", "state", "--intent", "a1", "--to", "3", "--audit"]);
    assert!(out(&few).starts_with("Selected: 1 transaction.\n"), "{}", text(&few));
    assert!(
        out(&few)
            .ends_with("Audited: 3 committed intents and 1 refused intent; 4 guards and 0 reads agree.\n")
    );
    let whole = json(folder.path(), &["replay", "state", "--audit"]);
    assert_eq!((whole["page_count"].as_u64(), whole["audit"]["guards"].as_u64()), (Some(2), Some(4)));
    let without = json(folder.path(), &["replay", "state", "--author", "ben", "--invert"]);
    assert_eq!(without["applied"].as_u64(), Some(3));
    let hangs = without["dangling"].as_array().unwrap();
    assert!(hangs.iter().all(|it| it["seq"].as_u64() == Some(6)) && !hangs.is_empty(), "{hangs:?}");
    assert_ne!(without["state_hash"], whole["state_hash"]);
    let beyond = ask(folder.path(), &["replay", "state", "--to", "7"]);
    assert_eq!(code(&beyond), 2);
    assert!(text(&beyond).contains("expected at most 6"), "{}", text(&beyond));
}

#[test]
fn pictures_and_figures_come_from_the_log() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    // By hand: each page was created and changed by three transactions, the one by a field of 8 bytes, the other by the
    // one byte that differs.
    assert_eq!(out(&ask(folder.path(), &["heat", "state", "--csv"])), "page,changes,bytes\n1,4,24\n2,4,3\n");
    assert!(out(&ask(folder.path(), &["heat", "state", "--html"])).starts_with("<!doctype html>"));
    let trace = ask(folder.path(), &["trace", "state", "3"]);
    let trace: serde_json::Value = serde_json::from_str(&out(&trace)).unwrap();
    assert_eq!(trace["traceEvents"][1]["name"], "copy@1");
    let figures = out(&ask(folder.path(), &["metrics", "state"]));
    assert!(figures.contains("lumen_store_refusals_total{cause=\"guard\"} 1\n"), "{figures}");

    let binary = env!("CARGO_BIN_EXE_lumen");
    let mut served = Command::new(binary)
        .current_dir(folder.path())
        .args(["store", "metrics", "state", "--serve", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(served.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let host = url.trim().trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
    let get = |path: &str, named: &str| {
        let mut stream = TcpStream::connect(&host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {named}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let (good, lost, foreign) = (get("/metrics", &host), get("/", &host), get("/metrics", "example.org"));
    served.kill().unwrap();
    served.wait().unwrap();
    assert!(good.starts_with("HTTP/1.1 200") && good.ends_with(&figures), "{good}");
    assert!(lost.starts_with("HTTP/1.1 404") && foreign.starts_with("HTTP/1.1 400"));
}

#[test]
fn a_store_is_verified_and_what_is_none_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path());
    let whole = json(folder.path(), &["verify", "state"]);
    assert_eq!((whole["record_count"].as_u64(), whole["torn"].is_null()), (Some(6), true));
    let shown = out(&ask(folder.path(), &["verify", "state"]));
    assert!(shown.starts_with("Verified: 6 records up to seq 6 in 1 segment, 0 blobs, "), "{shown}");
    let none = ask(folder.path(), &["verify", "elsewhere"]);
    assert_eq!(code(&none), 2);
    assert!(text(&none).contains("error[E0703]") && text(&none).contains("`elsewhere`"), "{}", text(&none));
    let segment = std::fs::read_dir(path.join("log")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[4096 + 40] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let damaged = ask(folder.path(), &["verify", "state"]);
    assert_eq!(code(&damaged), 4, "{}", text(&damaged));
}

/// Opens a store that this process has just closed: between a fork and its exec, a child of another test still holds the
/// lock.
fn reopened(path: &Path) -> Store {
    loop {
        let options = Options::new(|| 1, || [7; 16]).create(Create::IfAbsent).retention(Retention::Bytes(0));
        match Store::open_dir(path, options) {
            Err(error) if error.kind() == store::ErrorKind::Locked => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

/// A retention dropped the first segments of a store of one page: what is gone is named, and what is left is told.
#[test]
fn what_was_dropped_is_told_and_asking_for_it_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    // Each opening begins a segment; the newest two checkpoints keep theirs.
    for round in 0..5u8 {
        let store = reopened(&path);
        if round == 0 {
            let edits = vec![Edit::create(0, 8, Some("cents")), Edit::write_new(0, 0, [0; 8])];
            store.mutate().commit(&Mutation { edits, ..Mutation::default() }).unwrap();
        } else {
            store.upsert().submit(&put(u128::from(round), "ada", i128::from(round))).unwrap();
        }
        store.checkpoint().unwrap();
        store.close().unwrap();
    }
    let kept = json(folder.path(), &["kept", "state"]);
    let number = |name: &str| kept[name].as_u64().unwrap();
    assert_eq!((number("oldest_seq"), number("last_seq")), (3, 5));
    assert_eq!((number("dropped_segment_count"), number("segment_count")), (3, 2));
    // Of the seqs 1 to 3 two were plans.
    assert_eq!((number("remnant_count"), &kept["checkpoint_seqs"]), (2, &serde_json::json!([4, 5])));
    let shown = out(&ask(folder.path(), &["kept", "state"]));
    assert!(
        shown.starts_with("States can be asked for from seq 3 to 5, records from seq 4 on.\n"),
        "{shown}"
    );
    assert!(shown.contains("Dropped: 3 segments"), "{shown}");
    for words in
        [&["replay", "state", "--to", "2"][..], &["history", "state", "cents"], &["trace", "state", "3"]]
    {
        let output = ask(folder.path(), words);
        assert_eq!(code(&output), 1, "{}", text(&output));
        assert!(text(&output).contains("`lumen store kept`"), "{}", text(&output));
    }
    let history = json(folder.path(), &["history", "state", "cents", "--since", "3"]);
    assert_eq!(history["changes"].as_array().unwrap().len(), 2);
    let intents = json(folder.path(), &["intents", "state"]);
    let seqs: Vec<_> =
        intents["intents"].as_array().unwrap().iter().map(|it| it["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [2, 3, 4, 5]);
    assert_eq!(out(&ask(folder.path(), &["heat", "state"])), "page,changes,bytes\n1,2,16\n");
    assert_eq!(json(folder.path(), &["verify", "state"])["oldest_seq"].as_u64(), Some(3));
    assert!(out(&ask(folder.path(), &["metrics", "state"])).contains("lumen_store_oldest_seq 3\n"));
    // A store that keeps everything begins with the empty state.
    made(folder.path().join("whole").as_path());
    let whole = json(folder.path(), &["kept", "whole/state"]);
    assert_eq!((whole["oldest_seq"].as_u64(), whole["remnant_bytes"].as_u64()), (Some(0), Some(0)));
}

/// By hand: page 2 is a copy that follows; page 3, made from it along a stale edge, was asked for at seq 3 and is behind
/// since seq 4; page 4 waits for a task that never came.
#[test]
fn derived_pages_are_listed_with_what_they_lack() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(|| 1, || [7; 16]).create(Create::New);
    let store = Store::open_dir(folder.path().join("state"), options).unwrap();
    store.derive().register("copy@1", |parents| Ok(parents.concat()));
    let edits = (0..4).map(|number| Edit::create(number, 1, None)).collect();
    store.mutate().commit(&Mutation { edits, ..Mutation::default() }).unwrap();
    let node = |page, parent, stale, asynchronous| GraphEdit::Derive {
        page,
        function: "copy@1".to_owned(),
        parents: vec![parent],
        stale,
        asynchronous,
    };
    store
        .derive()
        .edit(&[GraphEdit::derive(2, "copy@1", [1]), node(3, 2, vec![2], false), node(4, 1, vec![], true)])
        .unwrap();
    store.derive().refresh(3).unwrap();
    let edits = vec![Edit::write(1, 0, [9])];
    store.mutate().commit(&Mutation { edits, ..Mutation::default() }).unwrap();
    store.close().unwrap();
    let listed = ask(folder.path(), &["derived", "state"]);
    assert_eq!(
        out(&listed),
        "page 2     copy@1 of 1; has all of its inputs\n\
         page 3     copy@1 of 2 (stale edge); stale: has its inputs up to seq 3\n\
         page 4     copy@1 of 1, by a task; stale: not computed yet\n"
    );
    assert!(text(&listed).contains("3 derived pages at seq 4, 2 of them stale"), "{}", text(&listed));
    let stale = json(folder.path(), &["derived", "state", "--stale"]);
    let pages: Vec<_> =
        stale["derived"].as_array().unwrap().iter().map(|it| it["page"].as_u64().unwrap()).collect();
    assert_eq!((pages, stale["seq"].as_u64()), (vec![3, 4], Some(4)));
    let then = json(folder.path(), &["derived", "state", "--stale", "--at", "3"]);
    assert_eq!(
        then["derived"],
        serde_json::json!([{
            "page": 4, "function": "copy@1", "parents": [1], "stale_parents": [], "asynchronous": true,
            "watermark": 0, "stale": true,
        }])
    );
    let none = ask(folder.path(), &["derived", "state", "--at", "1"]);
    assert_eq!((code(&none), out(&none)), (0, String::new()));
}
