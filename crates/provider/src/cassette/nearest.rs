//! The recorded question that is nearest to one that nobody recorded, and where they differ.

use serde_json::Value as Json;

/// Where two questions differ.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    /// A JSON pointer.
    pub(super) place: String,
    pub(super) recorded: String,
    pub(super) asked: String,
    /// Bytes that are not the same at the beginning or the end.
    weight: usize,
}

/// Fields are shown up to so many characters, from a little before they part.
const SHOWN_CHARS: usize = 60;
const LEAD_CHARS: usize = 15;

/// The nearest of the recorded ones: that with the fewest fields that differ, then with the fewest bytes, then the
/// first.
pub(super) fn nearest<'q>(
    asked: &Json,
    recorded: impl Iterator<Item = &'q Json>,
) -> Option<(usize, Vec<Difference>)> {
    let all = recorded.enumerate().map(|(index, question)| (index, differences(question, asked)));
    all.min_by_key(|(index, found)| (found.len(), found.iter().map(|one| one.weight).sum::<usize>(), *index))
}

fn differences(recorded: &Json, asked: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), Some(recorded), Some(asked), &mut found);
    found
}

fn compare(place: String, recorded: Option<&Json>, asked: Option<&Json>, found: &mut Vec<Difference>) {
    match (recorded, asked) {
        (Some(Json::Object(left)), Some(Json::Object(right))) => {
            let more = right.keys().filter(|name| !left.contains_key(*name));
            for name in left.keys().chain(more) {
                let step = name.replace('~', "~0").replace('/', "~1");
                compare(format!("{place}/{step}"), left.get(name), right.get(name), found);
            }
        }
        (Some(Json::Array(left)), Some(Json::Array(right))) => {
            for index in 0..left.len().max(right.len()) {
                compare(format!("{place}/{index}"), left.get(index), right.get(index), found);
            }
        }
        (left, right) if left == right => {}
        (left, right) => {
            let (left, right) = (shown(left), shown(right));
            let parts = left.chars().zip(right.chars()).take_while(|(a, b)| a == b).count();
            let ends = left.chars().rev().zip(right.chars().rev()).take_while(|(a, b)| a == b).count();
            let longer = left.chars().count().max(right.chars().count());
            found.push(Difference {
                place,
                recorded: excerpt(&left, parts),
                asked: excerpt(&right, parts),
                weight: longer.saturating_sub(parts + ends).max(1),
            });
        }
    }
}

fn shown(value: Option<&Json>) -> String {
    value.map_or_else(|| "absent".to_string(), Json::to_string)
}

fn excerpt(text: &str, parts: usize) -> String {
    let skipped = parts.saturating_sub(LEAD_CHARS);
    let shown: String = text.chars().skip(skipped).take(SHOWN_CHARS).collect();
    let (before, after) = (skipped > 0, text.chars().count() > skipped + SHOWN_CHARS);
    format!("{}{shown}{}", if before { "…" } else { "" }, if after { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_nearest_has_the_fewest_fields_that_differ_then_the_fewest_bytes() {
        let asked = json!({"model": "m", "messages": [{"content": "the cat sat"}]});
        let recorded = [
            json!({"model": "n", "messages": [{"content": "the cat sat on"}]}),
            json!({"model": "m", "messages": [{"content": "something else"}]}),
            json!({"model": "m", "messages": [{"content": "the cut sat"}]}),
            json!({"model": "m", "messages": [{"content": "the cot sat"}]}),
        ];
        let (index, found) = nearest(&asked, recorded.iter()).unwrap();
        assert_eq!((index, found.len()), (2, 1));
        assert_eq!(found[0].place, "/messages/0/content");
        assert_eq!(
            (found[0].recorded.as_str(), found[0].asked.as_str()),
            ("\"the cut sat\"", "\"the cat sat\"")
        );
        assert_eq!(nearest(&asked, [].into_iter()), None);
    }

    #[test]
    fn what_only_one_of_them_has_is_named() {
        let found = differences(&json!({"a/b": 1}), &json!({"c": [2]}));
        let places: Vec<&str> = found.iter().map(|one| one.place.as_str()).collect();
        assert_eq!(places, ["/a~1b", "/c"]);
        assert_eq!((found[0].asked.as_str(), found[1].recorded.as_str()), ("absent", "absent"));
    }

    #[test]
    fn long_texts_are_shown_where_they_part() {
        let (left, right) = (format!("{}a{}", "é".repeat(100), "z".repeat(100)), "é".repeat(100));
        let found = differences(&json!(left), &json!(right));
        assert!(found[0].recorded.starts_with('…') && found[0].recorded.contains("éaz"), "{found:?}");
        assert!(found[0].recorded.chars().count() <= SHOWN_CHARS + 2);
    }
}
