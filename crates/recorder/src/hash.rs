//! Hashes and ids.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest, Sha256};

/// Joins fields so that no two different lists give the same bytes.
#[derive(Default)]
pub struct Fields(blake3::Hasher);

impl Fields {
    /// Starts a hash of its own kind.
    pub fn new(kind: &str) -> Fields {
        Fields::default().text(kind)
    }

    pub fn bytes(mut self, bytes: &[u8]) -> Fields {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub fn text(self, text: &str) -> Fields {
        self.bytes(text.as_bytes())
    }

    pub fn number(self, number: u64) -> Fields {
        self.bytes(&number.to_le_bytes())
    }

    pub fn hex(self) -> String {
        self.0.finalize().to_hex().to_string()
    }

    /// The first 128 bits, as an id in the log; never 0, which means none.
    pub fn id(self) -> u128 {
        let mut half = [0; 16];
        half.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        u128::from_le_bytes(half).max(1)
    }
}

/// SHA-256 in hexadecimal: what a person compares with `sha256sum`.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// BLAKE3 in hexadecimal: the name of the blob with these bytes.
pub fn blake3_hex(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The start of a hash, as a person compares it.
pub fn head(hash: &str) -> &str {
    hash.char_indices().nth(12).map_or(hash, |(end, _)| hash.get(..end).unwrap_or(hash))
}

pub fn id_hex(id: u128) -> String {
    format!("{id:032x}")
}

/// `H(parent, site, sequence)`: an effect's id does not depend on when it completed. The parent is a node, or a task of
/// it, by its place.
pub fn effect_id(node: &str, task: &str, site: u32, sequence: u32) -> u128 {
    let fields = match task {
        "" => Fields::new("effect").text(node),
        task => Fields::new("effect of a task").text(node).text(task),
    };
    fields.number(u64::from(site)).number(u64::from(sequence)).id()
}

pub fn outcome_id(effect: u128) -> u128 {
    Fields::new("outcome").bytes(&effect.to_le_bytes()).id()
}

pub fn to_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}
