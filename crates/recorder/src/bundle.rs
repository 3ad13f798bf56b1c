//! A run packed in one file.
//!
//! Layout: the line `LUMENBDL1\n`, then for each file its path length (u32), path, size (u64), BLAKE3 of the bytes,
//! and the bytes; numbers are little-endian. Last stands an entry with an empty path whose bytes are the BLAKE3 of
//! everything before it. The files are those of the run's store, in its own order, then `report.html` and `run.json`.

use store::{Memory, Vfs};

use crate::error::{Error, Result};
use crate::pin;

const MAGIC: &[u8] = b"LUMENBDL1\n";

/// Packs a run. With `run.json` beside it, the bundle pins where the log ends.
///
/// # Errors
/// `Damaged` when the store is not whole or ends elsewhere than `run.json` says: a bundle is never made of a damaged
/// run.
pub fn pack(vfs: &dyn Vfs, beside: &[(&str, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut out = MAGIC.to_vec();
    store::export(vfs, &mut |path, bytes| {
        entry(&mut out, &format!("run/{path}"), bytes);
        Ok(())
    })?;
    for (name, bytes) in beside {
        if *name == "run.json" {
            pin::check(bytes, &store::verify(vfs)?.end)?;
        }
        entry(&mut out, name, bytes);
    }
    let digest = *blake3::hash(&out).as_bytes();
    entry(&mut out, "", &digest);
    Ok(out)
}

fn entry(out: &mut Vec<u8>, path: &str, bytes: &[u8]) {
    out.extend_from_slice(&(path.len() as u32).to_le_bytes());
    out.extend_from_slice(path.as_bytes());
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(blake3::hash(bytes).as_bytes());
    out.extend_from_slice(bytes);
}

/// What a bundle holds.
pub struct Bundle {
    /// The run's store, in memory.
    pub store: Memory,
    /// `report.html`, `run.json`
    pub beside: Vec<(String, Vec<u8>)>,
}

/// Whether bytes start as a bundle does.
fn is_bundle(bytes: &[u8]) -> bool {
    bytes.starts_with(b"LUMENBDL")
}

/// Opens a bundle and checks every byte of it.
///
/// # Errors
/// `Damaged` with the file inside and the offset; `Storage` for a bundle of a newer release.
pub fn unpack(bytes: &[u8]) -> Result<Bundle> {
    if !is_bundle(bytes) {
        let head = String::from_utf8_lossy(bytes.get(..8).unwrap_or(bytes)).escape_debug().to_string();
        return Err(Error::damaged(format!(
            "this is no bundle: expected `LUMENBDL` at its start, found `{head}`"
        ))
        .help("`lumen bundle` makes one of a run; a run itself goes by its number or name."));
    }
    if !bytes.starts_with(MAGIC) {
        return Err(Error::newer("the bundle has a format that this release does not know")
            .help("A newer release wrote it, or its first line is damaged."));
    }
    let mut at = MAGIC.len();
    let store = Memory::new();
    let mut beside = Vec::new();
    loop {
        let start = at;
        let cut = |at: usize| {
            Error::damaged(format!("the bundle is damaged at offset {at}: it ends in the middle of an entry"))
        };
        let mut take = |n: usize| -> Result<&[u8]> {
            let part = at.checked_add(n).and_then(|end| bytes.get(at..end)).ok_or_else(|| cut(start))?;
            at += n;
            Ok(part)
        };
        let path_len = u32::from_le_bytes(array(take(4)?)) as usize;
        if path_len > 1024 {
            return Err(Error::damaged(format!(
                "the bundle is damaged at offset {start}: a path of {path_len} bytes"
            )));
        }
        let path = std::str::from_utf8(take(path_len)?)
            .map_err(|_| {
                Error::damaged(format!("the bundle is damaged at offset {start}: a path is not UTF-8"))
            })?
            .to_string();
        let size = usize::try_from(u64::from_le_bytes(array(take(8)?))).map_err(|_| cut(start))?;
        let digest: [u8; 32] = array(take(32)?);
        let content = take(size)?;
        if *blake3::hash(content).as_bytes() != digest {
            let name = if path.is_empty() { "its closing digest".to_string() } else { format!("`{path}`") };
            return Err(Error::damaged(format!("{name} in the bundle is damaged (entry at offset {start})")));
        }
        if path.is_empty() {
            let whole = bytes.get(..start).unwrap_or_default();
            if content != blake3::hash(whole).as_bytes() {
                return Err(Error::damaged(
                    "an entry's name or size in the bundle is damaged: its closing digest does not match",
                ));
            }
            if at != bytes.len() {
                return Err(Error::damaged(format!(
                    "{} bytes stand behind the bundle's end",
                    bytes.len() - at
                )));
            }
            return Ok(Bundle { store, beside });
        }
        match path.strip_prefix("run/") {
            Some(inner) if !inner.split('/').any(|p| p == ".." || p.is_empty()) => {
                store.insert(inner, content.to_vec())
            }
            Some(_) => return Err(Error::damaged(format!("`{path}` is no path of a bundle"))),
            None => beside.push((path, content.to_vec())),
        }
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}
