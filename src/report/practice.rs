//! The thirteen practices, by name.

/// What a practice is about, in a few words.
pub fn title(practice: u8) -> &'static str {
    match practice {
        1 => "no root access keys",
        2 => "second factors",
        3 => "few administrators",
        4 => "roles for instances",
        5 => "least privilege",
        6 => "a trail of everything",
        7 => "access logs of the trail",
        8 => "keys are rotated",
        9 => "roles across accounts",
        10 => "load balancing and scaling",
        11 => "few open ports",
        12 => "tiers in a network",
        13 => "no public buckets",
        _ => "the account",
    }
}
