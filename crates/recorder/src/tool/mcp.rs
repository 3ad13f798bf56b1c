//! What servers of the Model Context Protocol say of their tools, as signatures.
//!
//! A file holds what a server answers to `tools/list`, and each tool's JSON Schemas become its parameters and what it
//! gives. A schema may say more than a type can: `pattern`, `minimum`, `enum`. What it says of arguments the server
//! holds itself, as it refuses what it does not want. What no type can hold is `Json`.

use checker::{ToolParam, ToolSchema, Type};
use serde_json::{Map, Value as Json, json};

use super::{DEPTH_MAX, is_word};

/// Keywords that make a schema another one than its `type` says.
const COMBINES: [&str; 10] = [
    "$ref",
    "$dynamicRef",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "patternProperties",
    "prefixItems",
    "enum",
];

/// A tool of a file, by the name that its server has for it: its signature, and its promise.
///
/// # Errors
/// What is wrong with the file, as a reason.
pub fn tool(text: &str, name: &str) -> Result<(ToolSchema, String), String> {
    let json: Json =
        serde_json::from_str(text).map_err(|why| format!("its server's file is no JSON: {why}"))?;
    let tools = json.get("tools").and_then(Json::as_array);
    let tools = tools.ok_or("its server's file has no list `tools`")?;
    let of = |tool: &Json| tool.get("name").and_then(Json::as_str).map(str::to_string);
    let Some(tool) = tools.iter().find(|tool| of(tool).as_deref() == Some(name)) else {
        let names: Vec<String> = tools.iter().filter_map(of).collect();
        return Err(match syntax::suggest::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("its server has no tool `{name}`; the nearest is `{near}`"),
            None => format!("its server has no tool `{name}`; it has {}", names.join(", ")),
        });
    };
    Ok((signature(tool)?, promise(tool)))
}

/// The signature of a tool of which nobody says anything: it takes arguments by name, and gives JSON.
pub fn unknown() -> ToolSchema {
    ToolSchema { params: Vec::new(), returns: Type::Json, open: true }
}

/// What of a server's words a program depends on, as text that is the same for the same words.
pub fn promise(tool: &Json) -> String {
    let part = |name: &str| tool.get(name).cloned().unwrap_or_default();
    json!({"inputSchema": part("inputSchema"), "outputSchema": part("outputSchema")}).to_string()
}

/// The file of a server's tools, from what it lists.
pub fn file(mut tools: Vec<Json>) -> String {
    let name = |tool: &Json| tool.get("name").and_then(Json::as_str).unwrap_or_default().to_string();
    tools.sort_by_key(name);
    let kept = ["name", "description", "inputSchema", "outputSchema"];
    let only = |tool: &Json| {
        let of = |key: &str| tool.get(key).map(|value| (key.to_string(), value.clone()));
        Json::Object(kept.iter().filter_map(|key| of(key)).collect())
    };
    let tools: Vec<Json> = tools.iter().map(only).collect();
    format!("{:#}\n", json!({"tools": tools}))
}

fn signature(tool: &Json) -> Result<ToolSchema, String> {
    let returns =
        tool.get("outputSchema").filter(|schema| !schema.is_null()).map_or(Type::Json, |s| ty(s, 0));
    let input = tool.get("inputSchema").ok_or("its server's file has no `inputSchema` for it")?;
    let Json::Object(fields) = input else { return Err("its `inputSchema` is no JSON Schema".to_string()) };
    let Some(properties) = fields.get("properties") else { return Ok(ToolSchema { returns, ..unknown() }) };
    let properties = properties.as_object().ok_or("`properties` of its `inputSchema` is no object")?;
    let required = required(fields);
    let open = matches!(fields.get("additionalProperties"), Some(Json::Bool(true) | Json::Object(_)));
    let mut params = Vec::new();
    for (name, schema) in properties {
        let is_required = required.contains(&name.as_str());
        if is_word(name) {
            params.push(ToolParam { name: name.clone(), ty: ty(schema, 0), required: is_required });
        } else if is_required {
            return Err(format!("its parameter `{name}` has no name that a call could write"));
        }
    }
    for lost in required.iter().filter(|name| !properties.contains_key(**name)) {
        if !is_word(lost) {
            return Err(format!("its parameter `{lost}` has no name that a call could write"));
        }
        params.push(ToolParam { name: (*lost).to_string(), ty: Type::Json, required: true });
    }
    params.sort_by_key(|param| !param.required);
    Ok(ToolSchema { params, returns, open })
}

fn required(fields: &Map<String, Json>) -> Vec<&str> {
    let names = fields.get("required").and_then(Json::as_array);
    names.into_iter().flatten().filter_map(Json::as_str).collect()
}

/// The type whose values a schema describes; `Json` where there is none.
fn ty(schema: &Json, depth: usize) -> Type {
    let Json::Object(fields) = schema else { return Type::Json };
    if depth >= DEPTH_MAX {
        return Type::Json;
    }
    if let Some(choices) = fields.get("anyOf").or(fields.get("oneOf")).and_then(Json::as_array) {
        let types: Vec<Type> = choices.iter().map(|choice| ty(choice, depth + 1)).collect();
        return match types.as_slice() {
            [Type::Json, _] | [_, Type::Json] => Type::Json,
            [one, Type::Null] | [Type::Null, one] => one.clone().optional(),
            _ => Type::Json,
        };
    }
    let names_texts =
        fields.get("enum").and_then(Json::as_array).is_some_and(|all| all.iter().all(Json::is_string));
    if names_texts {
        return Type::String;
    }
    if COMBINES.iter().any(|keyword| fields.contains_key(*keyword)) {
        return Type::Json;
    }
    match fields.get("type") {
        Some(Json::String(name)) => single(name, fields, depth),
        Some(Json::Array(names)) => {
            match names.iter().filter_map(Json::as_str).collect::<Vec<_>>().as_slice() {
                [one, "null"] | ["null", one] => match single(one, fields, depth) {
                    Type::Json => Type::Json,
                    one => one.optional(),
                },
                [one] => single(one, fields, depth),
                _ => Type::Json,
            }
        }
        _ => Type::Json,
    }
}

fn single(name: &str, fields: &Map<String, Json>, depth: usize) -> Type {
    match name {
        "string" => Type::String,
        "integer" => Type::Int,
        "number" => Type::Float,
        "boolean" => Type::Bool,
        "null" => Type::Null,
        "array" => Type::list(fields.get("items").map_or(Type::Json, |items| ty(items, depth + 1))),
        "object" => object(fields, depth),
        _ => Type::Json,
    }
}

fn object(fields: &Map<String, Json>, depth: usize) -> Type {
    let others = fields.get("additionalProperties");
    match fields.get("properties").and_then(Json::as_object) {
        None => match others {
            Some(schema @ Json::Object(_)) => Type::map(Type::String, ty(schema, depth + 1)),
            _ => Type::map(Type::String, Type::Json),
        },
        Some(_) if others.is_some_and(|others| *others != Json::Bool(false)) => Type::Json,
        Some(properties) => {
            let required = required(fields);
            let part = |(name, schema): (&String, &Json)| {
                let part = ty(schema, depth + 1);
                let is_required = required.contains(&name.as_str());
                (name.clone(), if is_required { part } else { part.optional() })
            };
            Type::Structure(properties.iter().map(part).collect::<Vec<_>>().into())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use checker::show::TypeNames;

    use super::*;

    fn shown(input: &str, output: &str) -> String {
        let tool = format!(r#"{{"name": "t", "inputSchema": {input}, "outputSchema": {output}}}"#);
        match super::tool(&format!(r#"{{"tools": [{tool}]}}"#), "t") {
            Err(why) => why,
            Ok((schema, _)) => {
                let params = HashMap::new();
                let names = TypeNames { records: &[], enums: &[], params: &params };
                let mark = |p: &ToolParam| if p.required { "" } else { "?" };
                let param = |p: &ToolParam| format!("{}{}: {}", p.name, mark(p), names.show(&p.ty));
                let params: Vec<String> = schema.params.iter().map(param).collect();
                format!(
                    "({}{}) -> {}",
                    params.join(", "),
                    if schema.open { ", ..." } else { "" },
                    names.show(&schema.returns)
                )
            }
        }
    }

    #[test]
    fn schemas_become_types_as_far_as_types_go() {
        let input = r#"{"type": "object", "required": ["b", "c"], "properties": {
            "a": {"type": "integer", "minimum": 0}, "b": {"type": "string", "pattern": "x"},
            "c": {"enum": ["x", "y"]}, "d-e": {"type": "string"}, "f": {"type": ["number", "null"]},
            "g": {"anyOf": [{"type": "boolean"}, {"type": "integer"}]}, "h": {"$ref": "x"}}}"#;
        let output = r#"{"type": "object", "required": ["n"], "properties": {
            "n": {"type": "array", "items": {"type": "integer"}}, "m": {"type": "object"}}}"#;
        assert_eq!(
            shown(input, output),
            "(b: String, c: String, a?: Int, f?: Float?, g?: Json, h?: Json) -> {n: list[Int], m: map[String, Json]?}"
        );
        assert_eq!(shown(r#"{"type": "object"}"#, "null"), "(, ...) -> Json");
        let closed = r#"{"type": "object", "properties": {}, "additionalProperties": false}"#;
        assert_eq!(
            shown(closed, r#"{"type": "object", "properties": {"a": {}}, "additionalProperties": true}"#),
            "() -> Json"
        );
    }

    #[test]
    fn what_no_call_could_say_is_refused() {
        let input = r#"{"properties": {"a-b": {"type": "string"}}, "required": ["a-b"]}"#;
        assert!(shown(input, "null").contains("`a-b` has no name that a call could write"));
        let listed = r#"{"tools": [{"name": "search", "inputSchema": {}}]}"#;
        let why = super::tool(listed, "serch").expect_err("there is none");
        assert!(why.contains("the nearest is `search`"), "{why}");
    }

    #[test]
    fn a_file_keeps_what_signatures_are_made_of() {
        let tools =
            vec![json!({"name": "b", "inputSchema": {}, "icons": [1]}), json!({"name": "a", "title": "A"})];
        let kept: Json = serde_json::from_str(&file(tools)).expect("JSON");
        assert_eq!(kept, json!({"tools": [{"name": "a"}, {"name": "b", "inputSchema": {}}]}));
    }
}
