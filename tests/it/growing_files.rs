//! Files of any size, right ones and ones full of one mistake. The benchmark measures how their checks grow; a test here holds
//! what they may take.

/// Which parser reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// That of baselines.
    Baseline,
    /// That of fleets.
    Fleet,
}

/// What a file repeats.
pub struct Repeated {
    /// In words that follow "a file full of".
    pub name: &'static str,
    /// Who reads it.
    pub reads: Reads,
    before: &'static str,
    each: fn(usize) -> String,
    after: &'static str,
}

const fn baseline(
    name: &'static str,
    before: &'static str,
    each: fn(usize) -> String,
    after: &'static str,
) -> Repeated {
    Repeated { name, reads: Reads::Baseline, before, each, after }
}

const fn fleet(
    name: &'static str,
    before: &'static str,
    each: fn(usize) -> String,
    after: &'static str,
) -> Repeated {
    Repeated { name, reads: Reads::Fleet, before, each, after }
}

const TIER: &str = "[network]\ncidr = \"10.0.0.0/16\"\n[network.tier.web]\npublic = true\naccept = [\n";

/// All of them.
pub const REPEATED: [Repeated; 24] = [
    baseline("buckets", "", |n| format!("[bucket.b{n}]\n"), ""),
    baseline(
        "buckets that log into one",
        "[bucket.logs]\naccess_log = false\n",
        |n| format!("[bucket.b{n}]\naccess_log = \"logs\"\n"),
        "",
    ),
    baseline(
        "buckets that log into the next",
        "",
        |n| format!("[bucket.b{n}]\naccess_log = \"b{}\"\n", n + 1),
        "",
    ),
    baseline(
        "buckets that log into what nobody declared",
        "",
        |n| format!("[bucket.b{n}]\naccess_log = \"x{n}\"\n"),
        "",
    ),
    baseline(
        "roles",
        "",
        |n| format!("[role.r{n}]\ntrusted_by = {{ services = [\"lambda.amazonaws.com\"] }}\n"),
        "",
    ),
    baseline(
        "roles with policies that nobody declared",
        "",
        |n| format!("[policy.p{n}]\n[role.r{n}]\npolicies = [\"x{n}\"]\n"),
        "",
    ),
    baseline(
        "statements of one policy",
        "[policy.p]\nallow = [\n",
        |n| format!("{{ actions = [\"s3:GetObject\"], resources = [\"arn:aws:s3:::x{n}/*\"] }},\n"),
        "]\n",
    ),
    baseline("moved", "", |n| format!("[[moved]]\nfrom = \"s3.bucket.a{n}\"\nto = \"s3.bucket.b{n}\"\n"), ""),
    baseline(
        "tiers that moved",
        "",
        |n| format!("[[moved]]\nfrom = \"network.tier.a{n}\"\nto = \"network.tier.b{n}\"\n"),
        "",
    ),
    baseline(
        "ranges that a tier accepts",
        TIER,
        |n| format!("{{ from = \"198.{}.{}.{}/32\", port = 443 }},\n", n >> 16 & 255, n >> 8 & 255, n & 255),
        "]\n",
    ),
    baseline(
        "the same range again",
        TIER,
        |_| "{ from = \"198.51.100.1/32\", port = 443 },\n".to_owned(),
        "]\n",
    ),
    baseline("TCP without a port", TIER, |_| "{ from = \"internet\" },\n".to_owned(), "]\n"),
    baseline("tiers that nobody declared", TIER, |n| format!("{{ from = \"x{n}\", port = 443 }},\n"), "]\n"),
    baseline(
        "tiers that accept from what nobody declared",
        "[network]\ncidr = \"10.0.0.0/8\"\nzones = 1\n",
        |n| format!("[network.tier.t{n}]\naccept = [{{ from = \"x{n}\", port = 443 }}]\n"),
        "",
    ),
    baseline(
        "assertions about nobody",
        "[network]\ncidr = \"10.0.0.0/16\"\n[network.tier.web]\n",
        |n| format!("[[network.assert]]\nfrom = \"x{n}\"\nto = \"web\"\nexpect = \"unreachable\"\n"),
        "",
    ),
    baseline("keys that nobody knows", "[account]\n", |n| format!("key{n} = 1\n"), ""),
    baseline("lines that are no TOML", "", |_| "=\n".to_owned(), ""),
    fleet("accounts", "[access]\nrole = \"Admin\"\n", |n| format!("[account.a{n}]\nid = \"{n:012}\"\n"), ""),
    fleet(
        "accounts under one id",
        "[access]\nrole = \"Admin\"\n",
        |n| format!("[account.a{n}]\nid = \"123456789012\"\n"),
        "",
    ),
    fleet(
        "accounts left out",
        "except = [\n",
        |n| format!("\"{n:012}\",\n"),
        "]\n[access]\nrole = \"Admin\"\n",
    ),
    fleet(
        "waves",
        "[access]\nrole = \"Admin\"\n",
        |n| format!("[[wave]]\nname = \"w{n}\"\naccounts = [\"a{n}\"]\n"),
        "",
    ),
    fleet("waves of one name", "", |_| "[[wave]]\nname = \"w\"\npercent = 5\n".to_owned(), ""),
    fleet("keys that nobody knows", "", |n| format!("key{n} = 1\n"), ""),
    fleet("lines that are no TOML", "", |_| "=\n".to_owned(), ""),
];

impl Repeated {
    /// The file, of at most so many bytes.
    pub fn file(&self, bytes: usize) -> String {
        let head = match self.reads {
            Reads::Baseline => "name = \"files\"\nregion = \"us-east-1\"\n",
            Reads::Fleet => "name = \"files\"\nbaseline = \"web.toml\"\n",
        };
        let mut text = format!("{head}{}", self.before);
        for number in 0.. {
            let next = (self.each)(number);
            if text.len() + next.len() + self.after.len() > bytes {
                break;
            }
            text.push_str(&next);
        }
        text + self.after
    }
}
