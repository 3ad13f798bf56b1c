//! Datetimes and timedeltas. Expected values: oracle, pandas 3.1.1.

use column::{
    Ambiguous, Arithmetic, Column, Comparison, DType, Nonexistent, Scalar, TimeRounding, TimeUnit,
    TimedeltaPart, Zone, fixed_frequency_nanoseconds,
};

fn shown(column: &Column) -> String {
    column.iter().map(|scalar| scalar.to_string()).collect::<Vec<_>>().join(" | ")
}

fn message<T: std::fmt::Debug>(result: column::Result<T>) -> String {
    result.expect_err("an error").message().to_owned()
}

fn dates() -> Column {
    let texts = vec!["2024-03-09 12:34:56.789123", "2024-03-31 23:59:59.500000", "NaT"];
    Column::from(texts).to_datetime(None, false).expect("datetimes")
}

fn deltas() -> Column {
    let texts = vec!["1 days 02:03:04.005006", "-1 days +01:00:00", "NaT"];
    Column::from(texts).to_timedelta(None, false).expect("timedeltas")
}

fn rounded(column: &Column, how: TimeRounding, frequency: &str) -> column::Result<Column> {
    let span = fixed_frequency_nanoseconds(frequency)?;
    column.round_times(how, span, &Ambiguous::Raise, Nonexistent::Raise)
}

#[test]
fn times_round_to_a_frequency() {
    let round = |how, frequency| shown(&rounded(&dates(), how, frequency).expect("a fixed frequency"));
    let (nearest, floor, ceil) = (TimeRounding::Nearest, TimeRounding::Floor, TimeRounding::Ceil);
    assert_eq!(round(nearest, "D"), "2024-03-10 00:00:00 | 2024-04-01 00:00:00 | NaT");
    assert_eq!(round(nearest, "7D"), "2024-03-07 00:00:00 | 2024-04-04 00:00:00 | NaT");
    assert_eq!(round(nearest, "1h30min"), "2024-03-09 12:00:00 | 2024-04-01 00:00:00 | NaT");
    assert_eq!(round(floor, "1.5h"), "2024-03-09 12:00:00 | 2024-03-31 22:30:00 | NaT");
    assert_eq!(round(floor, "-1h"), "2024-03-09 13:00:00 | 2024-04-01 00:00:00 | NaT");
    assert_eq!(round(ceil, "-1h"), "2024-03-09 12:00:00 | 2024-03-31 23:00:00 | NaT");
    assert_eq!(round(ceil, "ms"), "2024-03-09 12:34:56.790000 | 2024-03-31 23:59:59.500000 | NaT");
    assert_eq!(round(ceil, "ns"), round(floor, "0h"));
    assert_eq!(message(rounded(&dates(), floor, "ME")), "<MonthEnd> is a non-fixed frequency");
    let delta = |how, frequency| shown(&rounded(&deltas(), how, frequency).expect("a fixed frequency"));
    assert_eq!(delta(nearest, "h"), "1 days 02:00:00 | -1 days +01:00:00 | NaT");
    assert_eq!(delta(floor, "D"), "1 days 00:00:00 | -1 days +00:00:00 | NaT");
    assert_eq!(delta(ceil, "min"), "1 days 02:04:00 | -1 days +01:00:00 | NaT");
}

#[test]
fn zoned_times_round_on_the_wall() {
    let eastern: Zone = "US/Eastern".parse().expect("a zone");
    let utc = Column::from(vec!["2024-11-03 05:59:00", "2024-11-03 06:10:00"]);
    let utc = utc.to_datetime(None, false).expect("datetimes");
    let column = utc
        .localize(Zone::utc(), &Ambiguous::Raise, Nonexistent::Raise)
        .and_then(|column| column.convert_zone(Some(eastern)))
        .expect("zoned");
    let hour = 3_600_000_000_000;
    let floor = |ambiguous| column.round_times(TimeRounding::Floor, hour, &ambiguous, Nonexistent::Raise);
    assert_eq!(
        message(floor(Ambiguous::Raise)),
        "Cannot infer dst time from 2024-11-03 01:00:00, try using the 'ambiguous' argument"
    );
    let both = "2024-11-03 01:00:00-04:00 | 2024-11-03 01:00:00-05:00";
    assert_eq!(shown(&floor(Ambiguous::Infer).expect("one switch")), both);
    assert_eq!(shown(&floor(Ambiguous::Dst([true, false].into_iter().collect())).expect("told")), both);
}

#[test]
fn local_times_beyond_the_clock_are_named() {
    let localized = |tick, zone: &str| {
        let zone: Zone = zone.parse().expect("a zone");
        message(Column::datetime(vec![tick], TimeUnit::Nano).localize(
            zone,
            &Ambiguous::Raise,
            Nonexistent::Raise,
        ))
    };
    // The reference's texts.
    assert_eq!(
        localized(i64::MAX, "America/New_York"),
        "Converting 2262-04-11 23:47:16 overflows past 2262-04-11 23:47:16.854775807"
    );
    assert_eq!(
        localized(i64::MIN + 1, "Asia/Tokyo"),
        "Converting 1677-09-21 00:12:43 underflows past 1677-09-21 00:12:43.145224193"
    );
}

#[test]
fn parts_of_dates_and_durations() {
    let dates = dates();
    let bits = |column: column::Result<Column>| shown(&column.expect("datetimes"));
    assert_eq!(bits(dates.is_quarter_end()), "False | True | False");
    assert_eq!(bits(dates.is_year_end()), "False | False | False");
    let [year, week, day] = dates.iso_calendar().expect("datetimes");
    assert_eq!(
        [shown(&year), shown(&week), shown(&day)],
        ["2024 | 2024 | <NA>", "10 | 13 | <NA>", "6 | 7 | <NA>"]
    );
    // The dtypes are the reference's `.dt.isocalendar().dtypes`.
    let dtypes = [&year, &week, &day].map(|column| column.dtype().to_string());
    assert_eq!(dtypes, ["Int32", "UInt32", "UInt32"]);
    let part = |part| shown(&deltas().timedelta_part(part).expect("timedeltas"));
    assert_eq!(part(TimedeltaPart::Days), "1.0 | -1.0 | nan");
    assert_eq!(part(TimedeltaPart::Seconds), "7384.0 | 3600.0 | nan");
    assert_eq!(part(TimedeltaPart::Microseconds), "5006.0 | 0.0 | nan");
    assert_eq!(part(TimedeltaPart::MillisecondsOfSecond), "5.0 | 0.0 | nan");
    assert_eq!(
        deltas().slice(0, 2).timedelta_part(TimedeltaPart::Seconds).map(|c| c.dtype()),
        Ok(DType::INT32)
    );
}

#[test]
fn units_change_within_their_bounds() {
    assert_eq!(
        shown(&deltas().as_unit(TimeUnit::Second).expect("coarser")),
        "1 days 02:03:04 | -1 days +01:00:00 | NaT"
    );
    assert_eq!(
        message(Column::timedelta(vec![1 << 62], TimeUnit::Micro).as_unit(TimeUnit::Nano)),
        "Cannot convert 4611686018427387904 microseconds to timedelta64[ns] without overflow"
    );
    let early = Column::from(vec!["1500-01-01"]).to_datetime(None, false).expect("a date");
    assert_eq!(
        message(early.as_unit(TimeUnit::Nano)),
        "Out of bounds nanosecond timestamp: 1500-01-01 00:00:00"
    );
}

#[test]
fn durations_read_as_to_timedelta() {
    let read = |text: &str| {
        Column::from(vec![text]).to_timedelta(None, false).map(|c| (shown(&c), c.dtype().to_string()))
    };
    let us = |text: &str| Ok((text.to_owned(), "timedelta64[us]".to_owned()));
    let ns = |text: &str| Ok((text.to_owned(), "timedelta64[ns]".to_owned()));
    assert_eq!(read("1 day 2 hours"), us("1 days 02:00:00"));
    assert_eq!(read("1h30min"), us("0 days 01:30:00"));
    assert_eq!(read("-1 days +02:03:04"), us("-1 days +02:03:04"));
    assert_eq!(read("- 1 day"), us("-1 days +00:00:00"));
    assert_eq!(read("1.5us"), ns("0 days 00:00:00.000001500"));
    assert_eq!(read("P1DT2H3M4.5S"), us("1 days 02:03:04.500000"));
    assert_eq!(read("10"), ns("0 days 00:00:00.000000010"));
    assert_eq!(read("1,000 us"), us("0 days 00:00:00.001000"));
    assert_eq!(read("1 days 25:61:00"), us("2 days 02:01:00"));
    assert_eq!(read(""), Ok(("NaT".to_owned(), "timedelta64[s]".to_owned())));
    assert_eq!(message(read("abc")), "Could not convert 'abc' to NumPy timedelta");
    assert_eq!(message(read("1 days 2")), "have leftover units");
    assert_eq!(message(read("02:03")), "expected hh:mm:ss format");
    assert_eq!(message(read("2.5")), "no units specified");
    assert_eq!(message(read("1T")), "invalid unit abbreviation: T");
    assert_eq!(message(read("PT")), "Invalid ISO 8601 Duration format - PT");
    let counted = |unit| Column::from(vec![1i64]).to_timedelta(unit, false).map(|c| c.dtype().to_string());
    assert_eq!(counted(None), Ok("timedelta64[ns]".to_owned()));
    assert_eq!(counted(Some("D")), Ok("timedelta64[us]".to_owned()));
    let spread = Column::from(vec![1.5, f64::NAN]).to_timedelta(Some("s"), false).expect("floats");
    assert_eq!(shown(&spread), "0 days 00:00:01.500000 | NaT");
}

#[test]
fn durations_spread_and_compare() {
    assert_eq!(deltas().std(true, 1).map(|std| std.to_string()), Ok("1 days 10:41:03.747388".to_owned()));
    assert_eq!(dates().std(true, 1).map(|std| std.to_string()), Ok("15 days 21:25:32.575265".to_owned()));
    assert_eq!(
        message(deltas().var(true, 1)),
        "'TimedeltaArray' with dtype timedelta64[us] does not support operation 'var'"
    );
    let less = |other: &Scalar| Column::compare(Comparison::Less, &deltas(), other);
    assert_eq!(less(&Scalar::str("1h")), Ok(Column::from(vec![false, true, false])));
    assert_eq!(message(less(&Scalar::Int(1))), "Invalid comparison between dtype=timedelta64[us] and int");
    let ints = Column::from(vec![1i64, 2, 3]);
    let refused = "Invalid comparison between dtype=datetime64[us] and ndarray";
    assert_eq!(message(Column::compare(Comparison::Less, &dates(), &ints)), refused);
    assert_eq!(message(Column::compare(Comparison::Less, &ints, &dates())), refused);
    assert_eq!(
        message(Column::arithmetic(Arithmetic::Multiply, &deltas(), &deltas())),
        "ufunc 'multiply' cannot use operands with types dtype('<m8[us]') and dtype('<m8[us]')"
    );
    let by = |other: Vec<i64>| {
        let seconds = Column::timedelta(vec![7, 3], TimeUnit::Second);
        Column::arithmetic(Arithmetic::FloorDivide, &seconds, &Column::timedelta(other, TimeUnit::Second))
    };
    assert_eq!(by(vec![0, 2]), Ok(Column::from(vec![0i64, 1])));
    assert_eq!(by(vec![i64::MIN, -2]), Ok(Column::from(vec![f64::NAN, -2.0])));
    assert_eq!(
        message(Column::arithmetic(Arithmetic::Multiply, &deltas(), &Scalar::Bool(true))),
        "Cannot multiply 'timedelta64[us]' by bool, explicitly cast to integers instead"
    );
    assert_eq!(
        message(Column::arithmetic(Arithmetic::Divide, &Scalar::Int(2), &deltas())),
        "Cannot divide int by TimedeltaArray"
    );
}
