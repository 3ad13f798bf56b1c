//! Time zones: their names, and how far local time is from UTC.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use hashbrown::HashMap;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::error::{Error, ErrorKind, Result};

/// A time zone: UTC, a fixed offset, or a zone of the bundled IANA database. Copies are handles to one entry that lives as
/// long as the process.
///
/// Zones are equal as pandas compares them: all spellings of UTC are one, others by their name.
///
/// ```
/// use column::{LocalTime, Zone};
///
/// let eastern: Zone = "US/Eastern".parse()?;
/// assert_eq!(eastern.offset_seconds(1_710_000_000), -5 * 3_600);
/// // 2024-03-10 02:30 was skipped.
/// assert!(matches!(eastern.local(1_710_037_800), LocalTime::Gap { .. }));
/// # Ok::<(), column::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Zone(&'static Entry);

struct Entry {
    /// What Python's `str` of the zone gives.
    name: Box<str>,
    key: Box<str>,
    rule: Rule,
}

#[derive(Clone, Copy)]
enum Rule {
    Utc,
    Fixed(i32),
    Table(&'static Table),
}

/// What a local time is in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalTime {
    /// It happened once, at this offset.
    Once(i32),
    /// It happened twice, first at the offset `before`, again at `after`.
    Fold {
        /// Offset of the first time.
        before: i32,
        /// Offset of the second time.
        after: i32,
    },
    /// The clock was put forward over it.
    Gap {
        /// Offset until then.
        before: i32,
        /// Offset from then on.
        after: i32,
        /// Seconds in UTC of the change.
        at: i64,
    },
}

impl Zone {
    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        static UTC: LazyLock<Zone> = LazyLock::new(|| intern("UTC", "UTC", || Rule::Utc));
        *UTC
    }

    /// A fixed offset from UTC in seconds, named as Python names it: `UTC+01:15`. An offset of zero is UTC.
    ///
    /// # Errors
    /// `ValueError` for a day or more.
    pub fn fixed(seconds: i32) -> Result<Self> {
        if seconds == 0 {
            return Ok(Self::utc());
        }
        if seconds.abs() >= 86_400 {
            return Err(Error::value_error(format!(
                "offset must be strictly between -24 hours and 24 hours, found {seconds} seconds"
            )));
        }
        let name = format!("UTC{}", offset_text(seconds, true));
        Ok(intern(&name, &name, || Rule::Fixed(seconds)))
    }

    /// A fixed offset in seconds under a host's own name, such as `tzutc()`; zero is UTC.
    ///
    /// # Errors
    /// `ValueError` for a day or more, and where the name stands for other rules already: a dtype tells zones apart by
    /// their names alone.
    pub fn named(name: &str, seconds: i32) -> Result<Self> {
        let made = Self::fixed(seconds)?.alias(name, name);
        if made.fixed_offset_seconds() == Some(seconds) {
            return Ok(made);
        }
        Err(Error::value_error(format!("the time zone name {name} stands for another offset already")))
    }

    /// The same rules under a name and a key of the host's: what a host calls `tzfile('…')` has the rules of an IANA
    /// zone.
    #[must_use]
    pub fn alias(self, name: &str, key: &str) -> Self {
        intern(name, key, || self.0.rule)
    }

    /// The name, as Python's `str` of the zone.
    #[must_use]
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// What names the zone among all; the name, but for a host's aliases.
    #[must_use]
    pub fn key(self) -> &'static str {
        &self.0.key
    }

    /// Whether the zone is UTC under any name.
    #[must_use]
    pub fn is_utc(self) -> bool {
        matches!(self.0.rule, Rule::Utc)
    }

    /// The offset in seconds, where it never changes.
    #[must_use]
    pub fn fixed_offset_seconds(self) -> Option<i32> {
        match self.0.rule {
            Rule::Utc => Some(0),
            Rule::Fixed(seconds) => Some(seconds),
            Rule::Table(_) => None,
        }
    }

    /// Seconds that local time is ahead of UTC at a point in UTC, in seconds since 1970.
    #[must_use]
    pub fn offset_seconds(self, utc: i64) -> i32 {
        match self.0.rule {
            Rule::Utc => 0,
            Rule::Fixed(seconds) => seconds,
            Rule::Table(table) => table.span(folded(utc)).offset,
        }
    }

    /// The abbreviation in use at a point in UTC: `EST`, or the name of a fixed offset.
    #[must_use]
    pub fn abbreviation(self, utc: i64) -> String {
        match self.0.rule {
            Rule::Table(table) => {
                let at = Timestamp::from_second(folded(utc)).unwrap_or(Timestamp::MIN);
                table.zone.to_offset_info(at).abbreviation().to_owned()
            }
            _ => self.name().to_owned(),
        }
    }

    /// Whether daylight saving time holds at a point in UTC.
    #[must_use]
    pub fn is_dst(self, utc: i64) -> bool {
        match self.0.rule {
            Rule::Table(table) => {
                let at = Timestamp::from_second(folded(utc)).unwrap_or(Timestamp::MIN);
                table.zone.to_offset_info(at).dst().is_dst()
            }
            _ => false,
        }
    }

    /// What a local time (seconds since 1970-01-01 00:00 local) is in UTC.
    #[must_use]
    pub fn local(self, seconds: i64) -> LocalTime {
        match self.0.rule {
            Rule::Utc => LocalTime::Once(0),
            Rule::Fixed(offset) => LocalTime::Once(offset),
            Rule::Table(table) => {
                let within = folded(seconds);
                match table.local(within) {
                    LocalTime::Gap { before, after, at } => {
                        LocalTime::Gap { before, after, at: at + (seconds - within) }
                    }
                    found => found,
                }
            }
        }
    }
}

impl FromStr for Zone {
    type Err = Error;

    /// `UTC`, an IANA name, `+01:15` or `UTC-02:15`, and `dateutil/NAME`.
    ///
    /// # Errors
    /// Python's `ZoneInfoNotFoundError` for a name that is none of them.
    fn from_str(text: &str) -> Result<Self> {
        if matches!(text, "UTC" | "utc") {
            return Ok(Self::utc());
        }
        if let Some(known) = known(text) {
            return Ok(known);
        }
        let offset = text.strip_prefix("UTC").unwrap_or(text);
        if offset.starts_with(['+', '-'])
            && let Some(seconds) = parse_offset(offset)
        {
            return Self::fixed(seconds);
        }
        if let Some(name) =
            text.strip_prefix("tzfile('/usr/share/zoneinfo/").and_then(|rest| rest.strip_suffix("')"))
        {
            return format!("dateutil/{name}").parse();
        }
        if let Some(name) = text.strip_prefix("dateutil/") {
            return Ok(name.parse::<Self>()?.alias(&format!("tzfile('/usr/share/zoneinfo/{name}')"), text));
        }
        // The database ignores case, Python does not.
        let zone = TimeZoneDatabase::bundled().get(text).ok();
        match zone.filter(|zone| zone.iana_name() == Some(text)) {
            Some(zone) => Ok(intern(text, text, || {
                Rule::Table(Box::leak(Box::new(Table { zone, spans: OnceLock::new() })))
            })),
            None => Err(Error::new(ErrorKind::ZoneNotFound, format!("'No time zone found with key {text}'"))),
        }
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || (self.is_utc() && other.is_utc())
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.is_utc() { "UTC".hash(state) } else { self.key().hash(state) }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// All zones that were asked for, by key. An entry is kept for good: a zone is part of a dtype, and there are as many as
/// the IANA database and a host have names.
static ZONES: Mutex<Option<Zones>> = Mutex::new(None);

type Zones = HashMap<&'static str, Zone, foldhash::fast::FixedState>;

/// The table; one that a panicking thread left is whole, since an entry is put in at once.
fn zones() -> MutexGuard<'static, Option<Zones>> {
    ZONES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn known(key: &str) -> Option<Zone> {
    zones().as_ref().and_then(|zones| zones.get(key)).copied()
}

fn intern(name: &str, key: &str, rule: impl FnOnce() -> Rule) -> Zone {
    let mut zones = zones();
    let zones = zones.get_or_insert_default();
    if let Some(zone) = zones.get(key) {
        return *zone;
    }
    let entry: &'static Entry =
        Box::leak(Box::new(Entry { name: name.into(), key: key.into(), rule: rule() }));
    zones.insert(&entry.key, Zone(entry));
    Zone(entry)
}

/// `+01:15`, with seconds where there are some; the sign stands for zero too.
pub(crate) fn offset_text(seconds: i32, colon: bool) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let size = seconds.unsigned_abs();
    let between = if colon { ":" } else { "" };
    let mut out = format!("{sign}{:02}{between}{:02}", size / 3_600, size / 60 % 60);
    if !size.is_multiple_of(60) {
        out.push_str(&format!("{between}{:02}", size % 60));
    }
    out
}

/// Seconds of `+01:15`, `+0115`, `+01` or `+01:15:30`.
pub(crate) fn parse_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = match digits.contains(':') {
        true if digits.split(':').all(|part| part.len() == 2) => digits.replace(':', ""),
        true => return None,
        false => digits.to_owned(),
    };
    if !matches!(digits.len(), 2 | 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| part.parse::<i32>().ok());
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    (hours < 24 && minutes < 60 && seconds < 60).then_some(sign * (hours * 3_600 + minutes * 60 + seconds))
}

/// The changes of a zone's offset.
struct Table {
    zone: TimeZone,
    spans: OnceLock<Vec<Span>>,
}

/// An offset that holds from a second in UTC until the next span.
#[derive(Clone, Copy)]
struct Span {
    start: i64,
    offset: i32,
}

/// 2500-01-01: what comes later repeats the 400 years before, since the calendar does, whole weeks included, and every
/// zone follows a yearly rule by 2100.
const END: i64 = 16_725_225_600;
const CYCLE: i64 = 146_097 * 86_400;

fn folded(seconds: i64) -> i64 {
    if seconds < END { seconds } else { END - CYCLE + (seconds - END).rem_euclid(CYCLE) }
}

impl Table {
    fn spans(&self) -> &[Span] {
        self.spans.get_or_init(|| {
            let first = Span { start: i64::MIN, offset: self.zone.to_offset(Timestamp::MIN).seconds() };
            let changes = self.zone.following(Timestamp::MIN).map(|change| Span {
                start: change.timestamp().as_second(),
                offset: change.offset().seconds(),
            });
            // A day beyond the end, so that local times near it have their neighbours.
            std::iter::once(first).chain(changes.take_while(|span| span.start < END + 2 * 86_400)).collect()
        })
    }

    fn position(&self, utc: i64) -> usize {
        self.spans().partition_point(|span| span.start <= utc).saturating_sub(1)
    }

    fn span(&self, utc: i64) -> Span {
        self.spans().get(self.position(utc)).copied().unwrap_or(Span { start: i64::MIN, offset: 0 })
    }

    fn local(&self, local: i64) -> LocalTime {
        // No offset is two days; within them few changes lie.
        const REACH: i64 = 2 * 86_400;
        let (low, high) =
            (self.position(local.saturating_sub(REACH)), self.position(local.saturating_add(REACH)));
        let near = self.spans().get(low..=high).unwrap_or(&[]);
        let begins = |span: &Span| span.start.saturating_add(i64::from(span.offset));
        let mut found = near.iter().enumerate().filter(|(i, span)| {
            let ends = near.get(i + 1).map_or(i64::MAX, |next| next.start + i64::from(span.offset));
            begins(span) <= local && local < ends
        });
        match (found.next(), found.next()) {
            (Some((_, once)), None) => LocalTime::Once(once.offset),
            (Some((_, a)), Some((_, b))) => LocalTime::Fold { before: a.offset, after: b.offset },
            _ => {
                let skipped = near.windows(2).find(|pair| match pair {
                    [a, b] => b.start + i64::from(a.offset) <= local && local < begins(b),
                    _ => false,
                });
                match skipped {
                    Some([a, b]) => LocalTime::Gap { before: a.offset, after: b.offset, at: b.start },
                    _ => LocalTime::Once(self.span(local).offset),
                }
            }
        }
    }
}
