//! What the path of a URL means.

use dashboard::{Form, Place};
use serde_json::Value;

use crate::snapshot;

/// The paths that the design names, and those that pages link to.
#[test]
fn each_place_has_its_own_url() {
    let snapshot = snapshot();
    for (asked, path) in [
        ("/", "conformance.html"),
        ("/conformance", "conformance.html"),
        ("/conformance.html", "conformance.html"),
        ("/ledger", "ledger.html"),
        ("/sidecars", "sidecars.html"),
        ("/packets/FP-P2C-001", "packets/FP-P2C-001.html"),
        ("/packets/FP-P2C-001/cases/align/outer", "packets/FP-P2C-001/cases/align_2f_outer.html"),
        ("/packets/FP-P2C-001/cases/align%2Fouter", "packets/FP-P2C-001/cases/align_2f_outer.html"),
        ("/packets/FP-P2C-001/cases/..", "packets/FP-P2C-001/cases/_2e..html"),
        ("/mismatches/FP-P2C-001/align%2fouter/strict", "mismatches/FP-P2C-001/align_2f_outer/strict.html"),
    ] {
        let (place, form) = Place::named(&snapshot, asked).unwrap_or_else(|| panic!("{asked}"));
        assert_eq!((place.path().as_str(), form), (path, Form::Page), "{asked}");
    }
    for path in dashboard::site(&snapshot).keys().filter(|path| path.ends_with(".html")) {
        let (place, _) = Place::named(&snapshot, &format!("/{path}")).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(&place.path(), path);
    }
}

#[test]
fn no_path_means_more_than_the_snapshot_holds() {
    let snapshot = snapshot();
    for asked in [
        "",
        "conformance",
        "//",
        "/../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/packets/../conformance",
        "/packets/FP-P2C-001/cases/absent",
        "/packets/FP-P2C-001/",
        "/mismatches/FP-P2C-001/align%2Fouter/hardened",
        "/conformance%",
        "/conformance%2",
        "/%zz",
        "/%ff",
        "/conformance\0",
    ] {
        assert_eq!(Place::named(&snapshot, asked), None, "{asked}");
    }
}

#[test]
fn the_json_of_a_place_has_a_version_and_what_the_page_shows() {
    let snapshot = snapshot();
    let read = |asked: &str| -> Value {
        let (place, form) = Place::named(&snapshot, asked).expect("a place");
        assert_eq!(form, Form::Json);
        serde_json::from_str(&place.json(&snapshot)).expect("JSON")
    };
    for asked in ["conformance", "ledger", "sidecars", "packets/FP-P2C-001/cases/align%2Fouter"] {
        assert_eq!(read(&format!("/api/v1/{asked}"))["schema_version"], 1, "{asked}");
    }
    let mismatch = read("/api/v1/mismatches/FP-P2C-001/align%2Fouter/strict");
    assert_eq!(mismatch["part"]["mismatch"]["found"]["value"], 3.5);
    assert_eq!(read("/api/v1/conformance.json"), evidence::typed::to_json(&snapshot));
}
