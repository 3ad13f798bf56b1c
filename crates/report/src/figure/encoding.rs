//! The canonical bytes of a figure: JSON with fields in the order of their declaration, behind a version.
//!
//! Floats stand as one text of shortest decimals separated by spaces, so that every value, NaN included, comes back
//! bit for bit. Bytes that differ from the ones their own figure would give are refused.

use serde::{Deserialize, Serialize};

use super::{Figure, Kind};

/// The version of the encoding.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Encoded<'a> {
    version: u32,
    figure: &'a Figure,
}

#[derive(Deserialize)]
struct Decoded {
    figure: Figure,
}

#[derive(Deserialize)]
struct Header {
    version: u32,
}

/// Why bytes are no figure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    #[error("a figure is expected, found bytes that are none: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("a figure of version {VERSION} is expected, found version {found}")]
    Version { found: u32 },
    #[error("series `{series}` has {xs} x values for {ys} y values; expected {expected}")]
    Lengths { series: String, xs: usize, ys: usize, expected: usize },
    #[error(
        "the bytes of the figure are not in canonical form; they were altered or written by something else"
    )]
    NotCanonical,
}

impl Figure {
    /// The figure as canonical bytes, equal for equal figures (all NaN count as one).
    pub fn to_bytes(&self) -> Vec<u8> {
        // Every field is text, a number or a list of them: there is nothing JSON could refuse.
        serde_json::to_vec(&Encoded { version: VERSION, figure: self }).unwrap_or_default()
    }

    /// Reads what [`Figure::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`FigureError`] for another version, anything unknown, series whose lengths do not match, and any byte
    /// that `to_bytes` would have written otherwise.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FigureError> {
        let Header { version } = serde_json::from_slice(bytes)?;
        if version != VERSION {
            return Err(FigureError::Version { found: version });
        }
        let Decoded { figure } = serde_json::from_slice(bytes)?;
        figure.check()?;
        if figure.to_bytes() != bytes {
            return Err(FigureError::NotCanonical);
        }
        Ok(figure)
    }

    /// Whether each series has as many x as y values; a histogram has one edge more than counts.
    ///
    /// # Errors
    /// [`FigureError::Lengths`] for the first series that has not.
    pub fn check(&self) -> Result<(), FigureError> {
        for series in &self.series {
            let (xs, ys) = (series.xs.len(), series.ys.len());
            let expected = if self.kind == Kind::Hist && ys > 0 { ys + 1 } else { ys };
            if xs != expected {
                return Err(FigureError::Lengths { series: series.name.clone(), xs, ys, expected });
            }
        }
        Ok(())
    }
}

/// A list of floats as one text.
pub(super) mod floats {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::figure) fn serialize<S: Serializer>(
        values: &[f64],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let words: Vec<String> = values.iter().map(f64::to_string).collect();
        serializer.serialize_str(&words.join(" "))
    }

    pub(in crate::figure) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<f64>, D::Error> {
        String::deserialize(deserializer)?
            .split_ascii_whitespace()
            .map(|word| {
                word.parse().map_err(|_| D::Error::custom(format!("a number is expected, found `{word}`")))
            })
            .collect()
    }
}
