//! Organizations through the real SDK (aws-truths 1.13).

use aws_sdk_organizations::Client;
use aws_sdk_organizations::error::ProvideErrorMetadata as _;
use aws_sdk_organizations::types::{AccountState, ChildType, CreateAccountState, PolicyType, Tag};

use super::Organization;
use crate::sandbox::testing::{config, config_for, config_with};
use crate::sandbox::world::DEFAULT_ACCOUNT;
use crate::sandbox::{Profile, Sandbox};

const MANAGEMENT: &str = DEFAULT_ACCOUNT;
const MEMBER: &str = "111122223333";

fn seeded(profile: Profile) -> (Sandbox, Client) {
    let sandbox = Sandbox::new(profile, 1);
    sandbox.with_world(|world| {
        let organization =
            Organization::of("o-exampleorgid", MANAGEMENT, &[MEMBER, "222233334444"], world.clock);
        world.account(MANAGEMENT).organizations.organization = Some(organization);
        for member in [MEMBER, "222233334444"] {
            world.account(member);
        }
    });
    let client = Client::new(&config(&sandbox, "us-east-1"));
    (sandbox, client)
}

fn of(sandbox: &Sandbox, account: &str) -> Client {
    Client::new(&config_for(sandbox, "us-east-1", account))
}

macro_rules! code {
    ($call:expr) => {
        $call.send().await.map(drop).unwrap_err().code().unwrap_or_default().to_owned()
    };
}

async fn unit(client: &Client, parent: &str, name: &str) -> String {
    let made = client.create_organizational_unit().parent_id(parent).name(name).send().await.unwrap();
    made.organizational_unit.unwrap().id.unwrap()
}

#[tokio::test(start_paused = true)]
async fn org_1_pages_may_be_empty_and_still_have_a_successor() {
    let (_sandbox, client) = seeded(Profile::Hostile);
    let (mut seen, mut sizes, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        let page = client.list_accounts().set_next_token(token).send().await.unwrap();
        sizes.push(page.accounts().len());
        seen.extend(page.accounts().iter().map(|account| account.id().unwrap().to_owned()));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!((sizes[0], seen.join(" ").as_str()), (0, "111122223333 123456789012 222233334444"));
    let wrong = client.list_accounts().next_token("never given out");
    assert_eq!(code!(wrong), "InvalidInputException");
}

#[tokio::test]
async fn org_2_accounts_have_a_state_the_status_it_replaced_and_where_they_are() {
    let (_sandbox, client) = seeded(Profile::Instant);
    let outer = unit(&client, "r-exam", "Workloads").await;
    let inner = unit(&client, &outer, "Prod").await;
    client
        .move_account()
        .account_id(MEMBER)
        .source_parent_id("r-exam")
        .destination_parent_id(&inner)
        .send()
        .await
        .unwrap();
    client.close_account().account_id("222233334444").send().await.unwrap();
    let page = client.list_accounts().send().await.unwrap();
    let [member, management, closed] = page.accounts() else { panic!("{page:?}") };
    assert_eq!(member.paths(), [format!("o-exampleorgid/r-exam/{outer}/{inner}/{MEMBER}/")]);
    assert_eq!(management.paths(), [format!("o-exampleorgid/r-exam/{MANAGEMENT}/")]);
    assert_eq!(closed.state(), Some(&AccountState::Suspended));
    let status = closed.status().map(|status| status.as_str());
    assert_eq!(status, Some("SUSPENDED"));
    let described =
        client.describe_organizational_unit().organizational_unit_id(&inner).send().await.unwrap();
    let described = described.organizational_unit.unwrap();
    assert_eq!(described.path(), Some(format!("o-exampleorgid/r-exam/{outer}/{inner}/").as_str()));
}

#[tokio::test]
async fn org_3_strangers_are_in_no_organization_and_members_may_not_read_it() {
    let (sandbox, client) = seeded(Profile::Instant);
    let member = of(&sandbox, MEMBER);
    assert_eq!(code!(member.list_accounts()), "AccessDeniedException");
    let seen = member.describe_organization().send().await.unwrap();
    assert_eq!(seen.organization().unwrap().master_account_id(), Some(MANAGEMENT));
    let stranger = of(&sandbox, "999988887777");
    assert_eq!(code!(stranger.describe_organization()), "AWSOrganizationsNotInUseException");
    let register = client.register_delegated_administrator().account_id(MEMBER);
    register.service_principal("config.amazonaws.com").send().await.unwrap();
    assert_eq!(
        member.list_accounts().send().await.unwrap().accounts().len(),
        3,
        "a delegated administrator reads"
    );
    let closing = member.close_account().account_id("222233334444");
    assert_eq!(code!(closing), "AccessDeniedException", "and does nothing else");
    let listed = client.list_delegated_administrators().send().await.unwrap();
    assert_eq!(listed.delegated_administrators()[0].id(), Some(MEMBER));
    let again = client.register_delegated_administrator().account_id(MEMBER);
    assert_eq!(code!(again.service_principal("config.amazonaws.com")), "AccountAlreadyRegisteredException");
    let end = client.deregister_delegated_administrator().account_id(MEMBER);
    end.service_principal("config.amazonaws.com").send().await.unwrap();
    assert_eq!(code!(member.list_accounts()), "AccessDeniedException");
}

#[tokio::test(start_paused = true)]
async fn org_9_what_comes_side_by_side_is_refused_and_alone_it_is_answered() {
    let (_sandbox, client) = seeded(Profile::Realistic);
    let (first, second) = tokio::join!(client.list_accounts().send(), client.list_roots().send());
    let refused = first.unwrap_err();
    assert_eq!(refused.code(), Some("TooManyRequestsException"));
    assert!(refused.message().unwrap().contains("another request is already in progress"));
    assert!(second.is_ok());
    assert!(client.list_accounts().send().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_account_is_made_and_closed_in_the_background_and_has_its_role() {
    let (sandbox, client) = seeded(Profile::Realistic);
    let asked = client.create_account().account_name("new").email("new@example.com").send().await.unwrap();
    let asked = asked.create_account_status.unwrap();
    assert_eq!((asked.state(), asked.account_id()), (Some(&CreateAccountState::InProgress), None));
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    let status = client.describe_create_account_status().create_account_request_id(asked.id().unwrap());
    let status = status.send().await.unwrap().create_account_status.unwrap();
    assert_eq!(status.state(), Some(&CreateAccountState::Succeeded));
    let id = status.account_id().unwrap();
    let sts = aws_sdk_sts::Client::new(&config(&sandbox, "us-east-1"));
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    let role = format!("arn:aws:iam::{id}:role/OrganizationAccountAccessRole");
    sts.assume_role().role_arn(role).role_session_name("me").send().await.unwrap();
    let again = client.create_account().account_name("same").email("new@example.com").send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    let request = again.create_account_status.unwrap().id.unwrap();
    let failed =
        client.describe_create_account_status().create_account_request_id(request).send().await.unwrap();
    let failed = failed.create_account_status.unwrap();
    assert_eq!(failed.failure_reason().map(|reason| reason.as_str()), Some("EMAIL_ALREADY_EXISTS"));

    let state = || async {
        let described = client.describe_account().account_id(id).send().await.unwrap();
        described.account.unwrap().state.unwrap()
    };
    client.close_account().account_id(id).send().await.unwrap();
    assert_eq!(state().await, AccountState::PendingClosure);
    assert_eq!(code!(client.close_account().account_id(id)), "ConflictException");
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    assert_eq!(state().await, AccountState::Suspended);
    assert_eq!(code!(client.close_account().account_id(id)), "AccountAlreadyClosedException");
    assert_eq!(code!(client.close_account().account_id(MANAGEMENT)), "ConstraintViolationException");
}

#[tokio::test]
async fn units_have_names_of_their_own_depth_and_tags_and_only_empty_ones_are_deleted() {
    let (_sandbox, client) = seeded(Profile::Instant);
    let roots = client.list_roots().send().await.unwrap();
    assert_eq!(roots.roots()[0].id(), Some("r-exam"));
    let mut parent = "r-exam".to_owned();
    for depth in 0..5 {
        parent = unit(&client, &parent, &format!("level-{depth}")).await;
    }
    let deeper = client.create_organizational_unit().parent_id(&parent).name("too deep");
    assert_eq!(code!(deeper), "ConstraintViolationException");
    let same = client.create_organizational_unit().parent_id("r-exam").name("level-0");
    assert_eq!(code!(same), "DuplicateOrganizationalUnitException");
    assert_eq!(
        code!(client.list_organizational_units_for_parent().parent_id("ou-exam-nowhere0")),
        "ParentNotFoundException"
    );
    let units = client.list_organizational_units_for_parent().parent_id("r-exam").send().await.unwrap();
    let first = units.organizational_units()[0].id().unwrap();
    assert_eq!(
        code!(client.delete_organizational_unit().organizational_unit_id(first)),
        "OrganizationalUnitNotEmptyException"
    );
    client.delete_organizational_unit().organizational_unit_id(&parent).send().await.unwrap();
    let children =
        client.list_children().parent_id("r-exam").child_type(ChildType::Account).send().await.unwrap();
    assert_eq!(children.children().len(), 3);
    let parents = client.list_parents().child_id(MEMBER).send().await.unwrap();
    assert_eq!(parents.parents()[0].id(), Some("r-exam"));
    assert_eq!(code!(client.list_parents().child_id("999988887777")), "ChildNotFoundException");

    let tag = Tag::builder().key("env").value("prod").build().unwrap();
    client.tag_resource().resource_id(MEMBER).tags(tag).send().await.unwrap();
    let tags = client.list_tags_for_resource().resource_id(MEMBER).send().await.unwrap();
    assert_eq!((tags.tags()[0].key(), tags.tags()[0].value()), ("env", "prod"));
    client.untag_resource().resource_id(MEMBER).tag_keys("env").send().await.unwrap();
    assert!(client.list_tags_for_resource().resource_id(MEMBER).send().await.unwrap().tags().is_empty());
    assert_eq!(code!(client.list_tags_for_resource().resource_id("999988887777")), "TargetNotFoundException");
}

/// What a member may do is what every level above it allows; the management account is bound by none.
#[tokio::test]
async fn a_service_control_policy_binds_the_accounts_below_it() {
    let (sandbox, client) = seeded(Profile::Instant);
    let workloads = unit(&client, "r-exam", "Workloads").await;
    let move_it = client.move_account().account_id(MEMBER).source_parent_id("r-exam");
    move_it.destination_parent_id(&workloads).send().await.unwrap();
    let no_s3 = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    let made = client.create_policy().name("no-s3").description("").content(no_s3);
    let made = made.r#type(PolicyType::ServiceControlPolicy).send().await.unwrap();
    let policy = made.policy.unwrap().policy_summary.unwrap().id.unwrap();
    let attach = || client.attach_policy().policy_id(&policy).target_id(&workloads);
    assert_eq!(code!(attach()), "PolicyTypeNotEnabledException");
    let enable = client.enable_policy_type().root_id("r-exam").policy_type(PolicyType::ServiceControlPolicy);
    enable.send().await.unwrap();
    let buckets = |account: &str| {
        let s3 = aws_sdk_s3::Client::new(&config_for(&sandbox, "us-east-1", account));
        async move {
            s3.list_buckets().send().await.map(drop).map_err(|error| error.message().unwrap().to_owned())
        }
    };
    assert_eq!(buckets(MEMBER).await, Ok(()));
    attach().send().await.unwrap();
    let refused = buckets(MEMBER).await.unwrap_err();
    assert!(refused.contains("with an explicit deny in a service control policy"), "{refused}");
    assert_eq!((buckets("222233334444").await, buckets(MANAGEMENT).await), (Ok(()), Ok(())));
    assert_eq!(code!(attach()), "DuplicatePolicyAttachmentException");
    assert_eq!(code!(client.delete_policy().policy_id(&policy)), "PolicyInUseException");
    let on = client.list_policies_for_target().target_id(&workloads).filter(PolicyType::ServiceControlPolicy);
    assert_eq!(on.send().await.unwrap().policies().len(), 2);
    client.detach_policy().policy_id("p-FullAWSAccess").target_id(&workloads).send().await.unwrap();
    client.detach_policy().policy_id(&policy).target_id("r-exam").send().await.unwrap_err();
    let last = client.detach_policy().policy_id(&policy).target_id(&workloads);
    assert_eq!(code!(last), "ConstraintViolationException");
    let refused = buckets(MEMBER).await.unwrap_err();
    assert!(refused.contains("service control policy"), "{refused}");
}

/// IAM is asked for every action, on the things that the call names.
#[tokio::test]
async fn iam_lets_a_caller_read_one_unit_and_no_other() {
    let (sandbox, client) = seeded(Profile::Instant);
    let (one, other) = (unit(&client, "r-exam", "One").await, unit(&client, "r-exam", "Other").await);
    let iam = aws_sdk_iam::Client::new(&config(&sandbox, "us-east-1"));
    iam.create_user().user_name("reader").send().await.unwrap();
    let allow = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"organizations:ListAccountsForParent",
        "Resource":"arn:aws:organizations::{MANAGEMENT}:ou/o-exampleorgid/{one}"}}]}}"#
    );
    iam.put_user_policy().user_name("reader").policy_name("one").policy_document(allow).send().await.unwrap();
    let key = iam.create_access_key().user_name("reader").send().await.unwrap().access_key.unwrap();
    let keys = (key.access_key_id.as_str(), key.secret_access_key.as_str(), None);
    let reader = Client::new(&config_with(&sandbox, "us-east-1", keys));
    reader.list_accounts_for_parent().parent_id(&one).send().await.unwrap();
    assert_eq!(code!(reader.list_accounts_for_parent().parent_id(&other)), "AccessDeniedException");
    assert_eq!(code!(reader.list_accounts()), "AccessDeniedException");
}
