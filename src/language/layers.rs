//! Layers of a baseline: files merged key by key, of which a later one wins.

use std::mem;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::source::{Files, Given, Saying};
use super::variables::VariableValue;
use super::{Source, Span, Spanned};

/// The files of a baseline, in order: a later one wins over an earlier one. And what gives its variables values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layers {
    layers: Vec<Arc<Source>>,
    /// The files in which values stand.
    beside: Vec<Arc<Source>>,
    given: Vec<Given>,
}

impl Layers {
    /// These files; at least one.
    pub fn new(layers: Vec<Arc<Source>>) -> Self {
        Self { layers, beside: Vec::new(), given: Vec::new() }
    }

    /// The same with values that stand in a file.
    pub fn giving<'v>(
        mut self,
        file: &Arc<Source>,
        values: impl IntoIterator<Item = (&'v str, &'v Spanned<VariableValue>)>,
    ) -> Self {
        let begins = self.beside(file);
        self.given.extend(values.into_iter().map(|(name, value)| Given {
            name: name.to_owned(),
            saying: Saying::Value(value.value.clone()),
            span: moved(value.span.clone(), begins),
        }));
        self
    }

    /// The same with a value that somebody typed.
    pub fn typed(mut self, name: &str, value: &str) -> Self {
        let source = Source { name: "--var".to_owned(), text: format!("{name}={value}") };
        let begins = self.beside(&Arc::new(source));
        let span = moved(name.len() + 1..name.len() + 1 + value.len(), begins);
        self.given.push(Given { name: name.to_owned(), saying: Saying::Typed(value.to_owned()), span });
        self
    }

    /// What the files say, whatever values are given beside them. Of one file it is the file.
    pub fn texts(&self) -> Vec<u8> {
        self.layers().iter().map(|source| source.text.as_str()).collect::<Vec<_>>().join("\0").into_bytes()
    }

    /// Puts a file behind all others, and answers where it begins.
    fn beside(&mut self, file: &Arc<Source>) -> usize {
        let begins = self.all().into_iter().map(|file| file.text.len() + 1).sum();
        self.beside.push(Arc::clone(file));
        begins
    }
}

impl From<Source> for Layers {
    fn from(source: Source) -> Self {
        Self::new(vec![Arc::new(source)])
    }
}

impl Files for Layers {
    fn layers(&self) -> Vec<&Source> {
        self.layers.iter().map(Arc::as_ref).collect()
    }

    fn all(&self) -> Vec<&Source> {
        self.layers.iter().chain(&self.beside).map(Arc::as_ref).collect()
    }

    fn given(&self) -> &[Given] {
        &self.given
    }
}

/// Lays a table over another one: tables are merged, and everything else is replaced, lists too.
///
/// A table keeps the place of its first head, so that named sections stay in the order in which they first stand.
pub(super) fn merge<'a>(below: &mut DeTable<'a>, above: DeTable<'a>) {
    for (key, mut value) in above {
        if let Some(DeValue::Table(below)) = below.get_mut(key.get_ref().as_ref()).map(toml::Spanned::get_mut)
            && let DeValue::Table(above) = value.get_mut()
        {
            merge(below, mem::take(above));
            continue;
        }
        // The key would keep its old place otherwise.
        below.remove(key.get_ref().as_ref());
        below.insert(key, value);
    }
}

/// A table with its places moved on by so many bytes.
pub(super) fn shifted(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    let entries = table.into_iter().map(|(key, value)| {
        let span = moved(key.span(), by);
        (toml::Spanned::new(span, key.into_inner()), shifted_value(value, by))
    });
    entries.collect()
}

fn shifted_value(value: toml::Spanned<DeValue<'_>>, by: usize) -> toml::Spanned<DeValue<'_>> {
    let span = moved(value.span(), by);
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shifted(table, by)),
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|item| shifted_value(item, by)).collect())
        }
        plain => plain,
    };
    toml::Spanned::new(span, value)
}

fn moved(span: Span, by: usize) -> Span {
    span.start + by..span.end + by
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::source::tables;
    use crate::language::{Baseline, Place, render};

    pub(in crate::language) fn layers(texts: &[&str]) -> Layers {
        let source = |(place, text): (usize, &&str)| {
            Arc::new(Source { name: format!("{}.toml", ["a", "b", "c"][place]), text: (*text).to_owned() })
        };
        Layers::new(texts.iter().enumerate().map(source).collect())
    }

    /// What a table says, without places.
    fn plain(table: &DeTable<'_>) -> String {
        let entries =
            table.iter().map(|(key, value)| format!("{}:{}", key.get_ref(), value_of(value.get_ref())));
        format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
    }

    fn value_of(value: &DeValue<'_>) -> String {
        match value {
            DeValue::Table(table) => plain(table),
            DeValue::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| value_of(item.get_ref())).collect();
                format!("[{}]", items.join(" "))
            }
            DeValue::Integer(number) => number.to_string(),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::String(text) => text.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tables_are_merged_key_by_key_and_everything_else_is_replaced() {
        for (texts, merged) in [
            (&["a = 1\nb = 2", "b = 3"][..], "{a:1 b:3}"),
            (&["[x]\na = 1", "[x]\nb = 2"], "{x:{a:1 b:2}}"),
            (&["[x.y]\na = 1", "x.y.b = 2"], "{x:{y:{a:1 b:2}}}"),
            (&["x = { a = 1 }", "[x]\nb = 2"], "{x:{a:1 b:2}}"),
            (&["a = [1, 2, 3]", "a = [4]"], "{a:[4]}"),
            (&["[[a]]\nb = 1\n[[a]]\nb = 2", "[[a]]\nb = 3"], "{a:[{b:3}]}"),
            (&["a = [[1], [2]]", "b = [[3]]"], "{a:[[1] [2]] b:[[3]]}"),
            (&["[x]\na = 1", "x = false"], "{x:false}"),
            (&["x = false", "[x]\na = 1"], "{x:{a:1}}"),
            (&["a = 1", "", "a = 2"], "{a:2}"),
            (&["a = 1", "a = 2", "a = 3"], "{a:3}"),
            (&["[x]\na = 1", "[x]"], "{x:{a:1}}"),
        ] {
            let layers = layers(texts);
            let tables = tables(&layers).unwrap_or_else(|problem| panic!("{problem:?}"));
            assert_eq!((plain(&tables.table).as_str(), tables.broken), (merged, vec![]), "{texts:?}");
        }
    }

    /// Where a thing comes from, and what it is.
    fn wanted(files: &dyn Files) -> Vec<(String, String)> {
        let (baseline, problems) = Baseline::parse(files);
        let baseline = baseline.unwrap_or_else(|| panic!("{}", render(files, &problems, false)));
        let wanted = baseline.expand(&Place { account: "111122223333", partition: "aws" }).unwrap();
        wanted.things.iter().map(|(addr, want)| (addr.to_string(), format!("{:?}", want.value))).collect()
    }

    /// A file cut in two between any two of its sections is the same baseline, and so is one under or over an empty layer.
    #[test]
    fn a_file_in_pieces_is_the_same_baseline() {
        let text = include_str!("../../baselines/landing-zone.toml");
        let whole = wanted(&layers(&[text]));
        assert_eq!(wanted(&layers(&[text, ""])), whole);
        assert_eq!(wanted(&layers(&["", text])), whole);
        let tables = |text: &str| -> Vec<String> {
            text.lines().filter(|line| line.starts_with("[[")).map(str::to_owned).collect()
        };
        let mut cuts = 0;
        for (at, _) in text.match_indices("\n[") {
            let (before, after) = text.split_at(at + 1);
            let (lists, more) = (tables(before), tables(after));
            // A list is replaced, not continued.
            if !lists.iter().any(|list| more.contains(list)) {
                cuts += 1;
                assert_eq!(wanted(&layers(&[before, after])), whole, "cut at byte {at}");
            }
        }
        assert!(cuts > 10, "{cuts}");
    }

    #[test]
    fn a_problem_is_told_where_it_stands() {
        let head = "name = 'x'\nregion = 'us-east-1'\n";
        let with = |text: &str| format!("{head}{text}");
        for (texts, code, place) in [
            // The layer that wrote the key, and the first head for what is missing.
            (
                [with("[cloudtrail]\nbucket = 'logs'\n"), "\n[cloudtrail]\nvalidation = 'yes'\n".into()],
                "wrong-type",
                "b.toml:3:14",
            ),
            (
                [with("[cloudtrail]\nvalidation = 'yes'\n"), "[cloudtrail]\n".into()],
                "wrong-type",
                "a.toml:4:14",
            ),
            (
                [with("[cloudtrail]\n"), "[cloudtrail]\nvalidation = true\n".into()],
                "missing-key",
                "a.toml:3:1",
            ),
            ([with(""), "[bucket.logs]\nlifecylce = 1\n".into()], "unknown-key", "b.toml:2:1"),
            ([with("[bucket.logs]\naccess_log = 'lgs'\n"), String::new()], "unknown-name", "a.toml:4:14"),
            ([with(""), "[bucket.logs]\naccess_log = 'lgs'\n".into()], "unknown-name", "b.toml:2:14"),
            ([with("[account]\n"), "[account\n".into()], "syntax", "b.toml:1:9"),
            ([with("[account\n"), "[account]\n".into()], "syntax", "a.toml:3:9"),
            ([with("[account]\n[account]\n"), "[account]\n".into()], "duplicate", "a.toml:4:2"),
            (["name = 'x'\n".into(), "\n".into()], "missing-key", "a.toml:1:1"),
            (["name = 'x'\n".into(), "region = 'nowhere'\n".into()], "bad-value", "b.toml:1:10"),
        ] {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let files = layers(&texts);
            let (_, problems) = Baseline::parse(&files);
            let told: Vec<String> = problems
                .iter()
                .map(|problem| {
                    let spot = files.spot(problem.span.start);
                    format!("{} {}:{}:{}", problem.code, spot.file, spot.line, spot.column)
                })
                .collect();
            assert!(told.contains(&format!("{code} {place}")), "{texts:?}: {told:?}");
            // What people read says the same.
            assert!(render(&files, &problems, false).contains(&format!("--> {place}")), "{texts:?}");
        }
    }

    #[test]
    fn a_layer_that_is_no_toml_hides_nothing_of_another() {
        let files =
            layers(&["name = 'x'\nregion = 'us-east-1'\n[account\n", "[bucket.logs]\nlifecylce = 1\n"]);
        let codes: Vec<&str> = Baseline::parse(&files).1.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["syntax", "unknown-key"]);
        // It may declare what another refers to.
        let files = layers(&[
            "name = 'x'\nregion = '${var.region}'\n",
            "[vars.region]\ntype = 'string'\ndefault = 'x\n",
        ]);
        let codes: Vec<&str> = Baseline::parse(&files).1.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["syntax"]);
        // What is no TOML is told, though something refers to a variable there.
        let files = layers(&["name = 'x'\nregion = '${var.region}\n"]);
        let codes: Vec<&str> = Baseline::parse(&files).1.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["syntax"]);
    }

    #[test]
    fn two_places_in_two_layers_are_shown_together() {
        let files = layers(&[
            "name = 'x'\nregion = 'us-east-1'\n[bucket.logs]\n",
            "[bucket.logs]\nname = 'one'\n[bucket.other]\nname = 'one'\n",
        ]);
        let problems =
            [super::super::Diagnostic::error("test", &(60..64), "wrong").related(&(0..4), "because of this")];
        let text = render(&files, &problems, false);
        assert!(text.contains("--> b.toml:") && text.contains("--> a.toml:1:1"), "{text}");
        assert!(text.contains("because of this"), "{text}");
    }

    #[test]
    fn layers_that_are_too_large_together_are_refused_before_they_are_parsed() {
        let half = "#".repeat(super::super::MAX_BYTES / 2 + 1);
        let files = layers(&[&half, &half]);
        let problem = tables(&files).err().unwrap();
        assert_eq!((problem.code, files.spot(problem.span.start).file), ("too-large", "b.toml"));
        assert!(problem.message.contains("together"), "{}", problem.message);
    }

    #[test]
    fn what_is_wanted_says_which_layer_asked_for_it() {
        let files = layers(&["name = 'x'\nregion = 'us-east-1'\n[account]\n", "\n[password_policy]\n"]);
        let baseline = Baseline::parse(&files).0.unwrap();
        let wanted = baseline.expand(&Place { account: "111122223333", partition: "aws" }).unwrap();
        let origin = |addr: &str| {
            let origin = &wanted.things[&addr.parse().unwrap()].origin;
            format!("{}:{}", origin.file("?"), origin.line)
        };
        assert_eq!(origin("ec2.ebs-encryption.account"), "a.toml:3");
        assert_eq!(origin("iam.password-policy.account"), "b.toml:2");
        // One file alone is told as it always was.
        let alone =
            Source { name: "x.toml".into(), text: "name = 'x'\nregion = 'us-east-1'\n[account]\n".into() };
        let wanted =
            Baseline::parse(&alone).0.unwrap().expand(&Place { account: "1", partition: "aws" }).unwrap();
        assert!(wanted.things.values().all(|want| want.origin.file.is_none()));
    }
}
