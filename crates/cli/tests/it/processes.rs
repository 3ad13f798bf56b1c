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

/// An agent that may look at the clock twice.
const LIMITED: &str = "grant clock
effect Log
  cell note() -> Int
end
cell look() -> Int = if len(\"{now()}\") > 0 then 1 else 0
cell look_at(n: Int) -> Int = n * look()
agent Clerk
  grant clock max_calls 2
  cell once() -> Int = look()
  cell calls(f: fn() -> Int) -> Int = f()
  cell each(ns: list[Int]) -> list[Int] = ns.map(look_at)
  cell together() -> list[Int] = unwrap(await parallel for n in 0..3
    look()
  end)
  cell noted() -> Int = perform Log.note() + perform Log.note() + perform Log.note()
end
let clerk = Clerk()
let other = Clerk()
print(look() + look() + look())
";

#[test]
fn the_limits_of_a_process_hold_for_all_that_its_cells_do() {
    let reached = [
        "clerk.once() + clerk.once() + other.once()",
        "clerk.each([1, 2, 3])",
        "clerk.together()",
        "clerk.calls(look) + clerk.once() + clerk.calls(fn() => look())",
    ];
    for last in reached {
        let project = Project::with("a.lm", &format!("{LIMITED}let last = {last}\nprint(last)\n"));
        let run = project.lumen(&["run", "a.lm"]);
        let said = text(&run);
        let exit = if last.ends_with("together()") { 6 } else { 7 };
        assert_eq!(
            (code(&run), String::from_utf8_lossy(&run.stdout).as_ref()),
            (exit, "3\n"),
            "{last}: {said}"
        );
        assert!(
            said.contains("R0907") && said.contains("`grant clock max_calls 2 in Clerk` allows 2 calls"),
            "{said}"
        );
    }
    // Two calls are allowed, and those of others are not counted: here of the clause that handles what a cell performs.
    let allowed = [
        "clerk.once() + look() + other.once()",
        "handle\n  clerk.noted()\nwith\n  Log.note() => resume(look())\nend",
        "handle\n  clerk.noted()\nwith\n  Log.note() =>\n    let n = resume(look())\n    n\nend",
    ];
    for last in allowed {
        let project = Project::with("a.lm", &format!("{LIMITED}let last = {last}\nprint(last)\n"));
        let run = project.lumen(&["run", "a.lm"]);
        assert_eq!(String::from_utf8_lossy(&run.stdout), "3\n3\n", "{last}: {}", text(&run));
        assert_eq!(code(&project.lumen(&["verify"])), 0);
    }
}

#[test]
fn the_grants_of_a_process_narrow_those_of_the_program() {
    let program = "grant fs.read path \"*.txt\"\nagent Reader\n  grant fs.read path \"a.*\"\n  \
                   cell read(path: String) -> String = read_text(path)\nend\n\
                   print(read_text(\"b.txt\"))\nprint(Reader().read(\"a.txt\"))\nprint(Reader().read(\"b.txt\"))\n";
    let project = Project::with("a.lm", program);
    std::fs::write(project.folder.join("a.txt"), "one").expect("written");
    std::fs::write(project.folder.join("b.txt"), "two").expect("written");
    let run = project.lumen(&["run", "a.lm"]);
    assert_eq!(String::from_utf8_lossy(&run.stdout), "two\none\n", "{}", text(&run));
    let said = text(&run);
    assert!(
        said.contains("R0106") && said.contains("`grant fs.read path a.* in Reader` is not about `b.txt`"),
        "{said}"
    );
    // It gives nothing that the program does not have.
    let wider = program.replace("path \"a.*\"", "path \"**\"").replace("path \"*.txt\"", "path \"a.txt\"");
    std::fs::write(project.folder.join("a.lm"), wider.replace("print(read_text(\"b.txt\"))\n", ""))
        .expect("written");
    let run = project.lumen(&["run", "--fresh", "a.lm"]);
    assert_eq!(String::from_utf8_lossy(&run.stdout), "one\n", "{}", text(&run));
    assert!(text(&run).contains("`grant fs.read path a.txt` is not about `b.txt`"), "{}", text(&run));
}

#[test]
fn nobody_is_told_what_a_machine_is_made_of() {
    let program = "machine Door\n  state Shut\n    on_enter\n      print([1][3])\n    end\n    transition Gone\n  end\n  \
                   state Gone\n    terminal: true\n  end\nend\nlet door = Door()\nlet last = door.run()\nprint(last)\n";
    let project = Project::with("a.lm", program);
    let run = project.lumen(&["run", "a.lm"]);
    let said = text(&run);
    assert!(code(&run) == 6 && said.contains("R0101") && said.contains("in cell `run`"), "{said}");
    assert!(!said.contains('#'), "{said}");
    // Nor of what stands between a cell and an effect.
    std::fs::write(project.folder.join("a.lm"), program.replace("[1][3]", "now()")).expect("written");
    let said = text(&project.lumen(&["check", "a.lm"]));
    assert!(said.contains("E0106") && said.contains("through `run`"), "{said}");
    assert!(!said.contains("#made"), "{said}");
}
