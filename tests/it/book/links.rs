//! Every page is in the book once, and every link of the pages leads to something that is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::markdown::Page;
use super::read;
use crate::source_code::root;

/// The pages outside of the book that link into it.
const AT_THE_TOP: [&str; 4] = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

fn pages_of_the_book() -> BTreeSet<String> {
    let files = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let names = files.map(|name| name.into_string().unwrap());
    names.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect()
}

#[test]
fn the_summary_has_every_page_once() {
    let summary = Page::parse(&read("SUMMARY.md"));
    let listed: Vec<&String> = summary.links.iter().map(|(_, target)| target).collect();
    let once: BTreeSet<String> = listed.iter().map(|name| (*name).clone()).collect();
    assert_eq!(once, pages_of_the_book());
    assert_eq!(listed.len(), once.len(), "a page is listed twice");
}

/// `a/b/../c` as `a/c`; nothing where it leads out of the repository.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                if !plain.pop() {
                    return None;
                }
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    Some(plain)
}

#[test]
fn every_link_leads_to_a_page_or_file_and_every_anchor_to_a_heading() {
    let inside = pages_of_the_book().into_iter().map(|name| PathBuf::from("docs").join(name));
    let pages: BTreeMap<PathBuf, Page> = inside
        .chain(AT_THE_TOP.map(PathBuf::from))
        .map(|path| (path.clone(), Page::parse(&fs::read_to_string(root().join(path)).unwrap())))
        .collect();
    let (mut wrong, mut followed) = (Vec::new(), 0);
    for (path, page) in &pages {
        for (line, link) in &page.links {
            if link.starts_with("https://") {
                continue;
            }
            followed += 1;
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(f, a)| (f, Some(a)));
            let folder = path.parent().unwrap();
            let target = if file.is_empty() { Some(path.clone()) } else { plain(&folder.join(file)) };
            let place = format!("{}:{line}: {link}", path.display());
            let Some(target) = target.filter(|target| root().join(target).exists()) else {
                wrong.push(format!("{place} is not there"));
                continue;
            };
            // The rendered book holds nothing but its own folder.
            if path.starts_with("docs") && !target.starts_with("docs") {
                wrong.push(format!("{place} leads out of the book: name the file in code instead"));
            }
            if let Some(anchor) = anchor
                && !pages.get(&target).is_some_and(|page| page.anchors.contains(anchor))
            {
                wrong.push(format!("{place}: there is no such heading"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(followed > 150, "only {followed} links are found");
}
