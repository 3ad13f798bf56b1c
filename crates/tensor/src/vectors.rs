//! Loops for the widest vectors that the machine has.

pub(crate) use pulp::NullaryFnOnce as Loop;

/// Runs a loop compiled for the widest vectors that the machine has. Its operations and their order are those of every
/// other machine, since a compiler fuses and reorders no operation on floats: only how many are done at a time differs.
///
/// What the loop calls must be inlined into it: `call` and its functions are marked so. A closure is only inlined where it
/// is short.
#[inline]
pub(crate) fn widest<L: Loop>(work: L) -> L::Output {
    pulp::Arch::new().dispatch(work)
}

/// What a loop does with an element. A type of its own where it is long: a closure or a function's name would not be inlined
/// into every copy of the loop.
pub(crate) trait Step<T, U>: Sync {
    /// The result for an element. Inlined.
    fn of(&self, value: T) -> U;
}

impl<T, U, F: Fn(T) -> U + Sync> Step<T, U> for F {
    #[inline(always)]
    fn of(&self, value: T) -> U {
        self(value)
    }
}

/// A function as a [`Step`].
macro_rules! step {
    ($function:path: $t:ty => $u:ty) => {{
        struct Named;
        impl $crate::vectors::Step<$t, $u> for Named {
            #[inline(always)]
            fn of(&self, value: $t) -> $u {
                $function(value)
            }
        }
        Named
    }};
}
pub(crate) use step;
