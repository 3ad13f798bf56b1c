use super::*;
use proptest::prelude::*;

fn labels(axis: &Axis) -> Vec<&str> {
    axis.marks.iter().map(|(_, label)| label.as_str()).collect()
}

/// Source: hand.
#[test]
fn ticks_are_the_round_numbers_a_person_would_choose() {
    for (low, high, expected) in [
        (0.0, 1.0, "0 0.2 0.4 0.6 0.8 1.0"),
        (0.0, 0.106, "0 0.02 0.04 0.06 0.08 0.10 0.12"),
        (-3.0, 12.0, "-5 0 5 10 15"),
        (0.0, 10_000.0, "0 2,000 4,000 6,000 8,000 10,000"),
        (0.0, 4_200_000.0, "0 1M 2M 3M 4M 5M"),
        (0.0, 4e12, "0 1e12 2e12 3e12 4e12"),
        (0.0, 6e-7, "0 1e-7 2e-7 3e-7 4e-7 5e-7 6e-7"),
        (7.0, 7.0, "6.0 6.5 7.0 7.5 8.0"),
        (0.0, 0.0, "-1.0 -0.5 0 0.5 1.0"),
    ] {
        assert_eq!(labels(&number_axis(low, high, 5, None)).join(" "), expected, "{low} to {high}");
    }
}

#[test]
fn a_format_writes_the_ticks_unless_it_would_make_them_equal() {
    let percent = Format::Percent(0);
    assert_eq!(labels(&number_axis(0.0, 0.4, 4, Some(&percent))), ["0%", "10%", "20%", "30%", "40%"]);
    // No place behind the point that is zero on every tick.
    assert_eq!(
        labels(&number_axis(0.0, 0.4, 4, Some(&Format::Percent(2)))),
        ["0%", "10%", "20%", "30%", "40%"]
    );
    assert_eq!(
        labels(&number_axis(0.0, 0.02, 4, Some(&Format::Percent(2)))),
        ["0.0%", "0.5%", "1.0%", "1.5%", "2.0%"]
    );
    assert_eq!(labels(&number_axis(0.0, 0.01, 2, Some(&percent))), ["0", "0.005", "0.010"]);
}

/// Source: hand, from a calendar.
#[test]
fn time_ticks_stand_on_calendar_steps() {
    let day = 86_400_000_000;
    let years = calendar_axis(15_340 * day, 16_770 * day, 5);
    assert_eq!(labels(&years), ["2012", "2013", "2014", "2015"]);
    let months = calendar_axis(15_340 * day, 15_340 * day + 100 * day, 5);
    assert_eq!(labels(&months), ["Jan 2012", "Feb 2012", "Mar 2012", "Apr 2012"]);
    let hours = calendar_axis(0, day / 2, 6);
    assert_eq!(labels(&hours), ["1 Jan 00:00", "1 Jan 03:00", "1 Jan 06:00", "1 Jan 09:00", "1 Jan 12:00"]);
    assert!(!calendar_axis(i64::MIN, i64::MAX, 5).marks.is_empty());
}

fn any_finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("finite", |v| v.is_finite()),
        -1e6..1e6,
        (-1000i64..1000).prop_map(|n| n as f64)
    ]
}

proptest! {
    #[test]
    fn ticks_enclose_the_range_and_differ(a in any_finite(), b in any_finite(), target in 1usize..12) {
        let axis = number_axis(a, b, target, None);
        let clamp = |v: f64| v.clamp(-1e300, 1e300);
        prop_assert!(axis.low <= clamp(a.min(b)) && clamp(a.max(b)) <= axis.high, "{axis:?}");
        prop_assert!((2..=2 * target.max(2) + 2).contains(&axis.marks.len()), "{axis:?}");
        for pair in axis.marks.windows(2) {
            prop_assert!(pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1, "{axis:?}");
        }
    }

    #[test]
    fn a_range_around_zero_has_a_tick_at_zero(a in -1e9..0.0, b in 0.0..1e9, target in 1usize..12) {
        prop_assert!(number_axis(a, b, target, None).marks.iter().any(|(v, _)| *v == 0.0));
    }
}
