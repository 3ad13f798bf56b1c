//! Files of tensors as a program saves and loads them. What is expected is what was saved, and training that nobody
//! interrupted.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytecode::Span;
use vm::{Callback, Fault, Host, HostCall, Key, Map, Print, Value};

use crate::effects::{Answer, Ask, Effects};
use crate::host::Prelude;

/// A folder in memory.
#[derive(Default)]
struct Folder(BTreeMap<String, Vec<u8>>);

impl Effects for Folder {
    fn perform(&mut self, _: &str, _: u32, _: Span, ask: Ask) -> Result<Answer, Fault> {
        match ask {
            Ask::WriteFile { path, bytes } => {
                self.0.insert(path, bytes);
                Ok(Answer::Done)
            }
            Ask::ReadFile { path } => {
                self.0.get(&path).cloned().map(Answer::Bytes).ok_or_else(|| Fault::new("R0400", path))
            }
            other => panic!("{other:?}"),
        }
    }
    fn print(&mut self, _: Print, _: &str) {}
    fn seed(&mut self) -> u64 {
        0
    }
    fn arguments(&self) -> Vec<String> {
        Vec::new()
    }
    fn trace_reference(&self) -> String {
        String::new()
    }
    fn table_read(&mut self, _: u32, _: usize, _: usize) {}
}

struct Machine;

impl Callback for Machine {
    fn call(&mut self, _: &mut dyn Host, _: &Value, _: &[Value]) -> Result<Value, Fault> {
        Err(Fault::new("R0999", "no closure here"))
    }
    fn result(&mut self, _: &mut dyn Host, _: &Value) -> Option<Result<Value, Fault>> {
        None
    }
    fn cancel(&mut self, _: &mut dyn Host, _: &Value) {}
}

fn attempt(host: &mut dyn Host, name: &str, args: &[Value], named: &[(&str, Value)]) -> Result<Value, Fault> {
    let names: Vec<Rc<str>> = named.iter().map(|(n, _)| Rc::from(*n)).collect();
    let args: Vec<Value> = args.iter().chain(named.iter().map(|(_, v)| v)).cloned().collect();
    let call = HostCall { name, site: 0, args: &args, names: &names, types: &[], span: Span::default() };
    host.call(&mut Machine, call)
}

fn call(host: &mut dyn Host, name: &str, args: &[&Value]) -> Value {
    let args: Vec<Value> = args.iter().map(|value| (*value).clone()).collect();
    attempt(host, name, &args, &[]).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn refusal(host: &mut dyn Host, name: &str, args: &[&Value]) -> String {
    let args: Vec<Value> = args.iter().map(|value| (*value).clone()).collect();
    match attempt(host, name, &args, &[]) {
        Err(fault) => fault.to_string(),
        Ok(value) => panic!("{name} gave {}", vm::show(&value).unwrap()),
    }
}

fn map(items: Vec<(&str, Value)>) -> Value {
    let mut map = Map::new();
    for (key, value) in items {
        map.insert(Key::new(Value::str(key)).unwrap(), value);
    }
    Value::map(map)
}

fn bytes(value: &Value) -> Vec<u8> {
    vm::codec::encode(value).unwrap()
}

fn numbers(host: &mut dyn Host) -> Value {
    call(host, "Tensor.arange", &[&Value::Float(0.0), &Value::Float(6.0)])
}

#[test]
fn what_was_saved_is_loaded() {
    let mut folder = Folder::default();
    let host: &mut dyn Host = &mut Prelude::new(&mut folder);
    let tensor = numbers(host);
    let value = map(vec![
        ("tensor", tensor.clone()),
        ("list", Value::list(vec![Value::Int(1), Value::Float(0.5), Value::Null, Value::Bool(true)])),
        ("pair", Value::tuple(vec![Value::str("ä"), Value::bytes(vec![0, 255])])),
        ("dtype", call(host, "f64", &[])),
        ("tensors", Value::list(vec![tensor.clone(), tensor])),
    ]);
    for path in ["a.lmt", "a.pt", "folder/a.pth"] {
        call(host, "torch.save", &[&value, &Value::str(path)]);
        let read = call(host, "torch.load", &[&Value::str(path)]);
        assert_eq!(bytes(&read), bytes(&value), "{path}");
    }
    let tensors = map(vec![("a", numbers(host)), ("b", numbers(host))]);
    call(host, "torch.save", &[&tensors, &Value::str("a.safetensors")]);
    let read = call(host, "torch.load", &[&Value::str("a.safetensors")]);
    assert_eq!(bytes(&read), bytes(&tensors));
}

#[test]
fn what_no_file_holds_is_refused_with_a_way_out() {
    let mut folder = Folder::default();
    let host: &mut dyn Host = &mut Prelude::new(&mut folder);
    let net = call(host, "nn.Linear", &[&Value::Int(2), &Value::Int(1)]);
    let path = Value::str("a.lmt");
    assert!(refusal(host, "torch.save", &[&net, &path]).contains("a Module does not go into a file"));
    let tensor = numbers(host);
    assert!(refusal(host, "torch.save", &[&tensor, &Value::str("a.txt")]).contains("an ending of no format"));
    let said = refusal(host, "torch.save", &[&tensor, &Value::str("a.safetensors")]);
    assert!(said.contains("a map of tensors by name"), "{said}");
    let mut deep = Value::Null;
    for _ in 0..300 {
        deep = Value::list(vec![deep]);
    }
    assert!(refusal(host, "torch.save", &[&deep, &path]).contains("inside each other"));
}

#[test]
fn damaged_files_load_nothing() {
    let mut folder = Folder::default();
    let value = numbers(&mut Prelude::new(&mut folder));
    for (path, expected) in [
        ("a.lmt", "RuntimeError: SizeMismatch: file: expected"),
        ("a.pt", "RuntimeError: PytorchStreamReader failed reading zip archive"),
    ] {
        call(&mut Prelude::new(&mut folder), "torch.save", &[&value, &Value::str(path)]);
        folder.0.get_mut(path).unwrap().pop();
        let said = refusal(&mut Prelude::new(&mut folder), "torch.load", &[&Value::str(path)]);
        assert!(said.contains(expected), "{said}");
    }
    // A pickle whose list holds itself, and one that would call a function.
    let head =
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}X\r\0\0\0little_endian\x88s.";
    let doubled = [b"\x80\x02(]".as_slice(), &b"q\0](h\0h\0e".repeat(40), b"t.\x80\x02]."].concat();
    for (pickle, expected) in [
        (b"\x80\x02]q\0h\0a.\x80\x02].".as_slice(), "inside each other"),
        // Forty lists, each of the one before twice.
        (doubled.as_slice(), "each counted where it stands"),
        (b"\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R.", "GLOBAL os.system"),
    ] {
        folder.0.insert("b.pt".to_string(), [head.as_slice(), pickle].concat());
        let said = refusal(&mut Prelude::new(&mut folder), "torch.load", &[&Value::str("b.pt")]);
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_sidecar_gives_a_damaged_file_back_and_proves_it() {
    let mut folder = Folder::default();
    let host: &mut dyn Host = &mut Prelude::new(&mut folder);
    let tensor = call(host, "Tensor.arange", &[&Value::Float(0.0), &Value::Float(2000.0)]);
    let args = [tensor.clone(), Value::str("a.lmt")];
    attempt(host, "torch.save", &args, &[("sidecar", Value::Int(25))]).unwrap();
    let whole = folder.0["a.lmt"].clone();
    let repair_symbols = folder.0["a.lmt.rq"].clone();
    let damaged = folder.0.get_mut("a.lmt").unwrap();
    damaged[3000..3600].fill(0xaa);
    let damaged = damaged.clone();
    let said = refusal(&mut Prelude::new(&mut folder), "torch.load", &[&Value::str("a.lmt")]);
    assert!(said.contains("ChecksumMismatch: storage 0"), "{said}");
    let repaired = sidecar::repair("a.lmt", &damaged, &repair_symbols).unwrap();
    let restored = repaired.outcome.unwrap();
    assert!(restored.payload == whole && restored.sidecar == repair_symbols);
    repaired.proof.check(&restored.payload, &restored.sidecar).unwrap();
    folder.0.insert("a.lmt".to_string(), restored.payload);
    let read = call(&mut Prelude::new(&mut folder), "torch.load", &[&Value::str("a.lmt")]);
    assert_eq!(bytes(&read), bytes(&tensor));
}

/// A network of its own draws.
fn network(host: &mut dyn Host) -> Value {
    let first = call(host, "nn.Linear", &[&Value::Int(1), &Value::Int(3)]);
    let tanh = call(host, "nn.Tanh", &[]);
    let last = call(host, "nn.Linear", &[&Value::Int(3), &Value::Int(1)]);
    call(host, "nn.Sequential", &[&Value::list(vec![first, tanh, last])])
}

fn train(host: &mut dyn Host, net: &Value, optimizer: &Value, steps: usize) {
    let x = numbers(host);
    let x = call(host, "Tensor.reshape", &[&x, &Value::ints(vec![6, 1])]);
    for _ in 0..steps {
        call(host, "Optimizer.zero_grad", &[optimizer]);
        let out = call(host, "Module.forward", &[net, &x]);
        let loss = call(host, "nn.functional.mse_loss", &[&out, &x]);
        call(host, "Tensor.backward", &[&loss]);
        call(host, "Optimizer.step", &[optimizer]);
    }
}

#[test]
fn training_from_a_file_goes_on_bit_for_bit() {
    let rules: [(&str, &[(&str, Value)]); 8] = [
        ("optim.SGD", &[("lr", Value::Float(0.01))]),
        ("optim.SGD", &[("lr", Value::Float(0.01)), ("momentum", Value::Float(0.9))]),
        ("optim.Adam", &[("weight_decay", Value::Float(0.1))]),
        ("optim.AdamW", &[]),
        ("optim.NAdam", &[("momentum_decay", Value::Float(0.1))]),
        ("optim.RMSprop", &[]),
        ("optim.RMSprop", &[("momentum", Value::Float(0.5))]),
        ("optim.Adagrad", &[("lr_decay", Value::Float(0.1))]),
    ];
    for (rule, options) in rules {
        for path in ["state.lmt", "state.pt"] {
            let mut folder = Folder::default();
            let host: &mut dyn Host = &mut Prelude::new(&mut folder);
            let (whole, other) = (network(host), network(host));
            let made = |host: &mut dyn Host, net: &Value, options: &[(&str, Value)]| {
                let parameters = call(host, "Module.parameters", &[net]);
                attempt(host, rule, &[parameters], options).unwrap()
            };
            let optimizer = made(host, &whole, options);
            train(host, &whole, &optimizer, 3);
            let (net, state) = (
                call(host, "Module.state_dict", &[&whole]),
                call(host, "Optimizer.state_dict", &[&optimizer]),
            );
            call(host, "torch.save", &[&map(vec![("net", net), ("state", state)]), &Value::str(path)]);
            train(host, &whole, &optimizer, 2);

            let Value::Map(read) = call(host, "torch.load", &[&Value::str(path)]) else { panic!("no map") };
            // Other options than those saved, which come from the file.
            let resumed = match rule {
                "optim.SGD" | "optim.RMSprop" => made(host, &other, options),
                _ => made(host, &other, &[]),
            };
            call(host, "Module.load_state_dict", &[&other, read.get_str("net").unwrap()]);
            call(host, "Optimizer.load_state_dict", &[&resumed, read.get_str("state").unwrap()]);
            train(host, &other, &resumed, 2);
            let of = |host: &mut dyn Host, net: &Value| bytes(&call(host, "Module.state_dict", &[net]));
            assert!(of(host, &whole) == of(host, &other), "{rule} from {path}");
            let (left, right) = (
                call(host, "Optimizer.state_dict", &[&optimizer]),
                call(host, "Optimizer.state_dict", &[&resumed]),
            );
            assert!(bytes(&left) == bytes(&right), "{rule} from {path}");
        }
    }
}

#[test]
fn states_that_do_not_fit_change_nothing() {
    let mut folder = Folder::default();
    let host: &mut dyn Host = &mut Prelude::new(&mut folder);
    let net = network(host);
    let parameters = call(host, "Module.parameters", &[&net]);
    let optimizer = call(host, "optim.Adam", &[&parameters]);
    train(host, &net, &optimizer, 1);
    let before = call(host, "Optimizer.state_dict", &[&optimizer]);
    let Value::List(all) = &parameters else { panic!("no list") };
    let half = all.get(0).unwrap();
    let other = call(host, "optim.Adam", &[&Value::list(vec![half])]);
    let foreign = call(host, "Optimizer.state_dict", &[&other]);
    let said = refusal(host, "Optimizer.load_state_dict", &[&optimizer, &foreign]);
    assert!(said.contains("doesn't match the size of optimizer's group"), "{said}");
    let sgd = call(host, "optim.SGD", &[&parameters]);
    let said = refusal(host, "Optimizer.load_state_dict", &[&sgd, &before]);
    assert!(said.contains("the option `betas`"), "{said}");
    assert_eq!(bytes(&call(host, "Optimizer.state_dict", &[&optimizer])), bytes(&before));
    let said = refusal(host, "Module.load_state_dict", &[&net, &map(vec![])]);
    // PyTorch's text.
    assert!(said.contains("Missing key(s) in state_dict: \"0.weight\", \"0.bias\""), "{said}");
}

#[test]
fn a_generator_goes_on_where_its_state_was_taken() {
    let mut folder = Folder::default();
    let host: &mut dyn Host = &mut Prelude::new(&mut folder);
    let generator = call(host, "generator", &[&Value::Int(7)]);
    let draw = |host: &mut dyn Host, generator: &Value| {
        let size = Value::ints(vec![3]);
        bytes(&attempt(host, "Tensor.randn", &[size], &[("generator", generator.clone())]).unwrap())
    };
    draw(host, &generator);
    let state = call(host, "Generator.get_state", &[&generator]);
    call(host, "torch.save", &[&state, &Value::str("g.lmt")]);
    let expected = draw(host, &generator);
    let other = call(host, "generator", &[&Value::Int(1)]);
    let state = call(host, "torch.load", &[&Value::str("g.lmt")]);
    call(host, "Generator.set_state", &[&other, &state]);
    assert_eq!(draw(host, &other), expected);
    let floats = numbers(host);
    assert!(refusal(host, "Generator.set_state", &[&other, &floats]).contains("torch.ByteTensor"));
}
