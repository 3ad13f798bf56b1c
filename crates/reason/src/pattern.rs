//! The patterns, by schema. All are of version 1; every body may hold `why` with anything in it.
//!
//! | schema | body | plan |
//! |---|---|---|
//! | `set` | `page`, `fields: [{offset, type, value}]` | writes the values, whatever stood there |
//! | `add` | `page`, `offset`, `type`, `amount` | adds to what stands there when it is carried out; overflow refuses |
//! | `compare-and-set` | `page`, `offset`, `type`, `expected`, `value` | writes if `expected` stands there |
//! | `ring-append` | `page`, `counter: {offset, type}`, `first`, `slots`, `type`, `value` | writes the slot that the counter names and counts on |
//! | `move` | `type`, `legs: [{page, offset, amount}]`, `floor` (0) | adds to each leg; the amounts sum to 0, and no leg that gives falls below the floor |
//! | `create-if-absent` | `name`, `size_bytes`, `metadata` (hexadecimal), `fields` | a page with these values, unless the name is taken |
//! | `delete` | `page`, `version` | ends the page, if it has that version where one is named |
//! | `no-op` | | none, on any state |
//!
//! `page` is an id or a name. `type` is a [`Kind`](plan::typed::Kind). No plan comes of what changes nothing: values
//! that stand already, an amount of 0, a name that is taken, a page that is gone.

mod fields;
mod pages;
mod ring;

use crate::body;
use crate::error::Result;
use crate::lower::Wanted;
use crate::observed::Observed;

/// A kind of intent.
pub struct Schema {
    /// Its name.
    pub name: &'static str,
    /// The version of its body.
    pub version: u32,
    pub(crate) lower: fn(&str, &mut Observed<'_>) -> Result<Option<Wanted>>,
}

/// Every schema that has a pattern.
pub const SCHEMAS: &[Schema] = &[
    Schema { name: "set", version: 1, lower: fields::set },
    Schema { name: "add", version: 1, lower: fields::add },
    Schema { name: "compare-and-set", version: 1, lower: fields::compare_and_set },
    Schema { name: "ring-append", version: 1, lower: ring::append },
    Schema { name: "move", version: 1, lower: fields::move_between },
    Schema { name: "create-if-absent", version: 1, lower: pages::create_if_absent },
    Schema { name: "delete", version: 1, lower: pages::delete },
    Schema { name: "no-op", version: 1, lower: no_op },
];

fn no_op(body: &str, _: &mut Observed<'_>) -> Result<Option<Wanted>> {
    body::read::<body::NoOp>("no-op", body)?;
    Ok(None)
}
