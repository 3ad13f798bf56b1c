//! A process that works is killed with SIGKILL, again and again, and what it acknowledged is held against the files.
//!
//! The child does [`Work`] with several threads and says on its standard output what it was answered. The parent kills
//! it after a seeded number of answers, or while it opens, reads the answers that were still in the pipe, opens the
//! files and asks: is every answer in the log at its seq, with its exact intent; is the log in each client's order; does
//! the intent table know what a scan finds; is the state the reference's at that seq, whole; are the named blobs there.
//!
//! A second loop has pages that lag behind their inputs, which another thread of the child brings up, and a retention
//! that drops whatever the parent has seen: the reference says what a page may be at its watermark, and what is gone must
//! still be known by its ids.
//!
//! A long run of both: `LUMEN_KILL_TRANSACTIONS=1000000 cargo test --release -p store --test it kill:: -- --nocapture`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use store::{Directory, Durability, Filter, Options, Outcome, Record, Retention, Store, verify};
use testkit::dice::Dice;

use crate::pages::{State, state};
use crate::support::options;
use crate::work::lagging::{self, Lagging};
use crate::work::{Action, CLIENTS, Model, Work, id};

const DIRECTORY: &str = "STORE_KILL_DIRECTORY";
const SEED: &str = "STORE_KILL_SEED";
const LEVEL: &str = "STORE_KILL_LEVEL";
/// Where each client stops.
const UPTO: &str = "STORE_KILL_UPTO";
/// Of a run in which pages lag: the seq from which on the log stays.
const KEEP_FROM: &str = "STORE_KILL_KEEP_FROM";
/// What a segment of a run in which pages lag can have: 16 KiB of records of 40 bytes.
const SEGMENT_RECORDS_MAX: u64 = (16 << 10) / 40;
/// The most operations on one store: an opening costs what the store has.
const RUN_LEN: u64 = 50_000;

fn number(name: &str) -> u64 {
    env::var(name).expect("set by the parent").parse().expect("a number")
}

fn options_for(level: u64, tail_bytes: u64) -> Options {
    let durability = match level % 3 {
        0 => Durability::Durable,
        1 => Durability::Buffered { sync_after_ms: 0 },
        _ => Durability::Memory,
    };
    let mut options = options().durability(durability);
    options.checkpoint_tail_bytes_max = tail_bytes;
    if level / 3 % 2 == 1 {
        // Less than the state: most pages are read from a checkpoint.
        options.memory_bytes_max = 9_000;
    }
    options
}

/// What everybody makes sure of first.
fn set_up(work: Work, lags: bool, store: &Store) {
    work.set_up(store).unwrap();
    if lags {
        lagging::set_up(store).unwrap();
    }
}

/// Tells the parent an answer, in one write: a kill between two would cut the line. It is long, so that the pipe is full
/// soon and the work never far ahead of who kills it.
fn tell(number: u64, outcome: &Outcome) {
    let line = format!("ack {number} {} {} {:1000}\n", outcome.seq(), outcome.is_committed(), "");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

/// The child of the test below. Does nothing by itself.
#[test]
fn worker_until_killed() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let (work, upto) = (Work { seed: number(SEED) }, number(UPTO));
    let keep_from = env::var_os(KEEP_FROM).map(|_| number(KEEP_FROM));
    println!("\nbegins");
    // Checkpoints come while the clients work, about ten in a run.
    let mut options = options_for(number(LEVEL), 30 * upto.max(1_000));
    if let Some(seq) = keep_from {
        // Whole segments go, so they are short.
        (options.retention, options.segment_bytes_max) = (Retention::SinceSeq(seq), 16 << 10);
    }
    let store = Store::open_dir(directory, options).unwrap();
    set_up(work, keep_from.is_some(), &store);
    let is_over = AtomicBool::new(false);
    let client = |client: u64| {
        for number in (client..upto).step_by(CLIENTS as usize) {
            if store.find(id(number)).is_none() {
                tell(number, &work.perform(&store, number).unwrap());
            }
        }
    };
    std::thread::scope(|scope| {
        let client = &client;
        let clients: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || client(number))).collect();
        if keep_from.is_some() {
            scope
                .spawn(|| lagging::keep_up(&store, &is_over, |outcome| tell(NO_OPERATION, outcome)).unwrap());
        }
        let ended: Vec<_> = clients.into_iter().map(|client| client.join()).collect();
        is_over.store(true, Ordering::Release);
        ended.into_iter().for_each(|ended| ended.unwrap());
    });
    store.close().unwrap();
}

/// Where an answer or a record is of a page that was brought up.
const NO_OPERATION: u64 = u64::MAX;

/// An answer that the child was given: operation, seq, whether it was committed.
type Ack = (u64, u64, bool);

/// The last answer to an operation: a page that is brought up is acknowledged, too.
fn last_of_operation(acks: &[Ack]) -> Option<Ack> {
    acks.iter().copied().rfind(|ack| ack.0 != NO_OPERATION)
}

fn parse(line: &str) -> Option<Ack> {
    let mut words = line.strip_prefix("ack ")?.split(' ');
    let mut word = || words.next();
    Some((word()?.parse().ok()?, word()?.parse().ok()?, word()?.parse().ok()?))
}

/// What the parent knows of a store.
#[derive(Clone)]
struct Judge {
    work: Work,
    model: Model,
    /// Where pages lag.
    lagging: Option<Lagging>,
    /// The seq of each operation.
    seqs: BTreeMap<u64, u64>,
    brought_up: u64,
    blob_count: u64,
}

impl Judge {
    fn new(work: Work, lags: bool) -> Judge {
        let mut model = Model::new(work);
        let lagging = lags.then(|| Lagging::begin(&mut model));
        Judge { work, model, lagging, seqs: BTreeMap::new(), brought_up: 0, blob_count: 0 }
    }

    /// Takes the next record. Returns the operation, and whether it was committed.
    fn take(&mut self, store: &Store, record: &Record) -> Result<(u64, bool), String> {
        if let Some(lagging) = self.lagging.as_ref().filter(|_| lagging::is_catching_up(record)) {
            lagging.apply(&mut self.model, record)?;
            self.brought_up += 1;
            return Ok((NO_OPERATION, true));
        }
        let refused = self.model.refused;
        let (number, blobs) = self.model.apply(record)?;
        if let Some(lagging) = &mut self.lagging {
            lagging.follow(&mut self.model);
        }
        if store.find(id(number)) != Some(record.seq) {
            return Err(format!("the intent table does not know operation {number}"));
        }
        self.seqs.insert(number, record.seq);
        for blob in blobs {
            store.get_blob(&blob.hash).map_err(|error| error.to_string())?;
            self.blob_count += 1;
        }
        Ok((number, self.model.refused == refused))
    }

    /// Takes what is new in the log, and holds the answers and the state against it.
    fn inspect(&mut self, store: &Store, acks: &[Ack]) -> Result<(), String> {
        let before = self.model.seq;
        let mut found: Vec<(u64, bool)> = Vec::new();
        for record in store.scan(before + 1) {
            found.push(self.take(store, &record.map_err(|error| error.to_string())?)?);
        }
        for (number, seq, committed) in acks {
            let at = seq.checked_sub(before + 1).and_then(|at| found.get(at as usize));
            if at != Some(&(*number, *committed)) {
                return Err(format!(
                    "operation {number} was acknowledged at seq {seq} ({committed}), found {at:?}"
                ));
            }
        }
        let snapshot = store.query().snapshot();
        if snapshot.seq() != self.model.seq || state(&snapshot) != self.model.pages {
            return Err(format!("the state at seq {} is not the reference's", self.model.seq));
        }
        self.lagging.as_ref().map_or(Ok(()), |lagging| lagging.check(&snapshot))
    }
}

#[derive(Default, Debug)]
struct Count {
    transactions: u64,
    committed: u64,
    refused: u64,
    acknowledged: u64,
    kills: u64,
    kills_while_opening: u64,
    torn_tails: u64,
    checkpoints: u64,
    blobs: u64,
    /// Records of pages that were computed on their own account.
    brought_up: u64,
    /// Records that were dropped.
    dropped: u64,
    stores: u64,
    stores_with_planted_faults: u64,
}

/// One store from its creation to its last operation.
fn run(work: Work, lags: bool, upto: u64, kills: u64, count: &mut Count) {
    let directory = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(work.seed);
    let mut judge = Judge::new(work, lags);
    // What the state was after each round.
    let mut states = Vec::new();
    let mut planted_on = None;
    for round in 0.. {
        let while_opening = round < 2 * kills && dice.below(6) == 0;
        let answers = if while_opening { 0 } else { 1 + dice.below(2 * upto / kills.max(1)) };
        let spins = dice.below(if while_opening { 1 << 22 } else { 1 << 17 });
        let mut command = Command::new(env::current_exe().unwrap());
        if lags {
            command.env(KEEP_FROM, (judge.model.seq + 1).to_string());
        }
        let mut child = command
            .args(["--exact", "kill::worker_until_killed", "--nocapture"])
            .env(DIRECTORY, directory.path())
            .env(SEED, work.seed.to_string())
            .env(LEVEL, dice.roll().to_string())
            .env(UPTO, upto.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        lines.by_ref().find(|line| line == "begins").expect("the child begins");
        let mut acks: Vec<Ack> =
            lines.by_ref().filter_map(|line| parse(&line)).take(answers as usize).collect();
        if round < kills || while_opening {
            (0..spins).for_each(|_| std::hint::spin_loop());
            // SIGKILL.
            child.kill().unwrap();
        }
        acks.extend(lines.filter_map(|line| parse(&line)));
        let ended = child.wait().unwrap().success();
        count.kills += u64::from(!ended);
        count.kills_while_opening += u64::from(!ended && while_opening);
        count.acknowledged += acks.len() as u64;
        let can_plant = last_of_operation(&acks).is_some() && planted_on.is_none();
        if !ended && can_plant && round >= kills / 3 {
            planted_on = Some((copy(directory.path()), judge.clone(), acks.clone()));
        }

        let store = Store::open_dir(directory.path(), options_for(0, u64::MAX)).unwrap();
        count.torn_tails += u64::from(store.recoveries().last().is_some_and(|found| found.dropped_bytes > 0));
        set_up(work, lags, &store);
        let context = format!("seed {}, round {round}", work.seed);
        judge.inspect(&store, &acks).unwrap_or_else(|why| panic!("{context}: {why}"));
        states.push((judge.model.seq, judge.model.pages.clone()));
        store.close().unwrap();
        // Where pages lag, a child that ends by itself leaves none that does.
        if judge.model.done.iter().sum::<u64>() == upto && (ended || !lags) {
            break;
        }
    }
    if lags {
        drop_half(directory.path(), &judge);
    }
    count.dropped += finish(directory.path(), &judge, &states, upto);
    count.brought_up += judge.brought_up;
    count.stores += 1;
    if let Some((directory, judge, acks)) = planted_on {
        plant(directory.path(), &judge, &acks);
        count.stores_with_planted_faults += 1;
    }
    count.transactions += upto;
    count.committed += judge.model.committed;
    count.refused += judge.model.refused;
    count.blobs += judge.blob_count;
    count.checkpoints += fs::read_dir(directory.path().join("check")).map_or(0, |found| found.count() as u64);
}

/// Drops the first half of the log, as far as segments go. Each has at most 16 KiB, and no record is shorter than its
/// header and a time, so at most [`SEGMENT_RECORDS_MAX`] are kept before the half.
fn drop_half(directory: &Path, judge: &Judge) {
    let middle = judge.model.seq / 2;
    let mut options = options_for(0, u64::MAX);
    options.retention = Retention::SinceSeq(middle);
    let store = Store::open_dir(directory, options).unwrap();
    set_up(judge.work, true, &store);
    store.checkpoint().unwrap();
    let oldest_seq = store.oldest_seq();
    assert!(oldest_seq + SEGMENT_RECORDS_MAX >= middle, "{oldest_seq} is left of {middle}");
    store.close().unwrap();
}

/// All of the log once more: every byte, every guard, the state from the first record on, the intents from the scan and
/// from the filter, the state after each round, and each operation asked for again. Returns how much was dropped.
fn finish(directory: &Path, judge: &Judge, states: &[(u64, State)], upto: u64) -> u64 {
    verify(&Directory::new(directory)).unwrap();
    let store = Store::open_dir(directory, options_for(0, u64::MAX)).unwrap();
    set_up(judge.work, judge.lagging.is_some(), &store);
    if judge.lagging.is_some() {
        let stale: Vec<u64> = store.query().snapshot().stale_pages(0).unwrap().collect();
        assert_eq!(stale, [0; 0]);
    }
    let past = store.past();
    let (oldest_seq, last_seq) = (past.oldest_seq(), store.last_seq());
    assert_eq!(past.replay(last_seq).unwrap().state_hash(), store.query().snapshot().state_hash());
    let audited = past.audit().unwrap();
    let stated = past.intents(&Filter { refused: true, ..Filter::default() }).unwrap().len() as u64;
    assert_eq!(stated, (0..upto).filter(|number| judge.work.states_intent(*number)).count() as u64);
    for (number, seq) in &judge.seqs {
        assert_eq!(store.find(id(*number)), Some(*seq), "operation {number}");
    }
    for number in (0..upto).step_by(1 + upto as usize / 100) {
        // Which page it ended is known only while the page is there.
        if !matches!(judge.work.action(number), Action::Delete { .. }) {
            assert_eq!(judge.work.perform(&store, number).unwrap().seq(), judge.seqs[&number]);
        }
    }
    assert_eq!(store.last_seq(), last_seq, "whoever asks again changes nothing");
    let mut walked = past.snapshot_at(oldest_seq).unwrap();
    for (seq, pages) in states.iter().filter(|(seq, _)| *seq >= oldest_seq) {
        walked = past.advance(&walked, *seq).unwrap();
        assert_eq!(state(&walked), *pages, "at seq {seq}");
    }
    if oldest_seq > 0 {
        return oldest_seq;
    }
    assert_eq!(stated, audited.committed + audited.refused);
    let middle = last_seq / 2;
    let mut again = Judge::new(judge.work, judge.lagging.is_some());
    for record in store.scan(again.model.seq + 1) {
        let record = record.unwrap();
        again.take(&store, &record).unwrap();
        if record.seq == middle {
            assert_eq!(state(&past.snapshot_at(middle).unwrap()), again.model.pages, "at seq {middle}");
        }
    }
    assert_eq!((again.model.seq, again.model.done.iter().sum::<u64>()), (last_seq, upto));
    0
}

fn copy(from: &Path) -> tempfile::TempDir {
    fn into(from: &Path, to: &Path) {
        for item in fs::read_dir(from).unwrap() {
            let item = item.unwrap();
            let to = to.join(item.file_name());
            if item.file_type().unwrap().is_dir() {
                fs::create_dir(&to).unwrap();
                into(&item.path(), &to);
            } else {
                fs::copy(item.path(), to).unwrap();
            }
        }
    }
    let to = tempfile::tempdir().unwrap();
    into(from, to.path());
    to
}

/// The same files and answers with something wrong: the judge must say so.
fn plant(directory: &Path, judge: &Judge, acks: &[Ack]) {
    let opened = |directory: &Path| {
        let store = Store::open_dir(directory, options_for(0, u64::MAX)).unwrap();
        set_up(judge.work, judge.lagging.is_some(), &store);
        store
    };
    let says = |store: &Store, judge: &Judge, acks: &[Ack]| judge.clone().inspect(store, acks).is_err();
    let cut = copy(directory);
    {
        let store = opened(directory);
        assert!(!says(&store, judge, acks), "the files as they are");
        let (number, seq, committed) = last_of_operation(acks).unwrap();
        for wrong in [
            (number, seq + 1_000_000, committed),
            (number, seq, !committed),
            (number + CLIENTS, seq, committed),
        ] {
            assert!(says(&store, judge, &[acks, &[wrong]].concat()), "{wrong:?}");
        }
        let mut other = judge.clone();
        other.model.work.seed += 1;
        assert!(says(&store, &other, &[]), "the intents of another seed");
        let mut half = judge.clone();
        half.model.pages.get_mut(&1).unwrap().1[0] ^= 1;
        assert!(says(&store, &half, acks), "a state that no whole transaction leaves");
    }
    // The last acknowledged record goes as if its sync had lied.
    let mut segments: Vec<_> = fs::read_dir(cut.path().join("log"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
        .collect();
    segments.sort();
    let path = segments.last().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let last = acks.iter().map(|(_, seq, _)| *seq).max().unwrap();
    let offset = {
        let reader = store::Reader::open_dir(cut.path()).unwrap();
        let record = reader.scan(last).next().map(Result::unwrap);
        let is_in_it = |segment: u64| path.ends_with(store::format::segment_path(segment));
        record.map(|record| record.position).filter(|position| is_in_it(position.segment))
    };
    if let Some(position) = offset {
        bytes[position.offset as usize..].fill(0);
        fs::write(path, bytes).unwrap();
        // Where a checkpoint holds it, opening says so already.
        let told = match Store::open_dir(cut.path(), options_for(0, u64::MAX)) {
            Ok(store) => {
                drop(store);
                says(&opened(cut.path()), judge, acks)
            }
            Err(error) => error.kind() == store::ErrorKind::Corrupt,
        };
        assert!(told, "seq {last} is lost");
    }
}

/// Runs over so many operations; as many as the environment says, in stores of at most [`RUN_LEN`].
fn loops(lags: bool) -> Count {
    let asked = env::var("LUMEN_KILL_TRANSACTIONS").map(|count| count.parse::<u64>().expect("a number"));
    let all = asked.unwrap_or(1_500);
    let mut count = Count::default();
    for (seed, begins) in (1..).zip((0..all).step_by(RUN_LEN as usize)) {
        let upto = RUN_LEN.min(all - begins);
        // A kill for every 75 operations at first, and at most 60 on one store.
        run(Work { seed }, lags, upto, (upto / 75).clamp(8, 60), &mut count);
        if all > RUN_LEN {
            println!("seed {seed}: {count:?}");
        }
    }
    println!("{count:?}, no anomaly; planted ones found");
    assert!(count.kills >= 4 && count.refused > 0, "{count:?}");
    assert!(count.stores_with_planted_faults > 0, "{count:?}");
    count
}

#[test]
fn what_killed_processes_acknowledged_is_there_whole() {
    let count = loops(false);
    assert!(count.acknowledged <= count.transactions, "{count:?}");
}

#[test]
fn what_killed_processes_drop_and_leave_behind_is_as_they_say() {
    let count = loops(true);
    // The slow page of each store is brought up by a record of its own at least once, as it is not stale at the end. Of
    // each log half is dropped but for a segment.
    assert!(count.brought_up >= count.stores, "{count:?}");
    assert!(count.dropped + count.stores * SEGMENT_RECORDS_MAX >= count.transactions / 2, "{count:?}");
}
