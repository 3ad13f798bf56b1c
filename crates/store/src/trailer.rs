//! The end of a file that is written once: a footer, and the trailer that finds and vouches for it.
//!
//! ```text
//! place of the footer (8), its length (8), its CRC (4), magic (8)
//! ```

use crate::error::{Error, ErrorKind, Result};
use crate::format::{FORMAT_LEN, Fields};
use crate::vfs::{self, VfsFile};

const LEN: u64 = 28;

/// A footer as it was found.
pub(crate) struct Found {
    pub(crate) footer: Vec<u8>,
    /// Where it begins.
    pub(crate) offset: u64,
    pub(crate) file_len: u64,
}

/// The trailer behind a footer that begins at `offset`.
pub(crate) fn encode(footer: &[u8], offset: u64, magic: &[u8; 8]) -> Vec<u8> {
    let mut trailer = offset.to_le_bytes().to_vec();
    trailer.extend_from_slice(&(footer.len() as u64).to_le_bytes());
    trailer.extend_from_slice(&crc32c::crc32c(footer).to_le_bytes());
    trailer.extend_from_slice(magic);
    trailer
}

/// Reads the footer of a file that begins with a header as long as that of `FORMAT`.
///
/// # Errors
/// `Corrupt` with file and offset, `Io`.
pub(crate) fn read_footer(file: &dyn VfsFile, path: &str, what: &str, magic: &[u8; 8]) -> Result<Found> {
    let damaged = |why: &str, offset: u64| {
        Error::new(ErrorKind::Corrupt, format!("the {what}'s {why}")).in_file(path).at(offset)
    };
    let file_len =
        vfs::uninterrupted(|| file.len()).map_err(|error| Error::io("cannot read", path, error))?;
    let header_len = FORMAT_LEN as u64;
    let trailer_at = file_len.checked_sub(LEN).filter(|at| *at >= header_len);
    let trailer_at = trailer_at.ok_or_else(|| damaged("trailer is cut off", file_len))?;
    let trailer = vfs::read_range(file, path, trailer_at, LEN)?;
    let mut fields = Fields(&trailer);
    let (offset, len, crc) = (fields.word(), fields.word(), fields.half());
    if offset < header_len || offset.checked_add(len) != Some(trailer_at) {
        return Err(damaged("trailer points nowhere", trailer_at));
    }
    let footer = vfs::read_range(file, path, offset, len)?;
    if fields.take::<8>() != *magic || crc32c::crc32c(&footer) != crc {
        return Err(damaged("footer does not match its checksum", offset));
    }
    Ok(Found { footer, offset, file_len })
}
