//! Slow pages: computed outside any commit from one state, and logged with the seq of that.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use super::{Derive, Function, Functions, Wave, derived_draft, parents_of, run};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Node;
use crate::index::Index;
use crate::log::{Draft, Request};
use crate::mutate::refused;
use crate::pages::{Page, Watermark};
use crate::refusal::{Cause, Outcome, Refusal};
use crate::snapshot::Snapshot;
use crate::validate::unknown_page;

/// An asynchronous page that is to be computed, with all that this takes: it knows no store, so any thread may run it.
pub struct Task {
    page: u64,
    watermark: u64,
    node: Node,
    function: Option<Arc<Function>>,
    /// What the function is given, or what is missing of it.
    parents: std::result::Result<Vec<Page>, String>,
    len: usize,
}

/// What a task made.
pub struct Finished {
    page: u64,
    watermark: u64,
    node: Node,
    made: std::result::Result<Vec<u8>, String>,
}

impl Task {
    pub(super) fn new(snapshot: &Snapshot, page: u64, node: &Node, functions: &Functions) -> Result<Task> {
        let pages = snapshot.pages();
        let entry = pages.get(page).ok_or_else(|| unknown_page(page))?;
        Ok(Task {
            page,
            watermark: snapshot.seq(),
            node: node.clone(),
            function: functions.get(&node.function),
            parents: parents_of(pages, page, node)?,
            len: entry.size_bytes(),
        })
    }

    /// The page that it computes.
    pub fn page(&self) -> u64 {
        self.page
    }

    /// The seq of the state that its inputs are of.
    pub fn watermark(&self) -> u64 {
        self.watermark
    }

    /// Runs the page's function. [`Derive::finish`] puts what it made into the log; dropped, it leaves no trace, and the
    /// page is still due.
    pub fn run(&self) -> Finished {
        let Task { page, watermark, node, function, parents, len } = self;
        let made = parents.as_ref().map_err(Clone::clone).and_then(|parents| {
            let inputs: Vec<&[u8]> = parents.iter().map(Page::bytes).collect();
            run(node, *page, function.as_deref(), &inputs, *len)
        });
        Finished { page: *page, watermark: *watermark, node: node.clone(), made }
    }
}

impl Derive<'_> {
    /// What is due of asynchronous pages: those with a change behind their watermark along an edge that is not stale, by
    /// level and id. A page behind another one that is due comes once that is finished.
    ///
    /// Nobody runs them but who asks: on threads of its own, while others commit.
    ///
    /// # Errors
    /// `Corrupt`, `Io` for parents that are not in memory.
    pub fn tasks(&self) -> Result<Vec<Task>> {
        let snapshot = self.store.snapshot();
        let (pages, graph) = (snapshot.pages(), snapshot.pages().graph());
        let due = || pages.lags(0).filter(|(_, lag)| lag.due).map(|(page, _)| page);
        let behind = graph.behind(due());
        let mut ready: Vec<(u64, &Node)> = due()
            .filter(|page| !behind.contains(page))
            .filter_map(|page| Some((page, graph.node(page)?)))
            .collect();
        ready.sort_by_key(|(page, node)| (node.level, *page));
        ready.iter().map(|(page, node)| Task::new(&snapshot, *page, node, self.store.functions())).collect()
    }

    /// Logs what a task made, in a commit of its own with what follows at once from the page. The page's watermark is
    /// then the state that the task saw; where inputs changed since, it stays due. What the function could not make
    /// refuses the commit, and the page stays as it is.
    ///
    /// `None` if the result was discarded, and nothing logged: another one from the same or a later state was first, or
    /// the page was declared anew or released.
    ///
    /// # Errors
    /// Those of an append.
    pub fn finish(&self, finished: Finished) -> Result<Option<Outcome>> {
        let Finished { page: id, watermark, node, made } = &finished;
        let (functions, late) = (self.store.functions(), Cell::new(false));
        functions.recomputes.fetch_add(1, Ordering::Relaxed);
        let draft = |index: &Index| -> Result<Draft<'_>> {
            let (mut after, seq) = (index.pages.clone(), index.last_seq + 1);
            let is_as_it_was = after.graph().node(*id).is_some_and(|now| now.is_as(node));
            let is_news = after.lag(*id).is_some_and(|lag| lag.watermark < *watermark);
            if !is_as_it_was || !is_news {
                late.set(true);
                return Err(Error::new(ErrorKind::NotFound, "the result comes too late").on_page(*id));
            }
            let bytes = match made {
                Ok(bytes) => bytes,
                Err(why) => return Ok(refused(Refusal::new(Cause::Derive, *id, why.clone()))),
            };
            let page = after.page(*id)?.ok_or_else(|| unknown_page(*id))?;
            let mut wave = Wave::new(&mut after, seq, functions);
            wave.set(*id, node, &page, bytes)?;
            if let Err(refusal) = wave.flow()? {
                return Ok(refused(refusal));
            }
            let watermarks = vec![Watermark { page: *id, seq: *watermark }];
            derived_draft(seq, wave.derived, watermarks, after)
        };
        match self.store.conclude(&Request { ids: &[], hash: [0; 16], draft: &draft }, None) {
            Err(_) if late.get() => {
                functions.discards.fetch_add(1, Ordering::Relaxed);
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }

    /// Computes all asynchronous pages that are due, on so many threads, each at most once, and returns when their
    /// results are in the log, in the order of levels and ids: while nobody else commits, the log is the same for any
    /// number of threads. Returns the answers; a page whose function fails has a refusal among them and stays due.
    ///
    /// # Errors
    /// As [`Derive::tasks`] and [`Derive::finish`]; what was finished before is in the log.
    pub fn work(&self, threads: NonZeroUsize) -> Result<Vec<Outcome>> {
        let (mut outcomes, mut done) = (Vec::new(), BTreeSet::new());
        loop {
            let mut tasks = self.tasks()?;
            tasks.retain(|task| done.insert(task.page));
            if tasks.is_empty() {
                return Ok(outcomes);
            }
            for finished in run_all(&tasks, threads) {
                outcomes.extend(self.finish(finished)?);
            }
        }
    }
}

/// Runs tasks on some threads, in whatever order; the results stand in theirs.
fn run_all(tasks: &[Task], threads: NonZeroUsize) -> impl Iterator<Item = Finished> {
    let next = AtomicUsize::new(0);
    let finished: Vec<OnceLock<Finished>> = tasks.iter().map(|_| OnceLock::new()).collect();
    let take = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(task), Some(place)) = (tasks.get(at), finished.get(at)) else { return };
            place.get_or_init(|| task.run());
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.get().min(tasks.len()) {
            scope.spawn(take);
        }
        take();
    });
    finished.into_iter().filter_map(OnceLock::into_inner)
}
