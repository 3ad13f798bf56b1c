//! Failures in the words of both sides, which have the protocol's kinds in common.

use serde_json::json;

/// A failure of a worker as the machine knows it.
#[must_use]
pub fn of_worker(failure: &sandbox::Failure) -> rlm::Failure {
    let kind = serde_json::from_value(json!(failure.kind.name())).unwrap_or(rlm::ErrorKind::WorkerDied);
    rlm::Failure::new(kind, failure.message.clone()).with(failure.data.clone())
}

/// A failure of the machine as a worker knows it.
#[must_use]
pub fn of_machine(failure: rlm::Failure) -> sandbox::Failure {
    let named = serde_json::to_value(failure.kind).unwrap_or_default();
    let known = named.as_str().and_then(sandbox::ErrorKind::from_name);
    let known = known.unwrap_or(sandbox::ErrorKind::InvalidParams);
    sandbox::Failure::new(known, failure.message).with(failure.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The protocol's page numbers its own kinds from −32000 down; all of them exist on both sides.
    #[test]
    fn kinds_of_the_protocol_keep_their_name_both_ways() {
        let kinds = [
            "cell_error",
            "timeout",
            "sandbox_violation",
            "memory",
            "output_limit",
            "cancelled",
            "budget",
            "depth",
            "fan_out",
            "provider",
            "submit_rejected",
            "divergence",
            "admission",
            "worker_died",
            "protocol_version",
            "interpreter_changed",
        ];
        for name in kinds {
            let kind = sandbox::ErrorKind::from_name(name).expect("a kind of the protocol");
            let there = of_worker(&sandbox::Failure::new(kind, "m").with(json!({"n": 1})));
            assert_eq!(serde_json::to_value(there.kind).expect("a word"), name);
            let back = of_machine(there);
            assert_eq!((back.kind, back.message.as_str(), back.data), (kind, "m", json!({"n": 1})));
        }
    }
}
