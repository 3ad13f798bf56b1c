//! Compressed inputs, recognised by their first bytes.

use std::borrow::Cow;

use crate::compression::Compression;
use crate::error::{Error, Result};
use crate::options::ReadCsv;

const GZIP: &[u8] = &[0x1f, 0x8b];
const BOM: &[u8] = &[0xef, 0xbb, 0xbf];

/// The plain bytes of an input: gzip unpacked up to the bound, a UTF-8 byte order mark left out,
/// Latin-1 turned into UTF-8.
pub(crate) fn plain<'a>(bytes: &'a [u8], options: &ReadCsv) -> Result<Cow<'a, [u8]>> {
    let bytes: Cow<'a, [u8]> = match options.unpack && bytes.starts_with(GZIP) {
        true => Cow::Owned(Compression::Gzip.decompress(bytes, options.decompressed_bytes_max)?),
        false => Cow::Borrowed(bytes),
    };
    match options.encoding.to_ascii_lowercase().replace('_', "-").as_str() {
        "utf-8" | "utf8" | "utf-8-sig" => Ok(match (bytes.starts_with(BOM), bytes) {
            (true, Cow::Borrowed(bytes)) => Cow::Borrowed(&bytes[BOM.len()..]),
            (true, Cow::Owned(mut bytes)) => {
                bytes.drain(..BOM.len());
                Cow::Owned(bytes)
            }
            (false, bytes) => bytes,
        }),
        "latin-1" | "latin1" | "iso-8859-1" => {
            Ok(Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes()))
        }
        other => Err(Error::not_implemented(format!("read_csv(encoding='{other}')"))),
    }
}
