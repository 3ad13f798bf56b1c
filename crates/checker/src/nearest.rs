//! Did-you-mean by edit distance.

/// The candidate nearest to `name`, if it is near enough to be meant: at most a third of the letters differ, a swap of
/// neighbours counting as one difference and case as none. Ties go to the candidate that comes first.
pub(crate) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let limit = (wanted.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == name {
            continue;
        }
        let other: Vec<char> = candidate.to_lowercase().chars().collect();
        if wanted.len().abs_diff(other.len()) > limit {
            continue;
        }
        let distance = distance(&wanted, &other);
        if distance <= limit
            && distance < wanted.len()
            && best.is_none_or(|(smallest, _)| distance < smallest)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `", did you mean `x`?"`, or nothing.
pub(crate) fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Optimal string alignment distance (Damerau-Levenshtein without repeated edits).
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; width];
        for (j, y) in b.iter().enumerate() {
            row[j + 1] = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        assert_eq!(nearest("spede", ["species", "speed"]), Some("speed"));
        assert_eq!(nearest("Speed", ["speed"]), Some("speed"));
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("altitude", ["speed", "cost"]), None);
    }
}
