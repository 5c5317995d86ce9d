//! The instance on which the program runs.

use std::net::IpAddr;

use super::account::Account;

impl Account {
    /// The private address of an instance; nothing where it cannot be read or is not in this region.
    pub async fn private_address(&self, instance: &str) -> Option<IpAddr> {
        let request = self.ec2.describe_instances().instance_ids(instance);
        let answer = self.call(|| request.clone().send()).await.ok()?;
        let instances = answer.reservations().iter().flat_map(|reservation| reservation.instances());
        instances.filter_map(|instance| instance.private_ip_address()).find_map(|text| text.parse().ok())
    }
}
