//! Frees nested values without deep recursion: a list of lists of lists, a million deep, must not overflow the stack.

use std::cell::{Cell, RefCell};
use std::ops::Deref;

use crate::value::Value;

/// Below this depth dropping recurses as usual; deeper values wait in `PENDING` until the outermost drop is done.
const DEPTH_MAX: u32 = 64;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static PENDING: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// Values that something owns: the payload of tuples, records, variants, closures and untyped lists.
#[derive(Clone, Debug, Default)]
pub struct Values(Vec<Value>);

impl Values {
    pub fn new(items: Vec<Value>) -> Values {
        Values(items)
    }

    pub fn as_vec_mut(&mut self) -> &mut Vec<Value> {
        &mut self.0
    }

    pub fn into_vec(mut self) -> Vec<Value> {
        std::mem::take(&mut self.0)
    }
}

impl Deref for Values {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        if self.0.iter().any(is_nested) {
            release(&mut self.0);
        }
    }
}

/// Drops one value that a container owns, and leaves null.
pub(crate) fn one(value: &mut Value) {
    if is_nested(value) {
        release(&mut vec![std::mem::replace(value, Value::Null)]);
    }
}

/// Drops what a container hands over.
pub(crate) fn many(values: impl IntoIterator<Item = Value>) {
    release(&mut values.into_iter().filter(is_nested).collect());
}

/// Whether dropping it may drop further values.
pub(crate) fn is_nested(value: &Value) -> bool {
    matches!(
        value,
        Value::List(_)
            | Value::Map(_)
            | Value::Set(_)
            | Value::Tuple(_)
            | Value::Record(_)
            | Value::Variant(_)
            | Value::Result(_)
            | Value::Closure(_)
            | Value::Generator(_)
            | Value::Future(_)
            | Value::Process(_)
            | Value::Cell(_)
            | Value::Iter(_)
            | Value::Continuation(_)
    )
}

fn release(values: &mut Vec<Value>) {
    let depth = DEPTH.get();
    if depth >= DEPTH_MAX {
        // Fails only while the thread itself ends; then plain recursion by the owner has to do.
        let _ = PENDING.try_with(|pending| pending.borrow_mut().append(values));
        return;
    }
    DEPTH.set(depth + 1);
    values.clear();
    if depth == 0 {
        while let Ok(Some(value)) = PENDING.try_with(|pending| pending.borrow_mut().pop()) {
            drop(value);
        }
    }
    DEPTH.set(depth);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_levels_are_freed_on_a_small_stack() {
        let deep = || {
            let mut value = Value::Null;
            for i in 0..1_000_000 {
                value = match i % 3 {
                    0 => Value::tuple(vec![value]),
                    1 => Value::ok(value),
                    _ => Value::list(vec![value, Value::Int(1)]),
                };
            }
            drop(value);
        };
        let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(deep);
        assert!(thread.is_ok_and(|t| t.join().is_ok()));
    }
}
