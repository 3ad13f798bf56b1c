//! The module as bytes: magic, format, flags, sections, and a BLAKE3 over all that stands before it.
//!
//! Integers are little-endian; a text is its length in bytes as u32 and UTF-8; a table is its length as u32 and its
//! entries. Types are a table in which an entry refers to earlier ones.

use std::collections::HashMap;
use std::rc::Rc;

use crate::instr::Instr;
use crate::module::{Constant, FormatSpec, Function, Module, Pad, Span};
use crate::types::{FieldDesc, Repr, TypeDesc};

pub(crate) const MAGIC: &[u8; 8] = b"LUMENBC1";
pub(crate) const FORMAT: u16 = 2;
pub(crate) const DIGEST_SIZE: usize = 32;

impl Module {
    /// The module's file. Equal modules built in the same order give equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.bytes.extend_from_slice(MAGIC);
        w.u16(FORMAT);
        w.u16(0);
        w.types(&self.types);
        w.table(&self.constants, Writer::constant);
        w.table(&self.cores, |w, s| w.str(s));
        w.table(&self.sites, |w, site| {
            w.str(&site.name);
            w.table(&site.names, |w, s| w.str(s));
            w.table(&site.types, |w, t| w.u32(*t));
            w.span(site.span);
        });
        w.table(&self.functions, Writer::function);
        w.table(&self.globals, |w, s| w.str(s));
        w.table(&self.nodes, |w, node| {
            w.u32(node.function);
            w.bool(node.shows);
            w.table(&node.defines, |w, g| w.u32(*g));
            w.table(&node.reads, |w, g| w.u32(*g));
            w.bytes.extend_from_slice(&node.code_digest);
            w.table(&node.effects, |w, s| w.str(s));
            w.option(&node.fence, |w, f| w.u32(*f));
            w.span(node.span);
        });
        w.table(&self.bindings, |w, f| w.u32(*f));
        w.table(&self.exports, |w, e| {
            w.str(&e.name);
            w.u32(e.function);
        });
        let digest = blake3::hash(&w.bytes);
        w.bytes.extend_from_slice(digest.as_bytes());
        w.bytes
    }
}

#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    fn u8(&mut self, x: u8) {
        self.bytes.push(x);
    }

    pub(crate) fn u16(&mut self, x: u16) {
        self.bytes.extend_from_slice(&x.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, x: u32) {
        self.bytes.extend_from_slice(&x.to_le_bytes());
    }

    fn u64(&mut self, x: u64) {
        self.bytes.extend_from_slice(&x.to_le_bytes());
    }

    fn bool(&mut self, x: bool) {
        self.u8(u8::from(x));
    }

    pub(crate) fn str(&mut self, s: &str) {
        self.blob(s.as_bytes());
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.u32(bytes.len() as u32);
        self.bytes.extend_from_slice(bytes);
    }

    fn option<T>(&mut self, x: &Option<T>, write: impl FnOnce(&mut Writer, &T)) {
        self.bool(x.is_some());
        if let Some(x) = x {
            write(self, x);
        }
    }

    pub(crate) fn table<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Writer, &T)) {
        self.u32(items.len() as u32);
        for item in items {
            write(self, item);
        }
    }

    fn span(&mut self, span: Span) {
        self.u32(span.file);
        self.u32(span.start);
        self.u32(span.end);
    }

    pub(crate) fn repr(&mut self, repr: Repr) {
        self.u8(match repr {
            Repr::Int => 0,
            Repr::Float => 1,
            Repr::Bool => 2,
            Repr::Ref => 3,
        });
    }

    pub(crate) fn instr(&mut self, instr: &Instr) {
        self.u16(instr.op as u16);
        self.u16(instr.a);
        self.u16(instr.b);
        self.u16(instr.c);
    }

    pub(crate) fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Int(x) => {
                self.u8(0);
                self.u64(x.cast_unsigned());
            }
            Constant::Float(x) => {
                self.u8(1);
                self.u64(x.to_bits());
            }
            Constant::Str(s) => {
                self.u8(2);
                self.str(s);
            }
            Constant::Bytes(b) => {
                self.u8(3);
                self.blob(b);
            }
            Constant::Variant { ty, tag } => {
                self.u8(4);
                self.u32(*ty);
                self.u32(*tag);
            }
            Constant::Format(spec) => {
                self.u8(5);
                self.format(spec);
            }
        }
    }

    fn format(&mut self, spec: &FormatSpec) {
        for c in [spec.fill, spec.align, spec.sign, spec.kind] {
            self.option(&c, |w, c| w.u32(*c as u32));
        }
        self.bool(spec.alternate);
        self.bool(spec.zero);
        self.option(&spec.width, |w, x| w.u32(*x));
        self.option(&spec.precision, |w, x| w.u32(*x));
    }

    pub(crate) fn pad(&mut self, pad: &Pad) {
        self.u32(pad.from);
        self.u32(pad.to);
        self.u32(pad.target);
    }

    fn function(&mut self, function: &Function) {
        self.str(&function.name);
        self.table(&function.params, |w, r| w.repr(*r));
        self.u16(function.captures);
        self.repr(function.ret);
        self.u16(function.scalars);
        self.u16(function.refs);
        self.table(&function.code, Writer::instr);
        self.table(&function.spans, |w, (pc, span)| {
            w.u32(*pc);
            w.span(*span);
        });
        self.table(&function.pads, Writer::pad);
    }

    /// The nodes of all type trees, children first, each shared tree once; then where the roots stand among them.
    pub(crate) fn types(&mut self, roots: &[Rc<TypeDesc>]) {
        let mut nodes = TypeNodes::default();
        let roots: Vec<u32> = roots.iter().map(|t| nodes.add(t)).collect();
        self.u32(nodes.count);
        self.bytes.extend_from_slice(&nodes.written.bytes);
        self.table(&roots, |w, i| w.u32(*i));
    }
}

#[derive(Default)]
struct TypeNodes {
    known: HashMap<*const TypeDesc, u32>,
    count: u32,
    written: Writer,
}

impl TypeNodes {
    fn add(&mut self, ty: &Rc<TypeDesc>) -> u32 {
        if let Some(index) = self.known.get(&Rc::as_ptr(ty)) {
            return *index;
        }
        let mut w = Writer::default();
        match &**ty {
            TypeDesc::Any => w.u8(0),
            TypeDesc::Never => w.u8(1),
            TypeDesc::Null => w.u8(2),
            TypeDesc::Bool => w.u8(3),
            TypeDesc::Int => w.u8(4),
            TypeDesc::Float => w.u8(5),
            TypeDesc::String => w.u8(6),
            TypeDesc::Bytes => w.u8(7),
            TypeDesc::DateTime => w.u8(8),
            TypeDesc::Duration => w.u8(9),
            TypeDesc::Path => w.u8(10),
            TypeDesc::Json => w.u8(11),
            TypeDesc::Range => w.u8(12),
            TypeDesc::Function => w.u8(13),
            TypeDesc::Optional(t) => self.unary(&mut w, 14, t),
            TypeDesc::List(t) => self.unary(&mut w, 15, t),
            TypeDesc::Set(t) => self.unary(&mut w, 16, t),
            TypeDesc::Series(t) => self.unary(&mut w, 17, t),
            TypeDesc::Map(k, v) => {
                self.unary(&mut w, 18, k);
                w.u32(self.add(v));
            }
            TypeDesc::Result(t, e) => {
                self.unary(&mut w, 19, t);
                w.u32(self.add(e));
            }
            TypeDesc::Tuple(items) => self.many(&mut w, 20, items),
            TypeDesc::Union(items) => self.many(&mut w, 21, items),
            TypeDesc::Record(record) => {
                declared(&mut w, 22, &record.module, &record.name);
                w.table(&record.fields, |w, field| self.field(w, field));
            }
            TypeDesc::Enum(e) => {
                declared(&mut w, 23, &e.module, &e.name);
                w.table(&e.variants, |w, variant| {
                    w.str(&variant.name);
                    w.table(&variant.fields, |w, (name, ty)| {
                        w.option(name, |w, name| w.str(name));
                        w.u32(self.add(ty));
                    });
                });
            }
            TypeDesc::Recursive { module, name } => declared(&mut w, 24, module, name),
            TypeDesc::Structure(fields) => {
                w.u8(25);
                self.named(&mut w, fields);
            }
            TypeDesc::Frame { columns, index } => {
                w.u8(26);
                w.option(columns, |w, columns| self.named(w, columns));
                self.named(&mut w, index);
            }
            TypeDesc::Engine(name, args) => {
                self.many(&mut w, 27, args);
                w.str(name);
            }
        }
        self.written.bytes.extend_from_slice(&w.bytes);
        self.count += 1;
        self.known.insert(Rc::as_ptr(ty), self.count - 1);
        self.count - 1
    }

    fn unary(&mut self, w: &mut Writer, kind: u8, ty: &Rc<TypeDesc>) {
        w.u8(kind);
        w.u32(self.add(ty));
    }

    fn many(&mut self, w: &mut Writer, kind: u8, items: &[Rc<TypeDesc>]) {
        w.u8(kind);
        w.table(items, |w, ty| w.u32(self.add(ty)));
    }

    fn named(&mut self, w: &mut Writer, fields: &[(String, Rc<TypeDesc>)]) {
        w.table(fields, |w, (name, ty)| {
            w.str(name);
            w.u32(self.add(ty));
        });
    }

    fn field(&mut self, w: &mut Writer, field: &FieldDesc) {
        w.str(&field.name);
        w.str(&field.column);
        w.u32(self.add(&field.ty));
        w.bool(field.has_default);
        w.bool(field.has_constraint);
    }
}

/// The tag and name of a declared type. One of an imported file has a tag of its own and says which file.
fn declared(w: &mut Writer, tag: u8, module: &str, name: &str) {
    if module.is_empty() {
        w.u8(tag);
    } else {
        w.u8(tag + IMPORTED);
        w.str(module);
    }
    w.str(name);
}

/// From the tag of a root's declaration to that of an imported one.
pub(crate) const IMPORTED: u8 = 6;
