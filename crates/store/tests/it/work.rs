//! Seeded work of several clients, and the reference for it: what each operation asks for, and what a state and a log
//! must be once it stands at a seq.
//!
//! An operation is a function of the seed and its number alone, so that the process that asks and the one that judges
//! need nothing from each other but numbers. Client `c` of [`CLIENTS`] does the operations `c`, `c + CLIENTS`, and so
//! on, each after the answer to the one before.

pub mod lagging;

use plan::{Expr, Intent, Operator, Query, Read, UpsertPlan};
use store::{
    BlobRef, Body, Cause, ClientEntry, Edit, GraphEdit, Mutation, Outcome, Record, Result, Store, Transaction,
};
use testkit::dice::Dice;

use crate::pages::State;
use crate::support::{entry, namespace};
use crate::upsert::{COUNT, binary, field, int, intent, take, write};

pub const CLIENTS: u64 = 4;
/// Pages that count, from 1 on.
const COUNTERS: u64 = 6;
/// What each counter begins with.
const START: u64 = 500;
/// Pages of bytes, behind the counters.
const SIZES: [u32; 3] = [40, 900, 6_000];
/// The sum of the first three counters; the sum of that and of another; the first byte of the first page of bytes.
const DERIVED: [(u64, &str, &[u64]); 3] =
    [(10, "sum@1", &[1, 2, 3]), (11, "sum@1", &[10, 4]), (12, "first@1", &[7])];
/// The seq of the last record that is not of an operation: namespace, pages, graph.
pub const SET_UP_SEQ: u64 = 3;

/// What an operation wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Takes from a counter that may have too little.
    Take {
        counter: u64,
        amount: u64,
    },
    /// Takes from one and gives to another.
    Move {
        from: u64,
        to: u64,
        amount: u64,
    },
    /// Says that it read a version that never was.
    Stale {
        counter: u64,
    },
    Give {
        counter: u64,
        amount: u64,
    },
    Write {
        page: u64,
        offset: u32,
        bytes: Vec<u8>,
    },
    Describe {
        page: u64,
        metadata: Vec<u8>,
    },
    Create {
        size_bytes: u32,
        bytes: Vec<u8>,
    },
    /// Ends the page that an earlier operation of the client created.
    Delete {
        created_by: u64,
    },
    /// An entry that names a blob, and changes no page.
    Note {
        blob: Vec<u8>,
    },
}

/// Everything that follows from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    pub seed: u64,
}

/// The id of an operation's intent or entry.
pub fn id(number: u64) -> u128 {
    u128::from(number) + 1
}

fn page_name(number: u64) -> String {
    format!("p{number}")
}

fn sum(parents: &[&[u8]]) -> std::result::Result<Vec<u8>, String> {
    let words = parents.iter().map(|bytes| (*bytes).try_into().map(u64::from_le_bytes));
    let sum = words.sum::<std::result::Result<u64, _>>().map_err(|_| "a counter has eight bytes")?;
    Ok(sum.to_le_bytes().to_vec())
}

fn first(parents: &[&[u8]]) -> std::result::Result<Vec<u8>, String> {
    parents.first().and_then(|bytes| bytes.get(..1)).map(<[u8]>::to_vec).ok_or("no byte".to_owned())
}

impl Work {
    fn dice(self, number: u64) -> Dice {
        Dice::new(self.seed.rotate_left(32) ^ number.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// What the operation wants. Of eight operations of a client the fourth creates a page and the eighth ends it.
    pub fn action(self, number: u64) -> Action {
        let mut dice = self.dice(number);
        match number / CLIENTS % 8 {
            3 => {
                let size_bytes = 1 + dice.below(2_000);
                let len = 1 + dice.below(size_bytes);
                return Action::Create { size_bytes: size_bytes as u32, bytes: dice.bytes(len) };
            }
            7 => return Action::Delete { created_by: number - 4 * CLIENTS },
            _ => {}
        }
        let counter = 1 + dice.below(COUNTERS);
        match dice.below(16) {
            0..4 => Action::Take { counter, amount: dice.below(400) },
            4..7 => {
                let to = 1 + (counter + dice.below(COUNTERS - 1)) % COUNTERS;
                Action::Move { from: counter, to, amount: dice.below(300) }
            }
            7..9 => Action::Give { counter, amount: dice.below(300) },
            9 => Action::Stale { counter },
            10..13 => {
                let at = dice.below(SIZES.len() as u64);
                let size = u64::from(SIZES[at as usize]);
                let offset = dice.below(size);
                let len = 1 + dice.below((size - offset).min(1_500));
                let bytes =
                    if dice.below(4) == 0 { vec![dice.roll() as u8; len as usize] } else { dice.bytes(len) };
                Action::Write { page: COUNTERS + 1 + at, offset: offset as u32, bytes }
            }
            13 => {
                let len = dice.below(300);
                Action::Describe { page: COUNTERS + 1 + dice.below(3), metadata: dice.bytes(len) }
            }
            _ => {
                let len = dice.below(3_000);
                Action::Note { blob: dice.bytes(len) }
            }
        }
    }

    /// The intent of an operation that is decided.
    fn intent(self, number: u64) -> Intent {
        let body = format!("{{\"operation\": {number}, \"of\": {}}}", self.seed);
        Intent { body, ..intent(id(number)) }
    }

    /// The entry of an operation that is not.
    fn entry(self, number: u64) -> ClientEntry {
        entry(id(number), format!("operation {number} of {}", self.seed).as_bytes())
    }

    fn plan(self, number: u64, action: &Action) -> Option<UpsertPlan> {
        let add = |counter: u64, amount: u64| {
            let sum = binary(Operator::Add, field(counter, 0, COUNT), int(i128::from(amount)));
            write(counter, 0, COUNT, sum)
        };
        let mut plan = match action {
            Action::Take { counter, amount } => take(1, *counter, i128::from(*amount)),
            Action::Move { from, to, amount } => {
                let mut plan = take(1, *from, i128::from(*amount));
                plan.deltas.push(add(*to, *amount));
                plan.query = Query { pages: vec![*from, *to], ..Query::default() };
                plan
            }
            Action::Stale { counter } => {
                let reads = vec![Read::Version { page: *counter, version: 1 }];
                UpsertPlan { reads, ..take(1, *counter, 1) }
            }
            Action::Give { counter, amount } => {
                let guard = Some(Expr::Exists(*counter));
                UpsertPlan { guard, deltas: vec![add(*counter, *amount)], ..take(1, *counter, 0) }
            }
            _ => return None,
        };
        plan.intent = self.intent(number);
        Some(plan.sorted())
    }

    /// Whether an operation states an intent.
    pub fn states_intent(self, number: u64) -> bool {
        self.plan(number, &self.action(number)).is_some()
    }

    /// Namespace, pages, graph and functions; what is there already stays as it is.
    pub fn set_up(self, store: &Store) -> Result<()> {
        store.derive().register("sum@1", sum);
        store.derive().register("first@1", first);
        store.register(&namespace())?;
        let counters = (0..COUNTERS as u32).flat_map(|number| {
            [Edit::create(number, 8, None), Edit::write_new(number, 0, START.to_le_bytes())]
        });
        let bytes = (100..).zip(SIZES).map(|(number, size)| Edit::create(number, size, None));
        let derived = (200..).zip([8, 8, 1]).map(|(number, size)| Edit::create(number, size, None));
        let edits = counters.chain(bytes).chain(derived).collect();
        let clients = vec![entry(u128::MAX, b"set up")];
        store.mutate().commit(&Mutation { edits, clients, ..Mutation::default() })?;
        if store.last_seq() < SET_UP_SEQ {
            let derive =
                |(page, function, parents): (u64, &str, &[u64])| GraphEdit::derive(page, function, parents);
            store.derive().edit(&DERIVED.map(derive))?;
        }
        Ok(())
    }

    /// Does the operation.
    ///
    /// # Errors
    /// Those of the store.
    pub fn perform(self, store: &Store, number: u64) -> Result<Outcome> {
        let action = self.action(number);
        if let Some(plan) = self.plan(number, &action) {
            return store.upsert().submit(&plan);
        }
        let clients = vec![self.entry(number)];
        let edits = match action {
            Action::Write { page, offset, bytes } => vec![Edit::write(page, offset, bytes)],
            Action::Describe { page, metadata } => vec![Edit::Metadata { page, metadata }],
            Action::Create { size_bytes, bytes } => {
                let metadata = number.to_le_bytes().to_vec();
                let name = Some(page_name(number));
                vec![
                    Edit::Create { number: 0, size_bytes, name, metadata },
                    Edit::write_new(0, 0, bytes),
                    Edit::write(COUNTERS + 1, 0, [number as u8]),
                ]
            }
            Action::Delete { created_by } => {
                // Known to the log already, or the page is there: it is this client's alone.
                match store.query().snapshot().find(&page_name(created_by))? {
                    Some(page) => vec![Edit::Delete { page }],
                    None => vec![],
                }
            }
            Action::Note { blob } => {
                let blobs = vec![store.put_blob_as("note", &blob)?];
                let commit = store.append(&Transaction { clients, blobs })?;
                return Ok(Outcome::Committed { seq: commit.seq, repeated: commit.repeated, created: 0..0 });
            }
            other => unreachable!("{other:?} has a plan"),
        };
        store.mutate().commit(&Mutation { edits, clients, ..Mutation::default() })
    }
}

/// What the state must be, said as simply as possible.
#[derive(Clone)]
pub struct Model {
    pub work: Work,
    pub pages: State,
    next_page: u64,
    /// The last seq that it knows.
    pub seq: u64,
    /// For each client, how many of its operations are in it.
    pub done: [u64; CLIENTS as usize],
    pub committed: u64,
    pub refused: u64,
}

impl Model {
    /// The state behind the set-up.
    pub fn new(work: Work) -> Model {
        let page = |bytes: Vec<u8>| (2, bytes, None, Vec::new());
        let counters = (1..=COUNTERS).map(|id| (id, page(START.to_le_bytes().to_vec())));
        let bytes = (COUNTERS + 1..).zip(SIZES).map(|(id, size)| (id, page(vec![0; size as usize])));
        let derived = [(10, page(vec![0; 8])), (11, page(vec![0; 8])), (12, page(vec![0]))];
        let pages = counters.chain(bytes).chain(derived).collect();
        let done = [0; CLIENTS as usize];
        Model { work, pages, next_page: 13, seq: SET_UP_SEQ, done, committed: 0, refused: 0 }
    }

    fn counter(&self, page: u64) -> u64 {
        u64::from_le_bytes(self.pages[&page].1[..8].try_into().expect("eight bytes"))
    }

    fn change(&mut self, page: u64, offset: u32, bytes: &[u8]) {
        let (version, content, ..) = self.pages.get_mut(&page).expect("a page of the work");
        content[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        *version = self.seq;
    }

    fn add(&mut self, page: u64, amount: i128) {
        let value = (i128::from(self.counter(page)) + amount) as u64;
        self.change(page, 0, &value.to_le_bytes());
    }

    /// Why the operation must be refused in this state.
    fn refusal(&self, action: &Action) -> Option<Cause> {
        match action {
            Action::Take { counter, amount } | Action::Move { from: counter, amount, .. } => {
                (self.counter(*counter) < *amount).then_some(Cause::Guard)
            }
            Action::Stale { .. } => Some(Cause::StaleRead),
            _ => None,
        }
    }

    fn commit(&mut self, number: u64, action: &Action) {
        match action {
            Action::Take { counter, amount } => self.add(*counter, -i128::from(*amount)),
            Action::Move { from, to, amount } => {
                self.add(*from, -i128::from(*amount));
                self.add(*to, i128::from(*amount));
            }
            Action::Give { counter, amount } => self.add(*counter, i128::from(*amount)),
            Action::Write { page, offset, bytes } => self.change(*page, *offset, bytes),
            Action::Describe { page, metadata } => {
                let (version, _, _, described) = self.pages.get_mut(page).expect("a page of bytes");
                (*version, *described) = (self.seq, metadata.clone());
            }
            Action::Create { size_bytes, bytes } => {
                let mut content = bytes.clone();
                content.resize(*size_bytes as usize, 0);
                let page = (self.seq, content, Some(page_name(number)), number.to_le_bytes().to_vec());
                self.pages.insert(self.next_page, page);
                self.next_page += 1;
                self.change(COUNTERS + 1, 0, &[number as u8]);
            }
            Action::Delete { created_by } => {
                let name = Some(page_name(*created_by));
                self.pages.retain(|_, page| page.2 != name);
            }
            Action::Note { .. } | Action::Stale { .. } => {}
        }
        for (page, function, parents) in DERIVED {
            if !parents.iter().any(|parent| self.pages[parent].0 == self.seq) {
                continue;
            }
            let inputs: Vec<&[u8]> = parents.iter().map(|parent| self.pages[parent].1.as_slice()).collect();
            let made = if function == "sum@1" { sum(&inputs) } else { first(&inputs) };
            let made = made.expect("both functions are total here");
            if made != self.pages[&page].1 {
                self.change(page, 0, &made);
            }
        }
    }

    /// Takes the next record of the log, and says which operation it is and which blobs it names.
    ///
    /// # Errors
    /// What is wrong with it: not the next seq, not the client's next operation, not what that asks for in this state.
    pub fn apply(&mut self, record: &Record) -> std::result::Result<(u64, Vec<BlobRef>), String> {
        let seq = record.seq;
        if seq != self.seq + 1 {
            return Err(format!("seq {seq} follows {}", self.seq));
        }
        self.seq = seq;
        let (decision, clients, blobs, refusal) = match &record.body {
            Body::Transaction { decision, clients, blobs, .. } => {
                (decision, clients.as_slice(), blobs.clone(), None)
            }
            Body::Refused { decision, refusal } => (decision, &[][..], Vec::new(), Some(refusal.cause)),
            other => return Err(format!("seq {seq} is no operation: {other:?}")),
        };
        let known = match (decision, clients) {
            (Some(decision), []) => decision.intent.id,
            (None, [client]) => client.id,
            _ => return Err(format!("seq {seq} has an intent and {} entries", clients.len())),
        };
        let number = known.checked_sub(1).and_then(|number| u64::try_from(number).ok());
        let number = number.ok_or(format!("seq {seq} has id {known}"))?;
        let done = &mut self.done[(number % CLIENTS) as usize];
        if number / CLIENTS != *done {
            return Err(format!("seq {seq} is operation {number} of a client that did {done}"));
        }
        *done += 1;

        let action = self.work.action(number);
        let plan = self.work.plan(number, &action);
        let exact = match (decision, &plan) {
            (Some(decision), Some(plan)) => {
                decision.intent == plan.intent
                    && Ok(decision.plan) == plan.hash()
                    && (&decision.reads, &decision.guard) == (&plan.reads, &plan.guard)
            }
            (None, None) => clients == [self.work.entry(number)],
            _ => false,
        };
        if !exact {
            return Err(format!("seq {seq} does not say what operation {number} asked: {:?}", record.body));
        }
        let named: Vec<BlobRef> = match &action {
            Action::Note { blob } => {
                let hash = store::BlobHash::of(blob);
                vec![BlobRef { hash, size_bytes: blob.len() as u64, role: "note".to_owned() }]
            }
            _ => Vec::new(),
        };
        if blobs != named {
            return Err(format!("seq {seq} names other blobs than operation {number}"));
        }
        let expected = self.refusal(&action);
        if refusal != expected {
            return Err(format!("seq {seq}, {action:?}: expected {expected:?}, found {refusal:?}"));
        }
        match refusal {
            None => {
                self.commit(number, &action);
                self.committed += 1;
            }
            Some(_) => self.refused += 1,
        }
        Ok((number, blobs))
    }
}
