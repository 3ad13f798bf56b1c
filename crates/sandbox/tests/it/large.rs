//! Contexts of a gibibyte. They are zeros with a text here and there, so that what is not looked at costs no memory.

use crate::host::{error, level, options, value};
use sandbox::{Blob, Call, Cell, Failure, Host, Reply, Worker, search};
use serde_json::json;
use std::io::Read;

const GIB: u64 = 1 << 30;

/// Zeros up to these texts, and behind them up to a gibibyte.
fn blob(texts: &[(u64, &[u8])]) -> Blob {
    let mut from: Box<dyn Read> = Box::new(std::io::empty());
    let mut at = 0;
    for (start, text) in texts {
        from = Box::new(from.chain(std::io::repeat(0).take(start - at)).chain(*text));
        at = start + text.len() as u64;
    }
    Blob::read(&mut from.chain(std::io::repeat(0).take(GIB - at))).expect("memory")
}

/// A worker that may map so many contexts, or decode them, beside its own half a gibibyte.
fn worker_for(contexts: u64) -> Worker {
    let mut options = options(level());
    options.limits.memory_bytes += contexts * GIB;
    Worker::start(&options).unwrap_or_else(|error| panic!("{error}"))
}

const RESIDENT: &str = "import resource\nresource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024";

#[test]
fn a_worker_that_uses_the_view_of_a_gibibyte_holds_no_copy() {
    let blob = blob(&[(0, b"first line\n"), (GIB - 9, b"last line")]);
    assert_eq!(blob.bytes().len() as u64, GIB);
    // Two share it.
    let mut workers = [worker_for(1), worker_for(1)];
    for worker in &mut workers {
        let before = value(worker, RESIDENT).as_u64().expect("a number");
        worker.set_context(&blob).expect("set");
        for (code, expected) in [
            ("len(ctx)", json!(GIB)),
            ("bytes(ctx[:10]).decode()", json!("first line")),
            ("str(ctx.slice(len(ctx) - 9, len(ctx)))", json!("last line")),
            ("len(next(ctx.lines()))", json!(10)),
            ("len(next(ctx.chunks(1 << 20)))", json!(1 << 20)),
        ] {
            assert_eq!(value(worker, code), expected, "{code}");
        }
        let grown = value(worker, RESIDENT).as_u64().expect("a number") - before;
        // One part in a hundred, as docs/model-benchmarks.md has it.
        assert!(grown <= GIB / 100, "{grown} bytes");
        // The text itself would need as much again, and a worker without room for it says so and goes on.
        let failure = error(worker, "len(context)");
        assert_eq!(failure.kind.name(), "memory", "{failure:?}");
        assert_eq!(value(worker, "len(ctx)"), json!(GIB));
    }
}

#[test]
fn a_gibibyte_of_bytes_that_are_no_text_is_searched_and_says_where_it_breaks() {
    let broken = b"\xff\xfe\n\xe2\x82 needle 1\n";
    let blob = blob(&[(5, broken), (GIB / 2, b"\nneedle 22\n\xf0\x28"), (GIB - 8, b"needle 3")]);
    let mut worker = worker_for(2);
    worker.set_context(&blob).expect("set");
    // CPython's own words for a byte that begins no character, of the `codecs` page's strict handler.
    let failure = error(&mut worker, "context[:3]");
    let told = "'utf-8' codec can't decode byte 0xff in position 5: invalid start byte";
    assert_eq!((&failure.data["type"], &failure.data["message"]), (&json!("UnicodeError"), &json!(told)));
    // What is no text is shown with a mark for each byte that is none, and raw as it is.
    assert_eq!(value(&mut worker, "list(bytes(ctx.slice(5, 8)))"), json!([255, 254, 10]));
    assert_eq!(value(&mut worker, "str(ctx.slice(5, 7))"), json!("\u{fffd}\u{fffd}"));

    // By hand: three bytes and a line's end, then a cut character of two bytes and a blank.
    let half = GIB / 2;
    let places = json!([
        [11, 19, 2, "needle 1"],
        [half + 1, half + 10, 4, "needle 22"],
        [GIB - 8, GIB, 5, "needle 3"]
    ]);
    let ask = |pattern: &str, limit: u64, start: u64| {
        let params = json!({"pattern": pattern, "limit": limit, "start": start});
        search(blob.bytes(), &params).expect("a pattern")["matches"].clone()
    };
    assert_eq!(ask(r"needle \d+", 100, 0), places);
    assert_eq!(ask(r"needle \d+", 1, half)[0][0], json!(half + 1));
    assert_eq!(ask(r"(?-u:\xff\xfe)", 1, 0), json!([[5, 7, 1, "\u{fffd}\u{fffd}"]]));
    assert_eq!(ask(r"no such needle", 9, GIB - 100), json!([]));
    // The cell's own search asks its host, which has the same memory.
    let code = "[(one.start, one.line) for one in search('needle', start=12, limit=1)]";
    let outcome = worker.exec(&Cell { code, seed: "07" }, &mut Over(blob)).expect("it ran");
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.value.and_then(|shown| shown.json), Some(json!([[half + 1, 4]])));
}

/// A host that searches, and nothing else.
struct Over(Blob);

impl Host for Over {
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, Failure> {
        assert_eq!(call.method, "search");
        search(self.0.bytes(), call.params).map(Reply::Value)
    }

    fn now_ns(&mut self) -> i64 {
        0
    }
}

#[test]
fn what_is_read_is_what_was_there_at_every_edge_of_the_buffer() {
    let mebibyte = 1 << 20;
    for length in [0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 2 * mebibyte] {
        for fill in [0u8, 7] {
            let mut bytes = vec![fill; length];
            if let Some(last) = bytes.last_mut() {
                *last = 9;
            }
            assert!(Blob::read(&mut &bytes[..]).expect("memory").bytes() == bytes, "{length} of {fill}");
        }
    }
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let failure = Blob::read(&mut Broken).expect_err("it cannot be read");
    assert!(failure.message.contains("the disk is gone"), "{failure:?}");
}
