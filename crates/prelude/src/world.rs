//! Files, clock, environment: builtins that are effects.

use bytecode::TypeDesc;
use vm::{Fault, Value};

use crate::args::Args;
use crate::effects::{Answer, Ask};
use crate::host::{Context, Table, record};

pub(crate) const TABLE: Table = &[
    ("args", |c, _| Ok(Value::strs(c.effects.arguments()))),
    ("checkpoint", |c, a| {
        let name = a.required_text("name")?;
        c.checkpoint(name)
    }),
    ("entropy", |c, a| {
        let count = a.size("n", 0)?;
        if count > 1 << 20 {
            return Err(Fault::new(
                "R0905",
                format!("entropy gives at most 1048576 bytes, {count} were asked for"),
            ));
        }
        let answer = c.ask(Ask::Entropy { count })?;
        bytes_of(answer).map(Value::bytes)
    }),
    ("exec", |c, a| {
        let program = a.required_text("program")?;
        let args = a.texts("args")?;
        let output = c.ask(Ask::Execute { program, args })?;
        text_of(bytes_of(output)?, "the program's output").map(Value::str)
    }),
    ("exists", |c, a| match c.ask(Ask::Exists { path: path(a)? })? {
        Answer::Bool(there) => Ok(Value::Bool(there)),
        other => Err(unexpected(&other)),
    }),
    ("exit", |_, a| {
        let code = a.required_int("code")?;
        let code = i32::try_from(code).unwrap_or(1);
        Err(Fault::new("R0000", format!("exit({code})")).kind(vm::FaultKind::Exit(code)))
    }),
    ("get_env", |c, a| text(c.ask(Ask::Environment { name: a.required_text("name")? })?)),
    ("glob", |c, a| match c.ask(Ask::Glob { pattern: a.required_text("pattern")? })? {
        Answer::Texts(paths) => Ok(Value::list(paths.into_iter().map(|p| Value::Path(p.into())).collect())),
        other => Err(unexpected(&other)),
    }),
    ("hrtime", |c, _| int(c.ask(Ask::Ticks)?)),
    ("mkdir", |c, a| c.ask(Ask::MakeDirectory { path: path(a)? }).map(|_| Value::Null)),
    ("now", |c, _| match c.ask(Ask::Now)? {
        Answer::Int(us) => Ok(Value::DateTime(us)),
        other => Err(unexpected(&other)),
    }),
    ("read_bytes", |c, a| read(c, a).map(Value::bytes)),
    ("read_line", |c, _| text(c.ask(Ask::ReadLine)?)),
    ("read_lines", |c, a| {
        let text = text_of(read(c, a)?, "the file")?;
        Ok(Value::strs(text.lines()))
    }),
    ("read_text", |c, a| text_of(read(c, a)?, "the file").map(Value::str)),
    ("remove", |c, a| c.ask(Ask::Remove { path: path(a)? }).map(|_| Value::Null)),
    ("sleep", |c, a| c.ask(Ask::Sleep { ms: a.required_int("ms")? }).map(|_| Value::Null)),
    ("timestamp", |c, _| match c.ask(Ask::Now)? {
        Answer::Int(us) => Ok(Value::Float(us as f64 / 1e6)),
        other => Err(unexpected(&other)),
    }),
    ("timeout", |c, a| {
        let ms = a.required_int("ms")?;
        let task = a.required("value")?;
        if ms < 0 {
            return Err(Fault::new("R0203", format!("timeout: the time is at least 0 ms, found {ms}")));
        }
        if let Some(result) = c.result(task) {
            c.leave();
            return result.map(Value::ok);
        }
        c.ask(Ask::Timer { ms })?;
        c.cancel(task);
        Ok(Value::err(record("Timeout", &[("ms", TypeDesc::Int)], vec![Value::Int(ms)])))
    }),
    ("trace_ref", |c, _| Ok(Value::str(c.effects.trace_reference()))),
    ("uuid", |c, _| {
        let mut bytes = bytes_of(c.ask(Ask::Entropy { count: 16 })?)?;
        bytes.resize(16, 0);
        // Version 4, variant 1 (RFC 9562).
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        Ok(Value::str(format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )))
    }),
    ("write_text", |c, a| {
        let path = path(a)?;
        let bytes = a.required_text("text")?.into_bytes();
        c.ask(Ask::WriteFile { path, bytes }).map(|_| Value::Null)
    }),
];

/// Refuses a builtin that the language has and this release does not carry out.
pub(crate) fn not_built(args: &mut Args<'_>) -> Result<Value, Fault> {
    Err(Fault::new("R0126", format!("`{}` is not built yet", args.operation())))
}

fn path(args: &mut Args<'_>) -> Result<String, Fault> {
    args.required_text("path")
}

/// The content of the file that the first argument names.
pub(crate) fn read(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Vec<u8>, Fault> {
    let path = path(args)?;
    bytes_of(context.ask(Ask::ReadFile { path })?)
}

fn bytes_of(answer: Answer) -> Result<Vec<u8>, Fault> {
    match answer {
        Answer::Bytes(bytes) => Ok(bytes),
        other => Err(unexpected(&other)),
    }
}

pub(crate) fn text_of(bytes: Vec<u8>, what: &str) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Fault::new("R0400", format!("{what} is not UTF-8: the byte at offset {at} starts no character"))
            .help("read_bytes gives the bytes as they are.")
    })
}

fn text(answer: Answer) -> Result<Value, Fault> {
    match answer {
        Answer::Text(Some(text)) => Ok(Value::str(text)),
        Answer::Text(None) => Ok(Value::Null),
        other => Err(unexpected(&other)),
    }
}

fn int(answer: Answer) -> Result<Value, Fault> {
    match answer {
        Answer::Int(number) => Ok(Value::Int(number)),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(answer: &Answer) -> Fault {
    Fault::new("R0999", format!("an effect answered with {answer:?}")).kind(vm::FaultKind::Internal)
}
