//! Requests to the built-in account.

use std::sync::{Arc, Mutex};

use baseline::sandbox::Sandbox;
use bytes::Bytes;

use super::client::answering;
use super::inputs;
use crate::faults::account::{LANDING_ZONE, empty, fork, look, on_virtual_time, open, prune, run};

/// Every request of a first apply and of a plan, as it went out.
fn recorded() -> (Sandbox, Vec<http::Request<Bytes>>) {
    on_virtual_time(async {
        let sandbox = empty();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (answers, hears) = (sandbox.clone(), Arc::clone(&heard));
        let client = answering(move |request| {
            hears.lock().unwrap().push(request.clone());
            answers.handle(request)
        });
        assert!(run(client.clone(), &LANDING_ZONE).await.outcome.is_success());
        let account = open(client, &LANDING_ZONE).await;
        look(&account, &LANDING_ZONE, &prune()).await;
        let requests = heard.lock().unwrap().clone();
        (sandbox, requests)
    })
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_changed_request_is_answered_and_no_answer_is_a_failure_of_the_account() {
    let (sandbox, requests) = recorded();
    let (mut tried, mut refused) = (0, 0);
    let mut account = fork(&sandbox);
    for (input, mut mutation) in inputs(6000) {
        tried += 1;
        if input % 50 == 0 {
            account = fork(&sandbox);
        }
        let mut request = mutation.of(&requests).clone();
        if mutation.percent(70) {
            *request.body_mut() = mutation.change(request.body()).into();
        } else {
            let changed = mutation.change(request.uri().to_string().as_bytes());
            // What is no address does not get this far.
            let Some(uri) = String::from_utf8(changed).ok().and_then(|uri| uri.parse().ok()) else {
                continue;
            };
            *request.uri_mut() = uri;
        }
        let shown = format!("{request:?}");
        let status = account.handle(request).status();
        // 501 is an honest answer: the account says that it does not know the operation.
        assert!(!status.is_server_error() || status == 501, "input {input}: {status} to {shown}");
        refused += usize::from(status.is_client_error());
    }
    super::counted("fuzz-requests", &format!("{tried} changed"));
    assert!(refused > 500, "only {refused} were refused");
}
