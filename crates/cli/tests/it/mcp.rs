//! `lumen serve --mcp`, driven by a client over pipes.

use serde_json::{Value, json};

use crate::Project;
use crate::serve::Client;

fn empty() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A client that has shaken hands as revision 2025-11-25 asks.
pub fn ready(folder: &std::path::Path) -> Client {
    let mut client = Client::start(folder, "--mcp");
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "a test", "version": "0"},
    });
    let answer = client.result("initialize", params);
    assert_eq!(answer["protocolVersion"], "2025-11-25", "{answer}");
    client.write(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n");
    client
}

pub fn call(client: &mut Client, name: &str, arguments: Value) -> Value {
    client.result("tools/call", json!({"name": name, "arguments": arguments}))
}

/// Whether a value has the fields that a tool's output schema requires, with their types.
fn fits(value: &Value, schema: &Value) -> bool {
    let is = |value: &Value, name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no such type {other}"),
    };
    let typed = |value: &Value, schema: &Value| {
        let types = match &schema["type"] {
            Value::Array(types) => types.clone(),
            one => vec![one.clone()],
        };
        let chosen =
            schema.get("enum").is_none_or(|all| all.as_array().is_some_and(|all| all.contains(value)));
        chosen && types.iter().filter_map(Value::as_str).any(|name| is(value, name))
    };
    let required = schema["required"].as_array().expect("a list").iter().filter_map(Value::as_str);
    let properties = schema["properties"].as_object().expect("properties");
    required.into_iter().all(|name| value.get(name).is_some())
        && properties.iter().all(|(name, schema)| value.get(name).is_none_or(|value| typed(value, schema)))
}

const TABLE: &str = "```lumen sums\nlet xs = [1, 2, 3]\nprint(\"three\")\nlet total = sum(xs)\n```\n\nThe total is `{lumen} total`.\n";

#[test]
fn both_revisions_are_spoken_and_another_is_refused() {
    let folder = empty();
    let mut client = Client::start(folder.path(), "--mcp");
    assert_eq!(client.result("ping", json!({})), json!({}));
    assert_eq!(client.ask("tools/list", json!({}))["error"]["code"], -32602);
    // Revision 2026-07-28: every request states its own.
    let meta = |version: &str| {
        json!({"_meta": {
            "io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {},
        }})
    };
    let found = client.result("server/discover", meta("2026-07-28"));
    assert_eq!(found["supportedVersions"], json!(["2026-07-28", "2025-11-25"]));
    assert_eq!((&found["resultType"], &found["cacheScope"]), (&json!("complete"), &json!("public")));
    assert_eq!(found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "lumen");
    let list = client.result("tools/list", meta("2026-07-28"));
    assert!(list["ttlMs"].is_u64() && list["resultType"] == "complete");
    assert_eq!(client.ask("ping", meta("2026-07-28"))["error"]["code"], -32601);
    let refused = client.ask("tools/list", meta("2031-01-01"));
    assert_eq!(refused["error"]["code"], -32022);
    let data = json!({"requested": "2031-01-01", "supported": ["2026-07-28", "2025-11-25"]});
    assert_eq!(refused["error"]["data"], data);
    let bare = json!({"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}});
    assert_eq!(client.ask("tools/list", bare)["error"]["code"], -32602);
    // Revision 2025-11-25: a handshake; whoever asks for another is told this one.
    let params = json!({"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}});
    let shaken = client.result("initialize", params);
    assert_eq!(shaken["protocolVersion"], "2025-11-25");
    assert_eq!(shaken["serverInfo"]["name"], "lumen");
    let list = client.result("tools/list", json!({}));
    assert!(list.get("ttlMs").is_none() && list.get("resultType").is_none());
    let names: Vec<&str> =
        list["tools"].as_array().expect("tools").iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "lumen_check",
            "lumen_run",
            "lumen_why",
            "lumen_verify",
            "lumen_status",
            "lumen_ask",
            "lumen_batch",
            "lumen_python"
        ]
    );
    let (status, _) = client.end();
    assert!(status.success());
}

#[test]
fn what_a_tool_gives_fits_what_it_says_and_wrong_arguments_are_told() {
    let project = Project::with("a.lm.md", TABLE);
    std::fs::write(project.folder.join("bad.lm"), "prnt(1)\n").expect("written");
    let mut client = ready(&project.folder);
    let list = client.result("tools/list", json!({}));
    let given = [
        ("lumen_check", json!({"files": ["bad.lm"]}), false),
        ("lumen_run", json!({"document": "bad.lm"}), true),
        ("lumen_run", json!({"document": "a.lm.md"}), false),
        ("lumen_why", json!({"name": "total"}), false),
        ("lumen_verify", json!({}), false),
        ("lumen_status", json!({}), false),
    ];
    for (name, arguments, is_error) in given {
        let result = call(&mut client, name, arguments);
        let tool = list["tools"].as_array().expect("tools").iter().find(|tool| tool["name"] == name);
        let schema = &tool.expect("the tool is listed")["outputSchema"];
        assert!(fits(&result["structuredContent"], schema), "{name}: {result}\n{schema}");
        assert_eq!(result["isError"], is_error, "{name}: {result}");
        // Who reads no structure reads the same as text.
        let text = result["content"][0]["text"].as_str().expect("a text");
        assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), result["structuredContent"]);
    }
    let run = call(&mut client, "lumen_run", json!({"document": "a.lm.md"}))["structuredContent"].clone();
    assert_eq!((&run["numbers"][0]["text"], &run["printed"]), (&json!("6"), &json!("three\n")));
    assert_eq!(run["results_hash"], project.run_json()["results_hash"]);
    // A tool's own errors are results that a model reads; those of the protocol are not.
    let wrong = call(&mut client, "lumen_run", json!({"file": "a.lm.md", "fresh": 1}));
    let text = wrong["content"][0]["text"].as_str().expect("a text");
    assert!(
        wrong["isError"] == true && text.contains("`document`") && text.contains("no such parameter"),
        "{wrong}"
    );
    let missing = call(&mut client, "lumen_why", json!({"name": "totl"}));
    assert!(
        missing["content"][0]["text"].as_str().is_some_and(|text| text.contains("Did you mean `total`?"))
    );
    let unknown = client.ask("tools/call", json!({"name": "lumen_fly", "arguments": {}}));
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
}

#[test]
fn a_call_tells_how_far_it_is_and_can_be_cancelled() {
    let project = Project::with("a.lm.md", TABLE);
    std::fs::write(
        project.folder.join("loop.lm"),
        "let mut n = 0\nwhile true\n  n = wrapping_add(n, 1)\nend\n",
    )
    .expect("written");
    let mut client = ready(&project.folder);
    let watched = |document: &str| json!({"name": "lumen_run", "arguments": {"document": document}, "_meta": {"progressToken": "t"}});
    client.result("tools/call", watched("a.lm.md"));
    let told: Vec<&Value> = client.events.iter().map(|event| &event["params"]).collect();
    assert!(told.iter().all(|params| params["progressToken"] == "t"), "{told:?}");
    let counts: Vec<u64> = told.iter().filter_map(|params| params["progress"].as_u64()).collect();
    assert!(counts.len() >= 4 && counts.is_sorted_by(|a, b| a < b), "{told:?}");
    assert_eq!(told.last().expect("some")["message"], "total = 6");

    client.events.clear();
    let id = client.send("tools/call", watched("loop.lm"));
    let begun = client.receive();
    assert_eq!(begun["method"], "notifications/progress", "{begun}");
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
    client.write(format!("{cancel}\n").as_bytes());
    // It gets no answer: the next is that of the next request, once the run is not on its way any more.
    loop {
        let status = call(&mut client, "lumen_status", json!({}));
        if status["structuredContent"]["state"] == "open" {
            break;
        }
    }
    let (status, rest) = client.end();
    assert!(status.success());
    assert!(rest.iter().all(|message| message.get("id").is_none()), "{rest:?}");
}

#[test]
fn a_cell_runs_confined_and_its_level_is_told() {
    let folder = empty();
    let mut client = ready(folder.path());
    let done = call(&mut client, "lumen_python", json!({"code": "print(x)\nx + 1", "inputs": {"x": 41}}));
    let text = done["content"][0]["text"].as_str().expect("a text");
    if text.contains("MissingLayer") {
        eprintln!("not evaluated: {text}");
        return;
    }
    let value = &done["structuredContent"];
    assert_eq!((&value["value"]["value"], &value["level"]), (&json!(42), &json!("strict")), "{done}");
    assert_eq!(value["stdout"]["text"], "41\n");
    let list = client.result("tools/list", json!({}));
    let tool = list["tools"].as_array().expect("tools").iter().find(|tool| tool["name"] == "lumen_python");
    assert!(fits(value, &tool.expect("listed")["outputSchema"]), "{value}");
    let faulty = call(&mut client, "lumen_python", json!({"code": "open('/etc/passwd')"}));
    assert!(faulty["isError"] == true && !faulty["structuredContent"]["error"].is_null(), "{faulty}");
    // No agent lifts the confinement by itself.
    let bare = call(&mut client, "lumen_python", json!({"code": "1", "level": "none"}));
    assert!(bare["isError"] == true && bare.get("structuredContent").is_none(), "{bare}");
}
