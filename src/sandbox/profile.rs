//! How far the world is from the ideal.

use serde::{Deserialize, Serialize};

/// How far the world is from the ideal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Everything is seen at once, nothing takes time, no call is refused for its rate.
    #[default]
    Instant,
    /// New things are seen after a second or so, slow things take their usual time, budgets are as documented.
    Realistic,
    /// The same at its documented worst, with small pages and empty ones.
    Hostile,
}

impl std::str::FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "instant" => Ok(Self::Instant),
            "realistic" => Ok(Self::Realistic),
            "hostile" => Ok(Self::Hostile),
            other => Err(format!("no profile is called {other:?}; use instant, realistic or hostile")),
        }
    }
}
