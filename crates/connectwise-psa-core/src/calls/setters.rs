//! The option setters that all calls share.

/// Defines the setters of options. The type needs a field `request`, a [`Request`](crate::transport::Request) or
/// [`RequestBuilder`](crate::calls::RequestBuilder), and its module must import
/// [`RetryPolicy`](crate::transport::RetryPolicy).
#[doc(hidden)]
#[macro_export]
macro_rules! option_setters {
    () => {
        /// Limits the time of each request of this call, including its retries, its waits for the client's limits, and
        /// the reading of the response (but not of a download).
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.request.change_options(|options| options.timeout(timeout));
            self
        }

        /// Requests another version of the API's types, such as `2024.1`.
        pub fn version(mut self, version: impl Into<String>) -> Self {
            self.request.change_options(|options| options.version(version));
            self
        }

        /// Sends no version: the server uses its newest one. Observed on live servers: some endpoints reject every
        /// version.
        pub fn without_version(mut self) -> Self {
            self.request.change_options(|options| options.without_version());
            self
        }

        /// Sets how often, and after which delays, each request of this call is retried.
        pub fn retry(mut self, policy: RetryPolicy) -> Self {
            self.request.change_options(|options| options.retry(policy));
            self
        }

        /// Retries a change even if the server may have carried out an earlier attempt: a POST can then create a record
        /// twice. Use it for calls that are harmless to repeat.
        pub fn retry_non_idempotent(mut self) -> Self {
            self.request.change_options(|options| options.retry_non_idempotent());
            self
        }
    };
}

/// Defines the setter of headers. The type needs a field `request`, a [`RequestBuilder`](crate::calls::RequestBuilder).
macro_rules! header_setter {
    () => {
        /// Adds a header to each request of this call. An invalid name or value makes the call fail. Headers that carry
        /// credentials are ignored, because only the client sets them.
        pub fn header(mut self, name: &str, value: &str) -> Self {
            self.request.add_header(name, value);
            self
        }
    };
}

pub(crate) use header_setter;
