//! What a planned network lets through, and whether that is what the file says.

mod always;
mod assertions;
mod change;
mod connection;
mod ends;
mod live;
mod planned;
mod taken_over;
mod temporary;
#[cfg(test)]
mod tests;

pub use assertions::{BROKEN_NEXT, Judged, Kept};
pub use change::{Changed, DECIDING, NetworkChange};
pub use connection::{Cut, OwnConnection};
pub use ends::{ADMIN, EVERYBODY, Ends, INTERNET};
pub use temporary::Contact;

use super::file::File;
use super::names::Names;
use super::network::Network as Section;
use super::{Baseline, Diagnostic, Place, auto_scaling, load_balancer, network};
use crate::model::{DecodeError, Wanted};
use crate::network::{Classes, Network, Packets, Reach, reach};

/// A network, planned or found, and who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// What filters and what sends on.
    pub network: Network,
    /// Who opens connections and answers.
    pub ends: Ends,
}

impl Topology {
    fn of(file: &File, wanted: &Wanted) -> Result<Self, DecodeError> {
        let network = planned::network(wanted)?;
        let ends = Ends::of(file, wanted, &network)?;
        Ok(Self { network, ends })
    }

    /// Which of the asked connections anybody of one end may open to anybody of the other.
    pub fn reach(&self, from: &Classes, to: &Classes, asked: &Packets) -> Reach {
        let pairs = from.classes.iter().flat_map(|from| to.classes.iter().map(move |to| (from, to)));
        pairs.map(|(from, to)| reach(&self.network, from, to, asked)).fold(Reach::default(), Reach::and)
    }
}

impl Baseline {
    /// The network as it is planned; nothing where the file declares none.
    ///
    /// # Errors
    /// Fails only where a planned thing cannot be read back.
    pub fn planned_network(&self, wanted: &Wanted) -> Result<Option<Topology>, DecodeError> {
        self.file.network.as_ref().map(|_| Topology::of(&self.file, wanted)).transpose()
    }

    /// What the file says of its network, each with the answer: first what always holds, then its assertions.
    pub fn judge_network(&self, planned: &Topology) -> Vec<Judged> {
        let Some(section) = &self.file.network else { return Vec::new() };
        let place = Place { account: super::types::ANY_ACCOUNT, partition: self.partition() };
        judge(&Names { file: &self.file, place: &place }, section, planned)
    }
}

fn judge(names: &Names<'_>, section: &Section, planned: &Topology) -> Vec<Judged> {
    let mut judged = always::judge(names, section, planned);
    judged
        .extend(section.assert.iter().map(|assertion| assertions::judge(&assertion.value, section, planned)));
    judged
}

/// What does not hold of a file that is otherwise right.
pub(super) fn check(names: &Names<'_>, prove: bool, problems: &mut Vec<Diagnostic>) {
    let Some(section) = &names.file.network else { return };
    let Ok(planned) = planned_alone(names.file) else { return };
    assertions::check_names(section, &planned.ends, problems);
    if !prove || problems.iter().any(Diagnostic::is_error) {
        return;
    }
    let judged = judge(names, section, &planned);
    problems.extend(judged.iter().filter_map(|judged| judged.diagnostic(section)));
}

/// The planned network without the rest of the file.
fn planned_alone(file: &File) -> Result<Topology, DecodeError> {
    let place =
        Place { account: super::types::ANY_ACCOUNT, partition: super::partition_of(file.region.written()) };
    let names = Names { file, place: &place };
    let mut wanted = Wanted::default();
    network::expand(&names, &mut wanted)?;
    load_balancer::expand(&names, &mut wanted)?;
    auto_scaling::expand(&names, &mut wanted)?;
    Topology::of(file, &wanted)
}
