//! Namespaces: how other crates' entries name and describe themselves in the log.

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed, NamespaceId};

use crate::error::{Error, ErrorKind, Result};
use crate::format::{KINDS_MAX, NAME_LEN_MAX};

/// The entries that one client crate writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Its name, unique in a log; 1 to 255 bytes.
    pub name: String,
    /// Its kinds, ascending by number and version.
    pub kinds: Vec<Kind>,
}

/// One kind of entry in one version of its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The number that entries carry.
    pub number: u32,
    /// Its name; 1 to 255 bytes.
    pub name: String,
    /// The version of the body's form.
    pub version: u32,
    /// Whether nobody may write beside such entries without knowing them.
    pub must_understand: bool,
}

impl Namespace {
    /// The kind with this number and version.
    pub fn kind(&self, number: u32, version: u32) -> Option<&Kind> {
        self.kinds
            .binary_search_by_key(&(number, version), |kind| (kind.number, kind.version))
            .ok()
            .and_then(|at| self.kinds.get(at))
    }

    /// Refuses names and orders that the encoding does not carry.
    pub(crate) fn validate(&self) -> Result<()> {
        let malformed = |field: &str, expected: &str, found: String| {
            Err(Error::new(ErrorKind::Malformed, format!("namespace field `{field}`"))
                .expected(expected)
                .found(found))
        };
        for name in std::iter::once(&self.name).chain(self.kinds.iter().map(|kind| &kind.name)) {
            if name.is_empty() || name.len() > NAME_LEN_MAX {
                return malformed("name", "1 to 255 bytes", format!("{} bytes", name.len()));
            }
        }
        if self.kinds.len() > KINDS_MAX {
            return malformed("kinds", "at most 4096", self.kinds.len().to_string());
        }
        let ascending = self.kinds.is_sorted_by(|a, b| (a.number, a.version) < (b.number, b.version));
        if !ascending {
            return malformed("kinds", "ascending numbers and versions", "another order".to_owned());
        }
        Ok(())
    }

    pub(crate) fn encode(&self, id: NamespaceId) -> Vec<u8> {
        let mut encoder = Encoder::new();
        encoder.varint(u64::from(id.0));
        encoder.bytes(self.name.as_bytes());
        encoder.varint(self.kinds.len() as u64);
        for kind in &self.kinds {
            encoder.varint(u64::from(kind.number));
            encoder.varint(u64::from(kind.version));
            encoder.byte(u8::from(kind.must_understand));
            encoder.bytes(kind.name.as_bytes());
        }
        encoder.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> std::result::Result<(NamespaceId, Namespace), Malformed> {
        let mut decoder = Decoder::new(bytes);
        let half = u64::from(u32::MAX);
        let id = NamespaceId(decoder.varint_up_to(half, "namespace number")? as u32);
        let name = decoder.text(NAME_LEN_MAX, "namespace name")?.to_owned();
        let count = decoder.varint_up_to(KINDS_MAX as u64, "kind count")?;
        let mut kinds: Vec<Kind> = Vec::new();
        for _ in 0..count {
            let number = decoder.varint_up_to(half, "kind number")? as u32;
            let version = decoder.varint_up_to(half, "kind version")? as u32;
            if kinds.last().is_some_and(|last| (last.number, last.version) >= (number, version)) {
                return Err(decoder.malformed(Malformation::Order, "kinds"));
            }
            let must_understand = decoder.boolean("must_understand")?;
            let name = decoder.text(NAME_LEN_MAX, "kind name")?.to_owned();
            kinds.push(Kind { number, name, version, must_understand });
        }
        decoder.finish("namespace")?;
        Ok((id, Namespace { name, kinds }))
    }

    /// This registration joined with what the log already holds under its name.
    ///
    /// # Errors
    /// `Malformed` when a logged number and version now means something else.
    pub(crate) fn join(&self, logged: &Namespace) -> Result<Namespace> {
        let mut kinds = logged.kinds.clone();
        for kind in &self.kinds {
            match logged.kind(kind.number, kind.version) {
                None => kinds.push(kind.clone()),
                Some(same) if same == kind => {}
                Some(other) => {
                    return Err(Error::new(
                        ErrorKind::Malformed,
                        format!("kind {} version {} of namespace `{}`", kind.number, kind.version, self.name),
                    )
                    .expected(format!("`{}` as the log has it", other.name))
                    .found(format!("`{}`", kind.name)));
                }
            }
        }
        kinds.sort_by_key(|kind| (kind.number, kind.version));
        Ok(Namespace { name: self.name.clone(), kinds })
    }
}
