//! Text of a fleet's file.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{
    ANY_ACCOUNT, ANY_REGION, KeyType, Place, Reader, Span, TextRules, check_arn, check_characters,
    check_role_name, check_variables, fill,
};

text_type! {
    /// A role in each account, by name or by ARN.
    template AccessRole, "name of a role, or its ARN with `${account}`", |text| {
        if !text.starts_with("arn:") {
            return check_role_name(text);
        }
        check_arn(text)?;
        if text.contains(":iam::") && text.contains(":role/") && !text.contains('*') {
            Ok(())
        } else {
            Err("not the ARN of a role, such as arn:aws:iam::${account}:role/baseline/Apply".to_owned())
        }
    }
}

text_type! {
    /// What is done with the account that manages the organization.
    plain Management, "\"skip\" or \"direct\" or name of a role", check_role_name
}

text_type! {
    /// The name of a role's session (sts:AssumeRole, `RoleSessionName`).
    plain SessionName, "name of a session, with `${run}` and `${user}`", |text| {
        // Eight letters of the run, and as much of the caller's name as there is room for.
        let text = text.replace("${run}", "00000000").replace("${user}", "u");
        check_characters(&text, 2, 64, |c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
    }
}

text_type! {
    /// A unit of an organization.
    plain UnitLabel, "unit of the organization, by names such as \"Workloads/Prod\" or by id", |text| {
        check_characters(text, 1, 700, |c| !c.is_control())?;
        if text.starts_with('/') || text.ends_with('/') {
            return Err("names of units stand from the outermost, with `/` between them only".to_owned());
        }
        Ok(())
    }
}
