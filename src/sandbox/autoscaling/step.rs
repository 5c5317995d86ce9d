//! Steps of a step-scaling policy: they follow each other, and what lies beyond them is open.

use super::state::invalid;
use crate::sandbox::wire::{Fault, Params};

/// Checks the steps of a policy (API_StepAdjustment).
///
/// # Errors
/// `ValidationError`.
pub fn check(steps: &[&Params]) -> Result<(), Fault> {
    // Amazon EC2 Auto Scaling User Guide, "Quotas".
    if steps.len() > 20 {
        return Err(invalid("You can specify up to 20 step adjustments"));
    }
    let mut ranges = Vec::new();
    for step in steps {
        step.required("ScalingAdjustment")?;
        let (lower, upper) = (step.real("MetricIntervalLowerBound")?, step.real("MetricIntervalUpperBound")?);
        if lower.is_none() && upper.is_none() {
            return Err(invalid("At least one bound of a step adjustment must be specified"));
        }
        ranges.push((lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY)));
    }
    ranges.sort_by(|one, other| one.0.total_cmp(&other.0));
    if ranges.iter().any(|(lower, upper)| lower >= upper) {
        return Err(invalid("The lower bound of a step adjustment must be less than its upper bound"));
    }
    if ranges.windows(2).any(|pair| matches!(pair, [one, other] if one.1.total_cmp(&other.0).is_ne())) {
        return Err(invalid("StepAdjustment intervals can't overlap or have a gap between them"));
    }
    let open = |is_beyond: bool, is_open: bool| !is_beyond || is_open;
    let first = ranges.first().is_none_or(|(lower, _)| open(*lower < 0.0, lower.is_infinite()));
    let last = ranges.last().is_none_or(|(_, upper)| open(*upper > 0.0, upper.is_infinite()));
    if !first || !last {
        return Err(invalid("There must be a step adjustment with an unspecified bound beyond the others"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::wire::{Param, Style};

    #[test]
    fn steps_follow_each_other_and_are_open_at_their_end() {
        let step = |lower: Option<&str>, upper: Option<&str>| {
            let mut step = Params::new(Style::Query);
            step.set("ScalingAdjustment", Param::Text("1".to_owned()));
            for (name, bound) in [("MetricIntervalLowerBound", lower), ("MetricIntervalUpperBound", upper)] {
                if let Some(bound) = bound {
                    step.set(name, Param::Text(bound.to_owned()));
                }
            }
            step
        };
        let (zero, ten) = (Some("0"), Some("10"));
        for (steps, is_fine) in [
            (vec![step(zero, None)], true),
            (vec![step(zero, ten), step(ten, None)], true),
            (vec![step(Some("-10"), zero), step(None, Some("-10"))], true),
            (vec![step(zero, ten)], false),
            (vec![step(Some("-10"), zero)], false),
            (vec![step(zero, ten), step(Some("20"), None)], false),
            (vec![step(zero, Some("20")), step(ten, None)], false),
            (vec![step(None, None)], false),
            (vec![step(zero, None); 21], false),
        ] {
            let steps: Vec<&Params> = steps.iter().collect();
            assert_eq!(check(&steps).is_ok(), is_fine, "{steps:?}");
        }
    }
}
