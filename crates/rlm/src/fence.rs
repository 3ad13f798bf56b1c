//! The code of a reply.

/// All fenced `python` blocks of a reply as one cell; nothing where there is none.
///
/// A block that the end of the reply closes counts as well: many models stop there. Where the reply was cut it does
/// not, since its last line may be half of one.
#[must_use]
pub fn python_blocks(reply: &str, cut: bool) -> Option<String> {
    let mut blocks: Vec<String> = Vec::new();
    // The length of the open fence, whether it is Python, what it has so far.
    let mut open: Option<(usize, bool, Vec<&str>)> = None;
    for line in reply.lines() {
        let trimmed = line.trim_start();
        let ticks = trimmed.chars().take_while(|c| *c == '`').count();
        let info = trimmed.trim_start_matches('`').trim();
        match &mut open {
            None if ticks >= 3 && !info.contains('`') => {
                let python =
                    info.split_whitespace().next().is_some_and(|tag| tag.eq_ignore_ascii_case("python"));
                open = Some((ticks, python, Vec::new()));
            }
            None => {}
            Some((length, python, lines)) if ticks >= *length && info.is_empty() => {
                if *python {
                    blocks.push(lines.join("\n"));
                }
                open = None;
            }
            Some((_, _, lines)) => lines.push(line),
        }
    }
    if let Some((_, true, lines)) = open
        && !cut
    {
        blocks.push(lines.join("\n"));
    }
    blocks.retain(|block| !block.trim().is_empty());
    if blocks.is_empty() { None } else { Some(blocks.join("\n")) }
}
