//! Zoned datetimes. Expected values: oracle, pandas 3.1.1 (`tz_localize`, `tz_convert`, `astype`).

use column::{
    Ambiguous, Arithmetic, Column, Comparison, DType, ErrorKind, Nonexistent, Scalar, TimeUnit, Zone,
};

fn eastern() -> Zone {
    "US/Eastern".parse().expect("a zone")
}

fn naive(texts: Vec<&str>) -> Column {
    Column::from(texts).to_datetime(None, false).expect("datetimes")
}

fn shown(column: &Column) -> Vec<String> {
    column.iter().map(|scalar| scalar.to_string()).collect()
}

fn message<T: std::fmt::Debug>(result: column::Result<T>) -> String {
    result.expect_err("an error").message().to_owned()
}

const SKIPPED: &str = "2024-03-10 02:30";
const REPEATED: &str = "2024-11-03 01:30";

#[test]
fn names_read_as_in_python() {
    let name = |text: &str| text.parse::<Zone>().expect("a zone").name();
    assert_eq!(name("utc"), "UTC");
    assert_eq!(name("+01:15"), "UTC+01:15");
    assert_eq!(name("UTC-02:15"), "UTC-02:15");
    assert_eq!(name("dateutil/US/Pacific"), "tzfile('/usr/share/zoneinfo/US/Pacific')");
    assert_ne!("Etc/UTC".parse::<Zone>().expect("a zone"), Zone::utc());
    let unknown = "us/eastern".parse::<Zone>().expect_err("Python heeds case");
    assert_eq!(
        (unknown.kind(), unknown.message()),
        (ErrorKind::ZoneNotFound, "'No time zone found with key us/eastern'")
    );
    let dtype: DType = "datetime64[us, US/Eastern]".parse().expect("a dtype");
    assert_eq!(dtype, DType::Zoned(TimeUnit::Micro, eastern()));
    assert_eq!(dtype.to_string(), "datetime64[us, US/Eastern]");
}

#[test]
fn local_times_show_their_offset() {
    let column =
        naive(vec!["1800-01-01 00:00", "2024-03-09 12:00", "2024-03-11 00:00", "2999-07-01 00:00", "NaT"]);
    let zoned =
        column.localize(eastern(), &Ambiguous::Raise, Nonexistent::Raise).expect("no change of clocks");
    assert_eq!(
        shown(&zoned),
        [
            "1800-01-01 00:00:00-04:56:02",
            "2024-03-09 12:00:00-05:00",
            "2024-03-11 00:00:00-04:00",
            "2999-07-01 00:00:00-04:00",
            "NaT"
        ]
    );
    assert_eq!(zoned.delocalize().expect("datetimes"), column);
    assert_eq!(shown(&zoned.convert_zone(None).expect("zoned"))[1], "2024-03-09 17:00:00");
    assert_eq!(
        zoned.get(1).expect("a row"),
        Scalar::Zoned(1_710_003_600_000_000, TimeUnit::Micro, eastern())
    );
    let hours = zoned.datetime_part(column::DatetimePart::Hour).expect("datetimes");
    assert_eq!(shown(&hours.slice(1, 3)), ["12.0", "0.0"]);
    assert_eq!(zoned.day_name().expect("datetimes").get(2), Some(Scalar::str("Monday")));
    assert_eq!(shown(&zoned.normalize().expect("datetimes"))[1], "2024-03-09 00:00:00-05:00");
}

#[test]
fn skipped_times_follow_nonexistent() {
    let localize = |how| naive(vec![SKIPPED]).localize(eastern(), &Ambiguous::Raise, how);
    assert_eq!(
        message(localize(Nonexistent::Raise)),
        "2024-03-10 02:30:00 is a nonexistent time due to daylight savings time. Try using the 'nonexistent' argument."
    );
    let time = |how| shown(&localize(how).expect("settled"))[0].clone();
    assert_eq!(time(Nonexistent::NaT), "NaT");
    assert_eq!(time(Nonexistent::ShiftForward), "2024-03-10 03:00:00-04:00");
    assert_eq!(time(Nonexistent::ShiftBackward), "2024-03-10 01:59:59.999999-05:00");
    assert_eq!(time(Nonexistent::Shift(3_600_000_000_000)), "2024-03-10 03:30:00-04:00");
    assert_eq!(
        message(localize(Nonexistent::Shift(60_000_000_000))),
        "The provided timedelta will relocalize on a nonexistent time: 0 days 00:01:00"
    );
}

#[test]
fn repeated_times_follow_ambiguous() {
    let localize = |how| naive(vec![REPEATED]).localize(eastern(), &how, Nonexistent::Raise);
    assert_eq!(
        message(localize(Ambiguous::Raise)),
        "Cannot infer dst time from 2024-11-03 01:30:00, try using the 'ambiguous' argument"
    );
    assert_eq!(
        message(localize(Ambiguous::Infer)),
        "Cannot infer dst time from 2024-11-03 01:30:00 as there are no repeated times"
    );
    let dst = |bits: &[bool]| Ambiguous::Dst(bits.iter().copied().collect());
    assert_eq!(
        message(localize(dst(&[true, false]))),
        "Length of ambiguous bool-array must be the same size as vals"
    );
    assert_eq!(shown(&localize(dst(&[true])).expect("settled")), ["2024-11-03 01:30:00-04:00"]);
    assert_eq!(shown(&localize(dst(&[false])).expect("settled")), ["2024-11-03 01:30:00-05:00"]);
    assert_eq!(shown(&localize(Ambiguous::NaT).expect("settled")), ["NaT"]);
    let twice = naive(vec![REPEATED, "2024-11-03 01:45", REPEATED, "2024-11-03 01:59"]);
    assert_eq!(
        shown(&twice.localize(eastern(), &Ambiguous::Infer, Nonexistent::Raise).expect("one switch")),
        [
            "2024-11-03 01:30:00-04:00",
            "2024-11-03 01:45:00-04:00",
            "2024-11-03 01:30:00-05:00",
            "2024-11-03 01:59:00-05:00"
        ]
    );
}

#[test]
fn naive_and_zoned_do_not_mix() {
    let column = naive(vec!["2024-01-01 00:00"]);
    let zoned = column.localize(eastern(), &Ambiguous::Raise, Nonexistent::Raise).expect("a time");
    assert_eq!(
        message(zoned.localize(eastern(), &Ambiguous::Raise, Nonexistent::Raise)),
        "Already tz-aware, use tz_convert to convert."
    );
    assert_eq!(
        message(column.convert_zone(None)),
        "Cannot convert tz-naive timestamps, use tz_localize to localize"
    );
    assert_eq!(
        message(Column::arithmetic(Arithmetic::Subtract, &zoned, &column)),
        "Cannot subtract tz-naive and tz-aware datetime-like objects"
    );
    let equal = Column::compare(Comparison::Equal, &zoned, &column).expect("bools");
    assert_eq!(equal, Column::from(vec![false]));
    assert_eq!(
        message(Column::compare(Comparison::Less, &zoned, &Scalar::Datetime(0, TimeUnit::Second))),
        "Invalid comparison between dtype=datetime64[us, US/Eastern] and Timestamp"
    );
    let text = Column::compare(Comparison::Equal, &zoned, &Scalar::str("2024-01-01 00:00")).expect("bools");
    assert_eq!(text, Column::from(vec![true]));
    assert!(
        message(zoned.cast(DType::Datetime(TimeUnit::Nano)))
            .starts_with("Cannot use .astype to convert from")
    );
    assert_eq!(Column::concat(&[&zoned, &column]).expect("objects").dtype(), DType::Object);
    let utc = zoned.convert_zone(Some(Zone::utc())).expect("zoned");
    assert_eq!(Column::concat(&[&zoned, &utc]).expect("objects").dtype(), DType::Object);
    assert_eq!(Column::compare(Comparison::Equal, &zoned, &utc).expect("bools"), Column::from(vec![true]));
    let texts = Column::from(vec!["2024-01-01", "2024-01-02T00:00+01:00"]);
    assert_eq!(
        shown(&texts.cast(DType::Zoned(TimeUnit::Nano, eastern())).expect("texts")),
        ["2024-01-01 00:00:00-05:00", "2024-01-01 18:00:00-05:00"]
    );
}

/// naive reference: the offset of a point in UTC, asked for again, gives the local time back.
#[test]
fn every_hour_of_a_year_reads_back() {
    for name in ["US/Eastern", "Australia/Lord_Howe", "Asia/Tokyo", "Africa/Casablanca", "Europe/Dublin"] {
        let zone: Zone = name.parse().expect("a zone");
        for year in [0, 30, 100, 700] {
            for hour in 0..24 * 366 {
                let utc = (year * 31_556_952) + hour * 3_600;
                let local = utc + i64::from(zone.offset_seconds(utc));
                let candidates = match zone.local(local) {
                    column::LocalTime::Once(offset) => vec![offset],
                    column::LocalTime::Fold { before, after } => vec![before, after],
                    column::LocalTime::Gap { .. } => vec![],
                };
                assert!(candidates.contains(&zone.offset_seconds(utc)), "{name} {utc}");
            }
        }
    }
}

#[test]
fn a_host_names_a_fixed_offset() {
    let zone = Zone::named("a zone of tests", -3_600).expect("a zone");
    assert_eq!((zone.name(), zone.fixed_offset_seconds()), ("a zone of tests", Some(-3_600)));
    assert_eq!("a zone of tests".parse::<Zone>().expect("a known zone"), zone);
    // A dtype has the name alone, which cannot stand for two offsets.
    assert!(Zone::named("a zone of tests", 3_600).is_err());
    let file = "tzfile('/usr/share/zoneinfo/US/Pacific')".parse::<Zone>().expect("what dateutil calls it");
    assert_eq!(file, "dateutil/US/Pacific".parse().expect("a zone"));
}

#[test]
fn times_have_no_truth() {
    let times = naive(vec!["2024-01-01"]);
    let truth = Column::from(vec![true]);
    assert_eq!(
        message(Column::logic(column::Logic::And, &truth, &times)),
        "operation 'and_' not supported for dtype 'bool' with dtype 'datetime64[us]'"
    );
}

#[test]
fn times_among_objects_compute_as_times() {
    let objects = |column: &Column| column.cast(DType::Object).expect("objects");
    let (early, late) = (naive(vec!["2024-01-01"]), naive(vec!["2024-01-03"]));
    let found =
        Column::arithmetic(Arithmetic::Subtract, &objects(&late), &objects(&early)).expect("a duration");
    assert_eq!(shown(&found), ["2 days 00:00:00"]);
}
