//! What a refusal tells besides its code: the field, the byte, the page, what was allowed and what stood there. And the
//! bytes of deltas. All by hand, from the limits and the format.

use std::collections::BTreeMap;

use plan::typed::{Datum, Kind};
use plan::wire::{Decoder, Encoder};
use plan::{
    Change, ClientEntry, Delta, DeltaSpec, Expr, FieldType, Intent, Malformation, Malformed, NamespaceId,
    PageRef, PageView, Patch, Query, Read, UpsertPlan, Value, View, ViewError, expr, query, tag, upsert,
};

use crate::support::{U64, int, transfer};

fn why(code: Malformation, field: &'static str) -> Malformed {
    Malformed::new(code, field, 0)
}

fn write(page: PageRef, offset: u32, field_type: FieldType, value: Expr) -> DeltaSpec {
    DeltaSpec::Write { page, offset, field_type, value }
}

#[test]
fn limits_are_those_of_the_design() {
    assert_eq!(upsert::PLAN_LEN_MAX, 15_728_640);
    assert_eq!([upsert::DELTAS_MAX, upsert::CLIENTS_MAX, query::READS_MAX], [65_536; 3]);
    assert_eq!([expr::STEPS_MAX, expr::DEPTH_MAX, expr::BYTES_MAX], [4_096, 64, 1_048_576]);
    assert_eq!(query::PAGE_LEN_MAX, 1_048_576);
    assert_eq!([query::PAGE_NAME_LEN_MAX, query::METADATA_LEN_MAX], [255, 4_096]);
}

#[test]
fn a_refused_plan_tells_where_and_how_much() {
    use Malformation::*;
    let check = |change: &dyn Fn(&mut UpsertPlan), expected: Malformed| {
        let mut plan = transfer();
        change(&mut plan);
        assert_eq!(plan.validate(), Err(expected));
    };
    check(&|plan| plan.intent.id = 0, why(Range, "intent id"));
    check(&|plan| plan.intent.author.clear(), why(Range, "intent author"));
    check(&|plan| plan.intent.schema.clear(), why(Range, "intent schema"));
    check(&|plan| plan.intent.author = "x".repeat(256), why(Limit, "intent author").over(255, 256));
    check(&|plan| plan.intent.schema = "x".repeat(300), why(Limit, "intent schema").over(255, 300));
    check(&|plan| plan.intent.body = "x".repeat(65_537), why(Limit, "intent body").over(65_536, 65_537));
    check(&|plan| plan.intent.body = "[1,]".to_owned(), Malformed::new(BadJson, "intent body", 3));

    let many: Vec<u64> = (0..65_537).collect();
    check(&|plan| plan.query.pages = many.clone(), why(Limit, "query").over(65_536, 65_537));
    check(&|plan| plan.query.names = vec!["x".repeat(256)], why(Limit, "page name").over(255, 256));
    check(&|plan| plan.query.names = vec![String::new()], why(Limit, "page name").over(255, 0));
    check(&|plan| plan.query.metadata = vec![vec![0; 4_097]], why(Limit, "page metadata").over(4_096, 4_097));
    check(&|plan| plan.query.names = vec!["b".into(), "a".into()], why(Order, "query"));
    check(&|plan| plan.query.metadata = vec![vec![2], vec![1]], why(Order, "query"));
    for ranges in [vec![(5, 7)], vec![(7, 7)], vec![(7, 8)], vec![(1, 2), (6, 7)]] {
        check(&|plan| plan.query.ranges = ranges.clone(), why(Overlap, "page id").on_page(7));
    }

    let read = |offset, len| Read::Range { page: 7, offset, len, hash: [0; 16] };
    for (offset, len) in [(0, 0), (1, 1 << 20), (u32::MAX, 1), (1 << 20, 1)] {
        check(&|plan| plan.reads = vec![read(offset, len)], why(OutOfPage, "reads").on_page(7));
    }
    let many: Vec<Read> = (0..65_537).map(|at| read(at, 1)).collect();
    check(&|plan| plan.reads = many.clone(), why(Limit, "reads").over(65_536, 65_537));
    check(&|plan| plan.reads = vec![read(0, 2), read(0, 1)], why(Order, "reads"));
    check(&|plan| plan.reads[0] = Read::Version { page: 8, version: 1 }, stray("reads", 8));
    check(&|plan| plan.guard = Some(Expr::Exists(8)), stray("guard", 8));
    check(&|plan| plan.query.pages = vec![7], stray("delta", 9));

    let seven = PageRef::Existing(7);
    let value = || int(-1);
    check(&|plan| plan.deltas[0] = write(seven, 0, U64, value()), why(PayloadMismatch, "write").on_page(7));
    check(&|plan| plan.deltas[1] = write(seven, 7, U64, int(0)), why(Overlap, "write").on_page(7));
    check(&|plan| plan.deltas.push(DeltaSpec::Delete { page: 7 }), why(Overlap, "delete").on_page(7));
    let many = vec![DeltaSpec::Delete { page: 7 }; 65_537];
    check(&|plan| plan.deltas = many.clone(), why(Limit, "deltas").over(65_536, 65_537));
    let create = |number, size_bytes, name: Option<&str>| DeltaSpec::Create {
        number,
        size_bytes,
        name: name.map(str::to_owned),
        metadata: vec![],
    };
    for size in [0, (1 << 20) + 1] {
        let expected = why(Range, "page size").over(1 << 20, u64::from(size));
        check(&|plan| plan.deltas = vec![create(0, size, None)], expected);
    }
    let named = why(Limit, "page name").over(255, 0);
    check(&|plan| plan.deltas = vec![create(0, 1, Some(""))], named);
    let twice = [create(0, 1, Some("a")), create(1, 1, Some("a"))];
    check(&|plan| plan.deltas = twice.to_vec(), why(Overlap, "page name"));
    let new = write(PageRef::New(0), 0, U64, int(0));
    check(&|plan| plan.deltas = vec![new.clone()], why(UnselectedPage, "write"));
    check(&|plan| plan.deltas = vec![new.clone(), create(0, 7, None)], why(OutOfPage, "write").over(7, 8));
    let metadata = DeltaSpec::Metadata { page: 7, metadata: vec![0; 4_097] };
    check(
        &|plan| plan.deltas = vec![metadata.clone()],
        why(Limit, "page metadata").over(4_096, 4_097).on_page(7),
    );
    let byte = FieldType::Int { width_bytes: 1, signed: false, big_endian: true };
    check(&|plan| plan.deltas[0] = write(seven, 0, byte, int(0)), why(Range, "field").on_page(7));

    let client = |id, len| ClientEntry {
        namespace: NamespaceId(1),
        kind: 1,
        version: 1,
        id,
        parent: 0,
        body: vec![0; len],
    };
    check(&|plan| plan.clients = vec![client(0, 65_537)], why(Limit, "client body").over(65_536, 65_537));
    check(&|plan| plan.clients = vec![client(1, 0)], why(Overlap, "client id"));
    check(&|plan| plan.clients = vec![client(2, 0), client(2, 0)], why(Overlap, "client id"));
    check(&|plan| plan.deltas.clear(), why(NoDeltas, "plan"));
}

fn stray(field: &'static str, page: u64) -> Malformed {
    why(Malformation::UnselectedPage, field).on_page(page)
}

/// A good plan in which one entry has another payload: the refusal, and where that payload begins.
fn decoded(changed: u8, payload: &[u8]) -> (Malformed, usize) {
    let plan = transfer();
    let (mut bytes, mut at) = (Encoder::new(), 0);
    let intent = plan.intent.encode().unwrap();
    let good: [(u8, &[u8]); 5] = [
        (tag::INTENT, &intent),
        (tag::READS, &[1, 7, 0, 3]),
        (tag::GUARD, &[5]),
        (tag::DELETE, &[7]),
        (tag::QUERY, &[1, 7, 0, 0, 0]),
    ];
    let mut entries: BTreeMap<u8, &[u8]> = good.into();
    entries.insert(changed, payload);
    for (tag, payload) in entries {
        bytes.entry(tag, payload);
        if tag == changed {
            at = bytes.len() - payload.len();
        }
    }
    (UpsertPlan::decode(bytes.as_slice()).expect_err("refused"), at)
}

#[test]
fn a_refused_entry_tells_its_byte_in_the_plan() {
    use Malformation::*;
    let check = |tag, payload: &[u8], code, field, inside| {
        let (found, at) = decoded(tag, payload);
        assert!(at > 1, "it is not the first byte");
        assert_eq!((found.code, found.field, found.offset), (code, field, at + inside), "{payload:?}");
    };
    check(tag::INTENT, &[1], Truncated, "intent id", 0);
    check(tag::READS, &[1, 7, 9], UnknownTag, "read kind", 3);
    check(tag::READS, &[1, 7, 0, 3, 4], Trailing, "reads", 4);
    check(tag::READS, &[1, 7, 1, 0x81, 0x80, 0x40], Limit, "read offset", 3);
    check(tag::GUARD, &[99], UnknownTag, "expression", 0);
    check(tag::GUARD, &[34, 99], UnknownTag, "expression", 1);
    check(tag::GUARD, &[5, 0], Trailing, "guard", 1);
    check(tag::WRITE, &[2, 7], UnknownTag, "page", 0);
    check(tag::WRITE, &[0, 7, 0, 0x40], UnknownTag, "field type", 4);
    check(tag::WRITE, &[0, 7, 0, 0x21], UnknownTag, "field type", 4);
    check(tag::CREATE, &[0, 1, 1, 0xff], Utf8, "page name", 2);
    check(tag::DELETE, &[7, 0], Trailing, "delta", 1);
    check(tag::CLIENT, &[1, 1, 1, 4], Range, "client presence", 4);
    let zero = [&[1, 1, 1, 1][..], &[0; 16]].concat();
    check(tag::CLIENT, &zero, NonMinimal, "client id", 4);
    let zero = [&[1, 1, 1, 2][..], &[0; 16]].concat();
    check(tag::CLIENT, &zero, NonMinimal, "client parent", 4);
    check(tag::QUERY, &[1, 7, 0, 0, 0, 0], Trailing, "query", 5);
    check(tag::QUERY, &[1, 7, 0, 0], Truncated, "query metadata", 4);

    let (found, at) = decoded(tag::CLIENT, &[&[1, 1, 1, 0][..], &[0; 65_537]].concat());
    assert_eq!(found, Malformed::new(Limit, "client body", at + 4).over(65_536, 65_537));
    let far = [&[0, 1, 10][..], &[0xff; 9], &[1, 0, 0]].concat();
    let (found, at) = decoded(tag::QUERY, &far);
    assert_eq!(found, Malformed::new(Limit, "page range", at + 3).over(u64::MAX - 10, u64::MAX));
    // An intent's text that is not UTF-8 begins behind id, parent, author, schema and version.
    let bytes = [&[1][..], &[0; 16], &[1, b'a', 1, b's', 1, 0xff]].concat();
    let found = Intent::decode(&bytes).unwrap_err();
    assert_eq!((found.code, found.field, found.offset), (Utf8, "intent body", 22));
}

#[test]
fn a_refused_value_tells_its_byte_and_its_limit() {
    use Malformation::*;
    /// Behind one byte that is none of its business.
    fn second<T>(bytes: &[u8], read: impl FnOnce(&mut Decoder<'_>) -> Result<T, Malformed>) -> Malformed {
        let bytes = [&[77], bytes].concat();
        let mut decoder = Decoder::new(&bytes);
        decoder.byte("first").unwrap();
        read(&mut decoder).map(drop).expect_err("refused")
    }
    let at_one = |code| Malformed::new(code, "n", 1);
    assert_eq!(second(&[1, 2], |from| from.raw(3, "n").map(drop)), at_one(Truncated).over(3, 2));
    assert_eq!(second(&[], |from| from.byte("n")), at_one(Truncated).over(1, 0));
    assert_eq!(second(&[0x80, 0], |from| from.varint("n")), at_one(NonMinimal));
    assert_eq!(second(&[9], |from| from.varint_up_to(8, "n")), at_one(Limit).over(8, 9));
    assert_eq!(second(&[3, 0, 0, 0], |from| from.bytes(2, "n").map(drop)), at_one(Limit).over(2, 3));
    assert_eq!(second(&[1, 0xff], |from| from.text(2, "n").map(drop)), at_one(Utf8));
    assert_eq!(second(&[2], |from| from.boolean("n")), at_one(Range));
    assert_eq!(second(&[0; 16], |from| from.nonzero_u128_if(true, "n")), at_one(NonMinimal));
    assert_eq!(second(&[4], |from| from.items(3, "n", |from| from.byte("item"))), at_one(Limit).over(3, 4));
    assert_eq!(second(&[1], |from| from.clone().finish("n")), at_one(Trailing));
    let mut decoder = Decoder::new(&[1, 2, 3]);
    assert_eq!((decoder.boolean("n"), decoder.offset(), decoder.is_empty()), (Ok(true), 1, false));
    assert_eq!((decoder.rest(), decoder.offset(), decoder.is_empty()), (&[2, 3][..], 3, true));
    assert_eq!(decoder.nonzero_u128_if(false, "n"), Ok(0));
    assert_eq!(decoder.finish("n"), Ok(()));
    assert_eq!(Decoder::new(&[2, 7, 9]).items(2, "n", |from| from.byte("item")), Ok(vec![7, 9]));
    assert!(Encoder::new().is_empty());

    let told = why(Limit, "n").over(8, 9).on_page(7).within(3).to_string();
    assert_eq!(told, "malformed n at byte 3: the value is over its limit; page 7; expected 8; found 9");
}

/// The length of a payload is written before it is known.
#[test]
fn an_entry_of_any_length_has_one_form() {
    for len in [0, 1, 127, 128, 129, 16_383, 16_384, 70_000] {
        let payload = vec![5; len];
        let [mut known, mut written] = [(); 2].map(|()| Encoder::new());
        for entries in [&mut known, &mut written] {
            entries.byte(1);
        }
        known.entry(9, &payload);
        written.entry_with(9, |to| to.raw(&payload));
        assert_eq!(known.as_slice()[1], 9);
        assert_eq!(known.len(), len + 3 + usize::from(len >= 128) + usize::from(len >= 16_384));
        assert_eq!(known.finish(), written.finish(), "{len} bytes");
    }
}

#[test]
fn deltas_have_the_bytes_of_the_format() {
    let of = |base, change| Delta { page: 7, base, change };
    let patch = |patch| of(3, Change::Write(patch));
    let bitmap = Patch::Bitmap { offset: 1, mask: vec![5], bytes: vec![8, 9] };
    let create = Change::Create { size_bytes: 5, name: Some("a".to_owned()), metadata: vec![1] };
    let nameless = Change::Create { size_bytes: 5, name: None, metadata: vec![] };
    let cases: [(Delta, u8, &[u8]); 8] = [
        (patch(Patch::Runs(vec![(4, vec![9])])), 4, &[7, 3, 0, 1, 4, 1, 9]),
        (patch(bitmap), 4, &[7, 3, 1, 1, 1, 5, 8, 9]),
        (patch(Patch::Full(vec![1, 2])), 4, &[7, 3, 2, 1, 2]),
        (patch(Patch::Fill { offset: 2, len: 3, byte: 4 }), 4, &[7, 3, 3, 2, 3, 4]),
        (of(0, create), 5, &[7, 5, 1, b'a', 1]),
        (of(0, nameless), 5, &[7, 5, 0]),
        (of(3, Change::Delete), 6, &[7, 3]),
        (of(3, Change::Metadata(vec![6])), 7, &[7, 3, 6]),
    ];
    for (delta, tag, bytes) in cases {
        assert_eq!((delta.tag(), delta.encode().unwrap()), (tag, bytes.to_vec()), "{delta:?}");
        assert_eq!(Delta::decode(tag, bytes), Ok(delta));
    }
    let refused = |tag, bytes: &[u8]| Delta::decode(tag, bytes).unwrap_err();
    use Malformation::*;
    assert_eq!(refused(tag::WRITE, &[7, 3, 4]), Malformed::new(UnknownTag, "patch", 2));
    assert_eq!(refused(tag::CLIENT, &[7, 3]), why(UnknownTag, "delta"));
    assert_eq!(refused(tag::WRITE, &[7, 3, 2]), why(OutOfPage, "patch"));
    assert_eq!(refused(tag::DELETE, &[7, 3, 0]), Malformed::new(Trailing, "delta", 2));
    let far = [&[7, 3, 3][..], &[0x81, 0x80, 0x40], &[1, 1]].concat();
    assert_eq!(
        refused(tag::WRITE, &far),
        Malformed::new(Limit, "fill offset", 3).over(1 << 20, (1 << 20) + 1)
    );
    let based = of(2, Change::Create { size_bytes: 1, name: None, metadata: vec![] });
    assert_eq!(based.validate(), Err(why(Range, "base version")));
    // The last byte of the greatest page is inside, the one behind it is not.
    let at = |offset, len| patch(Patch::Fill { offset, len, byte: 1 }).validate();
    assert_eq!([at((1 << 20) - 1, 1), at(0, 1 << 20)], [Ok(()), Ok(())]);
    assert_eq!([at(1 << 20, 1), at(1, 1 << 20)], [(); 2].map(|()| Err(why(OutOfPage, "patch"))));
    let apart = patch(Patch::Runs(vec![(0, vec![1]), (2, vec![1])]));
    assert_eq!(apart.validate(), Ok(()));
}

#[test]
fn a_naive_state_answers_what_it_is_asked() {
    let page = |version, name: Option<&'static str>, metadata: &'static [u8]| PageView {
        version,
        name: name.map(Into::into),
        metadata: metadata.into(),
        bytes: vec![1, 2].into(),
    };
    let state = BTreeMap::from([
        (3, page(9, Some("c"), b"x")),
        (5, page(4, None, b"")),
        (8, page(6, Some("h"), b"x")),
    ]);
    assert_eq!((state.seq(), BTreeMap::new().seq()), (9, 0));
    assert_eq!(state.page(5).unwrap(), Some(page(4, None, b"")));
    assert_eq!(state.page(4).unwrap(), None);
    assert_eq!(["c", "h", "n"].map(|name| state.page_named(name).unwrap()), [Some(3), Some(8), None]);
    let within = |first, last| state.pages_within(first, last).unwrap();
    assert_eq!([within(3, 8), within(4, 7), within(9, 9)], [vec![3, 5, 8], vec![5], vec![]]);
    assert_eq!(state.pages_with_metadata(b"x").unwrap(), [3, 8]);
    assert_eq!(state.pages_with_metadata(b"y").unwrap(), [0; 0]);
}

#[test]
fn a_query_selects_by_id_as_far_as_ids_tell() {
    let query = Query { pages: vec![2, 20], ranges: vec![(5, 7), (9, 9)], ..Query::default() };
    let selected: Vec<u64> = (0..30).filter(|page| query.selects(*page) == Some(true)).collect();
    assert_eq!(selected, [2, 5, 6, 7, 9, 20]);
    assert_eq!(query.selects(8), Some(false));
    let named = Query { names: vec!["a".to_owned()], ..query.clone() };
    assert_eq!([named.selects(8), named.selects(7)], [None, Some(true)]);
    let marked = Query { metadata: vec![vec![1]], ..query };
    assert_eq!(marked.selects(8), None);
}

/// By hand: what a field takes, at both ends of each width.
#[test]
fn constants_fit_their_field_or_do_not() {
    let fits = |field_type, value| {
        let mut plan = transfer();
        plan.deltas[0] = write(PageRef::Existing(7), 16, field_type, value);
        plan.validate().is_ok()
    };
    for width_bytes in [1u8, 2, 4, 8] {
        let bits = u32::from(width_bytes) * 8;
        let of = |signed| FieldType::Int { width_bytes, signed, big_endian: false };
        let (top, half) = ((1i128 << bits) - 1, 1i128 << (bits - 1));
        let unsigned = [0, top, -1].map(|value| fits(of(false), int(value)));
        assert_eq!(unsigned, [true, true, false], "u{bits}");
        let signed = [-half, half - 1, -half - 1, half];
        assert_eq!(signed.map(|value| fits(of(true), int(value))), [true, true, false, false], "i{bits}");
        assert!(width_bytes == 8 || !fits(of(false), int(top + 1)), "u{bits}");
    }
    let bytes = |len| Expr::Constant(Value::Bytes(vec![0; len]));
    assert_eq!([3, 4, 5].map(|len| fits(FieldType::Bytes(4), bytes(len))), [false, true, false]);
    assert_eq!([15, 16, 17].map(|len| fits(FieldType::Bytes(len), Expr::Hash(7))), [false, true, false]);
    let from = |len| Expr::Field { page: 7, offset: 0, field_type: FieldType::Bytes(len) };
    assert_eq!([3, 4].map(|len| fits(FieldType::Bytes(4), from(len))), [false, true]);
    assert!(!fits(FieldType::Bytes(4), int(0)) && !fits(U64, bytes(8)) && !fits(U64, Expr::Exists(7)));
}

#[test]
fn hashes_and_errors_of_states_say_what_they_are() {
    let hash = upsert::PlanHash([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
    assert_eq!(hash.to_string(), "000102030405060708090a0b0c0d0eff");
    assert_eq!(format!("{hash:?}"), "PlanHash(000102030405060708090a0b0c0d0eff)");
    let unread = ViewError::new("the disk is gone");
    assert_eq!(unread.to_string(), "the state cannot be read: the disk is gone");
    let source = std::error::Error::source(&unread).map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("the disk is gone"));
}

#[test]
fn constants_are_integers_where_the_place_holds_one() {
    let byte = Kind::Int { width_bytes: 1, signed: false, big_endian: false };
    assert_eq!(byte.constant(&Datum::Int(200)), Ok(Expr::Constant(Value::Int(200))));
    assert_eq!(
        Kind::Text(3).constant(&Datum::Text("a".to_owned())),
        Ok(Expr::Constant(Value::Bytes(b"a\0\0".to_vec())))
    );
}

#[test]
fn encoders_know_whether_anything_was_written() {
    let mut encoder = Encoder::new();
    assert!(encoder.is_empty());
    encoder.byte(0);
    assert!(!encoder.is_empty());
}
