use super::*;
use crate::case::Class;
use crate::report::Origin;

const LIST: &str = "hardened: 1
repairs:
  - {category: a.one, packet: P-1, repairs: r, bound: 2, differs: d, beyond: b}
  - {category: a.two, packet: P-2, repairs: r, bound: 1, differs: d, beyond: b}
";

fn list() -> Allowlist {
    Allowlist::parse(FILE, LIST.as_bytes()).expect("a list")
}

fn repair(category: &str, count: u64) -> Repair {
    Repair { category: category.into(), count }
}

fn categories(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_string()).collect()
}

#[test]
fn a_repair_is_allowed_when_it_is_listed_logged_and_within_its_bound() {
    let list = list();
    assert_eq!(list.refusal(&[repair("a.one", 2)], &categories(&["a.one"])), None);
    assert_eq!(list.refusal(&[], &[]), None);
    let refused = [
        // Beyond the bound by one; not the case's; not the list's; the case's but silent.
        list.refusal(&[repair("a.one", 3)], &categories(&["a.one"])),
        list.refusal(&[repair("a.two", 1)], &categories(&["a.one"])),
        list.refusal(&[repair("b", 1)], &categories(&["b"])),
        list.refusal(&[], &categories(&["a.one"])),
    ];
    assert!(refused.iter().all(Option::is_some), "{refused:?}");
}

#[test]
fn an_entry_is_proved_by_a_pair_that_differs_and_one_beyond_the_bound() {
    let check = |case: &str, mode, status, outcome: &str, repairs: &[Repair]| Check {
        case: case.into(),
        mode,
        class: Class::Adversarial,
        source: Origin::Spec,
        status,
        outcome: outcome.into(),
        repairs: repairs.to_vec(),
        drift: Vec::new(),
        reason: None,
    };
    let one = [repair("a.one", 2)];
    let checks = [
        (check("d", Mode::Strict, Status::Pass, "error E", &[]), "x"),
        (check("d", Mode::Hardened, Status::Allowed, "repaired a.one", &one), "y"),
        (check("b", Mode::Strict, Status::Pass, "error E", &[]), "z"),
        (check("b", Mode::Hardened, Status::Pass, "error E", &[]), "z"),
    ];
    type Ran = [(Check, &'static str)];
    let unproved = |change: &dyn Fn(&mut Ran)| {
        let mut checks = checks.clone();
        change(&mut checks);
        let exercises: Vec<Exercise<'_>> =
            checks.iter().map(|(check, result)| Exercise { check, result }).collect();
        list().unproved(&BTreeMap::from([("P-1", exercises)])).len()
    };
    assert_eq!(unproved(&|_| {}), 0);
    // Equal results of the pair; never exercised; gone; the bound does not hold; hardened differs beyond it.
    assert_eq!(unproved(&|checks| checks[1].1 = "x"), 1);
    assert_eq!(unproved(&|checks| checks[1].0.repairs.clear()), 1);
    assert_eq!(unproved(&|checks| checks[0].0.case = "other".into()), 1);
    assert_eq!(unproved(&|checks| checks[2].0.outcome = "value".into()), 1);
    assert_eq!(unproved(&|checks| checks[3].1 = "w"), 1);
}

#[test]
fn a_list_out_of_order_doubled_or_misspelt_is_refused() {
    let wrong = [
        LIST.replace("a.one", "a.zzz"),
        LIST.replace("a.two", "a.one"),
        LIST.replace("bound: 2", "bond: 2"),
        LIST.replace("hardened: 1", "hardened: 2"),
        LIST.replace("bound: 2", "bound: -1"),
    ];
    for text in &wrong {
        assert!(Allowlist::parse(FILE, text.as_bytes()).is_err(), "{text}");
    }
}
