//! `[cloudtrail]`: the trail.

use super::Diagnostic;
use super::bucket::Bucket;
use super::kms_key::KmsKey;
use super::names::Names;
use super::role::Role;
use super::section::section;
use super::types::{
    Arn, Declared, DeclaredOrArn, List, ObjectPrefix, OrOff, OrganizationId, TrailName, check_trail_name,
    choice,
};
use crate::kinds::cloudtrail_trail::{self, Trail};
use crate::kinds::kms_key::Key;
use crate::kinds::s3_bucket;
use crate::model::{DecodeError, Origin, ResourceSpec as _, Set, Wanted};

choice! {
    /// Which management events are recorded.
    ManagementEvents {
        /// All of them.
        All = "all",
        /// Calls that only read.
        Read = "read",
        /// Calls that write.
        Write = "write",
        /// None.
        None = "none",
    }
}

choice! {
    /// A source of many management events that can be left out.
    ExcludedSource {
        /// Calls to KMS.
        Kms = "kms.amazonaws.com",
        /// Calls to the RDS Data API.
        RdsData = "rdsdata.amazonaws.com",
    }
}

choice! {
    /// A type of resource whose data events are recorded.
    DataType {
        /// Objects in buckets.
        S3 = "s3",
        /// Invocations of functions.
        Lambda = "lambda",
        /// Items in tables.
        DynamoDb = "dynamodb",
    }
}

choice! {
    /// What CloudTrail Insights looks for.
    Insight {
        /// Unusual rates of calls that write.
        CallRate = "api-call-rate",
        /// Unusual rates of errors.
        ErrorRate = "api-error-rate",
    }
}

section! {
    /// Events on data: many, and charged for by AWS.
    #[practices()]
    DataEvents {
        /// The type of resource.
        r#type: DataType, required;
        /// ARNs, or what ARNs start with. For objects, the bucket's ARN and a slash.
        resources: List<Arn>, absent "every resource of the type";
    }
}

section! {
    /// One trail that records what is done in the account. It is switched on, and kept on.
    ///
    /// The policies of its bucket and its key follow from this section.
    #[practices(6)]
    CloudTrail {
        /// The trail's name. Renaming a trail makes a new one.
        name: TrailName, absent "the baseline's name";
        /// The bucket that receives the logs.
        bucket: Declared<Bucket>, required;
        /// The key log files are encrypted with; `false` for the key of S3.
        kms_key: OrOff<Declared<KmsKey>>, absent "false, with a warning";
        /// What the keys of log files start with.
        prefix: ObjectPrefix, absent "nothing";
        /// Records every region.
        multi_region: bool, default "true";
        /// The id of the organization; the trail then records every account of it. Only the management account can
        /// create such a trail.
        organization: OrganizationId, absent "this account only";
        /// Records events of global services such as IAM.
        global_events: bool, default "true";
        /// Writes digests that show whether a log file was changed.
        validation: bool, default "true";
        /// Whether it records at all.
        logging: bool, default "true";
        /// Which management events are recorded.
        management_events: ManagementEvents, default "\"all\"";
        /// Sources whose management events are left out.
        exclude_sources: List<ExcludedSource>, default "[]";
        /// Data events.
        data_events: List<DataEvents>, default "[]";
        /// Which insights are made.
        insights: List<Insight>, default "[]";
        /// Roles of this file, or ARNs of principals that exist, that may decrypt log files with the trail's key.
        readers: List<DeclaredOrArn<Role>>, default "[]";
    }
}

impl CloudTrail {
    /// The id of the organization that it records.
    pub(super) fn organization_id(&self) -> Option<&str> {
        self.organization.as_ref().map(|id| id.value.written())
    }

    /// The name of the key it encrypts with.
    pub fn key(&self) -> Option<&str> {
        self.kms_key.as_ref().and_then(|key| key.on()).map(|key| key.name.as_str())
    }
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(trail) = &names.file.cloudtrail else { return };
    let header = &trail.header.span;
    if let Err(reason) = check_trail_name(&names.trail()) {
        let span = trail.name.as_ref().map_or(header, |name| &name.span);
        problems.push(
            Diagnostic::error(
                "bad-name",
                span,
                format!("{:?} cannot be a trail's name: {reason}", names.trail()),
            )
            .hint("set `name` in `[cloudtrail]`"),
        );
    }
    if trail.kms_key.is_none() {
        problems.push(
            Diagnostic::warning(
                "trail-without-key",
                header,
                "log files are not encrypted with a key of your own",
            )
            .hint("add a `[kms_key.NAME]` and `kms_key = \"NAME\"`, or say `kms_key = false` (practice 6)"),
        );
    }
    if trail.multi_region.value && !trail.global_events.value {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                &trail.global_events.span,
                "a trail of every region records global events, AWS lets nobody switch that off",
            )
            .hint("leave `global_events` out"),
        );
    }
    if trail.key().is_none()
        && let Some(reader) = trail.readers.iter().next()
    {
        problems.push(
            Diagnostic::error("bad-combination", &reader.span, "`readers` needs a `kms_key` to read with")
                .hint("add `kms_key`, or leave `readers` out"),
        );
    }
    for (key, kept) in [
        ("multi_region", &trail.multi_region),
        ("validation", &trail.validation),
        ("logging", &trail.logging),
    ] {
        if !kept.value {
            problems.push(
                Diagnostic::warning("weak-trail", &kept.span, format!("the trail is weaker without `{key}`"))
                    .hint("leave it out (practice 6)"),
            );
        }
    }
    check_events(names, trail, problems);
    check_bucket(names, trail, problems);
}

fn check_events(names: &Names<'_>, trail: &CloudTrail, problems: &mut Vec<Diagnostic>) {
    let management = trail.management_events.value;
    if management == ManagementEvents::None && trail.data_events.iter().next().is_none() {
        problems.push(Diagnostic::error(
            "bad-combination",
            &trail.management_events.span,
            "a trail without management and data events records nothing",
        ));
    }
    if management == ManagementEvents::None
        && let Some(source) = trail.exclude_sources.iter().next()
    {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                &source.span,
                "`exclude_sources` leaves out management events, and the trail records none",
            )
            .related(&trail.management_events.span, "none are recorded")
            .hint("leave `exclude_sources` out"),
        );
    }
    for insight in trail.insights.iter() {
        let possible = match insight.value {
            Insight::CallRate => matches!(management, ManagementEvents::All | ManagementEvents::Write),
            Insight::ErrorRate => management != ManagementEvents::None,
        };
        if !possible {
            problems.push(
                Diagnostic::error(
                    "bad-combination",
                    &insight.span,
                    format!("`{}` needs management events that the trail does not record", insight.word()),
                )
                .related(&trail.management_events.span, "what is recorded"),
            );
        }
    }
    for (index, events) in trail.data_events.iter().enumerate() {
        for arn in events.resources.iter().flat_map(|list| list.iter()) {
            let filled = arn.fill(names.place, names.region());
            if events.r#type.value == DataType::S3 && names_a_bucket_only(&filled) {
                problems.push(
                    Diagnostic::error(
                        "bad-combination",
                        &arn.span,
                        "data events of S3 are of objects, and this ARN names a bucket",
                    )
                    .hint(format!("add a slash for all objects in it: \"{filled}/\"")),
                );
            }
        }
        if trail.data_events.iter().take(index).any(|other| other.r#type.value == events.r#type.value) {
            problems.push(
                Diagnostic::error("duplicate", &events.r#type.span, "this type has its data events already")
                    .hint("put all ARNs into one list"),
            );
        }
    }
}

/// CloudTrail takes `arn:aws:s3:::BUCKET/` and refuses the ARN without the slash; `arn:aws:s3:::` is every bucket.
fn names_a_bucket_only(arn: &str) -> bool {
    arn.split_once(":::").is_some_and(|(_, path)| !path.is_empty() && !path.contains('/'))
}

/// Logs are usually kept 30 to 90 days or more, and the trail's bucket is watched itself (practices 6 and 7).
fn check_bucket(names: &Names<'_>, trail: &CloudTrail, problems: &mut Vec<Diagnostic>) {
    let Some(bucket) = names.file.bucket.get(trail.bucket.name()) else { return };
    if bucket.access_log.is_none() {
        problems.push(
            Diagnostic::warning(
                "trail-bucket-unwatched",
                &bucket.header.span,
                "nobody records who reads the trail's bucket",
            )
            .hint("add `access_log = \"BUCKET\"`, or say `access_log = false` (practice 7)"),
        );
    }
    let expiry = bucket.lifecycle.on().and_then(|rule| rule.expire_after_days.as_ref());
    if let Some(days) = expiry.filter(|days| days.0 < 30) {
        problems.push(
            Diagnostic::warning(
                "short-retention",
                &days.span,
                format!("the trail is kept for {} days", days.0),
            )
            .hint("logs are usually kept for 30 to 90 days or more (practice 6)"),
        );
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let Some(trail) = &names.file.cloudtrail else { return Ok(()) };
    let prefix = trail.prefix.as_ref().map(|prefix| prefix.fill(names.place, names.region()));
    let attributes = Trail {
        trail: names.trail(),
        bucket: names.bucket(trail.bucket.name()),
        prefix: prefix
            .map(|prefix| prefix.trim_end_matches('/').to_owned())
            .filter(|prefix| !prefix.is_empty()),
        kms_key: trail.key().map(|key| Key::output(key, "arn")),
        multi_region: trail.multi_region.value,
        organization: trail.organization.is_some(),
        global_events: trail.global_events.value,
        validation: trail.validation.value,
        logging: trail.logging.value,
        management_events: match trail.management_events.value {
            ManagementEvents::All => "All",
            ManagementEvents::Read => "ReadOnly",
            ManagementEvents::Write => "WriteOnly",
            ManagementEvents::None => "None",
        }
        .to_owned(),
        excluded_sources: trail.exclude_sources.iter().map(|source| source.word().to_owned()).collect(),
        data_events: trail.data_events.iter().map(|events| data_events(names, events)).collect(),
        insights: trail
            .insights
            .iter()
            .map(|insight| match insight.value {
                Insight::CallRate => "ApiCallRateInsight".to_owned(),
                Insight::ErrorRate => "ApiErrorRateInsight".to_owned(),
            })
            .collect(),
        unsupported_selectors: None,
    };
    // CreateTrail checks the policies of the bucket and of the key (CT-7).
    let after = [s3_bucket::Bucket::addr(trail.bucket.name())].into_iter().chain(trail.key().map(Key::addr));
    wanted.add("main", &attributes, after, &Origin::from(&trail.header))?;
    Ok(())
}

fn data_events(names: &Names<'_>, events: &DataEvents) -> cloudtrail_trail::DataEvents {
    let (resource_type, service) = match events.r#type.value {
        DataType::S3 => ("AWS::S3::Object", "s3"),
        DataType::Lambda => ("AWS::Lambda::Function", "lambda"),
        DataType::DynamoDb => ("AWS::DynamoDB::Table", "dynamodb"),
    };
    let everything = || Set::from_iter([format!("arn:{}:{service}", names.place.partition)]);
    cloudtrail_trail::DataEvents {
        resource_type: resource_type.to_owned(),
        resources: events.resources.as_ref().map_or_else(everything, |resources| {
            resources
                .iter()
                .map(|arn| cloudtrail_trail::normal_arn(&arn.fill(names.place, names.region())))
                .collect()
        }),
    }
}
