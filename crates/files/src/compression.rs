//! Compressed files, by the names and extensions that pandas knows.

use std::io::{Cursor, Read, Write};

use crate::error::{Error, ErrorKind, Result};

/// How the bytes of a file are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Compression {
    None,
    Gzip,
    Bz2,
    /// A ZIP archive of one file.
    Zip,
    Xz,
    Zstd,
}

/// KiB that a block of an xz file may ask for.
const XZ_MEMORY_KIB: u32 = 1 << 20;

impl Compression {
    /// What the extension of `path` says, as `compression="infer"`; no extension of an archive says none.
    ///
    /// # Errors
    /// `NotImplementedError` for TAR archives.
    pub fn of_path(path: &str) -> Result<Self> {
        let path = path.to_ascii_lowercase();
        let known = [
            (".gz", Self::Gzip),
            (".bz2", Self::Bz2),
            (".zip", Self::Zip),
            (".xz", Self::Xz),
            (".zst", Self::Zstd),
        ];
        if [".tar", ".tar.gz", ".tar.bz2", ".tar.xz"].iter().any(|tar| path.ends_with(tar)) {
            return Err(Error::not_implemented("compression='tar'"));
        }
        Ok(known
            .iter()
            .find(|(extension, _)| path.ends_with(extension))
            .map_or(Self::None, |(_, found)| *found))
    }

    /// The compression of pandas' word.
    ///
    /// # Errors
    /// `ValueError` with pandas' text for another word; `NotImplementedError` for `tar`.
    pub fn parse_name(name: &str) -> Result<Self> {
        Ok(match name {
            "gzip" => Self::Gzip,
            "bz2" => Self::Bz2,
            "zip" => Self::Zip,
            "xz" => Self::Xz,
            "zstd" => Self::Zstd,
            "tar" => return Err(Error::not_implemented("compression='tar'")),
            other => {
                return Err(Error::value(format!(
                    "Unrecognized compression type: {other}\nValid compression types are ['infer', None, 'bz2', \
                     'gzip', 'tar', 'xz', 'zip', 'zstd']"
                )));
            }
        })
    }

    /// The plain bytes.
    ///
    /// # Errors
    /// Python's class for damaged data of the kind; `MemoryError` for more than `bytes_max` bytes.
    pub fn decompress(self, bytes: &[u8], bytes_max: u64) -> Result<Vec<u8>> {
        let damaged = |error: std::io::Error| {
            Error::new(ErrorKind::Damaged(self), format!("damaged {} data: {error}", self.name())).at(0, 0)
        };
        let mut out = Vec::new();
        let mut read = |source: &mut dyn Read| -> Result<()> {
            source.take(bytes_max.saturating_add(1)).read_to_end(&mut out).map_err(damaged)?;
            match out.len() as u64 > bytes_max {
                true => {
                    Err(Error::new(ErrorKind::Limit, format!("decompressed input exceeds {bytes_max} bytes")))
                }
                false => Ok(()),
            }
        };
        match self {
            Self::None => return Ok(bytes.to_vec()),
            Self::Gzip => read(&mut flate2::read::MultiGzDecoder::new(bytes))?,
            Self::Bz2 => read(&mut bzip2::read::MultiBzDecoder::new(bytes))?,
            Self::Xz => read(&mut lzma_rust2::XzReader::new_mem_limit(bytes, true, XZ_MEMORY_KIB))?,
            Self::Zstd => read(&mut zstd::stream::read::Decoder::new(bytes).map_err(damaged)?)?,
            Self::Zip => {
                let zip = |error: zip::result::ZipError| damaged(error.into());
                let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(zip)?;
                let names = archive.file_names().map(|name| name.map(|name| name.into_owned()));
                let names: Vec<String> = names.collect::<Result<_, _>>().map_err(zip)?;
                match names.as_slice() {
                    [_] => read(&mut archive.by_index(0).map_err(zip)?)?,
                    [] => return Err(Error::value("Zero files found in ZIP file")),
                    several => {
                        let names: Vec<String> = several.iter().map(|name| format!("'{name}'")).collect();
                        return Err(Error::value(format!(
                            "Multiple files found in ZIP file. Only one file per ZIP: [{}]",
                            names.join(", ")
                        )));
                    }
                }
            }
        }
        Ok(out)
    }

    /// The compressed bytes; `name` is the file's inside an archive. The same bytes every time: no clock goes in.
    ///
    /// # Errors
    /// What the encoder refuses.
    pub fn compress(self, bytes: &[u8], name: &str) -> Result<Vec<u8>> {
        let failed = |error: std::io::Error| Error::new(ErrorKind::Damaged(self), error.to_string());
        match self {
            Self::None => Ok(bytes.to_vec()),
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(failed)
            }
            Self::Bz2 => {
                let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
                encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(failed)
            }
            Self::Xz => {
                let mut encoder =
                    lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(6))
                        .map_err(failed)?;
                encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(failed)
            }
            Self::Zstd => zstd::stream::encode_all(bytes, 0).map_err(failed),
            Self::Zip => {
                let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
                let options = zip::write::SimpleFileOptions::default()
                    .compression_method(zip::CompressionMethod::Deflated)
                    .last_modified_time(zip::DateTime::default());
                archive.start_file(name, options).map_err(|error| failed(error.into()))?;
                archive.write_all(bytes).map_err(failed)?;
                Ok(archive.finish().map_err(|error| failed(error.into()))?.into_inner())
            }
        }
    }

    /// pandas' word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "plain",
            Self::Gzip => "gzip",
            Self::Bz2 => "bz2",
            Self::Zip => "zip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        }
    }

    /// The exception that Python raises for damaged data.
    pub(crate) fn error_class(self) -> &'static str {
        match self {
            Self::None | Self::Bz2 => "OSError",
            Self::Gzip => "BadGzipFile",
            Self::Zip => "BadZipFile",
            Self::Xz => "LZMAError",
            Self::Zstd => "ZstdError",
        }
    }
}
