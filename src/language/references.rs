//! `${var.NAME}`: references to variables, replaced by their values before the file is read.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::reader::Reader;
use super::source::{Files, Given, Saying};
use super::spelling::{listed, nearest, plain};
use super::types::KeyType;
use super::variables::{BEGINS, Variable, VariableValue, Variables};
use super::{Diagnostic, Span};

/// The key at the top under which variables are declared.
pub(super) const SECTION: &str = "vars";

/// The variables of files, with their values.
#[derive(Default)]
pub(super) struct Known {
    /// By name; nothing where a variable has no value or is declared in a wrong way, which is told elsewhere.
    variables: BTreeMap<String, Option<Value>>,
    /// What is wrong with the values that were given, and what is not used.
    pub(super) problems: Vec<Diagnostic>,
}

/// The value of a variable.
struct Value {
    value: VariableValue,
    /// As TOML writes it, where it is a number.
    number: String,
    /// Where it stands.
    span: Span,
}

/// A value of the file that refers to a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Where it stands.
    pub span: Span,
    /// The variable.
    pub name: String,
    /// Where its value stands.
    pub given: Span,
    /// The value for people.
    shown: String,
}

/// Where the file refers to variables.
#[derive(Default)]
pub(super) struct References {
    /// Those that were replaced.
    pub(super) all: Vec<Reference>,
    /// Those that could not be; whatever else is wrong there is not.
    unresolved: Vec<Span>,
    /// Why.
    pub(super) problems: Vec<Diagnostic>,
}

/// Adds the names of all variables that a table refers to.
pub(super) fn mentioned(table: &DeTable<'_>, names: &mut BTreeSet<String>) {
    for (key, value) in table {
        if key.get_ref() != SECTION {
            mentioned_in(value.get_ref(), names);
        }
    }
}

fn mentioned_in(value: &DeValue<'_>, names: &mut BTreeSet<String>) {
    match value {
        DeValue::String(text) => names.extend(pieces(text).into_iter().filter_map(|piece| match piece {
            Piece::Reference(name) => Some(name.to_owned()),
            Piece::Text(_) | Piece::Open => None,
        })),
        DeValue::Array(items) => items.iter().for_each(|item| mentioned_in(item.get_ref(), names)),
        DeValue::Table(table) => table.values().for_each(|value| mentioned_in(value.get_ref(), names)),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

/// A part of text.
enum Piece<'t> {
    Text(&'t str),
    Reference(&'t str),
    /// A reference that does not end.
    Open,
}

/// Text as a file writes it that refers to nothing.
pub fn as_written(text: &str) -> String {
    text.replace(BEGINS, &format!("${BEGINS}"))
}

/// `$${var.` stands for `${var.` itself, as in Terraform.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut rest, mut pieces) = (text, Vec::new());
    while let Some((before, after)) = rest.split_once(BEGINS) {
        if let Some(before) = before.strip_suffix('$') {
            pieces.extend([Piece::Text(before), Piece::Text(BEGINS)]);
            rest = after;
            continue;
        }
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let Some((name, behind)) = after.split_once('}') else {
            pieces.push(Piece::Open);
            return pieces;
        };
        pieces.push(Piece::Reference(name));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

impl Known {
    /// The variables that a table declares, with the values that are given.
    pub(super) fn of(table: &DeTable<'_>, files: &dyn Files, mentioned: &BTreeSet<String>) -> Self {
        let mut known = Self::default();
        let Some(section) = table.get(SECTION) else {
            known.undeclared(files.given());
            return known;
        };
        // What is wrong with the section is told where the whole file is read.
        let mut unheard = Reader::new(files);
        let read = Variables::read(section.get_ref(), &section.span(), &mut unheard);
        let names = section.get_ref().as_table().into_iter().flat_map(DeTable::keys);
        known.variables.extend(names.map(|name| (name.get_ref().to_string(), None)));
        for entry in read.iter().flat_map(Variables::iter) {
            let written =
                section.get_ref().get(entry.name.as_str()).and_then(|one| one.get_ref().get("default"));
            if written.is_some() && entry.section.default.is_none() {
                continue;
            }
            let value = known.value(&entry.name, &entry.section, files.given(), mentioned);
            known.variables.insert(entry.name.clone(), value);
        }
        known.undeclared(files.given());
        known
    }

    fn value(
        &mut self,
        name: &str,
        variable: &Variable,
        given: &[Given],
        mentioned: &BTreeSet<String>,
    ) -> Option<Value> {
        let head = &variable.header.span;
        let kind = variable.r#type.value;
        if !mentioned.contains(name) {
            self.problems.push(
                Diagnostic::warning(
                    "unused-variable",
                    head,
                    format!("nothing refers to the variable `{name}`"),
                )
                .hint(format!("write \"${{var.{name}}}\" where its value is to stand, or take it out")),
            );
        }
        let found = |value: VariableValue, span: &Span| {
            let number =
                if kind == super::variables::VariableType::Number { value.typed() } else { String::new() };
            Some(Value { value, number, span: span.clone() })
        };
        // The last one wins.
        if let Some(given) = given.iter().rev().find(|given| given.name == name) {
            let (value, is) = match &given.saying {
                Saying::Value(value) => {
                    (Some(value.clone()).filter(|value| value.kind() == kind), value.kind().words())
                }
                Saying::Typed(text) => (VariableValue::parse(text, kind), "not"),
            };
            if let Some(value) = value {
                return found(value, &given.span);
            }
            let problem =
                Diagnostic::error("wrong-type", &given.span, format!("`{name}` must be {}", kind.words()))
                    .label(format!("this is {is}"))
                    .related(&variable.r#type.span, "its type");
            self.problems.push(match (&given.saying, kind) {
                (Saying::Typed(_), super::variables::VariableType::Texts) => {
                    problem.hint(format!("write it as JSON: --var '{name}=[\"one\", \"two\"]'"))
                }
                _ => problem,
            });
            return None;
        }
        if let Some(default) = &variable.default {
            return found(default.value.clone(), &default.span);
        }
        if mentioned.contains(name) {
            self.problems.push(
                Diagnostic::error("missing-value", head, format!("the variable `{name}` has no value")).hint(
                    format!(
                        "give it one with --var {name}=VALUE or under `vars` in the fleet file, or add a `default`"
                    ),
                ),
            );
        }
        None
    }

    /// Values for variables that are not declared.
    fn undeclared(&mut self, given: &[Given]) {
        for given in given.iter().filter(|given| !self.variables.contains_key(&given.name)) {
            let message = format!("the baseline has no variable `{}`", plain(&given.name));
            let problem = match given.saying {
                Saying::Typed(_) => Diagnostic::error(UNKNOWN, &given.span, message),
                // Another baseline that the value is for may have it.
                Saying::Value(_) => Diagnostic::warning(UNKNOWN, &given.span, message),
            };
            self.problems.push(problem.hint(self.instead(&given.name)));
        }
    }

    /// What may have been meant by a name that is not known.
    fn instead(&self, name: &str) -> String {
        let names = self.variables.keys().map(String::as_str);
        match nearest(name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.variables.is_empty() => {
                format!("declare it: [vars.{}], with its `type`", plain(name))
            }
            None => format!("there are: {}", listed(names)),
        }
    }

    /// Puts the values where the table refers to them.
    pub(super) fn fill<'t>(&'t self, table: &mut DeTable<'t>) -> References {
        let mut references = References::default();
        for (key, value) in table.iter_mut() {
            if key.get_ref() != SECTION {
                self.fill_in(value, &mut references);
            }
        }
        references
    }

    fn fill_in<'t>(&'t self, value: &mut Spanned<DeValue<'t>>, references: &mut References) {
        let span = value.span();
        match value.get_mut() {
            DeValue::String(text) if text.contains(BEGINS) => {
                let before = references.problems.len();
                let filled = self.filled(text, &span, references);
                if before < references.problems.len() || filled.is_none() {
                    references.unresolved.push(span);
                } else if let Some(filled) = filled {
                    *value.get_mut() = filled;
                }
            }
            DeValue::Array(items) => items.iter_mut().for_each(|item| self.fill_in(item, references)),
            DeValue::Table(table) => {
                table.iter_mut().for_each(|(_, value)| self.fill_in(value, references));
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }

    /// Text with its references replaced; nothing where one has no value.
    fn filled<'t>(&'t self, text: &str, span: &Span, references: &mut References) -> Option<DeValue<'t>> {
        let pieces = pieces(text);
        let is_alone = pieces.len() == 1;
        let (mut filled, mut is_whole) = (String::new(), true);
        for piece in pieces {
            let name = match piece {
                Piece::Text(text) => {
                    filled.push_str(text);
                    continue;
                }
                Piece::Open => {
                    let problem =
                        Diagnostic::error("bad-value", span, "a reference to a variable does not end");
                    references.problems.push(problem.label("`${var.` is not closed by `}`"));
                    continue;
                }
                Piece::Reference(name) => name,
            };
            let Some(known) = self.variables.get(name) else {
                let message = format!("there is no variable `{}`", plain(name));
                let problem = Diagnostic::error(UNKNOWN, span, message);
                references.problems.push(problem.hint(self.instead(name)));
                continue;
            };
            let Some(Value { value, number, span: given }) = known else {
                is_whole = false;
                continue;
            };
            references.all.push(Reference {
                span: span.clone(),
                name: name.to_owned(),
                given: given.clone(),
                shown: value.shown(),
            });
            if is_alone {
                return typed(value, number, span);
            }
            match value {
                VariableValue::Text(text) => filled.push_str(text),
                VariableValue::Number(_) => filled.push_str(number),
                VariableValue::Truth(_) | VariableValue::Texts(_) => {
                    let message = format!("`${{var.{name}}}` is {}", value.kind().words());
                    references.problems.push(
                        Diagnostic::error("wrong-type", span, message)
                            .label("only text and numbers can stand inside of text")
                            .hint(format!("write \"${{var.{name}}}\" alone")),
                    );
                }
            }
        }
        is_whole.then(|| DeValue::String(filled.into()))
    }
}

/// The code of a name that no variable has.
pub const UNKNOWN: &str = "unknown-variable";

/// A value with its type, which is taken to stand where the reference does.
fn typed<'t>(value: &'t VariableValue, number: &'t str, span: &Span) -> Option<DeValue<'t>> {
    Some(match value {
        VariableValue::Text(text) => DeValue::String(text.as_str().into()),
        VariableValue::Number(_) => DeValue::parse(number).ok()?.into_inner(),
        VariableValue::Truth(truth) => DeValue::Boolean(*truth),
        VariableValue::Texts(texts) => {
            let item = |text: &'t String| Spanned::new(span.clone(), DeValue::String(text.as_str().into()));
            DeValue::Array(texts.iter().map(item).collect::<DeArray<'t>>())
        }
    })
}

fn lies_in(span: &Span, at: &Span) -> bool {
    span.start <= at.start && at.end <= span.end
}

impl References {
    /// Leaves out whatever is wrong where something refers to a variable: of files that cannot be read whole no value is certain.
    pub(super) fn leave_out(&self, problems: &mut Vec<Diagnostic>) {
        let all = || self.unresolved.iter().chain(self.all.iter().map(|reference| &reference.span));
        problems.retain(|problem| !all().any(|span| lies_in(span, &problem.span)));
    }

    /// Leaves out what is wrong only because a reference has no value, and says of the others where their values come from.
    pub(super) fn explain(&self, problems: &mut Vec<Diagnostic>, files: &dyn Files) {
        problems.retain(|problem| !self.unresolved.iter().any(|span| lies_in(span, &problem.span)));
        for problem in problems {
            let Some(reference) = self.all.iter().find(|reference| lies_in(&reference.span, &problem.span))
            else {
                continue;
            };
            let Reference { name, given, shown, .. } = reference;
            let says = format!("`${{var.{name}}}` is {} here", plain(shown));
            if problem.related.is_none() {
                problem.related = Some((given.clone(), says));
            } else {
                let spot = files.spot(given.start);
                let more = format!("`${{var.{name}}}` is {} by {}:{}", plain(shown), spot.file, spot.line);
                problem.label =
                    if problem.label.is_empty() { more } else { format!("{}; {more}", problem.label) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::language::{Baseline, Layers, Place, Source, Spanned, render};

    const HEAD: &str = "name = 'x'\nregion = 'us-east-1'\n";

    fn file(text: &str) -> Layers {
        Layers::from(Source { name: "x.toml".into(), text: format!("{HEAD}{text}") })
    }

    fn told(files: &Layers) -> Vec<String> {
        let (_, problems) = Baseline::parse(files);
        let spot = |at: usize| {
            let spot = files.spot(at);
            format!("{}:{}:{}", spot.file, spot.line, spot.column)
        };
        problems
            .iter()
            .map(|problem| {
                let related =
                    problem.related.as_ref().map(|(span, label)| format!(" | {} {label}", spot(span.start)));
                format!("{} {}{}", problem.code, spot(problem.span.start), related.unwrap_or_default())
            })
            .collect()
    }

    #[test]
    fn every_fault_of_a_variable_is_told_at_its_place() {
        const DAYS: &str = "[vars.days]\ntype = 'number'\ndefault = 30\n";
        let uses = |value: &str| format!("{DAYS}[password_policy]\nmax_age_days = {value}\n");
        for (text, expected) in [
            (uses("'${var.days}'"), &[][..]),
            (uses("30"), &["unused-variable x.toml:3:1"]),
            (uses("'${var.dyas}'"), &["unused-variable x.toml:3:1", "unknown-variable x.toml:7:16"]),
            (uses("'${var.days'"), &["unused-variable x.toml:3:1", "bad-value x.toml:7:16"]),
            // What is wrong with a declaration is told once, and nothing of what refers to it.
            (uses("'${var.days}'").replace("'number'", "'int'"), &["bad-value x.toml:4:8"]),
            (uses("'${var.days}'").replace("30", "'x'"), &["wrong-type x.toml:5:11 | x.toml:4:8 its type"]),
            (uses("'${var.days}'").replace("default = 30\n", ""), &["missing-value x.toml:3:1"]),
            (uses("'${var.days}'").replace("30", "['${var.days}']"), &["bad-value x.toml:5:12"]),
            (uses("'${var.days}'").replace("30", "1.5"), &["wrong-type x.toml:5:11"]),
            (
                uses("'${var.days}'").replace("vars.days", "vars.Days"),
                &["bad-name x.toml:3:7", "unknown-variable x.toml:7:16"],
            ),
            (
                uses("'${var.days}'").replace("type", "typ"),
                &["missing-key x.toml:3:1", "unknown-key x.toml:4:1"],
            ),
            // The value has the wrong type for where it stands, or is not valid there.
            (
                uses("'${var.days}'").replace("30", "4000"),
                &["bad-value x.toml:7:16 | x.toml:5:11 `${var.days}` is 4000 here"],
            ),
            (
                format!("{DAYS}[audit]\nflow_logs = '${{var.days}}'\n"),
                &["wrong-type x.toml:7:13 | x.toml:5:11 `${var.days}` is 30 here"],
            ),
            (
                format!("{DAYS}[audit]\npublic_buckets = '${{var.days}}'\n"),
                &["wrong-type x.toml:7:18 | x.toml:5:11 `${var.days}` is 30 here"],
            ),
            (
                "[vars.on]\ntype = 'boolean'\ndefault = true\n[audit]\npublic_buckets = ['logs-${var.on}']\n"
                    .into(),
                &["wrong-type x.toml:7:19"],
            ),
            (
                "[vars.on]\ntype = 'strings'\ndefault = []\n[audit]\npublic_buckets = ['logs-${var.on}']\n"
                    .into(),
                &["wrong-type x.toml:7:19"],
            ),
            ("[audit]\npublic_buckets = ['${var.on}']\n".into(), &["unknown-variable x.toml:4:19"]),
            ("vars = 3\n".into(), &["wrong-type x.toml:3:8"]),
        ] {
            let files = file(&text);
            assert_eq!(
                told(&files),
                expected,
                "{text}\n{}",
                render(&files, &Baseline::parse(&files).1, false)
            );
        }
    }

    #[test]
    fn a_value_that_was_given_wins_over_the_default_and_is_told_where_it_stands() {
        let files = file(
            "[vars.days]\ntype = 'number'\ndefault = 30\n[password_policy]\nmax_age_days = '${var.days}'\n",
        );
        let fleet = Arc::new(Source { name: "fleet.toml".into(), text: "vars = { days = 4000 }".into() });
        let value = |value| Spanned { value, span: 16..20, given: true };
        let given = |value| files.clone().giving(&fleet, [("days", &value)]);
        assert_eq!(
            told(&given(value(VariableValue::Number(4000)))),
            ["bad-value x.toml:7:16 | fleet.toml:1:17 `${var.days}` is 4000 here"]
        );
        assert_eq!(
            told(&given(value(VariableValue::Text("4000".into())))),
            ["wrong-type fleet.toml:1:17 | x.toml:4:8 its type"]
        );
        assert_eq!(told(&files.clone().typed("days", "31")), [""; 0]);
        assert_eq!(told(&files.clone().typed("days", "x")), ["wrong-type --var:1:6 | x.toml:4:8 its type"]);
        assert_eq!(told(&files.clone().typed("day", "1")), ["unknown-variable --var:1:5"]);
        // A fleet's value may be for another baseline: that is told as a warning, which the fleet settles.
        let other = files.clone().giving(&fleet, [("day", &value(VariableValue::Number(1)))]);
        assert_eq!(told(&other), ["unknown-variable fleet.toml:1:17"]);
        assert!(Baseline::parse(&other).0.is_some());
    }

    /// Text of a file in which every variable is `x`; nothing where a reference does not end.
    fn of_x(text: &str) -> Option<String> {
        let piece = |piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Reference(_) => Some("x"),
            Piece::Open => None,
        };
        pieces(text).into_iter().map(piece).collect()
    }

    #[test]
    fn a_second_dollar_keeps_a_reference_from_being_one() {
        for (text, filled) in [
            ("a-${var.env}-b", "a-x-b"),
            ("a-$${var.env}-b", "a-${var.env}-b"),
            ("$${var.env}${var.env}", "${var.env}x"),
            ("$$${var.env}", "$${var.env}"),
            ("$${var.${var.env}}", "${var.x}"),
            ("$${account}", "$${account}"),
        ] {
            assert_eq!(of_x(text).as_deref(), Some(filled), "{text}");
            assert_eq!(
                of_x(&as_written(text)).as_deref(),
                Some(text),
                "it is written so that it reads the same"
            );
        }
    }

    /// A variable is used wherever any layer refers to it, and one that a layer no longer refers to needs no value.
    #[test]
    fn layers_share_their_variables() {
        let layers = |above: &str| {
            let below = format!(
                "{HEAD}[vars.days]\ntype = 'number'\ndefault = 30\n[password_policy]\nmax_age_days = '${{var.days}}'\n"
            );
            let source =
                |(name, text): (&str, &str)| Arc::new(Source { name: name.into(), text: text.into() });
            Layers::new([("a.toml", below.as_str()), ("b.toml", above)].into_iter().map(source).collect())
        };
        assert_eq!(told(&layers("[password_policy]\nmax_age_days = 20\n")), [""; 0]);
        assert_eq!(told(&layers("[password_policy]\nmin_length = '${var.days}'\n")), [""; 0]);
        assert_eq!(
            told(&layers("[vars.days]\ndefault = 4000\n")),
            ["bad-value a.toml:7:16 | b.toml:2:11 `${var.days}` is 4000 here"]
        );
    }

    #[test]
    fn text_that_is_one_reference_takes_the_value_with_its_type_and_longer_text_takes_text_and_numbers() {
        let text = "[vars.env]\ntype = 'string'\ndefault = 'prod'\n[vars.n]\ntype = 'number'\ndefault = 7\n\
                    [vars.who]\ntype = 'strings'\ndefault = ['111122223333', '222233334444']\n[vars.on]\ntype = 'boolean'\ndefault = false\n\
                    [audit]\ntrusted_accounts = '${var.who}'\nflow_logs = '${var.on}'\n\
                    public_buckets = ['logs-${var.env}-${var.n}-${account}']\n\
                    [role.r]\npolicies = []\ntrusted_by = { accounts = '${var.who}' }\n\
                    [[role.r.allow]]\nactions = ['s3:GetObject']\nresources = ['arn:aws:s3:::home-${var.env}/${aws:username}/*']\n";
        let files = file(text);
        let (baseline, problems) = Baseline::parse(&files);
        let baseline = baseline.unwrap_or_else(|| panic!("{}", render(&files, &problems, false)));
        let place = Place { account: "111122223333", partition: "aws" };
        let audit = baseline.asked(&files, &place).audit.unwrap();
        assert_eq!(audit.trusted_accounts.value, ["111122223333", "222233334444"]);
        assert_eq!(audit.public_buckets.value, ["logs-prod-7-111122223333"]);
        assert!(audit.flow_logs.is_none());
        // Variables of AWS are left to AWS.
        let role =
            format!("{:?}", baseline.expand(&place).unwrap().things[&"iam.role.r".parse().unwrap()].value);
        assert!(role.contains("home-prod/${aws:username}/*"), "{role}");
    }
}
