//! Images of a program that waits: which program goes on from one, and where one that cannot be made is told.

use checker::Program;
use syntax::ast::NodeIds;
use syntax::{FileId, Source};
use vm::{Callback, Fault, Handle, Host, HostCall, Print, Value, Vm};

/// Keeps the image of each `checkpoint` and the lines that are printed.
#[derive(Default)]
struct Keeper {
    images: Vec<Vec<u8>>,
    wanted: bool,
    kept: bool,
    printed: String,
}

impl Host for Keeper {
    fn call(&mut self, _: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault> {
        assert_eq!(call.name, "checkpoint");
        if std::mem::take(&mut self.kept) {
            return Ok(Value::Null);
        }
        self.wanted = true;
        Err(Fault::waiting())
    }

    fn wants_image(&mut self) -> bool {
        std::mem::take(&mut self.wanted)
    }

    fn keep_image(&mut self, image: &[u8]) -> Result<(), Fault> {
        self.images.push(image.to_vec());
        self.kept = true;
        Ok(())
    }

    fn encode_handles(&mut self, _: Vec<Handle>) -> Result<Vec<u8>, Fault> {
        Ok(Vec::new())
    }

    fn decode_handles(&mut self, _: &[u8]) -> Result<Vec<Value>, String> {
        Ok(Vec::new())
    }

    fn print(&mut self, _: Print, text: &str) {
        self.printed.push_str(text);
    }

    fn decode_opaque(&self, _: &str, _: &[u8]) -> Result<Value, String> {
        Err("nothing is opaque here".to_string())
    }
}

fn compiled(text: &str) -> bytecode::VerifiedModule {
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), text, &mut ids);
    assert!(parse.diagnostics.is_empty(), "{:?}", parse.diagnostics);
    let modules = [parse.module];
    let program = Program::new(&modules, ids.len());
    let checked = checker::check(&program);
    assert!(!checked.diagnostics.iter().any(|d| d.is_error()), "{:#?}", checked.diagnostics);
    let module = lower::lower(&program, &checked, &[Source::new("a.lm", text)]).expect("it is small");
    bytecode::verify(module).expect("what is lowered verifies")
}

/// Runs the last result of a program from its start, or from an image.
fn run(text: &str, image: Option<&[u8]>) -> (Result<Option<Value>, Fault>, Keeper) {
    let module = compiled(text);
    let (mut machine, mut host) = (Vm::new(&module).expect("a machine"), Keeper::default());
    let last = module.module().nodes.len() - 1;
    for node in 0..last {
        machine.run_node(&mut host, node).expect("it runs");
    }
    host.kept = image.is_some();
    let ran = match image {
        Some(image) => machine.run_node_from(&mut host, last, image),
        None => machine.run_node(&mut host, last),
    };
    (ran, host)
}

const PROGRAM: &str = "cell twice(n: Int) -> Int = n * 2
let done = do
  let f = fn(n: Int) => n + 40
  checkpoint(\"here\")
  print(f(2), twice(4))
  1
end
";

#[test]
fn a_program_goes_on_from_its_image() {
    let (ran, host) = run(PROGRAM, None);
    assert_eq!((ran.err(), &*host.printed), (None, "42 8\n"));
    let (ran, resumed) = run(PROGRAM, Some(&host.images[0]));
    assert_eq!((ran.err(), &*resumed.printed), (None, "42 8\n"));
    // Layout is no change.
    let (ran, resumed) = run(&format!("# a comment\n{PROGRAM}"), Some(&host.images[0]));
    assert_eq!((ran.err(), &*resumed.printed), (None, "42 8\n"));
}

#[test]
fn a_changed_program_does_not_go_on_at_the_functions_of_another() {
    let (_, host) = run(PROGRAM, None);
    // The node's own code is the same; what else there is moves its functions, or its globals.
    for added in ["cell first() -> fn() -> Int = fn() => 1\n", "let early = 3\n"] {
        let changed = format!("{added}{PROGRAM}");
        let (ran, resumed) = run(&changed, Some(&host.images[0]));
        let fault = ran.expect_err("the image is of another program");
        assert!(fault.code == "R0810" && fault.message.contains("another program"), "{fault}");
        assert!(fault.help.is_some() && resumed.printed.is_empty());
    }
}

#[test]
fn a_checkpoint_that_cannot_be_is_told_where_it_stands() {
    for (text, part) in [
        ("let done = do\n  let t = spawn 1\n  checkpoint(\"a\")\n  1\nend\n", "while tasks run"),
        ("let done = map([1], fn(n) do\n  checkpoint(\"a\")\n  n\nend)\n", "inside of a builtin"),
        (
            "memory Notes\nend\nlet done = do\n  let n = Notes()\n  checkpoint(\"a\")\n  n.recent(1)\nend\n",
            "holds a Process",
        ),
    ] {
        let text = text.replace("fn(n) do", "fn(n)");
        let fault = run(&text, None).0.expect_err("it cannot be kept");
        assert!(fault.code == "R0126" && fault.message.contains(part), "{fault}");
        assert!(fault.help.is_some(), "{fault}");
        let span = fault.span.expect("it has a place");
        assert_eq!(text.get(span.start as usize..).map(|rest| rest.starts_with("checkpoint")), Some(true));
    }
}
