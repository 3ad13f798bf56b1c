//! What tokens cost: one dated table, in whole nano-dollars.

use std::collections::BTreeMap;

use toml_edit::{Document, TableLike};

use crate::error::{Error, ErrorKind, Result};
use crate::reply::Usage;

/// The table that the crate carries.
const BUILT_IN: &str = include_str!("prices.toml");

/// A model's prices in nano-dollars a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Of a token of the request.
    pub input_nanodollars: u64,
    /// Of a token of the reply.
    pub output_nanodollars: u64,
    /// The largest request that these prices are stated for.
    pub input_tokens_max: Option<u64>,
    /// The day on which the source said so, `YYYY-MM-DD`.
    pub as_of: String,
    /// Who said so.
    pub source: String,
}

impl Price {
    /// What a usage costs. Tokens from the server's cache count as any other input: no provider asks more for them, so
    /// the figure is never too low.
    pub fn of(&self, usage: Usage) -> Option<u64> {
        self.at_most(usage.input_tokens, usage.output_tokens)
    }

    /// What a call of so many tokens costs at most; `None` beyond what a `u64` of nano-dollars can hold.
    pub fn at_most(&self, input_tokens: u64, output_tokens: u64) -> Option<u64> {
        let input = self.input_nanodollars.checked_mul(input_tokens)?;
        input.checked_add(self.output_nanodollars.checked_mul(output_tokens)?)
    }
}

/// Prices by the exact name of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices(BTreeMap<String, Price>);

impl Prices {
    /// The table that the crate carries.
    ///
    /// # Errors
    /// None for the table as released: a test reads it.
    pub fn built_in() -> Result<Prices> {
        Prices::parse(BUILT_IN)
    }

    /// Reads a table: `[models."NAME"]` with `input` and `output` in nano-dollars a token, `as_of` and `source`, and
    /// `input_tokens_max` where larger requests cost another price.
    ///
    /// # Errors
    /// The row and the key that is absent, unknown or not of its type.
    pub fn parse(text: &str) -> Result<Prices> {
        let wrong = |message: String| Error::new(ErrorKind::Config, format!("price table: {message}"));
        let document = Document::parse(text).map_err(|error| wrong(error.message().to_string()))?;
        let mut prices = BTreeMap::new();
        for (key, item) in document.iter() {
            let table = item.as_table_like().filter(|_| key == "models");
            let table = table.ok_or_else(|| wrong(format!("expected `[models.NAME]`, found `{key}`")))?;
            for (name, row) in table.iter() {
                let row = row.as_table_like().ok_or_else(|| wrong(format!("`{name}` is no table")))?;
                prices.insert(name.to_string(), price(row).map_err(|why| wrong(format!("`{name}`: {why}")))?);
            }
        }
        Ok(Prices(prices))
    }

    /// The price of a call of a model with at most so many input tokens. A model that the table does not name, or a
    /// request larger than the row is stated for, is unpriced.
    pub fn get(&self, model: &str, input_tokens: u64) -> Option<&Price> {
        self.0.get(model).filter(|price| price.input_tokens_max.is_none_or(|most| input_tokens <= most))
    }

    /// Every model's name with its price, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Price)> {
        self.0.iter().map(|(name, price)| (name.as_str(), price))
    }
}

fn price(row: &dyn TableLike) -> std::result::Result<Price, String> {
    const KEYS: [&str; 5] = ["input", "output", "input_tokens_max", "as_of", "source"];
    if let Some((key, _)) = row.iter().find(|(key, _)| !KEYS.contains(key)) {
        return Err(format!("unknown key `{key}`, expected one of {}", KEYS.join(", ")));
    }
    let integer = |key: &str| match row.get(key) {
        None => Ok(None),
        Some(item) => item
            .as_integer()
            .and_then(|n| u64::try_from(n).ok())
            .map(Some)
            .ok_or_else(|| format!("`{key}` is no integer of nano-dollars or tokens from 0 on")),
    };
    let text = |key: &str| {
        let text = row.get(key).and_then(|item| item.as_str()).filter(|text| !text.trim().is_empty());
        text.map(str::to_string).ok_or_else(|| format!("`{key}` is no text"))
    };
    let as_of = text("as_of")?;
    if !is_date(&as_of) {
        return Err(format!("`as_of` is `{as_of}`, expected a day as YYYY-MM-DD"));
    }
    Ok(Price {
        input_nanodollars: integer("input")?.ok_or("`input` is absent")?,
        output_nanodollars: integer("output")?.ok_or("`output` is absent")?,
        input_tokens_max: integer("input_tokens_max")?,
        as_of,
        source: text("source")?,
    })
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let numbers = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    numbers && lengths == [4, 2, 2]
}
