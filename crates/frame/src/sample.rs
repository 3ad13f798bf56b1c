//! `sample`: rows drawn by numpy's legacy generator, so that a seed gives pandas' rows.

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::series::Series;

/// MT19937 of Matsumoto and Nishimura, seeded as numpy's `RandomState(seed)`.
#[derive(Clone)]
pub(crate) struct RandomState {
    words: [u32; 624],
    next: usize,
}

impl RandomState {
    pub fn new(seed: u32) -> Self {
        let mut words = [0u32; 624];
        words[0] = seed;
        for place in 1..624 {
            let before = words[place - 1];
            words[place] = 1_812_433_253u32.wrapping_mul(before ^ (before >> 30)).wrapping_add(place as u32);
        }
        Self { words, next: 624 }
    }

    fn twist(&mut self) {
        for place in 0..624 {
            let joined = (self.words[place] & 0x8000_0000) | (self.words[(place + 1) % 624] & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[place] = self.words[(place + 397) % 624] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }

    fn word(&mut self) -> u32 {
        if self.next >= 624 {
            self.twist();
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// A number from 0 to `max`: words under a mask until one is not too large, as numpy draws it.
    fn interval(&mut self, max: u64) -> u64 {
        if max == 0 {
            return 0;
        }
        let mask = u64::MAX >> max.leading_zeros();
        loop {
            let value = match u32::try_from(max) {
                Ok(_) => u64::from(self.word()),
                Err(_) => (u64::from(self.word()) << 32) | u64::from(self.word()),
            } & mask;
            if value <= max {
                return value;
            }
        }
    }

    /// `choice(len, count, replace)`.
    pub fn choice(&mut self, len: usize, count: usize, replace: bool) -> Vec<usize> {
        if replace {
            return (0..count).map(|_| self.interval(len as u64 - 1) as usize).collect();
        }
        let mut rows: Vec<usize> = (0..len).collect();
        for place in (1..len).rev() {
            let other = self.interval(place as u64) as usize;
            rows.swap(place, other);
        }
        rows.truncate(count);
        rows
    }
}

/// Options of `sample`, with pandas' names and defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// How many rows; one where neither this nor `frac` is given.
    pub n: Option<i64>,
    /// Which share of the rows.
    pub frac: Option<f64>,
    /// Whether a row may be drawn again.
    pub replace: bool,
    /// Seed of the generator. There is no draw without one: chance is an effect of the caller's.
    pub random_state: u32,
    /// Whether the rows are numbered anew.
    pub ignore_index: bool,
}

impl Sample {
    /// One row, or as many as the fields say, drawn with a seed.
    pub fn seeded(random_state: u32) -> Self {
        Self { n: None, frac: None, replace: false, random_state, ignore_index: false }
    }

    fn rows(&self, len: usize) -> Result<Vec<usize>> {
        let count = match (self.n, self.frac) {
            (Some(_), Some(_)) => {
                return Err(Error::value("Please enter a value for `frac` OR `n`, not both"));
            }
            (Some(n), None) if n < 0 => {
                return Err(Error::value("A negative number of rows requested. Please provide `n` >= 0."));
            }
            (Some(n), None) => n as usize,
            (None, Some(frac)) if frac < 0.0 => {
                return Err(Error::value("A negative number of rows requested. Please provide `frac` >= 0."));
            }
            (None, Some(frac)) if frac > 1.0 && !self.replace => {
                let message = "Replace has to be set to `True` when upsampling the population `frac` > 1.";
                return Err(Error::value(message));
            }
            (None, Some(frac)) => (frac * len as f64).round_ties_even() as usize,
            (None, None) => 1,
        };
        if count > len && !self.replace {
            return Err(Error::value("Cannot take a larger sample than population when 'replace=False'"));
        }
        if len == 0 && count > 0 {
            return Err(Error::value("a must be greater than 0 unless no samples are taken"));
        }
        Ok(RandomState::new(self.random_state).choice(len, count, self.replace))
    }
}

impl Series {
    /// Rows drawn by chance, with a seed.
    ///
    /// # Errors
    /// `ValueError` for more rows than there are (without `replace`), a negative number, or both `n` and `frac`.
    pub fn sample(&self, options: &Sample) -> Result<Self> {
        let drawn = self.take(&options.rows(self.len())?)?;
        Ok(if options.ignore_index { drawn.drop_index() } else { drawn })
    }
}

impl Frame {
    /// Rows drawn by chance, with a seed.
    ///
    /// # Errors
    /// As [`Series::sample`].
    pub fn sample(&self, options: &Sample) -> Result<Self> {
        let drawn = self.take(&options.rows(self.len())?)?;
        if options.ignore_index { drawn.reset_index(true) } else { Ok(drawn) }
    }
}
