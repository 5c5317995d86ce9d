//! Connections that whoever carries out a plan depends on, and what closes them.

use std::fmt;
use std::net::IpAddr;

use super::Topology;
use super::change::DECIDING;
use crate::language::Baseline;
use crate::model::{Addr, DecodeError, Want, Wanted};
use crate::network::{Classes, Place, Reach, Role, Traffic, carrying, from_clients};

/// A connection of the caller's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnConnection {
    /// The SSH session in which the program runs.
    Session {
        /// Where the person comes from.
        client: IpAddr,
        /// The machine's own address.
        server: IpAddr,
        /// The port of the machine.
        port: u16,
    },
    /// From the machine on which the program runs to the endpoints of AWS.
    ToAws {
        /// The machine's own address.
        from: IpAddr,
    },
}

/// A connection that a plan closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Which one.
    pub connection: OwnConnection,
    /// What closes it: one resource where its change alone does, otherwise all that change together.
    pub by: Vec<Addr>,
    /// Whether it surely is closed. Otherwise only some of the ports or addresses are that it may use.
    pub surely: bool,
}

impl fmt::Display for OwnConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session { client, server, port } => {
                write!(f, "the SSH session from {client} to {server}, tcp {port}")
            }
            Self::ToAws { from } => write!(f, "the way from this machine, {from}, to AWS, tcp 443"),
        }
    }
}

/// What was possible and is no longer; nothing where all of it still is.
fn lost(before: &Reach, after: &Reach) -> Option<bool> {
    let was = before.possible();
    if was.is_empty() || was.minus(&after.open).is_empty() {
        return None;
    }
    match (after.possible().is_empty(), before.open.is_empty()) {
        (true, _) => Some(true),
        // It was not certain before, and what was possible still is.
        (false, true) if was.minus(&after.possible()).is_empty() => None,
        (false, _) => Some(false),
    }
}

impl OwnConnection {
    /// Which of its packets get through. Its machine may carry groups that the file does not know, which let through
    /// everything here.
    fn reach(&self, topology: &Topology, with_groups: bool) -> Reach {
        let end = |address: IpAddr| {
            let mut end = topology.ends.find(&address.to_string()).unwrap_or_else(|| nobody(address));
            end.classes.retain_mut(|class| match &mut class.place {
                Place::Outside | Place::Internet | Place::Service(_) => true,
                Place::Interface(interface) => {
                    if !with_groups {
                        interface.groups.clear();
                    }
                    interface.role == Role::Instance
                }
            });
            end
        };
        let inside = |mut end: Classes| {
            end.classes.retain(|class| matches!(class.place, Place::Interface(_)));
            end
        };
        match self {
            Self::Session { client, server, port } => {
                let asked = from_clients(&carrying(&Traffic::tcp(*port, *port)));
                topology.reach(&end(*client), &inside(end(*server)), &asked)
            }
            Self::ToAws { from } => {
                let asked = from_clients(&carrying(&Traffic::tcp(443, 443)));
                topology.reach(&inside(end(*from)), &topology.ends.internet(), &asked)
            }
        }
    }
}

fn nobody(address: IpAddr) -> Classes {
    Classes { name: address.to_string(), classes: Vec::new() }
}

impl Baseline {
    /// Which of the caller's own connections a plan closes.
    ///
    /// A connection that the network as it is found would not let through is judged without security groups: it stands, so
    /// its machine carries groups that the file does not know. One whose machine is not in the network is not judged.
    ///
    /// # Errors
    /// Fails only where a tree cannot be read back.
    pub fn cut_connections(
        &self,
        found: &Wanted,
        left: &Wanted,
        connections: &[OwnConnection],
    ) -> Result<Vec<Cut>, DecodeError> {
        let [found, left] = [found, left].map(deciding);
        let changed: Vec<&Addr> = found.changes(&left).map(|(addr, ..)| addr).collect();
        if changed.is_empty() || connections.is_empty() {
            return Ok(Vec::new());
        }
        let [before, after] = [Topology::of(&self.file, &found)?, Topology::of(&self.file, &left)?];
        let mut cuts = Vec::new();
        for connection in connections {
            let with_groups = !connection.reach(&before, true).possible().is_empty();
            let was = connection.reach(&before, with_groups);
            let Some(surely) = lost(&was, &connection.reach(&after, with_groups)) else { continue };
            let mut by = Vec::new();
            for addr in &changed {
                let alone = Topology::of(&self.file, &with_change(&found, &left, addr))?;
                if lost(&was, &connection.reach(&alone, with_groups)).is_some_and(|alone| alone == surely) {
                    by.push((*addr).clone());
                }
            }
            if by.is_empty() {
                by = changed.iter().map(|addr| (*addr).clone()).collect();
            }
            cuts.push(Cut { connection: *connection, by, surely });
        }
        Ok(cuts)
    }
}

/// What decides about packets.
fn deciding(wanted: &Wanted) -> Wanted {
    let things = wanted.things.iter().filter(|(addr, _)| DECIDING.contains(&addr.kind()));
    Wanted { things: things.map(|(addr, want)| (addr.clone(), want.clone())).collect(), ..Wanted::default() }
}

/// What is found with one change of what is left.
fn with_change(found: &Wanted, left: &Wanted, addr: &Addr) -> Wanted {
    let mut things = found.things.clone();
    match left.things.get(addr) {
        Some(want) => drop::<Option<Want>>(things.insert(addr.clone(), want.clone())),
        None => drop(things.remove(addr)),
    }
    Wanted { things, ..Wanted::default() }
}
