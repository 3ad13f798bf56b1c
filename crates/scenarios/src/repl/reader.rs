//! Reads the statements of the stand-in's Python.

use serde_json::Value;

/// A line, and whether what it raises is swallowed.
pub(super) struct Statement {
    pub(super) target: Option<String>,
    pub(super) expression: Expression,
    pub(super) swallows: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Expression {
    Literal(Value),
    Name(String),
    List(Vec<Expression>),
    Call(String, Vec<Expression>, Vec<(String, Expression)>),
}

pub(super) fn statements(code: &str) -> Result<Vec<Statement>, (u32, String)> {
    let mut out = Vec::new();
    let mut lines = code.lines().enumerate().peekable();
    while let Some((n, line)) = lines.next() {
        let wrong = |message: String| (n as u32 + 1, message);
        let mut text = line.trim();
        if text.is_empty() {
            continue;
        }
        let swallows = text.starts_with("try: ");
        if let Some(rest) = text.strip_prefix("try: ") {
            text = rest;
            if lines.next().is_none_or(|(_, next)| next.trim() != "except BaseException: pass") {
                return Err(wrong("expected 'except'".into()));
            }
        }
        let (target, text) = match text.split_once(" = ") {
            Some((name, rest)) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                (Some(name.to_string()), rest)
            }
            _ => (None, text),
        };
        let mut reader = Reader { text: text.as_bytes(), at: 0 };
        let expression = reader.expression().map_err(wrong)?;
        reader.blank();
        if reader.at < reader.text.len() {
            return Err(wrong("invalid syntax".into()));
        }
        out.push(Statement { target, expression, swallows });
    }
    Ok(out)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn blank(&mut self) {
        while self.text.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.blank();
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|c| c.is_ascii_alphanumeric() || b"_-.".contains(c)) {
            self.at += 1;
        }
        String::from_utf8_lossy(self.text.get(start..self.at).unwrap_or_default()).into_owned()
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.blank();
        match self.text.get(self.at) {
            Some(b'"' | b'{') => {
                let mut stream =
                    serde_json::Deserializer::from_slice(self.text.get(self.at..).unwrap_or_default())
                        .into_iter::<Value>();
                let value = stream.next().ok_or("unterminated")?.map_err(|error| error.to_string())?;
                self.at += stream.byte_offset();
                Ok(Expression::Literal(value))
            }
            Some(b'[') => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.eat(b']') {
                    items.push(self.expression()?);
                    self.eat(b',');
                }
                Ok(Expression::List(items))
            }
            Some(c) if c.is_ascii_digit() || *c == b'-' => {
                let word = self.word();
                serde_json::from_str(&word).map(Expression::Literal).map_err(|error| error.to_string())
            }
            Some(c) if c.is_ascii_alphabetic() || *c == b'_' => {
                let word = self.word();
                match word.as_str() {
                    "True" => return Ok(Expression::Literal(true.into())),
                    "False" => return Ok(Expression::Literal(false.into())),
                    "None" => return Ok(Expression::Literal(Value::Null)),
                    _ => {}
                }
                if !self.eat(b'(') {
                    return Ok(Expression::Name(word));
                }
                let (mut positional, mut named) = (Vec::new(), Vec::new());
                while !self.eat(b')') {
                    self.blank();
                    let before = self.at;
                    let name = self.word();
                    if !name.is_empty() && self.eat(b'=') {
                        named.push((name, self.expression()?));
                    } else {
                        self.at = before;
                        positional.push(self.expression()?);
                    }
                    if !self.eat(b',') && self.text.get(self.at) != Some(&b')') {
                        return Err("'(' was never closed".into());
                    }
                }
                Ok(Expression::Call(word, positional, named))
            }
            _ => Err("invalid syntax".into()),
        }
    }
}
