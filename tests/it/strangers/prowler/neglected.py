"""An account as people leave one behind, made with boto3: users, keys, policies, buckets, ports, a trail."""

import json

import boto3


def allow(actions, resources="*"):
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]}
    )


def users(iam):
    iam.create_user(UserName="boss")
    iam.create_login_profile(UserName="boss", Password="Correct-Horse-1")
    iam.attach_user_policy(UserName="boss", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    # A second factor, so that one console user is as it should be.
    iam.create_user(UserName="clerk")
    iam.create_login_profile(UserName="clerk", Password="Correct-Horse-2")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="clerk")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="clerk", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    iam.create_user(UserName="build")
    iam.create_access_key(UserName="build")
    iam.create_access_key(UserName="build")
    iam.put_user_policy(UserName="build", PolicyName="everything", PolicyDocument=allow("*"))
    # May give itself any policy: an administrator that carries no administrator's policy.
    iam.create_user(UserName="helpdesk")
    policy = iam.create_policy(
        PolicyName="helpdesk", PolicyDocument=allow(["iam:PutUserPolicy", "iam:AttachUserPolicy"])
    )["Policy"]["Arn"]
    iam.attach_user_policy(UserName="helpdesk", PolicyArn=policy)
    iam.create_group(GroupName="admins")
    iam.attach_group_policy(GroupName="admins", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    operations = iam.create_policy(PolicyName="operations", PolicyDocument=allow(["cloudtrail:*", "kms:*"]))
    iam.create_user(UserName="operator")
    iam.attach_user_policy(UserName="operator", PolicyArn=operations["Policy"]["Arn"])
    owner = iam.create_policy(PolicyName="owner", PolicyDocument=allow("*"))["Policy"]["Arn"]
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName="partner",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    iam.attach_role_policy(RoleName="partner", PolicyArn=owner)


def buckets(s3):
    for name in ("shop-assets", "upload-inbox", "private-notes"):
        s3.create_bucket(Bucket=name)
    statement = {
        "Sid": "website",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::shop-assets/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket="shop-assets", Policy=json.dumps(policy))
    s3.put_bucket_acl(Bucket="upload-inbox", ACL="public-read-write")


def machines(ec2):
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]

    def group(name, ports, **world):
        made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for first, last in ports:
            rule = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **world}
            ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
        return made

    ipv4 = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ipv6 = {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    admin = group("administration", [(22, 22), (3389, 3389)], **ipv4)
    group("database", [(3306, 3306), (5432, 5432)], **ipv6)
    group("wide", [(0, 65535)], **ipv4)
    group("office", [(22, 22)], IpRanges=[{"CidrIp": "203.0.113.0/24"}])
    ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        InstanceType="t3.micro",
        SecurityGroupIds=[admin],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "billing"}]}],
    )


def trail(s3, cloudtrail):
    s3.create_bucket(Bucket="old-trail-logs")
    cloudtrail.create_trail(Name="old", S3BucketName="old-trail-logs")
    cloudtrail.start_logging(Name="old")


def main():
    client = boto3.client
    users(client("iam"))
    buckets(client("s3"))
    machines(client("ec2"))
    trail(client("s3"), client("cloudtrail"))


main()
