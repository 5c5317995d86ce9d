//! The commands a person types, from an empty account to a converged one.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::{allow_duplicates, assert_snapshot};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::both::on_both;
use crate::emulator::{Answer, Emulator, Which};

on_both! {
    blocking
    a_person_plans_applies_and_finds_nothing_left,
    drift_has_its_own_exit_code_and_names_the_path,
    an_apply_reports_what_it_did_to_programs,
    a_saved_plan_is_carried_out_once_and_refused_when_the_account_moved,
    a_plan_saved_for_another_account_is_refused,
    a_saved_plan_is_known_by_its_digest_and_another_one_is_refused,
    a_wrong_account_stops_everything_and_nothing_is_shown,
    what_is_no_longer_declared_is_shown_and_logs_are_deleted_only_by_name,
}

const SMALL: &str = "name = 'small'\nregion = 'us-east-1'\n\n[bucket.logs]\naccess_log = false\n\
                     lifecycle = { expire_after_days = 90 }\n\n[password_policy]\nmin_length = 14\n";

struct Desk {
    emulator: Emulator,
    folder: TempDir,
}

impl Desk {
    fn new(on: Which, text: &str) -> Self {
        let desk = Self { emulator: Emulator::start(on), folder: tempfile::tempdir().unwrap() };
        desk.write(text);
        desk
    }

    fn write(&self, text: &str) {
        fs::write(self.folder.path().join("small.toml"), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        let mut answer = self.emulator.run(self.folder.path(), arguments);
        answer.stdout = answer.stdout.replace(&self.emulator.endpoint(), "http://ENDPOINT");
        answer
    }

    fn json(&self, arguments: &[&str], code: i32) -> Json {
        let answer = self.run(arguments);
        assert_eq!(answer.code, Some(code), "{answer:?}");
        serde_json::from_str(&answer.stdout).unwrap()
    }
}

fn a_person_plans_applies_and_finds_nothing_left(on: Which) {
    let desk = Desk::new(on, SMALL);
    let planned = desk.run(&["plan", "small.toml", "--detailed-exitcode"]);
    assert_eq!(planned.code, Some(2), "{planned:?}");
    allow_duplicates! {
    assert_snapshot!(planned.stdout, @r#"
    small in account 123456789012, us-east-1
    custom endpoint: every service at http://ENDPOINT

    ~ iam.password-policy.account  small.toml:8 [password_policy]
        min_length        8 -> 14
        reuse_prevention  (none) -> 24
        users_may_change  false -> true

    + s3.bucket.logs  small.toml:4 [bucket.logs]
        acl            []
        bucket         small-logs-123456789012
        encryption     algorithm=AES256 bucket_key=false
        lifecycle["retention"].abort_incomplete_after_days  7
        lifecycle["retention"].enabled  true
        lifecycle["retention"].expire_after_days  90
        lifecycle["retention"].noncurrent_expire_after_days  30
        lifecycle["retention"].prefix  ""
        lifecycle["retention"].transitions  []
        ownership      BucketOwnerEnforced
        policy
            {
              "Version": "2012-10-17",
              "Statement": [
                {
                  "Sid": "DenyInsecureTransport",
                  "Effect": "Deny",
                  "Principal": {
                    "AWS": "*"
                  },
                  "Action": "s3:*",
                  "Resource": [
                    "arn:aws:s3:::small-logs-123456789012",
                    "arn:aws:s3:::small-logs-123456789012/*"
                  ],
                  "Condition": {
                    "Bool": {
                      "aws:SecureTransport": "false"
                    }
                  }
                }
              ]
            }
        public_access  block_public_acls=true block_public_policy=true ignore_public_acls=true restrict_public_buckets=true
        versioning     Enabled

    CIS v3.0.0        0 of 3 controls kept (0%), 3 not; after apply 2 of 3 controls kept (66%), 1 unknown
    CIS v5.0.0        0 of 3 controls kept (0%), 3 not; after apply 2 of 3 controls kept (66%), 1 unknown
    AWS Security Hub  0 of 6 controls kept (0%), 6 not; after apply 2 of 6 controls kept (33%), 4 unknown
    NIST 800-53 r5    0 of 8 controls kept (0%), 8 not; after apply 8 of 8 controls kept (100%)
    in all            2 checked, 2 drifted, 0 exempt, 0 denied, 0 unsupported

    plan: 1 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged
    "#);
    }
    let applied = desk.run(&["apply", "small.toml", "--auto-approve"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.stdout.ends_with("apply: 2 done\nverified: 2 resources are in sync\n"), "{applied:?}");
    let again = desk.run(&["plan", "small.toml", "--detailed-exitcode", "--trace-calls"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    allow_duplicates! {
    assert_snapshot!(again.stdout, @r#"
    small in account 123456789012, us-east-1
    custom endpoint: every service at http://ENDPOINT

    CIS v3.0.0        2 of 3 controls kept (66%), 1 unknown
    CIS v5.0.0        2 of 3 controls kept (66%), 1 unknown
    AWS Security Hub  2 of 6 controls kept (33%), 4 unknown
    NIST 800-53 r5    8 of 8 controls kept (100%)
    in all            2 checked, 0 drifted, 0 exempt, 0 denied, 0 unsupported

    no changes: 2 resources are in sync
    "#);
    }
    assert!(again.stderr.contains(" 0 writes"), "{again:?}");
}

fn drift_has_its_own_exit_code_and_names_the_path(on: Which) {
    let desk = Desk::new(on, SMALL);
    desk.run(&["apply", "small.toml", "--auto-approve", "-q"]);
    assert_eq!(desk.run(&["drift", "small.toml"]).code, Some(0));
    desk.write(&SMALL.replace("min_length = 14", "min_length = 16"));
    let drifted = desk.run(&["drift", "small.toml"]);
    assert_eq!(drifted.code, Some(2), "{drifted:?}");
    allow_duplicates! {
    assert_snapshot!(drifted.stdout, @r#"
    small in account 123456789012, us-east-1
    custom endpoint: every service at http://ENDPOINT

    ~ iam.password-policy.account  small.toml:8 [password_policy]
        min_length  14 -> 16

    CIS v3.0.0        1 of 3 controls kept (33%), 1 not, 1 unknown; after apply 2 of 3 controls kept (66%), 1 unknown
    CIS v5.0.0        1 of 3 controls kept (33%), 1 not, 1 unknown; after apply 2 of 3 controls kept (66%), 1 unknown
    AWS Security Hub  1 of 6 controls kept (16%), 1 not, 4 unknown; after apply 2 of 6 controls kept (33%), 4 unknown
    NIST 800-53 r5    8 of 8 controls kept (100%)
    in all            2 checked, 1 drifted, 0 exempt, 0 denied, 0 unsupported

    drift: 0 to create, 1 to update, 0 to replace, 0 to delete, 1 unchanged
    "#);
    }
    let report = desk.json(&["drift", "small.toml", "--json"], 2);
    assert_eq!(report["steps"][0]["changes"][0]["path"], "min_length");
    assert_eq!((&report["command"], &report["converged"]), (&"drift".into(), &false.into()));
}

fn an_apply_reports_what_it_did_to_programs(on: Which) {
    let desk = Desk::new(on, SMALL);
    let report = desk.json(&["apply", "small.toml", "--auto-approve", "--json"], 0);
    assert_eq!(report["outcome"]["done"].as_array().unwrap().len(), 2);
    assert_eq!(report["converged"], true);
    let again = desk.json(&["apply", "small.toml", "--auto-approve", "--json"], 0);
    assert_eq!((&again["outcome"], &again["calls"]["writes"]), (&Json::Null, &0.into()));
}

fn a_saved_plan_is_carried_out_once_and_refused_when_the_account_moved(on: Which) {
    let desk = Desk::new(on, SMALL);
    desk.run(&["plan", "small.toml", "--out", "monday.plan"]);
    let path = desk.folder.path().join("monday.plan");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // The file it was made from no longer matters: the plan holds its text.
    desk.write("not a baseline");
    let applied = desk.run(&["apply", "monday.plan", "--auto-approve"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let refused = desk.run(&["apply", "monday.plan", "--auto-approve"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let (digest, told) = refused.stderr.split_once('\n').unwrap();
    assert!(digest.starts_with("the SHA-256 of the plan is "), "{digest}");
    let (warning, told) = told.split_once('\n').unwrap();
    assert!(warning.starts_with("warning: requests do not go to the usual endpoints"), "{warning}");
    allow_duplicates! {
    assert_snapshot!(told, @r#"
    error: the account has changed since the plan was made:
      iam.password-policy.account changed
      s3.bucket.logs appeared
    hint: look at the account, then make the plan again
    "#);
    }
}

fn a_saved_plan_is_known_by_its_digest_and_another_one_is_refused(on: Which) {
    let desk = Desk::new(on, SMALL);
    let planned = desk.run(&["plan", "small.toml", "--out", "monday.plan"]);
    let (_, digest) = planned.stderr.trim_end().rsplit_once("its SHA-256 is ").unwrap();
    let path = desk.folder.path().join("monday.plan");
    let theirs = std::process::Command::new("sha256sum").arg(&path).output().unwrap().stdout;
    assert_eq!(String::from_utf8(theirs).unwrap().split(' ').next(), Some(digest));
    // One letter of the text that it holds.
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("expire_after_days = 90", "expire_after_days = 91", 1)).unwrap();
    let refused = desk.run(&["apply", "monday.plan", "--auto-approve", "--plan-digest", digest]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    assert!(refused.stderr.contains(&format!("but {digest} is expected")), "{refused:?}");
    fs::write(&path, text).unwrap();
    let applied = desk.run(&["apply", "monday.plan", "--auto-approve", "--plan-digest", digest]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.stderr.contains(&format!("the SHA-256 of the plan is {digest}")), "{applied:?}");
    let file = desk.run(&["apply", "small.toml", "--auto-approve", "--plan-digest", digest]);
    assert_eq!(file.code, Some(1), "a baseline file is not that plan: {file:?}");
}

fn a_plan_saved_for_another_account_is_refused(on: Which) {
    let desk = Desk::new(on, SMALL);
    desk.run(&["plan", "small.toml", "--out", "monday.plan"]);
    let path = desk.folder.path().join("monday.plan");
    let moved = fs::read_to_string(&path).unwrap().replace("123456789012", "210987654321");
    fs::write(&path, moved).unwrap();
    let refused = desk.run(&["apply", "monday.plan", "--auto-approve"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("123456789012") && refused.stderr.contains("210987654321"),
        "{refused:?}"
    );
}

fn a_wrong_account_stops_everything_and_nothing_is_shown(on: Which) {
    let desk = Desk::new(on, &format!("{SMALL}[account]\nallowed = ['111122223333']\n"));
    for arguments in [&["plan", "small.toml"][..], &["apply", "small.toml", "--auto-approve"]] {
        let stopped = desk.run(arguments);
        assert_eq!((stopped.code, stopped.stdout.as_str()), (Some(1), ""), "{stopped:?}");
        assert!(
            stopped.stderr.contains("123456789012") && stopped.stderr.contains("111122223333"),
            "{stopped:?}"
        );
    }
    desk.write(SMALL);
    let report = desk.json(&["plan", "small.toml", "--json"], 0);
    let (create, update) = (&report["summary"]["create"], &report["summary"]["update"]);
    assert_eq!((create, update), (&1.into(), &1.into()), "something was written");
}

fn what_is_no_longer_declared_is_shown_and_logs_are_deleted_only_by_name(on: Which) {
    let desk = Desk::new(on, SMALL);
    desk.run(&["apply", "small.toml", "--auto-approve"]);
    desk.write("name = 'small'\nregion = 'us-east-1'\n");
    let shown = desk.run(&["plan", "small.toml", "--prune"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    allow_duplicates! {
    assert_snapshot!(shown.stdout, @r#"
    small in account 123456789012, us-east-1
    custom endpoint: every service at http://ENDPOINT

    Not declared (1)
    ? s3.bucket.logs
        next: declare it, or delete it with apply --destroy s3.bucket.logs

    no changes: 0 resources are in sync, 1 undeclared
    "#);
    }
    let named = desk.run(&["plan", "small.toml", "--destroy", "s3.bucket.logs"]);
    assert!(named.stdout.contains("- s3.bucket.logs  (delete)"), "{named:?}");
    let nothing = desk.run(&["plan", "small.toml", "--destroy", "s3.bucket.lgos"]);
    assert!(nothing.stderr.contains("--destroy s3.bucket.lgos matches no managed resource"), "{nothing:?}");
    // What is deleted is no longer there when the account is looked at again, and that is no mistake.
    let done = desk.run(&["apply", "small.toml", "--destroy", "s3.bucket.logs", "--auto-approve"]);
    assert!(!done.stderr.contains("matches no managed resource"), "{done:?}");
    assert!(done.stdout.contains("verified: 0 resources are in sync"), "{done:?}");
    let nothing = desk.run(&["apply", "small.toml", "--destroy", "s3.bucket.logs", "--auto-approve"]);
    assert_eq!(nothing.stderr.matches("matches no managed resource").count(), 1, "{nothing:?}");
}
