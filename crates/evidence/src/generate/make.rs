//! Recipes to values.

use super::{Generate, Order, Recipe, Seed, Shape};
use crate::value::{
    Cell, Column, FloatFormat, Frame, Index, IndexType, Kind, Misfit, Series, Tensor, Unit, Value,
};
use std::sync::Arc;

impl Seed {
    /// The number: itself, or the first eight bytes of BLAKE3 of the commit's name, little end first.
    pub fn number(self, commit: &str) -> u64 {
        match self {
            Seed::Fixed(seed) => seed,
            Seed::Commit => first_eight(blake3::hash(commit.as_bytes())),
        }
    }
}

impl Generate {
    /// Makes the value. The commit's name counts for [`Seed::Commit`] alone. The error is for a recipe that no reader
    /// would have let pass.
    pub fn make(&self, commit: &str) -> Result<Value, Misfit> {
        let seed = self.seed.number(commit);
        let cells = |(position, recipe): (usize, &Recipe)| {
            recipe.cells(Stream::new(seed, position as u64), self.rows)
        };
        if self.shape == Shape::Tensor {
            return self.tensor(self.columns.iter().enumerate().map(cells).collect());
        }
        let mut columns = Vec::with_capacity(self.columns.len());
        for (position, recipe) in self.columns.iter().enumerate() {
            columns.push(Column::new(recipe.dtype.name(), cells((position, recipe)))?);
        }
        if self.shape == Shape::Frame {
            let names: Vec<Cell> = self.columns.iter().map(|recipe| recipe.name.clone()).collect();
            let is_text = names.iter().all(|name| matches!(name, Cell::Text(_)));
            let names = Column::new(if is_text { "str" } else { "object" }, names)?;
            let labels = Index::flat(names, Cell::None);
            return Ok(Value::Frame(Frame::new(Index::range(self.rows), labels, columns)?));
        }
        let (Some(column), Some(recipe)) = (columns.pop(), self.columns.last()) else {
            return Err(Misfit::new("columns", "one column", "none"));
        };
        let name = recipe.name.clone();
        Ok(match self.shape {
            Shape::Series => Value::Series(Series::new(name, Index::range(self.rows), column)?),
            Shape::Index => {
                let class = match recipe.dtype.kind() {
                    Kind::Datetime { .. } => IndexType::Datetime,
                    Kind::Timedelta { .. } => IndexType::Timedelta,
                    _ => IndexType::Index,
                };
                Value::Index(Index::Flat { class, values: column, name, freq: None })
            }
            _ => Value::Column(column),
        })
    }

    /// Columns side by side, row by row in memory.
    fn tensor(&self, columns: Vec<Vec<Cell>>) -> Result<Value, Misfit> {
        let Some(recipe) = self.columns.first() else {
            return Err(Misfit::new("columns", "one column", "none"));
        };
        let count = columns.len();
        let cell = |n: usize| columns.get(n % count).and_then(|column| column.get(n / count)).cloned();
        let cells: Vec<Cell> = (0..self.rows * count).filter_map(cell).collect();
        let values = Arc::new(Column::new(recipe.dtype.name(), cells)?);
        let (shape, strides) =
            if count == 1 { (vec![self.rows], vec![1]) } else { (vec![self.rows, count], vec![count, 1]) };
        Ok(Value::Tensor(Tensor::new(values, shape, strides, 0, None, false)?))
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): a sequence that any language can repeat in five lines.
struct Stream(u64);

impl Stream {
    /// A column's own stream, so that another column beside it changes nothing.
    fn new(seed: u64, column: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"lumen.evidence.generate 1");
        hasher.update(&seed.to_le_bytes());
        hasher.update(&column.to_le_bytes());
        Stream(first_eight(hasher.finalize()))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`: the upper half of the product.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

fn first_eight(hash: blake3::Hash) -> u64 {
    let bytes = hash.as_bytes();
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

impl Recipe {
    /// Two draws a row: whether it is missing, and the rank of its value among the distinct ones.
    fn cells(&self, mut stream: Stream, rows: usize) -> Vec<Cell> {
        let mut ranks = Vec::with_capacity(rows);
        for _ in 0..rows {
            let is_missing = stream.below(100) < self.missing;
            let rank = match self.order {
                Order::Skewed => {
                    let unit = (stream.next() >> 11) as f64 / (1u64 << 53) as f64;
                    ((unit * unit * unit * self.distinct as f64) as u64).min(self.distinct.saturating_sub(1))
                }
                _ => stream.below(self.distinct),
            };
            ranks.push((!is_missing).then_some(rank));
        }
        if matches!(self.order, Order::Ascending | Order::Descending) {
            let mut sorted: Vec<u64> = ranks.iter().flatten().copied().collect();
            sorted.sort_unstable();
            if self.order == Order::Descending {
                sorted.reverse();
            }
            for (place, rank) in ranks.iter_mut().flatten().zip(sorted) {
                *place = rank;
            }
        }
        ranks.into_iter().map(|rank| rank.map_or(Cell::Missing, |rank| self.cell(rank))).collect()
    }

    /// The value of a rank; a larger rank never has a smaller value.
    fn cell(&self, rank: u64) -> Cell {
        let centred = i128::from(rank) - i128::from(self.distinct / 2);
        match self.dtype.kind() {
            Kind::Bool => Cell::Bool(rank > 0),
            Kind::Integer { min, max } => {
                let lowest = (-i128::from(self.distinct / 2)).max(min);
                Cell::Integer((lowest + i128::from(rank)).min(max))
            }
            // Sevenths round, so that the order of a sum shows; halves would not hold them.
            Kind::Float(FloatFormat::F64 | FloatFormat::F32) => Cell::Float(centred as f64 / 7.0),
            Kind::Float(_) => Cell::Float(centred.clamp(-128, 127) as f64 / 8.0),
            Kind::Text => {
                let width = self.distinct.saturating_sub(1).to_string().len();
                let accent = if rank % 16 == 7 { "é" } else { "" };
                Cell::Text(format!("k{rank:0width$}{accent}"))
            }
            Kind::Datetime { unit, .. } => {
                let hours = i64::try_from(rank).unwrap_or(i64::MAX);
                Cell::Ticks(
                    start_of_2024(unit).saturating_add(hours.saturating_mul(3_600 * unit.per_second())),
                )
            }
            Kind::Timedelta { unit } => {
                let minutes = i64::try_from(centred).unwrap_or(i64::MAX);
                Cell::Ticks(minutes.saturating_mul(60 * unit.per_second()))
            }
            Kind::Object | Kind::Category | Kind::Nothing => Cell::None,
        }
    }
}

fn start_of_2024(unit: Unit) -> i64 {
    1_704_067_200 * unit.per_second()
}
