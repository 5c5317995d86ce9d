//! `baseline admit`: lets an address in for a while.

use std::path::Path;
use std::time::Duration;

use ipnet::IpNet;

use super::admit_end::Ending;
use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::file::Loaded;
use super::live_network::{self, Looked};
use super::output::Output;
use super::temporary::{self, Change, Found, Longest, On};
use super::{arguments, calls, connect, endpoints, file, own_connection};
use crate::aws::{Account, Mode, network, own_address};
use crate::kinds::ec2_network_acl::NetworkAcl;
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::language::proof::Topology;
use crate::model::{ResourceSpec as _, Wanted};
use crate::network::{Answer, Traffic, carrying};
use crate::report::reach::{Question, reach};
use crate::report::{Shown, temporary as report, text};
use crate::shown;
use crate::temporary::{ADMIT_DAYS, Protocol, Service, Subject, Temporary, person, room};

const EXAMPLES: &str = "\
Examples:
  baseline admit 203.0.113.7 --port 22 --to web --reason 'restore of orders' landing-zone.toml
  baseline admit --me --port 22 --to web --for 2h --reason deploy landing-zone.toml
  baseline admit --list landing-zone.toml
  baseline admit --end 203.0.113.7 landing-zone.toml
  baseline admit --expire landing-zone.toml    removes what has ended; for a scheduler

Session Manager needs no open port at all: prefer it where instances run its agent.";

const USAGE: &str = "\
baseline admit ADDRESS --port 22 --to TIER --reason TEXT FILE
       baseline admit --list FILE
       baseline admit --end ADDRESS FILE
       baseline admit --expire FILE";

/// Let an address in for a while, to one port of one tier
///
/// Writes a rule into the tier's security group and two entries into its network ACL, one each way. Who is let in, until when
/// and why stands in tags of both, so any machine can list and end it; plan and drift show it and do not take it for
/// drift. Once its time is over, the next apply or --expire removes it; until then the port stays open.
#[derive(Debug, clap::Args)]
#[command(
    after_help = EXAMPLES,
    override_usage = USAGE
)]
pub(super) struct Args {
    /// The address or range that is let in, and the baseline file
    #[arg(value_name = "RANGE FILE", num_args = 1..=2, required = true)]
    asked: Vec<String>,

    /// Let in the address that your SSH session comes from, or that AWS sees you come from
    #[arg(long, conflicts_with_all = ["list", "expire", "end"])]
    me: bool,

    /// The port, such as 22 or 51820/udp
    #[arg(long, value_name = "PORT", value_parser = service, required_unless_present_any = ["list", "expire", "end"])]
    port: Option<Service>,

    /// The tier that is reached
    #[arg(long, value_name = "TIER", required_unless_present_any = ["list", "expire", "end"])]
    to: Option<String>,

    /// Let in for this long, such as 30m, 1h or 7d
    #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = lasting)]
    lasting: Duration,

    /// Say why; kept with the rule
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["list", "expire", "end"])]
    reason: Option<String>,

    /// Only list who is let in
    #[arg(long, conflicts_with_all = ["expire", "end", "reason", "port", "to", "dry_run"])]
    list: bool,

    /// With --list, print it as JSON
    #[arg(long, requires = "list")]
    json: bool,

    /// Let that address in no longer, to whatever port
    #[arg(long, conflicts_with_all = ["expire", "reason", "port", "to", "dry_run"])]
    end: bool,

    /// Only remove what has ended, and what a run that died left half done
    #[arg(long, conflicts_with_all = ["reason", "port", "to", "dry_run"])]
    expire: bool,

    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not take the lock: go on while an apply is at work
    #[arg(long)]
    now: bool,

    #[command(flatten)]
    vars: arguments::Vars,

    #[command(flatten)]
    access: arguments::Access,
}

fn lasting(text: &str) -> Result<Duration, String> {
    let instead = "put an address that stays under `admin_from` or `accept` in the file";
    temporary::lasting(text, Longest { days: ADMIT_DAYS, instead })
}

fn service(text: &str) -> Result<Service, String> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        _ => return Err("write one port such as 22 or 51820/udp".to_owned()),
    };
    match port.parse() {
        Ok(port) if port > 0 => Ok(Service { protocol, port }),
        _ => Err("write one port such as 22 or 51820/udp".to_owned()),
    }
}

/// The reads of this command, as IAM calls them.
pub(super) fn reads() -> Vec<&'static str> {
    network::CALLS.iter().copied().chain(["ec2:DescribeSecurityGroupRules"]).collect()
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let Some((path, typed)) = args.asked.split_last() else { return Err(Failure::new("write RANGE FILE")) };
    let typed: Vec<_> = typed.iter().map(|text| (String::new(), text.clone())).collect();
    let asked = temporary::ranges(&typed)?.first().copied();
    let needs_range = !args.list && !args.expire && !args.me;
    if asked.is_some() != needs_range {
        return Err(if needs_range {
            Failure::with_hint(
                "no address is named",
                "write: baseline admit ADDRESS --port 22 --to TIER --reason TEXT FILE",
            )
        } else {
            Failure::with_hint("--list, --expire and --me name no address", "leave the range out")
        });
    }
    let loaded = file::load_urgently(Path::new(path), &args.vars, output)?;
    let mode = if args.list || args.dry_run { Mode::ReadOnly } else { Mode::ReadWrite };
    let account = connect::open(&loaded, args.access.profile.as_deref(), sandbox, mode, output).await?;
    let asked = if args.me { Some(own_address(&account, sandbox, output).await?) } else { asked };
    let wanted = loaded.expand(&loaded.baseline.place_without_account(), output)?;
    let is_admission = |subject: &Subject| matches!(subject, Subject::Admit(..));
    let exit = match asked {
        None if args.list => {
            let kept = temporary::read(&account).await?.kept(is_admission);
            output.out(&report::list(&kept, &endpoints::custom(&account), args.json).map_err(Failure::bug)?);
            Ok(Exit::Success)
        }
        None => temporary::expire(&account, &wanted, args.now, output).await.map(|()| Exit::Success),
        Some(range) if args.end => end(range, args.now, &loaded, (&account, &wanted), output).await,
        Some(range) => admit(args, range, &loaded, (&account, wanted), output).await,
    };
    if args.access.trace_calls {
        calls::show(&calls::calls(&account), output);
    }
    exit
}

/// The address of the SSH session; where there is none, AWS is asked, unless something else answers in its place.
async fn own_address(account: &Account, sandbox: &BuiltIn, output: &Output) -> Result<IpNet, Failure> {
    if let Some(address) = own_connection::session_address() {
        return Ok(address.into());
    }
    let unknown = |why: String| {
        Failure::with_hint(
            format!("nothing says which address you come from: {why}"),
            format!("name it; AWS tells it to whoever asks: curl {}", own_address::PAGE),
        )
    };
    if sandbox.is_used() || !account.custom_endpoints().is_empty() {
        return Err(unknown(
            "you are not signed in here by SSH, and this account is not one of AWS's".to_owned(),
        ));
    }
    let address =
        own_address::seen_from().await.map_err(|why| unknown(format!("{}: {why}", own_address::PAGE)))?;
    output.note(&shown!(
        "note: you come from {}, as {} sees you; behind a proxy or a VPN, SSH may take another way",
        Shown::line(&address.to_string()),
        own_address::PAGE
    ));
    Ok(address.into())
}

async fn end(
    range: IpNet,
    beside: bool,
    loaded: &Loaded,
    (account, wanted): (&Account, &Wanted),
    output: &Output,
) -> Result<Exit, Failure> {
    let is_asked =
        |subject: &Subject| matches!(subject, Subject::Admit(..)) && range.contains(&subject.range());
    let found = temporary::read(account).await?;
    let (changes, ended) = found.clone().end(is_asked, wanted);
    if changes.is_empty() {
        return Err(Failure::with_hint(
            format!("{range} is not let in by admit"),
            "list who is with: baseline admit --list FILE",
        ));
    }
    temporary::write(account, changes, beside, output).await?;
    for subject in &ended {
        output.out(&shown!("{} is no longer let in\n", Shown::line(&subject.to_string())));
    }
    let ending = loaded.baseline.ending_role(account.id()).map(|role| Ending::new(account, role));
    if let Some(ending) = ending
        && let Err(error) = ending.forget(&found, &ended).await
    {
        output.note(&shown!(
            "note: schedules that would have ended it are left, and find nothing to delete: {}",
            Shown::line(&error.to_string())
        ));
    }
    Ok(Exit::Success)
}

/// Fails where the range is none that is let in for a while.
fn check(
    range: IpNet,
    service: Service,
    topology: &Topology,
    found: &Found,
    denied: &[IpNet],
) -> Result<(), Failure> {
    let refuse = |reason: String, hint: &str| {
        Err(Failure::with_hint(format!("{range} is not let in: {reason}"), hint))
    };
    let subject = Subject::Admit(range, service);
    if !subject.is_narrow() {
        return refuse(
            format!("it is wider than /{}", subject.widest()),
            "name the address that you administer from",
        );
    }
    let v6_ranges =
        || topology.network.vpcs.values().flat_map(|vpc| &vpc.ranges).any(|range| range.addr().is_ipv6());
    if range.addr().is_ipv6() && !v6_ranges() {
        return refuse("this network has no IPv6".to_owned(), "name an IPv4 address");
    }
    let overlaps = |other: &&IpNet| other.contains(&range) || range.contains(*other);
    if let Some(denied) = denied.iter().find(overlaps) {
        let hint = "change the file first: what it denies for good is not let in for a while";
        return refuse(format!("{denied} stands under `deny` in [network]"), hint);
    }
    let blocks = found.acls.iter().flat_map(|acl| &acl.acl.temporary);
    let blocked = blocks
        .filter(|temporary| !temporary.has_ended(Some(found.now)))
        .filter_map(|temporary| match temporary.subject {
            Subject::Block(blocked) => Some(blocked),
            Subject::Admit(..) => None,
        })
        .find(|blocked| overlaps(&blocked));
    match blocked {
        Some(blocked) => refuse(
            format!("{blocked} is blocked"),
            "end the block first: baseline unblock RANGE FILE; baseline block --list FILE shows who asked for it",
        ),
        None => Ok(()),
    }
}

async fn admit(
    args: &Args,
    range: IpNet,
    loaded: &Loaded,
    (account, wanted): (&Account, Wanted),
    output: &Output,
) -> Result<Exit, Failure> {
    let (Some(blocking), Some(service), Some(tier)) =
        (loaded.baseline.blocking(), args.port, args.to.as_deref())
    else {
        return Err(Failure::with_hint(
            "this file declares no network",
            "add a [network] section and apply it",
        ));
    };
    let (read, looked) =
        tokio::join!(temporary::read(account), live_network::look(account, loaded, wanted.clone(), output));
    let (found, Looked { topology, endpoints, .. }) = (read?, looked?);
    let (acl_addr, group_addr) = (NetworkAcl::addr(tier), SecurityGroup::addr(tier));
    let acl = found.acls.iter().find(|acl| acl.addr == acl_addr);
    let group = found.groups.iter().find(|group| group.addr == group_addr);
    let (Some(acl), Some(group)) = (acl, group) else {
        let tiers: Vec<&str> = found.acls.iter().map(|acl| acl.addr.name()).collect();
        return Err(Failure::with_hint(
            format!("there is no tier {tier:?} in the account"),
            format!("name one of {}", tiers.join(", ")),
        ));
    };
    check(range, service, &topology, &found, &blocking.denied)?;
    let traffic = match service.protocol {
        Protocol::Tcp => Traffic::tcp(service.port, service.port),
        Protocol::Udp => Traffic::udp(service.port, service.port),
    };
    let (Some(from), Some(to)) = (topology.ends.find(&range.to_string()), topology.ends.find(tier)) else {
        return Err(Failure::bug("an end of the network is not found"));
    };
    let asked = carrying(&traffic);
    let question = Question { from: &from, to: &to, traffic: &asked };
    let held = |temporary: &Temporary| {
        temporary.subject == Subject::Admit(range, service) && !temporary.has_ended(Some(found.now))
    };
    output.out(&text::endpoints(&endpoints));
    let is_held = group.group.temporary.iter().any(held);
    let is_open = |topology: &Topology| reach(&question, topology, &wanted, &loaded.source);
    if !is_held && is_open(&topology).0 == Answer::Reachable {
        output.out(&shown!(
            "{} reaches {} on {} already, without this\n",
            Shown::line(&range.to_string()),
            Shown::line(tier),
            Shown::line(&service.to_string())
        ));
        return Ok(Exit::Success);
    }
    let admitted = topology.with_admitted((&acl_addr.to_string(), &group_addr.to_string()), &range, &traffic);
    let (answer, text) = is_open(&admitted);
    if answer == Answer::Unreachable {
        output.out(&text);
        return Err(Failure::with_hint(
            format!("{range} would not reach {tier} on {service} even so; nothing was written"),
            "what blocks it is above; to reach a private tier let the address into a public one, or use Session Manager",
        ));
    }
    let is_v6 = range.addr().is_ipv6();
    if !is_held && room(&acl.acl, is_v6, blocking.entries) == 0 {
        return Err(Failure::with_hint(
            format!("{} has no room for another entry; nothing was written", acl.addr),
            "end something that holds for a while, or have AWS raise the quota and set `acl_quota`",
        ));
    }
    let until = found.now.checked_add(args.lasting).map_err(Failure::bug)?;
    let temporary = Temporary {
        subject: Subject::Admit(range, service),
        from: found.now,
        until,
        by: person(&account.identity.arn),
        reason: args.reason.clone().unwrap_or_default(),
    };
    let words = Shown::line(&temporary.words());
    if args.dry_run {
        output.out(&shown!("would let in {} on {}\n", words, Shown::line(tier)));
        return Ok(Exit::Success);
    }
    let changes = vec![
        Change { on: On::Acl(acl.clone()), tags: vec![temporary.clone()] },
        Change { on: On::group(group.clone(), &wanted), tags: vec![temporary.clone()] },
    ];
    let ending = loaded.baseline.ending_role(account.id()).map(|role| Ending::new(account, role));
    if let Some(ending) = &ending {
        ending.schedule(acl, group, &temporary).await?;
    }
    temporary::write(account, changes, args.now, output).await?;
    if let Some(ending) = &ending {
        let written = temporary::read(account).await?;
        if let Err(failure) = ending.schedule_found(&written, &temporary, acl, group).await {
            let (changes, _) = written.end(|subject| *subject == temporary.subject, &wanted);
            temporary::write(account, changes, args.now, output).await?;
            return Err(failure);
        }
    }
    let now = live_network::look(account, loaded, wanted.clone(), output).await?.topology;
    let (answer, text) = is_open(&now);
    output.out(&text);
    output.out(&shown!("lets in {} on {}\n", words, Shown::line(tier)));
    output.note(&if ending.is_some() {
        shown!("note: EventBridge Scheduler closes it at that time, even if nobody runs anything; sooner with baseline admit --end")
    } else {
        shown!(
            "note: it stays open until the first apply, or baseline admit --expire FILE, after that time; sooner with baseline admit --end"
        )
    });
    Ok(match answer {
        Answer::Reachable => Exit::Success,
        Answer::Unreachable => Exit::Changes,
        Answer::Unknown => Exit::Incomplete,
    })
}
