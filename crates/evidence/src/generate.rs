//! Inputs made from a seed: what is too large to stand in a file.
//!
//! The algorithm is part of the format: the same recipe gives the same value, bit for bit, in every version that reads
//! it. It stands in `docs/formats/evidence.md`, and a test holds its digests.

mod make;
mod shrink;

pub use self::shrink::shrink;

use crate::fields::Fields;
use crate::json::Json;
use crate::place::{Malformed, Place};
use crate::value::{Cell, Dtype, Kind};
use serde_json::json;

/// A recipe: `{"kind":"frame","seed":n or "commit","rows":n,"columns":[column...]}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Generate {
    /// What is made of the columns.
    pub shape: Shape,
    /// Where the randomness comes from.
    pub seed: Seed,
    /// How many rows.
    pub rows: usize,
    /// The columns, at least one.
    pub columns: Vec<Recipe>,
}

/// What is made of the columns, `kind` in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A frame with the labels 0, 1, 2 ...
    Frame,
    /// A series of the only column, with the labels 0, 1, 2 ...
    Series,
    /// The only column.
    Column,
    /// An index of the only column's cells.
    Index,
    /// A contiguous tensor of shape `[rows]` or, with several columns of one dtype, `[rows, columns]`.
    Tensor,
}

/// Where the randomness comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// This number.
    Fixed(u64),
    /// The commit, so that nobody fits to it.
    Commit,
}

/// One column: `{"name":cell,"dtype":D,"missing":percent,"distinct":n,"order":"random"}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Its label.
    pub name: Cell,
    /// Its dtype; `object` and `category` cannot be generated.
    pub dtype: Dtype,
    /// How many percent of its cells are missing, 0 to 100.
    pub missing: u64,
    /// How many different values it has at most, at least 1.
    pub distinct: u64,
    /// How they stand.
    pub order: Order,
}

/// How a column's values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In no order.
    Random,
    /// From small to large, missing ones where they fall.
    Ascending,
    /// From large to small.
    Descending,
    /// In no order, the first values far more often than the last.
    Skewed,
}

/// The most rows times columns that are made.
pub const CELLS_MAX: u64 = 10_000_000;

impl Shape {
    const ALL: [(Shape, &'static str); 5] = [
        (Shape::Frame, "frame"),
        (Shape::Series, "series"),
        (Shape::Column, "column"),
        (Shape::Index, "index"),
        (Shape::Tensor, "tensor"),
    ];
}

impl Order {
    const ALL: [(Order, &'static str); 4] = [
        (Order::Random, "random"),
        (Order::Ascending, "ascending"),
        (Order::Descending, "descending"),
        (Order::Skewed, "skewed"),
    ];
}

fn read_word<T: Copy>(json: &Json, place: &Place<'_>, words: &[(T, &str)]) -> Result<T, Malformed> {
    let found = json.as_str().and_then(|text| words.iter().find(|(_, word)| *word == text));
    let known: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
    found
        .map(|(value, _)| *value)
        .ok_or_else(|| place.unexpected(format!("one of {}", known.join(", ")), json))
}

fn write_word<T: Copy + PartialEq>(value: T, words: &[(T, &'static str)]) -> &'static str {
    words.iter().find(|(known, _)| *known == value).map_or("", |(_, word)| word)
}

impl Generate {
    /// Reads a recipe.
    pub fn from_json(json: &Json, place: &Place<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::of(json, place)?;
        let shape = fields.read("kind", |json, place| read_word(json, place, &Shape::ALL))?;
        let seed = match fields.maybe("seed") {
            Some(Json::String(text)) if text == "commit" => Seed::Commit,
            _ => Seed::Fixed(fields.count("seed")?),
        };
        let rows = fields.count("rows")?;
        let columns = fields.each("columns", Recipe::from_json)?;
        let cells = rows.checked_mul(columns.len() as u64);
        if cells.is_none_or(|cells| cells > CELLS_MAX) {
            return Err(fields.malformed(
                "rows",
                format!("at most {CELLS_MAX} cells"),
                format!("{rows} rows"),
            ));
        }
        let one_dtype = columns.windows(2).all(|pair| pair[0].dtype == pair[1].dtype);
        let is_torch = columns.iter().any(|column| column.dtype.is_torch());
        let fits = match shape {
            Shape::Frame => !columns.is_empty() && !is_torch,
            Shape::Series | Shape::Column | Shape::Index => columns.len() == 1 && !is_torch,
            Shape::Tensor => !columns.is_empty() && is_torch && one_dtype,
        };
        if !fits {
            let expected = match shape {
                Shape::Frame => "at least one column, none of PyTorch's dtypes",
                Shape::Tensor => "columns of one of PyTorch's dtypes",
                _ => "one column, not of PyTorch's dtypes",
            };
            return Err(fields.malformed("columns", expected, format!("{} columns", columns.len())));
        }
        fields.finish()?;
        Ok(Generate { shape, seed, rows: rows as usize, columns })
    }

    /// The kind of what it makes.
    pub fn kind(&self) -> &'static str {
        write_word(self.shape, &Shape::ALL)
    }

    /// The recipe as JSON.
    pub fn to_json(&self) -> Json {
        json!({
            "kind": self.kind(),
            "seed": match self.seed { Seed::Fixed(seed) => json!(seed), Seed::Commit => json!("commit") },
            "rows": self.rows,
            "columns": self.columns.iter().map(Recipe::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Recipe {
    fn from_json(json: &Json, place: &Place<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::of(json, place)?;
        let spelling = fields.text("dtype")?;
        let dtype = Dtype::parse(spelling)
            .filter(|dtype| !matches!(dtype.kind(), Kind::Object | Kind::Category | Kind::Nothing))
            .ok_or_else(|| {
                fields.malformed("dtype", "a dtype but object and category", format!("{spelling:?}"))
            })?;
        let missing = fields.count("missing")?;
        if missing > 100 || (missing > 0 && dtype.missing() == crate::value::Missing::Refused) {
            let expected = format!("a percentage, 0 where {dtype} has no missing value");
            return Err(fields.malformed("missing", expected, missing.to_string()));
        }
        let distinct = fields.count("distinct")?;
        if distinct == 0 {
            return Err(fields.malformed("distinct", "at least 1", "0"));
        }
        let recipe = Recipe {
            name: fields.read("name", Cell::read_name)?,
            dtype,
            missing,
            distinct,
            order: fields.read("order", |json, place| read_word(json, place, &Order::ALL))?,
        };
        fields.finish()?;
        Ok(recipe)
    }

    fn to_json(&self) -> Json {
        json!({
            "name": self.name.write_name(), "dtype": self.dtype.name(), "missing": self.missing,
            "distinct": self.distinct, "order": write_word(self.order, &Order::ALL),
        })
    }
}

#[cfg(test)]
mod tests;
