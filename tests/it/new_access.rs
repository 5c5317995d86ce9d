//! What a plan lets somebody do that nobody could before, and two policies compared, as a user sees them.

use serde_json::{Value as Json, json};

use crate::desk::Desk;

const HEAD: &str = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n";

fn role(trusted: &str) -> String {
    format!("[role.auditor]\ntrusted_by = {{ {trusted} }}\n")
}

#[test]
fn whom_a_plan_lets_in_is_told_and_refused_where_a_pipeline_says_so() {
    let desk = Desk::with(HEAD, &role("services = ['ec2.amazonaws.com']"));
    // A service of AWS is nobody outside.
    let quiet = desk.ends(0, &["plan", "file.toml", "--refuse-new-access", "outside"]);
    assert!(!quiet.stdout.contains("will let "), "{quiet:?}");
    let any = desk.ends(1, &["plan", "file.toml", "--refuse-new-access", "any", "--out", "never.plan"]);
    assert!(
        any.stderr.contains("iam.role.auditor will let the service ec2.amazonaws.com call sts:AssumeRole"),
        "{any:?}"
    );
    assert!(!desk.folder.path().join("never.plan").exists());
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);

    desk.write(&role("accounts = ['210987654321'], external_id = 'shop-7', require_mfa = false"));
    let plan = desk.ends(0, &["plan", "file.toml"]);
    assert!(plan.stdout.contains("will let account 210987654321 call sts:AssumeRole"), "{plan:?}");
    for command in [
        vec!["plan", "file.toml", "--refuse-new-access", "outside"],
        vec!["apply", "file.toml", "--auto-approve", "--refuse-new-access", "outside"],
    ] {
        let refused = desk.ends(1, &command);
        assert!(
            refused.stderr.contains("nothing was written") && refused.stderr.contains("210987654321"),
            "{refused:?}"
        );
    }
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);

    // Less than before is nothing new, and nothing to refuse.
    desk.write(&role("accounts = ['210987654321'], external_id = 'shop-7', require_mfa = true"));
    let narrower = desk.ends(0, &["plan", "file.toml", "--refuse-new-access", "any"]);
    assert!(narrower.stdout.contains("iam.role.auditor"), "{narrower:?}");
}

#[test]
fn whom_a_bucket_newly_lets_in_is_named_with_what_they_can_do() {
    let bucket = |principal: &str| {
        format!(
            "[bucket.site]\nname = 'shop-site'\nstatements = [{{ sid = 'Read', effect = 'allow', principal = {principal}, \
             actions = ['s3:GetObject'] }}]\n"
        )
    };
    let desk = Desk::with(HEAD, &bucket("{ AWS = ['arn:aws:iam::123456789012:root'] }"));
    desk.ends(0, &["plan", "file.toml", "--refuse-new-access", "outside"]);
    desk.write(&bucket("{ AWS = ['arn:aws:iam::999988887777:role/reader'] }"));
    let named = desk.ends(1, &["plan", "file.toml", "--refuse-new-access", "outside"]);
    let said = "s3.bucket.site will let arn:aws:iam::999988887777:role/reader call s3:GetObject on arn:aws:s3:::shop-site";
    assert!(named.stderr.contains(said), "{named:?}");
}

#[test]
fn two_documents_are_compared_with_a_request_in_full() {
    let desk = Desk::with(HEAD, "");
    let statement = |condition: Json| {
        json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*",
                "Condition": condition })
    };
    let write = |name: &str, text: String| std::fs::write(desk.folder.path().join(name), text).unwrap();
    let document = |statements: Json| json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    write(
        "office.json",
        document(json!([statement(json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }))])),
    );
    write(
        "half.json",
        document(json!([statement(json!({ "IpAddress": { "aws:SourceIp": "203.0.113.128/25" } }))])),
    );
    write("world.json", document(json!([statement(json!({}))])));
    write(
        "home.json",
        document(
            json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*" }]),
        ),
    );
    write("read.json", document(json!([{ "Effect": "Allow", "Action": "s3:Get*", "Resource": "*" }])));
    write("broken.json", "{\n  \"Version\": \"2012-10-17\",\n  oops\n}".to_owned());
    write("answer.json", r#"{"Policy": "{}"}"#.to_owned());

    let same = desk.ends(0, &["policy", "compare", "office.json", "half.json"]);
    assert!(same.stdout.contains("nothing new"), "{same:?}");
    let new = desk.ends(2, &["policy", "compare", "office.json", "world.json"]);
    for words in [
        "anybody, without credentials",
        "s3:GetObject",
        "arn:aws:s3:::data/",
        "aws:SourceIp not in the request",
    ] {
        assert!(new.stdout.contains(words), "{words}: {new:?}");
    }
    let json = desk.ends(2, &["policy", "compare", "office.json", "world.json", "--format", "json"]);
    let json: Json = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["answer"], "new-access");
    assert_eq!(json["new"][0]["action"], "s3:GetObject");
    let unknown = desk.ends(3, &["policy", "compare", "read.json", "home.json"]);
    assert!(unknown.stdout.contains("not proven") && unknown.stdout.contains("variables"), "{unknown:?}");

    for (old, new, said) in [
        ("office.json", "broken.json", "line 3 column 3"),
        ("answer.json", "office.json", "answer.json is no policy"),
        ("office.json", "none.json", "cannot read none.json"),
        ("office.json", "read.json", "names principals and the other does not"),
    ] {
        let refused = desk.ends(1, &["policy", "compare", old, new]);
        assert!(refused.stderr.contains(said) && refused.stderr.contains("hint:"), "{refused:?}");
    }
}
