//! Access points: other doors to a bucket, each with a policy and a block of public access of its own.
//!
//! Those of several regions are made at once, though AWS takes its time: nothing here leans on the wait.

use super::public_access::own_account;
use super::state::AccessPoint;
use crate::sandbox::context::Context;
use crate::sandbox::kept::show_fields;
use crate::sandbox::s3::{is_public, switches};
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

const LIST: At = At::Path("/v20180820/accesspoint");
const ONE: At = At::Path("/v20180820/accesspoint/{name}");
const POLICY: At = At::Path("/v20180820/accesspoint/{name}/policy");
const STATUS: At = At::Path("/v20180820/accesspoint/{name}/policyStatus");
const MULTI: At = At::Path("/v20180820/mrap/instances");
const MULTI_CREATE: At = At::Path("/v20180820/async-requests/mrap/create");
const MULTI_PUT_POLICY: At = At::Path("/v20180820/async-requests/mrap/put-policy");
const MULTI_POLICY: At = At::Path("/v20180820/mrap/instances/{name}/policy");
const MULTI_STATUS: At = At::Path("/v20180820/mrap/instances/{name}/policystatus");

/// The region that answers for access points of several regions.
const MULTI_HOME: &str = "us-west-2";
/// The place of those that belong to no region.
const NOWHERE: &str = "";

pub(super) const OPERATIONS: &[Operation] = &[
    rest("CreateAccessPoint", "PUT", ONE, "", Body::Xml("CreateAccessPointRequest"), create),
    rest("GetAccessPoint", "GET", ONE, "", Body::Raw, get),
    rest("ListAccessPoints", "GET", LIST, "", Body::Raw, list),
    rest("PutAccessPointPolicy", "PUT", POLICY, "", Body::Xml("PutAccessPointPolicyRequest"), put_policy),
    rest("GetAccessPointPolicy", "GET", POLICY, "", Body::Raw, get_policy),
    rest("GetAccessPointPolicyStatus", "GET", STATUS, "", Body::Raw, get_status),
    rest(
        "CreateMultiRegionAccessPoint",
        "POST",
        MULTI_CREATE,
        "",
        Body::Xml("CreateMultiRegionAccessPointRequest"),
        create_multi,
    ),
    rest("ListMultiRegionAccessPoints", "GET", MULTI, "", Body::Raw, list_multi),
    rest(
        "PutMultiRegionAccessPointPolicy",
        "POST",
        MULTI_PUT_POLICY,
        "",
        Body::Xml("PutMultiRegionAccessPointPolicyRequest"),
        put_multi_policy,
    ),
    rest("GetMultiRegionAccessPointPolicy", "GET", MULTI_POLICY, "", Body::Raw, get_multi_policy),
    rest("GetMultiRegionAccessPointPolicyStatus", "GET", MULTI_STATUS, "", Body::Raw, get_multi_status),
];

fn no_such() -> Fault {
    Fault::new(404, "NoSuchAccessPoint", "The specified accesspoint does not exist")
}

fn no_policy() -> Fault {
    Fault::new(404, "NoSuchAccessPointPolicy", "The specified accesspoint policy does not exist")
}

/// The region in whose list an access point is.
fn region(cx: &Context<'_>) -> String {
    cx.region.to_owned()
}

fn find<'a>(cx: &'a mut Context<'_>, region: &str, name: &str) -> Result<&'a mut AccessPoint, Fault> {
    let points = &mut cx.account().s3control.access_points;
    points.get_mut(&AccessPoint::place(region, name)).ok_or_else(no_such)
}

/// The four switches, all on where none is sent.
fn block(body: &Params, name: &str) -> Result<serde_json::Value, Fault> {
    match body.map(name) {
        Some(block) => switches(block),
        None => {
            let on = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
                .map(|switch| (switch.to_owned(), serde_json::Value::String("true".to_owned())));
            Ok(serde_json::Value::Object(on.into_iter().collect()))
        }
    }
}

fn has_bucket(cx: &mut Context<'_>, bucket: &str) -> Result<(), Fault> {
    if cx.account().s3.buckets.contains_key(bucket) {
        return Ok(());
    }
    Err(Fault::new(404, "NoSuchBucket", "The specified bucket does not exist").detail("BucketName", bucket))
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    own_account(cx, params)?;
    let name = params.required("name")?.to_owned();
    let body = params.map("CreateAccessPointRequest").ok_or_else(|| params.missing("Bucket"))?;
    let bucket = body.required("Bucket")?.to_owned();
    has_bucket(cx, &bucket)?;
    let vpc = body.map("VpcConfiguration").and_then(|vpc| vpc.text("VpcId")).map(str::to_owned);
    let block = block(body, "PublicAccessBlockConfiguration")?;
    let place = AccessPoint::place(&region(cx), &name);
    let arn = cx.arn("s3", format!("accesspoint/{name}"));
    let unique = cx.world.ids.secret(34).to_lowercase();
    let alias = format!("{name}-{unique}-s3alias");
    let points = &mut cx.account().s3control.access_points;
    if points.contains_key(&place) {
        return Err(Fault::new(
            409,
            "AccessPointAlreadyOwnedByYou",
            "Your previous request to create the named accesspoint succeeded and you already own it.",
        ));
    }
    let shown = Fields::new().with("AccessPointArn", arn).with("Alias", &alias);
    points.insert(place, AccessPoint { name, alias, buckets: vec![bucket], vpc, block, policy: None });
    Ok(Answer::root("CreateAccessPointResult", shown))
}

fn shown(cx: &Context<'_>, point: &AccessPoint) -> Fields {
    let fields = Fields::new()
        .with("Name", point.name.as_str())
        .with("NetworkOrigin", if point.vpc.is_some() { "VPC" } else { "Internet" })
        .with("Bucket", point.buckets.first().map_or("", String::as_str))
        .with("AccessPointArn", cx.arn("s3", format!("accesspoint/{}", point.name)))
        .with("Alias", point.alias.as_str())
        .with("BucketAccountId", cx.account_id());
    match &point.vpc {
        Some(vpc) => fields.with("VpcConfiguration", Fields::new().with("VpcId", vpc.as_str())),
        None => fields,
    }
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    own_account(cx, params)?;
    let point = find(cx, &region(cx), params.required("name")?)?.clone();
    let fields = shown(cx, &point).with("PublicAccessBlockConfiguration", show_fields(&point.block));
    Ok(Answer::root("GetAccessPointResult", fields))
}

/// Those of one region, of one bucket where the request names it.
fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    own_account(cx, params)?;
    let prefix = AccessPoint::place(&region(cx), "");
    let points = &cx.account().s3control.access_points;
    let here = points.iter().filter(|(place, _)| place.starts_with(&prefix)).map(|(_, point)| point.clone());
    let of_bucket = |point: &AccessPoint| {
        params.text("bucket").is_none_or(|bucket| point.buckets.iter().any(|name| name == bucket))
    };
    let found: Vec<AccessPoint> = here.filter(of_bucket).collect();
    let rows: Vec<Fields> = found.iter().map(|point| shown(cx, point)).collect();
    let list = Node::named("AccessPoint", rows);
    Ok(Answer::root("ListAccessPointsResult", Fields::new().with("AccessPointList", list)))
}

/// Keeps a policy, unless the block of the access point refuses public ones.
fn keep_policy(cx: &mut Context<'_>, region: &str, name: &str, policy: &str) -> Result<(), Fault> {
    let point = find(cx, region, name)?;
    let refuses = point.block.get("BlockPublicPolicy").and_then(|on| on.as_str()) == Some("true");
    if refuses && is_public(policy) {
        return Err(Fault::new(403, "AccessDenied", "Access Denied"));
    }
    point.policy = Some(policy.to_owned());
    Ok(())
}

fn put_policy(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    own_account(cx, params)?;
    let body = params.map("PutAccessPointPolicyRequest").ok_or_else(|| params.missing("Policy"))?;
    let (region, name) = (region(cx), params.required("name")?);
    keep_policy(cx, &region, name, body.required("Policy")?)?;
    Ok(Answer { status: 200, ..Answer::empty() })
}

fn policy_of(cx: &mut Context<'_>, params: &Params, region: &str) -> Result<String, Fault> {
    own_account(cx, params)?;
    find(cx, region, params.required("name")?)?.policy.clone().ok_or_else(no_policy)
}

fn get_policy(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let policy = policy_of(cx, params, &region(cx))?;
    Ok(Answer::root("GetAccessPointPolicyResult", Fields::new().with("Policy", policy)))
}

fn says(policy: &str) -> Fields {
    Fields::new().with("IsPublic", is_public(policy))
}

fn get_status(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let policy = policy_of(cx, params, &region(cx))?;
    Ok(Answer::root("GetAccessPointPolicyStatusResult", Fields::new().with("PolicyStatus", says(&policy))))
}

/// One region answers for all.
fn at_home(cx: &Context<'_>, params: &Params) -> Result<(), Fault> {
    own_account(cx, params)?;
    if cx.region == MULTI_HOME {
        return Ok(());
    }
    Err(Fault::client("InvalidRequest", "This API operation is only available in the us-west-2 region."))
}

fn create_multi(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    at_home(cx, params)?;
    let body = params.map("CreateMultiRegionAccessPointRequest").and_then(|body| body.map("Details"));
    let body = body.ok_or_else(|| params.missing("Details"))?;
    let name = body.required("Name")?.to_owned();
    let regions = body.map("Regions").map(|regions| regions.maps("Region")).unwrap_or_default();
    let buckets: Vec<String> =
        regions.iter().filter_map(|region| region.text("Bucket")).map(str::to_owned).collect();
    for bucket in &buckets {
        has_bucket(cx, bucket)?;
    }
    let block = block(body, "PublicAccessBlock")?;
    let point = AccessPoint {
        alias: format!("{name}.mrap"),
        name: name.clone(),
        buckets,
        vpc: None,
        block,
        policy: None,
    };
    cx.account().s3control.access_points.insert(AccessPoint::place(NOWHERE, &name), point);
    Ok(token(cx, "CreateMultiRegionAccessPointResult"))
}

/// The answer of what AWS does later.
fn token(cx: &mut Context<'_>, root: &'static str) -> Answer {
    let id = cx.new_id("");
    let arn = cx.arn("s3", format!("async-request/mrap/{id}"));
    Answer::root(root, Fields::new().with("RequestTokenARN", arn))
}

fn list_multi(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    at_home(cx, params)?;
    let prefix = AccessPoint::place(NOWHERE, "");
    let account = cx.account_id().to_owned();
    let state = &cx.account();
    let points = state.s3control.access_points.iter().filter(|(place, _)| place.starts_with(&prefix));
    let row = |point: &AccessPoint| {
        let regions = point.buckets.iter().map(|bucket| {
            let region = state.s3.buckets.get(bucket).map_or("", |bucket| bucket.region.as_str());
            Fields::new()
                .with("Bucket", bucket.as_str())
                .with("Region", region)
                .with("BucketAccountId", account.as_str())
        });
        Fields::new()
            .with("Name", point.name.as_str())
            .with("Alias", point.alias.as_str())
            .with("PublicAccessBlock", show_fields(&point.block))
            .with("Status", "READY")
            .with("Regions", Node::named("Region", regions))
    };
    let rows: Vec<Fields> = points.map(|(_, point)| row(point)).collect();
    let list = Node::named("AccessPoint", rows);
    Ok(Answer::root("ListMultiRegionAccessPointsResult", Fields::new().with("AccessPoints", list)))
}

fn put_multi_policy(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    at_home(cx, params)?;
    let body = params.map("PutMultiRegionAccessPointPolicyRequest").and_then(|body| body.map("Details"));
    let body = body.ok_or_else(|| params.missing("Details"))?;
    keep_policy(cx, NOWHERE, body.required("Name")?, body.required("Policy")?)?;
    Ok(token(cx, "PutMultiRegionAccessPointPolicyResult"))
}

fn get_multi_policy(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    at_home(cx, params)?;
    let policy = policy_of(cx, params, NOWHERE)?;
    let established = Fields::new().with("Policy", policy);
    let document = Fields::new().with("Established", established);
    Ok(Answer::root("GetMultiRegionAccessPointPolicyResult", Fields::new().with("Policy", document)))
}

fn get_multi_status(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    at_home(cx, params)?;
    let policy = policy_of(cx, params, NOWHERE)?;
    let fields = Fields::new().with("Established", says(&policy));
    Ok(Answer::root("GetMultiRegionAccessPointPolicyStatusResult", fields))
}
