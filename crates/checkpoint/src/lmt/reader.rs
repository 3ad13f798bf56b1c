//! Reading a file of ours: gate by gate, each of which needs the ones before it.

use serde_json::Value;
use tensor::{DType, Layout, Tensor};

use super::header::{Entry, FIELDS, Stored, canonical};
use super::problem::{Problem, ProblemKind, Refusal};
use super::{ALIGNMENT, FORMAT, MAGIC, PROLOGUE_BYTES, state};
use crate::cursor::Cursor;
use crate::limits::{LMT_HEADER_BYTES_MAX, PROBLEMS_MAX};
use crate::{Tree, TreeBuilder};

/// How many faults a reader lists. Neither mode loads a file with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The first.
    Strict,
    /// Up to 32, so that a person sees at once how far the damage goes.
    Hardened,
}

impl Mode {
    /// The word in the header.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Strict => "strict",
            Mode::Hardened => "hardened",
        }
    }
}

/// The faults found so far.
struct Faults {
    mode: Mode,
    problems: Vec<Problem>,
    unlisted: usize,
}

/// A gate that nothing passes any more.
struct Stop;

impl Faults {
    /// Notes a fault; in strict mode it is the last.
    fn note(
        &mut self,
        kind: ProblemKind,
        subject: impl Into<String>,
        expected: impl ToString,
        found: impl ToString,
        offset: usize,
    ) -> Result<(), Stop> {
        let problem = Problem {
            kind,
            subject: subject.into(),
            expected: expected.to_string(),
            found: found.to_string(),
            offset,
        };
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        } else {
            self.unlisted += 1;
        }
        if self.mode == Mode::Strict { Err(Stop) } else { Ok(()) }
    }

    /// Ends a gate that later ones rest on.
    fn gate(&self) -> Result<(), Stop> {
        if self.problems.is_empty() { Ok(()) } else { Err(Stop) }
    }
}

/// Reads a file, or says what is wrong with it.
///
/// # Errors
/// The faults, of which strict mode finds the first.
pub fn read(bytes: &[u8], mode: Mode) -> Result<Tree, Refusal> {
    let mut faults = Faults { mode, problems: Vec::new(), unlisted: 0 };
    match gates(bytes, &mut faults) {
        Ok(tree) if faults.problems.is_empty() => Ok(tree),
        _ => Err(Refusal { problems: faults.problems, unlisted: faults.unlisted }),
    }
}

fn gates(bytes: &[u8], faults: &mut Faults) -> Result<Tree, Stop> {
    let text = prologue(bytes, faults)?;
    let header = parse(text, faults)?;
    let start = (PROLOGUE_BYTES + text.len()).next_multiple_of(ALIGNMENT);
    let Some(data) = bytes.get(start..) else {
        let at_least = format!("at least {start} bytes");
        faults.note(ProblemKind::SizeMismatch, "padding", at_least, bytes.len(), bytes.len())?;
        return Err(Stop);
    };
    let (entries, stored, state) = fields(&header, faults)?;
    faults.gate()?;
    let used = ranges(&stored, data.len(), start, faults)?;
    padding(bytes, &stored, start, faults)?;
    if used != data.len() {
        let found = format!("{} bytes", data.len());
        faults.note(ProblemKind::SizeMismatch, "storages", format!("{used} bytes"), found, start)?;
    }
    faults.gate()?;
    for (at, one) in stored.iter().enumerate() {
        let held = data.get(one.offset..one.offset + one.size_bytes).unwrap_or_default();
        let found = blake3::hash(held).to_hex().to_string();
        if found != one.blake3 {
            let subject = format!("storage {at}");
            faults.note(ProblemKind::ChecksumMismatch, subject, &one.blake3, found, start + one.offset)?;
        }
    }
    faults.gate()?;
    let tensors = tensors(entries, &stored, data, start, faults)?;
    faults.gate()?;
    let ids = vec![None; tensors.len()];
    let mut reader = state::Reader { builder: TreeBuilder::new(), tensors: &tensors, ids };
    let root = reader.node(state);
    let unnamed = reader.ids.iter().position(Option::is_none);
    let built =
        root.and_then(|root| reader.builder.finish(root).map_err(|error| error.message().to_string()));
    match (built, unnamed) {
        (Ok(tree), None) => Ok(tree),
        (Ok(_), Some(at)) => {
            let expected = "a place in the state for every entry";
            faults.note(
                ProblemKind::Malformed,
                "state",
                expected,
                format!("none for {at}"),
                PROLOGUE_BYTES,
            )?;
            Err(Stop)
        }
        (Err(fault), _) => {
            let expected = "a value as this release writes it";
            faults.note(ProblemKind::Malformed, "state", expected, fault, PROLOGUE_BYTES)?;
            Err(Stop)
        }
    }
}

/// The header's bytes: magic, format, exact size, digest.
fn prologue<'a>(bytes: &'a [u8], faults: &mut Faults) -> Result<&'a [u8], Stop> {
    let mut cursor = Cursor::new(bytes);
    let magic = cursor.take(8);
    if magic != Some(&MAGIC) {
        let found = String::from_utf8_lossy(bytes.get(..8).unwrap_or(bytes)).escape_debug().to_string();
        faults.note(ProblemKind::NotACheckpoint, "magic", "LUMENTN1", found, 0)?;
        return Err(Stop);
    }
    let read =
        (|| Some((cursor.u32()?, cursor.u32()?, cursor.u64()?, cursor.u64()?, cursor.array::<32>()?)))();
    let Some((format, flags, size, header, digest)) = read else {
        let expected = format!("at least {PROLOGUE_BYTES} bytes");
        faults.note(ProblemKind::SizeMismatch, "file", expected, bytes.len(), bytes.len())?;
        return Err(Stop);
    };
    if format != FORMAT {
        faults.note(ProblemKind::UnsupportedFormat, "format", FORMAT, format, 8)?;
        return Err(Stop);
    }
    if flags != 0 {
        faults.note(ProblemKind::UnsupportedFormat, "flags", 0, flags, 12)?;
    }
    if size != bytes.len() as u64 {
        faults.note(ProblemKind::SizeMismatch, "file", format!("{size} bytes"), bytes.len(), 16)?;
    }
    let length = usize::try_from(header).ok().filter(|&length| length <= LMT_HEADER_BYTES_MAX);
    let Some(text) = length.and_then(|length| cursor.take(length)) else {
        let expected = format!("at most {} bytes", cursor.left().min(LMT_HEADER_BYTES_MAX));
        faults.note(ProblemKind::SizeMismatch, "header", expected, header, 24)?;
        return Err(Stop);
    };
    let found = blake3::hash(text);
    if *found.as_bytes() != digest {
        let expected = blake3::Hash::from_bytes(digest).to_hex();
        faults.note(ProblemKind::ChecksumMismatch, "header", expected, found.to_hex(), PROLOGUE_BYTES)?;
    }
    faults.gate()?;
    Ok(text)
}

/// JSON in its one canonical form, so that no key stands twice.
fn parse(text: &[u8], faults: &mut Faults) -> Result<Value, Stop> {
    let expected = "JSON in the form of RFC 8785";
    match serde_json::from_slice::<Value>(text) {
        Ok(value) => {
            let mut again = String::with_capacity(text.len());
            canonical(&value, &mut again);
            if again.as_bytes() == text {
                return Ok(value);
            }
            faults.note(ProblemKind::Malformed, "header", expected, "another form of it", PROLOGUE_BYTES)?;
        }
        Err(fault) => {
            let column = PROLOGUE_BYTES + fault.column();
            faults.note(ProblemKind::Malformed, "header", expected, fault, column)?;
        }
    }
    Err(Stop)
}

/// The values of exactly these fields.
fn exact<'a, const N: usize>(
    value: &'a Value,
    names: [&str; N],
    subject: &str,
    faults: &mut Faults,
) -> Result<Option<[&'a Value; N]>, Stop> {
    let Some(fields) = value.as_object() else {
        faults.note(ProblemKind::Malformed, subject, "an object", value, PROLOGUE_BYTES)?;
        return Ok(None);
    };
    for key in fields.keys().filter(|key| !names.contains(&key.as_str())) {
        let expected = format!("one of {}", names.join(", "));
        faults.note(ProblemKind::UnknownField, subject, expected, format!("`{key}`"), PROLOGUE_BYTES)?;
    }
    let mut found = Vec::with_capacity(N);
    for name in names {
        match fields.get(name) {
            Some(value) => found.push(value),
            None => faults.note(
                ProblemKind::UnknownField,
                subject,
                format!("`{name}`"),
                "nothing",
                PROLOGUE_BYTES,
            )?,
        }
    }
    Ok(found.try_into().ok())
}

type Fields<'a> = (Vec<Entry>, Vec<Stored>, &'a Value);

fn fields<'a>(header: &'a Value, faults: &mut Faults) -> Result<Fields<'a>, Stop> {
    let Some([listed, mode, state, storages]) = exact(header, FIELDS, "header", faults)? else {
        return Err(Stop);
    };
    if !matches!(mode.as_str(), Some("strict" | "hardened")) {
        faults.note(ProblemKind::Malformed, "mode", "strict or hardened", mode, PROLOGUE_BYTES)?;
    }
    let (Some(listed), Some(storages)) = (listed.as_array(), storages.as_array()) else {
        faults.note(
            ProblemKind::Malformed,
            "header",
            "lists of entries and storages",
            "others",
            PROLOGUE_BYTES,
        )?;
        return Err(Stop);
    };
    let (mut entries, mut stored) = (Vec::new(), Vec::new());
    for (at, value) in storages.iter().enumerate() {
        let subject = format!("storage {at}");
        let Some([digest, offset, size]) = exact(value, Stored::FIELDS, &subject, faults)? else { continue };
        match (digest.as_str(), natural(offset), natural(size)) {
            (Some(digest), Some(offset), Some(size_bytes)) => {
                stored.push(Stored { offset, size_bytes, blake3: digest.to_string() });
            }
            _ => faults.note(
                ProblemKind::Malformed,
                subject,
                "a digest and two sizes",
                value,
                PROLOGUE_BYTES,
            )?,
        }
    }
    for (at, value) in listed.iter().enumerate() {
        let subject = format!("entry {at}");
        let Some(found) = exact(value, Entry::FIELDS, &subject, faults)? else { continue };
        match entry(found) {
            Some(entry) => entries.push(entry),
            None => faults.note(
                ProblemKind::Malformed,
                subject,
                "a tensor's description",
                value,
                PROLOGUE_BYTES,
            )?,
        }
    }
    Ok((entries, stored, state))
}

fn natural(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|value| usize::try_from(value).ok())
}

fn naturals(value: &Value) -> Option<Vec<usize>> {
    value.as_array()?.iter().map(natural).collect()
}

fn entry([dtype, name, offset, requires_grad, sizes, storage, strides]: [&Value; 7]) -> Option<Entry> {
    let dtype = dtype.as_str()?;
    Some(Entry {
        name: name.as_str()?.to_string(),
        dtype: DType::ALL.into_iter().find(|known| known.name() == dtype)?,
        sizes: naturals(sizes)?,
        strides: naturals(strides)?,
        offset: natural(offset)?,
        storage: natural(storage)?,
        requires_grad: requires_grad.as_bool()?,
    })
}

/// Storages ascend in steps, without overlap, inside the file. Gives where the last ends.
fn ranges(stored: &[Stored], len: usize, start: usize, faults: &mut Faults) -> Result<usize, Stop> {
    let mut end = 0usize;
    for (at, one) in stored.iter().enumerate() {
        let subject = format!("storage {at}");
        let expected = end.next_multiple_of(ALIGNMENT);
        if one.offset != expected {
            faults.note(ProblemKind::EntryOutOfStorage, &*subject, expected, one.offset, start + end)?;
        }
        end = match one.offset.checked_add(one.size_bytes).filter(|&end| end <= len) {
            Some(end) => end,
            None => {
                let found = format!("{} bytes at {}", one.size_bytes, one.offset);
                faults.note(ProblemKind::EntryOutOfStorage, subject, format!("{len} bytes"), found, start)?;
                return Err(Stop);
            }
        };
    }
    Ok(end)
}

/// Bytes between storages are zero.
fn padding(bytes: &[u8], stored: &[Stored], start: usize, faults: &mut Faults) -> Result<(), Stop> {
    let mut cursor = Cursor::new(bytes);
    cursor.take(24);
    let header = cursor.u64().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut from = PROLOGUE_BYTES + header;
    let ends = stored.iter().map(|one| (start + one.offset, start + one.offset + one.size_bytes));
    let first = if stored.is_empty() { Some((start, start)) } else { None };
    for (to, next) in ends.chain(first) {
        let gap = bytes.get(from..to).unwrap_or_default();
        if let Some(at) = gap.iter().position(|&byte| byte != 0) {
            let found = gap.get(at).copied().unwrap_or_default();
            faults.note(ProblemKind::Malformed, "padding", 0, found, from + at)?;
        }
        from = next;
    }
    Ok(())
}

fn tensors(
    entries: Vec<Entry>,
    stored: &[Stored],
    data: &[u8],
    start: usize,
    faults: &mut Faults,
) -> Result<Vec<(Tensor, Entry)>, Stop> {
    let mut held: Vec<Option<Tensor>> = vec![None; stored.len()];
    let mut made = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some((one, slot)) = stored.get(entry.storage).zip(held.get_mut(entry.storage)) else {
            let expected = format!("one of {} storages", stored.len());
            let found = entry.storage;
            faults.note(ProblemKind::EntryOutOfStorage, entry.name, expected, found, PROLOGUE_BYTES)?;
            continue;
        };
        let offset = start + one.offset;
        let count = one.size_bytes / entry.dtype.size_bytes();
        if let Err(fault) = Layout::strided(&entry.sizes, &entry.strides, entry.offset, count) {
            let expected = format!("a layout inside {count} elements");
            faults.note(ProblemKind::EntryOutOfStorage, entry.name, expected, fault, offset)?;
            continue;
        }
        if slot.is_none() {
            let bytes = data.get(one.offset..one.offset + one.size_bytes).unwrap_or_default();
            match Tensor::from_element_bytes(bytes, entry.dtype, &[count]) {
                Ok(tensor) => *slot = Some(tensor),
                Err(fault) => {
                    let expected = format!("elements of {}", entry.dtype.name());
                    faults.note(ProblemKind::Malformed, entry.name, expected, fault, offset)?;
                    continue;
                }
            }
        }
        let Some(storage) = slot else { continue };
        if storage.dtype() != entry.dtype {
            let (expected, found) = (storage.dtype().name(), entry.dtype.name());
            faults.note(ProblemKind::Malformed, entry.name, expected, found, offset)?;
            continue;
        }
        match storage.as_strided(&entry.sizes, &entry.strides, entry.offset) {
            Ok(tensor) => made.push((tensor, entry)),
            Err(fault) => {
                faults.note(
                    ProblemKind::EntryOutOfStorage,
                    entry.name,
                    "a layout inside it",
                    fault,
                    offset,
                )?;
            }
        }
    }
    Ok(made)
}
