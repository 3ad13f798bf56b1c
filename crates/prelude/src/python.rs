//! Python cells: inputs to what crosses, and outputs to the types that the fence promises.

mod table;

use std::rc::Rc;

use bytecode::TypeDesc;
use vm::{Fault, FaultKind, Print, Value, from_json, to_json};

use crate::args::Args;
use crate::effects::{Answer, Ask};
use crate::frames::FrameValue;
use crate::host::{Context, Table};
use crate::tool::typed;

pub(crate) const TABLE: Table = &[("op.python", run)];

/// A run of a cell: code, what it is given, what it is to leave behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub name: String,
    pub code: String,
    /// Definitions before it.
    pub preludes: Vec<String>,
    pub inputs: Vec<(String, Crossing)>,
    /// The variables that become results, and their types as source.
    pub outputs: Vec<Promised>,
    /// What the grant says of it.
    pub bounds: Bounds,
    /// Where its random numbers start: hexadecimal digits.
    pub seed: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promised {
    pub name: String,
    pub ty: String,
    pub is_table: bool,
}

/// A value on its way between the languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Crossing {
    /// As JSON.
    Json(String),
    /// A table as an Arrow IPC file.
    Table(Vec<u8>),
}

/// How far a cell is confined, and what it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub level: Level,
    pub timeout_ms: u64,
    /// Bytes of address space.
    pub memory: u64,
    /// Bytes that it may print.
    pub max_output: u64,
    /// What it may import beside the standard library, by the names that it is installed by; sorted.
    pub packages: Vec<String>,
    /// Whether the program is granted what the cell may ask its host for.
    pub model: bool,
}

/// The strictest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    None,
    Standard,
    Strict,
}

impl Level {
    pub fn named(name: &str) -> Option<Level> {
        [Level::None, Level::Standard, Level::Strict].into_iter().find(|level| level.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::Standard => "standard",
            Level::Strict => "strict",
        }
    }
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            level: Level::Strict,
            timeout_ms: 30_000,
            memory: 1 << 30,
            max_output: 1 << 20,
            packages: Vec::new(),
            model: false,
        }
    }
}

/// Calls of models that a cell made, and what they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub calls: u64,
    pub tokens: u64,
    pub nanodollars: u64,
}

/// What a cell came to that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Version and build, as `sys.version` says.
    pub interpreter: String,
    /// The hash of the worker's own text, and the version of its protocol.
    pub worker: String,
    /// The level and the layers that held it.
    pub sandbox: String,
    pub printed: String,
    /// What it asked of models.
    pub asked: Asked,
    /// Its outputs in the order of the fence, or why there are none.
    pub outcome: Result<Vec<Crossing>, Raised>,
}

/// Why a cell gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The fault's.
    pub code: String,
    pub message: String,
    pub help: Option<String>,
    /// The prelude at fault, by its place among those of the cell; otherwise it is the cell itself.
    pub prelude: Option<usize>,
    /// From 1, in that text; 0 is the line that opens the fence.
    pub line: u32,
}

/// (name, code, count of preludes, preludes, inputs by name); the type is a structure of the outputs.
fn run(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let (name, code) = (args.required_text("name")?, args.required_text("code")?);
    let count = args.required_text("preludes")?.parse().unwrap_or(0usize);
    let preludes = (0..count).map(|_| args.required_text("prelude")).collect::<Result<Vec<_>, _>>()?;
    let types = match context.types {
        [whole] => match &**whole {
            TypeDesc::Structure(parts) => parts.clone(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let given = args.rest_named();
    let inputs = given
        .into_iter()
        .map(|(name, value)| Ok((name.to_string(), crossing(name, value)?)))
        .collect::<Result<Vec<_>, Fault>>()?;
    let outputs = types.iter().map(|(name, ty)| Promised {
        name: name.clone(),
        ty: ty.to_string(),
        is_table: matches!(**ty, TypeDesc::Frame { .. }),
    });
    let job = Job {
        name: name.clone(),
        code,
        preludes,
        inputs,
        outputs: outputs.collect(),
        bounds: Bounds::default(),
        seed: String::new(),
    };
    let Answer::Python(ran) = context.ask(Ask::Python(Box::new(job)))? else {
        return Err(
            Fault::new("R0999", "a Python cell answered with something else").kind(FaultKind::Internal)
        );
    };
    if !ran.printed.is_empty() {
        context.effects.print(Print::Out, &ran.printed);
        if !ran.printed.ends_with('\n') {
            context.effects.print(Print::Out, "\n");
        }
    }
    if ran.sandbox.starts_with(Level::None.name()) {
        let told = format!("The Python cell `{name}` ran without confinement (level none).\n");
        context.effects.print(Print::Err, &told);
    }
    let outputs = match ran.outcome {
        Ok(outputs) => outputs,
        Err(raised) => {
            let mut fault = Fault::new(&raised.code, raised.message).kind(FaultKind::Effect);
            fault.help = raised.help;
            fault.span = context.effects.python_line(context.span, raised.prelude, raised.line);
            return Err(fault);
        }
    };
    if outputs.len() != types.len() {
        return Err(
            Fault::new("R0999", "a Python cell answered with other outputs").kind(FaultKind::Internal)
        );
    }
    let mut values = Vec::new();
    for ((output, ty), crossed) in types.iter().zip(outputs) {
        match arrived(output, ty, crossed) {
            Ok(value) => values.push(value),
            Err(why) => {
                let message = format!("the Python cell `{name}` gave another type: {why}");
                let mut fault = Fault::new("R0711", message)
                    .help("Correct the code, or the type on the line of the fence.")
                    .kind(FaultKind::Effect);
                fault.span = context.effects.python_line(context.span, None, 0);
                return Err(fault);
            }
        }
    }
    Ok(match (values.pop(), values.is_empty()) {
        (None, _) => Value::Null,
        (Some(one), true) => one,
        (Some(last), false) => {
            values.push(last);
            Value::tuple(values)
        }
    })
}

fn crossing(name: &str, value: &Value) -> Result<Crossing, Fault> {
    if let Some(frame) = value.downcast::<FrameValue>() {
        return table::sent(name, &frame.0).map(Crossing::Table);
    }
    to_json(value).map(Crossing::Json).map_err(|fault| Fault {
        message: format!("the input `{name}` of a Python cell: {}", fault.message),
        ..fault
    })
}

fn arrived(name: &str, ty: &Rc<TypeDesc>, crossed: Crossing) -> Result<Value, String> {
    match crossed {
        Crossing::Json(text) => {
            let json = from_json(&text).map_err(|why| format!("`{name}` is no JSON: {why}"))?;
            typed(&json, ty, &format!("`{name}`"))
        }
        Crossing::Table(bytes) => table::received(name, ty, bytes),
    }
}
