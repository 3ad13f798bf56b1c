//! What must hold for any bytes that cross the C interface: a number that says what they are, and nothing that
//! escapes. Run with the address sanitizer, which `cargo fuzz` does by default.

use lumen_store::failure::LumenError;
use lumen_store::plan::{lumen_store_plan_hash, lumen_store_plan_validate};

/// A plan.
pub fn plan(data: &[u8]) {
    let mut error = std::mem::MaybeUninit::<LumenError>::zeroed();
    let mut hash = [0u8; 16];
    // SAFETY: the struct is integers and begins with its size; the slices have the lengths that are given.
    let (valid, hashed) = unsafe {
        error.as_mut_ptr().cast::<u32>().write(size_of::<LumenError>() as u32);
        (
            lumen_store_plan_validate(data.as_ptr(), data.len(), error.as_mut_ptr()),
            lumen_store_plan_hash(data.as_ptr(), data.len(), hash.as_mut_ptr(), error.as_mut_ptr()),
        )
    };
    let expected = plan::UpsertPlan::decode(data);
    assert_eq!(valid == 0, expected.is_ok(), "{valid}: {expected:?}");
    match expected.and_then(|plan| plan.hash()) {
        Ok(expected) => assert_eq!((hashed, hash), (0, expected.0)),
        Err(_) => assert_ne!(hashed, 0),
    }
}
