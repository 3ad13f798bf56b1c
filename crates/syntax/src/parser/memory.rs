//! `memory NAME: T … end`: entries in their order and values under keys, each of type T, String where none is said.

use super::Parser;
use super::made::hidden;
use crate::ast::*;

/// The cells of a memory whose entries have the type `made__T`. `upsert` is a keyword, so it is named afterwards.
const CELLS: &str = "record Made
  made__entries: made__Process[list[made__T]] = made__process()
  made__values: made__Process[map[String, made__T]] = made__process()
  cell append(self, entry: made__T) -> Null = made__append(self.made__entries, entry)
  cell remember(self, entry: made__T) -> Null = made__append(self.made__entries, entry)
  cell recent(self, n: Int = 10) -> list[made__T] = made__recent(self.made__entries, n)
  cell recall(self, q: String, n: Int = 5) -> list[made__T] = made__recall(self.made__entries, q, n)
  cell store(self, key: String, value: made__T) -> Null = made__store(self.made__values, key, value)
  cell made__upsert(self, key: String, value: made__T) -> Null = made__store(self.made__values, key, value)
  cell get(self, key: String) -> made__T? = made__get(self.made__values, key)
  cell query(self, q: String = \"\") -> list[made__T] = made__query(self.made__values, q)
end
";

impl Parser<'_> {
    pub(super) fn memory(&mut self) -> Record {
        let opener = self.at;
        self.bump();
        let name = self.name("the memory's name");
        let of = (self.at(":") && !self.at_line_start()).then(|| {
            self.bump();
            self.type_expr()
        });
        let (mut cells, mut grants) = (Vec::new(), Vec::new());
        self.members(opener, "memory", |p| {
            p.statement_at = Some(p.at);
            match p.cell_ahead() {
                true => cells.push(p.item()),
                false => p.no_part(Some(&mut grants), "A memory", &[], "cells and grants"),
            }
        });
        let place = name.span.at_start();
        let entry = hidden(&format!("T{}", name.text));
        let text = CELLS.replace("made__T", &format!("made__T{}", name.text));
        let mut fields = Vec::new();
        if let Some(Item { kind: ItemKind::Record(made), .. }) = self.declarations(&text, place).pop() {
            fields = made.fields;
            cells.splice(0..0, made.cells.into_iter().map(named));
        }
        let at = |text: &str| Name { text: text.to_string(), span: place };
        let ty = of.unwrap_or_else(|| {
            let path = Path { parts: vec![at("String")], span: place };
            TypeExpr { id: self.id(), span: place, kind: TypeExprKind::Path { path, args: Vec::new() } }
        });
        let alias = TypeAlias { name: at(&entry), type_params: Vec::new(), ty, constraint: None };
        let item = Item {
            id: self.id(),
            span: place,
            fence: self.fence,
            attrs: Box::default(),
            public: false,
            kind: ItemKind::TypeAlias(Box::new(alias)),
        };
        self.made.push(item);
        Record { fields, cells, grants, process: true, ..Record::empty(name) }
    }
}

/// Names `upsert`.
fn named(mut item: Item) -> Item {
    if let ItemKind::Cell(cell) = &mut item.kind
        && let Some(name) = cell.sig.name.parts.first_mut()
        && name.text == hidden("upsert")
    {
        name.text = "upsert".to_string();
    }
    item
}
