//! A cell's run as the log's intent holds it: hashes instead of texts and values.

use prelude::python::{Crossing, Job};
use serde_json::{Map, Value as Json, json};

use crate::hash::blake3_hex;

/// The seed stands in the run's start: a cell that draws nothing has the same trace in every run.
pub(crate) fn request(job: &Job) -> Json {
    let mut inputs = Map::new();
    for (name, value) in &job.inputs {
        let bytes = match value {
            Crossing::Json(text) => text.as_bytes(),
            Crossing::Table(bytes) => bytes,
        };
        inputs.insert(name.clone(), Json::from(blake3_hex(bytes)));
    }
    let outputs: Map<String, Json> =
        job.outputs.iter().map(|output| (output.name.clone(), Json::from(output.ty.as_str()))).collect();
    let preludes: Vec<String> = job.preludes.iter().map(|code| blake3_hex(code.as_bytes())).collect();
    let mut request = json!({
        "python": job.name,
        "code": blake3_hex(job.code.as_bytes()),
        "preludes": preludes,
        "inputs": inputs,
        "outputs": outputs,
        "level": job.bounds.level.name(),
        "timeout_ms": job.bounds.timeout_ms,
        "memory": job.bounds.memory,
        "max_output": job.bounds.max_output,
    });
    if let (false, Some(fields)) = (job.bounds.packages.is_empty(), request.as_object_mut()) {
        fields.insert("packages".to_string(), json!(job.bounds.packages));
    }
    request
}
