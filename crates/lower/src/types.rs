//! Descriptions of types for the machine and the host.

use std::collections::HashSet;
use std::rc::Rc;

use crate::table::HashMap;
use bytecode::{EnumDesc, FieldDesc, RecordDesc, TypeDesc, VariantDesc};
use checker::checked::{Checked, FieldDef, Program};
use checker::types::{EnumId, RecordId, Type};
use syntax::FileId;

/// Descriptions made so far. Records and enums are described once, by their declared field types, so that all their
/// values share one description.
pub(crate) struct Descriptions {
    /// The path that each imported file is known by.
    modules: HashMap<FileId, String>,
    records: HashMap<RecordId, Rc<TypeDesc>>,
    enums: HashMap<EnumId, Rc<TypeDesc>>,
    /// Declarations being described: mentioned inside themselves they are `Recursive`.
    open: Vec<(FileId, String)>,
    /// The same while a type is described with what its parameters stand for.
    shapes: Option<Vec<Type>>,
    /// Such a description would have no end, or mean another type than it says.
    endless: bool,
    /// How many instances it has so far.
    instances: usize,
}

/// A declaration that holds itself with ever other arguments is given up at this depth.
const INSTANCES_MAX: usize = 16;

/// A description of more instances is given up: each is described anew wherever it stands.
const SHAPE_MAX: usize = 10_000;

impl Descriptions {
    pub(crate) fn new(program: &Program<'_>) -> Descriptions {
        let root = program.modules.last().map(|m| m.file);
        let mut modules: HashMap<FileId, String> = HashMap::default();
        let mut imports: Vec<(&String, FileId)> =
            program.imports.iter().map(|((_, path), file)| (path, *file)).collect();
        imports.sort();
        let mut taken: HashSet<&String> = HashSet::new();
        for (path, file) in imports {
            if Some(file) == root || modules.contains_key(&file) {
                continue;
            }
            // Two folders may each have a file of that name.
            let name = if taken.insert(path) { path.clone() } else { format!("{path}#{}", file.0) };
            modules.insert(file, name);
        }
        Descriptions {
            modules,
            records: HashMap::default(),
            enums: HashMap::default(),
            open: Vec::new(),
            shapes: None,
            endless: false,
            instances: 0,
        }
    }

    pub(crate) fn module(&self, file: FileId) -> String {
        self.modules.get(&file).cloned().unwrap_or_default()
    }

    /// The type with what its declarations' parameters stand for, to read values by; nothing if that has no end. Values
    /// themselves have the descriptions of [`Descriptions::of`].
    pub(crate) fn shape(&mut self, checked: &Checked, ty: &Type) -> Option<Rc<TypeDesc>> {
        self.shapes = Some(Vec::new());
        self.endless = false;
        self.instances = 0;
        let desc = self.of(checked, ty);
        self.shapes = None;
        (!self.endless).then_some(desc)
    }

    /// Describes an instance of a declaration by `describe`, unless it stands around the place.
    fn instance(
        &mut self,
        ty: &Type,
        key: (String, String),
        describe: impl FnOnce(&mut Self) -> TypeDesc,
    ) -> Rc<TypeDesc> {
        self.instances += 1;
        self.endless |= self.instances > SHAPE_MAX;
        if self.endless {
            return Rc::new(TypeDesc::Recursive { module: key.0, name: key.1 });
        }
        let open = self.shapes.get_or_insert_default();
        let same = |other: &&Type| match (other, ty) {
            (Type::Record(a, _), Type::Record(b, _)) => a == b,
            (Type::Enum(a, _), Type::Enum(b, _)) => a == b,
            _ => false,
        };
        let innermost = open.iter().rev().find(same);
        if open.contains(ty) || open.iter().filter(same).count() >= INSTANCES_MAX {
            // By its name it means the innermost one.
            self.endless |= innermost != Some(ty);
            return Rc::new(TypeDesc::Recursive { module: key.0, name: key.1 });
        }
        open.push(ty.clone());
        let desc = describe(self);
        self.shapes.get_or_insert_default().pop();
        Rc::new(desc)
    }

    pub(crate) fn of(&mut self, checked: &Checked, ty: &Type) -> Rc<TypeDesc> {
        let desc = match ty {
            // A type parameter is not known at run time.
            Type::Error | Type::Any | Type::Param(_) | Type::Var(_) => TypeDesc::Any,
            Type::Never => TypeDesc::Never,
            Type::Null => TypeDesc::Null,
            Type::Bool => TypeDesc::Bool,
            Type::Int => TypeDesc::Int,
            Type::Float => TypeDesc::Float,
            Type::String => TypeDesc::String,
            Type::Bytes => TypeDesc::Bytes,
            Type::DateTime => TypeDesc::DateTime,
            Type::Duration => TypeDesc::Duration,
            Type::Path => TypeDesc::Path,
            Type::Json => TypeDesc::Json,
            Type::Range => TypeDesc::Range,
            Type::List(t) => TypeDesc::List(self.of(checked, t)),
            Type::Set(t) => TypeDesc::Set(self.of(checked, t)),
            Type::Iter(t) => TypeDesc::Engine("Iter".into(), vec![self.of(checked, t)]),
            Type::Future(t) => TypeDesc::Engine("Future".into(), vec![self.of(checked, t)]),
            Type::Map(k, v) => TypeDesc::Map(self.of(checked, k), self.of(checked, v)),
            Type::Tuple(items) => TypeDesc::Tuple(items.iter().map(|t| self.of(checked, t)).collect()),
            Type::Result(t, e) => TypeDesc::Result(self.of(checked, t), self.of(checked, e)),
            Type::Union(members) => {
                let others: Vec<&Type> = members.iter().filter(|m| **m != Type::Null).collect();
                let inner = match others.as_slice() {
                    [one] => self.of(checked, one),
                    many => Rc::new(TypeDesc::Union(many.iter().map(|t| self.of(checked, t)).collect())),
                };
                if others.len() < members.len() {
                    TypeDesc::Optional(inner)
                } else {
                    return inner;
                }
            }
            Type::Fn(_) => TypeDesc::Function,
            Type::Record(id, args) if self.shapes.is_some() => {
                return self.shaped_record(checked, ty, *id, args);
            }
            Type::Enum(id, args) if self.shapes.is_some() => return self.shaped_enum(checked, ty, *id, args),
            Type::Record(id, _) => return self.record(checked, *id),
            Type::Enum(id, _) => return self.enumeration(checked, *id),
            Type::Structure(fields) => TypeDesc::Structure(self.named(checked, fields)),
            Type::Frame(frame) => TypeDesc::Frame {
                columns: frame.columns.as_ref().map(|c| self.named(checked, c)),
                index: self.named(checked, &frame.index),
            },
            Type::Series(t) => TypeDesc::Series(self.of(checked, t)),
            Type::GroupBy(_) => TypeDesc::Engine("GroupBy".into(), Vec::new()),
            Type::Engine(of) => {
                TypeDesc::Engine(of.name.to_string(), of.args.iter().map(|t| self.of(checked, t)).collect())
            }
        };
        Rc::new(desc)
    }

    fn named(&mut self, checked: &Checked, fields: &[(String, Type)]) -> Vec<(String, Rc<TypeDesc>)> {
        fields.iter().map(|(name, ty)| (name.clone(), self.of(checked, ty))).collect()
    }

    fn shaped_record(&mut self, checked: &Checked, ty: &Type, id: RecordId, args: &[Type]) -> Rc<TypeDesc> {
        let Some(def) = checked.records.get(id.0 as usize) else { return Rc::new(TypeDesc::Any) };
        let module = self.module(def.file);
        self.instance(ty, (module.clone(), def.name.clone()), |this| {
            let field = |field: &FieldDef| FieldDesc {
                name: field.name.clone(),
                column: field.column.clone(),
                ty: this.of(checked, &field.ty.given(&def.params, args)),
                has_default: field.has_default,
                has_constraint: field.has_constraint,
            };
            let fields = def.fields.iter().map(field).collect();
            TypeDesc::Record(Rc::new(RecordDesc { module, name: def.name.clone(), fields }))
        })
    }

    fn shaped_enum(&mut self, checked: &Checked, ty: &Type, id: EnumId, args: &[Type]) -> Rc<TypeDesc> {
        let Some(def) = checked.enums.get(id.0 as usize) else { return Rc::new(TypeDesc::Any) };
        let module = self.module(def.file);
        self.instance(ty, (module.clone(), def.name.clone()), |this| {
            let variants = def.variants.iter().map(|variant| VariantDesc {
                name: variant.name.clone(),
                fields: variant
                    .fields
                    .iter()
                    .map(|(name, part)| (name.clone(), this.of(checked, &part.given(&def.params, args))))
                    .collect(),
            });
            let variants = variants.collect();
            TypeDesc::Enum(Rc::new(EnumDesc { module, name: def.name.clone(), variants }))
        })
    }

    fn record(&mut self, checked: &Checked, id: RecordId) -> Rc<TypeDesc> {
        if let Some(known) = self.records.get(&id) {
            return known.clone();
        }
        let Some(def) = checked.records.get(id.0 as usize) else { return Rc::new(TypeDesc::Any) };
        let key = (def.file, def.name.clone());
        let module = self.module(def.file);
        if self.open.contains(&key) {
            return Rc::new(TypeDesc::Recursive { module, name: key.1 });
        }
        self.open.push(key);
        let fields = def
            .fields
            .iter()
            .map(|field| FieldDesc {
                name: field.name.clone(),
                column: field.column.clone(),
                ty: self.of(checked, &field.ty),
                has_default: field.has_default,
                has_constraint: field.has_constraint,
            })
            .collect();
        self.open.pop();
        let desc = Rc::new(TypeDesc::Record(Rc::new(RecordDesc { module, name: def.name.clone(), fields })));
        // Inside another open declaration this one may mention it as `Recursive`, which is only true there.
        if self.open.is_empty() {
            self.records.insert(id, desc.clone());
        }
        desc
    }

    fn enumeration(&mut self, checked: &Checked, id: EnumId) -> Rc<TypeDesc> {
        if let Some(known) = self.enums.get(&id) {
            return known.clone();
        }
        let Some(def) = checked.enums.get(id.0 as usize) else { return Rc::new(TypeDesc::Any) };
        let key = (def.file, def.name.clone());
        let module = self.module(def.file);
        if self.open.contains(&key) {
            return Rc::new(TypeDesc::Recursive { module, name: key.1 });
        }
        self.open.push(key);
        let variants = def
            .variants
            .iter()
            .map(|variant| VariantDesc {
                name: variant.name.clone(),
                fields: variant
                    .fields
                    .iter()
                    .map(|(name, ty)| (name.clone(), self.of(checked, ty)))
                    .collect(),
            })
            .collect();
        self.open.pop();
        let desc = Rc::new(TypeDesc::Enum(Rc::new(EnumDesc { module, name: def.name.clone(), variants })));
        if self.open.is_empty() {
            self.enums.insert(id, desc.clone());
        }
        desc
    }
}
