//! Lookups, set operations and changes of labels, judged by naive references; literal answers are pandas' own.

use column::{Column, Scalar};
use frame::{Fill, Index, LevelKey, Located, Nearby, PartialDate, Resolution, SetSort, Side};
use proptest::prelude::*;

fn ints(labels: &[i64]) -> Index {
    Index::from_column(Column::from(labels.to_vec()))
}

fn values(index: &Index) -> Vec<i64> {
    index.iter().map(|label| label.as_i128().expect("an integer") as i64).collect()
}

fn labels() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(-30i64..30, 0..60)
}

proptest! {
    #[test]
    fn a_label_stands_where_a_scan_finds_it(held in labels(), wanted in -30i64..30) {
        let rows: Vec<usize> = (0..held.len()).filter(|&row| held[row] == wanted).collect();
        match ints(&held).get_loc(&Scalar::Int(wanted)) {
            Ok(found) => prop_assert_eq!(found.rows(), rows),
            Err(_) => prop_assert!(rows.is_empty()),
        }
    }

    #[test]
    fn a_neighbour_is_the_nearest_by_scan(mut held in labels(), wanted in labels()) {
        held.sort_unstable();
        held.dedup();
        let index = ints(&held);
        for method in [Fill::Pad, Fill::Backfill] {
            let nearby = Nearby { method: Some(method), ..Nearby::default() };
            let found = index.get_indexer_nearby(&ints(&wanted), &nearby).expect("sorted labels");
            let naive: Vec<i64> = wanted
                .iter()
                .map(|label| {
                    let row = match method {
                        Fill::Pad => held.iter().rposition(|own| own <= label),
                        _ => held.iter().position(|own| own >= label),
                    };
                    row.map_or(-1, |row| row as i64)
                })
                .collect();
            prop_assert_eq!(found, naive);
        }
    }

    #[test]
    fn a_slice_of_sorted_labels_holds_those_between(mut held in labels(), low in -35i64..35, high in -35i64..35) {
        held.sort_unstable();
        let (start, stop) = ints(&held).slice_locs(Some(&low.into()), Some(&high.into()), 1).expect("sorted labels");
        let inside: Vec<i64> = held.iter().copied().filter(|label| (low..=high).contains(label)).collect();
        let sliced: Vec<i64> = (start..stop).map(|row| held[row as usize]).collect();
        prop_assert_eq!(sliced, inside);
    }

    #[test]
    fn a_difference_and_a_symmetric_difference_are_those_of_sets(left in labels(), right in labels()) {
        use std::collections::BTreeSet;
        let (a, b): (BTreeSet<i64>, BTreeSet<i64>) =
            (left.iter().copied().collect(), right.iter().copied().collect());
        let (left, right) = (ints(&left), ints(&right));
        let found = left.difference(&right, SetSort::Always).expect("integers");
        prop_assert_eq!(values(&found), a.difference(&b).copied().collect::<Vec<_>>());
        let found = left.symmetric_difference(&right, SetSort::Always).expect("integers");
        prop_assert_eq!(values(&found), a.symmetric_difference(&b).copied().collect::<Vec<_>>());
    }

    #[test]
    fn a_deletion_takes_out_what_an_insertion_put_in(held in labels(), label in -30i64..30, at in 0usize..60) {
        let at = at.min(held.len()) as i64;
        let index = ints(&held);
        let wider = index.insert(at, &label.into()).expect("a place inside");
        prop_assert_eq!(wider.get(at as usize), Some(Scalar::Int(label)));
        prop_assert_eq!(values(&wider.delete(&[at]).expect("a place inside")), held);
    }

    #[test]
    fn keys_of_levels_select_what_a_scan_selects(rows in prop::collection::vec((0i64..4, 0i64..4), 0..40), key in (0i64..4, 0i64..4)) {
        let column = |part: fn(&(i64, i64)) -> i64| Column::from(rows.iter().map(part).collect::<Vec<i64>>());
        let index = Index::from_arrays(vec![column(|row| row.0), column(|row| row.1)], vec![Scalar::None, Scalar::None]);
        let naive: Vec<usize> = (0..rows.len()).filter(|&row| rows[row] == key).collect();
        let label = Scalar::Tuple([Scalar::Int(key.0), Scalar::Int(key.1)].into());
        match index.get_loc(&label) {
            Ok(found) => prop_assert_eq!(found.rows(), naive),
            Err(_) => prop_assert!(naive.is_empty()),
        }
        let order = index.sortlevel(&[(1, true), (0, false)], true, false);
        let mut sorted: Vec<usize> = (0..rows.len()).collect();
        sorted.sort_by_key(|&row| (rows[row].1, -rows[row].0));
        prop_assert_eq!(order, sorted);
    }
}

#[test]
fn keys_of_several_levels_follow_the_order_of_their_lists() {
    // pandas: MultiIndex.from_product([['a','b'],[1,2]]).get_locs([slice(None), [2, 1]]) is [1, 3, 0, 2].
    let texts = [Some("a"), Some("b")].into_iter().collect::<Column>();
    let index = Index::from_product(&[texts, Column::from(vec![1i64, 2])], vec![]).expect("four rows");
    let keys = [LevelKey::Slice(None, None), LevelKey::List(vec![2i64.into(), 1i64.into()])];
    assert_eq!(index.get_locs(&keys).expect("labels that are there"), [1, 3, 0, 2]);
    assert_eq!(index.lexsort_depth(), 2);
    let error = index.take(&[3, 2, 1, 0]).and_then(|index| index.slice_locs(Some(&"a".into()), None, 1));
    let message = "Key length (1) was greater than MultiIndex lexsort depth (0)";
    assert_eq!(error.expect_err("unsorted rows").message(), message);
}

#[test]
fn a_date_written_in_part_is_a_span() {
    let days = ["2020-01-30", "2020-01-31", "2020-02-01", "2020-02-02"];
    let column = days.iter().map(|day| Some(*day)).collect::<Column>();
    let index = Index::from_column(column.to_datetime(None, false).expect("dates"));
    assert_eq!(index.resolution(), Resolution::Day);
    let at = |text: &str| index.locate_span(&PartialDate::parse(text).expect("a date"), text);
    assert_eq!(at("2020-02"), Ok(Located::Slice(2, 4)));
    assert_eq!(at("2020-01-31"), Ok(Located::One(1)));
    assert_eq!(at("2020Q1"), Ok(Located::Slice(0, 4)));
    assert_eq!(at("2021").expect_err("no such year").message(), "2021");
    let span = PartialDate::parse("2020-01").expect("a month");
    assert_eq!(index.span_bound(&span, "2020-01", Side::Right), Ok(2));
}
