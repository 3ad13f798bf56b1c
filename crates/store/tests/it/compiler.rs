//! The compiler whose passes are pages. Counts of runs are by hand: three passes a function, and what an edit reaches.

use std::process::{Command, Stdio};
use std::sync::Arc;

use store::Memory;

#[path = "../../examples/compiler.rs"]
#[allow(dead_code)]
mod example;

use example::{Module, caller, interpret};

fn leaf(number: i32) -> String {
    format!("define i32 @c0(i32 %x) {{\n  %1 = mul i32 6, {number}\n  ret i32 %1\n}}\n")
}

fn of_argument(number: i32) -> String {
    format!("define i32 @g0(i32 %x) {{\n  %1 = add i32 %x, {number}\n  ret i32 %1\n}}\n")
}

/// Two chains of ten: `c` returns constants all along, `g` depends on its argument.
fn module(vfs: &Memory) -> Module {
    let module = Module::open(Arc::new(vfs.clone())).unwrap();
    let mut sources = vec![leaf(7), of_argument(1)];
    for chain in ["c", "g"] {
        sources.extend((1..10).map(|at| caller(&format!("{chain}{at}"), &format!("{chain}{}", at - 1), at)));
    }
    module.add(&sources).unwrap();
    module
}

#[test]
fn an_edit_recomputes_its_cone_and_nothing_else() {
    let module = module(&Memory::new());
    assert_eq!(module.take_runs(), 60, "20 functions, 3 passes, each once");
    module.edit(&(leaf(7) + "; a comment\n")).unwrap();
    assert_eq!(module.take_runs(), 1, "the folded text is the same");
    module.edit(&leaf(8)).unwrap();
    assert_eq!(module.take_runs(), 30, "the constant changes all along its chain");
    module.edit(&of_argument(2)).unwrap();
    assert_eq!(module.take_runs(), 3, "what is known of it is nothing, as before");
    module.edit(&caller("g9", "g8", 5)).unwrap();
    assert_eq!(module.take_runs(), 3, "nobody calls it");
    // It calls another function now: the chain of constants ends in it.
    module.edit(&caller("g9", "c9", 5)).unwrap();
    assert_eq!(module.take_runs(), 3);
    // By hand: 6 * 8 and the numbers from 1 to 9, and 5.
    assert!(module.text("pruned").unwrap().contains("define i32 @g9(i32 %x) {\n  ret i32 98\n}"));
}

#[test]
fn the_passes_keep_what_every_function_computes() {
    let module = module(&Memory::new());
    let (before, after) = (module.text("source").unwrap(), module.text("pruned").unwrap());
    assert!(after.lines().count() < before.lines().count());
    for name in (0..10).flat_map(|at| [format!("c{at}"), format!("g{at}")]) {
        for argument in [0, 1, -5, i32::MAX, i32::MIN] {
            let expected = interpret(&before, &name, argument);
            assert!(expected.is_some());
            assert_eq!(interpret(&after, &name, argument), expected, "@{name}({argument})");
        }
    }
}

#[test]
fn what_was_computed_survives_a_restart() {
    let vfs = Memory::new();
    let first = module(&vfs);
    let text = first.text("pruned").unwrap();
    drop(first);
    let again = Module::open(Arc::new(vfs)).unwrap();
    assert_eq!(again.text("pruned").unwrap(), text);
    assert_eq!(again.take_runs(), 0);
    again.edit(&leaf(8)).unwrap();
    assert_eq!(again.take_runs(), 30, "the graph is there too");
}

#[test]
fn recursion_and_broken_text_change_nothing() {
    let module = module(&Memory::new());
    let before = module.text("pruned").unwrap();
    let why = module.edit(&caller("c0", "c9", 1)).unwrap_err().to_string();
    assert!(why.contains("computed from itself") && why.contains(" -> "), "{why}");
    assert!(module.edit("define i32 @c0(i32 %x) {\n  %1 = div i32 1, 0\n  ret i32 %1\n}\n").is_err());
    assert_eq!(module.text("pruned").unwrap(), before);
}

/// LLVM's own reader takes both texts, where it is installed.
#[test]
fn llvm_reads_what_comes_out() {
    if !testkit::programs::has("llvm-as") {
        return;
    }
    let module = module(&Memory::new());
    for page in ["source", "pruned"] {
        let text = module.text(page).unwrap();
        let mut child = Command::new("llvm-as")
            .args(["-o", "/dev/null", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    }
}
