//! Looks for what no tag shows by what AWS keeps unique: the name of a group in its VPC, the range of a subnet.
//!
//! Things without a name of their own are found by their tags. Where somebody has taken those off, or where another
//! thing holds the same range or name, a create would be refused; so it is known before the plan is shown.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::observe::{thing, unread};
use super::rules;
use crate::aws::Account;
use crate::aws::trace::chain;
use crate::kinds::{Holder, KINDS, KindMeta, ReadRequest};
use crate::model::{Addr, Value, Wanted};
use crate::plan::{Live, Observed, Ownership, resolve};

/// How often it is looked: what is found the first time tells the ids that the second look needs.
const LOOKS: usize = 2;

/// Looks for what is wanted and absent. Where nothing is owned yet, nothing has lost its tags: only names are looked at.
pub(super) async fn look_by_key(account: &Account, wanted: &Wanted, live: &mut Live) {
    let is_ours = |observed: &Observed| matches!(observed, Observed::Found(thing) if thing.ownership == Ownership::Managed);
    let takes_over = wanted
        .things
        .iter()
        .any(|(addr, want)| rules(addr.kind()).named_by.is_some_and(|field| want.value.get(field).is_some()));
    let looked = if takes_over {
        Looked::Everything
    } else if live.resources.values().any(is_ours) {
        Looked::Keys
    } else {
        Looked::Names
    };
    for _ in 0..LOOKS {
        if !look(account, wanted, live, looked).await {
            return;
        }
    }
}

/// How much may be there without the tags of this baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// What has a name of its own: nothing is owned yet, so nothing has lost its tags.
    Names,
    /// What AWS keeps unique.
    Keys,
    /// Also what serves what the file takes over.
    Everything,
}

impl Looked {
    fn at(self, rules: &KindMeta) -> bool {
        match self {
            Self::Names => rules.located_by.is_some(),
            Self::Keys => !rules.found_by_place,
            Self::Everything => true,
        }
    }
}

/// One look; whether it found anything that is wanted.
async fn look(account: &Account, wanted: &Wanted, live: &mut Live, looked: Looked) -> bool {
    let mut known: BTreeMap<Addr, BTreeMap<String, String>> = BTreeMap::new();
    for addr in wanted.things.keys() {
        if let Some(Observed::Found(thing)) = live.resources.get(addr) {
            known.insert(addr.clone(), thing.outputs.clone());
        }
    }
    let mut questions: BTreeMap<&str, Vec<ReadRequest<Value>>> = BTreeMap::new();
    for (addr, want) in &wanted.things {
        if matches!(live.resources.get(addr), Some(Observed::Absent)) {
            let asked = ReadRequest { addr: addr.clone(), wanted: resolve(want.value.clone(), &known) };
            questions.entry(addr.kind()).or_default().push(asked);
        }
    }
    let looked_at = KINDS.iter().copied().filter(|kind| looked.at(kind.meta()));
    let looks = looked_at.filter_map(|kind| {
        let asked = questions.remove(kind.name())?;
        Some(chain(async move {
            let addrs: Vec<Addr> = asked.iter().map(|question| question.addr.clone()).collect();
            (addrs, kind.holders(account, asked).await)
        }))
    });
    let mut found_any = false;
    live.obstacles.clear();
    for (addrs, answer) in join_all(looks).await {
        match answer {
            Ok(holders) => {
                for (addr, holder) in holders {
                    match holder {
                        Holder::Itself(found) => {
                            found_any = true;
                            live.resources
                                .insert(addr.clone(), Observed::Found(thing(account, &addr, *found)));
                        }
                        Holder::Another(obstacle) => {
                            live.obstacles.entry(addr).or_default().push(obstacle);
                        }
                    }
                }
            }
            // Whether the place is free is not known, so nothing is made there.
            Err(error) => {
                for addr in addrs {
                    let observed = Observed::Unreadable(unread(account, Some((wanted, &addr)), &error));
                    live.resources.insert(addr, observed);
                }
            }
        }
    }
    found_any
}
