//! One exchange with any server: what a program asks for by a URL.
//!
//! Nothing is followed, retried or kept: an answer that says where else to look is given as it is, since whoever may ask
//! one server may not ask another.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HOST, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request, Uri};

use crate::address::Address;
use crate::blocking::{Blocking, let_go};
use crate::cancel::Cancel;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::race::{First, race};
use crate::request::Timeouts;
use crate::transport::Transport;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// With the scheme `http` or `https`, and without a user.
    pub url: String,
    /// Names and values, beside those that every request has.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Vec<u8>,
    /// The longest body of an answer that is read.
    pub body_bytes_max: u64,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// 200 and so on.
    pub status: u16,
    /// Where else to look, as the answer says.
    pub location: Option<String>,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// Asks a server once, on a connection of its own.
///
/// # Errors
/// `config` for a URL that cannot be, `invalid_request` for a header or method that cannot; of what happened to the
/// connection; `cancelled` once it is withdrawn.
pub fn fetch(asked: &Fetch, clock: &Arc<dyn Clock>, cancel: &Cancel) -> Result<Fetched> {
    Blocking::new()?.wait(async {
        let ended = race(cancel.cancelled(), exchange(asked, clock)).await;
        let_go(cancel).await;
        match ended {
            First::Left(()) => Err(Error::new(ErrorKind::Cancelled, "the call was withdrawn")),
            First::Right(ended) => ended,
        }
    })?
}

async fn exchange(asked: &Fetch, clock: &Arc<dyn Clock>) -> Result<Fetched> {
    // Whose host it is says the part before the path, which may hold any sign.
    let start = asked.url.find("://").map_or(0, |at| at + 3);
    let path = asked.url.get(start..).and_then(|rest| rest.find(['/', '?', '#']));
    let origin = path.and_then(|at| asked.url.get(..start + at)).unwrap_or(&asked.url);
    let address = Address::parse(origin)?;
    let request = request(asked, &address)?;
    let timeouts = Timeouts::default();
    let exchange = Transport::new(address, None)?.exchange(request, timeouts, clock).await?;
    let (response, _used) = exchange.into_parts();
    let (head, mut body) = response.into_parts();
    let said = |name: &HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(encoding) = said(&CONTENT_ENCODING).filter(|name| !name.eq_ignore_ascii_case("identity")) {
        let what = format!("the answer is encoded as {encoding}, though `identity` was asked for");
        return Err(Error::new(ErrorKind::Malformed, what));
    }
    let mut read = Vec::new();
    loop {
        let frame = match race(body.frame(), clock.wait(timeouts.idle)).await {
            First::Left(None) => break,
            First::Left(Some(Ok(frame))) => frame,
            First::Left(Some(Err(error))) => {
                return Err(Error::new(ErrorKind::CutStream, format!("the answer was cut: {error}")));
            }
            First::Right(()) => {
                let waited = timeouts.idle.as_millis();
                let what = format!("no further byte of the answer within {waited} ms");
                return Err(Error::new(ErrorKind::Timeout, what));
            }
        };
        // Trailers are none of the body.
        let Ok(data) = frame.into_data() else { continue };
        if (read.len() + data.len()) as u64 > asked.body_bytes_max {
            let what = format!("the answer is longer than {} bytes", asked.body_bytes_max);
            return Err(Error::new(ErrorKind::TooLarge, what));
        }
        read.extend_from_slice(&data);
    }
    let location = said(&LOCATION).map(str::to_string);
    Ok(Fetched { status: head.status.as_u16(), location, body: read })
}

fn request(asked: &Fetch, address: &Address) -> Result<Request<Full<Bytes>>> {
    let invalid = |what: String| Error::new(ErrorKind::InvalidRequest, what);
    let uri: Uri = asked.url.parse().map_err(|_| invalid("the URL is none".to_string()))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::new(Full::new(Bytes::from(asked.body.clone())));
    *request.method_mut() = Method::from_bytes(asked.method.as_bytes())
        .map_err(|_| invalid(format!("`{}` is no method", asked.method)))?;
    *request.uri_mut() = path.parse().map_err(|_| invalid("the path of the URL is none".to_string()))?;
    let headers = request.headers_mut();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("lumen/", env!("CARGO_PKG_VERSION"))));
    for (name, value) in &asked.headers {
        let key: HeaderName = name.parse().map_err(|_| invalid(format!("`{name}` is no header's name")))?;
        if key == HOST
            || key == ACCEPT_ENCODING
            || key.as_str() == "content-length"
            || key.as_str() == "transfer-encoding"
        {
            return Err(invalid(format!("the header `{name}` is written by the client itself")));
        }
        // The value may be a secret, so that it is not repeated.
        let value = HeaderValue::from_str(value).map_err(|_| {
            invalid(format!("the value of the header `{name}` has characters that none can hold"))
        })?;
        headers.insert(key, value);
    }
    let host = HeaderValue::from_str(&address.authority);
    headers.insert(HOST, host.map_err(|_| invalid("the host of the URL fits no header".to_string()))?);
    Ok(request)
}
