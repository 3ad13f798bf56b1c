//! Colours by meaning: what each name is, in the protocol's numbers.

use ide::{Analysis, Occurrence, Role, Symbol};
use lsp_types::{SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokensLegend};
use syntax::FileId;

use crate::place::Lines;

/// The kinds, by their number.
const TYPES: [SemanticTokenType; 9] = [
    SemanticTokenType::VARIABLE,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::STRUCT,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::ENUM,
    SemanticTokenType::ENUM_MEMBER,
    SemanticTokenType::TYPE,
    SemanticTokenType::TYPE_PARAMETER,
    SemanticTokenType::NAMESPACE,
];
const MODIFIERS: [SemanticTokenModifier; 3] = [
    SemanticTokenModifier::DECLARATION,
    SemanticTokenModifier::READONLY,
    SemanticTokenModifier::DEFAULT_LIBRARY,
];

pub fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend { token_types: TYPES.to_vec(), token_modifiers: MODIFIERS.to_vec() }
}

/// The names of a file, each as a step from the one before.
pub fn tokens(analysis: &Analysis, file: FileId, lines: &Lines<'_>) -> Vec<SemanticToken> {
    let (mut line, mut column) = (0, 0);
    let mut end = 0;
    let mut found = Vec::new();
    for occurrence in analysis.occurrences(file) {
        // Two meanings of one place, as of an imported name, are one colour.
        if occurrence.span.start < end {
            continue;
        }
        end = occurrence.span.end;
        let range = lines.range(occurrence.span);
        let (token_type, token_modifiers_bitset) = number(analysis, occurrence);
        found.push(SemanticToken {
            delta_line: range.start.line - line,
            delta_start: if range.start.line == line {
                range.start.character - column
            } else {
                range.start.character
            },
            length: range.end.character.saturating_sub(range.start.character),
            token_type,
            token_modifiers_bitset,
        });
        (line, column) = (range.start.line, range.start.character);
    }
    found
}

fn number(analysis: &Analysis, found: &Occurrence) -> (u32, u32) {
    let checked = &analysis.checked;
    let kept = |mutable: Option<bool>| if mutable == Some(false) { 2 } else { 0 };
    let (kind, of_kind) = match &found.symbol {
        Symbol::Local(id) => (0, kept(checked.locals.get(id.0 as usize).map(|local| local.mutable))),
        Symbol::Global(id) => (0, kept(checked.globals.get(id.0 as usize).map(|global| global.mutable))),
        Symbol::State(_) => (0, 0),
        Symbol::Cell(_) => (1, 0),
        Symbol::Builtin(_) => (1, 4),
        Symbol::Record(_) => (2, 0),
        Symbol::Field(..) => (3, 0),
        Symbol::Enum(_) => (4, 0),
        Symbol::Operation(_) => (1, 0),
        Symbol::Effect(_) | Symbol::Handler(_) => (2, 0),
        Symbol::Variant(..) => (5, 0),
        Symbol::Item(_) => (6, 2),
        Symbol::TypeParam(_) => (7, 0),
        Symbol::Namespace(_) => (8, 4),
        Symbol::File(_) => (8, 0),
    };
    (kind, of_kind | u32::from(found.role == Role::Definition))
}
