//! A script of ours that speaks with the built-in account through botocore, and has it put back between two requests.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::Stdio;

use baseline::sandbox::elb::classic;
use baseline::sandbox::organizations::{ControlPolicy, Creation, EVERYTHING, Organization, Unit};
use baseline::sandbox::service::SERVICES;
use baseline::sandbox::world::{DEFAULT_ACCOUNT, World};
use serde_json::json;
use tokio::net::TcpListener;

use super::{landing_zone, python, skipped};

/// What was said: the lines of the script, and the account as it was when the script had prepared it.
pub struct Conversation {
    /// Lines of standard output, but for those that asked for something.
    pub lines: Vec<String>,
    /// The account as it was to be kept.
    pub kept: World,
}

/// What the tests call a service, whose name alone may not tell it.
pub fn name_of(service: &baseline::sandbox::service::Service) -> &'static str {
    // Two APIs of one name.
    let is_classic = service.version == classic::SERVICE.version && service.name == classic::SERVICE.name;
    if is_classic { "elasticloadbalancing of 2012" } else { service.name }
}

/// Every operation of the built-in account, by service.
pub fn operations() -> BTreeMap<&'static str, Vec<&'static str>> {
    let names = SERVICES.iter().map(|service| {
        let mut names: Vec<_> = service.rows().map(|operation| operation.name).collect();
        names.sort_unstable();
        (name_of(service), names)
    });
    let by_name: BTreeMap<_, _> = names.collect();
    assert_eq!(by_name.len(), SERVICES.len());
    by_name
}

/// An organization with one of each thing that requests name (`values.py`).
fn organization(now: i64) -> Organization {
    let mut organization =
        Organization::of("o-roundtrip1", DEFAULT_ACCOUNT, &["111122223333", "222233334444"], now);
    organization.trusted.insert("iam.amazonaws.com".to_owned());
    organization.root_features.insert("RootCredentialsManagement".to_owned());
    organization.controls = true;
    let unit = Unit { name: "unit".to_owned(), parent: organization.root() };
    organization.units.insert("ou-roun-unit0001".to_owned(), unit);
    for id in ["p-attached", "p-unattached"] {
        let policy =
            ControlPolicy { name: id.to_owned(), description: String::new(), content: EVERYTHING.to_owned() };
        organization.policies.insert(id.to_owned(), policy);
    }
    let attached = ["p-FullAWSAccess", "p-attached"].map(str::to_owned);
    organization.attached.insert("ou-roun-unit0001".to_owned(), attached.into());
    let services = [("iam.amazonaws.com".to_owned(), now)].into();
    organization.administrators.insert("111122223333".to_owned(), services);
    let creation = Creation {
        name: "asked for".to_owned(),
        email: "asked@example.com".to_owned(),
        role: "OrganizationAccountAccessRole".to_owned(),
        account: "333344445555".to_owned(),
        requested: now,
        ..Creation::default()
    };
    organization.requests.insert("car-roundtrip1".to_owned(), creation);
    organization
}

/// Has a script speak with an account in which the landing zone stands; nothing where there is no botocore.
pub async fn with(test: &str, script: &'static str) -> Option<Conversation> {
    let environment = match python::aws_programs() {
        Ok(environment) => environment,
        Err(why) => {
            skipped(test, &why);
            return None;
        }
    };
    let sandbox = landing_zone::applied().await;
    sandbox.with_world(|world| {
        let organization = organization(world.clock);
        world.account(DEFAULT_ACCOUNT).organizations.organization = Some(organization);
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = sandbox.clone();
    let serving = tokio::spawn(async move { server.serve(listener).await });
    let conversation = tokio::task::spawn_blocking(move || {
        let mut child = python::script(&environment, script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut kept = None;
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{}", json!({ "endpoint": endpoint, "operations": operations() })).unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            match (line.as_str(), &kept) {
                ("keep", _) => kept = Some(sandbox.with_world(|world| world.clone())),
                ("restore", Some(kept)) => sandbox.with_world(|world| *world = kept.clone()),
                _ => {
                    lines.push(line);
                    continue;
                }
            }
            writeln!(stdin, "done").unwrap();
        }
        assert!(child.wait().unwrap().success());
        Conversation { lines, kept: kept.unwrap() }
    });
    let conversation = conversation.await.unwrap();
    serving.abort();
    Some(conversation)
}
