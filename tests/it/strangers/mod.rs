//! Programs that know AWS and not us, on the built-in account: what they believe, people believe.

use std::io::Write as _;

mod advice;
mod carried_out;
mod conversation;
#[expect(dead_code, reason = "the benchmark uses the rest")]
mod landing_zone;
mod prowler;
mod python;
mod reading;
mod round_trip;
mod served;
mod terraform;
mod terraform_plugins;

/// Says that a test was not run, and why: a skipped check is not a passed one.
pub fn skipped(test: &str, why: &str) {
    // Not by a macro: the test harness would keep to itself what a test that passes prints.
    let _nobody_may_listen = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}
