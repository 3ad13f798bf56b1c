//! The writer's handle.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use plan::wire::Encoder;
use plan::{ClientEntry, NamespaceId};

use crate::batch::Batch;
use crate::blobs::{self, Blob, BlobHash, BlobRef, Blobs, Hold, StagedBlob};
use crate::checkpoint;
use crate::derive::{self, Derive, Derived, Functions};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::fold::{Fold, Folded, Folds};
use crate::format::{BODY_LEN_MAX, FORMAT_FILE, NAME_LEN_MAX, RECORD_HEADER_LEN, RECORD_LEN_MAX, kind, tag};
use crate::index::{Index, request_hash};
use crate::lock;
use crate::log::{Answer, Draft, Due, Effect, Figures, Log, LogEnd, Naming, Request, Sequenced};
use crate::metrics::{self, Metrics, Process};
use crate::mutate::Mutate;
use crate::namespace::Namespace;
use crate::options::{Create, Options, Retention};
use crate::pages::Pages;
use crate::past::{Filter, Past, Tables};
use crate::query::Query;
use crate::record::{Body, Recovery, encode_deltas};
use crate::recovery;
use crate::refusal::{Cause, Outcome, Refusal};
use crate::remnant::{Remnants, created_by};
use crate::retention;
use crate::scan::Scan;
use crate::snapshot::Snapshot;
use crate::subscribe::Subscription;
use crate::upsert::Upsert;
use crate::validate::ValidDeltas;
use crate::vfs::{self, OpenMode, Vfs, VfsFile};

/// What is appended as one: all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Entries of registered kinds.
    pub clients: Vec<ClientEntry>,
    /// Blobs that were put before.
    pub blobs: Vec<BlobRef>,
}

/// The answer to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its place in the log's order.
    pub seq: u64,
    /// Whether the log knew the transaction already, so that this call had no effect.
    pub repeated: bool,
}

/// The one writer of a store's directory.
///
/// Shared between threads by reference; transactions that wait for the same sync share it. Dropping it ends the log as
/// [`Store::close`] does, but cannot say what failed, nor how far the log goes.
///
/// ```
/// use std::sync::Arc;
/// use store::{Body, ClientEntry, Create, Kind, Memory, Namespace, Options, Store, Transaction};
///
/// // Clock and entropy are the caller's; `Directory` instead of `Memory` for real files.
/// let options = Options::new(|| 1_700_000_000_000_000_000, || [7; 16]).create(Create::New);
/// let store = Store::open(Arc::new(Memory::new()), options)?;
///
/// let start = Kind { number: 1, name: "start".to_owned(), version: 1, must_understand: false };
/// let namespace = store.register(&Namespace { name: "run".to_owned(), kinds: vec![start] })?;
///
/// let table = store.put_blob_as("table", &[0; 100_000])?;
/// let entry = ClientEntry { namespace, kind: 1, version: 1, id: 42, parent: 0, body: b"{}".to_vec() };
/// let transaction = Transaction { clients: vec![entry], blobs: vec![table] };
/// let commit = store.append(&transaction)?;
/// assert_eq!((commit.seq, commit.repeated), (2, false));
/// // The same request again has no second effect.
/// assert!(store.append(&transaction)?.repeated);
///
/// for record in store.scan(commit.seq) {
///     if let Body::Transaction { clients, blobs, .. } = record?.body {
///         assert_eq!(clients[0].id, 42);
///         assert_eq!(store.get_blob(&blobs[0].hash)?.len(), 100_000);
///     }
/// }
/// store.close()?;
/// # Ok::<(), store::Error>(())
/// ```
pub struct Store {
    vfs: Arc<dyn Vfs>,
    log: Log,
    blobs: Blobs,
    /// Logged kinds that must be understood and that nobody registered since opening.
    unknown: Mutex<BTreeSet<(u32, u32, u32)>>,
    checkpointing: Mutex<()>,
    /// How much of a checkpoint is taken into memory.
    held_bytes_min: u64,
    /// Which segments get a table.
    table_bytes_min: u64,
    /// Whether blocks of checkpoints are compressed.
    compress_checkpoints: bool,
    retention: Retention,
    tables: Arc<Tables>,
    folds: Folds,
    functions: Functions,
    _lock: Box<dyn VfsFile>,
}

impl Store {
    /// Opens the store in `directory` for writing.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_dir(directory: impl AsRef<Path>, options: Options) -> Result<Store> {
        Store::open(Arc::new(Directory::new(directory.as_ref())), options)
    }

    /// Opens a store for writing, creating it if the options say so.
    ///
    /// The log behind the newest checkpoint is read and checked, all of it where there is none; the pages of the
    /// checkpoint when they are asked for, unless memory has a limit. If its last writer did not close it, what was
    /// never acknowledged is cut and a RECOVERED record says how much.
    ///
    /// # Errors
    /// `NoStore`, `StoreExists`, `Locked`; `Corrupt` with segment, offset and seq when acknowledged data is damaged
    /// and `UnsupportedFormat` for a newer format, both with nothing written; `Full`, `Io`.
    pub fn open(vfs: Arc<dyn Vfs>, options: Options) -> Result<Store> {
        if options.create == Create::Never {
            if vfs::open_if_exists(&*vfs, FORMAT_FILE, OpenMode::Read)?.is_none() {
                return Err(Error::new(ErrorKind::NoStore, "no store here").in_file(FORMAT_FILE));
            }
        } else {
            vfs::uninterrupted(|| vfs.create_dir(""))
                .map_err(|error| Error::io("cannot create the store", "", error))?;
        }
        let lock = lock::acquire(&*vfs)?;
        recovery::create(&*vfs, &options)?;
        let (mut index, recovery) = recovery::recover(&vfs, options.held_bytes_min())?;
        lock::announce(&*vfs, &*lock)?;
        let unknown = must_understand(&index);
        let folds = Folds::new(std::mem::take(&mut index.folds));
        let (held_bytes_min, table_bytes_min) = (options.held_bytes_min(), options.table_bytes_min);
        let compress_checkpoints = options.compress_checkpoints;
        let (store_id, retention, blobs) = (index.store_id, options.retention, Blobs::default());
        let log = Log::open(Arc::clone(&vfs), options, index, recovery)?;
        // What a writer had dropped when it died, and had not removed yet.
        retention::sweep(&vfs, &store_id, &log, &blobs)?;
        Ok(Store {
            vfs,
            log,
            blobs,
            unknown: Mutex::new(unknown),
            checkpointing: Mutex::new(()),
            held_bytes_min,
            table_bytes_min,
            compress_checkpoints,
            retention,
            tables: Arc::default(),
            folds,
            functions: Functions::default(),
            _lock: lock,
        })
    }

    /// Registers a namespace, and says that this process understands its kinds. Logged once; again only when it
    /// gained kinds or versions.
    ///
    /// # Errors
    /// `Malformed` for a bad name, or when a logged number and version now means something else; those of
    /// [`Store::append`].
    pub fn register(&self, namespace: &Namespace) -> Result<NamespaceId> {
        namespace.validate()?;
        loop {
            let plan = self.log.lock().index.plan_registration(namespace)?;
            let (id, joined, logged) = plan.clone();
            if !logged {
                joined.validate()?;
                let mut entries = Encoder::new();
                entries.entry(tag::NAMESPACE, &joined.encode(id));
                let draft = |index: &Index| match index.plan_registration(namespace)? {
                    planned if planned == plan => Ok(Draft {
                        kind: kind::NAMESPACE,
                        entries: entries.as_slice().into(),
                        graph_entries: Cow::default(),
                        ids: &[],
                        naming: Naming::Bytes,
                        effect: Effect::Namespace(id, joined.clone()),
                        answer: Answer::Committed(0..0),
                    }),
                    _ => Err(Error::new(ErrorKind::NotFound, "another thread registered a namespace first")),
                };
                let request = Request { ids: &[], hash: [0; 16], draft: &draft };
                match self.log.sequence(&request).and_then(|sequenced| self.log.finish(sequenced.seq)) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                }
            }
            let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
            unknown
                .retain(|(of, number, version)| *of != id.0 || namespace.kind(*number, *version).is_none());
            return Ok(id);
        }
    }

    /// Appends a transaction and returns when it is as durable as the options say.
    ///
    /// A transaction whose ids the log knows, with the same entries, has no second effect: the answer is that of
    /// the first. Entries with id 0 are not compared, so a transaction of only such entries is always new.
    ///
    /// # Errors
    /// `Malformed` for an empty transaction, a doubled id or a blob that was not put; `LimitExceeded` for a body
    /// over 64 KiB or a record over 16 MiB; `UnknownKind` for what is not registered, or when the log holds kinds
    /// that must be understood and were not registered since opening; `IntentReused`; `Full`. With all of these
    /// nothing was appended. `Poisoned` when the write itself failed: reopen, and the ids settle it.
    pub fn append(&self, transaction: &Transaction) -> Result<Commit> {
        let sequenced = self.sequence(transaction)?;
        self.finish(&sequenced)?;
        Ok(sequenced.commit())
    }

    /// Appends several transactions in order, each by itself, with one write and at most one sync for all of them.
    ///
    /// # Errors
    /// As [`Store::append`] for the first that fails; those before it are appended, those behind it are not.
    pub fn append_each<'a>(
        &self,
        transactions: impl IntoIterator<Item = &'a Transaction>,
    ) -> Result<Vec<Commit>> {
        let mut commits: Vec<Commit> = Vec::new();
        let mut failed = None;
        for transaction in transactions {
            match self.sequence(transaction) {
                Ok(sequenced) => commits.push(sequenced.commit()),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if let Some(last) = commits.iter().map(|commit| commit.seq).max() {
            self.log.finish(last)?;
            self.checkpoint_if_due();
        }
        failed.map_or(Ok(commits), Err)
    }

    /// Waits as the level says, and makes the checkpoint that is due then.
    fn finish(&self, sequenced: &Sequenced) -> Result<()> {
        self.log.finish(sequenced.seq)?;
        if sequenced.due != Due::No {
            self.checkpoint_if_due();
        }
        Ok(())
    }

    /// Gives a transaction its place; [`Store::finish`] acknowledges it.
    fn sequence(&self, transaction: &Transaction) -> Result<Sequenced> {
        let Transaction { clients, blobs } = transaction;
        if clients.is_empty() && blobs.is_empty() {
            return Err(Error::new(ErrorKind::Malformed, "the transaction is empty")
                .expected("an entry or a blob")
                .found("nothing"));
        }
        let hold = self.blobs.hold(blobs);
        let (entries, ids) = self.encode_others(clients, blobs)?;
        let draft = |index: &Index| {
            clients.iter().try_for_each(|client| index.kind(client))?;
            Ok(Draft {
                kind: kind::TXN,
                entries: entries.as_slice().into(),
                graph_entries: Cow::default(),
                ids: &ids,
                naming: Naming::Bytes,
                effect: Effect::None,
                answer: Answer::Committed(0..0),
            })
        };
        let request = Request { ids: &ids, hash: request_hash(&entries), draft: &draft };
        let sequenced = self.log.sequence(&request)?;
        hold.into_iter().for_each(Hold::named);
        Ok(sequenced)
    }

    /// Keeps blobs where they are until [`Store::conclude`] has named them.
    pub(crate) fn hold<'a>(&'a self, blobs: &'a [BlobRef]) -> Option<Hold<'a>> {
        self.blobs.hold(blobs)
    }

    /// Sequences changes, waits as the level says, and says what became of them.
    pub(crate) fn conclude(&self, request: &Request<'_>, hold: Option<Hold<'_>>) -> Result<Outcome> {
        let sequenced = self.log.sequence(request)?;
        match &sequenced.answer {
            // A refusal names none: they stay for whoever tries again.
            Some(Answer::Refused(_)) => drop(hold),
            Some(Answer::Committed(_)) | None => hold.into_iter().for_each(Hold::named),
        }
        self.finish(&sequenced)?;
        let seq = sequenced.seq;
        match sequenced.answer {
            Some(Answer::Committed(created)) => Ok(Outcome::Committed { seq, repeated: false, created }),
            Some(Answer::Refused(refusal)) => Ok(Outcome::Refused { seq, repeated: false, refusal }),
            None => self.recorded_outcome(seq),
        }
    }

    /// What the log says about the request at `seq`.
    fn recorded_outcome(&self, seq: u64) -> Result<Outcome> {
        let missing = || Error::new(ErrorKind::Corrupt, "the log does not hold a known request").at_seq(seq);
        let dropped = {
            let Index { horizon, segments, .. } = &self.log.lock().index;
            let within = segments.partition_point(|segment| segment.first_seq <= seq) as u64;
            (seq <= horizon.oldest_seq).then_some(within)
        };
        if let Some(number) = dropped {
            let (remnants, _) = Remnants::read(&*self.vfs, number, &self.id())?;
            let remnant = remnants.records.into_iter().find(|remnant| remnant.seq == seq);
            return Ok(remnant.ok_or_else(missing)?.outcome());
        }
        match self.scan(seq).next().ok_or_else(missing)??.body {
            Body::Transaction { deltas, .. } => {
                Ok(Outcome::Committed { seq, repeated: true, created: created_by(&deltas) })
            }
            Body::Refused { refusal, .. } => Ok(Outcome::Refused { seq, repeated: true, refusal }),
            Body::Graph { .. } | Body::Namespace { .. } => Err(missing()),
        }
    }

    /// Writes the newest state to a checkpoint, durable on return, so that opening reads only the log behind it. Others
    /// append meanwhile. Returns the seq that it is of. Then what the retention does not keep is dropped.
    ///
    /// # Errors
    /// `Full`, `Io`: the log is as it was, and what could not be dropped is dropped by the next checkpoint; `Corrupt`
    /// where what is to be dropped cannot be read. `Poisoned`.
    pub fn checkpoint(&self) -> Result<u64> {
        // One at a time: the older of two must not remove the newer.
        let _turn = self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner);
        self.checkpoint_in_turn()
    }

    fn checkpoint_in_turn(&self) -> Result<u64> {
        let mut checkpoint = self.log.checkpoint()?;
        self.log.wait_durable(checkpoint.seq())?;
        checkpoint.index.folds = self.folds.save(self, checkpoint.seq())?;
        let written = checkpoint::write(&*self.vfs, &checkpoint, self.compress_checkpoints)?;
        self.log.checkpointed(&checkpoint, written.ids());
        if self.held_bytes_min < u64::MAX {
            self.log.leave_pages(written.open(&*self.vfs)?, &checkpoint.index.pages)?;
        } else {
            // All were read to be written, and a file that may be removed soon is let go.
            self.log.hold_pages()?;
        }
        let (seq, next_seq) = (checkpoint.seq(), checkpoint.tail_first_seq);
        // What only the checkpoint still held makes room for the tables.
        checkpoint.index.pages = Pages::default();
        if let Some(horizon) = retention::advance(
            &*self.vfs,
            self.retention,
            &checkpoint,
            self.compress_checkpoints,
            self.held_bytes_min,
        )? {
            self.log.begin_behind(horizon);
            self.tables.forget_before(horizon.dropped + 1);
            checkpoint.index.horizon = horizon;
        }
        let Index { store_id, .. } = checkpoint.index;
        retention::sweep(&self.vfs, &store_id, &self.log, &self.blobs)?;
        let kept = checkpoint.index.kept_segments();
        self.tables.write(&*self.vfs, &store_id, kept, next_seq, self.table_bytes_min)?;
        Ok(seq)
    }

    /// Makes a checkpoint if the log behind the last one is long, or memory is short. What keeps it from being written
    /// concerns nobody who appends: their work is in the log, and the next try comes as much later.
    fn checkpoint_if_due(&self) {
        let turn = match self.log.checkpoint_is_due() {
            Due::No => return,
            Due::Soon => self.checkpointing.try_lock().ok(),
            Due::Now => Some(self.checkpointing.lock().unwrap_or_else(PoisonError::into_inner)),
        };
        // Whoever had the turn before may have done it.
        if turn.is_some() && self.log.checkpoint_is_due() != Due::No && self.checkpoint_in_turn().is_err() {
            self.log.checkpoint_failed();
        }
    }

    /// Numbers, joins and applies what a request asks for, and what follows for derived pages, on a copy of the newest
    /// state.
    pub(crate) fn draft_changes(
        &self,
        index: &Index,
        batch: &Batch,
    ) -> Result<std::result::Result<Changes, Refusal>> {
        let seq = index.last_seq + 1;
        let (deltas, created) = batch.resolve(&index.pages)?;
        if let Some((name, page)) = batch.taken_name(&index.pages) {
            let detail = format!("page {page} has the name `{name}`");
            return Ok(Err(Refusal::new(Cause::NameTaken, page, detail)));
        }
        let deltas = index.pages.check(deltas)?;
        if index.pages.graph_is_empty() && index.pages.holds(&deltas) {
            // Nothing follows and nothing has to be read, so the changes can be made in place once they are sequenced.
            return Ok(Ok(Changes { seq, deltas, derived: Vec::new(), created, after: None }));
        }
        let mut after = index.pages.clone();
        after.apply_all(seq, &deltas)?;
        let derived = match derive::propagate(&mut after, seq, deltas.as_slice(), &self.functions)? {
            Ok(derived) => derived,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let after = Some(Box::new(after));
        Ok(Ok(Changes { seq, deltas, derived, created, after }))
    }

    pub(crate) fn functions(&self) -> &Functions {
        &self.functions
    }

    pub(crate) fn wait_behind(&self, seq: u64) -> Result<()> {
        self.log.wait_behind(seq)
    }

    /// The handle for the graph of derived pages.
    pub fn derive(&self) -> Derive<'_> {
        Derive::new(self)
    }

    /// The records behind `cursor` that a filter selects, as they come; 0 for all. Whoever stays away so long that they
    /// were dropped is told `SeqTooOld` by the first poll, and may begin again at [`Store::oldest_seq`].
    pub fn subscribe(&self, cursor: u64, filter: Filter) -> Subscription<'_> {
        self.log.followed();
        Subscription::new(self, cursor, filter)
    }

    pub(crate) fn delivered(&self, seq: u64) {
        self.log.delivered(seq);
    }

    /// What this process counted, and how the store stands.
    pub fn metrics(&self) -> Metrics {
        let Figures { counters, last_seq, durable_seq, tail_bytes, oldest_snapshot, times } =
            self.log.figures();
        let process = Process {
            durable_seq,
            tail_bytes,
            oldest_snapshot,
            times,
            recomputes: self.functions.recomputes.load(Ordering::Relaxed),
            cutoffs: self.functions.cutoffs.load(Ordering::Relaxed),
            discards: self.functions.discards.load(Ordering::Relaxed),
        };
        let snapshot = self.snapshot();
        let (page_count, stale_count) = (snapshot.page_count(), snapshot.pages().lag_count());
        let oldest_seq = self.oldest_seq();
        Metrics { counters, last_seq, oldest_seq, page_count, stale_count, process: Some(process) }
    }

    /// A fold that follows the log from here on and is carried by every checkpoint. It begins where the newest
    /// checkpoint has it in this version, else with the first record; one of this name that is there already goes on.
    ///
    /// # Errors
    /// `Malformed` for a name without a fitting length, or that of a fold of another type; `SeqTooOld` where records that
    /// it has not seen were dropped.
    pub fn fold<F: Fold>(&self, new: impl Fn() -> F + Send + Sync + 'static) -> Result<Folded<'_, F>> {
        Folded::attach(self, &self.folds, new)
    }

    /// The handle that reads.
    pub fn query(&self) -> Query<'_> {
        Query::new(self)
    }

    /// The handle for changes without conditions.
    pub fn mutate(&self) -> Mutate<'_> {
        Mutate::new(self)
    }

    /// The handle for plans.
    pub fn upsert(&self) -> Upsert<'_> {
        Upsert::new(self)
    }

    /// What the log tells about earlier states, up to the last acknowledged seq.
    pub fn past(&self) -> Past {
        let state = self.log.lock();
        Past {
            vfs: Arc::clone(&self.vfs),
            store_id: state.index.store_id,
            horizon: state.index.horizon,
            segments: state.segments.clone(),
            last_seq: state.written,
            held_bytes_max: self.held_bytes_min,
            tables: Arc::clone(&self.tables),
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.log.snapshot()
    }

    /// The newest state, once it contains `seq`.
    pub(crate) fn snapshot_from(&self, seq: u64) -> Result<Snapshot> {
        let snapshot = self.snapshot();
        if snapshot.seq() >= seq {
            return Ok(snapshot);
        }
        self.log.wait_written(seq)?;
        Ok(self.snapshot())
    }

    /// Checks client entries and blobs and encodes them; returns the entries' ids as well, ascending.
    pub(crate) fn encode_others(
        &self,
        clients: &[ClientEntry],
        blobs: &[BlobRef],
    ) -> Result<(Vec<u8>, Vec<u128>)> {
        let unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner).first().copied();
        if let Some((namespace, number, version)) = unknown {
            return Err(Error::new(
                ErrorKind::UnknownKind,
                "the log holds entries that a writer must understand",
            )
            .expected("their namespace to be registered")
            .found(format!("namespace {namespace}, kind {number}, version {version}")));
        }
        let over = |what: &str, max: usize, found: usize| {
            Error::new(ErrorKind::LimitExceeded, format!("{what} is too long"))
                .expected(format!("at most {max} bytes; a large value belongs in a blob"))
                .found(format!("{found} bytes"))
        };
        let mut entries = Encoder::new();
        let mut ids = Vec::with_capacity(clients.len());
        for client in clients {
            if client.body.len() > BODY_LEN_MAX {
                return Err(over("the entry's body", BODY_LEN_MAX, client.body.len()));
            }
            ids.extend((client.id != 0).then_some(client.id));
            let mut payload = Encoder::new();
            client.encode_to(&mut payload);
            entries.entry(tag::CLIENT, payload.as_slice());
        }
        for blob in blobs {
            if blob.role.len() > NAME_LEN_MAX {
                return Err(over("the blob's role", NAME_LEN_MAX, blob.role.len()));
            }
            let size = self.blobs.size(&*self.vfs, &blob.hash)?;
            if size != Some(blob.size_bytes) {
                return Err(Error::new(
                    ErrorKind::Malformed,
                    "the transaction names a blob that was not put",
                )
                .in_file(&blob.hash.path())
                .expected(format!("{} bytes", blob.size_bytes))
                .found(size.map_or("no blob".to_owned(), |size| format!("{size} bytes"))));
            }
            blob.encode_to(&mut entries);
        }
        let len_max = RECORD_LEN_MAX - RECORD_HEADER_LEN - 16;
        if entries.len() > len_max {
            return Err(over("the transaction", len_max, entries.len()));
        }
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::new(ErrorKind::Malformed, "an id stands in two entries of the transaction")
                .found(format!("{:032x}", pair[0])));
        }
        Ok((entries.finish(), ids))
    }

    /// Makes `bytes` durable under their BLAKE3. Known bytes cost one comparison.
    ///
    /// # Errors
    /// `Full` and `Io`, with nothing changed.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<BlobHash> {
        let hash = BlobHash::of(bytes);
        self.blobs.put(&self.vfs, &[(hash, bytes)])?;
        Ok(hash)
    }

    /// Makes several blobs durable together, which costs a sync for each of them and one for each directory.
    ///
    /// # Errors
    /// `Full` and `Io`: some of them may be there, and no transaction names one that was not there before.
    pub fn put_blobs<'a>(&self, blobs: impl IntoIterator<Item = &'a Blob>) -> Result<()> {
        let blobs: Vec<_> = blobs.into_iter().map(|blob| (blob.hash(), blob.bytes())).collect();
        self.blobs.put(&self.vfs, &blobs)
    }

    /// Writes a blob without waiting for the disk: the caller need not hold its bytes until it is put. At most some
    /// dozens at a time: each holds a file open.
    ///
    /// # Errors
    /// `Full` and `Io`, with nothing changed.
    pub fn stage_blob(&self, blob: &Blob) -> Result<StagedBlob> {
        self.blobs.stage(&self.vfs, blob.hash(), blob.bytes())
    }

    /// [`Store::put_blobs`] of what was staged.
    ///
    /// # Errors
    /// As there.
    pub fn put_staged(&self, mut staged: Vec<StagedBlob>) -> Result<()> {
        self.blobs.put_staged(&*self.vfs, &mut staged)
    }

    /// Puts `bytes` and says how a transaction names them.
    ///
    /// # Errors
    /// As [`Store::put_blob`].
    pub fn put_blob_as(&self, role: impl Into<String>, bytes: &[u8]) -> Result<BlobRef> {
        let hash = self.put_blob(bytes)?;
        Ok(BlobRef { hash, size_bytes: bytes.len() as u64, role: role.into() })
    }

    /// Reads a blob and checks it against its name.
    ///
    /// # Errors
    /// `NotFound`, `BlobDamaged` with the file, `Io`.
    pub fn get_blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        blobs::read(&*self.vfs, hash)
    }

    /// Iterates over the transactions and registrations from `from_seq` to the last acknowledged one. Its first item is
    /// `SeqTooOld` where that was dropped.
    pub fn scan(&self, from_seq: u64) -> Scan {
        let state = self.log.lock();
        Scan::new(Arc::clone(&self.vfs), state.segments.clone(), from_seq, state.written)
    }

    /// Lets a scan go on to what is acknowledged by now.
    pub(crate) fn extend(&self, scan: &mut Scan) {
        let state = self.log.lock();
        scan.extend(&state.segments, state.written);
    }

    /// The seq of the acknowledged transaction that an entry id stands in.
    pub fn find(&self, id: u128) -> Option<u64> {
        let state = self.log.lock();
        state.index.ids.get(id).map(|known| known.seq).filter(|seq| *seq <= state.written)
    }

    /// The last acknowledged seq; 0 for an empty log.
    pub fn last_seq(&self) -> u64 {
        self.log.lock().written
    }

    /// The seq of the oldest state that is left; 0 unless segments were dropped.
    pub fn oldest_seq(&self) -> u64 {
        self.log.lock().index.horizon.oldest_seq
    }

    /// The last seq that is on disk.
    pub fn durable_seq(&self) -> u64 {
        self.log.lock().durable
    }

    /// Waits until `seq` is on disk, whatever the level.
    ///
    /// # Errors
    /// `NotFound` for a seq that nobody was given, `Poisoned`.
    pub fn wait_durable(&self, seq: u64) -> Result<()> {
        self.log.wait_durable(seq)
    }

    /// The random name that the store got when it was created.
    pub fn id(&self) -> [u8; 16] {
        self.log.lock().index.store_id
    }

    /// The registered namespaces; number `n` stands at `n - 1`.
    pub fn namespaces(&self) -> Vec<Namespace> {
        self.log.lock().index.namespaces.clone()
    }

    /// What openings found behind the last whole record, oldest first.
    pub fn recoveries(&self) -> Vec<Recovery> {
        self.log.lock().index.recoveries.clone()
    }

    /// Makes everything durable, ends the segment, and says how far the log goes: no power cut makes it shorter.
    ///
    /// # Errors
    /// `Poisoned`; where nothing was appended, `Full` and `Io` with nothing changed.
    pub fn close(self) -> Result<LogEnd> {
        self.log.close()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // A failure leaves a log without an end, which the next opening recovers.
        drop(self.log.end());
    }
}

/// The changes of one transaction, ready for its record.
pub(crate) struct Changes {
    seq: u64,
    deltas: ValidDeltas,
    derived: Vec<Derived>,
    created: Range<u64>,
    /// The state after them, where that had to be made to know what follows.
    after: Option<Box<Pages>>,
}

impl Changes {
    /// Those of derived pages that no change of this transaction caused.
    pub(crate) fn of_derived(seq: u64, derived: Vec<Derived>, after: Pages) -> Changes {
        let after = Some(Box::new(after));
        Changes { seq, deltas: ValidDeltas::default(), derived, created: 0..0, after }
    }

    pub(crate) fn encode_to(&self, entries: &mut Encoder) {
        encode_deltas(entries, self.seq, &self.deltas);
        self.derived.iter().for_each(|made| made.encode_to(entries, self.seq));
    }

    pub(crate) fn created(&self) -> Range<u64> {
        self.created.clone()
    }

    pub(crate) fn effect(self) -> Effect {
        let derived = self.derived.iter().map(|made| &made.delta);
        let encoded_bytes = metrics::encoded_bytes(self.deltas.as_slice().iter().chain(derived));
        match self.after {
            Some(after) => Effect::Pages(after, encoded_bytes),
            None => Effect::Deltas(self.deltas, encoded_bytes),
        }
    }
}

fn must_understand(index: &Index) -> BTreeSet<(u32, u32, u32)> {
    let numbered = (1u32..).zip(&index.namespaces);
    let kinds = numbered.flat_map(|(id, namespace)| {
        let kinds = namespace.kinds.iter().filter(|kind| kind.must_understand);
        kinds.map(move |kind| (id, kind.number, kind.version))
    });
    kinds.collect()
}
