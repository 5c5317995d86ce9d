//! The reference of the language, written from the declarations the parser is made of.

use std::fmt::Write as _;

use super::file::File;
use super::schema::sentence;
use super::section::{KeyInfo, Nesting, Presence, Section, SectionInfo};

/// The page `docs/language.md`.
pub fn reference() -> String {
    let mut page = String::from(
        "# The language\n\n\
         <!-- Generated from the code: run the tests with BASELINE_BLESS=1 to write it anew. -->\n\n\
         A baseline is one TOML file. It says what an account must look like, section by section.\n\n\
         - What is left out takes the default shown here, which is the hardened value.\n\
         - A *section* that is left out is not managed. `false` and `[]` demand that something is absent.\n\
         - Names of sections are up to 32 lowercase letters, digits and single dashes.\n\
         - Names may carry `${account}` and `${region}`; both are filled in where the baseline is applied.\n\
         - In policies, variables of AWS such as `${aws:username}` are left to AWS.\n\
         - Wherever a value of the file stands, `\"${var.NAME}\"` may stand for the value of a [variable](#varsname). The JSON Schema takes such \
         text beside every type; whether the variable has the right one, `baseline validate` says.\n\n",
    );
    section(&mut page, "Top of the file", &File::info(), "");
    page
}

fn section(page: &mut String, title: &str, info: &SectionInfo, path: &str) {
    let _ = write!(page, "## {title}\n\n{}\n\n", paragraphs(info.doc));
    if !info.practices.is_empty() {
        let numbers: Vec<String> = info.practices.iter().map(u8::to_string).collect();
        let word = if numbers.len() == 1 { "Practice" } else { "Practices" };
        let _ = write!(page, "{word}: {}.\n\n", numbers.join(", "));
    }
    let shown: Vec<&KeyInfo> =
        info.keys.iter().filter(|key| !(path.is_empty() && key.nested.is_some())).collect();
    if !shown.is_empty() {
        page.push_str("| Key | Type | Default | Meaning |\n|---|---|---|---|\n");
        for key in shown {
            let default = match key.presence {
                Presence::Required => "required".to_owned(),
                Presence::Default(text) => format!("`{text}`"),
                Presence::Absent(meaning) => meaning.to_owned(),
            };
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} |",
                key.name,
                cell(&key.described),
                cell(&default),
                cell(&sentence(key.doc))
            );
        }
        page.push('\n');
    }
    for key in &info.keys {
        let Some((nesting, below)) = &key.nested else { continue };
        let below_path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        let (title, below_path) = match nesting {
            Nesting::Named => (format!("`[{below_path}.NAME]`"), format!("{below_path}.NAME")),
            Nesting::One if path.is_empty() => (format!("`[{below_path}]`"), below_path),
            Nesting::One => (format!("`{}` in `[{path}]`", key.name), below_path),
            Nesting::List if path.is_empty() => (format!("`[[{below_path}]]`"), below_path),
            Nesting::List => (format!("Each of `{}` in `[{path}]`", key.name), below_path),
        };
        section(page, &title, below, &below_path);
    }
}

fn paragraphs(doc: &str) -> String {
    doc.lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
