//! Whether a delta fits a state: the only door to a change.
//!
//! Validation reads and answers; it neither locks nor allocates unless the answer is no. Applying takes a
//! [`ValidDelta`], which nothing else builds.

use plan::{Change, Delta, tag};

use crate::error::{Error, ErrorKind, Result};
use crate::pages::{Entry, Pages};
use crate::patch;
use crate::snapshot::Snapshot;

/// A delta that fits the state it was validated against.
#[derive(Clone, Copy, Debug)]
pub struct ValidDelta<'a> {
    delta: &'a Delta,
}

impl<'a> ValidDelta<'a> {
    /// The delta.
    pub fn delta(&self) -> &'a Delta {
        self.delta
    }

    /// The bytes that the page has after the change: none for a deletion. `before` are those it had; a page that is
    /// created has none.
    pub fn resulting_bytes(&self, before: &[u8]) -> Vec<u8> {
        match &self.delta.change {
            Change::Create { size_bytes, .. } => vec![0; *size_bytes as usize],
            Change::Delete => Vec::new(),
            Change::Metadata(_) => before.to_vec(),
            Change::Write(patch) => {
                let mut bytes = before.to_vec();
                patch::apply(patch, &mut bytes);
                bytes
            }
        }
    }
}

/// Checks a delta against a state: the page is there in the version that the delta starts from, every byte lies in
/// it; a creation takes the next id and a free name.
///
/// # Errors
/// `Malformed` with field, expected and found; `UnknownPage`.
pub fn validate<'a>(snapshot: &Snapshot, delta: &'a Delta) -> Result<ValidDelta<'a>> {
    one(snapshot.pages(), delta)
}

fn malformed(field: &'static str, expected: impl ToString, found: impl ToString) -> Error {
    Error::new(ErrorKind::Malformed, format!("the delta's {field} does not fit the state"))
        .expected(expected.to_string())
        .found(found.to_string())
}

pub(crate) fn unknown_page(id: u64) -> Error {
    Error::new(ErrorKind::UnknownPage, "the page does not exist").on_page(id)
}

pub(crate) fn one<'a>(pages: &Pages, delta: &'a Delta) -> Result<ValidDelta<'a>> {
    delta.validate().map_err(Error::malformed)?;
    if let Change::Create { name, .. } = &delta.change {
        if delta.page != pages.next_id() {
            return Err(malformed("page id", pages.next_id(), delta.page).on_page(delta.page));
        }
        check_name(pages, name.as_deref()).map_err(|error| error.on_page(delta.page))?;
        return Ok(ValidDelta { delta });
    }
    let page = existing(pages, delta)?;
    if let Change::Write(patch) = &delta.change {
        fits(patch, page.size_bytes() as u64).map_err(|error| error.on_page(delta.page))?;
    }
    Ok(ValidDelta { delta })
}

/// Checks only that a delta can be applied: its page is there and large enough, or free to be created with its name.
/// For replays that leave something out, where versions and ids tell what is missing.
pub(crate) fn applicable<'a>(pages: &Pages, delta: &'a Delta) -> Option<ValidDelta<'a>> {
    let fitting = match &delta.change {
        Change::Create { name, .. } => {
            delta.page >= pages.next_id() && check_name(pages, name.as_deref()).is_ok()
        }
        Change::Write(patch) => {
            pages.get(delta.page).is_some_and(|page| fits(patch, page.size_bytes() as u64).is_ok())
        }
        Change::Delete | Change::Metadata(_) => pages.get(delta.page).is_some(),
    };
    fitting.then_some(ValidDelta { delta })
}

fn existing<'p>(pages: &'p Pages, delta: &Delta) -> Result<&'p Entry> {
    let page = pages.get(delta.page).ok_or_else(|| unknown_page(delta.page))?;
    if page.version() != delta.base {
        return Err(malformed("base version", page.version(), delta.base).on_page(delta.page));
    }
    Ok(page)
}

fn check_name(pages: &Pages, name: Option<&str>) -> Result<()> {
    match name.and_then(|name| pages.find(name)) {
        None => Ok(()),
        Some(id) => Err(malformed("page name", "a free one", format!("that of page {id}"))),
    }
}

fn fits(patch: &plan::Patch, size_bytes: u64) -> Result<()> {
    let (end, exactly) = patch::extent(patch);
    if end > size_bytes {
        return Err(malformed("range", format!("at most {size_bytes} bytes"), format!("byte {}", end - 1)));
    }
    if exactly.is_some_and(|len| len != size_bytes) {
        return Err(malformed("length", format!("{size_bytes} bytes"), format!("{end}")));
    }
    Ok(())
}

/// The deltas of one transaction that fit a state, in the order of a record: by tag, then by page.
#[derive(Default)]
pub(crate) struct ValidDeltas(Vec<Delta>);

impl ValidDeltas {
    /// Checks the deltas of one transaction against the state before it.
    pub(crate) fn check(pages: &Pages, deltas: Vec<Delta>) -> Result<ValidDeltas> {
        batch(pages, &deltas)?;
        Ok(ValidDeltas(deltas))
    }

    pub(crate) fn as_slice(&self) -> &[Delta] {
        &self.0
    }

    /// In the order in which they are applied.
    pub(crate) fn batch(&self) -> ValidBatch<'_> {
        ValidBatch(&self.0)
    }
}

/// The deltas of one transaction, in the order of a record: by tag, then by page.
#[derive(Clone, Copy)]
pub(crate) struct ValidBatch<'a>(&'a [Delta]);

impl<'a> ValidBatch<'a> {
    /// In the order in which they are applied: creations, writes, metadata, deletions.
    pub(crate) fn iter(self) -> impl Iterator<Item = ValidDelta<'a>> {
        let [writes, creations, deletions, metadata] =
            [tag::WRITE, tag::CREATE, tag::DELETE, tag::META].map(|tag| of_tag(self.0, tag));
        let ordered = [creations, writes, metadata, deletions];
        ordered.into_iter().flatten().map(|delta| ValidDelta { delta })
    }
}

/// What has one tag is one piece.
fn of_tag(deltas: &[Delta], tag: u8) -> &[Delta] {
    let start = deltas.partition_point(|delta| delta.tag() < tag);
    let end = deltas.partition_point(|delta| delta.tag() <= tag);
    deltas.get(start..end).unwrap_or_default()
}

/// Checks the deltas of one transaction against the state before it. A write with base 0 is to a page that the same
/// transaction creates.
pub(crate) fn batch<'a>(pages: &Pages, deltas: &'a [Delta]) -> Result<ValidBatch<'a>> {
    let order = |delta: &Delta| (delta.tag(), delta.page);
    if !deltas.is_sorted_by(|a, b| order(a) < order(b)) {
        return Err(malformed("order", "ascending kinds and pages", "another"));
    }
    let (creations, deletions) = (of_tag(deltas, tag::CREATE), of_tag(deltas, tag::DELETE));
    let deleted = |id: u64| deletions.binary_search_by_key(&id, |delta| delta.page).is_ok();
    let mut next_id = pages.next_id();
    for delta in deltas {
        delta.validate().map_err(Error::malformed)?;
        match &delta.change {
            Change::Create { name, .. } => {
                if delta.page != next_id {
                    return Err(malformed("page id", next_id, delta.page).on_page(delta.page));
                }
                next_id += 1;
                check_name(pages, name.as_deref()).map_err(|error| error.on_page(delta.page))?;
            }
            Change::Write(patch) if delta.base == 0 => {
                let created = creations.binary_search_by_key(&delta.page, |creation| creation.page);
                let size = match created.ok().and_then(|at| creations.get(at)).map(|delta| &delta.change) {
                    Some(Change::Create { size_bytes, .. }) => u64::from(*size_bytes),
                    _ => return Err(unknown_page(delta.page)),
                };
                fits(patch, size).map_err(|error| error.on_page(delta.page))?;
            }
            change => {
                let page = existing(pages, delta)?;
                if let Change::Write(patch) = change {
                    fits(patch, page.size_bytes() as u64).map_err(|error| error.on_page(delta.page))?;
                }
                if !matches!(change, Change::Delete) && deleted(delta.page) {
                    return Err(
                        malformed("page", "one that stays", "one that it deletes").on_page(delta.page)
                    );
                }
            }
        }
    }
    check_distinct_names(creations)?;
    Ok(ValidBatch(deltas))
}

fn check_distinct_names(creations: &[Delta]) -> Result<()> {
    let mut names: Vec<&str> = creations
        .iter()
        .filter_map(|delta| match &delta.change {
            Change::Create { name, .. } => name.as_deref(),
            _ => None,
        })
        .collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(malformed("page name", "one that stands once", format!("`{}` twice", pair[0]))),
    }
}
