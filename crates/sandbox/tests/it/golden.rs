//! What version 1 of the protocol is. Host and worker agree on one number or do not talk at all, so whatever changes here
//! is another version.

use std::fmt::Write;

/// The methods with their parameters and results, and the errors with their numbers, names and classes.
const VERSION_1: &str = "\
To the worker: hello(protocol {min, max}, limits, filter?, probe?, zygote?) -> protocol, features, limits, interpreter, sandbox
To the worker: exec(code, seed (hexadecimal), now_ns) -> ended (normal, submit, error), value?, error?, submit_result?
To the worker: set_var(name, value? or encoding (text, bytes, context, arrow) with a memfd or the name of a blob, decode?) -> set
To the worker: get_var(name) -> type, preview, size?, json or unfit
To the worker: get_table(name) -> type, table (an Arrow IPC file in hexadecimal) or unfit
To the worker: list_vars() -> variables [{name, type, preview, size?}]
To the worker: register_signature(name, schema) -> registered, replaced
To the worker: clear_signature() -> cleared
To the worker: status() -> signature, cells, variables
To the worker: reset() -> reset
To the worker: fork((a zygote only) with a socket and two pipes) -> pid, with its pidfd
To the worker: reap((a zygote only) pid) -> signal or exit
To the worker: shutdown() -> shutdown
To the host: llm_query(prompt, context?, schema?, model?, max_tokens?) -> value
To the host: llm_batch(prompts, schema?, model?) -> results [{value} or {error}]
To the host: rlm_query(prompt, context?, schema?) -> value
To the host: rlm_batch(prompts, contexts?, schema?) -> results [{value} or {error}]
To the host: search(pattern, limit, start) -> matches [[start, end, line, text]]
To the host: budget() -> what is left, by dimension
To the host: tool(name, arguments) -> value
To the host: blob_get(blob) -> hex, or the content as a memfd
To the host: submit(signature, outputs) -> status, errors?, reason?
-32000 cell_error CellError
-32001 timeout TimeoutExceeded
-32002 sandbox_violation SandboxViolation
-32003 memory MemoryExceeded
-32004 output_limit OutputLimit
-32005 cancelled Cancelled
-32006 budget BudgetExceeded
-32007 depth DepthExceeded
-32008 fan_out FanOutExceeded
-32009 provider ProviderError
-32010 submit_rejected SubmitRejected
-32011 divergence Divergence
-32012 admission AdmissionRefused
-32013 worker_died WorkerDied
-32014 protocol_version ProtocolMismatch
-32015 interpreter_changed InterpreterChanged
-32700 parse_error ParseError
-32600 invalid_request InvalidRequest
-32601 method_not_found MethodNotFound
-32602 invalid_params InvalidParams
-32603 internal_error InternalError
";

/// The same of the page that is made from the table.
fn spoken() -> String {
    let (mut spoken, mut section) = (String::new(), String::new());
    for line in sandbox::protocol_page().lines() {
        if let Some(name) = line.strip_prefix("## ") {
            section = name.to_owned();
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let plain = |cell: &str| cell.trim_matches('`').to_owned();
        let told = match (section.as_str(), cells.as_slice()) {
            ("To the worker" | "To the host", [name, params, result]) if name.starts_with('`') => {
                writeln!(spoken, "{section}: {}({params}) -> {result}", plain(name))
            }
            ("Errors", [number, name, class, ..]) if number.starts_with('-') && name.starts_with('`') => {
                writeln!(spoken, "{number} {} {}", plain(name), plain(class))
            }
            _ => Ok(()),
        };
        told.expect("a text takes everything");
    }
    spoken
}

#[test]
fn a_protocol_that_changes_has_another_version() {
    assert_eq!(sandbox::PROTOCOL, 1, "a new version states here what it is");
    assert_eq!(
        spoken(),
        VERSION_1,
        "this is no longer version 1: raise `PROTOCOL`, and state the new one here"
    );
}
