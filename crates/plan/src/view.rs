//! Reading one state, and nothing else: all that a reasoner is given.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

/// One consistent state. Whatever is asked of it, and however often, the answers belong together; none of them
/// changes it.
///
/// A `&dyn View` is enough to make a plan and not enough to carry it out:
///
/// ```compile_fail,E0599
/// fn overwrite(view: &dyn plan::View) {
///     view.write(7, 0, b"anything");
/// }
/// ```
pub trait View {
    /// The last seq that the state contains.
    fn seq(&self) -> u64;

    /// The page with this id; `None` when it does not exist.
    ///
    /// # Errors
    /// What keeps the state from being read, such as a snapshot that is too old.
    fn page(&self, id: u64) -> Result<Option<PageView<'_>>, ViewError>;

    /// The id of the page with this unique name.
    ///
    /// # Errors
    /// As [`View::page`].
    fn page_named(&self, name: &str) -> Result<Option<u64>, ViewError>;

    /// The ids of the pages from `first` to `last`, both included, ascending.
    ///
    /// # Errors
    /// As [`View::page`].
    fn pages_within(&self, first: u64, last: u64) -> Result<Vec<u64>, ViewError>;

    /// The ids of the pages with exactly this metadata, ascending.
    ///
    /// # Errors
    /// As [`View::page`].
    fn pages_with_metadata(&self, metadata: &[u8]) -> Result<Vec<u64>, ViewError>;
}

/// A page as a view shows it. Bytes are borrowed where the state holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageView<'a> {
    /// The seq of its last change.
    pub version: u64,
    /// Its unique name, if it has one.
    pub name: Option<Cow<'a, str>>,
    /// Its metadata.
    pub metadata: Cow<'a, [u8]>,
    /// All of its bytes; their number is the page's size.
    pub bytes: Cow<'a, [u8]>,
}

/// Why a state could not be read: the error of whatever holds it.
#[derive(Debug)]
pub struct ViewError(Box<dyn Error + Send + Sync>);

impl ViewError {
    /// Wraps the error of whatever holds the state.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> ViewError {
        ViewError(source.into())
    }
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the state cannot be read: {}", self.0)
    }
}

impl Error for ViewError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// Pages by id are a state: the naive one, which others are judged by. Its seq is the greatest version in it.
///
/// ```
/// use plan::{PageView, View};
/// use std::collections::BTreeMap;
///
/// let page = PageView { version: 3, name: Some("a".into()), metadata: b"".into(), bytes: b"\0\0".into() };
/// let state = BTreeMap::from([(7, page)]);
/// assert_eq!(state.page_named("a")?, Some(7));
/// assert_eq!(state.seq(), 3);
/// # Ok::<(), plan::ViewError>(())
/// ```
impl View for BTreeMap<u64, PageView<'static>> {
    fn seq(&self) -> u64 {
        self.values().map(|page| page.version).max().unwrap_or_default()
    }

    fn page(&self, id: u64) -> Result<Option<PageView<'_>>, ViewError> {
        Ok(self.get(&id).map(|page| PageView {
            version: page.version,
            name: page.name.as_deref().map(Cow::Borrowed),
            metadata: Cow::Borrowed(&page.metadata),
            bytes: Cow::Borrowed(&page.bytes),
        }))
    }

    fn page_named(&self, name: &str) -> Result<Option<u64>, ViewError> {
        Ok(self.iter().find(|(_, page)| page.name.as_deref() == Some(name)).map(|(id, _)| *id))
    }

    fn pages_within(&self, first: u64, last: u64) -> Result<Vec<u64>, ViewError> {
        Ok(self.keys().copied().filter(|id| (first..=last).contains(id)).collect())
    }

    fn pages_with_metadata(&self, metadata: &[u8]) -> Result<Vec<u64>, ViewError> {
        Ok(self.iter().filter(|(_, page)| *page.metadata == *metadata).map(|(id, _)| *id).collect())
    }
}
