//! Typed places. Expected bytes: two's complement and IEEE 754 by hand, the same vectors that the C interface is held
//! to.

use plan::typed::{Datum, Field, Kind};
use plan::{FieldType, Malformation, Malformed};
use proptest::prelude::*;

/// `KIND|VALUE|BYTES` a line; a value is an integer, a double's bits, a text or bytes.
pub const VECTORS: &str = include_str!("../vectors/typed.txt");

fn kind(text: &str) -> Kind {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

fn datum(kind: Kind, text: &str) -> Datum {
    match kind {
        Kind::Int { .. } => Datum::Int(text.parse().unwrap()),
        Kind::F64 { .. } => Datum::F64(f64::from_bits(u64::from_str_radix(text, 16).unwrap())),
        Kind::Text(_) => Datum::Text(text.to_owned()),
        Kind::Bytes(_) => Datum::Bytes(unhex(text)),
    }
}

/// Doubles by their bits.
fn same(a: &Datum, b: &Datum) -> bool {
    match (a, b) {
        (Datum::F64(a), Datum::F64(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

#[test]
fn every_vector_is_written_and_read_back() {
    let mut tried = 0;
    for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
        let [of_kind, value, bytes] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (kind, bytes) = (kind(of_kind), unhex(bytes));
        assert_eq!(kind.to_string(), of_kind);
        assert_eq!(kind.len_bytes() as usize, bytes.len(), "{line}");
        let value = datum(kind, value);
        assert_eq!(kind.encode(&value), Ok(bytes.clone()), "{line}");
        assert!(same(&kind.decode(&bytes).unwrap(), &value), "{line}");
        tried += 1;
    }
    println!("{tried} vectors");
    assert!(tried >= 30);
}

#[test]
fn misfits_are_refused_by_code() {
    use Malformation::*;
    let refused = |of_kind: &str, value: Datum| kind(of_kind).encode(&value).unwrap_err().code;
    for (of_kind, below, above) in [
        ("u8", -1, 256),
        ("i8", -129, 128),
        ("u16le", -1, 65_536),
        ("i16be", -32_769, 32_768),
        ("u32be", -1, 1 << 32),
        ("i32le", -(1 << 31) - 1, 1 << 31),
        ("u64le", -1, 1i128 << 64),
        ("i64be", -(1i128 << 63) - 1, 1i128 << 63),
    ] {
        assert_eq!(refused(of_kind, Datum::Int(below)), PayloadMismatch, "{of_kind}");
        assert_eq!(refused(of_kind, Datum::Int(above)), PayloadMismatch, "{of_kind}");
        assert_eq!(refused(of_kind, Datum::F64(1.0)), Type, "{of_kind}");
    }
    assert_eq!(refused("f64le", Datum::Int(1)), Type);
    assert_eq!(refused("text:3", Datum::Text("four".into())), PayloadMismatch);
    assert_eq!(refused("text:3", Datum::Text("a\0".into())), PayloadMismatch);
    assert_eq!(refused("text:3", Datum::Bytes(vec![0; 3])), Type);
    assert_eq!(refused("bytes:3", Datum::Bytes(vec![0; 2])), PayloadMismatch);

    let read = |of_kind: &str, bytes: &[u8]| kind(of_kind).decode(bytes).unwrap_err().code;
    assert_eq!(read("u16le", &[1]), PayloadMismatch);
    assert_eq!(read("f64be", &[0; 9]), PayloadMismatch);
    assert_eq!(read("text:3", b"a\0b"), PayloadMismatch);
    assert_eq!(read("text:2", b"a\xff"), Utf8);

    let place = |text: &str, offset| Field { offset, kind: kind(text) };
    assert_eq!(place("u32le", 6).read(&[0; 9]).unwrap_err().code, OutOfPage);
    assert_eq!(place("u32le", u32::MAX).read(&[0; 9]).unwrap_err().code, OutOfPage);
    assert_eq!(place("u32le", 5).read(&[0, 0, 0, 0, 0, 1, 2, 0, 0]), Ok(Datum::Int(513)));

    // What was allowed and what stood there, by hand.
    let told = |code, field, expected, found| Malformed::new(code, field, 0).over(expected, found);
    assert_eq!(place("u32le", 6).read(&[0; 9]), Err(told(OutOfPage, "field", 9, 10)));
    let write = |of_kind: &str, value: Datum| kind(of_kind).encode(&value).unwrap_err();
    assert_eq!(write("text:3", Datum::Text("four".into())), told(PayloadMismatch, "field value", 3, 4));
    assert_eq!(write("bytes:3", Datum::Bytes(vec![0; 2])), told(PayloadMismatch, "field value", 3, 2));
    assert_eq!(kind("u16le").decode(&[1]), Err(told(PayloadMismatch, "field value", 2, 1)));
    assert_eq!(kind("u16le").field_type().read_int(&[1]), Err(told(PayloadMismatch, "field value", 2, 1)));
    assert_eq!(kind("text:2").decode(b"a\xff"), Err(Malformed::new(Utf8, "field value", 1)));
    assert_eq!(write("f64le", Datum::Int(1)), Malformed::new(Type, "field value", 0));
    let short = kind("u16le").field_type().write_int(1, &mut [0]);
    assert_eq!(short, Err(Malformed::new(PayloadMismatch, "field value", 0)));

    let three = FieldType::Int { width_bytes: 3, signed: false, big_endian: false };
    assert_eq!(three.read_int(&[0; 3]), Err(Malformed::new(Range, "field", 0)));
    assert_eq!(FieldType::Bytes(1).read_int(&[0]), Err(Malformed::new(Type, "field", 0)));
    assert_eq!(FieldType::Bytes(1).write_int(0, &mut [0]), Err(Malformed::new(Type, "field", 0)));
}

#[test]
fn a_kind_has_one_name() {
    use Malformation::*;
    let refused = |text: &str| {
        let why = text.parse::<Kind>().unwrap_err();
        assert_eq!((why.field, why.offset), ("field kind", 0));
        why.code
    };
    for text in ["", "u8le", "u16", "u24le", "f32le", "f64", "le", "text", "U8", "i128le"] {
        assert_eq!(refused(text), UnknownTag, "{text}");
    }
    for text in ["text:", "text:0", "text:01", "bytes:+1", "bytes:-1", "bytes:1048577", "bytes:4294967297"] {
        assert_eq!(refused(text), Range, "{text}");
    }
    assert_eq!(kind("bytes:1048576"), Kind::Bytes(1 << 20));
}

proptest! {
    #[test]
    fn integers_of_every_width_and_order_round_trip(
        bits in any::<u64>(), width in 0..4u32, signed in any::<bool>(), big_endian in any::<bool>(),
    ) {
        let field = FieldType::Int { width_bytes: 1 << width, signed, big_endian };
        let mut bytes = bits.to_le_bytes()[..1 << width].to_vec();
        let int = field.read_int(&bytes).unwrap();
        prop_assert!(field.int_range().unwrap().contains(&int));
        let before = std::mem::replace(&mut bytes, vec![0; 1 << width]);
        field.write_int(int, &mut bytes).unwrap();
        prop_assert_eq!(bytes, before);
    }

    #[test]
    fn bits_of_doubles_survive(bits in any::<u64>(), big_endian in any::<bool>()) {
        let kind = Kind::F64 { big_endian };
        let bytes = kind.encode(&Datum::F64(f64::from_bits(bits))).unwrap();
        let Datum::F64(back) = kind.decode(&bytes).unwrap() else { panic!("not a double") };
        prop_assert_eq!(back.to_bits(), bits);
    }
}
