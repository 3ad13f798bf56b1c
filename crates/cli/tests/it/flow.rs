//! The page about generators, effects and tasks runs as it says, and again from its log.

use std::path::Path;

use crate::{Project, code, text};

#[test]
fn the_page_runs_and_repeats() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/flow.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    assert!(page.matches("```output").count() >= 6, "the page shows what its code prints");
    let project = Project::with("flow.lm.md", &page);
    let run = project.lumen(&["run", "flow.lm.md"]);
    assert_eq!(code(&run), 0, "{}", text(&run));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

const RECORDED: &str = r#"---
grants: [clock, random, fs.read]
---
```lumen
async cell stamp(name: String) -> String
  let id = uuid()
  "{name} {id} {now()}"
end
cell ids(n: Int) -> Iter[String]
  for i in 0..n
    yield "{i} {uuid()}"
  end
end
let all = await parallel for name in ["a", "b", "c"]
  let first = stamp(name)
  unwrap(await first)
end
let late = spawn uuid()
let drawn = to_list(ids(3))
print(all, drawn, await late)
```
"#;

#[test]
fn effects_of_tasks_and_walks_are_repeated_from_the_log() {
    let project = Project::with("a.lm.md", RECORDED);
    let first = project.lumen(&["run", "a.lm.md"]);
    assert_eq!(code(&first), 0, "{}", text(&first));
    for _ in 0..3 {
        let verified = project.lumen(&["verify"]);
        assert_eq!(code(&verified), 0, "{}", text(&verified));
    }
    let fresh = project.lumen(&["run", "--fresh", "a.lm.md"]);
    assert_eq!(code(&fresh), 0, "{}", text(&fresh));
    assert_ne!(first.stdout, fresh.stdout, "what is drawn anew differs");
}
