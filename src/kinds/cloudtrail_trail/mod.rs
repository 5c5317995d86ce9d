//! A trail with its selectors and whether it is logging (aws-truths 1.3).

pub(in crate::kinds) mod selectors;

use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::operation::get_insight_selectors::GetInsightSelectorsOutput;
use aws_sdk_cloudtrail::types::{InsightSelector, InsightType, SourceEventCategory, Tag, Trail as LiveTrail};
use serde::{Deserialize, Serialize};

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _, OwnershipTags, Tags};
use crate::kinds::kms_key::Key;
use crate::kinds::{
    DeleteRequest, Deletion, Found, KindMeta, ReadRequest, ReadResult, Reading, Replace, Resource, State,
    Update, unreadable,
};
use crate::model::{Addr, Link, ResourceSpec, Set};

/// A trail. Its ARN is computable, so it has no outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// The name, unique in the account and home region.
    pub trail: String,
    /// The bucket that receives the logs, by name.
    pub bucket: String,
    /// What the log objects' keys start with; nothing where absent.
    pub prefix: Option<String>,
    /// The ARN of the key that encrypts log files.
    pub kms_key: Option<Link>,
    /// Records every region.
    pub multi_region: bool,
    /// Records every account of the organization, which its management account alone can have (CT-9).
    pub organization: bool,
    /// Records events of global services such as IAM.
    pub global_events: bool,
    /// Writes digests that show whether a log file was changed.
    pub validation: bool,
    /// Whether it records at all: a new trail does not (CT-3).
    pub logging: bool,
    /// Management events: `All`, `ReadOnly`, `WriteOnly` or `None`.
    pub management_events: String,
    /// Sources whose management events are left out, such as `kms.amazonaws.com`.
    pub excluded_sources: Set<String>,
    /// Data events.
    pub data_events: Set<DataEvents>,
    /// Insight types: `ApiCallRateInsight`, `ApiErrorRateInsight`.
    pub insights: Set<String>,
    /// What live selectors have that this vocabulary does not cover, in words; never wanted.
    pub unsupported_selectors: Option<String>,
}

/// Data events of one resource type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataEvents {
    /// `AWS::S3::Object`, `AWS::Lambda::Function` or `AWS::DynamoDB::Table`.
    pub resource_type: String,
    /// ARNs or ARN prefixes; `arn:aws:s3` stands for every bucket.
    pub resources: Set<String>,
}

impl ResourceSpec for Trail {
    const KIND: &'static str = "cloudtrail.trail";
}

pub(crate) use selectors::normal_arn;

/// The code of a trail without insights (CT-14).
const NO_INSIGHTS: &str = "InsightNotEnabledException";

/// Trails.
pub struct Trails;

impl Resource for Trails {
    type Spec = Trail;
    const META: KindMeta = KindMeta {
        located_by: Some("trail"),
        immutable: &["trail"],
        replace: Replace::Never("a new trail would break the chain of digests (CT-13); keep the name"),
        deletion: Deletion::Named,
        read_actions: &[
            "cloudtrail:DescribeTrails",
            "cloudtrail:GetTrailStatus",
            "cloudtrail:GetEventSelectors",
            "cloudtrail:GetInsightSelectors",
            "cloudtrail:ListTags",
        ],
        write_actions: &[
            "cloudtrail:CreateTrail",
            "cloudtrail:AddTags",
            "cloudtrail:UpdateTrail",
            "cloudtrail:PutEventSelectors",
            "cloudtrail:PutInsightSelectors",
            "cloudtrail:StartLogging",
            "cloudtrail:StopLogging",
            "cloudtrail:DeleteTrail",
        ],
        practices: &[6],
        ..KindMeta::DEFAULT
    };

    /// In one round: the ARN is computable, so nothing has to be looked up first. The list of trails
    /// is complete and names the shadows of other regions, which a question by ARN would not see (CT-2).
    async fn read(account: &Account, asked: Vec<ReadRequest<Trail>>) -> Vec<ReadResult<Trail>> {
        if asked.is_empty() {
            return Vec::new();
        }
        let list = account.call(|| account.cloudtrail.describe_trails().send());
        let parts = chains(asked.iter().map(|question| Parts::ask(account, &question.wanted.trail)));
        let (list, parts) = tokio::join!(chain(list), chain(parts));
        let list = match list {
            Ok(list) => list,
            Err(error) => return unreadable(asked, &error),
        };
        let trails = list.trail_list();
        let answers = asked.into_iter().zip(parts).map(|(question, parts)| {
            let name = &question.wanted.trail;
            let ours = trails.iter().find(|trail| trail.trail_arn() == Some(arn(account, name).as_str()));
            let reading = match ours {
                Some(trail) => parts.found(account, &question.wanted, trail).map(Some).into(),
                None => match trails.iter().find(|trail| trail.name() == Some(name)) {
                    Some(shadow) => Reading::Found(Box::new(out_of_reach(name, shadow))),
                    None => Reading::Absent,
                },
            };
            (question.addr, reading)
        });
        answers.collect()
    }

    /// The trail does not record yet: [`update`](Resource::update) starts it once it was seen (CT-3).
    async fn create(account: &Account, addr: &Addr, wanted: &Trail) -> Result<(), Error> {
        let request = account
            .cloudtrail
            .create_trail()
            .name(&wanted.trail)
            .s3_bucket_name(&wanted.bucket)
            .set_s3_key_prefix(wanted.prefix.clone())
            .set_kms_key_id(key(wanted)?)
            .is_multi_region_trail(wanted.multi_region)
            .include_global_service_events(wanted.global_events)
            .enable_log_file_validation(wanted.validation)
            .is_organization_trail(wanted.organization)
            .set_tags_list(Some(all_tags(account, addr)?));
        account.call(|| request.clone().send()).await.map_err(why_no_organization)?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<Trail>) -> Result<(), Error> {
        let (wanted, cloudtrail) = (&update.wanted, &account.cloudtrail);
        let arn = arn(account, &wanted.trail);
        let touches = |fields: &[&str]| fields.iter().any(|field| update.touches(field));
        if update.adopt {
            let tags = all_tags(account, &update.addr)?;
            let request = cloudtrail.add_tags().resource_id(&arn).set_tags_list(Some(tags));
            account.call(|| request.clone().send()).await?;
        }
        if touches(&[
            "bucket",
            "prefix",
            "kms_key",
            "multi_region",
            "organization",
            "global_events",
            "validation",
        ]) {
            // What is not sent stays, and an empty text takes away. All regions need global events, so
            // these two always go together.
            let mut request = cloudtrail
                .update_trail()
                .name(&wanted.trail)
                .is_multi_region_trail(wanted.multi_region)
                .include_global_service_events(wanted.global_events);
            if update.touches("bucket") {
                request = request.s3_bucket_name(&wanted.bucket);
            }
            if update.touches("prefix") {
                request = request.s3_key_prefix(wanted.prefix.as_deref().unwrap_or_default());
            }
            if update.touches("kms_key") {
                request = request.kms_key_id(key(wanted)?.unwrap_or_default());
            }
            if update.touches("validation") {
                request = request.enable_log_file_validation(wanted.validation);
            }
            if update.touches("organization") {
                request = request.is_organization_trail(wanted.organization);
            }
            account.call(|| request.clone().send()).await.map_err(why_no_organization)?;
        }
        if touches(&["management_events", "excluded_sources", "data_events", "unsupported_selectors"]) {
            let selectors = selectors::selectors(wanted)?;
            let request =
                cloudtrail.put_event_selectors().trail_name(&arn).set_event_selectors(Some(selectors));
            account.call(|| request.clone().send()).await?;
        }
        if touches(&["insights", "unsupported_selectors"]) {
            let insights = wanted.insights.0.iter().map(|kind| InsightType::from(kind.as_str()));
            let insights =
                insights.map(|kind| InsightSelector::builder().insight_type(kind).build()).collect();
            let request =
                cloudtrail.put_insight_selectors().trail_name(&arn).set_insight_selectors(Some(insights));
            account.call(|| request.clone().send()).await?;
        }
        if update.touches("logging") {
            if wanted.logging {
                account.call(|| cloudtrail.start_logging().name(&wanted.trail).send()).await?;
            } else {
                account.call(|| cloudtrail.stop_logging().name(&wanted.trail).send()).await?;
            }
        }
        Ok(())
    }

    /// Deletes the trail; the bucket and what it recorded stay (CT-13).
    async fn delete(account: &Account, request: &DeleteRequest<Trail>) -> Result<(), Error> {
        let trail = &request.live.attributes.trail;
        account.find(|| account.cloudtrail.delete_trail().name(trail).send()).await?;
        Ok(())
    }

    fn example(seed: u8) -> Trail {
        let odd = seed % 2 == 1;
        let resources = ["arn:aws:s3".to_owned()].into_iter().collect();
        let objects = DataEvents { resource_type: "AWS::S3::Object".into(), resources };
        Trail {
            trail: "baseline-example".into(),
            // The same in both: a bucket has to exist first.
            bucket: "baseline-example-bucket".into(),
            prefix: odd.then(|| "trail".into()),
            kms_key: odd.then(|| Key::output("main", "arn")),
            multi_region: odd,
            // A trail of all regions must record them (CT-2).
            global_events: true,
            validation: odd,
            organization: false,
            logging: odd,
            management_events: if odd { "All" } else { "WriteOnly" }.into(),
            excluded_sources: odd.then(|| "kms.amazonaws.com".to_owned()).into_iter().collect(),
            data_events: odd.then_some(objects).into_iter().collect(),
            insights: ["ApiCallRateInsight", "ApiErrorRateInsight"]
                .into_iter()
                .take(if odd { 2 } else { 1 })
                .map(str::to_owned)
                .collect(),
            unsupported_selectors: None,
        }
    }
}

fn arn(account: &Account, trail: &str) -> String {
    account.arn(format_args!("cloudtrail:{}:{}:trail/{trail}", account.region, account.id()))
}

fn key(wanted: &Trail) -> Result<Option<String>, Error> {
    Ok(wanted.kms_key.as_ref().map(Link::id).transpose()?.map(str::to_owned))
}

fn all_tags(account: &Account, addr: &Addr) -> Result<Vec<Tag>, Error> {
    let tag = |(key, value): (String, String)| Tag::builder().key(key).value(value).build();
    account.tags(addr).into_iter().map(|pair| tag(pair).map_err(Error::internal)).collect()
}

/// What is asked of one trail beyond the list: each answer may be a refusal of its own.
struct Parts {
    logging: Result<bool, Error>,
    selectors: Result<GetEventSelectorsOutput, Error>,
    insights: Result<Option<GetInsightSelectorsOutput>, Error>,
    tags: Result<Vec<Tag>, Error>,
}

impl Parts {
    async fn ask(account: &Account, trail: &str) -> Self {
        let (arn, cloudtrail) = (&arn(account, trail), &account.cloudtrail);
        let logging = async {
            let answer = account.call(|| cloudtrail.get_trail_status().name(arn).send()).await?;
            Ok(answer.is_logging().unwrap_or_default())
        };
        let selectors = account.call(|| cloudtrail.get_event_selectors().trail_name(arn).send());
        let insights = async {
            match account.call(|| cloudtrail.get_insight_selectors().trail_name(arn).send()).await {
                Ok(answer) => Ok(Some(answer)),
                Err(error) if error.code == NO_INSIGHTS => Ok(None),
                Err(error) => Err(error),
            }
        };
        let tags = async {
            let lists = account.call(|| cloudtrail.list_tags().resource_id_list(arn).all_items()).await?;
            Ok(lists.into_iter().flat_map(|list| list.tags_list.unwrap_or_default()).collect())
        };
        let (logging, selectors, insights, tags) =
            tokio::join!(chain(logging), chain(selectors), chain(insights), chain(tags));
        Self { logging, selectors, insights, tags }
    }

    fn found(self, account: &Account, wanted: &Trail, trail: &LiveTrail) -> Result<Found<Trail>, Error> {
        let selectors = self.selectors?;
        let mut recorded = selectors::normal(
            &account.identity.partition,
            selectors.event_selectors(),
            selectors.advanced_event_selectors(),
        );
        let insights = self.insights?;
        let insights = insights.as_ref().map_or(&[][..], |answer| answer.insight_selectors());
        if insights.iter().any(|insight| insight.event_categories().contains(&SourceEventCategory::Data)) {
            recorded.beyond.push("insights on data events".to_owned());
        }
        let attributes = Trail {
            logging: self.logging?,
            management_events: recorded.management_events,
            excluded_sources: recorded.excluded_sources,
            data_events: recorded.data_events,
            insights: insights.iter().filter_map(|i| Some(i.insight_type()?.as_str().to_owned())).collect(),
            unsupported_selectors: (!recorded.beyond.is_empty()).then(|| recorded.beyond.join("; ")),
            ..settings(&wanted.trail, trail)
        };
        let pair = |tag: &Tag| (tag.key().to_owned(), tag.value().unwrap_or_default().to_owned());
        let tags: Tags = self.tags?.iter().map(pair).collect();
        Ok(Found {
            attributes,
            outputs: [].into(),
            ownership: OwnershipTags::of(&tags),
            tags,
            state: why_not_ours(&account.region, wanted, trail).map_or(State::Ready, State::Broken),
            remarks: Vec::new(),
        })
    }
}

/// What the list of trails says; what it does not say is left as a new trail has it.
fn settings(name: &str, trail: &LiveTrail) -> Trail {
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Trail {
        trail: name.to_owned(),
        bucket: trail.s3_bucket_name().unwrap_or_default().to_owned(),
        prefix: text(trail.s3_key_prefix()),
        kms_key: text(trail.kms_key_id()).map(Link::from),
        multi_region: trail.is_multi_region_trail().unwrap_or_default(),
        organization: trail.is_organization_trail().unwrap_or_default(),
        global_events: trail.include_global_service_events().unwrap_or_default(),
        validation: trail.log_file_validation_enabled().unwrap_or_default(),
        logging: false,
        management_events: "All".to_owned(),
        excluded_sources: Set::default(),
        data_events: Set::default(),
        insights: Set::default(),
        unsupported_selectors: None,
    }
}

/// A trail of that name that lives in another region or account and is only seen here (CT-2).
fn out_of_reach(name: &str, trail: &LiveTrail) -> Found<Trail> {
    Found {
        attributes: settings(name, trail),
        outputs: [].into(),
        ownership: OwnershipTags::Untagged,
        tags: Tags::new(),
        state: State::Broken(why_out_of_reach(trail)),
        remarks: Vec::new(),
    }
}

/// Why AWS makes no trail of an organization here, with what to do about it (CT-9).
fn why_no_organization(mut error: Error) -> Error {
    let next = match error.code.as_str() {
        "OrganizationsNotInUseException" => {
            "leave `organization` out of `[cloudtrail]`: this account is in no organization"
        }
        "NotOrganizationMasterAccountException" | "NotOrganizationManagementAccountException" => {
            "apply this file in the management account of the organization, or leave `organization` out"
        }
        "CloudTrailAccessNotEnabledException" => {
            "run aws organizations enable-aws-service-access --service-principal cloudtrail.amazonaws.com in the \
             management account, then apply again"
        }
        "OrganizationNotInAllFeaturesModeException" => {
            "run aws organizations enable-all-features in the management account, then apply again"
        }
        _ => return error,
    };
    error.message = format!("{}; {next}", error.message.trim_end_matches('.'));
    error
}

/// Why a trail of this account is still none that may be changed here. A trail of the organization records every
/// member account: to adopt it as a plain one would take its members' paths out of the bucket policy (CT-9).
fn why_not_ours(region: &str, wanted: &Trail, trail: &LiveTrail) -> Option<String> {
    if trail.is_organization_trail().unwrap_or_default() && !wanted.organization {
        return Some(
            "a trail of this name records the whole organization, and this file declares one for this account \
             only; add `organization = \"o-...\"` to `[cloudtrail]` to take it over as it is, or choose another name \
             and another bucket"
                .to_owned(),
        );
    }
    let elsewhere = trail.home_region().is_some_and(|home| home != region);
    elsewhere.then(|| why_out_of_reach(trail))
}

fn why_out_of_reach(trail: &LiveTrail) -> String {
    if trail.is_organization_trail().unwrap_or_default() {
        return "a trail of this name belongs to the organization and can only be changed in its management \
                account; choose another name"
            .to_owned();
    }
    format!(
        "a trail of this name lives in {} and can only be changed there; choose another name, or make that the \
         home region",
        trail.home_region().unwrap_or("another region")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_of_another_region_is_named_and_not_taken_for_ours() {
        let shadow =
            LiveTrail::builder().name("main").home_region("eu-west-1").s3_bucket_name("logs").build();
        let found = out_of_reach("main", &shadow);
        assert!(matches!(&found.state, State::Broken(why) if why.contains("eu-west-1")));
        assert_eq!(found.ownership, OwnershipTags::Untagged);
    }

    #[test]
    fn a_trail_of_the_organization_is_never_taken_for_a_plain_one() {
        let plain = LiveTrail::builder().name("main").home_region("eu-west-1");
        let declared = |organization| Trail { organization, ..Trails::example(0) };
        assert_eq!(why_not_ours("eu-west-1", &declared(false), &plain.clone().build()), None);
        let of_all = plain.is_organization_trail(true).build();
        let why = why_not_ours("eu-west-1", &declared(false), &of_all);
        assert!(why.is_some_and(|why| why.contains("whole organization") && why.contains("another name")));
        assert_eq!(why_not_ours("eu-west-1", &declared(true), &of_all), None);
    }

    #[test]
    fn an_empty_prefix_and_key_are_none() {
        let live = LiveTrail::builder().name("main").s3_key_prefix("").kms_key_id("").build();
        let settings = settings("main", &live);
        assert_eq!((settings.prefix, settings.kms_key), (None, None));
    }
}
