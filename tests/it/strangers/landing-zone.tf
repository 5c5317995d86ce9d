# A two-tier landing zone as somebody who knows Terraform writes it: 50 resources, none of them made for us.
# Test input of terraform.rs; it is to be applied as it stands, with AWS's answers alone.

terraform {
  required_providers { aws = { source = "hashicorp/aws", version = "5.100.0" } }
}
variable "endpoint" { default = "http://localhost:5500" }
provider "aws" {
  region = "us-east-1"
  access_key = "test"
  secret_key = "test"
  skip_metadata_api_check = true
  s3_use_path_style = true
  endpoints {
    sts = var.endpoint
    iam = var.endpoint
    s3  = var.endpoint
    s3control = var.endpoint
    kms = var.endpoint
    cloudtrail = var.endpoint
    ec2 = var.endpoint
    elbv2 = var.endpoint
    autoscaling = var.endpoint
    acm = var.endpoint
    logs = var.endpoint
  }
  default_tags { tags = { managed-by = "tf" } }
}
data "aws_caller_identity" "me" {}
locals {
  acct = data.aws_caller_identity.me.account_id
  trail_arn = "arn:aws:cloudtrail:us-east-1:${local.acct}:trail/org-trail"
}
resource "aws_kms_key" "trail" {
  description = "trail"
  enable_key_rotation = true
  deletion_window_in_days = 30
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "root", Effect = "Allow", Principal = { AWS = "arn:aws:iam::${local.acct}:root" }, Action = "kms:*", Resource = "*" },
    # Decrypt, because the bucket uses a bucket key: AWS refuses to create the trail without it.
    { Sid = "trail", Effect = "Allow", Principal = { Service = "cloudtrail.amazonaws.com" }, Action = ["kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"], Resource = "*", Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } } }
  ] })
}
resource "aws_kms_alias" "trail" {
  name = "alias/baseline-trail"
  target_key_id = aws_kms_key.trail.key_id
}
locals { buckets = { logs = "baseline-trail-logs", access = "baseline-access-logs" } }
resource "aws_s3_bucket" "b" {
  for_each = local.buckets
  bucket = "${each.value}-${local.acct}"
}
resource "aws_s3_bucket_versioning" "b" {
  for_each = local.buckets
  bucket = aws_s3_bucket.b[each.key].id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_public_access_block" "b" {
  for_each = local.buckets
  bucket = aws_s3_bucket.b[each.key].id
  block_public_acls = true
  block_public_policy = true
  ignore_public_acls = true
  restrict_public_buckets = true
}
resource "aws_s3_bucket_ownership_controls" "b" {
  for_each = local.buckets
  bucket = aws_s3_bucket.b[each.key].id
  rule { object_ownership = "BucketOwnerEnforced" }
}
resource "aws_s3_bucket_lifecycle_configuration" "b" {
  for_each = local.buckets
  bucket = aws_s3_bucket.b[each.key].id
  rule {
    id = "expire"
    status = "Enabled"
    filter { prefix = "" }
    transition {
      days = 30
      storage_class = "STANDARD_IA"
    }
    expiration { days = 90 }
    noncurrent_version_expiration { noncurrent_days = 30 }
  }
}
resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.b["logs"].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
      kms_master_key_id = aws_kms_key.trail.arn
    }
    bucket_key_enabled = true
  }
}
resource "aws_s3_bucket_server_side_encryption_configuration" "access" {
  bucket = aws_s3_bucket.b["access"].id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
  }
}
resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.b["logs"].id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "acl", Effect = "Allow", Principal = { Service = "cloudtrail.amazonaws.com" }, Action = "s3:GetBucketAcl", Resource = aws_s3_bucket.b["logs"].arn, Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } } },
    { Sid = "write", Effect = "Allow", Principal = { Service = "cloudtrail.amazonaws.com" }, Action = "s3:PutObject", Resource = "${aws_s3_bucket.b["logs"].arn}/AWSLogs/${local.acct}/*", Condition = { StringEquals = { "s3:x-amz-acl" = "bucket-owner-full-control", "aws:SourceArn" = local.trail_arn } } },
    { Sid = "tls", Effect = "Deny", Principal = "*", Action = "s3:*", Resource = [aws_s3_bucket.b["logs"].arn, "${aws_s3_bucket.b["logs"].arn}/*"], Condition = { Bool = { "aws:SecureTransport" = "false" } } }
  ] })
}
resource "aws_s3_bucket_policy" "access" {
  bucket = aws_s3_bucket.b["access"].id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "log", Effect = "Allow", Principal = { Service = "logging.s3.amazonaws.com" }, Action = "s3:PutObject", Resource = "${aws_s3_bucket.b["access"].arn}/*", Condition = { ArnLike = { "aws:SourceArn" = aws_s3_bucket.b["logs"].arn } } }
  ] })
}
resource "aws_s3_bucket_logging" "logs" {
  bucket = aws_s3_bucket.b["logs"].id
  target_bucket = aws_s3_bucket.b["access"].id
  target_prefix = "trail/"
  depends_on = [aws_s3_bucket_policy.access]
}
resource "aws_cloudtrail" "org" {
  name = "org-trail"
  s3_bucket_name = aws_s3_bucket.b["logs"].id
  is_multi_region_trail = true
  include_global_service_events = true
  enable_log_file_validation = true
  kms_key_id = aws_kms_key.trail.arn
  depends_on = [aws_s3_bucket_policy.logs]
}
resource "aws_iam_account_password_policy" "p" {
  minimum_password_length = 14
  require_lowercase_characters = true
  require_uppercase_characters = true
  require_numbers = true
  require_symbols = true
  allow_users_to_change_password = true
  max_password_age = 90
  password_reuse_prevention = 24
}
resource "aws_vpc" "v" {
  cidr_block = "10.0.0.0/16"
  enable_dns_support = true
  enable_dns_hostnames = true
  tags = { Name = "baseline" }
}
locals {
  azs = ["us-east-1a", "us-east-1b"]
}
resource "aws_subnet" "web" {
  count = 2
  vpc_id = aws_vpc.v.id
  availability_zone = local.azs[count.index]
  cidr_block = cidrsubnet("10.0.0.0/16", 8, count.index)
  tags = { Name = "web-${count.index}" }
}
resource "aws_subnet" "db" {
  count = 2
  vpc_id = aws_vpc.v.id
  availability_zone = local.azs[count.index]
  cidr_block = cidrsubnet("10.0.0.0/16", 8, count.index + 10)
  tags = { Name = "db-${count.index}" }
}
resource "aws_internet_gateway" "g" { vpc_id = aws_vpc.v.id }
resource "aws_route_table" "web" {
  vpc_id = aws_vpc.v.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.g.id
  }
}
resource "aws_route_table" "db" { vpc_id = aws_vpc.v.id }
resource "aws_route_table_association" "web" {
  count = 2
  subnet_id = aws_subnet.web[count.index].id
  route_table_id = aws_route_table.web.id
}
resource "aws_route_table_association" "db" {
  count = 2
  subnet_id = aws_subnet.db[count.index].id
  route_table_id = aws_route_table.db.id
}
resource "aws_security_group" "web" {
  name = "web"
  description = "web"
  vpc_id = aws_vpc.v.id
}
resource "aws_security_group" "db" {
  name = "db"
  description = "db"
  vpc_id = aws_vpc.v.id
}
resource "aws_vpc_security_group_ingress_rule" "web443" {
  security_group_id = aws_security_group.web.id
  cidr_ipv4 = "0.0.0.0/0"
  from_port = 443
  to_port = 443
  ip_protocol = "tcp"
}
resource "aws_vpc_security_group_ingress_rule" "web80" {
  security_group_id = aws_security_group.web.id
  cidr_ipv4 = "0.0.0.0/0"
  from_port = 80
  to_port = 80
  ip_protocol = "tcp"
}
resource "aws_vpc_security_group_egress_rule" "web" {
  security_group_id = aws_security_group.web.id
  cidr_ipv4 = "0.0.0.0/0"
  ip_protocol = "-1"
}
resource "aws_vpc_security_group_ingress_rule" "db" {
  security_group_id = aws_security_group.db.id
  referenced_security_group_id = aws_security_group.web.id
  from_port = 3306
  to_port = 3306
  ip_protocol = "tcp"
}
resource "aws_network_acl" "web" {
  vpc_id = aws_vpc.v.id
  subnet_ids = aws_subnet.web[*].id
  ingress {
    rule_no = 100
    protocol = "tcp"
    action = "allow"
    cidr_block = "0.0.0.0/0"
    from_port = 443
    to_port = 443
  }
  ingress {
    rule_no = 110
    protocol = "tcp"
    action = "allow"
    cidr_block = "0.0.0.0/0"
    from_port = 80
    to_port = 80
  }
  ingress {
    rule_no = 120
    protocol = "tcp"
    action = "allow"
    cidr_block = "0.0.0.0/0"
    from_port = 1024
    to_port = 65535
  }
  egress {
    rule_no = 100
    protocol = "-1"
    action = "allow"
    cidr_block = "0.0.0.0/0"
    from_port = 0
    to_port = 0
  }
}
resource "aws_network_acl" "db" {
  vpc_id = aws_vpc.v.id
  subnet_ids = aws_subnet.db[*].id
  ingress {
    rule_no = 100
    protocol = "tcp"
    action = "allow"
    cidr_block = "10.0.0.0/16"
    from_port = 3306
    to_port = 3306
  }
  egress {
    rule_no = 100
    protocol = "tcp"
    action = "allow"
    cidr_block = "10.0.0.0/16"
    from_port = 1024
    to_port = 65535
  }
}
resource "aws_iam_role" "web" {
  name = "baseline-web"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy" "web" {
  name = "read-config"
  role = aws_iam_role.web.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["ssm:GetParameter"], Resource = "*" }] })
}
resource "aws_iam_instance_profile" "web" {
  name = "baseline-web"
  role = aws_iam_role.web.name
}
resource "aws_launch_template" "web" {
  name = "baseline-web"
  image_id = "ami-12c6146b"
  instance_type = "t3.micro"
  vpc_security_group_ids = [aws_security_group.web.id]
  iam_instance_profile { name = aws_iam_instance_profile.web.name }
  metadata_options {
    http_tokens = "required"
    http_endpoint = "enabled"
    http_put_response_hop_limit = 1
  }
}
resource "aws_lb" "web" {
  name = "baseline-web"
  load_balancer_type = "application"
  subnets = aws_subnet.web[*].id
  security_groups = [aws_security_group.web.id]
  drop_invalid_header_fields = true
}
resource "aws_lb_target_group" "web" {
  name = "baseline-web"
  port = 443
  protocol = "HTTPS"
  vpc_id = aws_vpc.v.id
}
resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.web.arn
  port = 80
  protocol = "HTTP"
  default_action {
    type = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}
resource "aws_autoscaling_group" "web" {
  name = "baseline-web"
  min_size = 2
  max_size = 6
  desired_capacity = 2
  vpc_zone_identifier = aws_subnet.web[*].id
  target_group_arns = [aws_lb_target_group.web.arn]
  health_check_type = "ELB"
  launch_template {
    id = aws_launch_template.web.id
    version = "$Latest"
  }
  wait_for_capacity_timeout = "0"
}
resource "aws_autoscaling_policy" "cpu" {
  name = "cpu"
  autoscaling_group_name = aws_autoscaling_group.web.name
  policy_type = "TargetTrackingScaling"
  target_tracking_configuration {
    predefined_metric_specification { predefined_metric_type = "ASGAverageCPUUtilization" }
    target_value = 60
  }
}
resource "aws_s3_account_public_access_block" "a" {
  block_public_acls = true
  block_public_policy = true
  ignore_public_acls = true
  restrict_public_buckets = true
}
resource "aws_ebs_encryption_by_default" "e" { enabled = true }
