//! Grants as policy documents that IAM takes.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::operations::{Condition, Grant, Grants};

/// The most characters of a managed policy, whitespace not counted (IAM and STS quotas).
pub const LIMIT: usize = 6_144;

/// What a Sid may get beyond its name where that is taken in the document: no document has room for a hundred statements.
const NUMBER: usize = 2;

/// The characters of a policy that count against [`LIMIT`].
pub fn size(document: &Json) -> usize {
    document.to_string().chars().filter(|c| !c.is_whitespace()).count()
}

/// Documents, each below the limit; statements stay whole where they fit into one.
pub(super) fn documents(grants: Grants) -> Vec<Json> {
    let mut parts = Vec::new();
    for (grant, actions) in grants.0 {
        split(grant, actions, &mut parts);
    }
    let mut documents: Vec<Vec<Json>> = Vec::new();
    let mut used = LIMIT;
    for (grant, actions) in parts {
        let statement = statement(&grant, &actions);
        let room = size(&statement) + 1 + NUMBER;
        if used + room > LIMIT {
            documents.push(Vec::new());
            used = size(&document(Vec::new()));
        }
        used += room;
        if let Some(last) = documents.last_mut() {
            last.push(statement);
        }
    }
    documents.into_iter().map(|statements| document(numbered(statements))).collect()
}

/// Halves what is larger than a document, by its resources and, where there is one, by its actions.
fn split(grant: Grant, actions: BTreeSet<String>, parts: &mut Vec<(Grant, BTreeSet<String>)>) {
    let alone = size(&document(vec![statement(&grant, &actions)]));
    if alone < LIMIT - 4 || (grant.resources.len() == 1 && actions.len() == 1) {
        parts.push((grant, actions));
    } else if grant.resources.len() > 1 {
        let mut resources = grant.resources.clone();
        let middle = resources.iter().nth(resources.len() / 2).cloned().unwrap_or_default();
        let rest = resources.split_off(&middle);
        split(Grant { resources, ..grant.clone() }, actions.clone(), parts);
        split(Grant { resources: rest, ..grant }, actions, parts);
    } else {
        let mut first = actions;
        let middle = first.iter().nth(first.len() / 2).cloned().unwrap_or_default();
        let rest = first.split_off(&middle);
        split(grant.clone(), first, parts);
        split(grant, rest, parts);
    }
}

/// A Sid is unique in its document.
fn numbered(mut statements: Vec<Json>) -> Vec<Json> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for statement in &mut statements {
        let sid = statement["Sid"].as_str().unwrap_or_default().to_owned();
        let mut unique = sid.clone();
        let mut number = 2;
        while !seen.insert(unique.clone()) {
            unique = format!("{sid}{number}");
            number += 1;
        }
        statement["Sid"] = Json::from(unique);
    }
    statements
}

pub(super) fn document(statements: Vec<Json>) -> Json {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn statement(grant: &Grant, actions: &BTreeSet<String>) -> Json {
    let mut statement = json!({
        "Sid": grant.sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(&grant.resources),
    });
    if !grant.condition.is_empty() {
        statement["Condition"] = condition(&grant.condition);
    }
    statement
}

fn condition(condition: &Condition) -> Json {
    let mut operators = Map::new();
    for (operator, keys) in condition {
        let keys = keys.iter().map(|(key, values)| (key.clone(), list(values))).collect::<Map<_, _>>();
        operators.insert((*operator).to_owned(), Json::Object(keys));
    }
    Json::Object(operators)
}

/// One as text, several as a list: how policies are usually written, and shorter.
fn list(items: &BTreeSet<String>) -> Json {
    match items.first() {
        Some(only) if items.len() == 1 => Json::from(only.as_str()),
        _ => items.iter().map(String::as_str).collect(),
    }
}
