//! Benchmark controls, as data. CIS renumbers with every version, so a number never stands without its version.

/// A published benchmark, in one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Benchmark {
    /// CIS AWS Foundations Benchmark v3.0.0.
    Cis3,
    /// CIS AWS Foundations Benchmark v5.0.0.
    Cis5,
    /// AWS Security Hub CSPM controls.
    SecurityHub,
    /// NIST SP 800-53 revision 5.
    Nist80053r5,
}

impl Benchmark {
    /// Every benchmark, in the order reports show them.
    pub const ALL: [Self; 4] = [Self::Cis3, Self::Cis5, Self::SecurityHub, Self::Nist80053r5];

    /// Its name and version.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cis3 => "CIS v3.0.0",
            Self::Cis5 => "CIS v5.0.0",
            Self::SecurityHub => "AWS Security Hub",
            Self::Nist80053r5 => "NIST 800-53 r5",
        }
    }
}

/// A control of a benchmark. Its id is text: 1.10 is not the number 1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Control {
    /// Whose it is.
    pub benchmark: Benchmark,
    /// Its id there.
    pub id: &'static str,
}

/// A control of CIS v3.0.0.
pub const fn cis3(id: &'static str) -> Control {
    Control { benchmark: Benchmark::Cis3, id }
}

/// A control of CIS v5.0.0.
pub const fn cis5(id: &'static str) -> Control {
    Control { benchmark: Benchmark::Cis5, id }
}

/// A control of AWS Security Hub CSPM.
pub const fn hub(id: &'static str) -> Control {
    Control { benchmark: Benchmark::SecurityHub, id }
}

/// A control of NIST SP 800-53 revision 5.
pub const fn nist(id: &'static str) -> Control {
    Control { benchmark: Benchmark::Nist80053r5, id }
}
