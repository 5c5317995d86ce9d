//! Text that others wrote, made safe to show.
//!
//! Names, tags, policies and error messages come from AWS and so from whoever can write there. On a
//! terminal a control character can repaint what a person decides on; in Markdown a backtick can open
//! HTML. Everything that is shown goes through here first: `shown` sees to it.

/// How long a value may be before its middle is of no use to a reader, in characters.
pub const LONGEST: usize = 400;

/// How much of what two cut values share is shown before their first difference, in characters.
const LEAD: usize = 40;

/// One line of text: everything invisible or active becomes a visible escape.
///
/// Line ends become `\n` and tabs `\t`; other control characters, text direction marks and characters
/// without width become `\u{...}`. Cleaning twice is cleaning once.
pub fn line(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => clean.push_str("\\n"),
            '\r' => clean.push_str("\\r"),
            '\t' => clean.push_str("\\t"),
            c if is_treacherous(c) => clean.extend(c.escape_unicode()),
            c => clean.push(c),
        }
    }
    clean
}

/// A line of at most `longest` characters; a longer one is cut and says how long it was.
pub fn cut(text: &str, longest: usize) -> String {
    window(text, 0, longest)
}

/// Two lines to compare; where they are long, both are cut around their first difference.
pub fn cut_both(before: &str, after: &str, longest: usize) -> (String, String) {
    if before.chars().count() <= longest && after.chars().count() <= longest {
        return (line(before), line(after));
    }
    let shared = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
    let start = if shared < longest { 0 } else { shared - LEAD.min(shared) };
    (window(before, start, longest), window(after, start, longest))
}

/// A Markdown code span: nothing inside it is a link, a mention, HTML or formatting.
///
/// The fence is longer than any run of backticks inside. A pipe would still end a table's cell, so
/// callers put no code span into a table.
pub fn code(text: &str) -> String {
    let text = cut(text, LONGEST);
    let text = if text.trim().is_empty() { "(empty)".to_owned() } else { text };
    let fence = "`".repeat(longest_run(&text) + 1);
    // CommonMark strips one space on each side, so a backtick at the edge needs one.
    let edge = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{edge}{text}{edge}{fence}")
}

/// A fence of at least three backticks that none of the lines can close.
pub fn fence<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let longest = lines.into_iter().map(longest_run).max().unwrap_or_default();
    "`".repeat((longest + 1).max(3))
}

/// JSON text in which every treacherous character is escaped; it still means the same.
///
/// `serde_json` escapes only what JSON demands, and JSON is read on terminals too.
pub fn json(text: &str) -> String {
    use std::fmt::Write as _;
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_treacherous(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _never_fails_on_a_string = write!(clean, "\\u{unit:04x}");
            }
        } else {
            clean.push(c);
        }
    }
    clean
}

/// A cell that no spreadsheet takes for a formula; names in AWS may begin with any of these.
///
/// Where `;` separates columns, as in much of Europe, what follows one is a cell of its own: the quotes around the
/// whole count for nothing there, because they do not stand at the beginning of that cell.
pub(super) fn cell(text: &str) -> String {
    let mut inert = String::with_capacity(text.len() + 1);
    let mut begins = true;
    for c in line(text).chars() {
        if begins
            && matches!(
                c,
                '=' | '+' | '-' | '@' | '|' | '%' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
            )
        {
            inert.push('\'');
        }
        begins = c == ';' || (begins && (c.is_whitespace() || c == '"'));
        inert.push(c);
    }
    inert
}

fn window(text: &str, start: usize, longest: usize) -> String {
    let length = text.chars().count();
    if start == 0 && length <= longest {
        return line(text);
    }
    let shown: String = text.chars().skip(start).take(longest).collect();
    let lead = if start > 0 { "..." } else { "" };
    let rest = if start + longest < length { "..." } else { "" };
    format!("{lead}{}{rest} ({length} characters)", line(&shown))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Whether a character acts on a terminal, turns the direction of text or cannot be seen.
///
/// Control characters (C0, DEL, C1), and what Unicode lists as bidirectional controls
/// (<https://www.unicode.org/reports/tr9/>) and default ignorable code points (DerivedCoreProperties).
pub(super) fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escape_sequence_is_shown_and_not_obeyed() {
        assert_eq!(line("\u{1b}[2Jgone\u{9b}31m"), "\\u{1b}[2Jgone\\u{9b}31m");
        assert_eq!(line("\u{1b}]0;title\u{7}"), "\\u{1b}]0;title\\u{7}");
        assert_eq!(line("a\r\nb\tc"), "a\\r\\nb\\tc");
    }

    #[test]
    fn text_cannot_be_turned_around_or_hidden() {
        assert_eq!(line("a\u{202e}b\u{2066}c\u{200b}d"), "a\\u{202e}b\\u{2066}c\\u{200b}d");
        assert_eq!(line("Zürich 東京"), "Zürich 東京");
    }

    #[test]
    fn long_values_are_cut_and_say_how_long_they_are() {
        assert_eq!(cut(&"x".repeat(12), 5), "xxxxx... (12 characters)");
        assert_eq!(cut("short", 5), "short");
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=HYPERLINK(\"https://evil.example\")"), "'=HYPERLINK(\"https://evil.example\")");
        assert_eq!(cell("  @SUM(A1)"), "  '@SUM(A1)");
        assert_eq!(cell("x;=cmd|' /C calc'!A0"), "x;'=cmd|' /C calc'!A0");
        assert_eq!(cell("a;b; \";\" -1;=1"), "a;b; \";\" '-1;'=1");
        assert_eq!(cell("user"), "user");
        assert_eq!(cell("a-b=c, -d"), "a-b=c, -d");
    }

    #[test]
    fn two_long_values_show_where_they_differ() {
        let (before, after) =
            cut_both(&format!("{}a", "x".repeat(500)), &format!("{}b", "x".repeat(500)), 100);
        assert!(before.ends_with("xa (501 characters)") && after.ends_with("xb (501 characters)"));
    }

    proptest! {
        #[test]
        fn no_character_that_acts_survives(text in any::<String>()) {
            let clean = line(&text);
            prop_assert!(!clean.chars().any(is_treacherous));
            prop_assert_eq!(line(&clean), clean);
        }

        #[test]
        fn a_code_span_cannot_be_left(text in "[`a<|@ \\n\u{1b}]{0,30}") {
            let span = code(&text);
            let fence = span.len() - span.trim_start_matches('`').len();
            let inside = &span[fence..span.len() - fence];
            prop_assert!(!inside.contains('\n'));
            prop_assert!(inside.split(|c| c != '`').all(|run| run.len() != fence));
            prop_assert!(!inside.starts_with('`') && !inside.ends_with('`'));
        }

        #[test]
        fn cleaned_json_means_the_same(text in any::<String>()) {
            let encoded = serde_json::to_string(&text).unwrap();
            let clean = json(&encoded);
            prop_assert!(!clean.chars().any(is_treacherous));
            prop_assert_eq!(serde_json::from_str::<String>(&clean).unwrap(), text);
        }
    }
}
