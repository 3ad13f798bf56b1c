//! The evidence plane as people see it: a site of offline pages, JSON, and text for a terminal.
//!
//! [`site()`] makes every page and the JSON as files by path, [`text()`] the same facts for a terminal of some width.
//! Both draw one [`Snapshot`](evidence::snapshot::Snapshot), so that they cannot disagree.
//!
//! The crate refuses to hold a verdict of its own, and knows no file, no clock and no terminal: equal snapshots give
//! equal bytes. What a case, a reference or a ledger brought along is shown with its control characters written out.
//!
//! Start reading at `site.rs`, then `page.rs` for one page's frame and `text.rs`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod case;
mod matrix;
mod overview;
mod packet;
mod page;
mod record;
mod site;
mod text;

pub use page::STYLE;
pub use site::{case_path, mismatch_path, packet_path, site};
pub use text::text;
