//! One request from bytes to bytes: which service, which operation, who asks, and the answer.

use bytes::Bytes;
use http::Response;

use super::authorization::{self, Call};
use super::caller::{Credential, identify};
use super::chance::mix;
use super::cloudwatch;
use super::context::Context;
use super::elb::classic;
use super::gone;
use super::lag::Lens;
use super::members;
use super::profile::Profile;
use super::region_access::OPT_IN_REGIONS;
use super::root_session;
use super::s3;
use super::scheduler;
use super::service::{Operation, SERVICES, Service};
use super::wire::rest;
use super::wire::{Answer, Fault, Labels, Params, Protocol, Request, read_params, write_answer, write_fault};
use super::world::{Milliseconds, REGIONS, World};
use crate::budget;

/// What became of a request.
#[derive(Debug)]
pub struct Outcome {
    /// The answer.
    pub response: Response<Bytes>,
    /// The operation; empty where none was found.
    pub operation: &'static str,
}

/// Answers one request at the given time.
pub fn handle(world: &mut World, now: Milliseconds, request: http::Request<Bytes>) -> Outcome {
    world.clock = world.clock.max(now);
    scheduler::run_due(world);
    world.calls += 1;
    let id = request_id(world);
    let method = request.method().clone();
    let labels = |xmlns, operation| Labels { xmlns, operation, request_id: &id, method: &method };
    let request = match Request::read(request) {
        Ok(request) => request,
        Err(fault) => {
            let response = write_fault(Protocol::RestXml, labels("", ""), &fault);
            return Outcome { response, operation: "" };
        }
    };
    let credential = Credential::read(&request);
    let Some(service) = find_service(credential.as_ref(), &request) else {
        let fault = Fault::new(
            404,
            "UnknownService",
            "No service of the sandbox is named by the signature, the target header or the host",
        );
        return Outcome { response: write_fault(Protocol::RestXml, labels("", ""), &fault), operation: "" };
    };
    let (operation, result) = match find_operation(service, &request) {
        Ok((operation, params)) => {
            (operation.name, perform(world, service, operation, credential, &request, &params))
        }
        Err(fault) => ("", Err(fault)),
    };
    let labels = labels(
        if matches!(service.protocol, Protocol::Json | Protocol::RestJson | Protocol::Cbor) {
            ""
        } else {
            service.namespace
        },
        operation,
    );
    let response = match result {
        Ok(answer) => write_answer(service.protocol, labels, answer),
        Err(fault) => write_fault(service.protocol, labels, &fault),
    };
    Outcome { response, operation }
}

/// The service and operation a request names, without performing it; nothing where it names none.
pub fn named(request: &http::Request<Bytes>) -> Option<(&'static Service, &'static Operation)> {
    let request = Request::read(request.clone()).ok()?;
    let service = find_service(Credential::read(&request).as_ref(), &request)?;
    let (operation, _) = find_operation(service, &request).ok()?;
    Some((service, operation))
}

/// The members of a request as the tables of [`members`] name them; nothing where no operation is found.
pub fn sent(request: &http::Request<Bytes>) -> Option<Vec<String>> {
    let request = Request::read(request.clone()).ok()?;
    let service = find_service(Credential::read(&request).as_ref(), &request)?;
    let (operation, params) = find_operation(service, &request).ok()?;
    Some(members::sent(service, operation, &request, &params))
}

/// Ids of requests do not come from the ids of things, so that reading changes no id.
fn request_id(world: &World) -> String {
    let (a, b) = (mix(world.seed, world.calls, 2), mix(world.seed, world.calls, 3));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xFFFF,
        a & 0xFFF,
        b >> 52,
        b & 0xFFFF_FFFF_FFFF
    )
}

fn find_service(credential: Option<&Credential>, request: &Request) -> Option<&'static Service> {
    let service = find_named_service(credential, request)?;
    let in_json = service.protocol == Protocol::Cbor && request.header("x-amz-target").is_some();
    if in_json {
        return Some(&cloudwatch::IN_JSON);
    }
    // Two APIs of one name: the version tells them apart.
    let is_classic = || {
        let params = read_params(service.protocol, request);
        params.is_ok_and(|params| params.text("Version") == Some(classic::SERVICE.version))
    };
    Some(if service.name == classic::SERVICE.name && is_classic() { &classic::SERVICE } else { service })
}

fn find_named_service(credential: Option<&Credential>, request: &Request) -> Option<&'static Service> {
    let named = |name: &str| SERVICES.iter().find(|service| service.name == name).copied();
    if let Some(credential) = credential {
        return match credential.service.as_str() {
            "s3" if rest::is_control(request) => named("s3control"),
            name => named(name),
        };
    }
    if let Some(target) = request.header("x-amz-target") {
        return SERVICES
            .iter()
            .find(|service| service.protocol == Protocol::Json && target.contains(service.namespace))
            .copied();
    }
    let host = request.host.as_str();
    SERVICES.iter().find(|service| host.starts_with(&format!("{}.", service.name))).copied().or_else(|| {
        named(if rest::is_control(request) { "s3control" } else { "s3" })
            .filter(|_| host.contains(".s3.") || host.contains(".s3-"))
    })
}

fn find_operation(
    service: &'static Service,
    request: &Request,
) -> Result<(&'static Operation, Params), Fault> {
    match service.protocol {
        Protocol::RestXml => {
            s3::checksum::compare(request)?;
            rest::read(service.rows().filter_map(|row| Some((row, row.route?))), request)
        }
        Protocol::RestJson => {
            rest::read_json(service.rows().filter_map(|row| Some((row, row.route?))), request)
        }
        Protocol::Json => {
            let target = request.header("x-amz-target").unwrap_or_default();
            let unknown = || {
                Fault::client(
                    "UnknownOperationException",
                    format!("{target:?} is not an operation of {}", service.name),
                )
            };
            let (prefix, name) = target.rsplit_once('.').ok_or_else(unknown)?;
            let operation = service.operation(name).filter(|_| prefix.ends_with(service.namespace));
            let operation = operation.ok_or_else(unknown)?;
            Ok((operation, read_params(service.protocol, request)?))
        }
        Protocol::Cbor => {
            let unknown = || {
                let message = format!("{} is not an operation of {}", request.path, service.name);
                Fault::new(404, "UnknownOperationException", message)
            };
            let (place, name) = request.path.rsplit_once('/').ok_or_else(unknown)?;
            let place = place.strip_prefix("/service/").and_then(|rest| rest.strip_suffix("/operation"));
            let operation = service.operation(name).filter(|_| place == Some(service.namespace));
            Ok((operation.ok_or_else(unknown)?, read_params(service.protocol, request)?))
        }
        Protocol::Query | Protocol::Ec2 => {
            let params = read_params(service.protocol, request)?;
            let action = params
                .text("Action")
                .filter(|action| !action.is_empty())
                .ok_or_else(|| Fault::client("MissingAction", "The request names no Action"))?;
            let version = params.text("Version").unwrap_or(service.version);
            let operation = service.operation(action).filter(|_| version == service.version);
            let operation = operation.ok_or_else(|| {
                let message = format!("Could not find operation {action} for version {version}");
                Fault::client("InvalidAction", message)
            })?;
            Ok((operation, params))
        }
    }
}

fn perform(
    world: &mut World,
    service: &'static Service,
    operation: &'static Operation,
    credential: Option<Credential>,
    request: &Request,
    params: &Params,
) -> Result<Answer, Fault> {
    let credential = credential.ok_or_else(|| match service.protocol {
        Protocol::RestXml => Fault::new(403, "AccessDenied", "Access Denied"),
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => {
            Fault::new(400, "MissingAuthenticationTokenException", "Missing Authentication Token")
        }
        Protocol::Query | Protocol::Ec2 => {
            Fault::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        }
    })?;
    let token = request.header("x-amz-security-token").or_else(|| request.query("X-Amz-Security-Token"));
    // Global services are signed for one region of the partition whatever the client's own.
    let known = [REGIONS, OPT_IN_REGIONS].iter().any(|regions| regions.contains(&credential.region.as_str()));
    // A region that is not enabled answers as if the credentials were bad (ACC-6).
    let not_enabled = || {
        let message = "The security token included in the request is invalid.";
        in_words_of(service, Fault::new(403, "InvalidClientTokenId", message))
    };
    if ["us-iso", "eu-iso"].iter().any(|isolated| credential.region.starts_with(isolated)) {
        return Err(Fault::not_implemented(&format!("the region {}", credential.region)));
    }
    if !known {
        return Err(not_enabled());
    }
    let caller = identify(world, &credential.region, &credential.access_key, token)
        .map_err(|fault| in_words_of(service, fault))?;
    if let Some(account) = world.accounts.get(&caller.account) {
        if !account.region_access.is_enabled(&credential.region) {
            return Err(not_enabled());
        }
        account.region_access.permit(service, operation.name, &credential.region, &caller.arn)?;
    }
    root_session::permit(world.sessions.get(&credential.access_key), service.name, operation.name)?;
    // The documents read so far are kept in the world, which is looked at meanwhile.
    let mut documents = std::mem::take(&mut world.documents);
    let call = Call {
        world,
        caller: &caller,
        region: &credential.region,
        service: service.name,
        operation: operation.name,
        params,
        request,
        lens: Lens { profile: world.profile, seed: world.seed, call: world.calls, now: world.clock },
    };
    let permitted = authorization::permit(&call, &mut documents)
        .and_then(|()| authorization::refused_objects(&call, &mut documents));
    world.documents = documents;
    let refused = permitted?;
    members::check(service, operation, request, params)?;
    if service.name == "organizations" && world.organizations_under_way > 1 {
        let message = "AWS Organizations can't complete your request because another request is already in progress. \
                       Try again later.";
        return Err(Fault::client("TooManyRequestsException", message));
    }
    if world.profile != Profile::Instant {
        let filtered = ["Filter", "MaxResults", "NextToken"].iter().any(|name| params.has(name))
            || params.iter().any(|(name, _)| name.ends_with("Id") || name.ends_with("Ids"));
        let budget = budget::of(service.name, operation.name, filtered);
        let what = if budget.shared.is_empty() { operation.name } else { budget.shared };
        let key = format!("{}/{}/{}/{what}", caller.account, credential.region, service.name);
        if !world.spent.take(&key, budget, world.clock) {
            return Err(too_fast(service));
        }
    }
    let region = credential.region;
    if service.protocol == Protocol::Ec2 && params.flag("DryRun")? == Some(true) {
        // The whole call, on a copy of the world: a dry run is refused either way, for one reason or the other.
        let mut copy = world.clone();
        let mut context =
            Context { world: &mut copy, caller, region, request, operation: operation.name, refused };
        let fault = match (operation.handler)(&mut context, params) {
            Ok(_) => {
                let message = "Request would have succeeded, but DryRun flag is set.";
                Fault::new(412, "DryRunOperation", message)
            }
            Err(fault) => fault,
        };
        return Err(fault);
    }
    let (account, here) = (caller.account.clone(), region.clone());
    gone::around(world, (service.name, operation.name), (&account, &here), |world| {
        let mut context = Context { world, caller, region, request, operation: operation.name, refused };
        (operation.handler)(&mut context, params)
    })
}

/// The same refusal of credentials has another name in each service.
fn in_words_of(service: &Service, fault: Fault) -> Fault {
    match (service.name, &*fault.code) {
        ("ec2", "InvalidClientTokenId") => {
            Fault::new(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
        }
        ("ec2", "ExpiredToken") => Fault::client("RequestExpired", "Request has expired."),
        ("s3" | "s3control", "InvalidClientTokenId") => Fault::new(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        ("s3" | "s3control", "ExpiredToken") => {
            Fault::client("ExpiredToken", "The provided token has expired.")
        }
        (_, "InvalidClientTokenId") if matches!(service.protocol, Protocol::Json | Protocol::RestJson) => {
            Fault::client("UnrecognizedClientException", fault.message)
        }
        (_, "ExpiredToken") if matches!(service.protocol, Protocol::Json | Protocol::RestJson) => {
            Fault::client("ExpiredTokenException", fault.message)
        }
        _ => fault,
    }
}

fn too_fast(service: &Service) -> Fault {
    match (service.name, service.protocol) {
        ("organizations", _) => {
            let message = "You have sent too many requests in too short a period of time. Try again later.";
            Fault::client("TooManyRequestsException", message)
        }
        (_, Protocol::Ec2) => Fault::new(503, "RequestLimitExceeded", "Request limit exceeded."),
        (_, Protocol::Query) => Fault::client("Throttling", "Rate exceeded"),
        (_, Protocol::Json | Protocol::Cbor) => Fault::client("ThrottlingException", "Rate exceeded"),
        (_, Protocol::RestJson) => Fault::new(429, "ThrottlingException", "Rate exceeded"),
        (_, Protocol::RestXml) => Fault::new(503, "SlowDown", "Please reduce your request rate."),
    }
}
