//! Canonical bytes: one encoding a column, and no other accepted. Expected values: spec (`encode.rs`).

use column::{Bitmap, Column, DType, ErrorKind, Scalar, TimeUnit, Zone};
use proptest::prelude::*;

fn scalar() -> impl Strategy<Value = Scalar> {
    let leaf = prop_oneof![
        Just(Scalar::None),
        Just(Scalar::NA),
        Just(Scalar::NaT),
        any::<bool>().prop_map(Scalar::Bool),
        any::<i128>().prop_map(Scalar::from),
        any::<f64>().prop_map(Scalar::Float),
        ".{0,4}".prop_map(Scalar::from),
        (1i64.., 0..4).prop_map(|(ticks, _)| Scalar::Datetime(ticks, TimeUnit::Nano)),
        (1i64..).prop_map(|ticks| Scalar::Zoned(ticks, TimeUnit::Nano, Zone::utc())),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(|items| Scalar::Tuple(items.into()))
    })
}

fn column() -> impl Strategy<Value = Column> {
    let strings = || prop::collection::vec(prop::option::of(".{0,5}"), 0..20);
    let text = |strings: &[Option<String>]| strings.iter().map(|s| s.as_deref()).collect::<Column>();
    prop_oneof![
        prop::collection::vec(any::<bool>(), 0..200).prop_map(Column::from),
        prop::collection::vec(any::<i64>(), 0..20).prop_map(Column::from),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Column::from),
        prop::collection::vec(any::<f64>(), 0..20).prop_map(Column::from),
        prop::collection::vec(any::<f32>(), 0..20).prop_map(Column::from),
        prop::collection::vec(any::<Option<i64>>(), 0..20).prop_map(|v| v.into_iter().collect()),
        prop::collection::vec(any::<Option<f64>>(), 0..20).prop_map(|v| v.into_iter().collect()),
        prop::collection::vec(any::<(bool, bool)>(), 0..200).prop_map(|v| {
            let (bits, valid): (Vec<_>, Vec<_>) = v.into_iter().unzip();
            Column::boolean(bits.into_iter().collect::<Bitmap>(), valid.into_iter().collect())
        }),
        strings().prop_map(move |s| text(&s)),
        strings().prop_map(move |s| text(&s).categorize(true).unwrap()),
        prop::collection::vec(prop_oneof![Just(i64::MIN), any::<i64>()], 0..20)
            .prop_map(|v| Column::datetime(v, TimeUnit::Micro)),
        prop::collection::vec(prop_oneof![Just(i64::MIN), any::<i64>()], 0..20).prop_map(|v| Column::zoned(
            v,
            TimeUnit::Milli,
            "dateutil/Asia/Tokyo".parse().unwrap()
        )),
        prop::collection::vec(scalar(), 0..10).prop_map(Column::object),
    ]
}

proptest! {
    #[test]
    fn decode_inverts_encode(column in column()) {
        let decoded = Column::decode(&column.encode().unwrap()).unwrap();
        prop_assert_eq!(&decoded, &column);
        prop_assert_eq!(decoded.encode().unwrap(), column.encode().unwrap());
    }

    #[test]
    fn digest_is_blind_to_slicing(column in column(), start in 0usize..8, len in 0usize..70) {
        let part = column.slice(start, start + len);
        let end = (start + len).min(column.len());
        let rows: Vec<usize> = (start.min(end)..end).collect();
        prop_assert_eq!(part.digest().unwrap(), column.take(&rows).unwrap().digest().unwrap());
    }

    #[test]
    fn decode_accepts_only_canonical_bytes(column in column(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = column.encode().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        match Column::decode(&bytes) {
            Ok(other) => prop_assert_eq!(other.encode().unwrap(), bytes),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Decode),
        }
    }

    #[test]
    fn decode_survives_cut_bytes(column in column(), at in any::<prop::sample::Index>()) {
        let bytes = column.encode().unwrap();
        prop_assert!(Column::decode(&bytes[..at.index(bytes.len())]).is_err());
    }
}

#[test]
fn missing_slots_hold_fixed_bytes() {
    let a = Column::nullable(vec![1i64, 99], [true, false].into_iter().collect());
    let b = Column::nullable(vec![1i64, 0], [true, false].into_iter().collect());
    assert_eq!(a.digest().unwrap(), b.digest().unwrap());
    assert_eq!(a.get(1), Some(Scalar::NA));
    let nan = f64::from_bits(0xfff8_0000_0000_0001);
    assert_eq!(Column::from(vec![nan]).digest().unwrap(), Column::from(vec![f64::NAN]).digest().unwrap());
    assert_ne!(Column::from(vec![-0.0]).digest().unwrap(), Column::from(vec![0.0]).digest().unwrap());
}

#[test]
fn a_huge_row_count_is_refused_before_allocating() {
    let mut bytes = Column::from(vec![1i64]).encode().unwrap();
    let count = 5 + 1 + "int64".len();
    bytes[count..count + 8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(Column::decode(&bytes).unwrap_err().kind(), ErrorKind::Decode);
}

#[test]
fn dtype_names_read_back() {
    for name in
        ["bool", "int8", "uint64", "float32", "Int64", "Float64", "boolean", "str", "string", "category"]
    {
        assert_eq!(name.parse::<DType>().unwrap().to_string(), name);
    }
    assert_eq!("datetime64[ns]".parse::<DType>().unwrap(), DType::Datetime(TimeUnit::Nano));
    // oracle: numpy.dtype('nonsense')
    let error = "nonsense".parse::<DType>().unwrap_err();
    assert_eq!(error.to_string(), "TypeError: data type 'nonsense' not understood");
    assert_eq!("datetime64[ns, UTC]".parse::<DType>().unwrap(), DType::Zoned(TimeUnit::Nano, Zone::utc()));
    assert_eq!("period[M]".parse::<DType>().unwrap_err().kind(), ErrorKind::NotImplemented);
}
