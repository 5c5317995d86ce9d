//! Virtual MFA devices. One-time codes are only checked for their form: nobody here holds the device.

use super::entity::{conflict, exists, listed, missing, name, path, tags, user_or_self};
use super::state::{State, VirtualMfa};
use super::user;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

/// Operations on MFA devices.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateVirtualMFADevice", create),
    operation("ListVirtualMFADevices", list_virtual),
    operation("DeleteVirtualMFADevice", delete),
    operation("EnableMFADevice", enable),
    operation("DeactivateMFADevice", deactivate),
    operation("ListMFADevices", list),
    operation("GetMFADevice", get),
];

/// How the state names the root user as the owner of a device.
pub const ROOT: &str = "<root>";

fn absent(serial: &str) -> Fault {
    missing(&format!("VirtualMFADevice with serial number {serial} doesn't exist."))
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, path, tags) = (name(params, "VirtualMFADeviceName", 226)?, path(params)?, tags(params)?);
    let serial = cx.global_arn("iam", format_args!("mfa{path}{name}"));
    if cx.read_account()?.iam.mfa.contains_key(&serial) {
        return Err(exists("MFADevice entity at the same path and name already exists."));
    }
    let seed = cx.world.ids.unique("") + &cx.world.ids.unique("") + &cx.world.ids.unique("");
    cx.account().iam.mfa.insert(serial.clone(), VirtualMfa { user: None, enabled: None, tags });
    // A blob, so base64 on the wire, of what is base32 text to people. There is no picture of it.
    let device = Fields::new()
        .with("SerialNumber", serial)
        .with("Base32StringSeed", aws_smithy_types::base64::encode(&seed));
    Ok(Answer::empty().with("VirtualMFADevice", device))
}

fn list_virtual(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let status = params.choice("AssignmentStatus", &["Assigned", "Unassigned", "Any"])?.unwrap_or("Any");
    let (iam, lens) = (&cx.read_account()?.iam, cx.lens());
    let fits = |device: &VirtualMfa| match status {
        "Assigned" => device.user.is_some(),
        "Unassigned" => device.user.is_none(),
        _ => true,
    };
    let devices: Vec<(&String, &VirtualMfa)> = iam.mfa.iter().filter(|(_, device)| fits(device)).collect();
    let show = |(serial, device): &(&String, &VirtualMfa)| {
        Fields::new()
            .with("SerialNumber", *serial)
            .maybe("User", device.user.as_deref().and_then(|name| owner(iam, name, lens)))
            .maybe("EnableDate", device.enabled.map(Node::Time))
    };
    listed(cx, params, "VirtualMFADevices", devices, |(serial, _)| (*serial).clone(), show)
}

/// The root user's entry has no name (IAM-21).
fn owner(iam: &State, name: &str, lens: Lens) -> Option<Fields> {
    if name == ROOT {
        let arn = iam.arn("root");
        return Some(
            Fields::new().with("UserId", &iam.account).with("Arn", arn).time("CreateDate", iam.root.created),
        );
    }
    iam.users.get(name).map(|user| user::shown(lens, user.truth(), false))
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let serial = params.required("SerialNumber")?;
    let iam = &mut cx.account().iam;
    if iam.mfa.get(serial).ok_or_else(|| absent(serial))?.user.is_some() {
        return Err(conflict("Cannot delete a virtual MFA device that is assigned; deactivate it first."));
    }
    iam.mfa.remove(serial);
    Ok(Answer::empty())
}

fn enable(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, serial) = (name(params, "UserName", 128)?, params.required("SerialNumber")?);
    let codes = (params.required("AuthenticationCode1")?, params.required("AuthenticationCode2")?);
    let is_code = |code: &str| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    if !is_code(codes.0) || !is_code(codes.1) || codes.0 == codes.1 {
        return Err(Fault::new(
            403,
            "InvalidAuthenticationCode",
            format!("Authentication code for device is not valid: {serial}"),
        ));
    }
    let lens = cx.lens();
    let iam = &mut cx.account().iam;
    if iam.user(user, lens)?.mfa.len() >= 8 {
        return Err(super::entity::quota("Cannot exceed quota for MFADevicesPerUser: 8"));
    }
    let device = iam.mfa.get_mut(serial).ok_or_else(|| absent(serial))?;
    if device.user.is_some() {
        return Err(exists(&format!("MFADevice with serial number {serial} is already in use.")));
    }
    device.user = Some(user.to_owned());
    device.enabled = Some(lens.now);
    iam.user_mut(user, lens)?.mfa.insert(serial.to_owned(), lens.now);
    Ok(Answer::empty())
}

fn deactivate(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (whose, serial) = (user_or_self(cx, params)?, params.required("SerialNumber")?);
    let lens = cx.lens();
    let iam = &mut cx.account().iam;
    match &whose {
        Some(name) if iam.user(name, lens)?.mfa.contains_key(serial) => {
            iam.user_mut(name, lens)?.mfa.remove(serial);
        }
        None if iam.root.mfa.as_deref() == Some(serial) => iam.root.mfa = None,
        _ => {
            return Err(missing(&format!("Device with serial number {serial} is not enabled for the user.")));
        }
    }
    if let Some(device) = iam.mfa.get_mut(serial) {
        device.user = None;
        device.enabled = None;
    }
    Ok(Answer::empty())
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (whose, lens) = (user_or_self(cx, params)?, cx.lens());
    let iam = &cx.read_account()?.iam;
    let devices: Vec<(String, i64)> = match &whose {
        Some(name) => {
            iam.user(name, lens)?.mfa.iter().map(|(serial, since)| (serial.clone(), *since)).collect()
        }
        None => iam.root.mfa.iter().map(|serial| (serial.clone(), iam.root.created)).collect(),
    };
    let name = whose.as_deref().unwrap_or("root");
    let show = |(serial, since): &(String, i64)| {
        Fields::new().with("UserName", name).with("SerialNumber", serial).time("EnableDate", *since)
    };
    listed(cx, params, "MFADevices", devices, |(serial, _)| serial.clone(), show)
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let serial = params.required("SerialNumber")?;
    let device = cx.read_account()?.iam.mfa.get(serial).ok_or_else(|| absent(serial))?;
    let fields = Fields::new()
        .with("SerialNumber", serial)
        .maybe("UserName", device.user.as_deref().filter(|name| *name != ROOT))
        .maybe("EnableDate", device.enabled.map(Node::Time));
    Ok(fields.into())
}
