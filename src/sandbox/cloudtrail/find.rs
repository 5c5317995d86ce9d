//! Finds the trail a request names: in its home region, or as a shadow of another (CT-1, CT-2).

use std::collections::BTreeMap;

use super::names;
use super::state::Trail;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::organizations;
use crate::sandbox::wire::{Fault, Params};
use crate::sandbox::world::partition_of;
use crate::sandbox::world::{Milliseconds, Region};

/// Where a trail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The home region.
    pub home: String,
    /// The name.
    pub name: String,
    /// The account that manages the organization whose trail it is, where that is another one.
    pub owner: Option<String>,
}

impl Place {
    pub(super) fn arn(&self, account: &str) -> String {
        let account = self.owner.as_deref().unwrap_or(account);
        format!("arn:{}:cloudtrail:{}:{account}:trail/{}", partition_of(&self.home), self.home, self.name)
    }
}

pub(super) fn unknown(cx: &Context<'_>, name: &str) -> Fault {
    let message = format!("Unknown trail: {name} for the user: {}", cx.account_id());
    Fault::client("TrailNotFoundException", message)
}

/// The place that a name or an ARN means, whether anything is there or not.
fn meant(cx: &Context<'_>, text: &str) -> Result<Place, Fault> {
    if !text.starts_with("arn:") {
        names::check(text)?;
        return Ok(Place { home: cx.region.clone(), name: text.to_owned(), owner: None });
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, _, "cloudtrail", home, account, resource] = parts[..] else {
        return Err(bad_arn(text));
    };
    let name = resource.strip_prefix("trail/").ok_or_else(|| bad_arn(text))?;
    names::check(name).map_err(|_| bad_arn(text))?;
    let (home, name) = (home.to_owned(), name.to_owned());
    if account == cx.account_id() {
        return Ok(Place { home, name, owner: None });
    }
    match organizations::of(cx.world, cx.account_id()) {
        Some((management, _)) if management == account => {
            Ok(Place { home, name, owner: Some(account.to_owned()) })
        }
        _ => Err(unknown(cx, text)),
    }
}

/// Refuses what AWS lets the account of an organization's trail do alone.
///
/// # Errors
/// `CloudTrailARNInvalidException`.
pub(super) fn own(cx: &Context<'_>, place: &Place) -> Result<(), Fault> {
    if place.owner.is_none() {
        return Ok(());
    }
    let message = format!(
        "AccountID in ARN is wrong, you can only access resources with AccountID {}.",
        cx.account_id()
    );
    Err(Fault::client("CloudTrailARNInvalidException", message))
}

/// The trails of a region: the account's own, and of its organization where another account manages that.
fn all(cx: &mut Context<'_>) -> Vec<(Place, Versioned<Trail>)> {
    let management =
        organizations::of(cx.world, cx.account_id()).map(|(management, _)| management.to_owned());
    let mut found = Vec::new();
    let mut add = |regions: &BTreeMap<String, Region>, owner: Option<&String>| {
        for (home, region) in regions {
            let trails = region.cloudtrail.trails.iter();
            for (name, trail) in trails.filter(|(_, trail)| owner.is_none() || trail.truth().organization) {
                let place = Place { home: home.clone(), name: name.clone(), owner: owner.cloned() };
                found.push((place, trail.clone()));
            }
        }
    };
    add(&cx.account().regions, None);
    if let Some(management) = management.filter(|management| management != cx.account_id()) {
        add(&cx.world.account(&management).regions, Some(&management));
    }
    found
}

pub(super) fn bad_arn(text: &str) -> Fault {
    Fault::client("CloudTrailARNInvalidException", format!("{text} is not the ARN of a trail"))
}

/// A trail as this call sees it; by its name only in its home region, by its ARN wherever it has a shadow.
pub(super) fn seen(cx: &mut Context<'_>, text: &str) -> Result<(Place, Trail), Fault> {
    let place = meant(cx, text)?;
    let (lens, arn, here) = (cx.lens(), place.arn(cx.account_id()), cx.region.clone());
    let trails = all(cx);
    let trail =
        trails.iter().find(|(at, _)| *at == place).and_then(|(_, trail)| trail.seen(lens, &arn)).cloned();
    match trail.filter(|trail| place.home == here || trail.multi_region) {
        Some(trail) => Ok((place, trail)),
        None => Err(unknown(cx, text)),
    }
}

/// Every trail this region shows: its own, and the shadows of others where asked for (CT-2).
pub(super) fn shown_here(cx: &mut Context<'_>, shadows: bool) -> Vec<(Place, Trail)> {
    let (lens, here, account) = (cx.lens(), cx.region.clone(), cx.account_id().to_owned());
    let mut found = Vec::new();
    for (place, trail) in all(cx) {
        let Some(trail) = trail.seen(lens, &place.arn(&account)) else { continue };
        if place.home == here || (shadows && trail.multi_region) {
            found.push((place, trail.clone()));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    found
}

/// The trail that a request may change, which it may in the home region only.
///
/// # Errors
/// `TrailNotFoundException`, and `InvalidHomeRegionException` for a shadow.
pub(super) fn writable(cx: &mut Context<'_>, params: &Params, name: &str) -> Result<Place, Fault> {
    let text = params.text(name).unwrap_or_default();
    let place = meant(cx, text)?;
    own(cx, &place)?;
    let elsewhere = |home: &str| {
        let message = format!("The trail {text} can only be changed in its home region, {home}.");
        Fault::client("InvalidHomeRegionException", message)
    };
    if place.home != cx.region {
        let there = cx.account().regions.get(&place.home);
        return Err(match there.is_some_and(|region| region.cloudtrail.trails.contains_key(&place.name)) {
            true => elsewhere(&place.home),
            false => unknown(cx, text),
        });
    }
    match seen(cx, text) {
        Ok((place, _)) => Ok(place),
        Err(fault) => {
            let shadows = shown_here(cx, true);
            let shadow = shadows.iter().find(|(at, _)| at.name == place.name && at.home != place.home);
            Err(shadow.map_or(fault, |(at, _)| elsewhere(&at.home)))
        }
    }
}

/// A trail as it is.
pub(super) fn truth(cx: &mut Context<'_>, place: &Place) -> Option<Trail> {
    let region = cx.account().regions.get(&place.home)?;
    region.cloudtrail.trails.get(&place.name).map(|trail| trail.truth().clone())
}

/// Changes a trail.
pub(super) fn change(cx: &mut Context<'_>, place: &Place, edit: impl FnOnce(&mut Trail, Milliseconds)) {
    let now = cx.now();
    let region = cx.account().regions.get_mut(&place.home);
    if let Some(trail) = region.and_then(|region| region.cloudtrail.trails.get_mut(&place.name)) {
        edit(trail.change(now), now);
    }
}
