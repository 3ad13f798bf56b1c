//! HTTP/1.1 (RFC 9112) as far as pages for this machine need it: one GET a connection, bounded in bytes and time.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The longest request line and headers together.
pub const HEAD_BYTES_MAX: usize = 8 << 10;

/// The longest that a connection may take, from its first byte to its last.
const CONNECTION: Duration = Duration::from_secs(10);

/// What a client asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    /// An absolute path, still percent-encoded.
    pub path: String,
    pub host: String,
}

/// What goes back.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Answer {
    pub fn ok(kind: &'static str, body: String) -> Answer {
        Answer { status: 200, kind, headers: Vec::new(), body }
    }

    /// A status that is no success, in plain words.
    pub fn refused(status: u16, why: &str) -> Answer {
        let body = format!("{status} {}: {}\n", phrase(status), report::escape::visible(why));
        Answer { status, kind: "text/plain; charset=utf-8", headers: Vec::new(), body }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        500 => "Internal Server Error",
        _ => "Error",
    }
}

/// Reads one request, answers it, closes.
///
/// # Errors
/// A client that went away or was too slow.
pub fn exchange(stream: &TcpStream, answer: impl FnOnce(Asked) -> Answer) -> io::Result<()> {
    let mut timed = Timed { stream, until: now() + CONNECTION };
    let answer = match head(&mut timed)? {
        Some(head) => asked(&head).map_or_else(|refusal| refusal, answer),
        None => Answer::refused(400, &format!("the request is longer than {HEAD_BYTES_MAX} bytes")),
    };
    write(&mut timed, &answer)?;
    // Closing with unread bytes would make the system throw the answer away.
    stream.shutdown(std::net::Shutdown::Write)?;
    io::copy(&mut timed.take(8 * HEAD_BYTES_MAX as u64), &mut io::sink()).map(|_| ())
}

/// The bytes up to the empty line; none where they are too many.
fn head(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let read = from.read(&mut piece)?;
        head.extend(piece.iter().take(read));
        let end = head.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        match end {
            Some(end) if end <= HEAD_BYTES_MAX => {
                head.truncate(end);
                return Ok(Some(head));
            }
            _ if head.len() > HEAD_BYTES_MAX => return Ok(None),
            _ if read == 0 => return Ok(Some(head)),
            _ => {}
        }
    }
}

fn asked(head: &[u8]) -> Result<Asked, Answer> {
    let bad = |why: &str| Answer::refused(400, why);
    let head = std::str::from_utf8(head).map_err(|_| bad("expected ASCII text"))?;
    let mut lines = head.split("\r\n");
    let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, target, version] = words[..] else {
        return Err(bad("expected `GET /conformance HTTP/1.1`"));
    };
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Err(bad(&format!("expected HTTP/1.1, found {version}")));
    }
    if method != "GET" {
        let why = format!("pages are read with GET, found {method}");
        return Err(Answer::refused(405, &why).header("Allow", "GET"));
    }
    if !target.starts_with('/') {
        return Err(bad(&format!("expected a path that starts with /, found {target}")));
    }
    if target.contains('?') {
        return Err(bad("no page takes a query"));
    }
    let mut hosts = Vec::new();
    for line in lines {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| bad(&format!("expected a header `name: value`, found {line}")))?;
        if name.eq_ignore_ascii_case("host") {
            hosts.push(value.trim());
        }
    }
    match hosts[..] {
        [host] => Ok(Asked { path: target.to_string(), host: host.to_string() }),
        _ => Err(bad(&format!("expected one Host header, found {}", hosts.len()))),
    }
}

fn write(to: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let Answer { status, kind, headers, body } = answer;
    let mut text = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n",
        phrase(*status),
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    to.write_all(text.as_bytes())?;
    to.write_all(body.as_bytes())
}

/// A connection that ends at a moment, however slowly its other side drips.
struct Timed<'a> {
    stream: &'a TcpStream,
    until: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.checked_duration_since(now()).filter(|left| !left.is_zero());
        left.ok_or_else(|| io::ErrorKind::TimedOut.into())
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(bytes)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a client may take is no result")]
fn now() -> Instant {
    Instant::now()
}
