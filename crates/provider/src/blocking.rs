//! The way in for code without async.

use std::future::Future;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::cancel::Cancel;
use crate::error::{Error, ErrorKind, Result};
use crate::provider::{Provider, Sink};
use crate::race::{First, race};
use crate::reply::Reply;
use crate::request::Request;

/// Drives calls on the thread that asks, until they end. It starts no thread of its own but for names of hosts, and
/// serves any number of threads.
#[derive(Debug)]
pub struct Blocking {
    /// Present until it is dropped.
    runtime: Option<Runtime>,
}

impl Blocking {
    /// A driver without calls.
    ///
    /// # Errors
    /// Of the class `unavailable`, where the system refuses what waiting for sockets takes.
    pub fn new() -> Result<Blocking> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            Error::new(ErrorKind::Unavailable, format!("no sockets can be waited for: {error}"))
        })?;
        Ok(Blocking { runtime: Some(runtime) })
    }

    /// Asks a provider and waits.
    ///
    /// # Errors
    /// The provider's, and `cancelled` once the call is withdrawn.
    pub fn complete(
        &self,
        provider: &dyn Provider,
        request: &Request,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Reply> {
        self.wait(async {
            let ended = unless_cancelled(cancel, provider.complete(request, sink)).await;
            let_go(cancel).await;
            ended
        })?
    }

    /// Waits for a future.
    pub(crate) fn wait<F: Future>(&self, future: F) -> Result<F::Output> {
        let within = "a call that blocks was made on a thread that runs async code";
        match &self.runtime {
            Some(runtime) if Handle::try_current().is_err() => Ok(runtime.block_on(future)),
            _ => Err(Error::new(ErrorKind::Unsupported, within)),
        }
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        // A name that is being looked up cannot be withdrawn; nobody waits for it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A call, or `cancelled` as soon as it is withdrawn.
pub(crate) async fn unless_cancelled(
    cancel: &Cancel,
    call: impl Future<Output = Result<Reply>>,
) -> Result<Reply> {
    match race(cancel.cancelled(), call).await {
        First::Left(()) => Err(Error::new(ErrorKind::Cancelled, "the call was withdrawn")),
        First::Right(ended) => ended,
    }
}

/// Connections of withdrawn calls close when their tasks run next. Nobody drives them once the caller has its answer,
/// so they are run before: a few dozen at each turn of the runtime.
pub(crate) async fn let_go(cancel: &Cancel) {
    const TURNS: usize = 64;
    if cancel.is_cancelled() {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
    }
}
