//! Canonical bytes and digests.

use column::{Column, DType, Scalar, TimeUnit};
use frame::{Frame, Index, Series};

fn tables() -> Vec<Frame> {
    let texts: Column = [Some("b"), None, Some("a")].into_iter().collect();
    let pairs = Index::from_arrays(
        vec![Column::from(vec!["x", "x", "y"]), Column::from(vec![1i64, 2, 1])],
        vec!["first".into(), Scalar::None],
    );
    let mixed = Column::object(vec![Scalar::None, Scalar::NA, Scalar::Tuple([Scalar::Int(1)].into())]);
    let columns = vec![
        ("texts", texts.clone()),
        ("category", texts.categorize(true).expect("categories")),
        ("floats", Column::from(vec![1.5, f64::NAN, -0.0])),
        ("nullable", Column::from(vec![1i64, 2, 3]).cast(DType::NULLABLE_INT64).expect("a cast")),
        ("times", Column::datetime(vec![0, i64::MIN, 1], TimeUnit::Micro)),
        ("mixed", mixed),
    ];
    let plain = Frame::from_columns(columns).expect("a frame");
    let labelled = plain.with_index(pairs).expect("as many labels as rows");
    vec![plain.slice(0, 0), Frame::from_columns::<&str>([]).expect("no columns"), plain, labelled]
}

/// Every table comes back from its canonical bytes, and no cut or flip of them is taken for it.
#[test]
fn canonical_bytes_come_back_whole() {
    for table in tables() {
        let bytes = table.to_bytes().expect("bytes");
        assert_eq!(Frame::from_bytes(&bytes).expect("a frame"), table);
        for cut in [0, 7, 8, 9, bytes.len() / 2, bytes.len() - 1] {
            assert!(Frame::from_bytes(&bytes[..cut]).is_err() && Series::from_bytes(&bytes[..cut]).is_err());
        }
        for place in 8..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 0x41;
            // Any answer is right but a panic or the same bytes.
            if let Ok(other) = Frame::from_bytes(&flipped) {
                assert_ne!(other.to_bytes().expect("bytes"), bytes);
            }
        }
        for series in (0..table.shape().1).filter_map(|place| table.series_at(place)) {
            assert_eq!(Series::from_bytes(&series.to_bytes().expect("bytes")).expect("a series"), series);
        }
    }
}

#[test]
fn digests_do_not_depend_on_how_a_table_was_made() {
    let whole = Frame::from_columns([
        ("a", Column::from(vec![1i64, 2, 3])),
        ("b", Column::from(vec!["x", "y", "z"])),
    ]);
    let whole = whole.expect("a frame");
    let parts = [whole.slice(0, 1), whole.slice(1, 3)];
    let joined =
        frame::concat(&[&parts[0], &parts[1]], &frame::Concat { ignore_index: true, ..Default::default() });
    assert_eq!(joined.expect("a frame").digest().expect("bytes"), whole.digest().expect("bytes"));
    let renamed = whole.rename_columns(&[("a".into(), "A".into())], frame::Absent::Raise).expect("a frame");
    assert_ne!(renamed.digest().expect("bytes"), whole.digest().expect("bytes"));
}
