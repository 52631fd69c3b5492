//! The bundle language: checks against descriptors, form planner.
