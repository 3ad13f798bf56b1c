//! A second reader of the log, from `docs/formats/log.md` alone: what opening a store finds.

use std::collections::{BTreeMap, BTreeSet};

use evidence::case::Raised;
use evidence::json::Json;
use evidence::typed;
use evidence::value::{Cell, Column, Tree, Value};

use super::bits::{Bytes, Refusal, crc32c, hex, little};

type Files = BTreeMap<String, Vec<u8>>;
type Namespace = (String, BTreeMap<(u64, u64), (bool, String)>);

/// A kind of failure and its place: segment and byte.
type Failed = (&'static str, Option<(u64, usize)>);

const HEADER: usize = 4096;
const CORRUPT: &str = "Corrupt";
const UNSUPPORTED: &str = "UnsupportedFormat";

/// What opening files gives.
pub(crate) fn open(inputs: &BTreeMap<String, Value>, _: &Json) -> Result<Value, Raised> {
    let files = files(inputs)?;
    let read = read(&files).map_err(|(kind, place)| {
        let message = place.map(|(segment, at)| format!("segment {segment} at byte {at}"));
        raised(&format!("store.{kind}"), &message.unwrap_or_else(|| "no place in the log".into()))
    })?;
    Ok(read.shown())
}

/// What opening gives when one file is cut at every length from `from` on: how many transactions are there, or a
/// negative number for a failure.
pub(crate) fn cuts(inputs: &BTreeMap<String, Value>, params: &Json) -> Result<Value, Raised> {
    let (mut files, (path, from)) = (files(inputs)?, at(params)?);
    let whole = files.remove(&path).ok_or_else(|| raised("Malformed", "there is no such file"))?;
    let outcome = |length| {
        let mut files = files.clone();
        files.insert(path.clone(), whole[..length].to_vec());
        code(&files)
    };
    column((from..=whole.len()).map(outcome))
}

/// The same for every byte from `from` on, flipped by a mask.
pub(crate) fn flips(inputs: &BTreeMap<String, Value>, params: &Json) -> Result<Value, Raised> {
    let (mut files, (path, from)) = (files(inputs)?, at(params)?);
    let mask = params.get("mask").and_then(Json::as_u64).and_then(|mask| u8::try_from(mask).ok());
    let mask = mask.ok_or_else(|| raised("Malformed", "there is no mask"))?;
    let to =
        params.get("to").and_then(Json::as_u64).and_then(|to| usize::try_from(to).ok()).unwrap_or_default();
    let length = files.get(&path).map_or(0, Vec::len).min(to);
    let mut codes = Vec::new();
    for place in from..length {
        let flip = |files: &mut Files| {
            if let Some(byte) = files.get_mut(&path).and_then(|bytes| bytes.get_mut(place)) {
                *byte ^= mask;
            }
        };
        flip(&mut files);
        codes.push(code(&files));
        flip(&mut files);
    }
    column(codes.into_iter())
}

fn at(params: &Json) -> Result<(String, usize), Raised> {
    let file = params.get("file").and_then(Json::as_str);
    let from = params.get("from").and_then(Json::as_u64).and_then(|from| usize::try_from(from).ok());
    file.map(str::to_string).zip(from).ok_or_else(|| raised("Malformed", "a file and a place are wanted"))
}

fn column(codes: impl Iterator<Item = i128>) -> Result<Value, Raised> {
    let cells = codes.map(Cell::Integer).collect();
    let column = Column::new("int64", cells).map_err(|why| raised("Malformed", &why.to_string()))?;
    Ok(Value::Column(column))
}

fn code(files: &Files) -> i128 {
    match read(files) {
        Ok(read) => read.transactions.len() as i128,
        Err((CORRUPT, _)) => -1,
        Err((UNSUPPORTED, _)) => -2,
        Err(_) => -3,
    }
}

fn raised(class: &str, message: &str) -> Raised {
    Raised { class: class.into(), message: message.into() }
}

fn files(inputs: &BTreeMap<String, Value>) -> Result<Files, Raised> {
    let Some(Value::Tree(Tree::Entries(entries))) = inputs.get("files") else {
        return Err(raised("Malformed", "there are no files"));
    };
    entries
        .iter()
        .map(|entry| match entry {
            (Cell::Text(path), Value::Bytes(bytes)) => Ok((path.clone(), bytes.clone())),
            _ => Err(raised("Malformed", "a file is bytes under a path")),
        })
        .collect()
}

#[derive(Default)]
struct Read {
    last_seq: u64,
    transactions: Vec<String>,
    namespaces: Vec<Namespace>,
    ids: BTreeSet<Vec<u8>>,
    recoveries: Vec<(u64, u64, u64)>,
}

impl Read {
    fn shown(&self) -> Value {
        let texts =
            |texts: Vec<String>| Value::Tree(Tree::Items(texts.into_iter().map(Value::Text).collect()));
        let namespace = |(name, kinds): &Namespace| {
            let kinds: Vec<String> = kinds
                .iter()
                .map(|((number, version), (must, name))| {
                    format!("{number}/{version} {name}{}", if *must { " must" } else { "" })
                })
                .collect();
            format!("{name}: {}", kinds.join(", "))
        };
        let recovery = |(segment, kept, dropped): &(u64, u64, u64)| {
            format!("segment {segment} kept {kept} dropped {dropped}")
        };
        Value::Tree(Tree::Entries(vec![
            (Cell::Text("last_seq".into()), Value::Text(self.last_seq.to_string())),
            (Cell::Text("transactions".into()), texts(self.transactions.clone())),
            (Cell::Text("namespaces".into()), texts(self.namespaces.iter().map(namespace).collect())),
            (Cell::Text("recoveries".into()), texts(self.recoveries.iter().map(recovery).collect())),
        ]))
    }
}

/// The common part of FORMAT and a segment's header.
fn sealed(bytes: &[u8], magic: &[u8], length: usize) -> Result<(), &'static str> {
    if bytes.len() < length || &bytes[..8] != magic {
        return Err(CORRUPT);
    }
    if u64::from(crc32c(&[&bytes[..length - 4]])) != little(&bytes[length - 4..length]) {
        return Err(CORRUPT);
    }
    let (format, forbidding) = (little(&bytes[8..12]), little(&bytes[24..32]));
    if format != 1 || forbidding != 0 { Err(UNSUPPORTED) } else { Ok(()) }
}

struct Before {
    length: u64,
    hash: String,
    ended: bool,
}

fn read(files: &Files) -> Result<Read, Failed> {
    let format = files.get("FORMAT").ok_or(("NoStore", None))?;
    sealed(format, b"LUMENST1", 64).map_err(|kind| (kind, None))?;
    if format.len() != 64 {
        return Err((CORRUPT, None));
    }
    let segments: Vec<(&String, &Vec<u8>)> =
        files.iter().filter(|(path, _)| path.starts_with("log/") && path.ends_with(".seg")).collect();
    let mut read = Read::default();
    let mut before = Before { length: 0, hash: "0".repeat(64), ended: true };
    for (number, (path, bytes)) in (1..).zip(&segments) {
        if **path != format!("log/{number:020}.seg") {
            return Err((CORRUPT, Some((number, 0))));
        }
        let is_last = number == segments.len() as u64;
        before = segment(&mut read, &format[32..48], number, bytes, &before, is_last)?;
    }
    Ok(read)
}

fn segment(
    read: &mut Read,
    store: &[u8],
    number: u64,
    bytes: &[u8],
    before: &Before,
    is_last: bool,
) -> Result<Before, Failed> {
    let fail = |kind, at| (kind, Some((number, at)));
    sealed(bytes, b"LUMENSG1", HEADER).map_err(|kind| {
        let at = if bytes.len() < HEADER {
            bytes.len()
        } else if kind == UNSUPPORTED {
            8
        } else {
            0
        };
        fail(kind, at)
    })?;
    if little(&bytes[48..56]) != number {
        return Err(fail(CORRUPT, 48));
    }
    let salt = &bytes[64..68];
    // First the form of the whole segment, then what it says.
    let (mut records, mut at, mut ended) = (Vec::new(), HEADER, false);
    let (first, mut durable) = (little(&bytes[56..64]), little(&bytes[56..64]).wrapping_sub(1));
    let mut last = durable;
    while let Some(record) = whole(bytes, at, salt) {
        if ![1, 2, 3, 4, 128, 130, 131, 132].contains(&record.kind)
            || record.version != 1
            || record.flags != 0
        {
            return Err(fail(UNSUPPORTED, at));
        }
        let next = if record.kind < 128 { last.wrapping_add(1) } else { last };
        if record.seq != next || record.durable < durable || record.durable > record.seq {
            return Err(fail(CORRUPT, at));
        }
        (last, durable) = (record.seq, record.durable);
        at += record.padded;
        ended = record.kind == 132;
        records.push(record);
        if ended {
            break;
        }
    }
    let dropped = bytes[at..].iter().rposition(|byte| *byte != 0).map_or(0, |place| place as u64 + 1);
    if ended && dropped > 0 {
        return Err(fail(CORRUPT, at));
    }
    if !ended {
        let mut later = at + 8;
        while later < bytes.len() {
            match whole(bytes, later, salt) {
                Some(record) if matches!(record.kind, 131 | 132) || record.durable > last => {
                    return Err(fail(CORRUPT, at));
                }
                Some(record) => later += record.padded,
                None => later += 8,
            }
        }
    }
    let follows = bytes[32..48] == *store
        && first == read.last_seq + 1
        && little(&bytes[80..88]) == before.length
        && hex(&bytes[88..120]) == before.hash
        && (before.ended || records.first().is_some_and(|record| record.kind == 130));
    if !follows {
        return Err(fail(CORRUPT, 0));
    }
    if !is_last && at != bytes.len() {
        return Err(fail(CORRUPT, at));
    }
    for (place, record) in records.iter().enumerate() {
        admit(read, number, place, record, before).map_err(|kind| fail(kind, record.at))?;
    }
    read.last_seq = last;
    if is_last && !ended {
        read.recoveries.push((number, at as u64, dropped));
    }
    Ok(Before { length: at as u64, hash: typed::digest(&bytes[..at]), ended })
}

struct Record<'a> {
    at: usize,
    padded: usize,
    kind: u8,
    version: u8,
    flags: u64,
    seq: u64,
    durable: u64,
    entries: &'a [u8],
}

/// The record at a place, if length, salt, CRC and padding hold.
fn whole<'a>(bytes: &'a [u8], at: usize, salt: &[u8]) -> Option<Record<'a>> {
    let rest = bytes.get(at..).filter(|rest| rest.len() >= 32)?;
    let length =
        usize::try_from(little(&rest[..4])).ok().filter(|length| (32..=16 << 20).contains(length))?;
    let padded = length.div_ceil(8) * 8;
    if padded > rest.len() || rest[8..12] != *salt || rest[length..padded].iter().any(|byte| *byte != 0) {
        return None;
    }
    if u64::from(crc32c(&[&rest[..4], &rest[8..length]])) != little(&rest[4..8]) {
        return None;
    }
    Some(Record {
        at,
        padded,
        kind: rest[12],
        version: rest[13],
        flags: little(&rest[14..16]),
        seq: little(&rest[16..24]),
        durable: little(&rest[24..32]),
        entries: &rest[32..length],
    })
}

fn kind_of((code, ..): Refusal) -> &'static str {
    if code == "UnknownTag" { UNSUPPORTED } else { CORRUPT }
}

fn admit(
    read: &mut Read,
    number: u64,
    place: usize,
    record: &Record<'_>,
    before: &Before,
) -> Result<(), &'static str> {
    match record.kind {
        // Pages are beyond this model: it says what such a record lacks, and that it does not read a whole one.
        2 | 3 => {
            let needed = if record.kind == 2 { 11 } else { 18 };
            let tags = tags(record.entries).map_err(kind_of)?;
            let whole = tags.contains(&12) && tags.contains(&needed);
            Err(if whole { UNSUPPORTED } else { CORRUPT })
        }
        128 => match only(record.entries, 17).map_err(kind_of)?.len() {
            16 => Ok(()),
            _ => Err(CORRUPT),
        },
        131 | 132 if record.entries.is_empty() => Ok(()),
        131 | 132 => Err(UNSUPPORTED),
        130 => {
            let (segment, kept, dropped) = recovery(record.entries).map_err(kind_of)?;
            let fits =
                place == 0 && number > 1 && !before.ended && segment + 1 == number && kept == before.length;
            read.recoveries.push((segment, kept, dropped));
            if fits { Ok(()) } else { Err(CORRUPT) }
        }
        4 => {
            let (at, namespace) = namespace(record.entries).map_err(kind_of)?;
            register(read, at, namespace).ok_or(CORRUPT)
        }
        _ => {
            let text = transaction(read, record).map_err(kind_of)?;
            read.transactions.push(text.ok_or(CORRUPT)?);
            Ok(())
        }
    }
}

/// The tags of entries.
fn tags(entries: &[u8]) -> Result<Vec<u8>, Refusal> {
    let (mut bytes, mut tags) = (Bytes::new(entries), Vec::new());
    while bytes.left() > 0 {
        tags.push(bytes.byte("entry tag")?);
        bytes.sized(16 << 20, "entry")?;
    }
    Ok(tags)
}

/// The payload of entries that are one with this tag.
fn only(entries: &[u8], tag: u8) -> Result<&[u8], Refusal> {
    let mut bytes = Bytes::new(entries);
    if bytes.byte("entry tag")? != tag {
        return Err(("UnknownTag", "entry tag", 0));
    }
    let payload = bytes.sized(16 << 20, "entry")?;
    bytes.end("record")?;
    Ok(payload)
}

fn recovery(entries: &[u8]) -> Result<(u64, u64, u64), Refusal> {
    let mut bytes = Bytes::new(only(entries, 14)?);
    let found = (bytes.integer("segment")?, bytes.integer("kept")?, bytes.integer("dropped")?);
    bytes.end("recovery")?;
    Ok(found)
}

fn namespace(entries: &[u8]) -> Result<(u64, Namespace), Refusal> {
    let mut bytes = Bytes::new(only(entries, 13)?);
    let half = u64::from(u32::MAX);
    let number = bytes.integer_to(half, "number")?;
    let name = bytes.text(255, "name")?.to_string();
    let mut kinds = BTreeMap::new();
    for _ in 0..bytes.integer_to(4096, "count")? {
        let key = (bytes.integer_to(half, "kind")?, bytes.integer_to(half, "version")?);
        if kinds.last_key_value().is_some_and(|(last, _)| *last >= key) {
            return Err(("Order", "kinds", bytes.at));
        }
        let must = match bytes.byte("must")? {
            0 => false,
            1 => true,
            _ => return Err(("Range", "must", bytes.at)),
        };
        kinds.insert(key, (must, bytes.text(255, "name")?.to_string()));
    }
    bytes.end("namespace")?;
    Ok((number, (name, kinds)))
}

/// The next number for a new name; the same number with more kinds for a known one.
fn register(read: &mut Read, number: u64, (name, kinds): Namespace) -> Option<()> {
    let known = read.namespaces.iter().position(|(known, _)| *known == name);
    let place = known.unwrap_or(read.namespaces.len());
    if number != place as u64 + 1 {
        return None;
    }
    match read.namespaces.get_mut(place) {
        None => read.namespaces.push((name, kinds)),
        Some((_, old)) => {
            let keeps = old.iter().all(|(key, kind)| kinds.get(key) == Some(kind));
            if !keeps || kinds.len() == old.len() {
                return None;
            }
            *old = kinds;
        }
    }
    Some(())
}

/// A transaction's text; none where it names what is not registered, or an id again.
fn transaction(read: &mut Read, record: &Record<'_>) -> Result<Option<String>, Refusal> {
    let mut bytes = Bytes::new(record.entries);
    let (mut parts, mut last, mut step) = (Vec::new(), 0, 0);
    let mut fits = true;
    while bytes.left() > 0 {
        let tag = bytes.byte("entry tag")?;
        if tag < last || last == 12 {
            return Err(("Order", "entry tag", bytes.at));
        }
        last = tag;
        let payload = bytes.sized(16 << 20, "entry")?;
        match tag {
            9 => {
                let (text, is_known) = client(read, payload)?;
                parts.push(text);
                fits &= is_known;
            }
            10 => parts.push(blob(payload)?),
            12 => {
                let mut payload = Bytes::new(payload);
                step = payload.integer("time")?;
                payload.end("time")?;
            }
            // A reason stands in a refusal alone.
            11 => return Err(("Order", "entry tag", bytes.at)),
            // No entry of a page is empty; what a whole one does is beyond this model.
            4..=8 if payload.is_empty() => return Err(("Truncated", "entry", bytes.at)),
            _ => return Err(("UnknownTag", "entry tag", bytes.at)),
        }
    }
    if last != 12 || step == 0 {
        return Err(("Range", "time", bytes.at));
    }
    Ok(fits.then(|| format!("seq {}: {}", record.seq, parts.join("; "))))
}

fn client(read: &mut Read, payload: &[u8]) -> Result<(String, bool), Refusal> {
    let mut bytes = Bytes::new(payload);
    let half = u64::from(u32::MAX);
    let (namespace, kind, version) = (
        bytes.integer_to(half, "namespace")?,
        bytes.integer_to(half, "kind")?,
        bytes.integer_to(half, "version")?,
    );
    let present = bytes.byte("presence")?;
    if present > 3 {
        return Err(("Range", "presence", bytes.at));
    }
    let mut id = |bit: u8| -> Result<String, Refusal> {
        if present & bit == 0 {
            return Ok("0".into());
        }
        let mut id = bytes.take(16, "id")?.to_vec();
        if id.iter().all(|byte| *byte == 0) {
            return Err(("NonMinimal", "id", bytes.at));
        }
        id.reverse();
        Ok(hex(&id))
    };
    let (id, parent) = (id(1)?, id(2)?);
    let body = bytes.rest();
    if body.len() > 64 << 10 {
        return Err(("Limit", "body", bytes.at));
    }
    let registered = usize::try_from(namespace)
        .ok()
        .and_then(|number| read.namespaces.get(number.checked_sub(1)?))
        .is_some_and(|(_, kinds)| kinds.contains_key(&(kind, version)));
    let is_new = id == "0" || read.ids.insert(id.clone().into_bytes());
    let text = format!("client {namespace}/{kind}/{version} id {id} parent {parent} body {}", hex(body));
    Ok((text, registered && is_new))
}

fn blob(payload: &[u8]) -> Result<String, Refusal> {
    let mut bytes = Bytes::new(payload);
    let hash = hex(bytes.take(32, "hash")?);
    let size = bytes.integer("size")?;
    let start = bytes.at;
    let role = bytes.rest();
    if role.len() > 255 {
        return Err(("Limit", "role", start));
    }
    let role = std::str::from_utf8(role).map_err(|_| ("Utf8", "role", start))?;
    Ok(format!("blob {hash} of {size} bytes as {role:?}"))
}
