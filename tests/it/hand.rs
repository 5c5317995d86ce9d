//! A person at the console: changes made to the account behind the baseline's back.

use aws_config::SdkConfig;
use aws_sdk_ec2::types::Filter;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Clients of a person who does not know the baseline.
pub struct Hand {
    pub autoscaling: aws_sdk_autoscaling::Client,
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub cloudtrail: aws_sdk_cloudtrail::Client,
    pub ec2: aws_sdk_ec2::Client,
    pub elb: aws_sdk_elasticloadbalancingv2::Client,
    pub iam: aws_sdk_iam::Client,
    pub kms: aws_sdk_kms::Client,
    pub s3: aws_sdk_s3::Client,
    pub s3control: aws_sdk_s3control::Client,
}

/// S3 Control puts the account id before the host name, which no loopback address resolves.
#[derive(Debug)]
struct PlainHost;

impl Intercept for PlainHost {
    fn name(&self) -> &'static str {
        "PlainHost"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let plain = context.request().uri().replacen("//123456789012.", "//", 1);
        context.request_mut().set_uri(plain)?;
        Ok(())
    }
}

fn at(addr: &str) -> Filter {
    Filter::builder().name("tag:baseline:addr").values(addr).build()
}

impl Hand {
    pub fn new(config: &SdkConfig) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self {
            autoscaling: aws_sdk_autoscaling::Client::new(config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(config),
            cloudtrail: aws_sdk_cloudtrail::Client::new(config),
            ec2: aws_sdk_ec2::Client::new(config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(config),
            iam: aws_sdk_iam::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            s3control: aws_sdk_s3control::Client::from_conf(
                aws_sdk_s3control::config::Builder::from(config).interceptor(PlainHost).build(),
            ),
        }
    }

    pub async fn vpc(&self) -> String {
        let answer = self.ec2.describe_vpcs().filters(at("ec2.vpc.main")).send().await.unwrap();
        answer.vpcs()[0].vpc_id().unwrap().to_owned()
    }

    pub async fn security_group(&self, tier: &str) -> String {
        let filter = at(&format!("ec2.security-group.{tier}"));
        let answer = self.ec2.describe_security_groups().filters(filter).send().await.unwrap();
        answer.security_groups()[0].group_id().unwrap().to_owned()
    }

    pub async fn default_security_group(&self) -> String {
        let vpc = Filter::builder().name("vpc-id").values(self.vpc().await).build();
        let name = Filter::builder().name("group-name").values("default").build();
        let answer = self.ec2.describe_security_groups().filters(vpc).filters(name).send().await.unwrap();
        answer.security_groups()[0].group_id().unwrap().to_owned()
    }

    pub async fn network_acl(&self, tier: &str) -> String {
        let filter = at(&format!("ec2.network-acl.{tier}"));
        let answer = self.ec2.describe_network_acls().filters(filter).send().await.unwrap();
        answer.network_acls()[0].network_acl_id().unwrap().to_owned()
    }

    pub async fn route_table(&self, name: &str) -> String {
        let filter = at(&format!("ec2.route-table.{name}"));
        let answer = self.ec2.describe_route_tables().filters(filter).send().await.unwrap();
        answer.route_tables()[0].route_table_id().unwrap().to_owned()
    }

    pub async fn internet_gateway(&self) -> String {
        let answer = self
            .ec2
            .describe_internet_gateways()
            .filters(at("ec2.internet-gateway.main"))
            .send()
            .await
            .unwrap();
        answer.internet_gateways()[0].internet_gateway_id().unwrap().to_owned()
    }

    pub async fn subnet(&self, name: &str) -> String {
        let filter = at(&format!("ec2.subnet.{name}"));
        let answer = self.ec2.describe_subnets().filters(filter).send().await.unwrap();
        answer.subnets()[0].subnet_id().unwrap().to_owned()
    }

    pub async fn key(&self, alias: &str) -> String {
        let answer = self.kms.describe_key().key_id(alias).send().await.unwrap();
        answer.key_metadata().unwrap().key_id().to_owned()
    }

    pub async fn load_balancer(&self) -> String {
        let answer = self.elb.describe_load_balancers().send().await.unwrap();
        answer.load_balancers()[0].load_balancer_arn().unwrap().to_owned()
    }

    pub async fn listener(&self, port: i32) -> String {
        let arn = self.load_balancer().await;
        let answer = self.elb.describe_listeners().load_balancer_arn(arn).send().await.unwrap();
        let listener = answer.listeners().iter().find(|listener| listener.port() == Some(port)).unwrap();
        listener.listener_arn().unwrap().to_owned()
    }
}
