//! Deltas that no writer makes are refused. Expected codes are by hand.

use plan::{Change, Delta, Malformation, Patch, tag};

fn refused(change: Change) -> Malformation {
    Delta { page: 1, base: 2, change }.encode().expect_err("refused").code
}

#[test]
fn patches_that_no_writer_makes_are_refused() {
    use Malformation::*;
    let write = |patch| refused(Change::Write(patch));
    assert_eq!(write(Patch::Runs(vec![])), OutOfPage);
    assert_eq!(write(Patch::Runs(vec![(0, vec![])])), OutOfPage);
    assert_eq!(write(Patch::Runs(vec![(1 << 20, vec![1])])), OutOfPage);
    assert_eq!(write(Patch::Runs(vec![(0, vec![1]), (1, vec![2])])), Overlap, "one run in two pieces");
    assert_eq!(write(Patch::Runs(vec![(5, vec![1]), (1, vec![2])])), Overlap);
    assert_eq!(write(Patch::Full(vec![])), OutOfPage);
    assert_eq!(write(Patch::Full(vec![0; (1 << 20) + 1])), OutOfPage);
    assert_eq!(write(Patch::Fill { offset: 0, len: 0, byte: 1 }), OutOfPage);
    assert_eq!(write(Patch::Fill { offset: u32::MAX, len: u32::MAX, byte: 1 }), OutOfPage);
    let bitmap =
        |offset, mask: &[u8], len| Patch::Bitmap { offset, mask: mask.to_vec(), bytes: vec![0; len] };
    assert_eq!(write(bitmap(0, &[], 0)), PayloadMismatch);
    assert_eq!(write(bitmap(0, &[2], 1)), PayloadMismatch, "the first bit is not set");
    assert_eq!(write(bitmap(0, &[1, 0], 1)), PayloadMismatch, "the last byte is zero");
    assert_eq!(write(bitmap(0, &[3], 1)), PayloadMismatch);
    assert_eq!(write(bitmap((1 << 20) - 1, &[3], 2)), OutOfPage);
    let last = Delta { page: 1, base: 2, change: Change::Write(bitmap((1 << 20) - 1, &[1], 1)) };
    assert_eq!(last.validate(), Ok(()));
}

#[test]
fn other_changes_keep_their_limits() {
    let create = |name: &str| Change::Create { size_bytes: 1, name: Some(name.to_owned()), metadata: vec![] };
    assert_eq!(refused(create("a")), Malformation::Range, "a creation has no base");
    let named =
        |name: &str| Delta { page: 1, base: 0, change: create(name) }.encode().map_err(|error| error.code);
    assert_eq!(named(""), Err(Malformation::Limit));
    assert_eq!(named(&"x".repeat(256)), Err(Malformation::Limit));
    assert!(named(&"x".repeat(255)).is_ok());
    assert_eq!(refused(Change::Metadata(vec![0; 4097])), Malformation::Limit);
    assert_eq!(Delta::decode(tag::CLIENT, &[1, 1]).unwrap_err().code, Malformation::UnknownTag);
    assert_eq!(Delta::decode(tag::DELETE, &[1, 2, 3]).unwrap_err().code, Malformation::Trailing);
}
