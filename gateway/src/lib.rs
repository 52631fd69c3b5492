//! The gateway: cases, REST, gRPC, department clients.
