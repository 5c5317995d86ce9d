//! What CI runners take for commands, broken up.
//!
//! Whoever can write a tag or a description in the account could otherwise steer the pipeline that prints it. GitHub
//! Actions takes a line that starts with `::`, blanks before it or not, and `##[` anywhere in a line (actions/runner,
//! `ActionCommand.cs`); Azure Pipelines takes `##vso[` and `##[` anywhere (microsoft/azure-pipelines-agent,
//! `Command.cs`); TeamCity takes `##teamcity[`. Sections of GitLab need control characters, which are escaped
//! before (`clean`).

use std::borrow::Cow;

/// How a format can say a character without changing what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Text for people, Markdown and CSV: a blank is put in between.
    Text,
    /// JSON: the first character is escaped, so the text stays the same.
    Json,
    /// XML and HTML, likewise.
    Markup,
}

impl Syntax {
    const fn hash(self) -> &'static str {
        match self {
            Self::Text => "# ",
            Self::Json => "\\u0023",
            Self::Markup => "&#35;",
        }
    }

    const fn colon(self) -> &'static str {
        match self {
            Self::Text => ": ",
            Self::Json => "\\u003a",
            Self::Markup => "&#58;",
        }
    }
}

/// The text with every command broken up. Doing it twice is doing it once.
///
/// Colours count for nothing: the stream, or whoever reads it, may take them out, and what stood around them meets.
pub fn defused(text: &str, syntax: Syntax) -> Cow<'_, str> {
    if !text.contains("##") && !text.contains("::") && !text.contains(COLOUR) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let (mut rest, mut begins) = (line, true);
        while let Some(c) = rest.chars().next() {
            if let Some((colour, behind)) = colour(rest) {
                safe.push_str(colour);
                rest = behind;
                continue;
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '#' if opens_a_command(rest) => safe.push_str(syntax.hash()),
                ':' if begins && without_colour(rest).starts_with(':') => safe.push_str(syntax.colon()),
                c => safe.push(c),
            }
            begins &= c.is_whitespace();
        }
    }
    Cow::Owned(safe)
}

/// Whether what follows a `#` makes a command of it: another one, and a bracket or a word at once.
fn opens_a_command(rest: &str) -> bool {
    let second = without_colour(rest).strip_prefix('#').map(without_colour);
    second.is_some_and(|rest| rest.starts_with(|c: char| c == '[' || c.is_ascii_alphabetic()))
}

/// How a sequence begins that sets a colour.
const COLOUR: &str = "\u{1b}[";

/// The colour that a text begins with, and the rest.
fn colour(text: &str) -> Option<(&str, &str)> {
    let numbers = text.strip_prefix(COLOUR)?;
    let behind = numbers.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m')?;
    text.split_at_checked(text.len() - behind.len())
}

/// What follows the colours that a text begins with.
fn without_colour(mut text: &str) -> &str {
    while let Some((_, behind)) = colour(text) {
        text = behind;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a runner would take a line for a command, as the three parse it.
    fn is_command(line: &str) -> bool {
        let lower = line.to_lowercase();
        line.trim_start().starts_with("::")
            || ["##[", "##vso[", "##teamcity["].iter().any(|open| lower.contains(open))
    }

    const COMMANDS: [&str; 8] = [
        "::add-mask::a",
        "  ::set-output name=approved::true",
        "\t::error::x",
        "rule ##[set-output name=a;]b",
        "##vso[task.prependpath]x",
        "a ##VSO[task.setvariable variable=a]b",
        "##teamcity[buildStatus text='ok']",
        "###[group]x\n::endgroup::",
    ];

    #[test]
    fn no_line_is_a_command_any_more() {
        let mut tried = 0;
        for command in COMMANDS {
            assert!(command.lines().any(is_command), "{command}");
            for syntax in [Syntax::Text, Syntax::Json, Syntax::Markup] {
                let safe = defused(command, syntax);
                assert!(!safe.lines().any(is_command), "{syntax:?}: {safe}");
                assert_eq!(defused(&safe, syntax), safe);
                tried += 1;
            }
        }
        crate::tried::counted("runners", &format!("{tried} texts"));
    }

    #[test]
    fn a_colour_in_between_hides_no_command_and_stays() {
        for (styled, safe) in [
            ("\u{1b}[1m::error::x\u{1b}[0m", "\u{1b}[1m: :error::x\u{1b}[0m"),
            (" \u{1b}[1m\u{1b}[38;5;9m:\u{1b}[0m:error::x", " \u{1b}[1m\u{1b}[38;5;9m: \u{1b}[0m:error::x"),
            ("a #\u{1b}[1m#[error]x", "a # \u{1b}[1m#[error]x"),
            ("a ##\u{1b}[m\u{1b}[1mvso[a]x", "a # #\u{1b}[m\u{1b}[1mvso[a]x"),
        ] {
            let plain = |text: &str| anstream::adapter::strip_str(text).to_string();
            assert!(is_command(&plain(styled)), "{styled:?}");
            assert_eq!(defused(styled, Syntax::Text), safe);
            assert!(!is_command(&plain(safe)), "{safe:?}");
        }
        for text in ["\u{1b}[1mbold\u{1b}[0m", "a\u{1b}[1m::b", "\u{1b}[", "\u{1b}[1", "\u{1b}[2J::"] {
            assert_eq!(defused(text, Syntax::Text), text);
        }
    }

    #[test]
    fn json_still_means_the_same() {
        for command in COMMANDS {
            let json = serde_json::to_string(command).unwrap();
            let read: String = serde_json::from_str(&defused(&json, Syntax::Json)).unwrap();
            assert_eq!(read, command);
        }
    }

    #[test]
    fn what_is_no_command_stays() {
        for text in
            ["arn:aws:iam::123456789012:role/web", "## Changes\n\n### More", "a::b", "2001:db8::1", "#1"]
        {
            assert_eq!(defused(text, Syntax::Text), text);
        }
    }
}
