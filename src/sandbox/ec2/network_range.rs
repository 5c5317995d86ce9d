//! Ranges of addresses in the one form AWS keeps: host bits masked off (NET-17, SG-8).

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::sandbox::wire::{Fault, Params};

fn malformed(parameter: &str, text: &str) -> Fault {
    // Parameters are named as they are in answers.
    let name = parameter.get(..1).unwrap_or_default().to_lowercase() + parameter.get(1..).unwrap_or_default();
    let message = format!("Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block.");
    Fault::client("InvalidParameterValue", message)
}

/// Reads an IPv4 range, masking its host bits.
///
/// # Errors
/// `InvalidParameterValue`, naming the parameter.
pub fn v4(parameter: &str, text: &str) -> Result<Ipv4Net, Fault> {
    text.parse().map(|net: Ipv4Net| net.trunc()).map_err(|_| malformed(parameter, text))
}

/// Reads an IPv6 range, masking its host bits.
///
/// # Errors
/// `InvalidParameterValue`, naming the parameter.
pub fn v6(parameter: &str, text: &str) -> Result<Ipv6Net, Fault> {
    text.parse().map(|net: Ipv6Net| net.trunc()).map_err(|_| malformed(parameter, text))
}

/// Reads the one range of two parameters, one for IPv4 and one for IPv6.
///
/// # Errors
/// `MissingParameter` for none, `InvalidParameterCombination` for both, or a range that is none.
pub fn either(params: &Params, v4_name: &str, v6_name: &str) -> Result<IpNet, Fault> {
    match (params.text(v4_name), params.text(v6_name)) {
        (Some(text), None) => v4(v4_name, text).map(IpNet::V4),
        (None, Some(text)) => v6(v6_name, text).map(IpNet::V6),
        (None, None) => Err(params.missing(v4_name)),
        (Some(_), Some(_)) => Err(Fault::client(
            "InvalidParameterCombination",
            format!("The parameters {v4_name} and {v6_name} cannot both be specified"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_bits_are_masked_as_aws_does_net_17() {
        assert_eq!(v4("cidrBlock", "100.68.0.18/18").unwrap().to_string(), "100.68.0.0/18");
        assert_eq!(v6("cidrBlock", "2001:DB8::1/32").unwrap().to_string(), "2001:db8::/32");
        for text in ["10.0.0.0", "10.0.0.0/33", "ten/8", ""] {
            assert_eq!(v4("cidrBlock", text).unwrap_err().code, "InvalidParameterValue");
        }
    }
}
