//! A process that works is killed with SIGKILL, again and again, and what it acknowledged is held against the files.
//!
//! The child does [`Work`] with several threads and says on its standard output what it was answered. The parent kills
//! it after a seeded number of answers, or while it opens, reads the answers that were still in the pipe, opens the
//! files and asks: is every answer in the log at its seq, with its exact intent; is the log in each client's order; does
//! the intent table know what a scan finds; is the state the reference's at that seq, whole; are the named blobs there.
//!
//! A long run: `LUMEN_KILL_TRANSACTIONS=1000000 cargo test --release -p store --test it kill:: -- --nocapture`.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use store::{Directory, Durability, Filter, Options, Store, verify};
use testkit::dice::Dice;

use crate::pages::state;
use crate::support::options;
use crate::work::{CLIENTS, Model, Work, id};

const DIRECTORY: &str = "STORE_KILL_DIRECTORY";
const SEED: &str = "STORE_KILL_SEED";
const LEVEL: &str = "STORE_KILL_LEVEL";
/// Where each client stops.
const UPTO: &str = "STORE_KILL_UPTO";
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

/// The child of the test below. Does nothing by itself.
#[test]
fn worker_until_killed() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let (work, upto) = (Work { seed: number(SEED) }, number(UPTO));
    println!("\nbegins");
    // Checkpoints come while the clients work, about ten in a run.
    let store = Store::open_dir(directory, options_for(number(LEVEL), 30 * upto.max(1_000))).unwrap();
    work.set_up(&store).unwrap();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let store = &store;
            scope.spawn(move || {
                for number in (client..upto).step_by(CLIENTS as usize) {
                    if store.find(id(number)).is_some() {
                        continue;
                    }
                    let outcome = work.perform(store, number).unwrap();
                    // One write: a kill between two would cut the line. It is long, so that the pipe is full soon and
                    // the work never far ahead of who kills it.
                    let (seq, committed) = (outcome.seq(), outcome.is_committed());
                    let line = format!("ack {number} {seq} {committed} {:1000}\n", "");
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            });
        }
    });
    store.close().unwrap();
}

/// An answer that the child was given: operation, seq, whether it was committed.
type Ack = (u64, u64, bool);

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
    blob_count: u64,
}

impl Judge {
    /// Takes what is new in the log, and holds the answers and the state against it.
    fn inspect(&mut self, store: &Store, acks: &[Ack]) -> Result<(), String> {
        let before = self.model.seq;
        let mut found: Vec<(u64, bool)> = Vec::new();
        for record in store.scan(before + 1) {
            let record = record.map_err(|error| error.to_string())?;
            let refused = self.model.refused;
            let (number, blobs) = self.model.apply(&record)?;
            found.push((number, self.model.refused == refused));
            if store.find(id(number)) != Some(record.seq) {
                return Err(format!("the intent table does not know operation {number}"));
            }
            for blob in blobs {
                store.get_blob(&blob.hash).map_err(|error| error.to_string())?;
                self.blob_count += 1;
            }
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
        Ok(())
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
    stores_with_planted_faults: u64,
}

/// One store from its creation to its last operation.
fn run(work: Work, upto: u64, kills: u64, count: &mut Count) {
    let directory = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(work.seed);
    let mut judge = Judge { work, model: Model::new(work), blob_count: 0 };
    let mut planted_on = None;
    for round in 0.. {
        let while_opening = round < 2 * kills && dice.below(6) == 0;
        let answers = if while_opening { 0 } else { 1 + dice.below(2 * upto / kills.max(1)) };
        let spins = dice.below(if while_opening { 1 << 22 } else { 1 << 17 });
        let mut child = Command::new(env::current_exe().unwrap())
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
        if !ended && !acks.is_empty() && planted_on.is_none() && round >= kills / 3 {
            planted_on = Some((copy(directory.path()), judge.clone(), acks.clone()));
        }

        let store = Store::open_dir(directory.path(), options_for(0, u64::MAX)).unwrap();
        count.torn_tails += u64::from(store.recoveries().last().is_some_and(|found| found.dropped_bytes > 0));
        work.set_up(&store).unwrap();
        let context = format!("seed {}, round {round}", work.seed);
        judge.inspect(&store, &acks).unwrap_or_else(|why| panic!("{context}: {why}"));
        store.close().unwrap();
        if judge.model.done.iter().sum::<u64>() == upto {
            break;
        }
    }
    finish(directory.path(), &judge, upto);
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

/// All of the log once more: every byte, every guard, the state from the first record on, the intents from the scan and
/// from the filter, and the state in the middle.
fn finish(directory: &Path, judge: &Judge, upto: u64) {
    verify(&Directory::new(directory)).unwrap();
    let store = Store::open_dir(directory, options_for(0, u64::MAX)).unwrap();
    judge.work.set_up(&store).unwrap();
    let past = store.past();
    let last_seq = store.last_seq();
    assert_eq!(past.replay(last_seq).unwrap().state_hash(), store.query().snapshot().state_hash());
    let audited = past.audit().unwrap();
    assert_eq!(
        past.intents(&Filter { refused: true, ..Filter::default() }).unwrap().len() as u64,
        audited.committed + audited.refused
    );
    let middle = last_seq / 2;
    let mut model = Model::new(judge.work);
    for record in store.scan(model.seq + 1) {
        let record = record.unwrap();
        let (number, _) = model.apply(&record).unwrap();
        assert_eq!(store.find(id(number)), Some(record.seq));
        if record.seq == middle {
            assert_eq!(state(&past.snapshot_at(middle).unwrap()), model.pages, "at seq {middle}");
        }
    }
    assert_eq!((model.seq, model.done.iter().sum::<u64>()), (last_seq, upto));
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
        judge.work.set_up(&store).unwrap();
        store
    };
    let says = |store: &Store, judge: &Judge, acks: &[Ack]| judge.clone().inspect(store, acks).is_err();
    let cut = copy(directory);
    {
        let store = opened(directory);
        assert!(!says(&store, judge, acks), "the files as they are");
        let (number, seq, committed) = acks[acks.len() - 1];
        for wrong in [
            (number, seq + 1_000_000, committed),
            (number, seq, !committed),
            (number + CLIENTS, seq, committed),
        ] {
            assert!(says(&store, judge, &[acks, &[wrong]].concat()), "{wrong:?}");
        }
        let mut other = judge.clone();
        other.model = Model::new(Work { seed: judge.work.seed + 1 });
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
        record.filter(|record| record.position.segment == segments.len() as u64).map(|record| record.position)
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

#[test]
fn what_killed_processes_acknowledged_is_there_whole() {
    let asked = env::var("LUMEN_KILL_TRANSACTIONS").map(|count| count.parse::<u64>().expect("a number"));
    let all = asked.unwrap_or(1_500);
    let mut count = Count::default();
    for (seed, begins) in (1..).zip((0..all).step_by(RUN_LEN as usize)) {
        let upto = RUN_LEN.min(all - begins);
        // A kill for every 75 operations at first, and at most 60 on one store.
        run(Work { seed }, upto, (upto / 75).clamp(8, 60), &mut count);
        if all > RUN_LEN {
            println!("seed {seed}: {count:?}");
        }
    }
    println!("{count:?}, no anomaly; planted ones found");
    assert!(count.kills >= 4 && count.refused > 0 && count.acknowledged <= count.transactions, "{count:?}");
    assert!(count.stores_with_planted_faults > 0, "{count:?}");
}
