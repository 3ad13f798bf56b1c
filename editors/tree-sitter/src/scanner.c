// Says where a newline ends a statement, and where a string's text ends.
//
// A newline counts where the grammar has a place for it, unless the next line goes on with this one. What a line begins
// decides for arms, clauses and grants: they end no earlier than where the next one starts.

#include "tree_sitter/parser.h"

#include <string.h>

#include "keywords.h"

enum Token {
    NEWLINE,
    ARM_NEWLINE,
    CLAUSE_NEWLINE,
    GRANT_NEWLINE,
    SAME_LINE,
    ELSE_IF,
    STRING_TEXT,
    TRIPLE_TEXT,
    ROLE_TEXT,
    ERROR_RECOVERY,
};

// The longest word that decides anything is shorter.
#define WORD_MAX 16

static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f'; }
static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static bool is_word_start(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_word(int32_t c) { return is_word_start(c) || is_digit(c); }
// Behind a brace.
static bool opens_interpolation(int32_t c) { return is_word(c) || c == '(' || c == '[' || c == '-'; }

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static void read_word(TSLexer *lexer, char *word) {
    unsigned length = 0;
    while (is_word(lexer->lookahead)) {
        if (length < WORD_MAX) word[length++] = (char)lexer->lookahead;
        advance(lexer);
    }
    word[length] = 0;
}

static bool is_one_of(const char *word, const char *const *words, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) return true;
    }
    return false;
}

#define ONE_OF(word, words) is_one_of(word, words, sizeof(words) / sizeof(*(words)))

// Takes white space, newlines and comments.
static void skip_trivia(TSLexer *lexer) {
    for (;;) {
        if (is_blank(lexer->lookahead) || lexer->lookahead == '\n') {
            advance(lexer);
        } else if (lexer->lookahead == '#') {
            while (lexer->lookahead != '\n' && !lexer->eof(lexer)) advance(lexer);
        } else {
            return;
        }
    }
}

static void skip_string(TSLexer *lexer) {
    advance(lexer);
    while (lexer->lookahead != '"' && lexer->lookahead != '\n' && !lexer->eof(lexer)) {
        if (lexer->lookahead == '\\') advance(lexer);
        advance(lexer);
    }
    if (lexer->lookahead == '"') advance(lexer);
}

// Words that go on with the line above.
static bool goes_on_with(const char *word) { return strcmp(word, "and") == 0 || strcmp(word, "or") == 0; }

// Whether an arm starts here: only what patterns are made of stands before `->` or `if`.
static bool arm_ahead(TSLexer *lexer, bool *goes_on) {
    static const char *const IN_PATTERNS[] = {"as", "true", "false", "null"};
    unsigned depth = 0;
    for (bool first = true;; first = false) {
        while (is_blank(lexer->lookahead)) advance(lexer);
        if (depth > 0) skip_trivia(lexer);
        if (lexer->eof(lexer)) return false;
        int32_t c = lexer->lookahead;
        if (is_word_start(c)) {
            char word[WORD_MAX + 1];
            read_word(lexer, word);
            if (first) *goes_on = goes_on_with(word);
            if (strcmp(word, "if") == 0) return depth == 0 && !first;
            if (ONE_OF(word, KEYWORDS) && !ONE_OF(word, IN_PATTERNS)) return false;
        } else if (is_digit(c)) {
            while (is_word(lexer->lookahead)) advance(lexer);
        } else if (c == '"') {
            skip_string(lexer);
        } else if (c == '-') {
            advance(lexer);
            if (lexer->lookahead == '>') {
                if (depth == 0) return !first;
                return false;
            }
            if (lexer->lookahead == '=') return false;
        } else if (c == '(' || c == '[') {
            depth++;
            advance(lexer);
        } else if (c == ')' || c == ']') {
            if (depth == 0) return false;
            depth--;
            advance(lexer);
        } else if (c == '.' || c == ',' || c == ':' || c == '?' || c == '|' || c == '=') {
            advance(lexer);
            // `=` stands in `..=` alone, `|` never in `|>`.
            if (c == '|' && (lexer->lookahead == '>' || lexer->lookahead == '=')) return false;
            if (c == '.') {
                while (lexer->lookahead == '.') advance(lexer);
                if (lexer->lookahead == '=') advance(lexer);
            }
            if (c == '=') return false;
        } else {
            return false;
        }
    }
}

// Whether a clause starts here: `path(...) =>`.
static bool clause_ahead(TSLexer *lexer, bool *goes_on) {
    for (bool first = true;; first = false) {
        if (!is_word_start(lexer->lookahead)) return false;
        char word[WORD_MAX + 1];
        read_word(lexer, word);
        if (first) *goes_on = goes_on_with(word);
        if (lexer->lookahead != '.') break;
        advance(lexer);
    }
    while (is_blank(lexer->lookahead)) advance(lexer);
    if (lexer->lookahead != '(') return false;
    unsigned depth = 0;
    do {
        int32_t c = lexer->lookahead;
        if (lexer->eof(lexer)) return false;
        if (c == '"') {
            skip_string(lexer);
            continue;
        }
        if (c == '(' || c == '[' || c == '{') depth++;
        if (c == ')' || c == ']' || c == '}') depth--;
        advance(lexer);
    } while (depth > 0);
    while (is_blank(lexer->lookahead)) advance(lexer);
    if (lexer->lookahead != '=') return false;
    advance(lexer);
    return lexer->lookahead == '>';
}

// Whether a key of a grant and its value stand here; `word` is read.
static bool grant_key_ahead(TSLexer *lexer, const char *word) {
    if (strcmp(word, "test") == 0 || ONE_OF(word, KEYWORDS)) return false;
    while (is_blank(lexer->lookahead)) advance(lexer);
    int32_t c = lexer->lookahead;
    if (c == '"' || c == '[' || is_digit(c)) return true;
    char value[WORD_MAX + 1];
    read_word(lexer, value);
    return strcmp(value, "true") == 0 || strcmp(value, "false") == 0
        || (strcmp(value, "r") == 0 && lexer->lookahead == '"');
}

// A newline stands here that the grammar has a place for.
static bool scan_newline(TSLexer *lexer, const bool *valid) {
    advance(lexer);
    lexer->mark_end(lexer);
    skip_trivia(lexer);
    int32_t c = lexer->lookahead;
    lexer->result_symbol = NEWLINE;
    if (c == '|' || c == '~' || c == '.' || c == '?' || (c == '-' && !valid[ARM_NEWLINE])) {
        advance(lexer);
        int32_t next = lexer->lookahead;
        if ((c == '|' || c == '~' || c == '-') && next == '>') return false;
        if (c == '.' && next != '.') return false;
        if (c == '?' && (next == '.' || next == '?')) return false;
        return valid[NEWLINE];
    }
    if (valid[ARM_NEWLINE]) {
        bool goes_on = false;
        if (arm_ahead(lexer, &goes_on)) {
            lexer->result_symbol = ARM_NEWLINE;
            return true;
        }
        return valid[NEWLINE] && !goes_on;
    }
    if (valid[CLAUSE_NEWLINE]) {
        bool goes_on = false;
        if (clause_ahead(lexer, &goes_on)) {
            lexer->result_symbol = CLAUSE_NEWLINE;
            return true;
        }
        return valid[NEWLINE] && !goes_on;
    }
    if (is_word_start(c)) {
        char word[WORD_MAX + 1];
        read_word(lexer, word);
        if (goes_on_with(word)) return false;
        if (valid[GRANT_NEWLINE] && grant_key_ahead(lexer, word)) {
            lexer->result_symbol = GRANT_NEWLINE;
            return true;
        }
    }
    return valid[NEWLINE];
}

// Text up to the closing quotes, an escape, or a brace that opens an interpolation: one before a letter, a digit or one
// of `_ ( [ -`.
static bool scan_text(TSLexer *lexer, bool triple) {
    bool any = false;
    lexer->result_symbol = triple ? TRIPLE_TEXT : STRING_TEXT;
    for (;; any = true) {
        lexer->mark_end(lexer);
        int32_t c = lexer->lookahead;
        if (lexer->eof(lexer) || c == '\\' || (c == '\n' && !triple)) return any;
        if (c == '"') {
            if (!triple) return any;
            advance(lexer);
            if (lexer->lookahead != '"') continue;
            advance(lexer);
            if (lexer->lookahead == '"') return any;
        } else if (c == '{') {
            advance(lexer);
            c = lexer->lookahead;
            if (opens_interpolation(c)) return any;
        } else {
            advance(lexer);
        }
    }
}

// An interpolation, up to the brace that closes it or the end of the line.
static void skip_interpolation(TSLexer *lexer) {
    unsigned depth = 1;
    while (depth > 0 && lexer->lookahead != '\n' && !lexer->eof(lexer)) {
        int32_t c = lexer->lookahead;
        if (c == '"') {
            skip_string(lexer);
            continue;
        }
        if (c == '(' || c == '[' || c == '{') depth++;
        if (c == ')' || c == ']' || c == '}') depth--;
        advance(lexer);
    }
}

// A message: up to the end of the line, less a last `end`, or up to a `)` that closes nothing in it.
static bool scan_role_text(TSLexer *lexer) {
    unsigned depth = 0;
    bool any = false, after_blank = true;
    while (is_blank(lexer->lookahead)) lexer->advance(lexer, true);
    lexer->mark_end(lexer);
    lexer->result_symbol = ROLE_TEXT;
    while (lexer->lookahead != '\n' && !lexer->eof(lexer)) {
        int32_t c = lexer->lookahead;
        if (is_blank(c)) {
            after_blank = true;
            advance(lexer);
            continue;
        }
        if (c == ')' && depth == 0) return any;
        if (is_word_start(c)) {
            char word[WORD_MAX + 1];
            read_word(lexer, word);
            if (after_blank && strcmp(word, "end") == 0) {
                while (is_blank(lexer->lookahead)) advance(lexer);
                if (lexer->lookahead == '\n' || lexer->eof(lexer)) return any;
                // A word of the text, with the blank behind it: what follows can still be the last `end`.
                lexer->mark_end(lexer);
                after_blank = true;
                any = true;
                continue;
            }
        } else {
            if (c == '(') depth++;
            if (c == ')') depth--;
            advance(lexer);
            if (c == '{' && opens_interpolation(lexer->lookahead)) skip_interpolation(lexer);
        }
        after_blank = false;
        any = true;
        lexer->mark_end(lexer);
    }
    return any;
}

void *tree_sitter_lumen_external_scanner_create(void) { return NULL; }
void tree_sitter_lumen_external_scanner_destroy(void *state) { (void)state; }
unsigned tree_sitter_lumen_external_scanner_serialize(void *state, char *buffer) {
    (void)state;
    (void)buffer;
    return 0;
}
void tree_sitter_lumen_external_scanner_deserialize(void *state, const char *buffer, unsigned length) {
    (void)state;
    (void)buffer;
    (void)length;
}

bool tree_sitter_lumen_external_scanner_scan(void *state, TSLexer *lexer, const bool *valid) {
    (void)state;
    // All are valid at once only where the parser looks for its way back.
    if (valid[ERROR_RECOVERY]) return false;
    if (valid[STRING_TEXT] || valid[TRIPLE_TEXT]) return scan_text(lexer, valid[TRIPLE_TEXT]);

    if (valid[ROLE_TEXT]) return scan_role_text(lexer);

    bool newline = valid[NEWLINE] || valid[ARM_NEWLINE] || valid[CLAUSE_NEWLINE] || valid[GRANT_NEWLINE];
    while (is_blank(lexer->lookahead) || (lexer->lookahead == '\n' && !newline)) lexer->advance(lexer, true);
    if (lexer->lookahead == '\n') return scan_newline(lexer, valid);

    if (!valid[ELSE_IF] && !valid[SAME_LINE]) return false;
    lexer->mark_end(lexer);
    int32_t c = lexer->lookahead;
    if (valid[SAME_LINE] && (c == '"' || is_digit(c))) {
        lexer->result_symbol = SAME_LINE;
        return true;
    }
    if (!is_word_start(c)) return false;
    char word[WORD_MAX + 1];
    read_word(lexer, word);
    if (valid[ELSE_IF] && strcmp(word, "else") == 0) {
        while (lexer->lookahead == ' ' || lexer->lookahead == '\t') advance(lexer);
        read_word(lexer, word);
        lexer->mark_end(lexer);
        lexer->result_symbol = ELSE_IF;
        return strcmp(word, "if") == 0;
    }
    static const char *const GOES_ON[] = {
        "and", "or", "not", "in", "is", "as", "do", "then", "if", "else", "elif", "end", "where", "with", "expect",
    };
    lexer->result_symbol = SAME_LINE;
    return valid[SAME_LINE] && !ONE_OF(word, GOES_ON);
}
