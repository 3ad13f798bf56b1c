//! Calls that outlive failures: retries within limits, then the next provider.

use std::sync::Arc;

use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::endpoint::{Circuit, Endpoints, Gate, Limits};
use crate::error::{Error, ErrorKind, Result};
use crate::price::Price;
use crate::provider::{Answer, Capabilities, Dispatch, Provider, Sink, TokenCount};
use crate::reply::{Attempt, Charge, Reply};
use crate::request::Request;

/// One provider of a chain.
pub struct Route {
    provider: Arc<dyn Provider>,
    model: Option<String>,
    gate: Arc<Gate>,
}

impl Route {
    /// A provider under limits, which every route to its endpoint shares. `model` replaces the request's.
    pub fn new(
        provider: Arc<dyn Provider>,
        model: Option<String>,
        endpoints: &Endpoints,
        limits: Limits,
        circuit: Circuit,
    ) -> Route {
        let gate = endpoints.gate(&*provider, limits, circuit);
        Route { provider, model, gate }
    }

    fn request(&self, request: &Request) -> Request {
        let model = self.model.as_ref().unwrap_or(&request.model).clone();
        Request { model, ..request.clone() }
    }
}

/// A chain of providers. A call goes to the first; a failure of a class that may pass is tried again after a pause,
/// and once no attempt is left, or at once where the server is left alone, the next provider is asked. A failure that would come again ends the call: a wrong key
/// is to be seen, not to be paid for elsewhere.
///
/// All attempts bear the request's idempotency key, so that a server which had already answered does not do so twice.
pub struct Resilient {
    first: Route,
    fallbacks: Vec<Route>,
    backoff: Backoff,
    clock: Arc<dyn Clock>,
}

/// An attempt that a sink was told of, and that it will see settled even where the call is withdrawn.
struct Booked<'a> {
    sink: &'a mut dyn Sink,
    /// Taken once it is settled.
    model: Option<String>,
}

impl Booked<'_> {
    fn settle(&mut self, failed: Option<ErrorKind>, charge: Charge) -> Option<Attempt> {
        let attempt = Attempt { model: self.model.take()?, failed, charge };
        self.sink.settled(&attempt);
        Some(attempt)
    }
}

impl Drop for Booked<'_> {
    fn drop(&mut self) {
        // The server may go on with what nobody waits for.
        self.settle(Some(ErrorKind::Cancelled), Charge::Reserved);
    }
}

/// Why a call at one provider is over.
enum Over {
    /// It failed; the next provider may be asked where the class allows it.
    Failed(Error),
    /// The endpoint is left alone for a while; nothing was sent.
    Closed(Error),
    /// The sink refused an attempt.
    Refused(Error),
}

impl Resilient {
    /// A chain; pauses are the clock's.
    pub fn new(first: Route, fallbacks: Vec<Route>, backoff: Backoff, clock: Arc<dyn Clock>) -> Resilient {
        Resilient { first, fallbacks, backoff, clock }
    }

    async fn call(
        &self,
        request: &Request,
        sink: &mut dyn Sink,
        attempts: &mut Vec<Attempt>,
    ) -> Result<Reply> {
        if request.idempotency_key.is_empty() {
            let what = "the request has no idempotency key, without which an attempt cannot be repeated";
            return Err(Error::new(ErrorKind::InvalidRequest, what));
        }
        let mut left = self.fallbacks.len();
        let mut ended = self.at(&self.first, left == 0, request, sink, attempts).await;
        for route in &self.fallbacks {
            match &ended {
                Err(Over::Failed(error) | Over::Closed(error)) if error.kind().is_retried() => {
                    left -= 1;
                    ended = self.at(route, left == 0, request, sink, attempts).await;
                }
                _ => break,
            }
        }
        ended.map_err(|over| match over {
            Over::Failed(error) | Over::Closed(error) | Over::Refused(error) => error,
        })
    }

    async fn at(
        &self,
        route: &Route,
        is_last: bool,
        request: &Request,
        sink: &mut dyn Sink,
        attempts: &mut Vec<Attempt>,
    ) -> std::result::Result<Reply, Over> {
        let request = route.request(request);
        let mut attempt = 1;
        loop {
            let error = match self.once(route, &request, sink, attempts).await {
                Ok(reply) => return Ok(reply),
                Err(Over::Refused(error)) => return Err(Over::Refused(error)),
                // Nobody waits for a server that is left alone while another one can be asked.
                Err(Over::Closed(error)) if !is_last => return Err(Over::Closed(error)),
                Err(Over::Failed(error) | Over::Closed(error)) => error,
            };
            let asked_for = error.retry_after().unwrap_or_default();
            if !error.kind().is_retried()
                || attempt > self.backoff.retries
                || asked_for > self.backoff.patience
            {
                return Err(Over::Failed(error));
            }
            let pause = self.backoff.pause(&request.idempotency_key, attempt);
            self.clock.wait(pause.max(asked_for)).await;
            attempt += 1;
        }
    }

    async fn once(
        &self,
        route: &Route,
        request: &Request,
        sink: &mut dyn Sink,
        attempts: &mut Vec<Attempt>,
    ) -> std::result::Result<Reply, Over> {
        let input_tokens_max = route.provider.count_tokens(request).tokens;
        let output_tokens_max = u64::from(request.parameters.max_tokens);
        let tokens = input_tokens_max.saturating_add(output_tokens_max);
        let pass = route.gate.enter(tokens, self.backoff.patience).await.map_err(Over::Closed)?;
        let dispatch = Dispatch {
            number: u32::try_from(attempts.len()).unwrap_or(u32::MAX).saturating_add(1),
            model: request.model.clone(),
            input_tokens_max,
            output_tokens_max,
            price: route.provider.price(&request.model, input_tokens_max),
        };
        if let Err(refused) = sink.attempt(&dispatch) {
            pass.unsent();
            return Err(Over::Refused(refused));
        }
        let mut booked = Booked { sink, model: Some(dispatch.model) };
        let ended = route.provider.complete(request, &mut *booked.sink).await;
        let (failed, charge) = match &ended {
            Ok(reply) => (None, reply.charge()),
            Err(error) => (Some(error), error.charge()),
        };
        attempts.extend(booked.settle(failed.map(Error::kind), charge));
        pass.settle(failed, charge);
        ended.map_err(Over::Failed)
    }
}

impl Provider for Resilient {
    fn complete<'a>(&'a self, request: &'a Request, sink: &'a mut dyn Sink) -> Answer<'a> {
        Box::pin(async move {
            let mut attempts = Vec::new();
            match self.call(request, sink, &mut attempts).await {
                Ok(reply) => Ok(Reply { attempts, ..reply }),
                Err(error) => Err(error.with_attempts(attempts)),
            }
        })
    }

    fn enroll(&self, request: &mut Request) {
        let mut first = self.first.request(request);
        self.first.provider.enroll(&mut first);
        request.lane = first.lane;
    }

    fn count_tokens(&self, request: &Request) -> TokenCount {
        self.first.provider.count_tokens(&self.first.request(request))
    }

    fn capabilities(&self, model: &str) -> Capabilities {
        self.first.provider.capabilities(self.first.model.as_deref().unwrap_or(model))
    }

    fn price(&self, model: &str, input_tokens: u64) -> Option<Price> {
        self.first.provider.price(self.first.model.as_deref().unwrap_or(model), input_tokens)
    }

    fn family(&self) -> &'static str {
        self.first.provider.family()
    }

    fn endpoint(&self) -> String {
        self.first.provider.endpoint()
    }
}
