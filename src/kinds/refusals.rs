//! Writes that do not need each other: each is tried, and all that AWS refused are told at the end.

use crate::aws::{Class, Error};

/// What AWS refused of several writes, by what each was about.
#[derive(Debug, Default)]
pub(super) struct Refusals(Vec<(String, Error)>);

impl Refusals {
    /// Notes how one write ended.
    ///
    /// # Errors
    /// Those after which no further write is to be sent: a stop, a request to slow down, an answer that got lost.
    pub(super) fn note<T>(&mut self, about: &str, answer: Result<T, Error>) -> Result<(), Error> {
        match answer {
            Ok(_) => Ok(()),
            Err(error)
                if matches!(
                    error.class,
                    Class::Stopped | Class::Guard | Class::Throttled | Class::Ambiguous
                ) =>
            {
                Err(error)
            }
            Err(error) => {
                self.0.push((about.to_owned(), error));
                Ok(())
            }
        }
    }

    /// Ends the writes.
    ///
    /// # Errors
    /// What was refused, each with what it was about.
    pub(super) fn told(self) -> Result<(), Error> {
        // "Not found" may be of a thing that is not known everywhere yet, for which the caller waits.
        let Some((_, leading)) =
            self.0.iter().find(|(_, error)| error.is_not_found()).or_else(|| self.0.first())
        else {
            return Ok(());
        };
        let leading = leading.clone();
        let words = |(about, error): &(String, Error)| {
            let said = if error.code == leading.code { error.message.clone() } else { error.said() };
            format!("{about}: {}", said.trim_end_matches('.'))
        };
        let message = self.0.iter().map(words).collect::<Vec<_>>().join("; ");
        Err(Error { message, ..leading })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, message: &str) -> Result<(), Error> {
        Err(Error::reported("iam", "AddUserToGroup", code, message))
    }

    #[test]
    fn all_that_was_refused_is_told_by_name() {
        let mut refusals = Refusals::default();
        refusals.note("fine", Ok(())).unwrap();
        refusals.note("ten", refused("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")).unwrap();
        let gone = "The user with name left cannot be found.";
        refusals.note("left", refused("NoSuchEntity", gone)).unwrap();
        let error = refusals.told().unwrap_err();
        assert_eq!((error.class, error.code.as_str()), (Class::NotFound, "NoSuchEntity"));
        assert_eq!(
            error.message,
            "ten: LimitExceeded: Cannot exceed quota for GroupsPerUser: 10; \
             left: The user with name left cannot be found"
        );
        assert_eq!(Refusals::default().told(), Ok(()));
    }

    #[test]
    fn nothing_more_is_sent_after_a_stop_or_a_lost_answer() {
        for class in [Class::Stopped, Class::Throttled, Class::Ambiguous] {
            let error = Error { class, ..Error::internal("no") };
            assert!(Refusals::default().note::<()>("x", Err(error)).is_err(), "{class:?}");
        }
    }
}
