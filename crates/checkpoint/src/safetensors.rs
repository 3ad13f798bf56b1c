//! Safetensors: a header of JSON that says where each tensor lies, then their bytes without gaps.
//!
//! Format: <https://github.com/huggingface/safetensors#format>. Written files are those of its own library, byte for
//! byte: tensors by element size, greatest first, then by name, the header padded with spaces to 8 bytes.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tensor::{DType, Tensor};

use crate::cursor::Cursor;
use crate::limits::SAFETENSORS_HEADER_BYTES_MAX;
use crate::{Error, ErrorKind, Result};

/// Tensors by name, and texts beside them.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// In the order of their bytes.
    pub tensors: Vec<(String, Tensor)>,
    /// The entry `__metadata__`, in its order.
    pub metadata: Vec<(String, String)>,
}

/// A JSON object whose keys are all different.
struct Unique<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Unique<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Unique<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Unique<T>, A::Error> {
                let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
                while let Some((key, value)) = map.next_entry::<String, T>()? {
                    if !seen.insert(key.clone()) {
                        return Err(serde::de::Error::custom(format!("the key `{key}` stands twice")));
                    }
                    found.push((key, value));
                }
                Ok(Unique(found))
            }
        }
        deserializer.deserialize_map(Entries(std::marker::PhantomData))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Tensor(Described),
    Texts(Unique<String>),
}

/// The format's dtypes: the bytes of an element, where it has whole ones, and ours, where there is one. Ours stand in the
/// library's order, by which it sorts what it writes.
const DTYPES: [(&str, Option<usize>, Option<DType>); 21] = [
    ("BOOL", Some(1), Some(DType::Bool)),
    ("U8", Some(1), Some(DType::U8)),
    ("I8", Some(1), Some(DType::I8)),
    ("I16", Some(2), Some(DType::I16)),
    ("I32", Some(4), Some(DType::I32)),
    ("F32", Some(4), Some(DType::F32)),
    ("F64", Some(8), Some(DType::F64)),
    ("I64", Some(8), Some(DType::I64)),
    ("F16", Some(2), None),
    ("BF16", Some(2), None),
    ("U16", Some(2), None),
    ("U32", Some(4), None),
    ("U64", Some(8), None),
    ("C64", Some(8), None),
    ("F8_E5M2", Some(1), None),
    ("F8_E4M3", Some(1), None),
    ("F8_E8M0", Some(1), None),
    ("F8_E5M2FNUZ", Some(1), None),
    ("F4", None, None),
    ("F6_E2M3", None, None),
    ("F6_E3M2", None, None),
];

const METADATA: &str = "__metadata__";

fn damaged(what: impl fmt::Display) -> Error {
    Error::runtime(format!("Error while deserializing header: {what}"))
}

/// A tensor as a file holds it, for dtypes that no [`Tensor`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View<'b> {
    /// Its name.
    pub name: String,
    /// The format's name of its dtype, such as `F16`.
    pub dtype: String,
    /// Its sizes.
    pub sizes: Vec<usize>,
    /// Its elements row by row, little-endian.
    pub bytes: &'b [u8],
}

/// The tensors of a file in the order of their bytes, and the texts beside them by their keys.
pub type Views<'b> = (Vec<View<'b>>, Vec<(String, String)>);

/// What a file holds, without a copy.
///
/// # Errors
/// `RuntimeError` for a damaged file: a header that is cut, too large, no JSON or has a key twice; tensors that overlap,
/// leave a gap, or have other bytes than their shape needs. `NotImplementedError` for dtypes that share bytes.
pub fn views(bytes: &[u8]) -> Result<Views<'_>> {
    let mut cursor = Cursor::new(bytes);
    let len = cursor.u64().ok_or_else(|| damaged("header too small"))?;
    let len = usize::try_from(len).ok().filter(|&len| len <= SAFETENSORS_HEADER_BYTES_MAX);
    let len = len.ok_or_else(|| damaged("header too large"))?;
    let header = cursor.take(len).ok_or_else(|| {
        damaged(format!("invalid header length: {len} bytes, the file has {}", bytes.len() - 8))
    })?;
    let header = std::str::from_utf8(header).map_err(|_| damaged("invalid UTF-8 in header"))?;
    if !header.starts_with('{') {
        return Err(damaged("invalid JSON in header: it begins with no {"));
    }
    let Unique(entries): Unique<Entry> = serde_json::from_str(header.trim_end_matches(' '))
        .map_err(|fault| damaged(format!("invalid JSON in header: {fault}")))?;
    let data = cursor.take(cursor.left()).unwrap_or_default();
    let mut metadata = Vec::new();
    let mut described = Vec::with_capacity(entries.len());
    for (name, entry) in entries {
        match entry {
            Entry::Texts(Unique(texts)) if name == METADATA => metadata = texts,
            Entry::Tensor(entry) if name != METADATA => described.push((name, entry)),
            _ => return Err(damaged(format!("`{name}` is not described as a tensor is"))),
        }
    }
    described.sort_by_key(|(_, entry)| entry.data_offsets);
    let mut expected = 0;
    let mut views = Vec::with_capacity(described.len());
    for (name, entry) in described {
        let (begin, end) = entry.data_offsets;
        if begin != expected || end < begin {
            return Err(damaged(format!(
                "invalid offset for tensor `{name}`: bytes {begin} to {end}, where {expected} is next"
            )));
        }
        expected = end;
        let width = match DTYPES.iter().find(|(known, ..)| *known == entry.dtype) {
            Some((_, Some(width), _)) => *width,
            Some(_) => return Err(Error::missing(format!("tensor `{name}`: the dtype {}", entry.dtype))),
            None => return Err(damaged(format!("tensor `{name}`: `{}` is no dtype", entry.dtype))),
        };
        let sizes: Option<Vec<usize>> = entry.shape.iter().map(|&size| usize::try_from(size).ok()).collect();
        let sizes = sizes.ok_or_else(|| damaged(format!("tensor `{name}`: a size beyond memory")))?;
        let needed = sizes.iter().try_fold(width, |bytes, &size| bytes.checked_mul(size));
        let range = usize::try_from(begin).ok().zip(usize::try_from(end).ok());
        let held = range.and_then(|(begin, end)| data.get(begin..end)).ok_or_else(|| {
            damaged(format!("tensor `{name}` ends at byte {end}, the file has {} for tensors", data.len()))
        })?;
        if needed != Some(held.len()) {
            return Err(damaged(format!(
                "tensor `{name}`: shape {sizes:?} of {} does not fill {} bytes",
                entry.dtype,
                held.len()
            )));
        }
        views.push(View { name, dtype: entry.dtype, sizes, bytes: held });
    }
    if expected != data.len() as u64 {
        return Err(damaged(format!(
            "incomplete metadata, file not fully covered: {expected} of {} bytes",
            data.len()
        )));
    }
    Ok((views, metadata))
}

/// Reads a file.
///
/// # Errors
/// Those of [`views`]; `NotImplementedError` for dtypes that are not built.
pub fn read(bytes: &[u8]) -> Result<Contents> {
    let (views, metadata) = views(bytes)?;
    let mut tensors = Vec::with_capacity(views.len());
    for View { name, dtype, sizes, bytes } in views {
        let ours = DTYPES.iter().find(|(known, ..)| *known == dtype).and_then(|(_, _, ours)| *ours);
        let ours = ours.ok_or_else(|| Error::missing(format!("tensor `{name}`: the dtype {dtype}")))?;
        tensors.push((name, Tensor::from_element_bytes(bytes, ours, &sizes)?));
    }
    Ok(Contents { tensors, metadata })
}

/// Writes a file. Elements are written row by row.
///
/// # Errors
/// `ValueError` for a name that stands twice or is the format's own, `RuntimeError` naming tensors that share a storage,
/// which the format cannot say.
pub fn write(tensors: &[(String, Tensor)], metadata: &[(String, String)]) -> Result<Vec<u8>> {
    let mut names = BTreeSet::new();
    let mut owners = std::collections::HashMap::new();
    for (name, tensor) in tensors {
        if name == METADATA || !names.insert(name) {
            return Err(Error::new(
                ErrorKind::Value,
                format!("the name `{name}` stands twice or is the format's own"),
            ));
        }
        if tensor.numel() > 0
            && let Some(other) = owners.insert(tensor.storage_address(), name)
        {
            return Err(Error::runtime(format!(
                "Some tensors share memory, this will lead to duplicate memory on disk and potential differences when \
                 loading them again: {{'{other}', '{name}'}}; `clone()` one of them"
            )));
        }
    }
    let place = |dtype: DType| DTYPES.iter().position(|&(.., ours)| ours == Some(dtype)).unwrap_or_default();
    let mut ordered: Vec<&(String, Tensor)> = tensors.iter().collect();
    ordered.sort_by(|(a, s), (b, t)| place(t.dtype()).cmp(&place(s.dtype())).then_with(|| a.cmp(b)));
    let mut held = Vec::with_capacity(ordered.len());
    for (_, tensor) in &ordered {
        held.push(tensor.to_element_bytes()?);
    }
    let views: Vec<View<'_>> = ordered
        .iter()
        .zip(&held)
        .map(|((name, tensor), bytes)| {
            let dtype = DTYPES.get(place(tensor.dtype())).map_or("F32", |(name, ..)| name);
            View { name: name.clone(), dtype: dtype.to_string(), sizes: tensor.sizes().to_vec(), bytes }
        })
        .collect();
    write_views(&views, metadata)
}

/// Writes a file of tensors in their order.
///
/// # Errors
/// `ValueError` for a header that is too large.
pub fn write_views(views: &[View<'_>], metadata: &[(String, String)]) -> Result<Vec<u8>> {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let mut header = Vec::new();
    if !metadata.is_empty() {
        let texts: Vec<String> =
            metadata.iter().map(|(key, value)| format!("{}:{}", text(key), text(value))).collect();
        header.push(format!("\"{METADATA}\":{{{}}}", texts.join(",")));
    }
    let mut data: Vec<u8> = Vec::new();
    for view in views {
        let begin = data.len();
        data.extend(view.bytes);
        let sizes: Vec<String> = view.sizes.iter().map(usize::to_string).collect();
        header.push(format!(
            "{}:{{\"dtype\":{},\"shape\":[{}],\"data_offsets\":[{begin},{}]}}",
            text(&view.name),
            text(&view.dtype),
            sizes.join(","),
            data.len()
        ));
    }
    let mut header = format!("{{{}}}", header.join(","));
    while header.len() % 8 != 0 {
        header.push(' ');
    }
    if header.len() > SAFETENSORS_HEADER_BYTES_MAX {
        return Err(Error::new(ErrorKind::Value, "a header over 100 MB"));
    }
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend(header.as_bytes());
    out.extend(data);
    Ok(out)
}
