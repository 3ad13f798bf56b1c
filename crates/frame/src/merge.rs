//! `merge` and `join`: rows of two frames brought together by equal keys.

use column::{Column, DType, Scalar};

use crate::alignment::{Alignment, Join};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::index::{Index, Keep};
use crate::keys::{Codes, Missing, combine, factorize_pair};
use crate::order::ranks;
use crate::partners::partners;

/// Which rows a merge keeps, and in what order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum How {
    /// Rows with a partner, in the left order.
    #[default]
    Inner,
    /// All left rows, in their order.
    Left,
    /// All right rows, in their order.
    Right,
    /// All rows of both, sorted by the keys.
    Outer,
    /// Every left row with every right row.
    Cross,
    /// Left rows without a partner.
    LeftAnti,
    /// Right rows without a partner.
    RightAnti,
}

impl How {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `ValueError` for another word, `NotImplementedError` for `asof`.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "inner" => Self::Inner,
            "left" => Self::Left,
            "right" => Self::Right,
            "outer" => Self::Outer,
            "cross" => Self::Cross,
            "left_anti" => Self::LeftAnti,
            "right_anti" => Self::RightAnti,
            "asof" => return Err(Error::missing_feature("merge(how='asof')")),
            other => {
                let known = "left, right, inner, outer, left_anti, right_anti, cross, asof";
                return Err(Error::value(format!("'{other}' is not a valid Merge type: {known}")));
            }
        })
    }
}

/// What the keys of a merge must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validate {
    /// Unique on both sides.
    OneToOne,
    /// Unique on the left.
    OneToMany,
    /// Unique on the right.
    ManyToOne,
    /// Anything.
    ManyToMany,
}

impl Validate {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `ValueError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "1:1" | "one_to_one" => Self::OneToOne,
            "1:m" | "one_to_many" => Self::OneToMany,
            "m:1" | "many_to_one" => Self::ManyToOne,
            "m:m" | "many_to_many" => Self::ManyToMany,
            other => {
                let known =
                    ["1:1", "1:m", "m:1", "m:m", "one_to_one", "one_to_many", "many_to_one", "many_to_many"];
                let known: Vec<String> = known.iter().map(|word| format!("- \"{word}\"")).collect();
                let message = format!(
                    "\"{other}\" is not a valid argument. Valid arguments are:\n{}",
                    known.join("\n")
                );
                return Err(Error::value(message));
            }
        })
    }
}

/// The columns that are compared.
#[derive(Clone, Debug, Default)]
pub enum On {
    /// The labels both frames have.
    #[default]
    Common,
    /// Columns of the same labels on both sides.
    Both(Vec<Scalar>),
    /// Left columns with right columns.
    Each(Vec<Scalar>, Vec<Scalar>),
}

/// Options of [`Frame::merge`], with pandas' names and defaults.
#[derive(Clone, Debug)]
pub struct Merge {
    /// Which rows are kept.
    pub how: How,
    /// The keys.
    pub on: On,
    /// Whether the rows are sorted by the keys.
    pub sort: bool,
    /// What is added to labels that both frames have; `None` adds nothing.
    pub suffixes: (Option<String>, Option<String>),
    /// Whether a last column `_merge` says which side each row came from.
    pub indicator: bool,
    /// What is checked about the keys.
    pub validate: Option<Validate>,
    /// The most rows that the result may have, for hardened callers: keys that repeat on both sides multiply rows.
    /// pandas has no such cap, and `None` is none.
    pub row_cap: Option<u64>,
}

/// The cap that hardened callers set where nobody chose another.
pub const JOIN_ROW_CAP: u64 = 100_000_000;

/// A tebibyte for the pairs alone: refused even by a machine that promises memory which it does not have.
const ROWS_MAX: u128 = 1 << 36;

impl Default for Merge {
    fn default() -> Self {
        Self {
            how: How::Inner,
            on: On::Common,
            sort: false,
            suffixes: (Some("_x".to_owned()), Some("_y".to_owned())),
            indicator: false,
            validate: None,
            row_cap: None,
        }
    }
}

/// Source rows of both sides, −1 where a side has none.
pub(crate) struct Pairs {
    pub left: Vec<i64>,
    pub right: Vec<i64>,
}

impl Pairs {
    /// Room for so many pairs, counted before any is made.
    ///
    /// # Errors
    /// `MemoryError` where they cannot be held, and where they are more than the cap.
    fn with_room(rows: u128, cap: Option<u64>) -> Result<Self> {
        let mut pairs = Self { left: Vec::new(), right: Vec::new() };
        let reserved = usize::try_from(rows).ok().filter(|&room| {
            rows <= ROWS_MAX
                && pairs.left.try_reserve_exact(room).is_ok()
                && pairs.right.try_reserve_exact(room).is_ok()
        });
        if reserved.is_none() {
            let message = format!("Unable to allocate the {rows} rows of the merge");
            return Err(Error::new(ErrorKind::MemoryError, message));
        }
        match cap.filter(|&cap| rows > u128::from(cap)) {
            Some(cap) => {
                let message = format!("the merge has {rows} rows, the cap is {cap}");
                Err(Error::new(ErrorKind::RowCap, message))
            }
            None => Ok(pairs),
        }
    }

    /// The pairs of rows whose keys are equal; an anti-join's are those of the join that it is a part of.
    ///
    /// # Errors
    /// As [`Sides::of`] and [`Pairs::with_room`].
    pub fn of_keys(left: &[Column], right: &[Column], names: &[Scalar], options: &Merge) -> Result<Self> {
        let how = match options.how {
            How::LeftAnti => How::Left,
            How::RightAnti => How::Right,
            how => how,
        };
        if let ([left], [right]) = (left, right)
            && !options.sort
            && let Some(pairs) = Self::looked_up(left, right, how, options.row_cap)
        {
            return pairs;
        }
        let sorted = options.sort || how == How::Outer;
        Sides::of(left, right, names, sorted)?.pairs(how, options.sort, options.row_cap)
    }

    /// The pairs of a join by a key that stands once on the side that is looked up; `None` of any other join.
    ///
    /// # Errors
    /// As [`Pairs::with_room`].
    fn looked_up(left: &Column, right: &Column, how: How, cap: Option<u64>) -> Option<Result<Self>> {
        let (own, other, keep) = match how {
            How::Inner => (left, right, false),
            How::Left => (left, right, true),
            How::Right => (right, left, true),
            _ => return None,
        };
        let found = partners(own, other)?;
        let alone = if keep { 0 } else { found.iter().filter(|&&row| row < 0).count() };
        let pairs = match Self::with_room((found.len() - alone) as u128, cap) {
            Ok(pairs) => pairs,
            Err(error) => return Some(Err(error)),
        };
        let mut rows = pairs.left;
        let others = if alone == 0 {
            rows.extend(0..found.len() as i64);
            found
        } else {
            rows.extend((0i64..).zip(&found).filter(|(_, partner)| **partner >= 0).map(|(row, _)| row));
            found.into_iter().filter(|&partner| partner >= 0).collect()
        };
        Some(Ok(match how {
            How::Right => Self { left: others, right: rows },
            _ => Self { left: rows, right: others },
        }))
    }

    fn push(&mut self, left: i64, right: i64) {
        self.left.push(left);
        self.right.push(right);
    }
}

/// Rows of each side by the code of their keys.
pub(crate) struct Sides {
    left: Codes,
    right: Codes,
}

impl Sides {
    /// # Errors
    /// `ValueError` where a string key meets a number.
    pub fn of(left: &[Column], right: &[Column], names: &[Scalar], sorted: bool) -> Result<Self> {
        let mut parts = Vec::new();
        for ((left, right), name) in left.iter().zip(right).zip(names) {
            check_comparable(left, right, name)?;
            let codes = factorize_pair(left, right, Missing::Keep)?;
            parts.push(if sorted { by_value(codes, left, right)? } else { codes });
        }
        let rows = left.first().map_or(0, Column::len);
        let len = rows + right.first().map_or(0, Column::len);
        let joint = if sorted { lexicographic(&parts, len) } else { combine(&parts, len) };
        let (own, others) = joint.codes.split_at(rows);
        let side = |codes: &[i64]| Codes { codes: codes.to_vec(), firsts: vec![0; joint.count()] };
        Ok(Self { left: side(own), right: side(others) })
    }

    /// Each row of one side with its partners of the other, in the one's order. Both vectors have room for all pairs.
    fn outward(one: &Codes, other: &Codes, keep: bool, own: &mut Vec<i64>, others: &mut Vec<i64>) {
        let (offsets, rows) = other.rows();
        let partners = |row: usize| {
            let code = one.codes[row] as usize;
            &rows[offsets[code]..offsets[code + 1]]
        };
        let pieces = threads::map_pieces(one.codes.len(), |piece| {
            let pairs = piece.clone().map(|row| partners(row).len().max(usize::from(keep)));
            (piece, pairs.sum::<usize>())
        });
        let count = pieces.iter().map(|(_, pairs)| pairs).sum();
        own.resize(count, -1);
        others.resize(count, -1);
        let (mut own, mut others) = (own.as_mut_slice(), others.as_mut_slice());
        let mut parts = Vec::with_capacity(pieces.len());
        for (piece, pairs) in pieces {
            let (mine, rest) = own.split_at_mut(pairs);
            let (theirs, others_rest) = others.split_at_mut(pairs);
            (own, others) = (rest, others_rest);
            parts.push((piece, mine, theirs));
        }
        threads::for_each(parts.into_iter(), |(piece, mine, theirs)| {
            let mut slots = mine.iter_mut().zip(theirs);
            for row in piece {
                let partners = partners(row);
                let alone = partners.is_empty() && keep;
                let found = partners.iter().map(|&partner| partner as i64).chain(alone.then_some(-1));
                for (partner, (mine, theirs)) in found.zip(&mut slots) {
                    (*mine, *theirs) = (row as i64, partner);
                }
            }
        });
    }

    /// Both sides' rows code by code.
    fn by_code(&self, how: How, pairs: &mut Pairs) {
        let (left_offsets, left_rows) = self.left.rows();
        let (right_offsets, right_rows) = self.right.rows();
        for code in 0..self.left.count() {
            let here = &left_rows[left_offsets[code]..left_offsets[code + 1]];
            let there = &right_rows[right_offsets[code]..right_offsets[code + 1]];
            for &a in here {
                there.iter().for_each(|&b| pairs.push(a as i64, b as i64));
            }
            if there.is_empty() && matches!(how, How::Left | How::Outer | How::LeftAnti) {
                here.iter().for_each(|&a| pairs.push(a as i64, -1));
            }
            if here.is_empty() && matches!(how, How::Right | How::Outer | How::RightAnti) {
                there.iter().for_each(|&b| pairs.push(-1, b as i64));
            }
        }
    }

    /// Rows of the result.
    fn row_count(&self, how: How) -> u128 {
        let counts = |codes: &Codes| {
            let mut counts = vec![0u128; codes.count()];
            codes.codes.iter().for_each(|&code| counts[code as usize] += 1);
            counts
        };
        let keeps_left = matches!(how, How::Left | How::Outer | How::LeftAnti);
        let keeps_right = matches!(how, How::Right | How::Outer | How::RightAnti);
        let rows = counts(&self.left).into_iter().zip(counts(&self.right)).map(|counts| match counts {
            (left, 0) => left * u128::from(keeps_left),
            (0, right) => right * u128::from(keeps_right),
            (left, right) => left * right,
        });
        rows.sum()
    }

    /// # Errors
    /// As [`Pairs::with_room`].
    pub fn pairs(&self, how: How, sort: bool, cap: Option<u64>) -> Result<Pairs> {
        let mut pairs = Pairs::with_room(self.row_count(how), cap)?;
        if sort || how == How::Outer {
            self.by_code(how, &mut pairs);
            return Ok(pairs);
        }
        match how {
            How::Right | How::RightAnti => {
                Self::outward(&self.right, &self.left, true, &mut pairs.right, &mut pairs.left);
            }
            _ => {
                let keep = how != How::Inner;
                Self::outward(&self.left, &self.right, keep, &mut pairs.left, &mut pairs.right);
            }
        }
        Ok(pairs)
    }
}

/// Codes renumbered by the order of the values they stand for, missing values last.
fn by_value(codes: Codes, left: &Column, right: &Column) -> Result<Codes> {
    let both = Column::concat(&[&left.decategorized(), &right.decategorized()])?;
    let uniques = both.take(&codes.firsts)?;
    // Keys without an order keep the order of appearance, as in pandas.
    let Ok(ranks) = ranks(&uniques) else { return Ok(codes) };
    let last = ranks.iter().copied().max().unwrap_or(-1) + 1;
    let place = |code: i64| match ranks[code as usize] {
        -1 => last,
        rank => rank,
    };
    let firsts = codes.firsts.clone();
    Ok(Codes { codes: codes.codes.iter().map(|&code| place(code)).collect(), firsts })
}

/// Codes of rows over several keys, in the order of the tuples of their codes.
fn lexicographic(parts: &[Codes], len: usize) -> Codes {
    let mut rows: Vec<usize> = (0..len).collect();
    rows.sort_by(|&a, &b| parts.iter().map(|part| part.codes[a]).cmp(parts.iter().map(|part| part.codes[b])));
    let mut codes = vec![0i64; len];
    let mut firsts: Vec<usize> = Vec::new();
    for place in 0..len {
        let row = rows[place];
        let same = place > 0 && parts.iter().all(|part| part.codes[row] == part.codes[rows[place - 1]]);
        if !same {
            firsts.push(row);
        }
        codes[row] = firsts.len() as i64 - 1;
    }
    Codes { codes, firsts }
}

/// What keys that are times must have in common, whatever their unit and zone.
#[derive(PartialEq)]
enum TimeKey {
    Wall,
    Instant,
    Duration,
}

impl TimeKey {
    /// `None` for what is no time.
    fn of(dtype: DType) -> Option<Self> {
        match dtype {
            DType::Datetime(_) => Some(Self::Wall),
            DType::Zoned(..) => Some(Self::Instant),
            DType::Timedelta(_) => Some(Self::Duration),
            _ => None,
        }
    }
}

fn check_comparable(left: &Column, right: &Column, name: &Scalar) -> Result<()> {
    let (a, b) = (left.dtype(), right.dtype());
    let number = |dtype: DType| dtype.is_numeric() && !dtype.is_bool();
    // Numbers never equal text; objects are judged by what they hold, as whole numbers among them make them comparable.
    let text = |column: &Column| match column.dtype() {
        DType::Object => {
            let scalars = || (0..column.len()).filter_map(|row| column.get(row));
            scalars().any(|scalar| matches!(scalar, Scalar::Str(_)))
                && !scalars().any(|scalar| matches!(scalar, Scalar::Int(_)))
        }
        dtype => dtype.is_text(),
    };
    let clash = TimeKey::of(a) != TimeKey::of(b) || (number(a) && text(right)) || (number(b) && text(left));
    if clash && !left.is_empty() && !right.is_empty() {
        let message = format!(
            "You are trying to merge on {a} and {b} columns for key {}. If you wish to proceed you should use pd.concat",
            name.repr()
        );
        return Err(Error::value(message));
    }
    Ok(())
}

pub(crate) fn merge_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::MergeError, message)
}

/// Whether these are all rows of a side in their order.
pub(crate) fn is_identity(rows: &[i64], len: usize) -> bool {
    rows.len() == len && rows.iter().zip(0..).all(|(&row, place)| row == place)
}

/// The rows of an anti-join: those of the finished join without a partner.
pub(crate) fn without_partner(pairs: Pairs, index: Index, how: How) -> Result<(Pairs, Index)> {
    let partner = match how {
        How::LeftAnti => &pairs.right,
        How::RightAnti => &pairs.left,
        _ => return Ok((pairs, index)),
    };
    let alone: Vec<usize> = (0..partner.len()).filter(|&row| partner[row] < 0).collect();
    let chosen = |rows: &[i64]| alone.iter().map(|&row| rows[row]).collect();
    let index = index.take(&alone)?;
    Ok((Pairs { left: chosen(&pairs.left), right: chosen(&pairs.right) }, index))
}

impl Frame {
    /// Rows of this frame and of `right` with equal keys, side by side; missing keys equal each other. The rows are
    /// numbered 0, 1, 2 ….
    ///
    /// # Errors
    /// `KeyError` for a key that is no column; `MergeError` without common columns, for suffixes that repeat a label,
    /// and where `validate` does not hold; `ValueError` for keys of dtypes that never are equal; `MemoryError` for more
    /// rows than memory holds or `row_cap` allows.
    pub fn merge(&self, right: &Self, options: &Merge) -> Result<Self> {
        if options.how == How::Cross {
            return self.cross(right, options);
        }
        let (left_on, right_on) = self.key_labels(right, &options.on)?;
        let left_keys = left_on.iter().map(|label| self.key_column(label)).collect::<Result<Vec<_>>>()?;
        let right_keys = right_on.iter().map(|label| right.key_column(label)).collect::<Result<Vec<_>>>()?;
        if let Some(validate) = options.validate {
            check_unique(validate, (&left_keys, &left_on), (&right_keys, &right_on))?;
        }
        let pairs = Pairs::of_keys(&left_keys, &right_keys, &left_on, options)?;
        let index = Index::range(pairs.left.len());
        let (pairs, index) = without_partner(pairs, index, options.how)?;
        self.side_by_side(right, (&left_on, &right_on), (&left_keys, &right_keys), &pairs, options)?
            .with_index(index)
    }

    fn key_labels(&self, right: &Self, on: &On) -> Result<(Vec<Scalar>, Vec<Scalar>)> {
        match on {
            On::Both(labels) => Ok((labels.clone(), labels.clone())),
            On::Each(left, right) if left.len() == right.len() => Ok((left.clone(), right.clone())),
            On::Each(..) => Err(Error::value("len(right_on) must equal len(left_on)")),
            On::Common => {
                let common: Vec<Scalar> =
                    self.columns.iter().filter(|label| right.columns.contains(label)).collect();
                if common.is_empty() {
                    return Err(merge_error(
                        "No common columns to perform merge on. Merge options: left_on=None, right_on=None, \
                         left_index=False, right_index=False",
                    ));
                }
                Ok((common.clone(), common))
            }
        }
    }

    fn cross(&self, right: &Self, options: &Merge) -> Result<Self> {
        if !matches!(options.on, On::Common) {
            return Err(merge_error(
                "Can not pass on, right_on, left_on or set right_index=True or left_index=True",
            ));
        }
        let mut pairs = Pairs::with_room(self.len() as u128 * right.len() as u128, options.row_cap)?;
        for a in 0..self.len() {
            (0..right.len()).for_each(|b| pairs.push(a as i64, b as i64));
        }
        let rows = pairs.left.len();
        self.side_by_side(right, (&[], &[]), (&[], &[]), &pairs, options)?.with_index(Index::range(rows))
    }

    /// The columns of both frames at the paired rows: keys of one label once, other common labels with suffixes.
    fn side_by_side(
        &self,
        right: &Self,
        (left_on, right_on): (&[Scalar], &[Scalar]),
        (left_keys, right_keys): (&[Column], &[Column]),
        pairs: &Pairs,
        options: &Merge,
    ) -> Result<Self> {
        let shared: Vec<usize> = (0..left_on.len()).filter(|&key| left_on[key] == right_on[key]).collect();
        let is_shared = |label: &Scalar| shared.iter().any(|&key| left_on[key] == *label);
        let left_alone = pairs.left.contains(&-1);
        let lefts = self.columns.iter().zip(&self.data).map(|(label, column)| (label, column, true));
        let rights = right.columns.iter().zip(&right.data).map(|(label, column)| (label, column, false));
        let kept: Vec<(Scalar, &Column, bool)> =
            lefts.chain(rights.filter(|(label, ..)| !is_shared(label))).collect();
        let whole = (is_identity(&pairs.left, self.len()), is_identity(&pairs.right, right.len()));
        let gathered = threads::map(kept.len(), pairs.left.len(), |place| {
            let (label, column, is_left) = &kept[place];
            match shared.iter().find(|&&key| left_on[key] == *label) {
                Some(&key) if left_alone && *is_left => either(&left_keys[key], &right_keys[key], pairs),
                _ => match *is_left {
                    true if whole.0 => Ok((*column).clone()),
                    false if whole.1 => Ok((*column).clone()),
                    true => Ok(column.reindex(&pairs.left)?),
                    false => Ok(column.reindex(&pairs.right)?),
                },
            }
        });
        let data = gathered.into_iter().collect::<Result<Vec<_>>>()?;
        let labels: Vec<(Scalar, bool)> =
            kept.into_iter().map(|(label, _, is_left)| (label, is_left)).collect();
        let labels = suffixed(&labels, &is_shared, &options.suffixes)?;
        let rows = Index::range(pairs.left.len());
        let columns = Index::from_labels(labels);
        let mut merged = Self { columns, index: rows, data };
        if options.indicator {
            merged = merged.assign("_merge", crate::edit::Assigned::Column(indicator(pairs)?))?;
        }
        Ok(merged)
    }

    /// The columns of `right` beside this frame's, rows matched by their labels (pandas' `join`). An outer join sorts
    /// the labels.
    ///
    /// # Errors
    /// `ValueError` where a label stands on both sides and neither suffix is given.
    pub fn join(&self, right: &Self, how: Join, suffixes: (&str, &str)) -> Result<Self> {
        let plan = Alignment::plan(&self.index, &right.index, how)?;
        self.beside(right, plan.index, plan.left.as_ref(), plan.right.as_ref(), suffixes)
    }

    /// The columns of `right` beside this frame's, `right`'s row label matched with the column `on` (pandas'
    /// `join(on=)`). All rows of this frame stay, with their labels.
    ///
    /// # Errors
    /// `KeyError` for a column that is not there; as [`Frame::join`].
    pub fn join_on(&self, right: &Self, on: &Scalar, suffixes: (&str, &str)) -> Result<Self> {
        let key = self.key_column(on)?;
        let sides = Sides::of(&[key], &[right.index.to_column()], std::slice::from_ref(on), false)?;
        let pairs = sides.pairs(How::Left, false, None)?;
        let index = self.index.reindexed(&pairs.left)?;
        self.beside(right, index, Some(&pairs.left), Some(&pairs.right), suffixes)
    }

    fn beside(
        &self,
        right: &Self,
        index: Index,
        left_rows: Option<&Vec<i64>>,
        right_rows: Option<&Vec<i64>>,
        (left_suffix, right_suffix): (&str, &str),
    ) -> Result<Self> {
        let overlap = self.columns.intersection(&right.columns)?;
        if !overlap.is_empty() && left_suffix.is_empty() && right_suffix.is_empty() {
            return Err(Error::value(format!(
                "columns overlap but no suffix specified: {}",
                overlap.summary()
            )));
        }
        let left = self.columns.iter().map(|label| (label, true));
        let labels: Vec<(Scalar, bool)> =
            left.chain(right.columns.iter().map(|label| (label, false))).collect();
        let suffixes = (Some(left_suffix.to_owned()), Some(right_suffix.to_owned()));
        let labels = suffixed(&labels, &|_| false, &suffixes)?;
        let mut data = Vec::new();
        for column in &self.data {
            data.push(Alignment::apply(left_rows, column)?);
        }
        for column in &right.data {
            data.push(Alignment::apply(right_rows, column)?);
        }
        Self::new(Index::from_labels(labels), data, index)
    }
}

/// The key of each paired row: the left one, or the right one where there is no left row.
pub(crate) fn either(left: &Column, right: &Column, pairs: &Pairs) -> Result<Column> {
    if pairs.left.iter().all(|&row| row < 0) {
        return Ok(right.reindex(&pairs.right)?);
    }
    if pairs.right.iter().all(|&row| row < 0) || !pairs.left.contains(&-1) {
        return Ok(left.reindex(&pairs.left)?);
    }
    let row = |(&a, &b): (&i64, &i64)| usize::try_from(a).unwrap_or(left.len() + b.max(0) as usize);
    let rows: Vec<usize> = pairs.left.iter().zip(&pairs.right).map(row).collect();
    Ok(Column::concat(&[left, right])?.take(&rows)?)
}

pub(crate) fn suffixed(
    labels: &[(Scalar, bool)],
    is_shared: &impl Fn(&Scalar) -> bool,
    suffixes: &(Option<String>, Option<String>),
) -> Result<Vec<Scalar>> {
    let side = |wanted: bool| labels.iter().filter(move |(_, left)| *left == wanted).map(|(label, _)| label);
    let overlaps = |label: &Scalar| {
        !is_shared(label) && side(true).any(|other| other == label) && side(false).any(|other| other == label)
    };
    let overlapping: Vec<&Scalar> = side(true).filter(|label| overlaps(label)).collect();
    let renamed: Vec<Scalar> = labels
        .iter()
        .map(|(label, left)| match if *left { &suffixes.0 } else { &suffixes.1 } {
            Some(suffix) if overlapping.contains(&label) => Scalar::str(format!("{label}{suffix}")),
            _ => label.clone(),
        })
        .collect();
    // Labels that stood twice on their own side before are not the suffixes' fault.
    let mut clashes: Vec<String> = Vec::new();
    for wanted in [true, false] {
        let own: Vec<usize> = (0..labels.len()).filter(|&place| labels[place].1 == wanted).collect();
        for &place in &own {
            let again = own.iter().any(|&other| other < place && renamed[other] == renamed[place]);
            let before = own.iter().any(|&other| other < place && labels[other].0 == labels[place].0);
            let text = renamed[place].repr();
            if again && !before && !clashes.contains(&text) {
                clashes.push(text);
            }
        }
    }
    if !clashes.is_empty() {
        let clashes = clashes.join(", ");
        return Err(merge_error(format!(
            "Passing 'suffixes' which cause duplicate columns {{{clashes}}} is not allowed."
        )));
    }
    Ok(renamed)
}

pub(crate) fn indicator(pairs: &Pairs) -> Result<Column> {
    let code = |(&a, &b): (&i64, &i64)| match (a < 0, b < 0) {
        (false, true) => 0,
        (true, _) => 1,
        (false, false) => 2,
    };
    let codes = pairs.left.iter().zip(&pairs.right).map(code).collect();
    Ok(Column::category(codes, Column::from(vec!["left_only", "right_only", "both"]), false)?)
}

pub(crate) type Keys<'a> = (&'a [Column], &'a [Scalar]);

pub(crate) fn check_unique(validate: Validate, left: Keys<'_>, right: Keys<'_>) -> Result<()> {
    let index = |(keys, names): Keys<'_>| Index::from_arrays(keys.to_vec(), names.to_vec());
    let (left_keys, right_keys) = (index(left), index(right));
    let repeated = |side: &str, keys: &Index, names: &[Scalar]| {
        let again: Vec<usize> = keys.duplicated(Keep::First).ones().take(5).collect();
        let data =
            (0..keys.nlevels()).filter_map(|level| keys.level_values(level)?.take(&again).ok()).collect();
        let columns = Index::from_labels(names.to_vec());
        let rows = Frame::new(columns, data, Index::range(again.len()))?.to_string_without_index();
        Ok::<String, Error>(format!("\nDuplicates in {side}:\n {rows} ..."))
    };
    let (left_bad, right_bad) = (!left_keys.is_unique(), !right_keys.is_unique());
    let left_rows = || repeated("left", &left_keys, left.1);
    let right_rows = || repeated("right", &right_keys, right.1);
    let message = match validate {
        Validate::OneToOne if left_bad && right_bad => format!(
            "Merge keys are not unique in either left or right dataset; not a one-to-one merge.{}{}",
            left_rows()?,
            right_rows()?
        ),
        Validate::OneToOne if left_bad => {
            format!("Merge keys are not unique in left dataset; not a one-to-one merge{}", left_rows()?)
        }
        Validate::OneToOne if right_bad => {
            format!("Merge keys are not unique in right dataset; not a one-to-one merge{}", right_rows()?)
        }
        Validate::OneToMany if left_bad => {
            format!("Merge keys are not unique in left dataset; not a one-to-many merge{}", left_rows()?)
        }
        Validate::ManyToOne if right_bad => {
            format!("Merge keys are not unique in right dataset; not a many-to-one merge\n{}", right_rows()?)
        }
        _ => return Ok(()),
    };
    Err(merge_error(message))
}
