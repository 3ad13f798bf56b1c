//! Numbers, strings and what is interpolated in them.

use std::borrow::Cow;

use super::{Parser, exact, parse_measured_expression};
use crate::ast::{Expr, ExprKind, FormatSpec, TemplatePart};
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;
use crate::lexer::{interpolation_end, opens_interpolation, string_length};
use crate::text::Span;

impl Parser<'_> {
    pub(super) fn literal_expr(&mut self) -> Expr {
        let from = self.open();
        let start = self.start();
        let kind = self.literal_kind();
        self.close(from, SyntaxKind::Literal);
        Expr { id: self.id(), span: self.since(start), kind }
    }

    fn literal_kind(&mut self) -> ExprKind {
        let Some(token) = self.peek() else {
            self.expected("E0010", "a literal");
            return ExprKind::Error;
        };
        let text = self.text_of(token);
        let span = self.place(token.start, token.end);
        match token.kind {
            SyntaxKind::Int => {
                self.bump();
                match parse_int(text) {
                    Ok(value) => ExprKind::Int(value),
                    Err(message) => {
                        let help = "A larger number can be a Float, which is rounded: `1e20`.";
                        self.report(Diagnostic::error("E0003", span, message).help(help));
                        ExprKind::Error
                    }
                }
            }
            SyntaxKind::Float => {
                self.bump();
                match text.replace('_', "").parse::<f64>() {
                    Ok(value) if value.is_finite() => ExprKind::Float(value),
                    _ => {
                        let message = format!("`{text}` is beyond the largest Float, about 1.8e308.");
                        self.report(
                            Diagnostic::error("E0003", span, message)
                                .help("`INFINITY` is beyond all numbers."),
                        );
                        ExprKind::Error
                    }
                }
            }
            SyntaxKind::String => {
                self.bump();
                self.string(text, token.start)
            }
            SyntaxKind::RawString => {
                self.bump();
                let body = text.strip_prefix("r\"").unwrap_or(text);
                match body.strip_suffix('"') {
                    Some(body) => ExprKind::Str(body.to_string()),
                    None => self.unterminated(span),
                }
            }
            SyntaxKind::BytesLit => {
                self.bump();
                let body = text.strip_prefix("b\"").unwrap_or(text);
                let Some(body) = body.strip_suffix('"') else { return self.unterminated(span) };
                match parse_hex(body) {
                    Some(bytes) => ExprKind::Bytes(bytes),
                    None => {
                        self.report(
                            Diagnostic::error(
                                "E0003",
                                span,
                                "Bytes are written as pairs of hexadecimal digits.",
                            )
                            .help("`b\"48656c\"` is the bytes of `Hel`."),
                        );
                        ExprKind::Error
                    }
                }
            }
            SyntaxKind::Keyword if matches!(text, "true" | "false") => {
                self.bump();
                ExprKind::Bool(text == "true")
            }
            SyntaxKind::Keyword if text == "null" => {
                self.bump();
                ExprKind::Null
            }
            _ => {
                self.expected("E0010", "a literal");
                ExprKind::Error
            }
        }
    }

    fn unterminated(&mut self, span: Span) -> ExprKind {
        self.report(
            Diagnostic::error("E0002", span, "This string has no closing quote.")
                .help("A string ends on its line; one over several lines stands in `\"\"\"`."),
        );
        ExprKind::Error
    }

    fn string(&mut self, text: &str, start: u32) -> ExprKind {
        let span = self.place(start, start + text.len() as u32);
        let triple = text.len() >= 6 && text.starts_with("\"\"\"");
        let quotes = if triple { 3 } else { 1 };
        let closed = if triple {
            text.ends_with("\"\"\"")
        } else {
            text.len() >= 2 && text.ends_with('"') && !text.starts_with("\"\"\"")
        };
        if !closed || (!triple && ends_escaped(text)) {
            return self.unterminated(span);
        }
        let mut body = &text[quotes..text.len() - quotes];
        let mut at = start + quotes as u32;
        let mut indent = 0;
        if triple {
            // The line breaks behind the opening and before the closing quotes do not count.
            let first = body.strip_prefix("\r\n").or_else(|| body.strip_prefix('\n'));
            if let Some(rest) = first {
                at += (body.len() - rest.len()) as u32;
                body = rest;
                indent = common_indent(body);
                if let Some(newline) =
                    body.rfind('\n').filter(|&i| body[i + 1..].trim_matches([' ', '\t']).is_empty())
                {
                    body = body[..newline].trim_end_matches('\r');
                } else if body.trim().is_empty() {
                    body = "";
                }
            }
        }
        let parts = self.template(body, at, indent, triple, true);
        match parts.len() {
            0 => ExprKind::Str(String::new()),
            1 => match parts.into_iter().next() {
                Some(TemplatePart::Text(text)) => ExprKind::Str(text),
                Some(part) => ExprKind::Template(vec![part]),
                None => ExprKind::Str(String::new()),
            },
            _ => ExprKind::Template(parts),
        }
    }

    /// `role NAME: text`
    pub(super) fn role(&mut self) -> ExprKind {
        let start = self.start();
        self.bump();
        let role = self.name("the role of the message");
        self.bump();
        match self.peek().filter(|token| token.kind == SyntaxKind::RoleText) {
            Some(token) => {
                let text = self.text_of(token);
                self.bump();
                let parts = self.template(text, token.start, 0, false, false);
                let text_span = self.place(token.start, token.end);
                ExprKind::Role { role: Box::new(crate::ast::Role { name: role, text_span }), parts }
            }
            None => {
                let span = self.since(start);
                self.report(
                    Diagnostic::error("E0010", span, "This `role` has no text.")
                        .help("Write the message behind the colon, to the end of the line."),
                );
                ExprKind::Error
            }
        }
    }

    /// Text and what is interpolated in it. Raw text has no escapes.
    fn template(
        &mut self,
        body: &str,
        start: u32,
        indent: usize,
        triple: bool,
        escapes: bool,
    ) -> Vec<TemplatePart> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let bytes = body.as_bytes();
        let mut i = skip_indent(bytes, 0, indent);
        while i < body.len() {
            match bytes[i] {
                b'\\' if escapes => {
                    let (value, length) = escape(&body[i..]);
                    match value {
                        Some(c) => text.push(c),
                        None => {
                            let place = self.place(start + i as u32, start + (i + length) as u32);
                            self.report(
                                Diagnostic::error("E0005", place, format!("`{}` is no escape.", &body[i..i + length]))
                                    .help(r#"Escapes are `\n \t \r \\ \" \{ \0 \xHH \u{...}`; a raw string is `r"..."`."#),
                            );
                        }
                    }
                    i += length;
                }
                b'{' if opens_interpolation(bytes, i) => {
                    let Some(end) = interpolation_end(body, i, triple) else {
                        let place = self.place(start + i as u32, start + i as u32 + 1);
                        self.report(
                            Diagnostic::error("E0002", place, "This interpolation is not closed.")
                                .help("Close it with `}`, or write `\\{` for a brace."),
                        );
                        break;
                    };
                    if !text.is_empty() {
                        parts.push(TemplatePart::Text(std::mem::take(&mut text)));
                    }
                    let inner = &body[i + 1..end - 1];
                    parts.push(self.interpolation(inner, start + i as u32 + 1));
                    i = end;
                }
                b'\r' if bytes.get(i + 1) == Some(&b'\n') => i += 1,
                b'\n' => {
                    text.push('\n');
                    i = skip_indent(bytes, i + 1, indent);
                }
                _ => {
                    let Some(c) = body[i..].chars().next() else { break };
                    text.push(c);
                    i += c.len_utf8();
                }
            }
        }
        if !text.is_empty() {
            parts.push(TemplatePart::Text(text));
        }
        exact(parts)
    }

    fn interpolation(&mut self, inner: &str, start: u32) -> TemplatePart {
        let (code, spec) = split_format(inner);
        let offset = (self.offset + start) as usize;
        let (value, diagnostics, height) =
            parse_measured_expression(self.file, code, offset, self.depth + 1, self.ids);
        self.height = self.height.max(height + 1);
        for diagnostic in diagnostics {
            self.report(diagnostic);
        }
        let format = spec.and_then(|spec| {
            let parsed = parse_format(spec);
            if parsed.is_none() {
                let at = start + (inner.len() - spec.len()) as u32;
                let place = self.place(at, at + spec.len() as u32);
                self.report(
                    Diagnostic::error("E0005", place, format!("`{spec}` is no format."))
                        .help("A format is `[[fill]align][sign][#][0][width][.precision][dxXobfeEs]`, such as `{x:>8.2f}`."),
                );
            }
            parsed
        });
        TemplatePart::Value { value, format }
    }
}

fn ends_escaped(text: &str) -> bool {
    let body = &text[..text.len() - 1];
    (body.len() - body.trim_end_matches('\\').len()) % 2 == 1
}

fn skip_indent(bytes: &[u8], from: usize, indent: usize) -> usize {
    let mut i = from;
    while i < bytes.len() && i - from < indent && matches!(bytes[i], b' ' | b'\t') {
        i += 1;
    }
    i
}

/// The white space that all lines which are not blank begin with; the closing quotes' line counts.
fn common_indent(body: &str) -> usize {
    let lines = body.split('\n').collect::<Vec<_>>();
    let last = lines.len() - 1;
    lines
        .iter()
        .enumerate()
        .filter(|(i, line)| !line.trim().is_empty() || *i == last)
        .map(|(_, line)| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0)
}

/// An escape's character and its length in bytes.
fn escape(text: &str) -> (Option<char>, usize) {
    let mut chars = text.chars();
    chars.next();
    match chars.next() {
        Some('n') => (Some('\n'), 2),
        Some('t') => (Some('\t'), 2),
        Some('r') => (Some('\r'), 2),
        Some('0') => (Some('\0'), 2),
        Some(c @ ('\\' | '"' | '{' | '}')) => (Some(c), 2),
        Some('x') => match text.get(2..4).and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) if byte < 0x80 => (Some(byte as char), 4),
            _ => (None, 2),
        },
        Some('u') => {
            let Some(end) = text.find('}').filter(|_| text[2..].starts_with('{')) else { return (None, 2) };
            let value = u32::from_str_radix(&text[3..end], 16).ok().and_then(char::from_u32);
            (value, end + 1)
        }
        Some(c) => (None, 1 + c.len_utf8()),
        None => (None, 1),
    }
}

fn parse_int(text: &str) -> Result<i64, String> {
    let digits = match text.contains('_') {
        true => Cow::Owned(text.replace('_', "")),
        false => Cow::Borrowed(text),
    };
    let (radix, body) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        _ => (10, &*digits),
    };
    if body.is_empty() || !body.chars().all(|c| c.is_digit(radix)) {
        return Err(format!("`{text}` is not a number of base {radix}."));
    }
    i64::from_str_radix(body, radix).map_err(|_| format!("`{text}` is beyond the largest Int, {}.", i64::MAX))
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

/// Cuts `expr:format` at the first colon outside brackets and strings.
fn split_format(inner: &str) -> (&str, Option<&str>) {
    let mut depth = 0usize;
    let mut i = 0;
    while let Some(byte) = inner.as_bytes().get(i) {
        match byte {
            b'"' => i += string_length(inner, i) - 1,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => return (&inner[..i], Some(&inner[i + 1..])),
            _ => {}
        }
        i += 1;
    }
    (inner, None)
}

/// `[[fill]align][sign][#][0][width][.prec][type]`
fn parse_format(spec: &str) -> Option<FormatSpec> {
    let chars: Vec<char> = spec.chars().collect();
    let mut format = FormatSpec::default();
    let mut i = 0;
    let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '^'));
    if is_align(chars.get(1)) {
        format.fill = Some(chars[0]);
        format.align = Some(chars[1]);
        i = 2;
    } else if is_align(chars.first()) {
        format.align = Some(chars[0]);
        i = 1;
    }
    if let Some(c @ ('+' | '-' | ' ')) = chars.get(i) {
        format.sign = Some(*c);
        i += 1;
    }
    if chars.get(i) == Some(&'#') {
        format.alternate = true;
        i += 1;
    }
    if chars.get(i) == Some(&'0') {
        format.zero = true;
        i += 1;
    }
    let number = |i: &mut usize| {
        let start = *i;
        while chars.get(*i).is_some_and(char::is_ascii_digit) {
            *i += 1;
        }
        let text: String = chars[start..*i].iter().collect();
        if text.is_empty() { Some(None) } else { text.parse::<u32>().ok().filter(|n| *n <= 10_000).map(Some) }
    };
    format.width = number(&mut i)?;
    if chars.get(i) == Some(&'.') {
        i += 1;
        format.precision = Some(number(&mut i)??);
    }
    if let Some(c) = chars.get(i) {
        if !"dxXobfeEs".contains(*c) {
            return None;
        }
        format.kind = Some(*c);
        i += 1;
    }
    (i == chars.len()).then_some(format)
}
