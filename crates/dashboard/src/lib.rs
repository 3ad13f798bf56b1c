//! The evidence plane as people see it: a site of offline pages, JSON, text for a terminal, and cards to go through.
//!
//! [`site()`] makes every page and the JSON as files by path, [`Place::named`] finds one by the path of a URL,
//! [`text()`] gives the same facts for a terminal of some width, and a [`View`] goes through them by keys. All draw one
//! [`Snapshot`](evidence::snapshot::Snapshot), so that they cannot disagree.
//!
//! The crate refuses to hold a verdict of its own, and knows no file, no clock, no socket and no terminal: equal
//! snapshots give equal bytes, and a view asks for what it cannot do. What a case, a reference or a ledger brought along
//! is shown with its control characters written out.
//!
//! Start reading at `place.rs`; then `page.rs` for one page's frame, `screen.rs` for a place in a terminal, and
//! `view.rs` for the keys.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod card;
mod case;
mod draw;
mod entry;
mod matrix;
mod overview;
mod packet;
mod page;
mod place;
mod record;
mod screen;
mod site;
mod text;
mod view;

pub use draw::draw;
pub use page::{STYLE, policy};
pub use place::{Form, Place};
pub use site::{case_path, mismatch_path, packet_path, site};
pub use text::text;
pub use view::{Event, Request, View};
