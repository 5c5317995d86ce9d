//! Prefix lists: named sets of ranges, which rules of security groups may name in place of a range. A customer makes some, and AWS
//! keeps some for its own services.

use serde::{Deserialize, Serialize};

use super::Versioned;
use super::listing::{Listing, list};
use super::network_range;
use super::resource_id::PREFIX_LIST;
use super::security_group_rule::Peer;
use super::state::{State, View};
use super::tags::requested;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::partition_of;

/// A prefix list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedPrefixList {
    /// Its name, which need not be unique.
    pub name: String,
    /// `IPv4` or `IPv6`.
    pub family: String,
    /// How many ranges it may hold: what a rule that names it counts for in the quota.
    pub most: i64,
    /// The ranges, each with what a person says about it.
    pub entries: Vec<(String, Option<String>)>,
    /// Whether somebody tried to delete it while something named it.
    #[serde(default)]
    pub is_not_deleted: bool,
}

/// Operations on prefix lists.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateManagedPrefixList", create_managed_prefix_list),
    operation("DescribeManagedPrefixLists", describe_managed_prefix_lists),
    operation("DescribePrefixLists", describe_prefix_lists),
    operation("GetManagedPrefixListEntries", get_managed_prefix_list_entries),
    operation("DeleteManagedPrefixList", delete_managed_prefix_list),
];

/// A prefix list that AWS keeps ("AWS-managed prefix lists", Amazon VPC user guide), with some of the ranges that AWS
/// publishes for the service (ip-ranges.json).
struct OfAws {
    id: &'static str,
    /// Its name behind `com.amazonaws.`; `REGION` is the region's.
    name: &'static str,
    most: i64,
    ranges: &'static [&'static str],
}

const OF_AWS: [OfAws; 4] = [
    OfAws {
        id: "pl-3b927c52",
        name: "global.cloudfront.origin-facing",
        most: 55,
        ranges: &["13.113.196.64/26", "130.176.0.0/17"],
    },
    OfAws {
        id: "pl-0a1b2c3d",
        name: "REGION.route53-healthchecks",
        most: 25,
        ranges: &["15.177.0.0/18", "54.243.31.192/26", "107.23.255.0/26"],
    },
    OfAws {
        id: "pl-63a5400a",
        name: "REGION.s3",
        most: 1,
        ranges: &["3.5.0.0/19", "52.216.0.0/15", "54.231.0.0/16"],
    },
    OfAws {
        id: "pl-02cd2c6b",
        name: "REGION.dynamodb",
        most: 1,
        ranges: &["52.94.0.0/22", "52.119.224.0/20"],
    },
];

/// The prefix list of a service with gateway endpoints, by the service's full name, which is the list's too.
pub(super) fn list_of_service(region: &str, service: &str) -> Option<&'static str> {
    let short = service.strip_prefix(&format!("com.amazonaws.{region}."))?;
    OF_AWS.iter().find(|list| list.name.strip_prefix("REGION.") == Some(short)).map(|list| list.id)
}

/// Whether a prefix list is one that AWS keeps.
pub fn is_of_aws(id: &str) -> bool {
    OF_AWS.iter().any(|list| list.id == id)
}

impl OfAws {
    fn shown(&self, view: &View) -> Fields {
        let name = format!("com.amazonaws.{}", self.name.replace("REGION", &view.region));
        Fields::new()
            .with("prefixListId", self.id)
            .with("addressFamily", "IPv4")
            .with("state", "create-complete")
            .with(
                "prefixListArn",
                format!("arn:{}:ec2:{}:aws:prefix-list/{}", partition_of(&view.region), view.region, self.id),
            )
            .with("prefixListName", name)
            .with("maxEntries", self.most)
            .with("ownerId", "AWS")
    }
}

impl State {
    /// A prefix list that a rule names.
    ///
    /// # Errors
    /// `InvalidPrefixListID.NotFound`.
    pub fn prefix_list(&self, lens: Lens, id: &str) -> Result<Peer, Fault> {
        if !is_of_aws(id) {
            PREFIX_LIST.find(&self.managed_prefix_lists, lens, id)?;
        }
        Ok(Peer::List(id.to_owned()))
    }
}

fn show(ec2: &State, view: &View, id: &str, list: &ManagedPrefixList) -> Fields {
    let state = if list.is_not_deleted { "delete-failed" } else { "create-complete" };
    let shown = Fields::new()
        .with("prefixListId", id)
        .with("addressFamily", &list.family)
        .with("state", state)
        .maybe("stateMessage", list.is_not_deleted.then_some("The prefix list is in use"))
        .with("prefixListArn", view.arn("prefix-list", id))
        .with("prefixListName", &list.name)
        .with("maxEntries", list.most)
        .with("version", 1_i64)
        .with("ownerId", &view.account);
    ec2.with_all_tags(shown, view.lens, id)
}

fn create_managed_prefix_list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let tags = requested(params, &PREFIX_LIST)?;
    let family = params.required("AddressFamily")?;
    let most = params.number("MaxEntries")?.ok_or_else(|| params.missing("MaxEntries"))?;
    let mut entries = Vec::new();
    for entry in params.maps("Entry") {
        let range = entry.required("Cidr")?;
        let range = match family {
            "IPv4" => network_range::v4("Cidr", range)?.to_string(),
            "IPv6" => network_range::v6("Cidr", range)?.to_string(),
            _ => {
                let message = format!("Value ({family}) for parameter AddressFamily is invalid");
                return Err(Fault::client("InvalidParameterValue", message));
            }
        };
        entries.push((range, entry.text("Description").map(str::to_owned)));
    }
    if i64::try_from(entries.len()).is_ok_and(|count| count > most) {
        let message = "The prefix list has more entries than its maximum";
        return Err(Fault::client("PrefixListMaxEntriesExceeded", message));
    }
    let list = ManagedPrefixList {
        name: params.required("PrefixListName")?.to_owned(),
        family: family.to_owned(),
        most,
        entries,
        is_not_deleted: false,
    };
    let claim = cx.home().ec2.claim("CreateManagedPrefixList", params)?;
    if let Some(old) = claim.as_ref().and_then(|claim| claim.made.as_ref()).and_then(|made| made.first()) {
        let ec2 = &cx.home().ec2;
        // A token outlives what it made (NET-20).
        let list = ec2.managed_prefix_lists.get(old).map_or(&list, Versioned::truth);
        return Ok(Answer::empty().with("prefixList", show(ec2, &view.written(), old, list)));
    }
    let id = cx.new_id("pl-");
    let ec2 = &mut cx.home().ec2;
    ec2.keep(claim, std::slice::from_ref(&id));
    ec2.tag_new(&id, tags, now);
    ec2.managed_prefix_lists.insert(id.clone(), Versioned::new(list.clone(), now));
    let shown = show(ec2, &view.written(), &id, &list);
    Ok(Answer::empty().with("prefixList", shown))
}

const LISTING: Listing = Listing {
    set: "prefixListSet",
    key: "prefixListId",
    ids: Some(("PrefixListId", &PREFIX_LIST)),
    filters: &[
        ("owner-id", "ownerId"),
        ("prefix-list-id", "prefixListId"),
        ("prefix-list-name", "prefixListName"),
    ],
    tagged: true,
    pages: Some((1, 100)),
};

fn describe_managed_prefix_lists(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = &cx.home().ec2;
    let row = |(id, list): (&String, &Versioned<ManagedPrefixList>)| {
        Some(show(ec2, &view, id, list.seen(view.lens, id)?))
    };
    let own = ec2.managed_prefix_lists.iter().filter_map(row);
    let rows = own.chain(OF_AWS.iter().map(|list| list.shown(&view))).collect();
    list(cx, params, &LISTING, rows)
}

/// The lists of services that have gateway endpoints, in the older form.
fn describe_prefix_lists(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    const SERVICES: Listing = Listing {
        set: "prefixListSet",
        key: "prefixListId",
        ids: Some(("PrefixListId", &PREFIX_LIST)),
        filters: &[("prefix-list-id", "prefixListId"), ("prefix-list-name", "prefixListName")],
        tagged: false,
        pages: Some((5, 1000)),
    };
    let region = View::of(cx).region;
    let rows = ["s3", "dynamodb"].into_iter().filter_map(|short| {
        let name = format!("com.amazonaws.{region}.{short}");
        let list = OF_AWS.iter().find(|list| Some(list.id) == list_of_service(&region, &name))?;
        let ranges = list.ranges.iter().map(|range| Node::from(*range)).collect::<Vec<_>>();
        Some(Fields::new().with("prefixListId", list.id).with("prefixListName", name).list("cidrSet", ranges))
    });
    list(cx, params, &SERVICES, rows.collect())
}

fn list_entries(cx: &mut Context<'_>, params: &Params, rows: Vec<Fields>) -> Result<Answer, Fault> {
    const ENTRIES: Listing = Listing {
        set: "entrySet",
        key: "cidr",
        ids: None,
        filters: &[],
        tagged: false,
        pages: Some((1, 100)),
    };
    list(cx, params, &ENTRIES, rows)
}

fn get_managed_prefix_list_entries(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let id = PREFIX_LIST.required(params, "PrefixListId")?;
    if let Some(list) = OF_AWS.iter().find(|list| list.id == id) {
        let rows = list.ranges.iter().map(|range| Fields::new().with("cidr", *range)).collect();
        return list_entries(cx, params, rows);
    }
    let entries = &PREFIX_LIST.find(&cx.home().ec2.managed_prefix_lists, lens, id)?.truth().entries;
    let entry = |(range, said): &(String, Option<String>)| {
        Fields::new().with("cidr", range).maybe("description", said.as_ref())
    };
    let rows = entries.iter().map(entry).collect();
    list_entries(cx, params, rows)
}

fn delete_managed_prefix_list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, lens) = (View::of(cx), cx.lens());
    let id = PREFIX_LIST.required(params, "PrefixListId")?;
    let ec2 = &mut cx.home().ec2;
    let list = PREFIX_LIST.find(&ec2.managed_prefix_lists, lens, id)?.truth().clone();
    let named = Peer::List(id.to_owned());
    // The call is answered all the same: that the deletion failed, the list itself says later.
    if ec2.security_group_rules.values().any(|rule| rule.truth().peer == named) {
        let shown = show(ec2, &view, id, &list);
        if let Some(list) = ec2.managed_prefix_lists.get_mut(id) {
            list.change(lens.now).is_not_deleted = true;
        }
        return Ok(Answer::empty().with("prefixList", shown));
    }
    let shown = show(ec2, &view, id, &list);
    ec2.managed_prefix_lists.remove(id);
    ec2.tags.remove(id);
    Ok(Answer::empty().with("prefixList", shown))
}
