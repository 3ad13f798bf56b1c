//! Tensors in files: PyTorch's archives, safetensors and `.lmt`, with a sidecar that mends it.

use checkpoint::lmt::{self, Mode};
use checkpoint::{Error, ErrorKind, pt, safetensors};
use evidence::compare::Rule;
use evidence::report;
use evidence::value::{Cell, Tree, Value};
use serde::Deserialize;
use sidecar::Overhead;

use super::convert::{Given, Storages};
use super::trees::{given, tree};
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

const FILE: Input = Input::one("file", &[Kind::Bytes]);

pub(super) const ROWS: &[Row] = &[
    Row {
        op: "tensor.load_pt",
        reference: Reference::Torch("torch.load"),
        inputs: &[FILE],
        params: Params::NONE,
        run: load_pt,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch.load(f)"],
    },
    Row {
        op: "tensor.refusal_pt",
        reference: Reference::Torch("torch.load"),
        inputs: &[FILE],
        params: Params::NONE,
        run: refusal_pt,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch.load(f, weights_only)"],
    },
    Row {
        op: "tensor.save_pt",
        reference: Reference::Torch("torch.save"),
        inputs: &[Input::one("state", &[Kind::Any])],
        params: Params::NONE,
        run: save_pt,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch.save(obj, f)"],
    },
    Row {
        op: "tensor.load_safetensors",
        reference: Reference::Spec("safetensors: format"),
        inputs: &[FILE],
        params: Params::NONE,
        run: load_safetensors,
        rule: Rule::Exact,
        hardened: &[],
        api: &["safetensors.torch.load(data)"],
    },
    Row {
        op: "tensor.save_safetensors",
        reference: Reference::Spec("safetensors: format"),
        inputs: &[Input::one("tensors", &[Kind::Tree])],
        params: Params::of::<Texts>(),
        run: save_safetensors,
        rule: Rule::Exact,
        hardened: &[],
        api: &["safetensors.torch.save(tensors, metadata)"],
    },
    Row {
        op: "tensor.load_lmt",
        reference: Reference::Spec(".lmt, byte by byte"),
        inputs: &[FILE],
        params: Params::NONE,
        run: load_lmt,
        rule: Rule::Exact,
        hardened: &[],
        api: &["checkpoint::lmt::read(bytes)"],
    },
    Row {
        op: "tensor.save_lmt",
        reference: Reference::Spec(".lmt, byte by byte"),
        inputs: &[Input::one("state", &[Kind::Any])],
        params: Params::of::<Noted>(),
        run: save_lmt,
        rule: Rule::Exact,
        hardened: &[],
        api: &["checkpoint::lmt::write(tree, mode)"],
    },
    Row {
        op: "tensor.lmt_problems",
        reference: Reference::Spec(".lmt, byte by byte: gates"),
        inputs: &[FILE],
        params: Params::of::<Noted>(),
        run: lmt_problems,
        rule: Rule::Exact,
        hardened: &[],
        api: &["checkpoint::lmt::Refusal(problems, unlisted)"],
    },
    Row {
        op: "tensor.mend_lmt",
        reference: Reference::Spec("the sidecar, byte by byte"),
        inputs: &[FILE],
        params: Params::of::<Damage>(),
        run: mend_lmt,
        rule: Rule::Exact,
        hardened: &[],
        api: &["sidecar::encode(overhead)", "sidecar::repair(payload, sidecar)"],
    },
];

impl From<Error> for Failure {
    /// The class with its module, as PyTorch's exceptions have it.
    fn from(error: Error) -> Failure {
        match error.kind() {
            ErrorKind::NotImplemented => Failure::unsupported(error.message()),
            ErrorKind::Unpickling => Failure::raised("_pickle.UnpicklingError", error.message()),
            kind => Failure::raised(kind.class(), error.message()),
        }
    }
}

fn load_pt(call: &Call<'_>) -> Result<Value, Failure> {
    given(&pt::read(call.bytes("file")?)?)?.into_value()
}

/// The class of what a file is refused with: words are each reader's own.
fn refusal_pt(call: &Call<'_>) -> Result<Value, Failure> {
    match pt::read(call.bytes("file")?).map_err(Failure::from) {
        Ok(_) => Ok(Value::Text("nothing".into())),
        Err(Failure::Raised(raised)) => Ok(Value::Text(raised.class)),
        Err(other) => Err(other),
    }
}

/// The archive's entries in their order, without the fingerprint, which PyTorch takes from the order of a hash table.
fn save_pt(call: &Call<'_>) -> Result<Value, Failure> {
    let bytes = pt::write(&tree(call.input("state")?)?, "archive")?;
    let entries =
        entries(&bytes).ok_or_else(|| Failure::raised("RuntimeError", "an archive without its end"))?;
    let kept = entries.into_iter().filter(|(name, _)| name != "archive/.data/serialization_id");
    Given::Entries(kept.map(|(name, data)| (name, Given::Bytes(data.to_vec()))).collect()).into_value()
}

/// Names and stored bytes by the directory of a ZIP archive without a comment (APPNOTE 4.3.12, 4.3.16): read here by
/// hand, since the reader under test is no judge of its writer.
fn entries(bytes: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let field = |at: usize, len: usize| {
        let held = bytes.get(at..at.checked_add(len)?)?;
        Some(held.iter().rev().fold(0usize, |value, &byte| value << 8 | usize::from(byte)))
    };
    let end = bytes.len().checked_sub(22)?;
    let (count, mut at) = (field(end + 10, 2)?, field(end + 16, 4)?);
    let mut found = Vec::new();
    for _ in 0..count {
        let (size, name, extra, comment) =
            (field(at + 24, 4)?, field(at + 28, 2)?, field(at + 30, 2)?, field(at + 32, 2)?);
        let local = field(at + 42, 4)?;
        let text = String::from_utf8(bytes.get(at + 46..at + 46 + name)?.to_vec()).ok()?;
        let start = local + 30 + field(local + 26, 2)? + field(local + 28, 2)?;
        found.push((text, bytes.get(start..start.checked_add(size)?)?));
        at += 46 + name + extra + comment;
    }
    Some(found)
}

fn load_safetensors(call: &Call<'_>) -> Result<Value, Failure> {
    let read = safetensors::read(call.bytes("file")?)?;
    let tensors = read.tensors.into_iter().map(|(name, tensor)| (name, Given::from(tensor)));
    let texts = read.metadata.into_iter().map(|(name, text)| (name, Given::Text(text)));
    Given::Entries(vec![
        ("tensors".into(), Given::Entries(tensors.collect())),
        ("metadata".into(), Given::Entries(texts.collect())),
    ])
    .into_value()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    metadata: Vec<(String, String)>,
}

fn save_safetensors(call: &Call<'_>) -> Result<Value, Failure> {
    let Texts { metadata } = call.params()?;
    let Tree::Entries(entries) = call.tree("tensors")? else {
        return Err(Failure::Malformed("input tensors: expected entries, found items".into()));
    };
    let mut tensors = Vec::new();
    let mut storages = Storages::default();
    for (name, value) in entries {
        match (name, value) {
            (Cell::Text(name), Value::Tensor(one)) => {
                tensors.push((name.clone(), storages.variable(one)?.into_data()));
            }
            _ => return Err(Failure::Malformed("input tensors: expected tensors by name".into())),
        }
    }
    Ok(Value::Bytes(safetensors::write(&tensors, &metadata)?))
}

fn mode_of(call: &Call<'_>) -> Mode {
    match call.mode() {
        report::Mode::Strict => Mode::Strict,
        report::Mode::Hardened => Mode::Hardened,
    }
}

fn load_lmt(call: &Call<'_>) -> Result<Value, Failure> {
    let read = lmt::read(call.bytes("file")?, mode_of(call)).map_err(Error::from)?;
    given(&read)?.into_value()
}

/// A mode that the case names, whichever it is run in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Noted {
    mode: report::Mode,
}

impl Noted {
    fn of(call: &Call<'_>) -> Result<Mode, Failure> {
        let Noted { mode } = call.params()?;
        Ok(match mode {
            report::Mode::Strict => Mode::Strict,
            report::Mode::Hardened => Mode::Hardened,
        })
    }
}

fn save_lmt(call: &Call<'_>) -> Result<Value, Failure> {
    Ok(Value::Bytes(lmt::write(&tree(call.input("state")?)?, Noted::of(call)?)?))
}

/// Every fault that a reader lists, and how many more there are; both none for a good file.
fn lmt_problems(call: &Call<'_>) -> Result<Value, Failure> {
    let (problems, unlisted) = match lmt::read(call.bytes("file")?, Noted::of(call)?) {
        Ok(_) => (Vec::new(), 0),
        Err(refusal) => (refusal.problems, refusal.unlisted),
    };
    let unlisted = i64::try_from(unlisted).map_err(|_| Failure::Malformed("too many faults".into()))?;
    let texts = problems.iter().map(|problem| Given::Text(problem.to_string()));
    Given::Entries(vec![
        ("problems".into(), Given::Items(texts.collect())),
        ("unlisted".into(), Given::Integer(unlisted)),
    ])
    .into_value()
}

/// What happens to a file and its sidecar.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Damage {
    /// Percent.
    overhead: u32,
    /// Bytes of the file whose bits are flipped.
    flips: Vec<usize>,
    /// How many bytes are cut from the end of the file.
    cut: usize,
    /// Bytes of the sidecar whose bits are flipped.
    sidecar_flips: Vec<usize>,
}

/// The object in the mended file, with what the proof says of the way there. That the damaged file loads, or that a
/// proof differs when the repair is repeated, is an error.
fn mend_lmt(call: &Call<'_>) -> Result<Value, Failure> {
    let Damage { overhead, flips, cut, sidecar_flips } = call.params()?;
    let refused = |error: sidecar::Error| Failure::raised("RuntimeError", error.to_string());
    let whole = call.bytes("file")?;
    let mut beside =
        sidecar::encode(whole, Overhead::percent(overhead).map_err(refused)?).map_err(refused)?;
    let mut damaged = whole.clone();
    damaged.truncate(whole.len().saturating_sub(cut));
    flip(&mut damaged, &flips)?;
    flip(&mut beside, &sidecar_flips)?;
    if damaged != *whole && lmt::read(&damaged, mode_of(call)).is_ok() {
        return Err(Failure::raised("RuntimeError", "the damaged file is read as if it were whole"));
    }
    let repair = sidecar::repair("state.lmt", &damaged, &beside).map_err(refused)?;
    let again = sidecar::repair("state.lmt", &damaged, &beside).map_err(refused)?;
    if repair.proof.to_json() != again.proof.to_json() {
        return Err(Failure::raised("RuntimeError", "the same repair has two proofs"));
    }
    let restored = repair.outcome.map_err(refused)?;
    let read = lmt::read(&restored.payload, mode_of(call)).map_err(Error::from)?;
    let text = |text: Option<String>| text.map_or(Given::Nothing, Given::Text);
    let lost = repair.proof.payload_lost.iter().map(|range| {
        let bound = |at: u64| i64::try_from(at).map(Given::Integer);
        range.iter().map(|&at| bound(at)).collect::<Result<_, _>>().map(Given::Items)
    });
    let lost =
        lost.collect::<Result<_, _>>().map_err(|_| Failure::Malformed("a place beyond 63 bits".into()))?;
    Given::Entries(vec![
        ("state".into(), given(&read)?),
        ("status".into(), Given::Text(format!("{:?}", repair.proof.status))),
        ("lost".into(), Given::Items(lost)),
        ("recovered".into(), text(repair.proof.recovered)),
    ])
    .into_value()
}

fn flip(bytes: &mut [u8], places: &[usize]) -> Result<(), Failure> {
    for &at in places {
        let len = bytes.len();
        let byte = bytes.get_mut(at);
        *byte.ok_or_else(|| Failure::Malformed(format!("byte {at} of {len}")))? ^= 0xff;
    }
    Ok(())
}
