//! What S3 Block Public Access calls public: AWS's own examples, and each of its conditions.

use super::*;

fn public(rest: &str) -> bool {
    let statement = format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",{rest}}}"#);
    !reach(&policy(&statement)).is_empty()
}

#[test]
fn a_grant_is_public_until_it_is_bound_to_fixed_values() {
    let everybody = r#""Principal":"*""#;
    for (principal, condition, is_public) in [
        // The examples of the page.
        (r#""Principal":{"Federated":"graph.facebook.com"}"#, "", true),
        (everybody, "", true),
        (everybody, r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
        (everybody, r#"{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
        (
            everybody,
            r#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:123456789012:accesspoint/*"}}"#,
            false,
        ),
        // Principals.
        (r#""Principal":{"AWS":"*"}"#, "", true),
        (r#""Principal":{"AWS":["*","arn:aws:iam::123456789012:root"]}"#, "", true),
        (r#""Principal":{"AWS":"arn:aws:iam::123456789012:root"}"#, "", false),
        (r#""Principal":{"AWS":"123456789012"}"#, "", false),
        (r#""Principal":{"AWS":"arn:aws:iam::123456789012:user/x"}"#, "", false),
        (r#""Principal":{"Service":"logging.s3.amazonaws.com"}"#, "", false),
        (
            r#""Principal":{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#,
            "",
            false,
        ),
        (r#""Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/x"}"#, "", false),
        (r#""NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/x"}"#, "", true),
        // Networks.
        (everybody, r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, false),
        (everybody, r#"{"IpAddress":{"aws:SourceIp":"203.0.113.7"}}"#, false),
        (everybody, r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, true),
        (everybody, r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
        (everybody, r#"{"IpAddress":{"aws:SourceIp":"12.0.0.0/7"}}"#, true),
        (everybody, r#"{"IpAddress":{"aws:SourceIp":"12.0.0.0/8"}}"#, false),
        (everybody, r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}}"#, true),
        (everybody, r#"{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}"#, false),
        (everybody, r#"{"IpAddress":{"aws:SourceIp":"2000::/3"}}"#, true),
        (everybody, r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, false),
        (everybody, r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
        // Every other key that binds.
        (everybody, r#"{"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#, false),
        (everybody, r#"{"StringEquals":{"aws:SourceAccount":"123456789012"}}"#, false),
        (everybody, r#"{"StringEquals":{"aws:SourceOwner":"123456789012"}}"#, false),
        (everybody, r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:123456789012:topic"}}"#, false),
        (everybody, r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:*:topic"}}"#, true),
        (everybody, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, false),
        (everybody, r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#, true),
        (everybody, r#"{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}"#, false),
        (everybody, r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/x"}}"#, false),
        (everybody, r#"{"StringEquals":{"aws:userid":"AIDAEXAMPLE"}}"#, false),
        (everybody, r#"{"StringLike":{"aws:userid":"AROAEXAMPLE:*"}}"#, true),
        (
            everybody,
            r#"{"StringEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:us-east-1:123456789012:key/x"}}"#,
            false,
        ),
        (everybody, r#"{"StringEquals":{"s3:DataAccessPointAccount":"123456789012"}}"#, false),
        (
            everybody,
            r#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:*:accesspoint/*"}}"#,
            true,
        ),
        // Keys that bind nobody.
        (everybody, r#"{"Bool":{"aws:SecureTransport":"true"}}"#, true),
        (everybody, r#"{"StringLike":{"aws:Referer":"https://example.com/*"}}"#, true),
        (everybody, r#"{"StringEquals":{"aws:UserAgent":"secret"}}"#, true),
        // A condition that holds where the key is absent binds nobody either.
        (everybody, r#"{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-91237329"}}"#, true),
        (everybody, r#"{"ForAllValues:StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, true),
        (everybody, r#"{"ForAnyValue:StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
        (everybody, r#"{"StringNotEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, true),
        (everybody, r#"{"StringEquals":{"aws:SourceVpc":"${aws:PrincipalTag/vpc}"}}"#, true),
        // That a key is there says nothing about its value.
        (everybody, r#"{"Null":{"aws:SourceVpc":"false"}}"#, true),
        (everybody, r#"{"NumericEquals":{"aws:SourceAccount":"123456789012"}}"#, true),
        // One that binds is enough.
        (
            everybody,
            r#"{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#,
            false,
        ),
    ] {
        let rest = if condition.is_empty() {
            principal.to_owned()
        } else {
            format!(r#"{principal},"Condition":{condition}"#)
        };
        assert_eq!(public(&rest), is_public, "{rest}");
    }
}

#[test]
fn one_public_statement_makes_a_policy_public_and_is_named() {
    let text = r#"{"Sid":"Trail","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"*"},
        {"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"s3:GetObject","Resource":"*"},
        {"Sid":"World","Effect":"Allow","Principal":"*","Action":["s3:Get*","s3:ListBucket"],"Resource":"*"},
        {"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
    let found = reach(&policy(text));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].statement, "World");
    assert_eq!((found[0].reads, found[0].lists, found[0].writes), (true, true, false));
}
