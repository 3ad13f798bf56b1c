//! Files from before PyTorch 1.6: five pickles, and behind them each storage as a count and its bytes.

use std::collections::HashMap;

use tensor::Tensor;

use super::graph::{Graph, Object};
use super::unpickle::{Ids, unpickle};
use crate::cursor::Cursor;
use crate::{Error, ErrorKind, Result, Tree};

/// PyTorch's magic number, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const PROTOCOL: i64 = 1001;

fn root(graph: &Graph) -> Option<&Object> {
    graph.objects.get(graph.root)
}

fn text(graph: &Graph, at: usize) -> Option<&str> {
    match graph.objects.get(at) {
        Some(Object::Text(text)) => Some(text),
        _ => None,
    }
}

pub fn read(bytes: &[u8]) -> Result<Tree> {
    let mut cursor = Cursor::new(bytes);
    let magic = unpickle(&mut cursor, Ids::Legacy)?;
    if !matches!(root(&magic), Some(Object::Long(found)) if found == &MAGIC) {
        return Err(Error::runtime("Invalid magic number; corrupt file?"));
    }
    let protocol = unpickle(&mut cursor, Ids::Legacy)?;
    match root(&protocol) {
        Some(Object::Int(PROTOCOL)) => {}
        Some(Object::Int(other)) => return Err(Error::runtime(format!("Invalid protocol version: {other}"))),
        _ => return Err(Error::runtime("Invalid protocol version: no number")),
    }
    let system = unpickle(&mut cursor, Ids::Legacy)?;
    let Some(Object::Dict(facts)) = root(&system) else {
        return Err(Error::runtime("the description of the system is no dictionary"));
    };
    let is_little = facts.iter().any(|&(key, value)| {
        text(&system, key) == Some("little_endian")
            && matches!(system.objects.get(value), Some(Object::Bool(true)))
    });
    if !is_little {
        return Err(Error::missing("load() of a file with bytes in big-endian order"));
    }
    let graph = unpickle(&mut cursor, Ids::Legacy)?;
    let listed = unpickle(&mut cursor, Ids::Legacy)?;
    let keys = match root(&listed) {
        Some(Object::List(keys)) => keys.iter().map(|&key| text(&listed, key)).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let keys = keys.ok_or_else(|| {
        Error::new(ErrorKind::Unpickling, "Weights only load failed: the storages' keys are no list of texts")
    })?;
    let by_key: HashMap<&str, usize> =
        graph.storages.iter().enumerate().map(|(at, named)| (named.key.as_str(), at)).collect();
    let mut read: Vec<Option<Tensor>> = vec![None; graph.storages.len()];
    for key in keys {
        let at = by_key.get(key).copied();
        let found = at.and_then(|at| Some((graph.storages.get(at)?, read.get_mut(at)?)));
        let (named, slot) =
            found.ok_or_else(|| Error::runtime(format!("storage {key} belongs to no tensor")))?;
        let count = i64::from_le_bytes(
            exactly(&mut cursor, 8)?.try_into().map_err(|_| Error::runtime("a count has 8 bytes"))?,
        );
        if usize::try_from(count) != Ok(named.numel) {
            return Err(Error::runtime(format!(
                "storage {key} has {count} elements, its description says {}",
                named.numel
            )));
        }
        let len = named.numel.checked_mul(named.dtype.size_bytes());
        let data = exactly(&mut cursor, len.unwrap_or(usize::MAX))?;
        *slot = Some(Tensor::from_element_bytes(data, named.dtype, &[named.numel])?);
    }
    let storages: Option<Vec<Tensor>> = read.into_iter().collect();
    let storages = storages.ok_or_else(|| Error::runtime("a tensor's storage is not in the file"))?;
    if cursor.left() > 0 {
        return Err(Error::runtime(format!("{} bytes behind the last storage", cursor.left())));
    }
    graph.build(&storages)
}

/// Exactly as many bytes, or PyTorch's text for a short file.
fn exactly<'a>(cursor: &mut Cursor<'a>, len: usize) -> Result<&'a [u8]> {
    let left = cursor.left();
    cursor.take(len).ok_or_else(|| {
        let short = len - left;
        Error::runtime(format!("unexpected EOF, expected {short} more bytes. The file might be corrupted."))
    })
}
