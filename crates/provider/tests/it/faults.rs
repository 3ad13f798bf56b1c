//! What goes wrong on the way, and the class that each fault has.

use std::sync::Arc;
use std::time::Duration;

use provider::scripted::{Act, Fault, Server, Spoken};
use provider::{Blocking, Cancel, ErrorKind, Family, Http, HttpOptions, Manual, Request};
use secrecy::SecretString;

use crate::{Heard, ask, http, options, request, serve, system};

fn kinds(act: Act) -> Vec<(Family, bool, Option<ErrorKind>)> {
    let server = serve(move |_| act.clone());
    let mut found = Vec::new();
    for family in Family::ALL {
        for stream in [false, true] {
            let request = Request { stream, ..request("x") };
            let kind = ask(&http(&server, family), &request).err().map(|error| error.kind());
            found.push((family, stream, kind));
        }
    }
    found
}

#[test]
fn each_fault_has_its_class() {
    let cases = [
        (Fault::CutAfter(0), Some(ErrorKind::CutStream)),
        (Fault::CutAfter(40), Some(ErrorKind::CutStream)),
        (Fault::Close, Some(ErrorKind::Unavailable)),
        (Fault::MalformedJson, Some(ErrorKind::Malformed)),
        (Fault::WrongUsage, Some(ErrorKind::Malformed)),
        (Fault::Body(b"<html>".to_vec()), Some(ErrorKind::Malformed)),
        (Fault::MissingUsage, None),
        (Fault::DuplicateReply, None),
    ];
    for (fault, expected) in cases {
        for (family, stream, kind) in kinds(Act::fail(fault.clone())) {
            assert_eq!(kind, expected, "{fault:?} {family:?} streamed {stream}");
        }
    }
    for (status, expected) in [
        (401, ErrorKind::Auth),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Unavailable),
        (529, ErrorKind::Overloaded),
        (400, ErrorKind::InvalidRequest),
    ] {
        for (family, _, kind) in kinds(Act::status(status)) {
            assert_eq!(kind, Some(expected), "{status} {family:?}");
        }
    }
}

#[test]
fn events_that_come_twice_are_noticed_where_the_protocol_can_tell() {
    for (family, stream, kind) in kinds(Act::fail(Fault::DuplicateEvents)) {
        match (family, stream) {
            // Framed by starts and stops, of which none may come again.
            (Family::Messages, true) => assert_eq!(kind, Some(ErrorKind::Malformed)),
            // Chunks bear no number: one that comes again looks like the next.
            (Family::Chat, true) => {}
            // Numbered: what comes again is dropped. A whole reply has no events.
            _ => assert_eq!(kind, None, "{family:?} streamed {stream}"),
        }
    }
}

/// By order alone it would be the answer to the next question.
#[test]
fn a_reply_that_comes_again_late_answers_no_other_question() {
    for family in Family::ALL {
        for stream in [false, true] {
            let server = serve(|asked| match asked.number {
                1 => Act::fail(Fault::LateDuplicate),
                _ => Act::say(format!("answer to {}", asked.prompt())),
            });
            let provider = http(&server, family);
            // On one connection, which only one driver keeps.
            let driver = Blocking::new().unwrap();
            let ask = |question: &str| {
                let request = Request { stream, ..request(question) };
                driver.complete(&provider, &request, &mut Heard::default(), &Cancel::new())
            };
            assert!(ask("first").is_ok());
            let error = ask("second").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{family:?} streamed {stream}");
            assert!(error.to_string().contains("sent it twice"), "{error}");
            assert_eq!(ask("third").unwrap().text, "answer to third");
            assert_eq!(server.accepted(), 2);
        }
    }
}

/// The same answer twice is no answer that came twice, where nothing in it tells one from the other.
#[test]
fn equal_replies_without_an_id_are_replies_of_their_own() {
    for family in Family::ALL {
        for stream in [false, true] {
            let server = serve(|asked| {
                let spoken = Spoken { is_unnamed: true, ..Spoken::new("yes") };
                let fault = (asked.number == 3).then_some(Fault::LateDuplicate);
                Act { spoken, fault, ..Act::say("") }
            });
            let provider = http(&server, family);
            let driver = Blocking::new().unwrap();
            for _ in 0..4 {
                let request = Request { stream, ..request("is it so") };
                let reply = driver.complete(&provider, &request, &mut Heard::default(), &Cancel::new());
                assert_eq!(reply.unwrap().text, "yes", "{family:?} streamed {stream}");
            }
            assert_eq!(server.accepted(), 4);
        }
    }
}

/// An event says that a stream is over; of another body, only its length does.
#[test]
fn a_stream_is_over_with_its_last_event() {
    for (family, stream, kind) in kinds(Act::fail(Fault::ShortOfLength)) {
        let expected = if stream { None } else { Some(ErrorKind::CutStream) };
        assert_eq!(kind, expected, "{family:?} streamed {stream}");
    }
}

#[test]
fn a_refusal_is_not_a_reply() {
    let spoken = Spoken { is_refusal: true, ..Spoken::new("I will not") };
    for (family, stream, kind) in kinds(Act { spoken, ..Act::say("") }) {
        assert_eq!(kind, Some(ErrorKind::Refused), "{family:?} streamed {stream}");
    }
}

#[test]
fn a_reply_beyond_its_bound_is_read_no_further() {
    let server = serve(|_| Act::fail(Fault::Oversized(1 << 20)));
    for family in Family::ALL {
        for (most, expected) in [(1 << 20, Some(ErrorKind::TooLarge)), (2 << 20, None)] {
            let options = HttpOptions { reply_bytes_max: most, ..options(&server, family) };
            let ended = ask(&Http::new(options).unwrap(), &request("x"));
            assert_eq!(ended.err().map(|error| error.kind()), expected, "{family:?} at most {most} bytes");
        }
    }
}

#[test]
fn nobody_listening_is_unavailable() {
    let server = serve(|_| Act::say("yes"));
    let provider = http(&server, Family::Chat);
    drop(server);
    assert_eq!(ask(&provider, &request("x")).unwrap_err().kind(), ErrorKind::Unavailable);
}

#[test]
fn a_key_in_what_the_server_says_is_not_repeated() {
    let body = r#"{"error":{"message":"no such key canary-0123456789"}}"#.to_string();
    let server =
        serve(move |_| Act::fail(Fault::Status { status: 401, retry_after: None, body: body.clone() }));
    let key = Some(SecretString::from("canary-0123456789"));
    let provider = Http::new(HttpOptions { key, ..options(&server, Family::Chat) }).unwrap();
    let error = ask(&provider, &request("x")).unwrap_err();
    assert!(error.message().contains("no such key [redacted]"), "{error}");
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

/// The system takes the connection, and nobody answers the greeting of TLS.
#[test]
fn a_server_that_does_not_greet_times_out_and_costs_nothing() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let clock = Manual::new();
    let provider =
        Http::new(HttpOptions::new(url, Family::Messages, Arc::new(clock.clone())).unwrap()).unwrap();
    let mut request = request("x");
    request.timeouts.connect = Duration::from_secs(3);
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(|| ask(&provider, &request).unwrap_err());
        clock.wait_for_sleeper(Duration::from_secs(3));
        clock.advance(Duration::from_secs(3));
        call.join().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.attempts().len(), 1);
    assert_eq!(error.attempts()[0].charge, provider::Charge::Nothing);
}

/// Runs a call on a thread until the clock has been moved past one of its timeouts.
fn timed_out(fault: Fault, span: Duration) -> ErrorKind {
    let server = Server::start(move |_: &_| Act::fail(fault.clone()), system()).unwrap();
    let clock = Manual::new();
    let options = HttpOptions { clock: Arc::new(clock.clone()), ..options(&server, Family::Chat) };
    let provider = Http::new(options).unwrap();
    let mut request = Request { stream: true, ..request("x") };
    request.timeouts.first_byte = Duration::from_secs(100);
    request.timeouts.idle = Duration::from_secs(10);
    std::thread::scope(|scope| {
        let call = scope.spawn(|| ask(&provider, &request).unwrap_err());
        server.wait_for_requests(1);
        clock.wait_for_sleeper(span);
        clock.advance(span);
        call.join().unwrap().kind()
    })
}

#[test]
fn a_silent_server_times_out_before_and_within_its_reply() {
    assert_eq!(timed_out(Fault::Hang, Duration::from_secs(100)), ErrorKind::Timeout);
    // After the head and before any byte: a byte would begin the wait anew.
    assert_eq!(timed_out(Fault::HangAfter(0), Duration::from_secs(10)), ErrorKind::Timeout);
}
