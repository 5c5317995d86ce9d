//! From the numbers of a baseline to the narrower ones of AWS.

use crate::aws::Error;

/// The number in the width AWS takes.
///
/// # Errors
/// Names the attribute whose number does not fit.
pub(super) fn narrow(attribute: &str, number: i64) -> Result<i32, Error> {
    i32::try_from(number).map_err(|_| {
        Error::internal(format!("{attribute} = {number} is out of range; choose a smaller number"))
    })
}

/// The number in the width AWS takes, where there is one.
///
/// # Errors
/// Names the attribute whose number does not fit.
pub(super) fn narrow_optional(attribute: &str, number: Option<i64>) -> Result<Option<i32>, Error> {
    number.map(|number| narrow(attribute, number)).transpose()
}
