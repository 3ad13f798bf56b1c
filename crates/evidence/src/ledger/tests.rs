use super::*;

fn entry(packet: &str) -> Entry {
    Entry { packet: packet.into(), ..Entry::default() }
}

fn five() -> Vec<String> {
    let mut ledger = Ledger::default();
    ["A", "B", "C", "D", "E"].map(|packet| ledger.append(entry(packet), None)).into()
}

fn inspect(lines: &[String], head: Option<&Head>) -> Vec<Fault> {
    let (ledger, mut faults) = Ledger::parse(&lines.concat());
    faults.extend(ledger.inspect(head));
    faults
}

fn head(lines: &[String]) -> Head {
    Ledger::parse(&lines.concat()).0.head().expect("rows")
}

#[test]
fn a_whole_chain_has_no_fault() {
    let lines = five();
    assert_eq!(inspect(&lines, Some(&head(&lines))), []);
    // Rows after the lock's head are new, not wrong.
    assert_eq!(inspect(&lines, Some(&head(&lines[..3]))), []);
}

#[test]
fn an_edited_row_is_named() {
    let mut lines = five();
    lines[2] = lines[2].replace(r#""dirty":false"#, r#""dirty":true"#);
    assert_eq!(inspect(&lines, None), [Fault::Edited { seq: 3 }]);
}

#[test]
fn an_edited_row_that_was_sealed_again_breaks_the_row_after_it() {
    let mut lines = five();
    let (ledger, _) = Ledger::parse(&lines.concat());
    let row = &ledger.rows()[2];
    let forged = Row::sealed(row.seq, &row.previous, entry("other"));
    lines[2] = typed::canonical(&forged) + "\n";
    assert_eq!(inspect(&lines, None), [Fault::Forked { seq: 4 }]);
}

#[test]
fn a_dropped_row_is_named() {
    let mut lines = five();
    lines.remove(2);
    assert_eq!(inspect(&lines, None), [Fault::Dropped { after: 2, found: 4 }]);
    let lines = five();
    assert_eq!(inspect(&lines[1..], None), [Fault::Dropped { after: 0, found: 2 }]);
}

#[test]
fn swapped_rows_are_named() {
    let mut lines = five();
    lines.swap(1, 2);
    assert_eq!(inspect(&lines, None), [Fault::Swapped { seq: 2, after: 3 }]);
}

#[test]
fn a_cut_tail_shows_against_the_lock_alone() {
    let lines = five();
    let head = head(&lines);
    assert_eq!(inspect(&lines[..4], None), []);
    assert_eq!(inspect(&lines[..4], Some(&head)), [Fault::Cut { last: Some(4), head: 5 }]);
}

#[test]
fn a_fork_is_named() {
    let mut lines = five();
    let (mut short, _) = Ledger::parse(&lines[..4].concat());
    lines.push(short.append(entry("fork"), None));
    assert_eq!(inspect(&lines, None), [Fault::Forked { seq: 5 }]);
}

#[test]
fn another_history_is_named() {
    let lines = five();
    let mut other = Ledger::default();
    for packet in ["V", "W", "X", "Y", "Z"] {
        other.append(entry(packet), None);
    }
    assert_eq!(other.inspect(Some(&head(&lines))), [Fault::Rewritten { head: 5 }]);
}

#[test]
fn a_new_store_starts_from_the_lock_s_head() {
    let head = head(&five());
    let mut fresh = Ledger::default();
    fresh.append(entry("F"), Some(&head));
    assert_eq!(fresh.rows()[0].seq, 6);
    assert_eq!(fresh.inspect(Some(&head)), []);
}

#[test]
fn torn_foreign_and_garbage_lines_are_counted_and_the_rest_is_read() {
    let mut lines = five();
    lines.push("{\"ledger\":1".into());
    assert_eq!(inspect(&lines, None), [Fault::Torn { line: 6 }]);
    let lines = [five().concat(), "garbage\n".into(), five()[0].replace("\"ledger\":1", "\"ledger\":9")];
    let (ledger, faults) = Ledger::parse(&lines.concat());
    assert_eq!((ledger.rows().len(), faults.len()), (5, 2));
}
