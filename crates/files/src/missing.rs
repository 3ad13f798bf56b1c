//! Which texts stand for a missing value.

/// pandas' default words.
const DEFAULT: [&str; 19] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
    "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
];

/// A set of words by their first byte, which turns most cells away at once.
#[derive(Debug)]
pub(crate) struct MissingWords {
    empty: bool,
    /// Bytes of the longest word.
    longest: usize,
    by_start: Vec<Vec<Vec<u8>>>,
}

impl MissingWords {
    pub(crate) fn new<'a>(defaults: bool, more: impl Iterator<Item = &'a String>) -> Self {
        let defaults = DEFAULT.into_iter().filter(|_| defaults);
        let mut found = Self { empty: false, longest: 0, by_start: vec![Vec::new(); 256] };
        for word in defaults.chain(more.map(String::as_str)) {
            found.longest = found.longest.max(word.len());
            match word.bytes().next() {
                None => found.empty = true,
                Some(start) => found.by_start[usize::from(start)].push(word.into()),
            }
        }
        found
    }

    pub(crate) fn none() -> Self {
        Self::new(false, [].iter())
    }

    #[inline]
    pub(crate) fn contains(&self, cell: &[u8]) -> bool {
        match cell.first() {
            None => self.empty,
            Some(_) if cell.len() > self.longest => false,
            Some(&start) => self.by_start[usize::from(start)].iter().any(|word| word == cell),
        }
    }
}
