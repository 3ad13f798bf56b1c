//! Writing a pickle of protocol 2, opcode by opcode as CPython's pickler orders them.

use std::collections::{HashMap, HashSet};

use tensor::{DType, Tensor};

use crate::{Error, ErrorKind, Id, Node, Result, Tree};

/// Items that one `SETITEMS` or `APPENDS` takes.
const BATCH: usize = 1_000;

/// The name of a dtype's storage.
pub fn storage_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "BoolStorage",
        DType::U8 => "ByteStorage",
        DType::I8 => "CharStorage",
        DType::I16 => "ShortStorage",
        DType::I32 => "IntStorage",
        DType::I64 => "LongStorage",
        DType::F32 => "FloatStorage",
        DType::F64 => "DoubleStorage",
    }
}

/// What a pickle remembers. Equal texts of the tree are one object; the format's own words and the keys of storages are
/// others, as they are in PyTorch.
#[derive(PartialEq, Eq, Hash)]
enum Remembered {
    Node(Id),
    Text(String),
    Word(&'static str),
    Key(usize),
    Global(&'static str, &'static str),
}

/// What is left to write, the next last.
enum Work {
    Node(Id),
    Bytes(&'static [u8]),
    /// A value that has no node: sizes, strides, an offset.
    Integer(i64),
    Flag(bool),
    Text(&'static str),
    Integers(Vec<i64>),
    /// An empty `OrderedDict`, the hooks of a tensor.
    NoHooks,
    Storage(usize),
    /// Remembers what was written last under nobody's name.
    Anonymous,
    Remember(Id),
    Leave(Id),
}

/// A pickle, and the storages that it names by their place.
pub struct Pickled {
    pub text: Vec<u8>,
    pub storages: Vec<Tensor>,
}

pub struct Pickler<'a> {
    tree: &'a Tree,
    out: Vec<u8>,
    memo: HashMap<Remembered, u32>,
    count: u32,
    storages: Vec<Tensor>,
    by_storage: HashMap<usize, usize>,
    /// Tuples and sets that are being written.
    open: HashSet<Id>,
}

impl<'a> Pickler<'a> {
    pub fn new(tree: &'a Tree) -> Self {
        Pickler {
            tree,
            out: vec![0x80, 2],
            memo: HashMap::new(),
            count: 0,
            storages: Vec::new(),
            by_storage: HashMap::new(),
            open: HashSet::new(),
        }
    }

    pub fn run(mut self) -> Result<Pickled> {
        let mut work = vec![Work::Node(self.tree.root())];
        while let Some(next) = work.pop() {
            match next {
                Work::Node(id) => self.node(id, &mut work)?,
                Work::Bytes(bytes) => self.out.extend(bytes),
                Work::Integer(value) => self.integer(value),
                Work::Flag(flag) => self.out.push(if flag { 0x88 } else { 0x89 }),
                Work::Text(text) => self.word(text)?,
                Work::Integers(values) => {
                    let ids = values.into_iter().map(Work::Integer).collect();
                    push(&mut work, tuple(ids, Work::Anonymous));
                }
                Work::NoHooks => {
                    self.global("collections", "OrderedDict");
                    self.out.extend(b")R");
                    self.anonymous();
                }
                Work::Storage(at) => self.storage(at)?,
                Work::Anonymous => self.anonymous(),
                Work::Remember(id) => self.remember(Remembered::Node(id)),
                Work::Leave(id) => {
                    self.open.remove(&id);
                }
            }
        }
        self.out.push(b'.');
        Ok(Pickled { text: self.out, storages: self.storages })
    }

    fn put(&mut self, at: u32) {
        match u8::try_from(at) {
            Ok(at) => self.out.extend([b'q', at]),
            Err(_) => {
                self.out.push(b'r');
                self.out.extend(at.to_le_bytes());
            }
        }
    }

    fn anonymous(&mut self) {
        self.put(self.count);
        self.count += 1;
    }

    fn remember(&mut self, what: Remembered) {
        self.memo.insert(what, self.count);
        self.anonymous();
    }

    /// Writes a reference to what was written before, if it was.
    fn recall(&mut self, what: &Remembered) -> bool {
        let Some(&at) = self.memo.get(what) else { return false };
        match u8::try_from(at) {
            Ok(at) => self.out.extend([b'h', at]),
            Err(_) => {
                self.out.push(b'j');
                self.out.extend(at.to_le_bytes());
            }
        }
        true
    }

    fn global(&mut self, module: &'static str, name: &'static str) {
        let what = Remembered::Global(module, name);
        if !self.recall(&what) {
            self.out.extend(format!("c{module}\n{name}\n").as_bytes());
            self.remember(what);
        }
    }

    fn unicode(&mut self, text: &str) -> Result<()> {
        let len = u32::try_from(text.len())
            .map_err(|_| Error::new(ErrorKind::Value, "a text over 4 GiB cannot be in a pickle"))?;
        self.out.push(b'X');
        self.out.extend(len.to_le_bytes());
        self.out.extend(text.as_bytes());
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        let what = Remembered::Text(text.to_string());
        if !self.recall(&what) {
            self.unicode(text)?;
            self.remember(what);
        }
        Ok(())
    }

    fn word(&mut self, word: &'static str) -> Result<()> {
        let what = Remembered::Word(word);
        if !self.recall(&what) {
            self.unicode(word)?;
            self.remember(what);
        }
        Ok(())
    }

    fn integer(&mut self, value: i64) {
        if let Ok(byte) = u8::try_from(value) {
            self.out.extend([b'K', byte]);
        } else if let Ok(half) = u16::try_from(value) {
            self.out.push(b'M');
            self.out.extend(half.to_le_bytes());
        } else if let Ok(word) = i32::try_from(value) {
            self.out.push(b'J');
            self.out.extend(word.to_le_bytes());
        } else {
            let mut bytes = value.to_le_bytes().to_vec();
            shorten(&mut bytes);
            self.out.extend([0x8a, bytes.len() as u8]);
            self.out.extend(bytes);
        }
    }

    fn float(&mut self, value: f64) {
        self.out.push(b'G');
        self.out.extend(value.to_be_bytes());
    }

    /// `('storage', torch.FloatStorage, '0', 'cpu', numel)` as a persistent id.
    fn storage(&mut self, at: usize) -> Result<()> {
        let Some(tensor) = self.storages.get(at) else { return Ok(()) };
        let (dtype, len) = (tensor.dtype(), tensor.storage_len());
        self.out.push(b'(');
        self.word("storage")?;
        self.global("torch", storage_name(dtype));
        if !self.recall(&Remembered::Key(at)) {
            self.unicode(&at.to_string())?;
            self.remember(Remembered::Key(at));
        }
        self.word("cpu")?;
        self.integer(len as i64);
        self.out.push(b't');
        self.anonymous();
        self.out.push(b'Q');
        Ok(())
    }

    fn storage_of(&mut self, tensor: &Tensor) -> usize {
        let next = self.storages.len();
        let at = *self.by_storage.entry(tensor.storage_address()).or_insert(next);
        if at == next {
            self.storages.push(tensor.clone());
        }
        at
    }

    fn node(&mut self, id: Id, work: &mut Vec<Work>) -> Result<()> {
        if self.recall(&Remembered::Node(id)) {
            return Ok(());
        }
        let after = Work::Remember(id);
        match self.tree.held(id)? {
            Node::None => self.out.push(b'N'),
            Node::Bool(flag) => self.out.push(if *flag { 0x88 } else { 0x89 }),
            Node::Int(value) => self.integer(*value),
            Node::Long(bytes) => {
                let len = u8::try_from(bytes.len()).map_err(|_| {
                    Error::new(
                        ErrorKind::Value,
                        "an integer of more than 2040 bits, which PyTorch does not read",
                    )
                })?;
                self.out.extend([0x8a, len]);
                self.out.extend(bytes);
            }
            Node::Float(value) => self.float(*value),
            Node::Complex(real, imaginary) => {
                self.global("__builtin__", "complex");
                self.float(*real);
                self.float(*imaginary);
                self.out.push(0x86);
                self.anonymous();
                self.out.push(b'R');
                self.remember(Remembered::Node(id));
            }
            Node::Text(text) => self.text(text)?,
            Node::Bytes(bytes) => {
                // As Latin-1, since protocol 2 has no bytes.
                let latin: String = bytes.iter().map(|&byte| char::from(byte)).collect();
                self.global("_codecs", "encode");
                self.text(&latin)?;
                self.word("latin1")?;
                self.out.push(0x86);
                self.anonymous();
                self.out.push(b'R');
                self.remember(Remembered::Node(id));
            }
            Node::List(items) => {
                self.out.push(b']');
                self.remember(Remembered::Node(id));
                push(work, batches(items.iter().map(|&item| vec![Work::Node(item)]), b"a", b"e"));
            }
            Node::Dict(items) => {
                self.out.push(b'}');
                self.remember(Remembered::Node(id));
                push(work, batches(items.iter().map(pair), b"s", b"u"));
            }
            Node::OrderedDict { items, metadata } => {
                self.global("collections", "OrderedDict");
                self.out.extend(b")R");
                self.remember(Remembered::Node(id));
                let mut steps = batches(items.iter().map(pair), b"s", b"u");
                if let Some(held) = metadata {
                    // Its attributes: a dictionary of one entry.
                    steps.extend([Work::Bytes(b"}"), Work::Anonymous, Work::Text("_metadata")]);
                    steps.extend([Work::Node(*held), Work::Bytes(b"sb")]);
                }
                push(work, steps);
            }
            Node::Tuple(items) => {
                if items.is_empty() {
                    self.out.push(b')');
                    return Ok(());
                }
                self.enter(id)?;
                let mut steps = tuple(items.iter().map(|&item| Work::Node(item)).collect(), after);
                steps.push(Work::Leave(id));
                push(work, steps);
            }
            Node::Set(items) => {
                self.enter(id)?;
                self.global("__builtin__", "set");
                let mut steps = vec![Work::Bytes(b"]"), Work::Anonymous];
                steps.extend(batches(items.iter().map(|&item| vec![Work::Node(item)]), b"a", b"e"));
                steps.extend([
                    Work::Bytes(&[0x85]),
                    Work::Anonymous,
                    Work::Bytes(b"R"),
                    after,
                    Work::Leave(id),
                ]);
                push(work, steps);
            }
            Node::Size(sizes) => {
                self.global("torch", "Size");
                push(
                    work,
                    vec![
                        Work::Integers(sizes.clone()),
                        Work::Bytes(&[0x85]),
                        Work::Anonymous,
                        Work::Bytes(b"R"),
                        after,
                    ],
                );
            }
            Node::Device(name) => {
                self.global("torch", "device");
                self.unicode(name)?;
                self.anonymous();
                self.out.push(0x85);
                self.anonymous();
                self.out.push(b'R');
                self.remember(Remembered::Node(id));
            }
            Node::DType(dtype) => self.global("torch", dtype.name()),
            Node::Tensor { tensor, requires_grad } => {
                let at = self.storage_of(tensor);
                self.global("torch._utils", "_rebuild_tensor_v2");
                let integers = |values: &[usize]| values.iter().map(|&value| value as i64).collect();
                push(
                    work,
                    vec![
                        Work::Bytes(b"("),
                        Work::Storage(at),
                        Work::Integer(tensor.layout().offset() as i64),
                        Work::Integers(integers(tensor.sizes())),
                        Work::Integers(integers(tensor.strides())),
                        Work::Flag(*requires_grad),
                        Work::NoHooks,
                        Work::Bytes(b"t"),
                        Work::Anonymous,
                        Work::Bytes(b"R"),
                        after,
                    ],
                );
            }
            Node::Parameter { data, requires_grad } => {
                self.global("torch._utils", "_rebuild_parameter");
                push(
                    work,
                    vec![
                        Work::Node(*data),
                        Work::Flag(*requires_grad),
                        Work::NoHooks,
                        Work::Bytes(&[0x87]),
                        Work::Anonymous,
                        Work::Bytes(b"R"),
                        after,
                    ],
                );
            }
        }
        Ok(())
    }

    fn enter(&mut self, id: Id) -> Result<()> {
        if self.open.insert(id) {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::Value, "a tuple or set that holds itself, which PyTorch does not read"))
        }
    }
}

fn pair(&(key, value): &(Id, Id)) -> Vec<Work> {
    vec![Work::Node(key), Work::Node(value)]
}

/// Steps in the order they are written in.
fn push(work: &mut Vec<Work>, steps: Vec<Work>) {
    work.extend(steps.into_iter().rev());
}

fn tuple(mut items: Vec<Work>, after: Work) -> Vec<Work> {
    match items.len() {
        0 => return vec![Work::Bytes(b")")],
        1 => items.push(Work::Bytes(&[0x85])),
        2 => items.push(Work::Bytes(&[0x86])),
        3 => items.push(Work::Bytes(&[0x87])),
        _ => {
            items.insert(0, Work::Bytes(b"("));
            items.push(Work::Bytes(b"t"));
        }
    }
    items.push(after);
    items
}

/// One item alone, else batches behind marks.
fn batches(
    items: impl ExactSizeIterator<Item = Vec<Work>>,
    one: &'static [u8],
    many: &'static [u8],
) -> Vec<Work> {
    let count = items.len();
    let mut steps = Vec::new();
    for (at, item) in items.enumerate() {
        if count > 1 && at % BATCH == 0 {
            steps.push(Work::Bytes(b"("));
        }
        steps.extend(item);
        if count == 1 {
            steps.push(Work::Bytes(one));
        } else if at % BATCH == BATCH - 1 || at + 1 == count {
            steps.push(Work::Bytes(many));
        }
    }
    steps
}

/// Drops sign bytes that the one before implies.
pub fn shorten(bytes: &mut Vec<u8>) {
    while let [.., before, last] = bytes.as_slice()
        && ((*last == 0 && before & 0x80 == 0) || (*last == 0xff && before & 0x80 != 0))
    {
        bytes.pop();
    }
}
