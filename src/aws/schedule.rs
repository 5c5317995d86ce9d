//! One-time schedules of EventBridge Scheduler, as the certain end of what holds for a while.

use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, Target};

use super::account::Account;
use super::error::Error;

/// A call of EC2 that a schedule makes once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledCall<'a> {
    /// The name of the schedule.
    pub name: &'a str,
    /// When, in UTC, to the second: `2026-11-29T21:00:00`.
    pub at: &'a str,
    /// The operation of EC2 as universal targets spell it, such as `deleteTags`.
    pub operation: &'a str,
    /// Its parameters, as JSON.
    pub input: &'a str,
    /// Whether a schedule of that name that comes later stays as it is.
    pub keeps_later: bool,
}

/// What a person reads who finds a schedule.
const DESCRIPTION: &str = "Ends what was opened for a while";
/// How EventBridge Scheduler says that there is a schedule of that name already.
const EXISTS: &str = "ConflictException";
/// How it says that there is none.
const NOT_FOUND: &str = "ResourceNotFoundException";

impl Account {
    /// Makes a schedule, or moves the one of that name. It deletes itself once it has run.
    ///
    /// # Errors
    /// Fails where AWS refuses.
    pub async fn schedule(&self, call: &ScheduledCall<'_>, role: &str) -> Result<(), Error> {
        let at = format!("at({})", call.at);
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
        let window = window.map_err(Error::internal)?;
        let arn = format!("arn:{}:scheduler:::aws-sdk:ec2:{}", self.identity.partition, call.operation);
        let target = Target::builder().arn(arn).role_arn(role).input(call.input).build();
        let target = target.map_err(Error::internal)?;
        let request = self
            .scheduler
            .create_schedule()
            .name(call.name)
            .description(DESCRIPTION)
            .schedule_expression(&at)
            .schedule_expression_timezone("UTC")
            .flexible_time_window(window.clone())
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target.clone());
        match self.call(|| request.clone().send()).await {
            Err(error) if error.code == EXISTS => {}
            answer => return answer.map(drop),
        }
        if call.keeps_later {
            let there = self.read_schedule(call.name).await?.and_then(|there| there.schedule_expression);
            // Both are of one form, whose order is that of time.
            if there.is_some_and(|there| there >= at) {
                return Ok(());
            }
        }
        let request = self
            .scheduler
            .update_schedule()
            .name(call.name)
            .description(DESCRIPTION)
            .schedule_expression(&at)
            .schedule_expression_timezone("UTC")
            .flexible_time_window(window)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(target);
        self.call(|| request.clone().send()).await.map(drop)
    }

    async fn read_schedule(&self, name: &str) -> Result<Option<GetScheduleOutput>, Error> {
        let answer = self.call(|| self.scheduler.get_schedule().name(name).send()).await;
        match answer {
            Ok(schedule) => Ok(Some(schedule)),
            Err(error) if error.code == NOT_FOUND => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes a schedule; one that is not there, or has run, is no error.
    ///
    /// # Errors
    /// Fails where AWS refuses.
    pub async fn unschedule(&self, name: &str) -> Result<(), Error> {
        match self.call(|| self.scheduler.delete_schedule().name(name).send()).await {
            Err(error) if error.code != NOT_FOUND => Err(error),
            _ => Ok(()),
        }
    }
}
