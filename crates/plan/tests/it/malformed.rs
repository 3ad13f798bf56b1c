//! Every malformation has its code. Expected codes are by hand, from the limits of the design.

use plan::wire::{Decoder, Encoder};
use plan::{DeltaSpec, Expr, FieldType, Malformation, Operator, PageRef, Query, Read, UpsertPlan, Value};

use crate::support::{U64, binary, int, transfer};

fn refused(change: impl FnOnce(&mut UpsertPlan)) -> (Malformation, &'static str) {
    let mut plan = transfer();
    change(&mut plan);
    let error = plan.encode().expect_err("refused");
    (error.code, error.field)
}

fn write(page: PageRef, offset: u32, field_type: FieldType, value: Expr) -> DeltaSpec {
    DeltaSpec::Write { page, offset, field_type, value }
}

#[test]
fn plans_are_refused_by_code_and_field() {
    use Malformation::*;
    let page = PageRef::Existing(7);
    let bytes = |len: usize| Expr::Constant(Value::Bytes(vec![0; len]));
    let create = |size_bytes| DeltaSpec::Create { number: 0, size_bytes, name: None, metadata: vec![] };
    assert_eq!(refused(|plan| plan.query = Query::default()), (EmptyQuery, "query"));
    assert_eq!(refused(|plan| plan.query.pages = vec![9, 7]), (Order, "query"));
    assert_eq!(refused(|plan| plan.query.pages = vec![7, 7, 9]), (Order, "query"));
    assert_eq!(refused(|plan| plan.query.ranges = vec![(1, 5), (5, 6)]), (Overlap, "page range"));
    assert_eq!(refused(|plan| plan.query.ranges = vec![(5, 1)]), (Range, "page range"));
    assert_eq!(refused(|plan| plan.query.names = vec![String::new()]), (Limit, "page name"));
    assert_eq!(refused(|plan| plan.query.metadata = vec![vec![0; 4097]]), (Limit, "page metadata"));
    assert_eq!(refused(|plan| plan.query.pages = vec![9]), (UnselectedPage, "reads"));
    assert_eq!(refused(|plan| plan.query.pages = vec![7]), (UnselectedPage, "delta"));
    assert_eq!(refused(|plan| plan.guard = Some(Expr::Exists(8))), (UnselectedPage, "guard"));
    assert_eq!(refused(|plan| plan.deltas.clear()), (NoDeltas, "plan"));
    assert_eq!(refused(|plan| plan.deltas.reverse()), (Order, "deltas"));
    assert_eq!(refused(|plan| plan.deltas[1] = plan.deltas[0].clone()), (Order, "deltas"));
    assert_eq!(refused(|plan| plan.deltas[1] = write(page, 7, U64, int(0))), (Overlap, "write"));
    assert_eq!(
        refused(|plan| plan.deltas[0] = write(page, (1 << 20) - 7, U64, int(0))),
        (OutOfPage, "field")
    );
    assert_eq!(refused(|plan| plan.deltas[0] = write(page, u32::MAX, U64, int(0))), (OutOfPage, "field"));
    assert_eq!(refused(|plan| plan.deltas[0] = write(page, 0, U64, int(-1))), (PayloadMismatch, "write"));
    assert_eq!(refused(|plan| plan.deltas[0] = write(page, 0, U64, bytes(8))), (PayloadMismatch, "write"));
    let three = FieldType::Bytes(3);
    assert_eq!(refused(|plan| plan.deltas[0] = write(page, 0, three, bytes(4))), (PayloadMismatch, "write"));
    assert_eq!(
        refused(|plan| plan.deltas[0] = write(page, 0, three, Expr::Hash(7))),
        (PayloadMismatch, "write")
    );
    let value = Expr::Version(8);
    assert_eq!(refused(|plan| plan.deltas[0] = write(page, 0, U64, value)), (UnselectedPage, "value"));
    let new = write(PageRef::New(0), 0, U64, int(0));
    assert_eq!(refused(|plan| plan.deltas = vec![new.clone()]), (UnselectedPage, "write"));
    assert_eq!(refused(|plan| plan.deltas = vec![new.clone(), create(7)]), (OutOfPage, "write"));
    assert_eq!(refused(|plan| plan.deltas = vec![create(0)]), (Range, "page size"));
    assert_eq!(refused(|plan| plan.deltas = vec![create((1 << 20) + 1)]), (Range, "page size"));
    assert_eq!(refused(|plan| plan.deltas.push(DeltaSpec::Delete { page: 7 })), (Overlap, "delete"));
    let odd = FieldType::Int { width_bytes: 3, signed: false, big_endian: false };
    assert_eq!(refused(|plan| plan.deltas[0] = write(page, 0, odd, int(0))), (Range, "field"));
    assert_eq!(refused(|plan| plan.guard = Some(int(1))), (Type, "guard"));
    assert_eq!(refused(|plan| plan.guard = Some(Expr::Not(Box::new(int(1))))), (Type, "expression"));
    assert_eq!(
        refused(|plan| plan.guard = Some(binary(Operator::Eq, int(1), bytes(1)))),
        (Type, "expression")
    );
    let large = int(i128::from(u64::MAX) + 1);
    assert_eq!(refused(|plan| plan.guard = Some(binary(Operator::Eq, large, int(0)))), (Range, "expression"));
    assert_eq!(refused(|plan| plan.reads.push(Read::Version { page: 7, version: 4 })), (Order, "reads"));
    let read = |offset, len| Read::Range { page: 7, offset, len, hash: [0; 16] };
    assert_eq!(refused(|plan| plan.reads = vec![read(0, 0)]), (OutOfPage, "reads"));
    assert_eq!(refused(|plan| plan.reads = vec![read(1, 1 << 20)]), (OutOfPage, "reads"));
    assert_eq!(refused(|plan| plan.intent.id = 0), (Range, "intent id"));
    assert_eq!(refused(|plan| plan.intent.author.clear()), (Range, "intent author"));
    assert_eq!(refused(|plan| plan.intent.schema = "x".repeat(256)), (Limit, "intent schema"));
    assert_eq!(refused(|plan| plan.intent.body = "{".to_owned()), (BadJson, "intent body"));
    for escape in [r#""\"""#, r#""\\""#, r#""a\n\t\/\b\f\r\u00e9b""#] {
        let mut plan = transfer();
        plan.intent.body = escape.to_owned();
        assert!(plan.encode().is_ok(), "{escape}");
    }
    for wrong in [r#""\""#, r#""\x""#, r#""\u00g0""#, r#""\u00e""#] {
        assert_eq!(refused(|plan| plan.intent.body = wrong.to_owned()), (BadJson, "intent body"), "{wrong}");
    }
    assert_eq!(refused(|plan| plan.intent.body = "[".repeat(65) + &"]".repeat(65)), (BadJson, "intent body"));
    assert_eq!(
        refused(|plan| plan.intent.body = format!("\"{}\"", "x".repeat(65_535))),
        (Limit, "intent body")
    );
}

#[test]
fn expressions_keep_their_budgets() {
    let truth = || Expr::Constant(Value::Bool(true));
    let nested = |depth| (0..depth).fold(truth(), |inner, _| Expr::Not(Box::new(inner)));
    let code = |guard: Expr| guard.value_type().map(drop).map_err(|error| error.code);
    assert_eq!(code(nested(63)), Ok(()));
    assert_eq!(code(nested(64)), Err(Malformation::Budget));
    // Each side of an operator is as deep as what stands in front of it.
    let left = |depth| (0..depth).fold(truth(), |inner, _| binary(Operator::And, inner, truth()));
    let right = |depth| (0..depth).fold(truth(), |inner, _| binary(Operator::And, truth(), inner));
    for (depth, answer) in [(63, Ok(())), (64, Err(Malformation::Budget))] {
        assert_eq!(code(left(depth)), answer, "left of {depth}");
        assert_eq!(code(right(depth)), answer, "right of {depth}");
    }
    let wide = |levels| (0..levels).fold(truth(), |inner, _| binary(Operator::And, inner.clone(), inner));
    assert_eq!(code(wide(11)), Ok(()), "4095 steps");
    assert_eq!(code(wide(12)), Err(Malformation::Budget), "8191 steps");
    let bytes = |len| Expr::Constant(Value::Bytes(vec![0; len]));
    assert_eq!(code(binary(Operator::Eq, bytes(1 << 19), bytes(1 << 19))), Ok(()));
    assert_eq!(code(binary(Operator::Eq, bytes(1 << 19), bytes((1 << 19) + 1))), Err(Malformation::Budget));

    // A decoder stops at the budget as well, whatever follows.
    let bytes_of = |guard: &Expr| {
        let mut encoder = Encoder::new();
        guard.encode_to(&mut encoder);
        encoder.finish()
    };
    let decoded = |bytes: &[u8]| Expr::decode(&mut Decoder::new(bytes)).map(drop).map_err(|error| error.code);
    for (depth, answer) in [(63, Ok(())), (64, Err(Malformation::Budget))] {
        assert_eq!(decoded(&bytes_of(&left(depth))), answer, "left of {depth}");
        assert_eq!(decoded(&bytes_of(&right(depth))), answer, "right of {depth}");
    }
    let mut plan = transfer();
    plan.guard = Some(nested(63));
    let mut bytes = plan.encode().unwrap();
    let at = bytes.windows(63).position(|window| window == [34; 63]).unwrap();
    bytes.insert(at, 34);
    bytes[at - 1] += 1;
    assert_eq!(UpsertPlan::decode(&bytes).unwrap_err().code, Malformation::Budget);
}

#[test]
fn bytes_are_refused_by_code_and_offset() {
    let bytes = transfer().encode().unwrap();
    let refused = |bytes: &[u8]| {
        let error = UpsertPlan::decode(bytes).expect_err("refused");
        (error.code, error.field, error.offset)
    };
    let intent_len = bytes[1] as usize + 2;
    assert_eq!(refused(&[]), (Malformation::Truncated, "intent", 0));
    assert_eq!(refused(&bytes[..1]), (Malformation::Truncated, "entry", 1));
    assert_eq!(refused(&bytes[..intent_len]), (Malformation::Truncated, "query", intent_len));
    let twice = [&bytes[..intent_len], &bytes[..]].concat();
    assert_eq!(refused(&twice), (Malformation::Order, "entry tag", intent_len));
    let unknown = [&bytes[..], &[99, 0]].concat();
    assert_eq!(refused(&unknown), (Malformation::UnknownTag, "entry tag", bytes.len()));
    let mut padded = bytes.clone();
    padded[1] |= 0x80;
    padded.insert(2, 0);
    assert_eq!(refused(&padded), (Malformation::NonMinimal, "entry", 1));
    let mut invalid = bytes.clone();
    invalid[intent_len - 2] = 0xff;
    assert_eq!(refused(&invalid).0, Malformation::Utf8);
    let mut trailing = bytes.clone();
    let last = trailing.len() - 7;
    trailing[last] += 1;
    trailing.push(0);
    assert_eq!(refused(&trailing), (Malformation::Trailing, "query", trailing.len() - 1));
    let empty_reads = [&bytes[..intent_len], &[2, 1, 0], &bytes[intent_len + 6..]].concat();
    assert_eq!(refused(&empty_reads), (Malformation::NonMinimal, "reads", intent_len));
}

/// Expected values: the definition of LEB128 (DWARF 5, section 7.6), restricted to its shortest form.
#[test]
fn integers_have_one_form() {
    let cases: [(u64, &[u8]); 5] = [
        (0, &[0]),
        (127, &[0x7f]),
        (128, &[0x80, 1]),
        (624_485, &[0xe5, 0x8e, 0x26]),
        (u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
    ];
    for (value, bytes) in cases {
        let mut encoder = Encoder::new();
        encoder.varint(value);
        assert_eq!(encoder.as_slice(), bytes);
        assert_eq!(Decoder::new(bytes).varint("n"), Ok(value));
    }
    let refused: [(&[u8], Malformation); 5] = [
        (&[], Malformation::Truncated),
        (&[0x80], Malformation::Truncated),
        (&[0x80, 0], Malformation::NonMinimal),
        (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], Malformation::NonMinimal),
        (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], Malformation::NonMinimal),
    ];
    for (bytes, code) in refused {
        assert_eq!(Decoder::new(bytes).varint("n").unwrap_err().code, code, "{bytes:?}");
    }
}
