//! Which processor an instance type has.

/// The processor architecture of an instance type, as images spell it. A `g` behind the generation, as in `t4g`
/// or `c7gn`, means Graviton (Amazon EC2 User Guide, "Instance type naming conventions").
pub fn architecture(instance_type: &str) -> &'static str {
    let family = instance_type.split(['.', '-']).next().unwrap_or_default();
    let attributes = family.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let attributes = attributes.trim_start_matches(|c: char| c.is_ascii_digit());
    // Of the Macs only the first generation has an Intel processor ("Amazon EC2 Mac instances").
    let apple = family.starts_with("mac") && family != "mac1";
    if family == "a1" || apple || instance_type.starts_with("p6e-gb") || attributes.contains('g') {
        "arm64"
    } else {
        "x86_64"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graviton_and_apple_are_arm() {
        for (instance_type, expected) in [
            ("t3.micro", "x86_64"),
            ("t4g.micro", "arm64"),
            ("c7gn.large", "arm64"),
            ("g4dn.xlarge", "x86_64"),
            ("g5g.xlarge", "arm64"),
            ("a1.large", "arm64"),
            ("p6e-gb200.36xlarge", "arm64"),
            ("mac1.metal", "x86_64"),
            ("mac2.metal", "arm64"),
            ("mac2-m2pro.metal", "arm64"),
            ("mac-m4.metal", "arm64"),
        ] {
            assert_eq!(architecture(instance_type), expected, "{instance_type}");
        }
    }
}
