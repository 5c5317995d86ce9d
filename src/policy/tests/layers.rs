//! Policies of several sorts together, after AWS's pages on evaluation logic.

use super::*;

const BUCKET: &str = "arn:aws:s3:::examplebucket/key";

fn allow(action: &str) -> Policy {
    policy(&format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#))
}

fn deny(action: &str) -> Policy {
    policy(&format!(r#"{{"Effect":"Deny","Action":"{action}","Resource":"*"}}"#))
}

fn on_resource(principal: &str) -> Policy {
    policy(&format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"s3:*","Resource":"*"}}"#
    ))
}

fn answer(layers: &Layers<'_>, who: Who<'_>, action: &str) -> &'static str {
    let context = known("");
    match evaluate(layers, &Ask { who, action, resource: BUCKET, context: &context }) {
        Verdict::Allowed(_) => "allow",
        Verdict::Denied(_) => "deny",
        Verdict::NotAllowed => "silent",
    }
}

#[test]
fn a_boundary_limits_what_the_identity_was_given() {
    let (everything, s3, ec2) = (allow("*"), allow("s3:*"), allow("ec2:*"));
    let (no_delete, nothing) = (deny("s3:Delete*"), policy(""));
    for (identity, boundary, action, says_so) in [
        (&everything, Some(&s3), "s3:GetObject", "allow"),
        (&everything, Some(&s3), "iam:CreateUser", "silent"),
        (&s3, Some(&everything), "s3:GetObject", "allow"),
        (&ec2, Some(&s3), "s3:GetObject", "silent"),
        (&ec2, Some(&s3), "ec2:RunInstances", "silent"),
        (&nothing, Some(&everything), "s3:GetObject", "silent"),
        (&everything, Some(&no_delete), "s3:DeleteObject", "deny"),
        (&everything, Some(&no_delete), "s3:GetObject", "silent"),
        (&everything, None, "iam:CreateUser", "allow"),
    ] {
        let layers = Layers { identity: &[identity], boundary, ..Layers::default() };
        assert_eq!(answer(&layers, user(), action), says_so, "{identity:?} in {boundary:?}: {action}");
    }
}

#[test]
fn session_policies_and_control_policies_limit_too() {
    let (everything, s3, ec2) = (allow("*"), allow("s3:*"), allow("ec2:*"));
    let no_s3 = deny("s3:*");
    for (session, control, action, says_so) in [
        (Some(&s3), vec![], "s3:GetObject", "allow"),
        (Some(&ec2), vec![], "s3:GetObject", "silent"),
        (Some(&no_s3), vec![], "s3:GetObject", "deny"),
        (None, vec![&everything], "s3:GetObject", "allow"),
        // Every level of the organization must allow it.
        (None, vec![&everything, &ec2], "s3:GetObject", "silent"),
        (None, vec![&everything, &no_s3], "s3:GetObject", "deny"),
        (Some(&s3), vec![&ec2], "s3:GetObject", "silent"),
    ] {
        let layers = Layers { identity: &[&everything], session, control: &control, ..Layers::default() };
        assert_eq!(answer(&layers, session_of_role(), action), says_so, "{session:?} {control:?} {action}");
    }
}

fn session_of_role() -> Who<'static> {
    super::session()
}

/// The table of AWS's page: what a resource policy gives to whom, and which silence of others it outweighs.
#[test]
fn a_resource_policy_gives_to_users_and_sessions_directly() {
    let nothing = policy("");
    for (principal, who, boundary, session, says_so) in [
        (USER, user(), None, None, "allow"),
        (USER, user(), Some(&nothing), None, "allow"),
        (ROLE, super::session(), None, None, "allow"),
        (ROLE, super::session(), Some(&nothing), None, "silent"),
        (ROLE, super::session(), None, Some(&nothing), "silent"),
        (SESSION, super::session(), Some(&nothing), Some(&nothing), "allow"),
        // The account is named: its own policies decide.
        (ACCOUNT, user(), None, None, "silent"),
        ("*", user(), None, None, "allow"),
        ("arn:aws:iam::111122223333:user/other", user(), None, None, "silent"),
    ] {
        let resource = on_resource(principal);
        let layers = Layers { resource: Some(&resource), boundary, session, ..Layers::default() };
        assert_eq!(
            answer(&layers, who, "s3:GetObject"),
            says_so,
            "{principal} {who:?} {boundary:?} {session:?}"
        );
    }
}

#[test]
fn identity_and_resource_policies_add_up_within_an_account_and_meet_across_accounts() {
    let (s3, no_s3) = (allow("s3:*"), deny("s3:*"));
    let named = on_resource(USER);
    let nobody = on_resource("arn:aws:iam::999988887777:root");
    let denied = policy(r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#);
    for (identity, resource, across_accounts, says_so) in [
        (Some(&s3), None, false, "allow"),
        (Some(&s3), Some(&nobody), false, "allow"),
        (None, Some(&named), false, "allow"),
        (Some(&s3), Some(&denied), false, "deny"),
        (Some(&no_s3), Some(&named), false, "deny"),
        (Some(&s3), None, true, "silent"),
        (None, Some(&named), true, "silent"),
        (Some(&s3), Some(&named), true, "allow"),
        (Some(&s3), Some(&nobody), true, "silent"),
        (Some(&no_s3), Some(&named), true, "deny"),
    ] {
        let identity: Vec<&Policy> = identity.into_iter().collect();
        let layers = Layers { identity: &identity, resource, across_accounts, ..Layers::default() };
        assert_eq!(
            answer(&layers, user(), "s3:GetObject"),
            says_so,
            "{identity:?} {resource:?} {across_accounts}"
        );
    }
}

/// AWS's example of a user whose group, own policy and bucket policy meet: Carlos may manage his own bucket and is
/// denied what the production bucket denies to all but administrators.
#[test]
fn a_person_with_a_home_of_their_own_is_kept_out_of_production() {
    let own = policy(
        r#"{"Sid":"Password","Effect":"Allow","Action":"iam:ChangePassword","Resource":"arn:aws:iam::*:user/${aws:username}"},
           {"Sid":"List","Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:GetBucketLocation"],"Resource":"*"},
           {"Sid":"Home","Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::carlossalazar","arn:aws:s3:::carlossalazar/*"]},
           {"Sid":"NoLogs","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::*log*"}"#,
    );
    let context = known("aws:username=carlossalazar");
    for (action, resource, says_so) in [
        ("s3:PutObject", "arn:aws:s3:::carlossalazar/x", "allow"),
        ("s3:CreateBucket", "arn:aws:s3:::carlossalazar", "allow"),
        ("s3:PutObject", "arn:aws:s3:::production/x", "silent"),
        ("s3:PutObject", "arn:aws:s3:::carlossalazar-logs/x", "deny"),
        ("s3:ListAllMyBuckets", "*", "allow"),
        ("iam:ChangePassword", "arn:aws:iam::111122223333:user/carlossalazar", "allow"),
        ("iam:ChangePassword", "arn:aws:iam::111122223333:user/mary", "silent"),
    ] {
        assert_eq!(says(&own, action, resource, &context), says_so, "{action} {resource}");
    }
}
