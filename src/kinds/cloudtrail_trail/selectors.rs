//! Event selectors, basic and advanced, in the vocabulary of a baseline, and back (CT-14).

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, DataResource, EventSelector, ReadWriteType,
};

use crate::aws::Error;
use crate::kinds::cloudtrail_trail::{DataEvents, Trail};
use crate::model::Set;

/// What `management_events` is called where none are recorded.
pub(in crate::kinds) const NO_EVENTS: &str = "None";

/// The types of data events of the vocabulary: the service whose ARNs stand for all of the type, and whether the ARNs of
/// the type are prefixes or whole.
const DATA_TYPES: &[(&str, &str, bool)] = &[
    ("AWS::S3::Object", "s3", true),
    ("AWS::Lambda::Function", "lambda", false),
    ("AWS::DynamoDB::Table", "dynamodb", false),
];

/// What a trail records, in the vocabulary of a baseline.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::kinds) struct Recorded {
    /// `All`, `ReadOnly`, `WriteOnly` or `None`.
    pub(in crate::kinds) management_events: String,
    /// Sources whose management events are left out.
    pub(in crate::kinds) excluded_sources: Set<String>,
    /// Data events by type.
    pub(in crate::kinds) data_events: Set<DataEvents>,
    /// What the vocabulary does not cover, in words.
    pub(in crate::kinds) beyond: Vec<String>,
}

/// An ARN or prefix as it is compared: `arn:aws:s3:::` and `arn:aws:s3` select the same, and the colons after the
/// service add nothing.
pub(crate) fn normal_arn(arn: &str) -> String {
    arn.strip_suffix(":::").unwrap_or(arn).to_owned()
}

/// Translates what a trail answers. No selectors at all are the default: all management events (CT-14).
pub(in crate::kinds) fn normal(
    partition: &str,
    basic: &[EventSelector],
    advanced: &[AdvancedEventSelector],
) -> Recorded {
    let mut sum = Sum::default();
    if basic.is_empty() && advanced.is_empty() {
        sum.management(&ReadWriteType::All, BTreeSet::new());
    }
    basic.iter().for_each(|selector| sum.add_basic(selector));
    advanced.iter().for_each(|selector| sum.add_advanced(partition, selector));
    sum.recorded()
}

/// What all selectors record together: an event is recorded if one of them selects it.
#[derive(Debug, Default)]
struct Sum {
    reads: bool,
    writes: bool,
    excluded: Option<BTreeSet<String>>,
    data: BTreeMap<String, BTreeSet<String>>,
    beyond: Vec<String>,
}

impl Sum {
    fn management(&mut self, which: &ReadWriteType, excluded: BTreeSet<String>) {
        self.reads |= which != &ReadWriteType::WriteOnly;
        self.writes |= which != &ReadWriteType::ReadOnly;
        if self.excluded.as_ref().is_some_and(|before| before != &excluded) {
            self.beyond.push("selectors of management events exclude different sources".to_owned());
        }
        self.excluded.get_or_insert(excluded);
    }

    fn data(&mut self, kind: &str, arns: impl IntoIterator<Item = String>) {
        let arns = arns.into_iter().map(|arn| normal_arn(&arn));
        self.data.entry(kind.to_owned()).or_default().extend(arns);
    }

    fn add_basic(&mut self, selector: &EventSelector) {
        let which = selector.read_write_type().unwrap_or(&ReadWriteType::All);
        if selector.include_management_events().unwrap_or(true) {
            self.management(which, selector.exclude_management_event_sources().iter().cloned().collect());
        }
        for resource in selector.data_resources().iter().filter(|resource| !resource.values().is_empty()) {
            let kind = resource.r#type().unwrap_or_default();
            if which == &ReadWriteType::All {
                self.data(kind, resource.values().iter().cloned());
            } else {
                self.beyond.push(format!("data events of {kind} only where {which}"));
            }
        }
    }

    fn add_advanced(&mut self, partition: &str, selector: &AdvancedEventSelector) {
        match Simple::of(partition, selector) {
            Some(Simple::Management(which, excluded)) => self.management(&which, excluded),
            Some(Simple::Data(kind, arns)) => self.data(&kind, arns),
            None => {
                let fields: BTreeSet<&str> =
                    selector.field_selectors().iter().map(AdvancedFieldSelector::field).collect();
                let fields: Vec<&str> = fields.into_iter().collect();
                let name = selector.name().map(|name| format!(" {name:?}")).unwrap_or_default();
                self.beyond.push(format!("advanced selector{name} by {}", fields.join(", ")));
            }
        }
    }

    fn recorded(self) -> Recorded {
        let management = match (self.reads, self.writes) {
            (true, true) => ReadWriteType::All.as_str(),
            (true, false) => ReadWriteType::ReadOnly.as_str(),
            (false, true) => ReadWriteType::WriteOnly.as_str(),
            (false, false) => NO_EVENTS,
        }
        .to_owned();
        let data = self
            .data
            .into_iter()
            .map(|(resource_type, arns)| DataEvents { resource_type, resources: Set(arns) });
        Recorded {
            management_events: management,
            excluded_sources: Set(self.excluded.unwrap_or_default()),
            data_events: data.collect(),
            beyond: self.beyond,
        }
    }
}

/// An advanced selector that says no more than a basic one can.
enum Simple {
    Management(ReadWriteType, BTreeSet<String>),
    Data(String, Vec<String>),
}

impl Simple {
    fn of(partition: &str, selector: &AdvancedEventSelector) -> Option<Self> {
        let (mut category, mut read_only, mut excluded) = (None, None, None);
        let (mut kind, mut prefixes, mut wholes) = (None, None, None);
        for field in selector.field_selectors() {
            let (operator, values) = only_operator(field)?;
            match (field.field(), operator) {
                ("eventCategory", Operator::Equals) => category = Some(only(values)?),
                ("readOnly", Operator::Equals) => read_only = Some(only(values)?),
                ("eventSource", Operator::NotEquals) => excluded = Some(values),
                ("resources.type", Operator::Equals) => kind = Some(only(values)?),
                ("resources.ARN", Operator::StartsWith) => prefixes = Some(values),
                ("resources.ARN", Operator::Equals) => wholes = Some(values),
                _ => return None,
            }
        }
        match (category?, kind) {
            ("Management", None) if prefixes.is_none() && wholes.is_none() => {
                let which = match read_only {
                    None => ReadWriteType::All,
                    Some("true") => ReadWriteType::ReadOnly,
                    Some("false") => ReadWriteType::WriteOnly,
                    Some(_) => return None,
                };
                Some(Self::Management(which, excluded.unwrap_or_default().iter().cloned().collect()))
            }
            ("Data", Some(kind)) if read_only.is_none() && excluded.is_none() => {
                let (_, service, by_prefix) = DATA_TYPES.iter().find(|(name, _, _)| *name == kind)?;
                let arns = match (prefixes, wholes) {
                    (None, None) => vec![format!("arn:{partition}:{service}")],
                    (Some(arns), None) if *by_prefix => arns.to_vec(),
                    (None, Some(arns)) if !*by_prefix => arns.to_vec(),
                    _ => return None,
                };
                Some(Self::Data(kind.to_owned(), arns))
            }
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equals,
    NotEquals,
    StartsWith,
}

/// The operator of a field, if it has exactly one and basic selectors know it.
fn only_operator(field: &AdvancedFieldSelector) -> Option<(Operator, &[String])> {
    let beyond = [field.ends_with(), field.not_starts_with(), field.not_ends_with()];
    if beyond.iter().any(|values| !values.is_empty()) {
        return None;
    }
    let known = [
        (Operator::Equals, field.equals()),
        (Operator::NotEquals, field.not_equals()),
        (Operator::StartsWith, field.starts_with()),
    ];
    let mut used = known.into_iter().filter(|(_, values)| !values.is_empty());
    used.next().filter(|_| used.next().is_none())
}

fn only(values: &[String]) -> Option<&str> {
    match values {
        [value] => Some(value),
        _ => None,
    }
}

/// The selectors that record what is wanted; putting them replaces all others, advanced ones included.
///
/// # Errors
/// Fails where nothing at all is to be recorded, which AWS does not allow.
pub(in crate::kinds) fn selectors(wanted: &Trail) -> Result<Vec<EventSelector>, Error> {
    let data: Vec<DataResource> = wanted
        .data_events
        .0
        .iter()
        .map(|events| {
            DataResource::builder()
                .r#type(&events.resource_type)
                .set_values(Some(events.resources.0.iter().cloned().collect()))
                .build()
        })
        .collect();
    let select = |which: ReadWriteType, management: bool| {
        let excluded = wanted.excluded_sources.0.iter().filter(|_| management).cloned().collect();
        EventSelector::builder()
            .read_write_type(which)
            .include_management_events(management)
            .set_exclude_management_event_sources(Some(excluded))
    };
    let data_only = || select(ReadWriteType::All, false).set_data_resources(Some(data.clone())).build();
    match wanted.management_events.as_str() {
        NO_EVENTS if data.is_empty() => Err(Error::internal(format!(
            "trail {} would record nothing; ask for management events or data events",
            wanted.trail
        ))),
        NO_EVENTS => Ok(vec![data_only()]),
        "All" => Ok(vec![select(ReadWriteType::All, true).set_data_resources(Some(data.clone())).build()]),
        // A selector's read or write applies to both sorts of events, so data events need one of their own.
        which => {
            let management = select(ReadWriteType::from(which), true).set_data_resources(Some(Vec::new()));
            let with_data = (!data.is_empty()).then(data_only);
            Ok([management.build()].into_iter().chain(with_data).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Resource, cloudtrail_trail::Trails};

    fn field(name: &str) -> aws_sdk_cloudtrail::types::builders::AdvancedFieldSelectorBuilder {
        AdvancedFieldSelector::builder().field(name)
    }

    fn advanced(
        fields: impl IntoIterator<Item = aws_sdk_cloudtrail::types::builders::AdvancedFieldSelectorBuilder>,
    ) -> AdvancedEventSelector {
        let fields = fields.into_iter().map(|field| field.build().unwrap()).collect();
        AdvancedEventSelector::builder().name("mine").set_field_selectors(Some(fields)).build().unwrap()
    }

    fn everything_in_s3() -> Set<DataEvents> {
        let resources = ["arn:aws:s3".to_owned()].into_iter().collect();
        [DataEvents { resource_type: "AWS::S3::Object".into(), resources }].into_iter().collect()
    }

    #[test]
    fn what_is_put_reads_back_as_it_was_wanted() {
        let choices = ["All", "ReadOnly", "WriteOnly", NO_EVENTS];
        for (management, data) in
            choices.into_iter().flat_map(|choice| [(choice, Set::default()), (choice, everything_in_s3())])
        {
            let mut wanted = Trails::example(0);
            wanted.management_events = management.to_owned();
            wanted.excluded_sources = Set::default();
            wanted.data_events = data;
            if management == NO_EVENTS && wanted.data_events.0.is_empty() {
                assert!(selectors(&wanted).is_err());
                continue;
            }
            let read = normal("aws", &selectors(&wanted).unwrap(), &[]);
            assert_eq!(read.management_events, wanted.management_events);
            assert_eq!(read.data_events, wanted.data_events, "with {management}");
            assert!(read.beyond.is_empty());
        }
    }

    #[test]
    fn the_default_selector_and_none_at_all_are_the_same() {
        let default = EventSelector::builder()
            .read_write_type(ReadWriteType::All)
            .include_management_events(true)
            .build();
        let read = normal("aws", &[default], &[]);
        assert_eq!(read, normal("aws", &[], &[]));
        assert_eq!(read.management_events, "All");
        assert!(read.data_events.0.is_empty() && read.beyond.is_empty());
    }

    #[test]
    fn advanced_selectors_that_say_no_more_than_basic_ones_are_translated() {
        let management = advanced([
            field("eventCategory").equals("Management"),
            field("readOnly").equals("false"),
            field("eventSource").not_equals("kms.amazonaws.com"),
        ]);
        let data = advanced([
            field("eventCategory").equals("Data"),
            field("resources.type").equals("AWS::S3::Object"),
            field("resources.ARN").starts_with("arn:aws:s3:::logs/"),
        ]);
        let read = normal("aws", &[], &[management, data]);
        assert_eq!(read.management_events, "WriteOnly");
        assert_eq!(read.excluded_sources, ["kms.amazonaws.com".to_owned()].into_iter().collect());
        let resources = ["arn:aws:s3:::logs/".to_owned()].into_iter().collect();
        let events = DataEvents { resource_type: "AWS::S3::Object".into(), resources };
        assert_eq!(read.data_events, [events].into_iter().collect());
        assert!(read.beyond.is_empty());
    }

    #[test]
    fn every_bucket_is_the_same_however_it_is_spelt() {
        let by_prefix = EventSelector::builder()
            .include_management_events(false)
            .data_resources(DataResource::builder().r#type("AWS::S3::Object").values("arn:aws:s3:::").build())
            .build();
        let by_type = advanced([
            field("eventCategory").equals("Data"),
            field("resources.type").equals("AWS::S3::Object"),
        ]);
        assert_eq!(normal("aws", &[by_prefix], &[]).data_events, everything_in_s3());
        assert_eq!(normal("aws", &[], std::slice::from_ref(&by_type)).data_events, everything_in_s3());
        let in_china = ["arn:aws-cn:s3".to_owned()].into_iter().collect();
        let in_china = DataEvents { resource_type: "AWS::S3::Object".into(), resources: in_china };
        assert_eq!(normal("aws-cn", &[], &[by_type]).data_events, [in_china].into_iter().collect());
    }

    #[test]
    fn a_selector_beyond_the_vocabulary_is_told_in_words_and_not_half_translated() {
        let by_event = advanced([
            field("eventCategory").equals("Data"),
            field("resources.type").equals("AWS::S3::Object"),
            field("eventName").equals("DeleteObject"),
        ]);
        let read = normal("aws", &[], &[by_event]);
        assert!(read.data_events.0.is_empty());
        assert_eq!(read.beyond, ["advanced selector \"mine\" by eventCategory, eventName, resources.type"]);

        let reads_only = EventSelector::builder()
            .read_write_type(ReadWriteType::ReadOnly)
            .data_resources(DataResource::builder().r#type("AWS::S3::Object").values("arn:aws:s3").build())
            .build();
        assert_eq!(
            normal("aws", &[reads_only], &[]).beyond,
            ["data events of AWS::S3::Object only where ReadOnly"]
        );
    }
}
