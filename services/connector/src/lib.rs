//! Connector: departments without a service of their own.
