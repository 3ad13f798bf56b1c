//! Blocks of pages as they stand in a checkpoint: as they are, or compressed where that is shorter.

use std::borrow::Cow;

use zstd::bulk::{Compressor, decompress};

use super::damaged;
use crate::error::{Error, Result};
use crate::vfs::{self, VfsFile};

/// The most bytes that a compressed block may have had: no block of this crate has as many.
const UNPACKED_LEN_MAX: u64 = 2 << 20;
/// The level of compression: that of the library's own choice.
const LEVEL: i32 = 3;

/// One block of pages.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) first_id: u64,
    /// Its length in the file.
    pub(super) len: u64,
    /// Of its bytes in the file.
    pub(super) crc: u32,
    /// The length of its pages' bytes, where they stand compressed; else 0.
    pub(super) unpacked_len: u64,
}

impl Block {
    /// The first id and the length of its pages' bytes.
    pub(super) fn holds(&self) -> (u64, u64) {
        (self.first_id, if self.unpacked_len == 0 { self.len } else { self.unpacked_len })
    }

    /// Reads its pages' bytes from where it stands in the file.
    ///
    /// # Errors
    /// `Corrupt` with file and offset, `Io`.
    pub(super) fn read(&self, file: &dyn VfsFile, path: &str, offset: u64) -> Result<Vec<u8>> {
        let bytes = vfs::read_range(file, path, offset, self.len)?;
        if bytes.len() as u64 != self.len || crc32c::crc32c(&bytes) != self.crc {
            return Err(damaged("block does not match its checksum", path, offset));
        }
        if self.unpacked_len == 0 {
            return Ok(bytes);
        }
        let wrong = || {
            damaged("block does not unpack", path, offset)
                .expected(format!("{} bytes, at most {UNPACKED_LEN_MAX}", self.unpacked_len))
        };
        if self.unpacked_len > UNPACKED_LEN_MAX {
            return Err(wrong());
        }
        let unpacked = decompress(&bytes, self.unpacked_len as usize)
            .map_err(|error| wrong().found(error.to_string()))?;
        if unpacked.len() as u64 != self.unpacked_len {
            return Err(wrong().found(format!("{} bytes", unpacked.len())));
        }
        Ok(unpacked)
    }
}

/// Makes blocks of bytes.
pub(super) struct Packer(Option<Compressor<'static>>);

impl Packer {
    /// One that compresses, or one that leaves everything as it is.
    ///
    /// # Errors
    /// `Io` where there is no memory for it.
    pub(super) fn new(compresses: bool, path: &str) -> Result<Packer> {
        let failed = |error| Error::io("cannot compress", path, error);
        Ok(Packer(compresses.then(|| Compressor::new(LEVEL)).transpose().map_err(failed)?))
    }

    /// The block of these pages' bytes, and its bytes in the file.
    pub(super) fn pack<'a>(&mut self, first_id: u64, bytes: &'a [u8]) -> (Block, Cow<'a, [u8]>) {
        let packed = self.0.as_mut().and_then(|compressor| compressor.compress(bytes).ok());
        // What does not get shorter stands as it is, and so does what no reader would unpack.
        let packed = packed.filter(|it| it.len() < bytes.len() && bytes.len() as u64 <= UNPACKED_LEN_MAX);
        let unpacked_len = if packed.is_some() { bytes.len() as u64 } else { 0 };
        let stored = packed.map_or(Cow::Borrowed(bytes), Cow::Owned);
        (Block { first_id, len: stored.len() as u64, crc: crc32c::crc32c(&stored), unpacked_len }, stored)
    }
}
