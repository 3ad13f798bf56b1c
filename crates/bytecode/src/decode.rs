//! Reads what `encode` writes. Everything unknown or out of bounds is refused; nothing is allocated on a claim alone.

use std::fmt;
use std::rc::Rc;

use crate::encode::{DIGEST_SIZE, FORMAT, IMPORTED, MAGIC};
use crate::instr::Instr;
use crate::module::{Constant, Export, FormatSpec, Function, Module, NodeCode, Pad, Site, Span};
use crate::op::Op;
use crate::types::{EnumDesc, FieldDesc, RecordDesc, Repr, TypeDesc, VariantDesc};

/// Types nest at most this deep, so that walking one needs little stack.
pub(crate) const TYPE_DEPTH_MAX: u32 = 100;

/// Why bytes are no module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes do not begin with the format's magic.
    NotAModule,
    UnknownFormat {
        expected: u16,
        found: u16,
    },
    UnknownFlags {
        found: u16,
    },
    /// The digest at the end is not that of the bytes before it.
    Damaged,
    /// A section says something that cannot be.
    Malformed {
        offset: usize,
        what: &'static str,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::NotAModule => write!(f, "not a compiled module: the magic LUMENBC1 is missing"),
            DecodeError::UnknownFormat { expected, found } => {
                write!(f, "compiled module of format {found}; this program reads format {expected}")
            }
            DecodeError::UnknownFlags { found } => {
                write!(f, "compiled module with unknown flags {found:#06x}; expected none")
            }
            DecodeError::Damaged => write!(f, "compiled module is damaged: its BLAKE3 does not match"),
            DecodeError::Malformed { offset, what } => {
                write!(f, "compiled module is malformed at byte {offset}: {what}")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

impl Module {
    /// Reads a module's file. The result is not yet verified.
    pub fn decode(bytes: &[u8]) -> Result<Module, DecodeError> {
        if !bytes.starts_with(MAGIC) {
            return Err(DecodeError::NotAModule);
        }
        let Some(content_size) = bytes.len().checked_sub(DIGEST_SIZE).filter(|n| *n >= MAGIC.len() + 4)
        else {
            return Err(DecodeError::Damaged);
        };
        let (content, digest) = bytes.split_at(content_size);
        let mut r = Reader { bytes: content, at: MAGIC.len() };
        let format = r.u16()?;
        if format != FORMAT {
            return Err(DecodeError::UnknownFormat { expected: FORMAT, found: format });
        }
        let flags = r.u16()?;
        if flags != 0 {
            return Err(DecodeError::UnknownFlags { found: flags });
        }
        if blake3::hash(content).as_bytes() != digest {
            return Err(DecodeError::Damaged);
        }
        let module = Module {
            types: r.types()?,
            constants: r.table(Reader::constant)?,
            cores: r.table(Reader::string)?,
            sites: r.table(|r| {
                Ok(Site {
                    name: r.string()?,
                    names: r.table(Reader::string)?,
                    types: r.table(Reader::u32)?,
                    span: r.span()?,
                })
            })?,
            functions: r.table(Reader::function)?,
            globals: r.table(Reader::string)?,
            nodes: r.table(Reader::node)?,
            bindings: r.table(Reader::u32)?,
            exports: r.table(|r| Ok(Export { name: r.string()?, function: r.u32()? }))?,
        };
        if r.at != content.len() {
            return r.malformed("bytes after the last section");
        }
        Ok(module)
    }
}

type Read<T> = Result<T, DecodeError>;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn malformed<T>(&self, what: &'static str) -> Read<T> {
        Err(DecodeError::Malformed { offset: self.at, what })
    }

    fn take(&mut self, size: usize) -> Read<&'a [u8]> {
        match self.at.checked_add(size).and_then(|end| self.bytes.get(self.at..end)) {
            Some(taken) => {
                self.at += size;
                Ok(taken)
            }
            None => self.malformed("it ends inside an entry"),
        }
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        match self.take(N)?.first_chunk::<N>() {
            Some(chunk) => Ok(*chunk),
            None => self.malformed("it ends inside an entry"),
        }
    }

    fn u8(&mut self) -> Read<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    fn u16(&mut self) -> Read<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32(&mut self) -> Read<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Read<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn bool(&mut self) -> Read<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => self.malformed("a flag is neither 0 nor 1"),
        }
    }

    fn string(&mut self) -> Read<String> {
        let size = self.u32()? as usize;
        let bytes = self.take(size)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => self.malformed("a text is not UTF-8"),
        }
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }

    fn table<T>(&mut self, mut read: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let count = self.u32()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }

    fn char(&mut self) -> Read<char> {
        match char::from_u32(self.u32()?) {
            Some(c) => Ok(c),
            None => self.malformed("no Unicode scalar"),
        }
    }

    fn span(&mut self) -> Read<Span> {
        Ok(Span { file: self.u32()?, start: self.u32()?, end: self.u32()? })
    }

    fn repr(&mut self) -> Read<Repr> {
        match self.u8()? {
            0 => Ok(Repr::Int),
            1 => Ok(Repr::Float),
            2 => Ok(Repr::Bool),
            3 => Ok(Repr::Ref),
            _ => self.malformed("unknown representation"),
        }
    }

    fn instr(&mut self) -> Read<Instr> {
        let number = self.u16()?;
        let Some(op) = Op::from_number(number) else {
            return self.malformed("unknown instruction");
        };
        Ok(Instr { op, a: self.u16()?, b: self.u16()?, c: self.u16()? })
    }

    fn constant(&mut self) -> Read<Constant> {
        Ok(match self.u8()? {
            0 => Constant::Int(self.u64()?.cast_signed()),
            1 => Constant::Float(f64::from_bits(self.u64()?)),
            2 => Constant::Str(self.string()?),
            3 => {
                let size = self.u32()? as usize;
                Constant::Bytes(self.take(size)?.to_vec())
            }
            4 => Constant::Variant { ty: self.u32()?, tag: self.u32()? },
            5 => Constant::Format(FormatSpec {
                fill: self.option(Reader::char)?,
                align: self.option(Reader::char)?,
                sign: self.option(Reader::char)?,
                kind: self.option(Reader::char)?,
                alternate: self.bool()?,
                zero: self.bool()?,
                width: self.option(Reader::u32)?,
                precision: self.option(Reader::u32)?,
            }),
            _ => return self.malformed("unknown constant"),
        })
    }

    fn function(&mut self) -> Read<Function> {
        Ok(Function {
            name: self.string()?,
            params: self.table(Reader::repr)?,
            captures: self.u16()?,
            ret: self.repr()?,
            scalars: self.u16()?,
            refs: self.u16()?,
            code: self.table(Reader::instr)?,
            spans: self.table(|r| Ok((r.u32()?, r.span()?)))?,
            pads: self.table(|r| Ok(Pad { from: r.u32()?, to: r.u32()?, target: r.u32()? }))?,
        })
    }

    fn node(&mut self) -> Read<NodeCode> {
        Ok(NodeCode {
            function: self.u32()?,
            shows: self.bool()?,
            defines: self.table(Reader::u32)?,
            reads: self.table(Reader::u32)?,
            code_digest: self.array()?,
            effects: self.table(Reader::string)?,
            fence: self.option(Reader::u32)?,
            span: self.span()?,
        })
    }

    fn types(&mut self) -> Read<Vec<Rc<TypeDesc>>> {
        let count = self.u32()?;
        let mut nodes = TypeTable { known: Vec::new(), depth: 0 };
        for _ in 0..count {
            nodes.depth = 0;
            let node = self.type_node(&mut nodes)?;
            if nodes.depth >= TYPE_DEPTH_MAX {
                return self.malformed("a type nests too deep");
            }
            nodes.known.push((Rc::new(node), nodes.depth + 1));
        }
        self.table(|r| r.known_type(&mut nodes))
    }

    fn known_type(&mut self, nodes: &mut TypeTable) -> Read<Rc<TypeDesc>> {
        match nodes.known.get(self.u32()? as usize) {
            Some((ty, depth)) => {
                nodes.depth = nodes.depth.max(*depth);
                Ok(ty.clone())
            }
            None => self.malformed("a type refers to a later one"),
        }
    }

    fn named_types(&mut self, nodes: &mut TypeTable) -> Read<Vec<(String, Rc<TypeDesc>)>> {
        self.table(|r| Ok((r.string()?, r.known_type(nodes)?)))
    }

    /// The file of a declared type: only the tags of imported ones are followed by it.
    fn module_of(&mut self, tag: u8) -> Read<String> {
        if tag < 22 + IMPORTED { Ok(String::new()) } else { self.string() }
    }

    fn type_node(&mut self, nodes: &mut TypeTable) -> Read<TypeDesc> {
        let tag = self.u8()?;
        Ok(match tag {
            0 => TypeDesc::Any,
            1 => TypeDesc::Never,
            2 => TypeDesc::Null,
            3 => TypeDesc::Bool,
            4 => TypeDesc::Int,
            5 => TypeDesc::Float,
            6 => TypeDesc::String,
            7 => TypeDesc::Bytes,
            8 => TypeDesc::DateTime,
            9 => TypeDesc::Duration,
            10 => TypeDesc::Path,
            11 => TypeDesc::Json,
            12 => TypeDesc::Range,
            13 => TypeDesc::Function,
            14 => TypeDesc::Optional(self.known_type(nodes)?),
            15 => TypeDesc::List(self.known_type(nodes)?),
            16 => TypeDesc::Set(self.known_type(nodes)?),
            17 => TypeDesc::Series(self.known_type(nodes)?),
            18 => TypeDesc::Map(self.known_type(nodes)?, self.known_type(nodes)?),
            19 => TypeDesc::Result(self.known_type(nodes)?, self.known_type(nodes)?),
            20 => TypeDesc::Tuple(self.table(|r| r.known_type(nodes))?),
            21 => TypeDesc::Union(self.table(|r| r.known_type(nodes))?),
            22 | 28 => TypeDesc::Record(Rc::new(RecordDesc {
                module: self.module_of(tag)?,
                name: self.string()?,
                fields: self.table(|r| {
                    Ok(FieldDesc {
                        name: r.string()?,
                        column: r.string()?,
                        ty: r.known_type(nodes)?,
                        has_default: r.bool()?,
                        has_constraint: r.bool()?,
                    })
                })?,
            })),
            23 | 29 => TypeDesc::Enum(Rc::new(EnumDesc {
                module: self.module_of(tag)?,
                name: self.string()?,
                variants: self.table(|r| {
                    Ok(VariantDesc {
                        name: r.string()?,
                        fields: r.table(|r| Ok((r.option(Reader::string)?, r.known_type(nodes)?)))?,
                    })
                })?,
            })),
            24 | 30 => TypeDesc::Recursive { module: self.module_of(tag)?, name: self.string()? },
            25 => TypeDesc::Structure(self.named_types(nodes)?),
            26 => TypeDesc::Frame {
                columns: self.option(|r| r.named_types(nodes))?,
                index: self.named_types(nodes)?,
            },
            27 => {
                let args = self.table(|r| r.known_type(nodes))?;
                TypeDesc::Engine(self.string()?, args)
            }
            _ => return self.malformed("unknown type"),
        })
    }
}

struct TypeTable {
    /// Each with how deep it nests.
    known: Vec<(Rc<TypeDesc>, u32)>,
    /// Of the deepest type that the entry being read refers to.
    depth: u32,
}
