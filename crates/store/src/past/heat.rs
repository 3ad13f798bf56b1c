//! Which pages change how often, as a table and as a picture.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::RangeInclusive;

use plan::{Change, Delta};

use super::Past;
use crate::error::Result;
use crate::patch;
use crate::record::Body;

/// Changes of pages in a part of the log. A fold of it, so the same for whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heat {
    /// For each page that changed: transactions, and bytes that they wrote.
    pub pages: BTreeMap<u64, (u64, u64)>,
}

impl Past {
    /// Counts the changes of every page by the transactions of a range of seqs, derived pages included.
    ///
    /// # Errors
    /// Those of reading.
    pub fn heat(&self, seqs: RangeInclusive<u64>) -> Result<Heat> {
        let mut heat = Heat::default();
        for record in self.scan(*seqs.start(), *seqs.end()) {
            let Body::Transaction { deltas, derived, .. } = record?.body else { continue };
            let mut written: BTreeMap<u64, u64> = BTreeMap::new();
            for Delta { page, change, .. } in deltas.iter().chain(derived.iter().map(|made| &made.delta)) {
                let bytes = written.entry(*page).or_default();
                if let Change::Write(patch) = change {
                    patch::for_each_piece(patch, &mut |_, piece| *bytes += piece.len() as u64);
                }
            }
            for (page, bytes) in written {
                let (changes, sum) = heat.pages.entry(page).or_default();
                *changes += 1;
                *sum += bytes;
            }
        }
        Ok(heat)
    }
}

impl Heat {
    /// Lines `page,changes,bytes` by page, with a header.
    pub fn to_csv(&self) -> String {
        let mut csv = "page,changes,bytes\n".to_owned();
        for (page, (changes, bytes)) in &self.pages {
            // Writing to a string does not fail.
            let _ = writeln!(csv, "{page},{changes},{bytes}");
        }
        csv
    }

    /// A page of HTML without scripts: one cell a page, the darker the more changes, on a scale of powers of two.
    pub fn to_html(&self) -> String {
        let mut html = "<!doctype html><meta charset=\"utf-8\"><title>Page changes</title>\n\
                        <style>i{display:inline-block;width:1em;height:1em;margin:1px}</style>\n<p>"
            .to_owned();
        let most = self.pages.values().map(|(changes, _)| changes.ilog2()).max().unwrap_or(0);
        for (page, (changes, bytes)) in &self.pages {
            let lightness = 90 - changes.ilog2() * 70 / most.max(1);
            let _ = writeln!(
                html,
                "<i style=\"background:hsl(10 80% {lightness}%)\" \
                 title=\"page {page}: {changes} changes, {bytes} bytes\"></i>"
            );
        }
        html + "</p>\n"
    }
}
