//! The source as the tests about it read it: its files, and their code without unit tests, comments and texts.

use std::fs;
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends in one of `extensions`.
pub fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extensions));
        } else if path
            .extension()
            .is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted))
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The code alone: comments and the insides of texts become blanks, and what stands under `#[cfg(test)]` is left out,
/// wherever it stands in the file.
pub fn without_tests(source: &str) -> String {
    let mut rest = without_texts(source);
    let mut code = String::new();
    while let Some((before, after)) = rest.split_once("#[cfg(test)]") {
        code.push_str(before);
        rest = after[end_of_item(after)..].to_owned();
    }
    code + &rest
}

/// Where the item ends that begins at the start of `code`: behind its `;`, or behind its closing brace.
fn end_of_item(code: &str) -> usize {
    let mut open = 0_usize;
    for (at, character) in code.char_indices() {
        match character {
            ';' if open == 0 => return at + 1,
            '{' => open += 1,
            '}' => {
                open -= 1;
                if open == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// The source with every comment and the inside of every text blanked, so that a brace or a path in them counts for nothing.
fn without_texts(source: &str) -> String {
    let characters: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < characters.len() {
        let end = match (characters[at], characters.get(at + 1)) {
            ('/', Some('/')) => find(&characters, at, |rest| rest[0] == '\n', 0),
            ('/', Some('*')) => find(&characters, at + 2, |rest| rest.starts_with(&['*', '/']), 2),
            ('"', _) => end_of_text(&characters, at + 1),
            ('r', Some('"' | '#')) if !is_word(characters.get(at.wrapping_sub(1))) => {
                match end_of_raw_text(&characters, at) {
                    Some(end) => end,
                    None => at,
                }
            }
            ('\'', Some('\\')) => find(&characters, at + 3, |rest| rest[0] == '\'', 1),
            ('\'', Some(_)) if characters.get(at + 2) == Some(&'\'') => at + 3,
            _ => at,
        };
        if end == at {
            code.push(characters[at]);
            at += 1;
        } else {
            code.extend(
                characters[at..end].iter().map(|character| if *character == '\n' { '\n' } else { ' ' }),
            );
            at = end;
        }
    }
    code
}

fn is_word(character: Option<&char>) -> bool {
    character.is_some_and(|character| character.is_alphanumeric() || *character == '_')
}

fn find(characters: &[char], from: usize, here: impl Fn(&[char]) -> bool, length: usize) -> usize {
    (from..characters.len()).find(|at| here(&characters[*at..])).map_or(characters.len(), |at| at + length)
}

fn end_of_text(characters: &[char], from: usize) -> usize {
    let mut at = from;
    while at < characters.len() && characters[at] != '"' {
        at += if characters[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(characters.len())
}

/// The end of `r"..."` or `r#"..."#`; none where `r#` begins a name.
fn end_of_raw_text(characters: &[char], at: usize) -> Option<usize> {
    let hashes = characters[at + 1..].iter().take_while(|character| **character == '#').count();
    let open = at + 1 + hashes;
    if characters.get(open) != Some(&'"') {
        return None;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    Some(find(characters, open + 1, |rest| rest.starts_with(&close), close.len()))
}

/// Every path below `crate` that the code names, grouped imports (`use crate::{a, b::c}`) taken apart: its first part.
pub fn names_of_the_crate(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in code.split("crate::").skip(1) {
        if let Some(group) = part.strip_prefix('{') {
            let mut depth = 0_usize;
            let mut start = true;
            let mut name = String::new();
            for character in group.chars() {
                match character {
                    '}' if depth == 0 => break,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    ':' => start = false,
                    character if character.is_whitespace() => {}
                    character if start => name.push(character),
                    _ => {}
                }
                if !start || character == ',' {
                    names.extend((!name.is_empty()).then(|| std::mem::take(&mut name)));
                }
            }
            names.extend((!name.is_empty()).then_some(name));
        } else {
            names.push(
                part.chars()
                    .take_while(|character| character.is_ascii_alphanumeric() || *character == '_')
                    .collect(),
            );
        }
    }
    names.retain(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    names
}

#[test]
fn code_below_a_test_module_is_read_and_the_module_is_not() {
    let source = "use crate::plan;\n#[cfg(test)]\nmod tests { const TEXT: &str = \"}\"; use crate::kinds; }\n\
                  #[cfg(test)]\nuse crate::sandbox;\nuse crate::{engine::Apply, aws};\n// crate::cli\nconst R: &str = r#\"crate::cli \" {\"#;\n";
    assert_eq!(names_of_the_crate(&without_tests(source)), ["plan", "engine", "aws"]);
}

#[test]
fn a_grouped_import_names_each_of_its_modules() {
    let names =
        names_of_the_crate("use crate::{kinds, model::{Address, rules::Patience}, engine::lock as held};");
    assert_eq!(names, ["kinds", "model", "engine"]);
}
