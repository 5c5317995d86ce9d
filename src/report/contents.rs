//! What a valid file becomes, for a person who has no account at hand.

use std::collections::BTreeMap;

use super::{Shown, value};
use crate::model::{Value, Wanted};
use crate::shown;

/// The computed subnets, and how many things of each kind there are.
pub fn contents(file: &str, baseline: &str, region: &str, wanted: &Wanted) -> Shown {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    let mut subnets: Vec<[Shown; 3]> = Vec::new();
    for (addr, want) in &wanted.things {
        *kinds.entry(addr.kind()).or_default() += 1;
        if addr.kind() == "ec2.subnet" {
            let part = |name: &str| Shown::line(&value::line(want.value.get(name).unwrap_or(&Value::Null)));
            subnets.push([Shown::line(addr.name()), part("cidr"), part("zone")]);
        }
    }
    let mut text = shown!(
        "{} is valid: {} in {} declares {} {}\n",
        Shown::line(file),
        Shown::line(baseline),
        Shown::line(region),
        wanted.things.len(),
        if wanted.things.len() == 1 { "resource" } else { "resources" },
    );
    if !kinds.is_empty() {
        text.push("\n");
    }
    for (kind, count) in kinds {
        text.push(shown!("{} {}\n", Shown::right(count, 4), Shown::line(kind)));
    }
    if !subnets.is_empty() {
        text.push("\nsubnets\n");
    }
    let wide = |column: usize| subnets.iter().map(|subnet| subnet[column].len()).max().unwrap_or_default();
    let (names, ranges) = (wide(0), wide(1));
    for [name, range, zone] in &subnets {
        text.push(shown!("     {}  {}  {}\n", Shown::left(name, names), Shown::left(range, ranges), zone));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::ec2_subnet::Subnet;
    use crate::model::{Origin, Owned};

    #[test]
    fn the_computed_subnets_and_the_kinds_are_shown() {
        let mut wanted = Wanted::default();
        for (name, cidr) in [("web-a", "10.20.0.0/20"), ("db-a", "10.20.160.0/20")] {
            let subnet = Subnet {
                id: None,
                vpc: "vpc-1".into(),
                zone: Owned::Always("us-east-1a".into()),
                cidr: cidr.into(),
                ipv6: None,
                public_ip_on_launch: false,
            };
            wanted.add(name, &subnet, [], &Origin::default()).unwrap();
        }
        insta::assert_snapshot!(contents("x.toml", "two-tier", "us-east-1", &wanted), @r#"
        x.toml is valid: two-tier in us-east-1 declares 2 resources

           2 ec2.subnet

        subnets
             db-a   10.20.160.0/20  us-east-1a
             web-a  10.20.0.0/20    us-east-1a
        "#);
    }
}
