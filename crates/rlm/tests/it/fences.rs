//! The code of a reply. Expectations by hand from the rule: all blocks marked `python`, in order, as one cell.

use rlm::python_blocks;

fn blocks(reply: &str) -> Option<String> {
    python_blocks(reply, false)
}

#[test]
fn all_python_blocks_are_one_cell() {
    assert_eq!(blocks("```python\nx = 1\n```"), Some("x = 1".into()));
    assert_eq!(
        blocks("First\n```python\nx = 1\n```\nthen\n```Python title=\"b\"\n\ny = 2\n```\nend"),
        Some("x = 1\n\ny = 2".into())
    );
    // Other languages and bare fences are prose, and so is what they hold.
    assert_eq!(blocks("```\nx = 1\n```\n```json\n{}\n```\n```py\nz\n```"), None);
    assert_eq!(blocks("```json\n{}\n```\n```python\ny\n```"), Some("y".into()));
    assert_eq!(blocks("x = 1"), None);
    assert_eq!(blocks("```python\n\n   \n```"), None);
}

#[test]
fn a_fence_ends_at_one_as_long() {
    // CommonMark: the closing fence is at least as long as the opening one and has no info string.
    let inner = "````python\ntext = \"\"\"\n```\nnot the end\n```\n\"\"\"\n````";
    assert_eq!(blocks(inner), Some("text = \"\"\"\n```\nnot the end\n```\n\"\"\"".into()));
    assert_eq!(blocks("```python\na\n````\nb"), Some("a".into()));
    assert_eq!(blocks("```python\na\n```python\nb\n```"), Some("a\n```python\nb".into()));
}

#[test]
fn a_block_that_the_reply_ends_counts_unless_the_reply_was_cut() {
    assert_eq!(python_blocks("```python\nx = 1", false), Some("x = 1".into()));
    assert_eq!(python_blocks("```python\nx = 1", true), None);
    assert_eq!(python_blocks("```python\nx\n```\n```python\nhalf", true), Some("x".into()));
}
