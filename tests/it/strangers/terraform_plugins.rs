//! Where the plugins of Terraform are, on a machine that has it.

use std::path::{Path, PathBuf};

/// The version whose answers this file expects.
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws/5.100.0";

/// Where Terraform keeps plugins that were not installed by itself.
const USUAL_PLACES: &[&str] =
    &["/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins", "/opt/tf-plugins"];

/// The folder that holds `registry.terraform.io`, or why there is none to use.
pub fn folder() -> Result<PathBuf, String> {
    let named = std::env::var_os("BASELINE_TEST_TERRAFORM_PLUGINS").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".terraform.d/plugins"));
    let places = USUAL_PLACES.iter().map(PathBuf::from);
    let folders: Vec<PathBuf> = named.into_iter().chain(home).chain(places).collect();
    let found = folders.iter().find(|folder| folder.join(PROVIDER).is_dir());
    found.cloned().ok_or_else(|| {
        format!(
            "{PROVIDER} is in none of {folders:?}; set BASELINE_TEST_TERRAFORM_PLUGINS to the folder that \
             holds registry.terraform.io"
        )
    })
}
