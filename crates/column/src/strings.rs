//! String methods that need no pattern: pandas' `.str` on `str` and `string` columns.
//!
//! A missing row stays missing. Positions and lengths count code points. Case changes one code point
//! into one, as Arrow does for the oracle: `ß` becomes `ẞ`, a final sigma is no special case.

use crate::bitmap::Bitmap;
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::scalar::Scalar;
use crate::text::TextBuilder;
use crate::values::Values;

/// How letters change case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Case {
    Upper,
    Lower,
    /// First letter of each run of letters.
    Title,
    /// First letter of the text.
    Capitalize,
    Swap,
}

/// An end of a text, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TextSide {
    Left,
    Right,
    Both,
}

/// What all characters of a text are, and there is one (pandas' `isdigit` …).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TextTest {
    Alphabetic,
    Digit,
    Alphanumeric,
    Space,
    Lower,
    Upper,
}

impl Column {
    /// The column as text: categories become their values, an `object` column's other values missing.
    ///
    /// # Errors
    /// `AttributeError` with pandas' text for columns that hold no strings.
    pub(crate) fn expect_text(&self) -> Result<Self> {
        let inferred = match self.dtype() {
            DType::Str | DType::String => return Ok(self.clone()),
            DType::Category => return self.decategorized().expect_text(),
            DType::Object => {
                let scalars = self.as_object().unwrap_or(&[]);
                if scalars.iter().all(Scalar::is_missing)
                    || scalars.iter().any(|scalar| scalar.as_str().is_some())
                {
                    return Ok(scalars.iter().map(Scalar::as_str).collect());
                }
                "mixed"
            }
            DType::Number(number) | DType::Nullable(number) => {
                if number.is_float() {
                    "floating"
                } else {
                    "integer"
                }
            }
            DType::Bool | DType::Boolean => "boolean",
            DType::Datetime(_) | DType::Zoned(..) => "datetime64",
            DType::Timedelta(_) => "timedelta64",
            DType::Interval(..) => "interval",
        };
        let message = format!("Can only use .str accessor with string values, not {inferred}");
        Err(Error::new(ErrorKind::Attribute, message))
    }

    /// Each present text through `write`, which appends its result; `None` makes the row missing.
    pub(crate) fn map_text(&self, mut write: impl FnMut(&str, &mut String) -> Option<()>) -> Result<Self> {
        let source = self.expect_text()?;
        let mut text = TextBuilder::with_capacity(source.len(), 0);
        let mut row = String::new();
        let valid = Bitmap::from_fn(source.len(), |i| {
            row.clear();
            let written = source.str_at(i).and_then(|string| write(string, &mut row));
            text.push(if written.is_some() { &row } else { "" });
            written.is_some()
        });
        Ok(Self::text(source.dtype(), text.finish(), Some(valid)))
    }

    /// A number for each present text: int64 (float64 with missing rows) for `str`, Int64 for `string`.
    pub(crate) fn count_text(&self, count: impl Fn(&str) -> i64) -> Result<Self> {
        let source = self.expect_text()?;
        let counts: Self = (0..source.len()).map(|i| source.str_at(i).map(&count)).collect();
        match (source.dtype(), source.validity()) {
            (DType::String, _) => Ok(counts),
            (_, None) => counts.cast(DType::INT64),
            (_, Some(_)) => counts.cast(DType::FLOAT64),
        }
    }

    /// A truth for each present text: `bool` for `str`, where a missing row is `na` (false by default);
    /// `boolean` for `string`, where it stays missing unless `na` is given.
    pub(crate) fn test_text(&self, na: Option<bool>, test: impl Fn(&str) -> bool) -> Result<Self> {
        let source = self.expect_text()?;
        let bits = Bitmap::from_fn(source.len(), |i| source.str_at(i).map_or(na.unwrap_or(false), &test));
        Ok(source.tested(bits, na))
    }

    /// Bits of what holds for the texts of this column, missing rows as `na` says, in the dtype of such an answer.
    pub(crate) fn tested(&self, bits: Bitmap, na: Option<bool>) -> Self {
        if self.dtype() != DType::String {
            return bits.into();
        }
        let all = || Bitmap::filled(true, self.len());
        let valid = if na.is_some() { all() } else { self.valid().unwrap_or_else(all) };
        Self::boolean(bits, valid)
    }

    /// Whether some row holds a list that [`Column::str_split`] made, and no row anything else but missing values.
    #[must_use]
    pub fn holds_lists(&self) -> bool {
        matches!(self.values(), Values::Object(objects) if objects.list_lens().is_some_and(|mut lens| lens.any(|len| len.is_some())))
    }

    /// Items of each list of a column that [`Column::str_split`] made, missing where there is no list; `None` of any other
    /// column.
    #[must_use]
    pub fn list_len(&self) -> Option<Self> {
        let Values::Object(objects) = self.values() else { return None };
        let valid = objects.valid();
        let lens = objects.list_lens()?;
        Some(match valid.all() {
            true => lens.map(Option::unwrap_or_default).collect::<Vec<i64>>().into(),
            false => lens.map(|len| len.map_or(f64::NAN, |len| len as f64)).collect::<Vec<f64>>().into(),
        })
    }

    /// `str.len`: code points.
    ///
    /// # Errors
    /// `AttributeError` for columns that hold no strings, as all methods here.
    pub fn str_len(&self) -> Result<Self> {
        self.count_text(|text| text.chars().count() as i64)
    }

    /// `str.upper`, `lower`, `title`, `capitalize`, `swapcase`.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_case(&self, case: Case) -> Result<Self> {
        let source = self.expect_text()?;
        let mapped = match (case, source.as_text()) {
            (Case::Upper, Some(text)) => text.map_ascii(<[u8]>::to_ascii_uppercase),
            (Case::Lower, Some(text)) => text.map_ascii(<[u8]>::to_ascii_lowercase),
            _ => None,
        };
        if let Some(mapped) = mapped {
            return Ok(Self::new(source.dtype(), Values::Text(mapped), source.validity().cloned()));
        }
        source.map_text(|text, out| {
            let mut after_letter = false;
            for (i, c) in text.chars().enumerate() {
                let upper = match case {
                    Case::Upper => true,
                    Case::Lower => false,
                    Case::Title => !after_letter,
                    Case::Capitalize => i == 0,
                    Case::Swap => !c.is_uppercase(),
                };
                out.push(if upper { upper_of(c) } else { lower_of(c) });
                after_letter = c.is_alphabetic();
            }
            Some(())
        })
    }

    /// `str.strip`, `lstrip`, `rstrip`: blanks, or any of `chars`.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_strip(&self, side: TextSide, chars: Option<&str>) -> Result<Self> {
        let strips = |c: char| chars.map_or(c.is_whitespace(), |chars| chars.contains(c));
        self.map_text(|text, out| {
            out.push_str(match side {
                TextSide::Left => text.trim_start_matches(strips),
                TextSide::Right => text.trim_end_matches(strips),
                TextSide::Both => text.trim_matches(strips),
            });
            Some(())
        })
    }

    /// `str.pad`: filled with `fill` to `width` on one side or both. A text to be centred whose filling
    /// is odd gets the longer part on the right.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_pad(&self, width: usize, side: TextSide, fill: char) -> Result<Self> {
        self.map_text(|text, out| {
            let lack = width.saturating_sub(text.chars().count());
            let left = match side {
                TextSide::Left => lack,
                TextSide::Right => 0,
                TextSide::Both => lack / 2,
            };
            out.extend(std::iter::repeat_n(fill, left));
            out.push_str(text);
            out.extend(std::iter::repeat_n(fill, lack - left));
            Some(())
        })
    }

    /// `str.zfill`: zeros after a sign.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_zfill(&self, width: usize) -> Result<Self> {
        self.map_text(|text, out| {
            let lack = width.saturating_sub(text.chars().count());
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            out.push_str(text.strip_suffix(digits).unwrap_or(""));
            out.extend(std::iter::repeat_n('0', lack));
            out.push_str(digits);
            Some(())
        })
    }

    /// `str.slice` by code points with Python's rules for negative and missing bounds.
    ///
    /// # Errors
    /// `ValueError` for a step of zero; as [`Column::str_len`].
    pub fn str_slice(&self, start: Option<i64>, stop: Option<i64>, step: i64) -> Result<Self> {
        if step == 0 {
            return Err(Error::value_error("slice step cannot be zero"));
        }
        self.map_text(|text, out| {
            let chars: Vec<char> = text.chars().collect();
            let len = chars.len() as i64;
            let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
            let bound = |at: i64| (if at < 0 { at.saturating_add(len) } else { at }).clamp(low, high);
            let (first, last) = if step > 0 { (low, high) } else { (high, low) };
            let (mut at, end) = (start.map_or(first, bound), stop.map_or(last, bound));
            while if step > 0 { at < end } else { at > end } {
                out.extend(usize::try_from(at).ok().and_then(|at| chars.get(at)));
                at = at.saturating_add(step);
            }
            Some(())
        })
    }

    /// `str.get`: one code point, from the end if negative; missing outside. In a column of lists, the
    /// list's item.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_get(&self, at: i64) -> Result<Self> {
        let place = |len: usize| usize::try_from(if at < 0 { at + len as i64 } else { at }).ok();
        if let Some(scalars) = self.as_object()
            && scalars.iter().any(|scalar| matches!(scalar, Scalar::List(_) | Scalar::Tuple(_)))
        {
            let item = |scalar: &Scalar| match scalar {
                Scalar::List(items) | Scalar::Tuple(items) => {
                    place(items.len()).and_then(|at| items.get(at)).cloned().unwrap_or(Scalar::NAN)
                }
                _ => Scalar::NAN,
            };
            return Ok(Self::object(scalars.iter().map(item).collect()));
        }
        self.map_text(|text, out| {
            let len = if at < 0 { text.chars().count() } else { 0 };
            out.push(text.chars().nth(place(len)?)?);
            Some(())
        })
    }

    /// `str.removeprefix` or, on the right, `str.removesuffix`; [`TextSide::Both`] removes both.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_remove(&self, side: TextSide, affix: &str) -> Result<Self> {
        self.map_text(|text, out| {
            let mut rest = text;
            if side != TextSide::Right {
                rest = rest.strip_prefix(affix).unwrap_or(rest);
            }
            if side != TextSide::Left {
                rest = rest.strip_suffix(affix).unwrap_or(rest);
            }
            out.push_str(rest);
            Some(())
        })
    }

    /// `str.startswith` with one of `prefixes`; `na` stands for missing rows.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_startswith(&self, prefixes: &[&str], na: Option<bool>) -> Result<Self> {
        self.test_text(na, |text| prefixes.iter().any(|prefix| text.starts_with(prefix)))
    }

    /// `str.endswith` with one of `suffixes`; `na` stands for missing rows.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_endswith(&self, suffixes: &[&str], na: Option<bool>) -> Result<Self> {
        self.test_text(na, |text| suffixes.iter().any(|suffix| text.ends_with(suffix)))
    }

    /// `str.isalpha`, `isdigit`, `isalnum`, `isspace`, `islower`, `isupper`.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_is(&self, test: TextTest) -> Result<Self> {
        self.test_text(None, |text| {
            let all = |holds: fn(char) -> bool| !text.is_empty() && text.chars().all(holds);
            let cased = |wanted: fn(char) -> bool, other: fn(char) -> bool| {
                text.chars().any(wanted) && !text.chars().any(other)
            };
            match test {
                TextTest::Alphabetic => all(char::is_alphabetic),
                TextTest::Digit => all(|c| c.is_ascii_digit()),
                TextTest::Alphanumeric => all(char::is_alphanumeric),
                TextTest::Space => all(char::is_whitespace),
                TextTest::Lower => cased(char::is_lowercase, char::is_uppercase),
                TextTest::Upper => cased(char::is_uppercase, char::is_lowercase),
            }
        })
    }

    /// `str.cat(other, sep, na_rep)` row by row; without `na_rep` a missing side makes the row missing.
    ///
    /// # Errors
    /// `ValueError` for columns of different length; as [`Column::str_len`].
    pub fn str_cat(&self, other: &Self, sep: &str, na_rep: Option<&str>) -> Result<Self> {
        let (left, right) = (self.expect_text()?, other.expect_text()?);
        if left.len() != right.len() {
            return Err(Error::value_error(
                "If `others` contains arrays or lists (or other list-likes without an index), these must all be of the same length as the calling Series/Index.",
            ));
        }
        let mut text = TextBuilder::with_capacity(left.len(), 0);
        let valid = Bitmap::from_fn(left.len(), |i| {
            let pair = left.str_at(i).or(na_rep).zip(right.str_at(i).or(na_rep));
            text.push_with(|out| {
                if let Some((a, b)) = pair {
                    [a, sep, b].into_iter().for_each(|part| out.push_str(part));
                }
            });
            pair.is_some()
        });
        Ok(Self::text(left.dtype(), text.finish(), Some(valid)))
    }

    /// `str.cat(sep=, na_rep=)` without another column: all texts in one; missing rows are left out or
    /// written as `na_rep`.
    ///
    /// # Errors
    /// As [`Column::str_len`].
    pub fn str_join(&self, sep: &str, na_rep: Option<&str>) -> Result<String> {
        let source = self.expect_text()?;
        let texts: Vec<&str> = (0..source.len()).filter_map(|i| source.str_at(i).or(na_rep)).collect();
        Ok(texts.join(sep))
    }
}

fn upper_of(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (c, mapped.next(), mapped.next()) {
        ('ß', _, _) => 'ẞ',
        (_, Some(upper), None) => upper,
        // Greek letters with an iota below have one letter for both.
        ('ᾳ' | 'ῃ' | 'ῳ', _, _) => char::from_u32(c as u32 + 9).unwrap_or(c),
        ('ᾀ'..='ᾇ' | 'ᾐ'..='ᾗ' | 'ᾠ'..='ᾧ', _, _) => char::from_u32(c as u32 + 8).unwrap_or(c),
        _ => c,
    }
}

fn lower_of(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}
