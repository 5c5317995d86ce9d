//! What is equal in several regions, told once to people. Programs read every address by itself.

use std::collections::BTreeMap;

use super::Shown;
use crate::model::Addr;
use crate::plan::{Finding, Plan, Step, Unread, Why};
use crate::shown;

/// One thing to tell, and the regions for which it is told; none where it is told for one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folded<T> {
    /// The first one; the others are equal but for the region.
    pub(super) item: T,
    /// The regions, the home region by its name.
    pub(super) regions: Vec<String>,
    /// Whether they are those of the one told before it.
    pub(super) are_told: bool,
}

impl<T> Folded<T> {
    /// The address, and in how many regions.
    pub(super) fn place(&self, addr: &Addr) -> String {
        match self.regions.len() {
            0 => addr.to_string(),
            many if self.are_told => format!("{} in the same {many} regions", addr.clone().within(None)),
            many => format!("{} in {many} regions", addr.clone().within(None)),
        }
    }

    /// The names of the regions, where there are several that are not told yet.
    pub(super) fn names(&self) -> &[String] {
        if self.are_told { &[] } else { &self.regions }
    }
}

/// Steps that do the same in several regions, in the order of the first of them.
pub(super) fn steps<'a>(steps: impl IntoIterator<Item = &'a Step>, home: &str) -> Vec<Folded<&'a Step>> {
    fold(
        steps,
        home,
        |step| &step.addr,
        |a, b| (a.action, &a.changes, &a.held, &a.origin) == (b.action, &b.changes, &b.held, &b.origin),
    )
}

/// Findings that say the same of several regions.
pub(super) fn findings<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    home: &str,
) -> Vec<Folded<&'a Finding>> {
    fold(
        findings,
        home,
        |finding| &finding.addr,
        |a, b| (a.severity, &a.message, &a.next) == (b.severity, &b.message, &b.next),
    )
}

/// Everything that could not be read: things by address, lists by what they would have told.
///
/// Reads that were denied alike in several regions are told once, whatever the regions said.
pub(super) fn unread(plan: &Plan, home: &str) -> Vec<(String, Unread)> {
    let things: Vec<(&Addr, &Unread)> = plan.unreadable.iter().collect();
    let folded = fold(
        &things,
        home,
        |(addr, _)| addr,
        |(one, a), (other, b)| {
            let said =
                |addr: &Addr, unread: &Unread| unread.message.replace(addr.region().unwrap_or(home), "");
            failed_alike(a, b) && (a.why == Why::Denied || said(one, a) == said(other, b))
        },
    );
    let things = folded.into_iter().map(|Folded { item: (addr, unread), regions, .. }| {
        if regions.is_empty() {
            return (addr.to_string(), (*unread).clone());
        }
        let mut unread = (*unread).clone();
        unread.regions = regions;
        ((*addr).clone().within(None).to_string(), unread)
    });
    let mut lists: Vec<Unread> = Vec::new();
    for unread in &plan.unlisted {
        let alike = |known: &&mut Unread| {
            !unread.regions.is_empty() && !known.regions.is_empty() && failed_alike(known, unread)
        };
        match lists.iter_mut().find(alike) {
            Some(known) => known.regions.extend(unread.regions.iter().cloned()),
            None => lists.push(unread.clone()),
        }
    }
    things.chain(lists.into_iter().map(|unread| (list(&unread).to_owned(), unread))).collect()
}

/// Whether two reads failed for one reason, whatever was said about it.
fn failed_alike(a: &Unread, b: &Unread) -> bool {
    (&a.call, a.why, &a.lacking, &a.next) == (&b.call, b.why, &b.lacking, &b.next)
}

/// What nothing can be said of because of a list that could not be read.
fn list(unread: &Unread) -> &'static str {
    match unread.call.as_str() {
        "ec2:DescribeRegions" => "settings of the other regions",
        "ec2:DescribeVpcs" | "ec2:DescribeSecurityGroups" | "ec2:DescribeNetworkInterfaces" => {
            "default security groups"
        }
        _ => "what nobody declares",
    }
}

fn fold<'a, T>(
    items: impl IntoIterator<Item = &'a T>,
    home: &str,
    addr: impl Fn(&T) -> &Addr,
    equal: impl Fn(&T, &T) -> bool,
) -> Vec<Folded<&'a T>> {
    let mut groups: Vec<Vec<&'a T>> = Vec::new();
    let mut of: BTreeMap<Addr, Vec<usize>> = BTreeMap::new();
    for item in items {
        let known = of.entry(addr(item).clone().within(None)).or_default();
        match known.iter().find(|group| equal(groups[**group][0], item)) {
            // A finding may stand twice at one address: only other regions are joined to it.
            Some(group) if groups[*group].iter().all(|one| addr(one) != addr(item)) => {
                groups[*group].push(item)
            }
            Some(_) | None => {
                known.push(groups.len());
                groups.push(vec![item]);
            }
        }
    }
    let folded = groups.into_iter().map(|group| {
        let several = group.len() > 1;
        let regions = group.iter().filter(|_| several).map(|item| addr(item).region().unwrap_or(home));
        let mut regions: Vec<String> = regions.map(str::to_owned).collect();
        regions.sort_unstable();
        Folded { item: group[0], regions, are_told: false }
    });
    let mut folded: Vec<Folded<&T>> = folded.collect();
    for at in 1..folded.len() {
        folded[at].are_told = !folded[at].regions.is_empty() && folded[at - 1].regions == folded[at].regions;
    }
    folded
}

/// The line below an address that names its regions; empty where there is one.
pub(super) fn below<T>(folded: &Folded<T>) -> Option<Shown> {
    let names = Shown::joined(folded.names().iter().map(|region| Shown::line(region)), ", ");
    (!folded.names().is_empty()).then(|| shown!("    {}", names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn steps_that_do_the_same_in_several_regions_are_one_and_each_region_is_named_once() {
        let step = sample::rules().steps[0].clone();
        let at = |region: Option<&str>| Step { addr: step.addr.clone().within(region), ..step.clone() };
        let mut other = at(Some("sa-east-1"));
        other.changes.clear();
        let steps_of = [at(None), at(Some("eu-west-1")), other, at(Some("ap-south-1"))];
        let folded = steps(&steps_of, "us-east-1");
        let told: Vec<(String, Vec<String>)> =
            folded.iter().map(|one| (one.place(&one.item.addr), one.regions.clone())).collect();
        assert_eq!(
            told,
            [
                (
                    format!("{} in 3 regions", step.addr),
                    ["ap-south-1", "eu-west-1", "us-east-1"].map(str::to_owned).to_vec()
                ),
                (format!("{}@sa-east-1", step.addr), Vec::new()),
            ]
        );
    }

    #[test]
    fn reads_denied_in_several_regions_are_one_whatever_each_region_said() {
        let mut plan = sample::obstacles();
        let (addr, unread) = plan.unreadable.pop_first().unwrap();
        for (region, message) in [("eu-west-1", "no, in eu-west-1"), ("eu-west-2", "no, in eu-west-2")] {
            let unread = Unread { message: message.to_owned(), ..unread.clone() };
            plan.unreadable.insert(addr.clone().within(Some(region)), unread);
        }
        let told = super::unread(&plan, "us-east-1");
        assert_eq!((told[0].0.as_str(), told[0].1.regions.len()), (addr.to_string().as_str(), 2));
        for unread in plan.unreadable.values_mut() {
            unread.why = Why::Failed;
        }
        assert_eq!(
            super::unread(&plan, "us-east-1")[0].1.regions.len(),
            2,
            "they differ by the region's name only"
        );
        plan.unreadable.values_mut().next().unwrap().message = "something else".to_owned();
        assert!(super::unread(&plan, "us-east-1")[0].1.regions.is_empty());
    }
}
