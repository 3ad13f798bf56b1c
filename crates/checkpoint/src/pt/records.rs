//! An archive of PyTorch's: which entries it has, and what they hold.

use std::io;

use tensor::Tensor;

use super::archive::{self, ALIGNMENT, Archive, Writer};
use super::legacy;
use super::pickle::Pickler;
use super::unpickle::{Ids, unpickle};
use crate::cursor::Cursor;
use crate::{Error, Result, Tree};

const VERSION: (&str, &[u8]) = ("version", b"3\n");
/// PyTorch's fingerprint of a file, in as many digits.
const PRINT: &str = ".data/serialization_id";
const PRINT_DIGITS: usize = 40;

/// Reads what `torch.save` wrote, in either of its forms.
///
/// # Errors
/// `UnpicklingError` for a file with anything but tensors, numbers, texts and containers, `NotImplementedError` for
/// what PyTorch reads and we do not, `RuntimeError` for a damaged one.
pub fn read(bytes: &[u8]) -> Result<Tree> {
    if !bytes.starts_with(b"PK") {
        return legacy::read(bytes);
    }
    let archive = Archive::read(bytes)?;
    let absent = |name: &str| {
        Error::runtime(format!("PytorchStreamReader failed locating file {name}: file not found"))
    };
    let mut roots = archive
        .names()
        .iter()
        .filter_map(|name| name.strip_suffix("/data.pkl"))
        .filter(|root| !root.contains('/'));
    let (Some(root), None) = (roots.next(), roots.next()) else { return Err(absent("data.pkl")) };
    let entry = |name: &str| archive.get(&format!("{root}/{name}"));
    if archive.size(&format!("{root}/constants.pkl")).is_some() {
        return Err(Error::missing("load() of a TorchScript archive"));
    }
    match entry("byteorder")? {
        None | Some(b"little") => {}
        Some(b"big") => return Err(Error::missing("load() of a file with bytes in big-endian order")),
        Some(_) => return Err(Error::runtime("Unknown endianness type in the entry byteorder")),
    }
    let text = entry("data.pkl")?.ok_or_else(|| absent("data.pkl"))?;
    let mut cursor = Cursor::new(text);
    let graph = unpickle(&mut cursor, Ids::Zip)?;
    if cursor.left() > 0 {
        return Err(Error::runtime(format!("{} bytes behind the pickle", cursor.left())));
    }
    let mut storages = Vec::with_capacity(graph.storages.len());
    for named in &graph.storages {
        let name = format!("data/{}", named.key);
        let size = archive.size(&format!("{root}/{name}")).ok_or_else(|| absent(&name))?;
        if named.numel.checked_mul(named.dtype.size_bytes()) != Some(size) {
            return Err(Error::runtime(format!(
                "storage {} has {size} bytes, its description says {} elements of {}",
                named.key,
                named.numel,
                named.dtype.name()
            )));
        }
        let data = entry(&name)?.ok_or_else(|| absent(&name))?;
        storages.push(Tensor::from_element_bytes(data, named.dtype, &[named.numel])?);
    }
    graph.build(&storages)
}

/// Writes a file of PyTorch's. `root` is the folder inside, for which PyTorch takes the file's name without its ending.
/// Tensors that share a storage share it in the file, and a storage is written as a whole.
///
/// # Errors
/// `ValueError` for an object that a pickle of protocol 2 cannot hold, `NotImplementedError` beyond 4 GiB.
pub fn write(tree: &Tree, root: &str) -> Result<Vec<u8>> {
    let file = File::of(tree, root)?;
    let mut bytes = Vec::with_capacity(file.size());
    file.write(&mut bytes)?;
    Ok(bytes)
}

/// A file of PyTorch's as [`write`](fn@write) makes it, to be written where it belongs.
pub struct File {
    root: String,
    pickled: Vec<u8>,
    storages: Vec<Tensor>,
}

impl File {
    /// The file of a tree.
    ///
    /// # Errors
    /// As [`write`](fn@write).
    pub fn of(tree: &Tree, root: &str) -> Result<File> {
        let pickled = Pickler::new(tree).run()?;
        let whole = |tensor: &Tensor| tensor.as_strided(&[tensor.storage_len()], &[1], 0);
        let storages = pickled.storages.iter().map(whole).collect::<tensor::Result<_>>()?;
        Ok(File { root: root.to_string(), pickled: pickled.text, storages })
    }

    fn before(&self) -> [(&'static str, &[u8]); 4] {
        const { assert!(ALIGNMENT == 64) };
        [
            ("data.pkl", &self.pickled),
            (".format_version", b"1"),
            (".storage_alignment", b"64"),
            ("byteorder", b"little"),
        ]
    }

    /// How many bytes [`File::write`] writes.
    pub fn size(&self) -> usize {
        let before = self.before().map(|(name, data)| (name.len(), data.len()));
        let storages = self.storages.iter().enumerate().map(|(at, storage)| {
            (format!("data/{at}").len(), storage.numel() * storage.dtype().size_bytes())
        });
        let behind = [(VERSION.0.len(), VERSION.1.len()), (PRINT.len(), PRINT_DIGITS)];
        archive::size(&self.root, before.into_iter().chain(storages).chain(behind))
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// `NotImplementedError` beyond 4 GiB, `RuntimeError` for what cannot be written.
    pub fn write(&self, out: &mut dyn io::Write) -> Result<()> {
        let mut archive = Writer::new(&self.root, out);
        let mut prints = blake3::Hasher::new();
        let mut put = |archive: &mut Writer<'_>, name: &str, data: &[u8]| -> Result<()> {
            let crc = archive.put(name, data)?;
            prints.update(&(data.len() as u64).to_le_bytes()).update(&crc.to_le_bytes());
            Ok(())
        };
        for (name, data) in self.before() {
            put(&mut archive, name, data)?;
        }
        for (at, storage) in self.storages.iter().enumerate() {
            storage.with_element_bytes(|data| put(&mut archive, &format!("data/{at}"), data))??;
        }
        put(&mut archive, VERSION.0, VERSION.1)?;
        // As PyTorch's fingerprint: here of the sizes and checksums alone.
        let print = prints.finalize();
        let half = |at: usize| {
            let bytes = print.as_bytes().get(at..at + 8).unwrap_or_default();
            bytes.iter().fold(0u64, |value, &byte| value << 8 | u64::from(byte))
        };
        archive.put(PRINT, format!("{:020}{:020}", half(0), half(8)).as_bytes())?;
        archive.finish()
    }
}
