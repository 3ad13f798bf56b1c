//! Text, spans, diagnostics, lexer, lossless tree with recovery, formatter and Markdown documents.
