use syntax::ast::{ItemKind, NodeIds};
use syntax::{FileId, parse};

use super::{Rule, matches, rule};

/// The rule of a grant as it stands in a source.
fn granted(text: &str) -> crate::error::Result<Rule> {
    let parsed = parse(FileId(0), &format!("grant {text}"), &mut NodeIds::default());
    match parsed.module.items.into_iter().next().map(|item| item.kind) {
        Some(ItemKind::Grant(grant)) => rule(&grant, &[]),
        other => panic!("`{text}` is {other:?}"),
    }
}

#[test]
fn a_star_stays_in_its_folder() {
    assert!(matches("data/*.csv", "data/a.csv"));
    assert!(!matches("data/*", "data/x/a.csv"));
    assert!(matches("data/**", "data/x/a.csv"));
    assert!(!matches("data/*", "other/a.csv"));
    assert!(matches("data/?.csv", "data/a.csv") && !matches("data?a.csv", "data/a.csv"));
    assert!(matches("?.csv", "\u{e4}.csv"));
    assert!(matches("", "") && matches("**", "") && !matches("", "a") && !matches("a", ""));
}

/// The naive matcher: every way to split the text.
fn slow(glob: &[u8], text: &[u8]) -> bool {
    match glob {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|i| slow(rest, &text[i..])),
        [b'*', rest @ ..] => {
            let limit = text.iter().position(|b| *b == b'/').unwrap_or(text.len());
            (0..=limit).any(|i| slow(rest, &text[i..]))
        }
        [first, rest @ ..] => match text {
            [b, more @ ..] if b == first || (*first == b'?' && *b != b'/') => slow(rest, more),
            _ => false,
        },
    }
}

#[test]
fn every_short_glob_matches_what_the_naive_matcher_does() {
    let words = |letters: &[u8]| -> Vec<Vec<u8>> {
        let mut all = vec![Vec::new()];
        for start in 0.. {
            if all[start].len() == 4 {
                break;
            }
            let longer: Vec<_> = letters.iter().map(|l| [all[start].as_slice(), &[*l]].concat()).collect();
            all.extend(longer);
        }
        all
    };
    let texts = words(b"a/");
    for glob in words(b"a/*?") {
        for text in &texts {
            let (g, t) = (String::from_utf8_lossy(&glob), String::from_utf8_lossy(text));
            assert_eq!(matches(&g, &t), slow(&glob, text), "`{g}` and `{t}`");
        }
    }
}

#[test]
fn a_glob_of_many_stars_is_answered() {
    // Each star of it doubles the ways to split.
    assert!(!matches(&"*a".repeat(40), &"a".repeat(39)));
    assert!(matches(&"*a".repeat(40), &"a".repeat(40)));
}

#[test]
fn a_limit_that_is_no_literal_is_refused_and_an_empty_one_allows_nothing() {
    let none = granted("fs.read path []").expect("it is a grant");
    assert!(!none.covers(Some("a.txt"), None));
    let any = granted("fs.read").expect("it is a grant");
    assert!(any.covers(Some("a.txt"), None));
    let root = "/home/docs".to_string();
    let data = granted("fs.read path \"data/*\"").expect("it is a grant");
    let leads = |to: &str| data.covers(Some("data/a"), Some(&(to.to_string(), root.clone())));
    assert!(leads("/home/docs/data/a") && !leads("/home/docs/a") && !leads("/home/docsdata/a"));
    for text in
        ["fs.read path \"{p}\"", "fs.read path [p]", "fs.read max_calls \"3\"", "fs.read timeout_ms 5"]
    {
        assert!(granted(text).is_err(), "{text}");
    }
}
