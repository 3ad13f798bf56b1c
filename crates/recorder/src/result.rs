//! A named result, read back from a run's log.

use prelude::Decoder;
use vm::Value;

use crate::error::{Error, Result};
use crate::history::History;
use crate::record::{NodeRecord, ValueRef};
use crate::why::unknown;

/// A result with the node that gave it.
pub struct Named {
    /// The seq of the node's record.
    pub seq: u64,
    pub node: NodeRecord,
    pub reference: ValueRef,
    /// `None` for a value that has no bytes, such as a function.
    pub value: Option<Value>,
}

/// Looks a result up; the newest of its name.
///
/// # Errors
/// `Usage` with the nearest name where there is none; `Damaged` for bytes that are not what their hash says.
pub fn named(history: &History, name: &str) -> Result<Named> {
    let (seq, node) = history
        .node_of(name)
        .and_then(|at| history.nodes.get(at))
        .cloned()
        .ok_or_else(|| unknown(history, name))?;
    let reference = node.values.iter().find(|value| value.name == name).or(node.shown.as_ref()).cloned();
    let reference = reference.ok_or_else(|| unknown(history, name))?;
    let value = match history.value(&reference)? {
        None => None,
        Some(bytes) => Some(
            vm::codec::decode(&bytes, &Decoder)
                .map_err(|why| Error::damaged(format!("the value of `{name}` cannot be read: {why}")))?,
        ),
    };
    Ok(Named { seq, node, reference, value })
}
