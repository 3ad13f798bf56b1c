//! Sizes of structs, which never change within a version of the interface; `tests/c/scenario.c` asserts the same.

use lumen_store::derive::LumenGraphEdit;
use lumen_store::entry::LumenKind;
use lumen_store::failure::LumenError;
use lumen_store::open::{LumenOptions, LumenOutcome};
use lumen_store::past::{LumenAudited, LumenVerified};
use lumen_store::rows::{LumenBlob, LumenChange, LumenClient, LumenDangling, LumenIntent, LumenRow};
use lumen_store::snapshot::LumenPage;

const _: () = assert!(size_of::<LumenError>() == 600);
const _: () = assert!(size_of::<LumenOptions>() == 88);
const _: () = assert!(size_of::<LumenOutcome>() == 304);
const _: () = assert!(size_of::<LumenPage>() == 56);
const _: () = assert!(size_of::<LumenKind>() == 32);
const _: () = assert!(size_of::<LumenGraphEdit>() == 64);
const _: () = assert!(size_of::<LumenRow>() == 112);
const _: () = assert!(size_of::<LumenIntent>() == 88);
const _: () = assert!(size_of::<LumenChange>() == 56);
const _: () = assert!(size_of::<LumenClient>() == 64);
const _: () = assert!(size_of::<LumenBlob>() == 64);
const _: () = assert!(size_of::<LumenDangling>() == 56);
const _: () = assert!(size_of::<LumenAudited>() == 40);
const _: () = assert!(size_of::<LumenVerified>() == 56);

#[test]
fn the_version_is_the_one_that_these_sizes_belong_to() {
    assert_eq!(lumen_store::open::lumen_store_abi_version(), 5);
}
