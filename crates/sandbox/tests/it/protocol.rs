//! Cells and the worker's methods, on the real interpreter. Expected values are CPython's semantics by its language
//! reference, calculated by hand.

use crate::host::{Echo, NOW_NS, error, level, options, run, run_with, value, worker};
use sandbox::{Blob, Cell, ErrorKind, Worker};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn cells_are_real_python() {
    let mut worker = worker();
    let cases: &[(&str, Value)] = &[
        ("x = 6\nx * 7", json!(42)),
        ("x += 1\nx", json!(7)),
        ("a, *b = [1, 2, 3]\n[a, b]", json!([1, [2, 3]])),
        ("[n * n for n in range(4) if n % 2]", json!([1, 9])),
        ("sorted({k: v for k, v in zip('ab', (2, 1))}.items())", json!([["a", 2], ["b", 1]])),
        ("class P:\n    def __init__(self, v): self.v = v\nP(3).v", json!(3)),
        ("def gen():\n    yield from (1, 2)\nlist(gen())", json!([1, 2])),
        ("def deep(n):\n    return n and n + deep(n - 1)\ndeep(100)", json!(5050)),
        ("total = 0\nfor n in range(5):\n    total += n\ntotal", json!(10)),
        ("def outer():\n    global made\n    made = x\nouter()\nmade", json!(7)),
        ("f'{x:03d}|{\"ä\"!r}'", json!("007|'ä'")),
        ("match [1, 2]:\n    case [one, two]: seen = two\nseen", json!(2)),
        ("(lambda *a, k=3: len(a) + k)(1, 2)", json!(5)),
        ("import json; json.loads('{\"k\": [1.5]}')", json!({"k": [1.5]})),
        ("import re, collections; collections.Counter(re.findall('a|b', 'abba'))['a']", json!(2)),
        ("from decimal import Decimal; str(Decimal('0.1') + Decimal('0.2'))", json!("0.3")),
        ("import datetime; datetime.date(2024, 2, 29).isoformat()", json!("2024-02-29")),
        ("import hashlib; hashlib.sha256(b'').hexdigest()[:8]", json!("e3b0c442")),
        ("import sqlite3; sqlite3.connect(':memory:').execute('select 40 + 2').fetchone()", json!([42])),
        ("import zlib; zlib.decompress(zlib.compress(b'abc')).decode()", json!("abc")),
        ("import pickle\nclass Q: pass\ntype(pickle.loads(pickle.dumps(Q()))).__name__", json!("Q")),
        ("from dataclasses import dataclass\n@dataclass\nclass D:\n    n: int\nD(4).n", json!(4)),
        ("'\u{1F600}é'[0]", json!("\u{1F600}")),
        ("9223372036854775807", json!(9223372036854775807i64)),
        ("-9223372036854775808", json!(-9223372036854775808i64)),
        ("0.1 + 0.2", json!(0.30000000000000004)),
        ("(1, (2,))", json!([1, [2]])),
        ("len('é' * 3_000_000)", json!(3_000_000)),
        (
            "def noisy():\n    try:\n        raise KeyError('k')\n    except KeyError as e:\n        return e.args[0]\nnoisy()",
            json!("k"),
        ),
        ("import lumen_replay, sys; sys.flags.no_site, sys.flags.safe_path", json!([1, true])),
    ];
    for (code, expected) in cases {
        assert_eq!(value(&mut worker, code), *expected, "{code}");
    }
    // None has no value to show, as in CPython's own prompt.
    assert_eq!(run(&mut worker, "None").value, None);
    assert_eq!(run(&mut worker, "x = 1").value, None);
}

#[test]
fn what_json_cannot_carry_is_said() {
    let mut worker = worker();
    for (code, type_name, reason) in [
        ("float('nan')", "float", "expected a finite number, got nan"),
        ("[1, float('-inf')]", "list", "/1: expected a finite number, got -inf"),
        ("1 << 63", "int", "expected an integer of 64 bits, got one of 64 bits"),
        ("{1: 2}", "dict", "expected text as key, got int"),
        ("{'a': {1}}", "dict", "/a: expected a JSON value, got set"),
        ("'\\ud800'", "str", "expected Unicode text, got a lone surrogate"),
    ] {
        let shown = run(&mut worker, code).value.expect("a value");
        assert_eq!((shown.type_name.as_str(), shown.json), (type_name, None), "{code}");
        assert!(
            shown.unfit.as_deref().is_some_and(|unfit| unfit.ends_with(reason)),
            "{code}: {:?}",
            shown.unfit
        );
    }
    let shown =
        run(&mut worker, "class Bad:\n    def __repr__(self): raise OSError\nBad()").value.expect("a value");
    assert_eq!(shown.preview, "<Bad whose repr raises OSError>");
}

#[test]
fn errors_say_type_line_and_traceback() {
    let mut worker = worker();
    let failure = error(&mut worker, "x = 1\ndef f():\n    return x / 0\nf()");
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (ErrorKind::CellError, "ZeroDivisionError: division by zero")
    );
    assert_eq!((&failure.data["line"], &failure.data["compiled"]), (&json!(3), &json!(true)));
    let traceback = failure.data["traceback"].as_str().expect("a traceback");
    assert!(traceback.contains("line 4, in <module>") && traceback.contains("return x / 0"), "{traceback}");
    assert!(!traceback.contains("lumen_"), "{traceback}");
    // What ran before the error stays.
    assert_eq!(value(&mut worker, "x"), json!(1));
}

#[test]
fn code_that_does_not_compile_has_no_effect() {
    let mut worker = worker();
    let failure = error(&mut worker, "ran = True\nx = (1 +\n");
    assert_eq!((&failure.data["compiled"], &failure.data["type"]), (&json!(false), &json!("SyntaxError")));
    assert_eq!((&failure.data["line"], &failure.data["column"]), (&json!(2), &json!(5)));
    assert_eq!(error(&mut worker, "ran").data["type"], json!("NameError"));
    assert_eq!(error(&mut worker, "a\0b").data["compiled"], json!(false));
}

#[test]
fn printed_text_is_kept_by_stream() {
    let mut worker = worker();
    let outcome =
        run(&mut worker, "import sys\nprint('öut')\nprint('err', file=sys.stderr)\nprint('end', end='')");
    assert_eq!((outcome.stdout.head.as_str(), outcome.stderr.head.as_str()), ("öut\nend", "err\n"));
    assert_eq!(outcome.stdout.bytes, 8);
    let outcome = run(&mut worker, "for n in range(40_000): print('x' * 999)");
    assert_eq!(outcome.stdout.bytes, 40_000_000);
    assert!(outcome.stdout.is_cut());
    assert_eq!(run(&mut worker, "1").stdout.bytes, 0);
}

#[test]
fn host_calls_return_their_answers() {
    let mut worker = worker();
    let mut host = Echo { context: b"one\ntwo\n".to_vec(), ..Echo::default() };
    let code = "x = llm_query('hello', max_tokens=5)\nx";
    assert_eq!(
        run_with(&mut worker, code, &mut host).value.and_then(|shown| shown.json),
        Some(json!("HELLO"))
    );
    assert_eq!(host.asked, [("llm_query".to_string(), json!({"prompt": "hello", "max_tokens": 5}))]);
    for (code, expected) in [
        ("len(llm_query('large'))", json!(3 << 20)),
        ("llm_batch(['a', 'b'])", json!(["A", "B"])),
        ("rlm_query('deep')", json!("DEEP")),
        ("[type(r).__name__ for r in llm_batch(['a', 'bad'], errors='return')]", json!(["Ok", "Err"])),
        (
            "try:\n    llm_batch(['bad'])\nexcept BatchError as e:\n    k = e.results[0].kind\nk",
            json!("provider"),
        ),
        ("[(m.start, m.end, m.line, m.text) for m in search('t.o')]", json!([[4, 7, 2, "two"]])),
        ("try:\n    search('(')\nexcept ValueError:\n    bad = 1\nbad", json!(1)),
        ("budget()", json!({"calls": 7})),
        ("tool('add', a=1)", json!({"a": 1})),
        (
            "try:\n    llm_query('no money')\nexcept BudgetExceeded as e:\n    d = e.data['dimension']\nd",
            json!("calls"),
        ),
        (
            "try:\n    llm_query(3)\nexcept TypeError as e:\n    m = str(e)\nm",
            json!("prompt must be str, not int"),
        ),
        ("try:\n    llm_query('a', schema={1: 2})\nexcept TypeError:\n    t = 1\nt", json!(1)),
    ] {
        let outcome = run_with(&mut worker, code, &mut host);
        assert_eq!(outcome.value.and_then(|shown| shown.json), Some(expected), "{code}: {:?}", outcome.error);
    }
    let outcome = run_with(&mut worker, "llm_query_batched(['a'])\nllm_query_batched(['b'])", &mut host);
    assert_eq!(outcome.stderr.head.matches("DeprecationWarning").count(), 1);
}

#[test]
fn waiting_for_the_host_is_not_active_time() {
    let mut worker = worker();
    let mut host = Echo { waits: Duration::from_millis(300), ..Echo::default() };
    let outcome = run_with(&mut worker, "llm_query('a')", &mut host);
    assert!(outcome.wall >= Duration::from_millis(300));
    assert!(outcome.wall - outcome.active >= Duration::from_millis(300), "{outcome:?}");
}

#[test]
fn a_submit_ends_the_cell_and_is_checked() {
    let mut worker = worker();
    let schema = json!({
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 0}, "reject": {"type": "boolean"}},
        "required": ["n"],
    });
    let submit = |worker: &mut Worker, code: &str| {
        let outcome = run(worker, code);
        assert_eq!(outcome.error, None, "{code}");
        assert!(!outcome.submit_swallowed, "{code}");
        outcome.submit_result.unwrap_or_else(|| panic!("no submit: {code}"))
    };
    assert_eq!(submit(&mut worker, "SUBMIT(n=1)")["status"], "not_submitted");
    assert_eq!(worker.register_signature("answer", &schema), Ok(None));
    let accepted = submit(&mut worker, "SUBMIT(n=1)\nnever = 1");
    assert_eq!(accepted, json!({"status": "success", "outputs": {"n": 1}}));
    assert_eq!(error(&mut worker, "never").data["type"], "NameError");
    for (code, kind) in [
        ("SUBMIT({})", "missing_field"),
        ("SUBMIT(n='1')", "type_mismatch"),
        ("SUBMIT(n=True)", "type_mismatch"),
        ("SUBMIT(n=-1)", "out_of_range"),
        ("SUBMIT(n=1 << 63)", "out_of_range"),
        ("SUBMIT(n=float('nan'))", "not_finite"),
        ("SUBMIT(n=1, m=2)", "unknown_field"),
    ] {
        let result = submit(&mut worker, code);
        assert_eq!(
            (&result["status"], &result["errors"][0]["kind"]),
            (&json!("validation_error"), &json!(kind)),
            "{code}"
        );
    }
    // The host is the authority.
    assert_eq!(submit(&mut worker, "SUBMIT(n=1, reject=True)")["status"], "validation_error");
    for code in [
        "try:\n    SUBMIT(n=2)\nexcept BaseException:\n    pass",
        "try:\n    try:\n        SUBMIT(n=2)\n    except:\n        pass\nfinally:\n    done = 1",
        "def f():\n    while True:\n        try:\n            SUBMIT(n=2)\n        except BaseException:\n            continue\nf()",
    ] {
        assert_eq!(submit(&mut worker, code)["outputs"]["n"], 2, "{code}");
    }
    let swallowed = "import contextlib\nwith contextlib.suppress(BaseException):\n    SUBMIT(n=3)\n";
    let outcome = run(&mut worker, swallowed);
    assert!(outcome.submit_swallowed);
    assert_eq!(outcome.submit_result.expect("it stands")["outputs"]["n"], 3);
    let outcome = run(&mut worker, &format!("{swallowed}llm_query('more')"));
    assert!(outcome.submit_swallowed);
    assert_eq!(outcome.error.expect("refused").data["type"], "SubmitRejected");
    assert_eq!(worker.register_signature("other", &schema), Ok(Some("answer".to_string())));
    assert_eq!(worker.clear_signature(), Ok(Some("other".to_string())));
    assert_eq!(worker.clear_signature(), Ok(None));
}

#[test]
fn a_schema_that_is_not_supported_is_refused_by_field() {
    let mut worker = worker();
    for (schema, field) in [
        (json!({"type": "object", "oneOf": []}), "schema/oneOf"),
        (json!({"type": "object", "properties": {"a": {"type": "date"}}}), "schema/properties/a/type"),
        (json!({"type": "object", "required": "a"}), "schema/required"),
        (json!({"type": "array"}), "schema/type"),
    ] {
        let failure = worker.register_signature("s", &schema).expect_err("refused");
        assert_eq!(failure.kind, ErrorKind::InvalidParams);
        assert!(failure.data.get(field).is_some(), "{schema}: {}", failure.data);
    }
}

#[test]
fn variables_go_in_and_out() {
    let mut worker = worker();
    worker.set_var("given", &json!({"a": [1, null, "é"]})).expect("set");
    assert_eq!(value(&mut worker, "given['a'][2]"), json!("é"));
    run(&mut worker, "made = given['a'][:2]");
    let shown = worker.get_var("made").expect("there");
    assert_eq!(
        (shown.json, shown.size, shown.preview.as_str()),
        (Some(json!([1, null])), Some(2), "[1, None]")
    );
    let names: Vec<String> = worker.list_vars().expect("a list").into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["given", "made"]);
    assert_eq!(worker.get_var("absent").expect_err("none").kind, ErrorKind::InvalidParams);
    assert_eq!(worker.set_var("no name", &json!(1)).expect_err("none").kind, ErrorKind::InvalidParams);
    let large = json!("y".repeat(4 << 20));
    worker.set_var("large", &large).expect("set");
    assert_eq!(worker.get_var("large").expect("there").json, Some(large));
    worker.reset().expect("reset");
    assert_eq!(worker.list_vars(), Ok(vec![]));
}

/// What pyarrow 26 reads from such a file, and writes into one, is held by hand: the worker reads what it wrote itself.
#[test]
fn tables_are_views_of_shared_memory_and_come_back_as_files() {
    let mut worker = worker();
    run(
        &mut worker,
        "out = {'n': [1, 2, None], 'x': [1.5, 2, 3], 's': ['a', None, 'éé'], 't': [True, None, False]}",
    );
    let made = worker.get_table("out").expect("an answer").expect("a table");
    assert!(made.starts_with(b"ARROW1") && made.ends_with(b"ARROW1"));
    worker.set_table("given", &sandbox::Blob::new(&made).expect("memory")).expect("set");
    assert_eq!(value(&mut worker, "{k: list(v) for k, v in given.items()} == out"), json!(true));
    assert_eq!(value(&mut worker, "given['x'].view.format"), json!("d"));
    assert_eq!(value(&mut worker, "given['x'].view.readonly"), json!(true));
    assert_eq!(
        value(&mut worker, "list(given.records())[2]"),
        json!({"n": null, "x": 3.0, "s": "éé", "t": false})
    );
    assert_eq!(worker.get_table("given").expect("an answer"), Ok(made.clone()));
    run(&mut worker, "mixed = {'a': [1, 'x']}; uneven = {'a': [1], 'b': []}; number = 1");
    for (name, why) in [("mixed", "holds int, str"), ("uneven", "0 rows"), ("number", "expected a Table")] {
        let (_, said) = worker.get_table(name).expect("an answer").expect_err("no table");
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(worker.get_table("absent").expect_err("none").kind, ErrorKind::InvalidParams);
    for end in [0, 5, 8, made.len() / 2, made.len() - 1] {
        let cut = sandbox::Blob::new(&made[..end]).expect("memory");
        assert_eq!(worker.set_table("cut", &cut).expect_err("no file").kind, ErrorKind::InvalidParams);
    }
}

#[test]
fn a_context_is_shared_and_decoded_on_first_use() {
    let mut worker = worker();
    let text = "zeile eins\nzwei é\n".repeat(1000);
    let blob = Blob::new(text.as_bytes()).expect("memory");
    worker.set_context(&blob).expect("set");
    for (code, expected) in [
        ("len(ctx)", json!(text.len())),
        ("ctx.count('zwei')", json!(1000)),
        ("[str(line) for line in ctx.lines()][:2]", json!(["zeile eins", "zwei é"])),
        ("sum(len(part) for part in ctx.chunks(100))", json!(text.len())),
        ("str(ctx.slice(6, 10))", json!("eins")),
    ] {
        assert_eq!(value(&mut worker, code), expected, "{code}");
    }
    let unread = worker.list_vars().expect("a list").into_iter().find(|one| one.name == "context");
    assert_eq!(unread.map(|one| one.type_name), Some("unread".to_string()));
    assert_eq!(value(&mut worker, "def f(): return len(context)\nf()"), json!(text.chars().count()));
    // The seals hold against the worker as well.
    assert_eq!(error(&mut worker, "ctx._view[0] = 1").data["type"], "TypeError");
    worker.set_text("note", &Blob::new("é".as_bytes()).expect("memory")).expect("set");
    worker.set_bytes("raw", &Blob::new(b"\xff").expect("memory")).expect("set");
    assert_eq!(value(&mut worker, "note, raw[0]"), json!(["é", 255]));
}

#[test]
fn malformed_requests_get_their_numbers() {
    let mut worker = worker();
    for (body, kind) in [
        ("{]", ErrorKind::ParseError),
        ("[]", ErrorKind::InvalidRequest),
        (r#"{"id": 1, "method": "status"}"#, ErrorKind::InvalidRequest),
        (r#"{"jsonrpc": "2.0", "id": true, "method": "status"}"#, ErrorKind::InvalidRequest),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": 7}"#, ErrorKind::InvalidRequest),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "explode"}"#, ErrorKind::MethodNotFound),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "exec", "params": {}}"#, ErrorKind::InvalidParams),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "status", "params": {"x": 1}}"#, ErrorKind::InvalidParams),
        (r#"{"jsonrpc": "2.0", "id": 1, "method": "status", "params": []}"#, ErrorKind::InvalidParams),
    ] {
        assert_eq!(worker.client().raw(body.as_bytes()).expect_err("refused").kind, kind, "{body}");
    }
    let params = json!({"code": 1, "seed": "00", "now_ns": true, "extra": 1});
    let failure = worker.client().request("exec", &params).expect_err("refused");
    for field in ["code", "now_ns", "extra"] {
        assert!(failure.data.get(field).is_some(), "{}", failure.data);
    }
    let failure = worker.exec(&Cell { code: "1", seed: "xyz" }, &mut Echo::default()).expect_err("refused");
    assert_eq!(failure.kind, ErrorKind::InvalidParams);
    let arrow = json!({"name": "table", "encoding": "arrow"});
    assert_eq!(
        worker.client().request("set_var", &arrow).expect_err("refused").kind,
        ErrorKind::InvalidParams
    );
    assert_eq!(worker.status().expect("it lives")["cells"], 0);
}

#[test]
fn a_cell_runs_the_same_way_again() {
    let code = "import random, os, time, datetime, uuid, secrets\n\
        [random.random(), os.urandom(4).hex(), time.time_ns(), time.time_ns(), str(datetime.datetime.now(datetime.timezone.utc)), \
        str(uuid.uuid4()), secrets.token_hex(4), hash('lumen'), random.Random().random(), list({'a', 'b', 'c'})]";
    let first = value(&mut worker(), code);
    assert_eq!(first, value(&mut worker(), code));
    // Each read is a microsecond later than the one before; the first is one after the host's time.
    assert_eq!((&first[2], &first[3]), (&json!(NOW_NS + 1000), &json!(NOW_NS + 2000)));
    assert_eq!(first[4], "2026-01-02 03:04:05.000003+00:00");
    let mut worker = worker();
    let other = worker.exec(&Cell { code, seed: "08" }, &mut Echo::default()).expect("it runs");
    assert_ne!(other.value.and_then(|shown| shown.json).expect("a value")[0], first[0]);
    assert_eq!(
        value(&mut worker, "import time\na = time.monotonic()\ntime.sleep(5)\nround(time.monotonic() - a)"),
        5
    );
}

#[test]
fn a_cell_is_interrupted_and_the_worker_lives() {
    let mut options = options(level());
    options.limits.active = Duration::from_millis(300);
    let mut worker = Worker::start(&options).unwrap_or_else(|error| panic!("{error}"));
    let failure = error(&mut worker, "kept = 1\nwhile True: pass");
    assert_eq!((failure.kind, &failure.data["clock"]), (ErrorKind::Timeout, &json!("active")));
    assert_eq!(worker.dead(), None);
    assert_eq!(value(&mut worker, "kept"), json!(1));
    let canceller = worker.canceller();
    canceller.cancel();
    let failure = error(&mut worker, "while True: pass");
    assert_eq!(failure.kind, ErrorKind::Cancelled);
    assert_eq!(value(&mut worker, "kept"), json!(1));
}

#[test]
fn code_that_runs_outside_of_a_cell_asks_nothing_and_ends() {
    let mut options = options(level());
    options.limits.active = Duration::from_secs(2);
    let mut worker = Worker::start(&options).unwrap_or_else(|error| panic!("{error}"));
    run(&mut worker, "class Asks:\n    def __repr__(self):\n        return llm_query('x')\nasks = Asks()");
    let shown = worker.get_var("asks").expect("shown");
    assert_eq!(shown.preview, "<Asks whose repr raises InvalidRequest>");
    run(
        &mut worker,
        "class Endless:\n    def __repr__(self):\n        while True: pass\nendless = Endless()",
    );
    assert_eq!(worker.get_var("endless").expect_err("it never ends").kind, ErrorKind::Timeout);
    assert!(worker.dead().is_some());
    // A dead worker says why it died, to whatever is asked.
    assert_eq!(worker.status().expect_err("dead").kind, ErrorKind::Timeout);
}

#[test]
fn a_worker_may_go_to_another_thread_and_be_cancelled_from_there() {
    let mut worker = worker();
    let canceller = worker.canceller();
    let outcome = std::thread::scope(|scope| {
        let cell = scope.spawn(move || {
            let outcome = run(&mut worker, "print('on')\nwhile True: pass");
            (outcome, worker)
        });
        std::thread::park_timeout(Duration::from_millis(200));
        canceller.cancel();
        cell.join().expect("no panic").0
    });
    assert_eq!(outcome.error.expect("cancelled").kind, ErrorKind::Cancelled);
}
