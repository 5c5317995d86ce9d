//! Client tokens: the same token makes the same thing once (NET-19, NET-20).

use serde::{Deserialize, Serialize};

use super::State;
use crate::sandbox::chance::digest;
use crate::sandbox::wire::{Fault, Params};

/// What a token was used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// A digest of the call's parameters.
    pub parameters: u64,
    /// What the call made; kept after the thing is gone.
    pub made: Vec<String>,
}

/// A call's token, checked against earlier calls.
#[derive(Debug)]
pub struct Claim {
    key: String,
    parameters: u64,
    /// What an earlier call with this token made.
    pub made: Option<Vec<String>>,
}

impl State {
    /// Looks up the token of a call; nothing where it has none.
    ///
    /// # Errors
    /// `IdempotentParameterMismatch` for a token used with other parameters (NET-20).
    pub fn claim(&self, operation: &str, params: &Params) -> Result<Option<Claim>, Fault> {
        let Some(token) = params.text("ClientToken").filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        if token.len() > 128 || !token.is_ascii() {
            return Err(params.invalid("ClientToken", "must be 64 ASCII characters or fewer"));
        }
        let (key, parameters) = (format!("{operation}/{token}"), digest(&format!("{params:?}")));
        let used = self.tokens.get(&key);
        if used.is_some_and(|used| used.parameters != parameters) {
            let message = format!("The client token '{token}' was already used with different parameters");
            return Err(Fault::client("IdempotentParameterMismatch", message));
        }
        let made = used.map(|used| used.made.clone());
        Ok(Some(Claim { key, parameters, made }))
    }

    /// Remembers what a call with a token made.
    pub fn keep(&mut self, claim: Option<Claim>, made: &[String]) {
        if let Some(Claim { key, parameters, .. }) = claim {
            self.tokens.insert(key, Token { parameters, made: made.to_vec() });
        }
    }
}
