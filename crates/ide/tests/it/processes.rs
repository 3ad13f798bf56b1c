//! Processes: their states are names like others, and what they are made of has none.

use super::*;

const TEXT: &str = "\
machine Door
  initial: Closed
  state Closed(opened: Int)
    guard: opened < 3
    transition Open(opened + 1)
    transition Worn
  end
  state Open(opened: Int)
    transition Closed(opened)
  end
  state Worn
    terminal: true
  end
end
let door = Door()
let state = door.start(0)
let worn = state.payload == Worn
";

fn at(part: &str, number: usize) -> u32 {
    TEXT.match_indices(part).nth(number).expect("it stands there").0 as u32
}

#[test]
fn a_state_is_one_name_wherever_it_stands() {
    let before = analysis(TEXT);
    assert!(before.diagnostics.is_empty(), "{:?}", before.diagnostics);
    for (name, places) in [("Closed", 3), ("Open", 2), ("Worn", 3)] {
        let declared = at(&format!("state {name}"), 0) + 6;
        assert_eq!(before.references(ROOT, declared).len(), places, "{name}");
        let edits = before.rename(ROOT, declared, "Other").expect("a name of the program");
        assert_eq!(edits.len(), places, "{name}");
        let used = at(name, 0);
        assert_eq!(before.definition(ROOT, used).map(|span| span.start), Some(declared), "{name}");
    }
    let opened = at("opened", 0);
    assert_eq!(before.references(ROOT, opened).len(), 3);
    let hover = |at| before.hover(ROOT, at).map(|found| found.text).unwrap_or_default();
    assert_eq!(hover(at("opened", 1)), "let opened: Int");
    assert_eq!(hover(at("Door", 0)), "process Door()");
}

#[test]
fn what_a_machine_is_made_of_is_shown_to_nobody() {
    let found = labels(&TEXT.replace("door.start(0)", "door.|"));
    for name in ["start", "step", "run", "is_terminal", "current_state", "resume_from"] {
        assert!(has(&found, CompletionKind::Cell, name), "{found:?}");
    }
    assert!(found.iter().all(|(_, label)| !label.starts_with('#')), "{found:?}");
    let outline = analysis(TEXT).outline(ROOT);
    let parts: Vec<&str> =
        outline.iter().flat_map(|item| &item.children).map(|part| part.name.as_str()).collect();
    assert!(parts.contains(&"step") && parts.iter().all(|name| !name.starts_with('#')), "{parts:?}");
}
