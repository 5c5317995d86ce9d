//! Conditions: operators, absence, sets, and what nobody knows.

use super::*;

/// A condition, what the request carries, and whether it holds.
type Row = (&'static str, &'static str, bool);

const TEXT: &[Row] = &[
    (r#"{"StringEquals":{"aws:username":"ann"}}"#, "aws:username=ann", true),
    (r#"{"StringEquals":{"aws:username":"ann"}}"#, "aws:username=Ann", false),
    (r#"{"StringEquals":{"AWS:UserName":"ann"}}"#, "aws:username=ann", true),
    (r#"{"StringEquals":{"aws:username":["bob","ann"]}}"#, "aws:username=ann", true),
    (r#"{"StringEquals":{"aws:username":"a*"}}"#, "aws:username=ann", false),
    (r#"{"StringEquals":{"aws:username":"a*"}}"#, "aws:username=a*", true),
    (r#"{"StringEquals":{"aws:username":"ann"}}"#, "", false),
    (r#"{"StringNotEquals":{"aws:username":"ann"}}"#, "aws:username=ann", false),
    (r#"{"StringNotEquals":{"aws:username":"ann"}}"#, "aws:username=bob", true),
    (r#"{"StringNotEquals":{"aws:username":["ann","bob"]}}"#, "aws:username=bob", false),
    (r#"{"StringNotEquals":{"aws:username":"ann"}}"#, "", true),
    (r#"{"StringEqualsIgnoreCase":{"aws:username":"ANN"}}"#, "aws:username=ann", true),
    (r#"{"StringNotEqualsIgnoreCase":{"aws:username":"ANN"}}"#, "aws:username=ann", false),
    (r#"{"StringLike":{"s3:prefix":["","home/*"]}}"#, "s3:prefix=home/ann", true),
    (r#"{"StringLike":{"s3:prefix":"home/?"}}"#, "s3:prefix=home/ab", false),
    (
        r#"{"StringLike":{"s3:prefix":"home/${aws:username}/*"}}"#,
        "s3:prefix=home/ann/x; aws:username=ann",
        true,
    ),
    (
        r#"{"StringLike":{"s3:prefix":"home/${aws:username}/*"}}"#,
        "s3:prefix=home/bob/x; aws:username=ann",
        false,
    ),
    (r#"{"StringNotLike":{"s3:prefix":"home/*"}}"#, "s3:prefix=home/ann", false),
    (r#"{"StringNotLike":{"s3:prefix":"home/*"}}"#, "s3:prefix=work", true),
    (r#"{"StringEquals":{"a:x":"1","a:y":"2"}}"#, "a:x=1; a:y=2", true),
    (r#"{"StringEquals":{"a:x":"1","a:y":"2"}}"#, "a:x=1; a:y=3", false),
    (r#"{"StringEquals":{"a:x":"1"},"Bool":{"a:b":"true"}}"#, "a:x=1", false),
    (r#"{"BinaryEquals":{"a:key":"QmluYXJ5"}}"#, "a:key=QmluYXJ5", true),
    (r#"{"Frobnicate":{"a:x":"1"}}"#, "a:x=1", false),
];

const OTHER: &[Row] = &[
    (r#"{"Bool":{"aws:SecureTransport":"true"}}"#, "aws:SecureTransport=true", true),
    (r#"{"Bool":{"aws:SecureTransport":true}}"#, "aws:SecureTransport=true", true),
    (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, "aws:SecureTransport=true", false),
    (r#"{"Bool":{"aws:MultiFactorAuthPresent":"false"}}"#, "", false),
    (r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#, "", true),
    (r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#, "aws:MultiFactorAuthPresent=true", false),
    (r#"{"Null":{"aws:MultiFactorAuthAge":"true"}}"#, "", true),
    (r#"{"Null":{"aws:MultiFactorAuthAge":"true"}}"#, "aws:MultiFactorAuthAge=10", false),
    (r#"{"Null":{"aws:MultiFactorAuthAge":"false"}}"#, "aws:MultiFactorAuthAge=10", true),
    (r#"{"Null":{"aws:MultiFactorAuthAge":false}}"#, "", false),
    (r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}"#, "aws:MultiFactorAuthAge=3599", true),
    (r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}"#, "aws:MultiFactorAuthAge=3600", false),
    (r#"{"NumericLessThanEquals":{"s3:max-keys":10}}"#, "s3:max-keys=10", true),
    (r#"{"NumericGreaterThan":{"s3:max-keys":"10"}}"#, "s3:max-keys=10", false),
    (r#"{"NumericGreaterThanEquals":{"s3:max-keys":"10"}}"#, "s3:max-keys=10", true),
    (r#"{"NumericEquals":{"s3:max-keys":"10"}}"#, "s3:max-keys=10.0", true),
    (r#"{"NumericNotEquals":{"s3:max-keys":"10"}}"#, "s3:max-keys=10", false),
    (r#"{"NumericNotEquals":{"s3:max-keys":"10"}}"#, "", true),
    (r#"{"NumericLessThan":{"s3:max-keys":"10"}}"#, "s3:max-keys=ten", false),
    (r#"{"NumericLessThanIfExists":{"s3:max-keys":"10"}}"#, "", true),
    (
        r#"{"DateLessThan":{"aws:CurrentTime":"2026-06-30T23:59:59Z"}}"#,
        "aws:CurrentTime=2026-06-30T00:00:00Z",
        true,
    ),
    (
        r#"{"DateGreaterThan":{"aws:CurrentTime":"2026-06-30T23:59:59Z"}}"#,
        "aws:CurrentTime=2026-06-30T00:00:00Z",
        false,
    ),
    (r#"{"DateGreaterThan":{"aws:CurrentTime":"2026-04-01"}}"#, "aws:CurrentTime=2026-06-30T00:00:00Z", true),
    (r#"{"DateLessThanEquals":{"aws:EpochTime":"1782777600"}}"#, "aws:EpochTime=1782777600", true),
    (r#"{"DateEquals":{"aws:CurrentTime":"2026-06-30"}}"#, "aws:CurrentTime=2026-06-30T00:00:00Z", true),
    (r#"{"DateNotEquals":{"aws:CurrentTime":"2026-06-30"}}"#, "aws:CurrentTime=2026-06-30T00:00:00Z", false),
    (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, "aws:SourceIp=203.0.113.7", true),
    (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, "aws:SourceIp=198.51.100.7", false),
    (r#"{"IpAddress":{"aws:SourceIp":["198.51.100.0/24","203.0.113.7"]}}"#, "aws:SourceIp=203.0.113.7", true),
    (r#"{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}"#, "aws:SourceIp=2001:db8::1", true),
    (r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, "", false),
    (r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, "aws:SourceIp=203.0.113.7", false),
    (r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, "aws:SourceIp=198.51.100.7", true),
    (r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, "", true),
    (
        r#"{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:*:111122223333:*"}}"#,
        "aws:SourceArn=arn:aws:sns:us-east-1:111122223333:topic",
        true,
    ),
    (r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket"}}"#, "aws:SourceArn=arn:aws:s3:::bucket", true),
    (
        r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:topic"}}"#,
        "aws:SourceArn=arn:aws:sns:us-east-1:111122223333:topic",
        false,
    ),
    (
        r#"{"ArnNotEquals":{"aws:SourceArn":"arn:aws:s3:::bucket"}}"#,
        "aws:SourceArn=arn:aws:s3:::bucket",
        false,
    ),
    (
        r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin"}}"#,
        "aws:PrincipalArn=arn:aws:iam::111122223333:role/web",
        true,
    ),
    (r#"{"ArnLikeIfExists":{"aws:SourceArn":"arn:aws:s3:::bucket"}}"#, "", true),
];

/// AWS's own example: a request for attributes of a table, of which three may be asked for and two must not.
const SETS: &[Row] = &[
    (
        r#"{"ForAllValues:StringLike":{"d:attributes":["PostDateTime","Message","Tags"]}}"#,
        "d:attributes=PostDateTime,Message",
        true,
    ),
    (
        r#"{"ForAllValues:StringLike":{"d:attributes":["PostDateTime","Message","Tags"]}}"#,
        "d:attributes=PostDateTime,Message,ID",
        false,
    ),
    (
        r#"{"ForAllValues:StringLike":{"d:attributes":["PostDateTime","Message","Tags"]}}"#,
        "d:attributes=PostDateTime,UserName",
        false,
    ),
    (
        r#"{"ForAnyValue:StringLike":{"d:attributes":["ID","PostDateTime"]}}"#,
        "d:attributes=PostDateTime,Message",
        true,
    ),
    (r#"{"ForAnyValue:StringLike":{"d:attributes":["ID","PostDateTime"]}}"#, "d:attributes=UserName", false),
    (
        r#"{"ForAnyValue:StringLike":{"d:attributes":["ID","PostDateTime"]}}"#,
        "d:attributes=UserName,Message,PostDateTime",
        true,
    ),
    // With nothing to compare, all of it fits and none of it does.
    (r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}"#, "", true),
    (r#"{"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]}}"#, "", false),
    (r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#, "aws:TagKeys=b", true),
    (r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#, "aws:TagKeys=B", false),
    (r#"{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}}"#, "aws:TagKeys=a,b", true),
    (r#"{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}}"#, "aws:TagKeys=a", false),
    (r#"{"ForAllValues:StringNotEquals":{"aws:TagKeys":["a"]}}"#, "aws:TagKeys=b,c", true),
    (r#"{"ForAllValues:StringNotEquals":{"aws:TagKeys":["a"]}}"#, "aws:TagKeys=a,c", false),
    (r#"{"ForAnyValue:StringEqualsIgnoreCase":{"aws:TagKeys":["A"]}}"#, "aws:TagKeys=x,a", true),
    (
        r#"{"ForAllValues:ArnLike":{"a:arns":["arn:aws:s3:::b*"]}}"#,
        "a:arns=arn:aws:s3:::b1,arn:aws:s3:::b2",
        true,
    ),
];

#[test]
fn conditions_hold_as_aws_says() {
    for (condition, request, holds) in TEXT.iter().chain(OTHER).chain(SETS) {
        let policy =
            policy(&format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}"#));
        let expected = if *holds { "allow" } else { "silent" };
        assert_eq!(
            says(&policy, "s3:GetObject", "arn:aws:s3:::b/k", &known(request)),
            expected,
            "{condition} {request}"
        );
        // The same condition on a deny denies where it holds, and only there.
        let deny = policy_of_deny(condition);
        let expected = if *holds { "deny" } else { "allow" };
        assert_eq!(
            says(&deny, "s3:GetObject", "arn:aws:s3:::b/k", &known(request)),
            expected,
            "deny {condition} {request}"
        );
    }
}

fn policy_of_deny(condition: &str) -> Policy {
    policy(&format!(
        r#"{{"Effect":"Allow","Action":"*","Resource":"*"}},
           {{"Effect":"Deny","Action":"*","Resource":"*","Condition":{condition}}}"#
    ))
}

#[test]
fn what_nobody_knows_could_be_allowed_and_is_not_surely_denied() {
    let mfa = r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    let nobody = Context::open();
    let without = Context::open().with_all("aws:MultiFactorAuthPresent", []);
    let allow = policy(&format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{mfa}}}"#));
    assert_eq!(says(&allow, "a:B", "arn:x", &nobody), "allow");
    assert_eq!(says(&allow, "a:B", "arn:x", &without), "silent");
    let unless = r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#;
    assert_eq!(says(&policy_of_deny(unless), "a:B", "arn:x", &nobody), "allow");
    assert_eq!(says(&policy_of_deny(unless), "a:B", "arn:x", &without), "deny");
    // What is known decides, whatever else is not.
    let other = policy(
        r#"{"Effect":"Allow","Action":"*","Resource":"*",
            "Condition":{"StringEquals":{"aws:PrincipalAccount":"999988887777"},"Bool":{"aws:SecureTransport":"true"}}}"#,
    );
    assert_eq!(
        says(&other, "a:B", "arn:x", &Context::open().with("aws:PrincipalAccount", ACCOUNT)),
        "silent"
    );
    // A variable that nobody can fill in could fit.
    let home =
        policy(r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"}"#);
    assert_eq!(says(&home, "s3:GetObject", "arn:aws:s3:::b/x/k", &nobody), "allow");
}
