//! The operations that a command which must not write may send.

use std::fmt::Write as _;

use baseline::aws::reads;
use baseline::operations::action;

use crate::readers;
use crate::source_code::{files, root, without_tests};

/// AssumeRoot hands out credentials, which AWS counts as a write; the clients made of them send reads alone.
const HANDS_OUT_CREDENTIALS: &str = "AssumeRoot";

/// Whether an IAM action is that of a call that only reads. The calls whose action has another name are those of S3 and of its
/// control service.
pub fn is_read_action(of_a_call: &str) -> bool {
    let name = |action: &str| action.split_once(':').unwrap().1.to_owned();
    let names = |operation| ["s3", "s3 control"].map(|service| name(&action(service, operation)));
    reads().any(|operation| names(operation).contains(&name(of_a_call)))
}

#[test]
fn aws_counts_every_one_of_them_as_reading() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("reads");
    let mut text = String::new();
    for operation in reads().filter(|operation| *operation != HANDS_OUT_CREDENTIALS) {
        // The calls whose action has another name are those of S3.
        writeln!(text, "{}", action("s3", operation).trim_start_matches("s3:")).unwrap();
    }
    std::fs::write(&list, text).unwrap();
    readers::agree(include_str!("readers/access_levels.py"), &[&list]);
}

#[test]
fn the_source_sends_every_one_of_them() {
    let code: String = ["aws", "kinds", "posture"]
        .into_iter()
        .flat_map(|room| files(&root().join("src").join(room), &["rs"]))
        .filter(|path| !path.ends_with("aws/reads.rs"))
        .map(|path| without_tests(&std::fs::read_to_string(path).unwrap()))
        .collect();
    // The SDK writes GetMFADevice as get_mfa_device.
    let joined = code.replace('_', "").to_lowercase();
    let unused: Vec<&str> = reads().filter(|operation| !joined.contains(&operation.to_lowercase())).collect();
    assert_eq!(unused, Vec::<&str>::new(), "nothing sends these: take them out of the list");
}
