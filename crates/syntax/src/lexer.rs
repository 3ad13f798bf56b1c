//! Cuts text into tokens. Every byte lands in exactly one token; faults are reported beside the tokens.

use logos::Logos;

use crate::kind::SyntaxKind;

/// Words that are never names, except after a dot.
pub const KEYWORDS: &[&str] = &[
    "cell", "record", "enum", "let", "mut", "if", "elif", "else", "then", "for", "in", "while", "loop",
    "match", "when", "return", "break", "continue", "end", "fn", "do", "with", "perform", "handle", "upsert",
    "comptime", "try", "await", "defer", "where", "and", "or", "not", "is", "as", "true", "false", "null",
];

/// Whether the word is one of [`KEYWORDS`], for which few words need more than their length and first letter.
fn is_keyword(word: &str) -> bool {
    let bytes = word.as_bytes();
    (2..=8).contains(&bytes.len())
        && KEYWORDS.iter().any(|keyword| {
            keyword.len() == bytes.len() && keyword.as_bytes().first() == bytes.first() && *keyword == word
        })
}

#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
enum Raw {
    #[regex(r"[ \t\x0c]+")]
    Whitespace,
    #[regex(r"\r?\n")]
    Newline,
    /// Joins the next line to this one.
    #[regex(r"\\[ \t]*\r?\n")]
    Continuation,
    #[regex(r"#[^\n]*", allow_greedy = true)]
    Comment,
    #[token("```", doc_block)]
    Doc,
    #[regex(r"[A-Za-z_][A-Za-z0-9_]*")]
    Word,
    #[regex(r"0[xX][0-9a-zA-Z_]*|0[bB][0-9a-zA-Z_]*|0[oO][0-9a-zA-Z_]*|[0-9][0-9_]*")]
    Int,
    #[regex(r"[0-9][0-9_]*\.[0-9][0-9_]*([eE][+-]?[0-9]+)?|[0-9][0-9_]*[eE][+-]?[0-9]+")]
    Float,
    #[token("\"", string)]
    String,
    #[token("r\"", raw_string)]
    Literal,
    #[regex("b\"[^\"\n]*\"?")]
    BytesLit,
    /// Quotes of other languages, reported as one fault.
    #[regex("'[^'\n]*'")]
    #[regex("`[^`\n]+`")]
    Quoted,
    #[token("...")]
    #[token("..=")]
    #[token("..")]
    #[token("->")]
    #[token("=>")]
    #[token("|>")]
    #[token("~>")]
    #[token("?.")]
    #[token("?[")]
    #[token("??")]
    #[token("==")]
    #[token("!=")]
    #[token("<=>")]
    #[token("<=")]
    #[token(">=")]
    #[token("<<")]
    #[token(">>")]
    #[token("**=")]
    #[token("**")]
    #[token("//=")]
    #[token("//")]
    #[token("++")]
    #[token("+=")]
    #[token("-=")]
    #[token("*=")]
    #[token("/=")]
    #[token("%=")]
    #[token("&=")]
    #[token("|=")]
    #[token("^=")]
    #[regex(r"[-+*/%=<>!&|^~?.,:()\[\]{}@;$]")]
    Punct,
}

fn doc_block(lex: &mut logos::Lexer<Raw>) -> bool {
    let rest = lex.remainder();
    let end = rest.find("```").map_or(rest.len(), |i| i + 3);
    lex.bump(end);
    true
}

fn string(lex: &mut logos::Lexer<Raw>) -> bool {
    let length = string_length(lex.source(), lex.span().start) - 1;
    lex.bump(length);
    true
}

fn raw_string(lex: &mut logos::Lexer<Raw>) -> bool {
    let rest = lex.remainder();
    let end =
        rest.find(['"', '\n']).map_or(rest.len(), |i| if rest.as_bytes()[i] == b'"' { i + 1 } else { i });
    lex.bump(end);
    true
}

/// Length in bytes of the string literal that starts at `start`, its quotes included. An unterminated single-line
/// string ends before the newline, an unterminated `"""` at the end of the text.
pub(crate) fn string_length(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let triple = text[start..].starts_with("\"\"\"");
    let mut open = false;
    let mut i = start + if triple { 3 } else { 1 };
    while i < bytes.len() {
        match bytes[i] {
            b'\\' if i + 1 < bytes.len() && (triple || bytes[i + 1] != b'\n') => {
                i += 1;
                i += text[i..].chars().next().map_or(1, char::len_utf8);
            }
            b'"' if !triple => return i + 1 - start,
            b'"' if text[i..].starts_with("\"\"\"") => return i + 3 - start,
            b'\n' if !triple => return i - start,
            // Behind one that is not closed, which is an error, no second one is looked for.
            b'{' if !open && opens_interpolation(bytes, i) => match interpolation_end(text, i, triple) {
                Some(end) => i = end,
                None => {
                    open = true;
                    i += 1;
                }
            },
            _ => i += 1,
        }
    }
    text.len() - start
}

/// `{` opens an interpolation before a letter, a digit or one of `_ ( [ -`, else it is literal text.
pub(crate) fn opens_interpolation(bytes: &[u8], brace: usize) -> bool {
    bytes.get(brace + 1).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'(' | b'[' | b'-'))
}

/// An interpolation longer than this counts as not closed, so that a text full of open ones is read in linear time.
const INTERPOLATION_MAX: usize = 1 << 14;

/// The place behind the `}` that closes the interpolation opened at `brace`; `None` if the line ends first.
pub(crate) fn interpolation_end(text: &str, brace: usize, multiline: bool) -> Option<usize> {
    // Nesting is bounded so that hostile input cannot exhaust the stack.
    fn scan(text: &str, brace: usize, multiline: bool, level: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut depth = 0usize;
        let mut i = brace;
        while i < bytes.len() {
            match bytes[i] {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(i + 1);
                    }
                }
                b'\n' if !multiline => return None,
                b'"' => {
                    if level == 16 {
                        return None;
                    }
                    i += 1;
                    loop {
                        match bytes.get(i)? {
                            b'\\' => i += 2,
                            b'"' => break,
                            b'\n' if !multiline => return None,
                            b'{' if opens_interpolation(bytes, i) => i = scan(text, i, multiline, level + 1)?,
                            _ => i += 1,
                        }
                    }
                }
                _ => {}
            }
            i += 1;
        }
        None
    }
    let mut limit = text.len().min(brace + INTERPOLATION_MAX);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    scan(&text[..limit], brace, multiline, 0).filter(|&end| text.is_char_boundary(end))
}

/// A token with its range in the lexed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: SyntaxKind,
    pub start: u32,
    pub end: u32,
}

/// All tokens of `text`, trivia included, adjacent and in order.
pub fn lex(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 2);
    each_token(text, |token| tokens.push(token));
    tokens
}

/// The same one by one: most tokens of a long text are trivia, which few keep.
pub(crate) fn each_token(text: &str, mut take: impl FnMut(Token)) {
    let mut recent = Recent::default();
    let mut fault: Option<Token> = None;
    let mut lexer = Raw::lexer(text);
    while let Some(raw) = lexer.next() {
        let range = lexer.span();
        let slice = &text[range.clone()];
        let kind = match raw {
            Ok(Raw::Whitespace | Raw::Continuation) => SyntaxKind::Whitespace,
            Ok(Raw::Newline) => SyntaxKind::Newline,
            Ok(Raw::Comment) => SyntaxKind::Comment,
            Ok(Raw::Doc) => SyntaxKind::Doc,
            Ok(Raw::Word) if is_keyword(slice) => SyntaxKind::Keyword,
            Ok(Raw::Word) => SyntaxKind::Ident,
            Ok(Raw::Int) => SyntaxKind::Int,
            Ok(Raw::Float) => SyntaxKind::Float,
            Ok(Raw::String) => SyntaxKind::String,
            Ok(Raw::Literal) => SyntaxKind::RawString,
            Ok(Raw::BytesLit) => SyntaxKind::BytesLit,
            Ok(Raw::Punct) => SyntaxKind::Punct,
            Ok(Raw::Quoted) | Err(()) => SyntaxKind::Unknown,
        };
        let token = Token { kind, start: range.start as u32, end: range.end as u32 };
        if kind == SyntaxKind::Unknown {
            // One fault per run of foreign characters.
            match &mut fault {
                Some(run) => run.end = token.end,
                None => {
                    recent.push(token);
                    fault = Some(token);
                }
            }
            continue;
        }
        fault.take().into_iter().for_each(&mut take);
        take(token);
        recent.push(token);
        if kind == SyntaxKind::Punct && slice == ":" && recent.is_role(text) {
            let rest = lexer.remainder();
            let space = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let length = role_text_length(&rest[space..]);
            lexer.bump(space + length);
            let mut at = range.end as u32;
            for (kind, length) in [(SyntaxKind::Whitespace, space), (SyntaxKind::RoleText, length)] {
                if length > 0 {
                    let token = Token { kind, start: at, end: at + length as u32 };
                    take(token);
                    recent.push(token);
                    at += length as u32;
                }
            }
        }
    }
    fault.into_iter().for_each(take);
}

/// The last tokens that are no white space, the newest first.
#[derive(Default)]
struct Recent([Option<Token>; 4]);

impl Recent {
    fn push(&mut self, token: Token) {
        if token.kind != SyntaxKind::Whitespace {
            self.0.rotate_right(1);
            self.0[0] = Some(token);
        }
    }

    /// Whether they are `role NAME:`, on a line and not a member of something.
    fn is_role(&self, text: &str) -> bool {
        let [_, Some(name), Some(word), before] = &self.0 else { return false };
        let slice = |token: &Token| &text[token.start as usize..token.end as usize];
        let member = before.as_ref().is_some_and(|token| matches!(slice(token), "." | "?."));
        name.kind == SyntaxKind::Ident && word.kind == SyntaxKind::Ident && slice(word) == "role" && !member
    }
}

/// Length in bytes of the text behind `role NAME:`: to the end of the line, less a last `end`, or to a `)` that closes
/// nothing in it.
fn role_text_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut i = 0;
    let closed = loop {
        match bytes.get(i) {
            None | Some(b'\n') => break false,
            Some(b'(') => depth += 1,
            Some(b')') => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => break true,
            },
            Some(b'{') if opens_interpolation(bytes, i) => {
                if let Some(end) = interpolation_end(text, i, false) {
                    i = end;
                    continue;
                }
            }
            Some(_) => {}
        }
        i += 1;
    };
    let line = text[..i].trim_end();
    match line.strip_suffix("end") {
        Some(rest) if !closed && (rest.is_empty() || rest.ends_with([' ', '\t'])) => rest.trim_end().len(),
        _ => line.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(SyntaxKind, &str)> {
        lex(text).iter().map(|t| (t.kind, &text[t.start as usize..t.end as usize])).collect()
    }

    #[test]
    fn every_byte_is_in_one_token() {
        for text in [
            "let x = 1..5 # c\n\"a{b(\"c\")}d\"",
            "\"open\nx",
            "é \u{1f980} $",
            "1.5e3 0xFF 1_000",
            "\"\"\"a\nb\"\"\"",
        ] {
            let tokens = lex(text);
            let mut at = 0;
            for token in &tokens {
                assert_eq!(token.start, at);
                at = token.end;
            }
            assert_eq!(at as usize, text.len());
        }
    }

    #[test]
    fn a_range_is_not_a_float() {
        use SyntaxKind::*;
        assert_eq!(kinds("1..5"), [(Int, "1"), (Punct, ".."), (Int, "5")]);
        assert_eq!(kinds("1.5"), [(Float, "1.5")]);
    }

    #[test]
    fn a_role_takes_the_rest_of_its_line() {
        use SyntaxKind::*;
        let text = |source| {
            let found = kinds(source);
            found.iter().find(|(kind, _)| *kind == RoleText).map_or("", |(_, text)| *text).to_string()
        };
        assert_eq!(text("role user: it's \"one # two\n3"), "it's \"one # two");
        assert_eq!(text("ask(role user: a (b) c {f(\")\")}), 1"), "a (b) c {f(\")\")}");
        assert_eq!(text("do role user: to the end end \r\n"), "to the end");
        assert_eq!(text("role user: send"), "send");
        assert_eq!(text("cell f(role: Int) -> Int = x.role y: 1"), "");
    }

    #[test]
    fn interpolation_holds_quotes() {
        assert_eq!(kinds(r#""a{f("x}")}b" c"#)[0].1, r#""a{f("x}")}b""#);
    }
}
