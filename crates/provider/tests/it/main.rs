//! Providers against a scripted server, over real sockets.

mod batches;
mod cassettes;
mod configs;
mod faults;
mod limits;
mod prices;
mod replies;
mod retries;

use std::sync::Arc;

use provider::scripted::{Act, Asked, Server};
use provider::{
    Blocking, Cancel, Clock, Error, Family, Http, HttpOptions, Message, Provider, Reply, Request,
};
use provider::{Sink, System};

/// Gathers the pieces of a text.
#[derive(Default)]
pub struct Heard(pub String);

impl Sink for Heard {
    fn text(&mut self, piece: &str) {
        self.0.push_str(piece);
    }
}

pub fn system() -> Arc<dyn Clock> {
    Arc::new(System::new())
}

pub fn serve(script: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Server {
    Server::start(script, system()).unwrap()
}

pub fn options(server: &Server, family: Family) -> HttpOptions {
    HttpOptions::new(server.base_url(family), family, system()).unwrap()
}

pub fn http(server: &Server, family: Family) -> Http {
    Http::new(options(server, family)).unwrap()
}

/// A request whose idempotency key is its prompt.
pub fn request(prompt: &str) -> Request {
    let mut request = Request::new("m", vec![Message::user(prompt)], 100);
    request.idempotency_key = prompt.to_string();
    request
}

pub fn ask(provider: &dyn Provider, request: &Request) -> Result<Reply, Error> {
    Blocking::new().unwrap().complete(provider, request, &mut Heard::default(), &Cancel::new())
}
