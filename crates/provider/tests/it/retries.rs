//! Attempts: how many, how far apart, at which provider, at what charge.

use std::sync::Arc;
use std::time::Duration;

use provider::scripted::{Act, Asked, Fault, Server};
use provider::{
    Attempt, Backoff, Cancel, Charge, Circuit, Clock, Dispatch, Endpoints, Error, ErrorKind, Family, Limits,
    Manual, Prices, Request, Resilient, Result, Route, Sink, Usage,
};
use provider::{Blocking, Http, HttpOptions};

use crate::{ask, http, options, request, serve};

/// What a ledger would hear.
#[derive(Default)]
struct Ledger {
    dispatches: Vec<Dispatch>,
    settled: Vec<Attempt>,
    attempts_max: Option<usize>,
}

impl Sink for Ledger {
    fn attempt(&mut self, dispatch: &Dispatch) -> Result<()> {
        if self.attempts_max.is_some_and(|most| self.dispatches.len() >= most) {
            return Err(Error::new(ErrorKind::Unavailable, "the budget is spent"));
        }
        self.dispatches.push(dispatch.clone());
        Ok(())
    }

    fn settled(&mut self, attempt: &Attempt) {
        self.settled.push(attempt.clone());
    }
}

/// A clock on which no pause lasts.
fn clock() -> Manual {
    Manual::skipping(Duration::from_secs(3_600))
}

fn route(server: &Server, clock: &Manual, model: Option<&str>) -> Route {
    let endpoints = Endpoints::new(Arc::new(clock.clone()));
    let provider = Arc::new(http(server, Family::Chat));
    Route::new(provider, model.map(str::to_string), &endpoints, Limits::default(), Circuit::default())
}

fn resilient(server: &Server, clock: &Manual) -> Resilient {
    Resilient::new(route(server, clock, None), Vec::new(), Backoff::new(1), Arc::new(clock.clone()))
}

fn failing_until(attempt: u32, act: Act) -> Server {
    serve(move |asked: &Asked| if asked.attempt < attempt { act.clone() } else { Act::say("at last") })
}

#[test]
fn a_failure_that_may_pass_is_tried_four_times_more() {
    for act in
        [Act::status(503), Act::status(500), Act::status(529), Act::rate_limited(0), Act::fail(Fault::Close)]
    {
        let (clock, server) = (clock(), failing_until(5, act.clone()));
        let reply = ask(&resilient(&server, &clock), &request("k")).unwrap();
        assert_eq!((reply.text.as_str(), reply.attempts.len()), ("at last", 5), "{act:?}");
        let keys: Vec<String> = server.asked().into_iter().map(|asked| asked.idempotency_key).collect();
        assert_eq!(keys, ["k"; 5], "{act:?}");
        // Full jitter between nothing and 0.5, 1, 2, 4 seconds.
        let longest = [500, 1_000, 2_000, 4_000].map(Duration::from_millis);
        let pauses = clock.skipped();
        assert_eq!(pauses.len(), 4, "{act:?}");
        assert!(pauses.iter().zip(longest).all(|(pause, most)| *pause <= most), "{pauses:?}");
    }
}

#[test]
fn the_fifth_failure_is_the_last() {
    let (clock, server) = (clock(), serve(|_| Act::status(503)));
    let error = ask(&resilient(&server, &clock), &request("k")).unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Overloaded, 5));
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn a_failure_that_would_come_again_is_not_tried_again() {
    for status in [400, 401, 403, 404, 413, 422, 501] {
        let (clock, server) = (clock(), serve(move |_| Act::status(status)));
        let error = ask(&resilient(&server, &clock), &request("k")).unwrap_err();
        assert!(!error.kind().is_retried(), "{error}");
        assert_eq!((server.asked().len(), clock.skipped().len()), (1, 0), "{status}");
    }
}

#[test]
fn a_server_is_left_alone_for_as_long_as_it_asks() {
    let (clock, server) = (clock(), failing_until(2, Act::rate_limited(77)));
    ask(&resilient(&server, &clock), &request("k")).unwrap();
    assert_eq!(clock.now(), Duration::from_secs(77), "waited {:?}", clock.skipped());
    let server = failing_until(2, Act::rate_limited(301));
    let error = ask(&resilient(&server, &clock), &request("k")).unwrap_err();
    assert_eq!((error.kind(), server.asked().len()), (ErrorKind::RateLimited, 1), "beyond five minutes");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(301)));
}

#[test]
fn other_calls_leave_it_alone_too() {
    let script = |asked: &Asked| match asked.prompt() {
        "a" => Act::rate_limited(77),
        "b" => Act::say("yes"),
        _ => Act::rate_limited(400),
    };
    let (clock, server) = (clock(), serve(script));
    let once = Backoff { retries: 0, ..Backoff::new(1) };
    let provider = Resilient::new(route(&server, &clock, None), Vec::new(), once, Arc::new(clock.clone()));
    ask(&provider, &request("a")).unwrap_err();
    assert_eq!(clock.now(), Duration::ZERO);
    ask(&provider, &request("b")).unwrap();
    assert_eq!(clock.now(), Duration::from_secs(77));
    // Longer than the five minutes of patience: the next call is not even sent.
    ask(&provider, &request("c")).unwrap_err();
    let error = ask(&provider, &request("b")).unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::RateLimited, 0));
    assert_eq!((clock.now(), server.asked().len()), (Duration::from_secs(77), 3));
}

#[test]
fn each_attempt_is_charged_for_what_is_known_of_it() {
    let server = serve(|asked: &Asked| match asked.attempt {
        1 => Act::status(500),
        2 => Act::fail(Fault::CutAfter(30)),
        3 => Act::fail(Fault::MalformedJson),
        4 => Act::fail(Fault::Close),
        _ => Act::say("one two three"),
    });
    let (clock, mut ledger) = (clock(), Ledger::default());
    let provider = resilient(&server, &clock);
    let reply =
        Blocking::new().unwrap().complete(&provider, &request("k"), &mut ledger, &Cancel::new()).unwrap();
    let usage = Usage { input_tokens: 3, output_tokens: 3, cached_tokens: 0 };
    let expected = [
        (Some(ErrorKind::Unavailable), Charge::Nothing),
        (Some(ErrorKind::CutStream), Charge::Reserved),
        (Some(ErrorKind::Malformed), Charge::Reserved),
        (Some(ErrorKind::Unavailable), Charge::Reserved),
        (None, Charge::Counted(usage)),
    ];
    let found: Vec<_> = ledger.settled.iter().map(|attempt| (attempt.failed, attempt.charge)).collect();
    assert_eq!(found, expected);
    assert_eq!(reply.attempts, ledger.settled);
    let numbers: Vec<u32> = ledger.dispatches.iter().map(|dispatch| dispatch.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
}

#[test]
fn a_reply_without_usage_is_charged_its_reservation() {
    let (clock, server) = (clock(), serve(|_| Act::fail(Fault::MissingUsage)));
    let reply = ask(&resilient(&server, &clock), &request("k")).unwrap();
    assert_eq!(reply.attempts[0].charge, Charge::Reserved);
}

#[test]
fn a_ledger_may_refuse_an_attempt() {
    let (clock, server) = (clock(), serve(|_| Act::status(503)));
    let fallback = serve(|_| Act::say("not to be asked"));
    let chain = Resilient::new(
        route(&server, &clock, None),
        vec![route(&fallback, &clock, None)],
        Backoff::new(1),
        Arc::new(clock.clone()),
    );
    let mut ledger = Ledger { attempts_max: Some(2), ..Ledger::default() };
    let error =
        Blocking::new().unwrap().complete(&chain, &request("k"), &mut ledger, &Cancel::new()).unwrap_err();
    assert_eq!(error.message(), "the budget is spent");
    assert_eq!((server.asked().len(), fallback.asked().len(), error.attempts().len()), (2, 0, 2));
}

#[test]
fn the_next_provider_is_asked_for_its_own_model_at_its_own_price() {
    let (clock, server) = (clock(), serve(|_| Act::status(503)));
    let fallback = serve(|_| Act::say("yes"));
    let prices = "[models.other]\ninput = 3\noutput = 5\nas_of = \"2026-01-02\"\nsource = \"by hand\"";
    let options = HttpOptions {
        prices: Arc::new(Prices::parse(prices).unwrap()),
        ..options(&fallback, Family::Messages)
    };
    let second = Route::new(
        Arc::new(Http::new(options).unwrap()),
        Some("other".to_string()),
        &Endpoints::new(Arc::new(clock.clone())),
        Limits::default(),
        Circuit::default(),
    );
    let chain =
        Resilient::new(route(&server, &clock, None), vec![second], Backoff::new(1), Arc::new(clock.clone()));
    let mut ledger = Ledger::default();
    let reply =
        Blocking::new().unwrap().complete(&chain, &request("k"), &mut ledger, &Cancel::new()).unwrap();
    assert_eq!((reply.model.as_str(), server.asked().len(), reply.attempts.len()), ("other", 5, 6));
    let last = ledger.dispatches.last().unwrap();
    assert_eq!((last.number, last.model.as_str(), last.output_tokens_max), (6, "other", 100));
    let price = last.price.as_ref().unwrap();
    assert_eq!((price.input_nanodollars, price.output_nanodollars), (3, 5));
    assert_eq!(ledger.dispatches[0].price, None, "the first model is in no table");
}

#[test]
fn a_wrong_key_is_not_paid_for_elsewhere() {
    let (clock, server) = (clock(), serve(|_| Act::status(401)));
    let fallback = serve(|_| Act::say("not to be asked"));
    let chain = Resilient::new(
        route(&server, &clock, None),
        vec![route(&fallback, &clock, None)],
        Backoff::new(1),
        Arc::new(clock.clone()),
    );
    assert_eq!(ask(&chain, &request("k")).unwrap_err().kind(), ErrorKind::Auth);
    assert!(fallback.asked().is_empty());
}

#[test]
fn a_call_without_an_idempotency_key_is_refused() {
    let (clock, server) = (clock(), serve(|_| Act::say("yes")));
    let error = ask(&resilient(&server, &clock), &Request { idempotency_key: String::new(), ..request("k") });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(server.asked().is_empty());
}

#[test]
fn a_server_that_keeps_failing_is_left_alone_and_the_next_one_asked() {
    let (clock, server) = (clock(), serve(|_| Act::status(503)));
    let fallback = serve(|_| Act::say("yes"));
    let endpoints = Endpoints::new(Arc::new(clock.clone()));
    let circuit = Circuit { failures: 3, pause: Duration::from_secs(30) };
    let route = |server: &Server| {
        Route::new(Arc::new(http(server, Family::Chat)), None, &endpoints, Limits::default(), circuit)
    };
    let backoff = Backoff { retries: 2, ..Backoff::new(1) };
    let chain = Resilient::new(route(&server), vec![route(&fallback)], backoff, Arc::new(clock.clone()));
    for key in ["a", "b", "c"] {
        assert_eq!(ask(&chain, &request(key)).unwrap().text, "yes");
    }
    assert_eq!((server.asked().len(), fallback.asked().len()), (3, 3));
    // The pauses of the first call, 0.5 and 1 second at most; nobody waited for the circuit.
    assert!(clock.now() <= Duration::from_millis(1_500), "{:?}", clock.skipped());
    // Past the pause one call tries again, fails, and the circuit is open at once.
    clock.advance(Duration::from_secs(30));
    ask(&chain, &request("d")).unwrap();
    assert_eq!((server.asked().len(), fallback.asked().len()), (4, 4));
}

#[test]
fn without_another_provider_a_call_waits_for_the_one_it_has() {
    let (clock, server) =
        (clock(), serve(|asked: &Asked| if asked.attempt < 4 { Act::status(503) } else { Act::say("yes") }));
    let endpoints = Endpoints::new(Arc::new(clock.clone()));
    let circuit = Circuit { failures: 3, pause: Duration::from_secs(30) };
    let route =
        Route::new(Arc::new(http(&server, Family::Chat)), None, &endpoints, Limits::default(), circuit);
    let provider = Resilient::new(route, Vec::new(), Backoff::new(1), Arc::new(clock.clone()));
    // Three failures, one refusal while the circuit is open, and the try that closes it.
    let reply = ask(&provider, &request("k")).unwrap();
    assert_eq!((reply.text.as_str(), server.asked().len(), reply.attempts.len()), ("yes", 4, 4));
    assert!(clock.now() >= Duration::from_secs(30), "{:?}", clock.skipped());
}

#[test]
fn pauses_are_the_same_for_the_same_seed() {
    let pauses = |seed| {
        let (clock, server) = (clock(), serve(|_| Act::status(503)));
        let first = route(&server, &clock, None);
        let provider = Resilient::new(first, Vec::new(), Backoff::new(seed), Arc::new(clock.clone()));
        ask(&provider, &request("k")).unwrap_err();
        clock.skipped()
    };
    assert_eq!(pauses(5), pauses(5));

    assert_ne!(pauses(5), pauses(6));
}
