//! What a worker writes to its standard streams: always drained, and the end of it kept.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How much of a stream is kept.
pub const KEPT_BYTES: usize = 256 << 10;

/// After a worker's end its pipe may still hold words, or be held open by a grandchild.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A stream being drained by a thread of its own.
pub struct Drained {
    kept: Arc<Mutex<VecDeque<u8>>>,
    ended: Receiver<()>,
}

impl Drained {
    pub fn new(mut stream: impl Read + Send + 'static) -> Drained {
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let (end, ended) = channel();
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(chunk.iter().take(count));
                let surplus = kept.len().saturating_sub(KEPT_BYTES);
                kept.drain(..surplus);
            }
            // Nobody may be waiting any more.
            let _ = end.send(());
        });
        Drained { kept, ended }
    }

    /// The end of the stream of a worker that is gone.
    pub fn last_words(&self) -> String {
        let _ = self.ended.recv_timeout(LAST_WORDS);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(kept.make_contiguous()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_stream_is_kept() {
        let mut text = vec![b'a'; KEPT_BYTES];
        text.extend(b"the end");
        let kept = Drained::new(std::io::Cursor::new(text)).last_words();
        assert_eq!(kept.len(), KEPT_BYTES);
        assert!(kept.ends_with("aaathe end"));
    }
}
