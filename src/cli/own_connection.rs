//! The connections that the person at the keyboard comes through.

use std::net::IpAddr;

use crate::aws::Account;
use crate::language::proof::OwnConnection;

/// The SSH session in which this runs, from `SSH_CONNECTION` (ssh(1)): the client's address and port, the server's address and port.
fn ssh_session() -> Option<OwnConnection> {
    session(&std::env::var("SSH_CONNECTION").ok()?)
}

fn session(text: &str) -> Option<OwnConnection> {
    let mut parts = text.split(' ');
    let (client, _, server, port) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(OwnConnection::Session {
        client: client.parse().ok()?,
        server: server.parse().ok()?,
        port: port.trim().parse().ok()?,
    })
}

/// The address that the SSH session of whoever runs this comes from.
pub(super) fn session_address() -> Option<IpAddr> {
    match ssh_session()? {
        OwnConnection::Session { client, .. } => Some(client),
        OwnConnection::ToAws { .. } => None,
    }
}

/// Every connection of the caller's that is known: the SSH session, and the way from the machine to AWS. A machine is known by
/// its SSH session, or by the credentials of an instance, whose session is named by its id.
pub(super) async fn known(account: &Account, caller: &str) -> Vec<OwnConnection> {
    let session = ssh_session();
    let here = match session {
        Some(OwnConnection::Session { server, .. }) => Some(server),
        _ => own_instance(account, caller).await,
    };
    session.into_iter().chain(here.map(|from| OwnConnection::ToAws { from })).collect()
}

async fn own_instance(account: &Account, caller: &str) -> Option<IpAddr> {
    let session = caller.split_once(":assumed-role/")?.1.rsplit('/').next()?;
    if !session.starts_with("i-") {
        return None;
    }
    account.private_address(session).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_read_from_what_ssh_leaves_in_the_environment() {
        let read = session("203.0.113.7 50122 10.20.0.9 22");
        let [client, server] = ["203.0.113.7", "10.20.0.9"].map(|text| text.parse().unwrap());
        assert_eq!(read, Some(OwnConnection::Session { client, server, port: 22 }));
        for broken in ["", "203.0.113.7", "203.0.113.7 1 2", "a b c d", "203.0.113.7 1 10.0.0.1 none"] {
            assert_eq!(session(broken), None, "{broken}");
        }
    }
}
