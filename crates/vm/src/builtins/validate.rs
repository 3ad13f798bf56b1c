//! JSON as values of a type: what `json_encode` writes, read back.

use std::rc::Rc;

use bytecode::{EnumDesc, RecordDesc, TypeDesc};

use super::args::unexpected;
use super::{Args, Builtin, Calls};
use crate::conform;
use crate::fault::Fault;
use crate::iterate::elements;
use crate::map::{Key, Map, Set};
use crate::order::DEPTH_MAX;
use crate::show;
use crate::value::{Value, Variant};

pub(super) const TABLE: super::Table = &[("validate", Builtin::Calling(validate))];

/// Members of unions that one call tries. Nested unions try those of the inner one anew for each of the outer one.
const TRIES_MAX: usize = 10_000_000;

/// (type, json, makers): the value of the type, or all that does not fit, each with its path.
///
/// `makers` is a list of (name, module, check or null, list of defaults or null, declared type or null): what the program
/// wrote at the fields of the records that the type reaches. A check takes the record and faults where a constraint does
/// not hold; a default takes the fields before its own. Values refer to the declared type, if there is one: the type
/// at hand may say what its parameters stand for.
fn validate(calls: &mut Calls<'_, '_>, mut args: Args<'_>) -> Result<Value, Fault> {
    let Value::Type(ty) = args.take(0) else { return Err(Fault::internal("validate without a type")) };
    let json = args.take(1);
    let makers = elements(args.value(2))?.iter().map(Maker::read).collect::<Result<_, _>>()?;
    let mut decoder = Decoder { calls, makers, open: Vec::new(), tries: 0, problems: Vec::new() };
    let value = decoder.value(&json, &ty, "$", 0)?;
    Ok(match value {
        Some(value) if decoder.problems.is_empty() => Value::ok(value),
        _ => Value::err(Value::strs(decoder.problems)),
    })
}

struct Maker {
    name: String,
    module: String,
    check: Value,
    defaults: Vec<Value>,
    declared: Option<Rc<TypeDesc>>,
}

impl Maker {
    fn read(value: &Value) -> Result<Maker, Fault> {
        match elements(value)?.as_slice() {
            [Value::Str(name), Value::Str(module), check, defaults, declared] => Ok(Maker {
                name: name.as_str().to_owned(),
                module: module.as_str().to_owned(),
                check: check.clone(),
                defaults: elements(defaults)?,
                declared: match declared {
                    Value::Type(declared) => Some(declared.clone()),
                    _ => None,
                },
            }),
            _ => Err(unexpected("the maker of a record", value)),
        }
    }
}

struct Decoder<'c, 'v, 'm> {
    calls: &'c mut Calls<'v, 'm>,
    makers: Vec<Maker>,
    /// Records and enums around the place, the outermost first: a `Recursive` mention means one of them.
    open: Vec<Rc<TypeDesc>>,
    tries: usize,
    problems: Vec<String>,
}

/// None where a problem was noted.
type Decoded = Result<Option<Value>, Fault>;

impl Decoder<'_, '_, '_> {
    fn misfit(&mut self, json: &Value, ty: &TypeDesc, path: &str) -> Decoded {
        self.problems.push(format!("{path}: expected {ty}, found {}", json.type_name()));
        Ok(None)
    }

    fn value(&mut self, json: &Value, ty: &Rc<TypeDesc>, path: &str, depth: u32) -> Decoded {
        if depth > DEPTH_MAX {
            return Err(Fault::depth());
        }
        let depth = depth + 1;
        match (&**ty, json) {
            (TypeDesc::Optional(_), Value::Null) => Ok(Some(Value::Null)),
            (TypeDesc::Optional(inner), _) => self.value(json, inner, path, depth),
            (TypeDesc::Union(members), _) => self.union(json, ty, members, path, depth),
            (TypeDesc::Float, Value::Int(x)) => Ok(Some(Value::Float(*x as f64))),
            (TypeDesc::Path, Value::Str(text)) => Ok(Some(Value::Path(text.clone()))),
            (TypeDesc::DateTime, Value::Str(text)) => match text.parse::<jiff::Timestamp>() {
                Ok(at) => Ok(Some(Value::DateTime(at.as_microsecond()))),
                Err(_) => self.misfit(json, ty, path),
            },
            (TypeDesc::List(inner), Value::List(_)) => {
                Ok(self.items(json, |_| Some(inner), path, depth)?.map(Value::list))
            }
            (TypeDesc::Set(inner), Value::List(_)) => {
                let Some(items) = self.items(json, |_| Some(inner), path, depth)? else { return Ok(None) };
                let mut set = Set::new();
                for item in items {
                    set.insert(Key::new(item)?);
                }
                Ok(Some(Value::set(set)))
            }
            (TypeDesc::Tuple(types), Value::List(list)) if list.len() == types.len() => {
                Ok(self.items(json, |i| types.get(i), path, depth)?.map(Value::tuple))
            }
            (TypeDesc::Map(key, inner), Value::Map(map)) => self.map(map, key, inner, path, depth),
            (TypeDesc::Result(good, bad), Value::Map(map)) if map.len() == 1 => {
                match (map.get_str("ok"), map.get_str("err")) {
                    (Some(json), _) => {
                        Ok(self.value(json, good, &format!("{path}.ok"), depth)?.map(Value::ok))
                    }
                    (_, Some(json)) => {
                        Ok(self.value(json, bad, &format!("{path}.err"), depth)?.map(Value::err))
                    }
                    _ => self.misfit(json, ty, path),
                }
            }
            (TypeDesc::Record(desc), Value::Map(map)) => {
                self.open.push(Rc::clone(ty));
                let record = self.record(desc, map, path, depth);
                self.open.pop();
                record
            }
            (TypeDesc::Enum(desc), _) => {
                self.open.push(Rc::clone(ty));
                let variant = self.variant(desc, json, ty, path, depth);
                self.open.pop();
                variant
            }
            (TypeDesc::Recursive { module, name }, _) => {
                let is_meant = |open: &&Rc<TypeDesc>| match &***open {
                    TypeDesc::Record(desc) => desc.identity() == (name.as_str(), module.as_str()),
                    TypeDesc::Enum(desc) => desc.identity() == (name.as_str(), module.as_str()),
                    _ => false,
                };
                let Some(at) = self.open.iter().rposition(|open| is_meant(&open)) else {
                    return Err(Fault::internal("a type that no declaration around it has"));
                };
                // Inside it the names mean what they mean there.
                let inner = self.open.split_off(at + 1);
                let declared = self.open.pop();
                let value = match &declared {
                    Some(declared) => self.value(json, declared, path, depth),
                    None => Ok(None),
                };
                self.open.extend(declared);
                self.open.extend(inner);
                value
            }
            _ if conform::conforms(json, ty) => Ok(Some(json.clone())),
            _ => self.misfit(json, ty, path),
        }
    }

    /// The first member that fits.
    fn union(
        &mut self,
        json: &Value,
        ty: &TypeDesc,
        members: &[Rc<TypeDesc>],
        path: &str,
        depth: u32,
    ) -> Decoded {
        // What is of a member as it stands is not converted into another one.
        if members.iter().any(|member| !matches!(**member, TypeDesc::Any) && conform::conforms(json, member))
        {
            return Ok(Some(json.clone()));
        }
        let known = self.problems.len();
        for member in members {
            self.tries += 1;
            if self.tries > TRIES_MAX {
                return Err(Fault::new(
                    "R0905",
                    format!("validate tried more than {TRIES_MAX} members of unions"),
                )
                .help("an enum tells its members apart by their names"));
            }
            if let Some(value) = self.value(json, member, path, depth)?
                && self.problems.len() == known
            {
                return Ok(Some(value));
            }
            self.problems.truncate(known);
        }
        self.misfit(json, ty, path)
    }

    /// Every element of a list, so that all problems are told.
    fn items<'t>(
        &mut self,
        json: &Value,
        ty: impl Fn(usize) -> Option<&'t Rc<TypeDesc>>,
        path: &str,
        depth: u32,
    ) -> Result<Option<Vec<Value>>, Fault> {
        let mut items = Some(Vec::new());
        for (i, item) in elements(json)?.iter().enumerate() {
            let Some(ty) = ty(i) else { return Ok(None) };
            match (self.value(item, ty, &format!("{path}[{i}]"), depth)?, &mut items) {
                (Some(value), Some(items)) => items.push(value),
                _ => items = None,
            }
        }
        Ok(items)
    }

    fn map(
        &mut self,
        map: &Map,
        key_type: &Rc<TypeDesc>,
        inner: &Rc<TypeDesc>,
        path: &str,
        depth: u32,
    ) -> Decoded {
        let mut out = Map::new();
        let mut fits = true;
        for (key, item) in map.iter() {
            let text = key.as_str().unwrap_or_default();
            let inner_path = format!("{path}.{text}");
            let key = match self.key(text, key, key_type, &inner_path, depth)? {
                Some(key) => Key::new(key)?,
                None => {
                    fits = false;
                    continue;
                }
            };
            match self.value(item, inner, &inner_path, depth)? {
                Some(value) => {
                    out.insert(key, value);
                }
                None => fits = false,
            }
        }
        Ok(fits.then(|| Value::map(out)))
    }

    /// A key of JSON is text: an Int is read from its digits.
    fn key(&mut self, text: &str, key: &Value, ty: &Rc<TypeDesc>, path: &str, depth: u32) -> Decoded {
        match (&**ty, text.parse::<i64>()) {
            (TypeDesc::Int, Ok(x)) if x.to_string() == text => Ok(Some(Value::Int(x))),
            _ => self.value(key, ty, path, depth),
        }
    }

    fn record(&mut self, desc: &Rc<RecordDesc>, map: &Map, path: &str, depth: u32) -> Decoded {
        for (key, _) in map.iter() {
            let name = key.as_str().unwrap_or_default();
            if desc.slot(name).is_none() {
                self.problems.push(format!("{path}.{name}: {} has no such field", desc.name));
            }
        }
        let maker = self.maker(desc.identity());
        let declared = match maker.and_then(|maker| maker.declared.as_deref()) {
            Some(TypeDesc::Record(declared)) => Rc::clone(declared),
            _ => Rc::clone(desc),
        };
        let (check, defaults) =
            maker.map(|maker| (maker.check.clone(), maker.defaults.clone())).unwrap_or_default();
        let mut fields: Option<Vec<Value>> = Some(Vec::new());
        for (i, field) in desc.fields.iter().enumerate() {
            let inner_path = format!("{path}.{}", field.name);
            let value = match (map.get_str(&field.name), defaults.get(i), &fields) {
                (Some(item), _, _) => self.value(item, &field.ty, &inner_path, depth)?,
                (None, Some(default @ Value::Closure(_)), Some(earlier)) => {
                    Some(self.calls.call(default, earlier)?)
                }
                // A field before it is missing, which was told.
                (None, Some(Value::Closure(_)), None) => None,
                (None, _, _) if matches!(*field.ty, TypeDesc::Optional(_)) => Some(Value::Null),
                (None, _, _) => {
                    self.problems.push(format!("{inner_path}: missing, expected {}", field.ty));
                    None
                }
            };
            match (value, &mut fields) {
                (Some(value), Some(fields)) => fields.push(value),
                _ => fields = None,
            }
        }
        let Some(fields) = fields else { return Ok(None) };
        let record = Value::record(declared, fields);
        if matches!(check, Value::Closure(_))
            && let Err(fault) = self.calls.call(&check, std::slice::from_ref(&record))
        {
            if fault.code != "R0301" {
                return Err(fault);
            }
            self.problems.push(format!("{path}: {}", fault.message));
            return Ok(None);
        }
        Ok(Some(record))
    }

    fn maker(&self, identity: (&str, &str)) -> Option<&Maker> {
        self.makers.iter().find(|maker| (maker.name.as_str(), maker.module.as_str()) == identity)
    }

    /// `"Name"`, or `{"Name": [payload]}`.
    fn variant(
        &mut self,
        desc: &Rc<EnumDesc>,
        json: &Value,
        ty: &TypeDesc,
        path: &str,
        depth: u32,
    ) -> Decoded {
        let none = Value::list(Vec::new());
        let (name, payload) = match json {
            Value::Str(name) => (name.as_str(), &none),
            Value::Map(map) if map.len() == 1 => match map.iter().next() {
                Some((Value::Str(name), payload)) => (name.as_str(), payload),
                _ => return self.misfit(json, ty, path),
            },
            _ => return self.misfit(json, ty, path),
        };
        let found = (0u32..).zip(&desc.variants).find(|(_, variant)| variant.name == name);
        let Some((tag, variant)) = found else {
            let known: Vec<&str> = desc.variants.iter().map(|v| v.name.as_str()).collect();
            let known = known.join(", ");
            self.problems.push(format!("{path}: {} has no variant {name:?}; it has {known}", desc.name));
            return Ok(None);
        };
        let inner_path = if variant.fields.is_empty() { path.to_owned() } else { format!("{path}.{name}") };
        match payload {
            Value::List(list) if list.len() == variant.fields.len() => {
                let fields = &variant.fields;
                let payload = self.items(payload, |i| fields.get(i).map(|(_, ty)| ty), &inner_path, depth)?;
                let declared = match self.maker(desc.identity()).and_then(|maker| maker.declared.as_deref()) {
                    Some(TypeDesc::Enum(declared)) => Rc::clone(declared),
                    _ => Rc::clone(desc),
                };
                Ok(payload.map(|payload| {
                    Value::Variant(Rc::new(Variant { desc: declared, tag, payload: payload.into() }))
                }))
            }
            _ => {
                let count = variant.fields.len();
                self.problems.push(format!(
                    "{inner_path}: expected the {count} values of {name}, found {}",
                    show::repr(payload)?
                ));
                Ok(None)
            }
        }
    }
}
