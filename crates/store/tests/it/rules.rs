//! What the store promises about itself, rule by rule, and the tests that hold each: the page `docs/rules.md` is made
//! from this table, and a test that is named and does not exist is a failure. So is one that any other page names.
//!
//! `LUMEN_WRITE=1 cargo test -p store --test it rules::` writes the page again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;

use plan::{PageView, View, ViewError};
use store::{Durability, Edit, Memory, Options, Outcome, Record, Snapshot, Store};

use crate::pages::{commit, edits, open};
use crate::support::options;
use crate::work::{SET_UP_SEQ, Work};

/// A rule, and what holds it: `file::test`, or `file#what` for a doctest or a lint that has no name of its own.
const RULES: [(&str, &[&str]); 8] = [
    (
        "The store executes and never reasons: no edge leads from it to `reason`, and a reasoner that hangs delays nobody.",
        &[
            "xtask/src/tidy/edges.rs::no_crate_reaches_what_it_refuses_to_know",
            "crates/store/tests/it/rules.rs::a_hanging_reasoner_delays_nobody",
        ],
    ),
    (
        "A reasoner never changes a state: it cannot name a type that does.",
        &["crates/reason/src/lib.rs#compile_fail", "crates/plan/src/view.rs#compile_fail"],
    ),
    (
        "Every change is a delta: replaying the log makes every state again, the graph included.",
        &[
            "crates/store/tests/it/past.rs::replay_makes_every_state_again",
            "crates/store/tests/it/derive.rs::random_graphs_agree_with_a_fixed_point",
            "crates/store/tests/it/kill.rs::what_killed_processes_acknowledged_is_there_whole",
        ],
    ),
    (
        "An intent is not its execution: refused ones are kept, and asking again has no second effect.",
        &[
            "crates/store/tests/it/upsert.rs::what_no_longer_holds_is_refused_on_record",
            "crates/store/tests/it/upsert.rs::a_known_intent_has_no_second_effect",
            "crates/store/tests/it/crash_points.rs::a_power_cut_at_every_call_leaves_a_state_that_was",
        ],
    ),
    (
        "Replay gives the same hash in every build and for any number of threads.",
        &["crates/store/tests/it/rules.rs::every_build_and_any_number_of_threads_replay_the_same_hash"],
    ),
    (
        "Nothing learns in `plan` and `store`: no random number, float or hash order reaches a state.",
        &["crates/store/tests/it/rules.rs::no_float_and_no_chance_stands_in_the_sources"],
    ),
    (
        "Nothing is decided below the plan: batching, levels, segments and checkpoints leave every state equal.",
        &["crates/store/tests/it/rules.rs::settings_change_no_state"],
    ),
    (
        "What is no plan changes nothing: not a byte is written.",
        &[
            "crates/store/tests/it/survives.rs::what_is_no_plan_costs_no_byte",
            "crates/capi/tests/it/corpus.rs::the_corpus_is_refused_and_leaves_no_byte",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Why a reference names nothing.
fn missing(reference: &str) -> Option<String> {
    let (file, test) = reference
        .split_once("::")
        .map(|(file, test)| (file, Some(test)))
        .unwrap_or_else(|| (reference.split_once('#').map_or(reference, |(file, _)| file), None));
    let Ok(text) = fs::read_to_string(root().join(file)) else {
        return Some(format!("{reference}: no file `{file}`"));
    };
    let is_there = match test {
        Some(test) => is_test(&text, test),
        None => reference.split_once('#').is_some_and(|(_, what)| text.contains(what)),
    };
    (!is_there).then(|| format!("{reference}: `{file}` has no such test"))
}

/// Whether a function of this name is a test. In a macro of property tests the attribute stands as well.
fn is_test(text: &str, name: &str) -> bool {
    let declared = format!("fn {name}(");
    let Some((before, _)) = text.split_once(&declared) else { return false };
    let mut above = before.trim_end().lines().rev().map(str::trim);
    let attributes = above.by_ref().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
    attributes.into_iter().any(|line| line == "#[test]")
}

/// References to tests in a page: code spans with a path and a name.
fn references(page: &str) -> Vec<&str> {
    page.split('`').skip(1).step_by(2).filter(|span| span.contains(".rs::") && !span.contains(' ')).collect()
}

/// The handles' pages, where every point of a list is a claim.
const CLAIMS: [&str; 4] =
    ["docs/store/query.md", "docs/store/mutate.md", "docs/store/upsert.md", "docs/store/derive.md"];

/// Claims that name no test.
fn unheld(page: &str) -> Vec<&str> {
    page.lines().filter(|line| line.starts_with("- ") && references(line).is_empty()).collect()
}

fn pages(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for item in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if item.path().is_dir() {
            pages(&item.path(), found);
        } else if item.path().extension().is_some_and(|extension| extension == "md") {
            found.insert(item.path(), fs::read_to_string(item.path()).unwrap());
        }
    }
}

fn report() -> String {
    let mut page = "# The store's rules, and what holds them\n\n\
        Made from the table in `crates/store/tests/it/rules.rs`; a test that is named here and does not exist fails.\n\n\
        | rule | held by |\n|---|---|\n"
        .to_owned();
    for (rule, tests) in RULES {
        let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
        page += &format!("| {rule} | {} |\n", tests.join("<br>"));
    }
    page
}

#[test]
fn every_rule_and_every_claim_names_tests_that_exist() {
    let path = root().join("docs/rules.md");
    if std::env::var_os("LUMEN_WRITE").is_some() {
        fs::write(&path, report()).unwrap();
    }
    let mut found = BTreeMap::new();
    pages(&root().join("docs"), &mut found);
    assert_eq!(fs::read_to_string(path).unwrap(), report(), "write the page again");
    let mut count = 0;
    let mut faults = Vec::new();
    for (path, page) in &found {
        for reference in references(page) {
            count += 1;
            faults.extend(missing(reference).map(|why| format!("{}: {why}", path.display())));
        }
    }
    for path in CLAIMS {
        match found.get(&root().join(path)) {
            Some(page) => {
                faults.extend(unheld(page).iter().map(|claim| format!("{path}: nothing holds: {claim}")));
            }
            None => faults.push(format!("{path}: no such page")),
        }
    }
    for (rule, tests) in RULES {
        assert!(!tests.is_empty(), "nothing holds: {rule}");
        faults.extend(tests.iter().filter_map(|test| missing(test)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    println!("{} rules, {count} references in {} pages", RULES.len(), found.len());
}

#[test]
fn a_missing_test_is_found() {
    for planted in [
        "crates/store/tests/it/rules.rs::a_test_that_nobody_wrote",
        "crates/store/tests/it/absent.rs::a_missing_test_is_found",
        "crates/store/tests/it/rules.rs::missing",
        "crates/store/tests/it/upsert.rs#a text that is not there",
    ] {
        assert!(missing(planted).is_some(), "{planted}");
    }
    assert_eq!(missing("crates/store/tests/it/rules.rs::a_missing_test_is_found"), None);
    let page = "- It is so. `crates/a.rs::b`\n- It is quick.\nProse.\n";
    assert_eq!(unheld(page), ["- It is quick."]);
    assert_eq!(references("as `crates/a.rs::b` and `a::b` say"), ["crates/a.rs::b"]);
}

/// A view that answers only when it is let.
struct Hanging(Snapshot, mpsc::Receiver<()>);

impl View for Hanging {
    fn seq(&self) -> u64 {
        self.0.seq()
    }

    fn page(&self, id: u64) -> Result<Option<PageView<'_>>, ViewError> {
        self.1.recv().map_err(ViewError::new)?;
        View::page(&self.0, id)
    }

    fn page_named(&self, name: &str) -> Result<Option<u64>, ViewError> {
        self.0.page_named(name)
    }

    fn pages_within(&self, first: u64, last: u64) -> Result<Vec<u64>, ViewError> {
        self.0.pages_within(first, last)
    }

    fn pages_with_metadata(&self, metadata: &[u8]) -> Result<Vec<u64>, ViewError> {
        self.0.pages_with_metadata(metadata)
    }
}

#[test]
fn a_hanging_reasoner_delays_nobody() {
    let store = open(&Memory::new());
    commit(&store, vec![Edit::create(0, 8, Some("count")), Edit::create(1, 8, None)]);
    let (go_on, wait) = mpsc::channel();
    let view = Hanging(store.query().snapshot(), wait);
    let intent = plan::Intent {
        schema: "add".into(),
        body: r#"{"page": 1, "offset": 0, "type": "u64le", "amount": 1}"#.into(),
        ..crate::upsert::intent(1)
    };
    std::thread::scope(|scope| {
        let reasoner = scope.spawn(move || {
            let view = view;
            reason::lower(&intent, &view).map(Option::unwrap)
        });
        for value in 0..100 {
            commit(&store, vec![Edit::write(2, 0, [value])]);
            assert!(
                store
                    .upsert()
                    .submit(&crate::upsert::take(100 + u128::from(value), 1, 0))
                    .unwrap()
                    .is_committed()
            );
        }
        assert!(!reasoner.is_finished(), "it waits for its view");
        // It asks as often as it likes, and has gone once it knows enough.
        for _ in 0..100 {
            let _ = go_on.send(());
        }
        drop(go_on);
        let plan = reasoner.join().unwrap().expect("a plan");
        let outcome = store.upsert().submit(&plan).unwrap();
        assert!(matches!(outcome, Outcome::Committed { .. } | Outcome::Refused { .. }));
    });
}

const WORK: Work = Work { seed: 5 };
const OPERATIONS: u64 = 300;

fn worked(options: Options, checkpoint_every: Option<u64>) -> Store {
    let store = Store::open(Arc::new(Memory::new()), options).unwrap();
    WORK.set_up(&store).unwrap();
    for number in 0..OPERATIONS {
        WORK.perform(&store, number).unwrap();
        if checkpoint_every.is_some_and(|every| number % every == 0) {
            store.checkpoint().unwrap();
        }
    }
    store
}

/// What a log says, without where and when.
fn said(store: &Store) -> Vec<(u64, store::Body)> {
    store.scan(0).map(|record| record.map(|Record { seq, body, .. }| (seq, body)).unwrap()).collect()
}

#[test]
fn settings_change_no_state() {
    let plain = worked(options(), None);
    let (hash, log) = (plain.query().snapshot().state_hash(), said(&plain));
    let with = |change: &dyn Fn(&mut Options)| {
        let mut options = options();
        change(&mut options);
        options
    };
    let settings = [
        (with(&|options| options.durability = Durability::Memory), None),
        (with(&|options| options.durability = Durability::Buffered { sync_after_ms: 5 }), None),
        (with(&|options| options.segment_bytes_min = 4 << 10), Some(7)),
        (
            with(&|options| (options.segment_bytes_min, options.segment_bytes_max) = (16 << 20, 16 << 20)),
            None,
        ),
        (with(&|options| options.checkpoint_tail_bytes_max = 3_000), None),
        (with(&|options| options.memory_bytes_max = 5_000), None),
        (with(&|options| options.compress_checkpoints = true), Some(50)),
        (with(&|options| options.snapshot_held_bytes_max = 0), Some(50)),
    ];
    for (options, checkpoint_every) in settings {
        let context = format!("{options:?}, checkpoints {checkpoint_every:?}");
        let store = worked(options, checkpoint_every);
        assert_eq!(store.query().snapshot().state_hash(), hash, "{context}");
        assert!(said(&store) == log, "{context}");
        assert_eq!(store.past().replay(store.last_seq()).unwrap().state_hash(), hash, "{context}");
    }
    // The comparison can say no.
    let other = worked(options(), None);
    other.mutate().commit(&edits(vec![Edit::write(7, 0, [1])])).unwrap();
    assert_ne!(other.query().snapshot().state_hash(), hash);
}

/// The state hash of the work, as a debug build found it; whatever else runs this test must find the same.
const HASH: u128 = 0x94fa_5c18_d356_f830_e54c_07fa_c6cd_ebcd;

#[test]
fn every_build_and_any_number_of_threads_replay_the_same_hash() {
    let store = worked(options(), Some(100));
    let last_seq = store.last_seq();
    assert_eq!(last_seq, OPERATIONS + SET_UP_SEQ);
    for threads in [1, 2, 4] {
        let past = store.past();
        std::thread::scope(|scope| {
            let replays: Vec<_> =
                (0..threads).map(|_| scope.spawn(|| past.replay(last_seq).unwrap().state_hash())).collect();
            for replay in replays {
                assert_eq!(format!("{:#034x}", replay.join().unwrap()), format!("{HASH:#034x}"));
            }
        });
    }
}

/// What may reach a state in no build.
const CHANCE: [&str; 9] =
    ["f32", "f64", "HashMap", "HashSet", "RandomState", "Instant", "SystemTime", "thread_rng", "getrandom"];
/// Where one stands for a good reason: the bits of a float as an integer of a page; seconds in the text of metrics.
const ALLOWED: [(&str, &str); 2] =
    [("crates/plan/src/typed.rs", "f64"), ("crates/store/src/metrics.rs", "f64")];

fn chances(path: &str, text: &str) -> Vec<String> {
    let is_allowed = |word: &str| ALLOWED.contains(&(path, word));
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.flat_map(|(at, line)| {
        let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let found = words.filter(|word| CHANCE.contains(word) && !is_allowed(word));
        found.map(|word| format!("{path}:{}: {word}", at + 1)).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn no_float_and_no_chance_stands_in_the_sources() {
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for item in fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()) {
            if item.is_dir() {
                sources(&item, found);
            } else if item.extension().is_some_and(|extension| extension == "rs")
                && !item.ends_with("tests.rs")
            {
                found.push(item);
            }
        }
    }
    let mut files = Vec::new();
    ["plan", "store"]
        .iter()
        .for_each(|name| sources(&root().join("crates").join(name).join("src"), &mut files));
    let root = root();
    let found: Vec<String> = files
        .iter()
        .flat_map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
            chances(name, &fs::read_to_string(path).unwrap())
        })
        .collect();
    assert_eq!(found, [""; 0]);
    assert!(files.len() > 40, "{} files", files.len());
    println!("{} files without {}", files.len(), CHANCE.join(", "));
    let planted = "let seen: HashMap<u64, f32> = HashMap::new(); // f64\n// f64\n";
    assert_eq!(chances("crates/store/src/derive.rs", planted).len(), 4);
}
