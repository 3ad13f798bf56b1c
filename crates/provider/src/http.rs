//! A provider behind HTTP: one attempt, from the request's JSON to the reply.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HOST, HeaderName, HeaderValue,
    RETRY_AFTER, USER_AGENT,
};
use hyper::{HeaderMap, Method};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::address::Address;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::price::{Price, Prices};
use crate::provider::{Answer, Capabilities, Provider, Sink, TokenCount};
use crate::race::{First, race};
use crate::redact::Redactor;
use crate::reply::{Attempt, Raw, Reply};
use crate::request::Request;
use crate::transport::{Exchange, Transport};
use crate::wire::{Answered, Decoder, Family, OutputLimit, failure};

/// The header of OpenAI's and Anthropic's own clients.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// How a server is reached.
pub struct HttpOptions {
    /// Its URL, up to the protocol's own path: `https://api.openai.com/v1`, `https://api.anthropic.com`.
    pub base_url: String,
    /// The protocol it speaks.
    pub family: Family,
    /// The key, where it wants one.
    pub key: Option<SecretString>,
    /// Its name for the limit of a reply's tokens.
    pub output_limit: OutputLimit,
    /// The longest body of a reply that is read.
    pub reply_bytes_max: u64,
    /// Certificates in PEM that are trusted instead of those that browsers trust.
    pub roots: Option<String>,
    /// What its models cost.
    pub prices: Arc<Prices>,
    /// The time of its timeouts.
    pub clock: Arc<dyn Clock>,
}

impl HttpOptions {
    /// A server without a key, prices known to the crate, and 16 MiB a reply.
    ///
    /// # Errors
    /// Those of [`Prices::built_in`].
    pub fn new(base_url: impl Into<String>, family: Family, clock: Arc<dyn Clock>) -> Result<HttpOptions> {
        Ok(HttpOptions {
            base_url: base_url.into(),
            family,
            key: None,
            output_limit: OutputLimit::default(),
            reply_bytes_max: 16 << 20,
            roots: None,
            prices: Arc::new(Prices::built_in()?),
            clock,
        })
    }
}

/// A server that speaks one of the protocols. Each call is one attempt; [`crate::Resilient`] makes more of them.
pub struct Http {
    family: Family,
    transport: Transport,
    headers: HeaderMap,
    redactor: Redactor,
    /// Tells accounts apart: the beginning of the key's digest.
    account: String,
    output_limit: OutputLimit,
    reply_bytes_max: u64,
    prices: Arc<Prices>,
    clock: Arc<dyn Clock>,
}

impl Http {
    /// A provider at a server. Nothing is sent yet.
    ///
    /// # Errors
    /// Of the class `config`: a URL, a key or certificates that cannot be.
    pub fn new(options: HttpOptions) -> Result<Http> {
        let address = Address::parse(&options.base_url)?;
        let headers = headers(&options, &address)?;
        let redactor = Redactor::new(options.key.iter().cloned());
        Ok(Http {
            family: options.family,
            transport: Transport::new(address, options.roots.as_deref())?,
            headers,
            redactor,
            account: account(options.key.as_ref()),
            output_limit: options.output_limit,
            reply_bytes_max: options.reply_bytes_max,
            prices: options.prices,
            clock: options.clock,
        })
    }

    async fn attempt(&self, request: &Request, sink: &mut dyn Sink) -> Result<Reply> {
        let body = self.family.body(request, self.output_limit)?.to_string();
        let http = self.http_request(request, body)?;
        let exchange = self.transport.exchange(http, request.timeouts, &self.clock).await?;
        self.read(exchange, request, sink).await.map_err(Error::sent)
    }

    async fn read(&self, exchange: Exchange, request: &Request, sink: &mut dyn Sink) -> Result<Reply> {
        let (response, mut used) = exchange.into_parts();
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let header = |name: &HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
        let mut reading = Reading { http: self, request, body, left: self.reply_bytes_max };
        if !head.status.is_success() {
            let mut said = Vec::new();
            // What it says beside the status is welcome, but the status has decided.
            while let Ok(Some(chunk)) = reading.next().await {
                said.extend_from_slice(&chunk);
            }
            let (retry_after, date) = (header(&RETRY_AFTER), header(&DATE));
            let answered = Answered { family: self.family, status, retry_after, date };
            return Err(failure(answered, &said));
        }
        if let Some(encoding) =
            header(&CONTENT_ENCODING).filter(|name| !name.eq_ignore_ascii_case("identity"))
        {
            let what = format!("the reply is encoded as {encoding}, though `identity` was asked for");
            return Err(Error::new(ErrorKind::Malformed, what));
        }
        let content_type = header(&CONTENT_TYPE).unwrap_or_default().to_string();
        let mut decoder = Decoder::new(self.family, &content_type, request.schema.is_some());
        let mut chunks = Vec::new();
        let mut is_whole = true;
        loop {
            match reading.next().await {
                Ok(None) => break,
                Ok(Some(chunk)) => {
                    decoder.feed(&chunk, sink)?;
                    chunks.push(chunk.to_vec());
                }
                // The reply is over; that the connection is too, however it ended, takes nothing from it.
                Err(_) if decoder.is_done() => {
                    is_whole = false;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let mut digest = Sha256::new();
        chunks.iter().for_each(|chunk| digest.update(chunk));
        let raw = Raw { family: self.family.name(), status, content_type, chunks };
        let (reply, id) = decoder.finish(raw, sink)?;
        if id.is_some() {
            used.answered(digest.finalize().into())?;
            if is_whole {
                self.transport.give_back(used).await;
            }
        }
        Ok(reply)
    }

    fn http_request(&self, request: &Request, body: String) -> Result<hyper::Request<Full<Bytes>>> {
        let mut http = hyper::Request::new(Full::new(Bytes::from(body)));
        let path = format!("{}{}", self.transport.address.path, self.family.path());
        let invalid = |what: &str| Error::new(ErrorKind::InvalidRequest, what.to_string());
        *http.method_mut() = Method::POST;
        *http.uri_mut() = path.parse().map_err(|_| invalid("the path of base_url is no path"))?;
        *http.headers_mut() = self.headers.clone();
        if !request.idempotency_key.is_empty() {
            let key = HeaderValue::from_str(&request.idempotency_key)
                .map_err(|_| invalid("the idempotency key has characters that no header can hold"))?;
            http.headers_mut().insert(IDEMPOTENCY_KEY, key);
        }
        Ok(http)
    }
}

fn account(key: Option<&SecretString>) -> String {
    const SHOWN_BYTES: usize = 8;
    key.map_or("without a key".to_string(), |key| {
        let digest = Sha256::digest(key.expose_secret().as_bytes());
        let shown: String = digest.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
        format!("key {shown}")
    })
}

fn headers(options: &HttpOptions, address: &Address) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let host = HeaderValue::from_str(&address.authority)
        .map_err(|_| Error::new(ErrorKind::Config, "the host of base_url fits no header"))?;
    headers.insert(HOST, host);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("lumen/", env!("CARGO_PKG_VERSION"))));
    if options.family == Family::Messages {
        headers.insert(ANTHROPIC_VERSION, HeaderValue::from_static("2023-06-01"));
    }
    if let Some(key) = &options.key {
        let (name, text) = match options.family {
            Family::Messages => (X_API_KEY, key.expose_secret().to_string()),
            Family::Chat | Family::Responses => (AUTHORIZATION, format!("Bearer {}", key.expose_secret())),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            Error::new(
                ErrorKind::Config,
                "the key has characters that no header can hold; is its end a line?",
            )
        })?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// A body, piece by piece, within its length and its times.
struct Reading<'a> {
    http: &'a Http,
    request: &'a Request,
    body: Incoming,
    left: u64,
}

impl Reading<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let idle = self.request.timeouts.idle;
        loop {
            let frame = match race(self.body.frame(), self.http.clock.wait(idle)).await {
                First::Left(None) => return Ok(None),
                First::Left(Some(Ok(frame))) => frame,
                First::Left(Some(Err(error))) => {
                    return Err(Error::new(ErrorKind::CutStream, format!("the reply was cut: {error}")));
                }
                First::Right(()) => {
                    let what = format!("no further byte of the reply within {} ms", idle.as_millis());
                    return Err(Error::new(ErrorKind::Timeout, what));
                }
            };
            // Trailers are none of the body.
            let Ok(data) = frame.into_data() else { continue };
            let left = self.left.checked_sub(data.len() as u64);
            self.left = left.ok_or_else(|| {
                let most = self.http.reply_bytes_max;
                Error::new(ErrorKind::TooLarge, format!("the reply is longer than {most} bytes"))
            })?;
            return Ok(Some(data));
        }
    }
}

impl Provider for Http {
    fn complete<'a>(&'a self, request: &'a Request, sink: &'a mut dyn Sink) -> Answer<'a> {
        Box::pin(async move {
            let model = request.model.clone();
            match self.attempt(request, sink).await {
                Ok(mut reply) => {
                    reply.attempts = vec![Attempt { model, failed: None, charge: reply.charge() }];
                    Ok(reply)
                }
                // A server may repeat a key in what it says of it.
                Err(error) => {
                    let attempt = Attempt { model, failed: Some(error.kind()), charge: error.charge() };
                    let error = error.map_message(|text| self.redactor.text(text));
                    Err(error.with_attempts(vec![attempt]))
                }
            }
        })
    }

    /// No tokenizer makes more tokens than bytes, and a message costs few beside its text.
    fn count_tokens(&self, request: &Request) -> TokenCount {
        const PER_MESSAGE: u64 = 16;
        let body = self.family.body(request, self.output_limit).map_or(0, |body| body.to_string().len());
        TokenCount { tokens: body as u64 + PER_MESSAGE * request.messages.len() as u64, is_exact: false }
    }

    fn capabilities(&self, _model: &str) -> Capabilities {
        self.family.capabilities()
    }

    fn price(&self, model: &str, input_tokens: u64) -> Option<Price> {
        self.prices.get(model, input_tokens).cloned()
    }

    fn family(&self) -> &'static str {
        self.family.name()
    }

    fn endpoint(&self) -> String {
        format!("{} {}", self.transport.address.origin(), self.account)
    }
}
