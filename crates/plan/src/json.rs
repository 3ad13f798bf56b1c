//! Whether bytes are JSON (RFC 8259), without building a value: an intent's body is kept as it came.

/// Checks one JSON text of at most `depth_max` nested arrays and objects.
///
/// # Errors
/// The offset of the first byte that cannot stand there.
pub(crate) fn validate(bytes: &[u8], depth_max: usize) -> Result<(), usize> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(error.valid_up_to());
    }
    let mut text = Text { bytes, at: 0 };
    // What each open bracket expects to be closed with. An explicit stack: depth is the input's choice.
    let mut open: Vec<u8> = Vec::new();
    loop {
        text.space();
        match text.peek() {
            Some(bracket @ (b'[' | b'{')) => {
                if open.len() == depth_max {
                    return Err(text.at);
                }
                text.at += 1;
                text.space();
                let close = if bracket == b'[' { b']' } else { b'}' };
                if text.peek() == Some(close) {
                    text.at += 1;
                } else {
                    open.push(close);
                    text.key_in(close)?;
                    continue;
                }
            }
            Some(b'"') => text.string()?,
            Some(b'-' | b'0'..=b'9') => text.number()?,
            Some(b't') => text.literal(b"true")?,
            Some(b'f') => text.literal(b"false")?,
            Some(b'n') => text.literal(b"null")?,
            _ => return Err(text.at),
        }
        // A value ended: close what it ends, then another follows or the text is over.
        loop {
            text.space();
            let Some(close) = open.last().copied() else {
                return if text.at == bytes.len() { Ok(()) } else { Err(text.at) };
            };
            match text.peek() {
                Some(b',') => {
                    text.at += 1;
                    text.key_in(close)?;
                    break;
                }
                Some(byte) if byte == close => {
                    text.at += 1;
                    open.pop();
                }
                _ => return Err(text.at),
            }
        }
    }
}

struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Text<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), usize> {
        if self.peek() != Some(byte) {
            return Err(self.at);
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), usize> {
        word.iter().try_for_each(|byte| self.expect(*byte))
    }

    /// In an object, the key and colon before a value.
    fn key_in(&mut self, close: u8) -> Result<(), usize> {
        if close == b'}' {
            self.space();
            self.string()?;
            self.space();
            self.expect(b':')?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), usize> {
        self.expect(b'"')?;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        Some(b'u') => {
                            self.at += 1;
                            for _ in 0..4 {
                                if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                                    return Err(self.at);
                                }
                                self.at += 1;
                            }
                        }
                        _ => return Err(self.at),
                    }
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.at),
            }
        }
    }

    fn number(&mut self) -> Result<(), usize> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.at) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::validate;

    /// Expected values: RFC 8259, by its grammar.
    #[test]
    fn accepts_json_and_nothing_else() {
        let good = [
            "0",
            "-0.5e+10",
            "[]",
            "{}",
            " [1 , {\"a\":null,\"a\":[true,false]}]\n",
            "\"\\u00e9\\n\u{1F980}\"",
            "123456789012345678901234567890",
            "\"\\ud800\"",
        ];
        for text in good {
            assert_eq!(validate(text.as_bytes(), 64), Ok(()), "{text}");
        }
        let bad = [
            ("", 0),
            ("01", 1),
            ("-", 1),
            ("1.", 2),
            ("1e", 2),
            ("[1,]", 3),
            ("{\"a\"}", 4),
            ("{a:1}", 1),
            ("[1", 2),
            ("nul", 3),
            ("\"\t\"", 1),
            ("\"\\x\"", 2),
            ("\"\\u12g4\"", 5),
            ("1 2", 2),
            ("[}", 1),
            ("\"", 1),
            ("{\"a\":}", 5),
            ("[1}", 2),
            ("\u{feff}1", 0),
            ("NaN", 0),
            ("+1", 0),
        ];
        for (text, offset) in bad {
            assert_eq!(validate(text.as_bytes(), 64), Err(offset), "{text}");
        }
        assert_eq!(validate(b"[\"\xff\"]", 64), Err(2));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert_eq!(validate(&nested(64), 64), Ok(()));
        assert_eq!(validate(&nested(65), 64), Err(64));
    }
}
