//! The record that types a table: the columns it asks for, and its constraints on rows.

use std::rc::Rc;

use bytecode::{FieldDesc, RecordDesc, TypeDesc};
use column::{Column, DType, Scalar};
use frame::Frame;
use vm::{Fault, Value};

use crate::args::Args;
use crate::convert::{dtype_of, float_of, from_scalar, without_null};
use crate::engine_error::of_column;
use crate::host::Context;

/// Differences from a record that one fault names; more are counted.
pub(super) const PROBLEMS_SHOWN: usize = 12;

/// A field of the record.
pub(super) struct Field {
    pub name: String,
    /// The label in files.
    pub column: String,
    pub dtype: DType,
    pub nullable: bool,
    /// The variants of a category, in their order.
    pub variants: Option<Vec<String>>,
}

/// The record that the running builtin was called with; `None` where the columns say for themselves what they are.
pub(super) fn of_rows(context: &Context<'_>) -> Result<Option<Rc<RecordDesc>>, Fault> {
    match context.types.first().map(|ty| &**ty) {
        None | Some(TypeDesc::Any) => Ok(None),
        Some(TypeDesc::Record(record)) => Ok(Some(Rc::clone(record))),
        Some(other) => {
            let operation = context.operation;
            Err(Fault::new("R0400", format!("{operation}[T] reads rows of a record, found {other}")))
        }
    }
}

pub(super) fn fields(operation: &str, record: &RecordDesc) -> Result<Vec<Field>, Fault> {
    record.fields.iter().map(|field| Field::of(operation, field)).collect()
}

/// Whether columns that the record does not have are left out, rather than refused.
pub(super) fn drops_extra(args: &mut Args<'_>) -> Result<bool, Fault> {
    match args.text("extra", "error")?.as_str() {
        "error" => Ok(false),
        "drop" => Ok(true),
        other => {
            let operation = args.operation();
            let message = format!("{operation}: `extra` is \"error\" or \"drop\", found {other:?}");
            Err(Fault::new("R0400", message))
        }
    }
}

impl Field {
    fn of(operation: &str, field: &FieldDesc) -> Result<Field, Fault> {
        let Some(dtype) = dtype_of(&field.ty) else {
            let message = format!("{operation}: a column cannot hold `{}: {}`", field.name, field.ty);
            return Err(Fault::new("R0400", message));
        };
        let (inner, nullable) = without_null(&field.ty);
        let variants = match inner {
            TypeDesc::Enum(desc) => Some(desc.variants.iter().map(|v| v.name.clone()).collect()),
            _ => None,
        };
        Ok(Field { name: field.name.clone(), column: field.column.clone(), dtype, nullable, variants })
    }

    /// Cells as the field's column: of its dtype whatever they look like.
    pub fn typed(&self, operation: &str, cells: Vec<Scalar>) -> Result<Column, Fault> {
        let column = Column::infer(cells);
        match &self.variants {
            Some(variants) => self.category(operation, &column, variants),
            None if column.dtype() == self.dtype => Ok(column),
            None => {
                let place = format!("{operation}: column '{}'", self.column);
                column.cast(self.dtype).map_err(of_column(&place))
            }
        }
    }

    /// Text as the codes of an enum's variants.
    pub fn category(&self, operation: &str, column: &Column, variants: &[String]) -> Result<Column, Fault> {
        let mut codes = Vec::with_capacity(column.len());
        for row in 0..column.len() {
            match column.str_at(row) {
                None => codes.push(-1),
                Some(text) => match variants.iter().position(|v| v == text) {
                    Some(code) => codes.push(code as i32),
                    None => {
                        let (row, column) = (row + 1, &self.column);
                        let message = format!(
                            "{operation}: column '{column}': {text:?} in row {row} is no variant of the enum"
                        );
                        let near = syntax::suggest::nearest(text, variants.iter().map(String::as_str));
                        return Err(Fault::new("R0400", message).help(match near {
                            Some(near) => format!("Did you mean `{near}`?"),
                            None => format!("Its variants are {}.", variants.join(", ")),
                        }));
                    }
                },
            }
        }
        let categories: Column = variants.iter().map(|v| Some(v.as_str())).collect();
        Column::category(codes, categories, false).map_err(of_column(operation))
    }
}

/// Holds each row, as a value of the record, to the record's constraints; `check` faults where one is violated.
pub(super) fn check_rows(
    context: &mut Context<'_>,
    record: &Rc<RecordDesc>,
    check: &Value,
    frame: &Frame,
) -> Result<(), Fault> {
    let operation = context.operation;
    let labels: Vec<Scalar> = frame.columns().iter().collect();
    let column = |field: &FieldDesc| {
        let at = labels.iter().position(|l| l.as_str() == Some(&field.name))?;
        frame.data().get(at)
    };
    let columns: Vec<&Column> = record.fields.iter().map(column).collect::<Option<_>>().ok_or_else(|| {
        let message =
            format!("{operation}: `where` on a record of which some columns are not read is not built yet");
        Fault::new("R0126", message)
            .help("Read all columns of the record, and choose some of them, or an index, afterwards.")
    })?;
    for row in 0..frame.len() {
        let values = record
            .fields
            .iter()
            .zip(&columns)
            .map(|(field, column)| element(&field.ty, column, row))
            .collect();
        let value = Value::record(Rc::clone(record), values);
        context.call(check, &[value]).map_err(|fault| {
            let named = record.fields.iter().find(|f| {
                let start = format!("{}.{}: ", record.name, f.name);
                fault.message.starts_with(&start)
            });
            let place = match named {
                Some(field) => format!("row {}, column '{}'", row + 1, field.column),
                None => format!("row {}", row + 1),
            };
            Fault::new(&fault.code, format!("{operation}: {place}: {}", fault.message))
                .help("Correct the data, or read it with a record without this `where` and choose its rows.")
        })?;
    }
    Ok(())
}

/// A cell as a value of the field's type.
pub(super) fn element(ty: &TypeDesc, column: &Column, row: usize) -> Value {
    let scalar = column.get(row).unwrap_or(Scalar::None);
    match (without_null(ty), &scalar) {
        ((TypeDesc::Float, false), scalar) => float_of(scalar),
        ((TypeDesc::Enum(desc), _), Scalar::Str(text)) => {
            let tag = desc.variants.iter().position(|v| v.name == **text);
            tag.and_then(|tag| Value::variant(Rc::clone(desc), tag as u32)).unwrap_or(Value::Null)
        }
        (_, scalar) => from_scalar(scalar),
    }
}
