//! Scheduled faults change when an answer comes and what it costs, never the answer.

use provider::scripted::{Act, Asked, Server};
use provider::{
    Backoff, Batch, Blocking, Circuit, Endpoints, Family, Http, HttpOptions, Limits, Manual, Message,
    Request, Resilient, Route, System,
};
use rlm::{Body, fold};
use scenarios::faults::{FAULTS_MAX, Kind, Schedule};
use scenarios::{Random, StandIn, generate};
use std::sync::Arc;
use std::time::Duration;

fn schedule(seed: u64) -> Schedule {
    Schedule { seed, percent: 30, kinds: Kind::ALL.to_vec() }
}

#[test]
fn under_faults_every_scenario_answers_as_without() {
    let mut retried = 0;
    for seed in 0..4 {
        for mut scenario in generate::small(seed, 20) {
            scenario.policy = schedule(seed).policy(scenario.policy);
            let mut world = scenario.world(StandIn::default());
            let mut order = Random(seed);
            let finished = world.run_by(|choices| order.below(choices as u64) as usize);
            assert!(scenario.score(&finished).is_exact, "{} {seed}: {:?}", scenario.name, finished.closing);
            // The ledger is what the log says, fault for fault.
            assert_eq!(fold::spent(&world.journal), finished.spent, "{}", scenario.name);
            retried += fold::metrics(&world.journal).retries;
            let resent = world
                .journal
                .iter()
                .filter(|record| matches!(record.body, Body::ModelOutcome { .. }))
                .count();
            let calls: std::collections::BTreeSet<_> = world.sent.iter().map(|(id, _)| *id).collect();
            assert_eq!(calls.len(), resent, "{}: one outcome a call", scenario.name);
        }
    }
    assert!(retried > 100, "{retried} retries");
}

#[test]
fn a_schedule_spares_the_last_attempt_and_repeats_itself() {
    let always = Schedule { percent: 100, ..schedule(1) };
    assert!((0..FAULTS_MAX).all(|attempt| always.fault("a call", attempt).is_some()));
    assert_eq!(always.fault("a call", FAULTS_MAX), None);
    assert_eq!(always.fault("a call", 2), always.clone().fault("a call", 2));
    let never = Schedule { percent: 0, ..schedule(1) };
    assert!((0..100).all(|call: u32| never.fault(&call.to_string(), 0).is_none()));
}

/// Over real sockets, in both protocols: each answer is the answer to its own question.
#[test]
fn a_client_gets_every_answer_through_the_faults() {
    // A hang is told from slowness by patience alone, which no test waits for.
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Hang).collect();
    let script = Schedule { seed: 5, percent: 40, kinds };
    for family in Family::ALL {
        let answer = |asked: &Asked| Act::say(format!("answer to {}", asked.prompt()));
        let server = Server::start(script.clone().script(answer), Arc::new(System::new())).unwrap();
        let clock = Arc::new(Manual::skipping(Duration::from_secs(3_600)));
        let http = HttpOptions::new(server.base_url(family), family, Arc::new(System::new())).unwrap();
        let endpoints = Endpoints::new(clock.clone());
        let circuit = Circuit { failures: u32::MAX, ..Circuit::default() };
        let route =
            Route::new(Arc::new(Http::new(http).unwrap()), None, &endpoints, Limits::default(), circuit);
        let resilient = Arc::new(Resilient::new(route, vec![], Backoff::new(1), clock));
        let requests = (0..60).map(|n| {
            let mut request = Request::new("m", vec![Message::user(format!("question {n}"))], 100);
            request.idempotency_key = format!("call {n}");
            request.stream = n % 2 == 0;
            request
        });
        let results = Blocking::new().unwrap().complete_all(&Batch::new(resilient, 8), requests).unwrap();
        for (n, result) in results.into_iter().enumerate() {
            let text = result.unwrap_or_else(|error| panic!("{family:?} {n}: {error}")).text;
            assert_eq!(text, format!("answer to question {n}"), "{family:?}");
        }
        assert!(server.asked().len() > 70, "{family:?}: {} attempts", server.asked().len());
    }
}
