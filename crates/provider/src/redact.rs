//! Takes keys out of what is kept or shown.

use secrecy::{ExposeSecret, SecretString};

/// What stands in a key's place.
const MARK: &str = "[redacted]";

/// Words before a key in a header, which stay; and how keys begin that the makers give out, which is part of them.
const INTRODUCTIONS: [(&str, usize); 4] = [("Bearer ", 7), ("bearer ", 7), ("x-api-key: ", 11), ("sk-", 0)];

/// A word after an introduction is a key from this length on, if it has a digit; else it is prose: a bearer of
/// responsibilities, a risk-adjusted return.
const KEY_BYTES_MIN: usize = 16;

/// Knows the keys of this process, and the looks of others.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Vec<SecretString>,
}

impl Redactor {
    /// For these keys; an empty one is none.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Redactor {
        let secrets = secrets.into_iter().filter(|secret| !secret.expose_secret().is_empty());
        Redactor { secrets: secrets.collect() }
    }

    /// A text without keys.
    pub fn text(&self, text: &str) -> String {
        let spans = self.spans(text.as_bytes());
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end) in spans {
            // Keys and introductions begin and end at characters: bytes of theirs are never within another's.
            out.push_str(text.get(at..start).unwrap_or_default());
            out.push_str(MARK);
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// A body in pieces without keys, those included that lie across pieces. Each piece keeps what else it had; the
    /// mark stands where the key began.
    pub fn chunks(&self, chunks: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let joined = chunks.concat();
        let spans = self.spans(&joined);
        let mut out = Vec::with_capacity(chunks.len());
        let mut start = 0;
        for chunk in chunks {
            let end = start + chunk.len();
            let mut kept = Vec::with_capacity(chunk.len());
            let mut at = start;
            for (from, to) in spans.iter().filter(|(from, to)| *from < end && *to > start) {
                kept.extend_from_slice(joined.get(at..(*from).max(at)).unwrap_or_default());
                if *from >= start {
                    kept.extend_from_slice(MARK.as_bytes());
                }
                at = (*to).min(end);
            }
            kept.extend_from_slice(joined.get(at..end).unwrap_or_default());
            out.push(kept);
            start = end;
        }
        out
    }

    /// Where keys are: in order, apart from each other.
    fn spans(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        for secret in &self.secrets {
            for form in forms(secret.expose_secret()) {
                spans.extend(positions(bytes, &form).map(|at| (at, at + form.len())));
            }
        }
        for (introduction, stays) in INTRODUCTIONS {
            for at in positions(bytes, introduction.as_bytes()) {
                let start = at + introduction.len();
                let rest = bytes.get(start..).unwrap_or_default();
                let length = rest.iter().take_while(|byte| is_key_byte(**byte)).count();
                let word = rest.get(..length).unwrap_or_default();
                let begins = at.checked_sub(1).and_then(|before| bytes.get(before)).is_none_or(|before| {
                    // Another word ends so; what is put together from JSON's escapes may stand here as well.
                    !before.is_ascii_alphanumeric()
                        || at.checked_sub(2).and_then(|n| bytes.get(n)) == Some(&b'\\')
                });
                if begins && length >= KEY_BYTES_MIN && word.iter().any(u8::is_ascii_digit) {
                    spans.push((at + stays, start + length));
                }
            }
        }
        spans.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for (start, end) in spans {
            match merged.last_mut() {
                Some(last) if start < last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        merged
    }
}

/// The key as it is, and as JSON may write it.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let quoted = serde_json::Value::from(secret).to_string();
    let inner = quoted.get(1..quoted.len() - 1).unwrap_or(secret).to_string();
    let slashed = inner.replace('/', "\\/");
    let mut forms = vec![secret.to_string(), inner, slashed];
    forms.dedup();
    forms.into_iter().map(String::into_bytes).collect()
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.+/=~".contains(&byte)
}

fn positions<'b>(bytes: &'b [u8], pattern: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    bytes.windows(pattern.len().max(1)).enumerate().filter(move |(_, w)| *w == pattern).map(|(at, _)| at)
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} keys)", self.secrets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "key/with-slash.0123456789";

    fn redactor() -> Redactor {
        Redactor::new([SecretString::from(CANARY), SecretString::from("")])
    }

    #[test]
    fn keys_leave_a_text_and_the_rest_stays() {
        let text = format!("a {CANARY} b key\\/with-slash.0123456789 c é");
        assert_eq!(redactor().text(&text), "a [redacted] b [redacted] c é");
        assert_eq!(redactor().text("nothing of the kind"), "nothing of the kind");
    }

    #[test]
    fn what_looks_like_a_key_is_taken_out_without_being_known() {
        let said =
            "Authorization: Bearer abcdefghijklmno1, sk-proj-0123456789abcdef; a Bearer token, sk-short";
        let expected = "Authorization: Bearer [redacted], [redacted]; a Bearer token, sk-short";
        assert_eq!(Redactor::default().text(said), expected);
    }

    #[test]
    fn prose_that_reads_as_the_beginning_of_a_key_stays() {
        for prose in [
            "a bearer responsibilities-and-duties",
            "task-0123456789-of-the-long-list",
            "the risk-adjusted-returns-of-2024",
            "Bearer short1",
        ] {
            assert_eq!(Redactor::default().text(prose), prose);
        }
        // A line feed as JSON writes it, then a key.
        assert_eq!(Redactor::default().text("\\nsk-0123456789abcdef"), "\\n[redacted]");
    }

    #[test]
    fn a_key_across_pieces_is_found_at_every_cut() {
        let whole = format!("é{CANARY}!");
        for cut in 1..whole.len() {
            let (left, right) = whole.as_bytes().split_at(cut);
            let kept = redactor().chunks(&[left.to_vec(), right.to_vec()]);
            assert_eq!(kept.len(), 2);
            assert_eq!(kept.concat(), "é[redacted]!".as_bytes(), "cut at {cut}");
        }
        let bytes: Vec<Vec<u8>> = whole.bytes().map(|byte| vec![byte]).collect();
        assert_eq!(redactor().chunks(&bytes).concat(), "é[redacted]!".as_bytes());
    }
}
