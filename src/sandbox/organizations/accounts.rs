//! The organization and its accounts.

use super::state::{Member, Organization, of};
use crate::partition;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("DescribeOrganization", describe_organization),
    operation("ListAccounts", list_accounts),
    operation("DescribeAccount", describe_account),
];

/// The caller's organization and the account that manages it; one endpoint serves all regions (ORG-1).
fn own(cx: &Context<'_>) -> Result<(String, Organization), Fault> {
    let home = partition::of_region(&cx.region).map_or("us-east-1", |known| known.global_region);
    if cx.region != home {
        let message = format!("AWS Organizations is only reached through its endpoint in {home}.");
        return Err(Fault::client("UnsupportedAPIEndpointException", message));
    }
    match of(cx.world, cx.account_id()) {
        Some((management, organization)) => Ok((management.to_owned(), organization.clone())),
        None => Err(Fault::client(
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        )),
    }
}

/// The same for calls that only the management account and delegated administrators may make (ORG-1).
fn managed(cx: &Context<'_>) -> Result<(String, Organization), Fault> {
    let (management, organization) = own(cx)?;
    if management == cx.account_id() || organization.delegated.contains(cx.account_id()) {
        return Ok((management, organization));
    }
    Err(Fault::client("AccessDeniedException", "You don't have permissions to access this resource."))
}

fn arn(management: &str, rest: &str) -> String {
    format!("arn:aws:organizations::{management}:{rest}")
}

fn describe_organization(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let (management, organization) = own(cx)?;
    let email = organization.members.get(&management).map(|member| member.email.clone()).unwrap_or_default();
    let id = organization.id;
    let shown = Fields::new()
        .with("Id", &id)
        .with("Arn", arn(&management, &format!("organization/{id}")))
        .with("FeatureSet", "ALL")
        .with("MasterAccountArn", arn(&management, &format!("account/{id}/{management}")))
        .with("MasterAccountId", &management)
        .with("MasterAccountEmail", email)
        .list("AvailablePolicyTypes", [] as [Node; 0]);
    Ok(Answer::empty().with("Organization", shown))
}

/// Both `State` and the retired `Status` (ORG-2).
fn shown(management: &str, organization: &str, id: &str, member: &Member) -> Fields {
    let status = match member.state.as_str() {
        state @ ("ACTIVE" | "PENDING_CLOSURE") => state,
        _ => "SUSPENDED",
    };
    Fields::new()
        .with("Id", id)
        .with("Arn", arn(management, &format!("account/{organization}/{id}")))
        .with("Email", &member.email)
        .with("Name", &member.name)
        .with("Status", status)
        .with("State", &member.state)
        .with("JoinedMethod", if member.created { "CREATED" } else { "INVITED" })
        .time("JoinedTimestamp", member.joined)
}

fn list_accounts(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = managed(cx)?;
    let limit = params.number_in("MaxResults", 1..=20)?.unwrap_or(20);
    let members: Vec<(String, Member)> = organization.members.into_iter().collect();
    let (members, next) = cx
        .page(members, |(id, _)| id.clone(), params.text("NextToken"), usize::try_from(limit).unwrap_or(20))
        .map_err(|_| {
            Fault::client("InvalidInputException", "You specified an invalid value: INVALID_NEXT_TOKEN")
        })?;
    let list = members.iter().map(|(id, member)| shown(&management, &organization.id, id, member));
    Ok(Fields::new().list("Accounts", list).maybe("NextToken", next).into())
}

fn describe_account(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (management, organization) = managed(cx)?;
    let id = params.required("AccountId")?;
    let member = organization.members.get(id).ok_or_else(|| {
        let message = "You specified an account that doesn't exist.";
        Fault::client("AccountNotFoundException", message)
    })?;
    Ok(Answer::empty().with("Account", shown(&management, &organization.id, id, member)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{Profile, Sandbox};
    use serde_json::{Value, json};

    const MANAGEMENT: &str = "123456789012";

    /// No SDK of this program knows Organizations, so the tests speak its protocol themselves.
    fn call(sandbox: &Sandbox, account: &str, operation: &str, body: Value) -> (u16, Value) {
        let scope =
            format!("AWS4-HMAC-SHA256 Credential={account}/20300101/us-east-1/organizations/aws4_request");
        let request = http::Request::builder()
            .method("POST")
            .uri("https://organizations.us-east-1.amazonaws.com/")
            .header("authorization", scope)
            .header("x-amz-target", format!("AWSOrganizationsV20161128.{operation}"))
            .body(body.to_string().into())
            .unwrap();
        let answer = sandbox.handle(request);
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    fn seeded(profile: Profile) -> Sandbox {
        let sandbox = Sandbox::new(profile, 1);
        sandbox.with_world(|world| {
            let members = ["111122223333", "222233334444"];
            let organization = Organization::of("o-exampleorgid", MANAGEMENT, &members, world.clock);
            world.account(MANAGEMENT).organizations.organization = Some(organization);
        });
        sandbox
    }

    #[test]
    fn org_1_pages_may_be_empty_and_still_have_a_successor() {
        let sandbox = seeded(Profile::Hostile);
        let (mut seen, mut sizes, mut token) = (Vec::new(), Vec::new(), Value::Null);
        loop {
            let (_, page) = call(&sandbox, MANAGEMENT, "ListAccounts", json!({"NextToken": token}));
            let accounts = page["Accounts"].as_array().unwrap();
            sizes.push(accounts.len());
            seen.extend(accounts.iter().map(|account| account["Id"].as_str().unwrap().to_owned()));
            token = page["NextToken"].clone();
            if token.is_null() {
                break;
            }
        }
        assert_eq!((sizes[0], seen.join(" ").as_str()), (0, "111122223333 123456789012 222233334444"));
    }

    #[test]
    fn org_2_accounts_have_a_state_and_the_status_it_replaced() {
        let sandbox = seeded(Profile::Instant);
        sandbox.with_world(|world| {
            let organization = world.account(MANAGEMENT).organizations.organization.as_mut().unwrap();
            organization.members.get_mut("111122223333").unwrap().state = "CLOSED".into();
        });
        let (_, page) = call(&sandbox, MANAGEMENT, "ListAccounts", json!({}));
        assert_eq!(page["Accounts"][0]["State"], "CLOSED");
        assert_eq!(page["Accounts"][0]["Status"], "SUSPENDED");
        assert_eq!(page["Accounts"][1]["State"], "ACTIVE");
    }

    #[test]
    fn only_the_management_account_lists_and_strangers_are_in_no_organization() {
        let sandbox = seeded(Profile::Instant);
        let (status, answer) = call(&sandbox, "111122223333", "ListAccounts", json!({}));
        assert_eq!((status, answer["__type"].as_str()), (400, Some("AccessDeniedException")));
        let (_, answer) = call(&sandbox, "111122223333", "DescribeOrganization", json!({}));
        assert_eq!(answer["Organization"]["MasterAccountId"], MANAGEMENT);
        let (_, answer) = call(&sandbox, "999988887777", "DescribeOrganization", json!({}));
        assert_eq!(answer["__type"], "AWSOrganizationsNotInUseException");
    }
}
