//! Which texts stand for a missing value.

use std::collections::HashSet;

/// pandas' default words.
const DEFAULT: [&str; 19] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
    "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
];

/// A set of words, with a filter that turns most cells away at once.
#[derive(Debug)]
pub(crate) struct MissingWords {
    words: HashSet<Vec<u8>>,
    empty: bool,
    len_max: usize,
    starts: [bool; 256],
}

impl MissingWords {
    pub(crate) fn new<'a>(defaults: bool, more: impl Iterator<Item = &'a String>) -> Self {
        let defaults = DEFAULT.iter().filter(|_| defaults).map(|word| word.as_bytes().to_vec());
        let words: HashSet<Vec<u8>> = defaults.chain(more.map(|word| word.as_bytes().to_vec())).collect();
        let mut starts = [false; 256];
        words.iter().filter_map(|word| word.first()).for_each(|&byte| starts[usize::from(byte)] = true);
        Self {
            empty: words.contains(&b""[..]),
            len_max: words.iter().map(Vec::len).max().unwrap_or(0),
            starts,
            words,
        }
    }

    pub(crate) fn none() -> Self {
        Self::new(false, [].iter())
    }

    #[inline]
    pub(crate) fn contains(&self, cell: &[u8]) -> bool {
        match cell.first() {
            None => self.empty,
            Some(&byte) => {
                self.starts[usize::from(byte)] && cell.len() <= self.len_max && self.words.contains(cell)
            }
        }
    }
}
