//! The protocol as a table: numbers of errors and methods, of which `ErrorKind`, the worker's exceptions and
//! `docs/worker-protocol.md` are made, so that they cannot disagree.

use std::fmt::Write;

/// The version of the protocol that this crate speaks.
///
/// A worker and a host agree on one number or do not talk at all; there is no partial agreement.
pub const PROTOCOL: u32 = 1;

/// The longest body of a frame in bytes.
pub const FRAME_BYTES_MAX: usize = 64 << 20;

/// Beyond this many bytes a message of the host travels as a sealed memfd.
pub const INLINE_BYTES_MAX: usize = 1 << 20;

struct ErrorRow {
    kind: ErrorKind,
    code: i64,
    name: &'static str,
    class: &'static str,
    meaning: &'static str,
    data: &'static str,
}

macro_rules! errors {
    ($($variant:ident $code:literal $name:literal $class:literal $data:literal $meaning:literal;)*) => {
        /// Why something failed; the numbers, names and meanings are those of the protocol's page.
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorKind {
            $(#[doc = $meaning] $variant,)*
        }

        const ERRORS: &[ErrorRow] = &[
            $(ErrorRow {
                kind: ErrorKind::$variant,
                code: $code,
                name: $name,
                class: $class,
                meaning: $meaning,
                data: $data,
            },)*
        ];

        impl ErrorKind {
            /// The number on the wire.
            pub fn code(self) -> i64 {
                match self { $(ErrorKind::$variant => $code,)* }
            }

            /// The name in messages, logs and `Err.kind` of a batch.
            pub fn name(self) -> &'static str {
                match self { $(ErrorKind::$variant => $name,)* }
            }
        }
    };
}

errors! {
    CellError -32000 "cell_error" "CellError" "type, message, line, column, traceback, compiled"
        "The cell raised an exception or does not compile.";
    Timeout -32001 "timeout" "TimeoutExceeded" "clock (active, wall, cpu, start), limit_ms"
        "A limit of time was reached.";
    SandboxViolation -32002 "sandbox_violation" "SandboxViolation" "signal"
        "The cell did what no program needs, or broke the protocol, and was killed.";
    Memory -32003 "memory" "MemoryExceeded" "limit_bytes" "The worker's memory does not suffice.";
    OutputLimit -32004 "output_limit" "OutputLimit" "limit_bytes" "A message or the printed text is too long.";
    Cancelled -32005 "cancelled" "Cancelled" "" "The host cancelled the work.";
    Budget -32006 "budget" "BudgetExceeded" "dimension, limit, left" "What is left of the budget does not suffice.";
    Depth -32007 "depth" "DepthExceeded" "dimension, limit" "The depth of calls forbids this function.";
    FanOut -32008 "fan_out" "FanOutExceeded" "dimension, limit" "The call has as many children as it may.";
    Provider -32009 "provider" "ProviderError" "class, status" "A model's provider failed.";
    SubmitRejected -32010 "submit_rejected" "SubmitRejected" "errors" "A SUBMIT was refused.";
    Divergence -32011 "divergence" "Divergence" "expected, found" "A replay asked something else than the record.";
    Admission -32012 "admission" "AdmissionRefused" "limit, asked" "There is no room for one more worker.";
    WorkerDied -32013 "worker_died" "WorkerDied" "signal or exit" "The worker ended while it was needed.";
    ProtocolVersion -32014 "protocol_version" "ProtocolMismatch" "worker, host"
        "Worker and host speak different versions.";
    InterpreterChanged -32015 "interpreter_changed" "InterpreterChanged" "expected, found"
        "The interpreter is not the recorded one.";
    ParseError -32700 "parse_error" "ParseError" "" "The body of a frame is no JSON.";
    InvalidRequest -32600 "invalid_request" "InvalidRequest" "" "The message is no request of JSON-RPC 2.0, or a batch.";
    MethodNotFound -32601 "method_not_found" "MethodNotFound" "" "There is no such method.";
    InvalidParams -32602 "invalid_params" "InvalidParams" "reason by field" "A parameter is missing, wrong or unknown.";
    InternalError -32603 "internal_error" "InternalError" "" "The answering side failed.";
}

impl ErrorKind {
    /// The kind with this number.
    pub fn from_code(code: i64) -> Option<ErrorKind> {
        ERRORS.iter().find(|row| row.code == code).map(|row| row.kind)
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<ErrorKind> {
        ERRORS.iter().find(|row| row.name == name).map(|row| row.kind)
    }

    /// Every kind, in the order of the page.
    pub fn all() -> impl Iterator<Item = ErrorKind> {
        ERRORS.iter().map(|row| row.kind)
    }
}

struct MethodRow {
    name: &'static str,
    params: &'static str,
    result: &'static str,
}

/// What the host asks the worker.
const TO_WORKER: &[MethodRow] = &[
    MethodRow {
        name: "hello",
        params: "protocol {min, max}, limits, filter?, probe?, zygote?",
        result: "protocol, features, limits, interpreter, sandbox",
    },
    MethodRow {
        name: "exec",
        params: "code, seed (hexadecimal), now_ns",
        result: "ended (normal, submit, error), value?, error?, submit_result?",
    },
    MethodRow {
        name: "set_var",
        params: "name, value? or encoding (text, bytes, context, arrow) with a memfd or the name of a blob, decode?",
        result: "set",
    },
    MethodRow { name: "get_var", params: "name", result: "type, preview, size?, json or unfit" },
    MethodRow {
        name: "get_table",
        params: "name",
        result: "type, table (an Arrow IPC file in hexadecimal) or unfit",
    },
    MethodRow { name: "list_vars", params: "", result: "variables [{name, type, preview, size?}]" },
    MethodRow { name: "register_signature", params: "name, schema", result: "registered, replaced" },
    MethodRow { name: "clear_signature", params: "", result: "cleared" },
    MethodRow { name: "status", params: "", result: "signature, cells, variables" },
    MethodRow { name: "reset", params: "", result: "reset" },
    MethodRow {
        name: "fork",
        params: "(a zygote only) with a socket and two pipes",
        result: "pid, with its pidfd",
    },
    MethodRow { name: "reap", params: "(a zygote only) pid", result: "signal or exit" },
    MethodRow { name: "shutdown", params: "", result: "shutdown" },
];

/// What a cell asks the host.
const TO_HOST: &[MethodRow] = &[
    MethodRow {
        name: "llm_query",
        params: "prompt, context?, schema?, model?, max_tokens?",
        result: "value",
    },
    MethodRow {
        name: "llm_batch",
        params: "prompts, schema?, model?",
        result: "results [{value} or {error}]",
    },
    MethodRow { name: "rlm_query", params: "prompt, context?, schema?", result: "value" },
    MethodRow {
        name: "rlm_batch",
        params: "prompts, contexts?, schema?",
        result: "results [{value} or {error}]",
    },
    MethodRow {
        name: "search",
        params: "pattern, limit, start",
        result: "matches [[start, end, line, text]]",
    },
    MethodRow { name: "budget", params: "", result: "what is left, by dimension" },
    MethodRow { name: "tool", params: "name, arguments", result: "value" },
    MethodRow { name: "blob_get", params: "blob", result: "hex, or the content as a memfd" },
    MethodRow { name: "submit", params: "signature, outputs", result: "status, errors?, reason?" },
];

/// Whether a cell may ask this of the host.
pub(crate) fn is_host_method(name: &str) -> bool {
    TO_HOST.iter().any(|row| row.name == name)
}

/// The module `lumen_errors` of the worker.
pub(crate) fn python_errors() -> String {
    let mut text =
        String::from("\"\"\"The errors of the protocol as exceptions; made from the host's table.\"\"\"\n\n");
    let _ = write!(text, "PROTOCOL = {PROTOCOL}\nPROTOCOL_VERSION = {}\n", ErrorKind::ProtocolVersion.code());
    let _ = writeln!(text, "OUTPUT_LIMIT = {}\n\n", ErrorKind::OutputLimit.code());
    text.push_str(concat!(
        "class LumenError(Exception):\n",
        "    \"\"\"An error of the protocol.\"\"\"\n\n",
        "    code, kind = -32603, \"internal_error\"\n\n",
        "    def __init__(self, message=\"\", data=None):\n",
        "        super().__init__(message)\n",
        "        self.data = data\n\n\n",
    ));
    for row in ERRORS {
        let _ = write!(text, "class {}(LumenError):\n    \"\"\"{}\"\"\"\n\n", row.class, row.meaning);
        let _ = write!(text, "    code, kind = {}, \"{}\"\n\n\n", row.code, row.name);
    }
    let classes: Vec<&str> = ERRORS.iter().map(|row| row.class).collect();
    let _ = writeln!(text, "_ALL = (LumenError, {})", classes.join(", "));
    text.push_str(concat!(
        "CLASSES = {one.__name__: one for one in _ALL}\n",
        "_BY_CODE = {one.code: one for one in _ALL}\n\n\n",
        "def of(code, message, data):\n",
        "    \"\"\"The exception with this number.\"\"\"\n",
        "    return _BY_CODE.get(code, LumenError)(message, data)\n",
    ));
    text
}

fn methods(page: &mut String, rows: &[MethodRow]) {
    page.push_str("| method | parameters | result |\n|---|---|---|\n");
    for row in rows {
        let _ = writeln!(page, "| `{}` | {} | {} |", row.name, row.params, row.result);
    }
}

/// The text of `docs/worker-protocol.md`.
pub fn protocol_page() -> String {
    let mut page = format!(
        "# The worker's protocol\n\n\
        This page is made from `crates/sandbox/src/schema.rs`; a test holds it there. Version {PROTOCOL}.\n\n\
        Host and worker speak JSON-RPC 2.0 both ways over a `socketpair`, the worker's descriptor 3. The worker answers\n\
        one request at a time; while it runs a cell, it may ask the host and waits for the answer. Ids are integers or\n\
        text. A batch gets {}, an unknown method {}.\n\n\
        ## Frames\n\n\
        | bytes | holds |\n|---|---|\n\
        | 0–3 | length of the body, little endian, at most {FRAME_BYTES_MAX} |\n\
        | 4 | kind: 1 JSON, 2 blob |\n\
        | 5 | count of descriptors that travel with the frame (`SCM_RIGHTS`) |\n\
        | 6–7 | zero |\n\n\
        A message of the host beyond {INLINE_BYTES_MAX} bytes travels as a blob: its last descriptor is a sealed memfd\n\
        with the JSON, the body its length as eight bytes. A worker sends its messages inline, because it may not make\n\
        memfds: their pages count against none of its limits. `hello` tells it the longest that the host takes; more is\n\
        `output_limit`.\n\n\
        An answer of the host to a cell may hold `now_ns` beside `result` or `error`: the time at which the cell's clocks\n\
        go on.\n\n\
        ## To the worker\n\n",
        ErrorKind::InvalidRequest.code(),
        ErrorKind::MethodNotFound.code(),
    );
    methods(&mut page, TO_WORKER);
    page.push_str("\n`hello` comes first and once.\n\n## To the host\n\n");
    methods(&mut page, TO_HOST);
    page.push_str(
        "\n## Errors\n\n| number | kind | exception in a cell | meaning | data |\n|---|---|---|---|---|\n",
    );
    for row in ERRORS {
        let _ = writeln!(
            page,
            "| {} | `{}` | `{}` | {} | {} |",
            row.code, row.name, row.class, row.meaning, row.data
        );
    }
    page
}
