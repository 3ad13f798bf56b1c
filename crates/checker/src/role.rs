//! `role NAME: text`: a message to a model.

use syntax::ast::{Expr, Name, TemplatePart};
use syntax::{Applicability, Diagnostic, Edit, Span};

use crate::Type;
use crate::checker::{Checker, Def};

impl<'a> Checker<'a> {
    /// The message as a value.
    pub(crate) fn role(&mut self, parts: &'a [TemplatePart], text: Span) -> Type {
        if let [TemplatePart::Text(only)] = parts {
            self.check_bare_name(only, text);
        }
        self.template(parts);
        Type::message()
    }

    /// As a statement it joins the prompt of the next model call.
    pub(crate) fn role_statement(&mut self, e: &'a Expr, role: &Name, parts: &'a [TemplatePart], text: Span) {
        self.role(parts, text);
        self.set_type(e.id, Type::Null);
        self.join_prompt(e.id, &role.text, e.span);
    }

    /// A text that reads like a variable is mostly meant as its value.
    fn check_bare_name(&mut self, text: &str, span: Span) {
        let variable = self.find_local(text).is_some()
            || self.find(text).is_some_and(|entry| matches!(entry.def, Def::Global(_) | Def::Const(_)));
        if !variable {
            return;
        }
        self.warn(
            Diagnostic::warning(
                "W0132",
                span,
                format!("This text is `{text}` itself, not the variable's value."),
            )
            .help(format!("Write `{{{text}}}` for the value, or more than the word if that is meant."))
            .fix(
                format!("write `{{{text}}}`"),
                Applicability::Maybe,
                vec![Edit { span, text: format!("{{{text}}}") }],
            ),
        );
    }
}
