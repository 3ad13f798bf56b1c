//! Exact decimal values and their rounding.
//!
//! A float is taken at its exact binary value: `0.145` is a little less than it looks, and rounds to `0.14`.
//! Every rounding is half to even, as IEEE 754-2019 section 4.3.1 (`roundTiesToEven`) and Python's `decimal` have it.

/// `0.d₀d₁d₂… × 10^point`, without leading or trailing zero digits; zero has no digits.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    point: i32,
}

/// The longest decimal expansion of a finite `f64` behind the point: `2^-1074` ends there.
const EXPANSION_PLACES: usize = 1074;

impl Decimal {
    pub(super) fn from_int(value: i64) -> Self {
        Self::from_text(value < 0, &value.unsigned_abs().to_string(), "")
    }

    /// The exact value of a finite float; `None` for NaN and the infinities.
    pub(super) fn from_float(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let text = format!("{:.EXPANSION_PLACES$}", value.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        Some(Self::from_text(value.is_sign_negative(), whole, fraction))
    }

    fn from_text(negative: bool, whole: &str, fraction: &str) -> Self {
        let digits = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        Self { negative, digits, point: whole.len() as i32 }.normalized()
    }

    fn normalized(mut self) -> Self {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        let zeros = self.digits.iter().take_while(|d| **d == 0).count();
        self.digits.drain(..zeros);
        self.point = if self.digits.is_empty() { 0 } else { self.point - zeros as i32 };
        self
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// `self × 10^power`.
    pub(super) fn scaled(mut self, power: i32) -> Self {
        if !self.is_zero() {
            self.point += power;
        }
        self
    }

    /// Rounded to `places` digits behind the point.
    pub(super) fn rounded_to_places(self, places: i32) -> Self {
        let kept = self.point + places;
        self.keep(kept)
    }

    /// Rounded to `count` significant digits.
    pub(super) fn rounded_to_significant(self, count: i32) -> Self {
        self.keep(count)
    }

    fn keep(mut self, kept: i32) -> Self {
        let Ok(kept) = usize::try_from(kept) else {
            return Self { negative: self.negative, digits: Vec::new(), point: 0 };
        };
        if kept >= self.digits.len() {
            return self;
        }
        let dropped = self.digits.split_off(kept);
        let last_is_odd = self.digits.last().is_some_and(|d| d % 2 == 1);
        let up = match dropped.as_slice() {
            // Trailing zeros are never stored, so a lone 5 is exactly a half.
            [5] => last_is_odd,
            [first, ..] => *first >= 5,
            [] => false,
        };
        if up {
            self.increment();
        }
        self.normalized()
    }

    /// Adds one unit of the last kept digit.
    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
        self.point += 1;
    }

    /// A zero carries no sign: `-0.04` at one place reads `0.0`.
    pub(super) fn sign(&self) -> &'static str {
        if self.negative && !self.is_zero() { "-" } else { "" }
    }

    fn digit(&self, place: i32) -> char {
        let digit = usize::try_from(place).ok().and_then(|i| self.digits.get(i)).copied().unwrap_or(0);
        char::from(b'0' + digit)
    }

    /// Digits in front of the point, at least one.
    pub(super) fn whole(&self) -> String {
        if self.point <= 0 { "0".into() } else { (0..self.point).map(|i| self.digit(i)).collect() }
    }

    /// `places` digits behind the point, with the point; empty for no places.
    pub(super) fn fraction(&self, places: i32) -> String {
        if places <= 0 {
            return String::new();
        }
        std::iter::once('.').chain((0..places).map(|i| self.digit(self.point + i))).collect()
    }

    /// The exponent of scientific notation: one digit stands in front of the point.
    pub(super) fn exponent(&self) -> i32 {
        if self.is_zero() { 0 } else { self.point - 1 }
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(whole: &str) -> String {
    let mut text = String::with_capacity(whole.len() + whole.len() / 3);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of things with its noun, which takes an `s` where there is not exactly one: `10,000 rows`, `1 row`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(&count.to_string()))
}
