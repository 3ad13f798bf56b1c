//! The runner on corpora made by hand, in which each kind of difference is planted once.

mod board;
mod planted;

use std::fs;
use std::path::Path;

use corpus::{Board, Options, file_name, run};
use serde_json::{Value, json};

/// The elements of every storage: each tensor of these corpora is a span of the first of them.
const ELEMENTS: [f32; 12] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0];

/// Words of a tensor of the elements from `first` on, over a storage of its own.
pub struct Span {
    first: usize,
    sizes: &'static [usize],
    strides: &'static [usize],
    wants_gradient: bool,
}

impl Span {
    pub fn new(first: usize, sizes: &'static [usize], strides: &'static [usize]) -> Span {
        Span { first, sizes, strides, wants_gradient: false }
    }

    pub fn wanting(mut self) -> Span {
        self.wants_gradient = true;
        self
    }

    fn count(&self) -> usize {
        self.sizes.iter().product()
    }
}

/// `storages` and `tensors` of the spans.
fn described(spans: &[Span], dtype: &str) -> (Value, Value) {
    let storages: Vec<Value> = spans
        .iter()
        .map(|span| json!({"at": 4 * span.first, "bytes": 4 * span.count(), "dtype": dtype}))
        .collect();
    let tensors: Vec<Value> = spans
        .iter()
        .enumerate()
        .map(|(k, span)| {
            json!({
                "storage": k, "dtype": dtype, "sizes": span.sizes, "strides": span.strides, "offset": 0,
                "requires_grad": span.wants_gradient,
            })
        })
        .collect();
    (json!(storages), json!(tensors))
}

/// A call with these tensors as its positional arguments; one result, which shares the storage of `view_of`.
pub fn sample(inputs: &[Span], result: &[Span], view_of: Option<usize>) -> Value {
    let (storages, tensors) = described(inputs, "float32");
    let (result_storages, result_tensors) = described(result, "float32");
    let args: Vec<Value> = (0..inputs.len()).map(|k| json!({"tensor": k})).collect();
    json!({
        "args": args, "kwargs": {}, "storages": storages, "tensors": tensors,
        "result": {"tensor": 0}, "result_storages": result_storages, "result_tensors": result_tensors,
        "view_of": [view_of], "roots": [],
    })
}

pub fn entry(name: &str, differentiable: bool, samples: Vec<Value>) -> Value {
    json!({
        "name": name, "operator": name.split('.').next(), "variant": "", "callable": name, "dtype": "float32",
        "differentiable": differentiable, "tolerance": {"rtol": 1.3e-6, "atol": 1e-5}, "undefined": false,
        "left_out": 0, "samples": samples, "errors": [],
    })
}

/// Writes a corpus of these entries and replays it.
pub fn board(entries: &[Value], jobs: usize) -> Board {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = folder.path().join("float32");
    fs::create_dir(&corpus).expect("a folder");
    for entry in entries {
        let path = corpus.join(file_name(entry["name"].as_str().expect("a name")));
        let bytes: Vec<u8> = ELEMENTS.iter().flat_map(|x| x.to_le_bytes()).collect();
        fs::write(path.with_added_extension("bin"), bytes).expect("written");
        fs::write(path.with_added_extension("json"), entry.to_string()).expect("written");
    }
    fs::write(corpus.join("complete"), "").expect("written");
    replayed(&corpus, jobs).expect("a corpus")
}

pub fn replayed(corpus: &Path, jobs: usize) -> Option<Board> {
    let options =
        Options { folder: corpus.to_path_buf(), dtype: "float32".into(), operators: Vec::new(), jobs };
    run(&options).expect("replayed")
}
