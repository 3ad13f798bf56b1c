//! A damaged bundle is mended from its sidecar, or left as it is.

use std::path::{Path, PathBuf};

use crate::{Project, code, text};

/// A project with a bundle and its sidecar.
fn bundled() -> (Project, PathBuf) {
    let project = Project::new("blank");
    let document = std::fs::read_dir(&project.folder).expect("listed").flatten().map(|e| e.path());
    let document =
        document.into_iter().find(|p| p.to_string_lossy().ends_with(".lm.md")).expect("a document");
    let name = document.file_name().expect("named").to_string_lossy().to_string();
    assert_eq!(code(&project.lumen(&["run", &name])), 0);
    let packed = project.lumen(&["bundle", "-o", "w.bundle"]);
    assert!(text(&packed).contains("w.bundle.rq"), "{}", text(&packed));
    let bundle = project.folder.join("w.bundle");
    (project, bundle)
}

fn flip(path: &Path, places: impl IntoIterator<Item = usize>) {
    let mut bytes = std::fs::read(path).expect("read");
    places.into_iter().for_each(|at| bytes[at] ^= 0x20);
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn a_damaged_bundle_is_repaired_and_verifies_again() {
    let (project, bundle) = bundled();
    let whole = std::fs::read(&bundle).expect("the bundle is there");
    assert_eq!(code(&project.lumen(&["repair", "w.bundle", "--check"])), 0);
    flip(&bundle, [0, 300, 301, whole.len() - 1]);

    let verify = project.lumen(&["verify", "w.bundle"]);
    assert_eq!(code(&verify), 4, "{}", text(&verify));
    assert!(text(&verify).contains("`lumen repair w.bundle` mends it: 3 of "), "{}", text(&verify));
    let check = project.lumen(&["repair", "w.bundle", "--check"]);
    assert_eq!(code(&check), 4);
    assert!(text(&check).contains("file     repairable (3 of "), "{}", text(&check));

    let repair = project.lumen(&["repair", "w.bundle", "--proof", "proof.json"]);
    assert_eq!(code(&repair), 0, "{}", text(&repair));
    assert_eq!(std::fs::read(&bundle).expect("read"), whole);
    let damaged = std::fs::read(project.folder.join("w.bundle.damaged")).expect("the damaged bytes are kept");
    assert_eq!(damaged.len(), whole.len());
    assert_ne!(damaged, whole);
    assert_eq!(code(&project.lumen(&["verify", "w.bundle"])), 0);

    let proof = std::fs::read_to_string(project.folder.join("proof.json")).expect("a proof");
    let sidecar = std::fs::read(project.folder.join("w.bundle.rq")).expect("read");
    let proof = sidecar::Proof::from_json(proof.trim()).expect("a proof that holds");
    assert_eq!((proof.artifact.as_str(), proof.status), ("w.bundle", sidecar::Status::Recovered));
    proof.check(&whole, &sidecar).expect("it repeats");

    let names = std::fs::read_dir(&project.folder).expect("listed").flatten().map(|e| e.file_name());
    assert!(!names.into_iter().any(|n| n.to_string_lossy().ends_with(".part")), "nothing is left over");
}

#[test]
fn damage_beyond_the_sidecar_touches_no_file() {
    let (project, bundle) = bundled();
    let length = std::fs::metadata(&bundle).expect("there").len() as usize;
    flip(&bundle, (0..length).step_by(256));
    let sidecar = project.folder.join("w.bundle.rq");
    let before = [&bundle, &sidecar].map(|path| std::fs::read(path).expect("read"));

    let repair = project.lumen(&["repair", "w.bundle", "--proof", "proof.json"]);
    assert_eq!(code(&repair), 4, "{}", text(&repair));
    let said = text(&repair);
    assert!(
        said.contains("block 0 is unrecoverable: it needs ") && said.contains("no file was touched"),
        "{said}"
    );
    assert_eq!([&bundle, &sidecar].map(|path| std::fs::read(path).expect("read")), before);
    assert!(!project.folder.join("w.bundle.damaged").exists());
    let proof = std::fs::read_to_string(project.folder.join("proof.json")).expect("a proof of the failure");
    let proof = sidecar::Proof::from_json(proof.trim()).expect("a proof that holds");
    assert_eq!(proof.status, sidecar::Status::Failed);
    assert!(text(&project.lumen(&["verify", "w.bundle"])).contains("Its sidecar cannot mend it"));
}

#[test]
fn a_damaged_sidecar_is_made_anew_and_a_second_repair_keeps_the_first_damage() {
    let (project, bundle) = bundled();
    let path = project.folder.join("w.bundle.rq");
    let whole = std::fs::read(&path).expect("read");
    for kept in ["w.bundle.rq.damaged", "w.bundle.rq.damaged-2"] {
        flip(&path, [5, 400]);
        let repair = project.lumen(&["repair", "w.bundle", "--json"]);
        assert_eq!(code(&repair), 0, "{}", text(&repair));
        let said: serde_json::Value = serde_json::from_slice(&repair.stdout).expect("JSON");
        assert_eq!(
            (&said["file"]["state"], &said["proof"]["status"]),
            (&"ok".into(), &"not_attempted".into())
        );
        assert_eq!(std::fs::read(&path).expect("read"), whole);
        assert!(project.folder.join(kept).is_file(), "{kept}");
    }
    assert_eq!(code(&project.lumen(&["verify", &bundle.to_string_lossy()])), 0);
}

#[test]
fn what_is_not_there_is_named() {
    let (project, bundle) = bundled();
    let repair = project.lumen(&["repair", "w.bundle.rq"]);
    assert_eq!(code(&repair), 2);
    assert!(text(&repair).contains("there is no sidecar `w.bundle.rq.rq`"), "{}", text(&repair));

    assert_eq!(code(&project.lumen(&["bundle", "-o", "w.bundle", "--sidecar", "150"])), 0);
    let whole = std::fs::read(&bundle).expect("read");
    std::fs::remove_file(&bundle).expect("removed");
    let repair = project.lumen(&["repair", "w.bundle"]);
    assert_eq!(code(&repair), 0, "{}", text(&repair));
    assert_eq!(std::fs::read(&bundle).expect("it is back"), whole);

    assert_eq!(code(&project.lumen(&["bundle", "-o", "w.bundle", "--sidecar", "0"])), 0);
    assert!(!project.folder.join("w.bundle.rq").exists(), "the sidecar of the bundle that was replaced");
    assert_eq!(code(&project.lumen(&["bundle", "--sidecar", "401"])), 2);
}
