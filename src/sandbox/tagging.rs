//! The Resource Groups Tagging API: everything that has tags, whatever its service.

use std::collections::BTreeMap;

use super::context::Context;
use super::service::{Operation, Service, operation};
use super::wire::{Answer, Fault, Fields, Node, Params, Protocol};
use super::world::Milliseconds;

/// The Resource Groups Tagging API.
pub const SERVICE: Service = Service {
    name: "tagging",
    protocol: Protocol::Json,
    version: "2017-01-26",
    namespace: "ResourceGroupsTaggingAPI_20170126",
    operations: &[OPERATIONS],
    members: include_str!("tagging_members.txt"),
};

const OPERATIONS: &[Operation] = &[
    operation("GetResources", get_resources),
    operation("GetTagKeys", get_tag_keys),
    operation("GetTagValues", get_tag_values),
];

/// A thing with tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it or its tags were last written: the index hears of it later.
    pub since: Milliseconds,
}

/// A service's state, as the index of tags sees it.
pub trait Index {
    /// Everything of this region that has, or ever had, tags, in any order.
    fn tagged(&self, account: &str, region: &str) -> Vec<Tagged>;
}

fn invalid(message: &str) -> Fault {
    Fault::client("InvalidParameterException", message)
}

/// Everything of the caller's account and region that the index knows of by now.
fn indexed(cx: &mut Context<'_>) -> Vec<Tagged> {
    let lens = cx.lens();
    let (id, region) = (cx.caller.account.clone(), cx.region.clone());
    let account = cx.account();
    let mut found = account.s3.tagged(&id, &region);
    found.extend(account.iam.tagged(&id, &region));
    let home = cx.home();
    let services: [&dyn Index; 8] = [
        &home.ec2,
        &home.elb,
        &home.autoscaling,
        &home.kms,
        &home.cloudtrail,
        &home.cloudwatch,
        &home.secretsmanager,
        &home.ssm,
    ];
    found.extend(services.iter().flat_map(|service| service.tagged(&id, &region)));
    // The index lags behind the services themselves.
    found.retain(|thing| lens.sees(thing.since, &format!("index/{}", thing.arn)));
    found
}

fn get_resources(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arns = params.texts("ResourceARNList");
    let types = params.texts("ResourceTypeFilters");
    let filters = params.maps("TagFilters");
    let token = params.text("PaginationToken").filter(|token| !token.is_empty());
    let size = params.number("ResourcesPerPage")?;
    if size.is_some_and(|size| !(1..=100).contains(&size)) {
        return Err(invalid("ResourcesPerPage must be between 1 and 100"));
    }
    if !arns.is_empty() && (!types.is_empty() || !filters.is_empty() || token.is_some() || size.is_some()) {
        return Err(invalid("ResourceARNList cannot be combined with filters or pagination"));
    }
    if filters.len() > 50 {
        return Err(invalid("TagFilters may hold up to 50 keys"));
    }
    let size = size.unwrap_or(50);
    if params.number("TagsPerPage")?.is_some_and(|most| !(100..=500).contains(&most) || most % 100 != 0) {
        return Err(invalid("TagsPerPage must be a multiple of 100, between 100 and 500"));
    }
    let mut wanted = Vec::new();
    for filter in filters {
        let values = filter.texts("Values");
        if values.len() > 20 {
            return Err(invalid("a TagFilter may hold up to 20 values"));
        }
        wanted.push((filter.required("Key")?, values));
    }
    let mut things = indexed(cx);
    things.retain(|thing| {
        (arns.is_empty() || arns.contains(&thing.arn.as_str()))
            && (types.is_empty() || types.iter().any(|kind| is_of_type(&thing.arn, kind)))
            && wanted.iter().all(|(key, values)| {
                thing
                    .tags
                    .get(*key)
                    .is_some_and(|value| values.is_empty() || values.contains(&value.as_str()))
            })
    });
    let size = usize::try_from(size).unwrap_or(50);
    let (things, next) = cx.page(things, |thing| thing.arn.clone(), token, size).map_err(|_| {
        Fault::client("PaginationTokenExpiredException", "The pagination token is invalid or has expired")
    })?;
    let list = things.iter().map(|thing| {
        Fields::new().with("ResourceARN", &thing.arn).with("Tags", Node::tags("Key", "Value", &thing.tags))
    });
    // The token is an empty text on the last page, never absent.
    Ok(Fields::new()
        .list("ResourceTagMappingList", list)
        .with("PaginationToken", next.unwrap_or_default())
        .into())
}

/// Whether an ARN is of a type such as `ec2`, `ec2:vpc` or `s3:bucket`.
fn is_of_type(arn: &str, kind: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    match kind.split_once(':') {
        None => kind == service,
        // The ARN of a bucket is the only one here that does not say what it names.
        Some(("s3", "bucket")) => service == "s3" && !resource.contains('/'),
        Some((of, resource_type)) => {
            of == service
                && resource
                    .strip_prefix(resource_type)
                    .is_some_and(|rest| rest.starts_with('/') || rest.starts_with(':'))
        }
    }
}

fn get_tag_keys(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let keys = indexed(cx).into_iter().flat_map(|thing| thing.tags.into_keys()).collect();
    names(cx, params, "TagKeys", keys)
}

fn get_tag_values(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let key = params.required("Key")?;
    let values = indexed(cx).into_iter().filter_map(|mut thing| thing.tags.remove(key)).collect();
    names(cx, params, "TagValues", values)
}

fn names(
    cx: &Context<'_>,
    params: &Params,
    list: &'static str,
    mut names: Vec<String>,
) -> Result<Answer, Fault> {
    names.sort_unstable();
    names.dedup();
    let token = params.text("PaginationToken").filter(|token| !token.is_empty());
    let (names, next) = cx.page(names, String::clone, token, 100).map_err(|_| {
        Fault::client("PaginationTokenExpiredException", "The pagination token is invalid or has expired")
    })?;
    Ok(Fields::new().list(list, names).with("PaginationToken", next.unwrap_or_default()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_from_the_arn() {
        let vpc = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1";
        assert!(is_of_type(vpc, "ec2") && is_of_type(vpc, "ec2:vpc"));
        assert!(!is_of_type(vpc, "ec2:vpc-endpoint") && !is_of_type(vpc, "s3"));
        assert!(is_of_type("arn:aws:s3:::logs", "s3:bucket"));
        assert!(is_of_type("arn:aws:cloudtrail:us-east-1:1:trail/main", "cloudtrail:trail"));
    }
}
