//! Derived pages: made from other pages by pure functions, with the results in the log.
//!
//! An edge of the graph says what a change of the parent does. Most nodes are computed in the commit that changes a
//! parent. A change along an edge that is declared *stale* only leaves the node behind, until somebody asks with
//! [`Derive::refresh`]. An *asynchronous* node is left behind as well, and is computed by a [`Task`] outside any commit.
//! What is left behind keeps its watermark: the seq of the inputs that are in its bytes.

mod task;

pub use task::{Finished, Task};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use plan::wire::{Decoder, Encoder};
use plan::{Change, Delta, Malformed, tag};

use crate::error::Result;
use crate::format::{NAME_LEN_MAX, kind};
use crate::graph::{Follows, Graph, GraphEdit, Node};
use crate::index::Index;
use crate::kernel;
use crate::log::{Answer, Draft, Effect, Naming, Request};
use crate::mutate::refused;
use crate::pages::{Page, Pages, Watermark};
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
    pub(crate) discards: AtomicU64,
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
    pub function: Arc<str>,
    /// The change.
    pub delta: Delta,
}

impl Derived {
    /// Appends a DERIVED entry. As everywhere, the version stands as its distance from `seq`.
    pub(crate) fn encode_to(&self, entries: &mut Encoder, seq: u64) {
        entries.entry_with(tag::DERIVED, |payload| {
            payload.bytes(self.function.as_bytes());
            self.delta.encode_to(seq.saturating_sub(self.delta.base), payload);
        });
    }

    /// Reads the function; the rest is the payload of a WRITE.
    pub(crate) fn split(payload: &[u8]) -> std::result::Result<(Arc<str>, &[u8]), Malformed> {
        let mut decoder = Decoder::new(payload);
        let function = decoder.text(NAME_LEN_MAX, "function")?.into();
        Ok((function, decoder.rest()))
    }
}

/// What a node's function makes of the bytes of its parents, for a page of `len` bytes, or why it makes nothing.
fn run(
    node: &Node,
    page: u64,
    function: Option<&Function>,
    inputs: &[&[u8]],
    len: usize,
) -> std::result::Result<Vec<u8>, String> {
    let name = &node.function;
    let function = function.ok_or_else(|| format!("function `{name}` of page {page} is not registered"))?;
    // The function is handed bytes that it cannot change, so what it leaves half done is its own.
    match catch_unwind(AssertUnwindSafe(|| function(inputs))) {
        Ok(Ok(bytes)) if bytes.len() == len => Ok(bytes),
        Ok(Ok(bytes)) => Err(format!("`{name}` returned {} bytes for the {len} of page {page}", bytes.len())),
        Ok(Err(why)) => Err(format!("`{name}` failed for page {page}: {why}")),
        Err(_) => Err(format!("`{name}` panicked for page {page}")),
    }
}

/// A node's parents.
fn parents_of(pages: &Pages, page: u64, node: &Node) -> Result<std::result::Result<Vec<Page>, String>> {
    let mut parents = Vec::with_capacity(node.parents.len());
    for parent in node.parents.iter() {
        match pages.page(*parent)? {
            Some(parent) => parents.push(parent),
            None => return Ok(Err(format!("a parent of page {page} does not exist"))),
        }
    }
    Ok(Ok(parents))
}

/// Computes every page that follows at once from the changed ones, on the state after them: by level, then by id, each
/// at most once. A page whose bytes stay the same is not a change, and nothing behind it is computed for its sake.
pub(crate) fn propagate(
    pages: &mut Pages,
    seq: u64,
    deltas: &[Delta],
    functions: &Functions,
) -> Result<std::result::Result<Vec<Derived>, Refusal>> {
    let mut wave = Wave::new(pages, seq, functions);
    for delta in deltas.iter().filter(|delta| matches!(delta.change, Change::Write(_))) {
        wave.spread(delta.page);
    }
    if let Err(refusal) = wave.flow()? {
        return Ok(Err(refusal));
    }
    let derived = wave.derived;
    pages.note(seq, deltas, &derived, &[])?;
    Ok(Ok(derived))
}

/// One propagation.
struct Wave<'a> {
    pages: &'a mut Pages,
    graph: Arc<Graph>,
    seq: u64,
    functions: &'a Functions,
    /// Which pages wait, by level: those of one level may stand there in any order and more than once.
    waiting: BTreeMap<u32, Vec<u64>>,
    /// Pages that somebody asked for: these are computed as well where a change would leave them behind.
    wanted: BTreeSet<u64>,
    /// What changed, in the order in which it was computed.
    derived: Vec<Derived>,
    /// What was computed and may lag.
    caught_up: BTreeSet<u64>,
    /// The function that was looked up last: most nodes have that of the one before.
    function: Option<(Arc<str>, Option<Arc<Function>>)>,
}

impl<'a> Wave<'a> {
    fn new(pages: &'a mut Pages, seq: u64, functions: &'a Functions) -> Wave<'a> {
        let graph = pages.graph();
        let (waiting, wanted, caught_up) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let derived = Vec::new();
        Wave { pages, graph, seq, functions, waiting, wanted, derived, caught_up, function: None }
    }

    /// Lets wait what a change of the page computes.
    fn spread(&mut self, page: u64) {
        for node in self.graph.dependents(page) {
            if node.follows == Follows::AtOnce || self.wanted.contains(&node.page) {
                self.waiting.entry(node.level).or_default().push(node.page);
            }
        }
    }

    /// Computes what waits and what that leads to.
    fn flow(&mut self) -> Result<std::result::Result<(), Refusal>> {
        let graph = Arc::clone(&self.graph);
        while let Some((_, mut level)) = self.waiting.pop_first() {
            level.sort_unstable();
            level.dedup();
            self.derived.reserve(level.len());
            for page in level {
                let Some(node) = graph.node(page) else { continue };
                if let Err(refusal) = self.compute(page, node)? {
                    return Ok(Err(refusal));
                }
            }
        }
        Ok(Ok(()))
    }

    fn function(&mut self, name: &Arc<str>) -> Option<Arc<Function>> {
        match &self.function {
            Some((known, function)) if known == name => function.clone(),
            _ => {
                let function = self.functions.get(name);
                self.function = Some((Arc::clone(name), function.clone()));
                function
            }
        }
    }

    fn compute(&mut self, id: u64, node: &Node) -> Result<std::result::Result<(), Refusal>> {
        let refuse = |detail: String| Ok(Err(Refusal::new(Cause::Derive, id, detail)));
        let page = self.pages.page(id)?.ok_or_else(|| unknown_page(id))?;
        let parents = match parents_of(self.pages, id, node)? {
            Ok(parents) => parents,
            Err(why) => return refuse(why),
        };
        let inputs: Vec<&[u8]> = parents.iter().map(Page::bytes).collect();
        let function = self.function(&node.function);
        self.functions.recomputes.fetch_add(u64::from(function.is_some()), Ordering::Relaxed);
        match run(node, id, function.as_deref(), &inputs, page.bytes().len()) {
            Ok(bytes) => self.set(id, node, &page, &bytes)?,
            Err(why) => return refuse(why),
        }
        Ok(Ok(()))
    }

    /// Gives a page the bytes that its function made.
    fn set(&mut self, id: u64, node: &Node, page: &Page, bytes: &[u8]) -> Result<()> {
        if node.may_lag() {
            self.caught_up.insert(id);
        }
        let pieces = kernel::differing(page.bytes(), bytes);
        if pieces.is_empty() {
            self.functions.cutoffs.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let pieces = pieces.iter().map(|&(at, len)| (at as u32, bytes.get(at..at + len).unwrap_or_default()));
        let change = Change::Write(patch::smallest(pieces, bytes.len() as u32));
        let delta = Delta { page: id, base: page.version(), change };
        self.pages.derive(self.seq, &delta)?;
        self.derived.push(Derived { function: Arc::clone(&node.function), delta });
        self.spread(id);
        Ok(())
    }
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
/// store.derive().edit(&[GraphEdit::derive(3, "sum@1", [1, 2])])?;
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
    /// must not use the store. For a page that is not asynchronous it runs while a commit is decided, so it must be
    /// quick.
    pub fn register(
        &self,
        name: &str,
        function: impl Fn(&[&[u8]]) -> std::result::Result<Vec<u8>, String> + Send + Sync + 'static,
    ) {
        self.store.functions().register(name, Arc::new(function));
    }

    /// Changes the graph; edits ascend by page. No page changes: a derived page has its bytes until a parent changes,
    /// or [`Derive::refresh`] computes it. Asynchronous pages, and those with a stale edge, are stale from here on
    /// until they are computed. Returns the seq.
    ///
    /// # Errors
    /// `Cycle` with the path; `UnknownPage`; `Malformed` for an edit without parents, with one twice, with a stale one
    /// that is no parent, with a function that is not `name@version`, or that releases an ordinary page. With all of
    /// them nothing was appended.
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
                entries: Cow::default(),
                graph_entries: entries.as_slice().into(),
                ids: &[],
                naming: Naming::Bytes,
                effect: Effect::Pages(Box::new(after), [0; 4]),
                answer: Answer::Committed(0..0),
            })
        };
        Ok(self.store.conclude(&Request { ids: &[], hash: [0; 16], draft: &draft }, None)?.seq())
    }

    /// Computes a derived page although nothing changed, after all stale pages that it is made from, and then what is
    /// made from these and follows: in one commit, where only bytes that differ are a change. A page whose inputs are
    /// all in it by its watermark is not computed again. Where nothing is to be done, an empty transaction says that
    /// somebody asked.
    ///
    /// An asynchronous page is computed by its task, here and now, outside any commit; those that the page is made from
    /// are not computed: [`Derive::work`] brings them up.
    ///
    /// # Errors
    /// `UnknownPage`, also for a page that is not derived; those of an append.
    pub fn refresh(&self, page: u64) -> Result<Outcome> {
        let mut outcome = None;
        loop {
            let snapshot = self.store.snapshot();
            let pages = snapshot.pages();
            let graph = pages.graph();
            let node = graph.node(page).ok_or_else(|| unknown_page(page))?;
            if !node.asynchronous {
                return self.bring_up(page);
            }
            let mut sources = sources_at_once(&graph, page).into_iter();
            match outcome {
                Some(outcome) if !Outcome::is_committed(&outcome) => return Ok(outcome),
                _ if sources.any(|source| pages.lag(source).is_some()) => {
                    outcome = Some(self.bring_up(page)?);
                }
                _ if pages.lag(page).is_some() => {
                    // Discarded, the page is as new as this one would be, or was declared anew.
                    let finished = Task::new(&snapshot, page, node, self.store.functions())?.run();
                    if let Some(outcome) = self.finish(finished)? {
                        return Ok(outcome);
                    }
                }
                Some(outcome) => return Ok(outcome),
                None => return self.bring_up(page),
            }
        }
    }

    /// Computes, in one commit, a page and those that it is made from as far as they are stale, the asynchronous ones
    /// excepted.
    fn bring_up(&self, page: u64) -> Result<Outcome> {
        let draft = |index: &Index| -> Result<Draft<'_>> {
            let (mut after, seq) = (index.pages.clone(), index.last_seq + 1);
            let graph = after.graph();
            let node = graph.node(page).ok_or_else(|| unknown_page(page))?;
            let wanted = sources_at_once(&graph, page);
            let mut waiting: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
            for source in wanted.iter().filter(|source| after.lag(**source).is_some()) {
                let level = graph.node(*source).map_or(0, |node| node.level);
                waiting.entry(level).or_default().push(*source);
            }
            if !node.may_lag() {
                waiting.entry(node.level).or_default().push(page);
            }
            let mut wave = Wave { waiting, wanted, ..Wave::new(&mut after, seq, self.store.functions()) };
            if let Err(refusal) = wave.flow()? {
                return Ok(refused(refusal));
            }
            let Wave { derived, caught_up, .. } = wave;
            let watermarks: Vec<_> = caught_up.into_iter().map(|page| Watermark { page, seq }).collect();
            derived_draft(seq, derived, watermarks, after)
        };
        self.store.conclude(&Request { ids: &[], hash: [0; 16], draft: &draft }, None)
    }
}

/// A page and all that it is made from, without what is only computed by tasks.
fn sources_at_once(graph: &Graph, page: u64) -> BTreeSet<u64> {
    let mut sources = graph.sources(page);
    sources.retain(|source| graph.node(*source).is_some_and(|node| !node.asynchronous));
    sources
}

/// The record of derived pages that were computed on their own account, over the state with their bytes.
fn derived_draft(
    seq: u64,
    derived: Vec<Derived>,
    watermarks: Vec<Watermark>,
    mut after: Pages,
) -> Result<Draft<'static>> {
    after.note(seq, &[], &derived, &watermarks)?;
    let (mut entries, mut graph_entries) = (Encoder::new(), Encoder::new());
    for watermark in watermarks {
        graph_entries.entry(tag::WATERMARK, &watermark.encode(seq));
    }
    let changes = Changes::of_derived(seq, derived, after);
    changes.encode_to(&mut entries);
    Ok(Draft {
        kind: kind::TXN,
        entries: entries.finish().into(),
        graph_entries: graph_entries.finish().into(),
        ids: &[],
        naming: Naming::Bytes,
        answer: Answer::Committed(0..0),
        effect: changes.effect(),
    })
}
