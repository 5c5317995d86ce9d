//! `[[network.assert]]`: what must hold of the network, proven of every plan.

use super::section::section;
use super::types::{FreeText, List, Ports, choice};

choice! {
    /// What must hold.
    Expect {
        /// Nobody of `from` opens such a connection.
        None = "none",
        /// Everybody of `from` can.
        Reachable = "reachable",
        /// Of `from`, those in `only` may, and nobody else can.
        Only = "only",
    }
}

choice! {
    /// What connections are made with.
    AssertedProtocol {
        /// Every protocol; with a port, TCP and UDP.
        All = "all",
        /// TCP.
        Tcp = "tcp",
        /// UDP.
        Udp = "udp",
    }
}

section! {
    /// What must hold of the network. Write `[[network.assert]]` for each one.
    ///
    /// It is proven of the planned network, without AWS, whenever the file is read: by `validate`, `plan`, `apply`
    /// and `drift`. One that does not hold is an error with a packet that shows it; one that cannot be proven is a
    /// warning, and `baseline network` then exits with 3.
    ///
    /// An end is `"internet"`, `"admin"`, a tier, a load balancer, an endpoint, an address, a range, or `"*"` for everybody.
    /// Messages of ICMP that path MTU discovery needs open nothing and do not count.
    #[practices(11, 12)]
    Assertion {
        /// What it is called in messages.
        name: FreeText, absent "what it says";
        /// Who opens connections.
        from: FreeText, default "\"*\"";
        /// Who they are opened to.
        to: FreeText, required;
        /// The port, or the first and the last of a range.
        port: Ports, absent "every port";
        /// What they are made with.
        protocol: AssertedProtocol, absent "`\"tcp\"` where `reachable` is expected on a port, else `\"all\"`";
        /// What must hold.
        expect: Expect, required;
        /// Who may, where `only` is expected.
        only: List<FreeText>, default "[]";
        /// Why, for those who read the message.
        reason: FreeText, absent "none";
    }
}
