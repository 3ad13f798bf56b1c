//! The protocol's page is made from the table.

#[test]
fn the_page_equals_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/worker-protocol.md");
    let made = sandbox::protocol_page();
    if std::env::var_os("LUMEN_UPDATE").is_some() {
        std::fs::write(path, &made).expect("docs is writable");
    }
    let kept = std::fs::read_to_string(path).expect("the page is there");
    assert_eq!(kept, made, "LUMEN_UPDATE=1 cargo test -p sandbox --test it page:: writes it");
}

#[test]
fn the_numbers_are_those_of_the_protocol() {
    // -32000 down to -32015 in the order of the design; JSON-RPC 2.0, section 5.1, for the others.
    let own = [
        "cell_error",
        "timeout",
        "sandbox_violation",
        "memory",
        "output_limit",
        "cancelled",
        "budget",
        "depth",
        "fan_out",
        "provider",
        "submit_rejected",
        "divergence",
        "admission",
        "worker_died",
        "protocol_version",
        "interpreter_changed",
    ];
    for (code, name) in (0..).map(|at| -32000 - at).zip(own) {
        assert_eq!(sandbox::ErrorKind::from_code(code).map(|kind| kind.name()), Some(name));
    }
    for (code, name) in [(-32700, "parse_error"), (-32600, "invalid_request"), (-32601, "method_not_found")] {
        assert_eq!(sandbox::ErrorKind::from_code(code).map(|kind| kind.name()), Some(name));
    }
    assert_eq!(sandbox::ErrorKind::all().count(), 21);
}
