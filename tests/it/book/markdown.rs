//! As much of Markdown as links and their targets need.

use std::collections::BTreeSet;

/// What a page links to, and where it can be linked to.
#[derive(Debug, Default)]
pub struct Page {
    /// Every target of a link, with its line.
    pub links: Vec<(usize, String)>,
    /// The ids of its headings, as GitHub and mdBook make them.
    pub anchors: BTreeSet<String>,
}

impl Page {
    pub fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut in_code = false;
        for (line, number) in text.lines().zip(1..) {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            } else if !in_code {
                if let Some(heading) = heading(line) {
                    let id = page.free(&id_of(heading));
                    page.anchors.insert(id);
                }
                page.links.extend(targets(line).into_iter().map(|target| (number, target)));
            }
        }
        assert!(!in_code, "a block of code has no end");
        page
    }

    /// A second heading of that name has a number.
    fn free(&self, id: &str) -> String {
        let numbered = (1..).map(|number| format!("{id}-{number}"));
        std::iter::once(id.to_owned()).chain(numbered).find(|id| !self.anchors.contains(id)).unwrap()
    }
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with(' ')).then(|| text.trim())
}

/// Lowercase letters, digits, `_` and `-`; a blank is `-`, everything else is left out.
fn id_of(heading: &str) -> String {
    let shown = heading.split("](").enumerate().map(|(index, part)| match index {
        0 => part,
        _ => part.split_once(')').map_or("", |(_, rest)| rest),
    });
    let kept = shown.collect::<String>().to_lowercase();
    kept.chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
            _ => None,
        })
        .collect()
}

/// The targets of the links of a line; what stands in code is none.
fn targets(line: &str) -> Vec<String> {
    let without_code: String =
        line.split('`').enumerate().map(|(index, part)| if index % 2 == 0 { part } else { "code" }).collect();
    let links = without_code.split("](").skip(1);
    links.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

#[test]
fn links_and_anchors_are_found_and_code_is_not() {
    let page = Page::parse(
        "# `[vars.NAME]`\n## A VPC, there already\n## A VPC, there already\n```\n[no](no.md)\n# none\n```\n\
         see [`x`](a.md#b), [y](c.md) and `[z](no.md)`\n",
    );
    let anchors: Vec<&str> = page.anchors.iter().map(String::as_str).collect();
    assert_eq!(anchors, ["a-vpc-there-already", "a-vpc-there-already-1", "varsname"]);
    assert_eq!(page.links, [(8, "a.md#b".to_owned()), (8, "c.md".to_owned())]);
}
