//! The Arrow C Data Interface. Expected dtypes: oracle, pandas 3.1.1 (`DataFrame.from_arrow` of pyarrow arrays).

use std::ffi::{CString, c_void};
use std::ptr;

use column::arrow::{
    ArrowArray, ArrowSchema, Host, export_column, export_stream, export_table, import_column, import_stream,
    import_table,
};
use column::{Column, DType, Number, Scalar, TimeUnit, Zone};
use proptest::prelude::*;

/// An array of a producer: its buffers, and what the structures point to.
struct Producer {
    format: CString,
    buffers: Vec<Vec<u64>>,
    places: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
    child_schemas: Vec<*mut ArrowSchema>,
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: called with a live structure; the producer is kept by the test.
    unsafe { (*array).release = None };
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: as above.
    unsafe { (*schema).release = None };
}

impl Producer {
    /// Buffers of bytes, padded to whole words; an empty one is null.
    fn new(format: &str, buffers: &[&[u8]]) -> Self {
        let word = |chunk: &[u8]| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_ne_bytes(word)
        };
        let buffers: Vec<Vec<u64>> =
            buffers.iter().map(|bytes| bytes.chunks(8).map(word).collect()).collect();
        let place = |words: &Vec<u64>| if words.is_empty() { ptr::null() } else { words.as_ptr().cast() };
        Self {
            format: CString::new(format).expect("a format"),
            places: buffers.iter().map(place).collect(),
            buffers,
            children: Vec::new(),
            child_schemas: Vec::new(),
        }
    }

    fn schema(&mut self) -> ArrowSchema {
        ArrowSchema {
            format: self.format.as_ptr(),
            n_children: self.child_schemas.len() as i64,
            children: self.child_schemas.as_mut_ptr(),
            release: Some(release_schema),
            ..empty_schema()
        }
    }

    fn array(&mut self, length: i64, offset: i64) -> ArrowArray {
        let mut array = ArrowArray::empty();
        array.length = length;
        array.offset = offset;
        array.n_buffers = self.places.len() as i64;
        array.buffers = self.places.as_mut_ptr();
        array.n_children = self.children.len() as i64;
        array.children = self.children.as_mut_ptr();
        array.release = Some(release_array);
        array
    }

    fn import(&mut self, length: i64, offset: i64) -> column::Result<Column> {
        let (array, schema) = (self.array(length, offset), self.schema());
        // SAFETY: the tests give buffers as long as they say.
        unsafe { import_column(array, &schema, &()) }
    }
}

fn empty_schema() -> ArrowSchema {
    ArrowSchema::empty()
}

fn le<T: Copy, const N: usize>(values: &[T], bytes: fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|&value| bytes(value)).collect()
}

fn ints(values: &[i64]) -> Vec<u8> {
    le(values, i64::to_le_bytes)
}

fn i32s(values: &[i32]) -> Vec<u8> {
    le(values, i32::to_le_bytes)
}

/// Out into the interface and back.
fn round(column: &Column) -> column::Result<Column> {
    let (schema, array) = export_column(column, "x")?;
    // SAFETY: our own export.
    unsafe { import_column(array, &schema, &()) }
}

#[test]
fn imported_numbers_keep_their_memory() {
    let mut producer = Producer::new("l", &[&[], &ints(&[7, 8, 9])]);
    let place = producer.buffers[1].as_ptr();
    let column = producer.import(2, 1).expect("integers");
    assert_eq!(column, Column::from(vec![8i64, 9]));
    assert_eq!(column.as_i64().map(<[i64]>::as_ptr), Some(place.wrapping_add(1).cast()));
    let mut producer = Producer::new("U", &[&[], &ints(&[0, 1, 3]), b"abc"]);
    let place: *const u8 = producer.buffers[2].as_ptr().cast();
    let column = producer.import(2, 0).expect("texts");
    assert_eq!(column, Column::from(vec!["a", "bc"]));
    assert_eq!(column.str_at(1).map(str::as_ptr), Some(place.wrapping_add(1)));
}

#[test]
fn exported_columns_lend_their_memory() {
    let column = Column::from(vec![1.5, 2.5, 3.5]).slice(1, 3);
    let (_schema, array) = export_column(&column, "x").expect("floats");
    // SAFETY: a live array of ours has two buffers.
    let values: *const f64 = unsafe { *array.buffers.add(1) }.cast();
    assert_eq!(column.as_f64().map(<[f64]>::as_ptr), Some(values));
    // SAFETY: the same; nothing is missing.
    assert!(unsafe { *array.buffers }.is_null());
    let text = Column::from(vec!["a", "bc"]);
    let back = round(&text).expect("texts");
    assert_eq!(back.str_at(0).map(str::as_ptr), text.str_at(0).map(str::as_ptr));
}

#[test]
fn missing_values_change_dtypes_as_from_arrow_does() {
    let mut producer = Producer::new("c", &[&[0b01], &[1, 9]]);
    assert_eq!(producer.import(2, 0), Ok(Column::from(vec![1.0, f64::NAN])));
    let mut producer = Producer::new("b", &[&[0b01], &[0b11]]);
    assert_eq!(producer.import(2, 0), Ok(Column::object(vec![Scalar::Bool(true), Scalar::None])));
    let mut producer = Producer::new("tsu:US/Eastern", &[&[0b01], &ints(&[5, 77])]);
    let zone: Zone = "US/Eastern".parse().expect("a zone");
    assert_eq!(producer.import(2, 0), Ok(Column::zoned(vec![5, i64::MIN], TimeUnit::Micro, zone)));
    let mut producer = Producer::new("tDm", &[&[], &ints(&[5, -1])]);
    assert_eq!(producer.import(2, 0), Ok(Column::timedelta(vec![5, -1], TimeUnit::Milli)));
    let mut producer = Producer::new("u", &[&[0b101], &i32s(&[0, 1, 2, 4]), b"abcd"]);
    let texts = producer.import(3, 0).expect("texts");
    assert_eq!(texts, [Some("a"), None, Some("cd")].into_iter().collect());
    let mut producer = Producer::new("n", &[]);
    assert_eq!(producer.import(2, 0), Ok(Column::object(vec![Scalar::None, Scalar::None])));
    let view = |text: &str| {
        [&(text.len() as i32).to_le_bytes()[..], text.as_bytes(), &vec![0; 12 - text.len()][..]].concat()
    };
    let long = [&20i32.to_le_bytes()[..], b"xxxx", &0i32.to_le_bytes()[..], &1i32.to_le_bytes()[..]].concat();
    let mut producer = Producer::new("vu", &[&[], &[view("a"), long].concat(), &[b'x'; 21], &ints(&[21])]);
    assert_eq!(producer.import(2, 0), Ok(Column::from(vec!["a".to_owned(), "x".repeat(20)])));
    let mut producer = Producer::new("tdD", &[&[], &i32s(&[3])]);
    let refused = producer.import(1, 0).expect_err("no host");
    assert_eq!(refused.message(), "lumen.pandas: from_arrow of dates");
}

#[test]
fn a_host_makes_objects() {
    struct Days;
    impl Host for Days {
        fn date(&self, days: i64) -> column::Result<Scalar> {
            Ok(Scalar::Timedelta(days, TimeUnit::Second))
        }
    }
    let mut producer = Producer::new("tdD", &[&[0b10], &i32s(&[1, 3])]);
    let (array, schema) = (producer.array(2, 0), producer.schema());
    // SAFETY: the buffers hold two rows.
    let column = unsafe { import_column(array, &schema, &Days) };
    assert_eq!(column, Ok(Column::object(vec![Scalar::None, Scalar::Timedelta(3, TimeUnit::Second)])));
    let mut items = Producer::new("l", &[&[], &ints(&[1, 2, 3])]);
    let (mut child, mut child_schema) = (items.array(3, 0), items.schema());
    let mut lists = Producer::new("+l", &[&[], &i32s(&[0, 2, 3])]);
    lists.children.push(&raw mut child);
    lists.child_schemas.push(&raw mut child_schema);
    let list = |items: &[i64]| Scalar::List(items.iter().map(|&item| Scalar::Int(item)).collect());
    assert_eq!(lists.import(2, 0), Ok(Column::object(vec![list(&[1, 2]), list(&[3])])));
}

#[test]
fn columns_come_back_from_their_export() {
    let category = Column::category(vec![1, -1, 0], vec!["b", "a"].into(), true).expect("codes");
    let same = [
        Column::from(vec![true, false, true]),
        Column::from(vec![1u8, 2, 255]),
        Column::from(vec![1.5, f64::NAN, -0.0]),
        Column::from(vec![1.5f32, 2.5]),
        [Some("a"), None, Some("ä")].into_iter().collect::<Column>().slice(1, 3),
        Column::datetime(vec![1, i64::MIN], TimeUnit::Nano),
        Column::zoned(vec![1, i64::MIN], TimeUnit::Second, Zone::fixed(4_500).expect("an offset")),
        Column::timedelta(vec![1, 2], TimeUnit::Milli),
        category,
        Column::from(Vec::<i64>::new()),
        Column::from(Vec::<&str>::new()),
    ];
    for column in same {
        assert_eq!(round(&column).as_ref(), Ok(&column));
    }
    let nullable: Column = [Some(1i64), None].into_iter().collect();
    assert_eq!(nullable.dtype(), DType::Nullable(Number::Int64));
    assert_eq!(round(&nullable), Ok(Column::from(vec![1.0, f64::NAN])));
    let objects = Column::object(vec![Scalar::str("x"), Scalar::None]);
    assert_eq!(round(&objects), Ok([Some("x"), None].into_iter().collect()));
    let mixed = Column::object(vec![Scalar::str("x"), Scalar::Int(1)]);
    assert_eq!(
        round(&mixed).expect_err("mixed").message(),
        "lumen.pandas: __arrow_c_stream__ of mixed objects"
    );
}

#[test]
fn tables_pass_whole_and_as_streams() {
    let (numbers, texts) = (Column::from(vec![1i64, 2]), Column::from(vec!["a", "b"]));
    let columns = [("n", &numbers), ("t", &texts)];
    let expected = vec![("n".to_owned(), numbers.clone()), ("t".to_owned(), texts.clone())];
    let (schema, array) = export_table(&columns).expect("one length");
    // SAFETY: our own export.
    assert_eq!(unsafe { import_table(array, &schema, &()) }, Ok(expected.clone()));
    let mut stream = export_stream(&columns).expect("one length");
    // SAFETY: the same.
    assert_eq!(unsafe { import_stream(&mut stream, &()) }, Ok(expected));
    // SAFETY: the same; its one batch was given.
    assert_eq!(unsafe { import_stream(&mut stream, &()) }.map(|columns| columns.len()), Ok(2));
    assert!(export_table(&[("n", &numbers), ("t", &texts.slice(0, 1))]).is_err());
}

#[test]
fn broken_arrays_are_refused() {
    let refused = |format: &str, buffers: &[&[u8]], length: i64, offset: i64| {
        Producer::new(format, buffers)
            .import(length, offset)
            .expect_err("a broken array")
            .message()
            .to_owned()
    };
    let broken = |what: &str| format!("the Arrow producer's array is broken: {what}");
    assert_eq!(refused("l", &[&[], &[]], -1, 0), broken("length -1"));
    assert_eq!(refused("l", &[&[], &[]], 1, i64::MAX), broken(&format!("length 1 at offset {}", i64::MAX)));
    assert_eq!(refused("l", &[&[], &[]], 1, 0), broken("a buffer that is null"));
    assert_eq!(refused("l", &[&[]], 1, 0), broken("1 buffers where 2 belong"));
    let texts = broken("offsets that fall, or texts that are no UTF-8");
    assert_eq!(refused("u", &[&[], &i32s(&[0, 2, 1]), b"ab"], 2, 0), texts);
    assert_eq!(refused("u", &[&[], &i32s(&[0, 1, 2]), "ä".as_bytes()], 2, 0), texts);
    assert_eq!(refused("u", &[&[], &i32s(&[0, 1]), &[0xff]], 1, 0), texts);
    assert_eq!(refused("u", &[&[], &i32s(&[0, -1]), b"a"], 1, 0), broken("an offset below zero"));
    assert_eq!(refused("vu", &[&[], &[9; 16], &[]], 1, 0), broken("a view that is no text"));
    assert_eq!(refused("zz", &[], 0, 0), "lumen.pandas: from_arrow of the Arrow format 'zz'");
    let mut deep = Producer::new("+l", &[&[], &i32s(&[0, 0])]);
    let (mut array, mut schema) = (deep.array(1, 0), deep.schema());
    deep.children.push(&raw mut array);
    deep.child_schemas.push(&raw mut schema);
    array.n_children = 1;
    array.children = deep.children.as_mut_ptr();
    schema.n_children = 1;
    schema.children = deep.child_schemas.as_mut_ptr();
    let endless = deep.import(1, 0).expect_err("an array inside itself");
    assert_eq!(endless.message(), broken("a schema without a format, or nested too deep"));
    // The child points to itself: nothing of it may be released twice.
    array.release = None;
    schema.release = None;
}

proptest! {
    /// Any offsets, texts and validity: what is accepted is text.
    #[test]
    fn hostile_texts_do_not_pass(
        offsets in prop::collection::vec(-3i32..12, 1..6),
        bytes in prop::collection::vec(any::<u8>(), 16),
        valid in any::<u8>(),
    ) {
        let mut producer = Producer::new("u", &[&[valid], &i32s(&offsets), &bytes]);
        if let Ok(column) = producer.import(offsets.len() as i64 - 1, 0) {
            for row in 0..column.len() {
                let text = column.str_at(row).unwrap_or("");
                prop_assert!(std::str::from_utf8(text.as_bytes()).is_ok());
            }
        }
    }

    /// Any views over two pools: the same.
    #[test]
    fn hostile_views_do_not_pass(
        views in prop::collection::vec(prop_oneof![0u8..30, any::<u8>()], 0..5).prop_map(|v| v.repeat(16)),
        pool in prop::collection::vec(any::<u8>(), 32),
    ) {
        let mut producer = Producer::new("vu", &[&[], &views, &pool, &pool, &ints(&[32, 32])]);
        if let Ok(column) = producer.import(views.len() as i64 / 16, 0) {
            prop_assert!(column.iter().all(|scalar| scalar.as_str().is_some()));
        }
    }
}
