//! Replaying a part of the log, and what then hangs in the air.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use plan::{Intent, NamespaceId};

use super::Past;
use crate::error::{Error, Result};
use crate::graph::GraphEdit;
use crate::pages::{Entry, Pages, Watermark};
use crate::record::{Body, Record};
use crate::remnant::Remnant;
use crate::snapshot::Snapshot;
use crate::upsert::stale;
use crate::validate;

/// Which records are meant. Every field that is set must agree; the empty filter selects every transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these intents.
    pub intents: Vec<u128>,
    /// An intent of one of these authors.
    pub authors: Vec<String>,
    /// An intent of one of these schemas.
    pub schemas: Vec<String>,
    /// A seq in this range.
    pub seqs: Option<RangeInclusive<u64>>,
    /// A time in this range, nanoseconds since 1970.
    pub times_ns: Option<RangeInclusive<u64>>,
    /// A change of one of these pages.
    pub pages: Vec<u64>,
    /// An entry of one of these namespaces.
    pub namespaces: Vec<NamespaceId>,
    /// Refusals too.
    pub refused: bool,
    /// All others instead of these.
    pub inverted: bool,
}

impl Filter {
    /// Whether a record is meant. Registrations and changes of the graph never are.
    pub fn selects(&self, record: &Record) -> bool {
        let (decision, deltas, derived, clients) = match &record.body {
            Body::Transaction { decision, deltas, derived, clients, .. } => {
                (decision, deltas.as_slice(), derived.as_slice(), clients.as_slice())
            }
            Body::Refused { decision, .. } if self.refused => (decision, &[][..], &[][..], &[][..]),
            Body::Refused { .. } | Body::Graph { .. } | Body::Namespace { .. } => return false,
        };
        let pages = deltas.iter().chain(derived.iter().map(|made| &made.delta)).map(|delta| delta.page);
        let intent = decision.as_ref().map(|decision| &decision.intent);
        let namespaces = clients.iter().map(|client| client.namespace);
        self.agrees(record.seq, record.time_ns, intent, pages, namespaces) != self.inverted
    }

    /// The same for what stays of a dropped record.
    pub(super) fn selects_remnant(&self, remnant: &Remnant) -> bool {
        if remnant.refusal.is_some() && !self.refused {
            return false;
        }
        let intent = remnant.intent.as_ref().map(|(intent, _)| intent);
        let (pages, namespaces) = (remnant.pages.iter().copied(), remnant.namespaces.iter().copied());
        self.agrees(remnant.seq, remnant.time_ns, intent, pages, namespaces) != self.inverted
    }

    fn agrees(
        &self,
        seq: u64,
        time_ns: u64,
        intent: Option<&Intent>,
        mut pages: impl Iterator<Item = u64>,
        mut namespaces: impl Iterator<Item = NamespaceId>,
    ) -> bool {
        let among = |wanted: &[String], found: Option<&String>| {
            wanted.is_empty() || found.is_some_and(|found| wanted.contains(found))
        };
        (self.intents.is_empty() || intent.is_some_and(|i| self.intents.contains(&i.id)))
            && among(&self.authors, intent.map(|intent| &intent.author))
            && among(&self.schemas, intent.map(|intent| &intent.schema))
            && self.seqs.as_ref().is_none_or(|seqs| seqs.contains(&seq))
            && self.times_ns.as_ref().is_none_or(|times| times.contains(&time_ns))
            && (self.pages.is_empty() || pages.any(|page| self.pages.contains(&page)))
            && (self.namespaces.is_empty()
                || namespaces.any(|namespace| self.namespaces.contains(&namespace)))
    }
}

/// A state of only some transactions.
#[derive(Clone)]
pub struct Partial {
    /// The state. Pages keep their ids and versions.
    pub state: Snapshot,
    /// How many transactions were applied.
    pub applied: u64,
    /// Where a selected transaction stood on one that was left out.
    pub dangling: Vec<Dangling>,
}

/// A dependency of a selected transaction that does not hold without the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dangling {
    /// The transaction.
    pub seq: u64,
    /// Its intent, if it states one.
    pub intent: Option<u128>,
    /// The page.
    pub page: u64,
    /// The version that it was made from, where it says one.
    pub expected: Option<u64>,
    /// The version that the page has here; `None` where it does not exist. Then, and where a name is taken, the change
    /// was left out.
    pub found: Option<u64>,
}

impl Past {
    /// Builds the state that only the selected transactions make, up to `to_seq`, and lists every one whose read set
    /// or base version no longer holds, or that computed an asynchronous or stale page from one whose last change before
    /// was left out. Changes of pages that are there are made nevertheless.
    ///
    /// # Errors
    /// `NotFound` for a seq behind the last; `SeqTooOld` where the filter may select what was dropped: give it a range
    /// of seqs that begins behind [`Past::oldest_seq`]; those of reading.
    pub fn replay_only(&self, filter: &Filter, to_seq: u64) -> Result<Partial> {
        self.check_known(to_seq)?;
        let oldest_seq = self.oldest_seq();
        let from = filter.seqs.as_ref().filter(|_| !filter.inverted).map_or(0, |seqs| *seqs.start());
        if from <= oldest_seq && oldest_seq > 0 {
            return Err(Error::too_old(from, oldest_seq));
        }
        let (mut pages, mut applied, mut dangling) = (Pages::default(), 0, Vec::new());
        // The parents of derived pages, and of each page the first change behind its last one here that was left out.
        let (base, _) = self.base()?;
        let mut parents: BTreeMap<u64, Vec<u64>> = base.graph().edits().map(parents_of).collect();
        let mut left_out: BTreeMap<u64, u64> = base.iter().map(|(page, _)| (page, 1)).collect();
        for record in self.scan(oldest_seq + 1, to_seq) {
            let record = record?;
            let selected = filter.selects(&record);
            let (decision, mut deltas, derived, watermarks) = match record.body {
                Body::Transaction { decision, deltas, derived, watermarks, .. } => {
                    (decision, deltas, derived, watermarks)
                }
                Body::Graph { edits } => {
                    parents.extend(edits.into_iter().map(parents_of));
                    continue;
                }
                Body::Refused { .. } | Body::Namespace { .. } => continue,
            };
            deltas.extend(derived.into_iter().map(|made| made.delta));
            if !selected {
                for delta in &deltas {
                    left_out.entry(delta.page).or_insert(record.seq);
                }
                continue;
            }
            applied += 1;
            let intent = decision.as_ref().map(|decision| decision.intent.id);
            let mut hangs = |page: u64, expected: Option<u64>, pages: &Pages| {
                let found = pages.get(page).map(Entry::version);
                dangling.push(Dangling { seq: record.seq, intent, page, expected, found });
            };
            for read in decision.iter().flat_map(|decision| decision.reads.iter()) {
                // A range outside its page cannot be read from a page of the same size.
                if stale(read, &pages).map_or(true, |refusal| refusal.is_some()) {
                    let expected = match read {
                        plan::Read::Version { version, .. } => Some(*version),
                        plan::Read::Range { .. } => None,
                    };
                    hangs(read.page(), expected, &pages);
                }
            }
            for Watermark { page, seq } in watermarks {
                for parent in parents.get(&page).into_iter().flatten() {
                    if left_out.get(parent).is_some_and(|first| *first <= seq) {
                        hangs(*parent, None, &pages);
                    }
                }
            }
            // As in a whole replay: creations, writes, metadata, deletions. All bases mean the state before.
            deltas.sort_by_key(|delta| match &delta.change {
                plan::Change::Create { .. } => 0,
                plan::Change::Write(_) => 1,
                plan::Change::Metadata(_) => 2,
                plan::Change::Delete => 3,
            });
            let before = pages.clone();
            for delta in &deltas {
                let holds = delta.base == 0
                    || before.get(delta.page).is_some_and(|page| page.version() == delta.base);
                let valid = validate::applicable(&pages, delta);
                if !holds || valid.is_none() {
                    hangs(delta.page, Some(delta.base), &before);
                }
                if let Some(valid) = valid {
                    pages.apply(record.seq, valid)?;
                    left_out.remove(&delta.page);
                }
            }
        }
        Ok(Partial { state: Snapshot::detached(pages, to_seq), applied, dangling })
    }
}

/// A page and what it is derived from.
fn parents_of(edit: GraphEdit) -> (u64, Vec<u64>) {
    match edit {
        GraphEdit::Derive { page, parents, .. } => (page, parents),
        GraphEdit::Release { page } => (page, Vec::new()),
    }
}
