//! Frames over the socket to a worker, while its outputs are drained.
//!
//! The worker is hostile: it may send anything, too much or nothing. Every wait has an end, no length is trusted, and
//! descriptors that nobody asked for are closed.

use crate::blob::sealed;
use crate::capture::Capture;
use crate::clock::{now, timespec};
use crate::schema::{FRAME_BYTES_MAX, INLINE_BYTES_MAX};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde_json::Value;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

const JSON: u8 = 1;
const BLOB: u8 = 2;
const HEADER: usize = 8;

/// A worker sends one descriptor with a frame at most, and a false count is found with two.
const DESCRIPTORS_MAX: usize = 2;

/// What ended a wait.
pub(crate) enum Event {
    Message(Value, Vec<OwnedFd>),
    /// The worker closed its end or ended.
    Closed,
    /// The time came.
    Due,
    Cancelled,
    /// More was printed than allowed.
    Flood,
    /// It broke the protocol, in words.
    Broken(String),
}

/// Whether a message went out.
pub(crate) enum Sent {
    Whole,
    Closed,
    Due,
    /// Longer than a frame can be, or no memory for it.
    Impossible(String),
}

struct Pipe {
    file: Option<OwnedFd>,
    capture: Capture,
}

pub(crate) struct Channel {
    socket: OwnedFd,
    stdout: Pipe,
    stderr: Pipe,
    process: Option<OwnedFd>,
    cancel: Arc<OwnedFd>,
    received: Vec<u8>,
    descriptors: Vec<OwnedFd>,
    message_bytes: usize,
    printed_bytes: u64,
}

impl Channel {
    pub fn new(
        socket: OwnedFd,
        outputs: (OwnedFd, OwnedFd),
        cancel: Arc<OwnedFd>,
        limits: &crate::limits::Limits,
    ) -> Channel {
        let pipe = |file| Pipe { file: Some(file), capture: Capture::new(limits.kept_bytes) };
        Channel {
            socket,
            stdout: pipe(outputs.0),
            stderr: pipe(outputs.1),
            process: None,
            cancel,
            received: Vec::new(),
            descriptors: Vec::new(),
            message_bytes: limits.message_bytes,
            printed_bytes: limits.printed_bytes,
        }
    }

    /// A duplicate of the handle whose end ends every wait.
    pub fn watch(&mut self, handle: BorrowedFd<'_>) {
        self.process = handle.try_clone_to_owned().ok();
    }

    /// What was printed since the last call: stdout and stderr.
    pub fn printed(&mut self) -> (crate::capture::Output, crate::capture::Output) {
        self.drain();
        (self.stdout.capture.take(), self.stderr.capture.take())
    }

    pub fn send(&mut self, message: &Value, descriptors: &[BorrowedFd<'_>], until: Instant) -> Sent {
        let body = match serde_json::to_vec(message) {
            Ok(body) => body,
            Err(error) => return Sent::Impossible(error.to_string()),
        };
        if body.len() <= INLINE_BYTES_MAX {
            return self.send_frame(JSON, &body, descriptors, until);
        }
        let content = match sealed(&body) {
            Ok(content) => content,
            Err(error) => return Sent::Impossible(format!("no memory for {} bytes: {error}", body.len())),
        };
        let mut all = descriptors.to_vec();
        all.push(content.as_fd());
        self.send_frame(BLOB, &(body.len() as u64).to_le_bytes(), &all, until)
    }

    /// Sends a body as it is, for tests of what the worker refuses.
    pub fn send_frame(
        &mut self,
        kind: u8,
        body: &[u8],
        descriptors: &[BorrowedFd<'_>],
        until: Instant,
    ) -> Sent {
        let (Ok(length), Ok(count)) = (u32::try_from(body.len()), u8::try_from(descriptors.len())) else {
            return Sent::Impossible(format!("a frame holds at most {FRAME_BYTES_MAX} bytes"));
        };
        let mut frame = length.to_le_bytes().to_vec();
        frame.extend([kind, count, 0, 0]);
        frame.extend(body);
        let mut sent = 0;
        while let Some(rest) = frame.get(sent..).filter(|rest| !rest.is_empty()) {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
            let mut rights = SendAncillaryBuffer::new(&mut space);
            if sent == 0
                && !descriptors.is_empty()
                && !rights.push(SendAncillaryMessage::ScmRights(descriptors))
            {
                return Sent::Impossible("a frame carries at most 4 descriptors".to_string());
            }
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match sendmsg(&self.socket, &[IoSlice::new(rest)], &mut rights, flags) {
                Ok(count) => sent += count,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => {
                    if now() >= until {
                        return Sent::Due;
                    }
                    self.wait(PollFlags::OUT, until, false);
                }
                Err(_) => return Sent::Closed,
            }
        }
        Sent::Whole
    }

    /// The next message; `cancellable` waits end when someone cancels.
    pub fn receive(&mut self, until: Instant, cancellable: bool) -> Event {
        loop {
            match self.next_frame() {
                Ok(Some((value, descriptors))) => {
                    self.drain();
                    return Event::Message(value, descriptors);
                }
                Ok(None) => {}
                Err(reason) => return Event::Broken(reason),
            }
            match self.read_socket() {
                Ok(true) => continue,
                Ok(false) => {
                    self.drain();
                    return Event::Closed;
                }
                Err(Errno::AGAIN) => {}
                Err(_) => return Event::Closed,
            }
            self.drain();
            if self.stdout.capture.bytes().max(self.stderr.capture.bytes()) > self.printed_bytes {
                return Event::Flood;
            }
            if now() >= until {
                return Event::Due;
            }
            let ready = self.wait(PollFlags::IN, until, cancellable);
            if ready.cancelled {
                return Event::Cancelled;
            }
            if ready.ended && !matches!(self.read_socket(), Ok(true)) {
                self.drain();
                return Event::Closed;
            }
        }
    }

    /// A whole frame of what was received.
    fn next_frame(&mut self) -> Result<Option<(Value, Vec<OwnedFd>)>, String> {
        let Some(([a, b, c, d, kind, count, e, f], _)) = self.received.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        if [*e, *f] != [0, 0] || *kind != JSON {
            return Err(format!("a frame of kind {kind}, where a worker sends kind {JSON}"));
        }
        if length > self.message_bytes {
            return Err(format!("a frame of {length} bytes, where at most {} are taken", self.message_bytes));
        }
        let count = usize::from(*count);
        let Some(body) = self.received.get(HEADER..HEADER + length) else { return Ok(None) };
        if count != self.descriptors.len() {
            return Err(format!("a frame with {count} descriptors came with {}", self.descriptors.len()));
        }
        let value =
            serde_json::from_slice(body).map_err(|error| format!("a frame that is no JSON: {error}"))?;
        self.received.drain(..HEADER + length);
        Ok(Some((value, std::mem::take(&mut self.descriptors))))
    }

    /// Reads what there is; `false` at the end of the stream.
    fn read_socket(&mut self) -> Result<bool, Errno> {
        let mut bytes = [0u8; 1 << 16];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut rights = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
        let got = loop {
            match recvmsg(&self.socket, &mut [IoSliceMut::new(&mut bytes)], &mut rights, flags) {
                Err(Errno::INTR) => continue,
                other => break other?,
            }
        };
        for message in rights.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                // Nobody needs more than one; the others close here.
                self.descriptors.extend(descriptors.take(DESCRIPTORS_MAX));
                self.descriptors.truncate(DESCRIPTORS_MAX);
            }
        }
        self.received.extend(bytes.get(..got.bytes).unwrap_or(&[]));
        Ok(got.bytes > 0)
    }

    fn drain(&mut self) {
        for pipe in [&mut self.stdout, &mut self.stderr] {
            let mut bytes = [0u8; 1 << 16];
            // An endless writer must not keep us here: a pipe's buffer is read a few times, then others have a turn.
            for _ in 0..16 {
                let Some(file) = &pipe.file else { break };
                match rustix::io::read(file, &mut bytes) {
                    Ok(0) => pipe.file = None,
                    Ok(count) => pipe.capture.push(bytes.get(..count).unwrap_or(&[])),
                    Err(Errno::INTR) => continue,
                    Err(Errno::AGAIN) => break,
                    Err(_) => pipe.file = None,
                }
            }
        }
    }

    fn wait(&mut self, socket: PollFlags, until: Instant, cancellable: bool) -> Ready {
        let left = until.saturating_duration_since(now());
        let mut entries = vec![PollFd::new(&self.socket, socket)];
        let place = |entries: &mut Vec<PollFd<'_>>| entries.len() - 1;
        let (mut cancelled, mut ended) = (None, None);
        if cancellable {
            entries.push(PollFd::new(&*self.cancel, PollFlags::IN));
            cancelled = Some(place(&mut entries));
        }
        if let Some(process) = &self.process {
            entries.push(PollFd::new(process, PollFlags::IN));
            ended = Some(place(&mut entries));
        }
        for pipe in [&self.stdout, &self.stderr] {
            if let Some(file) = &pipe.file {
                entries.push(PollFd::new(file, PollFlags::IN));
            }
        }
        // An interrupted wait is a short one.
        let _ = poll(&mut entries, Some(&timespec(left)));
        let is = |at: Option<usize>| {
            at.and_then(|at| entries.get(at)).is_some_and(|entry| !entry.revents().is_empty())
        };
        let ready = Ready { cancelled: is(cancelled), ended: is(ended) };
        drop(entries);
        if socket == PollFlags::OUT {
            self.drain();
        }
        ready
    }
}

struct Ready {
    cancelled: bool,
    ended: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use proptest::prelude::*;
    use std::time::Duration;

    /// What a channel says to these bytes of a worker that then closes its end.
    fn said(bytes: &[u8]) -> Vec<String> {
        let limits = Limits { message_bytes: 1 << 10, ..Limits::default() };
        let crate::spawn::Lines { mut channel, ends, .. } =
            crate::spawn::lines(&limits, crate::Canceller::new().expect("a descriptor")).expect("sockets");
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = rustix::io::write(&ends.socket, rest).expect("a buffer longer than the bytes");
            rest = &rest[count..];
        }
        drop(ends);
        let mut said = Vec::new();
        loop {
            match channel.receive(now() + Duration::from_secs(60), false) {
                Event::Message(value, _) => said.push(value.to_string()),
                Event::Closed => said.push("closed".to_string()),
                Event::Broken(reason) => said.push(format!("broken: {reason}")),
                _ => said.push("late".to_string()),
            }
            if !said.last().is_some_and(|last| last.starts_with('{')) {
                return said;
            }
        }
    }

    fn frame(body: &[u8]) -> Vec<u8> {
        let mut frame = (body.len() as u32).to_le_bytes().to_vec();
        frame.extend([JSON, 0, 0, 0]);
        frame.extend(body);
        frame
    }

    #[test]
    fn frames_come_out_as_they_went_in() {
        let two = [frame(b"{\"a\":1}"), frame(b"{}")].concat();
        assert_eq!(said(&two), ["{\"a\":1}", "{}", "closed"]);
        assert_eq!(said(&two[..two.len() - 1]), ["{\"a\":1}", "closed"]);
        assert_eq!(
            said(&frame(&[b' '; 1025]))[0],
            "broken: a frame of 1025 bytes, where at most 1024 are taken"
        );
        let mut counted = frame(b"{}");
        counted[5] = 1;
        assert_eq!(said(&counted)[0], "broken: a frame with 1 descriptors came with 0");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: runs(), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn survives_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let said = said(&bytes);
            prop_assert!(said.last().is_some_and(|last| last == "closed" || last.starts_with("broken")), "{said:?}");
        }

        #[test]
        fn survives_spoilt_frames(body in prop::collection::vec(any::<u8>(), 0..40), at in 0usize..20, to: u8) {
            let mut bytes = [frame(b"{\"id\":1}"), frame(&body)].concat();
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            let said = said(&bytes);
            prop_assert!(said.last().is_some_and(|last| last == "closed" || last.starts_with("broken")), "{said:?}");
        }
    }

    fn runs() -> u32 {
        std::env::var("LUMEN_FUZZ_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(256)
    }
}
