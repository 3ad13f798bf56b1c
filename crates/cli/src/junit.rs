//! JUnit's XML, which servers that build and test read.

/// What one file came to.
pub struct Suite {
    pub name: String,
    pub cases: Vec<Case>,
}

/// One test, or one file that is checked.
pub struct Case {
    pub name: String,
    /// What is wrong in a line, and all that is to be said of it.
    pub failure: Option<(String, String)>,
}

pub fn xml(suites: &[Suite]) -> String {
    let failures = |suite: &Suite| suite.cases.iter().filter(|case| case.failure.is_some()).count();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{}\" failures=\"{}\">\n",
        suites.iter().map(|suite| suite.cases.len()).sum::<usize>(),
        suites.iter().map(failures).sum::<usize>(),
    );
    for suite in suites {
        let name = attribute(&suite.name);
        let (tests, failed) = (suite.cases.len(), failures(suite));
        out.push_str(&format!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\">\n"));
        for case in &suite.cases {
            let head = format!("    <testcase classname=\"{name}\" name=\"{}\"", attribute(&case.name));
            match &case.failure {
                None => out.push_str(&format!("{head}/>\n")),
                Some((message, text)) => out.push_str(&format!(
                    "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                    attribute(message),
                    escaped(text),
                )),
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Without the characters that XML 1.0 has no way to write.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn attribute(text: &str) -> String {
    escaped(text).replace('\n', "&#10;").replace('\t', "&#9;")
}
