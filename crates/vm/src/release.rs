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

/// Values that something owns and that may grow many: those of untyped lists, closures and waiting frames.
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

/// The parts of a tuple, record or variant, whose number never changes. One or two stand in it, so that what holds
/// them is one allocation instead of two.
#[derive(Clone, Debug, Default)]
pub enum Parts {
    #[default]
    None,
    One([Value; 1]),
    Two([Value; 2]),
    More(Vec<Value>),
}

impl Parts {
    /// Takes the parts out of the slots where they stand, which hold null then.
    #[inline]
    pub(crate) fn take(slots: &mut [Value]) -> Parts {
        match slots {
            [] => Parts::None,
            [a] => Parts::One([std::mem::take(a)]),
            [a, b] => Parts::Two([std::mem::take(a), std::mem::take(b)]),
            more => Parts::More(more.iter_mut().map(std::mem::take).collect()),
        }
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [Value] {
        match self {
            Parts::None => &mut [],
            Parts::One(parts) => parts,
            Parts::Two(parts) => parts,
            Parts::More(parts) => parts,
        }
    }
}

impl From<Vec<Value>> for Parts {
    fn from(mut parts: Vec<Value>) -> Parts {
        match parts.as_mut_slice() {
            few @ ([] | [_] | [_, _]) => Parts::take(few),
            _ => Parts::More(parts),
        }
    }
}

impl Deref for Parts {
    type Target = [Value];

    #[inline]
    fn deref(&self) -> &[Value] {
        match self {
            Parts::None => &[],
            Parts::One(parts) => parts,
            Parts::Two(parts) => parts,
            Parts::More(parts) => parts,
        }
    }
}

impl Drop for Parts {
    #[inline]
    fn drop(&mut self) {
        let parts = self.as_mut_slice();
        if parts.iter().any(is_nested) {
            release(parts);
        }
    }
}

/// Drops one value that a container owns, and leaves null.
pub(crate) fn one(value: &mut Value) {
    if is_nested(value) {
        release(std::slice::from_mut(value));
    }
}

/// Drops what a container hands over.
pub(crate) fn many(values: impl IntoIterator<Item = Value>) {
    release(&mut values.into_iter().filter(is_nested).collect::<Vec<Value>>());
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

/// Owned values that are dropped together.
trait Owned {
    fn drop_all(&mut self);
    fn hand_over(&mut self, pending: &mut Vec<Value>);
}

impl Owned for Vec<Value> {
    fn drop_all(&mut self) {
        self.clear();
    }

    fn hand_over(&mut self, pending: &mut Vec<Value>) {
        pending.append(self);
    }
}

impl Owned for [Value] {
    #[inline]
    fn drop_all(&mut self) {
        self.fill(Value::Null);
    }

    fn hand_over(&mut self, pending: &mut Vec<Value>) {
        pending.extend(self.iter_mut().map(std::mem::take));
    }
}

fn release<T: Owned + ?Sized>(values: &mut T) {
    let depth = DEPTH.get();
    if depth >= DEPTH_MAX {
        // Fails only while the thread itself ends; then plain recursion by the owner has to do.
        let _ = PENDING.try_with(|pending| values.hand_over(&mut pending.borrow_mut()));
        return;
    }
    DEPTH.set(depth + 1);
    values.drop_all();
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
                value = match i % 5 {
                    0 => Value::tuple(vec![value]),
                    1 => Value::ok(value),
                    2 => Value::tuple(vec![Value::Int(1), value]),
                    3 => Value::tuple(vec![Value::Null, value, Value::Null]),
                    _ => Value::list(vec![value, Value::Int(1)]),
                };
            }
            drop(value);
        };
        let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(deep);
        assert!(thread.is_ok_and(|t| t.join().is_ok()));
    }

    #[test]
    fn parts_are_the_same_however_many_they_are() {
        for count in 0..5 {
            let made = || (0..count).map(Value::Int).collect::<Vec<_>>();
            let mut slots = made();
            let (mut taken, from) = (Parts::take(&mut slots), Parts::from(made()));
            assert!(slots.iter().all(Value::is_null));
            let ints = |parts: &[Value]| parts.iter().filter_map(|v| v.as_number()).collect::<Vec<_>>();
            let wanted: Vec<f64> = (0..count).map(|i| i as f64).collect();
            assert_eq!(
                (ints(&taken), ints(&from), ints(&from.clone())),
                (wanted.clone(), wanted.clone(), wanted)
            );
            taken.as_mut_slice().fill(Value::Int(7));
            assert!(taken.len() == count as usize && taken.iter().all(|v| matches!(v, Value::Int(7))));
        }
    }
}
