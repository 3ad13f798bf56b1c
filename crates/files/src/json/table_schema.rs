//! `orient="table"`: records under a Table Schema, which names dtypes and the columns that are row labels.

use std::sync::Arc;

use column::{Column, DType, Scalar, TimeUnit};
use serde_json::{Value, json};

use super::frame::{ReadJson, scalar};
use super::parse::Json;
use crate::error::{Error, Result};
use crate::table::Table;

/// The version of the schema that pandas writes.
const VERSION: &str = "1.4.0";

/// A written schema, and the row labels under the names that it gives them.
pub(super) struct Written {
    pub text: String,
    pub index: Vec<(String, Column)>,
}

pub(super) fn write(table: &Table, index: bool) -> Result<Written> {
    let mut levels: Vec<(String, Column)> = Vec::new();
    if index {
        let plain = |name: &Option<Scalar>| {
            name.as_ref().filter(|name| **name != Scalar::None).map(Scalar::to_string)
        };
        match table.index.as_slice() {
            [] => {
                let range = table.row_range();
                levels.push((plain(&range.name).unwrap_or("index".into()), range.labels(table.row_count)));
            }
            [(name, column)] => levels.push((plain(name).unwrap_or("index".into()), column.clone())),
            several => {
                levels.extend(several.iter().enumerate().map(|(at, (name, column))| {
                    (plain(name).unwrap_or(format!("level_{at}")), column.clone())
                }))
            }
        }
    }
    let overlap =
        levels.iter().any(|(name, _)| table.columns.iter().any(|(label, _)| label.as_str() == Some(name)));
    if overlap {
        return Err(Error::value("Overlapping names between the index and columns"));
    }
    let mut fields: Vec<Value> = levels.iter().map(|(name, column)| field(json!(name), column)).collect();
    for (label, column) in &table.columns {
        let name = match label {
            Scalar::Int(value) => json!(value),
            other => json!(other.to_string()),
        };
        fields.push(field(name, column));
    }
    let mut schema = json!({"fields": fields});
    if index {
        schema["primaryKey"] = levels.iter().map(|(name, _)| name.as_str()).collect();
    }
    schema["pandas_version"] = VERSION.into();
    Ok(Written { text: schema.to_string(), index: levels })
}

fn field(name: Value, column: &Column) -> Value {
    let dtype = column.dtype();
    let kind = match dtype {
        DType::Bool | DType::Boolean => "boolean",
        dtype if dtype.is_integer() => "integer",
        dtype if dtype.is_float() => "number",
        DType::Datetime(_) => "datetime",
        DType::Timedelta(_) => "duration",
        DType::Category => "any",
        _ => "string",
    };
    let mut field = json!({"name": name, "type": kind});
    if dtype.is_nullable() || dtype == DType::Str {
        field["extDtype"] = dtype.to_string().into();
    }
    if let Some(categories) = column.categories() {
        let words = categories.iter().map(|category| match category {
            Scalar::Int(value) => json!(value),
            Scalar::Float(value) => json!(value),
            Scalar::Bool(value) => json!(value),
            other => json!(other.to_string()),
        });
        field["constraints"] = json!({"enum": words.collect::<Vec<_>>()});
        field["ordered"] = column.is_ordered().into();
    }
    field
}

/// Reads what [`write`] and the records behind it say.
pub(super) fn read(json: Json, options: &ReadJson) -> Result<Table> {
    if options.dtype != super::JsonDType::Infer {
        return Err(Error::value("cannot pass both dtype and orient='table'"));
    }
    if options.convert_axes == Some(true) {
        return Err(Error::value("cannot pass both convert_axes and orient='table'"));
    }
    let key = |name: &str| Error::from(column::Error::new(column::ErrorKind::Key, format!("'{name}'")));
    let Json::Object(mut members) = json else {
        return Err(column::Error::new(
            column::ErrorKind::Type,
            "list indices must be integers or slices, not str",
        )
        .into());
    };
    let Some(Json::Object(schema)) = members.shift_remove("schema") else { return Err(key("schema")) };
    let Some(Json::Array(data)) = members.shift_remove("data") else { return Err(key("data")) };
    let Some(Json::Array(fields)) = schema.get("fields") else { return Err(key("fields")) };
    let primary: Vec<Arc<str>> = match schema.get("primaryKey") {
        Some(Json::Array(names)) => names.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    let mut table = Table { row_count: data.len(), ..Table::default() };
    for entry in fields {
        let Json::Object(entry) = entry else { return Err(key("name")) };
        let name = entry.get("name").ok_or_else(|| key("name"))?;
        let label = scalar(name.clone())?;
        let name = label.to_string();
        let values = data.iter().map(|row| match row {
            Json::Object(members) => members.get(name.as_str()).cloned().map_or(Ok(Scalar::None), scalar),
            _ => Err(Error::not_implemented("read_json(orient='table') of rows that are no objects")),
        });
        let column = typed(entry, values.collect::<Result<_>>()?)?;
        if primary.iter().any(|key| **key == *name) {
            let unnamed = *name == *"index" && primary.len() == 1
                || primary.len() > 1
                    && name.strip_prefix("level_").is_some_and(|at| at.parse::<usize>().is_ok());
            table.index.push(((!unnamed).then_some(label), column));
        } else {
            table.columns.push((label, column));
        }
    }
    Ok(table)
}

fn text(json: &Json) -> Option<Arc<str>> {
    match json {
        Json::Str(text) => Some(Arc::clone(text)),
        _ => None,
    }
}

fn typed(entry: &indexmap::IndexMap<Arc<str>, Json>, values: Vec<Scalar>) -> Result<Column> {
    let word = |key: &str| entry.get(key).and_then(text);
    let kind = word("type").unwrap_or_default();
    if let Some(dtype) = word("extDtype") {
        return Ok(Column::infer(values).cast(dtype.parse()?)?);
    }
    match &*kind {
        "integer" => Ok(Column::infer(values).cast(DType::INT64)?),
        "number" => Ok(Column::infer(values).cast(DType::FLOAT64)?),
        "boolean" => Ok(Column::infer(values).cast(DType::Bool)?),
        "string" => Ok(Column::infer(values)),
        "datetime" if entry.contains_key("tz") => {
            Err(Error::not_implemented("read_json(orient='table') of zones"))
        }
        "datetime" => {
            let texts = values.iter().map(Scalar::as_str).collect::<Column>();
            Ok(texts
                .to_datetime(Some("%Y-%m-%dT%H:%M:%S.%f"), false)?
                .cast(DType::Datetime(TimeUnit::Micro))?)
        }
        "duration" => {
            Err(Error::not_implemented("table=\"orient\" can not yet read ISO-formatted Timedelta data"))
        }
        "any" => {
            let Some(Json::Object(constraints)) = entry.get("constraints") else {
                return Ok(Column::object(values));
            };
            let Some(Json::Array(words)) = constraints.get("enum") else { return Ok(Column::object(values)) };
            let words: Vec<Scalar> = words.iter().cloned().map(scalar).collect::<Result<_>>()?;
            let places: std::collections::HashMap<_, _> =
                words.iter().enumerate().map(|(at, word)| (word.key(), at as i32)).collect();
            let codes = values.iter().map(|value| places.get(&value.key()).copied().unwrap_or(-1)).collect();
            let ordered = entry.get("ordered") == Some(&Json::Bool(true));
            Ok(Column::category(codes, Column::infer(words), ordered)?)
        }
        other => Err(Error::value(format!("Unsupported or invalid field type: {other}"))),
    }
}
