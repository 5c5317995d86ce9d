//! Policy evaluation, as a table.

mod conditions;
mod layers;
mod matching;
mod meaning_of_public;
mod published_cases;

use super::*;

/// The account of the questions.
const ACCOUNT: &str = "111122223333";
const USER: &str = "arn:aws:iam::111122223333:user/exampleuser";
const ROLE: &str = "arn:aws:iam::111122223333:role/examplerole";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/examplerole/session";

fn policy(statements: &str) -> Policy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Policy::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn user() -> Who<'static> {
    Who::Aws { account: ACCOUNT, arn: USER, identity: USER }
}

fn session() -> Who<'static> {
    Who::Aws { account: ACCOUNT, arn: SESSION, identity: ROLE }
}

/// `key=a,b; other=c` as a context of which everything is known.
fn known(text: &str) -> Context {
    text.split("; ").filter_map(|part| part.split_once('=')).fold(
        Context::complete(),
        |context, (key, values)| {
            context.with_all(key, values.split(',').filter(|value| !value.is_empty()).map(str::to_owned))
        },
    )
}

/// What one policy says to the user.
fn says(policy: &Policy, action: &str, resource: &str, context: &Context) -> &'static str {
    let ask = Ask { who: user(), action, resource, context };
    match evaluate(&Layers { identity: &[policy], ..Layers::default() }, &ask) {
        Verdict::Allowed(_) => "allow",
        Verdict::Denied(_) => "deny",
        Verdict::NotAllowed => "silent",
    }
}
