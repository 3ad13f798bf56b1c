//! Many calls, so many at once.

use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use crate::blocking::{Blocking, let_go, unless_cancelled};
use crate::cancel::Cancel;
use crate::error::{Error, ErrorKind, Result};
use crate::provider::{Provider, Silent, Sink};
use crate::reply::Reply;
use crate::request::Request;

/// How a batch is driven.
pub struct Batch {
    /// Who is asked.
    pub provider: Arc<dyn Provider>,
    /// The most calls at once; 0 counts as 1.
    pub in_flight: usize,
    /// Withdraws what is not done; those calls end as `cancelled`.
    pub cancel: Cancel,
}

impl Batch {
    /// A batch that nobody cancels.
    pub fn new(provider: Arc<dyn Provider>, in_flight: usize) -> Batch {
        Batch { provider, in_flight, cancel: Cancel::new() }
    }
}

/// The sink of the call at an index.
pub type Sinks<'s> = &'s mut dyn FnMut(usize) -> Box<dyn Sink>;

impl Blocking {
    /// Asks all requests. The result at an index belongs to the request at that index, and one that fails leaves the
    /// others alone.
    ///
    /// # Errors
    /// `unsupported` on a thread that runs async code; errors of calls stand in the list.
    pub fn complete_all(
        &self,
        batch: &Batch,
        requests: impl IntoIterator<Item = Request>,
    ) -> Result<Vec<Result<Reply>>> {
        let mut results = Vec::new();
        self.complete_each(batch, requests, &mut |_| Box::new(Silent), &mut |index, result| {
            if results.len() <= index {
                results.resize_with(index + 1, || None);
            }
            if let Some(place) = results.get_mut(index) {
                *place = Some(result);
            }
        })?;
        let absent = || Err(Error::new(ErrorKind::Cancelled, "the call was never made"));
        Ok(results.into_iter().map(|result| result.unwrap_or_else(absent)).collect())
    }

    /// Asks all requests and hands each result over with its index as it comes: nothing is kept, and no request is
    /// taken before there is room for its call.
    ///
    /// # Errors
    /// As [`Blocking::complete_all`].
    pub fn complete_each(
        &self,
        batch: &Batch,
        requests: impl IntoIterator<Item = Request>,
        sinks: Sinks<'_>,
        each: &mut dyn FnMut(usize, Result<Reply>),
    ) -> Result<()> {
        self.wait(async {
            let mut calls = JoinSet::new();
            for (index, mut request) in requests.into_iter().enumerate() {
                if batch.cancel.is_cancelled() {
                    each(
                        index,
                        Err(Error::new(ErrorKind::Cancelled, "the call was withdrawn before it was made")),
                    );
                    continue;
                }
                while calls.len() >= batch.in_flight.max(1) {
                    if let Some(ended) = calls.join_next().await {
                        hand_over(ended, each);
                    }
                }
                // Here and not in the task: lanes go by the order of the requests.
                batch.provider.enroll(&mut request);
                let (provider, cancel, mut sink) =
                    (batch.provider.clone(), batch.cancel.clone(), sinks(index));
                calls.spawn(async move {
                    (index, unless_cancelled(&cancel, provider.complete(&request, &mut *sink)).await)
                });
            }
            while let Some(ended) = calls.join_next().await {
                hand_over(ended, each);
            }
            let_go(&batch.cancel).await;
        })
    }
}

fn hand_over(
    ended: std::result::Result<(usize, Result<Reply>), JoinError>,
    each: &mut dyn FnMut(usize, Result<Reply>),
) {
    match ended {
        Ok((index, result)) => each(index, result),
        // Nobody aborts these tasks, so this is a bug of ours, which is to be seen.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
