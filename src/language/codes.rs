//! What each class of problems in a file means, by the code that stands beside it: `error[unknown-key]`.

/// Every code with its meaning and what to do, in the order of the alphabet.
pub const CODES: &[(&str, &str)] = &[
    (
        "assertion",
        "An assertion of the file does not hold in the network that the file plans. A packet that shows it stands below. Change the network, or the assertion.",
    ),
    (
        "bad-combination",
        "Two values of the file exclude each other, or one of them means nothing without the other. Change one.",
    ),
    (
        "bad-encryption",
        "What AWS delivers into this bucket can only be stored with the encryption that AWS chooses. Leave the key out.",
    ),
    (
        "bad-name",
        "AWS refuses the name that comes of it: it is too long, or has a character that AWS does not take. Set `name`.",
    ),
    ("bad-policy", "A statement is not one that AWS takes; AWS would refuse the whole policy."),
    (
        "bad-retention",
        "The days of a lifecycle contradict each other, or S3 does not allow them for that storage class.",
    ),
    ("bad-tag", "AWS refuses the tag, or it is one of the tags by which baseline knows what it manages."),
    (
        "bad-value",
        "The value has the right type, but is out of its limits or not of the form that the key takes.",
    ),
    (
        "cannot-expand",
        "A resource cannot be written down from this section. It is a bug of baseline: please report it.",
    ),
    (
        "contradiction",
        "Two sections want the same thing differently: one would undo, or judge as wrong, what the other makes.",
    ),
    ("duplicate", "The same thing is said twice. Keep one of the two."),
    ("duplicate-name", "Two resources would have the same name in AWS. Give one of them another `name`."),
    (
        "empty",
        "An end of the assertion has no addresses, so the assertion says nothing. Change it or take it out.",
    ),
    ("empty-group", "The group gives its members no rights. Add `allow`, `policies` or `assume`."),
    ("empty-policy", "The policy has no statement, and AWS takes none like that."),
    (
        "host-bits",
        "The range has bits beyond its prefix; AWS would store another range than the one written. Write the one that is suggested.",
    ),
    (
        "lockout",
        "With this value a user may be unable to sign in or to renew a password without somebody else.",
    ),
    (
        "log-loop",
        "Access logs come back to the bucket that they are about, and each delivery makes further logs.",
    ),
    ("missing-key", "A key that has no default is missing."),
    ("missing-name", "The section is one of several and needs a name: `[bucket.NAME]`, not `[bucket]`."),
    (
        "missing-value",
        "A variable of the file has no value: give it one with `--var`, in the fleet file, or by a `default`.",
    ),
    (
        "moved-and-declared",
        "A `[[moved]]` entry names a tier by its old name, and the file still declares a tier of that name.",
    ),
    ("name-taken", "baseline makes a resource of this name itself. Choose another one."),
    ("no-flow-logs", "Nobody records the traffic of the network. Name a bucket, or say `flow_logs = false`."),
    ("no-instance-profile", "Instances can run only with a role that has an instance profile."),
    ("no-ipv6", "An IPv6 range or rule stands in a network that has no IPv6."),
    ("no-room", "The range of the network is too small for the tiers and zones that lie in it."),
    ("no-rotation", "The key is never rotated. Leave `rotation_days` out to rotate it each year."),
    ("no-tls", "The load balancer takes HTTP without TLS. Give it a `certificate`."),
    ("no-way-out", "No route leads where the tier may go, so what the file allows cannot work."),
    ("not-proven", "Whether an assertion holds could not be proven, for the reason that stands there."),
    ("not-utf8", "The file is not text in UTF-8."),
    ("old-name", "S3 makes no bucket with such a name any more; one that exists is taken over."),
    ("old-tls", "The TLS policy lets clients use a version of TLS older than 1.2."),
    (
        "open-admin-port",
        "SSH or RDP would be open to the whole world. Name the addresses you administer from in `admin_from`.",
    ),
    ("open-port", "A port besides 80 and 443 would be open to the whole world."),
    (
        "open-trust",
        "Everybody who has an account with the identity provider could assume the role. Name `subjects`.",
    ),
    ("overlap", "Two ranges have addresses in common where they must not."),
    (
        "public-bucket",
        "The policy would open the bucket to everybody, which its block of public access refuses. Name principals or conditions.",
    ),
    ("quota", "AWS allows this only where a quota of the account was raised."),
    ("short-retention", "The log files of the trail are kept for fewer days than is usual."),
    ("syntax", "The file is not TOML."),
    ("too-few-zones", "A load balancer needs subnets in two zones at least."),
    ("too-large", "The file or a policy that comes of it is larger than can be read, or than AWS takes."),
    ("too-many", "There are more of these than AWS allows."),
    ("too-small", "A subnet is smaller than a load balancer needs."),
    (
        "trail-bucket-unwatched",
        "Nobody records who reads the bucket of the trail. Add `access_log`, or say `access_log = false`.",
    ),
    (
        "trail-without-key",
        "The log files of the trail are not encrypted with a key of your own. Add `kms_key`, or say `kms_key = false`.",
    ),
    ("unknown-key", "The section has no such key; it may be a slip. The key that is closest is suggested."),
    ("unknown-name", "The file refers to something that it does not declare."),
    (
        "unknown-tls-policy",
        "This version does not know the TLS policy, so it cannot tell which versions of TLS it takes.",
    ),
    ("unknown-variable", "A reference or a value is for a variable that the file does not have."),
    ("unreachable", "What the file lets in or names as a way cannot come about: nobody reaches it."),
    ("unused", "Nothing uses what is declared here, though AWS may charge for it."),
    ("unused-variable", "Nothing refers to the variable."),
    ("weak-password", "The passwords that this allows are shorter than CIS asks for."),
    ("weak-trail", "The value makes the trail weaker than its default."),
    ("weak-trust", "Other accounts may assume the role without a second factor and without an external id."),
    ("wide-grant", "The policy lets its holder do nearly anything."),
    ("wildcard", "The grant holds for every action or resource. List them, or say why in `wildcard_reason`."),
    ("wrong-partition", "The ARN is of another partition of AWS than the region of the file."),
    ("wrong-region", "What is named lies in another region than what uses it."),
    ("wrong-type", "The value has another type than the key takes."),
];

/// What a code means.
pub fn meaning(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}
