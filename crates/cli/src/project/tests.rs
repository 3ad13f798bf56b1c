use std::collections::BTreeSet;

use super::Project;

/// Two runs with one number would make `lumen verify 7` and "the last run" mean either of them.
#[test]
fn runs_that_start_at_once_get_numbers_of_their_own() {
    const STARTERS: usize = 8;
    const RUNS: usize = 20;
    let root = tempfile::tempdir().expect("a folder");
    let start = std::sync::Barrier::new(STARTERS);
    let numbers: Vec<u64> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..STARTERS)
            .map(|starter| {
                let (root, start) = (root.path(), &start);
                scope.spawn(move || {
                    // Each has its own view of the project, as processes have, and its own document.
                    let project = Project { root: root.to_path_buf() };
                    start.wait();
                    (0..RUNS)
                        .map(|_| project.new_run(&format!("{starter:012}")).expect("a run").number)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        starters.into_iter().flat_map(|s| s.join().expect("no panic")).collect()
    });
    let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(distinct.len(), STARTERS * RUNS);
    let project = Project { root: root.path().to_path_buf() };
    assert_eq!(
        project.runs().expect("they are listed").len(),
        STARTERS * RUNS,
        "no claim is left and none counts as a run"
    );
}

#[test]
fn a_claim_of_a_dead_process_costs_its_number_only() {
    let root = tempfile::tempdir().expect("a folder");
    let project = Project { root: root.path().to_path_buf() };
    assert_eq!(project.new_run("a").expect("a run").number, 1);
    std::fs::write(root.path().join(".lumen/runs/2.claim"), "").expect("a claim");
    assert_eq!(project.new_run("a").expect("a run").number, 3);
    assert_eq!(project.runs().expect("they are listed").last().map(|r| r.number), Some(3));
}

#[test]
fn the_greatest_number_is_refused_in_words() {
    let root = tempfile::tempdir().expect("a folder");
    let project = Project { root: root.path().to_path_buf() };
    let last = format!("a-{}", u64::MAX);
    std::fs::create_dir_all(root.path().join(".lumen/runs").join(&last)).expect("a folder");
    let refused = project.new_run("a").expect_err("no number is left");
    assert!(refused.help.as_deref().is_some_and(|help| help.contains(&u64::MAX.to_string())));
}

/// A folder that cannot be listed holds runs that nobody sees.
#[test]
fn runs_that_cannot_be_listed_are_not_none() {
    let root = tempfile::tempdir().expect("a folder");
    let project = Project { root: root.path().to_path_buf() };
    assert!(project.runs().expect("there is none yet").is_empty());
    std::fs::create_dir(root.path().join(".lumen")).expect("a folder");
    std::fs::write(root.path().join(".lumen/runs"), "a file").expect("a file");
    assert!(project.runs().expect_err("a file has no list").message.starts_with("cannot list `"));
}
