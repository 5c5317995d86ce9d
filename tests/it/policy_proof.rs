//! A solver on random policies: where it finds a request that is new, or none, we do.
//!
//! 300 pairs in a plain run; `BASELINE_POLICIES=10000` for more.

use baseline::policy::{About, Policy, compare};
use serde_json::{Value as Json, json};

use crate::network_proof::Dice;
use crate::python_environment;

const CVC5: &str = "cvc5==1.4.2";

fn pattern(dice: &mut Dice) -> String {
    (0..1 + dice.roll(3)).map(|_| ['a', 'b', '*', '?'][dice.roll(4) as usize]).collect()
}

fn condition(dice: &mut Dice) -> Json {
    let text = pattern(dice);
    let plain: String = text.chars().map(|c| if c.is_alphabetic() { c } else { 'a' }).collect();
    match dice.roll(14) {
        0 => json!({ "StringEquals": { "aws:tag": [plain, "ab"] } }),
        1 => json!({ "StringNotEquals": { "aws:tag": plain } }),
        2 => json!({ "StringLike": { "aws:tag": text } }),
        3 => json!({ "StringNotLikeIfExists": { "aws:tag": text } }),
        4 => json!({ "StringLikeIfExists": { "aws:tag": text }, "Bool": { "aws:mfa": "true" } }),
        5 => json!({ "Bool": { "aws:mfa": "false" } }),
        6 => json!({ "BoolIfExists": { "aws:mfa": "true" }, "Null": { "aws:tag": "false" } }),
        7 => json!({ "IpAddress": { "aws:SourceIp": ["10.0.0.0/8", "192.0.2.7"] } }),
        8 => json!({ "NotIpAddress": { "aws:SourceIp": "10.1.0.0/16" } }),
        9 => json!({ "NumericLessThan": { "aws:count": dice.roll(4).to_string() } }),
        10 => json!({ "NumericGreaterThanEquals": { "aws:count": dice.roll(4).to_string() } }),
        _ => json!({}),
    }
}

fn principal(dice: &mut Dice) -> Json {
    match dice.roll(6) {
        0 => json!("*"),
        1 => json!({ "AWS": "111111111111" }),
        2 => json!({ "AWS": ["arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:root"] }),
        3 => json!({ "AWS": "arn:aws:iam::222222222222:user/b" }),
        4 => json!({ "AWS": ["arn:aws:iam::111111111111:user/b", "arn:aws:iam::111111111111:role/a"] }),
        _ => json!({ "AWS": "*" }),
    }
}

fn statement(dice: &mut Dice, names_principals: bool) -> Json {
    let mut statement = json!({
        "Effect": if dice.roll(3) > 0 { "Allow" } else { "Deny" },
        (if dice.roll(6) > 0 { "Action" } else { "NotAction" }): format!("s:{}", pattern(dice)),
        (if dice.roll(5) > 0 { "Resource" } else { "NotResource" }):
            [format!("arn:aws:s:::{}", pattern(dice)), format!("arn:aws:s:::{}", pattern(dice))],
        "Condition": condition(dice),
    });
    if names_principals {
        let denies = statement["Effect"] == "Deny";
        let word = if denies && dice.roll(3) == 0 { "NotPrincipal" } else { "Principal" };
        statement[word] = principal(dice);
    }
    statement
}

#[test]
fn a_solver_finds_the_same_new_access_as_the_comparison() {
    let many: u64 = std::env::var("BASELINE_POLICIES").map_or(300, |many| many.parse().unwrap());
    let environment = match python_environment::with(&[CVC5]) {
        Ok(environment) => environment,
        Err(error) => panic!("{error}"),
    };
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let pairs: Vec<Json> = (0..many)
        .map(|_| {
            let names_principals = dice.roll(2) == 0;
            let side = |dice: &mut Dice| {
                (0..1 + dice.roll(3)).map(|_| statement(dice, names_principals)).collect::<Vec<_>>()
            };
            let mut new = side(&mut dice);
            // Half of the pairs have something in common, as policies that change do.
            let mut old = side(&mut dice);
            if dice.roll(2) == 0 {
                old.extend(new.iter().take(1).cloned());
                new.extend(old.iter().take(1).cloned());
            }
            let policy = |statements: &Json| {
                Policy::of(&json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
            };
            let (old, new) = (json!(old), json!(new));
            let found = compare(&policy(&old), &policy(&new), &About::default());
            assert!(found.unproven.is_empty(), "{:?} of {old} and {new}", found.unproven);
            json!({ "old": old, "new": new, "found": !found.new.is_empty() })
        })
        .collect();
    let said = python_environment::judged(&environment, "policy_proof.py", &pairs);
    assert!(said.trim().ends_with("no disagreement"), "{said}");
    let found = pairs.iter().filter(|pair| pair["found"] == true).count();
    assert!(
        found > pairs.len() / 4 && found < pairs.len() * 9 / 10,
        "{found} of {} have new access",
        pairs.len()
    );
}
