//! The server: a thread of its own, one task a connection.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use serde_json::Value as Json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::act::{Asked, Fault, Script};
use super::render::render;
use crate::clock::Clock;
use crate::wire::Family;

/// A running server. Dropping it ends it and all its connections.
pub struct Server {
    address: SocketAddr,
    is_tls: bool,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    script: Box<dyn Script>,
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    asked: Vec<Asked>,
    attempts: BTreeMap<String, u32>,
    /// Requests that have arrived and are not answered.
    open: usize,
    /// The greatest number of them.
    peak: usize,
    connections: usize,
    /// Connections that have begun.
    accepted: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

/// Lowers a count when its connection or request is over, however it ends.
struct Counted<'a>(&'a Shared, fn(&mut Seen));

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.change(self.1);
    }
}

impl Server {
    /// Starts a server on a free port of this machine. Its delays are the clock's.
    ///
    /// # Errors
    /// What kept it from listening.
    pub fn start(script: impl Script, clock: Arc<dyn Clock>) -> io::Result<Server> {
        Server::launch(Box::new(script), clock, None)
    }

    /// The same behind TLS.
    ///
    /// # Errors
    /// What kept it from listening.
    pub fn start_tls(
        script: impl Script,
        clock: Arc<dyn Clock>,
        tls: Arc<rustls::ServerConfig>,
    ) -> io::Result<Server> {
        Server::launch(Box::new(script), clock, Some(TlsAcceptor::from(tls)))
    }

    fn launch(
        script: Box<dyn Script>,
        clock: Arc<dyn Clock>,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Server> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let seen = Mutex::new(Seen::default());
        let shared = Arc::new(Shared { script, clock, seen, changed: Condvar::new() });
        let (stop, stopped) = oneshot::channel();
        let (is_tls, mine) = (tls.is_some(), shared.clone());
        let thread = std::thread::Builder::new().name("scripted".into()).spawn(move || {
            runtime.block_on(async {
                if let Ok(listener) = TcpListener::from_std(listener) {
                    tokio::spawn(accept(listener, mine, tls));
                    // Either way the server is to end.
                    let _ = stopped.await;
                }
            });
        })?;
        Ok(Server { address, is_tls, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// What a provider of a protocol takes as its base URL.
    pub fn base_url(&self, family: Family) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        let path = if family == Family::Messages { "" } else { "/v1" };
        format!("{scheme}://localhost:{}{path}", self.address.port())
    }

    /// Every request so far, in the order of arrival.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.lock().asked.clone()
    }

    /// The greatest number of requests that were in flight at once.
    pub fn peak(&self) -> usize {
        self.shared.lock().peak
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> usize {
        self.shared.lock().accepted
    }

    /// Blocks this thread until so many requests have arrived in all.
    pub fn wait_for_requests(&self, count: usize) {
        self.wait(|seen| seen.attempts.values().map(|n| *n as usize).sum::<usize>() >= count);
    }

    /// Blocks this thread until exactly so many connections stand open.
    pub fn wait_for_connections(&self, count: usize) {
        self.wait(|seen| seen.connections == count);
    }

    fn wait(&self, is_met: impl Fn(&Seen) -> bool) {
        let mut seen = self.shared.lock();
        while !is_met(&seen) {
            seen = self.shared.changed.wait(seen).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server has shown itself in what its client saw.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, tls: Option<TlsAcceptor>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (shared, tls) = (shared.clone(), tls.clone());
        tokio::spawn(async move {
            shared.change(|seen| {
                seen.connections += 1;
                seen.accepted += 1;
            });
            let _open = Counted(&shared, |seen| seen.connections -= 1);
            // Pieces are to leave as pieces.
            let _ = stream.set_nodelay(true);
            // A client that leaves is none of the server's failures.
            let _ = match tls {
                None => serve(stream, &shared).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => serve(stream, &shared).await,
                    Err(error) => Err(error),
                },
            };
        });
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, shared: &Shared) -> io::Result<()> {
    let mut buffer = Vec::new();
    let mut late = Vec::new();
    while let Some(asked) = read_request(&mut stream, &mut buffer, shared).await? {
        let act = shared.script.act(&asked);
        let _open = Counted(shared, |seen| seen.open -= 1);
        stream.write_all(&std::mem::take(&mut late)).await?;
        if !act.delay.is_zero() {
            shared.clock.wait(act.delay).await;
        }
        let body_bytes_max = match &act.fault {
            Some(Fault::Hang) => return wait_for_end(&mut stream).await,
            Some(Fault::Close) => return Ok(()),
            Some(Fault::Status { status, retry_after, body }) => {
                let retry = retry_after.as_ref().map(|value| format!("retry-after: {value}\r\n"));
                let date = "date: Fri, 31 Dec 1999 23:59:29 GMT\r\n";
                let fields = length_field(body.len()) + &retry.unwrap_or_default() + date;
                let head = head(*status, "application/json", &fields);
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(body.as_bytes()).await?;
                continue;
            }
            Some(Fault::HangAfter(bytes) | Fault::CutAfter(bytes)) => Some(*bytes),
            _ => None,
        };
        let rendered = render(&asked, &act);
        let is_short = act.fault == Some(Fault::ShortOfLength);
        // A stream has no length beforehand; real servers send it in chunks (RFC 9112, section 7.1).
        let is_chunked = rendered.content_type.starts_with("text/event-stream");
        let framing = match is_chunked {
            true => "transfer-encoding: chunked\r\n".to_string(),
            false => length_field(rendered.body.len() + usize::from(is_short)),
        };
        let head = head(200, rendered.content_type, &framing);
        for _ in 0..1 + usize::from(act.fault == Some(Fault::DuplicateReply)) {
            stream.write_all(head.as_bytes()).await?;
            let shown = body_bytes_max.unwrap_or(rendered.body.len()).min(rendered.body.len());
            let shown = rendered.body.get(..shown).unwrap_or_default();
            let size = if act.piece_bytes == 0 { shown.len().max(1) } else { act.piece_bytes };
            for piece in shown.chunks(size) {
                match is_chunked {
                    true => stream.write_all(&chunk(piece)).await?,
                    false => stream.write_all(piece).await?,
                }
                stream.flush().await?;
                if !act.piece_delay.is_zero() {
                    shared.clock.wait(act.piece_delay).await;
                }
            }
            if is_chunked && body_bytes_max.is_none() && !is_short {
                stream.write_all(&chunk(b"")).await?;
            }
        }
        stream.flush().await?;
        match act.fault {
            Some(Fault::LateDuplicate) => {
                let body = match is_chunked {
                    true => [chunk(&rendered.body), chunk(b"")].concat(),
                    false => rendered.body,
                };
                late = [head.into_bytes(), body].concat();
            }
            Some(Fault::HangAfter(_)) => return wait_for_end(&mut stream).await,
            Some(Fault::CutAfter(_) | Fault::ShortOfLength) => return stream.shutdown().await,
            _ => {}
        }
    }
    Ok(())
}

fn head(status: u16, content_type: &str, fields: &str) -> String {
    format!("HTTP/1.1 {status} Scripted\r\ncontent-type: {content_type}\r\n{fields}\r\n")
}

fn length_field(bytes: usize) -> String {
    format!("content-length: {bytes}\r\n")
}

/// A chunk; the empty one is the last.
fn chunk(piece: &[u8]) -> Vec<u8> {
    let size = format!("{:x}\r\n", piece.len());
    [size.as_bytes(), piece, b"\r\n"].concat()
}

/// Stays silent until the client goes.
async fn wait_for_end<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<()> {
    let mut rest = [0; 256];
    while stream.read(&mut rest).await? != 0 {}
    Ok(())
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_string())
}

/// Reads one request as our client writes it: a length, no chunks. `None` at the connection's end.
async fn read_request<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
    shared: &Shared,
) -> io::Result<Option<Asked>> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(buffer.get(..head_end).unwrap_or_default()).into_owned();
    let header = |name: &str| {
        let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut found = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_string()).unwrap_or_default()
    };
    let length: usize = header("content-length").parse().map_err(|_| invalid("no content-length"))?;
    while buffer.len() < head_end + length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(invalid("the request's body was cut"));
        }
    }
    let body: Json = serde_json::from_slice(buffer.get(head_end..head_end + length).unwrap_or_default())?;
    buffer.drain(..head_end + length);
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    let family = match path {
        "/v1/chat/completions" => Family::Chat,
        "/v1/responses" => Family::Responses,
        "/v1/messages" => Family::Messages,
        _ => return Err(invalid("no such path")),
    };
    let idempotency_key = header("idempotency-key");
    let bearer = header("authorization");
    let authorization = if bearer.is_empty() { header("x-api-key") } else { bearer };
    let mut asked = Asked { family, body, idempotency_key, authorization, attempt: 1, number: 0 };
    shared.change(|seen| {
        let attempts = seen.attempts.entry(asked.idempotency_key.clone()).or_default();
        *attempts += 1;
        asked.attempt = *attempts;
        seen.open += 1;
        seen.peak = seen.peak.max(seen.open);
        asked.number = seen.asked.len() + 1;
        seen.asked.push(asked.clone());
    });
    Ok(Some(asked))
}
