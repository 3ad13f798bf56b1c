//! Models behind HTTP: requests, replies, what they cost, and what to do when they fail.
//!
//! The main type is the trait [`Provider`]: a [`Request`] goes in, a [`Reply`] or an [`Error`] with a class comes out.
//! [`Http`] is one server that speaks a protocol of [`Family`]; [`scripted::Server`] is such a server on this machine,
//! which answers and fails by a script. [`Resilient`] puts retries, limits and further servers around them, [`Cassette`] a file of replies. Prices are [`Prices`], a dated table in whole nano-dollars.
//!
//! The crate refuses to know what a prompt is for, where a run's log is, and what a signature means. It is the only
//! crate with async, and nobody outside needs a runtime: [`Blocking`] drives any provider from ordinary code.
//!
//! Two things no reply depends on: the time, which comes in as a [`Clock`], and the order of arrival. A class of error
//! follows from a status, a code or what happened to the connection, never from the wording of a message.
//!
//! ```
//! use std::sync::Arc;
//! use provider::scripted::{Act, Asked, Server};
//! use provider::{Blocking, Cancel, Family, Http, HttpOptions, Message, Request, Silent, System};
//!
//! let clock = Arc::new(System::new());
//! let script = |asked: &Asked| Act::say(format!("You asked: {}", asked.prompt()));
//! let server = Server::start(script, clock.clone())?;
//!
//! let provider = Http::new(HttpOptions::new(server.base_url(Family::Chat), Family::Chat, clock)?)?;
//! let request = Request::new("any", vec![Message::user("why?")], 100);
//! let reply = Blocking::new()?.complete(&provider, &request, &mut Silent, &Cancel::new())?;
//! assert_eq!(reply.text, "You asked: why?");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Start reading at `provider`, then `http` for one attempt and `wire` for the protocols. `docs/formats/cassette.md` is
//! the format of a cassette.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod address;
mod backoff;
mod batch;
mod blocking;
mod cancel;
mod canonical;
mod cassette;
mod clock;
mod config;
mod endpoint;
mod error;
mod fetch;
mod http;
mod price;
mod provider;
mod race;
mod redact;
mod reply;
mod request;
mod resilient;
pub mod scripted;
mod transport;
mod wire;

pub use backoff::Backoff;
pub use batch::{Batch, Sinks};
pub use blocking::Blocking;
pub use cancel::Cancel;
pub use canonical::canonical;
pub use cassette::{CASSETTE_VERSION, Cassette, Mode};
pub use clock::{Clock, Manual, System, Wait};
pub use config::{Config, Connected, HttpConfig, ModelConfig, ProviderConfig, World};
pub use endpoint::{Circuit, Endpoints, Limits};
pub use error::{Error, ErrorKind, Result};
pub use fetch::{Fetch, Fetched, fetch};
pub use http::{Http, HttpOptions};
pub use price::{Price, Prices};
pub use provider::{Answer, Capabilities, Dispatch, Provider, Silent, Sink, TokenCount};
pub use redact::Redactor;
pub use reply::{Attempt, Charge, FinishReason, Raw, Reply, Usage};
pub use request::{Message, Parameters, Request, Role, Schema, Timeouts};
pub use resilient::{Resilient, Route};
pub use wire::{Family, OutputLimit, decode};
