//! Limits that hold for the whole process, and calls that are withdrawn.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use provider::scripted::{Act, Asked, Fault, Server};
use provider::{
    Attempt, Backoff, Batch, Blocking, Charge, Circuit, Clock, Endpoints, ErrorKind, Family, Http,
    HttpOptions, Limits, Manual, Provider, Request, Resilient, Route, Sink,
};
use secrecy::SecretString;

use crate::{ask, options, request, serve, system};

fn limited(
    server: &Server,
    key: &str,
    endpoints: &Endpoints,
    limits: Limits,
    clock: &Manual,
) -> Arc<dyn Provider> {
    let key = Some(SecretString::from(key));
    let http = Http::new(HttpOptions { key, ..options(server, Family::Chat) }).unwrap();
    let route = Route::new(Arc::new(http), None, endpoints, limits, Circuit::default());
    Arc::new(Resilient::new(route, Vec::new(), Backoff::new(1), Arc::new(clock.clone())))
}

fn requests(count: usize) -> impl Iterator<Item = Request> {
    (0..count).map(|n| request(&format!("call {n}")))
}

#[test]
fn no_more_calls_are_out_than_may_be() {
    let thinking = Manual::new();
    // The first three are slow until the test lets them go on, so that they are out together.
    let script = |asked: &Asked| match asked.prompt() {
        "call 0" | "call 1" | "call 2" => Act { delay: Duration::from_secs(1), ..Act::say("yes") },
        _ => Act::say("yes"),
    };
    let server = Server::start(script, Arc::new(thinking.clone())).unwrap();
    let (clock, endpoints) = (Manual::new(), Endpoints::new(system()));
    let limits = Limits { in_flight: Some(3), ..Limits::default() };
    let batch = Batch::new(limited(&server, "a", &endpoints, limits, &clock), 50);
    let results = std::thread::scope(|scope| {
        let calls = scope.spawn(|| Blocking::new().unwrap().complete_all(&batch, requests(200)).unwrap());
        thinking.wait_for_sleepers(3);
        thinking.advance(Duration::from_secs(1));
        calls.join().unwrap()
    });
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((results.len(), server.peak()), (200, 3));
}

/// 12 calls at 5 a minute: five at 0 s, five at 60 s, two at 120 s.
#[test]
fn requests_are_counted_over_any_minute() {
    let server = serve(|_| Act::say("yes"));
    let clock = Manual::skipping(Duration::from_secs(60));
    let endpoints = Endpoints::new(Arc::new(clock.clone()));
    let limits = Limits { requests_per_minute: Some(5), ..Limits::default() };
    let provider = limited(&server, "a", &endpoints, limits, &clock);
    let mut times = Vec::new();
    for request in requests(12) {
        ask(&*provider, &request).unwrap();
        times.push(clock.now().as_secs());
    }
    assert_eq!(times, [0, 0, 0, 0, 0, 60, 60, 60, 60, 60, 120, 120]);
}

#[test]
fn retries_are_counted_too() {
    let server = serve(|asked: &Asked| if asked.attempt < 3 { Act::status(503) } else { Act::say("yes") });
    let clock = Manual::skipping(Duration::from_secs(60));
    let endpoints = Endpoints::new(Arc::new(clock.clone()));
    let limits = Limits { requests_per_minute: Some(2), ..Limits::default() };
    let provider = limited(&server, "a", &endpoints, limits, &clock);
    ask(&*provider, &request("k")).unwrap();
    assert!(clock.now() >= Duration::from_secs(60), "the third attempt went at {:?}", clock.now());
}

/// A call books its bound, and once it has ended what the server counted: 2 words of prompt and 1 of reply.
#[test]
fn tokens_are_booked_at_their_bound_and_then_at_their_count() {
    let server = serve(|_| Act::say("yes"));
    let clock = Manual::skipping(Duration::from_secs(60));
    let endpoints = Endpoints::new(Arc::new(clock.clone()));
    let probe = limited(&server, "probe", &Endpoints::new(system()), Limits::default(), &clock);
    let bound = probe.count_tokens(&request("call 0")).tokens + 100;
    // Room for one bound beside the counts of two calls, not of three.
    let limits = Limits { tokens_per_minute: Some(bound + 2 * 2), ..Limits::default() };
    let provider = limited(&server, "a", &endpoints, limits, &clock);
    let mut times = Vec::new();
    for request in requests(4) {
        ask(&*provider, &request).unwrap();
        times.push(clock.now().as_secs());
    }
    // The script counts "yes" on both sides: 2 tokens a call.
    assert_eq!(times, [0, 0, 0, 60]);
    let large = Request { parameters: provider::Parameters::new(100_000), ..request("x") };
    assert_eq!(ask(&*provider, &large).unwrap_err().kind(), ErrorKind::InvalidRequest);
}

/// A minute has room for one bound: it is free again after an error's status, and stays booked after a cut.
#[test]
fn an_attempt_that_cost_nothing_gives_its_tokens_back() {
    let server = serve(|asked: &Asked| match (asked.prompt(), asked.attempt) {
        ("refused", 1) => Act::status(503),
        ("cut", 1) => Act::fail(Fault::CutAfter(9)),
        _ => Act::say("yes"),
    });
    for (prompt, waits) in [("refused", false), ("cut", true)] {
        let clock = Manual::skipping(Duration::from_secs(60));
        let endpoints = Endpoints::new(Arc::new(clock.clone()));
        let probe = limited(&server, "probe", &Endpoints::new(system()), Limits::default(), &clock);
        let bound = probe.count_tokens(&request(prompt)).tokens + 100;
        let limits = Limits { tokens_per_minute: Some(bound), ..Limits::default() };
        let provider = limited(&server, "a", &endpoints, limits, &clock);
        ask(&*provider, &request(prompt)).unwrap();
        assert_eq!(clock.now() >= Duration::from_secs(60), waits, "{prompt}: {:?}", clock.now());
    }
}

#[test]
fn two_providers_at_one_endpoint_and_key_share_the_stricter_limits() {
    let server = serve(|_| Act::say("yes"));
    let clock = Manual::skipping(Duration::from_secs(60));
    let endpoints = Endpoints::new(Arc::new(clock.clone()));
    let of = |most| Limits { requests_per_minute: Some(most), ..Limits::default() };
    let first = limited(&server, "a", &endpoints, of(9), &clock);
    let second = limited(&server, "a", &endpoints, of(2), &clock);
    let third = limited(&server, "a", &endpoints, of(5), &clock);
    let other = limited(&server, "b", &endpoints, of(9), &clock);
    ask(&*first, &request("1")).unwrap();
    ask(&*second, &request("2")).unwrap();
    for n in 0..9 {
        ask(&*other, &request(&format!("other {n}"))).unwrap();
    }
    assert_eq!(clock.now(), Duration::ZERO);
    ask(&*third, &request("3")).unwrap();
    assert_eq!(clock.now(), Duration::from_secs(60));
}

struct Settling(Arc<Mutex<Vec<Attempt>>>);

impl Sink for Settling {
    fn settled(&mut self, attempt: &Attempt) {
        self.0.lock().unwrap().push(attempt.clone());
    }
}

#[test]
fn a_hundred_calls_in_flight_are_withdrawn_at_once() {
    let server = serve(|_| Act::fail(Fault::Hang));
    let (clock, endpoints) = (Manual::new(), Endpoints::new(system()));
    let provider = limited(&server, "a", &endpoints, Limits::default(), &clock);
    let batch = Batch::new(provider, 100);
    let settled = Arc::new(Mutex::new(Vec::new()));
    let kinds = std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let mut kinds = Vec::new();
            let blocking = Blocking::new().unwrap();
            let mut sinks = |_| Box::new(Settling(settled.clone())) as Box<dyn Sink>;
            let mut each =
                |index, result: Result<_, provider::Error>| kinds.push((index, result.unwrap_err().kind()));
            blocking.complete_each(&batch, requests(150), &mut sinks, &mut each).unwrap();
            // The connections are closed while the driver still stands.
            server.wait_for_connections(0);
            kinds
        });
        server.wait_for_requests(100);
        batch.cancel.cancel();
        calls.join().unwrap()
    });
    let mut indexes: Vec<usize> = kinds.iter().map(|(index, _)| *index).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, (0..150).collect::<Vec<_>>());
    assert!(kinds.iter().all(|(_, kind)| *kind == ErrorKind::Cancelled));
    assert_eq!(server.asked().len(), 100, "the other fifty were never made");
    let settled = settled.lock().unwrap();
    assert_eq!(settled.len(), 100);
    assert!(settled.iter().all(|attempt| attempt.charge == Charge::Reserved));
}

#[test]
fn a_withdrawn_call_frees_its_place() {
    let server = serve(|asked: &Asked| match asked.prompt() {
        "hang" => Act::fail(Fault::Hang),
        _ => Act::say("yes"),
    });
    let (clock, endpoints) = (Manual::new(), Endpoints::new(system()));
    let limits = Limits { in_flight: Some(1), ..Limits::default() };
    let provider = limited(&server, "a", &endpoints, limits, &clock);
    let batch = Batch::new(provider.clone(), 2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            Blocking::new().unwrap().complete_all(&batch, [request("hang"), request("wait")]).unwrap()
        });
        server.wait_for_requests(1);
        batch.cancel.cancel();
    });
    assert_eq!(ask(&*provider, &request("after")).unwrap().text, "yes");
}

#[test]
fn a_call_that_blocks_is_refused_where_async_code_runs() {
    let server = serve(|_| Act::say("yes"));
    let (clock, endpoints) = (Manual::new(), Endpoints::new(system()));
    let provider = limited(&server, "a", &endpoints, Limits::default(), &clock);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(async { ask(&*provider, &request("k")).unwrap_err() });
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(server.asked().is_empty());
}
