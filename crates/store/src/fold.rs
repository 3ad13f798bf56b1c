//! What other crates make of the log: states that follow it record by record, and that checkpoints carry.
//!
//! A fold is never a second truth. What is saved of it saves time and nothing else: a new version, or bytes that it
//! does not take, are folded again from the first record on. Where that was dropped, they cannot be: `SeqTooOld`.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::format::NAME_LEN_MAX;
use crate::record::Record;
use crate::scan::Scan;
use crate::store::Store;

/// A state that is made of the log's records, each once and in order: a ledger, a timeline, an index.
///
/// The same records must always make the same state: no clock, no randomness, no order of a hash map.
pub trait Fold: Send + 'static {
    /// What tells it from the others of a store; 1 to 255 bytes.
    fn name(&self) -> &str;

    /// The version of what it makes of the records and of how it saves it: another one is folded again.
    fn version(&self) -> u32;

    /// Takes over the record at `seq`.
    fn apply(&mut self, seq: u64, record: &Record);

    /// The bytes that [`Fold::load`] makes the same state of.
    fn save(&self) -> Vec<u8>;

    /// Becomes what was saved in the same version, whatever it was before.
    ///
    /// # Errors
    /// Why the bytes are not those of a state: then it is folded again, from how `new` made it.
    fn load(&mut self, bytes: &[u8]) -> std::result::Result<(), String>;
}

/// A fold as a checkpoint has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) version: u32,
    /// The last record in it.
    pub(crate) seq: u64,
    pub(crate) bytes: Arc<[u8]>,
}

/// The folds of one store that is open for writing.
#[derive(Default)]
pub(crate) struct Folds {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// What the newest checkpoint has, or will have.
    saved: BTreeMap<String, Saved>,
    attached: BTreeMap<String, Arc<dyn Attached>>,
}

trait Attached: Send + Sync {
    /// Its state at `to` or later, with that seq.
    fn save(&self, scan: &mut dyn FnMut(u64) -> Scan, to: u64) -> Result<Saved>;
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// A fold and the last record in it.
struct State<F> {
    fold: F,
    seq: u64,
}

struct Cell<F> {
    state: Mutex<State<F>>,
    new: Box<dyn Fn() -> F + Send + Sync>,
}

impl<F: Fold> Cell<F> {
    /// Its state; anew where a panic left it half changed.
    fn hold(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(|poisoned| {
            let mut state = poisoned.into_inner();
            *state = State { fold: (self.new)(), seq: 0 };
            self.state.clear_poison();
            state
        })
    }
}

impl<F: Fold> Attached for Cell<F> {
    fn save(&self, scan: &mut dyn FnMut(u64) -> Scan, to: u64) -> Result<Saved> {
        let mut state = self.hold();
        state.advance(scan, to)?;
        Ok(Saved { version: state.fold.version(), seq: state.seq, bytes: state.fold.save().into() })
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<F: Fold> State<F> {
    /// A fold that stands where `saved` was, or before the first record.
    fn begin(new: &dyn Fn() -> F, saved: Option<&Saved>, last_seq: u64) -> State<F> {
        let mut fold = new();
        let fits = saved.filter(|saved| saved.version == fold.version() && saved.seq <= last_seq);
        match fits {
            Some(saved) if fold.load(&saved.bytes).is_ok() => State { fold, seq: saved.seq },
            // What a failed load left is not a state.
            Some(_) => State { fold: new(), seq: 0 },
            None => State { fold, seq: 0 },
        }
    }

    fn advance(&mut self, scan: &mut dyn FnMut(u64) -> Scan, to: u64) -> Result<()> {
        if self.seq >= to {
            return Ok(());
        }
        for record in scan(self.seq + 1) {
            let record = record?;
            if record.seq > to {
                break;
            }
            self.fold.apply(record.seq, &record);
            self.seq = record.seq;
        }
        Ok(())
    }
}

/// Nothing between two fields of what these protect can panic.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check_name(fold: &impl Fold) -> Result<()> {
    let len = fold.name().len();
    if (1..=NAME_LEN_MAX).contains(&len) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Malformed, "the fold's name has no fitting length")
        .expected(format!("1 to {NAME_LEN_MAX} bytes"))
        .found(format!("{len} bytes")))
}

/// A fold of a log that nobody here writes, up to its last record.
pub(crate) fn of_reader<F: Fold>(
    new: impl Fn() -> F,
    saved: &BTreeMap<String, Saved>,
    last_seq: u64,
    scan: &mut dyn FnMut(u64) -> Scan,
) -> Result<F> {
    let fold = new();
    check_name(&fold)?;
    let mut state = State::begin(&new, saved.get(fold.name()), last_seq);
    state.advance(scan, last_seq)?;
    Ok(state.fold)
}

impl Folds {
    pub(crate) fn new(saved: BTreeMap<String, Saved>) -> Folds {
        Folds { known: Mutex::new(Known { saved, attached: BTreeMap::new() }) }
    }

    /// What a checkpoint at `seq` carries: the attached ones as they are then or a little later, the others as they
    /// were. Everything in them must be on disk before it is.
    pub(crate) fn save(&self, store: &Store, seq: u64) -> Result<BTreeMap<String, Saved>> {
        let attached = hold(&self.known).attached.clone();
        for (name, fold) in attached {
            let saved = fold.save(&mut |from| store.scan(from), seq)?;
            store.wait_durable(saved.seq)?;
            hold(&self.known).saved.insert(name, saved);
        }
        Ok(hold(&self.known).saved.clone())
    }

    fn attach<F: Fold>(
        &self,
        new: impl Fn() -> F + Send + Sync + 'static,
        (oldest_seq, last_seq): (u64, u64),
    ) -> Result<Arc<dyn Any + Send + Sync>> {
        let fold = new();
        check_name(&fold)?;
        let mut known = hold(&self.known);
        if let Some(attached) = known.attached.get(fold.name()) {
            return Ok(Arc::clone(attached).as_any());
        }
        let state = State::begin(&new, known.saved.get(fold.name()), last_seq);
        if state.seq < oldest_seq {
            return Err(Error::too_old(state.seq + 1, oldest_seq));
        }
        let cell = Arc::new(Cell { state: Mutex::new(state), new: Box::new(new) });
        known.attached.insert(fold.name().to_owned(), Arc::clone(&cell) as Arc<dyn Attached>);
        Ok(cell)
    }
}

/// A fold that follows the log of an open store.
///
/// ```
/// use std::sync::Arc;
/// use store::{Body, Create, Edit, Fold, Memory, Mutation, Options, Record, Store};
///
/// /// Counts changes of pages.
/// #[derive(Default)]
/// struct Changes(u64);
///
/// impl Fold for Changes {
///     fn name(&self) -> &str {
///         "changes"
///     }
///     fn version(&self) -> u32 {
///         1
///     }
///     fn apply(&mut self, _seq: u64, record: &Record) {
///         if let Body::Transaction { deltas, .. } = &record.body {
///             self.0 += deltas.len() as u64;
///         }
///     }
///     fn save(&self) -> Vec<u8> {
///         self.0.to_le_bytes().to_vec()
///     }
///     fn load(&mut self, bytes: &[u8]) -> Result<(), String> {
///         self.0 = u64::from_le_bytes(bytes.try_into().map_err(|_| "not eight bytes")?);
///         Ok(())
///     }
/// }
///
/// let options = Options::new(|| 1, || [7; 16]).create(Create::New);
/// let store = Store::open(Arc::new(Memory::new()), options)?;
/// let changes = store.fold(Changes::default)?;
/// let edits = vec![Edit::create(0, 4, None), Edit::write_new(0, 0, *b"old!")];
/// store.mutate().commit(&Mutation { edits, ..Mutation::default() })?;
/// assert_eq!(changes.read(|changes| changes.0)?, 2);
/// // From here on an opening folds only what stands behind the checkpoint.
/// store.checkpoint()?;
/// # Ok::<(), store::Error>(())
/// ```
pub struct Folded<'a, F> {
    store: &'a Store,
    cell: Arc<Cell<F>>,
}

impl<'a, F: Fold> Folded<'a, F> {
    /// The fold of this name, attached now or before.
    pub(crate) fn attach(
        store: &'a Store,
        folds: &Folds,
        new: impl Fn() -> F + Send + Sync + 'static,
    ) -> Result<Folded<'a, F>> {
        let attached = folds.attach(new, (store.oldest_seq(), store.last_seq()))?;
        let cell = attached.downcast().map_err(|_| {
            Error::new(ErrorKind::Malformed, "a fold of another type has this name").expected("another name")
        })?;
        Ok(Folded { store, cell })
    }

    /// Looks at the fold with every acknowledged record in it. `look` must not append to the store: that may make a
    /// checkpoint, which waits for the fold.
    ///
    /// # Errors
    /// Those of reading the log.
    pub fn read<T>(&self, look: impl FnOnce(&F) -> T) -> Result<T> {
        let mut state = self.cell.hold();
        state.advance(&mut |from| self.store.scan(from), self.store.last_seq())?;
        Ok(look(&state.fold))
    }
}
