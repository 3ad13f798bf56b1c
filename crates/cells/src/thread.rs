//! A worker on a thread of its own.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rlm::{Answer, CellEnd, Failure, HostCall, wire};
use sandbox::{Blob, Call, Canceller, Cell, Host, Identity, Reply, SandboxReport, Worker};
use serde_json::json;

use crate::end::{end, millis};
use crate::failure::{of_machine, of_worker};

/// What a cell asks, and the texts that go with it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Counted from one by the worker's life.
    pub number: u64,
    /// The call.
    pub call: HostCall,
    /// What its blobs stand for.
    pub texts: Vec<String>,
    /// How long the cell has computed.
    pub active_ms: u64,
    /// How long the cell has lasted, waiting for the host included.
    pub wall_ms: u64,
}

/// What a worker's thread says.
#[derive(Debug)]
pub enum Said {
    /// The worker is there, runs this, and is confined so.
    Started(Box<(Identity, SandboxReport)>),
    /// Its cell waits for an answer.
    Asked(Box<Asked>),
    /// Its cell ended.
    Ended(Box<CellEnd>),
    /// It is gone, or there never was one. Nothing follows.
    Died(Failure),
}

/// What every cell of a worker sees.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// The text that `context` is, and whose slices its calls name.
    pub context: Option<Arc<str>>,
    /// Where its clocks stand, so that they are the same whenever a cell runs again.
    pub now_ns: i64,
}

/// What the thread is told.
enum Told {
    Run { code: String, seed: String },
    Answer(Answer),
}

/// A worker on its thread.
#[derive(Debug)]
pub struct Thread {
    told: Sender<Told>,
    canceller: Canceller,
    thread: JoinHandle<()>,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Told::Run { .. } => "Run",
            Told::Answer(_) => "Answer",
        })
    }
}

impl Thread {
    /// Starts a worker by `start` on a thread, which says what happens through `say`; that gives false once nobody
    /// listens. The canceller is the worker's, and ends what `start` waits for.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn begin(
        canceller: Canceller,
        work: Work,
        start: impl FnOnce(Canceller) -> Result<Worker, Failure> + Send + 'static,
        mut say: impl FnMut(Said) -> bool + Send + 'static,
    ) -> io::Result<Thread> {
        let (told, orders) = channel();
        let given = canceller.clone();
        let thread = std::thread::Builder::new().name("cells".to_string()).spawn(move || {
            let served = start(given).and_then(|worker| serve(worker, work, &orders, &mut say));
            if let Err(failure) = served {
                say(Said::Died(failure));
            }
        })?;
        Ok(Thread { told, canceller, thread })
    }

    /// Runs a cell, behind the one that runs.
    pub fn run(&self, code: String, seed: String) {
        // A thread that is gone has said so, or says it.
        let _ = self.told.send(Told::Run { code, seed });
    }

    /// Answers what the cell asked.
    pub fn answer(&self, answer: Answer) {
        let _ = self.told.send(Told::Answer(answer));
    }

    /// Ends the worker, whatever it does or waits for. The thread ends by itself soon; the process is gone with it.
    pub fn end(self) -> JoinHandle<()> {
        let Thread { told, canceller, thread } = self;
        drop(told);
        canceller.cancel();
        thread
    }
}

/// Runs cells until nobody gives any.
fn serve(
    mut worker: Worker,
    work: Work,
    orders: &Receiver<Told>,
    say: &mut dyn FnMut(Said) -> bool,
) -> Result<(), Failure> {
    let started = Said::Started(Box::new((worker.identity().clone(), worker.report().clone())));
    if !say(started) {
        return Ok(());
    }
    let turned = |failure: sandbox::Failure| of_worker(&failure);
    // Any object passes the worker, so that the host, which is the authority, sees every SUBMIT.
    let any = json!({"type": "object", "additionalProperties": true});
    worker.register_signature("answer", &any).map_err(turned)?;
    if let Some(text) = &work.context {
        let blob = Blob::new(text.as_bytes()).map_err(turned)?;
        worker.set_context(&blob).map_err(turned)?;
    }
    let mut host = Asking { work, orders, say, calls: 0 };
    while let Ok(Told::Run { code, seed }) = orders.recv() {
        let outcome = worker.exec(&Cell { code: &code, seed: &seed }, &mut host).map_err(turned)?;
        let end = end(&mut worker, outcome)?;
        if !(host.say)(Said::Ended(Box::new(end))) {
            break;
        }
    }
    Ok(())
}

struct Asking<'a> {
    work: Work,
    orders: &'a Receiver<Told>,
    say: &'a mut dyn FnMut(Said) -> bool,
    calls: u64,
}

impl Host for Asking<'_> {
    fn call(&mut self, call: &Call<'_>) -> Result<Reply, sandbox::Failure> {
        let over =
            || sandbox::Failure::new(sandbox::ErrorKind::Cancelled, "the run goes on without this worker");
        let context = self.work.context.as_deref();
        let (asked, texts) = wire::asked(call.method, call.params, context).map_err(of_machine)?;
        self.calls += 1;
        let asked = Asked {
            number: self.calls,
            call: asked,
            texts,
            active_ms: millis(call.active),
            wall_ms: millis(call.wall),
        };
        if !(self.say)(Said::Asked(Box::new(asked))) {
            return Err(over());
        }
        match self.orders.recv() {
            Ok(Told::Answer(answer)) => {
                wire::answered(call.method, answer).map(Reply::Value).map_err(of_machine)
            }
            Ok(Told::Run { .. }) | Err(_) => Err(over()),
        }
    }

    fn now_ns(&mut self) -> i64 {
        self.work.now_ns
    }
}
