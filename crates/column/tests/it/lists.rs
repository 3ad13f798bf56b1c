//! Lists of parts of texts. hand: the standard library's `split`, row by row, is the judge.

use column::{Column, DType, Scalar};
use proptest::prelude::*;

fn list(parts: &[&str]) -> Scalar {
    Scalar::List(parts.iter().map(Scalar::str).collect())
}

/// Python's `split(separator, limit)`, missing rows as they are.
fn wanted(rows: &[Option<String>], separator: &str, limit: Option<usize>, missing: &Scalar) -> Vec<Scalar> {
    let split = |text: &String| match limit {
        None => list(&text.split(separator).collect::<Vec<_>>()),
        Some(limit) => list(&text.splitn(limit + 1, separator).collect::<Vec<_>>()),
    };
    rows.iter().map(|row| row.as_ref().map_or(missing.clone(), split)).collect()
}

fn check(rows: &[Option<String>], separator: &str, limit: Option<usize>) {
    let text: Column = rows.iter().map(Option::as_deref).collect();
    for dtype in [DType::Str, DType::String] {
        let column = text.cast(dtype).expect("texts");
        for (start, end) in [(0, rows.len()), (rows.len() / 3, rows.len() - rows.len() / 4)] {
            let part = column.slice(start, end);
            let wanted = wanted(&rows[start..end], separator, limit, &part.missing_scalar());
            let judge = Column::object(wanted.clone());
            // What is asked before the lists are scalars, and after.
            let found = part.str_split(Some(separator), limit).expect("texts");
            let lens: Vec<Option<usize>> = wanted
                .iter()
                .map(|row| match row {
                    Scalar::List(parts) => Some(parts.len()),
                    _ => None,
                })
                .collect();
            assert_eq!(found.holds_lists(), lens.iter().any(Option::is_some));
            let counted = found.list_len().expect("lists");
            for (row, len) in lens.iter().enumerate() {
                assert_eq!(
                    counted.get(row).and_then(|count| count.as_f64()).filter(|n| !n.is_nan()),
                    len.map(|n| n as f64)
                );
            }
            assert_eq!(found.valid(), judge.valid());
            assert_eq!((0..found.len()).filter(|&row| found.is_missing(row)).count(), found.missing_count());
            let middle = found.slice(found.len() / 2, found.len());
            assert_eq!(middle, judge.slice(judge.len() / 2, judge.len()));
            assert_eq!(found, judge, "{separator:?} in {rows:?}");
            assert_eq!(found.digest(), judge.digest());
            // The same parts as columns.
            let columns = part.str_split_columns(Some(separator), limit).expect("texts");
            let width = lens.iter().flatten().max().copied().unwrap_or(0);
            assert_eq!(columns.len(), width);
            for (place, column) in columns.iter().enumerate() {
                assert_eq!(column.dtype(), dtype);
                for (row, wanted) in wanted.iter().enumerate() {
                    let part = match wanted {
                        Scalar::List(parts) => parts.get(place).cloned(),
                        _ => None,
                    };
                    assert_eq!(column.str_at(row), part.as_ref().and_then(Scalar::as_str));
                }
            }
        }
    }
}

#[test]
fn texts_of_every_count_are_cut() {
    for len in [0usize, 1, 3, 1_000, 100_000] {
        let rows: Vec<Option<String>> = (0..len)
            .map(|row| (row % 13 != 5).then(|| format!("{} é{} ", " ".repeat(row % 3), row * row % 97)))
            .collect();
        check(&rows, " ", None);
        if len < 100_000 {
            check(&rows, " é", None);
            check(&rows, " ", Some(1));
        }
    }
    check(&[None, None], " ", None);
}

proptest! {
    #[test]
    fn any_texts_are_cut(
        rows in prop::collection::vec(prop::option::of("[a,é]{0,6}"), 0..60),
        separator in prop_oneof![Just(","), Just("a"), Just("é"), Just(",,"), Just("a,")],
        limit in prop::option::of(1usize..3),
    ) {
        check(&rows, separator, limit);
    }
}
