//! The page about processes runs as it says, and what a process came to is the same in every later run.

use std::path::Path;

use crate::{Project, code, text};

#[test]
fn the_page_runs_and_repeats() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/processes.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    assert!(page.matches("```output").count() >= 5, "the page shows what its code prints");
    let project = Project::with("processes.lm.md", &page);
    let run = project.lumen(&["run", "processes.lm.md"]);
    assert_eq!(code(&run), 0, "{}", text(&run));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

const KEPT: &str = r#"---
grants: [random]
---
```lumen make
machine Draw
  state First
    transition Second(uuid())
  end
  state Second(drawn: String)
    terminal: true
  end
end
let draw = Draw()
draw.run()
let plain = 1
```
```lumen read
let shown = draw.current_state()
print(shown, draw)
```
"#;

#[test]
fn what_a_process_came_to_is_kept_with_the_run() {
    let project = Project::with("a.lm.md", KEPT);
    let first = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&first), 0, "{}", text(&first));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
    // Another fence changes: the process is taken from the run before, with what it drew.
    let edited = KEPT.replace("print(shown, draw)", "print(shown, draw, 1)");
    std::fs::write(project.folder.join("a.lm.md"), edited).expect("the document is written");
    let second = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&second), 0, "{}", text(&second));
    let (first, second) = (text(&first), text(&second));
    let state = first.lines().find(|line| line.contains("DrawState(")).expect("it is printed");
    assert!(second.contains(state.trim_end()), "{first}\n{second}");
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn a_process_changes_in_the_fence_that_makes_it_alone() {
    let late = KEPT.replace("print(shown, draw)", "draw.resume_from(First)");
    let project = Project::with("a.lm.md", &late);
    let run = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&run), 6, "{}", text(&run));
    assert!(text(&run).contains("R0902"), "{}", text(&run));
}

#[test]
fn a_process_is_not_made_before_anything_runs() {
    let early = "memory Notes\nend\nlet notes = comptime\n  Notes()\nend\nprint(notes)\n";
    let project = Project::with("a.lm", early);
    let run = project.lumen(&["run", "a.lm"]);
    assert_ne!(code(&run), 0, "{}", text(&run));
    assert!(text(&run).contains("gives a plain value, found Notes"), "{}", text(&run));
}
