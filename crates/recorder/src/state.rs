//! Durable state: what programs change by `upsert` and find again in their next run.
//!
//! Each entry is a named page in the store of the run's own log ([`name`], [`form`]). An upsert is one transaction of
//! the store: the reason as its intent, the guard, the pages, and the effect's two entries; what was refused is on
//! record as well. A run begins with its parent's pages ([`inherit`]). Who replays or resumes a run sees, at each of its
//! upserts, the state that the log had there. Start reading at `upsert.rs`.

pub mod form;
pub mod inherit;
pub mod name;
pub mod tell;

mod door;
mod guard;
mod upsert;

pub use upsert::intent_id;

use serde::{Deserialize, Serialize};
use store::{Past, Snapshot};
use vm::Fault;

use crate::error::Result;
use crate::hash::Fields;
use form::Stored;
use name::Entry;

/// The state as the program sees it now.
#[derive(Default)]
pub struct State {
    /// `None` where nothing was ever written.
    pub view: Option<Snapshot>,
    /// The log behind it.
    pub past: Option<Past>,
}

/// An entry that a node looked at, and what it was: the node is computed anew when it is something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The name of its page, or with `/*` of all entries of a map.
    pub entry: String,
    /// The hash of kind and bytes; `None` where there was nothing.
    pub hash: Option<String>,
}

/// Stands for the hash of what is never the same in two runs: the changes that a log holds.
const NEVER: &str = "-";

impl State {
    /// Goes on to the state after the record at `seq` of `past`.
    ///
    /// # Errors
    /// What the log's records say of themselves.
    pub fn follow(&mut self, past: &Past, seq: u64) -> Result<()> {
        let from = match self.view.take() {
            Some(view) if view.seq() <= seq => view,
            _ => past.replay(0)?,
        };
        self.view = Some(past.advance(&from, seq)?);
        self.past = Some(past.clone());
        Ok(())
    }

    /// The store's hash over all pages; zero for no state.
    pub fn hash(&self) -> String {
        format!("{:032x}", self.view.as_ref().map_or(0, Snapshot::state_hash))
    }

    /// Whether what a node looked at is the same now.
    ///
    /// # Errors
    /// `Damaged`.
    pub fn still_is(&self, seen: &Look) -> Result<bool> {
        if let Some(map) = seen.entry.strip_suffix("/*") {
            return Ok(all(self.view.as_ref(), map)? == *seen);
        }
        let Some(view) = &self.view else { return Ok(seen.hash.is_none()) };
        let stored = view.find(&seen.entry)?.map(|head| Stored::read(view, head)).transpose()?;
        Ok(stored.as_ref().and_then(hash) == seen.hash)
    }
}

/// The hash of an entry that is there.
fn hash(stored: &Stored) -> Option<String> {
    let fields = Fields::new("entry").number(stored.form.kind as u64).bytes(&stored.form.bytes);
    stored.is_there().then(|| fields.hex())
}

fn look(entry: &Entry, stored: Option<&Stored>) -> Look {
    Look { entry: entry.page.clone(), hash: stored.and_then(hash) }
}

/// A look at all entries of the map whose pages' names start so.
fn all(view: Option<&Snapshot>, map: &str) -> Result<Look> {
    let mut fields = Fields::new("entries");
    let mut count = 0;
    if let Some(view) = view {
        let state = map.strip_prefix("state/").unwrap_or(map);
        for (entry, head) in name::entries(view)?.into_iter().filter(|(entry, _)| entry.state == state) {
            fields = fields.text(&entry.page).text(&hash(&Stored::read(view, head)?).unwrap_or_default());
            count += 1;
        }
    }
    Ok(Look { entry: format!("{map}/*"), hash: (count > 0).then(|| fields.hex()) })
}

/// An entry as it is, or as it was taken away.
fn find(view: Option<&Snapshot>, entry: &Entry) -> std::result::Result<Option<Stored>, Fault> {
    let Some(view) = view else { return Ok(None) };
    let head = view.find(&entry.page).map_err(crate::Error::from).map_err(unreadable)?;
    head.map(|head| Stored::read(view, head)).transpose().map_err(unreadable)
}

fn unreadable(error: crate::Error) -> Fault {
    Fault::new(error.explained_as(), error.message()).kind(vm::FaultKind::Effect)
}

/// The id of the next page that is created.
fn next_page(view: Option<&Snapshot>) -> u64 {
    view.map_or(1, Snapshot::next_page)
}
