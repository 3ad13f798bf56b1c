//! Ten thousand calls.

use std::cell::Cell;

use std::sync::Arc;

use provider::scripted::{Act, Asked};
use provider::{Batch, Blocking, ErrorKind, Family, Request, Silent};

use crate::{http, request, serve};

/// Every hundredth call fails; the others repeat their prompt.
fn act(asked: &Asked) -> Act {
    let prompt = asked.prompt();
    if prompt.ends_with("00") { Act::status(400) } else { Act::say(prompt) }
}

#[test]
fn ten_thousand_results_stand_where_their_requests_stood() {
    let server = serve(act);
    let batch = Batch::new(Arc::new(http(&server, Family::Chat)), 100);
    let requests = (0..10_000).map(|n| request(&n.to_string()));
    let results = Blocking::new().unwrap().complete_all(&batch, requests).unwrap();
    assert_eq!(results.len(), 10_000);
    for (index, result) in results.iter().enumerate() {
        let prompt = index.to_string();
        match result {
            Ok(reply) => assert_eq!(reply.text, prompt),
            Err(error) => {
                assert!(prompt.ends_with("00"), "{prompt}: {error}");
                assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            }
        }
    }
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 99);
    assert!(server.peak() <= 100, "{} at once", server.peak());
    assert!(server.accepted() <= 100 + 99, "{} connections", server.accepted());
}

/// What a batch holds is what is in flight: no request is taken before a result has left.
#[test]
fn requests_are_taken_as_results_leave() {
    let server = serve(act);
    let batch = Batch::new(Arc::new(http(&server, Family::Messages)), 10);
    let (taken, given, most) = (Cell::new(0usize), Cell::new(0usize), Cell::new(0usize));
    let requests = std::iter::from_fn(|| {
        most.set(most.get().max(taken.get() - given.get()));
        taken.set(taken.get() + 1);
        (taken.get() <= 1_000).then(|| Request { stream: true, ..request(&taken.get().to_string()) })
    });
    let mut each = |_, _| given.set(given.get() + 1);
    Blocking::new().unwrap().complete_each(&batch, requests, &mut |_| Box::new(Silent), &mut each).unwrap();
    assert_eq!(given.get(), 1_000);
    assert!(most.get() <= 10, "{} were held", most.get());
}

#[test]
fn an_empty_batch_is_an_empty_list() {
    let server = serve(act);
    let batch = Batch::new(Arc::new(http(&server, Family::Chat)), 0);
    assert!(Blocking::new().unwrap().complete_all(&batch, []).unwrap().is_empty());
    let one = Blocking::new().unwrap().complete_all(&batch, [request("1")]).unwrap();
    assert_eq!(one[0].as_ref().unwrap().text, "1");
}
