//! The world as the recorder reaches it. The binary implements it with the operating system; tests with a table.

use crate::model::{Call, Models};
use crate::python::Pools;
use crate::record::NumberRecord;
use crate::tool::Provider;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Carries out effects for real. Errors are readable reasons without the path, which the caller adds.
pub trait World {
    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, String>;
    /// Replaces the content atomically: a neighbour file, then a rename.
    fn write_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), String>;
    fn exists(&mut self, path: &str) -> bool;
    /// Paths that match, sorted.
    fn glob(&mut self, pattern: &str) -> Result<Vec<String>, String>;
    fn make_directory(&mut self, path: &str) -> Result<(), String>;
    /// Removes a file, or a folder that is empty.
    fn remove(&mut self, _path: &str) -> Result<(), String> {
        Err("nothing is removed here".to_string())
    }
    /// The path with links resolved, for grants; the path itself where nothing is there yet.
    fn resolve(&mut self, path: &str) -> String;
    /// Microseconds since 1970.
    fn now(&mut self) -> i64;
    /// Nanoseconds of a clock that only goes forward.
    fn ticks(&mut self) -> i64;
    fn sleep(&mut self, ms: i64);
    fn entropy(&mut self, count: usize) -> Vec<u8>;
    fn environment(&mut self, name: &str) -> Option<String>;
    fn read_line(&mut self) -> Result<Option<String>, String>;
    fn execute(&mut self, program: &str, args: &[String]) -> Result<Vec<u8>, String>;

    /// The same as work for a thread; `None` where the world has none, and [`World::execute`] does it.
    fn execution(&mut self, _program: &str, _args: &[String]) -> Option<Work> {
        None
    }

    /// The call of a tool as work for a thread, with the arguments and the result as JSON; `None` where the world has
    /// none.
    fn tool(&mut self, _provider: &Provider, _arguments: &str) -> Option<Work> {
        None
    }

    /// A request to a server as work for a thread, which gives the body of an answer that says it went well; `None` where
    /// the world asks none.
    fn http(&mut self, _request: Request) -> Option<Work> {
        None
    }

    /// Through which somebody may end a run early; `None` where nobody can. A run that is ended so stays open:
    /// [`crate::run::resume`] goes on with it.
    fn interruption(&self) -> Option<Cancel> {
        None
    }

    /// The call of a model as work for a thread, which gives its reply as JSON; `None` where the world has no models.
    fn model(&mut self, _call: Call) -> Option<Work> {
        None
    }

    /// Who asks models for questions that make many calls; `None` where the world has no models.
    fn models(&mut self) -> Option<Models> {
        None
    }

    /// What runs Python cells; `None` where nothing does.
    fn python(&mut self) -> Option<Arc<Pools>> {
        None
    }

    /// Whether [`World::ticks`] goes on by itself, so that one can wait for a time. Otherwise what waits for a time goes
    /// on in the order of the times as soon as nothing else does.
    fn keeps_time(&self) -> bool {
        false
    }
}

/// A request to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What a thread does for a task that waits; done anew for each attempt.
pub type Work = Arc<dyn Fn(&Cancel) -> Result<Vec<u8>, Failed> + Send + Sync>;

/// Why work came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// R0701 and its neighbours.
    pub code: &'static str,
    /// A readable reason.
    pub why: String,
}

impl Failed {
    /// An effect that failed, R0701.
    pub fn because(why: impl Into<String>) -> Failed {
        Failed { code: "R0701", why: why.into() }
    }
}

/// Says to work on a thread that nobody needs it any more.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Cancelled>);

#[derive(Default)]
struct Cancelled {
    is: AtomicBool,
    stop: Mutex<Option<Stop>>,
}

type Stop = Box<dyn Fn() + Send>;

impl Cancel {
    pub fn is_cancelled(&self) -> bool {
        self.0.is.load(Ordering::SeqCst)
    }

    /// What ends the work early: called when it is cancelled, at once if it already was.
    pub fn on_cancel(&self, stop: impl Fn() + Send + 'static) {
        let mut known = self.stop();
        if self.is_cancelled() {
            stop();
        }
        *known = Some(Box::new(stop));
    }

    /// The work is done: what would end it early is forgotten. Whether it was cancelled before.
    pub fn finish(&self) -> bool {
        *self.stop() = None;
        self.is_cancelled()
    }

    pub fn cancel(&self) {
        let known = self.stop();
        if !self.0.is.swap(true, Ordering::SeqCst)
            && let Some(stop) = &*known
        {
            stop();
        }
    }

    fn stop(&self) -> MutexGuard<'_, Option<Stop>> {
        self.0.stop.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears how a run goes, for a person who waits.
pub trait Observer {
    /// A node of a fence (or of the source, `main`) begins.
    fn node_started(&mut self, _name: &str, _cell: &str) {}
    /// A node is done: taken from an earlier run or computed, and what it defined.
    fn node_done(&mut self, _node: &NodeNews) {}
    fn printed(&mut self, _to: vm::Print, _text: &str) {}
    /// A number of the prose has its value.
    fn number_bound(&mut self, _number: &NumberRecord) {}
    /// A model answered one call of a batch.
    fn item_answered(&mut self, _item: &ItemNews<'_>) {}
}

/// What a run says of a completed node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeNews {
    pub name: String,
    /// The fence that it stands in; `main` in a source.
    pub cell: String,
    pub recorded: bool,
    /// `10,000 rows x 14 columns`
    pub summary: String,
}

/// What a run says of a call of a batch that came back. What an earlier run or the log was told is not said again.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemNews<'a> {
    /// The node whose batch it is.
    pub node: &'a str,
    /// Its place in the batch.
    pub index: usize,
    /// How many of the batch have a reply now, and how many there are.
    pub done: usize,
    pub count: usize,
    /// `value`, or `error` with `code`, `kind` and `message`.
    pub reply: serde_json::Value,
}

/// Hears nothing.
pub struct Silent;

impl Observer for Silent {}
