//! What every process stands on: configuration, boot and shutdown, telemetry, discovery, channels.
