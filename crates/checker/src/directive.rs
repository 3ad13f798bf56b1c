//! Directives: what is said of a whole file at its head.

use syntax::Diagnostic;
use syntax::ast::{Attr, ExprKind};

use crate::checker::Checker;

/// The one edition that the language has had.
const EDITION: &str = "2026";

impl Checker<'_> {
    /// Whether the root says so.
    pub(crate) fn is_directed(&self, name: &str) -> bool {
        let module = self.program.modules.get(self.root());
        let directives = module.map_or(&[][..], |module| &module.directives);
        directives.iter().any(|directive| directive.name.text == name && !is_false(directive))
    }

    /// A directive that means nothing is an error: who wrote it counts on it.
    pub(crate) fn check_directives(&mut self) {
        for directive in self.program.modules.iter().flat_map(|module| &module.directives) {
            match directive.name.text.as_str() {
                "edition" => match text_of(directive) {
                    Some(EDITION) => {}
                    Some(other) => {
                        let message = format!("This version does not know the edition `{other}`.");
                        self.report(
                            Diagnostic::error("E0126", directive.span, message)
                                .help(format!("There is one edition: `@edition \"{EDITION}\"`.")),
                        );
                    }
                    None => self.report(
                        Diagnostic::error("E0203", directive.span, "`@edition` takes the edition's name.")
                            .help(format!("Write `@edition \"{EDITION}\"`.")),
                    ),
                },
                "feature" => {
                    let feature = match text_of(directive) {
                        Some(name) => format!("the feature `{name}`"),
                        None => "a feature of no name".to_string(),
                    };
                    self.unbuilt(directive.span, &feature);
                }
                name => {
                    if !directive.args.iter().all(|arg| matches!(arg.value.kind, ExprKind::Bool(_))) {
                        let message = format!("`@{name}` takes `true` or `false`, or nothing.");
                        self.report(
                            Diagnostic::error("E0203", directive.span, message)
                                .help("Take out what stands behind it."),
                        );
                    } else if name == "strict" && is_false(directive) {
                        self.report(
                            Diagnostic::error("E0126", directive.span, "Null is always strict.")
                                .help("Take the line out: nothing switches it off."),
                        );
                    }
                }
            }
        }
        self.doc_mode = self.is_directed("doc_mode");
    }

    /// Reports a name that nothing declares; a snippet of documentation may have such.
    pub(crate) fn unresolved(&mut self, diagnostic: Diagnostic) {
        if self.doc_mode {
            self.out.unresolved.push(diagnostic);
        } else {
            self.report(diagnostic);
        }
    }
}

fn is_false(directive: &Attr) -> bool {
    directive.args.iter().any(|arg| matches!(arg.value.kind, ExprKind::Bool(false)))
}

fn text_of(directive: &Attr) -> Option<&str> {
    match directive.args.as_slice() {
        [only] => match &only.value.kind {
            ExprKind::Str(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
