//! Tables with pandas' semantics: labels on both axes, alignment, selection, group-by, join and reshape.
//!
//! The main type is [`Frame`]: columns by position under any labels, over a row [`Index`]. A [`Series`] is one such
//! column by itself. Every operation gives the values, dtypes, labels, order and names that pandas 3.1.1 gives, and
//! its exception class and message where it fails ([`Error`]).
//!
//! The crate refuses to know files, Python, tensors, threads and clocks. Start reading at `frame.rs`, then `index.rs`
//! and `alignment.rs`; `keys.rs` is the one way by which grouping, joining and lookups compare labels.

mod frame;
mod index;
mod series;

mod accessors;
mod aggregate;
mod aggregation;
mod alignment;
mod arithmetic;
mod asof;
mod bins;
mod cells;
mod concat;
mod counting;
mod differences;
mod dummies;
mod edit;
mod encode;
mod error;
mod ewm;
mod groupby;
mod grouping;
mod groups;
mod keys;
mod labels;
mod lookup;
mod merge;
mod merge_sides;
mod missing;
mod moments;
mod multi;
mod order;
mod outer;
mod partners;
mod quantiles;
mod rank;
mod reduce;
mod reduce_rows;
mod replace;
mod repr;
mod resample;
mod reshape;
mod resolution;
mod sample;
mod schema;
mod select;
mod setops;
mod sort;
mod stack;
mod summary;
mod totals;
mod transform;
mod window;
mod windows;

pub use accessors::{Datetimes, OnError, Strings};
pub use aggregation::{Aggregation, GroupReduce};
pub use alignment::{Alignment, Join};
pub use arithmetic::{FrameRhs, Rhs};
pub use asof::{Asof, Direction};
pub use bins::{BinLabels, Bins, Cut, interval_breaks};
pub use cells::cell_texts;
pub use concat::{Concat, concat, concat_columns, concat_series, concat_series_columns};
pub use counting::ValueCounts;
pub use differences::SetSort;
pub use dummies::Dummies;
pub use edit::{Absent, Assigned};
pub use error::{Error, ErrorKind, Result};
pub use ewm::Ewm;
pub use frame::Frame;
pub use groupby::{GroupBy, SeriesGroupBy};
pub use groups::{GroupOptions, Groups};
pub use index::{Index, Keep};
pub use labels::LabelOrder;
pub use lookup::{Fill, Located, Nearby, Side};
pub use merge::{How, JOIN_ROW_CAP, Merge, On, Validate};
pub use merge_sides::{MergeKey, MergeSide};
pub use missing::DropNa;
pub use multi::LevelKey;
pub use rank::{NaOption, Rank, RankMethod, rank_column};
pub use reduce::Reduce;
pub use replace::{Inclusive, Other};
pub use repr::{ReprOptions, category_lines};
pub use resample::{Origin, Resample, TimeBins};
pub use reshape::{Melt, Normalize, crosstab};
pub use resolution::{PartialDate, Resolution};
pub use sample::Sample;
pub use schema::{Field, Schema};
pub use select::{Labels, Positions, Selected};
pub use series::Series;
pub use sort::{Ascending, NaPosition, Sort};
pub use transform::FillFrom;
pub use window::{Cumulative, Rolling};
pub use windows::{Closed, WindowReduction, Windows};
