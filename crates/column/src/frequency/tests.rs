use super::*;
use crate::dtype::TimeUnit;

fn days(days: &[i64]) -> Column {
    Column::datetime(days.iter().map(|day| day * SECONDS_PER_DAY).collect(), TimeUnit::Second)
}

fn step(column: &Column) -> Option<String> {
    column.infer_frequency().map(|frequency| frequency.to_string())
}

#[test]
fn a_frequency_reads_what_it_writes() {
    for text in ["D", "-1D", "15min", "2QE-DEC", "WOM-2TUE", "bh"] {
        assert_eq!(text.parse::<Frequency>().expect("a frequency").to_string(), text);
    }
    for text in ["", "15", "0D", "D D", "é", "--1D", "99999999999999999999D"] {
        assert!(text.parse::<Frequency>().is_err(), "{text}");
    }
    let day: Frequency = "D".parse().expect("a frequency");
    assert_eq!(day.times(-2).map(|step| step.to_string()).as_deref(), Some("-2D"));
    assert_eq!((day.times(0), day.times(2).and_then(|two| two.times(i64::MAX))), (None, None));
}

/// Too few, not strictly rising or falling, missing, or beyond what 64 bits can tell apart.
#[test]
fn irregular_times_have_no_frequency() {
    for irregular in [&[][..], &[1], &[1, 2], &[1, 1, 2], &[1, 3, 2], &[1, 2, 2], &[1, 2, 4]] {
        assert_eq!(step(&days(irregular)), None, "{irregular:?}");
    }
    assert_eq!(step(&Column::datetime(vec![0, i64::MIN, 1], TimeUnit::Nano)), None);
    assert_eq!(step(&Column::datetime(vec![i64::MIN + 1, 1, i64::MAX], TimeUnit::Nano)), None);
    assert_eq!(step(&Column::from(vec![1i64, 2, 3])), None);
}
