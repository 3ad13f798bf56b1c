//! Sizes of structs, which never change within a version of the interface; `tests/c/scenario.c` asserts the same.

use lumen_store::failure::LumenError;
use lumen_store::open::{LumenOptions, LumenOutcome};
use lumen_store::snapshot::LumenPage;

const _: () = assert!(size_of::<LumenError>() == 600);
const _: () = assert!(size_of::<LumenOptions>() == 40);
const _: () = assert!(size_of::<LumenOutcome>() == 304);
const _: () = assert!(size_of::<LumenPage>() == 56);

#[test]
fn the_version_is_the_one_that_these_sizes_belong_to() {
    assert_eq!(lumen_store::open::lumen_store_abi_version(), 1);
}
