//! What a condition key can hold, as far as two policies tell its values apart.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::expression::{Expression, Step, classes};
use super::work::Work;
use crate::policy::condition::{Condition, Quantifier};
use crate::policy::operator::{Operator, time};
use crate::policy::pattern::{Pattern, Token};

/// Values of one key in one request; nothing where the request does not carry it.
pub(super) type Values = Option<Vec<String>>;

/// Keys that every request carries (IAM User Guide, "AWS global condition context keys").
const ALWAYS: [&str; 4] = ["aws:securetransport", "aws:currenttime", "aws:epochtime", "aws:requestedregion"];

/// Up to how many classes of values all sets of them are tried for a key with several.
const MOST_IN_SETS: usize = 8;

/// What is compared with the values of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Truth,
    Text,
    Address,
    Number,
    Time,
}

/// A value of each class into which the conditions divide what the key can hold.
///
/// # Errors
/// Says why the classes are not known.
pub(super) fn values(key: &str, conditions: &[&Condition], work: &mut Work) -> Result<Vec<Values>, String> {
    let mut sorts = BTreeSet::new();
    let mut texts = Vec::new();
    for condition in conditions {
        let Some(operator) = condition.operator() else { continue };
        let Some(sort) = sort(operator) else { continue };
        sorts.insert(sort);
        if matches!(sort, Sort::Truth | Sort::Text) {
            let expressions = condition.values.iter().map(|value| expression(operator, value));
            texts.extend(
                expressions
                    .collect::<Option<Vec<_>>>()
                    .ok_or_else(|| format!("{key} is compared with a variable"))?,
            );
        }
    }
    if sorts.contains(&Sort::Text) {
        sorts.remove(&Sort::Truth);
    }
    let written =
        || conditions.iter().flat_map(|condition| &condition.values).map(|value| value.text.as_str());
    let mut single: Vec<String> = match sorts.iter().collect::<Vec<_>>().as_slice() {
        // Only whether it is there matters.
        [] => vec!["x".to_owned()],
        [Sort::Truth] => vec!["true".to_owned(), "false".to_owned()],
        [Sort::Text] => classes(&texts, &[Expression::glob("?*")], work)
            .ok_or_else(|| format!("{key} is compared with too many patterns"))?,
        [Sort::Address] => addresses(written()),
        [Sort::Number] => numbers(written()),
        [Sort::Time] => times(written()),
        _ => return Err(format!("{key} is compared in several ways")),
    };
    single.dedup();
    if single.is_empty() {
        // Nothing that is written is a number or a time, so whatever the key holds is compared alike.
        single.push("0".to_owned());
    }
    let is_set = conditions.iter().any(|condition| condition.quantifier != Quantifier::One);
    if is_set && single.len() > MOST_IN_SETS {
        return Err(format!("{key} has several values, and is compared with many patterns"));
    }
    let mut all: Vec<Values> = Vec::new();
    if !ALWAYS.contains(&key.to_ascii_lowercase().as_str()) {
        all.push(None);
    }
    if is_set {
        let sets = (1..1_usize << single.len()).map(|bits| {
            let chosen = single.iter().enumerate().filter(|(index, _)| bits & (1 << index) != 0);
            Some(chosen.map(|(_, value)| value.clone()).collect())
        });
        all.extend(sets);
    } else {
        all.extend(single.into_iter().map(|value| Some(vec![value])));
    }
    Ok(all)
}

fn sort(operator: Operator) -> Option<Sort> {
    Some(match operator {
        Operator::Null => return None,
        Operator::Bool => Sort::Truth,
        Operator::Text { .. } | Operator::Like { .. } | Operator::Arn { .. } => Sort::Text,
        Operator::Address { .. } => Sort::Address,
        Operator::Number(_) => Sort::Number,
        Operator::Time(_) => Sort::Time,
    })
}

/// The texts that an operator takes for a value; nothing where it has a variable.
fn expression(operator: Operator, value: &Pattern) -> Option<Expression> {
    match operator {
        Operator::Arn { .. } => arn(value),
        Operator::Like { .. } => Some(Expression(value.fixed()?.into_iter().map(free).collect())),
        Operator::Text { ignore_case, .. } => exactly(value, ignore_case),
        _ => exactly(value, true),
    }
}

fn free(token: Token) -> Step {
    match token {
        Token::Any => Step::Any,
        Token::One => Step::One,
        Token::Char(c) => Step::Is(c),
    }
}

fn exactly(value: &Pattern, ignore_case: bool) -> Option<Expression> {
    let step = |token| {
        let c = match token {
            Token::Any => '*',
            Token::One => '?',
            Token::Char(c) => c,
        };
        if ignore_case { Step::Folds(c.to_ascii_lowercase()) } else { Step::Is(c) }
    };
    Some(Expression(value.fixed()?.into_iter().map(step).collect()))
}

/// An ARN, whose parts are compared one by one: a wildcard reaches over a colon in the last part alone, and parts that are left out
/// stand for everything.
pub(super) fn arn(value: &Pattern) -> Option<Expression> {
    let tokens = value.fixed()?;
    if value.text == "*" {
        return Some(Expression(vec![Step::Any]));
    }
    let mut colons = 0;
    let mut steps = Vec::new();
    for token in tokens {
        colons += usize::from(colons < 5 && token == Token::Char(':'));
        steps.push(match token {
            Token::Any if colons < 5 => Step::AnyInPart,
            Token::One if colons < 5 => Step::OneInPart,
            token => free(token),
        });
    }
    if colons < 5 {
        steps.extend([Step::EndOrColon, Step::Any]);
    }
    Some(Expression(steps))
}

/// An address between all ends of the ranges, in both families.
fn addresses<'a>(written: impl Iterator<Item = &'a str>) -> Vec<String> {
    let (mut v4, mut v6) = (BTreeSet::from([0_u32]), BTreeSet::from([0_u128]));
    for text in written {
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        match net {
            Some(IpNet::V4(net)) => {
                v4.insert(net.network().to_bits());
                v4.extend(net.broadcast().to_bits().checked_add(1));
            }
            Some(IpNet::V6(net)) => {
                v6.insert(net.network().to_bits());
                v6.extend(net.broadcast().to_bits().checked_add(1));
            }
            None => {}
        }
    }
    let v4 = v4.into_iter().map(|bits| std::net::Ipv4Addr::from_bits(bits).to_string());
    v4.chain(v6.into_iter().map(|bits| std::net::Ipv6Addr::from_bits(bits).to_string())).collect()
}

/// Each number, one between each two, and one beyond either end.
fn numbers<'a>(written: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut known: Vec<f64> = written.filter_map(|text| text.parse().ok()).collect();
    known.sort_by(f64::total_cmp);
    known.dedup();
    let ends = known.first().map(|first| first - 1.0).into_iter().chain(known.last().map(|last| last + 1.0));
    let between = known.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
    let all = known.iter().copied().chain(between).chain(ends);
    all.map(|number| number.to_string()).collect()
}

/// Each point in time, and one second before and after it.
fn times<'a>(written: impl Iterator<Item = &'a str>) -> Vec<String> {
    let seconds: BTreeSet<i64> =
        written.filter_map(time).flat_map(|at| [-1, 0, 1].map(|by| at.as_second() + by)).collect();
    let points = seconds.into_iter().filter_map(|second| jiff::Timestamp::from_second(second).ok());
    points.map(|point| point.to_string()).collect()
}
