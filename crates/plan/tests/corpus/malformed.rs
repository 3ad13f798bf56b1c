//! A corpus of byte strings that are no plan: for each malformation the plans that show it, built from parts so that
//! nothing else is wrong with them. Shared with the tests of the crates that take plans. Expected codes are by hand,
//! from the limits of the design.

use plan::Malformation::{self, *};
use plan::tag;
use plan::wire::Encoder;

/// Bytes that are refused.
pub struct Sample {
    /// What is wrong.
    pub name: &'static str,
    /// The one code that says so.
    pub code: Malformation,
    /// The encoding.
    pub bytes: Vec<u8>,
}

/// Builds bytes with the crate's own alphabet.
fn bytes(write: impl FnOnce(&mut Encoder)) -> Vec<u8> {
    let mut encoder = Encoder::new();
    write(&mut encoder);
    encoder.finish()
}

fn intent_with(id: u128, author: &[u8], schema: &[u8], body: &[u8]) -> Vec<u8> {
    bytes(|to| {
        to.u128(id);
        to.byte(0);
        to.bytes(author);
        to.bytes(schema);
        to.varint(1);
        to.raw(body);
    })
}

fn intent() -> Vec<u8> {
    intent_with(1, b"agent", b"set", b"{}")
}

fn body(json: &[u8]) -> Vec<u8> {
    intent_with(1, b"agent", b"set", json)
}

/// Page 7 alone.
fn query() -> Vec<u8> {
    vec![1, 7, 0, 0, 0]
}

/// `page.offset as field = value`, the last three as their bytes.
fn write(page: &[u8], offset: u64, field: &[u8], value: &[u8]) -> Vec<u8> {
    bytes(|to| {
        to.raw(page);
        to.varint(offset);
        to.raw(field);
        to.raw(value);
    })
}

const PAGE_7: &[u8] = &[0, 7];
const NEW_0: &[u8] = &[1, 0];
const U8: &[u8] = &[1];
const ZERO: &[u8] = &[1, 0];
const TRUE: &[u8] = &[5];

fn set() -> (u8, Vec<u8>) {
    (tag::WRITE, write(PAGE_7, 0, U8, ZERO))
}

fn create(size: u64, name: &[u8], metadata: &[u8]) -> (u8, Vec<u8>) {
    created(0, size, name, metadata)
}

fn created(number: u64, size: u64, name: &[u8], metadata: &[u8]) -> (u8, Vec<u8>) {
    let payload = bytes(|to| {
        to.varint(number);
        to.varint(size);
        to.bytes(name);
        to.raw(metadata);
    });
    (tag::CREATE, payload)
}

fn client(id: u128, body: &[u8]) -> (u8, Vec<u8>) {
    let payload = bytes(|to| {
        to.raw(&[1, 1, 1, 1]);
        to.u128(id);
        to.raw(body);
    });
    (tag::CLIENT, payload)
}

/// A plan of exactly these entries.
fn plan(entries: &[(u8, Vec<u8>)]) -> Vec<u8> {
    bytes(|to| entries.iter().for_each(|(tag, payload)| to.entry(*tag, payload)))
}

/// A plan with these entries between its intent and its query.
fn middle(entries: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let first = [(tag::INTENT, intent())];
    plan(&[&first[..], entries, &[(tag::QUERY, query())]].concat())
}

fn guarded(guard: &[u8]) -> Vec<u8> {
    middle(&[(tag::GUARD, guard.to_vec()), set()])
}

fn written(payload: Vec<u8>) -> Vec<u8> {
    middle(&[(tag::WRITE, payload)])
}

fn asked(query: &[u8]) -> Vec<u8> {
    plan(&[(tag::INTENT, intent()), set(), (tag::QUERY, query.to_vec())])
}

fn stated(intent: Vec<u8>) -> Vec<u8> {
    plan(&[(tag::INTENT, intent), set(), (tag::QUERY, query())])
}

fn read(reads: &[u8]) -> Vec<u8> {
    middle(&[(tag::READS, reads.to_vec()), set()])
}

/// The plan that every sample spoils in one place.
pub fn good() -> Vec<u8> {
    middle(&[set()])
}

/// Every sample.
pub fn malformed() -> Vec<Sample> {
    let good = good();
    let cut = |len: usize| good[..good.len() - len].to_vec();
    let sized = |len: usize| bytes(|to| to.bytes(&vec![b'a'; len]));
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    let nots = |depth: usize| [vec![34; depth], TRUE.to_vec()].concat();
    let constant = |len: usize| [&[3][..], &sized(len)].concat();
    let hash_range = |offset: u64, len: u64| {
        bytes(|to| {
            to.raw(&[1, 7, 1]);
            to.varint(offset);
            to.varint(len);
            to.raw(&[0; 16]);
        })
    };
    let many = |count: u64| bytes(|to| to.varint(count));
    let delete = (tag::DELETE, vec![7]);
    let metadata = |len: usize| (tag::META, [&[7][..], &vec![0; len]].concat());
    let samples = [
        ("nothing", Truncated, vec![]),
        ("cut in the last entry", Truncated, cut(1)),
        ("cut before the query", Truncated, cut(query().len() + 2)),
        ("without an intent", Truncated, plan(&[set(), (tag::QUERY, query())])),
        ("an intent that ends in its id", Truncated, stated(vec![1; 15])),
        ("a guard that ends in an operand", Truncated, guarded(&[24, 1, 0])),
        ("a byte behind the query's end", Trailing, asked(&[&query()[..], &[0]].concat())),
        ("a byte behind a write", Trailing, written(write(PAGE_7, 0, U8, &[1, 0, 0]))),
        ("a byte behind a delete", Trailing, middle(&[(tag::DELETE, vec![7, 0])])),
        ("a byte behind the guard", Trailing, guarded(&[5, 5])),
        ("a byte behind the reads", Trailing, read(&[1, 7, 0, 3, 0])),
        ("a padded length", NonMinimal, [&good[..1], &[good[1] | 0x80, 0], &good[2..]].concat()),
        ("a padded page id", NonMinimal, asked(&[1, 0x87, 0, 0, 0, 0])),
        ("an integer of 65 bits", NonMinimal, {
            guarded(&[24, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 1, 0])
        }),
        ("reads that are none", NonMinimal, read(&[0])),
        ("a parent that is none", NonMinimal, {
            let mut intent = intent();
            intent[16] = 1;
            intent.splice(17..17, [0; 16]);
            stated(intent)
        }),
        ("an entry without a meaning", UnknownTag, middle(&[set(), (14, vec![])])),
        ("an expression without a meaning", UnknownTag, guarded(&[6])),
        ("a field without a meaning", UnknownTag, written(write(PAGE_7, 0, &[3], ZERO))),
        ("a big-endian byte", UnknownTag, written(write(PAGE_7, 0, &[0x21], ZERO))),
        ("a page without a meaning", UnknownTag, written(write(&[2, 7], 0, U8, ZERO))),
        ("a read without a meaning", UnknownTag, read(&[1, 7, 2, 3])),
        ("an intent behind a write", Order, plan(&[set(), (tag::INTENT, intent()), (tag::QUERY, query())])),
        ("two intents", Order, middle(&[(tag::INTENT, intent()), set()])),
        ("two queries", Order, middle(&[set(), (tag::QUERY, query())])),
        ("pages that descend", Order, asked(&[2, 7, 6, 0, 0, 0])),
        ("a page twice", Order, asked(&[2, 7, 7, 0, 0, 0])),
        ("a name twice", Order, asked(&[1, 7, 0, 2, 1, b'a', 1, b'a', 0])),
        ("a metadata twice", Order, asked(&[1, 7, 0, 0, 2, 0, 0])),
        ("writes that descend", Order, {
            middle(&[(tag::WRITE, write(PAGE_7, 1, U8, ZERO)), (tag::WRITE, write(PAGE_7, 0, U8, ZERO))])
        }),
        ("a write twice", Order, middle(&[set(), set()])),
        ("a read twice", Order, read(&[2, 7, 0, 3, 7, 0, 3])),
        ("an author that is no text", Utf8, stated(intent_with(1, b"\xff", b"set", b"{}"))),
        ("a schema that is no text", Utf8, stated(intent_with(1, b"agent", b"\xc3", b"{}"))),
        ("a body that is no text", Utf8, stated(body(b"\"\xff\""))),
        ("a selected name that is no text", Utf8, asked(&[1, 7, 0, 1, 1, 0xff, 0])),
        ("a created name that is no text", Utf8, middle(&[create(1, b"\xff", b"")])),
        ("an intent without an id", Range, stated(intent_with(0, b"agent", b"set", b"{}"))),
        ("an intent without an author", Range, stated(intent_with(1, b"", b"set", b"{}"))),
        ("an intent without a schema", Range, stated(intent_with(1, b"agent", b"", b"{}"))),
        ("a parent that is a 2", Range, {
            let mut intent = intent();
            intent[16] = 2;
            stated(intent)
        }),
        ("a client with unknown parts", Range, middle(&[set(), (tag::CLIENT, vec![1, 1, 1, 4])])),
        ("a page of no byte", Range, middle(&[create(0, b"", b"")])),
        ("an author of 256 bytes", Limit, stated(intent_with(1, &[b'a'; 256], b"set", b"{}"))),
        ("a schema of 256 bytes", Limit, stated(intent_with(1, b"agent", &[b'a'; 256], b"{}"))),
        ("a body of 64 KiB and a byte", Limit, {
            stated(body(&[&b"\""[..], &[b'a'; (64 << 10) - 1], b"\""].concat()))
        }),
        ("65,537 pages", Limit, asked(&many(65_537))),
        ("65,537 reads", Limit, read(&many(65_537))),
        ("a selected name of 256 bytes", Limit, asked(&[&[1, 7, 0, 1][..], &sized(256), &[0]].concat())),
        ("a selected name of no byte", Limit, asked(&[1, 7, 0, 1, 0, 0])),
        ("a selected metadata of 4,097 bytes", Limit, asked(&[&[1, 7, 0, 0, 1][..], &sized(4097)].concat())),
        ("a created name of 256 bytes", Limit, middle(&[create(1, &[b'a'; 256], b"")])),
        ("a created metadata of 4,097 bytes", Limit, middle(&[create(1, b"", &[0; 4097])])),
        ("a metadata of 4,097 bytes", Limit, middle(&[metadata(4097)])),
        ("a page of 1 MiB and a byte", Limit, middle(&[create((1 << 20) + 1, b"", b"")])),
        ("a client body of 64 KiB and a byte", Limit, middle(&[set(), client(2, &vec![0; (64 << 10) + 1])])),
        ("65,537 writes", Limit, {
            let writes = (0..65_537).map(|offset| (tag::WRITE, write(PAGE_7, offset, U8, ZERO)));
            middle(&writes.collect::<Vec<_>>())
        }),
        (
            "an end of a range past 64 bits",
            Limit,
            asked(&[0, 1, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0]),
        ),
        ("an integer below -2^63", Limit, {
            guarded(&[24, 2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 1, 0])
        }),
        ("a body that is open", BadJson, stated(body(b"{"))),
        ("a body of nothing", BadJson, stated(body(b""))),
        ("a body with a bare word", BadJson, stated(body(b"{why: 1}"))),
        ("a body of two values", BadJson, stated(body(b"1 2"))),
        ("a body of 65 levels", BadJson, stated(body(&nested(65)))),
        ("a query of nothing", EmptyQuery, asked(&[0, 0, 0, 0])),
        ("no delta and no entry", NoDeltas, middle(&[])),
        ("256 in a byte", PayloadMismatch, written(write(PAGE_7, 0, U8, &[1, 0x80, 2]))),
        ("-1 in an unsigned byte", PayloadMismatch, written(write(PAGE_7, 0, U8, &[2, 0]))),
        ("bytes in an integer", PayloadMismatch, written(write(PAGE_7, 0, U8, &[3, 1, 0]))),
        ("three bytes in two", PayloadMismatch, written(write(PAGE_7, 0, &[0, 2], &[3, 3, 0, 0, 0]))),
        ("a hash in two bytes", PayloadMismatch, written(write(PAGE_7, 0, &[0, 2], &[12, 7]))),
        ("truth in a byte", PayloadMismatch, written(write(PAGE_7, 0, U8, TRUE))),
        ("a write at 1 MiB", OutOfPage, written(write(PAGE_7, 1 << 20, U8, ZERO))),
        ("a field past 1 MiB", OutOfPage, guarded(&[24, 8, 7, 0xfd, 0xff, 0x3f, 4, 1, 0])),
        ("a write past its new page", OutOfPage, {
            middle(&[(tag::WRITE, write(NEW_0, 1, U8, ZERO)), create(1, b"", b"")])
        }),
        ("a read of no byte", OutOfPage, read(&hash_range(0, 0))),
        ("a read past 1 MiB", OutOfPage, read(&hash_range(1, 1 << 20))),
        ("writes that share a byte", Overlap, {
            let pair = write(PAGE_7, 0, &[2], ZERO);
            middle(&[(tag::WRITE, pair), (tag::WRITE, write(PAGE_7, 1, U8, ZERO))])
        }),
        ("a write to a deleted page", Overlap, middle(&[set(), delete.clone()])),
        ("metadata of a deleted page", Overlap, middle(&[delete, metadata(0)])),
        ("two new pages of one name", Overlap, middle(&[created(0, 1, b"a", b""), created(1, 1, b"a", b"")])),
        ("ranges that share a page", Overlap, asked(&[1, 7, 2, 10, 5, 15, 1, 0, 0])),
        ("a page that a range holds", Overlap, asked(&[1, 7, 1, 5, 5, 0, 0])),
        ("two entries of one id", Overlap, middle(&[set(), client(2, b""), client(2, b"")])),
        ("an entry with the intent's id", Overlap, middle(&[set(), client(1, b"")])),
        ("a write to another page", UnselectedPage, written(write(&[0, 8], 0, U8, ZERO))),
        ("a delete of another page", UnselectedPage, middle(&[(tag::DELETE, vec![8])])),
        ("a guard of another page", UnselectedPage, guarded(&[10, 8])),
        ("a value of another page", UnselectedPage, written(write(PAGE_7, 0, &[8], &[9, 8]))),
        ("a read of another page", UnselectedPage, read(&[1, 8, 0, 3])),
        ("a write to no new page", UnselectedPage, written(write(NEW_0, 0, U8, ZERO))),
        ("65 levels of a guard", Budget, guarded(&nots(64))),
        ("many more levels of a guard", Budget, guarded(&nots(100_000))),
        ("65 levels of a value", Budget, written(write(PAGE_7, 0, U8, &[16].repeat(64)))),
        ("1 MiB and a byte of constants", Budget, {
            guarded(&[&[24][..], &constant(1 << 20), &constant(1)].concat())
        }),
        ("4,097 steps", Budget, {
            // A balanced tree: 12 levels of `and` are 8,191 steps.
            fn tree(levels: u32) -> Vec<u8> {
                if levels == 0 {
                    TRUE.to_vec()
                } else {
                    [&[32][..], &tree(levels - 1), &tree(levels - 1)].concat()
                }
            }
            guarded(&tree(12))
        }),
        ("a guard that is a number", Type, guarded(ZERO)),
        ("not of a number", Type, guarded(&[34, 1, 0])),
        ("a sum of truths", Type, guarded(&[24, 16, 5, 5, 1, 0])),
        ("a comparison of two types", Type, guarded(&[24, 1, 0, 5])),
        ("an order of truths", Type, guarded(&[26, 5, 5])),
        ("and of numbers", Type, guarded(&[32, 1, 0, 1, 0])),
    ];
    samples.map(|(name, code, bytes)| Sample { name, code, bytes }).into()
}
