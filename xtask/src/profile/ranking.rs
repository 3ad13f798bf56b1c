//! Places of a program by what they cost, from what the tools write.

use serde_json::Value;
use std::collections::BTreeMap;

/// A place with its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function of ours that is nearest to the cost.
    pub name: String,
    /// Bytes or microseconds, all times together.
    pub amount: u64,
    /// How often.
    pub count: u64,
}

/// The crates whose functions are places; whatever stands between one of them and a cost does not say whose it is.
const OURS: &[&str] = &["plan::", "store::", "reason::"];

fn is_ours(name: &str) -> bool {
    let bare = name.trim_start_matches(['<', '&']);
    OURS.iter().any(|ours| bare.starts_with(ours))
}

fn ranked(places: BTreeMap<String, (u64, u64)>) -> Vec<Place> {
    let mut places: Vec<Place> =
        places.into_iter().map(|(name, (amount, count))| Place { name, amount, count }).collect();
    places.sort_by(|a, b| b.amount.cmp(&a.amount).then_with(|| a.name.cmp(&b.name)));
    places
}

/// The first of ours among the functions of a stack, innermost first.
fn owner<'a>(stack: impl Iterator<Item = &'a str>) -> String {
    let mut innermost = None;
    for name in stack {
        if is_ours(name) {
            return name.to_owned();
        }
        innermost.get_or_insert(name);
    }
    innermost.unwrap_or("[unknown]").to_owned()
}

/// What Valgrind's DHAT counted, version 2 of its file: program points with total bytes, total blocks and frames.
pub fn of_dhat(counted: &Value) -> Vec<Place> {
    let none = Vec::new();
    let frames = counted["ftbl"].as_array().unwrap_or(&none);
    let mut places: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for point in counted["pps"].as_array().unwrap_or(&none) {
        let stack = point["fs"].as_array().unwrap_or(&none).iter().filter_map(|at| {
            // `0x1234: function (file:line)`
            let frame = frames.get(usize::try_from(at.as_u64()?).ok()?)?.as_str()?;
            Some(frame.split_once(": ").map_or(frame, |(_, rest)| rest))
        });
        let (bytes, blocks) = places.entry(owner(stack)).or_default();
        *bytes += point["tb"].as_u64().unwrap_or_default();
        *blocks += point["tbk"].as_u64().unwrap_or_default();
    }
    ranked(places)
}

/// Waits that `strace -k -T` timed: a line of a call with `<seconds>` at its end, then lines ` > file(function+0x1) [..]`.
pub fn of_strace(calls: &str) -> Vec<Place> {
    let mut places: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut wait: Option<u64> = None;
    let mut stack: Vec<String> = Vec::new();
    let mut end = |wait: &mut Option<u64>, stack: &mut Vec<String>| {
        if let Some(micros) = wait.take() {
            let (sum, count) = places.entry(owner(stack.iter().map(String::as_str))).or_default();
            *sum += micros;
            *count += 1;
        }
        stack.clear();
    };
    for line in calls.lines() {
        if let Some(frame) = line.strip_prefix(" > ") {
            let symbol = frame.split_once('(').map_or(frame, |(_, rest)| rest);
            let symbol = symbol.split(['+', ')']).next().unwrap_or(symbol);
            stack.push(demangled(symbol));
            continue;
        }
        end(&mut wait, &mut stack);
        // A call that was interrupted by another thread's line is resumed with its time.
        let is_wait = line.contains("FUTEX_WAIT") || line.contains("futex resumed");
        let seconds = line.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')?.parse::<f64>().ok());
        if let (true, Some(seconds)) = (is_wait, seconds) {
            wait = Some((seconds * 1e6) as u64);
        }
    }
    end(&mut wait, &mut stack);
    ranked(places)
}

/// A function's name as its source has it, without the hash at its end. Names of another form stay as they are.
pub fn demangled(symbol: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(symbol.split(" (").next().unwrap_or(symbol)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocation_belongs_to_the_first_function_of_ours() {
        let counted = serde_json::json!({
            "ftbl": ["[root]", "0x1: malloc (vg.c:1)", "0x2: alloc::vec::push (vec.rs:1)", "0x3: store::log::lead (log.rs:2)"],
            "pps": [{"tb": 10, "tbk": 1, "fs": [1, 2, 3]}, {"tb": 30, "tbk": 2, "fs": [1, 3]}, {"tb": 5, "tbk": 1, "fs": [1]}],
        });
        let found = of_dhat(&counted);
        let place = |name: &str, amount, count| Place { name: name.to_owned(), amount, count };
        assert_eq!(found, [place("store::log::lead (log.rs:2)", 40, 3), place("malloc (vg.c:1)", 5, 1)]);
    }

    #[test]
    fn waits_belong_to_who_waits() {
        let calls = "\
7 futex(0x1, FUTEX_WAIT_BITSET_PRIVATE, 1, NULL) = 0 <0.000250>
 > /lib/libc.so.6(syscall+0x19) [0x1]
 > /x/counters(_ZN5store3log3Log4lead17h0123456789abcdefE+0x2) [0x2]
8 futex(0x1, FUTEX_WAKE_PRIVATE, 1) = 1 <0.000009>
 > /x/counters(_ZN5store3log3Log6settle17h0123456789abcdefE+0x2) [0x2]
";
        let place = Place { name: "store::log::Log::lead".to_owned(), amount: 250, count: 1 };
        assert_eq!(of_strace(calls), [place]);
    }
}
