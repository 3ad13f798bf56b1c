//! `.pt`, against files that PyTorch wrote (`data/README.md`).

use checkpoint::{ErrorKind, Node, Tree, TreeBuilder, pt};
use tensor::Tensor;

use crate::states::{shown, small};

pub const STATE: &[u8] = include_bytes!("data/state.pt");
pub const LEGACY: &[u8] = include_bytes!("data/legacy.pt");

fn values(tree: &Tree, key: &str) -> Vec<f64> {
    let id = tree.entry(tree.root(), key).unwrap();
    match tree.node(id).unwrap() {
        Node::Tensor { tensor, .. } => tensor.to_vec_as::<f64>().unwrap(),
        other => panic!("{key} is {other:?}"),
    }
}

/// A file without the digits of its fingerprint and their two checksums, which PyTorch takes from a hash table's order.
fn without_fingerprint(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let name = b"/.data/serialization_id";
    let places: Vec<usize> =
        bytes.windows(name.len()).enumerate().filter(|(_, held)| held == name).map(|(at, _)| at).collect();
    let [local, central] = places[..] else { panic!("{places:?}") };
    let root = b"state".len();
    // Behind the local name: its padding, 40 digits, a mark and the checksum.
    let padding = usize::from(bytes[local + name.len() + 2]);
    let digits = local + name.len() + 4 + padding;
    bytes[digits..digits + 40].fill(0);
    bytes[digits + 44..digits + 48].fill(0);
    // The central name stands 46 bytes behind its mark, the checksum 16.
    let mark = central - root - 46;
    bytes[mark + 16..mark + 20].fill(0);
    bytes
}

#[test]
fn what_pytorch_wrote_is_written_again_byte_for_byte() {
    let tree = pt::read(STATE).unwrap();
    let again = pt::write(&tree, "state").unwrap();
    let (ours, theirs) = (without_fingerprint(&again), without_fingerprint(STATE));
    let first = ours.iter().zip(&theirs).position(|(a, b)| a != b);
    assert_eq!(first, None, "{} and {} bytes", ours.len(), theirs.len());
    assert_eq!(ours.len(), theirs.len());
    assert_eq!(shown(&pt::read(&again).unwrap()), shown(&tree));
}

#[test]
fn values_are_those_that_were_saved() {
    let tree = pt::read(STATE).unwrap();
    assert_eq!(values(&tree, "view"), [1.0, 5.0, 9.0, 2.0, 6.0, 10.0, 3.0, 7.0, 11.0]);
    assert_eq!(values(&tree, "int8"), [-128.0, 127.0]);
    let doubles = values(&tree, "doubles");
    assert!(doubles[0].is_nan() && doubles[1] == f64::NEG_INFINITY);
    assert_eq!((doubles[2].to_bits(), doubles[3].to_bits()), (1 << 63, 1));
    let integers = tree.node(tree.entry(tree.root(), "integers").unwrap()).unwrap();
    let Node::List(items) = integers else { panic!("{integers:?}") };
    let read: Vec<String> = items.iter().map(|&id| format!("{:?}", tree.node(id).unwrap())).collect();
    assert_eq!(read[9], format!("Int({})", i64::MAX));
    assert_eq!(read[10], format!("Int({})", i64::MIN));
    // 2^70 in nine bytes, little-endian.
    assert_eq!(read[11], "Long([0, 0, 0, 0, 0, 0, 0, 0, 64])");
    assert_eq!(tree.entry(tree.root(), "again"), tree.entry(tree.root(), "none"));
}

#[test]
fn tensors_of_one_storage_share_it_again() {
    let tree = pt::read(STATE).unwrap();
    let tensor = |key: &str| match tree.node(tree.entry(tree.root(), key).unwrap()).unwrap() {
        Node::Tensor { tensor, .. } => tensor.clone(),
        other => panic!("{other:?}"),
    };
    assert!(tensor("base").shares_storage(&tensor("view")));
    assert!(!tensor("base").shares_storage(&tensor("leaf")));
}

#[test]
fn files_from_before_1_6_are_read() {
    let (legacy, state) = (pt::read(LEGACY).unwrap(), pt::read(STATE).unwrap());
    let net = state.entry(state.root(), "net").unwrap();
    let (old, new) = (legacy.tensors(legacy.root()).unwrap(), state.tensors(net).unwrap());
    assert_eq!(old.len(), 7);
    for ((a, left), (b, right)) in old.iter().zip(&new) {
        assert_eq!((a, left.to_bytes().unwrap()), (b, right.to_bytes().unwrap()));
    }
}

#[test]
fn a_short_legacy_file_says_how_many_bytes_are_missing() {
    // The last storage is an int64: PyTorch says so for the same cut.
    let cut = &LEGACY[..LEGACY.len() - 4];
    let error = pt::read(cut).unwrap_err();
    assert_eq!(error.message(), "unexpected EOF, expected 4 more bytes. The file might be corrupted.");
    assert_eq!(error.kind(), ErrorKind::Runtime);
}

#[test]
fn equal_trees_are_equal_bytes() {
    assert_eq!(pt::write(&small(), "a").unwrap(), pt::write(&small(), "a").unwrap());
    let tree = small();
    assert_eq!(
        shown(&pt::read(&pt::write(&tree, "a").unwrap()).unwrap()).lines().count(),
        shown(&tree).lines().count()
    );
}

#[test]
fn a_list_that_holds_itself_comes_back_and_a_tuple_is_refused() {
    let mut builder = TreeBuilder::new();
    let list = builder.add(Node::List(Vec::new())).unwrap();
    builder.fill(list, Node::List(vec![list])).unwrap();
    let tree = pt::read(&pt::write(&builder.finish(list).unwrap(), "a").unwrap()).unwrap();
    assert!(matches!(tree.node(tree.root()), Some(Node::List(items)) if items == &[tree.root()]));

    let mut builder = TreeBuilder::new();
    let list = builder.add(Node::List(Vec::new())).unwrap();
    let tuple = builder.add(Node::Tuple(vec![list])).unwrap();
    builder.fill(list, Node::List(vec![tuple])).unwrap();
    let error = pt::write(&builder.finish(tuple).unwrap(), "a").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
}

/// An archive of a pickle alone.
pub fn archive(pickle: &[u8], storages: &[&[u8]]) -> Vec<u8> {
    // What the writer makes of an empty dictionary, with another pickle in it: sizes and checksums by hand.
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let mut entries = vec![("a/data.pkl".to_string(), pickle)];
    entries.extend(storages.iter().enumerate().map(|(at, data)| (format!("a/data/{at}"), *data)));
    for (name, data) in &entries {
        let at = out.len() as u32;
        let crc = crc32(data);
        let mut header = Vec::new();
        header.extend([0, 0, 0, 0, 0, 0, 0, 0]);
        header.extend(crc.to_le_bytes());
        header.extend((data.len() as u32).to_le_bytes());
        header.extend((data.len() as u32).to_le_bytes());
        header.extend((name.len() as u16).to_le_bytes());
        header.extend([0, 0]);
        out.extend(b"PK\x03\x04\x00\x00");
        out.extend(&header);
        out.extend(name.as_bytes());
        out.extend(*data);
        directory.extend(b"PK\x01\x02\x00\x00\x00\x00");
        directory.extend(&header);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = out.len() as u32;
    let size = directory.len() as u32;
    out.extend(directory);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// CRC-32 bit by bit, as PKWARE's APPNOTE defines it.
fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

#[track_caller]
fn refused(pickle: &[u8], storages: &[&[u8]], kind: ErrorKind, text: &str) {
    let error = pt::read(&archive(pickle, storages)).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.message().contains(text), "{error}");
}

/// A float tensor of these sizes, strides and offset over storage `0` of `numel` elements.
fn tensor_pickle(numel: &[u8], offset: &[u8], sizes: &[u8], strides: &[u8]) -> Vec<u8> {
    let mut out = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\x00\x00\x00\x30X\x03\0\0\0cpu".to_vec();
    for part in [numel, b"tQ", offset, sizes, strides, b"\x89ccollections\nOrderedDict\n)RtR."] {
        out.extend(part);
    }
    out
}

#[test]
fn code_and_unknown_names_are_refused() {
    use ErrorKind::{NotImplemented, Unpickling};
    refused(b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.", &[], Unpickling, "GLOBAL posix.system");
    refused(b"\x80\x02c__builtin__\neval\nX\x01\0\0\x001\x85R.", &[], Unpickling, "GLOBAL __builtin__.eval");
    refused(b"\x80\x02ctorch\nload\n.", &[], Unpickling, "GLOBAL torch.load");
    refused(b"\x80\x02\x82\x01.", &[], Unpickling, "Unsupported operand 130");
    refused(b"\x80\x02(i__main__\nX\n.", &[], Unpickling, "Unsupported operand 105");
    refused(b"\x80\x02ctorch\nHalfStorage\n.", &[], NotImplemented, "torch.HalfStorage is not built");
    refused(b"\x80\x02ccollections\nOrderedDict\n.", &[], Unpickling, "OrderedDict");
    refused(b"\x80\x02}X\x01\0\0\0aR.", &[], Unpickling, "arguments are a tuple");
    refused(b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\0\0\0clearK\x01sb.", &[], Unpickling, "_metadata");
    refused(b"\x80\x02X\x01\0\0\0aQ.", &[], Unpickling, "persistent id");
}

#[test]
fn damaged_pickles_are_refused() {
    use ErrorKind::Unpickling;
    refused(b"", &[], Unpickling, "ends early");
    refused(b"\x80\x02.", &[], Unpickling, "nothing is there");
    refused(b"\x80\x02h\x05.", &[], Unpickling, "nothing is remembered as 5");
    refused(b"\x80\x02t.", &[], Unpickling, "no mark");
    refused(b"\x80\x02}]K\x01s.", &[], Unpickling, "a key that can change");
    refused(b"\x80\x02}(K\x01u.", &[], Unpickling, "a key without its value");
    refused(b"\x80\x02NN.", &[], Unpickling, "left over");
    refused(b"\x80\x02X\xff\xff\xff\xffa.", &[], Unpickling, "ends early");
    refused(&[b"\x80\x02".as_slice(), &[b'('; 1001]].concat(), &[], Unpickling, "inside each other");
    // Forty tuples, each of the one before twice: 2^40 objects for whoever hashes the last.
    let doubled = [b"\x80\x02)".as_slice(), &b"q\0h\0\x86".repeat(40), b"."].concat();
    refused(&doubled, &[], Unpickling, "each counted where it stands");
    // A list of a hundred thousand, copied into a set by six bytes each time.
    let listed = [b"\x80\x02](".as_slice(), &b"N".repeat(100_000), b"eq\0c__builtin__\nset\nq\x01"].concat();
    let copied = [listed.as_slice(), &b"h\x01h\0\x85R".repeat(100), b"."].concat();
    refused(&copied, &[], Unpickling, "copies of more than");
    refused(b"\x80\x04N.", &[], Unpickling, "protocol 4");
    refused(b"\x80\x02N.N", &[], ErrorKind::Runtime, "1 bytes behind the pickle");
}

#[test]
fn tensors_stay_inside_their_storage() {
    use ErrorKind::Runtime;
    let four = [0u8; 16];
    let read = |pickle: &[u8]| pt::read(&archive(pickle, &[&four]));
    assert!(read(&tensor_pickle(b"K\x04", b"K\0", b"K\x04\x85", b"K\x01\x85")).is_ok());
    refused(
        &tensor_pickle(b"K\x04", b"K\x01", b"K\x04\x85", b"K\x01\x85"),
        &[&four],
        Runtime,
        "outside its storage",
    );
    refused(
        &tensor_pickle(b"K\x04", b"K\0", b"K\x05\x85", b"K\x01\x85"),
        &[&four],
        Runtime,
        "outside its storage",
    );
    refused(&tensor_pickle(b"K\x04", b"K\0", b"K\x04\x85", b")"), &[&four], Runtime, "outside its storage");
    refused(
        &tensor_pickle(b"K\x04", b"J\xff\xff\xff\xff", b"K\x04\x85", b"K\x01\x85"),
        &[&four],
        Runtime,
        "no numbers",
    );
    // Sizes whose product leaves 64 bits.
    let huge = b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f";
    let sizes = [huge.as_slice(), huge, b"\x86"].concat();
    refused(
        &tensor_pickle(b"K\x04", b"K\0", &sizes, b"K\x01K\x01\x86"),
        &[&four],
        Runtime,
        "outside its storage",
    );
    // A count that the entry does not have, however great.
    refused(
        &tensor_pickle(b"K\x05", b"K\0", b"K\x04\x85", b"K\x01\x85"),
        &[&four],
        Runtime,
        "16 bytes, its description",
    );
    let count = [huge.as_slice()].concat();
    refused(
        &tensor_pickle(&count, b"K\0", b"K\x04\x85", b"K\x01\x85"),
        &[&four],
        Runtime,
        "16 bytes, its description",
    );
    refused(
        &tensor_pickle(b"K\x04", b"K\0", b"K\x04\x85", b"K\x01\x85"),
        &[],
        Runtime,
        "failed locating file data/0",
    );
}

#[test]
fn archives_that_lie_about_their_sizes_are_refused() {
    let good = archive(b"\x80\x02N.", &[]);
    let expect = |change: &dyn Fn(&mut Vec<u8>), text: &str| {
        let mut bytes = good.clone();
        change(&mut bytes);
        let error = pt::read(&bytes).unwrap_err();
        assert!(error.message().contains(text), "{error}");
    };
    let central = good.windows(4).position(|held| held == b"PK\x01\x02").unwrap();
    expect(&|bytes| bytes[central + 10] = 8, "compressed");
    expect(&|bytes| bytes[central + 8] = 1, "encrypted");
    // A size of 4 GiB in the directory of a file of a hundred bytes.
    expect(&|bytes| bytes[central + 20..central + 28].fill(0xfe), "the file is shorter");
    expect(&|bytes| bytes[central + 24] = 3, "two sizes");
    expect(&|bytes| bytes[central + 16] ^= 1, "the checksum of a/data.pkl");
    let end = good.len() - 22;
    expect(&|bytes| bytes[end + 8..end + 12].fill(0xfe), "entries in a directory");
    expect(&|bytes| bytes[end + 16] ^= 1, "the directory is said");
    // One stretch of data under two names.
    let mut twice = good.clone();
    let listed = twice[central..end].to_vec();
    let mut other = listed.clone();
    other[46] = b'b';
    twice.splice(end..end, other);
    let tail = twice.len() - 22;
    twice[tail + 8] = 2;
    twice[tail + 10] = 2;
    let size = (2 * listed.len()) as u32;
    twice[tail + 12..tail + 16].copy_from_slice(&size.to_le_bytes());
    let error = pt::read(&twice).unwrap_err();
    assert!(error.message().contains("has another name"), "{error}");
}

#[test]
fn a_tensor_of_a_great_storage_is_small_in_memory() {
    // A stride of zero shows one element as often as it is asked to; nothing is allocated for that.
    let sizes = b"\x8a\x06\0\0\0\0\0\x01\x85";
    let tree = pt::read(&archive(&tensor_pickle(b"K\x01", b"K\0", sizes, b"K\0\x85"), &[&[0; 4]])).unwrap();
    let Some(Node::Tensor { tensor, .. }) = tree.node(tree.root()) else { panic!() };
    assert_eq!(tensor.numel(), 1 << 40);
    let _: &Tensor = tensor;
}
