//! What a policy newly allows.

use serde_json::{Value as Json, json};

use super::Shown;
use crate::policy::{Comparison, NewAccess};
use crate::shown;

/// For people.
pub fn text(found: &Comparison) -> Shown {
    let mut text = Shown::default();
    match (found.new.len(), found.unproven.is_empty()) {
        (0, true) => text.push(shown!("nothing new: every request that NEW allows, OLD allows too\n")),
        (0, false) => text.push(shown!("not proven: NEW may allow what OLD does not\n")),
        (_, _) => text.push(shown!("new access: NEW allows what OLD does not\n")),
    }
    for access in &found.new {
        let who = access.who.as_deref().unwrap_or("whoever has the policy");
        text.push(shown!("\n  {}\n", Shown::line(who)));
        text.push(shown!("    action     {}\n", Shown::line(&access.action)));
        if let Some(resource) = &access.resource {
            text.push(shown!("    resource   {}\n", Shown::line(resource)));
        }
        for (key, values) in &access.conditions {
            let value = if values.is_empty() { "not in the request".to_owned() } else { values.join(", ") };
            text.push(shown!("    condition  {} {}\n", Shown::line(key), Shown::line(&value)));
        }
        text.push(shown!("    allowed by {}\n", Shown::line(&access.statement)));
    }
    for reason in &found.unproven {
        text.push(shown!("\n  not proven: {}\n", Shown::line(reason)));
    }
    text
}

/// For programs.
pub fn json(found: &Comparison) -> Json {
    let answer = match (found.new.is_empty(), found.unproven.is_empty()) {
        (false, _) => "new-access",
        (true, false) => "not-proven",
        (true, true) => "nothing-new",
    };
    let access = |access: &NewAccess| {
        let conditions: serde_json::Map<String, Json> =
            access.conditions.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
        json!({
            "who": access.who,
            "action": access.action,
            "resource": access.resource,
            "conditions": conditions,
            "statement": access.statement,
        })
    };
    json!({
        "answer": answer,
        "new": found.new.iter().map(access).collect::<Vec<_>>(),
        "unproven": found.unproven,
    })
}
