//! Tables of a manifest, key by key: of its type, or an error with line, path and what was expected.

use toml_edit::{Item, TableLike};

use crate::error::{Error, ErrorKind, Result};

/// A file for errors.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// An error at a byte.
    pub(super) fn error(&self, at: Option<usize>, what: &str) -> Error {
        let before = self.text.as_bytes().iter().take(at.unwrap_or(0));
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        Error::new(ErrorKind::Config, format!("{}:{line}: {what}", self.name))
    }
}

/// One table.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    source: &'a Source<'a>,
    path: String,
    item: &'a Item,
    table: &'a dyn TableLike,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source<'a>, path: String, item: &'a Item) -> Result<Reader<'a>> {
        let table = item.as_table_like().ok_or_else(|| {
            source.error(
                item.span().map(|span| span.start),
                &format!("`{path}` is no table; expected `[{path}]`"),
            )
        })?;
        Ok(Reader { source, path, item, table })
    }

    /// An error at a key, or at the table where it has none.
    pub(super) fn error(&self, key: &str, what: &str) -> Error {
        let place = self.table.get(key).and_then(Item::span).or_else(|| self.item.span());
        self.source.error(place.map(|span| span.start), &format!("{}.{key}: {what}", self.path))
    }

    /// Refuses keys that have no meaning. Their values are not repeated: one may be a key to a server.
    pub(super) fn only(&self, known: &[&str]) -> Result<()> {
        match self.table.iter().find(|(key, _)| !known.contains(key)) {
            None => Ok(()),
            Some((key, _)) => Err(self.error(key, &unknown("key", key, known.iter().copied()))),
        }
    }

    fn required<T>(&self, key: &str, found: Option<T>, is_required: bool) -> Result<Option<T>> {
        match found {
            None if is_required => Err(self.error(key, "is absent")),
            found => Ok(found),
        }
    }

    pub(super) fn text(&self, key: &str, is_required: bool) -> Result<Option<String>> {
        let found = self.table.get(key).map(|item| {
            let text = item.as_str().filter(|text| !text.is_empty());
            text.map(str::to_string).ok_or_else(|| self.error(key, "expected a text that is not empty"))
        });
        self.required(key, found.transpose()?, is_required)
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>> {
        let wrong = || self.error(key, "expected a list of texts");
        let Some(item) = self.table.get(key) else { return Ok(Vec::new()) };
        let items = item.as_array().ok_or_else(wrong)?;
        items.iter().map(|item| item.as_str().map(str::to_string).ok_or_else(wrong)).collect()
    }

    /// An integer from 1 on: nothing here has a meaning at 0.
    pub(super) fn count(&self, key: &str) -> Result<Option<u64>> {
        let found = self.table.get(key).map(|item| {
            let number = item.as_integer().and_then(|number| u64::try_from(number).ok());
            number
                .filter(|number| *number > 0)
                .ok_or_else(|| self.error(key, "expected an integer from 1 on"))
        });
        found.transpose()
    }

    pub(super) fn one_of(
        &self,
        key: &str,
        known: &[&'static str],
        is_required: bool,
    ) -> Result<Option<&'static str>> {
        let Some(text) = self.text(key, is_required)? else { return Ok(None) };
        match known.iter().find(|name| **name == text) {
            Some(name) => Ok(Some(name)),
            None => Err(self.error(key, &unknown(key, &text, known.iter().copied()))),
        }
    }

    pub(super) fn table(&self, key: &str) -> Result<Option<Reader<'a>>> {
        let item = self.table.get(key);
        item.map(|item| Reader::new(self.source, format!("{}.{key}", self.path), item)).transpose()
    }
}

/// Says that something is unknown, and what is known that looks most like it.
pub(super) fn unknown<'k>(what: &str, found: &str, known: impl Iterator<Item = &'k str>) -> String {
    let nearest = known.map(|name| (distance(found, name), name)).min();
    match nearest {
        None => format!("the {what} `{found}` is unknown, and there is none"),
        Some((_, name)) => format!("the {what} `{found}` is unknown; the nearest is `{name}`"),
    }
}

/// Characters to insert, delete, replace or swap with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut previous = None;
    for (row, a) in left.chars().enumerate() {
        let mut next = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&last, column) + usize::from(a != *b);
            let mut least = replaced.min(at(&last, column + 1) + 1).min(at(&next, column) + 1);
            let left_of = column.checked_sub(1).and_then(|index| right.get(index));
            if previous == Some(*b) && left_of == Some(&a) {
                least = least.min(at(&before, column - 1) + 1);
            }
            next.push(least);
        }
        previous = Some(a);
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand.
    #[test]
    fn a_distance_counts_edits_and_swaps() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kind", "kind", 0),
            ("kidn", "kind", 1),
            ("base_ulr", "base_url", 1),
            ("anthropc", "anthropic", 1),
            ("kitten", "sitting", 3),
            ("abc", "xyz", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }
}
