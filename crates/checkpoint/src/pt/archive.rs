//! The archive: ZIP (PKWARE's APPNOTE 6.3), of which only stored entries of less than 4 GiB are used.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::cursor::Cursor;
use crate::limits::ENTRIES_MAX;
use crate::{Error, Result};

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const LOCATOR64: u32 = 0x0706_4b50;

const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
const END64_BYTES: usize = 56;
const LOCATOR64_BYTES: usize = 20;
const DESCRIPTOR_BYTES: usize = 16;
/// The head of the extra field that moves the data.
const EXTRA_BYTES: usize = 4;

/// Names are UTF-8.
const UTF8: u16 = 0x0800;
/// Checksum and sizes stand behind the data.
const DESCRIBED: u16 = 0x0008;
const ENCRYPTED: u16 = 0x0001;

/// PyTorch's storages begin at multiples of this, so that they can be mapped.
pub const ALIGNMENT: usize = 64;

fn damaged(what: impl std::fmt::Display) -> Error {
    Error::runtime(format!("PytorchStreamReader failed reading zip archive: {what}"))
}

struct Entry<'a> {
    crc: u32,
    data: &'a [u8],
}

/// The entries of an archive, by name. Sizes are those of the directory, and lie inside the file without overlap.
pub struct Archive<'a> {
    entries: HashMap<&'a str, Entry<'a>>,
    names: Vec<&'a str>,
}

impl<'a> Archive<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Archive<'a>> {
        let (count, size, offset, end) = directory(bytes)?;
        if offset.checked_add(size) != Some(end) {
            return Err(damaged(format!(
                "the directory is said to be {size} bytes at {offset}, and has to end at {end}"
            )));
        }
        let listed = bytes.get(offset..end).ok_or_else(|| damaged("failed finding central directory"))?;
        if count > ENTRIES_MAX || count > listed.len() / CENTRAL_BYTES {
            return Err(damaged(format!("{count} entries in a directory of {size} bytes")));
        }
        let mut archive =
            Archive { entries: HashMap::with_capacity(count), names: Vec::with_capacity(count) };
        let mut spans = Vec::with_capacity(count);
        let mut cursor = Cursor::new(listed);
        for number in 0..count {
            let short = || damaged(format!("entry {number} of the directory is cut short"));
            let (name, entry, span) = entry(bytes, offset, &mut cursor, number).ok_or_else(short)??;
            spans.push(span);
            if archive.entries.insert(name, entry).is_some() {
                return Err(damaged(format!("two entries are called {name}")));
            }
            archive.names.push(name);
        }
        if cursor.left() > 0 {
            return Err(damaged(format!("{} bytes behind the directory's last entry", cursor.left())));
        }
        // Entries that share bytes would let a small file ask for a great deal of memory.
        spans.sort_unstable();
        for (left, right) in spans.iter().zip(spans.iter().skip(1)) {
            if left.1 > right.0 {
                return Err(damaged(format!("entries overlap at byte {}", right.0)));
            }
        }
        Ok(archive)
    }

    /// In the directory's order.
    pub fn names(&self) -> &[&'a str] {
        &self.names
    }

    pub fn size(&self, name: &str) -> Option<usize> {
        self.entries.get(name).map(|entry| entry.data.len())
    }

    /// The bytes of an entry, held against its checksum.
    pub fn get(&self, name: &str) -> Result<Option<&'a [u8]>> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        let found = crc32fast::hash(entry.data);
        if found != entry.crc {
            return Err(damaged(format!(
                "the checksum of {name} is {found:08x}, the directory says {:08x}",
                entry.crc
            )));
        }
        Ok(Some(entry.data))
    }
}

/// Entry count, size and offset of the directory, and where it has to end.
fn directory(bytes: &[u8]) -> Result<(usize, usize, usize, usize)> {
    let absent = || damaged("failed finding central directory");
    // Behind the end stands a comment, whose length it names: the last mark that is followed by just so much.
    let first = bytes.len().saturating_sub(END_BYTES + usize::from(u16::MAX));
    let last = bytes.len().checked_sub(END_BYTES).ok_or_else(absent)?;
    let at = (first..=last)
        .rev()
        .find(|&at| {
            let mut cursor = Cursor::new(bytes.get(at..).unwrap_or_default());
            cursor.u32() == Some(END)
                && cursor.take(16).is_some()
                && cursor.u16().is_some_and(|comment| usize::from(comment) == cursor.left())
        })
        .ok_or_else(absent)?;
    let mut cursor = Cursor::new(bytes.get(at + 4..).unwrap_or_default());
    let mut half = || cursor.u16().ok_or_else(absent);
    let (disk, start, here, count) = (half()?, half()?, half()?, half()?);
    if disk != 0 || start != 0 || here != count {
        return Err(damaged("an archive of several disks"));
    }
    let (size, offset) = (cursor.u32().ok_or_else(absent)?, cursor.u32().ok_or_else(absent)?);
    if count == u16::MAX || size == u32::MAX || offset == u32::MAX {
        return Err(Error::missing("reading an archive over 4 GiB or of more than 65534 entries"));
    }
    let (size, offset) = (size as usize, offset as usize);
    // PyTorch writes the 64-bit end in front even where nothing needs it.
    let mut end = at;
    if let Some(locator) = at.checked_sub(LOCATOR64_BYTES)
        && let Some(mut cursor) = bytes.get(locator..).map(Cursor::new)
        && cursor.u32() == Some(LOCATOR64)
    {
        let position = cursor.take(4).and_then(|_| cursor.u64());
        end = position
            .and_then(|position| usize::try_from(position).ok())
            .filter(|&position| {
                bytes.get(position..).is_some_and(|rest| Cursor::new(rest).u32() == Some(END64))
                    && position.checked_add(END64_BYTES) == Some(locator)
            })
            .ok_or_else(|| damaged("the 64-bit end of the directory is not where its locator says"))?;
    }
    Ok((usize::from(count), size, offset, end))
}

type Found<'a> = (&'a str, Entry<'a>, (usize, usize));

/// The next entry of the directory, and its data behind the local header. `None`: cut short.
fn entry<'a>(
    bytes: &'a [u8],
    limit: usize,
    cursor: &mut Cursor<'a>,
    number: usize,
) -> Option<Result<Found<'a>>> {
    if cursor.u32()? != CENTRAL {
        return Some(Err(damaged(format!("entry {number} of the directory has no mark"))));
    }
    cursor.take(4)?;
    let (flags, method) = (cursor.u16()?, cursor.u16()?);
    cursor.take(4)?;
    let crc = cursor.u32()?;
    let (packed, size) = (cursor.len32()?, cursor.len32()?);
    let (name, extra, comment) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
    cursor.take(8)?;
    let at = cursor.len32()?;
    let name = cursor.take(usize::from(name))?;
    cursor.take(usize::from(extra) + usize::from(comment))?;
    Some((|| {
        let name = std::str::from_utf8(name)
            .map_err(|_| damaged(format!("the name of entry {number} is no UTF-8")))?;
        if flags & ENCRYPTED != 0 {
            return Err(damaged(format!("{name} is encrypted, which no file of PyTorch's is")));
        }
        if method != 0 {
            return Err(damaged(format!("{name} is compressed, which no file of PyTorch's is")));
        }
        if packed != size {
            return Err(damaged(format!("{name} is stored and has two sizes, {packed} and {size}")));
        }
        let lost = || damaged(format!("{name} has no header at byte {at}"));
        let mut local = Cursor::new(bytes.get(at..limit).ok_or_else(lost)?);
        let mark = local.u32();
        let fixed = local.take(22);
        let (Some(LOCAL), Some(_), Some(len), Some(extra)) = (mark, fixed, local.u16(), local.u16()) else {
            return Err(lost());
        };
        if local.take(usize::from(len)) != Some(name.as_bytes()) {
            return Err(damaged(format!("the header at byte {at} has another name than {name}")));
        }
        let data = local.take(usize::from(extra)).and_then(|_| local.take(size));
        let data =
            data.ok_or_else(|| damaged(format!("{name} is said to have {size} bytes, the file is shorter")))?;
        Ok((name, Entry { crc, data }, (at, at + local.at())))
    })())
}

/// The bytes of an archive with entries of these names and sizes, all within `root`.
pub fn size(root: &str, entries: impl Iterator<Item = (usize, usize)>) -> usize {
    let mut at = 0;
    let mut directory = 0;
    for (name, data) in entries {
        let name = root.len() + 1 + name;
        let start = (at + LOCAL_BYTES + name + EXTRA_BYTES).next_multiple_of(ALIGNMENT);
        at = start + data + if data == 0 { 0 } else { DESCRIPTOR_BYTES };
        directory += CENTRAL_BYTES + name;
    }
    at + directory + END64_BYTES + LOCATOR64_BYTES + END_BYTES
}

/// Writes an archive entry by entry.
pub struct Writer<'a> {
    out: &'a mut dyn Write,
    /// Bytes that were written.
    at: usize,
    directory: Vec<u8>,
    count: u16,
    root: String,
}

fn unwritten(error: &io::Error) -> Error {
    Error::runtime(format!("PytorchStreamWriter failed writing file: {error}"))
}

fn beyond() -> Error {
    Error::missing("writing an archive over 4 GiB")
}

impl<'a> Writer<'a> {
    pub fn new(root: &str, out: &'a mut dyn Write) -> Writer<'a> {
        Writer { out, at: 0, directory: Vec::new(), count: 0, root: root.to_string() }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.at += bytes.len();
        self.out.write_all(bytes).map_err(|error| unwritten(&error))
    }

    /// Adds an entry, its data at a multiple of [`ALIGNMENT`], and gives its checksum. Dates are zero, so equal entries
    /// are equal bytes.
    pub fn put(&mut self, name: &str, data: &[u8]) -> Result<u32> {
        let name = format!("{}/{name}", self.root);
        let (offset, size) =
            (u32::try_from(self.at).map_err(|_| beyond())?, u32::try_from(data.len()).map_err(|_| beyond())?);
        let name_len = u16::try_from(name.len()).map_err(|_| Error::missing("a file name over 64 KiB"))?;
        // An extra field `FB`, two bytes of length and as many of `Z` moves the data.
        let start = self.at + LOCAL_BYTES + name.len() + EXTRA_BYTES;
        let padding = start.next_multiple_of(ALIGNMENT) - start;
        let flags = if data.is_empty() { UTF8 } else { UTF8 | DESCRIBED };
        let crc = crc32fast::hash(data);

        let mut header = Vec::with_capacity(LOCAL_BYTES + name.len() + EXTRA_BYTES + padding);
        header.extend(LOCAL.to_le_bytes());
        header.extend(0u16.to_le_bytes());
        header.extend(flags.to_le_bytes());
        // Method, time, date; checksum and two sizes, which follow the data.
        header.extend([0; 18]);
        header.extend(name_len.to_le_bytes());
        header.extend((padding as u16 + 4).to_le_bytes());
        header.extend(name.as_bytes());
        header.extend(b"FB");
        header.extend((padding as u16).to_le_bytes());
        header.extend(std::iter::repeat_n(b'Z', padding));
        self.write(&header)?;
        self.write(data)?;
        if !data.is_empty() {
            let mut descriptor = DESCRIPTOR.to_le_bytes().to_vec();
            descriptor.extend(crc.to_le_bytes());
            descriptor.extend(size.to_le_bytes());
            descriptor.extend(size.to_le_bytes());
            self.write(&descriptor)?;
        }

        self.directory.extend(CENTRAL.to_le_bytes());
        self.directory.extend([0; 4]);
        self.directory.extend(flags.to_le_bytes());
        self.directory.extend([0; 6]);
        self.directory.extend(crc.to_le_bytes());
        self.directory.extend(size.to_le_bytes());
        self.directory.extend(size.to_le_bytes());
        self.directory.extend(name_len.to_le_bytes());
        self.directory.extend([0; 12]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count = self
            .count
            .checked_add(1)
            .filter(|&count| count < u16::MAX)
            .ok_or_else(|| Error::missing("writing an archive of more than 65534 entries"))?;
        Ok(crc)
    }

    /// Writes the directory.
    pub fn finish(mut self) -> Result<()> {
        let end64 = self.at + self.directory.len();
        let offset = u32::try_from(self.at).map_err(|_| beyond())?;
        let size = u32::try_from(self.directory.len()).map_err(|_| beyond())?;
        let mut end = std::mem::take(&mut self.directory);
        end.extend(END64.to_le_bytes());
        // Bytes that follow; made by and needed: 4.5 under Unix' number as PyTorch writes them; two disks.
        end.extend(44u64.to_le_bytes());
        end.extend([0x1e, 0x03, 0x2d, 0x00]);
        end.extend([0; 8]);
        end.extend(u64::from(self.count).to_le_bytes());
        end.extend(u64::from(self.count).to_le_bytes());
        end.extend(u64::from(size).to_le_bytes());
        end.extend(u64::from(offset).to_le_bytes());
        end.extend(LOCATOR64.to_le_bytes());
        end.extend([0; 4]);
        end.extend((end64 as u64).to_le_bytes());
        end.extend(1u32.to_le_bytes());
        end.extend(END.to_le_bytes());
        end.extend([0; 4]);
        end.extend(self.count.to_le_bytes());
        end.extend(self.count.to_le_bytes());
        end.extend(size.to_le_bytes());
        end.extend(offset.to_le_bytes());
        end.extend([0; 2]);
        self.write(&end)
    }
}
