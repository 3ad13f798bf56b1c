//! The builtins of the checker and of the machine are the same.

use std::collections::BTreeSet;

#[test]
fn every_core_builtin_is_carried_out_by_the_machine() {
    let declared: BTreeSet<String> =
        checker::builtins().iter().filter(|b| !b.host).map(|b| b.name.clone()).collect();
    let known: BTreeSet<String> = vm::core_names().into_iter().map(str::to_owned).collect();
    let missing: Vec<_> = declared.difference(&known).collect();
    assert_eq!(missing, [""; 0], "the machine lacks these");
    let extra: Vec<_> = known.difference(&declared).filter(|n| !n.starts_with("op.")).collect();
    // Results are made by the language itself; these two are functions only when they are values.
    assert_eq!(extra, ["err", "ok"], "the checker does not declare these");
}
