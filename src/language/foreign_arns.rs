//! ARNs of another partition than the file's region: AWS refuses them, as principals and as policies.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Diagnostic;
use crate::partition;

/// Reports every text that is an ARN of a partition in which the region does not lie.
pub(super) fn check(region: &str, table: &DeTable<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(own) = partition::of_region(region) else { return };
    table.values().for_each(|value| look(own.id, region, value, problems));
}

fn look(own: &str, region: &str, value: &Spanned<DeValue<'_>>, problems: &mut Vec<Diagnostic>) {
    match value.get_ref() {
        DeValue::String(text) => {
            if let Some(other) = partition::of_arn(text).filter(|other| other.id != own) {
                let message =
                    format!("this ARN is of the partition {}, and {region} lies in {own}", other.id);
                problems.push(
                    Diagnostic::error("wrong-partition", &value.span(), message)
                        .hint(format!("write arn:{own}: and the rest, or another `region`")),
                );
            }
        }
        DeValue::Array(items) => items.iter().for_each(|item| look(own, region, item, problems)),
        DeValue::Table(table) => table.values().for_each(|item| look(own, region, item, problems)),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::language::{Baseline, Source};

    #[test]
    fn an_arn_of_another_partition_is_refused_wherever_it_stands() {
        let file = |region: &str, arn: &str| {
            let text = format!(
                "name = \"x\"\nregion = \"{region}\"\n[role.auditor]\npolicies = [\"{arn}:iam::aws:policy/SecurityAudit\"]\n\
                 trusted_by = {{ accounts = [\"210987654321\"] }}\n"
            );
            Baseline::parse(&Source { name: "x.toml".into(), text }).1
        };
        for (region, arn, fine) in [
            ("us-east-1", "arn:aws", true),
            ("cn-north-1", "arn:aws-cn", true),
            ("cn-north-1", "arn:aws", false),
            ("eusc-de-east-1", "arn:aws", false),
            ("us-east-1", "arn:aws-us-gov", false),
        ] {
            let problems = file(region, arn);
            let found = problems.iter().find(|problem| problem.code == "wrong-partition");
            assert_eq!(found.is_none(), fine, "{region} {arn}: {problems:?}");
        }
    }
}
