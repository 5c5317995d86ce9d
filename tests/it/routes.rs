//! Ways to other networks, through what somebody else made: written, kept, and told.

use aws_sdk_ec2::types::Filter;

use crate::desk::Desk;

const HEAD: &str = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n\
                    [network]\ncidr = '10.20.0.0/16'\nflow_logs = false\n";
const TIERS: &str = "[network.tier.web]\npublic = true\naccept = [{ from = 'internet', port = 443 }]\n\
                     [network.tier.app]\naccept = [{ from = 'web', port = 8080 }, { from = '10.99.0.0/16', port = 22 }]\n";

/// A peering connection with another VPC and a transit gateway, as their ids.
fn ways_out(desk: &Desk) -> (String, String) {
    desk.by_hand("us-east-1", async |ec2| {
        let filter = Filter::builder().name("tag:baseline:name").values("shop").build();
        let vpcs = ec2.describe_vpcs().filters(filter.clone()).send().await.unwrap();
        let vpc = vpcs.vpcs()[0].vpc_id().unwrap();
        let other = ec2.create_vpc().cidr_block("10.99.0.0/16").send().await.unwrap();
        let other = other.vpc().unwrap().vpc_id().unwrap();
        let peering =
            ec2.create_vpc_peering_connection().vpc_id(vpc).peer_vpc_id(other).send().await.unwrap();
        let peering = peering.vpc_peering_connection().unwrap().vpc_peering_connection_id().unwrap();
        ec2.accept_vpc_peering_connection().vpc_peering_connection_id(peering).send().await.unwrap();
        let gateway = ec2.create_transit_gateway().send().await.unwrap();
        let gateway = gateway.transit_gateway().unwrap().transit_gateway_id().unwrap();
        let subnets = ec2.describe_subnets().filters(filter).send().await.unwrap();
        let attachment = ec2.create_transit_gateway_vpc_attachment().transit_gateway_id(gateway).vpc_id(vpc);
        attachment.subnet_ids(subnets.subnets()[0].subnet_id().unwrap()).send().await.unwrap();
        (peering.to_owned(), gateway.to_owned())
    })
}

/// The routes of the tables of the baseline, save those within the VPC: the table's name, the range and the target.
fn routes(desk: &Desk) -> Vec<String> {
    desk.by_hand("us-east-1", async |ec2| {
        let filter = Filter::builder().name("tag:baseline:name").values("shop").build();
        let tables = ec2.describe_route_tables().filters(filter).send().await.unwrap();
        let routes = tables.route_tables().iter().flat_map(|table| {
            let id = table.tags().iter().find(|tag| tag.key() == Some("baseline:addr")).unwrap();
            let name = id.value().unwrap().rsplit('.').next().unwrap().to_owned();
            table.routes().iter().filter(|route| route.gateway_id() != Some("local")).map(move |route| {
                let target = route
                    .gateway_id()
                    .or(route.vpc_peering_connection_id())
                    .or(route.transit_gateway_id())
                    .unwrap();
                let target = target.split('-').next().unwrap();
                format!("{name} {} {target}", route.destination_cidr_block().unwrap())
            })
        });
        let mut routes: Vec<String> = routes.collect();
        routes.sort();
        routes
    })
}

#[test]
fn a_network_reaches_an_office_and_another_vpc_through_what_is_there_already() {
    let desk = Desk::applied(HEAD, TIERS);
    let (peering, gateway) = ways_out(&desk);
    let declared = format!(
        "{TIERS}egress = [{{ to = '10.99.0.0/16', port = 443 }}, {{ to = '172.16.0.0/12', port = 53, protocol = 'udp' }}]\n\
         [network.route.office]\nto = ['172.16.0.0/12']\nthrough = '{gateway}'\ntiers = ['app']\n\
         [network.route.data]\nto = ['10.99.0.0/16']\nthrough = '{peering}'\n"
    );
    desk.write(&declared);
    let plan = desk.ends(0, &["plan", "file.toml"]).stdout;
    assert!(plan.contains("172.16.0.0/12") && plan.contains(&gateway), "{plan}");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert_eq!(
        routes(&desk),
        ["app 10.99.0.0/16 pcx", "app 172.16.0.0/12 tgw", "public 0.0.0.0/0 igw", "public 10.99.0.0/16 pcx"]
    );
    desk.ends(0, &["drift", "file.toml"]);
    let there = desk.ends(3, &["reach", "app", "172.16.0.7", "53/udp", "file.toml"]).stdout;
    assert!(there.contains("not known") && there.contains(&gateway), "{there}");
    let nowhere = desk.ends(0, &["reach", "app", "192.168.0.7", "443", "file.toml"]).stdout;
    assert!(nowhere.contains("proven unreachable"), "{nowhere}");
}

#[test]
fn routes_that_the_file_does_not_declare_stay_and_are_told_unless_it_says_that_they_go() {
    let desk = Desk::applied(HEAD, TIERS);
    let (peering, _) = ways_out(&desk);
    desk.by_hand("us-east-1", async |ec2| {
        let filter = Filter::builder().name("tag:baseline:addr").values("ec2.route-table.app").build();
        let tables = ec2.describe_route_tables().filters(filter).send().await.unwrap();
        let table = tables.route_tables()[0].route_table_id().unwrap();
        let route = ec2.create_route().route_table_id(table).destination_cidr_block("10.99.0.0/16");
        route.vpc_peering_connection_id(&peering).send().await.unwrap();
    });
    let told = desk.ends(0, &["drift", "file.toml"]);
    let told = format!("{}{}", told.stdout, told.stderr);
    assert!(told.contains(&format!("10.99.0.0/16 through {peering}")), "{told}");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert!(routes(&desk).contains(&"app 10.99.0.0/16 pcx".to_owned()));
    desk.write(&format!("other_routes = 'remove'\n{TIERS}"));
    let drift = desk.ends(2, &["drift", "file.toml"]).stdout;
    assert!(drift.contains("10.99.0.0/16"), "{drift}");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert_eq!(routes(&desk), ["public 0.0.0.0/0 igw"]);
    desk.ends(0, &["drift", "file.toml"]);
}
