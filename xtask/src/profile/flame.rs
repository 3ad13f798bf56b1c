//! A flame graph: one box a function, as wide as the time in it and in what it called.

use super::ranking::demangled;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The functions that were open, outermost first, and how many samples found them so.
pub type Stack = (Vec<String>, u64);

/// Width of the picture and height of a line, in pixels.
const WIDTH: f64 = 1200.0;
const LINE: f64 = 16.0;
/// Narrower boxes are left out.
const NARROWEST: f64 = 0.3;
/// Size of the letters, and the width of one: of fonts of one width the widest have six tenths, and a little is left over.
const LETTER: f64 = 11.0;
const LETTER_WIDTH: f64 = 0.61 * LETTER;
/// Between the side of a box and its label.
const MARGIN: f64 = 2.0;

/// The stacks of `perf script`, outermost function first, with how often each was seen.
pub fn folded(script: &str) -> Vec<Stack> {
    let mut stacks: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for sample in script.split("\n\n") {
        let mut lines = sample.lines().filter(|line| !line.trim().is_empty());
        // The first line names the program, the others an address and a function, innermost first.
        let Some(program) = lines.next() else { continue };
        let mut stack: Vec<String> = lines
            .map(|line| line.trim().split_once(' ').map_or("[unknown]", |(_, symbol)| symbol))
            .map(demangled)
            .collect();
        if stack.is_empty() {
            continue;
        }
        stack.push(program.trim().to_owned());
        stack.reverse();
        *stacks.entry(stack).or_default() += 1;
    }
    stacks.into_iter().collect()
}

#[derive(Default)]
struct Node {
    samples: u64,
    callees: BTreeMap<String, Node>,
}

impl Node {
    fn depth(&self) -> usize {
        1 + self.callees.values().map(Node::depth).max().unwrap_or_default()
    }
}

/// The picture. It needs no script: a box says in its title what it is.
pub fn svg(stacks: &[Stack]) -> String {
    let mut root = Node::default();
    for (stack, samples) in stacks {
        root.samples += samples;
        let mut node = &mut root;
        for function in stack {
            node = node.callees.entry(function.clone()).or_default();
            node.samples += samples;
        }
    }
    let depth = root.depth().saturating_sub(1);
    let height = depth as f64 * LINE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"monospace\" \
         font-size=\"{LETTER}\">\n"
    );
    let scale = WIDTH / root.samples.max(1) as f64;
    boxes(&root, 0.0, height, scale, root.samples, &mut svg);
    svg.push_str("</svg>\n");
    svg
}

/// Draws the callees of a node from `x` on, one line above `bottom`.
fn boxes(node: &Node, mut x: f64, bottom: f64, scale: f64, total: u64, svg: &mut String) {
    for (function, callee) in &node.callees {
        let width = callee.samples as f64 * scale;
        if width >= NARROWEST {
            let y = bottom - LINE;
            // Colours by name, so that a function has the same one in every graph.
            let hue =
                function.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
                    % 50;
            let share = callee.samples as f64 * 100.0 / total.max(1) as f64;
            let name = escaped(function);
            let label = label(function, width);
            // Writing to a string does not fail.
            let _ = writeln!(
                svg,
                "<g><title>{name}: {} samples, {share:.1} %</title><rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" \
                 height=\"{}\" fill=\"hsl({hue} 80% 65%)\"/><text x=\"{:.1}\" y=\"{}\">{}</text></g>",
                callee.samples,
                LINE - 1.0,
                x + MARGIN,
                y + 12.0,
                escaped(&label)
            );
            boxes(callee, x, y, scale, total, svg);
        }
        x += width;
    }
}

/// As much of a name as fits in a box; nothing where that would say nothing.
fn label(name: &str, width: f64) -> String {
    let fits = ((width - 2.0 * MARGIN) / LETTER_WIDTH) as usize;
    match name.chars().count() {
        _ if fits < 3 => String::new(),
        count if count <= fits => name.to_owned(),
        _ => name.chars().take(fits - 1).chain(['\u{2026}']).collect(),
    }
}

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: ten letters need 67.1 of 71.1 pixels.
    #[test]
    fn a_label_stays_in_its_box() {
        assert_eq!(label("ten_letter", 71.2), "ten_letter");
        assert_eq!(label("ten_letter", 71.0), "ten_lett\u{2026}");
        assert_eq!(label("ten_letter", 24.2), "te\u{2026}");
        assert_eq!(label("ten_letter", 24.0), "");
        assert_eq!(label("é", 24.2), "é");
    }

    #[test]
    fn stacks_are_counted_from_the_outside_in() {
        let script = "counters \n\t 55 inner\n\t 54 outer\n\ncounters \n\t 56 inner\n\t 54 outer\n\ncounters \n\t 54 outer\n\n";
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let expected = [(names(&["counters", "outer"]), 1), (names(&["counters", "outer", "inner"]), 2)];
        assert_eq!(folded(script), expected);
        let svg = svg(&expected);
        assert!(svg.contains("<title>outer: 3 samples, 100.0 %</title><rect x=\"0.0\""), "{svg}");
        assert!(
            svg.contains("<title>inner: 2 samples, 66.7 %</title><rect x=\"0.0\" y=\"0\" width=\"800.0\"")
        );
    }
}
