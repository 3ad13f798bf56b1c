//! A history of changes, refusals, derivations and restarts, and what the log tells about it afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use evidence::compare::Rule;
use evidence::json::Json;
use evidence::value::{Cell, Tree, Value};
use plan::{PageRef, Patch};
use serde::Deserialize;
use store::{
    Body, Create, Edit, Error, ErrorKind, Filter, GraphEdit, Memory, Mutation, Outcome, Record, Snapshot,
    Store,
};

use super::log::options;
use super::plans::{self, Planned, built, bytes, hex, misfit, number, parts};
use crate::call::{Call, Failure};
use crate::naive;
use crate::row::{Params, Reference, Row};

pub(crate) const ROWS: &[Row] = &[Row {
    op: "store.history",
    reference: Reference::Naive(naive::pages::history),
    inputs: &[],
    params: Params::of::<Told>(),
    run: history,
    rule: Rule::Exact,
    hardened: &[],
    api: &[
        "store::Mutate::commit(mutation)",
        "store::Upsert::submit(plan)",
        "store::Derive::edit(edits)",
        "store::Store::checkpoint",
        "store::Past::replay(to_seq)",
        "store::Past::snapshot_at(seq)",
        "store::Past::blame(page, offset, seq)",
        "store::Past::audit",
        "store::Store::subscribe(cursor, filter)",
    ],
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// What is done, in order. Lists whose first item says what.
    steps: Vec<Json>,
    /// What is asked at the end.
    asks: Vec<Json>,
}

fn history(call: &Call<'_>) -> Result<Value, Failure> {
    let Told { steps, asks } = call.params()?;
    let mut bus = Bus::new().map_err(failed)?;
    let steps = steps.iter().map(|step| bus.step(step)).collect::<Result<_, Failure>>()?;
    let asks = asks.iter().map(|ask| bus.answer(ask)).collect::<Result<_, Failure>>()?;
    let texts = |texts: Vec<String>| Value::Tree(Tree::Items(texts.into_iter().map(Value::Text).collect()));
    Ok(Value::Tree(Tree::Entries(vec![
        (Cell::Text("steps".into()), texts(steps)),
        (Cell::Text("asks".into()), texts(asks)),
    ])))
}

fn failed(error: Error) -> Failure {
    Failure::raised("store.Error", error.to_string())
}

struct Bus {
    disk: Memory,
    store: Store,
    /// Calls of functions, ever.
    ran: Arc<AtomicU64>,
}

impl Bus {
    fn new() -> store::Result<Bus> {
        let (disk, ran) = (Memory::new(), Arc::default());
        let store = open(&disk, &ran)?;
        Ok(Bus { disk, store, ran })
    }

    fn step(&mut self, step: &Json) -> Result<String, Failure> {
        let before = self.ran.load(Ordering::Relaxed);
        match parts(step)? {
            ("commit", [edits]) => {
                let edits = edits.as_array().ok_or_else(|| misfit("a list of edits", edits))?;
                let edits = edits.iter().map(edit).collect::<Result<Vec<Edit>, Failure>>()?;
                let outcome = self.store.mutate().commit(&Mutation { edits, ..Mutation::default() });
                self.said(outcome, before)
            }
            ("upsert", [planned]) => {
                let planned: Planned = serde_json::from_value(planned.clone())
                    .map_err(|why| Failure::Malformed(format!("a plan: {why}")))?;
                let outcome = self.store.upsert().submit(&built(planned)?);
                self.said(outcome, before)
            }
            ("derive", [edits]) => {
                let edits = edits.as_array().ok_or_else(|| misfit("a list of edits", edits))?;
                let edits = edits.iter().map(graph_edit).collect::<Result<Vec<GraphEdit>, Failure>>()?;
                match self.store.derive().edit(&edits) {
                    Ok(seq) => Ok(seq.to_string()),
                    Err(error) => refusal(&error),
                }
            }
            ("checkpoint", []) => self.store.checkpoint().map(|seq| format!("at {seq}")).map_err(failed),
            ("reopen", []) => self.reopen(|_| {}),
            // Whatever is derived from the log may go: only time is lost.
            ("damage", [Json::String(folder)]) => self.reopen(|disk| {
                for (path, mut file) in disk.files().into_iter().filter(|(path, _)| path.starts_with(folder))
                {
                    let middle = file.len() / 2;
                    if let Some(byte) = file.get_mut(middle) {
                        *byte ^= 0x41;
                    }
                    disk.insert(&path, file);
                }
            }),
            _ => Err(misfit("a step", step)),
        }
    }

    fn reopen(&mut self, meanwhile: impl FnOnce(&Memory)) -> Result<String, Failure> {
        // One writer a store: the old one goes before the new one comes.
        let elsewhere = open(&Memory::new(), &self.ran).map_err(failed)?;
        std::mem::replace(&mut self.store, elsewhere).close().map_err(failed)?;
        meanwhile(&self.disk);
        self.store = open(&self.disk, &self.ran).map_err(failed)?;
        Ok("opened".into())
    }

    /// An answer in words, with what was computed for it.
    fn said(&self, outcome: store::Result<Outcome>, before: u64) -> Result<String, Failure> {
        let (seq, created) = match outcome {
            Err(error) => return refusal(&error),
            Ok(Outcome::Refused { seq, repeated, refusal }) => {
                let again = if repeated { "; again" } else { "" };
                return Ok(format!("{seq} refused {} {}{again}", refusal.cause.name(), refusal.page));
            }
            Ok(Outcome::Committed { seq, repeated: true, .. }) => return Ok(format!("{seq}; again")),
            Ok(Outcome::Committed { seq, created, .. }) => (seq, created),
        };
        let mut text = seq.to_string();
        if !created.is_empty() {
            text.push_str(&format!("; created {}", numbers(created, ", ")));
        }
        let ran = self.ran.load(Ordering::Relaxed) - before;
        if ran > 0 {
            text.push_str(&format!("; ran {ran}"));
        }
        let Record { body: Body::Transaction { derived, .. }, .. } = self.record(seq)? else {
            return Ok(text);
        };
        if !derived.is_empty() {
            text.push_str(&format!("; made {}", numbers(derived.iter().map(|made| made.delta.page), ", ")));
        }
        Ok(text)
    }

    fn record(&self, seq: u64) -> Result<Record, Failure> {
        let record = self.store.scan(seq).next().transpose().map_err(failed)?;
        record.ok_or_else(|| Failure::raised("store.Error", format!("no record at seq {seq}")))
    }

    fn answer(&self, ask: &Json) -> Result<String, Failure> {
        let past = self.store.past();
        match parts(ask)? {
            ("state", [seq]) => {
                let seq = number(seq)?;
                match (past.replay(seq), past.snapshot_at(seq)) {
                    (Ok(replayed), Ok(shortened)) => agreed(&replayed, &shortened),
                    (Err(error), _) | (_, Err(error)) => refusal(&error),
                }
            }
            ("blame", [page, offset, seq]) => {
                match past.blame(number(page)?, number(offset)?, number(seq)?) {
                    Ok(None) => Ok("nobody".into()),
                    Ok(Some(touch)) => {
                        let intent =
                            touch.intent.map_or(String::new(), |intent| format!(" for {}", intent.id));
                        let function = touch.function.map_or(String::new(), |name| format!(" by {name}"));
                        Ok(format!("{}{intent}{function}", touch.seq))
                    }
                    Err(error) => refusal(&error),
                }
            }
            // A follower that stops after so many records, and another that goes on from its cursor.
            ("since", [cursor, stops_after]) => {
                let (mut seqs, mut cursor) = (Vec::new(), number(cursor)?);
                let stops_after: usize = number(stops_after)?;
                for limit in [stops_after, usize::MAX] {
                    let mut following = self.store.subscribe(cursor, Filter::default());
                    let mut seen = 0;
                    while seen < limit
                        && let Some(record) = following.poll().map_err(failed)?
                    {
                        seqs.push(record.seq);
                        seen += 1;
                    }
                    cursor = following.cursor();
                }
                Ok(numbers(seqs, ", "))
            }
            ("audit", []) => {
                let audited = past.audit().map_err(failed)?;
                Ok(format!("{} committed, {} refused", audited.committed, audited.refused))
            }
            _ => Err(misfit("a question", ask)),
        }
    }
}

fn open(disk: &Memory, ran: &Arc<AtomicU64>) -> store::Result<Store> {
    let store = Store::open(Arc::new(disk.clone()), options().create(Create::IfAbsent))?;
    let register = |name: &str, function: fn(&[u8]) -> Result<u8, String>| {
        let ran = Arc::clone(ran);
        store.derive().register(name, move |parents| {
            ran.fetch_add(1, Ordering::Relaxed);
            function(&parents.concat()).map(|byte| vec![byte])
        });
    };
    register("sum@1", |bytes| Ok(bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))));
    register("max@1", |bytes| Ok(bytes.iter().copied().max().unwrap_or_default()));
    register("odd@1", |bytes| match bytes.contains(&13) {
        true => Err("it takes no 13".into()),
        false => Ok(bytes.iter().fold(0, |odd, byte| odd ^ (byte & 1))),
    });
    Ok(store)
}

fn numbers(numbers: impl IntoIterator<Item = u64>, between: &str) -> String {
    numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join(between)
}

/// The kind of an error that costs no seq, with the rule that is broken or the circle.
fn refusal(error: &Error) -> Result<String, Failure> {
    match (error.kind(), error.malformation()) {
        (ErrorKind::Malformed, Some(rule)) => Ok(format!("Malformed {rule:?}")),
        (ErrorKind::Cycle, _) => Ok(format!("Cycle {}", from_least(error.found_value().unwrap_or_default()))),
        (ErrorKind::Corrupt | ErrorKind::Diverged | ErrorKind::Poisoned | ErrorKind::Io, _) => {
            Err(Failure::raised("store.Error", error.to_string()))
        }
        (kind, _) => Ok(format!("{kind:?}")),
    }
}

/// A circle is the same wherever it is entered: `2 -> 3 -> 1 -> 2` from its smallest page on.
fn from_least(path: &str) -> String {
    let mut pages: Vec<u64> = path.split(" -> ").filter_map(|page| page.parse().ok()).collect();
    pages.pop();
    let least = pages.iter().enumerate().min_by_key(|(_, page)| **page).map_or(0, |(place, _)| place);
    pages.rotate_left(least);
    let first = pages.first().copied();
    numbers(pages.into_iter().chain(first), " -> ")
}

/// A state replayed from the first record, which one made from the newest checkpoint must equal.
fn agreed(replayed: &Snapshot, shortened: &Snapshot) -> Result<String, Failure> {
    let (text, other) = (shown(replayed)?, shown(shortened)?);
    if text == other && replayed.state_hash() == shortened.state_hash() {
        return Ok(text);
    }
    Err(Failure::raised("store.Diverged", format!("replayed {text}, from a checkpoint {other}")))
}

fn shown(snapshot: &Snapshot) -> Result<String, Failure> {
    let page = |item: store::Result<(u64, store::Page)>| {
        let (id, page) = item?;
        let name = page.name().unwrap_or("-");
        Ok(format!("{id} v{} {name} [{}] {}", page.version(), hex(page.metadata()), hex(page.bytes())))
    };
    let pages = snapshot.iter().map_err(failed)?.map(page).collect::<store::Result<Vec<_>>>();
    Ok(pages.map_err(failed)?.join("; "))
}

fn edit(json: &Json) -> Result<Edit, Failure> {
    let patch = |offset: &Json, written: &Json| -> Result<Patch, Failure> {
        Ok(Patch::Runs(vec![(number(offset)?, bytes(written)?)]))
    };
    match parts(json)? {
        ("create", [own, size, name, metadata]) => Ok(Edit::Create {
            number: number(own)?,
            size_bytes: number(size)?,
            name: name.as_str().map(str::to_string),
            metadata: bytes(metadata)?,
        }),
        ("write", [page, offset, written]) => {
            Ok(Edit::Write { page: PageRef::Existing(number(page)?), patch: patch(offset, written)? })
        }
        ("write_new", [own, offset, written]) => {
            Ok(Edit::Write { page: PageRef::New(number(own)?), patch: patch(offset, written)? })
        }
        ("delete", [page]) => Ok(Edit::Delete { page: number(page)? }),
        ("metadata", [page, metadata]) => {
            Ok(Edit::Metadata { page: number(page)?, metadata: bytes(metadata)? })
        }
        _ => Err(misfit("an edit", json)),
    }
}

/// `[page, function, parents]`, or `[page]` for one that is an ordinary page again.
fn graph_edit(json: &Json) -> Result<GraphEdit, Failure> {
    match json.as_array().map(Vec::as_slice) {
        Some([page]) => Ok(GraphEdit::Release { page: number(page)? }),
        Some([page, Json::String(function), Json::Array(parents)]) => {
            let parents = parents.iter().map(plans::number).collect::<Result<Vec<u64>, _>>()?;
            Ok(GraphEdit::derive(number(page)?, function.as_str(), parents))
        }
        _ => Err(misfit("an edit of the graph", json)),
    }
}
