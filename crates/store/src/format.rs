//! The fixed bytes of the format: names, limits, numbers, the `FORMAT` file and the segment header.
//!
//! Both structures keep their magic, format number, flags and checksum in the same place for ever, so that any
//! binary can tell a newer format from damage.

pub use plan::client::BODY_LEN_MAX;
pub use plan::tag;

use crate::error::{Error, ErrorKind, Result};

/// The format this crate writes and the newest it reads.
pub const FORMAT: u32 = 1;
/// Flags that a reader may ignore, as far as this crate knows them.
pub const COMPATIBLE_FLAGS: u64 = 0;
/// Flags without which the files cannot be read, as far as this crate knows them; a checkpoint has its own.
pub const INCOMPATIBLE_FLAGS: u64 = 0;
/// The incompatible flag of a checkpoint whose footer says which blocks are compressed.
pub const COMPRESSED_FLAG: u64 = 1;
/// The incompatible flag of a checkpoint whose footer says of each page all but its bytes.
pub const HEADS_FLAG: u64 = 2;

/// The file that makes a directory a store.
pub const FORMAT_FILE: &str = "FORMAT";
/// The file that the writer locks.
pub const LOCK_FILE: &str = "LOCK";
/// The directory of the segments.
pub const LOG_DIR: &str = "log";
/// The directory of the checkpoints.
pub const CHECKPOINT_DIR: &str = "check";
/// The directory of the tables.
pub const TABLE_DIR: &str = "tables";
/// The file that says where a log begins whose first segments were dropped.
pub const HORIZON_FILE: &str = "HORIZON";
/// The directory of what stays of dropped segments.
pub const KEPT_DIR: &str = "kept";
/// The directory of the blobs.
pub const BLOB_DIR: &str = "blobs";

/// Length of the `FORMAT` file in bytes.
pub const FORMAT_LEN: usize = 64;
/// Length of the `HORIZON` file in bytes.
pub const HORIZON_LEN: usize = 128;
/// Length of a segment's header in bytes.
pub const SEGMENT_HEADER_LEN: usize = 4096;
/// Length of a record's header in bytes.
pub const RECORD_HEADER_LEN: usize = 32;
/// The longest record, header included.
pub const RECORD_LEN_MAX: usize = 16 << 20;
/// The longest name of a namespace, a kind or a blob's role.
pub const NAME_LEN_MAX: usize = 255;
/// The most kinds of one namespace.
pub const KINDS_MAX: usize = 4096;

/// The numbers of the record kinds.
pub mod kind {
    /// A transaction.
    pub const TXN: u8 = 1;
    /// A refused transaction.
    pub const REFUSED: u8 = 2;
    /// A change of the derivation graph.
    pub const GRAPH: u8 = 3;
    /// A namespace's registration.
    pub const NAMESPACE: u8 = 4;
    /// The state hash at the last seq.
    pub const HASH: u8 = 128;
    /// Reserved: nobody writes it, since checkpoints are found by their names.
    pub const CHECKPOINT: u8 = 129;
    /// What an opening dropped.
    pub const RECOVERED: u8 = 130;
    /// Everything before it is durable.
    pub const MARK: u8 = 131;
    /// The last record of an ended segment.
    pub const END: u8 = 132;

    /// Whether records of the kind repeat the last seq instead of taking one.
    pub fn is_bookkeeping(kind: u8) -> bool {
        kind >= 128
    }
}

const FORMAT_MAGIC: &[u8; 8] = b"LUMENST1";
const SEGMENT_MAGIC: &[u8; 8] = b"LUMENSG1";
const CHECKPOINT_MAGIC: &[u8; 8] = b"LUMENCK1";
const TABLE_MAGIC: &[u8; 8] = b"LUMENTB1";
const HORIZON_MAGIC: &[u8; 8] = b"LUMENHZ1";
const REMNANT_MAGIC: &[u8; 8] = b"LUMENRM1";

/// The path of segment `number` in the store's directory.
pub fn segment_path(number: u64) -> String {
    format!("{LOG_DIR}/{number:020}.seg")
}

/// The path of the checkpoint at `seq` in the store's directory.
pub fn checkpoint_path(seq: u64) -> String {
    format!("{CHECKPOINT_DIR}/{seq:020}.ckpt")
}

/// The path of the table of segment `number` in the store's directory.
pub fn table_path(number: u64) -> String {
    format!("{TABLE_DIR}/{number:020}.tbl")
}

/// The path of the oldest state that is left, at `seq`, in the store's directory.
pub fn base_path(seq: u64) -> String {
    format!("{KEPT_DIR}/{seq:020}.base")
}

/// The path of what stays of the dropped segment `number` in the store's directory.
pub fn remnant_path(number: u64) -> String {
    format!("{KEPT_DIR}/{number:020}.rem")
}

/// The number of a segment from its file name; `None` for any other file.
pub(crate) fn parse_segment_name(name: &str) -> Option<u64> {
    parse_number(name.strip_suffix(".seg")?)
}

/// The seq of a checkpoint from its file name; `None` for any other file.
pub(crate) fn parse_checkpoint_name(name: &str) -> Option<u64> {
    parse_number(name.strip_suffix(".ckpt")?)
}

/// The number of a segment from the file name of its table; `None` for any other file.
pub(crate) fn parse_table_name(name: &str) -> Option<u64> {
    parse_number(name.strip_suffix(".tbl")?)
}

/// The number of a dropped segment from the file name of what stays of it; `None` for any other file.
pub(crate) fn parse_remnant_name(name: &str) -> Option<u64> {
    parse_number(name.strip_suffix(".rem")?)
}

fn parse_number(digits: &str) -> Option<u64> {
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// What the `FORMAT` file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreHeader {
    /// The random name of the store; every segment repeats it.
    pub store_id: [u8; 16],
}

/// Where a log begins whose first segments were dropped: what the `HORIZON` file says. The default is a log of which
/// all is there, and no file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    /// How many segments were dropped: the log goes on with the next number.
    pub dropped: u64,
    /// The seq of the oldest state that is left, which the last dropped segment made.
    pub oldest_seq: u64,
    /// The first page id that nobody had at that seq.
    pub next_page: u64,
    /// The length of the last dropped segment.
    pub previous_len: u64,
    /// The BLAKE3 of the last dropped segment.
    pub previous_hash: [u8; 32],
}

/// What the first 4 KiB of a segment say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The store that the segment belongs to.
    pub store_id: [u8; 16],
    /// Its place in the log, from 1 without gaps.
    pub number: u64,
    /// The seq of its first transaction.
    pub first_seq: u64,
    /// Its low 32 bits stand in every record of the segment.
    pub salt: u64,
    /// Nanoseconds since 1970; the base of the first record's time.
    pub start_time_ns: u64,
    /// The length of the segment before it; 0 for the first.
    pub previous_len: u64,
    /// The BLAKE3 of the segment before it; 0 for the first.
    pub previous_hash: [u8; 32],
}

impl SegmentHeader {
    /// The salt of its records.
    pub fn record_salt(&self) -> u32 {
        self.salt as u32
    }

    /// Its bytes, padded with zeros, the checksum last.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = prologue(SEGMENT_MAGIC, INCOMPATIBLE_FLAGS, &self.store_id);
        for word in [self.number, self.first_seq, self.salt, self.start_time_ns, self.previous_len] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&self.previous_hash);
        seal(bytes, SEGMENT_HEADER_LEN)
    }

    /// Reads the header of segment `number` from the start of its bytes.
    ///
    /// # Errors
    /// `Corrupt` for damage, `UnsupportedFormat` for a newer format or an unknown incompatible flag.
    pub fn decode(bytes: &[u8], number: u64) -> Result<SegmentHeader> {
        let opened = open(bytes, SEGMENT_MAGIC, SEGMENT_HEADER_LEN, "segment header", &segment_path(number));
        let (_, fields) = opened.map_err(|error| error.in_segment(number))?;
        let mut fields = Fields(fields);
        let header = SegmentHeader {
            store_id: fields.take(),
            number: fields.word(),
            first_seq: fields.word(),
            salt: fields.word(),
            start_time_ns: fields.word(),
            previous_len: fields.word(),
            previous_hash: fields.take(),
        };
        if header.number != number {
            return Err(Error::new(ErrorKind::Corrupt, "the segment is not the one its name says")
                .in_segment(number)
                .at(48)
                .expected(number.to_string())
                .found(header.number.to_string()));
        }
        Ok(header)
    }
}

impl StoreHeader {
    /// Its bytes, padded with zeros, the checksum last.
    pub fn encode(&self) -> Vec<u8> {
        seal(prologue(FORMAT_MAGIC, INCOMPATIBLE_FLAGS, &self.store_id), FORMAT_LEN)
    }

    /// Reads the `FORMAT` file.
    ///
    /// # Errors
    /// `Corrupt` for damage, `UnsupportedFormat` for a newer format or an unknown incompatible flag.
    pub fn decode(bytes: &[u8]) -> Result<StoreHeader> {
        let (_, fields) = open(bytes, FORMAT_MAGIC, FORMAT_LEN, "store header", FORMAT_FILE)?;
        if bytes.len() > FORMAT_LEN {
            return Err(Error::new(ErrorKind::Corrupt, "the store header is too long")
                .in_file(FORMAT_FILE)
                .at(FORMAT_LEN as u64));
        }
        Ok(StoreHeader { store_id: Fields(fields).take() })
    }
}

impl Horizon {
    /// Its bytes, padded with zeros, the checksum last.
    pub fn encode(&self, store_id: &[u8; 16]) -> Vec<u8> {
        let mut bytes = prologue(HORIZON_MAGIC, 0, store_id);
        for word in [self.dropped, self.oldest_seq, self.next_page, self.previous_len] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&self.previous_hash);
        seal(bytes, HORIZON_LEN)
    }

    /// Reads the `HORIZON` file of a store.
    ///
    /// # Errors
    /// `Corrupt` for damage and for the file of another store, `UnsupportedFormat` as for a segment.
    pub fn decode(bytes: &[u8], store_id: &[u8; 16]) -> Result<Horizon> {
        let (_, fields) = open(bytes, HORIZON_MAGIC, HORIZON_LEN, "horizon", HORIZON_FILE)?;
        let corrupt = |what: &str, offset: usize| {
            Err(Error::new(ErrorKind::Corrupt, what.to_owned()).in_file(HORIZON_FILE).at(offset as u64))
        };
        if bytes.len() > HORIZON_LEN {
            return corrupt("the horizon is too long", HORIZON_LEN);
        }
        let mut fields = Fields(fields);
        if fields.take() != *store_id {
            return corrupt("the horizon belongs to another store", 32);
        }
        let horizon = Horizon {
            dropped: fields.word(),
            oldest_seq: fields.word(),
            next_page: fields.word(),
            previous_len: fields.word(),
            previous_hash: fields.take(),
        };
        if horizon.dropped == 0 {
            return corrupt("the horizon says that nothing was dropped", 48);
        }
        Ok(horizon)
    }
}

/// The header of what stays of a dropped segment.
pub(crate) fn remnant_header(store_id: &[u8; 16]) -> Vec<u8> {
    seal(prologue(REMNANT_MAGIC, 0, store_id), FORMAT_LEN)
}

/// Checks the header of what stays of a dropped segment of this store.
pub(crate) fn check_remnant_header(bytes: &[u8], store_id: &[u8; 16], file: &str) -> Result<()> {
    check_header(bytes, REMNANT_MAGIC, store_id, "remnant", file).map(drop)
}

/// What the footer of a checkpoint has besides what all have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FooterForm {
    /// Which blocks are compressed.
    pub(crate) compressed: bool,
    /// The heads of all pages.
    pub(crate) heads: bool,
}

/// The header of a checkpoint.
pub(crate) fn checkpoint_header(store_id: &[u8; 16], form: FooterForm) -> Vec<u8> {
    let flag = |is_set: bool, flag: u64| if is_set { flag } else { 0 };
    let flags = flag(form.compressed, COMPRESSED_FLAG) | flag(form.heads, HEADS_FLAG);
    seal(prologue(CHECKPOINT_MAGIC, flags, store_id), FORMAT_LEN)
}

/// The header of a segment's table.
pub(crate) fn table_header(store_id: &[u8; 16]) -> Vec<u8> {
    seal(prologue(TABLE_MAGIC, INCOMPATIBLE_FLAGS, store_id), FORMAT_LEN)
}

/// Checks the header of a checkpoint of this store; returns what its footer has.
pub(crate) fn check_checkpoint_header(bytes: &[u8], store_id: &[u8; 16], file: &str) -> Result<FooterForm> {
    let flags = check_header(bytes, CHECKPOINT_MAGIC, store_id, "checkpoint", file)?;
    Ok(FooterForm { compressed: flags & COMPRESSED_FLAG != 0, heads: flags & HEADS_FLAG != 0 })
}

/// Checks the header of a table of this store.
pub(crate) fn check_table_header(bytes: &[u8], store_id: &[u8; 16], file: &str) -> Result<()> {
    check_header(bytes, TABLE_MAGIC, store_id, "table", file).map(drop)
}

/// Returns the incompatible flags, all of which are known.
fn check_header(bytes: &[u8], magic: &[u8; 8], store_id: &[u8; 16], what: &str, file: &str) -> Result<u64> {
    let (flags, fields) = open(bytes, magic, FORMAT_LEN, &format!("{what} header"), file)?;
    if Fields(fields).take() != *store_id {
        return Err(Error::new(ErrorKind::Corrupt, format!("the {what} belongs to another store"))
            .in_file(file)
            .at(32));
    }
    Ok(flags)
}

/// Magic, format, a reserved word, both flags and the store: the 48 bytes that all structures begin with.
fn prologue(magic: &[u8; 8], incompatible_flags: u64, store_id: &[u8; 16]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&0u32.to_le_bytes());
    bytes.extend_from_slice(&COMPATIBLE_FLAGS.to_le_bytes());
    bytes.extend_from_slice(&incompatible_flags.to_le_bytes());
    bytes.extend_from_slice(store_id);
    bytes
}

/// Pads with zeros to `len` and ends with the CRC32C of all before it.
fn seal(mut bytes: Vec<u8>, len: usize) -> Vec<u8> {
    bytes.resize(len - 4, 0);
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    bytes
}

/// Checks magic, checksum, format and flags; returns the incompatible flags and the bytes after them.
fn open<'a>(bytes: &'a [u8], magic: &[u8; 8], len: usize, what: &str, file: &str) -> Result<(u64, &'a [u8])> {
    let damaged = |why: &str, offset: usize| {
        Error::new(ErrorKind::Corrupt, format!("the {what} {why}")).in_file(file).at(offset as u64)
    };
    let sealed = bytes.get(..len).ok_or_else(|| damaged("is cut off", bytes.len()))?;
    let (body, crc) = sealed.split_at(len - 4);
    if !body.starts_with(magic) {
        return Err(damaged("does not begin with its magic", 0));
    }
    let found = crc32c::crc32c(body);
    let expected = Fields(crc).half();
    if expected != found {
        return Err(damaged("does not match its checksum", 0)
            .expected(format!("CRC32C {expected:08x}"))
            .found(format!("{found:08x}")));
    }
    let mut fields = Fields(&body[magic.len()..]);
    let format = fields.half();
    fields.half();
    fields.word();
    let flags = fields.word();
    let known = if magic == CHECKPOINT_MAGIC { COMPRESSED_FLAG | HEADS_FLAG } else { INCOMPATIBLE_FLAGS };
    let unknown = flags & !known;
    if format != FORMAT || unknown != 0 {
        return Err(Error::new(ErrorKind::UnsupportedFormat, format!("the {what} is of another format"))
            .in_file(file)
            .at(magic.len() as u64)
            .expected(format!("format {FORMAT} without unknown incompatible flags"))
            .found(format!("format {format}, unknown flags {unknown:#x}")));
    }
    Ok((flags, fields.0))
}

/// Little-endian fields of a slice whose length was checked; a field behind the end reads as zeros.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl Fields<'_> {
    pub(crate) fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((field, rest)) = self.0.split_first_chunk::<N>() else { return [0; N] };
        self.0 = rest;
        *field
    }

    pub(crate) fn word(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    pub(crate) fn half(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }
}
