//! Methods of text that pass over all bytes at once. hand: the same done text by text is the judge.

use column::{Case, Column, DType, Pattern, Scalar};
use proptest::prelude::*;

fn texts(rows: &[Option<String>]) -> Column {
    rows.iter().map(Option::as_deref).collect()
}

/// The answer on each part of a column, so that texts do not start at the first byte.
fn check(rows: &[Option<String>], part: &str) {
    let pattern = Pattern::literal(part, true).expect("short");
    for (start, end) in [(0, rows.len()), (rows.len() / 3, rows.len() - rows.len() / 4)] {
        let rows = &rows[start..end];
        let column = texts(rows);
        for na in [None, Some(false), Some(true)] {
            let wanted: Vec<bool> = rows
                .iter()
                .map(|row| row.as_ref().map_or(na == Some(true), |text| text.contains(part)))
                .collect();
            let found = column.str_contains(&pattern, na).expect("texts");
            assert_eq!(found, Column::from(wanted.clone()), "{part:?} in {rows:?}");
            let nullable =
                column.cast(DType::String).expect("texts").str_contains(&pattern, na).expect("texts");
            for (row, wanted) in wanted.iter().enumerate() {
                let missing = rows[row].is_none() && na.is_none();
                assert_eq!(nullable.get(row), Some(if missing { Scalar::NA } else { Scalar::Bool(*wanted) }));
            }
        }
        let mapped = |map: fn(char) -> char| -> Vec<Option<String>> {
            rows.iter().map(|row| row.as_ref().map(|text| text.chars().map(map).collect())).collect()
        };
        // Letters whose case is one letter: others have their own rule.
        let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
        let upper = |c: char| c.to_uppercase().next().unwrap_or(c);
        assert_eq!(column.str_case(Case::Lower).expect("texts"), texts(&mapped(lower)));
        assert_eq!(column.str_case(Case::Upper).expect("texts"), texts(&mapped(upper)));
    }
}

#[test]
fn a_part_is_found_where_it_stands_in_one_text() {
    let rows = |texts: &[&str]| -> Vec<Option<String>> {
        texts.iter().map(|text| Some((*text).to_owned())).collect()
    };
    check(&rows(&["ab", "cab", "", "abc", "aab", "a", "b"]), "ab");
    check(&rows(&["aa", "aaa", "a", "aaaa"]), "aaa");
    check(&rows(&["x", "", "ya"]), "");
    check(&rows(&["é", "Éa", "beta ETA"]), "éa");
    check(&[], "a");
    check(&[None, Some("ETA".into()), None], "T");
    let many: Vec<Option<String>> = (0..100_000u64)
        .map(|row| (row % 13 != 0).then(|| format!("{} Beta {}", row % 7, row * row % 97)))
        .collect();
    check(&many, "eta 9");
}

proptest! {
    #[test]
    fn any_part_is_found(
        rows in prop::collection::vec(prop::option::of("[aAbBé]{0,6}"), 0..80),
        part in "[aAbé]{0,3}",
    ) {
        check(&rows, &part);
    }
}

/// hand: two texts are equal where their keys are.
#[test]
fn short_texts_have_keys_of_their_own() {
    let texts =
        ["", "\0", "\0\0", "a", "a\0", "b", "ab", "ba", "0123456789abcde", "0123456789abcd", "éé", "é"];
    for (start, end) in [(0, texts.len()), (3, texts.len() - 1)] {
        let column = Column::from(texts.to_vec()).slice(start, end);
        let text = column.as_text().expect("texts");
        assert!(text.is_short());
        for a in 0..text.len() {
            for b in 0..text.len() {
                assert_eq!(text.short_key(a) == text.short_key(b), text.get(a) == text.get(b), "{a} and {b}");
            }
        }
    }
    assert!(!Column::from(vec!["0123456789abcdef"]).as_text().expect("texts").is_short());
}
