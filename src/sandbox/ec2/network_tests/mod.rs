//! The network's operations, driven through the real SDK client.

mod address;
mod born;
mod flow_log;
mod ipv6;
mod kinds;
mod lists;
mod nat_gateway;
mod network_acl;
mod route_table;
mod security_group;
mod subnet;
mod tags;
mod vpc;
mod vpc_endpoint;
mod vpn_gateway;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::types::{Filter, IpPermission, IpRange};

use crate::sandbox::testing::config;
use crate::sandbox::world::DEFAULT_ACCOUNT;
use crate::sandbox::{Profile, Sandbox};

const REGION: &str = "eu-west-1";

fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let client = Client::new(&config(&sandbox, REGION));
    (sandbox, client)
}

/// The wire code of a refusal.
fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    result: Result<T, SdkError<E, R>>,
) -> String {
    let error = result.expect_err("this should have been refused");
    error.code().unwrap_or_default().to_owned()
}

/// Lets virtual time pass.
fn wait(sandbox: &Sandbox, seconds: i64) {
    sandbox.with_world(|world| world.clock += seconds * 1_000);
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

async fn vpc(ec2: &Client, cidr: &str) -> String {
    let made = ec2.create_vpc().cidr_block(cidr).send().await.unwrap();
    made.vpc().unwrap().vpc_id().unwrap().to_owned()
}

async fn subnet(ec2: &Client, vpc: &str, cidr: &str) -> String {
    let made = ec2.create_subnet().vpc_id(vpc).cidr_block(cidr).send().await.unwrap();
    made.subnet().unwrap().subnet_id().unwrap().to_owned()
}

async fn gateway(ec2: &Client, vpc: &str) -> String {
    let made = ec2.create_internet_gateway().send().await.unwrap();
    let id = made.internet_gateway().unwrap().internet_gateway_id().unwrap().to_owned();
    ec2.attach_internet_gateway().internet_gateway_id(&id).vpc_id(vpc).send().await.unwrap();
    id
}

async fn group(ec2: &Client, vpc: &str, name: &str) -> String {
    let made = ec2.create_security_group().group_name(name).description("test").vpc_id(vpc);
    made.send().await.unwrap().group_id().unwrap().to_owned()
}

fn tcp(port: i32, cidr: &str) -> IpPermission {
    let range = IpRange::builder().cidr_ip(cidr).build();
    IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port).ip_ranges(range).build()
}
