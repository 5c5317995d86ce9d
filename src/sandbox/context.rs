//! What a handler works with.

use std::fmt::Display;

use super::authorization::Refused;
use super::caller::Caller;
use super::lag::Lens;
use super::pages;
use super::wire::{Fault, Request};
use super::world::{Account, Milliseconds, Region, World, partition_of};

/// What a handler works with: the world, who asks, from where, and what this call can see.
#[derive(Debug)]
pub struct Context<'a> {
    /// Everything that exists.
    pub world: &'a mut World,
    /// Who asks.
    pub caller: Caller,
    /// The region the request is signed for.
    pub region: String,
    /// The request as it came: method, headers, raw body.
    pub request: &'a Request,
    /// The operation's name.
    pub operation: &'static str,
    /// The objects of a `DeleteObjects` that the caller may not delete.
    pub refused: Refused,
}

impl Context<'_> {
    /// The caller's account.
    pub fn account(&mut self) -> &mut Account {
        self.world.account(&self.caller.account)
    }

    /// The caller's account, to read while the world is shared.
    ///
    /// # Errors
    /// `InternalFailure` where it does not exist, which cannot happen to a caller that was identified.
    pub fn read_account(&self) -> Result<&Account, Fault> {
        self.world
            .accounts
            .get(&self.caller.account)
            .ok_or_else(|| Fault::new(500, "InternalFailure", "the caller's account is gone"))
    }

    /// The caller's account in the request's region: `cx.home().ec2`.
    pub fn home(&mut self) -> &mut Region {
        self.world.region(&self.caller.account, &self.region)
    }

    /// The account's twelve digits.
    pub fn account_id(&self) -> &str {
        &self.caller.account
    }

    /// The partition of the request's region.
    pub fn partition(&self) -> &'static str {
        partition_of(&self.region)
    }

    /// The time, in milliseconds since 1970.
    pub const fn now(&self) -> Milliseconds {
        self.world.clock
    }

    /// What this call can see; a copy, to be held while the world is borrowed.
    pub const fn lens(&self) -> Lens {
        Lens {
            profile: self.world.profile,
            seed: self.world.seed,
            call: self.world.calls,
            now: self.world.clock,
        }
    }

    /// Whether this call sees something written at `at` (see [`Lens::sees`]).
    pub fn sees(&self, at: Milliseconds, key: &str) -> bool {
        self.lens().sees(at, key)
    }

    /// A new id: `cx.new_id("vpc-")`.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.world.ids.id(prefix)
    }

    /// The ARN of something in this region: `cx.arn("ec2", format_args!("vpc/{id}"))`.
    pub fn arn(&self, service: &str, rest: impl Display) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition(), self.region, self.caller.account)
    }

    /// The ARN of something without a region, such as a role.
    pub fn global_arn(&self, service: &str, rest: impl Display) -> String {
        format!("arn:{}:{service}::{}:{rest}", self.partition(), self.caller.account)
    }

    /// One page of what is there, and the token of the next (see [`pages::page`]).
    ///
    /// # Errors
    /// Nothing but a token that was never given out.
    pub fn page<T>(
        &self,
        items: Vec<T>,
        key: impl Fn(&T) -> String,
        token: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<T>, Option<String>), pages::BadToken> {
        pages::page(self.lens(), items, key, token, limit)
    }
}

/// A handler: one operation.
pub type Handler = fn(&mut Context<'_>, &super::wire::Params) -> Result<super::wire::Answer, Fault>;
