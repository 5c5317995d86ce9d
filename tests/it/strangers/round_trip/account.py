"""One of everything, beside the landing zone that is there, so that requests have something to speak of."""

import ipaddress
import json
import time

from values import KEY_POLICY, PERMISSIONS, TRUST, policy


def prepare(client):
    """Makes it with the given maker of clients; answers what it is called, as `values.GIVEN` does."""
    things = {}
    for part in (identities, parameters, schedules, secrets, storage, network, balancing, classic, messages, trail):
        part(client, things)
    return things


def identities(client, things):
    iam, sts, kms = client("iam"), client("sts"), client("kms")
    user, group, role, profile, device = "user", "group", "role", "profile", "device"
    iam.create_user(UserName=user)
    iam.create_group(GroupName=group)
    iam.add_user_to_group(UserName=user, GroupName=group)
    iam.create_login_profile(UserName=user, Password="a-Long-enough-1-password")
    key = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=device)["VirtualMFADevice"]["SerialNumber"]
    unused = iam.create_virtual_mfa_device(VirtualMFADeviceName="unused")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName=user, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    arn = iam.create_policy(PolicyName="policy", PolicyDocument=PERMISSIONS)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=PERMISSIONS, SetAsDefault=True)
    anyone = policy(Principal={"AWS": "arn:aws:iam::123456789012:root"}, Action="sts:AssumeRole")
    role_arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=anyone)["Role"]["Arn"]
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    iam.create_instance_profile(InstanceProfileName="empty")
    iam.create_role(RoleName="unused", AssumeRolePolicyDocument=TRUST)
    for attach, put, bound, name in (
        (iam.attach_user_policy, iam.put_user_policy, iam.put_user_permissions_boundary, {"UserName": user}),
        (iam.attach_role_policy, iam.put_role_policy, iam.put_role_permissions_boundary, {"RoleName": role}),
        (iam.attach_group_policy, iam.put_group_policy, None, {"GroupName": group}),
    ):
        attach(PolicyArn=arn, **name)
        put(PolicyName="inline", PolicyDocument=PERMISSIONS, **name)
        if bound:
            bound(PermissionsBoundary=arn, **name)
    provider, doomed = (
        iam.create_open_id_connect_provider(
            Url=f"https://{name}.example.com", ClientIDList=["usual"], ThumbprintList=["a" * 40],
        )["OpenIDConnectProviderArn"]
        for name in ("usual", "doomed")
    )
    iam.create_account_alias(AccountAlias="round-trip")
    iam.generate_credential_report()
    free = iam.create_policy(PolicyName="free", PolicyDocument=PERMISSIONS)["Policy"]["Arn"]
    iam.create_user(UserName="nobody")
    iam.create_group(GroupName="nobodies")
    linked, gone = (
        iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix=suffix)["Role"]["RoleName"]
        for suffix in ("usual", "gone")
    )
    things.update({
        ("iam", None, "UserName"): user,
        ("iam", None, "GroupName"): group,
        ("iam", None, "RoleName"): role,
        ("iam", None, "InstanceProfileName"): profile,
        ("iam", None, "PolicyArn"): arn,
        ("iam", None, "PermissionsBoundary"): arn,
        ("iam", None, "PolicyName"): "inline",
        ("iam", None, "VersionId"): "v1",
        ("iam", None, "SerialNumber"): serial,
        ("iam", None, "AccessKeyId"): key,
        ("iam", None, "OpenIDConnectProviderArn"): provider,
        ("iam", "DeleteOpenIDConnectProvider", "OpenIDConnectProviderArn"): doomed,
        ("iam", None, "AccountAlias"): "round-trip",
        ("iam", None, "PolicySourceArn"): role_arn,
        ("iam", None, "NewUserName"): "renamed",
        ("iam", None, "NewGroupName"): "renamed",
        ("iam", "CreateLoginProfile", "UserName"): "nobody",
        ("iam", "AddRoleToInstanceProfile", "InstanceProfileName"): "empty",
        ("iam", "DeleteInstanceProfile", "InstanceProfileName"): "empty",
        ("iam", "AddRoleToInstanceProfile", "RoleName"): "unused",
        ("iam", "DeleteRole", "RoleName"): "unused",
        ("iam", "DeleteUser", "UserName"): "nobody",
        ("iam", "DeleteGroup", "GroupName"): "nobodies",
        ("iam", "DeletePolicy", "PolicyArn"): free,
        ("iam", "EnableMFADevice", "SerialNumber"): unused,
        ("iam", "DeleteVirtualMFADevice", "SerialNumber"): unused,
        ("iam", "DeleteServiceLinkedRole", "RoleName"): linked,
        ("iam", "CreatePolicy", "PolicyName"): "another-policy",
        ("sts", None, "RoleArn"): role_arn,
        ("sts", "AssumeRoot", "TargetPrincipal"): "111122223333",
        ("sts", "AssumeRoot", "DurationSeconds"): 900,
        ("sts", "AssumeRoot", "TaskPolicyArn"): {
            "arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
        },
    })
    job = iam.generate_service_last_accessed_details(Arn=role_arn)["JobId"]
    things["iam", "GetServiceLastAccessedDetails", "JobId"] = job
    things["iam", "GenerateServiceLastAccessedDetails", "Arn"] = role_arn
    things["iam", None, "DeletionTaskId"] = iam.delete_service_linked_role(RoleName=gone)["DeletionTaskId"]
    pending = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=pending, PendingWindowInDays=7)
    usual = kms.create_key(Policy=KEY_POLICY)["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/usual", TargetKeyId=usual)
    kms.enable_key_rotation(KeyId=usual)
    external = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    token = kms.get_parameters_for_import(
        KeyId=external, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
    )["ImportToken"]
    primary = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    grant = kms.create_grant(KeyId=usual, GranteePrincipal=role_arn, Operations=["Encrypt"])["GrantId"]
    things.update({
        ("kms", None, "KeyId"): usual,
        ("kms", None, "TargetKeyId"): usual,
        ("kms", None, "AliasName"): "alias/usual",
        ("kms", None, "GrantId"): grant,
        ("kms", "CancelKeyDeletion", "KeyId"): pending,
        ("kms", None, "PolicyName"): "default",
        ("kms", "GetParametersForImport", "KeyId"): external,
        ("kms", "ImportKeyMaterial", "KeyId"): external,
        ("kms", None, "ImportToken"): token,
        ("kms", "ReplicateKey", "KeyId"): primary,
        ("kms", None, "ReplicaRegion"): "eu-west-1",
    })


def schedules(client, things):
    trust = policy(Principal={"Service": "scheduler.amazonaws.com"}, Action="sts:AssumeRole")
    role = client("iam").create_role(RoleName="scheduler", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:deleteTags", "RoleArn": role, "Input": "{}"}
    once = {
        "ScheduleExpression": "at(2039-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }
    for name in ("usual", "gone"):
        client("scheduler").create_schedule(Name=name, **once)
    things.update({("scheduler", None, member): value for member, value in once.items()})
    things.update({
        ("scheduler", None, "Name"): "usual",
        ("scheduler", "CreateSchedule", "Name"): "another",
        ("scheduler", "DeleteSchedule", "Name"): "gone",
        ("scheduler", None, "GroupName"): "default",
        ("scheduler", None, "ScheduleExpressionTimezone"): "UTC",
        ("scheduler", None, "State"): "ENABLED",
    })


def parameters(client, things):
    client("ssm").put_parameter(Name="/usual", Type="String", Value="yes")
    things.update({
        ("ssm", None, "Name"): "/usual",
        ("ssm", None, "Names"): ["/usual"],
        ("ssm", None, "ResourceType"): "Parameter",
        ("ssm", None, "ResourceId"): "/usual",
        ("ssm", None, "Type"): "String",
        ("ssm", "PutParameter", "Name"): "/another",
    })


def secrets(client, things):
    client("secretsmanager").create_secret(Name="usual", SecretString="yes")
    things.update({
        ("secretsmanager", None, "SecretId"): "usual",
        ("secretsmanager", None, "SecretString"): "another",
        ("secretsmanager", None, "RecoveryWindowInDays"): 7,
        ("secretsmanager", "CreateSecret", "Name"): "another",
    })


def storage(client, things):
    s3, bucket = client("s3"), "usual-bucket-123456789012"
    arn = f"arn:aws:s3:::{bucket}"
    deny = policy(Principal="*", Action="s3:*", Resource=f"{arn}/*").replace("Allow", "Deny")
    deny = json.loads(deny)
    deny["Statement"][0]["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    deny = json.dumps(deny)
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="object", Body=b"bytes")["VersionId"]
    s3.put_object(Bucket=bucket, Key="folder/object", Body=b"bytes")
    s3.delete_object(Bucket=bucket, Key="folder/object")
    s3.put_bucket_policy(Bucket=bucket, Policy=deny)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "usual", "Value": "yes"}]})
    s3.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    )
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [{"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}]
        },
    )
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": True}
    )
    upload = s3.create_multipart_upload(Bucket=bucket, Key="upload")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="upload", UploadId=upload, PartNumber=1, Body=b"bytes")["ETag"]
    s3.create_bucket(Bucket="locked-bucket-123456789012", ObjectLockEnabledForBucket=True)
    s3.create_bucket(Bucket="empty-bucket-123456789012")
    s3.create_bucket(Bucket="acl-bucket-123456789012", ObjectOwnership="ObjectWriter")
    s3.put_bucket_replication(
        Bucket=bucket,
        ReplicationConfiguration={
            "Role": things["sts", None, "RoleArn"],
            "Rules": [{
                "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::locked-bucket-123456789012"},
            }],
        },
    )
    control = client("s3control")
    control.create_access_point(AccountId="123456789012", Name="door", Bucket=bucket)
    door = json.dumps({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:us-east-1:123456789012:accesspoint/door/object/*",
        }],
    })
    control.put_access_point_policy(AccountId="123456789012", Name="door", Policy=door)
    things.update({
        ("s3", None, "Bucket"): bucket,
        ("s3", "PutBucketAcl", "Bucket"): "acl-bucket-123456789012",
        ("s3", "DeleteBucket", "Bucket"): "empty-bucket-123456789012",
        ("s3", "GetObjectLockConfiguration", "Bucket"): "locked-bucket-123456789012",
        ("s3", "PutObjectLockConfiguration", "Bucket"): "locked-bucket-123456789012",
        ("s3", "AbortMultipartUpload", "Key"): "upload",
        ("s3", "CompleteMultipartUpload", "Key"): "upload",
        ("s3", "CompleteMultipartUpload", "MultipartUpload"): {"Parts": [{"PartNumber": 1, "ETag": part}]},
        ("s3", "CopyObject", "CopySource"): f"{bucket}/object",
        ("s3", "CopyObject", "Key"): "copy",
        ("s3", "ListParts", "Key"): "upload",
        ("s3", "UploadPart", "Key"): "upload",
        ("s3", None, "UploadId"): upload,
        ("s3", None, "VersionId"): version,
        ("s3", None, "Policy"): deny,
        ("s3", None, "TargetBucket"): "landing-zone-access-logs-123456789012",
        ("s3control", None, "ResourceArn"): arn,
        ("s3control", None, "Bucket"): bucket,
        ("s3control", None, "Name"): "door",
        ("s3control", "CreateAccessPoint", "Name"): "another-door",
        ("s3control", None, "Policy"): door,
        ("s3control", "PutPublicAccessBlock", "PublicAccessBlockConfiguration"): {"BlockPublicAcls": True},
    })


def network(client, things):
    ec2 = client("ec2")

    def only(answer, key):
        return answer[key][0]

    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    bare = ec2.create_vpc(CidrBlock="10.51.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.50.1.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.50.2.0/24", AvailabilityZone="us-east-1b")["Subnet"]["SubnetId"]
    standing = only(ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}]), "Vpcs")["VpcId"]
    attached = [{"Name": "attachment.vpc-id", "Values": [standing]}]
    detachable = only(ec2.describe_internet_gateways(Filters=attached), "InternetGateways")["InternetGatewayId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    free_gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    free_table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    associated = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    group = ec2.create_security_group(GroupName="usual", Description="usual", VpcId=vpc)["GroupId"]
    free_group = ec2.create_security_group(GroupName="free", Description="free", VpcId=vpc)["GroupId"]
    rule = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "192.0.2.0/25"}]}]
    entering = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule)
    leaving = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=rule)
    new_rule = [{"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "IpRanges": [{"CidrIp": "192.0.2.0/25"}]}]
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=50, Protocol="6", RuleAction="allow", Egress=True, CidrBlock="10.0.0.0/8",
        PortRange={"From": 443, "To": 443},
    )
    subnets = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [other]}])
    acl_association = next(
        one["NetworkAclAssociationId"]
        for one in only(subnets, "NetworkAcls")["Associations"]
        if one["SubnetId"] == other
    )
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat_address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=nat_address)["NatGateway"]["NatGatewayId"]
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=bare)["VpcPeeringConnection"]
    transit, free_transit, other_transit = [
        ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"] for _ in range(3)
    ]
    attachment = ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=transit, VpcId=vpc, SubnetIds=[subnet])[
        "TransitGatewayVpcAttachment"
    ]["TransitGatewayAttachmentId"]
    vpn, free_vpn, other_vpn = [
        ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"] for _ in range(3)
    ]
    ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=vpn)
    ec2.provision_byoip_cidr(Cidr="2001:db8:1000::/48")
    pool = only(ec2.describe_ipv6_pools(), "Ipv6Pools")["PoolId"]
    range_of_bare = ec2.associate_vpc_cidr_block(VpcId=bare, AmazonProvidedIpv6CidrBlock=True)
    ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    whole = only(ec2.describe_vpcs(VpcIds=[vpc]), "Vpcs")["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    ranges = [str(part) for part in ipaddress.ip_network(whole).subnets(new_prefix=64)]
    range_of_other = ec2.associate_subnet_cidr_block(SubnetId=other, Ipv6CidrBlock=ranges[1])
    out, free_out = [
        ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
        for _ in range(2)
    ]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[free_table]
    )["VpcEndpoint"]["VpcEndpointId"]
    without_profile = ec2.run_instances(
        ImageId="ami-12c6146b", InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet
    )["Instances"][0]["InstanceId"]
    things["ec2", "AssociateIamInstanceProfile", "InstanceId"] = without_profile
    things["ec2", "AssociateIamInstanceProfile", "IamInstanceProfile"] = {"Name": "profile"}
    template = ec2.create_launch_template(
        LaunchTemplateName="usual", LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=template, LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "t3.small"}
    )
    things.update({
        ("ec2", None, "VpcId"): vpc,
        ("ec2", "DeleteVpc", "VpcId"): bare,
        ("ec2", "AttachInternetGateway", "VpcId"): bare,
        ("ec2", None, "SubnetId"): subnet,
        ("ec2", "DeleteSubnet", "SubnetId"): other,
        ("ec2", "AssociateRouteTable", "SubnetId"): other,
        ("ec2", "CreateSubnet", "CidrBlock"): "10.50.200.0/24",
        ("ec2", None, "InternetGatewayId"): gateway,
        ("ec2", "AttachInternetGateway", "InternetGatewayId"): free_gateway,
        ("ec2", "DeleteInternetGateway", "InternetGatewayId"): free_gateway,
        ("ec2", "DetachInternetGateway", "InternetGatewayId"): detachable,
        ("ec2", "DetachInternetGateway", "VpcId"): standing,
        ("ec2", None, "GatewayId"): gateway,
        ("ec2", "UpdateSecurityGroupRuleDescriptionsIngress", "SecurityGroupRuleDescriptions"): [
            {"SecurityGroupRuleId": only(entering, "SecurityGroupRules")["SecurityGroupRuleId"], "Description": "x"}
        ],
        ("ec2", "UpdateSecurityGroupRuleDescriptionsEgress", "SecurityGroupRuleDescriptions"): [
            {"SecurityGroupRuleId": only(leaving, "SecurityGroupRules")["SecurityGroupRuleId"], "Description": "x"}
        ],
        ("ec2", None, "RouteTableId"): table,
        ("ec2", "DeleteRouteTable", "RouteTableId"): free_table,
        ("ec2", "ReplaceRouteTableAssociation", "RouteTableId"): free_table,
        ("ec2", "DisassociateRouteTable", "AssociationId"): associated,
        ("ec2", "ReplaceRouteTableAssociation", "AssociationId"): associated,
        ("ec2", "ReplaceRoute", "DestinationCidrBlock"): "0.0.0.0/0",
        ("ec2", "DeleteRoute", "DestinationCidrBlock"): "0.0.0.0/0",
        ("ec2", None, "GroupId"): group,
        ("ec2", "DeleteSecurityGroup", "GroupId"): free_group,
        ("ec2", None, "IpPermissions"): rule,
        ("ec2", "AuthorizeSecurityGroupIngress", "IpPermissions"): new_rule,
        ("ec2", "AuthorizeSecurityGroupEgress", "IpPermissions"): new_rule,
        ("ec2", "RevokeSecurityGroupIngress", "SecurityGroupRuleIds"): [
            only(entering, "SecurityGroupRules")["SecurityGroupRuleId"]
        ],
        ("ec2", "RevokeSecurityGroupEgress", "SecurityGroupRuleIds"): [
            only(leaving, "SecurityGroupRules")["SecurityGroupRuleId"]
        ],
        ("ec2", "ModifySecurityGroupRules", "SecurityGroupRules"): [{
            "SecurityGroupRuleId": only(entering, "SecurityGroupRules")["SecurityGroupRuleId"],
            "SecurityGroupRule": {
                "IpProtocol": "tcp", "FromPort": 444, "ToPort": 444, "CidrIpv4": "192.0.2.0/25", "Description": "x",
            },
        }],
        ("ec2", None, "NetworkAclId"): acl,
        ("ec2", "ReplaceNetworkAclAssociation", "AssociationId"): acl_association,
        ("ec2", "DeleteNetworkAclEntry", "RuleNumber"): 50,
        ("ec2", "ReplaceNetworkAclEntry", "RuleNumber"): 50,
        ("ec2", "CreateNetworkAclEntry", "RuleNumber"): 60,
        ("ec2", None, "AllocationId"): address,
        ("ec2", None, "AllocationIds"): [address],
        ("ec2", None, "VpcPeeringConnectionId"): peering["VpcPeeringConnectionId"],
        ("ec2", None, "VpcPeeringConnectionIds"): [peering["VpcPeeringConnectionId"]],
        ("ec2", "CreateVpcPeeringConnection", "PeerVpcId"): bare,
        ("ec2", None, "TransitGatewayId"): transit,
        ("ec2", None, "TransitGatewayIds"): [transit],
        ("ec2", "CreateTransitGatewayVpcAttachment", "TransitGatewayId"): free_transit,
        ("ec2", "CreateTransitGatewayVpcAttachment", "SubnetIds"): [subnet],
        ("ec2", "DeleteTransitGateway", "TransitGatewayId"): other_transit,
        ("ec2", None, "TransitGatewayAttachmentId"): attachment,
        ("ec2", None, "TransitGatewayAttachmentIds"): [attachment],
        ("ec2", None, "VpnGatewayId"): vpn,
        ("ec2", None, "VpnGatewayIds"): [vpn],
        ("ec2", "AttachVpnGateway", "VpnGatewayId"): free_vpn,
        ("ec2", "AttachVpnGateway", "VpcId"): bare,
        ("ec2", "DeleteVpnGateway", "VpnGatewayId"): other_vpn,
        ("ec2", None, "VpcEndpointId"): endpoint,
        ("ec2", None, "VpcEndpointIds"): [endpoint],
        ("ec2", "CreateVpcEndpoint", "RouteTableIds"): [table],
        ("ec2", "ModifyVpcEndpoint", "AddRouteTableIds"): [table],
        ("ec2", "ModifyVpcEndpoint", "RemoveRouteTableIds"): [free_table],
        ("ec2", None, "NatGatewayId"): nat,
        ("ec2", None, "NatGatewayIds"): [nat],
        ("ec2", None, "LaunchTemplateId"): template,
        ("ec2", None, "LaunchTemplateName"): None,
        ("ec2", None, "LaunchTemplateNames"): None,
        ("ec2", None, "Resources"): [vpc],
        ("ec2", "CreateFlowLogs", "ResourceIds"): [vpc],
        ("ec2", "CreateFlowLogs", "LogDestination"): "arn:aws:s3:::landing-zone-access-logs-123456789012",
        ("ec2", "CreateLaunchTemplate", "LaunchTemplateName"): "another-template",
        ("ec2", None, "Ipv6CidrBlock"): None,
        ("ec2", "CreateSubnet", "Ipv6CidrBlock"): ranges[2],
        ("ec2", "AssociateSubnetCidrBlock", "Ipv6CidrBlock"): ranges[3],
        ("ec2", "DisassociateSubnetCidrBlock", "AssociationId"):
            range_of_other["Ipv6CidrBlockAssociation"]["AssociationId"],
        ("ec2", "AssociateVpcCidrBlock", "Ipv6CidrBlock"): "2001:db8:1000:300::/56",
        ("ec2", "DisassociateVpcCidrBlock", "AssociationId"):
            range_of_bare["Ipv6CidrBlockAssociation"]["AssociationId"],
        ("ec2", None, "Cidr"): "192.0.2.0/24",
        ("ec2", "ProvisionByoipCidr", "Cidr"): "2001:db8:2000::/48",
        ("ec2", None, "Ipv6Pool"): pool,
        ("ec2", None, "PoolIds"): [pool],
        ("ec2", None, "EgressOnlyInternetGatewayId"): out,
        ("ec2", None, "EgressOnlyInternetGatewayIds"): [out],
        ("ec2", "DeleteEgressOnlyInternetGateway", "EgressOnlyInternetGatewayId"): free_out,
        ("ec2", None, "DestinationIpv6CidrBlock"): None,
        ("ec2", None, "DestinationPrefixListId"): None,
    })
    for kind in ("vpc", "subnet", "route-table", "security-group", "network-acl", "internet-gateway"):
        made = "".join(part.capitalize() for part in kind.split("-"))
        things["ec2", f"Create{made}", "ResourceType"] = kind
    things.update({
        ("ec2", "CreateNatGateway", "ResourceType"): "natgateway",
        ("ec2", "CreateVpcEndpoint", "ResourceType"): "vpc-endpoint",
        ("ec2", "CreateVpnGateway", "ResourceType"): "vpn-gateway",
        ("ec2", "CreateEgressOnlyInternetGateway", "ResourceType"): "egress-only-internet-gateway",
        ("ec2", "AllocateAddress", "ResourceType"): "elastic-ip",
        ("ec2", "CreateLaunchTemplate", "ResourceType"): "launch-template",
        ("ec2", "AuthorizeSecurityGroupIngress", "ResourceType"): "security-group-rule",
        ("ec2", "AuthorizeSecurityGroupEgress", "ResourceType"): "security-group-rule",
    })


def balancing(client, things):
    elb, ec2, autoscaling = client("elbv2"), client("ec2"), client("autoscaling")
    standing = elb.describe_load_balancers(Names=["landing-zone-web"])["LoadBalancers"][0]
    subnets = [zone["SubnetId"] for zone in standing["AvailabilityZones"]]
    target = {"Protocol": "HTTP", "Port": 80, "VpcId": standing["VpcId"]}
    free = elb.create_load_balancer(Name="free", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="usual", **target)["TargetGroups"][0]["TargetGroupArn"]
    free_group = elb.create_target_group(Name="free", **target)["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    listener = elb.create_listener(LoadBalancerArn=free, Protocol="HTTP", Port=80, DefaultActions=forward)
    listener = listener["Listeners"][0]["ListenerArn"]
    condition = [{"Field": "path-pattern", "Values": ["/usual"]}]
    rule = elb.create_rule(ListenerArn=listener, Priority=9, Conditions=condition, Actions=forward)
    rule = rule["Rules"][0]["RuleArn"]
    name = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]["AutoScalingGroupName"]
    autoscaling.start_instance_refresh(AutoScalingGroupName=name)
    while autoscaling.describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"][0]["Status"] != "Successful":
        time.sleep(0.05)
    scaled = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    instances = [instance["InstanceId"] for instance in scaled["Instances"]]
    autoscaling.put_scaling_policy(
        AutoScalingGroupName=name, PolicyName="usual", PolicyType="SimpleScaling",
        AdjustmentType="ChangeInCapacity", ScalingAdjustment=1,
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName="usual", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=60,
        EvaluationPeriods=2, Threshold=70.0, ComparisonOperator="GreaterThanThreshold",
    )
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instances[0]}])
    things.update({
        ("cloudwatch", None, "AlarmNames"): ["usual"],
        ("cloudwatch", None, "ResourceARN"): "arn:aws:cloudwatch:us-east-1:123456789012:alarm:usual",
        ("elbv2", None, "LoadBalancerArn"): free,
        ("elbv2", None, "LoadBalancerArns"): [free],
        ("elbv2", None, "Subnets"): subnets,
        ("elbv2", None, "SubnetMappings"): None,
        ("elbv2", None, "SecurityGroups"): standing["SecurityGroups"],
        ("elbv2", None, "VpcId"): standing["VpcId"],
        ("elbv2", None, "TargetGroupArn"): group,
        ("elbv2", None, "TargetGroupArns"): [group],
        ("elbv2", "DeleteTargetGroup", "TargetGroupArn"): free_group,
        ("elbv2", None, "ListenerArn"): listener,
        ("elbv2", "CreateListener", "Port"): 8080,
        ("elbv2", None, "ListenerArns"): [listener],
        ("elbv2", None, "RuleArn"): rule,
        ("elbv2", None, "RuleArns"): [rule],
        ("elbv2", None, "ResourceArns"): [free],
        ("elbv2", None, "Actions"): forward,
        ("elbv2", None, "DefaultActions"): forward,
        ("elbv2", None, "Targets"): [{"Id": instances[0]}],
        ("elbv2", "SetRulePriorities", "RulePriorities"): [{"RuleArn": rule, "Priority": 12}],
        ("autoscaling", None, "AutoScalingGroupName"): name,
        ("autoscaling", None, "AutoScalingGroupNames"): [name],
        ("autoscaling", None, "ResourceId"): name,
        ("autoscaling", None, "InstanceId"): instances[0],
        ("autoscaling", None, "InstanceIds"): instances[:1],
        ("autoscaling", None, "PolicyName"): "usual",
        ("autoscaling", None, "PolicyNames"): ["usual"],
        ("autoscaling", None, "TargetGroupARNs"): [group],
        ("autoscaling", "DetachLoadBalancerTargetGroups", "TargetGroupARNs"): scaled["TargetGroupARNs"],
        ("autoscaling", None, "Tags"): [
            {"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": "x", "Value": "y", "PropagateAtLaunch": True}
        ],
        ("autoscaling", None, "LaunchTemplate"): {
            "LaunchTemplateId": ec2.describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
        },
        ("autoscaling", None, "VPCZoneIdentifier"): ",".join(subnets),
        ("autoscaling", "CreateAutoScalingGroup", "AutoScalingGroupName"): "another-group",
    })


def classic(client, things):
    elb = client("elb")
    encrypted = {
        "Protocol": "HTTPS", "LoadBalancerPort": 443, "InstancePort": 80,
        "SSLCertificateId": "arn:aws:acm:us-east-1:123456789012:certificate/1",
    }
    elb.create_load_balancer(
        LoadBalancerName="usual", Listeners=[encrypted], AvailabilityZones=["us-east-1a"], Scheme="internal"
    )
    elb.create_load_balancer_policy(
        LoadBalancerName="usual", PolicyName="free", PolicyTypeName="SSLNegotiationPolicyType",
        PolicyAttributes=[{"AttributeName": "Protocol-TLSv1.2", "AttributeValue": "true"}],
    )
    plain = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
    subnet = client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]
    things.update({
        ("elb", None, "LoadBalancerName"): "usual",
        ("elb", None, "LoadBalancerNames"): ["usual"],
        ("elb", "CreateLoadBalancer", "LoadBalancerName"): "another",
        ("elb", None, "Listeners"): [plain],
        ("elb", None, "AvailabilityZones"): ["us-east-1a"],
        ("elb", None, "Subnets"): [subnet["SubnetId"]],
        ("elb", None, "SecurityGroups"): None,
        ("elb", None, "Scheme"): "internal",
        ("elb", None, "LoadBalancerPort"): 443,
        ("elb", None, "LoadBalancerPorts"): [443],
        ("elb", None, "PolicyName"): "free",
        ("elb", None, "PolicyNames"): ["free"],
        ("elb", None, "PolicyTypeName"): "SSLNegotiationPolicyType",
        ("elb", None, "PolicyAttributes"): [{"AttributeName": "Protocol-TLSv1.2", "AttributeValue": "true"}],
    })


def messages(client, things):
    topic = client("sns").create_topic(Name="usual")["TopicArn"]
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="usual")["QueueUrl"]
    open_topic = policy(Principal={"AWS": "123456789012"}, Action="sns:Publish", Resource=topic)
    things.update({
        ("sns", None, "TopicArn"): topic,
        ("sns", None, "Name"): "another",
        ("sns", None, "Attributes"): {"DisplayName": "Another"},
        ("sns", None, "Tags"): None,
        ("sns", None, "DataProtectionPolicy"): None,
        ("sns", None, "AttributeName"): "Policy",
        ("sns", None, "AttributeValue"): open_topic,
        ("sqs", None, "QueueUrl"): queue,
        ("sqs", None, "QueueName"): "usual",
        ("sqs", "CreateQueue", "QueueName"): "another",
        ("sqs", None, "QueueNamePrefix"): "us",
        ("sqs", None, "QueueOwnerAWSAccountId"): "123456789012",
        ("sqs", None, "AttributeNames"): ["All"],
        ("sqs", None, "Attributes"): {"VisibilityTimeout": "60"},
        ("sqs", None, "tags"): None,
    })


def trail(client, things):
    cloudtrail, s3 = client("cloudtrail"), client("s3")
    found = cloudtrail.describe_trails()["trailList"][0]
    cloudtrail.put_insight_selectors(
        TrailName=found["Name"], InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]
    )
    s3.create_bucket(Bucket="trail-bucket-123456789012")
    service = {"Service": "cloudtrail.amazonaws.com"}
    statements = [
        {"Effect": "Allow", "Principal": service, "Action": action, "Resource": f"arn:aws:s3:::trail-bucket-123456789012{path}"}
        for action, path in (("s3:GetBucketAcl", ""), ("s3:PutObject", "/*"))
    ]
    s3.put_bucket_policy(
        Bucket="trail-bucket-123456789012", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements})
    )
    things.update({
        ("cloudtrail", None, "Name"): found["Name"],
        ("cloudtrail", None, "TrailName"): found["Name"],
        ("cloudtrail", None, "TrailNameList"): [found["Name"]],
        ("cloudtrail", None, "trailNameList"): [found["Name"]],
        ("cloudtrail", None, "ResourceId"): found["TrailARN"],
        ("cloudtrail", None, "ResourceIdList"): [found["TrailARN"]],
        ("cloudtrail", None, "S3BucketName"): found["S3BucketName"],
        ("cloudtrail", "CreateTrail", "S3BucketName"): "trail-bucket-123456789012",
        ("cloudtrail", None, "KmsKeyId"): found["KmsKeyId"],
        ("cloudtrail", None, "SnsTopicName"): None,
    })
