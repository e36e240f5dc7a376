//! Changes of many records: results per item, bulk operations, and bundles of requests.
