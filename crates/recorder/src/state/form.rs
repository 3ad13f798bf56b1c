//! How an entry of the state stands in pages.
//!
//! An entry has one page for ever, its head: a kind, a place, a length, then the value's bytes, or the id of an unnamed
//! page that holds them. What guards can compare stands as itself: an Int as eight bytes, a text as its UTF-8, a variant
//! as its name. Everything else stands in canonical bytes.

use bytecode::{EnumDesc, TypeDesc};
use plan::{Expr, FieldType};
use store::Snapshot;
use vm::{Fault, Host, Value};

use crate::error::{Error, Result};

/// Kind, place, two zeros, and the length of the value's bytes.
pub const HEADER_BYTES: u32 = 8;
/// The greatest page, and so the greatest value.
pub const VALUE_BYTES_MAX: usize = plan::query::PAGE_LEN_MAX as usize;
/// Heads are at most so long; a longer value has a page of its own.
const HEAD_BYTES_MAX: u32 = 512;
/// An Int in a head.
pub const INT: FieldType = FieldType::Int { width_bytes: 8, signed: true, big_endian: false };
/// A Bool in a head.
pub const BOOL: FieldType = FieldType::Int { width_bytes: 1, signed: false, big_endian: false };

/// What the bytes of a value are. Numbers are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Null = 0,
    /// One byte.
    Bool = 1,
    /// Two's complement, little-endian.
    Int = 2,
    /// `Severity.Major`, of an enum without payload.
    Variant = 3,
    /// UTF-8.
    Text = 4,
    /// Canonical bytes.
    Other = 5,
    /// Nothing: the entry was taken away. Its page stays, so that its past can be told.
    Gone = 6,
}

/// Where the bytes of a value stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Inline = 0,
    /// In the page whose id stands in the head.
    Body = 1,
}

/// A value as its page holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub kind: Kind,
    pub bytes: Vec<u8>,
}

/// A form that is in the state, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub head: u64,
    /// The seq of the last change.
    pub version: u64,
    /// How many bytes of a value the head takes.
    pub room_bytes: u32,
    /// How many it holds now.
    pub inline_bytes: u32,
    /// The page of a value that the head does not take.
    pub body: Option<u64>,
    pub form: Form,
}

impl Form {
    /// # Errors
    /// R0820 for a value that is larger than a page; R0906 for one that has no bytes.
    pub fn of(value: &Value) -> std::result::Result<Form, Fault> {
        let (kind, bytes) = match value {
            Value::Null => (Kind::Null, Vec::new()),
            Value::Bool(truth) => (Kind::Bool, vec![u8::from(*truth)]),
            Value::Int(int) => (Kind::Int, int.to_le_bytes().to_vec()),
            Value::Str(text) => (Kind::Text, text.as_bytes().to_vec()),
            Value::Variant(variant) if variant.payload.is_empty() => {
                (Kind::Variant, qualified(&variant.desc, variant.name()).into_bytes())
            }
            other => (Kind::Other, vm::codec::encode(other)?),
        };
        if bytes.len() > VALUE_BYTES_MAX {
            let found = format!(
                "an entry of the state takes at most {VALUE_BYTES_MAX} bytes, this value has {}",
                bytes.len()
            );
            return Err(Fault::new("R0820", found)
                .help("Write large data to a file, and keep its path or hash in the state."));
        }
        Ok(Form { kind, bytes })
    }

    /// The value, of the type that the program gives it.
    ///
    /// # Errors
    /// What the value is instead.
    pub fn value(&self, ty: Option<&TypeDesc>, host: &dyn Host) -> std::result::Result<Value, String> {
        let value = match self.kind {
            Kind::Gone => return Ok(Value::Null),
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.bytes.first().is_some_and(|byte| *byte != 0)),
            Kind::Int => Value::Int(i64::from_le_bytes(
                self.bytes.as_slice().try_into().map_err(|_| "an Int of another length".to_string())?,
            )),
            Kind::Text => Value::str(self.text().ok_or("a text that is not UTF-8")?),
            Kind::Variant => {
                let name = self.text().ok_or("a variant whose name is not UTF-8")?;
                return variant(&name, ty.ok_or("a variant without its enum")?)
                    .ok_or_else(|| format!("the variant `{name}`"));
            }
            Kind::Other => vm::codec::decode(&self.bytes, host)?,
        };
        match ty {
            Some(ty) if !vm::fits(&value, ty) => Err(format!("a value of type {}", value.type_name())),
            _ => Ok(value),
        }
    }

    /// As the language prints it; a value that cannot be read says so.
    pub fn shown(&self) -> String {
        if self.kind == Kind::Gone {
            return "(absent)".to_string();
        }
        if self.kind == Kind::Variant {
            let name = self.text().unwrap_or_default();
            return name.rsplit('.').next().unwrap_or_default().to_string();
        }
        let value = self.value(None, &prelude::Decoder);
        let text = value.and_then(|value| vm::repr(&value).map_err(|fault| fault.message));
        text.unwrap_or_else(|why| format!("(unreadable: {why})"))
    }

    fn text(&self) -> Option<String> {
        String::from_utf8(self.bytes.clone()).ok()
    }

    /// The first bytes of a head that holds, or leads to, this value.
    pub fn header(&self, is_inline: bool) -> Vec<u8> {
        let place = if is_inline { Place::Inline } else { Place::Body };
        let mut header = vec![self.kind as u8, place as u8, 0, 0];
        header.extend_from_slice(&(self.bytes.len() as u32).to_le_bytes());
        header
    }

    /// The size of the head of a new entry with this value: with some room for a text that grows.
    pub fn head_bytes(&self) -> u32 {
        let len = HEADER_BYTES + u32::try_from(self.bytes.len()).unwrap_or(u32::MAX - HEADER_BYTES);
        match self.kind {
            Kind::Null | Kind::Bool | Kind::Int | Kind::Gone => 16,
            Kind::Variant | Kind::Text | Kind::Other if len <= HEAD_BYTES_MAX => len.next_multiple_of(32),
            Kind::Variant | Kind::Text | Kind::Other => 16,
        }
    }
}

impl Stored {
    /// The value of the entry whose head is this page.
    ///
    /// # Errors
    /// `Damaged` for pages that are no entry's.
    pub fn read(state: &Snapshot, head: u64) -> Result<Stored> {
        let damaged = || Error::damaged(format!("page {head} is no entry of the state"));
        let page = state.page(head)?.ok_or_else(damaged)?;
        let (header, rest) = page.bytes().split_at_checked(HEADER_BYTES as usize).ok_or_else(damaged)?;
        let [kind, place, 0, 0, len @ ..] = header else { return Err(damaged()) };
        let len: [u8; 4] = len.try_into().map_err(|_| damaged())?;
        let len = u32::from_le_bytes(len);
        let all = [Kind::Null, Kind::Bool, Kind::Int, Kind::Variant, Kind::Text, Kind::Other, Kind::Gone];
        let kind = all.into_iter().find(|known| *known as u8 == *kind).ok_or_else(damaged)?;
        let (body, bytes) = match *place {
            place if place == Place::Inline as u8 => {
                (None, rest.get(..len as usize).ok_or_else(damaged)?.to_vec())
            }
            place if place == Place::Body as u8 => {
                let id: [u8; 8] = rest.get(..8).and_then(|id| id.try_into().ok()).ok_or_else(damaged)?;
                let id = u64::from_le_bytes(id);
                let body = state.page(id)?.filter(|page| page.bytes().len() == len as usize);
                (Some(id), body.ok_or_else(damaged)?.bytes().to_vec())
            }
            _ => return Err(damaged()),
        };
        Ok(Stored {
            head,
            version: page.version(),
            room_bytes: rest.len() as u32,
            inline_bytes: if body.is_none() { len } else { 8 },
            body,
            form: Form { kind, bytes },
        })
    }

    /// Whether there is a value.
    pub fn is_there(&self) -> bool {
        self.form.kind != Kind::Gone
    }

    /// The value's bytes, as a guard reads them.
    pub fn field(&self) -> Expr {
        let (page, offset) = self.body.map_or((self.head, HEADER_BYTES), |body| (body, 0));
        match u32::try_from(self.form.bytes.len()) {
            Ok(len) if len > 0 => Expr::Field { page, offset, field_type: FieldType::Bytes(len) },
            _ => Expr::Constant(plan::Value::Bytes(Vec::new())),
        }
    }

    /// The Int, as a guard reads it.
    pub fn int(&self) -> Expr {
        Expr::Field { page: self.head, offset: HEADER_BYTES, field_type: INT }
    }
}

/// A variant as pages hold it: a new order of variants changes nothing.
pub fn qualified(desc: &EnumDesc, variant: &str) -> String {
    match desc.module.is_empty() {
        true => format!("{}.{variant}", desc.name),
        false => format!("{}.{}.{variant}", desc.module, desc.name),
    }
}

fn variant(name: &str, ty: &TypeDesc) -> Option<Value> {
    match ty {
        TypeDesc::Enum(desc) => {
            let tag = desc.variants.iter().position(|variant| qualified(desc, &variant.name) == name)?;
            Value::variant(desc.clone(), u32::try_from(tag).ok()?)
        }
        TypeDesc::Optional(inner) => variant(name, inner),
        TypeDesc::Union(types) => types.iter().find_map(|ty| variant(name, ty)),
        _ => None,
    }
}
