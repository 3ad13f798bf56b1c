//! What `docs/builtins.md` says of the builtins, by name.
//!
//! A section a builtin: its names with the aliases behind, its signatures, a text, an example and what that prints. The
//! page is read when somebody asks, so that a run does not pay for it.

const PAGE: &str = include_str!("../../../docs/builtins.md");

/// The section of one builtin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Documentation {
    section: &'static str,
}

impl Documentation {
    /// Its name, then the aliases.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.section.lines().next().unwrap_or_default().split('`').skip(1).step_by(2)
    }

    /// The signatures, one a line.
    pub fn signatures(self) -> &'static str {
        self.fence("```lumen skip\n")
    }

    /// What it does.
    pub fn text(self) -> &'static str {
        let behind = |marks| self.section.split_once(marks).map_or("", |(_, behind)| behind);
        let text = behind("```lumen skip\n").split_once("```\n").map_or("", |(_, text)| text);
        text.split("```").next().unwrap_or_default().trim()
    }

    /// A program that uses it.
    pub fn example(self) -> &'static str {
        self.fence("```lumen\n")
    }

    /// What the example prints.
    pub fn output(self) -> &'static str {
        self.fence("```output\n")
    }

    fn fence(self, marks: &str) -> &'static str {
        let behind = self.section.split_once(marks).map_or("", |(_, behind)| behind);
        behind
            .strip_prefix("```")
            .map_or_else(|| behind.split_once("\n```").map_or("", |(body, _)| body), |_| "")
    }
}

/// All sections, in the order of the page.
pub fn documented() -> impl Iterator<Item = Documentation> {
    PAGE.split("\n### ").skip(1).map(|part| {
        let section = part.split_once("\n## ").map_or(part, |(section, _)| section);
        Documentation { section }
    })
}

/// The section of a builtin, by its name or an alias.
pub fn documentation(name: &str) -> Option<Documentation> {
    documented().find(|section| section.names().any(|known| known == name))
}
