//! What departs by a control's own measure, where the file may ask for another one or lets something off.

use std::collections::BTreeMap;

use super::Control;

/// What a rule found by the measure of a control.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measure {
    /// What the control asks for, in a few words.
    pub asks: &'static str,
    /// Things that depart now.
    pub departing: usize,
    /// Of them, those that depart after an apply of the file.
    pub staying: usize,
    /// Why something else may depart.
    pub doubt: Option<String>,
}

/// By rule and control.
pub type Measures = BTreeMap<(&'static str, Control), Measure>;
