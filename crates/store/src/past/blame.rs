//! From a byte to the change that wrote it, and the changes of a page.

use plan::{Change, Delta, Intent, PlanHash};

use super::Past;
use crate::error::Result;
use crate::patch;
use crate::record::Body;
use crate::refusal::Refusal;

/// One change of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The version that it made.
    pub seq: u64,
    /// When it was sequenced, nanoseconds since 1970.
    pub time_ns: u64,
    /// Who wanted it, and why; `None` for a change without conditions.
    pub intent: Option<Intent>,
    /// The ids of the client entries beside it.
    pub entries: Vec<u128>,
    /// What it did.
    pub delta: Delta,
    /// What computed it, for a derived page.
    pub function: Option<String>,
}

/// An intent on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// Its place in the log's order.
    pub seq: u64,
    /// When it was sequenced, nanoseconds since 1970.
    pub time_ns: u64,
    /// Who wanted what, and why.
    pub intent: Intent,
    /// The hash of its plan.
    pub plan: PlanHash,
    /// Why it was refused; `None` for one that was committed.
    pub refusal: Option<Refusal>,
}

impl Past {
    /// The changes of a page, oldest first; none for an id that no page ever had.
    ///
    /// # Errors
    /// Those of reading.
    pub fn history(&self, page: u64) -> Result<Vec<Touch>> {
        let mut touches = Vec::new();
        self.touches(page, self.last_seq, &mut |touch| touches.push(touch))?;
        Ok(touches)
    }

    /// The change that wrote a byte of a page as it is at `seq`: a write, or the creation, which wrote zeros. `None`
    /// where the page does not exist at `seq` or is not so long.
    ///
    /// # Errors
    /// `NotFound` for a seq behind the last; those of reading.
    pub fn blame(&self, page: u64, offset: u32, seq: u64) -> Result<Option<Touch>> {
        self.check_known(seq)?;
        let mut last = None;
        self.touches(page, seq, &mut |touch| match &touch.delta.change {
            Change::Create { size_bytes, .. } if offset < *size_bytes => last = Some(touch),
            Change::Write(patch) if last.is_some() && patch::covers(patch, offset) => last = Some(touch),
            Change::Delete => last = None,
            Change::Create { .. } | Change::Write(_) | Change::Metadata(_) => {}
        })?;
        Ok(last)
    }

    /// Calls `visit` with every change of a page up to `to_seq`, in the order in which they were applied.
    fn touches(&self, page: u64, to_seq: u64, visit: &mut dyn FnMut(Touch)) -> Result<()> {
        for record in self.scan(0, to_seq) {
            let record = record?;
            let Body::Transaction { decision, deltas, derived, clients, .. } = record.body else { continue };
            let asked = deltas.into_iter().map(|delta| (delta, None));
            let computed = derived.into_iter().map(|made| (made.delta, Some(made.function)));
            let mut of_page: Vec<(Delta, Option<String>)> =
                asked.chain(computed).filter(|(delta, _)| delta.page == page).collect();
            // A creation stands behind the writes in a record, and is made before them.
            of_page.sort_by_key(|(delta, _)| !matches!(delta.change, Change::Create { .. }));
            for (delta, function) in of_page {
                visit(Touch {
                    seq: record.seq,
                    time_ns: record.time_ns,
                    intent: decision.as_ref().map(|decision| decision.intent.clone()),
                    entries: clients.iter().map(|client| client.id).filter(|id| *id != 0).collect(),
                    delta,
                    function,
                });
            }
        }
        Ok(())
    }
}
