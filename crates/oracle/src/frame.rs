//! Frames on the socket: `u32` body length (little endian), `u8` kind, `u8` descriptor count, `u16` zero, body.

use std::io::{self, Read, Write};

/// The longest body.
pub const LONGEST: usize = 64 << 20;

const HEADER: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Json = 1,
    /// Bytes that the JSON frame before it announced.
    Blob = 2,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: Kind,
    pub body: Vec<u8>,
}

/// What came instead of a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("the socket was closed")]
    Closed,
    #[error("the socket was closed inside a frame")]
    Cut,
    #[error("expected a frame of at most {LONGEST} bytes, found one of {0}")]
    TooLong(u64),
    #[error("expected a frame header, found the bytes {0:02x?}")]
    Garbage([u8; 8]),
    #[error("reading the socket failed: {0}")]
    Io(String),
}

/// Reads one frame.
pub fn read(source: &mut impl Read) -> Result<Frame, FrameError> {
    let mut header = [0; HEADER];
    let mut filled = 0;
    while filled < HEADER {
        match source.read(&mut header[filled..]) {
            Ok(0) if filled == 0 => return Err(FrameError::Closed),
            Ok(0) => return Err(FrameError::Cut),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(lost(error)),
        }
    }
    let [a, b, c, d, kind, descriptors, zero, zeros] = header;
    let kind = match kind {
        1 => Kind::Json,
        2 => Kind::Blob,
        _ => return Err(FrameError::Garbage(header)),
    };
    if [descriptors, zero, zeros] != [0; 3] {
        return Err(FrameError::Garbage(header));
    }
    let length = u32::from_le_bytes([a, b, c, d]);
    if length as usize > LONGEST {
        return Err(FrameError::TooLong(length.into()));
    }
    let mut body = Vec::new();
    match source.take(length.into()).read_to_end(&mut body) {
        Ok(read) if read == length as usize => Ok(Frame { kind, body }),
        Ok(_) => Err(FrameError::Cut),
        Err(error) => Err(lost(error)),
    }
}

/// A worker that dies with unread questions resets the socket instead of closing it.
fn lost(error: io::Error) -> FrameError {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => FrameError::Closed,
        _ => FrameError::Io(error.to_string()),
    }
}

/// Appends one frame to a buffer; false if the body is longer than a frame may be.
pub fn append(buffer: &mut Vec<u8>, kind: Kind, body: &[u8]) -> bool {
    let Some(length) = u32::try_from(body.len()).ok().filter(|_| body.len() <= LONGEST) else { return false };
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(&[kind as u8, 0, 0, 0]);
    buffer.extend_from_slice(body);
    true
}

/// Sends what was appended.
pub fn send(target: &mut impl Write, buffer: &[u8]) -> io::Result<()> {
    target.write_all(buffer)?;
    target.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(kind: Kind, body: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::new();
        assert!(append(&mut buffer, kind, body));
        buffer
    }

    #[test]
    fn frames_come_back_as_they_were_sent() {
        let mut bytes = framed(Kind::Json, b"{}");
        bytes.extend(framed(Kind::Blob, &[]));
        let mut source = bytes.as_slice();
        assert_eq!(read(&mut source), Ok(Frame { kind: Kind::Json, body: b"{}".to_vec() }));
        assert_eq!(read(&mut source), Ok(Frame { kind: Kind::Blob, body: vec![] }));
        assert_eq!(read(&mut source), Err(FrameError::Closed));
    }

    #[test]
    fn every_cut_frame_is_named() {
        let bytes = framed(Kind::Json, b"{\"a\":1}");
        for length in 1..bytes.len() {
            assert_eq!(read(&mut &bytes[..length]), Err(FrameError::Cut), "{length}");
        }
    }

    #[test]
    fn a_header_that_is_none_is_named() {
        assert_eq!(read(&mut &b"Traceback (most"[..]), Err(FrameError::Garbage(*b"Tracebac")));
        assert_eq!(
            read(&mut &[1, 0, 0, 0, 1, 1, 0, 0, 7][..]),
            Err(FrameError::Garbage([1, 0, 0, 0, 1, 1, 0, 0]))
        );
        let huge = [1, 0, 0, 4, 1, 0, 0, 0];
        assert_eq!(read(&mut &huge[..]), Err(FrameError::TooLong((64 << 20) + 1)));
    }
}
