//! Changes without conditions.

use std::borrow::Cow;

use plan::wire::Encoder;
use plan::{Change, ClientEntry, Delta, Malformed, PageRef, Patch};

use crate::batch::{Batch, Creation};
use crate::blobs::BlobRef;
use crate::error::{Error, ErrorKind, Result};
use crate::format::kind;
use crate::index::{Index, request_hash};
use crate::log::{Answer, Draft, Effect, Naming, Request};
use crate::refusal::{Outcome, Refusal};
use crate::store::Store;

/// What is changed as one: all of it or nothing. Its writes must not share a byte, so their order does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutation {
    /// Changes of pages.
    pub edits: Vec<Edit>,
    /// Entries of registered kinds.
    pub clients: Vec<ClientEntry>,
    /// Blobs that were put before.
    pub blobs: Vec<BlobRef>,
}

/// One change of one page, whatever its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Bytes get new values. The log holds them in the smallest encoding, whichever this is.
    Write {
        /// The page.
        page: PageRef,
        /// The bytes.
        patch: Patch,
    },
    /// A page comes to be, filled with zeros.
    Create {
        /// What other edits of the mutation call it.
        number: u32,
        /// Its size for ever; 1 byte to 1 MiB.
        size_bytes: u32,
        /// Its unique name, if it has one; 1 to 255 bytes.
        name: Option<String>,
        /// At most 4 KiB.
        metadata: Vec<u8>,
    },
    /// A page ends.
    Delete {
        /// The page.
        page: u64,
    },
    /// A page gets other metadata.
    Metadata {
        /// The page.
        page: u64,
        /// At most 4 KiB.
        metadata: Vec<u8>,
    },
}

impl Edit {
    /// `bytes` from `offset` on.
    pub fn write(page: u64, offset: u32, bytes: impl Into<Vec<u8>>) -> Edit {
        Edit::Write { page: PageRef::Existing(page), patch: Patch::Runs(vec![(offset, bytes.into())]) }
    }

    /// `bytes` from `offset` on, of a page that the same mutation creates.
    pub fn write_new(number: u32, offset: u32, bytes: impl Into<Vec<u8>>) -> Edit {
        Edit::Write { page: PageRef::New(number), patch: Patch::Runs(vec![(offset, bytes.into())]) }
    }

    /// A page without metadata.
    pub fn create(number: u32, size_bytes: u32, name: Option<&str>) -> Edit {
        Edit::Create { number, size_bytes, name: name.map(str::to_owned), metadata: Vec::new() }
    }

    /// Checks everything that can be checked without the page.
    fn validate(&self) -> std::result::Result<(), Malformed> {
        match self {
            Edit::Write { patch, .. } => patch.validate(),
            Edit::Create { .. } | Edit::Delete { .. } | Edit::Metadata { .. } => self.form().2.validate(),
        }
    }

    /// The edit as a delta of a page that is not known yet: carries its limits and its bytes.
    fn form(&self) -> (u8, u64, Delta) {
        let (new, page, change) = match self {
            Edit::Write { page: PageRef::Existing(page), patch } => (0, *page, Change::Write(patch.clone())),
            Edit::Write { page: PageRef::New(number), patch } => {
                (1, u64::from(*number), Change::Write(patch.clone()))
            }
            Edit::Create { number, size_bytes, name, metadata } => {
                let (name, metadata) = (name.clone(), metadata.clone());
                (1, u64::from(*number), Change::Create { size_bytes: *size_bytes, name, metadata })
            }
            Edit::Delete { page } => (0, *page, Change::Delete),
            Edit::Metadata { page, metadata } => (0, *page, Change::Metadata(metadata.clone())),
        };
        (new, page, Delta { page, base: 0, change })
    }
}

/// The handle for changes without conditions. It knows no guard and takes no plan; see
/// [`Upsert`](crate::Upsert) for those.
///
/// ```compile_fail,E0599
/// # fn with(store: &store::Store, plan: &plan::UpsertPlan) {
/// store.mutate().submit(plan);
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Mutate<'a> {
    store: &'a Store,
}

impl<'a> Mutate<'a> {
    pub(crate) fn new(store: &'a Store) -> Mutate<'a> {
        Mutate { store }
    }

    /// Makes the changes, and returns when they are as durable as the options say.
    ///
    /// They can be refused for one reason: another page has a name that they give, or a page derived from theirs
    /// cannot be computed. With ids among the client entries the same mutation has no second effect.
    ///
    /// # Errors
    /// `Malformed` for edits that are empty, that overlap or that leave their page; `UnknownPage`; and those of
    /// [`Store::append`]. With all of them nothing was appended.
    pub fn commit(&self, mutation: &Mutation) -> Result<Outcome> {
        let Mutation { edits, clients, blobs } = mutation;
        if edits.is_empty() && clients.is_empty() && blobs.is_empty() {
            return Err(Error::new(ErrorKind::Malformed, "the mutation is empty")
                .expected("an edit, an entry or a blob")
                .found("nothing"));
        }
        let batch = batch(edits)?;
        let hold = self.store.hold(blobs);
        let (others, ids) = self.store.encode_others(clients, blobs)?;
        // Without edits the record's bytes tell the request, as those of a transaction do. Without ids nobody asks.
        let hash = match (ids.is_empty(), edits.is_empty()) {
            (true, _) => [0; 16],
            (false, true) => request_hash(&others),
            (false, false) => request_hash(&identity(edits, &others)?),
        };
        let draft = |index: &Index| -> Result<Draft<'_>> {
            clients.iter().try_for_each(|client| index.kind(client))?;
            let changes = match self.store.draft_changes(index, &batch)? {
                Ok(changes) => changes,
                Err(refusal) => return Ok(refused(refusal)),
            };
            let mut entries = Encoder::new();
            changes.encode_to(&mut entries);
            entries.raw(&others);
            Ok(Draft {
                kind: kind::TXN,
                entries: entries.finish().into(),
                graph_entries: Cow::default(),
                ids: &ids,
                naming: if edits.is_empty() || ids.is_empty() { Naming::Bytes } else { Naming::Request },
                answer: Answer::Committed(changes.created()),
                effect: changes.effect(),
            })
        };
        self.store.conclude(&Request { ids: &ids, hash, draft: &draft }, hold)
    }
}

/// The record of a refusal. It keeps no id of the request, so asking again may go well.
pub(crate) fn refused(refusal: Refusal) -> Draft<'static> {
    let mut entries = Encoder::new();
    entries.entry(plan::tag::REASON, &refusal.encode());
    Draft {
        kind: kind::REFUSED,
        entries: entries.finish().into(),
        graph_entries: Cow::default(),
        ids: &[],
        naming: Naming::Bytes,
        effect: Effect::None,
        answer: Answer::Refused(refusal),
    }
}

/// Bytes that tell a mutation with these edits from any other.
fn identity(edits: &[Edit], others: &[u8]) -> Result<Vec<u8>> {
    let mut identity = Encoder::new();
    for edit in edits {
        let (new, _, delta) = edit.form();
        identity.byte(new);
        identity.entry(delta.tag(), &delta.encode().map_err(Error::malformed)?);
    }
    identity.raw(others);
    Ok(identity.finish())
}

/// The changes that edits ask for.
fn batch(edits: &[Edit]) -> Result<Batch<'_>> {
    let mut batch = Batch::default();
    for edit in edits {
        edit.validate().map_err(Error::malformed)?;
        match edit {
            Edit::Write { page, patch } => {
                crate::patch::for_each_piece(patch, &mut |offset, bytes| batch.write(*page, offset, bytes));
                if let Patch::Full(bytes) = patch {
                    batch.expect_whole(*page, bytes.len());
                }
            }
            Edit::Create { number, size_bytes, name, metadata } => {
                let (name, metadata) = (name.clone(), metadata.clone());
                batch.create(*number, Creation { size_bytes: *size_bytes, name, metadata })?;
            }
            Edit::Delete { page } => batch.delete(*page)?,
            Edit::Metadata { page, metadata } => batch.set_metadata(*page, metadata.clone())?,
        }
    }
    batch.finish()
}
