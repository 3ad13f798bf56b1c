//! Did-you-mean.

/// The candidate nearest to `word` by edit distance, if it is near enough to be what was meant. Ties go to the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    // Any letter is one edit away from any other.
    let limit = match word.chars().count() {
        0 | 1 => 0,
        count => (count / 3).max(1),
    };
    candidates
        .into_iter()
        .map(|c| (distance(&lower, &c.to_lowercase()), c))
        .filter(|(d, c)| *d <= limit && *c != word)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// What a word that other languages have is said by here. It may be a name like any other.
pub fn foreign(word: &str) -> Option<&'static str> {
    Some(match word {
        "None" | "nil" | "undefined" | "NULL" => "`null`",
        "True" => "`true`",
        "False" => "`false`",
        "pd" | "pandas" => "Frames need no prefix: `read_csv(...)`, `frame.groupby(...)`.",
        "np" | "numpy" | "torch" => "Tensors and numbers need no prefix: `Tensor.zeros([2])`, `sqrt(x)`.",
        "println" | "console" | "echo" => "did you mean `print`?",
        "read_file" => "did you mean `read_text`?",
        "write_file" => "did you mean `write_text`?",
        "def" | "function" | "func" | "fun" => "A function is a cell: `cell name(x: Int) -> Int = x + 1`.",
        "lambda" => "A function without a name is `fn(x) => x + 1`.",
        "class" | "struct" | "interface" => {
            "A type with fields is a `record`, with cells inside it; what types share is a `trait`."
        }
        "var" => "A variable that changes is `let mut`.",
        "elif" | "elseif" => "did you mean `else if`?",
        "unless" => "Write `if not`.",
        "switch" | "case" => "A choice among values is `match x`, with an arm `pattern -> value` for each.",
        "catch" | "except" | "finally" | "raise" | "throw" => {
            "Nothing is thrown: what may fail gives a result, `ok(x)` or `err(e)`, and `try e else |x| v` handles it."
        }
        "from" => "`import a.b: name` brings a name from a file.",
        "self" => "`self` is the first parameter of a cell in a record or enum.",
        _ => return None,
    })
}

/// Edit distance with adjacent transpositions (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let substitution = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substitution.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("speices", ["speed", "species"]), Some("species"));
        assert_eq!(nearest("Speed", ["speed"]), Some("speed"));
        assert_eq!(nearest("xyz", ["speed", "species"]), None);
    }
}
