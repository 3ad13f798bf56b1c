//! Connections to one server: opened within a time, kept for the next request, never shared by two.
//!
//! HTTP/1.1 tells whose answer a response is by order alone, so a response that comes twice would answer the next
//! request. One that is there before that request is sent closes its connection; one that is late is known by its body,
//! which is the last one's again. Only a body that bears an id tells that: the same answer to the same question is no
//! reply that came twice, so a connection serves one request where the server names no replies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::runtime::{Handle, Id};
use tokio_rustls::TlsConnector;

use crate::address::Address;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::race::{First, race};
use crate::request::Timeouts;

type Sender = SendRequest<Full<Bytes>>;

/// Connections that wait for their next request.
const IDLE_MAX: usize = 256;

/// The way to one server.
pub(crate) struct Transport {
    pub(crate) address: Address,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    idle: Mutex<Vec<Idle>>,
}

/// A connection that waits. It moves only while the runtime that opened it runs, so no other may take it.
struct Idle {
    runtime: Id,
    open: Open,
}

/// A connection between two responses.
struct Open {
    sender: Sender,
    /// The body of its last response, which bore an id.
    last: Option<BodyDigest>,
}

/// A body's SHA-256.
pub(crate) type BodyDigest = [u8; 32];

/// A response whose body is still to be read, and the connection to give back after.
pub(crate) struct Exchange {
    pub(crate) response: Response<Incoming>,
    open: Open,
}

impl Exchange {
    pub(crate) fn into_parts(self) -> (Response<Incoming>, Used) {
        (self.response, Used(self.open))
    }
}

/// A connection after its response. Dropping it closes it.
pub(crate) struct Used(Open);

impl Used {
    /// Notes the body of the response, which bears an id.
    ///
    /// # Errors
    /// Of the class `malformed`: it is the body of the response before.
    pub(crate) fn answered(&mut self, body: BodyDigest) -> Result<()> {
        if self.0.last.replace(body) == Some(body) {
            let what = "the reply before it came again, byte for byte: the server sent it twice";
            return Err(Error::new(ErrorKind::Malformed, what));
        }
        Ok(())
    }
}

fn broken(what: &str, error: &dyn std::error::Error) -> Error {
    let mut message = format!("{what}: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Error::new(ErrorKind::Unavailable, message)
}

impl Transport {
    /// The way to an address. `roots` in PEM replace the authorities that browsers trust.
    ///
    /// # Errors
    /// Of the class `config`: a host that no certificate can name, roots that are no certificates.
    pub(crate) fn new(address: Address, roots: Option<&str>) -> Result<Transport> {
        let tls = address.is_tls.then(|| connector(&address, roots)).transpose()?;
        Ok(Transport { address, tls, idle: Mutex::new(Vec::new()) })
    }

    /// Sends a request and waits for the response's head.
    pub(crate) async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        timeouts: Timeouts,
        clock: &Arc<dyn Clock>,
    ) -> Result<Exchange> {
        loop {
            let kept = self.kept();
            let is_kept = kept.is_some();
            let mut open = match kept {
                Some(open) => open,
                None => self.open(timeouts, clock).await?,
            };
            let sent = race(open.sender.try_send_request(request), clock.wait(timeouts.first_byte)).await;
            match sent {
                First::Left(Ok(response)) => return Ok(Exchange { response, open }),
                First::Left(Err(mut error)) => match error.take_message() {
                    // The server closed the connection while it waited: nothing was sent, this is no attempt.
                    Some(unsent) if is_kept => request = unsent,
                    Some(_) => return Err(broken("the connection closed at once", error.error())),
                    None => return Err(broken("the connection broke before the reply", error.error()).sent()),
                },
                First::Right(()) => {
                    let waited = timeouts.first_byte.as_millis();
                    let what = format!("no first byte of the reply within {waited} ms");
                    return Err(Error::new(ErrorKind::Timeout, what).sent());
                }
            }
        }
    }

    /// Takes a connection back whose response was read to its end.
    pub(crate) async fn give_back(&self, used: Used) {
        let Used(mut open) = used;
        // Not ready is a server that closes the connection, or that sent more than it was asked for.
        if open.sender.ready().await.is_ok() {
            let mut idle = self.lock();
            // Those of runtimes that have ended.
            idle.retain(|one| !one.open.sender.is_closed());
            if idle.len() < IDLE_MAX {
                idle.push(Idle { runtime: Handle::current().id(), open });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> Option<Open> {
        let runtime = Handle::current().id();
        let mut idle = self.lock();
        loop {
            // The newest: the oldest ones are the first that a server closes.
            let newest = idle.iter().rposition(|one| one.runtime == runtime)?;
            let Idle { open, .. } = idle.remove(newest);
            if open.sender.is_ready() {
                return Some(open);
            }
        }
    }

    async fn open(&self, timeouts: Timeouts, clock: &Arc<dyn Clock>) -> Result<Open> {
        match race(self.connect(), clock.wait(timeouts.connect)).await {
            First::Left(opened) => Ok(Open { sender: opened?, last: None }),
            First::Right(()) => {
                let waited = timeouts.connect.as_millis();
                let origin = self.address.origin();
                Err(Error::new(ErrorKind::Timeout, format!("no connection to {origin} within {waited} ms")))
            }
        }
    }

    async fn connect(&self) -> Result<Sender> {
        let address = &self.address;
        let what = format!("no connection to {}", address.origin());
        let stream = TcpStream::connect((address.host.as_str(), address.port))
            .await
            .map_err(|error| broken(&what, &error))?;
        // Requests are written whole: waiting for more would only delay them.
        stream.set_nodelay(true).map_err(|error| broken(&what, &error))?;
        match &self.tls {
            None => {
                let (sender, connection) =
                    handshake(TokioIo::new(stream)).await.map_err(|error| broken(&what, &error))?;
                tokio::spawn(connection);
                Ok(sender)
            }
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stream).await;
                let stream = stream.map_err(|error| broken(&what, &error))?;
                let (sender, connection) =
                    handshake(TokioIo::new(stream)).await.map_err(|error| broken(&what, &error))?;
                tokio::spawn(connection);
                Ok(sender)
            }
        }
    }
}

fn connector(address: &Address, roots: Option<&str>) -> Result<(TlsConnector, ServerName<'static>)> {
    let wrong = |message: String| Error::new(ErrorKind::Config, message);
    let name = ServerName::try_from(address.host.clone())
        .map_err(|_| wrong(format!("`{}` is no name that a certificate could have", address.host)))?;
    let mut store = RootCertStore::empty();
    match roots {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|error| wrong(format!("`ca_file`: {error}")))?;
                store.add(certificate).map_err(|error| wrong(format!("`ca_file`: {error}")))?;
            }
            if store.is_empty() {
                return Err(wrong("`ca_file` holds no certificate in PEM".to_string()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(format!("TLS: {error}")))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok((TlsConnector::from(Arc::new(config)), name))
}
