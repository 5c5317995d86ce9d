//! Credentials of another account than the one that is meant.

use std::sync::{Arc, Mutex};

use crate::faults::served::Served;

/// What the posture is asked about, so that a credential report is wanted.
const FILE: &str = "name = 'web'\nregion = 'us-east-1'\n[account]\nallowed = ['111122223333']\n\
                    [root]\n[users]\n[audit]\n[password_policy]\n";

#[test]
fn in_a_wrong_account_nothing_is_started_and_nothing_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("web.toml"), FILE).unwrap();
    let allowed = FILE.replace("111122223333", "123456789012");
    std::fs::write(folder.path().join("own.toml"), allowed).unwrap();
    let started = |arguments: &[&str]| {
        let served = Served::new(|_| {});
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&heard);
        served.answer(move |request| {
            let body = String::from_utf8_lossy(request.body()).into_owned();
            let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(str::to_owned);
            hears.lock().unwrap().extend(action);
            None
        });
        let ran = served.command(folder.path(), arguments).output().unwrap();
        let heard = heard.lock().unwrap().clone();
        let starts: Vec<String> = heard.into_iter().filter(|action| action.starts_with("Generate")).collect();
        (ran, starts)
    };
    // In the account that is meant it is started, so this test hears it.
    let (_, starts) = started(&["plan", "own.toml"]);
    assert!(starts.contains(&"GenerateCredentialReport".to_owned()), "{starts:?}");
    for arguments in [
        &["plan", "web.toml"][..],
        &["plan", "web.toml", "--json"],
        &["drift", "web.toml"],
        &["apply", "web.toml", "--auto-approve"],
    ] {
        let (ran, starts) = started(arguments);
        assert_eq!(starts, Vec::<String>::new(), "{arguments:?}");
        let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
        assert_eq!((ran.status.code(), out.as_str()), (Some(1), ""), "{arguments:?}: {err}");
        assert!(err.contains("123456789012") && err.contains("111122223333"), "{arguments:?}: {err}");
    }
}

/// The id of an access key holds an account, and a plan begins with it before AWS has said whose key it is.
#[test]
fn an_account_that_a_key_seems_to_name_is_told_only_where_aws_names_it_too() {
    // Of account 029608264753.
    const KEY: &str = "ASIAQNZGKIQY56JQ7WML";
    let folder = tempfile::tempdir().unwrap();
    let file = "name = 'web'\nregion = 'us-east-1'\n[bucket.logs]\n";
    std::fs::write(folder.path().join("web.toml"), file).unwrap();
    let planned = |says: Option<&'static str>| {
        let served = Served::new(|_| {});
        let asked = Arc::new(Mutex::new(0));
        let counts = Arc::clone(&asked);
        served.answer(move |request| {
            if !String::from_utf8_lossy(request.body()).contains("Action=GetCallerIdentity") {
                return None;
            }
            *counts.lock().unwrap() += 1;
            says.map(|account| {
                let body = format!(
                    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                     <Arn>arn:aws:iam::{account}:user/ann</Arn><UserId>AIDA</UserId><Account>{account}</Account>\
                     </GetCallerIdentityResult></GetCallerIdentityResponse>"
                );
                http::Response::new(body.into())
            })
        });
        let mut command = served.command(folder.path(), &["plan", "web.toml", "--json"]);
        let ran = command.env("AWS_ACCESS_KEY_ID", KEY).output().unwrap();
        let asked = *asked.lock().unwrap();
        (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap(), asked)
    };
    // The served account does not know the key, and takes it for one of its own.
    let looked = |says: Option<&'static str>| {
        let (out, err, asked) = planned(says);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let rounds = report["calls"]["rounds"].as_u64().unwrap();
        (report["account"].as_str().unwrap().to_owned(), asked, rounds, format!("{out}{err}"))
    };
    let (account, asked, rounds, _) = looked(Some("029608264753"));
    assert_eq!((account.as_str(), asked), ("029608264753", 1));
    let (account, asked, more, told) = looked(None);
    assert_eq!((account.as_str(), asked), ("123456789012", 2), "{told}");
    assert!(more > rounds, "a second look waits for the name: {more}, not {rounds}");
    assert!(!told.contains("029608264753"), "{told}");
    assert_eq!(told.matches("requests do not go to the usual endpoints").count(), 1, "{told}");
}
