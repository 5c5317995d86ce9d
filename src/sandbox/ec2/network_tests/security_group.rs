//! Security groups.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, SecurityGroupRule, SecurityGroupRuleDescription,
    SecurityGroupRuleRequest, SecurityGroupRuleUpdate, UserIdGroupPair,
};

use super::{code, filter, group, sandbox, tcp, vpc};

async fn rules(ec2: &Client, group: &str, egress: bool) -> Vec<SecurityGroupRule> {
    let listed = ec2.describe_security_group_rules().filters(filter("group-id", group)).send().await.unwrap();
    let own = listed.security_group_rules().iter().filter(|rule| rule.is_egress() == Some(egress));
    own.cloned().collect()
}

fn authorize(
    ec2: &Client,
    group: &str,
    permission: IpPermission,
) -> impl Future<Output = Result<Vec<SecurityGroupRule>, String>> {
    let request = ec2.authorize_security_group_ingress().group_id(group).ip_permissions(permission);
    async move {
        match request.send().await {
            Ok(answer) => Ok(answer.security_group_rules.unwrap_or_default()),
            refused => Err(code(refused)),
        }
    }
}

fn pair(group: &str) -> IpPermission {
    let pair = UserIdGroupPair::builder().group_id(group).build();
    IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443).user_id_group_pairs(pair).build()
}

#[tokio::test]
async fn a_new_group_lets_everything_out_and_nothing_in_sg_3() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let id = group(&ec2, &vpc, "web").await;
    let out = rules(&ec2, &id, true).await;
    assert_eq!((out[0].cidr_ipv4(), out[0].ip_protocol()), (Some("0.0.0.0/0"), Some("-1")));
    assert!(out.len() == 1 && rules(&ec2, &id, false).await.is_empty());
    let listed = ec2.describe_security_groups().group_ids(&id).send().await.unwrap();
    let permission = &listed.security_groups()[0].ip_permissions_egress()[0];
    assert_eq!((permission.from_port(), permission.to_port()), (None, None), "SG-7: -1 has no ports here");
}

#[tokio::test]
async fn names_are_unique_in_a_vpc_whatever_the_case_sg_1() {
    let (_sandbox, ec2) = sandbox();
    let (mine, other) = (vpc(&ec2, "10.0.0.0/16").await, vpc(&ec2, "10.1.0.0/16").await);
    group(&ec2, &mine, "web").await;
    group(&ec2, &other, "web").await;
    let create =
        |name: &str| ec2.create_security_group().group_name(name).description("test").vpc_id(&mine).send();
    assert_eq!(code(create("WEB").await), "InvalidGroup.Duplicate");
    assert_eq!(code(create("sg-web").await), "InvalidParameterValue");
    assert_eq!(code(create("default").await), "InvalidGroup.Reserved");
    let said = ec2.create_security_group().group_name("x").description("é").vpc_id(&mine);
    assert_eq!(code(said.send().await), "InvalidParameterValue");
}

#[tokio::test]
async fn rules_have_ids_and_canonical_forms_sg_7() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let id = group(&ec2, &vpc, "web").await;
    let range = IpRange::builder().cidr_ip("10.9.8.7/8").description("offices").build();
    let six = Ipv6Range::builder().cidr_ipv6("2001:DB8::1/32").build();
    let permission = IpPermission::builder()
        .ip_protocol("6")
        .from_port(443)
        .to_port(443)
        .ip_ranges(range)
        .ipv6_ranges(six);
    let made = authorize(&ec2, &id, permission.build()).await.unwrap();
    assert!(made[0].security_group_rule_id().unwrap().starts_with("sgr-"));
    let shown = rules(&ec2, &id, false).await;
    let v4 = shown.iter().find(|rule| rule.cidr_ipv4().is_some()).unwrap();
    assert_eq!(
        (v4.ip_protocol(), v4.cidr_ipv4(), v4.description()),
        (Some("tcp"), Some("10.0.0.0/8"), Some("offices"))
    );
    assert!(
        shown.iter().any(|rule| rule.cidr_ipv6() == Some("2001:db8::/32") && rule.description().is_none())
    );
    // Rules with the same protocol and ports are one permission.
    let listed = ec2.describe_security_groups().group_ids(&id).send().await.unwrap();
    let permissions = listed.security_groups()[0].ip_permissions();
    assert_eq!(
        (permissions.len(), permissions[0].ip_ranges().len(), permissions[0].ipv6_ranges().len()),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn duplicates_are_refused_within_a_request_and_against_what_is_there_sg_8() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let id = group(&ec2, &vpc, "web").await;
    let twice = ec2
        .authorize_security_group_ingress()
        .group_id(&id)
        .ip_permissions(tcp(443, "10.0.0.0/8"))
        .ip_permissions(tcp(443, "10.1.0.0/8"));
    assert_eq!(code(twice.send().await), "InvalidParameterValue");
    authorize(&ec2, &id, tcp(443, "10.0.0.0/8")).await.unwrap();
    assert_eq!(authorize(&ec2, &id, tcp(443, "10.0.0.1/8")).await, Err("InvalidPermission.Duplicate".into()));
    assert_eq!(rules(&ec2, &id, false).await.len(), 1);
    let everything =
        IpPermission::builder().ip_protocol("-1").ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build());
    let egress = ec2.authorize_security_group_egress().group_id(&id).ip_permissions(everything.build());
    assert_eq!(code(egress.send().await), "InvalidPermission.Duplicate");
    let portless =
        IpPermission::builder().ip_protocol("tcp").ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build());
    assert_eq!(authorize(&ec2, &id, portless.build()).await, Err("InvalidParameterValue".into()));
}

#[tokio::test]
async fn a_rule_beyond_the_sixtieth_is_refused() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let id = group(&ec2, &vpc, "web").await;
    for port in 1..=60 {
        authorize(&ec2, &id, tcp(port, "10.0.0.0/8")).await.unwrap();
    }
    let refused = authorize(&ec2, &id, tcp(61, "10.0.0.0/8")).await;
    assert_eq!(refused, Err("RulesPerSecurityGroupLimitExceeded".into()));
}

#[tokio::test]
async fn a_group_is_not_deleted_while_another_names_it_sg_6() {
    let (_sandbox, ec2) = sandbox();
    let (mine, other) = (vpc(&ec2, "10.0.0.0/16").await, vpc(&ec2, "10.1.0.0/16").await);
    let (web, db, foreign) =
        (group(&ec2, &mine, "web").await, group(&ec2, &mine, "db").await, group(&ec2, &other, "x").await);
    let made = authorize(&ec2, &db, pair(&web)).await.unwrap();
    authorize(&ec2, &db, pair(&db)).await.unwrap();
    let shown = rules(&ec2, &db, false).await;
    let peers: Vec<_> =
        shown.iter().map(|rule| rule.referenced_group_info().unwrap().group_id().unwrap()).collect();
    assert!(peers.contains(&web.as_str()) && peers.contains(&db.as_str()));
    assert_eq!(authorize(&ec2, &db, pair(&foreign)).await, Err("InvalidGroup.NotFound".into()));
    assert_eq!(authorize(&ec2, &db, pair("sg-0123456789abcdef0")).await, Err("InvalidGroup.NotFound".into()));
    let delete = |id: &str| ec2.delete_security_group().group_id(id).send();
    assert_eq!(code(delete(&web).await), "DependencyViolation");
    let revoke = ec2.revoke_security_group_ingress().group_id(&db);
    let id = made[0].security_group_rule_id().unwrap();
    let revoked = revoke.security_group_rule_ids(id).send().await.unwrap();
    assert_eq!(revoked.revoked_security_group_rules()[0].security_group_rule_id(), Some(id));
    delete(&web).await.unwrap();
    // Naming itself is no reason to stay.
    delete(&db).await.unwrap();
    assert_eq!(code(delete(&db).await), "InvalidGroup.NotFound");
    let default = ec2.describe_security_groups().filters(filter("vpc-id", &mine)).send().await.unwrap();
    let default = default.security_groups()[0].group_id().unwrap();
    assert_eq!(code(delete(default).await), "CannotDelete");
}

#[tokio::test]
async fn what_is_not_there_is_not_revoked_but_in_a_default_vpc_the_answer_is_200_sg_8() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let id = group(&ec2, &vpc, "web").await;
    authorize(&ec2, &id, tcp(443, "10.0.0.0/8")).await.unwrap();
    let revoke = |id: &str| {
        ec2.revoke_security_group_ingress()
            .group_id(id)
            .ip_permissions(tcp(443, "10.0.0.0/8"))
            .ip_permissions(tcp(80, "10.0.0.0/8"))
            .send()
    };
    assert_eq!(code(revoke(&id).await), "InvalidPermission.NotFound");
    assert_eq!(rules(&ec2, &id, false).await.len(), 1, "nothing was revoked");
    let made = ec2.create_security_group().group_name("web").description("test").send().await.unwrap();
    let id = made.group_id().unwrap();
    authorize(&ec2, id, tcp(443, "10.0.0.0/8")).await.unwrap();
    let answer = revoke(id).await.unwrap();
    assert_eq!(answer.unknown_ip_permissions()[0].from_port(), Some(80));
    assert!(rules(&ec2, id, false).await.is_empty());
    let unknown = ec2.revoke_security_group_ingress().group_id(id);
    let unknown = unknown.security_group_rule_ids("sgr-0123456789abcdef0").send().await;
    assert_eq!(code(unknown), "InvalidSecurityGroupRuleId.NotFound");
}

#[tokio::test]
async fn rules_are_reworded_and_described_by_id_sg_2() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let group = group(&ec2, &vpc, "web").await;
    let made = authorize(&ec2, &group, tcp(443, "10.0.0.0/8")).await.unwrap();
    authorize(&ec2, &group, tcp(80, "10.0.0.0/8")).await.unwrap();
    let id = made[0].security_group_rule_id().unwrap();
    let modify = |port: i32| {
        let rule = SecurityGroupRuleRequest::builder()
            .ip_protocol("tcp")
            .from_port(port)
            .to_port(port)
            .cidr_ipv4("10.0.0.0/8");
        let update =
            SecurityGroupRuleUpdate::builder().security_group_rule_id(id).security_group_rule(rule.build());
        ec2.modify_security_group_rules().group_id(&group).security_group_rules(update.build()).send()
    };
    assert_eq!(code(modify(80).await), "InvalidPermission.Duplicate");
    modify(8443).await.unwrap();
    let said = SecurityGroupRuleDescription::builder().security_group_rule_id(id).description("apps").build();
    ec2.update_security_group_rule_descriptions_ingress()
        .group_id(&group)
        .security_group_rule_descriptions(said)
        .send()
        .await
        .unwrap();
    let listed = ec2.describe_security_group_rules().security_group_rule_ids(id).send().await.unwrap();
    let rule = &listed.security_group_rules()[0];
    assert_eq!((rule.from_port(), rule.description()), (Some(8443), Some("apps")));
    let range = IpRange::builder().cidr_ip("10.0.0.0/8").build();
    let bare =
        IpPermission::builder().ip_protocol("tcp").from_port(8443).to_port(8443).ip_ranges(range).build();
    let update = ec2.update_security_group_rule_descriptions_ingress().group_id(&group).ip_permissions(bare);
    update.send().await.unwrap();
    let listed = ec2.describe_security_group_rules().security_group_rule_ids(id).send().await.unwrap();
    assert_eq!(listed.security_group_rules()[0].description(), None);
}
