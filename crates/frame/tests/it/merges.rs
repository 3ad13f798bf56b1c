//! Joins. hand: going through all pairs of rows is the judge.

use column::{Column, Scalar};
use frame::{Frame, How, Merge, MergeKey, MergeSide, On};
use proptest::prelude::*;

type Rows = Vec<(Option<usize>, Option<usize>)>;

/// The pairs of rows in pandas' order: a left or inner join goes by the left rows, a right one by the right rows.
fn wanted(left: &[i64], right: &[i64], how: How) -> Rows {
    let by = |own: &[i64], other: &[i64], keep: bool| -> Rows {
        let row = |at: usize| -> Rows {
            let found: Rows =
                (0..other.len()).filter(|&b| other[b] == own[at]).map(|b| (Some(at), Some(b))).collect();
            if found.is_empty() && keep { vec![(Some(at), None)] } else { found }
        };
        (0..own.len()).flat_map(row).collect()
    };
    match how {
        How::Right => by(right, left, true).into_iter().map(|(a, b)| (b, a)).collect(),
        How::LeftAnti => by(left, right, true).into_iter().filter(|(_, b)| b.is_none()).collect(),
        _ => by(left, right, how == How::Left),
    }
}

fn check(left: &[i64], right: &[i64]) {
    let numbers = |len: usize| {
        Column::from(
            (0..len)
                .map(|row| format!("row {row}"))
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
        )
    };
    let side = |keys: &[i64], name: &str| {
        Frame::from_columns([("key", Column::from(keys.to_vec())), (name, numbers(keys.len()))])
            .expect("one length")
    };
    let (a, b) = (side(left, "a"), side(right, "b"));
    for how in [How::Inner, How::Left, How::Right, How::LeftAnti] {
        let options = Merge { how, on: On::Both(vec!["key".into()]), ..Merge::default() };
        let by_label = a.merge(&b, &options).expect("integer keys");
        let keys = || MergeSide::Keys(vec![MergeKey::Label("key".into())]);
        let by_side = a.merge_sides(&b, (&keys(), &keys()), &options).expect("integer keys");
        assert_eq!(by_label, by_side, "{how:?} of {left:?} and {right:?}");
        let wanted = wanted(left, right, how);
        assert_eq!(by_label.len(), wanted.len(), "{how:?} of {left:?} and {right:?}");
        let cell = |name: &str, row: usize| by_label.column(name).expect("a column").get(row);
        for (row, &(own, other)) in wanted.iter().enumerate() {
            let text = |at: Option<usize>| at.map_or(Scalar::NAN, |at| Scalar::from(format!("row {at}")));
            assert_eq!(
                (cell("a", row), cell("b", row)),
                (Some(text(own)), Some(text(other))),
                "{how:?} row {row}"
            );
            let key = own.map(|at| left[at]).or(other.map(|at| right[at]));
            assert_eq!(cell("key", row).and_then(|key| key.as_i128()), key.map(i128::from));
        }
    }
}

proptest! {
    #[test]
    fn rows_meet_as_all_pairs_say(
        left in prop::collection::vec(-5..5i64, 0..12),
        mut right in prop::collection::vec(-5..5i64, 0..12),
        distinct in any::<bool>(),
    ) {
        if distinct {
            right.sort_unstable();
            right.dedup();
            right.reverse();
        }
        check(&left, &right);
    }
}

#[test]
fn no_rows_and_one_row_meet() {
    check(&[], &[]);
    check(&[1], &[]);
    check(&[], &[1]);
    check(&[1], &[1]);
    check(&[3, 1, 2], &[2, 3, 1]);
}
