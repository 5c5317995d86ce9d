//! What a parameter was before.

use super::parameters::not_found;
use crate::sandbox::context::Context;
use crate::sandbox::pages::BadToken;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[operation("GetParameterHistory", get_parameter_history)];

pub(super) fn bad_token(_: BadToken) -> Fault {
    Fault::client("InvalidNextToken", "The specified token isn't valid.")
}

/// The versions that are kept, oldest first.
fn get_parameter_history(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = super::parameters::kept_name(cx, params.required("Name")?).ok_or_else(not_found)?;
    let name = name.as_str();
    let limit = params.number_in("MaxResults", 1..=50)?.unwrap_or(50);
    let lens = cx.lens();
    let parameter = cx.home().ssm.parameters.get(name).ok_or_else(not_found)?.clone();
    let versions: Vec<(i64, Fields)> = parameter
        .seen(lens, name)
        .into_iter()
        .map(|(number, written)| {
            let fields = Fields::new()
                .with("Name", name)
                .with("Type", &parameter.kind)
                .time("LastModifiedDate", written.at)
                .with("LastModifiedUser", &written.by)
                .maybe("Description", Some(&written.description).filter(|text| !text.is_empty()))
                .with("Value", &written.value)
                .list("Labels", Vec::<String>::new())
                .with("Version", number)
                .with("Tier", "Standard")
                .with("DataType", "text");
            (number, fields)
        })
        .collect();
    if versions.is_empty() {
        return Err(not_found());
    }
    let token = params.text("NextToken");
    // Tokens order by text, so numbers are padded.
    let (page, next) = cx
        .page(versions, |(number, _)| format!("{number:020}"), token, usize::try_from(limit).unwrap_or(50))
        .map_err(bad_token)?;
    let page = page.into_iter().map(|(_, fields)| fields);
    Ok(Fields::new().list("Parameters", page).maybe("NextToken", next).into())
}
