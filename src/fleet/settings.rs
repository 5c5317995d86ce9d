//! What stands for one account of a fleet.

use crate::baseline::LAYERS;
use crate::baseline::fleet::{FleetAccount, FleetFile};

/// What a fleet file says of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The files of its baseline, as the file names them.
    pub layers: Vec<String>,
}

impl Settings {
    /// Of an account, with its own section where it has one.
    pub fn of(fleet: &FleetFile, named: Option<&FleetAccount>) -> Self {
        let own = named.and_then(|named| named.baseline.as_ref());
        let layers = own.map_or(&fleet.baseline.value, |own| &own.value);
        Self { layers: layers.iter().map(|file| file.written().to_owned()).collect() }
    }

    /// Its baseline in words.
    pub fn baseline(&self) -> String {
        self.layers.join(LAYERS)
    }
}
