//! A program that is entered piece by piece, each carried out before the next is there.
//!
//! What was declared stands before each piece again; variables are handed over by value, with the types they were
//! checked with, so nothing runs twice. A piece that does not check, or faults, changes nothing. Effects are granted as
//! in a program, and live; durable state is kept as long as the entering goes on. Nothing is logged.

mod piece;
mod rebase;
mod taken;

use std::collections::HashMap;

use checker::Type;
use checker::show::TypeNames;
use prelude::Prelude;
use syntax::ast::NodeId;
use syntax::{Diagnostic, FileId, Source, Span};
use vm::{Fault, List, Value, Vm};

use crate::cassette::Cassette;
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::program::{Loader, Program, Settings, compile, folder_of};
use crate::run::{self, Request};
use crate::state::State;
use crate::world::{Observer, World};
use piece::{CELL, Declaration, Made, Piece, Tests, pieces};
use rebase::Numbers;
use taken::without;

/// The name that the program's file has; imports are looked for beside it.
const ROOT: &str = "repl.lm";
/// What places in an entry are shown to be in.
const ENTRY: &str = "input";
const EARLIER: &str = "earlier input";

/// The program so far.
pub struct Interactive {
    /// The path of the program's file, which does not exist.
    root: String,
    request: Request,
    declared: Vec<Declaration>,
    variables: Vec<Variable>,
    numbers: Numbers,
    journal: Journal,
    state: State,
    /// How many pieces ran: each draws random numbers of its own.
    ran: u64,
    /// What says what the world would, for examples that are tests.
    cassette: Option<Cassette>,
}

/// A variable and its value.
pub struct Variable {
    pub name: String,
    ty: Type,
    /// As source of the language.
    pub type_name: String,
    pub mutable: bool,
    pub value: Value,
}

/// What an entry came to.
#[derive(Default)]
pub struct Entered {
    /// What is wrong, errors and warnings, with the sources that they stand in.
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Vec<Source>,
    /// The last expression's value and type.
    pub shown: Option<(Value, String)>,
    /// Names that it declared or gave a value.
    pub defined: Vec<String>,
    /// What a person should know beside that.
    pub notes: Vec<String>,
    pub fault: Option<Fault>,
    /// `FILE:LINE:COLUMN` of the fault.
    pub fault_place: Option<String>,
}

impl Entered {
    /// Whether all of it was carried out.
    pub fn is_done(&self) -> bool {
        self.fault.is_none() && !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

impl Interactive {
    /// An empty program. Of the request count grants, arguments, strictness, fuel and entropy.
    ///
    /// # Errors
    /// A grant that makes no sense.
    pub fn new(request: Request, loader: &mut dyn Loader) -> Result<Interactive> {
        Interactive::beside("", request, loader)
    }

    /// The same with imports and effects as a file at `path` has them.
    ///
    /// # Errors
    /// As [`Interactive::new`].
    pub fn beside(path: &str, request: Request, loader: &mut dyn Loader) -> Result<Interactive> {
        let program = Interactive {
            root: format!("{}{ROOT}", folder_of(path)),
            request,
            declared: Vec::new(),
            variables: Vec::new(),
            numbers: Numbers::default(),
            journal: Journal::nowhere(),
            state: State::default(),
            ran: 0,
            cassette: None,
        };
        program.compile(&Made::new(String::new()), None, loader)?;
        Ok(program)
    }

    /// From now on a cassette says what the world would, as it does for tests.
    pub fn play(&mut self, cassette: Cassette) {
        self.cassette = Some(cassette);
    }

    /// Gives the cassette back; none where nothing is played.
    pub fn stop(&mut self) -> Option<Cassette> {
        self.cassette.take()
    }

    /// All variables, the oldest first.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The text of all declarations, the oldest first.
    pub fn declarations(&self) -> impl Iterator<Item = &str> {
        self.declared.iter().map(|declared| declared.text.as_str())
    }

    /// Carries an entry out, piece by piece, up to the first that fails.
    ///
    /// # Errors
    /// A file that cannot be read, or a defect.
    pub fn enter(
        &mut self,
        text: &str,
        loader: &mut dyn Loader,
        world: &mut dyn World,
        observer: &mut dyn Observer,
    ) -> Result<Entered> {
        self.all(pieces(text, Tests::Run), text, loader, world, observer)
    }

    /// The same for the text of a file, whose tests are left to `lumen test`.
    ///
    /// # Errors
    /// As [`Interactive::enter`].
    pub fn load(
        &mut self,
        text: &str,
        loader: &mut dyn Loader,
        world: &mut dyn World,
        observer: &mut dyn Observer,
    ) -> Result<Entered> {
        self.all(pieces(text, Tests::LeftOut), text, loader, world, observer)
    }

    fn all(
        &mut self,
        found: std::result::Result<Vec<Piece<'_>>, Vec<Diagnostic>>,
        text: &str,
        loader: &mut dyn Loader,
        world: &mut dyn World,
        observer: &mut dyn Observer,
    ) -> Result<Entered> {
        let mut entered = Entered::default();
        let found = match found {
            Ok(found) => found,
            Err(faults) => {
                entered.diagnostics = faults;
                entered.sources = vec![Source::new(ENTRY, text)];
                return Ok(entered);
            }
        };
        for piece in &found {
            entered.shown = None;
            self.piece(piece, text, loader, world, observer, &mut entered)?;
            if !entered.is_done() {
                break;
            }
        }
        Ok(entered)
    }

    /// The type of an expression, which is not carried out; `None` where the entry is not one expression.
    ///
    /// # Errors
    /// As [`Interactive::enter`].
    pub fn type_of(&mut self, text: &str, loader: &mut dyn Loader) -> Result<(Option<String>, Entered)> {
        let mut entered = Entered::default();
        let last = match pieces(text, Tests::Run) {
            Ok(found) => <[Piece<'_>; 1]>::try_from(found).ok().map(|[piece]| piece),
            Err(faults) => {
                entered.diagnostics = faults;
                entered.sources = vec![Source::new(ENTRY, text)];
                None
            }
        };
        let Some(piece) = last.filter(|piece| piece.shows) else { return Ok((None, entered)) };
        let copied = self.copied(&piece);
        let made = piece.program(&self.declared, &copied, true);
        let program = self.compile(&made, None, loader)?;
        self.report(&program, &made, text, &mut entered);
        let ty = shown_type(&program, 1).map(|ty| Names::of(&program).show(&ty));
        Ok((ty.filter(|_| entered.is_done()), entered))
    }

    /// The program that an entry would make, however broken, and where a place of the entry is in its root.
    ///
    /// # Errors
    /// As [`Interactive::enter`].
    pub fn sketch(&self, text: &str, at: usize, loader: &mut dyn Loader) -> Result<(Program, usize)> {
        // What does not parse stands in a cell as it is.
        let start = format!("{}cell {CELL}()\n", Made::declared(&self.declared).text);
        let made = Made::new(format!("{start}{text}\nend\n"));
        let program = self.compile(&made, None, loader)?;
        Ok((program, start.len() + at))
    }

    fn piece(
        &mut self,
        piece: &Piece<'_>,
        text: &str,
        loader: &mut dyn Loader,
        world: &mut dyn World,
        observer: &mut dyn Observer,
        entered: &mut Entered,
    ) -> Result<()> {
        let names: Vec<String> =
            piece.declarations.iter().flat_map(|declared| declared.names.iter().cloned()).collect();
        let mut declared = without(&self.declared, &names);
        let mut dropped = Vec::new();
        let mut variables: Vec<(usize, Type)> = Vec::new();
        if piece.declarations.is_empty() {
            variables.extend(self.variables.iter().map(|it| it.ty.clone()).enumerate());
        } else {
            let made = piece.program(&declared, &[], true);
            let numbers = Numbers::of(&self.compile_with(&made, Vec::new(), loader)?);
            let rebase = self.numbers.to(&numbers, &self.root, &names);
            for (at, variable) in self.variables.iter().enumerate() {
                match rebase.ty(&variable.ty) {
                    _ if names.contains(&variable.name) => {}
                    Some(ty) => variables.push((at, ty)),
                    None => dropped.push(variable.name.clone()),
                }
            }
        }
        let copied = self.copied(piece);
        let made = piece.program(&declared, &copied, true);
        let program = self.compile(&made, Some(&variables), loader)?;
        self.report(&program, &made, text, entered);
        let Some(code) = program.code.as_ref().filter(|_| entered.is_done()) else { return Ok(()) };

        let numbers = Numbers::of(&program);
        let bound = |name: &str| local(&program, &made, piece, name);
        let left = match self.taken(piece, &declared, &numbers, bound, loader)? {
            Ok(left) => left,
            Err(needed) => {
                entered.diagnostics.extend(needed);
                return Ok(());
            }
        };

        let mut made_values = Vec::new();
        if piece.runs() {
            let mut vm = Vm::new(code).map_err(|fault| Error::internal(fault.to_string()))?;
            vm.set_fuel(self.request.fuel);
            let slots = &code.module().globals;
            for (at, _) in &variables {
                let Some(variable) = self.variables.get(*at) else { continue };
                if let Some(slot) = slots.iter().position(|name| *name == variable.name) {
                    vm.set_global(slot, variable.value.clone())
                        .map_err(|fault| Error::internal(fault.to_string()))?;
                }
            }
            let start = run::unrecorded_start(&program, &self.request);
            let journal = std::mem::replace(&mut self.journal, Journal::nowhere());
            let mut door = run::door(&program, &self.request, &start, journal, Some(world), None, observer)?;
            door.state = std::mem::take(&mut self.state);
            door.cassette = self.cassette.as_mut();
            vm.watch(door.grants.processes());
            self.ran += 1;
            // An entry is no cell that the person wrote.
            door.begin(&format!("{CELL}:{}", self.ran), CELL);
            let result = vm.call_function(&mut Prelude::new(&mut door), CELL, &[]);
            self.journal = std::mem::replace(&mut door.journal, Journal::nowhere());
            self.state = std::mem::take(&mut door.state);
            match result {
                Ok(Value::Tuple(items)) => made_values = items.to_vec(),
                Ok(_) => return Err(Error::internal("an entry gives no tuple")),
                Err(fault) => {
                    entered.fault_place = fault.span.and_then(|span| place(&program, &made, text, span));
                    entered.fault = Some(fault);
                    return Ok(());
                }
            }
        }

        let mut kept: Vec<Option<Type>> = self.variables.iter().map(|_| None).collect();
        for (at, ty) in variables {
            if let Some(slot) = kept.get_mut(at) {
                *slot = Some(ty);
            }
        }
        let mut after = Vec::new();
        for (variable, ty) in self.variables.drain(..).zip(kept) {
            after.extend(ty.map(|ty| Variable { ty, ..variable }));
        }
        self.variables = after;
        self.numbers = numbers;
        for declaration in &piece.declarations {
            entered.defined.extend(declaration.names.iter().cloned());
            declared.push(declaration.clone());
        }
        self.declared = declared;
        for name in dropped {
            entered.notes.push(format!("`{name}` is gone: its type was declared anew."));
        }
        let types = Names::of(&program);
        for (at, name) in piece.kept(&copied).iter().enumerate() {
            let Some(value) = made_values.get(at + 2) else { continue };
            let Some((ty, mutable)) = local(&program, &made, piece, name).or_else(|| self.known(name)) else {
                continue;
            };
            let type_name = types.show(&ty);
            self.variables.retain(|variable| variable.name != *name);
            if holds_function(value) {
                entered.notes.push(format!(
                    "`{name}: {type_name}` holds a function, and is not kept: declare that with `cell`."
                ));
                continue;
            }
            Prelude::freeze(value);
            let variable = Variable { name: name.clone(), ty, type_name, mutable, value: value.clone() };
            self.variables.push(variable);
            entered.defined.push(name.clone());
        }
        if let Some(left) = left {
            self.give_way(left);
        }
        if piece.shows {
            let ty = shown_type(&program, 1).map_or(String::new(), |ty| types.show(&ty));
            entered.shown = made_values.get(1).map(|value| (value.clone(), ty));
        }
        Ok(())
    }

    /// The variables that a piece assigns: it changes copies, which take their place when it is done.
    fn copied(&self, piece: &Piece<'_>) -> Vec<(String, bool)> {
        let known = self.variables.iter().filter(|variable| piece.assigns.contains(&variable.name));
        known.map(|variable| (variable.name.clone(), variable.mutable)).collect()
    }

    fn known(&self, name: &str) -> Option<(Type, bool)> {
        let found = self.variables.iter().find(|variable| variable.name == name)?;
        Some((found.ty.clone(), found.mutable))
    }

    fn compile(
        &self,
        made: &Made,
        variables: Option<&[(usize, Type)]>,
        loader: &mut dyn Loader,
    ) -> Result<Program> {
        let given = |(variable, ty): (&Variable, Type)| checker::Given {
            name: variable.name.clone(),
            ty,
            mutable: variable.mutable,
        };
        let all = self.variables.iter();
        let given = match variables {
            None => all.map(|variable| given((variable, variable.ty.clone()))).collect(),
            Some(some) => some
                .iter()
                .filter_map(|(at, ty)| Some(given((self.variables.get(*at)?, ty.clone()))))
                .collect(),
        };
        self.compile_with(made, given, loader)
    }

    fn compile_with(
        &self,
        made: &Made,
        given: Vec<checker::Given>,
        loader: &mut dyn Loader,
    ) -> Result<Program> {
        struct Root<'a>(&'a str, &'a str, &'a mut dyn Loader);
        impl Loader for Root<'_> {
            fn load(&mut self, path: &str) -> std::result::Result<Option<Vec<u8>>, String> {
                match path == self.0 {
                    true => Ok(Some(self.1.as_bytes().to_vec())),
                    false => self.2.load(path),
                }
            }

            fn exists(&mut self, path: &str) -> bool {
                self.2.exists(path)
            }
        }
        let Request { strict, grants, .. } = &self.request;
        let settings = Settings { strict: *strict, grants: grants.clone(), given, ..Settings::default() };
        compile(&self.root, &mut Root(&self.root, &made.text, loader), &settings)
    }

    /// What is wrong with a piece, in terms of the entry.
    fn report(&self, program: &Program, made: &Made, text: &str, entered: &mut Entered) {
        let earlier = FileId(program.sources.len() as u32);
        let span = |span: Span| match (made.entered(span.start as usize), made.entered(span.end as usize)) {
            _ if span.file != FileId(0) => span,
            (Some(start), Some(end)) if start <= end => Span::new(FileId(0), start, end),
            _ => Span { file: earlier, ..span },
        };
        for found in &program.diagnostics {
            let mut found = Diagnostic { span: span(found.span), ..found.clone() };
            // A warning about an earlier entry was given then.
            if found.span.file == earlier && !found.is_error() {
                continue;
            }
            found.labels.iter_mut().for_each(|label| label.span = span(label.span));
            found
                .labels
                .retain(|label| label.span.file != earlier || made.is_earlier(label.span.end as usize));
            // What is entered cannot be edited afterwards.
            found.fixes.clear();
            entered.diagnostics.push(found);
        }
        entered.sources = program.sources.clone();
        if let Some(root) = entered.sources.first_mut() {
            *root = Source::new(ENTRY, text);
        }
        entered.sources.push(Source::new(EARLIER, made.text.as_str()));
    }
}

/// The names of a program's types. Values at the top have no type parameters left.
struct Names<'p> {
    program: &'p Program,
    params: HashMap<NodeId, String>,
}

impl Names<'_> {
    fn of(program: &Program) -> Names<'_> {
        Names { program, params: HashMap::new() }
    }

    fn show(&self, ty: &Type) -> String {
        let checked = &self.program.checked;
        TypeNames { records: &checked.records, enums: &checked.enums, params: &self.params }.show(ty)
    }
}

/// The type of an element of what the entry's cell gives.
fn shown_type(program: &Program, at: usize) -> Option<Type> {
    let cell = program.checked.cells.iter().find(|cell| cell.name == CELL && cell.file == FileId(0))?;
    match &cell.ret {
        Type::Tuple(items) => items.get(at).cloned(),
        _ => None,
    }
}

/// The type that a name bound in the entry was declared with, whatever tests made of it, and whether it may change.
fn local(program: &Program, made: &Made, piece: &Piece<'_>, name: &str) -> Option<(Type, bool)> {
    let (_, bound) = piece.binds.iter().rfind(|(bound, _)| bound == name)?;
    let start = made.placed(bound.start)? as u32;
    let locals = &program.checked.locals;
    let found = locals.iter().find(|local| local.name == name && local.span.start == start)?;
    Some((found.ty.clone(), found.mutable))
}

/// Where in the entry a fault stands, or in which file.
fn place(program: &Program, made: &Made, text: &str, span: bytecode::Span) -> Option<String> {
    if span.file != 0 {
        return run::FaultPlace::of(program, span).map(|at| at.place);
    }
    let at = made.entered(span.start as usize)?;
    let (line, column) = Source::new(ENTRY, text).line_column(at as u32);
    Some(format!("{ENTRY}:{line}:{column}"))
}

/// Whether a function is somewhere in a value: it belongs to the program that made it.
fn holds_function(value: &Value) -> bool {
    match value {
        Value::Closure(_) => true,
        Value::List(items) => match &**items {
            List::Any(items) => items.iter().any(holds_function),
            List::Int(_) | List::Float(_) => false,
        },
        Value::Map(map) => map.iter().any(|(key, value)| holds_function(key) || holds_function(value)),
        Value::Set(set) => set.iter().any(holds_function),
        Value::Tuple(items) => items.iter().any(holds_function),
        Value::Record(record) => record.fields.iter().any(holds_function),
        Value::Variant(variant) => variant.payload.iter().any(holds_function),
        Value::Result(outcome) => holds_function(&outcome.value),
        _ => false,
    }
}
