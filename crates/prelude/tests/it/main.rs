//! The two lists of builtins: what the language declares for its host, and what the prelude carries out.

#[test]
fn every_declared_host_builtin_is_bound_and_every_binding_is_declared() {
    let bound: Vec<&str> = prelude::names().collect();
    let declared: Vec<String> =
        checker::builtins().iter().filter(|b| b.host).map(|b| b.name.clone()).collect();
    assert!(declared.len() > 300, "only {} host builtins are declared", declared.len());
    let unbound: Vec<&String> = declared.iter().filter(|name| !bound.contains(&name.as_str())).collect();
    assert!(unbound.is_empty(), "declared, but not bound: {unbound:?}");
    let undeclared: Vec<&&str> = bound
        .iter()
        .filter(|name| {
            !name.starts_with("op.") && !name.starts_with("state.") && !declared.iter().any(|d| d == *name)
        })
        .collect();
    assert!(undeclared.is_empty(), "bound, but not declared: {undeclared:?}");
}
