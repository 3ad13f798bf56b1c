//! Programs that have a meaning, from bytes: every one checks, ends, and prints what it computes. Types are chosen first
//! and expressions after them; cells call only those above them, and loops run a few rounds.

use std::fmt::Write;

/// Choices out of bytes; the first of each once they are used up, which ends every program.
pub struct Dice<'d> {
    data: &'d [u8],
    at: usize,
}

impl<'d> Dice<'d> {
    pub fn new(data: &'d [u8]) -> Dice<'d> {
        Dice { data, at: 0 }
    }

    fn byte(&mut self) -> u8 {
        self.at += 1;
        self.data.get(self.at - 1).copied().unwrap_or(0)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    fn chance(&mut self, in_ten: usize) -> bool {
        self.below(10) < in_ten
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    fn used_up(&self) -> bool {
        self.at >= self.data.len()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Int,
    Bool,
    Str,
    Float,
    Ints,
    Texts,
    MaybeInt,
    Point,
    Shape,
    Pair,
    Counts,
    Parsed,
}

use Type::*;

const TYPES: [Type; 12] = [Int, Bool, Str, Float, Ints, Texts, MaybeInt, Point, Shape, Pair, Counts, Parsed];

impl Type {
    fn text(self) -> &'static str {
        match self {
            Int => "Int",
            Bool => "Bool",
            Str => "String",
            Float => "Float",
            Ints => "list[Int]",
            Texts => "list[String]",
            MaybeInt => "Int?",
            Point => "Point",
            Shape => "Shape",
            Pair => "(Int, String)",
            Counts => "map[String, Int]",
            Parsed => "result[Int, String]",
        }
    }
}

const HEAD: &str = "record Point
  x: Int
  y: Int = 7
  label: String = \"p{x}\"
end
enum Shape
  Dot
  Line(Int)
  Box(Int, String)
end
cell fail(why: String) -> result[Int, String] = err(why)
cell pass(value: Int) -> result[Int, String] = ok(value)
";

struct Variable {
    name: String,
    ty: Type,
    mutable: bool,
}

struct Cell {
    name: String,
    params: Vec<Type>,
    ret: Type,
}

/// A pattern, and the variables that it binds.
type Arm = (String, Vec<(String, Type)>);

struct Writer<'d> {
    dice: Dice<'d>,
    out: String,
    indent: usize,
    variables: Vec<Variable>,
    /// Closures from Int to Int, called like cells.
    closures: Vec<String>,
    cells: Vec<Cell>,
    /// What the cell that is written returns.
    ret: Type,
    loops: usize,
    names: usize,
}

/// A program; the same for the same bytes.
pub fn program(data: &[u8]) -> String {
    let mut w = Writer {
        dice: Dice::new(data),
        out: HEAD.to_string(),
        indent: 0,
        variables: Vec::new(),
        closures: Vec::new(),
        cells: Vec::new(),
        ret: Int,
        loops: 0,
        names: 0,
    };
    for _ in 0..w.dice.below(4) {
        w.cell();
    }
    w.line("cell main() -> Int");
    w.ret = Int;
    w.body(8);
    w.line("end");
    w.out
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    fn cell(&mut self) {
        let name = self.fresh("cell_");
        let ret = self.dice.of(&TYPES);
        let params: Vec<Type> = (0..self.dice.below(4)).map(|_| self.dice.of(&TYPES)).collect();
        let mut listed = Vec::new();
        for ty in &params {
            let param = self.fresh("p");
            listed.push(format!("{param}: {}", ty.text()));
            self.variables.push(Variable { name: param, ty: *ty, mutable: false });
        }
        self.line(&format!("cell {name}({}) -> {}", listed.join(", "), ret.text()));
        self.ret = ret;
        self.body(4);
        self.line("end");
        self.cells.push(Cell { name, params, ret });
    }

    /// Statements and the value of a cell.
    fn body(&mut self, most: usize) {
        self.indent += 1;
        let count = 1 + self.dice.below(most);
        for _ in 0..count {
            self.statement(0);
        }
        let value = self.expr(self.ret, 2);
        self.line(&value);
        self.indent -= 1;
        self.variables.clear();
        self.closures.clear();
    }

    /// Statements of an inner block, whose variables end with it.
    fn block(&mut self, depth: usize) {
        let (variables, closures) = (self.variables.len(), self.closures.len());
        self.indent += 1;
        for _ in 0..1 + self.dice.below(3) {
            self.statement(depth + 1);
        }
        self.indent -= 1;
        self.variables.truncate(variables);
        self.closures.truncate(closures);
    }

    fn statement(&mut self, depth: usize) {
        let kinds = if depth < 3 && !self.dice.used_up() { 18 } else { 7 };
        match self.dice.below(kinds) {
            0 | 1 => {
                let ty = self.dice.of(&TYPES);
                let value = self.expr(ty, 3);
                self.line(&format!("print({value})"));
            }
            2..=4 => {
                let ty = self.dice.of(&TYPES);
                let mutable = self.dice.chance(5);
                let value = self.expr(ty, 3);
                let name = self.fresh("v");
                let word = if mutable { "let mut" } else { "let" };
                self.line(&format!("{word} {name}: {} = {value}", ty.text()));
                self.variables.push(Variable { name, ty, mutable });
            }
            5 | 6 => self.assign(),
            7 => {
                let condition = self.expr(Bool, 2);
                self.line(&format!("if {condition}"));
                self.block(depth);
                if self.dice.chance(3) {
                    let condition = self.expr(Bool, 2);
                    self.line(&format!("elif {condition}"));
                    self.block(depth);
                }
                if self.dice.chance(6) {
                    self.line("else");
                    self.block(depth);
                }
                self.line("end");
            }
            8 => {
                // Not a name: it would be known to be no null inside.
                let (condition, value) = (self.expr(Bool, 1), self.expr(MaybeInt, 1));
                let value = format!("(if {condition} then {value} else null)");
                let name = self.fresh("n");
                self.line(&format!("if let {name}: Int = {value}"));
                self.variables.push(Variable { name, ty: Int, mutable: false });
                self.block(depth);
                self.variables.pop();
                self.line("end");
            }
            9 | 10 => self.for_loop(depth),
            11 => {
                let counter = self.fresh("c");
                let rounds = 1 + self.dice.below(4);
                self.line(&format!("let mut {counter} = 0"));
                self.line(&format!("while {counter} < {rounds}"));
                self.indent += 1;
                self.line(&format!("{counter} += 1"));
                self.indent -= 1;
                self.loops += 1;
                self.block(depth);
                self.loops -= 1;
                self.line("end");
            }
            12 => self.match_statement(depth),
            13 => {
                // A closure that changes what it captured is seen outside.
                let name = self.fresh("f");
                let body = match self.mutable(Int) {
                    Some(captured) if self.dice.chance(6) => {
                        let amount = self.dice.below(9);
                        format!(
                            "fn(k: Int) -> Int\n{0}  {captured} += k - {amount}\n{0}  {captured}\n{0}end",
                            "  ".repeat(self.indent)
                        )
                    }
                    _ => {
                        self.variables.push(Variable { name: "k".to_string(), ty: Int, mutable: false });
                        let body = self.inside_closure(|w| w.expr(Int, 2));
                        self.variables.pop();
                        format!("fn(k: Int) => {body}")
                    }
                };
                self.line(&format!("let {name} = {body}"));
                self.closures.push(name);
            }
            14 if self.loops > 0 => {
                let condition = self.expr(Bool, 1);
                let word = self.dice.of(&["break", "continue"]);
                self.line(&format!("if {condition}"));
                self.line(&format!("  {word}"));
                self.line("end");
            }
            15 => {
                let condition = self.expr(Bool, 1);
                let value = self.expr(self.ret, 2);
                self.line(&format!("if {condition}"));
                self.line(&format!("  return {value}"));
                self.line("end");
            }
            16 => {
                let value = self.expr(Str, 2);
                self.line("defer");
                self.line(&format!("  print(\"deferred \" + {value})"));
                self.line("end");
            }
            _ => {
                let (a, b) = (self.fresh("a"), self.fresh("b"));
                let value = self.expr(Pair, 2);
                self.line(&format!("let ({a}, {b}) = {value}"));
                self.variables.push(Variable { name: a, ty: Int, mutable: false });
                self.variables.push(Variable { name: b, ty: Str, mutable: false });
            }
        }
    }

    /// What a closure computes: a `?` would leave it, not the cell.
    fn inside_closure(&mut self, write: impl FnOnce(&mut Self) -> String) -> String {
        let ret = std::mem::replace(&mut self.ret, Int);
        let text = write(self);
        self.ret = ret;
        text
    }

    fn mutable(&mut self, ty: Type) -> Option<String> {
        let found: Vec<String> =
            self.variables.iter().filter(|v| v.mutable && v.ty == ty).map(|v| v.name.clone()).collect();
        (!found.is_empty()).then(|| self.dice.of(&found))
    }

    fn assign(&mut self) {
        let found: Vec<(String, Type)> =
            self.variables.iter().filter(|v| v.mutable).map(|v| (v.name.clone(), v.ty)).collect();
        if found.is_empty() {
            let value = self.expr(Int, 2);
            return self.line(&format!("print({value})"));
        }
        let (name, ty) = self.dice.of(&found);
        let inner = self.dice.chance(5);
        let text = match ty {
            Int if inner => {
                let op = self.dice.of(&["+=", "-=", "*=", "//=", "%=", "|=", "^="]);
                format!("{name} {op} {}", self.expr(Int, 2))
            }
            Ints if inner => {
                let index = self.index();
                let op = self.dice.of(&["=", "+=", "-="]);
                format!("{name}[{index}] {op} {}", self.expr(Int, 2))
            }
            Counts if inner => {
                let key = self.key();
                let op = self.dice.of(&["=", "=", "+="]);
                format!("{name}[{key}] {op} {}", self.expr(Int, 2))
            }
            Point if inner => {
                let field = self.dice.of(&["x", "y"]);
                let op = self.dice.of(&["=", "+="]);
                format!("{name}.{field} {op} {}", self.expr(Int, 2))
            }
            Str if inner => format!("{name} += {}", self.expr(Str, 2)),
            _ => format!("{name} = {}", self.expr(ty, 3)),
        };
        self.line(&text);
    }

    fn for_loop(&mut self, depth: usize) {
        let name = self.fresh("i");
        let (ty, over) = match self.dice.below(3) {
            0 => {
                let from = self.dice.below(3);
                let dots = self.dice.of(&["..", "..="]);
                (Int, format!("{from}{dots}{}", from + self.dice.below(4)))
            }
            1 => (Int, self.expr(Ints, 2)),
            _ => (Str, self.expr(Texts, 2)),
        };
        let filter = match ty {
            Int if self.dice.chance(3) => format!(" if {name} % 2 == {}", self.dice.below(2)),
            _ => String::new(),
        };
        self.line(&format!("for {name} in {over}{filter}"));
        self.variables.push(Variable { name, ty, mutable: false });
        self.loops += 1;
        self.block(depth);
        self.loops -= 1;
        self.variables.pop();
        self.line("end");
    }

    fn match_statement(&mut self, depth: usize) {
        let outside = self.variables.len();
        let (subject, arms): (String, Vec<Arm>) = match self.dice.below(4) {
            0 => {
                let (n, t, m) = (self.fresh("m"), self.fresh("m"), self.fresh("m"));
                let arms = vec![
                    ("Dot".to_string(), vec![]),
                    (format!("Line({n})"), vec![(n, Int)]),
                    (format!("Box({m}, {t})"), vec![(m, Int), (t, Str)]),
                ];
                (self.expr(Shape, 2), arms)
            }
            1 => {
                let (guarded, rest) = (self.fresh("m"), self.fresh("m"));
                let arms = vec![
                    ("0 | 1".to_string(), vec![]),
                    ("2..=5".to_string(), vec![]),
                    (format!("{guarded} if {guarded} < 0"), vec![(guarded, Int)]),
                    (rest.clone(), vec![(rest, Int)]),
                ];
                (self.expr(Int, 2), arms)
            }
            2 => {
                let (head, tail, one) = (self.fresh("m"), self.fresh("m"), self.fresh("m"));
                let arms = vec![
                    ("[]".to_string(), vec![]),
                    (format!("[{one}]"), vec![(one, Int)]),
                    (format!("[{head}, ...{tail}]"), vec![(head, Int), (tail, Ints)]),
                ];
                (self.expr(Ints, 2), arms)
            }
            _ => {
                let (fine, why) = (self.fresh("m"), self.fresh("m"));
                let arms = vec![
                    (format!("ok({fine})"), vec![(fine, Int)]),
                    (format!("err({why})"), vec![(why, Str)]),
                ];
                (self.expr(Parsed, 2), arms)
            }
        };
        self.line(&format!("match {subject}"));
        self.indent += 1;
        for (pattern, bound) in arms {
            self.line(&format!("{pattern} ->"));
            for (name, ty) in bound {
                self.variables.push(Variable { name, ty, mutable: false });
            }
            self.block(depth + 1);
            self.variables.truncate(outside);
        }
        self.indent -= 1;
        self.line("end");
    }

    fn index(&mut self) -> String {
        self.dice.of(&["0", "1", "-1", "2", "-2", "7"]).to_string()
    }

    fn key(&mut self) -> String {
        self.dice.of(&["\"a\"", "\"b\"", "\"c\""]).to_string()
    }

    fn variable(&mut self, ty: Type) -> Option<String> {
        let found: Vec<String> =
            self.variables.iter().filter(|v| v.ty == ty).map(|v| v.name.clone()).collect();
        (!found.is_empty()).then(|| self.dice.of(&found))
    }

    /// A call of a cell above that gives this type.
    fn called(&mut self, ty: Type, depth: usize) -> Option<String> {
        let found: Vec<usize> =
            (0..self.cells.len()).filter(|i| self.cells[*i].ret == ty && self.loops < 2).collect();
        if found.is_empty() {
            return None;
        }
        let chosen = self.dice.of(&found);
        let (name, params) = (self.cells[chosen].name.clone(), self.cells[chosen].params.clone());
        let args: Vec<String> = params.into_iter().map(|ty| self.expr(ty, depth)).collect();
        Some(format!("{name}({})", args.join(", ")))
    }

    /// An expression of a type, in brackets where it is more than a name.
    fn expr(&mut self, ty: Type, depth: usize) -> String {
        if depth == 0 || self.dice.used_up() {
            return self.leaf(ty);
        }
        let depth = depth - 1;
        match self.dice.below(10) {
            0 | 1 => return self.leaf(ty),
            2 => {
                if let Some(call) = self.called(ty, depth) {
                    return call;
                }
            }
            3 => {
                let (c, a, b) = (self.expr(Bool, depth), self.expr(ty, depth), self.expr(ty, depth));
                return format!("(if {c} then {a} else {b})");
            }
            _ => {}
        }
        match ty {
            Int => self.int(depth),
            Bool => self.bool(depth),
            Str => self.str(depth),
            Float => match self.dice.below(4) {
                0 => format!("({} as Float)", self.expr(Int, depth)),
                1 => format!("(-{})", self.expr(Float, depth)),
                _ => {
                    let op = self.dice.of(&["+", "-", "*", "/"]);
                    format!("({} {op} {})", self.expr(Float, depth), self.expr(Float, depth))
                }
            },
            Ints => self.ints(depth),
            Texts => match self.dice.below(2) {
                0 => format!("map({}, fn(e) => \"<{{e}}>\")", self.expr(Ints, depth)),
                _ => format!("append({}, {})", self.expr(Texts, depth), self.expr(Str, depth)),
            },
            MaybeInt => match self.dice.below(3) {
                0 => format!("{}?[{}]", self.expr(Ints, depth), self.index()),
                1 => format!("{}?[{}]", self.expr(Counts, depth), self.key()),
                _ => format!("(if {} then {} else null)", self.expr(Bool, depth), self.expr(Int, depth)),
            },
            Point => match self.dice.below(2) {
                0 => format!("Point({}, label: {})", self.expr(Int, depth), self.expr(Str, depth)),
                _ => format!("Point(y: {}, x: {})", self.expr(Int, depth), self.expr(Int, depth)),
            },
            Shape => match self.dice.below(2) {
                0 => format!("Line({})", self.expr(Int, depth)),
                _ => format!("Box({}, {})", self.expr(Int, depth), self.expr(Str, depth)),
            },
            Pair => format!("({}, {})", self.expr(Int, depth), self.expr(Str, depth)),
            Counts => {
                format!("{{\"a\": {}, {}: {}}}", self.expr(Int, depth), self.key(), self.expr(Int, depth))
            }
            // Of a bare `err` nobody could say what its `ok` would hold, nor the other way round.
            Parsed => match self.dice.below(3) {
                0 => format!("fail({})", self.expr(Str, depth)),
                // Leaves the cell with the `err`, where the cell gives results.
                1 if self.ret == Parsed => format!("pass({}?)", self.expr(Parsed, depth)),
                _ => format!("pass({})", self.expr(Int, depth)),
            },
        }
    }

    fn int(&mut self, depth: usize) -> String {
        match self.dice.below(20) {
            0..=5 => {
                let op = self.dice.of(&["+", "-", "*", "/", "//", "%", "&", "|", "^"]);
                format!("({} {op} {})", self.expr(Int, depth), self.expr(Int, depth))
            }
            6 => format!("({} ** {})", self.expr(Int, depth), self.dice.below(4)),
            7 => {
                let op = self.dice.of(&["<<", ">>"]);
                format!("({} {op} {})", self.expr(Int, depth), self.dice.below(66))
            }
            8 => format!("(-{})", self.expr(Int, depth)),
            9 => format!("(~{})", self.expr(Int, depth)),
            10 => {
                let of = self.dice.of(&[Str, Ints, Texts, Counts]);
                format!("len({})", self.expr(of, depth))
            }
            11 => format!("{}[{}]", self.expr(Ints, depth), self.index()),
            12 => format!("{}[{}]", self.expr(Counts, depth), self.key()),
            13 => format!("({} ?? {})", self.expr(MaybeInt, depth), self.expr(Int, depth)),
            14 => format!("{}!", self.expr(MaybeInt, depth)),
            15 => {
                let field = self.dice.of(&["x", "y"]);
                format!("{}.{field}", self.expr(Point, depth))
            }
            16 => format!("{}.0", self.expr(Pair, depth)),
            17 => match self.dice.below(3) {
                0 => format!("sum({})", self.expr(Ints, depth)),
                1 => format!(
                    "reduce({}, fn(s, e) => s + e * 2, {})",
                    self.expr(Ints, depth),
                    self.expr(Int, depth)
                ),
                _ => format!("({} as Int)", self.expr(Float, depth)),
            },
            18 => match self.closures.clone() {
                closures if !closures.is_empty() => {
                    let closure = self.dice.of(&closures);
                    format!("{closure}({})", self.expr(Int, depth))
                }
                _ => format!("(fn(k: Int) => k * 3)({})", self.expr(Int, depth)),
            },
            _ => format!("(try {} else |why| len(why))", self.expr(Parsed, depth)),
        }
    }

    fn bool(&mut self, depth: usize) -> String {
        match self.dice.below(8) {
            0 | 1 => {
                let op = self.dice.of(&["<", "<=", ">", ">=", "==", "!="]);
                format!("({} {op} {})", self.expr(Int, depth), self.expr(Int, depth))
            }
            2 => {
                let op = self.dice.of(&["<", ">=", "=="]);
                format!("({} {op} {})", self.expr(Float, depth), self.expr(Float, depth))
            }
            3 => {
                let of = self.dice.of(&[Str, Ints, Point, Shape, Pair, Counts, Parsed, MaybeInt]);
                let op = self.dice.of(&["==", "!="]);
                format!("({} {op} {})", self.expr(of, depth), self.expr(of, depth))
            }
            4 => format!("({} and {})", self.expr(Bool, depth), self.expr(Bool, depth)),
            5 => format!("({} or {})", self.expr(Bool, depth), self.expr(Bool, depth)),
            6 => format!("(not {})", self.expr(Bool, depth)),
            _ => match self.dice.below(2) {
                0 => format!("({} in {})", self.expr(Int, depth), self.expr(Ints, depth)),
                _ => format!("({} in {})", self.key(), self.expr(Counts, depth)),
            },
        }
    }

    fn str(&mut self, depth: usize) -> String {
        match self.dice.below(6) {
            0 => format!("({} + {})", self.expr(Str, depth), self.expr(Str, depth)),
            1 => {
                // Quotes nest; before some marks a brace stands for itself.
                let of = self.dice.of(&TYPES);
                format!("\"[{{({})}}]\"", self.expr(of, depth))
            }
            2 => format!("upper({})", self.expr(Str, depth)),
            3 => format!("to_string({})", self.expr(Int, depth)),
            4 => format!("{}[{}]", self.expr(Str, depth), self.index()),
            _ => match self.dice.below(2) {
                0 => format!("{}.1", self.expr(Pair, depth)),
                _ => format!("{}.label", self.expr(Point, depth)),
            },
        }
    }

    fn ints(&mut self, depth: usize) -> String {
        match self.dice.below(8) {
            0 => format!("append({}, {})", self.expr(Ints, depth), self.expr(Int, depth)),
            1 => format!("({} + {})", self.expr(Ints, depth), self.expr(Ints, depth)),
            2 | 3 => {
                let list = self.expr(Ints, depth);
                let name = self.fresh("e");
                self.variables.push(Variable { name: name.clone(), ty: Int, mutable: false });
                self.loops += 1;
                let depth = depth.min(1);
                let made = match self.dice.below(3) {
                    0 => {
                        let body = self.inside_closure(|w| w.expr(Int, depth));
                        format!("map({list}, fn({name}) => {body})")
                    }
                    1 => {
                        let body = self.inside_closure(|w| w.expr(Bool, depth));
                        format!("filter({list}, fn({name}) => {body})")
                    }
                    _ => {
                        let (element, test) = (self.expr(Int, depth), self.expr(Bool, depth));
                        format!("[{element} for {name} in {list} if {test}]")
                    }
                };
                self.loops -= 1;
                self.variables.pop();
                made
            }
            4 => format!("sort({})", self.expr(Ints, depth)),
            5 => format!("reverse({})", self.expr(Ints, depth)),
            6 => format!("[...{}, {}]", self.expr(Ints, depth), self.expr(Int, depth)),
            _ => format!("[{}, {}]", self.expr(Int, depth), self.expr(Int, depth)),
        }
    }

    fn leaf(&mut self, ty: Type) -> String {
        if self.dice.chance(6)
            && let Some(name) = self.variable(ty)
        {
            return name;
        }
        match ty {
            Int => match self.dice.below(12) {
                0 => "9223372036854775807".to_string(),
                1 => "(-9223372036854775807)".to_string(),
                2 => "(-1)".to_string(),
                n => n.to_string(),
            },
            Bool => self.dice.of(&["true", "false"]).to_string(),
            Str => self.dice.of(&["\"\"", "\"ab\"", "\"é\"", "\"q\\\"\\\\\"", "\"a b\""]).to_string(),
            Float => self.dice.of(&["0.0", "1.5", "2.0", "1e17", "1e-7", "0.1"]).to_string(),
            Ints => {
                let mut text = String::from("[");
                let count = 1 + self.dice.below(3);
                for place in 0..count {
                    let _ = write!(text, "{}{}", if place > 0 { ", " } else { "" }, self.dice.below(30));
                }
                text + "]"
            }
            Texts => self.dice.of(&["[\"x\"]", "[\"x\", \"yy\"]", "[\"\", \"z\", \"z\"]"]).to_string(),
            MaybeInt => self.dice.of(&["[3]?[0]", "[0]?[1]"]).to_string(),
            Point => self.dice.of(&["Point(1)", "Point(2, 3)", "Point(4, label: \"q\")"]).to_string(),
            Shape => self.dice.of(&["Dot", "Line(2)", "Box(1, \"b\")"]).to_string(),
            Pair => self.dice.of(&["(1, \"one\")", "(0, \"\")"]).to_string(),
            Counts => self.dice.of(&["{\"a\": 1}", "{\"b\": 2, \"a\": 1}"]).to_string(),
            Parsed => self.dice.of(&["pass(5)", "fail(\"no\")"]).to_string(),
        }
    }
}
