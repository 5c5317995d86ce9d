//! Text with wildcards and variables, as policies write it.

use super::context::{Context, Known, Truth};

/// Whether text fits a pattern with `*` and `?`.
pub fn glob(pattern: &str, text: &str) -> bool {
    if pattern.is_ascii() && text.is_ascii() {
        return fits_ascii(pattern, text);
    }
    let pattern: Vec<Token> = pattern
        .chars()
        .map(|c| match c {
            '*' => Token::Any,
            '?' => Token::One,
            c => Token::Char(c),
        })
        .collect();
    fits(&pattern, &text.chars().collect::<Vec<_>>())
}

/// Whether an action fits a pattern of actions, which ignore case. Nothing is copied: whoever looks at a whole account asks this
/// millions of times.
pub fn fits_action(pattern: &str, action: &str) -> bool {
    let takes_one = |token: &u8, byte: &u8| *token == b'?' || token.eq_ignore_ascii_case(byte);
    fits_tokens(pattern.as_bytes(), action.as_bytes(), |token| *token == b'*', takes_one)
}

/// The same where both are ASCII, with nothing copied.
fn fits_ascii(pattern: &str, text: &str) -> bool {
    let takes_one = |token: &u8, byte: &u8| *token == b'?' || token == byte;
    fits_tokens(pattern.as_bytes(), text.as_bytes(), |token| *token == b'*', takes_one)
}

/// One piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// `*`.
    Any,
    /// `?`.
    One,
    /// Itself, even where it is a wildcard that a variable brought.
    Char(char),
}

fn fits(pattern: &[Token], text: &[char]) -> bool {
    let takes_one = |token: &Token, c: &char| *token == Token::One || *token == Token::Char(*c);
    fits_tokens(pattern, text, |token| *token == Token::Any, takes_one)
}

/// Whether text fits tokens: `is_any` says which take any text, `takes_one` which take this character.
fn fits_tokens<P, T>(
    pattern: &[P],
    text: &[T],
    is_any: impl Fn(&P) -> bool,
    takes_one: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was and how much text it takes so far: on a mismatch it takes one character more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(token) if is_any(token) => {
                star = Some((p, t));
                p += 1;
            }
            Some(token) if takes_one(token, &text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    p = at + 1;
                    t = taken + 1;
                    star = Some((at, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(is_any)
}

/// A resource or a condition's value: wildcards, and variables where the policy's version knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As the policy writes it.
    pub text: String,
    /// Policies of version 2008-10-17, which is also meant where none is written, have no variables.
    variables: bool,
    /// Whether it is ASCII without variables, as nearly all are: then it is compared as it stands.
    plain: bool,
}

/// A pattern whose variables are filled in.
enum Filled {
    Tokens(Vec<Token>),
    /// A variable has no value: what holds it never fits.
    Never,
    /// Nobody knows the value of a variable.
    Unknown,
}

impl Pattern {
    pub(super) fn new(text: &str, variables: bool) -> Self {
        let plain = text.is_ascii() && !(variables && text.contains("${"));
        Self { text: text.to_owned(), variables, plain }
    }

    /// Its pieces; nothing where it has a variable.
    pub(super) fn fixed(&self) -> Option<Vec<Token>> {
        match self.fill(&Context::open()) {
            Filled::Tokens(tokens) => Some(tokens),
            Filled::Never | Filled::Unknown => None,
        }
    }

    /// Whether it has wildcards or variables, so that it stands for more than one value.
    pub fn is_open(&self) -> bool {
        self.text.contains(['*', '?']) || (self.variables && self.text.contains("${"))
    }

    /// Whether text fits.
    pub fn fits(&self, text: &str, context: &Context) -> Truth {
        if self.plain && text.is_ascii() {
            return fits_ascii(&self.text, text).into();
        }
        self.try_fit(context, |tokens| fits(tokens, &text.chars().collect::<Vec<_>>()))
    }

    /// Whether text is exactly this; only variables are filled in.
    pub fn equals(&self, text: &str, context: &Context, ignore_case: bool) -> Truth {
        if self.plain && text.is_ascii() {
            let equals = if ignore_case { self.text.eq_ignore_ascii_case(text) } else { self.text == text };
            return equals.into();
        }
        let text = if ignore_case { text.to_lowercase() } else { text.to_owned() };
        self.try_fit(context, |tokens| {
            let filled: String = tokens
                .iter()
                .map(|token| match token {
                    Token::Any => '*',
                    Token::One => '?',
                    Token::Char(c) => *c,
                })
                .collect();
            (if ignore_case { filled.to_lowercase() } else { filled }) == text
        })
    }

    /// Whether an ARN fits. Its six parts are compared one by one: a wildcard does not reach over a colon, but for
    /// the last part, and parts that are left out stand for everything.
    pub fn fits_arn(&self, arn: &str, context: &Context) -> Truth {
        if self.text == "*" {
            return Truth::Yes;
        }
        if self.plain && arn.is_ascii() {
            let mut parts = arn.splitn(6, ':');
            let mut wanted = self.text.splitn(6, ':');
            return wanted.all(|wanted| parts.next().is_some_and(|part| fits_ascii(wanted, part))).into();
        }
        let parts: Vec<Vec<char>> = arn.splitn(6, ':').map(|part| part.chars().collect()).collect();
        self.try_fit(context, |tokens| {
            let wanted: Vec<&[Token]> = tokens.splitn(6, |token| *token == Token::Char(':')).collect();
            wanted.len() <= parts.len() && wanted.iter().zip(&parts).all(|(wanted, part)| fits(wanted, part))
        })
    }

    fn try_fit(&self, context: &Context, fits: impl Fn(&[Token]) -> bool) -> Truth {
        match self.fill(context) {
            Filled::Tokens(tokens) => fits(&tokens).into(),
            Filled::Never => Truth::No,
            Filled::Unknown => Truth::Perhaps,
        }
    }

    fn fill(&self, context: &Context) -> Filled {
        let mut tokens = Vec::new();
        let mut rest = self.text.as_str();
        while let Some(c) = rest.chars().next() {
            if self.variables
                && let Some((name, after)) = rest.strip_prefix("${").and_then(|rest| rest.split_once('}'))
            {
                rest = after;
                // `${*}`, `${?}` and `${$}` are those characters themselves.
                if ["*", "?", "$"].contains(&name) {
                    tokens.extend(name.chars().map(Token::Char));
                    continue;
                }
                let (key, default) = match name.split_once(',') {
                    Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
                    None => (name.trim(), None),
                };
                match (context.get(key), default) {
                    (Known::Values([value]), _) => tokens.extend(value.chars().map(Token::Char)),
                    (Known::Absent, Some(default)) => tokens.extend(default.chars().map(Token::Char)),
                    // A variable cannot stand for several values.
                    (Known::Values(_) | Known::Absent, _) => return Filled::Never,
                    (Known::Unknown, _) => return Filled::Unknown,
                }
                continue;
            }
            tokens.push(match c {
                '*' => Token::Any,
                '?' => Token::One,
                c => Token::Char(c),
            });
            rest = &rest[c.len_utf8()..];
        }
        Filled::Tokens(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_aws_matches() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b", "xaxxb", true),
            ("a*b", "ac", false),
            ("", "", true),
            ("", "a", false),
            ("?", "é", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    /// What is compared as it stands answers as what is taken apart: the same texts, once with a letter that is not ASCII at their ends.
    #[test]
    fn ascii_answers_as_other_text_does() {
        let context = Context::open();
        let texts = [
            "",
            "*",
            "?",
            "a",
            "a:b",
            "arn:aws:s3:::x",
            "arn:aws:s3:::x/y:z",
            "arn:*:x",
            "A:B",
            "a*?:*",
            "::::::",
            "a:*",
        ];
        for pattern in texts {
            for text in texts {
                let (plain, other) =
                    (Pattern::new(pattern, true), Pattern::new(&format!("{pattern}é"), true));
                let longer = format!("{text}é");
                assert_eq!(plain.fits(text, &context), other.fits(&longer, &context), "{pattern} {text}");
                assert_eq!(
                    plain.equals(text, &context, true),
                    other.equals(&longer, &context, true),
                    "{pattern} {text}"
                );
                assert_eq!(plain.fits_arn(text, &context), other_arn(pattern, text), "{pattern} {text}");
            }
        }
    }

    /// As [`Pattern::fits_arn`] answers where the pattern has a variable in it, which brings nothing.
    fn other_arn(pattern: &str, text: &str) -> Truth {
        if pattern == "*" {
            return Truth::Yes;
        }
        let nothing = Context::open().with("aws:nothing", "");
        Pattern::new(&format!("{pattern}${{aws:nothing}}"), true).fits_arn(text, &nothing)
    }
}
