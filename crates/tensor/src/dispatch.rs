//! Dispatch keys: which kernel an operator runs for a set of them.
//!
//! The bits are PyTorch's. A key of a *functionality* that each backend has (dense kernels, autograd) is that bit
//! together with the backend's; the others stand alone. Alias keys (composites, `Autograd`) name many keys at once and
//! are never in a set: they are [`Registration`]s.

use std::collections::BTreeSet;
use std::fmt;

use crate::{Error, Result};

const BACKENDS: [&str; 16] = [
    "CPU",
    "CUDA",
    "HIP",
    "XLA",
    "MPS",
    "IPU",
    "XPU",
    "HPU",
    "VE",
    "Lazy",
    "MTIA",
    "MAIA",
    "PrivateUse1",
    "PrivateUse2",
    "PrivateUse3",
    "Meta",
];

/// Bits of the functionalities by rank: a higher one is called first.
const FUNCTIONALITIES: &[(u32, &str, bool)] = &[
    (DENSE, "", true),
    (26, "BackendSelect", false),
    (31, "Conjugate", false),
    (32, "Negative", false),
    (33, "ZeroTensor", false),
    (34, "ADInplaceOrView", false),
    (OTHER, "AutogradOther", false),
    (AUTOGRAD, "Autograd", true),
    (39, "AutocastCPU", false),
    (47, "AutocastCUDA", false),
];
const DENSE: u32 = 16;
const OTHER: u32 = 35;
const AUTOGRAD: u32 = 36;
const BACKEND_MASK: u64 = 0xffff;

/// Alias keys of PyTorch, which no set holds.
const ALIASES: &[&str] = &[
    "Autograd",
    "CompositeImplicitAutograd",
    "CompositeExplicitAutograd",
    "CompositeExplicitAutogradNonFunctional",
];

/// A runtime key: a functionality, of one backend where each backend has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DispatchKey {
    functionality: u32,
    backend: Option<u32>,
}

impl DispatchKey {
    /// The key of PyTorch's name, `AutogradCPU`.
    ///
    /// # Errors
    /// `ValueError` naming an alias key, or a name that is no key here.
    pub fn parse(name: &str) -> Result<DispatchKey> {
        if ALIASES.contains(&name) {
            let text = format!("AliasKey: '{name}' stands for many keys and is in no set");
            return Err(Error::value("dispatch", text).expected("a runtime key").found(name));
        }
        let all = DispatchKey::all();
        all.into_iter().find(|key| key.to_string() == name).ok_or_else(|| {
            Error::value("dispatch", format!("UnknownKey: '{name}' is no dispatch key here")).found(name)
        })
    }

    /// Every key, the lowest first.
    #[must_use]
    pub fn all() -> Vec<DispatchKey> {
        let keys = |&(functionality, _, has_backends): &(u32, &str, bool)| {
            let backends = if has_backends {
                (0..).zip(BACKENDS).map(|(bit, _)| Some(bit)).collect()
            } else {
                vec![None]
            };
            backends.into_iter().map(move |backend| DispatchKey { functionality, backend })
        };
        FUNCTIONALITIES.iter().flat_map(keys).collect()
    }

    fn bits(self) -> u64 {
        1 << self.functionality | self.backend.map_or(0, |backend| 1 << backend)
    }
}

impl fmt::Display for DispatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functionality = FUNCTIONALITIES.iter().find(|(bit, ..)| *bit == self.functionality);
        let backend = self.backend.and_then(|backend| BACKENDS.get(backend as usize));
        write!(f, "{}{}", functionality.map_or("", |(_, name, _)| name), backend.unwrap_or(&""))
    }
}

/// A set of runtime keys.
///
/// ```
/// use tensor::{DispatchKey, DispatchKeySet};
/// let set = DispatchKeySet::default()
///     .add(DispatchKey::parse("CPU")?)
///     .add(DispatchKey::parse("AutogradCPU")?);
/// assert_eq!(set.bits(), 0x10_0001_0001);
/// assert_eq!(set.highest_type()?.to_string(), "AutogradCPU");
/// assert_eq!(set.add(DispatchKey::parse("CUDA")?).highest_backend()?, "CUDA");
/// # Ok::<(), tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DispatchKeySet(u64);

impl DispatchKeySet {
    /// The set of these bits.
    ///
    /// # Errors
    /// `RuntimeError` with the bits that no key here has.
    pub fn from_bits(bits: u64) -> Result<DispatchKeySet> {
        let known = FUNCTIONALITIES.iter().fold(BACKEND_MASK, |known, (bit, ..)| known | 1 << bit);
        match bits & !known {
            0 => Ok(DispatchKeySet(bits)),
            mask => {
                let text = format!("UnknownBits: the set has bits 0x{mask:x} that are no dispatch key here");
                Err(Error::runtime("dispatch", text)
                    .expected(format!("bits of 0x{known:x}"))
                    .found(format!("0x{bits:x}")))
            }
        }
    }

    /// The bits, PyTorch's `raw_repr`.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// With a key.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "PyTorch's name; the set also has `remove`")]
    pub fn add(self, key: DispatchKey) -> DispatchKeySet {
        DispatchKeySet(self.0 | key.bits())
    }

    /// Without a key's functionality. Backends stay, as in PyTorch: other functionalities may need them.
    #[must_use]
    pub fn remove(self, key: DispatchKey) -> DispatchKeySet {
        DispatchKeySet(self.0 & !(key.bits() & !BACKEND_MASK))
    }

    /// Whether functionality and backend of a key are in the set.
    #[must_use]
    pub fn has(self, key: DispatchKey) -> bool {
        self.0 & key.bits() == key.bits()
    }

    /// The keys of either set.
    #[must_use]
    pub fn union(self, other: DispatchKeySet) -> DispatchKeySet {
        DispatchKeySet(self.0 | other.0)
    }

    /// The bits of both sets.
    #[must_use]
    pub fn intersection(self, other: DispatchKeySet) -> DispatchKeySet {
        DispatchKeySet(self.0 & other.0)
    }

    /// Whether there is no functionality: backends alone select nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 & !BACKEND_MASK == 0
    }

    /// The name of the highest backend.
    ///
    /// # Errors
    /// `RuntimeError` for a set without backend.
    pub fn highest_backend(self) -> Result<&'static str> {
        self.backend().and_then(|bit| BACKENDS.get(bit as usize).copied()).ok_or_else(|| {
            let text = "IncompatibleSet: the set has no backend";
            Error::runtime("dispatch", text).expected("a backend").found(format!("0x{:x}", self.0))
        })
    }

    /// The bit of the highest backend.
    fn backend(self) -> Option<u32> {
        (self.0 & BACKEND_MASK).checked_ilog2()
    }

    /// The key whose kernel runs.
    ///
    /// # Errors
    /// `RuntimeError` for an empty set, or where the highest functionality needs a backend that is not there.
    pub fn highest_type(self) -> Result<DispatchKey> {
        let highest = FUNCTIONALITIES.iter().rev().find(|(bit, ..)| self.0 & 1 << bit != 0);
        let Some((functionality, name, has_backends)) = highest else {
            let text = "EmptySet: no dispatch key selects a kernel";
            return Err(Error::runtime("dispatch", text).found(format!("0x{:x}", self.0)));
        };
        let backend = self.backend();
        if *has_backends && backend.is_none() {
            let name = if name.is_empty() { "Dense" } else { name };
            let text = format!("IncompatibleSet: {name} needs a backend, and the set has none");
            return Err(Error::runtime("dispatch", text).found(format!("0x{:x}", self.0)));
        }
        Ok(DispatchKey { functionality: *functionality, backend: backend.filter(|_| *has_backends) })
    }

    /// Every key, the lowest first.
    pub fn iter(self) -> impl Iterator<Item = DispatchKey> {
        DispatchKey::all().into_iter().filter(move |key| self.has(*key))
    }
}

impl fmt::Display for DispatchKeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.iter().map(|key| key.to_string()).collect();
        write!(f, "DispatchKeySet({})", names.join(", "))
    }
}

/// For what an operator's kernel is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Registration {
    /// One runtime key.
    Key(DispatchKey),
    /// Every backend: a kernel that calls other operators and has a gradient of its own.
    CompositeExplicit,
    /// Every backend and its gradient: a kernel whose gradient follows from the operators it calls.
    CompositeImplicit,
    /// The gradient of every backend.
    Autograd,
}

impl Registration {
    /// The registration under PyTorch's name of a key, alias keys included.
    ///
    /// # Errors
    /// As [`DispatchKey::parse`].
    pub fn parse(name: &str) -> Result<Registration> {
        Ok(match name {
            "CompositeExplicitAutograd" => Registration::CompositeExplicit,
            "CompositeImplicitAutograd" => Registration::CompositeImplicit,
            "Autograd" => Registration::Autograd,
            key => Registration::Key(DispatchKey::parse(key)?),
        })
    }
}

/// Which kernel a key's entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The key's own.
    Kernel,
    /// That of [`Registration::CompositeExplicit`].
    DefaultBackend,
    /// That of [`Registration::CompositeImplicit`].
    Math,
    /// That of [`Registration::Autograd`].
    Autograd,
    /// The key's fallback for every operator, which calls on or converts.
    Fallback,
}

impl Choice {
    /// PyTorch's words in a dumped table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Choice::Kernel => "kernel",
            Choice::DefaultBackend => "default backend kernel",
            Choice::Math => "math kernel",
            Choice::Autograd => "autograd kernel",
            Choice::Fallback => "backend fallback",
        }
    }
}

/// Why a call of an operator goes to a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The operator.
    pub operator: String,
    /// The set it was called with.
    pub keyset: DispatchKeySet,
    /// The key whose entry is taken.
    pub selected: DispatchKey,
    /// What the entry holds.
    pub choice: Choice,
}

/// An operator's kernels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DispatchTable {
    operator: String,
    kernels: BTreeSet<Registration>,
}

impl DispatchTable {
    /// The table of an operator's registrations.
    pub fn new(
        operator: impl Into<String>,
        kernels: impl IntoIterator<Item = Registration>,
    ) -> DispatchTable {
        DispatchTable { operator: operator.into(), kernels: kernels.into_iter().collect() }
    }

    /// The entry of a key: its own kernel, then the composites, then `Autograd`, then the key's fallback.
    ///
    /// # Errors
    /// `NotImplementedError` with PyTorch's beginning where there is none of them.
    pub fn entry(&self, key: DispatchKey) -> Result<Choice> {
        let has = |registration| self.kernels.contains(&registration);
        let is_dense = key.functionality == DENSE;
        let is_autograd = matches!(key.functionality, AUTOGRAD | OTHER);
        // A gradient that a backend's kernel brings is not covered by a composite that knows nothing of it.
        let dense = DispatchKey { functionality: DENSE, backend: key.backend };
        let has_backend_kernel =
            has(Registration::CompositeExplicit) || (key.backend.is_some() && has(Registration::Key(dense)));
        if has(Registration::Key(key)) {
            Ok(Choice::Kernel)
        } else if is_dense && has(Registration::CompositeExplicit) {
            Ok(Choice::DefaultBackend)
        } else if has(Registration::CompositeImplicit) && (is_dense || is_autograd && !has_backend_kernel) {
            Ok(Choice::Math)
        } else if is_autograd && has(Registration::Autograd) {
            Ok(Choice::Autograd)
        } else if has_fallback(key) {
            Ok(Choice::Fallback)
        } else {
            let text = format!(
                "Could not run '{}' with arguments from the '{key}' backend. This could be because the operator \
                 doesn't exist for this backend",
                self.operator
            );
            Err(Error::not_implemented("dispatch", text).found(key.to_string()))
        }
    }

    /// Which kernel a call with these keys runs, and why.
    ///
    /// # Errors
    /// Those of [`DispatchKeySet::highest_type`] and [`DispatchTable::entry`].
    pub fn explain(&self, keyset: DispatchKeySet) -> Result<Decision> {
        let selected = keyset.highest_type()?;
        Ok(Decision { operator: self.operator.clone(), keyset, selected, choice: self.entry(selected)? })
    }
}

/// PyTorch's fallbacks: a dense backend other than Meta has none, nor has the gradient of a few backends.
fn has_fallback(key: DispatchKey) -> bool {
    let backend = key.backend.and_then(|backend| BACKENDS.get(backend as usize).copied());
    match (key.functionality, backend) {
        (DENSE, backend) => backend == Some("Meta"),
        (AUTOGRAD, Some(backend)) => !matches!(backend, "HIP" | "IPU" | "VE" | "PrivateUse2" | "PrivateUse3"),
        _ => true,
    }
}
