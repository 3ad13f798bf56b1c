//! What describes tools: which program carries one out, what it takes and what it gives.
//!
//! A tool's own file is JSON: `program`, `args`, `env`, `description`, and the JSON Schemas `parameters` and `returns`. The
//! program starts in the file's folder. A server of the Model Context Protocol is named in the manifest ([`manifest`]),
//! and what its tools take and give stands in a file that holds its own words ([`mcp`]). Checking reads these files and
//! starts nothing.

mod manifest;
pub mod mcp;

use checker::{ToolParam, ToolSchema, Type};
use serde_json::{Map, Value as Json};

pub use manifest::{Named, Server, named, server};

/// The program behind a tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Provider {
    /// As the tool is known to it.
    pub tool: String,
    pub speaks: Speaks,
    pub program: String,
    pub args: Vec<String>,
    /// The variables of the environment that it is given beside what every program needs.
    pub environment: Vec<String>,
    /// Where it starts: with a closing `/`, or empty.
    pub folder: String,
}

/// How a program is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speaks {
    /// A line of JSON for each call, and one for its answer.
    Lines,
    /// The Model Context Protocol.
    Mcp {
        /// What the program was checked with, as [`mcp::promise`] writes it; nothing where no file says what the tool takes.
        promise: Option<String>,
    },
}

/// Reads a tool's file.
///
/// # Errors
/// What is wrong with it, as a reason.
pub fn read(tool: &str, folder: &str, text: &str) -> Result<(Provider, ToolSchema), String> {
    let json: Json = serde_json::from_str(text).map_err(|why| format!("its file is no JSON: {why}"))?;
    let Json::Object(fields) = &json else { return Err("its file holds no JSON object".to_string()) };
    known(fields, "its file", &["program", "args", "env", "description", "parameters", "returns"])?;
    let program = fields.get("program").and_then(Json::as_str);
    let program = program.ok_or("its file names no `program`, as a text")?.to_string();
    let texts = |key: &str| match fields.get(key) {
        None => Ok(Vec::new()),
        Some(Json::Array(items)) if items.iter().all(Json::is_string) => {
            Ok(items.iter().filter_map(Json::as_str).map(str::to_string).collect::<Vec<_>>())
        }
        Some(_) => Err(format!("`{key}` of its file is no list of texts")),
    };
    let (args, environment) = (texts("args")?, texts("env")?);
    if let Some(name) = environment.iter().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
        return Err(format!("`env` of its file names {name:?}, which is no variable's name"));
    }
    if fields.get("description").is_some_and(|text| !text.is_string()) {
        return Err("`description` of its file is no text".to_string());
    }
    let (params, open) = match fields.get("parameters") {
        None => (Vec::new(), true),
        Some(schema) => parameters(schema)?,
    };
    let returns = fields.get("returns").map_or(Ok(Type::Json), |schema| ty(schema, "returns", 0))?;
    let (tool, folder) = (tool.to_string(), folder.to_string());
    let provider = Provider { tool, speaks: Speaks::Lines, program, args, environment, folder };
    Ok((provider, ToolSchema { params, returns, open }))
}

/// Schemas inside of each other beyond this are refused.
const DEPTH_MAX: usize = 32;
/// Keywords that say nothing of what is valid.
const NOTES: [&str; 3] = ["description", "title", "$schema"];

fn parameters(schema: &Json) -> Result<(Vec<ToolParam>, bool), String> {
    let Json::Object(fields) = schema else { return Err("`parameters` is no JSON Schema".to_string()) };
    if fields.get("type").and_then(Json::as_str) != Some("object") {
        return Err("`parameters` is not of the type `object`".to_string());
    }
    keywords(fields, "parameters", &["type", "properties", "required", "additionalProperties"])?;
    let open = match fields.get("additionalProperties") {
        None | Some(Json::Bool(false)) => false,
        Some(Json::Bool(true)) => true,
        Some(_) => return Err("`additionalProperties` of `parameters` is neither true nor false".to_string()),
    };
    let required = required(fields, "parameters")?;
    let mut params = Vec::new();
    for (name, schema) in properties(fields, "parameters")? {
        if !is_word(name) {
            return Err(format!("the parameter `{name}` has no name that a call could write"));
        }
        let ty = ty(schema, &format!("parameters.{name}"), 0)?;
        params.push(ToolParam { name: name.clone(), ty, required: required.contains(&name.as_str()) });
    }
    if let Some(lost) = required.iter().find(|name| !params.iter().any(|param| param.name == **name)) {
        return Err(format!("`required` names `{lost}`, which is no parameter"));
    }
    params.sort_by_key(|param| !param.required);
    Ok((params, open))
}

/// Whether a call can write it as the name of an argument.
fn is_word(name: &str) -> bool {
    let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_word && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn ty(schema: &Json, at: &str, depth: usize) -> Result<Type, String> {
    let fields = match schema {
        Json::Bool(true) => return Ok(Type::Json),
        Json::Object(fields) if depth < DEPTH_MAX => fields,
        Json::Object(_) => return Err(format!("`{at}` nests deeper than {DEPTH_MAX} schemas")),
        _ => return Err(format!("`{at}` is no JSON Schema")),
    };
    if let Some(Json::Array(choices)) = fields.get("anyOf") {
        keywords(fields, at, &["anyOf"])?;
        let types = choices.iter().map(|choice| ty(choice, at, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        return match types.as_slice() {
            [one, Type::Null] | [Type::Null, one] => Ok(one.clone().optional()),
            _ => Err(format!("`anyOf` of `{at}` is not one type or null")),
        };
    }
    let Some(name) = fields.get("type") else {
        keywords(fields, at, &[])?;
        return Ok(Type::Json);
    };
    let own: &[&str] = match name.as_str() {
        Some("array") => &["type", "items"],
        Some("object") => &["type", "properties", "required", "additionalProperties"],
        _ => &["type"],
    };
    keywords(fields, at, own)?;
    Ok(match name.as_str() {
        Some("string") => Type::String,
        Some("integer") => Type::Int,
        Some("number") => Type::Float,
        Some("boolean") => Type::Bool,
        Some("null") => Type::Null,
        Some("array") => match fields.get("items") {
            Some(items) => Type::list(ty(items, &format!("{at}.items"), depth + 1)?),
            None => Type::list(Type::Json),
        },
        Some("object") => object(fields, at, depth)?,
        _ => return Err(format!("`{at}` is of no type that is built: {name}")),
    })
}

fn object(fields: &Map<String, Json>, at: &str, depth: usize) -> Result<Type, String> {
    let others = fields.get("additionalProperties");
    let required = required(fields, at)?;
    let is_known = |name: &str| fields.get("properties").is_some_and(|all| all.get(name).is_some());
    if let Some(lost) = required.iter().find(|name| !is_known(name)) {
        return Err(format!("`required` of `{at}` names `{lost}`, which is no property"));
    }
    if !fields.contains_key("properties") {
        return match others {
            None | Some(Json::Bool(true)) => Ok(Type::map(Type::String, Type::Json)),
            Some(schema) => Ok(Type::map(Type::String, ty(schema, at, depth + 1)?)),
        };
    }
    if others.is_some_and(|others| *others != Json::Bool(false)) {
        return Err(format!("`{at}` has both `properties` and others, which no type can hold"));
    }
    let mut parts = Vec::new();
    for (name, schema) in properties(fields, at)? {
        let part = ty(schema, &format!("{at}.{name}"), depth + 1)?;
        let is_required = required.contains(&name.as_str());
        parts.push((name.clone(), if is_required { part } else { part.optional() }));
    }
    Ok(Type::Structure(parts.into()))
}

fn properties<'j>(fields: &'j Map<String, Json>, at: &str) -> Result<Vec<(&'j String, &'j Json)>, String> {
    match fields.get("properties") {
        None => Ok(Vec::new()),
        Some(Json::Object(properties)) => Ok(properties.iter().collect()),
        Some(_) => Err(format!("`properties` of `{at}` is no object")),
    }
}

fn required<'j>(fields: &'j Map<String, Json>, at: &str) -> Result<Vec<&'j str>, String> {
    match fields.get("required") {
        None => Ok(Vec::new()),
        Some(Json::Array(names)) if names.iter().all(Json::is_string) => {
            Ok(names.iter().filter_map(Json::as_str).collect())
        }
        Some(_) => Err(format!("`required` of `{at}` is no list of texts")),
    }
}

/// A keyword that is not built would be a rule that nobody holds.
fn keywords(fields: &Map<String, Json>, at: &str, own: &[&str]) -> Result<(), String> {
    let all: Vec<&str> = own.iter().chain(&NOTES).copied().collect();
    known(fields, &format!("`{at}`"), &all)
}

fn known(fields: &Map<String, Json>, what: &str, all: &[&str]) -> Result<(), String> {
    match fields.keys().find(|key| !all.contains(&key.as_str())) {
        Some(key) => Err(format!("{what} has the key `{key}`, expected {}", all.join(", "))),
        None => Ok(()),
    }
}
