"""What botocore's data says about each partition, by id."""
import json

from botocore.loaders import Loader
from botocore.regions import EndpointResolver

loader = Loader()
resolver = EndpointResolver(loader.load_data("endpoints"))
rules = json.dumps(loader.load_service_model("signin", "endpoint-rule-set-1"))


def region_of_iam(partition):
    for known in resolver._endpoint_data["partitions"]:
        if known["partition"] == partition:
            home = known["services"].get("iam", {})
            endpoint = home.get("endpoints", {}).get(home.get("partitionEndpoint"), {})
            return endpoint.get("credentialScope", {}).get("region")
    return None


def sign_in(partition):
    """The host that the rules of the sign-in service give to clients of a partition without FIPS or dual stack."""
    found = []

    def walk(rule):
        text = json.dumps(rule.get("conditions", []))
        if rule["type"] == "endpoint":
            named = f'"{partition}"' in text and "UseFIPS" in text
            if named and '"UseFIPS"}, true' not in text.replace("\\", ""):
                url = rule["endpoint"]["url"]
                found.append(url if isinstance(url, str) else json.dumps(url))
        for inner in rule.get("rules", []):
            walk({**inner, "conditions": rule.get("conditions", []) + inner.get("conditions", [])})

    for rule in json.loads(rules)["rules"]:
        walk(rule)
    hosts = {url.removeprefix("https://").removeprefix("{Region}.") for url in found if "fips" not in url}
    assert len(hosts) == 1, (partition, found)
    return hosts.pop()


answer = {}
for one in loader.load_data("partitions")["partitions"]:
    outputs = one["outputs"]
    answer[one["id"]] = {
        "regions": one["regionRegex"],
        "dns_suffix": outputs["dnsSuffix"],
        "dual_stack_dns_suffix": outputs["dualStackDnsSuffix"],
        "global_region": outputs["implicitGlobalRegion"],
        "iam_region": region_of_iam(one["id"]),
        "sign_in": sign_in(one["id"]),
    }
print(json.dumps(answer, sort_keys=True))
