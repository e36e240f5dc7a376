//! The options that every call takes, so that each is written and documented once.

/// The setters of options; the type has a field `request`, a [`Request`](crate::transport::Request) or
/// [`RequestBuilder`](crate::calls::RequestBuilder), and its module imports
/// [`RetryPolicy`](crate::transport::RetryPolicy).
#[doc(hidden)]
#[macro_export]
macro_rules! option_setters {
    () => {
        /// Limits the time of each request of this call: with its retries, its waits for the limits, and the reading of
        /// the response (but not of a download).
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.request.change_options(|options| options.timeout(timeout));
            self
        }

        /// Asks for another version of the API's types, such as `2024.1`.
        pub fn version(mut self, version: impl Into<String>) -> Self {
            self.request.change_options(|options| options.version(version));
            self
        }

        /// Names no version: the server uses its newest. Observed on live servers: some endpoints reject every version.
        pub fn without_version(mut self) -> Self {
            self.request.change_options(|options| options.without_version());
            self
        }

        /// How often, and after which delays, each request of this call is sent again.
        pub fn retry(mut self, policy: RetryPolicy) -> Self {
            self.request.change_options(|options| options.retry(policy));
            self
        }

        /// Retries a change even when the first attempt may have been carried out: a POST can then create a record
        /// twice. For calls whose repetition the caller knows to be harmless.
        pub fn retry_non_idempotent(mut self) -> Self {
            self.request.change_options(|options| options.retry_non_idempotent());
            self
        }
    };
}

/// The setter of headers; the type has a field `request`, a [`RequestBuilder`](crate::calls::RequestBuilder).
macro_rules! header_setter {
    () => {
        /// Adds a header to each request of this call. Headers that carry credentials are set by the client alone and
        /// are left out.
        pub fn header(mut self, name: &str, value: &str) -> Self {
            self.request.add_header(name, value);
            self
        }
    };
}

pub(crate) use header_setter;
