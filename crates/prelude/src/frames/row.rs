//! Rows of a table as values with a field for each column.

use std::rc::Rc;

use bytecode::{FieldDesc, RecordDesc, TypeDesc};
use column::{Column, Scalar};
use frame::{Frame, Index, Positions};
use vm::{Fault, Value};

use super::record::element;
use super::{View, frame_of};
use crate::args::Args;
use crate::convert::from_scalar;
use crate::engine_error::of_frame;
use crate::host::{Context, Table};

/// What rows are called where they are printed.
const NAME: &str = "Row";
/// The field with a row's label.
const LABEL: &str = "Index";

pub(crate) const TABLE: Table = &[
    ("Frame.itertuples", |context, a| {
        let frame = frame_of(a, "self")?;
        let is_labelled = a.flag("index", true)?;
        let rows = Rows::of(context, &frame, is_labelled)?;
        (0..frame.len()).map(|row| rows.get(row)).collect::<Result<_, _>>().map(Value::list)
    }),
    ("op.row", |context, a| row(context, a)),
];

/// `frame.iloc[n]`
fn row(context: &mut Context<'_>, args: &mut Args<'_>) -> Result<Value, Fault> {
    let view = args.required("base")?;
    let Some(View::ILoc(frame)) = view.downcast::<View>() else {
        return Err(args.wrong("base", "the positions of a Frame", view));
    };
    let at = args.required_int("index")?;
    let len = i64::try_from(frame.len()).unwrap_or(i64::MAX);
    let from_start = if at < 0 { at.saturating_add(len) } else { at };
    match usize::try_from(from_start).ok().filter(|row| *row < frame.len()) {
        Some(row) => Rows::of(context, frame, false)?.get(row),
        // The engine says what is wrong with the position.
        None => match frame.iloc(&Positions::One(at), None) {
            Err(error) => Err(of_frame("iloc")(error)),
            Ok(_) => Err(args.wrong("index", "a position", &Value::Int(at))),
        },
    }
}

/// The rows of a table by the type that the checker knows of them.
struct Rows<'f> {
    desc: Rc<RecordDesc>,
    label: Option<&'f Index>,
    columns: Vec<&'f Column>,
}

impl<'f> Rows<'f> {
    fn of(context: &Context<'_>, frame: &'f Frame, is_labelled: bool) -> Result<Rows<'f>, Fault> {
        let operation = context.operation;
        let Some(TypeDesc::Structure(fields)) = context.types.first().map(|ty| &**ty) else {
            return Err(Fault::new(
                "R0400",
                format!("{operation}: nothing says which columns the rows have"),
            ));
        };
        let field = |(name, ty): &(String, Rc<TypeDesc>)| FieldDesc {
            name: name.clone(),
            column: name.clone(),
            ty: Rc::clone(ty),
            has_default: false,
            has_constraint: false,
        };
        let labels: Vec<Scalar> = frame.columns().iter().collect();
        let mut columns = Vec::new();
        for (name, _) in fields.iter().skip(usize::from(is_labelled)) {
            let at = labels.iter().position(|label| label.as_str() == Some(name));
            match at.and_then(|at| frame.data().get(at)) {
                Some(column) => columns.push(column),
                None => {
                    let message = format!("{operation}: the frame has no column '{name}'");
                    return Err(Fault::new("R0400", message));
                }
            }
        }
        let desc = RecordDesc {
            module: String::new(),
            name: NAME.to_string(),
            fields: fields.iter().map(field).collect(),
        };
        Ok(Rows { desc: Rc::new(desc), label: is_labelled.then(|| frame.index()), columns })
    }

    fn get(&self, row: usize) -> Result<Value, Fault> {
        let mut values = Vec::with_capacity(self.desc.fields.len());
        if let Some(index) = self.label {
            let label = index.get(row).map_or(Value::Null, |label| from_scalar(&label));
            if let Some(field) = self.desc.fields.first()
                && !vm::fits(&label, &field.ty)
            {
                let message = format!("a row's {LABEL} is {}, expected {}", label.type_name(), field.ty);
                return Err(Fault::new("R0400", message).help(
                    "Leave it out, `itertuples(index: false)`, or name the level: `Frame[R, {level: T}]`.",
                ));
            }
            values.push(label);
        }
        for (field, column) in self.desc.fields.iter().skip(values.len()).zip(&self.columns) {
            values.push(element(&field.ty, column, row));
        }
        Ok(Value::record(Rc::clone(&self.desc), values))
    }
}
