//! Lists that come in pages, read to their end.
//!
//! The SDK's own paginators hand over one item after the other through a queue with room for 32 of them, behind another
//! one with room for 32 pages: with hundreds of lists in flight that is as much memory as half of all the rest.

use std::collections::BTreeSet;
use std::future::Future;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

/// A request whose answer goes on in further pages.
pub(crate) trait Pages: Clone + Send + Sync {
    /// One page.
    type Page: Send;
    /// What the operation fails with.
    type Failure: Send;

    /// Asks for the page.
    fn ask(self) -> impl Future<Output = Result<Self::Page, SdkError<Self::Failure, HttpResponse>>> + Send;

    /// The same request for the page behind that token.
    fn behind(self, token: &str) -> Self;

    /// The token of the next page; none or an empty one where this is the last.
    fn next(page: &Self::Page) -> Option<&str>;

    /// Every page. A token that has led to a page before is an error: the list is not known whole.
    fn all_pages(
        self,
    ) -> impl Future<Output = Result<Vec<Self::Page>, SdkError<Self::Failure, HttpResponse>>> + Send {
        // Boxed: this part is small while the call waits for its turn.
        let ask = |request: Self| Box::pin(request.ask());
        pages_by(self, ask, || SdkError::construction_failure(IN_A_CIRCLE))
    }
}

/// What is wrong with a list of which one page leads back to another.
pub(crate) const IN_A_CIRCLE: &str = "the pages of the list go round in a circle";

/// Every page from a request on, each asked for in that way.
pub(crate) async fn pages_by<P: Pages, E, Answer: Future<Output = Result<P::Page, E>>>(
    first: P,
    ask: impl Fn(P) -> Answer,
    in_a_circle: impl FnOnce() -> E,
) -> Result<Vec<P::Page>, E> {
    let (mut pages, mut seen) = (Vec::new(), BTreeSet::new());
    let mut request = first.clone();
    loop {
        let page = ask(request).await?;
        let token = P::next(&page).unwrap_or_default().to_owned();
        pages.push(page);
        if token.is_empty() {
            return Ok(pages);
        }
        request = first.clone().behind(&token);
        if !seen.insert(token) {
            return Err(in_a_circle());
        }
    }
}

/// A request whose pages are one list.
pub(crate) trait Items: Pages {
    /// One thing of the list.
    type Item: Send;

    /// What is in a page.
    fn items(page: Self::Page) -> Vec<Self::Item>;

    /// Everything that is in the list.
    fn all_items(
        self,
    ) -> impl Future<Output = Result<Vec<Self::Item>, SdkError<Self::Failure, HttpResponse>>> + Send {
        async move { Ok(self.all_pages().await?.into_iter().flat_map(Self::items).collect()) }
    }
}

/// What a page holds of a list: nothing where AWS left it out.
fn held<T>(list: impl Into<Option<Vec<T>>>) -> Vec<T> {
    list.into().unwrap_or_default()
}

/// By service and operation: its types, which field of a request the token goes to and from which one of an answer it comes,
/// what is in which list (behind an arrow: texts), and by which member it asks for the longest page that AWS gives, where AWS gives
/// shorter ones unasked: each page waits for the one before (the API reference of each operation).
macro_rules! lists {
    ($($service:ident {$(
        $operation:ident: $builder:ident, $page:ident, $failure:ident,
            $token:ident from $next:ident $(, $item:ident in $items:ident)? $(=> $names:ident)?
                $(by $size:ident $longest:literal)?;
    )+})+) => {$($(
        impl Pages for $service::operation::$operation::builders::$builder {
            type Page = $service::operation::$operation::$page;
            type Failure = $service::operation::$operation::$failure;

            fn ask(
                self,
            ) -> impl Future<Output = Result<Self::Page, SdkError<Self::Failure, HttpResponse>>> + Send {
                let request = self;
                $(let request = request.$size($longest);)?
                request.send()
            }

            fn behind(self, token: &str) -> Self {
                self.$token(token)
            }

            fn next(page: &Self::Page) -> Option<&str> {
                page.$next.as_deref()
            }
        }

        $(lists!($service, $operation, $builder, String, $names);)?
        $(lists!($service, $operation, $builder, $service::types::$item, $items);)?
    )+)+};

    ($service:ident, $operation:ident, $builder:ident, $item:ty, $items:ident) => {
        impl Items for $service::operation::$operation::builders::$builder {
            type Item = $item;

            fn items(page: Self::Page) -> Vec<Self::Item> {
                held(page.$items)
            }
        }
    };
}

lists! {
    aws_sdk_autoscaling {
        describe_auto_scaling_groups: DescribeAutoScalingGroupsFluentBuilder,
            DescribeAutoScalingGroupsOutput, DescribeAutoScalingGroupsError,
            next_token from next_token, AutoScalingGroup in auto_scaling_groups by max_records 100;
        describe_policies: DescribePoliciesFluentBuilder, DescribePoliciesOutput, DescribePoliciesError,
            next_token from next_token, ScalingPolicy in scaling_policies by max_records 100;
    }
    aws_sdk_cloudtrail {
        list_tags: ListTagsFluentBuilder, ListTagsOutput, ListTagsError,
            next_token from next_token, ResourceTag in resource_tag_list;
    }
    aws_sdk_ec2 {
        describe_egress_only_internet_gateways: DescribeEgressOnlyInternetGatewaysFluentBuilder,
            DescribeEgressOnlyInternetGatewaysOutput, DescribeEgressOnlyInternetGatewaysError,
            next_token from next_token, EgressOnlyInternetGateway in egress_only_internet_gateways;
        describe_flow_logs: DescribeFlowLogsFluentBuilder, DescribeFlowLogsOutput, DescribeFlowLogsError,
            next_token from next_token, FlowLog in flow_logs;
        describe_images: DescribeImagesFluentBuilder, DescribeImagesOutput, DescribeImagesError,
            next_token from next_token, Image in images;
        describe_instances: DescribeInstancesFluentBuilder, DescribeInstancesOutput, DescribeInstancesError,
            next_token from next_token, Reservation in reservations;
        describe_internet_gateways: DescribeInternetGatewaysFluentBuilder, DescribeInternetGatewaysOutput,
            DescribeInternetGatewaysError, next_token from next_token, InternetGateway in internet_gateways;
        describe_launch_template_versions: DescribeLaunchTemplateVersionsFluentBuilder,
            DescribeLaunchTemplateVersionsOutput, DescribeLaunchTemplateVersionsError,
            next_token from next_token, LaunchTemplateVersion in launch_template_versions by max_results 200;
        describe_launch_templates: DescribeLaunchTemplatesFluentBuilder, DescribeLaunchTemplatesOutput,
            DescribeLaunchTemplatesError, next_token from next_token, LaunchTemplate in launch_templates by max_results 200;
        describe_managed_prefix_lists: DescribeManagedPrefixListsFluentBuilder,
            DescribeManagedPrefixListsOutput, DescribeManagedPrefixListsError,
            next_token from next_token, ManagedPrefixList in prefix_lists;
        describe_nat_gateways: DescribeNatGatewaysFluentBuilder, DescribeNatGatewaysOutput,
            DescribeNatGatewaysError, next_token from next_token, NatGateway in nat_gateways;
        describe_network_acls: DescribeNetworkAclsFluentBuilder, DescribeNetworkAclsOutput,
            DescribeNetworkAclsError, next_token from next_token, NetworkAcl in network_acls;
        describe_network_interfaces: DescribeNetworkInterfacesFluentBuilder,
            DescribeNetworkInterfacesOutput, DescribeNetworkInterfacesError,
            next_token from next_token, NetworkInterface in network_interfaces;
        describe_route_tables: DescribeRouteTablesFluentBuilder, DescribeRouteTablesOutput,
            DescribeRouteTablesError, next_token from next_token, RouteTable in route_tables;
        describe_security_group_rules: DescribeSecurityGroupRulesFluentBuilder,
            DescribeSecurityGroupRulesOutput, DescribeSecurityGroupRulesError,
            next_token from next_token, SecurityGroupRule in security_group_rules;
        describe_security_groups: DescribeSecurityGroupsFluentBuilder, DescribeSecurityGroupsOutput,
            DescribeSecurityGroupsError, next_token from next_token, SecurityGroup in security_groups;
        describe_snapshots: DescribeSnapshotsFluentBuilder, DescribeSnapshotsOutput, DescribeSnapshotsError,
            next_token from next_token, Snapshot in snapshots;
        describe_subnets: DescribeSubnetsFluentBuilder, DescribeSubnetsOutput, DescribeSubnetsError,
            next_token from next_token, Subnet in subnets;
        describe_vpc_endpoints: DescribeVpcEndpointsFluentBuilder, DescribeVpcEndpointsOutput,
            DescribeVpcEndpointsError, next_token from next_token, VpcEndpoint in vpc_endpoints;
        describe_vpc_peering_connections: DescribeVpcPeeringConnectionsFluentBuilder,
            DescribeVpcPeeringConnectionsOutput, DescribeVpcPeeringConnectionsError,
            next_token from next_token, VpcPeeringConnection in vpc_peering_connections;
        describe_vpcs: DescribeVpcsFluentBuilder, DescribeVpcsOutput, DescribeVpcsError,
            next_token from next_token, Vpc in vpcs;
        get_managed_prefix_list_entries: GetManagedPrefixListEntriesFluentBuilder,
            GetManagedPrefixListEntriesOutput, GetManagedPrefixListEntriesError,
            next_token from next_token, PrefixListEntry in entries;
    }
    aws_sdk_elasticloadbalancing {
        describe_load_balancers: DescribeLoadBalancersFluentBuilder, DescribeLoadBalancersOutput,
            DescribeLoadBalancersError,
            marker from next_marker, LoadBalancerDescription in load_balancer_descriptions;
    }
    aws_sdk_elasticloadbalancingv2 {
        describe_listeners: DescribeListenersFluentBuilder, DescribeListenersOutput, DescribeListenersError,
            marker from next_marker, Listener in listeners;
        describe_load_balancers: DescribeLoadBalancersFluentBuilder, DescribeLoadBalancersOutput,
            DescribeLoadBalancersError, marker from next_marker, LoadBalancer in load_balancers;
        describe_rules: DescribeRulesFluentBuilder, DescribeRulesOutput, DescribeRulesError,
            marker from next_marker, Rule in rules;
        describe_target_groups: DescribeTargetGroupsFluentBuilder, DescribeTargetGroupsOutput,
            DescribeTargetGroupsError, marker from next_marker, TargetGroup in target_groups;
    }
    aws_sdk_iam {
        get_account_authorization_details: GetAccountAuthorizationDetailsFluentBuilder,
            GetAccountAuthorizationDetailsOutput, GetAccountAuthorizationDetailsError, marker from marker by max_items 1000;
        get_group: GetGroupFluentBuilder, GetGroupOutput, GetGroupError, marker from marker, User in users by max_items 1000;
        list_access_keys: ListAccessKeysFluentBuilder, ListAccessKeysOutput, ListAccessKeysError,
            marker from marker, AccessKeyMetadata in access_key_metadata by max_items 1000;
        list_attached_group_policies: ListAttachedGroupPoliciesFluentBuilder,
            ListAttachedGroupPoliciesOutput, ListAttachedGroupPoliciesError,
            marker from marker, AttachedPolicy in attached_policies by max_items 1000;
        list_attached_role_policies: ListAttachedRolePoliciesFluentBuilder, ListAttachedRolePoliciesOutput,
            ListAttachedRolePoliciesError, marker from marker, AttachedPolicy in attached_policies by max_items 1000;
        list_attached_user_policies: ListAttachedUserPoliciesFluentBuilder, ListAttachedUserPoliciesOutput,
            ListAttachedUserPoliciesError, marker from marker, AttachedPolicy in attached_policies by max_items 1000;
        list_entities_for_policy: ListEntitiesForPolicyFluentBuilder, ListEntitiesForPolicyOutput,
            ListEntitiesForPolicyError, marker from marker by max_items 1000;
        list_group_policies: ListGroupPoliciesFluentBuilder, ListGroupPoliciesOutput,
            ListGroupPoliciesError, marker from marker => policy_names by max_items 1000;
        list_groups_for_user: ListGroupsForUserFluentBuilder, ListGroupsForUserOutput,
            ListGroupsForUserError, marker from marker, Group in groups by max_items 1000;
        list_instance_profiles_for_role: ListInstanceProfilesForRoleFluentBuilder,
            ListInstanceProfilesForRoleOutput, ListInstanceProfilesForRoleError,
            marker from marker, InstanceProfile in instance_profiles by max_items 1000;
        list_mfa_devices: ListMFADevicesFluentBuilder, ListMfaDevicesOutput, ListMFADevicesError,
            marker from marker, MfaDevice in mfa_devices by max_items 1000;
        list_policy_versions: ListPolicyVersionsFluentBuilder, ListPolicyVersionsOutput,
            ListPolicyVersionsError, marker from marker, PolicyVersion in versions by max_items 1000;
        list_role_policies: ListRolePoliciesFluentBuilder, ListRolePoliciesOutput, ListRolePoliciesError,
            marker from marker => policy_names by max_items 1000;
        list_server_certificates: ListServerCertificatesFluentBuilder, ListServerCertificatesOutput,
            ListServerCertificatesError,
            marker from marker, ServerCertificateMetadata in server_certificate_metadata_list by max_items 1000;
        list_signing_certificates: ListSigningCertificatesFluentBuilder, ListSigningCertificatesOutput,
            ListSigningCertificatesError, marker from marker, SigningCertificate in certificates by max_items 1000;
        list_virtual_mfa_devices: ListVirtualMFADevicesFluentBuilder, ListVirtualMfaDevicesOutput,
            ListVirtualMFADevicesError, marker from marker, VirtualMfaDevice in virtual_mfa_devices by max_items 1000;
        simulate_principal_policy: SimulatePrincipalPolicyFluentBuilder, SimulatePrincipalPolicyOutput,
            SimulatePrincipalPolicyError, marker from marker, EvaluationResult in evaluation_results by max_items 1000;
    }
    aws_sdk_kms {
        list_aliases: ListAliasesFluentBuilder, ListAliasesOutput, ListAliasesError,
            marker from next_marker, AliasListEntry in aliases by limit 100;
        list_keys: ListKeysFluentBuilder, ListKeysOutput, ListKeysError,
            marker from next_marker, KeyListEntry in keys by limit 1000;
        list_resource_tags: ListResourceTagsFluentBuilder, ListResourceTagsOutput, ListResourceTagsError,
            marker from next_marker, Tag in tags;
    }
    aws_sdk_organizations {
        list_accounts: ListAccountsFluentBuilder, ListAccountsOutput, ListAccountsError,
            next_token from next_token, Account in accounts;
        list_accounts_for_parent: ListAccountsForParentFluentBuilder, ListAccountsForParentOutput,
            ListAccountsForParentError, next_token from next_token, Account in accounts;
        list_organizational_units_for_parent: ListOrganizationalUnitsForParentFluentBuilder,
            ListOrganizationalUnitsForParentOutput, ListOrganizationalUnitsForParentError,
            next_token from next_token, OrganizationalUnit in organizational_units;
        list_roots: ListRootsFluentBuilder, ListRootsOutput, ListRootsError,
            next_token from next_token, Root in roots;
        list_tags_for_resource: ListTagsForResourceFluentBuilder, ListTagsForResourceOutput,
            ListTagsForResourceError, next_token from next_token, Tag in tags;
    }
    aws_sdk_resourcegroupstagging {
        get_resources: GetResourcesFluentBuilder, GetResourcesOutput, GetResourcesError,
            pagination_token from pagination_token, ResourceTagMapping in resource_tag_mapping_list by resources_per_page 100;
    }
    aws_sdk_s3 {
        list_buckets: ListBucketsFluentBuilder, ListBucketsOutput, ListBucketsError,
            continuation_token from continuation_token, Bucket in buckets;
    }
    aws_sdk_s3control {
        list_access_points: ListAccessPointsFluentBuilder, ListAccessPointsOutput, ListAccessPointsError,
            next_token from next_token;
        list_multi_region_access_points: ListMultiRegionAccessPointsFluentBuilder,
            ListMultiRegionAccessPointsOutput, ListMultiRegionAccessPointsError, next_token from next_token;
    }
    aws_sdk_sns {
        list_topics: ListTopicsFluentBuilder, ListTopicsOutput, ListTopicsError,
            next_token from next_token, Topic in topics;
    }
    aws_sdk_sqs {
        list_queues: ListQueuesFluentBuilder, ListQueuesOutput, ListQueuesError,
            next_token from next_token => queue_urls;
    }
    aws_sdk_ssm {
        get_parameter_history: GetParameterHistoryFluentBuilder, GetParameterHistoryOutput,
            GetParameterHistoryError, next_token from next_token;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Pages by token, each with the token of the next one; and which were asked for.
    #[derive(Clone)]
    struct Book {
        token: String,
        pages: &'static [(&'static str, Option<&'static str>)],
        asked: Arc<Mutex<Vec<String>>>,
    }

    impl Pages for Book {
        type Page = (String, Option<&'static str>);
        type Failure = std::fmt::Error;

        async fn ask(self) -> Result<Self::Page, SdkError<Self::Failure, HttpResponse>> {
            self.asked.lock().unwrap().push(self.token.clone());
            let page = self.pages.iter().find(|(token, _)| *token == self.token);
            let (token, next) = page.ok_or_else(|| SdkError::timeout_error("no such page"))?;
            Ok(((*token).to_owned(), *next))
        }

        fn behind(self, token: &str) -> Self {
            Self { token: token.to_owned(), ..self }
        }

        fn next(page: &Self::Page) -> Option<&str> {
            page.1
        }
    }

    impl Items for Book {
        type Item = String;

        fn items((token, _): Self::Page) -> Vec<String> {
            vec![format!("{token}1"), format!("{token}2")]
        }
    }

    async fn read(
        pages: &'static [(&'static str, Option<&'static str>)],
    ) -> (Result<Vec<String>, String>, usize) {
        let book = Book { token: String::new(), pages, asked: Arc::default() };
        let asked = Arc::clone(&book.asked);
        let answer = book.all_items().await.map_err(|error| format!("{error:?}"));
        let count = asked.lock().unwrap().len();
        (answer, count)
    }

    #[tokio::test]
    async fn a_list_is_read_to_its_end_and_never_taken_for_whole_before() {
        let whole = |names: &[&str]| Ok(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&[("", None)]).await, (whole(&["1", "2"]), 1));
        assert_eq!(read(&[("", Some(""))]).await, (whole(&["1", "2"]), 1), "an empty token is none");
        let three = read(&[("", Some("a")), ("a", Some("b")), ("b", None)]).await;
        assert_eq!(three, (whole(&["1", "2", "a1", "a2", "b1", "b2"]), 3));
        let (broken, asked) = read(&[("", Some("a"))]).await;
        assert!(broken.unwrap_err().contains("no such page") && asked == 2);
        let (itself, asked) = read(&[("", Some("a")), ("a", Some("a"))]).await;
        assert!(itself.unwrap_err().contains("in a circle") && asked == 2);
        let (circle, asked) = read(&[("", Some("a")), ("a", Some("b")), ("b", Some("a"))]).await;
        assert!(circle.unwrap_err().contains("in a circle") && asked == 3);
    }
}
