//! Every call that the code of a kind makes is among the actions that the kind declares.
//!
//! A run shows only the calls it comes by; those after a refusal, or at a deletion, stand in the source all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use baseline::kinds::KINDS;
use baseline::operations::action;

use crate::source_code::{files, root, without_tests};

/// The clients of an account, and how the SDK names their services.
const CLIENTS: [(&str, &str); 10] = [
    ("ec2", "ec2"),
    ("s3", "s3"),
    ("s3control", "s3 control"),
    ("iam", "iam"),
    ("kms", "kms"),
    ("elb", "elastic load balancing v2"),
    ("autoscaling", "auto scaling"),
    ("cloudtrail", "cloudtrail"),
    ("cloudwatch", "cloudwatch"),
    ("ssm", "ssm"),
];

/// A function of a file: its text, blanks taken out of it.
type Functions = BTreeMap<(String, String), String>;

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn leading_name(text: &str) -> &str {
    &text[..text.find(|c| !is_name(c)).unwrap_or(text.len())]
}

/// The functions of a file, each with all that stands between it and the next.
fn functions(file: &str, code: &str, all: &mut Functions) {
    let (mut starts, mut from) = (Vec::new(), 0);
    while let Some(at) = code[from..].find("fn ").map(|at| at + from) {
        let begins = at == 0 || !is_name(code[..at].chars().next_back().unwrap());
        let name = leading_name(&code[at + 3..]);
        if begins && !name.is_empty() {
            starts.push((at, name));
        }
        from = at + 3;
    }
    for (number, (at, name)) in starts.iter().enumerate() {
        let end = starts.get(number + 1).map_or(code.len(), |(next, _)| *next);
        let text: String = code[*at + 3..end].split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.replace(" .", ".").replace(". ", ".");
        // Two of one name in one file are one.
        all.entry((file.to_owned(), (*name).to_owned())).or_default().push_str(&text);
    }
}

/// The IAM actions of the calls in a text.
fn calls(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let pascal = |name: &str| {
        let words = name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
        words.collect::<String>()
    };
    for (client, service) in CLIENTS {
        let field = format!("account.{client}.");
        for (at, _) in text.match_indices(&field) {
            let name = leading_name(&text[at + field.len()..]);
            if !name.is_empty() && text[at + field.len() + name.len()..].starts_with('(') && name != "config"
            {
                found.insert(action(service, &pascal(name)));
            }
        }
    }
    // The questions about a bucket are asked through a macro.
    for (at, _) in text.match_indices("ask!(") {
        let arguments = text[at..].split(')').next().unwrap_or_default();
        let name = arguments.rsplit(',').next().unwrap_or_default().trim();
        found.insert(action("s3", &pascal(name)));
    }
    found
}

/// What the names of a module stand for: functions, and modules before `::`.
#[derive(Default)]
struct Names {
    functions: BTreeMap<String, (String, String)>,
    modules: BTreeMap<String, String>,
}

/// The functions that a text of a module calls.
fn called(module: &str, text: &str, names: &Names, all: &Functions) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('(') {
        let before = &text[..at];
        let start = before.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
        let name = &before[start..];
        let path = before[..start].strip_suffix("::").map(|path| {
            let start = path.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
            path[start..].to_owned()
        });
        let target = match (path, names.functions.get(name)) {
            (Some(path), _) if path != "Self" => {
                (names.modules.get(&path).cloned().unwrap_or(path), name.to_owned())
            }
            (None, Some(target)) => target.clone(),
            _ => (module.to_owned(), name.to_owned()),
        };
        found.extend(all.contains_key(&target).then_some(target));
    }
    found
}

/// The path of a module below `kinds`: `ec2_subnet`, `ec2::tags`.
fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src/kinds")).unwrap().with_extension("");
    let parts: Vec<String> =
        below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("::").trim_end_matches("::mod").to_owned()
}

/// What a module imports from others of the kinds by name, and the modules in it.
fn names(module: &str, code: &str) -> Names {
    let mut found = Names::default();
    let above = module.rsplit_once("::").map_or("", |(above, _)| above);
    let bases =
        [("use crate::kinds::", ""), ("use super::", above), ("use self::", module)].map(|(start, base)| {
            let base = if base.is_empty() { String::new() } else { format!("{base}::") };
            (start, base)
        });
    for (start, base) in bases {
        for line in code.split(start).skip(1) {
            let line = line.split(';').next().unwrap_or_default();
            let (path, listed) = match line.split_once('{') {
                Some((path, listed)) => (path.trim_end_matches("::"), listed.trim_end_matches('}')),
                None => line.rsplit_once("::").unwrap_or(("", line)),
            };
            let of = format!("{base}{path}").trim_end_matches("::").to_owned();
            for name in listed.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                if name == "self" {
                    let last = of.rsplit("::").next().unwrap_or_default();
                    found.modules.insert(last.to_owned(), of.clone());
                    continue;
                }
                let whole = if of.is_empty() { name.to_owned() } else { format!("{of}::{name}") };
                found.functions.insert(name.to_owned(), (of.clone(), name.to_owned()));
                found.modules.insert(name.to_owned(), whole);
            }
        }
    }
    for line in code.lines().filter(|line| line.ends_with(';')) {
        if let Some((_, name)) = line.split_once("mod ") {
            let name = name.trim_end_matches(';');
            found.modules.insert(name.to_owned(), format!("{module}::{name}"));
        }
    }
    found
}

#[test]
fn every_call_in_the_code_of_a_kind_is_among_its_actions() {
    let (mut all, mut imported) = (Functions::new(), BTreeMap::new());
    for path in files(&root().join("src/kinds"), &["rs"]) {
        let module = module_of(&path);
        let code = without_tests(&std::fs::read_to_string(&path).unwrap());
        functions(&module, &code, &mut all);
        imported.insert(module.clone(), names(&module, &code));
    }
    let (mut missing, mut seen) = (Vec::new(), BTreeSet::new());
    for kind in KINDS {
        let module = kind.name().replace(['.', '-'], "_");
        let mut open: Vec<(String, String)> = all.keys().filter(|(of, _)| module == *of).cloned().collect();
        assert!(!open.is_empty(), "{module} is not there");
        let mut reached = BTreeSet::new();
        while let Some(function) = open.pop() {
            if reached.insert(function.clone()) {
                open.extend(called(&function.0, &all[&function], &imported[&function.0], &all));
            }
        }
        let made: BTreeSet<String> = reached.iter().flat_map(|function| calls(&all[function])).collect();
        let rules = kind.meta();
        let declared = [rules.read_actions, rules.write_actions, rules.refusal_actions].concat();
        missing.extend(
            made.iter()
                .filter(|call| !declared.contains(&call.as_str()))
                .map(|call| format!("{}: {call}", kind.name())),
        );
        seen.extend(made);
    }
    assert!(seen.len() > 100, "the source makes more calls than these: {seen:?}");
    assert_eq!(missing, Vec::<String>::new());
}
