//! `kill -9` at many moments: `resume` finishes with the hash of an uninterrupted run.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{Project, code, text};

#[test]
fn a_killed_run_resumes_to_the_same_hash() {
    let whole = Project::new("penguins");
    assert_eq!(code(&whole.lumen(&["run", "penguins.lm.md"])), 0);
    let expected = whole.run_json();
    let mut resumed = 0;
    for delay_ms in [1, 3, 6, 10, 15, 20, 30, 45, 60, 90] {
        let project = Project::new("penguins");
        let mut child = Command::new(env!("CARGO_BIN_EXE_lumen"))
            .args(["run", "penguins.lm.md"])
            .current_dir(&project.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        std::thread::sleep(Duration::from_millis(delay_ms));
        let _ = child.kill();
        let _ = child.wait();
        if !project.folder.join(".lumen/runs").is_dir() {
            continue;
        }
        let resume = project.lumen(&["resume"]);
        let said = text(&resume);
        match code(&resume) {
            0 => resumed += 1,
            // Killed before the start of the run was on disk, or after its end.
            _ if said.contains("already complete") || said.contains("no start of a run") || said.contains("no store") => {
                let again = project.lumen(&["run", "penguins.lm.md"]);
                assert_eq!(code(&again), 0, "{}", text(&again));
            }
            other => panic!("after {delay_ms} ms: exit {other}\n{said}"),
        }
        let json = project.run_json();
        assert_eq!(json["state_hash"], expected["state_hash"], "after {delay_ms} ms");
        assert_eq!(json["trace_hash"], expected["trace_hash"], "after {delay_ms} ms");
        assert_eq!(code(&project.lumen(&["verify"])), 0);
    }
    // On a machine where every kill comes too early or too late the loop proves nothing; say so by failing.
    assert!(resumed > 0, "no kill hit a run in its middle");
}
