//! Our own format, against its description in `docs/formats/checkpoint.md`.

use checkpoint::lmt::{Mode, ProblemKind, read, write};
use checkpoint::{Node, TreeBuilder, pt};
use tensor::Tensor;

use crate::pt::STATE;
use crate::states::{dict, shown, small};

#[test]
fn a_tree_comes_back_as_it_was() {
    let tree = small();
    let bytes = write(&tree, Mode::Strict).unwrap();
    assert_eq!(bytes.len() % 64, 3, "the flags are last: three bytes behind a step");
    let read = read(&bytes, Mode::Strict).unwrap();
    assert_eq!(write(&read, Mode::Strict).unwrap(), bytes);
    let tensors = ["base", "view"].map(|key| match read.node(read.entry(read.root(), key).unwrap()) {
        Some(Node::Tensor { tensor, requires_grad }) => (tensor.clone(), *requires_grad),
        other => panic!("{other:?}"),
    });
    assert!(tensors[0].0.shares_storage(&tensors[1].0));
    assert_eq!(tensors[1].0.to_vec::<f32>().unwrap(), [0.0, 1.5, 0.5, 2.0, 1.0, 2.5]);
    assert_eq!((tensors[0].1, tensors[1].1), (false, true));
}

#[test]
fn everything_that_pytorch_saves_fits() {
    let tree = pt::read(STATE).unwrap();
    let bytes = write(&tree, Mode::Hardened).unwrap();
    let again = read(&bytes, Mode::Strict).unwrap();
    assert_eq!(write(&again, Mode::Hardened).unwrap(), bytes);
    // Through both formats, the same values.
    let of = |tree| shown(&pt::read(&pt::write(tree, "state").unwrap()).unwrap());
    let numbers = |text: String| {
        text.lines().filter(|line| line.contains("Float(")).map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(numbers(of(&again)), numbers(of(&tree)));
}

#[test]
fn the_prologue_is_as_described() {
    let bytes = write(&small(), Mode::Strict).unwrap();
    assert_eq!(&bytes[..16], b"LUMENTN1\x01\0\0\0\0\0\0\0");
    assert_eq!(u64::from_le_bytes(bytes[16..24].try_into().unwrap()), bytes.len() as u64);
    let header = u64::from_le_bytes(bytes[24..32].try_into().unwrap()) as usize;
    assert_eq!(&bytes[32..64], blake3::hash(&bytes[64..64 + header]).as_bytes());
    let text = std::str::from_utf8(&bytes[64..64 + header]).unwrap();
    assert!(text.starts_with(r#"{"entries":[{"dtype":"float32","name":"base","offset":0,"requires_grad":false,"sizes":[2,3],"storage":0,"strides":[3,1]}"#), "{text}");
}

/// The file with another header, its digest and sizes mended.
fn with_header(bytes: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let old = u64::from_le_bytes(bytes[24..32].try_into().unwrap()) as usize;
    let header = change(std::str::from_utf8(&bytes[64..64 + old]).unwrap());
    let mut out = bytes[..64].to_vec();
    out.extend(header.as_bytes());
    out.resize(out.len().next_multiple_of(64), 0);
    out.extend(&bytes[(64 + old).next_multiple_of(64)..]);
    let size = out.len() as u64;
    out[16..24].copy_from_slice(&size.to_le_bytes());
    out[24..32].copy_from_slice(&(header.len() as u64).to_le_bytes());
    out[32..64].copy_from_slice(blake3::hash(header.as_bytes()).as_bytes());
    out
}

#[track_caller]
fn refused(bytes: &[u8], kind: ProblemKind, text: &str) {
    for mode in [Mode::Strict, Mode::Hardened] {
        let refusal = read(bytes, mode).unwrap_err();
        assert_eq!(refusal.problems[0].kind, kind, "{refusal}");
        assert!(refusal.problems[0].to_string().contains(text), "{refusal}");
    }
}

#[test]
fn each_gate_names_what_it_expected_and_found() {
    use ProblemKind::*;
    let good = write(&small(), Mode::Strict).unwrap();
    let at = |place: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[place] = byte;
        bytes
    };
    refused(b"PK\x03\x04", NotACheckpoint, "expected LUMENTN1");
    refused(&good[..40], SizeMismatch, "at least 64 bytes, found 40");
    refused(&at(8, 2), UnsupportedFormat, "expected 1, found 2 at byte 8");
    refused(&at(12, 1), UnsupportedFormat, "flags: expected 0, found 1");
    refused(&good[..good.len() - 1], SizeMismatch, &format!("expected {} bytes", good.len()));
    refused(&[&good[..], b"\0"].concat(), SizeMismatch, "file");
    refused(&at(70, b'X'), ChecksumMismatch, "header");
    refused(&at(good.len() - 1, 0), ChecksumMismatch, "storage 1");
    refused(&at(31, 0xff), SizeMismatch, "header: expected at most");
    // Without storages nothing stands behind the padding, and it must be there all the same.
    let mut builder = TreeBuilder::new();
    let root = builder.text("no tensor is in here").unwrap();
    let empty = write(&builder.finish(root).unwrap(), Mode::Strict).unwrap();
    let mut cut = empty[..empty.len() - 1].to_vec();
    let size = cut.len() as u64;
    cut[16..24].copy_from_slice(&size.to_le_bytes());
    refused(&cut, SizeMismatch, "padding: expected at least");
    let padding = with_header(&good, str::to_string);
    assert_eq!(padding, good);
    let change = |from: &str, to: &str| {
        with_header(&good, |header| {
            assert!(header.contains(from), "{header}");
            header.replacen(from, to, 1)
        })
    };
    refused(&change(r#""mode":"strict""#, r#""mode":"strict","new":1"#), UnknownField, "found `new`");
    refused(&change(r#""offset":0,"#, r#""offset":0,"owner":0,"#), UnknownField, "entry 0");
    refused(&change(r#""mode":"strict","#, ""), UnknownField, "expected `mode`, found nothing");
    refused(&change(r#"{"entries""#, r#"{ "entries""#), Malformed, "RFC 8785");
    refused(&change(r#""mode":"strict""#, r#""mode":"lax""#), Malformed, "strict or hardened");
    refused(
        &change(r#""sizes":[2,3]"#, r#""sizes":[2,4]"#),
        EntryOutOfStorage,
        "base: expected a layout inside 6",
    );
    refused(&change(r#""storage":0"#, r#""storage":7"#), EntryOutOfStorage, "one of 2 storages, found 7");
    refused(
        &change(r#""offset":64,"size_bytes":3"#, r#""offset":0,"size_bytes":3"#),
        EntryOutOfStorage,
        "storage 1",
    );
    refused(&change(r#""size_bytes":3"#, r#""size_bytes":9007199254740991"#), EntryOutOfStorage, "storage 1");
    refused(&change(r#"{"float":"0.1"}"#, r#"{"float":"0.10"}"#), Malformed, "shortest digits");
    refused(&change(r#"{"tensor":0}"#, r#"{"module":0}"#), Malformed, "module");
    refused(&change(r#"{"tensor":0}"#, r#"null"#), Malformed, "none for 0");
}

#[test]
fn hardened_lists_up_to_32_faults_and_strict_the_first() {
    let mut builder = TreeBuilder::new();
    let names: Vec<String> = (0..40).map(|k| format!("t{k:02}")).collect();
    let items = names.iter().map(|name| {
        let made = Tensor::from_vec(vec![1.5f32], &[1]).unwrap();
        (name.as_str(), builder.tensor(made).unwrap())
    });
    let items: Vec<_> = items.collect();
    let root = dict(&mut builder, items);
    let mut bytes = write(&builder.finish(root).unwrap(), Mode::Strict).unwrap();
    let start = bytes.len() - 40 * 64 + 60;
    for k in 0..40 {
        bytes[start + 64 * k] ^= 1;
    }
    let strict = read(&bytes, Mode::Strict).unwrap_err();
    assert_eq!((strict.problems.len(), strict.unlisted), (1, 0));
    let hardened = read(&bytes, Mode::Hardened).unwrap_err();
    assert_eq!((hardened.problems.len(), hardened.unlisted), (32, 8));
    assert!(hardened.to_string().ends_with("; and 8 more"));
    assert_eq!(hardened.problems[0], strict.problems[0]);
    assert_eq!(hardened.problems[31].subject, "storage 31");
}

#[test]
fn lists_that_double_each_other_are_refused_before_they_are_written_out() {
    let mut builder = TreeBuilder::new();
    let mut list = builder.add(Node::List(Vec::new())).unwrap();
    for _ in 0..40 {
        list = builder.add(Node::List(vec![list, list])).unwrap();
    }
    let error = write(&builder.finish(list).unwrap(), Mode::Strict).unwrap_err();
    assert!(error.message().contains("each counted where it stands"), "{error}");
}

#[test]
fn what_holds_itself_or_lies_too_deep_is_refused() {
    let mut builder = TreeBuilder::new();
    let list = builder.add(Node::List(Vec::new())).unwrap();
    builder.fill(list, Node::List(vec![list])).unwrap();
    let error = write(&builder.finish(list).unwrap(), Mode::Strict).unwrap_err();
    assert_eq!(error.to_string(), "ValueError: more than 48 containers inside each other");
}
