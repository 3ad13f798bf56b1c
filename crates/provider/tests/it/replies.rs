//! Whole exchanges: each protocol, streamed or not, in the clear or behind TLS.

use std::sync::Arc;
use std::time::Duration;

use provider::scripted::{Act, Asked, Server, Spoken};
use provider::{Blocking, Cancel, Error, ErrorKind, Family, FinishReason, Http, HttpOptions, Usage};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::SecretString;

use crate::{Heard, ask, http, options, request, serve, system};

const TEXT: &str = "naïve 😀 text of six words";

fn ornate(_: &Asked) -> Act {
    Act { is_ornate: true, piece_bytes: 3, ..Act::say(TEXT) }
}

#[test]
fn every_protocol_answers_streamed_and_whole() {
    let server = serve(ornate);
    let blocking = Blocking::new().unwrap();
    for family in Family::ALL {
        let provider = http(&server, family);
        for stream in [false, true] {
            let mut heard = Heard::default();
            let mut request = request("a b");
            request.stream = stream;
            let reply = blocking.complete(&provider, &request, &mut heard, &Cancel::new()).unwrap();
            assert_eq!((reply.text.as_str(), heard.0.as_str()), (TEXT, TEXT), "{family:?}");
            // The script counts words: six.
            let expected = Usage { input_tokens: 6, output_tokens: 6, cached_tokens: 0 };
            assert_eq!(reply.usage, Some(expected), "{family:?}");
            assert_eq!((reply.model.as_str(), reply.finish), ("m", FinishReason::Stop), "{family:?}");
        }
        assert_eq!(server.asked().last().unwrap().family, family);
    }
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let server = serve(|_| Act::say("yes"));
    let provider = http(&server, Family::Chat);
    let blocking = Blocking::new().unwrap();
    for n in 0..5 {
        let request = request(&n.to_string());
        blocking.complete(&provider, &request, &mut Heard::default(), &Cancel::new()).unwrap();
    }
    assert_eq!((server.asked().len(), server.accepted()), (5, 1));
}

/// A connection moves only while its own driver runs: one that stands idle elsewhere is no use.
#[test]
fn drivers_do_not_take_each_others_connections() {
    let server = serve(|_| Act::say("yes"));
    let provider = http(&server, Family::Chat);
    let drivers = [Blocking::new().unwrap(), Blocking::new().unwrap()];
    for n in 0..6 {
        let mut request = request(&n.to_string());
        // Else a failure of this test would last two minutes.
        request.timeouts.first_byte = Duration::from_secs(10);
        let driver = &drivers[n % 2];
        driver.complete(&provider, &request, &mut Heard::default(), &Cancel::new()).unwrap();
    }
    assert_eq!(server.accepted(), 2);
}

#[test]
fn key_and_idempotency_key_arrive_where_each_protocol_has_them() {
    let server = serve(|_| Act::say("yes"));
    for (family, expected) in [
        (Family::Chat, "Bearer canary-0123456789"),
        (Family::Responses, "Bearer canary-0123456789"),
        (Family::Messages, "canary-0123456789"),
    ] {
        let key = Some(SecretString::from("canary-0123456789"));
        let provider = Http::new(HttpOptions { key, ..options(&server, family) }).unwrap();
        ask(&provider, &request(family.name())).unwrap();
        let asked = server.asked().pop().unwrap();
        assert_eq!((asked.authorization.as_str(), asked.idempotency_key.as_str()), (expected, family.name()));
    }
}

#[test]
fn a_reply_cut_by_its_length_says_so() {
    let server =
        serve(|_| Act { spoken: Spoken { is_cut_by_length: true, ..Spoken::new("half") }, ..Act::say("") });
    for family in Family::ALL {
        for stream in [false, true] {
            let mut request = request("x");
            request.stream = stream;
            assert_eq!(
                ask(&http(&server, family), &request).unwrap().finish,
                FinishReason::Length,
                "{family:?}"
            );
        }
    }
}

struct Tls {
    server: Server,
    roots: String,
}

fn tls() -> Tls {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_string()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
    Tls { server: Server::start_tls(ornate, system(), Arc::new(config)).unwrap(), roots: made.cert.pem() }
}

#[test]
fn a_server_behind_tls_answers() {
    let Tls { server, roots } = tls();
    let options = HttpOptions { roots: Some(roots), ..options(&server, Family::Chat) };
    let mut request = request("x");
    request.stream = true;
    assert_eq!(ask(&Http::new(options).unwrap(), &request).unwrap().text, TEXT);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let Tls { server, .. } = tls();
    let error: Error = ask(&http(&server, Family::Chat), &request("x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(server.asked().is_empty(), "the request went out before the certificate was known");
}
