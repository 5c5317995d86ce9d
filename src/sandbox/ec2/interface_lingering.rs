//! Network interfaces that outlive their owner: AWS takes them away some time after (ELB-8).

use super::State;
use crate::sandbox::lag::Lens;
use crate::sandbox::profile::Profile;
use crate::sandbox::world::Milliseconds;

impl State {
    /// Removes an interface at once in profile `instant`, otherwise after the usual or the longest time.
    pub fn remove_interface_later(
        &mut self,
        lens: Lens,
        id: &str,
        (usual, longest): (Milliseconds, Milliseconds),
    ) {
        match lens.profile {
            Profile::Instant => self.remove_interface(id),
            Profile::Realistic => drop(self.lingering_interfaces.insert(id.to_owned(), lens.now + usual)),
            Profile::Hostile => drop(self.lingering_interfaces.insert(id.to_owned(), lens.now + longest)),
        }
    }

    /// Removes the interfaces whose time has come.
    pub fn advance_lingering_interfaces(&mut self, lens: Lens) {
        let due = |until: Milliseconds| until <= lens.now;
        let gone: Vec<String> = self
            .lingering_interfaces
            .iter()
            .filter(|(_, until)| due(**until))
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            self.remove_interface(&id);
            self.lingering_interfaces.remove(&id);
        }
    }
}
