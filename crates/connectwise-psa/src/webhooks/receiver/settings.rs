//! The settings of a receiver.

use std::time::Duration;

/// The settings of a receiver.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// How many messages are received at once.
    pub(super) max_receiving: usize,
    /// How long a message may take from its arrival until it is stored.
    pub(super) accept_timeout: Duration,
    /// How many handlers run at once.
    pub(super) max_handlers: usize,
    /// How long a handler may take.
    pub(super) handler_timeout: Duration,
    /// How many attempts a message gets.
    pub(super) max_attempts: u32,
    /// The delay after the first failed attempt.
    pub(super) first_delay: Duration,
    /// The longest delay between two attempts.
    pub(super) max_delay: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_receiving: 64,
            accept_timeout: Duration::from_secs(4),
            max_handlers: 8,
            handler_timeout: Duration::from_secs(300),
            max_attempts: 15,
            first_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(600),
        }
    }
}

impl Settings {
    /// Returns the delay after a number of failed attempts.
    pub(super) fn delay(&self, attempts: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempts.saturating_sub(1).min(31));
        self.first_delay.saturating_mul(factor).min(self.max_delay)
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn delays_double_up_to_the_longest() {
        let settings = Settings::default();
        let delays: Vec<_> = [0, 1, 2, 3, 10, 11, 15, u32::MAX].map(|n| settings.delay(n).as_secs()).to_vec();
        assert_eq!(delays, [1, 1, 2, 4, 512, 600, 600, 600]);
    }
}
