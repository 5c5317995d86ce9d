//! Identity providers that a role trusts: who changes one becomes whoever it speaks for.

use super::administrators::{EVERYTHING, names, role, user};
use super::*;

#[test]
fn a_change_of_a_provider_that_a_role_trusts_is_a_way() {
    let saml = |condition: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::123456789012:saml-provider/office"}},"Action":"sts:AssumeRoleWithSAML"{condition}}}"#
        )
    };
    let token = |issuer: &str, condition: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::123456789012:oidc-provider/{issuer}"}},"Action":"sts:AssumeRoleWithWebIdentity"{condition}}}"#
        )
    };
    let of = |claim: &str| {
        format!(r#","Condition":{{"StringEquals":{{"login.example.com:{claim}":"sts.amazonaws.com"}}}}"#)
    };
    let cluster = "oidc.eks.eu-west-1.amazonaws.com/id/1A2B";
    let pod = format!(
        r#","Condition":{{"StringEquals":{{"{cluster}:sub":"system:serviceaccount:web:web","{cluster}:aud":"sts.amazonaws.com"}}}}"#
    );
    for (actions, resource, trust, is_way) in [
        (r#""iam:UpdateSAMLProvider""#, "arn:aws:iam::123456789012:saml-provider/office", saml(""), true),
        (r#""iam:UpdateSAMLProvider""#, "arn:aws:iam::123456789012:saml-provider/other", saml(""), false),
        (r#""iam:DeleteSAMLProvider","iam:CreateSAMLProvider""#, "*", saml(""), true),
        (r#""iam:CreateSAMLProvider""#, "*", saml(""), false),
        (r#""iam:AddClientIDToOpenIDConnectProvider""#, "*", token("login.example.com", ""), true),
        (r#""iam:AddClientIDToOpenIDConnectProvider""#, "*", token("login.example.com", &of("aud")), false),
        (r#""iam:AddClientIDToOpenIDConnectProvider""#, "*", token("login.example.com", &of("sub")), false),
        (
            r#""iam:DeleteOpenIDConnectProvider","iam:CreateOpenIDConnectProvider""#,
            "*",
            token("login.example.com", ""),
            true,
        ),
        (r#""iam:UpdateOpenIDConnectProviderThumbprint""#, "*", token("login.example.com", ""), false),
        (r#""eks:CreateAccessEntry","eks:AssociateAccessPolicy""#, "*", token(cluster, &pod), true),
        (r#""eks:CreateAccessEntry""#, "*", token(cluster, &pod), false),
        (r#""eks:*""#, "arn:aws:eks:us-east-1:123456789012:*", token(cluster, &pod), false),
        (r#""eks:*""#, "arn:aws:eks:eu-west-1:123456789012:*", token(cluster, &pod), true),
        (r#""eks:*""#, "*", token("login.example.com", &of("sub")), false),
    ] {
        let own = format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"{resource}"}}"#);
        let iam = Iam {
            users: vec![user("ann", &own)],
            roles: vec![role("admin", &trust, EVERYTHING)],
            ..Iam::default()
        };
        let found = names(iam).iter().any(|(_, name)| name == "ann");
        assert_eq!(found, is_way, "{actions} on {resource}, {trust}");
    }
}
