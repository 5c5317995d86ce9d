//! Lifecycle rules in the vocabulary of a baseline, and back (S3-27).

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration,
    LifecycleRule as LiveRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    Transition as LiveTransition, TransitionStorageClass,
};

use crate::aws::{Error, lifecycle_prefix};
use crate::kinds::s3_bucket::{LifecycleRule, Transition};
use crate::kinds::whole_number::{narrow, narrow_optional};
use crate::model::{Dict, Set};

/// Live rules by id, with what the vocabulary does not cover in words.
///
/// A rule without an id, which AWS never answers, is named by its place.
pub(in crate::kinds) fn normal(live: &[LiveRule]) -> Dict<LifecycleRule> {
    let mut rules = BTreeMap::new();
    for (place, rule) in live.iter().enumerate() {
        let id = rule.id().map_or_else(|| format!("rule-{}", place + 1), str::to_owned);
        rules.insert(id, normal_rule(rule));
    }
    Dict(rules)
}

fn normal_rule(live: &LiveRule) -> LifecycleRule {
    let mut beyond = Vec::new();
    let mut transitions = Set::default();
    for transition in live.transitions() {
        let storage_class = transition.storage_class().map_or("", |class| class.as_str()).to_owned();
        match transition.days() {
            Some(days) => {
                transitions.0.insert(Transition { after_days: i64::from(days), storage_class });
            }
            None => beyond.push(format!("moves objects to {storage_class} on a fixed date")),
        }
    }
    let expiration = live.expiration();
    if expiration.is_some_and(|expiration| expiration.date().is_some()) {
        beyond.push("expires objects on a fixed date".to_owned());
    }
    if expiration.and_then(LifecycleExpiration::expired_object_delete_marker) == Some(true) {
        beyond.push("removes expired delete markers".to_owned());
    }
    if !live.noncurrent_version_transitions().is_empty() {
        beyond.push("moves noncurrent versions to another storage class".to_owned());
    }
    let noncurrent = live.noncurrent_version_expiration();
    if let Some(kept) = noncurrent.and_then(NoncurrentVersionExpiration::newer_noncurrent_versions) {
        beyond.push(format!("keeps the {kept} newest noncurrent versions"));
    }
    beyond.extend(live.filter().into_iter().flat_map(narrowing));
    LifecycleRule {
        enabled: live.status() == &ExpirationStatus::Enabled,
        prefix: lifecycle_prefix(live).to_owned(),
        transitions,
        expire_after_days: expiration.and_then(LifecycleExpiration::days).filter(|d| *d > 0).map(i64::from),
        noncurrent_expire_after_days: noncurrent
            .and_then(NoncurrentVersionExpiration::noncurrent_days)
            .map(i64::from),
        abort_incomplete_after_days: live
            .abort_incomplete_multipart_upload()
            .and_then(AbortIncompleteMultipartUpload::days_after_initiation)
            .map(i64::from),
        unsupported: (!beyond.is_empty()).then(|| beyond.join("; ")),
    }
}

/// What a filter asks of an object beyond its prefix.
fn narrowing(filter: &LifecycleRuleFilter) -> Vec<String> {
    let and = filter.and();
    let tags = filter.tag().into_iter().chain(and.into_iter().flat_map(|and| and.tags()));
    let mut words: Vec<String> =
        tags.map(|tag| format!("covers only objects tagged {}={}", tag.key(), tag.value())).collect();
    let larger =
        filter.object_size_greater_than().or_else(|| and.and_then(|and| and.object_size_greater_than()));
    let smaller = filter.object_size_less_than().or_else(|| and.and_then(|and| and.object_size_less_than()));
    words.extend(larger.map(|size| format!("covers only objects above {size} bytes")));
    words.extend(smaller.map(|size| format!("covers only objects below {size} bytes")));
    words
}

/// The whole configuration as AWS takes it: a put replaces every rule (S3-27).
///
/// # Errors
/// Names a number of days that is out of range.
pub(in crate::kinds) fn configuration(
    wanted: &Dict<LifecycleRule>,
) -> Result<BucketLifecycleConfiguration, Error> {
    let rules = wanted.0.iter().map(|(id, rule)| live_rule(id, rule)).collect::<Result<Vec<_>, _>>()?;
    BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().map_err(Error::internal)
}

fn live_rule(id: &str, wanted: &LifecycleRule) -> Result<LiveRule, Error> {
    let transitions = wanted
        .transitions
        .0
        .iter()
        .map(|transition| {
            Ok(LiveTransition::builder()
                .days(narrow("after_days", transition.after_days)?)
                .storage_class(TransitionStorageClass::from(transition.storage_class.as_str()))
                .build())
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let expire = narrow_optional("expire_after_days", wanted.expire_after_days)?;
    let noncurrent = narrow_optional("noncurrent_expire_after_days", wanted.noncurrent_expire_after_days)?;
    let abort = narrow_optional("abort_incomplete_after_days", wanted.abort_incomplete_after_days)?;
    LiveRule::builder()
        .id(id)
        .status(if wanted.enabled { ExpirationStatus::Enabled } else { ExpirationStatus::Disabled })
        .filter(LifecycleRuleFilter::builder().prefix(&wanted.prefix).build())
        .set_transitions((!transitions.is_empty()).then_some(transitions))
        .set_expiration(expire.map(|days| LifecycleExpiration::builder().days(days).build()))
        .set_noncurrent_version_expiration(
            noncurrent.map(|days| NoncurrentVersionExpiration::builder().noncurrent_days(days).build()),
        )
        .set_abort_incomplete_multipart_upload(
            abort.map(|days| AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()),
        )
        .build()
        .map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{LifecycleRuleAndOperator, NoncurrentVersionTransition, Tag};

    use super::*;

    fn wanted() -> LifecycleRule {
        LifecycleRule {
            enabled: true,
            prefix: "logs/".into(),
            transitions: [Transition { after_days: 30, storage_class: "GLACIER".into() }]
                .into_iter()
                .collect(),
            expire_after_days: Some(90),
            noncurrent_expire_after_days: Some(7),
            abort_incomplete_after_days: Some(3),
            unsupported: None,
        }
    }

    fn live() -> aws_sdk_s3::types::builders::LifecycleRuleBuilder {
        LiveRule::builder().id("expire").status(ExpirationStatus::Enabled)
    }

    fn only_rule(live: aws_sdk_s3::types::builders::LifecycleRuleBuilder) -> LifecycleRule {
        normal(&[live.build().unwrap()]).0.remove("expire").unwrap()
    }

    #[test]
    fn what_is_put_reads_back_as_it_was_wanted() {
        let rules: Dict<LifecycleRule> = [("expire".to_owned(), wanted())].into_iter().collect();
        assert_eq!(normal(configuration(&rules).unwrap().rules()), rules);
    }

    #[test]
    #[expect(deprecated, reason = "old rules still answer with the prefix outside the filter")]
    fn every_way_to_say_the_whole_bucket_is_the_same() {
        let ways = [
            live(),
            live().prefix(""),
            live().filter(LifecycleRuleFilter::builder().build()),
            live().filter(LifecycleRuleFilter::builder().prefix("").build()),
            live().filter(
                LifecycleRuleFilter::builder().and(LifecycleRuleAndOperator::builder().build()).build(),
            ),
        ];
        for way in ways {
            let rule = only_rule(way);
            assert_eq!((rule.prefix.as_str(), rule.unsupported), ("", None));
        }
    }

    #[test]
    #[expect(deprecated, reason = "old rules still answer with the prefix outside the filter")]
    fn a_prefix_is_found_wherever_it_stands() {
        let and = LifecycleRuleAndOperator::builder().prefix("logs/").build();
        for way in [
            live().prefix("logs/"),
            live().filter(LifecycleRuleFilter::builder().prefix("logs/").build()),
            live().filter(LifecycleRuleFilter::builder().and(and).build()),
        ] {
            assert_eq!(only_rule(way).prefix, "logs/");
        }
    }

    #[test]
    fn a_filter_by_tag_or_size_is_told_in_words() {
        let tag = Tag::builder().key("team").value("web").build().unwrap();
        let and = LifecycleRuleAndOperator::builder().tags(tag).object_size_greater_than(1024).build();
        let rule = only_rule(live().filter(LifecycleRuleFilter::builder().and(and).build()));
        assert_eq!(
            rule.unsupported.unwrap(),
            "covers only objects tagged team=web; covers only objects above 1024 bytes"
        );
    }

    #[test]
    fn actions_beyond_the_vocabulary_are_told_in_words() {
        let rule = only_rule(
            live()
                .noncurrent_version_transitions(NoncurrentVersionTransition::builder().build())
                .expiration(LifecycleExpiration::builder().expired_object_delete_marker(true).build()),
        );
        assert_eq!(
            rule.unsupported.unwrap(),
            "removes expired delete markers; moves noncurrent versions to another storage class"
        );
    }

    #[test]
    fn a_number_of_days_beyond_aws_is_refused() {
        let rule = LifecycleRule { expire_after_days: Some(i64::MAX), ..wanted() };
        let rules = [("expire".to_owned(), rule)].into_iter().collect();
        assert!(configuration(&rules).unwrap_err().to_string().contains("expire_after_days"));
    }
}
