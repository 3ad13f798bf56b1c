//! `machine NAME … end`: states, and what leads from one to another.
//!
//! A machine stands for three declarations: an enum with a variant for each state, which holds the state's payload; a
//! record of a state's name and payload; and a record with the machine's cells, which holds the state it is in. What
//! can be said of the graph of states is said here, so that all that follows sees a sound one.

use super::Parser;
use super::made::hidden;
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;
use crate::suggest::nearest;
use crate::text::Span;
use crate::visit::{Visitor, walk_expr};

/// `state NAME(payload) … end`
struct MachineState {
    name: Name,
    payload: Vec<Param>,
    terminal: bool,
    on_enter: Option<OnEnter>,
    transitions: Vec<Transition>,
    span: Span,
}

/// `on_enter / row … end`
struct OnEnter {
    row: Option<Vec<Path>>,
    block: Block,
    /// The word itself.
    span: Span,
}

/// `transition NAME(args)`, with the guard before it.
struct Transition {
    guard: Option<Expr>,
    to: Name,
    args: Vec<Arg>,
    span: Span,
}

impl Transition {
    /// What is wrong with the parts that it gives a payload with these.
    fn misfit(&self, payload: &[String]) -> Option<String> {
        let names = self.args.iter().filter_map(|arg| arg.name.as_ref());
        if let Some(name) = names.into_iter().find(|name| !payload.contains(&name.text)) {
            return Some(format!("no part `{}`", name.text));
        }
        let (takes, found) = (payload.len(), self.args.len());
        let parts = if takes == 1 { "part" } else { "parts" };
        (takes != found).then(|| format!("{takes} {parts}, found {found}"))
    }
}

impl MachineState {
    fn none(span: Span) -> MachineState {
        let name = Name { text: hidden("none"), span };
        MachineState {
            name,
            payload: Vec::new(),
            terminal: true,
            on_enter: None,
            transitions: Vec::new(),
            span,
        }
    }
}

/// What stands in a machine.
struct Parts {
    /// Its cells and grants.
    record: Record,
    states: Vec<MachineState>,
    initial: Option<Name>,
}

impl Parts {
    fn of(name: Name) -> Parts {
        Parts { record: Record::empty(name), states: Vec::new(), initial: None }
    }

    /// Takes what a machine has that this one goes on from. A state that both have stands where the base has it, and
    /// is this one's; it starts where the base does, unless it says so itself.
    fn take_over(&mut self, base: Parts) {
        self.record.take_over(base.record);
        let mut own: Vec<Option<MachineState>> = self.states.drain(..).map(Some).collect();
        for state in base.states {
            let same =
                own.iter_mut().find(|own| own.as_ref().is_some_and(|own| own.name.text == state.name.text));
            self.states.push(same.and_then(Option::take).unwrap_or(state));
        }
        self.states.extend(own.into_iter().flatten());
        self.initial = self.initial.take().or(base.initial);
    }
}

/// A setting that stands once: where it does.
type Once = Option<Span>;

impl Parser<'_> {
    pub(super) fn machine(&mut self) -> Record {
        let opener = self.at;
        let start = self.start();
        self.bump();
        let name = self.name("the machine's name");
        let base = self.base("machine");
        let mut parts = Parts::of(name.clone());
        self.members(opener, "machine", |p| p.machine_part(&mut parts));
        if let Some(base) = base {
            self.go_on_from(base, |p, opener, name| {
                let mut inherited = Parts::of(name);
                let further = p.base("machine");
                p.members(opener, "machine", |p| p.machine_part(&mut inherited));
                parts.take_over(inherited);
                further
            });
        }
        let Parts { record: Record { mut cells, grants, .. }, mut states, initial } = parts;
        let span = self.since(start);
        let named = initial;
        let initial = self.initial(&name, named.as_ref(), &states);
        if states.is_empty() {
            // Reported; the cells are made all the same, so that their uses are no further mistakes.
            states.push(MachineState::none(span.at_start()));
        } else {
            self.check_graph(&name, initial, &states);
        }
        if name.text.is_empty() {
            return Record { cells, grants, process: true, ..Record::empty(name) };
        }
        let (fields, made, machine) = self.made_machine(&name, (initial, named), states, span);
        cells.splice(0..0, made);
        Record { fields, cells, machine: Some(machine), grants, process: true, ..Record::empty(name) }
    }

    fn machine_part(&mut self, parts: &mut Parts) {
        self.statement_at = Some(self.at);
        if self.cell_ahead() {
            let cell = self.item();
            parts.record.cells.push(cell);
        } else if self.at("state") && !self.nth_is(1, ":") {
            let state = self.machine_state();
            match parts.states.iter().find(|known| known.name.text == state.name.text) {
                Some(first) => {
                    let message = format!("The state `{}` is declared twice.", state.name.text);
                    let first = first.name.span;
                    self.report(
                        Diagnostic::error("E0105", state.name.span, message)
                            .label(first, "first declared here")
                            .help("Rename or remove one of them."),
                    );
                }
                None => parts.states.push(state),
            }
        } else if self.at("initial") && self.nth_is(1, ":") {
            let mut first = parts.initial.as_ref().map(|name| name.span);
            let from = self.open();
            self.setting(&mut first);
            let named = self.name("the state that it starts in");
            self.close(from, SyntaxKind::Setting);
            parts.initial.get_or_insert(named);
        } else {
            let known = "cells, grants, `initial: State`, and states up to their `end`";
            self.no_part(Some(&mut parts.record.grants), "A machine", &["initial"], known);
        }
    }

    fn machine_state(&mut self) -> MachineState {
        let from = self.open();
        let start = self.start();
        let opener = self.at;
        self.bump();
        let name = self.name("the state's name");
        let mut payload = if self.at("(") && !self.at_line_start() { self.params() } else { Vec::new() };
        for part in &mut payload {
            self.payload_part(part);
        }
        let mut state = MachineState {
            name,
            payload,
            terminal: false,
            on_enter: None,
            transitions: Vec::new(),
            span: self.since(start),
        };
        let (mut terminal, mut entered): (Once, Once) = (None, None);
        let mut guard: Option<Expr> = None;
        let mut sure = false;
        self.members(opener, "state", |p| {
            p.statement_at = Some(p.at);
            if p.at("guard") && p.nth_is(1, ":") {
                p.idle_guard(guard.take());
                let from = p.open();
                p.setting(&mut None);
                guard = Some(p.expr());
                p.close(from, SyntaxKind::Setting);
            } else if p.at("transition") && !p.nth_is(1, ":") {
                state.transitions.push(p.transition(guard.take()));
            } else if p.at("terminal") && p.nth_is(1, ":") {
                let value = p.terminal(&mut terminal);
                state.terminal |= value != Some(false);
                sure |= value == Some(true);
            } else if p.at("on_enter") {
                let body = p.on_enter(&mut entered);
                state.on_enter.get_or_insert(body);
            } else {
                let parts =
                    "`guard: condition`, `transition State(payload)`, `terminal: true` and `on_enter … end`";
                p.no_part(None, "A state", &["guard", "terminal", "on_enter", "transition"], parts);
            }
        });
        self.idle_guard(guard);
        if let (Some(at), Some(first)) = (terminal, state.transitions.first())
            && sure
        {
            self.report(
                Diagnostic::error(
                    "E0116",
                    first.span,
                    format!("`{}` is terminal, and nothing leads out of a terminal state.", state.name.text),
                )
                .label(at, "said here")
                .help("Take the transitions out, or `terminal: true`."),
            );
            state.transitions.clear();
        }
        self.close(from, SyntaxKind::MachineState);
        state.span = self.since(start);
        state
    }

    /// `transition NAME(args)`
    fn transition(&mut self, guard: Option<Expr>) -> Transition {
        let from = self.open();
        let start = self.start();
        self.bump();
        let to = self.name("the state that follows");
        let args = if self.at("(") && !self.at_line_start() { self.args() } else { Vec::new() };
        self.close(from, SyntaxKind::Transition);
        Transition { guard, to, args, span: self.since(start) }
    }

    /// `terminal: true`; nothing where that is not known.
    fn terminal(&mut self, place: &mut Once) -> Option<bool> {
        let from = self.open();
        self.setting(place);
        let value = self.expr();
        self.close(from, SyntaxKind::Setting);
        if let ExprKind::Bool(terminal) = value.kind {
            return Some(terminal);
        }
        self.report(
            Diagnostic::error(
                "E0116",
                value.span,
                "Whether a state is terminal is known before anything runs.",
            )
            .help("Write `terminal: true`, or take the line out."),
        );
        None
    }

    /// `on_enter … end`
    fn on_enter(&mut self, place: &mut Once) -> OnEnter {
        let from = self.open();
        let (opener, span) = (self.at, self.span());
        self.bump();
        if self.at("(") && !self.at_line_start() && self.nth_is(1, ")") {
            self.bump();
            self.bump();
        }
        let row = self.effect_row();
        self.said_twice(place, span, "on_enter");
        let (block, yields) = self.function_body(|p| p.block_from(opener, "on_enter"));
        if yields {
            self.report(
                Diagnostic::error("E0116", span, "`on_enter` yields, but nobody walks it.")
                    .help("Let a cell of the machine yield."),
            );
        }
        self.close(from, SyntaxKind::OnEnter);
        OnEnter { row, block, span }
    }

    /// Takes a setting's name and colon.
    fn setting(&mut self, place: &mut Once) {
        let span = self.span();
        let word = self.word();
        self.said_twice(place, span, word);
        self.bump();
        self.bump();
    }

    fn said_twice(&mut self, place: &mut Once, span: Span, what: &str) {
        if let Some(first) = place.replace(span) {
            self.report(
                Diagnostic::error("E0105", span, format!("`{what}` stands here twice."))
                    .label(first, "first said here")
                    .help("Keep one of them."),
            );
        }
    }

    /// A guard that nothing follows which it could guard.
    fn idle_guard(&mut self, guard: Option<Expr>) {
        if let Some(guard) = guard {
            self.report(
                Diagnostic::error(
                    "E0116",
                    guard.span,
                    "This guard guards nothing: no transition follows it.",
                )
                .help("A guard stands before the transition that it allows; join two with `and`."),
            );
        }
    }

    /// A payload's parts are `name: Type`.
    fn payload_part(&mut self, part: &mut Param) {
        let wrong = match part {
            Param { variadic: true, .. } => Some("A state's payload has a fixed number of parts."),
            Param { default: Some(_), .. } => Some("The parts of a state's payload have no defaults."),
            Param { ty: None, .. } => Some("A part of a state's payload states its type."),
            _ => None,
        };
        if let Some(message) = wrong {
            let help = format!("Write `{}: Type`.", part.name.text);
            self.report(Diagnostic::error("E0116", part.span, message).help(help));
        }
    }

    // ---- the graph

    /// Which state the machine starts in: the one that is named, else the first.
    fn initial(&mut self, machine: &Name, named: Option<&Name>, states: &[MachineState]) -> usize {
        if states.is_empty() {
            let message = format!("The machine `{}` has no state to start in.", machine.text);
            self.report(
                Diagnostic::error("E0110", machine.span, message)
                    .help("Declare its states: `state Name … end`; it starts in the first of them."),
            );
            return 0;
        }
        let Some(named) = named else { return 0 };
        let found = states.iter().position(|state| state.name.text == named.text);
        if found.is_none() && !named.text.is_empty() {
            self.no_state("E0110", named, states);
        }
        found.unwrap_or(0)
    }

    fn no_state(&mut self, code: &'static str, named: &Name, states: &[MachineState]) {
        let known: Vec<&str> = states.iter().map(|state| state.name.text.as_str()).collect();
        let help = match nearest(&named.text, known.iter().copied()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None if known.is_empty() => "Declare it: `state Name … end`.".to_string(),
            None => format!("The states are {}.", known.join(", ")),
        };
        let message = format!("The machine has no state `{}`.", named.text);
        self.report(Diagnostic::error(code, named.span, message).help(help));
    }

    fn check_graph(&mut self, machine: &Name, initial: usize, states: &[MachineState]) {
        let place = |name: &Name| states.iter().position(|state| state.name.text == name.text);
        let mut sound = true;
        for transition in states.iter().flat_map(|state| &state.transitions) {
            let Some(target) = place(&transition.to).and_then(|to| states.get(to)) else {
                sound = false;
                if !transition.to.text.is_empty() {
                    self.no_state("E0111", &transition.to, states);
                }
                continue;
            };
            self.check_count(transition, target);
        }
        for state in states {
            for pair in state.transitions.windows(2) {
                if let [Transition { guard: None, span: first, .. }, next] = pair {
                    self.report(
                        Diagnostic::warning("W0116", next.span, "This transition is never taken.")
                            .label(*first, "this one has no guard, so it is taken always")
                            .help("Put `guard: condition` before the transitions above it."),
                    );
                    break;
                }
            }
        }
        if !states.iter().any(|state| state.terminal) {
            let message = format!("The machine `{}` has no terminal state.", machine.text);
            self.report(
                Diagnostic::error("E0113", machine.span, message)
                    .help("Say in which states it is done: `terminal: true`."),
            );
        }
        if !sound {
            return;
        }
        let mut reached = vec![false; states.len()];
        let mut work = vec![initial];
        while let Some(at) = work.pop() {
            if reached.get(at).copied() == Some(false) {
                reached[at] = true;
                work.extend(states[at].transitions.iter().filter_map(|transition| place(&transition.to)));
            }
        }
        for (state, _) in states.iter().zip(reached).filter(|(_, reached)| !reached) {
            let message = format!("No transition leads to the state `{}`.", state.name.text);
            let start = states.get(initial).map_or(machine.span, |state| state.name.span);
            self.report(
                Diagnostic::error("E0112", state.name.span, message)
                    .label(start, "the machine starts here")
                    .help("Add a transition to it, or take it out."),
            );
        }
    }

    fn check_count(&mut self, transition: &Transition, target: &MachineState) {
        let payload: Vec<String> = target.payload.iter().map(|part| part.name.text.clone()).collect();
        let Some(wrong) = transition.misfit(&payload) else { return };
        let message = format!("The payload of `{}` has {wrong}.", target.name.text);
        self.report(
            Diagnostic::error("E0114", transition.span, message)
                .label(target.name.span, "the state that follows")
                .help("Give each part of the payload once, in the order of its declaration or by name."),
        );
    }

    // ---- what it stands for

    fn made_machine(
        &mut self,
        name: &Name,
        (initial, named): (usize, Option<Name>),
        states: Vec<MachineState>,
        span: Span,
    ) -> (Vec<Field>, Vec<Item>, Machine) {
        let place = name.span.at_start();
        let machine = &name.text;
        let payload = format!("{machine}Payload");
        let terminal: Vec<String> = states
            .iter()
            .filter(|state| state.terminal)
            .map(|state| format!("\"{}\"", state.name.text))
            .collect();
        let terminal = terminal.join(", ");
        let starts = match states.get(initial) {
            Some(state) if state.payload.is_empty() => {
                "if made__held(self.made__state) == null\n self.start()\n end"
            }
            _ => "",
        };
        let text = format!(
            "record {machine}State
              name: String
              payload: {payload}
            end
            record {machine}
              made__state: made__Process[{payload}] = made__process()
              cell step(self) -> {machine}State
                let made__to = self.made__next(made__current(self.made__state, \"{machine}\"), false)
                if made__to == null
                  self.current_state()
                else
                  self.made__enter(made__to)
                end
              end
              cell run(self) -> {machine}State
                {starts}
                loop
                  let made__to = self.made__next(made__current(self.made__state, \"{machine}\"), false)
                  if made__to == null
                    break self.current_state()
                  else
                    self.made__enter(made__to)
                  end
                end
              end
              cell is_terminal(self) -> Bool
                let made__now = made__held(self.made__state)
                if made__now == null
                  false
                else
                  made__variant(made__now) in [{terminal}]
                end
              end
              cell current_state(self) -> {machine}State
                let made__now = made__current(self.made__state, \"{machine}\")
                {machine}State(made__variant(made__now), made__now)
              end
              cell resume_from(self, state: {machine}State | {payload}) -> {machine}State
                let made__to = if state is {machine}State
                  state.payload
                else
                  state
                end
                made__keep(self.made__state, made__to)
                self.current_state()
              end
              cell made__enter(self, made__to: {payload}) -> {machine}State
                made__keep(self.made__state, made__to)
                self.made__next(made__to, true)
                self.current_state()
              end
              cell made__next(self, made__from: {payload}, made__entered: Bool) -> {payload}?
                match made__from
                  _ -> null
                end
              end
            end
            "
        );
        let mut made = self.declarations(&text, place).into_iter();
        if let Some(state) = made.next() {
            self.made.push(state);
        }
        let Some(Item { kind: ItemKind::Record(mut record), .. }) = made.next() else {
            return (Vec::new(), Vec::new(), Machine { initial, guards: Vec::new(), arguments: Vec::new() });
        };
        if let Some(state) = states.get(initial) {
            let at = Name { text: state.name.text.clone(), span: place };
            let named = named.filter(|named| named.text == state.name.text).unwrap_or(at);
            let starts =
                ["start", &hidden("run")].map(|cell| self.start_cell(cell, machine, (state, &named), place));
            record.cells.splice(0..0, starts);
        }
        let mut machine = Machine { initial, guards: Vec::new(), arguments: Vec::new() };
        let mut variants = Vec::new();
        let mut arms = Vec::new();
        let parts = |state: &MachineState| state.payload.iter().map(|part| part.name.text.clone()).collect();
        let known: Vec<(String, Vec<String>)> =
            states.iter().map(|state| (state.name.text.clone(), parts(state))).collect();
        for mut state in states {
            state.transitions.retain(|transition| {
                let target = known.iter().find(|(name, _)| *name == transition.to.text);
                target.is_some_and(|(_, payload)| transition.misfit(payload).is_none())
            });
            machine.guards.extend(state.transitions.iter().filter_map(|t| Some(t.guard.as_ref()?.id)));
            let args = state.transitions.iter().flat_map(|transition| &transition.args);
            machine.arguments.extend(args.map(|arg| arg.value.id));
            variants.push(self.variant(&state));
            arms.push(self.arm_of(state, &payload, place));
        }
        fill(&mut record, arms);
        let payload = Name { text: payload, span: place };
        let declared = Enum { name: payload, type_params: Vec::new(), variants, cells: Vec::new() };
        let item = Item {
            id: self.id(),
            span: span.at_start(),
            fence: self.fence,
            attrs: Box::default(),
            public: false,
            kind: ItemKind::Enum(Box::new(declared)),
        };
        self.made.push(item);
        (record.fields, record.cells, machine)
    }

    fn variant(&mut self, state: &MachineState) -> Variant {
        let fields = state.payload.iter().map(|part| {
            let ty = part.ty.clone().unwrap_or(TypeExpr {
                id: part.id,
                span: part.span,
                kind: TypeExprKind::Error,
            });
            (Some(part.name.clone()), ty)
        });
        let fields = fields.collect();
        Variant { id: self.id(), name: state.name.clone(), fields, span: state.span }
    }

    /// `cell start(self, parts of the payload) = self.enter(Initial(parts))`; the checker gives the parameters the types
    /// that the state's payload has. With the hidden name it is `run` with arguments: it runs on.
    fn start_cell(
        &mut self,
        cell: &str,
        machine: &str,
        (state, named): (&MachineState, &Name),
        place: Span,
    ) -> Item {
        let at = |text: &str| Name { text: text.to_string(), span: place };
        let value = self.at_place(place, ExprKind::Name(format!("{machine}Payload")));
        let variant =
            ExprKind::Field { base: Box::new(value), name: Box::new(named.clone()), optional: false };
        let mut value = self.at_place(place, variant);
        let mut names = vec!["self"];
        names.extend(state.payload.iter().map(|part| part.name.text.as_str()));
        if !state.payload.is_empty() {
            let args = state.payload.iter().map(|part| {
                let value = self.at_place(place, ExprKind::Name(part.name.text.clone()));
                Arg { name: None, spread: false, value }
            });
            let args = args.collect();
            value = self.at_place(
                place,
                ExprKind::Call { callee: Box::new(value), type_args: TypeArgs::default(), args },
            );
        }
        let mut steps = vec![self.called_on_self(&hidden("enter"), vec![value], place)];
        if cell != "start" {
            steps.push(self.called_on_self("run", Vec::new(), place));
        }
        let stmts = steps.into_iter().map(|step| Stmt {
            id: self.id(),
            span: place,
            kind: StmtKind::Expr(Box::new(step)),
        });
        let stmts = stmts.collect();
        let body = CellBody::Block(Block { id: self.id(), stmts, span: place });
        let params = names.iter().map(|name| Param {
            id: self.id(),
            name: at(name),
            is_self: *name == "self",
            variadic: false,
            ty: None,
            default: None,
            span: place,
        });
        let params = params.collect();
        let sig = Sig {
            id: self.id(),
            is_async: false,
            name: Path { parts: vec![at(cell)], span: place },
            type_params: Vec::new(),
            params,
            ret: Some(TypeExpr {
                id: self.id(),
                span: place,
                kind: TypeExprKind::Path {
                    path: Path { parts: vec![at(&format!("{machine}State"))], span: place },
                    args: Vec::new(),
                },
            }),
            row: None,
            span: place,
        };
        let kind = ItemKind::Cell(Box::new(Cell { sig, body, yields: false }));
        Item { id: self.id(), span: place, fence: self.fence, attrs: Box::default(), public: false, kind }
    }

    /// `self.cell(args)`
    fn called_on_self(&mut self, cell: &str, args: Vec<Expr>, place: Span) -> Expr {
        let callee = self.field_at("self", &Name { text: cell.to_string(), span: place });
        let args = args.into_iter().map(|value| Arg { name: None, spread: false, value }).collect();
        self.at_place(
            place,
            ExprKind::Call { callee: Box::new(callee), type_args: TypeArgs::default(), args },
        )
    }

    /// What happens in a state: where it is entered, its `on_enter`; else the state that follows, or null.
    fn arm_of(&mut self, state: MachineState, payload: &str, place: Span) -> Arm {
        let mut mentioned = Mentioned(Vec::new());
        state.on_enter.iter().for_each(|body| mentioned.block(&body.block));
        for transition in &state.transitions {
            transition.guard.iter().for_each(|guard| mentioned.expr(guard));
            transition.args.iter().for_each(|arg| mentioned.expr(&arg.value));
        }
        let parts = state.payload.iter().map(|part| {
            let kind = match mentioned.0.contains(&part.name.text) {
                true => PatternKind::Bind { name: part.name.clone(), ty: None },
                false => PatternKind::Wildcard,
            };
            (None, Pattern { id: self.id(), span: part.name.span, kind })
        });
        let fields = parts.collect();
        let owner = Name { text: payload.to_string(), span: state.name.span.at_start() };
        let path = Path { parts: vec![owner, state.name.clone()], span: state.name.span };
        let kind = PatternKind::Constructor { path: Box::new(path), fields, rest: false };
        let pattern = Pattern { id: self.id(), span: state.name.span, kind };
        let mut value = self.followed(state.transitions, payload, place);
        if let Some(OnEnter { row, mut block, span }) = state.on_enter {
            if let Some(row) = row {
                block = self.within_row(row, block, span);
            }
            let mut stmts = block.stmts;
            let null = self.at_place(place, ExprKind::Null);
            stmts.push(Stmt { id: self.id(), span: place, kind: StmtKind::Expr(Box::new(null)) });
            let then = Block { id: block.id, stmts, span: block.span };
            let entered = self.at_place(place, ExprKind::Name(hidden("entered")));
            let otherwise = Some(Else::Block(Box::new(self.block_of(value))));
            let condition = Box::new(Condition::Expr(Box::new(entered)));
            value = self.at_place(place, ExprKind::If { condition, then: Box::new(then), otherwise });
        }
        Arm { pattern, guard: None, body: self.block_of(value), span: state.span }
    }

    /// `cell on_enter() -> Null / row … end`, and a call of it: a cell's effects are held to its row.
    fn within_row(&mut self, row: Vec<Path>, block: Block, at: Span) -> Block {
        let name = hidden("on_enter");
        let null = Path { parts: vec![Name { text: "Null".to_string(), span: at }], span: at };
        let ret =
            TypeExpr { id: self.id(), span: at, kind: TypeExprKind::Path { path: null, args: Vec::new() } };
        let sig = Sig {
            id: self.id(),
            is_async: false,
            name: Path { parts: vec![Name { text: name.clone(), span: at }], span: at },
            type_params: Vec::new(),
            params: Vec::new(),
            ret: Some(ret),
            row: Some(row),
            span: at,
        };
        let span = block.span;
        let kind = ItemKind::Cell(Box::new(Cell { sig, body: CellBody::Block(block), yields: false }));
        let (id, fence) = (self.id(), self.fence);
        let cell = Item { id, span, fence, attrs: Box::default(), public: false, kind };
        let callee = Box::new(self.at_place(at, ExprKind::Name(name)));
        let call =
            self.at_place(at, ExprKind::Call { callee, type_args: TypeArgs::default(), args: Vec::new() });
        let stmts = [StmtKind::Cell(Box::new(cell)), StmtKind::Expr(Box::new(call))].map(|kind| Stmt {
            id: self.id(),
            span: at,
            kind,
        });
        Block { id: self.id(), stmts: stmts.into(), span }
    }

    fn block_of(&mut self, value: Expr) -> Block {
        let span = value.span;
        let stmts = vec![Stmt { id: self.id(), span, kind: StmtKind::Expr(Box::new(value)) }];
        Block { id: self.id(), stmts, span }
    }

    /// The first transition whose guard holds; null where none does.
    fn followed(&mut self, transitions: Vec<Transition>, payload: &str, place: Span) -> Expr {
        let mut arms = Vec::new();
        let mut always = false;
        for Transition { guard, to, args, .. } in transitions {
            always = guard.is_none();
            let mut value = self.field_at(payload, &to);
            if !args.is_empty() {
                let span = value.span;
                value = self.at_place(
                    span,
                    ExprKind::Call { callee: Box::new(value), type_args: TypeArgs::default(), args },
                );
            }
            arms.push((guard, value));
            if always {
                break;
            }
        }
        if !always {
            arms.push((None, self.at_place(place, ExprKind::Null)));
        }
        self.at_place(place, ExprKind::When { arms })
    }
}

/// Gives the cell that says what follows its arms.
fn fill(record: &mut Record, arms: Vec<Arm>) {
    let next = hidden("next");
    for item in &mut record.cells {
        if let ItemKind::Cell(cell) = &mut item.kind
            && let Cell { sig, body: CellBody::Block(block), .. } = &mut **cell
            && sig.name.dotted() == next
            && let Some(StmtKind::Expr(value)) = block.stmts.first_mut().map(|stmt| &mut stmt.kind)
            && let ExprKind::Match { arms: made, .. } = &mut value.kind
        {
            *made = arms;
            return;
        }
    }
}

/// The names that stand in expressions.
struct Mentioned(Vec<String>);

impl<'n> Visitor<'n> for Mentioned {
    fn expr(&mut self, expr: &'n Expr) {
        if let ExprKind::Name(name) = &expr.kind {
            self.0.push(name.clone());
        }
        walk_expr(self, expr);
    }
}
