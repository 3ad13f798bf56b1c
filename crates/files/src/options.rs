//! The parameters of `read_csv`, with pandas' names and defaults.

use column::DType;

use crate::schema::Schema;

/// A column by label or by position in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ColumnRef {
    Label(String),
    Position(usize),
}

impl From<&str> for ColumnRef {
    fn from(label: &str) -> Self {
        Self::Label(label.into())
    }
}

impl From<usize> for ColumnRef {
    fn from(position: usize) -> Self {
        Self::Position(position)
    }
}

/// Which record holds the labels.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Header {
    /// The first record, or none if `names` are given.
    #[default]
    Infer,
    /// No record: labels are `names` or 0, 1, 2 …
    None,
    /// This record (from 0, after `skiprows`); records before it are dropped.
    Row(usize),
    /// These records, each a level of the labels, which are tuples.
    Rows(Vec<usize>),
}

/// Which columns become the row index.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum IndexCol {
    /// Those before the first label, if records are wider than the header.
    #[default]
    Infer,
    /// None; fields beyond the header are cut off.
    Never,
    /// These.
    Columns(Vec<ColumnRef>),
}

/// Lines to leave out before anything else is read, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SkipRows {
    First(usize),
    Lines(Vec<usize>),
}

/// What to do with a record of too many fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnBadLines {
    /// `ParserError`.
    #[default]
    Error,
    /// Leave it out and list it in the table.
    Skip,
}

/// Options of [`read_csv`](crate::read_csv).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadCsv {
    /// Field separator, one byte.
    pub sep: u8,
    /// Which record holds the labels.
    pub header: Header,
    /// Labels to use instead of the header's.
    pub names: Option<Vec<String>>,
    /// Which columns become the row index.
    pub index_col: IndexCol,
    /// Columns to keep, in file order.
    pub usecols: Option<Vec<ColumnRef>>,
    /// Dtype of all columns without an entry in `dtype`.
    pub dtype_default: Option<DType>,
    /// Dtypes by label.
    pub dtype: Vec<(String, DType)>,
    /// More words for a missing value.
    pub na_values: Vec<String>,
    /// More words for a missing value, by label.
    pub na_values_by_column: Vec<(String, Vec<String>)>,
    /// Whether pandas' 19 words count as missing.
    pub keep_default_na: bool,
    /// Whether to look for missing values at all.
    pub na_filter: bool,
    /// More words for `True`; `True`, `TRUE` and `true` always are.
    pub true_values: Vec<String>,
    /// More words for `False`.
    pub false_values: Vec<String>,
    /// Columns to parse as datetimes; one that does not parse stays as it is.
    pub parse_dates: Vec<ColumnRef>,
    /// `strptime` format of `parse_dates`.
    pub date_format: Option<String>,
    /// Lines left out.
    pub skiprows: SkipRows,
    /// Records to read at most.
    pub nrows: Option<usize>,
    /// A byte after which the rest of a line is a comment.
    pub comment: Option<u8>,
    /// A byte between thousands.
    pub thousands: Option<u8>,
    /// The decimal point.
    pub decimal: u8,
    /// The quote; `None` for `QUOTE_NONE`.
    pub quotechar: Option<u8>,
    /// Whether a run of blanks is one separator, instead of `sep`.
    pub whitespace: bool,
    /// Whether a doubled quote inside quotes stands for one; else it ends them.
    pub doublequote: bool,
    /// A byte behind which any byte is text.
    pub escapechar: Option<u8>,
    /// The one byte that ends a line, instead of LF, CRLF and CR.
    pub lineterminator: Option<u8>,
    /// Columns whose texts are kept as they stand, missing words included.
    pub raw: Vec<ColumnRef>,
    /// Where the records start (offset and line): [`Table::next`](crate::Table::next) of the part that was read before.
    pub resume: Option<(usize, usize)>,
    /// Whether blanks after a separator are left out.
    pub skipinitialspace: bool,
    /// Whether empty and blank lines are no records.
    pub skip_blank_lines: bool,
    /// What to do with a record of too many fields.
    pub on_bad_lines: OnBadLines,
    /// `utf-8` or `latin-1`.
    pub encoding: String,
    /// Whether an input that starts as gzip does is unpacked.
    pub unpack: bool,
    /// Typed load: every difference from these columns is collected into one error.
    pub schema: Option<Schema>,
    /// Bound on the bytes a compressed input may grow to.
    pub decompressed_bytes_max: u64,
}

impl Default for ReadCsv {
    fn default() -> Self {
        Self {
            sep: b',',
            header: Header::Infer,
            names: None,
            index_col: IndexCol::Infer,
            usecols: None,
            dtype_default: None,
            dtype: Vec::new(),
            na_values: Vec::new(),
            na_values_by_column: Vec::new(),
            keep_default_na: true,
            na_filter: true,
            true_values: Vec::new(),
            false_values: Vec::new(),
            parse_dates: Vec::new(),
            date_format: None,
            skiprows: SkipRows::First(0),
            nrows: None,
            comment: None,
            thousands: None,
            decimal: b'.',
            quotechar: Some(b'"'),
            whitespace: false,
            doublequote: true,
            escapechar: None,
            lineterminator: None,
            raw: Vec::new(),
            resume: None,
            skipinitialspace: false,
            skip_blank_lines: true,
            on_bad_lines: OnBadLines::Error,
            encoding: "utf-8".into(),
            unpack: true,
            schema: None,
            decompressed_bytes_max: 8 << 30,
        }
    }
}
