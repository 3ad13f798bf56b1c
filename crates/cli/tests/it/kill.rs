//! `kill -9` at many moments: `resume` finishes with the hash of an uninterrupted run.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{Project, code, text};

/// Each step waits, so that a kill finds a run in its middle on a machine of any speed.
const SLOW: &str = "---\ngrants: [clock, state name \"sums\"]\n---\n```lumen steps\nrecord Added(step: String)\nstate sums: map[String, Int]\nlet a = [1, 2, 3]\nlet opened = upsert\n  sums[\"all\"] = 0\n  because Added(step: \"open\")\nend\nsleep(60)\nlet b = sum(a)\nlet added = upsert\n  sums[\"all\"] += b\n  because Added(step: \"b\")\nend\nsleep(60)\nlet c = b * 2\nsleep(60)\nlet d = c + b\nlet again = upsert\n  sums[\"all\"] += d\n  where sums[\"all\"] > 0\n  because Added(step: \"d\")\nend\nsleep(60)\nlet e = d * d + sums[\"all\"]\n```\n\nThe end is `{lumen} e`.\n";

fn has_log(folder: &Path) -> bool {
    let Ok(runs) = std::fs::read_dir(folder.join(".lumen/runs")) else { return false };
    runs.flatten().any(|run| run.path().join("log/00000000000000000001.seg").is_file())
}

fn is_whole(folder: &Path) -> bool {
    let Ok(runs) = std::fs::read_dir(folder.join(".lumen/runs")) else { return false };
    runs.flatten().any(|run| run.path().join("run.json").is_file())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the kill comes at a moment of its own")]
fn a_killed_run_resumes_to_the_same_hash() {
    let whole = Project::with("slow.lm.md", SLOW);
    assert_eq!(code(&whole.lumen(&["run", "slow.lm.md"])), 0);
    let expected = whole.run_json();
    let mut resumed = 0;
    for delay_ms in [5, 20, 40, 70, 100, 140, 180, 220, 260, 400] {
        let project = Project::with("slow.lm.md", SLOW);
        let mut child = Command::new(env!("CARGO_BIN_EXE_lumen"))
            .args(["run", "slow.lm.md"])
            .current_dir(&project.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        // On a busy machine a process takes its time to begin; from then on the steps' own times count.
        while !has_log(&project.folder) && child.try_wait().expect("its state is known").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
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
            // Killed after the run's end; or before its start was on disk, and there is nothing to go on with.
            _ if is_whole(&project.folder) => {}
            _ => {
                assert!(!said.contains("R0"), "after {delay_ms} ms: {said}");
                let again = project.lumen(&["run", "--fresh", "slow.lm.md"]);
                assert_eq!(code(&again), 0, "after {delay_ms} ms: {said}{}", text(&again));
            }
        }
        let json = project.run_json();
        assert_eq!(json["results_hash"], expected["results_hash"], "after {delay_ms} ms");
        assert_eq!(json["state_hash"], expected["state_hash"], "after {delay_ms} ms");
        assert_eq!(json["trace_hash"], expected["trace_hash"], "after {delay_ms} ms");
        assert_eq!(code(&project.lumen(&["verify"])), 0);
    }
    assert!(resumed > 0, "no kill hit a run in its middle");
}
