//! Derived pages: computed in the commit that changes what they are made from, and logged with it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use plan::wire::{Decoder, Encoder};
use plan::{Change, Delta, Malformed, tag};

use crate::error::Result;
use crate::format::{NAME_LEN_MAX, kind};
use crate::graph::GraphEdit;
use crate::index::Index;
use crate::kernel;
use crate::log::{Answer, Draft, Effect, Naming, Request};
use crate::pages::{Page, Pages};
use crate::patch;
use crate::refusal::{Cause, Outcome, Refusal};
use crate::store::{Changes, Store};
use crate::validate::unknown_page;

/// A pure function from the bytes of the parents to the bytes of a page.
pub(crate) type Function = dyn Fn(&[&[u8]]) -> std::result::Result<Vec<u8>, String> + Send + Sync;

/// The functions that this process knows, and how often they ran.
#[derive(Default)]
pub(crate) struct Functions {
    known: RwLock<BTreeMap<String, Arc<Function>>>,
    pub(crate) recomputes: AtomicU64,
    pub(crate) cutoffs: AtomicU64,
}

impl Functions {
    pub(crate) fn register(&self, name: &str, function: Arc<Function>) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), function);
    }

    fn get(&self, name: &str) -> Option<Arc<Function>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

/// A derived page's new bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// What computed them, as `name@version`.
    pub function: String,
    /// The change.
    pub delta: Delta,
}

impl Derived {
    /// Appends a DERIVED entry. As everywhere, the version stands as its distance from `seq`.
    pub(crate) fn encode_to(&self, entries: &mut Encoder, seq: u64) -> std::result::Result<(), Malformed> {
        let mut payload = Encoder::new();
        payload.bytes(self.function.as_bytes());
        let base = seq.saturating_sub(self.delta.base);
        payload.raw(&Delta { base, ..self.delta.clone() }.encode()?);
        entries.entry(tag::DERIVED, payload.as_slice());
        Ok(())
    }

    /// Reads the function; the rest is the payload of a WRITE.
    pub(crate) fn split(payload: &[u8]) -> std::result::Result<(String, &[u8]), Malformed> {
        let mut decoder = Decoder::new(payload);
        let function = decoder.text(NAME_LEN_MAX, "function")?.to_owned();
        Ok((function, decoder.rest()))
    }
}

/// Computes every page that is derived from the changed ones, on the state after them: by level, then by id, each at
/// most once. A page whose bytes stay the same is not a change, and nothing behind it is computed for its sake.
pub(crate) fn propagate(
    pages: &mut Pages,
    seq: u64,
    changed: impl Iterator<Item = u64>,
    functions: &Functions,
) -> Result<std::result::Result<Vec<Derived>, Refusal>> {
    let graph = pages.graph();
    let mut waiting: BTreeSet<(u32, u64)> =
        changed.flat_map(|page| graph.dependents(page).collect::<Vec<_>>()).collect();
    compute(pages, seq, &mut waiting, functions)
}

fn compute(
    pages: &mut Pages,
    seq: u64,
    waiting: &mut BTreeSet<(u32, u64)>,
    functions: &Functions,
) -> Result<std::result::Result<Vec<Derived>, Refusal>> {
    let graph = pages.graph();
    let mut derived = Vec::new();
    while let Some((_, id)) = waiting.pop_first() {
        let refuse = |detail: String| Ok(Err(Refusal::new(Cause::Derive, id, detail)));
        let Some(node) = graph.node(id) else { continue };
        let Some(function) = functions.get(&node.function) else {
            return refuse(format!("function `{}` of page {id} is not registered", node.function));
        };
        let page = pages.page(id)?.ok_or_else(|| unknown_page(id))?;
        let mut parents = Vec::with_capacity(node.parents.len());
        for parent in node.parents.iter() {
            let Some(parent) = pages.page(*parent)? else {
                return refuse(format!("a parent of page {id} does not exist"));
            };
            parents.push(parent);
        }
        let inputs: Vec<&[u8]> = parents.iter().map(Page::bytes).collect();
        functions.recomputes.fetch_add(1, Ordering::Relaxed);
        // The function is handed bytes that it cannot change, so what it leaves half done is its own.
        let bytes = match catch_unwind(AssertUnwindSafe(|| function(&inputs))) {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(why)) => return refuse(format!("`{}` failed for page {id}: {why}", node.function)),
            Err(_) => return refuse(format!("`{}` panicked for page {id}", node.function)),
        };
        let before = page.bytes();
        if bytes.len() != before.len() {
            let lens = format!("{} bytes for the {} of page {id}", bytes.len(), before.len());
            return refuse(format!("`{}` returned {lens}", node.function));
        }
        let mut pieces = kernel::differing(before, &bytes).peekable();
        if pieces.peek().is_none() {
            functions.cutoffs.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let pieces = pieces.map(|(at, len)| (at as u32, bytes.get(at..at + len).unwrap_or_default()));
        let change = Change::Write(patch::smallest(pieces, before.len() as u32));
        let delta = Delta { page: id, base: page.version(), change };
        let made = Derived { function: node.function.to_string(), delta };
        pages.commit_derived(seq, std::slice::from_ref(&made))?;
        derived.push(made);
        waiting.extend(graph.dependents(id));
    }
    Ok(Ok(derived))
}

/// The handle for the graph of derived pages. An edit of the graph never shares a transaction with a write.
///
/// ```
/// use std::sync::Arc;
/// use store::{Create, Edit, GraphEdit, Memory, Mutation, Options, Store};
///
/// let options = Options::new(|| 1, || [7; 16]).create(Create::New);
/// let store = Store::open(Arc::new(Memory::new()), options)?;
/// // The sum of two bytes.
/// store.derive().register("sum@1", |parents| {
///     let bytes = parents.iter().flat_map(|bytes| bytes.iter());
///     Ok(vec![bytes.fold(0u8, |sum, byte| sum.wrapping_add(*byte))])
/// });
/// let edits = (0..3).map(|number| Edit::create(number, 1, None)).collect();
/// store.mutate().commit(&Mutation { edits, ..Mutation::default() })?;
/// let sum = GraphEdit::Derive { page: 3, function: "sum@1".to_owned(), parents: vec![1, 2] };
/// store.derive().edit(&[sum])?;
///
/// let edits = vec![Edit::write(1, 0, [40]), Edit::write(2, 0, [2])];
/// store.mutate().commit(&Mutation { edits, ..Mutation::default() })?;
/// assert_eq!(store.query().snapshot().expect_page(3)?.bytes(), [42]);
/// # Ok::<(), store::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Derive<'a> {
    store: &'a Store,
}

impl<'a> Derive<'a> {
    pub(crate) fn new(store: &'a Store) -> Derive<'a> {
        Derive { store }
    }

    /// Says what `name@version` computes, for this process. The function gets the bytes of the parents in their
    /// declared order and returns as many bytes as the page has; the same input must always give the same output. It
    /// runs while a commit is decided, so it must be quick, and must not use the store.
    pub fn register(
        &self,
        name: &str,
        function: impl Fn(&[&[u8]]) -> std::result::Result<Vec<u8>, String> + Send + Sync + 'static,
    ) {
        self.store.functions().register(name, Arc::new(function));
    }

    /// Changes the graph; edits ascend by page. No page changes: a derived page has its bytes until a parent changes,
    /// or [`Derive::refresh`] computes it. Returns the seq.
    ///
    /// # Errors
    /// `Cycle` with the path; `UnknownPage`; `Malformed` for an edit without parents, with one twice, with a function
    /// that is not `name@version`, or that releases an ordinary page. With all of them nothing was appended.
    pub fn edit(&self, edits: &[GraphEdit]) -> Result<u64> {
        let mut entries = Encoder::new();
        for edit in edits {
            entries.entry(tag::NODE, &edit.encode());
        }
        let draft = |index: &Index| -> Result<Draft<'_>> {
            let mut after = index.pages.clone();
            after.edit_graph(edits)?;
            Ok(Draft {
                kind: kind::GRAPH,
                entries: entries.as_slice().into(),
                ids: &[],
                naming: Naming::Bytes,
                effect: Effect::Pages(Box::new(after), [0; 4]),
                answer: Answer::Committed(0..0),
            })
        };
        Ok(self.store.conclude(&Request { ids: &[], hash: [0; 16], draft: &draft })?.seq())
    }

    /// Computes a derived page and what is made from it, although nothing changed. Where the bytes are those already,
    /// an empty transaction says that somebody asked.
    ///
    /// # Errors
    /// `UnknownPage`, also for a page that is not derived; those of an append.
    pub fn refresh(&self, page: u64) -> Result<Outcome> {
        let draft = |index: &Index| -> Result<Draft<'_>> {
            let level = index.pages.graph().node(page).ok_or_else(|| unknown_page(page))?.level;
            let (mut after, seq) = (index.pages.clone(), index.last_seq + 1);
            let mut waiting = BTreeSet::from([(level, page)]);
            let mut entries = Encoder::new();
            match compute(&mut after, seq, &mut waiting, self.store.functions())? {
                Ok(derived) => {
                    let changes = Changes::of_derived(seq, derived, after);
                    changes.encode_to(&mut entries)?;
                    Ok(Draft {
                        kind: kind::TXN,
                        entries: entries.finish().into(),
                        ids: &[],
                        naming: Naming::Bytes,
                        answer: Answer::Committed(0..0),
                        effect: changes.effect(),
                    })
                }
                Err(refusal) => Ok(crate::mutate::refused(refusal)),
            }
        };
        self.store.conclude(&Request { ids: &[], hash: [0; 16], draft: &draft })
    }
}
