//! A view that remembers what a plan's form depends on.

use plan::typed::{Datum, Field};
use plan::{PageView, Read, View};

use crate::body::Page;
use crate::error::{Error, Result};

/// A state under observation. Sizes and names never change while a page lives, so they are not remembered: a page
/// that ended makes the plan fail by itself.
pub(crate) struct Observed<'a> {
    view: &'a dyn View,
    reads: Vec<Read>,
}

impl<'a> Observed<'a> {
    pub(crate) fn new(view: &'a dyn View) -> Observed<'a> {
        Observed { view, reads: Vec::new() }
    }

    /// The page, if it exists.
    pub(crate) fn find(&self, page: &Page) -> Result<Option<(u64, PageView<'a>)>> {
        let id = match page {
            Page::Id(id) => Some(*id),
            Page::Name(name) => self.view.page_named(name)?,
        };
        let Some(id) = id else { return Ok(None) };
        Ok(self.view.page(id)?.map(|page| (id, page)))
    }

    /// The page.
    pub(crate) fn expect(&self, page: &Page) -> Result<(u64, PageView<'a>)> {
        self.find(page)?.ok_or_else(|| {
            Error::unknown_page(match page {
                Page::Id(id) => id.to_string(),
                Page::Name(name) => format!("named {name:?}"),
            })
        })
    }

    /// The value of a field, as something that the plan is made from.
    pub(crate) fn read(&mut self, id: u64, page: &PageView<'_>, field: Field) -> Result<Datum> {
        let bytes = field.slice(&page.bytes).map_err(|why| misfit(id, field, why))?;
        self.reads.push(Read::of_range(id, field.offset, bytes));
        field.kind.decode(bytes).map_err(|why| misfit(id, field, why))
    }

    /// What the plan is made from.
    pub(crate) fn reads(self) -> Vec<Read> {
        self.reads
    }
}

/// A field that its page or its value does not fit.
pub(crate) fn misfit(page: u64, field: Field, why: plan::Malformed) -> Error {
    Error::misfit(format!("{} at byte {} of page {page}", field.kind, field.offset), why)
}
