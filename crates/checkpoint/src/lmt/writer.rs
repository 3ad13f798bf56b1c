//! Writing a file of ours.

use std::collections::HashMap;

use serde_json::Value;
use tensor::Tensor;

use super::header::{Entry, Stored, canonical, object};
use super::reader::Mode;
use super::{ALIGNMENT, FORMAT, MAGIC, PROLOGUE_BYTES, state};
use crate::limits::LMT_HEADER_BYTES_MAX;
use crate::{Error, ErrorKind, Node, Result, Tree};

/// Writes a tree. A storage that several tensors of the tree share is written once and as a whole; a tensor that shares
/// with none is written alone, without what surrounds it. `mode` is noted for the reader.
///
/// # Errors
/// `ValueError` for containers that hold themselves or lie deeper than 48.
pub fn write(tree: &Tree, mode: Mode) -> Result<Vec<u8>> {
    let mut states = state::Writer::new(tree);
    let state = states.node(tree.root())?;
    let mut tensors = Vec::with_capacity(states.met.len());
    for (id, name) in &states.met {
        let Node::Tensor { tensor, requires_grad } = tree.held(*id)? else {
            return Err(Error::new(ErrorKind::Value, format!("the parameter `{name}` is around no tensor")));
        };
        tensors.push((name, tensor, *requires_grad));
    }
    let mut shares: HashMap<usize, usize> = HashMap::new();
    for (_, tensor, _) in &tensors {
        *shares.entry(tensor.storage_address()).or_default() += 1;
    }
    let (mut entries, mut stored, mut data) = (Vec::new(), Vec::new(), Vec::new());
    let mut written: HashMap<usize, usize> = HashMap::new();
    for (name, tensor, requires_grad) in tensors {
        let is_shared = shares.get(&tensor.storage_address()).is_some_and(|&count| count > 1);
        let tensor = if is_shared { tensor.clone() } else { tensor.copy()? };
        let next = stored.len();
        let at = match is_shared {
            true => *written.entry(tensor.storage_address()).or_insert(next),
            false => next,
        };
        if at == next {
            stored.push(put(&mut data, &tensor)?);
        }
        entries.push(Entry {
            name: name.clone(),
            dtype: tensor.dtype(),
            sizes: tensor.sizes().to_vec(),
            strides: tensor.strides().to_vec(),
            offset: tensor.layout().offset(),
            storage: at,
            requires_grad,
        });
    }
    let header = object(vec![
        ("entries", Value::Array(entries.iter().map(Entry::to_json).collect())),
        ("mode", mode.name().into()),
        ("state", state),
        ("storages", Value::Array(stored.iter().map(Stored::to_json).collect())),
    ]);
    let mut text = String::new();
    canonical(&header, &mut text);
    if text.len() > LMT_HEADER_BYTES_MAX {
        return Err(Error::new(ErrorKind::Value, format!("a header over {LMT_HEADER_BYTES_MAX} bytes")));
    }
    let start = (PROLOGUE_BYTES + text.len()).next_multiple_of(ALIGNMENT);
    let mut out = Vec::with_capacity(start + data.len());
    out.extend(MAGIC);
    out.extend(FORMAT.to_le_bytes());
    out.extend(0u32.to_le_bytes());
    out.extend(((start + data.len()) as u64).to_le_bytes());
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(blake3::hash(text.as_bytes()).as_bytes());
    out.extend(text.as_bytes());
    out.resize(start, 0);
    out.extend(data);
    Ok(out)
}

/// Adds a tensor's whole storage at the next step.
fn put(data: &mut Vec<u8>, tensor: &Tensor) -> Result<Stored> {
    data.resize(data.len().next_multiple_of(ALIGNMENT), 0);
    let offset = data.len();
    let whole = tensor.as_strided(&[tensor.storage_len()], &[1], 0)?;
    Ok(whole.with_element_bytes(|bytes| {
        data.extend_from_slice(bytes);
        Stored { offset, size_bytes: bytes.len(), blake3: blake3::hash(bytes).to_hex().to_string() }
    })?)
}
